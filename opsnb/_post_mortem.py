"""Why a kernel is gone: its exit code, its last words, and whether the system killed it for want of memory.

The system counts such kills for a control group; the counts are those of Linux: `memory.events` (cgroup v2), `memory.oom_control`
(v1), and for the whole machine `/proc/vmstat`.
"""
import asyncio
import os
import select
import signal
import threading
import time
from pathlib import Path

from opsnb.secrets import hidden
from opsnb.show import size

MOUNT = Path("/sys/fs/cgroup")
UNLIMITED = 1 << 60


class Toll:
    """How often the system has killed for memory where the process `pid` lives; taken while it lives."""

    def __init__(self, pid):
        self.folders, self.local = _folders(pid), pid is not None
        self.before = self._count()

    def _count(self):
        """`(kills in its control group or None, kills on this machine or None)`."""
        group = (_number(f / name, "oom_kill") for f in self.folders[:1] for name in ("memory.events", "memory.oom_control"))
        return next((n for n in group if n is not None), None), _number("/proc/vmstat", "oom_kill") if self.local else None

    def limit(self):
        """Bytes that its control group may use, or None."""
        found = [n for f in self.folders for name in ("memory.max", "memory.limit_in_bytes") if (n := _number(f / name)) is not None and n < UNLIMITED]
        return min(found, default=None)

    def said(self):
        """What a SIGKILL means, as a phrase."""
        group, machine = (None if now is None or then is None else now - then for now, then in zip(self._count(), self.before, strict=True))
        limit = f"; its control group may use {size(self.limit())}" if self.limit() else ""
        if group: return f"out of memory{limit}"
        if machine and group is None: return f"probably out of memory: the system has killed something for that meanwhile{limit}"
        if group is None and machine is None: return "the system does this when memory runs out"
        return "by somebody, not for want of memory"


def _folders(pid):
    """The memory control group of a process, and those that contain it."""
    try: lines = [line.split(":", 2) for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines()]
    except OSError: return []
    places = [(MOUNT / "memory" if kinds else MOUNT, path) for _, kinds, path in lines if not kinds or "memory" in kinds.split(",")]
    for mount, path in sorted(places, key=lambda p: p[0] == MOUNT):
        inner = mount / path.lstrip("/")
        here = inner if inner.is_dir() else mount  # in a container the path may be the host's, and the mount is already ours
        if any((here / n).exists() for n in ("memory.events", "memory.oom_control")): return [here, *(p for p in here.parents if p.is_relative_to(mount))]
    return []


def _number(path, name=None):
    """The number in a file of the system, behind `name` where it has several lines; None when there is none."""
    try: lines = Path(path).read_text().splitlines()
    except OSError: return None
    words = next((w for line in lines if (w := line.split()) and (name is None or w[0] == name)), ["max"])
    return int(words[-1]) if words[-1].isdigit() else None


class LastWords:
    """The end of what a kernel wrote to its stderr, beside its cells' outputs. In memory: it may hold secrets."""

    def __init__(self, most=600):
        self.most, self.kept, self.over = most, b"", False
        self.start, self.end = os.pipe()
        threading.Thread(target=self._listen, name="opsnb-last-words", daemon=True).start()

    def _listen(self):
        while not self.over or select.select([self.start], [], [], 0)[0]:
            if not select.select([self.start], [], [], 0.2)[0]: continue
            if not (part := os.read(self.start, 1 << 16)): break
            self.kept = (self.kept + part)[-self.most * 8:]
        os.close(self.start)

    def text(self):
        time.sleep(0.3)  # what a dead kernel wrote may still be on its way
        return hidden(self.kept.decode(errors="replace").strip())[-self.most:]

    def close(self):
        self.over = True
        os.close(self.end)


async def why_gone(client):
    """A sentence about the kernel of a `Client`, as far as its exit code and last words tell."""
    code, words = None, client.words
    for _ in range(20):
        process = getattr(client.km.provisioner, "process", None) if client.km.provisioner else None
        code = process.poll() if process else None
        if code is not None: break
        await asyncio.sleep(0.1)
    if code is None or not getattr(process, "known", True): return f"the kernel died. {words.text()}".strip()
    if code == -signal.SIGKILL: return f"the kernel was killed (SIGKILL): {client.toll.said()}"
    if code < 0: return f"the kernel was killed by {signal.Signals(-code).name}. {words.text()}".strip()
    return f"the kernel exited by itself with code {code}. {words.text()}".strip()

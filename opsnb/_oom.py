"""Whether a process was killed for want of memory: what the system counts for its control group, before and after.

The counts are those of Linux: `memory.events` (cgroup v2), `memory.oom_control` (v1), and for the whole machine `/proc/vmstat`.
"""
from pathlib import Path

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

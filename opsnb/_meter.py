"""What a job uses: wall and CPU time, memory, and where the driver tells it, the GPU's memory and energy."""
import contextlib
import os
import sys
import time


class Meter:
    """What a program uses, as the system and the GPU's driver tell it."""

    def __init__(self, gpus, cpus):
        self.gpus, self.cpus, self.begun, self.cpu_s, self.peak_mb, self.gpu_mb, self.cards, self.energy, self.seen = gpus, cpus, time.monotonic(), 0.0, 0.0, 0.0, [], None, None

    def open(self):
        """Begin to look at the GPUs."""
        if not self.gpus or not os.path.exists("/dev/nvidiactl"): return
        with contextlib.suppress(Exception):  # a card that cannot tell
            import pynvml
            pynvml.nvmlInit()
            self.nv = pynvml
            self.cards = [pynvml.nvmlDeviceGetHandleByIndex(int(g)) if str(g).isdigit() else pynvml.nvmlDeviceGetHandleByUUID(str(g)) for g in self.gpus]
            if self.energy is None: self.energy = self._energy()

    def close(self):
        """Let go of the driver: a program that is forked from us must not find it open."""
        with contextlib.suppress(Exception):
            if self.cards: self.nv.nvmlShutdown()
        self.cards = []

    def _energy(self):
        with contextlib.suppress(Exception): return sum(self.nv.nvmlDeviceGetTotalEnergyConsumption(c) for c in self.cards) if self.cards else None

    def look(self):
        with contextlib.suppress(Exception): self.gpu_mb = max([self.gpu_mb, *(self.nv.nvmlDeviceGetMemoryInfo(c).used / 1e6 for c in self.cards)])

    def now(self, pid):
        """What the program with the process `pid` uses at this moment, its children included; for the card."""
        told, at = [t for p in family(pid) if (t := stat(p))], time.monotonic()
        if not told: return {}
        ticks, before = sum(t for t, _ in told), self.seen
        self.seen = (at, ticks)
        found = {"at": time.time(), "for_s": round(at - self.begun, 1), "mem_mb": round(sum(m for _, m in told), 1)}
        if before and at > before[0]: found["cores"] = round(max(0.0, (ticks - before[1]) / os.sysconf("SC_CLK_TCK") / (at - before[0])), 2)
        with contextlib.suppress(Exception):
            if self.cards:
                found["gpu_mem_mb"] = round(sum(self.nv.nvmlDeviceGetMemoryInfo(c).used / 1e6 for c in self.cards), 1)
                found["gpu_pct"] = sum(self.nv.nvmlDeviceGetUtilizationRates(c).gpu for c in self.cards) / len(self.cards)
        return found

    def ended(self, usage):
        self.cpu_s += usage.ru_utime + usage.ru_stime
        self.peak_mb = max(self.peak_mb, usage.ru_maxrss / (1000 if sys.platform == "linux" else 1e6))

    def used(self):
        wall, now = time.monotonic() - self.begun, self._energy()
        told = {"wall_s": round(wall, 3), "cpu_s": round(self.cpu_s, 3), "peak_mem_mb": round(self.peak_mb, 1), "cpu_hours": self.cpus * wall / 3600, "gpu_hours": len(self.gpus) * wall / 3600}
        return {**told, **({"peak_gpu_mem_mb": round(self.gpu_mb, 1)} if self.gpu_mb else {}), **({"energy_wh": (now - self.energy) / 3.6e6} if now is not None and self.energy is not None else {})}


def family(pid):
    """A process and all below it; Linux only."""
    found = [pid]
    for p in found:
        with contextlib.suppress(OSError):
            for task in os.listdir(f"/proc/{p}/task"):
                with open(f"/proc/{p}/task/{task}/children") as f: found += map(int, f.read().split())
    return found


def oom_kills(root="/sys/fs/cgroup", own="/proc/self/cgroup"):
    """How many processes the kernel has ended in our control group, for they took more memory than it allows; 0 where it does not say."""
    with contextlib.suppress(OSError, ValueError):
        with open(own) as f: groups = {which: place.strip() for _, which, place in (line.split(":", 2) for line in f)}
        for which, name, word in (("memory", "memory/{}/memory.oom_control", "oom_kill"), ("", "{}/memory.events", "oom_kill")):
            with contextlib.suppress(OSError, KeyError), open(f"{root}/{name.format(groups[which].strip('/'))}") as f:
                return next((int(n) for w, n in (line.split() for line in f) if w == word), 0)
    return 0


def stat(pid):
    """`(ticks of CPU time, MB of memory)` of a process, the time of its ended children included; None when it is gone."""
    with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{pid}/stat") as f:
        words = f.read().rpartition(")")[2].split()
        return sum(map(int, words[11:15])), int(words[21]) * os.sysconf("SC_PAGE_SIZE") / 1e6

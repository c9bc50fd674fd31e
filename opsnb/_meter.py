"""What a job uses: wall and CPU time, memory, and where the driver tells it, the GPU's memory and energy."""
import contextlib
import os
import sys
import time


class Meter:
    """What a program uses, as the system and the GPU's driver tell it."""

    def __init__(self, gpus, cpus):
        self.gpus, self.cpus, self.begun, self.cpu_s, self.peak_mb, self.gpu_mb, self.cards, self.energy = gpus, cpus, time.monotonic(), 0.0, 0.0, 0.0, [], None

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

    def ended(self, usage):
        self.cpu_s += usage.ru_utime + usage.ru_stime
        self.peak_mb = max(self.peak_mb, usage.ru_maxrss / (1000 if sys.platform == "linux" else 1e6))

    def used(self):
        wall, now = time.monotonic() - self.begun, self._energy()
        told = {"wall_s": round(wall, 3), "cpu_s": round(self.cpu_s, 3), "peak_mem_mb": round(self.peak_mb, 1), "cpu_hours": self.cpus * wall / 3600, "gpu_hours": len(self.gpus) * wall / 3600}
        return {**told, **({"peak_gpu_mem_mb": round(self.gpu_mb, 1)} if self.gpu_mb else {}), **({"energy_wh": (now - self.energy) / 3.6e6} if now is not None and self.energy is not None else {})}

"""Running a command in a fresh process and counting what it takes; several in turn, for medians."""
import os
import statistics
import subprocess
import tempfile
import time


def measured(command, **env):
    """Run a command to its end: `(wall seconds, CPU seconds with its waited-for children, its stdout)`."""
    out = tempfile.TemporaryFile("w+")
    errors = tempfile.TemporaryFile("w+")
    begun = time.perf_counter()
    child = subprocess.Popen([str(c) for c in command], stdout=out, stderr=errors, env={**os.environ, **env})
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - begun
    errors.seek(0)
    if status: raise SystemExit(f"{command} failed:\n{errors.read()[-3000:]}")
    out.seek(0)
    return wall, usage.ru_utime + usage.ru_stime, out.read()


def interleaved(cases, times):
    """Each case `times` times in turn: `{name: (median wall, median CPU)}`."""
    seen = {name: [] for name in cases}
    for _ in range(times):
        for name, command in cases.items(): seen[name].append(measured(command)[:2])
    return {name: tuple(statistics.median(v) for v in zip(*rows, strict=True)) for name, rows in seen.items()}

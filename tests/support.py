"""What several tests need: commands in new processes, notebooks made of cells, waiting, ending couriers."""
import json
import subprocess
import sys
import time
from pathlib import Path

import psutil


def end_couriers(folder):
    """End the couriers (and only those) that serve workspaces below `folder`."""
    for p in psutil.process_iter(["pid", "cmdline"]):
        words = p.info["cmdline"] or []
        if "opsnb.track._courier" in words and str(folder) in words[-1]:
            p.kill()
            p.wait(10)


def cells(*sources, kernel="python3", **metadata):
    """A notebook as JSON; the first source is the parameters cell."""
    spec = {"kernelspec": {"name": kernel, "display_name": kernel, "language": "python"}} if kernel else {}
    made = [{"cell_type": "code", "id": f"cell{i}", "source": s, "metadata": {"tags": ["parameters"]} if i == 0 else {}, "outputs": [],
             "execution_count": None} for i, s in enumerate(sources)]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {**spec, **metadata}, "cells": made})


def python(code, **kw):
    """Run Python code in a new process and return what it printed; fails with its errors."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=kw.pop("timeout", 120), **kw)
    assert done.returncode == 0, done.stderr
    return done.stdout


def opsnb(*args, **kw):
    """Run the command line in a new process: `(exit code, stdout, stderr)`."""
    done = subprocess.run([sys.executable, "-m", "opsnb", *map(str, args)], capture_output=True, text=True, timeout=kw.pop("timeout", 180), **kw)
    return done.returncode, done.stdout, done.stderr


def until(condition, timeout_s=30, every_s=0.05):
    """Wait for a condition; its last value."""
    end = time.monotonic() + timeout_s
    while not (value := condition()) and time.monotonic() < end:
        time.sleep(every_s)
    return value


def written_below(folder):
    """All bytes of all files below a folder."""
    return b"".join(p.read_bytes() for p in Path(folder).rglob("*") if p.is_file())

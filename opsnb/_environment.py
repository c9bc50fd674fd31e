"""Makes a job's environment from its lock, once for each lock, and goes on in it.

    python3 _environment.py FOLDER VERSION LOCK CACHE LIB WORD...   becomes: the environment's python WORD...

It runs where opsnb is not installed yet: on the standard library alone, in whatever Python 3 the machine has. `LIB` is a copy
of opsnb. With uv the interpreter itself is fetched when it is missing. What goes wrong is written into the job's `FOLDER`.
"""
import fcntl
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import time
import uuid


def wanted(lock):
    """The packages of a lock that an index has; what came from a folder travels with the code."""
    with open(lock, encoding="utf-8") as f: lines = [line.strip() for line in f]
    return [x for x in lines if x and "#" not in x and not x.startswith(("opsnb==", "pip==", "uv=="))]


def interpreter(version):
    """A Python of this version (`3.11`), or None."""
    if platform.python_version().startswith(version + "."): return sys.executable
    return shutil.which("python" + version)


def made(version, lock, cache):
    """The interpreter of the environment; made if it is not there. Raises RuntimeError with what the installer said."""
    lines = wanted(lock)
    place = os.path.join(cache, hashlib.sha256("\n".join([version, platform.machine(), *lines]).encode()).hexdigest()[:20])
    os.makedirs(cache, exist_ok=True)
    with open(place + ".lock", "w") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        if not os.path.exists(os.path.join(place, "complete")): install(version, lines, place)
        os.utime(os.path.join(place, "complete"))  # used now: it is not pruned
    return os.path.join(place, "bin", "python")


def install(version, lines, place):
    shutil.rmtree(place, ignore_errors=True)
    uv, base, python, file = shutil.which("uv"), interpreter(version), os.path.join(place, "bin", "python"), place + ".txt"
    if not uv and not base: raise RuntimeError("Python %s is not on this machine (there is %s); install it, or uv, which fetches it" % (version, platform.python_version()))
    with open(file, "w", encoding="utf-8") as f: f.write("\n".join(lines) + "\n")
    make = [uv, "venv", "-q", "--python", base or version, place] if uv else [base, "-m", "venv", place]
    fill = [uv, "pip", "install", "-q", "--no-deps", "--python", python, "-r", file] if uv else [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", "-r", file]
    for command in [make, fill] if lines else [make]:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode: raise RuntimeError("the environment could not be made: %s" % done.stdout.strip()[-600:])
    open(os.path.join(place, "complete"), "w").close()


def tell(folder, error):
    """A record of the end, as the journal writes them."""
    os.makedirs(os.path.join(folder, "records"), exist_ok=True)
    writer = uuid.uuid4().hex[:8]
    data = {"status": "failed", "error": error, "exit_code": 1}
    with open(os.path.join(folder, "records", writer + ".jsonl"), "w") as f:
        f.write(json.dumps({"id": writer + "-1", "ts": time.time(), "kind": "job.ended", "subject": os.path.basename(folder), "data": data}) + "\n")


def main(folder, version, lock, cache, lib, *words):
    try: python = made(version, lock, cache)
    except (RuntimeError, OSError) as e:
        tell(folder, str(e))
        raise SystemExit(str(e)) from None
    os.environ["PYTHONPATH"] = os.pathsep.join([lib, *filter(None, [os.environ.get("PYTHONPATH")])])
    os.execv(python, [python, *words])  # noqa: S606


if __name__ == "__main__":
    main(*sys.argv[1:])

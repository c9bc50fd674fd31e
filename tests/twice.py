"""Run all tests; what failed beside others on a busy machine runs once more, alone, and is named.

    python tests/twice.py notebooks
    python tests/twice.py pytest -q -n 2 tests

A test that waits for real processes may be overtaken by its neighbours; one that is broken fails both times.
"""
import re
import subprocess
import sys
from pathlib import Path


def seen(words):
    """Run a command; `(exit code, what it printed)`, and it is shown as it comes."""
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    kept = []
    for line in process.stdout:
        print(line, end="", flush=True)
        kept.append(line)
    return process.wait(), "".join(kept)


def notebooks():
    code, text = seen(["nbdev_test", "--n_workers", "2", "--timing"])
    _, found, names = text.partition("Tests Failed On The Following Notebooks")
    failed = [p for name in re.findall(r"^\t(\S+\.ipynb)$", names, re.M) for p in Path("nbs").rglob(name)] if found else []
    if not code or not failed: return code
    print(f"\nOnce more, alone: {', '.join(p.name for p in failed)}", flush=True)
    return max(subprocess.call(["nbdev_test", "--path", p, "--n_workers", "0", "--timing"]) for p in failed)


def tests(words):
    code, _ = seen(["pytest", *words])
    if code != 1: return code  # all passed, or something else than a test failed
    print("\nOnce more, alone:", flush=True)
    return subprocess.call(["pytest", *words, "-v", "-n", "0", "--last-failed", "--last-failed-no-failures=none"])


if __name__ == "__main__": sys.exit(notebooks() if sys.argv[1] == "notebooks" else tests(sys.argv[2:]))

"""A peer's own tests, out of its source distribution, run as they are and with our part in place."""
import os
import shutil
import subprocess
import sys
import tarfile
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

import pytest

PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]


def fetched(package, folder, *more):
    """The source distribution of the installed version, unpacked, and what its tests need besides (`more`), out of our way."""
    folder.mkdir()
    done = subprocess.run([*PIP, "download", "--no-deps", "--no-binary", package, "--dest", folder, f"{package}=={version(package)}"], capture_output=True, text=True)
    if done.returncode == 0 and more: done = subprocess.run([*PIP, "install", "--no-deps", "--target", folder / "lib", *more], capture_output=True, text=True)
    if done.returncode: pytest.skip(f"the package index gives no {package} {version(package)}: {done.stderr.strip()[-300:]}")
    with tarfile.open(next(folder.glob("*.tar.gz"))) as tar: tar.extractall(folder, filter="data")
    return next(p for p in folder.iterdir() if p.is_dir() and p.name != "lib")


def outcomes(tree, file, env, options=()):
    """`{test: passed, failed or skipped}` of one test file, in a process of its own with `tree` as its folder."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--junitxml=out.xml", *options, file]
    done = subprocess.run(command, cwd=tree, env={**os.environ, **env}, capture_output=True, text=True, timeout=900)
    assert done.returncode in (0, 1), done.stdout[-3000:] + done.stderr[-3000:]
    (tree / "out.txt").write_text(done.stdout)
    return {f"{c.get('classname')}.{c.get('name')}": _outcome(c) for c in ET.parse(tree / "out.xml").iter("testcase")}  # noqa: S314 - pytest's own


def _outcome(case):
    kinds = {child.tag for child in case}
    return "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"


def side_by_side(tree, files, ours, options=()):
    """All test files as they are and with ours, four at a time, each in its copy of `tree`; `ours(copy)` puts our part in place and returns its environment."""
    def work(file, side):
        copy = shutil.copytree(tree, tree.parent / f"{side}-{Path(file).stem}")
        return outcomes(copy, file, {"PYTHONPATH": f"{copy}:{tree.parent / 'lib'}", **(ours(copy) if side == "ours" else {})}, options)
    with ThreadPoolExecutor(4) as pool:
        jobs = {side: [pool.submit(work, f, side) for f in files] for side in ("theirs", "ours")}
        return tuple({k: v for job in side for k, v in job.result().items()} for side in jobs.values())


def differences(theirs, ours):
    """`{test: (as it is, with ours)}` where they differ."""
    return {t: (theirs.get(t), ours.get(t)) for t in sorted({*theirs, *ours}) if theirs.get(t) != ours.get(t)}


def judge(name, theirs, ours, accepted):
    """Print what a person wants to know; fails unless exactly the accepted tests differ."""
    count = lambda side: ", ".join(f"{sum(v == kind for v in side.values())} {kind}" for kind in ("passed", "failed", "skipped"))
    lines = [f"{name} {version(name)}, its own tests as they are: {count(theirs)}", f"{name} {version(name)}, with ours in place:      {count(ours)}"]
    lines += [f"  {test}: {a} → {b}   {accepted.get(test, 'NOT ACCEPTED')}" for test, (a, b) in differences(theirs, ours).items()]
    print("\n" + "\n".join(lines))
    assert set(differences(theirs, ours)) == set(accepted), "\n".join(lines)

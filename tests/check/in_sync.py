"""Fail if cleaning or exporting the notebooks changes a file: then somebody forgot to."""
import hashlib
import subprocess
import sys
from pathlib import Path

root = Path(__file__).parents[2]


def digests():
    files = [*root.glob("nbs/**/*.ipynb"), *root.glob("templates/**/*.ipynb"), *root.glob("opsnb/**/*.py")]
    return {f: hashlib.sha256(f.read_bytes()).hexdigest() for f in files if ".ipynb_checkpoints" not in f.parts}


before = digests()
for command in (["nbdev_clean"], ["nbdev_clean", "--fname", "templates"], ["nbdev_export"]):
    subprocess.run(command, cwd=root, check=True)
after = digests()
changed = sorted(str(f.relative_to(root)) for f in before.keys() | after.keys() if before.get(f) != after.get(f))
if changed:
    sys.exit("Not in sync; now they are, look and commit:\n  " + "\n  ".join(changed))
print(f"{len(after)} notebooks and modules are clean and in sync")

"""Run notebooks and keep what they show: `_docs/.cache/<digest>.json` holds the outputs of one notebook.

The digest covers the code of the notebook and of everything it may import: a module's notebook sees its own layer and those
below, a tutorial sees all. A cell that raises ends the build, with its traceback.
"""
import hashlib
import json
import os
import re
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = re.compile(r"#\| *(notest|slow|gpu|network|eval: *false)\b|.*nbdev_export\(\)", re.S)  # as nbdev_test skips them


def source(cell): return "".join(cell["source"])


def runs(cell):
    return cell["cell_type"] == "code" and not SKIPPED.match(source(cell))


@cache
def code(path, only_exported):
    found = (source(c) for c in json.loads(path.read_text(encoding="utf-8"))["cells"] if c["cell_type"] == "code")
    return "\0".join(text for text in found if not only_exported or text.startswith("#| export"))


def digest(path):
    """Of a notebook's code and of the code that it may reach."""
    layer = path.name[0] if path.parent == ROOT / "nbs" else "9"
    reached = [p for p in sorted((ROOT / "nbs").glob("*.ipynb")) if p.name[0] <= layer]
    plain = [p for p in sorted((ROOT / "opsnb").rglob("_*.py")) if p.name != "_modidx.py"]
    parts = [(ROOT / "constraints.txt").read_text(), code(path, False), *(code(p, True) for p in reached), *(p.read_text() for p in plain)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


def execute(path):
    """The notebook's cells with their outputs, run in a kernel of its own; raises with the traceback of a cell that fails."""
    import nbformat
    from nbclient import NotebookClient
    from traitlets.config import Config
    nb = nbformat.read(path, 4)
    nb.cells = [c for c in nb.cells if runs(c)]
    with tempfile.TemporaryDirectory(prefix="opsnb-docs-") as tmp:
        quiet = {k: v for k, v in os.environ.items() if not k.startswith(("OPSNB_", "MLFLOW_", "WANDB_"))}
        kernel = Config(KernelManager={"transport": "ipc", "ip": f"{tmp}/kernel", "connection_file": f"{tmp}/kernel.json"})
        client = NotebookClient(nb, config=kernel, kernel_name="python3", timeout=600, resources={"metadata": {"path": str(path.parent)}}, coalesce_streams=True)
        started = time.monotonic()
        client.execute(env={**quiet, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]), "IPYTHONDIR": tmp, "PYDEVD_DISABLE_FILE_VALIDATION": "1"})
    print(f"{time.monotonic() - started:6.1f} s  {path.name}", flush=True)
    return {c["id"]: c["outputs"] for c in nb.cells}


def _kept(path, folder):
    file = folder / f"{digest(path)}.json"
    if not file.exists():
        try: made = execute(path)
        except Exception as e: return path, None, str(e)
        file.with_suffix(".new").write_text(json.dumps(made))
        file.with_suffix(".new").rename(file)
    os.utime(file)
    return path, json.loads(file.read_text()), None


def outputs(paths, folder, at_a_time=2):
    """`{path: {cell id: outputs}}` of notebooks; runs those that are not kept, two at a time."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.iterdir():
        if file.stat().st_mtime < time.time() - 30 * 86400: file.unlink()  # of code that has changed since
    made, failed = {}, []
    with ProcessPoolExecutor(at_a_time, initializer=os.nice, initargs=(5,)) as pool:
        for path, found, error in pool.map(_kept, paths, [folder] * len(paths)):
            if error: failed.append((path, error))
            else: made[path] = found
    for path, error in failed: print(f"\n{path} failed:\n{error}\n")
    if failed: raise SystemExit(f"{len(failed)} of {len(paths)} notebooks failed: {', '.join(p.name for p, _ in failed)}")
    return made

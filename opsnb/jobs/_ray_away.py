"""What Ray starts for a job whose folder travelled to the cluster: the worker, in a workspace of its own, and the way back.

    python3 -P opsnb/jobs/_ray_away.py      in the folder that Ray unpacked: opsnb/, code/, .opsnb/jobs/<id>/

The program's output is shown on Ray's log while it comes. At the end one line of that log holds what the job left: its
records, log, result, notebook and the journal of its run, packed; whoever asks for the job's state unpacks it. What the
program itself wrote elsewhere, checkpoints included, stays on the node.
"""
import base64
import hashlib
import io
import json
import os
import sys
import tarfile
import threading
import time
from pathlib import Path

MARK = "opsnb-brought-back"
MOST = 50_000_000  # bytes that come back; bigger files are named instead


def shown(path, over):
    """Write to our own output what is added to a file, until `over` is set and all is written."""
    at = 0
    while True:
        last = over.is_set()
        if path.exists():
            with open(path, "rb") as f:
                f.seek(at)
                sys.stdout.buffer.write(f.read())
                at = f.tell()
            sys.stdout.buffer.flush()
        if last: return
        time.sleep(0.3)


def packed(places):
    """`{name: folder}` as one line of text; the names of files that are too big go instead of them."""
    buffer, left, omitted = io.BytesIO(), MOST, []
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        files = [(f"{name}/{p.relative_to(folder)}", p) for name, folder in places.items() for p in sorted(folder.rglob("*")) if p.is_file()]
        for name, p in sorted(files, key=lambda f: f[1].stat().st_size):
            if (n := p.stat().st_size) > left: omitted.append(f"{name} ({n:,} bytes)")
            else: left -= n; tar.add(p, name)
        if omitted:
            said = "\n".join(omitted).encode()
            info = tarfile.TarInfo("job/left_out")
            info.size = len(said)
            tar.addfile(info, io.BytesIO(said))
    data = buffer.getvalue()
    return f"{MARK} {hashlib.sha256(data).hexdigest()} {base64.b64encode(data).decode()}"


def unpacked(text):
    """`{name: bytes}` of the last such line in a log; None when there is none, or it is not whole."""
    at = text.rfind(f"\n{MARK} ")
    words = text[at + 1:].split(None, 3)[:3] if at >= 0 else []
    if len(words) < 3: return None
    try: data = base64.b64decode(words[2], validate=True)
    except ValueError: return None
    if hashlib.sha256(data).hexdigest() != words[1]: return None
    with tarfile.open(fileobj=io.BytesIO(data)) as tar: return {m.name: tar.extractfile(m).read() for m in tar if m.isfile() and ".." not in m.name.split("/")}


def work(root):
    """Be the worker; the exit code for Ray."""
    folder, = (root / ".opsnb" / "jobs").glob("job_*")
    spec = json.loads((folder / "spec.json").read_text())
    code = str(root / "code")
    spec.update(argv=[w.replace(spec["root"], code, 1) if spec["root"] and w.startswith(spec["root"]) else w for w in spec["argv"]], code=code, cwd=code, python=sys.executable)
    (folder / "spec.json").write_text(json.dumps(spec))
    os.environ.update(OPSNB_HOME=str(root / ".opsnb"), OPSNB_DELIVERY="off", PYTHONPATH=os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")])))
    from opsnb._worker import Worker
    worker, over = Worker(folder), threading.Event()
    show = threading.Thread(target=shown, args=[folder / "output.log", over])
    show.start()
    try: return worker.work()
    finally:
        over.set()
        show.join()
        for name in ("spec.json", "call.pkl"): (folder / name).unlink(missing_ok=True)
        kept = {f"job/{p.name}": p for p in folder.iterdir() if p.is_dir() and p.name == "records"}
        journal = {f"journal/{p.name}": p for p in (root / ".opsnb" / "journal").glob("run_*") if p.is_dir()}
        flat = root / "flat"
        flat.mkdir()
        for p in folder.iterdir():
            if p.is_file(): p.rename(flat / p.name)
        print("\n" + packed({"job": flat, **kept, **journal}), flush=True)


if __name__ == "__main__":
    here = Path(__file__).resolve().parents[2]
    sys.path.insert(0, str(here))
    code = work(here)
    os._exit(code & 255)

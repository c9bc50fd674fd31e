"""What goes wrong around notebooks and pipelines: processes killed at any moment, no memory, no room on the disk, kernels that do not answer."""
import contextlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import nbformat
import psutil
import pytest

import opsnb as ops
from opsnb.engine import run_notebook
from opsnb.errors import Unavailable
from opsnb.journal import records
from support import opsnb, python, until

KILLS = int(os.environ.get("OPSNB_KILLS", "10"))  # how many of each; conftest takes the variable from the tests' environment afterwards


@pytest.fixture(autouse=True)
def undelivered(monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "off")


def told(path): return [c["metadata"]["papermill"]["status"] for c in nbformat.read(path, 4).cells]


@contextlib.contextmanager
def control_group(mb):
    """The command prefix that runs something with so much memory: a control group below our own."""
    own = {kinds: path for _, kinds, path in (line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines())}
    v1 = "memory" in own
    folder = Path(f"/sys/fs/cgroup/memory{own['memory']}" if v1 else f"/sys/fs/cgroup{own.get('', '/')}") / f"opsnb-{os.getpid()}"
    try:
        folder.mkdir()
        (folder / ("memory.limit_in_bytes" if v1 else "memory.max")).write_text(str(mb << 20))
    except OSError as e:
        with contextlib.suppress(OSError): folder.rmdir()
        pytest.skip(f"a control group with a memory limit cannot be made here: {e}")
    try: yield ["sh", "-c", f'echo $$ > {folder}/cgroup.procs; exec "$@"', "sh"]
    finally: assert until(lambda: _removed(folder), 20)


def _removed(folder):
    with contextlib.suppress(OSError): folder.rmdir()
    return not folder.exists()


def test_a_kernel_that_uses_all_memory_is_reported_as_such(ws, notebook):
    path = notebook("eats", "x = 1", "rows = []\nwhile True: rows.append(bytearray(b'1') * 10_000_000)", "print('never')")
    with control_group(500) as within:
        done = subprocess.run([*within, sys.executable, "-m", "opsnb", "run", path, "-o", "out.ipynb", "--json", "--cold"], capture_output=True, text=True, timeout=120)
    result = json.loads(done.stdout)
    assert (done.returncode, result["status"]) == (1, "failed") and told("out.ipynb") == ["completed", "failed", "not_run"]
    assert result["error"] == "the kernel was killed (SIGKILL): out of memory; its control group may use 524.3 MB", result["error"]
    assert ops.run(result["run"]).error == result["error"]


def test_a_kernel_that_somebody_kills_is_not_reported_as_out_of_memory(ws, notebook):
    result = run_notebook(notebook("killed", "x = 1", "import os; os.kill(os.getpid(), 9)"), check=False)
    assert result.status == "failed" and "(SIGKILL)" in result.error and "out of memory" not in result.error


# Killed at any moment


def kernels_in(folder):
    """Processes of kernels that work in a folder; zombies left out."""
    found = []
    for p in psutil.process_iter(["name", "cmdline", "cwd", "status"]):
        ours = p.info["name"] == "opsnb-kernel" or "ipykernel_launcher" in (p.info["cmdline"] or [])
        if ours and p.info["cwd"] == str(folder) and p.info["status"] != psutil.STATUS_ZOMBIE: found.append(p)
    return found


def test_kernels_killed_at_random_moments(ws, notebook, project):
    """Whatever the moment, the notebook is failed and says why, or was done before; what its cells are said to be fits."""
    path, rng, seen = notebook("nb", "i: int = 0", "import numpy", *["import time; time.sleep(0.1)"] * 5, "import opsnb as ops\nops.publish(i=i)"), random.Random(7), Counter()
    for n in range(KILLS):
        watches, over = [], threading.Event()
        def kill():
            km = until(lambda: over.is_set() or watches and (km := getattr(watches[0]._client, "km", None)) and getattr(km.provisioner, "process", None) and km, 60, 0.005)
            time.sleep(rng.uniform(0, 1.6))
            if not over.is_set() and (process := km.provisioner and km.provisioner.process): process.kill()
        killer = threading.Thread(target=kill)
        killer.start()
        result = run_notebook(path, {"i": n}, out=project / f"out{n}.ipynb", check=False, cold=n % 2 == 0, on_watch=watches.append)
        over.set()
        killer.join()
        cells = told(result.path)
        seen[result.status] += 1
        if result.status == "done": assert result.values == {"i": n} and set(cells) == {"completed"}
        else:
            assert result.status == "failed" and result.values in ({}, {"i": n}) and any(w in result.error for w in ("SIGKILL", "kernel died", "did not start")), result
            i = next((i for i, c in enumerate(cells) if c != "completed"), len(cells))
            assert cells[i:i + 1] in ([], ["failed"], ["not_run"]) and set(cells[i + 1:]) <= {"not_run"}, cells
        assert ops.run(result.id).status == result.status
    assert seen["failed"] > KILLS / 3 and until(lambda: not kernels_in(project), 20), seen


def test_a_pipelines_runner_killed_at_random_moments(ws, notebook, project):
    """It goes on, and ends as an undisturbed one would."""
    notebook("step", "x: int = 0\nsleep: float = 0.3", "import numpy, opsnb as ops, time\nwith ops.track('inner') as r: r.log(y=x)\ntime.sleep(sleep)\nops.publish(y=x + 1)")
    (project / "pipeline.yaml").write_text("name: line\nparams: {start: 0}\nsteps:\n  s0: {notebook: step.ipynb, params: {x: '${params.start}'}}\n"
                                           + "".join(f"  s{i}: {{notebook: step.ipynb, params: {{x: '${{s{i - 1}.y}}'}}}}\n" for i in range(1, 4)))
    rng, kills, ended, resumed, begun = random.Random(11), 0, 0, 0, {}
    while kills < KILLS or begun:
        command, known = ["pipeline", "resume", begun["run"]] if begun else ["pipeline", "run", "-p", "start", str(ended)], {r["run"] for r in ops.runs(type="pipeline")}
        child = subprocess.Popen([sys.executable, "-m", "opsnb", *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if kills < KILLS:
            with contextlib.suppress(subprocess.TimeoutExpired): child.wait(rng.uniform(0.3, 4.0))
            if child.poll() is None:
                child.kill()
                kills += 1
        _, err = child.communicate(timeout=120)
        begun = begun or next((r for r in ops.runs(type="pipeline") if r["run"] not in known), {})
        if child.returncode == -signal.SIGKILL:
            resumed += bool(begun)
            continue
        assert child.returncode == 0 or "has ended well" in err, err  # killed at the very end
        result = ops.run_pipeline(project, {"start": ended})
        assert result.values == {f"s{i}": {"y": ended + i + 1} for i in range(4)} and {s.status for s in result.steps.values()} == {"cached"}
        assert {tuple(told(s.notebook.path)) for s in result.steps.values()} == {("completed",) * 3}
        assert ops.run(begun["run"]).status == "done"
        ended, begun = ended + 1, {}
    assert kills >= KILLS and resumed > KILLS / 3 and until(lambda: not kernels_in(project), 20), (kills, resumed)


def test_two_runners_on_one_pipeline(ws, notebook, project):
    """They do not meet: each has its own run and its own files, and the next one takes what they made."""
    notebook("step", "x: int = 0", "import opsnb as ops, time\ntime.sleep(0.5)\nf = ops.output_dir() / 'x.txt'\nf.write_text(str(x))\nops.publish(y=x + 1, file=f)")
    (project / "pipeline.yaml").write_text("name: line\nsteps:\n  a: {notebook: step.ipynb}\n  b: {notebook: step.ipynb, params: {x: '${a.y}'}}\n")
    both = [subprocess.Popen([sys.executable, "-m", "opsnb", "pipeline", "run", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    made = [json.loads(p.communicate(timeout=120)[0]) for p in both]
    assert [p.returncode for p in both] == [0, 0] and made[0]["run"] != made[1]["run"] and made[0]["folder"] != made[1]["folder"]
    assert {s["values"]["y"] for m in made for s in m["steps"]} == {1, 2} and all(Path(s["values"]["file"]).is_file() for m in made for s in m["steps"])
    assert {s.status for s in ops.run_pipeline(project).steps.values()} == {"cached"}


# No room on the disk


@pytest.fixture
def disk(project):
    """The project on a small disk of its own; `disk(mb)` makes it larger or smaller."""
    def size(mb): subprocess.run(["mount", "-o", f"remount,size={mb}m", project], check=True)
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", project], capture_output=True).returncode: pytest.skip("mounting a small disk takes root")
    os.chdir(project)
    (project / "opsnb.toml").write_text("")
    yield size
    os.chdir("/")
    subprocess.run(["umount", "--lazy", project], check=False)


FILL = "import os\nif not os.path.exists('filler'):\n    f = open('filler', 'wb', 0)\n    try:\n        while True: f.write(b'x' * 4096)\n    except OSError: f.close()"


@pytest.mark.parametrize("what, code, says", [("the executed notebook", ["print('a' * 1_800_000)", "print('b' * 1_800_000)"], "b.ipynb"), ("the journal", [FILL, *["x"] * 100], "cannot be written|Cannot write"),
                                              ("the copy of the executed notebook", [FILL], "b.ipynb"), ("the file that is published", ["import opsnb as ops\n(ops.output_dir() / 'f').write_bytes(b'x' * 9_000_000)"], "No space left")])
def test_a_disk_without_room(project, notebook, disk, what, code, says):
    small = "import opsnb as ops\nops.publish(y=x + 1)"
    notebook("small", "x: int = 0", small)
    notebook("large", "x: int = 0", *code, small)
    (project / "pipeline.yaml").write_text("name: p\nsteps:\n  a: {notebook: small.ipynb}\n  b: {notebook: large.ipynb, params: {x: '${a.y}'}}\n  c: {notebook: small.ipynb, params: {x: '${b.y}'}}\n")
    code, out, err = opsnb("pipeline", "run", "--json")
    made = json.loads(out)
    error = made["steps"][1]["error"]
    assert code in (1, 3) and made["status"] == "failed" and [s["status"] for s in made["steps"]] == ["done", "failed", "not_run"]
    assert re.search(says, error) and (code == 1 or f"the disk {project} has" in error), error
    for path in project.rglob("*.ipynb"): nbformat.validate(nbformat.read(path, 4))
    assert not list(project.rglob(".*.tmp")), "nothing half-written is left"
    assert made["run"] in opsnb("runs", "--type", "pipeline")[1], "looking needs no room"
    disk(60)
    code, out, err = opsnb("pipeline", "resume", made["run"], "--json")
    again = json.loads(out)
    assert code == 0 and [s["status"] for s in again["steps"]] == ["cached", "done", "done"] and again["steps"][2]["values"] == {"y": 3}, err


def test_no_room_for_the_pipelines_cache(ws, notebook, project):
    notebook("small", "x: int = 0", "import opsnb as ops\nops.publish(y=x + 1)")
    (project / "pipeline.yaml").write_text("name: p\nsteps:\n  a: {notebook: small.ipynb}\n")
    cache = ws.path / "cache"
    cache.mkdir()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", cache], capture_output=True).returncode: pytest.skip("mounting a small disk takes root")
    try:
        with contextlib.suppress(OSError), open(cache / "filler", "wb", 0) as f:
            while True: f.write(b"x" * 4096)
        with pytest.raises(Unavailable, match=f"a failed: Cannot (write|keep).*{cache}"): ops.run_pipeline(project)
        [failed] = ops.runs(type="pipeline")
        assert failed["status"] == "failed" and not list(cache.rglob("*.json")) and not list(cache.rglob(".*.tmp"))
        (cache / "filler").unlink()
        assert ops.resume_pipeline(failed["run"]).values == {"a": {"y": 1}}
    finally: subprocess.run(["umount", "--lazy", cache], check=False)


# Kernels that do not answer


def test_a_kernel_that_starts_and_hangs(ws, notebook, project, monkeypatch):
    spec = project / "share/jupyter/kernels/hangs"
    spec.mkdir(parents=True)
    (spec / "kernel.json").write_text(json.dumps({"argv": [sys.executable, "-c", "import time; time.sleep(600)", "hangs"], "display_name": "hangs", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(project / "share/jupyter"))
    with pytest.raises(Unavailable, match="did not start: it has not answered for 2 s") as caught: run_notebook(notebook("nb", "x = 1", kernel="hangs"), kernel_start_s=2)
    assert told(caught.value.run.path) == ["not_run"] and not [p for p in psutil.Process().children(recursive=True) if p.status() != psutil.STATUS_ZOMBIE and "hangs" in p.cmdline()]


SILENT = {
    "is never idle": ("get_ipython().kernel._publish_status = lambda *a, **k: None", "done"),
    "never answers": ("get_ipython().kernel.session.send = lambda *a, **k: None", "timed_out"),
    "is frozen": ("import os, signal; os.kill(os.getpid(), signal.SIGSTOP)", "timed_out"),
}


@pytest.mark.parametrize("code, status", SILENT.values(), ids=SILENT)
def test_a_kernel_that(ws, notebook, project, code, status):
    result = run_notebook(notebook("silent", "x = 1", code, "x"), cell_timeout_s=15, check=False)
    assert result.status == status and told(result.path) == (["completed"] * 3 if status == "done" else ["completed", "timed_out", "not_run"]), result
    assert until(lambda: not kernels_in(project), 20)


def test_a_gigabyte_of_output_stays_out_of_memory(ws, notebook, project):
    notebook("flood", "x = 1", "for i in range(10_000): print('x' * 100_000)", "print('fine')")
    said = python("import resource\nfrom opsnb.engine import run_notebook\nr = run_notebook('flood.ipynb')\nprint(r.id, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)", cwd=project)
    run, mb = said.split()
    assert int(mb) < 1000, f"{mb} MB"  # on a quiet machine under 200; what it holds grows with how far the reader is behind
    assert sum(len(r.data["output"]["text"]) for r in records(ws.journal / run / "outputs", kinds="output.")) == 10_000 * 100_001 + 5

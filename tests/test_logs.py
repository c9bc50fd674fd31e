"""What cells write is on disk as they write it: followed live, after a SIGKILL, in floods, and with few bytes."""
import json

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest

import opsnb as ops
from opsnb.engine import run_notebook
from opsnb.errors import OpsError
from opsnb.journal import records
from opsnb.logs import rebuilt
from support import opsnb, python, until


@pytest.fixture(autouse=True)
def undelivered(monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "off")


TICKS = "import time\nfor i in range(1000):\n    print('tick', i, flush=True)\n    time.sleep(0.1)"


def words(path):
    return [c["metadata"]["papermill"]["status"] for c in json.loads(Path(path).read_text())["cells"]]


def text_of(cell):
    return "".join("".join(o["text"]) for o in cell["outputs"] if o["output_type"] == "stream")


def test_logs_follow_a_running_notebook_and_survive_its_runner(ws, notebook, project):
    path = notebook("long", "print('first')", TICKS, "print('never')")
    child = subprocess.Popen([sys.executable, "-m", "opsnb", "run", str(path), "-o", "out.ipynb"], stdout=subprocess.DEVNULL)
    folder = until(lambda: next(iter(ws.journal.glob("run_*/outputs")), None), 60).parent
    tail = subprocess.Popen([sys.executable, "-m", "opsnb", "logs", folder.name, "-f"], stdout=subprocess.PIPE, text=True)
    seen = []
    while "tick 9\n" not in seen: seen.append(tail.stdout.readline())
    assert child.poll() is None and seen[:4] == ["── cell 1\n", "first\n", "── cell 2\n", "tick 0\n"], "they come while the cell runs"
    child.kill()
    child.wait()
    rest = tail.communicate(timeout=20)[0]
    assert rest.endswith(f"── {folder.name} ? lost: its process is gone\n") and tail.returncode == 0
    n = int(re.findall(r"tick (\d+)", "".join(seen) + rest)[-1])
    assert n >= 9 and words(project / "out.ipynb") == ["pending"] * 3, "the file itself was written once, at the start"
    code, out, err = opsnb("logs", folder.name, "--cell", "2")
    assert code == 0 and out == "── cell 2\n" + "".join(f"tick {i}\n" for i in range(n + 1))
    assert opsnb("logs", folder.name, "--notebook", "again.ipynb")[0] == 0
    nbformat.validate(nbformat.read(project / "again.ipynb", 4))
    made = json.loads((project / "again.ipynb").read_text())
    assert words(project / "again.ipynb") == ["completed", "lost", "not_run"] and text_of(made["cells"][1]).endswith(f"tick {n}\n")


def test_the_rebuilt_notebook_says_what_the_executed_one_says(ws, notebook):
    shows = """
from IPython.display import HTML, clear_output, display
h = display(HTML('<b>one</b>'), display_id=True)
h.update(HTML('<b>two</b>'))
print('goes'); clear_output(); print('stays')
6 * 7
"""
    result = run_notebook(notebook("shows", "x = 1", shows, "1 / 0"), check=False)
    executed, again = json.loads(Path(result.path).read_text()), rebuilt(ws.journal / result.id)
    cells = [c for c in executed["cells"] if c["cell_type"] == "code"]
    for a, b in zip(cells, again["cells"], strict=True):
        if a["metadata"]["papermill"]["status"] == "failed": assert [o["ename"] for o in a["outputs"] + b["outputs"]] == ["ZeroDivisionError"] * 2
        else: assert [(o["output_type"], "".join(o.get("text", "")), o.get("data")) for o in nbformat.from_dict(b)["outputs"]] == \
            [(o["output_type"], "".join(o.get("text", "")), o.get("data") and {k: "".join(v) for k, v in o["data"].items()}) for o in a["outputs"]]
    out, err = opsnb("logs", result.id)[1:]
    assert "goes" in out and "stays" in out and "42" in out and "failed: ZeroDivisionError" in out, (out, err)


@pytest.mark.parametrize("say", ["for i in range(500): print('x' * 100_000)", "for i in range(20_000): print('y' * 500, flush=True)"])
def test_a_flood(ws, notebook, say):
    flood = f"{say}\nimport opsnb as ops\nops.publish(after='the flood')"
    result = run_notebook(notebook("flood", "x = 1", flood, "print('fine')"), check=False, cell_output_mb=1)
    assert result.status == "done" and result.values == {"after": "the flood"}, result.error
    executed = json.loads(Path(result.path).read_text())
    assert Path(result.path).stat().st_size < 1_500_000 and text_of(executed["cells"][2]) == "fine\n"
    note = next(o["data"]["text/plain"] for o in executed["cells"][1]["outputs"] if o.get("metadata", {}).get("opsnb", {}).get("rest"))
    assert f"opsnb logs {result.id} --cell 2" in "".join(note)
    whole = sum(len(r.data["output"].get("text", "")) for r in records(ws.journal / result.id / "outputs", kinds="output."))
    assert whole >= (50_000_500 if "100_000" in say else 10_020_000), "nothing is missing from the journal"


def test_bytes_written(ws, notebook, project):
    notebook("many", "x = 1", *["print('x' * 500_000)" for _ in range(40)])
    counted = python("""
from opsnb.engine import run_notebook
import opsnb._notebook, papermill
def written(): return int(next(line for line in open('/proc/self/io') if line.startswith('wchar')).split()[1])
before = written()
r = run_notebook('many.ipynb')
print(r.status, written() - before)
""", cwd=project)
    status, n = counted.split()
    assert status == "done" and int(n) <= 2.2 * 20_000_000, f"{int(n) / 20_000_000:.2f} times what was produced"


def test_a_full_output_journal_does_not_end_the_notebook(ws, notebook, monkeypatch):
    path = notebook("full", "x = 1", "print('a' * 3_000_000)", "print('b' * 3_000_000)", "import opsnb as ops\nops.publish(n=1)")
    code = ("import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\nfrom opsnb.engine import run_notebook\nimport opsnb._notebook, papermill\n"
            f"resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, 4_000_000))\nr = run_notebook({str(path)!r}, check=False, cell_output_mb=0.1)\nprint(r.status, r.values)")
    assert python(code).strip() == "done {'n': 1}"


ODD = {
    "closes its own stdout": "import os, sys\nsys.stdout.close()\nos.close(1)",
    "forks": "import os, time\nif os.fork() == 0:\n    time.sleep(30)\n    os._exit(0)",
    "leaves threads": "import threading, time\nfor i in range(3): threading.Thread(target=time.sleep, args=[60]).start()",
    "prints when nobody asks": "import threading, time\ndef late():\n    time.sleep(0.5)\n    print('late')\nthreading.Thread(target=late).start()",
}


@pytest.mark.parametrize("code", ODD.values(), ids=ODD)
def test_a_notebook_that(ws, notebook, code):
    begun = time.monotonic()
    before = set(psutil.Process().children(recursive=True))
    result = run_notebook(notebook("odd", "x = 1", code, "import opsnb as ops\nops.publish(here=1)"), check=False)
    assert result.status == "done" and result.values == {"here": 1} and time.monotonic() - begun < 25, result
    assert words(result.path) == ["completed"] * 3
    assert not [p for p in set(psutil.Process().children(recursive=True)) - before if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


def test_a_kernel_that_dies_between_cells(ws, notebook):
    def arm(watch):
        told = watch.cell_finished
        def ended(index, *rest):
            told(index, *rest)
            if index == 1:
                kernel = next(p for p in psutil.Process().children(recursive=True) if "ipykernel_launcher" in " ".join(p.cmdline()))
                kernel.send_signal(signal.SIGKILL)
                until(lambda: not kernel.is_running() or kernel.status() == psutil.STATUS_ZOMBIE)
        watch.cell_finished = ended
    result = run_notebook(notebook("between", "x = 1", "print('fine')", "print('nobody hears')", "print('never')"), check=False, on_watch=arm)
    assert result.status == "failed" and "SIGKILL" in result.error and words(result.path) == ["completed", "completed", "failed", "not_run"]


def test_cells_left_out_by_their_tag(ws, notebook, project):
    path = notebook("some", "x = 1", "raise ValueError", "print('here')")
    book = json.loads(path.read_text())
    book["cells"][1]["metadata"]["tags"] = ["slow"]
    path.write_text(json.dumps(book))
    code, out, err = opsnb("run", path, "--skip-tag", "slow", "-o", "out.ipynb")
    assert code == 0 and words(project / "out.ipynb") == ["completed", "not_run", "completed"], err
    code, out, err = opsnb("run", path, "--skip-tag", "slw")
    assert code == 2 and "did you mean 'slow'" in err


def test_a_python_file_in_the_percent_format(ws, project):
    (project / "steps.py").write_text('# %% tags=["parameters"]\nn: int = 1  # how many\n\n# %% [markdown]\n# Text\n\n# %%\nimport opsnb as ops\nops.publish(twice=2 * n)\n')
    result = run_notebook(project / "steps.py", {"n": 21})
    assert result.values == {"twice": 42} and result.path.endswith(".ipynb")
    nbformat.validate(nbformat.read(result.path, 4))
    assert json.loads(Path(result.path).read_text())["metadata"]["papermill"]["input_path"] == str(project / "steps.py")
    (project / "script.py").write_text("print(1)\n")
    with pytest.raises(OpsError, match="is a script"): run_notebook(project / "script.py")


def test_logs_of_what_has_none(ws, notebook):
    with ops.track("plain") as run: run.log(a=1)
    with pytest.raises(OpsError, match="no cells that wrote"): ops.logs(run.id)
    with pytest.raises(OpsError, match="There is no run"): ops.logs("run_no")

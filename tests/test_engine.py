"""Notebooks tell the truth about how they ended: real kernels, real signals, real timeouts."""
import json
import os
import signal
import subprocess
import sys
import time

import nbformat
import psutil
import pytest

import opsnb as ops
from support import cells, opsnb, python, until
from opsnb.engine import Engine, NotebookFailed, run_notebook
from opsnb.errors import OpsError, Unavailable
from opsnb.journal import records
from opsnb.track.deliver import Delivery, sync


@pytest.fixture(autouse=True)
def undelivered(monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "off")


def told(result):
    """papermill's word for each cell in the executed notebook."""
    return words(result.path)


def words(path):
    with open(path) as f: return [c["metadata"]["papermill"]["status"] for c in json.load(f)["cells"] if "papermill-error-cell-tag" not in c["metadata"]["tags"]]


def kernels_of(pid):
    return [p for p in psutil.Process(pid).children(recursive=True) if "ipykernel_launcher" in " ".join(p.cmdline())]


def test_parameters_in_values_out(ws, notebook):
    path = notebook("add", "a: int = 1\nb: float = 2", "import opsnb as ops\nops.publish(sum=a + b, names=['x'])", "from pathlib import Path\nPath('made.txt').write_text('x')\nops.publish(made=Path('made.txt'))")
    result = run_notebook(path, {"a": 40}, tags={"team": "risk"})
    assert result.values["sum"] == 42 and result.values["names"] == ["x"] and result.values["made"].endswith("made.txt")
    assert told(result) == ["completed"] * 4 and result.exit_code == 0 and result.done()
    run = ops.run(result.id)
    assert (run.status, run.params, run.metrics, run.tags) == ("done", {"a": "40"}, {"sum": 42.0}, {"team": "risk"})
    assert {a["path"] for a in run.artifacts()} == {"add.ipynb", "published.json", "published/made.txt"}
    nbformat.validate(nbformat.read(result.path, 4))
    assert [r.data["status"] for r in records(run.folder, kinds="cell.finished")] == ["done"] * 4
    assert [(r.data["cell"], r.data["of"]) for r in records(run.folder, kinds="cell.started")] == [(i, 4) for i in range(4)]  # papermill's cell counted


def test_a_cell_that_raises(ws, notebook):
    path = notebook("fail", "x = 1", "raise ValueError('no data\\nsecond line')", "print('never')")
    with pytest.raises(NotebookFailed, match="fail.ipynb failed: ValueError: no data") as caught: run_notebook(path)
    result = caught.value.run
    assert caught.value.exit_code == 1 and result.status == "failed"
    assert told(result) == ["completed", "failed", "not_run"]
    assert ops.run(result.id).error == "ValueError: no data"


@pytest.mark.parametrize("name, code, says", [
    ("SIGKILL", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
    ("SIGSEGV", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
    ("exit", "import os; os._exit(7)", "code 7"),
    ("memory", "import resource; resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20)); x = b'1' * (1 << 30)", "MemoryError"),
])
def test_a_kernel_that_dies(ws, notebook, name, code, says):
    result = run_notebook(notebook("die", "x = 1", code, "print('never')"), check=False)
    assert result.status == "failed" and says in result.error
    assert told(result)[-3:] == ["completed", "failed", "not_run"]
    sync(workspace=ws)
    from opsnb.track.mlflow import open_store
    found = open_store(ws).get_run(Delivery.of(ws.journal / result.id, "mlflow").memo["run_id"])
    assert (found.info.status, found.data.tags["opsnb.status"]) == ("FAILED", "failed") and says in found.data.tags["opsnb.error"]


@pytest.mark.parametrize("limit", [{"timeout_s": 3}, {"cell_timeout_s": 2}])
def test_too_slow(ws, notebook, limit):
    begun = time.monotonic()
    result = run_notebook(notebook("slow", "x = 1", "import time\nfor i in range(600): time.sleep(0.1)", "print('never')"), check=False, **limit)
    assert result.status == "timed_out" and "longer than" in result.error and time.monotonic() - begun < 20
    assert told(result) == ["completed", "timed_out", "not_run"] and result.exit_code == 1
    assert ops.run(result.id).status == "timed_out"


def test_a_cell_that_ignores_the_interrupt_is_ended_all_the_same(ws, notebook):
    stubborn = "import time\nwhile True:\n    try: time.sleep(1)\n    except KeyboardInterrupt: pass"
    begun = time.monotonic()
    result = run_notebook(notebook("stubborn", "x = 1", stubborn), cell_timeout_s=1, check=False)
    assert result.status == "timed_out" and time.monotonic() - begun < 25
    assert not kernels_of(os.getpid())


def test_what_was_open_in_the_notebook_is_ended_with_it(ws, notebook):
    path = notebook("open", "x = 1", "import opsnb as ops\nloose = ops.track('loose').start()\nloose.log(a=1)", "with ops.track('inner') as inner:\n    raise ValueError('x')")
    result = run_notebook(path, check=False)
    states = {r["name"]: (r["status"], r["parent"]) for r in ops.runs()}
    assert states["inner"] == ("failed", result.id) and states["loose"] == ("failed", result.id) and states["open"][0] == "failed"
    assert run_notebook(notebook("fine", "x = 1", "import opsnb as ops\nloose2 = ops.track('loose2').start()"), check=False).status == "done"
    assert {r["name"]: r["status"] for r in ops.runs()}["loose2"] == "done"


def test_a_notebook_that_ends_itself(ws, notebook):
    result = run_notebook(notebook("exit0", "x = 1", "import sys; sys.exit(0)", "print('never')"), check=False)
    assert (result.status, result.exit_code) == ("done", 0) and told(result)[-1] == "not_run"
    assert run_notebook(notebook("exit3", "x = 1", "import sys; sys.exit(3)"), check=False).exit_code == 1


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(ws, notebook, sign, project):
    marker = project / "cleaned"
    path = notebook("long", "x = 1", f"import time, pathlib\ntry: time.sleep(60)\nfinally: pathlib.Path({str(marker)!r}).write_text('x')", "print('never')")
    child = subprocess.Popen([sys.executable, "-m", "opsnb", "run", str(path), "-o", "out.ipynb"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert until(lambda: any(r.kind == "cell.started" and r.data["cell"] == 1 for f in ws.journal.glob("run_*") for r in records(f)), 60)
    kernel = kernels_of(child.pid)
    begun = time.monotonic()
    child.send_signal(sign)
    out, err = child.communicate(timeout=30)
    assert child.returncode == 130 and time.monotonic() - begun < 15, (out, err)
    assert marker.exists() and not any(k.is_running() for k in kernel), "the cell cleaned up, the kernel is gone"
    assert words(project / "out.ipynb") == ["completed", "cancelled", "not_run"]
    assert [r["status"] for r in ops.runs()] == ["cancelled"]


def test_the_runner_itself_is_killed(ws, notebook, project):
    path = notebook("long", "x = 1", "import time; time.sleep(120)")
    child = subprocess.Popen([sys.executable, "-m", "opsnb", "run", str(path)])
    assert until(lambda: any(r.kind == "cell.started" and r.data["cell"] == 1 for f in ws.journal.glob("run_*") for r in records(f)), 60)
    kernel = kernels_of(child.pid)
    child.kill()
    child.wait()
    time.sleep(2.5)
    sync(workspace=ws)
    assert [r["status"] for r in ops.runs()] == ["lost"]
    assert until(lambda: not any(k.is_running() and k.status() != psutil.STATUS_ZOMBIE for k in kernel), 20), "no kernel is left behind"


def test_a_kernel_that_does_not_start(ws, notebook, monkeypatch, project):
    spec = project / "share/jupyter/kernels/broken"
    spec.mkdir(parents=True)
    (spec / "kernel.json").write_text(json.dumps({"argv": [sys.executable, "-c", "import no_such_module_at_all"], "display_name": "broken", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(project / "share/jupyter"))
    with pytest.raises(Unavailable, match="no_such_module_at_all") as caught: run_notebook(notebook("nb", "x = 1", kernel="broken"))
    assert caught.value.exit_code == 3 and told(caught.value.run) == ["not_run"] and ops.run(caught.value.run.id).status == "failed"


def test_the_kernel_is_this_python_unless_another_is_named(ws, notebook):
    for kernel in ("python3", None):
        result = run_notebook(notebook(f"k{kernel}", "x = 1", "import sys, opsnb as ops\nops.publish(python=sys.executable)", kernel=kernel))
        assert os.path.samefile(result.values["python"], sys.executable)
    path = notebook("julia", "x = 1", kernel="julia-1.9")
    with pytest.raises(OpsError, match="julia-1.9") as caught: run_notebook(path)
    assert caught.value.exit_code == 2 and "--kernel ." in caught.value.hint
    assert run_notebook(path, kernel=".").status == "done"


def test_papermill_itself_with_our_engine(ws, notebook, project):
    def papermill(path): return subprocess.run([sys.executable, "-m", "papermill", "--engine", "opsnb", path, "out.ipynb", "-p", "x", "5"], capture_output=True, text=True)
    assert papermill(notebook("ok", "x = 1", "assert x == 5")).returncode == 0
    done = papermill(notebook("killed", "x = 1", "import os; os.kill(os.getpid(), 9)", "print('never')"))
    assert done.returncode != 0 and "SIGKILL" in done.stderr
    executed = json.loads((project / "out.ipynb").read_text())
    assert words(project / "out.ipynb") == ["completed", "completed", "failed", "not_run"] and executed["metadata"]["papermill"]["exception"] is True
    assert papermill(notebook("raises", "x = 1", "1 / 0")).returncode == 1


def test_papermill_reports_what_raised_and_writes_where_it_can(ws, notebook, project):
    import papermill
    from papermill.iorw import papermill_io
    kept = {}
    class Shelf:
        def write(self, text, path): kept[path] = text
        def pretty_path(self, path): return path
    papermill_io.register("shelf://", Shelf())
    papermill.engines.papermill_engines.register("opsnb", Engine)
    with pytest.raises(papermill.PapermillExecutionError): papermill.execute_notebook(str(notebook("magic", "%nonsense", "1")), "shelf://out.ipynb", engine_name="opsnb", progress_bar=False)
    executed = json.loads(kept["shelf://out.ipynb"])
    assert [c["metadata"]["papermill"]["status"] for c in executed["cells"] if c["cell_type"] == "code"] == ["failed", "not_run"] and not (project / "shelf:").exists()


def test_nothing_is_written_where_nothing_can_be(ws, notebook, project):
    path = notebook("nb", "x = 1")
    (project / "file").write_text("x")
    with pytest.raises(Unavailable, match="cannot be written"): run_notebook(path, out=project / "file/out.ipynb")
    with pytest.raises(OpsError, match="overwrite its source"): run_notebook(path, out=path)
    assert not list(ws.journal.glob("run_*")) and (project / "file").read_text() == "x"


def test_the_executed_notebook_is_whole_at_any_moment(ws, notebook, project):
    path = notebook("many", "x = 1", *["print('x' * 200_000)" for _ in range(25)])
    child = subprocess.Popen([sys.executable, "-m", "opsnb", "run", str(path), "-o", "out.ipynb"])
    seen = 0
    while child.poll() is None:
        if (project / "out.ipynb").exists():
            json.loads((project / "out.ipynb").read_text())
            seen += 1
        time.sleep(0.01)
    assert child.returncode == 0 and seen > 5 and not list(project.glob(".out*"))


def test_a_notebook_runs_from_inside_a_notebook(ws, notebook):
    inner = notebook("inner", "n: int = 1", "import opsnb as ops\nops.publish(twice=2 * n)")
    outer = notebook("outer", "x = 1", f"import opsnb as ops\nr = ops.run_notebook({str(inner)!r}, {{'n': 21}})\nops.publish(got=r.values['twice'])")
    result = run_notebook(outer)
    assert result.values == {"got": 42}
    parents = {r["name"]: r["parent"] for r in ops.runs()}
    assert parents["inner"] == result.id


def test_files_that_two_runs_write_do_not_meet(ws, notebook):
    path = notebook("write", "n: int = 1", "import opsnb as ops\nf = ops.output_dir() / 'data.txt'\nf.write_text(str(n))\nops.publish(file=f)")
    first, second = run_notebook(path, {"n": 1}), run_notebook(path, {"n": 2})
    assert [open(r.values["file"]).read() for r in (first, second)] == ["1", "2"]


def test_exit_codes_of_the_command(ws, notebook, project):
    ok, bad = notebook("ok", "n: int = 1"), notebook("bad", "n: int = 1", "1 / 0")
    for args, code, says in ((["run", ok], 0, "✓ done"), (["run", bad], 1, "ZeroDivisionError"), (["run", ok, "-p", "m", "1"], 2, "allowed: n"), (["run", ok, "-p", "n", "one"], 2, "integer"),
                             (["run", "gone.ipynb"], 2, "no notebook"), (["run", ok, "-o", "/proc/x/out.ipynb"], 3, "cannot be written")):
        got, out, err = opsnb(*args)
        assert got == code and says in out + err, (args, got, out, err)
    code, out, _ = opsnb("run", ok, "-p", "n", "7", "--json")
    made = json.loads(out)
    assert code == 0 and made["status"] == "done" and made["run"].startswith("run_") and made["cells"][0]["status"] == "done"
    code, _, err = opsnb("run", ok, "-p", "m", "1", "--json")
    assert json.loads(err)["error"]["allowed"] == ["n"]


@pytest.mark.parametrize("text, says", [("", "is empty"), ("{", "not JSON"), ("[]", "not a notebook"), ('{"nbformat": 3, "worksheets": []}', "nbformat 4"), ('{"nbformat": 4}', "no cells"),
                                        (cells("x = ", "1"), "syntax error in line 1"), (cells("x = f()"), "known only when the notebook runs")])
def test_files_that_are_no_notebooks(ws, project, text, says):
    (project / "nb.ipynb").write_text(text)
    before = (project / "nb.ipynb").read_bytes()
    code, out, err = opsnb("run", "nb.ipynb", "-p", "x", "1")
    assert code == 2 and says in err and (project / "nb.ipynb").read_bytes() == before and not list(ws.journal.glob("run_*"))


def test_a_run_does_not_compile_a_grammar_that_nobody_uses():
    code = ("import opsnb._notebook, sys, papermill\nassert 'rfc3987_syntax' not in sys.modules\nfrom jsonschema import FormatChecker\nfrom jsonschema.exceptions import FormatError\n"
            "FormatChecker(['iri']).check('http://a.example/é', 'iri')\ntry: FormatChecker(['iri']).check('not one <>', 'iri')\nexcept FormatError: print('checked by', sys.modules['rfc3987_syntax'].__name__)")
    assert python(code).strip() == "checked by rfc3987_syntax"

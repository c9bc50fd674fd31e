"""Pipelines: order, parallel steps, retries, interrupts, and one truthful record of it all."""
import json
import signal
import subprocess
import sys
import time

import pytest

import opsnb as ops
from support import opsnb, until
from opsnb.errors import Failed, OpsError, Unavailable
from opsnb.journal import records
from opsnb.pipeline import Pipeline
from opsnb.track.deliver import Delivery, sync


@pytest.fixture(autouse=True)
def undelivered(monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "off")


@pytest.fixture
def pipeline(project):
    def write(text):
        (project / "pipeline.yaml").write_text(text)
        return ops.pipeline(project / "pipeline.yaml")
    return write


def states(run): return {id: s.status for id, s in run.steps.items()}


def test_values_travel_and_everything_is_one_tree_at_mlflow(ws, notebook, pipeline):
    notebook("a", "seed: int = 0", "import opsnb as ops\nwith ops.track('inside') as r: r.log(x=1.0)\nops.publish(data={'rows': [1, 2]}, n=seed * 2)")
    notebook("b", "n: int\ndata: dict\nname: str = ''", "import opsnb as ops\nops.publish(total=n + sum(data['rows']), name=name)")
    p = pipeline("name: demo\nparams: {seed: 3}\nsteps:\n  a: {notebook: a.ipynb, params: {seed: '${params.seed}'}}\n"
                 "  b: {notebook: b.ipynb, params: {n: '${a.n}', data: '${a.data}', name: 'run of ${params.seed}'}}\n")
    run = p.run()
    assert run.values["b"] == {"total": 9, "name": "run of 3"} and run.exit_code == 0 and states(run) == {"a": "done", "b": "done"}
    rows = {r["name"]: r for r in ops.runs()}
    assert rows["demo"]["type"] == "pipeline" and rows["demo"]["params"] == {"seed": "3"} and rows["a"]["parent"] == rows["demo"]["run"] and rows["inside"]["parent"] == rows["a"]["run"]
    sync(workspace=ws)
    from opsnb.track.mlflow import open_store
    client = open_store(ws)
    at = {n: client.get_run(Delivery.of(ws.journal / r["run"], "mlflow").memo["run_id"]) for n, r in rows.items()}
    assert at["inside"].data.tags["mlflow.parentRunId"] == at["a"].info.run_id and at["a"].data.tags["mlflow.parentRunId"] == at["demo"].info.run_id
    assert len({r.info.experiment_id for r in at.values()}) == 1 and client.get_experiment(at["a"].info.experiment_id).name == "demo"
    assert [f.path for f in client.list_artifacts(at["a"].info.run_id)] == ["a.ipynb", "published.json"] and at["demo"].info.status == "FINISHED"


def test_independent_steps_run_side_by_side_within_the_limit(ws, notebook, pipeline):
    notebook("nap", "id: str = ''", "import time, opsnb as ops\nbegan = time.time()\ntime.sleep(1.5)\nops.publish(began=began, ended=time.time())")
    p = pipeline("concurrency: 2\nsteps:\n" + "".join(f"  s{i}: {{notebook: nap.ipynb, params: {{id: '{i}'}}}}\n" for i in range(4)))
    spans = [(v["began"], v["ended"]) for v in p.run().values.values()]
    together = max(sum(a <= t < b for a, b in spans) for t, _ in spans)
    assert together == 2
    one = p.run(concurrency=1, force=True)
    spans = sorted((v["began"], v["ended"]) for v in one.values.values())
    assert all(a[1] <= b[0] for a, b in zip(spans, spans[1:], strict=False))


def test_a_failed_step_stops_what_needs_it_and_nothing_else(ws, notebook, pipeline):
    notebook("ok", "x = 0", "import opsnb as ops\nops.publish(v=1)")
    notebook("bad", "x = 0", "raise ValueError('broken data')")
    p = pipeline("steps:\n  bad: {notebook: bad.ipynb}\n  after: {notebook: ok.ipynb, needs: [bad]}\n  later: {notebook: ok.ipynb, needs: [after]}\n"
                 "  other: {notebook: ok.ipynb}\n  last: {notebook: ok.ipynb, needs: [other]}\n")
    with pytest.raises(Failed, match="bad failed: ValueError: broken data") as caught: p.run()
    run = p.run(check=False, force=True)
    assert states(run) == {"bad": "failed", "after": "not_run", "later": "not_run", "other": "done", "last": "done"}
    assert (run.status, run.exit_code, caught.value.exit_code) == ("failed", 1, 1) and "bad.ipynb" in caught.value.hint
    text = str(run)
    assert "✗ bad: ValueError: broken data" in text and "– not run" in text and run.folder[-15:] in text


def test_retries_are_counted_and_each_is_a_run(ws, notebook, pipeline, project):
    notebook("flaky", "x = 0", "from pathlib import Path\nimport opsnb as ops\nn = len(list(Path('.').glob('try*')))\nPath(f'try{n}').touch()\nassert n >= 2, f'try {n}'\nops.publish(tries=n + 1)")
    run = pipeline("steps:\n  flaky: {notebook: flaky.ipynb, retries: 3}\n").run()
    assert run.steps["flaky"].attempt == 3 and run.values["flaky"] == {"tries": 3}
    assert sorted(r["status"] for r in ops.runs(type="step")) == ["done", "failed", "failed"]
    assert {p.name for p in type(project)(run.folder).glob("*.ipynb")} == {"flaky.ipynb", "flaky.2.ipynb", "flaky.3.ipynb"}


@pytest.mark.parametrize("code, status, says", [("import os; os.kill(os.getpid(), 9)", "failed", "SIGKILL"), ("import time; time.sleep(60)", "timed_out", "longer than 3 s")])
def test_a_step_that_is_killed_or_too_slow(ws, notebook, pipeline, code, status, says):
    notebook("die", "x = 0", code)
    run = pipeline("steps:\n  die: {notebook: die.ipynb, timeout_min: 0.05}\n").run(check=False)
    assert run.steps["die"].status == status and says in run.steps["die"].error and run.status == "failed"
    assert {r["name"]: r["status"] for r in ops.runs()} == {"die": status, "project": "failed"}


def test_an_interrupt_stops_all_kernels_and_says_cancelled(ws, notebook, pipeline):
    notebook("long", "x = 0", "import time; time.sleep(60)")
    pipeline("name: night\nconcurrency: 2\nsteps:\n  a: {notebook: long.ipynb}\n  b: {notebook: long.ipynb}\n  c: {notebook: long.ipynb, needs: [a]}\n")
    child = subprocess.Popen([sys.executable, "-m", "opsnb", "pipeline", "run"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    def working(): return sum(r.kind == "cell.started" and r.data["cell"] == 1 for f in ws.journal.glob("run_*") for r in records(f)) == 2
    assert until(working, 60)
    import psutil
    kernels = [p for p in psutil.Process(child.pid).children(recursive=True) if "ipykernel_launcher" in " ".join(p.cmdline())]
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=40)
    assert child.returncode == 130, (out, err)
    assert len(kernels) == 2 and not any(k.is_running() for k in kernels)
    assert {r["name"]: r["status"] for r in ops.runs()} == {"night": "cancelled", "a": "cancelled", "b": "cancelled"}


def test_a_killed_runner_leaves_lost_runs_and_no_kernels(ws, notebook, pipeline):
    notebook("long", "x = 0", "import time; time.sleep(60)")
    pipeline("name: night\nsteps:\n  a: {notebook: long.ipynb}\n")
    child = subprocess.Popen([sys.executable, "-m", "opsnb", "pipeline", "run"], stderr=subprocess.DEVNULL)
    assert until(lambda: any(r.kind == "cell.started" and r.data["cell"] == 1 for f in ws.journal.glob("run_*") for r in records(f)), 60)
    child.kill()
    child.wait()
    time.sleep(2.5)
    sync(workspace=ws)
    assert {r["name"]: r["status"] for r in ops.runs()} == {"night": "lost", "a": "lost"}


def test_a_value_that_was_not_published(ws, notebook, pipeline):
    notebook("maybe", "x = 0", "import opsnb as ops\nops.publish(**{'a': 1})")
    notebook("use", "b: int")
    run = pipeline("steps:\n  maybe: {notebook: maybe.ipynb}\n  use: {notebook: use.ipynb, params: {b: '${maybe.b}'}}\n").run(check=False)
    assert states(run) == {"maybe": "done", "use": "failed"} and "was not published" in run.steps["use"].error


def test_a_value_of_the_wrong_type_from_another_step(ws, notebook, pipeline):
    notebook("give", "x = 0", "import opsnb as ops\nops.publish(a='text')")
    notebook("use", "b: int")
    run = pipeline("steps:\n  give: {notebook: give.ipynb}\n  use: {notebook: use.ipynb, params: {b: '${give.a}'}}\n").run(check=False)
    assert run.steps["use"].status == "failed" and "wrong value" in run.steps["use"].error and run.exit_code == 1


def test_a_gate_decides_the_exit_code(ws, notebook, pipeline):
    notebook("gate", "accuracy: float = 0.0", "import opsnb as ops\nv = ops.gate({'accuracy': accuracy}, ['accuracy >= 0.9'])\nops.publish(verdict=v)\nv.require()")
    pipeline("params: {accuracy: 0.95}\nsteps:\n  gate: {notebook: gate.ipynb, params: {accuracy: '${params.accuracy}'}}\n")
    code, out, err = opsnb("pipeline", "run")
    assert code == 0 and "✓ verdict of gate: all 1 rules hold" in out and "gate  ✓ done" in err
    code, out, _ = opsnb("pipeline", "run", "-p", "accuracy", "0.8")
    assert code == 1 and "✗ verdict of gate: accuracy >= 0.9 but is 0.8" in out
    code, out, _ = opsnb("pipeline", "run", "--json", "-p", "accuracy", "0.8")
    made = json.loads(out)
    assert code == 1 and made["verdicts"]["gate"]["ok"] is False and made["steps"][0]["status"] == "failed"


def test_mistakes_are_found_before_anything_runs(ws, notebook, pipeline, project):
    notebook("a", "x: int = 0")
    pipeline("steps:\n  a: {notebook: a.ipynb, params: {y: 1}}\n")
    for command in (["pipeline", "plan"], ["pipeline", "run"], ["pipeline", "run", project]):
        code, _, err = opsnb(*command)
        assert code == 2 and "pipeline.yaml, line 2" in err and "'y'" in err
    assert opsnb("pipeline", "run", "gone.yaml")[0] == 2 and not list(ws.journal.glob("run_*"))
    with pytest.raises(OpsError, match="julia"):
        notebook("j", "x = 0", kernel="julia-1.9")
        pipeline("steps:\n  j: {notebook: j.ipynb}\n").run()
    assert not list(ws.journal.glob("run_*"))


def test_where_nothing_can_be_written(ws, notebook, pipeline, project):
    notebook("a", "x: int = 0")
    (project / "file").write_text("")
    with pytest.raises(Unavailable, match="cannot be written"): pipeline("steps:\n  a: {notebook: a.ipynb}\n").run(out=project / "file/x")
    assert [r["status"] for r in ops.runs()] == ["failed"]


def test_many_steps_in_a_diamond(ws, notebook, pipeline):
    notebook("n", "x: int = 0", "import opsnb as ops\nops.publish(y=x + 1)")
    middle = "".join(f"  m{i}: {{notebook: n.ipynb, params: {{x: '${{top.y}}'}}}}\n" for i in range(6))
    p = pipeline(f"concurrency: 3\nsteps:\n  top: {{notebook: n.ipynb}}\n{middle}  end: {{notebook: n.ipynb, needs: [{', '.join(f'm{i}' for i in range(6))}]}}\n")
    run = p.run()
    assert set(states(run).values()) == {"done"} and run.values["m5"] == {"y": 2}
    assert [s["step"] for s in (r.data for r in records(ws.journal / run.id, kinds="step.finished"))][0] == "top"


def test_long_chains_and_many_layers(ws, notebook, project):
    """1,000 steps in a line are planned and drawn; in layers that all need all of the layer before, each step is looked at once."""
    notebook("s", "x: int = 0", "import opsnb as ops\nops.publish(y=x + 1)")
    (project / "pipeline.yaml").write_text("steps:\n  s0: {notebook: s.ipynb}\n" + "".join(f"  s{i}: {{notebook: s.ipynb, params: {{x: '${{s{i - 1}.y}}'}}}}\n" for i in range(1, 1000)))
    line = Pipeline(project)
    assert [r["plan"] for r in line.plan()] == ["run"] * 1000 and len(str(line).splitlines()) == 1001 and max(map(len, str(line).splitlines())) < 80
    (project / "pipeline.yaml").write_text("steps:\n" + "".join(f"  l{k}x{i}: {{notebook: s.ipynb, needs: [{', '.join(f'l{k - 1}x{j}' for j in range(10)) if k else ''}]}}\n" for k in range(20) for i in range(10)))
    with pytest.raises(OpsError, match="no earlier result"): Pipeline(project).plan(start="l19x0")

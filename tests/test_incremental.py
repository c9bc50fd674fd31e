"""A pipeline runs what has changed, says why, and goes on where it ended: after a failure, an interrupt, a SIGKILL of its runner."""
import json
import os
import signal
import subprocess
import sys
import time

import pytest

import opsnb as ops
from opsnb.errors import OpsError
from opsnb.pipeline import Pipeline
from opsnb.track.deliver import Delivery, sync
from support import opsnb, until

CHAIN = """
name: chain
params: {n: 3}
steps:
  make:   {notebook: make.ipynb, params: {n: "${params.n}"}, inputs: ["data/*.csv"]}
  sign:   {notebook: sign.ipynb, params: {table: "${make.table}"}}
  report: {notebook: report.ipynb, params: {sign: "${sign.sign}"}, needs: [make]}
"""


@pytest.fixture(autouse=True)
def undelivered(monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "off")


@pytest.fixture
def chain(ws, notebook, project):
    """make writes a file, sign publishes only its sign, report follows."""
    (project / "data").mkdir()
    (project / "data/rows.csv").write_text("1\n2\n")
    (project / "rules.py").write_text("import deeper\ndef sign(n): return deeper.one if n > 0 else -1\n")
    (project / "deeper.py").write_text("one = 1\n")
    notebook("make", "n: int = 1", "import opsnb as ops\nf = ops.output_dir() / 'table.txt'\nf.write_text(str(n))\nops.publish(table=f)")
    notebook("sign", "from pathlib import Path\ntable: Path = Path('x')", "import opsnb as ops\nimport rules\nops.publish(sign=rules.sign(int(Path(table).read_text())))")
    notebook("report", "sign: int = 0", "import opsnb as ops\nops.publish(text=f'sign {sign}')")
    (project / "pipeline.yaml").write_text(CHAIN)
    return project


def run(project, **kw): return Pipeline(project).run(kw.pop("params", None), **kw)
def states(result): return {id: s.status for id, s in result.steps.items()}
def why(project, step, **kw): return next(r for r in Pipeline(project).plan(**kw) if r["step"] == step)["why"]


def test_unchanged_steps_are_taken_and_mlflow_says_from_where(ws, chain):
    first, second = run(chain), run(chain)
    assert set(states(first).values()) == {"done"} and set(states(second).values()) == {"cached"} and second.values == first.values and second.exit_code == 0
    sync(workspace=ws)
    cached = ops.run(second.steps["sign"].notebook.id)
    assert cached.status == "cached" and cached.tags["cached_from"] == first.steps["sign"].notebook.id
    from opsnb.track.mlflow import open_store
    at = open_store(ws).get_run(Delivery.of(ws.journal / cached.id, "mlflow").memo["run_id"])
    assert at.info.status == "FINISHED" and at.data.tags["opsnb.status"] == "cached"


def test_only_what_a_change_reaches_runs_again(ws, chain):
    run(chain)
    again = run(chain, params={"n": 5})  # another table with the same sign: report needs make's fingerprint, so it runs, too
    assert states(again) == {"make": "done", "sign": "done", "report": "done"}
    text = (chain / "pipeline.yaml").read_text()
    (chain / "pipeline.yaml").write_text(text.replace(", needs: [make]", ""))
    run(chain)
    again = run(chain, params={"n": 7})
    assert states(again) == {"make": "done", "sign": "done", "report": "cached"}  # the sign is the same: it ends there
    assert "(changed: params: n 5 → 7)" in str(again) and again.values["report"] == {"text": "sign 1"}


def test_every_part_that_changes_is_named(ws, chain, notebook, monkeypatch):
    run(chain)
    assert all(r["plan"] == "cached" for r in Pipeline(chain).plan())
    def put(name, text): (chain / name).write_text(text)
    for change, undo, step, says in (
        (lambda: put("data/rows.csv", "3\n"), lambda: put("data/rows.csv", "1\n2\n"), "make", "inputs: data/rows.csv"),
        (lambda: put("data/more.csv", "3\n"), lambda: (chain / "data/more.csv").unlink(), "make", "inputs: data/more.csv is new"),
        (lambda: put("deeper.py", "one = +1\n"), lambda: put("deeper.py", "one = 1\n"), "sign", "modules: deeper.py"),
    ):
        change()
        assert says in why(chain, step)
        undo()
        assert "nothing changed" in why(chain, step)
    assert "params: n 3 → 4" in why(chain, "make", params={"n": 4})
    assert why(chain, "sign", params={"n": 4}) == "if make publishes something new"
    nb = json.loads((chain / "report.ipynb").read_text())
    nb["cells"].insert(0, {"cell_type": "markdown", "id": "m", "metadata": {}, "source": "# prose"})
    nb["cells"][-1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x"}]
    nb["cells"][-1]["execution_count"] = 7
    put("report.ipynb", json.dumps({**nb, "cells": nb["cells"][1:]}))
    assert "nothing changed" in why(chain, "report")
    notebook("report", "sign: int = 0", "import opsnb as ops\nops.publish(text=f'the sign is {sign}')")
    assert why(chain, "report") == "changed: code: cell 2"
    from opsnb.pipeline import fingerprint
    installed = fingerprint.packages()
    monkeypatch.setattr(fingerprint, "packages", lambda: {**installed, "papermill": "9.9"})
    assert "environment: papermill 2" in why(chain, "make") and "→ 9.9" in why(chain, "make")


def test_a_published_file_that_is_gone_or_was_changed_is_made_again(ws, chain):
    first = run(chain)
    table = first.values["make"]["table"]
    with open(table, "a") as f: f.write(" ")
    assert why(chain, "make") == "table.txt of the earlier result is gone or changed"
    os.unlink(table)
    assert states(run(chain)) == {"make": "done", "sign": "cached", "report": "cached"}


def test_force_from_only_and_no_cache(ws, chain):
    with pytest.raises(OpsError, match="no earlier result of step 'make'"): run(chain, start="sign")
    assert not list(ws.journal.glob("run_*"))
    run(chain)
    assert states(run(chain, force=True)) == {"make": "done", "sign": "done", "report": "done"}
    assert states(run(chain, start="sign", params={"n": -1})) == {"make": "cached", "sign": "done", "report": "done"}
    code, out, _ = opsnb("pipeline", "run", "--only", "report", "--json")
    assert code == 0 and [s["status"] for s in json.loads(out)["steps"]] == ["cached", "cached", "done"]
    code, out, _ = opsnb("pipeline", "run", "--only", "make", "--json")
    assert code == 0 and [s["status"] for s in json.loads(out)["steps"]] == ["done", "not_run", "not_run"]
    code, _, err = opsnb("pipeline", "run", "--from", "sgin")
    assert code == 2 and "did you mean 'sign'" in err
    text = (chain / "pipeline.yaml").read_text()
    (chain / "pipeline.yaml").write_text(text.replace('inputs: ["data/*.csv"]', "cache: false"))
    run(chain)
    assert states(run(chain)) == {"make": "done", "sign": "cached", "report": "cached"} and why(chain, "make") == "cache: false"


def test_a_failed_run_goes_on_once_the_cause_is_gone(ws, chain, notebook):
    good = (chain / "sign.ipynb").read_text()
    (chain / "sign.ipynb").write_text(good.replace("ops.publish", "1 / 0; ops.publish"))
    failed = run(chain, check=False)
    assert states(failed) == {"make": "done", "sign": "failed", "report": "not_run"}
    (chain / "sign.ipynb").write_text(good)
    code, out, err = opsnb("pipeline", "resume", failed.id[:9], "--json")
    made = json.loads(out)
    assert code == 0 and made["run"] == failed.id and [s["status"] for s in made["steps"]] == ["cached", "done", "done"], err
    assert ops.run(failed.id).status == "done" and {p.name for p in type(chain)(failed.folder).glob("*.ipynb")} == {"make.ipynb", "sign.ipynb", "sign.2.ipynb", "report.ipynb"}
    for id, says in ((failed.id, "nothing to go on with"), (failed.steps["make"].notebook.id, "not a pipeline run"), ("run_gone", "There is no run")):
        code, _, err = opsnb("pipeline", "resume", id)
        assert code == 2 and says in err


def test_two_cannot_go_on_with_one_run(ws, chain):
    good = (chain / "report.ipynb").read_text()
    (chain / "report.ipynb").write_text(good.replace("ops.publish", "1 / 0; ops.publish"))
    failed = run(chain, check=False)
    (chain / "report.ipynb").write_text(good.replace("ops.publish", "import time; time.sleep(3); ops.publish"))
    both = [subprocess.Popen([sys.executable, "-m", "opsnb", "pipeline", "resume", failed.id], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    ends = sorted((p.wait(60), p.stderr.read()) for p in both)
    assert ends[0][0] == 0 and ends[1][0] in (2, 3) and ("still running" in ends[1][1] or "Another process holds" in ends[1][1]), ends


def test_an_interrupted_run_goes_on(ws, chain):
    text = (chain / "sign.ipynb").read_text()
    (chain / "sign.ipynb").write_text(text.replace("import rules", "import rules, time; time.sleep(60)"))
    child = subprocess.Popen([sys.executable, "-m", "opsnb", "pipeline", "run"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert until(lambda: any(r["name"] == "sign" for r in ops.runs()), 60)
    time.sleep(2)
    child.send_signal(signal.SIGINT)
    assert child.wait(30) == 130
    (chain / "sign.ipynb").write_text(text)
    [stopped] = ops.runs(type="pipeline")
    assert stopped["status"] == "cancelled"
    done = ops.resume_pipeline(stopped["run"])
    assert states(done) == {"make": "cached", "sign": "done", "report": "done"} and ops.run(stopped["run"]).status == "done"


def test_a_grid_is_many_steps_and_a_list_to_those_that_follow(ws, notebook, project):
    notebook("train", "lr: float = 0\nwidth: int = 1\nbad: float = -1", "import opsnb as ops\nassert lr != bad, 'diverged'\nops.publish(loss=lr * width)")
    notebook("choose", "losses: list = []\neach: list = []", "import opsnb as ops\nbest = min(each, key=lambda e: e['loss'])\nops.publish(best=best, n=len(losses))")
    notebook("ship", "best: dict = {}", "import opsnb as ops\nops.publish(shipped=best['lr'])")
    file = project / "pipeline.yaml"
    file.write_text("params: {rates: [0.5, 0.25], bad: -1.0, most: 3}\nsteps:\n  train: {notebook: train.ipynb, foreach: {lr: '${params.rates}', width: [1, 2]}, params: {bad: '${params.bad}'}}\n"
                    "  choose: {notebook: choose.ipynb, params: {losses: '${train.loss}', each: '${train.each}'}}\n"
                    "  ship: {notebook: ship.ipynb, when: '${choose.n} > ${params.most}', params: {best: '${choose.best}'}}\n")
    first = run(project)
    assert list(first.steps)[:4] == ["train[lr=0.5,width=1]", "train[lr=0.5,width=2]", "train[lr=0.25,width=1]", "train[lr=0.25,width=2]"]
    assert first.values["choose"] == {"best": {"lr": 0.25, "width": 1, "loss": 0.25}, "n": 4} and first.values["ship"] == {"shipped": 0.25}
    more = run(project, params={"rates": [0.5, 0.25, 0.125]})  # only what is new
    assert [s for s in states(more).values()] == ["cached"] * 4 + ["done"] * 4 and more.values["ship"] == {"shipped": 0.125}
    few = run(project, params={"most": 9})
    assert states(few)["ship"] == "not_run" and few.status == "done" and few.exit_code == 0 and why(project, "ship", params={"most": 9}) == "when: ${choose.n} > ${params.most}"
    bad = run(project, params={"bad": 0.25}, check=False)
    assert [states(bad)[n] for n in list(bad.steps)] == ["done", "done", "failed", "failed", "not_run", "not_run"] and bad.status == "failed"
    assert states(run(project, only="train"))["choose"] == "not_run"
    code, _, err = opsnb("pipeline", "plan", "-p", "rates", "3")
    assert code == 2 and "list" in err


def test_mistakes_in_foreach_and_when(ws, notebook, project):
    notebook("a", "x: int = 0", "import opsnb as ops\nops.publish(y=1)")
    for text, says in (("a: {notebook: a.ipynb, foreach: {x: 3}}", "is not a list"), ("a: {notebook: a.ipynb, foreach: {x: []}}", "not a list with something in it"),
                       ("a: {notebook: a.ipynb, foreach: {x: [1]}, params: {x: 1}}", "stands in foreach and in params"), ("a: {notebook: a.ipynb, foreach: {z: [1]}}", "Unknown parameter 'z'"),
                       ("a: {notebook: a.ipynb}\n  b: {notebook: a.ipynb, foreach: {x: '${a.y}'}}", "must be known before the run"), ("a: {notebook: a.ipynb}\n  b: {notebook: a.ipynb, when: '${c.y}'}", "which is no step"),
                       ("a: {notebook: a.ipynb, foreach: {x: [1, 'two']}}", "wrong value")):
        (project / "pipeline.yaml").write_text(f"steps:\n  {text}\n")
        code, _, err = opsnb("pipeline", "plan")
        assert code == 2 and says in err, (text, err)
    (project / "pipeline.yaml").write_text("steps:\n  a: {notebook: a.ipynb}\n  b: {notebook: a.ipynb, needs: [a], when: '${a.y} < \"z\"'}\n")
    result = run(project, check=False)
    assert states(result) == {"a": "done", "b": "failed"} and "cannot be judged" in result.steps["b"].error

"""Steps that are jobs (`on:`): mixed with others, not submitted when cached, found again when the runner was killed."""
import json
import os
import signal
import subprocess
import sys

import pytest

import opsnb as ops
from opsnb.errors import OpsError
from opsnb.pipeline import Pipeline, resume_pipeline
from support import chain, opsnb, queued_behind, until, written_below

PIPELINE = """
name: mixed
params: {n: 3}
steps:
  make:  {notebook: make.ipynb, params: {n: "${params.n}"}}
  train: {notebook: train.ipynb, params: {data: "${make.data}"}, on: local, gpus: 1, env: {SIGN: "+"}, foreach: {lr: [1, 2]}}
  sum:   {function: steps.py:total, params: {scores: "${train.score}"}, cpus: 1}
"""


@pytest.fixture
def mixed(ws, notebook, project, monkeypatch, tmp_path):
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    monkeypatch.setenv("OPSNB_FAKE_GPUS", "2")
    notebook("make", "n: int = 1", "import opsnb as ops\nf = ops.output_dir() / 'data.txt'\nf.write_text('1' * n)\nops.publish(data=f)")
    notebook("train", "data: str = ''\nlr: int = 1", "import os, opsnb as ops\nprint('on GPU', os.environ['CUDA_VISIBLE_DEVICES'])\nops.publish(score=lr * len(open(data).read()), sign=os.environ['SIGN'])")
    (project / "steps.py").write_text("def total(scores: list): return {'total': sum(scores)}\n")
    (project / "pipeline.yaml").write_text(PIPELINE)
    return project


def test_steps_are_jobs_where_asked_and_cached_ones_are_not_submitted(ws, mixed):
    first = Pipeline(mixed).run()
    assert first.status == "done" and first.values["sum"] == {"total": 9} and first.values["train[lr=2]"] == {"score": 6, "sign": "+"}
    jobs = ops.jobs()
    assert {j.name: j.shown for j in jobs} == {"train[lr=1]": "done", "train[lr=2]": "done", "sum": "done"}
    assert all(ops.run(j.run).state.parent == first.id for j in jobs) and len(next(j for j in jobs if j.name == "train[lr=1]").state.gpus) == 1
    executed = json.loads((mixed / first.folder / "train[lr=1].ipynb").read_text())
    assert "on GPU" in json.dumps(executed["cells"])
    assert [(r["step"], r["plan"], r["on"]) for r in Pipeline(mixed).plan()][1] == ("train[lr=1]", "cached", "local gpus=1")
    again = Pipeline(mixed).run()
    assert {s.status for s in again.steps.values()} == {"cached"} and len(ops.jobs()) == 3


SLOW = "import os, time, opsnb as ops\nopen('started', 'a').write('x')\nwhile not os.path.exists('go'): time.sleep(0.05)\nops.publish(score=lr, sign='')"


def test_a_resumed_pipeline_finds_its_jobs_again(ws, mixed, notebook):
    notebook("train", "data: str = ''\nlr: int = 1", SLOW)
    child = subprocess.Popen([sys.executable, "-m", "opsnb", "pipeline", "run"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert until(lambda: (mixed / "started").exists() and (mixed / "started").read_text() == "xx", 90)
    child.kill()
    child.wait()
    before = {j.id: j.shown for j in ops.jobs()}
    assert list(before.values()) == ["running", "running"], "they outlive their pipeline"
    (mixed / "go").touch()
    id = ops.runs(type="pipeline")[0]["run"]
    done = resume_pipeline(id)
    assert done.status == "done" and done.id == id and done.values["sum"] == {"total": 3}
    assert set(before) < {j.id for j in ops.jobs()} and len(ops.jobs()) == 3 and (mixed / "started").read_text() == "xx"


def test_ctrl_c_cancels_the_jobs(ws, mixed, notebook):
    notebook("train", "data: str = ''\nlr: int = 1", SLOW)
    child = subprocess.Popen([sys.executable, "-m", "opsnb", "pipeline", "run"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert until(lambda: (mixed / "started").exists() and (mixed / "started").read_text() == "xx", 90)
    child.send_signal(signal.SIGINT)
    assert child.wait(60) == 130
    assert {j.shown for j in ops.jobs()} == {"cancelled"}


def test_a_retry_is_the_same_job_with_its_checkpoint_folder(ws, mixed, notebook):
    notebook("train", "data: str = ''\nlr: int = 1", "import os, pathlib, opsnb as ops\nmark = pathlib.Path(os.environ['OPSNB_CKPT']) / 'mark'\nif not mark.exists():\n    mark.touch()\n    raise ValueError('first')\nops.publish(score=lr, sign='')")
    (mixed / "pipeline.yaml").write_text(PIPELINE.replace("gpus: 1", "gpus: 1, retries: 1"))
    done = Pipeline(mixed).run()
    assert done.status == "done" and done.steps["train[lr=1]"].attempt == 2 and len(ops.jobs()) == 3


def test_a_failed_job_fails_its_step_and_says_why(ws, mixed, notebook):
    notebook("train", "data: str = ''\nlr: int = 1", "import opsnb as ops\nraise ValueError('no such luck')\nops.publish(score=1, sign='')")
    done = Pipeline(mixed).run(check=False)
    assert done.status == "failed" and done.steps["sum"].status == "not_run"
    assert done.steps["train[lr=1]"].error == "ValueError: no such luck" and "opsnb logs job_" in done.steps["train[lr=1]"].notebook.failure.hint


SECRET = "tok_8f2a77c0ffee1234"  # noqa: S105


def test_secrets_travel_by_where_they_come_from(ws, mixed, notebook, monkeypatch):
    monkeypatch.setenv("SHOP_KEY", SECRET)
    notebook("train", "data: str = ''\nlr: int = 1\nkey: 'Secret' = None", "import os, opsnb as ops\nprint(key, os.environ['TOKEN'])\nops.publish(score=len(key), sign=str(len(os.environ['TOKEN'])))")
    (mixed / "pipeline.yaml").write_text("secrets: {key: env:SHOP_KEY}\n" + PIPELINE.replace('data: "${make.data}"}', 'data: "${make.data}", key: "${secrets.key}"}').replace('SIGN: "+"', 'TOKEN: "${secrets.key}"'))
    done = Pipeline(mixed).run()
    assert done.values["train[lr=1]"] == {"score": len(SECRET), "sign": str(len(SECRET))} and SECRET.encode() not in written_below(mixed)


@pytest.mark.parametrize("words, text", [
    ("on: slrum", "line 6: step 'train' is to run on 'slrum', which is no back-end"),
    ("on: local, gpus: -1", "gpus has a wrong value"),
    ("engine: {partition: gpu}", "has words for an engine and runs here"),
])
def test_mistakes_in_the_file(ws, mixed, words, text):
    (mixed / "pipeline.yaml").write_text(PIPELINE.replace("on: local, gpus: 1", words))
    with pytest.raises(OpsError) as e: Pipeline(mixed).plan()
    assert text in str(e.value)


def test_what_can_never_run_is_told(ws, mixed):
    (mixed / "pipeline.yaml").write_text(PIPELINE.replace("gpus: 1", "gpus: 99"))
    done = Pipeline(mixed).run(check=False)
    assert done.status == "failed" and "99" in done.steps["train[lr=1]"].error


def test_the_scheduler_starts_again_what_a_crash_cut_off(ws, mixed):
    job = ops.submit([sys.executable, "-c", "import os, pathlib, time\nm = pathlib.Path(os.environ['OPSNB_CKPT']) / 'm'\nif not m.exists(): m.touch(); time.sleep(600)"])
    assert until(lambda: (job.folder.ckpt / "m").exists(), 60)
    os.kill(job.state.pid or job.folder.state().pid, signal.SIGKILL)
    assert until(lambda: job.status == "lost", 30)
    code, out, err = opsnb("scheduler", "--once")
    assert code == 0 and f"started again: {job.id}" in out + err and job.wait(60).shown == "done"


def test_a_pipeline_that_is_a_job_and_holds_what_its_step_needs(ws, project, notebook, monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    monkeypatch.setenv("OPSNB_FAKE_GPUS", "2")
    notebook("train", "lr: float = 1.0", "import opsnb as ops\nops.publish(lr=lr)")
    (project / "pipeline.yaml").write_text("steps:\n  train: {notebook: train.ipynb, on: local, gpus: 2}\n")
    job = ops.submit("pipeline.yaml", gpus=1)
    assert job.wait(150).status == "failed" and "can never begin" in str(job.logs()), str(job.logs())
    assert [j.status for j in ops.jobs(name="train")] == ["cancelled"]


def test_a_secret_in_a_file_beside_the_pipeline_reaches_the_environment_of_a_job(ws, project, notebook, monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    (project / "flow").mkdir()
    notebook("flow/show", "n: int = 1", "import os, opsnb as ops\nops.publish(length=len(os.environ['SHOP_TOKEN']))")
    (project / "flow" / "token.txt").write_text("s3cret-of-the-shop\n")
    (project / "flow" / "pipeline.yaml").write_text('secrets: {token: "file:token.txt"}\nsteps:\n  show: {notebook: show.ipynb, on: local, env: {SHOP_TOKEN: "${secrets.token}"}}\n')
    done = Pipeline(project / "flow").run()
    assert done.status == "done" and done.values["show"] == {"length": 18}, done.steps["show"].error


def test_steps_that_only_wait_stand_in_the_queue_and_outlive_the_runner(ws, notebook, monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    queued_behind(chain(notebook, "local"))


def test_what_stands_behind_a_step_that_fails_does_not_run_before_that_has_ended_well(ws, notebook, monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    project = chain(notebook, "local", more=", cache: false", steps=2)
    (project / "go").write_text("fail")
    code, out, err = opsnb("pipeline", "run")
    assert code == 1 and "no such luck" in out + err and {j.name: j.shown for j in ops.jobs()} == {"make": "failed", "clean": "not_run"}
    (project / "go").write_text("go")
    assert resume_pipeline(ops.runs(type="pipeline").to_dict()[0]["run"]).status == "done" and {j.name: (j.shown, j.state.round) for j in ops.jobs()} == {"make": ("done", 2), "clean": ("done", 2)}
    (project / "go").write_text("fail")  # a kept result is no reason to be done before the step that it comes after
    again = Pipeline(project).run(check=False)
    assert [s.status for s in again.steps.values()] == ["failed", "not_run"] and len(ops.jobs()) == 3


def test_a_step_that_is_tried_again_takes_those_behind_it_along(ws, notebook, monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    project = chain(notebook, "local", more=", retries: 1, retry_wait_s: 1", steps=2)
    (project / "go").write_text("once")
    done = Pipeline(project).run()
    assert done.status == "done" and done.steps["make"].attempt == 2 and (project / "ended").read_text() == "1" and [j.state.round for j in ops.jobs()] == [2, 2]

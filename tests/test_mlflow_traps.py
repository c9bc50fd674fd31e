"""MLflow's notebook traps, each cured once (in track.mlflow, the engine, or by not using what bites) and tested here.

Each test names the trap as it was observed with MLflow 3.17.
"""
import json
import os
import subprocess
import sys
import time
import urllib.request

import pytest

import opsnb as ops
from support import python, until
from opsnb.engine import run_notebook
from opsnb.track import mlflow as adapter
from opsnb.track.model import save_model
from opsnb.track.deliver import sync
from opsnb.workspace import free_port

PREPARED = "from opsnb import plug; mlflow = plug.need('mlflow', 'test')\n"


def test_1_a_store_per_working_directory(ws, project):
    for folder in ("a", "b"):
        (project / folder).mkdir()
        python(PREPARED + "mlflow.set_experiment('x')\nwith mlflow.start_run(): mlflow.log_text('t', 't.txt')", cwd=project / folder)
    assert not list(project.rglob("mlruns")) and [p.relative_to(project) for p in project.rglob("mlflow.db")] == [ws.database.relative_to(project)]
    assert len(list(ws.artifacts.rglob("t.txt"))) == 2
    assert len(ops.runs(experiment="x")) == 2


def test_1_the_address_we_set_for_plain_mlflow_is_not_taken_for_yours(project, tmp_path):
    """Not by this process once its workspace has moved, and not by those that it starts; one that you set is."""
    code = ("import os, shutil, opsnb as ops\nfrom opsnb.config import load\nops.runs()\n"
            "shutil.rmtree('.opsnb')\nassert load().tracking_uri == '' and len(ops.runs()) == 0\n"
            "from opsnb.track.mlflow import environment\nos.environ.update(environment(ops.Workspace.find()))\nassert load().tracking_uri == ''\n"
            "os.environ['MLFLOW_TRACKING_URI'] = 'http://127.0.0.1:9'\nassert load().tracking_uri == environment(ops.Workspace.find())['MLFLOW_TRACKING_URI'] == 'http://127.0.0.1:9'\n"
            "os.environ.update(environment(ops.Workspace.find()))\nassert load().tracking_uri == 'http://127.0.0.1:9'")
    python(code, cwd=project)


def test_2_processes_that_use_a_new_store_at_once_break_it_for_ever(ws):
    code = ("import opsnb as ops, sys\nfrom opsnb.track.deliver import sync\nwith ops.track(f'p{sys.argv[1]}', delivery='finish') as r: r.log(x=float(sys.argv[1]))")
    children = [subprocess.Popen([sys.executable, "-c", code, str(i)], stderr=subprocess.PIPE, text=True) for i in range(6)]
    errors = [c.communicate()[1] for c in children]
    assert [c.returncode for c in children] == [0] * 6, errors
    assert sync(workspace=ws).exit_code == 0
    found = ops.runs()
    assert sorted(r["metrics"]["x"] for r in found) == [0, 1, 2, 3, 4, 5]


def test_3_trace_ids_repeat_after_random_seed(ws):
    out = python(PREPARED + """
import random
@mlflow.trace
def f(x): return x
for _ in range(3):
    random.seed(0)
    f(1)
mlflow.flush_trace_async_logging()
print(len(mlflow.search_traces(return_type='list')))""")
    assert out.split()[-1] == "3"


def test_4_evaluation_runs_out_of_connections(ws):
    out = python(PREPARED + """
import logging, io
heard = io.StringIO()
logging.getLogger().addHandler(logging.StreamHandler(heard))
from mlflow.genai.scorers import scorer
@scorer
def same(outputs): return outputs == 'a'
data = [{'inputs': {'q': str(i)}, 'outputs': 'a'} for i in range(30)]
result = mlflow.genai.evaluate(data=data, scorers=[same])
mlflow.flush_trace_async_logging()
assert 'QueuePool' not in heard.getvalue() and 'Failed to send trace' not in heard.getvalue(), heard.getvalue()
print(len(mlflow.search_traces(return_type='list', max_results=100)), result.metrics['same/mean'])""")
    assert out.split()[-2:] == ["30", "1.0"]


def test_5_logging_a_model_takes_seconds_for_guessing_requirements(ws, tmp_path):
    from sklearn.linear_model import LinearRegression
    model = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
    save_model(model, tmp_path / "warm")
    begun = time.monotonic()
    save_model(model, tmp_path / "model")
    assert time.monotonic() - begun < 2
    assert "scikit-learn==" in (tmp_path / "model/requirements.txt").read_text()


@pytest.mark.parametrize("ending", ["1 / 0", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"])
def test_6_a_crashed_run_is_marked_finished(ws, notebook, ending):
    path = notebook("crash", "import mlflow", "r = mlflow.start_run(run_name='raw')\nmlflow.log_metric('a', 1)", ending)
    result = run_notebook(path, check=False)
    assert result.status == "failed"
    client = adapter.open_store(ws)
    raw = [r for r in client.search_runs([e.experiment_id for e in client.search_experiments()]) if r.info.run_name == "raw"]
    assert [r.info.status for r in raw] == ["FAILED"]


def test_6_also_without_our_engine(ws, notebook):
    path = notebook("raw", "%load_ext opsnb", "import mlflow\nr = mlflow.start_run(run_name='raw')", "1 / 0")
    assert subprocess.run([sys.executable, "-m", "papermill", path, "out.ipynb"], capture_output=True).returncode == 1
    client = adapter.open_store(ws)
    assert [r.info.status for r in client.search_runs([e.experiment_id for e in client.search_experiments()])] == ["FAILED"]


def test_7_the_source_is_ipykernel_launcher_and_there_is_no_commit(ws, notebook, project, monkeypatch):
    monkeypatch.setenv("OPSNB_GIT", "1")
    for args in (["init", "-q"], ["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-q", "--allow-empty", "-m", "x"]): subprocess.run(["git", *args], cwd=project, check=True)
    path = notebook("own", "import mlflow", "with mlflow.start_run(run_name='raw'): pass")
    result = run_notebook(path)
    sync(workspace=ws)
    client = adapter.open_store(ws)
    found = {r.info.run_name: r.data.tags for r in client.search_runs([e.experiment_id for e in client.search_experiments()])}
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=project, capture_output=True, text=True).stdout.strip()
    for tags in found.values():  # plain mlflow's run, and the notebook's own
        assert tags["mlflow.source.name"].endswith("own.ipynb") and tags["mlflow.source.type"] == "NOTEBOOK" and tags["mlflow.source.git.commit"] == commit
    assert found["raw"]["opsnb.parent"] == result.id and len(found) == 2


def test_8_telemetry_is_on(ws):
    out = python(PREPARED + "import os\nfrom mlflow.telemetry.utils import is_telemetry_disabled\nprint(is_telemetry_disabled(), os.environ['MLFLOW_MODEL_CATALOG_URI'] == '')")
    assert out.split() == ["True", "True"]


def test_9_serving_a_model_does_not_find_uvicorn(ws, tmp_path):
    from sklearn.linear_model import LinearRegression
    save_model(LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0]), tmp_path / "model")
    port = free_port()
    poor = {**os.environ, "PATH": "/usr/bin:/bin"}  # as in a kernel whose environment was never activated
    env = {**poor, "PATH": _path_with(poor, ws)}
    server = subprocess.Popen([sys.executable, "-m", "mlflow", "models", "serve", "-m", tmp_path / "model", "--env-manager", "local", "--port", str(port)],
                              env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        def answers():
            try: return urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=1).status == 200
            except OSError: return server.poll() is not None
        assert until(answers, 60, 0.3) and server.poll() is None, server.stdout.read().decode()[-2000:]
        body = json.dumps({"inputs": [[2.0]]}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{port}/invocations", body, {"Content-Type": "application/json"})
        assert json.load(urllib.request.urlopen(request, timeout=10))["predictions"] == [pytest.approx(2.0)]
    finally:
        os.killpg(server.pid, 9)
        server.wait(10)


def _path_with(env, ws):
    before, os.environ["PATH"] = os.environ["PATH"], env["PATH"]
    try: return adapter.environment(ws)["PATH"]
    finally: os.environ["PATH"] = before


def test_10_asynchronous_logging_loses_points_on_a_kill_and_makes_ending_slow(ws):
    """We do not use it: see test_delivery's SIGKILL tests. Ending a run is quick, too."""
    with ops.track("fit", delivery="off") as warm: warm.log(x=1)
    begun = time.monotonic()
    with ops.track("fit", delivery="off") as run:
        for i in range(1000): run.log(x=float(i))
    assert time.monotonic() - begun < 0.5 and run.state.metrics["x"].count == 1000


def test_11_noise_in_the_cell(ws, notebook):
    path = notebook("raw", "import mlflow\nmlflow.set_experiment('quiet')", "with mlflow.start_run() as r:\n    mlflow.log_metric('a', 1)\n    mlflow.log_text('x', 'x.txt')")
    result = run_notebook(path)
    outputs = [o for c in json.loads(open(result.path).read())["cells"] for o in c["outputs"] if "scrapbook" not in str(o)]
    printed = "".join("".join(o.get("text", "")) for o in outputs if o["output_type"] == "stream")
    assert "View run" not in printed and "\x1b[" not in printed and "INFO mlflow" not in printed, printed

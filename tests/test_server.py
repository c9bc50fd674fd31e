"""A team's MLflow server, with passwords: a real server process on loopback."""
import os
import subprocess
import sys
import time
import urllib.request

import pytest

import opsnb as ops
from support import opsnb, python, until, written_below
from opsnb.track.deliver import pending, sync
from opsnb.workspace import free_port

PASSWORD = "correct-horse-1234"
pytestmark = pytest.mark.xdist_group("mlflow-server")


class Server:
    def __init__(self, folder):
        self.folder, self.port, self.process = folder, free_port(), None
        self.uri = f"http://127.0.0.1:{self.port}"

    def start(self):
        env = {**os.environ, "MLFLOW_FLASK_SERVER_SECRET_KEY": "k", "MLFLOW_AUTH_ADMIN_USERNAME": "admin", "MLFLOW_AUTH_ADMIN_PASSWORD": PASSWORD,
               "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_AUTH_CONFIG_PATH": str(self._auth()),
               "PATH": os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])}
        command = [sys.executable, "-m", "mlflow", "server", "--app-name", "basic-auth", "--workers", "1", "--host", "127.0.0.1", "--port", str(self.port),
                   "--backend-store-uri", f"sqlite:///{self.folder}/m.db", "--artifacts-destination", str(self.folder / "artifacts")]
        self.log = open(self.folder / "server.log", "a")
        self.process = subprocess.Popen(command, env=env, cwd=self.folder, stdout=self.log, stderr=self.log, start_new_session=True)
        assert until(self.answers, 90, 0.3), (self.folder / "server.log").read_text()[-3000:]
        return self

    def _auth(self):
        path = self.folder / "auth.ini"
        path.write_text(f"[mlflow]\ndefault_permission = READ\ndatabase_uri = sqlite:///{self.folder}/auth.db\nadmin_username = admin\nadmin_password = {PASSWORD}\n"
                        "authorization_function = mlflow.server.auth:authenticate_request_basic_auth\n")
        return path

    def answers(self):
        try: return urllib.request.urlopen(f"{self.uri}/health", timeout=1).status == 200
        except OSError: return False

    def stop(self):
        import signal
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try: self.process.wait(10)
            except subprocess.TimeoutExpired: os.killpg(self.process.pid, signal.SIGKILL)
        assert until(lambda: not self.answers(), 10)
        self.log.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    pytest.importorskip("flask_wtf", reason="MLflow's own authentication needs Flask-WTF (in the dev extra)")
    made = Server(tmp_path_factory.mktemp("server")).start()
    yield made
    made.stop()


@pytest.fixture
def team(server, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.uri)
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "admin")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", PASSWORD)
    return server


def test_a_run_is_seen_by_the_team(ws, team, tmp_path, monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    with ops.track("fit", params={"lr": 0.1}, experiment="team") as run:
        for i in range(2500): run.log(loss=1 / (i + 1))
        run.log(loss=float("nan"))
        run.text("hello", "notes/a.txt")
    assert sync(workspace=ws).exit_code == 0
    assert sync(workspace=ws).exit_code == 0 and pending(ws) == []
    assert f'href="{team.uri}/#/experiments/' in ops.run(run.id)._repr_html_()
    monkeypatch.setenv("OPSNB_HOME", str(tmp_path / "colleague/.opsnb"))  # somebody else, with a workspace of their own
    found = ops.runs(experiment="team")
    assert [r["run"] for r in found] == [run.id] and found.rows[0]["params"] == {"lr": "0.1"}
    theirs = ops.run(run.id)
    points = theirs.metric_history("loss")
    assert len(points) == 2501 and points["value"].isna().sum() == 1 and theirs.artifact("notes/a.txt").read_text() == "hello"
    assert not ops.run(run.id).state.models and theirs.status == "done"


def test_a_wrong_password_is_said_and_put_right_later(ws, team, monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "wrong-horse-9876")
    with ops.track("fit") as run: run.log(loss=1.0)
    rows = sync(workspace=ws)
    assert rows.exit_code == 3 and any(w in rows[0]["problem"] for w in ("401", "not authenticated", "Unauthorized", "credentials"))
    assert ops.runs().rows[0]["run"] == run.id
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", PASSWORD)
    assert sync(workspace=ws).exit_code == 0 and pending(ws) == []
    assert PASSWORD.encode() not in written_below(ws.path) and b"wrong-horse" not in written_below(ws.path)


def test_a_password_inside_the_address_is_never_written_down(ws, team, monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", team.uri.replace("://", f"://admin:{PASSWORD}@"))
    monkeypatch.delenv("MLFLOW_TRACKING_USERNAME")
    monkeypatch.delenv("MLFLOW_TRACKING_PASSWORD")
    with ops.track("fit", experiment="inside") as run: run.log(loss=1.0)
    code, text, errors = opsnb("sync")
    assert code == 0, text + errors
    for command in (["config"], ["doctor"], ["show", run.id, "--json"], ["runs", "--json"]):
        code, text, errors = opsnb(*command)
        assert code == 0 and PASSWORD not in text + errors, command
    assert PASSWORD.encode() not in written_below(ws.path)


def test_the_server_goes_away_in_the_middle_and_comes_back(ws, tmp_path, monkeypatch):
    pytest.importorskip("flask_wtf")
    (tmp_path / "own").mkdir()
    own = Server(tmp_path / "own").start()
    try:
        for k, v in {"URI": own.uri, "USERNAME": "admin", "PASSWORD": PASSWORD}.items(): monkeypatch.setenv(f"MLFLOW_TRACKING_{k}", v)
        code = ("import opsnb as ops, time, sys\nrun = ops.track('fit').start()\nprint(run.id, flush=True)\n"
                "for i in range(200):\n    run.log(loss=float(i))\n    time.sleep(0.05)\nrun.finish()")
        child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        run = child.stdout.readline().strip()
        time.sleep(4)
        own.stop()
        begun = time.monotonic()
        assert child.wait(60) == 0 and time.monotonic() - begun < 45  # it neither failed nor hung
        own.start()
        assert opsnb("sync")[0] == 0
        points = ops.run(run).metric_history("loss")
        assert pending(ws) == [] and list(points["step"]) == list(range(200))
        out = python(f"import mlflow; c = mlflow.MlflowClient(); r = c.search_runs(['1'])[0]\nprint(r.info.status, len(c.get_metric_history(r.info.run_id, 'loss')), r.data.tags['opsnb.run_id'] == '{run}')")
        assert out.split() == ["FINISHED", "200", "True"]
    finally:
        own.stop()

"""JupyterLab's notebook jobs through opsnb: a real server with jupyter-scheduler, over REST."""
import contextlib
import importlib
import json
import os
import secrets
import subprocess
import sys
import types
import urllib.error
import urllib.request

import psutil
import pytest

import opsnb as ops
from support import cells, end_couriers, opsnb, until
from opsnb.workspace import Workspace, free_port

pytest.importorskip("jupyter_scheduler", reason="jupyter-scheduler is in the extra lab")
pytestmark = [pytest.mark.xdist_group("jupyter-scheduler"), pytest.mark.timeout(400)]

HELLO = 'from typing import Annotated\nfrom annotated_types import Gt\n\nname: str = "world"\nrate: Annotated[float, Gt(0)] = 0.5\nbig: bool = False\nkey: "Secret" = None'
SAY = "import opsnb as ops, beside\nops.publish(said=f'hello {name}', double=2 * rate, big=big, beside=beside.X, key=len(key or ''))\nprint(key)"
PASSWORD = "correct-horse-1234"


class Server:
    """A Jupyter server on `root` whose jobs run through opsnb."""

    def __init__(self, home, root):
        self.home, self.root, self.port, self.token = home, root, free_port(), secrets.token_hex(8)
        own = {f"JUPYTER_{k}_DIR": str(home / k.lower()) for k in ("CONFIG", "DATA", "RUNTIME")}
        self.env = {**os.environ, **own, "OPSNB_SYSTEM_METRICS_S": "0", "OPSNB_GIT": "0", "OPSNB_PROVENANCE": "0", "OPSNB_WARM": "0", "SHOP_KEY": PASSWORD}
        code, said, errors = opsnb("lab", "install", "--user", env=self.env)
        assert code == 0 and "run through opsnb" in said, errors

    @contextlib.contextmanager
    def started(self):
        command = [sys.executable, "-m", "jupyter_server", "--ip=127.0.0.1", f"--port={self.port}", "--ServerApp.port_retries=0", "--allow-root",
                   f"--IdentityProvider.token={self.token}", f"--ServerApp.root_dir={self.root}"]
        with open(self.home / "server.log", "w") as log:
            process = subprocess.Popen(command, env=self.env, cwd=self.root, stdout=log, stderr=log, start_new_session=True)
            try:
                assert until(self.answers, 90, 0.2), self.log()
                yield self
            finally:
                process.terminate()
                try: process.wait(20)
                except subprocess.TimeoutExpired: process.kill()

    def log(self): return (self.home / "server.log").read_text()[-3000:]

    def answers(self):
        try: return self.ask("GET", "config")
        except OSError: return None

    def ask(self, method, path, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/scheduler/{path}", None if body is None else json.dumps(body).encode(), {"Authorization": f"token {self.token}"}, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer: return json.loads(answer.read() or "null")

    def create(self, notebook, params=None, **more):
        return self.ask("POST", "jobs", {"input_uri": notebook, "name": "a job", "runtime_environment_name": "the notebook's kernel", "output_formats": ["ipynb", "html"], "parameters": params, **more})["job_id"]

    def job(self, id): return self.ask("GET", f"jobs/{id}")

    def ended(self, id):
        assert until(lambda: self.job(id)["status"] in ("COMPLETED", "FAILED", "STOPPED"), 120, 0.3), self.log()
        return self.job(id)

    def refused(self, *args, **kw):
        with pytest.raises(urllib.error.HTTPError) as e: self.create(*args, **kw)
        return json.loads(e.value.read())["message"]

    def runs(self, job):
        ws = Workspace.open(self.root / "shop/.opsnb")
        return [r for r in ops.runs(workspace=ws).rows if r["tags"].get("jupyter_scheduler.job") == job["job_id"]]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("jobs")
    (folder / "home").mkdir()
    shop = folder / "work/shop"
    shop.mkdir(parents=True)
    (shop / "opsnb.toml").write_text('experiment = "shop"\n')
    (shop / "beside.py").write_text("X = 7\n")
    (shop / "hello.ipynb").write_text(cells(HELLO, SAY))
    (shop / "killed.ipynb").write_text(cells("n: int = 1", "import os, signal\nprint('so far', flush=True)\nos.kill(os.getpid(), signal.SIGKILL)"))
    (shop / "slow.ipynb").write_text(cells("n: int = 1", "from pathlib import Path\nimport os, time\nPath('pid').write_text(str(os.getpid()))\ntime.sleep(300)"))
    (shop / "twice.ipynb").write_text(cells("n: int = 1", "from pathlib import Path\nif not Path('once').exists(): Path('once').touch(); raise ValueError('the first time')"))
    with Server(folder / "home", folder / "work").started() as made: yield made
    end_couriers(folder)


def test_a_job_with_typed_parameters_is_done_and_recorded(server):
    job = server.ended(server.create("shop/hello.ipynb", {"name": "bob", "rate": "0.25", "big": "true", "key": "env:SHOP_KEY"}))
    assert job["status"] == "COMPLETED" and job["end_time"], job["status_message"]
    server.ask("GET", f"jobs/{job['job_id']}/download_files")
    assert until(lambda: server.job(job["job_id"])["downloaded"], 60)
    files = {f["file_format"]: server.root / f["file_path"] for f in server.job(job["job_id"])["job_files"]}
    from opsnb.params import load_notebook, published
    assert published(load_notebook(files["ipynb"]))[0] == {"said": "hello bob", "double": 0.5, "big": True, "beside": 7, "key": len(PASSWORD)}
    assert "hello bob" in files["html"].read_text() and PASSWORD not in files["ipynb"].read_text() + files["html"].read_text()
    [run] = server.runs(job)
    assert run["status"] == "done" and run["params"]["name"] == "bob" and run["experiment"] == "shop"


def test_what_is_wrong_is_said_before_there_is_a_job(server):
    before = server.ask("GET", "jobs")["total_count"]
    said = server.refused("shop/hello.ipynb", {"rate": "-1"})
    assert "'rate'" in said and "greater than 0" in said and "Annotated[float, Gt(0)]" in said
    said = server.refused("shop/hello.ipynb", {"nam": "bob"})
    assert "Unknown parameter 'nam'" in said and "did you mean 'name'" in said
    assert "timeout_s" in server.refused("shop/hello.ipynb", runtime_environment_parameters={"timeout": 5})
    said = server.refused("shop/hello.ipynb", {"key": PASSWORD})
    assert "env:NAME" in said and PASSWORD not in said
    assert PASSWORD.encode() not in (server.home / "data/scheduler.sqlite").read_bytes() and server.ask("GET", "jobs")["total_count"] == before


def test_a_definitions_job_with_a_bad_parameter_fails_with_the_reason(server):
    made = server.ask("POST", "job_definitions", {"input_uri": "shop/hello.ipynb", "name": "nightly", "runtime_environment_name": "the notebook's kernel", "output_formats": ["ipynb"], "parameters": {"name": "eve"}})
    good = server.ask("POST", f"job_definitions/{made['job_definition_id']}/jobs", {"parameters": {"rate": "2"}})
    bad = server.ask("POST", f"job_definitions/{made['job_definition_id']}/jobs", {"parameters": {"rate": "fast"}})
    bad, good = server.ended(bad["job_id"]), server.ended(good["job_id"])
    assert good["status"] == "COMPLETED" and server.runs(good)[0]["params"]["rate"] == "2.0"
    assert bad["status"] == "FAILED" and "'rate' of hello.ipynb has a wrong value" in bad["status_message"] and "fast" in bad["status_message"]


def test_a_killed_kernel_is_a_failed_job(server):
    job = server.ended(server.create("shop/killed.ipynb"))
    assert job["status"] == "FAILED" and "SIGKILL" in job["status_message"] and job["end_time"]
    assert [r["status"] for r in server.runs(job)] == ["failed"]
    staged = server.home / "data/scheduler_staging_area" / job["job_id"]
    assert any("so far" in p.read_text() for p in staged.glob("killed-*.ipynb"))  # what there was is kept


def test_options_of_a_job(server):
    late = server.ended(server.create("shop/slow.ipynb", runtime_environment_parameters={"timeout_s": 3}))
    assert late["status"] == "FAILED" and "timed out" in late["status_message"]
    again = server.ended(server.create("shop/twice.ipynb", runtime_environment_parameters={"retries": 2, "experiment": "other"}))
    assert again["status"] == "COMPLETED", again["status_message"]
    assert sorted((r["status"], r["experiment"]) for r in server.runs(again)) == [("done", "other"), ("failed", "other")]


def test_a_stopped_job_is_cancelled_and_leaves_no_kernel(server):
    (server.root / "shop/pid").unlink(missing_ok=True)
    id = server.create("shop/slow.ipynb")
    assert until(lambda: (server.root / "shop/pid").exists() and (server.root / "shop/pid").read_text(), 60), server.job(id)
    kernel = int((server.root / "shop/pid").read_text())
    server.ask("PATCH", f"jobs/{id}", {"status": "STOPPED"})
    job = server.ended(id)
    assert job["status"] == "STOPPED" and until(lambda: not psutil.pid_exists(kernel), 20)
    assert [r["status"] for r in server.runs(job)] == ["cancelled"]


def test_with_its_folder_a_job_works_in_a_copy(server):
    (server.root / "shop/writes.ipynb").write_text(cells("n: int = 1", "from pathlib import Path\nimport beside\nPath('made.txt').write_text(str(beside.X))"))
    job = server.ended(server.create("shop/writes.ipynb", package_input_folder=True))
    assert job["status"] == "COMPLETED" and "made.txt" in job["packaged_files"] and not (server.root / "shop/made.txt").exists()


def test_the_backend_of_3_0_says_what_its_base_class_asks_for(monkeypatch):
    """3.0 is not released: this base class says what its development branch documents."""
    class BaseBackend:
        description, database_manager_class, file_extensions, output_formats = "", None, [], []
        @classmethod
        def to_dict(cls): return {k: getattr(cls, k) for k in ("id", "name", "description", "scheduler_class", "execution_manager_class", "database_manager_class", "file_extensions", "output_formats")}
    module = types.ModuleType("jupyter_scheduler.base_backend")
    module.BaseBackend = BaseBackend
    monkeypatch.setitem(sys.modules, "jupyter_scheduler.base_backend", module)
    from importlib.metadata import entry_points
    ours = importlib.import_module("opsnb.jupyter_scheduler")
    try:
        importlib.reload(ours)
        [point] = [e for e in entry_points(group="jupyter_scheduler.backends") if e.name == "opsnb"]
        backend = point.load()
        assert issubclass(backend, BaseBackend)
        said = backend.to_dict()
        assert said["id"] == "opsnb" and said["file_extensions"] == ["ipynb"] and {f["id"] for f in said["output_formats"]} == {"ipynb", "html"}
        for name in ("scheduler_class", "execution_manager_class"):
            place, _, cls = said[name].rpartition(".")
            assert isinstance(getattr(importlib.import_module(place), cls), type)
    finally:
        monkeypatch.undo()
        importlib.reload(ours)

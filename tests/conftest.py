"""Fixtures: a project folder with its workspace, notebooks made of cells, and an end to every courier that was started."""
import os
import shutil
import signal
import tempfile

import pytest

from opsnb.kernels import stop_kernels

from opsnb.workspace import Workspace
from support import cells, end_couriers


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN: signal.signal(signal.SIGINT, signal.default_int_handler)  # begun in the background: what the tests interrupt would inherit it


@pytest.fixture(autouse=True)
def quiet_environment(monkeypatch, tmp_path):
    """No OPSNB_ or MLflow variables from outside, no slow extras, a home folder of its own."""
    for var in list(os.environ):
        if var.startswith(("OPSNB_", "MLFLOW_", "_MLFLOW", "_OPSNB_", "WANDB_")):
            monkeypatch.delenv(var)
    monkeypatch.setenv("OPSNB_SYSTEM_METRICS_S", "0")
    monkeypatch.setenv("OPSNB_GIT", "0")
    monkeypatch.setenv("OPSNB_SLOTS", str(tmp_path / "slots"))
    monkeypatch.setenv("OPSNB_PROVENANCE", "0")
    monkeypatch.setenv("OPSNB_TRACING", "0")


@pytest.fixture(scope="session", autouse=True)
def meeting_place():
    """Templates of the tests are met in a folder of their own, and end with the tests. Its name is short: it holds sockets."""
    before, folder = os.environ.get("XDG_RUNTIME_DIR"), tempfile.mkdtemp(prefix="opsnb-")
    os.environ["XDG_RUNTIME_DIR"] = folder
    yield folder
    stop_kernels()
    os.environ.pop("XDG_RUNTIME_DIR") if before is None else os.environ.__setitem__("XDG_RUNTIME_DIR", before)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty project folder, which is the working directory."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "opsnb.toml").write_text("")
    monkeypatch.chdir(folder)
    yield folder
    end_couriers(tmp_path)


@pytest.fixture
def ws(project):
    return Workspace.find()


@pytest.fixture
def notebook(project):
    """Write a notebook into the project: `notebook("train", "lr = 0.1", "print(lr)")`."""
    def write(name, *sources, **kw):
        path = project / f"{name}.ipynb"
        path.write_text(cells(*sources, **kw))
        return path
    return write



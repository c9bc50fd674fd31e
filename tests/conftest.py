"""Fixtures: a project folder with its workspace, notebooks made of cells, and an end to every courier that was started."""
import os

import pytest

from opsnb.workspace import Workspace
from support import cells, end_couriers


@pytest.fixture(autouse=True)
def quiet_environment(monkeypatch, tmp_path):
    """No OPSNB_ or MLflow variables from outside, no slow extras, a home folder of its own."""
    for var in list(os.environ):
        if var.startswith(("OPSNB_", "MLFLOW_", "_MLFLOW", "_OPSNB_", "WANDB_")):
            monkeypatch.delenv(var)
    monkeypatch.setenv("OPSNB_SYSTEM_METRICS_S", "0")
    monkeypatch.setenv("OPSNB_GIT", "0")
    monkeypatch.setenv("OPSNB_PROVENANCE", "0")


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



"""JupyterLab's own "Create Notebook Job", filled in by hand: the job runs through opsnb."""
import os
import subprocess
import sys

import pytest

import opsnb as ops
from support import cells, end_couriers
from lab import SHOTS, browser_page, lab
from opsnb.workspace import Workspace

pytest.importorskip("jupyter_scheduler", reason="jupyter-scheduler is in the extra lab")
pytestmark = pytest.mark.timeout(300)


def add_parameter(page, n, name, value):
    page.locator("button[title='Add new parameter']").click()
    page.fill(f"input[name='parameter-{n}-name']", name)
    page.fill(f"input[name='parameter-{n}-value']", value)
    page.keyboard.press("Tab")  # the field is checked when it is left, and the form moves
    page.wait_for_timeout(300)


def test_the_form_says_what_is_wrong_and_then_the_job_runs(tmp_path):
    home, project = tmp_path / "home", tmp_path / "shop"
    for folder in (home, project): folder.mkdir()
    (project / "opsnb.toml").write_text('experiment = "shop"\nwarm = false\n')
    (project / "hello.ipynb").write_text(cells('name: str = "world"\nepochs: int = 3', "import opsnb as ops\nops.publish(said=f'hello {name}', twice=2 * epochs)"))
    subprocess.run([sys.executable, "-m", "opsnb", "lab", "install", "--user"], env={**os.environ, "JUPYTER_CONFIG_DIR": str(home / "config")}, check=True)
    try:
        with lab(project, home) as (address, token), browser_page() as page:
            page.goto(f"{address}/lab/tree/hello.ipynb?token={token}&reset")
            page.wait_for_selector("text=Python 3 (ipykernel) | Idle", timeout=60_000)
            page.locator("[data-jp-item-name='create-job']").first.click()
            page.wait_for_selector("input[name='jobName']", timeout=30_000)
            page.wait_for_selector("text=the notebook's kernel", timeout=30_000)
            page.screenshot(path=SHOTS / "job_form.png")
            add_parameter(page, 0, "name", "bob")
            add_parameter(page, 1, "epochs", "many")
            page.locator("button:has-text('Create')").last.click()
            page.wait_for_selector("text=Parameter 'epochs' of hello.ipynb has a wrong value", timeout=30_000)
            page.screenshot(path=SHOTS / "job_refused.png")
            page.fill("input[name='parameter-1-value']", "20")
            page.locator("button:has-text('Create')").last.click()
            for _ in range(90):  # the list is read again on request
                if page.locator("text=Completed").count(): break
                page.locator("button:has-text('Reload')").click()
                page.wait_for_timeout(1000)
            assert page.locator("text=Completed").count() == 1
            page.screenshot(path=SHOTS / "job_completed.png")
        [row] = ops.runs(workspace=Workspace.open(project / ".opsnb")).rows
        assert row["status"] == "done" and row["params"] == {"name": "bob", "epochs": "20"} and row["experiment"] == "shop"
    finally: end_couriers(tmp_path)

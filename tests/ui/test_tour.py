"""A newcomer's path in a real JupyterLab: the README's tour, cell by cell, and its runs in MLflow's UI."""
import json
import os
import subprocess
import sys

import pytest

import opsnb as ops
from support import cells, end_couriers
from lab import SHOTS, browser_page, lab
from opsnb.workspace import Workspace
from readme import tour

pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def project(tmp_path, monkeypatch):
    for var in ("OPSNB_SYSTEM_METRICS_S", "OPSNB_GIT"): monkeypatch.delenv(var)
    (tmp_path / "home").mkdir()
    subprocess.run([sys.executable, "-m", "opsnb", "init", "tour"], cwd=tmp_path, check=True)
    yield tmp_path / "tour"
    end_couriers(tmp_path)


def open_notebook(page, address, token, name):
    page.goto(f"{address}/lab/tree/{name}?token={token}&reset")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)


def idle(page):
    page.wait_for_selector("text=Python 3 (ipykernel) | Idle", timeout=60_000)


def command(page, words):
    page.keyboard.press("Control+Shift+C")
    page.fill(".lm-CommandPalette-input, #modal-command-palette input", words)
    page.keyboard.press("Enter")


def look(page, code, name):
    """A picture of the last cell with this code, and what it shows."""
    cell = page.locator(f".jp-Cell:has-text({json.dumps(code)})").last
    cell.evaluate("e => e.scrollIntoView({block: 'start'})")
    page.wait_for_timeout(300)  # the notebook draws what has come into view
    assert cell.locator(".jp-OutputArea-output").first.is_visible()
    shot(page, name)


def shot(page, name):
    page.screenshot(path=SHOTS / f"{name}.png")


def test_the_tour_in_the_lab_and_in_mlflows_ui(project, tmp_path):
    snippets = [text for language, text in tour() if language == "python"]
    (project / "tour.ipynb").write_text(cells("# the README's tour", *snippets))
    with lab(project, tmp_path / "home") as (address, token), browser_page() as page:
        open_notebook(page, address, token, "tour.ipynb")
        idle(page)
        command(page, "Run All Cells")
        page.wait_for_function("""n => [...document.querySelectorAll('.jp-Notebook .jp-InputPrompt')].filter(e => /\\[\\d+\\]/.test(e.textContent)).length >= n""",
                               arg=len(snippets), timeout=120_000)
        cards = page.locator(".jp-OutputArea-output:has-text('in experiment')")
        page.wait_for_function("""() => [...document.querySelectorAll('.jp-OutputArea-output')].some(e => /fit/.test(e.textContent) && e.querySelector('a'))""", timeout=60_000)
        assert cards.count() >= 2  # each card got its link when the courier had delivered the run
        page.keyboard.press("Control+S")
        page.wait_for_function("() => !document.querySelector('.jp-mod-dirty')", timeout=20_000)
        saved = json.loads((project / "tour.ipynb").read_text())
        assert not [o for c in saved["cells"] for o in c.get("outputs", []) if o["output_type"] == "error"]
        card = page.locator(".jp-OutputArea-output:has-text('fit')").first
        card.scroll_into_view_if_needed()
        card.locator("text=✓ done").first.wait_for(timeout=30_000)  # the notebook draws what has come into view
        assert card.locator("img[alt^='loss']").count() >= 1
        shot(page, "tour_card")
        page.locator(".jp-OutputArea-output:has-text('Parameters that differ')").first.scroll_into_view_if_needed()
        shot(page, "tour_compare")
        page.locator(".jp-OutputArea-output:has-text('all 2 rules hold')").first.scroll_into_view_if_needed()
        shot(page, "tour_gate")

    with lab(project, tmp_path / "home2", dark=True) as (address, token), browser_page() as page:  # opened again, nothing run
        open_notebook(page, address, token, "tour.ipynb")
        card = page.locator(".jp-OutputArea-output:has-text('fit')").first
        card.scroll_into_view_if_needed()
        card.locator("text=✓ done").first.wait_for(timeout=30_000)
        assert card.locator("img[alt^='loss']").first.evaluate("e => e.naturalWidth") > 50
        link = card.locator("a:has-text('open in mlflow')").get_attribute("href")
        shot(page, "tour_reopened")

    look_in_mlflows_ui(project, link)


def look_in_mlflows_ui(project, link):
    ws = Workspace.open(project / ".opsnb")
    server = ops.ui(browser=False, workspace=ws)
    try:
        with browser_page() as page:
            page.goto(f"{server.url}/#/experiments/{experiment(ws, 'tour')}/runs")
            try: page.wait_for_selector("text=descent", timeout=40_000)
            finally: shot(page, "mlflow_runs")
            assert page.locator("text=descent").count() >= 2
            page.locator("a:has-text('descent')").first.click()
            page.wait_for_selector("text=Parameters", timeout=60_000)
            page.wait_for_selector("text=steps", timeout=60_000)
            shot(page, "mlflow_run")
            page.goto(link)
            page.wait_for_selector("text=scores/accuracy", timeout=60_000)
            assert ops.ui(browser=False, workspace=ws).process is None  # it is at work already
    finally:
        server.stop()


def experiment(ws, name):
    from opsnb.track.mlflow import open_store
    return open_store(ws).get_experiment_by_name(name).experiment_id


def test_a_killed_kernel_leaves_a_card_that_is_old_but_not_wrong(project, tmp_path):
    code = "import opsnb as ops, time, os, signal\nrun = ops.track('doomed').start()\nfor i in range(30):\n    run.log(loss=1 / (i + 1))\n    time.sleep(0.05)\nos.kill(os.getpid(), signal.SIGKILL)"
    (project / "doomed.ipynb").write_text(cells("# doomed", code, "print('after')"))
    with lab(project, tmp_path / "home") as (address, token), browser_page() as page:
        open_notebook(page, address, token, "doomed.ipynb")
        idle(page)
        command(page, "Run All Cells")
        page.wait_for_selector(".jp-OutputArea-output:has-text('doomed')", timeout=60_000)
        page.wait_for_selector("text=as of", timeout=60_000)
        page.wait_for_timeout(4000)
        card = page.locator(".jp-OutputArea-output:has-text('doomed')").first
        assert "running" in card.inner_text() and "as of 20" in card.inner_text()
        shot(page, "killed_kernel")
    ws = Workspace.open(project / ".opsnb")
    os.environ["OPSNB_HOME"] = str(ws.path)
    try: assert [r["status"] for r in ops.runs(name="doomed", workspace=ws)] == ["lost"]
    finally: del os.environ["OPSNB_HOME"]

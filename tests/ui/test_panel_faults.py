"""The panel when something is not as it should be: no server extension, another version, a workspace that goes away; and high contrast."""
import json
import shutil

import pytest

import opsnb as ops
from lab import SHOTS, axe, browser_page, lab, written_down
from opsnb.workspace import Workspace

pytestmark = pytest.mark.timeout(300)
LONG = 60_000
RUNS = "#opsnb-section-runs"


@pytest.fixture
def ws(project, monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    ws = Workspace.open(project / ".opsnb")
    for lr in (0.1, 0.2):
        with ops.track(f"fit {lr}", {"lr": lr}, quiet=True, workspace=ws) as run:
            for i in range(50): run.log(loss=1 / (1 + lr * i))
    return ws


def panel(page, address, token, reset="&reset"):
    page.goto(f"{address}/lab?token={token}{reset}")
    page.wait_for_selector('[data-id="opsnb-panel"]', timeout=LONG)
    if not page.locator("#opsnb-panel:visible").count(): page.click('[data-id="opsnb-panel"]')
    page.wait_for_selector("#opsnb-panel .jp-AccordionPanel-title:visible", timeout=LONG)


def test_without_its_server_extension_it_says_what_to_do_and_comes_back(ws, project, tmp_path):
    with lab(project, tmp_path / "home", base="/user/ada") as (address, token), browser_page() as page:  # as a JupyterHub has it
        page.route("**/opsnb/api**", lambda route: route.fulfill(status=404, body="<html>no such page</html>"))
        panel(page, address, token)
        page.wait_for_selector("#opsnb-panel [role=alert]:has-text(\"pip install 'opsnb[lab]'\")", timeout=LONG)
        page.screenshot(path=SHOTS / "panel_missing.png")
        page.unroute("**/opsnb/api**")
        page.click("#opsnb-panel button:has-text('Try again')")
        page.wait_for_selector(f"{RUNS} li:has-text('fit 0.2')", timeout=LONG)
        with ops.track("later", quiet=True, workspace=ws) as run: run.log(loss=1.0)
        page.wait_for_selector(f"{RUNS} li:has-text('later')", timeout=LONG)  # told, not asked

        def older(route):
            answer = route.fetch()
            route.fulfill(response=answer, body=json.dumps({**answer.json(), "version": "0.0.1"}))
        page.route(lambda url: url.split("?")[0].endswith("/opsnb/api"), older)
        panel(page, address, token)
        page.wait_for_selector("#opsnb-panel [role=alert]:has-text('0.0.1 at the server')", timeout=LONG)
        page.wait_for_selector(f"{RUNS} li:has-text('fit 0.2')", timeout=LONG)  # what works goes on
        assert page.locator("#opsnb-panel [role=alert]").count() == 1  # said once
        page.screenshot(path=SHOTS / "panel_older.png")


def test_a_workspace_goes_away_and_comes_back_and_sections_stay_as_they_were_left(ws, project, tmp_path):
    with lab(project, tmp_path / "home", theme="Dark High Contrast") as (address, token), browser_page() as page:
        panel(page, address, token)
        page.wait_for_selector(f"{RUNS} li:has-text('fit 0.2')", timeout=LONG)
        assert not page.locator("#opsnb-section-evaluations").is_visible()
        for title in ("Evaluations", "GPU and machine"): page.click(f"#opsnb-panel .jp-AccordionPanel-title:has-text('{title}')")
        page.click("#opsnb-panel .jp-AccordionPanel-title:has-text('Jobs')")
        page.wait_for_selector("#opsnb-section-machine:has-text('CPU')", timeout=LONG)
        page.screenshot(path=SHOTS / "panel_high_contrast.png")
        assert axe(page, "#opsnb-panel") == []
        shutil.move(ws.path, project / "elsewhere")
        page.wait_for_selector(f"{RUNS}:has-text('The workspace is gone')", timeout=LONG)
        shutil.move(project / "elsewhere", ws.path)
        page.wait_for_selector(f"{RUNS} li:has-text('fit 0.2')", timeout=LONG)
        written_down(address, token, "@opsnb/labextension:sections")
        panel(page, address, token, "")
        page.wait_for_selector("#opsnb-section-evaluations:visible", timeout=LONG)
        assert not page.locator("#opsnb-section-jobs").is_visible() and page.locator("#opsnb-section-machine").is_visible()

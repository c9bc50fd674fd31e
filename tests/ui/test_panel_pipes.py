"""Pipelines, indexes and evaluations in the side panel and their tabs, in a real JupyterLab."""
import json

import pytest

import opsnb as ops
from lab import SHOTS, axe, browser_page, lab, written_down
from opsnb.workspace import Workspace
from pipes_project import evaluations, index, pipelines, schedules

pytestmark = pytest.mark.timeout(400)
LONG = 60_000


@pytest.fixture
def ws(project, monkeypatch):
    monkeypatch.setenv("OPSNB_SINKS", "")
    ws = Workspace.open(project / ".opsnb")
    monkeypatch.setenv("OPSNB_HOME", str(ws.path))
    return ws


def opened(page, address, token):
    """The lab with our panel in front."""
    page.goto(f"{address}/lab?token={token}&reset")
    page.wait_for_selector('[data-id="opsnb-panel"]', timeout=LONG)
    page.click('[data-id="opsnb-panel"]')
    page.wait_for_selector("#opsnb-panel .jp-AccordionPanel-title", timeout=LONG)


def section(page, name):
    """Open one section of the panel, and close the others."""
    for title in page.locator("#opsnb-panel .jp-AccordionPanel-title").all():
        is_open, wanted = "lm-mod-expanded" in title.get_attribute("class"), title.inner_text().strip().lower() == name
        if is_open != wanted: title.click()
    return page.locator(f"#opsnb-section-{name}")


def shot(page, name): page.screenshot(path=SHOTS / f"pipes_{name}.png")


def wait(page, selector, **how): page.wait_for_selector(selector, timeout=LONG, **how)


def state(step): return f'.jp-opsnb-Dag-node[data-step="{step}"]'


def clean(page, selector):
    assert axe(page, selector) == []
    assert not page.evaluate("window.hacked")


def test_a_pipeline_is_run_fails_is_resumed_and_is_cached(project, ws, tmp_path):
    pipelines(project)
    schedules(ws)
    with lab(project, tmp_path / "home") as (address, token), browser_page() as page:
        opened(page, address, token)
        panel = section(page, "pipelines")
        panel.locator("li:has-text('churn')").wait_for(timeout=LONG)
        assert panel.locator("li:has-text('bad & <b>bold<b>')").get_by_text("unknown key 'notebok'").count() == 1

        panel.locator("li:has-text('nightly')").click()  # a schedule is paused and goes on
        page.click("button[aria-label='Pause nightly']")
        panel.locator("li:has-text('paused')").wait_for(timeout=LONG)
        assert ops.schedules(ws)[0]["paused"]
        page.click("button[aria-label='Go on with nightly']")
        panel.locator("li:has-text('next')").wait_for(timeout=LONG)
        clean(page, "#opsnb-section-pipelines")

        panel.locator("li:has-text('churn')").dblclick()
        wait(page, f"{state('load')}[data-state='queued']")  # never run: its plan
        shot(page, "dag_plan")
        page.check(".jp-opsnb-Params label:has-text('fail') input")
        page.click(".jp-opsnb-Dag-tab button:text-is('Run')")
        wait(page, f"{state('load')}[data-state='running'], {state('load')}[data-state='done']")
        shot(page, "dag_running")
        wait(page, f"{state('train')}[data-state='failed']")
        wait(page, f"{state('judge')}[data-state='not_run']")
        page.click(state("train"))
        page.wait_for_selector(".jp-opsnb-Chosen:has-text('the data are bad')")
        shot(page, "dag_failed")
        clean(page, ".jp-opsnb-Dag-tab")

        train = project / "churn/train.ipynb"  # it is put right, and the run is gone on with
        train.write_text(train.read_text().replace("assert not fail, 'the data are bad'", "sum + 0"))
        page.click(".jp-opsnb-Dag-tab button:text-is('Resume')")
        wait(page, f"{state('load')}[data-state='cached']")
        wait(page, f"{state('judge')}[data-state='done']")
        wait(page, ".jp-opsnb-Dag-tab .jp-opsnb-Head .jp-opsnb-State[data-state='done']")
        assert len(ops.runs(type="pipeline", workspace=ws)) == 1

        page.click(".jp-opsnb-Dag-tab button:text-is('Plan')")  # nothing has changed since
        wait(page, f"{state('judge')}[data-state='cached']")
        assert "nothing changed since run_" in page.inner_text(".jp-opsnb-Dag-side")
        page.fill(".jp-opsnb-Params label:has-text('rows') input", "5")
        wait(page, f"{state('load')}[data-state='queued']")
        assert "changed: " in page.inner_text(".jp-opsnb-Dag-side")
        shot(page, "dag_changed")
        page.fill(".jp-opsnb-Params label:has-text('rows') input", "many")  # what is wrong is said by the server
        wait(page, ".jp-opsnb-Failure:has-text('rows')")

        frame = page.locator(".jp-opsnb-Dag-frame")  # by keyboard: along the lines, and Enter opens
        frame.focus()
        for key in ("Home", "ArrowRight", "ArrowRight"): page.keyboard.press(key)
        assert page.locator('.jp-opsnb-Dag-node[aria-selected="true"]').get_attribute("data-step") == "judge"
        page.keyboard.press("Enter")
        wait(page, ".lm-TabBar-tab:has-text('judge')")
    assert [f["status"] for f in ops.schedule_history("nightly", workspace=ws)] == []


def test_a_malformed_pipeline_says_where(project, ws, tmp_path):
    pipelines(project)
    with lab(project, tmp_path / "home", dark=True) as (address, token), browser_page() as page:
        opened(page, address, token)
        section(page, "pipelines").locator("li:has-text('bad')").dblclick()
        wait(page, ".jp-opsnb-Failure:has-text('line 2')")
        page.click(".jp-opsnb-Dag-tab button:text-is('Open the file')")
        wait(page, ".jp-FileEditor, .cm-editor")
        shot(page, "dag_malformed_dark")


def test_an_index_is_asked_read_and_rolled_back(project, ws, tmp_path):
    pytest.importorskip("lancedb")
    index(ws)
    with lab(project, tmp_path / "home") as (address, token), browser_page() as page:
        opened(page, address, token)
        panel = section(page, "indexes")
        panel.locator("li:has-text('docs')").wait_for(timeout=LONG)
        page.fill(".jp-opsnb-Ask input", "How long is the notice period?")
        page.keyboard.press("Enter")
        wait(page, ".jp-opsnb-Top mark:text-is('notice')")
        clean(page, "#opsnb-section-indexes")
        shot(page, "indexes")

        page.click(".jp-opsnb-Top button >> nth=0")
        wait(page, ".jp-opsnb-Hit")
        page.click(".jp-opsnb-Retrieval button:text-is('Ask')")
        wait(page, ".jp-opsnb-Answer")
        assert "three months" in page.inner_text(".jp-opsnb-Answer")
        page.click(".jp-opsnb-Cite >> nth=0")  # to its chunk, marked
        wait(page, ".jp-opsnb-Chunk[data-chosen='true'] mark")
        assert "three months" in page.inner_text(".jp-opsnb-Chunk[data-chosen='true']")
        page.click("button:text-is('Next chunk')")
        wait(page, ".jp-opsnb-Chunk[data-chosen='true']:has-text('Holidays')")
        shot(page, "retrieval")
        clean(page, ".jp-opsnb-Retrieval")

        page.fill(".jp-opsnb-Question input[placeholder^='a source']", "guides/safety.md")
        page.click("button:text-is('Explain')")
        wait(page, ".jp-opsnb-Missed")

        page.click("[role=tab]:has-text('Documents')")
        wait(page, ".jp-opsnb-Retrieval .jp-opsnb-List li:has-text('guides/travel.md')")
        page.click(".jp-opsnb-Retrieval .jp-opsnb-List li:has-text('guides/travel.md')")
        wait(page, ".jp-opsnb-Reader:has-text('onerror')")
        page.check(".jp-opsnb-Bar label:has-text('not read') input")
        wait(page, ".jp-opsnb-Retrieval .jp-opsnb-List li:has-text('picture.png')")
        shot(page, "documents")
        clean(page, ".jp-opsnb-Retrieval")

        page.click("[role=tab]:has-text('Versions')")
        page.click("button:text-is('Compare with 2')")
        wait(page, ".jp-opsnb-Retrieval .jp-opsnb-List li:has-text('added')")
        page.click("button:text-is('Roll back to 1')")
        page.click(".jp-Dialog button:has-text('Serve version 1')")
        wait(page, "td:has-text('1 ✓ served')")
        shot(page, "versions")
        clean(page, ".jp-opsnb-Retrieval")
        assert ops.index("docs", ws).version == 1

        page.click("button:text-is('Open the document')")  # down to the source
        wait(page, ".lm-TabBar-tab:has-text('travel.md')")


def test_a_report_has_its_failures_first_and_is_compared(project, ws, tmp_path):
    last = evaluations(ws)
    with lab(project, tmp_path / "home", dark=True) as (address, token), browser_page() as page:
        opened(page, address, token)
        panel = section(page, "evaluations")
        panel.locator("li:has-text('capitals')").first.click()
        wait(page, ".jp-opsnb-Trend")
        page.click(".jp-opsnb-Gates summary")
        assert "exact_match >= 0.9" in page.inner_text(".jp-opsnb-Gates")
        clean(page, "#opsnb-section-evaluations")
        shot(page, "evaluations_dark")

        panel.locator("li:has-text('capitals')").first.dblclick()
        wait(page, ".jp-opsnb-Report .jp-opsnb-Cases li")
        assert "gate said no" in page.inner_text(".jp-opsnb-Report") and f"{len(last.failures())} cases to look at" in page.inner_text(".jp-opsnb-Report")
        page.click(".jp-opsnb-Cases li >> nth=0")
        wait(page, ".jp-opsnb-Detail:has-text('onerror')")
        shot(page, "report_dark")
        clean(page, ".jp-opsnb-Report")
        page.uncheck(".jp-opsnb-Bar label:has-text('only those') input")
        wait(page, ".jp-opsnb-Bar:has-text('96 cases')")
        assert page.locator(".jp-opsnb-Cases li").count() < 60  # the others are not drawn
        page.select_option("select[aria-label='With tag']", "letters=6")
        wait(page, ".jp-opsnb-Bar:has-text('24 cases')")

        page.click("[role=tab]:has-text('Compare')")
        page.select_option(".jp-opsnb-Pick select", index=1)
        wait(page, ".jp-opsnb-Changes:has-text('better')")
        page.click(".jp-opsnb-Cases li >> nth=0")
        shot(page, "compare_dark")
        clean(page, ".jp-opsnb-Report")

        written_down(address, token, "opsnb-report")
        page.reload()  # the tab is there again
        wait(page, ".jp-opsnb-Report .jp-opsnb-Cases li")
        assert json.loads((ws.journal / last.id / "files/report.json").read_text())["name"] == "capitals"

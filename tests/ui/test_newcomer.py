"""A newcomer's path, in one go: an empty folder, a launcher card, the template's pipeline watched, two runs compared, a job, an index asked."""
import time

import pytest

import opsnb as ops
from lab import SHOTS, browser_page, lab
from opsnb.workspace import Workspace
from support import end_couriers

pytestmark = pytest.mark.timeout(700)
LONG = 180_000
ACCEPT = ".jp-Dialog button.jp-mod-accept"
GUIDE = "# Leave\n\nThe notice period is three months. It begins at the end of a month.\n\n# Holidays\n\nThere are thirty-one days of holidays a year.\n"


@pytest.fixture
def empty(tmp_path):
    for name in ("home", "work"): (tmp_path / name).mkdir()
    yield tmp_path / "work"
    end_couriers(tmp_path)


def shot(page, name): page.screenshot(path=SHOTS / f"newcomer_{name}.png")


def wait(page, selector, **how): return page.wait_for_selector(selector, timeout=LONG, **how)


def section(page, name):
    """Open one section of the panel, and close the others."""
    if not page.locator("#opsnb-panel:visible").count(): page.click('[data-id="opsnb-panel"]')
    for title in page.locator("#opsnb-panel .jp-AccordionPanel-title").all():
        if ("lm-mod-expanded" in title.get_attribute("class")) != (title.inner_text().strip().lower() == name): title.click()
    return page.locator(f"#opsnb-section-{name}")


def run_pipeline(page):
    """Press Run, and wait until all steps have ended well."""
    page.click(".jp-opsnb-Dag-tab button:text-is('Run')")
    wait(page, ".jp-opsnb-Dag-node[data-state='running']")
    shot(page, "running")
    page.wait_for_function("() => { const all = [...document.querySelectorAll('.jp-opsnb-Dag-node')]; return all.length >= 4 && all.every(n => ['done', 'cached'].includes(n.dataset.state)); }", timeout=LONG)


def verb(page, words):
    """A verb's form, from the command palette."""
    page.keyboard.press("Control+Shift+C")
    wait(page, ".lm-CommandPalette-input >> visible=true")
    page.locator(".lm-CommandPalette-input >> visible=true").fill(words)
    wait(page, ".lm-CommandPalette-item.lm-mod-active")
    page.keyboard.press("Enter")
    wait(page, ".jp-opsnb-Form")


def test_from_an_empty_folder_to_an_answer(empty, tmp_path):
    with lab(empty, tmp_path / "home") as (address, token), browser_page() as page:
        wrong = []
        page.on("pageerror", lambda e: wrong.append(str(e)))
        page.goto(f"{address}/lab?token={token}&reset")
        card = '.jp-LauncherCard[data-category="opsnb"]:has-text("train and gate")'
        wait(page, card)
        page.locator(card).scroll_into_view_if_needed()
        shot(page, "launcher")
        assert not (empty / ".opsnb").exists()  # looking leaves nothing behind
        page.click(card)
        wait(page, ".jp-opsnb-Form")
        page.fill('[data-field="name"] input', "churn")
        page.click(ACCEPT)
        wait(page, ".lm-TabBar-tab:has-text('prepare.ipynb')")
        wait(page, ".jp-DirListing-item:has-text('pipeline.yaml')")

        pipelines = section(page, "pipelines")  # the panel shows the new project
        pipelines.locator("li:has-text('train_and_gate')").dblclick(timeout=LONG)
        wait(page, ".jp-opsnb-Dag-node[data-step='gate']")
        run_pipeline(page)
        shot(page, "done")
        page.fill(".jp-opsnb-Params label:has-text('seed') input", "1")
        run_pipeline(page)

        runs = section(page, "runs")
        family = runs.locator("li:has-text('train_and_gate')")
        family.nth(1).wait_for(timeout=LONG)
        family.nth(0).click()
        family.nth(1).click(modifiers=["Control"])
        page.click("text=Compare 2")
        page.wait_for_function("() => [...document.querySelectorAll('.jp-opsnb-Tab')].some(e => e.offsetParent && /Parameters that differ[^]*seed/.test(e.innerText))", timeout=LONG)
        shot(page, "compared")

        (empty / "churn" / "guide").mkdir()
        (empty / "churn" / "guide" / "leave.md").write_text(GUIDE)
        verb(page, "rag build")  # takes long, so it becomes a job
        page.fill('[data-field="sources"] input, [data-field="sources"] textarea', "guide")
        page.fill('[data-field="name"] input', "guide")
        page.click(ACCEPT)
        jobs = section(page, "jobs")
        jobs.locator("li:has-text('rag build') [data-state='done']").wait_for(timeout=LONG)
        jobs.locator("li:has-text('rag build')").first.dblclick()
        wait(page, ".jp-opsnb-Tab:visible:has-text('embedded')")
        shot(page, "job")

        indexes = section(page, "indexes")
        indexes.locator("li:has-text('guide')").dblclick(timeout=LONG)
        page.fill(".jp-opsnb-Tab:visible input[type=search], .jp-opsnb-Tab:visible input[type=text] >> nth=0", "How long is the notice period?")
        page.click(".jp-opsnb-Tab:visible button:text-is('Ask')")
        wait(page, ".jp-opsnb-Tab:visible:has-text('The notice period is three months.')")
        shot(page, "answer")
        assert not wrong, wrong
    ws = Workspace.open(empty / "churn" / ".opsnb")
    assert [r["status"] for r in ops.runs(type="pipeline", workspace=ws)] == ["done", "done"] and not (empty / ".opsnb").exists()
    deadline = time.monotonic() + 60
    while [j for j in ops.jobs(workspace=ws) if not j.done()] and time.monotonic() < deadline: time.sleep(0.5)

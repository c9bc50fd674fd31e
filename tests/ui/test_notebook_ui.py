"""In the notebook: forms, badges, the file browser's menu, launcher cards, the palette, notifications; a real lab, and the keyboard alone."""
import json
import re

import pytest

import opsnb as ops
from lab import SHOTS, axe, browser_page, lab
from opsnb.workspace import Workspace
from support import cells

pytestmark = pytest.mark.timeout(400)
LONG = 60_000
PARAMETERS = """from typing import Annotated, Literal
from annotated_types import Gt, Le
lr: Annotated[float, Gt(0), Le(1)] = 0.01  # learning rate
epochs: int = 3  # rounds through the data
optimizer: Literal["adam", "sgd"] = "adam"  # how steps are taken
shuffle: bool = True  # mix the rows first
wait_s: float = 0.1  # between rounds
api_key: "Secret" = None  # of the data shop"""
HOSTILE = "<img src=x onerror=document.title='hit'>"
TRACKED = "%%track fit -m loss\nloss = [1 / (i + lr) for i in range(epochs)]"
ACCEPT = ".jp-Dialog button.jp-mod-accept"


@pytest.fixture
def written(project, monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    (project / "train.ipynb").write_text(cells(PARAMETERS, "%load_ext opsnb", TRACKED, "import opsnb as ops\nops.publish(rate=lr, rounds=epochs)"))
    (project / "broken.ipynb").write_text('{"cells": [')
    return project


def shot(page, name): page.screenshot(path=SHOTS / f"note_{name}.png")


def opened(page, address, token, path="/tree/train.ipynb"):
    page.goto(f"{address}/lab{path}?token={token}&reset")
    page.wait_for_selector('[data-jp-item-name="opsnb-run"]' if "ipynb" in path else '.jp-LauncherCard[data-category="opsnb"]', timeout=LONG)


def form(page):
    """The form that comes; before it, the notebook is saved when the lab asks."""
    page.wait_for_selector(".jp-opsnb-Form, .jp-Dialog:has-text('Save train.ipynb?')", timeout=LONG)
    if page.locator(".jp-opsnb-Form").count() == 0: page.click(ACCEPT)
    page.wait_for_selector(".jp-opsnb-Form", timeout=LONG)
    page.wait_for_function("() => document.activeElement.closest('.jp-opsnb-Form')", timeout=LONG)


def palette(page, words):
    page.keyboard.press("Control+Shift+C")
    page.wait_for_selector(".lm-CommandPalette-input >> visible=true", timeout=LONG)
    page.locator(".lm-CommandPalette-input >> visible=true").fill(words)
    page.wait_for_selector(".lm-CommandPalette-item.lm-mod-active", timeout=LONG)
    page.keyboard.press("Enter")


def gone(page): page.wait_for_selector(".jp-opsnb-Form", state="detached", timeout=LONG)


def ended(ws, **what):
    from support import until
    assert until(lambda: [r for r in ops.runs(workspace=ws, **what) if r["status"] == "done"], 60, 0.3), [dict(r) for r in ops.runs(workspace=ws)]
    return ops.runs(workspace=ws, **what)


def test_a_notebook_is_run_and_submitted_from_its_toolbar(written, tmp_path):
    with lab(written, tmp_path / "home") as (address, token), browser_page() as page:
        wrong = []
        page.on("console", lambda m: wrong.append(m.text) if m.type == "error" and "400" not in m.text else None)
        page.on("pageerror", lambda e: wrong.append(str(e)))
        opened(page, address, token)
        page.click('[data-jp-item-name="opsnb-run"] jp-button')
        form(page)
        assert [r.get_attribute("data-field") for r in page.locator(".jp-opsnb-Form fieldset").first.locator("[data-field]").all()] == ["lr", "epochs", "optimizer", "shuffle", "wait_s", "api_key"]
        page.fill('[data-field="lr"] input', "7")
        page.fill('[data-field="epochs"] input', "many")
        page.fill('[data-field="api_key"] input', "sk-very-secret")
        page.click(ACCEPT)
        page.wait_for_selector('[data-field="api_key"] [role=alert]', timeout=LONG)  # refused here: a secret is not sent
        page.fill('[data-field="api_key"] input', "")
        page.click(ACCEPT)
        page.wait_for_selector('[data-field="lr"] [role=alert]:has-text("less than or equal to 1")', timeout=LONG)
        assert page.locator('[data-field="epochs"] [role=alert]').count() == 1 and page.locator('[data-field="wait_s"] [role=alert]').count() == 0
        page.wait_for_function("() => document.activeElement.closest('[data-field]')?.dataset.field === 'lr'", timeout=LONG)
        shot(page, "refused")
        assert axe(page, ".jp-Dialog") == []
        page.fill('[data-field="lr"] input', "0.5")
        page.fill('[data-field="epochs"] input', "4")
        page.click(ACCEPT)
        gone(page)
        page.wait_for_selector(".Toastify__toast:has-text('train.ipynb runs as job_')", timeout=LONG)
        page.wait_for_selector(".jp-opsnb-Status button", timeout=LONG)
        shot(page, "started")
        page.wait_for_selector(".Toastify__toast:has-text('done')", timeout=LONG)  # the job's end is told
        assert page.locator(".Toastify__toast:has-text('done')").count() == 1
        shot(page, "told")
        page.click(".Toastify__toast:has-text('done') button:has-text('Open Executed Notebook')")
        page.wait_for_selector(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-opsnb-Badge[data-state='done']", timeout=LONG)
        page.wait_for_function("() => document.querySelectorAll('.jp-opsnb-Badge[data-state=done]').length >= 4", timeout=LONG)
        shot(page, "executed")
        ws = Workspace.open(written / ".opsnb")
        [row] = ended(ws, type="notebook")
        assert ops.run(row["run"], workspace=ws).state.params == {"lr": "0.5", "epochs": "4"}
        page.wait_for_selector(".jp-opsnb-Status button", state="hidden", timeout=LONG)  # quiet again
        page.click(".lm-TabBar-tab[title*='train.ipynb'] >> nth=0")
        palette(page, "Submit as Job")
        form(page)
        page.fill('[data-field="cpus"] input', "1")
        page.fill('[data-field="name"] input', HOSTILE)
        shot(page, "submit")
        page.click(ACCEPT)
        gone(page)
        page.wait_for_selector(".Toastify__toast:has-text('onerror'):has-text('done')", timeout=LONG)
        assert ended(ws, name=HOSTILE)
        assert not wrong and page.title() != "hit", wrong


def test_badges_palette_menus_and_the_keyboard_alone(written, tmp_path):
    with lab(written, tmp_path / "home", dark=True) as (address, token), browser_page() as page:
        opened(page, address, token)
        page.wait_for_selector("text=Python 3 (ipykernel) | Idle", timeout=LONG)
        palette(page, "Run All Cells")
        page.wait_for_selector(".jp-opsnb-Badge[data-state='done']", timeout=LONG)
        badge = page.locator(".jp-opsnb-Badge")
        assert badge.count() == 1 and re.search(r"✓ (0\.\d s|\d+ ms)", badge.inner_text()) and "fit: done" in badge.get_attribute("title")
        shot(page, "badge_dark")
        palette(page, "runs: list the recorded runs")
        form(page)
        page.keyboard.press("Tab")
        page.keyboard.type("fit")  # the second field: the name
        page.keyboard.press("Enter")
        page.wait_for_selector(".jp-opsnb-Result td:has-text('fit')", timeout=LONG)
        assert "name=fit" in page.locator(".jp-opsnb-Result-head").inner_text()
        shot(page, "verb_dark")
        assert axe(page, ".jp-opsnb-Result") == []
        palette(page, "job: one job")  # a verb that says why not
        form(page)
        page.keyboard.type("job_none")
        page.keyboard.press("Enter")
        page.wait_for_selector(".jp-opsnb-Form .jp-opsnb-Failure", timeout=LONG)
        page.keyboard.press("Escape")
        gone(page)
        page.click('.jp-DirListing-item:has-text("broken.ipynb")', button="right")
        page.click('.lm-Menu-item:has-text("Run with opsnb")')
        page.wait_for_selector(".jp-Dialog:has-text('is not a notebook')", timeout=LONG)
        shot(page, "malformed_dark")
        page.keyboard.press("Enter")
        page.click('.jp-DirListing-item:has-text("train.ipynb")', button="right")
        assert page.locator('.lm-Menu-item:has-text("Plan"):visible').count() == 0
        shot(page, "menu_dark")
        page.click('.lm-Menu-item:has-text("Schedule")')
        page.wait_for_selector(".jp-opsnb-Form-next li:nth-child(3)", timeout=LONG)
        page.fill('[data-field="cron"] input', "61 * * * *")
        page.wait_for_selector(".jp-opsnb-Failure:has-text('not a cron expression')", timeout=LONG)
        page.fill('[data-field="cron"] input', "0 3 * * *")
        page.fill('[data-field="tz"] input', "Europe/Berlin")
        page.wait_for_selector(".jp-opsnb-Form-next:has-text('03:00')", timeout=LONG)
        shot(page, "schedule_dark")
        assert axe(page, ".jp-Dialog") == []
        page.click(ACCEPT)
        gone(page)
        [made] = ops.schedules(workspace=Workspace.open(written / ".opsnb"))
        assert "Europe/Berlin" in json.dumps(made, default=str)


def test_a_launcher_card_makes_a_project(project, tmp_path):
    (project / "train-and-gate").mkdir()  # so that the first name is taken
    with lab(project, tmp_path / "home") as (address, token), browser_page() as page:
        opened(page, address, token, "")
        shot(page, "launcher")
        assert page.locator('.jp-LauncherCard[data-category="opsnb"]').count() == len(ops.templates())
        page.click('.jp-LauncherCard[data-category="opsnb"]:has-text("train and gate")')
        form(page)
        assert page.input_value('[data-field="name"] input') == "train-and-gate-2"
        page.click(ACCEPT)
        gone(page)
        page.wait_for_selector(".lm-TabBar-tab:has-text('prepare.ipynb')", timeout=LONG)
        assert (project / "train-and-gate-2" / "pipeline.yaml").exists() and (project / "train-and-gate-2" / ".opsnb").is_dir()
        page.wait_for_selector(".jp-DirListing-item:has-text('pipeline.yaml')", timeout=LONG)
        shot(page, "project")
        page.click(".jp-DirListing-item:has-text('pipeline.yaml')", button="right")
        page.click('.lm-Menu-item:has-text("Plan")')
        page.wait_for_selector(".jp-opsnb-Tab:has-text('evaluate')", timeout=LONG)
        shot(page, "plan")

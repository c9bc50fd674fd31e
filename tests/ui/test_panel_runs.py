"""Runs, jobs and the machine in the panel and in tabs, in a real JupyterLab: live, by keyboard, after a reload, without the network, with hostile names."""
import contextlib
import json
import subprocess
import sys

import pytest

import opsnb as ops
from lab import axe, browser_page, lab, written_down
from opsnb.workspace import Workspace
from support import cells
from test_tour import command, idle, open_notebook, shot

pytestmark = pytest.mark.timeout(400)
BAD = '<img src=x onerror="window.bad = 1">'
NAMES = [BAD, "שלום עולם", "a/b\\..\\c", "x" * 10_000, "<script>window.bad = 2</script>"]
LONG = 60_000


@pytest.fixture
def ws(project, monkeypatch):
    for name, value in {"OPSNB_DELIVERY": "off", "OPSNB_FAKE_GPUS": "1", "OPSNB_GRACE_S": "2"}.items(): monkeypatch.setenv(name, value)
    monkeypatch.chdir(project)
    return Workspace.open(project / ".opsnb")


def runs_of(ws, n=3):
    """Some runs with curves, parameters, files, and one with runs below it."""
    made = []
    for i in range(n):
        with ops.track(f"fit {i}", params={"lr": round(0.1 * (i + 1), 2), "seed": 1}, quiet=True) as run:
            for k in range(300): run.log(loss=1 / (1 + k * (i + 1) / 20), accuracy=k / 300)
            if i == n - 1:
                run.text("a,b\n1,2\n", "table.csv")
                run.text(f"<h1>a page</h1>{BAD}", "page.html")
                run.tag({"verdict.quality": "✗ no: accuracy 0.7 is below 0.8"})
                with ops.track("fold", quiet=True) as below: below.log(loss=0.5)
        made.append(run.id)
    return made


def panel(page, address, token, path=""):
    page.goto(f"{address}/lab{path}?token={token}&reset")
    page.wait_for_selector('[data-id="opsnb-panel"]', timeout=LONG)
    page.wait_for_selector("#jupyterlab-splash", state="detached", timeout=LONG)
    if not page.locator("#opsnb-panel:visible").count(): page.click('[data-id="opsnb-panel"]')
    page.wait_for_selector("#opsnb-section-runs .jp-opsnb-Bar:visible", timeout=LONG)


def row(name, section="runs"): return f"#opsnb-section-{section} li:has(bdi:text-is({json.dumps(name, ensure_ascii=False)}))"


def wait(page, selector): return page.wait_for_selector(selector, timeout=LONG)


def openly(page, name, section="runs"):
    wait(page, row(name, section))
    page.locator(row(name, section)).first.click()
    page.locator(f"#opsnb-section-{section} .jp-opsnb-List").press("Enter")


def tab_shows(page, words): page.wait_for_function("w => [...document.querySelectorAll('.jp-opsnb-Tab')].some(e => e.offsetParent && e.innerText.includes(w))", arg=words, timeout=LONG)


@contextlib.contextmanager
def watched(page):
    """No error of ours in the page's console, and nothing that a name brought was executed."""
    wrong = []
    page.on("pageerror", lambda e: wrong.append(str(e)))
    page.on("console", lambda m: wrong.append(m.text) if m.type == "error" and "opsnb" in m.text else None)
    yield
    assert not wrong and page.evaluate("window.bad") is None
    assert page.evaluate("document.querySelectorAll('.jp-opsnb-Section img, .jp-opsnb-Tab img, .jp-opsnb-Section script, .jp-opsnb-Tab script').length") == 0


def test_a_kernel_logs_and_rows_curves_and_windows_follow(ws, project, tmp_path):
    runs_of(ws)
    (project / "live.ipynb").write_text(cells("import opsnb as ops, time", "run = ops.track('live', quiet=True).start()\nfor i in range(400):\n    run.log(loss=1000.0 - i)\n    time.sleep(0.1)\nrun.finish()"))
    with lab(project, tmp_path / "home") as (address, token), browser_page() as page, watched(page):
        open_notebook(page, address, token, "live.ipynb")
        idle(page)
        page.click('[data-id="opsnb-panel"]')
        wait(page, row("fit 0"))
        command(page, "Run All Cells")
        wait(page, row("live") + " [aria-label=running]")
        wait(page, row("live") + " .jp-opsnb-Sparkline")
        openly(page, "live")
        wait(page, ".jp-opsnb-Chart polyline:visible")
        points = "() => [...document.querySelectorAll('.jp-opsnb-Chart polyline')].map(e => e.getAttribute('points').split(' ').length)[0]"
        before = page.evaluate(points)
        page.wait_for_function(f"n => ({points})() > n + 5", arg=before, timeout=LONG)
        took = page.locator(row("live") + " .jp-opsnb-Took").inner_text()
        page.wait_for_function("t => document.querySelector('#opsnb-section-runs li .jp-opsnb-Took').innerText != t", arg=took, timeout=LONG)  # it ticks

        other = page.context.browser.new_page()  # a second window on the same workspace
        panel(other, address, token)
        wait(other, row("live") + " [aria-label=running]")
        with ops.track("elsewhere", quiet=True): pass
        wait(other, row("elsewhere"))
        wait(page, row("elsewhere"))
        other.close()

        page.context.set_offline(True)  # the network is lost, and comes back
        with ops.track("meanwhile", quiet=True): pass
        page.wait_for_timeout(1500)
        assert page.locator(row("meanwhile")).count() == 0
        page.context.set_offline(False)
        wait(page, row("meanwhile"))


def test_compared_looked_into_and_there_after_a_reload(ws, project, tmp_path):
    runs_of(ws)
    for name in NAMES:
        with ops.track(name, params={"note": name}, quiet=True) as run: run.log(loss=1.0)
    with lab(project, tmp_path / "home") as (address, token), browser_page() as page, watched(page):
        panel(page, address, token)
        wait(page, row("fit 2"))
        for name in NAMES[:3]: assert page.locator(row(name)).count() == 1
        shot(page, "runs_section")
        for name in ("runs", "jobs", "machine"): assert axe(page, f"#opsnb-section-{name}") == []

        page.click("[aria-label='Group by experiment']")
        wait(page, row("project") + "[aria-expanded=false]")
        openly(page, "project")
        wait(page, row("fit 0") + "[aria-level='2']")
        page.click("[aria-label='Group by experiment']")
        wait(page, row("fit 0") + "[aria-level='1']")

        page.locator(row("fit 0")).click()
        page.locator(row("fit 1")).click(modifiers=["Control"])
        page.click("text=Compare 2")
        wait(page, ".jp-opsnb-Best:visible")
        wait(page, ".jp-opsnb-Chart polyline:visible")
        tab_shows(page, "best by")
        tab_shows(page, "Parameters that differ")
        assert page.locator(".jp-opsnb-Chart:visible polyline").count() == 2
        shot(page, "runs_comparison")
        assert axe(page, ".jp-opsnb-Page") == []

        openly(page, "fit 2")
        tab_shows(page, "✗ no quality: accuracy 0.7 is below 0.8")
        page.click(".jp-opsnb-FileList li:has-text('table.csv')")
        wait(page, ".jp-opsnb-Look td bdi:text-is('2')")
        page.click(".jp-opsnb-FileList li:has-text('page.html')")
        page.click("text=Show it as a page")
        wait(page, "iframe[sandbox='']")
        shot(page, "runs_run")
        page.click("text=Show its source")
        assert axe(page, "[id^='opsnb-run-']") == []
        for name in NAMES:
            openly(page, name)
            tab_shows(page, name[:80])
        fit = ops.runs(name="fit 2").rows[0]["run"]
        written_down(address, token, fit, "opsnb-comparison")
        page.reload()
        wait(page, ".lm-TabBar-tabLabel:has-text('fit 2')")
        wait(page, ".lm-TabBar-tabLabel:has-text('Compare 2 runs')")
        page.click(".lm-TabBar-tabLabel:has-text('fit 2')")
        tab_shows(page, "accuracy 0.7 is below 0.8")


def test_by_keyboard_alone(ws, project, tmp_path):
    runs_of(ws)
    with lab(project, tmp_path / "home", dark=True) as (address, token), browser_page() as page, watched(page):
        panel(page, address, token)
        wait(page, row("fit 2"))
        runs = page.locator("#opsnb-section-runs .jp-opsnb-List")
        runs.press("Home")
        runs.press("ArrowRight")  # opens the family
        wait(page, row("fold"))
        runs.press("ArrowLeft")
        page.wait_for_function("() => ![...document.querySelectorAll('#opsnb-section-runs li')].some(e => e.innerText.includes('fold'))", timeout=LONG)
        runs.press("Space")
        runs.press("ArrowDown")
        runs.press("Space")
        assert page.locator("#opsnb-section-runs li[aria-selected=true]").count() == 2
        runs.press("Enter")
        tab_shows(page, "fit 1")
        page.focus("#opsnb-section-runs .jp-opsnb-Search")
        page.keyboard.type("fit 2")
        page.wait_for_function("() => document.querySelectorAll('#opsnb-section-runs li').length == 1", timeout=LONG)
        page.keyboard.press("Escape")
        page.wait_for_function("() => document.querySelectorAll('#opsnb-section-runs li').length >= 3", timeout=LONG)
        page.focus("#opsnb-section-runs .jp-opsnb-Word")
        page.keyboard.press("Enter")
        wait(page, ".jp-opsnb-Best:visible")
        shot(page, "runs_comparison_dark")
        assert axe(page, "[id^='opsnb-comparison-']") == []
        for name in ("runs", "jobs", "machine"): assert axe(page, f"#opsnb-section-{name}") == []


def test_a_job_is_followed_and_cancelled(ws, project, tmp_path):
    code = f"import time\nprint({BAD!r})\nprint('\\x1b[31mred\\x1b[0m plain')\nfor i in range(5): print(f'\\r{{i}} %', end='')\nprint()\nfor i in range(3000):\n    print('epoch', i, flush=True)\n    time.sleep(0.05)"
    big = ops.submit([sys.executable, "-c", "for i in range(200_000): print('line', i)"], name="say a lot")
    big.wait(120, show=False)
    job, queued = (ops.submit([sys.executable, "-c", code], name=n, gpus=1) for n in ("train", "next"))
    try:
        with lab(project, tmp_path / "home") as (address, token), browser_page() as page, watched(page):
            panel(page, address, token)
            page.click("#opsnb-panel .jp-AccordionPanel-title:has-text('GPU and machine')")
            wait(page, row("train", "jobs") + " [aria-label=running]")
            wait(page, row("next", "jobs") + " .jp-opsnb-Why:has-text('gpus=1 where 0 of 1 are free')")
            wait(page, "#opsnb-section-machine [role=meter]")
            wait(page, "#opsnb-section-machine td:has-text('train')")
            openly(page, "train", "jobs")
            wait(page, ".jp-opsnb-LogLine:has-text('epoch'):visible")
            box = page.locator(".jp-opsnb-LogBox")
            assert box.locator(".jp-opsnb-LogLine").count() < 120
            page.wait_for_function("() => { const b = document.querySelector('.jp-opsnb-LogBox'); return b.scrollHeight > b.clientHeight + 400 && b.scrollTop + b.clientHeight > b.scrollHeight - 40 }", timeout=LONG)
            shot(page, "runs_job")
            box.evaluate("e => { e.scrollTop = 0 }")
            wait(page, ".jp-opsnb-LogLine:has-text('red plain')")
            assert page.locator(".jp-opsnb-ansi-red:text-is('red')").count() == 1
            assert page.locator(".jp-opsnb-LogLine:has-text('4 %')").count() == 1 and page.locator(".jp-opsnb-LogLine:has-text('3 %')").count() == 0
            assert page.locator(f".jp-opsnb-LogLine:has-text({json.dumps(BAD)})").count() >= 1
            page.wait_for_timeout(1500)
            assert box.evaluate("e => e.scrollTop") < 200  # who reads is not carried away
            page.click("button:has-text('Follow')")
            page.wait_for_function("() => { const b = document.querySelector('.jp-opsnb-LogBox'); return b.scrollTop + b.clientHeight > b.scrollHeight - 40 }", timeout=LONG)
            assert axe(page, "[id^='opsnb-job-']") == []
            for name in ("runs", "jobs", "machine"): assert axe(page, f"#opsnb-section-{name}") == []
            page.click(".jp-opsnb-Header button:has-text('Cancel')")
            page.click(".jp-Dialog button:has-text('Cancel the Job')")
            wait(page, row("train", "jobs") + " [aria-label=cancelled]")
            tab_shows(page, "⊘ cancelled")
            wait(page, row("next", "jobs") + " [aria-label=running]")
            page.locator(row("next", "jobs")).click()
            page.click("#opsnb-section-jobs [aria-label='Cancel…']")
            page.click(".jp-Dialog button:has-text('Cancel the Job')")
            wait(page, row("next", "jobs") + " [aria-label=cancelled]")

            openly(page, "say a lot", "jobs")
            wait(page, ".jp-opsnb-LogLine:has-text('line 199999')")
            page.fill(".jp-opsnb-Log .jp-opsnb-Search >> visible=true", "line 123456")
            wait(page, ".jp-opsnb-LogLine.jp-opsnb-mod-current:has-text('line 123456')")
            tab_shows(page, "1 of 1")
            page.click("button:has-text('Beginning') >> visible=true")
            wait(page, ".jp-opsnb-LogLine span:text-is('line 0')")
            shot(page, "runs_log")
    finally:
        for j in (job, queued): j.cancel()


def test_a_notebook_run_leads_to_the_cell_that_failed(ws, project, tmp_path):
    (project / "train.ipynb").write_text(cells("lr = 0.1", "print('hello')", *[f"x{i} = {i}" for i in range(30)], "raise ValueError('no')"))
    subprocess.run([sys.executable, "-m", "opsnb", "run", "train.ipynb"], cwd=project, capture_output=True, timeout=120)
    with lab(project, tmp_path / "home", dark=True) as (address, token), browser_page() as page, watched(page):
        panel(page, address, token)
        openly(page, "train")
        wait(page, ".jp-opsnb-Cells li:has-text('lr = 0.1')")
        wait(page, ".jp-opsnb-LogLine:has-text('hello')")
        shot(page, "runs_notebook_dark")
        assert axe(page, "[id^='opsnb-run-']") == []
        page.click("text=Go to the cell that failed")
        wait(page, ".jp-Notebook .jp-Cell.jp-mod-active:has-text('ValueError')")

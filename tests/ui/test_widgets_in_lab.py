"""The widgets in a real JupyterLab: they live while something goes on, are worked with the keyboard alone, and stay readable without a kernel."""
import json
import shutil

import pytest

import opsnb as ops
from lab import axe, browser_page, lab
from opsnb.workspace import Workspace
from support import cells
from test_tour import command, idle, open_notebook, shot

pytest.importorskip("anywidget")
pytestmark = pytest.mark.timeout(300)

NAME = "<img src=x onerror=window.bad=1>"
RUN = f"""import opsnb as ops, math, time
run = ops.track({NAME!r}, {{"lr": 0.1, "prompt": {NAME!r}}}, quiet=True, delivery="off").start()
ops.widget(run)"""
LOOP = """for i in range(200):
    run.log({"loss": math.exp(-i / 50), "acc": 1 - math.exp(-i / 60), "spike": 50.0 if i == 77 else 1.0})
    time.sleep(0.02)
run.finish()"""
TWO = """with ops.track("faster", {"lr": 0.3}, quiet=True, delivery="off") as second:
    for i in range(200): second.log(loss=math.exp(-i / 20), acc=1 - math.exp(-i / 25))
ops.widget(run, second)"""
STEP = "import time\nimport opsnb as ops\ntime.sleep(0.7)\nops.publish(rows=n)"
PARAMS = "from typing import Annotated, Literal\nfrom annotated_types import Ge, Le\nn: int = 3  # how many rows\nkind: Literal['sgd', 'adam'] = 'sgd'\nlayers: Annotated[int, Ge(1), Le(9)] = 2"
PIPELINE = "name: churn\nparams: {n: 3}\nsteps:\n  load: {notebook: load.ipynb, params: {n: '${params.n}'}}\n  clean: {notebook: load.ipynb, params: {n: '${load.rows}'}}\n  look: {notebook: load.ipynb, needs: [load]}\n  fit: {notebook: load.ipynb, needs: [clean, look]}\n"
ASK = "ops.build_index('docs', name='rules', workspace=None)\nops.widget('rules')"
JUDGE = "cases = [{'question': f'{i} + {i}', 'output': str(2 * i if i % 3 else 0), 'expected': str(2 * i), 'id': f'c{i}'} for i in range(1, 31)]\nops.widget(ops.evaluate(None, cases, ['exact_match'], name='sums'))"

painted = "() => Number(document.querySelector('.opsnb-curves')?.dataset.painted || 0)"
states = "() => Object.fromEntries([...document.querySelectorAll('.opsnb-graph [data-step]')].map(g => [g.dataset.step, g.dataset.status]))"
stills = "() => [...document.querySelectorAll('.jp-Notebook .opsnb-still')].map(e => e.checkVisibility())"


def waits(page, says, **kw): page.wait_for_function(says, timeout=60_000, **kw)


def save(page):
    command(page, "Save Notebook")
    waits(page, "() => !document.querySelector('.jp-mod-dirty')")


def into_view(page, selector): page.locator(selector).first.evaluate("e => e.scrollIntoView({block: 'start'})")


def tab_to(page, wanted, most=40):
    """Press Tab until the focus is on what the expression `wanted` of the element `e` says."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate(f"() => {{ const e = document.activeElement; return Boolean({wanted}); }}"): return
    raise AssertionError(f"Tab does not lead to {wanted}")


def test_runs_are_drawn_while_they_go_on_and_stay_without_a_kernel(project, tmp_path):
    (project / "nb.ipynb").write_text(cells(RUN, LOOP, TWO))
    with lab(project, tmp_path / "home") as (address, token), browser_page() as page:
        open_notebook(page, address, token, "nb.ipynb")
        idle(page)
        command(page, "Run All Cells")
        waits(page, "() => document.querySelectorAll('.opsnb-panel').length >= 3 && /● running/.test(document.querySelector('.opsnb-widget').innerText)")
        before = page.evaluate(painted)
        waits(page, f"n => ({painted})() >= n + 4 && /● running/.test(document.querySelector('.opsnb-widget').innerText)", arg=before)  # again and again while the loop works
        shot(page, "widget_run_live")
        waits(page, "() => document.querySelectorAll('.opsnb-widget').length == 2 && document.querySelectorAll('.opsnb-curves-bar button').length >= 4")
        assert "✓ done" in page.locator(".opsnb-widget").first.inner_text() and page.evaluate(stills) == [False, False]
        spike = page.locator(".opsnb-panel:has-text('spike')").first
        assert "1 to 50" in spike.inner_text() and spike.get_attribute("aria-label").startswith("spike: last 1, from 1 to 50")
        page.locator(".opsnb-curves-bar button").first.focus()
        tab_to(page, "e.classList.contains('opsnb-panel')")
        page.keyboard.press("Home")
        waits(page, "() => /step 0 · 1$/.test(document.activeElement.innerText)")
        page.keyboard.press("ArrowRight")
        waits(page, "() => /step 1 · 0.98/.test(document.activeElement.innerText)")
        page.keyboard.press("x")  # would cut the cell
        assert page.locator(".jp-Notebook .jp-CodeCell").count() == 3
        into_view(page, ".opsnb-widget >> nth=1")
        page.locator(".opsnb-widget >> nth=1").locator(".opsnb-curves-bar button:has-text('log scale')").click()
        waits(page, "() => document.querySelectorAll('.opsnb-curves')[1].querySelector('button[aria-pressed=true]:last-of-type') && document.querySelectorAll('.opsnb-curves')[1].querySelectorAll('.opsnb-panel')[0].querySelectorAll('polyline').length == 2")
        shot(page, "widget_runs_compared")
        assert not axe(page, ".jp-Notebook .opsnb-widget")
        save(page)
        assert page.evaluate("() => window.bad") is None

    shutil.copytree(tmp_path / "home" / "data", tmp_path / "home2" / "data")  # it knows that the notebook is ours
    with lab(project, tmp_path / "home2", dark=True) as (address, token), browser_page() as page:  # opened again, nothing run
        open_notebook(page, address, token, "nb.ipynb")
        waits(page, f"() => JSON.stringify(({stills})()) == '[true,true]'")
        first = page.locator(".opsnb-still").first
        assert "✓ done" in first.inner_text() and NAME in first.inner_text() and first.locator("img[alt^='loss']").evaluate("e => e.naturalWidth") > 50
        waits(page, "() => [...document.querySelectorAll('.jp-OutputArea-output')].filter(e => /model not found/.test(e.textContent) && !e.checkVisibility()).length == 2")
        assert page.evaluate("() => window.bad") is None
        shot(page, "widget_reopened_dark")


def test_a_pipeline_runs_and_a_form_is_filled_with_the_keyboard(project, tmp_path):
    (project / "load.ipynb").write_text(cells(PARAMS, STEP))
    (project / "pipeline.yaml").write_text(PIPELINE)
    (project / "nb.ipynb").write_text(cells("import opsnb as ops\nops.widget('pipeline.yaml')", "ops.widget('load.ipynb')"))
    with lab(project, tmp_path / "home", dark=True) as (address, token), browser_page(1300, 1200) as page:
        open_notebook(page, address, token, "nb.ipynb")
        idle(page)
        command(page, "Run All Cells")
        waits(page, f"() => JSON.stringify(({states})()) == '{json.dumps(dict.fromkeys(('load', 'clean', 'look', 'fit'), 'queued'), separators=(',', ':'))}'")
        page.locator(".opsnb-graph [data-step=load]").focus()
        for _ in range(3): page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        waits(page, "() => /no earlier result|asked for|if /.test(document.querySelector('.opsnb-widget').innerText) && document.querySelector('[data-step=fit]').getAttribute('aria-pressed') == 'true'")
        tab_to(page, "e.matches('button') && e.innerText.trim() == 'Run'")
        page.keyboard.press("Enter")
        seen = set()
        waits(page, f"() => Object.values(({states})()).includes('running')")
        shot(page, "widget_pipeline_running_dark")
        while not set(now := page.evaluate(states).values()) <= {"done", "failed", "not_run", "cancelled"}:
            seen.add(tuple(now))
            page.wait_for_timeout(50)
        assert set(page.evaluate(states).values()) == {"done"} and len(seen) >= 3, seen
        waits(page, "() => /✓ done/.test(document.querySelector('.opsnb-widget').innerText)")

        form = page.locator(".opsnb-widget").last
        form.locator("input[type=text]").first.focus()
        page.keyboard.press("Control+A")
        page.keyboard.type("many")
        page.keyboard.press("Tab")
        waits(page, "() => /Parameter 'n' of load.ipynb has a wrong value/.test(document.querySelector('.opsnb-field [role=alert]')?.innerText)")
        page.keyboard.type("adam")  # the list is focused now
        form.locator("button:has-text('Run')").first.focus()
        page.keyboard.press("Enter")
        waits(page, "() => /Nothing was started/.test(document.querySelector('.jp-Notebook').innerText)")
        shot(page, "widget_form_wrong_dark")
        form.locator("input[type=text]").first.fill("7")
        page.keyboard.press("Tab")
        waits(page, "() => !document.querySelector('.jp-Notebook .opsnb-field [role=alert]') && /-p n=7 -p kind=adam/.test(document.querySelector('.jp-Notebook').innerText)")
        form.locator("button:has-text('Run')").first.focus()
        page.keyboard.press("Enter")
        waits(page, "() => /published[^]*rows[^]*7/.test([...document.querySelectorAll('.opsnb-widget')].pop().innerText)")
        into_view(page, ".opsnb-field >> nth=1")
        shot(page, "widget_form_done_dark")
        assert not axe(page, ".jp-Notebook .opsnb-widget")
        save(page)
    ran = [r for r in ops.runs(type="notebook", workspace=Workspace.open(project / ".opsnb")).to_dict()]
    assert len(ran) == 1 and ran[0]["params"] == {"n": "7", "kind": "adam"} and ran[0]["status"] == "done"
    still = ["".join(o["data"]["text/html"]) for c in json.loads((project / "nb.ipynb").read_text())["cells"] for o in c["outputs"] if "text/html" in o.get("data", {})]
    assert "data:image/svg+xml" in still[0] and "✓ done" in still[0] and "rows" in still[1]


def test_an_index_is_asked_and_a_report_is_searched(project, tmp_path):
    (project / "docs").mkdir()
    (project / "docs" / "leave.md").write_text(f"# Leave\n\nThe notice period is three months. {NAME}\n\n# Numbers\n\nA number is printed with a comma as its thousands separator.\n")
    (project / "nb.ipynb").write_text(cells("import opsnb as ops\n" + ASK, JUDGE))
    with lab(project, tmp_path / "home") as (address, token), browser_page(1300, 1200) as page:
        open_notebook(page, address, token, "nb.ipynb")
        idle(page)
        command(page, "Run All Cells")
        waits(page, "() => /1 to 10 of 10 cases/.test(document.querySelector('.jp-Notebook').innerText)")
        question = page.locator("input[placeholder^='a question']")
        question.fill("How long is the notice period?")
        question.press("Enter")
        waits(page, "() => [...document.querySelectorAll('.opsnb-widget mark')].map(e => e.innerText).includes('notice')")
        into_view(page, ".opsnb-widget")
        shot(page, "widget_explorer")
        where = page.locator("input[placeholder^='language']")
        where.fill("nothing ==")
        where.press("Enter")
        page.wait_for_selector(".opsnb-widget [role=alert]", timeout=30_000)
        where.fill("")
        tab_to(page, "e.matches('button') && e.innerText.trim() == 'Ask'")
        page.keyboard.press("Enter")
        waits(page, "() => /three months/.test(document.querySelector('.opsnb-widget [role=region]').innerText) && document.querySelector('.opsnb-widget [role=region] details')")
        assert page.evaluate("() => window.bad") is None and not axe(page, ".jp-Notebook .opsnb-widget")

        report = page.locator(".opsnb-widget").last
        report.locator("input[type=checkbox]").uncheck()
        waits(page, "() => /1 to 10 of 30 cases/.test(document.querySelector('.jp-Notebook').innerText)")
        report.locator("button:has-text('Next')").click()
        waits(page, "() => /11 to 20 of 30 cases/.test(document.querySelector('.jp-Notebook').innerText)")
        report.locator("input[type=text]").fill("12 + 12")
        report.locator("input[type=text]").press("Enter")
        waits(page, "() => /1 to 1 of 1 cases/.test(document.querySelector('.jp-Notebook').innerText)")
        report.evaluate("e => e.scrollIntoView({block: 'start'})")
        shot(page, "widget_report")

"""The labelling widget in a real JupyterLab: keys, clicks, corrections, nothing lost, nothing run as HTML; in both themes."""
import json

import pytest

from lab import browser_page, lab
from support import cells, until
from test_tour import command, idle, open_notebook, shot

pytest.importorskip("anywidget")
pytestmark = pytest.mark.timeout(300)
BAD = "<img src=x onerror=\"window.bad = 1\"><script>window.bad = 2</script>"


CODE = f"""import opsnb as ops
cases = [{{"question": f"How long is the notice period, {{i}}?", "expected": "three months", "output": "It is three months, unless the contract says otherwise.", "id": f"c{{i}}"}} for i in range(4)]
cases.append({{"question": {BAD!r}, "output": {BAD!r}, "id": "bad"}})
labels = ops.label(cases, labeller="anna", to="anna.jsonl")
labels"""


def records(project): return [json.loads(line) for line in (project / "anna.jsonl").read_text().splitlines()] if (project / "anna.jsonl").exists() else []


def press(page, project, key, n):
    """Press a key and wait until the file has `n` records and the widget shows what they made."""
    page.keyboard.press(key)
    assert until(lambda: len(records(project)) == n, timeout_s=30), (key, records(project))


def shows(page, text): page.wait_for_function("t => document.querySelector('.opsnb-label')?.innerText.includes(t)", arg=text, timeout=30_000)


def test_labels_at_the_keyboard(project, tmp_path):
    (project / "nb.ipynb").write_text(cells("# labels", CODE))
    with lab(project, tmp_path / "home") as (address, token), browser_page() as page:
        open_notebook(page, address, token, "nb.ipynb")
        idle(page)
        command(page, "Run All Cells")
        page.wait_for_selector(".opsnb-label:focus", timeout=60_000)
        shows(page, "1 of 5")
        press(page, project, "y", 1)
        shows(page, "2 of 5")
        press(page, project, "n", 2)
        shows(page, "3 of 5")
        press(page, project, "u", 3)
        shows(page, "2 of 5")
        press(page, project, "y", 4)
        shows(page, "3 of 5")
        page.keyboard.press("e")
        page.wait_for_selector(".opsnb-label textarea:focus")
        page.keyboard.press("Control+A")
        page.keyboard.type("yes: four months")  # y and n are letters here
        shot(page, "label_edit")
        press(page, project, "Control+Enter", 5)
        shows(page, "yes: four months")
        shot(page, "label_light")
        page.keyboard.press("ArrowRight")
        shows(page, "4 of 5")
        page.keyboard.press("ArrowRight")
        shows(page, "5 of 5")
        page.wait_for_timeout(300)
        assert page.evaluate("window.bad") is None and page.locator(".opsnb-label img, .opsnb-label script").count() == 0
        shows(page, "onerror")
        page.locator(".opsnb-label-keys button:has-text('bad')").click()
        assert until(lambda: len(records(project)) == 6)
        page.keyboard.press("x")
        page.wait_for_timeout(300)
        assert page.locator(".jp-Notebook .jp-Cell").count() == 2  # no key went to the notebook, but those of the lab do
        page.keyboard.press("Control+S")
        page.wait_for_function("() => !document.querySelector('.jp-mod-dirty')", timeout=20_000)
    said = {r["case"]: r for r in records(project)}
    assert [r["label"] for r in said.values()] == ["good", "good", None, "bad"] and said["c2"]["expected"] == "yes: four months"
    saved = json.loads((project / "nb.ipynb").read_text())["cells"][1]["outputs"]
    assert not [o for o in saved if o["output_type"] == "error"] and "<img" not in "".join(saved[0]["data"]["text/html"])
    with lab(project, tmp_path / "home2", dark=True) as (address, token), browser_page() as page:  # another kernel goes on where this one was
        open_notebook(page, address, token, "nb.ipynb")
        idle(page)
        command(page, "Run All Cells")
        shows(page, "3 of 5 · 3 labelled")
        page.locator(".opsnb-label").scroll_into_view_if_needed()
        page.wait_for_timeout(300)
        shot(page, "label_dark")

"""What an evaluation shows in a real JupyterLab: report, comparison, verdict of a gate, leaderboard, drift; in both themes."""
import json

import pytest

from lab import browser_page, lab
from support import cells
from test_tour import command, idle, look, open_notebook

pytestmark = pytest.mark.timeout(300)

NOTEBOOK = ["# reports", """import opsnb as ops
import pandas as pd
capitals = dict(France="Paris", Japan="Tokyo", Peru="Lima", Kenya="Nairobi", Norway="Oslo", Chad="N'Djamena", Fiji="Suva", Cuba="Havana")
asked = ops.dataset([{"question": f"What is the capital of {c}?{' ' * i}", "expected": e, "tags": {"continent": "ab"[len(c) % 2]}} for i in range(6) for c, e in capitals.items()], name="capitals")
def knows(question, most=5): return next((e for c, e in list(capitals.items())[:most] if c in question), "<img src=x onerror='window.hacked=1'>")""",
            "before = ops.evaluate(lambda question: knows(question, 3), asked, ['exact_match', 'chrf'], name='three countries', quiet=True)\nbefore",
            "after = ops.evaluate(lambda question: knows(question, 6), asked, ['exact_match', 'chrf'], name='six countries', quiet=True)\nops.compare(before, after)",
            "ops.gate(after, ['exact_match >= 0.9', 'low(exact_match) >= 0.5', 'exact_match no_worse_than baseline'], baseline=before)",
            "ops.sweep(knows, {'most': [1, 3, 6, 8]}, asked, ['exact_match'], quiet=True)",
            "ops.drift(pd.DataFrame({'age': range(400), 'town': ['A', 'B'] * 200}), pd.DataFrame({'age': range(150, 550), 'town': ['A', 'B'] * 200}))"]


def test_what_an_evaluation_shows(project, tmp_path):
    (project / "nb.ipynb").write_text(cells(*NOTEBOOK))
    shown = [("before = ops.evaluate", "report"), ("ops.compare(before", "compare"), ("ops.gate(after", "gate"), ("ops.sweep(knows", "leaderboard"), ("ops.drift(pd", "drift")]
    with lab(project, tmp_path / "home") as (address, token), browser_page() as page:
        open_notebook(page, address, token, "nb.ipynb")
        idle(page)
        command(page, "Run All Cells")
        page.wait_for_function("() => [...document.querySelectorAll('.jp-Notebook .jp-Cell')].at(-1).innerText.includes('age')  && [...document.querySelectorAll('.jp-Notebook .jp-Cell')].at(-1).querySelector('.jp-OutputArea-output table')", timeout=180_000)
        for code, name in shown: look(page, code, f"evaluate_{name}")
        page.keyboard.press("Control+S")
        page.wait_for_function("() => !document.querySelector('.jp-mod-dirty')", timeout=20_000)
        assert not page.evaluate("window.hacked")
        assert not [o for c in json.loads((project / "nb.ipynb").read_text())["cells"] for o in c.get("outputs", []) if o["output_type"] == "error"]
    with lab(project, tmp_path / "home2", dark=True) as (address, token), browser_page() as page:
        open_notebook(page, address, token, "nb.ipynb")
        for code, name in shown: look(page, code, f"evaluate_{name}_dark")

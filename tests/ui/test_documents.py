"""The tutorial *question your documents* in a real JupyterLab, cell by cell, and opened again in the dark theme."""
import json
from pathlib import Path

import pytest

from lab import browser_page, lab
from support import cells
from test_tour import command, idle, look, open_notebook, shot

pytest.importorskip("lancedb")
pytestmark = pytest.mark.timeout(300)
TUTORIAL = Path(__file__).parents[2] / "nbs/tutorials/question_your_documents.ipynb"


def test_the_tutorial_in_the_lab(project, tmp_path):
    code = ["".join(c["source"]).replace("os.chdir(tempfile.mkdtemp())", "") for c in json.loads(TUTORIAL.read_text())["cells"] if c["cell_type"] == "code"]
    (project / "nb.ipynb").write_text(cells("# question your documents", *code, "%load_ext opsnb", "%%rag ask python\nCan a lambda expression contain\nstatements or annotations?"))
    with lab(project, tmp_path / "home") as (address, token), browser_page() as page:
        open_notebook(page, address, token, "nb.ipynb")
        idle(page)
        command(page, "Run All Cells")
        page.wait_for_function("() => [...document.querySelectorAll('.jp-Notebook .jp-Cell')].at(-1).innerText.includes('cannot contain statements')", timeout=180_000)
        for code, name in [("docs.build", "documents_build"), ("ops.chunks", "documents_chunks"), ("docs.explain", "documents_explain"), ("world cup", "documents_silence"), ("%%rag", "documents_answer")]:
            look(page, code, name)
        page.keyboard.press("Control+S")
        page.wait_for_function("() => !document.querySelector('.jp-mod-dirty')", timeout=20_000)
        outputs = [o for c in json.loads((project / "nb.ipynb").read_text())["cells"] for o in c.get("outputs", [])]
        assert not [o for o in outputs if o["output_type"] == "error"]
        detail = page.locator(".jp-OutputArea-output details:has-text('cannot contain statements')").last
        detail.locator("summary").first.click()
        assert detail.locator("mark").first.is_visible()
        shot(page, "documents_citation")
    with lab(project, tmp_path / "home2", dark=True) as (address, token), browser_page() as page:
        open_notebook(page, address, token, "nb.ipynb")
        look(page, "ops.chunks", "documents_chunks_dark")
        look(page, "docs.explain", "documents_explain_dark")
        look(page, "%%rag", "documents_answer_dark")

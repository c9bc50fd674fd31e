"""The card of a job in a real JupyterLab: live, with a button that cancels it, and right again in a new kernel."""
import json

import pytest

import opsnb as ops
from lab import browser_page, lab
from opsnb.workspace import Workspace
from support import cells, end_couriers
from test_tour import command, idle, open_notebook, shot

pytestmark = pytest.mark.timeout(300)

TRAIN = """%%submit -n train --gpus 1
import time
import opsnb as ops
for i in range(600):
    ops.current().log({"loss": 1 / (i + 1), "acc": 1 - 1 / (i + 2)})
    print(f"epoch {i}", flush=True)
    time.sleep(0.2)
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setenv("OPSNB_FAKE_GPUS", "1")
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    monkeypatch.setenv("OPSNB_GRACE_S", "3")
    for name in ("home", "home2", "project"): (tmp_path / name).mkdir()
    (tmp_path / "project" / "opsnb.toml").touch()
    monkeypatch.chdir(tmp_path / "project")
    yield tmp_path / "project"
    end_couriers(tmp_path)


def saved(project): return [o for c in json.loads((project / "nb.ipynb").read_text())["cells"] for o in c.get("outputs", [])]


def test_a_jobs_card_lives_and_its_button_cancels(project, tmp_path):
    (project / "nb.ipynb").write_text(cells("%load_ext opsnb", TRAIN, TRAIN.replace("-n train", "-n second")))
    with lab(project, tmp_path / "home") as (address, token), browser_page() as page:
        open_notebook(page, address, token, "nb.ipynb")
        idle(page)
        command(page, "Run All Cells")
        first, second = (page.locator(f".jp-OutputArea-output:has-text('{name}')").first for name in ("train", "second"))
        page.wait_for_function("() => /running[^]*CPU cores[^]*epoch 1/.test(document.querySelector('.jp-Notebook').innerText)", timeout=60_000)
        assert first.locator("img[alt^='loss']").evaluate("e => e.naturalWidth") > 50
        assert "queued" in second.inner_text() and "gpus=1 where 0 of 1 are free" in second.inner_text() and page.locator("button:has-text('Cancel')").count() == 2
        first.scroll_into_view_if_needed()
        shot(page, "job_card_running")
        page.locator("button:has-text('Cancel')").first.click()
        page.wait_for_function("() => /⊘ cancelled/.test(document.querySelector('.jp-Notebook').innerText)", timeout=60_000)
        page.wait_for_function("() => (document.querySelector('.jp-Notebook').innerText.match(/● running/g) || []).length == 1 && document.querySelectorAll('.jp-Notebook button.jupyter-button').length == 1", timeout=60_000)
        shot(page, "job_card_cancelled")
        command(page, "Save Notebook")
        page.wait_for_function("() => !document.querySelector('.jp-mod-dirty')", timeout=20_000)
    jobs = {j.name: j for j in ops.jobs(workspace=Workspace.open(project / ".opsnb"))}
    assert (jobs["train"].status, jobs["second"].status) == ("cancelled", "running")  # the lab is gone, and its kernels
    html = ["".join(o["data"]["text/html"]) for o in saved(project) if "text/html" in o.get("data", {})]
    assert "cancelled" in html[0] and "alt=\"loss" in html[0] and f"ops.job(&quot;{jobs['second'].id}&quot;)" in html[1]

    (project / "nb.ipynb").write_text(cells(f"import opsnb as ops\nops.job('{jobs['second'].id}')"))
    with lab(project, tmp_path / "home2", dark=True) as (address, token), browser_page() as page:
        open_notebook(page, address, token, "nb.ipynb")
        idle(page)
        command(page, "Run All Cells")
        page.wait_for_function("() => /running[^]*loss/.test(document.querySelector('.jp-Notebook').innerText)", timeout=60_000)
        page.wait_for_selector("button:has-text('Cancel')")
        shot(page, "job_card_new_kernel")
        page.locator("button:has-text('Cancel')").first.click()
        page.wait_for_function("() => /⊘ cancelled/.test(document.querySelector('.jp-Notebook').innerText) && !document.querySelector('.jp-Notebook button.jupyter-button')", timeout=60_000)
        command(page, "Save Notebook")
        page.wait_for_function("() => !document.querySelector('.jp-mod-dirty')", timeout=20_000)
    assert not any("application/vnd.jupyter.widget-view+json" in o.get("data", {}) for o in saved(project))

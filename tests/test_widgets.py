"""Widgets at the kernel's side: what goes to a front end, what is saved, and that nothing is left behind."""
import json
import re
import signal
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as tree
from pathlib import Path

import pytest

import opsnb as ops
from opsnb import plug
from opsnb.errors import OpsError
from opsnb.params import check_parameters, read_parameters
from opsnb.pipeline.state import StepRun
from opsnb.track import run as recorded
from opsnb.workspace import Workspace
from support import cells, until

pytest.importorskip("ipywidgets")
pytest.importorskip("anywidget")
HOSTILE = ['<img src=x onerror="alert(1)">', "</div></script><b>", "‮txt.exe", "x" * 10_000, "a/../../b", "\x1b[31mred\x07", "'\"><svg onload=alert(1)>"]
VIEW = "application/vnd.jupyter.widget-view+json"


def follow(view):
    view.box
    plug.resolve("opsnb.widgets.view:follow")(view)
    return view


def followers(): return [t.name for t in threading.enumerate() if t.name.startswith("opsnb-") and t.name.endswith("View")]


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setenv("OPSNB_HOME", str(tmp_path / ".opsnb"))
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "opsnb.toml").touch()
    return tmp_path


def test_a_live_card_follows_and_ends_with_its_run(project):
    run = ops.track("fit", quiet=True).start()
    view = follow(ops.widget(run))
    for i in range(50): run.log(loss=1 / (i + 1))
    assert until(lambda: view.curves.lines and view.curves.lines[0]["count"] == 50) and "running" in view.facts.value and followers()
    run.finish()
    assert until(lambda: not followers()) and "done" in view.facts.value and view.thread is None


def parts(widget): return [widget, *(p for c in getattr(widget, "children", ()) for p in parts(c))]


def test_closing_ends_the_thread_and_the_widgets(project):
    run = ops.track("fit", quiet=True).start()
    view = follow(ops.widget(run))
    made = parts(view.box)
    assert followers() and len(made) == 4 and all(w.comm is not None for w in made)
    view.close()
    assert until(lambda: not followers(), 5) and run.status == "running" and all(w.comm is None for w in made) and "fit" in view.html()
    run.finish()


def test_a_run_whose_process_was_killed_is_lost_and_no_thread_waits(project):
    code = "import opsnb as ops, sys, time\nrun = ops.track('doomed', quiet=True).start()\nrun.log(loss=1)\nprint(run.id, flush=True)\ntime.sleep(600)"
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    view = follow(ops.widget(child.stdout.readline().strip()))
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert until(lambda: view.over() and not followers(), 30) and "lost" in view.facts.value and "? lost" in str(view)


def test_a_workspace_that_is_removed_is_said_in_the_widget(project):
    import shutil
    run = ops.track("fit", quiet=True).start()
    view = follow(ops.widget(run))
    shutil.rmtree(project / ".opsnb" / "journal")
    assert until(lambda: not followers(), 10) and "have gone" in view.facts.value and not (project / ".opsnb/journal" / run.id).exists()


def test_points_are_bytes_and_few_and_no_spike_is_lost(project):
    with ops.track("long", quiet=True) as run:
        for at in range(0, 200_000, 1000): run.log_many({"step": list(range(at, at + 1000)), "loss": [1e6 if i == 123_456 else 1 / (i + 1) for i in range(at, at + 1000)]})
    view = ops.widget(run.id)
    view.box
    import struct
    line, = view.curves.lines
    numbers = struct.unpack(f"<{len(view.curves.points) // 4}f", view.curves.points)
    assert line["n"] <= 650 and len(json.dumps(view.curves.lines)) < 500 and max(numbers[line["n"]:]) == 1e6 and numbers[numbers.index(1e6) - line["n"]] == 123_456
    assert line["count"] == 200_000 and line["high"] == 1e6


def test_hostile_names_are_text_everywhere(project):
    found = []
    for name in HOSTILE:
        with ops.track(name, {"prompt": name}, {"note": name}, quiet=True) as run: run.log(loss=1)
        found.append(run.id)
        view = ops.widget(run.id)
        view.box
        for html in (view.html(), view.facts.value): assert "<img src=x" not in html and "<svg onload" not in html and "</script>" not in html and "<b>\"" not in html
    both = ops.widget(*found)
    both.box
    assert "<img src=x" not in both.told() and both.curves.runs[0]["name"].startswith("<img") and max(len(r["name"]) for r in both.curves.runs) < 40  # set as text by the browser
    svg = plug.resolve("opsnb.widgets.graph:svg")({n: StepRun(n, why=n) for n in HOSTILE})
    drawn = tree.fromstring(svg)
    assert {e.tag.partition("}")[2] for e in drawn.iter()} == {"svg", "style", "g", "title", "rect", "text"}


PARAMS = """lr: float = 1e-3
epochs: int
layers: Annotated[int, Ge(1), Le(9)] = 3
kind: Literal['sgd', 'adam'] = 'adam'
fast: bool = False
name: str = 'x'
sizes: list[int] = [1]
when: date = '2026-01-01'
table: dict[str, float] = {}
token: "Secret"
"""


@pytest.mark.parametrize("name,wrong,right,given", [
    ("lr", "fast", "0.5", "0.5"), ("epochs", "2.5", "3", "3"), ("sizes", "[1, x]", "[1, 2]", "[1, 2]"), ("when", "tomorrow", "2026-02-03", "2026-02-03"), ("table", "[1]", "{a: 1}", "{a: 1}"),
])
def test_a_wrong_value_is_said_at_its_field(name, wrong, right, given):
    import ipywidgets
    nb = json.loads(cells(PARAMS))
    params = read_parameters(nb)
    fields = plug.resolve("opsnb.widgets.fields:Fields")(ipywidgets, params, lambda v: check_parameters(nb, v, text=True, later=[n for n in params if n not in v]))
    fields.controls[name].value = wrong
    assert name in fields.errors and "opsnb-problem" in fields.problems[name].value and "opsnb-wrong" in fields.controls[name]._dom_classes
    fields.controls[name].value = right
    assert name not in fields.errors and not fields.problems[name].value and fields.given()[name] == given and "opsnb-wrong" not in fields.controls[name]._dom_classes


def test_a_secret_that_is_typed_is_not_kept():
    import ipywidgets
    nb = json.loads(cells(PARAMS))
    fields = plug.resolve("opsnb.widgets.fields:Fields")(ipywidgets, read_parameters(nb), lambda v: None)
    fields.controls["token"].value = "sk-live-123"
    assert fields.controls["token"].value == "" and "token" in fields.errors and "sk-live" not in fields.problems["token"].value
    kinds = {n: type(c).__name__ for n, c in fields.controls.items()}
    assert kinds["layers"] == "IntSlider" and kinds["kind"] == "Dropdown" and kinds["fast"] == "Checkbox" and kinds["lr"] == "Text"


@pytest.mark.parametrize("thing,says", [("nothing.ipynb", "There is no notebook"), ("nothing.yaml", "There is no pipeline file"), ("broken.ipynb", "not a notebook"), ("broken.yaml", "line"), ("no such index", "cannot be shown"),
                                        (3, "cannot be shown"), ("run_nothing", "There is no run"), ("job_nothing", "There is no job"), (object(), "cannot be shown")])
def test_what_cannot_be_shown_says_why(project, thing, says):
    (project / "broken.ipynb").write_text("<<<<<<< HEAD")
    (project / "broken.yaml").write_text("steps: [")
    with pytest.raises(OpsError) as e: ops.widget(thing)
    assert says in str(e.value)


def test_a_pipeline_of_another_process_is_followed(project):
    (project / "step.ipynb").write_text(cells("n: int = 1", "import time, opsnb as ops\ntime.sleep(0.3)\nif n == 3: raise ValueError('no')\nops.publish(n=n)"))
    (project / "pipeline.yaml").write_text("name: p\nsteps:\n  a: {notebook: step.ipynb}\n  b: {notebook: step.ipynb, needs: [a], params: {n: 3}}\n  c: {notebook: step.ipynb, needs: [b]}\n")
    child = subprocess.Popen([sys.executable, "-m", "opsnb", "pipeline", "run"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    journal = Workspace.find().journal
    def begun(): return next((p.parent.name for p in journal.glob("*/*.jsonl") if '"pipeline.started"' in p.read_text()), None)
    view, seen = follow(ops.widget(until(begun, 60))), set()
    def ended():
        seen.update(re.findall(r'data-step="(\w)" data-status="(\w+)"', view.graph.svg))
        return view.over() and not followers()
    assert until(ended, 90)
    assert child.wait(30) == 1 and {("a", "running"), ("a", "done"), ("b", "failed"), ("c", "not_run")} <= seen
    assert {i: s.status for i, s in view.steps().items()} == {"a": "done", "b": "failed", "c": "not_run"} and "ValueError: no" in view.head.value
    view.graph.chosen = "b"
    assert "ValueError: no" in view.chosen.value and view.buttons["Run from here"].disabled is False


def kernel_says(project, code, looked_at):
    """The messages of a real kernel that is asked by somebody who can answer, or by a program."""
    from jupyter_client.manager import start_new_kernel
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(project))
    try:
        messages = []
        for part in code:
            sent, idle = client.execute(part, allow_stdin=looked_at), False
            while not idle:
                m = client.get_iopub_msg(timeout=60)
                messages.append(m)
                assert m["msg_type"] != "error", m["content"]
                idle = m["msg_type"] == "status" and m["content"]["execution_state"] == "idle" and m["parent_header"].get("msg_id") == sent
        return messages
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


CODE = ["import opsnb as ops\nrun = ops.track('fit', quiet=True).start()\nview = ops.widget(run)\nview", "for i in range(20_000): run.log(loss=1 / (i + 1))\nrun.finish()",
        "import threading, time\nend = time.time() + 30\nwhile view.thread and time.time() < end: time.sleep(0.05)\nprint('left', [t.name for t in threading.enumerate() if t.name.endswith('View')])"]


def outputs(messages): return [m["content"] for m in messages if m["msg_type"] in ("display_data", "update_display_data")]


def test_a_kernel_that_is_looked_at_sends_a_widget_and_binary_points(project):
    messages = kernel_says(project, CODE, True)
    shown = outputs(messages)
    assert VIEW in shown[1]["data"] and "text/html" in shown[0]["data"] and "done" in shown[-1]["data"]["text/html"] and shown[-1]["transient"] == shown[0]["transient"]
    updates = [m for m in messages if m["msg_type"].startswith("comm_") and "points" in json.dumps(m["content"].get("data", {}).get("buffer_paths", []))]
    assert updates and all(m["buffers"] for m in updates) and max(len(json.dumps(m["content"]["data"]["state"])) for m in updates if m["msg_type"] == "comm_msg") < 1000
    assert max(len(bytes(b)) for m in updates for b in m["buffers"]) < 6000
    assert [m["content"]["text"] for m in messages if m["msg_type"] == "stream"] == ["left []\n"]


def test_a_kernel_that_a_program_drives_sends_stills_only(project):
    shown = outputs(kernel_says(project, CODE, False))
    assert not [s for s in shown if VIEW in s["data"]] and "running" in shown[0]["data"]["text/html"] and "done" in shown[-1]["data"]["text/html"]


def test_a_notebook_that_is_executed_and_exported_shows_how_it_ended(project):
    import nbclient
    import nbconvert
    import nbformat
    (project / "fit.ipynb").write_text(cells("lr: float = 0.1  # learning rate", "1"))
    (project / "nb.ipynb").write_text(cells("k: int = 1", "import opsnb as ops\nrun = ops.track('inner', quiet=True).start()\nops.widget(run)", "for i in range(100): run.log(loss=1 / (i + 1))\nrun.finish()", "ops.widget('fit.ipynb')"))
    done = ops.run_notebook("nb.ipynb")
    plain = nbformat.read("nb.ipynb", 4)
    nbclient.NotebookClient(plain, kernel_name="python3").execute()
    for nb in (nbformat.read(done.path, 4), plain):
        data = [o["data"] for c in nb.cells for o in c.get("outputs", [])]
        assert len(data) == 2 and all(set(d) == {"text/html", "text/plain"} for d in data) and not nb.metadata.get("widgets")
        html = nbconvert.HTMLExporter().from_notebook_node(nb)[0]
        assert "inner</b>" in html and "✓ done" in html and "● running" not in html and 'alt="loss' in html and "learning rate" in html


def test_importing_opsnb_and_asking_for_the_verb_load_no_widgets():
    code = "import sys, opsnb as ops\nops.widget\nprint(sorted({'ipywidgets', 'anywidget', 'traitlets', 'pandas', 'mlflow', 'numpy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_without_ipywidgets_there_is_the_still(project):
    with ops.track("fit", quiet=True) as run: run.log(loss=1)
    code = f"""import sys\nsys.modules['ipywidgets'] = None
import opsnb as ops
view = ops.widget({run.id!r})
print(sorted(view._repr_mimebundle_()), 'fit' in view._repr_html_())
try: view.box
except ops.OpsError as e: print(e)"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "['text/html', 'text/plain'] True" in said.stdout and "opsnb[lab]" in said.stdout, said.stderr


def test_a_job_can_be_cancelled_and_retried_from_its_view(project):
    job = ops.submit(["sleep", "60"], name="nap")
    view = follow(ops.widget(job))
    assert until(lambda: "running" in view.facts.value, 30) and not view.stop.disabled and view.again.disabled
    view.stop.click()
    assert until(lambda: "cancelled" in view.facts.value and not followers(), 60) and view.stop.disabled
    view.again.click()
    assert until(lambda: "● running" in view.facts.value, 30) and followers()
    ops.cancel(job.id)
    assert until(lambda: not followers(), 60)


def test_what_a_button_starts_is_stopped_in_order(project):
    (project / "long.ipynb").write_text(cells("n: int = 1", "import time\ntime.sleep(120)"))
    view = ops.widget(Path("long.ipynb"))
    view.box
    view.go.click()
    assert until(lambda: view.started.tail and view.started.tail.cell and view.started.tail.cell[0] == 1, 60) and view.go.disabled
    time.sleep(0.5)
    view.stop.click()
    assert until(lambda: view.over() and not followers(), 60) and "cancelled" in view.below.facts.value and recorded(view.started.id).status == "cancelled"
    assert until(lambda: not view.go.disabled, 5)

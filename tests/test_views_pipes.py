"""What the panel is told of pipelines, indexes and evaluations: states after a failure, a kill and a resumption; damaged files; hostile words; size."""
import json
import time

import pytest

import opsnb as ops
from opsnb.errors import OpsError
from opsnb.pipeline import Pipeline, resume_pipeline
from opsnb.show import STATES
from opsnb.view import VIEWS
from opsnb.view.board import Board
from opsnb.view.evaluations import case, cases, flips, gates, report, reports, trend
from opsnb.view.indexes import document, documents, index, indexes, passages
from opsnb.view.layers import drawn
from opsnb.view.pipelines import graph, pipelines
from opsnb.view.schedules import schedules
from opsnb.workspace import Workspace

NASTY = "<img src=x onerror='window.hacked=1'>"
STEPS = "def load(rows: int = 3) -> dict: return {'sum': rows}\ndef judge(loss: float = 1.0) -> dict: return {'good': True}\n"
TRAIN = "def train(sum: int = 0, fail: bool = False) -> dict:\n    assert not fail, 'bad data'\n    return {'loss': 1 / (1 + sum)}\n"
YAML = """name: churn
params: {rows: 3, fail: false}
steps:
  load: {function: "steps.py:load", params: {rows: "${params.rows}"}}
  train: {function: "train.py:train", params: {sum: "${load.sum}", fail: "${params.fail}"}}
  judge: {function: "steps.py:judge", params: {loss: "${train.loss}"}}
"""


@pytest.fixture
def ws(tmp_path, monkeypatch):
    monkeypatch.setenv("OPSNB_SINKS", "")
    (tmp_path / "opsnb.toml").touch()
    ws = Workspace.open(tmp_path / ".opsnb")
    monkeypatch.setenv("OPSNB_HOME", str(ws.path))
    (tmp_path / "churn").mkdir()
    (tmp_path / "churn/steps.py").write_text(STEPS)
    (tmp_path / "churn/train.py").write_text(TRAIN)
    (tmp_path / "churn/pipeline.yaml").write_text(YAML)
    return ws


@pytest.fixture
def board(ws): return Board(ws)


def states(picture): return {n.step: n.status for n in picture.nodes}


def test_a_run_that_failed_and_was_resumed(ws, board):
    made = Pipeline(ws.root / "churn/pipeline.yaml")
    made.run({"fail": True}, check=False)
    failed = graph(board, "churn/pipeline.yaml", "latest")
    assert states(failed) == {"load": "done", "train": "failed", "judge": "not_run"} and failed.status == "failed"
    nodes = {n.step: n for n in failed.nodes}
    assert "bad data" in nodes["train"].error and nodes["judge"].why == "train did not end well" and nodes["train"].run.startswith("run_")
    assert {p.name: (p.value, p.kind) for p in failed.params} == {"rows": ("3", "int"), "fail": ("true", "bool")}  # as they were
    (ws.root / "churn/train.py").write_text(TRAIN.replace("    assert not fail, 'bad data'\n", ""))
    resume_pipeline(failed.run)
    again = graph(board, run=failed.run)
    assert again.file == "churn/pipeline.yaml" and states(again) == {"load": "cached", "train": "done", "judge": "done"} and not any(n.error for n in again.nodes)
    assert len(again.past) == 1 and pipelines(board).rows[0].run == again.run
    part = graph(board, "churn/pipeline.yaml", start="judge")
    assert [n.plan for n in part.nodes] == ["cached", "cached", "run"]
    assert set(states(again).values()) <= set(STATES)


def test_a_run_whose_file_is_gone_is_still_drawn(ws, board):
    Pipeline(ws.root / "churn/pipeline.yaml").run()
    (ws.root / "churn/pipeline.yaml").unlink()
    picture = graph(board, "churn/pipeline.yaml", "latest")
    assert states(picture) == dict.fromkeys(("load", "train", "judge"), "done") and "There is no pipeline file" in picture.error
    assert [(e.before, e.after) for e in picture.edges] == [("load", "train"), ("train", "judge")] and pipelines(board).rows == []


def test_files_are_found_within_bounds(ws, board):
    for folder in ("executed/churn/1", ".hidden", "node_modules/x", "env", "a/b/c"): (ws.root / folder).mkdir(parents=True)
    (ws.root / "env/pyvenv.cfg").touch()
    for folder in ("executed/churn/1", ".hidden", "node_modules/x", "env", "a/b/c"): (ws.root / folder / "pipeline.yaml").write_text(YAML)
    (ws.root / "a/nasty_pipeline.yml").write_text(f"name: \"{NASTY}\"\nsteps: {{a: {{notebok: a.ipynb}}}}\n")
    (ws.root / "a/broken.pipeline.yaml").write_bytes(b"\xff\xfe: [")
    found = {r.file: r for r in pipelines(board).rows}
    assert set(found) == {"churn/pipeline.yaml", "a/b/c/pipeline.yaml", "a/nasty_pipeline.yml", "a/broken.pipeline.yaml"}
    assert "line 2: unknown key 'notebok'" in found["a/nasty_pipeline.yml"].error and found["a/broken.pipeline.yaml"].error
    for i in range(5100): (ws.root / f"d{i}").mkdir()
    assert pipelines(board).cut


@pytest.mark.parametrize("given", [{"file": "../outside/pipeline.yaml"}, {"file": "/etc/passwd"}, {"file": "churn/pipeline.yaml", "params": "[1]"}, {"file": "churn/pipeline.yaml", "params": '{"rows": "many"}'},
                                   {"file": "churn/pipeline.yaml", "params": '{"columns": "1"}'}, {"file": "churn/pipeline.yaml", "start": "nowhere"}, {"file": "churn/pipeline.yaml", "run": "run_none"}, {"run": "../../x"}])
def test_what_cannot_be_drawn_is_said(board, given):
    with pytest.raises(OpsError): graph(board, **given)


def test_steps_are_not_drawn_over_each_other():
    needs = {"first": [], **{f"b{i}": ["first"] for i in range(150)}, **{f"c{i}": [f"b{i * 7 % 150}"] for i in range(150)}, "last": ["first", *(f"c{i}" for i in range(150))]}
    begun = time.monotonic()
    made = drawn(needs)
    places = [*made.at.values(), *(p for bends in made.bends.values() for p in bends)]
    assert len(set(places)) == len(places) and all(made.at[n][0] < made.at[s][0] for s in needs for n in needs[s])
    assert made.bends["first", "last"] and time.monotonic() - begun < 5
    crossed = sum((made.at[f"b{i * 7 % 150}"][1] - made.at[f"b{j * 7 % 150}"][1]) * (made.at[f"c{i}"][1] - made.at[f"c{j}"][1]) < 0 for i in range(150) for j in range(i))
    assert crossed == 0  # there is a picture without crossings, and this is one


def test_a_damaged_schedule_is_listed(ws, board):
    ops.schedule(ws.root / "churn/pipeline.yaml", name="nightly", every="1d", workspace=ws)
    (ws.path / "schedules/broken.json").write_text("{")
    found = {r.name: r for r in schedules(board).rows}
    assert found["broken"].error and found["nightly"].next and not found["nightly"].paused and not found["nightly"].error


def test_an_index_that_is_not_there_or_damaged(ws, board):
    pytest.importorskip("lancedb")
    for name, text in (("broken", "{"), ("empty", None)):
        (ws.path / "index" / name).mkdir(parents=True)
        (ws.path / "index" / name / ("index.json" if text else "building.json")).write_text(text or "{}")
    assert {r.index: bool(r.error) for r in indexes(board).rows} == {"broken": True, "empty": True}
    for call in (lambda: index(board, "empty"), lambda: passages(board, "../../x", "what?"), lambda: index(board, "broken"), lambda: documents(board, "none")):
        with pytest.raises(OpsError): call()


def test_a_long_document_comes_in_parts(ws, board):
    pytest.importorskip("lancedb")
    folder = ws.root / "texts"
    folder.mkdir()
    (folder / f"{NASTY[:8].strip('<')} ü.md").write_text("\n\n".join(f"# Part {i}\n\nThe word of this part is number{i}. {NASTY}" for i in range(400)))
    ops.index("texts", ws).build(folder, chunking={"tokens": 40}, quiet=True)
    source = documents(board, "texts").rows[0].source
    hit = passages(board, "texts", "number317", k=3, mode="text").hits[0]
    assert "number317" in hit.text and [hit.text[a:b] for a, b in hit.marks] == ["number317"] and hit.source == source
    part = document(board, "texts", source, chunk=hit.chunk, characters=2000)
    place = next(c for c in part.chunks if c.id == hit.chunk)
    assert part.offset > 0 and part.text[place.start - part.offset:place.end - part.offset] == hit.text and part.total > 20_000 and len(part.text) == 2000
    assert part.file.startswith("texts/") and document(board, "texts", source).offset == 0
    assert passages(board, "texts", "number317", k=1, where="kind == 'none'").hits == []


def test_reports_and_what_is_wrong_with_them(ws, board):
    asked = ops.dataset([{"question": f"{i} {NASTY}", "expected": str(i), "tags": {"half": str(i % 2)}} for i in range(300)], name="numbers")
    def counts(most):
        def count(question):
            n = int(question.split()[0])
            if n == 299: raise ValueError(NASTY)
            return str(n) if n < most else NASTY
        return count
    first, second = (ops.evaluate(counts(most), asked, ["exact_match"], name="count", quiet=True, workspace=ws) for most in (100, 200))
    (ws.root / "gate.yaml").write_text("name: release\nrules: [exact_match >= 0.9]\n")
    (ws.root / "other_gate.yaml").write_text("rules: [exact_match is nice]\n")
    ops.plug.resolve("opsnb.evaluate.gate:gate_run")(second.id, ws.root / "gate.yaml", workspace=ws)
    page, card = reports(board, search="count"), report(board, second.id)
    assert [r.run for r in page.rows] == [second.id, first.id] and page.rows[0].verdicts[0].ok is False and card.errors == 1 and card.verdicts[0].name == "release"
    worst = cases(board, second.id, failed=True, most=10)
    assert worst.total == card.failures == 100 and worst.rows[0].status == "failed" and len(worst.rows) == 10  # what raised comes first
    assert cases(board, second.id, tag="half=1").total == 150 and cases(board, second.id, search="17 <").total == 3
    assert "ValueError" in case(board, second.id, worst.rows[0].place).errors["target"]
    moved = flips(board, second.id, first.id, most=20)
    assert moved.total == 100 and len(moved.rows) == 20 and moved.changes[0].shown == "better"
    assert [p.value for p in trend(board, "count").points] == pytest.approx([first["exact_match"].value, second["exact_match"].value])
    assert {g.file: bool(g.error) for g in gates(board).rows} == {"gate.yaml": False, "other_gate.yaml": True}
    for call in (lambda: case(board, second.id, 300), lambda: cases(board, second.id, metric="nice"), lambda: report(board, "run_none"), lambda: report(board, "../../x"), lambda: trend(board, "count", "nice")):
        with pytest.raises(OpsError): call()
    path = ws.journal / first.id / "files/report.json"
    path.write_text(json.dumps({"name": "of a newer version", "rows": [{}]}))
    with pytest.raises(OpsError): report(board, first.id)
    assert len(reports(board).rows) == 2  # the list does not open them


def test_every_view_of_these_is_in_the_table():
    made = {v.name: v.function for v in VIEWS if v.target.startswith(("opsnb.view.pipelines", "opsnb.view.schedules", "opsnb.view.indexes", "opsnb.view.evaluations"))}
    assert set(made) == {"pipelines", "graph", "schedules", "indexes", "index", "documents", "document", "passages", "reports", "trend", "gates", "report", "cases", "case", "flips"}

"""Cases that are made, and labels that people give: from documents with and without a model, from traces, at a keyboard."""
import json
import os
import signal
import subprocess
import sys
from urllib.request import urlopen

import pytest

import opsnb as ops
from llm_server import serving
from opsnb.errors import OpsError
from opsnb.evaluate.case import Case
from opsnb.rag.chunk import rough
from opsnb.rag.document import Document, Span
from opsnb.rag.index import Index
from rag_builder import Hashes

PLACES = ["Bergen", "Lyon", "Porto", "Graz", "Turku", "Gdansk"]
TRADES = ["ropes", "clocks", "barrels", "lenses", "sails", "bells"]


class Counted(Hashes):
    def count(self, texts): return rough(texts)


@pytest.fixture(autouse=True)
def alone(monkeypatch): monkeypatch.setenv("OPSNB_DELIVERY", "off")


def works(places, n=3):
    """Of each place a document with several sections."""
    for i, place in enumerate(places):
        text, spans = "", []
        for j in range(n):
            title = f"The works of {place}, year {j}"
            spans.append(Span(len(text), len(text) + len(title), "heading", title, 1))
            text += f"{title}\n\nIn {1700 + 10 * i + j} the master {place}son of the town made {i * 17 + j * 3 + 40} {TRADES[i]} for the harbour, and sold most of them abroad. What was left went to the {TRADES[i]} market on {j + 3} March, where buyers from everywhere looked at it.\n\n"
        yield Document(f"{place}.md", text, place, "markdown", spans)


@pytest.fixture
def index(ws):
    made = Index("works", embedder=Counted())
    made.build(documents=works(PLACES[:4]), chunking={"tokens": 120})
    return made


def test_without_a_model_cases_are_spread_over_documents_and_say_what_they_are(index, capsys):
    made = ops.make_cases(index, n=8, seed=2)
    assert len(made) == 8 and {c.tags["made"] for c in made} == {"cloze", "heading"} and "by rule: easier" in made.source
    assert {s for c in list(made)[:4] for s in c.sources} == {f"{p}.md" for p in PLACES[:4]}  # one of each document first
    for c in made:
        if c.tags["made"] == "cloze": assert c.expected in c.context[0] and c.expected not in c.question and "____" in c.question
        assert index.document(c.sources[0]) and c.more["chunk"] in {r["id"] for r in index.store.select()}
    assert ops.make_cases(index, n=8, seed=2, quiet=True).digest == made.digest != ops.make_cases(index, n=8, seed=3, quiet=True).digest
    assert "8 of 8 cases" in capsys.readouterr().err


def test_what_a_model_writes_is_checked_and_paid_once(index, capsys):
    with serving() as url:
        made = ops.make_cases(index, n=6, model=f"{url}#asks+id:one", seed=1)
        said = capsys.readouterr().err
        assert len(made) == 6 and {c.tags["made"] for c in made} == {"model"} and all(c.expected in c.context[0] for c in made)
        assert "because it is no JSON" in said
        calls = len(json.loads(urlopen(url.replace("/v1", "/seen")).read())["calls"])
        again = ops.make_cases(index, n=6, model=f"{url}#asks+id:one", seed=1, quiet=True)
        assert again.digest == made.digest
        assert len(json.loads(urlopen(url.replace("/v1", "/seen")).read())["calls"]) == calls
        with pytest.raises(OpsError, match="No question could be made") as e: ops.make_cases(index, n=3, model=f"{url}#says:I_would_rather_not", quiet=True)
        assert "it is no JSON" in str(e.value)


def test_questions_that_the_documents_do_not_answer(index, ws):
    facts = ["The observatory above the town was founded by Tycho Brahe, who paid for it with money of the Danish crown. Astronomers from all of Europe came to see the great quadrant there, until it was moved to Prague in 1599.",
             "A recipe for rye bread was written down by Greta Lind, a baker of the old harbour street. She let the dough rest for a night, and sold the loaves from a cart before the church on Sundays, until she moved to Malmo in 1873.",
             "The bridge over the northern arm of the river is the work of Karel Novak, an engineer trained at the railway school. Its steel came by ship, and the last bolt was set by the mayor herself, with a hammer made in Essen in 1911."]
    towns = Index("towns", embedder=Counted())
    towns.build(documents=[Document(f"{i}.md", t, f"D{i}", "markdown") for i, t in enumerate(facts)])
    made = ops.make_cases(towns, n=3, kinds="cloze", unanswerable=0.34, seed=4, quiet=True)
    lacks = made.where(answerable="no")
    assert len(lacks) == 1 and len(made) == 3 and all(c.expected is None and not c.sources and c.tags["made"] == "swapped" for c in lacks)
    assert {c.more["of"] for c in lacks}.isdisjoint(c.id for c in made)  # no question stands beside the one it was made of
    made = ops.make_cases(towns, n=4, kinds="cloze", unanswerable=0.5, other=index, seed=4, quiet=True)
    lacks = made.where(answerable="no")
    assert len(lacks) == 2 and {c.tags["made"] for c in lacks} == {"other"} and len(made.where(answerable="yes")) == 2


def test_leaks_are_found_and_few_are_compared(ws):
    a = [Case(f"How many {t} does {p} make in a year?", "42") for t in TRADES for p in PLACES]
    b = [Case("In a year, how many bells does Graz make?", "42"), Case("Is it 42 or 43?", "42")]
    found = ops.leaks(a, b)
    assert [(r["what"], a[[c.id for c in a].index(r["case"])].inputs) for r in found.evidence] == [("in both", "How many bells does Graz make in a year?")]
    assert [r["what"] for r in ops.leaks(b).evidence] == ["tells"]
    assert not ops.leaks([Case("What does it cost?"), Case("The costs are what?")], embedder="minilm", near=1.0)
    many = [Case(f"question {i} about {i * 7919 % 10007} and {i * 104729 % 99991}") for i in range(5000)]
    assert ops.leaks(many, [*many[:3], Case("something else")]).evidence[-1]["what"] == "in both"


def test_traces_with_feedback_become_cases(ws, monkeypatch):
    import mlflow
    monkeypatch.setenv("OPSNB_TRACING", "1")
    monkeypatch.setenv("OPSNB_DELIVERY", "finish")
    from opsnb.trace import trace
    from opsnb.track.deliver import sync
    from opsnb.track.mlflow import open_store
    for q in ("Who signs?", "How long?", "What for?"):
        with trace("ask", "CHAIN", {"question": q}) as span: span.outputs = f"an answer to {q}"
    assert sync(workspace=ws).exit_code == 0
    client = open_store(ws)
    traces = {t.data.spans[0].inputs["question"]: t.info.trace_id for t in client.search_traces(locations=[e.experiment_id for e in client.search_experiments()])}
    with pytest.raises(OpsError, match="No trace has been judged"): ops.cases_from_traces()
    mlflow.set_tracking_uri(f"sqlite:///{ws.database}")
    try:
        mlflow.log_feedback(trace_id=traces["Who signs?"], name="helpful", value=False)
        mlflow.log_expectation(trace_id=traces["How long?"], name="expected_response", value="three months")
    finally: mlflow.set_tracking_uri(None)
    made = {c.question: c for c in ops.cases_from_traces()}
    assert set(made) == {"Who signs?", "How long?"} and made["Who signs?"].tags == {"helpful": "False"} and made["Who signs?"].output == "an answer to Who signs?"
    assert made["How long?"].expected == "three months" and len(ops.cases_from_traces(judged=False)) == 3


CASES = [{"question": f"question {i}", "expected": f"answer {i}", "output": f"output {i}", "id": f"c{i}"} for i in range(30)]


def test_a_label_is_on_disk_at_once_and_a_kill_costs_none(project, ws):
    program = f"import opsnb as ops\nlabels = ops.label({CASES!r}, labeller='anna')\nfor case in list(labels.todo):\n    labels.put(case, 'good' if len(labels) % 3 else 'bad')\n    print(case, flush=True)"
    said = []
    for _ in range(3):
        with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as p:
            for line in p.stdout:
                said.append(line.strip())
                if len(said) % 7 == 0: p.send_signal(signal.SIGKILL)
    labels = ops.label(CASES, labeller="anna")
    assert len(said) == len(set(said)) >= 21  # none was asked twice
    assert set(said) <= {c for c in labels.by_case if labels.label_of(c)}  # whatever was acknowledged is there
    with open(labels.path, "ab") as f: f.write(b'{"case": "c29", "la')  # torn
    again = ops.label(CASES, labeller="anna")
    again.put(again.todo[0] if again.todo else "c0", "bad")
    assert len(ops.label(CASES, labeller="anna")) == len(again)
    assert str(labels.path.relative_to(project)) == "labels/cases.anna.jsonl"


def test_labels_of_a_report_count_for_its_outputs_only(ws):
    from opsnb.evaluate.metric import metric
    same = metric(lambda output, expected: float(output == expected), name="same")
    report = ops.evaluate(None, CASES[:4], same, quiet=True)
    labels = ops.label(report, labels=("right", "partly", "wrong"), labeller="anna")
    assert dict(labels.items[0].shown)["output"] == "output 0"
    labels.put("c0", "right"); labels.put("c1", "partly")
    other = ops.evaluate(None, [{**CASES[0], "output": "another"}, *CASES[1:4]], same, name=report.name, quiet=True)
    assert ops.label(other, labels=("right", "partly", "wrong"), labeller="anna").counts == {"partly": 1}
    with pytest.raises(OpsError, match="did you mean 'partly'"): labels.put("c2", "party")


def test_labels_become_cases_and_come_from_a_table(ws):
    import pandas
    labels = ops.label(ops.dataset(CASES[:4]), labeller="anna")
    assert labels.take(pandas.DataFrame([{"case": "c0", "label": "good"}, {"case": "c1", "label": "bad", "expected": "another"}, {"case": "c2", "label": None}])) == 2
    made = labels.dataset()
    assert [(c.id, c.tags["label"], c.expected) for c in made] == [("c0", "good", "answer 0"), ("c1", "bad", "another")] and len(labels.dataset("bad")) == 1
    assert list(labels.df["label"])[:2] == ["good", "bad"] and labels.undo() == "c1" and labels.counts == {"good": 1} and labels.undo() == "c0" and labels.undo() is None
    labels.put("c0", "bad"); labels.put("c0", "good"); labels.undo()
    assert labels.label_of("c0") == "bad" == ops.label(ops.dataset(CASES[:4]), labeller="anna").label_of("c0")
    with pytest.raises(OpsError, match="two labels at least"): ops.label(CASES, labels="good")


def test_the_same_keys_at_a_terminal(project, ws):
    import pty
    (project / "cases.json").write_text(json.dumps(CASES[:3]))
    child, terminal = pty.fork()
    if child == 0: os.execv(sys.executable, [sys.executable, "-c", "import opsnb as ops; print(ops.label('cases.json', labeller='ben').counts)"])  # noqa: S606
    got = b""
    def seen(text):
        nonlocal got
        while text.encode() not in got:
            try: got += os.read(terminal, 4096)
            except OSError: return False
        got = got.partition(text.encode())[2]
        return True
    for key in (b"y\n", b"n\n", b"u\n", b"e\n", b"corrected\n", b"n\n", b"y\n"):
        assert seen("> ")
        os.write(terminal, key)
    assert seen("{'good': 2, 'bad': 1}")
    os.waitpid(child, 0)
    assert ops.label("cases.json", labeller="ben").said["c1"]["expected"] == "corrected"


def test_what_the_widget_is_told_is_done_and_escaped(ws):
    pytest.importorskip("anywidget")
    labels = ops.label([{"question": "<script>alert(1)</script>", "id": "<b>x</b>"}, {"question": "two", "id": "2"}], labeller="<i>anna</i>", to="x.jsonl")
    widget = labels.widget()
    widget._said(widget, {"what": "label", "value": "bad", "case": "<b>x</b>"}, [])
    assert labels.counts == {"bad": 1} and widget.item["case"] == "2" and widget.state["done"] == 1
    widget._said(widget, {"what": "label", "value": "nonsense", "case": "2"}, [])
    assert "Unknown label" in widget.state["problem"] and labels.counts == {"bad": 1}
    widget._said(widget, {"what": "__class__"}, [])
    html = labels._repr_mimebundle_()[0]["text/html"]
    assert not any(t in html for t in ("<script", "<b>x", "<i>anna"))


def test_kappa_is_that_of_scikit_learn_and_its_interval_covers(ws):
    import random
    from sklearn.metrics import cohen_kappa_score
    rng, inside = random.Random(1), 0
    def two(n):
        truth = [rng.choice("ggb") for _ in range(n)]
        return [{f"c{i}": t if rng.random() < 0.85 else rng.choice("gb") for i, t in enumerate(truth)} for _ in range(2)]
    a, b = two(200_000)
    true = cohen_kappa_score(list(a.values()), list(b.values()))
    for _ in range(200):
        a, b = two(100)
        found = ops.agreement(a, b)
        assert found.kappa == pytest.approx(cohen_kappa_score(list(a.values()), list(b.values())))
        inside += found.low <= true <= found.high
    assert inside >= 180, inside  # 95 % are 190
    assert len(found.disagreements) == sum(a[k] != b[k] for k in a) and "kappa" in str(found) and "<table" in found._repr_html_()

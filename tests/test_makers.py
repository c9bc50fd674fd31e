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
from opsnb.evaluate.case import Case, Dataset
from opsnb.rag.chunk import rough
from opsnb.rag.document import Document, Span
from opsnb.rag.index import Index
from rag_builder import Hashes
from support import until

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

"""Traces: kept in the journal of the process that makes them, and at MLflow once, whatever happens in between."""
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time

import pytest

import opsnb as ops
from llm_server import serving
from opsnb import trace as trace_module
from opsnb.engine import run_notebook
from opsnb.errors import OpsError
from opsnb.llm import model
from opsnb.secrets import Secret
from opsnb.trace import MOST_SPANS, active, plain, trace
from opsnb.track import mlflow as adapter
from opsnb.track.deliver import pending, sync
from opsnb.workspace import free_port
from support import end_couriers, python, until, written_below


@pytest.fixture(autouse=True)
def switched_on(ws, monkeypatch):
    monkeypatch.setenv("OPSNB_TRACING", "1")
    monkeypatch.setenv("OPSNB_DELIVERY", "off")


def at_mlflow(ws):
    """All traces at MLflow, the newest first, after delivery."""
    assert sync(workspace=ws).exit_code == 0
    client = adapter.open_store(ws)
    return client.search_traces(locations=[e.experiment_id for e in client.search_experiments()], max_results=500)


def test_spans_lie_below_each_other_with_all_that_was_said(ws):
    with trace("ask", inputs={"question": "why?"}, k=5) as span:
        assert active() is span
        with trace("search", "RETRIEVER") as inner: inner.outputs = [{"id": "a", "score": 0.5}]
        with pytest.raises(ZeroDivisionError), trace("rank", "RERANKER"): 1 / 0
        span.outputs = "because"
    [found] = at_mlflow(ws)
    root, search, rank = found.data.spans
    assert found.info.trace_id == span.trace_id and active() is None
    assert (root.span_type, search.span_type, rank.span_type) == ("CHAIN", "RETRIEVER", "RERANKER") and search.parent_id == rank.parent_id == root.span_id
    assert root.attributes["k"] == 5 and root.inputs == {"question": "why?"} and root.outputs == "because" and search.outputs == [{"id": "a", "score": 0.5}]
    assert rank.status.status_code.value == "ERROR" and "ZeroDivisionError" in rank.status.description and found.info.state.value == "OK"
    assert found.info.experiment_id == adapter.open_store(ws).get_experiment_by_name(ws.root.name).experiment_id


def test_a_model_call_is_a_span_with_tokens_and_cost(ws):
    with serving() as url, trace("ask") as span:
        m = model(f"{url}#parrot", price=(1, 2), temperature=0)
        reply = m.chat("one two three")
        assert m.chat("one two three").cached and "".join(m.stream("four"))
    [found] = at_mlflow(ws)
    root, first, again, streamed = found.data.spans
    assert reply.trace == span.trace_id and first.span_type == "LLM" and first.inputs == {"messages": [{"role": "user", "content": "one two three"}]} and first.outputs == reply.text
    assert first.attributes["mlflow.chat.tokenUsage"] == {"input_tokens": 3, "output_tokens": 5, "total_tokens": 8} and again.attributes["cached"] is True
    assert found.info.token_usage["total_tokens"] == 8 + 4 and found.info.cost["total_cost"] == pytest.approx((3 + 10 + 1 + 6) * 1e-6)  # the cached one cost nothing


def test_a_seed_does_not_repeat_ids(ws):
    ids = []
    for _ in range(3):
        random.seed(0)
        with trace("f") as span: ids.append(span.trace_id)
    assert len(set(ids)) == 3 and len(at_mlflow(ws)) == 3


def test_tasks_and_threads(ws):
    async def step(n):
        with trace(f"task {n}"): await asyncio.sleep(0.01 * (3 - n))
    async def all_steps(): await asyncio.gather(*(step(n) for n in range(3)))
    with trace("both") as root:
        asyncio.run(all_steps())
        def work():
            with trace("thread", parent=root): pass
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    [found] = at_mlflow(ws)
    assert {s.name for s in found.data.spans if s.parent_id == found.data.spans[0].span_id} == {"task 0", "task 1", "task 2", "thread"}


def test_it_belongs_to_the_run_it_was_made_in(ws):
    with ops.track("fit", experiment="shop") as run, trace("inside"): pass
    with trace("outside"): pass
    inside = {t.info.request_metadata.get("mlflow.sourceRun"): t for t in at_mlflow(ws)}
    client = adapter.open_store(ws)
    [at] = [r.info.run_id for r in client.search_runs([e.experiment_id for e in client.search_experiments()]) if r.data.tags.get("opsnb.run_id") == run.id]
    assert set(inside) == {at, None} and inside[at].info.experiment_id == client.get_experiment_by_name("shop").experiment_id
    assert [r["name"] for r in ops.runs()] == ["fit"]  # traces are no runs


def test_it_belongs_to_the_notebook_it_was_made_in(ws, notebook, monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "background")
    path = notebook("asks", "x = 1", "from opsnb.trace import trace\nwith trace('in a notebook') as s: pass\nprint(s.trace_id)")
    result = run_notebook(path)
    found = until(lambda: [t for t in at_mlflow(ws) if t.info.request_metadata.get("mlflow.sourceRun")], 60, 0.5)
    client = adapter.open_store(ws)
    assert client.get_run(found[0].info.request_metadata["mlflow.sourceRun"]).data.tags["opsnb.run_id"] == result.id


def test_a_server_that_does_not_answer_loses_nothing(ws, tmp_path, monkeypatch):
    port = free_port()
    monkeypatch.setenv("OPSNB_TRACKING_URI", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    begun = time.monotonic()
    ids = []
    for i in range(5):
        with trace(f"t{i}") as span: ids.append(span.trace_id)
    assert time.monotonic() - begun < 2 and sync(workspace=ws).exit_code == 3
    env = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    env.pop("OPSNB_TRACKING_URI")
    server = subprocess.Popen([sys.executable, "-m", "mlflow", "server", "--port", str(port), "--workers", "1", "--backend-store-uri", f"sqlite:///{tmp_path}/s.db", "--artifacts-destination", tmp_path / "a"],
                              env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        assert until(lambda: sync(workspace=ws).exit_code == 0, 90, 1.0)
        from mlflow import MlflowClient
        client = MlflowClient(f"http://127.0.0.1:{port}")
        assert sorted(t.info.trace_id for t in client.search_traces(locations=[e.experiment_id for e in client.search_experiments()])) == sorted(ids)
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def test_a_killed_process_leaves_its_finished_traces(ws):
    code = "from opsnb.trace import trace\nimport os, signal\nfor i in range(20):\n    with trace(f't{i}') as s: pass\n    print(s.trace_id, flush=True)\nwith trace('unfinished'): os.kill(os.getpid(), signal.SIGKILL)"
    ids = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.split()
    time.sleep(2.1)  # then its journal is taken for ended
    found = at_mlflow(ws)
    assert sorted(t.info.trace_id for t in found) == sorted(ids) and len(ids) == 20
    assert pending(ws) == [] and len(at_mlflow(ws)) == 20


def test_the_courier_brings_them_while_the_process_goes_on(ws, monkeypatch, tmp_path):
    monkeypatch.setenv("OPSNB_DELIVERY", "background")
    child = subprocess.Popen([sys.executable, "-c", "from opsnb.trace import trace\nwith trace('now') as s: pass\nprint(s.trace_id, flush=True)\ninput()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    id = child.stdout.readline().strip()
    client = adapter.open_store(ws)
    def there(): return [t.info.trace_id for t in client.search_traces(locations=[e.experiment_id for e in client.search_experiments()])]
    assert until(lambda: there() == [id], 60, 0.5)
    child.communicate("\n")
    end_couriers(tmp_path)


def test_secrets_are_hidden_and_odd_values_do_not_stop_delivery(ws, project):
    Secret("sk-0123456789abcdef")
    import numpy as np
    with trace("odd", inputs={"api_key": "by name", "text": "Bearer sk-0123456789abcdef", "half": "\ud800", "nul": "a\0b", "vector": np.zeros((3, 4)), "nan": float("nan"), "object": object(), 3: {"set": {1}}}) as span:
        span.outputs, span.tags["team"] = "x" * 100_000, "risk"
    [found] = at_mlflow(ws)
    inputs = found.data.spans[0].inputs
    assert inputs["api_key"] == "***" and inputs["text"] == "Bearer ***" and inputs["vector"] == "ndarray (3, 4)" and inputs["nul"] == "a\ufffdb"
    assert len(found.data.spans[0].outputs) < 21_000 and found.info.tags["team"] == "risk" and b"sk-0123456789abcdef" not in written_below(project)


def test_a_trace_without_end_is_bounded(ws):
    with trace("many"):
        for i in range(MOST_SPANS + 50):
            with trace("one"): pass
    [record] = [json.loads(line) for f in (ws.journal).glob("traces_*/*.jsonl") for line in f.read_text().splitlines() if '"trace.finished"' in line]
    assert len(record["data"]["spans"]) == MOST_SPANS and record["data"]["spans"][0]["attributes"]["spans_left_out"] == 51


def test_a_step_that_outlives_its_trace_is_cut(ws):
    with trace("call") as root: late = trace("late").begin()
    late.end()
    [found] = at_mlflow(ws)
    assert [s.name for s in found.data.spans] == ["call", "late"] and found.info.trace_id == root.trace_id and found.data.spans[1].status.status_code.value == "ERROR"


@pytest.mark.parametrize("how", [{"OPSNB_TRACING": "0"}, {"OPSNB_SINKS": ""}])
def test_off_it_keeps_nothing(ws, monkeypatch, how):
    for k, v in how.items(): monkeypatch.setenv(k, v)
    with trace("ask", inputs="x") as span: span.outputs, span.tags["a"] = "y", "b"
    assert not span and span.trace_id is None and span.outputs is None and not list(ws.journal.glob("traces_*"))


def test_a_place_where_nothing_can_be_written_stops_nobody(ws, capfd, monkeypatch):
    import errno
    from opsnb import journal
    def full(fd, line): raise OSError(errno.ENOSPC, "No space left on device")
    with monkeypatch.context() as m:
        m.setattr(journal.os, "write", full)
        for _ in range(3):
            with trace("ask"): pass
    assert capfd.readouterr().err.count("traces are not kept") == 1
    with trace("room again"): pass
    assert [t.data.spans[0].name for t in at_mlflow(ws)] == ["room again"]


def test_it_is_light_and_callable_by_either_name():
    out = python("import sys, opsnb.trace\nfrom opsnb import trace\nwith trace('a') as s, opsnb.trace.trace('b'): pass\nprint(sorted(set(sys.modules) & {'mlflow', 'pandas', 'numpy', 'openai', 'pydantic'}), len(s.trace_id))")
    assert out.split("]")[0] == "[" and out.split()[-1] == "35" and callable(trace_module)


def test_a_wrong_kind_is_told():
    with pytest.raises(OpsError, match="RETRIEVER"): trace("x", "RETREIVER")
    assert plain({"a": (1, 2), "b": None}) == {"a": [1, 2], "b": None} and len(plain(list(range(1000)))) == 201

"""Evaluations as people run them: kept, killed, stopped, short of money, with cases that raise and data that are odd."""
import json
import signal
import subprocess
import sys
import threading
import time

import pytest
from support import opsnb, python, until

import opsnb as ops
from opsnb import plug
from opsnb.errors import OpsError
from opsnb.evaluate.metric import Metric, Result, Score
from opsnb.track.deliver import sync


@pytest.fixture(autouse=True)
def nothing_delivered(monkeypatch): monkeypatch.setenv("OPSNB_DELIVERY", "off")


@ops.metric(passes_at=1)
def exact(output, expected):
    return output == expected


def cases(n): return [{"question": f"q{i}", "expected": f"Q{i}", "tags": {"half": "ab"[i % 2]}} for i in range(n)]


COUNTING = """
import sys, time, pathlib
import opsnb as ops
calls = pathlib.Path("calls")
def slow(question):
    with calls.open("a") as f: f.write(question + "\\n")
    time.sleep(0.1)
    return question.upper()
@ops.metric
def exact(output, expected): return output == expected
cases = [{"question": f"q{i}", "expected": f"Q{i}"} for i in range(60)]
print("begin", flush=True)
report = ops.evaluate(slow, cases, exact, concurrency=4, quiet=True)
print(report["exact"].value, sum(r.cached for r in report.rows), len(report), flush=True)
"""


def test_killed_it_goes_on(ws, project):
    (project / "judge.py").write_text(COUNTING)
    process = subprocess.Popen([sys.executable, "judge.py"], cwd=project)
    assert until(lambda: (project / "calls").exists() and len((project / "calls").read_text().split()) >= 20, 60)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    done = subprocess.run([sys.executable, "judge.py"], cwd=project, capture_output=True, text=True, timeout=60)
    value, cached, n = done.stdout.split()[1:]
    asked = (project / "calls").read_text().split()
    assert (float(value), int(n)) == (1.0, 60) and int(cached) >= 12 and len(set(asked)) == 60 and len(asked) <= 68, (cached, len(asked))


def test_stopped_by_ctrl_c_it_keeps_what_it_has(ws, project):
    (project / "judge.py").write_text(COUNTING)
    process = subprocess.Popen([sys.executable, "judge.py"], cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert until(lambda: (project / "calls").exists() and len((project / "calls").read_text().split()) >= 12, 60)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode != 0 and "KeyboardInterrupt" in err
    [run] = ops.runs(type="evaluation")
    assert run["status"] == "cancelled" and 0 < len([r for r in ops.report(run["run"]).rows if r.status == "done"]) < 60


def test_it_is_a_run_with_its_data_set(ws):
    report = ops.evaluate(lambda question: question.upper(), ops.dataset(cases(30), name="shouts"), [exact, "latency_s"], quiet=True)
    assert sync(workspace=ws).exit_code == 0
    client = plug.resolve("opsnb.track.mlflow:open_store")(ws)
    [run] = [r for e in client.search_experiments() for r in client.search_runs([e.experiment_id]) if r.data.tags.get("opsnb.run_id") == report.id]
    [given] = run.inputs.dataset_inputs
    assert (given.dataset.name, given.dataset.digest) == ("shouts", report.dataset["digest"]) and {t.key: t.value for t in given.tags} == {"mlflow.data.context": "eval"}
    assert run.data.metrics["exact"] == 1.0 and run.data.metrics["exact/low"] > 0.85 and run.data.metrics["errors"] == 0
    assert {a.path for a in client.list_artifacts(run.info.run_id)} >= {"cases.json", "report.json"} and '"cases.json"' in run.data.tags["mlflow.loggedArtifacts"]
    assert ops.report(report.id) == report


def test_what_is_known_is_not_asked_again_until_something_changes(ws):
    asked = []
    class Slow(Metric):
        name = "slow"
        def __init__(self, factor=1): self.factor = factor
        def score(self, case, result): asked.append(case.id); return self.factor * 0.5
    def target(question): return question.upper()
    first = ops.evaluate(target, cases(10), [exact, Slow()], quiet=True)
    again = ops.evaluate(target, cases(12), [exact, Slow()], quiet=True)
    assert len(asked) == 12 and [r.cached for r in again.rows] == [True] * 10 + [False] * 2
    assert [r.latency_s for r in again.rows[:10]] == [r.latency_s for r in first.rows]  # of then
    ops.evaluate(target, cases(10), [Slow(2)], quiet=True)
    assert len(asked) == 22
    changed = cases(10)
    changed[3]["expected"] = "other"
    third = ops.evaluate(target, changed, [exact, Slow()], quiet=True)
    assert all(r.cached for r in third.rows) and len(asked) == 23 and third["exact"].value == 0.9
    def target(question): return question.lower()
    assert not any(r.cached for r in ops.evaluate(target, cases(10), [exact], quiet=True).rows)
    assert not any(r.cached for r in ops.evaluate(target, cases(10), [exact], quiet=True, cache=False).rows)


def test_an_error_is_a_result_and_is_tried_again(ws):
    broken = [True]
    class Flaky:
        fingerprint = "flaky"
        def __call__(self, question):
            if broken[0] and question == "q3": raise ConnectionError("the line is down\nfor good")
            return question.upper()
    def odd(output):
        if output == "Q5": raise ValueError("no such thing")
        return float("nan") if output == "Q6" else 1.0
    report = ops.evaluate(Flaky(), cases(8), [exact, ops.metric(odd)], quiet=True)
    rows = {r.inputs: r for r in report.rows}
    assert rows["q3"].status == "failed" and rows["q3"].errors == {"target": "ConnectionError: the line is down"} and report.numbers["errors"] == 1 / 8
    assert rows["q5"].errors == {"odd": "ValueError: no such thing"} and rows["q6"].scores.get("odd") is None and "nan" in rows["q6"].errors["odd"]
    assert (report["odd"].n, report["odd"].missing, report["exact"].n, report["exact"].value) == (5, 3, 7, 1.0)
    assert report.failures()[0].inputs == "q3" and "ConnectionError" in report._repr_html_()
    broken[0] = False
    assert ops.evaluate(Flaky(), cases(8), [exact], quiet=True)["exact"].n == 8


def test_a_budget_leaves_the_rest_not_run(ws):
    def costly(question): return Result(question.upper(), cost=0.10, tokens_in=100)
    report = ops.evaluate(costly, cases(50), [exact], concurrency=2, budget=0.55, quiet=True)
    run = [r for r in report.rows if r.status == "done"]
    assert 6 <= len(run) <= 8 and "the budget of $0.55 is spent" in report.notes[0] and {r.status for r in report.rows} == {"done", "not_run"}
    report = ops.evaluate(costly, cases(50), [exact], concurrency=2, budget_tokens=1000, quiet=True)
    assert 16 <= len([r for r in report.rows if r.status == "done"]) <= 19  # those of before cost nothing
    assert report["exact"].n == len([r for r in report.rows if r.status == "done"])


def test_so_many_at_a_time(ws):
    now, most, lock = [0], [0], threading.Lock()
    def counted(question):
        with lock: now[0] += 1; most[0] = max(most[0], now[0])
        time.sleep(0.02)
        with lock: now[0] -= 1
        return question
    ops.evaluate(counted, cases(30), [exact], concurrency=5, quiet=True)
    assert 2 <= most[0] <= 5


def test_odd_data(ws, project):
    long = "wörter und 言葉 \u202e " * 60_000
    odd = [{"question": long, "expected": "x"}, {"question": "<img src=x onerror=alert(1)>", "expected": "é\ud800"}, {"question": {"a": [1, {"b": None}]}, "expected": 3}, {"question": "same", "expected": "1"}, {"question": "same", "expected": "1"}]
    report = ops.evaluate(lambda question: question, odd, [exact], quiet=True)
    html = report._repr_html_()
    assert report["exact"].n == 5 and "there twice" in report.notes[0] and len({r.id for r in report.rows}) == 5
    assert "<img src=x" not in html and len(html) < 300_000 and len(str(report)) < 20_000
    assert ops.report(report.id).rows[1].expected == "é\ud800"
    alone = ops.evaluate(lambda question: question, odd[:1], [exact], quiet=True)
    assert alone["exact"].low is None and "one case says nothing" in alone.notes[0]


def test_a_hundred_thousand_cases(ws):
    made = python("""
import resource, time, os
os.environ["OPSNB_DELIVERY"] = "off"
import opsnb as ops
@ops.metric
def even(output): return output % 2 == 0
report = ops.evaluate(lambda n: n, [{"inputs": {"n": i}} for i in range(100_000)], even, quiet=True)
print(report["even"].value, len(report), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, len(report._repr_html_()) < 200_000)
""", timeout=240).split()
    assert made[:2] == ["0.5", "100000"] and int(made[2]) < 1500 and made[3] == "True", made


def test_outputs_that_are_there(ws, project):
    (project / "answers.csv").write_text("question,expected,output,team\na,A,A,red\nb,B,x,blue\n")
    code, out, err = opsnb("evaluate", "answers.csv", "--metric", "latency_s", cwd=project)
    assert code == 0 and "no case could be scored" in out, out + err
    table = ops.dataset(project / "answers.csv", tags=["team"])
    report = ops.evaluate(None, table, exact, quiet=True)
    assert report["exact"].value == 0.5 and report.slices("team")[0]["cases"] == 1
    assert ops.evaluate(["A", "B"], table, exact, quiet=True)["exact"].value == 1.0
    with pytest.raises(OpsError, match="not as many outputs"): ops.evaluate(["A"], table, exact)


def test_a_file_says_all_of_it(ws, project):
    (project / "target.py").write_text("def shout(question): return question.upper()\n")
    (project / "asked.jsonl").write_text('{"question": "a", "expected": "A"}\n{"question": "b", "expected": "B"}\n')
    (project / "evaluate.yaml").write_text("target: target.py:shout\ncases: asked.jsonl\nmetrics: [latency_s, tokens]\nname: shouts\n")
    code, out, err = opsnb("evaluate", "evaluate.yaml", "--json", cwd=project)
    assert code == 0 and json.loads(out)["name"] == "shouts" and json.loads(out)["metrics"]["latency_s"]["n"] == 2, out + err
    code, out, err = opsnb("report", json.loads(out)["id"], cwd=project)
    assert code == 0 and "shouts" in out
    for text, said in (("target: x\n", "does not say which cases"), ("cases: asked.jsonl\ntargt: x\n", "did you mean 'target'"), ("cases: [\n", "is not YAML"), ("cases: asked.jsonl\n", "By which metrics")):
        (project / "wrong.yaml").write_text(text)
        code, out, err = opsnb("evaluate", "wrong.yaml", cwd=project)
        assert code == 2 and said in err, err


def test_a_model_with_a_prompt(ws):
    class Echo:
        name = "echo"
        def chat(self, text, **settings): return type("Reply", (), {"text": text, "usage": type("U", (), {"tokens_in": 3, "tokens_out": 1})(), "latency_s": 0.1, "cost": 0.001, "trace": None})()
    report = ops.evaluate(Echo(), [{"question": "x", "expected": "Say x!"}], exact, template="Say {{question}}!", quiet=True)
    assert report["exact"].value == 1.0 and report.rows[0].tokens == 4 and report.cost == 0.001
    with pytest.raises(OpsError, match="no place"): ops.evaluate(Echo(), [{"question": "x", "expected": "y"}], exact, template="Say it")


def test_a_cache_that_cannot_be_written_costs_only_itself(ws):
    (ws.path / "cache").mkdir(exist_ok=True)
    (ws.path / "cache" / "evaluate.db").write_bytes(b"no database" * 1000)
    report = ops.evaluate(str.upper, cases(4), exact, version="1", quiet=True)
    assert report["exact"].value == 1.0 and any("nothing could be kept" in n for n in report.notes)


def test_two_at_once(ws, project):
    (project / "judge.py").write_text(COUNTING)
    both = [subprocess.Popen([sys.executable, "judge.py"], cwd=project, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [p.communicate(timeout=90)[0].split()[1] for p in both] == ["1.0", "1.0"]


def test_secrets_do_not_reach_a_report(ws, monkeypatch):
    from opsnb.secrets import hidden
    hidden.add("sk-very-secret-value")
    def leaks(question): raise RuntimeError("401 for key sk-very-secret-value")
    report = ops.evaluate(leaks, cases(2), [exact, ops.metric(lambda output: (1, "said sk-very-secret-value"), name="says")], quiet=True)
    assert "sk-very" not in str(report) and "sk-very" not in (ws.journal / report.id / "files" / "report.json").read_text()


def test_a_whole_metric_and_scores_with_reasons(ws):
    class Spread(Metric):
        name, whole, high, needs = "spread", True, None, ("expected",)
        def score(self, case, result): return Score(observed=[case.expected, result.output])
        def total(self, seen): return max(o for _, o in seen) - min(o for _, o in seen)
    report = ops.evaluate(lambda n: n * 2, [{"inputs": {"n": i}, "expected": i} for i in range(40)], [Spread(), ops.metric(lambda output: (output > 10, f"{output} was seen"), name="big", passes_at=1)], quiet=True)
    assert report["spread"].value == 78 and report["spread"].low <= 78 and report.rows[0].why == {"big": "0 was seen"} and report.rows[0].passed == {"big": False}
    assert "spread" not in report.df.columns and "big" in report.df.columns

"""Judges: DeepEval's metrics with a model that answers well, badly or not at all, and without one; people's labels; MLflow's scorers."""
import json
import os
import pickle
import subprocess
import sys
import urllib.request

import pytest

import opsnb as ops
from opsnb.errors import OpsError
from opsnb.evaluate.judge import Dag, Faithfulness, GEval, as_deepeval, model_for_deepeval
from opsnb.evaluate.judge.trust import Blend, auc
from opsnb.evaluate.metric import Result, metric
from opsnb.evaluate.run import evaluated
from llm_server import serving
from support import data, python

BRIDGE = ["The harbour bridge was opened in 1932 by John Lang. It has eight lanes.", "Ferries have crossed the bay since 1875."]
ROW = {"question": "Who opened the bridge?", "context": BRIDGE, "expected": "John Lang", "output": "John Lang opened the bridge in 1932."}
OFFLINE = ["faithfulness", "answer_relevancy", "contextual_precision", "contextual_recall", "contextual_relevancy", "hallucination"]
WITH_MODEL = [*OFFLINE, "summarization", "toxicity", "bias_in_text"]


@pytest.fixture(scope="module")
def server():
    with serving() as url: yield url


def rows(n): return [{**ROW, "question": f"Who opened bridge {i}?"} for i in range(n)]


def seen(url):
    """The calls that the server has had."""
    with urllib.request.urlopen(url.replace("/v1", "/seen")) as got: return json.load(got)


def asked(url, name): return [c for c in seen(url)["calls"] if c["body"].get("model") == name]


def judged(metrics, cases=None, target=None, kept="kept.db", **how): return evaluated(target, cases or rows(1), metrics, kept, quiet=True, **how)


def test_every_metric_is_judged_by_a_model_and_all_are_such_that_one_is_good(project, server):
    bad, good = (judged(WITH_MODEL, judge=f"{server}#judge:{word}") for word in ("no", "yes"))
    for name in WITH_MODEL:
        down = name in ("toxicity", "bias_in_text")  # there, a yes is a fault
        if name != "summarization": assert (good[name].value, bad[name].value) == ((0, 1) if down else (1, 0)), name
        assert good[name].judge == f"{server}#judge:yes" and good[name].higher_is_better and not good.rows[0].errors
    found = judged(["hallucination"], [ROW], lambda question: {"output": "John Lang.", "retrieved": ["one", "two", "three"]}, judge=f"{server}#judge:yes")
    assert found["hallucination"].value == 1 and found.rows[0].retrieved == ["one", "two", "three"]  # judged by the case's own two texts
    assert bad.rows[0].why["faithfulness"] and bad.rows[0].tokens > 1000 and bad.cost is None  # no price is known of this model
    calls = asked(server, "judge:no")
    assert {c["body"]["temperature"] for c in calls} == {0} and all("json_schema" in c["body"]["response_format"] for c in calls)


def test_a_judge_is_asked_no_more_than_it_must(project, server):
    judged(["faithfulness"], rows(3), judge=f"{server}#judge:yes+id:few")
    assert len(asked(server, "judge:yes+id:few")) == 3  # truths, claims and verdicts of the three are the same, and no reason is asked for
    judged(["faithfulness"], rows(3), judge=f"{server}#judge:yes+id:few")
    judged(["faithfulness"], rows(3), judge=f"{server}#judge:yes+id:few", kept=None)  # scores are forgotten, the model's answers are not
    assert len(asked(server, "judge:yes+id:few")) == 3
    polite = GEval("polite", "Is it polite?", judge=f"{server}#judge:yes+id:steps")
    assert judged([polite], rows(4)).metrics["polite"].value == 0.8 and len(asked(server, "judge:yes+id:steps")) <= 1 + 4


def test_a_busy_or_failing_server_loses_no_case(project, server):
    busy, flaky = f"{server}#judge:yes+busy:3:1+id:b", f"{server}#judge:yes+flaky:10+id:f"
    cases = [{**r, "output": f"{r['output']} {i}"} for i, r in enumerate(rows(20))]
    report = judged(["toxicity"], cases[:6], judge=busy)
    assert report["toxicity"].n == 6 and not report["toxicity"].missing
    tries = {}
    for c in asked(server, "judge:yes+busy:3:1+id:b"): tries.setdefault(c["body"]["messages"][0]["content"], []).append(c["at"])
    waits = [at[1] - at[0] for at in tries.values() if len(at) > 1]
    assert len(waits) == 3 and min(waits) >= 0.95  # Retry-After: 1
    report = judged(["toxicity"], cases, judge=flaky)
    assert report["toxicity"].n == 20 and report["toxicity"].missing == 0 and len(asked(server, "judge:yes+flaky:10+id:f")) >= 22
    before = len(seen(server)["calls"])
    assert judged(["toxicity"], cases, judge=flaky)["toxicity"].n == 20 and len(seen(server)["calls"]) == before


@pytest.mark.parametrize("how, says", [
    ("says:I_find_it_rather_good.", "«I find it rather good.»"), ('says:{"reason":"x","score":NaN}', "gave no number"), ('says:{"reason":"x","score":15}', "off the scale"),
    ("says:", "answered nothing"), ("length+says:{\"rea", "cut at max_tokens"), ("slow:5", "took too long"), ("refuses", "does not take this request"), ("garbage", "Unavailable")])
def test_a_judge_that_does_not_judge_is_an_error_of_the_case_and_never_a_number(project, server, how, says):
    judge = ops.llm.model(f"{server}#{how}+id:{abs(hash(says))}", timeout_s=0.7, retries=0) if how != "says:" else ops.llm.model(f"{server}#says:+id:e", retries=0)
    row = judged([GEval("good", "Is it good?", steps=["Look at it."], judge=judge)]).rows[0]
    assert "good" not in row.scores and says in row.errors["good"]
    assert (row.tokens > 100) == (how[:4] in ("says", "leng"))  # what was answered is paid for, whatever it was


def test_a_judge_without_schemas_and_one_that_disagrees_with_itself(project, server):
    polite = GEval("polite", steps=["Look."], judge=f'{server}#judge:plain+says:Well,_{{"reason":"x","score":7,}}_it_is')
    assert judged([polite]).rows[0].scores == {"polite": 0.7}
    total = judged([Faithfulness(f"{server}#judge:flip+id:flip", repeat=3)], rows(5))["faithfulness"]
    assert "asked 3 times" in total.note and 0 < total.value < 1
    same = judged([Faithfulness(f"{server}#judge:yes", repeat=3)], rows(2))["faithfulness"]
    assert "same side of 0.5 in 100%" in same.note


def test_conversations_tools_and_graphs(project, server):
    judge, turns = f"{server}#judge:yes", [{"role": "user", "content": "I am Ann. Who opened it?"}, {"role": "assistant", "content": "John Lang, Ann.", "retrieval_context": BRIDGE}]
    names = ["conversation_completeness", "turn_relevancy", "turn_faithfulness", "role_adherence"]
    report = judged(names, [{"inputs": {"turns": turns, "chatbot_role": "a guide"}}], judge=judge)
    assert [report[n].value for n in names[:3]] == [1, 1, 1] and not report.rows[0].errors
    answered = judged(["conversation_completeness"], [{"inputs": {"turns": turns[:1]}}], lambda turns: "John Lang.", judge=judge)
    assert answered["conversation_completeness"].value == 1 and answered.rows[0].output == "John Lang."
    called = judged(["tool_correctness"], [{"question": "Weather?", "output": "Sun.", "tools_called": ["search"], "expected_tools": ["search", {"name": "weather"}]}, {"question": "Weather?", "output": "Sun."}])
    assert called["tool_correctness"].value == 0.5 and called.rows[0].why["tool_correctness"].endswith("right: search, weather") and "no tools_called" in called.rows[1].errors["tool_correctness"]
    from deepeval.metrics.dag import BinaryJudgementNode, DeepAcyclicGraph
    def graph(criteria):
        node = BinaryJudgementNode(criteria=criteria)
        node.add_verdict(True, score=10)
        node.add_verdict(False, score=0)
        return DeepAcyclicGraph(root_nodes=[node])
    year = Dag("year", graph("Does it name a year?"), judge=judge)
    assert judged([year], rows(4))["year"].value == 1.0
    assert year.fingerprint == Dag("year", graph("Does it name a year?"), judge=judge).fingerprint != Dag("year", graph("Is it short?"), judge=judge).fingerprint


def test_the_fingerprint_pins_the_judge_and_wrong_settings_are_told(project, server):
    one = Faithfulness(f"{server}#judge:yes")
    for other in (Faithfulness(f"{server}#judge:no"), Faithfulness(), Faithfulness(ops.llm.model(f"{server}#judge:yes", seed=3)), Faithfulness(f"{server}#judge:yes", truths_extraction_limit=3), Faithfulness(f"{server}#judge:yes", repeat=2)):
        assert other.fingerprint != one.fingerprint
    assert one.fingerprint == Faithfulness(f"{server}#judge:yes").fingerprint == pickle.loads(pickle.dumps(one)).fingerprint
    assert judged([pickle.loads(pickle.dumps(one))])["faithfulness"].value == 1.0
    for wrong, says in ((lambda: judged(["toxicity"]), "needs a language model"), (lambda: Faithfulness(penalize=1), "no option 'penalize'"), (lambda: GEval("x"), "needs a name and a criterion"),
                        (lambda: GEval("x", "y", sees=["answer"]), "cannot be shown 'answer'"), (lambda: Faithfulness(repeat=0), "from 1 on"), (lambda: Blend("faithfulness"), "besides the offline one")):
        with pytest.raises(OpsError, match=says): wrong()


ALONE = """
import os, socket, sys
def no(*a, **k): raise AssertionError(f"a socket was wanted: {a}")
socket.getaddrinfo = socket.socket.connect = socket.socket.connect_ex = socket.create_connection = no
import opsnb as ops
from opsnb.evaluate.run import evaluated
row = %r
report = evaluated(None, [row, {**row, "output": "Penguins are fond of sushi."}], %r, quiet=True)
from opsnb.evaluate.judge import as_deepeval
from deepeval.test_case import LLMTestCase
theirs = as_deepeval("faithfulness")
theirs.measure(LLMTestCase(input="q", actual_output=row["output"], retrieval_context=row["context"]))
assert theirs.is_successful() and os.environ["DEEPEVAL_TELEMETRY_OPT_OUT"] == "1"
good, bad = report.rows
assert not good.errors and not bad.errors and good.scores["faithfulness"] > 0.8 > 0.4 > bad.scores["faithfulness"], (good, bad)
assert all(t.judge == "offline: word and meaning overlap" for t in report.metrics.values())
"""


def test_offline_nothing_opens_a_socket_prints_or_leaves_a_file(tmp_path):
    home, folder = tmp_path / "home", tmp_path / "work"
    home.mkdir(), folder.mkdir()
    (folder / ".env").write_text("OPENAI_API_KEY=wrong\n")
    out = subprocess.run([sys.executable, "-c", ALONE % (ROW, OFFLINE)], capture_output=True, text=True, cwd=folder, timeout=200, env={**{k: v for k, v in os.environ.items() if not k.startswith("DEEPEVAL")}, "HOME": str(home), "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")})
    assert (out.returncode, out.stdout, out.stderr) == (0, "", "")
    assert [p.name for p in folder.iterdir()] == [".env"] and [str(p) for p in home.rglob("*") if p.is_file()] == []


IN_PYTEST = """
from opsnb.evaluate.judge import as_deepeval
import pytest
from deepeval import assert_test
from deepeval.test_case import LLMTestCase

@pytest.mark.parametrize("output", ["John Lang opened the bridge in 1932.", "Penguins are fond of sushi."])
def test_answer(output):
    assert_test(LLMTestCase(input="Who opened it?", actual_output=output, retrieval_context=%r), [as_deepeval("faithfulness", threshold=0.7)])
"""


@pytest.mark.parametrize("command", [["-m", "pytest", "-q"], ["-m", "deepeval", "test", "run"]], ids=["pytest", "deepeval"])
def test_ours_under_pytest_and_deepeval_test_run(tmp_path, command):
    (tmp_path / "test_answers.py").write_text(IN_PYTEST % BRIDGE)
    if command[1] == "deepeval": command = ["-c", "from opsnb.evaluate.judge import prepare; prepare(); from deepeval.cli.main import app; app()", "test", "run"]
    done = subprocess.run([sys.executable, *command, "test_answers.py"], capture_output=True, text=True, cwd=tmp_path, timeout=200, env={**os.environ, "DEEPEVAL_TELEMETRY_OPT_OUT": "1"})
    assert ("1 failed, 1 passed" in done.stdout or "Passed: 1 | Failed: 1" in done.stdout) and "Penguins" in done.stdout and done.returncode == 1, done.stdout + done.stderr


def test_stock_metrics_of_deepeval_as_ours(project, server):
    from deepeval.metrics import BaseMetric, ExactMatchMetric, FaithfulnessMetric, HallucinationMetric

    class Length(BaseMetric):
        threshold = 10
        def measure(self, test_case):
            self.score = len(test_case.actual_output)
            self.reason = "counted"
            return self.score
        async def a_measure(self, test_case): return self.measure(test_case)
        @property
        def __name__(self): return "Length of it"

    stock = [FaithfulnessMetric(threshold=0.7, model=model_for_deepeval(f"{server}#judge:yes"), include_reason=False), HallucinationMetric, ExactMatchMetric(threshold=1), Length()]
    report = judged(stock, [ROW, {**ROW, "output": "John Lang"}])
    assert [report[n].value for n in ("Faithfulness", "Exact_Match", "Length_of_it")] == [1.0, 0.5, 22.5] and report.rows[0].passed["Length_of_it"]
    assert report["Faithfulness"].judge == f"{server}#judge:yes" and report["hallucination"].judge.startswith("offline") and report.rows[0].why["Length_of_it"] == "counted"
    alone = FaithfulnessMetric(eval_mode="system_one", system_one_model=model_for_deepeval(), async_mode=False)
    assert judged([alone])["Faithfulness"].value == pytest.approx(judged(["faithfulness"])["faithfulness"].value)
    with pytest.raises(OpsError, match="less is better"): as_deepeval("latency_s")


def test_mlflow_scorers_both_ways(project):
    import mlflow
    from mlflow.genai.scorers import RegexMatch, ResponseLength, Scorer, scorer
    from opsnb.evaluate.mlflow import as_scorer

    class Longer(Scorer):
        name: str = "longer"
        than: int = 5
        def __call__(self, outputs, expectations): return len(outputs) > len(expectations["expected_response"])

    @scorer
    def broken(outputs): raise ValueError("no idea")

    report = judged([ResponseLength(max_length=12), RegexMatch(pattern="John"), Longer(), broken], [ROW, {**ROW, "output": "John"}])
    assert [report[n].value for n in ("response_length", "regex_match", "longer")] == [0.5, 1.0, 0.5] and report["broken"].missing == 2 and "no idea" in report.rows[0].errors["broken"]
    mlflow.set_tracking_uri(f"sqlite:///{project}/theirs.db")
    inputs = {"question": ROW["question"], "context": BRIDGE}
    found = mlflow.genai.evaluate(data=[{"inputs": inputs, "outputs": o, "expectations": {"expected_response": "John Lang"}} for o in ("John Lang opened it in 1932.", "Penguins are fond of sushi.")], scorers=[as_scorer("faithfulness"), as_scorer(metric(lambda output, expected: expected in output, name="named"))])
    assert found.metrics["named/mean"] == 0.5 and 0.3 < found.metrics["faithfulness/mean"] < 0.7


LABELLED = [("John Lang opened the bridge in 1932.", True), ("It has eight lanes.", True), ("Ferries have crossed the bay since 1875.", True), ("Penguins cannot fly.", False), ("Maria Lopez opened a museum in 1999.", False), ("The bank gives loans to farmers.", False)]


def test_a_judge_is_measured_on_labels(project, server):
    cases = [{"question": "q", "context": BRIDGE, "output": o, "people": [4, 4, 3] if good else [1, 2, 1]} for o, good in LABELLED]
    check = ops.judge_check(cases, label="people", quiet=True)
    assert check.kappa == check.auc == 1.0 and check.good > 2 and check.first.confusion == {"passed_good": 3, "passed_bad": 0, "failed_good": 0, "failed_bad": 3} and not check.verdict(0.6)
    assert "fewer than 20 labels" in str(check) and "kappa" in check._repr_html_()
    blind = ops.judge_check(cases, label="people", judge=f"{server}#judge:yes", blend=True, quiet=True)
    judge = blind[f"{server}#judge:yes"]
    assert judge.kappa[0] == 0.0 and judge.auc[0] == 0.5 and blind.auc == 1.0 and len(blind.agreements) == 3  # one that says yes to all knows nothing; with words beside it, it does
    for wrong, says in ((lambda: ops.judge_check(cases[:3], label="people", quiet=True), "All labels say the same"), (lambda: ops.judge_check(cases, label="nobody", quiet=True), "No case has a label")):
        with pytest.raises(OpsError, match=says): wrong()


def test_long_and_foreign_texts(project):
    huge = {**ROW, "context": ["The bridge is old. " * 50_000]}
    report = judged(["faithfulness"], [huge, {**ROW, "context": ["Die Hafenbrücke wurde 1932 von Jürgen Groß eröffnet. 橋は1932年に開通した。"], "output": "Jürgen Groß eröffnete 1932 die Hafenbrücke."}])
    assert "too long" in report.rows[0].errors["faithfulness"] and report.rows[1].scores["faithfulness"] > 0.6


@pytest.mark.data
def test_the_offline_judge_agrees_with_people(project):
    import gzip
    answers = [r for r in json.loads(gzip.open(data("faithfulness/mtrag-human-half.json.gz")).read())["rows"] if len(r["answer"]) < 700][::3]
    cases = [{"question": r["question"], "context": r["contexts"], "output": r["answer"], "people": r["human_faithfulness"], "theirs": r["judge"]["rl_f"]} for r in answers]
    check = ops.judge_check(cases, Blend(metric(lambda case: case.more["theirs"], name="theirs"), offline="faithfulness"), label="people", good=3.001, quiet=True)
    alone = check.rows and [(r["offline"], r["label"] >= check.good) for r in check.rows]
    assert len(check) >= 40 and auc(alone) > 0.75 and check.auc > 0.75  # on all of them: tests/bench/evaluate_judge.py


def test_importing_opsnb_evaluate_judge_is_light():
    assert python("import sys, opsnb.evaluate.judge, opsnb.evaluate.judge.trust, opsnb.evaluate.mlflow; print({'deepeval', 'mlflow', 'numpy', 'pydantic'} & set(sys.modules))").strip() == "set()"


def test_results_hold_what_was_seen(project):
    found = Faithfulness().score(ops.dataset([ROW])[0], Result("The bridge was opened in 1999. It has eight lanes.", BRIDGE))
    assert "1999" in found.why and found.cost == 0.0 and found.tokens == 0

"""Gates: what passes, what fails, on what evidence, and that nothing passes unseen."""
import json
import math

import pytest

import opsnb as ops
from opsnb import plug
from opsnb.errors import Failed, OpsError
from opsnb.evaluate.gate import evidence_of, gate, part
from opsnb.evaluate.metric import Metric, Score, metric
from opsnb.evaluate.policy import Policy, policy_of, rule_of_text
from opsnb.evaluate.report import Report, Row, totalled
from opsnb.evaluate.run import evaluated
from opsnb.verdict import Verdict
from support import opsnb

exact = metric(lambda output, expected: output == expected, name="exact")
CASES = [{"question": i, "expected": i, "tags": {"topic": "billing" if i % 3 == 0 else "other"}} for i in range(90)]


def judged(wrong=(), cases=CASES, metrics=(exact,)): return evaluated(lambda question: -1 if question in wrong else question, cases, list(metrics), quiet=True)
def rows(verdict): return {r["rule"]: r for r in verdict.evidence}


@pytest.fixture(scope="module")
def good(): return judged(range(0, 90, 10))
@pytest.fixture(scope="module")
def bad(): return judged(range(0, 90, 3))


def test_the_side_of_an_interval(good):
    t = good["exact"]
    assert gate(good, ["exact >= 0.9"]) and not gate(good, ["low(exact) >= 0.9"]) and gate(good, [f"low(exact) >= {t.low - 1e-9}"]) and gate(good, [f"high(exact) <= {t.high + 1e-9}"])
    row = rows(gate(good, ["low(exact) >= 0.9"]))["low(exact) >= 0.9"]
    assert row["value"] == t.low and row["note"].startswith("misses by 0.0") and set(row["cases"].split(", ")) <= {r.id for r in good.rows if r.scores["exact"] == 0}


def test_slices(good, bad):
    verdict = gate(bad, policy_of({"rules": ["exact >= 0.6"], "slices": {"topic=billing": ["exact >= 0.5"], "topic=*": ["exact >= 0"]}}))
    found = rows(verdict)
    assert not verdict and found["exact >= 0.6"]["ok"] and found["exact[topic=billing] >= 0.5"]["ok"] is False and found["exact[topic=billing] >= 0.5"]["value"] == 0.0 and found["exact[topic=other] >= 0"]["ok"]
    assert "exact[topic=billing] >= 0.5 but is 0" in verdict.why
    slice = part(good, "topic", "billing")
    assert len(slice) == 30 and slice["exact"].high - slice["exact"].low > good["exact"].high - good["exact"].low
    assert gate(good, "low(exact[topic=billing]) >= 0.5") and not gate(bad, "exact[topic=billing] no_worse_than baseline", baseline=good) and gate(bad, "exact[topic=other] no_worse_than baseline", baseline=good)
    assert not gate(bad, "exact[topic=billing] >= baseline - 0.1", baseline=good)


def test_no_significant_regression(good, bad):
    luck = judged(range(5, 90, 9))  # other cases wrong: ten instead of nine
    assert gate(luck, ["exact no_worse_than baseline"], baseline=good) and not gate(bad, ["exact no_worse_than baseline"], baseline=good)
    assert not gate(luck, ["exact shown_no_worse_than baseline - 0.05"], baseline=good) and gate(luck, ["exact shown_no_worse_than baseline - 0.2"], baseline=good)
    assert not gate(luck, ["exact >= baseline"], baseline=good)  # the point estimate, noise included
    row = rows(gate(bad, ["exact no_worse_than baseline"], baseline=good))["exact no_worse_than baseline"]
    assert "worse, 6 cases won and 27 lost" in row["note"] and row["interval"].startswith("difference -0.3") and len(row["cases"].split(", ")) == 5
    assert "0.05 is allowed" in gate(luck, ["exact shown_no_worse_than baseline - 0.05"], baseline=good).why and "cases could show" in gate(luck, ["exact shown_no_worse_than baseline - 0.05"], baseline=good).why
    assert gate(bad, "exact no_worse_than baseline - 0.5", baseline=good) and gate(good, "exact shown_no_worse_than baseline", baseline=bad)


def test_lower_is_better():
    wait = metric(lambda output: float(output), name="wait_s", higher_is_better=False, low=0, high=None)
    fast, slow = (evaluated(lambda question, k=k: k * (1 + question % 7 / 10), CASES, [wait], quiet=True) for k in (1, 2))
    assert gate(fast, "wait_s no_worse_than baseline", baseline=slow) and not gate(slow, "wait_s no_worse_than baseline", baseline=fast)
    assert gate(fast, "wait_s shown_no_worse_than baseline + 0.1", baseline=slow) and not gate(slow, "wait_s shown_no_worse_than baseline + 0.1", baseline=fast)
    worst = rows(gate(slow, "high(wait_s) <= 1"))["high(wait_s) <= 1"]["cases"].split(", ")
    assert {r.scores["wait_s"] for r in slow.rows if r.id in worst} == {max(r.scores["wait_s"] for r in slow.rows)}


def test_verdicts_of_others(good):
    drift = Verdict(False, "2 of 9 columns drift: age, income", 0.31, name="drift")
    assert gate([good, drift], ["exact >= 0.8", "drift <= 0.5"]) and not gate([good, drift], ["exact >= 0.8", "drift"])
    assert gate([good, drift], ["exact >= 0.8", "drift"]).why == "drift but 2 of 9 columns drift: age, income"
    assert not gate({"accuracy": 0.9, "drift": drift}, ["accuracy >= 0.5", "drift"]) and not gate({"drift": drift.to_dict()}, {"rules": [{"verdict": "drift"}]})
    assert not gate({"drift": Verdict(None, "too few rows to tell", name="drift")}, ["drift"])
    with pytest.raises(OpsError, match="Unknown verdict 'bias'"): gate([good, drift], ["bias"])
    with pytest.raises(OpsError, match="needs a limit"): gate(good, ["exact"])


def test_errors_cost_and_latency():
    def shaky(question): return question if question % 30 else 1 / 0
    report = evaluated(shaky, CASES, [exact], quiet=True)
    verdict = gate(report, ["exact >= 0.9"])
    assert not verdict and rows(verdict)["errors <= 0"]["value"] == pytest.approx(3 / 90) and len(rows(verdict)["errors <= 0"]["cases"].split(", ")) == 3 and "3 of 90" in rows(verdict)["exact >= 0.9"]["unscored"]
    assert gate(report, ["exact >= 0.9", "errors <= 0.05"]) and not gate(report, ["exact >= 0.9", "errors <= 0.01"]) and not gate(report, ["exact >= 0.9", "errors <= 0.05", "exact/missing <= 0.01"])
    for r in report.rows: r.latency_s, r.cost = 0.1, 0.01
    report.rows[7].latency_s = report.rows[8].latency_s = 9.0
    assert gate(report, ["latency_p95_s <= 2", "total_cost <= 1", "errors <= 1", "total_tokens <= 0"]) and not gate(report, ["latency_p50_s <= 0.01", "errors <= 1"])
    assert rows(gate(report, ["latency_p95_s <= 0", "errors <= 1"]))["latency_p95_s <= 0"]["cases"].startswith(f"{report.rows[7].id}, {report.rows[8].id}")
    report.rows[3].cost = None
    assert "the cost is not known" in gate(report, ["total_cost <= 1", "errors <= 1"]).why
    report.rows[0].status = "not_run"
    assert "not_run <= 0 but is 0.01" in gate(report, ["errors <= 1"]).why


def test_nothing_passes_unseen(good):
    for given, rule in (({}, []), ({"a": math.nan}, ["a >= 0"]), ({"a": math.inf}, ["a >= 0"]), ({"a": None}, ["a >= 0"]), ({"a": "high"}, ["a >= 0"]), ({"a": 1}, ["a >= baseline"]), (good, ["exact >= baseline"]), (good, [])):
        assert not gate(given, rule), rule
    silent = metric(lambda output: None, name="silent")
    empty = evaluated(lambda question: question, CASES[:5], [silent], quiet=True)
    verdict = gate(empty, ["silent >= 0"])
    assert not verdict and "no case could be scored" in verdict.why
    broken = evaluated(lambda question: 1 / 0, CASES[:5], [exact], quiet=True)
    assert not gate(broken, ["exact >= 0", "errors <= 1"]) and not gate(broken, ["cases >= 1"])
    nothing = Report("none", "f", {"exact": totalled(exact, [])}, [])
    assert not gate(nothing, ["exact >= 0"]) and not gate(nothing, ["errors <= 0"]) and not gate(nothing, ["low(exact) >= 0"])
    one = evaluated(lambda question: question, CASES[:1], [exact], quiet=True)
    assert gate(one, ["exact >= 1"]) and "no interval" in gate(one, ["low(exact) >= 0"]).why
    with pytest.raises(Failed, match="says no"): gate(broken, ["exact >= 0"]).require()
    unscored = Report("s", "f", {"exact": totalled(exact, rows := [Row("1", 1, tags={"t": "a"}, scores={"exact": 1.0}), Row("2", 2, tags={"t": "b"})])}, rows)
    assert gate(unscored, ["exact[t=a] >= 1"]) and not gate(unscored, ["exact[t=b] >= 0"])


@pytest.mark.parametrize("rule, says", [
    ("exakt >= 0.5", "did you mean 'exact'"), ("exact[topik=billing] >= 0.5", "did you mean 'topic'"), ("exact[topic=biling] >= 0.5", "did you mean 'billing'"), ("exact[topic] >= 0.5", "a slice is a tag and its value"),
    ("exact is good", "cannot be understood"), ("exact >=", "cannot be understood"), ("exact >= good", "cannot be understood"), ("exact >= __import__('os')", "cannot be understood"), ("exact >= 1/0", "cannot be understood"), ("mean(exact) >= 0", "cannot be understood"),
    ("low(exact no_worse_than baseline", "cannot be understood"), ("low(exact) no_worse_than baseline", "cannot be understood"), ("exact no_worse_than 0.5", "compares with the baseline"), ("", "cannot be understood"), (7, "cannot be understood"), ("exact >= True", "cannot be understood"),
])
def test_a_rule_that_means_nothing_is_an_error(good, rule, says):
    with pytest.raises(OpsError) as e: gate(good, [rule], baseline=good)
    assert says in str(e.value)


@pytest.mark.parametrize("text, says", [
    ("rules: [a >= 1", "is not YAML"), ("a: [", "is not YAML"), ("just a text", "is no policy"), ("", "is no policy"), ("rules: []", "has no rules"), ("ruels: [a >= 1]", "did you mean 'rules'"), ("rules: {a: 1}", "Unknown word 'a'"), ("rules: 7", "Rules are a list"),
    ("rules: [{metric: a, atleast: 1}]", "did you mean 'at_least'"), ("rules: [{metric: a}]", "one metric and one limit"), ("rules: [{at_least: 1}]", "one metric and one limit"), ("rules: [{metric: a, at_least: 1, at_most: 2}]", "one metric and one limit"), ("rules: [{metric: a, at_least: 1, side: lower}]", "Unknown side"),
    ("rules: [{metric: a, no_worse_than: baseline, margin: much}]", "A margin is a number"), ("rules: [{metric: a, at_least: null}]", "A limit is a number"), ("slices: [topic]", "Slices are"), ("slices: {topic: [a >= 1]}", "a slice is a tag and its value"),
    ("slices: {topic=x: ['a[topic=y] >= 1']}", "names a slice itself"), ("rules: [[a]]", "cannot be understood"), ("rules: [{metric: a, at_least: 1, where: [x, y]}]", "one tag and its value"),
])
def test_a_policy_that_is_wrong_is_an_error(project, text, says):
    (project / "gate.yaml").write_text(text)
    with pytest.raises(OpsError) as e: gate({"a": 1}, "gate.yaml")
    assert says in str(e.value)


def test_a_policy_as_file_dict_and_list(project):
    (project / "gate.yaml").write_text("name: bot\nrules:\n  - a >= 0.8\n  - {metric: a, side: low, at_least: 0.7, why: the contract}\n  - {metric: b, at_most: baseline, margin: 0}\nslices:\n  topic=x: a >= 0.5\n")
    made = policy_of("gate.yaml")
    assert made.name == "bot" and [str(r) for r in made.rules] == ["a >= 0.8", "low(a) >= 0.7", "b <= baseline - 0", "a[topic=x] >= 0.5"]
    assert gate({"acc": 0.97}, {"acc": ">= 0.95"}) and gate({"acc": 0.97}, "acc >= 0.95") and gate({"acc": 0.97}, Policy([rule_of_text("acc >= 0.9")], name="mine")).name == "mine"
    assert "the policy says: the contract" in gate({"a": 1, "a/low": 0.1}, made.rules[1:2]).evidence[0]["note"] and "no interval" in gate({"a": 1}, made.rules[1:2]).why
    assert gate({"hit_at_5": 0.9}, ["hit@5 >= 0.8"])


def test_baselines(project, ws):
    good = ops.evaluate(lambda question: question, CASES, [exact], quiet=True)
    worse = ops.evaluate(lambda question: question if question % 4 else -1, CASES, [exact], quiet=True, name="worse")
    for baseline in (good, good.id, ops.run(good.id), good.id[:9]): assert not gate(worse, ["exact no_worse_than baseline"], baseline=baseline)
    policy = {"name": "bot", "baseline": "latest passed", "rules": ["exact >= 0.7", "exact no_worse_than baseline"]}
    with ops.track("release", quiet=True) as run: first = gate(good, policy)
    assert first and "1 not judged (no baseline yet)" in first.why and ops.run(run.id).tags["gate.bot"] == f"passed {good.id}"
    with ops.track("release again", quiet=True): second = gate(worse, policy)
    assert not second and rows(second)["exact no_worse_than baseline"]["limit"] == 1.0
    with ops.track("and again", quiet=True): assert not gate(worse.id, policy)  # what failed is no baseline
    for gone, says in (("run_gone", "There is no run"), ("models:/bot@champion", "The registry has no"), ("models:/bot", "no registered model")):
        with pytest.raises(OpsError, match=says): gate(worse, ["exact >= baseline"], baseline=gone)
    with pytest.raises(OpsError, match="only numbers"): gate(worse, ["exact no_worse_than baseline"], baseline={"exact": 1.0})
    with pytest.raises(OpsError, match="cannot judge this"): gate(7, ["a >= 1"])
    assert gate({"exact": 0.9}, ["exact >= baseline - 0.2"], baseline=good.id) and evidence_of(good.id).report == good


def test_the_model_in_production_is_the_baseline(project, ws):
    good = ops.evaluate(lambda question: question, CASES, [exact], quiet=True)
    client = plug.resolve("opsnb.track.mlflow:open_store")(ws)
    client.create_registered_model("bot")
    client.create_model_version("bot", "file:///nowhere")
    client.set_registered_model_alias("bot", "champion", "1")
    worse = judged(range(0, 90, 3))
    with pytest.raises(OpsError, match="nothing says how it was judged"): gate(worse, ["exact >= baseline"], baseline="models:/bot@champion")
    client.set_model_version_tag("bot", "1", "opsnb.evaluation", good.id)
    assert not gate(worse, ["exact no_worse_than baseline"], baseline="models:/bot@champion") and not gate(worse, ["exact >= baseline"], baseline="models:/bot/1")
    client.set_model_version_tag("bot", "1", "opsnb.evaluation", "run_gone")
    with pytest.raises(OpsError, match="The baseline run_gone cannot be had"): gate(worse, ["exact >= baseline"], baseline="models:/bot@champion")


class Half(Metric):
    name, whole = "half", True
    def score(self, case, result): return Score(None, observed=result.output)
    def total(self, values): return sum(v % 2 for v in values) / len(values)


def test_a_metric_of_all_cases_says_when_it_cannot_be_sliced():
    report = judged(metrics=[Half()])
    assert gate(report, ["half >= 0.4"]) and "its function is not at hand" in gate(report, ["half[topic=billing] >= 0"]).why
    with pytest.raises(OpsError, match="only numbers"): gate({"half": 1}, ["half[topic=a] >= 0"])


def test_the_command(project, ws):
    (project / "cases.jsonl").write_text("\n".join(json.dumps(c) for c in CASES))
    good = ops.evaluate(lambda question: question if question % 20 else -1, "cases.jsonl", [exact], quiet=True)
    (project / "gate.yaml").write_text("name: bot\nrules:\n  - exact >= 0.9\n  - latency_p95_s <= 2\n")
    code, out, err = opsnb("gate", good.id)
    assert code == 0 and "bot  ✓ ok: all 4 rules hold" in out, err
    code, out, err = opsnb("gate", "latest", "--policy", "gate.yaml", "--rule", "low(exact) >= 0.95", "--json")
    made = json.loads(out)
    assert code == 1 and made["ok"] is False and [r["ok"] for r in made["evidence"]] == [True, True, False, True, True] and made["evidence"][2]["cases"]
    assert {(r["type"], r["status"]) for r in ops.runs(name="gate bot")} == {("gate", "done"), ("gate", "failed")}
    code, out, err = opsnb("gate", good.id, "--rule", "exakt >= 1")
    assert code == 2 and "did you mean 'exact'" in err
    assert opsnb("gate", good.id, "--policy", "none.yaml")[0] == 2 and opsnb("gate", good.id, "--baseline", "run_gone")[0] == 2

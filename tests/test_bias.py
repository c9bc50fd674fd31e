"""Bias: numbers against fairlearn, false alarms and power by simulation, small groups, reports and their tags, bad input."""
import json

import pytest

import opsnb as ops
from opsnb.errors import OpsError
from opsnb.evaluate.bias import bias
from support import opsnb

np = pytest.importorskip("numpy")
pd = pytest.importorskip("pandas")
fair = pytest.importorskip("fairlearn.metrics")


def people(rng, n=1000, harsh=0.0):
    """`(truth, decision, attributes)`; some of the good outcomes of women are taken away."""
    frame = pd.DataFrame({"sex": rng.choice(["f", "m"], n), "age": rng.choice(["old", "young"], n, p=[0.3, 0.7])})
    truth = (rng.random(n) < 0.5).astype(int)
    said = np.where(rng.random(n) < 0.85, truth, 1 - truth)
    return truth, np.where((frame["sex"] == "f") & (rng.random(n) < harsh), 0, said), frame


def rule(verdict, name, attribute):
    return next(r for r in verdict.evidence if (r["rule"], r["attribute"]) == (name, attribute))


def test_numbers_are_fairlearns():
    truth, said, frame = people(np.random.default_rng(0), harsh=0.3)
    verdict = bias((truth, said), frame)
    assert set(verdict.groups) == {"sex", "age", "sex × age"} and len(verdict.groups["sex × age"]) == 4
    for name, column in (("sex", frame["sex"]), ("age", frame["age"]), ("sex × age", frame["sex"] + ", " + frame["age"])):
        assert rule(verdict, "demographic parity", name)["value"] == pytest.approx(fair.demographic_parity_ratio(truth, said, sensitive_features=column))
        assert rule(verdict, "equalised odds", name)["value"] == pytest.approx(fair.equalized_odds_difference(truth, said, sensitive_features=column))
        theirs = fair.MetricFrame(metrics={"selected": fair.selection_rate, "tpr": fair.true_positive_rate, "fpr": fair.false_positive_rate, "cases": fair.count}, y_true=truth, y_pred=said, sensitive_features=column).by_group
        for row in verdict.groups[name]:
            assert all(row[m] == pytest.approx(theirs[m][row["group"]]) for m in theirs) and row["selected_from"] < row["selected"] < row["selected_to"]
    assert verdict.ok is False and "f" in verdict.why and verdict.positive == "1"


def test_false_alarms_are_rare_and_real_ones_are_found():
    rng = np.random.default_rng(1)
    alarms = sum(bias(people(rng, 300)[:2], people(rng, 300)[2]["sex"]).ok is False for _ in range(40))
    assert alarms <= 6  # of 40 at 0.05: 2 expected
    assert all(bias((t, s), f["sex"]).ok is False for t, s, f in (people(rng, 1000, harsh=0.35) for _ in range(6)))


def test_what_looks_broken_may_be_chance_and_small_groups_are_shown():
    selected = {"a": (12, 40), "b": (18, 40), "c": (0, 9)}  # 0.30 and 0.45: two thirds, p = 0.25
    said, groups = (sum((make(*v, g) for g, v in selected.items()), []) for make in (lambda k, n, g: [1] * k + [0] * (n - k), lambda k, n, g: [g] * n))
    verdict = bias((None, said), groups)
    assert verdict.ok is None and not verdict and verdict.exit_code == 1 and "may be chance" in verdict.why and "1 small groups are not judged" in verdict.why
    assert len(verdict.evidence) == 1 and verdict.groups["group"][2]["note"] == "fewer than 30 cases: not judged" and "tpr" not in verdict.groups["group"][0]
    assert bias((None, said * 10), groups * 10).ok is False  # the same shares of ten times as many; and c is a group now
    with pytest.raises(OpsError): verdict.require()
    few = bias((None, said[:20]), groups[:20])
    assert few.ok is None and "fewer than two groups" in few.why
    nobody = bias(([1, 0] * 50, [0] * 100), ["a", "b"] * 50)
    assert nobody.ok is None and "nobody is selected" in nobody.why
    never = bias(([0] * 100, [1, 0] * 50), ["a"] * 50 + ["b"] * 50)  # nobody is positive in truth: no true positive rate
    assert never.groups["group"][0]["tpr"] is None and never.groups["group"][0]["fpr"] == 0.5 and never.ok


def test_a_report_and_its_tags(project):
    truth, said, frame = people(np.random.default_rng(2), 400, harsh=0.6)
    words = {0: "no", 1: "yes"}
    report = ops.evaluate(None, [{"inputs": i, "expected": words[t], "output": words[s], "tags": {"sex": x, "age": a}} for i, (t, s, x, a) in enumerate(zip(truth, said, frame["sex"], frame["age"], strict=True))], "accuracy", quiet=True)
    verdict = ops.bias(report, "sex")
    assert verdict.ok is False and list(verdict.groups) == ["sex"] and verdict.positive == "yes"
    assert list(ops.bias(report).groups) == ["age", "sex", "age × sex"] and list(ops.bias(report, ["age"]).groups) == ["age"]
    assert ops.bias(report, {"sex": frame["sex"]}).to_dict() == verdict.to_dict() and json.loads(json.dumps(verdict.to_dict()))
    assert rule(ops.bias(report, "sex", positive="no"), "demographic parity", "sex")["value"] > rule(verdict, "demographic parity", "sex")["value"]
    assert "by sex" in str(verdict) and "<table" in verdict._repr_html_() and "✗ no" in verdict._repr_html_()
    code, out, err = opsnb("bias", report.id, "-g", "sex", "--json")
    assert code == 1 and json.loads(out)["evidence"][0]["value"] == pytest.approx(verdict.evidence[0]["value"]), err
    with pytest.raises(OpsError, match="Unknown tag"): ops.bias(report, "town")


def test_bad_input():
    truth, said, frame = people(np.random.default_rng(3), 200)
    for wrong, words in ((lambda: bias((truth, said)), "By which groups"), (lambda: bias((truth, said), frame["sex"][:5]), "not as many"), (lambda: bias((truth, said[:9]), frame), "not as many"), (lambda: bias(3), "Whose outcomes"),
                         (lambda: bias((truth, np.random.default_rng(0).random(200)), frame), "good outcome"), (lambda: bias((truth, said), np.arange(200)), "200 groups"), (lambda: bias((truth, said), frame, positive="yes"), "positive class yes"),
                         (lambda: bias((truth, truth * 0 + 1)[1:] * 2, frame), "one class only"), (lambda: bias(([], []), []), "not as many")):
        with pytest.raises(OpsError, match=f"(?i){words}"): wrong()
    holes = frame["sex"].mask(frame.index < 40)
    assert {r["group"] for r in bias((truth, said), holes).groups["sex"]} == {"(none)", "f", "m"}
    assert bias((truth.astype(bool), said.astype(float)), frame["sex"]).groups == bias((truth, said), frame["sex"]).groups
    assert bias((truth, said), ["all"] * 200).ok is None


def test_100_000_rows():
    truth, said, frame = people(np.random.default_rng(4), 100_000)
    assert bias((truth, said), frame).ok

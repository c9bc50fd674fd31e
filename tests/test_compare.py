"""Two reports, case by case: what is paired, what is said, and how often it is wrong."""
import json
import random

import pytest

import opsnb as ops
from bench.evaluate_intervals import auc, false_alarms, holm_alarms
from opsnb.errors import OpsError
from opsnb.evaluate.compare import cases_needed, compared, corrected, mcnemar
from opsnb.evaluate.metric import Metric, Score, metric
from opsnb.evaluate.report import of_dict
from opsnb.evaluate.run import evaluated
from support import opsnb

exact = metric(lambda output, expected: output == expected, name="exact")
close = metric(lambda output, expected: 1 - min(1.0, abs(float(output) - float(expected)) / 10), name="close")


class Auc(Metric):
    name, whole = "auc", True
    def score(self, case, result): return Score(None, observed=[float(result.output), int(case.expected)])
    def total(self, values): return auc(values)


def judged(answer, cases, metrics=(exact,), **how): return evaluated(answer, cases, list(metrics), quiet=True, **how)
def numbers(n, **more): return [{"question": i, "expected": i, **more} for i in range(n)]


def test_false_alarms_of_mcnemar():
    assert all(0.025 <= false_alarms(n, flips) <= 0.056 for n, flips in ((50, 0.2), (100, 0.3), (400, 0.1), (1000, 0.5)))
    assert holm_alarms(10, times=1000) <= 0.05 < 0.25 < holm_alarms(10, times=1000, how="none")
    assert mcnemar(0, 0) == 1 and mcnemar(3, 3) == 1 and mcnemar(10, 0) == mcnemar(0, 10) == 1 / 1024 and 0 < mcnemar(6000, 5000) < 1e-10


def test_false_alarms_and_power_of_a_comparison():
    """What a user gets: reports of two versions that are equally good, and of one that is better by as much as `needed` says."""
    def rate(times, n, gain, seed):
        rng, seen = random.Random(seed), 0
        for _ in range(times):
            hard = [rng.gauss(0, 1) for _ in range(n)]
            made = [judged(lambda question, g=g: (question + 10 * min(1, max(0, 0.5 - g + 0.1 * hard[question] + rng.gauss(0, 0.15)))), numbers(n), [close], concurrency=1) for g in (0, gain)]
            seen += compared(*made)["close"].shown == "better" if gain else compared(*made)["close"].shown is not None
        return seen / times
    assert rate(150, 40, 0, 1) <= 0.11  # 5 % are right; 11 % would be three standard errors more
    gain = 0.05
    assert rate(60, cases_needed(0.15 * 2**0.5, gain), gain, 2) >= 0.65  # 80 % are right


def test_corrections():
    rng = random.Random(0)
    for _ in range(50):
        ps = [rng.random() for _ in range(rng.randint(1, 8))]
        holm, bh = corrected(ps), corrected(ps, "bh")
        assert all(p <= b + 1e-12 and b <= h + 1e-12 and h <= 1 for p, b, h in zip(ps, bh, holm, strict=True)) and sorted(range(len(ps)), key=lambda i: (holm[i], ps[i])) == sorted(range(len(ps)), key=lambda i: ps[i])
    assert corrected([]) == [] and corrected([None]) == [None] and corrected([0.01, 0.04, 0.03], "none") == [0.01, 0.04, 0.03]


def test_pairs_whatever_their_order_and_what_is_left_out():
    cases = numbers(60)
    a, b = judged(lambda question: question, cases[:50]), judged(lambda question: question if question % 5 else -1, [*reversed(cases[5:])])
    c = compared(a, b)
    assert len(c) == 45 and c["exact"].n == 45 and c["exact"].lost == 9 and c["exact"].won == 0 and c.worse == ["exact"]
    assert {r["inputs"] for r in c.flips()} == set(range(5, 50, 5)) and all(r[""] == "lost" and r["output b"] == -1 for r in c.flips("exact"))
    assert any("5 cases are only in the first report" in n for n in c.notes) and any("10 cases are only in the second" in n for n in c.notes) and any("the data sets differ" in n for n in c.notes)
    same = compared(a, judged(lambda question: question, cases[:50]))
    assert same["exact"].difference == 0 and same["exact"].low < 0 < same["exact"].high and same.notes == [] and not same.flips() and "No case changed" in str(same)


def test_repeats_are_no_cases():
    rng = random.Random(4)
    luck = lambda question: question if rng.random() < 0.6 else -1  # noqa: E731
    a, b = judged(luck, numbers(15), repeat=8, concurrency=1), judged(luck, numbers(15), repeat=8, concurrency=1)
    c = compared(a, b)["exact"]
    assert c.n == 15 and c.left_out == 0 and c.a == pytest.approx(a["exact"].value) and not c.flips
    assert "/" not in compared(a, b).flips()[0]["case"]


def test_cases_that_hang_together_are_compared_so():
    cases = [{"question": i, "expected": i, "tags": {"page": str(i // 20)}} for i in range(120)]
    a, b = (lambda question: question), (lambda question: question if question // 20 % 3 else -1)  # two pages of six are lost as a whole
    apart, together = (compared(*(judged(f, cases, **how) for f in (a, b)))["exact"] for how in ({}, {"clusters": "page"}))
    assert apart.shown == "worse" and together.shown is None and together.difference == apart.difference and together.high - together.low > 2 * (apart.high - apart.low)


def test_what_raised_is_left_out_and_said():
    def shaky(question): return question if question % 3 else 1 / 0
    c = compared(judged(lambda question: question if question % 4 else -1, numbers(40)), judged(shaky, numbers(40)))
    assert c["exact"].n == 26 and c["exact"].left_out == 14 and any("14 cases of the second report have no result" in n and "better than it is" in n for n in c.notes)


def test_outputs_that_were_there_already_are_paired_by_what_was_asked():
    a, b = (judged(None, [{"question": f"q{i}", "expected": "x", "output": "x" if i % k else "y"} for i in range(40)]) for k in (4, 8))
    c = compared(a, b)
    assert c["exact"].n == 40 and c["exact"].won == 5 and any("paired by inputs" in n for n in c.notes)


def test_another_version_of_a_metric_is_said():
    again = metric(lambda output, expected: str(output) == str(expected), name="exact")
    c = compared(judged(str, numbers(20)), judged(str, numbers(20), [again]))
    assert any("exact was judged in two ways" in n for n in c.notes)


def test_metrics_of_all_cases_together():
    rng = random.Random(2)
    cases = [{"question": i, "expected": i % 2} for i in range(120)]
    noise = [rng.gauss(0, 1) for _ in cases]
    a, b = (judged(lambda question, far=far: noise[question] + far * (question % 2), cases, [Auc()]) for far in (0.5, 1.2))
    in_pairs, apart = compared(a, b, metrics=[Auc()])["auc"], compared(a, b)["auc"]
    assert in_pairs.shown == "better" and in_pairs.note == "" and "not in pairs" in apart.note
    assert apart.high - apart.low > in_pairs.high - in_pairs.low and apart.difference == in_pairs.difference == b["auc"].value - a["auc"].value


def test_several_metrics_are_corrected_and_a_direction_is_kept():
    slow = metric(lambda output, expected: abs(output - expected), name="far", higher_is_better=False, low=0, high=None)
    c = compared(judged(lambda question: question + 1.0, numbers(30), [slow, close]), judged(lambda question: question + (question % 2) * 0.9, numbers(30), [slow, close]))
    assert c.better == ["far", "close"] and c["far"].difference < 0 and c["far"].won == 30 and "Holm" in c.notes[-1] and "points" not in str(c["far"]) and "points" in str(c["close"])
    assert c["far"].corrected >= c["far"].p


@pytest.mark.parametrize("n", [1, 2])
def test_few_pairs_say_nothing(n):
    c = compared(judged(lambda question: -1, numbers(n)), judged(lambda question: question, numbers(n)))
    assert c["exact"].shown is None and c.better == [] and ("nothing can be said" if n == 1 else "not shown to differ") in str(c)


def test_what_a_difference_needs():
    c = compared(judged(lambda question: question if question % 10 else -1, numbers(80)), judged(lambda question: question if question % 9 else -1, numbers(80)))["exact"]
    assert c.needed() > 80 and c.needed(0.2) < c.needed(0.1) < c.needed(0.1, power=0.9) and f"{c.needed():,} cases would show it" in str(c) and c.needed(0) is None


def test_it_shows_itself_and_escapes():
    bad = [{"question": f"<script>{i}</script>", "expected": "שלום" * 200} for i in range(30)]
    c = compared(judged(lambda question: "<b>", bad), judged(lambda question: "שלום" * 200, bad))
    html = c._repr_html_()
    assert "<script>" not in html and "<b>30" not in html and "&lt;script&gt;" in html and "<img alt=" in html and "30 cases won" in html and len(html) < 60_000
    json.dumps(c.to_dict())
    assert c.df["shown"].tolist() == ["better"] and of_dict(json.loads(json.dumps(c.a.to_dict()))) == c.a


def test_verbs_and_command(project, ws):
    (project / "cases.jsonl").write_text("\n".join(json.dumps(c) for c in numbers(60)))
    a, b = (ops.evaluate(lambda question, k=k: question if question % k else -1, "cases.jsonl", [exact], quiet=True) for k in (4, 20))
    for c in (ops.compare(a, b), ops.compare(a.id, b.id), ops.compare(a, b.id), ops.compare(ops.run(a.id), b), a.compared_with(b, level=0.9)):
        assert c["exact"].won == 12 and c["exact"].lost == 0 and c.better == ["exact"]
    code, out, err = opsnb("compare", a.id, b.id, "--json")
    assert code == 0 and json.loads(out)["metrics"]["exact"]["shown"] == "better", err
    assert "better, 12 cases won and 0 lost" in opsnb("compare", a.id, b.id)[1]
    with ops.track("fit", quiet=True) as run: run.log(loss=1.0)
    assert "Metrics, last values" in str(ops.compare(a.id, run.id))  # two runs, one of which is no evaluation
    other = judged(str, [{"question": "else", "expected": "1"}])
    for wrong, says in ((lambda: ops.compare(a, other), "no case in common"), (lambda: ops.compare(a, b, a), "two at a time"), (lambda: ops.compare(a.id, run.id, level=0.9), "of evaluations"),
                        (lambda: ops.compare(a, run.id), "has no report"), (lambda: ops.compare(a, judged(str, numbers(60), [close])), "no metric in common"), (lambda: ops.compare(a, b, correction="tukey"), "Unknown correction")):
        with pytest.raises(OpsError, match=says): wrong()

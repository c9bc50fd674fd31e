"""Intervals: how often they hold the truth, their edges, and what a report says of them."""
import math
import random

import numpy as np
import pytest

from bench.evaluate_intervals import OPEN, PAIRS, SCORES, areas, clustered, held, percentile, shares
from opsnb.errors import OpsError
from opsnb.evaluate.interval import estimated, interval, paired, quantile, wilson
from opsnb.evaluate.metric import Metric, Score, metric
from opsnb.evaluate.run import evaluated


def test_shares_are_covered():
    assert all(0.93 <= shares(n, 2000) <= 0.97 for n in (20, 50, 100, 500))  # of any size from .05 to .95
    assert 0.91 < min(shares(n, at=p) for n in (20, 50, 200) for p in (0.05, 0.3, 0.95))  # of one size: jumps from share to share


@pytest.mark.parametrize("name", SCORES)
def test_scores_between_two_ends_are_covered(name):
    assert all(0.92 <= held(SCORES[name], n) <= 0.975 for n in (15, 30, 100)), name


def test_they_are_covered_in_the_mean_of_all_kinds_and_were_not_before():
    found = [held(made, n) for made in SCORES.values() for n in (15, 50)]
    assert 0.94 <= np.mean(found) <= 0.965 and np.mean([held(made, 15, 300, ends=percentile) for made in SCORES.values()]) < 0.91


@pytest.mark.parametrize("name", OPEN)
def test_scores_with_one_end_are_covered(name):
    assert all(0.92 <= held(OPEN[name], n, scale=(0.0, None)) <= 0.98 for n in (15, 50)), name


def test_differences_of_pairs_are_covered():
    for name, made in PAIRS.items():
        few, many = held(made, 15, ends=paired), held(made, 200, 500, ends=paired)
        assert few >= 0.93 and 0.92 <= many <= 0.98, name  # of few flips no interval is short and right: it is long


def test_a_figure_of_all_cases_is_covered():
    assert 0.92 <= areas(50, 1.5, times=200) <= 0.99


def test_cases_that_hang_together_count_once():
    assert clustered(20, 10, 300) >= 0.92 and clustered(20, 10, 300, known=False) < 0.7
    assert interval([1, 0, 1, 1] * 5, clusters=list(range(20))) == interval([1, 0, 1, 1] * 5)


def test_other_levels_and_scales():
    rng = random.Random(3)
    scores = [rng.betavariate(2, 5) for _ in range(40)]
    at = {level: interval(scores, level=level) for level in (0.5, 0.8, 0.95, 0.99)}
    widths = [high - low for low, high in at.values()]
    assert widths == sorted(widths) and all(low < sum(scores) / 40 < high for low, high in at.values())
    low, high = interval([2 * s - 1 for s in scores], scale=(-1.0, 1.0))  # the same, on another scale
    assert math.isclose((low + 1) / 2, at[0.95][0]) and math.isclose((high + 1) / 2, at[0.95][1])
    low, high = interval([1 - s for s in scores], scale=(None, 1.0))  # an end above
    again = interval(scores, scale=(0.0, None))
    assert math.isclose(1 - high, again[0], abs_tol=1e-9) and math.isclose(1 - low, again[1], abs_tol=1e-9)
    assert abs(quantile(0.95, 1) - 12.706) < 0.001 and abs(quantile(0.99, 5) - 4.032) < 0.01


@pytest.mark.parametrize("values, scale, ends, said", [
    ([], (0, 1), None, ""), ([0.5], (0, 1), None, ""), ([0.5] * 30, (0, 1), None, "all 30 values are the same"), ([0.0] * 30, (0, None), None, "all 30 values are the same"),
    ([7.0] * 30, (None, None), None, "all 30"), ([1] * 30, (0, 1), wilson(30, 30), ""), ([0.0] * 30, (0, 1), wilson(0, 30), ""), ([0.2, 0.4], (0, 1), "some", "fewer than 15"),
    ([0.1] * 40 + [900.0], (0, None), "some", "a few values"), ([3.0, 5.0, 1e6, 2.0] * 10, (0, 1), "some", ""), ([True, False] * 10, (0, 1), wilson(10, 20), ""),
])
def test_edges(values, scale, ends, said):
    found, note = estimated(values, scale=scale)
    assert note.startswith(said) and bool(note) == bool(said)
    if ends == "some": assert found[0] < sum(values) / len(values) < found[1] and all(map(math.isfinite, found))
    else: assert found == ends


def test_totals_that_cannot_be_drawn_again():
    def one_class(values): raise ValueError("only one class")
    assert estimated([1, 2, 3], one_class) == (None, "the figure cannot be drawn again: there is no interval")
    low, high = interval([0.1, 0.4, 0.9] * 20, lambda v: sorted(v)[len(v) // 2])
    assert 0.0 <= low < 0.4 < high <= 1.0
    assert estimated([1, 2, 3], lambda v: 7.0, scale=(0, None))[1].startswith("it is the same in all draws") and estimated([1, 0] * 10, clusters=[i // 10 for i in range(20)])[1].startswith("all groups have the same mean")
    assert interval(list(np.linspace(0, 1, 30))) and interval(np.linspace(0, 1, 30))


class Spread(Metric):
    name, whole, low, high = "spread", True, 0.0, None
    def score(self, case, result): return Score(None, observed=result.output)
    def total(self, values): return float(np.std(values))


def test_a_report_says_which_intervals_are_rough(ws):
    near = metric(lambda output, expected: 1 - abs(output - expected), name="near")
    cases = [{"question": i / 10, "expected": 0.5, "tags": {"page": "ab"[i % 2]}} for i in range(10)]
    report = evaluated(lambda question: question, cases, [near, Spread()], quiet=True)
    assert "fewer than 15 cases" in report["near"].note and "fewer than 50 cases" in report["spread"].note and "fewer than 15 cases" in str(report) and report["spread"].low < report["spread"].value < report["spread"].high
    again = evaluated(lambda question: question, cases, [near], repeat=8, quiet=True)
    assert (again["near"].n, again["near"].low, again["near"].high) == (80, *interval([r.scores["near"] for r in again.rows], clusters=[r.digest for r in again.rows]))
    assert again["near"].high - again["near"].low > 0.9 * (report["near"].high - report["near"].low)  # the same ten cases, eight times
    pages = evaluated(lambda question: question, cases, [near], clusters="page", quiet=True)
    assert "only 2 groups" in pages["near"].note and pages.dataset["clusters"] == "page"
    with pytest.raises(OpsError, match="Unknown tag 'pages'"): evaluated(lambda question: question, cases, [near], clusters="pages")

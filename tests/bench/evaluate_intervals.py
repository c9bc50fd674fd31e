"""How often an interval holds the true figure: a thousand simulations of each of many kinds of scores."""
import math
import time

import numpy as np

from opsnb.evaluate.compare import corrected, mcnemar
from opsnb.evaluate.interval import estimated, interval, paired


def _chosen(values, chances):
    chances = np.array(chances) / sum(chances)
    return lambda rng, shape: rng.choice(values, size=shape, p=chances), float(np.dot(values, chances))


def _mixed(share, a, b, at):
    """`share` of the scores are `at`, the others a beta variable."""
    return lambda rng, shape: np.where(rng.random(shape) < share, at, rng.beta(a, b, shape)), share * at + (1 - share) * a / (a + b)


def _beta(a, b): return lambda rng, shape: rng.beta(a, b, shape), a / (a + b)
def _lognormal(s): return lambda rng, shape: rng.lognormal(0, s, shape), math.exp(s * s / 2)


RANKS = [1, 1 / 2, 1 / 3, 1 / 4, 0]
SCORES = {  # between 0 and 1
    "F1, even (beta 2, 5)": _beta(2, 5), "F1, high (beta 5, 1)": _beta(5, 1), "at both ends (beta .5, .5)": _beta(0.5, 0.5), "narrow (beta 20, 2)": _beta(20, 2), "very skewed (beta .3, 3)": _beta(0.3, 3),
    "MRR .73": _chosen(RANKS, [0.6, 0.15, 0.05, 0.05, 0.15]), "MRR .92": _chosen(RANKS, [0.88, 0.06, 0.02, 0, 0.04]), "MRR .17": _chosen([1, 1 / 2, 1 / 3, 1 / 5, 0], [0.1, 0.07, 0.05, 0.05, 0.73]),
    "three grades": _chosen([0, 0.5, 1], [0.2, 0.3, 0.5]), "five grades": _chosen([0, 0.25, 0.5, 0.75, 1], [0.03, 0.05, 0.12, 0.4, 0.4]),
    "80 % zero": _mixed(0.8, 2, 3, 0.0), "60 % zero": _mixed(0.6, 2, 5, 0.0), "70 % one": _mixed(0.7, 8, 2, 1.0),
}
OPEN = {  # from 0 on
    "counts (Poisson 30)": (lambda rng, shape: rng.poisson(30, shape).astype(float), 30.0), "gamma 2": (lambda rng, shape: rng.gamma(2, 1, shape), 2.0), "exponential": (lambda rng, shape: rng.exponential(1, shape), 1.0),
    "lognormal .5": _lognormal(0.5), "lognormal .75": _lognormal(0.75), "lognormal 1": _lognormal(1.0), "70 % zero, else exponential": (lambda rng, shape: np.where(rng.random(shape) < 0.7, 0, rng.exponential(1, shape)), 0.3),
}
UNSEEN = {  # kinds that were not looked at when the constants were chosen
    "0 to 1": {"beta 1, 8": _beta(1, 8), "35 % one, 25 % zero, else beta 3, 3": (lambda rng, shape: np.where((u := rng.random(shape)) < 0.35, 1.0, np.where(u < 0.6, 0.0, rng.beta(3, 3, shape))), 0.55), "10 % one, else beta 1.5, 4": _mixed(0.1, 1.5, 4, 1.0)},
    "from 0 on": {"Weibull .8": (lambda rng, shape: rng.weibull(0.8, shape), math.gamma(1 + 1 / 0.8)), "inverse Gaussian 1, 1": (lambda rng, shape: rng.wald(1, 1, shape), 1.0), "5 % twenty times as slow": (lambda rng, shape: rng.lognormal(0, 0.3, shape) * np.where(rng.random(shape) < 0.05, 20, 1), math.exp(0.045) * 1.95)},
}
PAIRS = {  # differences
    "F1, each differs": (lambda rng, shape: rng.beta(2, 5, shape) - rng.beta(2, 4, shape), 2 / 7 - 1 / 3), "flips 10 % and 5 %": _chosen([1, -1, 0], [0.1, 0.05, 0.85]), "flips 30 % and 10 %": _chosen([1, -1, 0], [0.3, 0.1, 0.6]),
    "flips 15 %, one way": _chosen([1, 0], [0.15, 0.85]), "ranks": _chosen([0, 0.5, -0.5, 2 / 3, -0.25, 1, -1], [0.7, 0.1, 0.06, 0.05, 0.04, 0.03, 0.02]),
}


def held(made, n, times=1000, seed=0, ends=interval, **how):
    """The share of intervals that hold the true mean; one that cannot be had holds nothing."""
    draw, truth = made
    rows = draw(np.random.default_rng([seed, n]), (times, n)).tolist()
    return float(np.mean([e is not None and e[0] - 1e-12 <= truth <= e[1] + 1e-12 for e in (ends(r, **how) for r in rows)]))


def shares(n, times=1000, seed=0, at=None):
    """The share of Wilson's intervals that hold the true share; `at`: one share, default: any between .05 and .95."""
    rng = np.random.default_rng([seed, n])
    truth = rng.uniform(0.05, 0.95, times) if at is None else np.full(times, at)
    return float(np.mean([low <= p <= high for p, hits in zip(truth, rng.binomial(n, truth), strict=True) for low, high in [interval([1] * hits + [0] * (n - hits))]]))


def percentile(values, **_):
    """What was there before, and is elsewhere: the percentile bootstrap."""
    x = np.asarray(values)
    return tuple(np.quantile(x[np.random.default_rng(0).integers(0, len(x), (1000, len(x)))].mean(axis=1), [0.025, 0.975]))


def auc(observed):
    """Area under the curve of `(score, class)`; raises where there is one class only."""
    score, label = np.array(observed).T
    order = np.argsort(score, kind="stable")
    rank = np.empty(len(score))
    rank[order] = np.arange(1, len(score) + 1)
    ones = label.sum()
    return float((rank[label == 1].sum() - ones * (ones + 1) / 2) / (ones * (len(label) - ones))) if 0 < ones < len(label) else math.nan


def areas(n, apart, positive=0.5, times=1000, seed=0):
    """The share of intervals that hold the true area; two normal distributions that are `apart` standard deviations."""
    rng, found = np.random.default_rng([seed, n]), []
    for _ in range(times):
        label = (rng.random(n) < positive).astype(int)
        observed = list(zip((rng.normal(0, 1, n) + apart * label).tolist(), label.tolist(), strict=True))
        if 0 < label.sum() < n and (ends := interval(observed, auc)): found.append(ends[0] <= 0.5 * math.erfc(-apart / 2) <= ends[1])
    return float(np.mean(found))


def clustered(groups, size, times=1000, seed=0, known=True):
    """The share of intervals that hold the true mean of scores that hang together in groups (intraclass correlation .5)."""
    rng, found = np.random.default_rng([seed, groups, size]), []
    labels = [g for g in range(groups) for _ in range(size)]
    for _ in range(times):
        of_group = rng.beta(0.7, 0.3, groups).repeat(size)
        ends = interval((rng.random(groups * size) < of_group).astype(float).tolist(), clusters=labels if known else None)
        found.append(ends[0] <= 0.7 <= ends[1])
    return float(np.mean(found))


def false_alarms(n, flips, times=10_000, seed=0, level=0.05):
    """How often McNemar's test sees a change where cases flip as often in one direction as in the other."""
    rng = np.random.default_rng([seed, n])
    flipped = rng.binomial(n, flips, times)
    return float(np.mean([mcnemar(int(won), int(all - won)) < level for won, all in zip(rng.binomial(flipped, 0.5), flipped, strict=True)]))


def holm_alarms(metrics, n=200, flips=0.2, times=2000, how="holm"):
    """How often any of several metrics that did not change is called changed."""
    rng = np.random.default_rng(metrics)
    flipped = rng.binomial(n, flips, (times, metrics))
    won = rng.binomial(flipped, 0.5)
    return float(np.mean([min(corrected([mcnemar(int(w), int(f - w)) for w, f in zip(ws, fs, strict=True)], how)) < 0.05 for ws, fs in zip(won, flipped, strict=True)]))


def evaluate_intervals(options):
    """Intervals of evaluations: how often they hold the truth."""
    rows, times = [], 1000
    def add(kind, name, cells, was=""): rows.append([kind, name, *(f"{100 * c:.1f}" if c is not None else "" for c in cells), was])
    sizes = (15, 20, 30, 50, 100, 500)
    add("0 or 1", "any share from .05 to .95", [shares(n, 10 * times) for n in sizes])
    for at in (0.05, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95): add("0 or 1", f"share {at}", [shares(n, times, at=at) for n in sizes])
    for name, made in SCORES.items(): add("0 to 1", name, [held(made, n, times) for n in sizes], f"{100 * held(made, 15, times, ends=percentile):.1f}")
    for name, made in OPEN.items(): add("from 0 on", name, [held(made, n, times, scale=(0.0, None)) for n in sizes], f"{100 * held(made, 15, times, ends=percentile):.1f}")
    unseen = [name for group in UNSEEN.values() for name in group]
    for kind, scale in (("0 to 1", (0.0, 1.0)), ("from 0 on", (0.0, None))):
        for name, made in UNSEEN[kind].items(): add(kind, name, [held(made, n, times, scale=scale) for n in sizes], f"{100 * held(made, 15, times, ends=percentile):.1f}")
    for name, made in PAIRS.items(): add("difference", name, [held(made, n, times, ends=paired) for n in sizes], f"{100 * held(made, 15, times, ends=percentile):.1f}")
    for apart, positive in ((0.5, 0.5), (1.5, 0.5), (2.5, 0.5), (1.5, 0.15)): add("of all cases", f"AUC {0.5 * math.erfc(-apart / 2):.2f}, {positive:.0%} positive", [None if n < 30 else areas(n, apart, positive, 500) for n in sizes[:-1]] + [None])
    for groups in (10, 20, 50): add("hang together", f"{groups} groups of n / {groups}", [clustered(groups, n // groups, times) if n >= 2 * groups else None for n in sizes])
    x = np.random.default_rng(0).random((5, 1000)).tolist()
    began = time.process_time()
    for _ in range(20): [estimated(v) for v in x]
    spent = (time.process_time() - began) / 20 * 1000
    means = [float(c) for r in rows for c in r[2:8] if c and r[0] in ("0 to 1", "from 0 on") and r[1] not in unseen]
    inside = sum(93 <= c <= 97 for c in means)
    return ["scores", "", *(f"n = {n}" for n in sizes), "percentile bootstrap, n = 15"], rows, [
        "Per cent of 95 % intervals that hold the true figure; a thousand simulations a cell, so 0.7 of standard error (AUC: 500, 1.0).",
        f"Of {len(means)} cells with scores from 0 to 1 and from 0 on, {inside} lie between 93 and 97; the lowest {min(means):.1f}, the highest {max(means):.1f}. Of single shares no method holds 95 % everywhere: the number of hits is whole, so the coverage jumps from share to share (Brown, Cai and DasGupta 2001).",
        f"The constants were chosen looking at other draws of these kinds, but for the last three of each group: {'; '.join(unseen)}.",
        "Where one case of twenty makes up half of the sum, a sample that has no such case cannot know it, and no method is right below some hundred cases; when there is one, the report says that the interval is rough. So it does of figures of all cases together from fewer than 50 cases; few positives are as bad.",
        "McNemar's mid-p test at 5 %, nothing changed, says otherwise in " + ", ".join(f"{100 * false_alarms(n, flips):.1f} % ({n} cases, {flips:.0%} flip)" for n, flips in ((30, 0.2), (100, 0.1), (100, 0.3), (500, 0.1), (500, 0.5))) + ".",
        f"Ten metrics that did not change: any is called changed in {100 * holm_alarms(10):.1f} % with Holm's correction, {100 * holm_alarms(10, how='none'):.1f} % without.",
        f"5 metrics x 1,000 cases: {spent:.1f} ms of CPU for all intervals.",
    ]

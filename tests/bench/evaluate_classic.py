"""Classic metrics, drift and bias: what they take, beside the libraries whose formulas they follow."""
import time

import numpy as np


def _cpu(work):
    began = time.process_time()
    made = work()
    return time.process_time() - began, made


def _cases(n, seed=0):
    rng = np.random.default_rng(seed)
    expected = rng.integers(0, 2, n)
    p = np.clip(0.3 + 0.4 * expected + rng.normal(0, 0.25, n), 0.001, 0.999)
    return [[str(e), {"0": 1 - s, "1": s}] for e, s in zip(expected.tolist(), p.tolist(), strict=True)], expected, p


def classic(options):
    """Classic metrics: a value and its 95 % interval, against scikit-learn called for each draw."""
    from sklearn import metrics as sk

    from opsnb.evaluate.classic import F1, Ece, Mcc, PrAuc, RocAuc
    from opsnb.evaluate.report import Row, totalled
    n, rows = options.rows, []
    values, expected, p = _cases(n)
    labels = [[e, str(int(s["1"] > 0.5))] for e, s in values]
    drawn, draws = np.random.default_rng(0).integers(0, n, (20, n)), max(200, min(500, 20_000_000 // n))
    peers = {"f1": lambda i: sk.f1_score(expected[i], p[i] > 0.5), "mcc": lambda i: sk.matthews_corrcoef(expected[i], p[i] > 0.5), "roc_auc": lambda i: sk.roc_auc_score(expected[i], p[i]), "pr_auc": lambda i: sk.average_precision_score(expected[i], p[i])}
    ours = 0.0
    for metric in (F1(), Mcc(), RocAuc(), PrAuc(), Ece()):
        seen = [Row(str(i), None, observed={metric.name: v}) for i, v in enumerate(labels if metric.name in ("f1", "mcc") else values)]
        took, total = _cpu(lambda metric=metric, seen=seen: totalled(metric, seen))
        ours += took
        peer = _cpu(lambda name=metric.name: [peers[name](i) for i in drawn])[0] * draws / 20 if metric.name in peers else None
        rows.append([metric.name, f"{took:.2f}", f"{peer:.1f}" if peer else "", f"{peer / took:.0f}" if peer else "", f"{total.value:.4f} ({total.low:.4f} to {total.high:.4f})"])
    return ["metric", "CPU s", "scikit-learn, CPU s", "times", "value"], rows, [f"{n:,} cases; five metrics with their intervals take {ours:.1f} s of CPU (target: a few seconds). {draws} draws; of scikit-learn 20 were timed."]


def drift(options):
    """Drift: 50 columns of two tables, each by its test, and all together by a classifier."""
    import pandas as pd

    from opsnb.evaluate.drift import drift as compared
    from opsnb.evaluate.drift import told_apart
    n, rng = options.rows, np.random.default_rng(0)
    def table(): return pd.DataFrame({**{f"x{i}": rng.normal(size=n) for i in range(35)}, **{f"c{i}": rng.choice(list("abcd"), n, p=[0.4, 0.3, 0.2, 0.1]) for i in range(10)}, **{f"m{i}": np.where(rng.random(n) < 0.05, np.nan, rng.gamma(2, size=n)) for i in range(5)}})
    a, b = table(), table()
    compared(a[:200], b[:200])  # imports
    moved = b.assign(x0=b.x0 + 0.5)
    rows = [[what, f"{took:.2f}", verdict.why.partition(" (")[0]] for what, f in (("each column", lambda: compared(a, b, together=False)), ("and all together", lambda: compared(a, b)), ("one column half a standard deviation higher", lambda: compared(a, moved))) for took, verdict in [_cpu(f)]]
    alarms, joint, sims = 0, {True: 0, False: 0}, 200
    for i in range(sims):
        r = np.random.default_rng([1, i])
        x, y = (pd.DataFrame(r.normal(size=(300, 10))) for _ in range(2))
        alarms += compared(x, y, psi=0, together=False).ok is False
        for trees in joint: joint[trees] += told_apart(x.to_numpy(), y.to_numpy(), trees=trees, seed=i)["p"] < 0.05
    return ["what", "CPU s", "verdict"], rows, [f"Two tables of {n:,} rows (target: about 1.5 s).", f"Of {sims} pairs of tables from the same source (300 rows, 10 columns, no effect size asked) {alarms / sims:.1%} drifted at alpha 0.05; the classifier's p was below 0.05 in {joint[True] / sims:.1%} (trees) and {joint[False] / sims:.1%} (linear)."]


def bias(options):
    """Bias: two attributes and both crossed, of 100,000 cases, against fairlearn's MetricFrame on the rows."""
    import warnings

    import fairlearn.metrics as fair
    import pandas as pd
    from sklearn.metrics import accuracy_score

    from opsnb.evaluate.bias import bias as judged
    n, rng = options.rows * 10, np.random.default_rng(0)
    frame = pd.DataFrame({"sex": rng.choice(["f", "m"], n), "age": rng.choice(["old", "young"], n)})
    truth = rng.integers(0, 2, n)
    said = np.where(rng.random(n) < 0.85, truth, 1 - truth)
    judged((truth[:200], said[:200]), frame[:200])  # imports
    ours, verdict = _cpu(lambda: judged((truth, said), frame))
    def rows_of():
        for columns in (["sex"], ["age"], ["sex", "age"]):
            fair.MetricFrame(metrics={"selected": fair.selection_rate, "tpr": fair.true_positive_rate, "fpr": fair.false_positive_rate, "accuracy": accuracy_score}, y_true=truth, y_pred=said, sensitive_features=frame[columns]).by_group  # noqa: B018
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs, _ = _cpu(rows_of)
    return ["what", "CPU s", "verdict"], [["ops.bias", f"{ours:.2f}", verdict.why], ["MetricFrame, three times", f"{theirs:.2f}", ""]], [f"{n:,} cases; ours with intervals and tests, {theirs / ours:.1f} times less."]

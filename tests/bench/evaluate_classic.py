"""Classic metrics: what they take, beside scikit-learn."""
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
    """Classic metrics: a value and its 95 % interval , against scikit-learn called for each draw."""
    from sklearn import metrics as sk

    from opsnb.evaluate.classic import F1, Ece, Mcc, PrAuc, RocAuc
    from opsnb.evaluate.report import Row, totalled
    n, rows = options.cases, []
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

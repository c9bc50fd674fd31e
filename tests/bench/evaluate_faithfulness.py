"""What the metrics without a judge tell apart, beside people and an LLM judge.

    python tests/bench/evaluate_faithfulness.py [faithfulness] [texts] [relevance] [profanity] [--data FOLDER]

Needs the data sets squad and faithfulness.
"""
import argparse
import gzip
import json
import random
import sys
import time
from pathlib import Path

import numpy as np
from scipy.stats import rankdata, spearmanr

from opsnb.evaluate.case import Case
from opsnb.evaluate.meaning import Relevance, SemanticSimilarity
from opsnb.evaluate.metric import Result, scored
from opsnb.evaluate.support import Support, SupportScore
from opsnb.evaluate.text import ChrF, Contains, ExactMatch, FuzzyMatch, Rouge, TokenF1
from opsnb.evaluate.wording import Profanity
from opsnb.rag.text import sentences

HERE = Path(__file__).parent


def read(path): return json.loads(gzip.open(path).read())


def auc(x, good):
    """How often a score of the good lies above one of the others."""
    n = good.sum()
    return (rankdata(x)[good].sum() - n * (n + 1) / 2) / (n * (len(x) - n))


def drawn(groups, times=2000, seed=0):
    """Draws of whole groups, as lists of rows: the answers to one question are not independent."""
    rng, rows = np.random.default_rng(seed), {}
    for i, g in enumerate(groups): rows.setdefault(g, []).append(i)
    kept = [np.array(r) for r in rows.values()]
    return [np.concatenate([kept[i] for i in rng.integers(0, len(kept), len(kept))]) for _ in range(times)]


def spread(values): return "[{:.3f}, {:.3f}]".format(*np.quantile(values, [0.025, 0.975]))


def of(metric, case, result): return scored(metric, case, result).value


def mtrag(path):
    """`(rows, {what: scores}, faithful or not, CPU seconds)`; without a score is an answer of which nothing was checked: in the middle."""
    rows = read(path)["rows"]
    good, judge = np.array([np.mean(r["human_faithfulness"]) > 3 for r in rows]), np.array([r["judge"]["rl_f"] for r in rows], float)
    begun, found = time.process_time(), {}
    for metric in (Support(), SupportScore()):
        said = [of(metric, Case(r["question"]), Result(r["answer"], retrieved=[c if isinstance(c, str) else c["text"] for c in r["contexts"]])) for r in rows]
        found[metric.name] = np.array([0.5 if v is None else v for v in said])
    return rows, {**found, "judge": judge}, good, time.process_time() - begun


def faithfulness(options):
    """Faithful or not, as people say (mtRAG), and supported or not (WiCE): by metrics without a judge, by a judge, by both."""
    rows, x, good, cpu = mtrag(options.data / "faithfulness/mtrag-human-half.json.gz")
    x = {"support": x["support"], "support_score": x["support_score"], "RAGAS, an LLM judge (comes with the set)": x["judge"],
         "mean of support and RAGAS": (x["support"] + x["judge"]) / 2, "mean of support_score and RAGAS": (x["support_score"] + x["judge"]) / 2, "mean of the ranks of support and RAGAS": rankdata(x["support"]) + rankdata(x["judge"])}
    draws, human = [d for d in drawn([r["task"] for r in rows]) if 0 < good[d].sum() < len(d)], [np.mean(r["human_faithfulness"]) for r in rows]
    of_draws = {name: np.array([auc(v[d], good[d]) for d in draws]) for name, v in x.items()}
    against = of_draws["RAGAS, an LLM judge (comes with the set)"]
    table = [["mtRAG: faithful or not", name, f"{len(rows)}", f"{auc(v, good):.3f}", spread(of_draws[name]), "" if of_draws[name] is against else f"{auc(v, good) - auc(x['RAGAS, an LLM judge (comes with the set)'], good):+.3f} {spread(of_draws[name] - against)}", f"{spearmanr(v, human)[0]:.2f}"] for name, v in x.items()]
    wice = read(options.data / "faithfulness/wice-dev.json.gz")["rows"]
    label = np.array([r["label"] for r in wice])
    for metric in (Support(), SupportScore()):
        said = np.array([0.5 if (v := of(metric, Case("q"), Result(r["claim"], retrieved=[" ".join(r["evidence"])]))) is None else v for r in wice])
        for name, keep in (("supported or not", label != ""), ("supported or not at all", label != "partially_supported")):
            v, yes = said[keep], label[keep] == "supported"
            some = np.random.default_rng(0).integers(0, len(v), (1000, len(v)))
            table.append([f"WiCE: {name}", metric.name, f"{len(v):,}", f"{auc(v, yes):.3f}", spread([auc(v[d], yes[d]) for d in some]), "", ""])
    notes = [f"mtRAG: {good.sum()} of {len(rows)} answers were called faithful (mean of three people above 3 of 4). Intervals draw whole questions with all their answers, 95 %. Nothing was fitted; weighing sentences by their length was chosen on this half.",
             f"{cpu / len(rows) / 2 * 1000:.0f} CPU-ms an answer for each of the two metrics, passages included."]
    return ["what", "by", "cases", "AUC", "95 %", "more than RAGAS", "rank correlation with people"], table, notes


def texts(options):
    """Another person's answer to the same question, or an answer to another question of the same passage (SQuAD 1.1)."""
    questions, rng = read(options.data / "squad/squad-dev-1.1.json.gz")["questions"], random.Random(0)
    of_passage = {}
    for q in questions: of_passage.setdefault(q["pid"], []).append(q)
    pairs = []
    for q in rng.sample(questions, len(questions)):
        mine, others = list(dict.fromkeys(q["answers"])), [a for o in of_passage[q["pid"]] if o["id"] != q["id"] for a in o["answers"] if a not in q["answers"]]
        if len(mine) > 1 and others: pairs.append((mine[0], mine[1], rng.choice(others)))
        if len(pairs) == 1000: break
    good, table = np.r_[np.ones(len(pairs), bool), np.zeros(len(pairs), bool)], []
    for metric in (ExactMatch(), Contains(), TokenF1(), FuzzyMatch(), Rouge("l"), ChrF(), SemanticSimilarity()):
        said = np.array([of(metric, Case("q", a), Result(b)) for a, b, _ in pairs] + [of(metric, Case("q", a), Result(c)) for a, _, c in pairs])
        some = [np.r_[d, d + len(pairs)] for d in np.random.default_rng(0).integers(0, len(pairs), (1000, len(pairs)))]
        table.append([metric.name, f"{len(pairs):,}", f"{auc(said, good):.3f}", spread([auc(said[d], good[d]) for d in some]), f"{said[good].mean():.2f}", f"{said[~good].mean():.2f}"])
    return ["by", "pairs of each kind", "AUC", "95 %", "mean, same question", "mean, another question"], table, ["Only answers that are not literally the same."]


def relevance(options):
    """A sentence with the answer, or another sentence (SQuAD 1.1)."""
    found, rng = read(options.data / "squad/squad-dev-1.1.json.gz"), random.Random(0)
    passages, rows, metric = {p["id"]: p for p in found["passages"]}, [], Relevance()
    for q in rng.sample(found["questions"], 1000):
        p = passages[q["pid"]]
        away = rng.choice([x for x in found["passages"] if x["title"] != p["title"]])
        here, there = ([x["text"][s:e] for s, e in sentences(x["text"])] for x in (p, away))
        right, others = [s for s in here if any(a in s for a in q["answers"])], [s for s in here if not any(a in s for a in q["answers"])]
        if right and others: rows.append([of(metric, Case(q["question"]), Result(s)) for s in (right[0], rng.choice(others), rng.choice(there), q["answers"][0])])
    x, good, table = np.array(rows), np.r_[np.ones(len(rows), bool), np.zeros(len(rows), bool)], []
    draws = [np.r_[d, d + len(rows)] for d in np.random.default_rng(0).integers(0, len(rows), (1000, len(rows)))]
    for name, a, b in (("the sentence with the answer, another of the same passage", 0, 1), ("the sentence with the answer, one of another article", 0, 2), ("the answer's words alone, a sentence of another article", 3, 2)):
        v = np.r_[x[:, a], x[:, b]]
        table.append([name, f"{len(rows):,}", f"{auc(v, good):.3f}", spread([auc(v[d], good[d]) for d in draws])])
    return ["told apart by relevance", "pairs", "AUC", "95 %"], table, []


def profanity(options):
    """False alarms of the profanity filter."""
    sets = {"SQuAD 1.1, passages of Wikipedia": [p["text"] for p in read(options.data / "squad/squad-dev-1.1.json.gz")["passages"]],
            "mtRAG, answers": [r["answer"] for r in read(options.data / "faithfulness/mtrag-human-half.json.gz")["rows"]],
            "WiCE, evidence": [" ".join(r["evidence"]) for r in read(options.data / "faithfulness/wice-dev.json.gz")["rows"]]}
    return ["texts", "n", "flagged"], [[name, f"{len(ts):,}", f"{sum(of(Profanity(), Case('q'), Result(t)) for t in ts):.0f}"] for name, ts in sets.items()], []


ALL = {"faithfulness": faithfulness, "texts": texts, "relevance": relevance, "profanity": profanity}


def shown(name, options):
    head, rows, notes = ALL[name](options)
    return "\n".join([f"### {ALL[name].__doc__}", "", f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *(f"| {' | '.join(r)} |" for r in rows), "", *(f"- {n}" for n in notes), ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(ALL)}; default: all")
    parser.add_argument("--data", type=Path, default=HERE.parents[2] / "shared/data", help="folder of the data sets")
    options = parser.parse_args()
    for name in options.names or ALL: print(shown(name, options), flush=True)


if __name__ == "__main__":
    sys.exit(main())

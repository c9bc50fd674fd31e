"""What a sweep saves, how often it calls one of equal configurations best, and whether made cases choose as people's questions do.

    python tests/bench/evaluate_sweep.py [sweep_shared] [sweep_claims] [made_cases] [--data FOLDER]

sweep_shared and made_cases need the data set squad.
"""
import argparse
import gzip
import json
import os
import random
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).parent
ARTICLES = 10


def squad(options, questions, seed=1):
    """`(documents, cases)`: articles as documents, and questions that people asked about them."""
    from opsnb.rag.document import Document
    found = json.loads(gzip.open(options.data / "squad/squad-dev-1.1.json.gz").read())
    articles, of = defaultdict(list), {p["id"]: p["title"] for p in found["passages"]}
    for p in found["passages"]: articles[p["title"]].append(p["text"])
    titles = list(articles)[:ARTICLES]
    asked = random.Random(seed).sample([q for q in found["questions"] if of[q["pid"]] in titles], questions)
    return [Document(f"{t}.md", "\n\n".join(articles[t]), t, "markdown") for t in titles], [{"question": q["question"], "expected": q["answers"], "id": q["id"]} for q in asked]


def metrics():
    from opsnb.evaluate.metric import metric
    from opsnb.rag.text import folded

    @metric
    def answer_in_3(retrieved, expected): return float(any(folded(a) in folded(t) for a in expected for t in retrieved[:3]))

    @metric
    def sentence_in_3(question, retrieved, expected):
        said = question.partition("“")[2].rpartition("”")[0].replace("____", expected)
        return float(any(said in " ".join(t.split()) for t in retrieved[:3]))
    return answer_in_3, sentence_in_3


GRID = {"tokens": [32, 64, 128, 240], "mode": ["fused", "text"]}


def quietly(options):
    os.environ.update({"OPSNB_HOME": f"{tempfile.mkdtemp()}/.opsnb", "OPSNB_DELIVERY": "off", "OPSNB_TRACING": "0", "OPSNB_GIT": "0", "OPSNB_SYSTEM_METRICS_S": "0", "OPSNB_QUIET": "1"})


def timed(work):
    wall, cpu = time.monotonic(), time.process_time()
    done = work()
    return done, time.monotonic() - wall, time.process_time() - cpu


def sweep_shared(options):
    """Eight configurations of an index (four chunk sizes, two ways to search) on 100 questions: one by one, and as a sweep."""
    import opsnb as ops
    from opsnb.evaluate.configure import configurations
    from opsnb.rag.embed import embedder
    quietly(options)
    documents, cases = squad(options, 100)
    metric, _ = metrics()
    embedder().embed(["warm"])

    def one_by_one():
        for n, (params, _) in enumerate(configurations(GRID)):
            index = ops.index(f"alone{n}", mode=params["mode"])
            index.build(documents=documents, chunking={"tokens": params["tokens"]})
            ops.evaluate(index, cases, metric, quiet=True, cache=False)
    index = ops.index("docs")
    index.build(documents=documents)
    rows = []
    for name, work in [("one by one: build, evaluate", one_by_one), ("sweep", lambda: ops.sweep(index, GRID, cases, metric, quiet=True)),
                       ("the same sweep again", lambda: ops.sweep(index, GRID, cases, metric, quiet=True)),
                       ("one more chunk size", lambda: ops.sweep(index, {**GRID, "tokens": [*GRID["tokens"], 96]}, cases, metric, quiet=True)),
                       ("other cases, all chunk sizes as before", lambda: ops.sweep(index, GRID, squad(options, 100, seed=2)[1], metric, quiet=True))]:
        _, wall, cpu = timed(work)
        rows.append((name, wall, cpu))
    first = rows[0][2]
    return ["what", "wall s", "CPU s", "of one by one (CPU)"], [[n, f"{w:.2f}", f"{c:.2f}", f"{c / first:.3f}"] for n, w, c in rows], [f"{ARTICLES} articles of SQuAD; the index that is swept has chunks of 240 tokens, so that way of cutting costs a sweep nothing."]


def sweep_claims(options):
    """Equal configurations on 100 cases, 1,000 times: how often one of them is called best, and how much too high the first one's figure is."""
    from opsnb.evaluate.leaderboard import Entry, Leaderboard
    from opsnb.evaluate.report import Report, Row, Total
    rng, rows = random.Random(0), []
    for many, share in ((2, 0.8), (10, 0.5), (10, 0.8), (10, 0.95)):
        called = apart = 0
        optimism = 0.0
        for _ in range(1000):
            hard = [rng.gauss(0, 1) for _ in range(100)]  # the same case is hard for all
            entries = []
            for n in range(many):
                scores = [float(share > 0.5 + 0.25 * h * (1 - share) + rng.uniform(-0.5, 0.5)) for h in hard]
                made = Report("r", "r", {"m": Total("m", sum(scores) / 100, n=100)}, [Row(f"c{i}", "", scores={"m": v}) for i, v in enumerate(scores)])
                entries.append(Entry({"n": n}, f"n {n}", report=made))
            board = Leaderboard("equal", entries, "m")
            called += bool(board.verdict)
            values = [e.value("m") for e in board.entries]
            apart += values[0] > values[1]
            optimism += values[0] - sum(values) / len(values)
        rows.append([f"{many}", f"{share:.2f}", f"{apart / 10:.1f} %", f"{called / 10:.1f} %", f"{optimism / 1000:+.3f}"])
    return ["configurations", "true score, about", "alone in first place", "called best", "first one's figure, too high by"], rows, ["A leaderboard without intervals would call the first one best whenever it is alone in its place.", "With ten the rule is careful: the gap between the first two of ten equal ones is small."]


def made_cases(options):
    """Do cloze cases choose as people's questions do? Eight configurations, 150 cases of each kind."""
    import opsnb as ops
    quietly(options)
    documents, cases = squad(options, 150)
    index = ops.index("docs")
    index.build(documents=documents)
    answer_in_3, sentence_in_3 = metrics()
    made, wall, cpu = timed(lambda: ops.make_cases(index, n=150, kinds="cloze", quiet=True))
    boards = [ops.sweep(index, GRID, given, m, quiet=True) for given, m in ((cases, answer_in_3), (made, sentence_in_3))]
    found = [{e.label: (e.value(m.name), e.report[m.name]) for e in b.entries} for b, m in zip(boards, (answer_in_3, sentence_in_3), strict=True)]
    rows = [[label, *(f"{f[label][0]:.3f} ({f[label][1].low:.3f} to {f[label][1].high:.3f})" for f in found)] for label in found[0]]
    from scipy.stats import kendalltau
    tau = kendalltau([found[0][k][0] for k in found[0]], [found[1][k][0] for k in found[0]])
    return ["configuration", "people's questions: answer in the first 3 chunks", "cloze: sentence in the first 3 chunks"], rows, [
        f"Kendall's tau of the two orders: {tau.statistic:.2f}. First by people's questions: {boards[0].best.label}; by cloze: {boards[1].best.label}.", f"Making 150 cloze cases took {cpu:.1f} CPU seconds.",
        *(f"{name}: {b.verdict.why}." for name, b in zip(("People's questions", "Cloze"), boards, strict=True))]


ALL = {"sweep_shared": sweep_shared, "sweep_claims": sweep_claims, "made_cases": made_cases}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(ALL)}; default: all")
    parser.add_argument("--data", type=Path, default=HERE.parents[2] / "shared/data", help="folder of the data sets")
    options = parser.parse_args()
    for name in options.names or ALL:
        head, rows, notes = ALL[name](options)
        print("\n".join([f"## {ALL[name].__doc__}", "", f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *(f"| {' | '.join(r)} |" for r in rows), "", *(f"- {n}" for n in notes), ""]), flush=True)


if __name__ == "__main__":
    sys.exit(main())

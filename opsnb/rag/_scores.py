"""What candidates have in common with a question, in numbers: words, their closeness, vectors, and the states of single tokens.

All parts but `dense` lie between 0 and 1 (dense and late may be a little below 0), whatever the question, so that a sum of them can be
compared between questions, too.
"""
import io
import zlib
from functools import lru_cache

import numpy as np

from opsnb.rag.text import words

PARTS = ("dense", "late", "late64", "late16", "covered", "words", "phrases", "heading")
WINDOWS = {"late64": 32, "late16": 8}   # half of a stretch in tokens: about two sentences, and a clause
BUCKETS = 1 << 18


@lru_cache(1 << 16)
def bucket(word): return zlib.crc32(word.encode("utf-8", "replace")) % BUCKETS


class Frequencies:
    """In how many chunks each word (by a hash) and each token occurs. Can be added to and taken from, so that a build touches what changed."""

    def __init__(self, n=0, length=0, words=None, tokens=None, stops=None, model=""):
        self.n, self.length = n, length     # chunks, and words in all of them
        self.model = model                  # whose tokens these are
        self.stops = np.zeros(1 << 16, bool)    # token ids that say nothing
        if stops is not None: self.stops[stops] = True
        self.words = np.zeros(BUCKETS, np.uint32) if words is None else words
        self.tokens = np.zeros(1 << 16, np.uint32) if tokens is None else tokens

    def add(self, texts, tokens=(), sign=1):
        """Count these texts in (or, with sign -1, out); `tokens`: their token ids. Returns itself."""
        for text in texts:
            found = words(text)
            at = np.unique(np.fromiter(map(bucket, found), np.int64, len(found)))
            self.words[at] = np.maximum(self.words[at].astype(np.int64) + sign, 0)
            self.n, self.length = max(self.n + sign, 0), max(self.length + sign * len(found), 0)
        for ids in tokens:
            at = np.unique(ids)
            self.tokens[at] = np.maximum(self.tokens[at].astype(np.int64) + sign, 0)
        return self

    def idf(self, found): return self.rarity(self.words[np.fromiter(map(bucket, found), np.int64, len(found))])
    def token_idf(self, ids): return self.rarity(self.tokens[np.asarray(ids, np.int64)])
    def rarity(self, df): return np.log1p((self.n - np.minimum(df, self.n) + 0.5) / (df + 0.5))

    def to_bytes(self):
        out = io.BytesIO()
        np.savez_compressed(out, about=np.array([1, self.n, self.length]), words=self.words, tokens=self.tokens, stops=np.flatnonzero(self.stops), model=np.array(self.model))
        return out.getvalue()

    @classmethod
    def from_bytes(cls, data, model=""):
        """What `to_bytes` gave; a ValueError when it is of another model or not of this format."""
        with np.load(io.BytesIO(data), allow_pickle=False) as f:
            if int(f["about"][0]) != 1 or str(f["model"]) != model: raise ValueError("not these frequencies")
            return cls(int(f["about"][1]), int(f["about"][2]), f["words"], f["tokens"], f["stops"], model)


@lru_cache(1 << 13)
def words_of(text):
    """The words of a chunk; the same chunks are candidates again and again."""
    return tuple(words(text))


class Candidates:
    """Chunks that may answer: their texts, headings, vectors and tokens (`Tokens.to_bytes()`), as columns."""

    def __init__(self, texts, headings, vectors, tokens=None):
        self.texts, self.headings, self.vectors = texts, headings, vectors
        self.ids = self.bits = None
        if tokens and all(tokens):
            counts = [len(t) // 18 for t in tokens]
            self.ids = np.concatenate([np.frombuffer(t, np.uint16, n) for t, n in zip(tokens, counts, strict=True)])
            self.bits = np.concatenate([np.frombuffer(t, np.uint8, offset=2 * n).reshape(n, 16) for t, n in zip(tokens, counts, strict=True)])
            self.first = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64)
            self.counts = np.array(counts)

    def __len__(self): return len(self.texts)


def scores(query, question, candidates, known):
    """Each part as an array, one number for each candidate; `known`: Frequencies."""
    asked = list(dict.fromkeys(words(question)))
    found = {"dense": np.einsum("ij,j->i", candidates.vectors, query.vector), **lexical(asked, candidates, known)}
    if candidates.ids is None or query.states is None or not len(query.states): return found
    sims, weights = alignment(query, candidates, known)
    return {**found, **late(sims, weights, candidates)}


def lexical(asked, candidates, known, k1=0.9, b=0.4):
    """Shares of the question's words, by how rare they are: in the chunk, by BM25, as phrases, in its headings."""
    n, m = len(candidates), len(asked)
    if not m: return dict.fromkeys(("covered", "words", "phrases", "heading"), np.zeros(n))
    index, idf = {w: i for i, w in enumerate(asked)}, known.idf(asked)
    total = idf.sum() or 1.0
    lists = [[index.get(w, -1) for w in words_of(text)] for text in candidates.texts]
    lengths = np.array([len(x) for x in lists])
    seen = np.fromiter((i for x in lists for i in x), np.int64, lengths.sum())
    owner = np.repeat(np.arange(n), lengths)
    hit = seen >= 0
    times = np.bincount(owner[hit] * m + seen[hit], minlength=n * m).reshape(n, m)
    mean = known.length / known.n if known.n else 1.0
    norm = k1 * (1 - b + b * lengths / max(mean, 1.0))
    bm25 = (times * (k1 + 1) / (times + norm[:, None])) @ idf / (total * (k1 + 1))
    return {"covered": (times > 0) @ idf / total, "words": bm25, "phrases": phrases(seen, owner, idf, n), "heading": heading(candidates.headings, index, idf, total)}


def phrases(seen, owner, idf, n):
    """Share of the question's pairs of neighbouring words that are neighbours in the chunk, too."""
    if len(idf) < 2: return np.zeros(n)
    weight = np.minimum(idf[:-1], idf[1:])
    at = np.flatnonzero((seen[:-1] >= 0) & (seen[1:] == seen[:-1] + 1) & (owner[1:] == owner[:-1]))
    has = np.zeros((n, len(idf)), bool)
    has[owner[at], seen[at]] = True
    return has[:, :-1] @ weight / (weight.sum() or 1.0)


def heading(headings, index, idf, total):
    """Share of the question's words in title and section; chunks of one section have one heading."""
    known = {h: idf[list({index[w] for w in words(h) if w in index})].sum() / total for h in set(headings)}
    return np.array([known[h] for h in headings])


def product(a, b):
    """`a @ b.T` in parts that a BLAS does with one thread: for matrices as small as these, starting more costs several times what they bring."""
    step = max(8, 250_000 // max(1, a.size))
    return np.concatenate([a @ b[i:i + step].T for i in range(0, len(b), step)], axis=1) if len(b) > step else a @ b.T


def alignment(query, candidates, known):
    """`(similarities of the question's tokens that say something with all tokens, their weights)`."""
    ids = np.asarray(query.ids, np.int64)
    weights = known.token_idf(ids)
    if not known.stops[ids].all(): weights = np.where(known.stops[ids], 0.0, weights)
    keep = weights > 0
    if not keep.any(): keep, weights = np.ones(len(ids), bool), np.ones(len(ids))
    states = query.states[keep] / np.linalg.norm(query.states[keep], axis=1, keepdims=True)
    states = (states / np.sqrt(states.shape[1])).astype(np.float32)
    bits = np.unpackbits(candidates.bits, axis=1).astype(np.float32)
    return 2 * product(states, bits) - states.sum(axis=1, keepdims=True), weights[keep] / weights[keep].sum()


def late(sims, weights, candidates):
    """For each token of the question its best match in the chunk (`late`), and in the best stretch of 64 and of 16 tokens."""
    found = {"late": weights @ np.maximum.reduceat(sims, candidates.first, axis=1)}
    for name, size in WINDOWS.items():
        blocks = -(-candidates.counts // size)
        begin = np.cumsum(blocks) - blocks                      # of each chunk among the blocks
        starts = np.repeat(candidates.first, blocks) + size * (np.arange(blocks.sum()) - np.repeat(begin, blocks))
        best = np.maximum.reduceat(sims, starts, axis=1)
        after = np.minimum(np.arange(best.shape[1]) + 1, np.repeat(begin + blocks - 1, blocks))
        found[name] = np.maximum.reduceat(weights @ np.maximum(best, best[:, after]), begin)
    return found

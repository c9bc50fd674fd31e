"""How well sentences of passages match a question or a claim: late interaction over token states, and words in common."""
import math
import re
from dataclasses import dataclass

import numpy as np

from ..errors import Unavailable
from ._scores import product
from .text import sentences, words

COMMON = 996  # WordPiece vocabularies are ordered by frequency after their first ids: a word's place tells how rare it is


LONG = 600  # characters: what is longer and has lines is no sentence


def units(text):
    """The sentences of a text, `[(start, end)]`; the rows of a table and the lines of what is far too long are their own."""
    found = []
    for s, e in sentences(text):
        rows = [(s + m.start(), s + m.end()) for m in re.finditer(r"[^\n]*\S[^\n]*", text[s:e])]
        table = sum(text[a:b].lstrip().startswith("|") for a, b in rows) > len(rows) / 2
        found += rows if len(rows) > 1 and (table or e - s > LONG) else [(s, e)]
    return found


RULE = re.compile(r"[|\s:+-]*--[|\s:+-]*$")  # of a table, below its head


def announces(said):
    """Which units only announce what follows: a Markdown heading, a table's head and rule, the fence of code, «The ports are:»."""
    heads = [bool(RULE.match(after)) and text.lstrip().startswith("|") for text, after in zip(said, [*said[1:], ""], strict=True)]
    return [head or RULE.match(text) is not None or re.match(r"#{1,6}\s|```\w*$|[=-]{3,}$|[^\n]*:$", text.strip()) is not None for head, text in zip(heads, said, strict=True)]


@dataclass
class Compared:
    """A text against the sentences of passages; each array has one number for each sentence."""
    each: np.ndarray       # MaxSim: how well the best tokens of the sentence match those of the text
    wide: np.ndarray       # the same with the sentence before
    words: np.ndarray      # share of the text's words (by rarity) that the sentence has
    tokens: np.ndarray     # (tokens of the text, sentences): the best match of each token
    weights: np.ndarray    # of the text's tokens


def matching(embedder=None):
    """The embedder that gives token states: this one, else the packaged one; None where that cannot be had, and words must do."""
    if hasattr(embedder, "ids_of"): return embedder
    from .embed import embedder as by_name
    try: return by_name()
    except Unavailable: return None


class Matcher:
    """Passages as sentences. Their token states are those of the whole passage, so that «it» is not only a pronoun."""

    def __init__(self, texts, embedder=None, tokens=None, most=200):
        self.texts, self.embedder = list(texts), embedder
        self.spans = [(n, s, e) for n, t in enumerate(self.texts) for s, e in units(t)]
        self.words = [frozenset(words(self.texts[n][s:e])) for n, s, e in self.spans]
        self.first = np.array([i == 0 or self.spans[i - 1][0] != n for i, (n, _, _) in enumerate(self.spans)], bool)
        self.owner, self.states = np.zeros(0, int), None
        if embedder is not None and self.spans: self._encode(tokens or [None] * len(self.texts), most)

    def _encode(self, given, most):
        """The states of all tokens, and the sentence that each belongs to."""
        said = [self.texts[n][s:e] for n, s, e in self.spans]
        ids = [self.embedder.ids_of(t) for t in said] if hasattr(self.embedder, "ids_of") else [[-1] * c for c in self.embedder.count(said)]
        pieces = self._pieces(given, [len(x) for x in ids], most)
        known = [given[self.spans[p[0]][0]] for p in pieces]
        ends = [self.texts[self.spans[p[0]][0]][self.spans[p[0]][1]:self.spans[p[-1]][2]] for p in pieces]
        unknown = [i for i, k in enumerate(known) if k is None]
        made = self.embedder.embed([ends[i] for i in unknown]).tokens if unknown else []
        if made is None: return
        for i, tokens in zip(unknown, made, strict=True): known[i] = tokens
        self.owner = np.concatenate([_owners(p, ids, len(k.ids), k.ids) for p, k in zip(pieces, known, strict=True)])
        self.states = np.unpackbits(np.concatenate([k.bits for k in known]), axis=1).astype(np.float32) * 2 - 1
        self.states /= math.sqrt(self.states.shape[1])

    def _pieces(self, given, sizes, most):
        """Sentences that are encoded together: all of a passage whose tokens are known, else as many as the model takes in."""
        pieces = []
        for i, (n, _, _) in enumerate(self.spans):
            goes_on = pieces and self.spans[pieces[-1][0]][0] == n
            if goes_on and (given[n] is not None or sum(sizes[j] for j in pieces[-1]) + sizes[i] <= most): pieces[-1].append(i)
            else: pieces.append([i])
        return pieces

    def compare(self, text):
        """A question or claim against each sentence."""
        own, n = set(words(text)), len(self.spans)
        rare = {w: self.rarity(w) for w in own}
        total = sum(rare.values()) or 1.0
        common = np.array([sum(rare[w] for w in own & s) / total for s in self.words], np.float32)
        query = self.embedder.query(text) if self.states is not None else None
        if query is None or query.states is None: return Compared(common, self._wide(common[None])[0], common, common[None], np.ones(1))
        keep = np.array([self._counts(i) for i in query.ids.tolist()])
        if not keep.any(): keep[:] = True
        states, ids = query.states[keep], query.ids[keep]
        sims = product(states / np.linalg.norm(states, axis=1, keepdims=True), self.states)
        best = np.full((len(ids), n), -1.0, np.float32)
        own, begin = np.unique(self.owner, return_index=True)  # in the order of the sentences
        if len(own): best[:, own] = np.maximum.reduceat(sims, begin, axis=1)
        weights = np.maximum(np.log(np.maximum(ids.astype(np.float32) - COMMON, 1)), 0.5)
        weights /= weights.sum()
        return Compared(weights @ best, weights @ self._wide(best), common, best, weights)

    def _wide(self, best):
        """Each column together with the one before it in the same passage."""
        before = np.concatenate([best[:, :1], best[:, :-1]], axis=1)
        return np.where(self.first[None], best, np.maximum(best, before))

    def rarity(self, word):
        """How rare a word is, without a corpus."""
        tokenizer = getattr(self.embedder, "tokenizer", None)
        if tokenizer is None: return 1.0
        return max((math.log(max(i - COMMON, 2)) for i in tokenizer.encode(word, add_special_tokens=False).ids), default=1.0)

    def _counts(self, id):
        tokenizer = getattr(self.embedder, "tokenizer", None)
        return tokenizer is None or any(c.isalnum() for c in tokenizer.id_to_token(id) or "")


def _owners(piece, ids, n, kept):
    """The sentence of each of a piece's tokens, of which an embedder may leave some out; by proportion where it has no ids."""
    own = np.repeat(piece, [len(ids[i]) for i in piece])
    full, at, found = [t for i in piece for t in ids[i]], 0, []
    for t in kept.tolist():
        while at < len(full) and full[at] != t: at += 1
        if at == len(full): return own[np.arange(n) * len(own) // n] if len(own) else np.zeros(n, int)
        found.append(own[at])
        at += 1
    return np.array(found, int)

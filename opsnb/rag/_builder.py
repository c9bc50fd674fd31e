"""From documents to the rows of a draft: what is unchanged is left alone, what is known is not embedded again."""
import hashlib
import json
import time
from collections import Counter

import numpy as np

from ..errors import OpsError
from .document import Document, Unread, digest
from .store import PLAIN, document_row, one_of, row_of

NOT_READ = "not read"  # the kind of a row that only says that a source was looked at, and why there is no document of it
READ = f"kind != '{NOT_READ}'"
GONE = ("duplicate", "empty", "unknown_type", "refused")  # what was read earlier and is one of these now is taken out; what only cannot be read now stays as it was
FIRST, MOST, BATCH_DOCUMENTS, BATCH_CHARACTERS, BATCH_S = 256, 8192, 4000, 16_000_000, 5.0  # a kill costs about BATCH_S seconds of embedding: batches grow and shrink to take as long


def mark(*words):
    """64 bits that stand for words."""
    return int.from_bytes(hashlib.blake2b("\0".join(words).encode("utf-8", "replace"), digest_size=8).digest(), "little")


class Marks:
    """A set of 64-bit numbers in 8 bytes each."""

    def __init__(self): self.old, self.new = np.empty(0, np.uint64), set()

    def add(self, m):
        """Add one; whether it was new."""
        if m in self: return False
        self.new.add(m)
        if len(self.new) >= 50_000: self.sorted()
        return True

    def sorted(self):
        self.old, self.new = np.union1d(self.old, np.fromiter(self.new, np.uint64, len(self.new))), set()
        return self.old

    def __contains__(self, m):
        if m in self.new: return True
        i = np.searchsorted(self.old, np.uint64(m))
        return i < len(self.old) and int(self.old[i]) == m


class Known:
    """What the draft holds at its beginning: of each origin, the stamp and the recipe it was made with."""

    def __init__(self, table):
        keys, values, self.not_read = [], [], {}
        for batch in batches(table, ["origin", "stamp", "recipe", "kind", "metadata"]):
            origins, stamps, recipes, kinds = (batch.column(i).to_pylist() for i in range(4))
            self.not_read.update((origins[i], json.loads(batch.column("metadata")[i].as_py())) for i, kind in enumerate(kinds) if kind == NOT_READ)
            keys.append(np.fromiter(map(mark, origins), np.uint64, len(origins)))
            values.append(np.fromiter((mark(s, r) for s, r in zip(stamps, recipes, strict=True)), np.uint64, len(origins)))
        all_keys = np.concatenate(keys) if keys else np.empty(0, np.uint64)
        self.documents = len(all_keys)
        self.keys, first = np.unique(all_keys, return_index=True)
        self.values = (np.concatenate(values) if values else all_keys)[first]

    def _at(self, origin):
        m = mark(origin)
        i = int(np.searchsorted(self.keys, np.uint64(m)))
        return i if i < len(self.keys) and int(self.keys[i]) == m else None

    def has(self, origin): return self._at(origin) is not None

    def unchanged(self, origin, stamp, recipe):
        i = self._at(origin)
        return bool(stamp) and i is not None and int(self.values[i]) == mark(stamp, recipe)


def batches(table, columns, where=None, size=20_000):
    """The columns of all rows of a table (or of those that a filter leaves), in pieces."""
    if not table.count_rows(): return
    query = table.search().select(columns).limit(table.count_rows())
    yield from (query.where(where) if where else query).to_batches(batch_size=size)


class Builder:
    """Takes documents, writes batches of them into a draft, and counts."""

    def __init__(self, draft, embedder, cut, recipe, tell=lambda: None):
        self.draft, self.embedder, self.cut, self.recipe, self.tell = draft, embedder, cut, recipe, tell
        self.known, self.seen, self.sources, self.taken = Known(draft.tables["documents"]), Marks(), Marks(), Marks()
        self.had = draft.tables["chunks"].count_rows() > 0  # otherwise there is nothing to look up
        self.counts, self.unread, self.copies, self.blind, self.writes = Counter(), [], [], "", 0
        self.most = FIRST
        self._empty()

    def _empty(self): self.batch, self.chunks, self.size, self.since = [], 0, 0, time.monotonic()

    def changed(self, found):
        """Those of what was found that have to be read."""
        for f in found:
            if not self.seen.add(mark(f.source)): continue  # found twice
            self.counts["found"] += 1
            if not self.known.unchanged(f.source, f.stamp, self.recipe): yield f
            else: self._unchanged(f)
            self.tell()

    def _unchanged(self, found):
        """What was not read the last time would not be this time, either; a copy may be the only one now."""
        self.counts["unchanged"] += 1
        if (was := self.known.not_read.get(found.source)) is None: return
        self._report(Unread(found.source, was["reason"], was["kind"]))
        if was["kind"] == "duplicate" and not isinstance(found, Document): self.copies.append((found, was["reason"].rpartition(" as ")[2]))

    def orphans(self, gone):
        """Copies whose original is gone or another text now: they are to be read again."""
        gone = set(gone)
        there = {r["source"] for part in batched(self.copies, 1000) for r in self.draft.select(one_of("source", [o for _, o in part]), ("source",), "documents").to_pylist()}
        found = [f for f, original in self.copies if original in gone or original not in there or mark(original) in self.sources]
        names = {f.source for f in found}
        self.counts["copies"] -= len(names)
        self.counts["unchanged"] -= len(names)
        self.unread[:] = [u for u in self.unread if u["source"] not in names]
        return found

    def given(self, documents):
        """Those of documents that are given directly that have to be taken."""
        for d in documents:
            if mark(d.source) in self.seen: yield d; continue  # to be noted as there twice
            self.seen.add(mark(d.source))
            self.counts["found"] += 1
            if not self.known.unchanged(d.source, d.digest, self.recipe): yield d
            else:
                self._unchanged(d)
                self.taken.add(mark(d.source))
            self.tell()

    def take(self, origin, stamp, made):
        """What was read of one origin: documents, and words about what could not be read."""
        self.seen.add(mark(origin))
        if not self.taken.add(mark(origin)): made, origin = [Unread(origin, "it is there twice; the first was taken", "duplicate")], None
        documents = [d for d in made if not isinstance(d, Unread)]
        for u in made:
            if isinstance(u, Unread): self._note(u, origin, documents)
        if origin is None: return
        whole = []
        for d in documents:
            if self.sources.add(mark(d.source)): whole.append((d, self.cut(d)))
            else: self._note(Unread(d.source, "another document has the same name", "duplicate"), origin, documents)
        why = next((u for u in made if isinstance(u, Unread)), None) if not documents else None
        if not self._stays(why, origin): self.batch.append((origin, stamp, whole, why))
        self.chunks += sum(len(cs) for _, cs in whole)
        self.size += sum(len(d.text) for d, _ in whole)
        self.counts["read"] += len(documents)
        self.counts["taken"] += 1
        if self.chunks >= self.most or len(self.batch) >= BATCH_DOCUMENTS or self.size >= BATCH_CHARACTERS or time.monotonic() - self.since > 4 * BATCH_S: self.flush()
        self.tell()

    def _stays(self, why, origin):
        """Whether the earlier text of an origin stays, though it cannot be read now."""
        return why is not None and why.kind not in GONE and origin is not None and self.known.has(origin) and origin not in self.known.not_read

    def _note(self, unread, origin, documents):
        if unread.kind == "unreachable" and origin is not None and not self.known.has(origin): self.blind = unread.source  # what lies behind it is unknown: nothing may be taken for gone
        self._report(unread, "; its earlier text stays" if not documents and self._stays(unread, origin) else "")

    def _report(self, unread, more=""):
        self.counts["copies" if unread.kind == "duplicate" else "unread"] += 1
        if len(self.unread) < 10_000: self.unread.append({"source": unread.source, "kind": unread.kind, "reason": unread.reason + more})

    def flush(self):
        """Write what was taken. The documents that say that chunks are there go first and come last: whatever is cut off in between is read again."""
        batch, begun = self.batch, time.monotonic()
        if not batch: return
        known = [o for o, *_ in batch if self.known.has(o)]
        before = {s for _, s in _pairs(self.draft, known)}
        cut = [(d, cs) for _, _, whole, _ in batch for d, cs in whole]
        there = self._there([d.source for d, _ in cut if d.source in before or self.draft.resumed] + list(before))
        new = [row_of(c) for _, cs in cut for c in cs]
        rows = [r for r in new if not _same(r, there.get(r["id"]))]
        self._vectors(rows)
        gone = set(there) - {r["id"] for r in new}
        if before: self.draft.delete(one_of("origin", known), "documents")
        if rows: self.draft.upsert(rows) if there or self.draft.resumed else self.draft.append(rows)
        if gone: self.draft.delete(one_of("id", gone))
        documents = [document_row(d, o, s, self.recipe, len(cs)) for o, s, whole, _ in batch for d, cs in whole]
        documents += [document_row(Document(o, "", kind=NOT_READ, metadata={"kind": why.kind, "reason": why.reason}), o, s, self.recipe) for o, s, _, why in batch if why and s and why.kind != "unreachable"]
        if documents: self.draft.upsert(documents, "documents") if before or self.draft.resumed else self.draft.append(documents, "documents")
        self.writes += bool(rows) + bool(gone) + bool(documents) + bool(before)
        self.counts["kept"] += len(new) - len(rows)
        self.counts["done"] += len(new)
        took = time.monotonic() - begun
        self.most = min(MOST, max(FIRST, int(self.most * (2 if took < BATCH_S / 2 else 0.5 if took > 2 * BATCH_S else 1))))
        self._empty()
        self.tell()

    def _there(self, sources):
        """The chunks that the draft has of these sources: `{id: row}`."""
        return {r["id"]: r for r in self.draft.select(one_of("source", sources)).to_pylist()} if sources else {}

    def _vectors(self, rows):
        """Give rows their vectors and token states: those of the same text in the draft, else new ones."""
        texts = {r["digest"]: r["text"] for r in rows}
        have = {}
        if self.had and texts:
            for batch in self.draft.select(one_of("digest", texts), ("digest", "vector", "tokens")).to_batches():
                vectors = batch.column("vector").flatten().to_numpy(zero_copy_only=False).reshape(batch.num_rows, -1) if batch.num_rows else ()
                have.update(zip(batch.column("digest").to_pylist(), zip(vectors, batch.column("tokens").to_pylist(), strict=True), strict=True))
        missing = [d for d in texts if d not in have]
        if missing:
            made = self.embedder.embed([texts[d] for d in missing], progress=lambda *_: self.tell())
            vectors = checked(made.vectors, len(missing), self.draft.embedding)
            have.update(zip(missing, zip(vectors, (t.to_bytes() for t in made.tokens) if made.tokens is not None else [None] * len(missing), strict=True), strict=True))
        for r in rows: r["vector"], r["tokens"] = have[r["digest"]]
        self.counts["embedded"] += len(missing)
        self.counts["reused"] += len(rows) - len(missing)

    def gone(self, how):
        """The documents that were not found any more. `how`: True refuses when it is more than half of what was there; "force" does not."""
        seen, gone = self.seen.sorted(), []
        if self.blind or not how: return []
        for batch in batches(self.draft.tables["documents"], ["origin", "source"]):
            origins = batch.column("origin").to_pylist()
            lost = ~np.isin(np.fromiter(map(mark, origins), np.uint64, len(origins)), seen)
            gone += [s for s, away in zip(batch.column("source").to_pylist(), lost, strict=True) if away]
        if gone and how != "force" and 2 * len(gone) > self.known.documents:
            raise OpsError("More than half of the documents have vanished: nothing was removed", given=f"{len(gone):,} of {self.known.documents:,} are not among the sources now, {', '.join(gone[:3])}{' …' if len(gone) > 3 else ''}",
                           hint="see that the sources are all there; prune='force' (--prune-most) removes them, prune=False (--no-prune) keeps them")
        return gone

    def remove(self, sources):
        """Take documents out, and chunks that a build that was cut off has left without one."""
        for part in batched(sources, 1000):
            for which in ("documents", "chunks"): self.draft.delete(one_of("source", part), which)
        self.writes += bool(sources)
        self.counts["removed"] += len(sources)
        if self.draft.resumed: self._sweep()

    def _sweep(self):
        with_document = Marks()
        for batch in batches(self.draft.tables["documents"], ["source"]):
            for s in batch.column("source").to_pylist(): with_document.add(mark(s))
        left = {s for batch in batches(self.draft.tables["chunks"], ["source"]) for s in batch.column("source").to_pylist() if mark(s) not in with_document}
        for part in batched(left, 1000): self.draft.delete(one_of("source", part))


def batched(things, n):
    things = list(things)
    return (things[i:i + n] for i in range(0, len(things), n))


def _pairs(draft, origins):
    found = draft.select(one_of("origin", origins), ("origin", "source"), "documents").to_pylist() if origins else []
    return [(r["origin"], r["source"]) for r in found]


def _same(row, other): return other is not None and all(row[c] == other[c] for c in PLAIN)


def checked(vectors, n, embedding):
    """Vectors as they have to be, or an `OpsError`."""
    vectors = np.asarray(vectors, dtype=np.float32)
    if vectors.shape != (n, embedding["dims"]):
        raise OpsError(f"The embedding model {embedding['name']} gave vectors of a wrong shape", given=vectors.shape, allowed=(n, embedding["dims"]), hint="is it another model than the one the index was built with?")
    bad = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if len(bad): raise OpsError(f"The embedding model {embedding['name']} gave vectors that are not numbers", given=f"{len(bad)} of {n}", hint="embed these texts by themselves and look")
    return vectors


def marks_of(table, columns, where=None):
    """`(first, all)`: sorted 64-bit marks of the first of the columns, and of all of them together, row by row in the same order."""
    first, both = [], []
    for batch in batches(table, columns, where):
        values = [batch.column(i).to_pylist() for i in range(len(columns))]
        first.append(np.fromiter(map(mark, values[0]), np.uint64, batch.num_rows))
        both.append(np.fromiter((mark(*map(str, v)) for v in zip(*values, strict=True)), np.uint64, batch.num_rows))
    a = np.concatenate(first) if first else np.empty(0, np.uint64)
    b = np.concatenate(both) if both else a
    order = np.argsort(a)
    return a[order], b[order]


def changes(before, after, columns, where=None):
    """How many rows are new, differ and are gone between two tables (`before` may be None), by the first of the columns."""
    (a, x), (b, y) = (marks_of(t, columns, where) if t is not None else (np.empty(0, np.uint64),) * 2 for t in (before, after))
    _, i, j = np.intersect1d(a, b, return_indices=True)
    return {"added": len(b) - len(i), "changed": int((x[i] != y[j]).sum()), "removed": len(a) - len(i)}


def contents_digest(table):
    """16 digits that stand for all documents of a table and their text."""
    _, both = marks_of(table, ["source", "digest"], READ)
    return digest(hashlib.sha256(np.sort(both).tobytes()).hexdigest())

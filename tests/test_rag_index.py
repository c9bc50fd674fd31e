"""The index: what is written, what is served, and what becomes of it when builds are killed, disks are full and tables are not what they were."""
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from opsnb import track
from opsnb.errors import OpsError, Unavailable
from opsnb.rag import _builder
from opsnb.rag.document import Document, Unread
from opsnb.rag.index import Index, indexes
from opsnb.rag.store import Draft, Store, literal, one_of
from opsnb.workspace import lock
from rag_builder import Hashes, documents, lines
from support import python, until

KILLS = int(os.environ.get("OPSNB_KILLS", "8"))  # here, because tests run without such variables
BUILDER = str(Path(__file__).parent / "rag_builder.py")


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    """No deliveries meanwhile; each test that looks at MLflow asks for it."""
    monkeypatch.setenv("OPSNB_DELIVERY", "off")


@pytest.fixture
def docs(ws): return Index("docs", embedder=Hashes())


def expected(round, n): return {c.text for d in documents(round, n) for c in lines(d)}


def served(index, n=None):
    """What an index serves, after a look at whether it fits together."""
    store = Store(index.store.path)
    rows, found = store.select(None, ("id", "source", "text", "digest", "vector")), store.select(None, ("source", "text", "chunks"), "documents")
    texts = {d["source"]: d["text"] for d in found}
    assert len(rows) == len({r["id"] for r in rows}) == sum(d["chunks"] for d in found) == len(store)
    assert all(r["text"] in texts[r["source"]] for r in rows) and (n is None or len(found) == n)
    assert all(np.allclose(r["vector"], Hashes().one(r["text"])) for r in rows)
    return {r["text"] for r in rows}


def build(round=0, n=20, index=None, **how): return (index or Index("docs", embedder=Hashes())).build(documents=documents(round, n), chunking=lines, **how)


def test_only_what_changed_is_embedded(docs):
    first = build(0, 40, docs)
    assert (first.status, first.version, first.counts["embedded"]) == ("done", 1, 121) and served(docs, 40) == expected(0, 40)  # a line that all have is embedded once
    assert build(0, 40, docs).status == "cached" and docs.store.version()["number"] == 1
    second = build(1, 40, docs)
    assert second.counts["embedded"] == 8 and second.changes["documents"] == {"added": 0, "changed": 8, "removed": 0} and second.changes["chunks"] == {"added": 8, "changed": 0, "removed": 8}
    assert served(docs, 40) == expected(1, 40)
    third = build(1, 30, docs)
    assert third.counts["removed"] == 10 and third.changes["documents"]["removed"] == 10 and served(docs, 30) == expected(1, 30)
    renamed = docs.build(documents=[Document("new.md", "round 0 of 0\nquite new\n")], prune=False, chunking=lines)
    assert (renamed.counts["reused"], renamed.counts["embedded"]) == (1, 1)


def test_an_edit_above_moves_chunks_without_embedding_them(docs):
    docs.build(documents=[Document("a.md", "one\ntwo\nthree\n")], chunking=lines)
    moved = docs.build(documents=[Document("a.md", "zero\none\ntwo\nthree\n")], chunking=lines)
    rows = sorted(docs.store.select(None, ("text", "start", "position")), key=lambda r: r["position"])
    assert moved.counts["embedded"] == 1 and moved.counts["reused"] == 3 and [(r["text"], r["start"]) for r in rows] == [("zero\n", 0), ("one\n", 5), ("two\n", 9), ("three\n", 13)]
    text = docs.document("a.md").text
    assert all(text[r["start"]:].startswith(r["text"]) for r in rows)


def test_what_is_unchanged_is_not_asked_for_its_text(docs):
    class Never(Document):
        @property
        def digest(self): return stamp
    stamp = "s1"
    docs.build(documents=[Never("a.md", "one\n")], chunking=lines)
    again = docs.build(documents=[Never("a.md", "another text, the same stamp\n")], chunking=lines)
    assert again.status == "cached" and again.counts["unchanged"] == 1
    stamp = "s2"
    assert docs.build(documents=[Never("a.md", "one\n")], chunking=lines).counts["embedded"] == 0


def test_another_way_to_cut_is_another_recipe(docs):
    def whole(document): return [c for c in lines(document)][:1]
    build(0, 5, docs)
    again = docs.build(documents=documents(0, 5), chunking=whole)
    assert again.counts["unchanged"] == 0 and again.counts["embedded"] == 0 and len(docs) == 5
    with pytest.raises(OpsError, match="give it again"): docs.build(documents=documents(0, 5))


def test_rows_that_hostile_text_makes(docs):
    texts = ["a'b\n", "x'); DROP TABLE chunks; --\n", "nul \x00 in it\n", "lone \ud800 surrogate\n", "עברית אחת\n", "東京大学の研究\n", "\"quoted\n", "emoji 👩‍👩‍👧\n", "%_\\\n"]
    made = [Document(f"{i} {t.strip()}.md", t, t.strip(), metadata={"author": t, "n": [1, {"a": None}]}) for i, t in enumerate(texts)]
    docs.build(documents=made, chunking=lines)
    assert len(docs) == len(texts) and docs.build(documents=made, chunking=lines).status == "cached"
    for d in (d for d in made if "\ud800" not in d.source):
        assert docs.document(d.source).text == d.text
        assert len(docs.store.select(f"source = {literal(d.source)}")) == 1
    assert docs.build(documents=made[1:], chunking=lines).counts["removed"] == 1
    for question in ("東京", "'", "\"", "x AND (y", "a" * 100_000, "\x00", "the of and", ""): docs.store.text_search(question)
    assert docs.store.text_search("東京")[0]["text"] == "東京大学の研究\n"


def test_words_that_are_searched(docs):
    """Numbers, parts of names, endings, accents, other scripts."""
    docs.build(documents=[Document(f"{i}.md", t) for i, t in enumerate(["version 3 of it", "in 1973 an oil crisis", "call resume_notebook() then", "cafés and installers", "日本語の検索は2024年から", "東京 and tea", "การค้นหา in Thai"])], chunking=lines)
    for words, n in {"3": 0, "1973": 1, "notebook": 2, "cafe": 3, "installer": 3, "検索": 4, "日本語": 4, "東京 tea": 5, "ค้นหา": 6, "tea": 5}.items():
        found = docs.store.text_search(words, 3, columns=("source",))
        assert found[0]["source"] == f"{n}.md" and found == sorted(found, key=lambda r: -r["_score"]), words
    assert docs.store.text_search("検索", 3, "source = '0.md'") == []


def test_a_literal_never_leaves_its_quotes(docs):
    build(0, 10, docs)
    for evil in ("source", "d0001.md' OR '1'='1", "' OR 1=1 --", "\\' OR 1=1 --", "'; DELETE FROM chunks; --", "\"source\""):
        assert docs.store.select(f"source = {literal(evil)}") == [] and docs.store.select(one_of("source", [evil])) == []
    with Draft(docs.store) as draft:
        draft.delete(f"source = {literal('source')}")  # with double quotes this would be all rows
        assert draft.tables["chunks"].count_rows() == 40
    for wrong in (float("nan"), float("inf"), ["a"], {"a": 1}, b"x"):
        with pytest.raises(OpsError, match="compares with"): literal(wrong)


def test_filters_come_before_the_search(docs):
    build(0, 50, docs)
    vector = Hashes().one("document 49")
    found = docs.store.vector_search(vector, 10, one_of("source", ["d0003.md", "d0007.md"]))
    assert len(found) == 8 and {r["source"] for r in found} == {"d0003.md", "d0007.md"} and found == sorted(found, key=lambda r: r["_distance"])
    assert [r["source"] for r in docs.store.text_search("document", 5, "source = 'd0003.md'")] == ["d0003.md"]
    assert len(docs.store.vector_search(vector, 10_000)) == 200 == len(docs)


def test_a_version_is_found_before_it_is_indexed_and_readers_move_on(docs):
    build(0, 20, docs)
    reader = Store(docs.store.path)
    assert reader.text_search("round 0 of 6") and len(reader) == 80
    build(1, 20, docs)
    assert any(r["text"] == "round 1 of 6\n" for r in reader.text_search("round 1 of 6", 20))  # the same object, another process' build would do the same


def test_rollback_and_the_build_after_it(docs):
    for r in range(4): build(r, 20, docs)
    assert [v["version"] for v in docs.versions()] == [4, 3, 2, 1]
    docs.rollback(2)
    assert served(docs, 20) == expected(1, 20) and [v["version"] for v in docs.versions() if v["state"] == "served"] == [2]
    again = build(3, 20, docs)
    assert again.version == 5 and served(docs, 20) == expected(3, 20) and again.changes["documents"]["changed"] == 8
    assert served(Index("docs").at(4)) == expected(3, 20)
    with pytest.raises(OpsError, match="no version 9"): docs.rollback(9)


def test_old_versions_are_cleaned_up_and_kept_ones_stay_whole(docs):
    for r in range(8): build(r, 20, docs, keep=3)
    assert [v["version"] for v in docs.versions()] == [8, 7, 6]
    for n in (6, 7, 8): assert len(docs.at(n).store.select()) == 80
    table = docs.store.table("chunks")
    assert sorted(table.tags.list()) == ["v6", "v7", "v8"]


def test_a_difference_names_documents_chunks_and_questions(docs, monkeypatch):
    build(0, 20, docs)
    build(1, 19, docs)
    from types import SimpleNamespace
    def search(self, question, k=5, where=None): return [SimpleNamespace(chunk=SimpleNamespace(id=r["id"], text=r["text"])) for r in self.store.text_search(question, k, where)]
    monkeypatch.setattr(Index, "search", search)
    d = docs.diff(1, 2, ["round 1 of 6", "word7"])
    assert {(r["source"], r["change"]) for r in d.documents} == {("d0001.md", "changed"), ("d0006.md", "changed"), ("d0011.md", "changed"), ("d0016.md", "changed"), ("d0019.md", "removed")}
    assert len(d.chunks) == 12 and [q["question"] for q in d.questions] == ["round 1 of 6"] and "Documents, version 1 to 2 (5)" in str(d)
    assert docs.diff(2, 1).documents[-1]["change"] == "added"


def test_two_builders(docs):
    build(0, 20, docs)
    first = subprocess.Popen([sys.executable, BUILDER, "1", "100", "150"], stdout=subprocess.PIPE, text=True)
    lock_file = Path(docs.store.path) / "lock"
    assert until(lambda: str(first.pid) in lock_file.read_text(), 60)
    with pytest.raises(Unavailable) as e: build(2, 20, docs)
    assert "being built" in e.value.what and f"process {first.pid} on " in e.value.given and {r["what"]: r["is"] for r in docs.health()}["builder"] == "at work"
    with pytest.raises(Unavailable): docs.rollback(1)
    assert served(docs, 20) == expected(0, 20)  # searching goes on
    assert first.communicate(timeout=120)[0].split()[-3:-1] == ["done", "2"] and len(docs.documents()) == 100


def test_readers_see_whole_versions_only(docs):
    """Four readers in other processes, while versions are built, rolled back and cleaned up."""
    build(0, 30, docs)
    reader = """
import sys, time
sys.path.insert(0, sys.argv[1])
from rag_builder import documents, lines
from opsnb.rag.index import Index
from opsnb.rag.store import Store
allowed = {frozenset(c.text for d in documents(r, 30) for c in lines(d)): r for r in range(6)}
seen, n, store = set(), 0, Store(Index("docs").store.path)
print("ready", flush=True)
while True:
    found = frozenset(r["text"] for r in store.select(None, ("text",)))
    assert found in allowed, len(found)
    assert store.text_search("document", 3)
    seen.add(allowed[found]); n += 1
    if 5 in seen or n > 5000: break
print(n, sorted(seen))
"""
    readers = [subprocess.Popen([sys.executable, "-c", reader, str(Path(__file__).parent)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    try:
        for r in readers: assert r.stdout.readline() == "ready\n"
        for r in range(1, 5):
            build(r, 30, docs, keep=2)
            if r == 3: docs.rollback(3)
        build(5, 30, docs, keep=2)
        for r in readers:
            out, err = r.communicate(timeout=120)
            assert r.returncode == 0, err
            assert out.rstrip().endswith("5]")
    finally:
        for r in readers: r.kill()


def test_builds_killed_at_random_moments(docs):
    """What is served is always one whole version, and a killed build's work is not done again."""
    kills, rng, n, took = KILLS, random.Random(5), 60, 0.6
    build(0, n, docs)
    round = 0
    for i in range(kills):
        p = subprocess.Popen([sys.executable, BUILDER, str(round + 1), str(n), "0" if i % 2 else "300", "10"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert p.stdout.readline() == "begins\n"
        time.sleep(rng.uniform(0, took))
        p.send_signal(signal.SIGKILL)
        out, err = p.communicate()
        assert not err, err
        found = served(docs, n)
        assert found in (expected(round, n), expected(round + 1, n)), f"kill {i}"
        if found == expected(round + 1, n): round += 1  # it was through before it was killed
    done = build(round + 1, n, docs)
    assert done.status == "done" and served(docs, n) == expected(round + 1, n) and {r["what"]: r["is"] for r in docs.health()}["builder"] == "none"
    assert until(lambda: "running" not in {r["status"] for r in track.runs(type="index")}, 30)  # what was killed is lost


def test_a_killed_build_is_gone_on_with(docs):
    p = subprocess.Popen([sys.executable, BUILDER, "0", "100", "100", "40"], stdout=subprocess.PIPE, text=True)
    place = Path(docs.store.path)
    try: assert until(lambda: (place / "documents.1.lance").exists() and _rows(docs.store, "documents.1") >= 40, 60)
    finally: p.kill(); p.wait()
    assert not docs.exists() and {r["index"] for r in indexes()} == set()
    left = _rows(docs.store, "documents.1")
    done = build(0, 100, docs)
    assert done.counts["unchanged"] >= left >= 40 and done.counts["embedded"] <= 301 - 3 * left and served(docs, 100) == expected(0, 100)


def _rows(store, name):
    try: return Store(store.path).db.open_table(name).count_rows()
    except (ValueError, RuntimeError): return 0


def test_a_build_that_ends_at_each_of_its_steps(docs, monkeypatch):
    """It is cut off before and after each commit in turn; then the documents are as they were before, or yet others: what is served is what they say."""
    monkeypatch.setattr(_builder, "FIRST", 12), monkeypatch.setattr(_builder, "MOST", 12)
    steps = {"left": 10**9, "after": False}
    def counted(name):
        real = getattr(Draft, name)
        def step(self, *args, **how):
            steps["left"] -= 1
            if not steps["left"] and not steps["after"]: raise KeyboardInterrupt
            out = real(self, *args, **how)
            if not steps["left"]: raise KeyboardInterrupt
            return out
        monkeypatch.setattr(Draft, name, step)
    for name in ("upsert", "append", "delete", "publish"): counted(name)
    build(0, 10, docs)
    done = 0
    for n in range(1, 100):
        steps.update(left=n, after=n % 2 == 0)
        try: build(3, 8, docs, prune="force")
        except KeyboardInterrupt: assert served(docs) in (expected(0, 10), expected(3, 8))
        else: done += 1
        steps["left"] = 10**9
        then = (0, 10) if n % 3 else (2, 9)
        build(*then, docs, prune="force")
        assert served(docs) == expected(*then), n
        if then != (0, 10): build(0, 10, docs)
        if done: break
    assert n > 6 and served(docs) == expected(0, 10)


def test_a_full_disk(docs):
    """A limit on the size of files stands in for it: nothing is served that is not whole, and the error says what to do."""
    build(0, 20, docs)
    code = f"""
import resource, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from rag_builder import *
from opsnb.rag.index import Index
import opsnb.rag._builder as b, signal
b.FIRST = b.MOST = 200
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
index = Index("docs", embedder=Hashes())
index.store.db; index.store.table()
def cut(d):
    if d.source == "d0300.md": resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
    return lines(d)
cut.__module__, cut.__qualname__ = lines.__module__, lines.__qualname__
try: index.build(documents=documents(1, 600), chunking=cut)
except BaseException as e: print(type(e).__name__, e)
"""
    said = python(code)
    assert "Unavailable" in said and "the disk is full" in said and "make room" in said, said
    assert served(docs, 20) == expected(0, 20)
    done = docs.build(documents=documents(1, 600), chunking=lines)
    assert done.status == "done" and served(docs, 600) == expected(1, 600)


@pytest.mark.skipif(os.geteuid() != 0 or subprocess.run(["mount"], capture_output=True).returncode, reason="mounts a small disk")
def test_a_disk_that_is_really_full(docs, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", small], capture_output=True).returncode: pytest.skip("no right to mount")
    try:
        index = Index("docs", path=small / "index", embedder=Hashes(256))
        build(0, 20, index)
        with pytest.raises(Unavailable, match="the disk is full|No space left"): build(1, 5000, index)
        assert len(Store(index.store.path).select()) == 80
        (small / "filler").unlink(missing_ok=True)
        subprocess.run(["mount", "-o", "remount,size=200m", small], check=True)
        assert build(1, 2000, index).status == "done" and len(index.documents()) == 2000
    finally: subprocess.run(["umount", "-l", small], check=True)


def test_sources_that_vanished(docs):
    build(0, 20, docs)
    with pytest.raises(OpsError, match="More than half") as e: build(0, 9, docs)
    assert "11 of 20" in e.value.given and served(docs, 20) == expected(0, 20)
    assert build(0, 9, docs, prune=False).status in ("done", "cached") and len(docs.documents()) == 20
    assert build(0, 9, docs, prune="force").counts["removed"] == 11 and served(docs, 9) == expected(0, 9)
    with pytest.raises(OpsError, match="built from something"): docs.build()
    with pytest.raises(OpsError, match="Nothing was found"): docs.build(documents=[], chunking=lines)
    with pytest.raises(OpsError, match="way to prune"): docs.build(documents=[], prune="yes please")
    assert served(docs, 9) == expected(0, 9)


def test_what_could_not_be_read_is_counted_and_keeps_its_earlier_text(docs):
    draft = _builder.Builder.take
    build(0, 20, docs)
    def built(words, **how):
        """A build in which some sources cannot be read."""
        def take(self, origin, stamp, made): return draft(self, origin, stamp, [Unread(origin, words[origin][0], words[origin][1])] if origin in words else made)
        _builder.Builder.take = take
        try: return docs.build(documents=documents(1, 20), chunking=lines, **how)
        finally: _builder.Builder.take = draft
    broken = {"d0001.md": ("truncated", "broken"), "d0006.md": ("no text in it", "empty")}
    no = built(broken, max_unread=0.05)
    assert not no.verdict and no.status == "failed" and no.exit_code == 1 and served(docs, 20) == expected(0, 20) and "2 of 20 sources" in no.verdict.why
    yes = built(broken)
    assert yes.verdict and yes.version == 2 and len(docs.documents()) == 19 and [u["reason"] for u in yes.unread] == ["truncated; its earlier text stays", "no text in it"]
    assert docs.document("d0001.md").text.startswith("document 1\nround 0") and docs.document("d0006.md") is None and docs.document("d0011.md").text.startswith("document 11\nround 1")


def test_files_that_are_edited_renamed_copied_and_broken(docs, project):
    folder, texts = project / "guides", {f"g{i}.md": f"# Guide {i}\n\n" + "".join(f"Sentence {j} of guide {i} says what {chr(97 + i)}{j} is.\n" for j in range(8)) for i in range(6)}
    folder.mkdir()
    for name, text in texts.items(): (folder / name).write_text(text)
    (folder / "broken.pdf").write_text("%PDF-1.4 nothing else")
    (folder / "z_copy.md").write_text(texts["g0.md"])
    def built(**how):
        before = docs.embedder.embedded
        made = docs.build("guides", chunking=lines, workers=1, **how)
        return made, docs.embedder.embedded - before
    first, _ = built()
    assert first.status == "done" and first.counts["read"] == 6 and {u["source"]: u["kind"] for u in first.unread} == {"guides/broken.pdf": "broken", "guides/z_copy.md": "duplicate"}
    again, embedded = built()
    assert again.status == "cached" and again.counts["unchanged"] == 8 and len(again.unread) == 2 and not embedded and again.verdict.score == 0.125
    os.utime(folder / "g1.md")
    (folder / "g2.md").rename(folder / "renamed.md")
    (folder / "g3.md").write_text(texts["g3.md"] + "One more.\n")
    (folder / "g4.md").write_bytes(b"")
    third, embedded = built()
    assert embedded == 2  # the new line, and the last one before, which has got an end
    assert docs.document("guides/renamed.md").text == docs.at(1).document("guides/g2.md").text and docs.document("guides/g2.md") is None and docs.document("guides/g4.md") is None
    (folder / "g0.md").unlink()
    copied, embedded = built()
    assert not embedded and docs.document("guides/z_copy.md") is not None and docs.document("guides/g0.md") is None  # what was left out as a copy is the only one now
    (folder / "broken.pdf").unlink()
    assert docs.refresh(chunking=lines, workers=1).verdict.score < 0.25
    with pytest.raises(OpsError, match="Unknown option"): built(limits=3)
    for f in folder.iterdir(): f.unlink()
    with pytest.raises(OpsError): built()  # an empty folder
    folder.rmdir()
    with pytest.raises(OpsError, match="no file or folder"): built()
    assert len(docs.documents()) == 5


def test_a_file_that_changes_while_it_is_read(docs, project):
    (project / "a.md").write_text("# A\n\nwhat it said before it was read\n")
    def cut(document):
        if "before" in document.text: (project / "a.md").write_text("# A\n\nwhat it says now, since it was read\n")
        return lines(document)
    docs.build("a.md", chunking=cut, workers=0)
    assert "before" in docs.document("a.md").text  # whole, as it was then
    assert docs.build("a.md", chunking=cut, workers=0).counts["read"] == 1 and "now" in docs.document("a.md").text


def test_a_build_of_files_that_is_killed_leaves_no_lock(docs, project):
    """Its reading processes may outlive it by a moment; they do not hold the index."""
    folder = project / "guides"
    folder.mkdir()
    for i in range(60): (folder / f"g{i:02}.md").write_text(f"# Guide {i}\n\n" + "".join(f"word{i * 31 + j} of it\n" for j in range(12)))
    code = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from rag_builder import *
from opsnb.rag import _builder
from opsnb.rag.index import Index
_builder.FIRST = _builder.MOST = 60
from rag_builder import lines
Index("docs", embedder=Hashes(slow=0.004)).build("guides", chunking=lines, workers=2, duplicates=False)
"""
    p = subprocess.Popen([sys.executable, "-c", code])
    try: assert until(lambda: _rows(docs.store, "documents.1") >= 10, 60)
    finally: p.kill(); p.wait()
    left = _rows(docs.store, "documents.1")
    done = docs.build("guides", chunking=lines, workers=2, duplicates=False)
    assert done.counts["unchanged"] >= left >= 10 and len(docs.documents()) == 60 and len(docs) == sum(d["chunks"] for d in docs.documents())


def test_a_source_that_does_not_answer_removes_nothing(docs, project):
    from opsnb.rag.find import Found, lost
    folder = project / "guides"
    folder.mkdir()
    for i in range(4): (folder / f"g{i}.md").write_text(f"# Guide {i}\n\nThis is what guide {i} says, and no other does.\n")
    docs.build("guides", chunking=lines, workers=0)
    (folder / "g3.md").unlink()
    from opsnb.rag import ingest
    find = ingest.find
    try:
        ingest.find = lambda *sources, **options: iter([*find("guides"), lost("https://example.org/sitemap.xml", "no answer")])
        made = docs.build("guides", chunking=lines, workers=0)
    finally: ingest.find = find
    assert made.counts.get("removed", 0) == 0 and len(docs.documents()) == 4 and "did not answer" in made.verdict.why and isinstance(next(iter(find("guides"))), Found)
    assert docs.build("guides", chunking=lines, workers=0).counts["removed"] == 1


def test_the_same_document_twice(docs):
    twice = [Document("a.md", "one\n"), Document("a.md", "two\n"), Document("b.md", "three\n")]
    for _ in range(3):
        made = docs.build(documents=twice, chunking=lines)
        assert [u["kind"] for u in made.unread] == ["duplicate"] and {r["text"] for r in docs.store.select()} == {"one\n", "three\n"}


def test_another_model_is_refused_and_rebuild_takes_it(docs):
    build(0, 20, docs)
    other = Hashes(16, "others")
    for how in (lambda: build(1, 20, docs, embedder=other), lambda: Index("docs", embedder=other).embedder, lambda: docs.store.vector_search(np.zeros(16))):
        with pytest.raises(OpsError) as e: how()
        assert "hashes32" in f"{e.value.allowed}"
    done = build(1, 20, docs, embedder=other, rebuild=True)
    assert done.version == 2 and done.counts["embedded"] == 61 and docs.store.version()["embedding"] == {"name": "others16", "dims": 16} and len(docs.store.vector_search(other.one("document 3"), 3)) == 3
    with pytest.raises(OpsError, match="another embedding model"): build(2, 20, Index("docs", embedder=Hashes()))
    docs.rollback(1)
    assert served(docs, 20) == expected(0, 20)


def test_a_model_that_was_changed_by_another_process_is_noticed_by_name(docs):
    """Vectors of the same length, too."""
    build(0, 5, docs)
    assert docs.search("document 3", mode="text")[0].source == "d0003.md"
    Index("docs", embedder=Hashes(name="others")).build(documents=documents(0, 5), chunking=lines, rebuild=True)
    with pytest.raises(OpsError, match="another embedding model") as e: docs.search("document 3", mode="text")
    assert "others32" in e.value.allowed


def test_vectors_that_are_none(docs):
    class Wrong(Hashes):
        def embed(self, texts, progress=None):
            made = super().embed(texts)
            made.vectors = self.spoil(made.vectors)
            return made
    index = Index("wrong", embedder=(model := Wrong()))
    for spoil, words in ((lambda v: np.where(np.arange(len(v))[:, None] == 1, np.nan, v), "not numbers"), (lambda v: v[:, :16], "wrong shape"), (lambda v: v[:-1], "wrong shape")):
        model.spoil = spoil
        with pytest.raises(OpsError, match=words): build(0, 3, index)
    assert not index.exists()
    model.spoil = lambda v: v
    assert build(0, 3, index).status == "done"


def test_files_that_are_not_ours_any_more(docs, ws):
    for r in range(3): build(r, 10, docs)
    card = Path(docs.store.path) / "index.json"
    kept = card.read_text()
    card.write_text(json.dumps({**json.loads(kept), "format": 99}))
    for how in (lambda: Index("docs").store.text_search("x"), lambda: build(3, 10)):
        with pytest.raises(OpsError, match="newer opsnb") as e: how()
        assert "pip install -U" in e.value.hint
    card.write_text(kept[:100])
    with pytest.raises(OpsError, match="damaged"): Store(docs.store.path).versions()
    assert "damaged" in str(indexes())
    card.write_text(kept)
    docs.store.table("chunks").tags.delete("v3")  # from outside
    assert "chunks v3" in next(r["why"] for r in docs.health() if r["what"] == "tags")
    assert build(3, 10, docs).status == "done" and served(docs, 10) == expected(3, 10)


def test_a_version_that_was_cleaned_up_from_outside(docs):
    import datetime
    for r in range(3): build(r, 10, docs)
    table = Store(docs.store.path).db.open_table("chunks.1")
    with pytest.raises(RuntimeError, match="tagged"), pytest.warns(UserWarning): table.optimize(cleanup_older_than=datetime.timedelta(0))  # what the tags are for
    for tag in list(table.tags.list()): table.tags.delete(tag)
    with pytest.warns(UserWarning): table.optimize(cleanup_older_than=datetime.timedelta(0))
    with pytest.raises(OpsError, match="Version 1 .* is not there any more") as e: Index("docs").at(1).store.text_search("x")
    assert "roll back to another version" in e.value.hint


def test_removing_a_document(docs):
    build(0, 10, docs)
    assert docs.remove("d0003.md") == 2 and len(docs.documents()) == 9 and docs.store.text_search("document 3", 50, "source = 'd0003.md'") == []
    assert docs.versions()[0]["documents changed"] == "-1" and docs.versions()[0]["chunks changed"] == "-4"
    assert build(0, 10, docs).changes["documents"]["added"] == 1  # it is among the sources
    with pytest.raises(OpsError, match="no such document"): docs.remove("d0003.md", "none.md")


def test_builds_are_runs(project, monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "finish")
    index = Index("docs", embedder=Hashes())
    made = build(0, 10, index)
    run = track.run(made.run)
    assert run.state.type == "index" and run.status == "done" and run.params["embedding.name"] == "hashes32" and run.metrics["chunks"] == 40 and run.tags["opsnb.index_version"] == "1"
    assert build(0, 10, index).status == "cached" and index.versions()[0]["run"] == made.run
    rows = {r["run"]: r for r in track.runs(type="index")}
    assert len(rows) == 2 and rows[made.run]["metrics"]["embedded"] == 31
    with pytest.raises(OpsError): build(0, 2, index)
    assert {r["status"] for r in track.runs(type="index")} == {"done", "cached", "failed"}


def test_threads_search_while_it_is_built(docs):
    build(0, 20, docs)
    wrong, stop = [], threading.Event()
    def search():
        while not stop.is_set():
            try: assert docs.store.text_search("document", 3) and docs.store.vector_search(Hashes().one("document 1"), 3)
            except BaseException as e: wrong.append(e)
    threads = [threading.Thread(target=search) for _ in range(3)]
    for t in threads: t.start()
    for r in range(1, 4): build(r, 20, Index("docs", embedder=Hashes()), keep=2)
    stop.set()
    for t in threads: t.join()
    assert not wrong, wrong[0]


def test_many_vectors_are_searched_through_an_index(ws, monkeypatch):
    from opsnb.rag import lancedb as module
    monkeypatch.setattr(module, "TRAIN_AT", 3000)
    index = Index("many", embedder=Hashes(64))
    made = [Document(f"{i}.md", "".join(f"{random.Random(i * 100 + j).choice('abcdefgh')}{j} word{(i * 31 + j * 7) % 997} x{i}\n" for j in range(10))) for i in range(400)]
    index.build(documents=made, chunking=lines)
    assert index.store.version()["partitions"] == 16 and next(r["is"] for r in index.health() if r["what"] == "vectors").startswith("IVF")
    hits = 0
    for i in range(0, 400, 20):
        v = index.embedder.one(made[i].text.splitlines()[3])
        near, exact = (index.store.vector_search(v, 10, exact=e) for e in (False, True))
        assert near[0]["_distance"] == pytest.approx(0, abs=1e-3)
        hits += len({r["id"] for r in near} & {r["id"] for r in exact})
    assert hits > 150
    made[0] = Document("0.md", "quite another thing\n")
    index.build(documents=made, chunking=lines)
    assert index.store.version()["trained_on"] == 4000 and index.store.vector_search(index.embedder.one("quite another thing"), 1)[0]["source"] == "0.md"


def test_memory_stays_flat_over_many_documents(project):
    """Twelve thousand tiny documents take hardly more than two thousand do."""
    code = f"""
import sys, resource
sys.path.insert(0, {str(Path(__file__).parent)!r})
from rag_builder import *
from opsnb.rag.index import Index
index = Index("docs", embedder=Hashes())
def tiny(n): return (Document(f"d{{i}}.md", f"document {{i}}") for i in range(n))
index.build(documents=tiny(2000), chunking=lines, prune=False)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
index.build(documents=tiny(12_000), chunking=lines)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024, len(index))
"""
    mb, n = python(code).split()
    assert int(n) == 12_000 and int(mb) < 150


def test_object_storage_in_memory(ws, monkeypatch):
    """The calls that a store on object storage makes; LanceDB and fsspec each keep their own memory."""
    index = Index("memory://bucket/docs", embedder=Hashes())
    build(0, 10, index)
    build(1, 10, index)
    assert index.store.version()["number"] == 2 and len(index) == 40 and index.lock_at.parent == ws.path / "locks"
    index.rollback(1)
    assert len(index.store.select()) == 40 and not Path("memory:").exists()


def test_refresh_needs_to_know_its_sources(docs):
    build(0, 3, docs)
    with pytest.raises(OpsError, match="cannot tell what it was built from"): docs.refresh()


def test_the_lock_is_let_go_after_an_error(docs):
    def fails(document): raise ValueError("no")
    with pytest.raises(ValueError): docs.build(documents=documents(0, 3), chunking=fails)
    with lock(Path(docs.store.path) / "lock", timeout_s=0): pass
    assert build(0, 3, docs).status == "done"

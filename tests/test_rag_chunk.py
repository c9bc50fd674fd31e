"""Chunks: exact places, sizes that hold, hostile texts, and what an edit costs."""
import random
import re
import time
from html import unescape

import pytest

import opsnb as ops
from opsnb.errors import OpsError
from opsnb.rag.chunk import STRATEGIES, Chunking, chunks, rough
from opsnb.rag.document import Document, Span
from opsnb.rag.embed import embedder

PLAIN = [s for s in STRATEGIES if s != "semantic"]
ALPHABETS = ["abc de. F! \n\n", "漢字仮名。交じり文、", "שלום עולם. ", "👩‍👩‍👧‍👦👍🏽é ", "\ud800\udc00\udfff a", "\x00\x07\x1b\t \r\n", "|-+\n| a | b |\n", "ab1_-/=%", "नमस्ते दुनिया। ", "สวัสดีชาวโลก", "....!!!???", "a. b. c. "]


def spoken(rng, size):
    """A text of a random alphabet, and spans at random places."""
    letters = rng.choice(ALPHABETS) + rng.choice(ALPHABETS)
    text = "".join(rng.choice(letters) * rng.choice([1, 1, 1, 7]) for _ in range(size))
    spans = []
    for _ in range(rng.randrange(6)):
        a, b = sorted((rng.randrange(len(text) + 1), rng.randrange(len(text) + 1)))
        spans.append(Span(a, b, rng.choice(["heading", "page", "table", "code", "definition", "row", "slide"]), "x", rng.randrange(1, 7)))
    return Document("d", text, spans=sorted(spans, key=lambda s: s.start), kind=rng.choice(["text", "markdown", "code"]))


def check(doc, chunking, count=rough):
    made = chunks(doc, chunking, count)
    kept = bytearray(len(doc.text))
    for c, n in zip(made, count([c.text for c in made]), strict=True):
        assert doc.text[c.start:c.end] == c.text == c.text.strip() and c.text
        assert n <= chunking.tokens
        kept[c.start:c.end] = b"\1" * (c.end - c.start)
        if chunking.parent: assert c.parent[0] <= c.start < c.end <= c.parent[1]
    assert all(k or ch.isspace() for k, ch in zip(kept, doc.text, strict=True)), "something was left out"
    assert len({c.id for c in made}) == len(made) and [c.position for c in made] == list(range(len(made)))
    assert [c.start for c in made] == sorted(c.start for c in made)
    return made


@pytest.mark.parametrize("strategy", PLAIN)
def test_chunks_of_random_texts_are_exact_whole_and_small(strategy):
    rng = random.Random(strategy)
    for _ in range(80):
        tokens = rng.choice([8, 20, 64, 240])
        check(spoken(rng, rng.choice([1, 10, 300, 3000])), Chunking(strategy, tokens=tokens, overlap=rng.choice([0, tokens // 5, tokens // 2]), parent=rng.choice([0, 3 * tokens])))


@pytest.mark.parametrize("strategy", PLAIN)
def test_chunks_hold_as_the_model_counts(strategy):
    rng, count = random.Random(7), embedder().count
    for _ in range(15): check(spoken(rng, rng.choice([10, 400, 3000])), Chunking(strategy, tokens=40, overlap=rng.choice([0, 15]), parent=80), count)


@pytest.mark.parametrize("text", ["", " \n\t\u3000 ", "\x00" * 50], ids=["empty", "space", "nul"])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_texts_of_nothing(text, strategy):
    assert all(c.text.strip() for c in chunks(Document("d", text), Chunking(strategy), embedder().count))


LONG = {"one word": "a" * 1_000_000, "one line": "lorem ipsum dolor " * 55_000, "chinese": "漢字仮名交じり文、" * 30_000, "dots": "." * 300_000, "short sentences": "a. b. " * 50_000,
        "lines": "x\n" * 150_000, "blank lines": "\n" * 999_999 + "x", "family": "👩‍👩‍👧‍👦" * 100_000, "accents": "e" + "\u0301" * 999_999, "abbreviations": "etc. and so on " * 20_000}


@pytest.mark.parametrize("name", LONG)
def test_a_megabyte_takes_seconds(name):
    begun = time.process_time()
    made = check(Document("d", LONG[name]), Chunking(), embedder().count)
    assert made and time.process_time() - begun < 40  # quadratic time would be minutes


def test_a_megabyte_with_many_spans():
    text = "".join(f"Heading {i}\n\nSome words about {i}.\n\n| a | b |\n|---|---|\n| {i} | x |\n\n" for i in range(12_000))
    spans, at = [], 0
    for i, part in enumerate(text.split("Heading ")[1:]):
        size = len(f"Heading {part}")
        table = text.index("| a |", at)
        spans += [Span(at, at + 8 + len(str(i)), "heading", f"H{i}", 1 + i % 3), Span(table, at + size - 2, "table")]
        at += size
    begun = time.process_time()
    made = chunks(Document("d", text, spans=spans), Chunking())
    assert len(made) == 12_000 and time.process_time() - begun < 30
    assert made[4].section == "H3 > H4" and made[-1].kind == "text"


def test_structure_keeps_definitions_and_tables_whole():
    table = "| name | size |\n|---|---|\n" + "\n".join(f"| item{i} | {i} |" for i in range(60))
    functions = [f"def f{i}():\n    return {i}\n" + "    # words that fill it up\n" * 4 for i in range(3)]
    text = "About\n\n" + table + "\n\n" + "\n\n".join(functions)
    spans = [Span(0, 5, "heading", "About", 1), Span(7, 7 + len(table), "table")]
    for i, f in enumerate(functions): spans.append(Span(text.index(f), text.index(f) + len(f), "definition", f"f{i}"))
    made = check(Document("d", text, spans=spans), Chunking(tokens=60, parent=0))
    rows = [c for c in made if c.kind == "table"]
    assert len(rows) > 3 and all(c.metadata["header"] == "| name | size |" for c in rows[1:]) and all(c.text.startswith("|") and c.text.endswith("|") for c in rows)
    assert [c.metadata["definition"] for c in made if c.kind == "definition"] == ["f0", "f1", "f2"]
    assert all(c.text.count("def ") == 1 for c in made if c.kind == "definition")


def test_a_heading_does_not_stand_alone():
    text = "Use\n\n" + "A sentence of some words is here. " * 20 + "\n\nCode\n\n" + "line = 1\n" * 80
    spans = [Span(0, 3, "heading", "Use", 1), Span(text.index("Code"), text.index("Code") + 4, "heading", "Code", 1), Span(text.index("line"), len(text), "code")]
    made = check(Document("d", text, spans=spans), Chunking(tokens=40, parent=0))
    assert made[0].text.startswith("Use\n\nA sentence") and any(c.text.startswith("Code\n\nline") for c in made)


def test_an_edit_changes_few_chunks():
    rng = random.Random(1)
    words = [f"word{i}" for i in range(500)]
    parts = [" ".join(rng.choices(words, k=rng.randrange(20, 120))) + "." for _ in range(120)]
    ids = lambda: {c.id for c in chunks(Document("d", "\n\n".join(parts)), Chunking())}
    before, changed = ids(), []
    for _ in range(40):
        at = rng.randrange(len(parts))
        parts[at] += " " + " ".join(rng.choices(words, k=rng.randrange(1, 40))) + "."
        after = ids()
        changed.append(len(after - before))
        before = after
    assert len(before) > 40 and sum(changed) / len(changed) < 3


def test_overlap_repeats_the_end_of_the_chunk_before():
    text = " ".join(f"Sentence number {i} says a little." for i in range(60))
    made = check(Document("d", text), Chunking("sentence", tokens=60, overlap=20))
    shared = [a.end - b.start for a, b in zip(made, made[1:], strict=False)]
    assert all(s > 0 for s in shared) and all(c.text.startswith("Sentence") for c in made)


def test_separators_of_ones_own():
    made = check(Document("d", "one two three four --- five six seven --- eight nine ten"), Chunking("recursive", tokens=8, parent=0, separators=["---"]), lambda ts: [2 * len(t.split()) for t in ts])
    assert [c.text for c in made] == ["one two three four", "--- five six seven ---", "eight nine ten"] or made[0].text.startswith("one")


def test_semantic_cuts_where_the_subject_changes():
    cats = "The cat sat on the mat. The kitten drank milk. Cats purr when they are stroked. A tomcat hunts mice at night. "
    rates = "The central bank raised interest rates. Inflation fell in March. Bond yields rose after the decision. Markets expect one more rise."
    made = check(Document("d", cats + rates), Chunking("semantic", tokens=200, parent=0, breaks=0.12), embedder().count)
    assert [c.text.split(".")[0] for c in made] == ["The cat sat on the mat", "The central bank raised interest rates"]


@pytest.mark.parametrize(("wrong", "said"), [({"strategy": "sentense"}, "did you mean 'sentence'"), ({"tokens": 0}, "whole number from 8"), ({"tokens": True}, "whole number"), ({"tokens": 100, "overlap": 51}, "at most half"),
                                             ({"overlap": -1}, "from 0 up"), ({"parent": 100}, "at least tokens=240"), ({"separators": "---"}, "recursive"), ({"strategy": "recursive", "separators": [""]}, "texts"), ({"breaks": 2}, "between 0 and 1")])
def test_wrong_settings_are_told(wrong, said):
    with pytest.raises(OpsError) as e: Chunking(**wrong)
    assert said in str(e.value)


def test_a_chunk_is_not_longer_than_the_model_takes():
    with pytest.raises(OpsError, match="at most 254 tokens"): chunks(Document("d", "x"), Chunking(tokens=300), embedder().count)


def test_what_ops_chunks_shows(project):
    (project / "guide.md").write_text("# Use\n\nFirst <b>bold</b> words. " + "More of them follow here. " * 30 + "\n\n## שלום\n\nEnd \x00 of it.\n")
    made = ops.chunks("guide.md", "sentence", tokens=40, overlap=12, parent=0)
    html, text = made._repr_html_(), str(made)
    assert "&lt;b&gt;" in html and "<b>bold" not in html and html.count("<sup") == len(made) and "repeating-linear-gradient" in html
    assert "rgba(" in html and "color:#" not in html and "\x00" not in html and "\x00" not in text
    assert text.splitlines()[0].startswith("guide.md: ") and len(text.splitlines()) == len(made) + 2
    shown = re.sub("<sup.*?</sup>|<[^>]+>", "", html.partition("overflow:auto")[2].partition(">")[2])
    assert unescape(shown).replace("\ufffd", "\0") == made.document.text  # all of it, once, in order
    assert [c.text for c in made] == [made.document.text[c.start:c.end] for c in made] and made.to_dict()["chunks"][0]["tokens"] <= 40
    with pytest.raises(OpsError, match="no file"): ops.chunks("missing.md")
    with pytest.raises(OpsError, match="cannot be cut"): ops.chunks(["a"])
    assert "no chunks" in str(ops.chunks("  \n ")) and "no chunks" in ops.chunks("")._repr_html_()


def test_ops_chunks_of_a_long_text_shows_its_beginning(project):
    made = ops.chunks("Some words in a sentence. " * 4000)
    assert len(made._repr_html_()) < 100_000 and "more characters" in made._repr_html_() and "more chunks" not in str(made)

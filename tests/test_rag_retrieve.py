"""Searching an index: filters that cannot be broken out of, hits, settings, reasons, fitted weights, hostile questions."""
import datetime
import json
import random
from types import SimpleNamespace

import pytest
from support import squad

from opsnb.errors import OpsError, Unavailable
from opsnb.rag import filter as f
from opsnb.rag.document import Chunk, Document
from opsnb.rag.embed import Embedder, Encoded, Query, embedder
from opsnb.rag.rank import Ranker, interval
from opsnb.rag.rerank import reranked
from opsnb.rag.retrieve import Retriever
from opsnb.rag.store import Draft, Store, document_row, restore, row_of

TEXTS = {
    "guide.md": ["Opsnb is installed with pip. It needs Python 3.11 or newer.", "A notebook is run in order, by a warm kernel.", "To remove it, uninstall it with pip; the folder of the workspace stays."],
    "history.md": ["The first steam engine pumped water out of mines.", "James Watt improved the steam engine in 1769 with a separate condenser.", "Railways began with steam locomotives."],
    "kitchen.md": ["Whisk the eggs with sugar until they are pale.", "Bake the cake for forty minutes at 180 degrees.", "Let the cake cool before it is cut."],
    "東京.md": ["東京は日本の首都です。人口は約1400万人です。", "富士山は日本で一番高い山です。"],
}
DATES = {"guide.md": "2026-11-01", "history.md": "1999-05-05", "kitchen.md": None, "東京.md": "2024-02-29T10:00:00"}


def write(path, texts=TEXTS, model=None, **more):
    """An index of these texts, each source a document of chunks a line apart."""
    model, store = model or embedder(), Store(str(path))
    with Draft(store, {"name": model.name, "dims": model.dims}) as draft:
        chunks = []
        for source, parts in texts.items():
            whole, at = "\n".join(parts), 0
            for i, text in enumerate(parts):
                meta = {"author": "O'Brien" if i % 2 else 'Zoë "Q"', "stars": i - 0.5, "tags": ["a", source], "draft": i == 1, "language": "ja" if source == "東京.md" else "en", "modified": DATES.get(source), **more}
                chunks.append(Chunk(f"{source}#{i}", source, text, at, at + len(text), i, source, f"Part {i}", i if i else None, (0, len(whole)), metadata={k: v for k, v in meta.items() if v is not None}))
                at += len(text) + 1
            draft.upsert([document_row(Document(source, whole, source), chunks=len(parts))], "documents")
        made = model.embed([c.text for c in chunks])
        if chunks: draft.upsert([{**row_of(c), "vector": v, "tokens": t and t.to_bytes()} for c, v, t in zip(chunks, made.vectors, made.tokens or [None] * len(chunks), strict=True)])
        draft.publish({})
    return store


@pytest.fixture(scope="module")
def store(tmp_path_factory): return write(tmp_path_factory.mktemp("index"))


@pytest.fixture
def retriever(store): return Retriever(store, embedder())


def ids(hits): return [h.chunk.id for h in hits]


# filters

VALUES = {"source": ["guide.md", "history.md", "東京.md", "it's"], "page": [0, 1, 2, -3], "language": ["en", "ja"], "modified": ["2024-02-29", "1999-05-05", "2026-11"], "author": ["O'Brien", 'Zoë "Q"', "%", "\\"],
          "stars": [-0.5, 0, 0.5, 1], "draft": [True, False], "tags": ["a", "guide.md"], "metadata key": ["x"]}


def made_up(rng, depth=0):
    """A random filter."""
    if depth < 3 and rng.random() < 0.5:
        how = rng.choice(["and", "or", "not"])
        return f.Group(how, tuple(made_up(rng, depth + 1) for _ in range(1 if how == "not" else rng.randint(2, 3))))
    name = rng.choice(sorted(VALUES))
    text = all(isinstance(v, str) for v in VALUES[name])
    op = rng.choice(["==", "!=", "<", "<=", ">", ">=", "in", "not in", "is", "is not", *(["like", "not like", "contains", "not contains"] if text else [])] if name != "draft" else ["==", "!=", "is"])
    if name == "tags": op = rng.choice(["contains", "not contains", "is", "is not"])
    if op in ("is", "is not"): return f.Test(name, op)
    value = rng.choice(VALUES[name])
    if op.endswith("like"): value = rng.choice(["%", "%.md", value[:1] + "%", "_" + value[1:], value])
    if op.endswith("in"): value = tuple(rng.sample(VALUES[name], rng.randint(0, len(VALUES[name]))))
    return f.checked(f.Test(name, op, value))


def test_sql_means_what_the_filter_means(store):
    rng, rows, told_apart = random.Random(1), store.select(), 0
    for _ in range(300):
        node = made_up(rng)
        expected = {r["id"] for r in rows if f.passes(node, r)}
        assert {r["id"] for r in store.select(f.sql(node), ("id",))} == expected, str(node)
        assert {r["id"] for r in store.select(f.where(str(node)), ("id",))} == expected, str(node)  # and its text reads as itself
        told_apart += 0 < len(expected) < len(rows)
    assert told_apart > 100


ATTACKS = ["' or '1'='1", "x'; drop table chunks; --", "' or 1=1 --", "\\' or 1=1 --", "'' or ''=''", "x\0' or 1=1", "%' or 'a'='a", '" or "a"="a', "') or (1=1", "\u2019 or 1=1", "*/ or 1=1 /*", "a\\", "(?s).*", '"author": "']


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_value_stays_a_value(store, attack):
    n = len(store)
    for name in ("source", "author", 'x" or 1=1 or "', "metadata", "id"):
        for op in ("==", "like", "contains", "in", "<"):
            node = f.checked(f.Test(name, op, [attack] if op == "in" else attack))
            rows = store.select(f.sql(node))
            assert {r["id"] for r in rows} == {r["id"] for r in store.select() if f.passes(node, r)}
    assert len(store) == n == len(store.select())


@pytest.mark.parametrize("text", ["1 = 1", "true", "source", "source == source", "source == (select 1)", "regexp_like(text, 'x')", "source.upper() == 'A'", "source == 'a' or 1", "[x for x in source]", "lambda: 1", "source == f'{1}'",
                                  "source == 'a' -- and", "source == 'a'; source == 'b'", "(" * 5000, "not " * 3000 + "page < 1", "page < 1e999", "source == b'a'", "page == 1j", "page in [[1]]", "source == \"a", "a" * 20_000])
def test_what_is_no_filter_is_refused(text):
    with pytest.raises(OpsError) as e: f.where(text)
    assert e.value.allowed


def test_words_of_sql_and_dates_are_understood(store):
    same = [("source = 'guide.md' AND page IS NOT NULL", 'source == "guide.md" and page is not None'), ("NOT source LIKE '%.md'", "source not like '%.md'"), ("modified >= 2024-01-01", 'modified >= "2024-01-01"'),
            ("0 < page <= 2", "page > 0 and page <= 2"), ("author == 'O''Brien'", 'author == "O\'Brien"'), ('metadata["author"] <> "O\'Brien"', 'author != "O\'Brien"')]
    for a, b in same: assert store.select(f.where(a), ("id",)) == store.select(f.where(b), ("id",)), a
    assert {r["source"] for r in store.select(f.where("modified == 2024-02-29"))} == {"東京.md"}  # the whole day
    assert f.where({"modified": datetime.date(2024, 2, 29)}) == f.where("modified == 2024-02-29")


def test_all_operators_of_llama_index(store):
    from llama_index.core.vector_stores import FilterCondition, FilterOperator, MetadataFilter, MetadataFilters
    value = {"in": ["en"], "nin": ["ja"], "any": ["a", "b"], "all": ["a", "guide.md"], "text_match": "guide", "text_match_insensitive": "guide", "contains": "a", "is_empty": None, ">": 0, "<": 1, ">=": 0, "<=": 1, "==": "en", "!=": "ja"}
    key = {"any": "tags", "all": "tags", "contains": "tags", "text_match": "source", "text_match_insensitive": "source", "is_empty": "author", ">": "stars", "<": "stars", ">=": "stars", "<=": "stars"}
    for op in FilterOperator:
        given = MetadataFilters(filters=[MetadataFilter(key=key.get(op.value, "language"), value=value[op.value], operator=op)])
        assert len(store.select(f.where(given))) == sum(f.passes(f.read(given), r) for r in store.select()) != len(store) or op.value in ("any", "contains"), op
    nested = MetadataFilters(filters=[MetadataFilter(key="language", value="en"), MetadataFilters(filters=[MetadataFilter(key="stars", value=1, operator=">"), MetadataFilter(key="author", value="O'Brien")], condition=FilterCondition.OR)])
    assert {r["position"] for r in store.select(f.where(nested))} == {1, 2}


# searching

def test_a_question_finds_its_chunk(retriever):
    for question, chunk in (("How is opsnb installed?", "guide.md#0"), ("Who made the steam engine better?", "history.md#1"), ("How long is a cake in the oven?", "kitchen.md#1"), ("東京の人口", "東京.md#0")):
        hits = retriever.search(question)
        assert hits[0].chunk.id == chunk and [h.rank for h in hits] == [1, 2, 3, 4, 5], question
        assert hits[0].score == pytest.approx(sum(hits[0].parts.values())) and all(a.score >= b.score for a, b in zip(hits, hits[1:], strict=False))
    for mode in ("dense", "text"): assert retriever.search("steam engine condenser", mode=mode, k=2)[0].chunk.id == "history.md#1"


@pytest.mark.parametrize("question", ["the of and", "?", "\0steam\0", "steam " * 20_000, "x" * 100_000, "蒸気機関", "\ud800 steam", "AND OR NOT (", '"steam engine', "*", "a\u0301\u0301" * 1000, "🚂", "مرحبا", "' or 1=1 --"])
def test_any_question_gets_hits(retriever, question):
    hits = retriever.search(question, k=100)
    assert len(hits) == len(set(ids(hits))) <= len(retriever.store) and str(hits) and hits._repr_html_() and json.dumps(hits.to_dict())
    assert ("characters" in hits.note) == (len(question) > 10_000)
    assert retriever.explain(question, chunk="history.md#0").missing.stage in ("found", "ranked", "not a candidate")


@pytest.mark.parametrize("question", ["", "  \n", "\0\0", None, 3])
def test_no_question_is_an_error(retriever, question):
    with pytest.raises(OpsError, match="question"): retriever.search(question)


def test_an_empty_index_finds_nothing(tmp_path):
    r = Retriever(write(tmp_path, {}), embedder())
    assert r.search("anything") == [] and "empty" in r.search("anything").note and r.explain("anything", chunk="x").missing.stage == "not indexed"
    assert r.search("anything", where="colour == 'red'") == []


def test_filters_of_a_search(retriever):
    assert {h.source for h in retriever.search("steam", where='source like "k%"', k=20)} == {"kitchen.md"}
    assert {h.chunk.metadata["author"] for h in retriever.search("steam", where={"author": "O'Brien"}, k=20)} == {"O'Brien"}
    assert retriever.search("steam", where="page > 100") == [] and "filter" in retriever.search("steam", where="page > 100").note
    with pytest.raises(OpsError) as e: retriever.search("steam", where="auther == 'x'")
    assert "author" in e.value.allowed and "author" in e.value.hint


def test_settings_of_a_search(retriever):
    best = retriever.search("steam engine", k=3)
    assert {h.source for h in best} == {"history.md"}
    assert [h.source for h in retriever.search("steam engine", per_source=1, k=4)].count("history.md") == 1
    assert len({h.source for h in retriever.search("steam engine", diversity=0.9, k=3)}) > 1
    assert len(retriever.search("steam engine", threshold=best[1].score, k=10)) == 2 and retriever.search("steam engine", threshold=2.0) == []
    aged = retriever.search("steam engine", half_life_days=30, k=11)
    assert aged[0].source != "history.md" and aged[0].parts["age"] <= 0  # a quarter of a century old
    assert Retriever(retriever.store, retriever.embedder, k=2, per_source=1).search("steam engine")[1].source != "history.md"
    with pytest.raises(OpsError, match="setting"): Retriever(retriever.store, retriever.embedder, chunk_size=3)


def test_small_chunks_become_larger_stretches(retriever):
    whole = "\n".join(TEXTS["history.md"])
    hits = retriever.search("steam engine", parents=True, k=3)
    assert hits[0].text == whole and (hits[0].chunk.start, hits[0].chunk.end) == (0, len(whole)) and len({h.source for h in hits}) == len(hits)
    near = retriever.search("separate condenser of Watt", neighbours=1, k=1)[0]
    assert near.text == whole and whole[near.chunk.start:near.chunk.end] == near.text
    assert retriever.search("water out of mines", neighbours=1, k=1)[0].text == "\n".join(TEXTS["history.md"][:2])


def test_rerankers(retriever, tmp_path):
    from llama_index.core.postprocessor import SimilarityPostprocessor
    from sentence_transformers import CrossEncoder
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizer
    (tmp_path / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "steam", "engine", "the", "cake"]))
    BertTokenizer(str(tmp_path / "vocab.txt")).save_pretrained(tmp_path / "model")
    BertForSequenceClassification(BertConfig(vocab_size=9, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8, num_labels=1)).save_pretrained(tmp_path / "model")
    hits = retriever.search("steam engine", rerank=str(tmp_path / "model"), k=4)
    scores = CrossEncoder(str(tmp_path / "model")).predict([("steam engine", h.text) for h in hits])
    assert [h.score for h in hits] == pytest.approx([float(s) for s in scores], abs=1e-5) == sorted([h.score for h in hits], reverse=True) and "before" in hits[0].parts
    assert len(retriever.search("steam engine", rerank=SimilarityPostprocessor(similarity_cutoff=2.0))) == 0
    assert retriever.search("steam engine", rerank=lambda question, hits: hits[::-1], rerank_top=2, k=2)[1].chunk.id == retriever.search("steam engine", k=1)[0].chunk.id
    with pytest.raises(Unavailable, match="cannot be loaded"): retriever.search("steam", rerank=str(tmp_path / "nothing"))
    for wrong in ([[1.0, 2.0]] * 2, [float("nan")] * 2, [1.0]):
        with pytest.raises(OpsError, match="one number"): reranked("q", list(hits[:2]), SimpleNamespace(predict=lambda pairs, wrong=wrong: wrong))


class Says:
    """A model that says one thing, and keeps what it was asked."""
    def __init__(self, text): self.text, self.asked = text, []

    def chat(self, messages):
        self.asked += messages
        return SimpleNamespace(text=self.text)


def test_a_language_model_asks_in_other_words(retriever):
    question = "Which dessert is there for a birthday?"
    llm = Says("1. What drove railways?\n- steam locomotives of railways\n")
    assert retriever.search(question, k=1)[0].source == "kitchen.md"
    assert retriever.search(question, llm=llm, k=1)[0].chunk.id == "history.md#2" and question in llm.asked[0]["content"]
    assert retriever.search("iron horse", llm=Says("Railways began with steam locomotives."), rewrite="hyde", mode="dense", k=1)[0].chunk.id
    assert ids(retriever.search("steam engine", llm=Says(""))) == ids(retriever.search("steam engine"))
    with pytest.raises(OpsError, match="language model"): retriever.search("steam", llm=3)


class Plain(Embedder):
    """MiniLM without the states of its tokens, as other models are."""
    name, dims, max_tokens = "plain", 384, 254
    def count(self, texts): return embedder().count(texts)
    def embed(self, texts, progress=None): return Encoded(embedder().embed(texts).vectors)
    def query(self, text): return Query(embedder().query(text).vector)


def test_models_without_token_states(tmp_path):
    r = Retriever(write(tmp_path, model=Plain()), Plain())
    hits = r.search("Who made the steam engine better?")
    assert hits[0].chunk.id == "history.md#1" and 0 <= hits[-1].score <= hits[0].score <= 1 and set(hits[0].parts) == {"dense", "words", "covered"}
    assert r.explain("steam engine").aligned == {h.chunk.id: [] for h in r.search("steam engine")}


def test_versions_are_searched_as_they_are(tmp_path):
    store = write(tmp_path, {k: TEXTS[k] for k in ("guide.md",)})
    r = Retriever(store, embedder())
    assert r.search("steam engine", k=1)[0].source == "guide.md"
    before = list(tmp_path.glob("frequencies-*.npz"))
    write(tmp_path)
    assert r.search("steam engine", k=1)[0].source == "history.md" and list(tmp_path.glob("frequencies-*.npz")) != before
    restore(store, 1)
    assert r.search("steam engine", k=1)[0].source == "guide.md"
    for path in tmp_path.glob("frequencies-*.npz"): path.write_bytes(b"damaged")
    assert ids(Retriever(store, embedder()).search("pip")) == ids(r.search("pip"))


# why

def test_reasons(retriever):
    e = retriever.explain("Who made the steam engine better?", k=2, chunk="kitchen.md")
    assert e.missing.stage == "ranked" and min(r["difference"] for r in e.missing.rows) < 0 and "hit 2" in e.missing.why
    assert any(r["word"] == "steam" and r["matched with"] == "steam" and r["similarity"] > 0.5 for r in e.aligned["history.md#1"])
    assert retriever.explain("steam", chunk="history.md#1").missing.stage == "found" and retriever.explain("steam", chunk="none.md").missing.stage == "not indexed"
    away = retriever.explain("steam", where='language == "en" and page < 1', chunk="東京.md").missing
    assert away.stage == "filtered" and "language" in away.why
    few = retriever.explain("steam engine", k=1, candidates=1, chunk="kitchen.md#2").missing
    assert few.stage == "not a candidate" and "candidates=4" in few.why and few.rows
    left = retriever.explain("steam engine", k=3, per_source=1, chunk="history.md#0").missing
    assert left.stage in ("ranked", "found") and json.dumps(e.to_dict())


def test_an_explanation_is_shown_safely(tmp_path):
    text = "<script>alert('steam')</script> engines & <img src=x onerror=alert(1)> steam"
    e = Retriever(write(tmp_path, {"<b>.md": [text]}), embedder()).explain("steam <script>?", chunk="<i>")
    shown = e._repr_html_()
    assert "<script>" not in shown and "<img" not in shown and "<b>.md" not in shown and "<i>" not in shown and "<mark>steam</mark>" in shown
    assert "[steam]" in str(e) and "late" in str(e) and "█" in str(e)


# fitting

def test_too_few_labels_change_nothing(tmp_path):
    r = Retriever(write(tmp_path), embedder())
    found = r.fit([{"question": "steam engine", "chunk": "history.md#1"}, ("cake", "forty minutes"), {"question": "cake", "source": "kitchen.md"}, ("cake", "no such text")])
    assert not found.adopted and found.questions == 3 and found.missed == ["cake"] and "150" in str(found) and not (tmp_path / "ranker.json").exists() and r.ranker == Ranker()
    for bad in ([3], [("a",)], [{"question": "x"}], [("", "x")]):
        with pytest.raises(OpsError, match="Label 0"): r.fit(bad)


@pytest.mark.data
def test_on_real_questions(tmp_path):
    passages, questions = squad()
    titles = sorted({p["title"] for p in passages})[::4]
    texts = {t: [p["text"] for p in passages if p["title"] == t] for t in titles}
    gold = {p["id"]: f"{p['title']}#{texts[p['title']].index(p['text'])}" for p in passages if p["title"] in texts}
    r = Retriever(write(tmp_path, texts), embedder())
    asked = [q for q in questions if q["pid"] in gold][::6]
    def rr(search): return [next((1 / h.rank for h in search(q["question"]) if h.chunk.id == gold[q["pid"]]), 0.0) for q in asked]
    ours, vector, text = (rr(lambda q, mode=mode: r.search(q, k=10, mode=mode)) for mode in ("fused", "dense", "text"))
    assert sum(ours) / len(ours) > 0.88
    for other in (vector, text): assert interval([a - b for a, b in zip(ours, other, strict=True)], range(len(ours)))[1] > 0
    found = r.fit([(q["question"], gold[q["pid"]]) for q in asked])
    assert found.questions > 150 and found.adopted == (tmp_path / "ranker.json").exists() == bool(r.ranker.fitted) and "documents they have not seen" in str(found)

"""Metrics without a judge: against values computed by hand, on bad input, and on what people said."""
import gzip
import json
import math
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import opsnb as ops
from opsnb import plug
from opsnb.errors import OpsError
from opsnb.evaluate.case import Case
from opsnb.evaluate.format import JsonSchema, JsonValid, MaxCharacters, MaxWords, Regex
from opsnb.evaluate.meaning import Memory
from opsnb.evaluate.metric import Result, metrics_of, scored, text_of
from opsnb.evaluate.ranking import same
from opsnb.evaluate.run import evaluated
from opsnb.evaluate.support import Support, claimed
from opsnb.evaluate.text import Bleu, ChrF, tokens
from opsnb.rag.embed import embedder
from support import data

OURS = [n for n, where in plug.BACKENDS["metric"].items() if where.split(":")[0].rpartition(".")[2] in ("text", "format", "ranking", "meaning", "support", "wording")]
RULES = ["Returns are accepted within 30 days of delivery. Refunds take 5 working days.", "Shipping to Norway costs 12 euros."]


def of(name, expected=None, output=None, question="What are the rules?", **more):
    """The score of a metric known by name."""
    case = {k: more.pop(k) for k in ("context", "tags") if k in more}
    found = {"retrieved": more.pop("retrieved", []), "sources": more.pop("found", []), "citations": more.pop("citations", []), "answered": more.pop("answered", None)}
    return scored(metrics_of(name)[0], Case(question, expected, sources=more.pop("sources", []), **case), Result(output, **found))


BAD = {"nothing": None, "empty": "", "blank": " \n\t", "marks": "?!…", "Japanese": "返品は30日以内です。", "Hebrew": "החזרות מתקבלות תוך 30 יום.", "Arabic": "٣٠ يومًا", "emoji": "👍🏽👨‍👩‍👧",
       "half a pair": "a\ud83d b", "zero": "a\0b", "a number": 3.5, "whole": 3.0, "yes": True, "a list": ["a", 1, None], "a dict": {"a": {"b": [1]}}, "no number": float("nan"), "markup": "<b>30</b> {{x}} [1] [999]", "long word": "x" * 5000}


@pytest.mark.parametrize("name", OURS)
def test_any_output_gets_a_score_on_the_scale_or_a_reason_why_there_is_none(name):
    metric = metrics_of(name)[0]
    for what, output in BAD.items():
        for expected in ("30 days", output, [], ["a", "b"], 3, {"a": 1}):
            got = scored(metric, Case("How long?", expected, context=RULES, sources=["returns", ""], output=output), Result(output, retrieved=["", *RULES], sources=["a/returns.md", "a/returns.md", ""]))
            if got.value is None: assert got.why, what
            else: assert math.isfinite(got.value) and got.value >= metric.low and (metric.high is None or got.value <= metric.high), what
            json.dumps(got.to_dict())


@pytest.mark.parametrize("name", OURS)
def test_a_megabyte_is_judged(name):
    text = " ".join(f"Sentence {i} speaks of item {i * 7 % 1000}." for i in range(30_000))
    assert len(text) > 1e6
    got = of(name, text, text, retrieved=RULES, context=RULES, sources=["a"], found=["a"])
    assert got.value is not None or got.why


def test_words_are_those_of_squad_but_for_numbers_and_scripts():
    assert tokens("The  cat's -- (An) HAT!") == ["cats", "hat"]
    assert of("exact_match", "3.5", "35").value == 0 and of("exact_match", "-5", "5").value == 0 and of("exact_match", "1,000", "1000").value == 1 and of("exact_match", 3, "3").value == 1
    assert of("exact_match", "Café", "cafe\u0301").value == 1 and of("exact_match", "ΣΟΦΟΣ", "σοφος").value == 1
    assert of("exact_match", ["no", "nein"], "Nein.").value == 1 and of("exact_match", ["a", "b"], ["a", "b"]).value == 1 and of("exact_match", {"b": 1, "a": 2}, {"a": 2, "b": 1}).value == 1
    assert of("exact_match", "!", "?").value == 0 and of("exact_match", "", "").value == 1 and of("exact_match", [], "x").value is None
    assert of("contains", "30 days", "Within 30 days.").value == 1 and of("contains", "30 days", "130 days").value == 0 and of("contains", "東京", "首都は東京です").value == 1


def test_overlaps_are_what_one_computes_by_hand():
    assert of("token_f1", "Norman duke William", "duke William the Bastard").value == pytest.approx(2 * (2 / 3) * (2 / 3) / (4 / 3))  # two of three, two of three
    assert of("token_f1", "x x y", "x y y").value == pytest.approx(2 / 3)  # x and y once each
    assert "lacks norman" in of("token_f1", "Norman duke", "the duke Rollo").why and "adds rollo" in of("token_f1", "Norman duke", "the duke Rollo").why
    assert of("token_f1", "今日は雨", "今日は晴").value == 3 / 4
    assert of("fuzzy_match", "kitten", "sitting").value == pytest.approx(1 - 5 / 13)  # out: k, e; in: s, i, g
    assert of("rouge_1", "the cat sat", "the cat ran away").value == pytest.approx(4 / 7) and of("rouge_2", "the cat sat", "the cat ran away").value == pytest.approx(2 / 5)
    assert of("rouge_l", "a b c d e", "a x c y e").value == 3 / 5 and of("rouge_2", "one", "one").value == 0


def test_bleu_and_chrf_are_those_of_sacrebleu_for_a_sentence_and_for_the_corpus():
    import sacrebleu
    golds = [["the cat is on the mat", "a cat sits on a mat"], ["it rains in the north today"], ["nothing"]]
    said = ["the cat sat on the mat", "today it rains in the north", ""]
    for metric, sentence in ((Bleu(), lambda s, g: sacrebleu.sentence_bleu(s, g)), (ChrF(), lambda s, g: sacrebleu.sentence_chrf(s, g))):
        report = evaluated(None, [Case(f"q{i}", g, output=s) for i, (g, s) in enumerate(zip(golds, said, strict=True))], [metric], quiet=True)
        for row, g, s in zip(report.rows, golds, said, strict=True): assert row.scores[metric.name] == pytest.approx(sentence(s, g).score)
        refs = [[g[0] for g in golds], [(g + [None])[1] for g in golds]]
        peer = (sacrebleu.corpus_bleu if metric.name == "bleu" else sacrebleu.corpus_chrf)(said, refs).score
        assert report[metric.name].value == pytest.approx(peer) and report[metric.name].low is None or report[metric.name].low <= peer


def test_json_and_schemas_say_where_they_fail():
    assert of("json_valid", None, '{"a": 1,}').value == 0 and "line 1 column" in of("json_valid", None, '{"a": 1,}').why
    assert of("json_valid", None, "NaN").value == 0 and of("json_valid", None, "```json\n{}\n```").why == "it is in a Markdown fence" and of("json_valid", None, [1]).value == 1
    assert scored(JsonValid(fence=True), Case("q"), Result("```json\n{}\n```")).value == 1
    schema = JsonSchema({"type": "object", "properties": {"tags": {"type": "array", "items": {"type": "string"}}}})
    got = scored(schema, Case("q"), Result('{"tags": ["a", 2]}'))
    assert got.value == 0 and got.passed is False and got.why == "tags[1]: 2 is not of type 'string'"
    assert schema.fingerprint != JsonSchema({"type": "object"}).fingerprint
    for wrong in ({"type": "objct"}, "missing.json", 3):
        with pytest.raises(OpsError): JsonSchema(wrong)


def test_a_schema_fetches_nothing(monkeypatch):
    def no(*a, **k): raise AssertionError("a socket was opened")
    monkeypatch.setattr(socket, "getaddrinfo", no)
    monkeypatch.setattr(socket.socket, "connect", no)
    with pytest.raises(OpsError, match="refers to what is not in it"): scored(JsonSchema({"$ref": "http://127.0.0.1:9/other.json"}), Case("q"), Result("{}"))


def test_patterns_and_lengths():
    def f(metric, output): return scored(metric, Case("q"), Result(output))
    assert f(Regex(r"\d{4}"), "in 1998").passed and not f(Regex(r"\d{4}", whole=True), "in 1998").passed and f(Regex("as an ai", absent=True, ignore_case=True), "As an AI").value == 0
    assert f(MaxWords(3), "one two three").passed and f(MaxWords(3), "one two three four").why == "4 words, 1 too many" and f(MaxCharacters(2), "äöü").value == 0
    for wrong in (lambda: Regex("("), lambda: Regex(3), lambda: MaxWords(0), lambda: MaxWords(True)):
        with pytest.raises(OpsError): wrong()


@pytest.mark.parametrize(("gold", "found", "is_it"), [
    ("python/with", "/docs/python/with.md", True), ("python/with", "/docs/python/without.md", False), ("with", "docs/python/with.md", True), ("ith", "docs/python/with.md", False), ("python", "docs/python/with.md", True),
    ("with.md", "docs\\python\\with.md", True), ("docs/python/with.md", "docs/python/with.md", True), ("chunk-7", "chunk-71", False), ("https://a.org/x", "https://a.org/x#top", False), ("/a/b/", "a/b", True), ("v1.2", "notes/v1.2.md", True)])
def test_a_right_source_is_a_run_of_whole_parts_of_a_path(gold, found, is_it):
    assert same(gold, found) is is_it


def test_metrics_of_the_order_are_what_one_computes_by_hand():
    def f(name, sources, found): return of(name, sources=sources, found=found).value
    two, found = ["a", "b"], ["x", "a", "y", "b", "z"]  # places 2 and 4
    assert [f(n, two, found) for n in ("hit", "hit@1", "hit@2", "recall@3", "recall@", "precision@4", "mrr", "first_rank")] == [1, 0, 1, 0.5, 1, 0.5, 0.5, 2]
    assert f("map", two, found) == pytest.approx((1 / 2 + 2 / 4) / 2) and f("map@2", two, found) == pytest.approx((1 / 2) / 2)
    best = 1 + 1 / math.log2(3)
    assert f("ndcg", two, found) == pytest.approx((1 / math.log2(3) + 1 / math.log2(5)) / best) and f("ndcg@3", two, found) == pytest.approx(1 / math.log2(3) / best) and f("ndcg@1", two, ["a"]) == 1
    assert f("mrr", ["c"], ["a", "a", "a", "c"]) == 1 / 2 and f("precision@", ["a"], ["a", "a", "b"]) == 1 / 2  # chunks of one document are one
    assert f("recall@", ["a", "a"], ["a"]) == 1 and f("hit", ["a"], []) == 0 and f("ndcg", ["a"], []) == 0 and f("first_rank", ["q"], ["a"]) is None
    assert f("ndcg", ["docs"], ["docs/a", "docs/b"]) == 1 and f("precision@", ["docs"], ["docs/a", "docs/b"]) == 1  # a folder counts once, and both are right
    assert "b (place 4)" in of("recall@3", sources=two, found=found).why and "q (not found)" in of("recall@", sources=["q"], found=found).why
    for wrong in ("hit@0", "first_rank@3", "answered@2"):
        with pytest.raises(OpsError): metrics_of(wrong)


def test_cases_that_cannot_be_answered_are_judged_by_whether_that_was_said():
    cases = [Case("When?", sources=["a"]), Case("Who?", expected="Ann", sources=["b"]), Case("Why?"), Case("Where?", sources=["c"], tags={"answerable": "no"})]
    def target(q): return {"When?": {"output": "In 1998.", "sources": ["a"]}, "Who?": {"output": "The provided documents do not contain this.", "sources": []}, "Why?": {"output": "The documents do not answer this."}, "Where?": {"output": "In Rome."}}[q]
    report = evaluated(target, cases, ["answered", "abstained", "mrr"], quiet=True)
    assert (report["answered"].value, report["answered"].n) == (0.5, 2) and (report["abstained"].value, report["abstained"].n) == (0.5, 2) and report["mrr"].n == 3
    assert of("abstained", output="Rome", answered=False).value == 1


def test_a_metric_cut_beyond_what_is_looked_for_says_so():
    class Finds:
        def search(self, question, k): return []
    report = evaluated(Finds(), [Case("q", sources=["a"])], ["hit@10"], quiet=True)
    assert any("only the first 5 are looked for" in n for n in report.notes)


def test_labelled_texts_count_by_runs_of_words():
    text = "one two three four five six seven eight nine ten"
    assert of("context_recall", context=[text], retrieved=["x " + text + " y"]).value == 1 and of("context_precision", context=[text], retrieved=["x " + text + " y"]).value == 10 / 12
    assert of("context_recall", context=[text], retrieved=["one two three four five six", "seven eight nine ten"]).value == 6 / 10  # four words after the cut have no run of five
    assert of("context_recall", context=[text], retrieved=["ten nine eight seven six five four three two one"]).value == 0 and of("context_recall", context=["Paris"], retrieved=["It is PARIS."]).value == 1
    assert of("context_recall", context=[text], retrieved=[]).value == 0 and of("context_precision", context=[text], retrieved=[]).value is None
    assert of("context_precision", context=[text], retrieved=[text, text]).value == 1


def test_support_names_the_sentences_that_nothing_supports():
    got = of("support", output="Returns are accepted within 90 days of delivery. Refunds take 5 working days.", retrieved=RULES)
    first, second = "Returns are accepted within 90 days of delivery.", "Refunds take 5 working days."
    assert got.value == pytest.approx(len(second) / len(first + second)) and "number absent: 90" in got.why and "Refunds" not in got.why
    assert of("support", output="Refunds take 5 working days.", context=RULES).value == 1  # no passages: the case's context
    for nothing in ("The documents do not answer this.", "Sure!", "Shall I go on?", ""): assert of("support", output=nothing, retrieved=RULES).value is None
    assert of("support", output="Alice sold it.", retrieved=[]).why and of("support", output="Refunds take 5 working days.", retrieved=["", " "]).value == 0
    low, high = (of("support_score", output=o, retrieved=RULES).value for o in ("Cats sleep all day long.", "Refunds take about 5 working days."))
    assert low < 0.4 < 0.7 < high
    long = " ".join(f"Refunds take 5 working days in case {i}." for i in range(300))
    assert "only the first 200 of 300 sentences" in of("support", output=long, retrieved=RULES).why


def test_support_cannot_see_a_swap_within_the_passages_nor_a_paraphrase():
    """The limits that its page states."""
    assert of("support", output="Returns are accepted within 5 days of delivery.", retrieved=RULES).value == 1
    assert of("support", output="You can send things back for about a month.", retrieved=RULES).value == 0


def test_citations_lead_somewhere_and_support_their_sentence():
    answer = "Refunds take 5 working days [1]. Shipping to Norway costs 12 euros [1]. Cats sleep [9]."
    assert [round(of(n, output=answer, retrieved=RULES).value, 3) for n in ("cited", "citations_valid", "citations_support")] == [1, 0.667, 0.333]
    both = "Returns are accepted within 30 days, and shipping to Norway costs 12 euros [1][2]."
    assert of("citations_valid", output=both, retrieved=RULES).value == 1 and of("citations_support", output=both, retrieved=RULES).value == 1  # both are needed
    assert of("citations_support", output="Refunds take 5 working days [1][2].", retrieved=RULES).value == 0.5  # the second adds nothing
    assert of("citations_valid", output="No sources.").value is None and of("cited", output="It costs 12. It takes 5 days [1].", retrieved=RULES).value == 0.5
    assert of("citations_valid", output="It is so [1].", citations=[{"number": 1, "ok": False}], retrieved=RULES).value == 0
    assert claimed("`x[1]` is code. See [2].") == [("`x[1]` is code.", []), ("See.", [2])] or claimed("`x[1]` is code.")[0][1] == []


def test_an_answer_of_an_index_is_judged_as_it_is(project, monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    (project / "docs").mkdir()
    for i, t in enumerate(RULES): (project / "docs" / f"{'returns' if i == 0 else 'shipping'}.md").write_text(t)
    index = ops.index("rules")
    index.build(project / "docs")
    cases = [{"question": "How many working days do refunds take?", "sources": ["returns"], "expected": "5 working days"}, {"question": "What does shipping to Norway cost?", "sources": ["shipping"], "expected": "12 euros"}]
    report = evaluated(index, cases, ["hit@1", "mrr", "answered", "contains", "support", "citations_valid", "citations_support", "cited", "relevance"], quiet=True)
    assert not report.errors
    for name in ("hit_at_1", "mrr", "answered", "contains", "support", "citations_valid", "citations_support", "cited"): assert report[name].value == 1, (name, report)


def test_similarity_and_relevance():
    near, far = (of("semantic_similarity", "The invoice must be paid within two weeks.", o).value for o in ("You have 14 days to pay the bill.", "Cats sleep."))
    assert near > 0.5 > 0.2 > far and of("semantic_similarity", ["x", "Cats sleep."], "Cats sleep.").value == pytest.approx(1, abs=1e-5)
    assert "first 254 tokens" in of("semantic_similarity", "x", "word " * 400).why
    good, off = (of("relevance", output=o, question="How long do refunds take?").value for o in ("Refunds take five days.", "The harbour has two cranes."))
    assert good > 0.6 > 0.4 > off


def test_one_embedder_is_asked_once_for_each_text_from_any_thread():
    class Counts:
        def __init__(self, inner): self.inner, self.asked, self.lock = inner, [], threading.Lock()
        def __getattr__(self, name): return getattr(self.inner, name)
        def embed(self, texts, progress=None):
            with self.lock: self.asked += texts
            return self.inner.embed(texts)
    inner = Counts(embedder())
    memory, texts = Memory(inner, most=50), [f"Text number {i}." for i in range(40)]
    with ThreadPoolExecutor(8) as pool: said = list(pool.map(lambda i: memory.embed([texts[i % 40], texts[(i + 1) % 40]]), range(200)))
    assert set(inner.asked) == set(texts) and len(inner.asked) < 160  # of 400
    known = len(inner.asked)
    again = memory.embed(texts)
    assert len(inner.asked) == known and np.allclose(again.vectors, embedder().embed(texts).vectors) and np.allclose(said[0].vectors[1], again.vectors[1])
    for i in range(200): memory.query(f"q{i}")
    assert len(memory._known) == 50


def test_scores_do_not_depend_on_the_number_of_threads():
    cases = [Case(f"Rule {i}?", output=f"Returns are accepted within {20 + i % 20} days. Refunds take 5 working days.", context=RULES) for i in range(40)]
    one, many = (evaluated(None, cases, ["support", "support_score", "relevance"], concurrency=n, quiet=True) for n in (1, 8))
    assert [r.scores for r in one.rows] == [r.scores for r in many.rows] and one["support"].value == many["support"].value


def test_a_second_evaluation_says_the_same_whether_scores_were_kept_or_not(tmp_path):
    cases = [Case(f"Rule {i}?", "Returns are accepted.", output=f"Returns are accepted within {20 + i} days.", context=RULES, sources=["a"]) for i in range(12)]
    first, second = (evaluated(None, cases, ["token_f1", "bleu", "chrf", "support", "profanity", "words"], kept_at=tmp_path / "kept.db", quiet=True) for _ in range(2))
    assert {n: (m.value, m.low, m.high) for n, m in first.metrics.items()} == {n: (m.value, m.low, m.high) for n, m in second.metrics.items()} and [(r.scores, r.why) for r in first.rows] == [(r.scores, r.why) for r in second.rows]
    import sqlite3
    with sqlite3.connect(tmp_path / "kept.db") as db: assert db.execute("SELECT count(*) FROM kept").fetchone()[0] == 12 * 4  # token_f1 and words are cheaper to count again


def test_nothing_looks_for_a_network(monkeypatch):
    def no(*a, **k): raise AssertionError("a name was looked up")
    monkeypatch.setattr(socket, "getaddrinfo", no)
    case = Case("How long do refunds take, and who pays for them?", "5 working days", context=RULES, sources=["a"], output="Refunds take 5 working days [1], and that is all.")
    report = evaluated(None, [case], OURS, quiet=True)
    assert not report.errors and report["support"].value == 1 and not [e for r in report.rows for e in r.errors.values() if "Error" in e]


def test_an_embedder_that_is_not_there_gets_the_names_that_are():
    for metric in ("support", "relevance"):
        with pytest.raises(OpsError, match="minilm"): evaluated(None, [Case("q", output="a", context=["b"])], [metric], embedder="nope", quiet=True)


def test_wording():
    import codecs
    for word in ("Shpx", "fuvggl", "f.u.v.g", "fu*g", "OVGPU", "shhhpx"): assert of("profanity", output=codecs.decode(word, "rot13")).value == 1, word
    for fine in ("Scunthorpe", "class assessment", "Moby Dick", "hello 猫", "a*b", "x_1.y", "https://example.org/ass/et"): assert of("profanity", output=fine).value == 0, fine
    why = of("profanity", output="It is " + codecs.decode("fuvg", "rot13")).why
    assert why == "1 word of the list, at character 6"
    assert of("refusal", output="I'm sorry, but I can't assist with that.").value == 1 and of("refusal", output="You cannot return it.").value == 0
    assert of("repeats", output="a b c d a b c d").value == 1 / 5 and of("repeats", output="no repeats in here at all").value == 0
    assert of("language", output="Das steht leider nicht in den Dokumenten.", question="How long do refunds take, please?").why == "it is de, not en" and of("language", output="No.").value is None


def test_an_unknown_metric_gets_the_names_that_are_there():
    with pytest.raises(OpsError, match="token_f1"): metrics_of("token_f2")
    assert set(OURS) <= set(plug.backends("metric")) and all(metrics_of(n)[0].name for n in OURS)
    assert text_of(3.0) == "3" and text_of({"b": 1, "a": None}) == '{"a": null, "b": 1}'


@pytest.mark.data
def test_support_tells_faithful_answers_as_people_do():
    from scipy.stats import rankdata
    rows = json.loads(gzip.open(data("faithfulness/mtrag-human-half.json.gz")).read())["rows"]
    metric, good = Support(), np.array([np.mean(r["human_faithfulness"]) > 3 for r in rows])
    with ThreadPoolExecutor(2) as pool: said = list(pool.map(lambda r: scored(metric, Case(r["question"]), Result(r["answer"], retrieved=[c if isinstance(c, str) else c["text"] for c in r["contexts"]])).value, rows))
    ours, judge = np.array([0.5 if v is None else v for v in said]), np.array([r["judge"]["rl_f"] for r in rows])
    def auc(x): return (rankdata(x)[good].sum() - good.sum() * (good.sum() + 1) / 2) / (good.sum() * (~good).sum())
    assert auc(ours) >= 0.86 and auc(ours) >= auc(judge) and auc((ours + judge) / 2) >= 0.90

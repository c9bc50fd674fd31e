"""Embedders: our MiniLM against sentence-transformers, servers that misbehave, the memory of vectors, many processes at once."""
import http.server
import json
import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from opsnb.errors import OpsError, Unavailable
from opsnb.rag.embed import Tokens, embedder
from opsnb.rag.embed.minilm import MiniLM, model_file, packaged
from opsnb.rag.embed.openai import OpenAI
from opsnb.rag.embed.remembered import Remembered, prune
from support import python, squad

TEXTS = ["A cat sits on the mat.", "Interest rates rose again in March, said the bank.", "x", "", "naïve café — 東京 🙂", "\ud800 half a pair", "\x00\x01", "word " * 500,
         "def f(x):\n    return x ** 2  # squared", "SELECT * FROM t WHERE a = 'b';"]


def test_vectors_are_those_of_sentence_transformers():
    theirs = pytest.importorskip("sentence_transformers").SentenceTransformer(str(packaged()), device="cpu")
    theirs.max_seq_length = 256
    ours = embedder().embed(TEXTS)
    wanted = theirs.encode([t.encode("utf-8", "replace").decode() for t in TEXTS], normalize_embeddings=True, show_progress_bar=False)
    alike = (ours.vectors * wanted).sum(axis=1)
    assert alike.min() > 0.97 and alike.mean() > 0.985, alike
    assert ours.cut == 1 and np.allclose(np.linalg.norm(ours.vectors, axis=1), 1, atol=1e-5)
    assert embedder().count(["an example of text"]) == [4]
    states = [len(t.ids) for t in ours.tokens]
    assert states[0] == 6 and states[3] == 0 and states[7] == 254 and all(t.bits.shape == (n, 16) for t, n in zip(ours.tokens, states, strict=True))


def test_token_states_find_the_same_word():
    made, asked = embedder().embed(["The bank raised interest rates.", "A cat sat on the mat."]), embedder().query("Which cat?")
    likeness = [(asked.states @ (np.unpackbits(t.bits, axis=1).astype(np.float32) * 2 - 1).T).max(axis=1) for t in made.tokens]
    assert len(asked.ids) == 2 and likeness[1][1] > 1.3 * likeness[0][1]  # "cat"
    again = Tokens.from_bytes(made.tokens[0].to_bytes())
    assert (again.ids == made.tokens[0].ids).all() and (again.bits == made.tokens[0].bits).all()


@pytest.mark.data
def test_dense_search_is_not_worse_than_with_32_bits():
    passages, questions = squad()
    questions = questions[::6]
    model = embedder()
    vectors, place = model.embed([p["text"] for p in passages]).vectors, {p["id"]: n for n, p in enumerate(passages)}
    asked, gold = model.embed([q["question"] for q in questions]).vectors, np.array([place[q["pid"]] for q in questions])
    scores = asked @ vectors.T
    ranks = 1 + (scores > scores[np.arange(len(gold)), gold][:, None]).sum(axis=1)
    assert np.where(ranks <= 10, 1 / ranks, 0).mean() > 0.71  # sentence-transformers in 32 bits: 0.732 over all questions


def test_the_first_vector_is_there_soon_without_torch():
    code = "import sys\nfrom opsnb.rag.embed import embedder\nembedder().query('x')\nprint([m for m in ('torch', 'transformers', 'sentence_transformers', 'onnx', 'pandas', 'mlflow') if m in sys.modules])"
    assert python(code).strip() == "[]"


def test_several_processes_make_the_model_file_once(tmp_path):
    code = "from opsnb.rag.embed import embedder; print(embedder().name, float(embedder().query('a cat').vector[0]))"
    env = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    running = [subprocess.Popen([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    said = {r.communicate(timeout=240) for r in running}
    assert len(said) == 1 and not said.pop()[1]
    assert [p.name for p in (tmp_path / "opsnb").glob("*.onnx")] == [model_file()[1].name]
    assert (tmp_path / "opsnb" / model_file()[1].name).read_bytes() == model_file()[1].read_bytes()  # bit by bit the same, whoever makes it


def test_a_home_that_cannot_be_written_is_said(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(Unavailable, match="XDG_CACHE_HOME"): MiniLM()


def test_another_identity_is_refused():
    with pytest.raises(OpsError, match="another one"): embedder("minilm:0123456789ab-1")
    assert embedder(embedder().name).name == embedder().name
    with pytest.raises(OpsError, match="Unknown embedder 'minlm'"): embedder("minlm")
    with pytest.raises(OpsError, match="no embedder"): embedder(3)


def test_threads_share_one_model():
    model = embedder()
    alone, found = model.embed(TEXTS).vectors, [None] * 6
    def work(n): found[n] = model.embed(TEXTS).vectors
    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for t in threads: t.start()
    for t in threads: t.join()
    assert all((f == alone).all() for f in found)


class Server:
    """An OpenAI-compatible server of embeddings; `answers` are functions of the request's texts, the last one for ever: `(status, headers, body)`."""

    def __init__(self, *answers):
        seen, answers = [], list(answers)
        self.seen = seen

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                seen.append((time.monotonic(), self.headers.get("Authorization"), asked))
                status, headers, body = (answers.pop(0) if len(answers) > 1 else answers[0])(asked["input"])
                body = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                for k, v in {"Content-Type": "application/json", "Content-Length": len(body), **headers}.items(): self.send_header(k, str(v))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_): pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self): return self
    def __exit__(self, *_): self.server.shutdown(), self.server.server_close()


def vectors(texts, dims=4): return 200, {}, {"object": "list", "model": "m", "usage": {"prompt_tokens": 1, "total_tokens": 1}, "data": [{"object": "embedding", "index": n, "embedding": [len(t), 1.0] + [0.0] * (dims - 2)} for n, t in enumerate(texts)][::-1]}
def busy(texts): return 429, {"Retry-After": "1"}, {"error": {"message": "slow down"}}
def spoiled(value):
    def answer(texts):
        status, headers, body = vectors(texts)
        body["data"][0]["embedding"] = value
        return status, headers, body
    return answer


def test_a_server_is_asked_in_batches_and_its_order_is_kept(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-for-this-server")
    with Server(vectors) as s:
        model, steps = OpenAI(f"{s.url}#m", batch=10), []
        made = model.embed([("x" * n) for n in range(1, 36)], lambda n, total: steps.append((n, total)))
        assert model.dims == 4 and made.vectors.shape == (35, 4) and made.tokens is None and steps[-1] == (35, 35)
        assert np.argmax(made.vectors[:, 0]) == 34 and np.allclose(made.vectors[0, 0], 2 ** -0.5)
        assert sorted(len(a["input"]) for _, _, a in s.seen) == [1, 5, 10, 10, 10]
        assert not any("sk-not" in (key or "") for _, key, _ in s.seen)


def test_a_busy_server_is_asked_again_when_it_says():
    with Server(busy, busy, vectors) as s:
        assert OpenAI(f"{s.url}#m").embed(["x"]).vectors.shape == (1, 4)
        assert s.seen[1][0] - s.seen[0][0] > 0.9


BAD = {"nan": (spoiled([float("nan"), 1.0, 1.0, 1.0]), "NaN"), "zeros": (spoiled([0.0] * 4), "zeros"), "dims": (spoiled([1.0] * 3), "different lengths"), "words": (spoiled("words"), ""), "none": (lambda t: (200, {}, {"object": "list", "data": [], "model": "m"}), "no vectors"),
       "html": (lambda t: (200, {"Content-Type": "text/html"}, b"<html>hello</html>"), ""), "key": (lambda t: (401, {}, {"error": {"message": "no such key"}}), "key"), "model": (lambda t: (404, {}, {"error": {"message": "no such model"}}), "model's name"),
       "always busy": (busy, "stayed busy"), "broken": (lambda t: (500, {}, b"oops"), "")}


@pytest.mark.parametrize("name", BAD)
def test_bad_answers_of_a_server_are_told(name):
    answer, said = BAD[name]
    with Server(vectors, answer) as s, pytest.raises(Unavailable) as e: OpenAI(f"{s.url}#m", retries=1, timeout_s=10).embed(["one", "two"])
    assert said in str(e.value)


def test_a_server_that_changes_its_model_is_noticed():
    with Server(vectors, lambda t: vectors(t, 6)) as s, pytest.raises(Unavailable, match="another size"): OpenAI(f"{s.url}#m").embed(["one"])


def test_openai_needs_a_key(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(Unavailable, match="OPENAI_API_KEY"): OpenAI("text-embedding-3-small")


def test_what_was_paid_for_is_remembered(ws, tmp_path):
    with Server(vectors) as s:
        model = Remembered(embedder(f"{s.url}#m"), max_mb=1)
        first = model.embed(["one", "three", "one", "\ud800"]).vectors
        asked = len(s.seen)
        again = Remembered(embedder(f"{s.url}#m"), max_mb=1)
        assert (again.embed(["three", "one"]).vectors == first[[1, 0]]).all() and len(s.seen) == asked and again.hits == 2
        for n in range(8): again.embed([f"text {i} {n}" for i in range(2000)])
        assert model.path.stat().st_size < 3e6
        assert prune() == 0
        (model.path).write_bytes(b"not a database" * 1000)
        assert (again.embed(["three"]).vectors == first[[1]]).all()


def test_the_memory_serves_several_processes(ws):
    code = f"from opsnb.rag.embed import embedder\nfrom opsnb.rag.embed.remembered import Remembered\nm = Remembered(embedder(), {str(ws.path / 'v.db')!r})\nfor i in range(30): m.embed([f'text {{i}} {{j}}' for j in range(3)])\nprint(m.hits)"
    running = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    said = [r.communicate(timeout=240) for r in running]
    assert all(r.returncode == 0 for r in running), said
    model = Remembered(embedder(), ws.path / "v.db")
    made = model.embed([f"text {i} {j}" for i in range(30) for j in range(3)])
    assert model.hits == 90 and (made.vectors[:3] == embedder().embed(["text 0 0", "text 0 1", "text 0 2"]).vectors).all() and made.tokens[0].bits.shape[1] == 16


def test_llama_index_both_ways():
    from opsnb.rag.embed.llama_index import as_llama_index
    theirs = as_llama_index(embedder())
    back = embedder(theirs)
    assert np.allclose(back.embed(["a cat", "a dog"]).vectors, embedder().embed(["a cat", "a dog"]).vectors, atol=1e-6) and back.dims == 384
    with pytest.raises(OpsError, match="give the object itself"): embedder(back.name)


def test_models_of_sentence_transformers(tmp_path):
    pytest.importorskip("sentence_transformers")
    model = embedder(f"st:{packaged()}")
    made = model.embed(["A cat sits on the mat."])
    assert model.dims == 384 and (made.vectors @ embedder().embed(["A cat sits on the mat."]).vectors.T).item() > 0.98 and embedder(model.name).name == model.name
    with pytest.raises(OpsError, match="other weights"): embedder(f"st:{packaged()}#000000000000")
    with pytest.raises(Unavailable, match="cannot be loaded"): embedder(f"st:{tmp_path}/none")

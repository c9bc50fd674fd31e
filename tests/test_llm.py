"""Language models, against a real server process that fails in every way that is asked of it (llm_server.py)."""
import asyncio
import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

from llm_server import serving
from opsnb import llm, plug
from opsnb.engine import run_notebook
from opsnb.errors import OpsError, Unavailable
from opsnb.llm import Budget, model, record, replay
from opsnb.secrets import Secret, forms
from support import python, until, written_below

KEY = 'sk-"live"/7f3ä+x42'.encode("ascii", "ignore").decode()


@pytest.fixture(scope="module")
def url():
    with serving() as address: yield address


@pytest.fixture(scope="module")
def locked():
    with serving(key=KEY) as address: yield address


@pytest.fixture(autouse=True)
def quick(ws, monkeypatch):
    """A workspace, no proxies, no keys from outside."""
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    for var in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OLLAMA_HOST", "VLLM_BASE_URL", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"): monkeypatch.delenv(var, raising=False)


def seen(url, name=None):
    """The requests that the server has seen for a model."""
    found = json.load(urllib.request.urlopen(url.removesuffix("/v1") + "/seen", timeout=10))
    return [c for c in found["calls"] if name in (None, c["body"].get("model"))]


def error(kind, call):
    with pytest.raises(kind) as e: call()
    return str(e.value)


# what comes back

def test_a_chat_and_a_stream_tell_text_tokens_cost_and_time(url):
    m = model(f"{url}#parrot+id:1", price=(1, 2))
    reply = m.chat([("system", "Be brief."), ("user", "one two three")])
    assert reply.text == "You said: one two three" and (reply.usage.tokens_in, reply.usage.tokens_out) == (5, 5) and not reply.usage.estimated
    assert reply.cost == pytest.approx(5e-6 + 10e-6) and reply.finish_reason == "stop" and reply.tries == 1 and not reply.cached
    stream = m.stream("one two three")
    assert list(stream) == ["You", " said:", " one", " two", " three"] and stream.reply.text == "You said: one two three"
    assert stream.reply.usage.tokens_out == 5 and 0 < stream.reply.first_token_s <= stream.reply.latency_s
    assert m.calls == 2 and m.spent == pytest.approx(15e-6 + 13e-6) and "2 calls" in repr(m)


def test_a_price_from_the_settings_and_an_unknown_one(url, project):
    (project / "opsnb.toml").write_text('llm_prices = ["parrot=10/20"]\n')
    assert model(f"{url}#parrot").chat("a b").cost == pytest.approx((2 * 10 + 4 * 20) / 1e6)
    assert model(f"{url}#parrot+id:unpriced").chat("a").cost is None and "cost unknown" in repr(model(f"{url}#parrot+id:unpriced").chat("a"))
    (project / "opsnb.toml").write_text('llm_prices = ["parrot=cheap"]\n')
    assert "llm_prices" in error(OpsError, lambda: model(f"{url}#parrot").chat("a"))


def test_tokens_are_estimated_and_said_to_be_when_the_server_counts_none(url):
    for name in ("nousage+parrot", "plainstream+parrot"):
        s = model(f"{url}#{name}").stream("one two three")
        assert "".join(s) == "You said: one two three" and s.reply.usage.estimated and 2 <= s.reply.usage.tokens_in <= 5, name
    assert "about" in str(model(f"{url}#nousage+parrot").chat("one").usage)


def test_settings_schema_and_tools_reach_the_server(url):
    schema = {"title": "City", "type": "object", "properties": {"city": {"type": "string"}}, "additionalProperties": False}
    m = model(f'{url}#says:{{"city":_"Oslo"}}', temperature=0.5)  # a name may hold anything
    name = m.id
    assert m.chat("where?", json_schema=schema, max_tokens=50, stop=["\n"], seed=7, extra={"top_k": 3}, cache=False).json == {"city": "Oslo"}
    body = seen(url, name)[-1]["body"]
    assert body["temperature"] == 0.5 and body["max_tokens"] == 50 and body["stop"] == ["\n"] and body["seed"] == 7 and body["top_k"] == 3
    assert body["response_format"]["json_schema"] == {"name": "City", "schema": schema, "strict": True}
    tools = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}]
    for reply in (model(f"{url}#tool").chat("rain?", tools=tools), (s := model(f"{url}#tool").stream("rain?", tools=tools)).wait()):
        assert reply.tool_calls == [{"id": "call_1", "name": "weather", "arguments": '{"city": "Oslo"}'}] and reply.finish_reason == "tool_calls" and reply.text == ""
    assert s.reply.usage.tokens_in == 1
    assert "weather(" in reply._repr_html_()


def test_pydantic_class_as_schema(url):
    from pydantic import BaseModel
    class City(BaseModel):
        city: str
    assert City(**model(f'{url}#says:{{"city":_"Rome"}}').chat("where?", json_schema=City).json).city == "Rome"
    assert "is not JSON" in error(OpsError, lambda: model(f"{url}#parrot").chat("where?", json_schema=City).json)


# what goes wrong

@pytest.mark.parametrize("how", ["busy:2:0.3+parrot", "busy:1:1:date+parrot"])
@pytest.mark.parametrize("streamed", [False, True])
def test_a_busy_server_is_asked_again_when_it_says(url, how, streamed):
    m = model(f"{url}#{how}+id:{streamed}")
    begun = time.monotonic()
    reply = m.stream("hi").wait() if streamed else m.chat("hi")
    times = [c["at"] for c in seen(url, m.id)]
    assert reply.text == "You said: hi" and reply.tries == len(times) and all(b - a >= 0.29 for a, b in zip(times, times[1:]))
    assert time.monotonic() - begun < 20


def test_a_server_that_asks_for_more_patience_than_there_is_gets_none(url):
    m = model(f"{url}#busy:9:3600+parrot", timeout_s=20)
    begun = time.monotonic()
    said = error(Unavailable, lambda: m.chat("hi"))
    assert time.monotonic() - begun < 10 and "3,600 s" in said and len(seen(url, m.id)) == 1


def test_errors_of_the_server_are_tried_again_and_then_told(url):
    assert model(f"{url}#broken:1:503+parrot").chat("hi").tries == 2
    m = model(f"{url}#broken:9+parrot", retries=1)
    said = error(Unavailable, lambda: m.chat("hi"))
    assert "HTTP 500: Something broke; 2 tries" in said and len(seen(url, m.id)) == 2
    assert m.stream("hi", retries=0) and "1 tries" in error(Unavailable, lambda: m.chat("hi", retries=0))


@pytest.mark.parametrize("name, kind, words", [
    ("parot", OpsError, "did you mean 'parrot'"), ("quota", Unavailable, "used up"), ("refuses", OpsError, "HTTP 400"), ("html", Unavailable, "/v1"), ("broken:9:422", OpsError, "HTTP 422"),
    ("window:5+parrot", OpsError, "too long")])
@pytest.mark.parametrize("streamed", [False, True])
def test_what_cannot_heal_is_not_tried_again(url, name, kind, words, streamed):
    m, before = model(f"{url}#{name}"), len(seen(url, name))
    assert words in error(kind, lambda: m.stream("one two three four five six").wait() if streamed else m.chat("one two three four five six"))
    assert len(seen(url, name)) == before + 1


def test_invalid_json_is_tried_again_and_told(url):
    m = model(f"{url}#garbage", retries=1)
    assert "does not answer as a model does" in error(Unavailable, lambda: m.chat("hi")) and len(seen(url, m.id)) == 2


def test_a_line_that_breaks_before_the_answer_is_whole(url):
    assert model(f"{url}#drop:2:1+parrot").chat("a b c d").tries == 2  # nobody has seen the first half
    m = model(f"{url}#drop:3:9+parrot")
    stream, got = m.stream("a b c d"), []
    with pytest.raises(Unavailable) as e:
        for part in stream: got.append(part)
    assert got == ["You", " said:", " a"] and stream.reply.text == "You said: a" and stream.reply.finish_reason == "broken"
    assert "handed on already" in str(e.value) and len(seen(url, m.id)) == 1 and m.calls == 1
    begins = model(f"{url}#drop:0:1+parrot").stream("a b")  # nothing was handed on: another try
    assert "".join(begins) == "You said: a b" and begins.reply.tries == 2


def test_a_stream_that_ends_politely_in_the_middle_is_not_taken_for_an_answer(url):
    stream = model(f"{url}#short:3+parrot").stream("a b c d")
    with pytest.raises(Unavailable): stream.wait()
    assert stream.reply.finish_reason == "broken" and stream.reply.text == "You said: a"


def test_an_answer_cut_by_max_tokens_says_so(url):
    reply = model(f"{url}#length+parrot").chat("a")
    assert reply.finish_reason == "length" and "cut at max_tokens" in reply._repr_html_()


@pytest.mark.parametrize("name, streamed, own", [("slow:30+parrot", True, {"read_s": 0.5, "retries": 0}), ("slow:30+parrot", False, {"timeout_s": 0.6}), ("drip:0.2+parrot", True, {"timeout_s": 1.0})])
def test_time_is_limited_in_every_way(url, name, streamed, own):
    m, begun = model(f"{url}#{name}", **own), time.monotonic()
    said = error(Unavailable, lambda: m.stream("a b c d e f g h i j").wait() if streamed else m.chat("a"))
    assert time.monotonic() - begun < 8 and ("in time" in said or "too long" in said), said


def test_nobody_there(url):
    m = model("http://127.0.0.1:9/v1#m", retries=0)
    assert "cannot be reached" in error(Unavailable, lambda: m.chat("hi"))
    assert "ollama serve" in error(Unavailable, lambda: model("ollama:x", retries=0, connect_s=1).chat("hi")) if not _listens(11434) else True


def _listens(port):
    import socket
    with socket.socket() as s: return s.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("bad", ["", "  \n", [], [{"role": "user", "content": ""}], "half \ud800", [("usr", "x")], 3, None, [{"role": "user", "content": {"a": 1}}]])
def test_bad_messages_are_never_sent(url, bad):
    m = model(f"{url}#parrot+id:bad")
    error(OpsError, lambda: m.chat(bad))
    error(OpsError, lambda: m.stream(bad))
    assert seen(url, m.id) == []


def test_a_prompt_of_a_megabyte(url):
    text = "word " * 200_000
    assert model(f"{url}#parrot").chat(text).usage.tokens_in == 200_000
    begun = time.monotonic()
    m = model(f"{url}#parrot+id:mb", context_window=8192)
    assert "too long" in error(OpsError, lambda: m.chat(text)) and "8,192" in error(OpsError, lambda: m.chat("a" * 1_000_000))
    assert seen(url, m.id) == [] and time.monotonic() - begun < 20
    assert "too long" in error(OpsError, lambda: model(f"{url}#window:100+parrot").chat(text))


def test_unknown_settings_and_names(url):
    assert "did you mean 'temperature'" in error(OpsError, lambda: model(f"{url}#parrot", temprature=1))
    for k, v in (("timeout_s", 0), ("timeout_s", -1), ("retries", -1), ("read_s", float("nan")), ("connect_s", "soon"), ("timeout_s", True)):
        assert k in error(OpsError, lambda: model(f"{url}#parrot", **{k: v})) and k in error(OpsError, lambda: model(f"{url}#parrot").chat("x", **{k: v}))
    assert "did you mean 'retries'" in error(OpsError, lambda: model(f"{url}#parrot", retry=1))
    assert "perhaps openai:gpt-4o-mini?" in error(OpsError, lambda: model("gpt-4o-mini"))
    assert {"openai", "http", "https", "ollama", "vllm", "offline", "replay"} <= {r["name"] for r in llm.providers()}


def test_the_default_is_a_setting(url, monkeypatch):
    monkeypatch.setenv("OPSNB_LLM", f"{url}#parrot")
    assert model().chat("a").text == "You said: a"


# keys

def test_a_key_reaches_its_server_and_nothing_that_is_written(locked, project, monkeypatch):
    monkeypatch.setenv("SHOP_KEY", KEY)
    monkeypatch.setenv("OPSNB_TRACING", "1")
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    (project / "key").write_text(KEY + "\n")
    (project / "opsnb.toml").write_text(f'llm_keys = ["{locked.split("/")[2]}=file:{project}/key"]\n')
    m = model(f"{locked}#parrot", api_key="env:SHOP_KEY", temperature=0)
    with record(project / "tape"): reply = m.chat(f"is {KEY} a good key?")
    assert reply.text == f"You said: is {KEY} a good key?" and model(f"{locked}#parrot").chat("by setting").text
    said = error(OpsError, lambda: model(f"{locked}#refuses", api_key="env:SHOP_KEY").chat(KEY))
    (project / "key").unlink()
    shown = [repr(m), repr(reply), reply._repr_html_(), said, repr(m.__dict__), m._repr_html_()]
    written = written_below(project)
    for form in forms(KEY): assert not any(form in s for s in shown) and form.encode() not in written, form
    assert b"is *** a good key?" in written and len(list((project / "tape").glob("*.json"))) == 1
    assert pickle.loads(pickle.dumps(m)).chat("again").text == "You said: again"
    with pytest.raises(TypeError): pickle.dumps(model(f"{locked}#parrot", api_key=Secret(KEY)))


def test_a_key_that_is_given_as_it_is_shows_nowhere_either(locked):
    m = model(f"{locked}#parrot", api_key=KEY)
    assert m.chat("x").text == "You said: x" and KEY not in repr(m.__dict__) + repr(m)


def test_a_missing_and_a_wrong_key_are_told_apart_from_all_else(locked):
    said = error(OpsError, lambda: model(f"{locked}#parrot").chat("x"))
    assert "does not let us in" in said and "llm_keys" in said and "Incorrect API key" in said
    assert "env:NO_SUCH_KEY, which is not set" in error(OpsError, lambda: model(f"{locked}#parrot", api_key="env:NO_SUCH_KEY").chat("x"))


def test_the_key_of_openai_goes_to_openai_only(url, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-for-openai-only")
    model(f"{url}#parrot+id:elsewhere").chat("x")
    assert [c["authorization"] for c in seen(url, "parrot+id:elsewhere")] == ["Bearer none"]
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    model("openai:parrot+id:proxy").chat("x", max_tokens=5)
    [call] = seen(url, "parrot+id:proxy")
    assert call["authorization"] == "Bearer sk-for-openai-only" and call["body"]["max_completion_tokens"] == 5


# the same answer again

def test_only_what_is_asked_for_exactly_comes_from_the_cache(url):
    m = model(f"{url}#parrot+id:cache", price=(1, 1))
    for settings, calls, cached in (({"temperature": 0}, 1, False), ({"temperature": 0}, 1, True), ({"seed": 1}, 2, False), ({"seed": 1}, 2, True), ({}, 3, False), ({}, 4, False),
                                    ({"cache": True}, 5, False), ({"cache": True}, 5, True), ({"temperature": 0, "cache": False}, 6, False), ({"temperature": 0, "max_tokens": 9}, 7, False)):
        reply = m.chat("x", **settings)
        assert (len(seen(url, m.id)), reply.cached) == (calls, cached), settings
    cached = m.stream("x", temperature=0)
    assert "".join(cached) == "You said: x" and cached.reply.cached and cached.reply.cost == 0 and m.cached == 4
    assert not model(f"{url}#parrot+id:other", temperature=0).chat("x").cached


def test_a_broken_answer_is_not_cached(url):
    m = model(f"{url}#drop:2:1+parrot+id:cached", temperature=0)
    with pytest.raises(Unavailable): m.stream("a b c").wait()
    assert m.stream("a b c").wait().text == "You said: a b c"


def test_processes_share_the_cache_and_none_reads_a_part(url, ws):
    code = f"from opsnb.llm import model\nm = model('{url}#parrot+id:shared', temperature=0)\nfor i in range(40): assert m.chat(f'{{i % 5}} ' + 'x' * 20000).text.startswith(f'You said: {{i % 5}}')"
    children = [subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True) for _ in range(3)]
    assert [(c.communicate()[1], c.returncode) for c in children] == [("", 0)] * 3
    assert len(list((ws.path / "cache/llm").glob("*.json"))) == 5 and 5 <= len(seen(url, "parrot+id:shared")) <= 15
    assert not list((ws.path / "cache/llm").glob(".*tmp"))


def test_what_was_recorded_is_played_back_in_its_order(url, project):
    m = model(f"{url}#parrot+id:taped")
    with record(project / "tape"):
        with ThreadPoolExecutor(4) as pool: assert len(list(pool.map(lambda i: m.chat(f"q{i}").text, range(8)))) == 8
        assert m.chat("once").text == m.chat("once").text  # recorded twice
    asked = len(seen(url))
    gone = model(f"{url}#parrot+id:taped", api_key="env:NO_SUCH_KEY")  # a player needs no key
    with replay(project / "tape") as tape:
        assert [gone.chat(f"q{i}").text for i in range(8)] == [f"You said: q{i}" for i in range(8)]
        assert [gone.stream("once").wait().cached for _ in range(3)] == [True] * 3 and tape.used == 11
        said = error(OpsError, lambda: gone.chat("never asked"))
        assert "«never asked»" in said and "ops.llm.record" in said
    assert len(seen(url)) == asked
    assert model(f"replay:{project}/tape").chat("q3").text == "You said: q3"


def test_a_recording_that_is_made_by_many_processes_at_once_is_whole(url, project):
    code = f"from opsnb.llm import model, record\nwith record('tape'):\n    for i in range(10): model('{url}#parrot').chat('same')"
    children = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]
    assert [c.wait(60) for c in children] == [0, 0, 0]
    [file] = (project / "tape").glob("*.json")
    assert len(json.loads(file.read_text())["replies"]) == 30


# many at once, and the end of it

def test_no_more_calls_at_a_time_than_allowed(monkeypatch):
    monkeypatch.setenv("OPSNB_LLM_CONCURRENCY", "2")
    with serving() as own:
        m = model(f"{own}#slow:0.1+parrot")
        async def all_at_once(): return await asyncio.gather(*(m.achat(f"{i}") for i in range(8)))
        assert sorted(r.text for r in asyncio.run(all_at_once())) == [f"You said: {i}" for i in range(8)]
        assert json.load(urllib.request.urlopen(own.removesuffix("/v1") + "/seen"))["most_at_once"] == 2


def test_a_budget_is_asked_before_and_told_after(url):
    purse = Budget(tokens=20)
    m = model(f"{url}#parrot+id:purse", budget=purse)
    while purse.spent["tokens"] < 20: m.chat("a b c")
    assert "budget is spent" in error(OpsError, lambda: m.chat("more")) and len(seen(url, m.id)) == purse.spent["calls"] == 3


def test_ctrl_c_ends_a_stream_cleanly(url, monkeypatch):
    monkeypatch.setenv("OPSNB_LLM_CONCURRENCY", "1")
    code = f"""
from opsnb.llm import model
m = model("{url}#drip:0.2+parrot")
try:
    with m.stream("word " * 200) as stream:
        for part in stream: print(part, end=" ", flush=True)
except KeyboardInterrupt: print("STOPPED", stream.reply.finish_reason, len(stream.reply.text) > 0, stream.reply.usage.estimated)
print(model("{url}#parrot").chat("free again").text)
"""
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stdout.read(3) == "You"
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert child.returncode == 0 and "STOPPED cancelled True True" in out and out.strip().endswith("You said: free again"), (out, err)


def test_a_stream_that_nobody_reads_to_its_end_frees_its_place(url, monkeypatch):
    monkeypatch.setenv("OPSNB_LLM_CONCURRENCY", "1")
    m = model(f"{url}#parrot+id:left", timeout_s=10)
    with m.stream("a b c d") as stream:
        for part in stream: break
        assert "not at its end" in error(OpsError, lambda: stream.reply) and stream.text == "You"
    assert stream.reply.finish_reason == "cancelled" and m.chat("next").text == "You said: next"


def test_a_forked_process_has_connections_of_its_own(url):
    m = model(f"{url}#parrot+id:fork")
    m.chat("parent")
    out, into = os.pipe()
    if (child := os.fork()) == 0:
        try: os.write(into, m.chat("child").text.encode())
        finally: os._exit(0)
    os.close(into)
    said = os.read(out, 1000)
    os.waitpid(child, 0)
    assert said == b"You said: child" and m.chat("parent again").text == "You said: parent again"


# LlamaIndex

def test_llamaindex_uses_our_models(url):
    from llama_index.core import Settings, SummaryIndex
    from llama_index.core.llms import ChatMessage
    from llama_index.core.schema import TextNode
    ours = llm.as_llama_index(f"{url}#parrot+id:li", num_output=64)
    assert ours.chat([ChatMessage(role="system", content="Be brief."), ChatMessage(role="user", content="a b")]).message.content == "You said: a b"
    assert [m["role"] for m in seen(url, "parrot+id:li")[-1]["body"]["messages"]] == ["system", "user"]
    parts = list(ours.stream_chat([ChatMessage(role="user", content="a b")]))
    assert [p.delta for p in parts[:-1]] == ["You", " said:", " a", " b"] and parts[-1].message.content == "You said: a b" and parts[-1].raw["usage"]["completion_tokens"] == 4
    assert ours.complete("x y").text == "You said: x y" and list(ours.stream_complete("x"))[-1].text == "You said: x"
    async def both(): return await asyncio.gather(*(ours.achat([ChatMessage(role="user", content=f"{i}")]) for i in range(3)))
    assert [r.message.content for r in asyncio.run(both())] == [f"You said: {i}" for i in range(3)]
    assert asyncio.run(ours.acomplete("x")).text == "You said: x" and ours.metadata.is_chat_model and ours.metadata.num_output == 64
    answer = SummaryIndex([TextNode(text="Bears eat fish.")]).as_query_engine(llm=ours).query("What do bears eat?")
    assert "Bears eat fish." in str(answer) and Settings is not None
    assert pickle.loads(pickle.dumps(ours)).complete("again").text == "You said: again"


def test_a_llamaindex_model_is_used_like_ours(url, project):
    from llama_index.core.llms import MockLLM
    theirs = model(MockLLM(max_tokens=3))
    assert theirs.chat("one two").text and "".join(theirs.stream("one two three")) and theirs.chat("x", temperature=0).usage.estimated
    assert theirs.chat("x", temperature=0).cached
    back = model(llm.as_llama_index(f"{url}#parrot+id:there"), price=(1, 1))
    with record(project / "tape"): reply = back.chat("there and back")
    assert reply.text == "You said: there and back" and reply.usage.tokens_in == 3 and not reply.usage.estimated and reply.cost == pytest.approx(8e-6)


def test_an_answer_is_shown_while_it_comes(url, notebook):
    path = notebook("asks", f'url = "{url}"', "from opsnb.llm import model", "reply = model(f'{url}#drip:0.02+parrot').stream('one <b>two</b>').show()", "reply")
    done = json.loads(open(run_notebook(path).path).read())
    shown, card = ([o for o in c["outputs"] if "text/html" in o.get("data", {})] for c in done["cells"] if "reply" in "".join(c["source"]))
    assert len(shown) == 1 and "You said: one &lt;b&gt;two&lt;/b&gt;" in "".join(shown[0]["data"]["text/html"])
    assert "tokens in" in "".join(card[0]["data"]["text/html"]) and "<b>two" not in "".join(card[0]["data"]["text/html"])
    out = python(f"from opsnb.llm import model\nmodel('{url}#parrot').stream('on a terminal').show()")
    assert out == "You said: on a terminal\n"


# weight

def test_asking_loads_what_it_needs_and_no_more(url):
    out = python(f"import sys\nfrom opsnb.llm import model\nm = model('{url}#parrot')\nbefore = set(sys.modules)\nassert not before & {{'openai', 'mlflow', 'llama_index', 'tiktoken', 'pandas'}}\nm.chat('x')\nprint(sorted(set(sys.modules) & {{'openai', 'mlflow', 'llama_index.core', 'torch', 'pandas', 'tiktoken'}}))")
    assert out.strip() == "['openai']"


def test_without_the_library_it_says_what_to_install(url, monkeypatch):
    monkeypatch.setitem(sys.modules, "openai", None)
    assert "pip install 'opsnb[rag]'" in error(plug.MissingLibrary, lambda: model(f"{url}#parrot").chat("x"))


def test_the_servers_embeddings(url):
    def post(name, texts):
        request = urllib.request.Request(f"{url}/embeddings", json.dumps({"model": name, "input": texts}).encode(), {"Content-Type": "application/json"})
        return [d["embedding"] for d in json.load(urllib.request.urlopen(request, timeout=10))["data"]]
    a, b = post("vectors:8", ["one", "two"])
    assert len(a) == 8 and a != b and post("vectors:8", "one") == [a] and len(post("vectors:8:wrong", "one")[0]) == 9 and post("vectors:8:nan", "one")[0][0] != post("vectors:8:nan", "one")[0][0]


def test_chat_is_safe_from_many_threads(url):
    m, found = model(f"{url}#parrot+id:threads"), []
    threads = [threading.Thread(target=lambda i=i: found.append(m.chat(f"{i}").text)) for i in range(20)]
    for t in threads: t.start()
    for t in threads: t.join(60)
    assert sorted(found) == sorted(f"You said: {i}" for i in range(20)) and m.calls == 20 and until(lambda: len(seen(url, m.id)) == 20)

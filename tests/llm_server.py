"""A server that speaks OpenAI's protocol: chat, streaming, embeddings, models, and everything that may go wrong.

    python tests/llm_server.py [--port 0] [--key KEY]        prints its address; ends when its standard input ends

The name of the model says what happens, parts joined by `+`; counts are per name, so a test takes a name of its own with `id:…`.

    parrot            says back the last message                  vectors:D[:wrong|nan]   embeddings of D numbers
    busy:N:S[:date]   N times 429, Retry-After S                  broken:N[:code]         N times 500 (or the code)
    slow:S            S seconds before the first word             drip:S                  S seconds before each word
    drop:N:T          T times: the line breaks after N words      short:N                 ends politely after N words, without an end
    garbage, html     no JSON; a web page                         quota                   429 that will not heal
    nousage           counts no tokens                            plainstream             refuses stream_options
    says:TEXT         this text ( _ for spaces)                   length                  stops for max_tokens
    tool              calls the first tool                        window:N                refuses more than N words
    refuses           400, and repeats what it was sent
    asks              JSON of a question and its answer, a number of the <passage>; every fourth time prose instead
    judge[:WORD]      JSON of the schema it is asked for, each choice of words as WORD (yes, no; flip: the one and the other in turn); plain says no schemas are taken
    flaky:N           every Nth call 500
"""
import argparse
import contextlib
import email.utils
import hashlib
import json
import random
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KNOWN = {"parrot", "busy", "broken", "slow", "drip", "drop", "short", "garbage", "html", "quota", "nousage", "plainstream", "says", "length", "tool", "window", "refuses", "vectors", "id", "asks", "judge", "flaky"}
calls, seen, now, most = Counter(), [], Counter(), Counter()
lock = threading.Lock()


def fitting(schema, how, n, mark=""):
    """Something that fits a JSON schema: lists of two, numbers 8, choices of words as `how` says; `mark` tells texts of other questions apart."""
    schema = {**schema, **schema.get("$defs", {}).get(schema.get("$ref", "").rpartition("/")[2], {})}
    def inner(part): return fitting({"$defs": schema.get("$defs", {}), **part}, how, n, mark)
    if "anyOf" in schema: return inner(schema["anyOf"][0])
    if "enum" in schema: return next((w for w in (("yes", "no")[n % 2] if "flip" in how else w for w in how) if w in schema["enum"]), schema["enum"][0])
    if "const" in schema: return schema["const"]
    if schema.get("type") == "object": return {k: inner(v) for k, v in schema.get("properties", {}).items()}
    if schema.get("type") == "array": return [inner(schema["items"]), inner(schema["items"])]
    return {"number": 8, "integer": 8, "boolean": True}.get(schema.get("type"), f"It was opened in 1932 ({mark}).")


class Handler(BaseHTTPRequestHandler):
    protocol_version, disable_nagle_algorithm = "HTTP/1.1", True  # else an answer in two writes takes 40 ms
    key = None

    def log_message(self, *_): pass

    def do_GET(self):
        if self.path == "/seen": return self.send({"calls": seen, "most_at_once": most["all"]})
        if not self.allowed(): return
        if self.path.endswith("/models"): return self.send({"object": "list", "data": [{"id": k, "object": "model"} for k in ("parrot", "parakeet")]})
        self.fail(404, f"no such address: {self.path}")

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with lock:
            now["all"] += 1
            most["all"] = max(most["all"], now["all"])
            seen.append({"path": self.path, "body": body, "at": time.time(), "authorization": self.headers.get("Authorization")})
        try: self.answer(body)
        except (BrokenPipeError, ConnectionResetError): pass
        finally:
            with lock: now["all"] -= 1

    def answer(self, body):
        if not self.allowed(): return
        name = str(body.get("model"))
        does = {p.split(":")[0]: p.split(":")[1:] for p in name.split("+")}
        if not set(does) <= KNOWN: return self.fail(404, f"The model `{name}` does not exist", "model_not_found")
        with lock:
            calls[name] += 1
            n = calls[name]
        if "quota" in does: return self.fail(429, "You exceeded your current quota", "insufficient_quota")
        if "busy" in does and n <= int(does["busy"][0]):
            after = does["busy"][1]
            return self.fail(429, "Slow down", "rate_limit_exceeded", {"Retry-After": email.utils.formatdate(time.time() + float(after) + 1, usegmt=True) if "date" in does["busy"] else after})
        if "broken" in does and n <= int(does["broken"][0]): return self.fail(int((does["broken"] + [500])[1]), "Something broke")
        if "flaky" in does and n % int(does["flaky"][0]) == 0: return self.fail(500, "Something broke")
        if "plain" in does.get("judge", ()) and "response_format" in body: return self.fail(400, "Unknown parameter: 'response_format'")
        if "refuses" in does: return self.fail(400, f"no: {json.dumps(body['messages'])} {self.headers.get('Authorization')}")
        if "html" in does: return self.send(b"<html><body>Welcome to the proxy</body></html>", kind="text/html")
        if "garbage" in does: return self.send(b'{"choices": [{"mess')
        if self.path.endswith("/embeddings"): return self.embeddings(body, does["vectors"])
        self.chat(body, does, n)

    def embeddings(self, body, how):
        texts, dims = body["input"] if isinstance(body["input"], list) else [body["input"]], int(how[0])
        if "wrong" in how: dims += 1
        def vector(text):
            rng = random.Random(hashlib.sha256(text.encode()).digest())
            return [float("nan") if "nan" in how and i == 0 else rng.gauss(0, 1) for i in range(dims)]
        data = [{"object": "embedding", "index": i, "embedding": vector(t)} for i, t in enumerate(texts)]
        self.send({"object": "list", "model": body["model"], "data": data, "usage": {"prompt_tokens": sum(len(t.split()) for t in texts), "total_tokens": 0}})

    def chat(self, body, does, n):
        prompt = " ".join(str(m.get("content") or "") for m in body["messages"])
        if "window" in does and len(prompt.split()) > int(does["window"][0]):
            return self.fail(400, f"This model's maximum context length is {does['window'][0]} tokens", "context_length_exceeded")
        last = body["messages"][-1].get("content")
        said = ":".join(does["says"]).replace("_", " ") if "says" in does else f"You said: {last if isinstance(last, str) else json.dumps(last)}"[:2000]
        if "asks" in does: said = asked(prompt) if n % 4 else "Here is a question: what is it?"
        if "judge" in does and "response_format" in body: said = json.dumps(fitting(body["response_format"]["json_schema"]["schema"], does["judge"], n, hashlib.sha256(prompt.encode()).hexdigest()[:6]))
        words = [w if i == 0 else f" {w}" for i, w in enumerate(said.split(" "))]
        usage = {"prompt_tokens": len(prompt.split()), "completion_tokens": len(words), "total_tokens": len(prompt.split()) + len(words)}
        finish, calls_made = ("length", None) if "length" in does else ("stop", None)
        if "tool" in does:
            finish, words = "tool_calls", []
            calls_made = [{"index": 0, "id": "call_1", "type": "function", "function": {"name": body["tools"][0]["function"]["name"], "arguments": '{"city": "Oslo"}'}}]
        if body.get("stream"): return self.stream(body, does, n, words, usage, finish, calls_made)
        time.sleep(float(does["slow"][0]) if "slow" in does else 0)
        if "drip" in does: time.sleep(float(does["drip"][0]) * len(words))
        message = {"role": "assistant", "content": "".join(words) or None, **({"tool_calls": calls_made} if calls_made else {})}
        out = {"id": "c1", "object": "chat.completion", "created": 1, "model": body["model"], "choices": [{"index": 0, "message": message, "finish_reason": finish}]}
        if "nousage" not in does: out["usage"] = usage
        text = json.dumps(out).encode()
        if "drop" in does and n <= int(does["drop"][1]):
            self.head(200, "application/json", len(text))
            self.wfile.write(text[:40])
            return self.hang_up()
        self.send(text)

    def stream(self, body, does, n, words, usage, finish, calls_made):
        if "plainstream" in does and "stream_options" in body: return self.fail(400, "Unknown parameter: stream_options")
        self.head(200, "text/event-stream", None, {"Connection": "close"} if "short" in does else {"Transfer-Encoding": "chunked"})
        chunked = "short" not in does
        def put(choice, **more):
            data = f"data: {json.dumps({'id': 'c1', 'object': 'chat.completion.chunk', 'created': 1, 'model': body['model'], 'choices': choice, **more})}\n\n".encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data) if chunked else data)
            self.wfile.flush()
        time.sleep(float(does["slow"][0]) if "slow" in does else 0)
        for i, word in enumerate(words):
            if "drop" in does and i == int(does["drop"][0]) and n <= int(does["drop"][1]): return self.hang_up()
            if "short" in does and i == int(does["short"][0]): return self.hang_up()
            time.sleep(float(does["drip"][0]) if "drip" in does else 0)
            put([{"index": 0, "delta": {"role": "assistant", "content": word} if i == 0 else {"content": word}, "finish_reason": None}])
        for c in calls_made or []:
            put([{"index": 0, "delta": {"tool_calls": [{**c, "function": {**c["function"], "arguments": ""}}]}, "finish_reason": None}])
            for part in ('{"city"', ': "Oslo"}'): put([{"index": 0, "delta": {"tool_calls": [{"index": 0, "function": {"arguments": part}}]}, "finish_reason": None}])
        put([{"index": 0, "delta": {}, "finish_reason": finish}])
        if "nousage" not in does and (body.get("stream_options") or {}).get("include_usage"): put([], usage=usage)
        done = b"data: [DONE]\n\n"
        self.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(done), done) if chunked else done)

    def hang_up(self):
        self.wfile.flush()
        self.close_connection = True
        with contextlib.suppress(OSError): self.connection.shutdown(2)

    def allowed(self):
        if self.key and self.headers.get("Authorization") != f"Bearer {self.key}": return self.fail(401, "Incorrect API key provided", "invalid_api_key")
        return True

    def head(self, code, kind, length, headers=None):
        self.send_response(code)
        self.send_header("Content-Type", kind)
        if length is not None: self.send_header("Content-Length", str(length))
        for k, v in (headers or {}).items(): self.send_header(k, v)
        self.end_headers()

    def send(self, content, code=200, kind="application/json", headers=None):
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.head(code, kind, len(data), headers)
        self.wfile.write(data)

    def fail(self, code, message, word=None, headers=None):
        self.send({"error": {"message": message, "type": word or "server_error", "code": word}}, code, headers=headers)


def asked(prompt):
    passage = prompt.rpartition("<passage>")[2]
    number, title = next(iter(re.findall(r"\d+", passage)), "none"), prompt.rpartition("Document: ")[2].split("\n")[0]
    own = hashlib.sha256(passage.encode()).hexdigest()
    return json.dumps({"question": f"Which figure belongs to {title}, {own[:6]} {own[6:12]} {own[12:18]}?", "answer": number})


@contextlib.contextmanager
def serving(key=None):
    """The server in a process of its own: its address, with /v1."""
    program = [sys.executable, __file__, *(["--key", key] if key else [])]
    process = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try: yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.terminate()
        process.wait(10)


def main():
    given = argparse.ArgumentParser()
    given.add_argument("--port", type=int, default=0)
    given.add_argument("--key")
    given = given.parse_args()
    Handler.key = given.key
    server = ThreadingHTTPServer(("127.0.0.1", given.port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_port}/v1", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()

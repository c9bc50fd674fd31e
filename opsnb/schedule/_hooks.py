"""The door for calls from outside: `POST /hooks/NAME` with the schedule's token makes it due.

What is answered with 202 has been written down, so it will run. Answers are JSON, errors too.
"""
import hashlib
import hmac
import json
import socketserver
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opsnb.errors import OpsError, Unavailable
from opsnb.schedule.when import Hook

MOST_BYTES = 64_000
MOST_WAITING = 100   # calls of one schedule that may wait


class Refusal(Exception):
    """An answer that is an error."""

    def __init__(self, code, what, **more): self.code, self.body = code, {"error": {"what": what, **{k: v for k, v in more.items() if v is not None}}}


class Door(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, scheduler, host, port):
        self.scheduler = scheduler
        try: super().__init__((host, port), Caller)
        except OSError as e:
            raise Unavailable(f"Calls cannot be taken at {host}:{port}", given=e.strerror or e, hint="opsnb scheduler --port N, or the setting scheduler_port") from None
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.2}, name="opsnb-hooks", daemon=True).start()

    def server_bind(self):  # HTTPServer asks the name server for the machine's full name here, which may take seconds
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]

    def handle_error(self, request, client_address): """A caller that hangs up is no news."""


class Caller(BaseHTTPRequestHandler):
    timeout = 10.0
    server_version = "opsnb"
    sys_version = ""

    def log_message(self, *_): """The records say who came; addresses and headers may hold secrets."""

    def do_POST(self): self._answer(self._fire)
    def do_GET(self): self._answer(self._look)
    do_PUT = do_DELETE = do_PATCH = do_HEAD = lambda self: self._answer(self._no_method)

    def _answer(self, method):
        try: code, body = method()
        except Refusal as e: code, body = e.code, e.body
        except Unavailable as e: code, body = 503, {"error": {"what": e.what, "next": "call again later"}}
        except OpsError as e: code, body = 400, {"error": {k: str(v) for k, v in {"what": e.what, "given": e.given, "allowed": e.allowed, "next": e.hint}.items() if v is not None}}
        data = json.dumps(body).encode()
        self.send_response(code)
        for name, value in (("Content-Type", "application/json"), ("Content-Length", str(len(data))), ("Connection", "close")): self.send_header(name, value)
        if code == 401: self.send_header("WWW-Authenticate", "Bearer")
        self.end_headers()
        if self.command != "HEAD": self.wfile.write(data)
        self.close_connection = True

    def _no_method(self): raise Refusal(405, "Only POST makes a schedule due", allowed="POST /hooks/NAME")

    def _look(self):
        if self.path != "/": self._no_method()
        return 200, {"opsnb": "scheduler", "next": "POST /hooks/NAME"}

    def _fire(self):
        s = self._schedule()
        body = self._body()
        if s.paused: raise Refusal(409, f"The schedule {s.name} is paused", next=f"opsnb schedule resume {s.name}")
        if len(self.server.scheduler.history.of(s, open=True)) >= MOST_WAITING: raise Refusal(429, f"{MOST_WAITING} calls wait already", next="call again later")
        params = self._params(s, body) if s.when.allow else {}
        return 202, {"schedule": s.name, "firing": self.server.scheduler.called(s, self.headers.get("Idempotency-Key"), params), "status": "queued"}

    def _schedule(self):
        """The schedule that is called, when the token is its own. A wrong one is compared, too: the time tells nothing."""
        head, _, name = self.path.partition("?")[0].rpartition("/")
        s = self.server.scheduler.schedules.get(name) if head == "/hooks" else None
        hook = s.when if s and isinstance(s.when, Hook) else None
        given = self.headers.get("X-Opsnb-Token") or self.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        same = hmac.compare_digest(hashlib.sha256(given.encode()).hexdigest(), hook.digest if hook else "0" * 64)
        if hook is None: raise Refusal(404, "No schedule takes calls here", allowed="POST /hooks/NAME of a schedule with --webhook")
        if not same: raise Refusal(401, "The token is missing or wrong", allowed="Authorization: Bearer TOKEN, or X-Opsnb-Token: TOKEN")
        return s

    def _body(self):
        try: n = int(self.headers.get("Content-Length") or 0)
        except ValueError: raise Refusal(400, "Content-Length is not a number") from None
        if n < 0 or "chunked" in self.headers.get("Transfer-Encoding", ""): raise Refusal(411, "Say how long the body is", allowed="Content-Length")
        if n > MOST_BYTES: raise Refusal(413, "The body is too big", given=n, allowed=MOST_BYTES)
        return self.rfile.read(n)

    def _params(self, s, body):
        from opsnb.schedule.check import checked
        try: params = json.loads(body or b"{}")
        except ValueError: raise Refusal(400, "The body is not JSON", allowed='{"NAME": VALUE}') from None
        if not isinstance(params, dict) or set(params) - set(s.when.allow): raise Refusal(400, "The body sets parameters that it may not", given=sorted(params) if isinstance(params, dict) else type(params).__name__, allowed=list(s.when.allow))
        checked(self.server.scheduler.ws, s, params)
        return params

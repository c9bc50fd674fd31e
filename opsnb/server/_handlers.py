"""The server extension's routes: one loop over the verbs, one over the views, one mapping of errors.

What reads files or asks MLflow runs in threads, views in others than verbs, so that a verb that waits for a database never holds up the panel.
"""
import asyncio
import contextlib
import errno
import functools
import gc
import inspect
import json
import sys
import typing
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, is_dataclass
from pathlib import Path

import pydantic
import tornado.web
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join

from opsnb import __version__
from opsnb.config import masked
from opsnb.errors import OpsError, Unavailable, unknown
from opsnb.journal import finite
from opsnb.secrets import hidden
from opsnb.server import _files
from opsnb.server._boards import EVENT, Boards
from opsnb.server.arguments import call, checked, confined, start, verb
from opsnb.server.openapi import Failure, ServerCard
from opsnb.view import VIEWS
from opsnb.view.board import job_row

MOST_BODY, MOST_ROWS, MOST_BYTES = 2_000_000, 2_000, 4_000_000
LOOKS = ThreadPoolExecutor(8, "opsnb-view")
VERBS_AT_WORK = ThreadPoolExecutor(16, "opsnb-verb")
LIMIT_S = {"read": 30, "act": 300, "job": 60}  # seconds until a request is answered that something does not answer


def plain(value):
    """A verb's or view's value as JSON."""
    if hasattr(value, "to_dict"): return finite(value.to_dict())
    return finite(asdict(value)) if is_dataclass(value) else finite(value)


@functools.lru_cache
def _model(function):
    params = list(inspect.signature(function).parameters.values())[1:]
    return params, pydantic.create_model("Arguments", **{p.name: (p.annotation, ... if p.default is p.empty else p.default) for p in params})


def view_arguments(function, given):
    """A query's words as the arguments of a view, checked by the types that it declares."""
    params, model = _model(function)
    known = {p.name: p for p in params}
    for name in given:
        if name not in known: raise unknown("argument", name, known)
    words = {k: v if typing.get_origin(known[k].annotation) is list else v[-1] for k, v in given.items()}
    try: found = dict(model(**words))
    except pydantic.ValidationError as e:
        first = e.errors()[0]
        raise OpsError(f"The argument {first['loc'][0]!r} is wrong", given=str(first.get("input"))[:200], allowed=first["msg"]) from None
    for name in {"offset", "most"} & set(found):
        largest = None if name == "offset" else MOST_ROWS if known[name].default <= MOST_ROWS else MOST_BYTES
        if found[name] < 0 or largest and found[name] > largest: raise OpsError(f"The argument {name!r} is wrong", given=found[name], allowed=f"0 to {largest}" if largest else "0 or more")
    return found


@contextlib.contextmanager
def calm():
    """While MLflow is imported, thousands of modules come in, and each full pass of the garbage collector would hold up the event loop for 100 ms; they stay for good, so it need not look at them later, either."""
    if "mlflow.tracking" in sys.modules or not gc.isenabled(): yield; return
    gc.disable()
    try: yield
    finally:
        if "mlflow.tracking" in sys.modules: gc.freeze()
        gc.enable()


class Handler(APIHandler):
    """What all routes share: the query, work in a thread, errors as JSON."""
    auth_resource = "opsnb"
    boards = property(lambda self: self.settings["opsnb_boards"])

    def query(self):
        """The query's words; a token, and the number by which Jupyter's front end passes by caches, are none of ours."""
        try: return {k: [v.decode() for v in values] for k, values in self.request.query_arguments.items() if k != "token" and not k.isdigit()}
        except UnicodeDecodeError: raise OpsError("The query is not UTF-8") from None

    def body(self):
        if len(self.request.body) > MOST_BODY: raise OpsError("The request is too large", given=f"{len(self.request.body):,} bytes", allowed=f"at most {MOST_BODY:,}")
        try: found = json.loads(self.request.body or b"{}")
        except (ValueError, RecursionError): raise OpsError("The request's body is not JSON", allowed="a JSON object") from None
        if not isinstance(found, dict): raise OpsError("Arguments are a JSON object", given=type(found).__name__)
        if not isinstance(found.get("workspace") or "", str): raise OpsError("workspace is a folder's path", given=type(found["workspace"]).__name__)
        return found

    async def answer(self, work, pool=LOOKS, limit_s=30):
        """What `work()` returns, as JSON; an error as what a person can put right."""
        loop = asyncio.get_running_loop()
        try: text = await asyncio.wait_for(loop.run_in_executor(pool, lambda: json.dumps(hidden(plain(work())))), limit_s)
        except Exception as e: return self.fail(e, limit_s)
        self.set_header("Content-Type", "application/json")
        self.finish(text)

    def fail(self, e, limit_s=0):
        if isinstance(e, asyncio.TimeoutError): e = Unavailable(f"There was no answer within {limit_s} s", given=self.request.path.rpartition("/")[2], hint="a locked database or a slow network; opsnb doctor says more. What was begun goes on")
        elif isinstance(e, OSError) and e.errno in (errno.ENAMETOOLONG, errno.EINVAL, errno.ELOOP): e = OpsError("There cannot be such a path", given=str(e.filename)[:200], hint=e.strerror)
        elif isinstance(e, OSError): e = Unavailable(e.strerror or str(e), given=e.filename and str(e.filename))
        if not isinstance(e, OpsError):
            number = uuid.uuid4().hex[:8]
            self.log.error("opsnb %s: %s %s", number, self.request.method, self.request.path, exc_info=(type(e), e, e.__traceback__))
            status, e = 500, OpsError("Something unexpected happened in opsnb", given=number, hint=f"the server's log says more: look for {number}")
        else: status = 503 if isinstance(e, Unavailable) else 400
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(asdict(failure(e))))

    def write_error(self, status_code, **given):
        """What Tornado and Jupyter refuse (no such route, no right to it, another method), in our words' shape."""
        e = given.get("exc_info", (None, None))[1]
        what = getattr(e, "log_message", None) or tornado.web.httputil.responses.get(status_code, "refused")
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(asdict(Failure(masked(what)[:500], None, None, None))))


def failure(e):
    """An `OpsError` as the record that requests are answered with."""
    allowed = e.allowed if e.allowed is None or isinstance(e.allowed, (list, tuple, set, dict)) else masked(e.allowed)
    return Failure(masked(e.what), e.given and masked(e.given)[:2000], allowed if allowed is None or isinstance(allowed, str) else [masked(x) for x in allowed], e.hint and masked(e.hint))


class Root(Handler):
    @tornado.web.authenticated
    @authorized
    async def get(self):
        def work():
            given = self.query().get("workspace", [""])[-1]
            home, root = self.boards.home(given), self.boards.root
            project = home.relative_to(root).as_posix() if home != root and home.is_relative_to(root) else ""  # a project may begin above the server's folder
            return ServerCard(__version__, str(self.boards.heard(self.boards.workspace(given)).path), str(root), project)
        await self.answer(work)


class Document(Handler):
    @tornado.web.authenticated
    @authorized
    async def get(self):
        await self.answer(lambda: json.loads(Path(__file__).with_name("openapi.json").read_text(encoding="utf-8")))


class ViewHandler(Handler):
    @tornado.web.authenticated
    @authorized
    async def get(self, name):
        def work():
            query = self.query()
            folder = query.pop("workspace", [""])[-1]
            view = next((v for v in VIEWS if v.name == name), None)
            if view is None: raise unknown("view", name, [v.name for v in VIEWS])
            board = self.boards.of(folder)
            with calm(): return view.function(board, **confined(view_arguments(view.function, query), self.boards.root, board.workspace.root))
        await self.answer(work)


class VerbHandler(Handler):
    def work(self, row, given):
        folder = given.pop("workspace", "") or ""
        ws = self.boards.opened(folder, make=row.rest == "job" or row.rest == "act" and "workspace" in inspect.signature(row.function).parameters)
        given = confined(checked(row, given), self.boards.root, ws.root)
        if row.rest == "job": made = start(row, given, ws)
        else: made = call(row, given, ws)
        if row.rest != "read": self.boards.touched(ws)
        return job_row(made) if type(made).__name__ == "Job" and row.rest != "read" else made

    async def do(self, name, rest, given):
        try: row, given = verb(name, rest), given()
        except OpsError as e: return self.fail(e)
        def work():
            with calm() if row.rest == "read" else contextlib.nullcontext(): return self.work(row, given)
        await self.answer(work, VERBS_AT_WORK, LIMIT_S[row.rest])

    @tornado.web.authenticated
    @authorized
    async def get(self, name): await self.do(name, "read", lambda: {k: v if len(v) > 1 else v[0] for k, v in self.query().items()})

    @tornado.web.authenticated
    @authorized
    async def post(self, name): await self.do(name, "act", self.body)


class LogHandler(Handler):
    @tornado.web.authenticated
    @authorized
    async def get(self, id):
        def work():
            query = {k: v[-1] for k, v in self.query().items()}
            return _files.log_part(self.boards.of(query.pop("workspace", "")), id, query)
        if (asked := self.request.headers.get("Range")) and asked.startswith("bytes="): return await self.ranged(id, asked)
        await self.answer(work)

    async def ranged(self, id, asked):
        query = {k: v[-1] for k, v in self.query().items()}
        def work(): return _files.log_range(self.boards.of(query.pop("workspace", "")), id, query, asked)
        try: data, first, total = await asyncio.get_running_loop().run_in_executor(LOOKS, work)
        except Exception as e: return self.fail(e)
        self.set_status(206 if data else 416)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Content-Range", f"bytes {first}-{first + len(data) - 1}/{total}" if data else f"bytes */{total}")
        self.finish(data)


class Nothing(Handler):
    """Any other path below ours."""
    @tornado.web.authenticated
    @authorized
    async def get(self, path): self.fail(OpsError("There is no such address", given=path[:200], hint="GET /opsnb/api/openapi.json says which there are"))
    post = put = patch = delete = get


def routes(at):
    """`(pattern, handler)` of all routes."""
    return [(at(), Root), (at("openapi.json"), Document), (at("view", "([a-z_]+)"), ViewHandler), (at("log", "([^/]+)"), LogHandler),
            (at("files", "([^/]+)", "(.+)"), _files.FileHandler), (at("([a-z_]+)"), VerbHandler), (at("(.*)"), Nothing)]


def load(app):
    """Add everything to Jupyter's server."""
    loop = app.io_loop.asyncio_loop if hasattr(app, "io_loop") else asyncio.get_event_loop()
    boards = Boards(app, loop)
    app.web_app.settings["opsnb_boards"] = boards
    app.event_logger.register_event_schema(EVENT)
    app.web_app.add_handlers(".*$", routes(lambda *parts: url_path_join(app.web_app.settings["base_url"], "opsnb", "api", *parts)))
    boards.start(ready=lambda: _model(VIEWS[0].function))  # pydantic's first model takes a while
    app.log.info("opsnb %s: %s", __version__, boards.root)

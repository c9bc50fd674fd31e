"""The server extension's routes: one loop over the verbs, one over the views, one mapping of errors, one watcher."""
import asyncio
import inspect
import json
import os
import threading
from dataclasses import asdict, is_dataclass
from pathlib import Path

import pydantic
import tornado.web
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join

from opsnb import __version__
from opsnb.cli import NUMBERS
from opsnb.config import project_root
from opsnb.errors import OpsError, Unavailable, unknown
from opsnb.journal import finite
from opsnb.verbs import VERBS
from opsnb.view import VIEWS
from opsnb.view.board import Board
from opsnb.workspace import Workspace

SCHEMA = "https://opsnb.github.io/events/changed/v1"
EVENT = {"$id": SCHEMA, "version": "1", "title": "Something changed in a workspace", "personal-data": True, "type": "object",
         "properties": {"workspace": {"type": "string"}, "seq": {"type": "integer"}, "runs": {"type": "array"}, "jobs": {"type": "array"}}}


class Boards:
    """The boards of the workspaces below the server's root that somebody has looked at."""

    def __init__(self, app):
        self.app, self.root, self.made, self.lock = app, Path(app.root_dir).resolve(), {}, threading.Lock()

    def folder(self, given):
        """The folder `given` (relative to the server's root), which must lie in it."""
        path = (self.root / (given or "").lstrip("/")).resolve()
        if not path.is_relative_to(self.root): raise OpsError("That lies outside of the server's root", given=given, allowed=str(self.root))
        return path

    def of(self, given=""):
        ws = Workspace.find(self.folder(given))
        with self.lock: return self.made.setdefault(ws.path, Board(ws))


def plain(value):
    """A verb's or view's value as JSON."""
    if hasattr(value, "to_dict"): return finite(value.to_dict())
    if is_dataclass(value): return finite(asdict(value))
    return finite(value)


def arguments(function, given):
    """`given` as the arguments of a view, checked by the types that it declares."""
    params = list(inspect.signature(function).parameters.values())[1:]
    wrong = [k for k in given if k not in {p.name for p in params}]
    if wrong: raise unknown("argument", wrong[0], [p.name for p in params])
    fields = {p.name: (p.annotation, ... if p.default is p.empty else p.default) for p in params}
    try: return dict(pydantic.create_model("Arguments", **fields)(**given))
    except pydantic.ValidationError as e:
        first = e.errors()[0]
        raise OpsError(f"The argument {'.'.join(map(str, first['loc']))!r} is wrong", given=first.get("input"), allowed=first["msg"]) from None


class Handler(APIHandler):
    """What all routes share: arguments, work in a thread, errors as JSON."""
    auth_resource = "opsnb"
    boards = property(lambda self: self.settings["opsnb_boards"])

    def query(self):
        """The query's words; a token, and the number by which Jupyter's front end passes by caches, are none of ours."""
        return {k: [v.decode() for v in values] for k, values in self.request.query_arguments.items() if k != "token" and not k.isdigit()}

    async def answer(self, work):
        try: value = await asyncio.to_thread(work)
        except OpsError as e:
            self.set_status(503 if isinstance(e, Unavailable) else 400)
            value = {"what": str(e.what), "given": e.given and str(e.given), "allowed": e.allowed and plain(e.allowed), "hint": e.hint and str(e.hint)}
        self.finish(json.dumps(value))


class Root(Handler):
    @tornado.web.authenticated
    @authorized
    async def get(self):
        folder = self.query().get("workspace", [""])[0]

        def work():
            home = project_root(self.boards.folder(folder)).resolve()
            inside = home != self.boards.root and home.is_relative_to(self.boards.root)  # a project may begin above the server's folder
            ws = Workspace.find() if os.environ.get("OPSNB_HOME") else Workspace(home / ".opsnb")
            return {"version": __version__, "workspace": str(ws.path), "root": str(self.boards.root), "project": home.relative_to(self.boards.root).as_posix() if inside else ""}
        await self.answer(work)


class ViewHandler(Handler):
    @tornado.web.authenticated
    @authorized
    async def get(self, name):
        query = self.query()
        folder = (query.pop("workspace", [""]))[0]
        view = next((v for v in VIEWS if v.name == name), None)

        def work():
            if view is None: raise unknown("view", name, [v.name for v in VIEWS])
            types = {p.name: p.annotation for p in inspect.signature(view.function).parameters.values()}
            given = {k: v if str(types.get(k)).startswith("list") else v[-1] for k, v in query.items()}
            return plain(view.function(self.boards.of(folder), **arguments(view.function, given)))
        await self.answer(work)


class VerbHandler(Handler):
    def work(self, name, given, rest):
        verb = next((v for v in VERBS if v.name == name and v.rest), None)
        if verb is None: raise unknown("verb", name, [v.name for v in VERBS if v.rest])
        if (verb.rest == "read") != (rest == "read"): raise OpsError(f"{name} is asked by {'GET' if verb.rest == 'read' else 'POST'}")
        ws = self.boards.of(given.pop("workspace", "")).workspace
        params = inspect.signature(verb.function).parameters
        wrong = [k for k in given if k not in params]
        if wrong: raise unknown("argument", wrong[0], list(params))
        args = {k: NUMBERS[k](v) if k in NUMBERS and isinstance(v, str) else v for k, v in given.items()}
        many = next((p.name for p in params.values() if p.kind is p.VAR_POSITIONAL), None)
        rest_args = args.pop(many, []) if many else []
        if "workspace" in params: args["workspace"] = ws
        return plain(verb.function(*rest_args, **args))

    @tornado.web.authenticated
    @authorized
    async def get(self, name):
        query = {k: v if len(v) > 1 else v[0] for k, v in self.query().items()}
        await self.answer(lambda: self.work(name, query, "read"))

    @tornado.web.authenticated
    @authorized
    async def post(self, name):
        body = self.get_json_body() or {}
        await self.answer(lambda: self.work(name, body, "act"))


def watch(app, boards, loop, every_s=0.1):
    """Tell Jupyter's event bus what changes on the boards that somebody has looked at."""
    seq = 0
    while True:
        for board in list(boards.made.values()):
            changed = board.poll()
            if not changed: continue
            seq += 1
            data = {"workspace": str(board.workspace.path), "seq": seq, **plain(changed)}
            loop.call_soon_threadsafe(lambda data=data: app.event_logger.emit(schema_id=SCHEMA, data=data))
        threading.Event().wait(every_s)


def load(app):
    """Add everything to Jupyter's server."""
    boards = Boards(app)
    app.web_app.settings["opsnb_boards"] = boards
    app.event_logger.register_event_schema(EVENT)
    at = lambda *parts: url_path_join(app.web_app.settings["base_url"], "opsnb", "api", *parts)
    app.web_app.add_handlers(".*$", [(at(), Root), (at("view", "([a-z_]+)"), ViewHandler), (at("([a-z_]+)"), VerbHandler)])
    loop = app.io_loop.asyncio_loop if hasattr(app, "io_loop") else asyncio.get_event_loop()
    threading.Thread(target=watch, args=(app, boards, loop), name="opsnb-watch", daemon=True).start()
    app.log.info("opsnb %s: %s", __version__, boards.root)

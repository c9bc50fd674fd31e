"""Parts of logs and files of runs: read where they lie, never whole, never run as part of the lab."""
import asyncio
import mimetypes
import os
import re
from pathlib import Path

import tornado.web
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import JupyterHandler

from opsnb.errors import OpsError
from opsnb.server.openapi import LogPart
from opsnb.view.logs import opened, part

MOST, USUAL = 4_000_000, 200_000
SHOWN = ("image/", "text/plain", "text/csv", "text/html", "application/json", "application/pdf", "audio/", "video/")


def _number(query, name, default=None):
    try: return int(query.pop(name)) if name in query else default
    except ValueError: raise OpsError(f"{name} is a whole number", given=query.get(name)) from None


def log_part(board, id, query):
    """A `LogPart`: `from` a byte (negative: so many before the end), `most` bytes, at whole characters."""
    query = dict(query)
    start, most, rank = _number(query, "from", 0), _number(query, "most", USUAL), _number(query, "rank")
    if query: raise OpsError(f"Unknown argument {next(iter(query))!r}", allowed=["from", "most", "rank", "workspace"])
    if not 0 < most <= MOST: raise OpsError("most is wrong", given=most, allowed=f"1 to {MOST:,}")
    log = opened(board, id, rank)
    data, at = part(log, start, most)
    return LogPart(data.decode(errors="replace"), at, at + len(data), log.size, log.done)


def log_range(board, id, query, asked):
    """`(bytes, first, total)` of a Range header, at whole characters."""
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", asked.strip())
    if not found or not any(found.groups()): raise OpsError("The Range is wrong", given=asked[:100], allowed="bytes=FIRST-LAST, bytes=FIRST-, bytes=-COUNT")
    log, (first, last) = opened(board, id, _number(dict(query), "rank")), found.groups()
    most = min(MOST, max(0, int(last) - int(first) + 1) if first and last else MOST)
    data, at = part(log, int(first) if first else max(0, log.size - int(last)), most)
    return data, at, log.size


class FileHandler(JupyterHandler, tornado.web.StaticFileHandler):
    """A file of a run, whole or a Range of it; a page among them cannot run as part of the lab."""
    auth_resource = "opsnb"

    def initialize(self): super().initialize(path="/")

    @property
    def content_security_policy(self): return "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:; frame-ancestors 'self'"

    @tornado.web.authenticated
    @authorized
    async def head(self, run, path): await self._serve(run, path, include_body=False)

    @tornado.web.authenticated
    @authorized
    async def get(self, run, path): await self._serve(run, path)

    async def _serve(self, run, path, include_body=True):
        self.check_xsrf_cookie()  # for GET: who links to it
        boards = self.settings["opsnb_boards"]
        folder = self.get_query_argument("workspace", "")
        try: where = await asyncio.to_thread(lambda: file_of(boards.workspace(folder), run, path))
        except OpsError as e: raise tornado.web.HTTPError(404 if "no such" in e.what else 400, e.what) from None
        self.root = str(where.parent)
        await tornado.web.StaticFileHandler.get(self, where.name, include_body)

    def get_content_type(self): return kind_of(self.absolute_path)
    def get_cache_time(self, path, modified, mime_type): return 0
    def compute_etag(self): return None  # Tornado would read the whole file for it

    def set_extra_headers(self, path):
        name = re.sub(r"[^\w.\- ]", "_", os.path.basename(self.absolute_path))
        shown = kind_of(self.absolute_path).startswith(SHOWN) and not self.get_query_argument("download", "")
        self.set_header("Content-Disposition", f"{'inline' if shown else 'attachment'}; filename=\"{name}\"")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", "no-cache")

    def write_error(self, status_code, **given):
        e = given.get("exc_info", (None, None))[1]
        self.set_header("Content-Type", "application/json")
        self.finish(tornado.escape.json_encode({"what": getattr(e, "log_message", None) or "refused", "given": None, "allowed": None, "hint": None}))


def kind_of(path):
    if path.endswith(".ipynb"): return "application/x-ipynb+json"
    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


def file_of(ws, run, path):
    """The local path of a file of a run: in its folder, else fetched from MLflow."""
    if not re.fullmatch(r"run_[\w-]{1,80}", run) or "\0" in path: raise OpsError("There is no such run", given=run[:100])
    folder = (ws.journal / run / "files").resolve()
    try: found, there = (folder / path).resolve(), (folder / path).is_file()
    except (OSError, ValueError): raise OpsError("There is no such file", given=path[:200]) from None
    if not found.is_relative_to(folder): raise OpsError("That lies outside of the run's files", given=path[:200])
    if there: return found
    from opsnb.track import run as recorded
    try: return Path(recorded(run, ws).artifact(path)).resolve()
    except (OSError, OpsError): raise OpsError("There is no such file", given=path[:200]) from None

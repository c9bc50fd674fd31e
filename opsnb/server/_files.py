"""Parts of logs and files of runs: read where they lie, never whole, never run as part of the lab."""
import asyncio
import functools
import mimetypes
import os
import re
from pathlib import Path

import tornado.web
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import JupyterHandler

from opsnb.errors import OpsError
from opsnb.logs import Logs
from opsnb.server.openapi import LogPart
from opsnb.view._watch import sizes_of

MOST, USUAL = 4_000_000, 200_000
SHOWN = ("image/", "text/plain", "text/csv", "text/html", "application/json", "application/pdf", "audio/", "video/")


def _whole(data, at_start, at_end):
    """`(bytes to leave out at the beginning, at the end)` so that no character is cut."""
    before = 0
    if not at_start:
        while before < min(3, len(data)) and data[before] & 0xC0 == 0x80: before += 1
    after = 0
    if not at_end:
        for n in range(1, min(4, len(data)) + 1):
            lead = data[-n]
            if lead & 0xC0 == 0x80: continue
            need = 1 if lead < 0x80 else 2 if lead >> 5 == 6 else 3 if lead >> 4 == 14 else 4 if lead >> 3 == 30 else 1
            after = n if need > n else 0
            break
    return before, after


class Joined:
    """The files of a log as one: the beginning, and of one that was cut the end, with a line that says what is left out."""

    def __init__(self, path):
        self.parts = []  # (first byte, length, file or text)
        self.total = 0
        for p in (path, *(path.with_suffix(s) for s in (".gap", ".before", ".tail"))):
            try: size = os.stat(p).st_size
            except OSError: continue
            self._add(f"\n── {int(p.read_text()):,} bytes are left out here\n".encode() if p.suffix == ".gap" else p, size)

    def _add(self, what, size):
        size = len(what) if isinstance(what, bytes) else size
        self.parts.append((self.total, size, what))
        self.total += size

    def read(self, start, most):
        out = b""
        for first, size, what in self.parts:
            if start + len(out) >= first + size or len(out) >= most: continue
            at, n = max(0, start + len(out) - first), most - len(out)
            if isinstance(what, bytes): out += what[at:at + n]
            else:
                with open(what, "rb") as f:
                    f.seek(at)
                    out += f.read(min(n, size - at))
        return out


def _opened(ws, id, rank=None):
    """`(something with total and read, whether nothing more comes)` of a job, or of the run of a notebook."""
    safe = "".join(c for c in id if c.isalnum() or c in "_-")
    if safe != id or not id: raise OpsError("There is no such job or run", given=id[:200])
    if id.startswith("job_"):
        from opsnb.jobs import job
        from opsnb.jobs.handle import ranks
        found = job(id, ws)
        known = ranks(found.folder) if rank is not None else {}
        if rank is not None and rank not in known: raise OpsError(f"The job {id} has no rank {rank}", allowed=list(known) or "none: it has not begun")
        return Joined(known[rank] if rank is not None else found.folder.log), found.state.over()
    if not (ws.journal / id).is_dir(): raise OpsError(f"There is no run {id!r}", hint="opsnb runs lists the runs")
    logs = Logs(ws.journal / id)
    over = logs.over()
    return _text(str(ws.journal / id), tuple(sorted(sizes_of(ws.journal / id / "outputs").items()))), over


class Text:
    """A text that was put together."""
    def __init__(self, data): self.data, self.total = data, len(data)
    def read(self, start, most): return self.data[start:start + most]


@functools.lru_cache(4)
def _text(folder, sizes):
    """What the cells of a run wrote; made anew when there is more (`sizes`)."""
    return Text(str(Logs(Path(folder))).encode(errors="replace"))


def _number(query, name, default=None):
    try: return int(query.pop(name)) if name in query else default
    except ValueError: raise OpsError(f"{name} is a whole number", given=query.get(name)) from None


def log_part(ws, id, query):
    """A `LogPart`: `from` a byte (negative: so many before the end), `most` bytes, at whole characters."""
    query = dict(query)
    start, most, rank = _number(query, "from", 0), _number(query, "most", USUAL), _number(query, "rank")
    if query: raise OpsError(f"Unknown argument {next(iter(query))!r}", allowed=["from", "most", "rank", "workspace"])
    if not 0 < most <= MOST: raise OpsError("most is wrong", given=most, allowed=f"1 to {MOST:,}")
    log, over = _opened(ws, id, rank)
    start = max(0, log.total + start) if start < 0 else min(start, log.total)
    data = log.read(start, most)
    before, after = _whole(data, start == 0, start + len(data) >= log.total and over)
    text = data[before:len(data) - after].decode(errors="replace")
    return LogPart(text, start + before, start + len(data) - after, log.total, over)


def log_range(ws, id, query, asked):
    """`(bytes, first, total)` of a Range header, at whole characters."""
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", asked.strip())
    if not found or not any(found.groups()): raise OpsError("The Range is wrong", given=asked[:100], allowed="bytes=FIRST-LAST, bytes=FIRST-, bytes=-COUNT")
    log, over = _opened(ws, id, _number(dict(query), "rank"))
    first, last = found.groups()
    start = int(first) if first else max(0, log.total - int(last))
    most = min(MOST, int(last) - start + 1 if first and last else MOST)
    data = log.read(start, max(0, most))
    before, after = _whole(data, start == 0, start + len(data) >= log.total and over)
    return data[before:len(data) - after], start + before, log.total


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

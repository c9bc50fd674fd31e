"""The boards of the workspaces below the server's root that somebody has looked at, and who watches them.

One thread looks at all boards (`look` costs little when nothing changes) and tells Jupyter's event bus what has changed; another one
asks the engines of jobs, which may take long to answer. Both rest while nobody looks.
"""
import os
import threading
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from opsnb.config import masked, project_root
from opsnb.errors import OpsError
from opsnb.journal import finite
from opsnb.server.arguments import inside
from opsnb.view.board import Board
from opsnb.workspace import Workspace

SCHEMA = "https://opsnb.github.io/events/changed/v1"
EVENT = {"$id": SCHEMA, "version": "1", "title": "Something changed in a workspace", "personal-data": True, "type": "object",
         "required": ["workspace", "seq", "runs", "jobs"],
         "properties": {"workspace": {"type": "string"}, "seq": {"type": "integer", "description": "one more with each event of this workspace; a gap means that one was missed"},
                        "runs": {"type": "array"}, "jobs": {"type": "array"}, "all": {"type": "boolean", "description": "more has changed than is said here"}}}
EVERY_S, REST_S, STALE_S, FORGET_S, SLICE_S = 0.1, 1.0, 300.0, 60.0, 0.05


class Boards:
    def __init__(self, app, loop):
        self.app, self.loop, self.root, self.made, self.lock, self.stopped = app, loop, Path(app.root_dir).expanduser().resolve(), {}, threading.Lock(), threading.Event()

    def folder(self, given=""):
        """The folder `given`, relative to the server's root, which must lie in it."""
        path = inside(given or ".", self.root)
        if not path.is_dir(): raise OpsError("There is no such folder", given=given, hint=f"folders are named relative to {self.root}")
        return path

    def home(self, given=""): return project_root(self.folder(given)).resolve()

    def workspace(self, given=""):
        """The workspace of a folder; it need not exist. Kernels inherit `OPSNB_HOME` from the server, so it holds here, too."""
        home = os.environ.get("OPSNB_HOME")
        return Workspace(Path(home).expanduser().absolute() if home else self.home(given) / ".opsnb")

    def of(self, given=""):
        """The board of a folder's workspace."""
        ws = self.workspace(given)
        with self.lock: board = self.made.get(ws.path) or self.made.setdefault(ws.path, Board(ws, budget_s=3 * SLICE_S))
        board.asked = time.monotonic()
        return board

    def heard(self, ws):
        """Somebody still shows a workspace."""
        if board := self.made.get(ws.path): board.asked = time.monotonic()
        return ws

    def opened(self, given, make):
        """The workspace of a folder, for a verb; made if it is not there and the verb does something."""
        ws = self.workspace(given)
        return Workspace.open(ws.path) if make or (ws.path / "workspace.json").exists() else ws

    def touched(self, ws):
        """Something was done in a workspace: whoever asks next sees it."""
        if board := self.made.get(ws.path):
            with board.lock:
                board.jobs.next = board.looked = 0.0
                for id in list(board.jobs.kept): board.jobs.check(id)

    def watched(self, board):
        """Whether somebody looks: an open lab listens to events, or has asked lately."""
        tables = [getattr(self.app.event_logger, f"_{kind}_listeners", None) for kind in ("modified", "unmodified")]  # jupyter_events has no other way to ask
        return None in tables or any(t.get(SCHEMA) for t in tables) or time.monotonic() - board.asked < STALE_S

    def start(self, ready=lambda: None):
        """Begin; `ready` is called once beside it, for what the first request need not wait for."""
        threading.Thread(target=self._loop, args=[self.look, EVERY_S], name="opsnb-watch", daemon=True).start()
        threading.Thread(target=self._loop, args=[self.ask, REST_S / 2], name="opsnb-engines", daemon=True).start()
        threading.Thread(target=self.prepare, args=[ready], name="opsnb-prepare", daemon=True).start()

    def stop(self): self.stopped.set()

    def _loop(self, work, every_s):
        said = set()
        while not self.stopped.is_set():
            wait = REST_S
            for board in [b for b in list(self.made.values()) if self.watched(b)]:
                try: wait = min(wait, work(board) or every_s)
                except Exception as e:  # a damaged folder must not end the watch of the others
                    if (text := masked(f"{type(e).__name__}: {e}")) not in said: self.app.log.warning("opsnb: %s cannot be watched: %s", board.workspace.path, text)
                    said.add(text)
            self.stopped.wait(wait)

    def look(self, board):
        """Look at a board, and tell what has changed; how long to wait when there is more to read."""
        whole = board.look(SLICE_S)
        if not board.known and time.monotonic() - board.asked > FORGET_S:  # a folder that is no project, and that somebody has passed by
            with self.lock: self.made.pop(board.workspace.path, None)
        if changed := board.take():
            data = {"workspace": str(board.workspace.path), "seq": board.seq, **finite(asdict(changed))}
            with suppress(RuntimeError): self.loop.call_soon_threadsafe(lambda: self.app.event_logger.emit(schema_id=SCHEMA, data=data))  # the loop may have ended
        return None if whole else 0.002

    def ask(self, board): board.ask()

    def prepare(self, ready):
        """Once, when the server starts, in the workspace of its root if there is one: what is in the cache is read, what a reboot cut off starts again."""
        try:
            ready()
            ws = self.workspace()
            if not (ws.path / "jobs").is_dir() and not ws.journal.is_dir(): return
            board = self.of()
            board.asked = float("-inf")  # nobody has
            with board.lock: board.jobs.look(float("inf")), board.look(0.001)
            if board.jobs.work or any(r.status == "lost" for r in board.jobs.rows.values()): self.recover(ws)
        except Exception as e: self.app.log.warning("opsnb: what was cut off could not be looked for: %s", masked(f"{type(e).__name__}: {e}"))

    def recover(self, ws):
        from opsnb.jobs import recover
        if again := recover(workspace=Workspace.open(ws.path)): self.app.log.info("opsnb: started again what was cut off: %s", ", ".join(j.id for j in again))

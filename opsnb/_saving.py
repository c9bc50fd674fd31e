"""The mechanism of `opsnb.engine` that writes the executed notebook: whole or not at all, truthful, and seldom.

papermill writes the whole file at the beginning and the end of each cell, so a notebook with n large outputs is written n
times. Here the output journal has what the cells wrote; the file is written at the start, now and then, and at the end.
"""
import time
from pathlib import Path

import nbformat
from papermill.engines import NotebookExecutionManager
from papermill.iorw import LocalHandler, papermill_io, write_ipynb

from opsnb.secrets import hidden
from opsnb.workspace import write_atomic

SCHEME = "opsnb+file://"
BETWEEN, PER_S, SHARE = 1_000_000, 10_000, 0.1  # bytes for copies of an unfinished notebook: at first, for each second, and as a share of what its cells have written


class WholeFiles:
    """papermill's way to files, for paths that begin with `SCHEME`: written whole or not at all."""

    def read(self, path): return Path(path.removeprefix(SCHEME)).read_text(encoding="utf-8")
    def write(self, text, path): write_atomic(path.removeprefix(SCHEME), text)
    def listdir(self, path): return [f"{SCHEME}{p}" for p in Path(path.removeprefix(SCHEME)).iterdir()]
    def pretty_path(self, path): return path.removeprefix(SCHEME)


papermill_io.register(SCHEME, WholeFiles())


class Manager(NotebookExecutionManager):
    """papermill's book-keeping in the notebook's metadata, made truthful; the file is written whole or not at all."""

    WORDS = {"done": "completed"}

    def __init__(self, nb, outputs, **kw):
        self.outputs, self.saved, self.save_cost, self.spent, self.size, self.at = outputs, 0.0, 0.0, 0, 0, 0
        super().__init__(nb, **kw)
        self.papermill_writes = str(self.output_path or "").startswith(SCHEME)
        if outputs.run: nb.metadata["opsnb"] = {"run": outputs.run}
        if self.output_path:
            self.output_path = nb.metadata.papermill["output_path"] = str(self.output_path).removeprefix(SCHEME)

    def save(self, force=False, **kw):
        if not self.output_path or not force and not self.affordable():
            return
        begun = time.monotonic()
        size = self._write()
        self.saved, self.last_save_time = time.monotonic(), self.now()
        self.save_cost, self.size, self.at, self.spent = self.saved - begun, size, self.outputs.produced, self.spent + size

    def _write(self):
        """Bytes written; s3:// and the like are papermill's own."""
        if not isinstance(papermill_io.get_handler(self.output_path), LocalHandler):
            write_ipynb(self.nb, self.output_path)
            return self.outputs.produced
        data = nbformat.writes(self.nb).encode()
        write_atomic(self.output_path, data)
        return len(data)

    def affordable(self):
        """Not at every cell, but so that saving takes at most a tenth of the time, and few bytes: all outputs are in their journal."""
        if time.monotonic() - self.saved < max(1.0, 10 * self.save_cost): return False
        allowed = BETWEEN + PER_S * (self.now() - self.start_time).total_seconds() + SHARE * self.outputs.produced
        return self.spent + self.size + self.outputs.produced - self.at <= allowed

    def cell_ended(self, cell, index, status):
        meta = cell.metadata.papermill
        meta["status"] = self.WORDS.get(status, status)
        meta["exception"] = status not in ("done", "not_run")
        if status not in ("done", "not_run"):
            self.nb.metadata.papermill["exception"] = True
        if meta.get("start_time"):
            end = self.now()
            meta["end_time"] = end.isoformat()
            meta["duration"] = round(time.monotonic() - self.begun, 6)
        self.save()
        if self.pbar:
            self.pbar.update(1)

    def cell_start(self, cell, cell_index=None, **kw):
        self.begun = time.monotonic()
        super().cell_start(cell, cell_index, **kw)

    def notebook_complete(self, written_next=False, **kw):
        self.end_time = self.now()
        meta = self.nb.metadata.papermill
        meta["end_time"], meta["duration"] = self.end_time.isoformat(), (self.end_time - self.start_time).total_seconds()
        for cell in self.nb.cells:
            if cell.metadata.papermill["status"] in (self.PENDING, self.RUNNING):
                cell.metadata.papermill["status"] = "not_run"
        self.cleanup_pbar()
        if hidden:  # once more: carriage returns and widgets may have put together what came in pieces
            for cell in self.nb.cells:
                if cell.get("outputs"): cell.outputs = [nbformat.from_dict(hidden(out)) for out in cell.outputs]
            self.nb.metadata = nbformat.from_dict(hidden(self.nb.metadata))
        if not written_next: self.save(force=True)

"""The mechanism between a kernel and the executed notebook: what cells write is masked, journalled as it comes, and bounded.

Each message of a running cell passes `Outputs.taken`. It is masked first, so that nothing behind it ever sees a secret;
then it is appended to the output journal, a folder of its own beside the run's journal (the couriers that deliver the run
never read it); then it goes into the notebook, unless the cell has written more than a notebook should hold.
"""
import json

from opsnb.errors import Unavailable
from opsnb.journal import Journal
from opsnb.secrets import hidden
from opsnb.show import size

SHOWN = {"stream", "display_data", "execute_result", "error"}
NEVER_LEFT_OUT = ("application/scrapbook.scrap.json+json",)  # what a notebook publishes


class Outputs:
    """What the cells of one notebook write. `folder`: of the journal, None for none; `most`: bytes a cell may leave in the notebook."""

    def __init__(self, folder=None, run="", most=10_000_000):
        self.journal, self.run, self.most = Journal(folder, run) if folder else None, run, most
        self.produced, self.messages, self.broken = 0, 0, None
        self._begin(None)

    def _begin(self, index):
        self.index, self.held, self.kept, self.wrote, self.noted, self.after_next = index, {}, 0, 0, False, False

    def note(self, kind, data):
        """Append to the output journal. A full disk ends the journal, not the notebook."""
        if self.journal is None or self.broken: return
        try: self.journal.append(kind, data)
        except Unavailable as e: self.broken = e

    def opened(self, path, nb):
        """The notebook as it is before its first cell runs: with it, the executed one can be made again from the journal alone."""
        self.note("notebook.opened", {"path": str(path or ""), "notebook": nb})

    def cell_started(self, index, n):
        self._begin(index)
        self.note("cell.started", {"cell": index, "of": n})

    def cell_finished(self, index, status, seconds, error):
        self.note("cell.finished", {"cell": index, "status": status, "seconds": round(seconds, 3), "error": error})

    def close(self):
        if self.journal: self.journal.close()

    def taken(self, msg):
        """The messages that take the place of `msg` in the notebook."""
        self.messages += 1
        kind, content = msg["msg_type"], msg["content"]
        if kind == "stream":
            yield from self._written(msg, self._stream(content["name"], content["text"], msg))
            return
        if kind == "status":
            if content["execution_state"] == "idle": yield from self.rest()
            yield msg
            return
        if kind in SHOWN: yield from self._written(msg, hidden(content))
        else: yield self._passed(msg, kind, hidden(content))

    def rest(self):
        """What was held back at the end of the streams, because it might have been the beginning of a secret."""
        for name, (text, msg) in list(self.held.items()):
            self.held[name] = ("", msg)
            if text: yield from self._written(msg, {"name": name, "text": hidden(text)})

    def _stream(self, name, text, msg):
        said, rest = hidden.cut(self.held.get(name, ("", None))[0] + text) if hidden else (text, "")
        self.held[name] = (rest, msg)
        return {"name": name, "text": said} if said else None

    def _passed(self, msg, kind, content):
        if kind == "clear_output":
            self.kept, self.noted = 0, False
            self.note("output.cleared", {"cell": self.index, "wait": bool(content.get("wait"))})
        elif kind == "update_display_data":
            self.note("display.updated", {"cell": self.index, "id": content["transient"]["display_id"], "data": content["data"], "metadata": content["metadata"]})
        return {**msg, "content": content}

    def _written(self, msg, content):
        """Journal one output; then as much of it as the notebook should hold."""
        if content is None: return
        kind = msg["msg_type"]
        n = len(content["text"]) if kind == "stream" else len(json.dumps(content, default=str))
        self.produced, self.wrote = self.produced + n, self.wrote + n
        shown = {k: v for k, v in content.items() if k not in ("transient", "execution_count")}
        id = (content.get("transient") or {}).get("display_id")
        self.note("output.written", {"cell": self.index, "output": {"output_type": kind, **shown, **({"execution_count": content.get("execution_count")} if kind == "execute_result" else {})},
                                     **({"id": id} if id else {})})
        if kind == "error" or any(m in content.get("data", {}) for m in NEVER_LEFT_OUT) or self.kept + n <= self.most:
            self.kept += n
            yield {**msg, "content": content}
        elif not self.noted:
            self.noted, room = True, self.most - self.kept
            if kind == "stream": yield {**msg, "content": {**content, "text": content["text"][:room]}}
            self.kept = self.most
            yield self._told(msg)

    def _told(self, msg):
        header = {**msg["header"], "msg_type": "display_data"}
        return {**msg, "header": header, "msg_type": "display_data", "content": {"data": {"text/plain": self._where()}, "metadata": {"opsnb": {"rest": True}}, "transient": {}}}

    def _where(self):
        rest = f"all of it: opsnb logs {self.run} --cell {self.index + 1}" if self.journal and not self.broken else "the rest was not kept"
        return f"… this cell wrote {size(self.wrote)}; its first {size(self.most)} are here, {rest}"

    def tell_all(self, cell):
        """Now that the cell has ended: how much it wrote."""
        for out in cell.get("outputs", []):
            if out.get("metadata", {}).get("opsnb", {}).get("rest"): out["data"]["text/plain"] = self._where()

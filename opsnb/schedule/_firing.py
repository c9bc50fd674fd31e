"""The process that runs one firing: `python -m opsnb.schedule._firing WORKSPACE FIRING ATTEMPT [GPU,…]`.

It is a session of its own, so the death of the scheduler is not its death. It holds the firing's lock while it lives, and
the lock of its journal file tells everybody that it does. Whether it may begin is decided under the lock, from the
records: a second process for the same attempt finds it begun, and goes.
"""
import json
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from opsnb.config import masked
from opsnb.errors import OpsError, Unavailable
from opsnb.journal import Journal
from opsnb.schedule.check import is_pipeline
from opsnb.schedule.state import History, filled, open_schedule, place
from opsnb.track.deliver import Head
from opsnb.workspace import Workspace

TAG = "opsnb.firing"
KEEP_TRYING_S = 3600.0  # to write down how it ended, when the disk is full


def run_of(ws, firing):
    """The run that a firing has started, told by its tag; None when there is none."""
    mark = json.dumps({TAG: firing.id}, separators=(",", ":"))[1:-1].encode()
    for folder in sorted(ws.journal.glob("run_*")):
        with suppress(OSError):
            if folder.stat().st_mtime < firing.made - 60: continue
            for file in folder.glob("*.jsonl"):
                with open(file, "rb") as f:
                    if mark in f.readline(1000) + f.readline(16_000_000): return folder.name
    return None


def state_of(ws, run):
    """The `RunState` of a run."""
    return Head(ws.journal / run).update()


def work(ws, firing, attempt, schedule):
    """Run the schedule's file, or go on with its run; `(status, run id, error)`."""
    path = ws.root / schedule.file
    params = filled({**schedule.params, **firing.params}, schedule, firing.planned, firing.id)
    tags = {TAG: firing.id, "opsnb.schedule": schedule.name}
    begun = firing.run or attempt > 1 and run_of(ws, firing)
    if is_pipeline(path):
        from opsnb.pipeline import Pipeline, resume_pipeline
        if begun and state_of(ws, begun).status == "done": return "done", begun, None
        result = resume_pipeline(begun, check=False) if begun else Pipeline(path).run(params, check=False, tags=tags)
    else:
        from opsnb.engine import run_notebook
        result = run_notebook(path, params, timeout_s=schedule.timeout_min and schedule.timeout_min * 60, tags=tags, check=False, workspace=ws)
    failure = result.failure
    return result.status, result.id, None if failure is None else str(failure.what)


class Limit:
    """Interrupts this process when the time is over, and remembers that it was so."""

    def __init__(self, minutes):
        self.over, self.timer = False, threading.Timer(minutes * 60, self._ring) if minutes else None
        if self.timer:
            self.timer.daemon = True
            self.timer.start()

    def _ring(self):
        self.over = True
        os.kill(os.getpid(), signal.SIGINT)

    def cancel(self):
        if self.timer: self.timer.cancel()


def tell(e):
    """For the log, which may lie on a full disk."""
    with suppress(OSError): print(e, file=sys.stderr, flush=True)


def say(journal, kind, data):
    """Write a record, again and again while the disk is full: what has run must not run again."""
    until = time.monotonic() + KEEP_TRYING_S
    while True:
        try: return journal.append(kind, data)
        except Unavailable as e:
            if time.monotonic() > until: raise
            tell(e)
            time.sleep(2.0)


def main(path, id, attempt, gpus=""):
    """Run it; the exit code says only whether this process was the one."""
    for sign in (signal.SIGTERM, signal.SIGHUP): signal.signal(sign, lambda *_: signal.raise_signal(signal.SIGINT))
    ws, attempt, gpus = Workspace(Path(path)), int(attempt), [g for g in gpus.split(",") if g]
    try:
        with ws.lock(id, timeout_s=0): return claimed(ws, id, attempt, gpus)
    except (Unavailable, OSError) as e:
        tell(e)
        return 0 if "Another process holds" in str(e) else 3


def claimed(ws, id, attempt, gpus):
    """Run it, unless the records say that it was begun before."""
    firing = History(ws).update().firings.get(id)
    if firing is None or firing.closed or firing.attempt >= attempt: return 0
    journal = Journal(place(ws) / "journal", id)
    try:
        journal.append("firing.started", {"firing": id, "attempt": attempt, "pid": os.getpid(), "gpus": gpus})
        ended = attempted(ws, firing, attempt)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        say(journal, "firing.ended", {"firing": id, "attempt": attempt, **ended})
        return 0
    finally: journal.close()


def attempted(ws, firing, attempt):
    """How it ended, as data of a record."""
    begun, limit, run = time.monotonic(), Limit(None), None
    try:
        schedule = open_schedule(ws, firing.schedule)
        limit = Limit(schedule.timeout_min if is_pipeline(ws.root / schedule.file) else None)  # the engine looks to a notebook's itself
        status, run, error = work(ws, firing, attempt, schedule)
    except KeyboardInterrupt: status, error = "cancelled", "stopped on request"
    except OpsError as e: status, error = "failed", str(e)
    except Exception as e: status, error = "failed", f"{type(e).__name__}: {e}"
    limit.cancel()
    if limit.over and status == "cancelled": status, error = "timed_out", f"took longer than {schedule.timeout_min:g} min"
    return {"status": status, "run": run or run_of(ws, firing), "error": masked(error)[:2000] if error else None, "duration_s": round(time.monotonic() - begun, 3)}


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

"""The loop of `opsnb scheduler`: one leader per workspace, that writes down what is due, starts it, and hears how it ended.

All that it knows is in files and records, so it may be killed at any line: the next one reads them and goes on. Its only
power is the lock `scheduler`. Each firing is a process and a session of its own, see `_firing`.
"""
import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid

from opsnb.errors import OpsError, Unavailable
from opsnb.journal import Journal
from opsnb.jobs import recover
from opsnb.jobs.local import wake
from opsnb.schedule._firing import run_of, state_of
from opsnb.schedule.check import is_pipeline
from opsnb.schedule.notify import send, target
from opsnb.schedule.state import History, due, firing_id, names, open_schedule, place, policy, tidy
from opsnb.schedule.when import ON, SETTLE_S, After, Change, Hook
from opsnb.show import ENDED, duration, state_text
from opsnb.track.deliver import Head, presume_lost
from opsnb.workspace import write_atomic

TICK_S = 0.5
TIDY_S = 600.0
WAKE_S = 60.0         # how often the queue of local jobs is looked after: its own process may have been killed
GOOD, BAD = ("done", "cached"), ("failed", "timed_out", "lost")
STARTS = 5            # processes started for one attempt, when none of them gets as far as its first record
RESUMES = 3           # times that a pipeline is gone on with whose process died
NOTICE_WAITS = (1, 5, 30, 120, 600)   # seconds between the tries of a notice
NOTICE_S = 60.0       # that `once` waits for them
STOP_S = 60.0         # that a stopped firing has to clean up, then it is killed


class Files:
    """The schedules, read again when their files change."""

    def __init__(self, ws, say): self.ws, self.say, self.known = ws, say, {}

    def __call__(self):
        out = {}
        for name in names(self.ws):
            stamp = None
            try:
                found = (place(self.ws) / f"{name}.json").stat()
                stamp = found.st_mtime_ns, found.st_ino
                if self.known.get(name, [None])[0] != stamp: self.known[name] = [stamp, open_schedule(self.ws, name)]
            except (OpsError, OSError) as e:
                if self.known.get(name, [0])[0] != stamp: self.say(f"{name} is left out: {e}")
                self.known[name] = [stamp, None]
            if self.known[name][1]: out[name] = self.known[name][1]
        return out


class Runs:
    """The runs of a file that have ended, whoever started them: for `After`."""

    def __init__(self, ws, path, since): self.ws, self.path, self.since, self.passed, self.heads, self.next, self.found = ws, path, since, set(), {}, 0.0, []

    def ended(self):
        """`[(time, key, status)]` of those that have ended, of late at least: one may be gone on with, and end again."""
        if time.monotonic() < self.next: return self.found
        self.next, self.found = time.monotonic() + 1.0, []
        for folder in self.ws.journal.glob("run_*"):
            if folder.name in self.passed or folder.name in self.heads: continue
            head = self._head(folder)
            if head: self.heads[folder.name] = head
            elif head is False: self.passed.add(folder.name)
        for id, head in list(self.heads.items()):
            if presume_lost(head.folder, s := head.update()): s = head.update()
            if s.status == "running": continue
            at = s.end["ts"] if s.status != "lost" else s.gone
            self.found.append((at, f"{id} {at}", s.status))
            if at < time.time() - 3600: self.passed.add(id) or self.heads.pop(id)
        return self.found

    def _head(self, folder):
        """The `Head` of a run of our file, False for another's, None when that is not known yet."""
        with contextlib.suppress(FileNotFoundError):
            if folder.stat().st_mtime < self.since - 86400: return False
            if (s := (head := Head(folder)).update()) is None: return None
            own = s.tags.get("opsnb.file") if s.type == "pipeline" else s.source.get("notebook") if s.type == "notebook" else None
            return head if own and (self.ws.root / own).resolve() == self.path else False


class Notices:
    """Sends messages beside the work, with patience; what is given up is a record, too."""

    def __init__(self, ws, journal, halt, say):
        self.ws, self.journal, self.halt, self.say, self.sent, self.queue = ws, journal, halt, say, set(), queue.SimpleQueue()

    def take(self, waiting):
        """Begin with those that are new: `{(firing, n): notice}`. One thread per receiver: a slow one delays nobody else."""
        for key, notice in waiting.items():
            if key in self.sent: continue
            self.sent.add(key)
            threading.Thread(target=self._deliver, args=(key, notice), name="opsnb-notice", daemon=True).start()

    def _deliver(self, key, notice):
        error, tries = None, 0
        for wait in (*NOTICE_WAITS, None):
            tries += 1
            try:
                send(target(notice["target"]), notice["facts"], self.ws)
                return self._record("notice.sent", key, tries, None)
            except Unavailable as e: error = str(e)
            except Exception as e:
                error = f"{type(e).__name__}: {e}" if not isinstance(e, OpsError) else str(e)
                break
            if wait is None or self.halt.wait(wait): break
        if not self.halt.is_set(): self._record("notice.failed", key, tries, error)  # else the next scheduler tries again

    def _record(self, kind, key, tries, error):
        with contextlib.suppress(Unavailable): self.journal.append(kind, {"firing": key[0], "n": key[1], "tries": tries, "error": error})
        if error: self.say(f"a notice was given up after {tries} tries: {' '.join(error.split())}")


class Scheduler:
    def __init__(self, ws, concurrency, gpus, halt, say, once=False, only=None, door=None):
        self.ws, self.concurrency, self.pool, self.say, self.once, self.only = ws, concurrency, [str(g) for g in gpus], say, once, only
        self.halt, self.wake, self.place, self.door = halt, threading.Event(), door, None
        self.journal, self.history, self.files = Journal(place(ws) / "journal", "scheduler"), History(ws), Files(ws, say)
        self.children, self.starts, self.looked, self.scans, self.upstream, self.told, self.stops = {}, {}, {}, {}, {}, {}, {}
        self.notices, self.wrong = Notices(ws, self.journal, self.halt, say), {}
        self.schedules, self.planned_all, self.shown, self.trouble, self.tidied, self.woken, self.since = {}, False, {}, None, -TIDY_S, -WAKE_S, 0.0

    def lead(self):
        """Until `halt` is set, or, with `once`, until all that was due has ended."""
        card = {"host": socket.gethostname(), "pid": os.getpid(), "since": time.time(), "concurrency": self.concurrency, "gpus": self.pool}
        try:
            with contextlib.suppress(Unavailable): write_atomic(place(self.ws) / "scheduler.card", json.dumps(card))
            self.history.update()
            self.shown = {f.id: f.status for f in self.history.firings.values() if f.closed}
            if not self.only: self.carefully("jobs", self.recover)
            while not self.halt.is_set():
                try:
                    self.tick()
                    self.trouble = None
                except (Unavailable, OSError) as e:  # a full disk, a file system that is away: later
                    if str(e) != self.trouble: self.say(f"waits: {' '.join(str(e).split())}")
                    self.trouble = str(e)
                if self.once and self.idle(): return
                for _ in range(5):
                    if self.wake.is_set() or self.halt.wait(TICK_S / 5): break
                self.wake.clear()
        finally:
            if self.door:
                self.door.shutdown()
                self.door.server_close()
            self.journal.close()

    def recover(self):
        """Start again the jobs that a reboot or a crash cut off."""
        if (self.ws.path / "jobs").is_dir() and (again := recover(workspace=self.ws)): self.say(f"started again: {', '.join(j.id for j in again)}")

    def idle(self):
        """Whether a scheduler that does not stay has done its work. A notice whose receiver is down is left to the next one."""
        left = [f for f in self.open() if not self.only or f.id == self.only]
        if left or self.trouble or not self.planned_all: self.since = time.monotonic()
        return not left and not self.trouble and self.planned_all and (not self.waiting_notices() or time.monotonic() - self.since > NOTICE_S)

    def open(self):
        """The firings that are ours to bring to an end; with `only` that one and what it may have to wait for."""
        mine = self.history.firings[self.only].schedule_id if self.only else None
        return [f for f in self.history.firings.values() if not f.closed and mine in (None, f.schedule_id)]

    def waiting_notices(self): return {k: n for k, n in self.history.notices.items() if n["state"] == "waiting"}

    def tick(self):
        self.schedules = self.files()
        self.history.update()
        if time.monotonic() > self.tidied + TIDY_S:
            self.tidied = time.monotonic()
            if tidy(self.history): self.history = History(self.ws).update()
        if not self.only and time.monotonic() > self.woken + WAKE_S:
            self.woken = time.monotonic()
            wake(self.ws)
        if self.place and any(isinstance(s.when, Hook) for s in self.schedules.values()): self.open_door()
        if not self.only and not (self.once and self.planned_all): self.plan()
        self.history.update()
        for f in sorted(self.open(), key=lambda f: (f.made, f.planned)): self.carefully(f.id, self.advance, f)
        self.history.update()
        for f in self.history.firings.values(): self.show(f)
        self.notices.take(self.waiting_notices())
        if self.only: self.planned_all = True

    def carefully(self, name, step, *args):
        """One step for one schedule or firing; what is wrong with it is said once, and is not the others' trouble."""
        try:
            out = step(*args)
            self.wrong.pop(name, None)
            return out
        except (Unavailable, OSError): raise
        except Exception as e:
            text = " ".join(f"{'' if isinstance(e, OpsError) else type(e).__name__ + ': '}{e}".split())
            if self.wrong.get(name) != text: self.say(f"{name}: {text}")
            self.wrong[name] = text

    def open_door(self):
        """Take calls from the moment that a schedule wants them."""
        from opsnb.schedule._hooks import Door
        try:
            self.door = Door(self, *self.place)
            self.say(f"takes calls at http://{self.place[0]}:{self.door.server_port}/hooks/NAME")
        except Unavailable as e: self.say(" ".join(str(e).split()))
        self.place = None

    # what is due

    def plan(self):
        self.planned_all = not any([self.carefully(s.name, self.plan_one, s) for s in self.schedules.values() if not s.paused])

    def plan_one(self, s):
        """Write down what is due of one schedule; says whether there may be more in a moment."""
        unsettled, now, fires, missed = False, time.time(), [], []
        if s.timed:
            fires, missed = due(s, self.history, self.looked.get(s.id, now), now)
            self.looked[s.id] = now
        elif isinstance(s.when, Change): unsettled = self.look(s, now)
        elif isinstance(s.when, After): fires, missed = self.followed(s, now)
        if missed: self.journal.append("firing.missed", {"schedule": s.name, "schedule_id": s.id, "from": missed[0][0], "to": missed[-1][0], "count": len(missed), "policy": s.catch_up})
        for at, key in fires: self.due(s, at, key, timed=s.timed)
        return unsettled

    def due(self, s, at, key, **more):
        """The intent, before anything is started."""
        why = more.pop("why", s.when.words())
        id = firing_id(s.id, key)
        self.journal.append("firing.due", {"firing": id, "schedule": s.name, "schedule_id": s.id, "planned": at, "key": key, "why": why, **more})
        self.wake.set()
        return id

    def look(self, s, now):
        """See whether a file has changed and come to rest; says whether it has not come to rest yet. Big folders are looked at less often."""
        scan = self.scans.setdefault(s.id, {"digest": None, "since": 0.0, "next": 0.0})
        at, before = self.history.seen.get(s.id, (0.0, ""))
        if at < s.since: before = s.seen
        if time.monotonic() >= scan["next"]:
            begun = time.monotonic()
            found = s.when.seen(self.ws.root)
            scan["next"] = time.monotonic() + 20 * (time.monotonic() - begun)
            if found != scan["digest"]: scan["digest"], scan["since"] = found, time.monotonic()
        if not scan["digest"] or scan["digest"] == before: return False
        if time.monotonic() - scan["since"] < SETTLE_S: return True
        self.due(s, now, f"{before}>{scan['digest']}>{now}", seen=scan["digest"])
        return False

    def followed(self, s, now):
        """The runs that have ended as this schedule wants it, as moments."""
        if s.when.of in self.schedules:
            above = self.schedules[s.when.of]
            ended = [(f.closed, f.id, f.status) for f in self.history.of(above) if f.closed and f.status != "not_run"]
        else:
            path = (self.ws.root / s.when.of).resolve()
            if is_pipeline(path) and path.is_dir(): path = path / "pipeline.yaml"
            ended = self.upstream.setdefault(s.id, Runs(self.ws, path, s.since)).ended()
        found = sorted((at, key) for at, key, status in ended if at > s.since and status in ON[s.when.on])
        known = self.history
        fresh = [m for m in found if firing_id(s.id, m[1]) not in known.firings and not any(x["from"] <= m[0] <= x["to"] for x in known.missed.get(s.id, []))]
        return policy(fresh, s.catch_up, now)

    # what becomes of it

    def advance(self, f):
        """One step with one firing: start it, hear its end, try again, or close it."""
        s = self.schedules.get(f.schedule)
        gone = s is None or s.id != f.schedule_id
        if f.stop and f.status in ("queued", "running") and not self.halted(f): return
        if f.status == "queued":
            if f.stop or gone: return self.close(f, None if gone else s, "cancelled", "stopped before it began" if f.stop else "the schedule was removed")
            return self.start(f, s)
        if f.status == "running":
            if self.history.lives(f): return
            self.history.update()
            if f.status == "running" and not self.history.lives(f): self.lost(f)
            return
        if f.status in BAD and not gone and not f.stop and self.again(f, s): return
        self.close(f, None if gone else s, f.status, f.error)

    def start(self, f, s):
        older = [o for o in self.history.of(s, open=True) if (o.made, o.planned, o.id) < (f.made, f.planned, f.id)]
        if older and s.overlap == "skip" and not f.forced and f.attempt == 0 and f.id not in self.children:
            return self.close(f, s, "not_run", f"{older[0].id} {'still runs' if older[0].status == 'running' else 'still waits'}")
        if older and s.overlap == "cancel":
            for o in older: self.ask_to_stop(o)
        if (child := self.children.get(f.id)) and not self.over(f, s, child): return
        if older or time.time() < f.not_before: return
        if s.gpus > len(self.pool): return self.close(f, s, "failed", f"it wants {s.gpus} GPUs, and this scheduler has {len(self.pool)}")
        busy = [o for o in self.history.firings.values() if not o.closed and o.status == "running" and o.id != f.id]
        coming = {i: c for i, c in self.children.items() if c["process"].poll() is None and i != f.id and i not in {b.id for b in busy}}
        free = [g for g in self.pool if g not in {g for b in busy for g in b.gpus} | {g for c in coming.values() for g in c["gpus"]}]
        if len(busy) + len(coming) >= self.concurrency or len(free) < s.gpus: return
        self.spawn(f, free[:s.gpus])

    def over(self, f, s, child):
        """Whether the process that was started for an attempt has ended without having begun it."""
        if child["attempt"] != f.attempt + 1:
            self.children.pop(f.id)
            return True
        code = child["process"].poll()
        if code is None or time.monotonic() < child["until"]: return False
        self.history.update()
        if f.status != "queued": return False
        self.children.pop(f.id)
        if code == 3 or self.starts.get(f.id, 0) < STARTS: return True  # 3: it could not write, which is no fault of this firing
        self.close(f, s, "lost", f"its process could not begin ({STARTS} tries, last exit code {code}): {self.log(f).name} says more")
        return False

    def log(self, f): return place(self.ws) / "logs" / f"{f.id}.txt"

    def spawn(self, f, gpus):
        """Start the process of a firing; what it prints goes to a file of its own."""
        env = {k: v for k, v in os.environ.items() if k not in ("OPSNB_PARENT_RUN", "OPSNB_NOTEBOOK", "OPSNB_OUTPUT")} | {"OPSNB_HOME": str(self.ws.path)}
        if gpus: env["CUDA_VISIBLE_DEVICES"] = ",".join(gpus)
        self.log(f).parent.mkdir(parents=True, exist_ok=True)
        with open(self.log(f), "ab") as out:
            process = subprocess.Popen([sys.executable, "-P", "-m", "opsnb.schedule._firing", str(self.ws.path), f.id, str(f.attempt + 1), ",".join(gpus)],
                                       stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, cwd=self.ws.root, env=env)
        n = self.starts[f.id] = self.starts.get(f.id, 0) + 1
        self.children[f.id] = {"process": process, "attempt": f.attempt + 1, "gpus": gpus, "until": time.monotonic() + min(30.0, 2 ** n / 2)}

    def lost(self, f):
        """Its process is gone without a word: what its run says counts, if that has ended."""
        run = f.run or run_of(self.ws, f)
        ended = state_of(self.ws, run) if run else None
        if ended and ended.status in ENDED and ended.status != "lost":
            return self.journal.append("firing.ended", {"firing": f.id, "attempt": f.attempt, "status": ended.status, "run": run, "error": ended.error})
        self.journal.append("firing.lost", {"firing": f.id, "attempt": f.attempt, "status": "lost", "run": run, "error": "its process is gone: killed, crashed, or the machine went down"})

    def again(self, f, s):
        """Try again if the retries allow it. A pipeline whose process died is gone on with anyway, and so is what had not begun."""
        run = f.run if is_pipeline(self.ws.root / s.file) else None
        if f.status == "lost" and (run or not f.run) and f.attempt < max(RESUMES, s.retries + 1): wait_s = 3.0 if run else 0.0  # a killed run is known to be lost after two
        elif f.attempt <= s.retries: wait_s = s.retry_wait_min * 60 * 2 ** (f.attempt - 1)
        else: return False
        self.starts.pop(f.id, None)
        self.journal.append("firing.retried", {"firing": f.id, "attempt": f.attempt, "at": time.time() + wait_s, "run": run})
        return True

    def ask_to_stop(self, f):
        if not f.stop: self.journal.append("firing.stopped", {"firing": f.id})

    def halted(self, f):
        """Whether a firing that shall stop has; first it is asked, later made."""
        child = self.children.get(f.id, {}).get("process")
        if f.status == "queued": return child is None or child.poll() is not None
        if not self.history.lives(f): return True
        asked = self.stops.setdefault(f.id, time.monotonic())
        sign = signal.SIGINT if f.id not in self.told else signal.SIGKILL if time.monotonic() - asked > STOP_S else None
        if sign:
            self.told[f.id] = sign
            with contextlib.suppress(ProcessLookupError): self.history.lives(f, here=True) and os.kill(f.pid, sign)
        return False

    def close(self, f, s, status, error):
        """The last word on a firing, and who is told of it."""
        before = [o for o in self.history.firings.values() if o.schedule_id == f.schedule_id and o.closed and o.status in GOOD + BAD and o.id != f.id]
        was_bad = bool(before) and max(before, key=lambda o: o.closed).status in BAD
        event = "failed" if status in BAD else "recovered" if status in GOOD and was_bad else "done" if status in GOOD and s and s.notify_on == "always" else None
        facts = {**f.to_dict(), "status": status, "error": error, "event": event, "host": socket.gethostname()}
        notices = [{"target": word, "facts": facts} for word in s.notify] if s and event else []
        self.journal.append("firing.closed", {"firing": f.id, "status": status, "error": error, "run": f.run, "notices": notices})
        self.history.update()
        for known in (self.children, self.starts, self.stops, self.told): known.pop(f.id, None)
        with contextlib.suppress(OSError): (self.ws.path / "locks" / f.id).unlink(missing_ok=True)

    def show(self, f):
        """Say of each firing what has become of it, once."""
        if not (f.closed or f.status in ("queued", "running")) or self.shown.get(f.id) == f.status: return
        self.shown[f.id] = f.status
        took = f.to_dict()["duration_s"] if f.closed else None
        self.say("  ".join(w for w in (f.schedule, state_text(f.status), duration(took) if took else "", f.run or "", " ".join((f.error or "").split())) if w))

    # calls from outside

    def called(self, s, key, params):
        """A webhook's call, written down; the firing's id."""
        return self.due(s, time.time(), f"call {(key or uuid.uuid4().hex)[:200]}", params=params)

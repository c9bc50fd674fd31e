"""Keeps the rows of a workspace's runs and jobs: what runs is looked at often, what has ended seldom, what was read once is kept in a cache.

A look costs two `stat` calls when nothing has changed, a few for each run at work, and for a slice of those that have ended.
"""
import json
import os
import sqlite3
import time
from bisect import bisect_left, insort
from contextlib import suppress
from dataclasses import astuple, fields

from opsnb.errors import OpsError
from opsnb.journal import read
from opsnb.track.deliver import presume_lost
from opsnb.track.state import RunState

SWEEP_S = 20.0     # until all that has ended was looked at once more
LINGER_S = 5.0     # a run that has ended is watched so much longer: its process may have a last word
QUIET_S = 3.0      # between two looks at whether the process of a silent run lives


class Folder:
    """A folder of `*.jsonl` files: whether it has changed since it was read."""
    __slots__ = ("path", "stamp", "sizes")

    def __init__(self, path, stamp=0, sizes=None): self.path, self.stamp, self.sizes = path, stamp, sizes or {}

    def changed(self):
        """Whether a file was added or has grown; a folder that is gone has."""
        try:
            if os.stat(self.path).st_mtime_ns != self.stamp: return True
            return any(os.stat(f"{self.path}/{name}").st_size != size for name, size in self.sizes.items())
        except OSError: return True

    def stamped(self):
        """The folder's own time now; 0 while so young that a change could hide behind the same time."""
        try: ns = os.stat(self.path).st_mtime_ns
        except OSError: return 0
        return ns if time.time_ns() - ns > 50_000_000 else 0


class Run(Folder):
    """A run that is read."""
    __slots__ = ("state", "cursor", "ended", "asked")

    def __init__(self, path): super().__init__(path); self.state, self.cursor, self.ended, self.asked = RunState(), {}, None, 0.0

    def more(self):
        """Read a page; whether there was anything."""
        stamp, sizes = self.stamped(), sizes_of(self.path)
        page = read(self.path, self.cursor)
        for r in page.records: self.state.apply(r)
        read_on, self.cursor = page.cursor != self.cursor, page.cursor
        if not read_on: self.stamp, self.sizes = stamp, sizes
        return read_on


def sizes_of(path):
    """`{file: bytes}` of the journal files in a folder."""
    with suppress(OSError): return {e.name: e.stat().st_size for e in os.scandir(path) if e.name.endswith(".jsonl")}
    return {}


class Listed:
    """What runs and jobs have in common: rows by id, those at work, those to be read, those that have changed."""

    def __init__(self, place, row, cache):
        self.place, self.row, self.cache = str(place), row, cache
        self.clear()

    def clear(self):
        self.rows, self.work, self.kept, self.changed = {}, {}, {}, set()
        self.order, self.at, self.todo, self.gone = [], {}, [], False
        self.stamp, self.slice, self.loaded = None, [], False

    def look(self, until):
        """Read what is new, until the time `until` (of `monotonic`); whether all was read."""
        if not self.loaded: self.load()
        self._list()
        for id in list(self.work): self._at_work(id, until)
        self._sweep()
        while self.todo:
            self._read(self.todo.pop(), until)
            if time.monotonic() > until: break
        self.cache.save(self, force=not self.todo)
        return not self.todo

    def _list(self):
        try: stamp = os.stat(self.place).st_mtime_ns
        except FileNotFoundError: stamp = -1
        if stamp == self.stamp: return
        found = {e.name: e for e in os.scandir(self.place) if e.name.startswith(self.prefix)} if stamp > 0 else {}
        self.stamp = stamp if time.time_ns() - stamp > 50_000_000 else None
        for id in [i for i in (*self.kept, *self.work) if i not in found]: self._drop(id)
        waits = set(self.todo)
        new = [id for id in found if id not in self.kept and id not in self.work and id not in waits]
        if len(new) > 1: new.sort(key=lambda id: _mtime(found[id].path))  # the newest is read first
        self.todo = [*[id for id in self.todo if id in found], *new]

    def _sweep(self):
        if not self.kept: return
        if not self.slice: self.slice = list(self.kept)
        n = max(1, int(len(self.kept) * 0.1 / SWEEP_S))
        part, self.slice = self.slice[-n:], self.slice[:-n]
        for id in part:
            if (folder := self.kept.get(id)) and folder.changed(): self.check(id)

    def check(self, id):
        """Read one again that has ended, if it has grown."""
        if not (folder := self.kept.get(id)): return
        if (sizes := sizes_of(folder.path)) == folder.sizes: folder.stamp = folder.stamped() or folder.stamp
        elif sizes: self.todo.append(id)

    def put(self, id, row):
        """Keep a row, in the order of time."""
        if self.rows.get(id) == row: return
        at = (-(self.when(row) or 0), id)
        if self.at.get(id) != at:
            self._unorder(id)
            insort(self.order, at)
            self.at[id] = at
        self.rows[id] = row
        self.changed.add(id)

    def _unorder(self, id):
        if (at := self.at.pop(id, None)) is not None: del self.order[bisect_left(self.order, at)]

    def _drop(self, id):
        self._unorder(id)
        self.gone = self.gone or id in self.rows
        for table in (self.rows, self.work, self.kept): table.pop(id, None)
        self.changed.discard(id)
        self.cache.forget(self.table, id)

    def load(self):
        self.loaded = True
        for id, stamp, sizes, row in self.cache.load(self):
            self.kept[id] = Folder(self.folder(id), stamp, sizes)
            if row is None: continue
            self.rows[id] = row
            self.at[id] = (-(self.when(row) or 0), id)
        self.order = sorted(self.at.values())
        self.adopted()

    def adopted(self): """Rows came from the cache."""
    def folder(self, id): return f"{self.place}/{id}"

    def _retire(self, id, folder):
        """It has ended: keep its row and how large its files were."""
        self.work.pop(id, None)
        self.kept[id] = Folder(folder.path, folder.stamp, folder.sizes)
        self.cache.add(self.table, id)


def _mtime(path):
    try: return os.stat(path).st_mtime
    except OSError: return 0.0


class Runs(Listed):
    """The rows of a journal's runs."""
    prefix, table = "run_", "runs"

    def clear(self):
        super().clear()
        self.below, self.marked = {}, None  # parent: ids, in the order of time

    @staticmethod
    def when(row): return row.started

    def _list(self):
        super()._list()
        with suppress(OSError):  # a run that goes on is marked to be delivered
            stamp = os.stat(f"{self.place}/.pending").st_mtime_ns
            if stamp == self.marked: return
            self.marked = stamp if time.time_ns() - stamp > 50_000_000 else None
            for id in os.listdir(f"{self.place}/.pending"): self.check(id)

    def adopted(self):
        for at, id in self.order:
            if p := self.rows[id].parent: self.below.setdefault(p, []).append((-at, id))
        for ids in self.below.values(): ids.sort()

    def put(self, id, row):
        old = self.rows.get(id)
        super().put(id, row)
        key = (row.started or 0, id)
        if old is not None and (old.parent, old.started or 0) != (row.parent, key[0]): self._leave(old)
        if row.parent and (old is None or (old.parent, old.started or 0) != (row.parent, key[0])):
            insort(self.below.setdefault(row.parent, []), key)
            if row.parent in self.rows: self.changed.add(row.parent)

    def _leave(self, row):
        ids = self.below.get(row.parent, [])
        with suppress(ValueError): ids.remove((row.started or 0, row.run))

    def _drop(self, id):
        if row := self.rows.get(id): self._leave(row)
        super()._drop(id)

    def _read(self, id, until):
        self.kept.pop(id, None)
        self.work[id] = Run(self.folder(id))
        self._at_work(id, until)

    def _at_work(self, id, until):
        run = self.work[id]
        if run.changed():
            while (more := run.more()) and time.monotonic() < until: """Page after page."""
            if not run.cursor and not os.path.isdir(run.path): return self._drop(id)
            if not more or id in self.rows: self._tell(id, run)
            if more: return  # it goes on at the next look
        if run.state.id and run.state.status != "running": self._over(id, run)
        elif run.state.id: self._silent(id, run)

    def _over(self, id, run):
        """Watch it for a while, then no more."""
        if run.ended is None: run.ended = time.monotonic() - (LINGER_S if time.time() - run.state.last > LINGER_S else 0)
        if run.stamp and time.monotonic() - run.ended >= LINGER_S: self._retire(id, run)

    def _silent(self, id, run):
        """Look now and then whether the process of a run lives that says nothing."""
        run.ended, now = None, time.monotonic()
        if now - run.asked < QUIET_S or time.time() - run.state.last < 2: return
        run.asked = now
        if presume_lost(run.path, run.state) or run.state.status == "lost":
            run.more()
            self._tell(id, run)

    def _tell(self, id, run):
        if run.state.id and run.state.type != "traces": self.put(id, self.row(run.state))

    def children(self, id): return [i for _, i in self.below.get(id, ())]


class Jobs(Listed):
    """The rows of a workspace's jobs. A job's folder is looked at here; its engine is asked in `ask`, which may take long."""
    prefix, table = "job_", "jobs"

    def clear(self):
        super().clear()
        self.next = 0.0

    @staticmethod
    def when(row): return row.submitted
    def folder(self, id): return f"{self.place}/{id}/records"

    def _read(self, id, until):
        from opsnb.jobs.handle import Job
        self.kept.pop(id, None)
        try: job = Job(f"{self.place}/{id}")
        except OpsError:  # no readable spec: yet, or for ever
            if time.time() - _mtime(f"{self.place}/{id}") < 60: self.stamp = None
            return
        self.work[id] = (job, Folder(self.folder(id)))
        self.next = 0.0
        self._at_work(id, until)

    def _at_work(self, id, until):
        job, folder = self.work[id]
        if folder.changed():
            if not os.path.isdir(f"{self.place}/{id}"): return self._drop(id)
            stamp, sizes = folder.stamped(), sizes_of(folder.path)
            job.state = job.folder.state()
            folder.stamp, folder.sizes = stamp, sizes
            self.put(id, self.row(job))
        if job.state.over() and folder.stamp: self._retire(id, folder)

    def due(self): return self.work and time.monotonic() >= self.next

    def ask(self, lock):
        """Ask the engines about those that have not ended: often when that is quick, seldom when it is slow."""
        from opsnb.jobs.handle import refresh
        with lock: jobs = [job for job, _ in self.work.values() if not job.state.over()]
        begun = time.monotonic()
        with suppress(OpsError, OSError): refresh(jobs)
        took = time.monotonic() - begun
        self.next = time.monotonic() + max(1.0, 20 * took)
        with lock:
            for job in jobs:
                if job.id in self.work: self.put(job.id, self.row(job))


class Cache:
    """Rows of what has ended, in `.opsnb/cache/board.sqlite`. It may vanish, be damaged or be another version's at any time: then all is read again."""

    def __init__(self, workspace, kinds):
        self.path, self.home, self.kinds, self.fresh, self.at = workspace.path / "cache" / "board.sqlite", workspace.path / "workspace.json", kinds, {}, {}
        self.version = json.dumps({table: [f.name for f in fields(kind)] for table, kind in kinds.items()})

    def _open(self):
        if not self.home.exists(): raise FileNotFoundError(self.home)  # a workspace that is being removed is left alone
        self.path.parent.mkdir(exist_ok=True)
        db = sqlite3.connect(self.path, timeout=2, isolation_level=None)
        db.execute("PRAGMA synchronous = OFF")
        for table in self.kinds: db.execute(f"CREATE TABLE IF NOT EXISTS {table} (id TEXT PRIMARY KEY, stamp INTEGER, sizes TEXT, row TEXT) WITHOUT ROWID")
        db.execute("CREATE TABLE IF NOT EXISTS made (version TEXT)")
        found = db.execute("SELECT version FROM made").fetchall()
        if found != [(self.version,)]:
            for table in (*self.kinds, "made"): db.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
            db.execute("INSERT INTO made VALUES (?)", [self.version])
        return db

    def _do(self, work):
        """`work` on the database; a damaged one is removed, one that cannot be had now is left alone."""
        for last in (False, True):
            db = None
            try:
                db = self._open()
                return work(db)
            except (sqlite3.OperationalError, OSError): return None  # locked, or a disk without room
            except (sqlite3.DatabaseError, ValueError, TypeError):
                if last: return None
                with suppress(OSError): os.unlink(self.path)
            finally:
                if db is not None: db.close()

    def load(self, listed):
        """`(id, stamp, sizes, row)` of all that is kept."""
        if not self.path.exists(): return []
        kind = self.kinds[listed.table]

        def work(db):
            out, asked = [], db.execute(f"SELECT id, stamp, sizes, row FROM {listed.table}")  # noqa: S608
            while found := asked.fetchmany(300):  # in small pieces: parsing holds up all other threads
                sizes, rows = json.loads(f"[{','.join(f[2] for f in found)}]"), json.loads(f"[{','.join(f[3] for f in found)}]")
                out += [(f[0], f[1], s, r and kind(*r)) for f, s, r in zip(found, sizes, rows, strict=True)]
                time.sleep(0)
            return out
        return self._do(work) or []

    def add(self, table, id): self.fresh.setdefault(table, {})[id] = True
    def forget(self, table, id): self.fresh.setdefault(table, {})[id] = False

    def save(self, listed, force=False, every_s=2.0):
        """Write what has ended since the last time, at most every `every_s` seconds; what is gone is forgotten with it."""
        fresh = self.fresh.get(listed.table, {})
        if not any(fresh.values()) or time.monotonic() - self.at.get(listed.table, 0) < every_s and not (force and len(fresh) > 200): return

        def work(db):
            rows = [(i, listed.kept[i].stamp, json.dumps(listed.kept[i].sizes), json.dumps(astuple(listed.rows[i]) if i in listed.rows else None)) for i, there in fresh.items() if there and i in listed.kept]
            db.execute("BEGIN IMMEDIATE")
            db.executemany(f"INSERT OR REPLACE INTO {listed.table} VALUES (?, ?, ?, ?)", rows)  # noqa: S608
            db.executemany(f"DELETE FROM {listed.table} WHERE id = ?", [[i] for i, there in fresh.items() if not there])  # noqa: S608
            db.execute("COMMIT")
            return True
        if self._do(work): fresh.clear()
        self.at[listed.table] = time.monotonic()

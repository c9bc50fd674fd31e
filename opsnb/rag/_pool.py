"""Several processes that read, in the order of what is given, with a limit of time and memory for each file."""
import os
import pickle  # noqa: S403 - both ends are ours
import queue
import selectors
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from ..errors import OpsError
from .clean import CannotRead
from .document import Unread

MOST_FILES = 5000  # that one process reads: parsers leak


class Ended(Exception):
    """The process is gone, or had to be ended."""
    def __init__(self, reason, kind="broken"): self.reason, self.kind = reason, kind


class Worker:
    """A process that reads one file after the other."""
    def __init__(self, said):
        self.files, self.process = 0, subprocess.Popen(
            [sys.executable, "-P", "-m", "opsnb.rag._reader"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(p for p in said["path"] if p)})
        os.set_blocking(self.process.stdout.fileno(), False)
        self.send(said)

    def send(self, thing):
        data = pickle.dumps(thing, pickle.HIGHEST_PROTOCOL)
        try:
            self.process.stdin.write(struct.pack("<Q", len(data)) + data)
            self.process.stdin.flush()
        except OSError: raise Ended(self.fate()) from None

    def answer(self, limit_s):
        """The next message, within `limit_s` seconds."""
        until, got, need = time.monotonic() + limit_s, bytearray(), 8
        with selectors.DefaultSelector() as ready:
            ready.register(self.process.stdout, selectors.EVENT_READ)
            while len(got) < need:
                left = until - time.monotonic()
                if left <= 0 or not ready.select(left): raise Ended(f"reading it took longer than {limit_s:g} s")
                part = os.read(self.process.stdout.fileno(), 1 << 20)
                if not part: raise Ended(self.fate())
                got += part
                if need == 8 and len(got) >= 8: need = 8 + struct.unpack("<Q", got[:8])[0]
        return pickle.loads(bytes(got[8:]))  # noqa: S301 - both ends are ours

    def fate(self):
        code = self.process.wait(10)
        return f"its reader crashed ({signal.Signals(-code).name})" if code < 0 else f"its reader ended the process with exit code {code}"

    def end(self):
        if self.process.poll() is None: self.process.kill()
        self.process.wait()
        self.process.stdin.close() if not self.process.stdin.closed else None
        self.process.stdout.close()


class Pool:
    """Reads what is given, `workers` at a time; `with Pool(…) as pool: for found, made in pool.read(founds)`."""
    def __init__(self, workers, words, limit_s, memory_mb, parse):
        import cloudpickle
        try: packed = cloudpickle.dumps(words)
        except Exception as e: raise OpsError("A reader cannot be sent to another process", given=str(e)[:200], hint="workers=0 reads in this one") from None
        self.said = {"path": list(sys.path), "words": packed, "limit_s": limit_s, "memory_mb": memory_mb}
        self.limit_s, self.memory_mb, self.idle, self.all, self.lock = limit_s, memory_mb, queue.LifoQueue(), set(), threading.Lock()
        self.most, self.words, self.parse = 16 * workers if workers else 1, words, parse
        self.workers, self.threads, self.closed = workers, ThreadPoolExecutor(max(1, workers), "opsnb-read"), False

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="opsnb-read-")
        return self

    def __exit__(self, *_):
        self.closed = True
        with self.lock:
            for w in self.all: w.process.kill()  # whoever waits for one sees its end
        self.threads.shutdown(wait=True, cancel_futures=True)
        for w in self.all: w.end()
        self.folder.cleanup()

    def read(self, founds, most_bytes=200_000_000):
        """`(found, [(Document | Unread, signature)])`, in the order of `founds`; not more of them are held than `workers` are busy with for a while."""
        ahead, held = deque(), 0
        for found in founds:
            ahead.append((found, self.threads.submit(self.one, found)))
            held += found.size
            while ahead and (len(ahead) >= self.most or held > most_bytes or ahead[0][1].done()):
                first, future = ahead.popleft()
                held -= first.size
                yield first, future.result()
        while ahead:
            first, future = ahead.popleft()
            yield first, future.result()

    def one(self, found):
        """What is in one source; its bytes are fetched first."""
        if found.unread: return [(found.unread, None)]
        if not found.fetch: return self.parsed(found)
        fd, path = tempfile.mkstemp(dir=self.folder.name)
        os.close(fd)
        try: return self.parsed(replace(found, path=path, metadata={**found.metadata, **(found.fetch(path) or {})}, fetch=None))
        except CannotRead as e: return [(Unread(found.source, e.reason, e.kind), None)]
        except (OSError, ValueError) as e: return [(Unread(found.source, f"{type(e).__name__}: {str(e)[:200]}", "unreachable"), None)]
        finally: os.unlink(path)

    def parsed(self, found):
        if not self.workers: return self.here(found)
        for attempt in (1, 2):
            worker, fresh = None, False
            try:
                worker, fresh = self.take()
                worker.send(found)
                made = worker.answer(self.limit_s)
                if made == "memory": raise Ended(f"reading it takes more than {self.memory_mb:g} MB of memory", "too_large")
            except Ended as e:
                if worker: self.drop(worker)
                if self.closed or fresh or attempt == 2 or "longer than" in e.reason: return [(Unread(found.source, e.reason, e.kind), None)]
                continue  # files before it may have worn the process out
            worker.files += 1
            self.idle.put(worker) if worker.files < MOST_FILES else self.drop(worker)
            return made

    def here(self, found):
        try: return self.parse(found, self.words)
        except MemoryError: return [(Unread(found.source, "reading it takes more memory than there is", "too_large"), None)]

    def take(self):
        """`(worker, whether it is new)`."""
        try: return self.idle.get_nowait(), False
        except queue.Empty: pass
        worker = Worker(self.said)
        with self.lock: self.all.add(worker)
        if self.closed: worker.process.kill()
        return worker, True

    def drop(self, worker):
        worker.end()
        with self.lock: self.all.discard(worker)

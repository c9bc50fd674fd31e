"""The worker: what every engine starts for a job, on each of its nodes.

    python -P -m opsnb._worker FOLDER         starts the job's program and stays until it has ended
    python -P -m opsnb._worker call FOLDER    is such a program: it calls the function in FOLDER

The worker is the parent of the user's program and no part of it, so whatever the program does to itself, there is somebody
who writes down how it ended. It writes the log (secrets masked, bounded), keeps the time limit, passes on the wish to stop,
makes further attempts, measures what was used, and ends what the program has left behind. The program gets:

    OPSNB_JOB         the job's id; OPSNB_PARENT_RUN is its run, so `ops.current()` and `ops.track()` log into it
    OPSNB_CKPT        a folder that is the same in every attempt: look for a checkpoint there when you begin
    OPSNB_NODE_RANK   0 on the first node
    SIGTERM, SIGUSR2  save and leave with exit code 85 within 30 s: you will be started again

The first node's worker speaks for the job. What it knows of engines is only: OPSNB_NODE_RANK may be set, and OPSNB_REQUEUE=1
says that the engine itself starts a worker again that leaves with exit code 85.
"""
import codecs
import contextlib
import ctypes
import errno
import json
import os
import select
import signal
import sys
import time
import traceback
from pathlib import Path

from opsnb._meter import Meter, oom_kills
from opsnb.config import is_secret
from opsnb.errors import OpsError, Unavailable
from opsnb.jobs.folder import Folder
from opsnb.secrets import hidden, is_source, secret_from
from opsnb.travel import packed, unpacked
from opsnb.workspace import Workspace, write_atomic

AGAIN = 85           # exit code: saved, start me again
MOST_ATTEMPTS = 100  # of a program that always wants to be started again
LOOK_S = 0.5         # how often the wish to stop is looked for
NOW_S = 2.0          # how often it is written down what the program uses now; later on, down to every 10 s
OURS = ("opsnb.track._courier", "_template.py", "opsnb.jobs._supervisor", "opsnb._worker\0/")  # what serves other jobs, too
CALLED = b"opsnb-call"  # the name of a program that was forked from a supervisor, and of its own forks


class Log:
    """The program's output: all of it up to half of `most`, then the last part; what is between is counted."""

    def __init__(self, path, most):
        self.path, self.half, self.left_out, self.problem, self.held = Path(path), int(most) // 2, 0, None, ""
        self.decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self.file, self.size, self.tail = open(path, "ab", buffering=0), os.path.getsize(path) if os.path.exists(path) else 0, self.path.with_suffix(".tail")

    def write(self, data):
        """Take what came; secrets are masked, also where a piece ends inside one."""
        if hidden:
            text, self.held = hidden.cut(self.held + self.decoder.decode(data))
            data = text.encode("utf-8", "surrogateescape")
        if data: self._put(data)

    def _put(self, data):
        try:
            if self.size + len(data) > self.half: self._turn(data)
            self.size += self.file.write(data)
        except OSError as e: self.problem = f"the log is not complete: {e.strerror}"

    def _turn(self, data):
        """The next file: the first stays, of the others only the last two."""
        self.file.close()
        before = self.tail.with_suffix(".before")
        if self.tail.exists():
            self.left_out += before.stat().st_size if before.exists() else 0
            os.replace(self.tail, before)
        self.file, self.size = open(self.tail, "ab", buffering=0), 0

    def close(self):
        if last := self.held + self.decoder.decode(b"", final=True): self._put(hidden(last).encode("utf-8", "surrogateescape"))
        self.held = ""
        if self.left_out: write_atomic(self.path.with_suffix(".gap"), str(self.left_out))
        self.file.close()


class Worker:
    def __init__(self, folder, gpus=None, call=None):
        self.folder, self.spec, self.call = Folder(folder), Folder(folder).spec, call
        self.rank = int(os.environ.get("OPSNB_NODE_RANK") or 0)
        self.gpus = gpus if gpus is not None else [g for g in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if g and self.spec.gpus]
        self.stop, self.stopped_at, self.pid, self.run = None, None, 0, None
        self.journal = self.folder.journal() if self.rank == 0 else None
        if claim := os.environ.pop("OPSNB_CLAIM_FD", None): os.set_inheritable(int(claim), False)  # the local queue's: ours, not the program's

    def record(self, kind, data):
        """A record that has to be kept: of a full disk the reserve is given up, then the log."""
        if self.journal is None: return
        for way in (lambda: None, lambda: (self.folder.path / "reserve").unlink(missing_ok=True), lambda: os.truncate(self.folder.log, 0), *[lambda: time.sleep(5)] * 12):
            try:
                way()
                return self.journal.append(kind, data)
            except (Unavailable, OSError): continue

    def work(self):
        """From the first attempt to the last; the exit code for the engine."""
        for s in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR2): signal.signal(s, self._asked)
        prctl(36, 1)  # orphans of the program become our children
        state = self.folder.state()
        if self.rank == 0 and state.over() and state.status != "lost": return 0 if state.status == "done" else 1
        self.attempt, self.failures, self.meter = state.attempt, 0, Meter(self.gpus, self.spec.cpus)
        if self.folder.asked_to_stop(): return self.end("cancelled", "cancelled before it began")
        try: env = self.environment()
        except OpsError as e: return self.end("failed", str(e))
        with contextlib.suppress(OSError): (self.folder.path / "reserve").write_bytes(b"\0" * 32768)
        while (code := self.attempted(env)) is None: pass
        return code

    def _asked(self, number, frame): self.stop = self.stop or number

    def environment(self):
        """What the program finds in its environment; the values of secrets are known to the masker from now on."""
        spec, folder, code = self.spec, self.folder, Path(self.spec.code) if self.spec.code else None
        for k, v in os.environ.items():
            if is_secret(k) and len(v) >= 8: hidden.add(v)
        given = {k: (os.environ.get(k) if is_source(v) and k in os.environ else None) or (secret_from(v, k).reveal() if is_source(v) else v) for k, v in spec.env.items()}
        for k, v in spec.env.items():
            if is_source(v): hidden.add(given[k])
        paths = [p.replace("{code}", spec.code) for p in spec.paths] + ([str(code)] if code else []) + [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p]
        self.paths = list(dict.fromkeys(paths))
        folder.ckpt.mkdir(parents=True, exist_ok=True)
        own = {"OPSNB_JOB": folder.id, "OPSNB_CKPT": str(folder.ckpt), "OPSNB_HOME": str(folder.workspace), "OPSNB_PARENT_RUN": spec.run, "OPSNB_NODE_RANK": str(self.rank),
               "PYTHONPATH": os.pathsep.join(self.paths), "PYTHONUNBUFFERED": "1", **({"OPSNB_EXPERIMENT": spec.experiment} if spec.experiment else {})}
        machine = os.environ.get("OPSNB_MACHINE_GPUS") or os.environ.get("CUDA_VISIBLE_DEVICES") or "all"  # what jobs have that this one submits
        visible = {"CUDA_VISIBLE_DEVICES": ",".join(map(str, self.gpus)), "OPSNB_MACHINE_GPUS": machine} if self.spec.on == "local" else {}
        return {**{k: v for k, v in os.environ.items() if k not in ("OPSNB_REQUEUE", "OPSNB_NOTEBOOK", "OPSNB_OUTPUT")}, **given, **own, **visible}

    def attempted(self, env):
        """One attempt; the worker's exit code, or None when there is to be another."""
        self.attempt, self.stop, self.stopped_at = self.attempt + 1, self.stop, None
        self.record("job.started", {"attempt": self.attempt, "host": os.uname().nodename, "pid": os.getpid(), "gpus": self.gpus})
        if self.rank == 0: self.folder.error.unlink(missing_ok=True)
        try: status, error, code = self.watched(env)
        except OSError as e: status, error, code = "failed", f"could not be started: {e.strerror or e}", 127
        again = code == AGAIN and self.attempt < MOST_ATTEMPTS
        if status == "cancelled": return self.end(status, error, code)
        if self.stop is not None and status != "timed_out":  # from outside: the engine takes the machine away, or it goes down
            if not again and os.environ.get("OPSNB_REQUEUE") != "1": return self.end("done" if code == 0 else "lost", error if code == 0 else f"stopped from outside by {signal.Signals(self.stop).name}, {error}", code)
            self.record("job.requeued", {"why": signal.Signals(self.stop).name})
            return self.leave("lost", AGAIN)
        if again and status != "timed_out" and os.environ.get("OPSNB_REQUEUE") == "1":
            self.record("job.requeued", {"why": "asked for"})
            return self.leave("lost", AGAIN)
        if status == "done" or not again and self.failures >= self.spec.retries or status == "timed_out" and self.failures >= self.spec.retries: return self.end(status, error, code)
        self.failures += not again or status == "timed_out"
        self.stop = None
        self.record("attempt.ended", {"attempt": self.attempt, "status": status, "error": error, "exit_code": code, "used": self.meter.used()})

    def watched(self, env):
        """Start the program and stay with it: `(status, error, exit code)`."""
        out, into = os.pipe()
        log = Log(self.folder.log if self.rank == 0 else self.folder.path / f"output.{self.rank}.log", env_mb(self.folder) * 1e6)
        self.meter.close()
        self.pid = self.start(env, into)
        self.meter.open()
        os.close(into)
        if self.rank == 0: self.track()
        self.ooms = oom_kills()
        begun, limit, timed_out, usage, looked, seen = time.monotonic(), self.spec.timeout_min, False, None, 0.0, time.monotonic()
        try:
            while usage is None:
                if select.select([out], [], [], 0.05 if self.stop else 0.1)[0]:
                    if piece := os.read(out, 1 << 18): log.write(piece)
                    else: time.sleep(0.005)  # all have closed it; the end is near
                now = time.monotonic()
                if now > looked + LOOK_S:
                    looked = now
                    self.meter.look()
                    if self.folder.asked_to_stop(): self.stop = self.stop or signal.SIGTERM
                if now > seen + min(10.0, NOW_S + (now - begun) / 20) and self.rank == 0:
                    seen = now
                    self.tell_now()
                if limit and now > begun + limit * 60 and not timed_out: timed_out, self.stop = True, self.stop or signal.SIGTERM
                if self.stop: self.pass_on(now)
                pid, status, found = os.wait4(self.pid, os.WNOHANG)
                if pid: usage = found
            self.meter.ended(usage)
            left = end_leftovers(self.pid)
            self.drain(out, log)
        finally:
            os.close(out)
            log.close()
        if left: sys.stderr.write(f"opsnb: {left} process(es) that the job left behind were ended\n")
        return self.verdict(os.waitstatus_to_exitcode(status), timed_out, log)

    def tell_now(self):
        """What the program uses at this moment, for whoever looks at the job; nothing is lost when it cannot be written."""
        path = self.folder.path / ".now.json"
        with contextlib.suppress(OSError):
            if not (seen := self.meter.now(self.pid)): return
            path.write_text(json.dumps(seen))
            os.replace(path, self.folder.path / "now.json")

    def pass_on(self, now):
        """The wish to stop, once; after the time of grace, force."""
        if self.stopped_at is None:
            self.stopped_at = now
            with contextlib.suppress(ProcessLookupError, PermissionError): os.killpg(self.pid, self.stop if self.stop != signal.SIGINT else signal.SIGTERM)
        elif now > self.stopped_at + grace_s():
            with contextlib.suppress(ProcessLookupError, PermissionError): os.killpg(self.pid, signal.SIGKILL)

    def drain(self, out, log):
        """What is left in the pipe; a process that still holds it is not waited for."""
        until = time.monotonic() + 1
        while time.monotonic() < until and select.select([out], [], [], 0)[0] and (piece := os.read(out, 1 << 18)): log.write(piece)

    def verdict(self, code, timed_out, log):
        """`(status, error, exit code)` of a program that has ended with `code`."""
        raised = self.folder.reason()
        said = f"{raised['type']}: {raised['message']}" if raised else f"exit code {code}" if code > 0 else f"killed by {signal.Signals(-code).name}{self.memory() if code == -9 and not self.stop else ''}" if code else None
        error = "; ".join(filter(None, [said, log.problem])) or None
        if timed_out: return "timed_out", f"took longer than {self.spec.timeout_min:g} min", code
        if self.stop and self.folder.asked_to_stop(): return "cancelled", "cancelled", code
        return "done" if code == 0 else "failed", error, code

    def memory(self):
        """What is to be said of memory when something has killed the program: the kernel tells of its own doing, in a control group."""
        return ": out of memory, it used more than it was given; ask for more with mem_gb" if oom_kills() > self.ooms else " (out of memory?)"

    def start(self, env, into):
        """The program, in a session of its own; it ends when we die."""
        argv = [w.replace("{python}", sys.executable).replace("{code}", self.spec.code).replace("{folder}", str(self.folder.path)) for w in self.spec.argv]
        cwd = next((p for p in (self.spec.cwd, self.spec.code) if p and os.path.isdir(p)), str(self.folder.path))
        sys.stdout.flush(), sys.stderr.flush()
        fault, told = os.pipe()
        if pid := os.fork():
            os.close(told)
            with open(fault, "rb") as f: problem = f.read()
            if problem: os.waitpid(pid, 0)
            if problem: raise OSError(int(problem.split(b" ", 1)[0]), f"{problem.split(b' ', 1)[1].decode()}")
            return pid
        try:
            os.setsid()
            prctl(1, int(signal.SIGKILL))
            for s in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR2, signal.SIGPIPE): signal.signal(s, signal.SIG_DFL)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0), os.dup2(into, 1), os.dup2(into, 2)
            os.chdir(cwd)
            if self.call and self.spec.kind == "function" and "call" in argv[3:5]:
                os.close(told)
                self.call(self, env)
            os.set_inheritable(told, False)
            os.execvpe(argv[0], argv, env)  # noqa: S606
        except OSError as e: os.write(told, f"{e.errno} {argv[0] if e.errno in (errno.ENOENT, errno.EACCES) else ''} {e.strerror}".encode())
        finally: os._exit(127)

    def track(self):
        """The run that records this job; a tracker that fails does not hinder it."""
        if self.run: return
        with contextlib.suppress(Exception):
            from opsnb.track.scope import Run
            spec, ws = self.spec, Workspace.open(self.folder.workspace)
            asked = {f"job.{k}": v for k, v in spec.resources().items() if v}
            self.run = Run(spec.name, {**spec.params, **asked}, {**spec.tags, "opsnb.job": spec.id, "opsnb.on": spec.on}, spec.experiment or None, spec.parent, id=spec.run, type="job", workspace=ws,
                           resume=spec.run if (ws.journal / spec.run).is_dir() else None, system_metrics_s=0, quiet=True, git=False).start()

    def leave(self, status, code, error=None):
        """End the run's record, for now or for good."""
        with contextlib.suppress(Exception):
            if self.run:
                self.run.log({f"job/{k}": v for k, v in self.meter.used().items()}, step=self.attempt)
                self.run.finish(status, error)
        return code

    def end(self, status, error=None, code=None):
        used = self.meter.used()
        for name in ("reserve", "now.json"): (self.folder.path / name).unlink(missing_ok=True)
        if self.rank == 0 and not self.run: self.track()
        self.leave(status, code, error)
        self.record("job.ended", {"status": status, "error": error, "exit_code": code, "used": used, "attempt": self.attempt})
        return 0 if status == "done" else code if code and code > 0 else 1


def prctl(option, value):
    """Linux only; elsewhere nothing happens."""
    with contextlib.suppress(OSError, AttributeError): ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def grace_s():
    """Seconds between the wish to stop and force."""
    return float(os.environ.get("OPSNB_GRACE_S") or 30)


def env_mb(folder):
    from opsnb.config import load
    try: return load(folder.workspace.parent).job_log_mb
    except OpsError: return 100


def children():
    """Our children, those adopted included, without what serves other jobs, too."""
    found = set()
    for task in os.listdir("/proc/self/task") if os.path.isdir("/proc/self/task") else ():
        with contextlib.suppress(OSError), open(f"/proc/self/task/{task}/children") as f: found |= {int(p) for p in f.read().split()}
    return {p for p in found if told(p, "comm").strip() == CALLED.decode() or not any(w in told(p, "cmdline") for w in OURS)}


def told(pid, what):
    with contextlib.suppress(OSError), open(f"/proc/{pid}/{what}") as f: return f.read()
    return ""


def end_leftovers(group):
    """End what a program has left behind, in its process group and outside; how many."""
    ended, until = set(), time.monotonic() + 5
    with contextlib.suppress(ProcessLookupError, PermissionError): os.killpg(group, signal.SIGKILL)
    while (left := children()) and time.monotonic() < until:
        for pid in left:
            with contextlib.suppress(OSError): os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(OSError):
                if os.waitpid(pid, 0)[0]: ended.add(pid)
    return len(ended)


def call(path):
    """Call the function in a job's folder; its result, or what it raised, is written there."""
    folder, _worker = Folder(path), sys.modules["__main__"]
    sys.modules["__main__"] = main = type(sys)("__main__")
    try:
        function, args, params = unpacked(folder.call.read_bytes(), "the function")
        if getattr(function, "__module__", None) == "__main__":  # a pool's workers look for its helpers there
            vars(main).update({k: v for k, v in {**getattr(function, "__globals__", {}), getattr(function, "__name__", "_"): function}.items() if not k.startswith("__")})
        try: value = function(*args, **params)
        except SystemExit as e:
            if e.code: raise
            value = None
        if hasattr(value, "__await__"):
            import asyncio
            value = asyncio.run(_awaited(value))
        if (os.environ.get("RANK") or os.environ.get("OPSNB_NODE_RANK", "0")) == "0": write_atomic(folder.result, packed(value, "the result"))
    except Exception as e:
        tell(folder, e)
        return 1
    return 0


async def _awaited(value): return await value


def tell(folder, e):
    """What was raised: on the log as Python shows it, and in a file that `result()` reads."""
    text = str(e) if isinstance(e, OpsError) else "".join(traceback.format_exception(type(e), e, _mine(e.__traceback__)))
    sys.stderr.write(f"{hidden(text).rstrip()}\n")
    said = {"type": type(e).__name__, "message": hidden(f"{e.what}: {e.given}" if isinstance(e, OpsError) and e.given else str(e))[:5000], "traceback": hidden(text)[-50_000:]}
    with contextlib.suppress(Exception):
        import base64
        if not hidden: said["pickled"] = base64.b64encode(packed(e.with_traceback(None), "the exception")).decode()
    with contextlib.suppress(OpsError): write_atomic(folder.error, json.dumps(said))


def _mine(tb): return tb.tb_next if tb and tb.tb_next and tb.tb_frame.f_code.co_filename == __file__ else tb


def called(worker, env):
    """`call` in a process that was forked from us, in place of a new interpreter; never returns."""
    code = 1
    try:
        prctl(15, ctypes.c_char_p(CALLED))
        os.environ.clear()
        os.environ.update(env)
        sys.path[:0] = [p for p in worker.paths if p not in sys.path]
        sys.argv = ["opsnb"]
        sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w", buffering=1), open(2, "w", buffering=1)
        code = call(worker.folder.path)
    except SystemExit as e:
        code = e.code if isinstance(e.code, int) else 1
        if not isinstance(e.code, int): print(e.code, file=sys.stderr)
    except BaseException: traceback.print_exc()
    finally:
        with contextlib.suppress(Exception): _at_end()
        os._exit(code)


def _at_end():
    import atexit
    import threading
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush(), sys.stderr.flush()


def main(args):
    if args[0] == "call": sys.exit(call(args[1]))
    code = Worker(args[0]).work()
    sys.stdout.flush(), sys.stderr.flush()
    os._exit(code & 255)  # what is to be delivered is the courier's; nobody waits for it here, with a GPU in hand


if __name__ == "__main__":
    main(sys.argv[1:])

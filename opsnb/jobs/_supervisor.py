"""The supervisor: starts the local jobs of one workspace and one environment, each when it is its turn.

    python -P -m opsnb.jobs._supervisor WORKSPACE ENVIRONMENT

It is started by whoever submits, holds the workspace's lock `jobs-<environment>`, and ends by itself when nothing has waited
for a while. It never computes anything and has one thread, so that each job's worker can be forked from it: everything that
a worker needs is imported then. A worker leads its own session, holds its own claim, and does not mind when we die.
"""
import contextlib
import gc
import os
import signal
import sys
import time
import traceback
from pathlib import Path

import cloudpickle  # noqa: F401 - here, so that no job has to import it
import opsnb.track.scope  # noqa: F401 - likewise
from opsnb._worker import Worker, called
from opsnb.config import load
from opsnb.errors import OpsError, Unavailable
from opsnb.jobs.folder import Folder
from opsnb.jobs.handle import Job, refresh
from opsnb.jobs.local import Claim, Queue, Slots, capacity, wake
from opsnb.show import ENDED
from opsnb.workspace import Workspace

IDLE_S = 30.0
SETTLE_S = 5.0  # how often the end of a job is looked for that others come after
AHEAD = 8  # jobs of ours that stand in the machine's line at a time


class Supervisor:
    def __init__(self, workspace, key):
        self.workspace, self.key, self.queue, self.slots, self.have = workspace, key, Queue(workspace), Slots(load(workspace.root).slots), capacity()
        self.line, self.workers, self.later, self.settled, self.heard, self.seen, self.nap = {}, {}, {}, {}, time.monotonic(), [], 0.0

    def work(self):
        """Round after round, until nothing has waited for a while."""
        while time.monotonic() - self.heard < IDLE_S and self.workspace.path.exists():
            mine, ended = [(n, job) for n, job, key in self.queue.tickets() if key == self.key], self.reap()
            if mine: self.heard = time.monotonic()
            news = self.turn(mine) or ended or mine != self.seen
            self.seen, self.nap = mine, 0.005 if news else min(self.nap * 1.2, 0.2 if mine else 0.01 if time.monotonic() - self.heard < 5 else 0.04)  # others' jobs end without a word to us
            time.sleep(self.nap)

    def turn(self, tickets):
        """Start what may start; whether anything did."""
        for name in set(self.line) - {n for n, _ in tickets}: self.line.pop(name).release()  # cancelled
        started = False
        for name, job in tickets:
            if name not in self.line and len(self.line) >= AHEAD: break
            try: started = self.tried(name, job) or started
            except Exception as e:  # one bad job must not stand in the way of all
                traceback.print_exc()
                if self.queue.take(name): Folder(self.workspace.path / "jobs" / job).append("job.ended", status="failed", error=f"could not be started: {type(e).__name__}: {e}")
        return started

    def tried(self, name, job):
        """Let a job stand in line, and start it if it is its turn; whether it was."""
        if name not in self.line and (self.later.get(name, 0) > time.monotonic() or not self.ready(name, job)): return False
        if (gpus := self.line[name].take(self.have)) is None: return False
        self.start(name, job, gpus)
        return True

    def ready(self, name, job):
        """Whether a job may stand in line: those it comes after have ended well."""
        folder = Folder(self.workspace.path / "jobs" / job)
        try: spec = folder.spec
        except OpsError: return self.queue.take(name) and False
        before = [self.settle(Job(folder.path.parent / j)) for j in spec.after]
        if any(s.status in ENDED and s.status not in ("done", "cached") for s in before):
            if self.queue.take(name): folder.append("job.ended", status="not_run", error="a job it comes after did not end well")
            return False
        if any(s.status not in ENDED for s in before):
            self.later[name] = time.monotonic() + 0.5
            return False
        self.line[name] = Claim(self.slots, name.partition(".")[0], {"job": job, "gpus": spec.gpus, "cpus": spec.cpus, "mem_gb": spec.mem_gb})
        return True

    def settle(self, job):
        """The state of a job that others come after; that its worker died without a word is found out here, perhaps nobody else looks."""
        if not job.state.over() and job.spec.on == "local" and time.monotonic() > self.settled.get(job.id, 0):
            self.settled[job.id] = time.monotonic() + SETTLE_S
            refresh([job])
        return job.state

    def start(self, name, job, gpus):
        claim = self.line.pop(name)
        if not self.queue.take(name): return claim.release()
        gc.freeze()
        try: pid = os.fork()
        except OSError:  # no process to be had now
            (self.queue.folder / name).touch()
            return claim.release()
        if pid == 0: self.supervise(job, claim, gpus)
        claim.release(keep=True)
        self.workers[pid] = job

    def supervise(self, job, claim, gpus):
        """In the fork: be the job's worker to its end, then give back what it held."""
        code = 1
        try:
            os.setsid()
            keep = sorted({0, 1, 2, claim.fd})
            for low, high in zip(keep, [*keep[1:], 4096], strict=True): os.closerange(low + 1, high)
            folder = self.workspace.path / "jobs" / job
            out = os.open(folder / "worker.log", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o644)
            os.dup2(out, 1), os.dup2(out, 2), os.close(out)
            if Folder(folder).spec.environment != "same": self.become(folder, claim, gpus)
            worker = Worker(folder, gpus, call=self.caller(folder, claim))
            code = worker.work()
        except BaseException: traceback.print_exc()
        finally:
            with contextlib.suppress(BaseException): sys.stderr.flush(), sys.stdout.flush()
            with contextlib.suppress(BaseException): claim.release()
            with contextlib.suppress(BaseException): wake(self.workspace)
            os._exit(code & 255)

    def become(self, folder, claim, gpus):
        """In another environment the worker is another program; it goes on holding the claim."""
        os.set_inheritable(claim.fd, True)
        os.environ |= {"OPSNB_CLAIM_FD": str(claim.fd), "OPSNB_HOME": str(self.workspace.path), "CUDA_VISIBLE_DEVICES": ",".join(gpus)}
        command = Job(folder).command()
        os.execvp(command[0], command)  # noqa: S606

    def caller(self, folder, claim):
        """A function is called in a fork of the worker, where that is the same as in a new interpreter."""
        spec = Folder(folder).spec
        if spec.python != sys.executable or any(k.startswith(("PYTHON", "LD_", "MALLOC_")) for k in spec.env): return None
        def call(worker, env):
            os.close(claim.fd)
            called(worker, env)
        return call

    def reap(self):
        """Take leave of the workers that have ended; whether there were any."""
        before = len(self.workers)
        with contextlib.suppress(ChildProcessError):
            while (pid := os.waitpid(-1, os.WNOHANG)[0]): self.workers.pop(pid, None)
        return len(self.workers) < before


def main(path, key):
    workspace = Workspace(Path(path))
    for s in (signal.SIGINT, signal.SIGHUP): signal.signal(s, signal.SIG_IGN)
    while workspace.path.exists():
        try:
            with workspace.lock(f"jobs-{key}", timeout_s=0): Supervisor(workspace, key).work()
        except Unavailable: return  # another one is at work
        if not any(k == key for _, _, k in Queue(workspace).tickets()): return  # who queues after this look finds the lock free


if __name__ == "__main__":
    os.environ.setdefault("OPSNB_HOME", sys.argv[1])
    main(*sys.argv[1:])

"""What Slurm starts for a job, on each of its nodes: the worker, told in our words what Slurm knows.

    python -P -m opsnb.jobs._slurm_task FOLDER           a job
    python -P -m opsnb.jobs._slurm_task FOLDERS          an element of an array: FOLDERS is a file with one folder a line

Slurm itself queues again what it preempts and what was on a node that went down. A program that leaves with exit code 85
for another reason (its time is nearly over, or it wants so) is queued again from here: few clusters are set up to do that.
"""
import os
import signal
import sys
from pathlib import Path

from opsnb._worker import AGAIN, Worker
from opsnb.errors import OpsError
from opsnb.workspace import write_atomic

SAID = "node.{}.failed.{}"  # file in a job's folder: what a node other than the first has to say in this start of the job


def start(): return f"{os.environ['SLURM_JOB_ID']}-{os.environ.get('SLURM_RESTART_COUNT') or 0}"


class Task(Worker):
    def watched(self, env):
        """As the worker's; the first node hears when another one has failed, and stops."""
        if self.rank or self.spec.nodes == 1: return super().watched(env)
        signal.signal(signal.SIGALRM, lambda *_: self.said() and self._asked(signal.SIGTERM, None))
        signal.setitimer(signal.ITIMER_REAL, 0.3, 0.3)
        try: return super().watched(env)
        finally: signal.setitimer(signal.ITIMER_REAL, 0)

    def said(self):
        """What another node has said before it gave up, or None."""
        if self.rank == 0 and self.spec.nodes > 1: return next((f"node {p.name.split('.')[1]}: {p.read_text()}" for p in sorted(self.folder.path.glob(SAID.format("*", start())))), None)

    def verdict(self, code, timed_out, log):
        """As the worker's, and: who ends well when asked to stop is done; who is told that time is nearly over and does not save has timed out."""
        status, error, code = super().verdict(code, timed_out, log)
        if status == "cancelled": return status, error, code
        if said := self.said():
            self.stop, self.failures = None, self.spec.retries
            return "failed", said, 1
        if self.stop is None or code == AGAIN: return status, error, code
        if code == 0: self.stop = None
        elif self.stop == signal.SIGUSR2: status, error = "timed_out", "the time that Slurm gives it was nearly over, and it did not save and leave with exit code 85"
        return status, error, code

    def end(self, status, error=None, code=None):
        """Only the first node speaks for the job; Slurm ends the others with it, not it with them."""
        if self.rank == 0: return super().end(status, error, code)
        if status not in ("done", "cancelled"): write_atomic(self.folder.path / SAID.format(self.rank, start()), error or status)
        return 0


def folder_of(path):
    return path if os.path.isdir(path) else Path(path).read_text().splitlines()[int(os.environ["SLURM_ARRAY_TASK_ID"])]


def work(path):
    """Be the worker of a job; the exit code for Slurm."""
    folder = folder_of(path)
    rank = int(os.environ.get("SLURM_NODEID") or 0)
    os.environ.update(OPSNB_NODE_RANK=str(rank), OPSNB_REQUEUE="1", OPSNB_JOB=Path(folder).name)
    os.environ.setdefault("OPSNB_GRACE_S", "25")  # a bit less than the 30 s that Slurm waits by default
    try: task = Task(folder)
    except OpsError as e: return print(e, file=sys.stderr) or 2
    code = task.work()
    if code == AGAIN and task.stop != signal.SIGTERM and rank == 0:
        import subprocess  # seldom needed, and each element of an array would import it
        subprocess.run(["scontrol", "requeue", os.environ["SLURM_JOB_ID"]], stdout=sys.stderr)
    return 0 if code == AGAIN and rank else code


if __name__ == "__main__":
    ended_with = work(sys.argv[1])
    sys.stdout.flush(), sys.stderr.flush()
    os._exit(ended_with & 255)

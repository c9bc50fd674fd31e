"""What Slurm starts for a job, on each of its nodes: the worker, told in our words what Slurm knows.

    python -P -m opsnb.jobs._slurm_task FOLDER           a job
    python -P -m opsnb.jobs._slurm_task FOLDERS          an element of an array: FOLDERS is a file with one folder a line

Slurm itself queues again what it preempts and what was on a node that went down. A program that leaves with exit code 85
for another reason (its time is nearly over, or it wants so) is queued again from here: few clusters are set up to do that.
"""
import os
import signal
import subprocess
import sys
from pathlib import Path

from opsnb._worker import AGAIN, Worker
from opsnb.errors import OpsError

SAID = "node.{}.failed"  # file in a job's folder: what a node other than the first has to say


class Task(Worker):
    def verdict(self, code, timed_out, log):
        """As the worker's, and: who ends well when asked to stop is done; who is told that time is nearly over and does not save has timed out."""
        said = next((p for p in sorted(self.folder.path.glob(SAID.format("*"))) if self.rank == 0), None)
        status, error, code = super().verdict(code, timed_out, log)
        if status == "cancelled" or self.stop is None or code == AGAIN: return status, error, code
        if code == 0: self.stop = None
        elif said is not None: self.stop, status, error = None, "failed", f"node {said.name.split('.')[1]}: {said.read_text()}"  # for it Slurm ends the others
        elif self.stop == signal.SIGUSR2: status, error = "timed_out", "the time that Slurm gives it was nearly over, and it did not save and leave with exit code 85"
        return status, error, code

    def end(self, status, error=None, code=None):
        if self.rank == 0: return super().end(status, error, code)
        if status not in ("done", "cancelled"): (self.folder.path / SAID.format(self.rank)).write_text(error or status)
        return 0 if status == "done" else code if code and code > 0 else 1


def folder_of(path):
    return path if os.path.isdir(path) else Path(path).read_text().splitlines()[int(os.environ["SLURM_ARRAY_TASK_ID"])]


def work(path):
    """Be the worker of a job; the exit code for Slurm."""
    folder = folder_of(path)
    rank = int(os.environ.get("SLURM_NODEID") or 0)
    os.environ.update(OPSNB_NODE_RANK=str(rank), OPSNB_REQUEUE="1", OPSNB_JOB=Path(folder).name)
    os.environ.setdefault("OPSNB_GRACE_S", "25")  # a bit less than the 30 s that Slurm waits by default
    if rank == 0:
        for p in Path(folder).glob(SAID.format("*")): p.unlink()
    try: task = Task(folder)
    except OpsError as e: return print(e, file=sys.stderr) or 2
    code = task.work()
    if code == AGAIN and task.stop != signal.SIGTERM and rank == 0: subprocess.run(["scontrol", "requeue", os.environ["SLURM_JOB_ID"]], stdout=sys.stderr)
    return 0 if code == AGAIN and rank else code


if __name__ == "__main__":
    ended_with = work(sys.argv[1])
    sys.stdout.flush(), sys.stderr.flush()
    os._exit(ended_with & 255)

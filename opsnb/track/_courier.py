"""The courier: delivers the journals of one workspace in the background. `deliver.wake` starts it; it ends by itself.

It holds the workspace's lock `courier`, so there is one per workspace. It ends when nothing has happened for a while,
when the sinks keep failing, or when the workspace is gone. What is left then is delivered when the next run starts, or
by `opsnb sync`.
"""
import sys
import time
from pathlib import Path

from opsnb import plug
from opsnb.errors import Unavailable
from opsnb.journal import alive
from opsnb.track.deliver import Head, deliver, files, pending
from opsnb.workspace import Workspace

IDLE_S = 30.0      # stay this long after the last work: the next cell's run finds MLflow already imported
SILENT_S = 600.0   # and this long while a run is alive but writes nothing
FAILURES = 6       # tries in a row after which a failing sink is left alone


class Courier:
    def __init__(self, workspace):
        self.workspace, self.sinks, self.heads, self.sizes, self.left = workspace, {}, {}, {}, set()
        self.heard = time.monotonic()

    def work(self):
        """Round after round until it is time to go; then `left` holds the runs that stay pending."""
        while not self.round():
            time.sleep(0.1 if time.monotonic() - self.heard < 5 else 0.5)

    def round(self):
        """Deliver what is new; says whether it is time to go."""
        runs = pending(self.workspace)
        done = [d for run in runs for d in self.deliver(run)]
        self.left = set(runs)
        if not self.workspace.path.exists() or done and all(d.tries >= FAILURES for d in done):
            return True
        living = any(alive(f) for run in runs for f in files(self.workspace.journal / run))
        return time.monotonic() - self.heard > (SILENT_S if living else IDLE_S)

    def deliver(self, run):
        folder = self.workspace.journal / run
        size = sum(f.stat().st_size for f in files(folder))
        if size != self.sizes.get(run):
            self.sizes[run], self.heard = size, time.monotonic()
        return deliver(self.workspace, run, self.sink, self.heads.setdefault(run, Head(folder)))

    def sink(self, name, to):
        if (name, to) not in self.sinks:
            self.sinks[name, to] = plug.backend("sink", name)(self.workspace, to)
        return self.sinks[name, to]


def main(path):
    workspace = Workspace(Path(path))
    courier = Courier(workspace)
    while workspace.path.exists():
        try:
            with workspace.lock("courier", timeout_s=0):
                courier.work()
        except Unavailable:
            return  # another courier is at work
        if set(pending(workspace)) <= courier.left:
            break  # who marks a run after this look finds the lock free and starts another courier
    for sink in courier.sinks.values():
        sink.close()


if __name__ == "__main__":
    main(sys.argv[1])

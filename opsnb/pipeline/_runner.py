"""The mechanism of `opsnb.pipeline`: start a step when all it needs is done, hear when it has ended, take the interrupt.

The main thread only coordinates. Each running step is a thread that drives its notebook; the work itself is in the kernels.
"""
import queue
import time
from concurrent.futures import ThreadPoolExecutor

from opsnb._interrupt import on_interrupt
from opsnb.engine import run_notebook
from opsnb.errors import OpsError
from opsnb.pipeline.file import resolved
from opsnb.pipeline.state import StepRun


class Runner:
    def __init__(self, spec, params, run, out, show, kernel, workers, secrets=None):
        self.secrets = secrets or {}
        self.spec, self.params, self.run, self.out, self.show, self.kernel, self.workers = spec, params, run, out, show, kernel, workers
        self.steps = {id: StepRun(id, s.needs) for id, s in spec.steps.items()}
        self.events, self.watches, self.stopping = queue.Queue(), {}, False

    def go(self):
        """Until every step has ended or cannot run."""
        with ThreadPoolExecutor(self.workers, thread_name_prefix="opsnb-step") as pool, on_interrupt(self.stop):
            while True:
                self._start_ready(pool)
                if not any(s.status == "running" for s in self.steps.values()): return
                try: self._heard(self.events.get(timeout=0.5))
                except queue.Empty: self.show()

    def _start_ready(self, pool):
        running = sum(s.status == "running" for s in self.steps.values())
        for id, s in self.steps.items():
            if s.status != "queued": continue
            needs = [self.steps[n].status for n in s.needs]
            if self.stopping or any(n not in ("queued", "running", "done", "cached") for n in needs):
                s.status, s.error = "not_run", "stopped" if self.stopping else "a step it needs did not end well"
            elif all(n in ("done", "cached") for n in needs) and running < self.workers:
                s.status, s.began, running = "running", time.monotonic(), running + 1
                self.run.record("step.started", {"step": id})
                pool.submit(self._work, s, self.spec.steps[id])
        self.show(force=True)

    def _heard(self, event):
        """A step's thread says that it has ended."""
        s, result = event
        s.status, s.error, s.duration_s = result.status, result.error, time.monotonic() - s.began
        self.run.record("step.finished", s.to_dict())

    def stop(self):
        """End all running notebooks; what has not begun will not."""
        self.stopping = True
        for watch in list(self.watches.values()): watch.stop("cancelled", "interrupted")

    def _work(self, s, step):
        """One step with its retries, in a thread."""
        result = None
        try:
            for s.attempt in range(1, step.retries + 2):
                result = s.notebook = self._attempt(s, step)
                if result.status in ("done", "cancelled") or self.stopping: break
        except BaseException as e: result = Broken(e)
        self.events.put((s, result))

    def _attempt(self, s, step):
        def heard(watch):
            self.watches[s.id] = watch
            if self.stopping: watch.stop("cancelled", "interrupted")
        def tell(index, n): s.cell = (index + 1, n)
        values = {"params": self.params, "secrets": self.secrets, **{id: other.values for id, other in self.steps.items()}}
        name = s.id if s.attempt == 1 else f"{s.id} (attempt {s.attempt})"
        out = self.out / f"{s.id}{'' if s.attempt == 1 else f'.{s.attempt}'}.ipynb"
        try: params = resolved(step.params, values)
        except KeyError as e: raise OpsError(f"Step {s.id!r} needs a value that was not published: {e}", allowed={k: list(v) for k, v in values.items() if v}) from None
        return run_notebook(step.notebook, params, out, step.timeout_min and step.timeout_min * 60, kernel=step.kernel or self.kernel, name=name, type="step",
                            experiment=self.run.state.experiment, parent=self.run.id, check=False, workspace=self.run.workspace, tell=tell, on_watch=heard)


class Broken:
    """The result of a step that could not even be tried."""
    def __init__(self, e): self.status, self.error, self.failure = "failed", str(e) if isinstance(e, OpsError) else f"{type(e).__name__}: {e}", e

"""The mechanism of `opsnb.pipeline`: start a step when all it needs is done, hear when it has ended, take the interrupt.

The main thread only coordinates. Each running step is a thread that drives its notebook; the work itself is in the kernels.
"""
import heapq
import queue
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from opsnb._interrupt import on_interrupt
from opsnb.engine import NotebookRun, kernel_for, run_notebook
from opsnb.errors import OpsError
from opsnb.journal import records
from opsnb.params import load_notebook
from opsnb.pipeline._elsewhere import Elsewhere
from opsnb.pipeline.expand import holds
from opsnb.pipeline.fingerprint import Kept, decide, digest, seen, waits_only
from opsnb.pipeline.state import StepRun
from opsnb.track.scope import Run

ENDED_WELL = ("done", "cached")
MOST_JOBS = 256  # of one pipeline at a time
BEGUN, LATER = object(), object()  # what a step's thread says instead of a result: its job is with its engine; it is not its turn yet


class Runner:
    def __init__(self, spec, params, run, out, show, kernel, workers, results, how, imports=None):
        self.spec, self.params, self.run, self.out, self.show, self.kernel, self.workers = spec, params, run, out, show, kernel, workers
        self.results, self.how, self.imports, self.kept, self.failures, self.elsewhere = results, how, imports, {}, {}, Elsewhere(spec, run, out, kernel, lambda s: self.events.put((s, BEGUN, None)))
        self.steps = {id: StepRun(id, s.needs) for id, s in spec.steps.items()}
        self.events, self.watches, self.halt = queue.Queue(), {}, threading.Event()
        self.attempts = {r.data["step"]: r.data["run"] for r in records(run.folder, kinds="step.attempted")}  # of this run before it was resumed
        self.made, self.early = {}, set()  # fingerprints of steps that were judged; steps that were handed over before what they wait for had ended
        self.after, self.open, self.place, self.ready, self.ready_jobs, self.running, self.here = {id: [] for id in self.steps}, {}, {}, [], [], 0, 0  # here: running ones that are no jobs

    @property
    def stopping(self): return self.halt.is_set()

    def go(self):
        """Until every step has ended or cannot run."""
        for n, (id, s) in enumerate(self.steps.items()):
            self.open[id], self.place[id] = len(s.needs), n
            for need in s.needs: self.after[need].append(id)
            if self.how.get(id) == "skip": s.status, s.why, s.left_out = "not_run", "not asked for", True
        for id, s in self.steps.items():
            if s.status != "queued": self._ended(id)
            elif not s.needs and not self._ready(s): self._ended(id)
        jobs = sum(bool(s.on) for s in self.spec.steps.values())  # they wait elsewhere, and take no place here
        with ThreadPoolExecutor(self.workers + min(jobs, MOST_JOBS), thread_name_prefix="opsnb-step") as pool, on_interrupt(self.stop):
            while True:
                self._start_ready(pool)
                if not self.running: return
                try: self._heard(*self.events.get(timeout=0.5))
                except queue.Empty: self.show()

    def _start_ready(self, pool):
        if self.stopping:
            for s in self.steps.values():
                if s.status == "queued": s.status, s.error, self.ready = "not_run", "stopped", []
            self.ready_jobs = []
        while self.ready_jobs or self.ready and self.here < self.workers:
            s = self.steps[heapq.heappop(self.ready_jobs or self.ready)[1]]
            s.status, s.began, self.running, self.here = "running", time.monotonic(), self.running + 1, self.here + self._places(s)
            needs = self._missing(s) if s.id in self.early else []
            self.run.record("step.started", {"step": s.id, **({"after": needs} if needs else {})})
            pool.submit(self._work, s, self.spec.steps[s.id], needs)
        self.show()

    def _missing(self, s): return [n for n in s.needs if self.steps[n].status not in ENDED_WELL]

    def _early(self, id):
        """A step's job is with its engine: so may be those that wait only for its end, and for that of others there."""
        for s in (self.steps[n] for n in self.after[id]):
            step, needs = self.spec.steps[s.id], self._missing(s)
            if s.status != "queued" or s.id in self.early or not step.on or self.how.get(s.id) == "take" or self.stopping: continue
            if not all(n in self.made and self.steps[n].status == "running" for n in needs) or not self.elsewhere.takes_after(step, needs): continue
            if waits_only(self.spec, step, needs):
                self.early.add(s.id)
                if not self._ready(s): self._ended(s.id)

    def _later(self, s):
        """A step that was too early, or whose job did not run because another had not ended well: its turn is when all it needs has."""
        bad = any(self.steps[n].status not in (*ENDED_WELL, "queued", "running") for n in s.needs)
        s.status, s.began, s.where, self.running, self.open[s.id] = "queued", None, "", self.running - 1, len(self._missing(s))
        if bad: s.status, s.error = "not_run", "a step it needs did not end well"
        if bad or not self.open[s.id] and not self._ready(s): self._ended(s.id)

    def _ended(self, id):
        """A step has ended: those that wait for it are ready, wait for others, too, or cannot run; so on to those that wait for them."""
        todo = [id]
        for id in todo:
            for s in (self.steps[n] for n in self.after[id]):
                if s.status != "queued": continue
                if self.steps[id].status in ENDED_WELL:
                    self.open[s.id] -= 1
                    if self.open[s.id]: self._early(next(n for n in s.needs if self.steps[n].status not in ENDED_WELL))
                    if self.open[s.id] or self._ready(s): continue
                elif self.how.get(s.id) == "take": continue
                else:
                    s.left_out = any(self.steps[n].left_out for n in s.needs)
                    s.status, s.error = "not_run", "a step it needs was left out" if s.left_out else "a step it needs did not end well"
                todo.append(s.id)

    def _ready(self, s):
        """Whether a step runs next, in the order of the file, now that nothing is missing; if not, it has ended."""
        if holding := self._holds(s, self.spec.steps[s.id]): heapq.heappush(self.ready if self._places(s) else self.ready_jobs, (self.place[s.id], s.id))
        return holding

    def _places(self, s): return 0 if self.spec.steps[s.id].on else 1

    def _holds(self, s, step):
        """Whether the step's condition is true; if not, that is its end."""
        try:
            if not step.when or self.how.get(s.id) or holds(step.when, seen(self.spec, self.params, {id: k.values for id, k in self.kept.items()})): return True
            s.status, s.why, s.left_out = "not_run", f"when: {step.when}", True
        except OpsError as e: s.status, s.error = "failed", str(e)
        return False

    def _heard(self, s, result, kept):
        """A step's thread says that it has ended, or that its job is with its engine, or comes too early."""
        if result is BEGUN: return self._early(s.id)
        if result is LATER: return self._later(s)
        s.status, s.error, s.duration_s, self.failures[s.id] = result.status, result.error, time.monotonic() - s.began, result.failure
        self.watches.pop(s.id, None)
        if kept:
            self.kept[s.id] = kept
            if self.how.get(s.id) != "take": self.results.hand_on(s.id, kept)
        self.running, self.here = self.running - 1, self.here - self._places(s)
        self.run.record("step.cached" if s.status == "cached" else "step.finished", {**s.to_dict(), "digest": kept.digest if kept else None})
        self._ended(s.id)

    def stop(self):
        """End all running notebooks; what has not begun will not."""
        self.halt.set()
        for watch in list(self.watches.values()): watch.stop("cancelled", "interrupted")
        self.elsewhere.stop()

    def _work(self, s, step, needs=()):
        """One step, in a thread: its earlier result, or a run with its retries. `needs`: steps whose end it waits for at its engine."""
        result = kept = None
        try:
            kernel = kernel_for(load_notebook(step.notebook), step.kernel or self.kernel, step.notebook.name)
            done = {**{n: Kept(n, self.made[n].digest, {}, "", "") for n in needs}, **self.kept}
            decided = decide(self.spec, step, self.params, done, self.results, kernel, self.how.get(step.id, ""))
            s.why, kept, self.made[s.id] = decided.why, decided.kept, decided.fingerprint
            if kept and needs: kept, result = None, LATER  # an earlier result counts only when they have ended well
            elif kept: result = s.notebook = self._taken(s, step, kept)
            elif step.on: result = s.notebook = self.elsewhere.work(s, step, decided.params, decided.env, decided.fingerprint.digest, needs) or LATER
            else: result = self._tries(s, step, decided.params, decided.env)
            s.why = getattr(result, "why", "") or s.why
            if result is LATER: s.notebook = None
            elif result.status == "done": kept = self._keep(step, decided.fingerprint, result)
        except BaseException as e: result = Broken(e)
        self.events.put((s, result, kept))

    def _taken(self, s, step, kept):
        """A run that only says where the result came from; none for what a part of the same scheduler's run has recorded."""
        if self.results.handed and self.how.get(s.id) == "take": return NotebookRun(kept.run, str(step.notebook), "cached", kept.path, kept.values)
        run = Run(s.id, None, {"cached_from": kept.run}, self.run.state.experiment, self.run.id, type="step", source={"notebook": str(step.notebook), "script": None},
                  workspace=self.run.workspace, system_metrics_s=0, quiet=True, git=False, delivery=self.run.config.delivery)
        run.start().finish("cached")
        return NotebookRun(run.id, str(step.notebook), "cached", kept.path, kept.values)

    def _keep(self, step, made, result):
        files = {result.values[n]: digest(result.values[n]) for n in result.files}
        kept = Kept(step.id, made.digest, made.parts, result.id, result.path, result.values, files, result.duration_s, time.time())
        self.results.keep(kept)
        return kept

    def _tries(self, s, step, params, env):
        for s.attempt in range(1, step.retries + 2):
            result = s.notebook = self._attempt(s, step, params, env)
            if result.status in ("done", "cancelled") or s.attempt > step.retries: return result
            if self.halt.wait(step.retry_wait_s * 2 ** (s.attempt - 1) * random.uniform(0.9, 1.1)): return result  # noqa: S311 - spreads retries, keeps no secret

    def _attempt(self, s, step, params, env):
        def heard(watch):
            self.run.record("step.attempted", {"step": s.id, "run": watch.run})
            self.watches[s.id], self.attempts[s.id] = watch, watch.run
            if self.stopping: watch.stop("cancelled", "interrupted")
        def tell(index, n): s.cell = (index + 1, n)
        name = s.id if s.attempt == 1 else f"{s.id} (attempt {s.attempt})"
        last = self.attempts.get(s.id)
        resume = last if last and (self.run.workspace.path / "cache" / "checkpoints" / last).exists() else None
        return run_notebook(step.notebook, params, self._free_name(s.id), step.timeout_min and step.timeout_min * 60, kernel=step.kernel or self.kernel, name=name, type="step",
                            experiment=self.run.state.experiment, parent=self.run.id, check=False, workspace=self.run.workspace, tell=tell, on_watch=heard, imports=self.imports, resume=resume, env=env)

    def _free_name(self, id):
        """Where the executed notebook goes: earlier attempts stay."""
        names = (self.out / f"{id}{f'.{n}' if n > 1 else ''}.ipynb" for n in range(1, 10_000))
        return next(p for p in names if not p.exists())


class Broken:
    """The result of a step that could not even be tried."""
    def __init__(self, e): self.status, self.error, self.failure = "failed", str(e) if isinstance(e, OpsError) else f"{type(e).__name__}: {e}", e

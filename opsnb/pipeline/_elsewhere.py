"""The mechanism of `opsnb.pipeline` for steps with `on:`: each is a job; one thread asks after all of them at once.

A job has a key made of the pipeline's run and what the step is made of. So a pipeline that is resumed after its runner was
killed finds its jobs again: what has ended well is taken, what still runs is waited for, what failed is retried from its
checkpoint.

A step that takes nothing of others but their end is handed over as soon as they are, when all are on one back-end that lets
jobs come after others: it stands in the queue meanwhile, and its turn comes also when the pipeline's runner dies.
"""
import os
import shutil
import threading
import time

from opsnb.engine import NotebookRun
from opsnb.errors import OpsError
from opsnb.jobs.array import handed_over
from opsnb.jobs.handle import JobFailed, hand_over, refresh
from opsnb.jobs.submission import drawn_up, offered
from opsnb.params import load_notebook, published
from opsnb.pipeline.file import secret_place
from opsnb.plug import backend
from opsnb.secrets import Secret
from opsnb.show import ENDED

EVERY_S = 0.3
MOST_AFTER = 200  # jobs that one comes after; their numbers stand in one word for the engine
TOGETHER_S = 0.5  # elements of a foreach that come within such a time of each other are one array


def sources(spec, step, params):
    """`(params, env)` to hand over: in place of each secret where it comes from, for a job's words can be read by many."""
    given, env = dict(params), {}
    for name, value in params.items():
        if not isinstance(value, Secret): continue
        source = secret_place(spec, step.params.get(name, ""))
        if source is None: raise OpsError(f"Step {step.id!r} runs on {step.on}, and its parameter {name!r} has a secret inside other text", allowed="${secrets.NAME} alone", hint="put the text together in the notebook")
        if source.startswith("env:"): env[source[4:]] = source
        given[name] = source
    return given, env


class Batch:
    """Elements of a foreach that are about to be handed over; the first one's thread does it for all."""

    def __init__(self): self.jobs, self.last, self.over, self.error = [], 0.0, threading.Event(), None

    def go(self, engine, size, close, lock):
        """Wait for the others: for all of them, or until no more come; those that have an earlier result do not come."""
        while len(self.jobs) < size and time.monotonic() < self.last + TOGETHER_S: time.sleep(0.02)
        with lock: close()
        try: handed_over(engine, self.jobs)
        except BaseException as e: self.error = e
        finally: self.over.set()


class Elsewhere:
    """The jobs of one pipeline run."""

    def __init__(self, spec, run, out, kernel, begun=lambda s: None):
        self.there, self.tell = {}, begun  # the jobs that their engines have, by step; whom to tell of a new one
        self.spec, self.run, self.out, self.kernel, self.jobs, self.stuck, self.lock, self.thread, self.halted = spec, run, out, kernel, {}, {}, threading.Lock(), None, threading.Event()
        self.batches, self.groups = {}, {id: (name, len(ids)) for name, ids in spec.groups.items() for id in ids}  # of each step of a foreach: its group, and how many there are

    def takes_after(self, step, needs):
        """Whether a step's back-end can keep its job until those of `needs` have ended."""
        return len(needs) <= MOST_AFTER and all(n in self.there and self.there[n].spec.on == step.on for n in needs) and "dependencies" in backend("job", step.on).features

    def work(self, s, step, params, env, key, needs=()):
        """Run a step as a job, after those of the steps `needs`; its result, as of a notebook that ran here, or None when one of those did not end well."""
        given, theirs = sources(self.spec, step, params)
        env = theirs | {k: secret_place(self.spec, step.env[k]) if isinstance(v, Secret) else v for k, v in env.items()}
        words = [w for option, v in (("--kernel", step.kernel or self.kernel), ("--experiment", self.run.state.experiment)) if v for w in (option, v)]
        made, engine, _ = drawn_up(self.run.workspace, step.notebook, words, given, step.on, {}, timeout_min=step.timeout_min, env=env, name=step.id, key=f"{self.run.id}/{step.id}/{key}",
                                   engine=step.engine, tags={"opsnb.step": step.id}, parent=self.run.id, after=[self.there[n] for n in needs], **step.resources)
        job, new = offered(self.run.workspace, made)
        try:
            if new: self._hand_over(step, engine, job)
            if job.status in ENDED and job.shown != "done": job = job.retry()
        except OpsError:
            if any(self.there[n].done() and self.there[n].shown != "done" for n in needs): return None
            raise
        self.there[step.id] = job
        self.tell(s)
        for s.attempt in range(1, step.retries + 2):
            self._wait(s, job)
            if job.shown == "not_run": return None
            if job.shown in ("done", "cancelled") or s.attempt > step.retries or self.halted.wait(step.retry_wait_s * 2 ** (s.attempt - 1)): break
            job = job.retry()
        return self._result(s, step, job)

    def _hand_over(self, step, engine, job):
        """Give a new job to its engine; the elements of a foreach together, where there are arrays."""
        if step.id not in self.groups or not hasattr(engine, "submit_many"): return hand_over(job)
        spec, (group, size) = job.spec, self.groups[step.id]
        alike = repr((group, spec.on, spec.resources(), spec.engine, spec.env, spec.code, spec.python, spec.after))  # what an array's elements share
        with self.lock:
            batch = self.batches.setdefault(alike, Batch())
            batch.jobs.append(job)
            batch.last = time.monotonic()
        if batch.jobs[0] is job: batch.go(engine, size, lambda: self.batches.pop(alike), self.lock)
        batch.over.wait()
        if batch.error: raise batch.error

    def _wait(self, s, job):
        """Until the job has ended. One thread asks for all of them."""
        over = threading.Event()
        with self.lock:
            self.jobs[s.id] = (s, job, over)
            if self.thread is None:
                self.thread = threading.Thread(target=self._look, name="opsnb-elsewhere", daemon=True)
                self.thread.start()
        if self.halted.is_set(): job.cancel()
        over.wait()

    def _look(self):
        while True:
            with self.lock:
                found = list(self.jobs.values())
                if not found:
                    self.thread = None
                    return
            refresh([job for _, job, _ in found])
            for s, job, over in found:
                s.where = f"{job.id} {job.shown} on {job.spec.on}"
                try: job.check_turn()
                except OpsError as e:  # the pipeline is a job itself, and holds what this one needs
                    self.stuck[job.id] = e
                    job.cancel()
                if job.state.over():
                    with self.lock: self.jobs.pop(s.id)
                    over.set()
            time.sleep(EVERY_S)

    def stop(self):
        """Cancel all jobs that have not ended."""
        self.halted.set()
        with self.lock: found = [job for _, job, _ in self.jobs.values()]
        for job in found: job.cancel()

    def _result(self, s, step, job):
        """What came of a job, with a copy of its executed notebook beside those of the other steps."""
        made, state, path = job.folder.notebook, job.state, self.out / f"{s.id}.ipynb"
        if made.exists():
            path.unlink(missing_ok=True)
            try: os.link(made, path)
            except OSError: shutil.copyfile(made, path)
        executed = load_notebook(path) if made.exists() else {"cells": []}
        values, files = published(executed)
        raised = next((f"{o['ename']}: {o['evalue']}" for c in executed["cells"] for o in c.get("outputs", []) if o["output_type"] == "error"), None)
        if stuck := self.stuck.get(job.id): return NotebookRun(job.run, str(step.notebook), "failed", str(path), {}, [], str(stuck), 0.0, failure=stuck, why=f"{job.id} on {step.on}")
        status = "done" if job.shown == "done" else "cancelled" if job.shown == "cancelled" else "timed_out" if job.shown == "timed_out" else "failed"
        error = None if status == "done" else raised or state.error
        failure = None if status == "done" else JobFailed(f"{step.notebook.name} on {step.on} {job.shown}: {error}", given=job.id, hint=f"opsnb logs {job.id}")
        return NotebookRun(job.run, str(step.notebook), status, str(path), values, sorted(files), error, (state.ended or time.time()) - (state.started or state.submitted or time.time()), failure=failure, why=f"{job.id} on {step.on}")

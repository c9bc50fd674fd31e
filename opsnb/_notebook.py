"""The mechanism of `opsnb.engine`: a notebook client that tells the truth about how each cell ended.

papermill 2.7 marks cells "completed" when the kernel was killed, timed out or never ran. Here every cell gets the state
it deserves, in the notebook's metadata as in the journal: done (papermill's word "completed"), failed, timed_out,
cancelled or not_run. The work is done on an event loop in a thread of its own, so that it is the same in a script, in
a kernel (whose loop is running) and in a pipeline's worker, and so that anybody may call `stop` from outside.
"""
import asyncio
import contextlib
import logging
import shutil
import signal
import sys
import tempfile
import threading
import time
from importlib.metadata import EntryPoint
from pathlib import Path

from opsnb import _grammar  # noqa: F401  before nbformat
import nbformat
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import KernelProvisionerFactory
from nbclient.exceptions import CellExecutionError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NotebookExecutionManager
from papermill.iorw import papermill_io

from opsnb import kernels
from opsnb._interrupt import on_interrupt
from opsnb.workspace import write_atomic

HERE = "opsnb-current"  # kernel name for "the interpreter that runs us"
SCHEME = "opsnb+file://"
WARM, COLD = "opsnb-warm", "local-provisioner"
LOG = logging.getLogger("opsnb.notebook")
LOG.addHandler(logging.NullHandler())  # what goes wrong is told by `Ended`, not twice on the terminal
GRACE_S = 5.0           # time an interrupted cell has to clean up
CLOSE = """
import sys as _s
if (_m := _s.modules.get("opsnb.track.scope")): _m.end_all({status!r}, {error!r})
if (_m := _s.modules.get("mlflow")):
    while _m.active_run(): _m.end_run({mlflow!r})
"""


class WholeFiles:
    """papermill's way to files, for paths that begin with `SCHEME`: written whole or not at all."""

    def read(self, path): return Path(path.removeprefix(SCHEME)).read_text(encoding="utf-8")
    def write(self, text, path): write_atomic(path.removeprefix(SCHEME), text)
    def listdir(self, path): return [f"{SCHEME}{p}" for p in Path(path.removeprefix(SCHEME)).iterdir()]
    def pretty_path(self, path): return path.removeprefix(SCHEME)


class Ended(Exception):
    """How a notebook ended, other than well: `status`, `reason`, whether it ever started, whether its kernel died."""

    def __init__(self, status, reason, started=True, dead=False):
        super().__init__(reason)
        self.status, self.reason, self.started, self.dead = status, reason, started, dead


papermill_io.register(SCHEME, WholeFiles())


class Watch:
    """What the caller of the engine hears and says: cells as they start and end, and `stop`."""

    def cell_started(self, index, n): """A cell begins, `index` (from 0) of `n`."""

    def cell_finished(self, index, status, seconds, error): """A cell has ended; `status` as in `show.STATES`."""

    def kernel_started(self, how, why): """The kernel runs; `how`: warm or cold, and `why` if somebody wanted it otherwise."""

    def __init__(self):
        self.stopped, self.ended, self._client = None, None, None

    def stop(self, status="cancelled", reason="stopped on request"):
        """End the notebook now: the running cell is interrupted, has `GRACE_S` to clean up, then the kernel is ended."""
        self.stopped = self.stopped or (status, reason)
        if self._client:
            self._client.wake()


class Manager(NotebookExecutionManager):
    """papermill's book-keeping in the notebook's metadata, made truthful; the file is written whole or not at all."""

    WORDS = {"done": "completed"}

    def __init__(self, nb, **kw):
        self.saved, self.save_cost = 0.0, 0.0
        super().__init__(nb, **kw)
        if self.output_path:
            self.output_path = nb.metadata.papermill["output_path"] = str(self.output_path).removeprefix(SCHEME)

    def save(self, force=False, **kw):
        # not at every cell, but so that saving takes at most a tenth of the time
        if not self.output_path or not force and time.monotonic() - self.saved < max(1.0, 10 * self.save_cost):
            return
        begun = time.monotonic()
        write_atomic(self.output_path, nbformat.writes(self.nb))
        self.saved, self.last_save_time = time.monotonic(), self.now()
        self.save_cost = self.saved - begun

    def cell_ended(self, cell, index, status):
        meta = cell.metadata.papermill
        meta["status"] = self.WORDS.get(status, status)
        meta["exception"] = status != "done"
        if status not in ("done", "not_run"):
            self.nb.metadata.papermill["exception"] = True
        if meta.get("start_time"):
            end = self.now()
            meta["end_time"] = end.isoformat()
            meta["duration"] = round(time.monotonic() - self.begun, 6)
        self.save()
        if self.pbar:
            self.pbar.update(1)

    def cell_start(self, cell, cell_index=None, **kw):
        self.begun = time.monotonic()
        super().cell_start(cell, cell_index, **kw)

    def notebook_complete(self, **kw):
        self.end_time = self.now()
        meta = self.nb.metadata.papermill
        meta["end_time"], meta["duration"] = self.end_time.isoformat(), (self.end_time - self.start_time).total_seconds()
        for cell in self.nb.cells:
            if cell.metadata.papermill["status"] in (self.PENDING, self.RUNNING):
                cell.metadata.papermill["status"] = "not_run"
        self.cleanup_pbar()
        self.save(force=True)


class Specs(KernelSpecManager):
    """Kernel specs, and one more: the interpreter that runs us. `imports` is what a warm kernel has; False: start cold."""

    imports = False

    def get_kernel_spec(self, kernel_name):
        if kernel_name != HERE: spec = super().get_kernel_spec(kernel_name)
        else: spec = KernelSpec(argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"], display_name="this Python", language="python")
        return self._provisioned(spec)

    def _provisioned(self, spec):
        """The spec with our way of starting; a provisioner that is not ours (a cluster's) stays as it is."""
        known = KernelProvisionerFactory.instance()
        known.provisioners.setdefault(WARM, EntryPoint(WARM, "opsnb._provisioner:WarmProvisioner", known.GROUP_NAME))  # also where opsnb is on the path only
        named = spec.metadata.get("kernel_provisioner", {}).get("provisioner_name") or known.default_provisioner_name
        if named in (WARM, COLD):
            way = {"provisioner_name": WARM, "config": {"imports": self.imports}} if self.imports else {"provisioner_name": COLD, "config": {}}
            spec.metadata = {**spec.metadata, "kernel_provisioner": way}
        return spec


class Client(PapermillNotebookClient):
    """Runs the cells of one notebook."""

    def __init__(self, manager, watch, kernel_name, env=None, kernel_cwd=None, timeout_s=None, cell_timeout_s=None, start_s=60, warm=None, **kw):
        super().__init__(manager, kernel_name=kernel_name, startup_timeout=start_s, timeout=None, allow_errors=False, log=LOG, **kw)
        self.watch, self.env, self.cwd, self.cell_timeout_s = watch, env, kernel_cwd, cell_timeout_s
        self.deadline = time.monotonic() + timeout_s if timeout_s else None
        self.timeout_s, self.loop, self.bell, self.warm = timeout_s, None, None, warm
        self.folder = tempfile.mkdtemp(prefix="opsnb-k-")
        self.kernel_log = Path(self.folder) / "kernel.log"

    def wake(self):
        if self.loop and self.bell:
            with contextlib.suppress(RuntimeError):  # the loop is closed: the notebook has ended
                self.loop.call_soon_threadsafe(self.bell.set)

    def execute(self):
        """Run the notebook in a thread of its own; raises `Ended` unless all went well. Ctrl-C here stops it there."""
        outcome, over = [], threading.Event()

        def work():
            try: outcome.append(asyncio.run(self._run()))
            except BaseException as e: outcome.append(e)
            finally: over.set()

        thread = threading.Thread(target=work, name="opsnb-notebook")
        thread.start()
        try:
            with on_interrupt(lambda: self.watch.stop("cancelled", "interrupted")): over.wait()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)
        if isinstance(outcome[0], BaseException):
            self.watch.ended = outcome[0]
            raise outcome[0]

    async def _run(self):
        self.loop, self.bell = asyncio.get_running_loop(), asyncio.Event()
        self.watch._client = self
        self.reset_execution_trackers()
        with open(self.kernel_log, "wb") as log:
            try:
                self.km = self._manager()
                async with self._kernel(log):
                    await self._cells()
                    await self._describe()
            except Ended: raise
            except NoSuchKernel as e:
                raise Ended("failed", f"no kernel named {e.name!r} is installed", started=False) from None

    def _manager(self):
        # ipc: no ports to clash over when several kernels start at once
        specs = Specs()
        specs.imports = kernels.imports_of([self.nb]) if self.warm is None else self.warm
        km = AsyncKernelManager(kernel_name=self.kernel_name, kernel_spec_manager=specs, transport="ipc")
        km.ip, km.connection_file = f"{self.folder}/k", f"{self.folder}/kernel.json"
        self.owns_km = True
        return km

    def _kernel(self, log):
        client = self

        class Kernel:
            async def __aenter__(self):
                try:
                    where = {k: v for k, v in (("env", client.env), ("cwd", client.cwd)) if v}
                    await client._in_time(client.async_start_new_kernel(stderr=log, **where))
                    client.watch.kernel_started(getattr(client.km.provisioner, "how", "cold"), getattr(client.km.provisioner, "why", None))
                    await client._in_time(client.async_start_new_kernel_client())
                except (Ended, NoSuchKernel): await self.__aexit__(); raise
                except Exception as e:
                    await self.__aexit__()
                    raise Ended("failed", f"the kernel did not start: {client._last_words() or e}", started=False) from e

            async def __aexit__(self, *error):
                client.shutdown_kernel = "immediate" if error and error[0] else "graceful"
                if client.km and (client.kc or client.km.has_kernel):
                    await client._async_cleanup_kernel()

        return Kernel()

    async def _cells(self):
        for index, cell in enumerate(self.nb.cells):
            if self.watch.stopped: raise self._why_stopped()
            idle = cell.cell_type != "code" or not cell.source.strip() or self.skip_cells_with_tag in cell.metadata.get("tags", [])
            if not idle: self.watch.cell_started(index, len(self.nb.cells))
            self.nb_man.cell_start(cell, index)
            begun = time.monotonic()
            ended = None if idle else await self._cell(cell, index)
            cell = self.nb.cells[index]
            self.nb_man.cell_ended(cell, index, ended.status if ended else "done")
            if not idle:
                self.watch.cell_finished(index, ended.status if ended else "done", time.monotonic() - begun, ended and ended.reason)
            if ended:
                await self._close(ended.status, ended.reason if ended.status != "done" else None)
                if ended.status == "done": return
                raise ended
        await self._close("done", None)

    async def _cell(self, cell, index):
        """Run one cell; None when it went well, else how it ended."""
        task = asyncio.ensure_future(self.async_execute_cell(cell, index))
        limit = min((t for t in (self._left(), self.cell_timeout_s) if t is not None), default=None)
        await self._first(task, limit)
        if not task.done():
            ended = self._why_stopped()
            await self._interrupt(task)
            return ended
        try: task.result()
        except CellExecutionError as e:
            if e.ename == "SystemExit" and e.evalue in ("", "0"): return Ended("done", "the notebook ended itself")
            return Ended("failed", f"{e.ename}: {(e.evalue.strip() or '?').splitlines()[0]}"[:2000])
        except (DeadKernelError, asyncio.CancelledError): return Ended("failed", await self._post_mortem(), dead=True)
        return None

    async def _in_time(self, work):
        """Do a part of the start; raises when there is no more time for it, or somebody calls `stop`."""
        task = asyncio.ensure_future(work)
        await self._first(task, self._left())
        if not task.done():
            task.cancel()
            raise self._why_stopped()
        return task.result()

    async def _first(self, task, timeout_s):
        """Wait for the task, for somebody to call `stop`, or for the time to be over."""
        bell = asyncio.ensure_future(self.bell.wait())
        await asyncio.wait({task, bell}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        bell.cancel()

    async def _interrupt(self, task):
        """Interrupt the cell as Ctrl-C would: its `finally` and `with` blocks run, if it lets them within the grace."""
        try: await self.km.interrupt_kernel()
        except Exception: return task.cancel()  # no kernel left to interrupt
        await asyncio.wait({task}, timeout=GRACE_S)
        task.cancel()
        await asyncio.wait({task}, timeout=1)
        if not task.cancelled(): task.exception()

    def _left(self):
        return None if self.deadline is None else max(0.0, self.deadline - time.monotonic())

    def _why_stopped(self):
        if self.watch.stopped: return Ended(*self.watch.stopped)
        if self.deadline is not None and time.monotonic() >= self.deadline:
            return Ended("timed_out", f"the notebook took longer than {self.timeout_s:g} s")
        return Ended("timed_out", f"the cell took longer than {self.cell_timeout_s:g} s")

    async def _post_mortem(self):
        """Why the kernel is gone, as far as its exit code and last words tell."""
        code = None
        for _ in range(20):
            process = getattr(self.km.provisioner, "process", None) if self.km.provisioner else None
            code = process.poll() if process else None
            if code is not None: break
            await asyncio.sleep(0.1)
        if code is None or not getattr(process, "known", True): return f"the kernel died. {self._last_words()}".strip()
        if code == -signal.SIGKILL: return "the kernel was killed (SIGKILL): the system does this when memory runs out"
        if code < 0: return f"the kernel was killed by {signal.Signals(-code).name}. {self._last_words()}".strip()
        return f"the kernel exited by itself with code {code}. {self._last_words()}".strip()

    def _last_words(self, most=600):
        text = self.kernel_log.read_text(errors="replace").strip() if self.kernel_log.exists() else ""
        return text[-most:]

    async def _close(self, status, error):
        """Let the kernel end what is still open there, tracked runs above all, before it is shut down."""
        code = CLOSE.format(status=status, error=error, mlflow={"done": "FINISHED", "cancelled": "KILLED"}.get(status, "FAILED"))
        await self._quietly(self._ask(code), GRACE_S)

    async def _ask(self, code):
        sent = self.kc.execute(code, silent=True, store_history=False)
        while (await self.kc.shell_channel.get_msg(timeout=None))["parent_header"].get("msg_id") != sent: pass

    async def _describe(self):
        self.set_widgets_metadata()
        await self._quietly(self._language(), GRACE_S)

    async def _language(self):
        sent = self.kc.kernel_info()
        while (msg := await self.kc.shell_channel.get_msg(timeout=None))["parent_header"].get("msg_id") != sent: pass
        self.nb.metadata["language_info"] = msg["content"]["language_info"]

    async def _quietly(self, work, timeout_s):
        """Do some last courtesy with a kernel that may be gone; what matters has been recorded before."""
        if self.km and await self.km.is_alive():
            try: await asyncio.wait_for(work, timeout_s)
            except Exception as e: self.log.debug("opsnb: %s", e)
        else: work.close()


def execute(nb, kernel_name, output_path=None, watch=None, progress_bar=True, log_output=False, autosave_cell_every=30, **kw):
    """Run `nb` in place and write it to `output_path`; raises `Ended` unless every cell is done."""
    manager = Manager(nb, output_path=output_path, log_output=log_output, progress_bar=progress_bar, autosave_cell_every=autosave_cell_every)
    manager.notebook_start()
    try: Client(manager, watch or Watch(), kernel_name, log_output=log_output, **kw).execute()
    finally: manager.notebook_complete()
    return manager.nb


def installed_kernels():
    """Names of the installed kernel specs."""
    return sorted(Specs().find_kernel_specs())


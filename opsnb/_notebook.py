"""The mechanism of `opsnb.engine`: a notebook client that tells the truth about how each cell ended.

papermill 2.7 marks cells "completed" when the kernel was killed, timed out or never ran. Here every cell gets the state
it deserves, in the notebook's metadata as in the journal: done (papermill's word "completed"), failed, timed_out,
cancelled or not_run. The work is done on an event loop in a thread of its own, so that it is the same in a script, in
a kernel (whose loop is running) and in a pipeline's worker, and so that anybody may call `stop` from outside.
"""
import asyncio
import contextlib
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from opsnb import _grammar  # noqa: F401  before nbformat
import zmq
from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.kernelspec import NoSuchKernel
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellExecutionError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient

from opsnb import _checkpoint, kernels
from opsnb._interrupt import on_interrupt
from opsnb._post_mortem import LastWords, Toll, why_gone
from opsnb._outputs import Outputs
from opsnb._saving import Manager
from opsnb._specs import Specs
from opsnb.config import masked
from opsnb.secrets import HAND_OVER, hidden

LOG = logging.getLogger("opsnb.notebook")
LOG.addHandler(logging.NullHandler())  # what goes wrong is told by `Ended`, not twice on the terminal
GRACE_S = 5.0           # time an interrupted cell has to clean up
WAITING = 100           # messages on their way at each end, none much above a million characters
LOSSLESS = """
def _opsnb_lossless(most=1_000_000):
    try:
        import sys, zmq
        thread = get_ipython().kernel.iopub_socket.io_thread
        def bounded():
            thread.socket.setsockopt(zmq.XPUB_NODROP, 1)
            thread.socket.setsockopt(zmq.SNDHWM, WAITING)
        def slowed(stream):
            plan, taken = stream._schedule_flush, stream._flush_buffers
            def planned():
                plan()
                with stream._buffer_lock: full = sum(b.tell() for b in stream._buffers.values()) >= most
                if full: stream.flush()
            def pieces():
                for parent, text in taken(): yield from ((parent, text[at:at + most]) for at in range(0, len(text), most))
            stream._schedule_flush, stream._flush_buffers = planned, pieces
        thread.schedule(bounded)
        for stream in (sys.stdout, sys.stderr): slowed(stream)
    except Exception: pass
_opsnb_lossless()
del _opsnb_lossless
""".replace("WAITING", str(WAITING))  # by default a kernel keeps in memory what it writes faster than we read, and drops what is beyond a thousand messages: ours waits
CLOSE = """
import sys as _s
if (_m := _s.modules.get("opsnb.track.scope")): _m.end_all({status!r}, {error!r})
if (_m := _s.modules.get("mlflow")):
    while _m.active_run(): _m.end_run({mlflow!r})
"""


class Ended(Exception):
    """How a notebook ended, other than well: `status`, `reason`, whether it ever started, whether its kernel died, whether a cell raised."""

    def __init__(self, status, reason, started=True, dead=False, raised=False):
        super().__init__(masked(reason))
        self.status, self.reason, self.started, self.dead, self.raised = status, masked(reason), started, dead, raised


class Watch:
    """What the caller of the engine hears and says: cells as they start and end, and `stop`."""

    def cell_started(self, index, n): """A cell begins, `index` (from 0) of `n`."""

    def cell_finished(self, index, status, seconds, error): """A cell has ended; `status` as in `show.STATES`."""

    def kernel_started(self, how, why): """The kernel runs; `how`: warm or cold, and `why` if somebody wanted it otherwise."""

    def checkpoint_saved(self, index, point): """The state after the cell `index` was saved: a `checkpoint.Point`."""

    def checkpoint_failed(self, index, why): """It was not."""

    def going_on(self, checkpoints): """Cells of an earlier run are not run again, or why they are: `checkpoint.Checkpoints`."""

    def __init__(self):
        self.stopped, self.ended, self.run, self._client = None, None, None, None

    def stop(self, status="cancelled", reason="stopped on request"):
        """End the notebook now: the running cell is interrupted, has `GRACE_S` to clean up, then the kernel is ended."""
        self.stopped = self.stopped or (status, reason)
        if self._client:
            self._client.wake()


class Reader(AsyncKernelClient):
    """A kernel's client that loses no message: a kernel of ours waits for us, of another's all is kept until it is read."""

    waits = False

    def connect_iopub(self, identity=None):
        self.context.setsockopt(zmq.RCVHWM, WAITING if self.waits else 0)
        return super().connect_iopub(identity)


def sweep():
    """Remove the folders of kernels whose runner was killed."""
    for path in Path(tempfile.gettempdir()).glob("opsnb-k-*-*"):
        if (pid := path.name.split("-")[2]).isdigit() and not os.path.exists(f"/proc/{pid}") and sys.platform == "linux": shutil.rmtree(path, ignore_errors=True)


class Client(PapermillNotebookClient):
    """Runs the cells of one notebook."""

    def __init__(self, manager, watch, kernel_name, env=None, kernel_cwd=None, timeout_s=None, cell_timeout_s=None, start_s=60, secrets=None, skip_tags=(), warm=None, checkpoints=None, **kw):
        super().__init__(manager, kernel_name=kernel_name, startup_timeout=start_s, timeout=None, allow_errors=False, log=LOG, **kw)
        self.watch, self.env, self.cwd, self.cell_timeout_s = watch, env, kernel_cwd, cell_timeout_s
        self.secrets, self.outputs, self.skip_tags = secrets or {}, manager.outputs, {self.skip_cells_with_tag, *skip_tags}
        self.deadline = time.monotonic() + timeout_s if timeout_s else None
        self.timeout_s, self.loop, self.bell, self.warm, self.checkpoints = timeout_s, None, None, warm, checkpoints if checkpoints and checkpoints.any(self.nb) else None
        sweep()
        self.folder = tempfile.mkdtemp(prefix=f"opsnb-k-{os.getpid()}-")
        self.words = LastWords()

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
        try:
            for point in [*(self.checkpoints.candidates(self.nb) if self.checkpoints else ()), None]:
                if await self._in_kernel(point): break
        except Ended: raise
        except NoSuchKernel as e:
            raise Ended("failed", f"no kernel named {e.name!r} is installed", started=False) from None
        finally: self.words.close()

    async def _in_kernel(self, point):
        """Run the cells in a new kernel, after the state at `point`; False when that could not be put back."""
        self.km = self._manager()
        async with self._kernel():
            await self._quietly(self._ask(LOSSLESS), GRACE_S)
            if self.checkpoints: await self._quietly(self._ask(_checkpoint.BEGIN), GRACE_S)
            start = await _checkpoint.restore(self, point) if point else 0
            if start is None and not self.watch.stopped: return False
            if self.checkpoints and self.checkpoints.doubts or point: self.watch.going_on(self.checkpoints)
            await self._cells(start or 0)
            await self._describe()
        return True

    def _manager(self):
        # ipc: no ports to clash over when several kernels start at once
        specs = Specs()
        specs.imports = kernels.imports_of([self.nb]) if self.warm is None else self.warm
        km = AsyncKernelManager(kernel_name=self.kernel_name, kernel_spec_manager=specs, transport="ipc")
        km.ip, km.connection_file = f"{self.folder}/k", f"{self.folder}/kernel.json"
        km.client_factory = type("Reader", (Reader,), {"waits": km.kernel_spec.language == "python"})
        self.owns_km = True
        return km

    def _kernel(self):
        client = self

        class Kernel:
            async def __aenter__(self):
                try:
                    where = {k: v for k, v in (("env", client.env), ("cwd", client.cwd)) if v}
                    await client._in_time(client.async_start_new_kernel(stdout=subprocess.DEVNULL, stderr=client.words.end, **where))
                    client.toll = Toll(getattr(client.km.provisioner, "pid", None))
                    client.watch.kernel_started(getattr(client.km.provisioner, "how", "cold"), getattr(client.km.provisioner, "why", None))
                    await client._in_time(client.async_start_new_kernel_client())
                except (Ended, NoSuchKernel): await self.__aexit__(); raise
                except Exception as e:
                    await self.__aexit__()
                    why = f"it has not answered for {client.startup_timeout:g} s (setting kernel_start_s)" if "didn't respond" in str(e) else client.words.text() or e
                    raise Ended("failed", f"the kernel did not start: {why}", started=False) from e

            async def __aexit__(self, *error):
                client.shutdown_kernel = "immediate" if error and error[0] else "graceful"
                if client.km and (client.kc or client.km.has_kernel):
                    await client._async_cleanup_kernel()

        return Kernel()

    async def _cells(self, start):
        for index, cell in list(enumerate(self.nb.cells))[start:]:
            if self.watch.stopped: raise self._why_stopped()
            tags = cell.metadata.get("tags", [])
            skipped = cell.cell_type == "code" and self.skip_tags & set(tags)
            idle = cell.cell_type != "code" or not cell.source.strip()
            ended = None if idle or skipped else await self._one(cell, index)
            if idle or skipped:
                self.nb_man.cell_ended(cell, index, "not_run" if skipped else "done")
                if skipped: self._finished(index, "not_run", 0.0, None)
            if self.secrets and "parameters" in tags: await self._hand_over()
            if self.checkpoints and not ended and not idle and not skipped: await _checkpoint.save(self, index)
            if ended:
                await self._close(ended.status, ended.reason if ended.status != "done" else None)
                if ended.status == "done": return
                raise ended
        await self._close("done", None)

    async def _one(self, cell, index):
        """Run one cell and tell of it; None when it went well, else how it ended."""
        for hear in (self.watch, self.outputs): hear.cell_started(index, len(self.nb.cells))
        self.nb_man.cell_start(cell, index)
        begun = time.monotonic()
        ended = await self._cell(cell, index)
        cell = self.nb.cells[index]
        for msg in self.outputs.rest(): super().process_message(msg, cell, index)  # a killed kernel never said that it was idle
        self.outputs.tell_all(cell)
        self.nb_man.cell_ended(cell, index, ended.status if ended else "done")
        self._finished(index, ended.status if ended else "done", time.monotonic() - begun, ended and ended.reason)
        return ended

    def _finished(self, *what):
        for hear in (self.watch, self.outputs): hear.cell_finished(*what)

    def process_message(self, msg, cell, cell_index):
        out = None
        for one in self.outputs.taken(msg): out = super().process_message(one, cell, cell_index)
        return out

    async def _async_poll_for_reply(self, msg_id, cell, timeout, outputs, alive):
        """As nbclient's, but what a cell wrote is waited for as long as it keeps coming: a flood takes longer than the cell."""
        while (reply := await self.kc.shell_channel.get_msg(timeout=None))["parent_header"].get("msg_id") != msg_id: pass
        while not outputs.done():
            seen = self.outputs.messages
            await asyncio.wait({outputs}, timeout=self.iopub_timeout)
            if not outputs.done() and self.outputs.messages == seen: break
        alive.cancel()
        outputs.result() if outputs.done() else outputs.cancel()
        return reply

    async def _hand_over(self):
        """Give the kernel its secrets through a pipe that it reads once; see `opsnb.secrets`."""
        pipe = f"{self.folder}/given"
        os.mkfifo(pipe, 0o600)
        given = {"values": {k: v.reveal() for k, v in self.secrets.items()}, "mlflow": any("mlflow" in c.source for c in self.nb.cells)}
        end = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
        try:
            os.write(end, json.dumps(given).encode() + b"\n")
            reply = await asyncio.wait_for(self._ask(HAND_OVER.format(path=pipe)), self.startup_timeout)
            if reply["content"]["status"] != "ok": raise OSError(reply["content"].get("evalue"))
        except (OSError, asyncio.TimeoutError) as e: raise Ended("failed", f"the secrets could not be handed to the kernel: {e or 'it did not answer'}") from None
        finally:
            os.close(end)
            os.unlink(pipe)

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
            return Ended("failed", f"{e.ename}: {(hidden(e.evalue).strip() or '?').splitlines()[0]}"[:2000], raised=True)
        except (DeadKernelError, asyncio.CancelledError): return Ended("failed", await why_gone(self), dead=True)
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

    async def _close(self, status, error):
        """Let the kernel end what is still open there, tracked runs above all, before it is shut down."""
        code = CLOSE.format(status=status, error=error, mlflow={"done": "FINISHED", "cancelled": "KILLED"}.get(status, "FAILED"))
        await self._quietly(self._ask(code), GRACE_S)

    async def _ask(self, code):
        sent = self.kc.execute(code, silent=True, store_history=False)
        while (reply := await self.kc.shell_channel.get_msg(timeout=None))["parent_header"].get("msg_id") != sent: pass
        return reply

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


def execute(nb, kernel_name, output_path=None, watch=None, outputs=None, progress_bar=True, log_output=False, autosave_cell_every=30, **kw):
    """Run `nb` in place and write it to `output_path`; raises `Ended` unless every cell is done."""
    outputs = outputs or Outputs()
    manager = Manager(nb, outputs, output_path=output_path, log_output=log_output, progress_bar=progress_bar, autosave_cell_every=autosave_cell_every)
    manager.notebook_start()
    outputs.opened(manager.output_path, nb)
    written_next = False  # papermill writes the file when it gets the notebook back: not twice
    try:
        Client(manager, watch or Watch(), kernel_name, log_output=log_output, **kw).execute()
        written_next = manager.papermill_writes
    except Ended as e:
        written_next = manager.papermill_writes and failed(nb, e)
        raise
    finally:
        manager.notebook_complete(written_next)
        outputs.close()
    return manager.nb


def failed(nb, ended):
    """Whether papermill reports it by itself: a cell raised, or its error is to be seen in the notebook."""
    return ended.raised or any(o.output_type == "error" for c in nb.cells for o in c.get("outputs", []))

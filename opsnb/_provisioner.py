"""`opsnb-warm`, a kernel provisioner of jupyter_client: kernels are forked from a template, or started as ever.

Whatever goes wrong on the way to a forked kernel (no template, one that hangs or was killed, options that only
`subprocess` knows), the kernel is started cold, and the log says why, once.
"""
import asyncio
import fcntl
import os
import pathlib
import resource
import select
import signal
import struct
import subprocess
import threading
import time

from jupyter_client.provisioning import LocalProvisioner
from traitlets import Dict, Float

from opsnb import kernels
from opsnb._template import LIMIT_S, LIMITS, receive, send
from opsnb.errors import OpsError, Unavailable

SAID = set()
GET_INFO, EXIT = 0xC040FF0B, 1 << 3  # ioctl of a pidfd, Linux 6.15: how a process that is gone has ended


class Process:
    """What `subprocess.Popen` would be for a kernel whose parent is a template."""

    def __init__(self, pid, pidfd, conn, pipes=(None, None, None)):
        self.stdin, self.stdout, self.stderr = pipes
        self.pid, self.pidfd, self.conn, self.returncode, self.known, self.usage, self.seen = pid, pidfd, conn, None, True, {}, None
        self.watch = select.poll()
        self.watch.register(pidfd, select.POLLIN)

    def poll(self):
        """The exit code, or None while it lives. A template that does not tell is given two seconds."""
        if self.returncode is None and self.watch.poll(0):
            self.seen = self.seen or time.monotonic()
            told = self._told()
            if told is None and time.monotonic() - self.seen < 2: return None
            self._ended(told or {})
        return self.returncode

    def _told(self):
        try: return receive(self.conn, time.monotonic())[0] or {}
        except (TimeoutError, BlockingIOError): return None
        except (OSError, ValueError): return {}

    def _ended(self, told):
        self.returncode = told.pop("exit", None)
        if self.returncode is None: self.returncode = self._from_system()
        self.usage = told
        self.known = self.returncode is not None
        if not self.known: self.returncode = 1
        self.conn.close()
        os.close(self.pidfd)

    def _from_system(self):
        for _ in range(20):  # until its new parent, init, has taken note
            info = bytearray(64)
            struct.pack_into("Q", info, 0, EXIT)
            try: fcntl.ioctl(self.pidfd, GET_INFO, info)
            except OSError: return None
            if struct.unpack_from("Q", info)[0] & EXIT: return os.waitstatus_to_exitcode(struct.unpack_from("i", info, 60)[0])
            time.sleep(0.01)

    def wait(self, timeout=None):
        end = None if timeout is None else time.monotonic() + timeout
        while self.poll() is None:
            if end is not None and time.monotonic() >= end: raise subprocess.TimeoutExpired("kernel", timeout)
            if self.seen: time.sleep(0.02)
            else: self.watch.poll(None if end is None else max(0, end - time.monotonic()) * 1000)
        return self.returncode

    def send_signal(self, number):
        if self.returncode is None:
            try: signal.pidfd_send_signal(self.pidfd, number)
            except ProcessLookupError: pass

    def terminate(self): self.send_signal(signal.SIGTERM)
    def kill(self): self.send_signal(signal.SIGKILL)


class WarmProvisioner(LocalProvisioner):
    """Forks kernels from a template that has imported what the notebook needs."""

    imports = Dict(default_value=None, allow_none=True, config=True, help="What the template imports, {module: [names]}; default: what the kernel's notebook, or all in its folder, import.")
    wait_s = Float(60.0, config=True, help="Seconds to wait for a template that is not up yet.")
    how, why = "cold", None

    async def launch_kernel(self, cmd, **kw):
        try: process = await beside(lambda: self._forked(list(cmd), dict(kw)))
        except Exception as e:
            self.how, self.why = "cold", str(getattr(e, "what", e) or type(e).__name__)
            if self.why not in SAID: (self.log.info if isinstance(e, OpsError) and not isinstance(e, Unavailable) else self.log.warning)("opsnb: this kernel starts cold: %s", self.why)
            SAID.add(self.why)
            return await super().launch_kernel(cmd, **kw)
        self.how, self.why = "warm", None
        self.process, self.pid, self.pgid, self.cwd = process, process.pid, process.pid, kw.get("cwd") or pathlib.Path.cwd()
        return self.connection_info

    def _forked(self, cmd, kw):
        """A kernel's `Process`; raises whatever speaks against one."""
        env, cwd = kw.get("env") or dict(os.environ), os.path.abspath(kw.get("cwd") or os.getcwd())
        settings = kernels.settings(cwd)
        if not settings.warm: raise NotWanted("the setting `warm` is off")
        unusual = {k for k, v in kw.items() if v is not None} - {"env", "cwd", "stdin", "stdout", "stderr", "independent", "extra_arguments", "kernel_id"}
        if unusual: raise NotWanted(f"{', '.join(sorted(unusual))} cannot be given to a forked kernel")
        python, flags, rest = kernels.parsed(cmd)
        imports = self.imports if self.imports is not None else kernels.imports_of(kernels.notebooks_for(env, cwd), python)
        if not imports: raise NotWanted("its notebook names no installed library")
        independent = kw.get("independent", False)
        if not independent: env = {**env, "JPY_PARENT_PID": str(os.getpid())}
        order = kernels.Order(python, flags, imports, env)
        want = {"do": "fork", "argv": rest, "cmd": cmd, "env": env, "cwd": cwd, **state_of_this_process()}
        streams, idle_s = [kw.get(n) for n in ("stdin", "stdout", "stderr")], settings.warm_idle_min * 60
        try: return self._on(kernels.connect(order, self.wait_s, idle_s), order, want, streams, independent)
        except (BrokenPipeError, ConnectionResetError):  # it was about to end
            return self._on(kernels.connect(order, self.wait_s, idle_s), order, want, streams, independent)

    def _on(self, conn, order, want, streams, independent):
        try: return self._ask(conn, want, streams, independent)
        except TimeoutError:
            kernels.abandon(order)
            raise RuntimeError(f"the template has not answered for {LIMIT_S:g} s") from None
        except BaseException:
            conn.close()
            raise

    def _ask(self, conn, want, streams, independent):
        streams = Streams(streams)
        opened = [] if independent else [os.pidfd_open(os.getpid())]
        try:
            send(conn, want, [*streams.fds, *opened])
            answer, fds = receive(conn, time.monotonic() + LIMIT_S)
            if not answer or "up" not in answer: raise RuntimeError((answer or {}).get("refused", "the template was killed"))
        except BaseException:
            streams.drop()
            raise
        finally:
            for fd in (*streams.opened, *opened): os.close(fd)
        process = Process(answer["up"], fds[0], conn, streams.here)
        try: send(conn, {"go": True})
        except OSError as e:
            process.kill()
            streams.drop()
            raise RuntimeError("the forked kernel is gone") from e
        return process


class Streams:
    """A kernel's stdin, stdout and stderr as `subprocess.Popen` takes them: `fds` for the kernel, `here` our ends of its pipes."""

    def __init__(self, asked):
        self.opened, self.here, self.fds = [os.open(os.devnull, os.O_RDWR)], [None] * 3, []
        for i, stream in enumerate(asked): self.fds.append(self._fd(i, stream))

    def _fd(self, i, stream):
        if stream == subprocess.PIPE: return self._pipe(i)
        if stream == subprocess.STDOUT: return self.fds[1]
        if stream is None: return self.opened[0] if i == 0 else i
        if stream == subprocess.DEVNULL: return self.opened[0]
        return stream if isinstance(stream, int) else stream.fileno()

    def _pipe(self, i):
        out, into = os.pipe()
        self.here[i] = open(into, "wb") if i == 0 else open(out, "rb")
        self.opened.append(out if i == 0 else into)
        return self.opened[-1]

    def drop(self):
        """There is no kernel: nobody will read."""
        for pipe in self.here: pipe and pipe.close()


async def beside(work):
    """The `Process` that `work()` makes, in a thread which nobody has to wait for; killed if nobody wants it any more."""
    loop = asyncio.get_running_loop()
    future = loop.create_future()

    def deliver(process, error):
        if future.cancelled(): process and process.kill()
        elif error: future.set_exception(error)
        else: future.set_result(process)

    def run():
        try: process, error = work(), None
        except BaseException as e: process, error = None, e
        try: loop.call_soon_threadsafe(deliver, process, error)
        except RuntimeError: process and process.kill()  # the loop is closed

    threading.Thread(target=run, name="opsnb-fork", daemon=True).start()
    return await future


class NotWanted(OpsError):
    """A cold start is right here: nothing is wrong."""


def state_of_this_process():
    """What a child of this process would inherit."""
    umask = os.umask(0o077)
    os.umask(umask)
    return {"umask": umask, "limits": [resource.getrlimit(which) for which in LIMITS], "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
            "ignored": sorted(n for n in signal.valid_signals() if signal.getsignal(n) == signal.SIG_IGN and n not in (signal.SIGPIPE, signal.SIGXFSZ))}

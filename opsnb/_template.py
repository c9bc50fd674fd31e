"""The template process: it has only imported what notebooks import, and forks kernels from itself.

`opsnb.kernels` starts it as a script of the kernel's own interpreter, so it stands on the standard library and ipykernel
alone. It never computes anything (a library that has been used has threads and locks that do not survive a fork), keeps
no secret (the environment that its imports see is cleared before the first fork), and belongs to nobody: it ends when
idle, when told to, or when the environment that it has imported from changes. A kernel belongs to the process that asked
for it: it ends with that process, and does not mind when the template dies.
"""
import atexit
import gc
import hashlib
import json
import os
import resource
import select
import signal
import socket
import sys
import threading
import time
import traceback

LIMIT_S = 10.0     # for each word over the socket
TICK_S = 2.0       # how often idle time and environment are looked at
IMPORT_S = 600     # a template that has not imported all by then ends
# read by libraries through the C library, where no one sees it
NATIVE = ("OMP_", "KMP_", "GOMP_", "MKL_", "OPENBLAS_", "GOTO_", "BLIS_", "NUMEXPR_", "ARROW_", "NCCL_", "HIP_", "ROCR_", "PYTORCH_", "TORCH_",
          "LD_", "MALLOC_", "GLIBC_", "PYTHON", "LC_", "LANG", "TZ", "MPLBACKEND", "MPLCONFIGDIR")
# these differ at every start and say nothing about what an import does
PASSING = {"_", "PWD", "OLDPWD", "SHLVL", "PYTEST_CURRENT_TEST", "JPY_PARENT_PID", "JPY_SESSION_NAME", "_MLFLOW_TELEMETRY_SESSION_ID"}
# what a kernel imports only as it starts
KERNEL = ("ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.zmqshell", "IPython.core.completer", "jedi", "sqlite3", "ipykernel.debugger", "debugpy.server.api",
          "IPython.extensions.storemagic", "IPython.core.completerlib", "IPython.core.logger", "IPython.core.oinspect", "IPython.utils.wildcard",
          "IPython.core.historyapp", "IPython.core.debugger", "tornado.platform.asyncio", "concurrent.futures.thread", "asyncio.selector_events")


def digest(*facts):
    """A short name for facts."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def template_key(base, reads, env):
    """The name of the template for an environment, once it is known which variables its imports read."""
    return f"{base}-{digest([(name, env.get(name)) for name in sorted(reads)])[:8]}"


def site_state(sites):
    """What changes when a library is installed, upgraded or removed; None while that is going on."""
    dated = (".dist-info", ".egg-info", ".pth", ".py")
    try: return [sorted((e.name, e.name.endswith(dated) and e.stat().st_mtime_ns) for e in os.scandir(s) if e.name != "__pycache__") for s in sites if os.path.isdir(s)]
    except OSError: return None


def began(pid):
    """When a process began, in the system's ticks; None when there is none: with the pid it names a process for good."""
    try:
        with open(f"/proc/{pid}/stat") as f: fields = f.read().rpartition(")")[2].split()
        return int(fields[19]) if fields[0] not in "ZX" else None
    except (OSError, ValueError, IndexError): return None


def place():
    """Where a process runs and is accounted for: control group, namespaces, cores, priority."""
    with open("/proc/self/cgroup") as f: group = f.read()
    return [group, *(os.readlink(f"/proc/self/ns/{n}") for n in ("mnt", "net", "pid", "user")), sorted(os.sched_getaffinity(0)), os.nice(0)]


def write(path, text):
    """A file that only we may read, whole or not at all."""
    with open(os.open(f"{path}.{os.getpid()}", os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as f: f.write(text)
    os.replace(f"{path}.{os.getpid()}", path)


def send(conn, message, fds=()):
    """One message: JSON and a newline."""
    data = json.dumps(message).encode() + b"\n"
    sent = socket.send_fds(conn, [data], list(fds)) if fds else 0
    if sent < len(data): conn.sendall(data[sent:])  # even nothing cannot be sent to one who has answered and gone


def receive(conn, until):
    """`(message or None, fds)`; None when the other side has closed; `TimeoutError` when it has said nothing by then."""
    data, fds = b"", []
    while not data.endswith(b"\n"):
        conn.settimeout(max(0.001, until - time.monotonic()))
        part, more, _, _ = socket.recv_fds(conn, 1 << 16, 8)
        fds += more
        if not part: return None, fds
        data += part
    return json.loads(data), fds


class Reads(type(os.environ)):
    """`os.environ` while libraries are imported: remembers which variables are asked for, one by one."""

    seen, passing_by = set(), None

    def __iter__(self):
        for self.__class__.passing_by in super().__iter__(): yield self.passing_by  # a copy of all is no question

    def __getitem__(self, name):
        if name != self.passing_by and isinstance(name, str): self.seen.add(name)
        self.__class__.passing_by = None
        return super().__getitem__(name)


def preload(imports, sites):
    """Import `{module: names}`, as far as it lies in `sites`; returns what could not be imported, and why."""
    from importlib.machinery import PathFinder
    failed = {}
    for name, parts in imports.items():
        try:
            spec = PathFinder.find_spec(name.partition(".")[0])
            where = [spec.origin] if spec and spec.origin else list(spec.submodule_search_locations or ()) if spec else []
            if where and where[0].startswith(tuple(f"{s}/" for s in sites)): __import__(name, fromlist=parts)
        except BaseException as e: failed[name] = f"{type(e).__name__}: {e}"[:300]  # the notebook will hear it, too
    return failed


def strangers(modules, sites):
    """Names of modules that lie neither in the standard library nor in `sites`: a user's own."""
    homes = tuple(f"{s}/" for s in (*sites, os.path.dirname(os.__file__)))
    return sorted(n for n in modules if (f := getattr(sys.modules.get(n), "__file__", None)) and os.path.isabs(f) and not f.startswith(homes))


def threads(): return len(os.listdir("/proc/self/task"))


def on_gpu():
    """Whether this process has a GPU's driver open: its children could not use the GPU."""
    return any(os.path.realpath(f"/proc/self/fd/{fd}").startswith(("/dev/nvidia", "/dev/kfd", "/dev/dri")) for fd in os.listdir("/proc/self/fd"))


class Template:
    def __init__(self, order):
        self.sites, self.folder, self.idle_s = order["sites"], order["folder"], order["idle_s"]
        self.kernels, self.last, self.leaving, self.served = {}, time.monotonic(), False, 0
        self.refuses, self.state = None, site_state(self.sites)
        self._import(order)
        self.key = template_key(order["base"], Reads.seen, order.pop("env"))
        self.path = f"{self.folder}/{self.key}"
        write(f"{self.folder}/{order['base']}.names", json.dumps(sorted(Reads.seen)))
        self._listen(order)

    def _import(self, order):
        signal.alarm(IMPORT_S)
        os.environ.clear()
        os.environ.update({k: v for k, v in order["env"].items() if k not in PASSING})
        os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")  # fixed at import; what kernels use
        os.environ["JPY_PARENT_PID"] = str(os.getpid())  # ipykernel reads at import whether it has an owner to look at
        before = dict(os.environ)
        plain, os.environ.__class__ = os.environ.__class__, Reads
        for name in KERNEL:
            try: __import__(name)
            except Exception as e: print(f"{name}: {e}", file=sys.stderr)
        bare = set(sys.modules)
        self.failed = preload(order["imports"], self.sites)
        os.environ.__class__ = plain
        Reads.seen = Reads.seen - PASSING
        loaded = set(sys.modules) - bare
        self.tops = {n.partition(".")[0] for n in loaded}
        if found := strangers(loaded, self.sites): self.refuses = f"a library imports {found[0]}, which is not in site-packages"
        self.wrote = {k: os.environ.get(k) for k in {*before, *os.environ} if before.get(k) != os.environ.get(k) and k not in PASSING}
        os.environ.clear()  # kernels of other programs must not find what is in there
        gc.collect()
        gc.freeze()
        signal.alarm(0)
        self.threads = threads()

    def _listen(self, order):
        self.listener = socket.socket(socket.AF_UNIX)
        os.umask(0o077)
        if answers(f"{self.path}.sock"): os._exit(0)  # somebody was faster
        try: os.unlink(f"{self.path}.sock")
        except FileNotFoundError: pass
        self.listener.bind(f"{self.path}.sock")
        os.chmod(f"{self.path}.sock", 0o600)
        self.listener.listen(128)
        self.poll = select.poll()
        self.poll.register(self.listener, select.POLLIN)
        card = {"key": self.key, "pid": os.getpid(), "began": began(os.getpid()), "python": sys.executable, "imports": list(order["imports"]), "failed": self.failed,
                "started": time.time(), "idle_s": self.idle_s}
        write(f"{self.path}.json", json.dumps(card))
        self.mine = {name: os.stat(name).st_ino for name in (f"{self.path}.sock", f"{self.path}.json")}

    def serve(self):
        """Until there is nothing more to do."""
        signal.signal(signal.SIGTERM, lambda *_: setattr(self, "leaving", True))
        looked = time.monotonic()
        while True:
            for fd, _ in self.poll.poll(TICK_S * 1000):
                if fd == self.listener.fileno(): self._accept()
                else: self._reap(fd)
            if time.monotonic() - looked >= TICK_S or self.leaving:
                looked = time.monotonic()
                if self._done(): return

    def _done(self):
        if not self.leaving:
            try: ours = os.stat(f"{self.path}.sock").st_ino == self.mine[f"{self.path}.sock"]
            except OSError: ours = False
            self.leaving = not ours or not os.path.exists(sys.executable) or site_state(self.sites) != self.state
        if self.leaving and self.listener.fileno() >= 0: self._close()
        if self.kernels: self.last = time.monotonic()
        return not self.kernels and (self.leaving or time.monotonic() - self.last > self.idle_s)

    def _close(self):
        """Take no more orders; kernels that live are waited for, to report how they end."""
        for name, inode in self.mine.items():
            try:
                if os.stat(name).st_ino == inode: os.unlink(name)  # else it is a successor's
            except OSError: pass
        self.poll.unregister(self.listener)
        self.listener.close()

    def _accept(self):
        conn, _ = self.listener.accept()
        fds = []
        try:
            if int.from_bytes(conn.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)[4:8], sys.byteorder) != os.getuid(): return
            want, fds = receive(conn, time.monotonic() + 2)
            conn.settimeout(2)
            if want is None: return
            if want["do"] == "fork": return self._fork(conn, want, fds)
            if want["do"] == "stop": self.leaving = True
            idle_s = time.monotonic() - self.last
            send(conn, {"kernels": len(self.kernels), "served": self.served, "idle_s": idle_s, "threads": threads(), "refuses": self._refusal({})})
        except Exception as e: print(f"a request failed: {e!r}", file=sys.stderr, flush=True)
        finally:
            for fd in fds: os.close(fd)
            if not any(k[1] is conn for k in self.kernels.values()): conn.close()

    def _refusal(self, want):
        """Why no kernel may be forked now, or None."""
        if self.refuses: return self.refuses
        if threads() > self.threads: return f"the template has {threads()} threads, {threads() - self.threads} more than after its imports"
        if on_gpu(): return "an import has opened the GPU, which does not survive a fork"
        if self.leaving: return "the template is about to end"
        if any(own[1] != -1 and not -1 < hard <= own[1] for (_, hard), own in zip(want.get("limits", ()), map(resource.getrlimit, LIMITS), strict=False)):
            return "a resource limit is lower in the template"
        if own := self._shadowing(want.get("cwd")): return f"the kernel's folder has its own module {own}"
        return None

    def _shadowing(self, cwd):
        """A module in the kernel's folder that a cold kernel would import instead of one that we have imported."""
        for entry in os.listdir(cwd) if cwd else ():
            name, _, suffix = entry.partition(".")
            if name in self.tops and (suffix.endswith(("py", "so")) or os.path.exists(f"{cwd}/{entry}/__init__.py")): return name

    def _fork(self, conn, want, fds):
        if why := self._refusal(want): return send(conn, {"refused": why})
        sys.stdout.flush()
        sys.stderr.flush()
        if (pid := os.fork()) == 0: self._kernel(conn, want, fds)
        fd = os.pidfd_open(pid)
        self.kernels[fd], self.last, self.served = (pid, conn), time.monotonic(), self.served + 1
        self.poll.register(fd, select.POLLIN)

    def _reap(self, fd):
        """A kernel has ended: say how."""
        pid, conn = self.kernels[fd]
        found, status, usage = os.wait4(pid, os.WNOHANG)
        if not found: return
        self.poll.unregister(fd)
        del self.kernels[fd]
        os.close(fd)
        self.last = time.monotonic()
        try: send(conn, {"exit": os.waitstatus_to_exitcode(status), "cpu_s": round(usage.ru_utime + usage.ru_stime, 3), "rss_mb": usage.ru_maxrss // 1024})
        except OSError: pass  # nobody waits for it any more
        conn.close()

    def _kernel(self, conn, want, fds):
        """In the child: become what a cold kernel would be; never returns."""
        try:
            self.listener.close()
            for fd, (_, other) in self.kernels.items():
                os.close(fd)
                other.close()
            owner = dress(want, fds, self.wrote)
            me = os.pidfd_open(os.getpid())
            send(conn, {"up": os.getpid()}, [me])
            os.close(me)
            if receive(conn, time.monotonic() + LIMIT_S)[0] != {"go": True}: os._exit(1)  # nobody knows of us: we must not live
            conn.close()
        except BaseException as e:
            try: send(conn, {"refused": f"{type(e).__name__}: {e}"})
            finally: os._exit(1)
        leave(launch(owner))


def answers(path):
    """Whether somebody listens at a socket's path."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(2)
        return s.connect_ex(path) == 0


LIMITS = [getattr(resource, n) for n in sorted(dir(resource)) if n.startswith("RLIMIT_") and n != "RLIMIT_OFILE"]


def dress(want, fds, wrote):
    """Take on what `subprocess` and a fresh interpreter would have given, and what imports `wrote` into the environment; returns the owner's pidfd or None."""
    os.setsid()
    for i, fd in enumerate(fds[:3]): os.dup2(fd, i)
    for fd in fds[:3]: os.close(fd)
    for stream in (sys.stdout, sys.stderr): stream.reconfigure(line_buffering=stream is sys.stderr or os.isatty(1))
    os.chdir(want["cwd"])
    os.umask(want["umask"])
    for which, (soft, hard) in zip(LIMITS, want["limits"], strict=True): resource.setrlimit(which, (soft, hard))
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, signal.SIGPIPE, signal.SIGXFSZ}:
        if number in want["ignored"]: signal.signal(number, signal.SIG_IGN)
        elif number == signal.SIGINT: signal.signal(number, signal.default_int_handler)
        elif number == signal.SIGTERM or signal.getsignal(number) == signal.SIG_IGN: signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, want["blocked"])
    os.environ.clear()
    os.environ.update({k: v for k, v in {**want["env"], **wrote}.items() if v is not None})
    time.tzset()
    sys.argv, sys.orig_argv = [sys.modules["ipykernel"].__path__[0] + "_launcher.py", *want["argv"]], want["cmd"]
    name_process("opsnb-kernel")
    reseed()
    return fds[3] if len(fds) > 3 else None


def reseed():
    """Random numbers of its own: Python's `random` does this by itself."""
    if "numpy.random" in sys.modules: sys.modules["numpy.random"].seed()
    if torch := sys.modules.get("torch"): torch.default_generator.seed()
    if process := sys.modules.get("multiprocessing.process"): process.current_process().authkey = os.urandom(32)


def name_process(name):
    """What `ps` shows as the command."""
    with open("/proc/self/comm", "w") as f: f.write(name)


class Owner(threading.Thread):
    """In place of ipykernel's poller, which looks at the parent: ends this kernel when the process that asked for it is gone."""

    def __init__(self, owner):
        super().__init__(name="opsnb-owner", daemon=True)
        self.watch = select.poll()
        if owner is not None: self.watch.register(owner, select.POLLIN)

    def run(self):
        self.watch.poll()
        os._exit(1)


def launch(owner):
    """Run ipykernel; returns the exit code."""
    app = sys.modules["ipykernel.kernelapp"]
    app.ParentPollerUnix = lambda parent_pid: Owner(owner)
    try: app.launch_new_instance()
    except SystemExit as e:
        if e.code is None or isinstance(e.code, int): return e.code or 0
        print(e.code, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def leave(code):
    """What an interpreter does at its end, less the taking apart of every module, which would copy all shared memory."""
    for last in (threading._shutdown, atexit._run_exitfuncs, sys.stdout.flush, sys.stderr.flush):
        try: last()
        except BaseException: traceback.print_exc(file=sys.__stderr__)
    os._exit(code & 0xFF)


def main():
    """Read the order from stdin, step out of the starter's family, import, say so, serve."""
    sys.path[:] = [p for p in sys.path if p]
    order = json.load(sys.stdin)
    if os.fork(): os._exit(0)
    name_process("opsnb-template")
    os.chdir(order["folder"])
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    ready = os.dup(1)
    os.dup2(2, 1)
    try: template = Template(order)
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os.write(ready, b"ready")
    os.close(ready)
    try: template.serve()
    finally:
        if template.listener.fileno() >= 0: template._close()
        os._exit(0)


if __name__ == "__main__": main()

"""The mechanism of `opsnb.checkpoint` inside a kernel: the meaning of its names and what lies beside them, written down and put back.

All names go into one pickle, so that what they share stays shared; cloudpickle takes functions and classes of cells, and the
encoders below take what plain pickling gets wrong without saying so: views of arrays, gradients, shared tensor storages,
frames that copy on write. What cannot be saved is left out and named, with the reason.
"""
import importlib
import io
import json
import os
import re
import sys
import threading
import types
from pathlib import Path

import cloudpickle

from opsnb.secrets import hidden

OWN = re.compile(r"_+$|_i+$|_i?\d+$|_(ih|oh|dh)$|__\w+__$|_opsnb_\w+$")  # IPython's names, and ours
SINGLE = {"In", "Out", "exit", "quit", "get_ipython", "open", "display"}


class Unsaved(Exception):
    """Something cannot be saved; the text says why."""


class TooBig(Exception):
    """The state takes more bytes than it may."""


def shell(): return sys.modules["IPython"].get_ipython()


class Names(dict):
    """In a pickle, stands for the kernel's own names: a function of a cell finds its globals there again."""
    def __reduce__(self): return _names, ()


def _names(): return shell().user_ns


class Pickler(cloudpickle.Pickler):
    """cloudpickle's, for what a kernel's names mean. `frames`: inside a frame, where arrays are not shared; `carry`: functions take along the names they use."""

    def __init__(self, file, names, frames=False, carry=False):
        super().__init__(file, protocol=5)
        self.names, self.frames, self.carry, self.storages = names, frames, carry, {}
        self.globals_ref[id(names)] = Names()

    def reducer_override(self, obj):
        for module, encode in ENCODERS:
            if module in sys.modules and (made := encode(self, obj)) is not None: return made
        return super().reducer_override(obj)

    def _dynamic_function_reduce(self, func):
        made = super()._dynamic_function_reduce(func)
        if func.__globals__ is self.names and not self.carry: made[2][1]["__globals__"] = {}  # they are all saved anyway
        return made


def _array(pickler, a):
    """A view of an array that is saved as a view, so that both still see each other's changes."""
    np = sys.modules["numpy"]
    if isinstance(a, np.memmap): raise Unsaved("a memory-mapped file")
    base = a.base if type(a) is np.ndarray and not pickler.frames else None
    if type(base) is not np.ndarray or a.dtype.hasobject or base.dtype.hasobject or not base.flags.owndata: return None
    if not (base.flags.c_contiguous or base.flags.f_contiguous): raise Unsaved("a view of an array that is not contiguous")
    begin = a.__array_interface__["data"][0] - base.__array_interface__["data"][0]
    return _view, (base, begin, a.shape, a.strides, a.dtype, a.flags.writeable)


def _view(base, begin, shape, strides, dtype, writeable):
    a = sys.modules["numpy"].ndarray(shape, dtype, base if base.flags.c_contiguous else base.T, begin, strides)
    if not writeable: a.flags.writeable = False
    return a


def _frame(pickler, obj):
    """A frame by itself: what copies share until one is written to must not stay shared without pandas knowing."""
    pd = sys.modules["pandas"]
    if pickler.frames or not isinstance(obj, (pd.DataFrame, pd.Series, pd.Index)): return None
    file = io.BytesIO()
    Pickler(file, pickler.names, True, pickler.carry).dump(obj)
    return _loaded, (file.getvalue(),)


def _loaded(data): return cloudpickle.loads(data)


class Storage:
    """The memory of tensors, once for all that share it."""
    def __init__(self, raw): self.raw = raw

    def __reduce__(self):
        torch = sys.modules["torch"]
        data = torch.tensor([], dtype=torch.uint8, device=self.raw.device).set_(self.raw).cpu().numpy()
        return _storage, (data, str(self.raw.device))


def _storage(data, device):
    import torch
    return torch.tensor(data, dtype=torch.uint8, device=device).untyped_storage()


def _tensor(pickler, obj):
    """Tensors with their gradients; those that share memory go on sharing it."""
    torch = sys.modules["torch"]
    if isinstance(obj, torch.Tensor):
        if obj.grad_fn is not None: raise Unsaved("it carries a gradient graph; .detach() or .item() makes a value of it")
        if obj.is_leaf and obj.grad is not None: return _with_grad, (obj.__reduce_ex__(5), obj.grad)
    elif isinstance(obj, torch.storage.TypedStorage):
        raw = obj._untyped_storage
        held = pickler.storages.setdefault((raw.data_ptr() or id(raw), raw.nbytes(), str(raw.device)), Storage(raw))
        return _typed, (held, obj.dtype)
    elif isinstance(obj, torch.Generator): return _generator, (str(obj.device), obj.get_state())


def _typed(raw, dtype):
    import torch
    return torch.storage.TypedStorage(wrap_storage=raw, dtype=dtype, _internal=True)


def _with_grad(made, grad):
    tensor = made[0](*made[1])
    if len(made) > 2 and made[2]: tensor.__dict__.update(made[2])
    tensor.grad = grad
    return tensor


def _generator(device, state):
    import torch
    made = torch.Generator(device)
    made.set_state(state.cpu())
    return made


def _run(pickler, obj):
    """A run that has ended, as its record."""
    if not isinstance(obj, sys.modules["opsnb.track.scope"].Run): return None
    if obj.status == "running": raise Unsaved(f"the run {obj.state.name!r} is still open")
    return _recorded, (obj.id,)


def _recorded(id):
    from opsnb.track import run
    return run(id)


def _file(pickler, obj):
    if isinstance(obj, (io.TextIOWrapper, io.BufferedIOBase, io.RawIOBase)) and not isinstance(obj, io.BytesIO): raise Unsaved("a file that was opened")


def _shown(pickler, obj):
    if isinstance(obj, sys.modules["IPython.core.display_functions"].DisplayHandle): raise Unsaved("a display that is changed later")


def _widget(pickler, obj):
    if isinstance(obj, sys.modules["ipywidgets"].Widget): raise Unsaved("a widget lives in its kernel")


ENCODERS = [("torch", _tensor), ("numpy", _array), ("pandas", _frame), ("opsnb.track.scope", _run), ("io", _file), ("IPython.core.display_functions", _shown), ("ipywidgets", _widget)]


class Watched:
    """A file that is written at most `most` bytes long, and knows whether a secret went through."""

    def __init__(self, file=None, most=None):
        self.file, self.most, self.bytes, self.leak, self.tail = file, most, 0, False, b""
        self.forms = [f.encode() for f in hidden.forms]

    def write(self, data):
        data = memoryview(data).cast("B") if not isinstance(data, bytes) else data
        self.bytes += len(data)
        if self.most and self.bytes > self.most: raise TooBig
        if self.forms and not self.leak:
            text = self.tail + bytes(data)
            self.leak, self.tail = any(f in text for f in self.forms), text[-max(map(len, self.forms)):]
        return self.file.write(data) if self.file else len(data)


# --- what lies beside the names

_begun = {}


def begin():
    """Remember how the kernel was before its first cell, to know later what has changed."""
    _begun.update(env=dict(os.environ), path=list(sys.path), threads=set(threading.enumerate()), recursion=sys.getrecursionlimit())


def _before():
    """What imports may need: environment variables that have changed, the working directory, the path of modules."""
    env = {k: v for k, v in os.environ.items() if _begun["env"].get(k) != v and not (hidden and hidden(v) != v)}
    return {"env": env, "gone": [k for k in _begun["env"] if k not in os.environ], "cwd": os.getcwd(), "path": list(sys.path), "recursion": sys.getrecursionlimit()}


def _put_before(was):
    os.environ.update(was["env"])
    for k in was["gone"]: os.environ.pop(k, None)
    os.chdir(was["cwd"])
    sys.path[:] = was["path"]
    sys.setrecursionlimit(was["recursion"])


def _numpy(np): return {"random": np.random.get_state(), "print": np.get_printoptions(), "err": np.geterr()}


def _put_numpy(np, was):
    np.random.set_state(was["random"])
    np.set_printoptions(**{k: v for k, v in was["print"].items() if v is not None or k == "formatter"})
    np.seterr(**was["err"])


def _torch(torch):
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() and torch.cuda.is_initialized() else []
    return {"random": torch.get_rng_state(), "cuda": cuda, "dtype": torch.get_default_dtype(), "threads": torch.get_num_threads(), "grad": torch.is_grad_enabled(),
            "deterministic": torch.are_deterministic_algorithms_enabled(), "benchmark": torch.backends.cudnn.benchmark}


def _put_torch(torch, was):
    torch.set_rng_state(was["random"])
    if was["cuda"]: torch.cuda.set_rng_state_all(was["cuda"])
    torch.set_default_dtype(was["dtype"])
    torch.set_num_threads(was["threads"])
    torch.set_grad_enabled(was["grad"])
    torch.use_deterministic_algorithms(was["deterministic"])
    torch.backends.cudnn.benchmark = was["benchmark"]


def _pandas(pd):
    with sys.modules["warnings"].catch_warnings(action="ignore"): return dict(_options(pd.options))


def _options(node, prefix=""):
    for k in dir(node):
        v = getattr(node, k)
        if isinstance(v, type(node)): yield from _options(v, f"{prefix}{k}.")
        elif not k.endswith("backend"): yield f"{prefix}{k}", v


def _put_pandas(pd, was):
    with sys.modules["warnings"].catch_warnings(action="ignore"):
        for k, v in was.items():
            if pd.get_option(k) != v: pd.set_option(k, v)


def _matplotlib(mpl): return {k: v for k, v in mpl.rcParams.items() if k != "backend" and not k.startswith("backend_")}
def _put_matplotlib(mpl, was): mpl.rcParams.update(was)


SURROUNDINGS = {  # module: (take, put back)
    "random": (lambda m: m.getstate(), lambda m, was: m.setstate(was)),
    "warnings": (lambda m: list(m.filters), lambda m, was: (m.filters.__setitem__(slice(None), was), m._filters_mutated() if hasattr(m, "_filters_mutated") else None)),
    "decimal": (lambda m: m.getcontext().copy(), lambda m, was: m.setcontext(was)),
    "numpy": (_numpy, _put_numpy), "torch": (_torch, _put_torch), "pandas": (_pandas, _put_pandas), "matplotlib": (_matplotlib, _put_matplotlib),
}


def _after(names):
    """States of libraries, and whatever pickles plainly of the project's own modules."""
    return {name: take(sys.modules[name]) for name, (take, _) in SURROUNDINGS.items() if name in sys.modules}


def _own_modules(root):
    """`{module: {name: value}}`: the data of modules below `root` that were imported."""
    found = {}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name in ("__main__", "__mp_main__") or not file or not Path(file).is_relative_to(root) or "site-packages" in file: continue
        found[name] = {k: v for k, v in vars(module).items() if not k.startswith("__") and _data(v)}
    return found


def _data(v, deep=4):
    """Whether a value is plain data all through: nothing that belongs to the process."""
    if v is None or isinstance(v, (bool, int, float, complex, str, bytes)): return True
    if isinstance(v, dict): return deep > 0 and all(_data(k, 0) and _data(x, deep - 1) for k, x in v.items())
    if isinstance(v, (list, tuple, set, frozenset)): return deep > 0 and all(_data(x, deep - 1) for x in v)
    return type(v).__module__ in ("numpy", "torch", "pandas", "collections", "datetime", "random") and not isinstance(v, types.ModuleType)


def _open_things():
    """What runs or is open beside the names, and would be missing."""
    known = _begun["threads"]
    said = [f"the thread {t.name!r} is running" for t in threading.enumerate()
            if t not in known and t.is_alive() and not t.daemon and not t.name.startswith(("ThreadPoolExecutor", "asyncio", "IPython", "opsnb"))]
    if scope := sys.modules.get("opsnb.track.scope"):
        said += [f"the run {r.state.name!r} is still open" for r in scope._runs_here if r.status == "running"]
    if (mlflow := sys.modules.get("mlflow")) and mlflow.active_run(): said.append("an MLflow run is still open")
    if hidden: said += [f"the environment variable {k} holds a secret" for k, v in os.environ.items() if _begun["env"].get(k) != v and hidden(v) != v]
    if (plt := sys.modules.get("matplotlib.pyplot")) and plt.get_fignums(): said.append("a matplotlib figure is still open")
    for name in ("tensorflow", "jax.random_seed"):
        if name in sys.modules: said.append(f"the state of {name} is not saved")
    try:
        import psutil
        quiet = ("resource_tracker", "loky", "multiprocessing", "forkserver")
        said += [f"the process {p.pid} ({p.name()}) is running" for p in psutil.Process().children() if p.status() != psutil.STATUS_ZOMBIE and not any(q in " ".join(p.cmdline()) for q in quiet)]
    except Exception: said.append("its child processes cannot be listed")
    return said


# --- save and restore

def names(without=()):
    """The names that cells have given a meaning to."""
    ip = shell()
    hide = ip.user_ns_hidden
    return {k: v for k, v in ip.user_ns.items() if k not in without and k not in SINGLE and not OWN.match(k) and not (k in hide and hide[k] is v)}


def _culprits(found):
    """`{name: why}` of the names that cannot be saved, or hold a secret."""
    bad = {}
    for name, value in found.items():
        sink = Watched()
        try: Pickler(sink, shell().user_ns).dump(value)
        except Exception as e: bad[name] = f"{type(value).__name__}: {e}"
        else: bad |= {name: "it holds a secret"} if sink.leak else {}
    return bad


def _write(path, found, root, most):
    """One file; returns `(bytes, whether a secret is in it)`."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as f:
        out = Watched(f, most)
        Pickler(out, shell().user_ns).dump(_before())
        Pickler(out, shell().user_ns).dump({"names": found, "modules": _own_modules(root), "count": shell().execution_count})
        Pickler(out, shell().user_ns).dump(_after(found))
        f.flush()
        os.fsync(f.fileno())
    return out.bytes, out.leak


def save(path, told, without=(), root=".", most=None):
    """Write the kernel's state to `path`, and to `told` what came of it; never raises."""
    temporary, found, left = f"{path}.tmp", names(without), {}
    try:
        try: size, leak = _write(temporary, found, root, most)
        except (OSError, MemoryError, TooBig): raise
        except Exception as e: left, leak = _culprits(found), None if (size := None) else e
        if leak:
            left = left or _culprits(found)
            if not left: raise Unsaved(f"{leak}" if isinstance(leak, Exception) else "a secret is in it, beside its names")
            size, leak = _write(temporary, {k: v for k, v in found.items() if k not in left}, root, most)
            if leak: raise Unsaved("a secret is in it, beside its names")
        os.replace(temporary, path)
        said = {"bytes": size, "left_out": {k: hidden(v)[:200] for k, v in left.items()}, "open": _open_things()}
    except TooBig: said = {"error": f"it takes more than {most:,} bytes"}
    except BaseException as e: said = {"error": hidden(f"{type(e).__name__}: {e}")[:500]}
    if os.path.exists(temporary): os.unlink(temporary)
    Path(told).write_text(json.dumps(said))


def restore(path, told, cells=()):
    """Put the state in `path` back, running `cells` (sources) once more on the way; writes to `told` what came of it."""
    try:
        import pickle
        with open(path, "rb") as f:
            _put_before(pickle.load(f))  # noqa: S301 - written by this user's own kernel, readable by nobody else
            was = pickle.load(f)  # noqa: S301
            for name, values in was["modules"].items(): vars(importlib.import_module(name)).update(values)
            shell().user_ns.update(was["names"])
            for source in cells: shell().run_cell(source, store_history=False, silent=True).raise_error()
            for name, state in pickle.load(f).items():  # noqa: S301
                SURROUNDINGS[name][1](importlib.import_module(name), state)
        shell().execution_count = was["count"]
        said = {}
    except BaseException as e: said = {"error": hidden(f"{type(e).__name__}: {e}")[:500]}
    Path(told).write_text(json.dumps(said))

"""Warm kernels behave as cold ones: real kernels, real signals, templates that are killed, stopped and outdated."""
import json
import os
import random
import resource
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import psutil
import pytest
from jupyter_client.manager import KernelManager

import opsnb as ops
from opsnb import _provisioner, kernels
from opsnb._template import LIMITS, began
from opsnb.engine import run_notebook
from opsnb.journal import records
from support import opsnb, until

COMM = "open('/proc/self/comm').read().strip()"


@pytest.fixture(autouse=True)
def undelivered(monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    _provisioner.SAID.clear()


@pytest.fixture
def fresh():
    """No template is there before and after."""
    kernels.stop_kernels()
    yield
    kernels.stop_kernels()


@pytest.fixture
def library(tmp_path, monkeypatch, fresh):
    """Install modules into a site-packages of the test's own: `library(name="source")`."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.syspath_prepend(folder)
    kernels.sites.cache_clear()
    def install(**modules):
        for name, source in modules.items(): (folder / f"{name}.py").write_text(source)
        return folder
    yield install
    kernels.sites.cache_clear()


class Kernel:
    """A kernel started by jupyter_client alone."""

    def __init__(self, folder, imports="numpy", **kw):
        self.km = KernelManager(kernel_name="python3", transport="ipc")
        self.km.ip = f"{folder}/k{random.getrandbits(30):x}"
        self.km.kernel_spec.metadata["kernel_provisioner"] = {"provisioner_name": "opsnb-warm", "config": {"imports": {i: [] for i in imports.split()}}}
        self.km.start_kernel(cwd=str(folder), **kw)
        self.kc = self.km.client()
        self.kc.start_channels()
        self.kc.wait_for_ready(timeout=60)
        self.how, self.why, self.process = self.km.provisioner.how, self.km.provisioner.why, self.km.provisioner.process

    def __call__(self, expression, timeout=60):
        reply = self.kc.execute_interactive("pass", user_expressions={"x": expression}, timeout=timeout, output_hook=lambda m: None)["content"]["user_expressions"]["x"]
        assert reply["status"] == "ok", reply
        return eval(reply["data"]["text/plain"])

    def run(self, code, timeout=60): return self.kc.execute_interactive(code, timeout=timeout, output_hook=lambda m: None)["content"]

    def close(self):
        self.kc.stop_channels()
        if self.km.has_kernel: self.km.shutdown_kernel(now=True)


@pytest.fixture
def kernel(tmp_path):
    made = []
    def start(*args, **kw):
        made.append(Kernel(kw.pop("folder", tmp_path), *args, **kw))
        return made[-1]
    yield start
    for k in made: k.close()


def started(run): return next(r.data for r in records(run.folder, kinds="kernel.started"))


def processes(name, below=None):
    """Processes called `name` (that work below a folder), zombies left out."""
    out = []
    for p in psutil.process_iter(["name", "status", "cwd"]):
        if p.info["name"] == name and p.info["status"] != psutil.STATUS_ZOMBIE and (p.info["cwd"] or "").startswith(str(below or kernels.meeting_place())): out.append(p)
    return out


def test_opsnb_run_is_warm_and_says_so(ws, notebook, fresh):
    path = notebook("nb", "x = 1", f"import numpy, opsnb as ops, sys\nops.publish(comm={COMM}, here='numpy' in sys.modules)")
    for i in range(2):
        result = run_notebook(path)
        assert result.values["comm"] == "opsnb-kernel" and started(ops.run(result.id)) == {"how": "warm", "why": None}
    (row,) = ops.kernels()
    assert row["imports"] == "numpy" and row["served"] == 2 and row["state"] == "ready"
    cold = run_notebook(path, cold=True)
    assert cold.values["comm"] != "opsnb-kernel" and started(ops.run(cold.id))["how"] == "cold"
    code, out, err = opsnb("run", path, "--json")
    assert code == 0 and json.loads(out)["values"]["comm"] == "opsnb-kernel", err
    assert opsnb("run", path, "--cold", "--json")[1].count("opsnb-kernel") == 0
    assert json.loads(opsnb("kernels", "--json")[1])[0]["served"] == 3
    assert "stopped" in opsnb("kernels", "stop")[1] and "no templates" in opsnb("kernels")[1]


def test_the_steps_of_a_pipeline_share_one_template(ws, notebook, project, fresh):
    notebook("a", "x = 1", f"import numpy, opsnb as ops\nops.publish(comm={COMM})")
    notebook("b", "x = 1", f"import psutil, opsnb as ops\nops.publish(comm={COMM})")
    (project / "pipeline.yaml").write_text("name: p\nsteps:\n  a: {notebook: a.ipynb}\n  b: {notebook: b.ipynb}\n")
    assert ops.run_pipeline(project).values == {"a": {"comm": "opsnb-kernel"}, "b": {"comm": "opsnb-kernel"}}
    assert [(r["imports"], r["served"]) for r in ops.kernels()] == [("numpy, psutil", 2)]
    assert ops.run_pipeline(project, cold=True, force=True).values["a"]["comm"] != "opsnb-kernel"


def test_papermill_and_nbclient_as_they_are(project, notebook, monkeypatch, fresh):
    monkeypatch.setenv("JUPYTER_DEFAULT_PROVISIONER_NAME", "opsnb-warm")
    path = notebook("nb", "x = 1", f"import numpy\nprint({COMM})")
    done = subprocess.run([Path(sys.executable).with_name("papermill"), path, "out.ipynb", "--no-progress-bar"], capture_output=True, text=True)
    assert done.returncode == 0 and "opsnb-kernel" in Path("out.ipynb").read_text(), done.stderr
    code = "import nbformat, sys; from nbclient import NotebookClient; nb = nbformat.read(sys.argv[1], 4); NotebookClient(nb).execute(); print(nb.cells[1].outputs[0].text)"
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True)
    assert done.stdout.strip() == "opsnb-kernel", done.stderr


def test_the_kernelspec_for_jupyterlab(project, notebook, monkeypatch, fresh):
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(project / "jupyter"))
    (row,) = ops.install_kernel(user=True)
    path = notebook("nb", "x = 1", "import numpy")
    km = KernelManager(kernel_name="opsnb-warm")
    assert row["kernel"] == "opsnb-warm" and km.kernel_spec.display_name == "Python 3 (opsnb warm)"
    km.start_kernel(env={**os.environ, "JPY_SESSION_NAME": str(path)})  # as Jupyter's server does
    assert km.provisioner.how == "warm"
    km.shutdown_kernel(now=True)


def test_children_differ_in_random_numbers_and_keep_nothing_of_each_other(kernel, tmp_path, monkeypatch, fresh):
    monkeypatch.setenv("FIRST_TOKEN", "hush-hush")
    one = kernel("torch numpy")
    monkeypatch.delenv("FIRST_TOKEN")
    monkeypatch.setenv("SECOND", "2")
    (tmp_path / "other").mkdir()
    two = kernel("torch numpy", folder=tmp_path / "other")
    assert (one.how, two.how) == ("warm", "warm"), (one.why, two.why)
    numbers = "[__import__('random').random(), __import__('numpy').random.rand(), __import__('torch').rand(1).item()]"
    assert not set(one(numbers)) & set(two(numbers))
    assert one("__import__('os').environ['FIRST_TOKEN']") == "hush-hush"
    env = two("dict(__import__('os').environ)")
    assert env["SECOND"] == "2" and "FIRST_TOKEN" not in env and env["JPY_PARENT_PID"] == str(os.getpid())
    assert two("'hush-hush' in open('/proc/self/environ').read()") is False
    assert two("any('hush-' + 'hush' in str(o) for o in __import__('gc').get_objects() if type(o) is dict and len(o) < 1000 and 'FIRST_' + 'TOKEN' in o)") is False
    two.run("import sys\nf, found = sys._getframe(), []\nwhile f: found += [n for n, v in list(f.f_locals.items()) if 'hush-' + 'hush' in repr(v)]; f = f.f_back")
    assert two("found") == []
    assert two("__import__('os').getcwd()") == str(tmp_path / "other") and one("__import__('os').getcwd()") == str(tmp_path)
    assert two("__import__('os').getsid(0) == __import__('os').getpid()") is True


def test_what_a_cold_kernel_sees_a_warm_one_sees(kernel, fresh):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 500), hard))
    see = ("{'argv': __import__('sys').argv[:2], 'main': __name__, 'path': __import__('sys').path, 'umask': (__import__('os').umask(0o22), __import__('os').umask(0o22)), "
           "'limits': [__import__('resource').getrlimit(x) for x in %r], 'signals': {int(n): str(__import__('signal').getsignal(n)) for n in __import__('signal').valid_signals() if n != 2}, "
           "'mask': list(__import__('signal').pthread_sigmask(0, [])), 'env': sorted(__import__('os').environ), 'backend': __import__('matplotlib').get_backend(), 'stdin': __import__('sys').__stdin__.read(), "
           "'tty': [__import__('os').isatty(i) for i in (0, 1, 2)], 'flags': str(__import__('sys').flags), 'threads': sorted(t.name.rstrip('0123456789-') for t in __import__('threading').enumerate())}" % LIMITS)
    try: warm, cold = kernel("numpy matplotlib"), kernel("")
    finally: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert (warm.how, cold.how) == ("warm", "cold")
    a, b = warm(see), cold(see)
    assert a.pop("threads").remove("opsnb-owner") is None and b.pop("threads")
    assert set(a.pop("env")) ^ set(b.pop("env")) == set()
    assert {k: (a[k], b[k]) for k in a if a[k] != b[k]} == {}


def test_pipes_as_subprocess_makes_them(kernel, fresh):
    speak = "import os; os.write(1, b'out'); os.write(2, b'err')"  # under pytest ipykernel leaves 1 and 2 as they are
    for stderr, heard in ((subprocess.PIPE, [b"out", b"err"]), (subprocess.STDOUT, [b"outerr"])):
        k = kernel(stdout=subprocess.PIPE, stderr=stderr)
        assert k.how == "warm", k.why
        k.run(speak)
        k.kc.execute("import os; os._exit(0)")
        assert [p.read() for p in (k.process.stdout, k.process.stderr) if p] == heard and k.process.wait(10) == 0


def test_matplotlib_draws_into_the_notebook_and_atexit_runs(ws, notebook, project, fresh):
    code = "import matplotlib.pyplot as plt, atexit, pathlib\natexit.register(lambda: pathlib.Path('bye').write_text('x'))\nplt.plot([1, 2]);"
    result = run_notebook(notebook("plot", "x = 1", code))
    assert started(ops.run(result.id))["how"] == "warm" and (project / "bye").exists()
    assert any("image/png" in o.get("data", {}) for c in nbformat.read(result.path, 4).cells for o in c.get("outputs", []))


def test_exit_codes_and_use_of_resources(kernel, fresh):
    for code, expected in {"import os, signal; os.kill(os.getpid(), signal.SIGKILL)": -9, "import os; os._exit(7)": 7, "import os, signal; os.kill(os.getpid(), signal.SIGTERM)": -15}.items():
        k = kernel()
        k.kc.execute(code)
        assert k.process.wait(10) == expected and k.process.known
        assert k.process.usage["cpu_s"] > 0 and k.process.usage["rss_mb"] > 10
    k = kernel()
    for p in processes("opsnb-template"): p.kill()
    assert k("1 + 1") == 2, "it does not mind"
    k.kc.execute("import os; os._exit(9)")
    assert k.process.wait(10) == (9 if k.process.known else 1)


def test_interrupt_and_restart(kernel, fresh):
    k = kernel()
    threading.Timer(0.5, k.km.interrupt_kernel).start()
    begun = time.monotonic()
    assert k.run("import time; time.sleep(60)")["ename"] == "KeyboardInterrupt" and time.monotonic() - begun < 10
    k.run("x = 1")
    first = k.km.provisioner.pid
    k.km.restart_kernel()
    k.kc.wait_for_ready(timeout=60)
    assert k.km.provisioner.pid != first and k.km.provisioner.how == "warm" and k("'x' in globals()") is False
    k.km.shutdown_kernel()
    assert until(lambda: not psutil.pid_exists(first))


def test_a_kernel_ends_with_its_owner_not_with_its_template(tmp_path, fresh):
    code = (f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\nfrom test_kernels import Kernel\nimport os\nk = Kernel({str(tmp_path)!r})\n"
            "assert k.how == 'warm', k.why\nprint(k.km.provisioner.pid, flush=True)\nos.kill(os.getpid(), 9)")
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    pid = int(out.stdout)
    assert until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE, 10)
    assert len(ops.kernels()) == 1, "others may use the template"


def test_templates_killed_at_random_moments(ws, notebook, project, fresh):
    """Notebooks start and run, four at a time, while the template is killed 50 times: all end well, and nothing is left behind."""
    path = notebook("nb", "i: int = 0", f"import numpy, opsnb as ops\nops.publish(i=i, comm={COMM})")
    killed, rng, over = [], random.Random(5), threading.Event()
    def kill():
        while len(killed) < 50:
            time.sleep(rng.uniform(0, 1.2))
            for p in processes("opsnb-template"):
                p.kill()
                killed.append(p.pid)
        over.set()
    killer = threading.Thread(target=kill)
    killer.start()
    def work(n):
        out = []
        while not over.is_set(): out.append(run_notebook(path, {"i": len(out)}, out=project / f"out{n}-{len(out)}.ipynb", check=False))
        return out
    with ThreadPoolExecutor(4) as pool: results = [r for rs in pool.map(work, range(4)) for r in rs]
    killer.join()
    assert len(killed) >= 50 and len(results) > 20 and {(r.status, r.error) for r in results} == {("done", None)}
    assert {r.values["comm"] == "opsnb-kernel" for r in results} == {True, False}, "some were warm, some had to start cold"
    assert until(lambda: not processes("opsnb-kernel", project), 10)
    kernels.stop_kernels()
    assert until(lambda: not processes("opsnb-template"), 10)


def test_a_template_that_hangs_costs_ten_seconds_once(ws, notebook, fresh):
    path = notebook("nb", "x = 1", "import numpy")
    run_notebook(path)
    (template,) = processes("opsnb-template")
    template.send_signal(signal.SIGSTOP)
    first, second = run_notebook(path), run_notebook(path)
    assert started(ops.run(first.id)) == {"how": "cold", "why": "the template has not answered for 10 s"}
    assert first.duration_s < 30 and started(ops.run(second.id))["how"] == "warm"
    template.send_signal(signal.SIGCONT)
    assert until(lambda: not template.is_running() or template.status() == psutil.STATUS_ZOMBIE, 10), "it sees that nobody meets it any more"


def test_a_template_whose_threads_have_grown_refuses(library, kernel):
    library(late="import threading, time\ndef work():\n    time.sleep(1)\n    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n    time.sleep(60)\nthreading.Thread(target=work, daemon=True).start()")
    assert kernel("late").how == "warm"
    time.sleep(1.5)
    k = kernel("late")
    assert k.how == "cold" and "more than after its imports" in k.why and "refuses" in ops.kernels()[0]["state"]


def test_ones_own_modules_are_never_preloaded(library, notebook, ws, project):
    library(wheel="import spoke", spoke="size = 28")
    (project / "mine.py").write_text("value = 1")
    path = notebook("nb", "x = 1", "import mine, wheel, opsnb as ops\nops.publish(value=mine.value)")
    assert kernels.imports_of([path]) == {"wheel": []}
    assert run_notebook(path).values == {"value": 1}
    (project / "mine.py").write_text("value = 2  # changed")
    again = run_notebook(path)
    assert again.values == {"value": 2} and started(ops.run(again.id))["how"] == "warm"
    (project / "spoke.py").write_text("size = 1")
    path = notebook("nb", "x = 1", "import mine, wheel, spoke, opsnb as ops\nops.publish(size=spoke.size)")
    result = run_notebook(path)
    assert result.values == {"size": 1} and "its own module spoke" in started(ops.run(result.id))["why"]


def test_a_changed_site_packages_or_environment_gets_a_new_template(library, kernel, monkeypatch):
    folder = library(wheel="import os\nmode = os.environ.get('WHEEL_MODE', 'none')")
    assert kernel("wheel").how == "warm"
    (first,) = ops.kernels()
    monkeypatch.setenv("WHEEL_MODE", "fast")
    assert kernel("wheel")("__import__('wheel').mode") == "fast" and len(ops.kernels()) == 2
    (folder / "wheel.py").unlink()
    library(wheel="mode = 'new'")
    k = kernel("wheel")
    assert k.how == "warm" and k("__import__('wheel').mode") == "new"
    assert began(first["pid"]) is not None, "it has a kernel to wait for"


def test_two_at_once_make_one_template(tmp_path, fresh):
    code = ("import os, sys\nfrom opsnb.kernels import Order, connect\nfrom opsnb._template import receive, send\nimport time\n"
            "c = connect(Order(sys.executable, (), {'numpy': []}, dict(os.environ)))\nsend(c, {'do': 'tell'}); print(receive(c, time.monotonic() + 5)[0]['threads'])")
    children = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert all(c.communicate(timeout=60)[0].strip().isdigit() for c in children)
    assert len(ops.kernels()) == len(processes("opsnb-template")) == 1


def test_waiting_for_a_template_can_be_cut_short(ws, notebook, library):
    library(slow="import time; time.sleep(8)")
    begun = time.monotonic()
    result = run_notebook(notebook("nb", "x = 1", "import slow"), timeout_s=1, check=False)
    assert result.status == "timed_out" and time.monotonic() - begun < 6
    assert until(ops.kernels, 30), "the template comes late, and serves the next kernel"


def test_only_the_user_can_reach_it(kernel, fresh):
    kernel()
    folder = kernels.meeting_place()
    assert folder.stat().st_mode & 0o777 == 0o700 and folder.stat().st_uid == os.getuid()
    assert {p.stat().st_mode & 0o777 for p in folder.glob("*.sock")} == {0o600} == {p.stat().st_mode & 0o777 for p in folder.glob("*.json")}
    os.chmod(folder, 0o755)
    try:
        with pytest.raises(ops.OpsError, match="not a folder of yours alone"): kernels.meeting_place()
    finally: os.chmod(folder, 0o700)


def test_a_template_ends_when_idle_and_not_before(fresh):
    order = kernels.Order(sys.executable, (), {"psutil": []}, dict(os.environ))
    kernels.connect(order, idle_s=3).close()
    (row,) = ops.kernels()
    time.sleep(1.5)
    assert began(row["pid"]) is not None
    assert until(lambda: began(row["pid"]) is None, 10) and not list(kernels.meeting_place().glob("*.sock"))


def test_off_by_setting_and_where_nothing_is_named(ws, notebook, monkeypatch, kernel, fresh):
    assert started(ops.run(run_notebook(notebook("plain", "x = 1", "import json")).id))["how"] == "cold"
    monkeypatch.setenv("OPSNB_WARM", "0")
    assert started(ops.run(run_notebook(notebook("nb", "x = 1", "import numpy")).id))["how"] == "cold"
    k = kernel()
    assert (k.how, k.why) == ("cold", "the setting `warm` is off") and not ops.kernels()


def test_stop_waits_for_kernels(kernel, fresh):
    k = kernel()
    (row,) = ops.stop_kernels()
    assert "ends with its 1 kernels" in row["state"] and k("1 + 1") == 2
    k.close()
    assert until(lambda: not processes("opsnb-template"), 10)
    with pytest.raises(ops.OpsError, match="no such template"): ops.stop_kernels("nonsense")

"""Jobs on a real Ray cluster of one machine, behind a token: what runs, what stops, and what dies."""
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import psutil
import pytest

import opsnb as ops
from opsnb.errors import OpsError, Unavailable
from opsnb.jobs.backend import engine
from opsnb.jobs.handle import JobFailed
from opsnb.plug import has
from support import trained, until

pytestmark = [pytest.mark.timeout(400), pytest.mark.xdist_group("ray"), pytest.mark.skipif(not has("ray"), reason="pip install 'opsnb[ray]'")]
TOKEN = "0123456789abcdef" * 2


def free_ports(n):
    held = [socket.socket() for _ in range(n)]
    try:
        for s in held: s.bind(("127.0.0.1", 0))
        return [s.getsockname()[1] for s in held]
    finally:
        for s in held: s.close()


class Head:
    """A cluster of one node with two pretended GPUs, to be killed and started again."""

    def __init__(self):
        for attempt in range(3):  # on a busy machine a start may take for ever, or a port may be gone
            self.folder, self.ports = tempfile.mkdtemp(prefix="r"), free_ports(7)  # a short name: it holds sockets
            self.url = f"http://127.0.0.1:{self.ports[1]}"
            if self.start(90): return
            self.kill()
        raise AssertionError(self.said())

    def said(self):
        with open(os.path.join(self.folder, "log")) as f: return f.read()[-3000:]

    def start(self, within_s=200):
        """Start it; whether it came up in time."""
        gcs, board, http, grpc, env, metrics, clients = self.ports
        words = {"port": gcs, "dashboard-port": board, "dashboard-agent-listen-port": http, "dashboard-agent-grpc-port": grpc, "runtime-env-agent-port": env, "metrics-export-port": metrics, "ray-client-server-port": clients,
                 "dashboard-host": "127.0.0.1", "num-cpus": 2, "num-gpus": 2, "object-store-memory": 80_000_000, "temp-dir": self.folder, "min-worker-port": 0, "max-worker-port": 0}
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("OPSNB_", "RAY_"))}
        with open(os.path.join(self.folder, "log"), "a") as log:
            self.process = subprocess.Popen([os.path.join(os.path.dirname(sys.executable), "ray"), "start", "--head", "--block", "--disable-usage-stats", *(f"--{k}={v}" for k, v in words.items())], stdout=log, stderr=log, start_new_session=True,
                                            env={**clean, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": TOKEN, "RAY_USAGE_STATS_ENABLED": "0", "RAY_JOB_START_TIMEOUT_SECONDS": "31536000", "RAY_raylet_start_wait_time_s": "200"})
        return until(self.ready, within_s, 0.5)

    def ready(self):
        try: return b'"activeNodes": {"' in urllib.request.urlopen(urllib.request.Request(f"{self.url}/api/cluster_status", headers={"Authorization": f"Bearer {TOKEN}"}), timeout=10).read()
        except OSError: return False

    def kill(self):
        """As when the machine loses its power: everything at once."""
        mine = [p for p in psutil.process_iter() if p.pid == self.process.pid or any(self.folder in w for w in words_of(p))]
        every = {q for m in mine for q in [m, *children(m)]}
        for how in (psutil.Process.suspend, psutil.Process.kill):  # suspended first, so that none sees another one die
            for p in every:
                try: how(p)
                except psutil.Error: pass
        self.process.wait(30)


def words_of(p):
    try: return p.cmdline()
    except psutil.Error: return ()


def children(p):
    try: return p.children(recursive=True)
    except psutil.Error: return []


@pytest.fixture(scope="session")
def head():
    head = Head()
    yield head
    head.kill()
    shutil.rmtree(head.folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def cluster(head, ws, monkeypatch):
    """Where the cluster is; the jobs of a test end with it."""
    for name, value in {"RAY_AUTH_TOKEN": TOKEN, "OPSNB_RAY_ADDRESS": head.url, "OPSNB_DELIVERY": "off", "OPSNB_GRACE_S": "3"}.items(): monkeypatch.setenv(name, value)
    yield head
    for j in ops.jobs():
        if not j.state.over(): j.cancel()


def running(job): return until(lambda: job.status != "queued", 120) and job.status == "running"


def test_a_function_with_a_gpu(ws):
    factor = 10
    def work(n):
        import os
        print("at work")
        return n * factor, os.environ["CUDA_VISIBLE_DEVICES"], os.environ["OPSNB_JOB"], os.path.isdir(os.environ["OPSNB_CKPT"])
    job = ops.submit(work, 4, on="ray", gpus=2, tags={"team": "risk"})
    value, gpus, id, there = job.result(120)
    assert (value, sorted(gpus.split(",")), id, there) == (40, ["0", "1"], job.id, True)
    assert str(job.logs()) == "at work\n" and sorted(job.state.gpus) == ["0", "1"] and job.state.engine_id == job.key
    assert engine("ray", ws).find(job) == job.key
    ray = next(r for r in ops.backends() if r["back-end"] == "ray")
    assert ray["state"] == "ready" and ray["gpus"].endswith("of 2 free")


def test_what_goes_wrong_in_the_program(ws, monkeypatch):
    monkeypatch.setenv("SHOP_TOKEN", "s3cr3t-very-long-value")
    def fails(): raise KeyError("no such column")
    def cannot_travel():
        import threading
        return threading.Lock()
    def again():
        import os
        from pathlib import Path
        seen = Path(os.environ["OPSNB_CKPT"], "seen")
        if seen.exists(): return "second"
        seen.touch()
        raise SystemExit(1)
    made = [ops.submit(fails, on="ray"), ops.submit(cannot_travel, on="ray"), ops.submit(again, on="ray", retries=1), ops.submit("true", on="ray", env={"SHOP_TOKEN": "env:SHOP_TOKEN"})]
    e = made[0].exception(120)
    assert isinstance(e, JobFailed) and isinstance(e.__cause__, KeyError) and "raise KeyError" in str(made[0].logs())
    assert made[1].wait(120).status == "failed" and "lock" in made[1].state.error
    assert made[2].result(120) == "second" and made[2].state.attempt == 2
    assert made[3].wait(120).status == "failed" and "SHOP_TOKEN" in made[3].state.error  # the node does not have it, and Ray is not told
    assert "s3cr3t" not in str(engine("ray", ws).ask(lambda c: c.list_jobs()))


def test_stopped_while_it_waits_begins_and_runs(ws):
    busy = ops.submit([sys.executable, "-c", "import signal, sys, time\nsignal.signal(15, lambda *_: (time.sleep(0.5), print('saved', flush=True), sys.exit(0)))\nprint('ready', flush=True)\ntime.sleep(600)"], on="ray", gpus=2)
    assert until(lambda: "ready" in str(busy.folder.log.read_text() if busy.folder.log.exists() else ""), 120)
    waits = ops.submit("sleep 600", on="ray", gpus=1)
    assert until(lambda: waits.status == "queued") and waits.cancel() and waits.wait(60).status == "cancelled"
    assert busy.cancel() and busy.wait(60).status == "cancelled" and "saved" in str(busy.logs())
    for after_s in (0, 1.5):
        begins = ops.submit("sleep 600", on="ray")
        time.sleep(after_s)
        begins.cancel()
        assert begins.wait(120).status == "cancelled"
    assert waits.folder.state().attempt == 0  # its turn came when the GPUs were free; it did not begin


def test_the_worker_is_killed(ws):
    job = ops.submit("sleep 600", on="ray")
    assert running(job)
    os.kill(job.state.pid, signal.SIGKILL)
    assert job.wait(60).status == "lost" and "Ray says" in job.state.error
    assert job.exception().exit_code == 3 and "opsnb retry" in str(job.exception())


def test_a_cluster_that_does_not_see_this_file_system(ws, project):
    (project / "lib.py").write_text("def twice(x): return 2 * x\n")
    def work(n):
        import os
        import lib
        import opsnb as ops
        ops.current().log(loss=0.5)
        print("away", lib.twice(n), os.getcwd(), flush=True)
        return lib.twice(n)
    job = ops.submit(work, 21, on="ray", ray_upload=True)
    assert job.result(120) == 42 and job.state.attempt == 1 and str(job.logs()).startswith("away 42 ") and str(ws.root) not in str(job.logs())
    assert any(f.stat().st_size for f in (ws.journal / job.run).glob("*.jsonl"))  # its run's journal came back, too
    def fails(): raise ValueError("far away")
    other = ops.submit(fails, on="ray", engine={"upload": "true"})
    assert other.wait(120).status == "failed" and "far away" in other.state.error


def test_many_items_as_tasks(ws, project):
    from opsnb.jobs.ray import tasks
    (project / "lib.py").write_text("def twice(x): return 2 * x\n")
    def score(x):
        import lib
        return lib.twice(x)
    assert ops.submit(tasks(score, cpus=0.5), [1, 2, 3], on="ray").result(200) == [2, 4, 6]


def test_what_cannot_be_is_said(ws, monkeypatch):
    for asked, says in (({"nodes": 2}, "no multi node"), ({"ray_uplod": True}, "ray_upload"), ({"ray_resources": "TPU"}, "a dict"), ({"environment": "image:1"}, "no images")):
        with pytest.raises(OpsError) as e: ops.submit("true", on="ray", **asked)
        assert says in str(e.value)
    assert not list((ws.path / "jobs").glob("job_*"))
    many = ops.submit("true", gpus=9, on="ray")
    assert "9 GPUs where the cluster has 2" in many.why() and many.cancel()
    monkeypatch.setenv("OPSNB_RAY_ADDRESS", f"http://127.0.0.1:{free_ports(1)[0]}")
    with pytest.raises(Unavailable, match="No Ray cluster answers"): ops.submit("true", on="ray")


def test_many_jobs_are_one_question(ws, monkeypatch):
    jobs, questions = [ops.submit("sleep 600", on="ray", gpus=2) for _ in range(3)], []
    ray = engine("ray", ws)
    ask = ray.ask
    monkeypatch.setattr(ray, "ask", lambda q: questions.append(q) or ask(q))
    time.sleep(ray.ask_s)
    assert len(ops.jobs()) == 3 and len(questions) == 1
    for j in jobs: j.cancel()


def test_the_head_is_killed_and_has_forgotten_everything(ws, cluster):
    done, runs = ops.submit("true", on="ray"), ops.submit("sleep 600", on="ray")
    assert done.wait(120).status == "done" and running(runs)
    pid = runs.state.pid
    cluster.kill()
    assert until(lambda: runs.status == "unreachable", 60), runs
    assert done.status == "done" and ops.job(done.id).result() == 0
    with pytest.raises(Unavailable): ops.submit("true", on="ray")
    assert len(list((ws.path / "jobs").glob("job_*"))) == 2
    assert until(lambda: not psutil.pid_exists(pid), 60)  # Ray ends what it started
    assert cluster.start(), cluster.said()
    assert runs.wait(120).status == "lost" and done.status == "done"
    assert runs.retry().key.endswith("-2") and running(runs) and runs.cancel() and runs.wait(60).status == "cancelled"


def test_the_template_trains_there_as_it_does_here(ws, project):
    pytest.importorskip("accelerate")
    assert trained(project, "ray") == trained(project, "local")

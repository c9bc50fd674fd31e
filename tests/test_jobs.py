"""Jobs on this machine: real processes, real signals, real locks. What is submitted ends, and the folder tells how."""
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

import opsnb as ops
from opsnb._meter import oom_kills
from opsnb.errors import OpsError, Unavailable
from opsnb.jobs.backend import engine
from opsnb.jobs.folder import Folder
from opsnb.jobs.handle import Job, JobFailed
from opsnb.jobs.local import Queue, wake
from opsnb.journal import records
from opsnb.track.deliver import Delivery, sync
from opsnb.schedule._scheduler import Scheduler
from support import cells, clock_off, opsnb, python, until

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(autouse=True)
def small_world(monkeypatch, tmp_path):
    """Two pretended GPUs, nothing delivered, a short time of grace; supervisors end with the test."""
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    monkeypatch.setenv("OPSNB_FAKE_GPUS", "2")
    monkeypatch.setenv("OPSNB_GRACE_S", "3")
    yield
    for p in supervisors(tmp_path): end(p)


def supervisors(folder):
    return [p for p in psutil.process_iter(["cmdline"]) if "opsnb.jobs._supervisor" in (w := p.info["cmdline"] or []) and any(str(folder) in x for x in w)]


def end(p):
    try: p.kill(), p.wait(10)
    except psutil.Error: pass


def alive(pid): return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def running(job): return until(lambda: job.status != "queued", 60) and job.status == "running"


def said(job, word):
    """Wait until the job's program has written a word."""
    assert until(lambda: word in str(job.logs()) or job.done(), 60) and word in str(job.logs()), (job, str(job.logs()))


# what can be submitted


def test_a_function_with_what_it_needs(ws):
    scale = 10
    def helper(x): return x * scale
    def work(x, plus=0):
        print("at work")
        return {"value": helper(x) + plus}
    job = ops.submit(work, 4, plus=2, name="mine", tags={"team": "risk"})
    assert job.result(60) == {"value": 42} and job.done() and job.status == "done" and job.exception() is None
    assert str(job.logs()) == "at work\n" and job.name == "mine"
    used = job.resources()["used"]
    assert used["wall_s"] > 0 and used["peak_mem_mb"] > 1 and used["gpu_hours"] == 0


def test_a_coroutine_function_and_arguments_by_name(ws):
    async def work(a, b): return a + b
    assert ops.submit(work, params={"a": 1, "b": 2}).result(60) == 3


def test_what_functions_do(ws):
    """Pools, threads that go on, exits, results that are none."""
    code = """
import opsnb as ops, sys, threading, time, random
def square(x): return x * x
def pool():
    from multiprocessing import Pool
    with Pool(2) as p: return p.map(square, [1, 2, 3])
def thread(): threading.Thread(target=lambda: (time.sleep(0.5), print("went on"))).start()
def leaves(): sys.exit(0)
def fails(): sys.exit("no more")
def draws(): return random.random()
jobs = [ops.submit(f) for f in (pool, thread, leaves, fails, draws, draws)]
print([j.result(60) for j in jobs[:3]], jobs[3].wait(60).status, str(jobs[3].logs()).strip(), str(jobs[1].logs()).strip(), jobs[4].result(60) != jobs[5].result(60))
"""
    assert python(code).strip() == "[[1, 4, 9], None, None] failed no more went on True"


def test_an_exception_comes_back_with_its_type(ws):
    def work(): raise KeyError("no such column")
    job = ops.submit(work)
    e = job.exception(60)
    assert isinstance(e, JobFailed) and isinstance(e.__cause__, KeyError) and "no such column" in str(e) and e.job is job
    assert (job.status, e.exit_code) == ("failed", 1) and "raise KeyError" in str(job.logs())
    with pytest.raises(JobFailed): job.result()


def test_a_notebook_a_script_a_command_a_pipeline(ws, notebook, project):
    notebook("train", "lr: float = 0.1", "import opsnb as ops\nops.publish(loss=lr * 2)")
    (project / "prep.py").write_text("import sys; print('words', sys.argv[1:])")
    (project / "pipeline.yaml").write_text("steps:\n  one: {notebook: train.ipynb, params: {lr: 3}}\n")
    made = [ops.submit("train.ipynb", params={"lr": 0.5}), ops.submit("prep.py", "--n", 3), ops.submit("echo one two"), ops.submit([sys.executable, "-c", "print(6*7)"]), ops.submit("pipeline.yaml")]
    assert [j.result(120) for j in made] == [{"loss": 1.0}, 0, 0, 0, 0]
    assert str(made[1].logs()) == "words ['--n', '3']\n" and str(made[2].logs()) == "one two\n" and str(made[3].logs()) == "42\n"
    code, out, _ = opsnb("logs", made[0].id)
    assert code == 0 and "published loss" in out  # the notebook's own outputs


def test_editing_after_submitting_changes_nothing(ws, project, notebook):
    (project / "lib.py").write_text("word = 'first'\n")
    (project / "show.py").write_text("import lib; print(lib.word, open('data.txt').read())")
    (project / ".opsnbignore").write_text("data.txt\n")
    (project / "data.txt").write_text("data of the working directory")
    notebook("nb", "n = 1", "import lib\nimport opsnb as ops\nops.publish(word=lib.word)")
    def work():
        import lib
        return lib.word
    block = [ops.submit("sleep 600", cpus=os.cpu_count())]
    assert running(block[0])
    made = [ops.submit("show.py"), ops.submit("nb.ipynb"), ops.submit(work)]
    for name in ("lib.py", "show.py"): (project / name).write_text("word = 'second'; print(word)")
    notebook("nb", "n = 1", "1 / 0")
    block[0].cancel()
    assert [j.result(120) for j in made] == [0, {"word": "first"}, "first"]
    assert str(made[0].logs()) == "first data of the working directory\n"


def test_a_cell_of_a_notebook_submits_and_another_kernel_asks(ws, notebook):
    notebook("ask", "n = 1", "import opsnb as ops\nfactor = 6\ndef inner(x): return x * factor\ndef work(x): return inner(x)\njob = ops.submit(work, 7)\nops.publish(id=job.id)")
    id = ops.run_notebook("ask.ipynb").values["id"]
    assert ops.job(id).result(60) == 42 and ops.job(id).spec.parent  # the notebook's run is the job's parent
    assert python(f"import opsnb as ops; print(ops.job('{id[:9]}').result())").strip() == "42"


# where it runs


def test_gpus_are_given_out_one_by_one(ws):
    def work():
        import os, time
        time.sleep(1)
        return os.environ["CUDA_VISIBLE_DEVICES"]
    made = [ops.submit(work, gpus=1, cpus=1) for _ in range(4)] + [ops.submit(work, gpus=2)]
    both = [j.result(120) for j in made]
    assert sorted(both[:4]) == ["0", "0", "1", "1"] and both[4] == "0,1" and ops.submit(work).result(60) == ""
    spans = [(j.folder.state().started, j.folder.state().ended, set(j.folder.state().gpus)) for j in made]
    assert not any(a[0] < b[1] and b[0] < a[1] and a[2] & b[2] for i, a in enumerate(spans) for b in spans[:i])  # never two on one GPU


def test_workspaces_of_several_people_share_one_machine(ws, tmp_path, monkeypatch):
    other = tmp_path / "other"
    other.mkdir()
    (other / "opsnb.toml").write_text("")
    first = ops.submit("sleep 600", gpus=2)
    assert running(first)
    code = "import opsnb as ops; print(ops.submit('sleep 0.1', gpus=1).id)"
    id = python(code, cwd=other).strip()
    second = Job(other / ".opsnb" / "jobs" / id)
    time.sleep(1)
    assert second.status == "queued" and ops.backends()[0]["gpus"] == "0 of 2 free"
    first.cancel()
    assert second.result(60) == 0


def test_what_cannot_be_had_is_said_at_once(ws):
    for asked, says in (({"gpus": 3}, "gpus=2"), ({"cpus": 10_000}, "at most"), ({"mem_gb": 1e6}, "mem_gb="), ({"nodes": 2}, "no multi node"), ({"gpus": "two"}, "a whole number"), ({"gpu": 1}, "did you mean 'gpus'"),
                        ({"on": "slrm"}, "allowed:"), ({"env": {"OPSNB_X": "1"}}, "ours"), ({"after": ["job_gone"]}, "no job 'job_gone'")):
        with pytest.raises(OpsError) as e: ops.submit("true", **asked)
        assert says in str(e.value), (asked, str(e.value))
    assert not (ws.path / "jobs").exists() or not list((ws.path / "jobs").glob("job_*"))  # nothing was begun


def test_what_cannot_travel_is_named(ws, notebook, project):
    f, lock = open(os.devnull), threading.Lock()
    def with_file(): return f.name
    def with_lock(): return lock
    for function, args, says in ((with_file, (), "'f'"), (with_lock, (), "'lock'"), (print, (lock,), "argument 1")):
        with pytest.raises(OpsError, match="cannot go to another process") as e: ops.submit(function, *args)
        assert says in str(e.value)
    f.close()
    notebook("broken", "n = 1", "x = = 2")
    with pytest.raises(OpsError, match="cell 2 is not Python"): ops.submit("broken.ipynb")
    with pytest.raises(OpsError, match="no notebook"): ops.submit("gone.ipynb")
    notebook("magic", "n: int = 1", "x = !echo hi\n%time y = 1\nprint(y)")
    assert ops.submit("magic.ipynb").wait(60).status == "done"  # what only IPython understands is no mistake
    with pytest.raises(OpsError, match="wrong value"): ops.submit("magic.ipynb", params={"n": "many"})


def test_after_others(ws):
    slow = ops.submit([sys.executable, "-c", "import time; time.sleep(1)"])
    then = ops.submit("true", after=slow)
    assert then.result(60) == 0 and then.state.started >= slow.wait().state.ended
    never = ops.submit("true", after=[ops.submit("false")])
    assert never.wait(60).status == "not_run"
    killed = ops.submit("sleep 60")
    never = ops.submit("true", after=killed)
    assert running(killed)
    os.kill(killed.folder.state().pid, signal.SIGKILL)
    assert until(lambda: never.folder.state().status == "not_run", 30), "nobody but the queue looks"


# secrets


def test_secrets_reach_the_program_and_nothing_else(ws, monkeypatch):
    monkeypatch.setenv("SHOP_TOKEN", "s3cr3t-very-long-value")
    def work():
        import os
        print("the token is", os.environ["SHOP_TOKEN"], flush=True)
        return len(os.environ["SHOP_TOKEN"])
    job = ops.submit(work, env={"SHOP_TOKEN": "env:SHOP_TOKEN"})
    assert job.result(60) == 22 and str(job.logs()) == "the token is ***\n"
    assert not [p for p in ws.path.rglob("*") if p.is_file() and b"s3cr3t-very" in p.read_bytes()]
    for args, kw in ((["--api-key=abcdefgh"], {}), ([], {"params": {"api_key": "abcdefgh"}}), ([], {"env": {"API_KEY": "abcdefgh"}})):
        with pytest.raises(OpsError, match="would stand in the job's folder"): ops.submit("true", *args, **kw)
    with pytest.raises(OpsError, match="has no value"): ops.submit("true", env={"A_TOKEN": "env:NO_SUCH_THING"})


# how it ends


def test_cancel_while_waiting_starting_and_running(ws):
    busy = ops.submit("sleep 600", cpus=os.cpu_count())
    waits = ops.submit("sleep 600")
    assert running(busy) and waits.cancel() and waits.status == "cancelled"
    assert busy.cancel() and busy.wait(30).status == "cancelled" and not busy.cancel()
    for _ in range(5):  # at whatever moment of its start
        job = ops.submit("sleep 600")
        time.sleep(0.01 * _)
        job.cancel()
        assert job.wait(30).status == "cancelled", job
    deaf = ops.submit([sys.executable, "-c", "import signal, time\nsignal.signal(15, signal.SIG_IGN)\nprint('deaf', flush=True)\ntime.sleep(600)"])
    said(deaf, "deaf")
    deaf.cancel()
    assert deaf.wait(30).status == "cancelled"


def test_time_limit_and_retries(ws):
    slow = ops.submit("sleep 600", timeout_min=0.02)
    assert slow.wait(60).status == "timed_out" and "0.02 min" in slow.state.error
    def work():
        import os
        from pathlib import Path
        seen = Path(os.environ["OPSNB_CKPT"], "seen")
        n = int(seen.read_text()) + 1 if seen.exists() else 1
        seen.write_text(str(n))
        print("attempt", n, flush=True)
        if n < 3: raise RuntimeError("again")
        return n
    job = ops.submit(work, retries=2)
    assert job.result(60) == 3 and job.state.attempt == 3 and [r.kind for r in records(job.folder.path / "records", kinds="attempt.")] == ["attempt.ended"] * 2
    once = ops.submit(work)
    assert once.wait(60).status == "failed" and once.retry().wait(60).status == "failed" and once.retry().result(60) == 3  # by hand: the same checkpoint folder
    with pytest.raises(OpsError, match="has not ended"): ops.submit("sleep 5").retry()


def test_exit_code_85_is_a_wish_to_be_started_again(ws):
    job = ops.submit("bash -c 'n=$(cat $OPSNB_CKPT/n 2>/dev/null || echo 0); echo $((n+1)) > $OPSNB_CKPT/n; echo step $n; [ $n -ge 2 ] || exit 85'")
    assert job.result(60) == 0 and str(job.logs()) == "step 0\nstep 1\nstep 2\n" and job.state.attempt == 3


@pytest.mark.parametrize("code, says", [("import os; os.kill(os.getpid(), 9)", "SIGKILL"), ("import ctypes; ctypes.string_at(0)", "SIGSEGV"), ("raise SystemExit(7)", "exit code 7")])
def test_a_program_that_dies(ws, code, says):
    job = ops.submit([sys.executable, "-c", code])
    assert job.wait(60).status == "failed" and says in job.state.error


def test_a_program_that_is_not_there(ws):
    job = ops.submit(["no-such-program", "x"])
    assert job.wait(60).status == "failed" and "no-such-program" in job.state.error
    def work():
        import no_such_module  # noqa: F401
    assert "no_such_module" in ops.submit(work).wait(60).state.error


def test_a_result_that_cannot_travel(ws):
    def work():
        import threading
        class Model: pass
        model = Model()
        model.weights, model.guard = [1], threading.Lock()
        print("trained")
        return {"model": model}
    job = ops.submit(work)
    assert job.wait(60).status == "failed" and "['model'].guard" in job.state.error and "trained" in str(job.logs())


def test_daemons_end_with_their_job(ws, project):
    code = "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        open('pid', 'w').write(str(os.getpid()))\n        time.sleep(600)\n    os._exit(0)\nos.wait()\nwhile not os.path.exists('pid') or not open('pid').read(): time.sleep(0.05)"
    job = ops.submit([sys.executable, "-c", code])
    assert job.wait(60).status == "done"
    pid = int((project / "pid").read_text())
    assert until(lambda: not alive(pid), 10)
    def work():
        import os
        import time
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                open("pid", "w").write(f"{os.getpid()} ")
                time.sleep(600)
            os._exit(0)
        os.wait()
        while not open("pid").read().endswith(" "): time.sleep(0.05)
    (project / "pid").write_text("")
    assert ops.submit(work).wait(60).status == "done"
    assert until(lambda: not alive(int((project / "pid").read_text())), 10)


def test_a_log_of_a_gigabyte_keeps_beginning_and_end(ws, monkeypatch):
    monkeypatch.setenv("OPSNB_JOB_LOG_MB", "4")
    job = ops.submit([sys.executable, "-c", "import sys\nprint('the beginning')\nblock = 'x' * 999 + chr(10)\nfor _ in range(1_000_000): sys.stdout.write(block)\nprint('the end')"])
    assert job.wait(120).status == "done"
    text = str(job.logs())
    assert text.startswith("the beginning") and text.endswith("the end\n") and "bytes are left out here" in text and len(text) < 8_000_000
    assert sum(p.stat().st_size for p in job.folder.path.iterdir() if p.is_file()) < 8_000_000


# who dies


def test_the_submitting_process_is_killed(ws):
    code = "import opsnb as ops, os\nprint(ops.submit('bash -c \"sleep 2; echo survived\"').id, flush=True)\nos.kill(os.getpid(), 9)"
    id = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip()
    assert ops.job(id).result(60) == 0 and str(ops.job(id).logs()) == "survived\n"


def test_the_worker_is_killed(ws):
    job = ops.submit([sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(600)"], gpus=2)
    said(job, "\n")
    program = int(str(job.logs()))
    os.kill(until(lambda: job.folder.state().pid), signal.SIGKILL)
    assert until(lambda: job.status == "lost", 10) and "killed" in job.state.error and until(lambda: not alive(program), 10)
    assert ops.submit("true", gpus=2).result(60) == 0  # its GPUs are free
    again = ops.recover()
    assert [j.id for j in again] == [job.id] and running(job)
    assert job.cancel() and job.wait(30).status == "cancelled" and ops.recover() == []


def test_the_supervisor_is_killed(ws, tmp_path):
    made = [ops.submit([sys.executable, "-c", "import time; time.sleep(3); print('whole')"], cpus=os.cpu_count()) for _ in range(2)]
    said_running = until(lambda: made[0].status == "running", 30)
    workers = {made[0].folder.state().pid}
    for p in supervisors(tmp_path):
        if p.pid not in workers: end(p)
    assert said_running and [j.result(60) for j in made] == [0, 0] and str(made[0].logs()) == "whole\n"  # what ran goes on, what waited gets its turn
    assert made[0].state.attempt == 1


def test_a_scheduler_that_leads_sees_that_the_queue_is_served(ws, tmp_path):
    made = [ops.submit("sleep 600", cpus=os.cpu_count()), ops.submit("echo second")]
    assert running(made[0])
    for p in supervisors(tmp_path): end(p)
    Scheduler(ws, 1, [], threading.Event(), print).tick()
    assert until(lambda: made[1].folder.state().status == "done", 60), "nobody else looks"
    assert made[0].status == "lost"


def test_everything_is_killed_at_once_as_by_a_reboot(ws, tmp_path):
    made = [ops.submit("sleep 600", cpus=os.cpu_count()), ops.submit("echo second")]
    assert running(made[0])
    for p in supervisors(tmp_path): end(p)
    assert ops.job(made[0].id).status == "lost"
    assert ops.job(made[1].id).result(60) == 0  # looking at it was enough
    assert [j.id for j in ops.recover()] == [made[0].id] and running(made[0])
    made[0].cancel()


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own with room for half a megabyte."""
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", place], capture_output=True).returncode: pytest.skip("no right to mount a file system")
    yield place
    for p in supervisors(place): end(p)
    subprocess.run(["umount", "-l", place])


def test_the_disk_is_full(project, small_disk, monkeypatch):
    monkeypatch.setenv("OPSNB_HOME", str(small_disk / ".opsnb"))
    job = ops.submit([sys.executable, "-c", "print('the beginning')\nfor _ in range(3000): print('x' * 999)\nraise SystemExit(3)"])
    assert job.wait(60).status == "failed" and job.state.exit_code == 3 and "No space left" in job.state.error
    assert str(job.logs()).startswith("the beginning")
    def work(): return b"x" * 3_000_000
    for p in job.folder.path.glob("output*"): p.unlink()
    job = ops.submit(work)
    assert job.wait(60).status == "failed" and "Cannot write" in str(job.state.error) + str(job.logs())  # the result had no room; that it failed had
    with pytest.raises(Unavailable): ops.submit(len, b"x" * 3_000_000)


def test_two_kernels_ask_at_once_and_agree(ws):
    job = ops.submit("sleep 600")
    assert running(job)
    os.kill(until(lambda: job.folder.state().pid), signal.SIGKILL)
    code = f"import opsnb as ops, time\ntime.sleep(max(0, {time.time() + 2} - time.time()))\nprint(ops.job('{job.id}').status)"
    asked = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert {p.communicate(timeout=60)[0].strip() for p in asked} == {"lost"}
    codes = [subprocess.Popen([sys.executable, "-c", f"import opsnb as ops\nops.job('{job.id}').retry()"], stderr=subprocess.PIPE, text=True) for _ in range(3)]
    errors = [p.communicate(timeout=60)[1] for p in codes]
    assert sum(not e for e in errors) == 1 and job.folder.state().round == 2  # one of them began the new round
    job.cancel()


def test_the_same_key_is_the_same_job(ws):
    code = "import opsnb as ops\nprint(ops.submit('echo once', key='nightly-2026-11-21').id)"
    made = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    ids = {p.communicate(timeout=60)[0].strip() for p in made}
    assert len(ids) == 1 and ops.job(ids.pop()).result(60) == 0 and len(ops.jobs()) == 1
    assert ops.submit("echo other", key="another").id != ops.jobs()[-1].id


def test_a_line_that_cannot_be_joined(ws, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("OPSNB_SLOTS", str(tmp_path / "file" / "slots"))
    with pytest.raises(Unavailable, match="cannot be used"): ops.submit("true")
    assert "cannot be used" in ops.backends()[0]["note"]


def test_a_job_that_has_waited_long_is_not_lost_while_it_begins(ws):
    """Asked about again and again while tickets turn into workers."""
    made = [ops.submit("sleep 0.2") for _ in range(12)]
    for j in made: j.state.submitted = j.spec.at - 1000  # the clock is no excuse
    seen = set()
    while not all(j.state.over() for j in made):
        ops.jobs()
        seen |= {j.status for j in made}
    assert {j.status for j in made} == {"done"} and seen <= {"queued", "running", "done"}
    assert not [r for j in made for r in records(j.folder.path / "records", kinds="job.lost")]


# what is recorded


def test_a_job_is_a_run_and_what_it_logs_is_in_it(ws):
    def work(steps):
        import opsnb as ops
        for i in range(steps): ops.current().log(loss=1 / (i + 1))
        with ops.track("inner") as run: run.log(x=1)
    job = ops.submit(work, 3, gpus=1, tags={"team": "risk"}, experiment="exp")
    assert job.exception(60) is None
    run = ops.run(job.run)
    assert (run.status, run.params["job.gpus"], run.tags["team"], run.tags["opsnb.job"]) == ("done", "1", "risk", job.id)
    assert run.metrics["loss"] == 1 / 3 and run.metrics["job/peak_mem_mb"] > 1 and "job/gpu_hours" in run.metrics
    inner = next(r for r in ops.runs(name="inner"))
    assert inner["parent"] == job.run
    sync(workspace=ws)
    from opsnb.track.mlflow import open_store
    found = open_store(ws).get_run(Delivery.of(ws.journal / job.run, "mlflow").memo["run_id"])
    assert found.info.status == "FINISHED" and found.data.metrics["loss"] == 1 / 3 and found.data.tags["opsnb.type"] == "job"


def test_a_retry_goes_on_with_the_same_run(ws):
    def work():
        import os
        from pathlib import Path
        import opsnb as ops
        first = not Path(os.environ["OPSNB_CKPT"], "first").exists()
        Path(os.environ["OPSNB_CKPT"], "first").touch()
        ops.current().log(loss=1.0 if first else 0.5, step=0 if first else 1)
        if first: raise RuntimeError("cut off")
    job = ops.submit(work)
    assert job.wait(60).status == "failed" and ops.run(job.run).status == "failed"
    assert job.retry().wait(60).status == "done"
    run = ops.run(job.run)
    assert run.status == "done" and run.metric_history("loss")["value"].tolist() == [1.0, 0.5]


def test_a_thousand_jobs_cost_one_question(ws, monkeypatch):
    for n in range(200):
        folder = Folder(ws.path / "jobs" / f"job_{n:012x}")
        folder.path.mkdir(parents=True)
        (folder.path / "spec.json").write_text(json.dumps({"id": folder.id, "name": "many", "kind": "command", "argv": ["true"], "at": time.time()}))
        folder.append("job.submitted", round=1, on="local")
        folder.append("job.accepted", engine_id="x")
    local, asked = engine("local", ws), []
    monkeypatch.setattr(local, "states", lambda jobs: asked.append(len(jobs)) or {j.id: "running" for j in jobs}, raising=False)
    assert len(ops.jobs(most=1000)) == 200 and asked == [200]


def test_an_engine_that_does_not_answer_is_no_end(ws, monkeypatch):
    job = ops.submit("sleep 600")
    assert running(job)
    def gone(jobs): raise Unavailable("the controller does not answer")
    monkeypatch.setattr(engine("local", ws), "states", gone, raising=False)
    assert job.status == "unreachable" and not job.done()
    monkeypatch.undo()
    os.environ.update({"OPSNB_DELIVERY": "off"})
    job.cancel()
    assert job.wait(60).status == "cancelled"


def test_a_submitter_that_dies_between_ticket_and_record(ws):
    job = ops.submit("echo found")
    job.wait(60)
    spec = job.spec
    lost = Folder(ws.path / "jobs" / "job_0000000000ff")
    lost.path.mkdir()
    (lost.path / "spec.json").write_text(spec.to_json().replace(spec.id, lost.id))
    lost.append("job.submitted", round=1, on="local")
    Queue(ws).put(lost.id, [k for _, _, k in Queue(ws).tickets()][0] if Queue(ws).tickets() else __import__("opsnb.jobs.local", fromlist=["x"]).environment_key())
    wake(ws)
    assert Job(lost).result(60) == 0


# the command line


def test_the_command_line(ws, notebook):
    notebook("train", "lr: float = 0.1", "import opsnb as ops\nops.publish(loss=lr)")
    code, out, err = opsnb("submit", "train.ipynb", "-p", "lr", "0.5", "--gpus", "1", "--json")
    assert code == 0, err
    id = json.loads(out)["job"]
    code, out, err = opsnb("jobs", "--watch")
    assert code == 0 and "✓ done" in out and id in out, err
    assert opsnb("submit", "-n", "words", "--", sys.executable, "-c", "print('hello')")[0] == 0
    follow = next(j for j in ops.jobs() if j.name == "words")
    code, out, _ = opsnb("logs", "-f", follow.id)
    assert code == 0 and out.startswith("hello\n") and "✓ done" in out
    shown = json.loads(opsnb("job", id, "--json")[1])
    assert shown["status"] == "done" and shown["asked"]["gpus"] == 1 and shown["run"].startswith("run_")
    rows = json.loads(opsnb("backends", "--json")[1])
    assert rows[0]["back-end"] == "local" and rows[0]["gpus"] == "2 of 2 free"
    long = json.loads(opsnb("submit", "--json", "--", "sleep", "600")[1])["job"]
    assert opsnb("cancel", long)[0] == 0 and ops.job(long).wait(30).status == "cancelled"
    assert opsnb("retry", long)[0] == 0 and opsnb("cancel", long)[0] == 0
    for args, says in ((["submit", "x.ipynb"], "There is no notebook"), (["submit", "--gpus", "9", "--", "true"], "gpus=2"), (["cancel", "job_none"], "There is no job"), (["jobs", "--status", "finished"], "allowed:"), (["submit", "--on", "slrum", "--", "true"], "allowed:")):
        code, out, err = opsnb(*args)
        assert code == 2 and says in err and "Traceback" not in err, (args, err)


def test_the_card(ws):
    job = ops.submit([sys.executable, "-c", "print('<b>&</b>')"], name="a & b")
    job.wait(60)
    html = job._repr_html_()
    assert "a &amp; b" in html and "&lt;b&gt;" in html and "done" in html and job.id in html
    assert ops.jobs()._repr_html_().count("<tr>") == 2
    assert cells and str(job).startswith("a & b  ✓ done")


def test_two_nodes(ws):
    """Two workers of one job, as an engine starts them: the first speaks for it."""
    job = ops.submit([sys.executable, "-c", "import os; print('node', os.environ['OPSNB_NODE_RANK'])"])
    job.wait(60)
    folder = Folder(ws.path / "jobs" / "job_00000000000a")
    folder.path.mkdir()
    (folder.path / "spec.json").write_text(job.spec.to_json().replace(job.id, folder.id))
    folder.append("job.submitted", round=1, on="local")
    two = [subprocess.Popen(Job(folder).command(), env={**os.environ, **Job(folder).environment(), "OPSNB_NODE_RANK": str(n)}) for n in range(2)]
    assert [p.wait(60) for p in two] == [0, 0]
    assert folder.log.read_text() == "node 0\n" and (folder.path / "output.1.log").read_text() == "node 1\n" and folder.state().status == "done" and folder.state().attempt == 1


def test_a_worker_that_is_asked_to_stop_by_its_engine(ws):
    """SIGTERM without a wish to cancel: the machine is taken away. What saves and leaves with 85 is started again by the engine."""
    code = "import os, signal, sys, time\ndef save(*_): open(os.environ['OPSNB_CKPT'] + '/saved', 'w').write('x'); sys.exit(85)\nif os.path.exists(os.environ['OPSNB_CKPT'] + '/saved'): print('resumed'); sys.exit(0)\nsignal.signal(15, save)\nprint('ready', flush=True)\ntime.sleep(600)"
    job = ops.submit([sys.executable, "-c", code])
    job.cancel(), job.wait(60)
    folder = Folder(ws.path / "jobs" / "job_00000000000b")
    folder.path.mkdir()
    (folder.path / "spec.json").write_text(job.spec.to_json().replace(job.id, folder.id))
    folder.append("job.submitted", round=1, on="local")
    env = {**os.environ, **Job(folder).environment(), "OPSNB_REQUEUE": "1"}
    worker = subprocess.Popen(Job(folder).command(), env=env)
    assert until(lambda: "ready" in str(Job(folder).logs()), 60)
    worker.terminate()
    assert worker.wait(60) == 85 and folder.state().status == "queued"
    assert subprocess.run(Job(folder).command(), env=env).returncode == 0
    assert folder.state().status == "done" and "resumed" in folder.log.read_text()
    assert ops.run(Job(folder).run).status == "done"  # one run for both


def test_a_notebook_that_is_not_saved(ws, notebook):
    text = "import opsnb as ops, os\ntry: 'OPSNB_JOB' in os.environ or ops.submit('self.ipynb')\nexcept ops.OpsError as e: ops.publish(said=str(e))\nelse: ops.publish(said='submitted')"
    path = notebook("self", "n = 1", text)
    assert ops.run_notebook(path).values["said"] == "submitted"
    change = "from pathlib import Path\np = Path('self.ipynb')\np.write_text(p.read_text().replace('said=', 'told='))"
    notebook("self", "n = 1", change, text)
    assert "changes that are not saved" in ops.run_notebook(path).values["said"]
    assert [j.wait(60).status for j in ops.jobs()] == ["done"]


def test_a_card_in_a_notebook_is_drawn_until_the_end(ws, notebook):
    notebook("shows", "n = 1", "import opsnb as ops\njob = ops.submit('sleep 2')\njob", "job.wait(60)\nimport time\ntime.sleep(2.5)")
    executed = json.loads(open(ops.run_notebook("shows.ipynb").path).read())
    shown = [o for c in executed["cells"] for o in c["outputs"] if o["output_type"] == "display_data" and "text/html" in o["data"]]
    assert shown and all("✓ done" in "".join(o["data"]["text/plain"]) for o in shown)


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder of wheels in place of a package index: cloudpickle, made from what is installed here."""
    import base64
    import hashlib
    import zipfile
    from importlib.metadata import distribution
    dist = distribution("cloudpickle")
    folder = tmp_path / "wheels"
    folder.mkdir()
    files = {str(f): f.read_binary() for f in dist.files if str(f).endswith(".py") or str(f).endswith(("METADATA", "WHEEL"))}
    info = next(n for n in files if n.endswith("METADATA")).rpartition("/")[0]
    lines = [f"{n},sha256={base64.urlsafe_b64encode(hashlib.sha256(b).digest()).decode().rstrip('=')},{len(b)}" for n, b in files.items()]
    with zipfile.ZipFile(folder / f"cloudpickle-{dist.version}-py3-none-any.whl", "w") as z:
        for n, b in {**files, f"{info}/RECORD": "\n".join([*lines, f"{info}/RECORD,,"]).encode()}.items(): z.writestr(n, b)
    monkeypatch.setenv("PIP_NO_INDEX", "1"), monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("UV_NO_INDEX", "1"), monkeypatch.setenv("UV_FIND_LINKS", str(folder))
    return [f"cloudpickle=={dist.version}"]


def test_an_environment_made_from_its_lock(ws, index, monkeypatch, tmp_path):
    lock = tmp_path / "lock.txt"
    lock.write_text("\n".join([*index, "mine==1.0  # editable: file:///somewhere"]) + "\n")
    monkeypatch.setattr("opsnb.jobs.submission.environment_lock", lambda ws: lock)
    def work():
        import importlib.util
        import sys
        return sys.prefix, importlib.util.find_spec("mlflow") is None
    first, second = ops.submit(work, environment="lock", gpus=1), ops.submit(work, environment="lock", gpus=1)
    prefix, alone = first.result(170)
    assert prefix.startswith(str(ws.path / "cache" / "environments")) and alone and second.result(170) == (prefix, True)
    assert first.state.gpus == ["0"] and ops.run(first.run).status == "done"
    assert ops.submit("true", gpus=2).result(60) == 0  # what they held is free
    lock.write_text("no-such-package==1.0\n")
    broken = ops.submit(work, environment="lock")
    assert broken.wait(120).status == "failed" and "could not be made" in broken.state.error
    with pytest.raises(OpsError, match="no images"): ops.submit("true", environment="ghcr.io/team/image:1")


# why a job waits


def test_a_queued_job_says_why_it_waits(ws):
    long, first = ops.submit("sleep 600", gpus=2), ops.submit("sleep 600", gpus=1)
    assert running(long)
    second, later = ops.submit("true", gpus=2), ops.submit("true", after=[first])
    assert first.why() == "it is the next; it needs gpus=1 where 0 of 2 are free" and long.why() is None
    assert second.why() == "2 are ahead of it; it needs gpus=2 where 0 of 2 are free" or "1 is ahead of it" in second.why()
    assert later.why() == f"it comes after {first.id} (queued)"
    code, out, _ = opsnb("job", second.id)
    assert code == 0 and "waits:" in out and "where 0 of 2 are free" in out
    assert "0 of 2 are free" in json.loads(opsnb("job", second.id, "--json")[1])["why"]
    for j in (long, first, second, later): j.cancel()
    for j in (long, first, second): j.wait(60)


def test_a_job_that_waits_for_itself_is_told_so(ws, project):
    """What a job holds while it waits for another one cannot be had by that one."""
    (project / "outer.py").write_text("import opsnb as ops\nops.submit('true', gpus=2).result()\n")
    outer = ops.submit("outer.py", gpus=1)
    assert outer.wait(120).status == "failed"
    assert "can never begin" in str(outer.logs()) and f"needs what {outer.id} holds" in str(outer.logs())
    inner = next(j for j in ops.jobs() if j.id != outer.id)
    assert inner.wait(60).status == "done"  # nobody holds it any more


def test_a_job_without_gpus_may_submit_one_that_needs_them(ws, project):
    (project / "outer.py").write_text("import opsnb as ops, os\nprint(os.environ['CUDA_VISIBLE_DEVICES'] == '', ops.submit('true', gpus=2).wait(60).state.gpus)\n")
    assert str(ops.submit("outer.py").wait(120).logs()) == "True ['0', '1']\n"


def test_a_job_tells_what_it_uses_now_and_shows_curves(ws, project):
    """The card of a running job: cores and memory of all its processes, the metrics of its run and of a run below."""
    (project / "train.py").write_text("""
import subprocess, sys, time
import opsnb as ops
busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
ops.current().log(epoch=1)
with ops.track("fit") as run:
    for i in range(5): run.log(loss=1 / (i + 1))
    print("logged", flush=True)
    time.sleep(600)
""")
    job = ops.submit("train.py")
    said(job, "logged")
    assert until(lambda: job.folder.now().get("cores", 0) > 0.1, 60) and job.folder.now()["mem_mb"] > 10
    card, text = job._repr_html_(), str(ops.job(job.id))
    assert "CPU cores" in text and "runs for" in text and "loss: 0.2" in text and "epoch: 1" in text
    assert "alt=\"loss: 1 to 0.2\"" in card and f'ops.job(&quot;{job.id}&quot;)' in card and "as of" in card
    job.cancel()
    job.wait(60)
    assert "as of" not in job._repr_html_() and "uses" not in str(job) and not (job.folder.path / "now.json").exists()


# what stays of a job


def test_the_cache_is_pruned_but_never_what_a_live_job_uses(ws, project):
    """By age and by size, once a day when a job is submitted; a job whose code is gone says so."""
    made, codes = {}, {}
    for name in ("ended", "live"):
        (project / "prog.py").write_text(f"import time\nprint({name!r}, flush=True)\ntime.sleep({600 if name == 'live' else 0})\n")
        made[name] = ops.submit("prog.py", name=name)
        codes[name] = Path(made[name].spec.code)
    made["ended"].wait(60)
    said(made["live"], "live")
    assert len(set(codes.values())) == 2 and opsnb("jobs", "prune")[1].startswith("Nothing to remove: the cache holds")
    (project / "prog.py").write_text("")
    long_ago = time.time() - 31 * 86400
    for p in (*(c.parent for c in codes.values()), Path(made["ended"].spec.lock)): os.utime(p, (long_ago, long_ago))
    assert ops.submit("true").wait(60).status == "done" and codes["ended"].exists()  # it was tidied up today
    os.utime(ws.path / "cache" / ".pruned", (long_ago, long_ago))
    assert ops.submit("true").wait(60).status == "done"
    assert not codes["ended"].exists() and codes["live"].exists() and Path(made["live"].spec.lock).exists()
    with pytest.raises(OpsError, match="is no longer kept"): made["ended"].retry()
    made["live"].cancel()
    made["live"].wait(60)
    code, out, err = opsnb("jobs", "prune", "--gb", "0.000000001", "--json")
    assert code == 0 and [r["name"] for r in json.loads(out)] == [codes["live"].parent.name], out  # what was used in the last hour stays
    code, _, err = opsnb("jobs", "prune", "--days", "-1")
    assert code == 2 and "0 (without limit) or more" in err


def test_a_job_shown_in_a_notebook_that_is_run_is_a_card_without_a_button(ws, notebook):
    notebook("sends", "import opsnb as ops", "job = ops.submit('sleep 600', name='long')\njob", "job.cancel() and job.wait(60, show=False).status")
    done = ops.run_notebook("sends.ipynb", out="out.ipynb")
    shown = [o.get("data", {}) for c in json.loads(Path("out.ipynb").read_text())["cells"] for o in c.get("outputs", [])]
    cards = ["".join(d["text/html"]) for d in shown if "text/html" in d]
    assert done.status == "done" and any("<b>long</b>" in c for c in cards) and not any("application/vnd.jupyter.widget-view+json" in d for d in shown)


# clocks of several machines


@pytest.mark.parametrize("seconds", [-600, 600])
def test_a_worker_whose_clock_is_off(ws, tmp_path, monkeypatch, seconds):
    def first_fails():
        if not (seen := Path(os.environ["OPSNB_CKPT"], "seen")).exists():
            seen.touch()
            raise ValueError("the first time")
        return time.time()
    with monkeypatch.context() as m:
        for k, v in clock_off(tmp_path, seconds).items(): m.setenv(k, v)
        job = ops.submit(first_fails)
        assert job.wait(60).status == "failed" and "the first time" in job.state.error
        run = ops.run(job.run)
        assert run.status == "failed"
    back = job.retry()  # by a machine whose clock is right
    assert back.wait(60).status == "done" and abs(back.result() - time.time()) < 60 and (back.state.round, back.state.attempt) == (2, 2)
    assert ops.run(job.run).status == "done" and back.state.submitted <= back.state.started <= back.state.ended
    assert 0 <= back.state.ended - back.state.started < 60
    with monkeypatch.context() as m:
        for k, v in clock_off(tmp_path, seconds).items(): m.setenv(k, v)
        again = back.retry()
        assert again.wait(60).status == "done" and abs(again.result() - time.time() - seconds) < 60 and again.state.round == 3 and again.state.submitted <= again.state.started
        late = ops.submit("sleep 60", timeout_min=0.05)
        assert running(late) and (seconds < 0 or until(late.folder.now, 30)), "what it uses is believed, for the file system's clock is right"
        assert 0 < late.folder.ran_s(late.state) < 60 and late.wait(60).status == "timed_out" and 0 < late.folder.ran_s(late.state) < 60


def test_who_looks_with_a_clock_that_is_off_gives_nobody_up_early(ws, tmp_path):
    code = f"import time; from pathlib import Path; from opsnb.jobs.handle import _silent_for; m = Path({str(tmp_path)!r}, 'silent'); _silent_for(m); time.sleep(0.05); print(_silent_for(m))"
    assert all(0.01 < float(python(code, env={**os.environ, **clock_off(tmp_path, s)})) < 60 for s in (-600, 600))


def test_the_kernel_tells_whom_it_ended_for_want_of_memory(tmp_path):
    """As control groups of version 1 and 2 tell it, and where there are none."""
    (tmp_path / "memory/slurm/job_1").mkdir(parents=True), (tmp_path / "pod").mkdir()
    (tmp_path / "memory/slurm/job_1/memory.oom_control").write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 2\n")
    (tmp_path / "pod/memory.events").write_text("low 0\nhigh 0\nmax 9\noom 1\noom_kill 1\noom_group_kill 0\n")
    for said, n in (("8:pids:/\n4:memory:/slurm/job_1\n0::/\n", 2), ("0::/pod\n", 1), ("0::/elsewhere\n", 0), ("", 0)):
        (tmp_path / "cgroup").write_text(said)
        assert oom_kills(str(tmp_path), str(tmp_path / "cgroup")) == n
    assert oom_kills() >= 0

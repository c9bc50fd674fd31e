"""Jobs on Slurm: a real slurmctld and slurmd, started by the tests as `opsnb slurm up` starts them, with pretended GPUs and two nodes."""
import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psutil
import pytest

import opsnb as ops
from opsnb.errors import OpsError, Unavailable
from opsnb.jobs import _slurm_node
from opsnb.jobs import slurm as slurm_module
from opsnb.pipeline import Pipeline
from opsnb.jobs._slurm_node import Node, devices
from opsnb.jobs.folder import Folder
from opsnb.jobs.handle import Job
from opsnb.jobs.slurm import Slurm, slurm
from opsnb.jobs.spec import Spec
from support import chain, clock_off, opsnb, python, queued_behind, trained, until

pytestmark = [pytest.mark.timeout(240), pytest.mark.xdist_group("slurm"), pytest.mark.skipif(bool(_slurm_node.missing()), reason=f"Slurm is not installed: {_slurm_node.missing()}")]

SCANCEL = shutil.which("scancel")


@pytest.fixture(scope="session")
def private():
    """A private Slurm of two nodes with two GPUs each."""
    folder = tempfile.mkdtemp(prefix="opsnb-slurm-")
    node = Node(folder, parts=2)
    node.up(["/dev/null", "/dev/zero"])
    yield node
    subprocess.run([SCANCEL, "-u", str(os.getuid())], env=node.environment())
    until(lambda: not node.run("squeue", "-h", "-t", "R,CG", check=False).strip(), 20)
    gone(node)


def daemons_of_jobs(node):
    """What stays with each job of a node, also when the node's daemons are away."""
    found = []
    for p in psutil.process_iter(["name"]):
        with contextlib.suppress(psutil.Error):
            if p.info["name"] == "slurmstepd" and p.environ().get("SLURM_CONF") == str(node.conf): found.append(p)
    return found


def written_down(node, job):
    """Wait until the controller has written its queue down, which it does a few seconds after something in it has changed."""
    since = time.time()
    slurm("scontrol", "update", f"jobid={job.state.engine_id}", f"comment={job.key}")  # as it is: that counts as a change
    assert until(lambda: (node.folder / "state" / "job_state").stat().st_mtime > since, 120)


def gone(node):
    node.down()
    for p in daemons_of_jobs(node): p.kill()
    shutil.rmtree(node.folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def small_world(request, monkeypatch):
    """Our settings say which Slurm; nothing delivered, a short time of grace, the last word of a worker is here at once."""
    monkeypatch.delenv("SLURM_CONF", raising=False)
    if "private" in request.fixturenames or "ws" in request.fixturenames:
        node = request.getfixturevalue("private")
        monkeypatch.setenv("OPSNB_SLURM_DIR", str(node.folder))
        if node.dead(): node.up(["/dev/null", "/dev/zero"])
    monkeypatch.setenv("OPSNB_SLURM_PARTS", "2")
    monkeypatch.setenv("OPSNB_FAKE_GPUS", "2")
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    monkeypatch.setenv("OPSNB_GRACE_S", "5")
    monkeypatch.setattr(Slurm, "settle_s", 2.0)
    monkeypatch.setattr(Slurm, "ask_s", 0.1)
    yield
    if "private" in request.fixturenames: subprocess.run([SCANCEL, "-u", str(os.getuid())], env=request.getfixturevalue("private").environment())


def running(job): return until(lambda: job.status == "running", 60)


COUNTS = """import os, pathlib, signal, sys, time
at = pathlib.Path(os.environ["OPSNB_CKPT"]) / "step"
step, stop = int(at.read_text()) if at.exists() else 0, []
for s in (signal.SIGTERM, signal.SIGUSR2): signal.signal(s, lambda n, f: stop.append(n))
print("from", step, flush=True)
while step < int(sys.argv[1]):
    step += 1
    time.sleep(0.1)
    if stop:
        at.write_text(str(step))
        print("saved", step, "told", *stop, flush=True)
        sys.exit(85)
print("reached", step, flush=True)
"""


# what goes in and comes out


def test_what_is_submitted_here_runs_there(ws, notebook, project):
    notebook("train", "lr: float = 0.1", "import opsnb as ops\nops.publish(loss=lr * 2)")
    (project / "prep.py").write_text("import sys; print('words', sys.argv[1:])")
    factor = 10
    def work(x): return x * factor
    def fails(): raise KeyError("no such column")
    made = [ops.submit(work, 4, on="slurm"), ops.submit("train.ipynb", params={"lr": 0.5}, on="slurm"), ops.submit("prep.py", "--n", 3, on="slurm"), ops.submit("echo one", on="slurm")]
    assert [j.result(120) for j in made] == [40, {"loss": 1.0}, 0, 0] and str(made[2].logs()) == "words ['--n', '3']\n"
    failed = ops.submit(fails, on="slurm")
    assert isinstance(failed.exception(60).__cause__, KeyError) and failed.status == "failed"
    assert python(f"import opsnb as ops; print(ops.job('{made[0].id}').result())").strip() == "40"  # another process
    assert made[0].state.used["wall_s"] > 0 and made[0].state.host


def test_gpus_are_given_out_one_by_one(ws):
    def work():
        import time
        time.sleep(1)
        return os.environ["CUDA_VISIBLE_DEVICES"], os.environ["SLURMD_NODENAME"]
    made = [ops.submit(work, gpus=1, on="slurm", name=f"w{i}") for i in range(4)]
    assert sorted(j.result(120) for j in made) == [("0", "local0"), ("0", "local1"), ("1", "local0"), ("1", "local1")]
    both = ops.submit(lambda: os.environ["CUDA_VISIBLE_DEVICES"], gpus=2, on="slurm")
    assert both.result(60) == "0,1" and both.state.gpus == ["0", "1"]
    assert ops.submit(lambda: os.environ.get("CUDA_VISIBLE_DEVICES", ""), on="slurm").result(60) == ""


def log_of(job, rank):
    """The log of a rank; empty before it has one."""
    with contextlib.suppress(OpsError): return str(job.logs(rank=rank))
    return ""


def test_two_nodes_and_the_reason_when_one_fails(ws, project):
    (project / "who.py").write_text("import os, sys, time\nrank = os.environ['OPSNB_NODE_RANK']\nprint('node', rank, os.environ['SLURM_NNODES'], flush=True)\nif rank == sys.argv[1]: sys.exit(3)\nif sys.argv[1] != 'none': time.sleep(60)\n")
    good = ops.submit("who.py", "none", nodes=2, gpus=2, cpus=2, on="slurm")
    assert good.result(60) == 0 and str(good.logs()) == "node 0 2\n"
    assert until(lambda: log_of(good, 1) == "node 1 2\n", 60)  # the other node may end a little later
    bad = ops.submit("who.py", "1", nodes=2, on="slurm")
    assert "node 1: exit code 3" in str(bad.exception(60)) and bad.status == "failed"


def test_secrets_of_the_environment_arrive_and_are_masked(ws, monkeypatch):
    monkeypatch.setenv("SHOP_TOKEN", "s3cret-of-the-shop")
    job = ops.submit(["sh", "-c", "echo it is $SHOP_TOKEN"], env={"SHOP_TOKEN": "env:SHOP_TOKEN"}, on="slurm")
    assert job.result(60) == 0 and "it is ***" in str(job.logs())
    assert not any(b"s3cret" in p.read_bytes() for p in job.folder.path.rglob("*") if p.is_file())


def test_a_node_whose_clock_is_off(ws, tmp_path, monkeypatch):
    for k, v in clock_off(tmp_path, -240).items(): monkeypatch.setenv(k, v)
    job = ops.submit(lambda: __import__("time").time(), on="slurm")
    assert job.wait(60).status == "done" and abs(job.result() - time.time() + 240) < 60
    assert job.state.submitted <= job.state.started <= job.state.ended < time.time() + 60 and ops.run(job.run).status == "done"


# arrays, dependencies


def test_an_array_is_one_submission_and_every_element_a_job(ws):
    def work(x):
        if x == 2 and not (at := Path(os.environ["OPSNB_CKPT"]) / "seen").exists():
            at.touch()
            raise ValueError("two")
        return x * 10, os.environ.get("SLURM_ARRAY_TASK_ID"), os.environ["OPSNB_JOB"]
    made = ops.submit_each(work, [{"x": i} for i in range(4)], on="slurm", at_a_time=2, name="sweep")
    assert len({j.state.engine_id.partition("_")[0] for j in made}) == 1
    assert [made[i].result(120) for i in (0, 1, 3)] == [(0, "0", made[0].id), (10, "1", made[1].id), (30, "3", made[3].id)]
    assert "two" in str(made[2].exception(60)) and [j.name for j in made] == ["sweep-0", "sweep-1", "sweep-2", "sweep-3"]
    assert made[2].retry().result(60) == (20, None, made[2].id)  # alone, as a job of its own


def test_points_of_notebooks_and_scripts(ws, notebook, project):
    notebook("train", "lr: float = 0.1", "import opsnb as ops\nops.publish(loss=lr * 2)")
    (project / "prep.py").write_text("import sys; print(*sys.argv[1:])")
    made = ops.submit_each("train.ipynb", [{"lr": 1.0}, {"lr": 2.0}], on="slurm")
    words = ops.submit_each("prep.py", [{"lr": 1}, {"lr": 2}], params={"seed": 7}, on="slurm")
    assert [j.result(120) for j in made] == [{"loss": 2.0}, {"loss": 4.0}] and [j.result(60) for j in words] == [0, 0]
    assert [str(j.logs()) for j in words] == ["--seed 7 --lr 1\n", "--seed 7 --lr 2\n"]
    with pytest.raises(OpsError, match="no_such"): ops.submit_each("train.ipynb", [{"lr": 1.0}, {"no_such": 2}], on="slurm")


def test_a_job_waits_for_others_and_does_not_run_when_they_fail(ws):
    first = ops.submit("sleep 1", on="slurm")
    second = ops.submit("echo second", after=first, on="slurm")
    assert second.result(60) == 0 and second.state.started > first.folder.state().ended - 0.01
    bad = ops.submit(["sh", "-c", "sleep 1; exit 4"], on="slurm")
    never = [ops.submit("echo never", after=bad, on="slurm")]
    never.append(ops.submit("echo never", after=never[0], on="slurm"))
    assert [j.wait(60).status for j in never] == ["not_run", "not_run"] and "did not end well" in never[0].state.error
    with pytest.raises(OpsError, match="did not end well"): ops.submit("echo", after=bad, on="slurm")
    here = ops.submit("echo here")
    with pytest.raises(OpsError, match="cannot wait"): ops.submit("echo", after=here, on="slurm")


def test_a_thousand_jobs_are_one_question(ws, tmp_path, monkeypatch):
    made = ops.submit_each("true", [{"i": i} for i in range(1000)], on="slurm", engine={"hold": True})
    counted = tmp_path / "bin"
    counted.mkdir()
    for command in ("squeue", "sacct", "scontrol"):
        (counted / command).write_text(f"#!/bin/sh\necho {command} >> {tmp_path}/calls\nexec {shutil.which(command)} \"$@\"\n")
        (counted / command).chmod(0o755)
    monkeypatch.setenv("PATH", str(counted), prepend=os.pathsep)
    found = ops.jobs(most=2000)
    assert len(found) == 1000 and {j.shown for j in found} == {"queued"}
    assert (tmp_path / "calls").read_text().split() == ["squeue"]
    slurm("scancel", made[0].state.engine_id.partition("_")[0])


SACCT = """#!/bin/sh
# answers as sacct 22.05 does, in its words, of jobs 900001 to 900004 of a Slurm with slurmdbd
case "$*" in
*ElapsedRaw*) echo '900001|7200|billing=8,cpu=8,gres/gpu=2,mem=32000M,node=1|'; echo '900001.batch|7200|cpu=8,gres/gpu=2,mem=32000M,node=1|525744K'; echo '900001.extern|7200|cpu=8,gres/gpu=2,mem=32000M,node=1|1.50M';;
*) echo '900001|OUT_OF_MEMORY'; echo '900002|CANCELLED by 1000'; echo '900003_2|NODE_FAIL'; echo '900004|CANCELLED by 0';;
esac
"""


def test_what_the_controller_has_forgotten_the_accounting_knows(ws, tmp_path, monkeypatch):
    """The program `sacct` is ours here, its answers are those that a real one gave; the controller is real, and does not know these jobs."""
    def known(id, number, **more):
        folder = Folder(ws.path / "jobs" / id)
        folder.path.mkdir(parents=True)
        (folder.path / "spec.json").write_text(Spec(id=id, name="old", kind="command", argv=["true"], on="slurm", at=time.time(), **more).to_json())
        folder.append("job.submitted", round=1, on="slurm")
        folder.append("job.accepted", engine_id=number)
        return Job(folder)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "sacct").write_text(SACCT)
    (tmp_path / "bin" / "sacct").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    slurm_module._setting("ClusterName")
    monkeypatch.setitem(slurm_module._settings[str(slurm_module.configuration())], "AccountingStorageType", "accounting_storage/slurmdbd")
    monkeypatch.setattr(Slurm, "settle_s", 0)
    memory, cancelled, node, never = known("job_000000000001", "900001"), known("job_000000000002", "900002"), known("job_000000000003", "900003_2"), known("job_000000000004", "900004", after=["job_000000000003"])
    (node.folder.path / "array").write_text("some-array 2")
    for job in (memory, node): job.folder.append("job.started", attempt=1, host="away", pid=1, gpus=["0", "1"])
    assert [j.status for j in (memory, cancelled, node, never)] == ["failed", "cancelled", "lost", "not_run"]
    assert "out of memory" in memory.state.error and "node went down" in node.state.error and "comes after" in never.state.error
    assert memory.state.used == {"wall_s": 7200.0, "cpu_hours": 16.0, "gpu_hours": 4.0, "peak_mem_mb": 538.4}


# faults


def test_a_preempted_job_goes_on_where_it_was(ws, project):
    (project / "counts.py").write_text(COUNTS)
    low = ops.submit("counts.py", 40, cpus=2, nodes=1, on="slurm", slurm_partition="spot", slurm_nodelist="local0")
    assert until(lambda: "from 0" in str(low.logs()), 60)
    high = ops.submit("sleep 1", cpus=2, on="slurm", slurm_nodelist="local0")
    assert high.result(60) == 0 and low.result(120) == 0
    told = str(low.logs()).split()
    assert told[:2] == ["from", "0"] and told[-2:] == ["reached", "40"] and told.count("from") == 2 and "from 0" not in str(low.logs())[8:]
    assert low.state.attempt == 2 and low.state.round == 1


def test_a_job_whose_time_is_over_saves_and_goes_on(ws, project):
    (project / "counts.py").write_text(COUNTS)
    saves = ops.submit("counts.py", 330, on="slurm", slurm_time="1")
    does_not = ops.submit("sleep 300", on="slurm", slurm_time="1")
    assert does_not.wait(150).status == "timed_out" and "time" in does_not.state.error
    assert saves.result(150) == 0 and saves.state.attempt >= 2 and "told 12" in str(saves.logs())


def test_timeout_min_is_kept_by_the_worker(ws):
    job = ops.submit("sleep 60", timeout_min=0.02, on="slurm")
    assert job.wait(60).status == "timed_out" and "0.02 min" in job.state.error


def test_scancel_from_outside_and_ours(ws):
    made = [ops.submit("sleep 60", on="slurm") for _ in range(2)]
    assert all(map(running, made))
    slurm("scancel", made[0].state.engine_id)
    assert made[1].cancel() and [j.wait(60).status for j in made] == ["cancelled", "cancelled"]
    waits = ops.submit("true", on="slurm", slurm_hold=True)
    assert waits.status == "queued" and waits.cancel() and waits.status == "cancelled"
    with pytest.raises(OpsError): made[0].result()


def test_a_killed_worker_is_lost_and_comes_again(ws):
    job = ops.submit(lambda: os.environ.get("OPSNB_CKPT") and __import__("time").sleep(2) or "whole", on="slurm")
    assert running(job)
    os.kill(job.folder.state().pid, signal.SIGKILL)
    assert job.wait(60).status == "lost" and job.exception().exit_code == 3
    assert job.retry().result(60) == "whole" and job.state.round == 2


def test_too_much_memory(ws):
    def work():
        kept = bytearray(400_000_000)
        for i in range(0, len(kept), 4096): kept[i] = 1
        __import__("time").sleep(60)
    job = ops.submit(work, mem_gb=0.2, on="slurm")
    assert job.wait(90).status == "failed" and "out of memory" in job.state.error


def test_slurmd_is_killed_and_comes_back(ws, private):
    job = ops.submit("sleep 4", on="slurm", slurm_nodelist="local0")
    assert running(job)
    os.kill(private.pid("slurmd.local0"), signal.SIGKILL)
    assert until(lambda: private.dead() == ["slurmd.local0"], 10) and job.status == "running"
    assert opsnb("slurm", "status")[1].startswith("Slurm is broken: slurmd.local0")
    private.up([])
    assert job.result(60) == 0 and job.state.attempt == 1


def back(node):
    """Take a node back into service, if it has not come by itself."""
    subprocess.run(["scontrol", "update", f"nodename={node}", "state=resume"], env=slurm_module.environment(), stderr=subprocess.DEVNULL)


def test_a_node_that_goes_down_gives_its_job_to_another(ws, private, project):
    (project / "counts.py").write_text(COUNTS)
    job = ops.submit("counts.py", 30, on="slurm")
    assert until(lambda: "from 0" in str(job.logs()), 60)
    node = slurm("squeue", "-h", "-j", job.state.engine_id, "-o", "%N").strip()
    slurm("scontrol", "update", f"nodename={node}", "state=down", "reason=test")
    assert until(lambda: job.status == "queued", 30)
    back(node)
    assert job.result(120) == 0 and job.state.attempt == 2
    stays = ops.submit("sleep 60", on="slurm", slurm_no_requeue=True)
    assert running(stays)
    node = slurm("squeue", "-h", "-j", stays.state.engine_id, "-o", "%N").strip()
    slurm("scontrol", "update", f"nodename={node}", "state=down", "reason=test")
    assert stays.wait(60).status == "lost"
    back(node)


def test_while_the_controller_is_away_a_job_is_unreachable_and_unharmed(ws, private, tmp_path):
    runs, waits = ops.submit(["sh", "-c", f"until test -e {tmp_path}/go; do sleep 0.2; done"], on="slurm"), ops.submit("true", on="slurm", slurm_begin="now+5")
    assert running(runs)
    written_down(private, runs)
    os.kill(private.pid("slurmctld"), signal.SIGKILL)
    assert until(lambda: runs.status == "unreachable", 60) and not runs.done()
    with pytest.raises(Unavailable): ops.submit("true", on="slurm")
    assert next(r for r in ops.backends() if r["back-end"] == "slurm")["state"] == "unavailable"
    (tmp_path / "go").touch()
    Slurm(ws).wake()  # as `opsnb jobs recover` does
    assert runs.result(90) == 0 and waits.result(90) == 0 and runs.state.attempt == 1


def test_what_a_reboot_cut_off_runs_again(ws, private):
    job = ops.submit(["sh", "-c", "echo from 0; test -e $OPSNB_CKPT/again || { touch $OPSNB_CKPT/again; sleep 600; }"], on="slurm")
    assert until(lambda: "from 0" in str(job.logs()), 60)
    written_down(private, job)
    stepd, worker = daemons_of_jobs(private), psutil.Process(job.folder.state().pid)
    for name in private.names():
        if name != "munged": os.kill(private.pid(name), signal.SIGKILL)
    for p in [*stepd, *worker.children(recursive=True), worker]: p.kill()
    (private.folder / "boot_id").write_text("another\n")
    private.up(devices(["0", "1"]))
    assert job.result(120) == 0 and job.state.attempt == 2


def test_a_submitter_that_died_in_between_is_made_good(ws, monkeypatch):
    job = ops.submit("true", on="slurm", slurm_hold=True)
    found = Slurm(ws).find(Job(job.folder))
    assert found == job.state.engine_id
    many = ops.submit_each("true", [{"i": 0}, {"i": 1}], on="slurm", engine={"hold": True})
    assert [Slurm(ws).find(j) for j in many] == [j.state.engine_id for j in many]


# the private Slurm, wrong use


def test_up_down_status(ws, private, tmp_path, monkeypatch):
    folder = tempfile.mkdtemp(prefix="opsnb-s-")
    monkeypatch.setenv("OPSNB_SLURM_DIR", folder)
    monkeypatch.setenv("OPSNB_SLURM_PARTS", "1")
    try:
        assert "no private Slurm" in opsnb("slurm", "status")[1]
        code, out, err = opsnb("slurm", "up", "--gpus", 1)
        assert code == 0 and "Slurm is up: 1 of 1 nodes" in out and f"export SLURM_CONF={folder}/slurm.conf" in out, err
        job = ops.submit("sleep 4", on="slurm", gpus=1)
        waits = ops.submit("true", on="slurm", gpus=1)
        assert running(job) and json.loads(opsnb("slurm", "status", "--json")[1])["free_gpus"] == 0
        code, out, err = opsnb("slurm", "up", "--gpus", 2)
        assert code == 2 and "another number" in err and opsnb("slurm", "up")[0] == 0
        assert "its queue is kept" in opsnb("slurm", "down")[1] and waits.status == "unreachable"
        assert opsnb("slurm", "up")[0] == 0 and waits.result(60) == 0 and job.result(60) == 0
        assert all(c.laddr.ip == "127.0.0.1" for n in Node(folder).names() for c in psutil.Process(Node(folder).pid(n)).net_connections() if c.status == "LISTEN")
        assert {p.stat().st_mode & 0o77 for p in (Path(folder), Path(folder) / "munge" / "key")} == {0}
    finally:
        gone(Node(folder))


def test_wrong_use_gets_the_right_words(ws, monkeypatch):
    for given, words in [({"slurm_partitio": "x"}, "slurm_partition"), ({"slurm_partition": "nowhere"}, "partition"), ({"gpus": 9}, "Requested node configuration")]:
        with pytest.raises(OpsError) as e: ops.submit("true", on="slurm", **given)
        assert words in str(e.value)
    assert "gpus=2, cpus=" in str(e.value) and "on a node at most, nodes=2" in str(e.value)
    assert [j.status for j in ops.jobs()] == ["failed", "failed"]  # a wrong word is heard of before anything is written
    code, _, err = opsnb("submit", "--on", "slurm", "--engine", "partition", "nowhere", "true")
    assert code == 2 and "invalid partition" in err.lower()
    monkeypatch.setenv("SLURM_CONF", "/nowhere/slurm.conf")
    code, _, err = opsnb("submit", "--on", "slurm", "true")
    assert code == 3 and "opsnb slurm up" in err


def test_what_is_not_installed_is_named(ws, monkeypatch, tmp_path):
    monkeypatch.setattr(_slurm_node, "PATH", str(tmp_path))
    with pytest.raises(Unavailable, match="sudo apt-get install slurmctld slurmd slurm-client munge"): Node(tmp_path / "x").up([])
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "not installed" in next(r for r in ops.backends() if r["back-end"] == "slurm")["note"]


def test_nothing_of_the_submitter_s_own_job_travels(ws, monkeypatch):
    for k, v in {"SLURM_JOB_ID": "77", "SLURM_NODEID": "5", "SLURM_MEM_PER_NODE": "1", "CUDA_VISIBLE_DEVICES": "7"}.items(): monkeypatch.setenv(k, v)
    assert not {"SLURM_JOB_ID", "CUDA_VISIBLE_DEVICES"} & set(slurm_module.environment())
    assert ops.submit(lambda: (os.environ["SLURM_JOB_ID"] != "77", os.environ["OPSNB_NODE_RANK"], os.environ.get("CUDA_VISIBLE_DEVICES")), on="slurm").result(60)[:2] == (True, "0")


def test_the_template_trains_there_as_it_does_here(ws, project, private):
    pytest.importorskip("accelerate")
    assert trained(project, "slurm") == trained(project, "local")


def test_the_elements_of_a_foreach_are_one_array(ws, notebook, project):
    notebook("train", "lr: int = 1", "import os, opsnb as ops\nops.publish(score=lr * 2, task=os.environ['SLURM_ARRAY_TASK_ID'])")
    (project / "pipeline.yaml").write_text("steps:\n  train: {notebook: train.ipynb, on: slurm, foreach: {lr: [1, 2, 3]}}\n")
    done = Pipeline(project).run()
    assert done.status == "done" and [v["score"] for v in done.values.values()] == [2, 4, 6]
    ids = {j.name: j.state.engine_id.split("_") for j in ops.jobs(on="slurm")}
    assert len({number for number, _ in ids.values()}) == 1 and sorted(i for _, i in ids.values()) == ["0", "1", "2"] == sorted(v["task"] for v in done.values.values())


def test_steps_that_only_wait_stand_in_its_queue_and_outlive_the_runner(ws, notebook):
    queued_behind(chain(notebook, "slurm"))

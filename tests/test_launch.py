"""Launching with real processes: what a rank says and returns, how it ends, signals, several nodes, accelerate's own files."""
import contextlib
import json
import os
import signal
import subprocess
import sys

import psutil
import pytest

import opsnb as ops
from opsnb.workspace import free_port
from support import opsnb, until

pytest.importorskip("torch")
pytestmark = pytest.mark.xdist_group("launch")

WHO = """
import json, os, sys
from accelerate import Accelerator
a = Accelerator()
import torch
total = a.reduce(torch.tensor(float(a.process_index + 1)))
print(json.dumps({"rank": a.process_index, "of": a.num_processes, "kind": str(a.distributed_type), "precision": a.mixed_precision, "accumulate": a.gradient_accumulation_steps, "total": total.item(), "args": sys.argv[1:], "threads": os.environ["OMP_NUM_THREADS"]}), flush=True)
a.wait_for_everyone()
a.end_training()
"""
SAVES = "import os, signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: (print('saved', flush=True), sys.exit(85)))\nprint('ready', flush=True)\ntime.sleep(600)"


def said(launch, rank):
    return json.loads(launch.logs(rank).splitlines()[-1])


def test_a_script_with_accelerate_inside(ws, project):
    (project / "who.py").write_text(WHO)
    done = ops.launch("who.py", "--lr", "0.1", processes=2, mixed_precision="bf16", accumulation_steps=4, cpu=True)
    for rank in (0, 1):
        found = said(done, rank)
        assert found == {**found, "rank": rank, "of": 2, "kind": "DistributedType.MULTI_CPU", "precision": "bf16", "accumulate": 4, "total": 3.0, "args": ["--lr", "0.1"]}
    assert done.status == "done" and done.exit_code == 0 and "2 processes" in str(done)


def test_accelerates_own_file_and_its_cpu_case(ws, project):
    """`accelerate launch` starts one process here, whatever the file says."""
    (project / "who.py").write_text(WHO)
    (project / "accelerate.yaml").write_text("compute_environment: LOCAL_MACHINE\ndistributed_type: MULTI_CPU\nuse_cpu: true\nmixed_precision: bf16\nnum_machines: 1\nnum_processes: 2\n")
    done = ops.launch("who.py", config="accelerate.yaml")
    assert [(said(done, r)["of"], said(done, r)["precision"]) for r in (0, 1)] == [(2, "bf16")] * 2


def test_a_function_of_a_cell_and_what_is_recorded(ws, notebook):
    """Rank 0 records; the others run the same code and record nothing."""
    code = ("import opsnb as ops\ndef fit(steps, lr):\n    import torch.distributed as dist\n    dist.init_process_group('gloo')\n    with ops.track('fit', params={'lr': lr}) as run:\n"
            "        for i in range(steps): run.log(loss=i * lr)\n    dist.barrier(), dist.destroy_process_group()\n    return dist.__name__, run.metrics['loss']\n"
            "done = ops.launch(fit, 3, params={'lr': 0.5}, processes=2, cpu=True)\nops.publish(result=list(done.result), ranks=[len(done.logs(r)) for r in (0, 1)])")
    done = ops.run_notebook(notebook("train", "seed = 1", code), cold=True)
    assert done.values["result"] == ["torch.distributed", 1.0]
    fits = [r for r in ops.runs(workspace=ws) if r["name"] == "fit"]
    assert len(fits) == 1 and fits[0]["status"] == "done" and fits[0]["metrics"] == {"loss": 1.0} and fits[0]["params"]["lr"] == "0.5"


def test_the_end_of_the_rank_that_failed_first(ws, project, capfd):
    (project / "fails.py").write_text("import os, sys, time\nif os.environ['RANK'] == '1':\n    print('no data for me', file=sys.stderr)\n    sys.exit(7)\ntime.sleep(600)")
    with pytest.raises(ops.OpsError, match="exit code 7") as e: ops.launch("fails.py", processes=2)
    out = capfd.readouterr().out
    assert e.value.exit_code == 1 and "rank 1 of 2 ended first: exit code 7" in out and "no data for me" in out
    (project / "killed.py").write_text("import os, signal, time\nif os.environ['RANK'] == '1': os.kill(os.getpid(), signal.SIGKILL)\ntime.sleep(600)")
    done = ops.launch("killed.py", processes=2, check=False)
    assert done.exit_code == 137 and "killed by SIGKILL" in (done.folder / "output.log").read_text()


def command_line(*words, env=None):
    return subprocess.Popen([sys.executable, "-m", "opsnb", "launch", *words], stdout=subprocess.PIPE, text=True, env={**os.environ, **(env or {})})


def ready(ws, ranks=2):
    return until(lambda: sum("ready" in p.read_text() for p in ws.path.glob("launch/*/ranks/*.log")) == ranks, 120)


SAVED = ["ready\nsaved\n", "readysaved\n"]  # the signal may come between a word and its end of line


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_stop_it_lets_its_ranks_save(ws, project, sig):
    (project / "saves.py").write_text(SAVES)
    process = command_line("saves.py", "-n", "2")
    assert ready(ws)
    process.send_signal(sig)
    out = process.communicate(timeout=60)[0]
    assert process.returncode == 85 and "saved, and can go on" in out
    assert [p.read_text() for p in sorted(ws.path.glob("launch/*/ranks/*.log"))] in ([a, b] for a in SAVED for b in SAVED)


def test_asked_to_stop_before_there_are_ranks(ws, project):
    (project / "saves.py").write_text(SAVES)
    process = command_line("saves.py", "-n", "2")
    assert until(lambda: list(ws.path.glob("launch/*/output.log")), 60)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) in (143, 85, 130) and until(lambda: not running_in(project), 60)


def running_in(folder):
    """Processes whose working directory is `folder`, but for this one."""
    found = []
    for p in psutil.process_iter():
        with contextlib.suppress(psutil.Error): found += [p] * (p.cwd() == str(folder) and p.pid != os.getpid() and "saves.py" in p.cmdline())
    return found



def test_ranks_that_do_not_stop_are_ended(ws, project):
    (project / "deaf.py").write_text("import os, signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('ready', os.getpid(), flush=True)\ntime.sleep(600)")
    process = command_line("deaf.py", "-n", "2", env={"OPSNB_GRACE_S": "1"})
    assert ready(ws)
    pids = [int(p.read_text().split()[1]) for p in ws.path.glob("launch/*/ranks/*.log")]
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) not in (0, 85) and until(lambda: not any(os.path.exists(f"/proc/{p}") for p in pids))


def test_they_end_with_the_process_that_launched(ws, project):
    (project / "saves.py").write_text(SAVES)
    process = command_line("saves.py", "-n", "2")
    assert ready(ws)
    process.kill()
    process.wait()
    assert until(lambda: all(p.read_text() in SAVED for p in ws.path.glob("launch/*/ranks/*.log")), 60)


def test_two_nodes_meet_by_what_slurm_says(ws, project):
    """Two launchers on one machine, each with the variables that Slurm gives a node."""
    (project / "who.py").write_text(WHO)
    job, made = str(free_port() * 20_000 + 4711), []
    for node in ("0", "1"):
        env = {**os.environ, "SLURM_JOB_NODELIST": "127.0.0.1,127.0.0.2", "SLURM_NODEID": node, "SLURM_JOB_ID": job, "OPSNB_RANKS": str(project / "ranks")}
        made.append(subprocess.Popen([sys.executable, "-P", "-m", "opsnb._launch", "processes=1", "nodes=2", "cpu=True", "--", "who.py"], env=env, stderr=subprocess.PIPE, text=True, stdout=subprocess.DEVNULL))
    assert [p.wait(120) for p in made] == [0, 0], [p.stderr.read() for p in made]
    found = [json.loads((project / "ranks" / f"node-{n}" / "0.log").read_text().splitlines()[-1]) for n in (0, 1)]
    assert [(f["rank"], f["of"], f["total"]) for f in found] == [(0, 2, 3.0), (1, 2, 3.0)]


def test_a_secret_is_in_no_rank_log(ws, project):
    (project / "leaks.py").write_text("import os\nprint('token', os.environ['HF_TOKEN'])")
    done = ops.launch("leaks.py", processes=2, env={"HF_TOKEN": "hf_verysecret123"})
    assert [done.logs(r) for r in (0, 1)] == ["token ***\n"] * 2 and "verysecret" not in (done.folder / "output.log").read_text()


def test_a_launched_function_as_a_job(ws):
    def who():
        import torch, torch.distributed as dist
        dist.init_process_group("gloo")
        t = torch.tensor(dist.get_rank() + 1)
        dist.all_reduce(t)
        rank = dist.get_rank()
        ops.current().log(rank=rank)
        print("this is", rank)
        dist.barrier(), dist.destroy_process_group()
        return rank, t.item()
    job = ops.submit(who, launch={"processes": 2, "cpu": True})
    assert job.result(120) == (0, 3) and ops.run(job.run, ws).metrics["rank"] == 0
    assert sorted(p.name for p in (job.folder.path / "ranks").glob("*.log")) == ["0.log", "1.log"]
    assert "this is 0" in str(job.logs()) and "this is 1" not in str(job.logs()) and "this is 1" in str(job.logs(rank=1))
    code, out, err = opsnb("logs", job.id, "--rank", "1", "-f")
    assert code == 0 and "this is 1" in out and "✓ done" in out, err
    code, out, err = opsnb("logs", job.id, "--rank", "2")
    assert code == 2 and "allowed: 0, 1" in err, err


def test_wrong_words_before_anything_starts(ws, project, notebook):
    (project / "t.py").write_text("")
    for call, says in [(lambda: ops.launch("t.py", mixed_precision="bf8"), "Unknown precision"), (lambda: ops.launch("t.py", processes=0), "at least 1"), (lambda: ops.launch("t.py", deepspeed="no.json"), "There is no file for deepspeed"),
                       (lambda: ops.submit("t.py", launch={"process": 2}), "did you mean 'processes'"), (lambda: ops.submit(notebook("n", "a = 1"), launch=True), "A notebook cannot be launched"),
                       (lambda: ops.launch("n.ipynb"), "cannot be launched"), (lambda: ops.launch("t.py", nodes=2, check=True), "nothing says which")]:
        with pytest.raises(ops.OpsError) as e: call()
        assert says in str(e.value)
    code, out, err = opsnb("launch", "t.py", "--fsdp", "shard", "FULL")
    assert code == 2 and "Unknown word 'shard'" in err


def test_more_processes_than_gpus(ws, project, monkeypatch):
    monkeypatch.setenv("OPSNB_FAKE_GPUS", "1")
    (project / "t.py").write_text("")
    with pytest.raises(ops.OpsError, match="not enough GPUs"): ops.launch("t.py", processes=2)


def test_deepspeed_and_fsdp_reach_accelerate(ws, project):
    (project / "ds.json").write_text("{}")
    (project / "env.py").write_text("import os, json; print(json.dumps({k: v for k, v in os.environ.items() if k.startswith(('ACCELERATE_', 'FSDP_'))}))")
    found = said(ops.launch("env.py", deepspeed="ds.json"), 0)
    assert found["ACCELERATE_USE_DEEPSPEED"] == "true" and found["ACCELERATE_DEEPSPEED_CONFIG_FILE"].endswith("ds.json")
    found = said(ops.launch("env.py", fsdp={"version": 2, "offload_params": True}), 0)
    assert (found["ACCELERATE_USE_FSDP"], found["FSDP_VERSION"], found["FSDP_OFFLOAD_PARAMS"]) == ("true", "2", "true")


@pytest.mark.gpu
@pytest.mark.skipif(not __import__("torch").cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu_without_a_word(ws, project):
    (project / "who.py").write_text(WHO.replace('"total"', '"device": str(a.device), "total"'))
    assert said(ops.launch("who.py", mixed_precision="bf16"), 0)["device"].startswith("cuda")

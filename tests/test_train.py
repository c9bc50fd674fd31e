"""Training that is stopped or killed at any step goes on as if it had not been: weights and logged losses, bit by bit."""
import json
import os
import random
import signal
import subprocess
import sys

import pytest

import opsnb as ops
from opsnb.journal import records
from opsnb.track.state import points
from opsnb.workspace import Workspace
from support import opsnb, until

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.xdist_group("train")

TRAIN = """
import os, random, sys, time
import numpy, torch
import opsnb as ops
from torch.utils.data import DataLoader, Dataset, DistributedSampler, RandomSampler
kind, out, slow_s = sys.argv[1], sys.argv[2], float(sys.argv[3])
torch.manual_seed(0); random.seed(0); numpy.random.seed(0)
data = torch.randn(64, 6), torch.randn(64, 1)

class Noisy(Dataset):
    def __len__(self): return 64
    def __getitem__(self, i): return data[0][i] + torch.randn(6) * 0.1 + random.random() * 0.01 + numpy.random.rand() * 0.01, data[1][i]

model = torch.nn.Sequential(torch.nn.Linear(6, 16), torch.nn.BatchNorm1d(16), torch.nn.Dropout(0.3), torch.nn.Linear(16, 1))
accelerator, sampler, world = None, None, 1
if kind == "ddp":
    torch.distributed.init_process_group("gloo")
    model = torch.nn.parallel.DistributedDataParallel(model)
    sampler = DistributedSampler(Noisy(), seed=3)
    torch.manual_seed(torch.distributed.get_rank())
optimizer = torch.optim.AdamW(model.parameters(), lr=0.05)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 40)
own = torch.Generator().manual_seed(5) if kind == "plain" else None
loader = DataLoader(Noisy(), batch_size=4, sampler=sampler, shuffle=sampler is None, num_workers=2 if kind == "workers" else 0, generator=own)
if kind == "accelerate":
    from accelerate import Accelerator
    accelerator = Accelerator(cpu=True)
    model, optimizer, schedule, loader = accelerator.prepare(model, optimizer, schedule, loader)
state = ops.Checkpoints(model, optimizer, schedule, accelerator=accelerator, every=7)
with state.track("train", params={"lr": 0.05}) as run:
    for epoch in state.epochs(3):
        for x, y in state.batches(loader):
            with accelerator.accumulate(model) if accelerator else torch.enable_grad():
                loss = (model(x) - y).square().mean()
                accelerator.backward(loss) if accelerator else loss.backward()
                optimizer.step(); schedule.step(); optimizer.zero_grad()
                state.step(loss=loss)
            if os.environ.get("RANK", "0") == "0": print("step", state.at, flush=True)
            time.sleep(slow_s)
        state.values.setdefault("draws", []).append(random.random() + torch.rand(1).item())
if os.environ.get("RANK", "0") == "0":
    weights = {k.removeprefix("module."): v for k, v in model.state_dict().items()}
    torch.save({"weights": weights, "draws": state.values["draws"], "at": state.at}, out)
print("run", run.id, flush=True)
if torch.distributed.is_initialized(): torch.distributed.barrier(), torch.distributed.destroy_process_group()  # leave together
"""


def start(project, kind, folder, slow_s=0.0):
    """The training program, or its launch; `(process, file of its result)`."""
    (project / "train.py").write_text(TRAIN)
    out, two = project / f"{folder}.pt", kind in ("ddp", "accelerate")
    env = {**os.environ, "OPSNB_CKPT": str(project / folder), "OPSNB_HOME": str(project / f".{folder}"), "OMP_NUM_THREADS": "1", "OPSNB_DELIVERY": "off", "OPSNB_RANKS": str(project / f"{folder}.ranks")}
    layout = ["processes=2", "cpu=True", *(["accumulation_steps=2"] if kind == "accelerate" else [])]
    words = [sys.executable, "-P", "-m", "opsnb._launch", *layout, "--"] if two else [sys.executable, "-u"]
    return subprocess.Popen([*words, "train.py", kind, out, str(slow_s)], cwd=project, env=env, stdout=subprocess.PIPE, text=True, start_new_session=True), out


def until_step(process, step):
    """Read what it prints until it has done a step; False when it ended before."""
    return any(line.startswith("step") and int(line.split()[1]) >= step for line in process.stdout)


def ended(process):
    process.stdout.read()
    return process.wait(120)


def logged(project, folder):
    """`{step: loss}`, and whether a step was logged twice, of the only run of a workspace."""
    [run] = [p for p in Workspace.open(project / f".{folder}").journal.glob("run_*")]
    found = [(step, value) for r in records(run) if r.kind == "metric.logged" for name, step, value in points(r.data) if name == "loss"]
    return dict(found), len(found) - len(dict(found))


def same(project, one, two):
    a, b = (torch.load(p, weights_only=False) for p in (one, two))
    assert all(torch.equal(a["weights"][k], b["weights"][k]) for k in b["weights"]) and a["draws"] == b["draws"] and a["at"] == b["at"]
    (la, twice_a), (lb, twice_b) = logged(project, one.stem), logged(project, two.stem)
    assert la == lb and len(la) == b["at"] and twice_a == twice_b == 0


STOPS = {"plain": [signal.SIGTERM, signal.SIGUSR2, signal.SIGKILL], "workers": [signal.SIGTERM], "ddp": [signal.SIGTERM, signal.SIGKILL], "accelerate": [signal.SIGUSR2]}


@pytest.mark.timeout(400)
@pytest.mark.parametrize("kind", STOPS)
def test_stopped_or_killed_at_any_step_it_ends_as_if_it_had_not_been(project, kind):
    process, expected = start(project, kind, "whole")
    assert ended(process) == 0
    last = torch.load(expected, weights_only=False)["at"]
    steps = sorted(random.Random(kind).sample(range(1, last - 4), len(STOPS[kind])))
    for at, sig in zip(steps, STOPS[kind], strict=True):
        process, out = start(project, kind, "cut", 0.04)
        assert until_step(process, at), steps
        os.killpg(process.pid, sig)  # as a job's worker does it: a loader's workers hear it, too
        assert ended(process) == (85 if sig != signal.SIGKILL else -sig), steps
        if sig == signal.SIGKILL: killed(project)
    process, out = start(project, kind, "cut")
    assert ended(process) == 0
    same(project, out, expected)


def killed(project):
    """What is left: no process, checkpoints of before, and the half of one that was being written."""
    assert until(lambda: not ranks_of(project), 60)
    last = sorted((project / "cut").glob("step-*"))[-1]
    half = project / "cut" / ".step-00000044.tmp"
    half.mkdir(exist_ok=True)
    (half / "state.pt").write_bytes((last / "state.pt").read_bytes()[:100])


def ranks_of(project):
    import psutil
    return [p for p in psutil.process_iter(["cmdline"]) if "train.py" in (p.info["cmdline"] or []) and any(str(project) in w for w in p.info["cmdline"])]


def model_and_state(folder, **kw):
    model = torch.nn.Linear(4, 1)
    return model, ops.Checkpoints(model, folder=folder, **kw)


@pytest.fixture
def signals():
    """The handlers as they were."""
    from opsnb import train
    before = {s: signal.getsignal(s) for s in (signal.SIGTERM, signal.SIGUSR2)}
    yield
    for s, handler in before.items(): signal.signal(s, handler)
    train._asked[0] = 0


def test_a_checkpoint_that_is_not_whole_is_never_taken(project, signals):
    model, state = model_and_state("ckpt", keep=3)
    weights = []
    for _ in range(3):
        torch.nn.init.normal_(model.weight)
        weights.append(model.weight.detach().clone())
        state.at += 1
        state.save()
    newest, middle, oldest = sorted((project / "ckpt").glob("step-*"), reverse=True)
    (newest / "state.pt").write_bytes((newest / "state.pt").read_bytes()[:-1])  # a disk that lost power
    (middle / "checkpoint.json").unlink()
    model, state = model_and_state("ckpt")
    assert state.restore() and state.at == 1 and torch.equal(model.weight, weights[0])


def test_only_the_last_stay_and_a_full_disk_does_not_end_the_training(project, signals, capsys):
    model, state = model_and_state("ckpt", every=1, keep=2)
    for _ in range(4): state.step()
    assert sorted(p.name for p in (project / "ckpt").iterdir()) == ["step-00000003", "step-00000004"] and state.problem is None
    (project / "ckpt").chmod(0o500)
    try:
        if os.geteuid() == 0:
            import resource
            before = resource.getrlimit(resource.RLIMIT_FSIZE)
            handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
        state.step()
    finally:
        if os.geteuid() == 0: resource.setrlimit(resource.RLIMIT_FSIZE, before), signal.signal(signal.SIGXFSZ, handler)
        (project / "ckpt").chmod(0o700)
    assert state.problem and "could not be saved" in capsys.readouterr().err and model_and_state("ckpt")[1].restore()
    state.step()
    assert state.problem is None and (project / "ckpt" / "step-00000006").exists() and not list((project / "ckpt").glob(".*"))


def test_as_many_processes_as_before(project, signals):
    model, state = model_and_state("ckpt")
    state.save()
    [made] = (project / "ckpt").glob("step-*")
    saved = torch.load(made / "rank-0.pt", weights_only=False)
    torch.save({**saved, "of": 2}, made / "rank-0.pt")
    (made / "checkpoint.json").write_text(json.dumps({"files": {}}))
    with pytest.raises(ops.OpsError, match="written by 2 processes, and now there are 1"): model_and_state("ckpt")[1].restore()


def test_without_a_folder_nothing_is_saved_and_signals_are_left_alone(project):
    before = signal.getsignal(signal.SIGTERM)
    state = ops.Checkpoints(torch.nn.Linear(1, 1))
    for _ in state.epochs(1):
        for _ in state.batches([1, 2]): state.step()
    assert state.at == 2 and signal.getsignal(signal.SIGTERM) is before and not list(project.glob("step*"))


def test_a_child_that_is_stopped_alone_ends(project, signals):
    """A pool of processes, ended in the middle of a training, is not protected by what protects a loader's workers."""
    model_and_state("ckpt")
    if (child := os.fork()) == 0:
        signal.pause()
        os._exit(0)
    until(lambda: open(f"/proc/{child}/stat").read().split()[2] == "S")
    os.kill(child, signal.SIGTERM)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGTERM


@pytest.mark.timeout(300)
def test_a_job_is_stopped_and_goes_on_in_the_same_run(ws, project):
    (project / "train.py").write_text(TRAIN.replace('with state.track("train", params={"lr": 0.05}) as run:', "if run := ops.current():"))
    job = ops.submit("train.py", "ddp", str(project / "out.pt"), "0.05", launch={"processes": 2, "cpu": True}, env={"OMP_NUM_THREADS": "1"})
    assert until(lambda: "step 5" in str(job.logs()), 120), str(job.logs())
    job.cancel()
    assert job.wait(60).status == "cancelled"
    assert len(list(job.folder.ckpt.glob("step-*"))) >= 1, str(job.logs())
    job.retry()
    job.result(120)
    done = torch.load(project / "out.pt", weights_only=False)["at"]
    steps = [s for r in records(ws.journal / job.run) if r.kind == "metric.logged" for n, s, _ in points(r.data) if n == "loss"]
    assert sorted(steps) == list(range(1, done + 1))
    code, out, _ = opsnb("logs", job.id)
    assert code == 0 and f"step {done}" in out


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu_the_random_numbers_of_the_device_go_on(project, signals):
    def draw(folder, stop):
        torch.cuda.manual_seed(0)
        model = torch.nn.Linear(4, 4).cuda()
        state = ops.Checkpoints(model, folder=folder)
        for _ in state.epochs(1):
            for _ in state.batches(range(6)):
                state.values.setdefault("drawn", []).append(torch.rand(1, device="cuda").item())
                state.step()
                if state.at == stop: return state.save()
        return state.values["drawn"]
    draw("a", 3)
    assert draw("a", None) == draw("b", None)


class Drawing(torch.utils.data.Dataset):
    """Draws random numbers when it is read."""
    def __init__(self, n): self.n = n
    def __len__(self): return self.n
    def __getitem__(self, i): return i + torch.rand(1).item()


def loader_of(kind, n):
    loader = torch.utils.data.DataLoader(Drawing(n), batch_size=2, shuffle=True, generator=torch.Generator().manual_seed(5) if kind == "own" else None)
    if kind != "accelerate": return loader
    from accelerate import Accelerator
    return Accelerator(cpu=True).prepare(loader)


def draws(kind, n, folder, stop=None):
    """Two epochs, or the steps until `stop`; what was read and drawn at each."""
    torch.manual_seed(1)
    loader, state, seen = loader_of(kind, n), ops.Checkpoints(torch.nn.Linear(1, 1), folder=folder), []
    for _ in state.epochs(2):
        for batch in state.batches(loader):
            seen.append((batch.tolist(), torch.rand(1).item()))
            state.step()
            if state.at == stop: return state.save() or seen
    return seen + [torch.rand(1).item()]


@pytest.mark.parametrize("kind", ["default", "own", "accelerate"])
@pytest.mark.parametrize("n", [8, 9])
def test_the_place_in_the_data_whatever_the_step(project, signals, kind, n):
    whole = draws(kind, n, "whole")
    for stop in range(1, len(whole)):
        assert draws(kind, n, f"cut{stop}", stop) + draws(kind, n, f"cut{stop}") == whole, stop

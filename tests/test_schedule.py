"""Schedules: nothing due is lost or run twice, whatever is killed, full, late, gone, slow or set wrong. Real processes, signals and kernels."""
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path

import psutil
import pytest

import opsnb as ops
from opsnb.errors import OpsError
from opsnb.journal import records
from opsnb.schedule import leader
from opsnb.schedule.state import History, open_schedule, place, tidy
from opsnb.workspace import free_port
from support import Mailbox, Receiver, opsnb, until, written_below

pytestmark = pytest.mark.timeout(900)
TICK = ("planned: str = ''", "with open('ran.txt', 'a') as f: f.write(planned + '\\n')")
SLEEP = ("seconds: float = 60.0", "with open('ran.txt', 'a') as f: f.write('began\\n')", "import time; time.sleep(seconds)", "with open('ran.txt', 'a') as f: f.write('ended\\n')")


@pytest.fixture(autouse=True)
def undelivered(monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "off")


@pytest.fixture
def scheduler(ws, project):
    """Start a scheduler: `scheduler("--wait")` is its process; what it said is in `.said()`. All end with the test."""
    begun = []

    def start(*args, program=("-m", "opsnb"), env=None):
        log = project / f"scheduler{len(begun)}.log"
        process = subprocess.Popen([sys.executable, *program, "scheduler", *map(str, args)], stdout=subprocess.DEVNULL, stderr=open(log, "w"), env={**os.environ, **(env or {})})
        process.said = log.read_text
        begun.append(process)
        return process

    yield start
    for process in begun:
        process.kill()
        process.wait(10)
    for f in History(ws).update().firings.values():
        if f.status == "running" and f.pid and psutil.pid_exists(f.pid) and "opsnb.schedule._firing" in " ".join(psutil.Process(f.pid).cmdline()):
            os.kill(f.pid, signal.SIGINT)
            until(lambda pid=f.pid: not psutil.pid_exists(pid), 20)


def ran(project):
    path = project / "ran.txt"
    return path.read_text().split("\n")[:-1] if path.exists() else []


def history(ws, name): return {f.id: f for f in History(ws).update().of(open_schedule(ws, name))}


def states(ws, name): return [f.status for f in history(ws, name).values()]


def closed(ws, name, n=1):
    """Whether `n` firings have had their last word."""
    return sum(bool(f.closed) for f in history(ws, name).values()) >= n


def runs_by_firing(ws):
    """How many runs each firing has, read from what the runs say."""
    found = [r.data.get("tags", {}).get("opsnb.firing") for f in ws.journal.glob("run_*") for r in records(f, kinds="run.started")]
    return Counter(f for f in found if f)


# killed, and killed again


def test_fifty_kills_lose_no_run_and_double_none(ws, notebook, project, scheduler):
    notebook("tick", *TICK)
    ops.schedule("tick.ipynb", every="5s", params={"planned": "${schedule.planned}"}, catch_up="all")
    rng, killed = random.Random(11), 0
    while killed < 50:
        process = scheduler()
        time.sleep(rng.uniform(0.3, 2.2))  # from while it is imported to while it starts a run
        process.kill()
        process.wait()
        killed += 1
    assert opsnb("scheduler", "--once", timeout=500)[0] == 0
    assert each_moment_ran_once(ws, project, every_s=5) > 6


def each_moment_ran_once(ws, project, every_s):
    """Fails unless each moment since the schedule was made is done, by one run; how many there were."""
    found = sorted(f.planned for f in history(ws, "tick").values())
    start = open_schedule(ws, "tick").when.start
    assert set(states(ws, "tick")) == {"done"}
    assert [round((at - start) / every_s) for at in found] == list(range(1, len(found) + 1)), "a moment is missing"
    assert sorted(Counter(ran(project)).values()) == [1] * len(found) and len(ran(project)) == len(found)
    assert set(runs_by_firing(ws).values()) == {1} and len(runs_by_firing(ws)) == len(found)
    return len(found)


DIES = """
import os, subprocess, sys
from opsnb.cli import main
from opsnb.journal import Journal
left = int(os.environ["DIES_AT"])

def step():
    global left
    left -= 1
    if left == 0: os.kill(os.getpid(), 9)

def between(plain):
    def call(*args, **kw):
        step()
        out = plain(*args, **kw)
        step()
        return out
    return call

Journal.append, subprocess.Popen.__init__ = between(Journal.append), between(subprocess.Popen.__init__)
main()
"""


def test_killed_before_and_after_each_record_and_each_start(ws, notebook, project):
    notebook("tick", *TICK)
    (project / "dies.py").write_text(DIES)
    ops.schedule("tick.ipynb", every="2s", params={"planned": "${schedule.planned}"}, catch_up="all")
    ended = []
    for at in [*range(1, 15), *range(1, 9)]:
        time.sleep(2.2)  # so that each has something to do
        ended.append(subprocess.run([sys.executable, "dies.py", "scheduler", "--once"], capture_output=True, timeout=200, env={**os.environ, "DIES_AT": str(at)}).returncode)
    assert ended.count(-9) > 10 and set(ended) <= {-9, 0}, ended
    assert opsnb("scheduler", "--once", timeout=300)[0] == 0
    assert each_moment_ran_once(ws, project, every_s=2) > 8


def test_two_schedulers_one_leads_the_other_takes_over(ws, notebook, project, scheduler):
    notebook("sleep", *SLEEP)
    ops.schedule("sleep.ipynb", every="1s", params={"seconds": 8.0}, overlap="skip")
    first = scheduler()
    assert until(lambda: "began" in ran(project), 240)
    code, _, err = opsnb("scheduler")
    assert code == 3 and f"process {first.pid}" in err and "--wait" in err
    second = scheduler("--wait")
    assert until(lambda: f"waits: process {first.pid}" in second.said(), 180)
    ops.pause_schedule("sleep")
    first.kill()
    first.wait()
    assert until(lambda: "leads" in second.said().splitlines()[-1] or leader(ws)["pid"] == second.pid, 180)
    assert until(lambda: "done" in states(ws, "sleep") and all(f.closed for f in history(ws, "sleep").values()), 240), (second.said(), history(ws, "sleep"))
    assert ran(project) == ["began", "ended"] and list(runs_by_firing(ws).values()) == [1]  # the run outlived its scheduler, and was not begun again
    assert leader(ws)["pid"] == second.pid


def test_sigterm_leaves_what_runs_alone(ws, notebook, project, scheduler):
    notebook("sleep", *SLEEP)
    ops.schedule("sleep.ipynb", every="1s", params={"seconds": 6.0})
    process = scheduler()
    assert until(lambda: "began" in ran(project), 240)
    ops.pause_schedule("sleep")
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0 and leader(ws) is None
    assert until(lambda: "ended" in ran(project), 180)
    assert "running" not in [f.status for f in history(ws, "sleep").values() if f.closed]
    assert opsnb("scheduler", "--once")[0] == 0
    assert Counter(states(ws, "sleep"))["done"] == 1 and list(runs_by_firing(ws).values()) == [1]


def test_a_pipeline_whose_process_is_killed_is_gone_on_with(ws, notebook, project, scheduler):
    notebook("a", "x = 0", "with open('ran.txt', 'a') as f: f.write('a\\n')\nimport opsnb as ops; ops.publish(v=1)")
    notebook("b", "v: int", "with open('ran.txt', 'a') as f: f.write('b\\n')\nimport time, pathlib\nwhile not pathlib.Path('go').exists(): time.sleep(0.1)")
    (project / "pipeline.yaml").write_text("name: night\nsteps:\n  a: {notebook: a.ipynb}\n  b: {notebook: b.ipynb, params: {v: '${a.v}'}}\n")
    ops.schedule(".", every="1h")
    ops.pause_schedule("night")
    scheduler()
    assert until(lambda: leader(ws), 180)
    assert opsnb("schedule", "run-now", "night", "--no-follow")[0] == 0
    assert until(lambda: ran(project) == ["a", "b"], 240)
    firing = next(iter(history(ws, "night").values()))
    os.kill(firing.pid, signal.SIGKILL)
    (project / "go").touch()
    assert until(lambda: closed(ws, "night"), 240)
    firing = history(ws, "night")[firing.id]
    assert (firing.status, firing.attempt) == ("done", 2) and Counter(ran(project))["a"] == 1
    assert ops.run(firing.run).status == "done" and sum(r["type"] == "pipeline" for r in ops.runs()) == 1


def test_a_notebook_whose_process_is_killed_is_lost_and_told_of(ws, notebook, project, scheduler):
    notebook("sleep", *SLEEP)
    with Receiver() as receiver:
        ops.schedule("sleep.ipynb", every="1h", notify=[f"webhook:{receiver.url}/hook"])
        scheduler()
        assert until(lambda: leader(ws), 180)
        ops.run_now("sleep", follow=False)
        assert until(lambda: "began" in ran(project), 240)
        os.kill(next(iter(history(ws, "sleep").values())).pid, signal.SIGKILL)
        assert until(lambda: receiver.got, 180)
    assert states(ws, "sleep") == ["lost"] and ran(project) == ["began"]
    assert receiver.got[0][2]["event"] == "failed" and receiver.got[0][2]["status"] == "lost"


WRITES = """
import sys, time
from pathlib import Path
from opsnb.journal import Journal
for n in range(300):
    time.sleep(0.01)
    journal, id = Journal(Path(sys.argv[1])), f"firing_{sys.argv[2]}_{n}"
    journal.append("firing.due", {"firing": id, "schedule": "s", "schedule_id": "schedule_1", "planned": float(n), "key": id, "timed": True})
    journal.append("firing.started", {"firing": id, "attempt": 1, "pid": 1, "gpus": []})
    journal.append("firing.closed", {"firing": id, "status": "done"})
    journal.close()
"""


def test_the_journal_is_made_smaller_while_others_write(ws, project, monkeypatch):
    monkeypatch.setattr("opsnb.schedule.state.FILES", 20)
    folder = place(ws) / "journal"
    writers = [subprocess.Popen([sys.executable, "-c", WRITES, folder, str(n)]) for n in range(3)]
    seen, times = History(ws), 0
    while any(w.poll() is None for w in writers):
        known = History(ws).update()
        time.sleep(0.05)  # what comes in between is not known, and must not be taken for old
        times += bool(tidy(known))
        seen.update()
    assert [w.wait() for w in writers] == [0, 0, 0] and times > 3
    tidy(History(ws).update())
    for found in (seen.update(), History(ws).update()):  # who read along, and who comes later
        assert len(found.firings) == 900 and {(f.status, f.attempt, bool(f.closed)) for f in found.firings.values()} == {("done", 1, True)}
    assert len(list(folder.glob("*.jsonl"))) < 25


# the clock

CLOCK = """
import sys, time
real = time.time
time.time = lambda: real() + float(open("offset").read())
from opsnb.cli import main
main()
"""


def set_clock(project, utc):
    """The scheduler's clock shows `utc` now."""
    import calendar
    (project / ".offset").write_text(str(calendar.timegm(time.strptime(utc, "%Y-%m-%d %H:%M:%S")) - time.time()))
    os.replace(project / ".offset", project / "offset")


def with_clock(project, *args):
    done = subprocess.run([sys.executable, "clock.py", *args], capture_output=True, text=True, timeout=120, cwd=project)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("tz, before, first, hour_later, day_later", [
    ("Europe/Berlin", "2026-10-24 12:00:00", "2026-10-25 00:29:57", "2026-10-25 01:29:57", "2026-10-26 01:29:57"),
    ("America/New_York", "2026-10-31 12:00:00", "2026-11-01 05:29:57", "2026-11-01 06:29:57", "2026-11-02 06:29:57"),
])
def test_a_double_hour_and_a_clock_that_is_set_back(ws, notebook, project, scheduler, tz, before, first, hour_later, day_later):
    notebook("tick", *TICK)
    (project / "clock.py").write_text(CLOCK)
    set_clock(project, before)
    with_clock(project, "schedule", "add", "tick.ipynb", "--cron", "30 2 * * *" if "Berlin" in tz else "30 1 * * *", "--tz", tz, "-p", "planned", "${schedule.planned}")
    set_clock(project, first)
    scheduler(program=("clock.py",))
    assert until(lambda: closed(ws, "tick", 1), 240)
    set_clock(project, hour_later)  # it is half past again
    time.sleep(6)
    set_clock(project, first)       # somebody sets the clock back
    time.sleep(6)
    assert len(ran(project)) == 1
    set_clock(project, day_later)
    assert until(lambda: closed(ws, "tick", 2), 180)
    assert [p[:16] for p in ran(project)] == (["2026-10-25T02:30", "2026-10-26T02:30"] if "Berlin" in tz else ["2026-11-01T01:30", "2026-11-02T01:30"])


@pytest.mark.parametrize("tz, before, gap", [("Europe/Berlin", "2026-03-28 12:00:00", "2026-03-29 00:59:57"), ("America/New_York", "2026-03-07 12:00:00", "2026-03-08 06:59:57")])
def test_an_hour_that_is_missing(ws, notebook, project, scheduler, tz, before, gap):
    notebook("tick", *TICK)
    (project / "clock.py").write_text(CLOCK)
    set_clock(project, before)
    with_clock(project, "schedule", "add", "tick.ipynb", "--cron", "30 2 * * *", "--tz", tz, "-p", "planned", "${schedule.planned}")
    set_clock(project, gap)
    scheduler(program=("clock.py",))
    assert until(lambda: closed(ws, "tick"), 240)
    assert [p[11:16] for p in ran(project)] == ["03:00"]


@pytest.mark.parametrize("policy, fires", [("none", []), ("last", ["2026-06-01T06:00"]), ("all", [f"2026-06-01T0{h}:00" for h in range(1, 7)])])
def test_what_was_missed_is_caught_up_with_as_the_policy_says(ws, notebook, project, policy, fires):
    notebook("tick", *TICK)
    (project / "clock.py").write_text(CLOCK)
    set_clock(project, "2026-06-01 00:30:00")
    with_clock(project, "schedule", "add", "tick.ipynb", "--cron", "@hourly", "--tz", "UTC", "-p", "planned", "${schedule.planned}", "--catch-up", policy)
    set_clock(project, "2026-06-01 06:30:00")  # nobody was there for six hours, or the clock jumped
    with_clock(project, "scheduler", "--once")
    with_clock(project, "scheduler", "--once")
    assert [p[:16] for p in ran(project)] == fires
    rows = ops.schedule_history("tick")
    missed = [r for r in rows if r["firing"] is None]
    assert len(rows) == len(fires) + len(missed) and (bool(missed), "missed: no scheduler was there" in str(rows)) == ((policy != "all"),) * 2


# what goes wrong


def test_a_file_that_is_gone_or_broken_fails_loudly_and_alone(ws, notebook, project, scheduler):
    notebook("tick", *TICK)
    notebook("other", *TICK)
    (project / "pipeline.yaml").write_text("name: night\nsteps:\n  a: {notebook: tick.ipynb}\n")
    with Receiver() as receiver:
        for file, name in (("pipeline.yaml", "night"), ("other.ipynb", "other")): ops.schedule(file, name, every="2s", notify=[f"webhook:{receiver.url}/{name}"])
        ops.schedule("tick.ipynb", every="2s", name="well")
        ops.schedule("tick.ipynb", every="2s", name="torn")
        (project / "pipeline.yaml").write_text("name: night\nsteps: [")
        (project / "other.ipynb").unlink()
        (place(ws) / "torn.json").write_text('{"name"')
        process = scheduler()
        assert until(lambda: {path for _, path, _ in receiver.got} == {"/night", "/other"} and "done" in states(ws, "well"), 240)
        said = {path: data["error"] for _, path, data in receiver.got}
    assert "not valid YAML" in said["/night"] and "other.ipynb" in said["/other"]
    assert not {"failed", "lost"} & set(states(ws, "well")) and process.poll() is None
    assert process.said().count("torn is left out") == 1 and "✗ damaged" in str(ops.schedules())
    (place(ws) / "torn.json").unlink()


def test_a_full_disk_delays_and_loses_nothing(notebook, project, scheduler, monkeypatch, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk], capture_output=True).returncode: pytest.skip("mounting a small disk takes root")
    try:
        monkeypatch.setenv("OPSNB_HOME", str(disk / "home"))
        ws = ops.Workspace.find()
        notebook("tick", *TICK)
        ops.schedule("tick.ipynb", every="4s", params={"planned": "${schedule.planned}"}, catch_up="all")
        process = scheduler("--concurrency", "1")
        assert until(lambda: closed(ws, "tick"), 240)
        until(lambda: not any(not f.closed for f in history(ws, "tick").values()), 20)
        with open(disk / "filler", "wb", buffering=0) as f:
            try:
                for size in (1 << 16, 1 << 12, 256, 16, 1):
                    while True:
                        try: f.write(b"x" * size)
                        except OSError: break
            except OSError: pass
        assert until(lambda: "waits: " in process.said() and "No space left" in process.said(), 180), process.said()
        time.sleep(5)
        assert process.poll() is None
        (disk / "filler").unlink()
        n = len(history(ws, "tick"))
        assert until(lambda: closed(ws, "tick", n + 3), 240), process.said()
        ops.pause_schedule("tick")
        assert until(lambda: all(f.closed for f in history(ws, "tick").values()), 180)
        found = sorted(f.planned for f in history(ws, "tick").values())
        assert {round(b - a) for a, b in zip(found, found[1:], strict=False)} == {4}, "a moment is missing"
        assert max(Counter(ran(project)).values()) == 1
    finally:
        for p in psutil.process_iter(["cmdline", "cwd"]):
            if "scheduler" in (p.info["cmdline"] or []) and p.info["cwd"] == str(project): p.kill(), p.wait(10)
        until(lambda: not subprocess.run(["umount", disk], capture_output=True).returncode, 30)


def test_a_receiver_that_is_down_or_slow_delays_no_run_and_gets_its_notice(ws, notebook, project, scheduler):
    notebook("tick", *TICK)
    notebook("flaky", "x = 0", "import pathlib\nassert pathlib.Path('good').exists(), 'bad data'")
    down = free_port()
    with Receiver(held=True) as slow, Receiver(codes=(503, 503, 200)) as busy, Mailbox() as box:
        (project / "opsnb.toml").write_text(f'smtp = "smtp://127.0.0.1:{box.port}"\n')
        ops.schedule("flaky.ipynb", every="1h", notify=[f"webhook:http://127.0.0.1:{down}/x", f"webhook:{slow.url}/x", f"webhook:{busy.url}/x", "slack:env:SLACK_HOOK_URL", "email:you@example.org"])
        scheduler(env={"SLACK_HOOK_URL": f"{busy.url}/T0/secret-part"})
        assert until(lambda: leader(ws), 180)
        assert ops.run_now("flaky")[0]["status"] == "failed"
        ops.schedule("tick.ipynb", every="2s")
        assert until(lambda: closed(ws, "tick", 2) and box.mails, 240) and not slow.got  # it is still thinking
        slow.go_on.set()
        assert until(lambda: slow.got, 240)
        ops.pause_schedule("tick")
        with Receiver(port=down) as late:
            assert until(lambda: late.got and len([g for g in busy.got if g[1] == "/x"]) >= 2, 180), busy.got
        (project / "good").touch()
        assert ops.run_now("flaky")[0]["status"] == "done" and ops.run_now("flaky")[0]["status"] == "done"
        assert until(lambda: len(box.mails) == 2 and "works again" in str(busy.got), 180)
        time.sleep(1)
    assert "flaky ✗ failed: flaky.ipynb failed: AssertionError: bad data" in slow.got[0][2]["text"] and "flaky failed" in box.mails[0] and "flaky works again" in box.mails[1]
    assert any(path == "/T0/secret-part" and set(data) == {"text"} for _, path, data in busy.got)
    assert len(box.mails) == 2  # a second success is no news
    assert b"secret-part" not in written_below(ws.path) + b"".join(p.read_bytes() for p in project.glob("*.log"))


def test_a_notice_outlives_the_scheduler(ws, notebook, project, scheduler):
    notebook("bad", "x = 0")
    port = free_port()
    ops.schedule("bad.ipynb", every="1h", notify=[f"webhook:http://127.0.0.1:{port}/x"], notify_on="always")
    first = scheduler()
    assert until(lambda: leader(ws), 180)
    ops.run_now("bad")
    first.kill()
    first.wait()
    with Receiver(port=port) as receiver:
        scheduler()
        assert until(lambda: receiver.got, 180) and receiver.got[0][2]["event"] == "done"
    assert until(lambda: "webhook sent" in str(ops.schedule_history("bad")), 20)


# limits and policies


def test_one_at_a_time_skips_and_says_why(ws, notebook, project, scheduler):
    notebook("sleep", *SLEEP)
    ops.schedule("sleep.ipynb", every="1s", params={"seconds": 3.0})
    scheduler()
    assert until(lambda: closed(ws, "sleep", 4), 240)
    left_out = [r for r in ops.schedule_history("sleep", 100) if r["status"] == "not_run"]
    assert left_out and all(re.fullmatch(r"firing_\w+ still (runs|waits)", r["error"]) for r in left_out)
    assert sum(line == "began" for line in ran(project)) - sum(line == "ended" for line in ran(project)) in (0, 1)


def test_a_newer_one_cancels_the_older(ws, notebook, project, scheduler):
    notebook("sleep", *SLEEP)
    ops.schedule("sleep.ipynb", every="1h", overlap="cancel")
    scheduler()
    assert until(lambda: leader(ws), 180)
    ops.run_now("sleep", {"seconds": 60.0}, follow=False)
    assert until(lambda: "began" in ran(project), 180)
    ops.run_now("sleep", {"seconds": 0.1}, follow=False)
    assert until(lambda: closed(ws, "sleep", 2), 240)
    assert states(ws, "sleep") == ["cancelled", "done"] and ran(project) == ["began", "began", "ended"]


def test_concurrency_and_gpus_are_kept_to(ws, notebook, project, scheduler):
    notebook("gpu", "n: int = 0", "import os, time\nbegan = time.time()\ntime.sleep(2)\nwith open('ran.txt', 'a') as f: f.write(f\"{began} {time.time()} {os.environ.get('CUDA_VISIBLE_DEVICES')}\\n\")")
    for n in range(4): ops.schedule("gpu.ipynb", f"g{n}", every="1h", gpus=1)
    ops.schedule("gpu.ipynb", "greedy", every="1h", gpus=3)
    for n in range(4): (place(ws) / f"g{n}.json").exists()
    scheduler("--concurrency", 3, "--gpus", 2, env={"CUDA_VISIBLE_DEVICES": "4,7"})
    assert until(lambda: leader(ws), 180)
    for name in ("greedy", "g0", "g1", "g2", "g3"): ops.run_now(name, follow=False)
    assert until(lambda: all(closed(ws, f"g{n}") for n in range(4)), 240)
    spans = [(float(a), float(b), gpu) for a, b, gpu in (line.split() for line in ran(project))]
    assert {gpu for *_, gpu in spans} == {"4", "7"}
    assert max(sum(a <= t < b for a, b, _ in spans) for t, _, _ in spans) == 2
    for gpu in "47":
        own = sorted((a, b) for a, b, g in spans if g == gpu)
        assert all(x[1] <= y[0] for x, y in zip(own, own[1:], strict=False))
    assert states(ws, "greedy") == ["failed"] and "wants 3 GPUs, and this scheduler has 2" in str(ops.schedule_history("greedy"))


def test_retries_and_timeout(ws, notebook, project):
    notebook("flaky", "x = 0", "from pathlib import Path\nn = len(list(Path('.').glob('try*')))\nPath(f'try{n}').touch()\nassert n >= 2, f'try {n}'")
    notebook("sleep", *SLEEP)
    (project / "pipeline.yaml").write_text("name: slow\nsteps:\n  a: {notebook: sleep.ipynb}\n")
    ops.schedule("flaky.ipynb", every="1h", retries=2, retry_wait_min=0.02)
    ops.schedule(".", every="1h", timeout_min=0.06)
    ops.schedule("sleep.ipynb", every="1h", timeout_min=0.06)
    assert ops.run_now("flaky")[0] | {"duration_s": 0, "started": 0} == ops.schedule_history("flaky")[0] | {"duration_s": 0, "started": 0}
    row = ops.schedule_history("flaky")[0]
    assert (row["status"], row["attempts"]) == ("done", 3) and len(runs_by_firing(ws)) == 1
    for name in ("slow", "sleep"):
        code, out, _ = opsnb("schedule", "run-now", name)
        assert code == 1 and "timed out" in out and "longer than" in out
    assert not [p for p in psutil.process_iter(["cwd", "cmdline"]) if p.info["cwd"] == str(project) and "ipykernel" in " ".join(p.info["cmdline"] or [])]


def test_a_failed_pipeline_goes_on_where_it_failed(ws, notebook, project):
    notebook("a", "x = 0", "with open('ran.txt', 'a') as f: f.write('a\\n')")
    notebook("b", "x = 0", "import pathlib\np = pathlib.Path('tried')\nif not p.exists(): p.touch(); raise ValueError('once')")
    (project / "pipeline.yaml").write_text("name: night\nsteps:\n  a: {notebook: a.ipynb}\n  b: {notebook: b.ipynb, needs: [a]}\n")
    ops.schedule(".", every="1h", retries=1, retry_wait_min=0.02)
    row = ops.run_now("night")[0]
    assert (row["status"], row["attempts"]) == ("done", 2) and ran(project) == ["a"] and set(runs_by_firing(ws).values()) == {1}


def test_stop_ends_what_runs_and_what_waits(ws, notebook, project, scheduler):
    notebook("sleep", *SLEEP)
    ops.schedule("sleep.ipynb", every="1h")
    scheduler("--concurrency", 1)
    assert until(lambda: leader(ws), 180)
    for _ in range(2): ops.run_now("sleep", follow=False)
    assert until(lambda: "began" in ran(project), 180)
    assert "2 firings of sleep are stopped" in ops.stop_schedule("sleep")
    assert until(lambda: closed(ws, "sleep", 2), 180) and states(ws, "sleep") == ["cancelled", "cancelled"] and ran(project) == ["began"]


# triggers besides time


def test_files_that_change_start_it_once_they_rest(ws, notebook, project, scheduler):
    notebook("tick", *TICK)
    (project / "data").mkdir()
    (project / "data/old.csv").write_text("1")
    ops.schedule("tick.ipynb", on_change=str(project / "data"))
    assert open_schedule(ws, "tick").when.path == "data"
    (project / "data/new.csv").write_text("changed while no scheduler ran")
    process = scheduler()
    assert until(lambda: closed(ws, "tick"), 180)
    end = time.monotonic() + 5
    with open(project / "data/big.csv", "w", buffering=1) as f:
        while time.monotonic() < end: f.write("row\n"), time.sleep(0.2)
        assert len(history(ws, "tick")) == 1  # it is still being written
    assert until(lambda: closed(ws, "tick", 2), 180)
    process.kill()
    process.wait()
    scheduler()
    assert until(lambda: leader(ws), 180)
    time.sleep(6)
    assert states(ws, "tick") == ["done", "done"]


def test_a_run_that_ends_starts_another_whoever_began_it(ws, notebook, project, scheduler):
    notebook("first", "bad: bool = False", "assert not bad")
    notebook("tick", *TICK)
    (project / "pipeline.yaml").write_text("name: up\nparams: {bad: false}\nsteps:\n  a: {notebook: first.ipynb, params: {bad: '${params.bad}'}}\n")
    opsnb("pipeline", "run")  # before the schedule was made: not its business
    ops.schedule("tick.ipynb", "well", after="pipeline.yaml")
    ops.schedule("tick.ipynb", "ill", after="pipeline.yaml", on="failed")
    ops.schedule("tick.ipynb", "then", after="well", on="any")
    opsnb("pipeline", "run", "-p", "bad", "true")  # no scheduler yet
    scheduler()
    assert until(lambda: closed(ws, "ill"), 180) and states(ws, "well") == []
    opsnb("pipeline", "run")
    assert until(lambda: closed(ws, "well") and closed(ws, "then"), 180)
    time.sleep(3)
    assert [states(ws, n) for n in ("well", "ill", "then")] == [["done"]] * 3
    for wrong, says in (({"after": "ghost"}, "Unknown schedule or file"), ({"after": "tick.ipynb"}, "its own file"), ({"name": "well", "after": "then", "replace": True}, "circle: ")):
        with pytest.raises(OpsError, match=says.replace("circle: ", "circle")): ops.schedule("tick.ipynb", **wrong)


def call(url, token=None, body=None, **headers):
    request = urllib.request.Request(url, None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode(), {**({"Authorization": f"Bearer {token}"} if token else {}), **headers}, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=20) as answer: return answer.status, json.load(answer)
    except urllib.error.HTTPError as e: return e.code, json.load(e)


def test_calls_from_outside(ws, notebook, project, scheduler):
    notebook("score", "day: str = ''\nrows: int = 1", "with open('ran.txt', 'a') as f: f.write(f'{day} {rows}\\n')")
    code, out, _ = opsnb("schedule", "add", "score.ipynb", "--webhook", "--allow", "day", "-p", "rows", "5", "--overlap", "queue")
    token, port = re.search(r"token: (hook_\w+)", out)[1], free_port()
    assert code == 0 and token.encode() not in written_below(ws.path)
    url = f"http://127.0.0.1:{port}/hooks/score"
    process = scheduler("--port", port)
    assert until(lambda: "takes calls" in process.said(), 180)
    assert [call(url)[0], call(url, "hook_wrong")[0], call(f"{url}x", token)[0], call(f"http://127.0.0.1:{port}/", token)[0]] == [401, 401, 404, 404]
    assert call(url, token, b"x" * 100_000)[0] == 413 and call(url, token, b"{")[0] == 400
    code, answer = call(url, token, {"rows": 9})
    assert code == 400 and answer["error"]["allowed"] == ["day"]
    assert call(url, token, {"day": 5})[0] == 400
    code, first = call(url, token, {"day": "mon"}, **{"Idempotency-Key": "k1"})
    process.kill()  # at once: what was acknowledged counts
    process.wait()
    assert code == 202
    process = scheduler("--port", port)
    assert until(lambda: "takes calls" in process.said(), 180)
    assert call(url, token, {"day": "mon"}, **{"Idempotency-Key": "k1"})[1]["firing"] == first["firing"]
    assert call(url, body={}, **{"X-Opsnb-Token": token})[0] == 202
    assert until(lambda: closed(ws, "score", 2), 180)
    assert sorted(ran(project)) == [" 5", "mon 5"]
    ops.pause_schedule("score")
    assert until(lambda: call(url, token)[0] == 409, 10)
    assert token.encode() not in written_below(ws.path) and token not in process.said()


# what a user types


def test_the_unit_is_one_that_systemd_takes(ws, project, tmp_path):
    code, out, _ = opsnb("scheduler", "--systemd", "--concurrency", 3)
    assert code == 0 and "KillMode=process" in out and "--wait --concurrency 3" in out and f"OPSNB_HOME={ws.path}" in out
    if not shutil.which("systemd-analyze"): pytest.skip("no systemd here")
    (tmp_path / "opsnb-project.service").write_text(out)
    done = subprocess.run(["systemd-analyze", "verify", "--user", tmp_path / "opsnb-project.service"], capture_output=True, text=True, env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)})
    assert "opsnb-project.service" not in done.stderr, done.stderr


def test_the_command_line_from_end_to_end(ws, notebook, project):
    notebook("report", "day: str = ''\nkey: \"Secret\" = None", "print(day)")
    def data(*args):
        code, out, err = opsnb(*args, "--json")
        assert code == 0, err
        return json.loads(out)
    made = data("schedule", "add", "report.ipynb", "--cron", "0 3 * * *", "--tz", "Europe/Berlin", "-p", "day", "${schedule.date}", "-p", "key", "env:REPORT_KEY")
    assert made["params"] == {"day": "${schedule.date}", "key": "env:REPORT_KEY"} and len(made["next"]) == 3
    code, out, _ = opsnb("schedule", "list")
    assert code == 0 and "at 03:00 every day (Europe/Berlin)" in out and "No scheduler runs here" in out
    assert opsnb("schedule", "pause", "report")[0] == 0 and data("schedule", "list")[0]["state"] == "paused"
    assert opsnb("schedule", "resume", "report")[0] == 0 and data("schedule", "list")[0]["state"] == "waits"
    code, out, err = opsnb("schedule", "run-now", "report")
    assert code == 1 and "REPORT_KEY" in out  # the secret has no value here
    code, out, err = opsnb("schedule", "run-now", "report", env={**os.environ, "REPORT_KEY": "very-secret-key"})
    assert code == 0 and "✓ done" in out
    rows = data("schedule", "history", "report")
    assert [r["status"] for r in rows] == ["done", "failed"] and ops.run(rows[0]["run"]).tags["opsnb.schedule"] == "report"
    assert b"very-secret-key" not in written_below(ws.path)
    assert any(r["check"] == "schedules" and r["state"] == "warn" for r in json.loads(opsnb("doctor", "--json")[1]))
    code, out, _ = opsnb("schedule", "remove", "report")
    assert code == 0 and "its runs stay" in out and data("schedule", "list") == []


@pytest.mark.parametrize("args, says", [
    (["schedule", "add", "nb.ipynb"], "--cron"), (["schedule", "add", "nb.ipynb", "--cron", "99 * * * *"], "Bad minute"), (["schedule", "add", "gone.ipynb", "--every", "1h"], "gone.ipynb"),
    (["schedule", "add", "nb.ipynb", "--every", "1h", "-p", "m", "1"], "allowed: n"), (["schedule", "add", "nb.ipynb", "--every", "1h", "-p", "n", "many"], "wrong value"),
    (["schedule", "add", "nb.ipynb", "--every", "1h", "--notify", "slack:https://hooks.example.org/x"], "is a secret"), (["schedule", "add", "nb.ipynb", "--every", "1h", "--overlap", "maybe"], "skip"),
    (["schedule", "add", "nb.ipynb", "--every", "1h", "--catch-up", "all", "--overlap", "skip"], "overlap queue"), (["schedule", "add", "nb.ipynb", "--webhook", "--allow", "x"], "Unknown parameter"),
    (["schedule", "add", "nb.ipynb", "--every", "1h", "--allow", "n"], "--webhook"), (["schedule", "add", "nb.ipynb", "--every", "1h", "--name", "a b"], "letters"), (["schedule", "show", "x"], "none yet"),
    (["scheduler", "--concurrency", "0"], "1 or more"), (["schedule", "frob"], "run-now"),
])
def test_mistakes_say_what_is_allowed(ws, notebook, args, says):
    notebook("nb", "n: int = 1", "n")
    code, out, err = opsnb(*args)
    assert code == 2 and says in err and "Traceback" not in err, (code, out, err)
    assert not (Path(ws.path) / "schedules").exists() or not list((ws.path / "schedules").glob("*.json"))

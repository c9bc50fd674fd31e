"""What several tests need: commands in new processes, notebooks made of cells, waiting, ending couriers."""
import contextlib
import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest

import opsnb as ops
from opsnb import plug
from opsnb.track.deliver import pending, sync

DATA = Path(os.environ.get("OPSNB_TEST_DATA") or Path(__file__).parents[2] / "shared/data")  # read before the tests' own environment
COURIER = [sys.executable, "-P", "-m", "opsnb.track._courier"]


def end_couriers(folder):
    """End the couriers (and only those) that serve workspaces below `folder`."""
    for p in psutil.process_iter(["pid", "cmdline"]):
        words = p.info["cmdline"] or []
        if "opsnb.track._courier" in words and str(folder) in words[-1]:
            p.kill()
            p.wait(10)


def cells(*sources, kernel="python3", **metadata):
    """A notebook as JSON; the first source is the parameters cell."""
    spec = {"kernelspec": {"name": kernel, "display_name": kernel, "language": "python"}} if kernel else {}
    made = [{"cell_type": "code", "id": f"cell{i}", "source": s, "metadata": {"tags": ["parameters"]} if i == 0 else {}, "outputs": [],
             "execution_count": None} for i, s in enumerate(sources)]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {**spec, **metadata}, "cells": made})


def python(code, **kw):
    """Run Python code in a new process and return what it printed; fails with its errors."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=kw.pop("timeout", 120), **kw)
    assert done.returncode == 0, done.stderr
    return done.stdout


def opsnb(*args, **kw):
    """Run the command line in a new process: `(exit code, stdout, stderr)`."""
    done = subprocess.run([sys.executable, "-m", "opsnb", *map(str, args)], capture_output=True, text=True, timeout=kw.pop("timeout", 180), **kw)
    return done.returncode, done.stdout, done.stderr


def until(condition, timeout_s=30, every_s=0.05):
    """Wait for a condition; its last value."""
    end = time.monotonic() + timeout_s
    while not (value := condition()) and time.monotonic() < end:
        time.sleep(every_s)
    return value


def written_below(folder):
    """All bytes of all files below a folder."""
    return b"".join(p.read_bytes() for p in Path(folder).rglob("*") if p.is_file())


def killed_while_logging(ws, times, seed=3):
    """`times` processes log until each is killed at a random moment, and the courier is killed now and then while it delivers.

    Returns how many points were acknowledged, and how many of them are missing or doubled at MLflow after `sync`.
    """
    client, rng, runs, courier = plug.resolve("opsnb.track.mlflow:open_store")(ws), random.Random(seed), {}, None
    for i in range(times):
        id, acknowledged = _logs_until_killed(f"run{i}", rng.uniform(0.0, 0.03))
        runs[id] = acknowledged
        if courier is None or courier.poll() is not None: courier = subprocess.Popen([*COURIER, ws.path], stderr=subprocess.DEVNULL)
        elif rng.random() < 0.3:
            courier.kill()  # in the middle of whatever it does
            courier.wait()
    courier.kill()
    courier.wait()
    time.sleep(2.1)  # then a killed run is presumed lost
    assert sync(workspace=ws).exit_code == 0 and pending(ws) == []
    made = client.search_runs([e.experiment_id for e in client.search_experiments()], max_results=1000)
    steps = {r.data.tags["opsnb.run_id"]: [m.step for m in client.get_metric_history(r.info.run_id, "loss")] for r in made}
    return {"acknowledged": sum(runs.values()), "lost": sum(len(set(range(n)) - set(steps[run])) for run, n in runs.items()),
            "twice": sum(c - 1 for found in steps.values() for c in Counter(found).values()), "runs at MLflow": len(made)}


def _logs_until_killed(name, after_s):
    """A forked process starts a run and logs; killed `after_s` seconds later: `(run id, points acknowledged)`."""
    out, into = os.pipe()
    if (child := os.fork()) == 0:
        os.close(out)
        run = ops.track(name).start()
        os.write(into, f"{run.id} ".encode())
        for n in range(10**9):
            run.log(loss=float(n))
            os.write(into, b".")  # acknowledged
    os.close(into)
    said = b""
    while b" " not in said: said += os.read(out, 1000)
    time.sleep(after_s)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while part := os.read(out, 1 << 16): said += part
    os.close(out)
    id, _, dots = said.partition(b" ")
    return id.decode(), len(dots)


class Receiver:
    """A real web server that keeps what it is sent: `with Receiver() as r: r.url, r.got`. `codes`: its answers, the last one for ever; `held`: until `go_on` is set."""

    def __init__(self, codes=(200,), port=0, held=False):
        import http.server
        import threading
        go_on = self.go_on = threading.Event()
        if not held: go_on.set()
        got = self.got = []
        answers = list(codes)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                go_on.wait(60)
                got.append((time.time(), self.path, json.loads(body)))
                self.send_response(answers.pop(0) if len(answers) > 1 else answers[0])
                with contextlib.suppress(OSError): self.end_headers()  # a caller that waited long enough

            def log_message(self, *_): pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self): return self
    def __exit__(self, *_): self.server.shutdown(), self.server.server_close()


class Mailbox:
    """A real SMTP server that keeps its mails: `with Mailbox() as m: m.port, m.mails`."""

    def __init__(self):
        import socketserver
        import threading
        mails = self.mails = []

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                self.wfile.write(b"220 mailbox\r\n")
                for line in self.rfile:
                    word = line[:4].upper()
                    if word == b"DATA":
                        self.wfile.write(b"354 go on\r\n")
                        mails.append(b"".join(iter(self.rfile.readline, b".\r\n")).decode())
                    self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 mailbox\r\n")
                    if word == b"QUIT": return

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self): return self
    def __exit__(self, *_): self.server.shutdown(), self.server.server_close()


def trained(project, on):
    """The template train_on_gpus run with a back-end: what it published of the training, and the bytes of its weights."""
    import torch
    folder = project / f"digits_{on}"
    assert opsnb("init", folder, "--template", "train_on_gpus")[0] == 0
    code, out, err = opsnb("pipeline", "run", folder, "-p", "on", on, "-p", "epochs", "3", "-p", "min_accuracy", "0.5", "--json", timeout=280)
    assert code == 0, err + out
    made = {s["step"]: s["values"] for s in json.loads(out)["steps"]}
    weights = torch.load(made["train"]["model"], weights_only=True)
    return made["train"]["loss"], made["judge"]["metrics"], {k: v.tolist() for k, v in weights.items()}


def clock_off(folder, seconds):
    """Environment of a machine whose clock is off: for Python programs, not for the file system."""
    (folder / "clock").mkdir(exist_ok=True)
    (folder / "clock" / "sitecustomize.py").write_text("import os, time\n_time, _ns, off = time.time, time.time_ns, float(os.environ['CLOCK_OFF_S'])\ntime.time, time.time_ns = lambda: _time() + off, lambda: _ns() + int(off * 1e9)\n")
    return {"PYTHONPATH": str(folder / "clock"), "CLOCK_OFF_S": str(seconds)}


CHAIN = """
steps:
  make:   {notebook: make.ipynb, on: ON MORE}
  clean:  {notebook: clean.ipynb, needs: [make], on: ON}
  report: {notebook: clean.ipynb, needs: [clean, make], on: ON, foreach: {n: [1, 2]}}
  sum:    {function: steps.py:total, params: {scores: "${report.n}"}, needs: [make], on: ON}
"""


def chain(notebook, on, more="", steps=4):
    """A pipeline of steps that only wait for each other, the first one for a file `go`; its folder. `more`: words of the first step; `steps`: how many."""
    notebook("make", "n: int = 1", "import os, time\nopen('started', 'a').write('x')\nwhile not os.path.exists('go'): time.sleep(0.05)\nsaid = open('go').read()\nif said == 'once': open('go', 'w').write('go')\nif said != 'go': raise ValueError('no such luck')")
    folder = notebook("clean", "n: int = 1", "import opsnb as ops\nopen('ended', 'a').write(str(n))\nops.publish(n=n)").parent
    (folder / "steps.py").write_text("def total(scores: list): return {'total': sum(scores)}\n")
    (folder / "pipeline.yaml").write_text("\n".join(CHAIN.replace("ON", on).replace(" MORE", more).splitlines()[:2 + steps]))
    return folder


def queued_behind(folder):
    """The chain is in the queue while its first job runs, and goes on without its runner; a resumed pipeline takes what it did."""
    child = subprocess.Popen([sys.executable, "-m", "opsnb", "pipeline", "run"], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert until(lambda: len(ops.jobs()) == 4 and (folder / "started").exists() and {j.shown for j in ops.jobs()} == {"running", "queued"}, 90), ops.jobs()
    assert {j.name: j.shown for j in ops.jobs()} == {"make": "running", "clean": "queued", "report[n=1]": "queued", "report[n=2]": "queued"}
    child.kill()
    child.wait()
    (folder / "go").write_text("go")
    assert until(lambda: [j.shown for j in ops.jobs()] == ["done"] * 4, 120), ops.jobs()
    done = plug.resolve("opsnb.pipeline:resume_pipeline")(next(r["run"] for r in ops.runs().to_dict() if r["name"] == folder.name))
    assert done.values["sum"] == {"total": 3} and len(ops.jobs()) == 5 and sorted((folder / "ended").read_text()) == ["1", "1", "2"]


def data(name):
    """A file of the shared data sets, or a visible skip; `OPSNB_TEST_DATA` says where they are."""
    path = DATA / name
    if not path.exists(): pytest.skip(f"no {name} here: OPSNB_TEST_DATA names the folder of data sets")
    return path


def squad(version="1.1"):
    """`(passages, questions)` of SQuAD's development set."""
    found = json.loads(gzip.open(data(f"squad/squad-dev-{version}.json.gz")).read())
    return found["passages"], found["questions"]

"""The server extension on a large workspace, in a real Jupyter server: starts, pages, events, and what else the server can do meanwhile.

    python tests/bench/run.py lab_server
    python tests/bench/lab_server.py --runs 10000 --jobs 1000
"""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "ui")]

PROBE = '''"""Measures the server's event loop from inside: the longest time it was held up, and what the server's own threads computed in such a time."""
import asyncio, json, time
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join
from tornado.web import authenticated
seen = {"held_s": 0.0, "held_cpu_s": 0.0}
async def look():
    while True:
        before, used = time.perf_counter(), time.process_time()
        await asyncio.sleep(0.002)
        seen["held_s"] = max(seen["held_s"], time.perf_counter() - before - 0.002)
        seen["held_cpu_s"] = max(seen["held_cpu_s"], time.process_time() - used)
class Probe(JupyterHandler):
    auth_resource = "probe"
    @authenticated
    async def get(self):
        self.finish(json.dumps({**seen, "cpu_s": time.process_time()}))
        seen.update(held_s=0.0, held_cpu_s=0.0)
def _jupyter_server_extension_points(): return [{"module": "probe"}]
def _load_jupyter_server_extension(app):
    app.web_app.add_handlers(".*$", [(url_path_join(app.web_app.settings["base_url"], "probe"), Probe)])
    app.io_loop.asyncio_loop.create_task(look())
'''
LOGGER = '''
import json, sys, time
import opsnb as ops
runs = [ops.track(f"live {i}", quiet=True).start() for i in range(20)]
begun, at = time.time(), []
while time.time() < begun + float(sys.argv[1]):
    for r in runs:
        at.append((r.id, time.time()))
        r.log(at=at[-1][1])
    time.sleep(max(0, begun + len(at) / 400 - time.time()))
print(json.dumps(at), flush=True)
sys.stdin.read()
for r in runs: r.finish()
'''


def workspace(folder, runs, jobs):
    """A project with so many ended runs and jobs: real ones, copied under other ids and times."""
    env = {**os.environ, "OPSNB_DELIVERY": "off", "OPSNB_SYSTEM_METRICS_S": "0", "OPSNB_GIT": "0"}
    (folder / "opsnb.toml").touch()
    made = "import opsnb as ops\nwith ops.track('fit 00000', params={'lr': 0.1}, quiet=True) as r:\n    for i in range(20): r.log(loss=1 / (i + 1), acc=i / 20)\nj = ops.submit('true', name='job 0000').wait(show=False)\nprint(r.id, j.id)"
    run, job = subprocess.run([sys.executable, "-c", made], cwd=folder, env=env, check=True, capture_output=True, text=True).stdout.split()
    place, now = folder / ".opsnb", time.time()
    text = next((place / "journal" / run).glob("*.jsonl")).read_text()
    shift = lambda text, s: "\n".join(line if not line else _later(line, s) for line in text.split("\n"))
    for i in range(1, runs):
        id = f"run_{i:012x}"
        (place / "journal" / id).mkdir()
        (place / "journal" / id / "a.jsonl").write_text(shift(text, -60.0 * (runs - i)).replace(run, id).replace("fit 00000", f"fit {i:05d}"))
    files = [(p.name, p.read_text()) for p in (place / "jobs" / job / "records").glob("*.jsonl")]
    spec = (place / "jobs" / job / "spec.json").read_text()
    for i in range(1, jobs):
        id = f"job_{i:012x}"
        (place / "jobs" / id / "records").mkdir(parents=True)
        (place / "jobs" / id / "spec.json").write_text(spec.replace(job, id).replace("job 0000", f"job {i:04d}"))
        for name, text in files: (place / "jobs" / id / "records" / name).write_text(text.replace(job, id))
    return time.time() - now


def _later(line, seconds):
    head, _, rest = line.partition('"ts":')
    ts, _, rest = rest.partition(",")
    return f'{head}"ts":{float(ts) + seconds:.6f},{rest}'


class Server:
    """A lab with the probe, and an ear at its events."""

    def __init__(self, folder):
        from lab import lab
        home = Path(tempfile.mkdtemp(prefix="home", dir=folder.parent))
        (home / "config").mkdir()
        (home / "config/jupyter_server_config.json").write_text(json.dumps({"ServerApp": {"jpserver_extensions": {"probe": True}}}))
        (home / "probe.py").write_text(PROBE)
        os.environ["PYTHONPATH"] = str(home)
        self.lab, self.events, self.log = lab(folder, home), [], home / "lab.log"

    def __enter__(self):
        import websocket
        self.url, self.token = self.lab.__enter__()
        self.socket = websocket.create_connection(f"{self.url.replace('http', 'ws', 1)}/api/events/subscribe?token={self.token}")
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *error):
        self.socket.close()
        self.lab.__exit__(*error)

    def _listen(self):
        try:
            while True:
                event = json.loads(self.socket.recv())
                if "opsnb" in event["schema_id"]: self.events.append((time.time(), event))
        except Exception: return  # the connection was closed

    def get(self, path):
        begun = time.perf_counter()
        with urllib.request.urlopen(urllib.request.Request(self.url + path, headers={"Authorization": f"token {self.token}"}), timeout=120) as r: value = json.loads(r.read())  # noqa: S310 - our own
        return time.perf_counter() - begun, value

    def probe(self): return self.get("/probe")[1]

    def idle(self, seconds):
        """CPU seconds a second while nobody asks."""
        before = self.probe()["cpu_s"]
        time.sleep(seconds)
        return (self.probe()["cpu_s"] - before) / seconds

    def whole(self):
        """Wait until all is read: seconds, and the longest time that the event loop was held up."""
        begun = time.perf_counter()
        while (page := self.get("/opsnb/api/view/runs?most=1")[1])["reading"] or not page["total"]: time.sleep(0.05)
        return time.perf_counter() - begun


def measured(runs=10_000, jobs=1_000, seconds=20):
    folder = Path(tempfile.mkdtemp(prefix="lab-")) / "project"
    folder.mkdir()
    workspace(folder, runs, jobs)
    ms, out = lambda s: f"{s * 1000:,.0f} ms", []
    held = lambda p: f"{ms(p['held_s'])}, of which our own threads computed {ms(p['held_cpu_s'])}"  # the rest is other programs' of a busy machine
    for start in ("cold", "warm"):
        with Server(folder) as server:
            time.sleep(3)
            quiet = server.idle(seconds)
            first, page = server.get("/opsnb/api/view/runs?most=200")
            out.append([f"first page, {start}", ms(first), f"{page['total']:,} of {runs:,} runs known then"])
            whole = first + server.whole()
            out.append([f"all is read, {start}", ms(whole), f"event loop held up at most {held(server.probe())}"])
            for what, path in {"a page, again": "runs?most=200", "a page at the end": f"runs?most=200&offset={runs - 200}", "a search": "runs?most=200&search=09", "jobs": "jobs?most=200"}.items() if start == "warm" else ():
                out.append([what, ms(statistics.median(server.get(f"/opsnb/api/view/{path}")[0] for _ in range(9))), "median of 9"])
            time.sleep(4)  # what was read is written to the cache
            if start == "warm": out += _live(server, folder, seconds, ms, quiet, held)
    return ["what", "time", ""], out


def _live(server, folder, seconds, ms, quiet, held):
    idle = server.idle(seconds) - quiet
    env = {**os.environ, "OPSNB_DELIVERY": "off", "OPSNB_SYSTEM_METRICS_S": "0", "OPSNB_GIT": "0"}
    before = server.probe()["cpu_s"]
    process = subprocess.Popen([sys.executable, "-c", LOGGER, str(seconds)], cwd=folder, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    logged = json.loads(process.stdout.readline())
    time.sleep(1)
    probed = server.probe()
    busy = (probed["cpu_s"] - before) / seconds
    process.communicate("")
    heard = {}
    for at, event in server.events:
        for row in event["runs"]:
            if "at" in row["metrics"]: heard.setdefault(row["run"], []).append((row["metrics"]["at"], at))
    late = []
    for run, value in logged:
        when = next((at for v, at in heard.get(run, []) if v >= value), None)
        late.append(float("inf") if when is None else when - value)
    late.sort()
    return [["change to event, median", ms(statistics.median(late)), f"{len(late):,} metrics of 20 runs, {seconds} s"], ["change to event, 95 %", ms(late[int(len(late) * 0.95)]), f"none lost; the longest {ms(late[-1])}"],
            ["event loop held up meanwhile", ms(probed["held_s"]), f"at most; {held(probed).partition(', ')[2]}"], ["CPU while 20 runs log", f"{busy:.1%}", "of one core, the whole server"], ["CPU of the watch while nothing happens", f"{idle:.1%}", f"of one core, with a lab that listens; beside {quiet:.1%} of the server without a watch, with our probe"]]


def lab_server(options):
    """The lab's server with 10,000 runs and 1,000 jobs."""
    header, rows = measured()
    return header, rows, ["Targets: first page 300 ms with the cache, change to event 150 ms (median), event loop never held up more than 100 ms, idle watch 2 % of one core."]


if __name__ == "__main__":
    import argparse
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, n in (("runs", 10_000), ("jobs", 1_000), ("seconds", 20)): parser.add_argument(f"--{name}", type=int, default=n)
    for row in measured(**vars(parser.parse_args()))[1]: print(" | ".join(row))

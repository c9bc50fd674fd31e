"""The server extension in a real Jupyter server: who may ask, what is refused, what is confined, what faults look like."""
import http.client
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest

import opsnb as ops
from opsnb.server import _files
from opsnb.server.arguments import arguments, verb
from opsnb.view import VIEWS
from opsnb.view.board import Board
from opsnb.verbs import VERBS
from opsnb.workspace import Workspace, free_port
from support import cells, end_couriers, until

TOKEN = "s3cret-of-the-test"  # noqa: S105


class Server:
    """A Jupyter server under a hub's base URL; `ask` gives `(status, headers, body)`."""

    def __init__(self, root, home, **env):
        self.root, self.home, self.port = root, home, free_port()
        folders = {f"JUPYTER_{k}_DIR": str(home / k.lower()) for k in ("CONFIG", "DATA", "RUNTIME")}
        command = [sys.executable, "-m", "jupyter_server", "--no-browser", "--ip=127.0.0.1", f"--port={self.port}", "--ServerApp.port_retries=0", "--allow-root",
                   f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={root}", "--ServerApp.base_url=/user/x/", "--ServerApp.allow_unauthenticated_access=False",
                   '--ServerApp.jpserver_extensions={"opsnb.server": True}']
        self.log = home / "server.log"
        self.process = subprocess.Popen(command, env={**os.environ, **folders, "IPYTHONDIR": str(home / "ipython"), **env}, cwd=home, stdout=open(self.log, "w"), stderr=subprocess.STDOUT)
        assert until(lambda: self.process.poll() is None and self.answers(), 60), self.log.read_text()[-3000:]

    def answers(self):
        try: return self.ask("")[0] == 200
        except OSError: return False

    def ask(self, path, body=None, token=TOKEN, method=None, base="/user/x/opsnb/api", headers=(), raw=None):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        c.request(method or ("GET" if data is None else "POST"), base + path, data, {**({"Authorization": f"token {token}"} if token else {}), **dict(headers)})
        r = c.getresponse()
        found = r.status, r.headers, r.read()
        c.close()
        return found

    def get(self, path, **query):
        """The value of a request that is answered."""
        status, _, data = self.ask(f"{path}?{urllib.parse.urlencode(query, doseq=True)}" if query else path)
        assert status == 200, (status, data)
        return json.loads(data)

    def post(self, path, **body):
        status, _, data = self.ask(path, body)
        assert status == 200, (status, data)
        return json.loads(data)

    def refused(self, path, body=None, status=400, **kw):
        """What a request that is refused is told."""
        found, _, data = self.ask(path, body, **kw)
        told = json.loads(data)
        assert found == status and set(told) == {"what", "given", "allowed", "hint"}, (found, data)
        return told

    def stop(self):
        self.process.terminate()
        try: self.process.wait(20)
        except subprocess.TimeoutExpired: self.process.kill()


def project_in(folder):
    for name in ("home", "project", "outside"): (folder / name).mkdir()
    (folder / "project/opsnb.toml").touch()
    return folder / "project"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return project_in(tmp_path_factory.mktemp("lab"))


@pytest.fixture(scope="module")
def server(place):
    quiet = {"OPSNB_SYSTEM_METRICS_S": "0", "OPSNB_GIT": "0", "OPSNB_PROVENANCE": "0", "OPSNB_DELIVERY": "off", "OPSNB_SLOTS": str(place.parent / "slots")}
    server = Server(place, place.parent / "home", **quiet)
    yield server
    server.stop()
    end_couriers(place.parent)


@pytest.fixture
def made(server, place, monkeypatch):
    """A run with files in the server's project."""
    monkeypatch.chdir(place)
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    with ops.track("fit", quiet=True) as run:
        run.log(loss=0.5)
        run.text("<script>document.title = 'run'</script>", "page.html")
        run.text("0123456789", "notes.txt")
    return run


# --- who may ask

def paths():
    """One address of each route."""
    return [("GET", ""), ("GET", "/openapi.json"), *(("GET", f"/view/{v.name}") for v in VIEWS), *(("GET" if v.rest == "read" else "POST", f"/{v.name}") for v in VERBS if v.rest),
            ("GET", "/log/job_x"), ("GET", "/files/run_x/a.txt"), ("HEAD", "/files/run_x/a.txt"), ("GET", "/no/such"), ("POST", "/no/such")]


def test_without_a_token_no_route_answers(server):
    for method, path in paths():
        status, headers, data = server.ask(path, token=None, method=method, raw=b"{}" if method == "POST" else None)
        assert status in (302, 403) and b"opsnb/" not in data, (method, path, status)
        assert server.ask(path, token="wrong", method=method, raw=b"{}" if method == "POST" else None)[0] in (302, 403), path


def test_every_route_asks_whether_one_may(server):
    from jupyter_server.auth.decorator import authorized  # noqa: F401 - the handlers are made with it
    from opsnb.server import _handlers
    for _, handler in _handlers.routes(lambda *parts: "/".join(parts)):
        assert handler.auth_resource == "opsnb", handler
        own = [getattr(handler, m) for m in ("get", "post", "head", "put", "patch", "delete") if m in vars(handler)]
        assert own and all(getattr(f, "__wrapped__", None) for f in own), handler


def test_an_authoriser_that_says_no_is_obeyed(tmp_path):
    project = project_in(tmp_path)
    (tmp_path / "home/only_read.py").write_text("from jupyter_server.auth import Authorizer\n\nclass OnlyRead(Authorizer):\n    def is_authorized(self, handler, user, action, resource): return resource != 'opsnb' or action == 'read'\n")
    (tmp_path / "home/config").mkdir()
    (tmp_path / "home/config/jupyter_server_config.json").write_text(json.dumps({"ServerApp": {"authorizer_class": "only_read.OnlyRead"}}))
    server = Server(project, tmp_path / "home", PYTHONPATH=str(tmp_path / "home"), OPSNB_DELIVERY="off")
    try:
        assert server.get("/view/runs")["total"] == 0
        assert server.ask("/submit", {"work": "true"})[0] == 403 and not (project / ".opsnb").exists()
    finally: server.stop()


def test_a_cookie_alone_cannot_act_and_with_the_token_of_its_page_can(server):
    cookies = {}
    for page in ("login", f"login?token={TOKEN}"):  # the form, which has a token of its own against foreign pages; then in
        c = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        c.request("GET", f"/user/x/{page}", headers={"Cookie": "; ".join(f"{k}={v}" for k, v in cookies.items())})
        r = c.getresponse()
        r.read()
        cookies |= dict(v.split(";")[0].split("=", 1) for k, v in r.getheaders() if k.lower() == "set-cookie")
    jar = {"Cookie": "; ".join(f"{k}={v}" for k, v in cookies.items())}
    assert server.ask("/view/runs", token=None, headers={**jar, "Referer": f"http://127.0.0.1:{server.port}/user/x/lab"})[0] == 200
    assert server.ask("/sync", {}, token=None, headers=jar)[0] == 403
    xsrf = {"X-XSRFToken": cookies["_xsrf"], "Origin": f"http://127.0.0.1:{server.port}"}
    assert server.ask("/sync", {}, token=None, headers={**jar, **xsrf})[0] == 200
    assert server.ask("/sync", {}, token=None, headers={**jar, **xsrf, "Origin": "http://evil.example"})[0] in (403, 404)


def test_the_document_is_what_answers(server):
    doc = server.get("/openapi.json")
    for path, kinds in doc["paths"].items():
        for method in kinds:
            status, _, data = server.ask(path.replace("{id}", "job_x").replace("{run}", "run_x").replace("{path}", "x"), method=method.upper(), raw=b'{"no_such_argument": 1}' if method == "post" else None)
            assert status in (200, 400, 404, 503) and b"There is no such address" not in data and b"Unknown v" not in data, (path, status, data)
    from opsnb.server import _handlers
    known = {f"/{'/'.join(parts)}" for parts in (p.strip("/").split("/") for p in doc["paths"])} | {"/"}
    for pattern, handler in _handlers.routes(lambda *parts: "/" + "/".join(parts)):
        shape = pattern.replace("([a-z_]+)", "runs").replace("log/([^/]+)", "log/{id}").replace("files/([^/]+)/(.+)", "files/{run}/{path}")
        assert handler is _handlers.Nothing or shape in known, pattern


def test_answers_have_the_shape_that_the_document_says(server, place):
    (place / "shapes").mkdir()
    (place / "shapes/opsnb.toml").touch()
    (place / "shapes/a.ipynb").write_text(cells("n = 1", "print(n)"))
    (place / "shapes/pipeline.yaml").write_text("name: p\nsteps:\n  a: {notebook: a.ipynb}\n")
    (place / "shapes/a.md").write_text("# A\n\nOne sentence.\n")
    doc, kinds = server.get("/openapi.json"), {"array": list, "object": dict, "string": str}
    asked = [("runs", {}), ("templates", {}), ("kernels", {}), ("doctor", {}), ("config", {}), ("jobs", {}), ("backends", {}), ("slurm_status", {}), ("schedules", {}), ("indexes", {}), ("plan_pipeline", {"file": "pipeline.yaml"}),
             ("schedule", {"file": "pipeline.yaml", "cron": "0 3 * * *", "name": "x"}), ("show_schedule", {"name": "x"}), ("schedule_history", {"name": "x"}), ("pause_schedule", {"name": "x"}), ("resume_schedule", {"name": "x"}),
             ("stop_schedule", {"name": "x"}), ("remove_schedule", {"name": "x"}), ("recover", {}), ("prune", {}), ("sync", {}), ("export_pipeline", {"file": "pipeline.yaml", "to": "cron", "schedule": "@daily"})]
    for name, given in asked:
        method, operation = next(iter(doc["paths"][f"/{name}"].items()))
        value = server.get(f"/{name}", workspace="shapes", **given) if method == "get" else server.post(f"/{name}", workspace="shapes", **given)
        said = operation["responses"]["200"]["content"]["application/json"]["schema"]
        if "$ref" in said: assert set(value) == set(doc["components"]["schemas"]["JobRow"]["properties"]), name
        else: assert isinstance(value, kinds[said["type"]]), (name, value)


# --- what is refused

def test_what_is_wrong_says_what_is_right(server):
    assert "Unknown verb" in server.refused("/no_such")["what"] and "Unknown view" in server.refused("/view/no_such")["what"]
    told = server.refused("/runs?mst=3")
    assert told["hint"] == "did you mean 'most'?" and "most" in told["allowed"]
    assert server.refused("/runs?most=many")["allowed"] == "a whole number"
    assert server.refused("/view/runs?most=-1")["allowed"] == "0 to 2000" and "status" in server.refused("/view/runs?status=odd")["what"]
    assert "asked by POST" in server.refused("/cancel?job=x")["what"] and "asked by GET" in server.refused("/runs", {})["what"]
    assert "not JSON" in server.refused("/cancel", raw=b"{job")["what"] and "JSON object" in server.refused("/cancel", raw=b"[1]")["what"]
    assert server.refused("/cancel", raw=b"[" * 100_000)["what"] and server.refused("/cancel", {"workspace": 3, "job": "x"})["given"] == "int"
    assert "too large" in server.refused("/cancel", {"job": "x" * 2_100_000})["what"]
    assert "needs 'job'" in server.refused("/cancel", {})["what"] and "NUL" in server.refused("/cancel", {"job": "a\0"})["what"]
    assert len(json.dumps(server.refused("/cancel", {"job": "x" * 10_000}))) < 25_000


def test_what_only_python_or_a_terminal_says_cannot_be_reached(server):
    for name in ("submit", "run_pipeline", "jobs", "logs", "run_notebook", "ask"):
        known = set(arguments(verb(name)))
        assert not known & {"text", "check", "parent", "watch", "follow", "stream", "workspace"}, name
    assert "watch" not in server.refused("/jobs?watch=true")["allowed"]
    for name in ("ui", "launch", "scheduler", "start_slurm", "install_kernel", "track"): assert "Unknown verb" in server.refused(f"/{name}")["what"]


def test_no_path_leaves_the_root(server, place):
    (place / "away").symlink_to(place.parent / "outside")
    (place.parent / "outside/secret.txt").write_text("not for you")
    for path in ("../outside", str(place.parent / "outside"), "away", "/etc", "a/../../outside", "%2e%2e/outside"):
        for told in (server.refused("/view/runs?" + urllib.parse.urlencode({"workspace": path})), server.refused("/sync", {"workspace": path})):
            assert "outside" in told["what"] or "no such folder" in told["what"], path
    for path in ("away/secret.txt", "/etc/passwd", "../outside/secret.txt"): assert "outside" in server.refused("/view/parameters?" + urllib.parse.urlencode({"file": path}))["what"]
    for name, body in {"chunks": {"what": "away/secret.txt"}, "plan_pipeline": {"file": "../pipeline.yaml"}}.items():
        assert "outside" in server.refused(f"/{name}?{urllib.parse.urlencode(body)}")["what"]
    for name, body in {"init": {"folder": "../outside/x"}, "build_index": {"sources": ["file:///etc/passwd"]}, "run_notebook": {"notebook": "away/a.ipynb"}, "submit": {"work": "/etc/init.py"},
                       "sync": {"folder": "/etc"}, "run_pipeline": {"file": "~/../../etc/pipeline.yaml", "out": "../x"}}.items():
        assert "outside" in server.refused(f"/{name}", body)["what"], name
    assert server.refused("/view/runs?workspace=" + "x" * 10_000)["what"]
    assert list((place.parent / "outside").iterdir()) == [place.parent / "outside/secret.txt"]


def test_looking_makes_nothing(server, place):
    (place / "fresh").mkdir()
    (place / "fresh/opsnb.toml").touch()
    for path in ("/view/runs", "/view/jobs", "/jobs", "/schedules", "/indexes", "/backends", "/runs", "/doctor", "/config", ""): server.get(path, workspace="fresh")
    server.refused("/run?id=run_x&workspace=fresh")
    server.refused("/report?id=latest&workspace=fresh")
    assert [p.name for p in (place / "fresh").iterdir()] == ["opsnb.toml"]


# --- files and logs

def test_a_file_of_a_run_cannot_run_as_part_of_the_lab(server, made):
    status, headers, data = server.ask(f"/files/{made.id}/page.html")
    assert status == 200 and data.startswith(b"<script>")
    assert "sandbox" in headers["Content-Security-Policy"] and "allow-" not in headers["Content-Security-Policy"] and headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Disposition"].startswith("inline") and server.ask(f"/files/{made.id}/page.html?download=1")[1]["Content-Disposition"].startswith("attachment")
    status, headers, data = server.ask(f"/files/{made.id}/notes.txt", headers={"Range": "bytes=2-4"})
    assert (status, data, headers["Content-Range"]) == (206, b"234", "bytes 2-4/10")
    status, headers, data = server.ask(f"/files/{made.id}/notes.txt", method="HEAD")
    assert (status, data, headers["Content-Length"]) == (200, b"", "10")
    for path in (f"{made.id}/..%2f..%2f..%2fopsnb.toml", f"{made.id}/../x", "..%2fx/y", f"{made.id}/%00", f"{made.id}/none.txt", "run_x/a", f"{made.id}/" + "n" * 10_000):
        assert server.ask(f"/files/{path}")[0] in (400, 404), path


def job_with_log(place, monkeypatch, text="x"):
    monkeypatch.chdir(place)
    monkeypatch.setenv("OPSNB_SLOTS", str(place.parent / "slots"))
    job = ops.submit(["echo", text], workspace=Workspace.find(place)).wait(show=False)
    return job, job.folder.log


def test_a_log_is_read_in_parts(server, place, monkeypatch):
    job, log = job_with_log(place, monkeypatch)
    text = "".join(f"Zeile {i}: ä€😀\n" for i in range(5000))
    log.write_text(text)
    at, got, part = 0, "", {"total": 1}
    while at < part["total"]:
        part = server.get(f"/log/{job.id}", **{"from": at, "most": 997})
        assert part["start"] == at and part["end"] > at and part["over"]
        at, got = part["end"], got + part["text"]
    assert got == text
    end = server.get(f"/log/{job.id}", **{"from": -10})
    assert end["text"] == text.encode()[-10:].decode(errors="ignore") and end["end"] == end["total"] == len(text.encode())
    status, headers, data = server.ask(f"/log/{job.id}", headers={"Range": "bytes=0-12"})
    assert status == 206 and data.decode() == "Zeile 0: ä" and headers["Content-Range"] == f"bytes 0-10/{len(text.encode())}"
    for path in ("job_none", "..", "run_none", f"{job.id}?from=x", f"{job.id}?most=0", f"{job.id}?rank=7", f"{job.id}?odd=1"): server.refused(f"/log/{path}")
    log.with_suffix(".gap").write_text("1234")
    log.with_suffix(".tail").write_text("the end\n")
    whole = server.get(f"/log/{job.id}", **{"from": -100})["text"]
    assert "1,234 bytes are left out here" in whole and whole.endswith("the end\n")


def test_a_log_of_two_gigabytes_costs_what_is_shown(place, monkeypatch):
    import resource
    job, log = job_with_log(place, monkeypatch)
    with open(log, "ab") as f:
        f.truncate(2_000_000_000)
        f.seek(0, 2)
        f.write("das Ende ä\n".encode())
    before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    part = _files.log_part(Board(Workspace.find(place)), job.id, {"from": "-1000"})
    assert part.text.endswith("das Ende ä\n") and part.total > 2_000_000_000
    assert time.process_time() - begun < 1 and resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000
    os.truncate(log, 10)


# --- doing

def test_a_verb_that_takes_long_is_a_job_with_a_log_and_an_end(server, place):
    (place / "hello.ipynb").write_text(cells("n = 1", "print('hello', n)"))
    row = server.post("/run_notebook", notebook="hello.ipynb", params={"n": 3})
    assert row["name"] == "run hello.ipynb" and row["status"] == "queued"
    state = lambda: next(r for r in server.get("/view/jobs")["rows"] if r["job"] == row["job"])["status"]
    assert until(lambda: state() not in ("queued", "running"), 90) and state() == "done", server.get(f"/log/{row['job']}")
    runs = server.get("/view/runs", open=row["run"])["rows"]
    assert [(r["type"], r["depth"], r["parent"]) for r in runs if row["run"] in (r["run"], r["parent"])] == [("notebook", 0, row["run"])]  # in place of the job's own
    note = next(r for r in runs if r["parent"] == row["run"])
    assert until(lambda: "hello 3" in server.get(f"/log/{note['run']}")["text"], 10)
    long = server.post("/submit", work="sleep", args=["60"])
    assert server.post("/cancel", job=long["job"])["job"] == long["job"]
    assert until(lambda: next(r for r in server.get("/view/jobs")["rows"] if r["job"] == long["job"])["status"] == "cancelled", 60)


def test_files_that_are_malformed_are_the_askers_matter(server, place):
    (place / "bad").mkdir(exist_ok=True)
    (place / "bad/pipeline.yaml").write_text("steps: [")
    (place / "bad/bad.ipynb").write_text("{")
    assert server.refused("/plan_pipeline?file=bad/pipeline.yaml")["what"]
    assert server.refused("/submit", {"work": "bad/bad.ipynb"})["what"]
    assert server.refused("/plan_pipeline?file=none.yaml")["what"]


# --- events

class Ear:
    """Listens to the server's events: `heard` holds those of ours."""
    def __init__(self, server):
        import threading
        import websocket
        self.socket, self.heard = websocket.create_connection(f"ws://127.0.0.1:{server.port}/user/x/api/events/subscribe?token={TOKEN}"), []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        try:
            while True:
                event = json.loads(self.socket.recv())
                if event["schema_id"] == "https://opsnb.github.io/events/changed/v1": self.heard.append(event)
        except Exception: return  # closed


def test_what_changes_is_told_to_all_who_listen(server, place, monkeypatch):
    (place / "told").mkdir()
    (place / "told/opsnb.toml").touch()
    monkeypatch.chdir(place / "told")
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    first, second = Ear(server), Ear(server)
    assert server.get("/view/runs", workspace="told")["seq"] == 0
    mine = lambda ear: [e for e in ear.heard if e["workspace"] == str(place / "told/.opsnb")]
    with ops.track("fit", quiet=True) as run:
        run.log(loss=0.5)
        assert until(lambda: any(r["metrics"] == {"loss": 0.5} for e in mine(first) for r in e["runs"]))
        with ops.track("<img src=x onerror=alert(1)>\u202e" + "n" * 10_000, quiet=True): pass
    assert until(lambda: any(r["run"] == run.id and r["status"] == "done" and r["children"] == 1 for e in mine(first) for r in e["runs"]))
    assert until(lambda: mine(first) == mine(second), 5) and [e["seq"] for e in mine(first)] == list(range(1, len(mine(first)) + 1))
    assert server.get("/view/runs", workspace="told")["seq"] == mine(first)[-1]["seq"]
    killed = subprocess.run([sys.executable, "-c", "import os, opsnb as ops; r = ops.track('killed').start(); print(r.id, flush=True); os.kill(os.getpid(), 9)"], capture_output=True, text=True, cwd=place / "told").stdout.split()[0]
    assert until(lambda: any(r["run"] == killed and r["status"] == "lost" for e in mine(first) for r in e["runs"]), 30)
    shutil.rmtree(place / "told/.opsnb/journal" / run.id)
    assert until(lambda: mine(first)[-1]["all"] and server.get("/view/runs", workspace="told", search="fit")["total"] == 0)
    for ear in (first, second): ear.socket.close()


def test_many_runs_are_not_told_one_by_one_and_a_cache_may_be_anything(place, monkeypatch):
    from opsnb.view.board import Board, runs
    (place / "many").mkdir()
    monkeypatch.chdir(place / "many")
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    ws = Workspace.open(place / "many/.opsnb")
    with ops.track("fit", quiet=True) as run: run.log(loss=1.0)
    text = next((ws.journal / run.id).glob("*.jsonl")).read_text()
    for i in range(300):
        (ws.journal / f"run_{i:012x}").mkdir()
        (ws.journal / f"run_{i:012x}/a.jsonl").write_text(text.replace(run.id, f"run_{i:012x}"))
    board = Board(ws)
    changed = board.poll()
    assert changed.all and not changed.runs and runs(board).total == 301 and not board.poll()
    cache = ws.path / "cache/board.sqlite"
    cache.parent.mkdir(exist_ok=True)
    for damage in (b"", b"not a database at all" * 100, None):
        if damage is not None: cache.write_bytes(damage)
        else:
            db = sqlite3.connect(cache)
            db.execute("UPDATE made SET version = 'of another opsnb'")
            db.execute("UPDATE runs SET row = '[1, 2]'")
            db.commit()
            db.close()
        later = Board(ws)
        assert runs(later).total == 301 and runs(later, search=run.id).rows[0].metrics == {"loss": 1.0}
        for r in later.runs.work.values(): r.ended -= 10
        time.sleep(0.1)
        later.look()
        later.runs.cache.save(later.runs, every_s=0)
        assert cache.read_bytes()[:6] == b"SQLite"


def test_folders_that_somebody_passed_by_are_not_watched_for_ever(tmp_path, monkeypatch):
    from types import SimpleNamespace
    from jupyter_events import EventLogger
    from opsnb.server._boards import EVENT, FORGET_S, Boards
    for name in ("a", "b", "kept"): (tmp_path / name).mkdir()
    Workspace.open(tmp_path / "kept/.opsnb")
    logger = EventLogger()
    logger.register_event_schema(EVENT)
    boards = Boards(SimpleNamespace(root_dir=str(tmp_path), event_logger=logger), None)
    for name in ("a", "b", "kept"): boards.of(name).asked -= FORGET_S + 1
    boards.heard(boards.workspace("b"))
    for board in list(boards.made.values()): boards.look(board)
    assert [p.parent.name for p in boards.made] == ["b", "kept"]
    assert not boards.watched(SimpleNamespace(asked=time.monotonic() - 1000))
    async def listener(logger, schema_id, data): pass
    logger.add_listener(listener=listener)  # as Jupyter's websocket does
    assert boards.watched(SimpleNamespace(asked=time.monotonic() - 1000))


def test_jobs_that_a_reboot_cut_off_start_again_with_the_server(tmp_path, monkeypatch):
    import psutil
    project = project_in(tmp_path)
    monkeypatch.chdir(project)
    monkeypatch.setenv("OPSNB_SLOTS", str(tmp_path / "slots"))
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    job = ops.submit(["sleep", "600"])
    assert until(lambda: job.status == "running")
    alike = [p for p in psutil.process_iter(["cmdline"]) if str(project) in " ".join(p.info["cmdline"] or []) and "opsnb.jobs._supervisor" in p.info["cmdline"]]
    for p in [*alike, psutil.Process(job.state.pid), *psutil.Process(job.state.pid).children(recursive=True)]:
        if p.is_running(): p.kill()
    assert until(lambda: job.status == "lost", 60)
    server = Server(project, tmp_path / "home", OPSNB_SLOTS=str(tmp_path / "slots"), OPSNB_DELIVERY="off")
    try:
        assert until(lambda: job.status == "running" and job.state.round == 2, 60) and job.id in server.log.read_text()
        server.post("/cancel", job=job.id)
        assert until(lambda: job.status == "cancelled", 60)
    finally: server.stop()


# --- secrets

def test_secrets_do_not_reach_an_answer(server, place):
    told = server.refused("/submit", {"work": "echo", "args": ["--api-key", "sk-12345678"]})
    assert "sk-12345678" not in json.dumps(told) and "API_KEY" in told["hint"]
    (place / "with").mkdir(exist_ok=True)
    (place / "with/opsnb.toml").write_text('tracking_uri = "http://me:hunter2hunter2@127.0.0.1:9"\n')
    assert "hunter2hunter2" not in json.dumps(server.get("/config", workspace="with"))
    assert b"hunter2hunter2" not in server.ask("/run?id=run_x&workspace=with")[2]


# --- faults

def test_a_workspace_that_is_removed_says_so_and_comes_back(server, place, monkeypatch):
    (place / "moved").mkdir()
    monkeypatch.chdir(place / "moved")
    ws = Workspace.open(place / "moved/.opsnb")
    with ops.track("fit", quiet=True): pass
    assert server.get("/view/runs", workspace="moved")["total"] == 1
    ws.path.rename(place / "moved/elsewhere")
    (place / "moved/opsnb.toml").touch()
    assert until(lambda: server.ask("/view/runs?workspace=moved")[0] == 503, 10) and "gone" in server.refused("/view/runs?workspace=moved", status=503)["what"]
    server.refused("/view/jobs?workspace=moved", status=503)
    (place / "moved/elsewhere").rename(ws.path)
    assert until(lambda: server.ask("/view/runs?workspace=moved")[0] == 200, 10) and server.get("/view/runs", workspace="moved")["total"] == 1
    shutil.rmtree(ws.path)
    assert until(lambda: server.ask("/view/runs?workspace=moved")[0] == 503, 10)


def test_mlflows_database_of_another_version_or_locked(server, place, monkeypatch):
    pytest.importorskip("mlflow")
    (place / "base").mkdir()
    (place / "base/opsnb.toml").touch()
    monkeypatch.chdir(place / "base")
    ws = Workspace.find()
    with ops.track("fit", quiet=True): pass
    from opsnb.track.deliver import sync
    sync(workspace=ws)
    assert [r["name"] for r in server.get("/runs", workspace="base")] == ["fit"]
    lock = sqlite3.connect(ws.database, isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    begun = time.monotonic()
    assert "locked" in json.dumps(server.refused("/run?id=run_elsewhere&workspace=base", status=503)) and time.monotonic() - begun < 35
    assert server.get("/view/runs", workspace="base")["total"] == 1  # does not wait for it
    lock.execute("ROLLBACK")
    lock.execute("UPDATE alembic_version SET version_num = 'ffffffffffff'")
    lock.close()
    again = Server(place, place.parent / "home", OPSNB_DELIVERY="off")  # the first one has the database open
    try: assert "ffffffffffff" in json.dumps(again.refused("/run?id=run_elsewhere&workspace=base", status=503))
    finally: again.stop()


def test_what_nobody_expected_is_told_by_a_number_that_is_in_the_log(server, place):
    (place / "odd").mkdir()
    (place / "odd/opsnb.toml").touch()
    (place / "odd/.opsnb/journal").mkdir(parents=True)
    (place / "odd/.opsnb/workspace.json").write_text('{"version": "one"}')
    told = server.refused("/jobs?workspace=odd", status=500)
    assert told["given"] in server.log.read_text() and "Traceback" in server.log.read_text() and "Traceback" not in json.dumps(told)


def test_doctor_says_whether_the_lab_has_us(server, place, tmp_path):
    rows = {r["check"]: r for r in server.get("/doctor")}
    assert rows["server extension"]["state"] == "ok" or "next" in rows["server extension"]
    (tmp_path / "labconfig").mkdir()
    (tmp_path / "labconfig/page_config.json").write_text('{"disabledExtensions": {"@opsnb/labextension": true}}')
    (tmp_path / "jupyter_server_config.json").write_text('{"ServerApp": {"jpserver_extensions": {"opsnb.server": false}}}')
    where = tmp_path / "share/labextensions/@opsnb/labextension"
    where.mkdir(parents=True)
    (where / "package.json").write_text('{"version": "0.0.1"}')
    ask = lambda **env: {r["check"]: r for r in json.loads(subprocess.run([sys.executable, "-m", "opsnb", "doctor", "--json"], cwd=place, env={**os.environ, **env}, capture_output=True, text=True).stdout)}
    off = ask(JUPYTER_PREFER_ENV_PATH="0", JUPYTER_CONFIG_DIR=str(tmp_path), JUPYTER_PATH=str(tmp_path / "share"))
    assert "disabled" in off["lab extension"]["found"] and "enable" in off["lab extension"]["next"] and off["server extension"]["found"] == "disabled"
    old = ask(JUPYTER_PATH=str(tmp_path / "share"))
    assert old["lab extension"]["state"] == "fail" and "0.0.1" in old["lab extension"]["found"] and "reload" in old["lab extension"]["next"]

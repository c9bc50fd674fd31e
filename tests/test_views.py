"""Views of runs, jobs and the machine, as the lab asks for them: what is right while it grows, when it is huge, when it is hostile."""
import json
import os
import subprocess
import sys
import time

import pytest

import opsnb as ops
from opsnb.errors import OpsError
from opsnb.journal import Journal
from opsnb.server.openapi import document
from opsnb.view import VIEWS
from opsnb.view.board import Board
from opsnb.view.cells import cells as cells_of
from opsnb.view.comparison import comparison
from opsnb.view.files import file, files
from opsnb.view.job import job as job_page
from opsnb.view.job import queues, waits
from opsnb.view.logs import log, log_find
from opsnb.view.machine import gpus, machine
from opsnb.view.points import curves_of, points, thin
from opsnb.view.run import run as run_page
from support import until

BAD = '<img src=x onerror="window.bad = 1">'


@pytest.fixture
def board(ws, monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    return Board(ws)


def test_every_view_says_what_it_gives():
    doc = document()
    for v in VIEWS: assert f"/view/{v.name}" in doc["paths"] and v.function.__doc__ and v.help


def test_a_curve_follows_its_run_and_no_peak_is_lost(board):
    run = ops.track("fit", quiet=True).start()
    for i in range(5000): run.log(loss=100.0 if i == 3217 else 1 / (i + 1))
    first = points(board, [run.id], most=300).curves[0]
    assert len(first.x) <= 300 and max(first.y) == 100.0 and first.x == sorted(first.x) and first.count == 5000
    run.log(loss=-7.0)
    kept = curves_of(ops.run(run.id).folder)
    assert points(board, [run.id], most=300).curves[0].y[-1] == -7.0 and curves_of(ops.run(run.id).folder) is kept  # read on, not anew
    run.log(loss=float("inf"))
    curve = points(board, [run.id], by="time").curves[0]
    assert curve.y[-1] == "inf" and curve.x[0] >= 0 and curve.x[-1] < 600
    json.dumps(curve.y, allow_nan=False)
    run.finish()


def test_thinning_is_quick_and_keeps_the_ends():
    wave = [float(i % 97) for i in range(1_000_000)]
    wave[123_456] = 1e9
    places = thin(wave, 1000)
    assert len(places) <= 1000 and 123_456 in places and (places[0], places[-1]) == (0, 999_999)


def test_steps_that_come_back_are_drawn_in_order(board):
    with ops.track("fit", quiet=True) as run:
        for s in (0, 1, 2, 3, 1, 2, 3, 4): run.log({"loss": float(s)}, step=s)
    assert points(board, [run.id]).curves[0].x == [0, 1, 1, 2, 2, 3, 3, 4]


def test_a_run_that_is_unknown_and_one_with_a_path_for_a_name(board):
    for id in ("run_none", "../../etc", "", "run_" + "a" * 10_000):
        with pytest.raises(OpsError): run_page(board, id)
    with ops.track("../../a/b\\c", params={"x": BAD, "long": "y" * 10_000}, quiet=True) as run: pass
    page = run_page(board, run.id)
    assert page.run.name == "../../a/b\\c" and page.params["x"] == BAD and "10,000 characters" in page.params["long"]


def test_cells_while_it_runs_and_after_its_process_was_killed(board, project, notebook):
    path = notebook("slow", "x = 1", "import time\ntime.sleep(60)", "print('never')")
    child = subprocess.Popen([sys.executable, "-m", "opsnb", "run", str(path)], cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        def page():
            board.look()
            mine = [r for r in board.runs.rows.values() if r.type == "notebook"]
            return cells_of(board, mine[0].run) if mine else None
        assert until(lambda: (p := page()) and len(p.rows) == 3 and p.rows[1].status == "running", 60)
        assert [r.status for r in page().rows] == ["done", "running", "not_run"]
    finally:
        os.killpg(child.pid, 9)
        child.wait()
    assert until(lambda: [r.status for r in page().rows] == ["done", "lost", "not_run"], 30)


def test_files_are_looked_into_and_nothing_else_is(board, ws):
    with ops.track("fit", quiet=True) as run:
        run.text(f"name,value\n{BAD},1\n", "tables/one.csv")
        run.text('{"a": NaN', "broken.json")
        run.text("<script>window.bad = 1</script>", "page.html")
    assert [f.kind for f in files(board, run.id).rows] == ["json", "html", "table"]
    assert file(board, run.id, "tables/one.csv").rows == [[BAD, "1"]]
    assert file(board, run.id, "broken.json").kind == "text"
    for path in ("../../../../workspace.json", "/etc/passwd", "", "tables"):
        with pytest.raises(OpsError): file(board, run.id, path)
    journal = Journal(ws.journal / run.id)
    journal.append("artifact.logged", {"path": "../../../workspace.json", "bytes": 1})  # a record that lies
    journal.close()
    with pytest.raises(OpsError, match="not a file of the run"): file(board, run.id, "../../../workspace.json")


@pytest.fixture
def job(ws, board, tmp_path, monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    made = ops.submit([sys.executable, "-c", "import time\nfor i in range(3): print('line', i, 'ä€😀', flush=True)\ntime.sleep(0.3)"], name="talk")
    made.wait(60, show=False)
    return made


def test_a_log_in_parts_of_any_size_is_the_log(board, job):
    whole = log(board, job.id, start=0, bytes=100_000)
    assert whole.text.startswith("line 0 ä€😀\n") and whole.done and whole.end == whole.size
    for step in (16, 17, 19, 23):
        text, at = "", 0
        while at < whole.size:
            part = log(board, job.id, start=at, bytes=step)
            assert part.start == at and part.end > at and "�" not in part.text
            text, at = text + part.text, part.end
        assert text == whole.text
    assert log(board, job.id, start=-10).text == whole.text[-len(log(board, job.id, start=-10).text):]
    assert log(board, job.run, start=0, bytes=1000).text == whole.text[:len(log(board, job.run, start=0, bytes=1000).text)]


def test_a_log_of_two_gigabytes_is_read_where_somebody_looks(board, job):
    with open(job.folder.log, "r+b") as f:  # sparse: it takes no room
        f.seek(2_000_000_000)
        f.write(b"\nthe needle is here\nlast line\n")
    begun = time.monotonic()
    part = log(board, job.id)
    assert part.text.endswith("last line\n") and part.size > 2_000_000_000 and part.end - part.start <= 65_536
    assert log(board, job.id, start=1_000_000_000, bytes=100).end == 1_000_000_100
    assert time.monotonic() - begun < 5
    hits = log_find(board, job.id, "NEEDLE", start=1_990_000_000)
    assert [h.line for h in hits.hits] == ["the needle is here"] and hits.end == hits.size
    assert log(board, job.id, start=hits.hits[0].at, bytes=100).text.startswith("the needle")


def test_a_search_says_how_far_it_looked(board, job):
    with open(job.folder.log, "a") as f: f.writelines(f"row {i}\n" for i in range(5000))
    first = log_find(board, job.id, "row", most=10)
    assert len(first.hits) == 10 and first.end < first.size
    second = log_find(board, job.id, "row", start=first.end, most=10)
    assert second.hits[0].line == "row 10" and not log_find(board, job.id, "not there").hits


def test_a_cut_log_says_what_is_left_out(board, job):
    job.folder.log.with_suffix(".tail").write_bytes(b"the end\n")
    job.folder.log.with_suffix(".gap").write_text("12345")
    assert "12,345 bytes are left out here\nthe end\n" in log(board, job.id, start=0, bytes=100_000).text


def test_the_log_of_a_notebook_is_what_its_cells_wrote(board, notebook):
    path = notebook("talk", "x = 1", "print('hello ä')", "1 / 0")
    made = ops.run_notebook(path, check=False)
    part = log(board, made.id, start=0, bytes=100_000)
    assert "── cell 2\nhello ä\n" in part.text and "ZeroDivisionError" in part.text and part.done
    assert part.text == str(ops.logs(made.id))
    with ops.track("own", quiet=True) as run: pass
    with pytest.raises(OpsError, match="has no log"): log(board, run.id)


def test_a_job_and_why_another_waits(board, job, monkeypatch, tmp_path):
    page = job_page(board, job.id)
    assert (page.job.status, page.kind, page.exit_code, [a.status for a in page.attempts]) == ("done", "command", 0, ["done"])
    monkeypatch.setenv("OPSNB_FAKE_GPUS", "1")
    one, two = (ops.submit([sys.executable, "-c", "import time; time.sleep(60)"], name=n, gpus=1) for n in ("one", "two"))
    try:
        assert until(lambda: one.status == "running" and two.status == "queued", 30)
        board.look()
        assert "gpus=1" in waits(board, [one.id, two.id]).why[two.id] and one.id not in waits(board, [one.id]).why
        local = until(lambda: (q := next(q for q in queues(board).rows if q.on == "local")).jobs.get("queued") == 1 and q, 20)
        assert local.jobs["running"] == 1 and local.state == "ready"
        seen = until(lambda: (m := machine(board)) and next((p for p in m.processes if p.id == one.id), None), 20)
        assert seen.what == "job" and seen.mem_mb > 1
    finally:
        one.cancel(), two.cancel()


def test_a_failed_attempt_and_the_next(board, ws, tmp_path):
    flag = tmp_path / "flag"
    made = ops.submit([sys.executable, "-c", f"import pathlib, sys\np = pathlib.Path({str(flag)!r})\nsys.exit(0 if p.exists() else p.touch() or 3)"], name="second try", retries=1)
    made.wait(60, show=False)
    assert [(a.number, a.status) for a in job_page(board, made.id).attempts] == [(1, "failed"), (2, "done")]


def test_twenty_runs_side_by_side(board):
    ids = []
    for i in range(20):
        with ops.track("fit", params={"lr": i, "seed": 1}, quiet=True) as run: run.log({"accuracy": i / 20, "loss": float("nan") if i == 3 else 1 - i / 40})
        ids.append(run.id)
    page = comparison(board, ids)
    assert [(p.name, p.differs) for p in page.params] == [("lr", True), ("seed", False)]
    best = {m.name: (m.best, m.low, round(m.lead, 3)) for m in page.metrics}
    assert best == {"accuracy": (19, False, 0.05), "loss": (19, True, 0.025)} and page.metrics[1].values[3] == "nan"
    for wrong in (ids[:1], [*ids, "run_more"], [ids[0], ids[0]]):
        with pytest.raises(OpsError): comparison(board, wrong)


def test_environments_are_compared_where_they_are_known(board, notebook, monkeypatch):
    monkeypatch.setenv("OPSNB_PROVENANCE", "1")
    path = notebook("one", "x = 1")
    a, b = ops.run_notebook(path), ops.run_notebook(path)
    lock = ops.run(b.id).folder / "files/provenance/environment.txt"
    lock.write_text(lock.read_text().replace("psutil==", "psutil==0."))
    rows = comparison(board, [a.id, b.id]).environment
    assert [r.name for r in rows] == ["psutil"] and rows[0].values[1].startswith("0.")


def test_the_machine_says_why_there_is_no_gpu(board):
    found = machine(board)
    assert 0 < found.mem_mb < found.mem_total_mb and found.cpus >= 1 and found.disk_total_gb > 0
    cards, note = gpus()
    assert cards or note.endswith((".", "]'"))

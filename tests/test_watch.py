"""What the board must notice, and what it must not trip over."""
import json
import os
import shutil
import time

import pytest

import opsnb as ops
from opsnb.journal import read
from opsnb.view import _watch
from opsnb.view.board import Board, jobs, runs


@pytest.fixture(autouse=True)
def no_courier(monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "off")


def tracked(name="fit", n=3):
    with ops.track(name, quiet=True) as run:
        for i in range(n): run.log(loss=1 / (i + 1))
    return run


def settled(ws):
    """A board whose ended runs are no longer watched closely."""
    board = Board(ws)
    board.look()
    for _ in range(3):
        for run in board.runs.work.values(): run.ended = time.monotonic() - 10
        time.sleep(0.06)  # a folder's time is trusted when it is older than its resolution
        board.look()
    board.take()
    return board


def swept(board):
    """Look until all that has ended was looked at."""
    board.runs.slice, board.jobs.slice = list(board.runs.kept), list(board.jobs.kept)
    while board.runs.slice or board.jobs.slice: board.look()
    board.look()
    return board.take()


def test_what_has_ended_costs_nothing_until_it_grows_again(ws):
    run = tracked()
    board = settled(ws)
    assert not board.runs.work and run.id in board.runs.kept and not swept(board)
    path = next((ws.journal / run.id).glob("*.jsonl"))
    last = json.loads(path.read_text().splitlines()[-1])
    with open(path, "a") as f: f.write(json.dumps({**last, "id": "late-1", "kind": "metric.logged", "data": {"metrics": {"late": 7.0}, "step": 1}}) + "\n")
    assert [r.metrics.get("late") for r in swept(board).runs] == [7.0]


def test_a_run_that_goes_on_is_noticed_at_once(ws):
    run = tracked()
    board = settled(ws)
    again = ops.track(resume=run.id, quiet=True).start()
    board.look()
    board.look()
    assert [(r.run, r.status) for r in board.take().runs] == [(run.id, "running")]
    again.finish()
    board.look()
    assert [r.status for r in board.take().runs] == ["done"]


def test_a_journal_with_a_torn_or_foreign_line_is_shown_and_left_alone(ws):
    run = tracked()
    path = next((ws.journal / run.id).glob("*.jsonl"))
    with open(path, "ab") as f: f.write(b'\xff\xfe not json\n{"id": "torn')
    (ws.journal / "run_empty").mkdir()
    (ws.journal / "run_file").write_text("a file, not a folder")
    board = settled(ws)
    assert [(r.run, r.status) for r in runs(board).rows] == [(run.id, "done")] and not swept(board)


def test_families_whose_parents_are_unknown_or_each_other_do_not_hang(ws):
    a, b, c = tracked("a"), tracked("b"), tracked("c")
    for run, parent in ((a, b.id), (b, a.id), (c, "run_gone")):
        path = next((ws.journal / run.id).glob("*.jsonl"))
        path.write_text(path.read_text().replace('"kind":"run.started",', f'"kind":"run.started","parent":"{parent}",').replace(f'"subject":"{run.id}",', f'"subject":"{run.id}","parent":"{parent}",'))
    board = Board(ws)
    assert [r.name for r in runs(board, open=[a.id, b.id, c.id]).rows] == ["c"]
    assert runs(board, search="a").total >= 1


def test_a_large_journal_is_read_in_parts(ws, monkeypatch):
    run = tracked(n=3000)
    board = Board(ws, budget_s=1e-9)
    monkeypatch.setattr(_watch, "read", lambda folder, cursor: read(folder, cursor, most=50_000))
    parts = 0
    while run.id not in board.runs.rows or board.runs.rows[run.id].status != "done":
        board.look()
        parts += 1
        assert run.id in board.runs.work or parts < 2
    assert parts > 3 and board.runs.rows[run.id].metrics["loss"] == pytest.approx(1 / 3000)


def test_runs_and_jobs_that_are_removed_leave(ws):
    keep, drop = tracked("keep"), tracked("drop")
    job = ops.submit(["true"]).wait(show=False)
    board = settled(ws)
    assert jobs(board).total == 1
    shutil.rmtree(ws.journal / drop.id)
    shutil.rmtree(job.folder.path)
    time.sleep(0.06)
    board.look()
    assert board.take().all and {r.run for r in runs(board).rows} >= {keep.id} and drop.id not in board.runs.rows and jobs(board).total == 0


def test_a_job_without_a_readable_spec_is_passed_over_until_it_has_one(ws):
    job = ops.submit(["true"]).wait(show=False)
    spec = job.folder.path / "spec.json"
    text = spec.read_text()
    spec.write_text("{")
    board = Board(ws)
    assert jobs(board).total == 0
    spec.write_text(text)
    time.sleep(0.06)
    assert jobs(board).total == 1 and jobs(board).rows[0].status == "done"


def test_a_slow_engine_is_asked_seldom_and_holds_up_nobody(ws, monkeypatch):
    job = ops.submit(["sleep", "30"])
    board = Board(ws)
    board.look()
    with monkeypatch.context() as m:
        m.setattr("opsnb.jobs.local.Local.states", lambda self, jobs: time.sleep(0.2) or {j.id: "running" for j in jobs})
        board.ask()
    assert board.jobs.next - time.monotonic() > 3 and not board.jobs.due()
    job.cancel()
    job.wait(show=False)
    board.look()
    assert jobs(board).rows[0].status == "cancelled"


def test_a_workspace_that_cannot_be_written_is_shown(ws):
    run = tracked()
    os.makedirs(ws.path / "cache", exist_ok=True)
    (ws.path / "cache/board.sqlite").mkdir()  # nothing can be written there
    board = settled(ws)
    assert board.runs.rows[run.id].status == "done" and runs(Board(ws)).total == 1

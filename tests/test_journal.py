"""The journal's promise: what `append` returned from is there, whatever happens to the process, the disk or the clock."""
import mmap
import multiprocessing
import os
import random
import signal
import struct
import subprocess
import threading
import time

import pytest

from opsnb.errors import Unavailable
from opsnb.journal import Journal, alive, follow, read, records


def steps(folder):
    return [r.data["step"] for r in records(folder) if r.kind == "metric.logged"]


def log(journal, n):
    journal.append("metric.logged", {"step": n, "metrics": {"loss": 1 / (n + 1)}})


def test_sigkill_at_50_random_moments_loses_nothing_that_was_acknowledged(tmp_path):
    rng, lost, total = random.Random(7), 0, 0
    for i in range(50):
        folder, acknowledged = tmp_path / f"run_{i}", mmap.mmap(-1, 8)
        if (child := os.fork()) == 0:
            journal, n = Journal(folder), 0
            while True:
                log(journal, n)
                n += 1
                acknowledged[:8] = struct.pack("q", n)  # shared memory: seen by the parent, whatever happens next
        while struct.unpack("q", acknowledged[:8])[0] == 0:
            time.sleep(0.001)
        time.sleep(rng.uniform(0, 0.05))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        n, found = struct.unpack("q", acknowledged[:8])[0], steps(folder)
        lost += len(set(range(n)) - set(found))
        total += n
        assert found == list(range(len(found))) and len(found) - n in (0, 1)
    print(f"{total} acknowledged, {lost} lost")
    assert lost == 0 and total > 1000


def test_a_line_torn_at_any_byte_is_passed_over_and_reported(tmp_path):
    journal = Journal(tmp_path / "run_x")
    for n in range(3):
        log(journal, n)
    journal.close()
    path = next(journal.folder.glob("*.jsonl"))
    whole = path.read_bytes()
    last = len(whole.splitlines(keepends=True)[-1])
    for cut in range(1, last):
        path.write_bytes(whole[:-cut])
        page = read(journal.folder)
        assert [r.data["step"] for r in page.records if r.kind == "metric.logged"] == [0, 1]
        assert page.torn == {path.name: last - cut} and page.damaged == 0
    again = Journal(journal.folder)  # whoever goes on writes into a file of its own
    log(again, 3)
    again.close()
    assert steps(journal.folder) == [0, 1, 3]


def test_a_cursor_continues_behind_a_torn_line_once_it_is_whole(tmp_path):
    journal = Journal(tmp_path / "run_x")
    log(journal, 0)
    path = next(journal.folder.glob("*.jsonl"))
    line = path.read_bytes().splitlines(keepends=True)[-1].replace(b'"step":0', b'"step":1')
    page = read(journal.folder)
    with open(path, "ab") as f:
        f.write(line[:20])
        f.flush()
        during = read(journal.folder, page.cursor)
        assert not during.records and not during.torn  # its writer lives: not torn, only unfinished
        f.write(line[20:])
    assert [r.data["step"] for r in read(journal.folder, during.cursor).records] == [1]


def _write_many(folder, first, n):
    journal = Journal(folder)
    for i in range(first, first + n):
        log(journal, i)


def test_two_processes_write_at_once_each_into_its_own_file(tmp_path):
    workers = [multiprocessing.get_context("fork").Process(target=_write_many, args=(tmp_path / "run_x", k * 1000, 1000)) for k in range(4)]
    for w in workers: w.start()
    for w in workers: w.join()
    assert sorted(steps(tmp_path / "run_x")) == list(range(4000))
    assert len(list((tmp_path / "run_x").glob("*.jsonl"))) == 4


def test_a_fork_while_another_thread_is_writing(tmp_path):
    journal, stop = Journal(tmp_path / "run_x"), threading.Event()
    def work():
        n = 0
        while not stop.is_set():
            log(journal, n)
            n += 1
    thread = threading.Thread(target=work)
    thread.start()
    children = []
    for k in range(20):
        if (child := os.fork()) == 0:
            log(journal, 10_000_000 + k)  # would wait for ever if it inherited the lock
            os._exit(0)
        children.append(child)
    assert [os.waitpid(c, 0)[1] for c in children] == [0] * 20
    stop.set()
    thread.join()
    found = steps(journal.folder)
    assert {10_000_000 + k for k in range(20)} <= set(found) and len(found) == len(set(found))


def test_a_full_disk_is_an_error_and_what_was_acknowledged_is_there(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("mounting a small disk takes root")
    try:
        journal, n = Journal(disk / "run_x"), 0
        with pytest.raises(Unavailable, match="acknowledged before are safe"):
            while True:
                log(journal, n)
                n += 1
        assert n > 100 and steps(journal.folder) == list(range(n))
        assert read(journal.folder).damaged == 0
        with pytest.raises(Unavailable): log(journal, n)
        (disk / "filler").touch()
        path = next(journal.folder.glob("*.jsonl"))
        subprocess.run(["mount", "-o", "remount,size=1m", disk], check=True)
        log(journal, n)  # the disk has room again: the same journal goes on
        assert steps(journal.folder) == list(range(n + 1)) and path.read_bytes().count(b"\n") == n + 2
        journal.close()
    finally:
        subprocess.run(["umount", disk], check=False)


def test_a_clock_that_goes_back_keeps_the_order(tmp_path, monkeypatch):
    journal, now = Journal(tmp_path / "run_x"), iter([100.0, 200.0, 50.0, 60.0, 300.0])
    monkeypatch.setattr("opsnb.journal.time.time", lambda: next(now))
    for n in range(4): log(journal, n)
    found = list(records(journal.folder))
    assert [r.ts for r in found] == [100.0, 200.0, 200.0, 200.0, 300.0] and steps(journal.folder) == [0, 1, 2, 3]


def test_following_a_live_writer_sees_every_record_once(tmp_path):
    writer = multiprocessing.get_context("fork").Process(target=_write_many, args=(tmp_path / "run_x", 0, 5000))
    (tmp_path / "run_x").mkdir()
    writer.start()
    seen = [r.data["step"] for r in follow(tmp_path / "run_x", poll_s=0.005, until=lambda: not writer.is_alive()) if r.kind == "metric.logged"]
    assert seen == list(range(5000))


def test_the_lock_tells_whether_the_writer_lives(tmp_path):
    if (child := os.fork()) == 0:
        journal = Journal(tmp_path / "run_x")
        log(journal, 0)
        time.sleep(60)
    while not list((tmp_path / "run_x").glob("*.jsonl")) if (tmp_path / "run_x").exists() else True:
        time.sleep(0.01)
    path = next((tmp_path / "run_x").glob("*.jsonl"))
    while b"metric" not in path.read_bytes(): time.sleep(0.01)
    assert alive(path) is True
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert alive(path) is False
    path.write_bytes(path.read_bytes().replace(b'"host":"', b'"host":"elsewhere-'))
    assert alive(path) is None  # a writer on another machine: nobody here can tell


def test_a_long_journal_is_read_in_bounded_pages(tmp_path):
    _write_many(tmp_path / "run_x", 0, 5000)
    cursor, pages, seen = None, 0, []
    while (page := read(tmp_path / "run_x", cursor, most=50_000)).records:
        cursor, pages = page.cursor, pages + 1
        seen += [r.data["step"] for r in page.records if r.kind == "metric.logged"]
        assert len(page.records) < 600
    assert pages > 5 and seen == list(range(5000))


def test_a_writer_whose_clock_is_behind_goes_on_from_what_is_there(tmp_path, monkeypatch):
    first, second, now = Journal(tmp_path / "j"), Journal(tmp_path / "j"), time.time
    first.append("job.submitted", {"text": "x" * 100_000})  # its last line is longer than what is looked at
    first.append("job.accepted", {})
    monkeypatch.setattr(time, "time", lambda: now() - 600)
    second.append("job.started", {})
    began = time.monotonic()
    while time.monotonic() < began + 0.05: pass
    second.append("job.ended", {})
    monkeypatch.undo()
    found = [r for r in records(tmp_path / "j") if r.kind.startswith("job.")]
    assert [r.kind for r in found] == ["job.submitted", "job.accepted", "job.started", "job.ended"]
    assert 0.05 <= found[3].ts - found[2].ts < 5 and abs(found[3].ts - time.time()) < 60

"""W&B as a sink. What arrives is read from W&B's own file; there is no W&B server to be had for a test."""
import os
import struct
import subprocess
import sys
import time
from collections import Counter

import pytest

import opsnb as ops
from opsnb.journal import read, records
from opsnb.track import deliver
from opsnb.track.deliver import Delivery, Head, sync
from opsnb.track.wandb import WandbSink


def wandb_file(path):
    """The records of a .wandb file: a LevelDB log of protocol buffers."""
    from wandb.proto import wandb_internal_pb2 as pb
    data, at, buffer = path.read_bytes(), 7, b""
    assert data[:4] == b":W&B"
    while at + 7 <= len(data):
        if (left := 32768 - at % 32768) < 7:
            at += left
            continue
        _, n, kind = struct.unpack("<IHB", data[at:at + 7])
        buffer, at = buffer + data[at + 7:at + 7 + n], at + 7 + n
        if kind in (1, 4):
            record = pb.Record()
            record.ParseFromString(buffer)
            buffer = b""
            yield record


def points(folder):
    """`[(step, loss)]` of all runs below a folder."""
    out = []
    for path in sorted(folder.rglob("*.wandb")):
        for r in wandb_file(path):
            if r.WhichOneof("record_type") == "history":
                row = {i.key or i.nested_key[0]: i.value_json for i in r.history.item}
                out.append((int(row["step"]), row["loss"]))
    return out


@pytest.fixture
def both(ws, monkeypatch):
    monkeypatch.setenv("OPSNB_SINKS", "mlflow,wandb")
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    monkeypatch.setenv("HOME", str(ws.root))  # no key in ~/.netrc
    return ws


def test_without_a_key_a_run_becomes_one_offline_folder(both):
    with ops.track("fit", params={"lr": 0.1}, experiment="demo") as run:
        for i in range(300): run.log(loss=1 / (i + 1))
        run.log(loss=float("nan"), step=10)
        run.text("hello", "notes/a.txt")
    assert sync(workspace=both).exit_code == 0
    folder = next((both.path / "wandb").glob("offline-run-*"))
    found = points(folder)
    assert [s for s, _ in found] == [*range(300), 10] and found[-1][1] in ("NaN", '"NaN"')
    kinds = Counter(r.WhichOneof("record_type") for r in wandb_file(next(folder.glob("*.wandb"))))
    started = next(r.run for r in wandb_file(next(folder.glob("*.wandb"))) if r.WhichOneof("record_type") == "run")
    assert kinds["exit"] == 1 and started.run_id == run.id and started.project == "demo" and started.display_name == "fit"
    assert (folder / "files/notes/a.txt").read_text() == "hello"
    listed = subprocess.run([sys.executable, "-m", "wandb", "sync", "--dry-run", str(folder)], capture_output=True, text=True, env={**os.environ, "WANDB_API_KEY": "a" * 40})
    assert "Would sync 1 run" in listed.stdout + listed.stderr


def test_delivered_again_there_is_still_one_folder_with_each_point_once(both):
    with ops.track("fit") as run:
        for i in range(100): run.log(loss=float(i))
    assert sync(workspace=both).exit_code == 0
    (both.journal / run.id / "sinks/wandb.json").unlink()
    deliver.mark(both, run.id)
    half = both.path / "wandb" / f".{run.id}.tmp"
    half.mkdir()
    (half / "left over by a kill").touch()
    assert sync(workspace=both).exit_code == 0
    with ops.track(resume=run.id) as again: again.log(loss=100.0)
    assert sync(workspace=both).exit_code == 0
    last = Delivery.of(both.journal / run.id, "wandb", run.state.sinks["wandb"]).memo["folder"]
    assert Counter(s for s, _ in points(type(both.path)(last))) == Counter(range(101))
    assert not half.exists()


def test_killed_while_it_writes_the_folder(both):
    with ops.track("fit") as run:
        for i in range(20_000): run.log(loss=float(i))
    code = "from opsnb.track.deliver import sync; sync()"
    import time
    for delay in (1.2, 1.6, 2.0, 2.4):
        child = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
        time.sleep(delay)
        child.kill()
        child.wait()
    assert sync(workspace=both).exit_code == 0
    folders = list((both.path / "wandb").glob("offline-run-*"))
    assert len(folders) == 1 and Counter(s for s, _ in points(folders[0])) == Counter(range(20_000))


def test_live_delivery_sends_each_record_with_a_step_of_its_own(both):
    """The path for a W&B server, with W&B's client in offline mode; a page that comes twice carries the same steps, which W&B takes once."""
    with ops.track("fit") as run:
        for i in range(50): run.log(loss=float(i), step=i % 7)
    sink, memo = WandbSink(both, "online:/demo"), {}
    sink.live = "offline"
    head, page = Head(run.folder).update(), read(run.folder)
    before = dict(memo)
    sink.deliver(head, page.records[:30], memo)
    sent = memo["sent"]
    assert 0 < sent < 50
    for half in sink.open.values(): half.finish()
    time.sleep(1.1)  # W&B names its folder by the second; two in one would write one file
    sink.open.clear()  # as after a crash: memo was not saved, the same page comes again
    sink.deliver(head, list(records(run.folder)), before)
    for half in sink.open.values(): half.finish()
    steps = [[int(dict((i.key or i.nested_key[0], i.value_json) for i in r.history.item)["_step"]) for r in wandb_file(p) if r.WhichOneof("record_type") == "history"]
             for p in sorted((both.path / "wandb").rglob("*.wandb"))]
    assert max(steps, key=len) == list(range(50)) and all(s == list(range(len(s))) for s in steps)


def test_a_broken_sink_does_not_hold_up_the_other(both, monkeypatch):
    def broken(*a, **kw): raise RuntimeError("no W&B today")
    monkeypatch.setattr("opsnb.track.wandb._init", broken)
    with ops.track("fit") as run: run.log(loss=1.0)
    rows = {r["sink"]: r for r in sync(workspace=both)}
    assert rows["mlflow"]["state"] == "delivered" and rows["wandb"]["problem"] == "RuntimeError: no W&B today"
    assert "no W&amp;B today" in run._repr_html_()


def test_a_key_means_online(both, monkeypatch):
    from opsnb.config import load
    assert WandbSink.destination(load(both.root), both).startswith("offline:")
    monkeypatch.setenv("WANDB_API_KEY", "a" * 40)
    assert WandbSink.destination(load(both.root, wandb_project="p", wandb_entity="e"), both) == "online:e/p"
    assert WandbSink.destination(load(both.root, wandb_mode="offline"), both).startswith("offline:")

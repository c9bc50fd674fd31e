"""From the journal to MLflow: at least once, without duplicates, whoever is killed; and never in the way of the run."""
import json
import os
import signal
import socket
import subprocess
import sys
import time

import psutil
import pytest

import opsnb as ops
from support import COURIER, end_couriers, killed_while_logging, opsnb, python, until, written_below
from opsnb import plug
from opsnb.track import deliver
from opsnb.track.deliver import Delivery, Head, pending, sync

def at_mlflow(ws, run, to=""):
    """`(client, MLflow's run)` for a run of ours."""
    client = plug.resolve("opsnb.track.mlflow:open_store")(ws, to)
    memo = Delivery.of(ws.journal / run, "mlflow", to).memo
    return client, client.get_run(memo["run_id"])


def history(ws, run, metric="loss"):
    client, found = at_mlflow(ws, run)
    return [(m.step, m.value) for m in client.get_metric_history(found.info.run_id, metric)]


def test_a_script_that_ends_finds_its_run_at_mlflow(ws):
    python("import opsnb as ops\nwith ops.track('fit', params={'lr': 0.1}, tags={'team': 'risk'}) as run:\n"
           "    for i in range(100): run.log(loss=1 / (i + 1))\n    run.text('hello', 'notes/a.txt')\n    print(run.id)")
    run = next(p.name for p in ws.journal.glob("run_*"))
    assert pending(ws) == []  # the script waited for the courier
    client, found = at_mlflow(ws, run)
    assert found.info.status == "FINISHED" and found.info.run_name == "fit" and found.data.params == {"lr": "0.1"} and found.data.tags["team"] == "risk"
    assert [s for s, _ in history(ws, run)] == list(range(100))
    assert [f.path for f in client.list_artifacts(found.info.run_id, "notes")] == ["notes/a.txt"]
    staged, linked = ws.journal / run / "files/notes/a.txt", next(ws.artifacts.rglob("a.txt"))
    assert staged.stat().st_ino == linked.stat().st_ino  # kept once on the disk


def test_a_killed_process_is_lost_not_finished_and_keeps_every_point(ws):
    code = ("import opsnb as ops, os, signal\nrun = ops.track('fit').start()\n"
            "for i in range(500): run.log(loss=float(i))\nprint(run.id, flush=True)\nos.kill(os.getpid(), signal.SIGKILL)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    run = done.stdout.strip()
    assert done.returncode == -signal.SIGKILL
    assert until(lambda: run not in pending(ws), 40), "the courier outlives the run and sees its death"
    _, found = at_mlflow(ws, run)
    assert (found.info.status, found.data.tags["opsnb.status"]) == ("FAILED", "lost")
    assert [s for s, _ in history(ws, run)] == list(range(500))
    assert ops.run(run).status == "lost" and "killed" in ops.run(run).error


def test_sigkill_at_50_random_moments_then_sync_nothing_lost_nothing_twice(ws, monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    found = killed_while_logging(ws, 50)
    assert (found["lost"], found["twice"], found["runs at MLflow"]) == (0, 0, 50) and found["acknowledged"] > 1000, found


def test_delivering_everything_again_changes_nothing(ws, monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    with ops.track("fit", params={"a": 1}) as run:
        for i in range(3000): run.log(loss=float(i % 7), acc=0.5)
        run.text("x", "a.txt")
        run.table([{"a": 1}], "t.json")
    assert sync(workspace=ws).exit_code == 0
    client, before = at_mlflow(ws, run.id)
    for path in (ws.journal / run.id / "sinks").glob("*"): path.unlink()  # as if no cursor had ever been written
    deliver.mark(ws, run.id)
    assert sync(workspace=ws).exit_code == 0
    _, after = at_mlflow(ws, run.id)
    assert after.info.run_id == before.info.run_id and after.data.metrics == before.data.metrics and after.info.status == "FINISHED"
    assert len(history(ws, run.id)) == len(history(ws, run.id, "acc")) == 3000


def test_nan_infinity_and_steps_out_of_order_arrive(ws, monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    with ops.track("odd") as run:
        for step, value in ((5, 1.0), (2, float("nan")), (9, float("inf")), (3, float("-inf")), (2, 4.0)): run.log({"loss": value}, step=step)
        run.log_many([{"loss": 1.5, "step": 1}, {"other": 2.0, "step": 7}])
    assert sync(workspace=ws).exit_code == 0
    found = dict.fromkeys(s for s, _ in history(ws, run.id))
    assert sorted(found) == [1, 2, 3, 5, 9] and history(ws, run.id, "other") == [(7, 2.0)]
    own = ops.run(run.id).metric_history("loss")
    assert list(own["step"]) == [1, 2, 2, 3, 5, 9] and own["value"].isna().sum() == 1
    assert "2 not finite" in run._repr_html_() or "not finite" in run._repr_html_()


def test_what_mlflow_refuses_is_named_and_the_rest_arrives(ws, monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    with ops.track("fit", params={"lr": 0.1}) as run:
        run._journal.append("param.logged", {"params": {"lr": "0.2", "depth": "3"}})  # as another process of the same run might
        run.log(loss=1.0)
    rows = sync(workspace=ws)
    assert "param lr" in rows[0]["refused"] and rows[0]["state"] == "delivered"
    _, found = at_mlflow(ws, run.id)
    assert found.data.params == {"lr": "0.1", "depth": "3"} and found.data.metrics == {"loss": 1.0}


def test_a_run_deleted_at_mlflow_does_not_block_the_queue(ws, monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    run = ops.track("fit").start()
    run.log(loss=1.0)
    sync(workspace=ws)
    client, found = at_mlflow(ws, run.id)
    client.delete_run(found.info.run_id)
    run.log(loss=2.0)
    run.finish()
    rows = sync(workspace=ws)
    assert "deleted" in (rows[0]["refused"] or "") and pending(ws) == []


def test_long_values_are_short_at_mlflow_and_whole_as_files(ws, monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    with ops.track("fit", params={"prompt": "p" * 20_000}, tags={"note": "n" * 20_000}) as run: pass
    assert sync(workspace=ws).exit_code == 0
    client, found = at_mlflow(ws, run.id)
    assert len(found.data.params["prompt"]) <= 6000 and "20,000 characters" in found.data.params["prompt"] and len(found.data.tags["note"]) <= 8000
    assert ops.run(run.id).artifact("params/prompt.txt").stat().st_size == 20_000
    with pytest.raises(ops.OpsError, match="too long"): ops.track("fit", params={"prompt": "p" * 10_000_000}).start()


def test_children_are_below_their_parent_even_when_they_come_first(ws, monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    with ops.track("outer") as outer, ops.track("middle") as middle, ops.track("inner") as inner: inner.log(x=1)
    assert sync(run=inner.id, workspace=ws).exit_code == 0 and sync(workspace=ws).exit_code == 0
    ids = {r.id: at_mlflow(ws, r.id)[1] for r in (outer, middle, inner)}
    assert ids[inner.id].data.tags["mlflow.parentRunId"] == ids[middle.id].info.run_id
    assert ids[middle.id].data.tags["mlflow.parentRunId"] == ids[outer.id].info.run_id
    assert ids[outer.id].info.status == ids[inner.id].info.status == "FINISHED"


def test_a_run_can_be_resumed_after_it_was_delivered(ws, monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    with ops.track("fit") as run: run.log(loss=1.0)
    sync(workspace=ws)
    with ops.track(resume=run.id) as again:
        again.log(loss=0.5)
        sync(run=run.id, workspace=ws)
        assert at_mlflow(ws, run.id)[1].info.status == "RUNNING"
    sync(workspace=ws)
    assert at_mlflow(ws, run.id)[1].info.status == "FINISHED" and history(ws, run.id) == [(0, 1.0), (1, 0.5)]


def test_a_workspace_written_without_a_network_is_taken_over(ws, tmp_path, monkeypatch):
    away = tmp_path / "away"
    away.mkdir()
    env = {**os.environ, "OPSNB_HOME": str(away / ".opsnb"), "OPSNB_DELIVERY": "off"}
    out = python("import opsnb as ops\nwith ops.track('node', params={'rank': 0}) as run:\n    run.log(loss=0.5)\n    run.text('x', 'a.txt')\nprint(run.id)", env=env)
    run = out.strip()
    code, text, _ = opsnb("sync", away)
    assert code == 0 and "delivered" in text
    assert ops.run(run).params == {"rank": "0"} and history(ws, run) == [(0, 0.5)]
    assert opsnb("sync", away)[0] == 0 and history(ws, run) == [(0, 0.5)]  # again: nothing twice
    assert "no such place" not in text and opsnb("sync", tmp_path / "empty")[0] == 2


def test_a_server_that_is_nowhere_neither_breaks_nor_slows_the_run(ws, monkeypatch):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://ann:s3cret@127.0.0.1:{s.getsockname()[1]}")
    begun = time.monotonic()
    with ops.track("fit") as run:
        for i in range(1000): run.log(loss=float(i))
    assert time.monotonic() - begun < 5
    rows = sync(workspace=ws)
    assert rows.exit_code == 3 and "Connection" in rows[0]["problem"] and "s3cret" not in str(rows)
    assert "not delivered yet" in run._repr_html_()
    listed = ops.runs()
    assert listed.rows[0]["run"] == run.id and "journal" in listed.note
    code, text, _ = opsnb("doctor")
    assert code == 3 and "opsnb sync" in text
    assert ops.run(run.id).metrics == {"loss": 999.0}
    assert b"s3cret" not in written_below(ws.path)


def test_one_courier_per_workspace_and_it_ends_by_itself(ws, monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    with ops.track("fit") as run: run.log(loss=1.0)
    first, second = (subprocess.Popen([*COURIER, ws.path]) for _ in range(2))
    assert until(lambda: not pending(ws), 40)
    assert until(lambda: (first.poll() is None) != (second.poll() is None), 10), "the second one leaves at once"
    (ws.path / "workspace.json").unlink()
    import shutil
    shutil.rmtree(ws.path)
    assert until(lambda: first.poll() is not None and second.poll() is not None, 20), "a courier leaves when its workspace is gone"


def test_a_sink_without_its_library_waits_for_it(ws, monkeypatch):
    monkeypatch.setattr(plug, "has", lambda name: name not in ("mlflow", "wandb"))
    monkeypatch.setitem(plug.PREPARE, "mlflow", "opsnb.track.mlflow:prepare")
    with ops.track("fit", params={"a": 1}) as run: run.log(loss=1.0)
    found = ops.runs()
    assert found.rows[0]["run"] == run.id and "not installed" in found.note and pending(ws) == [run.id]
    monkeypatch.undo()
    monkeypatch.setenv("OPSNB_HOME", str(ws.path))
    assert sync(workspace=ws).exit_code == 0 and history(ws, run.id) == [(0, 1.0)]


def test_delivery_at_the_end_of_each_run(ws, monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "finish")
    with ops.track("fit") as run: run.log(loss=1.0)
    assert pending(ws) == [] and history(ws, run.id) == [(0, 1.0)] and not deliver.at_work(ws)


def test_a_model_becomes_a_logged_model_quickly_and_once(ws, monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    model = LogisticRegression().fit(np.arange(10.0).reshape(-1, 1), [0] * 5 + [1] * 5)
    with ops.track("fit") as run:
        run.model(model)
        begun = time.monotonic()
        run.model(model, "again")
        assert time.monotonic() - begun < 2  # MLflow's own log_model: 5 to 13 seconds
        with pytest.raises(ops.OpsError, match="No way to save"): run.model(object())
    assert sync(workspace=ws).exit_code == 0
    for path in (ws.journal / run.id / "sinks").glob("*"): path.unlink()
    deliver.mark(ws, run.id)
    assert sync(workspace=ws).exit_code == 0
    client, found = at_mlflow(ws, run.id)
    models = client.search_logged_models([found.info.experiment_id])
    assert sorted(m.name for m in models) == ["again", "model"] and {m.source_run_id for m in models} == {found.info.run_id}
    mlflow = plug.need("mlflow", "load it again")
    mlflow.set_tracking_uri(f"sqlite:///{ws.database}")
    loaded = mlflow.pyfunc.load_model(f"models:/{models[0].model_id}")
    assert list(loaded.predict(np.array([[0.0], [9.0]]))) == [0, 1]
    requirements = (ws.journal / run.id / "models/model/requirements.txt").read_text()
    assert "scikit-learn==" in requirements


def test_autologging_lands_in_the_same_run(ws):
    code = ("import opsnb as ops\nfrom sklearn.linear_model import LogisticRegression\nwith ops.track('fit', autolog=['sklearn']) as run:\n"
            "    LogisticRegression(C=0.5).fit([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1])\n    run.log(mine=1.0)\nprint(run.id)")
    run = python(code).split()[-1]
    found = ops.run(run)
    assert found.params["C"] == "0.5" and found.metrics["mine"] == 1.0 and "training_accuracy_score" in found.metrics and found.status == "done"


def test_every_delivery_file_is_whole_json(ws, monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    with ops.track("fit") as run: run.log(loss=1.0)
    sync(workspace=ws)
    path = ws.journal / run.id / "sinks/mlflow.json"
    assert json.loads(path.read_text())["complete"] is True and not list(path.parent.glob(".*"))
    path.write_text("{ half")  # a damaged cursor: begin again, nothing twice
    deliver.mark(ws, run.id)
    assert sync(workspace=ws).exit_code == 0 and history(ws, run.id) == [(0, 1.0)]


def test_head_reads_only_what_is_new(ws, monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    run = ops.track("fit").start()
    head = Head(run.folder)
    assert head.update().status == "running"
    run.finish()
    assert head.update().status == "done" and set(head.cursor.values()) == {p.stat().st_size for p in run.folder.glob("*.jsonl")}


def test_couriers_of_tests_are_ended(tmp_path):
    end_couriers(tmp_path)
    assert not [p for p in psutil.process_iter(["cmdline"]) if str(tmp_path) in " ".join(p.info["cmdline"] or [])]

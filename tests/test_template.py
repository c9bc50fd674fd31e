"""The templates as a user gets them: what they leave at MLflow, and what a second run makes of the first."""
import json

import pytest

import opsnb as ops
from opsnb import plug
from opsnb.track.deliver import sync
from opsnb.workspace import Workspace
from support import opsnb

pytest.importorskip("torch")


@pytest.mark.timeout(300)
def test_it_trains_judges_and_compares_with_the_run_before(project):
    assert opsnb("init", "churn")[0] == 0
    churn = Workspace.find(project / "churn")
    made = [opsnb("pipeline", "run", "churn", "-p", "seed", seed, "--json", timeout=300) for seed in (0, 1)]
    first, second = (json.loads(out) for code, out, _ in made if code == 0)
    rules = [{r["rule"]: r["ok"] for r in run["verdicts"]["gate"]["evidence"]} for run in (first, second)]
    assert rules[0]["roc_auc >= baseline - 0.01"] is None and rules[1]["roc_auc >= baseline - 0.01"] is True
    assert first["steps"][0]["values"]["digest"] != second["steps"][0]["values"]["digest"]  # another split

    code, out, _ = opsnb("pipeline", "run", "churn", "-p", "epochs", "1", "--json", timeout=300)
    assert code == 1 and json.loads(out)["verdicts"]["gate"]["ok"] is False  # too little training does not pass

    sync(workspace=churn)
    client = plug.resolve("opsnb.track.mlflow:open_store")(churn)
    runs = ops.runs(experiment="train_and_gate", workspace=churn)
    by_name = {r["name"]: r for r in runs if r["started"] < second_began(runs)}
    names = {"accuracy", "precision", "recall", "f1", "roc_auc", "log_loss", "ece"}
    assert {m for m in by_name["metrics"]["metrics"] if m in names or m.endswith("/low")} == names | {f"{m}/low" for m in names} and by_name["metrics"]["metrics"]["accuracy"] > 0.94
    found = ops.run(by_name["metrics"]["run"], churn)
    assert {a["path"] for a in found.artifacts()} == {"confusion.png", "calibration.png", "roc.png", "cases.json", "report.json"}
    assert ops.report(found.id, churn)["accuracy"].value == by_name["metrics"]["metrics"]["accuracy"]
    assert len(ops.run(first["run"], churn).metrics) == 0 and ops.run(first["run"], churn).status == "done"
    assert ops.run(first["run"], churn).tags["verdict.gate"].startswith("✓ ok: all 3 rules hold")
    [model] = client.search_logged_models([client.get_experiment_by_name("train_and_gate").experiment_id], max_results=1)
    assert model.name == "classifier" and str(model.status).endswith("READY")
    history = ops.run(max((r for r in runs if r["type"] == "run" and r["name"] == "train"), key=lambda r: r["started"])["run"], churn).metric_history("train/loss")
    assert len(history) == 1


def second_began(runs):
    return sorted(r["started"] for r in runs if r["type"] == "pipeline")[1]


@pytest.mark.timeout(300)
def test_a_sweep_grows_by_what_is_new(project):
    pytest.importorskip("optuna")
    assert opsnb("init", "tune", "--template", "sweep")[0] == 0
    code, out, err = opsnb("pipeline", "run", "tune", "-p", "trials", "3", "--json", timeout=300)
    assert code == 0, err
    first = json.loads(out)
    values = {s["step"]: s["values"] for s in first["steps"]}
    errors = [v["error"] for n, v in values.items() if n.startswith("train[")]
    assert len(errors) == 4 and len(set(errors)) > 1 and values["choose"]["verdict"]["ok"] and values["choose"]["metrics"]["accuracy"] > 0.95
    assert values["search"]["found"]["error"] <= max(errors)
    code, out, _ = opsnb("pipeline", "plan", "tune", "-p", "trials", "3", "-p", "Cs", "[1.0, 10.0, 100.0]", "--json")
    plan = {r["step"]: r["plan"] for r in json.loads(out)}
    assert plan["prepare"] == "cached" and [p for s, p in plan.items() if s.startswith("train[")] == ["cached"] * 4 + ["run"] * 2
    tune = Workspace.find(project / "tune")
    sync(workspace=tune)
    assert {"sweep.png", "sweep.json"} <= {a["path"] for a in ops.run(ops.runs(name="best", workspace=tune).rows[0]["run"], tune).artifacts()}


@pytest.mark.timeout(300)
def test_a_training_job_is_stopped_goes_on_and_is_judged(project):
    pytest.importorskip("accelerate")
    assert opsnb("init", "digits", "--template", "train_on_gpus")[0] == 0
    code, out, err = opsnb("pipeline", "run", "digits", "-p", "interrupt_at", "2", "-p", "epochs", "5", "--json", timeout=300)
    assert code == 0, err
    values = {s["step"]: s["values"] for s in json.loads(out)["steps"]}
    assert values["train"]["attempts"] == 2 and values["judge"]["metrics"]["accuracy"] > 0.93
    digits = Workspace.find(project / "digits")
    curve = ops.run(values["train"]["run"], digits).metric_history("loss")
    assert curve["step"].is_unique and len(curve) == 110


@pytest.mark.timeout(300)
def test_an_index_is_judged_and_gated(project):
    assert opsnb("init", "judge", "--template", "evaluate_rag")[0] == 0
    code, out, err = opsnb("pipeline", "run", "judge", "-p", "made", "12", "--json", timeout=280)
    assert code == 0, err + out
    made = {s["step"]: s["values"] for s in json.loads(out)["steps"]}
    assert made["evaluate"]["metrics"]["hit_at_5"] >= 0.8 and made["evaluate"]["metrics"]["cases"] == 27 and made["evaluate"]["metrics"]["errors"] == 0
    code, out, err = opsnb("report", "latest", cwd=project / "judge")
    assert code == 0 and "citations_valid" in out and "What values" not in err
    (project / "judge" / "gate.yaml").write_text("rules: [low(hit_at_5) >= 1.01]\n")
    code, out, err = opsnb("pipeline", "run", "judge", "-p", "made", "12", "--json", timeout=280)
    again = {s["step"]: s["status"] for s in json.loads(out)["steps"]}
    assert code == 1 and again["evaluate"] == "cached" and again["gate"] == "failed"

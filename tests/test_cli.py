"""The command line as people type it: help, JSON, mistakes, and the exit code that goes with each."""
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import opsnb as ops
from opsnb.verbs import VERBS
from support import opsnb, written_below

COMMANDS = [v.command for v in VERBS if v.command]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_examples_and_every_option_says_what_it_is_for(ws, command):
    code, out, err = opsnb(*command.split(), "--help", env={**os.environ, "COLUMNS": "200"})
    assert (code, err) == (0, "") and f"opsnb {command}" in out.split("Examples:")[1] and "--json" in out
    options = [line.split("  ") for line in out.split("Options:")[1].splitlines() if line.startswith("  -")]
    assert options and all(parts[-1].strip() and not parts[-1].strip().startswith("-") for parts in options), out


def test_the_same_command_inside_jupyter(ws):
    done = subprocess.run([sys.executable, "-m", "jupyter", "opsnb", "config", "--json"], capture_output=True, text=True, timeout=120,
                          env={**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])})
    assert done.returncode == 0 and any(row["setting"] == "experiment" for row in json.loads(done.stdout)), done.stderr


@pytest.fixture
def recorded(ws):
    made = []
    for lr in (0.1, 0.2):
        with ops.track("fit", params={"lr": lr}, experiment="exp", delivery="finish") as run:
            run.log(loss=lr)
            run.log(loss=float("nan"))
            run.text("x", "notes.txt")
        made.append(run.id)
    return made


def test_json_of_everything_that_lists(ws, recorded):
    def data(*args):
        code, out, err = opsnb(*args, "--json")
        assert (code, err) == (0, ""), err  # nor does MLflow talk
        return json.loads(out, parse_constant=lambda word: pytest.fail(f"{args}: {word} is not JSON"))
    assert [r["run"] for r in data("runs")] == recorded[::-1]
    assert data("runs", "--where", "params.lr = '0.1'")[0]["run"] == recorded[0]
    shown = data("show", recorded[0])
    assert shown["params"] == {"lr": "0.1"} and shown["metrics"]["loss"] == "nan" and shown["artifacts"][0]["path"] == "notes.txt" and shown["delivered"][0]["complete"]
    assert data("compare", *recorded)["params"] == [{"parameter": "lr", recorded[0]: "0.1", recorded[1]: "0.2"}]
    assert data("sync") == [] and {t["template"] for t in data("templates")} == {"build_rag", "evaluate_rag", "sweep", "train_and_gate", "train_on_gpus"}
    assert {r["state"] for r in data("doctor")} >= {"ok"} and data("config")
    assert len(data("init", "made")) >= 5 and [r["step"] for r in data("pipeline", "plan", "made")] == ["prepare", "train", "evaluate", "gate"]


def test_show_says_where_a_runs_files_are(ws, recorded):
    code, out, _ = opsnb("show", recorded[0])
    assert code == 0 and "notes.txt" in out and "lr" in out and "done" in out and str(ops.run(recorded[0]).folder.relative_to(ws.root)) in out


@pytest.mark.parametrize("args, says", [
    (["frobnicate"], "allowed:"), (["pipelin", "run"], "did you mean 'pipeline'"), (["runs", "--experimnt", "x"], "--experiment"), (["runs", "--most", "many"], "not a valid integer"),
    (["show"], "Missing argument"), (["show", "run_gone"], "There is no run 'run_gone'"), (["compare", "run_gone"], "two runs at least"), (["runs", "--status", "finished"], "allowed:"),
    (["runs", "--experiment", "ex"], "did you mean 'exp'"), (["runs", "--where", "loss is small"], "does not understand this filter"), (["init", "made", "--template", "train"], "train_and_gate"),
    (["sync", "nowhere"], "No runs to take over"), (["run", "x.ipynb", "-p", "lr"], "-p"),
])
def test_mistakes_say_what_is_allowed(ws, recorded, args, says):
    code, out, err = opsnb(*args)
    assert code == 2 and says in err and not out and "Traceback" not in err, (code, err)


def test_a_workspace_of_a_newer_version_is_left_alone(ws, notebook):
    notebook("nb", "n: int = 1")
    (ws.path / "workspace.json").write_text('{"version": 99}')
    before = written_below(ws.path)
    for args in (["runs"], ["doctor"], ["run", "nb.ipynb"], ["sync"]):
        code, _, err = opsnb(*args)
        assert code == 2 and "newer opsnb" in err and "pip install -U opsnb" in err, args
    assert written_below(ws.path) == before


def test_a_tracking_server_that_is_nowhere(ws, notebook, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    notebook("nb", "n: int = 1", "n")
    code, out, err = opsnb("run", "nb.ipynb")
    assert code == 0 and "✓ done" in out and "opsnb sync" in err, err
    code, out, _ = opsnb("runs")
    assert code == 0 and "does not answer" in out and "nb" in out  # what is known here is shown
    code, out, _ = opsnb("doctor")
    assert code == 3 and "127.0.0.1:9" in out and "opsnb sync delivers later" in out
    code, out, _ = opsnb("sync")
    assert code == 3 and "failed" in out
    monkeypatch.delenv("MLFLOW_TRACKING_URI")


def test_a_settings_file_with_a_mistake(ws, project):
    (project / "opsnb.toml").write_text('experimnt = "x"\n')
    code, _, err = opsnb("runs")
    assert code == 2 and "experimnt" in err and "did you mean 'experiment'" in err and "opsnb.toml" in err
    (project / "opsnb.toml").write_text('experiment = \n')
    code, _, err = opsnb("config")
    assert code == 2 and "opsnb.toml" in err and "line 1" in err


def test_a_reader_that_leaves_early_is_no_error(ws, recorded):
    done = subprocess.run(f"{sys.executable} -m opsnb runs | head -1", shell=True, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and "Traceback" not in done.stderr


def test_a_parameter_is_one_word_or_two(ws, notebook):
    """`-p lr=0.1` and `-p lr 0.1`, on every command that takes parameters; what comes after -- is the program's own."""
    notebook("train", "lr: float = 1.0\nwhere: str = ''", "import opsnb as ops\nops.publish(lr=lr, where=where)")
    code, out, err = opsnb("run", "train.ipynb", "-p", "lr=0.5", "--params", "where", "a=b", "--json")
    assert code == 0 and json.loads(out)["values"] == {"lr": 0.5, "where": "a=b"}, (out, err)
    code, out, err = opsnb("submit", "train.ipynb", "-p", "lr=0.5", "-t", "team=risk", "-e", "MODE=fast", "--json")
    made = ops.job(json.loads(out)["job"])
    assert (made.spec.params, made.spec.tags, made.spec.env) == ({"lr": "0.5"}, {"team": "risk"}, {"MODE": "fast"}) and made.cancel()
    code, out, err = opsnb("submit", "--json", "echo", "--", "-p", "x=1")
    assert code == 0 and ops.job(json.loads(out)["job"]).spec.argv == ["echo", "-p", "x=1"], err
    for words in (["-p"], ["-p", "lr"], ["-p", "=1"]):
        code, out, err = opsnb("submit", "train.ipynb", *words)
        assert code == 2 and "-p NAME=VALUE, or -p NAME VALUE" in err, err

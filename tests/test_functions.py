"""A function of a .py file as a step: typed, kept, recorded, run again when its code changes."""
import json

import pytest

import opsnb as ops
from opsnb.engine import run_notebook
from opsnb.errors import OpsError
from opsnb.pipeline import Pipeline
from support import opsnb

STEPS = '''
import os
from typing import Annotated
from pathlib import Path
from annotated_types import Gt
import rules

def make(
    rows: Annotated[int, Gt(0)] = 3,  # how many
    *, out: Path = Path("table.txt")
):
    "Write a table."
    out.write_text("1\\n" * rows)
    return {"table": out, "rows": rows}

async def count(table: Path, word: str = "n"): return f"{word}={len(table.read_text().split())}{rules.mark}{os.environ.get('SIGN', '')}"

def broken(): raise ValueError("no rows")
def odd(*args): pass
'''
PIPELINE = """
name: functions
params: {rows: 4}
steps:
  make: {function: steps.py:make, params: {rows: "${params.rows}"}}
  count: {function: steps.py:count, params: {table: "${make.table}"}, env: {SIGN: "?${params.rows}"}}
"""


@pytest.fixture
def steps(ws, project, monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    (project / "steps.py").write_text(STEPS)
    (project / "rules.py").write_text("mark = '!'\n")
    (project / "pipeline.yaml").write_text(PIPELINE)
    return project


def test_functions_are_steps_like_notebooks(ws, steps):
    first = Pipeline(steps).run()
    assert first.values["make"]["rows"] == 4 and first.values["count"] == {"result": "n=4!?4"}
    assert {s.status for s in Pipeline(steps).run().steps.values()} == {"cached"}
    (steps / "rules.py").write_text("mark = '.'\n")
    again = Pipeline(steps).run()
    assert again.values["count"] == {"result": "n=4.?4"} and "rules.py" in again.steps["make"].why
    (steps / "pipeline.yaml").write_text(PIPELINE.replace("?$", "&$"))
    assert [r["why"] for r in Pipeline(steps).plan()] == [f"nothing changed since {again.steps['make'].notebook.id}", "changed: env: SIGN"]


def test_a_function_runs_by_itself_and_is_recorded(ws, steps, monkeypatch):
    monkeypatch.setenv("OPSNB_PROVENANCE", "1")
    code, out, err = opsnb("run", "steps.py:make", "-p", "rows", "2", "-o", "made.ipynb", "--json")
    assert code == 0, err
    done = json.loads(out)
    assert done["values"]["rows"] == 2 and (steps / "table.txt").read_text() == "1\n1\n"
    run = ops.run(done["run"])
    assert run.name == "make" and run.params["rows"] == "2"
    nb = json.loads((steps / "made.ipynb").read_text())
    assert "".join(nb["cells"][0]["source"]) == "# steps.py:make\n\nWrite a table."
    code, out, err = opsnb("reproduce", run.id)
    assert code == 0, out + err


@pytest.mark.parametrize("path, params, text", [
    ("steps.py:mak", {}, "did you mean 'make'"),
    ("step.py:make", {}, "There is no file"),
    ("steps.py:odd", {}, "arguments are not all named"),
    ("steps.py:make", {"rows": 0}, "greater than 0"),
    ("steps.py:make", {"row": 1}, "did you mean 'rows'"),
    ("steps.py:count", {}, "needs a value for table"),
    ("steps.py:broken", {}, "ValueError: no rows"),
])
def test_mistakes(ws, steps, path, params, text):
    with pytest.raises(OpsError, match=text): run_notebook(path, params)


@pytest.mark.parametrize("step, text", [
    ("{function: steps.py:make, notebook: a.ipynb}", "line 2: step 'a' has both a notebook and a function"),
    ("{params: {rows: 1}}", "neither a notebook nor a function"),
    ("{function: steps.make}", "allowed: FILE.py:FUNCTION"),
    ("{function: steps.py:mak}", "line 2: step 'a': steps.py has no function 'mak'"),
])
def test_mistakes_in_the_file(ws, steps, step, text):
    (steps / "pipeline.yaml").write_text(f"steps:\n  a: {step}")
    with pytest.raises(OpsError) as e: Pipeline(steps).plan()
    assert text in str(e.value)

"""`%%track` in a real kernel: awaiting cells, errors as the user should see them, `%ops`."""
import json
import re

import opsnb as ops
from opsnb.engine import run_notebook


def outputs(run):
    return [o for c in json.loads(open(run.path).read())["cells"] for o in c.get("outputs", [])]


def test_a_cell_may_await(ws, notebook):
    path = notebook("nb", "n: int = 1", "%load_ext opsnb", "%%track waits -m x\nimport asyncio\nasync def f(): return 7\nx = await f()\nx + 1", "%%track plain -m x\nasync def g(): return await f()\nx = 2\nx + 1")
    run = run_notebook(path)
    assert {r["name"]: r["metrics"] for r in ops.runs(type="cell")} == {"waits": {"x": 7.0}, "plain": {"x": 2.0}}
    assert [o["data"]["text/plain"] for o in outputs(run) if o["output_type"] == "execute_result"] == [["8"], ["3"]]


def test_an_error_is_shown_once_and_starts_in_the_cell(ws, notebook):
    for name, code in (("plain", "1 / 0"), ("waiting", "import asyncio\nawait asyncio.sleep(0)\n1 / 0")):
        run = run_notebook(notebook(name, "n: int = 1", "%load_ext opsnb", f"%%track {name}\n{code}"), check=False)
        [shown] = [re.sub("\x1b\\[[0-9;]*m", "", "\n".join(o["traceback"])) for o in outputs(run) if o["output_type"] == "error"]
        assert run.error == "ZeroDivisionError: division by zero" and shown.count("1 / 0") >= 1 and "opsnb/" not in shown and "contextlib" not in shown, shown
        [cell] = ops.runs(name=name, type="cell")
        assert (cell["status"], cell["error"]) == ("failed", "ZeroDivisionError: division by zero") and cell["parent"] == run.id


def test_help_and_mistakes(ws, notebook):
    run = run_notebook(notebook("nb", "n: int = 1", "%load_ext opsnb", "%ops runs", "%ops", "try: get_ipython().run_line_magic('ops', 'rns')\nexcept Exception as e: print(e)"))
    text = json.dumps(outputs(run))
    assert "did you mean 'runs'" in text and "%ops pipeline run" in text and run.id in text


def test_an_ops_error_is_short(ws, notebook):
    run = run_notebook(notebook("nb", "n: int = 1", "import opsnb as ops\nops.run('run_gone')"), check=False)
    [error] = [o for o in outputs(run) if o["output_type"] == "error"]
    assert error["ename"] == "OpsError" and len(error["traceback"]) <= 3 and "opsnb runs lists the runs" in "\n".join(error["traceback"]) and "ops.run('run_gone')" in error["traceback"][0]


SUBMIT = ["n: int = 3", "%load_ext opsnb\nimport numpy as np\noffset = 10\ndef shifted(x): return x + offset\nvalues = np.arange(n)",
          "%%submit -n train -o total,table --gpus 1 -t team=red\nimport os\noffset = 20\ntotal = int(shifted(values).sum())\ntable = {'gpu': os.environ['CUDA_VISIBLE_DEVICES'], 'values': values}\nprint('in the job')",
          "print(repr(total)[:22])\ntry: total.bit_length()\nexcept AttributeError as e: print(e)", "print(total.result(), offset, table.result()['values'].tolist(), train.status, train.spec.tags['team'])",
          "%%submit -w -o twice\ntwice = n * 2", "print(twice)"]


def test_a_cell_as_a_job(ws, notebook, monkeypatch):
    monkeypatch.setenv("OPSNB_FAKE_GPUS", "1")
    run = run_notebook(notebook("nb", *SUBMIT))
    said = ["".join(o["text"]) for o in outputs(run) if o["output_type"] == "stream"]
    assert said[0].startswith("total: comes with job_") and "Wait for it with total.result()" in said[0]
    assert said[-2:] == ["63 10 [0, 1, 2] done red\n", "6\n"]
    job = ops.jobs(name="train")[0]
    assert "in the job" in str(job.logs()) and job.spec.gpus == 1 and ops.run(job.run).state.parent == run.id


def test_mistakes_of_submit(ws, notebook):
    cells = ["n: int = 1", "%load_ext opsnb", *[f"try: get_ipython().run_cell_magic('submit', {line!r}, {cell!r})\nexcept Exception as e: print(type(e).__name__, e)" for line, cell in
             (("--gpus 99", "x = 1"), ("-i gone", "x = 1"), ("", "x = ("), ("--on slrum", "x = 1"), ("-o 'my model'", "x = 1"))]]
    run = run_notebook(notebook("nb", *cells, "f = open('nb.ipynb')\ntry: get_ipython().run_cell_magic('submit', '', 'f.read()')\nexcept Exception as e: print(e)", "%%submit -n failing -o y\n1 / 0", "failing.wait()\nprint(failing.exception())"))
    text = "".join("".join(o["text"]) for o in outputs(run) if o["output_type"] == "stream")
    for words in ("99", "has no variable 'gone'", "SyntaxError", "slrum", "An output is the name of a variable", "an open file", "ZeroDivisionError: division by zero"): assert words in text, (words, text)


JUDGED = ["n: int = 1", "%load_ext opsnb\nimport opsnb as ops\nasked = [{'question': q, 'expected': e} for q, e in (('a', 'A'), ('b', 'B'), ('c', 'x'))]\n@ops.metric(passes_at=1)\ndef exact(output, expected): return output == expected",
          "%%evaluate asked -m exact -n shouting\ndef shout(question): return question.upper()", "%%evaluate asked -m exact -n lambdas\n# the value at its end\nlambda question: (\n    question)",
          "%evaluate asked -m exact -n again -t shout", "print(shouting['exact'].value, lambdas['exact'].value, again['exact'].value, again.rows[0].cached)"]


def test_a_cell_is_judged(ws, notebook):
    run = run_notebook(notebook("nb", *JUDGED))
    said = ["".join(o["text"]) for o in outputs(run) if o["output_type"] == "stream"]
    assert said[-1] == f"{2 / 3} 0.0 {2 / 3} True\n", said
    assert {r["status"] for r in ops.runs(type="evaluation")} == {"done"} and len(ops.runs(type="evaluation")) == 3
    wrong = [f"try: get_ipython().run_cell_magic('evaluate', {line!r}, {cell!r})\nexcept Exception as e: print(type(e).__name__, e)" for line, cell in
             (("asked -m exakt", "def f(q): return q"), ("asked", "def f(q): return q"), ("asked -m exact", "for i in range(2): pass"), ("gone.jsonl -m exact", "def f(q): return q"), ("asked -m exact", "1 / 0"))]
    run = run_notebook(notebook("nb2", *JUDGED[:2], *wrong))
    text = "".join("".join(o["text"]) for o in outputs(run) if o["output_type"] == "stream")
    for word in ("There is no metric 'exakt'", "By which metrics?", "does not end with what is to be judged", "There is no file gone.jsonl", "ZeroDivisionError division by zero"): assert word in text, text

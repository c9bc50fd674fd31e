"""A notebook goes on after a checkpoint exactly as if it had never stopped; when that is not sure, it runs again and says why."""
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import opsnb as ops
from opsnb.checkpoint import points
from opsnb.engine import resume_notebook, run_notebook
from opsnb.errors import OpsError
from opsnb.pipeline import Pipeline, resume_pipeline
from support import opsnb, until, written_below


@pytest.fixture(autouse=True)
def undelivered(monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "off")


def outputs(path):
    return [[{k: o.get(k) for k in ("text", "data", "output_type")} for o in c["outputs"]] for c in json.loads(Path(path).read_text())["cells"]]


def status(path):
    return [c["metadata"]["papermill"]["status"] for c in json.loads(Path(path).read_text())["cells"]]


def ran(result):
    return [c["cell"] for c in result.cells if c["status"] != "cached"]


MIXED = ["n: int = 3",
         """
import random, warnings
from dataclasses import dataclass
import numpy as np, pandas as pd, torch
random.seed(n); np.random.seed(n); torch.manual_seed(n)
np.set_printoptions(precision=3); pd.set_option('display.precision', 2); warnings.simplefilter('ignore')
total = 0
@dataclass
class Row:
    x: float
def add(k):
    global total
    total += k
    return total
def counter():
    n = 0
    def count():
        nonlocal n
        n += 1
        return n
    return count
""", """
# opsnb: checkpoint
whole = np.random.rand(4, 3)
part, turned, flat = whole[1:3, ::2], whole.T, whole.reshape(-1)
rows = [Row(random.random())]; twice = [rows[0], rows[0]]
table = pd.DataFrame({'a': whole[:, 0], 'b': list('wxyz')}); slice_ = table[:2]
count = counter(); count()
closed = open('/dev/null'); closed.close()
add(n)
""", """
model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
schedule = torch.optim.lr_scheduler.StepLR(optimizer, 2)
generator = torch.Generator().manual_seed(n)
view = model[0].weight.data[0]
def epoch():
    loss = (model(torch.tensor(whole, dtype=torch.float32)) - 1).pow(2).mean()
    optimizer.zero_grad(); loss.backward(); optimizer.step(); schedule.step()
    return loss.item()
print([epoch() for _ in range(3)])
""", """
# opsnb: checkpoint
import os, opsnb as ops
os.environ['MY_WORD'] = 'said'
ops.publish(first=float(whole[0, 0]))
with ops.track('inner', quiet=True) as inner: inner.log(loss=1.0)
""", "{}", """
flat[0] = 7; part[0, 0] = 8; twice[0].x = 0.5; slice_.loc[0, 'a'] = 9; view[0] = 3
print(whole, turned[0, 0], rows[0].x, isinstance(rows[0], Row), add(5), total, count(), np.random.rand(), random.random(), torch.rand(1), torch.rand(1, generator=generator))
print(table, slice_, [epoch() for _ in range(3)], model[0].weight, optimizer.param_groups[0]['lr'], os.environ['MY_WORD'], inner.status)
""", "ops.publish(last=total)\nmodel[2].bias.grad"]


def test_it_comes_out_as_if_it_had_never_stopped(ws, notebook, project):
    good, bad = [s.replace("{}", "print(total)") for s in MIXED], [s.replace("{}", "print(totl)") for s in MIXED]
    whole = run_notebook(notebook("long", *good), out="whole.ipynb")
    notebook("long", *bad)
    failed = run_notebook("long.ipynb", out="failed.ipynb", check=False)
    assert failed.status == "failed" and failed.next.startswith(f"opsnb resume {failed.id}   (goes on after cell 5")
    assert [p.cell for p in points(ws.path / "cache/checkpoints" / failed.id)] == [2, 4]
    notebook("long", *good)
    code, out, err = opsnb("resume", failed.id, "-o", "again.ipynb")
    assert code == 0 and f"long.ipynb goes on after cell 5: the state that {failed.id} saved there" in err, err
    assert outputs("again.ipynb") == outputs(whole.path)
    assert json.loads((project / "again.ipynb").read_text())["cells"][2]["metadata"]["opsnb"] == {"from": failed.id}
    assert status("again.ipynb") == status(whole.path) == ["completed"] * 8
    latest = ops.runs(type="notebook")[0]["run"]
    assert ops.run(latest).tags["opsnb.continues"] == failed.id and ops.run(latest).state.metrics.keys() >= {"first", "last"}
    assert not list((ws.path / "cache/checkpoints").glob("run_*")), "nobody needs these any more"


CHAIN = ["n: int = 3\nword: str = 'a'", "import rules\nx = rules.times(n)", "# opsnb: checkpoint\ny = x + len(open('data.txt').read())", "z = [y]", "# opsnb: checkpoint\nz.append(1)", "1 / 0", "print(z)"]


@pytest.fixture
def failed(ws, notebook, project):
    (project / "data.txt").write_text("data")
    (project / "rules.py").write_text("def times(n): return n * 2\n")
    result = run_notebook(notebook("chain", *CHAIN), check=False)
    mended(notebook)
    return result


def mended(notebook, changes=None): return notebook("chain", *[(changes or {}).get(i, "print('mended')" if i == 5 else s) for i, s in enumerate(CHAIN)])


def test_only_what_is_sure_is_not_run_again(failed, notebook, project):
    assert ran(resume_notebook(failed.id)) == [5, 6]


@pytest.mark.parametrize("change, again, why", [
    ({"cells": {3: "z = [y, y]"}}, [3, 4, 5, 6], "not after cell 5: cell 4 has changed"),
    ({"cells": {1: "import rules\nx = rules.times(n) + 1"}}, list(range(7)), "not after cell 3: cell 2 has changed"),
    ({"cells": {2: "y = x + len(open('data.txt').read())", 3: "# some text\nz = [y]"}}, [3, 4, 5, 6], "not after cell 5: cell 4 has changed"),
    ({"params": {"n": 4}}, None, "the parameters are others"),
    ({"data.txt": "other data"}, list(range(7)), "data.txt has changed"),
    ({"rules.py": "def times(n): return n * 3\n"}, list(range(7)), "rules.py, which cell 2 imports, has changed"),
])
def test_what_has_changed_runs_again(failed, notebook, project, change, again, why):
    for name in {"data.txt", "rules.py"} & set(change): (project / name).write_text(change[name])
    mended(notebook, change.get("cells"))
    result = resume_notebook(failed.id, change.get("params"))
    assert result.status == "done" and why in result.why and (again is None or ran(result) == again), result.why
    fresh = run_notebook("chain.ipynb", change.get("params"), out="fresh.ipynb")
    assert outputs(result.path) == outputs(fresh.path)


def test_a_damaged_state_is_not_taken(failed, ws):
    last = points(ws.path / "cache/checkpoints" / failed.id)[-1]
    data = bytearray(last.state.read_bytes())
    data[40:60] = bytes(20)
    last.state.write_bytes(data)
    result = resume_notebook(failed.id)
    assert ran(result) == [3, 4, 5, 6] and "goes on after cell 3" in result.why and "not after cell 5: " in result.why


def test_text_may_be_written_between(failed, project):
    nb = json.loads((project / "chain.ipynb").read_text())
    nb["cells"].insert(1, {"cell_type": "markdown", "id": "text", "source": "# A title", "metadata": {}})
    (project / "chain.ipynb").write_text(json.dumps(nb))
    result = resume_notebook(failed.id)
    assert ran(result) == [6, 7] and status(result.path) == ["completed"] * 8


@pytest.mark.parametrize("before, after, why", [
    ("import sqlite3\nkept = sqlite3.connect('x.db')", "kept.execute('select 1')", "'kept' could not be saved (Connection: cannot pickle 'sqlite3.Connection' object), and is read later"),
    ("numbers = (i for i in range(9))", "print(next(numbers))", "'numbers' could not be saved"),
    ("import torch\nw = torch.ones(2, requires_grad=True)\nkept = (w * 2).sum()", "kept.backward()", "'kept' could not be saved (Tensor: it carries a gradient graph"),
    ("numbers = (i for i in range(9))", "print(eval('1 + 1'))", "a later cell may read any name"),
    ("import threading, time\nthreading.Thread(target=time.sleep, args=[30], name='busy').start()", "print(1)", "the thread 'busy' is running when it was saved"),
    ("import subprocess\nsubprocess.Popen(['sleep', '30'])", "print(1)", "(sleep) is running when it was saved"),
    ("import logging\nlogging.basicConfig(level='INFO')", "logging.info('said')", "calls logging.basicConfig, and what that leaves behind is not saved"),
    ("5 + 5", "print(_)", "IPython's history is not saved"),
    ("import opsnb as ops\nopen_run = ops.track('open', quiet=True).start()", "print(1)", "the run 'open' is still open when it was saved"),
])
def test_with_a_doubt_it_runs_again(ws, notebook, before, after, why):
    book = notebook("doubtful", "n = 1", f"{before}\n# opsnb: checkpoint", "1 / 0", after)
    first = run_notebook(book, check=False)
    notebook("doubtful", "n = 1", f"{before}\n# opsnb: checkpoint", "0", after)
    result = resume_notebook(first.id)
    assert why in result.why and ran(result) == [0, 1, 2, 3], result.why


def test_names_that_nobody_reads_any_more_are_no_doubt_and_marked_cells_run_twice(ws, notebook, project):
    connect = "# opsnb: recompute\nimport sqlite3\ndb = sqlite3.connect('x.db')"
    book = ["n = 1", connect, "import logging\nnumbers = (i for i in range(9))\ndb.execute('create table t (x)')\ndb.execute('insert into t values (5)')\ndb.commit()\n# opsnb: checkpoint"]
    first = run_notebook(notebook("marked", *book, "1 / 0", "print(db.execute('select x from t').fetchall())"), check=False)
    notebook("marked", *book, "0", "print(db.execute('select x from t').fetchall())")
    result = resume_notebook(first.id)
    assert ran(result) == [3, 4] and outputs(result.path)[4][0]["text"] == ["[(5,)]\n"]
    assert sqlite3.connect(project / "x.db").execute("select count(*) from t").fetchone() == (1,)


SECRET = "tok_8f2a77c0ffee1234"  # noqa: S105


def test_secrets_are_not_in_a_state_and_are_handed_over_again(ws, notebook, project, monkeypatch):
    monkeypatch.setenv("SHOP_KEY", SECRET)
    book = ["key: 'Secret' = None", "copy, shown, kept = key, {'auth': f'Bearer {key}'}, 5", "# opsnb: checkpoint\nkept += 1"]
    first = run_notebook(notebook("secret", *book, "1 / 0", "print(kept, key[:3])"), {"key": "env:SHOP_KEY"}, check=False)
    place = ws.path / "cache/checkpoints" / first.id
    assert set(points(place)[0].left_out) == {"copy", "shown"} and SECRET.encode() not in written_below(project)
    notebook("secret", *book, "0", "print(kept, key[:3])")
    result = resume_notebook(first.id, {"key": "env:SHOP_KEY"})
    assert ran(result) == [3, 4] and outputs(result.path)[4][0]["text"] == ["6 tok\n"] and SECRET.encode() not in written_below(project)


def test_too_big_a_state_is_not_kept(ws, notebook, monkeypatch):
    monkeypatch.setenv("OPSNB_CHECKPOINT_MAX_MB", "1")
    result = run_notebook(notebook("big", "n = 1", "# opsnb: checkpoint\nx = bytes(2_000_000)", "print(1)"))
    assert "no checkpoint after cell 2: it takes more than 1,000,000 bytes" in result.why and not written_below(ws.path / "cache")


@pytest.mark.parametrize("whom", ["kernel", "runner"])
def test_after_a_sigkill(ws, notebook, project, whom):
    book = ["import os", "# opsnb: checkpoint\nimport random\nrandom.seed(3)\nprint(random.random())", "open('pid', 'w').write(str(os.getpid()))\nimport time\ntime.sleep(60 if not os.path.exists('go') else 0)", "print(random.random())"]
    child = subprocess.Popen([sys.executable, "-m", "opsnb", "run", str(notebook("killed", *book))], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert until(lambda: (project / "pid").exists() and (project / "pid").read_text(), 60)
    os.kill(int((project / "pid").read_text()) if whom == "kernel" else child.pid, signal.SIGKILL)
    child.wait(60)
    id = next(iter(ws.journal.glob("run_*"))).name
    (project / "go").touch()
    result = resume_notebook(id)
    assert ran(result) == [2, 3] and outputs(result.path) == outputs(run_notebook("killed.ipynb").path)
    assert not list(Path(tempfile.gettempdir()).glob(f"opsnb-k-{child.pid}-*")), "its temporary folder went with the next notebook"


STEPS = """
name: steps
steps:
  first: {notebook: first.ipynb}
  long: {notebook: long.ipynb, params: {n: "${first.n}"}, retries: %d}
"""


def test_steps_of_a_pipeline_go_on_too(ws, notebook, project):
    notebook("first", "", "import opsnb as ops\nops.publish(n=2)")
    notebook("long", "n: int = 0", "# opsnb: checkpoint\nx = n * 10", "import os\nassert os.path.exists('flag'), open('flag', 'w').close()", "import opsnb as ops\nops.publish(x=x)")
    (project / "pipeline.yaml").write_text(STEPS % 1)
    done = Pipeline(project).run()
    assert done.values["long"] == {"x": 20} and done.steps["long"].attempt == 2 and ran(done.steps["long"].notebook) == [3, 4], "a retry; the parameters are a cell, too"
    (project / "flag").unlink()
    notebook("first", "", "import opsnb as ops\nops.publish(n=3)")
    (project / "pipeline.yaml").write_text(STEPS % 0)
    failed = Pipeline(project).run(check=False)
    again = resume_pipeline(failed.id)
    assert failed.status == "failed" and again.values["long"] == {"x": 30} and ran(again.steps["long"].notebook) == [3, 4] and "goes on after cell 3" in again.steps["long"].why


def test_wrong_use_is_told(ws, notebook, project):
    done = run_notebook(notebook("fine", "n = 1", "print(n)"))
    with pytest.raises(OpsError, match="has ended well"): resume_notebook(done.id)
    with pytest.raises(OpsError, match="not the run of a notebook"):
        with ops.track("script", quiet=True) as run: pass
        resume_notebook(run.id)
    plain = run_notebook(notebook("plain", "n = 1", "1 / 0"), check=False)
    notebook("plain", "n = 1", "print(n)")
    assert resume_notebook(plain.id).why == "runs from its beginning; no checkpoint was saved"

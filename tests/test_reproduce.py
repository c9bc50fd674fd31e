"""What a run was made of is recorded, and a run can be made again from it: real notebooks, kernels and repositories."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import psutil
import pytest

import opsnb as ops
from support import cells, opsnb, python, until, written_below
from opsnb import provenance
from opsnb.diff import Made, alike, cell_pairs, same_picture
from opsnb.engine import run_notebook
from opsnb.errors import OpsError, Unavailable
from opsnb.journal import records
from opsnb.track.deliver import sync


@pytest.fixture(autouse=True)
def recorded(monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    monkeypatch.setenv("OPSNB_PROVENANCE", "1")


@pytest.fixture
def git(project, monkeypatch):
    monkeypatch.setenv("OPSNB_GIT", "1")
    def call(*args): return subprocess.run(["git", "-c", "user.name=n", "-c", "user.email=n@example.org", *args], cwd=project, check=True, capture_output=True, text=True).stdout.strip()
    call("init", "-q")
    (project / ".gitignore").write_text(".opsnb\nexecuted\n")
    return call


SEEDED = ("seed: int = 1", "import random\nrandom.seed(seed)\nx = [random.random() for _ in range(3)]\nprint(x)",
          "import opsnb as ops\nwith ops.track('inside', quiet=True) as r:\n    for v in x: r.log(loss=v)\nops.publish(total=sum(x), about={'n': 3})")


def test_a_run_records_what_it_is_made_of(ws, project, notebook):
    (project / "shapes").mkdir()
    (project / "shapes/__init__.py").write_text("from .sizes import big\n")
    (project / "shapes/sizes.py").write_text("import limits\nbig = limits.most\n")
    (project / "limits.py").write_text("most = 10\n")
    (project / "unused.py").write_text("nobody imports this\n")
    (project / "points.csv").write_text("x\n1\n")
    (project / "more").mkdir()
    (project / "more/a.txt").write_text("a")
    (project / "old.txt").write_text("old")
    path = notebook("fit", "seed: int = 1\nfolder: str = 'more'\nn: int = 2", "%matplotlib inline\nimport shapes, random, numpy.linalg\nrandom.seed(seed)\nopen('points.csv').read(), shapes.big",
                    "from pathlib import Path\nPath('old.txt').write_text('new')\nPath('made.txt').write_text('x')\nimport opsnb as ops\nops.publish(made=Path('made.txt'))")
    run = ops.run(run_notebook(path, {"folder": "more", "seed": 7}).id)
    made = Made(run)
    facts = made.facts
    assert set(made.code) == {"fit.ipynb", "shapes/__init__.py", "shapes/sizes.py", "limits.py"} and made.code["limits.py"] == "most = 10\n" and made.code["fit.ipynb"] == path.read_text()
    assert facts["seeds"]["params"] == {"seed": 7} and facts["seeds"]["calls"] == ["random.seed(seed)"] and facts["params"] == {"folder": "more", "seed": 7}
    inputs = {r["given"]: r for r in facts["inputs"]}
    assert set(inputs) == {"more", "points.csv", "old.txt"} and inputs["more"]["kind"] == "folder" and inputs["more"]["files"] == 1
    assert inputs["points.csv"]["sha256"] == provenance.digest(project / "points.csv")["sha256"]
    assert made.outputs["written"] == [str(project / "old.txt")] and made.outputs["published"]["made"]["bytes"] == 1
    assert made.lock["ipykernel"] and facts["python"]["version"] == ".".join(map(str, sys.version_info[:3])) and made.hardware["cores"] == os.cpu_count()
    assert provenance.digest(project / "more", most_files=0)["sha256"].startswith("not read: 1 bytes")
    assert len(run.tags["opsnb.env"]) == len(run.tags["opsnb.code"]) == 16 and facts["left_out"] == [] and "provenance/changes.diff" not in made.files


def test_the_lock_is_what_importlib_finds():
    from importlib.metadata import distributions
    seen = {}
    for d in distributions(): seen.setdefault(re.sub(r"[-_.]+", "-", d.metadata["Name"]).lower(), d.version)
    lock = dict(line.split("  #")[0].split("==") for line in provenance.environment())
    assert lock == seen


def test_the_record_is_at_mlflow_and_read_back_from_there(ws, notebook):
    id = run_notebook(notebook("fit", *SEEDED)).id
    sync(workspace=ws)
    before = Made(ops.run(id)).facts
    shutil.rmtree(ws.journal / id)
    for child in ws.journal.glob("run_*"): shutil.rmtree(child)
    remote = ops.run(id)
    assert remote._remote and Made(remote).facts == before
    assert remote._remote.run.data.tags["opsnb.code"] and remote._remote.run.data.tags["opsnb.env"] == before["environment"][:16]
    verdict = ops.reproduce(id)
    assert verdict.ok and "2 metrics" in verdict.why  # that of the run and that of the run inside it


def test_the_same_comes_out_and_history_stays_as_it_is(ws, project, notebook):
    path = notebook("fit", *SEEDED)
    id = run_notebook(path, {"seed": 5}).id
    before, files = {p.name for p in ws.journal.iterdir()}, sorted((project / "executed").iterdir())
    path.write_text(cells("seed: int = 1", "raise SystemError('edited since')"))
    code, out, err = opsnb("reproduce", id, "--json")
    told = json.loads(out)
    assert code == 0 and told["ok"] is True and told["why"] == "the same again: 2 values, 2 metrics, 3 cells, within 1e-06", (out, err)
    new = {p.name for p in ws.journal.iterdir()} - before
    assert new == {told["run"]} and sorted((project / "executed").iterdir()) == files
    about = ops.run(told["run"])
    assert about.state.type == "reproduce" and about.status == "done" and about.tags["opsnb.reproduces"] == id and json.loads(about.artifact("verdict.json").read_text())["ok"]


def test_numbers_within_the_tolerance_are_the_same(ws, notebook):
    id = run_notebook(notebook("fit", "seed: int = 1", "import time, opsnb as ops\nx = 1 + time.time_ns() % 1000 * 1e-9\nprint(f'{x:.9f} at', object())\nops.publish(x=x)")).id
    assert not ops.reproduce(id, tolerance=1e-12).ok and ops.reproduce(id, tolerance=1e-3).ok


def test_an_unseeded_notebook_is_said_to_be(ws, notebook):
    id = run_notebook(notebook("fit", "n: int = 3", "import random, opsnb as ops\nx = random.random()\nprint(x)\nops.publish(x=x)")).id
    verdict = ops.reproduce(id, keep=True)
    assert not verdict.ok and verdict.exit_code == 1 and verdict.cause.startswith("no seed: random.random")
    assert {(r["what"], r["name"]) for r in verdict.evidence if r["ok"] is False} == {("value", "x"), ("output", "cell 2")}
    assert ops.run(verdict.run).status == "failed" and "no seed" in ops.run(verdict.run).tags["opsnb.cause"] and (os.path.isdir(verdict.folder))
    shutil.rmtree(verdict.folder)


def test_another_package_version_is_named_as_the_cause(ws, notebook):
    id = run_notebook(notebook("fit", "seed: int = 3", "import time, pandas, opsnb as ops\nops.publish(x=time.time_ns() % 1000)")).id
    lock = ops.run(id).artifact("provenance/environment.txt")
    lock.write_text(re.sub(r"(?m)^(pandas|click)==\S+", r"\1==0.0.1", lock.read_text()))
    verdict = ops.reproduce(id)
    assert not verdict.ok and verdict.cause.startswith("environment: pandas 0.0.1 → ") and "click" not in verdict.cause
    assert {r["name"] for r in verdict.evidence if r["what"] == "environment"} == {"pandas", "click"}


def test_changed_and_missing_data_is_said_before_anything_runs(ws, project, notebook):
    (project / "data").mkdir()
    (project / "data/a.csv").write_text("x\n1\n")
    id = run_notebook(notebook("fit", "data: str = ''", "import opsnb as ops\nfrom pathlib import Path\nops.publish(n=len(list(Path(data).iterdir())))"), {"data": str(project / "data")}).id
    assert ops.reproduce(id).ok
    (project / "data/a.csv").write_text("x\n2\n")
    verdict = ops.reproduce(id)
    assert not verdict.ok and verdict.cause == "data" and "not run" in verdict.why and "changed since" in verdict.why
    assert not ops.run(verdict.run).artifacts()[1:]  # the verdict, and no executed notebook
    shutil.rmtree(project / "data")
    assert "missing" in ops.reproduce(id).why


def test_changes_and_files_that_git_does_not_know_are_restored(ws, project, notebook, git):
    (project / "model.py").write_text("factor = 2\n")
    (project / "settings.json").write_text('{"shift": 1}')
    (project / "logo.bin").write_bytes(bytes(range(256)))
    path = notebook("fit", "points: str = 'points.csv'", "import json, model, extra, opsnb as ops\nname = 'settings'\nn = sum(map(int, open(points).read().split()))\n"
                    "ops.publish(y=n * model.factor + extra.more + json.load(open(name + '.json'))['shift'] + open('logo' + '.bin', 'rb').read()[-1])")
    (project / "points.csv").write_text("1\n2\n")
    git("add", ".")
    git("commit", "-qm", "first")
    (project / "model.py").write_text("factor = 10\n")  # a change
    (project / "logo.bin").write_bytes(bytes(range(250)))  # and one that is not text
    (project / "extra.py").write_text("more = 0.5\n")   # a file that git does not know
    run = ops.run(run_notebook(path).id)
    made = Made(run)
    assert made.values["y"] == 30 + 0.5 + 1 + 249
    assert {r["path"]: r["git"] for r in made.facts["code"]} == {"fit.ipynb": "tracked", "model.py": "changed", "extra.py": "untracked"}
    assert "+factor = 10" in made.text("provenance/changes.diff") and [r["path"] for r in made.json("provenance/untracked.json")] == ["extra.py"]
    assert made.facts["git"]["commit"] == git("rev-parse", "HEAD")
    for name in ("extra.py", "model.py", "settings.json", "fit.ipynb"): (project / name).unlink()
    (project / "points.csv").write_text("changed\n")
    (project / "logo.bin").write_bytes(b"")
    verdict = ops.reproduce(run.id)  # settings.json, which nothing names, and points.csv as it was come from the commit
    assert verdict.ok, verdict


def test_nothing_secret_is_recorded(ws, project, notebook, git, monkeypatch):
    monkeypatch.setenv("SERVICE_API_KEY", "value-of-a-variable")
    (project / "keys.py").write_text("api_key = 'written-in-code'\ndb = 'postgresql://me:in-an-address@host/x'\n")
    (project / "tracked.py").write_text("x = 1\n")
    git("add", "tracked.py")
    git("commit", "-qm", "first")
    (project / "tracked.py").write_text("x = 1\ntoken = 'ghp_" + "a" * 30 + "'\ncopied = 'value-of-a-variable'\n")
    path = notebook("fit", "seed: int = 1\napi_token: str = ''", "import keys, tracked, opsnb as ops\nops.publish(n=len(keys.api_key))")
    run = ops.run(run_notebook(path, {"api_token": "given-as-parameter"}).id)
    kept = written_below(run.folder / "files/provenance") + b"".join(json.dumps(r.data).encode() for r in records(run.folder))
    for secret in (b"value-of-a-variable", b"written-in-code", b"in-an-address", b"ghp_aaaa", b"given-as-parameter"): assert secret not in kept, secret
    assert b"api_key = '***'" in kept and b"PATH" not in (run.folder / "files/provenance/run.json").read_bytes()
    verdict = ops.reproduce(run.id)
    assert verdict.ok and [r["name"] for r in verdict.evidence if r["what"] == "parameter"] == ["api_token"]  # the original files are still there
    (project / "keys.py").unlink()
    verdict = ops.reproduce(run.id)
    assert not verdict.ok and "keys.py" in verdict.cause


def test_what_is_too_big_is_left_out_and_said(ws, project, notebook, monkeypatch):
    monkeypatch.setenv("OPSNB_PROVENANCE_MAX_MB", "0.001")
    (project / "big.py").write_text("x = 1  #" + "b" * 2000)
    made = Made(ops.run(run_notebook(notebook("fit", "n: int = 1", "import big, opsnb as ops\nops.publish(n=big.x)")).id))
    assert "big.py" not in made.code and made.facts["left_out"] == ["code big.py: 2,008 bytes, beyond the limit"]
    assert ops.reproduce(made.run.id).ok  # it is still there, unchanged
    (project / "big.py").write_text("x = 2")
    verdict = ops.reproduce(made.run.id)
    assert not verdict.ok and "big.py" in verdict.cause


def test_a_record_that_fails_does_not_break_the_run(ws, notebook, monkeypatch):
    monkeypatch.setattr(provenance, "hardware", lambda: 1 / 0)
    run = ops.run(run_notebook(notebook("fit", *SEEDED)).id)
    assert run.status == "done" and run.tags["opsnb.provenance"] == "not recorded: ZeroDivisionError: division by zero"
    with pytest.raises(OpsError, match="no record of what it is made of"): ops.reproduce(run.id)


def test_a_run_that_failed_fails_again(ws, notebook):
    id = run_notebook(notebook("fit", "n: int = 1", "print('about to')\nraise ValueError(f'n is {n}')"), {"n": 3}, check=False).id
    assert ops.run(id).status == "failed" and ops.reproduce(id).ok


def test_a_notebook_that_reads_earlier_runs_finds_none_and_that_is_the_cause(ws, notebook):
    with ops.track("earlier", quiet=True, experiment="e") as run: run.log(x=1.0)
    sync(workspace=ws)
    id = run_notebook(notebook("count", "seed: int = 1", "import opsnb as ops\nops.publish(n=len([r for r in ops.runs() if r['name'] == 'earlier']))")).id
    verdict = ops.reproduce(id)
    assert not verdict.ok and verdict.why.startswith("2 of 4 differ: value n: 1 → 0") and verdict.cause.startswith("it reads recorded runs")


def test_what_cannot_be_reproduced_says_why(ws, notebook):
    with ops.track("only tracked", quiet=True) as run: run.log(x=1.0)
    with pytest.raises(OpsError, match="a run of type run"): ops.reproduce(run.id)
    code, _, err = opsnb("reproduce", "run_nowhere")
    assert code == 2 and "There is no run" in err


def test_a_pipeline_and_one_of_its_steps(ws, project, notebook):
    notebook("a", "seed: int = 0", "import random, opsnb as ops\nrandom.seed(seed)\np = ops.output_dir() / 'table.csv'\np.write_text(f'x\\n{random.random()}\\n')\nops.publish(table=p, n=seed * 2)")
    notebook("b", "table: str\nn: int\nnoise: bool = False", "import random, helper, opsnb as ops\nx = float(open(table).read().split()[1])\nops.publish(total=n + x + helper.one + (random.random() if noise else 0))")
    (project / "helper.py").write_text("one = 1\n")
    text = "name: demo\nparams: {seed: 3, noise: false}\nsteps:\n  a: {notebook: a.ipynb, params: {seed: '${params.seed}'}}\n  b: {notebook: b.ipynb, params: {table: '${a.table}', n: '${a.n}', noise: '${params.noise}'}}\n"
    (project / "pipeline.yaml").write_text(text)
    run = ops.run_pipeline(project / "pipeline.yaml", {"seed": 4})
    assert set(Made(ops.run(run.id)).code) == {"pipeline.yaml", "a.ipynb", "b.ipynb", "helper.py"}
    (project / "helper.py").write_text("one = 100\n")
    verdict = ops.reproduce(run.id)
    assert verdict.ok and "3 values" in verdict.why and "4 cells" in verdict.why, verdict
    step = run.steps["b"].notebook.id
    assert ops.reproduce(step).ok
    os.remove(run.values["a"]["table"])
    assert "missing" in ops.reproduce(step).why  # what another step made is an input of this one
    noisy = ops.run_pipeline(project / "pipeline.yaml", {"noise": True})
    verdict = ops.reproduce(noisy.id)
    assert {r["name"] for r in verdict.evidence if r["ok"] is False} == {"b/total", "b/cell 2"}


def test_diff_of_runs_that_differ_in_a_parameter_and_a_cell(ws, project, notebook):
    path = notebook("fit", *SEEDED)
    a = run_notebook(path, {"seed": 1}).id
    path.write_text(cells(SEEDED[0], "print('a cell between')", SEEDED[1], SEEDED[2].replace("'n': 3", "'n': 4")))
    b = run_notebook(path, {"seed": 2}).id
    found = ops.diff(a, b)
    assert found.params == [{"parameter": "seed", a: "1", b: "2"}] and not found.environment and not found.data
    assert [r["file"] for r in found.code] == ["fit.ipynb"] and "a cell between" in found.code[0]["diff"] and "'n': 4" in found.code[0]["diff"] and "random.seed" not in found.code[0]["diff"]
    assert {r["metric"] for r in found.metrics} == {"total", "inside/loss"} and found.metrics[0]["where"] == "from step 0"
    assert [r["output"] for r in found.outputs] == ["about.n", "cell 2", "cell 3", "cell 4"] and found.outputs[1]["kind"] == "the cell itself"
    code, out, _ = opsnb("diff", a, b, "--json")
    assert code == 0 and json.loads(out) == {**found.to_dict(), "outputs": json.loads(out)["outputs"]}
    assert "a cell between" in str(found) and "environment: the same" in str(found) and "<pre>" in found._repr_html_()
    assert not ops.diff(a, a)


def test_cells_are_paired_without_nbdime_too(monkeypatch):
    def made(*sources): return [{"cell_type": "code", "source": s, "metadata": {}, "outputs": []} for s in sources]
    a, b = made("import os", "x = 1", "print(x)"), made("import os", "y = 0\ny += 1", "x = 2", "print(x)")
    with_it = cell_pairs(a, b)
    monkeypatch.setattr("opsnb.plug.has", lambda name: False)
    without = cell_pairs(a, b)
    for pairs in (with_it, without): assert len(pairs) == 4 and pairs[0] == (a[0], b[0]) and pairs[-1] == (a[2], b[3])


def test_what_counts_as_the_same():
    same = [("<A at 0x7f00aa11>", "<A at 0x7fffbb22>"), ("took 1.2 s", "took 980 ms"), ("run_0123456789ab", "run_ba9876543210"), ("2026-11-20 10:00:01 loss 0.5", "2026-11-21T11:30:00 loss 0.5"),
            ("a   1.0\nbb  20.0", "a   1.0\nbb  20.0000001"), ("nan", "nan"), ("in /x/y/z.csv", "in /t/u/z.csv")]
    other = [("loss 0.5", "loss 0.6"), ("epoch 1 of 5", "epoch 1 of 6"), ("yes", "no"), ("1 2", "1 2 3"), ("-1", "1"), ("nan", "1.0")]
    assert all(alike(a, b, folders=["/x/y", "/t/u"]) for a, b in same) and not any(alike(a, b) for a, b in other)


def test_pictures_are_compared_by_their_pixels():
    import io
    from PIL import Image
    def png(color, **kw):
        out = io.BytesIO()
        Image.new("RGB", (8, 8), color).save(out, "PNG", **kw)
        return out.getvalue()
    assert png("red", compress_level=0) != png("red", compress_level=9) and same_picture(png("red", compress_level=0), png("red", compress_level=9))
    assert not same_picture(png("red"), png("blue")) and not same_picture(b"no picture", png("red"))


def test_big_files_are_read_once(project, monkeypatch):
    big = project / "big.bin"
    big.write_bytes(b"x" * 3_000_000)
    cache = project / "cache"
    first = provenance.digest(big, cache)
    assert provenance.digest(big, cache) == first and len(list(cache.iterdir())) == 1
    note = next(cache.iterdir())
    note.write_text(note.read_text().replace(first["sha256"], "remembered"))
    assert provenance.digest(big, cache)["sha256"] == "remembered"
    time.sleep(0.01)
    big.write_bytes(b"y" * 3_000_000)
    assert provenance.digest(big, cache)["sha256"] not in ("remembered", first["sha256"])


def test_another_interpreter_is_asked(project):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", project / "venv"], check=True)
    other = str(project / "venv/bin/python")
    assert provenance.environment(other) == () and provenance.interpreter(other)["version"] == provenance.interpreter()["version"]
    assert provenance.environment(str(project / "no/python")) is None


def test_a_kernel_of_another_environment_is_recorded_and_used_again(ws, project, notebook, monkeypatch):
    venv = project / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", "--system-site-packages", venv], check=True)
    site = next(venv.glob("lib/*/site-packages"))
    (site / "borrowed.pth").write_text("\n".join(p for p in sys.path if p.endswith("site-packages")))
    (site / "only_there-4.2.dist-info").mkdir()
    (site / "only_there.py").write_text("x = 42\n")
    spec = project / "jupyter/kernels/other"
    spec.mkdir(parents=True)
    (spec / "kernel.json").write_text(json.dumps({"argv": [str(venv / "bin/python"), "-m", "ipykernel_launcher", "-f", "{connection_file}"], "display_name": "other", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(project / "jupyter"))
    monkeypatch.setenv("PYTHONPATH", os.path.dirname(os.path.dirname(ops.__file__)))
    id = run_notebook(notebook("fit", "n: int = 1", "import only_there, opsnb as ops\nops.publish(x=only_there.x)"), kernel="other").id
    made = Made(ops.run(id))
    assert made.lock["only-there"] == "4.2" and made.facts["python"]["executable"] == str(venv / "bin/python")
    monkeypatch.delenv("JUPYTER_PATH")
    verdict = ops.reproduce(id)
    assert verdict.ok, verdict


def test_a_fresh_environment_from_the_lock(ws, notebook):
    if subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", ws.path / "try", "six==1.17.0"], capture_output=True).returncode: pytest.skip("no package index can be reached")
    id = run_notebook(notebook("fit", "n: int = 1", "import sys, IPython, opsnb as ops\nprint(IPython.__version__)\nops.publish(n=n, where='environments' in sys.executable)")).id
    lock, needed = ops.run(id).artifact("provenance/environment.txt"), closure("ipykernel")
    kept = [line for line in lock.read_text().splitlines() if line.split("==")[0] in {*needed, "opsnb"}]
    lock.write_text("\n".join([*kept, "ours==1.0  # editable: file:///nowhere/ours"]) + "\n")
    verdict = ops.reproduce(id, env=True)
    assert [(r["name"], r["recorded"], r["again"]) for r in verdict.evidence if r["ok"] is False and r["what"] == "value"] == [("where", False, True)], verdict
    assert {r["name"] for r in verdict.evidence if r["what"] == "environment"} == {"ours"}
    assert len(list((ws.path / "cache/environments").iterdir())) == 1
    lock.write_text(lock.read_text() + "no-such-package-of-ours==1.0\n")
    with pytest.raises(Unavailable, match="cannot be made"): ops.reproduce(id, env=True)


def closure(name):
    """A distribution and all it needs here, by name."""
    from importlib.metadata import PackageNotFoundError, requires
    from packaging.requirements import Requirement
    found, ahead = set(), [name]
    while ahead:
        one = re.sub(r"[-_.]+", "-", ahead.pop()).lower()
        try: needs = [Requirement(r) for r in requires(one) or []] if one not in found else []
        except PackageNotFoundError: continue
        found.add(one)
        ahead += [r.name for r in needs if r.marker is None or r.marker.evaluate({"extra": ""})]
    return found


def test_reading_and_comparing_loads_nothing_heavy():
    assert python("import opsnb.reproduce, sys; print(*sorted({'mlflow', 'pandas', 'papermill', 'nbdime', 'PIL', 'numpy'} & set(sys.modules)))").strip() == ""


def test_an_interrupt_ends_the_rerun_and_leaves_nothing(ws, project, notebook, tmp_path):
    id = run_notebook(notebook("nap", "seed: int = 1", "import time, os\ntime.sleep(float(os.environ.get('NAP', '0')))\nprint('slept')")).id
    env = {**os.environ, "NAP": "60", "TMPDIR": str(tmp_path)}
    process = subprocess.Popen([sys.executable, "-m", "opsnb", "reproduce", id], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert until(lambda: [r for f in tmp_path.glob("opsnb-again-*/.opsnb/journal/run_*") for r in records(f, kinds="cell.started") if r.data["cell"] >= 1])
    below = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130 and "Interrupted" in err and not list(tmp_path.glob("opsnb-again-*"))
    assert below and until(lambda: not any(p.is_running() and p.status() != "zombie" for p in below), 10)
    assert [r["status"] for r in ops.runs(type="reproduce")] == ["cancelled"]

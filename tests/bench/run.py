"""Benchmarks: us and the peer on the same work, in fresh processes, interleaved; medians of CPU seconds and wall time.

    python tests/bench/run.py                 all of them, about forty minutes
    python tests/bench/run.py start log       only these
    python tests/bench/run.py log --points 20000
    python tests/bench/run.py --write         and keep the figures in RESULTS.md

Machines are noisy: look at ratios, and at CPU seconds rather than wall time.
"""
import argparse
import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from evaluate_intervals import evaluate_intervals  # noqa: E402 - beside this file
from evaluate_judge import judge, offline_judge  # noqa: E402
from evaluate_sweep import made_cases, sweep_claims, sweep_shared  # noqa: E402
from jobs import jobs  # noqa: E402 - beside this file
from evaluate_faithfulness import faithfulness, profanity, relevance, texts as likeness  # noqa: E402 - beside this file
from evaluate_speed import evaluate_speed  # noqa: E402
from evaluate_classic import bias, classic, drift  # noqa: E402 - beside this file
from lab_note import lab_note  # noqa: E402
from lab_panel import lab_panel  # noqa: E402
from lab_server import lab_server  # noqa: E402
from lab_widgets import lab_widgets  # noqa: E402
from llm import llm  # noqa: E402
from on_ray import on_ray  # noqa: E402
from pipelines import diamond, growth, outputs_growth, plan  # noqa: E402
from rag_build import embedding  # noqa: E402
from rag_chunk import incremental  # noqa: E402
from rag_answer import rag_answer, rag_support  # noqa: E402
from rag_index import rag_index  # noqa: E402
from rag_ingest import rag_ingest  # noqa: E402
from rag_retrieval import retrieval  # noqa: E402
from support import cells, end_couriers, killed_while_logging  # noqa: E402
from timing import interleaved, measured  # noqa: E402

BIN = Path(sys.executable).parent


def start(options):
    """Starting: imports and --help."""
    py = [sys.executable, "-c"]
    home = tempfile.mkdtemp()
    os.environ["OPSNB_HOME"] = f"{home}/.opsnb"
    found = interleaved({
        "python -c pass": [*py, "pass"], "import opsnb": [*py, "import opsnb"], "import opsnb; ops.track": [*py, "import opsnb; opsnb.track"],
        "import mlflow": [*py, "import mlflow"], "import papermill": [*py, "import papermill"], "import wandb": [*py, "import wandb"],
        "opsnb --help": [BIN / "opsnb", "--help"], "papermill --help": [BIN / "papermill", "--help"], "mlflow --help": [BIN / "mlflow", "--help"],
    }, options.times)
    shutil.rmtree(home)
    bare = found["python -c pass"][1]
    rows = [[n, f"{w * 1000:.0f}", f"{c * 1000:.0f}", f"{(c - bare) * 1000:.0f}"] for n, (w, c) in found.items()]
    ratios = [f"`import opsnb` costs {(found['import opsnb'][1] - bare) * 1000:.0f} ms of CPU more than bare Python (target: at most 150); `import mlflow` {(found['import mlflow'][1] - bare) * 1000:.0f} ms.",
              f"`opsnb --help` takes {found['opsnb --help'][0] * 1000:.0f} ms wall (target: at most 250), {found['papermill --help'][0] / found['opsnb --help'][0]:.0f} times less than `papermill --help`."]
    return ["what", "wall ms", "CPU ms", "CPU ms above bare Python"], rows, ratios


LOOP = """
import json, sys, time
n = int(sys.argv[1])
{setup}
t0 = time.perf_counter()
{loop}
loop = time.perf_counter() - t0
{end}
print(json.dumps(dict(loop=loop, present={count})))
"""
MLFLOW = "import mlflow, os; mlflow.set_tracking_uri('sqlite:///' + os.environ['BENCH'] + '/m.db'); r = mlflow.start_run()"
MLFLOW_COUNT = "len(mlflow.MlflowClient().get_metric_history(r.info.run_id, 'loss'))"
PEERS = {
    "mlflow.log_metric, synchronous": (MLFLOW, "for i in range(n): mlflow.log_metric('loss', 1 / (i + 1), step=i)", "mlflow.end_run()", MLFLOW_COUNT),
    "mlflow.log_metric(synchronous=False)": (MLFLOW, "for i in range(n): mlflow.log_metric('loss', 1 / (i + 1), step=i, synchronous=False)", "mlflow.flush_async_logging(); mlflow.end_run()", MLFLOW_COUNT),
    "MlflowClient.log_batch, 1,000 a call": (MLFLOW + "; from mlflow.entities import Metric; c = mlflow.MlflowClient()",
        "for k in range(0, n, 1000):\n    now = int(time.time() * 1000)\n    c.log_batch(r.info.run_id, [Metric('loss', 1 / (i + 1), now, i) for i in range(k, min(n, k + 1000))])", "mlflow.end_run()", MLFLOW_COUNT),
    "wandb offline, run.log": ("import wandb, os; r = wandb.init(mode='offline', dir=os.environ['BENCH'], project='p', settings=wandb.Settings(silent=True, x_disable_stats=True, console='off'))",
        "for i in range(n): r.log({'loss': 1 / (i + 1)})", "r.finish()", "n"),
}
OURS = ("import opsnb as ops; r = ops.track('bench').start()", "for i in range(n): r.log(loss=1 / (i + 1))", "r.finish()", "n")


def log(options):
    """Logging metrics, one by one, and all of them at MLflow in the end."""
    n, rows, seen = options.points, [], {}
    for _ in range(options.log_times):
        for name, (setup, loop, end, count) in {"opsnb run.log": OURS, **PEERS}.items():
            points = min(n, options.slow_points) if name.endswith(", synchronous") else n
            seen.setdefault(name, []).append(_one(name, LOOP.format(setup=setup, loop=loop, end=end, count=count), points))
    for name, found in seen.items():
        loop, cpu, present, points = (statistics.median(v) for v in zip(*found, strict=True))
        rows.append([name, f"{points:,.0f}", f"{loop / points * 1e6:,.1f}", f"{cpu:.1f}", f"{cpu / points * 1e6:.0f}", f"{present:,.0f}"])
    per = {r[0]: float(r[2].replace(",", "")) for r in rows}
    cpu = {r[0]: float(r[3]) for r in rows}
    ratios = [f"In the loop, `run.log` takes {per['mlflow.log_metric, synchronous'] / per['opsnb run.log']:,.0f} times less than synchronous `mlflow.log_metric` (target: at least 100), "
              f"{per['mlflow.log_metric(synchronous=False)'] / per['opsnb run.log']:,.0f} times less than asynchronous, {per['wandb offline, run.log'] / per['opsnb run.log']:,.0f} times less than W&B offline.",
              f"Total CPU, delivery to MLflow included, is {cpu['opsnb run.log'] / cpu['MlflowClient.log_batch, 1,000 a call']:.2f} times that of `log_batch` with 1,000 points a call (target: at most 1.30)."]
    return ["what", "points", "µs per call in the loop", "CPU s in total", "CPU µs per point", "points at MLflow afterwards"], rows, ratios


def _one(name, code, points):
    folder = tempfile.mkdtemp()
    env = {"BENCH": folder, "OPSNB_HOME": f"{folder}/.opsnb", "OPSNB_DELIVERY": "off", "OPSNB_SYSTEM_METRICS_S": "0", "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_LOGGING_LEVEL": "ERROR",
           "WANDB_SILENT": "true", "MLFLOW_TRACKING_URI": ""}
    env = {k: v for k, v in env.items() if v}
    _, cpu, out = measured([sys.executable, "-c", code, points], **env)
    made = json.loads(out.strip().splitlines()[-1])
    if name.startswith("opsnb"):  # the courier's work, in a process whose CPU we can count
        cpu += measured([sys.executable, "-c", "from opsnb.track.deliver import sync; assert sync().exit_code == 0"], **env)[1]
        count = "from opsnb.track.mlflow import search, Remote; from opsnb.workspace import Workspace; w = Workspace.find(); print(len(Remote.find(w, search(w)[0].id).history('loss')))"
        made["present"] = int(measured([sys.executable, "-c", count], **env)[2].strip())
    shutil.rmtree(folder)
    return made["loop"], cpu, made["present"], points


def background(options):
    """The same loop while the courier delivers beside it, and a slow loop as in training."""
    rows = []
    for what, body in {"100,000 points as fast as it goes": "for i in range(100_000): r.log(loss=1 / (i + 1))", "2,000 points, 2 ms apart": "for i in range(2000):\n    time.sleep(0.002)\n    t = time.perf_counter(); r.log(loss=1 / (i + 1)); spent += time.perf_counter() - t"}.items():
        for mode in ("off", "background"):
            folder = tempfile.mkdtemp()
            code = f"import opsnb as ops, time\nr = ops.track('b').start()\nspent, t0 = 0.0, time.perf_counter()\n{body}\nloop = spent or time.perf_counter() - t0\nr.finish()\nprint(loop / (100_000 if not spent else 2000) * 1e6)"
            _, _, out = measured([sys.executable, "-c", code], OPSNB_HOME=f"{folder}/.opsnb", OPSNB_DELIVERY=mode, OPSNB_SYSTEM_METRICS_S="0")
            rows.append([what, mode, f"{float(out.split()[-1]):.1f}"])
            time.sleep(1)
            end_couriers(folder)
            shutil.rmtree(folder, ignore_errors=True)
    return ["what", "delivery", "µs per call"], rows, []


def kill(options):
    """SIGKILL at random moments while a run logs and while its records are delivered."""
    from opsnb.workspace import Workspace
    os.environ |= {"OPSNB_DELIVERY": "off", "OPSNB_SYSTEM_METRICS_S": "0"}
    rows = []
    for seed in (3, 4, 5):
        with Workspace.temp() as ws: found = killed_while_logging(ws, 50, seed)
        rows.append([str(seed), "50", *(f"{found[k]:,}" for k in ("acknowledged", "lost", "twice", "runs at MLflow"))])
    return ["seed", "processes killed", "points acknowledged", "of these lost", "points twice at MLflow", "runs at MLflow"], rows, []


NBCLIENT = """
import asyncio, sys, nbformat
from nbclient import NotebookClient
async def main():
    gate = asyncio.Semaphore(4)
    async def one(path):
        async with gate: await NotebookClient(nbformat.read(path, 4)).async_execute()
    await asyncio.gather(*map(one, sys.argv[1:]))
asyncio.run(main())
"""


def kernels(options):
    """Twelve notebooks that each import torch, pandas and mlflow, four at a time."""
    from opsnb.kernels import kernels as templates, stop_kernels
    folder = Path(tempfile.mkdtemp(prefix="opsnb-"))
    os.environ |= {"OPSNB_DELIVERY": "off", "OPSNB_SYSTEM_METRICS_S": "0", "OPSNB_GIT": "0", "XDG_RUNTIME_DIR": str(folder)}
    paths = [folder / f"n{i}.ipynb" for i in range(12)]
    for p in paths: p.write_text(cells("import torch, pandas, mlflow", "print(torch.__version__, pandas.__version__, mlflow.__version__)"))
    (folder / "opsnb.toml").write_text("")
    (folder / "pipeline.yaml").write_text("name: twelve\nconcurrency: 4\nsteps:\n" + "".join(f"  {p.stem}: {{notebook: {p.name}}}\n" for p in paths))
    measured([sys.executable, "-c", f"from opsnb.workspace import Workspace; from opsnb.track.mlflow import open_store; open_store(Workspace.find({str(folder)!r}))"])
    def spent():
        """CPU seconds of the templates and of their kernels."""
        return sum(sum(map(int, Path(f"/proc/{t['pid']}/stat").read_text().rpartition(")")[2].split()[11:15])) for t in templates()) / os.sysconf("SC_CLK_TCK")
    def ours(*more, first=False):
        if first: stop_kernels()
        before = spent()
        wall, cpu, _ = measured([BIN / "opsnb", "pipeline", "run", folder, "--force", *more])
        return wall, cpu + spent() - before
    def papermill():
        rows = [measured([BIN / "papermill", p, folder / "out.ipynb", "--no-progress-bar"])[:2] for p in paths[:3]]
        return tuple(sum(column) * 4 for column in zip(*rows, strict=True))
    cases = {"opsnb, first run of the day": lambda: ours(first=True), "opsnb": ours, "opsnb --cold": lambda: ours("--cold"),
             "nbclient in one process": lambda: measured([sys.executable, "-c", NBCLIENT, *paths])[:2], "papermill's CLI in a loop (3 notebooks, times 4)": papermill}
    seen = {name: [] for name in cases}
    for _ in range(options.kernel_times):
        for name, case in cases.items(): seen[name].append(case())
    stop_kernels()
    shutil.rmtree(folder)
    found = {name: tuple(statistics.median(v) for v in zip(*rows, strict=True)) for name, rows in seen.items()}
    base = found["nbclient in one process"]
    rows = [[n, f"{w:.1f}", f"{c:.1f}", f"{base[0] / w:.1f}", f"{base[1] / c:.1f}"] for n, (w, c) in found.items()]
    (w, c), (pw, pc), (fw, fc) = found["opsnb"], found["papermill's CLI in a loop (3 notebooks, times 4)"], found["opsnb, first run of the day"]
    ratios = [f"Warm, `opsnb pipeline run` takes {base[0] / w:.1f} times less wall time (target: at least 10) and {base[1] / c:.1f} times less CPU (target: at least 12) than nbclient; "
              f"{pw / w:.0f} times less wall time and {pc / c:.0f} times less CPU than papermill's CLI (target: at least 20).",
              f"The first run of the day, in which the template is started: {base[0] / fw:.1f} times less wall time (target: at least 3), {base[1] / fc:.1f} times less CPU.",
              "CPU counts kernels and, for opsnb, the template. Each case is a whole process, its own imports included. Runs are recorded in the journal, not delivered to MLflow; its database exists before."]
    return ["what", "wall s", "CPU s", "wall: nbclient is … times as much", "CPU: nbclient is … times as much"], rows, ratios


COUNTED = """
import json, sys, time
from opsnb.engine import run_notebook
import opsnb._notebook, papermill
def written(): return int(next(line for line in open('/proc/self/io') if line.startswith('wchar')).split()[1])
before, begun = written(), time.perf_counter()
{run}
print(json.dumps([time.perf_counter() - begun, written() - before]))
"""
WAYS = {
    "opsnb run_notebook": "run_notebook('many.ipynb', out='out.ipynb')",
    "papermill, as it is": "papermill.execute_notebook('many.ipynb', 'out.ipynb', progress_bar=False)",
    "papermill, saving once at the end": "papermill.execute_notebook('many.ipynb', 'out.ipynb', progress_bar=False, request_save_on_cell_execute=False)",
}


def outputs(options):
    """Bytes that the runner writes: a notebook of 100 cells with 500 kB of output each."""
    seen, made = {}, 100 * 500_001
    for _ in range(options.output_times):
        for name, run in WAYS.items():
            folder = Path(tempfile.mkdtemp())
            (folder / "many.ipynb").write_text(cells("x = 1", *["print('x' * 500_000)"] * 100))
            (folder / "opsnb.toml").write_text("")
            code = f"import os; os.chdir({str(folder)!r})\n{COUNTED.format(run=run)}"
            _, cpu, out = measured([sys.executable, "-c", code], OPSNB_DELIVERY="off", OPSNB_GIT="0")
            seen.setdefault(name, []).append((*json.loads(out.strip().splitlines()[-1]), cpu))
            shutil.rmtree(folder)
    found = {name: [statistics.median(v) for v in zip(*runs, strict=True)] for name, runs in seen.items()}
    rows = [[name, f"{n / 1e6:,.1f}", f"{n / made:.2f}", f"{wall:.1f}", f"{cpu:.1f}"] for name, (wall, n, cpu) in found.items()]
    ours, once = found["opsnb run_notebook"], found["papermill, saving once at the end"]
    ratios = [f"`run_notebook` writes {ours[1] / made:.2f} times what the cells produced, the journal of outputs included (target: at most 2.2), papermill {found['papermill, as it is'][1] / made:.0f} times.",
              f"It takes {ours[0] / once[0]:.2f} times as long as papermill that saves once at the end and keeps no record (target: at most 1.2), and {found['papermill, as it is'][0] / ours[0]:.1f} times less than papermill as it is."]
    return ["what", "MB written", "times what was produced", "wall s", "CPU s, kernel included"], rows, ratios


ALL = {"start": start, "log": log, "background": background, "kill": kill, "kernels": kernels, "outputs": outputs,
       "plan": plan, "diamond": diamond, "growth": growth, "outputs-growth": outputs_growth, "jobs": jobs, "on_ray": on_ray,
       "llm": llm, "embedding": embedding, "incremental": incremental, "rag_index": rag_index, "rag_ingest": rag_ingest,
       "retrieval": retrieval, "rag_answer": rag_answer, "rag_support": rag_support,
       "evaluate_intervals": evaluate_intervals, "evaluate_faithfulness": faithfulness, "evaluate_texts": likeness,
       "evaluate_relevance": relevance, "evaluate_profanity": profanity, "evaluate_speed": evaluate_speed, "judge": judge,
       "offline_judge": offline_judge, "sweep_shared": sweep_shared, "sweep_claims": sweep_claims, "made_cases": made_cases,
       "classic": classic, "drift": drift, "bias": bias, "lab_note": lab_note, "lab_server": lab_server, "lab_widgets": lab_widgets, "lab_panel": lab_panel}


def report(name, table):
    head, rows, ratios = table
    lines = [f"## {ALL[name].__doc__}", "", f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *[f"| {' | '.join(r)} |" for r in rows], "", *[r if r.startswith("|") or not r else f"- {r}" for r in ratios], ""]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="which; default: all")
    parser.add_argument("--times", type=int, default=9, help="repetitions of the short ones")
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--slow-points", type=int, default=100_000, help="points for synchronous mlflow.log_metric, which takes milliseconds each")
    parser.add_argument("--log-times", type=int, default=3, help="repetitions of `log`")
    parser.add_argument("--kernel-times", type=int, default=3, help="repetitions of `kernels`")
    parser.add_argument("--output-times", type=int, default=3, help="repetitions of `outputs`")
    parser.add_argument("--steps", type=int, default=200, help="steps of `diamond`")
    parser.add_argument("--pipeline-times", type=int, default=1, help="repetitions of `diamond`")
    parser.add_argument("--ploomber", metavar="PATH", help="the command of a Ploomber in an environment of its own, for `diamond`")
    parser.add_argument("--embed-times", type=int, default=3, help="repetitions of `embedding`")
    parser.add_argument("--passages", type=int, default=400, help="of SQuAD, for `embedding`")
    parser.add_argument("--repos", nargs="+", metavar="REPO[:FOLDER]", default=["."], help="git repositories with documents, for `incremental`")
    parser.add_argument("--commits", type=int, default=60, help="of each of them")
    parser.add_argument("--tokens", type=int, default=240, help="of a chunk")
    parser.add_argument("--chunks", type=int, nargs="+", default=[10_000, 100_000], help="sizes of `rag_index`")
    parser.add_argument("--no-tokens", action="store_true", help="of `rag_index`: without token states")
    parser.add_argument("--data", type=Path, default=HERE.parents[2] / "shared/data", help="folder of the data sets, for `rag_…`, `sweep_shared` and `made_cases`")
    parser.add_argument("--questions", type=int, default=2000, help="questions of `rag_answer`")
    parser.add_argument("--cases", type=int, default=1000, help="of `evaluate_speed`")
    parser.add_argument("--peer-cases", type=int, default=50, help="of `evaluate_speed`, for the peers")
    parser.add_argument("--evaluate-times", type=int, default=3, help="repetitions of `evaluate_speed`")
    parser.add_argument("--judged", type=int, default=200, help="cases of `judge`")
    parser.add_argument("--rows", type=int, default=10_000, help="of `classic` and `drift`; ten times as many of `bias`")
    parser.add_argument("--write", action="store_true", help="write tests/bench/RESULTS.md")
    options = parser.parse_args()
    texts = []
    for name in options.names or ALL:
        texts.append(report(name, ALL[name](options)))
        print(texts[-1], flush=True)
    if options.write:
        from importlib.metadata import version
        about = f"Python {platform.python_version()}, {os.cpu_count()} cores, MLflow {version('mlflow')}, W&B {version('wandb')}, papermill {version('papermill')}; {time.strftime('%Y-%m-%d')}."
        (HERE / "RESULTS.md").write_text(f"# Results\n\nMade by `python tests/bench/run.py {' '.join(a for a in sys.argv[1:])}`.\n{about} A shared machine: read ratios, not seconds.\n\n" + "\n".join(texts))


if __name__ == "__main__":
    main()

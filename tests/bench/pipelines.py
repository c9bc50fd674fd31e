"""Pipelines: what planning and running cost a step, beside the kernels' work, and how that grows."""
import json
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from support import cells
from timing import interleaved, measured

BIN = Path(sys.executable).parent
QUIET = {"OPSNB_DELIVERY": "off", "OPSNB_GIT": "0", "OPSNB_SYSTEM_METRICS_S": "0"}


def write_diamond(folder, n, body=""):
    """A pipeline of n steps, all of one trivial notebook: one, then n - 2 that need it, then one that needs them all."""
    (folder / "s.ipynb").write_text(cells("x: int = 0", f"{body}import opsnb as ops\nops.publish(y=x + 1)"))
    (folder / "opsnb.toml").write_text("")
    middle = [f"m{i}" for i in range(n - 2)]
    (folder / "pipeline.yaml").write_text("concurrency: 4\nsteps:\n  top: {notebook: s.ipynb}\n" + "".join(f"  {m}: {{notebook: s.ipynb, params: {{x: '${{top.y}}'}}}}\n" for m in middle)
                                          + f"  end: {{notebook: s.ipynb, needs: [{', '.join(middle)}]}}\n")


FILL = """
import sys
from opsnb.pipeline import Pipeline, Results, decide
from opsnb.pipeline.fingerprint import Kept
p = Pipeline(sys.argv[1])
results, done = Results(p.workspace, p.name), {}
for id, step in p.spec.steps.items():
    made = decide(p.spec, step, {}, done, results, "opsnb-current").fingerprint
    done[id] = Kept(id, made.digest, made.parts, "run_x", "x.ipynb", {"y": 1})
    results.keep(done[id])
"""


def plan(options):
    """Planning a diamond of trivial notebooks, all of it cached."""
    rows = []
    for n in (10, 100, 200, 1000):
        folder = Path(tempfile.mkdtemp())
        write_diamond(folder, n)
        measured([sys.executable, "-c", FILL, folder])
        found = interleaved({"plan": [BIN / "opsnb", "pipeline", "plan", folder, "--json"]}, 3)["plan"]
        _, _, out = measured([BIN / "opsnb", "pipeline", "plan", folder, "--json"])
        assert {r["plan"] for r in json.loads(out)} == {"cached"}
        rows.append([str(n), f"{found[0]:.2f}", f"{found[1]:.2f}"])
        shutil.rmtree(folder)
    return ["steps", "wall s, the command's start included", "CPU s"], rows, ["Target: 200 steps in less than 1 s."]


PLOOMBER = "meta:\n  extract_upstream: false\nexecutor:\n  dotted_path: ploomber.executors.Parallel\n  processes: 4\ntasks:\n"
THREADS = """
import sys, papermill
from concurrent.futures import ThreadPoolExecutor
n = int(sys.argv[1])
def one(i): papermill.execute_notebook('s.ipynb', f'out{i}.ipynb', {'x': 1}, progress_bar=False)
one(0)
with ThreadPoolExecutor(4) as pool: list(pool.map(one, range(1, n - 1)))
one(n - 1)
"""
BARE = """
import asyncio, sys, nbformat
from nbclient import NotebookClient
async def main():
    gate = asyncio.Semaphore(4)
    async def one():
        async with gate: await NotebookClient(nbformat.read('s.ipynb', 4)).async_execute()
    await asyncio.gather(*(one() for _ in range(int(sys.argv[1]))))
asyncio.run(main())
"""


def diamond(options):
    """A diamond of trivial notebooks, four at a time: what a step costs beside its kernel."""
    n, folder, met = options.steps, Path(tempfile.mkdtemp(prefix="opsnb-")), tempfile.mkdtemp(prefix="opsnb-")
    os.environ |= QUIET | {"XDG_RUNTIME_DIR": met}
    write_diamond(folder, n, "import numpy\n")
    os.chdir(folder)
    from opsnb.kernels import kernels as templates, stop_kernels
    def warm():
        before = sum(spent(t["pid"]) for t in templates())
        wall, cpu, _ = measured([BIN / "opsnb", "pipeline", "run", folder, "--force"])
        return wall, cpu + sum(spent(t["pid"]) for t in templates()) - before
    def ploomber():
        (other := folder / "ploomber").mkdir(exist_ok=True)
        shutil.rmtree(other / "out", ignore_errors=True)
        (other / "s.ipynb").write_text(cells("x = 0\nupstream = None\nproduct = None", "import numpy\nx + 1"))
        (other / "pipeline.yaml").write_text(PLOOMBER + "".join(f"- {{source: s.ipynb, name: t{i}, product: out/t{i}.ipynb, upstream: [{', '.join(['t0'] if i < n - 1 else [f't{j}' for j in range(1, n - 1)]) if i else ''}]}}\n" for i in range(n)))
        return measured(["env", "-C", other, "PLOOMBER_STATS_ENABLED=false", options.ploomber, "build", "--force"])[:2]
    def cold(): return measured([BIN / "opsnb", "pipeline", "run", folder, "--force", "--cold"])[:2]
    warm()
    cases = {"kernels alone (nbclient, nothing written)": lambda: measured([sys.executable, "-c", BARE, n])[:2], "papermill.execute_notebook in four threads": lambda: measured([sys.executable, "-c", THREADS, n])[:2],
             **({"ploomber build, four processes": ploomber} if options.ploomber else {}), "opsnb pipeline run --cold": cold, "opsnb pipeline run (warm kernels)": warm}
    seen = {name: [] for name in cases}
    for _ in range(options.pipeline_times):
        for name, case in cases.items(): seen[name].append(case())
    stop_kernels()
    os.chdir("/")
    for f in (folder, met): shutil.rmtree(f, ignore_errors=True)
    found = {name: tuple(statistics.median(v) for v in zip(*rows, strict=True)) for name, rows in seen.items()}
    (bw, bc), rows = next(iter(found.values())), []
    for name, (w, c) in found.items(): rows.append([name, f"{w:.1f}", f"{c:.1f}", f"{(w - bw) / n * 1000:.0f}", f"{(c - bc) / n * 1000:.0f}"])
    return ["what", "wall s", "CPU s", "ms of wall a step beside the kernels", "ms of CPU a step beside the kernels"], rows, []


def spent(pid):
    """CPU seconds of a process and of its children that have ended."""
    return sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15])) / os.sysconf("SC_CLK_TCK")


RUN = """
import json, os, resource, sys, time
import opsnb._notebook as notebook, papermill
from opsnb.errors import OpsError
from opsnb.pipeline import Pipeline, resume_pipeline
def execute(nb, kernel_name, output_path=None, watch=None, outputs=None, **kw):  # all that the engine does, but for the kernel: the last step fails at first
    manager = notebook.Manager(nb, outputs, output_path=output_path, progress_bar=False)
    manager.notebook_start()
    outputs.opened(manager.output_path, nb)
    for i, cell in enumerate(nb.cells):
        watch.cell_started(i, len(nb.cells))
        manager.cell_start(cell, i)
        if ended := (bad and 'end.ipynb' in str(manager.output_path)) and notebook.Ended('failed', 'not yet'): watch.ended = ended
        manager.cell_ended(cell, i, 'failed' if ended else 'done')
        watch.cell_finished(i, 'failed' if ended else 'done', 0.0, None)
        if ended: break
    manager.notebook_complete()
    outputs.close()
    if ended: raise ended
    return nb
notebook.execute = execute
def timed(work):
    begun, cpu = time.perf_counter(), time.process_time()
    out = work()
    return [time.perf_counter() - begun, time.process_time() - cpu], out
bad = True
ran, result = timed(lambda: Pipeline('.').run(check=False))
assert {s.status for i, s in result.steps.items() if i != 'end'} == {'done'} and result.steps['end'].status == 'failed', result.steps['end']
planned, rows = timed(lambda: Pipeline('.').plan())
assert sum(r['plan'] == 'cached' for r in rows) == len(rows) - 1
bad = False
resumed, result = timed(lambda: resume_pipeline(result.id))
assert {i: s.status for i, s in result.steps.items() if s.status != 'cached'} == {'end': 'done'}
print(json.dumps([ran, planned, resumed, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""


def growth(options):
    """A diamond of 10, 100 and 1,000 steps whose kernels do nothing at all: what is left is ours."""
    rows, per = [], {}
    for n in (10, 100, 1000):
        folder = Path(tempfile.mkdtemp())
        (folder / "s.ipynb").write_text(cells("x: int = 0", "x"))
        (folder / "opsnb.toml").write_text("")
        middle = [f"m{i}" for i in range(n - 2)]
        (folder / "pipeline.yaml").write_text("steps:\n  top: {notebook: s.ipynb}\n" + "".join(f"  {m}: {{notebook: s.ipynb, needs: [top], params: {{x: {i}}}}}\n" for i, m in enumerate(middle)) + f"  end: {{notebook: s.ipynb, needs: [{', '.join(middle)}]}}\n")
        code = f"import os; os.chdir({str(folder)!r})\n{RUN}"
        ran, planned, resumed, mb = json.loads(measured([sys.executable, "-c", code], **QUIET)[2].splitlines()[-1])
        per[n] = [cpu / n * 1000 for _, cpu in (ran, planned, resumed)]
        rows.append([f"{n:,}", *(f"{w:.1f} / {c:.1f}" for w, c in (ran, planned, resumed)), *(f"{p:.1f}" for p in per[n]), f"{mb:.0f}"])
        shutil.rmtree(folder)
    return ["steps", "run: wall / CPU s", "plan: wall / CPU s", "resume, all but one cached: wall / CPU s", "run: CPU ms a step", "plan: CPU ms a step", "resume: CPU ms a step", "MB of memory"], rows, \
        [f"From 10 to 1,000 steps the CPU of a step of a run goes from {per[10][0]:.1f} to {per[1000][0]:.1f} ms, of a plan from {per[10][1]:.1f} to {per[1000][1]:.1f} ms, of a resume from {per[10][2]:.1f} to {per[1000][2]:.1f} ms."]


FLOOD = """
import json, os, resource, sys, time
from opsnb.engine import run_notebook
import opsnb._notebook, papermill
def written(): return int(next(line for line in open('/proc/self/io') if line.startswith('wchar')).split()[1])
before, begun = written(), time.perf_counter()
run_notebook('many.ipynb', out='out.ipynb')
print(json.dumps([time.perf_counter() - begun, (written() - before) / 1e6, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, os.path.getsize('out.ipynb') / 1e6]))
"""


def outputs_growth(options):
    """Outputs of 1, 10, 100 and 1,000 MB, in ten cells."""
    rows = []
    for mb in (1, 10, 100, 1000):
        folder = Path(tempfile.mkdtemp())
        (folder / "many.ipynb").write_text(cells("x = 1", *[f"for i in range({mb}): print('x' * 99_999)"] * 10))
        (folder / "opsnb.toml").write_text("")
        wall, wrote, memory, size = json.loads(measured([sys.executable, "-c", f"import os; os.chdir({str(folder)!r})\n{FLOOD}"], **QUIET)[2].splitlines()[-1])
        rows.append([f"{mb:,}", f"{wall:.1f}", f"{wrote:,.1f}", f"{wrote / mb:.2f}", f"{size:.1f}", f"{memory:.0f}"])
        shutil.rmtree(folder)
    return ["MB produced", "wall s", "MB written", "times what was produced", "MB of the executed notebook", "MB of the runner's memory at most"], rows, ["A cell leaves at most 10 MB in the executed notebook; the journal of outputs has all."]

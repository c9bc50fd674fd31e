"""Benchmarks of jobs on a private Slurm: from submit to the first line against bare sbatch, an array of a thousand, the list of a thousand.

    python tests/bench/slurm.py [--times 15] [--elements 1000]
"""
import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from support import until  # noqa: E402

FIRST = "import time; print(time.time())\n"


def first_line(times):
    """Seconds from the call to the script's first line: as a job, and by bare sbatch of the same script; and the seconds of the submission alone."""
    import opsnb as ops
    Path("first.py").write_text(FIRST)
    ops.submit("first.py", on="slurm").result(60)
    seen = {"opsnb": [], "sbatch": [], "opsnb: submission": [], "sbatch: submission": []}
    for _ in range(times):
        begun = time.time()
        job = ops.submit("first.py", on="slurm")
        seen["opsnb: submission"].append(time.time() - begun)
        job.wait(60)
        seen["opsnb"].append(float(str(job.logs())) - begun)
        time.sleep(0.5)
        begun, out = time.time(), Path(f"out{len(seen['sbatch'])}.txt")
        subprocess.run(["sbatch", "--parsable", "-o", out, "--wrap", f"exec {sys.executable} -u first.py"], check=True, stdout=subprocess.DEVNULL)
        seen["sbatch: submission"].append(time.time() - begun)
        assert until(lambda: out.exists() and out.read_text().endswith("\n"), 60, 0.01)
        seen["sbatch"].append(float(out.read_text()) - begun)
        time.sleep(0.5)
    return {k: statistics.median(v) for k, v in seen.items()}


def worker(times):
    """Seconds from the start of what Slurm starts to the script's first line, without Slurm: our worker, and the bare interpreter. Slurm's own time varies by more than the difference."""
    import opsnb as ops
    from opsnb.jobs.folder import Folder
    from opsnb.jobs.spec import Spec
    seen, home = {"worker": [], "bare": [], "worker: CPU": [], "bare: CPU": []}, ops.Workspace.find().path
    spent = lambda: sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    for i in range(times):
        folder = Folder(home / "jobs" / f"job_{i:012x}")
        folder.path.mkdir()
        (folder.path / "spec.json").write_text(Spec(folder.id, "first", "command", [sys.executable, "-u", "first.py"], on="slurm", cwd=os.getcwd()).to_json())
        folder.append("job.submitted", round=1, on="slurm")
        begun, before = time.time(), spent()
        subprocess.run([sys.executable, "-P", "-m", "opsnb.jobs._slurm_task", str(folder.path)], env={**os.environ, "SLURM_JOB_ID": "1"}, check=True)
        seen["worker: CPU"].append(spent() - before)
        seen["worker"].append(float(folder.log.read_text()) - begun)
        begun, before = time.time(), spent()
        seen["bare"].append(float(subprocess.run([sys.executable, "-u", "first.py"], check=True, capture_output=True, text=True).stdout) - begun)
        seen["bare: CPU"].append(spent() - before)
        shutil.rmtree(folder.path)
    return {k: statistics.median(v) for k, v in seen.items()}


def array(elements):
    """Seconds to submit an array, to run all of it, and to list it; and the same elements by bare sbatch."""
    import opsnb as ops
    begun = time.time()
    made = ops.submit_each("true", [{"i": i} for i in range(elements)], on="slurm")
    submitted = time.time() - begun
    mine = {j.id for j in made}
    while not all(j.state.over() for j in ops.jobs(most=10**6) if j.id in mine): time.sleep(1)
    ran, begun = time.time() - begun, time.time()
    found = ops.jobs(most=10**6)
    listed = time.time() - begun
    done = sum(j.state.status == "done" for j in found)
    begun = time.time()
    number = subprocess.run(["sbatch", "--parsable", f"--array=0-{elements - 1}", "-o", "/dev/null", "--wrap", f"exec {sys.executable} -c pass"], check=True, capture_output=True, text=True).stdout.strip()
    while subprocess.run(["squeue", "-h", "-j", number, "-t", "PD,R,CG"], capture_output=True, text=True).stdout.strip(): time.sleep(1)
    return {"submit": submitted, "all": ran, "list": listed, "done": done, "bare": time.time() - begun}


def main():
    parse = argparse.ArgumentParser()
    parse.add_argument("--times", type=int, default=15)
    parse.add_argument("--elements", type=int, default=1000)
    args = parse.parse_args()
    above = Path(tempfile.mkdtemp(prefix="opsnb-b-"))
    os.environ |= {"OPSNB_SLURM_DIR": str(above / "slurm"), "OPSNB_DELIVERY": "off", "OPSNB_GIT": "0", "OPSNB_FAKE_GPUS": "2", "SLURM_CONF": str(above / "slurm" / "slurm.conf")}
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", None): os.environ["PYTHONPYCACHEPREFIX"] = str(above / "bytecode")  # an installed opsnb has its bytecode
    (above / "project").mkdir()
    os.chdir(above / "project")
    Path("opsnb.toml").touch()
    from opsnb.jobs import slurm
    begun = time.time()
    slurm.start_slurm()
    up = time.time() - begun
    try:
        first = first_line(args.times)
        print("## Jobs on a private Slurm of one node\n\nMade by `python tests/bench/slurm.py`; medians.\n\n| what | opsnb s | bare sbatch s |\n|---|---|---|")
        print(f"| submission alone | {first['opsnb: submission']:.3f} | {first['sbatch: submission']:.3f} |\n| from submit to the script's first line | {first['opsnb']:.3f} | {first['sbatch']:.3f} |", flush=True)
        alone = worker(args.times)
        print(f"| of this: from the start of the worker (bare: of Python) to the first line | {alone['worker']:.3f} | {alone['bare']:.3f} |", flush=True)
        many = array(args.elements)
        print(f"| array of {args.elements}, until all have ended (`true`; bare: `python -c pass`) | {many['all']:.0f} | {many['bare']:.0f} |\n")
        print(f"- `opsnb slurm up`: {up:.2f} s. First line: {1000 * (first['opsnb'] - first['sbatch']):.0f} ms more than bare sbatch (target: at most 150).")
        print(f"- A job's worker and its program take {1000 * alone['worker: CPU']:.0f} ms of CPU in all, the bare program {1000 * alone['bare: CPU']:.0f} ms.")
        print(f"- The array is submitted in {many['submit']:.1f} s, {many['done']} of its elements and the jobs before it ended well; the list of all of them takes {many['list']:.1f} s.")
    finally:
        slurm.stop_slurm()
        shutil.rmtree(above, ignore_errors=True)


if __name__ == "__main__": main()

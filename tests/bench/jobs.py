"""Benchmarks of jobs on this machine: from submit to the first line of user code, a thousand short jobs, the list of a thousand."""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))
from support import cells  # noqa: E402

PLAIN = "import sys, time, pickle\nwith open(sys.argv[1], 'rb') as f: function = pickle.load(f)\nfunction()"


def nothing():
    import time
    return time.time()


def libraries():
    import numpy, pandas, mlflow  # noqa: F401, E401
    import time
    return time.time()


def workspace():
    """A project of its own, with its own line of waiting jobs."""
    above = Path(tempfile.mkdtemp(prefix="opsnb-"))
    folder = above / "project"
    folder.mkdir()
    (folder / "opsnb.toml").write_text("")
    os.environ |= {"OPSNB_SLOTS": str(above / "slots"), "OPSNB_DELIVERY": "off", "OPSNB_GIT": "0"}
    os.environ.pop("OPSNB_HOME", None)
    os.chdir(folder)
    return folder


def first_line(function, times):
    """Seconds from the submitter's call to the function's first line after its imports: as a job, and as a bare subprocess."""
    import cloudpickle

    import opsnb as ops
    made = Path("function.pkl")
    function.__module__ = "__main__"
    made.write_bytes(cloudpickle.dumps(lambda: print(function())))
    ops.submit(nothing).result(60)  # the supervisor is there
    seen, cpu = {"job": [], "subprocess": []}, []
    for _ in range(times):
        begun, used = time.time(), time.process_time()
        job = ops.submit(function)
        cpu.append(time.process_time() - used)
        seen["job"].append(job.result(120) - begun)
        begun = time.time()
        out = subprocess.run([sys.executable, "-c", PLAIN, made], capture_output=True, text=True, check=True).stdout
        seen["subprocess"].append(float(out) - begun)
    return {k: statistics.median(v) for k, v in seen.items()}, statistics.median(cpu)


def many(n):
    """`n` short jobs, submitted as fast as they go."""
    import opsnb as ops
    me, before, begun = psutil.Process(), psutil.Process().memory_info().rss, time.perf_counter()
    made = [ops.submit("true") for _ in range(n)]
    submitted = time.perf_counter() - begun
    peak = 0
    while any(not j.folder.state().over() for j in made[-50:]) or ops.jobs(status="queued", most=10) or ops.jobs(status="running", most=10):
        peak = max([peak, *(p.memory_info().rss for p in psutil.process_iter(["cmdline"]) if "opsnb.jobs._supervisor" in (p.info["cmdline"] or []))])
        time.sleep(1)
    took = max(j.folder.state().ended for j in made) - (time.time() - (time.perf_counter() - begun))
    ended = [j.status for j in made]
    begun = time.perf_counter()
    listed = len(ops.jobs(most=10 * n))
    return {"submitted_per_s": n / submitted, "jobs_per_s": n / took, "not done": sum(s != "done" for s in ended), "listed": listed, "list_s": time.perf_counter() - begun,
            "submitter_grew_mb": (me.memory_info().rss - before) / 1e6, "supervisor_peak_mb": peak / 1e6}


def notebook(times):
    """Seconds to the first line of a notebook: as a job, and by `opsnb run` as a bare subprocess."""
    import opsnb as ops
    Path("book.ipynb").write_text(cells("n: int = 1", "import opsnb as ops, time\nops.publish(at=time.time())"))
    seen, cpu = {"job": [], "subprocess": []}, []
    for n in range(times + 1):  # the first warms the kernel
        begun, used = time.time(), time.process_time()
        job = ops.submit("book.ipynb")
        cpu.append(time.process_time() - used)
        seen["job"].append(job.result(120)["at"] - begun)
        begun = time.time()
        out = subprocess.run([sys.executable, "-m", "opsnb", "run", "book.ipynb", "--json"], capture_output=True, text=True, check=True).stdout
        seen["subprocess"].append(json.loads(out)["values"]["at"] - begun)
    return {k: statistics.median(v[1:]) for k, v in seen.items()}, statistics.median(cpu[1:])


def jobs(options):
    """Jobs on this machine: to the first line of user code, and many short ones."""
    place, here, rows = workspace(), os.getcwd(), []
    for name, measure in (("function, nothing imported", lambda n: first_line(nothing, n)), ("function, imports numpy, pandas, mlflow", lambda n: first_line(libraries, n)), ("notebook (bare: opsnb run)", notebook)):
        seen, cpu = measure(options.times)
        rows.append([name, f"{seen['job']:.3f}", f"{seen['subprocess']:.3f}", f"{seen['job'] / seen['subprocess']:.2f}", f"{cpu * 1000:.0f}"])
    n = getattr(options, "jobs", None) or 1000
    found = many(n)
    os.chdir(here)
    for p in psutil.process_iter(["cmdline"]):
        if "opsnb.jobs._supervisor" in (p.info["cmdline"] or []) and str(place) in " ".join(p.info["cmdline"]): p.kill()
    return ["from submit to its first line", "job, wall s", "bare subprocess, wall s", "ratio", "CPU ms in submit"], rows, [
        "Target: under 1.3 times the bare subprocess, with a supervisor at work; under 300 ms of our own CPU.",
        f"{n:,} jobs of `true`, each with its run: {found['jobs_per_s']:.0f} a second to their end, {found['submitted_per_s']:.0f} a second submitted; {found['not done']} not done, {found['listed']} listed in {found['list_s']:.2f} s by one question to the engine.",
        f"Memory: the submitter grew by {found['submitter_grew_mb']:.0f} MB, no supervisor or worker was above {found['supervisor_peak_mb']:.0f} MB."]


if __name__ == "__main__":
    from types import SimpleNamespace
    print(*jobs(SimpleNamespace(times=7, jobs=int(sys.argv[1]) if len(sys.argv) > 1 else 1000)), sep="\n")

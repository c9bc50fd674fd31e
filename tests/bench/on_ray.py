"""Benchmark of jobs on Ray: from submit to the program's first line and to the known end, as our job, by Ray's client, by `ray job submit`."""
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).parents[1]))
from test_ray import TOKEN, Head  # noqa: E402

PROGRAM = "import sys, time; open(sys.argv[1], 'w').write(str(time.time()))"


def ours(url, mark):
    import opsnb as ops
    return ops.submit([sys.executable, Path("first.py").absolute(), mark], on="ray").wait(200).status == "done"


def client(url, mark):
    import shlex

    from ray.job_submission import JobSubmissionClient
    c = JobSubmissionClient(url)
    id = c.submit_job(entrypoint=shlex.join([sys.executable, str(Path("first.py").absolute()), mark]), entrypoint_num_cpus=1)
    while not (status := c.get_job_status(id)).is_terminal(): time.sleep(0.1)
    return status.value == "SUCCEEDED"


def command(url, mark):
    return subprocess.run([Path(sys.executable).parent / "ray", "job", "submit", "--address", url, "--entrypoint-num-cpus", "1", "--", sys.executable, Path("first.py").absolute(), mark], capture_output=True).returncode == 0


def on_ray(options):
    """A job on Ray, a cluster of this machine: ours, Ray's client, `ray job submit`, in turn."""
    from jobs import workspace
    folder, head = workspace(), Head()
    Path("first.py").write_text(PROGRAM)
    try:
        os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": TOKEN, "OPSNB_RAY_ADDRESS": head.url}
        seen = {"opsnb job": (ours, []), "Ray's client": (client, []), "ray job submit": (command, [])}
        for n in range(options.times + 1):  # the first imports, and starts Ray's workers
            for submit, found in seen.values():
                mark, begun, cpu = str(folder / f"{submit.__name__}{n}"), time.time(), time.process_time()
                assert submit(head.url, mark), submit.__name__
                if n: found.append((float(Path(mark).read_text()) - begun, time.time() - begun, time.process_time() - cpu))
        rows = [[name, *(f"{statistics.median(v):.2f}" for v in zip(*found, strict=True))] for name, (_, found) in seen.items()]
    finally:
        head.kill()
        shutil.rmtree(head.folder, ignore_errors=True)
    return ["what", "to its first line, wall s", "to the known end, wall s", "CPU s of the submitter (without a child's)"], rows, ["One job of one CPU, again and again; Ray itself takes most of the time: it starts an actor for each job."]


if __name__ == "__main__":
    print(*on_ray(SimpleNamespace(times=int(sys.argv[1]) if len(sys.argv) > 1 else 5)), sep="\n")

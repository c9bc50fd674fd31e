"""1,000 cases by 5 deterministic metrics: `ops.evaluate`, `deepeval.evaluate`, `mlflow.genai.evaluate`.

    python tests/bench/evaluate_speed.py [--cases 1000] [--peer-cases 50] [--evaluate-times 3]

Each in a process of its own, with the same functions as metrics; imports are not counted. The peers have telemetry off, print nothing and run fewer cases, whose time is scaled.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

CASES = """
import contextlib, io, json, os, random, sys, time
from opsnb.evaluate.text import Contains, ExactMatch, TokenF1, rouge_1, rouge_l
from opsnb.evaluate.metric import text_of
rng, words = random.Random(0), [f"word{i}" for i in range(2000)]
rows = [(f"Question {i}?", " ".join(rng.choices(words, k=20)) + f" {i}") for i in range(int(sys.argv[1]))]
rows = [(q, e, " ".join(w if rng.random() < 0.8 else rng.choice(words) for w in e.split())) for q, e in rows]
FIVE = [ExactMatch(), Contains(), TokenF1(), rouge_1(), rouge_l()]
def timed(do):
    wall, cpu = time.perf_counter(), time.process_time()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()): found = do()
    return time.perf_counter() - wall, time.process_time() - cpu, found
"""
OURS = CASES + """
import opsnb as ops
data = ops.dataset([{"inputs": q, "expected": e, "output": o} for q, e, o in rows])
go = lambda: ops.evaluate(None, data, FIVE, quiet=True)
ops.evaluate(None, data[:2], FIVE, quiet=True, cache=False)
ops.sync()
*first, report = timed(go)
*second, again = timed(go)
assert again["token_f1"].value == report["token_f1"].value and report["token_f1"].n == len(rows)
*sent, _ = timed(lambda: ops.sync())
print(json.dumps([first, second, sent, report["token_f1"].value]))
"""
DEEPEVAL = CASES + """
from deepeval import evaluate
from deepeval.evaluate import AsyncConfig, DisplayConfig
from deepeval.metrics import BaseMetric
from deepeval.test_case import LLMTestCase
class Ours(BaseMetric):
    def __init__(self, metric): self.metric, self.threshold, self.async_mode, self.strict_mode, self.evaluation_model, self.verbose_mode, self.include_reason, self.error = metric, 0.5, False, False, None, False, False, None
    def measure(self, case, *a, **k):
        self.score = self.metric.like(case.expected_output, case.actual_output)
        self.success = self.score >= 0.5
        return self.score
    async def a_measure(self, case, *a, **k): return self.measure(case)
    def is_successful(self): return self.success
    @property
    def __name__(self): return self.metric.name
cases = [LLMTestCase(input=q, expected_output=e, actual_output=o) for q, e, o in rows]
run = lambda cases: evaluate(test_cases=cases, metrics=[Ours(m) for m in FIVE], **{"default": {}, "silent": {"display_config": DisplayConfig(print_results=False, show_indicator=False)}, "in turn": {"display_config": DisplayConfig(print_results=False, show_indicator=False), "async_config": AsyncConfig(run_async=False)}}[sys.argv[2]])
timed(lambda: run(cases[:2]))
*first, found = timed(lambda: run(cases))
f1 = [m.score for t in found.test_results for m in t.metrics_data if m.name == "token_f1"]
assert len(f1) == len(rows)
print(json.dumps([first, None, None, sum(f1) / len(f1)]))
"""
MLFLOW = CASES + """
import mlflow
from mlflow.genai.scorers import scorer
mlflow.set_tracking_uri("sqlite:///mlflow.db")
def made(metric):
    def f(outputs, expectations): return metric.like(expectations["expected_response"], outputs)
    f.__name__ = metric.name
    return scorer(f)
scorers = [made(m) for m in FIVE]
data = [{"inputs": {"question": q}, "outputs": o, "expectations": {"expected_response": e}} for q, e, o in rows]
timed(lambda: mlflow.genai.evaluate(data=data[:2], scorers=scorers))
*first, found = timed(lambda: mlflow.genai.evaluate(data=data, scorers=scorers))
print(json.dumps([first, None, None, found.metrics["token_f1/mean"]]))
"""
QUIET = {"DEEPEVAL_TELEMETRY_OPT_OUT": "1", "DEEPEVAL_FILE_SYSTEM": "READ_ONLY", "DEEPEVAL_DISABLE_DOTENV": "1", "MLFLOW_DISABLE_TELEMETRY": "true", "OPSNB_DELIVERY": "off", "OPSNB_GIT": "0", "OPSNB_SYSTEM_METRICS_S": "0", "OPSNB_TRACING": "0"}


def once(code, cases, *args):
    """`(first, second, delivery, value)` of a process in an empty folder; each of the first three is `[wall, CPU]`."""
    folder = Path(tempfile.mkdtemp(prefix="opsnb-"))
    try:
        (folder / "opsnb.toml").write_text("")
        root = str(Path(__file__).parents[2])
        env = {**os.environ, **QUIET, "HOME": str(folder), "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser()), "PYTHONPATH": os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])}
        done = subprocess.run([sys.executable, "-W", "ignore", "-c", code, str(cases), *args], cwd=folder, env=env, capture_output=True, text=True, timeout=900)
        if done.returncode: raise SystemExit(done.stderr[-3000:])
        return json.loads(done.stdout.strip().splitlines()[-1])
    finally: shutil.rmtree(folder, ignore_errors=True)


def evaluate_speed(options):
    """1,000 cases by 5 deterministic metrics"""
    n, few = options.cases, options.peer_cases
    seen = {}
    for _ in range(options.evaluate_times):
        first, second, sent, ours = once(OURS, n)
        found = {"opsnb": (first, n), "opsnb, and delivered to MLflow": ([a + b for a, b in zip(first, sent, strict=True)], n), "opsnb, second time": (second, n)}
        for name, how in (("deepeval.evaluate", "default"), ("deepeval.evaluate, silent", "silent"), ("deepeval.evaluate, silent, one case after the other", "in turn")): found[name] = once(DEEPEVAL, 4 * few, how)[0], 4 * few
        found["mlflow.genai.evaluate"] = once(MLFLOW, few)[0], few
        for name, ((wall, cpu), k) in found.items(): seen.setdefault(name, []).append((wall * n / k, cpu * n / k))
    took = {name: tuple(statistics.median(v) for v in zip(*rows, strict=True)) for name, rows in seen.items()}
    base = took["opsnb"]
    rows = [[name, f"{w:.2f}", f"{c:.2f}", f"{n * 5 / c:,.0f}", f"{w / base[0]:.1f}", f"{c / base[1]:.1f}"] for name, (w, c) in took.items()]
    def times(name, i): return took[name][i] / base[i]
    notes = [f"CPU: {times('deepeval.evaluate', 1):.0f} times less than deepeval.evaluate as it is called by default, {times('mlflow.genai.evaluate', 1):.0f} times less than mlflow.genai.evaluate (target: 10 times the throughput of either). Silenced, deepeval takes {times('deepeval.evaluate, silent', 1):.1f} times as much, silenced and one case after the other {times('deepeval.evaluate, silent, one case after the other', 1):.1f} times.",
             f"The second time takes {took['opsnb, second time'][0]:.2f} s (target: under 2): metrics as cheap as these are computed again, which is cheaper than to remember them.",
             f"Median of {options.evaluate_times}; imports and a first evaluation of two cases are not counted. deepeval ran {4 * few} cases, mlflow {few}, and their time is scaled to {n:,}. The same five functions everywhere: exact_match, contains, token_f1, rouge_1, rouge_l. Telemetry is off; what deepeval prints goes to memory; mlflow.genai writes to a new sqlite file, as opsnb does when it delivers; most of its wall time is spent waiting for connections to that file, so compare CPU."]
    return ["what", f"wall s for {n:,}", "CPU s", "scores a CPU second", "wall, times opsnb", "CPU, times opsnb"], rows, notes


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--peer-cases", type=int, default=50, help="for mlflow; four times as many for deepeval")
    parser.add_argument("--evaluate-times", type=int, default=3)
    options = parser.parse_args()
    head, rows, notes = evaluate_speed(options)
    print("\n".join([f"## {evaluate_speed.__doc__}", "", f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *(f"| {' | '.join(r)} |" for r in rows), "", *(f"- {n}" for n in notes), ""]))


if __name__ == "__main__":
    sys.exit(main())

"""Judging with a language model: 200 cases and a judge that takes 200 ms; and what the judge without one is worth.

    python tests/bench/evaluate_judge.py                  all of it, about four minutes
    python tests/bench/evaluate_judge.py --cases 40

The judge is the server of the tests: it answers with JSON of the schema it is asked for. Each run has a process of its own.
"""
import argparse
import gzip
import json
import shutil
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from llm_server import serving  # noqa: E402
from timing import measured  # noqa: E402

METRICS = ["faithfulness", "answer_relevancy"]  # 3 questions and 2 a case
CASES = """
cases = [{"question": f"Who opened bridge {i}, and when?", "context": [f"Bridge {i} was opened in {1800 + i} by John Lang."], "output": f"John Lang opened bridge {i} in {1800 + i}."} for i in range(int(sys.argv[2]))]
"""
OURS = """
import json, os, sys, time
from opsnb.evaluate.judge import deepeval
deepeval()  # its import is no part of the time
from opsnb.evaluate.run import evaluated
""" + CASES + """
began = time.perf_counter()
report = evaluated(None, cases, %r, "kept.db", quiet=True, judge=sys.argv[1], concurrency=int(sys.argv[3]))
print(json.dumps({"wall": time.perf_counter() - began, "scored": min(t.n for t in report.metrics.values()), "missing": sum(t.missing for t in report.metrics.values())}))
""" % METRICS
THEIRS = """
import contextlib, io, json, os, sys, time
from opsnb.evaluate.judge import prepare
prepare()
import asyncio, deepeval, openai
from deepeval.evaluate.configs import AsyncConfig, DisplayConfig, ErrorConfig
from deepeval.metrics import AnswerRelevancyMetric, FaithfulnessMetric
from deepeval.models import DeepEvalBaseLLM
from deepeval.test_case import LLMTestCase
""" + CASES + """
url, _, name = sys.argv[1].partition("#")
client, gate = openai.AsyncOpenAI(api_key="none", base_url=url), None
class Judge(DeepEvalBaseLLM):
    def load_model(self): return None
    def get_model_name(self): return name
    def generate(self, prompt, schema=None): raise NotImplementedError
    async def a_generate(self, prompt, schema=None):
        global gate
        gate = gate or asyncio.Semaphore(int(sys.argv[3]))
        form = {"type": "json_schema", "json_schema": {"name": schema.__name__, "schema": schema.model_json_schema()}}
        async with gate: said = await client.chat.completions.create(model=name, messages=[{"role": "user", "content": prompt}], response_format=form, temperature=0)
        return schema.model_validate_json(said.choices[0].message.content)
made = [LLMTestCase(input=c["question"], actual_output=c["output"], retrieval_context=c["context"]) for c in cases]
began, out = time.perf_counter(), io.StringIO()
with contextlib.redirect_stdout(out):
    found = deepeval.evaluate(made, [m(model=Judge()) for m in (FaithfulnessMetric, AnswerRelevancyMetric)], async_config=AsyncConfig(max_concurrent=int(sys.argv[3]), throttle_value=0), display_config=DisplayConfig(print_results=False, show_indicator=False), error_config=ErrorConfig(ignore_errors=True))
scored = [sum(m.error is None for r in found.test_results for m in r.metrics_data)]
print(json.dumps({"wall": time.perf_counter() - began, "scored": min(scored) // 2, "missing": 2 * len(cases) - scored[0]}))
"""


def calls(url):
    with urllib.request.urlopen(url.replace("/v1", "/seen")) as got: return [c["body"]["model"] for c in json.load(got)["calls"]]


def one(code, url, model, cases, concurrency):
    """`(what it printed, CPU seconds, calls, calls of the second run)`."""
    folder = tempfile.mkdtemp()
    Path(folder, "opsnb.toml").write_text("")
    command = [sys.executable, "-c", f"import os; os.chdir({folder!r})\n{code}", f"{url}#{model}", cases, concurrency]
    env = {"OPSNB_LLM_CONCURRENCY": str(concurrency), "OPSNB_TRACING": "0", "OPSNB_DELIVERY": "off"}
    _, cpu, out = measured(command, **env)
    first = calls(url).count(model)
    if code is OURS: measured(command, **env)
    again = calls(url).count(model) - first
    shutil.rmtree(folder)
    return json.loads(out.strip().splitlines()[-1]), cpu, first, again if code is OURS else None


def judge(options):
    """A judge that takes 200 ms: 200 cases, two metrics"""
    n, rows, told = options.judged, [], []
    with serving() as url:
        for name, code, model, at_once in (("opsnb", OURS, "judge:yes+slow:0.2+id:o8", 8), ("opsnb", OURS, "judge:yes+slow:0.2+id:o16", 16), ("deepeval.evaluate", THEIRS, "judge:yes+slow:0.2+id:d8", 8),
                                           ("opsnb, every 10th call fails", OURS, "judge:yes+slow:0.2+flaky:10+id:of", 8), ("deepeval.evaluate, every 10th call fails", THEIRS, "judge:yes+slow:0.2+flaky:10+id:df", 8),
                                           ("opsnb, 8 times 429 with Retry-After: 2", OURS, "judge:yes+slow:0.2+busy:8:2+id:ob", 8)):
            said, cpu, asked, again = one(code, url, model, n, at_once)
            ideal = 5 * n * 0.2 / at_once
            rows.append([name, str(at_once), f"{asked:,}", f"{said['wall']:.1f}", f"{said['wall'] / ideal:.2f}", f"{cpu:.1f}", str(said["missing"]), "–" if again is None else str(again)])
    told.append(f"Ideal: 5 questions for each of {n} cases (3 for faithfulness, 2 for relevancy), 0.2 s each, so many at once. Target: at most 1.3 times that, no score lost, nothing asked in a second run.")
    told.append("DeepEval asks for the reason of each score as well (7 questions a case), and its `ignore_errors` leaves what failed without a score; its client tries again twice by itself.")
    return ["what", "calls at once", "calls", "wall s", "times the ideal", "CPU s", "scores lost", "calls of a second run"], rows, told


def offline_judge(options):
    """The judge without a model, through DeepEval's FaithfulnessMetric, against people"""
    from opsnb.evaluate.judge.trust import Blend, auc, judge_check, kappa, rho
    from opsnb.evaluate.metric import metric
    from opsnb.workspace import Workspace
    answers = json.loads(gzip.open(options.data / "faithfulness/mtrag-human-half.json.gz").read())["rows"]
    cases = [{"question": r["question"], "context": r["contexts"], "output": r["answer"], "people": r["human_faithfulness"], "theirs": r["judge"]["rl_f"]} for r in answers]
    cpu = time.process_time()
    with Workspace.temp() as ws: check = judge_check(cases, Blend(metric(lambda case: case.more["theirs"], name="RAGAS faithfulness"), offline="faithfulness"), label="people", good=3.001, workspace=ws, quiet=True)
    cpu = (time.process_time() - cpu) / len(cases) * 1000
    good = [r["label"] >= check.good for r in check.rows]
    rows = []
    for name, key, at in (("RAGAS faithfulness (a language model; shipped with the data)", "judge", 0.5), ("offline judge", "offline", 0.6), ("blend, a third and two thirds", "score", 0.6)):
        scores = [r[key] for r in check.rows]
        rows.append([name, f"{auc(list(zip(scores, good, strict=True))):.3f}", f"{rho(list(zip(scores, [r['label'] for r in check.rows], strict=True))):.3f}", f"{kappa([(s >= at, g) for s, g in zip(scores, good, strict=True)]):.3f}", f"{at}"])
    low, high = check.first.auc[1:]
    told = [f"{len(check)} answers of mtRAG (every second task), three raters; good is a mean above 3. The blend's AUC lies between {low:.3f} and {high:.3f} (95 %).",
            f"{cpu:.0f} CPU-ms an answer, DeepEval included. The weight of a sentence with a strange number, name or negation (2/3) was chosen after looking at these answers and at WiCE; without it the offline judge has .877 and the blend .896."]
    return ["judge", "AUC", "rank correlation", "kappa", "passes at"], rows, told


if __name__ == "__main__":
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--cases", dest="judged", type=int, default=200)
    given.add_argument("--data", type=Path, default=HERE.parents[2] / "shared/data")
    options = given.parse_args()
    for bench in (judge, offline_judge):
        head, rows, told = bench(options)
        print("\n".join([f"## {bench.__doc__}", "", f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *[f"| {' | '.join(r)} |" for r in rows], "", *[f"- {t}" for t in told], ""]), flush=True)

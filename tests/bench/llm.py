"""What asking a model and tracing cost beside the model itself: a server process of this machine, the bare client in turn.

    python tests/bench/llm.py 10         ten times ten calls of each kind
"""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import timeit
from pathlib import Path
from time import perf_counter, process_time
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).parent.parent))
from llm_server import serving  # noqa: E402

COLD = {"bare openai": "from openai import OpenAI\nc = OpenAI(api_key='none', base_url='{url}', max_retries=0)\nc.chat.completions.create(model='parrot', messages=[dict(role='user', content='x')])",
        "opsnb": "from opsnb.llm import model\nmodel('{url}#parrot').chat('x')",
        "opsnb, from the cache": "from opsnb.llm import model\nmodel('{url}#parrot', temperature=0).chat('x')",
        "llama-index-core, our model": "from opsnb.llm import as_llama_index\nas_llama_index('{url}#parrot').complete('x')"}


def timed(call):
    wall, cpu = perf_counter(), process_time()
    call()
    return perf_counter() - wall, process_time() - cpu


def asked(n):
    """A call of each kind in turn, `n` times: `{what: (median wall ms, mean CPU ms)}`."""
    from openai import OpenAI
    from opsnb.llm import model
    with serving() as url:
        bare, ours = OpenAI(api_key="none", base_url=url, max_retries=0), model(f"{url}#parrot")
        question = [{"role": "user", "content": "Why is the sky blue? " * 20}]
        def stream():
            for chunk in bare.chat.completions.create(model="parrot", messages=question, stream=True): chunk.choices[0].delta.content if chunk.choices else None
        def traced(call):
            os.environ["OPSNB_TRACING"] = "1"
            try: call()
            finally: os.environ["OPSNB_TRACING"] = "0"
        cases = {"chat: bare openai": lambda: bare.chat.completions.create(model="parrot", messages=question), "chat: opsnb, no trace": lambda: ours.chat(question),
                 "chat: opsnb, traced": lambda: traced(lambda: ours.chat(question)), "chat: opsnb, from the cache": lambda: ours.chat(question, temperature=0),
                 "stream of 101 words: bare openai": stream, "stream of 101 words: opsnb": lambda: ours.stream(question).wait()}
        seen = {name: [] for name in cases}
        for call in cases.values(): call()
        for _ in range(n):
            for name, call in cases.items(): seen[name].append(timed(call))
        rows = {name: (statistics.median(w for w, _ in times) * 1000, statistics.mean(c for _, c in times) * 1000) for name, times in seen.items()}
        cold = {}
        for name, code in COLD.items():
            env = {**os.environ, "OPSNB_TRACING": "0"}
            cold[name] = statistics.median(_run(code.format(url=url), env) for _ in range(5))
    return rows, cold


def _run(code, env):
    begun = perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, env=env)
    return perf_counter() - begun


def spans(n):
    """Microseconds of a span in a span: ours off and on, MLflow's."""
    from opsnb.trace import trace
    def ours():
        with trace("ask", inputs="why?") as s:
            with trace("model", "LLM") as m: m.outputs = "because"
            s.outputs = "because"
    found = {}
    for name, on in (("off", "0"), ("on, kept in the journal", "1")):
        os.environ["OPSNB_TRACING"] = on
        ours()
        found[f"opsnb, {name}"] = timeit.timeit(ours, number=n) / n * 1e6
    from opsnb import plug
    from opsnb.track.mlflow import open_store
    from opsnb.workspace import Workspace
    mlflow = plug.need("mlflow", "compare")
    open_store(Workspace.find())
    def theirs():
        with mlflow.start_span("ask", span_type="CHAIN") as s:
            s.set_inputs("why?")
            with mlflow.start_span("model", span_type="LLM") as m: m.set_outputs("because")
            s.set_outputs("because")
    theirs()
    found["mlflow.start_span, exported by a thread"] = timeit.timeit(theirs, number=min(n, 200)) / min(n, 200) * 1e6
    cpu = process_time()
    mlflow.flush_trace_async_logging()
    found["the CPU of that export afterwards, per trace"] = (process_time() - cpu) / min(n, 200) * 1e6
    return found


def llm(options):
    """Asking a model that answers at once, a server process of this machine: ours and the bare client in turn; spans of ours and of MLflow's."""
    before, folder = os.getcwd(), tempfile.mkdtemp()
    os.chdir(folder)
    os.environ |= {"OPSNB_HOME": f"{folder}/.opsnb", "OPSNB_DELIVERY": "off", "OPSNB_TRACING": "0"}
    try:
        warm, cold = asked(options.times * 10)
        rows = [[name, f"{wall:.2f}", f"{cpu:.2f}"] for name, (wall, cpu) in warm.items()]
        rows += [[f"a new process, one question: {name}", f"{wall * 1000:,.0f}", ""] for name, wall in cold.items()]
        rows += [[f"a span in a span: {name}", f"{us / 1000:.3f}", ""] for name, us in spans(1000).items()]
    finally:
        os.chdir(before)
        shutil.rmtree(folder, ignore_errors=True)
    return ["what", "wall ms, median", "CPU ms of the caller, mean"], rows, [f"A chat through us costs {warm['chat: opsnb, no trace'][1] - warm['chat: bare openai'][1]:+.2f} ms of CPU against the bare client, {warm['chat: opsnb, traced'][1] - warm['chat: bare openai'][1]:+.2f} ms traced."]


if __name__ == "__main__":
    head, rows, notes = llm(SimpleNamespace(times=int(sys.argv[1]) if len(sys.argv) > 1 else 9))
    for row in [head, ["---"] * len(head), *rows]: print("|", " | ".join(row), "|")
    print(*notes, sep="\n")

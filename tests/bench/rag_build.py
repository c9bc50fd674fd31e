"""Embedding the passages of SQuAD: opsnb's MiniLM, sentence-transformers, and LlamaIndex's pipeline around it; the first vector of a fresh process.

    python tests/bench/rag_build.py [--passages 400] [--times 3]

Each case is a process of its own, in turn. The same packaged weights, the same chunks (a passage each).
"""
import argparse
import json
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from timing import measured  # noqa: E402 - beside this file

START = """
import json, resource, sys, time
sys.path.insert(0, sys.argv[1])
from support import squad
texts = [p["text"] for p in squad()[0]][:int(sys.argv[2])]
def timed(first, rest):
    "The first vector, then all texts."
    t, c = time.perf_counter(), time.process_time(); first()
    cold, cold_cpu = time.perf_counter() - t, time.process_time() - c
    t, c = time.perf_counter(), time.process_time(); rest()
    print(json.dumps(dict(cold=cold, cold_cpu=cold_cpu, wall=time.perf_counter() - t, cpu=time.process_time() - c, mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)))
"""
ST = """
def load():
    global model
    from sentence_transformers import SentenceTransformer
    from opsnb.rag.embed.minilm import packaged
    model = SentenceTransformer(str(packaged()), device="cpu")
    model.encode(["first"])
"""
CASES = {
    "opsnb": """
def load():
    global model
    from opsnb.rag.embed import embedder
    model = embedder()
    model.query("first")
timed(load, lambda: model.embed(texts))
""",
    "sentence-transformers": ST + "timed(load, lambda: model.encode(texts, normalize_embeddings=True))",
    "LlamaIndex IngestionPipeline": ST + """
def run():
    from llama_index.core.embeddings import BaseEmbedding
    from llama_index.core.ingestion import IngestionPipeline
    from llama_index.core.schema import TextNode
    class Packaged(BaseEmbedding):
        def _get_text_embeddings(self, texts): return model.encode(texts, normalize_embeddings=True).tolist()
        def _get_text_embedding(self, text): return self._get_text_embeddings([text])[0]
        def _get_query_embedding(self, text): return self._get_text_embedding(text)
        async def _aget_query_embedding(self, text): return self._get_text_embedding(text)
    IngestionPipeline(transformations=[Packaged()]).run(nodes=[TextNode(text=t) for t in texts])
timed(load, run)
""",
}


def embedding(options):
    """Embedding passages: start, time and memory."""
    seen = {name: [] for name in CASES}
    for _ in range(options.embed_times):
        for name, code in CASES.items():
            wall, cpu, said = measured([sys.executable, "-c", START + code, Path(__file__).parents[1], options.passages])
            seen[name].append({**json.loads(said.strip().splitlines()[-1]), "total_wall": wall, "total_cpu": cpu})
    found = {name: {k: statistics.median(r[k] for r in rows) for k in rows[0]} for name, rows in seen.items()}
    ours, theirs = found["opsnb"], found["LlamaIndex IngestionPipeline"]
    rows = [[name, f"{f['cold']:.2f}", f"{f['cold_cpu']:.2f}", f"{f['wall']:.1f}", f"{f['cpu']:.1f}", f"{f['total_wall']:.1f}", f"{f['total_cpu']:.1f}", f"{f['mb']:.0f}"] for name, f in found.items()]
    ratio = lambda k: theirs[k] / ours[k]
    return ["what", "first vector after s", "CPU s", "wall s", "CPU s", "wall s, whole process", "CPU s, whole process", "peak MB"], rows, [
        f"{options.passages} passages: LlamaIndex's pipeline takes {ratio('wall'):.1f} times the wall time and {ratio('cpu'):.1f} times the CPU time of opsnb (target: at least 3.5), {ratio('total_cpu'):.1f} times with the start; {ratio('mb'):.1f} times the memory (target: at least 3).",
        f"The first vector of a fresh process is there after {ours['cold']:.2f} s and {ours['cold_cpu']:.2f} s of CPU (target: at most 0.5), {theirs['cold'] / ours['cold']:.0f} times sooner.",
        "opsnb's CPU time includes the states of all tokens, for late interaction."]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, default=400)
    parser.add_argument("--times", type=int, default=3, dest="embed_times")
    head, rows, notes = embedding(parser.parse_args())
    for row in [head, ["---"] * len(head), *rows]: print(f"| {' | '.join(row)} |")
    print(*(f"- {n}" for n in notes), sep="\n")

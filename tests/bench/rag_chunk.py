"""What an edit of documents costs: chunks embedded over the history of a git repository's documents.

    python tests/bench/rag_chunk.py REPO[:FOLDER] ... [--commits 60]

Each commit that touched Markdown below FOLDER is one build. *By document* is what LlamaIndex's docstore upserts do: a file that has changed
is embedded whole. *By chunk* embeds the texts that the build before did not have.
"""
import argparse
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))


def git(repo, *words):
    return subprocess.run(["git", "-C", str(repo), "-c", "safe.directory=*", *words], capture_output=True, check=True).stdout


def history(repo, folder, commits):
    """`{path: text}` of the Markdown files at each of the last commits that touched them, oldest first."""
    found = git(repo, "log", "--first-parent", f"-{commits + 1}", "--format=%H", "--", f"{folder}/*.md" if folder else "*.md").decode().split()
    blobs = {}
    for commit in reversed(found):
        files = {}
        for line in git(repo, "ls-tree", "-r", "-z", commit, "--", *([folder] if folder else [])).decode("utf-8", "replace").split("\0"):
            meta, _, path = line.partition("\t")
            if not path.endswith(".md"): continue
            sha = meta.split()[2]
            if sha not in blobs: blobs[sha] = git(repo, "cat-file", "blob", sha).decode("utf-8", "replace")
            files[path] = blobs[sha]
        yield files


def embedded(versions, split, count):
    """Over all builds after the first, chunks and tokens embedded by document and by chunk; in front, the chunks of the first build."""
    known, before, have, first, whole, few = {}, {}, None, 0, [], []
    for files in versions:
        for path, text in files.items():
            if (path, text) not in known: known[path, text] = split(path, text)
        texts = {t for file in files.items() for t in known[file]}
        if have is None: first = sum(len(known[f]) for f in files.items())
        else:
            whole += [t for path, text in files.items() if before.get(path) != text for t in known[path, text]]
            few += texts - have
        have, before = texts, files
    tokens = dict(zip(both := list({*whole, *few}), count(both), strict=True))
    return [first, len(whole), sum(tokens[t] for t in whole), len(few), sum(tokens[t] for t in few)]


def splitters(tokens):
    from llama_index.core.node_parser import SentenceSplitter
    from opsnb.rag.chunk import Chunking, chunks
    from opsnb.rag.embed import embedder
    from opsnb.rag.chunk.view import document
    count = embedder().count
    theirs = SentenceSplitter(chunk_size=tokens, chunk_overlap=20, tokenizer=embedder().ids_of)
    yield f"LlamaIndex SentenceSplitter({tokens})", lambda path, text: theirs.split_text(text)
    for name, c in {"opsnb sentence": Chunking("sentence", tokens=tokens, parent=0), "opsnb structure (the default)": Chunking(tokens=tokens, parent=0)}.items():
        yield name, lambda path, text, c=c: [k.text for k in chunks(document(text, path), c, count)]


def incremental(options):
    """Chunks embedded over the history of folders of documents."""
    from opsnb.rag.embed import embedder
    count, total, rows, notes = embedder().count, {}, [], []
    for place in options.repos:
        repo, _, folder = place.partition(":")
        versions = list(history(repo, folder, options.commits))
        for name, split in splitters(options.tokens):
            made = embedded(versions, split, count)
            total[name] = [a + b for a, b in zip(total.get(name, [0] * 5), made, strict=True)]
            rows.append([Path(repo).name if Path(repo).name != "repo" else Path(repo).parent.name, len(versions) - 1, len(versions[-1]), name, *made])
    theirs, ours = list(total.values())[0], list(total.values())[-1]
    notes.append(f"LlamaIndex by document embeds {theirs[1] / ours[3]:.1f} times as many chunks, {theirs[2] / ours[4]:.1f} times as many tokens as opsnb (target: at least 15); opsnb's own chunks by document would be {ours[1] / ours[3]:.1f} times as many.")
    head = ["repository", "commits", "documents", "splitter", "chunks at first", "by document: chunks", "tokens", "by chunk: chunks", "tokens"]
    return head, [[f"{v:,}" if isinstance(v, int) else v for v in r] for r in [*rows, *(["sum", "", "", n, *t] for n, t in total.items())]], notes


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repos", nargs="+", metavar="REPO[:FOLDER]")
    parser.add_argument("--commits", type=int, default=60)
    parser.add_argument("--tokens", type=int, default=240)
    head, rows, notes = incremental(parser.parse_args())
    for row in [head, ["---"] * len(head), *rows]: print(f"| {' | '.join(row)} |")
    print(*(f"- {n}" for n in notes), sep="\n")

"""The README's *Five minutes* as a page with what it prints: made a notebook, run in an empty folder, and read from there."""
import json
import re
import tempfile
from contextlib import contextmanager
from pathlib import Path

from pages import as_notebook, linked, program, prose

STAYS = ("opsnb ui",)   # commands that stay until they are stopped


def cells(text):
    """Cells of a README's section: prose, Python, and shell commands, which a kernel runs for their output."""
    for words, language, block in re.findall(r"(.*?)(?:^```(sh|python)\n(.*?)^```\n?|\Z)", text, re.S | re.M):
        if words.strip(): yield "words", linked(words.strip())
        if language == "python": yield "python", block.strip()
        if language == "sh":
            for line in filter(None, block.splitlines()):
                yield "words", f"```console\n$ {line}\n```"
                if not line.startswith(STAYS): yield "shell", command(line)


def command(line):
    if line.startswith("cd "): return f"%cd -q {line[3:]}"
    return f"import subprocess\nprint(subprocess.run({line!r}, shell=True, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout, end='')"


def page(text, shown=None):
    """The section as a notebook; `shown`: outputs by cell id."""
    parts = [(f"tour-{i}", kind, part) for i, (kind, part) in enumerate(cells(text))]
    return as_notebook([prose("tour", "# Five minutes"), *(prose(id, part) if kind == "words" else program(id, part, ["remove-input"] * (kind == "shell"), shown) for id, kind, part in parts)])


@contextmanager
def to_run(text):
    """The path of the tour's notebook, in a folder where there is nothing yet."""
    with tempfile.TemporaryDirectory(prefix="opsnb-tour-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "tour.ipynb"
        path.write_text(json.dumps(page(text)), encoding="utf-8")
        yield path

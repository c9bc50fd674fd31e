"""From a notebook to a page: hidden cells go, names in backticks become links, outputs come from where they were kept.

A module's notebook shows its code: the exported cells are short and are meant to be read. They are marked with the tag
`exported`, and each name that they define can be linked to.
"""
import ast
import json
import re
from functools import cache
from pathlib import Path

from execute import ROOT, source

NBS = ROOT / "nbs"
DIRECTIVE = re.compile(r"^#\| *(\S+).*\n?", re.M)
HERE = [(str(ROOT), "opsnb"), *([(str(Path.home()), "~")] if Path.home().name else [])]


def cells(path): return json.loads(path.read_text(encoding="utf-8"))["cells"]
def directives(cell): return set(DIRECTIVE.findall(source(cell))) if cell["cell_type"] == "code" else set()
def exported(cell): return bool({"export", "exporti"} & directives(cell))


def module_notebooks():
    return sorted(NBS.glob("*.ipynb"))


@cache
def module(path):
    """`opsnb.track.card`, of its notebook."""
    found = re.search(r"#\| default_exp (\S+)", "\n".join(source(c) for c in cells(path)[:3]))
    return f"opsnb.{found[1].removesuffix('.__init__').removesuffix('__init__')}".rstrip(".")


def titled(path):
    """A notebook's title and its one line, or the first sentence."""
    first = next(source(c) for c in cells(path) if c["cell_type"] == "markdown")
    title, _, rest = first.partition("\n")
    line = rest.strip().partition("\n")[0]
    return title.lstrip("# ").strip(), line.lstrip("> ") if line.startswith(">") else re.split(r"(?<=[.?!]) (?=[A-Z])", line)[0]


def label(module, name):
    """What a definition is linked by; `Run`, `run` and `RUN` of one module differ."""
    return f"def-{module}.{name}".lower() + ("" if name.islower() else "-constant" if name.isupper() else "-class")


def defined(cell):
    """The public names that a cell defines."""
    try: tree = ast.parse(source(cell))
    except SyntaxError: return []
    names = [n.name for n in tree.body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))]
    names += [t.id for n in tree.body if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name)]
    return [n for n in names if n[0] != "_"]


@cache
def links():
    """`{text in backticks: label}`: verbs, commands, modules, and names that only one module defines and no ordinary word."""
    from opsnb.verbs import NAMES, VERBS
    found, where = {}, {}
    for path in module_notebooks():
        found[module(path)] = f"mod-{module(path)}"
        for name in dict.fromkeys(n for c in cells(path) if exported(c) for n in defined(c)):
            where.setdefault(name, []).append(label(module(path), name))
            found[f"{module(path)}.{name}"] = label(module(path), name)
    found |= {name: at[0] for name, at in where.items() if len(at) == 1 and (("_" in name.strip("_")) or (name != name.lower() and len(name) > 3))}
    for v in VERBS:
        if v.python: found[f"ops.{v.name}"] = f"verb-{v.name}"
        if v.command: found[f"opsnb {v.command}"] = f"verb-{v.name}"
    return found | {f"ops.{n}": found[t.replace(":", ".")] for n, t in NAMES.items() if f"ops.{n}" not in found and t.replace(":", ".") in found}


CODE = re.compile(r"(?P<block>^(?:```|~~~).*?^(?:```|~~~)[ ]*$|^#[^\n]*$|^ {4}[^\n]*$)|(?P<link>\[[^\]\n]*\]\([^)\n]*\))|`(?P<name>[^`\n]+)`", re.M | re.S)


def linked(text, page=""):
    """Markdown whose names in backticks are links; code blocks, headings and what is a link already stay."""
    def replaced(m):
        name = m["name"]
        if m["link"] and not re.search(r"\]\((#|/|\w+:|.*\.(ipynb|md)\))", m["link"]): return m["link"][1:].split("](")[0]  # a file beside the notebook: no page
        if name is None: return m[0]
        at = links().get(name) or links().get(name.split("(")[0]) if not name.startswith("opsnb ") else _command(name)
        return f"[`{name}`](#{at})" if at and at != f"mod-{page}" and at.rpartition(".")[0] != f"def-{page}" else m[0]
    return CODE.sub(replaced, text)


def _command(text):
    words = text.split()
    return next((at for n in (3, 2) if (at := links().get(" ".join(words[:n])))), None)


def _without_this_machine(output):
    """An output without this machine's folders, and without links to servers that ran on it."""
    text = json.dumps(output)
    for path, word in HERE: text = text.replace(path, word)
    text = re.sub(r"/tmp/(opsnb-(tour-)?|tmp)\w{8}", "…", text)
    return json.loads(re.sub(r'<a href=(?:\\"|\')(?:http://127\.0\.0\.1|file:)[^>]*>(.*?)</a>', r"\1", text))


def _seen(outputs):
    """What a page can show of outputs: texts and pictures; not values that were published, nor widgets that have nothing else."""
    for output in map(_without_this_machine, outputs):
        if "data" in output: output["data"] = {kind: v for kind, v in output["data"].items() if kind.startswith(("text/", "image/"))}
        if output.get("data", True): yield output


def page(path, outputs=None):
    """The notebook as Sphinx gets it; `outputs` by cell id."""
    made, name = [], module(path) if path.parent == NBS else ""
    for cell in cells(path):
        marks = directives(cell)
        if "hide" in marks or "default_exp" in marks or not source(cell).strip(): continue
        if cell["cell_type"] == "markdown":
            text = linked(source(cell).replace("](../", "](/modules/"), name)  # from a tutorial to a module
            made.append(prose(cell["id"], f"(mod-{name})=\n{text}" if name and not made else text))
            continue
        names = defined(cell) if name and exported(cell) else []
        if names: made.append(prose(f"{cell['id']}-at", "\n".join(f"({label(name, n)})=" for n in names)))
        tags = ["exported"] if exported(cell) else cell["metadata"].get("tags", [])
        made.append(program(cell["id"], DIRECTIVE.sub("", source(cell)).strip("\n"), tags, outputs))
    return as_notebook(made)


def prose(id, text): return {"cell_type": "markdown", "id": id, "metadata": {}, "source": text}


def program(id, text, tags=(), outputs=None):
    return {"cell_type": "code", "id": id, "metadata": {"tags": list(tags)}, "source": text, "outputs": list(_seen((outputs or {}).get(id, []))), "execution_count": None}


def as_notebook(cells):
    return {"cells": cells, "nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python", "pygments_lexer": "ipython3"}}}

"""Build the site: `make docs`, or `python nbs/_site/build.py [--execute tutorials|all|none] [--out _docs]`.

Pages are written to `_docs/.source`, changed ones only, and Sphinx makes `_docs/html` of them; a warning is an error.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import tour
from execute import ROOT, outputs
from pages import NBS, linked, module_notebooks, page, titled
from pictures import place
from reference import magics_page, module_pages, rest_page, settings_page, table, toctree, verb_pages

SITE = Path(__file__).parent
TUTORIALS = ["track_your_first_run", "from_notebook_to_pipeline", "submit_to_a_gpu", "question_your_documents", "is_it_better", "gate_a_release"]


def readme(heading=None, names=True):
    """A section of the README, or what stands above the first one; its links lead to pages, and those of its `names` that can."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    part = text.split(f"\n## {heading}\n", 1)[1] if heading else text.split("\n", 1)[1]
    text = re.split(r"^## ", part, maxsplit=1, flags=re.M)[0].strip()
    text = re.sub(r"\]\(nbs/tutorials/", "](/tutorials/", text)
    text = re.sub(r"\]\(nbs/", "](/modules/", text)
    return linked(text) if names else text


def start_pages():
    words, _, shown = readme().partition("\n\n")
    rest = [("tour.ipynb", "Five minutes", "from the first tracked cell to a gated pipeline"), ("tutorials/index.md", "Tutorials", "notebooks to learn from, each executed"),
            ("lab.md", "In the lab", "the same with the mouse: panel, forms, widgets"), ("howto/index.md", "How-to", "templates, secrets, things to add"), ("reference/index.md", "Reference", "verbs, magics, settings, modules")]
    cards = "\n".join(f"- [{name}](/{to})\n  {what}" for to, name, what in rest)
    tree = toctree([Path(name).with_suffix("") for name, *_ in rest], "hidden") + "\n\n" + toctree(["changelog", "contributing"], "hidden")
    yield "index", f"# opsnb\n\n{words}\n\n:::{{container}} opsnb-cards\n{cards}\n:::\n\n## How it looks\n\n{shown}\n\n## Two commands\n\n{readme('Two commands')}\n\n{tree}\n"
    yield "lab", linked((SITE / "lab.md").read_text(encoding="utf-8"))
    yield "changelog", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    yield "contributing", (SITE / "contributing.md").read_text(encoding="utf-8") + f"\n## Where things are\n\n{readme('Where things are')}\n"


def tutorial_page():
    rows = [(f"[{titled(p)[0]}]({p.name})", titled(p)[1]) for p in map(tutorial, TUTORIALS)]
    yield "tutorials/index", f"# Tutorials\n\nEach is a notebook in `nbs/tutorials`, and what it shows here is what it printed when this site was made.\n\n{table(('', ''), rows)}\n\n{toctree(TUTORIALS, 'hidden')}\n"


def tutorial(name): return NBS / "tutorials" / f"{name}.ipynb"


def howto_pages():
    folders = sorted(p.parent for p in (ROOT / "templates").glob("*/pipeline.yaml"))
    rows = [(f"[{f.name}]({f.name}.md)", template(f)[0]) for f in folders]
    others = [("secrets", "Secrets and outputs"), ("add", "To add …")]
    yield "howto/index", f"# How-to\n\n## Start from a template\n\nA template is a pipeline to begin with: `opsnb init FOLDER --template NAME` copies it. Each runs in about half a minute on a laptop.\n\n{table(('template', ''), rows)}\n\n## And else\n\n" + "\n".join(f"- [{title}]({name}.md)" for name, title in others) + "\n\n" + toctree([f.name for f in folders] + [n for n, _ in others], "hidden")
    for f in folders: yield f"howto/{f.name}", template(f)[1]
    for name, title in others: yield f"howto/{name}", f"# {title}\n\n{readme(title)}\n"


def template(folder):
    """`(what it is for, its page)`, from its pipeline.yaml and its notebooks."""
    text = (folder / "pipeline.yaml").read_text(encoding="utf-8")
    above = re.match(r"(?:#.*\n)+", text)[0]
    what, _, commands = "\n".join(line[1:].removeprefix(" ") for line in above.splitlines()).partition("\n\n")
    shown = re.sub(r"(?m)(?<=\S) {2,}(?=\w)", "  # ", "\n".join("$ " + line.strip() for line in commands.splitlines() if line.strip()))
    steps = [(f"[`{p.stem}`]({folder.name}/{p.name})", linked(titled(p)[1])) for p in in_order(folder)]
    return what, (f"# {folder.name}\n\n{what}\n\n```console\n$ opsnb init mine --template {folder.name}\n$ cd mine\n{shown}\n```\n\n## Notebooks\n\n{table(('step', ''), steps)}\n\n"
                  f"## pipeline.yaml\n\n```yaml\n{text[len(above):].strip()}\n```\n\n" + "".join(f"## {p.name}\n\n```python\n{p.read_text(encoding='utf-8').strip()}\n```\n\n" for p in sorted(folder.glob("*.py")))
                  + f"{toctree([f'{folder.name}/{p.stem}' for p in in_order(folder)], 'hidden')}\n")


def in_order(folder):
    text = (folder / "pipeline.yaml").read_text()
    return sorted(folder.glob("*.ipynb"), key=lambda p: text.find(f"notebook: {p.name}"))


def reference_pages():
    yield from verb_pages().items()
    yield "reference/magics", magics_page()
    yield "reference/settings", settings_page(readme("Settings"))
    rest = rest_page()
    if rest: yield "reference/rest", rest
    parts = [("verbs", "Verbs", "the whole product: each function with its arguments, its command and examples"), ("magics", "Magics", "`%%track`, `%%submit`, `%ops` and the others, with their options"),
             ("settings", "Settings", "each with its default and meaning"), *([("rest", "REST", "what the lab's server answers")] if rest else []), ("../modules/index", "Modules", "the notebooks that the library is made from")]
    yield "reference/index", "# Reference\n\n" + table(("", ""), [(f"[{t}]({n}.md)", w) for n, t, w in parts]) + "\n\n" + toctree([n for n, *_ in parts], "hidden")
    yield from module_pages().items()


def notebooks():
    """`{page: notebook}` of the whole site."""
    found = {f"modules/{p.stem}": p for p in module_notebooks()} | {f"tutorials/{n}": tutorial(n) for n in TUTORIALS}
    return found | {f"howto/{p.parent.name}/{p.stem}": p for p in sorted((ROOT / "templates").glob("*/*.ipynb"))}


def write(folder, execute):
    """All pages below `folder`, as a site's source; those that have not changed are not touched."""
    files, wanted = {}, notebooks()
    chosen = [p for name, p in wanted.items() if name.startswith(("tutorials/", "modules/")) and execute in ("all", name.split("/")[0])]
    five = readme("Five minutes", False)
    with tour.to_run(five) as path:
        shown = outputs([path, *sorted(chosen, key=lambda p: p.parent == NBS)], folder.parent / ".cache") if chosen else {}  # the long ones first
        made = {name: page(p, shown.get(p)) for name, p in wanted.items()} | {"tour": tour.page(five, shown.get(path))}
    for name, text in [*start_pages(), *tutorial_page(), *howto_pages(), *reference_pages()]:
        files[f"{name}.md"] = place(name, [text], folder / "pictures")[0]
    for name, nb in made.items():
        prose = [c for c in nb["cells"] if c["cell_type"] == "markdown"]
        for cell, text in zip(prose, place(name, [c["source"] for c in prose], folder / "pictures"), strict=True): cell["source"] = text
        files[f"{name}.ipynb"] = json.dumps(nb, indent=1, ensure_ascii=False)
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists() or file.read_text(encoding="utf-8") != text: file.write_text(text, encoding="utf-8")
    for file in [p for kind in ("md", "ipynb") for p in folder.rglob(f"*.{kind}")]:
        if str(file.relative_to(folder)) not in files: file.unlink()


def main():
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--execute", choices=["all", "tutorials", "none"], default="all", help="which notebooks are run for what they show")
    asked.add_argument("--out", default=str(ROOT / "_docs"), help="folder of the site")
    args = asked.parse_args()
    out, started = Path(args.out).resolve(), time.monotonic()
    write(out / ".source", args.execute)
    written = time.monotonic()
    made = subprocess.run([sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-j", "2", "-b", "html", "-c", SITE, "-d", out / ".doctrees", out / ".source", out / "html"])
    if made.returncode:
        shutil.rmtree(out / ".doctrees")  # or the next build would not see the same warnings
        sys.exit(made.returncode)
    print(f"{len(notebooks())} notebooks, pages in {written - started:.0f} s, site in {time.monotonic() - written:.0f} s: {os.path.relpath(out / 'html' / 'index.html')}")


if __name__ == "__main__": main()

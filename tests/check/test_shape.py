"""The shape of the code: short modules, short cells, honest names, imports in reading order."""
import ast
import json
import re
from pathlib import Path

import pytest

root = Path(__file__).parents[2]
NOTEBOOKS = sorted(p for p in (root / "nbs").glob("*.ipynb"))
MODULES = sorted(p for p in (root / "opsnb").rglob("*.py") if p.name != "_modidx.py")
BANNED = {"utils", "util", "helpers", "helper", "base", "common", "manager", "misc", "tools", "lib", "core"}
HEAVY = {"torch", "mlflow", "wandb", "llama_index", "lancedb", "deepeval", "papermill", "pandas", "numpy", "matplotlib", "sklearn", "accelerate", "nbclient",
         "nbformat", "jupyter_client", "pydantic", "yaml", "rich", "psutil", "ipywidgets", "pynvml", "ray", "kubernetes", "tornado", "jupyter_server",
         "onnxruntime", "onnx", "tokenizers", "sentence_transformers", "transformers", "Stemmer", "openai", "httpx", "fsspec", "pypdfium2", "lxml", "docx", "markitdown", "py3langid", "datasketch", "sqlalchemy"}
MAY_IMPORT = {"_launch.py": {"psutil"}, "_notebook.py": HEAVY, "_saving.py": HEAVY, "_specs.py": {"jupyter_client"}, "_provisioner.py": {"jupyter_client"},
              "_llama_index.py": {"llama_index"}, "_deepeval.py": {"deepeval"}, "_handlers.py": {"pydantic", "tornado", "jupyter_server"}, "_files.py": {"tornado", "jupyter_server"}}  # reached only from function bodies


def cells(path):
    return json.loads(path.read_text())["cells"]


def source(cell):
    return "".join(cell["source"])


def exported(path):
    return [c for c in cells(path) if c["cell_type"] == "code" and re.match(r"#\| *exporti?\b", source(c))]


def module(path):
    found = re.search(r"#\| default_exp (\S+)", "\n".join(source(c) for c in cells(path)))
    return found[1].removesuffix(".__init__")


def local_imports(path):
    """Our modules that a notebook's exported cells import."""
    for cell in exported(path):
        for node in ast.walk(ast.parse(source(cell))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "opsnb":
                for alias in (a for a in node.names if not a.name.startswith("_")):  # plain modules have no number
                    yield node.module.removeprefix("opsnb").lstrip("."), alias.name


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(root)))
def test_modules_are_short_and_honestly_named(path):
    assert len(path.read_text().splitlines()) <= 400, "split it"
    assert not BANNED & set(path.relative_to(root / "opsnb").with_suffix("").parts)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.name)
def test_notebooks_read_well(path):
    made = cells(path)
    lengths = [len([line for line in source(c).splitlines() if not line.startswith("#|")]) for c in exported(path)]
    assert len(made) <= 120 and max(lengths) <= 50, "split it"
    assert len(lengths) < 6 or sorted(lengths)[int(len(lengths) * 0.75)] <= 30, "most cells are too long"
    assert source(made[0]).startswith("#| default_exp"), "the first cell names the module"
    assert re.match(r"# \S+\n\n> .+", source(made[1])), "then a title and one line"
    assert "nbdev.nbdev_export()" in source(made[-1]) and source(made[-1]).startswith("#| hide")
    assert sum(c["cell_type"] == "markdown" for c in made) >= len(exported(path)) * 0.4, "prose is missing"
    assert not any(c.get("outputs") for c in made) and all(c.get("id") for c in made)
    assert module(path).split(".")[0] == path.stem.split("_", 1)[1].split(".")[0], "notebook and module are called alike"


def test_imports_follow_the_numbers():
    order = {module(p): p.name for p in NOTEBOOKS}
    for path in NOTEBOOKS:
        for name, attribute in local_imports(path):
            target = f"{name}.{attribute}".lstrip(".") if f"{name}.{attribute}".lstrip(".") in order else name
            if target in order and target != module(path):
                assert order[target] < path.name, f"{path.name} imports {target}, which comes later"


def test_our_modules_do_not_import_stars_or_nbdev():
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [a.name for a in node.names] if isinstance(node, (ast.Import, ast.ImportFrom)) else []
            top = {(getattr(node, "module", None) or n).split(".")[0] for n in names}
            assert "*" not in names and not {"nbdev", "fastcore", "execnb"} & top, path


def test_heavy_libraries_are_imported_in_function_bodies_only():
    for path in MODULES:
        tree = ast.parse(path.read_text())
        inside = {n for f in ast.walk(tree) if isinstance(f, (ast.FunctionDef, ast.AsyncFunctionDef)) for n in ast.walk(f)}
        for node in ast.walk(tree):
            if node in inside or not isinstance(node, (ast.Import, ast.ImportFrom)) or getattr(node, "level", 0): continue
            names = {(node.module if isinstance(node, ast.ImportFrom) else a.name).split(".")[0] for a in node.names}
            numeric = {"numpy"} if path.parent.name == "rag" and path.name[0] == "_" else set()  # of vectors and scores
            assert not names & HEAVY - MAY_IMPORT.get(path.name, set()) - numeric, f"{path.name} line {node.lineno}"


def test_every_module_comes_from_a_notebook_or_is_named_as_plain():
    made = {f"{m.replace('.', '/')}.py" for m in map(module, NOTEBOOKS)} | {f"{m.replace('.', '/')}/__init__.py" for m in map(module, NOTEBOOKS)}
    found = {str(p.relative_to(root / "opsnb")) for p in MODULES}
    empty = {name for name in found if name.endswith("__init__.py") and not (root / "opsnb" / name).read_text().strip()}
    plain = {name for name in found if Path(name).name.startswith("_")}  # hand-written: dense mechanism, and the package itself
    assert found - made - plain - empty == set()


def test_template_notebooks_are_clean_and_have_commented_parameters():
    for path in sorted((root / "templates").rglob("*.ipynb")):
        tagged = [source(c) for c in cells(path) if "parameters" in c["metadata"].get("tags", [])]
        assert len(tagged) == 1 and ":" in tagged[0] and not any(c.get("outputs") for c in cells(path)), path

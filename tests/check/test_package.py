"""Versions are equal everywhere, pins cover what we ask for, and every way to install gives a working command."""
import configparser
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import opsnb
from opsnb.plug import LIBRARIES

root = Path(__file__).parents[2]
sys.path.insert(0, str(root / "extension"))
import labext  # noqa: E402 - extension/labext.py

settings = configparser.ConfigParser(delimiters=["="])
settings.read(root / "settings.ini")
cfg = settings["DEFAULT"]


def lines(key):
    return [line.strip() for line in cfg.get(key, "").splitlines() if line.strip()]


def extras():
    return {k.removesuffix("_requirements"): lines(k) for k in cfg if k.endswith("_requirements")}


def test_versions_are_equal_everywhere():
    top = re.search(r"^## (\S+)", (root / "CHANGELOG.md").read_text().split("## Unreleased")[-1], re.M)
    assert opsnb.__version__ == cfg["version"] and (top is None or top[1] <= cfg["version"])
    package = root / "extension/package.json"
    if package.exists():
        import json
        assert json.loads(package.read_text())["version"] == cfg["version"]


def test_the_built_lab_extension_is_current():
    assert labext.changed() == [], "run: make extension"
    assert '"version": "%s"' % cfg["version"] in (root / "opsnb/labextension/package.json").read_text()


def test_a_changed_source_is_noticed(tmp_path, monkeypatch):
    was = labext.digest()
    monkeypatch.setattr(labext, "digest", lambda: {**was, "src/index.ts": "other", "src/new.ts": "new"})
    assert labext.changed() == ["src/index.ts", "src/new.ts"]
    monkeypatch.setattr(labext, "BUILT", tmp_path)
    assert labext.needs()[0].startswith("jupyter-builder") and labext.changed() == sorted({*was, "src/new.ts"})


def test_the_built_extension_is_small():
    entry = [p for p in (root / "opsnb/labextension/static").glob("*.js") if "license" not in p.name]
    assert sum(p.stat().st_size for p in entry) < 1_000_000 and next(p for p in entry if p.name.startswith("remoteEntry")).stat().st_size < 50_000


def test_extras_are_the_promised_ones_and_every_requirement_has_a_bound():
    assert set(extras()) == {"track", "train", "rag", "parse", "eval", "lab", "serve", "ray", "k8s", "dev", "docs"}
    for text in [*lines("requirements"), *(r for rs in extras().values() for r in rs)]:
        assert Requirement(text).specifier, f"{text} needs a lower bound"


def test_libraries_are_named_alike_in_the_table_and_in_settings():
    for name, (dist, extra) in LIBRARIES.items():
        assert dist in {Requirement(r).name for r in extras()[extra]}, f"{name}: {dist} is not in the extra {extra}"


def test_constraints_pin_everything_we_ask_for():
    pins = {Requirement(line).name.lower().replace("_", "-"): Requirement(line) for line in (root / "constraints.txt").read_text().splitlines() if line and line[0] != "#"}
    for text in [*lines("requirements"), *(r for rs in extras().values() for r in rs)]:
        r = Requirement(text)
        pin = pins[r.name.lower().replace("_", "-")]
        assert all(s.operator == "==" for s in pin.specifier) and next(iter(pin.specifier)).version in r.specifier, text
    assert "2.13.0" in str(pins["torch"].specifier)
    installed = {d.metadata["Name"].lower().replace("_", "-"): d.version for d in importlib.metadata.distributions()}
    different = {n: (v, str(pins[n].specifier)) for n, v in installed.items() if n in pins and v.split("+")[0] not in pins[n].specifier}
    assert not different, f"this environment differs from constraints.txt: {different}"


def test_pyproject_holds_tool_settings_only():
    assert "project" not in tomllib.loads((root / "pyproject.toml").read_text())


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A clean copy of what git knows."""
    folder = tmp_path_factory.mktemp("checkout") / "opsnb"
    files = subprocess.run(["git", "ls-files", "-coz", "--exclude-standard"], cwd=root, capture_output=True, check=True).stdout.decode().split("\0")
    for name in filter(None, files):
        if (root / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def built(checkout, tmp_path_factory):
    out = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "build", "-o", out, checkout], check=True, capture_output=True)
    return {p.suffix: p for p in out.iterdir()}


@pytest.mark.parametrize("way", ["folder", "editable", "sdist", "wheel"])
def test_every_way_to_install_gives_a_working_command(way, request, tmp_path):
    checkout = request.getfixturevalue("checkout")
    what = {"folder": [checkout], "editable": ["-e", checkout]}.get(way) or [request.getfixturevalue("built")[".gz" if way == "sdist" else ".whl"]]
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    python = venv / "bin/python"
    without_node = {**os.environ, "PATH": str(venv / "bin")}
    subprocess.run([python, "-m", "pip", "install", "-q", "--no-deps", *map(str, what)], check=True, capture_output=True, env=without_node)
    site = subprocess.run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], capture_output=True, text=True, check=True).stdout.strip()
    (Path(site) / "borrowed.pth").write_text(sysconfig.get_path("purelib"))  # our dependencies, not to install them four times
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    def run(*args, errors=subprocess.DEVNULL): return subprocess.run([str(a) for a in args], stdout=subprocess.PIPE, stderr=errors, text=True, cwd=tmp_path, env=env, check=True).stdout
    where = run(python, "-c", "import opsnb; print(opsnb.__file__)")
    assert (str(checkout) if way == "editable" else str(venv)) in where
    assert run(venv / "bin/opsnb", "--version").split() == ["opsnb", cfg["version"]] == run(venv / "bin/jupyter-opsnb", "--version").split()
    assert "train_and_gate" in run(venv / "bin/opsnb", "templates")
    run(venv / "bin/opsnb", "init", "demo")
    assert (tmp_path / "demo/network.py").exists() and (tmp_path / "demo/pipeline.yaml").exists()
    assert "prepare" in run(venv / "bin/opsnb", "pipeline", "plan", "demo")
    names = run(python, "-c", "import importlib.metadata as m; d = m.distribution('opsnb'); print(*[e.group + ':' + e.name for e in d.entry_points])").split()
    assert {"console_scripts:opsnb", "console_scripts:jupyter-opsnb", "papermill.engine:opsnb", "jupyter_scheduler.backends:opsnb"} <= set(names)
    lab = run(python, "-m", "jupyterlab.labextensions", "list", errors=subprocess.STDOUT)
    assert re.search(rf"@opsnb/labextension v{re.escape(cfg['version'])}.*enabled.*OK", lab), lab
    assert re.search(rf"opsnb\.server {re.escape(cfg['version'])}.*OK", run(python, "-m", "jupyter_server.extension.serverextension", "list", errors=subprocess.STDOUT))
    assert "opsnb" in run(python, "-c", "import papermill.engines as e; print(*map(str, e.papermill_engines._engines))")


def test_the_wheel_holds_what_it_should_and_nothing_else(built):
    names = zipfile.ZipFile(built[".whl"]).namelist()
    tops = {n.split("/")[0] for n in names}
    assert tops == {"opsnb", f"opsnb-{cfg['version']}.dist-info", f"opsnb-{cfg['version']}.data"} and "opsnb/templates/train_and_gate/train.ipynb" in names and "opsnb/track/_courier.py" in names and "opsnb/notebooks/59_rag.ipynb" in names
    data = [n.partition(".data/data/")[2] for n in names if ".data/" in n]
    assert {"etc/jupyter/jupyter_server_config.d/opsnb.json", f"{labext.SHARE}/install.json", f"{labext.SHARE}/package.json"} <= set(data) and not [n for n in names if n.startswith("opsnb/labextension")]
    assert not [n for n in names if "__pycache__" in n or n.endswith(".orig") and not n.endswith("package.json.orig")]  # JupyterLab's own name

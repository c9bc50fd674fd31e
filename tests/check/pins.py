"""Write constraints.txt: all extras, the developer's tools and the site's, resolved together in a fresh environment.

Run it with the oldest Python we promise to work with (Debian 12 has 3.11.2): some packages ask for a later 3.11.
"""
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

root = Path(__file__).parents[2]
HEAD = "# All extras and the developer's tools, resolved together and tested: pip install -c constraints.txt '.[…]'\n# Made by `make constraints` with Python {python}.\n"

with tempfile.TemporaryDirectory() as tmp:
    subprocess.run([sys.executable, "-m", "venv", tmp], check=True)
    pip = [f"{tmp}/bin/python", "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "-q", "-U", "pip"], check=True)
    subprocess.run([*pip, "install", "-q", "torch==2.13.0", f"{root}[all,dev,docs]"], check=True)
    subprocess.run([*pip, "check"], check=True)
    lines = subprocess.run([*pip, "freeze", "--exclude", "opsnb"], capture_output=True, text=True, check=True).stdout.splitlines()
pins = [line.split("+")[0] for line in lines if "==" in line and not line.startswith(("pip==", "setuptools=="))]
(root / "constraints.txt").write_text(HEAD.format(python=platform.python_version()) + "\n".join(pins) + "\n")
print(f"{len(pins)} pins")

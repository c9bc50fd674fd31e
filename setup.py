"""Builds opsnb. All metadata is read from settings.ini; nothing is said twice."""
import sys
from configparser import ConfigParser
from pathlib import Path

import setuptools
from setuptools import find_packages, setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

here = Path(__file__).parent
sys.path.insert(0, str(here / "extension"))
import labext  # noqa: E402 - extension/labext.py

parser = ConfigParser(delimiters=["="])
parser.read(here / "settings.ini", encoding="utf-8")
cfg = parser["DEFAULT"]


def lines(key):
    return [line.strip() for line in cfg.get(key, "").splitlines() if line.strip()]


extras = {key.removesuffix("_requirements"): lines(key) for key in cfg if key.endswith("_requirements")}
extras["all"] = sorted({req for name, reqs in extras.items() if name not in ("dev", "docs") for req in reqs})



class Distribution(setuptools.Distribution):
    def has_data(self): return self.has_data_files()  # by this name setuptools asks whether an editable installation has data files, too


def with_extension(command):
    """`command`, before which the JupyterLab extension is built if it is missing."""
    class Built(command):
        def run(self):
            if not labext.is_built():
                labext.build()
                self.distribution.data_files = labext.data_files()
            super().run()
    return Built


setup(
    distclass=Distribution,
    cmdclass={"build_py": with_extension(build_py), "sdist": with_extension(sdist)},
    setup_requires=labext.needs(),
    data_files=labext.data_files(),
    name=cfg["lib_name"],
    version=cfg["version"],
    description=cfg["description"],
    long_description=(here / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    author=cfg["author"],
    author_email=cfg["author_email"],
    url=cfg["git_url"],
    license="Apache-2.0",
    license_files=["LICENSE"],
    keywords=cfg["keywords"].split(),
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Framework :: Jupyter",
        "Intended Audience :: Developers",
        "Intended Audience :: Science/Research",
        "Operating System :: MacOS",
        "Operating System :: POSIX :: Linux",
        "Programming Language :: Python :: 3",
        f"Programming Language :: Python :: {cfg['min_python']}",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
    ],
    python_requires=f">={cfg['min_python']}",
    # templates/ and nbs/ (the documentation) stay at the top of the repository and are shipped as data inside the package
    packages=find_packages(include=["opsnb", "opsnb.*"]) + ["opsnb.templates", "opsnb.notebooks"],
    package_dir={"opsnb.templates": "templates", "opsnb.notebooks": "nbs"},
    package_data={"opsnb.templates": ["*/*"], "opsnb.notebooks": ["*.ipynb", "tutorials/*.ipynb"], "opsnb": ["py.typed", "server/openapi.json"], "opsnb.widgets": ["static/*"]},
    include_package_data=False,
    install_requires=lines("requirements"),
    extras_require=extras,
    entry_points={
        "console_scripts": lines("console_scripts"),
        "papermill.engine": lines("papermill_engines"),
        "jupyter_client.kernel_provisioners": lines("kernel_provisioners"),
        "jupyter_scheduler.backends": lines("scheduler_backends"),
        "nbdev": ["opsnb=opsnb._modidx:d"],
    },
    zip_safe=False,
)

# opsnb: everything a developer does, one target each. `make` alone explains.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
EXECUTE ?= all
export PATH := $(BIN):$(PATH)

.PHONY: help demo test check setup quick sync layers lint static notebooks pytest peers ui types docs shots airflow bench constraints apt-venv apt-git apt-chromium apt-slurm build clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.demo  ## Set up, then train and gate a model, question documents, judge an index, on real data (about 5 minutes the first time)
	@test -f demo/pipeline.yaml || opsnb init demo
	cd demo && opsnb pipeline run
	@echo; echo "And again: nothing has changed."
	cd demo && opsnb pipeline run
	@echo; echo "Documents: an index, three questions, answers with citations."
	@test -f demo-rag/pipeline.yaml || opsnb init demo-rag --template build_rag
	cd demo-rag && opsnb pipeline run
	cd demo-rag && opsnb rag ask docs How can a number be printed with a comma as the thousands separator?
	cd demo-rag && opsnb rag ask docs How are parameters given to a notebook on the command line?
	cd demo-rag && opsnb rag ask docs Who won the football world cup in 1998?
	@echo; echo "Judged: an index asked what is known, its report, and whether it may serve."
	@test -f demo-evaluate/pipeline.yaml || opsnb init demo-evaluate --template evaluate_rag
	cd demo-evaluate && opsnb pipeline run && opsnb report latest
	@echo; echo "Look at it:    cd demo && ../$(VENV)/bin/opsnb ui"
	@echo "Run it again:  cd demo && ../$(VENV)/bin/opsnb pipeline run -p epochs 30"

test: $(VENV)/.dev apt-git apt-chromium apt-slurm  ## Set up, then run all tests: the notebooks' and tests/
	$(MAKE) --no-print-directory notebooks pytest

check: $(VENV)/.dev sync layers lint static  ## Exports in sync, import contract, lint, shape, versions, packaging

setup: $(VENV)/.dev  ## Make .venv with everything a developer needs

quick: $(VENV)/.dev  ## Export and test one notebook: make quick NB=03_journal
	nbdev_clean && nbdev_export && nbdev_test --path nbs/$(NB).ipynb

sync: $(VENV)/.dev  ## Fail if the notebooks are not clean or the modules are not their export
	@python tests/check/in_sync.py

layers: $(VENV)/.dev  ## Fail if a module imports upward, or `import opsnb` loads something heavy
	lint-imports
	python tests/check/import_weight.py

lint: $(VENV)/.dev  ## ruff on the exported modules and the tests
	ruff check opsnb tests nbs/_site setup.py

static: $(VENV)/.dev  ## Shape limits, versions, packaging
	pytest -q tests/check

notebooks: $(VENV)/.dev  ## Run the notebooks as tests
	python tests/twice.py notebooks

pytest: $(VENV)/.dev extension  ## Run tests/ (crashes, servers, engine, browser)
	python tests/twice.py pytest -q -n 2 --dist loadgroup tests --ignore tests/check --ignore tests/bench --ignore tests/peers

extension: $(VENV)/.dev  ## Build the JupyterLab extension, if its sources have changed (needs node; the built one is in the repository)
	@python extension/labext.py

types: $(VENV)/.dev  ## Write the OpenAPI document and the TypeScript types anew, from the tables of verbs and views
	@python extension/api.py

peers: $(VENV)/.dev  ## papermill's and jupyter_client's own tests with our parts in place (4 minutes; fetches their sources)
	pytest -q -s tests/peers

ui: $(VENV)/.dev apt-chromium extension  ## Only the browser tests; screenshots in tests/ui/shots
	pytest -q tests/ui

docs: $(VENV)/.dev  ## The site, in _docs/html, from the notebooks; make docs EXECUTE=tutorials (or none) runs fewer of them
	python nbs/_site/build.py --execute $(EXECUTE)

shots: $(VENV)/.dev apt-chromium  ## Take the pictures that stand in the site, in a real JupyterLab; then make docs
	pytest -q $$(python nbs/_site/pictures.py)

airflow: $(VENV)/.dev  ## Load and run an exported DAG in a real Airflow, in an environment of its own (300 MB)
	@test -x .airflow/bin/airflow || { $(PYTHON) -m venv .airflow && .airflow/bin/pip install -q 'apache-airflow>=3.1,<4'; }
	AIRFLOW_PYTHON=$(CURDIR)/.airflow/bin/python pytest -q tests/test_export.py -k airflow

bench: $(VENV)/.dev  ## Benchmarks against the peers; prints ratios (RESULTS.md keeps the last)
	python tests/bench/run.py

build: $(VENV)/.dev  ## sdist and wheel in dist/
	rm -rf dist build && python -m build

constraints:  ## Write constraints.txt anew: make constraints PYTHON=/usr/bin/python3.11
	$(PYTHON) tests/check/pins.py

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11)' || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || $(MAKE) --no-print-directory apt-venv
	$(PYTHON) -m venv $(VENV)
	@$(PIP) --upgrade 'pip>=25'

$(VENV)/.demo: $(VENV)/bin/python settings.ini setup.py constraints.txt
	$(PIP) -e '.[track,train,rag]'
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python settings.ini setup.py constraints.txt
	$(PIP) -e '.[track,train,rag,parse,eval,lab,ray,k8s,dev,docs]'
	@touch $@ $(VENV)/.demo

apt-venv:
	$(SUDO) apt-get update -q && $(SUDO) apt-get install -qy --no-install-recommends python3-venv

apt-git:
	@command -v git >/dev/null || ! command -v apt-get >/dev/null || { $(SUDO) apt-get update -q && $(SUDO) apt-get install -qy --no-install-recommends git; }

apt-chromium:
	@{ command -v chromium || command -v google-chrome; } >/dev/null && ls /usr/lib*/libatomic.so.1 /usr/lib/*/libatomic.so.1 >/dev/null 2>&1 || ! command -v apt-get >/dev/null || \
	  { $(SUDO) apt-get update -q && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -qy --no-install-recommends chromium fonts-dejavu-core libatomic1; }

apt-slurm:  # the tests of Slurm skip where it cannot be had
	@PATH=$$PATH:/usr/sbin; { command -v slurmctld && command -v slurmd && command -v sbatch && command -v munged; } >/dev/null || ! command -v apt-get >/dev/null || \
	  { $(SUDO) apt-get update -q && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -qy --no-install-recommends slurmctld slurmd slurm-client munge; } || echo "Slurm cannot be installed; its tests skip"

clean:  ## Remove what was made: .venv, demo, builds
	rm -rf $(VENV) .airflow _docs demo demo-rag demo-evaluate dist build *.egg-info .pytest_cache .ruff_cache .import_linter_cache

"""jupyter_client's own tests of kernels and their managers, with every kernel started by `opsnb-warm`."""
from collections import Counter
from pathlib import Path

from suite import fetched, judge, side_by_side
from support import cells

FILES = [f"tests/test_{name}.py" for name in ("restarter", "kernelmanager", "multikernelmanager", "client", "provisioning", "transport_security", "manager", "public_api")]  # the slowest first; not those that start no kernel
ACCEPTED = {"tests.test_provisioning.TestDiscovery.test_find_all_specs": "puts a list of its own in place of the installed provisioners; the default one, ours, is not in it"}


def test_jupyter_clients_own_tests_with_forked_kernels(tmp_path, monkeypatch):
    monkeypatch.setenv("OPSNB_WARM_IDLE_MIN", "0.1")  # each test has folders of its own, thus a template of its own
    tree = fetched("jupyter_client", tmp_path / "sdist", "pytest-jupyter==0.11.0", "msgpack==1.2.4")
    (tree / "jupyter_client").rename(tmp_path / "not-this-one")  # the installed one is tested
    (tmp_path / "preload.ipynb").write_text(cells("import numpy"))
    started = tmp_path / "started"

    def ours(tree):
        return {"PYTHONPATH": f"{tree}:{tree.parent / 'lib'}:{Path(__file__).parent / 'plugins'}", "PYTEST_PLUGINS": "forked", "STARTED": str(started),
                "JUPYTER_DEFAULT_PROVISIONER_NAME": "opsnb-warm", "OPSNB_NOTEBOOK": str(tmp_path / "preload.ipynb")}

    theirs, with_ours = side_by_side(tree, FILES, ours, ["-o", "log_cli=false"])
    how = Counter(line.partition(" ")[0] for line in started.read_text().splitlines())
    why = Counter(line.partition(" ")[2] for line in started.read_text().splitlines() if line.startswith("cold"))
    print(f"\nkernels started: {how['warm']} forked, {how['cold']} cold: {dict(why)}")
    assert sum(v == "passed" for v in theirs.values()) > 100 and how["warm"] > 50
    judge("jupyter_client", theirs, with_ours, ACCEPTED)

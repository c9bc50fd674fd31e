"""papermill's own tests, with our engine as its default one, also in the processes that they start."""
from suite import fetched, judge, side_by_side

FILES = [f"papermill/tests/test_{name}.py" for name in ("autosave", "cli", "clientwrap", "engines", "exceptions", "execute", "inspect", "iorw", "parameterize")]  # not those of clouds, languages and small functions
DEFAULT = "\nfrom opsnb.engine import Engine as _Ours\npapermill_engines.register(None, _Ours)\n"
EXECUTE = "papermill.tests.test_execute.TestNotebookHelpers"
ACCEPTED = {
    "papermill.tests.test_autosave.TestMidCellAutosave.test_end2end_autosave_slow_notebook": "counts calls of papermill's own writing function; ours writes whole files, and seldom",
    f"{EXECUTE}.test_start_timeout": "puts a mock in place of the client class that only papermill's own engine uses",
    f"{EXECUTE}.test_default_start_timeout": "puts a mock in place of the client class that only papermill's own engine uses",
}


def ours(tree):
    with open(tree / "papermill/engines.py", "a") as f: f.write(DEFAULT)
    return {}


def test_papermills_own_tests_with_our_engine(tmp_path):
    tree = fetched("papermill", tmp_path / "sdist")
    theirs, with_ours = side_by_side(tree, FILES, ours, ["-o", "filterwarnings="])
    assert sum(v == "passed" for v in theirs.values()) > 100
    judge("papermill", theirs, with_ours, ACCEPTED)

"""Tab and Shift-Tab in lines of our magics, asked of a real kernel, and `%ops` alone."""
import pytest
from jupyter_client.manager import start_new_kernel

import opsnb as ops


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("typing")
    (folder / "opsnb.toml").touch()
    (folder / "train.ipynb").write_text("{}")
    (folder / "data.csv").touch()
    return folder


@pytest.fixture(scope="module")
def kernel(workplace):
    manager, client = start_new_kernel(cwd=str(workplace))
    shown = []
    client.execute_interactive("%load_ext opsnb\nimport opsnb as ops\nloss, lr, _hidden = 0.5, 0.1, 1\nwith ops.track('earlier', quiet=True) as run: pass\nprint(run.id)",
                               output_hook=lambda m: shown.append(m["content"].get("text", "")), timeout=60)
    client.run = "".join(shown).strip()
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def completed(kernel, code, cursor=None):
    return kernel.complete(code, len(code) if cursor is None else cursor, reply=True, timeout=30)["content"]


def explained(kernel, code, cursor=None):
    return kernel.inspect(code, len(code) if cursor is None else cursor, reply=True, timeout=30)["content"]


CASES = [("%ops ", {"run", "pipeline", "submit", "runs", "rag"}, {"loss"}), ("%ops pipe", {"pipeline"}, {"run"}), ("%ops pipeline ", {"run", "plan", "resume", "export"}, set()),
         ("%%track -", {"--metrics", "-m", "--params", "--quiet"}, set()), ("%%track fit -m l", {"loss", "lr"}, {"_hidden"}), ("%%track fit -m loss,l", {"lr", "loss"}, set()),
         ("%ops run tr", {"train.ipynb"}, {"data.csv"}), ("%ops runs --sta", {"--status"}, {"--type"}), ("%ops runs --status ", {"failed", "done", "timed_out"}, {"loss"}),
         ("%%submit --on ", {"local", "slurm", "ray", "k8s"}, set()), ("%%evaluate data.csv -m exact", {"exact_match"}, {"hit"}), ("rows = %ops jobs --on s", {"slurm"}, {"local"}),
         ("%rag ", {"ask", "search", "build"}, {"runs"}), ("x = 1\n%ops can", {"cancel"}, set())]


@pytest.mark.parametrize("code, there, absent", CASES, ids=[c[0] for c in CASES])
def test_what_can_be_typed_next(kernel, code, there, absent):
    matches = set(completed(kernel, code)["matches"])
    assert there <= matches and not absent & matches, sorted(matches)[:30]


def test_a_match_takes_the_place_of_what_was_typed(kernel):
    for code, whole in (("%ops runs --status fa", "%ops runs --status failed"), ("%%track fit -m loss,lr -q --exp", "%%track fit -m loss,lr -q --experiment"), ("%ops runs --status=fai", "%ops runs --status=failed")):
        found = completed(kernel, code)
        [only] = set(found["matches"])
        assert code[:found["cursor_start"]] + only + code[found["cursor_end"]:] == whole, found


def test_runs_are_offered_by_their_ids_with_their_names(kernel):
    found = completed(kernel, "%ops show ")
    assert found["matches"] == [kernel.run]
    assert "run earlier" in {m["type"] for m in found["metadata"]["_jupyter_types_experimental"]}


def test_other_code_is_left_to_others(kernel):
    assert "lr" in completed(kernel, "l")["matches"] and "loss" in completed(kernel, "%%track fit\nlo")["matches"]
    assert "%%track" in completed(kernel, "%%tra")["matches"]
    assert completed(kernel, "loss % l")["matches"] and "pipeline" not in completed(kernel, "loss % ")["matches"]


def test_help_under_the_cursor(kernel):
    for code, cursor, said in (("%%track fit -m loss", 4, "Run the cell as a tracked run"), ("%ops submit train.ipynb", 8, "%ops submit"), ("%rag ask docs why", 6, "%ops rag ask"),
                               ("x = 1\n%ops cancel job_1", 14, "%ops cancel"), ("%ops", 3, "pipeline")):
        found = explained(kernel, code, cursor)
        assert found["found"] and said in found["data"]["text/plain"], (code, found["data"])
    option = explained(kernel, "%%track fit -m loss", 13)["data"]["text/plain"]
    assert option.startswith("-m, --metrics: variables to log") and "%track [-m NAME]" in option and "track_cell" not in option and "Example: %%track fit -p lr" in option
    assert "0.5" in explained(kernel, "%%track fit\nloss", 14)["data"]["text/plain"]  # the body of a cell is Python
    assert "float" in explained(kernel, "loss", 2)["data"]["text/plain"]


def test_loading_again_adds_nothing(kernel):
    said = []
    kernel.execute_interactive("%reload_ext opsnb\nprint(sum(getattr(m, 'matcher_identifier', '') == 'opsnb' for m in get_ipython().Completer.custom_matchers), get_ipython().kernel.do_inspect.__closure__[0].cell_contents.__qualname__)",
                               output_hook=lambda m: said.append(m["content"].get("text", "")), timeout=60)
    assert "".join(said).split() == ["1", "IPythonKernel.do_inspect"]


def test_ops_alone_says_what_is_at_work(kernel):
    shown = []
    kernel.execute_interactive("with ops.track('now', quiet=True): display(get_ipython().run_line_magic('ops', ''))", output_hook=lambda m: shown.append(m["content"].get("data", {})), timeout=60)
    [card] = [d for d in shown if "text/html" in d]
    assert "1 run at work" in card["text/html"] and "now" in card["text/html"] and "%ops pipeline run" in card["text/html"] and "workspace" in card["text/plain"]


def test_overview_tells_what_waits(ws, monkeypatch):
    monkeypatch.setenv("OPSNB_DELIVERY", "off")
    with ops.track("fit", quiet=True): pass
    seen = ops.overview()
    assert seen.undelivered == 1 and "opsnb sync" in str(seen) and "nothing is at work" in str(seen)

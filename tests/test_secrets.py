"""Secrets reach the notebook and nothing that is written: counted in every byte below the project, in MLflow's database, and on the screen."""
import base64
import json
import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

import opsnb as ops
from opsnb.engine import run_notebook
from opsnb.errors import OpsError
from opsnb.secrets import Masker, Secret, forms
from opsnb.track.deliver import sync
from support import cells, opsnb, written_below

WORD = "fedcba9876543210"
KEY = 'sk-"live"/7f3ä\\9c=+&x42'  # all that needs escaping somewhere
TELL = """
import base64, json, urllib.parse, html
print("the key is", api_key)
print("Basic", base64.b64encode(("user:" + api_key).encode()).decode(), base64.urlsafe_b64encode(api_key.encode()).decode())
print(urllib.parse.quote(api_key, safe=""), urllib.parse.urlencode({"k": api_key}), json.dumps({"k": api_key}), repr([api_key]), html.escape(api_key))
print(json.dumps(json.dumps({"k": api_key})), api_key.encode().hex())
import sys
print(api_key, file=sys.stderr)
api_key
"""
DISPLAY = """
from IPython.display import HTML, JSON, Markdown, display, update_display
import pandas as pd
display(HTML(f"<b>{api_key}</b>"), JSON({"key": api_key, api_key: 1}), Markdown(api_key), pd.DataFrame({"k": [api_key]}))
h = display("first", display_id=True)
h.update({"k": api_key})
"""
SPLIT = """
import sys, time
for part in (api_key[:5], api_key[5:9], api_key[9:]):
    sys.stdout.write(part); sys.stdout.flush(); time.sleep(0.3)
print()
import subprocess
subprocess.run([sys.executable, "-c", "import sys; print('child', sys.argv[1])", api_key])
"""
TRACK = """
import opsnb as ops, pandas as pd
with ops.track("inner", params={"key": api_key}, tags={"t": api_key}) as r:
    r.param(url=f"https://u:{api_key}@example.org")
    r.text(f"log of {api_key}", "log.txt")
    r.table(pd.DataFrame({"a": [api_key]}), "t.json"); r.table({"a": [api_key]}, "t.csv"); r.table({"a": [api_key]}, "t.parquet")
ops.publish(key=api_key)
"""
PLAIN_MLFLOW = """
import mlflow
with mlflow.start_run(run_name="plain"):
    mlflow.log_param("k", api_key); mlflow.log_params({"k2": api_key}); mlflow.set_tag("t", api_key)
    mlflow.log_text(api_key, "note.txt"); mlflow.log_dict({"k": api_key}, "d.json")
"""
RAISE = "raise ValueError(f'no access with {api_key}')"


@pytest.fixture(autouse=True)
def the_key(monkeypatch):
    monkeypatch.setenv("SHOP_KEY", KEY)
    monkeypatch.setenv("OPSNB_DELIVERY", "off")


def found_in(data, value=KEY):
    """How often any form of the secret occurs in bytes, overlapping forms counted more than once."""
    return {form: data.count(form.encode("utf-8", "surrogatepass")) for form in forms(value) if form.encode("utf-8", "surrogatepass") in data}


def test_one_secret_said_in_every_way_is_written_nowhere(ws, notebook, project, monkeypatch):
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # there ipykernel does not listen to what child processes print
    path = notebook("login", 'api_key: "Secret"\nuser: str = "me"', TELL, DISPLAY, SPLIT, TRACK, PLAIN_MLFLOW, RAISE)
    code, out, err = opsnb("run", path, "-p", "api_key", "env:SHOP_KEY", "-p", "user", "you", "-o", "executed.ipynb")
    assert code == 1 and "ValueError: no access with ***" in out, (out, err)
    sync(workspace=ws)
    store = sqlite3.connect(ws.database)
    params = dict(store.execute("select key, value from params where key in ('k', 'k2', 'key', 'url', 'api_key')"))
    assert params == {"k": "***", "k2": "***", "key": "***", "url": "https://u:***@example.org", "api_key": "***"}
    store.close()
    assert found_in(written_below(project)) == {} and found_in((out + err).encode()) == {}
    executed = json.loads((project / "executed.ipynb").read_text())
    assert executed["metadata"]["papermill"]["parameters"] == {"user": "you"}
    text = json.dumps(executed["cells"])
    assert text.count("***") >= 15 and "the key is ***" in text and "child ***" in text, "the cells did say it"
    code, out, err = opsnb("logs", next(r["run"] for r in ops.runs() if r["name"] == "login"))
    assert code == 0 and "the key is ***" in out and found_in((out + err).encode()) == {}


def test_a_control_papermill_writes_it_down_five_times(project):
    (project / "nb.ipynb").write_text(cells('api_key = ""', "print(api_key)", "raise ValueError(api_key)"))
    subprocess.run([sys.executable, "-m", "papermill", "nb.ipynb", "out.ipynb", "-k", "python3", "-r", "api_key", "sk-live-0123456789"], capture_output=True)
    assert (project / "out.ipynb").read_text().count("sk-live-0123456789") >= 5


def test_a_kernel_killed_while_it_holds_back_the_beginning_of_a_secret(ws, notebook, project):
    path = notebook("cut", 'api_key: "Secret"', "import os, sys, time\nsys.stdout.write('begins ' + api_key[:-3]); sys.stdout.flush(); time.sleep(1); os.kill(os.getpid(), 9)")
    result = run_notebook(path, {"api_key": "env:SHOP_KEY"}, check=False)
    assert result.status == "failed" and found_in(written_below(project)) == {}
    assert "begins" in Path(result.path).read_text()


def test_where_the_kernel_keeps_it(ws, notebook, project):
    look = """
import os, gc, pathlib
mine = pathlib.Path('/proc/self/environ').read_bytes(), pathlib.Path('/proc/self/cmdline').read_bytes()
import opsnb as ops
ops.publish(seen=any(api_key.encode() in m for m in mine), plain=type(api_key) is str, history=sum(api_key in s for s in In), length=len(api_key))
"""
    (project / "key.txt").write_text(KEY + "\n")
    os.chmod(project / "key.txt", stat.S_IRUSR)
    result = run_notebook(notebook("look", 'api_key: "Secret" = ""', look), {"api_key": f"file:{project / 'key.txt'}"})
    del os.environ["SHOP_KEY"]
    result = run_notebook(project / "look.ipynb", {"api_key": f"file:{project / 'key.txt'}"})
    assert result.values == {"seen": False, "plain": True, "history": 0, "length": len(KEY)}


def test_sources(ws, notebook, monkeypatch, capsys):
    path = notebook("where", 'api_key: "Secret"', "import opsnb as ops\nops.publish(n=len(api_key))")
    assert run_notebook(path, {"api_key": Secret(KEY)}).values == {"n": len(KEY)}
    with pytest.raises(OpsError, match="needs the secret 'api_key'") as caught: run_notebook(path)
    assert "API_KEY" in caught.value.hint
    monkeypatch.setenv("API_KEY", "from-the-environment")
    assert run_notebook(path).values == {"n": 20}
    for bad, says in (("env:NOT_SET", "has no value"), ("file:/no/such", "cannot be read"), ("abc", "too short"), (7, "not text")):
        with pytest.raises(OpsError, match=says): run_notebook(path, {"api_key": bad})


def test_sources_on_the_command_line(ws, notebook, project):
    path = notebook("where", 'api_key: "Secret"', "import opsnb as ops\nops.publish(n=len(api_key))")
    code, out, err = opsnb("run", path, "-p", "api_key", "-", input="typed-by-hand\n")
    assert code == 0 and "n: 13" in out and "history" not in err
    code, out, err = opsnb("run", path, "-p", "api_key", "on-the-line-itself")
    assert code == 0 and "shell's history" in err and "on-the-line-itself" not in out + err
    assert b"on-the-line-itself" not in written_below(project) and b"typed-by-hand" not in written_below(project)


def test_a_secret_in_the_source_is_refused(ws, notebook):
    for line in ('key: "Secret" = "sk-1234"', 'key: "Secret" = os.environ["KEY"]'):
        with pytest.raises(OpsError, match="has a default"): run_notebook(notebook("bad", line))
    with pytest.raises(OpsError, match="cannot take a secret"): run_notebook(notebook("bad", "n: int = 1"), {"n": Secret("1234567")})


def test_a_secret_for_a_parameter_that_is_not_annotated(ws, notebook, project):
    result = run_notebook(notebook("old", "token = ''", "print('with', token)"), {"token": Secret(KEY)})
    assert "with ***" in Path(result.path).read_text() and found_in(written_below(project)) == {}


def test_secrets_of_a_pipeline(ws, notebook, project, monkeypatch):
    notebook("load", 'key: "Secret"\nuser: str = "me"', "print(key)\nimport opsnb as ops\nops.publish(n=len(key), leaked=key)")
    notebook("send", "url = ''\nleaked = ''", "print(url, leaked)\nimport opsnb as ops\nops.publish(n=len(url), leaked=leaked)")
    (project / "pipeline.yaml").write_text("secrets: {shop: env:SHOP_KEY, other: file:other.txt}\nsteps:\n  load: {notebook: load.ipynb, params: {key: '${secrets.shop}'}}\n"
                                           "  send: {notebook: send.ipynb, params: {url: 'https://u:${secrets.other}@example.org', leaked: '${load.leaked}'}}\n")
    with pytest.raises(OpsError, match="cannot be read"): ops.pipeline().run()
    (project / "other.txt").write_text("password-of-the-other\n")
    code, out, err = opsnb("pipeline", "run")
    assert code == 0, (out, err)
    (project / "other.txt").unlink()
    done = {r["name"]: ops.run(r["run"]) for r in ops.runs()}
    assert done["load"].metrics["n"] == len(KEY) and done["send"].metrics["n"] == len("https://u:password-of-the-other@example.org")
    assert done["load"].params == {"key": "***"} and done["send"].params == {"url": "***", "leaked": "***"}
    written = written_below(project)
    assert found_in(written) == {} and found_in(written, "password-of-the-other") == {} and found_in((out + err).encode()) == {}
    assert opsnb("pipeline", "plan")[0] == 0
    monkeypatch.delenv("SHOP_KEY")
    code, out, err = opsnb("pipeline", "run")
    assert code == 2 and "SHOP_KEY, which is not set" in err


def test_pieces_of_a_stream(ws):
    from opsnb._outputs import Outputs
    from opsnb.secrets import hidden
    hidden.add(WORD)
    hidden.add("edcb")  # lies inside the other
    for cut in range(1, 16):
        outputs = Outputs()
        outputs.cell_started(0, 1)
        said = [f"before {WORD[:cut]}", f"{WORD[cut:]} after", " and fedc"]
        message = lambda text: {"msg_type": "stream", "header": {"msg_type": "stream"}, "content": {"name": "stdout", "text": text}}
        out = [m["content"]["text"] for text in said for m in outputs.taken(message(text))] + [m["content"]["text"] for m in outputs.rest()]
        assert "".join(out) == "before *** after and fedc"


def test_text_without_a_secret_is_left_as_it_is():
    masker = Masker(KEY, "aaaa")
    text = base64.b64encode(os.urandom(200_000)).decode() + quote("a b/c") + "aaa"
    assert masker(text) == text and masker({"a": [1, None, text]}) == {"a": [1, None, text]}

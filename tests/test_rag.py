"""Documents as a user questions them: commands, magics, the template, our own documentation."""
import json

import pytest

import opsnb as ops
from support import opsnb

pytest.importorskip("lancedb")
pytestmark = pytest.mark.xdist_group("rag")

TEA = "# Tea\n\nGreen tea is brewed at 75 degrees for two minutes.\n\n# Coffee\n\nCoffee wants water of 94 degrees and a fine grind.\n"
RULES = "# House rules\n\nThe kitchen closes at ten in the evening. Guests sign the book at the door.\n"


@pytest.fixture
def guides(ws, project):
    (project / "guides").mkdir()
    (project / "guides/tea.md").write_text(TEA)
    (project / "guides/rules.md").write_text(RULES)
    (project / "guides/broken.pdf").write_bytes(b"%PDF-1.7\nnothing")
    return project / "guides"


def test_a_folder_is_built_searched_asked_changed_and_put_back(guides):
    code, out, err = opsnb("rag", "build", "guides", "--name", "guides")
    assert code == 0 and "broken.pdf" in out and "1 of 3 sources were not read" in out, err
    code, out, err = opsnb("rag", "ask", "guides", "How", "hot", "must", "the", "water", "for", "green", "tea", "be?")
    assert code == 0 and "75 degrees" in out and "tea.md" in out, err
    found = json.loads(opsnb("rag", "search", "guides", "who signs the book", "-k", 2, "--json")[1])
    assert "sign the book" in json.dumps(found)
    assert "bm25" in opsnb("rag", "explain", "guides", "who", "signs", "the", "book")[1].lower() or "words" in opsnb("rag", "explain", "guides", "who signs the book")[1].lower()
    (guides / "tea.md").write_text(TEA.replace("75", "70"))
    code, out, err = opsnb("rag", "build", "guides", "--name", "guides", "--json")
    again = json.loads(out)
    assert code == 0 and again["version"] == 2 and again["counts"]["embedded"] == 1 and again["counts"]["read"] == 1, err
    assert "70 degrees" in opsnb("rag", "ask", "guides", "How hot must the water for green tea be?")[1]
    assert "changed" in opsnb("rag", "diff", "guides", 1, 2)[1]
    assert opsnb("rag", "rollback", "guides", 1)[0] == 0 and "75 degrees" in opsnb("rag", "ask", "guides", "How hot must the water for green tea be?")[1]
    assert [r["index"] for r in json.loads(opsnb("rag", "list", "--json")[1])] == ["guides"]
    runs = ops.runs(name="index guides")
    assert len(runs) >= 2 and all(r["type"] == "index" for r in runs)


def test_wrong_words(guides):
    for words, says in [(["rag", "ask", "nowhere", "what?"], "There is no index"), (["rag", "build", "gone", "--name", "x"], "gone"), (["rag", "build", "guides", "--name", "a/b"], "cannot be named so"),
                        (["rag", "build", "guides", "--tokens", "0"], "tokens"), (["rag", "build", "guides", "--strategy", "wild"], "wild"), (["rag", "build", "guides", "--embedder", "nonsense"], "nonsense")]:
        code, out, err = opsnb(*words)
        assert code in (2, 3) and says in err and "Traceback" not in err, (words, err)
    assert opsnb("rag", "build", "guides", "--name", "g")[0] == 0
    for words, says in [(["rag", "ask", "g"], "There is no question"), (["rag", "rollback", "g", "9"], "no version 9"), (["rag", "rollback", "g", "first"], "A version is a number"),
                        (["rag", "search", "g", "tea", "--where", "nothing = 1"], "nothing"), (["rag", "search", "g", "tea", "--mode", "magic"], "magic"), (["rag", "ask", "g", "tea?", "-m", "gpt-9"], "openai:gpt-9")]:
        code, out, err = opsnb(*words)
        assert code == 2 and says in err and "Traceback" not in err, (words, err)


def test_a_build_with_too_much_unread_fails_and_the_version_before_serves(guides):
    assert opsnb("rag", "build", "guides", "--name", "g")[0] == 0
    (guides / "other.pdf").write_bytes(b"")
    (guides / "tea.md").write_text(TEA.replace("75", "70"))
    code, out, err = opsnb("rag", "build", "guides", "--name", "g", "--max-unread", "0.1")
    assert code == 1 and "not read" in err
    assert "75 degrees" in opsnb("rag", "ask", "g", "How hot must the water for green tea be?")[1]


def test_magics(guides, notebook):
    done = ops.run_notebook(notebook("asks", "k = 2", "%load_ext opsnb\nimport opsnb as ops", "%rag build guides --name g", "hits = %rag search g what's the kitchen's hour", "hits", "%%rag ask g -k {k}\nHow hot must the water\nfor green tea be?",
                                     "answer = _\nops.publish(text=answer.text, first=hits[0].source)"))
    assert "75 degrees" in done.values["text"] and done.values["first"].endswith("rules.md")


@pytest.mark.timeout(300)
def test_the_template_builds_checks_and_gates(project):
    assert opsnb("init", "handbook", "--template", "build_rag")[0] == 0
    code, out, err = opsnb("pipeline", "run", "handbook", "--json", timeout=300)
    assert code == 0, err + out
    first = json.loads(out)
    metrics = next(s["values"]["metrics"] for s in first["steps"] if s["step"] == "check")
    assert metrics["hit_at_5"] >= 0.8 and metrics["abstained"] >= 0.6 and first["verdicts"]["gate"]["ok"]
    code, out, err = opsnb("pipeline", "run", "handbook", "-p", "min_hit", "1.01", "--json", timeout=300)
    assert code == 1 and json.loads(out)["verdicts"]["gate"]["ok"] is False


@pytest.mark.timeout(300)
def test_our_own_documentation_answers(project, monkeypatch, tmp_path):
    answer = json.loads(opsnb("help", "How", "do", "I", "go", "back", "to", "an", "earlier", "version", "of", "an", "index?", "--json", timeout=300)[1])
    assert answer["answered"] and "rollback" in json.dumps(answer)
    assert "opsnb rag build" in opsnb("help")[1]

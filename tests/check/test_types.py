"""The OpenAPI document and the TypeScript types are what the tables of verbs and views say."""
import json
import sys
from pathlib import Path

root = Path(__file__).parents[2]
sys.path.insert(0, str(root / "extension"))
import api  # noqa: E402 - extension/api.py


def test_the_document_and_the_types_are_current():
    assert not api.stale(), "run: make types"


def test_every_verb_of_http_and_every_view_has_its_path_and_its_type():
    from opsnb.verbs import VERBS
    from opsnb.view import VIEWS
    doc, types = json.loads(api.OPENAPI.read_text()), api.TYPES.read_text()
    for v in VERBS:
        assert (f"/{v.name}" in doc["paths"]) == bool(v.rest) and (not v.rest or f"\n  {v.name}: {{ args:" in types), v.name
    for v in VIEWS: assert f"/view/{v.name}" in doc["paths"]
    assert "unknown[]" not in types.replace("Record<string, unknown>", ""), "a record has a field without a type"


def test_a_changed_record_is_noticed(monkeypatch, tmp_path):
    path = tmp_path / "api.ts"
    path.write_text(api.TYPES.read_text().replace("duration_s", "seconds"))
    monkeypatch.setattr(api, "TYPES", path)
    assert api.stale() == [path]

"""Writes opsnb/server/openapi.json and src/api.ts from the verbs, the views and their records; `--check` only says whether they are current.

    python extension/api.py
"""
import json
import sys
from pathlib import Path

from opsnb.server.openapi import document
from opsnb.show import STATES

root = Path(__file__).resolve().parents[1]
OPENAPI, TYPES = root / "opsnb/server/openapi.json", root / "extension/src/api.ts"


def typescript(schema):
    """A JSON schema as a TypeScript type."""
    if "$ref" in schema: return schema["$ref"].rpartition("/")[2]
    if "anyOf" in schema: return " | ".join(dict.fromkeys(typescript(s) for s in schema["anyOf"]))
    if schema.get("enum") == list(STATES): return "State"
    if "enum" in schema: return " | ".join(f"'{v}'" for v in schema["enum"])
    if "const" in schema: return f"'{schema['const']}'"
    kind = schema.get("type")
    if kind == "array": return f"({inner})[]" if " | " in (inner := typescript(schema.get("items", {}))) else f"{inner}[]"
    if kind == "object" and "properties" in schema: return members(schema)
    if kind == "object": return f"Record<string, {typescript(schema['additionalProperties']) if isinstance(schema.get('additionalProperties'), dict) else 'unknown'}>"
    return {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}.get(kind, "unknown")


def members(schema):
    """The fields of an object, on one line."""
    needed = schema.get("required", [])
    return "{ " + "; ".join(f"{name}{'' if name in needed else '?'}: {typescript(s)}" for name, s in schema["properties"].items()) + " }" if schema["properties"] else "Record<string, never>"


def interface(name, schema):
    rows = [f"/** {schema['description']} */"] if schema.get("description") else []
    rows.append(f"export interface {name} {{")
    for field, s in schema["properties"].items():
        if s.get("description"): rows.append(f"  /** {s['description']} */")
        rows.append(f"  {field}{'' if field in schema.get('required', []) else '?'}: {typescript(s)};")
    return "\n".join([*rows, "}"])


def arguments(operation):
    """The arguments of an operation as a type."""
    if "requestBody" in operation: return typescript(operation["requestBody"]["content"]["application/json"]["schema"])
    given = {p["name"]: p["schema"] for p in operation["parameters"] if p["in"] == "query"}
    return members({"properties": given, "required": [p["name"] for p in operation["parameters"] if p["required"]]})


def answers(name, doc, help, paths):
    rows = [f"/** {help} */", f"export interface {name} {{"]
    for path, operation in paths.items():
        result = operation["responses"]["200"]["content"]["application/json"]["schema"]
        rows += [f"  /** {operation['summary']} */", f"  {path}: {{ args: {arguments(operation)}; result: {typescript(result)} }};"]
    return "\n".join([*rows, "}"])


def types(doc):
    """The types for TypeScript."""
    paths = {p: next(iter(kinds.items())) for p, kinds in doc["paths"].items()}
    of = lambda method, start="/": {p.removeprefix(start): o for p, (m, o) in paths.items() if m == method and p.startswith(start) and p.removeprefix(start).isidentifier()}
    states = "\n".join(["/** The states of runs and jobs. */", "export type State =", *(f"  | '{s}'" for s in STATES)]) + ";"
    parts = ["/** Made by `make types` from the verbs, the views and their records; do not edit. */\n/* eslint-disable max-lines */",
             f"/** Of the package that this belongs to. */\nexport const VERSION = '{doc['info']['version']}';", states,
             *(interface(name, s) for name, s in doc["components"]["schemas"].items()),
             answers("Views", doc, "GET view/<name>: what is shown.", of("get", "/view/")),
             answers("Reads", doc, "GET <verb>: verbs that only look.", of("get")),
             answers("Acts", doc, "POST <verb>: verbs that do something.", of("post"))]
    return "\n\n".join(parts) + "\n"


def made():
    doc = document()
    return {OPENAPI: json.dumps(doc, indent=1, ensure_ascii=False) + "\n", TYPES: types(doc)}


def stale():
    """The files that are not what the tables say."""
    return [p for p, text in made().items() if not p.exists() or p.read_text(encoding="utf-8") != text]


if __name__ == "__main__":
    found = stale()
    if "--check" in sys.argv[1:]:
        sys.exit(f"run: make types   ({', '.join(str(p.relative_to(root)) for p in found)})" if found else 0)
    for path, text in made().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    print("\n".join(f"wrote {p.relative_to(root)}" for p in found) or "nothing has changed")

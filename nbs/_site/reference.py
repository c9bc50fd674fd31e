"""Pages that are made from the tables of the code: verbs, magics, settings, modules, REST. Nothing here is written twice."""
import dataclasses
import inspect
import json
from unittest.mock import MagicMock, patch

from execute import ROOT
from pages import linked, module, module_notebooks, titled

LAYERS = {"0": "The ground", "1": "Tracking", "2": "Jobs and training", "3": "Notebooks and pipelines", "4": "Language models",
          "5": "Documents", "6": "Evaluation", "7": "After the notebook", "8": "Verbs and surfaces"}


def text_cell(value): return str(value).replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")
def code(value): return f"`{value}`".replace("|", "\\|") if str(value) else ""


def table(head, rows):
    """A Markdown table of the columns that say something."""
    keep = [i for i in range(len(head)) if any(row[i] for row in rows)]
    head, rows = [head[i] for i in keep], [[row[i] for i in keep] for row in rows]
    return "\n".join([f"| {' | '.join(head)} |", "|---" * len(head) + "|", *(f"| {' | '.join(row)} |" for row in rows)])


def toctree(names, *options, caption=""):
    return "\n".join(["```{toctree}", *(f":{o}:" for o in options), *([f":caption: {caption}"] if caption else []), "", *map(str, names), "```"])


# Verbs

def layers_of_verbs():
    """`{layer: its verbs}`, by the notebook that the function comes from."""
    from opsnb.verbs import VERBS
    number = {module(p): p.name[0] for p in module_notebooks()}
    made = {layer: [v for v in VERBS if number.get(v.target.split(":")[0], "8") == layer] for layer in LAYERS}
    return {layer: verbs for layer, verbs in made.items() if verbs}


def verb_pages():
    """`{page: Markdown}`: a table of all verbs, and a page for each layer that has some."""
    pages, rows = {}, []
    for layer, verbs in layers_of_verbs().items():
        name = f"verbs/{LAYERS[layer].lower().replace(' ', '_')}"
        pages[f"reference/{name}"] = f"# {LAYERS[layer]}: verbs\n\n" + "\n\n".join(verb(v) for v in verbs)
        rows += [(f"[`ops.{v.name}`](#verb-{v.name})" if v.python else "", f"[`opsnb {v.command}`](#verb-{v.name})" if v.command else "", text_cell(v.help)) for v in verbs]
    intro = "One table of functions makes all of these: `ops.<verb>` in Python, `opsnb <command>` in a shell, `%ops <command>` in a cell. `--help` on each says what stands here, `--json` gives data. Those that read or write a workspace also take `workspace=`; without it, it is the one of the working directory."
    codes = "Exit codes: 0 done, 1 your code or a gate failed, 2 wrong use, 3 infrastructure, 130 interrupted."
    pages["reference/verbs"] = f"# Verbs\n\n{intro}\n\n{table(('Python', 'command line', ''), rows)}\n\n{codes}\n\n" + toctree([f"{LAYERS[n]} <{p.removeprefix('reference/')}>" for n, p in zip(layers_of_verbs(), pages, strict=True)], "hidden")
    return pages


def verb(v):
    """The section of one verb: what it does, how it is called, what each argument means, examples."""
    from opsnb.cli import options
    from opsnb.verbs import argument_help
    signature = inspect.signature(v.function)
    notes, flags = argument_help(v.function), {p.name: p for p in options(v)} if v.command else {}
    rows = [(code(f"{'*' * (p.kind is p.VAR_POSITIONAL)}{'**' * (p.kind is p.VAR_KEYWORD)}{name}"), flag(flags[name]) if name in flags and name not in v.fixed else "", text_cell(notes.get(name, "")), default(p))
            for name, p in signature.parameters.items() if name != "workspace" and (name in notes or name in flags)]
    return "\n\n".join(filter(None, [
        f"(verb-{v.name})=\n## {f'ops.{v.name}' if v.python else f'opsnb {v.command}'}",
        f"`opsnb {v.command}`" if v.python and v.command else "",
        linked(inspect.getdoc(v.function) or f"{v.help[0].upper()}{v.help[1:]}."),
        call(v, signature) if v.python else "",
        table(("argument", "command line", "meaning", "default"), rows) if rows else "",
        "```console\n" + "\n".join(f"$ {e}" for e in v.examples) + "\n```" if v.examples else ""]))


def call(v, signature):
    words = [str(p.replace(annotation=inspect.Parameter.empty)) for p in signature.parameters.values() if p.name != "workspace"]
    one = f"ops.{v.name}({', '.join(words)})"
    return f"```python\n{one if len(one) <= 100 else f'ops.{v.name}(' + ''.join(f'{chr(10)}    {w},' for w in words) + chr(10) + ')'}\n```"


def flag(p):
    import click
    if isinstance(p, click.Argument): return code(p.name.upper() + "…" * (p.nargs == -1))
    names = ", ".join([*p.opts, *p.secondary_opts])
    return code(f"{names} {p.metavar}" if p.metavar and not p.is_flag else names)


def default(p): return "" if p.default is p.empty or p.default is None or p.default == () else code(repr(p.default))


# Magics

def magics_page():
    """What `%load_ext opsnb` registers, with the options of each."""
    from opsnb import magics, plug
    shell = MagicMock()
    with patch.object(plug, "has", return_value=False): magics.load(shell)
    found = {}
    for function, kind, name in (c.args for c in shell.register_magic_function.call_args_list): found[name] = (function, kind)
    parts = [magic(name, *made) for name, made in found.items()]
    return "# Magics\n\n`%load_ext opsnb` in a notebook; then `%ops` lists every command, and `%%track?` shows the options of a magic.\n\n" + "\n\n".join(parts)


def magic(name, function, kind):
    signs = {"line": f"`%{name}`", "cell": f"`%%{name}`", "line_cell": f"`%{name}` and `%%{name}`"}[kind]
    actions = [a for a in function.parser._actions if a.dest != "help"] if hasattr(function, "parser") else []
    rows = [(code(" ".join(filter(None, [", ".join(a.option_strings) or a.dest.upper(), _value(a)]))), text_cell((a.help or "").replace("%%", "%")), code(a.default) if a.default not in (None, False, "==SUPPRESS==") else "") for a in actions]
    doc = inspect.getdoc(function).partition("\n\n")[2] if actions else inspect.getdoc(function)
    doc = next((p for p in doc.split("\n\n") if not p.startswith(("::", " ", "positional", "options"))), "")
    return "\n\n".join(filter(None, [f"(magic-{name})=\n## {signs.replace('`', '')}", linked(doc), table(("option", "meaning", "default"), rows) if rows else ""]))


def _value(a):
    return "" if not a.option_strings or a.nargs == 0 else str(a.metavar or a.dest.upper())


# Settings

def settings_page(text):
    from opsnb import config
    rows = [(code(f.name), code(getattr(f.type, "__name__", f.type)), code(", ".join(v) if isinstance(v := _default(f), list) else v), text_cell(f.metadata["help"]) + (f" ({', '.join(f.metadata['choices'])})" if f.metadata["choices"] else ""))
            for f in dataclasses.fields(config.Config) if f.metadata]
    handed = table(("variable", "meaning"), [(code(k), text_cell(v)) for k, v in config.HANDED_DOWN.items()])
    return f"# Settings\n\n{text}\n\n## All settings\n\nIn the environment a setting is `OPSNB_` and its name in capitals.\n\n{table(('setting', 'type', 'default', 'meaning'), rows)}\n\n## Variables that opsnb hands down\n\nTo processes that it starts; `OPSNB_HOME` may be set by you.\n\n{handed}\n"


def _default(f): return f.default if f.default is not dataclasses.MISSING else f.default_factory()


# Modules

def module_pages():
    """A page for each layer, with what its notebooks are about; the notebooks lie below it."""
    pages, found = {}, {}
    for path in module_notebooks(): found.setdefault(path.name[0], []).append(path)
    for layer, paths in found.items():
        rows = [(f"[`{module(p)}`](#mod-{module(p)})", text_cell(titled(p)[1])) for p in paths]
        pages[f"modules/layer_{layer}"] = f"# {LAYERS[layer]}\n\nNotebooks {layer}0 to {layer}9, in the order in which they are read and import one another.\n\n{table(('module', ''), rows)}\n\n" + toctree([p.stem for p in paths], "hidden")
    intro = "opsnb is written in notebooks, one for each module; these pages are those notebooks. The number is the reading order and the import order: a module imports only from those before it. Cells with a bar at the left are the module; the others show and test it."
    pages["modules/index"] = f"# Modules\n\n{intro}\n\n" + table(("layer", "modules"), [(f"[{LAYERS[n]}](layer_{n}.md)", ", ".join(dict.fromkeys(code(module(p).split('.')[1]) for p in paths))) for n, paths in found.items()]) + "\n\n" + toctree([f"layer_{n}" for n in found], "hidden")
    return pages


# REST

def rest_page():
    """The operations of the OpenAPI file that the package has; None where it has none."""
    file = next(iter(sorted((ROOT / "opsnb").rglob("openapi.json"))), None)
    if file is None: return None
    api = json.loads(file.read_text(encoding="utf-8"))
    base = (api.get("servers") or [{}])[0].get("url", "")
    rows = [(code(method.upper()), code(base + path), rest_link(path, what), ", ".join(map(code, taken(what)))) for path, methods in api["paths"].items() for method, what in methods.items()]
    text = ("The lab extension's server answers these, for the panel and for programs of your own: requests with the server's token, below its base address. "
            f"A request that cannot be answered gets `400` and the text of the `OpsError`. The whole description, for tools: `GET {base}/openapi.json` (OpenAPI {api['openapi']}), the file `{file.relative_to(ROOT)}`.")
    return f"# REST\n\n{text}\n\n{table(('method', 'path', '', 'takes'), rows)}\n"


def rest_link(path, what):
    """What an operation does; of a verb, with a link to it."""
    from opsnb.verbs import VERBS
    text = text_cell(what.get("summary", ""))
    return f"[{text}](#verb-{path[1:]})" if path[1:] in {v.name for v in VERBS} and text else text


def taken(what):
    """Names of an operation's parameters, and of its body's values."""
    body = what.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    return [n for n in [*(p["name"] for p in what.get("parameters", ())), *body.get("properties", ())] if n != "workspace"]

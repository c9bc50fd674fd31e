"""Imported before nbformat: spares a second of CPU that nobody has asked for.

nbformat imports jsonschema, and jsonschema imports rfc3987_syntax where it is installed (Jupyter's event system brings
it), which compiles a grammar at import: for the format "iri", which no notebook schema uses. Here jsonschema is imported
with a function in its place that imports the real one when it is first called. Nothing else sees a difference.
"""
import sys
from types import ModuleType

NAME = "rfc3987_syntax"


def is_valid_syntax(*args, **kw):
    """The real one, imported when it is needed."""
    from rfc3987_syntax import is_valid_syntax as real
    return real(*args, **kw)


def import_jsonschema():
    """Import jsonschema, and the grammar only when somebody uses it."""
    from importlib.util import find_spec
    if NAME in sys.modules or "jsonschema" in sys.modules or find_spec(NAME) is None: return
    stand_in = ModuleType(NAME)
    stand_in.is_valid_syntax = is_valid_syntax
    sys.modules[NAME] = stand_in
    try: import jsonschema  # noqa: F401
    except ImportError: pass
    finally: del sys.modules[NAME]


import_jsonschema()

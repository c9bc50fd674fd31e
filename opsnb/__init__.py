"""ML and LLM operations in Jupyter: `import opsnb as ops`.

The verbs (`ops.track`, `ops.run_notebook`, …) are listed in `opsnb.verbs` and imported when they are first used, so that
`import opsnb` loads nothing heavy.
"""

__version__ = "0.1.0"


def __getattr__(name):
    from opsnb.verbs import NAMES
    if name not in NAMES:
        raise AttributeError(f"module 'opsnb' has no attribute {name!r}")
    from opsnb.plug import resolve
    globals()[name] = found = resolve(NAMES[name])
    return found


def __dir__():
    from opsnb.verbs import NAMES
    return sorted({*globals(), *NAMES})


def load_ipython_extension(shell):
    """`%load_ext opsnb`: the magics, and MLflow prepared for notebooks."""
    from opsnb.magics import load
    load(shell)

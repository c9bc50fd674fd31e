"""What the browser draws: curves and graphs. Each is a few traits; how they look is in `static`."""
from pathlib import Path

import anywidget
import traitlets as t

STATIC = Path(__file__).parent / "static"


class Ground(anywidget.AnyWidget):
    """Style sheet and keys, of all widgets."""

    _esm, _css = STATIC / "ground.js", STATIC / "widgets.css"


class Curves(anywidget.AnyWidget):
    """Curves of runs. `lines` say what the numbers in `points` are, see `points.packed`; `more` metrics are not among them, `most` is how many the browser asks for."""

    _esm = STATIC / "curves.js"
    runs, lines = t.List().tag(sync=True), t.List().tag(sync=True)  # runs: name, state
    points = t.Bytes().tag(sync=True)
    more, most = t.Int(0).tag(sync=True), t.Int(12).tag(sync=True)


class Graph(anywidget.AnyWidget):
    """A graph of steps, drawn by `graph.svg`; `chosen` is the step that was clicked."""

    _esm = STATIC / "graph.js"
    svg, chosen = t.Unicode().tag(sync=True), t.Unicode("").tag(sync=True)

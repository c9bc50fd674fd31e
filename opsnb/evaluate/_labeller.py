"""The widget of `evaluate.label`: one case at a time, a key for each label. All text is set as text, never as HTML."""
import anywidget
import traitlets

from .label import Seat

ESM = """
function render({ model, el }) {
  const make = (tag, name, text) => { const e = document.createElement(tag); if (name) e.className = name; if (text !== undefined) e.textContent = text; return e; };
  const root = make("div", "opsnb-label"), bar = make("div", "opsnb-label-bar"), fill = make("div", "opsnb-label-fill"), line = make("div", "opsnb-label-line"), body = make("div", "opsnb-label-body"), problem = make("div", "opsnb-label-problem"), keys = make("div", "opsnb-label-keys");
  root.tabIndex = 0;
  bar.append(fill);
  root.append(bar, line, body, problem, keys);
  el.append(root);
  let waits = 0, edits = null;

  const send = (what, value) => { waits = Date.now(); model.send({ what, value, case: model.get("item").case }); };
  const button = (key, word, act, on) => {
    const b = make("button", on ? "opsnb-label-on" : "");
    b.type = "button";
    b.append(make("kbd", "", key), document.createTextNode(" " + word));
    b.addEventListener("click", () => { act(); root.focus(); });
    return b;
  };
  const edit = () => {
    if (edits) return;
    const box = make("div", "opsnb-label-edit");
    edits = make("textarea");
    edits.value = model.get("item").expected || "";
    edits.rows = 3;
    edits.setAttribute("aria-label", "expected answer");
    box.append(make("div", "opsnb-label-name", "expected: Ctrl+Enter keeps it, Esc leaves it"), edits);
    body.append(box);
    edits.focus();
  };
  const leave = (keep) => { const text = edits.value; edits = null; if (keep) send("expected", text); draw(); root.focus(); };

  function draw() {
    const item = model.get("item"), state = model.get("state");
    waits = 0;
    edits = null;
    fill.style.width = `${100 * state.done / Math.max(1, state.total)}%`;
    line.textContent = `${state.at + 1} of ${state.total} · ${state.done} labelled${state.counts ? ` (${state.counts})` : ""} · ${state.labeller}` + (state.done === state.total ? " · all are labelled" : "");
    body.replaceChildren(...item.shown.map(([name, text]) => {
      const part = make("div", "opsnb-label-part"), said = make("div", "opsnb-label-text", text);
      said.dir = "auto";
      part.append(make("div", "opsnb-label-name", name), said);
      return part;
    }));
    problem.textContent = state.problem;
    keys.replaceChildren(...model.get("labels").map(([key, word]) => button(key, word, () => send("label", word), item.label === word)),
      button("e", "correct", edit), button("u", "take back", () => send("undo")), button("\\u2190", "", () => send("move", -1)), button("\\u2192", "", () => send("move", 1)));
  }

  const pressed = (e) => {  // at the window, so before the notebook: there, x cuts a cell
    if (!root.contains(e.target) || e.metaKey || e.altKey || (e.ctrlKey && !(edits && e.key === "Enter"))) return;
    if (edits) { e.stopImmediatePropagation(); if (e.ctrlKey || e.key === "Escape") { e.preventDefault(); leave(e.ctrlKey); } return; }
    const named = model.get("by_key")[e.key.toLowerCase()];
    const act = named ? () => send("label", named) : { e: edit, u: () => send("undo"), ArrowLeft: () => send("move", -1), ArrowRight: () => send("move", 1) }[e.key];
    if (act || e.key.length === 1) e.stopImmediatePropagation();
    if (!act) return;
    e.preventDefault();
    if (!e.repeat && Date.now() - waits > 3000) act();  // while the kernel has not answered, a key is not for the next case
  };
  window.addEventListener("keydown", pressed, true);
  model.on("change:item change:state", draw);
  draw();
  setTimeout(() => root.focus({ preventScroll: true }), 50);
  return () => { window.removeEventListener("keydown", pressed, true); model.off("change:item change:state", draw); };
}
export default { render };
"""

CSS = """
.opsnb-label { border: 1px solid var(--jp-border-color1, #9e9e9e); border-radius: 4px; padding: 8px 12px; max-width: 60em; color: var(--jp-ui-font-color1, inherit); font-size: 13px; outline: none; }
.opsnb-label:focus-within { border-color: #1e88e5; box-shadow: 0 0 0 1px #1e88e5; }
.opsnb-label-bar { height: 4px; background: var(--jp-layout-color3, #9e9e9e55); border-radius: 2px; }
.opsnb-label-fill { height: 4px; background: #1e88e5; border-radius: 2px; }
.opsnb-label-line, .opsnb-label-name { color: var(--jp-ui-font-color2, #888); font-size: 12px; margin-top: 6px; }
.opsnb-label-text { white-space: pre-wrap; overflow-wrap: anywhere; max-height: 16em; overflow-y: auto; }
.opsnb-label-problem { color: #c62828; white-space: pre-wrap; }
.opsnb-label-keys { display: flex; flex-wrap: wrap; gap: 6px; margin-top: 10px; }
.opsnb-label-keys button { border: 1px solid var(--jp-border-color1, #9e9e9e); border-radius: 4px; background: var(--jp-layout-color2, transparent); color: inherit; padding: 3px 8px; cursor: pointer; }
.opsnb-label-keys .opsnb-label-on { border-color: #1e88e5; box-shadow: inset 0 0 0 1px #1e88e5; font-weight: bold; }
.opsnb-label-keys kbd { font-family: monospace; opacity: .75; background: none; color: inherit; border: 0; box-shadow: none; }
.opsnb-label-edit textarea { width: 100%; box-sizing: border-box; font: inherit; color: inherit; background: var(--jp-layout-color0, transparent); border: 1px solid #1e88e5; outline: none; }
"""


class Labeller(anywidget.AnyWidget):
    """What the browser shows, and what its keys do."""

    _esm, _css = ESM, CSS
    item, state = traitlets.Dict().tag(sync=True), traitlets.Dict().tag(sync=True)
    labels, by_key = traitlets.List().tag(sync=True), traitlets.Dict().tag(sync=True)

    def __init__(self, labels):
        self.seat = Seat(labels)
        keys = self.seat.keys()
        first = {word: key for key, word in reversed(keys.items())}
        super().__init__(item=self._item(), state=self._state(), labels=[(first.get(w, ""), w) for w in labels.labels], by_key=keys)
        self.on_msg(self._said)

    def _item(self):
        i, said = self.seat.item, self.seat.labels.said.get(self.seat.item.case, {})
        expected = said.get("expected", i.expected)
        expected = expected if isinstance(expected, str) else expected[0] if isinstance(expected, list) and expected and isinstance(expected[0], str) else ""
        shown = [(n, said["expected"] if n == "expected" and said.get("expected") else t) for n, t in i.shown]
        if said.get("expected") and not any(n == "expected" for n, _ in shown): shown.append(("expected", said["expected"]))
        return {"case": i.case, "shown": shown, "label": said.get("label"), "expected": expected}

    def _state(self):
        made = self.seat.labels
        return {"at": self.seat.at, "total": len(made.items), "done": len(made), "counts": ", ".join(f"{k} {n}" for k, n in made.counts.items()), "labeller": made.labeller, "problem": self.seat.problem, "n": getattr(self, "answered", 0)}

    def _said(self, _, message, buffers):
        if not isinstance(message, dict) or message.get("what") not in ("label", "expected", "move", "undo"): return
        self.seat.do(message["what"], message.get("value"), message.get("case"))
        self.answered = getattr(self, "answered", 0) + 1  # so that each message is answered, whatever it changed
        with self.hold_sync(): self.item, self.state = self._item(), self._state()

// A graph that Python drew: put into the page as it is, its steps chosen by click, Enter or the arrow keys.
function render({ model, el }) {
  el.classList.add("opsnb-graph");
  const steps = () => [...el.querySelectorAll("[data-step]")];

  function mark() {
    for (const g of steps()) {
      const on = g.dataset.step === model.get("chosen");
      g.classList.toggle("opsnb-chosen", on);
      g.setAttribute("aria-pressed", String(on));
    }
  }

  function draw() {
    const drawn = new DOMParser().parseFromString(model.get("svg"), "image/svg+xml");
    const held = el.contains(document.activeElement) ? document.activeElement.dataset.step : null, left = el.scrollLeft;
    if (drawn.querySelector("parsererror")) return;
    el.replaceChildren(document.importNode(drawn.documentElement, true));
    el.scrollLeft = left;
    mark();
    steps().find((g) => g.dataset.step === held)?.focus({ preventScroll: true });
  }

  function choose(g) {
    if (!g) return;
    model.set("chosen", g.dataset.step);
    model.save_changes();
    mark();
  }

  el.addEventListener("click", (e) => choose(e.target.closest("[data-step]")));
  el.addEventListener("keydown", (e) => {
    const all = steps(), g = e.target.closest("[data-step]"), by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[e.key];
    if (by) all[(all.indexOf(g) + by + all.length) % all.length]?.focus();
    else if (e.key === "Enter" || e.key === " ") choose(g);
    else return;
    e.preventDefault();
    e.stopPropagation();
  });
  model.on("change:svg", draw);
  model.on("change:chosen", mark);
  draw();
}
export default { render };

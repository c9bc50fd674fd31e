// Curves of one run or several: a panel for each metric, drawn from 32-bit numbers. Text is only ever set as text.
const SVG = "http://www.w3.org/2000/svg";
const H = 130, LEFT = 46, RIGHT = 6, TOP = 6, BOTTOM = 16;

function make(tag, name, text) {
  const e = document.createElement(tag);
  if (name) e.className = name;
  if (text !== undefined) e.textContent = text;
  return e;
}

function draw(tag, attributes, text) {
  const e = document.createElementNS(SVG, tag);
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
  if (text !== undefined) e.textContent = text;
  return e;
}

function short(v) {
  if (v === null || v === undefined) return "–";
  if (v === 0) return "0";
  const a = Math.abs(v);
  return a >= 1e6 || a < 1e-3 ? v.toExponential(2).replace("e+", "e") : String(Number(v.toPrecision(4)));
}

function numbers(view) {
  const bytes = view ? view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) : new ArrayBuffer(0);
  return new Float32Array(bytes, 0, Math.floor(bytes.byteLength / 4));
}

// Round places between two ends: of 1, 2 or 5 times a power of ten.
function ticks(lo, hi, most) {
  const raw = (hi - lo) / most, power = 10 ** Math.floor(Math.log10(raw)), step = [1, 2, 5, 10].find((m) => m * power >= raw) * power;
  const found = [];
  for (let v = Math.ceil(lo / step) * step; v <= hi + step * 1e-9 && found.length < 9; v += step) found.push(Math.abs(v) < step * 1e-9 ? 0 : v);
  return found;
}

function lineOf(header, all) {
  return { ...header, x: Array.from(all.subarray(header.at, header.at + header.n), (v) => v + header.first), y: all.subarray(header.at + header.n, header.at + 2 * header.n) };
}

function panel(name, labels) {
  const root = make("div", "opsnb-panel"), head = make("div", "opsnb-panel-head"), last = make("span", "opsnb-panel-last"), read = make("div", "opsnb-panel-read");
  const svg = draw("svg", { "aria-hidden": "true" });
  root.tabIndex = 0;
  root.setAttribute("role", "group");
  read.setAttribute("aria-live", "polite");
  head.append(make("span", "opsnb-panel-name", name), last);
  head.firstChild.title = name;
  root.append(head, svg, read);
  let W = 320, lines = [], log = false, at = null, px = (v) => v, py = (v) => v;

  const flat = () => lines.every((l) => l.n < 2);  // single numbers: no picture is needed
  const said = () => {
    if (flat()) return lines.length > 1 ? lines.map((l) => `${labels[l.run].name} ${short(l.last)}`).join(" · ") : "";
    if (at === null) return lines.map((l) => `${lines.length > 1 ? `${labels[l.run].name} ` : ""}${short(l.low)} to ${short(l.high)}${l.odd ? `, ${l.odd} not finite` : ""}`).slice(0, 3).join(" · ");
    return [`step ${at}`, ...lines.map((l) => { const i = nearest(l, at); return i < 0 ? "" : `${lines.length > 1 ? `${labels[l.run].name} ` : ""}${short(l.y[i])}`; })].filter(Boolean).join(" · ");
  };
  const nearest = (l, x) => l.x.reduce((best, v, i) => (best < 0 || Math.abs(v - x) < Math.abs(l.x[best] - x) ? i : best), -1);

  function paint(given, asLog) {
    lines = given;
    svg.style.display = flat() ? "none" : "";
    W = Math.max(160, svg.clientWidth || 320);
    svg.setAttribute("viewBox", `0 0 ${W} ${H}`);
    log = asLog && lines.some((l) => l.y.some((v) => v > 0));
    const one = lines.length === 1 ? lines[0] : null;
    last.textContent = one ? short(one.last) : "";
    root.setAttribute("aria-label", `${name}: ${lines.map((l) => `${lines.length > 1 ? `${labels[l.run].name}: ` : ""}last ${short(l.last)}, from ${short(l.low)} to ${short(l.high)}, ${l.count} values`).join("; ")}`);
    const f = (v) => (log ? (v > 0 ? Math.log10(v) : NaN) : v);
    const xs = lines.flatMap((l) => [l.x[0], l.x[l.n - 1]]), ys = lines.flatMap((l) => Array.from(l.y, f)).filter(Number.isFinite);
    let [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    if (!(x1 > x0)) { x0 -= 0.5; x1 = x0 + 1; }
    if (!(y1 > y0)) { const pad = Math.abs(y0) * 0.05 || 0.5; y0 -= pad; y1 += pad; }
    px = (v) => LEFT + ((v - x0) / (x1 - x0)) * (W - LEFT - RIGHT);
    py = (v) => TOP + (1 - (f(v) - y0) / (y1 - y0)) * (H - TOP - BOTTOM);
    const parts = [];
    for (const t of ticks(y0, y1, 3)) {
      const y = TOP + (1 - (t - y0) / (y1 - y0)) * (H - TOP - BOTTOM);
      parts.push(draw("line", { class: "opsnb-grid", x1: LEFT, x2: W - RIGHT, y1: y, y2: y }), draw("text", { x: LEFT - 4, y: y + 3, "text-anchor": "end" }, short(log ? 10 ** t : t)));
    }
    const places = ticks(x0, x1, 4).filter((t) => Number.isInteger(t));
    for (const t of places) parts.push(draw("text", { x: px(t), y: H - 4, "text-anchor": px(t) > W - 30 ? "end" : "middle" }, short(t)));
    for (const l of lines) {
      const points = Array.from(l.y, (v, i) => [px(l.x[i]), py(v)]).filter(([, y]) => Number.isFinite(y));
      parts.push(draw("polyline", { class: `opsnb-line opsnb-line-${l.run % 8}`, "stroke-dasharray": ["", "6 3", "2 2", "8 3 2 3"][l.run % 4], points: points.map((p) => p.map((v) => v.toFixed(1)).join(",")).join(" ") }));
      if (points.length && (points.length < 25 || lines.length === 1)) for (const [x, y] of points.length < 25 ? points : points.slice(-1)) parts.push(draw("circle", { class: `opsnb-line-${l.run % 8}`, cx: x, cy: y, r: 2 }));
    }
    svg.replaceChildren(...parts);
    mark();
  }

  function mark() {
    svg.querySelector(".opsnb-cursor")?.remove();
    if (at !== null) svg.append(draw("line", { class: "opsnb-cursor", x1: px(at), x2: px(at), y1: TOP, y2: H - BOTTOM }));
    read.textContent = said();
  }

  const all = () => [...new Set(lines.flatMap((l) => l.x))].sort((a, b) => a - b);
  svg.addEventListener("pointermove", (e) => {
    const box = svg.getBoundingClientRect(), x = ((e.clientX - box.left) / box.width) * W, steps = all();
    at = steps.reduce((best, v) => (best === null || Math.abs(px(v) - x) < Math.abs(px(best) - x) ? v : best), null);
    mark();
  });
  svg.addEventListener("pointerleave", () => { at = null; mark(); });
  root.addEventListener("blur", () => { at = null; mark(); });
  root.addEventListener("keydown", (e) => {
    const steps = all(), i = at === null ? steps.length : steps.indexOf(at);
    const to = { ArrowLeft: i - 1, ArrowRight: i + 1, Home: 0, End: steps.length - 1 }[e.key];
    if (to === undefined || !steps.length) return;
    e.preventDefault();
    e.stopPropagation();
    at = steps[Math.max(0, Math.min(steps.length - 1, to))];
    mark();
  });
  return { root, paint, flat };
}

function render({ model, el }) {
  const bar = make("div", "opsnb-curves-bar"), grid = make("div", "opsnb-panels"), log = make("button", "", "log scale"), find = make("input"), more = make("button");
  el.classList.add("opsnb-curves");
  let asLog = false, off = new Set(), panels = new Map(), waiting = 0;
  log.type = more.type = "button";
  find.type = "search";
  find.placeholder = "find a metric";
  find.setAttribute("aria-label", "find a metric");
  log.addEventListener("click", () => { asLog = !asLog; soon(); });
  more.addEventListener("click", () => { model.set("most", 1000); model.save_changes(); });
  find.addEventListener("input", soon);
  el.append(bar, grid);

  function legend(runs) {
    const buttons = runs.length < 2 ? [] : runs.map((r, i) => {
      const b = make("button", off.has(i) ? "opsnb-off" : ""), line = draw("svg", { width: 26, height: 8, "aria-hidden": "true" });
      line.append(draw("line", { class: `opsnb-line opsnb-line-${i % 8}`, "stroke-dasharray": ["", "6 3", "2 2", "8 3 2 3"][i % 4], x1: 0, x2: 26, y1: 4, y2: 4 }));
      b.type = "button";
      b.setAttribute("aria-pressed", String(!off.has(i)));
      b.append(line, document.createTextNode(`${r.name} ${r.state}`));
      b.addEventListener("click", () => { off.has(i) ? off.delete(i) : off.add(i); soon(); });
      return b;
    });
    const hidden = model.get("more");
    more.textContent = `${hidden} more metrics`;
    log.setAttribute("aria-pressed", String(asLog));
    const tools = [...([...panels.values()].some((p) => !p.flat()) ? [log] : []), ...(panels.size > 6 || find.value ? [find] : []), ...(hidden ? [more] : [])];
    const there = [...buttons, ...tools], held = [...bar.children].indexOf(document.activeElement);
    bar.replaceChildren(...there);
    if (held >= 0) bar.children[Math.min(held, there.length - 1)]?.focus();
  }

  function paint() {
    waiting = 0;
    if (!el.isConnected || document.hidden) return;
    const all = numbers(model.get("points")), runs = model.get("runs"), metrics = new Map();
    for (const header of model.get("lines")) if (header.n && !off.has(header.run)) metrics.set(header.metric, [...(metrics.get(header.metric) || []), lineOf(header, all)]);
    const wanted = find.value.toLowerCase();
    for (const [name, p] of panels) if (!metrics.has(name)) { p.root.remove(); panels.delete(name); }
    for (const [name, lines] of metrics) {
      if (!panels.has(name)) { panels.set(name, panel(name, runs)); grid.append(panels.get(name).root); }
      const p = panels.get(name);
      p.root.hidden = !name.toLowerCase().includes(wanted);
      if (!p.root.hidden) p.paint(lines, asLog);
    }
    legend(runs);
    el.dataset.painted = String(Number(el.dataset.painted || 0) + 1);
  }

  function soon() { waiting = waiting || requestAnimationFrame(paint); }
  model.on("change:points change:lines change:runs", soon);
  document.addEventListener("visibilitychange", soon);
  const width = new ResizeObserver(soon);
  width.observe(el);
  soon();
  return () => { width.disconnect(); cancelAnimationFrame(waiting); document.removeEventListener("visibilitychange", soon); };
}
export default { render };

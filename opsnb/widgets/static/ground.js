// What all widgets stand on: their style sheet, names for controls that have none, and that a key typed in them is not a command of the notebook, where x cuts a cell.
function render({ el }) {
  el.style.display = "none";
  const root = () => el.closest(".opsnb-widget");
  const heard = (e) => {
    if (!root()?.contains(e.target)) return;
    const theirs = e.ctrlKey || e.metaKey || e.altKey || e.key === "Escape" || (e.shiftKey && e.key === "Enter");
    e.target.toggleAttribute("data-lm-suppress-shortcuts", !theirs);
  };
  const name = () => {
    for (const handle of root()?.querySelectorAll(".noUi-handle:not([aria-label])") || []) {
      handle.setAttribute("aria-label", handle.closest(".jupyter-widgets")?.querySelector(".widget-label")?.textContent || "value");
    }
  };
  const changes = new MutationObserver(name);
  requestAnimationFrame(() => { if (root()) { changes.observe(root(), { childList: true, subtree: true }); name(); } });
  window.addEventListener("keydown", heard, true);  // before the notebook hears it
  return () => { changes.disconnect(); window.removeEventListener("keydown", heard, true); };
}
export default { render };

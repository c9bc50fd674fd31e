// What all widgets stand on: their style sheet, and that a key typed in them is not a command of the notebook, where x cuts a cell.
function render({ el }) {
  el.style.display = "none";
  const heard = (e) => {
    if (!el.closest(".opsnb-widget")?.contains(e.target)) return;
    const theirs = e.ctrlKey || e.metaKey || e.altKey || e.key === "Escape" || (e.shiftKey && e.key === "Enter");
    e.target.toggleAttribute("data-lm-suppress-shortcuts", !theirs);
  };
  window.addEventListener("keydown", heard, true);  // before the notebook hears it
  return () => window.removeEventListener("keydown", heard, true);
}
export default { render };

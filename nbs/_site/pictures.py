"""The pictures of the site, said in one place. The browser tests make them: `make shots` runs those that are named here.

A row: page, the heading (or the first words of the paragraph) below which it stands, file in tests/ui/shots,
the test that makes it, caption.
A picture may have a second one for dark themes, NAME_dark.png. What is missing is said on the page, and is no error.
"""
import re
import shutil

from execute import ROOT

SHOTS = ROOT / "tests" / "ui" / "shots"
PICTURES = [
    ("index", "How it looks", "newcomer_done", "test_newcomer.py", "In the lab: a pipeline that has just run, and the panel with all that the project has"),
    ("lab", "Start from a card", "newcomer_launcher", "test_newcomer.py", "The launcher of an empty folder"),
    ("lab", "Run the pipeline, and watch", "newcomer_running", "test_newcomer.py", "A pipeline at work"),
    ("lab", "Compare runs", "runs_comparison", "test_panel_runs.py", "Two runs side by side"),
    ("lab", "Jobs", "runs_job", "test_panel_runs.py", "A job whose log is followed"),
    ("lab", "Ask an index", "pipes_retrieval", "test_panel_pipes.py", "What a question finds, where its scores come from, and an answer with its source"),
    ("lab", "In a cell", "widget_run_live", "test_widgets_in_lab.py", "A run in the cell that began it"),
    ("index", "How it looks", "tour_card", "test_tour.py", "A cell with `%%track`: its run, as a card that draws its curves while it runs"),
    ("tour", "Or in MLflow's own UI", "mlflow_runs", "test_tour.py", "The same runs in MLflow's own UI"),
    ("tutorials/track_your_first_run", "Look at it in MLflow", "mlflow_run", "test_tour.py", "A run in MLflow's UI"),
    ("tutorials/submit_to_a_gpu", "Watch", "job_card_running", "test_job_card.py", "A job as the last line of a cell"),
]


def place(page, texts, folder):
    """The Markdown texts of a page with its pictures below their headings; the files are copied to `folder`."""
    texts = list(texts)
    for _, above, *picture in (row for row in PICTURES if row[0] == page):
        line = re.compile(rf"^(#+ )?{re.escape(above)}[^\n]*$", re.M)
        at = next((i for i, text in enumerate(texts) if line.search(text)), None)
        if at is None: raise SystemExit(f"pictures.py: {page} has nothing that begins with {above!r}")
        texts[at] = line.sub(lambda m, p=picture: f"{m[0]}\n\n{figure(page, *p, folder)}\n", texts[at], count=1)
    return texts


def figure(page, name, test, caption, folder):
    if not (SHOTS / f"{name}.png").exists():
        return f":::{{container}} opsnb-missing\nHere stands the picture *{name}*: {caption}. It is made by `make shots`, from `tests/ui/{test}`.\n:::"
    folder.mkdir(parents=True, exist_ok=True)
    dark = (SHOTS / f"{name}_dark.png").exists()
    up = "../" * page.count("/")
    made = []
    for file, mode in ((name, "only-light" if dark else ""), *([(f"{name}_dark", "only-dark")] if dark else [])):
        shutil.copyfile(SHOTS / f"{file}.png", folder / f"{file}.png")
        made.append(f":::{{figure}} {up}pictures/{file}.png\n:figclass: opsnb-shot {mode}\n:class: dark-light\n:target: {up}_images/{file}.png\n:alt: {caption.replace('`', '')}\n\n{caption}\n:::")
    return "\n\n".join(made)


if __name__ == "__main__": print(*sorted({f"tests/ui/{row[3]}" for row in PICTURES}))

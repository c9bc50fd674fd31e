"""A project with two pipelines, a schedule, an index and evaluations, some of it with hostile names, for the browser tests."""
import opsnb as ops
from opsnb import schedule
from support import cells

NASTY = "<img src=x onerror='window.hacked=1'>"
YAML = """name: churn
description: load, train and judge
params:
  rows: 3
  fail: false
steps:
  load:  {notebook: load.ipynb, params: {rows: "${params.rows}"}}
  train: {notebook: train.ipynb, params: {sum: "${load.sum}", fail: "${params.fail}"}}
  judge: {notebook: judge.ipynb, params: {loss: "${train.loss}", sum: "${load.sum}"}}
"""
GUIDES = {
    "leave.md": "# Leave\n\nThe notice period is three months. It begins at the end of a month.\n\n## Holidays\n\nThere are thirty days of holidays a year. They are asked for with the form of the office.\n",
    "travel.md": f"# Travel\n\nTrains are booked by the office. {NASTY} Flights need the signature of the manager.\n\n## Costs\n\nThe daily allowance is forty euros. Hotels are paid up to one hundred euros.\n",
    "safety.md": "# Safety\n\nThe meeting point is the parking lot. Fire drills are in May.\n\n## First aid\n\nThe first aid kit hangs beside the kitchen.\n",
}


def pipelines(project):
    folder = project / "churn"
    folder.mkdir()
    (folder / "pipeline.yaml").write_text(YAML)
    publish = "import opsnb as ops\n"
    (folder / "load.ipynb").write_text(cells("rows: int = 3", f"{publish}ops.publish(sum=rows * 2)"))
    (folder / "train.ipynb").write_text(cells("sum: int = 0\nfail: bool = False", "assert not fail, 'the data are bad'", f"{publish}ops.publish(loss=1 / (1 + sum))"))
    (folder / "judge.ipynb").write_text(cells("loss: float = 1.0\nsum: int = 0", f"{publish}ops.publish(good=loss < 0.5)"))
    bad = project / "bad & <b>bold<b>"
    bad.mkdir()
    (bad / "pipeline.yaml").write_text("name: broken\nsteps: {a: {notebok: a.ipynb}}\n")


def schedules(ws):
    schedule(ws.root / "churn/pipeline.yaml", name="nightly", cron="0 3 * * *", tz="UTC", workspace=ws)


def index(ws):
    """Two versions: the second has a document more, and another text in one; a source that cannot be read."""
    folder = ws.root / "guides"
    folder.mkdir()
    for name, text in list(GUIDES.items())[:2]: (folder / name).write_text(text)
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40))
    found = ops.index("docs", ws)
    found.build(folder, chunking={"tokens": 24}, quiet=True)
    for name, text in GUIDES.items(): (folder / name).write_text(text.replace("thirty days", "thirty-one days"))
    found.build(folder, chunking={"tokens": 24}, quiet=True)


def evaluations(ws):
    capitals = dict(France="Paris", Japan="Tokyo", Peru="Lima", Kenya="Nairobi", Norway="Oslo", Chad="N'Djamena", Fiji="Suva", Cuba="Havana")
    asked = ops.dataset([{"question": f"What is the capital of {c}?{' ' * i}", "expected": e, "tags": {"letters": str(len(c))}} for i in range(12) for c, e in capitals.items()], name="capitals")
    (ws.root / "gate.yaml").write_text("name: release\nrules: [exact_match >= 0.9, chrf >= 0.2]\n")
    def knows(most): return lambda question: next((e for c, e in list(capitals.items())[:most] if c in question), NASTY)
    for most in (2, 4, 6): last = ops.evaluate(knows(most), asked, ["exact_match", "chrf"], name="capitals", quiet=True, workspace=ws, **({"gate": ws.root / "gate.yaml"} if most == 6 else {}))
    return last

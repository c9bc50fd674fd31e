"""Widgets: from a number logged in a kernel to pixels in Chromium, what 1,000,000 points cost, and what following costs a kernel.

    python tests/bench/lab_widgets.py --samples 40
"""
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "ui")]
os.environ |= {"OPSNB_DELIVERY": "off", "OPSNB_SYSTEM_METRICS_S": "0", "OPSNB_GIT": "0"}

START = "import opsnb as ops, json, time\nrun = ops.track('watched', quiet=True).start()\nops.widget(run)"
LOOP = """at = []
for i in range(SAMPLES + 5):
    at.append(time.time() * 1000)
    run.log(v=1000 + i)
    time.sleep(0.37)
time.sleep(2)
run.finish()
print('AT' + json.dumps(at) + 'END')"""
WATCH = """() => { window.seen = {}; const look = () => { for (const e of document.querySelectorAll('.opsnb-panel-last')) window.seen[e.textContent] ??= performance.timeOrigin + performance.now(); requestAnimationFrame(look); }; look(); }"""


def to_pixels(samples):
    """Milliseconds from `run.log` to the frame in which Chromium shows the value, one each; a value that was passed over counts until the next one is shown."""
    from lab import browser_page, lab
    from support import cells
    from test_tour import command, idle, open_notebook
    folder = Path(tempfile.mkdtemp())
    for name in ("home", "project"): (folder / name).mkdir()
    (folder / "project" / "opsnb.toml").touch()
    (folder / "project" / "nb.ipynb").write_text(cells(START, LOOP.replace("SAMPLES", str(samples))))
    with lab(folder / "project", folder / "home") as (address, token), browser_page() as page:
        open_notebook(page, address, token, "nb.ipynb")
        idle(page)
        page.evaluate(WATCH)
        command(page, "Run All Cells")
        page.wait_for_function("() => /AT\\[.*END/.test(document.querySelector('.jp-Notebook').innerText)", timeout=180_000)
        logged = json.loads(page.evaluate("() => document.querySelector('.jp-Notebook').innerText.match(/AT(\\[.*\\])END/)[1]"))
        seen = {int(k): v for k, v in page.evaluate("() => window.seen").items() if k.isdecimal()}
    return sorted(min(v for k, v in seen.items() if k >= 1000 + i) - at for i, at in enumerate(logged) if i >= 5)


def long_curve(points):
    """`(CPU seconds to read them, bytes sent, CPU milliseconds to pack them)` of one run with so many."""
    import opsnb as ops
    from opsnb.widgets.tail import Tail, lines_of
    with ops.Workspace.temp(), ops.track("long", quiet=True) as run:
        for at in range(0, points, 1000): run.log_many({"step": list(range(at, at + 1000)), "loss": [1 / (i + 1) for i in range(at, at + 1000)]})
        begun = time.process_time()
        tail = Tail(ops.run(run.id))
        read = time.process_time() - begun
        begun = time.process_time()
        for _ in range(20): lines, data, _ = lines_of([tail])
        return read, len(data) + len(json.dumps(lines)), (time.process_time() - begun) / 20 * 1000


def following(seconds):
    """The share of a core that a live card takes of a kernel: `(while nothing happens, while a loop logs a thousand numbers a second)`."""
    import opsnb as ops
    from opsnb.widgets.view import follow
    shares = []
    with ops.Workspace.temp():
        for rate in (0, 1000):
            for watched in (False, True):
                run = ops.track("watched", quiet=True).start()
                view = ops.widget(run)
                view.box
                if watched: follow(view)
                begun, end = time.process_time(), time.monotonic() + seconds
                while time.monotonic() < end:
                    for i in range(rate // 20): run.log(loss=i)
                    time.sleep(0.05)
                shares.append((time.process_time() - begun) / seconds)
                run.finish()
                while any(t.name == "opsnb-RunView" for t in threading.enumerate()): time.sleep(0.05)
    return shares[1] - shares[0], shares[3] - shares[2]


def rows(samples=40, points=1_000_000, seconds=10):
    late = to_pixels(samples)
    read, size, pack = long_curve(points)
    idle, busy = following(seconds)
    return ["what", "value", ""], [
        ["number logged to pixels, median", f"{statistics.median(late):.0f} ms", f"{len(late)} numbers, Chromium on loopback"], ["the same, 95 %", f"{late[int(len(late) * 0.95)]:.0f} ms", f"the longest {late[-1]:.0f} ms"],
        [f"a curve of {points:,} points, read", f"{read:.1f} CPU s", "once, when the widget is made"], ["the same, sent", f"{size / 1000:.1f} kB", f"packed in {pack:.1f} ms of CPU"],
        ["a live card, nothing happens", f"{idle:.1%}", "of one core of the kernel"], ["a live card, 1,000 numbers a second", f"{busy:.1%}", "of one core, beside the loop itself"],
    ]


def lab_widgets(options):
    """Widgets in a notebook: how late, how big, how dear."""
    return *rows(), ["Targets: number to pixels 300 ms (median), 1 s (95 %)."]


if __name__ == "__main__":
    import argparse
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, n in (("samples", 40), ("points", 1_000_000), ("seconds", 10)): parser.add_argument(f"--{name}", type=int, default=n)
    for row in rows(**vars(parser.parse_args()))[1]: print(" | ".join(row))

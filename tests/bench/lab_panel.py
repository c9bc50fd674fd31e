"""The panel on a large workspace, in a real JupyterLab and Chromium: until the first rows, frames while scrolling, a metric's way to the pixels, the size of the JavaScript.

    python tests/bench/run.py lab_panel
    python tests/bench/lab_panel.py --runs 10000 --jobs 1000
"""
import argparse
import gzip
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "ui")]

SCROLL = """async ([where, seconds]) => {
  const box = document.querySelector(where), frames = [];
  let last = performance.now(), at = 0;
  const end = last + seconds * 1000;
  await new Promise(done => requestAnimationFrame(function frame(now) {
    frames.push(now - last);
    last = now;
    at = (at + 97) % (box.scrollHeight - box.clientHeight);
    box.scrollTop = at;
    now < end ? requestAnimationFrame(frame) : done();
  }));
  return frames.slice(2);
}"""
WATCH = """() => {
  window.seen = {};
  new MutationObserver(() => requestAnimationFrame(() => {
    for (const m of document.querySelectorAll('#opsnb-section-runs .jp-opsnb-Metric')) {
      const key = m.title.split(' = ')[1];
      if (key && !(key in window.seen)) window.seen[key] = Date.now() / 1000;
    }
  })).observe(document.querySelector('#opsnb-section-runs'), {subtree: true, childList: true, characterData: true, attributes: true});
}"""
LOGGER = """
import json, random, sys, time
import opsnb as ops
run, at = ops.track('live', quiet=True).start(), []
run.log(n=0)
print('begun', flush=True)
sys.stdin.readline()
for i in range(1, int(sys.argv[1]) + 1):
    time.sleep(random.uniform(0.3, 0.6))
    at.append((i, time.time()))
    run.log(n=i)
time.sleep(2)
run.finish()
print(json.dumps(at), flush=True)
"""


def quantile(values, q):
    return sorted(values)[min(len(values) - 1, int(len(values) * q))]


def until_rows(page, url, token):
    """Seconds from the click on the panel to its first rows."""
    page.goto(f"{url}/lab?token={token}&reset")
    page.wait_for_selector("text=Launcher", timeout=60_000)
    page.wait_for_selector('[data-id="opsnb-panel"]', timeout=60_000)
    page.wait_for_timeout(2000)
    return page.evaluate("""async () => {
      const begun = performance.now();
      document.querySelector('[data-id="opsnb-panel"]').dispatchEvent(new MouseEvent('mousedown', {bubbles: true, button: 0}));
      document.querySelector('[data-id="opsnb-panel"]').click();
      while (!document.querySelector('#opsnb-section-runs .jp-opsnb-Name')) await new Promise(r => requestAnimationFrame(r));
      return (performance.now() - begun) / 1000;
    }""")


def started(page, url, token, times=3):
    """Median seconds until a lab has loaded."""
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        page.goto(f"{url}/lab?token={token}&reset")
        page.wait_for_selector("text=Launcher", timeout=60_000)
        page.wait_for_function("() => !document.querySelector('#jupyterlab-splash')", timeout=60_000)
        took.append(time.perf_counter() - begun)
    return statistics.median(took)


def pixels(page, folder, times):
    """Seconds from `run.log` in another process to the row's new number on screen."""
    import json
    child = subprocess.Popen([sys.executable, "-c", LOGGER, str(times)], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    child.stdout.readline()
    page.locator("#opsnb-section-runs .jp-opsnb-List").evaluate("e => { e.scrollTop = 0 }")
    page.wait_for_selector("#opsnb-section-runs li:has(bdi:text-is('live'))", timeout=60_000)
    page.evaluate(WATCH)
    out, _ = child.communicate("go\n", timeout=times * 2 + 60)
    seen = page.evaluate("window.seen")
    return [seen[str(i)] - at if str(i) in seen else float("inf") for i, at in json.loads(out)]


def lab_panel(options):
    """The panel on a large workspace: first rows, frames, state to pixels, size."""
    from lab import browser_page, lab
    from lab_server import workspace
    place = Path(tempfile.mkdtemp(prefix="panel-")).resolve()
    for name in ("project", "home", "home2"): (place / name).mkdir()
    runs, jobs = getattr(options, "runs", None) or 10_000, getattr(options, "jobs", None) or 1_000
    os.environ |= {"OPSNB_DELIVERY": "off", "OPSNB_SYSTEM_METRICS_S": "0"}
    made = workspace(place / "project", runs, jobs)
    rows = []
    with browser_page(1600, 1000) as page:
        with lab(place / "project", place / "home") as (url, token):
            first = until_rows(page, url, token)
            page.wait_for_function("n => document.querySelector('#opsnb-section-runs ul').getBoundingClientRect().height >= n * 24", arg=runs, timeout=300_000)
            again = [until_rows(page, url, token) for _ in range(3)]
            rows.append(["panel clicked to first rows, the server's first look at it", f"{first * 1000:.0f} ms", ""])
            rows.append(["the same, with the server warm", f"{statistics.median(again) * 1000:.0f} ms", f"max {max(again) * 1000:.0f} ms"])
            for what in ("runs", "jobs"):
                frames = page.evaluate(SCROLL, [f"#opsnb-section-{what} .jp-opsnb-List", 6])
                rows.append([f"a frame while scrolling the {what}", f"{statistics.median(frames):.1f} ms", f"p95 {quantile(frames, 0.95):.1f}, max {max(frames):.1f} ms, of {len(frames)}"])
            page.evaluate("() => { const s = document.createElement('style'); s.textContent = '.jp-opsnb-List li .jp-opsnb-Metric { display: inline !important }'; document.head.append(s) }")
            took = pixels(page, place / "project", getattr(options, "times_pixels", None) or 50)
            rows.append(["run.log in another process to pixels", f"{statistics.median(took) * 1000:.0f} ms", f"p95 {quantile(took, 0.95) * 1000:.0f}, max {max(took) * 1000:.0f} ms, of {len(took)}"])
            with_it = started(page, url, token)
        (place / "home2/config/labconfig").mkdir(parents=True)
        (place / "home2/config/labconfig/page_config.json").write_text('{"disabledExtensions": {"@opsnb/labextension": true}}')
        with lab(place / "project", place / "home2") as (url, token): without = started(page, url, token)
    static = HERE.parents[1] / "opsnb/labextension/static"
    scripts = [p.read_bytes() for p in static.glob("*.js")]
    rows.append(["the lab until it has loaded", f"{with_it:.2f} s", f"without the extension {without:.2f} s"])
    rows.append(["JavaScript of the extension", f"{sum(map(len, scripts)) / 1000:.0f} kB", f"{sum(len(gzip.compress(s)) for s in scripts) / 1000:.0f} kB compressed"])
    shutil.rmtree(place, ignore_errors=True)
    return ["what", "median", "more"], rows, [f"{runs:,} runs and {jobs:,} jobs (made in {made:.0f} s); JupyterLab and Chromium on one machine, over loopback."]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--runs", "--jobs", "--times-pixels"): parser.add_argument(name, type=int)
    head, rows, notes = lab_panel(parser.parse_args())
    for row in [head, *rows]: print("  |  ".join(row))
    print(*notes, sep="\n")

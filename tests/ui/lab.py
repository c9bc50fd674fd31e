"""A JupyterLab server and a Chromium for the browser tests; all on loopback, all ended by the fixtures."""
import contextlib
import os
import secrets
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from opsnb.workspace import free_port

SHOTS = Path(__file__).parent / "shots"
ARGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--force-prefers-reduced-motion", "--disable-background-networking",
        "--disable-component-update", "--font-render-hinting=none"]


def chromium():
    return shutil.which("chromium") or shutil.which("google-chrome")


@contextlib.contextmanager
def lab(root, home, dark=False, theme=None, base=""):
    """A JupyterLab on `root`, below the path `base` as a JupyterHub has it; yields `(address, token)`."""
    port, token = free_port(), secrets.token_hex(8)
    folders = {f"JUPYTER_{k}_DIR": str(home / k.lower()) for k in ("CONFIG", "DATA", "RUNTIME")}
    folders |= {"JUPYTERLAB_SETTINGS_DIR": str(home / "settings"), "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"), "IPYTHONDIR": str(home / "ipython")}
    quiet = home / "settings/@jupyterlab/apputils-extension"
    quiet.mkdir(parents=True)
    (quiet / "notification.jupyterlab-settings").write_text('{"fetchNews":"false","checkForUpdates":false}')
    (quiet / "themes.jupyterlab-settings").write_text('{"theme": "JupyterLab %s"}' % (theme or ("Dark" if dark else "Light")))
    env = {**os.environ, **folders, "PATH": os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0", "--allow-root",
               f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={root}", f"--ServerApp.base_url={base}/", "--ServerApp.allow_unauthenticated_access=False", "--LabApp.extension_manager=readonly"]
    with open(home / "lab.log", "w") as log:
        process = subprocess.Popen(command, env=env, cwd=root, stdout=log, stderr=log, start_new_session=True)
        try:
            end = time.monotonic() + 90
            while time.monotonic() < end:
                try: urllib.request.urlopen(f"http://127.0.0.1:{port}{base}/api?token={token}", timeout=1); break
                except OSError: time.sleep(0.2)
            else: raise AssertionError((home / "lab.log").read_text()[-3000:])
            yield f"http://127.0.0.1:{port}{base}", token
        finally:
            process.terminate()
            try: process.wait(20)
            except subprocess.TimeoutExpired: process.kill()


@contextlib.contextmanager
def browser_page(width=1400, height=1000):
    """A page in a headless Chromium; fails at the end if a request left this machine."""
    from playwright.sync_api import sync_playwright
    SHOTS.mkdir(exist_ok=True)
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=chromium(), headless=True, args=ARGS)
        page = browser.new_page(viewport={"width": width, "height": height})
        away = []
        page.on("request", lambda r: away.append(r.url) if not r.url.startswith(("http://127.0.0.1", "data:", "blob:", "ws://127.0.0.1")) else None)
        try:
            yield page
            assert not away, away
        finally:
            browser.close()


def written_down(address, token, *words, within_s=60):
    """Wait until the lab has written down its state (the tabs that are open, …) with these words; it does so a while after a change."""
    end = time.monotonic() + within_s
    while True:
        text = urllib.request.urlopen(f"{address}/lab/api/workspaces/default?token={token}", timeout=10).read().decode()
        if all(w in text for w in words): return
        assert time.monotonic() < end, text[:3000]
        time.sleep(0.2)


def axe(page, selector):
    """What axe-core finds wrong with the accessibility of `selector`, as lines; empty when nothing is."""
    from importlib import resources
    if not page.evaluate("() => !!window.axe"): page.add_script_tag(path=str(resources.files("axe_playwright_python") / "axe.min.js"))
    found = page.evaluate("async where => (await axe.run(where, {resultTypes: ['violations']})).violations", selector)
    return [f"{v['id']}: {v['help']}: {n['html'][:200]} {n['failureSummary'][:300]}" for v in found for n in v["nodes"]]

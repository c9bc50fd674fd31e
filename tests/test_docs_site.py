"""The site: every notebook is in it, no link leads nowhere, nothing is loaded from elsewhere, the search finds, and it looks right."""
import functools
import html
import http.server
import json
import os
import re
import subprocess
import sys
import threading
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest

from support import cells
from ui.lab import SHOTS, browser_page, chromium

ROOT = Path(__file__).parents[1]
SITE = ROOT / "nbs" / "_site"

pytestmark = pytest.mark.timeout(200)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site without outputs: no notebook is run."""
    out = tmp_path_factory.mktemp("site")
    done = subprocess.run([sys.executable, SITE / "build.py", "--execute", "none", "--out", out], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return out / "html"


class Page(HTMLParser):
    """The ids of a page, where its links lead, and what it loads."""
    def __init__(self, file):
        super().__init__()
        self.ids, self.links, self.loads, self.sidebar, self._inside = set(), [], [], [], False
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        self.ids |= {a[k] for k in ("id", "name") if a.get(k)}
        if tag == "nav" and "bd-docs-nav" in (a.get("class") or ""): self._inside = True
        if tag == "a" and a.get("href"):
            self.links.append(a["href"])
            if self._inside: self.sidebar.append(a["href"])
        if tag in ("script", "img", "iframe", "source") and a.get("src"): self.loads.append(a["src"])
        if tag == "link" and a.get("href") and a.get("rel") not in ("canonical", "search", "index", "next", "prev", "author"): self.loads.append(a["href"])

    def handle_endtag(self, tag):
        if tag == "nav": self._inside = False


@pytest.fixture(scope="module")
def read(site):
    return {file.resolve(): Page(file) for file in site.rglob("*.html") if "_static" not in file.parts}


def read_as_text(page): return " ".join(html.unescape(re.sub(r"<[^>]+>", "", page)).split())
def outside(link): return link.startswith(("http:", "https:", "mailto:", "data:", "javascript:"))


def test_no_link_leads_nowhere(read):
    broken = []
    for file, page in read.items():
        for link in {*page.links, *page.loads}:
            if outside(link): continue
            to, at = urldefrag(link)
            target = (file.parent / unquote(to.split("?")[0])).resolve() if to else file
            if not target.is_file() or at and target in read and unquote(at) not in read[target].ids: broken.append((file.name, link))
    assert not broken


def test_nothing_is_loaded_from_elsewhere(site, read):
    assert not [(file.name, link) for file, page in read.items() for link in page.loads if outside(link) and not link.startswith("data:")]
    for sheet in site.rglob("*.css"): assert not re.search(r"""(url\(|@import )["']?(https?:|//)""", sheet.read_text(errors="replace")), sheet


def test_every_notebook_and_every_page_is_in_the_table_of_contents(site, read):
    listed = {(site / urldefrag(link)[0]).resolve() for link in read[(site / "index.html").resolve()].sidebar}
    assert set(read) - listed <= {(site / name).resolve() for name in ("index.html", "search.html", "genindex.html")}
    wanted = {f"modules/{p.stem}" for p in (ROOT / "nbs").glob("*.ipynb")} | {f"tutorials/{p.stem}" for p in (ROOT / "nbs/tutorials").glob("*.ipynb")}
    wanted |= {f"howto/{p.parent.name}/{p.stem}" for p in (ROOT / "templates").glob("*/*.ipynb")}
    assert len(wanted) > 100 and not {name for name in wanted if (site / f"{name}.html").resolve() not in listed}


def test_every_verb_stands_there_with_its_options_and_examples(site):
    from opsnb.verbs import VERBS
    pages = {p.stem: p.read_text(encoding="utf-8") for p in (site / "reference/verbs").glob("*.html")}
    for v in VERBS: assert any(f'id="verb-{v.name.replace("_", "-")}"' in page for page in pages.values()), v.name
    text = read_as_text(pages["notebooks_and_pipelines"])
    assert "--skip-tag TEXT" in text and "$ opsnb run train.ipynb -p lr=0.1 -p epochs=5" in text


def test_a_page_hides_what_is_hidden_and_links_names(site):
    page = (site / "modules/05_show.html").read_text(encoding="utf-8")
    assert "nbdev_export" not in page and "#| export" not in page and "tag_exported" in page and 'id="def-opsnb-show-sparkline"' in page
    assert 'href="../reference/verbs/' in (site / "tutorials/question_your_documents.html").read_text(encoding="utf-8")


def test_every_operation_of_the_server_and_every_magic_stands_there(site):
    api = json.loads((ROOT / "opsnb/server/openapi.json").read_text())
    rest, magics = (read_as_text((site / f"reference/{name}.html").read_text(encoding="utf-8")) for name in ("rest", "magics"))
    assert api["paths"] and not [p for p in api["paths"] if api["servers"][0]["url"] + p not in rest]
    assert "%%track" in magics and "--metrics NAME" in magics and "%%submit" in magics and "--timeout-min" in magics


@pytest.mark.parametrize("text, made", [
    ("see `ops.run_notebook` and `opsnb pipeline run -p a 1`", "see [`ops.run_notebook`](#verb-run_notebook) and [`opsnb pipeline run -p a 1`](#verb-run_pipeline)"),
    ("# `ops.track`\n\nafter it `ops.track(…)`", "# `ops.track`\n\nafter it [`ops.track(…)`](#verb-track)"),   # headings stay as they are
    ("```sh\nopsnb `ops.track`\n```\n\n    `ops.track`", "```sh\nopsnb `ops.track`\n```\n\n    `ops.track`"),           # and so does code
    ("[`ops.track`](x.ipynb), [a program](train.py), `params`", "[`ops.track`](x.ipynb), a program, `params`"),            # a file that is no page is no link
    ("`opsnb.show` and `Verdict`", "[`opsnb.show`](#mod-opsnb.show) and [`Verdict`](#def-opsnb.verdict.verdict-class)"),
])
def test_names_become_links(text, made, monkeypatch):
    monkeypatch.syspath_prepend(str(SITE))
    from pages import linked
    assert linked(text) == made


def test_pictures_are_made_by_tests_that_exist_and_a_missing_one_is_said(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(SITE))
    import pictures
    assert pictures.PICTURES and all((ROOT / "tests/ui" / row[3]).exists() for row in pictures.PICTURES)
    monkeypatch.setattr(pictures, "PICTURES", [("index", "How it looks", "panel", "test_tour.py", "The panel")])
    monkeypatch.setattr(pictures, "SHOTS", tmp_path)
    assert "make shots" in pictures.place("index", ["# opsnb", "## How it looks\n\nSo."], tmp_path / "to")[1]
    for name in ("panel", "panel_dark"): (tmp_path / f"{name}.png").write_bytes(b"png")
    placed = pictures.place("index", ["## How it looks\n\nSo."], tmp_path / "to")[0]
    assert placed.index("only-light") < placed.index("only-dark") < placed.index("So.") and (tmp_path / "to/panel_dark.png").exists()
    with pytest.raises(SystemExit, match="index has nothing that begins with"): pictures.place("index", ["# opsnb"], tmp_path / "to")


def test_a_notebook_that_fails_is_named_and_one_that_is_kept_does_not_run_again(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(SITE))
    from execute import outputs
    good, bad = tmp_path / "good.ipynb", tmp_path / "bad.ipynb"
    good.write_text(cells("# good", "from pathlib import Path", "Path('ran').open('a').write('once ')", "6 * 7"))
    bad.write_text(cells("# bad", "1 / 0"))
    first, again = outputs([good], tmp_path / "kept"), outputs([good], tmp_path / "kept")
    assert first == again and (tmp_path / "ran").read_text() == "once " and "42" in json.dumps(first[good])
    with pytest.raises(SystemExit, match="1 of 2 notebooks failed: bad.ipynb"): outputs([good, bad], tmp_path / "kept")


def test_a_kernel_ends_with_its_notebook(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(SITE))
    from execute import execute
    path = tmp_path / "one.ipynb"
    path.write_text(cells("# one", "import os\nfrom pathlib import Path\nPath('pid').write_text(str(os.getpid()))"))
    execute(path)
    with pytest.raises(ProcessLookupError): os.kill(int((tmp_path / "pid").read_text()), 0)


@pytest.fixture
def address(site):
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=site)
    handler.log_message = lambda *a: None
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.ui
@pytest.mark.xdist_group("browser")
@pytest.mark.skipif(not chromium(), reason="no Chromium here: make apt-chromium")
def test_in_a_browser_it_looks_right_and_the_search_finds_a_verb(address):
    """Requests that leave this machine fail it: `browser_page` looks."""
    with browser_page() as page:
        said = []
        page.on("console", lambda m: said.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda e: said.append(str(e)))
        for mode in ("light", "dark"):
            page.emulate_media(color_scheme=mode)
            for width in (1400, 400):
                page.set_viewport_size({"width": width, "height": 1000})
                for name in ("index", "tutorials/question_your_documents", "reference/verbs", "reference/verbs/notebooks_and_pipelines"):
                    page.goto(f"{address}/{name}.html", wait_until="load")
                    assert page.locator("html").get_attribute("data-theme") == mode
                    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, f"{name} is wider than {width} pixels"
                    page.screenshot(path=SHOTS / f"site_{name.replace('/', '_')}_{mode}_{width}.png")
        page.goto(f"{address}/search.html?q=resume_notebook")
        page.wait_for_selector("#search-results li a[href*='verb'], #search-results li a[href*='verbs']", timeout=20_000)
        assert not said

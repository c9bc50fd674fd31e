"""Sphinx's settings; `build.py` makes the pages and starts it. Nothing is loaded from elsewhere when the site is read."""
import configparser
from pathlib import Path

here = Path(__file__).parent
settings = configparser.ConfigParser(delimiters=["="])
settings.read(here.parents[1] / "settings.ini")

project, author = settings["DEFAULT"]["lib_name"], settings["DEFAULT"]["author"]
version = release = settings["DEFAULT"]["version"]
project_copyright = settings["DEFAULT"]["copyright"]

extensions = ["myst_nb"]
nb_execution_mode = "off"                # execute.py did it
nb_merge_streams = True
nb_ipywidgets_js = {}                    # they would come from a CDN; widgets keep an HTML fallback in their output
nb_mime_priority_overrides = [("html", "application/vnd.jupyter.widget-view+json", None), ("html", "application/javascript", None)]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
myst_links_external_new_tab = True
suppress_warnings = ["myst.header"]      # a notebook may begin with ##

html_theme = "pydata_sphinx_theme"
html_title = project
html_static_path = [str(here / "static")]
html_css_files = ["site.css"]
html_favicon = str(here / "static" / "favicon.svg")
templates_path = [str(here / "templates")]
html_sidebars = {"**": ["contents.html"]}
html_context = {"default_mode": "auto"}  # light or dark, as the reader's system says
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "logo": {"text": project},
    "navbar_start": ["navbar-logo"], "navbar_center": [], "navbar_end": ["theme-switcher"], "navbar_persistent": ["search-button-field"],
    "secondary_sidebar_items": ["page-toc"], "show_prev_next": True, "footer_start": ["copyright"], "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light", "pygments_dark_style": "a11y-high-contrast-dark",
    "search_as_you_type": True, "back_to_top_button": True,
}

"""How the documentation site is built; ``python -m tutorials.site`` builds it.

The source is the whole repository, so that lessons, tools, glossary and the table of validation are
read where they stand, with the links they have. What can be known from the package is written
before the build: ``generated.py``.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tutorials.site import generated, notebooks

project = "spikefit_nb"
copyright = "the spikefit_nb maintainers"
extensions = ["sphinx.ext.autodoc", "sphinx.ext.napoleon", "myst_nb"]
root_doc = "tutorials/site/index"
include_patterns = [
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "GLOSSARY.md",
    "notebooks/*.ipynb",
    "tutorials/*.ipynb",
    "tutorials/site/**",
    "tutorials/teaching/guide.md",
]
exclude_patterns = [".*", "build", "tests", "spikefit_nb", "tutorials/site/__pycache__"]

autodoc_typehints = "none"  # a docstring says shapes and units as well
autodoc_member_order = "bysource"
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True
napoleon_use_param = False  # else words of a type, such as "mapping", become links to any member

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
nb_execution_mode = "cache" if os.environ.get("SITE_RUNS_NOTEBOOKS") else "off"
nb_execution_cache_path = str(ROOT / "build" / "notebooks" / generated.state_of_the_package())
nb_execution_timeout = 300
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_ipywidgets_js = {}  # they would come from a server, and have no kernel to talk to
nb_merge_streams = True
nb_output_stderr = "remove"  # progress; an error ends the build
nb_mime_priority_overrides = [("html", "application/vnd.jupyter.widget-view+json", None)]

html_theme = "pydata_sphinx_theme"
html_title = "spikefit_nb"
html_static_path = ["static", "../../build/static"]
html_css_files = ["site.css"]
html_js_files = ["bokeh.js"]
html_extra_path = ["start"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "show_prev_next": True,
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}


def setup(app):
    """Write what is known from the package, and prepare notebooks and pictures for the page."""
    generated.write(Path(__file__).parent / "generated")
    notebooks.write_bokeh_js(ROOT / "build" / "static")
    app.connect("source-read", notebooks.fold)
    app.connect("html-page-context", notebooks.lighten)
    app.connect("autodoc-skip-member", generated.is_noise)
    app.connect("autodoc-process-docstring", generated.plain_types, priority=600)  # after napoleon

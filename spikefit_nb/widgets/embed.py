"""A picture as HTML that needs nothing else: no network, no other cell, no kernel."""

import gzip
import json
from base64 import b64encode
from functools import cache

import bokeh
from bokeh.embed.util import OutputDocumentFor, standalone_docs_json_and_render_items
from bokeh.models import LayoutDOM
from bokeh.plotting import figure
from bokeh.resources import Resources

# Texts live among Bokeh's widgets; tables, WebGL and mathematics would add megabytes to a notebook.
COMPONENTS = ["bokeh", "bokeh-widgets"]
# Cells are deleted, cleared and run again, and pages reloaded: no picture can know that another
# one has loaded BokehJS. Each looks for it, and brings it along for a page that has none; of many
# such pictures on a page the first unpacks it and the others wait.
DRAW = """
(async (place, version, packed, document_json, root) => {
  const unpack = async () => {
    const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0))
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))
    const code = await new Response(stream).text()
    if (window.Bokeh?.[version]) { return } // loaded by something else in the meantime
    const script = document.createElement("script")
    script.textContent = code
    document.head.append(script)
  }
  try {
    if (!window.Bokeh?.[version]) { await (window.spikefit_bokeh_js ??= unpack()) }
    const bokeh = window.Bokeh[version]
    const drawn = bokeh.require("document").Document.from_json(document_json)
    place.replaceChildren()
    bokeh.require("embed/standalone").add_document_standalone(drawn, place, {[root]: place})
  } catch (error) {
    place.append(`This picture could not be drawn: ${error}`)
  }
})(document.currentScript.previousElementSibling, KNOWN)
"""


def figure_html(layout: LayoutDOM, still: str = "") -> str:
    """Write a figure or layout as HTML; ``still`` is what pages without scripts show instead."""
    with OutputDocumentFor([layout]):
        documents, [item] = standalone_docs_json_and_render_items(
            [layout], suppress_callback_warning=True
        )
    [document], [root] = documents.values(), item.to_json()["roots"]
    known = json.dumps([bokeh.__version__, _packed(), document, root])[1:-1]
    script = DRAW.replace("KNOWN", known.replace("<", "\\u003c"))
    return f'<div style="width:100%">{still}</div><script>{script}</script>'


def title_of(layout: LayoutDOM) -> str:
    """What a figure found, or the first of several that has a title."""
    titles = (fig.title.text for fig in layout.select({"type": figure}))
    return next(filter(None, titles), "a picture")


def bokeh_js_html() -> str:
    """Write BokehJS as a script that has run before the next output is shown, as widgets need."""
    there = f"window.Bokeh?.[{json.dumps(bokeh.__version__)}]"
    return f"<script>{there} || (function () {{\n{_bokeh_js()}\n}}).call(window)</script>"


def _bokeh_js() -> str:
    code = "\n".join(Resources(mode="inline", components=COMPONENTS).js_raw)
    return code.replace("<!--", r"<\!--")  # which would hide the end of a script from a page


@cache
def _packed() -> str:
    return b64encode(gzip.compress(_bokeh_js().encode(), mtime=0)).decode()

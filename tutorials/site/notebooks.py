"""Notebooks as pages: solutions folded, one BokehJS for all pictures, widgets told apart."""

import json
from pathlib import Path

from spikefit_nb.widgets import embed

FOLDED = {"solution", "check"}


def fold(app, page: str, source: list[str]) -> None:
    """Fold the cells that a reader opens last."""
    if Path(app.env.doc2path(page)).suffix != ".ipynb":
        return
    notebook = json.loads(source[0])
    for cell in notebook["cells"]:
        tags = cell["metadata"].get("tags", [])
        if FOLDED & set(tags):
            cell["metadata"]["tags"] = [*tags, "hide-cell"]
    source[0] = json.dumps(notebook)


def write_bokeh_js(folder: Path) -> None:
    """Put BokehJS beside the pages."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bokeh.js").write_text(embed._bokeh_js(), encoding="utf-8")


def lighten(app, page: str, template: str, context: dict, doctree) -> None:
    """Take out of each picture the BokehJS it brings along, since the page has it."""
    if "body" in context:
        context["body"] = context["body"].replace(embed._packed(), "")

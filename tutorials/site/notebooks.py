"""Notebooks as pages: solutions folded, one BokehJS for all pictures, widgets told apart."""

import json
from pathlib import Path

from spikefit_nb.widgets import embed

FOLDED = {"solution", "check"}
SHOWS_WIDGETS = ("Workbench(", ".panel(")
INSTEAD = "*Widgets answer where a kernel runs: open this notebook in JupyterLab.*"


def fold(app, page: str, source: list[str]) -> None:
    """Fold the cells that a reader opens last, and say where widgets would stand."""
    if Path(app.env.doc2path(page)).suffix != ".ipynb":
        return
    notebook, cells = json.loads(source[0]), []
    for cell in notebook["cells"]:
        tags = cell["metadata"].get("tags", [])
        if FOLDED & set(tags):
            cell["metadata"]["tags"] = [*tags, "hide-cell"]
        cells.append(cell)
        code = "".join(cell["source"]) if cell["cell_type"] == "code" else ""
        if any(words in code for words in SHOWS_WIDGETS) and not FOLDED & set(tags):
            cell["metadata"]["tags"] = [*tags, "remove-output"]
            said = {"id": f"{cell['id']}-instead", "metadata": {}, "source": INSTEAD}
            cells.append({"cell_type": "markdown", **said})
    notebook["cells"] = cells
    source[0] = json.dumps(notebook)


def write_bokeh_js(folder: Path) -> None:
    """Put BokehJS beside the pages."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bokeh.js").write_text(embed._bokeh_js(), encoding="utf-8")


def lighten(app, page: str, template: str, context: dict, doctree) -> None:
    """Take out of each picture the BokehJS it brings along, since the page has it."""
    if "body" in context:
        context["body"] = context["body"].replace(embed._packed(), "")

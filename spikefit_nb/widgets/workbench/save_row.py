"""A field for the name of a file, a button that writes it, and a link that brings it along."""

import mimetypes
from base64 import b64encode
from collections.abc import Callable
from html import escape
from pathlib import Path

import ipywidgets
from ipywidgets import Layout

from spikefit_nb.html import FONT
from spikefit_nb.widgets.page import TOOL
from spikefit_nb.widgets.workbench.panel import FULL, Panel

LABEL = {"description_width": "110px"}


class SaveRow(ipywidgets.VBox):
    """Write a file where the kernel runs, and offer it to the browser."""

    def __init__(self, panel: Panel, what: str, name: str, *, write: Callable[[str], str]) -> None:
        self._panel, self._write = panel, write
        self.path = ipywidgets.Text(
            value=name,
            description=what,
            style=LABEL,
            layout=Layout(flex="1 1 auto", width="auto", min_width="0"),
        )
        self.save = ipywidgets.Button(
            description="Save",
            tooltip=f"Write the {what.lower()}, beside the notebook",
            layout=Layout(flex="0 0 80px"),
        )
        self.link = ipywidgets.HTML()
        line = ipywidgets.HBox([self.path, self.save], layout=FULL)
        super().__init__([line, self.link], layout=FULL)
        self.add_class(TOOL)
        panel.press(self.save, self._saved)

    def _saved(self) -> None:
        self.link.value = ""
        path = Path(self.path.value)
        line = self._write(str(path))
        self.link.value = link_html(path)
        state = self._panel.state
        state.said = {**state.said, self._panel.name: line}


def link_html(path: Path) -> str:
    """A link that saves a file from the page, whatever machine the kernel runs on."""
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    content = b64encode(path.read_bytes()).decode()
    name = escape(path.name)
    return (
        f'<div style="{FONT};margin-left:118px">Saved. <a download="{name}" '
        f'href="data:{kind};base64,{content}" style="text-decoration:underline">Download {name}'
        "</a></div>"
    )

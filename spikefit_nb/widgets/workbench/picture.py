"""A place for one picture, or for the words that stand in its place."""

from html import escape
from typing import Any

import ipywidgets
from bokeh.models import LayoutDOM, Title
from bokeh.plotting import figure
from ipywidgets import Layout

from spikefit_nb.html import FONT, INK
from spikefit_nb.widgets.live_bokeh import LiveBokeh
from spikefit_nb.widgets.page import TOOL
from spikefit_nb.widgets.workbench.panel import FULL, close_all, faint


class Picture(ipywidgets.VBox):
    """Shows one Bokeh layout at a time; the one before is closed."""

    def __init__(self) -> None:
        self._finding: Any = None
        super().__init__([], layout=FULL)

    def show(self, layout: LayoutDOM, *, is_still: bool = True) -> LiveBokeh:
        """Show another picture, its finding and notes above it, where long words are wrapped, not
        cut; notes of a picture that changes stay in it.
        """
        titled = [fig for fig in layout.select({"type": figure}) if fig.title.text]
        for fig in titled[:1]:
            fig.title.visible = False
        words = finding_html(titled[0].title.text) if titled else ""
        for note in _notes(layout) if is_still else ():
            note.visible = False
            words += "".join(faint(line) for line in note.text.splitlines())
        self._finding = ipywidgets.HTML(words)
        live = LiveBokeh(layout)
        live.layout = Layout(width="100%")
        self._put(self._finding, live)
        return live

    def find(self, words: str, key: str = "") -> None:
        """Tell another finding of the picture that is there, and what its marks mean."""
        if self._finding is not None:
            self._finding.value = finding_html(words) + (faint(key) if key else "")

    def say(self, words: str) -> None:
        """Show words, such as why there is no picture."""
        self._finding = None
        self._put(ipywidgets.HTML(faint(words)))

    def _put(self, *shown: Any) -> None:
        old: Any = self.children
        self.children: Any = shown
        close_all(old)


def _notes(layout: LayoutDOM) -> list[Title]:
    """The notes above the figures of a layout."""
    figures = layout.select({"type": figure})
    above = [part for fig in figures for part in fig.above]
    return [part for part in above if isinstance(part, Title) and part.text]


def finding_html(words: str) -> str:
    """Write what a picture found."""
    style = f"{FONT};{INK};font-size:15px;font-weight:600;line-height:1.3"
    return f'<div style="{style}">{escape(words)}</div>'


def tabs(label: str, names: dict[str, str]) -> Any:
    """Buttons of which one is pressed, in a row, such as above pictures that take turns."""
    made = ipywidgets.ToggleButtons(
        options=[(words, name) for name, words in names.items()],
        description=label,
        style={"button_width": "auto", "description_width": "auto"},
    )
    made.add_class("spikefit-tabs")
    made.add_class(TOOL)
    return made

"""The top of the workbench, what came of it in numbers, and the session as a cell."""

from html import escape
from typing import Any

import ipywidgets
from ipywidgets import Layout

from spikefit_nb.html import FONT, INK
from spikefit_nb.widgets.workbench.panel import FULL, Panel
from spikefit_nb.widgets.workbench.state import State
from spikefit_nb.widgets.workbench.told import finding, numbers_html

ROWS_OF_CODE = 8


class NumbersPanel(Panel):
    """The finding as a title, and the numbers of the design as it is now."""

    def __init__(self, state: State) -> None:
        self.numbers = ipywidgets.HTML(layout=FULL)
        super().__init__(state, "numbers", "", [self.numbers])
        self.watch(self._show, ["fit", "report", "network", "profile", "is_running"])
        self._show()

    def _show(self, _change: Any = None) -> None:
        title = (
            f'<div role="heading" aria-level="2" style="{FONT};{INK};font-size:17px;'
            f'font-weight:700;margin-bottom:4px">{escape(finding(self.state))}</div>'
        )
        self.numbers.value = title + numbers_html(self.state.report, is_old=self.state.is_running)


class CodePanel(Panel):
    """The session as a cell that runs, to be copied."""

    def __init__(self, state: State) -> None:
        self.cell = ipywidgets.Textarea(
            description="Cell",
            rows=ROWS_OF_CODE,
            style={"description_width": "40px"},
            layout=Layout(width="100%", height="auto"),
        )
        self.cell.add_class("spikefit-cell")
        super().__init__(state, "code", "This session as a cell", [self.cell])
        self.watch(self._show, ["steps", "weights", "at_least", "at_most", "study"])
        self._show()

    def _show(self, _change: Any = None) -> None:
        self.cell.value = self.state.code

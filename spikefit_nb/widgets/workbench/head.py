"""The top of the workbench: the finding, and what came of it in numbers."""

from html import escape
from typing import Any

import ipywidgets

from spikefit_nb.html import FONT, INK
from spikefit_nb.widgets.workbench.panel import FULL, Panel
from spikefit_nb.widgets.workbench.state import State
from spikefit_nb.widgets.workbench.told import finding, numbers_html


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

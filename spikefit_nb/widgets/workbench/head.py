"""The top of the workbench: the finding, and what came of it in numbers."""

from html import escape
from typing import Any

import ipywidgets

from spikefit_nb.html import FONT, INK
from spikefit_nb.widgets.workbench.panel import FULL, Panel
from spikefit_nb.widgets.workbench.state import State
from spikefit_nb.widgets.workbench.told import finding, numbers_html, part_html


class NumbersPanel(Panel):
    """The finding as a title, and the numbers of the design as it is now."""

    def __init__(self, state: State) -> None:
        self.numbers = ipywidgets.HTML(layout=FULL)
        super().__init__(state, "numbers", "", [self.numbers])
        self.watch(self._show, ["fit", "preview", "network", "profile", "is_running"])
        self._show()

    def _show(self, _change: Any = None) -> None:
        title = (
            f'<div role="heading" aria-level="2" style="{FONT};{INK};font-size:17px;'
            f'font-weight:700;margin-bottom:4px">{escape(finding(self.state))}</div>'
        )
        state = self.state
        shown = state.report if state.preview is None else state.preview
        told = numbers_html(shown, is_old=state.is_running and state.preview is None)
        self.numbers.value = title + told + part_html(state.preview, state.dataset)

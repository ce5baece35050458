"""Whether it fits: how full each resource is, what is exceeded, and what would cure it."""

from typing import Any

import ipywidgets
from ipywidgets import Layout

from spikefit_nb.fit import FitReport, Remedy
from spikefit_nb.units import text
from spikefit_nb.widgets.workbench.background import Latest
from spikefit_nb.widgets.workbench.panel import FULL, Panel, close_all, faint
from spikefit_nb.widgets.workbench.state import State, words_of
from spikefit_nb.widgets.workbench.told import gauges_html, verdict_html

MOST_REMEDIES = 5


class FitPanel(Panel):
    """See what fills up; where the network does not fit, apply what would cure it."""

    def __init__(self, state: State) -> None:
        self.verdict, self.gauges = ipywidgets.HTML(), ipywidgets.HTML(layout=FULL)
        self.status = ipywidgets.HTML()
        self.remedies = ipywidgets.VBox([], layout=FULL)
        body = [self.verdict, self.gauges, self.status, self.remedies]
        super().__init__(state, "fit", "Fit", body)
        self.finder = Latest(_found, self._offer, self._failed)
        self.watch(self._show, ["fit"])
        self._show()

    def _show(self, _change: Any = None) -> None:
        fit = self.state.fit
        if fit is None:
            return
        self.verdict.value, self.gauges.value = verdict_html(fit), gauges_html(fit)
        self._clear()
        self.finder.forget()
        self.status.value = "" if fit.fits else faint("Trying what would cure it ...")
        if not fit.fits:
            self.finder.ask(fit)

    def _offer(self, found: tuple[FitReport, tuple[Remedy, ...]]) -> None:
        fit, remedies = found
        if fit is not self.state.fit:
            return
        none = f"Nothing that was tried cures it. {' '.join(fit.hints)}"
        self.status.value = faint("" if remedies else none)
        self._clear()
        self.remedies.children = [self._remedy(one) for one in remedies[:MOST_REMEDIES]]

    def _remedy(self, remedy: Remedy) -> Any:
        right = "" if remedy.accuracy is None else f", {text(remedy.accuracy, '%')} correct"
        cores = remedy.mapping.n_cores
        words = f"{remedy.headline}: {cores} core{'s' * (cores != 1)}{right}"
        button = ipywidgets.Button(
            description="Apply", tooltip=f"Apply: {words}", layout=Layout(width="70px")
        )
        self.press(button, lambda: self.state.apply(remedy))
        said = ipywidgets.HTML(faint(words), layout=Layout(flex="1 1 auto", min_width="0"))
        return ipywidgets.HBox([button, said], layout=FULL)

    def _clear(self) -> None:
        old, self.remedies.children = self.remedies.children, []
        close_all(old)

    def _failed(self, error: Exception) -> None:
        self.status.value = ""
        self.state.problems = {**self.state.problems, "fit": words_of(error)}


def _found(fit: FitReport) -> tuple[FitReport, tuple[Remedy, ...]]:
    return fit, fit.remedies

"""A look inside the network that is deployed: the raster of a population, a neuron's potential."""

from functools import partial
from typing import Any

import ipywidgets
from ipywidgets import Layout

from spikefit_nb.errors import DatasetProblem
from spikefit_nb.plots import plot_potential, plot_raster
from spikefit_nb.widgets.closing import close_all
from spikefit_nb.widgets.live_bokeh import LiveBokeh
from spikefit_nb.widgets.workbench.background import Latest
from spikefit_nb.widgets.workbench.panel import FULL, Panel, faint
from spikefit_nb.widgets.workbench.state import words_of

LABEL = {"description_width": "90px"}
TITLE_SIZE = "13px"  # since the panel is narrow
RASTER, POTENTIAL = "Spikes of all", "Potential of one"


class Inside(ipywidgets.VBox):
    """Choose a population and a recording, and see what happens in it."""

    def __init__(self, panel: Panel) -> None:
        self._panel = panel
        self.population = ipywidgets.Dropdown(description="Population", style=LABEL, layout=FULL)
        self.what = ipywidgets.Dropdown(
            description="Show", options=[RASTER, POTENTIAL], style=LABEL, layout=FULL
        )
        self.sample, self.neuron = (
            ipywidgets.BoundedIntText(
                value=0, min=0, max=10**9, description=word, style=LABEL, layout=FULL
            )
            for word in ("Recording", "Neuron")
        )
        self.show = ipywidgets.Button(
            description="Look",
            tooltip="Run this recording, and draw what happens in the population",
            layout=Layout(width="84px"),
        )
        self.status, self.picture = ipywidgets.HTML(), ipywidgets.VBox([], layout=FULL)
        fields = [self.population, self.what, self.sample, self.neuron]
        super().__init__([*fields, self.show, self.status, self.picture], layout=FULL)
        self.drawer = Latest(lambda draw: draw(), self._draw, self._failed)
        panel.press(self.show, self._look)

    def offer(self) -> None:
        """Offer the populations of the network that is there."""
        names = [p.name for p in self._panel.state.network.populations]
        if list(self.population.options) != names:
            self.population.options = names
            self.population.value = names[-1]

    def _look(self) -> None:
        state, name, index = self._panel.state, self.population.value, self.sample.value
        if state.dataset is None:
            raise DatasetProblem("What fires shows on recordings: drop them below.")
        network, dataset, neuron = state.network, state.dataset, self.neuron.value
        if self.what.value == RASTER:
            line = f"sf.plots.plot_raster(network, dataset, {name!r}, {index})"
            draw = partial(plot_raster, network, dataset, name, index)
        else:
            line = f"sf.plots.plot_potential(network, dataset, {name!r}, {neuron}, index={index})"
            draw = partial(plot_potential, network, dataset, name, neuron, index=index)
        state.said = {**state.said, self._panel.name: line}
        self.status.value = faint("Running this recording ...")
        self.drawer.ask(draw)

    def _draw(self, figure: Any) -> None:
        self.status.value = ""
        figure.title.text_font_size = TITLE_SIZE
        old = self.picture.children
        self.picture.children = [LiveBokeh(figure)]
        close_all(old)

    def _failed(self, error: Exception) -> None:
        self.status.value = ""
        state = self._panel.state
        state.problems = {**state.problems, self._panel.name: words_of(error)}

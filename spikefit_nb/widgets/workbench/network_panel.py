"""What is deployed: a network of the catalogue, or a file of the user's."""

import tempfile
from pathlib import Path
from typing import Any

import ipywidgets

from spikefit_nb.network import Network
from spikefit_nb.nir_file import network_names, read_nir
from spikefit_nb.widgets.workbench.background import Latest
from spikefit_nb.widgets.workbench.lines import Step, arguments, network_line
from spikefit_nb.widgets.workbench.panel import FULL, Panel, faint
from spikefit_nb.widgets.workbench.state import State, words_of
from spikefit_nb.widgets.workbench.told import layers_html

LABEL = {"description_width": "120px"}
AS_STATED = "as the file says"


class NetworkPanel(Panel):
    """Choose a network; see its layers and how often they fire."""

    def __init__(self, state: State) -> None:
        self.pick = ipywidgets.Dropdown(
            description="Network", options=["yours", *network_names()], style=LABEL, layout=FULL
        )
        self.drop = ipywidgets.FileUpload(
            accept=".nir", multiple=False, description="Your .nir file", layout=FULL
        )
        self.drop.tooltip = "Choose a NIR file, or drop it here"
        self.dt_s = ipywidgets.Text(
            description="Its time step (s)",
            placeholder=f"{AS_STATED}; such as 1e-3",
            continuous_update=False,
            style=LABEL,
            layout=FULL,
        )
        self.reset = ipywidgets.Dropdown(
            description="Its reset",
            options=[AS_STATED, "zero", "subtract", "none"],
            style=LABEL,
            layout=FULL,
        )
        self.layers, self.status = ipywidgets.HTML(), ipywidgets.HTML()
        file = ipywidgets.VBox([self.dt_s, self.reset, self.drop])
        self.folded = ipywidgets.Accordion([file], titles=("A network of yours",), layout=FULL)
        body = [self.pick, self.status, self.layers, self.folded]
        super().__init__(state, "network", "Network", body)
        self._shown: Network | None = None
        self.loader = Latest(state.load, lambda _: self._say(""), self._failed)
        self.hear(self.pick, self._picked)
        self.hear(self.drop, self._dropped)
        self.watch(self._show, ["network", "report"])
        self._show()

    def _picked(self, name: str) -> None:
        if name in network_names():
            self._say(f"Loading {name} ...")
            self.loader.ask(name)

    def _dropped(self, files: Any) -> None:
        if not files:
            return
        [file] = files
        name, content = Path(file["name"]).name, bytes(file["content"])
        given: dict[str, Any] = {}
        if self.dt_s.value.strip():
            given["dt_s"] = float(self.dt_s.value)
        if self.reset.value != AS_STATED:
            given["reset"] = self.reset.value
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_bytes(content)
            network = read_nir(path, **given)
        more = f", {arguments(given)}" if given else ""
        line = f"network = sf.read_nir({name!r}{more})\ndataset = None"
        self.state.take(network, None, Step(line, ("network", "dataset")))

    def _failed(self, error: Exception) -> None:
        self._say("")
        self.state.problems = {**self.state.problems, "network": words_of(error)}

    def _say(self, words: str) -> None:
        self.status.value = faint(words) if words else ""

    def _show(self, _change: Any = None) -> None:
        network, report = self.state.network, self.state.report
        is_of_it = report is not None and report.fits and report.case.network is network
        self.layers.value = layers_html(network, report if is_of_it else None)
        if network is not self._shown:
            self._shown = network
            with self.silent():
                self.pick.value = network.name if network_line(network) else "yours"

"""What is deployed: a network of the catalogue, or files of the user's, and what goes on in it."""

from typing import Any

import ipywidgets
from ipywidgets import Layout

from spikefit_nb.case import Case
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import FileProblem, SpikefitError
from spikefit_nb.network import Network
from spikefit_nb.nir_file import network_names
from spikefit_nb.widgets.workbench.background import Latest
from spikefit_nb.widgets.workbench.files import (
    Dropped,
    arrays_of,
    converted,
    network_of_nir,
    of_upload,
    questions_of,
    recordings_of,
)
from spikefit_nb.widgets.workbench.inside import Inside
from spikefit_nb.widgets.workbench.lines import Step, network_line
from spikefit_nb.widgets.workbench.panel import FULL, Panel, faint
from spikefit_nb.widgets.workbench.questions import DATA_STEP, Questions
from spikefit_nb.widgets.workbench.state import State, words_of
from spikefit_nb.widgets.workbench.told import layers_html

LABEL = {"description_width": "120px"}


class NetworkPanel(Panel):
    """Choose a network or drop one; see its layers, how often they fire, and look inside."""

    def __init__(self, state: State) -> None:
        self.pick = ipywidgets.Dropdown(
            description="Network", options=["yours", *network_names()], style=LABEL, layout=FULL
        )
        self.drop = ipywidgets.FileUpload(
            accept=".nir,.onnx,.npz",
            multiple=True,
            description="Drop or choose .nir, .onnx, .npz",
            layout=FULL,
        )
        self.drop.tooltip = "A network (.nir, .onnx) and recordings (.npz: spikes, labels)"
        self.drop.add_class("spikefit-drop")
        self.questions = Questions()
        self.again = ipywidgets.Button(
            description="Read it so",
            tooltip="Read the files again, with these answers",
            layout=Layout(width="110px", display="none"),
        )
        self.layers, self.status = ipywidgets.HTML(), ipywidgets.HTML()
        self.waiting: dict[str, Dropped] = {}  # the last file of each kind
        self._taken: list[Dropped] = []  # those that are in the workbench
        self._read_so: Any = None  # the NIR file that is, and what was said of it
        self.folded = ipywidgets.Accordion([], layout=FULL)
        files = [self.drop, self.questions, self.again]
        super().__init__(
            state,
            "network",
            "Network",
            [self.pick, *files, self.status, self.layers, self.folded],
        )
        self.inside = Inside(self)
        self.folded.children = [self.inside]
        self.folded.set_title(0, "Look inside")
        self._shown: Network | None = None
        self.loader = Latest(state.load, lambda _: self._say(""), self._failed)
        self.hear(self.pick, self._picked)
        self.hear(self.drop, self._dropped)
        self.press(self.again, self._read)
        self.watch(self._show, ["network", "report"])
        self._show()

    def _picked(self, name: str) -> None:
        if name in network_names():
            self._say(f"Loading {name} ...")
            self.waiting.clear()
            self._ask()
            self.loader.ask(name)

    def _dropped(self, files: Any) -> None:
        found, before = of_upload(files), dict(self.waiting)
        try:
            self._take_over(found)
        except FileProblem:  # what cannot be read is forgotten
            self.waiting = before
            self._ask()
            raise

    def _take_over(self, found: list[Dropped]) -> None:
        """Put files to those that are there, and read them."""
        if any(file.ending != ".npz" for file in found):  # another network
            self.waiting = {end: f for end, f in self.waiting.items() if f not in self._taken}
            self.waiting.pop(".nir", None)
            self.waiting.pop(".onnx", None)
            self.questions.ask(())  # of the file before
            self._read_so = None
        self.waiting.update({file.ending: file for file in found})
        if found:
            self._ask()
            self._read()

    def _ask(self) -> None:
        """Ask what the files leave to be said."""
        nir, npz = self.waiting.get(".nir"), self.waiting.get(".npz")
        names = questions_of(nir) if nir is not None else ()
        if npz is not None and ".onnx" not in self.waiting and arrays_of(npz).dt_s is None:
            names = (*names, DATA_STEP)
        self.questions.ask(names)
        self.again.layout.display = "" if names else "none"

    def _read(self) -> None:
        """Take over what the files say."""
        self._say("")
        waiting = self.waiting
        left = self.questions.open_words() if ".nir" in waiting else ""
        if left:
            self._say(f"The file does not say {left}: choose the tool that made it, or say it.")
        elif ".onnx" in waiting and ".npz" not in waiting:
            self._say("Now drop samples as in training: an .npz file with X and the answers y.")
        elif ".onnx" in waiting:
            network, dataset, line = converted(waiting[".onnx"], waiting[".npz"])
            self.state.take(network, dataset, Step(line, ("network", "dataset")))
            self._taken = list(waiting.values())
        elif ".nir" in waiting and (waiting[".nir"], self.questions.given()) != self._read_so:
            self._take_nir(waiting[".nir"])
        elif ".npz" in waiting:
            self._take_recordings(waiting[".npz"])

    def _take_nir(self, file: Dropped) -> None:
        """Take a network over, with the recordings dropped beside it where they are of it."""
        given, beside = self.questions.given(), self.waiting.get(".npz")
        network, line = network_of_nir(file, given)
        dataset, problem = None, None
        if beside is not None:
            try:
                dataset, more = self._recordings(beside, network)
                line = f"{line}\n{more}"
            except SpikefitError as error:  # the network is taken all the same
                problem = error
        makes = ("network",) if dataset is None else ("network", "dataset")
        self.state.take(network, dataset, Step(line, makes))
        self._read_so, self._taken = (file, given), [file]
        if problem is not None:
            raise problem
        if beside is not None:
            self._taken.append(beside)

    def _take_recordings(self, file: Dropped) -> None:
        dataset, line = self._recordings(file, self.state.network)
        self.state.change("network", Step(line, ("dataset",)), dataset=dataset)
        self._taken.append(file)

    def _recordings(self, file: Dropped, network: Network) -> tuple[SpikeDataset, str]:
        """Recordings of a network, and the lines that read them; those of another are refused."""
        dataset, line = recordings_of(file, self.questions.step_of_recordings())
        Case(network, self.state.profile, dataset)
        return dataset, line

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
            self.inside.offer()
            with self.silent():
                self.pick.value = network.name if network_line(network) else "yours"

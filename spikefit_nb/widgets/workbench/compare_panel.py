"""One network over all chips of the catalogue: where it fits, and what it costs there."""

from typing import Any, NamedTuple

import ipywidgets
from ipywidgets import Layout

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.deploy import Report, deploy
from spikefit_nb.errors import SpikefitError
from spikefit_nb.hardware import load_profile, profile_names
from spikefit_nb.html import table
from spikefit_nb.network import Network
from spikefit_nb.plots import chips_data, plot_chips, words_of
from spikefit_nb.plots.chips import QUANTITIES
from spikefit_nb.widgets.page import TOOL
from spikefit_nb.widgets.workbench.background import Latest
from spikefit_nb.widgets.workbench.panel import FULL, Panel, faint
from spikefit_nb.widgets.workbench.picture import Picture
from spikefit_nb.widgets.workbench.state import State

NO_RECORDINGS = (
    "Costs need recordings: workbench.dataset = ...; sf.compare_fit(network) tells where it fits."
)


class Asked(NamedTuple):
    """What is compared."""

    network: Network
    dataset: SpikeDataset
    said: dict[str, Any]  # of the input


class Compared(NamedTuple):
    """Reports by chip, and why there is none."""

    asked: Asked
    reports: tuple[Report, ...]
    left_out: tuple[str, ...]


class ComparePanel(Panel):
    """Deploy the network as trained on each chip, in the background, one after another."""

    def __init__(self, state: State) -> None:
        self.start, self.stop = (
            ipywidgets.Button(description=word, tooltip=says, layout=Layout(width="130px"))
            for word, says in (
                ("Compare chips", "Deploy the network as trained on each chip of the catalogue"),
                ("Stop", "End after the chip that is being tried"),
            )
        )
        self.of = ipywidgets.Dropdown(
            description="Compare by",
            options=[(words_of(name)[0], name) for name in QUANTITIES],
            style={"description_width": "auto"},
            layout=Layout(width="330px"),
        )
        self.progress, self.rows = ipywidgets.HTML(), ipywidgets.HTML(layout=FULL)
        self.picture = Picture()
        self.compared: Compared | None = None
        self._asked: Asked | None = None
        self.comparer = Latest(self._try_each, self._found, self._failed)
        controls = ipywidgets.HBox(
            [self.start, self.stop, self.of], layout=Layout(flex_flow="row wrap")
        )
        controls.add_class(TOOL)
        body = [controls, self.progress, self.picture, self.rows]
        super().__init__(state, "compare", "Compare", body)
        self.press(self.start, self.compare)
        self.press(self.stop, self._stop)
        self.hear(self.of, lambda _: self._draw())
        self.watch(self._tell, ["network", "dataset", "scenario", "deadline_s"])
        self._tell()

    def compare(self) -> None:
        """Begin, in the background."""
        state = self.state
        if state.dataset is None:
            self.progress.value = faint(NO_RECORDINGS)
            return
        self._asked = Asked(state.network, state.dataset, state.input)
        self._say()
        self.comparer.ask(self._asked)
        self._tell()

    def _stop(self) -> None:
        self._asked = None
        self.comparer.forget()
        self._tell()

    def _say(self) -> None:
        given = "".join(f", {name}={value!r}" for name, value in self.state.input.items())
        line = (
            "chips = map(sf.load_profile, sf.hardware.profile_names())\n"
            f"reports = [sf.deploy(network, chip, dataset{given}) for chip in chips]\n"
            f"sf.plots.plot_chips(reports, {self.of.value!r})"
        )
        self.state.said = {**self.state.said, self.name: line}

    def _try_each(self, asked: Asked) -> Compared:
        names, reports, left_out = profile_names(), list[Report](), list[str]()
        for n, name in enumerate(names):
            if asked is not self._asked or self.is_closed:
                break
            chip = load_profile(name)
            self.progress.value = faint(f"{n} of {len(names)} chips; now {chip.title} ...")
            try:
                reports.append(deploy(asked.network, chip, asked.dataset, **asked.said))
            except SpikefitError as error:
                left_out.append(f"{chip.title}: {error}")
        return Compared(asked, tuple(reports), tuple(left_out))

    def _found(self, compared: Compared) -> None:
        self._asked, self.compared = None, compared
        self._tell()
        self._draw()

    def _failed(self, error: Exception) -> None:
        self._asked = None
        self._tell()
        words = f"Chips could not be compared: {type(error).__name__}: {error}"
        self.state.problems = {**self.state.problems, self.name: words}

    def _tell(self, _change: Any = None) -> None:
        state, done = self.state, self.compared
        is_running = self._asked is not None
        self.start.disabled = is_running or state.dataset is None
        self.stop.disabled = not is_running
        if is_running:
            return
        words = "" if state.dataset is not None else NO_RECORDINGS
        if done is not None and done.asked != Asked(state.network, state.dataset, state.input):
            words = f"This is of {done.asked.network.name} as it was then. {words}"
        elif done is not None:
            words = "; ".join(["The network as trained", *done.left_out])
        self.progress.value = faint(words)

    def _draw(self) -> None:
        if self.compared is None or not self.compared.reports:
            return
        self._say()
        self.picture.show(plot_chips(self.compared.reports, self.of.value))
        self.rows.value = rows_html(self.compared.reports)

    def close(self) -> None:
        """Take the panel from every page, and let go of all it holds."""
        self._stop()
        super().close()


def rows_html(reports: tuple[Report, ...]) -> str:
    """Write what each chip costs, in the order of energy; why it does not fit across the row."""
    told: dict[str, dict[str, str]] = {}
    fits: dict[str, bool] = {}
    for name in QUANTITIES:
        shown = chips_data(reports, name)
        for chip, fit, words in zip(shown.chips, shown.fits, shown.words, strict=True):
            told.setdefault(chip, {})[name] = words
            fits[chip] = fit
    rows = [
        (chip, *(words[name] for name in QUANTITIES)) if fits[chip] else (chip, words["energy_j"])
        for chip, words in told.items()
    ]
    kept = [row for row in rows if fits[row[0]]]
    misfits = [row for row in rows if not fits[row[0]]]
    others = table(misfits, header=("Chip", "Why not"), align="nl") if misfits else ""
    header = ("Chip", *(words_of(name)[0] for name in QUANTITIES))
    costs = table(kept, header=header, align="n" + "r" * len(QUANTITIES)) if kept else ""
    return costs + others

"""Search for better designs: what is traded, how many are tried, and the picture of it."""

from contextlib import suppress
from typing import Any

import ipywidgets
from ipywidgets import Layout

from spikefit_nb.errors import SpikefitError
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.plots import words_of
from spikefit_nb.search.objectives import check_objectives, default_objectives
from spikefit_nb.widgets.live_study import LiveStudy
from spikefit_nb.widgets.workbench.panel import FULL, Panel, close_all, faint
from spikefit_nb.widgets.workbench.state import State

OFFERED = (
    "accuracy",
    "event_energy_j",
    "energy_j",
    "latency_s",
    "n_cores",
    "memory_bits",
    "synaptic_operations",
    "area_mm2",
)


class SearchPanel(Panel):
    """Start, stop and go on with a search, and see its front grow."""

    def __init__(self, state: State) -> None:
        self.n_trials = ipywidgets.BoundedIntText(
            value=20,
            min=1,
            max=10_000,
            description="Trials",
            style={"description_width": "50px"},
            layout=Layout(width="130px"),
        )
        self.objectives = ipywidgets.SelectMultiple(
            description="Trade", rows=4, style={"description_width": "50px"}, layout=FULL
        )
        self.start, self.stop, self.resume = (
            ipywidgets.Button(description=word, tooltip=says, layout=Layout(width="90px"))
            for word, says in (
                ("Search", "Search for better designs in the background"),
                ("Stop", "End after the trial that is running; all finished trials stay"),
                ("Go on", "Go on until so many trials are finished in all"),
            )
        )
        buttons = ipywidgets.HBox(
            [self.n_trials, self.start, self.stop, self.resume],
            layout=Layout(flex_flow="row wrap", width="100%"),
        )
        self.status, self.picture = ipywidgets.HTML(), ipywidgets.VBox([], layout=FULL)
        self.card: LiveStudy | None = None
        body = [self.objectives, buttons, self.status, self.picture]
        super().__init__(state, "search", "Search", body)
        self.press(self.start, self._start)
        self.press(self.stop, state.stop)
        self.press(self.resume, lambda: state.resume(self.n_trials.value))
        self.watch(self._offer, ["profile"])
        self.watch(self._picture, ["study"])
        self.watch(self._show, ["study", "n_told", "profile", "network"])
        self._offer()
        self._picture()
        self._show()

    def _start(self) -> None:
        self.state.search(objectives=self.objectives.value, n_trials=self.n_trials.value)

    def _offer(self, _change: Any = None) -> None:
        profile = self.state.profile
        names = [name for name in OFFERED if _is_priced(name, profile)]
        if self.state.dataset is None or self.state.dataset.labels is None:
            names.remove("accuracy")
        offered = [(words_of(name)[0], name) for name in names]
        if list(self.objectives.options) != offered:
            usual = default_objectives(profile)
            with self.silent():
                self.objectives.options = offered
                self.objectives.value = [name for name in usual if name in names]

    def _picture(self, _change: Any = None) -> None:
        old, study = self.picture.children, self.state.study
        self._let_go()
        if study is None:
            self.picture.children = []
        else:
            self.card = LiveStudy(study)
            self.card.stop_button.layout.display = "none"  # the panel has its own
            self.card.observe(self._tapped, "chosen")
            self.card.live_bundle()
            self.picture.children = [self.card]
        close_all(old)

    def _let_go(self) -> None:
        """End what follows the picture that is there."""
        if self.card is not None:
            self.card.unobserve_all()
            self.card.view.was_greeted.set()  # nobody waits for its views any more
        self.card = None

    def close(self) -> None:
        """Take the panel from every page, and let go of all it holds."""
        self._let_go()
        super().close()

    def _tapped(self, change: Any) -> None:
        self.state.selected_trial = change.new

    def _show(self, _change: Any = None) -> None:
        study = self.state.study
        is_running = study is not None and study.state == "running"
        self.start.disabled = is_running or self.state.dataset is None
        self.stop.disabled = not is_running
        self.resume.disabled = study is None or is_running
        self.status.value = faint(self._words())

    def _words(self) -> str:
        study, state = self.state.study, self.state
        if state.dataset is None:
            return "A search needs recordings: workbench.dataset = ..."
        if study is None or study.case is None:
            return ""
        case = study.case
        if (case.network, case.profile) != (state.network, state.profile):
            return f"This search is of {case.network.name} on {case.profile.title}, as it was then."
        return ""


def _is_priced(name: str, profile: HardwareProfile) -> bool:
    with suppress(SpikefitError):
        check_objectives((name,), profile)
        return True
    return False

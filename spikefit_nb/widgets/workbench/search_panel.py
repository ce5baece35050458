"""Search for better designs: what is traded, within which limits, for how long; how far it is."""

from contextlib import suppress
from typing import Any

import ipywidgets
from ipywidgets import Layout

from spikefit_nb.errors import SpikefitError
from spikefit_nb.hardware import HardwareProfile, settle_scenario
from spikefit_nb.plots import front_data, words_of
from spikefit_nb.search import OBJECTIVES
from spikefit_nb.search.objectives import check_objectives, default_objectives
from spikefit_nb.search.search import SAMPLERS
from spikefit_nb.units import text
from spikefit_nb.widgets.sentences import strip_html
from spikefit_nb.widgets.workbench.background import Latest
from spikefit_nb.widgets.workbench.fields import Limits, value_of
from spikefit_nb.widgets.workbench.operation_panel import WORDS
from spikefit_nb.widgets.workbench.panel import FULL, Panel, faint
from spikefit_nb.widgets.workbench.space_table import SpaceTable
from spikefit_nb.widgets.workbench.state import State
from spikefit_nb.widgets.workbench.state import words_of as said_of
from spikefit_nb.widgets.workbench.stored import Stored

LABEL = {"description_width": "80px"}
FIELD = {"width": "auto"}
DEFAULT_SAMPLER = "gaussian_process"
PATIENCE_S = 0.1  # between two states of a search that are told
BUTTONS = (  # what each says, and does
    ("Search", "Search for better designs in the background"),
    ("Pause", "Halt after the trial that is running, to resume later; all finished trials stay"),
    ("Resume", "Go on from where the search halted"),
    ("Stop", "End after the trial that is running; all finished trials stay"),
    ("Extend", "Go on until there are as many trials, or minutes, as is said above"),
)


class SearchPanel(Panel):
    """Start, pause, resume, stop and extend a search, and see how far it is."""

    def __init__(self, state: State) -> None:
        self.objectives = ipywidgets.SelectMultiple(
            description="Trade", rows=4, style=LABEL, layout=FULL
        )
        self.buttons = {
            word: ipywidgets.Button(description=word, tooltip=says, layout=Layout(width="84px"))
            for word, says in BUTTONS
        }
        self.limits, self.space = Limits(), SpaceTable()
        self.status, self.strip = ipywidgets.HTML(), ipywidgets.HTML(layout=FULL)
        self.teller = Latest(_strip, self._tell, self._failed, patience_s=PATIENCE_S)
        self._is_pausing = False
        asked = self._fields()
        self.folded = ipywidgets.Accordion([], layout=FULL)
        row = ipywidgets.HBox(list(self.buttons.values()), layout=Layout(flex_flow="row wrap"))
        body = [self.objectives, asked, self.folded, row, self.status, self.strip]
        super().__init__(state, "search", "Search", body)
        self.stored = Stored(self)
        self.folded.children = [self.limits, self.space, self.stored]
        for at, title in enumerate(("Limits", "What may change", "Searches kept before")):
            self.folded.set_title(at, title)
        self._connect()

    def _fields(self) -> Any:
        """The fields of the budget, the seed and the sampler."""
        number = {"style": LABEL, "layout": FIELD}
        self.n_trials = ipywidgets.BoundedIntText(
            value=20, min=1, max=10_000, description="Trials", **number
        )
        self.minutes = ipywidgets.BoundedFloatText(
            value=0.0,
            min=0.0,
            max=10_000.0,
            step=1.0,
            description="Minutes",
            tooltip="The search ends after so many minutes of work, pauses left out; 0: never",
            **number,
        )
        self.seed = ipywidgets.BoundedIntText(
            value=0,
            min=0,
            max=2**31 - 1,
            description="Seed",
            tooltip="The same seed gives the same trials",
            **number,
        )
        self.sampler = ipywidgets.Dropdown(
            options=[(name.replace("_", " "), name) for name in SAMPLERS],
            value=DEFAULT_SAMPLER,
            description="Sampler",
            **number,
        )
        self.scenario = ipywidgets.Dropdown(
            options=[(words, name) for name, words in WORDS.items()],
            description="Input",
            tooltip="How input comes, which decides over static power: the same as in Operation",
            **number,
        )
        self.deadline = ipywidgets.Text(
            description="Deadline",
            continuous_update=False,
            placeholder="none; such as 10 ms",
            tooltip="When an answer is late, which an objective may count: as in Operation",
            **number,
        )
        fields = [self.n_trials, self.minutes, self.seed, self.sampler]
        fields += [self.scenario, self.deadline]
        box = ipywidgets.VBox(fields, layout=FULL)
        box.add_class("spikefit-fields")
        return box

    def _connect(self) -> None:
        for word, act in (
            ("Search", self._start),
            ("Pause", self._pause),
            ("Resume", self._resume),
            ("Stop", self._stop),
            ("Extend", self._extend),
        ):
            self.press(self.buttons[word], act)
        self.hear(self.scenario, lambda value: self.state.operate(scenario=value))
        self.hear(self.deadline, lambda _: self.state.operate(deadline_s=self._deadline_s()))
        self.watch(self._input, ["scenario", "deadline_s", "profile"])
        self.watch(self._offer, ["network", "profile", "dataset"])
        self.watch(self._ask, ["study", "n_told"])
        self.watch(self._show, ["study", "n_told", "profile", "network", "dataset"])
        self._input()
        self._offer()
        self._ask()
        self._show()

    def asked(self) -> dict[str, Any]:
        """What the fields say, as arguments of ``sf.search``; what is usual is left out."""
        found: dict[str, Any] = {
            "objectives": tuple(self.objectives.value),
            "n_trials": self.n_trials.value,
            "seed": self.seed.value,
        }
        rare = {
            **self.limits.values(),
            "max_seconds": 60 * self.minutes.value,
            "space": self.space.held(self.state.design),
            "deadline_s": self._deadline_s(),
        }
        if self.sampler.value != DEFAULT_SAMPLER:
            found["sampler"] = self.sampler.value
        return {**found, **{name: value for name, value in rare.items() if value}}

    def _start(self) -> None:
        self._is_pausing = False
        self.state.search(**self.asked())

    def _pause(self) -> None:
        self._is_pausing = True
        self.state.stop()
        self._show()

    def _resume(self) -> None:
        self._is_pausing = False
        self.state.resume()

    def _extend(self) -> None:
        study, seconds = self.state.study, 60 * self.minutes.value
        asked = {"n_trials": self.n_trials.value}
        if study is not None and seconds and seconds != study.terms.max_seconds:
            asked["max_seconds"] = seconds
        self._is_pausing = False
        self.state.resume(**asked)

    def _stop(self) -> None:
        self._is_pausing = False
        self.state.stop()
        self._show()

    def _deadline_s(self) -> float | None:
        return value_of(self.deadline.value, "s", "Deadline")

    def _input(self, _change: Any = None) -> None:
        """Show how input comes, and until when an answer is of use."""
        state = self.state
        with self.silent():
            self.scenario.value = settle_scenario(state.profile, state.scenario)
            limit = state.deadline_s
            self.deadline.value = "" if limit is None else text(limit, "s")

    def _offer(self, _change: Any = None) -> None:
        """Offer what the chip can price, and the knobs that act."""
        profile = self.state.profile
        names = [name for name in OBJECTIVES if _is_priced(name, profile)]
        if self.state.dataset is None or self.state.dataset.labels is None:
            names.remove("accuracy")
        offered = [(words_of(name)[0], name) for name in names]
        if list(self.objectives.options) != offered:
            usual = default_objectives(profile)
            with self.silent():
                self.objectives.options = offered
                self.objectives.value = [name for name in usual if name in names]
            self.limits.offer(names)
        with self.state.attempt(self.name):
            self.space.show(self.state.space)

    def _ask(self, _change: Any = None) -> None:
        """Have it told how far the search is."""
        study = self.state.study
        if study is None:
            self.teller.forget()
            self.strip.value = ""
        else:
            self.teller.ask(study)

    def _tell(self, strip: str) -> None:
        self.strip.value = strip

    def _failed(self, error: Exception) -> None:
        self.state.problems = {**self.state.problems, self.name: said_of(error)}

    def close(self) -> None:
        """Take the panel from every page, and let go of all it holds."""
        self.teller.forget()
        super().close()

    def _show(self, _change: Any = None) -> None:
        study = self.state.study
        state = "none" if study is None else study.state
        is_running, can_go_on = state == "running", study is not None and study.case is not None
        is_left = study is not None and len(study.trials) < study.n_trials
        can = {
            "Search": not is_running and self.state.dataset is not None,
            "Pause": is_running,
            "Resume": can_go_on and state == "stopped" and is_left,
            "Stop": is_running,
            "Extend": can_go_on and not is_running,
        }
        for word, button in self.buttons.items():
            button.disabled = not can[word]
        self.status.value = faint(self._words(state))

    def _words(self, is_state: str) -> str:
        study, state = self.state.study, self.state
        if state.dataset is None:
            return "A search needs recordings: drop them in the panel Network."
        if study is None:
            return ""
        if self._is_pausing and is_state in ("running", "stopped"):
            waits = "Pauses after the trial that is running ..."
            return waits if is_state == "running" else "Paused: Resume goes on."
        if study.case is None:
            return (
                f"This search is of {study.terms.network} on {study.terms.chip_title}; with that "
                "network, chip and recordings in the workbench it can go on."
            )
        case = study.case
        if (case.network, case.profile) != (state.network, state.profile):
            return f"This search is of {case.network.name} on {case.profile.title}, as it was then."
        return ""


def _strip(study: Any) -> str:
    """The finding of a search so far, and how far it is."""
    return strip_html(study, front_data(study).title)


def _is_priced(name: str, profile: HardwareProfile) -> bool:
    with suppress(SpikefitError):
        check_objectives((name,), profile)
        return True
    return False

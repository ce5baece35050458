"""The one owner of the state of a workbench: what is deployed on what, how, and what was found."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any
from weakref import WeakMethod

import traitlets
from traitlets import Dict, Instance, Tuple, Unicode

from spikefit_nb.adapt import Design
from spikefit_nb.case import Case
from spikefit_nb.datasets import SpikeDataset, load_dataset
from spikefit_nb.deploy import Report
from spikefit_nb.errors import SpikefitError
from spikefit_nb.fit import FitReport, Remedy
from spikefit_nb.hardware import SCENARIOS, HardwareProfile, load_profile
from spikefit_nb.network import Network
from spikefit_nb.nir_file import load_network
from spikefit_nb.search import DesignSpace, Recommendation, Study, Trial, default_space, search
from spikefit_nb.widgets.workbench import lines
from spikefit_nb.widgets.workbench.background import Latest
from spikefit_nb.widgets.workbench.knobs import turned
from spikefit_nb.widgets.workbench.lines import Step
from spikefit_nb.widgets.workbench.pricing import Priced, is_at_once, is_quick, of_first, priced

PATIENCE_S = 0.12  # from the last turn of a knob to a new run
DECIDES_PRICE = ("network", "profile", "dataset", "design")
INPUT = ("scenario", "deadline_s")  # how it comes, and until when an answer is of use
DECIDES_CHOICE = ("study", "weights", "at_least", "at_most")
NOTHING_SEEN: dict[str, Any] = {"selected_trial": None, "axes": (), "brushed": {}}
RECORDINGS = {"digits": "digits", "braille": "braille", "braille_subtract": "braille"}


class State(traitlets.HasTraits):
    """What is deployed on what, how, and what was found: traits, each set by hand or from code."""

    network = Instance(Network)
    profile = Instance(HardwareProfile)
    dataset = Instance(SpikeDataset, allow_none=True)
    design = Instance(Design, ())
    scenario = traitlets.Enum([None, *SCENARIOS], None)  # None: what the chip is built for
    deadline_s = traitlets.Float(None, allow_none=True)
    fit = Instance(FitReport, allow_none=True)
    report = Instance(Report, allow_none=True)
    preview = Instance(Report, allow_none=True)  # of a few recordings, until all are priced
    study = Instance(Study, allow_none=True)
    selected_trial = Instance(Trial, allow_none=True)
    recommendation = Instance(Recommendation, allow_none=True)
    at_least = Dict()
    at_most = Dict()
    weights = Dict()
    axes = Tuple()  # quantities along, up, and of the size of a dot; empty: those of the study
    brushed = Dict()  # of axis to (first, last) value, of trials that are looked at
    n_told = traitlets.Int()  # how often the study has told of a change
    is_running = traitlets.Bool(False)  # whether the numbers shown are of the design before
    status = Unicode()  # what is being worked out, and how long the last answer took
    problems = Dict()  # by the panel that caused them
    said = Dict()  # the last line of code of each panel
    steps = Tuple()  # of the session, as lines.Step

    def __init__(self, network: Any = None, profile: Any = None, dataset: Any = None) -> None:
        if network is None:
            network = load_network("digits")
            dataset = load_dataset("digits") if dataset is None else dataset
        profile = load_profile("loihi1") if profile is None else profile
        case = Case(network, profile, dataset)  # which refuses what does not belong together
        self._asked: Case | None = None
        self._quick: tuple = ()  # network and recordings of which runs take no time
        self._asked_s, self._is_changing = 0.0, False
        self._searched: dict[str, Any] | None = None  # what the search was asked, if it began here
        super().__init__(network=network, profile=profile, dataset=case.dataset)
        self.steps = tuple(_given_step(name, getattr(self, name)) for name in DECIDES_PRICE)
        self.reprice()

    @cached_property
    def pricer(self) -> Latest:
        """What prices designs that need a run."""
        return Latest(self._price, self._heard_price, self._failed("design"), patience_s=PATIENCE_S)

    @cached_property
    def chooser(self) -> Latest:
        """What picks the best design of a study."""
        return Latest(_recommended, self._heard_choice, self._failed("decide"), patience_s=0.05)

    @property
    def space(self) -> DesignSpace:
        """The knobs that act on the network on the chip."""
        key = self.network, self.profile, self.dataset
        if self.__dict__.get("_space_of") != key:
            self._space_of, self._space = key, default_space(*key)
        return self._space

    @property
    def code(self) -> str:
        """The session as a cell."""
        has_data = self.dataset is not None
        last = [Step(lines.deploy_line(has_data, self.input), ("report",), self._names_of_price)]
        steps = list(self.steps)
        if self.study is not None:
            line = lines.recommend_line(self.weights, self.at_least, self.at_most)
            last.append(Step(line, ("best",), ("study",)))
        return lines.session_cell(steps, last)

    @property
    def input(self) -> dict[str, Any]:
        """What is said of the input, as arguments of ``sf.deploy``."""
        return {name: getattr(self, name) for name in INPUT if getattr(self, name) is not None}

    @property
    def _names_of_price(self) -> tuple[str, ...]:
        data = ("dataset",) if self.dataset is not None else ()
        return ("network", "profile", *data, "design")

    def change(self, panel: str, step: Step | None, **traits: Any) -> None:
        """Set traits together, as one action of a panel that a line of code repeats."""
        self._is_changing = True
        try:
            with self.hold_trait_notifications():
                for name, value in traits.items():
                    setattr(self, name, value)
        finally:
            self._is_changing = False
        if step is not None:
            self.tell(panel, step)
        if set(traits) & {*DECIDES_PRICE, *INPUT}:
            self.reprice()

    def tell(self, panel: str, step: Step) -> None:
        """Note the line that does what was done."""
        self.steps = lines.with_step(self.steps, step)
        self.said = {**self.said, panel: step.line}
        self.problems = {**self.problems, panel: ""}

    @contextmanager
    def attempt(self, panel: str) -> Iterator[None]:
        """Say under a panel, in words, what could not be done there."""
        try:
            yield
        except (SpikefitError, traitlets.TraitError, OSError) as error:
            self.problems = {**self.problems, panel: words_of(error)}
        else:
            self.problems = {**self.problems, panel: ""}

    # What a panel does; each is one line of code.

    def load(self, name: str) -> None:
        """Take a network of the catalogue, with its recordings."""
        network, dataset = load_network(name), load_dataset(RECORDINGS[name])
        line = (
            f"network = sf.load_network({name!r})\ndataset = sf.load_dataset({RECORDINGS[name]!r})"
        )
        step = Step(line, ("network", "dataset"))
        self.take(network, dataset, step)

    def take(self, network: Network, dataset: SpikeDataset | None, step: Step) -> None:
        """Take another network, with recordings or without."""
        self.change("network", step, network=network, dataset=dataset, design=Design())

    def load_chip(self, name: str, coefficients: str | None = None) -> None:
        """Take a chip of the catalogue."""
        more = f", coefficients={coefficients!r}" if coefficients else ""
        step = Step(f"profile = sf.load_profile({name!r}{more})", ("profile",))
        self.change("chip", step, profile=load_profile(name, coefficients=coefficients))

    def edit(self, figure: str, value: object) -> None:
        """Give the chip a figure of one's own."""
        step = Step(lines.replace_line(figure, value), ("profile",), ("profile",))
        self.change("chip", step, profile=self.profile.replace(**{figure: value}))

    def turn(self, knob: str, value: Any) -> None:
        """Turn one knob of the design."""
        design = turned(self.space, self.design, knob, value)
        self.change("design", _design_step(design), design=design)

    def use(self, trial: Trial) -> None:
        """Take the design of a trial."""
        self.change("decide", _design_step(trial.design), design=trial.design)

    def apply(self, remedy: Remedy) -> None:
        """Take a remedy over: its network, its chip or chips, and its design."""
        offered = self.fit.remedies if self.fit is not None else ()
        number = offered.index(remedy) if remedy in offered else 0
        line = lines.remedy_line(number, self.dataset is not None)
        step = Step(line, ("network", "profile", "design"), self._names_of_price)
        case = remedy.case
        self.change("fit", step, network=case.network, profile=case.profile, design=case.design)

    def search(self, **asked: Any) -> None:
        """Search for better designs in the background; arguments are those of ``sf.search``."""
        self.forget_study()
        asked = {**self.input, **asked}
        study = search(self.network, self.profile, self.dataset, **asked)
        self._searched = asked
        step = _study_step(lines.search_line(asked))
        self.change("search", step, study=study, **NOTHING_SEEN)

    def stop(self) -> None:
        """End the search after the trial that is running."""
        if self.study is not None:
            self.study.stop()
            self.said = {**self.said, "search": "study.stop()"}

    def resume(self, **asked: Any) -> None:
        """Go on with the search; arguments are those of ``Study.resume``."""
        if self.study is None:
            return
        self.study.resume(**asked)
        line = f"study.resume({lines.arguments(asked)})"
        if self._searched is not None:  # a cell searches at once what was searched in parts
            self._searched = {**self._searched, **asked}
            self.steps = (*self.steps, _study_step(lines.search_line(self._searched)))
        else:
            self.steps = (*self.steps, Step(f"{line}\nstudy.wait()", ("study",), ("study",)))
        self.said = {**self.said, "search": line}
        self.n_told += 1

    def take_study(self, study: Study, *, goes_on: bool) -> None:
        """Take a study that was kept, with what it needs to go on or without."""
        self.forget_study()
        self._searched = None
        line = lines.load_study_line(study.storage, goes_on=goes_on)
        step = Step(line, ("study",), ("network", "profile", "dataset") if goes_on else ())
        self.change("search", step, study=study, **NOTHING_SEEN)

    def decide(self, **limits: Mapping[str, float]) -> None:
        """Set priorities and limits."""
        self.change("decide", None, **limits)
        line = lines.recommend_line(self.weights, self.at_least, self.at_most)
        self.said = {**self.said, "decide": line}

    def operate(self, **traits: Any) -> None:
        """Say how input comes, or until when an answer is of use."""
        self.change("operation", None, **traits)
        line = lines.deploy_line(self.dataset is not None, self.input)
        self.said = {**self.said, "operation": line}

    def look_at(self, trial: Trial | None) -> None:
        """Look at one trial, or at none."""
        self.change("explore", None, selected_trial=trial)

    def wait(self) -> None:
        """Block until all that was asked is priced and told; a search goes on."""
        self.pricer.wait()
        self.chooser.wait()

    def forget_study(self) -> None:
        """Stop a search that runs, before another takes its place."""
        if self.study is not None and self.study.state == "running":
            self.study.stop()

    def close(self) -> None:
        """Stop what runs in the background and let go of every observer."""
        self.forget_study()
        self.pricer.forget()
        self.chooser.forget()
        self.unobserve_all()

    # What follows from a change.

    @traitlets.validate("dataset")
    def _suits(self, proposal: Any) -> SpikeDataset | None:
        """Refuse recordings of another network, wherever they come from."""
        return Case(self.network, self.profile, proposal.value).dataset

    @traitlets.validate("design")
    def _names_populations(self, proposal: Any) -> Design:
        proposal.value.must_suit(self.network)
        return proposal.value

    @traitlets.observe(*DECIDES_PRICE)
    def _noticed(self, change: Any) -> None:
        """Note what was set from code, and price it."""
        if self._is_changing or self._asked is None:
            return
        self.tell(change.name, _given_step(change.name, change.new))
        if change.name == "network":
            self.change("network", None, **self._given_way())
        else:
            self.reprice()

    @traitlets.observe(*INPUT)
    def _comes_otherwise(self, _change: Any) -> None:
        if not self._is_changing and self._asked is not None:
            self.operate()
            self.reprice()

    def _given_way(self) -> dict[str, Any]:
        """What is left of recordings and design where another network was set."""
        left = {"network": self.network, "dataset": self.dataset, "design": self.design}
        for name, nothing in (("dataset", None), ("design", Design())):
            try:
                Case(self.network, self.profile, **{name: left[name]})
            except SpikefitError:
                left[name] = nothing
                self.tell(name, _given_step(name, nothing))
        return left

    @traitlets.observe(*DECIDES_CHOICE, "n_told")
    def _choose(self, change: Any) -> None:
        if change.name == "study" and self.study is not None:
            self.study.on_change(_Listener(self._heard_trial))
        if self.study is not None and len(self.study.trials):
            asked = self.study, dict(self.weights), dict(self.at_least), dict(self.at_most)
            self.chooser.ask(asked)

    def _heard_trial(self) -> None:
        self.n_told += 1

    def _heard_choice(self, found: Recommendation) -> None:
        self.recommendation = found
        self.problems = {**self.problems, "decide": ""}

    def reprice(self) -> None:
        """Price what is there now: at once where that is quick, else in the background, and first
        of a few recordings.
        """
        self.is_running, self.preview = False, None
        with self.attempt("design"):
            case = Case(self.network, self.profile, self.dataset, design=self.design, **self.input)
            self._asked, self._asked_s = case, time.perf_counter()
            is_known = is_at_once(case)
            if is_known and is_quick(case):
                self.pricer.forget()
                self._heard_price(priced(case))
                return
            self.status = "Pricing all recordings ..." if is_known else "Running the network ..."
            self.is_running = True
            is_long = self._quick != (self.network, self.dataset)
            part = of_first(case) if is_long else None
            if part is not None and is_at_once(part):
                self.preview = priced(part).report
            self.pricer.ask((case, part))

    def _price(self, asked: tuple[Case, Case | None]) -> Priced:
        """Price a case in the background, a few of its recordings before all."""
        case, part = asked
        if part is not None and self.preview is None:
            found = priced(part).report
            if case is self._asked:
                self.preview = found
        return priced(case)

    def _heard_price(self, found: Priced) -> None:
        case, fit, report = found
        if case is not self._asked:
            return
        took_ms = 1000 * (time.perf_counter() - self._asked_s)
        with self.hold_trait_notifications():
            self.fit, self.report, self.is_running = fit, report, False
            self.preview, self._quick = None, () if found.is_long else (case.network, case.dataset)
            self.status = f"Answered in {took_ms:,.0f} ms" if report is not None else NO_RECORDINGS
        self.problems = {**self.problems, "design": ""}

    def _failed(self, panel: str) -> Any:
        def failed(error: Exception) -> None:
            self.status, self.is_running, self.preview = "", False, None
            self.problems = {**self.problems, panel: words_of(error)}

        return failed


NO_RECORDINGS = "Without recordings nothing is run: only whether it fits."


class _Listener:
    """Calls a method as long as its owner lives."""

    def __init__(self, method: Any) -> None:
        self._method = WeakMethod(method)

    def __call__(self) -> None:
        method = self._method()
        if method is not None:
            method()


def words_of(error: Exception) -> str:
    """What an error says; of one that was not foreseen also its kind."""
    if isinstance(error, SpikefitError | traitlets.TraitError):
        return str(error)
    return f"{type(error).__name__}: {error}"


def _recommended(asked: tuple[Study, dict, dict, dict]) -> Recommendation:
    study, weights, at_least, at_most = asked
    return study.recommend(weights=weights, at_least=at_least, at_most=at_most)


def _study_step(line: str) -> Step:
    return Step(f"{line}\nstudy.wait()", ("study",), ("network", "profile", "dataset"))


def _design_step(design: Design) -> Step:
    return Step(lines.design_line(design), ("design",))


def _given_step(name: str, value: Any) -> Step:
    """The line that gives what was set from code; of what was made elsewhere none."""
    line = lines.LINE_OF[name](value)
    return Step(line, (name,))

"""A running search: trials in a background thread, stoppable, readable at any time."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from threading import Event, Thread
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from spikefit_nb.case import Case
from spikefit_nb.deploy import deploy_case
from spikefit_nb.errors import SearchFailed
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.html import table
from spikefit_nb.quantities import Quantity, Result, Several
from spikefit_nb.search.findings import alike_words, static_words
from spikefit_nb.search.objectives import OBJECTIVES, limits_of, losses_of, meets, unpriced_words
from spikefit_nb.search.recommend import Recommendation, Standing, choose, limits_in_words
from spikefit_nb.search.trial import Trial, front
from spikefit_nb.simulate import RECORDS

if TYPE_CHECKING:  # scikit-optimize takes seconds to import; the search's own thread does it
    from spikefit_nb.search.sampler import DesignSpace, Sampler

TOLERATED_ACCURACY_LOSS = 0.1


class Study(Result):
    """A search for the best designs: every trial, finished, infeasible or failed.

    It runs in the background from the moment it is made; ``search`` makes it.

    Parameters
    ----------
    case : Case, of the network as trained
    begin : callable, losses not to exceed -> (DesignSpace, Sampler); called in the background:
        their libraries load slowly
    objectives : tuple of str
    n_trials : int, the network as trained (trial 0) not counted
    at_least, at_most : mapping of objective to limit; both empty: at most ten points less accurate
        than as trained

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> from spikefit_nb.search import search
    >>> network, dataset = load_network("digits"), load_dataset("digits").take(20)
    >>> study = search(network, load_profile("loihi1"), dataset, n_trials=2)
    >>> study.wait()
    >>> study.reference.design, len(study.trials), study.seconds_left
    (Design(), 2, None)
    """

    def __init__(
        self,
        case: Case,
        begin: Callable[[np.ndarray], tuple["DesignSpace", "Sampler"]],
        *,
        objectives: tuple[str, ...],
        n_trials: int,
        at_least: Mapping[str, float] = MappingProxyType({}),
        at_most: Mapping[str, float] = MappingProxyType({}),
    ):
        self.case, self.objectives, self.n_trials = case, tuple(objectives), n_trials
        self.at_least, self.at_most = dict(at_least), dict(at_most)
        self.state, self.message = "running", ""
        self.listener_error: Exception | None = None
        self._begin, self._stop, self._ended = begin, Event(), Event()
        self._finished: tuple[Trial, ...] = ()  # the network as trained first
        self._seconds: list[float] = []
        self._callbacks: list[Callable[[], None]] = []
        self._thread = Thread(target=self._run, name="spikefit search", daemon=True)
        self._thread.start()

    @property
    def network_name(self) -> str:
        """Name of the network."""
        return self.case.network.name

    @property
    def profile(self) -> HardwareProfile:
        """The chip."""
        return self.case.profile

    @property
    def trials(self) -> Several[Trial]:
        """Every trial so far, trial 0 (the network as trained) left out."""
        return Several(self._finished[1:])

    @property
    def reference(self) -> Trial | None:
        """Trial 0: the network as trained, changed only as much as the chip demands."""
        return self._finished[0] if self._finished else None

    @property
    def best_trials(self) -> Several[Trial]:
        """The Pareto front: trials within the limits that no other trial beats, in order of the
        last objective.
        """
        done = (t for t in self._finished if t.state == "done")
        return Several(front(filter(self.is_within_limits, done), self.objectives))

    def is_within_limits(self, trial: Trial) -> bool:
        """Whether a priced trial keeps ``at_least`` and ``at_most``.

        Parameters
        ----------
        trial : Trial

        Returns
        -------
        bool
        """
        return meets(trial.values, self.at_least, self.at_most)

    def broken_limits(self, trial: Trial) -> str:
        """Which limits a priced trial breaks, in words; empty where it keeps them.

        Parameters
        ----------
        trial : Trial

        Returns
        -------
        str
        """
        return limits_in_words(
            {o: v for o, v in self.at_least.items() if trial.values[o] < v},
            {o: v for o, v in self.at_most.items() if trial.values[o] > v},
        )

    @property
    def limits_in_words(self) -> str:
        """The limits within which designs count as best, in words; empty where there are none."""
        return limits_in_words(self.at_least, self.at_most)

    @property
    def seconds_left(self) -> float | None:
        """Time left, from the pace of the last ten trials; None before the second one."""
        n_left, recent = self.n_trials - len(self.trials), self._seconds[-10:]
        return float(np.mean(recent)) * n_left if recent and self.state == "running" else None

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call something after each trial and at the end, from the search's thread; it must return
        quickly.

        Parameters
        ----------
        callback : callable without arguments; one that raises is not called again (see
            ``listener_error``)
        """
        self._callbacks.append(callback)

    def stop(self) -> None:
        """Stop after the trial that is running; what was found is kept."""
        self._stop.set()

    def wait(self) -> None:
        """Block until the search has ended; an interrupt of the kernel stops it and keeps what was
        found.

        Raises
        ------
        SearchFailed
            The network as trained could not be priced.
        """
        try:
            while not self._ended.wait(0.1):
                pass
        except KeyboardInterrupt:
            self.stop()
            self._ended.wait()
        if self.state == "failed":
            raise SearchFailed(self.message)

    def recommend(
        self,
        *,
        weights: dict[str, float] | None = None,
        at_least: dict[str, float] | None = None,
        at_most: dict[str, float] | None = None,
    ) -> Recommendation:
        """Pick the design that serves stated priorities best, with a sentence that says why.

        Parameters
        ----------
        weights : dict of objective to float, how much each matters; default: every unconstrained
            one alike
        at_least, at_most : dict of objective to limit

        Returns
        -------
        Recommendation
        """
        limits = self.at_least, self.at_most
        standing = Standing(
            self.case, self.objectives, *limits, n_trials=self.n_trials, finished=self._finished
        )
        return choose(standing, weights or {}, at_least or {}, at_most or {})

    def to_json(self) -> str:
        """Every trial with its design, state and values; the same bytes for the same seed on one
        machine.

        Returns
        -------
        str
        """
        trials = [
            {
                "number": t.number,
                "design": t.design.changes(),
                "state": t.state,
                "values": t.values,
                "message": t.message,
            }
            for t in self._finished
        ]
        told = {"objectives": self.objectives, "profile": self.profile.name, "trials": trials}
        return json.dumps(told, indent=1)

    def _headline(self) -> str:
        said = f": {self.message}" if self.state == "failed" else ""
        tried = f"{len(self.trials)} of {self.n_trials} trials"
        return f"{self.state}{said}, {tried}, {len(self.best_trials)} best"

    def _quantities(self) -> tuple[Quantity, ...]:
        best = self.best_trials
        return (
            Quantity("n_done", "Trials", len(self.trials)),
            Quantity("n_trials", "Trials asked for", self.n_trials),
            Quantity("n_best", "Best", len(best)),
            *(q._replace(of=f"trial {t.number}") for t in best for q in t.quantities),
        )

    def _notes(self) -> tuple[str, ...]:
        unpriced = (*unpriced_words(self.objectives, self.profile), *self._of_objectives())
        if self.best_trials or not self.reference or self.reference.state != "infeasible":
            return unpriced
        return (*unpriced, f"The network as trained does not fit: {self.reference.message}.")

    def _of_objectives(self) -> tuple[str, ...]:
        """What the objectives leave out, and which of them say the same."""
        if self.reference is None:
            return ()
        values = [t.values for t in self._finished if t.state == "done"]
        static = static_words(self.reference.report, self.objectives)
        return (*static, *alike_words(values, self.objectives))

    def _run(self) -> None:
        try:
            for trial in self._all_trials():
                self._finished = (*self._finished, trial)
                self._tell_everyone()
                if self._stop.is_set():
                    break
            n = len(self.trials)
            self.state = "finished" if n >= self.n_trials else "stopped"
            self.message = f"{n} of {self.n_trials} trials"
        except Exception as error:  # for the card and wait(): a thread has nobody to raise to
            self.state, self.message = "failed", f"{type(error).__name__}: {error}"
        finally:
            self._ended.set()
            self._tell_everyone()

    def _all_trials(self) -> Iterator[Trial]:
        reference = self._priced(0, self.case)
        if not self.at_least and not self.at_most and "accuracy" in self.objectives:
            is_done = reference.state == "done"
            accuracy = reference.values["accuracy"] if is_done else self._accuracy_as_trained()
            self.at_least = {"accuracy": accuracy - TOLERATED_ACCURACY_LOSS}
        yield reference
        space, sampler = self._begin(limits_of(self.objectives, self.at_least, self.at_most))
        for number in range(1, self.n_trials + 1):
            began = time.perf_counter()
            point = sampler.ask()
            trial = self._tried(number, replace(self.case, design=space.design(point)))
            is_done = trial.state == "done"
            sampler.tell(point, losses_of(trial.values, self.objectives) if is_done else None)
            self._seconds.append(time.perf_counter() - began)
            yield trial

    def _accuracy_as_trained(self) -> float:
        """What the network reaches without a chip, where there it does not fit."""
        network, dataset, decode = self.case.network, self.case.dataset, self.case.decode
        return RECORDS.simulate(network, dataset, decode=decode).accuracy or 0.0

    def _tried(self, number: int, case: Case) -> Trial:
        """A trial, also where pricing it raises."""
        try:
            return self._priced(number, case)
        except Exception as error:
            return Trial(number, case, "failed", message=f"{type(error).__name__}: {error}")

    def _priced(self, number: int, case: Case) -> Trial:
        report = deploy_case(case)
        if report.fits:
            values = {name: float(getattr(report, name)) for name in self.objectives}
            return Trial(number, case, "done", values, report)
        message = "; ".join(map(repr, report.violations))
        return Trial(number, case, "infeasible", report=report, message=message)

    def _tell_everyone(self) -> None:
        for callback in list(self._callbacks):
            try:
                callback()
            except Exception as error:  # a listener's trouble must not end the search
                self._callbacks.remove(callback)
                self.listener_error = error

    def _card(self) -> tuple[str, ...]:
        best = self.best_trials
        cells = [(*(q.text for q in t.quantities), repr(t.design)) for t in best]
        header = ("Trial", *(OBJECTIVES[o].words for o in self.objectives), "Design")
        align = "l" + "r" * len(self.objectives) + "l"
        shown = table(cells, header=header, align=align) if cells else ""
        return f"Study: {self.headline}", shown

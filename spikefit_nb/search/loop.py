"""Ask, try, tell: how the trials of a study come about, one by one or many at a time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import suppress
from dataclasses import fields, replace
from threading import Event
from typing import Any, NamedTuple

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.samplers import BaseSampler

from spikefit_nb.case import Case
from spikefit_nb.errors import FileProblem, SearchFailed
from spikefit_nb.search.evaluate import (
    Outcome,
    Screen,
    Task,
    evaluate,
)
from spikefit_nb.search.journal import Journal, Told
from spikefit_nb.search.objectives import (
    OBJECTIVES,
    Objective,
    excess_of,
    is_best,
    losses_of,
    meets,
)
from spikefit_nb.search.samplers import SamplerSettings, made_sampler
from spikefit_nb.search.space import DesignSpace
from spikefit_nb.search.workers import Workers, outcomes, pickled
from spikefit_nb.simulate import RECORDS

TOLERATED_ACCURACY_LOSS = 0.1
N_INITIAL = 16  # trials before a sampler that learns is asked, those near the start among them
BEHIND = 1.1  # times the cost as trained, from where on designs count: so do those as cheap
MOST_STARTS = 8  # neighbours of the network as trained, before the sampler is asked


class Asked(NamedTuple):
    """A trial that was asked for, and what is run for it."""

    trial: optuna.Trial
    case: Case
    screen: Screen | None = None


class Loop:
    """The trials of one study, as far as this process makes them."""

    def __init__(
        self,
        journal: Journal,
        base: Case,
        space: DesignSpace,
        workers: Workers | None,
        *,
        own: Mapping[str, Objective],
        stop: Event,
        goes_on: Callable[[], bool],
    ):
        self._journal, self._base, self._space = journal, base, space
        self._workers, self._stop, self._goes_on = workers, stop, goes_on
        self._own = own  # objectives that the user made
        journal.join()
        self._left = journal.abandoned()
        self._open: list[optuna.Trial] = []  # asked for, and not yet told of
        self._n_read, self._later = 0, list[Told]()  # told, and those of them that are in no front
        self._front = np.empty((0, len(journal.terms.objectives)))  # losses of the best
        self._shared = b""
        if workers:
            self._shared = pickled(base, own)

    def begin(self, warm: Sequence[Mapping[str, Any]], sampler: BaseSampler | None) -> None:
        """Try the network as trained, where that was not done, and settle what follows from it."""
        reference = self._as_trained()
        if reference["state"] == "failed":
            raise SearchFailed(reference["message"])
        self._goes_on()
        with self._journal.turn():
            self._queue_starts(warm)
        terms = self._journal.terms
        if not terms.at_least and not terms.at_most and "accuracy" in terms.objectives:
            numbers = reference["numbers"]
            accuracy = numbers["accuracy"] if "accuracy" in numbers else self._without_a_chip()
            at_least = {"accuracy": accuracy - TOLERATED_ACCURACY_LOSS}
            self._journal.change(replace(terms, at_least=at_least))
        self._journal.study.sampler = self._sampler(reference["numbers"], sampler)

    def _as_trained(self) -> dict[str, Any]:
        """What came of the network as trained, which is trial 0."""
        if not self._journal.told():
            is_left = bool(self._left) and self._left[0].number == 0
            if not is_left:
                self._journal.queue(self._space.starts(self._base)[0])
            first = self._left.pop(0) if is_left else self._journal.ask()
            self._open.append(first)
            _suggest(first, self._space.distributions)
            outcome = evaluate(self._base, self._quantities)
            self._tell(Asked(first, self._base), outcome)
        return self._journal.told()[0].outcome

    def _queue_starts(self, warm: Sequence[Mapping[str, Any]]) -> None:
        """Let good designs of another study, and those near the network as trained, be tried before
        the sampler is asked.
        """
        first, *near = self._space.starts(self._base)
        known = self._space.distributions
        told = [{k: v for k, v in params.items() if _is_in(known.get(k), v)} for params in warm]
        n = min(MOST_STARTS, self._journal.terms.n_trials // 4)
        starts = [first | params for params in told] + near[:n]
        for params in starts[self._journal.n_queued - 1 :]:  # trial 0 was queued too
            self._journal.queue(params)

    @property
    def _quantities(self) -> dict[str, Objective]:
        """What has to be known of each design, and how it is read."""
        names = self._journal.terms.quantities
        return {name: self._own.get(name) or OBJECTIVES[name] for name in names}

    def _without_a_chip(self) -> float:
        """The accuracy of the network where it does not fit the chip."""
        base = self._base
        return RECORDS.simulate(base.network, base.dataset, decode=base.decode).accuracy or 0.0

    def _sampler(self, as_trained: Mapping[str, float], own: BaseSampler | None) -> BaseSampler:
        """The sampler, told of limits, and from where on a design counts."""
        terms = self._journal.terms
        names, limits = terms.objectives, {**terms.at_least, **terms.at_most}
        settings = SamplerSettings(
            self._space.distributions,
            terms.seed,
            reference=[limits.get(o, _behind(o, as_trained.get(o))) for o in names],
            limits=[limits.get(o) for o in names],
            logarithmic=[OBJECTIVES[o].logarithmic for o in names],
            n_initial=max(4, min(N_INITIAL, terms.n_trials // 3)),
            canonical=self._space.canonical,
            kept=self._space.kept,
        )
        return made_sampler(own or terms.sampler, settings)

    def run(self) -> None:
        """Make trials until something ends it."""
        if self._workers and not self._journal.terms.batch:
            self._run_as_they_end(self._workers)
            return
        while asked := self._asked():
            for one, outcome in self._in_order(asked):
                self._tell(one, outcome)
                if not self._goes_on():
                    return

    def _run_as_they_end(self, workers: Workers) -> None:
        """Keep every worker busy; what a trial knows of others depends on which ended first."""
        running: dict[Future, Asked] = {}
        while True:
            while len(running) < workers.n and (asked := self._asked(1)):
                running[workers.submit(self._task(asked[0]))] = asked[0]
            if not running:
                return
            ended, _ = wait(running, timeout=0.5, return_when=FIRST_COMPLETED)
            for one, outcome in outcomes(workers, {f: running.pop(f) for f in ended}, self._task):
                self._tell(one, outcome)
            if not self._goes_on():
                return

    def _asked(self, n: int | None = None) -> list[Asked]:
        """The next trials, as many as a batch has; none at the end."""
        with self._journal.turn():  # so that each process knows what the others have asked for
            return [self._ask() for _ in range(n or self._batch_size())] if self._more() else []

    def _more(self) -> bool:
        terms, begun = self._journal.terms, self._journal.n_begun - len(self._left)
        return not self._stop.is_set() and self._goes_on() and begun <= terms.n_trials

    def _batch_size(self) -> int:
        """Trials to ask for at once, so that batches begin where they would without a stop."""
        terms, begun = self._journal.terms, self._journal.n_begun - len(self._left)
        size = max(terms.batch, 1)
        return min(size - (begun - 1) % size, terms.n_trials + 1 - begun)

    def _ask(self) -> Asked:
        trial = self._left.pop(0) if self._left else self._journal.ask()
        self._open.append(trial)
        params = _suggest(trial, self._space.distributions)
        return Asked(trial, self._space.case(params, self._base), self._screen(trial.number))

    def _screen(self, number: int) -> Screen:
        """What a trial has to beat: the best of those that ended before its batch began."""
        terms, size = self._journal.terms, self._journal.terms.batch
        first = number - (number - 1) % size if size else number
        told = self._journal.told()
        later, self._n_read = [*self._later, *told[self._n_read :]], len(told)
        new = [each for each in later if each.number < first or not size]
        self._later = [each for each in later if not (each.number < first or not size)]
        losses = [
            losses_of(each.outcome["numbers"], terms.objectives)
            for each in new
            if each.outcome["state"] == "done"
            and meets(each.outcome["numbers"], terms.at_least, terms.at_most)
        ]
        found = np.array([*self._front, *losses]).reshape(-1, len(terms.objectives))
        self._front = found[is_best(found)]
        return Screen(terms.objectives, self._front, terms.at_least, terms.at_most, terms.seed)

    def _in_order(self, asked: list[Asked]) -> Iterator[tuple[Asked, Outcome]]:
        """What came of trials, in the order in which they were asked for."""
        if self._workers is None:
            for one in asked:
                yield one, evaluate(one.case, self._quantities, one.screen)
            return
        begun = {self._workers.submit(self._task(one)): k for k, one in enumerate(asked)}
        found: dict[int, Outcome] = {}
        n_told = 0
        for k, outcome in outcomes(self._workers, begun, lambda k: self._task(asked[k])):
            found[k] = outcome
            while n_told in found:
                yield asked[n_told], found.pop(n_told)
                n_told += 1

    def _task(self, one: Asked) -> Task:
        changes = {
            f.name: getattr(one.case, f.name)
            for f in fields(Case)
            if f.init and getattr(one.case, f.name) is not getattr(self._base, f.name)
        }
        return Task(
            self._shared,
            changes,
            self._journal.terms.quantities,
            one.screen,
            self._workers.threads_each if self._workers else 1,
        )

    def _tell(self, one: Asked, outcome: Outcome) -> None:
        terms = self._journal.terms
        limits = {
            name: value
            for name, value in excess_of(outcome.numbers, terms.at_least, terms.at_most).items()
            if name not in terms.objectives or terms.sampler != "gaussian_process"
        }
        design = {"partition": one.case.design.partition, **one.case.design.changes()}
        self._journal.tell(one.trial, outcome, design, one.case.profile.name, limits=limits)
        self._open.remove(one.trial)

    def close(self) -> None:
        """Give up trials that were begun, which whoever goes on makes, and the workers."""
        self._journal.leave()
        if self._workers:
            self._workers.close()
        with suppress(FileProblem):  # where the disk is full, that was said
            for trial in (*self._open, *self._left):
                self._journal.release(trial)


def _behind(name: str, as_trained: float | None) -> float | None:
    """A little more than the cost as trained; None of what is no cost, for the sampler to find."""
    is_cost = OBJECTIVES[name].logarithmic and not OBJECTIVES[name].maximize
    return BEHIND * as_trained if is_cost and as_trained else None


def _suggest(trial: optuna.Trial, distributions: Mapping[str, Any]) -> dict[str, Any]:
    """The value of every knob of a trial."""
    params: dict[str, Any] = {}
    for name, d in distributions.items():
        if isinstance(d, CategoricalDistribution):
            params[name] = trial.suggest_categorical(name, d.choices)
        elif isinstance(d, FloatDistribution):
            params[name] = trial.suggest_float(name, d.low, d.high, step=d.step, log=d.log)
        else:
            params[name] = trial.suggest_int(name, d.low, d.high, step=d.step, log=d.log)
    return params


def _is_in(distribution: BaseDistribution | None, value: Any) -> bool:
    """Whether a knob takes a value that another space gave it."""
    if distribution is None:
        return False
    if isinstance(distribution, CategoricalDistribution):
        return value in distribution.choices
    return distribution.low <= value <= distribution.high  # type: ignore[attr-defined]

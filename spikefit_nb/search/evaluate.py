"""Try one design: in this process, or in a worker."""

import pickle
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from spikefit_nb.case import Case
from spikefit_nb.deploy import Report
from spikefit_nb.search import fidelity
from spikefit_nb.search.objectives import BUILT_IN, OBJECTIVES, Objective
from spikefit_nb.simulate import at_most_threads

Quantities = Mapping[str, Objective]  # what has to be known of a design, and how it is read


class Outcome(NamedTuple):
    """What came of a design: its numbers, or why it has none."""

    state: str  # as of a Trial
    numbers: dict[str, float]
    message: str = ""
    seconds: float = 0.0
    report: Report | None = None


class Screen(NamedTuple):
    """What a design has to beat on few recordings, before it is run on all."""

    objectives: tuple[str, ...]
    front: np.ndarray  # losses of the best designs so far
    at_least: Mapping[str, float]
    at_most: Mapping[str, float]
    seed: int


class Task(NamedTuple):
    """A design to be tried by a worker."""

    shared: bytes  # the study's case and the user's own objectives: sent every time, read once
    changes: dict  # fields of the case that are others in this trial
    quantities: tuple[str, ...]
    screen: Screen | None
    n_threads: int  # that a worker may use


def evaluate(case: Case, quantities: Quantities, screen: Screen | None = None) -> Outcome:
    """Run and price a case, also where that raises; on few recordings alone where these rule it
    out.
    """
    began = time.perf_counter()
    try:
        outcome = _evaluated(case, quantities, screen)
    except Exception as error:  # of one design among many: the search goes on
        outcome = Outcome("failed", {}, f"{type(error).__name__}: {error}")
    return outcome._replace(seconds=time.perf_counter() - began)


def evaluate_task(pickled: bytes) -> Outcome:
    """Try the design of a pickled task in a worker; the report stays there."""
    task: Task = pickle.loads(pickled)
    base, own = _shared(task.shared)
    quantities = {name: own.get(name) or OBJECTIVES[name] for name in task.quantities}
    with at_most_threads(task.n_threads), threadpool_limits(task.n_threads):
        outcome = evaluate(replace(base, **task.changes), quantities, task.screen)
    return outcome._replace(report=None)


@lru_cache(maxsize=4)  # studies that one worker is busy with
def _shared(pickled: bytes) -> tuple[Case, dict[str, Objective]]:
    """What all designs of a study share."""
    return pickle.loads(pickled)


def _evaluated(case: Case, quantities: Quantities, screen: Screen | None) -> Outcome:
    if screen is None:
        found = fidelity.evaluate(case, tuple(quantities), known=quantities)
    else:
        found = fidelity.evaluate(
            case,
            screen.objectives,
            front=screen.front,
            at_least=screen.at_least,
            at_most=screen.at_most,
            seed=screen.seed,
            known=quantities,
        )
    report = found.report
    if found.state == "infeasible":
        why = "; ".join(need.words for need in report.violations)
        return Outcome("infeasible", {}, why, report=report)
    numbers = numbers_of(report, quantities)
    if found.state == "done":
        return Outcome("done", numbers, report=report)
    why = "another is better" if found.state == "dominated" else "it breaks a limit"
    n_all = case.dataset.n_samples  # type: ignore[union-attr]  # a search has recordings
    message = f"{why} even at best, as {found.n_samples} of {n_all} recordings tell"
    return Outcome("dropped", numbers, message, report=report)


def numbers_of(report: Report, quantities: Quantities) -> dict[str, float]:
    """The quantities asked for, then every other known one that a report has."""
    numbers = {name: objective.needed(report, name) for name, objective in quantities.items()}
    for name in sorted(BUILT_IN - set(numbers)):
        if OBJECTIVES[name].of is None:
            value = OBJECTIVES[name].read(report, name)
            numbers |= {} if value is None else {name: value}
    return numbers

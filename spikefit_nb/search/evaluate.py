"""Try one design: in this process, or in a worker that is sent the case once."""

import pickle
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from spikefit_nb.case import Case
from spikefit_nb.deploy import Report
from spikefit_nb.search import fidelity
from spikefit_nb.search.objectives import OBJECTIVES, Objective

KEPT_CASES = 4  # of different studies, in one worker
_cases: OrderedDict[str, Case] = OrderedDict()  # of a worker, by the study that sent them


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

    study: str  # a name that no other study has
    base: bytes  # the study's case, pickled: sent every time, read once
    changes: dict  # fields of the case that are others in this trial
    quantities: tuple[str, ...]
    screen: Screen | None
    own: dict[str, Objective]  # objectives of the user's own, which a worker has not heard of


def evaluate(case: Case, quantities: tuple[str, ...], screen: Screen | None = None) -> Outcome:
    """Run and price a case, also where that raises; on few recordings alone where these rule it
    out.
    """
    began = time.perf_counter()
    try:
        outcome = _evaluated(case, quantities, screen)
    except Exception as error:  # of one design among many: the search goes on
        outcome = Outcome("failed", {}, f"{type(error).__name__}: {error}")
    return outcome._replace(seconds=time.perf_counter() - began)


def evaluate_task(task: Task) -> Outcome:
    """Try a design in a worker; the report stays there."""
    OBJECTIVES.update(task.own)
    if task.study not in _cases:
        _cases[task.study] = pickle.loads(task.base)
        while len(_cases) > KEPT_CASES:
            _cases.popitem(last=False)
    case = replace(_cases[task.study], **task.changes)
    return evaluate(case, task.quantities, task.screen)._replace(report=None)


def _evaluated(case: Case, quantities: tuple[str, ...], screen: Screen | None) -> Outcome:
    if screen is None:
        found = fidelity.evaluate(case, quantities)
    else:
        found = fidelity.evaluate(
            case,
            screen.objectives,
            front=screen.front,
            at_least=screen.at_least,
            at_most=screen.at_most,
            seed=screen.seed,
        )
    report = found.report
    if found.state == "infeasible":
        return Outcome("infeasible", {}, "; ".join(map(repr, report.violations)), report=report)
    numbers = numbers_of(report, quantities)
    if found.state == "done":
        return Outcome("done", numbers, report=report)
    why = "another is better" if found.state == "dominated" else "it breaks a limit"
    n_all = case.dataset.n_samples  # type: ignore[union-attr]  # a search has recordings
    message = f"{why} even at best, as {found.n_samples} of {n_all} recordings tell"
    return Outcome("dropped", numbers, message, report=report)


def numbers_of(report: Report, quantities: tuple[str, ...]) -> dict[str, float]:
    """The quantities asked for, then every other known one that a report has."""
    numbers = {name: OBJECTIVES[name].needed(report, name) for name in quantities}
    for name, objective in OBJECTIVES.items():
        if objective.of is None and name not in numbers:
            value = objective.read(report, name)
            numbers |= {} if value is None else {name: value}
    return numbers


def objectives_of_own(quantities: tuple[str, ...]) -> Mapping[str, Objective]:
    """Those among quantities that the user made."""
    return {name: OBJECTIVES[name] for name in quantities if OBJECTIVES[name].name}

"""Try one design: in this process, or in a worker that is sent the case once."""

import pickle
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from spikefit_nb.case import Case
from spikefit_nb.deploy import Report
from spikefit_nb.search.objectives import OBJECTIVES, Objective
from spikefit_nb.search.trial import report_of

KEPT_CASES = 4  # of different studies, in one worker
_cases: OrderedDict[str, Case] = OrderedDict()  # of a worker, by the study that sent them


class Outcome(NamedTuple):
    """What came of a design: its numbers, or why it has none."""

    state: str  # as of a Trial
    numbers: dict[str, float]
    message: str = ""
    seconds: float = 0.0
    report: Report | None = None


class Task(NamedTuple):
    """A design to be tried by a worker."""

    study: str  # a name that no other study has
    base: bytes  # the study's case, pickled: sent every time, read once
    changes: dict  # fields of the case that are others in this trial
    quantities: tuple[str, ...]
    own: dict[str, Objective]  # objectives of the user's own, which a worker has not heard of


def evaluate(case: Case, quantities: tuple[str, ...]) -> Outcome:
    """Run and price a case, also where that raises."""
    began = time.perf_counter()
    try:
        outcome = _evaluated(case, quantities)
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
    return evaluate(case, task.quantities)._replace(report=None)


def _evaluated(case: Case, quantities: tuple[str, ...]) -> Outcome:
    report = report_of(case)
    if not report.fits:
        return Outcome("infeasible", {}, "; ".join(map(repr, report.violations)), report=report)
    return Outcome("done", numbers_of(report, quantities), report=report)


def numbers_of(report: Report, quantities: tuple[str, ...]) -> dict[str, float]:
    """The quantities asked for, then every other known one that a report has."""
    numbers = {}
    for name in quantities:
        value = OBJECTIVES[name].read(report, name)
        if value is None:
            raise ValueError(f"{name} is not known of this design; {_missing_words(name)}")
        numbers[name] = value
    for name, objective in OBJECTIVES.items():
        if objective.of is None and name not in numbers:
            value = objective.read(report, name)
            numbers |= {} if value is None else {name: value}
    return numbers


def _missing_words(name: str) -> str:
    """What a quantity needs that may have been left out."""
    needed = {"late_share": "it needs deadline_s", "missed_steps_share": "it needs live input"}
    return needed.get(name, "see the report's notes on what is not published")


def objectives_of_own(quantities: tuple[str, ...]) -> Mapping[str, Objective]:
    """Those among quantities that the user made."""
    return {name: OBJECTIVES[name] for name in quantities if OBJECTIVES[name].name}

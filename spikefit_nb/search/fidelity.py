"""Few recordings first: a design that these rule out is not run on all of them."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import Literal, NamedTuple

import numpy as np

from spikefit_nb.case import Case
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.deploy import Report
from spikefit_nb.fit import judge
from spikefit_nb.mapping import GROUPERS
from spikefit_nb.search.objectives import OBJECTIVES, Objective, losses_of, meets
from spikefit_nb.search.trial import report_of
from spikefit_nb.simulate import wilson_interval

FIRST_SHARE = 0.1  # of the recordings, run first
LEAST, MOST_SHARE = 10, 0.25  # fewer tell nothing, more save little
Z = 1.959963984540054  # of both sides of an interval of 95 %, as Wilson's
# of the mapping alone: no recording moves them, unless a run tells what each core gets
EXACT = {"n_cores", "memory_bits", "area_mm2"}
SPREAD = {  # what differs among recordings as their operations or their time do
    "event_energy_j",
    "energy_j",
    "power_w",
    "latency_s",
    "lag_s",
    "synaptic_operations",
}
NO_LIMITS: Mapping[str, float] = MappingProxyType({})


class Evaluation(NamedTuple):
    """What is known of a design, and from how many recordings."""

    state: Literal["done", "infeasible", "dominated", "pruned"]
    values: dict[str, float]  # as measured on ``n_samples``; of an infeasible design none
    n_samples: int
    report: Report  # on these recordings


def first_samples(n_samples: int) -> int:
    """How many recordings are run first; 0 where they are too few to save anything."""
    n_first = min(max(LEAST, round(FIRST_SHARE * n_samples)), int(MOST_SHARE * n_samples))
    return n_first if n_first >= LEAST else 0


@lru_cache(maxsize=8)  # every design of a study is run on the same ones
def first_share(dataset: SpikeDataset, seed: int) -> SpikeDataset | None:
    """The recordings that are run first, each class in the same proportion; None: all at once."""
    n_first = first_samples(dataset.n_samples)
    return dataset.split(n_first / dataset.n_samples, seed)[0] if n_first else None


def evaluate(
    case: Case,
    objectives: tuple[str, ...],
    *,
    front: np.ndarray | None = None,
    at_least: Mapping[str, float] = NO_LIMITS,
    at_most: Mapping[str, float] = NO_LIMITS,
    seed: int = 0,
    known: Mapping[str, Objective] = OBJECTIVES,
) -> Evaluation:
    """Evaluate a design on few recordings, and on all where these do not rule it out."""
    # front (n, n_objectives): losses of designs that all recordings were run on, within the limits
    fit = judge(case)
    if not fit.fits:
        return Evaluation("infeasible", {}, 0, report_of(case, fit=fit))
    dataset: SpikeDataset = case.dataset  # type: ignore[assignment]  # a search has one
    few = first_share(dataset, seed)
    if few is not None and (at_least or at_most or front is not None):
        told = report_of(replace(case, dataset=few), fit=fit)
        limited = tuple(dict.fromkeys((*objectives, *at_least, *at_most)))
        best = optimistic(told, limited, dataset.n_samples, known)
        state = ruled_out(best, objectives, front, at_least, at_most)
        if state is not None:
            return Evaluation(state, _values(told, objectives, known), few.n_samples, told)
    report = report_of(case, fit=fit)
    return Evaluation("done", _values(report, objectives, known), dataset.n_samples, report)


def ruled_out(
    best: Mapping[str, float],
    objectives: tuple[str, ...],
    front: np.ndarray | None,
    at_least: Mapping[str, float] = NO_LIMITS,
    at_most: Mapping[str, float] = NO_LIMITS,
) -> Literal["dominated", "pruned"] | None:
    """Why a design is not worth all recordings, by the best that it can still reach."""
    if not meets(best, at_least, at_most):
        return "pruned"
    if front is None or not len(front):
        return None
    losses = losses_of(dict(best), objectives)
    beaten = (front <= losses).all(axis=1) & (front < losses).any(axis=1)
    return "dominated" if beaten.any() else None


def optimistic(
    report: Report,
    objectives: tuple[str, ...],
    n_samples: int,
    known: Mapping[str, Objective] = OBJECTIVES,
) -> dict[str, float]:
    """The best that a report on few recordings leaves possible on all ``n_samples``, at 95 %."""
    values = _values(report, objectives, known)
    spread, design = relative_error(report, n_samples), report.design
    exact = set() if design.is_spread or design.partition in GROUPERS else EXACT
    for name, value in values.items():
        if name == "accuracy":
            values[name] = most_right(report, n_samples)
        elif name in SPREAD:
            values[name] = value * max(0.0, 1 - spread)
        elif name not in exact:  # of which few recordings may tell nothing
            values[name] = np.inf if OBJECTIVES[name].maximize else -np.inf
    return values


def most_right(report: Report, n_samples: int) -> float:
    """The accuracy on all recordings that few of them leave possible: the upper end of Wilson's
    interval, and never more than if all others were right.
    """
    record = report.record
    n_right, n_seen = record.n_right, record.n_samples  # type: ignore[union-attr]
    if n_right is None:
        raise ValueError("There is no accuracy without labels.")  # objectives are checked before
    if record.has_step_labels:  # type: ignore[union-attr]  # others may have more of them
        is_all = n_seen == n_samples
        return report.accuracy if is_all else report.accuracy_interval[1]  # type: ignore
    if n_seen == n_samples:
        return n_right / n_samples
    return min(wilson_interval(n_right, n_seen)[1], (n_right + n_samples - n_seen) / n_samples)


def relative_error(report: Report, n_samples: int) -> float:
    """How far a mean cost of few recordings may be from that of all, of its value, at 95 %: by the
    one of synaptic operations and time whose recordings differ most.
    """
    price, record = report.price, report.record
    each = [record.synaptic_operations, price.sample_s]  # type: ignore[union-attr]
    errors = [_error_of_mean(np.asarray(x, float), n_samples) for x in each if x is not None]
    return max(errors, default=0.0)


def _error_of_mean(each: np.ndarray, n_samples: int) -> float:
    """Half of the interval of a mean, drawn without putting back, over the mean."""
    n, mean = each.size, float(each.mean())
    if n >= n_samples or mean == 0:
        return 0.0
    left = (n_samples - n) / (n_samples - 1)
    return Z * float(each.std(ddof=1)) * np.sqrt(left / n) / mean


def _values(
    report: Report, objectives: tuple[str, ...], known: Mapping[str, Objective]
) -> dict[str, float]:
    return {name: known[name].needed(report, name) for name in objectives}

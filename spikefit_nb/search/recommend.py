"""From a front to one answer: the design that serves stated priorities best, in a sentence."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from numbers import Real
from typing import NamedTuple

import numpy as np

from spikefit_nb.adapt import Design
from spikefit_nb.case import Case
from spikefit_nb.deploy import Report
from spikefit_nb.errors import DesignProblem, UnknownName
from spikefit_nb.quantities import Quantity, Result
from spikefit_nb.search.objectives import OBJECTIVES, check_limits, losses_of, meets, normalized
from spikefit_nb.search.trial import Trial, front
from spikefit_nb.units import text


@dataclass(frozen=True, eq=False, repr=False)
class Recommendation(Result):
    """An answer: one trial and the sentence that says why, or the sentence that says why there is
    none.

    Parameters
    ----------
    sentence : str
    trial : Trial or None

    Examples
    --------
    >>> print(Recommendation("No trial has finished yet.", None))
    No trial has finished yet.
    """

    sentence: str
    trial: Trial | None

    @property
    def report(self) -> Report | None:
        """The report of the recommended design, or None."""
        return self.trial.report if self.trial else None

    @property
    def design(self) -> Design | None:
        """The recommended design, or None."""
        return self.trial.design if self.trial else None

    def _headline(self) -> str:
        return self.sentence

    def _quantities(self) -> tuple[Quantity, ...]:
        return self.trial.quantities if self.trial else ()

    def _notes(self) -> tuple[str, ...]:
        return (f"Repeat it: {self.trial.code}",) if self.trial else ()

    def _card(self) -> tuple[str, ...]:
        found = f"Trial {self.trial.number}" if self.trial else "None"
        return found, f"<div>{escape(self.sentence)}</div>"

    def __str__(self) -> str:
        return self.sentence


class Standing(NamedTuple):
    """What a study has found at one moment; while it is read, the search goes on."""

    case: Case  # of the network as trained
    objectives: tuple[str, ...]
    at_least: Mapping[str, float]
    at_most: Mapping[str, float]
    n_trials: int  # asked for
    finished: tuple[Trial, ...]  # the network as trained comes first, as number 0


def choose(study: Standing, weights: dict, at_least: dict, at_most: dict) -> Recommendation:
    """Pick among the finished trials."""
    check_limits(study.objectives, at_least, at_most)
    for name, weight in weights.items():
        if name not in study.objectives:
            raise UnknownName("objective of this search", name, study.objectives)
        if not isinstance(weight, Real) or not 0 <= float(weight) < math.inf:
            raise DesignProblem(
                f"The weight of {name} is {weight!r}; it must be a number from 0 up."
            )
    asked = {*at_least, *at_most}
    at_least = {o: max(v, at_least.get(o, v)) for o, v in {**at_least, **study.at_least}.items()}
    at_most = {o: min(v, at_most.get(o, v)) for o, v in {**at_most, **study.at_most}.items()}
    tried = f"{len(study.finished[1:])} of {study.n_trials} designs tried"
    best_of_all = front(study.finished, study.objectives)
    if not best_of_all:
        return Recommendation(_why_none(study, tried), None)
    worth = [t for t in best_of_all if meets(t.values, at_least, at_most)]
    limits = limits_in_words(at_least, at_most)
    if not worth:
        nearest = _nearest(best_of_all, at_least, at_most)
        return Recommendation(f"No design reaches {limits} ({tried}). {nearest}", None)
    losses = np.array([losses_of(t.values, study.objectives) for t in worth])
    importance = [weights.get(o, 0.0 if weights or o in asked else 1.0) for o in study.objectives]
    if not any(importance):
        importance = [1.0] * len(study.objectives)
    best = worth[int(np.argmin(normalized(losses, losses) @ np.array(importance)))]
    among = f"{len(worth)} on the front{f' with {limits}' if limits else ''}"
    values = ", ".join(OBJECTIVES[o].said(best.values[o]) for o in study.objectives)
    name = f"trial {best.number}" if best.number else "the network as trained"
    changes = _against(study.finished[0], best)
    return Recommendation(
        f"Take {name}: {values}{changes}. It is the best of {among}; {tried}.", best
    )


def _why_none(study: Standing, tried: str) -> str:
    reference = study.finished[0] if study.finished else None
    if reference is None or reference.report is None:
        return f"No design has been priced yet ({tried})."
    why = f"{reference.message}. {' '.join(reference.report.fit.hints)}"
    return f"None of the designs fits {study.case.profile.title} ({tried}): {why}".strip()


def limits_in_words(at_least: dict, at_most: dict) -> str:
    """Limits as a sentence has them, such as "accuracy of at least 95.0 %"."""
    limits = [("least", *limit) for limit in at_least.items()]
    limits += [("most", *limit) for limit in at_most.items()]
    return " and ".join(
        f"{OBJECTIVES[o].words} of at {side} {text(value, OBJECTIVES[o].unit)}"
        for side, o, value in limits
    )


def _nearest(trials: tuple[Trial, ...], at_least: dict, at_most: dict) -> str:
    best = {o: max(t.values[o] for t in trials) for o in at_least}
    best |= {o: min(t.values[o] for t in trials) for o in at_most}
    said = (
        f"{OBJECTIVES[o].words} found is {text(v, OBJECTIVES[o].unit)}" for o, v in best.items()
    )
    return " ".join(f"The best {one}." for one in said)


def _against(reference: Trial, best: Trial) -> str:
    if reference.state != "done" or best is reference:
        return ""
    changes = []
    for name, value in best.values.items():
        before, objective = reference.values[name], OBJECTIVES[name]
        if objective.unit == "%":
            changes.append(f"{text(value - before, 'points')} of {objective.words}")
        elif before:
            changes.append(f"{100 * (value / before - 1):+.0f} % {objective.words}")
    return f" ({', '.join(changes)} against the network as trained)"

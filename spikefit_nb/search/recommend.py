"""From a front to one answer: the design that serves stated priorities best, in a sentence."""

import math
from dataclasses import dataclass
from html import escape
from numbers import Real

import numpy as np

from spikefit_nb.adapt import Design
from spikefit_nb.deploy import Report
from spikefit_nb.errors import DesignProblem, UnknownName
from spikefit_nb.quantities import Quantity, Result
from spikefit_nb.search.objectives import OBJECTIVES, check_limits, losses_of, meets
from spikefit_nb.search.pareto import normalized
from spikefit_nb.search.standing import Standing
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
    tried = f"{len(study.trials)} of {study.n_trials} designs tried"
    best_of_all = front(study.done, study.objectives)
    if not best_of_all:
        return Recommendation(_why_none(study, tried), None)
    worth = [t for t in best_of_all if meets(t.values, at_least, at_most)]
    limits = _limits_in_words(at_least, at_most)
    if not worth:
        return Recommendation(
            f"No design reaches {limits} ({tried}). {_nearest(best_of_all, at_least, at_most)}",
            None,
        )
    losses = np.array([losses_of(t.values, study.objectives) for t in worth])
    importance = [weights.get(o, 0.0 if weights or o in asked else 1.0) for o in study.objectives]
    if not any(importance):
        importance = [1.0] * len(study.objectives)
    best = worth[int(np.argmin(normalized(losses, losses) @ np.array(importance)))]
    return Recommendation(_sentence(study, best, len(worth), limits, tried), best)


def _why_none(study: Standing, tried: str) -> str:
    reference = study.reference
    if reference is None or reference.report is None:
        return f"No design has been priced yet ({tried})."
    hints = " ".join(reference.report.fit.hints)
    chip = study.case.profile.title
    return f"None of the designs fits {chip} ({tried}): {reference.message}. {hints}".strip()


def _limits_in_words(at_least: dict, at_most: dict) -> str:
    words = [
        f"{OBJECTIVES[o].words} of at least {text(v, OBJECTIVES[o].unit)}"
        for o, v in at_least.items()
    ]
    words += [
        f"{OBJECTIVES[o].words} of at most {text(v, OBJECTIVES[o].unit)}"
        for o, v in at_most.items()
    ]
    return " and ".join(words)


def _nearest(trials: tuple[Trial, ...], at_least: dict, at_most: dict) -> str:
    parts = []
    for name in (*at_least, *at_most):
        value = (max if name in at_least else min)(t.values[name] for t in trials)
        parts.append(
            f"The best {OBJECTIVES[name].words} found is {text(value, OBJECTIVES[name].unit)}."
        )
    return " ".join(parts)


def _sentence(study: Standing, best: Trial, n_meeting: int, limits: str, tried: str) -> str:
    values = ", ".join(
        f"{OBJECTIVES[o].words} {text(best.values[o], OBJECTIVES[o].unit)}"
        for o in study.objectives
    )
    among = (
        f" of {n_meeting} on the front with {limits}" if limits else f" of {n_meeting} on the front"
    )
    name = "the network as trained" if best.number == 0 else f"trial {best.number}"
    return (
        f"Take {name}: {values}{_against(study.reference, best)}. It is the best{among}; {tried}."
    )


def _against(reference: Trial | None, best: Trial) -> str:
    if reference is None or reference.state != "done" or best.number == 0:
        return ""
    changes = []
    for name, value in best.values.items():
        before = reference.values[name]
        if OBJECTIVES[name].unit == "%":
            changes.append(f"{100 * (value - before):+.1f} points of {OBJECTIVES[name].words}")
        elif before:
            changes.append(f"{100 * (value / before - 1):+.0f} % {OBJECTIVES[name].words}")
    return f" ({', '.join(changes)} against the network as trained)"

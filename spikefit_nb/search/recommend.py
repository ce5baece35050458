"""From a front to one answer: the design that serves stated priorities best, in a sentence."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from numbers import Real
from typing import NamedTuple

import numpy as np

from spikefit_nb.adapt import Design
from spikefit_nb.deploy import Report
from spikefit_nb.errors import DesignProblem, UnknownName
from spikefit_nb.quantities import Quantity, Result
from spikefit_nb.search.objectives import (
    OBJECTIVES,
    check_limits,
    excess_of,
    limits_in_words,
    losses_of,
    meets,
    normalized,
)
from spikefit_nb.search.trial import Trial, front
from spikefit_nb.units import text
from spikefit_nb.way_out import Exportable

ALIKE = 0.01  # of a cost, below which a difference is none to choose by
ALIKE_ACCURACY = 0.005


@dataclass(frozen=True, eq=False, repr=False)
class Recommendation(Exportable, Result):
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

    chip: str
    objectives: tuple[str, ...]
    at_least: Mapping[str, float]
    at_most: Mapping[str, float]
    n_trials: int  # asked for
    finished: tuple[Trial, ...]  # the network as trained comes first, as number 0
    n_samples: int | None = None  # recordings that accuracy is told of

    @property
    def tried(self) -> str:
        """How many designs stand behind an answer."""
        return f"{len(self.finished[1:])} of {self.n_trials} designs tried"


class Wish(NamedTuple):
    """What is asked of the best design, limits of the search included."""

    weights: Mapping[str, float]
    order: tuple[str, ...]  # what counts first, before all others
    at_least: Mapping[str, float]
    at_most: Mapping[str, float]


def choose(
    study: Standing,
    weights: Mapping[str, float],
    at_least: Mapping[str, float],
    at_most: Mapping[str, float],
    *,
    order: tuple[str, ...] = (),
) -> Recommendation:
    """Pick among the finished trials."""
    wish = _wish(study, weights, at_least, at_most, order=order)
    priced = [t for t in study.finished if t.state == "done"]
    if not priced:
        return Recommendation(_why_none(study), None)
    reaching = [t for t in priced if meets(t.numbers, wish.at_least, wish.at_most)]
    worth = front(reaching, study.objectives)
    limits = limits_in_words(wish.at_least, wish.at_most)
    if not worth:
        nearest = _nearest(priced, wish)
        return Recommendation(f"No design reaches {limits} ({study.tried}). {nearest}", None)
    ranked = _ranked(study, worth, wish)
    best = ranked[0]
    among = f"{len(worth)} on the front{f' with {limits}' if limits else ''}"
    values = ", ".join(OBJECTIVES[o].said(best.values[o]) for o in study.objectives)
    changes = _against(study.finished[0], best)
    runner_up = _runner_up(ranked)
    several = len({t.chip for t in study.finished}) > 1
    on = f" on {best.chip}" if several else ""
    return Recommendation(
        f"Take {best.name}{on}: {values}{changes}. It is the best of {among}; {study.tried}."
        f"{runner_up}",
        best,
    )


def _wish(
    study: Standing,
    weights: Mapping[str, float],
    at_least: Mapping[str, float],
    at_most: Mapping[str, float],
    *,
    order: tuple[str, ...],
) -> Wish:
    """Refuse what no trial can answer, and join the limits of the search with those asked for."""
    check_limits(at_least, at_most)
    for name in (*weights, *order):
        if name not in study.objectives:
            raise UnknownName("objective of this search", name, study.objectives)
    for name, weight in weights.items():
        if not isinstance(weight, Real) or not 0 <= float(weight) < math.inf:
            raise DesignProblem(
                f"The weight of {name} is {weight!r}; it must be a number from 0 up."
            )
    known = {name for t in study.finished for name in t.numbers}
    for name in (*at_least, *at_most):
        if known and name not in known:
            raise DesignProblem(
                f"{name} was not noted by this search; name it in at_least or at_most of search."
            )
    asked = {*at_least, *at_most}
    if not weights:
        weights = {o: 1.0 for o in study.objectives if o not in asked}
    if not any(weights.values()):
        weights = dict.fromkeys(study.objectives, 1.0)
    least = {o: max(v, at_least.get(o, v)) for o, v in {**at_least, **study.at_least}.items()}
    most = {o: min(v, at_most.get(o, v)) for o, v in {**at_most, **study.at_most}.items()}
    return Wish(weights, order, least, most)


def _ranked(study: Standing, worth: Sequence[Trial], wish: Wish) -> list[Trial]:
    """Trials in the order in which they serve a wish, none before one that beats it as far as their
    numbers can be told apart.
    """
    losses = np.array([losses_of(t.values, study.objectives) for t in worth])
    apart = _told_apart(study, losses)
    scaled = normalized(losses, losses)
    importance = np.array([wish.weights.get(o, 0.0) for o in study.objectives])
    keys = [np.round(scaled @ importance / importance.sum(), 2), scaled.sum(axis=1)]
    for o in reversed(wish.order):
        j = study.objectives.index(o)
        keys.insert(0, np.floor((losses[:, j] - losses[:, j].min()) / apart[j]))
    places = list(np.lexsort(keys[::-1]))
    ranked = []
    while places:
        first = places[0]
        for _ in places:  # step to what beats it, as long as there is such a one
            better = [k for k in places if _beats(losses[k], losses[first], apart)]
            if not better or wish.order:
                break
            first = better[0]
        places.remove(first)
        ranked.append(worth[first])
    return ranked


def _told_apart(study: Standing, losses: np.ndarray) -> np.ndarray:
    """From which difference on two losses count as different: 1 % of a cost; of accuracy half a
    point, or its standard error where that is less.
    """
    apart = []
    for j, name in enumerate(study.objectives):
        objective = OBJECTIVES[name]
        if objective.logarithmic:
            apart.append(np.log10(1 + ALIKE))
        elif name == "accuracy" and study.n_samples:
            right = float(np.clip(-losses[:, j], 0, 1).max())
            error = math.sqrt(right * (1 - right) / study.n_samples)
            apart.append(min(ALIKE_ACCURACY, max(error, 1e-9)))
        else:
            apart.append(1e-9)
    return np.array(apart)


def _beats(one: np.ndarray, other: np.ndarray, apart: np.ndarray) -> bool:
    """Whether one is clearly better somewhere, and nowhere clearly worse."""
    return bool((one <= other + apart).all() and (one < other - apart).any())


def _runner_up(ranked: list[Trial]) -> str:
    """What the second choice would gain and give up."""
    if len(ranked) < 2:
        return ""
    best, second = ranked[:2]
    changes = ", ".join(_changes(best, second))
    on = f" on {second.chip}" if second.chip != best.chip else ""
    return f" Next comes {second.name}{on}: {changes}." if changes else ""


def _why_none(study: Standing) -> str:
    reference = study.finished[0] if study.finished else None
    if reference is None or reference.state == "failed":
        return f"No design has been priced yet ({study.tried})."
    if reference.state == "done":
        return f"No design has been priced within the limits ({study.tried})."
    hints = reference.report.fit.hints if reference.report else ()
    why = f"{reference.message}. {' '.join(hints)}"
    return f"None of the designs fits {study.chip} ({study.tried}): {why}".strip()


def _nearest(trials: Sequence[Trial], wish: Wish) -> str:
    """The design that misses limits least, and each limit that it misses."""

    def misses(trial: Trial) -> dict[str, float]:
        excess = excess_of(trial.numbers, wish.at_least, wish.at_most)
        return {o: by for o, by in excess.items() if by > 0}

    spans = _spans(trials, (*wish.at_least, *wish.at_most))
    nearest = min(trials, key=lambda t: max(by / spans[o] for o, by in misses(t).items()))
    said = []
    for o in misses(nearest):
        limit = wish.at_least.get(o, wish.at_most.get(o))
        said.append(f"{OBJECTIVES[o].said(nearest.numbers[o])} ({_change(o, limit, nearest)})")
    return f"The nearest is {nearest.name}: {', '.join(said)}."


def _spans(trials: Sequence[Trial], names: tuple[str, ...]) -> dict[str, float]:
    """How far trials differ in each quantity, as losses."""
    losses = np.array([losses_of(t.numbers, names) for t in trials])
    return {o: float(np.ptp(losses[:, j])) or 1.0 for j, o in enumerate(names)}


def _change(name: str, before: float, trial: Trial) -> str:
    """By how much a trial differs from a value."""
    value, objective = trial.numbers[name], OBJECTIVES[name]
    if objective.unit == "%":
        return text(value - before, "points")
    return f"{100 * (value / before - 1):+.0f} %" if before else text(value, objective.unit)


def _changes(before: Trial, after: Trial) -> list[str]:
    """By how much one trial differs from another, in each objective that differs to be told."""
    found = []
    for name, value in after.values.items():
        was, objective = before.values[name], OBJECTIVES[name]
        if objective.unit == "%":
            found.append((text(value - was, "points"), f"of {objective.words}"))
        elif was:
            found.append((f"{100 * (value / was - 1):+.0f} %", objective.words))
    nothing = ("+0.0 points", "-0.0 points", "+0 %", "-0 %")
    return [f"{change} {words}" for change, words in found if change not in nothing]


def _against(reference: Trial, best: Trial) -> str:
    if reference.state != "done" or best is reference:
        return ""
    changes = ", ".join(_changes(reference, best)) or "no change"
    return f" ({changes} against the network as trained)"

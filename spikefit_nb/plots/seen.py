"""A search, seen in other quantities than those it traded."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from spikefit_nb.errors import DesignProblem, expect
from spikefit_nb.search import is_best
from spikefit_nb.search.objectives import losses_of


class SeenTrial(NamedTuple):
    """A trial with the quantities that are looked at in the place of its objectives."""

    number: int
    state: str
    values: dict[str, float]
    is_inside: bool  # within the limits of the search


class Found(NamedTuple):
    """The one trial that is named."""

    trial: SeenTrial | None


class SeenStudy(NamedTuple):
    """What the picture of a front reads, of other quantities."""

    objectives: tuple[str, ...]
    trials: tuple[SeenTrial, ...]
    best_trials: tuple[SeenTrial, ...]
    reference: SeenTrial | None
    found: Found
    is_within_limits: Callable[[SeenTrial], bool] = lambda trial: trial.is_inside
    broken_limits: Callable[[SeenTrial], str] = lambda _: ""

    def recommend(self) -> Found:
        """The trial that the search itself names."""
        return self.found


def quantities_of(study: Any) -> tuple[str, ...]:
    """What a front can be drawn of: the objectives, and what else every priced trial has."""
    tried = [t for t in (study.reference, *study.trials) if t is not None and t.state == "done"]
    common = set.intersection(*(set(t.numbers) for t in tried)) if tried else set()
    return (*study.objectives, *sorted(common - set(study.objectives)))


def seen_in(study: Any, objectives: Sequence[str], chosen: int | None = None) -> SeenStudy:
    """See a search in two or three quantities; ``chosen`` is the number of the trial named."""
    expect(objectives, Sequence, "objectives", "('energy_j', 'accuracy')")
    for name in objectives:
        expect(name, str, "each of objectives", "'energy_j'")
    names = tuple(dict.fromkeys(objectives))
    if isinstance(objectives, str) or len(names) not in (2, 3) or len(names) < len(objectives):
        raise DesignProblem(
            f"objectives is {objectives!r}; give two or three, each once: ('energy_j', 'accuracy')."
        )
    tried = {t.number: t for t in (study.reference, *study.trials) if t is not None}
    seen = {number: _seen(study, trial, names) for number, trial in tried.items()}
    done = [t for t in seen.values() if t.state == "done"]
    if not done and any(t.state == "done" for t in tried.values()):
        raise DesignProblem(
            f"objectives is {names}; quantities that the trials have: "
            f"{', '.join(quantities_of(study))}."
        )
    inside = [t for t in done if t.is_inside]
    losses = np.array([losses_of(t.values, names) for t in inside])
    named = study.recommend().trial if chosen is None else tried.get(chosen)
    return SeenStudy(
        names,
        tuple(seen[t.number] for t in study.trials),
        tuple(t for t, best in zip(inside, is_best(losses), strict=True) if best),
        None if study.reference is None else seen[study.reference.number],
        Found(None if named is None else seen[named.number]),
    )


def _seen(study: Any, trial: Any, names: tuple[str, ...]) -> SeenTrial:
    """A trial that lacks a quantity is not drawn."""
    if trial.state != "done":
        return SeenTrial(trial.number, trial.state, {}, is_inside=False)
    numbers = {**getattr(trial, "numbers", {}), **trial.values}
    if any(name not in numbers for name in names):
        return SeenTrial(trial.number, "unknown", {}, is_inside=False)
    values = {name: numbers[name] for name in names}
    return SeenTrial(trial.number, "done", values, is_inside=study.is_within_limits(trial))

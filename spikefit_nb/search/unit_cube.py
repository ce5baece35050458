"""Knobs as numbers: a place between 0 and 1 for a number, the index of a choice.

A row of places is a point that can be moved; its columns, with one for each choice, are what a
model learns from.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from spikefit_nb.search.setting import Kept

DECIMALS = 12  # of numbers in steps: 0.1 + 0.2 is 0.3
TOGETHER = 0.3  # of moves, in which all knobs of a kind move alike


class Numbers:
    """A range of numbers, perhaps in steps, perhaps on a logarithmic scale."""

    n_columns = 1
    neutral = 0.5

    def __init__(self, distribution: FloatDistribution | IntDistribution):
        self.low, self.high, self.step = distribution.low, distribution.high, distribution.step
        self.log, self.kind = distribution.log, type(distribution.low)
        self.least, self.most = self._scaled(self.low), self._scaled(self.high)
        n_steps = np.inf if self.step is None else (self.high - self.low) / self.step
        self.n_levels = float(np.round(n_steps)) + 1

    def _scaled(self, values):
        return np.log(values) if self.log else np.asarray(values, float)

    def values(self, places: np.ndarray) -> np.ndarray:
        """The numbers nearest to places, on their steps."""
        scaled = self.least + places * (self.most - self.least)
        values = np.exp(scaled) if self.log else scaled
        if self.step is not None:
            values = self.low + self.step * np.round((values - self.low) / self.step)
        return np.clip(values, self.low, self.high)

    def placed(self, values) -> np.ndarray:
        """The places of numbers."""
        width = self.most - self.least
        return (self._scaled(np.asarray(values, float)) - self.least) / (
            width if width > 0 else 1.0
        )

    def drawn(self, uniform: np.ndarray) -> np.ndarray:
        """Places for uniform numbers, so that each step is equally likely."""
        if self.step is None:
            return uniform
        if self.log:
            low, high = np.log(self.low - 0.5), np.log(self.high + 0.5)
            return self.placed(
                np.clip(np.round(np.exp(low + uniform * (high - low))), self.low, self.high)
            )
        return np.floor(uniform * self.n_levels) / max(self.n_levels - 1, 1)

    def evenly(self, places: np.ndarray) -> np.ndarray:
        """Uniform numbers from which the places would be drawn: what ``drawn`` undoes."""
        if self.step is None:
            return places
        if self.log:
            low, high = np.log(self.low - 0.5), np.log(self.high + 0.5)
            return (np.log(self.values(places)) - low) / (high - low)
        return (np.round(places * (self.n_levels - 1)) + 0.5) / self.n_levels

    def mixed(self, a: np.ndarray, b: np.ndarray, by: np.ndarray) -> np.ndarray:
        """The nearest places that are part a, part b: 0 is a, 1 is b, and beyond goes further."""
        return self.snapped(np.clip(a + by * (b - a), 0, 1))

    def away(self, n: int, by: float, random: np.random.Generator) -> np.ndarray:
        """Random distances of about ``by``."""
        return by * random.standard_normal(n)

    def moved(self, places: np.ndarray, away: np.ndarray) -> np.ndarray:
        """Places at these distances, or at least one step away."""
        if self.step is not None:
            values = self.values(places)
            n_steps = np.maximum(
                1, np.round(np.abs(self.values(np.clip(places + away, 0, 1)) - values) / self.step)
            )
            return self.placed(
                np.clip(values + np.sign(away) * n_steps * self.step, self.low, self.high)
            )
        return np.clip(places + away, 0, 1)

    def snapped(self, places: np.ndarray) -> np.ndarray:
        """The nearest places that the range has."""
        return places if self.step is None else self.placed(self.values(places))

    def columns(self, places: np.ndarray) -> np.ndarray:
        """What a model learns from: the place itself."""
        return places[:, None]

    def listed(self, places: np.ndarray) -> list:
        """The numbers at places, of the kind that the range is made of."""
        values = self.values(places)
        if self.kind is int:
            return np.round(values).astype(int).tolist()
        return values.tolist() if self.step is None else np.round(values, DECIMALS).tolist()


class Choices:
    """A handful of values without an order."""

    neutral = 0.0

    def __init__(self, distribution: CategoricalDistribution):
        self.choices = distribution.choices
        self.n_levels = len(self.choices)
        self.n_columns = len(self.choices) if len(self.choices) > 2 else 1

    def placed(self, values) -> np.ndarray:
        """The indices of choices."""
        return np.array([self.choices.index(value) for value in values], float)

    def drawn(self, uniform: np.ndarray) -> np.ndarray:
        """Indices for uniform numbers, each equally likely."""
        return np.floor(uniform * len(self.choices))

    def evenly(self, places: np.ndarray) -> np.ndarray:
        """Uniform numbers from which the indices would be drawn: what ``drawn`` undoes."""
        return (places + 0.5) / len(self.choices)

    def mixed(self, a: np.ndarray, b: np.ndarray, by: np.ndarray) -> np.ndarray:
        """The choice of the one that is nearer."""
        return np.where(by < 0.5, a, b)

    def away(self, n: int, by: float, random: np.random.Generator) -> np.ndarray:
        """How many choices further, at random."""
        return random.integers(1, max(len(self.choices), 2), size=n)

    def moved(self, places: np.ndarray, away: np.ndarray) -> np.ndarray:
        """Another choice for each."""
        return (places + away) % len(self.choices)

    def snapped(self, places: np.ndarray) -> np.ndarray:
        """The places themselves."""
        return places

    def columns(self, places: np.ndarray) -> np.ndarray:
        """What a model learns from: 1 in the column of the choice; of two choices, the second."""
        if self.n_columns == 1:
            return places[:, None]
        return (places[:, None] == np.arange(self.n_columns)).astype(float)

    def listed(self, places: np.ndarray) -> list:
        """The choices at indices."""
        return [self.choices[k] for k in places.astype(int)]


class UnitCube:
    """The knobs of a search as rows of numbers, and back."""

    def __init__(self, distributions: Mapping[str, BaseDistribution]):
        self.names = tuple(distributions)
        self.knobs = [
            Choices(d) if isinstance(d, CategoricalDistribution) else Numbers(d)
            for d in distributions.values()
        ]
        self._alike = _alike(self.names, self.knobs)

    def drawn(self, uniform: np.ndarray) -> np.ndarray:
        """Rows of places for rows of uniform numbers."""
        return self._each(uniform, lambda knob, column: knob.drawn(column))

    def moved(self, rows: np.ndarray, by: float, random: np.random.Generator) -> np.ndarray:
        """Neighbours of rows: one knob moved, and now and then others, or all of a kind alike."""
        chances = random.random(rows.shape)
        chances[np.arange(len(rows)), random.integers(rows.shape[1], size=len(rows))] = 0
        away = self._each(rows, lambda knob, column: knob.away(len(column), by, random))
        for group in self._alike:
            some = np.flatnonzero(random.random(len(rows)) < TOGETHER)
            for table in (chances, away):
                table[np.ix_(some, group)] = table[some, group[0]][:, None]
        columns = [knob.moved(rows[:, k], away[:, k]) for k, knob in enumerate(self.knobs)]
        return np.where(chances < 1.5 / rows.shape[1], np.stack(columns, axis=1), rows)

    def kept(self, rows: np.ndarray, kept: Mapping[str, Kept]) -> np.ndarray:
        """Rows whose knobs stand at what becomes of their values, or where they say nothing."""
        columns, acting = [], self._acting(rows, kept)
        for name, knob, column in zip(self.names, self.knobs, rows.T, strict=True):
            places, where = np.unique(column, return_inverse=True)
            value, acts = kept[name]
            stays = knob.placed([value(v) for v in knob.listed(places)])[where]
            columns.append(stays if acts is None else np.where(acting[acts], stays, knob.neutral))
        return np.stack(columns, axis=1)

    def _acting(self, rows: np.ndarray, kept: Mapping[str, Kept]) -> dict[Callable, np.ndarray]:
        """For each condition under which knobs act, the rows that meet it."""
        conditions = {acts for _, acts in kept.values() if acts is not None}
        params = self.params(rows) if conditions else []
        return {acts: np.fromiter(map(acts, params), bool, len(rows)) for acts in conditions}

    def alike(self, rows: np.ndarray) -> np.ndarray:
        """Rows in which all knobs of a kind stand where the first of them does."""
        rows = rows.copy()
        for group in self._alike:
            for k in group[1:]:
                rows[:, k] = self.knobs[k].snapped(rows[:, group[0]])
        return rows

    def evenly(self, rows: np.ndarray) -> np.ndarray:
        """Uniform numbers from which the rows would be drawn."""
        return self._each(rows, lambda knob, column: knob.evenly(column))

    def mixed(self, a: np.ndarray, b: np.ndarray, by: np.ndarray) -> np.ndarray:
        """Rows between a and b, knob by knob."""
        columns = [knob.mixed(a[:, k], b[:, k], by[:, k]) for k, knob in enumerate(self.knobs)]
        return np.stack(columns, axis=1)

    def _each(self, rows, change):
        return np.stack([change(knob, rows[:, k]) for k, knob in enumerate(self.knobs)], axis=1)

    def columns(self, rows: np.ndarray) -> np.ndarray:
        """What a model learns from: each knob, and the mean of those of a kind."""
        own = [knob.columns(rows[:, k]) for k, knob in enumerate(self.knobs)]
        means = [rows[:, group].mean(axis=1, keepdims=True) for group in self._alike]
        return np.hstack(own + means)

    def params(self, rows: np.ndarray) -> list[dict[str, object]]:
        """The values at each row."""
        listed = [knob.listed(rows[:, k]) for k, knob in enumerate(self.knobs)]
        return [dict(zip(self.names, values, strict=True)) for values in zip(*listed, strict=True)]

    def rows(self, params: Sequence[Mapping[str, object]]) -> np.ndarray:
        """The row of each; a knob that is not among its values has a place that says nothing."""
        rows = np.empty((len(params), len(self.names)))
        for k, (name, knob) in enumerate(zip(self.names, self.knobs, strict=True)):
            given = np.array([name in values for values in params], bool)
            rows[:, k] = knob.neutral
            rows[given, k] = knob.placed([values[name] for values in params if name in values])
        return rows


def _alike(names: Sequence[str], knobs: Sequence[Numbers | Choices]) -> list[list[int]]:
    """The places of number knobs that turn one thing in several populations, kind by kind."""
    kinds: dict[str, list[int]] = {}
    for k, (name, knob) in enumerate(zip(names, knobs, strict=True)):
        if isinstance(knob, Numbers):
            kinds.setdefault(name.partition(".")[0], []).append(k)
    return [group for group in kinds.values() if len(group) > 1]

"""The answer of ``uncertainty``: a price between two ends, and what each figure does to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from spikefit_nb.hardware import Sourced, figure_quantity, weakest, with_range
from spikefit_nb.html import folded
from spikefit_nb.quantities import Quantity, Result, grid

QUANTITIES = {
    "event_energy_j": ("energy", "J"),
    "energy_j": ("energy with static power", "J"),
    "latency_s": ("latency", "s"),
}


class Interval(NamedTuple):
    """A quantity with the two ends it lies between.

    Parameters
    ----------
    low, value, high : float

    Examples
    --------
    >>> Interval(-1.0, 2.0, 3.0).holds_zero
    True
    """

    low: float
    value: float
    high: float

    @property
    def holds_zero(self) -> bool:
        """Whether zero is among what it may be: of a difference, that either side may be the larger
        one.
        """
        return self.low <= 0 <= self.high

    def told(self, name: str, label: str, unit: str) -> Quantity:
        """The quantity that lies in it.

        Parameters
        ----------
        name, label, unit : str, as of Quantity

        Returns
        -------
        Quantity
        """
        return Quantity(name, label, self.value, unit, self.low, high=self.high)


class Cost(NamedTuple):
    """What one inference costs; None where it is not published."""

    event_energy_j: float | None
    energy_j: float | None
    latency_s: float | None


class Contribution(NamedTuple):
    """One figure, and the price with it alone at either end."""

    figure: str
    now: Sourced
    cheap: Cost
    dear: Cost

    @property
    def words(self) -> str:
        """The figure's name for people."""
        return self.figure.replace("_", " ")

    @property
    def basis(self) -> str:
        """Whether its range is published, or stated by its kind."""
        return "stated" if self.now.spread is None else "published"

    @property
    def range_text(self) -> str:
        """From where to where the figure goes, in its own unit; of a list its first and last
        number.
        """
        ends = (end if isinstance(end, tuple) else (end,) for end in self._ranged.spread or ())
        firsts_and_lasts = (dict.fromkeys((end[0], end[-1])) for end in ends)
        texts = (" ... ".join(f"{n:,.4g}" for n in numbers) for numbers in firsts_and_lasts)
        return f"{' to '.join(texts)} {self.now.unit}"

    @property
    def quantity(self) -> Quantity:
        """The figure itself between its ends."""
        found = figure_quantity(self.figure, self._ranged, self.words)
        value = found.value if found.low is not None else self.range_text
        return found._replace(label="Now, low to high", value=value)

    @property
    def _ranged(self) -> Sourced:
        return with_range(self.figure, self.now)

    def width(self, quantity: str) -> float:
        """How far apart the two prices are; 0 where there is none."""
        cheap, dear = getattr(self.cheap, quantity), getattr(self.dear, quantity)
        return 0.0 if cheap is None or dear is None else abs(dear - cheap)


@dataclass(frozen=True, eq=False, repr=False)
class Uncertainty(Result):
    """From where to where the price of one inference goes, and which figures that comes from.

    Parameters
    ----------
    now, cheap, dear : Cost, with the figures as they are, and all of them at their cheap or dear
        ends
    contributions : tuple of Contribution, one a figure that is not exact and moves something
    fitted_on : str, the system and workloads that the figures are of, as far as published

    Examples
    --------
    >>> now, cheap, dear = Cost(2e-9, None, 1e-3), Cost(1e-9, None, 1e-3), Cost(4e-9, None, 1e-3)
    >>> hop = Sourced(2, "pJ", "measured", "p. 1", spread=(1, 4))
    >>> Uncertainty(now, cheap, dear, (Contribution("energy_hop_x", hop, cheap, dear),))
    Uncertainty(energy 2 nJ, 1 to 4 nJ; latency 1 ms, exact; 1 of 1 figure with a published spread)
    """

    now: Cost
    cheap: Cost
    dear: Cost
    contributions: tuple[Contribution, ...]
    fitted_on: str = ""

    @property
    def event_energy_j(self) -> Interval | None:
        """Energy of events per inference; None where it is not published."""
        return self.interval("event_energy_j")

    @property
    def energy_j(self) -> Interval | None:
        """Energy with static power over the latency; None where one is not published."""
        return self.interval("energy_j")

    @property
    def latency_s(self) -> Interval | None:
        """Time per inference; None where it is not published."""
        return self.interval("latency_s")

    def interval(self, quantity: str) -> Interval | None:
        """One quantity between its ends.

        Parameters
        ----------
        quantity : "event_energy_j", "energy_j" or "latency_s"

        Returns
        -------
        Interval or None
        """
        ends = [getattr(cost, quantity) for cost in (self.cheap, self.now, self.dear)]
        return None if None in ends else Interval(min(ends), ends[1], max(ends))

    def changes_to(self, after: "Uncertainty") -> dict[str, Interval]:
        """From where to where each price changes from this design to another.

        Figures that are the same in both are wrong by the same amount in both.

        Parameters
        ----------
        after : Uncertainty

        Returns
        -------
        dict of quantity, as of ``interval``, to Interval; those published for both
        """
        changes = {quantity: _change(self, after, quantity) for quantity in QUANTITIES}
        return {quantity: change for quantity, change in changes.items() if change is not None}

    @property
    def published(self) -> tuple[str, ...]:
        """Figures whose spread is published."""
        return tuple(c.figure for c in self.contributions if c.basis == "published")

    @property
    def stated(self) -> tuple[str, ...]:
        """Figures whose range is stated by their kind, since nobody has published one."""
        return tuple(c.figure for c in self.contributions if c.basis == "stated")

    def ranked(self, quantity: str) -> tuple[Contribution, ...]:
        """Figures that move a quantity, the one that moves it furthest first."""
        moving = (c for c in self.contributions if c.width(quantity))
        return tuple(sorted(moving, key=lambda c: -c.width(quantity)))

    def share(self, contribution: Contribution, quantity: str) -> float:
        """What part of all single widths of a quantity is this figure's."""
        return contribution.width(quantity) / sum(c.width(quantity) for c in self.contributions)

    def _headline(self) -> str:
        whole = [
            f"{q.label.lower()} {q.text}" for q in map(self._whole, ("event_energy_j", "latency_s"))
        ]
        n, n_published = len(self.contributions), len(self.published)
        counted = f"{n_published} of {n} figure{'s' * (n > 1)} with a published spread"
        return "; ".join([*whole, *([counted] if n else [])])

    def _quantities(self) -> tuple[Quantity, ...]:
        return (
            *map(self._whole, QUANTITIES),
            Quantity("n_figures", "Figures that move something", len(self.contributions)),
            Quantity("n_published", "Figures with a published spread", len(self.published)),
            *dict.fromkeys(q for quantity in QUANTITIES for q in self._by_figure(quantity)),
        )

    def _notes(self) -> tuple[str, ...]:
        stated = ", ".join(self.stated).replace("_", " ")
        return (
            "Both ends are worst cases, all figures wrong the same way together, and no confidence "
            "interval.",
            *([f"Costs are those of {self.fitted_on}."] if self.fitted_on else []),
            *([f"Stated by kind, not published: {stated}."] if stated else []),
        )

    def _whole(self, quantity: str) -> Quantity:
        (words, unit), now = QUANTITIES[quantity], getattr(self.now, quantity)
        low, _, high = self.interval(quantity) or (None, None, None)
        kind, _ = weakest((c.figure, c.now) for c in self.ranked(quantity)) or (None, "")
        value = None if low is None else now
        return Quantity(quantity, words.capitalize(), value, unit, low, high=high, kind=kind)

    def _by_figure(self, quantity: str) -> Iterator[Quantity]:
        """What each figure is and may be, and one price with it alone at its ends."""
        (words, unit), now = QUANTITIES[quantity], getattr(self.now, quantity)
        for c in self.ranked(quantity):
            low, high = sorted((getattr(c.cheap, quantity), getattr(c.dear, quantity)))
            share = f"{quantity.rpartition('_')[0]}_share"
            yield c.quantity
            yield Quantity("range", "Range", c.basis, of=c.words)
            with_it = f"{words.capitalize()} with it"
            found = Quantity(quantity, with_it, now, unit, low, high=high)
            yield found._replace(kind=c.now.kind, of=c.words)
            yield Quantity(share, "Share of the width", self.share(c, quantity), "%", of=c.words)

    def _card(self) -> tuple[str, ...]:
        asked = [quantity for quantity in QUANTITIES if self.ranked(quantity)]
        tables = (grid(self._by_figure(quantity), "Figure") for quantity in asked)
        return (self.headline, *map(folded, map(self._title, asked), tables))

    def _title(self, quantity: str) -> str:
        first = self.ranked(quantity)[0]
        share = 100 * self.share(first, quantity)
        return (
            f"{QUANTITIES[quantity][0].capitalize()}: {first.words} is {share:.0f} % of the width"
        )


def _change(before: Uncertainty, after: Uncertainty, quantity: str) -> Interval | None:
    """From where to where one price changes from one design to another."""
    first, second = before.interval(quantity), after.interval(quantity)
    if first is None or second is None:
        return None
    value = second.value - first.value
    worst = Interval(second.low - first.high, value, second.high - first.low)
    now, then = ({c.figure: c.now for c in design.contributions} for design in (before, after))
    shared = {name for name in now if now[name] == then.get(name)}  # wrong by the same amount
    if not shared:
        return worst
    old, new = _moves(before, quantity), _moves(after, quantity)
    changes: list[np.ndarray] = []
    for name in old | new:
        one, other = old.get(name, np.zeros(2)), new.get(name, np.zeros(2))
        changes += [other - one] if name in shared else [-one, other]
    pairs = ((after.cheap, before.cheap), (after.dear, before.dear))
    ends = [getattr(new, quantity) - getattr(old, quantity) for new, old in pairs]
    low = min(value + sum(min(0.0, *change) for change in changes), *ends)
    high = max(value + sum(max(0.0, *change) for change in changes), *ends)
    return Interval(float(max(low, worst.low)), value, float(min(high, worst.high)))


def _moves(design: Uncertainty, quantity: str) -> dict[str, np.ndarray]:
    """By how much each figure alone changes a design's cost at its two ends."""
    now = getattr(design.now, quantity)
    return {
        c.figure: np.array([getattr(c.cheap, quantity) - now, getattr(c.dear, quantity) - now])
        for c in design.contributions
    }

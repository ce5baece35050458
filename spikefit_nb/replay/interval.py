"""From where to where a price goes, and which figures that comes from."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from spikefit_nb.hardware import Sourced, figure_quantity, weakest
from spikefit_nb.hardware.spread import Range
from spikefit_nb.html import folded
from spikefit_nb.quantities import Quantity, Result, grid

QUANTITIES = {
    "energy_j": ("energy", "J"),
    "total_energy_j": ("energy with static power", "J"),
    "latency_s": ("latency", "s"),
}
WORST_CASE = (
    "Both ends are worst cases, all figures wrong the same way together, and no confidence "
    "interval."
)


class Interval(NamedTuple):
    """A quantity with the two ends it lies between."""

    low: float
    value: float
    high: float

    @property
    def holds_zero(self) -> bool:
        """Whether zero is among what it may be: of a difference, that either side may be the larger
        one.
        """
        return self.low <= 0 <= self.high


class Cost(NamedTuple):
    """What one inference costs; None where it is not published."""

    energy_j: float | None
    total_energy_j: float | None
    latency_s: float | None


class Contribution(NamedTuple):
    """One figure, and the price with it alone at either end."""

    figure: str
    now: Sourced
    range: Range
    cheap: Cost
    dear: Cost

    @property
    def words(self) -> str:
        """The figure's name for people."""
        return self.figure.replace("_", " ")

    @property
    def range_text(self) -> str:
        """From where to where the figure goes, in its own unit; of a list its first and last
        number.
        """
        low, high = (end if isinstance(end, tuple) else (end,) for end in self.range[:2])
        ends = (
            " ... ".join(f"{n:,.4g}" for n in dict.fromkeys((end[0], end[-1])))
            for end in (low, high)
        )
        return f"{' to '.join(ends)} {self.now.unit}"

    @property
    def quantity(self) -> Quantity:
        """The figure itself between its ends."""
        named = figure_quantity(self.figure, replace(self.now, spread=self.range[:2]), self.words)
        found = named._replace(label="Now, low to high")
        return found if found.low is not None else found._replace(value=self.range_text)

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

    Examples
    --------
    >>> now, cheap, dear = Cost(2e-9, None, 1e-3), Cost(1e-9, None, 1e-3), Cost(4e-9, None, 1e-3)
    >>> hop = Sourced(2, "pJ", "measured", "p. 1", spread=(1, 4))
    >>> ends = Range(1, 4, "published")
    >>> Uncertainty(now, cheap, dear, (Contribution("energy_hop_x", hop, ends, cheap, dear),))
    Uncertainty(energy 2 nJ, 1 to 4 nJ; latency 1 ms, exact; 1 of 1 figure with a published spread)
    """

    now: Cost
    cheap: Cost
    dear: Cost
    contributions: tuple[Contribution, ...]

    @property
    def energy_j(self) -> Interval | None:
        """Energy of events per inference; None where it is not published."""
        return self.interval("energy_j")

    @property
    def total_energy_j(self) -> Interval | None:
        """Energy with static power over the latency; None where one is not published."""
        return self.interval("total_energy_j")

    @property
    def latency_s(self) -> Interval | None:
        """Time per inference; None where it is not published."""
        return self.interval("latency_s")

    def interval(self, quantity: str) -> Interval | None:
        """One quantity between its ends.

        Parameters
        ----------
        quantity : "energy_j", "total_energy_j" or "latency_s"

        Returns
        -------
        Interval or None
        """
        ends = [getattr(cost, quantity) for cost in (self.cheap, self.now, self.dear)]
        return None if None in ends else Interval(min(ends), ends[1], max(ends))

    @property
    def published(self) -> tuple[str, ...]:
        """Figures whose spread is published."""
        return tuple(c.figure for c in self.contributions if c.range.basis == "published")

    @property
    def stated(self) -> tuple[str, ...]:
        """Figures whose range is stated by their kind, since nobody has published one."""
        return tuple(c.figure for c in self.contributions if c.range.basis == "stated")

    def ranked(self, quantity: str) -> tuple[Contribution, ...]:
        """Figures that move a quantity, the one that moves it furthest first."""
        moving = [c for c in self.contributions if c.width(quantity)]
        return tuple(sorted(moving, key=lambda c: -c.width(quantity)))

    def share(self, contribution: Contribution, quantity: str) -> float:
        """What part of all single widths of a quantity is this figure's."""
        return contribution.width(quantity) / sum(c.width(quantity) for c in self.contributions)

    def _headline(self) -> str:
        parts = [f"{q.label.lower()} {q.text}" for q in map(self._whole, ("energy_j", "latency_s"))]
        n = len(self.contributions)
        if n:
            parts.append(
                f"{len(self.published)} of {n} figure{'s' * (n > 1)} with a published spread"
            )
        return "; ".join(parts)

    def _quantities(self) -> tuple[Quantity, ...]:
        n_published = len(self.published)
        return (
            *map(self._whole, QUANTITIES),
            Quantity("n_figures", "Figures that move something", len(self.contributions)),
            Quantity("n_published", "Figures with a published spread", n_published),
            *dict.fromkeys(q for quantity in QUANTITIES for q in self._by_figure(quantity)),
        )

    def _notes(self) -> tuple[str, ...]:
        stated = ", ".join(self.stated).replace("_", " ")
        return (WORST_CASE, *([f"Stated by kind, not published: {stated}."] if stated else []))

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
            yield Quantity("range", "Range", c.range.basis, of=c.words)
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

"""From where to where a price goes, and which figures that comes from."""

from dataclasses import dataclass
from typing import NamedTuple

from spikefit_nb.hardware import Sourced
from spikefit_nb.hardware.spread import Range
from spikefit_nb.html import Row, card, folded, table
from spikefit_nb.units import span, text

QUANTITIES = {
    "energy_j": ("energy", "J"),
    "total_energy_j": ("energy with static power", "J"),
    "latency_s": ("latency", "s"),
}
WORST_CASE = (
    "Both ends are worst cases, all figures wrong the same way together, and no confidence "
    "interval."
)
N_NAMED, LEAST_NAMED = (
    3,
    0.01,
)  # figures in rows, and what part of the width they must be; the card has them all


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

    def width(self, quantity: str) -> float:
        """How far apart the two prices are; 0 where there is none."""
        cheap, dear = getattr(self.cheap, quantity), getattr(self.dear, quantity)
        return 0.0 if cheap is None or dear is None else abs(dear - cheap)


@dataclass(frozen=True, eq=False, repr=False)
class Uncertainty:
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
    >>> Uncertainty(now, cheap, dear, (Contribution("energy_hop_x", hop, Range(1, 4, "published"), cheap, dear),))
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

    def rows(self) -> list[Row]:
        """(label, value, unit)."""
        rows: list[Row] = []
        for quantity, (name, unit) in QUANTITIES.items():
            between = self.interval(quantity)
            rows.append((name.capitalize(), between and between.value, unit))
            if between is not None:
                rows.append(("  low to high", in_words(between, unit), ""))
                rows += [
                    (
                        f"  {100 * self.share(c, quantity):.0f} % of it",
                        f"{c.words}, {c.range_text}",
                        "",
                    )
                    for c in self.ranked(quantity)[:N_NAMED]
                    if self.share(c, quantity) >= LEAST_NAMED
                ]
        return [
            *rows,
            (
                "Figures with a published spread",
                f"{len(self.published)} of {len(self.contributions)}",
                "",
            ),
        ]

    def __repr__(self) -> str:
        parts = []
        for quantity in ("energy_j", "latency_s"):
            (name, unit), between = QUANTITIES[quantity], self.interval(quantity)
            said = (
                "not published"
                if between is None
                else f"{text(between.value, unit)}, {in_words(between, unit)}"
            )
            parts.append(f"{name} {said}")
        n = len(self.contributions)
        if n:
            parts.append(
                f"{len(self.published)} of {n} figure{'s' * (n > 1)} with a published spread"
            )
        return f"Uncertainty({'; '.join(parts)})"

    def _repr_html_(self) -> str:
        asked = [quantity for quantity in QUANTITIES if self.ranked(quantity)]
        parts = [folded(self._title(quantity), self._table(quantity)) for quantity in asked]
        stated = ", ".join(self.stated).replace("_", " ")
        note = f"{WORST_CASE} Stated by kind, not published: {stated}." if stated else WORST_CASE
        return card(repr(self)[len("Uncertainty(") : -1], *parts, note=note)

    def _title(self, quantity: str) -> str:
        first = self.ranked(quantity)[0]
        share = 100 * self.share(first, quantity)
        return (
            f"{QUANTITIES[quantity][0].capitalize()}: {first.words} is {share:.0f} % of the width"
        )

    def _table(self, quantity: str) -> str:
        unit = QUANTITIES[quantity][1]
        rows = [
            (
                c.words,
                c.now.text,
                c.range_text,
                c.range.basis,
                span(getattr(c.cheap, quantity), getattr(c.dear, quantity), unit),
                f"{100 * self.share(c, quantity):.0f} %",
            )
            for c in self.ranked(quantity)
        ]
        header = (
            "Figure",
            "Now",
            "Low to high",
            "Range",
            f"{QUANTITIES[quantity][0].capitalize()} with it",
            "Share",
        )
        return table(rows, header=header, align="lrllrr")


def in_words(between: Interval, unit: str) -> str:
    """Write the two ends of an interval."""
    return "exact" if between.low == between.high else span(between.low, between.high, unit)

"""What better and worse figures of a chip do to one design, ranked: numbers, sentences, tables."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from spikefit_nb.deploy import Report
from spikefit_nb.errors import NotPublished, UnknownName
from spikefit_nb.hardware import Sourced, figure_quantity
from spikefit_nb.html import folded, table
from spikefit_nb.quantities import Quantity, Result
from spikefit_nb.units import text

# what can be asked after: name in words, unit; the first that has a number is the default
QUANTITIES = {
    "energy_j": ("total energy", "J"),
    "latency_s": ("latency", "s"),
    "n_cores": ("cores in use", ""),
    "event_energy_j": ("energy of events", "J"),
}
ROUNDING = 1e-9  # relative changes below this are those of floating point
MEASURE_FIRST = "The widest bar rests on an assumed figure: measure it first."


class Outcome(NamedTuple):
    """What the design does with one figure changed."""

    figure: Sourced  # as changed
    fits: bool
    n_cores: int
    event_energy_j: float | None
    energy_j: float | None
    latency_s: float | None


class Effect(NamedTuple):
    """One figure: now, and what the design does with a better and a worse one."""

    figure: str
    now: Sourced
    better: Outcome | None  # None where whole numbers do not allow it: half of 1 core cannot be
    worse: Outcome | None


@dataclass(frozen=True)
class Cure:
    """A limit that makes a network fit when it is larger, or an exceeded one that does not.

    Parameters
    ----------
    figure : str
    now : Sourced
    after : number, tuple of them or None
        The smallest with which the network fits; None where none is known.
    factor : float or None, after over now
    by_size : bool, whether it is a limit that can be larger, unlike a neuron model

    Examples
    --------
    >>> Cure("cores", Sourced(2, "cores", "assumed", "the user"), 3, 1.5, True)
    Cure(cores 1.5x: 3 cores)
    """

    figure: str
    now: Sourced
    after: object
    factor: float | None
    by_size: bool

    @property
    def words(self) -> str:
        """How much of it is needed, or why more of it is no cure."""
        if self.factor is None:
            return "not alone" if self.by_size else "not a matter of size"
        return f"{text(self.factor)}x: {_valued(self.after, self.now.unit)}"

    def __repr__(self) -> str:
        return f"Cure({self.figure} {self.words})"


@dataclass(frozen=True, eq=False, repr=False)
class Sensitivity(Result):
    """How far each figure of a chip moves what one design costs, or which limit is exceeded.

    Parameters
    ----------
    report : Report, the design as it is
    factor : float, by which figures were made better and worse
    effects : tuple of Effect, one a figure; empty where the network does not fit
    cures : tuple of Cure, the smallest factor first; empty where the network fits
    together : mapping of figure to value, or None
        All limits that were exceeded, raised until the network fits.

    Examples
    --------
    >>> import numpy as np
    >>> from spikefit_nb.datasets import SpikeDataset
    >>> from spikefit_nb.deploy import deploy
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.network import IF, Input, Network, Population, Projection
    >>> from spikefit_nb.sensitivity import sensitivity
    >>> network = Network([Population("in", (2,), Input()), Population("out", (2,), IF(1.0))],
    ...                   [Projection("in", "out", np.eye(2))])
    >>> dataset = SpikeDataset(np.eye(2, dtype=bool)[:, None, :], [0, 1])
    >>> report = deploy(network, load_profile("loihi1"), dataset)
    >>> [effect.figure for effect in sensitivity(report).ranked("latency_s")][:2]
    ['time_barrier', 'time_update_active']
    """

    report: Report
    factor: float
    effects: tuple[Effect, ...]
    cures: tuple[Cure, ...] = ()
    together: Mapping[str, object] | None = None

    @property
    def fits(self) -> bool:
        """Whether the network fits as it is."""
        return self.report.fits

    @property
    def quantity(self) -> str:
        """What is ranked by unless said otherwise: total energy, else latency, else cores."""
        return self._known[0]

    def ranked(self, quantity: str | None = None) -> tuple[Effect, ...]:
        """Figures by how far they move a quantity, then those that stop the network fitting.

        Parameters
        ----------
        quantity : "energy_j", "event_energy_j", "latency_s" or "n_cores"
            By default the ``quantity`` of this result.

        Returns
        -------
        tuple of Effect; empty where the network does not fit, see ``cures``

        Raises
        ------
        UnknownName
            There is no such quantity.
        NotPublished
            It has no number, since the chip lacks a figure.
        """
        quantity = self._checked(quantity)
        swings = {effect: self.swing(effect, quantity) for effect in self.effects}
        moving = [e for e, swing in swings.items() if swing or self.stops_fitting(e)]
        return tuple(sorted(moving, key=lambda e: -swings[e]))

    def without_effect(self, quantity: str | None = None) -> tuple[str, ...]:
        """Names of the figures that change nothing about a quantity."""
        moving = {effect.figure for effect in self.ranked(quantity)}
        return tuple(effect.figure for effect in self.effects if effect.figure not in moving)

    def better_costs_more(self, quantity: str | None = None) -> tuple[str, ...]:
        """Names of the limits that, made larger, raise a quantity, since cores are fuller."""
        ranked = self.ranked(quantity)
        return tuple(e.figure for e in ranked if (self.change(e.better, quantity) or 0) > 0)

    def change(self, outcome: Outcome | None, quantity: str | None = None) -> float | None:
        """``after / now - 1`` of a quantity, or None where there is no outcome that fits."""
        quantity = self._checked(quantity)
        after = getattr(outcome, quantity) if outcome is not None and outcome.fits else None
        if after is None:  # also where the changed chip needs a figure that it lacks
            return None
        now = self._now(quantity)
        return 0.0 if after == now or abs(after - now) <= ROUNDING * abs(now) else after / now - 1

    def finding(self, quantity: str | None = None) -> str:
        """Which figure matters most, and what it does; or what would make the network fit."""
        if not self.fits:
            return _cure_found(self)
        quantity = self._checked(quantity)
        ranked, factor = self.ranked(quantity), f"{self.factor:g}x"
        if not ranked or not self.swing(ranked[0], quantity):
            stopping = " or ".join(_words(e.figure) for e in ranked)
            stopped = f"; it would not fit with {factor} worse {stopping}" if ranked else ""
            return f"no figure changes it alone{stopped}"
        words, outcomes = _words(ranked[0].figure), (ranked[0].better, ranked[0].worse)
        better, worse = (self.change(outcome, quantity) or 0.0 for outcome in outcomes)
        is_better = better < 0 or (better and not worse)
        side, change = ("better", better) if is_better else ("worse", worse)
        matters, verb = (
            "matter" if _is_plural(words) else "matters",
            "saves" if change < 0 else "adds",
        )
        percent = text(abs(change), "+%").removeprefix("+")
        return f"{words} {matters} most, {factor} {side} {verb} {percent}"

    def advice(self, quantity: str | None = None) -> str:
        """What to do about the widest bar, where it rests on a figure that is only assumed."""
        widest = next(iter(self.ranked(quantity)), None)
        is_assumed = widest is not None and widest.now.kind == "assumed"
        return MEASURE_FIRST if is_assumed and self.swing(widest, quantity) else ""

    def _headline(self) -> str:
        if self.fits:
            return f"{QUANTITIES[self.quantity][0]} of {self._place}: {self.finding()}"
        together = ", ".join(f"{_words(n)} {c.words}" for n, c in self.raised.items())
        return f"{self.finding()}{': ' * bool(together)}{together}"

    def _quantities(self) -> tuple[Quantity, ...]:
        if not self.fits:
            return (Quantity("fits", "Fits", "no"), *self._of_cures())
        asked = [(name, *QUANTITIES[name]) for name in self._known]
        effects = (q for name in self._known for e in self.ranked(name) for q in self._of(e, name))
        return (
            *(
                Quantity(q, f"{words.capitalize()} now", self._now(q), unit)
                for q, words, unit in asked
            ),
            *dict.fromkeys(effects),  # without doubles: a figure may move several
        )

    def _notes(self) -> tuple[str, ...]:
        if not self.fits:
            return ()
        cannot = [e.figure for e in self.effects if e.better is None or e.worse is None]
        lacking = [words for q, (words, _) in QUANTITIES.items() if q not in self._known]
        fuller = f"{self.factor:g}x better costs more, since fewer, fuller cores work longer"
        apart = {
            fuller: self.better_costs_more(),
            "No effect": self.without_effect(),
            "Not tried both ways, whole numbers too small": cannot,
            "Not published, so not ranked": lacking,
        }
        return tuple(f"{label}: {_listed(names)}." for label, names in apart.items() if names)

    def _of(self, effect: Effect, quantity: str) -> Iterator[Quantity]:
        """A figure, and what a better and a worse one do to a quantity."""
        of = _words(effect.figure)
        yield figure_quantity(effect.figure, effect.now, of)
        for side, outcome in (("better", effect.better), ("worse", effect.worse)):
            label, change = f"{self.factor:g}x {side}", self.change(outcome, quantity)
            after, unit = self._after(outcome, quantity), QUANTITIES[quantity][1]
            yield Quantity(f"{side}_{quantity}", label, after, unit, of=of)
            if change is not None:
                name = f"{side}_{quantity.rpartition('_')[0]}_change"
                yield Quantity(name, f"Change, {label}", change, "+%", of=of)

    def _after(self, outcome: Outcome | None, quantity: str) -> float | str:
        """A quantity with a figure changed, or why there is none."""
        change = self.change(outcome, quantity)
        return self.side_words(outcome, quantity) if change is None else getattr(outcome, quantity)

    def _of_cures(self) -> Iterator[Quantity]:
        """How many times each exceeded limit is enough, alone and with the others."""
        for cure in self.cures:
            of, factor = _words(cure.figure), cure.words if cure.factor is None else cure.factor
            yield figure_quantity(cure.figure, cure.now, of)
            yield Quantity("factor_alone", "Enough alone, times", factor, of=of)
        for name, cure in self.raised.items():
            together = "Enough with the others, times"
            yield Quantity("factor_together", together, cure.factor, of=_words(name))

    def change_words(self, effect: Effect, quantity: str | None = None) -> str:
        """Both changes of a quantity in one cell, such as "-47 % to +95 %"."""
        better, worse = (self.side_words(o, quantity) for o in (effect.better, effect.worse))
        return f"{better} to {worse}"

    def side_words(self, outcome: Outcome | None, quantity: str | None = None) -> str:
        """One change of a quantity, such as "+95 %", or why there is none."""
        if outcome is None:
            return "not tried"
        change = self.change(outcome, quantity)
        if change is None:
            return "not published" if outcome.fits else "does not fit"
        return text(change, "+%") if change else "same"

    def _card(self) -> tuple[str, ...]:
        if not self.fits:
            return self.finding(), self._cure_table()
        name = QUANTITIES[self.quantity][0].capitalize()
        title = f"{name} of {self._place}: {self.finding()}. {self.advice()}"
        others = (quantity for quantity in self._known if quantity != self.quantity)
        more = (
            folded(f"{QUANTITIES[q][0].capitalize()}: {self.finding(q)}", self._table(q))
            for q in others
        )
        return (title.strip(), self._table(self.quantity), *more)

    def _now(self, quantity: str) -> float | None:
        return getattr(self.report, quantity)

    @property
    def _known(self) -> list[str]:
        """Quantities that have a number."""
        return [quantity for quantity in QUANTITIES if self._now(quantity) is not None]

    @property
    def _place(self) -> str:
        return f"{self.report.network.name} on {self.report.profile.name}"

    def _checked(self, quantity: str | None) -> str:
        if quantity is None:
            return self.quantity
        if quantity not in QUANTITIES:
            raise UnknownName("quantity", quantity, QUANTITIES)
        if self.fits and self._now(quantity) is None:
            missing = self.report.price.not_published  # type: ignore[union-attr]
            lacking = ", ".join(missing) or "static_power"
            raise NotPublished(
                f"{QUANTITIES[quantity][0].capitalize()} has no number on "
                f"{self.report.profile.title}: {lacking} not published. Quantities that work: "
                f"{', '.join(q for q in QUANTITIES if self._now(q))}."
            )
        return quantity

    def swing(self, effect: Effect, quantity: str | None = None) -> float:
        """Relative distance from the least to the most of a quantity, as it is now included."""
        changes = [self.change(o, quantity) or 0.0 for o in (effect.better, effect.worse)]
        return max(0.0, *changes) - min(0.0, *changes)

    @staticmethod
    def stops_fitting(effect: Effect) -> bool:
        """Whether the network no longer fits with a figure so changed."""
        return any(o is not None and not o.fits for o in (effect.better, effect.worse))

    def _cure_table(self) -> str:
        alone, together = {cure.figure: cure for cure in self.cures}, self.raised
        enough = [alone, together] if together else [alone]
        rows = [
            (
                _words(name),
                cure.now.text,
                *(cures[name].words if name in cures else "" for cures in enough),
                cure.now.kind,
            )
            for name, cure in (together | alone).items()
        ]
        titles = ["Enough alone", "Enough together"][: len(enough)]
        header = ("Limit", "Now", *titles, "Kind of the figure")
        return table(rows, header=header, align="lrlll")

    def _table(self, quantity: str) -> str:
        unit, factor = QUANTITIES[quantity][1], f"{self.factor:g}x"
        rows = []
        for e in self.ranked(quantity):
            afters = (self._after(outcome, quantity) for outcome in (e.better, e.worse))
            cells = (Quantity("", "", after, unit).text for after in afters)
            change = self.change_words(e, quantity)
            rows.append((_words(e.figure), e.now.text, *cells, change, e.now.kind))
        sides = f"{factor} better", f"{factor} worse"
        header = ("Figure", "Now", *sides, "Change", "Kind of the figure")
        return table(rows, header=header, align="lrrrrl") if rows else ""

    @property
    def raised(self) -> dict[str, "Cure"]:
        """By figure, the limits that are enough together, where more than one has to grow."""
        together = self.together or {}
        if len(together) < 2:
            return {}
        now = {name: self.report.profile.figure(name) for name in together}
        return {
            name: Cure(name, now[name], value, largest(value) / largest(now[name].value), True)
            for name, value in together.items()
        }


def _words(name: str) -> str:
    return name.replace("_", " ")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(_words, names))


def _is_plural(words: str) -> bool:
    return words.split(" per ")[0].removesuffix(" in").removesuffix(" out").endswith("s")


def _valued(value: object, unit: str) -> str:
    values = value if isinstance(value, tuple) else (value,)
    return f"{', '.join(f'{v:,}' for v in values)} {unit}"


def largest(value: object) -> int:
    """A limit, or the largest of a list of them."""
    return max(value) if isinstance(value, tuple) else value  # type: ignore[return-value]


def _cure_found(found: Sensitivity) -> str:
    """What would make a network fit, in one sentence."""
    start = f"{found.report.network.name} does not fit {found.report.profile.name}"
    best = found.cures[0]
    if best.factor is not None:
        enough = _valued(best.after, best.now.unit)
        return f"{start}: {_words(best.figure)} {text(best.factor)}x would do ({enough})"
    if found.together:
        return f"{start}: no limit alone is enough, {len(found.together)} together are"
    shapes = _listed(cure.figure for cure in found.cures if not cure.by_size)
    return f"{start}, and no larger limit would help{f' ({shapes})' if shapes else ''}"

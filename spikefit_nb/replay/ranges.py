"""The range each figure of a chip lies in, and what that makes of an energy."""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from spikefit_nb.hardware import FAMILIES, FIGURES, HardwareProfile, with_range
from spikefit_nb.replay.figures import event_amounts
from spikefit_nb.replay.price import Price
from spikefit_nb.replay.uncertainty_result import Interval

SIDES = ("cheap", "dear")


def energy_interval(price: Price, profile: HardwareProfile) -> Interval | None:
    """From where to where the energy of a price goes, without counting or timing anything.

    Parameters
    ----------
    price : Price
    profile : HardwareProfile, that it is of

    Returns
    -------
    Interval of joules of events, or None where they are not published

    Examples
    --------
    >>> import numpy as np
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.replay import Links
    >>> counts, energy, links = {"hops_x": 2.0}, {"hops_x": 6e-12}, Links(*[np.zeros(0)] * 3)
    >>> price = Price(counts, energy, None, None, np.zeros(1), links, 1, ("energy_hop_x",), ())
    >>> energy_interval(price, load_profile("loihi1"))
    Interval(low=3e-12, value=6e-12, high=1.2e-11)
    """
    if price.energy_j is None:
        return None
    chips = [at_ends(profile, side, moving(price, profile)) for side in SIDES]
    low, high = (
        sum(n * chip.si(f) for f, n in energy_amounts(chip, price).items()) for chip in chips
    )
    return Interval(min(low, price.energy_j), price.energy_j, max(high, price.energy_j))


def moving(price: Price, profile: HardwareProfile) -> tuple[str, ...]:
    """Figures a price rests on that are not exact."""
    return tuple(f for f in price.figures if with_range(f, profile.figure(f)).spread is not None)


def at_ends(profile: HardwareProfile, side: str, names: Iterable[str]) -> HardwareProfile:
    """The chip with figures at the ends of their ranges."""
    return _at_ends(profile, side, tuple(names))


@lru_cache(maxsize=64)  # a search prices on one chip again and again
def _at_ends(profile: HardwareProfile, side: str, names: tuple[str, ...]) -> HardwareProfile:
    """The same, remembered."""
    figures = dict(profile.figures)
    for name in names:
        end = SIDES.index(side) ^ (FIGURES[name].base == "Hz")
        ranged = with_range(name, figures[name])
        ends = ranged.spread or (ranged.value, ranged.value)
        figures[name] = replace(ranged, value=ends[end], spread=None)
    return replace(profile, figures=figures)


def energy_amounts(profile: HardwareProfile, price: Price) -> dict[str, float]:
    """How much of each published figure the energy of a price uses."""
    if FAMILIES[profile.family].priced_by_power:
        return {"active_power": price.counts["clock_cycles"] / profile.si("clock")}
    return {f: n for f, n in event_amounts(profile, price.counts).items() if profile.has(f)}

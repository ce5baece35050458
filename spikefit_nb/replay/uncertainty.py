"""How uncertain a price is: from where to where it goes with the figures it rests on."""

from collections.abc import Iterable
from dataclasses import replace

from spikefit_nb.hardware import (
    FAMILIES,
    FIGURES,
    HardwareProfile,
    with_range,
)
from spikefit_nb.replay.counters import Counters
from spikefit_nb.replay.figures import event_amounts
from spikefit_nb.replay.price import Price
from spikefit_nb.replay.replay import reprice
from spikefit_nb.replay.uncertainty_result import (
    QUANTITIES,
    Contribution,
    Cost,
    Interval,
    Uncertainty,
)

SIDES = ("cheap", "dear")
NO_TIME = ("J", "W")  # base units of figures that change no latency


def uncertainty(
    counters: Counters, profile: HardwareProfile, *, timing: str | None = None
) -> Uncertainty:
    """Tell from where to where the price of a counted run goes, and which figures that comes from.

    Every figure lies in its published spread, or else in the range stated for its kind
    (``hardware.with_range``). Energy and latency grow with each energy, time and power, and fall
    with the clock, so both ends are prices:

        low = price(every figure at its cheap end), high = price(every figure at its dear end)

    This is the worst case, all figures wrong the same way together, and no confidence interval:
    published figures come with no distribution. What is not priced at all is in neither end. Each
    contribution moves one figure and leaves the others. With timing "contention" a slower core can,
    rarely, let another one pass: there the ends are what the model gives, and no bound.

    Parameters
    ----------
    counters : Counters, of a recorded run on mapped cores
    profile : HardwareProfile, as of ``reprice``
    timing : str or None, as of ``replay``

    Returns
    -------
    Uncertainty, per inference

    Raises
    ------
    DesignProblem
        There is no such timing model for this chip.

    Examples
    --------
    >>> import spikefit_nb as sf
    >>> from spikefit_nb.mapping import map_network
    >>> network, loihi = sf.load_network("digits"), sf.load_profile("loihi1")
    >>> record = sf.simulate(network, sf.load_dataset("digits").take(30), record="events")
    >>> uncertainty(Counters(record, map_network(network, loihi)), loihi)
    Uncertainty(energy 2.27 µJ, 1.99 to 3.56 µJ; latency 316 µs, 220 to 559 µs;
                7 of 9 figures with a published spread)
    """
    now = reprice(counters, profile, timing=timing)
    names = moving(now, profile)

    def cost(side: str, *moved: str) -> Cost:
        at = at_ends(profile, side, moved)
        if len(moved) == 1 and FIGURES[moved[0]].base in NO_TIME:
            return _with_energy(now, at, profile, *moved)
        return cost_of(reprice(counters, at, timing=timing))

    single = (Contribution(n, profile.figure(n), *(cost(side, n) for side in SIDES)) for n in names)
    contributions = tuple(c for c in single if any(map(c.width, QUANTITIES)))
    return Uncertainty(cost_of(now), *(cost(side, *names) for side in SIDES), contributions)


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


def cost_of(price: Price) -> Cost:
    """What a price comes to."""
    energy_j, static_j = price.energy_j, price.static_energy_j
    return Cost(
        energy_j,
        None if energy_j is None or static_j is None else energy_j + static_j,
        price.latency_s,
    )


def _with_energy(now: Price, at: HardwareProfile, profile: HardwareProfile, name: str) -> Cost:
    """The cost with one energy or power changed: all counts and times stay."""
    cost, change = cost_of(now), at.si(name) - profile.si(name)
    n_events = 0.0 if cost.energy_j is None else energy_amounts(profile, now).get(name, 0.0)
    n_all = now.latency_s if name == "static_power" else n_events
    return Cost(
        None if cost.energy_j is None else cost.energy_j + n_events * change,
        None if cost.total_energy_j is None else cost.total_energy_j + n_all * change,
        cost.latency_s,
    )

"""How uncertain a price is: from where to where energy and latency go with the figures they rest
on.
"""

from collections.abc import Iterable
from dataclasses import replace

from spikefit_nb.hardware import FAMILIES, FIGURES, HardwareProfile
from spikefit_nb.hardware.spread import range_of
from spikefit_nb.replay.counters import Counters
from spikefit_nb.replay.figures import event_amounts
from spikefit_nb.replay.interval import QUANTITIES, Contribution, Cost, Interval, Uncertainty
from spikefit_nb.replay.price import Price
from spikefit_nb.replay.replay import reprice

SIDES = ("cheap", "dear")
NO_TIME = ("J", "W")  # base units of figures that change no latency


def uncertainty(
    counters: Counters, profile: HardwareProfile, *, timing: str | None = None
) -> Uncertainty:
    """Tell from where to where the price of a counted run goes, and which figures that comes from.

    Every figure lies in its published spread, or else in the range stated for its kind
    (``hardware.spread``). Energy and latency grow with each energy, time and power, and fall with
    the clock, so both ends are prices:

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
    >>> import numpy as np
    >>> from spikefit_nb.datasets import SpikeDataset
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.mapping import map_network
    >>> from spikefit_nb.network import IF, Input, Network, Population, Projection
    >>> from spikefit_nb.simulate import simulate
    >>> network = Network([Population("in", (1,), Input()), Population("out", (2,), IF(1.0))],
    ...                   [Projection("in", "out", np.ones((1, 2)))])
    >>> record = simulate(network, SpikeDataset(np.ones((1, 1, 1), bool)), record="events")
    >>> loihi = load_profile("loihi1")
    >>> # 2 operations, 2 updates and a barrier
    >>> uncertainty(Counters(record, map_network(network, loihi)), loihi)
    Uncertainty(energy 209 pJ, 170 to 243 pJ; latency 137 ns, 132 to 786 ns;
                5 of 6 figures with a published spread)
    """
    now = reprice(counters, profile, timing=timing)
    names = moving(now, profile)

    def cost(side: str, *moved: str) -> Cost:
        at = at_ends(profile, side, moved)
        if len(moved) == 1 and FIGURES[moved[0]].base in NO_TIME:
            return _with_energy(now, at, profile, *moved)
        return cost_of(reprice(counters, at, timing=timing))

    ranges = {name: range_of(name, profile.figure(name)) for name in names}
    single = (
        Contribution(n, profile.figure(n), ranges[n], *(cost(side, n) for side in SIDES))
        for n in names
    )
    contributions = tuple(c for c in single if any(map(c.width, QUANTITIES)))
    return Uncertainty(cost_of(now), *(cost(side, *names) for side in SIDES), contributions)


def energy_interval(price: Price, profile: HardwareProfile) -> Interval | None:
    """From where to where the energy of a price goes, without counting or timing anything."""
    if price.energy_j is None:
        return None
    chips = [at_ends(profile, side, moving(price, profile)) for side in SIDES]
    low, high = (
        sum(n * chip.si(f) for f, n in energy_amounts(chip, price).items()) for chip in chips
    )
    return Interval(min(low, price.energy_j), price.energy_j, max(high, price.energy_j))


def moving(price: Price, profile: HardwareProfile) -> tuple[str, ...]:
    """Figures a price rests on that are not exact."""
    return tuple(
        name for name in price.figures if range_of(name, profile.figure(name)).basis != "exact"
    )


def at_ends(profile: HardwareProfile, side: str, names: Iterable[str]) -> HardwareProfile:
    """The chip with figures at the ends of their ranges."""
    figures = dict(profile.figures)
    for name in names:
        end = SIDES.index(side) ^ (FIGURES[name].base == "Hz")
        figures[name] = replace(
            figures[name], value=range_of(name, figures[name])[end], spread=None
        )
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

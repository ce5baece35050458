"""How uncertain a price is: from where to where it goes with the figures it rests on."""

from dataclasses import replace

from spikefit_nb.errors import WrongArgument
from spikefit_nb.hardware import FIGURES, HardwareProfile
from spikefit_nb.replay.counters import Counters, MappedRun
from spikefit_nb.replay.figures import settle_timing
from spikefit_nb.replay.operation import Operation
from spikefit_nb.replay.predict import ExpectedCounters, repredict
from spikefit_nb.replay.price import Price
from spikefit_nb.replay.ranges import SIDES, at_ends, energy_amounts, moving
from spikefit_nb.replay.replay import reprice
from spikefit_nb.replay.uncertainty_result import (
    QUANTITIES,
    Contribution,
    Cost,
    Uncertainty,
)

NO_TIME = ("J", "W")  # base units of figures that change no latency


def uncertainty(
    counters: Counters | Price,
    profile: HardwareProfile,
    *,
    timing: str | None = None,
    operation: Operation | None = None,
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
    counters : Counters, of a recorded run on mapped cores; or the Price that ``predict`` made of
        firing rates
    profile : HardwareProfile, as of ``reprice``
    timing : str or None, as of ``replay``
    operation : Operation, optional, of that price, whose scenario is meant; else input is stored

    Returns
    -------
    Uncertainty, per inference

    Raises
    ------
    DesignProblem
        There is no such timing model for this chip.
    WrongArgument
        The price is one of ``replay``: its counters tell.

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
    run, timing = _counted(counters, timing)
    price = _price(run, profile, timing)
    if operation is None:
        now = Operation(price, profile, "single_stream", 1.0, price.n_steps)
    else:
        now = replace(operation, price=price, profile=profile)
    names = moving(price, profile)

    def cost(side: str, *moved: str) -> Cost:
        at = at_ends(profile, side, moved)
        if len(moved) == 1 and FIGURES[moved[0]].base in NO_TIME:
            return _with_energy(now, at, *moved)
        return cost_of(replace(now, price=_price(run, at, timing), profile=at))

    single = (Contribution(n, profile.figure(n), *(cost(side, n) for side in SIDES)) for n in names)
    contributions = tuple(c for c in single if any(map(c.width, QUANTITIES)))
    ends = (cost(side, *names) for side in SIDES)
    return Uncertainty(cost_of(now), *ends, contributions, fitted_on=profile.fitted_on)


def _counted(given: Counters | Price, timing: str | None) -> tuple[MappedRun, str | None]:
    """The counts to price again, and the timing model."""
    if not isinstance(given, Price):
        return given, timing
    if given.run is None:
        raise WrongArgument(
            "uncertainty is given a price of replay, which keeps no counts of its own; give them: "
            "uncertainty(Counters(record, mapping), profile)."
        )
    return given.run, timing or given.timing


def _price(run: MappedRun, profile: HardwareProfile, timing: str | None) -> Price:
    """Price what is counted, or expected, with other figures."""
    if isinstance(run, ExpectedCounters):
        return repredict(run, profile, settle_timing(profile, timing))
    return reprice(run, profile, timing=timing)


def cost_of(operation: Operation) -> Cost:
    """What a price comes to in operation."""
    event_j, all_j = operation.event_energy_j, operation.energy_j
    return Cost(
        None if event_j is None else event_j.value,
        None if all_j is None else all_j.value,
        operation.price.latency_s,
    )


def _with_energy(now: Operation, at: HardwareProfile, name: str) -> Cost:
    """The cost with one energy or power changed: all counts and times stay."""
    price = now.price
    if price.energy_j is not None:
        change = at.si(name) - now.profile.si(name)
        n_events = energy_amounts(now.profile, price).get(name, 0.0)
        price = replace(price, energy_parts_j={"events": price.energy_j + n_events * change})
    return cost_of(replace(now, price=price, profile=at))

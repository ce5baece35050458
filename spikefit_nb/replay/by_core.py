"""Which core an energy is spent on, and how hard each works in each step."""

from collections.abc import Iterator

import numpy as np

from spikefit_nb.mapping import CoreMap
from spikefit_nb.replay.counters import Counters, MappedRun
from spikefit_nb.replay.figures import (
    ENERGY_FIGURES,
    event_amounts,
    missing_figures,
    settle_timing,
)
from spikefit_nb.replay.price import Price
from spikefit_nb.replay.timing import Timed, chip_hops, time_run
from spikefit_nb.simulate import SpikeRecord


def counts_by_core(counters: MappedRun, totals: np.ndarray) -> dict[str, np.ndarray]:
    """Mean counts of each core per inference, from those of all samples together."""
    n_formats, n_samples = len(counters.formats), counters.record.n_samples
    of = dict(zip(counters.columns, totals, strict=True))
    of["synaptic_operations"] = totals[:n_formats].sum(axis=0)
    of["updates_inactive"] = counters.n_rows * counters.mapping.n_neurons - of["updates_active"]
    of |= counters.arriving
    return {name: n / n_samples for name, n in of.items()}


def energy_by_core(mapping: CoreMap, price: Price) -> np.ndarray | None:
    """Tell which core the energy of an inference's events is spent on.

    A synaptic operation and an update belong to the core that does them, a packet and its way to
    the core that sends it. What a chip spends as a whole, such as clock cycles, belongs to none.

    Parameters
    ----------
    mapping : CoreMap
    price : Price, of a run on it

    Returns
    -------
    (n_cores,) float64, joules per inference, or None where no energy of events is published

    Examples
    --------
    >>> import spikefit_nb as sf
    >>> report = sf.deploy(
    ...     sf.load_network("digits"), sf.load_profile("loihi1"), sf.load_dataset("digits").take(30)
    ... )
    >>> found = energy_by_core(report.mapping, report.price)
    >>> bool(np.isclose(found.sum(), report.price.energy_j))
    True
    """
    if not price.energy_parts_j or price.core_counts is None:
        return None
    profile = mapping.profile
    told = {
        name: price.counts[name] * (n / n.sum() if n.any() else n)
        for name, n in (*price.core_counts.items(), *_ways(mapping, price))
        if name in price.counts
    }
    amounts = event_amounts(profile, told)
    priced = [f for f in ENERGY_FIGURES.values() if f in amounts and profile.has(f)]
    each_j = [amounts[f] * profile.si(f) for f in priced]
    return np.sum(each_j, axis=0) if each_j else None


def _ways(mapping: CoreMap, price: Price) -> Iterator[tuple[str, np.ndarray]]:
    """How far packets of each core go."""
    source, target, packets = price.links
    x, y = np.abs(mapping.tiles[target] - mapping.tiles[source]).T
    amounts = {"within_tile": packets * (x + y == 0), "hops_x": packets * x, "hops_y": packets * y}
    if mapping.profile.has("cores_per_chip"):
        amounts["chip_hops"] = packets * chip_hops(mapping, source, target)
    for name, amount in amounts.items():
        yield name, np.bincount(source, amount, mapping.n_cores)


def loads_by_step(
    record: SpikeRecord, mapping: CoreMap, *, timing: str | None = None
) -> np.ndarray | None:
    """Tell how hard each core works in each step.

    Parameters
    ----------
    record : SpikeRecord, of events
    mapping : CoreMap, of the same network
    timing : str or None, as of ``replay``

    Returns
    -------
    (n_steps, n_cores) float64, share of the step; None where times are not published

    Raises
    ------
    NetworkProblem
        The record is of another network, or of counts.
    DesignProblem
        There is no such timing model for this chip.

    Examples
    --------
    >>> import spikefit_nb as sf
    >>> digits = sf.load_network("digits"), sf.load_profile("loihi1"), sf.load_dataset("digits")
    >>> report = sf.deploy(*digits)
    >>> found = loads_by_step(report.record, report.mapping)
    >>> bool(np.allclose(found.max(axis=0), report.price.core_loads))
    True
    """
    counters, profile = Counters(record, mapping), mapping.profile
    timing = settle_timing(profile, timing)
    if missing_figures(profile, "latency_s", timing):
        return None
    return shares(time_run(counters, profile, timing, counters.count), timing)


def shares(timed: Timed, timing: str) -> np.ndarray:
    """Share of each step that each core works, (n_steps, n_cores)."""
    if timing == "cycles":
        return np.ones_like(timed.core_s)  # a step lasts as long as its work
    sum_s = timed.step_s.sum(axis=0)[:, None]
    return np.divide(timed.core_s, sum_s, out=np.zeros_like(timed.core_s), where=sum_s > 0)

"""Replay: a record of spikes and a mapping in, a price out; the network is not run again."""

import numpy as np

from spikefit_nb.errors import NetworkProblem
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.kernels import replay_run as k
from spikefit_nb.mapping import Mapping
from spikefit_nb.replay.price import Links, Price
from spikefit_nb.simulate import SpikeRecord

COUNTERS = (
    "spikes", "synaptic_operations", "updates_active", "updates_inactive",
    "packets", "within_tile", "hops_x", "hops_y",
)  # fmt: skip
# counter: the figure that prices it
ENERGY_FIGURES = {
    "synaptic_operations": "energy_synaptic_operation",
    "updates_active": "energy_update_active",
    "updates_inactive": "energy_update_inactive",
    "within_tile": "energy_within_tile",
    "hops_x": "energy_hop_x",
    "hops_y": "energy_hop_y",
}
TIME_FIGURES = (
    "time_synaptic_operation", "time_update_active", "time_update_inactive",
    "time_within_tile", "time_hop_x", "time_hop_y",
)  # fmt: skip
BARRIER_FIGURES = ("time_barrier_one_tile", "time_barrier_all_tiles")


def missing_figures(profile: HardwareProfile, quantity: str) -> tuple[str, ...]:
    """Figures without which energy or latency has no number on a chip.

    Parameters
    ----------
    profile : HardwareProfile
    quantity : "energy_j" or "latency_s"

    Returns
    -------
    tuple of str; empty where the quantity can be priced

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> missing_figures(load_profile("truenorth"), "latency_s")
    ()
    """
    if quantity == "energy_j":
        needed: tuple[str, ...] = tuple(ENERGY_FIGURES.values())
    else:
        needed = ("tick",) if profile.step == "tick" else (*TIME_FIGURES, *BARRIER_FIGURES)
    return tuple(f for f in needed if not profile.has(f) and not profile.has(profile.included.get(f, "")))


def replay(record: SpikeRecord, mapping: Mapping) -> Price:
    """Price a recorded run on mapped cores.

    Energy is ``sum over events of count * energy``. A step lasts as long as its busiest core works
    (``sum of its events * time``), plus the longest route in use, plus the barrier; or one tick. A spike's synaptic
    operations belong to the step it is sent in. Input spikes arrive from outside: their synaptic operations are
    priced, their way onto the chip is not.

    Parameters
    ----------
    record : SpikeRecord, made with ``record="events"``
    mapping : Mapping, of the same network

    Returns
    -------
    Price, per inference

    Raises
    ------
    NetworkProblem
        The record holds counts only.

    Source: run time is set by the busiest core of each step, Yik et al., arXiv 2511.21549.

    Examples
    --------
    >>> from spikefit_nb.datasets import SpikeDataset
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.mapping import map_network
    >>> from spikefit_nb.network import IF, Input, Network, Population, Projection
    >>> from spikefit_nb.simulate import simulate
    >>> network = Network([Population("in", (1,), Input()), Population("out", (2,), IF(1.0))],
    ...                   [Projection("in", "out", np.ones((1, 2)))])
    >>> record = simulate(network, SpikeDataset(np.ones((1, 1, 1), bool)), record="events")
    >>> replay(record, map_network(network, load_profile("loihi1")))  # 2 x 23.6 + 2 x 81 pJ; 2 x 3.5 + 2 x 8.4 + 113 ns
    Price(209 pJ, 137 ns)
    """
    if record.events is None:
        raise NetworkProblem("replay needs events and this record holds counts: simulate(..., record='events').")
    profile, events, n = mapping.profile, record.events, mapping.n_cores
    times = _times(profile, mapping)
    counted = k.Counted(
        np.zeros((record.n_samples, k.N_TOTALS), np.int64), np.zeros(record.n_samples),
        np.zeros((record.n_steps, n)), np.zeros(record.n_steps),
        np.zeros(n, np.int64), np.zeros((n, n), np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64),
    )  # fmt: skip
    layout = k.Layout(
        mapping.core_of, mapping.fan_ptr, mapping.fan_core, mapping.fan_synapses,
        mapping.needs.neurons, mapping.copies, *np.ascontiguousarray(mapping.tiles.T),
    )  # fmt: skip
    n_inputs = int(np.sum(mapping.core_of < 0))
    k.replay_run(*events, n_inputs, layout, times, counted)
    return _price(record, profile, counted)


def _times(profile: HardwareProfile, mapping: Mapping) -> k.Times:
    seconds = [profile.si(name, 0.0) for name in TIME_FIGURES]
    if profile.step == "tick":
        return k.Times(*seconds, profile.si("tick", 0.0), True)
    return k.Times(*seconds, barrier_s(profile, len(np.unique(mapping.tiles, axis=0))), False)


def barrier_s(profile: HardwareProfile, n_tiles: int) -> float:
    """Time for all tiles in use to agree that a step is over.

    Linear between the published ends: ``one + (all - one) * (n_tiles - 1) / (n - 1)``.

    Parameters
    ----------
    profile : HardwareProfile
    n_tiles : int, tiles in use

    Returns
    -------
    float, seconds

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> barrier_s(load_profile("loihi1"), 1), barrier_s(load_profile("loihi1"), 32)
    (1.13e-07, 4.65e-07)
    """
    first, last = profile.si("time_barrier_one_tile", 0.0), profile.si("time_barrier_all_tiles", 0.0)
    total = int(profile.value("mesh_columns")) * int(profile.value("mesh_rows"))
    return first + (last - first) * (min(n_tiles, total) - 1) / max(1, total - 1)


def _price(record: SpikeRecord, profile: HardwareProfile, counted: k.Counted) -> Price:
    totals = counted.totals.sum(axis=0)
    counts = {name: float(totals[i] / record.n_samples) for i, name in enumerate(COUNTERS)}
    unpriced, untimed = missing_figures(profile, "energy_j"), missing_figures(profile, "latency_s")
    parts = {c: counts[c] * profile.si(f) for c, f in ENERGY_FIGURES.items() if profile.has(f)}
    latency_s = None if untimed else float(counted.seconds.mean())
    powered = latency_s is not None and profile.has("static_power")
    seconds = counted.step_seconds[:, None]
    shares = np.divide(counted.core_seconds, seconds, out=np.zeros_like(counted.core_seconds), where=seconds > 0)
    source, target = np.nonzero(counted.packets)
    return Price(
        counts, None if unpriced else parts, latency_s,
        profile.si("static_power") * latency_s if powered else None,  # type: ignore[operator]
        shares.max(axis=0), Links(source, target, counted.packets[source, target] / record.n_samples),
        record.n_steps, _rests_on(profile, counts), (*unpriced, *untimed),
    )  # fmt: skip


def _rests_on(profile: HardwareProfile, counts: dict[str, float]) -> tuple[str, ...]:
    """Figures that decided a price: those of events that happened, the step's end, and static power."""
    energies = [figure for counter, figure in ENERGY_FIGURES.items() if counts[counter] > 0]
    times = ["tick"] if profile.step == "tick" else [f.replace("energy", "time") for f in energies] + [*BARRIER_FIGURES]
    mesh = ["mesh_columns"] if counts["hops_x"] + counts["hops_y"] > 0 else []
    return tuple(f for f in (*energies, *times, *mesh, "static_power") if profile.has(f))

"""Replay: a record of spikes and a mapping in, a price out; the network is not run again."""

import numpy as np

from spikefit_nb.errors import NetworkProblem
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.kernels import replay_run as k
from spikefit_nb.mapping import Mapping
from spikefit_nb.replay.cycles import ODIN_OPERATIONS_PER_SPIKE, cycles_per_inference, scheduled_spikes
from spikefit_nb.replay.price import Links, Price
from spikefit_nb.simulate import SpikeRecord
from spikefit_nb.units import to_si

COUNTERS = (
    "spikes", "synaptic_operations", "updates_active", "updates_inactive",
    "packets", "within_tile", "hops_x", "hops_y",
)  # fmt: skip
# counter: the figure that prices it
ENERGY_FIGURES = {
    "synaptic_operations": "energy_synaptic_operation",
    "updates_active": "energy_update_active",
    "updates_inactive": "energy_update_inactive",
    "spikes": "energy_spike",
    "packets": "energy_packet",
    "within_tile": "energy_within_tile",
    "hops_x": "energy_hop_x",
    "hops_y": "energy_hop_y",
    "clock_cycles": "energy_clock_cycle",
}
NOT_TOLD_APART = ("energy_spike", "energy_packet", "energy_clock_cycle")  # priced where published, needed nowhere
TIME_FIGURES = (
    "time_synaptic_operation", "time_update_active", "time_update_inactive",
    "time_within_tile", "time_hop_x", "time_hop_y",
)  # fmt: skip


def missing_figures(profile: HardwareProfile, quantity: str) -> tuple[str, ...]:
    """Figures without which energy or latency has no number on a chip.

    Where the chip's power while it computes and its clock cycles are published (Xylo), those give the energy.

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
    if quantity == "latency_s":
        steps = {"tick": ("tick",), "cycles": ("clock",), "barrier": (*_needed(TIME_FIGURES, profile), "time_barrier")}
        needed = steps.get(profile.step, _needed(TIME_FIGURES, profile))
    elif profile.family == "xylo":
        needed = ("active_power", "clock")
    else:
        needed = _needed(tuple(f for f in ENERGY_FIGURES.values() if f not in NOT_TOLD_APART), profile)
    return tuple(f for f in needed if not profile.has(f) and not profile.has(profile.included.get(f, "")))


def _needed(figures: tuple[str, ...], profile: HardwareProfile) -> tuple[str, ...]:
    """A chip with one core sends nothing over its mesh."""
    if profile.si("cores", 2) > 1:
        return figures
    return tuple(f for f in figures if not f.endswith(("within_tile", "hop_x", "hop_y")))


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
    return _price(record, mapping, counted)


def _times(profile: HardwareProfile, mapping: Mapping) -> k.Times:
    seconds = [profile.si(name, 0.0) for name in TIME_FIGURES]
    if profile.step == "tick":
        tick_s = profile.si("tick", 0.0)
        if profile.has("operations_per_step") and not profile.has("time_synaptic_operation"):
            seconds[0] = tick_s / profile.value("operations_per_step")
        return k.Times(*seconds, tick_s, True)
    return k.Times(*seconds, barrier_s(profile, len(np.unique(mapping.tiles, axis=0))), False)


def barrier_s(profile: HardwareProfile, n_tiles: int) -> float:
    """Time for all tiles in use to agree that a step is over, linear between the published numbers of tiles.

    Parameters
    ----------
    profile : HardwareProfile
    n_tiles : int, tiles in use

    Returns
    -------
    float, seconds; 0 where the chip has no barrier

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> barrier_s(load_profile("loihi1"), 1), barrier_s(load_profile("loihi1"), 32)
    (1.13e-07, 4.65e-07)
    """
    if not profile.has("time_barrier"):
        return 0.0
    figure = profile.figure("time_barrier")
    times_s = [to_si(time, figure.unit) for time in figure.value]  # type: ignore[attr-defined]
    return float(np.interp(n_tiles, profile.value("barrier_tiles"), times_s))


def _price(record: SpikeRecord, mapping: Mapping, counted: k.Counted) -> Price:
    profile, totals = mapping.profile, counted.totals.sum(axis=0)
    counts = {name: float(totals[i] / record.n_samples) for i, name in enumerate(COUNTERS)}
    unpriced, untimed = missing_figures(profile, "energy_j"), missing_figures(profile, "latency_s")
    latency_s = None if untimed else float(counted.seconds.mean())
    seconds = counted.step_seconds[:, None]
    shares = np.divide(counted.core_seconds, seconds, out=np.zeros_like(counted.core_seconds), where=seconds > 0)
    if profile.step == "cycles":
        counts["clock_cycles"] = cycles_per_inference(record, mapping)
        shares = np.ones_like(shares)  # a step lasts as long as its work
        latency_s = None if untimed else counts["clock_cycles"] / profile.si("clock")
    if profile.family == "odin":
        counts["synaptic_operations"] = ODIN_OPERATIONS_PER_SPIKE * scheduled_spikes(record, mapping.network)
    parts, static_energy_j = _energies(profile, counts, latency_s)
    source, target = np.nonzero(counted.packets)
    return Price(
        counts, None if unpriced else parts, latency_s, static_energy_j,
        shares.max(axis=0), Links(source, target, counted.packets[source, target] / record.n_samples),
        record.n_steps, _rests_on(profile, counts), (*unpriced, *untimed),
    )  # fmt: skip


def _energies(
    profile: HardwareProfile, counts: dict[str, float], latency_s: float | None
) -> tuple[dict[str, float], float | None]:
    """Energy by event, or of the whole chip while it computes; and static energy, where that is told apart."""
    if profile.family == "xylo":
        if latency_s is None or not profile.has("active_power"):
            return {}, None
        return {"whole chip while it computes": profile.si("active_power") * latency_s}, None
    parts = {c: counts[c] * profile.si(f) for c, f in ENERGY_FIGURES.items() if c in counts and profile.has(f)}
    powered = latency_s is not None and profile.has("static_power")
    return parts, profile.si("static_power") * latency_s if powered else None  # type: ignore[operator]


def _rests_on(profile: HardwareProfile, counts: dict[str, float]) -> tuple[str, ...]:
    """Figures that decided a price: those of events that happened, the step's end, and power."""
    if profile.step == "cycles":
        cycles = [name for name in profile.figures if name.startswith("cycles_")]
        energies = [f for c, f in ENERGY_FIGURES.items() if counts.get(c, 0) > 0]
        power = ["active_power"] if profile.family == "xylo" else [*energies, "static_power"]
        return tuple(f for f in (*power, "clock", *cycles) if profile.has(f))
    energies = [figure for counter, figure in ENERGY_FIGURES.items() if counts.get(counter, 0) > 0]
    times = ["tick"] if profile.step == "tick" else [f.replace("energy", "time") for f in energies] + ["time_barrier"]
    mesh = ["mesh_columns"] if counts["hops_x"] + counts["hops_y"] > 0 else []
    return tuple(f for f in (*energies, *times, *mesh, "static_power") if profile.has(f))

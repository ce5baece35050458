"""Which of a profile's figures price what a run does."""

from collections.abc import Mapping

import numpy as np

from spikefit_nb.errors import DesignProblem
from spikefit_nb.hardware import FAMILIES, HardwareProfile
from spikefit_nb.mapping import FORMATS

COUNTERS = (
    "spikes",
    "synaptic_operations",
    "updates_active",
    "updates_inactive",
    "packets",
    "packets_in",
    "input_packets",
    "within_tile",
    "hops_x",
    "hops_y",
)
# counter: the figure that prices it
ENERGY_FIGURES = {
    "synaptic_operations": "energy_synaptic_operation",
    "synaptic_operations_sparse": "energy_synaptic_operation_sparse",
    "synaptic_operations_convolution": "energy_synaptic_operation_convolution",
    "updates_active": "energy_update_active",
    "updates_inactive": "energy_update_inactive",
    "spikes": "energy_spike",
    "packets": "energy_packet",
    "packets_in": "energy_packet_in",
    "packets_in_single": "energy_packet_in_single",
    "input_packets": "energy_input_packet",
    "within_tile": "energy_within_tile",
    "hops_x": "energy_hop_x",
    "hops_y": "energy_hop_y",
    "chip_hops": "energy_chip_hop",
    "clock_cycles": "energy_clock_cycle",
}
NOT_TOLD_APART = (  # priced where published, needed nowhere
    "energy_synaptic_operation_sparse",
    "energy_synaptic_operation_convolution",
    "energy_spike",
    "energy_packet",
    "energy_packet_in",
    "energy_packet_in_single",
    "energy_input_packet",
    "energy_chip_hop",
    "energy_clock_cycle",
)
PART_OF = {  # figure of a kind of events: the figure that prices them where it is not published
    "energy_synaptic_operation_sparse": "energy_synaptic_operation",
    "energy_synaptic_operation_convolution": "energy_synaptic_operation",
    "energy_packet_in_single": "energy_packet_in",
}
WORK_FIGURES = ("time_synaptic_operation", "time_update_active", "time_update_inactive")
WAY_FIGURES = ("time_within_tile", "time_hop_x", "time_hop_y")
TIME_FIGURES = WORK_FIGURES + WAY_FIGURES
TAKES_NO_TIME = {  # timing model: figures of ways that it leaves out
    "simple": (*WAY_FIGURES, "time_chip_hop"),
    "contention": ("time_chip_hop",),
}

SHORTEST = "shortest_step"  # measured: what can be said of a latency that is not published
NEEDED_FOR = {
    "simple": WORK_FIGURES,
    "contention": (*TIME_FIGURES, "packets_per_link"),
    "tick": ("tick",),
    "cycles": ("clock",),
    "asynchronous": TIME_FIGURES,
}


def settle_timing(profile: HardwareProfile, timing: str | None) -> str:
    """The timing model asked for, or the chip's own."""
    own = "simple" if profile.step == "barrier" else profile.step
    known = dict.fromkeys((own, "simple", "contention")) if own != "cycles" else {own: None}
    if timing is not None and timing not in known:
        raise DesignProblem(
            f"timing is {timing!r}; for {profile.title} it can be {' or '.join(map(repr, known))}."
        )
    return timing or own


def missing_figures(
    profile: HardwareProfile, quantity: str, timing: str | None = None
) -> tuple[str, ...]:
    """Figures without which energy or latency has no number on a chip.

    Where the chip's power while it computes and its clock cycles are published (Xylo), those give
    the energy.

    Parameters
    ----------
    profile : HardwareProfile
    quantity : "energy_j" or "latency_s"
    timing : str or None, a timing model as of ``replay``

    Returns
    -------
    tuple of str; empty where the quantity can be priced

    Raises
    ------
    DesignProblem
        There is no such timing model for this chip.

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> missing_figures(load_profile("truenorth"), "latency_s")
    ()
    >>> missing_figures(load_profile("loihi1"), "latency_s", "contention")
    ('packets_per_link',)
    """
    if quantity == "latency_s":
        barrier = ("time_barrier",) if profile.step == "barrier" else ()
        needed = (*NEEDED_FOR[settle_timing(profile, timing)], *barrier)
    elif FAMILIES[profile.family].priced_by_power:
        needed = ("active_power", "clock")
    else:
        needed = tuple(f for f in ENERGY_FIGURES.values() if f not in NOT_TOLD_APART)
    if profile.si("cores", 2) <= 1:  # a chip with one core sends nothing over its mesh
        needed = tuple(
            f
            for f in needed
            if not f.endswith(("within_tile", "hop_x", "hop_y", "packets_per_link"))
        )
    return tuple(
        f for f in needed if not profile.has(f) and not profile.has(profile.included.get(f, ""))
    )


def event_amounts(profile: HardwareProfile, counts: Mapping[str, float]) -> dict[str, float]:
    """How much of each energy figure the counts of a run use.

    What has a figure of its own, such as synaptic operations of a format, is not part of the
    general one's.

    Parameters
    ----------
    profile : HardwareProfile
    counts : dict of counter to float

    Returns
    -------
    dict of figure to float, whether published or not

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> calibrated = load_profile("loihi1", coefficients="calibrated")
    >>> event_amounts(calibrated, {"synaptic_operations": 5.0, "synaptic_operations_sparse": 2.0})
    {'energy_synaptic_operation': 3.0, 'energy_synaptic_operation_sparse': 2.0}
    """
    amounts = {f: counts[c] for c, f in ENERGY_FIGURES.items() if c in counts}
    for figure, general in PART_OF.items():
        if figure in amounts and profile.has(figure):
            amounts[general] = amounts[general] - amounts[figure]
        else:
            amounts.pop(figure, None)
    return amounts


def format_times(profile: HardwareProfile) -> np.ndarray:
    """Time of a synaptic operation of each format; a tick's share where a chip states how many fit.

    Parameters
    ----------
    profile : HardwareProfile

    Returns
    -------
    (n_formats,) float64, seconds, in the order of ``mapping.FORMATS``; 0 where not published

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> format_times(load_profile("loihi1")).tolist()
    [3.5e-09, 3.5e-09, 3.5e-09]
    """
    general = profile.si("time_synaptic_operation", 0.0)
    if (
        profile.step == "tick"
        and profile.has("operations_per_step")
        and not profile.has("time_synaptic_operation")
    ):
        general = profile.si("tick", 0.0) / profile.value("operations_per_step")
    return np.array([profile.si(f"time_synaptic_operation_{name}", general) for name in FORMATS])


def barrier_s(profile: HardwareProfile, n_tiles: int) -> float:
    """Time for all tiles in use to agree that a step is over, linear between the numbers of tiles
    in the profile.

    A table that is a staircase is one in the profile too, with an entry at each end of a stair.

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
    return float(np.interp(n_tiles, profile.value("barrier_tiles"), profile.si("time_barrier")))


def rests_on(profile: HardwareProfile, counts: Mapping[str, float], timing: str) -> tuple[str, ...]:
    """Figures that decided a price: those of events that happened, the step's end, and power."""
    energies = [figure for figure, amount in event_amounts(profile, counts).items() if amount > 0]
    if timing == "cycles":
        cycles = [name for name in profile.figures if name.startswith("cycles_")]
        by_power = FAMILIES[profile.family].priced_by_power
        power = ["active_power"] if by_power else [*energies, "static_power"]
        return tuple(f for f in (*power, "clock", *cycles) if profile.has(f))
    times = ["tick"]
    if timing != "tick":
        works = (f.replace("energy", "time") for f in energies)
        times = [f for f in works if f not in TAKES_NO_TIME.get(timing, ())]
        waits = timing == "contention" and counts["packets"] > 0
        times += ["time_barrier", "stages_at_once", *(["packets_per_link"] if waits else [])]
    if missing_figures(profile, "latency_s", timing):
        times.append(SHORTEST)
    mesh = ["mesh_columns"] if counts["hops_x"] + counts["hops_y"] > 0 else []
    mesh += ["cores_per_chip"] if counts.get("chip_hops", 0) > 0 else []
    return tuple(
        f for f in (*energies, *times, *mesh, "zero_weights", "static_power") if profile.has(f)
    )

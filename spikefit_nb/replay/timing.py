"""How long steps last, by each timing model."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.kernels import contention
from spikefit_nb.kernels import replay_run as k
from spikefit_nb.mapping import FORMATS, CoreMap
from spikefit_nb.replay.counters import Counters, MappedRun
from spikefit_nb.replay.figures import WAY_FIGURES, barrier_s, format_times, missing_figures
from spikefit_nb.simulate import n_threads


class Timed(NamedTuple):
    """Seconds of a run, and its counts together."""

    step_s: np.ndarray  # (n_samples, n_steps) float64
    busiest_s: np.ndarray  # (n_samples, n_steps), of the core that works longest
    core_s: np.ndarray  # (n_steps, n_cores), that each core works, summed over samples
    totals: np.ndarray  # (n_columns, n_cores) int64


def time_run(
    counters: Counters,
    profile: HardwareProfile,
    timing: str,
    count: Callable[[tuple[int, int]], np.ndarray],
) -> Timed:
    """Time all steps of a run, block by block."""
    record, mapping = counters.record, counters.mapping
    times = work_times(counters, profile, timing)
    contends = timing == "contention" and not missing_figures(profile, "latency_s", timing)
    shape = record.n_steps, mapping.n_cores

    def run(block: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        cells, core_s = count(block), np.zeros(shape)
        busiest, seconds = np.empty(len(cells)), np.zeros(len(cells))
        k.time_rows(cells, block[0], times, np.empty((2, shape[1])), busiest, core_s)
        if contends:
            _contend(counters, profile, block[0], cells, seconds)
        return np.maximum(busiest, seconds), busiest, core_s, cells.sum(axis=0)

    core_s, totals = np.zeros(shape), np.zeros((len(counters.columns), shape[1]), np.int64)
    parts = []
    with ThreadPoolExecutor(max_workers=n_threads()) as pool:
        for step_s, busiest_s, own_core_s, own_totals in pool.map(run, counters.blocks):
            parts.append((step_s, busiest_s))
            core_s += own_core_s
            totals += own_totals
    step_s, busiest_s = (
        np.concatenate(column).reshape(record.n_samples, -1) for column in zip(*parts, strict=True)
    )
    if timing == "tick":
        step_s = np.full_like(step_s, profile.si("tick", 0.0))
    return Timed(step_s + step_ends(counters, profile, timing), busiest_s, core_s, totals)


def step_ends(counters: MappedRun, profile: HardwareProfile, timing: str) -> np.ndarray:
    """Seconds that follow the work in each step: the barrier, the longest way, none of a tick."""
    if timing == "asynchronous":
        return _longest_in_steps(counters, profile)
    n_tiles = len(np.unique(counters.mapping.tiles, axis=0))
    return np.array(0.0 if timing == "tick" else barrier_s(profile, n_tiles))


def work_times(counters: MappedRun, profile: HardwareProfile, timing: str) -> k.Times:
    """Seconds of what a core does, by column of its counts and stage."""
    n_formats, n_columns = len(counters.formats), len(counters.columns)
    generation, processing = np.zeros(n_columns), np.zeros(n_columns)
    processing[:n_formats] = format_times(profile)[
        [FORMATS.index(name) for name in counters.formats]
    ]
    processing[n_formats + k.RECEIVED] = profile.si("time_packet_in", 0.0)
    inactive_s = profile.si("time_update_inactive", 0.0)
    generation[n_formats + k.ACTIVE] = profile.si("time_update_active", 0.0) - inactive_s
    generation[n_formats + k.FIRED] = profile.si("time_spike", 0.0)
    generation[n_formats + k.SENT] = profile.si("time_packet", 0.0)
    at_once = timing != "tick" and works_at_once(profile)
    return k.Times(inactive_s * counters.mapping.n_neurons, generation, processing, at_once)


def works_at_once(profile: HardwareProfile) -> bool:
    """Whether a core reads what arrives while it updates its neurons, where the profile says so.

    Parameters
    ----------
    profile : HardwareProfile

    Returns
    -------
    bool

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> [works_at_once(load_profile("loihi1", coefficients=name)) for name in (None, "calibrated")]
    [False, True]
    """
    return profile.has("stages_at_once") and {"synapses", "neurons"} <= set(
        profile.value("stages_at_once")
    )


def chip_hops(mapping: CoreMap, source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Links between chips on the way from core to core, ``|chip of target - chip of source|``."""
    chips = mapping.chips
    return np.abs(chips[target] - chips[source])


def longest_ways(mapping: CoreMap, profile: HardwareProfile) -> np.ndarray:
    """Seconds of the longest way that a spike of each neuron takes over the mesh."""
    m = mapping
    source = np.repeat(np.arange(m.core_of.size), np.diff(m.fan_ptr))
    sender, tiles = m.core_of[source], m.tiles
    x, y = np.abs(tiles[m.fan_core] - tiles[sender]).T
    within_s, x_s, y_s = (profile.si(figure, 0.0) for figure in WAY_FIGURES)
    chip_s = chip_hops(m, sender, m.fan_core) * profile.si("time_chip_hop", 0.0)
    way_s = np.where(sender < 0, 0.0, np.where(x + y == 0, within_s, x * x_s + y * y_s) + chip_s)
    longest_s = np.zeros(m.core_of.size)
    np.maximum.at(longest_s, source, way_s)
    return longest_s


def _longest_in_steps(counters: MappedRun, profile: HardwareProfile) -> np.ndarray:
    """Seconds of the longest way that a packet takes in each step, (n_samples, n_steps)."""
    longest_s, events = longest_ways(counters.mapping, profile), counters.record.events
    step_s, ptr = np.zeros(counters.n_rows), events.ptr
    some = np.flatnonzero(np.diff(ptr))
    if some.size:
        step_s[some] = np.maximum.reduceat(longest_s[events.neuron], ptr[some])
    return step_s.reshape(counters.record.n_samples, -1)


def _contend(
    counters: Counters,
    profile: HardwareProfile,
    first_row: int,
    cells: np.ndarray,
    seconds: np.ndarray,
) -> None:
    """Write the seconds of a block's steps in which packets wait for one another."""
    mapping, layout, n_cores = counters.mapping, counters.layout, counters.mapping.n_cores
    most = int(cells[:, len(counters.formats) + k.SENT].sum(axis=1).max(initial=0))
    mesh = _mesh(mapping, profile)
    n_places = (int(mapping.tiles[:, 1].max()) + 1) * mesh.columns * mesh.n_links
    reads = np.zeros(layout.fan_core.size) + profile.si("time_packet_in", 0.0)
    reads += (
        format_times(profile)[[FORMATS.index(name) for name in counters.formats]]
        @ layout.fan_formats
    )
    work = contention.Work(
        *(
            profile.si(f"time_{name}", 0.0)
            for name in ("update_active", "update_inactive", "spike", "packet")
        ),
        reads,
        works_at_once(profile),
    )
    events = counters.record.events[:3]  # type: ignore[index]
    senders, under = _scratch(layout.core_of.size, n_cores, n_places, most)
    contention.contend_rows(
        *events, counters.updated, first_row, layout, mesh, work, senders, under, seconds
    )


def _scratch(n_neurons: int, n_cores: int, n_places: int, n_packets: int) -> tuple:
    """Room for what is to be sent and what is under way in a step."""

    def whole(*shape: int) -> np.ndarray:
        return np.zeros(shape, np.int64)

    n_leaves = 1 << max(1, (n_cores - 1).bit_length())
    send_s, read_s = np.zeros(n_cores), np.zeros(n_cores)
    senders = contention.Senders(
        whole(n_cores + 1),
        whole(n_neurons),
        whole(n_neurons),
        np.zeros(n_neurons),
        np.zeros(n_cores),
        at=whole(n_cores),
        axon=whole(n_cores),
        again=whole(n_cores),
        sent_s=send_s,
        bits=send_s.view(np.int64),
        tree=whole(2 * n_leaves),
    )
    under = contention.UnderWay(
        np.zeros(n_places),
        np.zeros(n_cores),
        whole(n_cores),
        whole(n_cores),
        np.zeros((n_packets, 2)),
        packet=whole(n_packets, 2),
        next_s=read_s,
        bits=read_s.view(np.int64),
        tree=whole(2 * n_leaves),
    )
    return senders, under


def _mesh(mapping: CoreMap, profile: HardwareProfile) -> contention.Mesh:
    each = int(profile.si("cores_per_tile", 1.0))
    columns = mapping.mesh[0]
    x, y = mapping.tiles.T
    return contention.Mesh(
        x.copy(),
        y.copy(),
        mapping.places % each,
        columns,
        contention.N_WAYS + each,
        room=profile.si("packets_per_link", 0.0),
        hop_x=profile.si("time_hop_x", 0.0),
        hop_y=profile.si("time_hop_y", 0.0),
        within_tile=profile.si("time_within_tile", 0.0),
    )

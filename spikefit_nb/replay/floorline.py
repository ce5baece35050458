"""Floorline: each core's load against memory, compute and traffic, which of them the chip waits
for.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.kernels import floorline as kernel
from spikefit_nb.kernels import replay_run as k
from spikefit_nb.mapping import CoreMap
from spikefit_nb.replay.counters import Counters
from spikefit_nb.replay.figures import format_times, missing_figures, settle_timing
from spikefit_nb.replay.floorline_result import CEILINGS, FLOORS, Floorline
from spikefit_nb.replay.timing import step_ends, work_times
from spikefit_nb.simulate import SpikeRecord, n_threads


def floorline(record: SpikeRecord, mapping: CoreMap) -> Floorline:
    """Tell which core and which of memory, compute and traffic a chip waits for, and what relieving
    it would give.

    A core's step takes ``memory + traffic in`` to read what arrives and ``compute + traffic out``
    to update its neurons and send: their sum, or the longer of both where the profile's
    ``stages_at_once`` says so. A step takes as long as its busiest core and the floor under it: the
    barrier, the longest way of a packet, or the rest of the tick.

    - memory: synaptic operations times ``time_synaptic_operation`` (of their format);
    - compute: neuron updates times ``time_update_active`` or ``time_update_inactive``, spikes times
      ``time_spike``;
    - traffic: packets sent times ``time_packet``, packets taken in times ``time_packet_in``.

    Every step is priced anew without each ceiling, and with its work (the same operations, updates
    and packets) spread evenly over the cores in use. These are exact for the recorded spikes, and
    sum up to what ``replay`` says.

    Parameters
    ----------
    record : SpikeRecord, made with ``record="events"``
    mapping : CoreMap, of the same network

    Returns
    -------
    Floorline, per inference

    Raises
    ------
    NetworkProblem
        The record holds counts only, or is of another network.

    Source: that the busiest core in synaptic operations, activation computation or messages sets
    the run time, and the names of the three bounds: Yik et al., arXiv 2511.21549, abstract; times
    and stages are those of ``replay``.

    Examples
    --------
    >>> import spikefit_nb as sf
    >>> from spikefit_nb.mapping import map_network
    >>> network, loihi = sf.load_network("digits"), sf.load_profile("loihi1")
    >>> record = sf.simulate(network, sf.load_dataset("digits").take(30), record="events")
    >>> floorline(record, map_network(network, loihi))
    Floorline(memory binds 87 % of 316 µs, most on core 0; an even spread would take 167 µs)
    """
    counters, profile = Counters(record, mapping), mapping.profile
    timing = settle_timing(profile, None)
    rows, cores, *counted = _load(counters, _weights(counters, profile, timing))
    counts, most, busiest = (dict(zip(CEILINGS, values, strict=True)) for values in counted)
    not_published = _not_published(profile)
    seconds: dict = {"waited_s": np.zeros(mapping.n_cores)}
    if timing != "cycles" and not missing_figures(profile, "latency_s", timing):
        priced = [name for name in CEILINGS if name not in not_published]
        seconds = _seconds(counters, timing, rows, cores, priced)
    return Floorline(
        mapping,
        timing,
        record.n_steps,
        counts,
        most,
        busiest_counts=busiest,
        not_published=not_published,
        **seconds,
    )


def _seconds(
    counters: Counters, timing: str, rows: np.ndarray, cores: np.ndarray, priced: list[str]
) -> dict:
    """Fields of a Floorline that are seconds."""
    n_samples, profile = counters.record.n_samples, counters.mapping.profile
    end_s, tick_s = np.ravel(step_ends(counters, profile, timing)), profile.si("tick", 0.0)
    cores_s = cores / n_samples

    def inference_s(busy_s: np.ndarray) -> float:
        steps_s = np.maximum(busy_s, tick_s) if timing == "tick" else busy_s + end_s
        return float(steps_s.sum() / n_samples)

    work_s = rows[:, kernel.WORK : kernel.WITHOUT]
    busy_s = work_s.sum(axis=1)
    column = {name: CEILINGS.index(name) for name in priced}
    parts_s = {name: float(work_s[:, i].sum() / n_samples) for name, i in column.items()}
    rest_s = (
        np.maximum(tick_s - busy_s, 0.0)
        if timing == "tick"
        else np.broadcast_to(end_s, busy_s.shape)
    )
    parts_s[FLOORS[timing]] = float(rest_s.sum() / n_samples)
    return {
        "core_s": {name: cores_s[i] for name, i in column.items()},
        "waited_s": cores_s[kernel.WAITED],
        "parts_s": parts_s,
        "without_s": {name: inference_s(rows[:, kernel.WITHOUT + i]) for name, i in column.items()},
        "even_s": inference_s(rows[:, kernel.EVEN]),
        "floor_s": inference_s(np.zeros(len(rows))),
        "late_steps": float((busy_s > tick_s).sum() / n_samples) if timing == "tick" else 0.0,
    }


def _not_published(profile: HardwareProfile) -> dict[str, tuple[str, ...]]:
    """Ceilings that have no number on this chip, and the figures they lack."""

    def lacks(name: str) -> bool:
        return not profile.has(name) and not profile.has(profile.included.get(name, ""))

    needed = {
        "memory": ("time_synaptic_operation",) if not format_times(profile).any() else (),
        "compute": ("time_update_active", "time_update_inactive"),
        "traffic": ("time_packet", "time_packet_in"),
    }
    lacking = {name: tuple(filter(lacks, figures)) for name, figures in needed.items()}
    if (
        len(lacking["traffic"]) == 1
    ):  # one of them is enough: some chips publish one time for a packet
        lacking["traffic"] = ()
    return {name: figures for name, figures in lacking.items() if figures}


def _weights(counters: Counters, profile: HardwareProfile, timing: str) -> kernel.Weights:
    """Times of the work, told apart by ceiling."""
    times = work_times(counters, profile, timing)
    n_formats = len(counters.formats)
    received, sent = np.zeros_like(times.processing), np.zeros_like(times.generation)
    received[n_formats + k.RECEIVED] = times.processing[n_formats + k.RECEIVED]
    sent[n_formats + k.SENT] = times.generation[n_formats + k.SENT]
    return kernel.Weights(
        times.neurons,
        times.processing - received,
        received,
        times.generation - sent,
        sent,
        at_once=times.at_once,
    )


def _load(counters: Counters, weights: kernel.Weights) -> tuple:
    """Loads of all steps: seconds by row (n_rows, N_OF_ROW) and by core (N_OF_CORE, n_cores), then,
    by ceiling, each core's counts, its most in one step, and those of each step's busiest core.
    """
    # Block by block, which does not depend on the number of threads.
    n_cores, n_formats = counters.mapping.n_cores, len(counters.formats)

    def run(block: tuple[int, int]) -> tuple[np.ndarray, ...]:
        cells = counters.count(block)
        rows, cores = np.empty((len(cells), kernel.N_OF_ROW)), np.zeros((kernel.N_OF_CORE, n_cores))
        kernel.load_rows(cells, weights, np.empty((4, n_cores)), rows, cores)
        operations = cells[:, :n_formats].sum(axis=1)
        counted = [operations, cells[:, n_formats + k.ACTIVE], cells[:, n_formats + k.SENT]]
        return (
            rows,
            cores,
            np.stack([n.sum(axis=0) for n in counted]),
            np.stack([n.max(axis=0) for n in counted]),
            np.array([n.max(axis=1).sum() for n in counted]),
        )

    with ThreadPoolExecutor(max_workers=n_threads()) as pool:
        rows, cores, counts, most, busiest = zip(*pool.map(run, counters.blocks), strict=True)
    n_samples = counters.record.n_samples
    return (
        np.concatenate(rows),
        sum(cores),
        sum(counts) / n_samples,
        np.max(most, axis=0),
        (np.sum(busiest, axis=0) / n_samples).tolist(),
    )

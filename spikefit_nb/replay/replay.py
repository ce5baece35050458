"""Replay: a record of spikes and a mapping in, a price out; the network is not run again."""

from dataclasses import replace

import numpy as np

from spikefit_nb.hardware import FAMILIES, HardwareProfile, RunCounts
from spikefit_nb.mapping import CoreMap, Links
from spikefit_nb.network import Network, Projection
from spikefit_nb.progress import phase
from spikefit_nb.replay.by_core import counts_by_core, shares
from spikefit_nb.replay.counters import Counters, MappedRun
from spikefit_nb.replay.figures import (
    ENERGY_FIGURES,
    SHORTEST,
    TAKES_NO_TIME,
    event_amounts,
    missing_figures,
    rests_on,
    settle_timing,
)
from spikefit_nb.replay.pace import Arrivals, pace_of
from spikefit_nb.replay.pipelining import periods_s
from spikefit_nb.replay.price import SOURCES, UNPRICED_LINKS, WAY_IN, Price
from spikefit_nb.replay.timing import Timed, chip_hops, time_run
from spikefit_nb.simulate import SpikeRecord


@phase("Pricing")
def replay(
    record: SpikeRecord,
    mapping: CoreMap,
    *,
    timing: str | None = None,
    arrivals: Arrivals | None = None,
) -> Price:
    """Price a recorded run on mapped cores.

    Energy is ``sum over events of count * energy``. A step's length is that of the timing model:

    - "simple": as long as its busiest core works, and the barrier. A core updates its neurons and
      sends (``generation``), and reads what arrives (``processing``): one after another, or both
      at once where the profile's ``stages_at_once`` says so, and then the longer one counts.
    - "contention": the same cores, but packets wait for one another (``kernels.contention``); never
      less than "simple".
    - "tick": one tick of the chip's clock, whatever happens; steps that would need longer are
      counted.
    - "asynchronous": the busiest core and the longest way in use; there is no barrier.
    - "cycles": the clock cycles that the vendor's rule gives.

    A spike's synaptic operations belong to the step it is sent in. A spike of an input costs the
    cores that it reaches what a neuron's does; its way there from outside is priced where a figure
    for it is published (``energy_input_packet``), and counted as ``input_packets`` in any case.
    Static power is that of the chips in use.

    Where the profile is of several chips (``cores_per_chip``), packets between them are counted
    too, and priced where a figure for it is published; what is left out is said in
    ``Price.left_out``.

    Parameters
    ----------
    record : SpikeRecord, made with ``record="events"``
    mapping : CoreMap, of the same network
    timing : str or None, one of the above; None: as the profile's ``step`` says, "simple" for chips
        with a barrier
    arrivals : Arrivals, optional, when steps of live input are there, for ``Price.pace``

    Returns
    -------
    Price, per inference

    Raises
    ------
    NetworkProblem
        The record holds counts only, or is of another network.
    DesignProblem
        There is no such timing model for this chip.

    Source: run time is set by the busiest core of each step, Yik et al., arXiv 2511.21549. The two
    stages, their overlap and the sharing of places follow what SANA-FE 2.2.9 computes (Boyle 2025,
    TCAD 44(8):3165).

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
    >>> # 2 x 23.6 + 2 x 81 pJ; 2 x 3.5 + 2 x 8.4 + 113 ns
    >>> replay(record, map_network(network, load_profile("loihi1")))
    Price(209 pJ, 137 ns)
    """
    counters, profile = Counters(record, mapping), mapping.profile
    timing = settle_timing(profile, timing)
    timed = time_run(counters, profile, timing, counters.count)
    price = price_timed(counters, profile, timing, timed, arrivals=arrivals)
    if price.pace is None or arrivals is None:
        return price
    period_s = periods_s(counters, profile, timing, timed, arrivals.n_steps)
    return replace(price, pace=price.pace._replace(period_s=period_s))


def replay_by_core(
    record: SpikeRecord, mapping: CoreMap, *, timing: str | None = None
) -> tuple[Price, np.ndarray]:
    """Price a run, and tell how long each core works in each step.

    Parameters
    ----------
    record : SpikeRecord, of events
    mapping : CoreMap, of the same network
    timing : str or None, as of ``replay``

    Returns
    -------
    Price, per inference
    (n_steps, n_cores) float64, seconds, summed over samples

    Raises
    ------
    NetworkProblem
        The record is of another network, or of counts.
    DesignProblem
        There is no such timing model for this chip.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.mapping import map_network
    >>> from spikefit_nb.nir_file import load_network
    >>> from spikefit_nb.simulate import simulate
    >>> network, data = load_network("digits"), load_dataset("digits").take(9)
    >>> record = simulate(network, data, record="events")
    >>> price, core_s = replay_by_core(record, map_network(network, load_profile("loihi1")))
    >>> core_s.shape == (price.n_steps, 2)
    True
    """
    counters, profile = Counters(record, mapping), mapping.profile
    timing = settle_timing(profile, timing)
    timed = time_run(counters, profile, timing, counters.count)
    return price_timed(counters, profile, timing, timed), timed.core_s


def reprice(counters: Counters, profile: HardwareProfile, *, timing: str | None = None) -> Price:
    """Price a run that is counted already, with other figures of the same chip.

    Parameters
    ----------
    counters : Counters, whose counts are kept from the first price on
    profile : HardwareProfile, which may differ from the mapping's in energies, times and powers
    timing : str or None, as of ``replay``

    Returns
    -------
    Price, per inference

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
    >>> counters = Counters(record, map_network(network, loihi))
    >>> [reprice(counters, loihi.replace(energy_synaptic_operation=pj)) for pj in (0, 1000)]
    [Price(381 nJ, 316 µs), Price(80.2 µJ, 316 µs)]
    """
    kept = dict(zip(counters.blocks, counters.cells, strict=True))
    timing = settle_timing(profile, timing)
    timed = time_run(counters, profile, timing, kept.__getitem__)
    return price_timed(counters, profile, timing, timed)


def price_timed(
    counters: MappedRun,
    profile: HardwareProfile,
    timing: str,
    timed: Timed,
    *,
    arrivals: Arrivals | None = None,
) -> Price:
    """Price a run that is counted and timed."""
    record, family = counters.record, FAMILIES[profile.family]
    unpriced = missing_figures(profile, "energy_j")
    untimed = missing_figures(profile, "latency_s", timing)
    counts, network = _counts(counters, profile, timed.totals), counters.mapping.network
    if family.operations_per_spike is not None:
        n_spikes = _scheduled_spikes(record, network)
        counts["synaptic_operations"] = family.operations_per_spike * n_spikes
    step_s, loads = timed.step_s, shares(timed, timing)
    if timing == "cycles":
        run = _run_counts(counters, counts["synaptic_operations"])
        counts["clock_cycles"] = family.cycles(counters.mapping.profile, run)
        run_s = 0.0 if untimed else counts["clock_cycles"] / profile.si("clock")
        step_s = np.full_like(step_s, run_s / record.n_steps)
    if untimed:
        loads = np.full_like(loads, np.nan)
    latency_s = None if untimed else float(step_s.sum(axis=1).mean())
    n_chips = np.unique(counters.mapping.chips).size
    parts, static_energy_j = _energies(profile, counts, latency_s, n_chips)
    late = timed.busiest_s > profile.si("tick", np.inf)
    links = counters.links
    unpriced_links, left_out = _chips_left_out(profile, counts, timing)
    return Price(
        counts,
        None if unpriced else parts,
        latency_s,
        static_energy_j,
        loads.max(axis=0),
        links=links._replace(packets=links.packets / record.n_samples),
        n_steps=record.n_steps,
        figures=rests_on(profile, counts, timing),
        not_published=(*unpriced, *untimed, *unpriced_links),
        timing=timing,
        step_s=None if untimed else step_s.mean(axis=0),
        sample_s=None if untimed else step_s.sum(axis=1),
        slowest_step_s=None if untimed else float(step_s.max(initial=0.0)),
        late_steps=float(late.sum(axis=1).mean()) if timing == "tick" else 0.0,
        left_out=(*_way_in(profile, counts), *left_out),
        latency_least_s=_least_s(profile, record.n_steps) if untimed else None,
        core_counts=counts_by_core(counters, timed.totals),
        n_chips=n_chips,
        pace=None if untimed or arrivals is None else pace_of(step_s, late, arrivals),
    )


def _least_s(profile: HardwareProfile, n_steps: int) -> float | None:
    """Seconds that so many of the shortest steps measured take; None where none was measured."""
    return n_steps * profile.si(SHORTEST) if profile.has(SHORTEST) else None


def _counts(counters: MappedRun, profile: HardwareProfile, totals: np.ndarray) -> dict[str, float]:
    """Mean counts per inference; those of a format only where it has a price of its own."""
    n_formats, n_samples = len(counters.formats), counters.record.n_samples
    n_rows, mapping = counters.n_rows, counters.mapping
    of = dict(zip(counters.columns, totals.sum(axis=1).tolist(), strict=True))
    source, target, packets = counters.links
    x, y = np.abs(mapping.tiles[target] - mapping.tiles[source]).T
    whole = {
        "input_events": _spikes(counters.record, {p.name for p in mapping.network.inputs}),
        "spikes": of["spikes"],
        "synaptic_operations": totals[:n_formats].sum(),
        "updates_active": of["updates_active"],
        "updates_inactive": n_rows * int(mapping.n_neurons.sum()) - of["updates_active"],
        "packets": of["packets"],
        "packets_in": of["packets_in"],
        "within_tile": packets[x + y == 0].sum(),
        "hops_x": packets @ x,
        "hops_y": packets @ y,
    }
    formats = zip(counters.formats, counters.columns, strict=False)
    apart = [column for name, column in formats if profile.has(f"energy_synaptic_operation_{name}")]
    whole |= _between_chips(mapping, counters.links) | {c: of[c] for c in apart}
    whole |= {name: n.sum() for name, n in counters.arriving.items()}
    return {name: float(n / n_samples) for name, n in whole.items()}


def _energies(
    profile: HardwareProfile, counts: dict[str, float], latency_s: float | None, n_chips: int
) -> tuple[dict[str, float], float | None]:
    """Energy by event, or of the whole chip while it computes; and static energy of the chips in
    use, where that is told apart.
    """
    if FAMILIES[profile.family].priced_by_power:
        if latency_s is None or not profile.has("active_power"):
            return {}, None
        return {"whole chip while it computes": profile.si("active_power") * latency_s}, None
    amounts = event_amounts(profile, counts)
    parts = {
        c: amounts[f] * profile.si(f)
        for c, f in ENERGY_FIGURES.items()
        if f in amounts and profile.has(f)
    }
    powered = latency_s is not None and profile.has("static_power")
    return parts, n_chips * profile.si("static_power") * latency_s if powered else None


def _between_chips(mapping: CoreMap, links: Links) -> dict[str, np.number]:
    """Count packets to cores of another chip, and the links between chips that they cross."""
    if not mapping.profile.has("cores_per_chip"):
        return {}
    crossed = chip_hops(mapping, links.source, links.target)
    return {"between_chips": links.packets[crossed > 0].sum(), "chip_hops": links.packets @ crossed}


def _way_in(profile: HardwareProfile, counts: dict[str, float]) -> tuple[str, ...]:
    """What of inputs is in no number, where there are any: their way from outside to their cores;
    where cores send them, what these do besides.
    """
    if profile.has("sources_per_core"):
        return (SOURCES,) if counts["input_packets"] else ()
    is_told = FAMILIES[profile.family].priced_by_power or profile.has("energy_input_packet")
    return (WAY_IN,) if counts["input_packets"] and not is_told else ()


def _chips_left_out(
    profile: HardwareProfile, counts: dict[str, float], timing: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is not known about the links between chips that a run used."""
    if not counts.get("chip_hops"):
        return (), ()
    needed = ("energy_chip_hop", *(["time_chip_hop"] if timing == "asynchronous" else []))
    missing = tuple(f for f in needed if not profile.has(f) and f not in profile.included)
    said = {
        UNPRICED_LINKS: "energy_chip_hop" in missing,
        "time of links between chips": "time_chip_hop" in missing or timing in TAKES_NO_TIME,
        "time until all chips agree that a step is over": profile.step == "barrier",
    }
    return missing, tuple(words for words, left_out in said.items() if left_out)


def _scheduled_spikes(record: SpikeRecord, network: Network) -> float:
    """Spikes per inference of inputs, and of neurons that have synapses."""
    return _spikes(record, {e.source for e in network.projections}) / record.n_samples


def _run_counts(counters: MappedRun, synaptic_operations: float) -> RunCounts:
    """Count what clock cycles go into, per inference; hidden are all neurons but the output's."""
    record, network, steps = counters.record, counters.mapping.network, counters.fired_steps
    fired = {name: steps[k : k + network[name].n_neurons] for name, k in network.starts.items()}
    inputs = {p.name for p in network.inputs}
    hidden = {p.name for p in network.neuron_populations} - {network.output}
    n_outputs = network[network.output].n_neurons
    n_hidden = network.n_neurons - n_outputs
    reached = {name: np.zeros(network[name].n_neurons, np.int64) for name in hidden}
    for e in _between(network, inputs, hidden):
        reached[e.target] += e.in_degree()
    outward = _between(network, hidden, {network.output})
    neuron_steps = record.n_samples * record.n_steps
    return RunCounts(
        record.n_steps,
        synaptic_operations,
        _scheduled_spikes(record, network),
        n_inputs=network.n_channels,
        n_input_targets=sum(int(np.count_nonzero(n)) for n in reached.values()),
        n_hidden=n_hidden,
        n_recurrent=sum(e.n_synapses for e in _between(network, hidden, hidden)),
        n_output_sources=sum(int(np.count_nonzero(e.out_degree())) for e in outward),
        n_outputs=n_outputs,
        input_activity=_share(fired, inputs, neuron_steps * network.n_channels),
        hidden_activity=_share(fired, hidden, neuron_steps * n_hidden),
    )


def _between(network: Network, sources: set[str], targets: set[str]) -> list[Projection]:
    return [e for e in network.projections if e.source in sources and e.target in targets]


def _share(fired: dict[str, np.ndarray], names: set[str], neuron_steps: int) -> float:
    """Share of the steps of some populations in which a neuron fires, once or more."""
    return sum(float(fired[name].sum()) for name in names) / max(1, neuron_steps)


def _spikes(record: SpikeRecord, names: set[str]) -> float:
    return sum(float(n.sum()) for name, n in record.spike_counts.items() if name in names)

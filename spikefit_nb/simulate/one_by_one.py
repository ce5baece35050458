"""Run a network as a chip without steps does: event by event, in an order drawn anew."""

from typing import NamedTuple

import numpy as np

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import NetworkProblem, expect_seed
from spikefit_nb.kernels.one_by_one import Synapses, run_one_by_one
from spikefit_nb.network import Network, Population
from spikefit_nb.simulate.arithmetic import ARITHMETICS
from spikefit_nb.simulate.block import Watch
from spikefit_nb.simulate.inputs import check_choices, check_inputs, settle_decode
from spikefit_nb.simulate.plan import check_input, prepare
from spikefit_nb.simulate.prepared import Prepared
from spikefit_nb.simulate.record import Decode, SpikeRecord
from spikefit_nb.simulate.rows import read_rows, share_out
from spikefit_nb.simulate.run import run_at_once


class Arrivals(NamedTuple):
    """Events of one sample in the order in which they come."""

    neuron: np.ndarray  # (n_events,) int32
    start: np.ndarray  # (n_steps + 1,) int64, where those of each step begin

    @property
    def step(self) -> np.ndarray:
        """The step of each event."""
        return np.repeat(np.arange(self.start.size - 1), np.diff(self.start))


class Sample(NamedTuple):
    """What is kept of a sample that has been run."""

    counts: dict[str, np.ndarray]  # (n_neurons,) spikes, of each population
    spikes: np.ndarray  # (n_steps, n_outputs) int32


class Layer(NamedTuple):
    """A population and all that leads into it."""

    name: str
    sources: tuple[tuple[str, int], ...]  # name, and the number of its first neuron among them
    synapses: Synapses
    prepared: Prepared


def simulate_one_by_one(
    network: Network,
    dataset: SpikeDataset,
    *,
    arithmetic: str,
    seed: int,
    decode: Decode | None = None,
) -> SpikeRecord:
    """Run every sample event by event, as a chip without steps does.

    Steps are kept apart, and within one the input events come in an order drawn from ``(seed,
    sample)``. Each is added alone, and a neuron that it lifts to its threshold fires once, however
    far it is lifted; synapses of weight zero bring nothing. The spikes of a layer reach the next
    one in the order in which they were fired; where several layers lead into one, theirs are
    shuffled.

    Parameters
    ----------
    network : Network, of layers without loops and delays
    dataset : SpikeDataset
    arithmetic : one of ``simulate.ARITHMETICS``, of a chip that handles events as they come
    seed : int
    decode : "count", "first_spike" or None

    Returns
    -------
    SpikeRecord, without its events

    Raises
    ------
    NetworkProblem
        The chip has steps, a spike takes some, or the arithmetic cannot express the network.
    DatasetProblem
        The data set does not belong to the network.

    References
    ----------
    synsense/sinabs@13ad316 docs/speck/faqs/tips_for_training.md, Weight Clipping During Training: a
    neuron fires once for an event, and again only with the next one; @283d3f1
    docs/speck/specksim.md: events are handled in the order in which they were made.

    Examples
    --------
    >>> from spikefit_nb.network import IF, Input, Population, Projection
    >>> neuron = IF(1.0, reset="subtract", max_spikes_per_step=None)
    >>> network = Network([Population("in", (1,), Input()), Population("out", (1,), neuron)],
    ...                   [Projection("in", "out", np.array([[5]], np.int8), scale=1.0)])
    >>> dataset = SpikeDataset(np.ones((1, 3, 1), bool))
    >>> simulate_one_by_one(network, dataset, arithmetic="speck", seed=0).spike_counts["out"]
    array([[3]], dtype=int32)
    """
    check_inputs(network, dataset)
    check_choices(arithmetic=(arithmetic, tuple(ARITHMETICS)))
    _check(network, arithmetic, decode)
    expect_seed(seed)
    layers = [_layer(network, p.name, arithmetic) for p in network.neuron_populations]
    for layer in layers:
        check_input(layer.name, layer.prepared, dataset, arithmetic)

    def run(sample: int, watch: Watch) -> Sample:
        sent = _run(network, layers, dataset, sample, np.random.default_rng((seed, sample)))
        watch.done.append(dataset.n_steps)
        return _counted(network, sent)

    samples = range(dataset.n_samples)
    done = run_at_once(run, samples, dataset.n_samples * dataset.n_steps)
    return _collect(network, dataset, done, arithmetic)


def _check(network: Network, arithmetic: str, decode: Decode | None) -> None:
    """Refuse what cannot be run without steps."""
    if not ARITHMETICS[arithmetic].per_event:
        able = ", ".join(name for name, each in ARITHMETICS.items() if each.per_event)
        raise NetworkProblem(
            f"arithmetic is {arithmetic!r}, whose chip has steps; only those of {able} handle "
            "events as they come."
        )
    if settle_decode(network, decode) != "count":
        raise NetworkProblem(
            f"decode is {decode!r}; event by event the answer is the output that fires most: "
            "leave decode out."
        )
    order = [p.name for p in _all(network)]
    for e in network.projections:
        if e.delay_steps or order.index(e.source) >= order.index(e.target):
            raise NetworkProblem(
                f"The projection {e.source!r} -> {e.target!r} takes {e.delay_steps} steps; event "
                "by event there are none to wait for: give it delay_steps=0, without loops."
            )


def _layer(network: Network, name: str, arithmetic: str) -> Layer:
    """All synapses into a population in one table, by source."""
    prepared = prepare(network, network[name], arithmetic)
    sources, begin = [], 0
    parts = [(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int32))]
    for e, factor in zip(prepared.projections, prepared.scales, strict=True):
        sources.append((e.source, begin))
        for edges in e.blocks():
            weight = edges.weight.astype(np.int32) * factor
            parts.append((edges.source + begin, edges.target, weight))
        begin += e.shape[0]
    source, target, weight = (np.concatenate(part) for part in zip(*parts, strict=True))
    first = np.searchsorted(source, np.arange(begin + 1))
    synapses = Synapses(first.astype(np.int64), target.astype(np.int32), weight.astype(np.int32))
    return Layer(name, tuple(sources), synapses, prepared)


def _run(
    network: Network,
    layers: list[Layer],
    dataset: SpikeDataset,
    sample: int,
    random: np.random.Generator,
) -> dict[str, Arrivals]:
    """The events of every population, inputs included, in one sample."""
    rows = share_out(read_rows(dataset, sample, sample + 1), [p.n_neurons for p in network.inputs])
    sent = {}
    for p, mine in zip(network.inputs, rows, strict=True):
        n_each = mine.stop[0] - mine.start[0]
        step, neuron = np.repeat(np.arange(n_each.size), n_each), mine.neuron[: n_each.sum()]
        if mine.amount is not None:
            step, neuron = (np.repeat(each, mine.amount[: step.size]) for each in (step, neuron))
        sent[p.name] = _shuffled(neuron, step, n_each.size, random)
    for layer in layers:
        sent[layer.name] = _fired(layer, _arriving(layer, sent, random))
    return sent


def _shuffled(
    neuron: np.ndarray, step: np.ndarray, n_steps: int, random: np.random.Generator
) -> Arrivals:
    """Events in any order within their steps."""
    order = np.lexsort((random.random(step.size), step))
    start = np.searchsorted(step[order], np.arange(n_steps + 1))
    return Arrivals(neuron[order].astype(np.int32), start.astype(np.int64))


def _arriving(layer: Layer, sent: dict[str, Arrivals], random: np.random.Generator) -> Arrivals:
    """What comes to a layer: of one source as it was fired, of several shuffled."""
    if len(layer.sources) == 1:
        return sent[layer.sources[0][0]]
    parts = [sent[name] for name, _ in layer.sources]
    neuron = np.concatenate([sent[name].neuron + begin for name, begin in layer.sources])
    step = np.concatenate([part.step for part in parts])
    return _shuffled(neuron, step, parts[0].start.size - 1, random)


def _fired(layer: Layer, arriving: Arrivals) -> Arrivals:
    """The spikes of a layer: run once more where there was too little room for them."""
    values = layer.prepared.neurons.values
    given = layer.synapses, values.threshold, values.lowest, values.to_zero, *arriving
    room, start = arriving.neuron.size + 1, np.zeros_like(arriving.start)
    while True:
        fired = np.zeros(room, np.int32)
        n_fired = run_one_by_one(*given, np.zeros_like(values.threshold), fired, start)
        if n_fired <= room:
            return Arrivals(fired[:n_fired], start)
        room = n_fired


def _counted(network: Network, sent: dict[str, Arrivals]) -> Sample:
    """What is kept of a sample."""
    counts = {
        p.name: np.bincount(sent[p.name].neuron, minlength=p.n_neurons) for p in _all(network)
    }
    out, answers = network[network.output], sent[network.output]
    spikes = np.zeros((answers.start.size - 1, out.n_neurons), np.int32)
    np.add.at(spikes, (answers.step, answers.neuron), 1)
    return Sample(counts, spikes)


def _all(network: Network) -> tuple[Population, ...]:
    """Every population in order of evaluation."""
    return (*network.inputs, *network.neuron_populations)


def _collect(
    network: Network, dataset: SpikeDataset, samples: list[Sample], arithmetic: str
) -> SpikeRecord:
    counts = {
        p.name: np.array([sample.counts[p.name] for sample in samples], np.int32)
        for p in _all(network)
    }
    operations = np.zeros(dataset.n_samples, np.int64)
    for e in network.projections:
        operations += counts[e.source] @ e.out_degree()
    return SpikeRecord(
        counts,
        np.array([sample.spikes for sample in samples]),
        None,
        dataset.labels,
        "count",
        events=None,
        synaptic_operations=operations,
        arithmetic=arithmetic,
    )

"""Which layer an energy is spent for."""

from collections.abc import Iterator

import numpy as np

from spikefit_nb.network import Network
from spikefit_nb.replay.counters import Counters
from spikefit_nb.replay.figures import ENERGY_FIGURES, event_amounts
from spikefit_nb.replay.price import Price
from spikefit_nb.replay.timing import chip_hops


def energy_by_layer(counters: Counters, price: Price) -> dict[str, dict[str, float]]:
    """Tell which layer each part of an energy is spent for.

    A synaptic operation belongs to the layer that receives it, an update to the layer of the
    neuron, and a spike with its packets and their way to the layer that sends it. What a chip
    spends as a whole, such as clock cycles, belongs to none.

    Parameters
    ----------
    counters : Counters, of the run
    price : Price, of the same run

    Returns
    -------
    dict of layer to dict of part to joules per inference; without a published energy all are empty

    Examples
    --------
    >>> import spikefit_nb as sf
    >>> report = sf.deploy(
    ...     sf.load_network("digits"), sf.load_profile("loihi1"), sf.load_dataset("digits").take(30)
    ... )
    >>> found = energy_by_layer(Counters(report.record, report.mapping), report.price)
    >>> max(found["hidden"], key=found["hidden"].get)
    'synaptic_operations'
    """
    profile, layers = counters.mapping.profile, counters.mapping.network.neuron_populations
    if not price.energy_parts_j:
        return {layer.name: {} for layer in layers}
    shares = dict(_shares(counters))
    found = {}
    for layer in layers:
        told = {
            counter: price.counts[counter] * of.get(layer.name, 0.0)
            for counter, of in shares.items()
            if counter in price.counts
        }
        amounts = event_amounts(profile, told)
        found[layer.name] = {
            counter: amounts[figure] * profile.si(figure)
            for counter, figure in ENERGY_FIGURES.items()
            if figure in amounts and profile.has(figure)
        }
    return found


def _shares(counters: Counters) -> Iterator[tuple[str, dict[str, float]]]:
    """The share of each layer in each counter."""
    network = counters.mapping.network
    for counter, of_neuron in _by_neuron(counters):
        sums = {p.name: float(of_neuron[_here(network, p.name)].sum()) for p in network.populations}
        yield counter, _parts(sums)
    for counter, kinds in _operations(counters).items():
        yield counter, _parts(kinds)


def _here(network: Network, name: str) -> slice:
    """Where a population stands among all neurons."""
    first = network.starts[name]
    return slice(first, first + network[name].n_neurons)


def _parts(amounts: dict[str, float]) -> dict[str, float]:
    whole = sum(amounts.values())
    return {name: float(n / whole) if whole else 0.0 for name, n in amounts.items()}


def _by_neuron(counters: Counters) -> Iterator[tuple[str, np.ndarray]]:
    """What each neuron fires, sends and updates, all samples together."""
    m = counters.mapping
    on_chip = m.core_of >= 0
    spikes = np.where(on_chip, counters.spikes, 0)
    yield "spikes", spikes
    active = np.zeros(spikes.size)
    active[m.network.n_channels :] = _active(counters)
    active *= m.copies
    yield "updates_active", active
    is_neuron = np.arange(spikes.size) >= m.network.n_channels
    yield "updates_inactive", is_neuron * m.copies * counters.n_rows - active
    n_axons = np.diff(m.fan_ptr)
    sender = np.repeat(np.arange(spikes.size), n_axons)
    sent, start, arrives = spikes[sender], m.core_of[sender], counters.spikes[sender]
    x, y = np.abs(m.tiles[m.fan_core] - m.tiles[start]).T
    ways = {
        "packets": sent,
        "packets_in": arrives,
        "input_packets": arrives * ~is_neuron[sender],
        "within_tile": sent * (x + y == 0),
        "hops_x": sent * x,
        "hops_y": sent * y,
    }
    if m.profile.has("energy_packet_in_single"):
        ways["packets_in_single"] = arrives * counters.meets_one
    if m.profile.has("cores_per_chip"):
        ways["chip_hops"] = sent * chip_hops(m, start, m.fan_core)
    for counter, amount in ways.items():
        yield counter, np.bincount(sender, amount, spikes.size)


def _active(counters: Counters) -> np.ndarray:
    """How often each neuron was updated, all samples together."""
    n_neurons = counters.mapping.network.n_neurons
    active = np.zeros(n_neurons)
    for first, last in counters.blocks:
        bits = np.unpackbits(counters.updated[first:last], axis=1, bitorder="little")
        active += bits[:, :n_neurons].sum(axis=0)
    return active


def _operations(counters: Counters) -> dict[str, dict[str, float]]:
    """Synaptic operations onto each layer: all, and of each format."""
    network = counters.mapping.network
    found: dict[str, dict[str, float]] = {"synaptic_operations": {}}
    for e in network.projections:
        n = float(counters.spikes[_here(network, e.source)] @ e.out_degree())
        for counter in ("synaptic_operations", f"synaptic_operations_{e.kind}"):
            of = found.setdefault(counter, {})
            of[e.target] = of.get(e.target, 0.0) + n
    return found

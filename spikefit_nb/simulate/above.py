"""Integers that fire at their threshold, where the neurons of a chip fire above it."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from spikefit_nb.network import Network, Population
from spikefit_nb.simulate.record import SpikeRecord


def fires_above(network: Network, names: Collection[str]) -> Network:
    """The network with some populations that fire above their threshold, not at it."""

    def above(population: Population) -> Population:
        neuron: Any = population.neuron
        return replace(population, neuron=replace(neuron, strict_threshold=True))

    return network.replace(
        populations=[above(p) if p.name in names else p for p in network.populations]
    )


def what_changes_above(
    names: Collection[str], network: Network, met: SpikeRecord, above: SpikeRecord
) -> str:
    """What firing above the threshold, as the chip does, changes of a run, in words."""
    at, then = (_n_spikes(network, record) for record in (met, above))
    right = ""
    if met.accuracy is not None and above.accuracy is not None:
        right = f", {above.accuracy:.1%} of the answers right in place of {met.accuracy:.1%}"
    return (
        f"Integers of {', '.join(map(repr, names))} are run as they are, and neurons there fire at "
        "their threshold, as the network says; those of the chip fire above it. With "
        f"strict_threshold=True, as on the chip, {then:,} spikes in place of {at:,}{right}."
    )


def _n_spikes(network: Network, record: SpikeRecord) -> int:
    """Spikes of all neurons, inputs not counted."""
    return sum(int(record.spike_counts[p.name].sum()) for p in network.neuron_populations)

"""A network of some of its neurons: weights, parameters and shapes cut alike."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from spikefit_nb.errors import DesignProblem
from spikefit_nb.network import Network, Population, Projection


def units_of(network: Network, name: str) -> np.ndarray:
    """The unit of each neuron that stays or goes as a whole: itself, or its channel where a
    convolution meets it.
    """
    n = network[name].n_neurons
    met = {box[0] for e in network.projections for box in boxes(e, name)} or {n}
    if len(met) > 1:
        raise DesignProblem(
            f"Convolutions see {name!r} as {' and as '.join(map(str, sorted(met)))} channels, so "
            "that no part of it "
            "can be cut off alike for all. Leave it out: name other populations."
        )
    return np.arange(n) // (n // met.pop())


def boxes(projection: Projection, name: str) -> Iterator[tuple[int, int, int]]:
    """The shapes, channels first, that a convolution sees a population as."""
    weight = projection.weight
    shapes = ((projection.source, weight.input_shape), (projection.target, weight.output_shape))
    yield from (shape for end, shape in shapes if end == name and len(shape) == 3)


def keep_neurons(network: Network, kept: dict[str, np.ndarray]) -> Network:
    """The network of the neurons kept, with all synapses between them."""
    kept = {name: keep for name, keep in kept.items() if not keep.all()}
    if not kept:
        return network
    populations = [_cut(p, kept[p.name]) if p.name in kept else p for p in network.populations]
    every = {p.name: np.ones(p.n_neurons, bool) for p in network.populations} | kept
    projections = [
        e.take(every[e.source], every[e.target]) if e.source in kept or e.target in kept else e
        for e in network.projections
    ]
    return network.replace(populations=populations, projections=projections)


def _cut(population: Population, keep: np.ndarray) -> Population:
    shape: tuple[int, ...] = (int(keep.sum()),)
    by_channel = keep.reshape(population.shape[0], -1)
    if len(population.shape) > 1 and (by_channel == by_channel[:, :1]).all():
        shape = (int(by_channel[:, 0].sum()), *population.shape[1:])
    return part_of(population, keep, population.name, shape)


def part_of(
    population: Population, index: np.ndarray, name: str, shape: tuple[int, ...]
) -> Population:
    """Some neurons of a population as one of their own, with their own parameters."""
    own = {
        parameter: population.parameter(parameter)[index].reshape(shape)
        for parameter in population.neuron.parameters
        if np.ndim(getattr(population.neuron, parameter))
    }
    return Population(name, shape, replace(population.neuron, **own))

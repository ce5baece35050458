"""A network of some of its neurons: weights, parameters and shapes cut alike."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from spikefit_nb.errors import DesignProblem
from spikefit_nb.network import Conv2d, Network, Population, Projection


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
    if isinstance(projection.weight, Conv2d):
        yield from ([projection.weight.input_shape] if projection.source == name else [])
        yield from ([projection.weight.output_shape] if projection.target == name else [])


def keep_neurons(network: Network, kept: dict[str, np.ndarray]) -> Network:
    """The network of the neurons kept, with all synapses between them."""
    kept = {name: keep for name, keep in kept.items() if not keep.all()}
    if not kept:
        return network
    populations = [_cut(p, kept[p.name]) if p.name in kept else p for p in network.populations]
    every = {p.name: np.ones(p.n_neurons, bool) for p in network.populations} | kept
    projections = [
        _between(e, every[e.source], every[e.target]) if e.source in kept or e.target in kept else e
        for e in network.projections
    ]
    return network.replace(populations=populations, projections=projections)


def _cut(population: Population, keep: np.ndarray) -> Population:
    shape: tuple[int, ...] = (int(keep.sum()),)
    by_channel = keep.reshape(population.shape[0], -1)
    if len(population.shape) > 1 and (by_channel == by_channel[:, :1]).all():
        shape = (int(by_channel[:, 0].sum()), *population.shape[1:])
    own = {
        parameter: population.parameter(parameter)[keep].reshape(shape)
        for parameter in population.neuron.parameters
        if np.ndim(getattr(population.neuron, parameter))
    }
    return Population(population.name, shape, replace(population.neuron, **own))  # type: ignore[arg-type]


def _between(e: Projection, sources: np.ndarray, targets: np.ndarray) -> Projection:
    weight = e.weight
    if isinstance(weight, Conv2d):
        weight = _cut_kernel(
            weight,
            sources.reshape(weight.input_shape)[:, 0, 0],
            targets.reshape(weight.output_shape)[:, 0, 0],
        )
    else:
        matrix = sp.csr_array(weight) if sp.issparse(weight) else weight
        weight = matrix[sources][:, targets]
    scale = np.asarray(e.scale)[targets] if np.ndim(e.scale) else e.scale  # type: ignore[arg-type]
    return replace(e, weight=weight, scale=scale)


def _cut_kernel(weight: Conv2d, inputs: np.ndarray, outputs: np.ndarray) -> Conv2d:
    """The convolution between some channels; in groups still where each is left as many, else in
    one with zeros.
    """
    n_out, per_group, *window = weight.weight.shape
    group_in = np.arange(inputs.size) // per_group
    group_out = np.arange(n_out) // (n_out // weight.groups)
    n_in, n_made = (
        np.bincount(g[k], minlength=weight.groups)
        for g, k in ((group_in, inputs), (group_out, outputs))
    )
    alive = (n_in > 0) | (n_made > 0)
    whole = np.zeros((n_out, inputs.size, *window), weight.weight.dtype)
    for group in range(weight.groups):
        whole[np.ix_(group_out == group, group_in == group)] = weight.weight[group_out == group]
    left = (int(inputs.sum()), *weight.input_shape[1:])
    if weight.groups > 1 and np.unique(n_in[alive]).size == np.unique(n_made[alive]).size == 1:
        parts = [
            whole[(group_out == g) & outputs][:, (group_in == g) & inputs]
            for g in np.flatnonzero(alive)
        ]
        return replace(weight, weight=np.concatenate(parts), input_shape=left, groups=len(parts))
    return replace(weight, weight=whole[outputs][:, inputs], input_shape=left, groups=1)

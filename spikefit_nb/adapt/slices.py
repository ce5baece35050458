"""Parts of a projection: what it brings to some of its targets, or from some of its sources."""

from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from spikefit_nb.network import Conv2d, Population, Projection


def part_of(
    population: Population, index: np.ndarray, name: str, shape: tuple[int, ...]
) -> Population:
    """Some neurons of a population as one of their own, with their own parameters."""
    own = {
        parameter: population.parameter(parameter)[index].reshape(shape)
        for parameter in population.neuron.parameters
        if np.ndim(getattr(population.neuron, parameter))
    }
    neuron = replace(population.neuron, **own)  # type: ignore[arg-type]
    return Population(name, shape, neuron)


def onto(
    projection: Projection, index: np.ndarray, name: str, channels: slice | None
) -> Projection:
    """What a projection brings to some of its target neurons, synapse for synapse."""
    weight = projection.weight
    if isinstance(weight, Conv2d) and channels is not None:
        whole = ungrouped(weight)
        weight = replace(whole, weight=whole.weight[channels])
    else:
        weight = unrolled(weight)[:, index]
    scale = np.asarray(projection.scale)[index] if np.ndim(projection.scale) else projection.scale  # type: ignore
    return replace(projection, target=name, weight=weight, scale=scale)


def out_of(
    projection: Projection, index: np.ndarray, name: str, channels: slice | None
) -> Projection:
    """What a projection brings from some of its source neurons, synapse for synapse."""
    weight = projection.weight
    if isinstance(weight, Conv2d) and channels is not None:
        whole = ungrouped(weight)
        kernel = whole.weight[:, channels]
        weight = replace(
            whole, weight=kernel, input_shape=(kernel.shape[1], *weight.input_shape[1:])
        )
    else:
        weight = unrolled(weight)[index]
    return replace(projection, source=name, weight=weight)


def ungrouped(weight: Conv2d) -> Conv2d:
    """The same convolution in one group, with zeros where a channel is not read."""
    if weight.groups == 1:
        return weight
    n_out, per_group, *window = weight.weight.shape
    kernel = np.zeros((n_out, weight.input_shape[0], *window), weight.weight.dtype)
    channels = np.arange(n_out)[:, None] // (n_out // weight.groups) * per_group + np.arange(
        per_group
    )
    kernel[np.arange(n_out)[:, None], channels] = weight.weight
    return replace(weight, weight=kernel, groups=1)


def unrolled(weight: np.ndarray | sp.sparray | Conv2d) -> np.ndarray | sp.sparray:
    """A weight as a matrix, dense or sparse, of the same dtype; a convolution written out."""
    if not isinstance(weight, Conv2d):
        return weight
    edges = weight.edges(0, weight.shape[0])
    return sp.csr_array((edges.weight, (edges.source, edges.target)), shape=weight.shape)

"""Weights of a projection as a matrix, a column a neuron (or a channel), and back."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from spikefit_nb.network import Conv2d, Network, Projection


def with_values(projection: Projection, values: np.ndarray, **changes: object) -> Projection:
    """The projection with other stored weights, in the order of ``projection.values``."""
    weight = projection.weight
    if isinstance(weight, Conv2d):
        weight = replace(weight, weight=values.reshape(weight.weight.shape))
    elif sp.issparse(weight):
        weight = sp.csr_array((values, weight.indices, weight.indptr), shape=weight.shape)
    else:
        weight = values.reshape(projection.shape)
    return replace(projection, weight=weight, **changes)


def real_values(projection: Projection) -> np.ndarray:
    """The stored weights in real units, in the order of ``projection.values``."""
    real = projection.real_weight()
    if isinstance(real, Conv2d):
        return real.weight.ravel()
    return np.asarray(real.data) if sp.issparse(real) else np.ravel(real)  # type: ignore[union-attr]


def incoming_groups(network: Network, population: str) -> tuple[tuple[Projection, ...], ...]:
    """The projections into a population as ``as_matrix`` takes them: each convolution alone, all
    matrices together.
    """
    incoming = [e for e in network.projections if e.target == population]
    matrices = tuple(e for e in incoming if e.kind != "convolution")
    return tuple((e,) for e in incoming if e.kind == "convolution") + (
        (matrices,) if matrices else ()
    )


def as_matrix(projections: Sequence[Projection]) -> np.ndarray:
    """Real weights of projections into one population: sources below one another, one column a
    target.
    """
    first = projections[0].real_weight()
    if isinstance(first, Conv2d):
        kernels = first.weight.astype(np.float64)
        return kernels.reshape(first.groups, kernels.shape[0] // first.groups, -1).transpose(
            0, 2, 1
        )
    real = (e.real_weight() for e in projections)
    dense = [np.asarray(w.todense() if sp.issparse(w) else w, np.float64) for w in real]
    return np.concatenate(dense)[None]


def from_matrix(
    projections: Sequence[Projection], matrix: np.ndarray, **changes: object
) -> list[Projection]:
    """The projections with the weights of ``as_matrix`` replaced; a sparse one gets no synapse."""
    if projections[0].kind == "convolution":
        kernels = np.ascontiguousarray(matrix.transpose(0, 2, 1))
        return [with_values(projections[0], kernels.ravel(), **changes)]
    made, first = [], 0
    for e in projections:
        part = matrix[0, first : first + e.shape[0]]
        first += e.shape[0]
        if sp.issparse(e.weight):
            rows = np.repeat(np.arange(e.shape[0]), np.diff(e.weight.indptr))
            part = part[rows, e.weight.indices]
        made.append(with_values(e, np.ravel(part), **changes))
    return made


def target_of(projection: Projection) -> np.ndarray:
    """A target neuron of each stored weight: of a kernel entry the first neuron of its channel."""
    weight = projection.weight
    if isinstance(weight, Conv2d):
        channels, y, x = weight.output_shape
        return np.repeat(np.arange(channels) * y * x, weight.weight[0].size)
    if sp.issparse(weight):
        return weight.indices.astype(np.int64)
    return np.tile(np.arange(projection.shape[1]), projection.shape[0])


def of_each_weight(
    projections: Sequence[Projection], of_source: np.ndarray
) -> Iterator[np.ndarray]:
    """What a source has, for each stored weight that starts there."""
    first = 0
    for e in projections:
        if isinstance(e.weight, Conv2d):
            yield np.repeat(of_source, e.weight.weight.shape[0] // e.weight.groups, axis=0).ravel()
            continue
        own = of_source[0, first : first + e.shape[0]]
        first += e.shape[0]
        yield np.repeat(own, np.diff(e.weight.indptr) if sp.issparse(e.weight) else e.shape[1])

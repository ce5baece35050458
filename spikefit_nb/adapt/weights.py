"""Weights of a projection as a matrix, a column a neuron (or a channel), and back."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from spikefit_nb.network import Conv2d, Network, Projection


def with_values(projection: Projection, values: np.ndarray, **changes: object) -> Projection:
    """The projection with other stored weights, in the order of ``projection.values``.

    Parameters
    ----------
    projection : Projection
    values : as many as it stores
    **changes : other fields of the projection, such as ``scale``

    Returns
    -------
    Projection

    Examples
    --------
    >>> with_values(Projection("in", "out", np.eye(2)), np.array([1.0, 2.0, 0.0, 3.0])).weight
    array([[1., 2.],
           [0., 3.]])
    """
    weight = projection.weight
    if isinstance(weight, Conv2d):
        weight = replace(weight, weight=values.reshape(weight.weight.shape))
    elif sp.issparse(weight):
        weight = sp.csr_array((values, weight.indices, weight.indptr), shape=weight.shape)
    else:
        weight = values.reshape(projection.shape)
    return replace(projection, weight=weight, **changes)


def real_values(projection: Projection) -> np.ndarray:
    """The stored weights in real units, in the order of ``projection.values``.

    Parameters
    ----------
    projection : Projection

    Returns
    -------
    float32, flat

    Examples
    --------
    >>> real_values(Projection("in", "out", np.array([[2, 3]]), scale=0.5))
    array([1. , 1.5], dtype=float32)
    """
    real = projection.real_weight()
    if isinstance(real, Conv2d):
        return real.weight.ravel()
    return np.asarray(real.data) if sp.issparse(real) else np.ravel(real)  # type: ignore[union-attr]


def incoming_groups(network: Network, population: str) -> tuple[tuple[Projection, ...], ...]:
    """The projections into a population as ``as_matrix`` takes them: each convolution alone, all matrices together.

    Parameters
    ----------
    network : Network
    population : str

    Returns
    -------
    tuple of tuple of Projection

    Examples
    --------
    >>> from spikefit_nb.network import IF, Input, Population
    >>> loop = [Projection("in", "out", np.eye(1)), Projection("out", "out", np.eye(1), delay_steps=1)]
    >>> [len(group) for group in incoming_groups(
    ...     Network([Population("in", (1,), Input()), Population("out", (1,), IF(1.0))], loop), "out")]
    [2]
    """
    incoming = [e for e in network.projections if e.target == population]
    matrices = tuple(e for e in incoming if e.kind != "convolution")
    return tuple((e,) for e in incoming if e.kind == "convolution") + ((matrices,) if matrices else ())


def as_matrix(projections: Sequence[Projection]) -> np.ndarray:
    """Real weights of projections into one population: sources below one another, one column a target.

    Of a convolution, which stands alone: entries of a kernel below one another, one column an output channel, one
    matrix a group.

    Parameters
    ----------
    projections : matrices, dense or sparse, into one population, or one convolution

    Returns
    -------
    (n_groups, n_sources, n_targets) float64

    Examples
    --------
    >>> as_matrix([Projection("in", "out", np.eye(2)), Projection("out", "out", np.ones((2, 2)))]).shape
    (1, 4, 2)
    """
    first = projections[0].real_weight()
    if isinstance(first, Conv2d):
        kernels = first.weight.astype(np.float64)
        return kernels.reshape(first.groups, kernels.shape[0] // first.groups, -1).transpose(0, 2, 1)
    real = (e.real_weight() for e in projections)
    dense = [np.asarray(w.todense() if sp.issparse(w) else w, np.float64) for w in real]
    return np.concatenate(dense)[None]


def from_matrix(projections: Sequence[Projection], matrix: np.ndarray, **changes: object) -> list[Projection]:
    """The projections with the weights of ``as_matrix`` replaced; no synapse comes to a sparse one.

    Parameters
    ----------
    projections : as of ``as_matrix``
    matrix : (n_groups, n_sources, n_targets), of any dtype
    **changes : other fields of the projections, such as ``scale``

    Returns
    -------
    list of Projection

    Examples
    --------
    >>> eye = Projection("in", "out", np.eye(2))
    >>> from_matrix([eye], 2 * as_matrix([eye]))[0].weight
    array([[2., 0.],
           [0., 2.]])
    """
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
    """A target neuron of each stored weight: of a kernel entry the first neuron of its channel.

    Parameters
    ----------
    projection : Projection

    Returns
    -------
    int64, in the order of ``projection.values``

    Examples
    --------
    >>> target_of(Projection("in", "out", np.ones((2, 3)))).tolist()
    [0, 1, 2, 0, 1, 2]
    """
    weight = projection.weight
    if isinstance(weight, Conv2d):
        channels, y, x = weight.output_shape
        return np.repeat(np.arange(channels) * y * x, weight.weight[0].size)
    if sp.issparse(weight):
        return weight.indices.astype(np.int64)
    return np.tile(np.arange(projection.shape[1]), projection.shape[0])


def of_each_weight(projections: Sequence[Projection], of_source: np.ndarray) -> Iterator[np.ndarray]:
    """What a source has, for each stored weight that starts there.

    Parameters
    ----------
    projections : as of ``as_matrix``
    of_source : (n_groups, n_sources), ordered as the rows of ``as_matrix``

    Yields
    ------
    array for each projection, in the order of its ``values``

    Examples
    --------
    >>> [each.tolist() for each in of_each_weight([Projection("in", "out", np.ones((2, 2)))], np.array([[5, 7]]))]
    [[5, 5, 7, 7]]
    """
    first = 0
    for e in projections:
        if isinstance(e.weight, Conv2d):
            yield np.repeat(of_source, e.weight.weight.shape[0] // e.weight.groups, axis=0).ravel()
            continue
        own = of_source[0, first : first + e.shape[0]]
        first += e.shape[0]
        yield np.repeat(own, np.diff(e.weight.indptr) if sp.issparse(e.weight) else e.shape[1])

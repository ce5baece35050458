"""Weights into a population as matrices, a column a neuron (or a channel), and back."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from spikefit_nb.network import Network, Projection


def incoming_groups(network: Network, population: str) -> tuple[tuple[Projection, ...], ...]:
    """The projections into a population as ``as_matrix`` takes them: each convolution alone, all
    matrices together.
    """
    incoming = [e for e in network.projections if e.target == population]
    matrices = tuple(e for e in incoming if e.kind != "convolution")
    alone = tuple((e,) for e in incoming if e not in matrices)
    return (*alone, matrices) if matrices else alone


def places_shared(projections: Sequence[Projection]) -> int:
    """How many neurons of a population, one after the other, share their incoming weights."""
    return int(np.lcm.reduce([1, *(int(np.prod(e.weight.output_shape[1:])) for e in projections)]))


def row_slices(projections: Sequence[Projection]) -> list[slice]:
    """The rows of each projection, where those of all stand below one another."""
    ends = np.cumsum([0, *(e.weight.column_shape[1] for e in projections)])
    return [slice(int(first), int(last)) for first, last in pairwise(ends)]


def stacked(projections: Sequence[Projection], values: Sequence[np.ndarray]) -> np.ndarray:
    """Values of the stored weights of projections, rows below one another: (n_groups, n_rows,
    n_columns).
    """
    parts = zip(projections, values, strict=True)
    return np.concatenate([e.weight.columns(each) for e, each in parts], axis=1)


def as_matrix(projections: Sequence[Projection]) -> np.ndarray:
    """Real weights of projections into one population, as ``stacked``, float64."""
    return stacked(projections, [e.real_weight().values for e in projections]).astype(np.float64)


def from_matrix(projections: Sequence[Projection], matrix: np.ndarray) -> list[Projection]:
    """The projections with the weights of ``as_matrix`` replaced; a sparse one gets no synapse."""
    return [
        e.with_values(e.weight.from_columns(matrix[:, rows]))
        for e, rows in zip(projections, row_slices(projections), strict=True)
    ]


def of_each_weight(projections: Sequence[Projection], of_row: np.ndarray) -> Iterator[np.ndarray]:
    """What a row has, (n_groups, n_rows), for each stored weight that stands there."""
    for e, rows in zip(projections, row_slices(projections), strict=True):
        yield e.weight.at_rows(of_row[:, rows])

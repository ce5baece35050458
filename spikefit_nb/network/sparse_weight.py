"""Weights as a matrix that stores only what is there."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import final

import numpy as np
import scipy.sparse as sp

from spikefit_nb.network.layers import Layer
from spikefit_nb.network.weight import Edges, Weight, matrix_layer

COUNTED_AT_ONCE = 1_000_000


@final
@dataclass(frozen=True, eq=False, repr=False)
class SparseWeight(Weight):
    """Weights of some pairs of neurons; what a scipy matrix given to a projection becomes.

    Parameters
    ----------
    matrix : (n_source, n_target) scipy sparse array, float or integer

    Examples
    --------
    >>> weight = SparseWeight(sp.eye_array(3))
    >>> weight.values, weight.toarray()[1]
    (array([1., 1., 1.]), array([0., 1., 0.]))
    """

    matrix: sp.csr_array
    shape: tuple[int, int] = field(init=False)
    input_shape: tuple[int, ...] = field(init=False)
    output_shape: tuple[int, ...] = field(init=False)
    kind = "sparse"

    def __post_init__(self) -> None:
        matrix = sp.csr_array(self.matrix, copy=True)
        matrix.sum_duplicates()
        for part in (matrix.data, matrix.indices, matrix.indptr):
            part.setflags(write=False)
        object.__setattr__(self, "matrix", matrix)
        object.__setattr__(self, "shape", matrix.shape)
        object.__setattr__(self, "input_shape", matrix.shape[:1])
        object.__setattr__(self, "output_shape", matrix.shape[1:])

    @property
    def values(self) -> np.ndarray:
        """The stored entries, row by row."""
        return self.matrix.data

    def with_values(self, values: np.ndarray) -> "SparseWeight":
        """Other entries at the same places."""
        return SparseWeight(self._matrix_of(values))

    def _matrix_of(self, values: np.ndarray) -> sp.csr_array:
        return sp.csr_array((values, self.matrix.indices, self.matrix.indptr), shape=self.shape)

    @property
    def layout(self) -> bytes:
        """Where entries are stored."""
        return self.matrix.indices.tobytes() + self.matrix.indptr.tobytes()

    @property
    def most_per_source(self) -> int:
        """All targets."""
        return self.shape[1]

    def edges(self, start: int, stop: int) -> Edges:
        """Stored entries of some rows."""
        part = self.matrix[start:stop].tocoo()
        return Edges(part.row.astype(np.int64) + start, part.col.astype(np.int64), part.data)

    def degrees(self) -> tuple[np.ndarray, np.ndarray]:
        """Stored entries of each row and each column."""
        received = np.zeros(self.shape[1], np.int64)
        for start in range(0, self.matrix.nnz, COUNTED_AT_ONCE):
            ends = self.matrix.indices[start : start + COUNTED_AT_ONCE]
            received += np.bincount(ends, minlength=received.size)
        return np.diff(self.matrix.indptr).astype(np.int64), received

    def take(self, sources: np.ndarray | None, targets: np.ndarray | None) -> "SparseWeight":
        """Some rows and columns."""
        matrix = self.matrix if sources is None else self.matrix[sources]
        return SparseWeight(matrix if targets is None else matrix[:, targets])

    @property
    def column_shape(self) -> tuple[int, int, int]:
        """One group of all."""
        return (1, *self.shape)

    def columns(self, values: np.ndarray) -> np.ndarray:
        """The values at their places, zeros between them."""
        return self._matrix_of(values).toarray()[None]

    def from_columns(self, columns: np.ndarray) -> np.ndarray:
        """What stands where entries are stored."""
        rows = np.repeat(np.arange(self.shape[0]), np.diff(self.matrix.indptr))
        return columns[0, rows, self.matrix.indices]

    def row_inputs(self, sent: np.ndarray, most: int, seed: int) -> np.ndarray:
        """The values themselves: a row is a neuron."""
        return sent[None]

    def apply(self, values: np.ndarray) -> np.ndarray:
        """The product with the matrix."""
        return np.asarray(values @ self.matrix)

    def tocsr(self) -> sp.csr_array:
        """The matrix."""
        return self.matrix

    def toarray(self) -> np.ndarray:
        """The matrix with its zeros."""
        return self.matrix.toarray()

    def unrolled(self) -> "SparseWeight":
        """The weight itself."""
        return self

    def layer(self, source_shape: tuple[int, ...], poolings: Sequence[int]) -> Layer:
        """A kernel as large as what it looks at."""
        return matrix_layer(self, source_shape, poolings)

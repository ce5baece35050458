"""Weights as a matrix that stores only what is there."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
import scipy.sparse as sp

from spikefit_nb.network.weight import Edges, Matrix

COUNTED_AT_ONCE = 1_000_000


@final
@dataclass(frozen=True, eq=False, repr=False)
class SparseWeight(Matrix):
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
    kind = "sparse"

    def __post_init__(self) -> None:
        matrix = sp.csr_array(self.matrix, copy=True)
        matrix.sum_duplicates()
        self._keep(matrix)
        self._lock()

    def _lock(self) -> None:
        for part in (self.matrix.data, self.matrix.indices, self.matrix.indptr):
            part.setflags(write=False)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._lock()

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
        """Stored entries of the longest row."""
        return int(np.diff(self.matrix.indptr).max(initial=0))

    def edges(self, start: int, stop: int) -> Edges:
        """Stored entries of some rows."""
        matrix, ptr = self.matrix, self.matrix.indptr
        first, last = int(ptr[start]), int(ptr[stop])
        source = np.repeat(np.arange(start, stop), np.diff(ptr[start : stop + 1]))
        target = matrix.indices[first:last].astype(np.int64)
        return Edges(source, target, matrix.data[first:last])

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

    def columns(self, values: np.ndarray) -> np.ndarray:
        """The values at their places, zeros between them."""
        return self._matrix_of(values).toarray()[None]

    def from_columns(self, columns: np.ndarray) -> np.ndarray:
        """What stands where entries are stored."""
        rows = np.repeat(np.arange(self.shape[0]), np.diff(self.matrix.indptr))
        return columns[0, rows, self.matrix.indices]

    def tocsr(self) -> sp.csr_array:
        """The matrix."""
        return self.matrix

    def toarray(self) -> np.ndarray:
        """The matrix with its zeros."""
        return self.matrix.toarray()

"""Weights as a matrix with a place for every pair of neurons."""

from dataclasses import dataclass
from typing import final

import numpy as np
import scipy.sparse as sp

from spikefit_nb.network.weight import Edges, Matrix


@final
@dataclass(frozen=True, eq=False, repr=False)
class DenseWeight(Matrix):
    """A weight for every pair of neurons; what an array given to a projection becomes.

    Parameters
    ----------
    matrix : (n_source, n_target) float or integer

    Examples
    --------
    >>> weight = DenseWeight(np.eye(2))
    >>> weight.with_values(2 * weight.values).matrix
    array([[2., 0.],
           [0., 2.]])
    """

    matrix: np.ndarray
    kind = "dense"

    def __post_init__(self) -> None:
        matrix = np.array(self.matrix, order="C")
        matrix.setflags(write=False)
        self._keep(matrix)

    def __array__(self, dtype: np.dtype | None = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.matrix, dtype=dtype, copy=copy)

    @property
    def values(self) -> np.ndarray:
        """The entries, row by row."""
        return self.matrix.ravel()

    def with_values(self, values: np.ndarray) -> "DenseWeight":
        """A matrix of other entries."""
        return DenseWeight(values.reshape(self.shape))

    @property
    def layout(self) -> bytes:
        """Nothing: every neuron has a place for every other."""
        return b""

    @property
    def most_per_source(self) -> int:
        """All targets."""
        return self.shape[1]

    def edges(self, start: int, stop: int) -> Edges:
        """Entries other than zero in some rows."""
        source, target = np.nonzero(self.matrix[start:stop])
        return Edges(source + start, target, self.matrix[source + start, target])

    def degrees(self) -> tuple[np.ndarray, np.ndarray]:
        """Entries other than zero in each row and each column."""
        present = self.matrix != 0
        return present.sum(axis=1, dtype=np.int64), present.sum(axis=0, dtype=np.int64)

    def take(self, sources: np.ndarray | None, targets: np.ndarray | None) -> "DenseWeight":
        """Some rows and columns."""
        matrix = self.matrix if sources is None else self.matrix[sources]
        return DenseWeight(matrix if targets is None else matrix[:, targets])

    def columns(self, values: np.ndarray) -> np.ndarray:
        """The values as they stand in the matrix."""
        return values.reshape(self.column_shape)

    def from_columns(self, columns: np.ndarray) -> np.ndarray:
        """All entries, row by row."""
        return columns.ravel()

    def tocsr(self) -> sp.csr_array:
        """The entries other than zero."""
        return sp.csr_array(self.matrix)

    def toarray(self) -> np.ndarray:
        """The matrix."""
        return self.matrix

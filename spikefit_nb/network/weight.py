"""What every weight can do, be it dense, sparse or a convolution."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
import scipy.sparse as sp

from spikefit_nb.frozen import Frozen
from spikefit_nb.network.layers import Layer, largest_pooling, tile_of_each


class Edges(NamedTuple):
    """Synapses as three equally long arrays: source neuron, target neuron (int64), weight."""

    source: np.ndarray
    target: np.ndarray
    weight: np.ndarray


class Weight(Frozen, ABC):
    """The weights of a projection, as a network stores them.

    The stored weights stand in a stack of matrices, one for each group. A row belongs to a source
    neuron, or to a place that a kernel looks at; a column to a target neuron, or to a channel. So
    one line of code serves matrices and kernels.

    Attributes
    ----------
    kind : "dense", "sparse" or "convolution"
    shape : (n_source, n_target)
    input_shape : the sources as the weight sees them, (n_source,) or (channels, y, x)
    output_shape : the targets likewise

    Examples
    --------
    >>> from spikefit_nb.network import Projection
    >>> weight = Projection("input", "output", np.eye(3)).weight
    >>> weight, weight.kind, weight.values.sum()
    (DenseWeight((3, 3), float64), 'dense', np.float64(3.0))
    """

    kind: str
    shape: tuple[int, int]
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]

    @property
    @abstractmethod
    def values(self) -> np.ndarray:
        """The stored weights, flat: one a synapse of a matrix, one an entry of a kernel."""

    @abstractmethod
    def with_values(self, values: np.ndarray) -> Self:
        """The same connections with other stored weights, in the order of ``values``."""

    @property
    @abstractmethod
    def layout(self) -> bytes:
        """What tells, beside shape and values, which neurons are connected."""

    @property
    @abstractmethod
    def most_per_source(self) -> int:
        """Synapses a source neuron can have at most."""

    @abstractmethod
    def edges(self, start: int, stop: int) -> Edges:
        """Synapses of the source neurons ``start`` to ``stop``, ordered by source."""

    @abstractmethod
    def degrees(self) -> tuple[np.ndarray, np.ndarray]:
        """Synapses of each source neuron and of each target neuron, int64."""

    @abstractmethod
    def entries_on(self, core_of: np.ndarray, n_cores: int) -> np.ndarray:
        """Stored weights other than zero that the target neurons of each core read, (n_cores,)
        int64.
        """

    @abstractmethod
    def take(self, sources: np.ndarray | None, targets: np.ndarray | None) -> "Weight":
        """The synapses between some neurons (ascending indices, or a mask; None: all of them)."""

    @property
    @abstractmethod
    def column_shape(self) -> tuple[int, int, int]:
        """(n_groups, n_rows, n_columns)."""

    @abstractmethod
    def columns(self, values: np.ndarray) -> np.ndarray:
        """Values of stored weights as a stack of matrices, of shape ``column_shape``."""

    @abstractmethod
    def from_columns(self, columns: np.ndarray) -> np.ndarray:
        """What stands in a stack of matrices at the stored weights, flat as ``values``."""

    @abstractmethod
    def row_inputs(self, sent: np.ndarray, most: int, seed: int) -> np.ndarray:
        """What reaches each row from values (n, n_source), (n_groups, n_seen, n_rows)."""

    @abstractmethod
    def apply(self, values: np.ndarray) -> np.ndarray:
        """Send values (n, n_source) through: ``values @ weight``."""

    @abstractmethod
    def tocsr(self) -> sp.csr_array:
        """Written out as a sparse (n_source, n_target) matrix of the same type."""

    @abstractmethod
    def toarray(self) -> np.ndarray:
        """Written out as a dense (n_source, n_target) matrix of the same type."""

    @abstractmethod
    def unrolled(self) -> "Weight":
        """The weight as a matrix: a convolution written out, sparse."""

    @abstractmethod
    def layer(self, source_shape: tuple[int, ...], poolings: Sequence[int]) -> Layer:
        """The weight as a layer of a convolutional chip: pooling, then a kernel."""

    @abstractmethod
    def tiles_of(self, source_shape: tuple[int, ...], pool: int) -> np.ndarray:
        """The tile of pooled pixels that each stored weight is in, as numbers."""

    def at_targets(self, each: np.ndarray) -> np.ndarray:
        """What each target neuron has, for each stored weight; of a channel, its first neuron."""
        n_groups, _, n_columns = self.column_shape
        columns = _first_of_unit(each, self.output_shape).reshape(n_groups, 1, n_columns)
        return self.from_columns(np.broadcast_to(columns, self.column_shape))

    def at_rows(self, each: np.ndarray) -> np.ndarray:
        """What each row has, (n_groups, n_rows), for each stored weight."""
        return self.from_columns(np.broadcast_to(each[:, :, None], self.column_shape))

    def rows_of(self, each: np.ndarray) -> np.ndarray:
        """What each source neuron has, for each row; of a channel, what its first neuron has."""
        n_groups, n_rows, _ = self.column_shape
        units = _first_of_unit(each, self.input_shape).reshape(n_groups, -1)
        return np.repeat(units, n_rows // units.shape[1], axis=1)

    def real(self, scale: np.ndarray | float | None) -> Self:
        """The weight in real units, float32: times one scale, or one for each target."""
        if scale is None:
            single = self.values.dtype == np.float32
            return self if single else self.with_values(self.values.astype(np.float32))
        factor = np.asarray(scale, dtype=np.float32)
        factor = self.at_targets(factor) if factor.ndim else factor
        return self.with_values(self.values.astype(np.float32) * factor)

    def scaled(self, factor: np.ndarray) -> "Weight":
        """Each target's synapses times its own factor, (n_target,)."""
        weight = self if _is_even(factor, self.output_shape) else self.unrolled()
        return weight.with_values(weight.values * weight.at_targets(factor))

    def scaled_sources(self, factor: np.ndarray) -> "Weight":
        """Each source's synapses times its own factor, (n_source,)."""
        weight = self if _is_even(factor, self.input_shape) else self.unrolled()
        return weight.with_values(weight.values * weight.at_rows(weight.rows_of(factor)))

    def axons_onto(self, bounds: np.ndarray) -> tuple[np.ndarray, ...] | None:
        """Sources, cores and synapses of each axon to cores that take the targets between bounds;
        None where only a list of all synapses tells.
        """
        return None

    @property
    def whole_kernels(self) -> np.ndarray | None:
        """The entries that reach one target, by output channel, where targets share kernels."""
        return None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.shape}, {self.values.dtype})"


def _first_of_unit(each: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """What the first neuron of each channel has, (channels,)."""
    return each.reshape(shape[0], -1)[:, 0]


def _is_even(each: np.ndarray, shape: tuple[int, ...]) -> bool:
    """Whether all neurons of a channel have the same."""
    planes = each.reshape(shape[0], -1)
    return bool((planes == planes[:, :1]).all())


class Matrix(Weight):
    """What a dense and a sparse weight share: a row for each source, a column for each target."""

    matrix: np.ndarray | sp.csr_array

    def _keep(self, matrix: np.ndarray | sp.csr_array) -> None:
        """Hold a matrix, and what its shape tells."""
        object.__setattr__(self, "matrix", matrix)
        object.__setattr__(self, "shape", matrix.shape)
        object.__setattr__(self, "input_shape", matrix.shape[:1])
        object.__setattr__(self, "output_shape", matrix.shape[1:])

    @property
    def column_shape(self) -> tuple[int, int, int]:
        """One group of all."""
        return (1, *self.shape)

    def row_inputs(self, sent: np.ndarray, most: int, seed: int) -> np.ndarray:
        """The values themselves: a row is a neuron."""
        return sent[None]

    def apply(self, values: np.ndarray) -> np.ndarray:
        """The product with the matrix."""
        return np.asarray(values @ self.matrix)

    def entries_on(self, core_of: np.ndarray, n_cores: int) -> np.ndarray:
        """One for each synapse."""
        return np.bincount(core_of, self.degrees()[1], n_cores).astype(np.int64)

    def unrolled(self) -> Self:
        """The weight itself."""
        return self

    def layer(self, source_shape: tuple[int, ...], poolings: Sequence[int]) -> Layer:
        """A kernel as large as what it looks at, which may repeat itself over tiles of pixels."""
        n_source, n_out = self.shape
        channels, y, x = source_shape if len(source_shape) == 3 else (n_source, 1, 1)
        pool = 1
        if (y, x) != (1, 1):
            kernels = self.toarray().T.reshape(n_out, channels, y, x)
            pool = largest_pooling(kernels, (y, x), poolings)
        kernel = y // pool, x // pool
        return Layer(channels, n_out, kernel, (1, 1), (0, 0), pool=pool, groups=1)

    def tiles_of(self, source_shape: tuple[int, ...], pool: int) -> np.ndarray:
        """Tiles of the pixels of each map, apart for each target."""
        tiles = tile_of_each((self.shape[1], *source_shape), pool)
        return self.from_columns(tiles.reshape(self.shape[1], -1).T[None])

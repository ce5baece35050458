"""Connections between two populations: dense, sparse, or a convolution that is never unrolled
whole.
"""

from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from spikefit_nb.errors import NetworkProblem

EDGES_PER_BLOCK = 1_000_000
FANOUTS_KEPT = 24  # of one projection: chips with cores of equal size ask for the same
# a projection with fewer weights is expanded once: mapping asks for its synapses many times
EDGES_KEPT = 2_000_000


class Fanout(NamedTuple):
    """One row an axon: the source neuron, the core it ends on, the synapses it has there; ordered
    by source.
    """

    source: np.ndarray  # (n_axons,) int64
    core: np.ndarray
    n_synapses: np.ndarray


class Edges(NamedTuple):
    """Synapses as three equally long arrays: source neuron, target neuron (int64), weight."""

    source: np.ndarray
    target: np.ndarray
    weight: np.ndarray


def _pair(name: str, value: int | tuple[int, int], least: int) -> tuple[int, int]:
    pair = np.broadcast_to(np.asarray(value), 2) if np.size(value) in (1, 2) else np.array(np.nan)
    if pair.dtype.kind not in "iuf" or not (pair >= least).all() or (pair != np.floor(pair)).any():
        raise NetworkProblem(
            f"Conv2d: {name} is {value!r}; one or two whole numbers from {least} up are needed."
        )
    return int(pair[0]), int(pair[1])


@dataclass(frozen=True, eq=False)
class Conv2d:
    """A convolution: ``out[o, y, x] = sum weight[o, i, ky, kx] * in[i, y*stride + ky*dilation -
    padding, ...]``.

    Parameters
    ----------
    weight : (n_out, n_in / groups, ky, kx) float or integer, NIR's order
    input_shape : (n_in, y, x)
    stride, padding, dilation : int or (y, x)
    groups : int

    Raises
    ------
    NetworkProblem
        Channels and weights do not agree, the window is larger than the padded input, or a stride,
        padding, dilation or number of groups is no whole number, or too small.

    Examples
    --------
    >>> Conv2d(np.ones((4, 2, 3, 3)), (2, 8, 8), padding=1).output_shape
    (4, 8, 8)
    """

    weight: np.ndarray
    input_shape: tuple[int, int, int]
    stride: tuple[int, int] | int = 1
    padding: tuple[int, int] | int = 0
    dilation: tuple[int, int] | int = 1
    groups: int = 1

    def __post_init__(self) -> None:
        weight = np.array(self.weight)
        weight.setflags(write=False)
        object.__setattr__(self, "weight", weight)
        object.__setattr__(self, "input_shape", tuple(int(n) for n in self.input_shape))
        for name, least in (("stride", 1), ("padding", 0), ("dilation", 1)):
            object.__setattr__(self, name, _pair(name, getattr(self, name), least))
        _pair("groups", self.groups, 1)
        if (
            weight.ndim != 4
            or weight.shape[1] * self.groups != self.input_shape[0]
            or weight.shape[0] % self.groups
        ):
            raise NetworkProblem(
                f"Conv2d: weight {weight.shape} with groups={self.groups} needs "
                f"{weight.shape[1] * self.groups if weight.ndim == 4 else '?'} input channels, "
                f"but the input is {self.input_shape} (channels, y, x)."
            )
        if min(self.output_shape) < 1:
            raise NetworkProblem(
                f"Conv2d: a {weight.shape[2:]} window does not fit the padded input "
                f"{self.input_shape}."
            )

    @property
    def output_shape(self) -> tuple[int, int, int]:
        """(n_out, y, x)."""
        size = [
            (
                self.input_shape[1 + a]
                + 2 * self.padding[a]
                - self.dilation[a] * (self.weight.shape[2 + a] - 1)
                - 1
            )
            // self.stride[a]
            + 1
            for a in (0, 1)
        ]
        return (self.weight.shape[0], size[0], size[1])

    @property
    def shape(self) -> tuple[int, int]:
        """(n_source, n_target), as of a matrix."""
        return int(np.prod(self.input_shape)), int(np.prod(self.output_shape))

    def edges(self, start: int, stop: int) -> Edges:
        """Synapses of the source neurons ``start`` to ``stop``, by source, then kernel position,
        then output.
        """
        geometry = (
            self.input_shape,
            self.weight.shape,
            self.stride,
            self.padding,
            self.dilation,
            self.groups,
        )
        source, target, entry = _connections(geometry, self.output_shape, start, stop)
        weight = self.weight.ravel()[entry]
        keep = np.flatnonzero(weight)
        return Edges(source[keep].astype(np.int64), target[keep].astype(np.int64), weight[keep])


@lru_cache(maxsize=16)
def _connections(
    geometry: tuple, output_shape: tuple, start: int, stop: int
) -> tuple[np.ndarray, ...]:
    """Source, target and kernel entry (int32) of all synapses a convolution can have: the same for
    all weights.
    """
    input_shape, (n_out, per_group_in, *kernel), stride, padding, dilation, groups = geometry
    per_group_out, (_, out_y, out_x) = n_out // groups, output_shape
    source = np.arange(start, stop)
    channel, y, x = np.unravel_index(source, input_shape)
    ky, kx, o = np.indices((*kernel, per_group_out)).reshape(3, -1)
    ty = y[:, None] + padding[0] - ky * dilation[0]
    tx = x[:, None] + padding[1] - kx * dilation[1]
    inside = (ty % stride[0] == 0) & (tx % stride[1] == 0)
    ty, tx = ty // stride[0], tx // stride[1]
    inside &= (ty >= 0) & (ty < out_y) & (tx >= 0) & (tx < out_x)
    output = channel[:, None] // per_group_in * per_group_out + o
    target = (output * out_y + ty) * out_x + tx
    entry = ((output * per_group_in + channel[:, None] % per_group_in) * kernel[0] + ky) * kernel[
        1
    ] + kx
    sources = np.broadcast_to(source[:, None], inside.shape)
    return tuple(column[inside].astype(np.int32) for column in (sources, target, entry))


def _counts(key: np.ndarray, weights: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Different keys in ascending order, and the weight each gathers."""
    if key.size and key.max() > 8 * key.size:  # too many possible keys for a table of them all
        order = None if weights is None else np.argsort(key)
        key = np.sort(key) if order is None else key[order]
        first = np.flatnonzero(np.diff(key, prepend=-1))
        n_each = (
            np.diff(first, append=key.size)
            if order is None
            else np.add.reduceat(weights[order], first)
        )
        return key[first], n_each
    counted = np.bincount(key, weights=weights).astype(np.int64)
    present = np.flatnonzero(counted)
    return present, counted[present]


Weight = np.ndarray | sp.sparray | Conv2d


def _freeze(weight: Weight) -> Weight:
    if isinstance(weight, Conv2d):
        return weight
    if sp.issparse(weight):
        matrix = sp.csr_array(weight, copy=True)
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
        for part in (matrix.data, matrix.indices, matrix.indptr):
            part.setflags(write=False)
        return matrix
    matrix = np.array(weight, order="C")
    matrix.setflags(write=False)
    return matrix


@dataclass(frozen=True, eq=False, repr=False)
class Projection:
    """All synapses from one population to another: ``I[target] += scale * weight *
    spikes[source]``.

    Parameters
    ----------
    source, target : str, names of populations
    weight : (n_source, n_target) dense or ``scipy.sparse`` array, or a ``Conv2d``; float, or
        integer with ``scale``
    delay_steps : int; 0 delivers within the same step (layers are evaluated in order)
    scale : None, float or (n_target,) float32; only with integer weights
    weight_bits : None or int, the bits a stored weight takes; None: not quantized

    Raises
    ------
    NetworkProblem
        The weight is not two-dimensional, no real number or not finite, a scale does not go with
        it, or a delay is negative.

    Examples
    --------
    >>> Projection("input", "output", np.eye(3))
    Projection(input -> output, dense, 3 synapses)
    """

    source: str
    target: str
    weight: Weight
    _: KW_ONLY
    delay_steps: int = 0
    scale: np.ndarray | float | None = None
    weight_bits: int | None = None

    def __post_init__(self) -> None:
        where = f"Projection {self.source!r} -> {self.target!r}"
        object.__setattr__(self, "weight", _freeze(self.weight))
        if len(self.shape) != 2:
            raise NetworkProblem(
                f"{where}: weight must be (source, target), but its shape is {self.shape}."
            )
        if self.values.dtype.kind not in "fiub":
            raise NetworkProblem(
                f"{where}: weight has dtype {self.values.dtype}; real numbers are needed."
            )
        n_bad = int(np.sum(~np.isfinite(self.values)))
        if n_bad:
            raise NetworkProblem(
                f"{where}: {n_bad} of {self.values.size} weights are NaN or infinite. "
                "Check the training run that wrote them; a diverged loss is the usual cause."
            )
        if self.delay_steps != int(self.delay_steps) or self.delay_steps < 0:
            raise NetworkProblem(
                f"{where}: delay_steps is {self.delay_steps}; it must be a whole number from 0 up."
            )
        if (self.scale is None) == (self.values.dtype.kind in "iu"):
            raise NetworkProblem(
                f"{where}: integer weights come with a scale, and only they do. If they are no "
                "quantized ones, say "
                "`weight.astype(float)`."
            )
        if self.scale is not None:
            self._check_scale(where)

    def _check_scale(self, where: str) -> None:
        scale = np.asarray(self.scale)
        if (
            scale.dtype.kind not in "fiu"
            or scale.shape not in ((), (self.shape[1],))
            or not np.isfinite(scale).all()
        ):
            raise NetworkProblem(
                f"{where}: scale is {scale.shape} {scale.dtype}; one finite number, or one for "
                "each of "
                f"{self.shape[1]} targets, is needed."
            )

    @property
    def shape(self) -> tuple[int, ...]:
        """(n_source, n_target)."""
        return tuple(self.weight.shape)

    @property
    def values(self) -> np.ndarray:
        """The stored weights, flat: one per synapse of a matrix, one per kernel entry of a
        convolution.
        """
        if isinstance(self.weight, Conv2d):
            return self.weight.weight.ravel()
        return self.weight.data if sp.issparse(self.weight) else np.ravel(self.weight)

    @property
    def kind(self) -> str:
        """One of "dense", "sparse", "convolution"."""
        if isinstance(self.weight, Conv2d):
            return "convolution"
        return "sparse" if sp.issparse(self.weight) else "dense"

    @property
    def n_synapses(self) -> int:
        """Connections with a weight other than zero, convolutions counted unrolled."""
        if isinstance(self.weight, Conv2d):
            return sum(edges.source.size for edges in self.blocks())
        return int(np.count_nonzero(self.values))

    def real_weight(self) -> Weight:
        """The weight in real units, float32, of the same kind as ``weight``."""
        scale = np.float32(1) if self.scale is None else np.asarray(self.scale, dtype=np.float32)
        if isinstance(self.weight, Conv2d):
            c = self.weight
            if scale.ndim:  # one scale an output neuron: all neurons of a channel share theirs
                scale = scale.reshape(c.output_shape)[:, 0, 0][:, None, None, None]
            return Conv2d(
                c.weight.astype(np.float32) * scale,
                c.input_shape,
                c.stride,
                c.padding,
                c.dilation,
                c.groups,
            )
        if sp.issparse(self.weight):
            matrix = self.weight.astype(np.float32)
            matrix.data = matrix.data * (scale[matrix.indices] if scale.ndim else scale)
            return matrix
        return np.asarray(self.weight, dtype=np.float32) * scale

    def edges(self, start: int, stop: int) -> Edges:
        """Synapses of the source neurons ``start`` to ``stop`` (weights as stored), ordered by
        source.
        """
        if isinstance(self.weight, Conv2d):
            return self.weight.edges(start, stop)
        if sp.issparse(self.weight):
            part = self.weight[start:stop].tocoo()
            return Edges(part.row.astype(np.int64) + start, part.col.astype(np.int64), part.data)
        source, target = np.nonzero(self.weight[start:stop])  # type: ignore[index]
        return Edges(source + start, target, self.weight[source + start, target])  # type: ignore[index]

    def blocks(self) -> Iterator[Edges]:
        """All synapses in blocks of sources, each of bounded size."""
        yield from self._kept if self._is_kept else self._expanded()

    @property
    def _is_kept(self) -> bool:
        n_weights = self.values.size if self.kind != "convolution" else self.shape[0] * self._widest
        return n_weights <= EDGES_KEPT

    @cached_property
    def _kept(self) -> tuple[Edges, ...]:
        return tuple(self._expanded())

    @property
    def _widest(self) -> int:
        """Synapses a source can have at most."""
        return self.weight.weight[:, 0].size if isinstance(self.weight, Conv2d) else self.shape[1]

    def _expanded(self) -> Iterator[Edges]:
        n_source = self.shape[0]
        n_rows = max(1, EDGES_PER_BLOCK // max(1, self._widest))
        for start in range(0, n_source, n_rows):
            yield self.edges(start, min(start + n_rows, n_source))

    def fanout(
        self, core_of: np.ndarray, copies: np.ndarray | None = None, *, by_weight: bool = False
    ) -> Fanout:
        """Where each source neuron's spikes go.

        Parameters
        ----------
        core_of : (n_target,) int, the core of each target neuron
        copies : (n_target,) int or None, how many times each target neuron is laid out; None: once
        by_weight : bool, whether synapses of different weight come in over different axons

        Returns
        -------
        Fanout
        """
        first = int(core_of.min())  # where the cores lie on the chip changes nothing else
        copies = None if copies is None or copies.max() == 1 else copies
        if copies is not None or not self._is_kept:
            found = self._fanout(core_of - first, copies, by_weight)
        else:
            key = (core_of - first).tobytes(), by_weight
            if key not in self._fanouts:
                if len(self._fanouts) >= FANOUTS_KEPT:
                    self._fanouts.pop(next(iter(self._fanouts)))
                self._fanouts[key] = self._fanout(core_of - first, None, by_weight)
            found = self._fanouts[key]
        return Fanout(found.source, found.core + first, found.n_synapses)

    @cached_property
    def _fanouts(self) -> dict[tuple[bytes, bool], Fanout]:
        return {}

    def _fanout(self, core_of: np.ndarray, copies: np.ndarray | None, by_weight: bool) -> Fanout:
        n_cores, parts = int(core_of.max()) + 1, []
        for edges in self.blocks():
            level = (
                np.unique(edges.weight, return_inverse=True)[1]
                if by_weight
                else np.zeros(1, np.int64)
            )
            n_levels, first = (
                int(level.max(initial=0)) + 1,
                int(edges.source[0]) if edges.source.size else 0,
            )
            key = ((edges.source - first) * n_cores + core_of[edges.target]) * n_levels + level
            axon, counted = _counts(key, None if copies is None else copies[edges.target])
            parts.append((axon // n_levels // n_cores + first, axon // n_levels % n_cores, counted))
        return Fanout(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    def n_axons_into(self, start: int, stop: int, *, by_weight: bool = False) -> int:
        """Axons that end on the target neurons ``start`` to ``stop``, were they alone on a core."""
        n_axons = 0  # blocks hold different sources
        for edges in self.blocks():
            inside = np.flatnonzero((edges.target >= start) & (edges.target < stop))
            key = edges.source[inside]
            if by_weight:
                level = np.unique(edges.weight[inside], return_inverse=True)[1]
                key = key * (int(level.max(initial=0)) + 1) + level
            n_axons += (
                np.unique(key).size if by_weight else int(np.sum(np.diff(key, prepend=-1) != 0))
            )
        return n_axons

    def out_degree(self) -> np.ndarray:
        """Synapses each source neuron has, (n_source,) int64."""
        return self._degrees[0]

    def in_degree(self) -> np.ndarray:
        """Synapses each target neuron has, (n_target,) int64."""
        return self._degrees[1]

    @cached_property
    def _degrees(self) -> tuple[np.ndarray, np.ndarray]:
        if self.kind == "dense":
            present = self.weight != 0
            degrees = present.sum(axis=1, dtype=np.int64), present.sum(axis=0, dtype=np.int64)
        elif self.kind == "sparse":
            degrees = (
                np.diff(self.weight.indptr).astype(np.int64),
                np.zeros(self.shape[1], np.int64),
            )
            for start in range(0, self.weight.nnz, EDGES_PER_BLOCK):
                ends = self.weight.indices[start : start + EDGES_PER_BLOCK]
                degrees[1][:] += np.bincount(ends, minlength=self.shape[1])
        else:
            degrees = np.zeros(self.shape[0], np.int64), np.zeros(self.shape[1], np.int64)
            for edges in self.blocks():
                for degree, ends in zip(degrees, edges, strict=False):
                    degree += np.bincount(ends, minlength=degree.size)
        for degree in degrees:
            degree.setflags(write=False)
        return degrees  # type: ignore[return-value]

    def __repr__(self) -> str:
        delay = f", delay {self.delay_steps}" if self.delay_steps else ""
        bits = f", {self.weight_bits} bits" if self.weight_bits else ""
        return (
            f"Projection({self.source} -> {self.target}, {self.kind}, {self.n_synapses:,} "
            f"synapses{bits}{delay})"
        )

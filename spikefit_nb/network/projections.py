"""Connections between two populations, and where their spikes go on a chip."""

from collections.abc import Iterator, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from spikefit_nb.errors import NetworkProblem, expect, is_whole
from spikefit_nb.frozen import Frozen
from spikefit_nb.network.conv_axons import consecutive
from spikefit_nb.network.layers import POOLINGS_SOUGHT, Layer
from spikefit_nb.network.linear import as_weight
from spikefit_nb.network.sparse_axons import axons_of, levels_of, n_sources_into
from spikefit_nb.network.sparse_weight import SparseWeight
from spikefit_nb.network.weight import Edges, Weight

ByWeight = bool | np.ndarray  # whether synapses of different weight come in over different axons,
# or (n_target, n_types) float64, the weight of each target for each type of axon
SAME_DIGITS = 12  # shares of a weight that differ by less are the same
EDGES_PER_BLOCK = 1_000_000
FANOUTS_KEPT = 24  # of one projection: chips with cores of equal size ask for the same
EDGES_KEPT = 2_000_000  # at most, since mapping asks for a projection's synapses many times


class Fanout(NamedTuple):
    """One row an axon, ordered by source."""

    source: np.ndarray  # (n_axons,) int64, a neuron
    core: np.ndarray  # it ends on
    n_synapses: np.ndarray  # it has there


def _counts(key: np.ndarray, weights: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Different keys in ascending order, and the weight each gathers."""
    if key.size and key.max() > 8 * key.size:  # too many possible keys for a table of them all
        if weights is not None:
            order = np.argsort(key)
            key, weights = key[order], weights[order]
        else:
            key = np.sort(key)
        first = np.flatnonzero(np.diff(key, prepend=-1))
        if weights is not None:
            return key[first], np.add.reduceat(weights, first)
        return key[first], np.diff(first, append=key.size)
    counted = np.bincount(key, weights=weights).astype(np.int64)
    present = np.flatnonzero(counted)
    return present, counted[present]


@dataclass(frozen=True, eq=False, repr=False)
class Projection(Frozen):
    """All synapses between two populations: ``I[target] += scale * weight * spikes[source]``.

    Parameters
    ----------
    source, target : str, names of populations
    weight : (n_source, n_target) dense or ``scipy.sparse`` array, or a ``Conv2d``
        Float, or integer with ``scale``.
    delay_steps : int; 0 delivers within the same step (layers are evaluated in order)
    scale : None, float or (n_target,) float32; only with integer weights
    weight_bits : None or int, the bits a stored weight takes; None: as many as its values need

    Raises
    ------
    NetworkProblem
        The weight is not two-dimensional, not real or not finite, a scale does not go with it, or
        a delay is negative.

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
        for end in ("source", "target"):
            expect(getattr(self, end), str, end, '"input", the name of a population')
        object.__setattr__(self, "weight", as_weight(self.weight))
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
        if not is_whole(self.delay_steps):
            raise NetworkProblem(
                f"{where}: delay_steps is {self.delay_steps!r}; it must be a whole number from 0 "
                "up."
            )
        if self.weight_bits is not None and not (is_whole(self.weight_bits, 1)):
            raise NetworkProblem(
                f"{where}: weight_bits is {self.weight_bits!r}; it must be a whole number from 1 "
                "up, or None where weights are not quantized."
            )
        if (self.scale is None) == (self.values.dtype.kind in "iu"):
            raise NetworkProblem(
                f"{where}: integer weights come with a scale, and only they do. "
                "If they are not quantized ones, say `weight.astype(float)`."
            )
        if self.scale is not None:
            self._check_scale(where)

    def _check_scale(self, where: str) -> None:
        scale = np.asarray(self.scale)
        is_real = scale.dtype.kind in "fiu" and bool(np.isfinite(scale).all())
        if not is_real or scale.shape not in ((), (self.shape[1],)):
            raise NetworkProblem(
                f"{where}: scale is {scale.shape} {scale.dtype}; one finite number, "
                f"or one for each of {self.shape[1]} targets, is needed."
            )

    @property
    def shape(self) -> tuple[int, int]:
        """(n_source, n_target)."""
        return self.weight.shape

    @property
    def values(self) -> np.ndarray:
        """The stored weights, flat: one a synapse of a matrix, one an entry of a kernel."""
        return self.weight.values

    @cached_property
    def n_bits(self) -> int | None:
        """Bits that a stored weight takes: as stated, or as many as the values need where they need
        more or nothing is stated. None: real weights.
        """
        if self.scale is None:
            return self.weight_bits
        most = max(int(self.values.max(initial=0)), ~int(self.values.min(initial=0)))
        of_values = 1 if self.weight_bits == 1 and most == 1 else most.bit_length() + 1
        return max(self.weight_bits or 0, of_values)

    @property
    def kind(self) -> str:
        """One of "dense", "sparse", "convolution"."""
        return self.weight.kind

    @property
    def n_synapses(self) -> int:
        """Connections with a weight other than zero, convolutions counted unrolled."""
        return int(self.out_degree().sum())

    def with_values(self, values: np.ndarray) -> "Projection":
        """The same connections with other stored weights, in the order of ``values``."""
        return replace(self, weight=self.weight.with_values(values))

    def take(
        self, sources: np.ndarray | None = None, targets: np.ndarray | None = None
    ) -> "Projection":
        """The synapses between some neurons (ascending indices, or a mask; None: all of them)."""
        scale = self.scale
        if np.ndim(scale) and targets is not None:
            scale = np.asarray(scale)[targets]
        return replace(self, weight=self.weight.take(sources, targets), scale=scale)

    def real_weight(self) -> Weight:
        """The weight in real units, float32, of the same kind as ``weight``."""
        return self.weight.real(self.scale)

    def edges(self, start: int, stop: int) -> Edges:
        """Synapses of the source neurons ``start`` to ``stop``, ordered by source."""
        return self.weight.edges(start, stop)

    def blocks(self) -> Iterator[Edges]:
        """All synapses in blocks of sources, each of bounded size."""
        yield from self._kept if self._is_kept else self._expanded()

    @property
    def _is_kept(self) -> bool:
        return self.n_synapses <= EDGES_KEPT

    @cached_property
    def _kept(self) -> tuple[Edges, ...]:
        return tuple(self._expanded())

    def _expanded(self) -> Iterator[Edges]:
        n_source = self.shape[0]
        n_rows = max(1, EDGES_PER_BLOCK // max(1, self.weight.most_per_source))
        for start in range(0, n_source, n_rows):
            yield self.edges(start, min(start + n_rows, n_source))

    def fanout(
        self,
        core_of: np.ndarray,
        copies: np.ndarray | None = None,
        *,
        by_weight: ByWeight = False,
        apart: bool = False,
    ) -> Fanout:
        """Where each source neuron's spikes go.

        Parameters
        ----------
        core_of : (n_target,) int, the core of each target neuron
        copies : (n_target,) int or None, how many times each target neuron is laid out; None: once
        by_weight : bool, whether synapses of different weight come in over different axons; or
            (n_target, n_types) float64, the weight of each target for each type of axon
        apart : bool, whether the type is told: ``core * n_types + type`` in place of the core

        Returns
        -------
        Fanout
        """
        if apart and not isinstance(by_weight, bool):
            return self._fanout(core_of, copies, by_weight, apart=True)
        first = int(core_of.min())  # where the cores lie on the chip changes nothing else
        copies = None if copies is None or copies.max() == 1 else copies
        if copies is not None or not self._is_kept:
            found = self._fanout(core_of - first, copies, by_weight)
        else:
            told = by_weight if isinstance(by_weight, bool) else by_weight.tobytes()
            key = (core_of - first).tobytes(), told
            if key not in self._fanouts:
                if len(self._fanouts) >= FANOUTS_KEPT:
                    self._fanouts.pop(next(iter(self._fanouts)))
                self._fanouts[key] = self._fanout(core_of - first, None, by_weight)
            found = self._fanouts[key]
        return Fanout(found.source, found.core + first, found.n_synapses)

    @cached_property
    def _fanouts(self) -> dict[tuple[bytes, bool | bytes], Fanout]:
        return {}

    def _fanout(
        self,
        core_of: np.ndarray,
        copies: np.ndarray | None,
        by_weight: ByWeight,
        *,
        apart: bool = False,
    ) -> Fanout:
        if isinstance(self.weight, SparseWeight) and isinstance(by_weight, bool):
            levels = self._levels if by_weight else None
            return Fanout(*axons_of(self.weight.matrix, core_of, copies, levels))
        bounds = consecutive(core_of) if copies is None and by_weight is False else None
        if bounds is not None and bounds.size == 2:
            (sources,) = np.nonzero(self.out_degree())
            return Fanout(sources, np.zeros_like(sources), self.out_degree()[sources])
        told = None if bounds is None else self.weight.axons_onto(bounds)
        if told is not None:
            return Fanout(*told)
        n_cores, parts = int(core_of.max()) + 1, []
        n_types = 1 if isinstance(by_weight, bool) else by_weight.shape[1]
        for edges in self.blocks():
            level = np.zeros(1, np.int64)
            if by_weight is not False:
                level = _levels(edges.weight, edges.target, by_weight)
            n_levels = int(level.max(initial=0)) + 1 if isinstance(by_weight, bool) else n_types
            first = int(edges.source[0]) if edges.source.size else 0
            key = ((edges.source - first) * n_cores + core_of[edges.target]) * n_levels + level
            axon, counted = _counts(key, None if copies is None else copies[edges.target])
            place = axon if apart else axon // n_levels
            n_places = n_cores * n_levels if apart else n_cores
            parts.append((axon // n_levels // n_cores + first, place % n_places, counted))
        return Fanout(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    @cached_property
    def _levels(self) -> tuple[np.ndarray, int]:
        """A number for the weight of each synapse, and how many there are."""
        return levels_of(self.values)

    def n_axons_into(self, start: int, stop: int, *, by_weight: ByWeight = False) -> int:
        """Axons that end on the target neurons ``start`` to ``stop``, were they alone on a core."""
        if isinstance(self.weight, SparseWeight) and by_weight is False:
            return n_sources_into(self.weight.matrix, start, stop)
        n_axons = 0  # blocks hold different sources
        for edges in self.blocks():
            inside = np.flatnonzero((edges.target >= start) & (edges.target < stop))
            key = edges.source[inside]
            if by_weight is not False:
                level = _levels(edges.weight[inside], edges.target[inside], by_weight)
                key = np.sort(key * (int(level.max(initial=0)) + 1) + level)
            n_axons += int(np.sum(np.diff(key, prepend=-1) != 0))
        return n_axons

    def out_degree(self) -> np.ndarray:
        """Synapses each source neuron has, (n_source,) int64."""
        return self._degrees[0]

    def in_degree(self) -> np.ndarray:
        """Synapses each target neuron has, (n_target,) int64."""
        return self._degrees[1]

    @cached_property
    def _degrees(self) -> tuple[np.ndarray, np.ndarray]:
        degrees = self.weight.degrees()
        for degree in degrees:
            degree.setflags(write=False)
        return degrees

    def __repr__(self) -> str:
        delay = f", delay {self.delay_steps}" if self.delay_steps else ""
        bits = f", {self.weight_bits} bits" if self.weight_bits else ""
        return (
            f"Projection({self.source} -> {self.target}, {self.kind}, "
            f"{self.n_synapses:,} synapses{bits}{delay})"
        )


def _levels(weight: np.ndarray, target: np.ndarray, by_weight: ByWeight) -> np.ndarray:
    """A number for each synapse, the same for equal weights, or the type of axon whose weight in
    its target it has, (n,) int64.
    """
    if isinstance(by_weight, bool):
        return np.unique(weight, return_inverse=True)[1]
    return np.abs(by_weight[target] - weight[:, None]).argmin(axis=1)


def layer_of(
    projection: Projection,
    source_shape: tuple[int, ...],
    *,
    poolings: Sequence[int] = POOLINGS_SOUGHT,
) -> Layer:
    """See a projection as pooling followed by a convolution.

    NIR's pooling nodes are composed into the weights when a network is read: weights that repeat
    over tiles of pixels are a pooling of that size, followed by a smaller kernel.

    Parameters
    ----------
    projection : Projection
    source_shape : shape of the source population, (channels, y, x) or (n,)
    poolings : sequence of int, sizes of pooling to look for; the largest found is taken

    Returns
    -------
    Layer

    Examples
    --------
    >>> two_maps = np.repeat(np.ones((2, 10)), 4, axis=0)  # of 2 x 2 pixels
    >>> layer_of(Projection("pixels", "out", two_maps), (2, 2, 2))
    Layer(n_in=2, n_out=10, kernel=(1, 1), stride=(1, 1), padding=(0, 0), pool=2, groups=1)
    """
    return projection.weight.layer(source_shape, poolings)


def copies_of(projection: Projection, source_shape: tuple[int, ...]) -> np.ndarray:
    """Tell which stored weights are copies of one, as pooling makes them.

    Parameters
    ----------
    projection : Projection
    source_shape : shape of the source population, (channels, y, x) or (n,)

    Returns
    -------
    (n,) int64, in the order of ``projection.values``: copies have the same number, and all have
    numbers of their own where nothing is pooled

    Examples
    --------
    >>> pooled = Projection("pixels", "out", np.ones((4, 1)))  # 2 x 2 pixels, added up
    >>> copies_of(pooled, (1, 2, 2)), copies_of(pooled, (4,))
    (array([0, 0, 0, 0]), array([0, 1, 2, 3]))
    """
    pool = layer_of(projection, source_shape).pool
    if pool == 1:
        return np.arange(projection.values.size)
    return projection.weight.tiles_of(source_shape, pool)

"""Weights of a convolution, which are never written out whole unless they have to be."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import final

import numpy as np
import scipy.sparse as sp
from numpy.lib.stride_tricks import sliding_window_view

from spikefit_nb.errors import NetworkProblem, expect, is_whole
from spikefit_nb.network.conv_axons import MOST_CELLS, axons_to_cores
from spikefit_nb.network.layers import Layer, largest_pooling, tile_of_each
from spikefit_nb.network.sparse_weight import SparseWeight
from spikefit_nb.network.weight import Edges, Weight

LARGEST = 2**26  # synapses of a convolution written out
BLOCK_VALUES = 2**23  # numbers a block of samples may take while a convolution is applied to it


@final
@dataclass(frozen=True, eq=False, repr=False)
class Conv2d(Weight):
    """A convolution over a picture of channels.

    ``out[o, y, x]`` is the sum of ``weight[o, i, ky, kx] * in[i, y', x']`` over i, ky and kx, with
    ``y' = y * stride + ky * dilation - padding``, and x' likewise.

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
        padding, dilation or number of groups is not a whole number, or too small.

    Examples
    --------
    >>> Conv2d(np.ones((4, 2, 3, 3)), (2, 8, 8), padding=1).output_shape
    (4, 8, 8)
    """

    weight: np.ndarray
    input_shape: tuple[int, int, int]
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1
    shape: tuple[int, int] = field(init=False)
    output_shape: tuple[int, int, int] = field(init=False)
    kind = "convolution"

    def __post_init__(self) -> None:
        weight = np.array(self.weight, order="C")
        weight.setflags(write=False)
        object.__setattr__(self, "weight", weight)
        expect(self.input_shape, Iterable, "input_shape", "(2, 34, 34)")
        sides = tuple(self.input_shape)
        if len(sides) != 3 or not all(is_whole(n, 1) for n in sides):
            raise NetworkProblem(
                f"Conv2d: input_shape is {sides!r:.60}; it must be three whole numbers from 1 up: "
                "channels, y and x."
            )
        object.__setattr__(self, "input_shape", tuple(map(int, sides)))
        for name, least in (("stride", 1), ("padding", 0), ("dilation", 1)):
            object.__setattr__(self, name, _pair(name, getattr(self, name), least))
        _pair("groups", self.groups, 1)
        n_needed = weight.shape[1] * self.groups if weight.ndim == 4 else "?"
        if n_needed != self.input_shape[0] or weight.shape[0] % self.groups:
            raise NetworkProblem(
                f"Conv2d: weight {weight.shape} with groups={self.groups} needs "
                f"{n_needed} input channels, "
                f"but the input is {self.input_shape} (channels, y, x)."
            )
        output_shape = weight.shape[0], self._length(0), self._length(1)
        object.__setattr__(self, "output_shape", output_shape)
        if min(self.output_shape) < 1:
            raise NetworkProblem(
                f"Conv2d: a {weight.shape[2:]} window does not fit the padded input "
                f"{self.input_shape}."
            )
        sizes = int(np.prod(self.input_shape)), int(np.prod(self.output_shape))
        object.__setattr__(self, "shape", sizes)

    def _length(self, axis: int) -> int:
        """Places of the window along y or x."""
        window = self.dilation[axis] * (self.weight.shape[2 + axis] - 1) + 1
        room = self.input_shape[1 + axis] + 2 * self.padding[axis] - window
        return room // self.stride[axis] + 1

    @property
    def values(self) -> np.ndarray:
        """The entries of the kernels."""
        return self.weight.ravel()

    def with_values(self, values: np.ndarray) -> "Conv2d":
        """The same convolution with other kernels."""
        return replace(self, weight=values.reshape(self.weight.shape))

    @property
    def geometry(self) -> tuple:
        """Input shape, stride, padding, dilation and groups."""
        return self.input_shape, self.stride, self.padding, self.dilation, self.groups

    @property
    def layout(self) -> bytes:
        """The shape of the kernels, and how they move."""
        return repr((self.weight.shape, self.geometry)).encode()

    @property
    def most_per_source(self) -> int:
        """All entries of kernels that look at a channel."""
        return self.weight[:, 0].size // self.groups

    def edges(self, start: int, stop: int) -> Edges:
        """Synapses of some sources, by source, then kernel position, then output."""
        shape = self.weight.shape
        source, target, entry = _connections(self.geometry, shape, self.output_shape, start, stop)
        weight = self.values[entry]
        keep = np.flatnonzero(weight)
        return Edges(source[keep].astype(np.int64), target[keep].astype(np.int64), weight[keep])

    def degrees(self) -> tuple[np.ndarray, np.ndarray]:
        """Entries other than zero by the pixels at which they stand inside the picture."""
        (sent_y, met_y), (sent_x, met_x) = (self._meetings(axis) for axis in (0, 1))
        _, per_group, *window = self.weight.shape
        present = (self.weight != 0).astype(np.int64).reshape(self.groups, -1, per_group, *window)
        sent = sent_y @ present.sum(axis=1) @ sent_x.T
        received = met_y @ present.sum(axis=2) @ met_x.T
        return sent.ravel(), received.ravel()

    def _meetings(self, axis: int) -> tuple[np.ndarray, np.ndarray]:
        """Whether an entry of the kernel leads from each source pixel, and to each target pixel."""
        n_out = self.output_shape[1 + axis]
        target = _reached(self.geometry, self.weight.shape, n_out, axis)
        is_met = (target == np.arange(n_out)[:, None, None]).any(axis=1)
        return (target >= 0).astype(np.int64), is_met.astype(np.int64)

    @property
    def whole_kernels(self) -> np.ndarray | None:
        """The entries that reach one target, by output channel, (channels, n_entries): of targets
        whose window lies inside the picture; None where there are none.
        """
        if not all(met.all(axis=1).any() for _, met in (self._meetings(0), self._meetings(1))):
            return None
        return self.weight.reshape(len(self.weight), -1)

    def axons_onto(self, bounds: np.ndarray) -> tuple[np.ndarray, ...] | None:
        """Axons to cores of consecutive targets, counted without listing synapses; None for groups,
        and where the counts would take much memory.
        """
        if self.groups > 1 or self.shape[0] * bounds.size > MOST_CELLS:
            return None
        sizes = self.output_shape[1:]
        reached = [
            _reached(self.geometry, self.weight.shape, n_out, axis)
            for axis, n_out in enumerate(sizes)
        ]
        return axons_to_cores(self.weight, reached, sizes, bounds)

    def entries_on(self, core_of: np.ndarray, n_cores: int) -> np.ndarray:
        """Entries of the kernels of a core's channels, but those that only ever stand outside the
        picture.
        """
        met_y, met_x = self._meetings(0)[1] > 0, self._meetings(1)[1] > 0
        channel, y, x = np.indices(self.output_shape).reshape(3, -1)
        n_out = self.output_shape[0]
        kernel = core_of * n_out + channel  # of a channel on a core
        order = np.argsort(kernel, kind="stable")
        first = np.flatnonzero(np.diff(kernel[order], prepend=-1))
        met = (met_y[y[order], :, None] & met_x[x[order], None]).reshape(order.size, -1)
        read = np.logical_or.reduceat(met, first, axis=0)
        core, channel = np.divmod(kernel[order[first]], n_out)
        n_inputs = np.count_nonzero(self.weight, axis=1).reshape(n_out, -1)
        entries = (read * n_inputs[channel]).sum(axis=1)
        return np.bincount(core, entries, n_cores).astype(np.int64)

    def take(self, sources: np.ndarray | None, targets: np.ndarray | None) -> Weight:
        """Some channels, or where other neurons are taken, the synapses written out."""
        inputs = _whole_channels(sources, self.input_shape)
        outputs = _whole_channels(targets, self.output_shape)
        if inputs is None or outputs is None:
            return SparseWeight(self.tocsr()).take(sources, targets)
        return self._between(inputs, outputs)

    def _between(self, inputs: np.ndarray, outputs: np.ndarray) -> "Conv2d":
        """The convolution between some channels; in groups where each is left as many."""
        n_out, per_group, *_ = self.weight.shape
        group_in = np.arange(inputs.size) // per_group
        group_out = np.arange(n_out) // (n_out // self.groups)
        n_in = np.bincount(group_in[inputs], minlength=self.groups)
        n_made = np.bincount(group_out[outputs], minlength=self.groups)
        alive = (n_in > 0) | (n_made > 0)
        whole, left = self._ungrouped(), (int(inputs.sum()), *self.input_shape[1:])
        if self.groups > 1 and np.unique(n_in[alive]).size == np.unique(n_made[alive]).size == 1:
            parts = []
            for group in np.flatnonzero(alive):
                rows, columns = (group_out == group) & outputs, (group_in == group) & inputs
                parts.append(whole[rows][:, columns])
            kernel = np.concatenate(parts)
            return replace(self, weight=kernel, input_shape=left, groups=len(parts))
        return replace(self, weight=whole[outputs][:, inputs], input_shape=left, groups=1)

    def _ungrouped(self) -> np.ndarray:
        """The kernels of one group, with zeros where a channel is not read."""
        n_out, per_group, *window = self.weight.shape
        whole = np.zeros((n_out, self.input_shape[0], *window), self.weight.dtype)
        first = np.arange(n_out)[:, None] // (n_out // self.groups) * per_group
        whole[np.arange(n_out)[:, None], first + np.arange(per_group)] = self.weight
        return whole

    @property
    def column_shape(self) -> tuple[int, int, int]:
        """A row for each place of a group's kernels, a column for each output channel."""
        n_out, *places = self.weight.shape
        return self.groups, int(np.prod(places)), n_out // self.groups

    def columns(self, values: np.ndarray) -> np.ndarray:
        """The kernels of each group side by side."""
        n_groups, n_rows, n_columns = self.column_shape
        return values.reshape(n_groups, n_columns, n_rows).transpose(0, 2, 1)

    def from_columns(self, columns: np.ndarray) -> np.ndarray:
        """The kernels one after the other."""
        return columns.transpose(0, 2, 1).ravel()

    def row_inputs(self, sent: np.ndarray, most: int, seed: int) -> np.ndarray:
        """What the window sees at some of its places, so many that ``most`` rows come together."""
        _, out_y, out_x = self.output_shape
        per_group, ky, kx = self.weight.shape[1:]
        images = self._padded(sent)
        n_places = max(1, min(out_y * out_x, most // max(1, len(images))))
        chosen = (np.arange(n_places) * (out_y * out_x) // n_places + seed) % (out_y * out_x)
        y, x = (place * s for place, s in zip(np.divmod(chosen, out_x), self.stride, strict=True))
        at_y = y[:, None, None] + np.arange(ky)[:, None] * self.dilation[0]
        at_x = x[:, None, None] + np.arange(kx)[None] * self.dilation[1]
        patches = images[:, :, at_y, at_x]  # (n, n_channels, n_places, ky, kx)
        patches = patches.transpose(1, 0, 2, 3, 4).reshape(self.groups, per_group, -1, ky, kx)
        grouped = np.ascontiguousarray(patches.transpose(0, 2, 1, 3, 4))
        return grouped.reshape(self.groups, patches.shape[2], -1)

    def apply(self, values: np.ndarray) -> np.ndarray:
        """The convolution of each sample, in blocks of samples."""
        return np.concatenate([self._convolved(block) for block in self._blocks(values)])

    def _blocks(self, values: np.ndarray) -> Iterator[np.ndarray]:
        _, y, x = self.output_shape
        n_values = y * x * self.input_shape[0] * self.weight[0, 0].size
        size = max(1, BLOCK_VALUES // n_values)
        yield from (values[start : start + size] for start in range(0, max(1, len(values)), size))

    def _convolved(self, values: np.ndarray) -> np.ndarray:
        (dy, dx), (sy, sx) = self.dilation, self.stride
        per_group, ky, kx = self.weight.shape[1:]
        window = dy * (ky - 1) + 1, dx * (kx - 1) + 1
        windows = sliding_window_view(self._padded(values), window, axis=(2, 3))
        windows = windows[:, :, ::sy, ::sx, ::dy, ::dx]
        parts = []
        for group, kernel in enumerate(np.split(self.weight, self.groups)):
            seen = windows[:, group * per_group : (group + 1) * per_group]
            parts.append(np.tensordot(seen, kernel, axes=((1, 4, 5), (1, 2, 3))))
        made = np.moveaxis(np.concatenate(parts, axis=3), 3, 1)
        return made.reshape(len(values), self.shape[1])

    def _padded(self, values: np.ndarray) -> np.ndarray:
        (py, px), images = self.padding, values.reshape(-1, *self.input_shape)
        return np.pad(images, ((0, 0), (0, 0), (py, py), (px, px)))

    def tocsr(self) -> sp.csr_array:
        """Every synapse."""
        source, target, weight = self.edges(0, self.shape[0])
        return sp.csr_array((weight, (source, target)), shape=self.shape)

    def toarray(self) -> np.ndarray:
        """Every synapse, and zeros."""
        return self.tocsr().toarray()

    def unrolled(self) -> SparseWeight:
        """Every synapse, unless they are too many."""
        n_most = self.shape[0] * self.most_per_source
        if n_most > LARGEST:
            raise NetworkProblem(
                f"A convolution {self.weight.shape} over {self.input_shape} would have to be "
                f"written out as a matrix of up to {n_most:,} weights; {LARGEST:,} is the limit."
            )
        return SparseWeight(self.tocsr())

    def layer(self, source_shape: tuple[int, ...], poolings: Sequence[int]) -> Layer:
        """The convolution, whose kernels may repeat themselves over tiles."""
        n_out, _, *window = self.weight.shape
        sizes = (*window, *self.stride, *self.padding, *self.input_shape[1:])
        pool = largest_pooling(self.weight, sizes, poolings) if self.dilation == (1, 1) else 1
        kernel, stride, padding = (
            (y // pool, x // pool) for y, x in (window, self.stride, self.padding)
        )
        n_in, groups = self.input_shape[0], self.groups
        return Layer(n_in, n_out, kernel, stride, padding, pool=pool, groups=groups)

    def tiles_of(self, source_shape: tuple[int, ...], pool: int) -> np.ndarray:
        """Tiles of the entries of each kernel."""
        return tile_of_each(self.weight.shape, pool).ravel()

    @property
    def tiles(self) -> bool:
        """Whether it sums each channel over tiles without overlap."""
        kernel, window = self.weight, self.weight.shape[2:]
        (_, y, x), (tile_y, tile_x) = self.input_shape, window
        divides = y % tile_y == x % tile_x == 0
        alone = kernel.shape[1] == 1 and kernel.shape[0] == self.groups
        in_line = self.stride == window and self.padding == (0, 0) and self.dilation == (1, 1)
        return alone and divides and in_line

    @property
    def pools(self) -> bool:
        """Whether it sums each channel over tiles without overlap, each with one weight."""
        return self.tiles and bool((self.weight == self.weight[:, :, :1, :1]).all())

    def after_tiles(self, tiles: "Conv2d") -> "Conv2d":
        """Both in one: each entry spread over its tile, steps counted in pixels of the tiles."""
        n_out, per_group, *window = self.weight.shape
        tile = tiles.weight.shape[2:]
        first = np.arange(n_out)[:, None] // (n_out // self.groups) * per_group
        of_entry = tiles.weight[first + np.arange(per_group), 0]  # (n_out, per_group, y, x)
        spread = np.einsum("oiyx,oiab->oiyaxb", self.weight, of_entry)
        kernel = spread.reshape(n_out, per_group, window[0] * tile[0], window[1] * tile[1])
        stride = (self.stride[0] * tile[0], self.stride[1] * tile[1])
        padding = (self.padding[0] * tile[0], self.padding[1] * tile[1])
        return Conv2d(kernel, tiles.input_shape, stride, padding, groups=self.groups)

    def ungrouped(self) -> "Conv2d":
        """The same as one group, with zeros where a channel is not read."""
        return replace(self, weight=self._ungrouped(), groups=1)

    @property
    def is_pointwise(self) -> bool:
        """Whether it maps the channels of each pixel alone."""
        is_small = self.weight.shape[2:] == (1, 1)
        return is_small and self.stride == (1, 1) and self.padding == (0, 0)

    def after_mixing(self, mix: "Conv2d") -> "Conv2d":
        """Both in one, where ``mix``, in as many groups, maps the channels of each pixel before."""
        kernel = np.einsum("gomyx,gmi->goiyx", self._by_group, mix._by_group[..., 0, 0])
        return replace(self, weight=_joined(kernel), input_shape=mix.input_shape)

    def mixed_by(self, mix: "Conv2d") -> "Conv2d":
        """Both in one, where ``mix``, in as many groups, maps the channels of each pixel behind."""
        kernel = np.einsum("gom,gmiyx->goiyx", mix._by_group[..., 0, 0], self._by_group)
        return replace(self, weight=_joined(kernel))

    @property
    def _by_group(self) -> np.ndarray:
        """The kernels, (groups, n_out / groups, n_in / groups, ky, kx)."""
        n_out, *rest = self.weight.shape
        return self.weight.reshape(self.groups, n_out // self.groups, *rest)


def _joined(kernel: np.ndarray) -> np.ndarray:
    """The kernels of all groups in one line."""
    return kernel.reshape(-1, *kernel.shape[2:])


def _pair(name: str, value: int | tuple[int, int], least: int) -> tuple[int, int]:
    pair = np.broadcast_to(np.asarray(value), 2) if np.size(value) in (1, 2) else np.array(np.nan)
    is_number = pair.dtype.kind in "iuf" and bool(np.isfinite(pair).all())
    if not is_number or not (pair >= least).all() or (pair != np.floor(pair)).any():
        raise NetworkProblem(
            f"Conv2d: {name} is {value!r}; one or two whole numbers from {least} up are needed."
        )
    return int(pair[0]), int(pair[1])


def _whole_channels(neurons: np.ndarray | None, shape: tuple[int, int, int]) -> np.ndarray | None:
    """Which channels some neurons are, (channels,) bool; None where they are not whole ones."""
    taken = np.zeros(int(np.prod(shape)), bool)
    taken[slice(None) if neurons is None else neurons] = True
    planes = taken.reshape(shape[0], -1)
    return planes[:, 0] if (planes == planes[:, :1]).all() else None


def _reached(geometry: tuple, kernel_shape: tuple[int, ...], n_out: int, axis: int) -> np.ndarray:
    """The target each source reaches through each kernel place, (n_in, n_kernel), or -1."""
    input_shape, stride, padding, dilation, _ = geometry
    source, place = np.arange(input_shape[1 + axis]), np.arange(kernel_shape[2 + axis])
    moved = source[:, None] + padding[axis] - place * dilation[axis]
    target, beside = np.divmod(moved, stride[axis])
    return np.where((beside == 0) & (target >= 0) & (target < n_out), target, -1)


@lru_cache(maxsize=16)
def _connections(
    geometry: tuple,
    kernel_shape: tuple[int, ...],
    output_shape: tuple[int, int, int],
    start: int,
    stop: int,
) -> tuple[np.ndarray, ...]:
    """Source, target and kernel entry (int32) of all synapses a convolution can have."""
    input_shape, *_, groups = geometry
    n_out, per_group_in, *window = kernel_shape
    per_group_out, (_, out_y, out_x) = n_out // groups, output_shape
    source = np.arange(start, stop)
    channel, y, x = np.unravel_index(source, input_shape)
    ky, kx, o = np.indices((*window, per_group_out)).reshape(3, -1)
    ty = _reached(geometry, kernel_shape, out_y, 0)[y[:, None], ky]
    tx = _reached(geometry, kernel_shape, out_x, 1)[x[:, None], kx]
    inside = (ty >= 0) & (tx >= 0)
    output = channel[:, None] // per_group_in * per_group_out + o
    target = (output * out_y + ty) * out_x + tx
    row = output * per_group_in + channel[:, None] % per_group_in
    entry = (row * window[0] + ky) * window[1] + kx
    sources = np.broadcast_to(source[:, None], inside.shape)
    return tuple(column[inside].astype(np.int32) for column in (sources, target, entry))

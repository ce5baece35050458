"""ONNX's nodes that put signals into larger ones: zeros around an image, branches side by side."""

from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from spikefit_nb.from_ann.ann import Shape, Signal
from spikefit_nb.from_ann.onnx_file import Node
from spikefit_nb.from_ann.onnx_layers import FARTHEST, Value, constant_of, is_given, signal_of
from spikefit_nb.network import Conv2d, Weight, as_weight


def pad(node: Node, args: list[Value]) -> Signal:
    """Zeros around each sample; a convolution behind takes them into its own padding."""
    signal = signal_of(node, args)
    _check_zeros(node, args)
    sides = sides_of(node, args)
    places = np.pad(np.arange(signal.size).reshape(signal.shape), sides, constant_values=-1)
    return signal.through(_placed(places), places.shape)


def _check_zeros(node: Node, args: list[Value]) -> None:
    mode = node.attributes.get("mode", "constant")
    if mode != "constant":
        raise node.problem(
            f"its mode is {mode!r:.20}; only zeros can be added. Pad with zeros (torch: "
            "padding_mode='zeros') and train the network again."
        )
    value = node.real("value", 0.0)
    if is_given(args, 2):
        given = constant_of(node, args, 2, "the value").ravel()
        value = float(given[0]) if given.size else 0.0
    if value != 0:
        raise node.problem(
            f"it pads with {value:g}; no spikes arrive from beyond an edge, so only zeros can be "
            "added. Pad with 0 and train again, or subtract the value from the input before."
        )


def sides_of(node: Node, args: list[Value]) -> list[tuple[int, int]]:
    """How many zeros are added before and after, for each axis of a sample."""
    shape = signal_of(node, args).shape
    if is_given(args, 1):
        given = [int(n) for n in constant_of(node, args, 1, "the widths").ravel()]
    else:
        given = node.wholes("pads", None, -FARTHEST, FARTHEST)
    n_axes = len(shape) + 1
    axes = list(range(n_axes))
    if is_given(args, 3):
        axes = [int(n) % n_axes for n in constant_of(node, args, 3, "the axes").ravel()]
    if len(given) != 2 * len(axes) or any(not 0 <= n <= FARTHEST for n in given):
        raise node.problem(
            f"its widths are {given}; {2 * len(axes)} whole numbers from 0 to {FARTHEST} are "
            f"needed, before and after each of {len(axes)} axes. To cut an image, cut the data."
        )
    sides = dict(zip(axes, zip(given, given[len(axes) :], strict=False), strict=True))
    if sides.get(0, (0, 0)) != (0, 0):
        raise node.problem("it adds samples; only the values of each sample can be padded.")
    return [sides.get(axis, (0, 0)) for axis in range(1, n_axes)]


def padded_further(node: Node, sides: list[tuple[int, int]]) -> Node | None:
    """The convolution that also adds these zeros, or None if it cannot."""
    n_axes = len(sides) - 1
    if node.attributes.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID") or sides[0] != (0, 0):
        return None
    own = node.wholes("pads", [0] * 2 * n_axes, 0, FARTHEST)
    more = [before for before, _ in sides[1:]] + [after for _, after in sides[1:]]
    pads = [n + m for n, m in zip(own, more, strict=True)]
    return replace(node, attributes={**node.attributes, "pads": pads, "auto_pad": "NOTSET"})


def concat(node: Node, args: list[Value]) -> Signal:
    """Branches side by side along an axis of the samples: each becomes a synapse of its own."""
    signals = [signal_of(node, args, k) for k in range(len(args))]
    shapes = [signal.shape for signal in signals]
    n_axes = len(shapes[0]) + 1
    axis = node.whole("axis", 1, -n_axes, n_axes - 1) % n_axes
    if axis == 0:
        raise node.problem("axis=0 joins samples; branches are joined along an axis of each.")
    at = axis - 1
    if len({(len(shape), *shape[:at], *shape[axis:]) for shape in shapes}) > 1:
        raise node.problem(
            f"it joins samples of {' and '.join(map(str, shapes))} along axis {axis}; "
            "the other axes must be the same."
        )
    ends = np.cumsum([0, *(shape[at] for shape in shapes)])
    whole = (*shapes[0][:at], int(ends[-1]), *shapes[0][axis:])
    parts = [
        signal.through(_part(signal.shape, whole, at, int(first)), whole)
        for signal, first in zip(signals, ends, strict=False)
    ]
    joined = parts[0]
    for part in parts[1:]:
        joined = joined.with_signal(part)
    return joined


def _part(shape: Shape, whole: Shape, at: int, first: int) -> Weight:
    """A part's values in their places of the whole, from ``first`` on along an axis."""
    if at == 0 and len(shape) in (2, 3):  # channels of images, so that convolutions stay ones
        kernel = np.eye(whole[0], shape[0], -first)[:, :, None, None]
        return Conv2d(kernel, (shape[0], *(1,) * (3 - len(shape)), *shape[1:]))
    places = np.full(whole, -1)
    part = tuple(slice(first, first + n) if k == at else slice(None) for k, n in enumerate(shape))
    places[part] = np.arange(int(np.prod(shape))).reshape(shape)
    return _placed(places)


def _placed(places: np.ndarray) -> Weight:
    """The map that puts source ``places[k]`` into place k; -1 stays empty."""
    target = np.flatnonzero(places >= 0)
    source = places.ravel()[target]
    shape = (int(places.max(initial=-1)) + 1, places.size)
    return as_weight(sp.csr_array((np.ones(target.size), (source, target)), shape=shape))

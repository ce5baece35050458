"""ONNX's nodes that only rearrange signals, or the constants that exporters compute shapes with."""

from dataclasses import replace
from math import prod

import numpy as np
import scipy.sparse as sp

from spikefit_nb.from_ann.ann import Signal
from spikefit_nb.from_ann.onnx_file import Node
from spikefit_nb.from_ann.onnx_layers import Value, constant_of, signal_of

BATCH = -1  # how many samples there are, in a shape that the graph computes
ARITHMETIC = {"Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Div": np.divide}
FLOATS = (1, 10, 11, 16)  # ONNX's numbers for float32, float16, float64 and bfloat16
SMALL = 1024  # numbers a computed constant may have, beyond rearranged weights


def flatten(node: Node, args: list[Value]) -> Signal:
    """All values of a sample in one line."""
    signal = signal_of(node, args)
    axis = node.whole("axis", 1, -len(signal.shape) - 1, len(signal.shape) + 1)
    if axis % (len(signal.shape) + 1) != 1:
        raise node.problem(
            f"axis={axis} would mix samples with values; axis=1 flattens each sample."
        )
    return replace(signal, shape=(signal.size,))


def reshape(node: Node, args: list[Value]) -> Signal:
    """Another arrangement; the first axis stays that of the samples."""
    signal = signal_of(node, args)
    wanted = [int(n) for n in constant_of(node, args, 1, "the shape").ravel()]
    old = (BATCH, *signal.shape)
    lengths = [old[k] if n == 0 and k < len(old) else n for k, n in enumerate(wanted)][1:]
    if lengths.count(-1) == 1 and wanted[0] in (0, 1, BATCH):
        known = prod(n for n in lengths if n != -1)
        lengths = [signal.size // max(1, known) if n == -1 else n for n in lengths]
    if not lengths or prod(lengths) != signal.size or min(lengths) < 1:
        raise node.problem(
            f"it makes {wanted} of samples of {signal.shape}; the first axis must stay "
            f"that of the samples, and the others must hold {signal.size} values. "
            "Export it with an open number of samples, or with one sample."
        )
    return replace(signal, shape=tuple(lengths))


def squeeze(node: Node, args: list[Value]) -> Signal:
    """Drop axes of length one, or add them (Unsqueeze)."""
    signal = signal_of(node, args)
    axes = axes_of(node, args)
    n_axes = len(signal.shape) + 1 + (len(axes) if node.op == "Unsqueeze" and axes else 0)
    if axes is None:
        return replace(signal, shape=tuple(n for n in signal.shape if n != 1) or (1,))
    places = sorted(axis % n_axes if -n_axes <= axis < n_axes else 0 for axis in axes)
    shape = list(signal.shape)
    if 0 in places or len(set(places)) < len(places):
        raise node.problem(
            f"axes {axes} name the axis of samples, or one twice, or one that is not there."
        )
    for place in places if node.op == "Unsqueeze" else places[::-1]:
        if node.op == "Unsqueeze":
            shape.insert(place - 1, 1)
        elif shape.pop(place - 1) != 1:
            raise node.problem(
                f"axes {axes} of samples of {signal.shape} do not all have length 1."
            )
    return replace(signal, shape=tuple(shape) or (1,))


def transpose(node: Node, args: list[Value]) -> Signal:
    """Axes in another order, such as channels last to channels first."""
    signal = signal_of(node, args)
    n_axes = len(signal.shape) + 1
    order = node.wholes("perm", list(range(n_axes))[::-1], 0, n_axes - 1)
    if order[0] != 0 or sorted(order) != list(range(n_axes)):
        raise node.problem(f"perm={order} moves the axis of samples; it must stay first.")
    axes = [axis - 1 for axis in order[1:]]
    shape = tuple(signal.shape[axis] for axis in axes)
    source = np.arange(signal.size).reshape(signal.shape).transpose(axes).ravel()
    if (source == np.arange(signal.size)).all():
        return replace(signal, shape=shape)
    at = (source, np.arange(signal.size))
    places = sp.csr_array((np.ones(signal.size), at), shape=(signal.size, signal.size))
    return signal.through(places, shape)


def mean_over_axes(node: Node, args: list[Value]) -> Signal:
    """ReduceMean over some axes of each sample."""
    signal = signal_of(node, args)
    axes, n_axes = axes_of(node, args), len(signal.shape) + 1
    places = {axis % n_axes for axis in axes or [0] if -n_axes <= axis < n_axes}
    if not places or 0 in places:
        raise node.problem(
            f"axes {axes} include the axis of samples; each sample must be averaged on its own."
        )
    kept = tuple(1 if k in places else n for k, n in enumerate(signal.shape, 1))
    target = np.broadcast_to(np.arange(prod(kept)).reshape(kept), signal.shape).ravel()
    share = prod(kept) / signal.size
    places_of = (np.arange(signal.size), target)
    mean = sp.csr_array((np.full(signal.size, share), places_of), shape=(signal.size, prod(kept)))
    left = tuple(n for k, n in enumerate(kept, 1) if k not in places)
    return signal.through(mean, kept if node.whole("keepdims", 1, 0, 1) else left or (1,))


def cast(node: Node, args: list[Value]) -> Signal:
    """Another precision of the same numbers."""
    if node.whole("to", None, 0) not in FLOATS:
        raise node.problem("it rounds to whole numbers. Export the network in float32.")
    return signal_of(node, args)


def shape_of(node: Node, args: list[Value]) -> np.ndarray:
    """The shape of a signal as a constant; the number of samples is BATCH."""
    return np.array([BATCH, *signal_of(node, args).shape], dtype=np.int64)


def constant(node: Node, args: list[Value]) -> np.ndarray:
    """A constant stored in its node."""
    for name in ("value", "value_float", "value_floats", "value_int", "value_ints"):
        if node.attributes.get(name) is not None:
            return np.asarray(node.attributes[name])
    raise node.problem("it holds neither a number nor an array.")


def fold(node: Node, args: list[Value]) -> np.ndarray:
    """Compute from constants alone, as exporters do for shapes."""
    arrays = [constant_of(node, args, k, "a constant") for k in range(len(args))]
    size = max((a.size for a in arrays), default=0)
    if node.op in ("Identity", "Cast") and arrays:
        return arrays[0]
    if node.op == "Transpose" and arrays:
        return arrays[0].transpose(node.attributes.get("perm"))
    small = size <= SMALL and arrays
    if node.op in ("Unsqueeze", "Squeeze", "Reshape") and arrays:
        return _rearranged(node, arrays)
    if node.op in SELECTED and small:
        return SELECTED[node.op](node, arrays)
    if node.op == "Gather" and small and arrays[0].ndim == 1 and len(arrays) == 2:
        return np.asarray(arrays[0][arrays[1].astype(np.int64)])
    if node.op == "Concat" and small and sum(a.size for a in arrays) <= SMALL:
        return np.concatenate([np.atleast_1d(a) for a in arrays])
    is_pair = node.op in ARITHMETIC and len(arrays) == 2
    if is_pair and prod(np.broadcast_shapes(*(a.shape for a in arrays))) <= size:
        with np.errstate(all="ignore"):
            return np.asarray(ARITHMETIC[node.op](*arrays))
    raise node.problem(
        "it computes with constants only, which is not done here. Let the exporter fold constants "
        "(torch.onnx.export does so by default), or run the file through onnxsim."
    )


def _filled(node: Node, arrays: list[np.ndarray]) -> np.ndarray:
    """ConstantOfShape."""
    shape = [int(n) for n in arrays[0].ravel()]
    if not 0 <= prod(shape) <= SMALL:
        raise node.problem(f"it makes {shape}; at most {SMALL:,} numbers can be computed.")
    value = np.asarray(node.attributes.get("value", np.zeros(1, np.float32)))
    return np.full(shape, value.ravel()[0])


def _sliced(node: Node, arrays: list[np.ndarray]) -> np.ndarray:
    """Slice, with its bounds as inputs (new operator sets) or attributes (old ones)."""
    given = [array.ravel().tolist() for array in arrays[1:]]
    if not given:
        names = ("starts", "ends", "axes")
        given = [node.attributes[name] for name in names if name in node.attributes]
    starts, ends = given[:2]
    axes = given[2] if len(given) > 2 else range(len(starts))
    steps = given[3] if len(given) > 3 else [1] * len(starts)
    parts = [slice(None)] * arrays[0].ndim
    for axis, *bounds in zip(axes, starts, ends, steps, strict=True):
        parts[axis] = slice(*bounds)
    return arrays[0][tuple(parts)]


SELECTED = {"ConstantOfShape": _filled, "Slice": _sliced}


def _rearranged(node: Node, arrays: list[np.ndarray]) -> np.ndarray:
    if node.op == "Reshape":
        return arrays[0].reshape([int(n) for n in arrays[1].ravel()])
    if node.op == "Unsqueeze" and arrays[0].ndim == 0:
        return arrays[0].ravel()
    axes = axes_of(node, list(arrays))
    if node.op == "Squeeze":
        return np.squeeze(arrays[0])
    return np.expand_dims(arrays[0], tuple(axes or [0]))


def axes_of(node: Node, args: list[Value]) -> list[int] | None:
    """Axes as an attribute (old operator sets) or as the second input (new ones)."""
    if len(args) > 1:
        return [int(n) for n in constant_of(node, args, 1, "the axes").ravel()]
    return None if node.attributes.get("axes") is None else node.wholes("axes", None, -8, 8)

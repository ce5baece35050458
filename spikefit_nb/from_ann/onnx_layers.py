"""ONNX's layers with weights and its averages: each an affine map of the one signal it reads."""

from dataclasses import replace
from math import prod

import numpy as np

from spikefit_nb.errors import NetworkProblem
from spikefit_nb.from_ann.ann import Shape, Signal
from spikefit_nb.from_ann.onnx_file import Node
from spikefit_nb.network import Conv2d

Value = Signal | np.ndarray | None
MOST_VALUES = 2**24  # that a signal, a padded image or a widened kernel may have
FARTHEST = 4096  # pixels a window may be padded by, or spread


def signal_of(node: Node, args: list[Value], at: int = 0) -> Signal:
    """The argument that must be a signal."""
    value = args[at] if at < len(args) else None
    if not isinstance(value, Signal):
        raise node.problem(
            f"its input {at + 1} must come from the network's input, "
            "but it is a constant or missing."
        )
    return value


def constant_of(node: Node, args: list[Value], at: int, why: str) -> np.ndarray:
    """The argument that must be a constant of numbers."""
    value = args[at] if at < len(args) else None
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "fiub":
        raise node.problem(
            f"its input {at + 1}, {why}, must be a constant of numbers stored in the file."
        )
    return value.astype(np.float64) if value.dtype.kind == "f" else value


def is_given(args: list[Value], at: int) -> bool:
    """Whether an optional argument is there."""
    return at < len(args) and args[at] is not None


def read_gemm(node: Node, args: list[Value]) -> Signal:
    """``alpha * x @ B + beta * C``, B transposed where transB says so."""
    if node.whole("transA", 0, 0, 1):
        raise node.problem(
            "transA=1 would mix the samples. Export the network in its usual form, x @ W."
        )
    weight = constant_of(node, args, 1, "the weight")
    weight = weight.T if node.whole("transB", 0, 0, 1) else weight
    out = _multiplied(node, signal_of(node, args), weight * node.real("alpha", 1.0))
    if is_given(args, 2):
        offset = constant_of(node, args, 2, "the bias") * node.real("beta", 1.0)
        out = out.plus(_for_samples(node, offset, out.shape))
    return out


def read_matmul(node: Node, args: list[Value]) -> Signal:
    """``x @ B``."""
    if all(isinstance(a, Signal) for a in args):
        raise node.problem(
            "it multiplies two signals, as attention does; a synapse has one fixed weight."
        )
    return _multiplied(node, signal_of(node, args), constant_of(node, args, 1, "the weight"))


def _multiplied(node: Node, signal: Signal, weight: np.ndarray) -> Signal:
    if len(signal.shape) != 1 or weight.ndim != 2 or weight.shape[0] != signal.size:
        hint = " Put a Flatten before it." if len(signal.shape) > 1 else ""
        raise node.problem(
            f"samples of {signal.shape} arrive, but its weight is {weight.shape} (in, out).{hint}"
        )
    return signal.through(np.ascontiguousarray(weight), (weight.shape[1],))


def _for_samples(node: Node, values: np.ndarray, shape: Shape) -> np.ndarray:
    """A constant as every sample sees it: without an axis of samples."""
    if values.ndim == len(shape) + 1 and values.shape[0] == 1:
        values = values[0]
    lengths = zip(values.shape[::-1], shape[::-1], strict=False)
    if values.ndim > len(shape) or any(n not in (1, of_sample) for n, of_sample in lengths):
        raise node.problem(
            f"a constant of shape {values.shape} does not go with samples of {shape}."
        )
    return values


def arithmetic(node: Node, args: list[Value]) -> Signal:
    """Add, Sub, Mul or Div of a signal with constants, or the sum or difference of two signals."""
    if len(args) != 2:
        raise node.problem(f"it has {len(args)} inputs; two are needed.")
    first, second = args
    if isinstance(first, Signal) and isinstance(second, Signal):
        if node.op in ("Mul", "Div"):
            raise node.problem(
                "it multiplies or divides two signals; a synapse has one fixed weight."
            )
        if first.shape != second.shape:
            raise node.problem(
                f"it adds samples of {first.shape} and of {second.shape}; both must be the same."
            )
        return first.with_signal(second if node.op == "Add" else second.times(np.array(-1.0)))
    at = 1 if isinstance(first, Signal) else 0
    signal = signal_of(node, args, 1 - at)
    constant = constant_of(node, args, at, "the constant").astype(np.float64)
    value = _for_samples(node, constant, signal.shape)
    if node.op in ("Add", "Sub"):
        signal = signal.times(np.array(-1.0)) if node.op == "Sub" and at == 0 else signal
        return signal.plus(-value if node.op == "Sub" and at == 1 else value)
    if node.op == "Mul":
        return signal.times(value)
    if at == 0 or (value == 0).any():
        raise node.problem(
            "it divides by a signal or by zero; only a constant other than zero can be folded."
        )
    return signal.times(1 / value)


def read_scaler(node: Node, args: list[Value]) -> Signal:
    """``(x - offset) * scale``, as scikit-learn's scalers are exported."""
    signal = signal_of(node, args)
    offset = np.asarray(node.attributes.get("offset", [0]), dtype=float)
    factor = np.asarray(node.attributes.get("scale", [1]), dtype=float)
    centred = signal.plus(-_for_samples(node, offset, signal.shape))
    return centred.times(_for_samples(node, factor, signal.shape))


def read_batch_norm(node: Node, args: list[Value]) -> Signal:
    """``(x - mean) / sqrt(var + epsilon) * scale + shift`` of each channel."""
    if node.whole("training_mode", 0, 0, 1):
        raise node.problem(
            "it is in training mode and depends on the other samples. "
            "Call model.eval(), then export."
        )
    signal = signal_of(node, args)
    names = ("the scale", "the shift", "the mean", "the variance")
    scale, shift, mean, var = (constant_of(node, args, k, name) for k, name in enumerate(names, 1))
    if any(part.shape != signal.shape[:1] for part in (scale, shift, mean, var)):
        raise node.problem(
            f"samples of {signal.shape} arrive; its scale, of {scale.shape}, "
            "needs one value a channel."
        )
    spread = var + node.real("epsilon", 1e-5)
    if (spread <= 0).any():
        raise node.problem("a variance plus epsilon is not above zero.")
    factor, per_channel = scale / np.sqrt(spread), (-1, *(1 for _ in signal.shape[1:]))
    scaled = signal.times(factor.reshape(per_channel))
    return scaled.plus((shift - mean * factor).reshape(per_channel))


def read_convolution(node: Node, args: list[Value]) -> Signal:
    """A convolution over one or two axes, with stride, padding, dilation and groups."""
    signal, kernel = signal_of(node, args), constant_of(node, args, 1, "the kernel")
    if kernel.ndim != len(signal.shape) + 1 or kernel.ndim not in (3, 4):
        raise node.problem(
            f"samples of {signal.shape} arrive, but its kernel is {kernel.shape}; (out, "
            "in / groups, y, x) over (channels, y, x), or the same with one axis, can be converted."
        )
    convolution = _window(node, signal.shape, kernel, node.whole("group", 1, 1))
    out = signal.through(convolution, without_row(convolution.output_shape, signal.shape))
    if is_given(args, 2):
        bias = constant_of(node, args, 2, "the bias")
        if bias.shape != kernel.shape[:1]:
            raise node.problem(
                f"its bias is {bias.shape}; one number for each of {len(kernel)} "
                "channels is needed."
            )
        out = out.plus(bias.reshape(-1, *(1 for _ in out.shape[1:])))
    return out


def read_average_pool(node: Node, args: list[Value]) -> Signal:
    """The mean of each window; padding counts as zeros where count_include_pad is set."""
    signal = signal_of(node, args)
    total = pooling_window(node, signal.shape)
    out = signal.through(total, without_row(total.output_shape, signal.shape))
    if node.whole("count_include_pad", 0, 0, 1):
        if node.whole("ceil_mode", 0, 0, 1):
            within = replace(node, attributes={**node.attributes, "ceil_mode": 0})
            if pooling_window(within, signal.shape).output_shape != total.output_shape:
                raise node.problem(
                    "ceil_mode=1 lets its last window hang over the edge, which exporters divide "
                    "differently where padding counts. Export it with ceil_mode=False."
                )
        return out.times(np.array(1 / prod(node.attributes["kernel_shape"])))
    n_seen = total.apply(np.ones((1, signal.size)))[0]
    if (n_seen == 0).any():
        raise node.problem("a window lies in the padding alone, so it has no mean.")
    return out.times(1 / n_seen.reshape(out.shape))


def pooling_window(node: Node, shape: Shape) -> Conv2d:
    """The sum over each window of each channel."""
    if len(shape) not in (2, 3):
        raise node.problem(
            f"samples of {shape} arrive; (channels, y, x) or (channels, x) can be pooled."
        )
    lengths = node.wholes("kernel_shape", None, 1, FARTHEST)
    if len(lengths) != len(shape) - 1:
        raise node.problem(f"its window is {lengths}, but samples of {shape} arrive.")
    _check_size(node, shape[0] * prod(lengths))
    return _window(node, shape, np.ones((shape[0], 1, *lengths)), shape[0])


def average_over_image(node: Node, args: list[Value]) -> Signal:
    """GlobalAveragePool: one mean a channel, the other axes kept with length 1."""
    signal = signal_of(node, args)
    if len(signal.shape) not in (2, 3):
        raise node.problem(
            f"samples of {signal.shape} arrive; (channels, y, x) or (channels, x) can be averaged."
        )
    n_channels, lengths = signal.shape[0], signal.shape[1:]
    kernel = np.full((n_channels, 1, *_with_row(lengths)), 1 / prod(lengths))
    tile = kernel.shape[2:]
    mean = Conv2d(kernel, (n_channels, *tile), tile, groups=n_channels)
    return signal.through(mean, (n_channels, *(1 for _ in lengths)))


def _window(node: Node, shape: Shape, kernel: np.ndarray, groups: int) -> Conv2d:
    """The convolution a node means: its attributes, over one axis or two, as a Conv2d."""
    n_axes = kernel.ndim - 2
    stride = _with_row(tuple(node.wholes("strides", [1] * n_axes, 1, FARTHEST)))
    dilation = _with_row(tuple(node.wholes("dilations", [1] * n_axes, 1, FARTHEST)))
    kernel = kernel.reshape(*kernel.shape[:2], *_with_row(kernel.shape[2:]))
    image = (shape[0], *_with_row(shape[1:]))
    spans = [d * (k - 1) + 1 for d, k in zip(dilation, kernel.shape[2:], strict=True)]
    before, after = _padding(node, n_axes, image[1:], spans, stride)
    padded = [n + b + a for n, b, a in zip(image[1:], before, after, strict=True)]
    if any(span > n for span, n in zip(spans, padded, strict=True)):
        raise node.problem(
            f"its window spans {tuple(spans)} pixels, but the padded image only {tuple(padded)}."
        )
    _check_size(node, image[0] * prod(padded))
    steps = [divmod(n - span, s) for n, span, s in zip(padded, spans, stride, strict=True)]
    _check_size(node, kernel.shape[0] * prod(n + 1 for n, _ in steps))
    if node.whole("ceil_mode", 0, 0, 1) and any(left for _, left in steps):
        sides = zip(steps, stride, before, after, image[1:], strict=True)
        after = tuple(_hanging_over(*side) for side in sides)  # type: ignore[assignment]
    if before != after:
        kernel, dilation, before = _evened(node, kernel, dilation, before, after)
    try:
        return Conv2d(kernel, image, stride, before, dilation, groups=groups)
    except NetworkProblem as problem:
        raise node.problem(str(problem)) from problem


def _hanging_over(
    places: tuple[int, int], stride: int, before: int, after: int, length: int
) -> int:
    """Padding behind for one more window that hangs over the edge, if it begins before that."""
    n_steps, left = places
    begins = (n_steps + 1) * stride
    return after + stride - left if left and begins < before + length else after


def _padding(
    node: Node, n_axes: int, image: Shape, spans: list[int], stride: tuple[int, int]
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Pixels of padding before and after, (y, x) each."""
    automatic = node.attributes.get("auto_pad", "NOTSET")
    if automatic == "VALID":
        return (0, 0), (0, 0)
    if automatic in ("SAME_UPPER", "SAME_LOWER"):
        sides = zip(image, spans, stride, strict=True)
        total = [max(0, (-(-n // s) - 1) * s + span - n) for n, span, s in sides]
        low, high = (tuple(n // 2 for n in total), tuple(-(-n // 2) for n in total))
        return (low, high) if automatic == "SAME_UPPER" else (high, low)  # type: ignore
    if automatic != "NOTSET":
        raise node.problem(
            f"auto_pad is {automatic!r:.40}; NOTSET, VALID, SAME_UPPER and SAME_LOWER are known."
        )
    pads = tuple(node.wholes("pads", [0] * 2 * n_axes, 0, FARTHEST))
    return _with_row(pads[:n_axes], 0), _with_row(pads[n_axes:], 0)


def _evened(
    node: Node,
    kernel: np.ndarray,
    dilation: tuple[int, int],
    before: tuple[int, int],
    after: tuple[int, int],
) -> tuple[np.ndarray, tuple[int, int], tuple[int, int]]:
    """The same map with equal padding on both sides, and zeros in the kernel to make up for it."""
    lengths = [d * (k - 1) + 1 for d, k in zip(dilation, kernel.shape[2:], strict=True)]
    longer = [n + abs(b - a) for n, b, a in zip(lengths, before, after, strict=True)]
    _check_size(node, kernel.shape[0] * kernel.shape[1] * prod(longer))
    wide = np.zeros((*kernel.shape[:2], *longer))
    (y, x) = (max(0, a - b) for b, a in zip(before, after, strict=True))
    wide[:, :, y : y + lengths[0] : dilation[0], x : x + lengths[1] : dilation[1]] = kernel
    return wide, (1, 1), (max(before[0], after[0]), max(before[1], after[1]))


def _with_row(lengths: tuple[int, ...], of_row: int = 1) -> tuple[int, int]:
    """(y, x), where a signal over one axis is an image of one row."""
    return (of_row, *lengths) if len(lengths) == 1 else lengths  # type: ignore[return-value]


def without_row(output: Shape, arriving: Shape) -> Shape:
    """The shape of an image's map, or of a line's where a line arrived."""
    return output if len(arriving) == 3 else (output[0], output[2])


def _check_size(node: Node, n_values: int) -> None:
    if n_values > MOST_VALUES:
        raise node.problem(
            f"it asks for {n_values:,} values for each sample; {MOST_VALUES:,} are the limit."
        )

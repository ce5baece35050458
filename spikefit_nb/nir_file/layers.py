"""One NIR node at a time: its matrix or its convolution."""

from math import prod

import numpy as np

from spikefit_nb.errors import FileProblem, NetworkProblem
from spikefit_nb.network import Conv2d
from spikefit_nb.nir_file.graph import LIMIT_SIGNALS, Node, Shape

POOLS = ("SumPool2d", "AvgPool2d")


def matrix_of(node: Node) -> np.ndarray:
    """The (out, in) weight of a Linear or Affine node."""
    weight = node.array("weight")
    if weight.ndim != 2:
        raise FileProblem(
            f"{node.where}: {node}, field 'weight' has shape {weight.shape}; (out, in) is needed."
        )
    return weight


def kernel_of(node: Node) -> np.ndarray:
    """The (out, in / groups, y, x) weight of a Conv2d node; a Conv1d is one of height 1."""
    weight = node.array("weight")
    axes = "(out, in / groups, x)" if node.kind == "Conv1d" else "(out, in / groups, y, x)"
    if weight.ndim != axes.count(",") + 1:
        raise FileProblem(
            f"{node.where}: {node}, field 'weight' has shape {weight.shape}; {axes} is needed."
        )
    return weight[:, :, None] if node.kind == "Conv1d" else weight


def groups_of(node: Node) -> int:
    """The number of groups of a Conv1d or Conv2d node."""
    return node.whole("groups", 1, 1)[0]


def convolution_of(node: Node, arriving: Shape) -> Conv2d:
    """A Conv1d or Conv2d, or a pooling as the convolution that it is."""
    try:
        if node.kind in POOLS:
            return _pooling(node, arriving)
        kernel, padding = _kernel_and_padding(node)
        shape = (arriving[0], 1, arriving[1]) if node.kind == "Conv1d" else arriving
        stride, dilation = _steps(node, "stride", 1), _steps(node, "dilation", 1)
        return Conv2d(kernel, shape, stride, padding, dilation, groups=groups_of(node))
    except NetworkProblem as problem:
        raise FileProblem(f"{node.where}: {node}: {problem}") from problem


def leaving_shape(node: Node, convolution: Conv2d) -> Shape:
    """The shape that leaves a convolution: without the height, which a Conv1d does not have."""
    channels, y, x = convolution.output_shape
    return (channels, x) if node.kind == "Conv1d" else (channels, y, x)


def _steps(node: Node, name: str, default: int) -> tuple[int, int]:
    """A (y, x) field; along the height that a Conv1d does not have, the default."""
    y, x = node.pair(name, default, default)
    return (default, x) if node.kind == "Conv1d" else (y, x)


def _pooling(node: Node, arriving: Shape) -> Conv2d:
    window = node.pair("kernel_size", 1)
    if prod(window) * arriving[0] > LIMIT_SIGNALS:
        raise FileProblem(
            f"{node.where}: {node}: a window of {window} is larger than any picture that is read."
        )
    value = 1.0 if node.kind == "SumPool2d" else 1.0 / (window[0] * window[1])
    kernel = np.full((arriving[0], 1, *window), value, dtype=np.float32)
    stride = window if node.get("stride") is None else node.pair("stride", 1, 1)
    return Conv2d(kernel, arriving, stride, node.pair("padding", 0, 0), groups=arriving[0])


def _kernel_and_padding(node: Node) -> tuple[np.ndarray, tuple[int, int]]:
    kernel, padding = kernel_of(node), node.get("padding")
    if isinstance(padding, bytes):
        padding = padding.decode()
    if not isinstance(padding, str):
        return kernel, _steps(node, "padding", 0)
    if padding == "valid":
        return kernel, (0, 0)
    if padding != "same":
        raise FileProblem(
            f"{node.where}: {node}, field 'padding' is {padding!r}; "
            "'same', 'valid' or numbers are known."
        )
    stride = _steps(node, "stride", 1)
    if stride != (1, 1):
        raise FileProblem(f"{node.where}: {node}: padding 'same' goes with stride 1, not {stride}.")
    return _same(node, kernel)


def _same(node: Node, kernel: np.ndarray) -> tuple[np.ndarray, tuple[int, int]]:
    """Padding that keeps the size, and the kernel, with a zero in front of an even window."""
    padding = []  # an even window pads one more behind
    for axis, dilation in enumerate(_steps(node, "dilation", 1)):
        total = dilation * (kernel.shape[2 + axis] - 1)
        if total % 2 == 0:
            padding.append(total // 2)
        elif dilation == 1:
            zero = np.zeros_like(np.take(kernel, [0], 2 + axis))
            kernel = np.concatenate([zero, kernel], 2 + axis)
            padding.append(total // 2 + 1)
        else:
            raise FileProblem(
                f"{node.where}: {node}: padding 'same' with an even window {kernel.shape[2:]} and "
                f"dilation {dilation} pads the two sides differently, which is not supported. "
                "State the padding in numbers."
            )
    return kernel, (padding[0], padding[1])

"""One NIR node at a time: its matrix or its convolution."""

import numpy as np

from spikefit_nb.errors import FileProblem, NetworkProblem
from spikefit_nb.network import Conv2d
from spikefit_nb.nir_file.graph import Node, Shape

POOLS = ("SumPool2d", "AvgPool2d")


def matrix_of(node: Node) -> np.ndarray:
    """The (out, in) weight of a Linear or Affine node.

    Raises
    ------
    FileProblem
        It is not two-dimensional.
    """
    weight = node.array("weight")
    if weight.ndim != 2:
        raise FileProblem(f"{node.where}: {node}, field 'weight' has shape {weight.shape}; (out, in) is needed.")
    return weight


def kernel_of(node: Node) -> np.ndarray:
    """The (out, in / groups, y, x) weight of a Conv2d node.

    Raises
    ------
    FileProblem
        It is not four-dimensional.
    """
    weight = node.array("weight")
    if weight.ndim != 4:
        raise FileProblem(
            f"{node.where}: {node}, field 'weight' has shape {weight.shape}; (out, in / groups, y, x) is needed."
        )
    return weight


def groups_of(node: Node) -> int:
    """The number of groups of a Conv2d node."""
    return node.whole("groups", 1, 1)[0]


def convolution_of(node: Node, arriving: Shape) -> Conv2d:
    """A Conv2d, or a pooling as the convolution that it is.

    Parameters
    ----------
    node : Node
    arriving : (channels, y, x)

    Returns
    -------
    Conv2d

    Raises
    ------
    FileProblem
        The window does not fit the shape that arrives, or the padding cannot be expressed.
    """
    try:
        if node.kind in POOLS:
            return _pooling(node, arriving)
        kernel, padding = _kernel_and_padding(node)
        return Conv2d(
            kernel, arriving, node.pair("stride", 1, 1), padding, node.pair("dilation", 1, 1), groups_of(node)
        )
    except NetworkProblem as problem:
        raise FileProblem(f"{node.where}: {node}: {problem}") from problem


def _pooling(node: Node, arriving: Shape) -> Conv2d:
    window = node.pair("kernel_size", 1)
    value = 1.0 if node.kind == "SumPool2d" else 1.0 / (window[0] * window[1])
    kernel = np.full((arriving[0], 1, *window), value, dtype=np.float32)
    stride = window if node.get("stride") is None else node.pair("stride", 1, 1)
    return Conv2d(kernel, arriving, stride, node.pair("padding", 0, 0), groups=arriving[0])  # type: ignore[arg-type]


def _kernel_and_padding(node: Node) -> tuple[np.ndarray, tuple[int, int]]:
    kernel, padding = kernel_of(node), node.get("padding")
    if isinstance(padding, bytes):
        padding = padding.decode()
    if not isinstance(padding, str):
        return kernel, node.pair("padding", 0, 0)
    if padding == "valid":
        return kernel, (0, 0)
    if padding != "same":
        raise FileProblem(
            f"{node.where}: {node}, field 'padding' is {padding!r}; 'same', 'valid' or numbers are known."
        )
    if node.pair("stride", 1, 1) != (1, 1):
        raise FileProblem(f"{node.where}: {node}: padding 'same' goes with stride 1, not {node.pair('stride', 1)}.")
    return _same(node, kernel)


def _same(node: Node, kernel: np.ndarray) -> tuple[np.ndarray, tuple[int, int]]:
    """Padding that keeps the size; an even window pads one more behind, so its kernel gets a zero in front."""
    padding = []
    for axis, dilation in enumerate(node.pair("dilation", 1, 1)):
        total = dilation * (kernel.shape[2 + axis] - 1)
        if total % 2 == 0:
            padding.append(total // 2)
        elif dilation == 1:
            kernel = np.concatenate([np.zeros_like(np.take(kernel, [0], 2 + axis)), kernel], 2 + axis)
            padding.append(total // 2 + 1)
        else:
            raise FileProblem(
                f"{node.where}: {node}: padding 'same' with an even window {kernel.shape[2:]} and dilation {dilation} "
                "pads the two sides differently, which is not supported. State the padding in numbers."
            )
    return kernel, (padding[0], padding[1])

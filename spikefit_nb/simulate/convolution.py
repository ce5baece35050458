"""Lay a convolution out so that what one spike reaches lies side by side."""

from typing import NamedTuple

import numpy as np

from spikefit_nb.kernels.deliver import Convolution
from spikefit_nb.network import Conv2d


class Axis(NamedTuple):
    """One axis of a convolution: the kernel in a new order, and what each source reaches."""

    order: np.ndarray  # kernel places, such that neighbours reach neighbouring targets
    first: np.ndarray  # (n_in,) first target reached
    n_reached: np.ndarray  # targets reached, one after the other
    at: np.ndarray  # where in ``order`` the first of them stands


def lay_out(conv: Conv2d, values: np.ndarray) -> Convolution:
    """Kernel and windows as ``kernels.deliver`` reads them.

    Parameters
    ----------
    conv : Conv2d
    values : (n,) its weights, or others in their place

    Returns
    -------
    Convolution, a NamedTuple of arrays

    Examples
    --------
    >>> laid_out = lay_out(Conv2d(np.ones((1, 1, 2, 2)), (1, 3, 3)), np.arange(1, 5))
    >>> laid_out.weight.tolist(), laid_out.n_x.tolist()
    ([[[4, 3], [2, 1]]], [1, 2, 1])
    """
    n_out, y_out, x_out = conv.output_shape
    n_in, y_in, x_in = conv.input_shape
    full = _undilated(values.reshape(conv.weight.shape), conv.dilation)
    y = _axis(y_in, y_out, full.shape[2], conv.stride[0], conv.padding[0])
    x = _axis(x_in, x_out, full.shape[3], conv.stride[1], conv.padding[1])
    kernel = full[:, :, y.order][:, :, :, x.order]
    grouped = kernel.reshape(conv.groups, n_out // conv.groups, *kernel.shape[1:])
    # (group, out, in, y, x) -> (group, in, y, x, out)
    weight = np.ascontiguousarray(grouped.transpose(0, 2, 3, 4, 1))
    place = np.indices(conv.input_shape, np.int32).reshape(3, -1).T
    return Convolution(
        weight.reshape(n_in, y.order.size, -1),
        np.ascontiguousarray(place),
        first_y=y.first,
        n_y=y.n_reached,
        row=y.at,
        first_x=x.first,
        n_x=x.n_reached,
        column=x.at,
        x_out=x_out,
        n_channels=n_out,
        groups=conv.groups,
    )


def _undilated(kernel: np.ndarray, dilation: tuple[int, int]) -> np.ndarray:
    """The same kernel with zeros where a dilated one leaves places out."""
    size = [d * (k - 1) + 1 for d, k in zip(dilation, kernel.shape[2:], strict=True)]
    full = np.zeros((*kernel.shape[:2], *size), kernel.dtype)
    full[:, :, :: dilation[0], :: dilation[1]] = kernel
    return full


def _axis(n_in: int, n_out: int, n_kernel: int, stride: int, padding: int) -> Axis:
    """Order a kernel so that targets in a row find their places in a row."""
    # A source at x reaches target t by kernel place k = x + padding - stride * t: as t grows, k
    # falls by a stride.
    phases = [np.arange(n_kernel)[phase::stride][::-1] for phase in range(stride)]
    order = np.concatenate(phases).astype(int)
    place_of = np.argsort(order)
    reached = np.zeros((3, n_in), np.int32)
    for x in range(n_in):
        targets = [t for t in range(n_out) if 0 <= x + padding - stride * t < n_kernel]
        if targets:
            reached[:, x] = targets[0], len(targets), place_of[x + padding - stride * targets[0]]
    return Axis(order, *np.ascontiguousarray(reached))

"""Max pooling: exactly, by rectified units that compare values in pairs; or as a weighed mean."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from spikefit_nb.from_ann.ann import Ann, Shape, Signal
from spikefit_nb.from_ann.onnx_file import Node
from spikefit_nb.from_ann.onnx_layers import Value, pooling_window, signal_of, without_row
from spikefit_nb.from_ann.onnx_shapes import axes_of
from spikefit_nb.network import Conv2d

Rectify = Callable[[Signal], Signal]


def largest_of_windows(
    node: Node, signal: Signal, rectify: Rectify, *, never_negative: bool
) -> Signal:
    """The largest value of each window: ``max(a, b) = a + rectified(b - a)``, pair by pair."""
    total = pooling_window(node, signal.shape)
    if any(total.padding) and not never_negative:
        raise node.problem(
            "beyond the edge it takes zeros for the largest of values below zero. Put the Relu "
            "before it, or export it without padding."
        )
    n_channels, window = signal.shape[0], total.weight.shape[2:]
    at = np.flatnonzero(total.weight[0, 0])
    pixels = np.zeros((n_channels, len(at), 1, window[0] * window[1]))
    pixels[:, np.arange(len(at)), :, at] = 1
    kernel = pixels.reshape(-1, 1, *window)
    apart = replace(total, weight=kernel)
    stack = signal.through(apart, apart.output_shape)
    while (n := stack.shape[0] // n_channels) > 1:
        first, second = np.eye(n)[::2], np.eye(n)[1::2]
        excess = rectify(_mixed(stack, second - first[: len(second)], n_channels))
        gained = _mixed(excess, np.eye(len(first), len(second)), n_channels)
        stack = _mixed(stack, first, n_channels).with_signal(gained)
    return Signal(without_row(stack.shape, signal.shape), stack.terms, stack.bias)


def _mixed(stack: Signal, rows: np.ndarray, n_channels: int) -> Signal:
    """Each channel's candidates (channel x candidate, y, x) by the same map (new, old)."""
    kernel = np.tile(rows[:, :, None, None], (n_channels, 1, 1, 1))
    mix = Conv2d(kernel, stack.shape, groups=n_channels)
    return stack.through(mix, mix.output_shape)


def over_image(node: Node, args: list[Value]) -> tuple[Node, Shape]:
    """GlobalMaxPool and ReduceMax as the MaxPool they are, and the shape they leave."""
    shape = signal_of(node, args).shape
    spatial = list(range(2, len(shape) + 1))
    axes = None if node.op == "GlobalMaxPool" else axes_of(node, args)
    if axes is not None and sorted(axis % (len(shape) + 1) for axis in axes) != spatial:
        raise node.problem(
            f"axes {axes} are not those of the image, {spatial}; the largest value of each "
            "channel's image can be found."
        )
    has_axes = node.op == "GlobalMaxPool" or node.whole("keepdims", 1, 0, 1)
    left = (shape[0], *(1 for _ in spatial)) if has_axes else shape[:1]
    return replace(node, attributes={"kernel_shape": list(shape[1:])}), left


class Substitute(NamedTuple):
    """The mean of a window as it stands for the largest value: by channel, times and plus."""

    factor: np.ndarray
    offset: np.ndarray

    def of(self, mean: Signal) -> Signal:
        """What stands for the largest values."""
        per_channel = (-1, *(1 for _ in mean.shape[1:]))
        return mean.times(self.factor.reshape(per_channel)).plus(self.offset.reshape(per_channel))

    def __str__(self) -> str:
        if (self.factor == 1).all():
            return f"plus {self.offset.min():.3g} to {self.offset.max():.3g}"
        return f"times {self.factor.min():.3g} to {self.factor.max():.3g}"


def substitutes(ann: Ann, calibration: np.ndarray) -> dict[str, Substitute]:
    """By max pool, what makes the means as large as the largest values, on average."""
    averages = {pool.output: np.zeros((2, pool.mean.shape[0])) for pool in ann.max_pools}
    for active in ann.activations(calibration):
        for pool in ann.max_pools:
            average = averages[pool.output]
            for total, signal in zip(average, (pool.largest, pool.mean), strict=True):
                values = signal.value(active)
                total += values.reshape(len(values), len(total), -1).mean(axis=2).sum(axis=0)
    n = len(calibration)
    return {p.output: _substitute(averages[p.output] / n, p.is_rate) for p in ann.max_pools}


def _substitute(average: np.ndarray, is_rate: bool) -> Substitute:
    """A factor for what is never below zero, which keeps silence silent, else an offset."""
    largest, mean = average
    if not is_rate:
        return Substitute(np.ones_like(mean), largest - mean)
    is_known = mean > 0
    factor = np.where(is_known, largest / np.where(is_known, mean, 1.0), 1.0)
    return Substitute(factor, np.zeros_like(mean))

"""The adjoint of ``deliver``: from what a loss says of arriving currents to weights and sources.

Rows of events and layouts of weights are those of ``deliver``; as there, which loop runs follows
from the kind of weights. ``told`` (n_samples, n_steps, n_target) is the loss's derivative by what
arrives, in the order of the sums that ``deliver`` makes.
"""

import numpy as np
from numba.extending import overload

from spikefit_nb.kernels.compiled import compiled
from spikefit_nb.kernels.deliver import Convolution, Dense, Sparse


def add_outer(neuron, first, last, amount, weights, told, grown):
    """Add to the derivative by each weight what the events of one row did through it."""
    raise NotImplementedError("add_outer is called from compiled code only")


def _outer_dense(neuron, first, last, amount, weights, told, grown):
    for e in range(first, last):
        row = grown.weight[neuron[e]]
        for k in range(told.size):
            row[k] += told[k] if amount is None else amount[e] * told[k]


def _outer_sparse(neuron, first, last, amount, weights, told, grown):
    indptr, index, weight = grown.indptr, grown.index, grown.weight
    for e in range(first, last):
        for j in range(indptr[neuron[e]], indptr[neuron[e] + 1]):
            each = told[index[j]]
            weight[j] += each if amount is None else amount[e] * each


def _outer_convolution(neuron, first, last, amount, weights, told, grown):
    n = weights.n_channels // weights.groups
    n_in = weights.weight.shape[0] // weights.groups
    for e in range(first, last):
        channel, y, x = weights.place[neuron[e]]
        for m in range(weights.n_y[y]):
            kernel = grown.weight[channel, weights.row[y] + m, weights.column[x] * n :]
            place = (weights.first_y[y] + m) * weights.x_out + weights.first_x[x]
            for j in range(weights.n_x[x]):
                run = told[(place + j) * weights.n_channels + channel // n_in * n :]
                for k in range(n):
                    each = run[k]
                    kernel[j * n + k] += each if amount is None else amount[e] * each


OUTER = {Dense: _outer_dense, Sparse: _outer_sparse, Convolution: _outer_convolution}


@overload(add_outer)
def _choose_outer(neuron, first, last, amount, weights, told, grown):
    return OUTER[weights.instance_class]


@compiled(fastmath=True)
def to_weights(start, stop, neuron, amount, weights, told, grown, delay):
    """Add up what events did through each weight, ``delay`` steps later, into ``grown``."""
    for b in range(start.shape[0]):
        for t in range(start.shape[1] - delay):
            add_outer(neuron, start[b, t], stop[b, t], amount, weights, told[b, t + delay], grown)


@compiled(fastmath=True)
def to_sources(weights, told, sources, delay, first, last):
    """Add up what spikes did through sparse weights that arrived in the steps ``first`` to
    ``last``.
    """
    indptr, index, weight = weights.indptr, weights.index, weights.weight
    for b in range(told.shape[0]):
        for t in range(max(first, delay), last):
            arrived, earlier = told[b, t], sources[b, t - delay]
            for source in range(earlier.size):
                total = told.dtype.type(0)
                for j in range(indptr[source], indptr[source + 1]):
                    total += weight[j] * arrived[index[j]]
                earlier[source] += total


@compiled(inline="always")
def add_row(windows, looked_at, stride, padding, dilation):
    """Add one row of a kernel's windows, (x, kx, channel), to the row of sources they lie over."""
    for x in range(windows.shape[0]):
        for kx in range(windows.shape[1]):
            at = x * stride + kx * dilation - padding
            if 0 <= at < looked_at.shape[0]:
                run, part = looked_at[at], windows[x, kx]
                for channel in range(run.size):
                    run[channel] += part[channel]


@compiled()
def add_windows(parts, sources, stride, padding, dilation):
    """Add what each place of a kernel tells, (n, group, y, x, ky, kx, channel) by targets, to the
    sources that it looked at, (n, group, channel, y, x).
    """
    n_channels, n_y, n_x = sources.shape[2:]
    maps = np.empty((n_y, n_x, n_channels), parts.dtype)  # channels together: runs to add
    for n in range(parts.shape[0]):
        for group in range(parts.shape[1]):
            maps[:] = 0
            for y in range(parts.shape[2]):
                for ky in range(parts.shape[4]):
                    at = y * stride[0] + ky * dilation[0] - padding[0]
                    if 0 <= at < n_y:
                        windows, looked_at = parts[n, group, y, :, ky], maps[at]
                        add_row(windows, looked_at, stride[1], padding[1], dilation[1])
            for y in range(n_y):
                for x in range(n_x):
                    for channel in range(n_channels):
                        sources[n, group, channel, y, x] += maps[y, x, channel]

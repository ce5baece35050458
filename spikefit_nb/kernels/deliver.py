"""Send the spikes of one population through one projection: the loops where a simulation spends its time.

All kernels read events in rows: the spikes of sample ``b`` in step ``w`` of a window are
``neuron[start[b, w]:stop[b, w]]``. ``amount`` is None where each is one spike, else how much each event carries.
They add into ``into`` (n_samples, n_window, n_target), row ``w + at``, and count in ``arrived`` the events of each row.
Sums of integers are exact; sums of floats are taken in the order of the events.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

ROWS = 8  # weight rows added in one pass: the sums are then read and written once, not eight times


class Windows(NamedTuple):
    """Where the windows of a convolution lie; made by ``simulate.convolution``.

    A source at (y, x) reaches the targets ``first_y[y] + m``, m from 0 to ``n_y[y]``, over the kernel's row
    ``row[y] + m``; likewise in x.
    """

    place: np.ndarray  # (n_source, 3) int32: channel, y, x of each source
    first_y: np.ndarray  # (y_in,) int32
    n_y: np.ndarray
    row: np.ndarray
    first_x: np.ndarray  # (x_in,) int32
    n_x: np.ndarray
    column: np.ndarray
    x_out: int
    n_channels: int  # of the output
    groups: int


@njit(nogil=True, cache=True)
def deliver_dense(start, stop, neuron, amount, weight, into, arrived, at):
    """Add a weight row for every event; weight (n_source, n_target)."""
    for b in range(start.shape[0]):
        for w in range(start.shape[1]):
            sums, e, last = into[b, w + at], start[b, w], stop[b, w]
            arrived[b, w + at] += last - e
            if amount is None:
                while e + ROWS <= last:
                    r0, r1, r2, r3 = (
                        weight[neuron[e]], weight[neuron[e + 1]], weight[neuron[e + 2]], weight[neuron[e + 3]],
                    )  # fmt: skip
                    r4, r5, r6, r7 = (
                        weight[neuron[e + 4]], weight[neuron[e + 5]], weight[neuron[e + 6]], weight[neuron[e + 7]],
                    )  # fmt: skip
                    for k in range(sums.size):
                        sums[k] = sums[k] + r0[k] + r1[k] + r2[k] + r3[k] + r4[k] + r5[k] + r6[k] + r7[k]
                    e += ROWS
                for rest in range(e, last):
                    row = weight[neuron[rest]]
                    for k in range(sums.size):
                        sums[k] += row[k]
            else:
                for each in range(e, last):
                    row, a = weight[neuron[each]], amount[each]
                    for k in range(sums.size):
                        sums[k] += a * row[k]


@njit(nogil=True, cache=True)
def deliver_sparse(start, stop, neuron, amount, indptr, index, weight, into, arrived, at):
    """Follow the synapses of every event: target and weight in two arrays (n_synapses,)."""
    for b in range(start.shape[0]):
        for w in range(start.shape[1]):
            sums = into[b, w + at]
            arrived[b, w + at] += stop[b, w] - start[b, w]
            for e in range(start[b, w], stop[b, w]):
                for j in range(indptr[neuron[e]], indptr[neuron[e] + 1]):
                    sums[index[j]] += weight[j] if amount is None else amount[e] * weight[j]


@njit(nogil=True, cache=True)
def deliver_packed(start, stop, neuron, amount, indptr, packed, into, arrived, at):
    """As ``deliver_sparse``, target and int8 weight in one word: ``target << 8 | weight``."""
    for b in range(start.shape[0]):
        for w in range(start.shape[1]):
            sums = into[b, w + at]
            arrived[b, w + at] += stop[b, w] - start[b, w]
            for e in range(start[b, w], stop[b, w]):
                for j in range(indptr[neuron[e]], indptr[neuron[e] + 1]):
                    weight = np.int8(packed[j])  # the lowest eight bits, with their sign
                    sums[packed[j] >> np.uint32(8)] += weight if amount is None else amount[e] * weight


@njit(nogil=True, cache=True)
def deliver_uniform(start, stop, neuron, amount, indptr, index, weight, into, arrived, at):
    """As ``deliver_sparse``, where all synapses of a source weigh the same; weight (n_source,)."""
    for b in range(start.shape[0]):
        for w in range(start.shape[1]):
            sums = into[b, w + at]
            arrived[b, w + at] += stop[b, w] - start[b, w]
            for e in range(start[b, w], stop[b, w]):
                each = weight[neuron[e]] if amount is None else amount[e] * weight[neuron[e]]
                for j in range(indptr[neuron[e]], indptr[neuron[e] + 1]):
                    sums[index[j]] += each


@njit(nogil=True, cache=True)
def deliver_convolution(start, stop, neuron, amount, weight, windows, into, arrived, at):
    """Add the part of the kernel that each event reaches; no synapse is ever stored.

    weight (n_in, rows, columns * n_channels / groups), ``into`` ordered (y, x, channel): neighbours in x and all
    channels then lie side by side, in weights and sums alike.
    """
    n = windows.n_channels // windows.groups
    n_in = weight.shape[0] // windows.groups
    for b in range(start.shape[0]):
        for w in range(start.shape[1]):
            sums = into[b, w + at]
            arrived[b, w + at] += stop[b, w] - start[b, w]
            for e in range(start[b, w], stop[b, w]):
                channel, y, x = windows.place[neuron[e]]
                for m in range(windows.n_y[y]):
                    kernel = weight[channel, windows.row[y] + m, windows.column[x] * n :]
                    first = (windows.first_y[y] + m) * windows.x_out + windows.first_x[x]
                    if windows.groups == 1:
                        run = sums[first * n : (first + windows.n_x[x]) * n]
                        for k in range(run.size):
                            run[k] += kernel[k] if amount is None else amount[e] * kernel[k]
                        continue
                    for j in range(windows.n_x[x]):
                        run = sums[(first + j) * windows.n_channels + channel // n_in * n :]
                        for k in range(n):
                            run[k] += kernel[j * n + k] if amount is None else amount[e] * kernel[j * n + k]


@njit(nogil=True, cache=True)
def collect(into, arrived, scale, n_last, current):
    """Add the sums of one projection to the current, ``scale * sum``, and clear them.

    scale (1,) or (n_target,); ``n_last`` is how many channels lie side by side in ``into``, whose neurons are ordered
    (place, channel), where ``current`` has (channel, place).
    """
    for b in range(current.shape[0]):
        for w in range(current.shape[1]):
            if arrived[b, w] == 0:
                continue
            sums, row = into[b, w], current[b, w]
            if n_last == 1 and scale.size == 1:
                each = scale[0]
                for k in range(row.size):
                    row[k] += each * row.dtype.type(sums[k])
            else:
                n_places = row.size // n_last
                for c in range(n_last):
                    for p in range(n_places):
                        k = c * n_places + p
                        each = scale[0] if scale.size == 1 else scale[k]
                        row[k] += each * row.dtype.type(sums[p * n_last + c])
            for k in range(row.size):
                sums[k] = 0

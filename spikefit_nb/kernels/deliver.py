"""Send spikes of a population through a projection: the loops where a simulation spends its time.

Events come in rows: the spikes of sample ``b`` in step ``w`` of a window are
``neuron[start[b, w]:stop[b, w]]``; ``amount`` is None where each is one spike, else how much each
carries. Sums of integers are exact; sums of floats are taken in the order of the events. Which loop
runs follows from the weights: each kind is a NamedTuple of its own.
"""

from typing import NamedTuple

import numpy as np
from numba.extending import overload

from spikefit_nb.kernels.compiled import compiled

ROWS = 8  # weight rows added in one pass: the sums are then read and written once, not eight times


class Dense(NamedTuple):
    """Weights of all pairs."""

    weight: np.ndarray  # (n_source, n_target)


class Sparse(NamedTuple):
    """Synapses by source, target and weight in two arrays."""

    indptr: np.ndarray  # (n_source + 1,) int64
    index: np.ndarray  # type: ignore[assignment]  # (n_synapses,)
    weight: np.ndarray


class Packed(NamedTuple):
    """Synapses by source, target and int8 weight in one word: ``target << 8 | weight``."""

    indptr: np.ndarray
    packed: np.ndarray  # (n_synapses,) uint32


class Uniform(NamedTuple):
    """Synapses by source, where all of a source weigh the same."""

    indptr: np.ndarray
    index: np.ndarray  # type: ignore[assignment]
    each: np.ndarray  # (n_source,)


class Convolution(NamedTuple):
    """A kernel and where its windows lie: no synapse is stored."""

    weight: np.ndarray  # (n_in, rows, columns * n_channels / groups)
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


def send(neuron, first, last, amount, weights, sums):
    """Add to sums (n_target,) what the events ``first`` to ``last`` bring, by the loop chosen."""
    raise NotImplementedError("send is called from compiled code only")


def _dense(neuron, first, last, amount, weights, sums):
    weight, e = weights.weight, first
    if amount is None:
        while e + ROWS <= last:
            r0, r1 = weight[neuron[e]], weight[neuron[e + 1]]
            r2, r3 = weight[neuron[e + 2]], weight[neuron[e + 3]]
            r4, r5 = weight[neuron[e + 4]], weight[neuron[e + 5]]
            r6, r7 = weight[neuron[e + 6]], weight[neuron[e + 7]]
            for k in range(sums.size):
                sums[k] = sums[k] + r0[k] + r1[k] + r2[k] + r3[k] + r4[k] + r5[k] + r6[k] + r7[k]
            e += ROWS
        for rest in range(e, last):
            row = weight[neuron[rest]]
            for k in range(sums.size):
                sums[k] += row[k]
    else:
        for each in range(first, last):
            row, a = weight[neuron[each]], sums.dtype.type(amount[each])
            for k in range(sums.size):
                sums[k] += a * row[k]


def _sparse(neuron, first, last, amount, weights, sums):
    indptr, index, weight = weights.indptr, weights.index, weights.weight
    for e in range(first, last):
        for j in range(indptr[neuron[e]], indptr[neuron[e] + 1]):
            sums[index[j]] += (
                weight[j] if amount is None else sums.dtype.type(amount[e]) * weight[j]
            )


def _packed(neuron, first, last, amount, weights, sums):
    indptr, packed = weights.indptr, weights.packed
    for e in range(first, last):
        for j in range(indptr[neuron[e]], indptr[neuron[e] + 1]):
            weight = np.int8(packed[j])  # the lowest eight bits, with their sign
            sums[packed[j] >> np.uint32(8)] += (
                weight if amount is None else sums.dtype.type(amount[e]) * weight
            )


def _uniform(neuron, first, last, amount, weights, sums):
    indptr, index, weight = weights.indptr, weights.index, weights.each
    for e in range(first, last):
        own = weight[neuron[e]]
        each = own if amount is None else sums.dtype.type(amount[e]) * own
        for j in range(indptr[neuron[e]], indptr[neuron[e] + 1]):
            sums[index[j]] += each


def _convolution(neuron, first, last, amount, weights, sums):
    # sums are ordered (y, x, channel) as weights are: neighbours in x lie beside one another
    n = weights.n_channels // weights.groups
    n_in = weights.weight.shape[0] // weights.groups
    for e in range(first, last):
        channel, y, x = weights.place[neuron[e]]
        for m in range(weights.n_y[y]):
            kernel = weights.weight[channel, weights.row[y] + m, weights.column[x] * n :]
            place = (weights.first_y[y] + m) * weights.x_out + weights.first_x[x]
            if weights.groups == 1:
                run = sums[place * n : (place + weights.n_x[x]) * n]
                for k in range(run.size):
                    own = kernel[k]
                    run[k] += own if amount is None else sums.dtype.type(amount[e]) * own
                continue
            for j in range(weights.n_x[x]):
                run = sums[(place + j) * weights.n_channels + channel // n_in * n :]
                for k in range(n):
                    own = kernel[j * n + k]
                    run[k] += own if amount is None else sums.dtype.type(amount[e]) * own


LOOPS = {
    Dense: _dense,
    Sparse: _sparse,
    Packed: _packed,
    Uniform: _uniform,
    Convolution: _convolution,
}


@overload(send)
def _choose(neuron, first, last, amount, weights, sums):
    return LOOPS[weights.instance_class]


@compiled()
def deliver(start, stop, neuron, amount, weights, into, arrived, at):
    """Add the events of each row ``w`` to row ``w + at`` of the sums, and count them."""
    # into (n_samples, n_window, n_target), arrived (n_samples, n_window)
    for b in range(start.shape[0]):
        for w in range(start.shape[1]):
            arrived[b, w + at] += stop[b, w] - start[b, w]
            send(neuron, start[b, w], stop[b, w], amount, weights, into[b, w + at])


@compiled(inline="always")
def take(sums, scale, n_last, current):
    """Add the sums of one row to the current, ``scale * sum``, and clear them."""
    if n_last == 1 and scale.size == 1:
        each = scale[0]
        for n in range(current.size):
            current[n] += each * current.dtype.type(sums[n])
    else:
        n_places = current.size // n_last
        for c in range(n_last):
            for place in range(n_places):
                n = c * n_places + place
                each = scale[0] if scale.size == 1 else scale[n]
                current[n] += each * current.dtype.type(sums[place * n_last + c])
    for n in range(current.size):
        sums[n] = 0


@compiled()
def collect(into, arrived, scale, n_last, current):
    """Take the sums of one projection, row by row."""
    for b in range(current.shape[0]):
        for w in range(current.shape[1]):
            if arrived[b, w] > 0:
                take(into[b, w], scale, n_last, current[b, w])

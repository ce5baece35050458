"""The adjoint of ``deliver``: from what a loss says of arriving currents to weights and sources.

Rows of events and layouts of weights are those of ``deliver``; as there, which loop runs follows
from the kind of weights. ``told`` (n_samples, n_steps, n_target) is the loss's derivative by what
arrives, in the order of the sums that ``deliver`` makes.
"""

from numba.extending import overload

from spikefit_nb.kernels.compiled import compiled
from spikefit_nb.kernels.deliver import Convolution, Dense, Sparse


def add_outer(neuron, first, last, amount, weights, told, grown):
    """Add to the derivative by each weight what the events of one row did through it."""
    raise NotImplementedError("add_outer is called from compiled code only")


def add_back(weights, told, sources):
    """Add to the derivative by each source's spikes, (n_source,), what they did in one row."""
    raise NotImplementedError("add_back is called from compiled code only")


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


def _back_dense(weights, told, sources):
    for source in range(sources.size):
        row, total = weights.weight[source], told.dtype.type(0)
        for k in range(told.size):
            total += row[k] * told[k]
        sources[source] += total


def _back_sparse(weights, told, sources):
    indptr, index, weight = weights.indptr, weights.index, weights.weight
    for source in range(sources.size):
        total = told.dtype.type(0)
        for j in range(indptr[source], indptr[source + 1]):
            total += weight[j] * told[index[j]]
        sources[source] += total


def _back_convolution(weights, told, sources):
    n = weights.n_channels // weights.groups
    n_in = weights.weight.shape[0] // weights.groups
    for source in range(sources.size):
        channel, y, x = weights.place[source]
        total = told.dtype.type(0)
        for m in range(weights.n_y[y]):
            kernel = weights.weight[channel, weights.row[y] + m, weights.column[x] * n :]
            place = (weights.first_y[y] + m) * weights.x_out + weights.first_x[x]
            for j in range(weights.n_x[x]):
                run = told[(place + j) * weights.n_channels + channel // n_in * n :]
                for k in range(n):
                    total += kernel[j * n + k] * run[k]
        sources[source] += total


OUTER = {Dense: _outer_dense, Sparse: _outer_sparse, Convolution: _outer_convolution}
BACK = {Dense: _back_dense, Sparse: _back_sparse, Convolution: _back_convolution}


@overload(add_outer)
def _choose_outer(neuron, first, last, amount, weights, told, grown):
    return OUTER[weights.instance_class]


@overload(add_back)
def _choose_back(weights, told, sources):
    return BACK[weights.instance_class]


@compiled(fastmath=True)
def to_weights(start, stop, neuron, amount, weights, told, grown, delay):
    """Add up what events did through each weight, ``delay`` steps later, into ``grown``."""
    for b in range(start.shape[0]):
        for t in range(start.shape[1] - delay):
            add_outer(neuron, start[b, t], stop[b, t], amount, weights, told[b, t + delay], grown)


@compiled(fastmath=True)
def to_sources(weights, told, sources, delay, first, last):
    """Add up what spikes did that arrived in the steps ``first`` to ``last``."""
    for b in range(told.shape[0]):
        for t in range(max(first, delay), last):
            add_back(weights, told[b, t], sources[b, t - delay])

"""Events in rows, one row a sample and step: from arrays into rows, from rows into one list."""

import numpy as np

from spikefit_nb.kernels.compiled import compiled


@compiled()
def find_events(spikes, start, stop, neuron):
    """List the channels that are not zero, in rows; returns how many there are."""
    # spikes (n_samples, n_steps, n_channels); neuron has room for one too many
    n = 0
    for b in range(spikes.shape[0]):
        for t in range(spikes.shape[1]):
            row = spikes[b, t]
            start[b, t] = n
            for k in range(row.size):
                neuron[n] = k  # kept by the next line, or written over
                n += row[k] != 0
            stop[b, t] = n
    return n


@compiled()
def row_bounds(ptr, step, n_steps, start, stop):
    """Write where the events of each sample and step begin and end."""
    # events of sample b are ptr[b] to ptr[b + 1]
    for b in range(start.shape[0]):
        e, last = ptr[b], ptr[b + 1]
        for t in range(n_steps):
            start[b, t] = e
            while e < last and step[e] == t:
                e += 1
            stop[b, t] = e


@compiled()
def place_rows(start, stop, neuron, amount, offset, first_step, next_place, events, counts):
    """Copy rows into the one list of all populations, and move the next place of each row on."""
    # next_place (n_samples, n_steps)
    for b in range(start.shape[0]):
        for w in range(start.shape[1]):
            at = next_place[b, first_step + w]
            for e in range(start[b, w], stop[b, w]):
                events[at] = offset + neuron[e]
                counts[at] = 1 if amount is None else np.int32(amount[e])
                at += 1
            next_place[b, first_step + w] = at


@compiled()
def count_rows(start, stop, neuron, amount, counts):
    """Add the events of each sample to its counts; a current counts once, whatever its size."""
    # counts (n_samples, n_neurons)
    for b in range(start.shape[0]):
        for w in range(start.shape[1]):
            for e in range(start[b, w], stop[b, w]):
                counts[b, neuron[e]] += 1 if amount is None else np.int32(amount[e])

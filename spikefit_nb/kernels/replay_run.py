"""Count what a recorded run does on mapped cores, step by step, and how long each core works.

A row is one step of one sample: row ``s * n_steps + t``. Counts of a block of rows are ``cells``
(n_rows, n_columns, n_cores): synaptic operations, one column for each format in use, then the
columns named below.
"""

from typing import NamedTuple

import numpy as np

from spikefit_nb.kernels.compiled import compiled

ACTIVE, FIRED, SENT, RECEIVED, N_OTHERS = range(5)  # columns behind the formats
BITS_OF_BYTE = np.array([int(byte).bit_count() for byte in range(256)], np.int64)


class Layout(NamedTuple):
    """A mapping as the kernels read it."""

    core_of: np.ndarray  # (n_neurons,) int64, -1 for inputs
    copies: np.ndarray  # (n_neurons,) int64, how often each neuron is laid out
    fan_ptr: np.ndarray  # (n_neurons + 1,) int64
    fan_core: np.ndarray  # (n_axons,) int64
    fan_formats: np.ndarray  # (n_formats, n_axons) int64, synapses there
    runs: np.ndarray  # (n_runs, 4) int64: update bits from, to; core of these neurons; copies


@compiled(inline="always")
def count_bits(bits, start, stop):
    """Bits set from place ``start`` to ``stop``."""
    first, last = start >> 3, stop >> 3
    before = np.int64(0xFF) >> (8 - (start & 7)) if start & 7 else np.int64(0)
    if first == last:
        if stop & 7:
            return BITS_OF_BYTE[bits[first] & ~before & ((1 << (stop & 7)) - 1)]
        return np.int64(0)
    n = BITS_OF_BYTE[bits[first] & ~before]
    for k in range(first + 1, last):
        n += BITS_OF_BYTE[bits[k]]
    return n + BITS_OF_BYTE[bits[last] & ((1 << (stop & 7)) - 1)] if stop & 7 else n


@compiled()
def count_rows(ptr, neuron, count, updated, first_row, layout, cells):
    """Count the rows from ``first_row`` on, as many as ``cells`` (zeros) holds."""
    # updated (all rows, bytes)
    core_of, fan_ptr = layout.core_of, layout.fan_ptr
    fan_core, fan_formats = layout.fan_core, layout.fan_formats
    n_formats = fan_formats.shape[0]
    for r in range(cells.shape[0]):
        row = cells[r]
        received = row[n_formats + RECEIVED]
        for e in range(ptr[first_row + r], ptr[first_row + r + 1]):
            n, spikes = neuron[e], np.int64(count[e])
            sender, first, last = core_of[n], fan_ptr[n], fan_ptr[n + 1]
            if sender >= 0:
                row[n_formats + FIRED, sender] += spikes
                row[n_formats + SENT, sender] += spikes * (last - first)
            for j in range(first, last):
                core = fan_core[j]
                received[core] += spikes
                for f in range(n_formats):
                    row[f, core] += spikes * fan_formats[f, j]
        for k in range(layout.runs.shape[0]):
            start, stop, core, copies = layout.runs[k]
            n_active = count_bits(updated[first_row + r], start, stop)
            row[n_formats + ACTIVE, core] += copies * n_active


@compiled()
def list_packets(spikes, layout, n_cores, pair, packets):
    """Write ``sender * n_cores + target`` and packets of each axon that sends; returns how many."""
    at = 0
    for n in range(spikes.size):
        if spikes[n] > 0 and layout.core_of[n] >= 0:
            for j in range(layout.fan_ptr[n], layout.fan_ptr[n + 1]):
                pair[at] = layout.core_of[n] * n_cores + layout.fan_core[j]
                packets[at] = spikes[n]
                at += 1
    return at


class Times(NamedTuple):
    """Seconds of a core's work: for each count in ``cells``, and for its neurons."""

    neurons: np.ndarray  # (n_cores,) float64, every step
    generation: np.ndarray  # (n_columns,) float64: updating neurons and sending
    processing: np.ndarray  # (n_columns,) float64: reading what arrives
    at_once: bool  # a core does both at the same time


@compiled()
def time_rows(cells, first_row, times, scratch, seconds, core_seconds):
    """Write the seconds of the busiest core of each row, and add up those of all cores."""
    # core_seconds (n_steps, n_cores)
    generation, processing = scratch[0], scratch[1]
    n_steps, n_cores = core_seconds.shape
    for r in range(cells.shape[0]):
        for core in range(n_cores):
            generation[core] = times.neurons[core]
            processing[core] = 0.0
        for k in range(cells.shape[1]):
            if times.generation[k] != 0:
                for core in range(n_cores):
                    generation[core] += times.generation[k] * cells[r, k, core]
            if times.processing[k] != 0:
                for core in range(n_cores):
                    processing[core] += times.processing[k] * cells[r, k, core]
        busiest, sums = 0.0, core_seconds[(first_row + r) % n_steps]
        for core in range(n_cores):
            both = generation[core] + processing[core]
            busy = max(generation[core], processing[core]) if times.at_once else both
            sums[core] += busy
            busiest = max(busiest, busy)
        seconds[r] = busiest

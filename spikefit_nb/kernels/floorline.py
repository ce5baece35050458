"""What a core's work is spent on, which core the chip waits for, and what relief would leave.

Columns of ``cells`` are those of ``replay_run``.
"""

from typing import NamedTuple

import numpy as np

from spikefit_nb.kernels.compiled import compiled

MEMORY, COMPUTE, TRAFFIC, N_CEILINGS = range(4)
# where they start in a row: 3 of work, 3 without one of them, an even spread
WORK, WITHOUT, EVEN, N_OF_ROW = 0, 3, 6, 7
WAITED, N_OF_CORE = 3, 4  # behind a core's seconds of each ceiling: those the chip waits for it


class Weights(NamedTuple):
    """Seconds of a core's work by stage: for each count in ``cells``, and for its neurons."""

    neurons: np.ndarray  # (n_cores,) float64, every step
    synapses: np.ndarray  # (n_columns,) float64, in the stage that reads what arrives
    received: np.ndarray  # (n_columns,), likewise
    updates: np.ndarray  # (n_columns,), in the stage that updates neurons and sends
    sent: np.ndarray  # (n_columns,), likewise
    at_once: bool  # a core does both stages at the same time


@compiled(inline="always")
def busy_of(reading, updating, at_once):
    """Seconds that a core works."""
    return max(reading, updating) if at_once else reading + updating


@compiled()
def load_rows(cells, weights, scratch, rows, cores):
    """Write ``rows`` (n_rows, N_OF_ROW) and add to ``cores`` (N_OF_CORE, n_cores); both float64."""
    memory, received, compute, sent = scratch[0], scratch[1], scratch[2], scratch[3]
    n_cores, at_once = cells.shape[2], weights.at_once
    for r in range(cells.shape[0]):
        _spend(cells[r], weights, memory, received, compute, sent)
        row = rows[r]
        row[:] = 0.0
        busiest, longest, all_reading, all_updating = 0, -1.0, 0.0, 0.0
        for core in range(n_cores):
            reading, updating = memory[core] + received[core], compute[core] + sent[core]
            all_reading += reading
            all_updating += updating
            busy = busy_of(reading, updating, at_once)
            if busy > longest:
                busiest, longest = core, busy
            if not at_once or reading > updating:  # a stage that ends earlier is not waited for
                cores[MEMORY, core] += memory[core]
                cores[TRAFFIC, core] += received[core]
            if not at_once or reading <= updating:
                cores[COMPUTE, core] += compute[core]
                cores[TRAFFIC, core] += sent[core]
            no_memory = busy_of(received[core], updating, at_once)
            no_compute = busy_of(reading, sent[core], at_once)
            no_traffic = busy_of(memory[core], compute[core], at_once)
            row[WITHOUT + MEMORY] = max(row[WITHOUT + MEMORY], no_memory)
            row[WITHOUT + COMPUTE] = max(row[WITHOUT + COMPUTE], no_compute)
            row[WITHOUT + TRAFFIC] = max(row[WITHOUT + TRAFFIC], no_traffic)
        row[EVEN] = busy_of(all_reading / n_cores, all_updating / n_cores, at_once)
        is_reading = memory[busiest] + received[busiest] > compute[busiest] + sent[busiest]
        if not at_once or is_reading:
            row[WORK + MEMORY] = memory[busiest]
            row[WORK + TRAFFIC] += received[busiest]
        if not at_once or not is_reading:
            row[WORK + COMPUTE] = compute[busiest]
            row[WORK + TRAFFIC] += sent[busiest]
        _share_wait(memory, received, compute, sent, at_once, longest, cores[WAITED])


@compiled(inline="always")
def _share_wait(memory, received, compute, sent, at_once, longest, waited):
    """Add the seconds of the busiest core to all that work as long, in equal parts."""
    n_busiest = 0
    for core in range(memory.size):
        busy = busy_of(memory[core] + received[core], compute[core] + sent[core], at_once)
        n_busiest += busy == longest
    for core in range(memory.size):
        busy = busy_of(memory[core] + received[core], compute[core] + sent[core], at_once)
        if busy == longest:
            waited[core] += longest / n_busiest


@compiled(inline="always")
def _spend(row, weights, memory, received, compute, sent):
    """Seconds of each core in one step."""
    for core in range(memory.size):
        memory[core] = received[core] = sent[core] = 0.0
        compute[core] = weights.neurons[core]
    for k in range(row.shape[0]):
        _add(row[k], weights.synapses[k], memory)
        _add(row[k], weights.received[k], received)
        _add(row[k], weights.updates[k], compute)
        _add(row[k], weights.sent[k], sent)


@compiled(inline="always")
def _add(counts, seconds, to):
    if seconds != 0:
        for core in range(to.size):
            to[core] += seconds * counts[core]

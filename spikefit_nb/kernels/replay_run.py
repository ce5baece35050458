"""Price a recorded run on mapped cores: count, per core and step, what every spike causes."""

from typing import NamedTuple

import numpy as np
from numba import njit

# columns of Counted.totals
SPIKES, SYNAPTIC_OPERATIONS, UPDATES_ACTIVE, UPDATES_INACTIVE, PACKETS, WITHIN_TILE, HOPS_X, HOPS_Y, N_TOTALS = range(9)


class Layout(NamedTuple):
    """A mapping as the kernel reads it."""

    core_of: np.ndarray  # (n_neurons,) int64, -1 for inputs
    fan_ptr: np.ndarray  # (n_neurons + 1,) int64
    fan_core: np.ndarray  # int64
    fan_synapses: np.ndarray  # int64
    neurons: np.ndarray  # (n_cores,) int64, neurons on each core
    copies: np.ndarray  # (n_neurons,) int64, how often each neuron is laid out
    tile_x: np.ndarray  # (n_cores,) int64
    tile_y: np.ndarray


class Times(NamedTuple):
    """Seconds of each event, and of a step's end."""

    synaptic_operation: float
    update_active: float
    update_inactive: float
    within_tile: float
    hop_x: float
    hop_y: float
    step_end: float  # the barrier, or the whole tick
    is_tick: bool


class Counted(NamedTuple):
    """What a run costs, in counts and seconds."""

    totals: np.ndarray  # (n_samples, 8) int64
    seconds: np.ndarray  # (n_samples,) float64
    core_seconds: np.ndarray  # (n_steps, n_cores) float64, summed over samples
    step_seconds: np.ndarray  # (n_steps,) float64, summed over samples
    core_operations: np.ndarray  # (n_cores,) int64, synaptic operations
    packets: np.ndarray  # (n_cores, n_cores) int64
    operations: np.ndarray  # scratch: (n_cores,) int64
    active: np.ndarray  # scratch: (n_cores,) int64


@njit(nogil=True, cache=True)
def spread(neuron, spikes, layout, times, total, counted):
    """Deliver one neuron's spikes to all its cores; returns the time of its longest route."""
    longest = 0.0
    sender = layout.core_of[neuron]
    for j in range(layout.fan_ptr[neuron], layout.fan_ptr[neuron + 1]):
        core = layout.fan_core[j]
        counted.operations[core] += spikes * layout.fan_synapses[j]
        if sender < 0:
            continue
        total[PACKETS] += spikes
        counted.packets[sender, core] += spikes
        x = abs(layout.tile_x[core] - layout.tile_x[sender])
        y = abs(layout.tile_y[core] - layout.tile_y[sender])
        if x + y == 0:
            total[WITHIN_TILE] += spikes
            longest = max(longest, times.within_tile)
        else:
            total[HOPS_X] += spikes * x
            total[HOPS_Y] += spikes * y
            longest = max(longest, x * times.hop_x + y * times.hop_y)
    if sender >= 0:
        total[SPIKES] += spikes
    return longest


@njit(nogil=True, cache=True)
def close_step(t, route, layout, times, total, counted):
    """Turn the counts of one step into core times and the step's length, and clear them."""
    busiest = 0.0
    for core in range(layout.neurons.shape[0]):
        operations, active = counted.operations[core], counted.active[core]
        inactive = layout.neurons[core] - active
        total[SYNAPTIC_OPERATIONS] += operations
        total[UPDATES_ACTIVE] += active
        total[UPDATES_INACTIVE] += inactive
        counted.core_operations[core] += operations
        busy = operations * times.synaptic_operation + active * times.update_active + inactive * times.update_inactive
        counted.core_seconds[t, core] += busy
        busiest = max(busiest, busy)
        counted.operations[core] = 0
        counted.active[core] = 0
    seconds = times.step_end if times.is_tick else busiest + route + times.step_end
    counted.step_seconds[t] += seconds
    return seconds


@njit(nogil=True, cache=True)
def replay_run(ptr, neuron, count, updated, n_inputs, layout, times, counted):
    """Replay all samples; events and update bits as ``SpikeEvents`` holds them."""
    n_samples, n_steps = updated.shape[0], updated.shape[1]
    for s in range(n_samples):
        total = counted.totals[s]
        for t in range(n_steps):
            route = 0.0
            for e in range(ptr[s * n_steps + t], ptr[s * n_steps + t + 1]):
                route = max(route, spread(neuron[e], np.int64(count[e]), layout, times, total, counted))
            for n in range(n_inputs, layout.core_of.shape[0]):
                k = n - n_inputs
                if updated[s, t, k >> 3] & (1 << (k & 7)):
                    counted.active[layout.core_of[n]] += layout.copies[n]
            counted.seconds[s] += close_step(t, route, layout, times, total, counted)

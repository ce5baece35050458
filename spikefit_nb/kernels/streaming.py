"""Put neurons on cores one after another, each where most of its spikes come from or go to."""

from typing import NamedTuple

import numpy as np

from spikefit_nb.kernels.compiled import compiled


class Streaming(NamedTuple):
    """Cores as they fill, and what counting spikes asks for again and again."""

    core_of: np.ndarray  # (n_neurons,) int64, -1 for none yet
    n_neurons: np.ndarray  # (n_neurons,) int64, of each core
    n_synapses: np.ndarray  # (n_neurons,) int64, of each core
    common: np.ndarray  # (n_neurons,) float64, zeros: spikes that a neuron shares with each core
    near: np.ndarray  # (n_neurons,) int32, cores it shares any with


@compiled()
def walk(wires, seen, order):
    """Write neurons as they are met, neighbours of the first ones first, both ways."""
    # seen (n_neurons,) bool, False; order (n_neurons,) int64
    head, end = 0, 0
    for start in range(order.size):
        if not seen[start]:
            seen[start] = True
            order[end] = start
            end += 1
        while head < end:
            v = order[head]
            head += 1
            n_out = wires.ptr[v + 1] - wires.ptr[v]
            for j in range(n_out + wires.in_ptr[v + 1] - wires.in_ptr[v]):
                if j < n_out:
                    w = wires.target[wires.ptr[v] + j]
                else:
                    w = wires.source[wires.in_ptr[v] + j - n_out]
                if not seen[w]:
                    seen[w] = True
                    order[end] = w
                    end += 1


@compiled(inline="always")
def share(cores, core, spikes, n_near):
    """Count spikes that a neuron shares with a core; returns how many cores it shares any with."""
    if core < 0:
        return n_near
    if cores.common[core] == 0:
        cores.near[n_near] = core
        n_near += 1
    cores.common[core] += spikes
    return n_near


@compiled()
def best_core(cores, n_near, mine, most_neurons, most_synapses):
    """The core with room whose share, times what of it is free, is largest, -1 for none; forgets
    the shares.
    """
    best, most = -1, 0.0
    for k in range(n_near):
        core = cores.near[k]
        synapses = cores.n_synapses[core] + mine
        full = max(cores.n_neurons[core] / most_neurons, cores.n_synapses[core] / most_synapses)
        free = cores.common[core] * (1.0 - full)
        has_room = cores.n_neurons[core] < most_neurons and synapses <= most_synapses
        if has_room and (free > most or (free == most and core < best)):
            best, most = core, free
        cores.common[core] = 0.0
    return best


@compiled()
def emptiest(cores, n_cores, mine, most_neurons, most_synapses):
    """The core with fewest neurons that has room; one more where none has."""
    best = n_cores
    for core in range(n_cores):
        has_room = cores.n_neurons[core] < most_neurons
        has_room &= cores.n_synapses[core] + mine <= most_synapses
        if has_room and (best == n_cores or cores.n_neurons[core] < cores.n_neurons[best]):
            best = core
    return best


@compiled()
def stream(wires, weight, order, n_cores, most_neurons, most_synapses, cores):
    """Put each neuron on a core anew, all empty at first; returns how many cores there are."""
    # weight (n_neurons,) float64, spikes of a neuron for each of its synapses
    cores.n_neurons[:] = 0
    cores.n_synapses[:] = 0
    for v in order:
        n_near, mine = 0, wires.n_synapses[v]
        for j in range(wires.ptr[v], wires.ptr[v + 1]):
            n_near = share(cores, cores.core_of[wires.target[j]], weight[v], n_near)
        for j in range(wires.in_ptr[v], wires.in_ptr[v + 1]):
            u = wires.source[j]
            n_near = share(cores, cores.core_of[u], weight[u], n_near)
        core = best_core(cores, n_near, mine, most_neurons, most_synapses)
        if core < 0:
            core = emptiest(cores, n_cores, mine, most_neurons, most_synapses)
        n_cores = max(n_cores, core + 1)
        cores.core_of[v] = core
        cores.n_neurons[core] += 1
        cores.n_synapses[core] += mine
    return n_cores

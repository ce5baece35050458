"""Xylo's leaky integrate-and-fire neuron: 16 bits, decay by bit shift, several spikes a step."""

from typing import NamedTuple

import numpy as np
from numba import njit

from spikefit_nb.kernels.neurons import look, mark_updated
from spikefit_nb.kernels.registers import hold, list_fired, show_potential

LEAST, MOST = -(2**15), 2**15 - 1


class Values(NamedTuple):
    """A population's parameters, each (n_neurons,) int32 where not said otherwise."""

    dash_syn: np.ndarray  # bits by which the synaptic current is shifted to give its decay
    dash_mem: np.ndarray
    threshold: np.ndarray
    bias: np.ndarray
    unit: np.ndarray  # float32, real potential of one
    max_spikes: int  # in a step


@njit(nogil=True, cache=True, inline="always")
def decay(value, dash):
    """What a value loses in a step: its shifted self, and one where that is nothing."""
    shifted = value >> dash
    return np.int32(1) if shifted == 0 and value > 0 else shifted


@njit(nogil=True, cache=True, inline="always")
def integrate(p, v, i, current):
    """One step of both states; returns how often one left its 16 bits."""
    dash_syn, dash_mem, bias = p.dash_syn, p.dash_mem, p.bias
    n_held = 0
    for n in range(v.size):
        arrived = i[n] + current[n]
        synapse = hold(arrived, LEAST, MOST)
        i[n] = synapse - decay(synapse, dash_syn[n])
        lost = decay(v[n], dash_mem[n])
        lost = LEAST if lost == LEAST else -lost  # 16 bits have no 32,768: it stays negative
        driven = lost + i[n]
        held = hold(driven, LEAST, MOST)
        biased = held + bias[n]
        change = hold(biased, LEAST, MOST)
        moved = v[n] + change
        v[n] = hold(moved, LEAST, MOST)
        n_held += (synapse != arrived) + (held != driven) + (change != biased) + (v[n] != moved)
    return n_held


@njit(nogil=True, cache=True, inline="always")
def reset(p, v, out, first, last, counts):
    """Count the spikes of the neurons that fired and take as many thresholds away."""
    threshold, max_spikes = p.threshold, p.max_spikes
    for e in range(first, last):
        n = out.neuron[e]
        spikes = min(v[n] // threshold[n], max_spikes)
        if out.amount.size > 0:
            out.amount[e] = spikes
        v[n] -= spikes * threshold[n]
        counts[n] += spikes


@njit(nogil=True, cache=True)
def run_xylo(p, registers, current, arrived, first_step, out, seen):
    """Run the window that begins at ``first_step``; returns how many events there were."""
    n_events = 0
    for b in range(current.shape[0]):
        v, i = registers.v[b], registers.i[b]
        for w in range(current.shape[1]):
            t = first_step + w
            out.start[b, w] = n_events
            if seen.updated.shape[2] > 0:
                mark_updated(v, i, current[b, w], p.bias, seen.updated[b, t], seen.first_bit)
            registers.overflows[b] += integrate(p, v, i, current[b, w])
            show_potential(seen.potential[b, t], v, p.unit)
            last = list_fired(v, p.threshold, out, n_events)
            reset(p, v, out, n_events, last, seen.counts[b])
            look(seen, b, t, out, n_events, last)
            n_events = last
            out.stop[b, w] = n_events
    return n_events

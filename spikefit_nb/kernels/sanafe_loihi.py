"""Neurons as the simulator SANA-FE steps its Loihi's, in float64, from sums of whole weights.

A step of a neuron, with ``t`` dropping what lies behind 1/64; in the first step nothing decays::

    v = t(keep_v * v) + bias;  u = keep_u * u + gain * sum;  v = v + u
    spike where v > threshold, then v = v_reset or v - threshold

The current that comes in is ``sum << bits | number of synapses read``: a neuron is updated as soon
as one was read, even where they add up to nothing.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from spikefit_nb.kernels.neurons import above, look

LIMIT = 2.0**31  # of 64 times a potential: it is cut as an integer of 32 bits


class Rule(NamedTuple):
    """What all neurons of a population have in common."""

    bits: int  # the lowest of a current, in which synapses are counted
    has_synapse: bool  # whether u outlives its step
    fires: bool
    subtracts: bool


class Values(NamedTuple):
    """The equation's parameters, each (n_neurons,) float64."""

    keep_v: np.ndarray
    keep_u: np.ndarray
    gain: np.ndarray  # real potential of a sum of one
    bias: np.ndarray
    threshold: np.ndarray
    v_reset: np.ndarray


class State(NamedTuple):
    """What neurons remember from step to step."""

    v: np.ndarray  # (n_samples, n_neurons) float64
    u: np.ndarray  # the same, or no columns where no current outlives its step
    overflows: np.ndarray  # (n_samples,) int64


@njit(nogil=True, cache=True, inline="always")
def mark(v, current, bias, bits, updated, first_bit):
    """Set the bit of every neuron with potential, bias, or a synapse read."""
    read = (np.int32(1) << np.int32(bits)) - np.int32(1)
    for n in range(v.size):
        active = (v[n] != 0) | ((current[n] & read) != 0) | (bias[n] != 0)
        k = first_bit + n
        updated[k >> 3] |= np.uint8(active) << np.uint8(k & 7)


@njit(nogil=True, cache=True, inline="always")
def advance(rule, p, v, u, current, is_first):
    """One step of the equation without spikes; returns how many potentials could not be cut."""
    keep_v, keep_u, gain, bias, n_out = p.keep_v, p.keep_u, p.gain, p.bias, 0
    bits = np.int32(rule.bits)
    for n in range(v.size):
        cut = 64.0 * (v[n] if is_first else keep_v[n] * v[n])
        n_out += abs(cut) >= LIMIT
        v[n] = np.trunc(cut) / 64.0 + bias[n]
    if rule.has_synapse:
        for n in range(v.size):
            u[n] = (u[n] if is_first else keep_u[n] * u[n]) + gain[n] * (current[n] >> bits)
            v[n] += u[n]
    else:
        for n in range(v.size):
            v[n] += gain[n] * (current[n] >> bits)
    return n_out


@njit(nogil=True, cache=True)
def run_sanafe_loihi(rule, p, state, current, arrived, first_step, out, seen):
    """Run the window that begins at ``first_step``; returns how many events there were."""
    n_events = 0
    for b in range(current.shape[0]):
        v, u = state.v[b], state.u[b]
        for w in range(current.shape[1]):
            t = first_step + w
            out.start[b, w] = n_events
            if seen.updated.shape[2] > 0:
                mark(v, current[b, w], p.bias, rule.bits, seen.updated[b, t], seen.first_bit)
            state.overflows[b] += advance(rule, p, v, u, current[b, w], t == 0)
            for n in range(seen.potential.shape[2]):
                seen.potential[b, t, n] = np.float32(v[n])
            if rule.fires:
                last = above(v, p.threshold, True, out.flags, out.neuron, n_events)
                for e in range(n_events, last):
                    n = out.neuron[e]
                    v[n] = v[n] - p.threshold[n] if rule.subtracts else p.v_reset[n]
                    seen.counts[b, n] += 1
                look(seen, b, t, out, n_events, last)
                n_events = last
            out.stop[b, w] = n_events
    return n_events

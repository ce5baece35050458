"""Neurons with a second variable, in float32: ALIF, Izhikevich, AdEx."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from spikefit_nb.kernels.neurons import ADAPTING, QUADRATIC, SUBTRACT, TO_RESET, look, mark_updated


class Adaptation(NamedTuple):
    """Parameters of the second variable w, each (n_neurons,) float32."""

    v_start: np.ndarray
    w_start: np.ndarray
    decay: np.ndarray  # dt / tau_adapt; Izhikevich: a * dt
    coupling: np.ndarray  # ALIF: beta; Izhikevich: b; AdEx: a
    jump: np.ndarray  # of w at a spike
    foot: np.ndarray  # AdEx: where the exponential sets in
    slope: np.ndarray  # AdEx: its slope factor


@njit(nogil=True, cache=True)
def integrate_adapting(rule, p, more, v, w, before, current):
    """One step of the equations, the jump of w at the last spike first; ``before`` holds the last step's spikes."""
    for n in range(v.size):
        arriving, fired = p.r[n] * (current[n] + p.bias[n]), np.float32(before[n])
        if rule.model == ADAPTING:
            if fired != 0 and rule.delayed and rule.reset == TO_RESET:
                v[n] = p.v_reset[n]
            v[n] += p.a_mem[n] * (p.v_leak[n] - v[n] + arriving)
            w[n] += fired - more.decay[n] * w[n]
            if fired != 0 and rule.delayed and rule.reset == SUBTRACT:
                v[n] -= p.v_threshold[n]
        elif rule.model == QUADRATIC:
            w[n] += fired * more.jump[n]
            for _ in range(2):
                v[n] += p.a_mem[n] * (
                    np.float32(0.04) * v[n] * v[n] + np.float32(5) * v[n] + np.float32(140) - w[n] + arriving
                )
            w[n] += more.decay[n] * (more.coupling[n] * v[n] - w[n])
            v[n] = min(v[n], p.v_threshold[n])
        else:
            w[n] += fired * more.jump[n]
            slope, growth = more.slope[n], np.float32(0)
            if slope > 0:  # in double, so that every libm rounds it to the same float32
                growth = slope * np.float32(math.exp(np.float64((v[n] - more.foot[n]) / slope)))
            arriving = p.r[n] * (current[n] + p.bias[n] - w[n])
            change = p.a_mem[n] * (p.v_leak[n] - v[n] + growth + arriving)
            w[n] += more.decay[n] * (more.coupling[n] * (v[n] - p.v_leak[n]) - w[n])
            v[n] += change
            if slope > 0:
                v[n] = min(v[n], p.v_threshold[n])


@njit(nogil=True, cache=True)
def fire_adapting(rule, p, more, v, w, fired, neuron, at, counts):
    """List, count and reset the neurons that fire; returns where the list ends."""
    for n in range(v.size):
        threshold = p.v_threshold[n]
        if rule.model == ADAPTING:
            threshold += more.coupling[n] * w[n]
        fired[n] = v[n] > threshold if rule.strict else v[n] >= threshold
        if fired[n]:
            if not rule.delayed:
                v[n] = v[n] - p.v_threshold[n] if rule.reset == SUBTRACT else p.v_reset[n]
            neuron[at] = n
            counts[n] += 1
            at += 1
    return at


@njit(nogil=True, cache=True)
def run_adapting(rule, p, more, state, current, arrived, first_step, out, seen):
    """As ``run_neurons``, for models that are never idle."""
    n_events = 0
    for b in range(current.shape[0]):
        v, w2, fired = state.v[b], state.w[b], state.fired[b]
        for w in range(current.shape[1]):
            t = first_step + w
            out.start[b, w] = n_events
            if seen.updated.shape[2] > 0:
                mark_updated(v, state.i[b], current[b, w], p.bias, seen.updated[b, t], seen.first_bit)
            integrate_adapting(rule, p, more, v, w2, fired, current[b, w])
            for n in range(seen.potential.shape[2]):
                seen.potential[b, t, n] = v[n]
            last = fire_adapting(rule, p, more, v, w2, fired, out.neuron, n_events, seen.counts[b])
            look(seen, b, t, v, out, n_events, last)
            n_events = last
            out.stop[b, w] = n_events
    return n_events

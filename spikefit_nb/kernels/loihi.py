"""Neurons in Loihi's integers: states of 24 bits, decays of 12 bits that round toward zero.

One step of a neuron, with ``t`` rounding toward zero::

    u = wrap(t(u * (4096 - du - 1) / 4096) + current)
    v = clip(t(v * (4096 - dv) / 4096) + u + bias)
    spike where v > threshold, then v = 0

The product of 24 and 13 bits is exact in float64, and turning it into an integer drops what lies
behind the point: the rounding that is meant, many neurons at once. See ``kernels.neurons`` for what
all such kernels read and write.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from spikefit_nb.kernels.neurons import above, look, mark_updated

HALF = np.int32(2**23)  # of what 24 bits tell apart
TURN = np.int32(2**24)


class Integers(NamedTuple):
    """The equation's parameters, each (n_neurons,) but the last three."""

    keep_u: np.ndarray  # float64, (4096 - du - 1) / 4096
    keep_v: np.ndarray  # float64, (4096 - dv) / 4096
    threshold: np.ndarray  # int32, on the scale of the potential
    bias: np.ndarray  # int32
    unit: np.ndarray  # float32, what 1 of the potential is in real units
    fires: bool
    leaks: bool  # whether any potential decays
    may_rest: bool  # without input nothing can fire: idle steps are made up for at the next event


class State(NamedTuple):
    """What neurons remember from step to step."""

    u: np.ndarray  # (n_samples, n_neurons) int32; no columns where no current outlives its step
    v: np.ndarray  # (n_samples, n_neurons) int32
    idle: np.ndarray  # (n_samples,) int64, steps to make up for
    overflows: np.ndarray  # (n_samples,) int64, currents wrapped and potentials clipped


@njit(nogil=True, cache=True, inline="always")
def wrap(x):
    """Take a sum of currents back into 24 bits, once around at most."""
    if x > HALF:
        return np.int32(x - TURN)
    return np.int32(x + TURN) if x <= -HALF else x


@njit(nogil=True, cache=True, inline="always")
def advance(p, u, v, current):
    """One step of the equation without spikes; returns how many numbers left their range."""
    keep_u, keep_v, bias = p.keep_u, p.keep_v, p.bias
    n_out = np.int32(0)
    if u.size > 0:
        for n in range(u.size):
            total = np.int32(np.int32(u[n] * keep_u[n]) + current[n])
            u[n] = wrap(total)
            n_out += np.int32(u[n] != total)
    for n in range(v.size):
        drive = u[n] if u.size > 0 else wrap(current[n])
        if u.size == 0:
            n_out += np.int32(drive != current[n])
        total = np.int32(np.int32(v[n] * keep_v[n]) + drive + bias[n])
        v[n] = min(max(total, -HALF + np.int32(1)), HALF - np.int32(1))
        n_out += np.int32(v[n] != total)
    return n_out


@njit(nogil=True, cache=True, inline="always")
def make_up(p, v, idle):
    """The steps without input: the potential decays, nothing else."""
    keep_v = p.keep_v
    for _ in range(idle if p.leaks else 0):
        for n in range(v.size):
            v[n] = np.int32(v[n] * keep_v[n])


@njit(nogil=True, cache=True)
def run_loihi(p, state, current, arrived, first_step, out, seen):
    """Run the window that begins at ``first_step``; returns how many events there were."""
    n_events = 0
    for b in range(current.shape[0]):
        u, v = state.u[b], state.v[b]
        for w in range(current.shape[1]):
            t = first_step + w
            out.start[b, w] = n_events
            out.stop[b, w] = n_events
            if p.may_rest and arrived[b, w] == 0:
                state.idle[b] += 1
                continue
            if state.idle[b] > 0:
                make_up(p, v, state.idle[b])
                state.idle[b] = 0
            if seen.updated.shape[2] > 0:
                mark_updated(v, u, current[b, w], p.bias, seen.updated[b, t], seen.first_bit)
            state.overflows[b] += advance(p, u, v, current[b, w])
            for n in range(seen.potential.shape[2]):
                seen.potential[b, t, n] = np.float32(v[n]) * p.unit[n]
            if p.fires:
                last = above(v, p.threshold, True, out.flags, out.neuron, n_events)
                for e in range(n_events, last):
                    v[out.neuron[e]] = 0
                    seen.counts[b, out.neuron[e]] += 1
                look(seen, b, t, out, n_events, last)
                n_events = last
            out.stop[b, w] = n_events
    return n_events

"""TrueNorth's deterministic neuron: 20 bits, a leak each tick, two thresholds, three resets."""

from typing import NamedTuple

import numpy as np
from numba import njit

from spikefit_nb.kernels.neurons import look, mark_updated
from spikefit_nb.kernels.registers import add_held, list_fired, show_potential

LEAST, MOST = -(2**19), 2**19 - 1
TO_VALUE, SUBTRACT, KEEP = range(3)  # Values.reset: the paper's gamma


class Values(NamedTuple):
    """A population's parameters, each (n_neurons,) int32 where not said otherwise."""

    threshold: np.ndarray  # alpha
    floor: np.ndarray  # beta, whose negative is the lower threshold
    leak: np.ndarray  # lambda
    value: np.ndarray  # R, where a reset leads to, not below the lower threshold
    unit: np.ndarray  # float32, real potential of one
    reset: int
    # kappa: below the lower threshold a potential is held there; else it is reset, mirrored
    stays_at_floor: bool
    may_rest: bool  # without input nothing changes: ticks without may be skipped


@njit(nogil=True, cache=True, inline="always")
def reset(p, v, out, first, last, counts):
    """Count and reset neurons that fired, then those below their floor; returns how many were."""
    threshold, floor, value, how, stays = p.threshold, p.floor, p.value, p.reset, p.stays_at_floor
    for e in range(first, last):
        n = out.neuron[e]
        counts[n] += 1
        if how == SUBTRACT:
            v[n] -= threshold[n]
        elif how == TO_VALUE:
            v[n] = value[n]
    n_below = np.int32(0)
    for n in range(v.size):  # never one that has just fired: no reset leads below
        n_below += np.int32(v[n] < -floor[n])
    if n_below == 0:
        return n_below
    for n in range(v.size):
        if v[n] < -floor[n]:
            if stays:
                v[n] = -floor[n]
            elif how == SUBTRACT:
                v[n] += floor[n]
            elif how == TO_VALUE:
                v[n] = -value[n]
    return n_below


@njit(nogil=True, cache=True, inline="always")
def stands_at(v, threshold, neuron, first, last):
    """Whether one of the neurons that fired still stands at its threshold."""
    restless = False
    for e in range(first, last):
        restless |= v[neuron[e]] >= threshold[neuron[e]]
    return restless


@njit(nogil=True, cache=True)
def run_truenorth(p, registers, current, arrived, first_step, out, seen):
    """Run the window that begins at ``first_step``; returns how many events there were."""
    n_events = 0
    for b in range(current.shape[0]):
        v = registers.v[b]
        for w in range(current.shape[1]):
            t = first_step + w
            out.start[b, w] = n_events
            out.stop[b, w] = n_events
            if p.may_rest and arrived[b, w] == 0 and not registers.restless[b]:
                continue
            if seen.updated.shape[2] > 0:
                mark_updated(
                    v, registers.i[b], current[b, w], p.leak, seen.updated[b, t], seen.first_bit
                )
            n_held = add_held(v, current[b, w], LEAST, MOST) + add_held(v, p.leak, LEAST, MOST)
            show_potential(seen.potential[b, t], v, p.unit)
            last = list_fired(v, p.threshold, out, n_events)
            n_held += reset(p, v, out, n_events, last, seen.counts[b])
            registers.overflows[b] += n_held
            registers.restless[b] = stands_at(v, p.threshold, out.neuron, n_events, last)
            look(seen, b, t, out, n_events, last)
            n_events = last
            out.stop[b, w] = n_events
    return n_events

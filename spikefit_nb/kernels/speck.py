"""The integrate-and-fire neuron of Speck: 16 bits, no leak, a lower bound."""

from typing import NamedTuple

import numpy as np
from numba import njit

from spikefit_nb.kernels.neurons import look, mark_updated
from spikefit_nb.kernels.registers import add_held, list_fired, show_potential

LEAST, MOST = -(2**15), 2**15 - 1


class Values(NamedTuple):
    """A population's parameters."""

    threshold: np.ndarray  # (n_neurons,) int32
    lowest: np.ndarray  # (n_neurons,) int32, where the potential stops falling
    no_bias: np.ndarray  # (n_neurons,) int32, zeros
    unit: np.ndarray  # (n_neurons,) float32, real potential of one
    to_zero: bool  # the reset; else by subtraction
    max_spikes: int  # in a step; 0: as many as the potential holds thresholds
    may_rest: bool  # without input nothing changes: steps without may be skipped


@njit(nogil=True, cache=True, inline="always")
def reset(p, v, out, first, last, counts):
    """Count, reset, raise to the lower bound; whether a potential still stands at its threshold."""
    threshold, lowest, to_zero, max_spikes = p.threshold, p.lowest, p.to_zero, p.max_spikes
    restless = False
    for e in range(first, last):
        n = out.neuron[e]
        spikes = v[n] // threshold[n]
        if max_spikes > 0:
            spikes = min(spikes, max_spikes)
        if out.amount.size > 0:
            out.amount[e] = spikes
        v[n] = 0 if to_zero else v[n] - spikes * threshold[n]
        counts[n] += spikes
        restless |= v[n] >= threshold[n]
    for n in range(v.size):
        v[n] = max(v[n], lowest[n])
    return restless


@njit(nogil=True, cache=True)
def run_speck(p, registers, current, arrived, first_step, out, seen):
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
                    v, registers.i[b], current[b, w], p.no_bias, seen.updated[b, t], seen.first_bit
                )
            registers.overflows[b] += add_held(v, current[b, w], LEAST, MOST)
            show_potential(seen.potential[b, t], v, p.unit)
            last = list_fired(v, p.threshold, out, n_events)
            registers.restless[b] = reset(p, v, out, n_events, last, seen.counts[b])
            look(seen, b, t, out, n_events, last)
            n_events = last
            out.stop[b, w] = n_events
    return n_events

"""Neurons as the simulator SANA-FE steps its Loihi's, in float64, from sums of whole weights.

A step of a neuron, with ``t`` dropping what lies behind 1/64; in the first step nothing decays::

    v = t(keep_v * v) + bias;  u = keep_u * u + gain * sum;  v = v + u
    spike where v > threshold, then v = v_reset or v - threshold

The current that comes in is ``sum << bits | number of synapses read``: a neuron is updated as soon
as one was read, even where they add up to nothing.
"""

from typing import NamedTuple

import numpy as np

from spikefit_nb.kernels.compiled import compiled
from spikefit_nb.kernels.registers import run_registers

LIMIT = 2.0**31  # of 64 times a potential: it is cut as an integer of 32 bits


class Values(NamedTuple):
    """The equation's parameters, each (n_neurons,) float64 but the last three."""

    keep_v: np.ndarray
    keep_u: np.ndarray
    gain: np.ndarray  # real potential of a sum of one
    bias: np.ndarray
    threshold: np.ndarray  # the least potential that fires; NaN: none does
    taken: np.ndarray  # from the potential by a spike
    v_reset: np.ndarray
    unit: np.ndarray  # ones: potentials are real as they are
    bits: int  # the lowest of a current, in which synapses are counted
    subtracts: bool
    may_rest: bool = False


@compiled(inline="always")
def advance(p, v, i, u, current, idle):
    """One step of the equation, counting the potentials that could not be cut."""
    # u lies in w: an update is not charged for it
    keep_v, keep_u, gain, bias = p.keep_v, p.keep_u, p.gain, p.bias
    bits, n_out = np.int32(p.bits), 0
    for n in range(v.size):
        cut = 64.0 * (keep_v[n] * v[n])
        n_out += abs(cut) >= LIMIT
        v[n] = np.trunc(cut) / 64.0 + bias[n]
    if u.size > 0:
        for n in range(v.size):
            u[n] = keep_u[n] * u[n] + gain[n] * (current[n] >> bits)
            v[n] += u[n]
    else:
        for n in range(v.size):
            v[n] += gain[n] * (current[n] >> bits)
    return n_out


@compiled(inline="always")
def reset(p, v, out, first, last, counts):
    """Count and reset the neurons that fired."""
    for e in range(first, last):
        n = out.neuron[e]
        v[n] = v[n] - p.taken[n] if p.subtracts else p.v_reset[n]
        counts[n] += 1
    return 0, False


@compiled()
def run_sanafe_loihi(p, state, current, arrived, first_step, out, seen, loop=None):
    """Run the window that begins at ``first_step``; returns how many events there were."""
    return run_registers(advance, reset, p, state, current, arrived, first_step, out, seen, loop)

"""Neurons in Loihi's integers: states of 24 bits, decays of 12 bits that round toward zero.

One step of a neuron, with ``t`` rounding toward zero::

    u = wrap(t(u * (4096 - du - 1) / 4096) + current)
    v = clip(t(v * (4096 - dv) / 4096) + u + bias)
    spike where v >= threshold, then v = 0

The product of 24 and 13 bits is exact in float64, and turning it into an integer drops what lies
behind the point: the rounding that is meant, many neurons at once. See ``kernels.neurons`` for what
all such kernels read and write.
"""

from typing import NamedTuple

import numpy as np

from spikefit_nb.kernels.compiled import compiled
from spikefit_nb.kernels.registers import run_registers

HALF = np.int32(2**23)  # of what 24 bits tell apart
TURN = np.int32(2**24)


class Values(NamedTuple):
    """The equation's parameters, each (n_neurons,) but the last two."""

    keep_u: np.ndarray  # float64, (4096 - du - 1) / 4096
    keep_v: np.ndarray  # float64, (4096 - dv) / 4096
    threshold: np.ndarray  # int32, the least potential that fires
    bias: np.ndarray  # int32
    unit: np.ndarray  # float32, what 1 of the potential is in real units
    leaks: bool  # whether any potential decays
    may_rest: bool  # without input nothing can fire: idle steps are made up for at the next event


@compiled(inline="always")
def wrap(x):
    """Take a sum of currents back into 24 bits, once around at most."""
    if x > HALF:
        return np.int32(x - TURN)
    return np.int32(x + TURN) if x <= -HALF else x


@compiled(inline="always")
def advance(p, v, u, w, current, idle):
    """One step of the equation, after those without input: potentials decay, nothing else."""
    keep_u, keep_v, bias = p.keep_u, p.keep_v, p.bias
    for _ in range(idle if p.leaks else 0):
        for n in range(v.size):
            v[n] = np.int32(v[n] * keep_v[n])
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


@compiled(inline="always")
def reset(p, v, out, first, last, counts):
    """Count and reset the neurons that fired."""
    for e in range(first, last):
        v[out.neuron[e]] = 0
        counts[out.neuron[e]] += 1
    return 0, False


@compiled()
def run_loihi(p, state, current, arrived, first_step, out, seen, loop=None):
    """Run the window that begins at ``first_step``; returns how many events there were."""
    return run_registers(advance, reset, p, state, current, arrived, first_step, out, seen, loop)

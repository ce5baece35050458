"""TrueNorth's deterministic neuron: 20 bits, a leak each tick, two thresholds, three resets."""

from typing import NamedTuple

import numpy as np

from spikefit_nb.kernels.compiled import compiled
from spikefit_nb.kernels.registers import add_held, run_registers, stands_at

LEAST, MOST = -(2**19), 2**19 - 1
TO_VALUE, SUBTRACT, KEEP = range(3)  # Values.reset: the paper's gamma


class Values(NamedTuple):
    """A population's parameters, each (n_neurons,) int32 where not said otherwise."""

    threshold: np.ndarray  # alpha
    floor: np.ndarray  # beta, whose negative is the lower threshold
    bias: np.ndarray  # lambda, the leak
    value: np.ndarray  # R, where a reset leads to, not below the lower threshold
    unit: np.ndarray  # float32, real potential of one
    reset: int
    # kappa: below the lower threshold a potential is held there; else it is reset, mirrored
    stays_at_floor: bool
    may_rest: bool  # without input nothing changes: ticks without may be skipped


@compiled(inline="always")
def advance(p, v, i, w, current, idle):
    """Add what arrives, and the leak."""
    return add_held(v, current, LEAST, MOST) + add_held(v, p.bias, LEAST, MOST)


@compiled(inline="always")
def reset(p, v, out, first, last, counts):
    """Count and reset the neurons that fired, then reset and count those below their floor."""
    threshold, floor, value, how = p.threshold, p.floor, p.value, p.reset
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
    for n in range(v.size if n_below > 0 else 0):
        if v[n] < -floor[n]:
            if p.stays_at_floor:
                v[n] = -floor[n]
            elif how == SUBTRACT:
                v[n] += floor[n]
            elif how == TO_VALUE:
                v[n] = -value[n]
    return n_below, stands_at(v, threshold, out.neuron, first, last)


@compiled()
def run_truenorth(p, state, current, arrived, first_step, out, seen, loop=None):
    """Run the window that begins at ``first_step``; returns how many events there were."""
    return run_registers(advance, reset, p, state, current, arrived, first_step, out, seen, loop)

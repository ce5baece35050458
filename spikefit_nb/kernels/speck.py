"""The integrate-and-fire neuron of Speck: 16 bits, no leak, a lower bound."""

from typing import NamedTuple

import numpy as np

from spikefit_nb.kernels.compiled import compiled
from spikefit_nb.kernels.registers import add_held, run_registers, spend, stands_at

LEAST, MOST = -(2**15), 2**15 - 1


class Values(NamedTuple):
    """A population's parameters."""

    threshold: np.ndarray  # (n_neurons,) int32
    lowest: np.ndarray  # (n_neurons,) int32, where the potential stops falling
    bias: np.ndarray  # (n_neurons,) int32, zeros
    unit: np.ndarray  # (n_neurons,) float32, real potential of one
    to_zero: bool  # the reset; else by subtraction
    max_spikes: int  # in a step
    may_rest: bool  # without input nothing changes: steps without may be skipped


@compiled(inline="always")
def advance(p, v, i, w, current, idle):
    """Add what arrives."""
    return add_held(v, current, LEAST, MOST)


@compiled(inline="always")
def reset(p, v, out, first, last, counts):
    """Count and reset the neurons that fired, and raise all to their lower bound."""
    lowest = p.lowest
    spend(v, p.threshold, p.to_zero, p.max_spikes, out, first, last, counts)
    for n in range(v.size):
        v[n] = max(v[n], lowest[n])
    return 0, stands_at(v, p.threshold, out.neuron, first, last)


# thresholds are above zero: no check of each division, which would slow down all else
@compiled(error_model="numpy")
def run_speck(p, state, current, arrived, first_step, out, seen, loop=None):
    """Run the window that begins at ``first_step``; returns how many events there were."""
    return run_registers(advance, reset, p, state, current, arrived, first_step, out, seen, loop)

"""Xylo's leaky integrate-and-fire neuron: 16 bits, decay by bit shift, several spikes a step."""

from typing import NamedTuple

import numpy as np

from spikefit_nb.kernels.compiled import compiled
from spikefit_nb.kernels.registers import hold, run_registers, spend

LEAST, MOST = -(2**15), 2**15 - 1


class Values(NamedTuple):
    """A population's parameters, each (n_neurons,) int32 where not said otherwise."""

    dash_syn: np.ndarray  # bits by which the synaptic current is shifted to give its decay
    dash_mem: np.ndarray
    threshold: np.ndarray
    bias: np.ndarray
    unit: np.ndarray  # float32, real potential of one
    max_spikes: int  # in a step
    may_rest: bool = False  # a current outlives its step


@compiled(inline="always")
def decay(value, dash):
    """What a value loses in a step: its shifted self, and one where that is nothing."""
    shifted = value >> dash
    return np.int32(1) if shifted == 0 and value > 0 else shifted


@compiled(inline="always")
def advance(p, v, i, w, current, idle):
    """One step of both states."""
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


@compiled(inline="always")
def reset(p, v, out, first, last, counts):
    """Count and reset the neurons that fired."""
    spend(v, p.threshold, False, p.max_spikes, out, first, last, counts)
    return 0, False


# thresholds are above zero: no check of each division, which would slow down all else
@compiled(error_model="numpy")
def run_xylo(p, state, current, arrived, first_step, out, seen, loop=None):
    """Run the window that begins at ``first_step``; returns how many events there were."""
    return run_registers(advance, reset, p, state, current, arrived, first_step, out, seen, loop)

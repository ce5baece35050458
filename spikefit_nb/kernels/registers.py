"""What the integer neurons of all chips share: registers of so many bits, and reading them."""

from typing import NamedTuple

import numpy as np
from numba import njit

from spikefit_nb.kernels.neurons import above


class Registers(NamedTuple):
    """What neurons remember from step to step, in the chip's own units."""

    v: np.ndarray  # (n_samples, n_neurons) int32
    i: np.ndarray  # the same, or of length 0 in n_neurons where a chip has no synaptic state
    overflows: np.ndarray  # (n_samples,) int64, how often a number was held at the end of its range
    restless: np.ndarray  # (n_samples,) bool: a potential stands at its threshold even after reset


@njit(nogil=True, cache=True, inline="always")
def hold(value, least, most):
    """Hold a number within its range."""
    return min(max(value, least), most)


@njit(nogil=True, cache=True, inline="always")
def add_held(v, amount, least, most):
    """Add to every neuron and hold it within the range; returns how often that was needed."""
    n_held = np.int32(0)
    for n in range(v.size):
        exact = np.int32(v[n] + amount[n])  # sums stay in 32 bits, so that eight go at a time
        v[n] = hold(exact, np.int32(least), np.int32(most))
        n_held += np.int32(v[n] != exact)
    return n_held


@njit(nogil=True, cache=True, inline="always")
def list_fired(v, threshold, out, at):
    """List the neurons at or above their threshold from place ``at`` on; returns its end."""
    return above(v, threshold, False, out.flags, out.neuron, at)


@njit(nogil=True, cache=True, inline="always")
def show_potential(potential, v, unit):
    """Write one step's potentials in real units, to an array of length 0 where nobody asks."""
    for n in range(potential.size):
        potential[n] = v[n] * unit[n]

"""Integrate and fire without steps: each event that arrives is added alone, and a neuron it lifts
to its threshold fires once.
"""

from typing import NamedTuple

import numpy as np

from spikefit_nb.kernels.compiled import compiled
from spikefit_nb.kernels.registers import hold
from spikefit_nb.kernels.speck import LEAST, MOST


class Synapses(NamedTuple):
    """Synapses by source: those of source ``s`` are ``first[s]`` to ``first[s + 1]``."""

    first: np.ndarray  # (n_sources + 1,) int64
    target: np.ndarray  # (n_synapses,) int32
    weight: np.ndarray  # (n_synapses,) int32


@compiled()
def run_one_by_one(synapses, threshold, lowest, to_zero, arrived, start, v, fired, fired_start):
    """Deliver what arrives in each step, one event after the other; returns how many spikes it
    made, of which as many are written down as there is room for.
    """
    n_fired = 0
    for t in range(start.size - 1):
        fired_start[t] = n_fired
        for a in range(start[t], start[t + 1]):
            source = arrived[a]
            for k in range(synapses.first[source], synapses.first[source + 1]):
                n = synapses.target[k]
                v[n] = hold(v[n] + synapses.weight[k], LEAST, MOST)
                if v[n] >= threshold[n]:
                    v[n] = 0 if to_zero else v[n] - threshold[n]
                    if n_fired < fired.size:
                        fired[n_fired] = n
                    n_fired += 1
                v[n] = max(v[n], lowest[n])
    fired_start[-1] = n_fired
    return n_fired

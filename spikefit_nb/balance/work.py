"""How long each neuron keeps its core busy in a step."""

import numpy as np

from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.mapping import FORMATS
from spikefit_nb.network import Network, Projection
from spikefit_nb.replay import FiringRates, format_times

LISTED = 2_000_000  # synapses of a projection, up to which they are kept one by one


def work_of(
    rates: FiringRates, network: Network, profile: HardwareProfile
) -> dict[str, np.ndarray]:
    """Seconds of synaptic operations and updates of each neuron in a mean step, by population; all
    alike where no times are published.
    """
    each_s, first = format_times(profile), 0
    inactive_s = profile.si("time_update_inactive", 0.0)
    more_s = profile.si("time_update_active", 0.0) - inactive_s
    active, work = rates.active.mean(axis=0), {}
    for p in network.populations:
        work[p.name] = inactive_s + more_s * active[first : first + p.n_neurons]
        first += p.n_neurons
    for e in network.projections:
        sent = rates.spike_counts[e.source].mean(axis=0) / rates.n_steps
        work[e.target] = work[e.target] + each_s[FORMATS.index(e.kind)] * _received(e, sent)
    return {p.name: work[p.name] for p in network.neuron_populations}


def _received(e: Projection, sent: np.ndarray) -> np.ndarray:
    """Synaptic operations of each target in a step."""
    if e.n_synapses <= LISTED:
        received = np.zeros(e.shape[1])
        for edges in e.blocks():
            received += np.bincount(edges.target, sent[edges.source], e.shape[1])
        return received
    ones = e.weight.with_values((e.values != 0).astype(np.float32))
    return np.asarray(ones.apply(sent[None].astype(np.float32)), np.float64)[0]

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
    updates = update_times(rates, network, profile)
    operations = synapse_times(rates, network, profile)
    return {name: own_s + operations[name] for name, own_s in updates.items()}


def update_times(
    rates: FiringRates, network: Network, profile: HardwareProfile
) -> dict[str, np.ndarray]:
    """Seconds of the update of each neuron in a mean step, by population."""
    inactive_s = profile.si("time_update_inactive", 0.0)
    more_s = profile.si("time_update_active", 0.0) - inactive_s
    active, starts = rates.active.mean(axis=0), network.starts
    return {
        p.name: inactive_s + more_s * active[starts[p.name] :][: p.n_neurons]
        for p in network.neuron_populations
    }


def synapse_times(
    rates: FiringRates, network: Network, profile: HardwareProfile
) -> dict[str, np.ndarray]:
    """Seconds of the synaptic operations of each neuron in a mean step, by population."""
    each_s, sent = format_times(profile), sent_by(rates)
    times = {p.name: np.zeros(p.n_neurons) for p in network.neuron_populations}
    for e in network.projections:
        times[e.target] += each_s[FORMATS.index(e.kind)] * _received(e, sent[e.source])
    return times


def sent_by(rates: FiringRates) -> dict[str, np.ndarray]:
    """Spikes of each input and neuron in a mean step, by population."""
    return {name: n.mean(axis=0) / rates.n_steps for name, n in rates.spike_counts.items()}


def _received(e: Projection, sent: np.ndarray) -> np.ndarray:
    """Synaptic operations of each target in a step."""
    if e.n_synapses <= LISTED:
        received = np.zeros(e.shape[1])
        for edges in e.blocks():
            received += np.bincount(edges.target, sent[edges.source], e.shape[1])
        return received
    ones = e.weight.with_values((e.values != 0).astype(np.float32))
    return np.asarray(ones.apply(sent[None].astype(np.float32)), np.float64)[0]

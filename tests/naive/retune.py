"""Re-tuning as it is meant: every threshold that is tried is tried in the whole network, from the
first step on.
"""

import numpy as np

from spikefit_nb.adapt.thresholds import best_factor, with_factor
from spikefit_nb.simulate import simulate


def factors_by_rate(network, wanted, dataset, arithmetic, tolerance):
    """The network with one factor after the other found, and the factors."""
    factors = {}
    for name, target in wanted.items():

        def surplus(factor, network=network, name=name, target=target):
            run = simulate(with_factor(network, name, factor), dataset, arithmetic=arithmetic)
            return run.spike_counts[name].sum() / target - 1

        factors[name] = best_factor(surplus, tolerance=tolerance) if target else 1.0
        network = with_factor(network, name, factors[name])
    return network, factors


def factors_by_neuron(network, wanted, dataset, arithmetic):
    """The network with the thresholds of single neurons moved eight times, a population at a
    time.
    """
    for name, target in wanted.items():
        factor, tried = np.ones(network[name].shape), []
        for _ in range(8):
            counts = simulate(with_factor(network, name, factor), dataset, arithmetic=arithmetic).spike_counts[name]
            spikes = counts.sum(axis=0)
            tried.append((np.abs(spikes - target).sum(), factor))
            ratio = np.clip((spikes + 0.5) / (target + 0.5), 0.25, 4.0)
            factor = factor * ratio.reshape(factor.shape) ** 0.5
        network = with_factor(network, name, min(tried, key=lambda t: t[0])[1])
    return network

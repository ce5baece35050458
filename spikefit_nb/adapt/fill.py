"""Fill idle neurons with copies of busy ones, as room for coarse weights to learn in."""

from dataclasses import replace

import numpy as np

from spikefit_nb.adapt.activity import Activity
from spikefit_nb.adapt.idle import says_nothing
from spikefit_nb.adapt.prune_neurons import part_of
from spikefit_nb.network import Network, Projection

APART = 0.1  # standard deviation of a factor on each weight into a copy, so that copies differ
UNEVEN = 0.25  # most by which the part of a neuron that a copy sends differs from the others'


def fill_idle(
    network: Network, activity: Activity, random: np.random.Generator
) -> tuple[Network, tuple[str, ...]]:
    """Make idle neurons copies of those that fire most, who share what they send: about the same
    network, in which one weight is the sum of several; and a note for each population.
    """
    # Chen et al. 2016, ICLR, "Net2Net", widen networks so; here copies take what was idle.
    notes = []
    for population in network.neuron_populations:
        if population.name == network.output or not _is_dense(network, population.name):
            continue
        spikes = activity.record.spike_counts[population.name].sum(axis=0)
        idle = np.flatnonzero(says_nothing(population, network, activity))
        busy = np.setdiff1d(np.flatnonzero(spikes), idle)
        if idle.size and busy.size:
            by_spikes = busy[np.argsort(-spikes[busy], kind="stable")]
            origin = np.arange(population.n_neurons)
            origin[idle] = np.resize(by_spikes, idle.size)
            network = _with_copies(network, population.name, origin, random)
            notes.append(
                f"{population.name}: {idle.size:,} idle neurons began training as copies of "
                "those that fire, as room for coarse weights, and cost their energy; prune_neurons "
                "takes some away"
            )
    return network, tuple(notes)


def _is_dense(network: Network, name: str) -> bool:
    """Whether every neuron of a population may have a synapse from and onto any other."""
    meets = [e for e in network.projections if name in (e.source, e.target)]
    return all(e.kind == "dense" for e in meets)


def _with_copies(
    network: Network, name: str, origin: np.ndarray, random: np.random.Generator
) -> Network:
    """A network whose neurons of a population are those of ``origin``, (n_neurons,)."""
    population, is_copy = network[name], origin != np.arange(origin.size)
    part = random.uniform(1 - UNEVEN, 1 + UNEVEN, origin.size)
    part /= np.bincount(origin, part, origin.size)[origin]

    def copied(e: Projection) -> Projection:
        weight = np.asarray(e.real_weight().toarray(), np.float64)
        if e.target == name:
            factor = 1 + APART * random.standard_normal(weight.shape)
            weight = weight[:, origin] * np.where(is_copy, factor, 1.0)
        if e.source == name:
            weight = weight[origin] * part[:, None]
        return replace(e, weight=weight.astype(np.float32), scale=None, weight_bits=None)

    return network.replace(
        populations=[
            part_of(p, origin, name, p.shape) if p is population else p for p in network.populations
        ],
        projections=[copied(e) if name in (e.source, e.target) else e for e in network.projections],
    )

"""Loihi's neurons in Python's own integers, as Lava 0.10 states them: lava/proc/lif/models.py,
PyLifModelBitAcc.

Slow and obvious: one neuron, one synapse, one step at a time. The oracle of ``kernels.loihi``.
"""

from typing import NamedTuple

import numpy as np

from tests.naive.run_network import synapses


class Neuron(NamedTuple):
    """What the chip is given for one neuron."""

    du: int
    dv: int
    vth: int
    bias: int  # mantissa << exponent
    u_start: int = 0
    fires: bool = True


def decayed(x, parts):
    """``parts`` of 4096 are left of x, what is not whole is dropped toward zero."""
    left = abs(x) * parts >> 12
    return left if x >= 0 else -left


def step(neuron, u, v, arriving):
    """Current and potential after one step, before reset; whether it fires; how often a number left
    its range.
    """
    n_out = 0
    u = decayed(u, 4096 - (neuron.du + 1)) + arriving
    if u > 2**23:
        u, n_out = u - 2**24, n_out + 1
    elif u <= -(2**23):
        u, n_out = u + 2**24, n_out + 1
    v = decayed(v, 4096 - neuron.dv) + u + neuron.bias
    if abs(v) > 2**23 - 1:
        v, n_out = (2**23 - 1 if v > 0 else 1 - 2**23), n_out + 1
    return u, v, neuron.fires and v > neuron.vth << 6, n_out


def run(network, neurons, incoming, spikes):
    """A network whose populations hold ``neurons[name]``, a list, and are reached by
    ``incoming[name]``.

    ``incoming`` lists (projection, factor): the projection with the weights of the chip, and what a
    sum of them is multiplied by. Returns {name: array (n_samples, n_steps, n_neurons)} of spikes,
    of potentials before reset and of whether a neuron had potential, current, input or bias; and
    {name: overflows}.
    """
    n_samples, n_steps, _ = spikes.shape
    fired = {p.name: np.zeros((n_samples, n_steps, p.n_neurons), int) for p in network.populations}
    potential = {p.name: np.zeros((n_samples, n_steps, p.n_neurons), int) for p in network.neuron_populations}
    updated = {p.name: np.zeros((n_samples, n_steps, p.n_neurons), bool) for p in network.neuron_populations}
    overflows = {p.name: 0 for p in network.neuron_populations}
    edges = {name: [(e, factor, list(synapses(e))) for e, factor in pairs] for name, pairs in incoming.items()}
    for s in range(n_samples):
        u = {name: [each.u_start for each in population] for name, population in neurons.items()}
        v = {name: [0] * len(population) for name, population in neurons.items()}
        for t in range(n_steps):
            channel = 0
            for population in network.inputs:
                fired[population.name][s, t] = spikes[s, t, channel : channel + population.n_neurons]
                channel += population.n_neurons
            for population in network.neuron_populations:
                name = population.name
                arriving = [0] * population.n_neurons
                for e, factor, listed in edges[name]:
                    if t >= e.delay_steps:
                        for source, target, weight in listed:
                            arriving[target] += factor * weight * int(fired[e.source][s, t - e.delay_steps, source])
                for n, neuron in enumerate(neurons[name]):
                    # all of it decays: nothing is there to update
                    before = u[name][n] if neuron.du < 4095 else 0
                    updated[name][s, t, n] = any((before, v[name][n], arriving[n], neuron.bias))
                    u[name][n], v[name][n], fires, n_out = step(neuron, u[name][n], v[name][n], arriving[n])
                    potential[name][s, t, n] = v[name][n]
                    overflows[name] += n_out
                    if fires:
                        fired[name][s, t, n], v[name][n] = 1, 0
    return fired, potential, updated, overflows

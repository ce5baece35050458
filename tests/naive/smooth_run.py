"""A network whose neurons fire by a smooth function, run the slow, obvious way in float64.

In place of a step at the threshold, a neuron sends the surrogate's primitive: with
``x = (v - v_threshold) / (width * v_threshold)``, ``height * width`` times ``x / (1 + |x|)`` for the
fast sigmoid and times ``atan(x)`` for the arctangent. Such a network has a slope, which central differences
tell.
"""

from itertools import product

import numpy as np

PRIMITIVES = {"fast_sigmoid": lambda x: x / (1 + abs(x)), "arctangent": np.arctan}


def primitive(surrogate, v, threshold, unit):
    """What a neuron sends; ``unit``: the threshold that the width is counted in."""
    scale = surrogate.width * unit
    area = surrogate.height * surrogate.width
    return area * PRIMITIVES[surrogate.kind]((v - threshold) / scale)


def column(population, name, default=0.0):
    """One value a neuron, rounded to float32 as kernels have it."""
    if not hasattr(population.neuron, name):
        return np.full(population.n_neurons, default)
    return population.parameter(name).astype(np.float32).astype(np.float64)


def part(population, name, dt_s):
    """dt / tau in float32."""
    return (dt_s / population.parameter(name)).astype(np.float32).astype(np.float64)


class Neurons:
    """One population of one sample while it runs; thresholds and biases may be moved."""

    def __init__(self, population, dt_s, moved, surrogate):
        self.p, self.dt_s, self.surrogate = population, dt_s, surrogate
        self.unit = column(population, "v_threshold", 1.0)
        self.threshold = self.unit + moved.get((population.name, "threshold"), 0.0)
        self.bias = column(population, "bias") + moved.get((population.name, "bias"), 0.0)
        n = population.n_neurons
        self.v, self.i, self.sent = column(population, "v_start"), *np.zeros((2, n))
        self.w = column(population, "a_initial")

    def step(self, current):
        """One step; returns the potential before reset and what is sent."""
        neuron, arriving = self.p.neuron, current + self.bias
        r, leak = column(self.p, "r", 1.0), column(self.p, "v_leak")
        if hasattr(neuron, "tau_syn_s"):
            w_in = column(self.p, "w_in", 1.0)
            self.i = self.i + part(self.p, "tau_syn_s", self.dt_s) * (w_in * arriving - self.i)
            arriving = self.i
        if hasattr(neuron, "tau_mem_s"):
            a = part(self.p, "tau_mem_s", self.dt_s)
            v = self.v + a * (leak - self.v + r * arriving)
        else:
            v = self.v + r * arriving
        threshold = self.threshold
        if hasattr(neuron, "tau_adapt_s"):
            self.w = self.w * (1 - part(self.p, "tau_adapt_s", self.dt_s)) + self.sent
            threshold = threshold + column(self.p, "beta") * self.w
        if not neuron.fires:
            self.v = v
            return v, np.zeros_like(v)
        sent = primitive(self.surrogate, v, threshold, self.unit)
        if neuron.reset == "zero":
            self.v = v * (1 - sent) + column(self.p, "v_reset") * sent
        elif neuron.reset == "subtract":
            adapted = getattr(neuron, "adapted_reset", False)
            self.v = v - (threshold if adapted else self.threshold) * sent
        else:
            self.v = v
        self.sent = sent
        return v, sent


def run(network, inputs, surrogate, moved=None):
    """(spikes, potential) of every population, {name: (n_samples, n_steps, n_neurons)}."""
    moved = moved or {}
    weights = []
    for k, e in enumerate(network.projections):
        weight = e.weight.with_values(e.values.astype(np.float64) + moved.get(k, 0.0))
        weights.append(weight.toarray())
    n_samples, n_steps, _ = inputs.shape
    shape = {p.name: (n_samples, n_steps, p.n_neurons) for p in network.populations}
    spikes = {name: np.zeros(size) for name, size in shape.items()}
    potential = {name: np.zeros(size) for name, size in shape.items()}
    starts = network.starts
    for p in network.inputs:
        spikes[p.name][:] = inputs[:, :, starts[p.name] : starts[p.name] + p.n_neurons]
    for s in range(n_samples):
        running = [Neurons(p, network.dt_s, moved, surrogate) for p in network.neuron_populations]
        for t, neurons in product(range(n_steps), running):
            name = neurons.p.name
            current = np.zeros(neurons.p.n_neurons)
            for e, weight in zip(network.projections, weights, strict=True):
                if e.target == name and t >= e.delay_steps:
                    current += spikes[e.source][s, t - e.delay_steps] @ weight
            potential[name][s, t], spikes[name][s, t] = neurons.step(current)
    return spikes, potential

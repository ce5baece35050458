"""The neurons of SANA-FE's Loihi, one at a time, in Python's own numbers: the oracle of
``kernels.sanafe_loihi``.
"""

import math

import numpy as np


def connections(e):
    """(source, target, real weight) of all connections, in dense matrices those of weight zero
    too.
    """
    scale = np.broadcast_to(1.0 if e.scale is None else np.asarray(e.scale, np.float64), e.shape[1])
    found = {(s, t): 0.0 for s in range(e.shape[0]) for t in range(e.shape[1])} if e.kind == "dense" else {}
    for block in e.blocks():
        for s, t, w in zip(*block, strict=True):
            found[int(s), int(t)] = float(w) * scale[t]
    return [(s, t, w) for (s, t), w in found.items()]


def step(neuron, v, u, arrived, is_first):
    """One step of a neuron: (potential before reset, potential, current, fired); ``neuron`` is a
    dict of numbers.
    """
    if not is_first:
        u *= neuron["keep_u"]
        v *= neuron["keep_v"]
    v = math.trunc(64 * v) / 64
    v += neuron["bias"]
    u += neuron["gain"] * arrived
    v += u
    fired = v > neuron["threshold"]
    seen = v
    if fired:
        v = v - neuron["threshold"] if neuron["subtracts"] else neuron["reset"]
    return seen, v, u, fired


def numbers(population, n, dt_s):
    """What the tool would be given for one neuron."""

    def of(name, default):
        return float(population.parameter(name)[n]) if hasattr(population.neuron, name) else default

    a_mem, a_syn = dt_s / of("tau_mem_s", dt_s), dt_s / of("tau_syn_s", dt_s)
    gain = a_mem * a_syn * of("r", 1.0) * of("w_in", 1.0)
    return {
        "keep_v": 1 - a_mem if hasattr(population.neuron, "tau_mem_s") else 1.0,
        "keep_u": 1 - a_syn, "gain": gain, "bias": gain * of("bias", 0.0), "threshold": of("v_threshold", math.inf),
        "reset": of("v_reset", 0.0), "subtracts": getattr(population.neuron, "reset", "") == "subtract",
    }


def run(network, spikes):
    """Spikes, update flags and potentials before reset by population, each (n_steps, n_neurons);
    one sample.
    """
    n_steps, order = len(spikes), (*network.inputs, *network.neuron_populations)
    fired = {p.name: np.zeros((n_steps, p.n_neurons), bool) for p in order}
    updated = {p.name: np.zeros((n_steps, p.n_neurons), bool) for p in network.neuron_populations}
    potential = {p.name: np.zeros((n_steps, p.n_neurons)) for p in network.neuron_populations}
    at = 0
    for p in network.inputs:
        fired[p.name][:] = spikes[:, at : at + p.n_neurons]
        at += p.n_neurons
    given = {p.name: [numbers(p, n, network.dt_s) for n in range(p.n_neurons)] for p in network.neuron_populations}
    into = {p.name: [(e, connections(e)) for e in network.projections if e.target == p.name] for p in network.neuron_populations}
    state = {p.name: [(0.0, 0.0)] * p.n_neurons for p in network.neuron_populations}
    for t in range(n_steps):
        for p in network.neuron_populations:
            arrived, n_read = [0.0] * p.n_neurons, [0] * p.n_neurons
            for e, synapses_of in into[p.name]:
                for source, target, weight in synapses_of:
                    if t >= e.delay_steps and fired[e.source][t - e.delay_steps, source]:
                        arrived[target] += weight
                        n_read[target] += 1
            for n, neuron in enumerate(given[p.name]):
                v, u = state[p.name][n]
                updated[p.name][t, n] = v != 0 or n_read[n] > 0 or neuron["bias"] != 0
                seen, v, u, fired[p.name][t, n] = step(neuron, v, u, arrived[n], t == 0)
                potential[p.name][t, n] = seen
                state[p.name][n] = v, u if neuron["keep_u"] else 0.0
    return fired, updated, potential

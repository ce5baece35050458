"""A network run the slow, obvious way: float32 numbers, one synapse at a time. The oracle of the
kernels.

What a projection brings in one step is added up alone, sources in order: integer weights of whole
spikes as integers, anything else in float32. That sum times the projection's scale, one projection
after the other, is the current.
"""

import math

import numpy as np

from spikefit_nb.network import ALIF, AdEx, Input, Izhikevich, SigmaDelta

f32 = np.float32


def synapses(projection):
    """(source, target, stored weight) of every synapse, convolutions by the definition of a
    convolution.
    """
    own = f32 if projection.scale is None else int
    if projection.kind != "convolution":
        matrix = projection.weight.toarray()
        for s in range(matrix.shape[0]):
            for t in range(matrix.shape[1]):
                if matrix[s, t] != 0:
                    yield s, t, own(matrix[s, t])
        return
    c = projection.weight
    n_in, height, width = c.input_shape
    n_out, out_y, out_x = c.output_shape
    found = []
    for o in range(n_out):
        group = o // (n_out // c.groups)
        for y in range(out_y):
            for x in range(out_x):
                for i in range(n_in // c.groups):
                    for ky in range(c.weight.shape[2]):
                        for kx in range(c.weight.shape[3]):
                            sy = y * c.stride[0] + ky * c.dilation[0] - c.padding[0]
                            sx = x * c.stride[1] + kx * c.dilation[1] - c.padding[1]
                            if 0 <= sy < height and 0 <= sx < width and c.weight[o, i, ky, kx] != 0:
                                source = ((group * (n_in // c.groups) + i) * height + sy) * width + sx
                                target = (o * out_y + y) * out_x + x
                                found.append((source, target, own(c.weight[o, i, ky, kx])))
    yield from sorted(found, key=lambda edge: edge[0])


def run(network, spikes, carried=None):
    """Spikes of every population, {name: (n_samples, n_steps, n_neurons)} int, and where a neuron
    was updated; what each message carries is written into ``carried``, if it is given.
    """
    n_samples, n_steps, _ = spikes.shape
    edges = {e: list(synapses(e)) for e in network.projections}
    fired = {p.name: np.zeros((n_samples, n_steps, p.n_neurons), int) for p in network.populations}
    updated = {p.name: np.zeros((n_samples, n_steps, p.n_neurons), bool) for p in network.neuron_populations}
    for s in range(n_samples):
        v = {p.name: [start(p, n)[0] for n in range(p.n_neurons)] for p in network.neuron_populations}
        w = {p.name: [start(p, n)[1] for n in range(p.n_neurons)] for p in network.neuron_populations}
        i = {p.name: [f32(0)] * p.n_neurons for p in network.neuron_populations}
        sent = {(e, t): {} for e in network.projections for t in range(n_steps + e.delay_steps)}
        for t in range(n_steps):
            channel = 0
            for name in [p.name for p in network.inputs] + [p.name for p in network.neuron_populations]:
                population = network[name]
                if isinstance(population.neuron, Input):
                    amounts = list(spikes[s, t, channel : channel + population.n_neurons])
                    channel += population.n_neurons
                    fired[name][s, t] = [0 if a == 0 else max(1, int(a)) for a in amounts]
                else:
                    amounts = []
                    for n in range(population.n_neurons):
                        if isinstance(population.neuron, SigmaDelta):
                            current = arriving(network, name, sent, t, n)
                            updated[name][s, t, n] = v[name][n] != 0 or current != 0
                            v[name][n] = v[name][n] + current
                            amounts.append(change(population, n, v[name], w[name]))
                            continue
                        before = fired[name][s, t - 1, n] if t else 0
                        if getattr(population.neuron, "delayed_reset", False) == "held":
                            before = 0
                        current = arriving(network, name, sent, t, n)
                        bias = f32(population.parameter("bias")[n])
                        updated[name][s, t, n] = any(x != 0 for x in (v[name][n], i[name][n], current, bias))
                        if isinstance(population.neuron, ALIF | Izhikevich | AdEx):
                            step_adapting(network, population, n, v[name], w[name], current, bias, before)
                        else:
                            before = stands(population, n, v[name]) or before
                            step(network, population, n, v[name], i[name], current, bias, before)
                        held = getattr(population.neuron, "delayed_reset", False) == "held" and before
                        amounts.append(fire(population, n, v[name], w[name], held))
                    graded = isinstance(population.neuron, SigmaDelta)
                    fired[name][s, t] = [int(a != 0) for a in amounts] if graded else amounts
                if carried is not None:
                    carried.setdefault(name, np.zeros(fired[name].shape, f32))[s, t] = amounts
                for e in network.projections:
                    if e.source == name:
                        for source, target, weight in edges[e]:
                            if amounts[source] != 0:
                                sums = sent[e, t + e.delay_steps]
                                sums[target] = sums.get(target, type(weight)(0)) + product(amounts[source], weight)
    return fired, updated


def product(amount, weight):
    """Whole spikes of an integer weight are whole, all else is float32."""
    is_whole = isinstance(weight, int) and amount == int(amount)
    return int(amount) * weight if is_whole else f32(amount) * f32(weight)


def arriving(network, name, sent, t, n):
    """The current of one neuron in one step."""
    current = f32(0)
    for e in network.projections:
        if e.target == name and n in sent[e, t]:
            scale = f32(1) if e.scale is None else np.broadcast_to(np.asarray(e.scale, f32), (e.shape[1],))[n]
            current = current + scale * f32(sent[e, t][n])
    return current


def stands(population, n, v):
    """Whether a neuron that is held was left above its threshold."""
    neuron = population.neuron
    if getattr(neuron, "delayed_reset", False) != "held":
        return False
    threshold = f32(population.parameter("v_threshold")[n])
    return v[n] > threshold if neuron.strict_threshold else v[n] >= threshold


def step(network, population, n, v, i, current, bias, fired_before):
    """Move one neuron by one step, as its docstring's equation says."""

    def p(name):
        return f32(population.parameter(name)[n])

    neuron = population.neuron
    arrives = current + bias
    delayed = getattr(neuron, "delayed_reset", False) and fired_before
    if delayed and neuron.reset == "zero" and neuron.delayed_reset != "after":
        v[n] = p("v_reset")
    if "tau_syn_s" in neuron.parameters:
        a_syn = f32(network.dt_s / population.parameter("tau_syn_s")[n])
        i[n] = i[n] + a_syn * (p("w_in") * arrives - i[n])
    if "tau_mem_s" in neuron.parameters:
        a_mem = f32(network.dt_s / population.parameter("tau_mem_s")[n])
        drive = i[n] if "tau_syn_s" in neuron.parameters else arrives
        v[n] = v[n] + a_mem * (p("v_leak") - v[n] + p("r") * drive)
    else:
        v[n] = v[n] + p("r") * arrives
    if delayed and neuron.reset == "subtract":
        v[n] = v[n] - f32(fired_before) * p("v_threshold")
    if delayed and neuron.reset == "zero" and neuron.delayed_reset == "after":
        v[n] = p("v_reset")


def start(population, n):
    """The two variables of one neuron before the first step."""
    neuron = population.neuron
    if isinstance(neuron, Izhikevich):
        v = population.parameter("v_initial")[n]
        return f32(v), f32(population.parameter("b")[n] * v)
    if isinstance(neuron, ALIF):
        return f32(0), f32(population.parameter("a_initial")[n])
    if isinstance(neuron, SigmaDelta):
        return f32(population.parameter("bias")[n]), f32(0)
    return f32(population.parameter("v_leak")[n]) if isinstance(neuron, AdEx) else f32(0), f32(0)


def step_adapting(network, population, n, v, w, current, bias, fired_before):
    """Move one ALIF, Izhikevich or AdEx neuron by one step, as its docstring's equation says."""

    def p(name):
        return f32(population.parameter(name)[n])

    neuron, arrives = population.neuron, current + bias
    if isinstance(neuron, Izhikevich):
        if fired_before:
            w[n] = w[n] + p("d")
        half = f32(network.dt_s * 1e3 / 2)
        for _ in range(2):
            slope = f32(0.04) * v[n] * v[n] + f32(5) * v[n] + f32(140) - w[n] + p("r") * arrives
            v[n] = v[n] + half * slope
        a = f32(network.dt_s * 1e3 * population.parameter("a")[n])
        w[n] = w[n] + a * (p("b") * v[n] - w[n])
        v[n] = min(v[n], p("v_peak"))
        return
    a_mem = f32(network.dt_s / population.parameter("tau_mem_s")[n])
    a_adapt = f32(network.dt_s / population.parameter("tau_adapt_s")[n])
    if isinstance(neuron, AdEx):
        if fired_before:
            w[n] = w[n] + p("b")
        slope = p("slope_factor")
        growth = slope * f32(math.exp(float((v[n] - p("v_threshold")) / slope))) if slope > 0 else f32(0)
        before = v[n]
        v[n] = before + a_mem * (p("v_leak") - before + growth + p("r") * (arrives - w[n]))
        w[n] = w[n] + a_adapt * (p("a") * (before - p("v_leak")) - w[n])
        v[n] = min(v[n], p("v_peak")) if slope > 0 else v[n]
        return
    delayed = neuron.delayed_reset and fired_before
    if delayed and neuron.reset == "zero":
        v[n] = p("v_reset")
    v[n] = v[n] + a_mem * (p("v_leak") - v[n] + p("r") * arrives)
    w[n] = w[n] + (f32(fired_before) - a_adapt * w[n])
    if delayed and neuron.reset == "subtract":
        v[n] = v[n] - (p("v_threshold") + p("beta") * w[n] if neuron.adapted_reset else p("v_threshold"))


def change(population, n, v, sent):
    """The message of one sigma-delta neuron now, zero where it sends none."""
    neuron = population.neuron
    threshold = f32(population.parameter("v_threshold")[n])
    activity = max(v[n], f32(0)) if neuron.activation == "relu" else v[n]
    difference = activity - sent[n]
    if abs(difference) < threshold:
        return f32(0)
    message = difference
    if neuron.whole_thresholds:
        message = f32(int(difference / threshold)) * threshold
    sent[n] = sent[n] + message
    return message


def fire(population, n, v, w, held=False):
    """Spikes of one neuron now, and its reset."""
    neuron = population.neuron
    if not neuron.fires:
        return 0
    threshold = f32(population.parameter("v_cut" if isinstance(neuron, AdEx) else "v_threshold")[n])
    if isinstance(neuron, Izhikevich | AdEx):
        if v[n] >= threshold:
            v[n] = f32(population.parameter("v_reset")[n])
            return 1
        return 0
    if isinstance(neuron, ALIF):
        threshold = threshold + f32(population.parameter("beta")[n]) * w[n]
    if not (v[n] > threshold if neuron.strict_threshold else v[n] >= threshold):
        v[n] = v[n] + threshold if held else v[n]
        return 0
    if getattr(neuron, "delayed_reset", False) == "held":
        v[n] = v[n] if held else v[n] - threshold
        return 1
    if isinstance(neuron, ALIF) and not neuron.adapted_reset:
        # what a reset by subtraction takes off
        threshold = f32(population.parameter("v_threshold")[n])
    count, most = 1, getattr(neuron, "max_spikes_per_step", 1)
    if most != 1:
        count = int(np.floor(v[n] / threshold))
        count = max(1, count if most is None else min(count, most))
    if not neuron.delayed_reset and neuron.reset != "none":
        v[n] = v[n] - f32(count) * threshold if neuron.reset == "subtract" else f32(population.parameter("v_reset")[n])
    return count

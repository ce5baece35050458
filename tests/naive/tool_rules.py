"""How snnTorch, sinabs, norse, rockpool and spyx step a NIR graph that they exported, one loop a rule.

Written from the tools' own equations; what each file means to the tool that wrote it stands in the
step of its neuron. Everything is float64 and nothing is read by this package: only ``nir``.
"""

from pathlib import Path

import nir
import numpy as np

NEURONS = (nir.IF, nir.LIF, nir.CubaLIF, nir.LI)  # an LI gives its potential


def snntorch_neuron(node, x, state, settings):
    """Whole input; v decays by 1 - dt/tau; v > threshold; the reset comes in the next step.

    With reset_delay=False the reset comes in the same step, and a neuron that is still above the
    threshold gives back in the next step what it is reset by then, unless it fires ("avoid double
    reset"). A Synaptic, RLeaky or RSynaptic that is reset to zero loses the input of that step too.
    """
    dt = 1e-4
    v, i = state.get("v", 0 * x), state.get("i", 0 * x)
    threshold, reset = node.v_threshold, v > node.v_threshold
    if isinstance(node, nir.CubaLIF):
        i = (1 - dt / node.tau_syn) * i + x
        v = (1 - dt / node.tau_mem) * v + i
        v = np.where(reset, 0, v) if settings["reset"] == "zero" else v
    else:
        loses = settings["recurrent"]
        v = np.where(reset & (not loses), 0, v) if settings["reset"] == "zero" else v
        v = (1 - dt / node.tau) * v + x
        v = np.where(reset & loses, 0, v) if settings["reset"] == "zero" else v
    if settings["reset"] == "subtract":
        v = v - reset * threshold
    fired = v > threshold
    if not settings["delayed"] and settings["reset"] != "none":
        again = fired.astype(float) - reset
        v = v - again * (threshold if settings["reset"] == "subtract" else v)
    state |= {"v": v, "i": i}
    return fired.astype(int)


def sinabs_neuron(node, x, state, settings):
    """tau in steps, exact decay, input times 1 - decay (norm_input); as many spikes as thresholds fit in v.

    An IAF adds its whole input. v == threshold fires. The reset is at once: as many thresholds as
    spikes, or to zero. No lower bound of v is in the file, and by default there is none. An ExpLeak
    adds its whole input, by default.
    """
    v = state.get("v", 0 * x)
    if isinstance(node, nir.LI):
        state["v"] = np.exp(-1 / np.asarray(node.tau, float)) * v + x
        return state["v"]
    threshold = node.v_threshold
    if isinstance(node, nir.LIF):
        decay = np.exp(-1 / np.asarray(node.tau, float))
        v = decay * v + (1 - decay if settings.get("norm_input", True) else 1) * x
    else:
        v = v + x
    count = np.maximum(np.trunc(v / threshold), 0)
    count = np.minimum(count, settings["most"] or np.inf)
    state["v"] = np.where(count > 0, 0, v) if settings["reset"] == "zero" else v - count * threshold
    return count.astype(int)


def norse_neuron(node, x, state, settings):
    """Euler: v += dt / tau * (v_leak - v + x); v > threshold; reset to zero at once; v starts at v_leak.

    The exporter writes tau = dt / tau_mem_inv for a dt it is told, 1e-3 by default, though norse
    steps by dt * tau_mem_inv with a dt of 1e-3: what is in the file is tau times that dt. A LIFCell
    adds all that arrives to its current, which v sees at once and which decays after that.
    """
    scale = settings["dt_s"] * settings["export_dt"]  # dt / tau is this over the file's tau
    if isinstance(node, nir.LI):
        v = state.get("v", node.v_leak + 0 * x)
        state["v"] = v + scale / node.tau * (node.v_leak - v + x)
        return state["v"]
    threshold = node.v_threshold
    if isinstance(node, nir.IF):
        v = state.get("v", 0 * x) + x
    else:
        v, i = state.get("v", node.v_leak + 0 * x), state.get("i", 0 * x)
        if isinstance(node, nir.CubaLIF):
            i = i + x
            v = v + scale / node.tau_mem * (node.v_leak - v + i)
            state["i"] = i - scale / node.tau_syn * i
        else:
            v = v + scale / node.tau * (node.v_leak - v + x)
    fired = v > threshold
    state["v"] = np.where(fired, 0, v)
    return fired.astype(int)


def rockpool_neuron(node, x, state, settings):
    """Exact decays exp(-dt / tau); whole input; v >= threshold fires as often as thresholds fit in v.

    A LIFTorch adds what arrives to its current, lets the current decay, and adds it to the decayed
    v: the factor of w_in and r in the file is no more than a way to write dt down (rockpool_dt). An
    ExpSynTorch is that current.
    """
    dt_s = rockpool_dt(node)
    v, i = state.get("v", 0 * x), state.get("i", 0 * x)
    if isinstance(node, nir.LI):
        state["v"] = (v + x) * np.exp(-dt_s / np.asarray(node.tau, float))
        return state["v"]
    threshold = node.v_threshold
    if isinstance(node, nir.CubaLIF):
        i = (i + x) * np.exp(-dt_s / np.asarray(node.tau_syn, float))
        v = v * np.exp(-dt_s / np.asarray(node.tau_mem, float)) + i
    else:
        v = v * np.exp(-dt_s / np.asarray(node.tau, float)) + x
    count = np.where(v >= threshold, np.floor(v / threshold), 0)
    state |= {"v": v - count * threshold, "i": i}
    return count.astype(int)


def rockpool_dt(node):
    """The step in seconds that r = exp(-dt / tau) * tau / dt states, by bisection, to six digits."""
    tau = np.asarray(node.tau_mem if isinstance(node, nir.CubaLIF) else node.tau, float)
    steps = []
    for tau_s, r in zip(tau.ravel(), np.asarray(node.r, float).ravel()):
        least, most = 0.0, 50.0  # of dt / tau; exp(-x) / x falls
        for _ in range(200):
            x = (least + most) / 2
            least, most = (x, most) if np.exp(-x) / x > r else (least, x)
        steps.append(x * tau_s)
    return float(f"{np.median(steps):.6g}")


def spyx_neuron(node, x, state, settings):
    """Fires by v before this step's input; whole input; decays 1 - 1/tau; v > threshold; subtracts.

    A LIF decays before a threshold is taken away, a CuBaLIF after.
    """
    v, i = state.get("v", 0 * x), state.get("i", 0 * x)
    fired = v > node.v_threshold
    if isinstance(node, nir.CubaLIF):
        i = (1 - 1 / node.tau_syn) * i + x
        v = (1 - 1 / node.tau_mem) * (v - fired * node.v_threshold) + i
    else:
        beta = 1 - 1 / node.tau if isinstance(node, nir.LIF) else 1
        v = beta * v + x - fired * node.v_threshold
    state |= {"v": v, "i": i}
    return fired.astype(int)


STEP = {
    "spyx": spyx_neuron,
    "snntorch": snntorch_neuron,
    "sinabs": sinabs_neuron,
    "norse": norse_neuron,
    "rockpool": rockpool_neuron,
}


def pair(value):
    """One number for both axes, or one for each."""
    value = [int(each) for each in np.ravel(value)]
    return value * 2 if len(value) == 1 else value


def convolve(node, x):
    """One image, (channels, height, width), by a Conv2d."""
    (sy, sx), (dy, dx) = pair(node.stride), pair(node.dilation)
    named = {"same": (np.array(node.weight.shape[2:]) - 1) // 2, "valid": 0}  # stride 1, odd windows
    py, px = pair(named.get(node.padding, 0) if isinstance(node.padding, str) else node.padding)
    padded = np.pad(x, ((0, 0), (py, py), (px, px)))
    n_out, _, ky, kx = node.weight.shape
    height = (padded.shape[1] - dy * (ky - 1) - 1) // sy + 1
    width = (padded.shape[2] - dx * (kx - 1) - 1) // sx + 1
    y = np.zeros((n_out, height, width))
    for a in range(height):
        for b in range(width):
            window = padded[:, a * sy : a * sy + dy * ky : dy, b * sx : b * sx + dx * kx : dx]
            y[:, a, b] = np.tensordot(np.asarray(node.weight, float), window, 3)
    return y + np.reshape(node.bias, (-1, 1, 1))


def pool(node, x):
    (ky, kx), (sy, sx) = pair(node.kernel_size), pair(node.stride)
    height, width = (x.shape[1] - ky) // sy + 1, (x.shape[2] - kx) // sx + 1
    y = np.zeros((x.shape[0], height, width))
    for a in range(height):
        for b in range(width):
            window = x[:, a * sy : a * sy + ky, b * sx : b * sx + kx]
            y[:, a, b] = window.sum((1, 2))
    return y / (ky * kx) if isinstance(node, nir.AvgPool2d) else y


def apply(node, x, settings):
    """What a node without a state makes of its input."""
    if isinstance(node, nir.Affine | nir.Linear):
        return np.asarray(node.weight, float) @ x.ravel() + getattr(node, "bias", 0)
    if isinstance(node, nir.Conv2d):
        return convolve(node, x)
    if isinstance(node, nir.SumPool2d | nir.AvgPool2d):
        return pool(node, x)
    if isinstance(node, nir.Flatten):  # spyx, whose pictures have channels last, flattens those
        return (np.moveaxis(x, 0, -1) if settings.get("channels_last") else x).ravel()
    return x  # Input, Output


def in_order(graph):
    """Node names, each behind what feeds it; of a loop, neurons come before what they feed."""
    order, waiting = [], [n for n, node in graph.nodes.items()]
    inputs = {n: [a for a, b in graph.edges if b == n] for n in graph.nodes}
    while waiting:
        ready = [n for n in waiting if all(a in order for a in inputs[n])]
        if not ready:  # a loop: neurons one of whose inputs is known
            ready = [
                n
                for n in waiting
                if isinstance(graph.nodes[n], NEURONS) and any(a in order for a in inputs[n])
            ][:1]
        order += ready
        waiting = [n for n in waiting if n not in ready]
    return order, inputs


def run_tool(file, given, tool, settings):
    """Spikes of every neuron node (of an LI its potential), (sample, step, *shape)."""
    try:
        graph = nir.read(Path(file), type_check=False)
    except TypeError:  # before nir 1.0.6
        graph = nir.read(Path(file))
    order, inputs = in_order(graph)
    fired = {n: [] for n in order if isinstance(graph.nodes[n], NEURONS)}
    for sample in given:
        state, y = {n: {} for n in fired}, {}
        for n in order:  # what a loop brings in the first step
            y[n] = None
        rows = {n: [] for n in fired}
        for x in sample:
            for n in order:
                node = graph.nodes[n]
                if isinstance(node, nir.Input):
                    y[n] = x.astype(float)  # whatever shape it says: some tools add time or samples
                    continue
                late = [a for a in inputs[n] if order.index(a) > order.index(n)]
                now = [y[a] for a in inputs[n] if a not in late]
                for a in late:  # a node of weights behind these neurons: what fired one step ago
                    before = rows[n][-1] if rows[n] else np.zeros(np.shape(sum(now)))
                    now.append(apply(graph.nodes[a], before.astype(float), settings))
                arriving = sum(now)
                if n in fired:
                    given_by = settings | {"recurrent": bool(late)}
                    y[n] = STEP[tool](node, arriving, state[n], given_by)
                    rows[n].append(y[n])
                else:
                    y[n] = apply(node, arriving, settings)
        for n in fired:
            fired[n].append(np.array(rows[n]))
    return {n: np.array(each) for n, each in fired.items()}

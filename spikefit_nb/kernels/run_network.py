"""Run a network step by step on events: the only code that decides when a neuron fires.

Neurons of all populations share one index, inputs first. A network is a ``NetworkArrays``: tables of integers
for populations and projections, and flat arrays they point into, so that one compiled function runs them all.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

# columns of NetworkArrays.populations
START, SIZE, MODEL, RESET, STRICT, DELAYED, MAX_SPIKES, FIRST_PROJECTION, LAST_PROJECTION = range(9)
INPUT, INTEGRATE, LEAKY, CURRENT, ADAPTING, QUADRATIC, EXPONENTIAL = range(7)  # MODEL, see network_arrays.MODEL
TO_RESET, SUBTRACT = range(2)  # RESET

# columns of NetworkArrays.projections
KIND, TARGET, N_TARGET, DELAY, WEIGHT, INDPTR, INDEX, C_IN, Y_IN, X_IN, C_OUT, Y_OUT, X_OUT = range(13)
KY, KX, SY, SX, PY, PX, DY, DX, GROUPS, N_COLUMNS = range(13, 23)
DENSE, SPARSE, CONVOLUTION = range(3)  # KIND


class NetworkArrays(NamedTuple):
    """A network as the kernel reads it."""

    populations: np.ndarray  # (n_populations, 9) int64, in order of evaluation
    projections: np.ndarray  # (n_projections, 23) int64, grouped by source population
    a_syn: np.ndarray  # (n_neurons,) float32: dt / tau_syn
    a_mem: np.ndarray  # dt / tau_mem
    w_in: np.ndarray
    r: np.ndarray
    v_leak: np.ndarray
    v_threshold: np.ndarray
    v_reset: np.ndarray
    bias: np.ndarray
    weight: np.ndarray  # all weights of all projections, float32
    indptr: np.ndarray  # int64, of sparse projections
    index: np.ndarray  # int32


class Adaptation(NamedTuple):
    """What models with a second variable w have besides; all (n_neurons,) float32."""

    v_start: np.ndarray
    w_start: np.ndarray
    decay: np.ndarray  # dt / tau_adapt; Izhikevich: a * dt
    coupling: np.ndarray  # ALIF: beta; Izhikevich: b; AdEx: a
    jump: np.ndarray  # of w at a spike
    foot: np.ndarray  # AdEx: where the exponential sets in
    slope: np.ndarray  # AdEx: its slope factor


class State(NamedTuple):
    """Scratch of one running sample."""

    v: np.ndarray  # (n_neurons,) float32
    i: np.ndarray
    w: np.ndarray  # of length 1 where no model has it
    arriving: np.ndarray  # (max_delay + 1, n_neurons) float32, a ring over steps
    fired: np.ndarray  # (n_neurons,) int32, spikes of the last step evaluated
    event: np.ndarray  # (n_neurons,) int64
    amount: np.ndarray  # (n_neurons,) float32


class Written(NamedTuple):
    """What a block of samples writes."""

    counts: np.ndarray  # (n_samples, n_neurons) int64
    output_spikes: np.ndarray  # (n_samples, n_steps, n_output) int32
    output_potential: np.ndarray  # (n_samples, n_steps, n_output) float32
    event_ptr: np.ndarray  # (n_samples * n_steps + 1,) int64
    event_neuron: np.ndarray  # (capacity,) int32
    event_count: np.ndarray  # (capacity,) int32
    updated: np.ndarray  # (n_samples, n_steps, bytes) uint8, one bit a neuron that is not an input


@njit(nogil=True, cache=True)
def send(p, net, into, event, amount, n_events, start):
    """Add the weights of the events of one source population into the currents of the target."""
    kind, target, n_target, w0 = p[KIND], p[TARGET], p[N_TARGET], p[WEIGHT]
    for e in range(n_events):
        source, a = event[e] - start, amount[e]
        if kind == DENSE:
            row = w0 + source * n_target
            for k in range(n_target):
                into[target + k] += a * net.weight[row + k]
        elif kind == SPARSE:
            for j in range(net.indptr[p[INDPTR] + source], net.indptr[p[INDPTR] + source + 1]):
                into[target + net.index[p[INDEX] + j]] += a * net.weight[w0 + j]
        else:
            send_convolution(p, net, into, source, a)


@njit(nogil=True, cache=True)
def send_convolution(p, net, into, source, a):
    """One event through a convolution: the windows that see it, computed and never stored."""
    area = p[Y_IN] * p[X_IN]
    channel, y, x = source // area, source % area // p[X_IN], source % p[X_IN]
    n_in, n_out = p[C_IN] // p[GROUPS], p[C_OUT] // p[GROUPS]
    first, window = channel // n_in * n_out, p[KY] * p[KX]
    for ky in range(p[KY]):
        ty = y + p[PY] - ky * p[DY]
        if ty < 0 or ty % p[SY] != 0 or ty // p[SY] >= p[Y_OUT]:
            continue
        for kx in range(p[KX]):
            tx = x + p[PX] - kx * p[DX]
            if tx < 0 or tx % p[SX] != 0 or tx // p[SX] >= p[X_OUT]:
                continue
            at = p[TARGET] + (first * p[Y_OUT] + ty // p[SY]) * p[X_OUT] + tx // p[SX]
            w = p[WEIGHT] + (first * n_in + channel % n_in) * window + ky * p[KX] + kx
            for o in range(n_out):
                into[at + o * p[Y_OUT] * p[X_OUT]] += a * net.weight[w + o * n_in * window]


@njit(nogil=True, cache=True)
def integrate_adapting(pop, net, more, state, current):
    """One step of the equations of ALIF, Izhikevich or AdEx, the jump of w at the last spike first."""
    start, stop, model = pop[START], pop[START] + pop[SIZE], pop[MODEL]
    v, w = state.v, state.w
    for n in range(start, stop):
        arriving, fired = net.r[n] * (current[n] + net.bias[n]), np.float32(state.fired[n])
        if model == ADAPTING:
            if fired != 0 and pop[DELAYED] and pop[RESET] == TO_RESET:
                v[n] = net.v_reset[n]
            v[n] += net.a_mem[n] * (net.v_leak[n] - v[n] + arriving)
            w[n] += fired - more.decay[n] * w[n]
            if fired != 0 and pop[DELAYED] and pop[RESET] == SUBTRACT:
                v[n] -= net.v_threshold[n]
        elif model == QUADRATIC:
            w[n] += fired * more.jump[n]
            for _ in range(2):
                v[n] += net.a_mem[n] * (
                    np.float32(0.04) * v[n] * v[n] + np.float32(5) * v[n] + np.float32(140) - w[n] + arriving
                )
            w[n] += more.decay[n] * (more.coupling[n] * v[n] - w[n])
            v[n] = min(v[n], net.v_threshold[n])
        else:
            w[n] += fired * more.jump[n]
            slope, growth = more.slope[n], np.float32(0)
            if slope > 0:  # in double, so that every libm rounds it to the same float32
                growth = slope * np.float32(math.exp(np.float64((v[n] - more.foot[n]) / slope)))
            arriving = net.r[n] * (current[n] + net.bias[n] - w[n])
            change = net.a_mem[n] * (net.v_leak[n] - v[n] + growth + arriving)
            w[n] += more.decay[n] * (more.coupling[n] * (v[n] - net.v_leak[n]) - w[n])
            v[n] += change
            if slope > 0:
                v[n] = min(v[n], net.v_threshold[n])


@njit(nogil=True, cache=True)
def fire_adapting(pop, net, more, state):
    """As ``fire``, once a step at most; the threshold of ALIF depends on its past."""
    v, n_events = state.v, 0
    for n in range(pop[START], pop[START] + pop[SIZE]):
        threshold = net.v_threshold[n]
        if pop[MODEL] == ADAPTING:
            threshold += more.coupling[n] * state.w[n]
        state.fired[n] = v[n] > threshold if pop[STRICT] else v[n] >= threshold
        if state.fired[n]:
            if not pop[DELAYED]:
                v[n] = v[n] - net.v_threshold[n] if pop[RESET] == SUBTRACT else net.v_reset[n]
            state.event[n_events] = n
            state.amount[n_events] = 1
            n_events += 1
    return n_events


@njit(nogil=True, cache=True)
def integrate(pop, net, more, state, current, bits, n_inputs):
    """One step of the neuron equations; marks in ``bits`` the neurons with potential, input or bias."""
    start, stop, model = pop[START], pop[START] + pop[SIZE], pop[MODEL]
    v, i = state.v, state.i
    for n in range(start, stop):
        if v[n] != 0 or i[n] != 0 or current[n] != 0 or net.bias[n] != 0:
            k = n - n_inputs
            bits[k >> 3] |= np.uint8(1 << (k & 7))
    if more is not None and model >= ADAPTING:
        integrate_adapting(pop, net, more, state, current)
        return
    if pop[DELAYED] and pop[RESET] == TO_RESET:
        for n in range(start, stop):
            if state.fired[n]:
                v[n] = net.v_reset[n]
    if model == INTEGRATE:
        for n in range(start, stop):
            v[n] += net.r[n] * (current[n] + net.bias[n])
    elif model == LEAKY:
        for n in range(start, stop):
            v[n] += net.a_mem[n] * (net.v_leak[n] - v[n] + net.r[n] * (current[n] + net.bias[n]))
    else:
        for n in range(start, stop):
            i[n] += net.a_syn[n] * (net.w_in[n] * (current[n] + net.bias[n]) - i[n])
            v[n] += net.a_mem[n] * (net.v_leak[n] - v[n] + net.r[n] * i[n])
    if pop[DELAYED] and pop[RESET] == SUBTRACT:
        for n in range(start, stop):
            if state.fired[n]:
                v[n] -= np.float32(state.fired[n]) * net.v_threshold[n]


@njit(nogil=True, cache=True)
def fire(pop, net, more, state):
    """Threshold and reset; fills ``event`` and ``amount`` and returns how many neurons fired."""
    v, n_events = state.v, 0
    if more is not None and pop[MODEL] >= ADAPTING:
        return fire_adapting(pop, net, more, state)
    for n in range(pop[START], pop[START] + pop[SIZE]):
        threshold = net.v_threshold[n]
        fires = v[n] > threshold if pop[STRICT] else v[n] >= threshold
        state.fired[n] = 0
        if not fires:
            continue
        spikes = 1
        if pop[MAX_SPIKES] != 1 and threshold > 0:
            spikes = int(np.floor(v[n] / threshold))
            if pop[MAX_SPIKES] > 1:
                spikes = min(spikes, pop[MAX_SPIKES])
            spikes = max(spikes, 1)
        state.fired[n] = spikes
        if not pop[DELAYED]:
            v[n] = v[n] - np.float32(spikes) * threshold if pop[RESET] == SUBTRACT else net.v_reset[n]
        state.event[n_events] = n
        state.amount[n_events] = spikes
        n_events += 1
    return n_events


@njit(nogil=True, cache=True)
def read_input(pop, inputs, state):
    """Events of an input population in this step: the channels that are not zero."""
    n_events = 0
    for n in range(pop[START], pop[START] + pop[SIZE]):
        if inputs[n] != 0:
            state.event[n_events] = n
            state.amount[n_events] = inputs[n]
            n_events += 1
    return n_events


@njit(nogil=True, cache=True)
def store(state, n_events, counts, written, n_stored, keep, whole):
    """Count the events and, where asked and while there is room, keep them; returns how many there are now.

    ``whole``: amounts are spikes; otherwise they are currents, and each is one event.
    """
    capacity = written.event_neuron.shape[0]
    for e in range(n_events):
        spikes = int(state.amount[e]) if whole else 1
        counts[state.event[e]] += spikes
        if keep and n_stored + e < capacity:
            written.event_neuron[n_stored + e] = state.event[e]
            written.event_count[n_stored + e] = spikes
    return n_stored + n_events if keep else n_stored


@njit(nogil=True, cache=True)
def run_samples(net, more, inputs, state, written, output, keep, whole_inputs):
    """Run samples one after the other.

    ``more`` is an Adaptation, or None where no population needs it: numba then leaves out every branch that asks, and
    the common models are compiled as if the others did not exist. inputs (n_samples, n_steps, n_channels) float32;
    ``output`` is (first neuron, n neurons); ``keep`` says whether events are stored, ``whole_inputs`` whether inputs
    are spikes and not currents. Returns how many events there were
    to store: more than the capacity means that some are missing and the caller runs the block again with more room.
    """
    n_inputs, n_ring, n_stored = inputs.shape[2], state.arriving.shape[0], 0
    for s in range(inputs.shape[0]):
        state.v[:] = 0
        state.i[:] = 0
        if more is not None:
            state.v[:] = more.v_start
            state.w[:] = more.w_start
        state.fired[:] = 0
        state.arriving[:] = 0
        for t in range(inputs.shape[1]):
            now = state.arriving[t % n_ring]
            for q in range(net.populations.shape[0]):
                pop = net.populations[q]
                if pop[MODEL] == INPUT:
                    n_events = read_input(pop, inputs[s, t], state)
                else:
                    integrate(pop, net, more, state, now, written.updated[s, t], n_inputs)
                    if pop[START] == output[0]:
                        for n in range(output[1]):
                            written.output_potential[s, t, n] = state.v[output[0] + n]
                    n_events = fire(pop, net, more, state)
                n_stored = store(
                    state, n_events, written.counts[s], written, n_stored, keep, whole_inputs or pop[MODEL] != INPUT
                )
                for q2 in range(pop[FIRST_PROJECTION], pop[LAST_PROJECTION]):
                    p = net.projections[q2]
                    into = state.arriving[(t + p[DELAY]) % n_ring]
                    send(p, net, into, state.event, state.amount, n_events, pop[START])
            for n in range(output[1]):  # by loop: numba takes seconds to compile the errors of a slice assignment
                written.output_spikes[s, t, n] = state.fired[output[0] + n]
            now[:] = 0
            written.event_ptr[s * inputs.shape[1] + t + 1] = n_stored
    return n_stored

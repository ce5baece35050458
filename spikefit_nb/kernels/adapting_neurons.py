"""Neurons with a second variable, in float32: ALIF, Izhikevich, AdEx."""

import math

import numpy as np

from spikefit_nb.kernels.compiled import compiled
from spikefit_nb.kernels.deliver import take
from spikefit_nb.kernels.neurons import (
    A_MEM,
    ADAPTED,
    ADAPTING,
    BIAS,
    COUPLING,
    DECAY,
    FOOT,
    JUMP,
    QUADRATIC,
    SLOPE,
    SUBTRACT,
    TO_RESET,
    V_LEAK,
    V_RESET,
    V_THRESHOLD,
    R,
    look,
    mark_updated,
)


@compiled()
def integrate_adapting(p, v, w, before, current):
    """Take one step of the equations, the jump of w at the spikes of the step ``before`` first."""
    values = p.columns
    a_mem, r, v_leak, bias = values[A_MEM], values[R], values[V_LEAK], values[BIAS]
    v_threshold, v_reset = values[V_THRESHOLD], values[V_RESET]
    decay, coupling, jump = values[DECAY], values[COUPLING], values[JUMP]
    foot, steepness = values[FOOT], values[SLOPE]
    for n in range(v.size):
        arriving, fired = r[n] * (current[n] + bias[n]), np.float32(before[n])
        if p.model == ADAPTING:
            if fired != 0 and p.delayed and p.reset == TO_RESET:
                v[n] = v_reset[n]
            v[n] += a_mem[n] * (v_leak[n] - v[n] + arriving)
            w[n] += fired - decay[n] * w[n]
            if fired != 0 and p.delayed and p.reset == SUBTRACT:
                v[n] -= v_threshold[n]
            elif fired != 0 and p.delayed and p.reset == ADAPTED:
                v[n] -= v_threshold[n] + coupling[n] * w[n]
        elif p.model == QUADRATIC:
            w[n] += fired * jump[n]
            for _ in range(2):
                square = np.float32(0.04) * v[n] * v[n]
                parabola = square + np.float32(5) * v[n] + np.float32(140)
                v[n] += a_mem[n] * (parabola - w[n] + arriving)
            w[n] += decay[n] * (coupling[n] * v[n] - w[n])
            v[n] = min(v[n], v_threshold[n])
        else:
            w[n] += fired * jump[n]
            slope, growth = steepness[n], np.float32(0)
            if slope > 0:  # in double, so that every libm rounds it to the same float32
                growth = slope * np.float32(math.exp(np.float64((v[n] - foot[n]) / slope)))
            arriving = r[n] * (current[n] + bias[n] - w[n])
            change = a_mem[n] * (v_leak[n] - v[n] + growth + arriving)
            w[n] += decay[n] * (coupling[n] * (v[n] - v_leak[n]) - w[n])
            v[n] += change
            if slope > 0:
                v[n] = min(v[n], v_threshold[n])


@compiled()
def fire_adapting(p, v, w, fired, neuron, at, counts):
    """List, count and reset the neurons that fire; returns where the list ends."""
    v_threshold, v_reset = p.columns[V_THRESHOLD], p.columns[V_RESET]
    coupling = p.columns[COUPLING]
    for n in range(v.size):
        threshold = v_threshold[n]
        if p.model == ADAPTING:
            threshold += coupling[n] * w[n]
        fired[n] = v[n] > threshold if p.strict else v[n] >= threshold
        if fired[n]:
            if not p.delayed and p.reset == ADAPTED:
                v[n] -= threshold
            elif not p.delayed:
                v[n] = v[n] - v_threshold[n] if p.reset == SUBTRACT else v_reset[n]
            neuron[at] = n
            counts[n] += 1
            at += 1
    return at


@compiled()
def run_adapting(p, state, sums, scale, n_last, arrived, first_step, out, seen):
    """Run a window as ``run_neurons`` does, of models that are never idle."""
    current, n_events = np.zeros(state.v.shape[1], np.float32), 0
    for b in range(sums.shape[0]):
        v, w, fired = state.v[b], state.w[b], state.fired[b]
        for row in range(sums.shape[1]):
            t = first_step + row
            out.start[b, row] = n_events
            for n in range(current.size):
                current[n] = 0
            take(sums[b, row], scale, n_last, current)
            if seen.updated.shape[2] > 0:
                mark_updated(
                    v, state.i[b], current, p.columns[BIAS], seen.updated[b, t], seen.first_bit
                )
            integrate_adapting(p, v, w, fired, current)
            for n in range(seen.potential.shape[2]):
                seen.potential[b, t, n] = v[n]
            last = fire_adapting(p, v, w, fired, out.neuron, n_events, seen.counts[b])
            look(seen, b, t, out, n_events, last)
            n_events = last
            out.stop[b, row] = n_events
    return n_events

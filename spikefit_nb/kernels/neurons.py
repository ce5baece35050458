"""Neurons in float32: integrate, fire, reset; and which of them fired.

A kernel runs the neurons of one population over a window of steps, all samples of a block. What
arrives is ``sums`` (n_samples, n_window, n_neurons), worth ``scale`` each; it is cleared when it
has been read. ``arrived`` (n_samples, n_window) counts the events behind each row of it, and where
there are none, an unbiased population is let alone until the next event comes.
"""

from typing import NamedTuple

import numpy as np

from spikefit_nb.kernels.compiled import compiled
from spikefit_nb.kernels.deliver import send, take

INTEGRATE, LEAKY, CURRENT, ADAPTING, QUADRATIC, EXPONENTIAL = range(6)  # Rule.model
# Values.reset; AFTER: to reset, after integrating; HELD: subtract, and a neuron left above its
# threshold has it taken off for a step, and given back where it then does not fire; ADAPTED: the
# threshold with its adaptation
TO_RESET, SUBTRACT, KEEP, AFTER, HELD, ADAPTED = range(6)
# Rows of ``Values.columns``, of which models with one variable have the first nine. V_LEAST is the
# least potential that fires, DECAY dt / tau_adapt or Izhikevich's a * dt, COUPLING ALIF's beta,
# Izhikevich's b or AdEx's a, JUMP that of w at a spike; FOOT and SLOPE belong to AdEx's
# exponential.
A_SYN, A_MEM, W_IN, R, V_LEAK, V_THRESHOLD, V_RESET, BIAS, V_LEAST = range(9)
DECAY, COUPLING, JUMP, FOOT, SLOPE = range(9, 14)
BYTE_OF = np.uint64(0x0001020304050607)  # times 1 << 8 * k has k in its highest byte


class Values(NamedTuple):
    """A population's parameters in float32."""

    columns: np.ndarray  # (9 or 14, n_neurons) float32
    model: int
    reset: int
    strict: bool  # an adapting one fires above its threshold, not at it
    delayed: bool  # resets in the following step
    max_spikes: int  # in a step; 0: as many as the potential holds thresholds
    fires: bool
    may_rest: bool  # without input nothing can fire: idle steps are made up for at the next event


class State(NamedTuple):
    """What neurons remember from step to step; no columns where a model has no such variable."""

    v: np.ndarray  # (n_samples, n_neurons), the potential
    i: np.ndarray  # the same, the synaptic current
    w: np.ndarray  # the same, a second variable for which no update is charged
    fired: np.ndarray  # the same, int32: spikes of the last step, where a later step needs them
    # (n_samples,) int64, steps to make up for; -1: the next one must not be skipped, since a
    # potential stands at its threshold even after reset
    idle: np.ndarray
    overflows: np.ndarray  # (n_samples,) int64, how often a number left its range


class Loop(NamedTuple):
    """The projection of a population onto itself, run with the neurons: many steps at a time."""

    weights: NamedTuple  # one of kernels.deliver
    scale: np.ndarray  # (1,) or (n_neurons,) float32
    n_last: int
    sums: np.ndarray  # (n_samples, delay, n_neurons), a ring: what comes at step t is at t % delay
    arrived: np.ndarray  # (n_samples, delay) int64, events behind each row
    amount: np.ndarray | None  # of ``Fired``; None where a neuron fires once a step at most


class Fired(NamedTuple):
    """The spikes of a window in rows, as ``deliver`` reads them."""

    start: np.ndarray  # (n_samples, n_window) int64
    stop: np.ndarray
    neuron: np.ndarray  # int32, with room for every neuron in every row, and one more
    amount: np.ndarray  # int32; length 0 where a neuron fires once a step at most


class Seen(NamedTuple):
    """What is written down besides; all but the counts are left out where they have no columns."""

    counts: np.ndarray  # (n_samples, n_neurons) int32
    spikes: np.ndarray  # (n_samples, n_steps, n_neurons) uint8 or int32
    potential: np.ndarray  # (n_samples, n_steps, n_neurons) float32, before reset
    updated: np.ndarray  # (n_samples, n_steps, bytes), a bit a neuron: potential, input or bias?
    first_bit: int
    every_step: bool  # of a potential or bits: none may be skipped


@compiled(inline="always")
def mark_updated(v, i, current, bias, bits, first_bit):
    """Set the bit of every neuron with potential, input or bias."""
    for n in range(v.size):
        active = v[n] != 0 or current[n] != 0 or bias[n] != 0 or (i.size > 0 and i[n] != 0)
        k = first_bit + n
        bits[k >> 3] |= np.uint8(active) << np.uint8(k & 7)


@compiled(inline="always")
def integrate(model, values, v, i, current):
    """One step of the equation."""
    if model == INTEGRATE:
        for n in range(v.size):
            v[n] += values[R, n] * (current[n] + values[BIAS, n])
    elif model == LEAKY:
        for n in range(v.size):
            driven = values[R, n] * (current[n] + values[BIAS, n])
            v[n] += values[A_MEM, n] * (values[V_LEAK, n] - v[n] + driven)
    else:
        for n in range(v.size):
            driven = values[W_IN, n] * (current[n] + values[BIAS, n])
            i[n] += values[A_SYN, n] * (driven - i[n])
            v[n] += values[A_MEM, n] * (values[V_LEAK, n] - v[n] + values[R, n] * i[n])


@compiled(inline="always")
def make_up(model, values, v, idle):
    """The steps without input, the same arithmetic but nothing to wait for."""
    if model == LEAKY:
        for _ in range(idle):
            for n in range(v.size):
                v[n] += values[A_MEM, n] * (values[V_LEAK, n] - v[n])


@compiled(inline="always")
def room_for_flags(n_neurons):
    """A byte for each neuron, eight in a word."""
    return np.zeros((n_neurons + 7) // 8, np.uint64)


@compiled(inline="always")
def above(v, threshold, eights, neuron, at):
    """List the neurons at or above their threshold from place ``at`` on; returns its end."""
    flags = eights.view(np.uint8)
    for n in range(v.size):
        flags[n] = v[n] >= threshold[n]
    for eight in range(eights.size):
        word = eights[eight]
        while word != 0:
            lowest = word & (~word + np.uint64(1))
            neuron[at] = 8 * eight + np.int64((lowest * BYTE_OF) >> np.uint64(56))
            word ^= lowest
            at += 1
    return at


@compiled(inline="always")
def reset(p, v, fired, out, first, last, counts):
    """Count and reset the neurons that fired; whether one still stands above its threshold."""
    v_threshold, v_reset = p.columns[V_THRESHOLD], p.columns[V_RESET]
    restless = False
    for e in range(first, last):
        n, spikes = out.neuron[e], 1
        if p.max_spikes != 1:
            if v_threshold[n] > 0:
                spikes = int(np.floor(v[n] / v_threshold[n]))
                spikes = max(1, spikes if p.max_spikes == 0 else min(spikes, p.max_spikes))
            out.amount[e] = spikes
        counts[n] += spikes
        if p.reset == HELD:
            v[n] -= np.float32(1 - fired[n]) * v_threshold[n]
            fired[n] = 0  # nothing to give back
        elif p.delayed:
            fired[n] = spikes
        elif p.reset == SUBTRACT:
            v[n] -= np.float32(spikes) * v_threshold[n]
            restless |= v[n] >= v_threshold[n]
        elif p.reset == TO_RESET:
            v[n] = v_reset[n]
        else:
            restless = True
    return restless


@compiled(inline="always")
def take_off(p, v, fired):
    """What the spikes of the step before, or standing above the threshold, take off now."""
    for n in range(v.size):
        if p.reset == AFTER:
            if fired[n]:
                v[n] = p.columns[V_RESET, n]
        elif p.reset == SUBTRACT or p.reset == HELD:
            v[n] -= np.float32(fired[n]) * p.columns[V_THRESHOLD, n]
        if p.reset != HELD:
            fired[n] = 0


@compiled(inline="always")
def hold(p, v, fired):
    """Give back what was taken off in vain, and mark who stands above the threshold."""
    for n in range(v.size):
        v[n] += np.float32(fired[n]) * p.columns[V_THRESHOLD, n]
        fired[n] = v[n] >= p.columns[V_LEAST, n]


@compiled(inline="always")
def look(seen, b, t, out, first, last):
    """Write down the spikes of one row."""
    if seen.spikes.shape[2] > 0:
        for e in range(first, last):
            seen.spikes[b, t, out.neuron[e]] = out.amount[e] if out.amount.size > 0 else 1


@compiled()
def run_neurons(p, state, sums, scale, n_last, arrived, first_step, out, seen, loop=None):
    """Run the window that begins at ``first_step``; returns how many events there were."""
    values, v_reset, v_least = p.columns, p.columns[V_RESET], p.columns[V_LEAST]
    current, eights = np.zeros(v_least.size, np.float32), room_for_flags(v_least.size)
    n_events, may_rest = 0, p.may_rest and not seen.every_step
    for b in range(sums.shape[0]):
        v, i, fired = state.v[b], state.i[b], state.fired[b]
        for w in range(sums.shape[1]):
            t = first_step + w
            out.start[b, w] = n_events
            out.stop[b, w] = n_events
            n_arrived = arrived[b, w]
            if loop is not None:
                slot = t % loop.arrived.shape[1]
                n_arrived += loop.arrived[b, slot]
            if may_rest and n_arrived == 0 and state.idle[b] >= 0:
                state.idle[b] += 1
                continue
            if state.idle[b] > 0:
                make_up(p.model, values, v, state.idle[b])
            state.idle[b] = 0
            for n in range(current.size):
                current[n] = 0
            if arrived[b, w] > 0:
                take(sums[b, w], scale, n_last, current)
            if loop is not None:
                take(loop.sums[b, slot], loop.scale, loop.n_last, current)
                loop.arrived[b, slot] = 0
            if seen.updated.shape[2] > 0:
                mark_updated(v, i, current, values[BIAS], seen.updated[b, t], seen.first_bit)
            if p.delayed and p.reset == TO_RESET:
                for n in range(v.size):
                    if fired[n]:
                        v[n] = v_reset[n]
            integrate(p.model, values, v, i, current)
            if p.delayed:
                take_off(p, v, fired)
            for n in range(seen.potential.shape[2]):
                seen.potential[b, t, n] = v[n]
            if p.fires:
                last = above(v, v_least, eights, out.neuron, n_events)
                is_restless = reset(p, v, fired, out, n_events, last, seen.counts[b])
                if p.reset == HELD:
                    hold(p, v, fired)
                state.idle[b] = -1 if is_restless else 0
                look(seen, b, t, out, n_events, last)
                if loop is not None:
                    send(out.neuron, n_events, last, loop.amount, loop.weights, loop.sums[b, slot])
                    loop.arrived[b, slot] = last - n_events
                n_events = last
            out.stop[b, w] = n_events
    return n_events

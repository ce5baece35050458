"""Neurons in float32: integrate, fire, reset; and which of them fired.

A kernel runs the neurons of one population over a window of steps, all samples of a block. What
arrives is ``sums`` (n_samples, n_window, n_neurons), worth ``scale`` each; it is cleared when it
has been read. ``arrived`` (n_samples, n_window) counts the events behind each row of it, and where
there are none, an unbiased population is let alone until the next event comes.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from spikefit_nb.kernels.deliver import send

INTEGRATE, LEAKY, CURRENT, ADAPTING, QUADRATIC, EXPONENTIAL = range(6)  # Rule.model
TO_RESET, SUBTRACT = range(2)  # Rule.reset
# rows of ``values``, (8, n_neurons) float32
A_SYN, A_MEM, W_IN, R, V_LEAK, V_THRESHOLD, V_RESET, BIAS = range(8)
BYTE_OF = np.uint64(0x0001020304050607)  # times 1 << 8 * k has k in its highest byte


class Rule(NamedTuple):
    """What all neurons of a population have in common."""

    model: int
    reset: int
    strict: bool  # fires above the threshold, not at it
    delayed: bool  # resets in the following step
    max_spikes: int  # in a step; 0: as many as the potential holds thresholds
    fires: bool
    may_rest: bool  # without input nothing can fire: idle steps are made up for at the next event


class State(NamedTuple):
    """What neurons remember from step to step; no columns where a model has no such variable."""

    v: np.ndarray  # (n_samples, n_neurons) float32
    i: np.ndarray  # the same
    fired: np.ndarray  # the same, int32: spikes of the last step, where a later step needs them
    idle: np.ndarray  # (n_samples,) int64, steps to make up for
    restless: np.ndarray  # (n_samples,) bool: a potential stands at its threshold even after reset
    current: np.ndarray  # scratch: (n_neurons,) float32


class Loop(NamedTuple):
    """The projection of a population onto itself, run with the neurons: many steps at a time."""

    weights: NamedTuple  # one of kernels.deliver
    scale: np.ndarray  # (1,) or (n_neurons,) float32
    n_last: int
    sums: np.ndarray  # (n_samples, delay, n_neurons), a ring: what comes at step t is at t % delay
    arrived: np.ndarray  # (n_samples, delay) int64, events behind each row


class Fired(NamedTuple):
    """The spikes of a window in rows, as ``deliver`` reads them."""

    start: np.ndarray  # (n_samples, n_window) int64
    stop: np.ndarray
    neuron: np.ndarray  # int32, with room for every neuron in every row, and one more
    amount: np.ndarray  # int32; length 0 where a neuron fires once a step at most
    flags: np.ndarray  # scratch: (n_neurons / 8,) uint64, zeros: a byte a neuron


class Seen(NamedTuple):
    """What is written down besides; all but the counts are left out where they have no columns."""

    counts: np.ndarray  # (n_samples, n_neurons) int32
    spikes: np.ndarray  # (n_samples, n_steps, n_neurons) uint8 or int32
    potential: np.ndarray  # (n_samples, n_steps, n_neurons) float32, before reset
    updated: np.ndarray  # (n_samples, n_steps, bytes), a bit a neuron: potential, input or bias?
    first_bit: int


@njit(nogil=True, cache=True, inline="always")
def mark_updated(v, i, current, bias, bits, first_bit):
    """Set the bit of every neuron with potential, input or bias."""
    for n in range(v.size):
        active = v[n] != 0 or current[n] != 0 or bias[n] != 0 or (i.size > 0 and i[n] != 0)
        k = first_bit + n
        bits[k >> 3] |= np.uint8(active) << np.uint8(k & 7)


@njit(nogil=True, cache=True, inline="always")
def take(sums, scale, n_last, current):
    """Add the sums of one row to the current and clear them, as ``deliver.collect`` does."""
    if n_last == 1 and scale.size == 1:
        each = scale[0]
        for n in range(current.size):
            current[n] += each * np.float32(sums[n])
    else:
        n_places = current.size // n_last
        for c in range(n_last):
            for place in range(n_places):
                n = c * n_places + place
                each = scale[0] if scale.size == 1 else scale[n]
                current[n] += each * np.float32(sums[place * n_last + c])
    for n in range(current.size):
        sums[n] = 0


@njit(nogil=True, cache=True, inline="always")
def integrate(model, values, v, i, current):
    """One step of the equation."""
    a_syn, a_mem, w_in, r = values[A_SYN], values[A_MEM], values[W_IN], values[R]
    v_leak, bias = values[V_LEAK], values[BIAS]
    if model == INTEGRATE:
        for n in range(v.size):
            v[n] += r[n] * (current[n] + bias[n])
    elif model == LEAKY:
        for n in range(v.size):
            v[n] += a_mem[n] * (v_leak[n] - v[n] + r[n] * (current[n] + bias[n]))
    else:
        for n in range(v.size):
            i[n] += a_syn[n] * (w_in[n] * (current[n] + bias[n]) - i[n])
            v[n] += a_mem[n] * (v_leak[n] - v[n] + r[n] * i[n])


@njit(nogil=True, cache=True, inline="always")
def make_up(model, values, v, idle):
    """The steps without input, the same arithmetic but nothing to wait for."""
    a_mem, v_leak = values[A_MEM], values[V_LEAK]
    if model == LEAKY:
        for _ in range(idle):
            for n in range(v.size):
                v[n] += a_mem[n] * (v_leak[n] - v[n])


@njit(nogil=True, cache=True, inline="always")
def above(v, threshold, strict, eights, neuron, at):
    """List the neurons at or above their threshold from place ``at`` on; returns its end."""
    flags = eights.view(np.uint8)
    if strict:
        for n in range(v.size):
            flags[n] = v[n] > threshold[n]
    else:
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


@njit(nogil=True, cache=True, inline="always")
def reset(rule, values, v, fired, out, first, last, counts):
    """Count and reset the neurons that fired; whether one still stands above its threshold."""
    v_threshold, v_reset = values[V_THRESHOLD], values[V_RESET]
    restless = False
    for e in range(first, last):
        n, spikes = out.neuron[e], 1
        if rule.max_spikes != 1:
            if v_threshold[n] > 0:
                spikes = int(np.floor(v[n] / v_threshold[n]))
                spikes = max(1, spikes if rule.max_spikes == 0 else min(spikes, rule.max_spikes))
            out.amount[e] = spikes
        counts[n] += spikes
        if rule.delayed:
            fired[n] = spikes
        elif rule.reset == SUBTRACT:
            v[n] -= np.float32(spikes) * v_threshold[n]
            restless |= v[n] >= v_threshold[n]
        else:
            v[n] = v_reset[n]
    return restless


@njit(nogil=True, cache=True, inline="always")
def look(seen, b, t, out, first, last):
    """Write down the spikes of one row."""
    if seen.spikes.shape[2] > 0:
        for e in range(first, last):
            seen.spikes[b, t, out.neuron[e]] = out.amount[e] if out.amount.size > 0 else 1


@njit(nogil=True, cache=True)
def run_neurons(
    rule, values, state, sums, scale, n_last, arrived, first_step, out, amount, seen, loop
):
    """Run the window that begins at ``first_step``; returns how many events there were."""
    v_threshold, v_reset = values[V_THRESHOLD], values[V_RESET]
    current, n_events = state.current, 0
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
            if rule.may_rest and n_arrived == 0 and not state.restless[b]:
                state.idle[b] += 1
                continue
            if state.idle[b] > 0:
                make_up(rule.model, values, v, state.idle[b])
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
            if rule.delayed and rule.reset == TO_RESET:
                for n in range(v.size):
                    if fired[n]:
                        v[n] = v_reset[n]
            integrate(rule.model, values, v, i, current)
            if rule.delayed:
                for n in range(v.size):
                    if rule.reset == SUBTRACT:
                        v[n] -= np.float32(fired[n]) * v_threshold[n]
                    fired[n] = 0
            for n in range(seen.potential.shape[2]):
                seen.potential[b, t, n] = v[n]
            if rule.fires:
                last = above(v, v_threshold, rule.strict, out.flags, out.neuron, n_events)
                state.restless[b] = reset(
                    rule, values, v, fired, out, n_events, last, seen.counts[b]
                )
                look(seen, b, t, out, n_events, last)
                if loop is not None:
                    send(out.neuron, n_events, last, amount, loop.weights, loop.sums[b, slot])
                    loop.arrived[b, slot] = last - n_events
                n_events = last
            out.stop[b, w] = n_events
    return n_events

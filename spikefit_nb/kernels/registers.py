"""The run that the neurons of all chips share, and registers that hold so many bits.

A chip's own file says what its neurons do in a step. ``advance(p, v, i, w, current, idle)`` is the
equation without spikes, after ``idle`` steps without input, and returns how many numbers left their
range. ``reset(p, v, out, first, last, counts)`` counts and resets the neurons
``out.neuron[first:last]``, which stand at their threshold, and returns how many more did, and
whether one stands there still. ``p`` holds at least the arrays ``threshold``, ``bias`` and
``unit``, the real potential of one, and ``may_rest``: whether without input nothing can fire, so
that such steps are skipped.
"""

import numpy as np

from spikefit_nb.kernels.compiled import compiled
from spikefit_nb.kernels.deliver import send, take
from spikefit_nb.kernels.neurons import above, look, mark_updated, room_for_flags


@compiled(inline="always")
def hold(value, least, most):
    """Hold a number within its range."""
    return min(max(value, least), most)


@compiled(inline="always")
def add_held(v, amount, least, most):
    """Add to every neuron and hold it within the range; returns how often that was needed."""
    n_held = np.int32(0)
    for n in range(v.size):
        exact = np.int32(v[n] + amount[n])  # sums stay in 32 bits, so that eight go at a time
        v[n] = hold(exact, np.int32(least), np.int32(most))
        n_held += np.int32(v[n] != exact)
    return n_held


@compiled(inline="always")
def spend(v, threshold, to_zero, most, out, first, last, counts):
    """Count the spikes of neurons that fire several times a step, and take them off or all."""
    for e in range(first, last):
        n = out.neuron[e]
        spikes = min(v[n] // threshold[n], most)
        if out.amount.size > 0:
            out.amount[e] = spikes
        v[n] = 0 if to_zero else v[n] - spikes * threshold[n]
        counts[n] += spikes


@compiled(inline="always")
def stands_at(v, threshold, neuron, first, last):
    """Whether one of the neurons that fired still stands at its threshold."""
    restless = False
    for e in range(first, last):
        restless |= v[neuron[e]] >= threshold[neuron[e]]
    return restless


@compiled(inline="always")
def run_registers(advance, reset, p, state, current, arrived, first_step, out, seen, loop=None):
    """Run the window that begins at ``first_step``; returns how many events there were."""
    n_events, may_rest = 0, p.may_rest and not seen.every_step
    eights = room_for_flags(p.threshold.size)
    for b in range(current.shape[0]):
        v, i, w = state.v[b], state.i[b], state.w[b]
        for row in range(current.shape[1]):
            t = first_step + row
            out.start[b, row] = n_events
            out.stop[b, row] = n_events
            n_arrived = arrived[b, row]
            if loop is not None:
                slot = t % loop.arrived.shape[1]
                n_arrived += loop.arrived[b, slot]
            if may_rest and n_arrived == 0 and state.idle[b] >= 0:
                state.idle[b] += 1
                continue
            if loop is not None:
                take(loop.sums[b, slot], loop.scale, loop.n_last, current[b, row])
                loop.arrived[b, slot] = 0
            if seen.updated.shape[2] > 0:
                mark_updated(v, i, current[b, row], p.bias, seen.updated[b, t], seen.first_bit)
            n_out = advance(p, v, i, w, current[b, row], state.idle[b])
            for n in range(seen.potential.shape[2]):
                seen.potential[b, t, n] = v[n] * p.unit[n]
            last = above(v, p.threshold, eights, out.neuron, n_events)
            n_more, is_restless = reset(p, v, out, n_events, last, seen.counts[b])
            state.idle[b] = -1 if is_restless else 0
            state.overflows[b] += n_out + n_more
            look(seen, b, t, out, n_events, last)
            if loop is not None:
                send(out.neuron, n_events, last, loop.amount, loop.weights, loop.sums[b, slot])
                loop.arrived[b, slot] = last - n_events
            n_events = last
            out.stop[b, row] = n_events
    return n_events

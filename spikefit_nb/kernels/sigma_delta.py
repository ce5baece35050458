"""Sigma-delta neurons in float32: add up changes, and send those of the activation."""

from typing import NamedTuple

import numpy as np

from spikefit_nb.kernels.compiled import compiled
from spikefit_nb.kernels.deliver import take
from spikefit_nb.kernels.neurons import mark_updated


class Values(NamedTuple):
    """A population's parameters."""

    threshold: np.ndarray  # (n_neurons,) float32
    rectified: bool
    whole: bool  # messages are whole thresholds


@compiled()
def send_changes(p, v, sent, out, at, counts):
    """List, count and take down the messages from place ``at`` on; returns where the list ends and
    whether a change that is large enough was left over by rounding.
    """
    restless = False
    for n in range(v.size):
        threshold = p.threshold[n]
        activation = max(v[n], np.float32(0)) if p.rectified else v[n]
        message = activation - sent[n]
        if abs(message) >= threshold:
            if p.whole:
                message = np.trunc(message / threshold) * threshold
            sent[n] += message
            out.neuron[at] = n
            out.amount[at] = message
            counts[n] += 1
            at += 1
            restless |= abs(activation - sent[n]) >= threshold
    return at, restless


@compiled()
def run_sigma_delta(p, state, sums, scale, n_last, arrived, first_step, out, seen):
    """Run a window as ``run_neurons`` does; where nothing arrives, nothing changes."""
    # state.v is the potential, state.w what was sent of the activation, out.amount the messages.
    current, no_bias = np.zeros_like(p.threshold), np.zeros_like(p.threshold)
    n_events = 0
    for b in range(sums.shape[0]):
        v, sent = state.v[b], state.w[b]
        for row in range(sums.shape[1]):
            t = first_step + row
            out.start[b, row] = n_events
            out.stop[b, row] = n_events
            may_rest = t > 0 and state.idle[b] >= 0 and not seen.every_step
            if may_rest and arrived[b, row] == 0:
                continue
            for n in range(current.size):
                current[n] = 0
            if arrived[b, row] > 0:
                take(sums[b, row], scale, n_last, current)
            if seen.updated.shape[2] > 0:
                bits = seen.updated[b, t]
                mark_updated(v, state.i[b], current, no_bias, bits, seen.first_bit)
            for n in range(v.size):
                v[n] += current[n]
            for n in range(seen.potential.shape[2]):
                seen.potential[b, t, n] = v[n]
            last, restless = send_changes(p, v, sent, out, n_events, seen.counts[b])
            state.idle[b] = -1 if restless else 0
            if seen.spikes.shape[2] > 0:
                for e in range(n_events, last):
                    seen.spikes[b, t, out.neuron[e]] = 1
            n_events = last
            out.stop[b, row] = n_events
    return n_events

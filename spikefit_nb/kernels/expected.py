"""Add up what neurons bring about on average: how quiet their targets are, and how busy cores are.

An effect is what one spike of a neuron does to one load: seconds of work of a core. ``Effects``
lists them by neuron.
"""

import math
from typing import NamedTuple

import numpy as np

from spikefit_nb.kernels.compiled import compiled
from spikefit_nb.kernels.replay_run import FIRED, RECEIVED, SENT

ROOT_2, ROOT_2_PI = math.sqrt(2.0), math.sqrt(2.0 * math.pi)


class Effects(NamedTuple):
    """CSR of neuron -> (load, seconds); a load may come up twice."""

    ptr: np.ndarray  # (n_neurons + 1,) int64
    load: np.ndarray  # (n_effects,) int64
    seconds: np.ndarray  # (n_effects,) float64


@compiled()
def gather(source, target, amount, sums):
    """Add at the target of every synapse what its source has."""
    # amount (n_source, n_rows), sums (n_target, n_rows)
    for e in range(source.size):
        s, t = source[e], target[e]
        for r in range(sums.shape[1]):
            sums[t, r] += amount[s, r]


@compiled()
def count_spikes(spikes, layout, totals):
    """Add what spikes bring about to the totals of cores, in the columns of ``replay_run``."""
    # spikes (n_neurons,), totals (n_columns, n_cores)
    n_formats = layout.fan_formats.shape[0]
    received = totals[n_formats + RECEIVED]
    for n in range(spikes.size):
        sender, first, last = layout.core_of[n], layout.fan_ptr[n], layout.fan_ptr[n + 1]
        if spikes[n] == 0:
            continue
        if sender >= 0:
            totals[n_formats + FIRED, sender] += spikes[n]
            totals[n_formats + SENT, sender] += spikes[n] * (last - first)
        for j in range(first, last):
            core = layout.fan_core[j]
            received[core] += spikes[n]
            for f in range(n_formats):
                totals[f, core] += spikes[n] * layout.fan_formats[f, j]


@compiled()
def list_effects(layout, generation, processing, apart, effects):
    """Write the seconds of work a spike brings to its own core and to those that read it."""
    n_formats, at = layout.fan_formats.shape[0], 0
    for n in range(layout.core_of.size):
        sender, first, last = layout.core_of[n], layout.fan_ptr[n], layout.fan_ptr[n + 1]
        effects.ptr[n] = at
        if sender >= 0:
            sending = generation[n_formats + SENT] * (last - first)
            effects.load[at] = sender
            effects.seconds[at] = generation[n_formats + FIRED] + sending
            at += 1
        for j in range(first, last):
            effects.load[at] = layout.fan_core[j] + apart
            effects.seconds[at] = processing[n_formats + RECEIVED]
            for f in range(n_formats):
                effects.seconds[at] += processing[f] * layout.fan_formats[f, j]
            at += 1
    effects.ptr[layout.core_of.size] = at


@compiled()
def add_means(spikes, effects, loads):
    """Add the loads of so many spikes; spikes (n_rows, n_neurons), loads (n_rows, n_loads)."""
    for r in range(loads.shape[0]):
        row, fired = loads[r], spikes[r]
        for n in range(fired.size):
            if fired[n] != 0:
                for j in range(effects.ptr[n], effects.ptr[n + 1]):
                    row[effects.load[j]] += fired[n] * effects.seconds[j]


@compiled()
def add_variances(variance, effects, variances):
    """Add the variances of loads (n_loads,), effects of one neuron on one load counted apart."""
    for n in range(variance.size):
        for j in range(effects.ptr[n], effects.ptr[n + 1]):
            variances[effects.load[j]] += variance[n] * effects.seconds[j] ** 2


@compiled()
def add_covariances(variance, effects, place, kept, half):
    """Add the covariances of loads whose neurons fire independently, half of each to ``half``."""
    for n in range(variance.size):
        if variance[n] == 0:
            continue
        n_kept = 0
        for j in range(effects.ptr[n], effects.ptr[n + 1]):
            if place[effects.load[j]] >= 0:
                kept[n_kept] = j
                n_kept += 1
        for a in range(n_kept):
            i = kept[a]
            row, share = half[place[effects.load[i]]], variance[n] * effects.seconds[i]
            row[place[effects.load[i]]] += 0.5 * share * effects.seconds[i]
            for b in range(a + 1, n_kept):
                row[place[effects.load[kept[b]]]] += share * effects.seconds[kept[b]]


@compiled()
def largest(mean, covariance):
    """Mean and variance of the largest of jointly normal loads, taken up one by one in order."""
    m, v = mean[0], covariance[0, 0]
    with_rest = covariance[0]
    for k in range(1, mean.size):
        spread = math.sqrt(max(0.0, v + covariance[k, k] - 2.0 * with_rest[k]))
        if spread > 0.0:
            alpha = (m - mean[k]) / spread
            first = 0.5 * math.erfc(-alpha / ROOT_2)
            density = math.exp(-0.5 * alpha * alpha) / ROOT_2_PI
        else:
            first, density = (1.0 if m >= mean[k] else 0.0), 0.0
        second = 1.0 - first
        largest_mean = m * first + mean[k] * second + spread * density
        square = (m * m + v) * first + (mean[k] ** 2 + covariance[k, k]) * second
        v = max(0.0, square + (m + mean[k]) * spread * density - largest_mean * largest_mean)
        m = largest_mean
        for j in range(k + 1, mean.size):
            with_rest[j] = with_rest[j] * first + covariance[k, j] * second
    return m, v

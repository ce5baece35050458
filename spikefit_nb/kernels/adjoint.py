"""The adjoint of the neurons: what a loss says of spikes becomes what it says of what arrived.

The step at the threshold has no slope; where the loss asks for one, a surrogate stands in: with
``x = (v - v_threshold) / (width * v_threshold)``, ``1 / (1 + |x|)**2`` (fast sigmoid) or
``1 / (1 + x**2)`` (arctangent), each over ``v_threshold``. A kernel goes through the steps of a
window from the last to the first. It reads the spikes and the potentials before reset that a run
has left, whatever numbers that run was counted in.
"""

from typing import NamedTuple

import numpy as np

from spikefit_nb.kernels.compiled import compiled
from spikefit_nb.kernels.neurons import (
    A_MEM,
    A_SYN,
    ADAPTED,
    AFTER,
    COUPLING,
    CURRENT,
    DECAY,
    INTEGRATE,
    KEEP,
    TO_RESET,
    V_RESET,
    V_THRESHOLD,
    W_IN,
    R,
)

FAST_SIGMOID, ARCTAN = range(2)  # Slope.kind
THRESHOLD, BIAS = range(2)  # rows of what is learned of neurons


class Slope(NamedTuple):
    """The surrogate of the step at a threshold."""

    kind: int
    # (2, n_neurons): 1 / (width * v_threshold), 1 / v_threshold, in the precision of the run
    per_threshold: np.ndarray
    reset: float  # part of the reset's own slope that counts: 0 or 1


class Seen(NamedTuple):
    """What a run has left of a population, each (n_samples, n_steps, n_neurons)."""

    spikes: np.ndarray
    potential: np.ndarray  # before reset
    adaptation: np.ndarray  # ALIF's second variable; no columns for other models


class Told(NamedTuple):
    """What a loss says of a population: its derivatives by ..."""

    spikes: np.ndarray  # (n_samples, n_steps, n_neurons); grows as later populations are told
    potential: np.ndarray  # the same, or no columns
    current: np.ndarray  # the same, to be filled
    parameters: np.ndarray  # (2, n_neurons), summed over samples and steps
    # (n_samples, n_neurons), of each neuron times its spikes, summed over steps: what its spikes
    # are worth to the loss
    worth: np.ndarray


class Carried(NamedTuple):
    """What a step tells the one before it, (n_samples, n_neurons)."""

    v: np.ndarray
    i: np.ndarray
    w: np.ndarray


class Loop(NamedTuple):
    """A population's projection onto itself; ``delay`` 0: it has none."""

    weight: np.ndarray  # (n_neurons, n_neurons), source and target
    delay: int


@compiled(inline="always")
def slope_of(kind, distance, one, most):
    """Stand in for the slope of the step, ``distance`` above the threshold, both in thresholds;
    beyond it several spikes a step, ``most`` of them, grow by whole thresholds.
    """
    if most != 1:
        distance = min(distance, max(distance - most, 0)) if most > 0 else min(distance, 0)
    if kind == FAST_SIGMOID:
        x = one + abs(distance)
        return one / (x * x)
    return one / (one + distance * distance)


@compiled()
def slopes(p, slope, seen, h, first, last):
    """Fill in what stands for the slope of each neuron's step, in the steps ``first`` to ``last``;
    0 for neurons that never fire.
    """
    potential, adaptation, per_threshold = seen.potential, seen.adaptation, slope.per_threshold
    columns, kind, one, most = p.columns, slope.kind, h.dtype.type(1), h.dtype.type(p.max_spikes)
    if p.max_spikes != 1:
        most = most * per_threshold[0, 0] / per_threshold[1, 0]
    for b in range(h.shape[0]):
        for t in range(first, last):
            if not p.fires:
                h[b, t] = 0
            elif adaptation.shape[2] > 0:
                for n in range(h.shape[2]):
                    above = potential[b, t, n] - columns[V_THRESHOLD, n]
                    above -= columns[COUPLING, n] * adaptation[b, t, n]
                    each = slope_of(kind, above * per_threshold[0, n], one, one)
                    h[b, t, n] = each * per_threshold[1, n]
            elif p.max_spikes == 1:
                for n in range(h.shape[2]):
                    above = potential[b, t, n] - columns[V_THRESHOLD, n]
                    each = slope_of(kind, above * per_threshold[0, n], one, one)
                    h[b, t, n] = each * per_threshold[1, n]
            else:
                for n in range(h.shape[2]):
                    above = potential[b, t, n] - columns[V_THRESHOLD, n]
                    each = slope_of(kind, above * per_threshold[0, n], one, most)
                    h[b, t, n] = each * per_threshold[1, n]


@compiled()
def adaptation_of(p, spikes, w):
    """Fill in ALIF's second variable, which follows from the spikes and its first step."""
    for b in range(spikes.shape[0]):
        for t in range(1, spikes.shape[1]):
            for n in range(spikes.shape[2]):
                w[b, t, n] = w[b, t - 1, n] * (1 - p.columns[DECAY, n]) + spikes[b, t - 1, n]


@compiled(inline="always")
def of_each(p, kept, passed, off):
    """Fill in what of a potential is left after a step, what of a current comes to it, and what a
    spike takes off.
    """
    for n in range(kept.size):
        share = kept.dtype.type(1) if p.model == INTEGRATE else p.columns[A_MEM, n]
        kept[n] = 1 if p.model == INTEGRATE else 1 - share
        passed[n] = share * p.columns[R, n]
        takes_off = p.fires and p.reset != KEEP
        off[n] = p.columns[V_THRESHOLD, n] if takes_off else 0  # infinite where nothing fires


@compiled(fastmath=True)
def go_back(p, slope, seen, told, carried, loop, first, last):
    """Go back over the steps ``first`` to ``last`` of all samples."""
    # All in one, each array by its own name, and rows by their index: taking a row, or an array out
    # of its tuple, or giving one to another function, takes as long as going through ten neurons.
    potential, spikes, columns = seen.potential, seen.spikes, p.columns
    to_spike, by_potential, current = told.spikes, told.potential, told.current
    grown, worth, weight, delay = told.parameters, told.worth, loop.weight, loop.delay
    adaptation = seen.adaptation
    gv, gi, gw, part = carried.v, carried.i, carried.w, slope.reset
    number, n_neurons, n_carried = current.dtype.type, current.shape[2], gw.shape[1]
    to_zero = p.fires and (p.reset == TO_RESET or p.reset == AFTER)
    subtracts = number(p.fires and p.reset != KEEP)  # where a spike is not to zero
    gu, kept, passed, off = np.empty((4, n_neurons), current.dtype)
    of_each(p, kept, passed, off)
    slopes(p, slope, seen, current, first, last)  # each stands there until its row is gone over
    for b in range(current.shape[0]):
        for t in range(last - 1, first - 1, -1):
            for n in range(n_carried):
                to_spike[b, t, n] += gw[b, n]
            if to_zero:
                for n in range(n_neurons):
                    s, each, v = number(spikes[b, t, n]), to_spike[b, t, n], gv[b, n]
                    worth[b, n] += each * s
                    each += part * v * (columns[V_RESET, n] - potential[b, t, n])
                    each *= current[b, t, n]
                    to_spike[b, t, n] = each
                    gu[n] = each + v * (number(1) - min(s, number(1)))
                    grown[THRESHOLD, n] -= each
            else:
                for n in range(n_neurons):
                    s, each, v = number(spikes[b, t, n]), to_spike[b, t, n], gv[b, n]
                    worth[b, n] += each * s
                    each -= part * v * off[n]
                    if p.reset == ADAPTED:
                        each -= part * v * columns[COUPLING, n] * adaptation[b, t, n]
                    each *= current[b, t, n]
                    to_spike[b, t, n] = each
                    gu[n] = each + v
                    grown[THRESHOLD, n] -= each + subtracts * v * s
            for n in range(n_carried):
                less = columns[COUPLING, n] * to_spike[b, t, n]
                if p.reset == ADAPTED:
                    less += columns[COUPLING, n] * gv[b, n] * number(spikes[b, t, n])
                gw[b, n] = gw[b, n] * (number(1) - columns[DECAY, n]) - less
            for n in range(by_potential.shape[2]):
                gu[n] += by_potential[b, t, n]
            if p.model == CURRENT:
                for n in range(n_neurons):
                    each = gi[b, n] * (number(1) - columns[A_SYN, n]) + gu[n] * passed[n]
                    gi[b, n] = each
                    gv[b, n] = gu[n] * kept[n]
                    each *= columns[A_SYN, n] * columns[W_IN, n]
                    current[b, t, n] = each
                    grown[BIAS, n] += each
            else:
                for n in range(n_neurons):
                    each = gu[n] * passed[n]
                    gv[b, n] = gu[n] * kept[n]
                    current[b, t, n] = each
                    grown[BIAS, n] += each
            if delay > 0 and t >= delay:
                for source in range(n_neurons):
                    total = number(0)
                    for n in range(n_neurons):
                        total += weight[source, n] * current[b, t, n]
                    to_spike[b, t - delay, source] += total

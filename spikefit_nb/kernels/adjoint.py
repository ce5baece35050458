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
def slope_of(kind, distance, most):
    """Stand in for the slope of the step, ``distance`` above the threshold, both in thresholds;
    beyond it several spikes a step, ``most`` of them, grow by whole thresholds.
    """
    if most != 1:
        distance = min(distance, max(distance - most, 0)) if most > 0 else min(distance, 0)
    if kind == FAST_SIGMOID:
        x = 1 + abs(distance)
        return 1 / (x * x)
    return 1 / (1 + distance * distance)


@compiled(inline="always")
def slopes(p, slope, u, raised, h):
    """Fill in what stands for the slope of each neuron's step."""
    per_threshold, kind = slope.per_threshold, slope.kind
    if raised.size > 0:
        for n in range(u.size):
            above = u[n] - p.columns[V_THRESHOLD, n] - p.columns[COUPLING, n] * raised[n]
            h[n] = slope_of(kind, above * per_threshold[0, n], 1) * per_threshold[1, n]
    elif p.max_spikes == 1:
        for n in range(u.size):
            above = u[n] - p.columns[V_THRESHOLD, n]
            h[n] = slope_of(kind, above * per_threshold[0, n], 1) * per_threshold[1, n]
    else:
        most = p.max_spikes * per_threshold[0, 0] / per_threshold[1, 0]
        for n in range(u.size):
            above = u[n] - p.columns[V_THRESHOLD, n]
            h[n] = slope_of(kind, above * per_threshold[0, n], most) * per_threshold[1, n]


@compiled(inline="always")
def through_step(p, slope, u, s, gv, h, to_spike, gu, grown):
    """Go back over reset and step: ``gu`` is filled, ``to_spike`` times the slope."""
    threshold, v_reset = p.columns[V_THRESHOLD], p.columns[V_RESET]
    to_zero, kept, part = p.reset == TO_RESET or p.reset == AFTER, p.reset == KEEP, slope.reset
    if to_zero:
        for n in range(u.size):
            told = (to_spike[n] + part * gv[n] * (v_reset[n] - u[n])) * h[n]
            to_spike[n] = told
            gu[n] = told + gv[n] * (1 - min(s[n], 1))
            grown[THRESHOLD, n] -= told
    elif kept:
        for n in range(u.size):
            to_spike[n] *= h[n]
            gu[n] = gv[n] + to_spike[n]
            grown[THRESHOLD, n] -= to_spike[n]
    else:
        for n in range(u.size):
            told = (to_spike[n] - part * gv[n] * threshold[n]) * h[n]
            to_spike[n] = told
            gu[n] = gv[n] + told
            grown[THRESHOLD, n] -= told + gv[n] * s[n]


@compiled(inline="always")
def through_equation(p, gu, gv, gi, current, grown):
    """Go back over the step of the equation, to what arrived."""
    c = p.columns
    if p.model == INTEGRATE:
        for n in range(gu.size):
            gv[n] = gu[n]
            current[n] = c[R, n] * gu[n]
            grown[BIAS, n] += current[n]
    elif p.model == CURRENT:
        for n in range(gu.size):
            gi[n] = gi[n] * (1 - c[A_SYN, n]) + gu[n] * c[A_MEM, n] * c[R, n]
            gv[n] = gu[n] * (1 - c[A_MEM, n])
            current[n] = gi[n] * c[A_SYN, n] * c[W_IN, n]
            grown[BIAS, n] += current[n]
    else:
        for n in range(gu.size):
            gv[n] = gu[n] * (1 - c[A_MEM, n])
            current[n] = gu[n] * c[A_MEM, n] * c[R, n]
            grown[BIAS, n] += current[n]


@compiled()
def adaptation_of(p, spikes, w):
    """Fill in ALIF's second variable, which follows from the spikes."""
    for b in range(spikes.shape[0]):
        for t in range(1, spikes.shape[1]):
            for n in range(spikes.shape[2]):
                w[b, t, n] = w[b, t - 1, n] * (1 - p.columns[DECAY, n]) + spikes[b, t - 1, n]


@compiled(inline="always", fastmath=True)
def round_the_loop(loop, told, b, t):
    """Tell earlier spikes what they did through the population's projection onto itself."""
    if t >= loop.delay:
        current, earlier = told.current[b, t], told.spikes[b, t - loop.delay]
        for source in range(earlier.size):
            row, total = loop.weight[source], current.dtype.type(0)
            for n in range(current.size):
                total += row[n] * current[n]
            earlier[source] += total


@compiled(fastmath=True)
def go_back(p, slope, seen, told, carried, loop, first, last):
    """Go back over the steps ``first`` to ``last`` of all samples."""
    n_neurons = told.current.shape[2]
    h, gu = np.empty((2, n_neurons), told.current.dtype)
    for b in range(told.current.shape[0]):
        gv, gi, gw = carried.v[b], carried.i[b], carried.w[b]
        for back in range(last - first):
            t = last - 1 - back
            u, s, to_spike = seen.potential[b, t], seen.spikes[b, t], told.spikes[b, t]
            if p.fires:
                raised = seen.adaptation[b, t]
                slopes(p, slope, u, raised, h)
                for n in range(gw.size):
                    to_spike[n] += gw[n]
                for n in range(n_neurons):
                    told.worth[b, n] += to_spike[n] * s[n]
                through_step(p, slope, u, s, gv, h, to_spike, gu, told.parameters)
                for n in range(gw.size):
                    gw[n] = gw[n] * (1 - p.columns[DECAY, n]) - p.columns[COUPLING, n] * to_spike[n]
            else:
                gu[:] = gv
            for n in range(told.potential.shape[2]):
                gu[n] += told.potential[b, t, n]
            through_equation(p, gu, gv, gi, told.current[b, t], told.parameters)
            if loop.delay > 0:
                round_the_loop(loop, told, b, t)

"""What a neuron does in a step, and whether its numbers are those of Loihi already.

A network states a configuration of the chip in units of 64 of the potential's integers, which is
what a threshold mantissa counts in. A stored weight of 8 bits with a scale of ``2**(1 + exponent)``
is the mantissa and the exponent of a weight of mixed signs; ``v_threshold`` is the threshold's
mantissa; ``dt_s / tau`` are whole parts of 4096; ``r`` and ``w_in`` make up for both, so that a
spike adds its whole weight; a bias is a mantissa shifted by an exponent, over 64. Scales from 128
on are taken to be in the potential's own integers, 64 times as large.
"""

from typing import NamedTuple

import numpy as np

from spikefit_nb.network import Population, Projection

DECAY = 2**12  # a decay of this many parts is a whole one
VTH_MOST, VTH_STEP = 2**17 - 1, 2**6
BIAS_MANTISSA, BIAS_EXPONENT = 2**12 - 1, 7
IN_THRESHOLDS = 2.0**-6, 2.0**6  # the smallest and largest scale in units of a threshold mantissa
IN_POTENTIALS = 2.0**7, 2.0**14  # in those of the potential
SAME = 1e-6  # relative: numbers of files are float32
SAME_PART = 1e-3  # of a part of 4096, for the same reason


class Step(NamedTuple):
    """What a neuron does in a step, (n_neurons,) float64 in the network's own units."""

    gain: np.ndarray  # of the potential, for one unit of input
    a_syn: np.ndarray  # parts of the current that a step takes away: 1 where it lasts one step
    a_mem: np.ndarray  # of the potential
    threshold: np.ndarray  # infinite where a population never fires
    bias: np.ndarray  # of the input
    drift: np.ndarray  # what a step adds to the potential alone: toward a leak other than 0


def step_of(population: Population, dt_s: float) -> Step:
    """What the neurons of a population do in a step."""
    neuron, gain = population.neuron, population.parameter("r")
    a_syn, a_mem, v_leak = np.ones_like(gain), np.zeros_like(gain), np.zeros_like(gain)
    if "tau_mem_s" in neuron.parameters:
        a_mem = dt_s / population.parameter("tau_mem_s")
        gain = gain * a_mem
        v_leak = population.parameter("v_leak")
    if "tau_syn_s" in neuron.parameters:
        a_syn = dt_s / population.parameter("tau_syn_s")
        gain = gain * a_syn * population.parameter("w_in")
    threshold = population.parameter("v_threshold") if neuron.fires else np.full_like(gain, np.inf)
    bias, drift = population.parameter("bias"), a_mem * v_leak
    return Step(gain, a_syn, a_mem, threshold, bias, drift=drift)


def is_given(step: Step, incoming: tuple[Projection, ...]) -> bool:
    """Whether a population and what leads into it are integers of the chip, to be run as they
    are.
    """
    fires = np.isfinite(step.threshold)
    steps = step.threshold[fires]
    bias = VTH_STEP * (step.bias / step.a_syn + step.drift)
    return bool(
        _has_whole_parts(step, incoming, IN_THRESHOLDS)
        and _is_whole(steps, SAME * abs(steps))
        and (steps <= VTH_MOST).all()
        and _is_whole(bias, SAME_PART)
        and (np.ldexp(*as_mantissa(bias)) == np.rint(bias)).all()
    )


def stated_shift(step: Step, incoming: tuple[Projection, ...], lead: Projection) -> int | None:
    """The bits by which a network says that one of its projections is shifted; None where its
    numbers are not the potential's.
    """
    if not _has_whole_parts(step, incoming, IN_POTENTIALS):
        return None
    return int(np.log2(np.max(lead.scale)))


def as_mantissa(bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The nearest mantissas of 12 bits and a sign, and exponents, (n_neurons,) int64 each."""
    exponent = np.zeros(bias.size, np.int64)
    while (too_large := abs(np.rint(bias / 2.0**exponent)) > BIAS_MANTISSA).any():
        exponent += too_large
    return np.rint(bias / 2.0**exponent).astype(np.int64), exponent


def meets(step: Step, incoming: tuple[Projection, ...], *, strict: bool) -> bool:
    """Whether the neurons of a given population fire at their threshold where no threshold of the
    chip does the same: it fires above one, and between two lie 64 values.
    """
    if strict or not np.isfinite(step.threshold).any():
        return False
    lost = [np.rint(DECAY * a) % DECAY for a in (step.a_syn, step.a_mem)]
    odd = np.rint(VTH_STEP * (step.bias / step.a_syn + step.drift)) % VTH_STEP != 0
    return bool(np.any([*lost, odd]) or any(np.min(e.scale) < 1 for e in incoming))


def _has_whole_parts(
    step: Step, incoming: tuple[Projection, ...], scales: tuple[float, float]
) -> bool:
    """Whether a spike adds its whole weight, shifted by some bits, and decays are the chip's."""
    return bool(
        all(_is_shift(e, *scales) for e in incoming)
        and np.allclose(step.gain, 1, rtol=0, atol=SAME)
        and all(_is_whole(DECAY * a, SAME_PART) for a in (step.a_syn, step.a_mem))
    )


def _is_shift(projection: Projection, least: float, most: float) -> bool:
    """Whether all weights of a projection are shifted by one number of bits."""
    scale = np.unique(np.asarray(projection.scale, np.float64))
    shifted = scale.size == 1 and np.frexp(scale[0])[0] == 0.5
    return bool(shifted and least <= scale[0] <= most)


def _is_whole(values: np.ndarray, tolerance: np.ndarray | float) -> bool:
    return bool((abs(values - np.rint(values)) <= tolerance).all())

"""The arithmetic of Loihi: 8-bit weights, currents and potentials of 24 bits, decays of 12 bits.

A step, in whole numbers, where ``t`` rounds toward zero::

    u = wrap(t(u * (4096 - du - 1) / 4096) + (weights of the spikes that arrive) << k)
    v = clip(t(v * (4096 - dv) / 4096) + u + bias)
    spike where v > 64 * vth; then v = 0

A network that comes in these integers runs in them (``simulate.loihi_step`` says how it states
them), and fires where its own neurons do, above or at the threshold. For all others the shift ``k``
is chosen here: as fine as nothing can leave its range, or as a threshold needs to take 128 steps;
``coarser`` is without the latter, for runs in which numbers do leave their range.
"""

from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np

from spikefit_nb.errors import NetworkProblem
from spikefit_nb.kernels import loihi as k
from spikefit_nb.network import Population, Projection
from spikefit_nb.simulate.loihi_limits import (
    DELIVERED,
    STATE,
    WEIGHT_BITS,
    check_leak,
    check_model,
    check_shared,
    check_step,
    check_sum,
    check_weights,
)
from spikefit_nb.simulate.loihi_step import (
    BIAS_EXPONENT,
    BIAS_MANTISSA,
    DECAY,
    VTH_MOST,
    VTH_STEP,
    Step,
    as_mantissa,
    is_given,
    meets,
    stated_shift,
    step_of,
)
from spikefit_nb.simulate.prepared import Arithmetic, Neurons, Prepared

NEVER = 2**31 - 1  # a threshold that no potential reaches
ACCUMULATOR = 2**21 - 1  # largest sum of a step
WITHOUT_LEAK = 256  # steps for which a potential without leak is taken to gather
VTH_LEAST = 2**7  # steps a threshold is to have: below 1 % each
EXPONENT_MOST = 7
WIDTHS = 2, 3, 4, 5, 6, 8  # a weight of 7 bits is stored in 8
FINEST = 6  # of k: what a sum is shifted by anyway
COARSEST = 0  # of k: weights of 8 bits are then rounded to 2
MOST_SHIFT = 24  # of k, where no projection bounds it
TOLD = 0.01  # a decay or threshold that rounding changes by more than this part is named
ON_STEP = 1e-6  # relative: a threshold this near a step is on it, but for a scale in float32
NENGO = "nengo/nengo-loihi@1ad7915, builder/discretize.py"


def loihi_neurons(
    du: np.ndarray,
    dv: np.ndarray,
    vth: np.ndarray,
    bias_mantissa: np.ndarray,
    bias_exponent: np.ndarray,
    *,
    unit: np.ndarray,
    u_start: np.ndarray,
    fires: bool = True,
    at_threshold: bool = False,
) -> Neurons:
    """Make neurons of the integers that the chip is given; at their threshold its own do not fire
    yet.
    """
    keep_u, keep_v = (DECAY - 1 - du) / DECAY, (DECAY - dv) / DECAY
    bias = (bias_mantissa.astype(np.int64) << bias_exponent).astype(np.int32)
    threshold = vth.astype(np.int64) * VTH_STEP + (not at_threshold)
    values = k.Values(
        keep_u,
        keep_v,
        (threshold if fires else np.full_like(threshold, NEVER)).astype(np.int32),
        bias,
        unit.astype(np.float32),
        leaks=bool((keep_v < 1).any()),
        may_rest=not (keep_u.any() or bias.any()),
    )
    u = u_start.astype(np.int32)[: u_start.size * keep_u.any()]
    return Neurons(k.run_loihi, values, np.zeros(unit.size, np.int32), u)


class Held(NamedTuple):
    """How the chip is to hold a projection."""

    projection: Projection
    ratio: np.ndarray  # (n_target,) float64, its scale relative to the leading one's
    bits: int  # of a stored weight
    up: int  # its own k less the leading one's


def prepare(
    population: Population,
    incoming: tuple[Projection, ...],
    dt_s: float,
    *,
    is_last: bool,
) -> Prepared:
    """A population and what leads into it as Lava's bit-accurate models of Loihi compute them."""
    # Source: lava-nc 0.10, lava/proc/lif/models.py PyLifModelBitAcc, lava/proc/dense/models.py
    # PyDenseModelBitAcc and lava/utils/weightutils.py, compared number by number;
    # nengo/nengo-loihi@1ad7915 nengo_loihi/builder/discretize.py and validate.py for the 21 bits of
    # the accumulator and the ranges of bias and exponents.
    check_model(population)
    for projection in incoming:
        check_weights(projection)
    step = step_of(population, dt_s)
    taken = {"tau_syn": step.a_syn, "tau_mem": step.a_mem}
    check_step(population, step.gain, step.threshold, taken)
    if is_given(step, incoming):
        return _as_given(population, step, incoming)
    check_leak(population)
    lead = max(incoming, key=_largest_weight, default=None)
    scale = _scale(population, step, lead)
    held = [_held(e, scale) for e in incoming]
    sums = _sums(held, population.n_neurons)
    stated = None if lead is None else stated_shift(step, incoming, lead)
    fine = safe = stated or 0
    if stated is None:
        fine, safe = _shifts(population, step, scale, held, sums)
    prepared = partial(_shifted, population, step, scale, held, sums=sums)
    made = prepared(shift=fine)
    return replace(made, coarser=partial(prepared, shift=safe)) if safe < fine else made


def _shifted(
    population: Population,
    step: Step,
    scale: np.ndarray,
    held: list[Held],
    sums: np.ndarray,
    *,
    shift: int,
) -> Prepared:
    """A population in steps that the leading projection's weights take ``2**shift`` of."""
    most = 2 * float(sums.max()) * 2.0**shift  # rounding at most doubles a weight
    check_sum(population, most)
    unit = step.gain * scale / 2.0**shift
    rounded = [_round(e, shift) for e in held]
    return Prepared(
        _neurons(population, step, scale / 2.0**shift, unit),
        tuple(projection for projection, _ in rounded),
        tuple(np.array([2 ** max(shift + e.up, FINEST)], np.int32) for e in held),
        (*_notes(population, step, unit), *(note for _, note in rounded if note)),
        most_input=_most_input(most),
    )


def _as_given(population: Population, step: Step, incoming: tuple[Projection, ...]) -> Prepared:
    """A population whose integers are the chip's already."""
    n = population.n_neurons
    worth = [VTH_STEP * float(np.max(e.scale)) for e in incoming]
    pairs = zip(incoming, worth, strict=True)
    held = [Held(e, np.full(n, each), WEIGHT_BITS, 0) for e, each in pairs]
    most = float(_sums(held, n).max())
    check_sum(population, most)
    strict = getattr(population.neuron, "strict_threshold", False)
    bias, exponent = as_mantissa(VTH_STEP * (step.bias / step.a_syn + step.drift))
    neurons = loihi_neurons(
        np.rint(DECAY * step.a_syn).astype(np.int64) - 1,
        np.rint(DECAY * step.a_mem).astype(np.int64),
        np.rint(np.minimum(step.threshold, VTH_MOST)).astype(np.int64),
        bias,
        exponent,
        unit=np.full(n, 1 / VTH_STEP),
        u_start=-np.rint(VTH_STEP * step.bias / step.a_syn).astype(np.int64),
        fires=population.neuron.fires,
        at_threshold=not strict,
    )
    return Prepared(
        neurons,
        incoming,
        tuple(np.array([each], np.int32) for each in worth),
        most_input=_most_input(most),
        meets=meets(step, incoming, strict=strict),
    )


def _most_input(most: float) -> int | None:
    """Spikes a channel may send in a step, where a sum of one each comes to so much at most."""
    return None if 255 * most <= DELIVERED else int(DELIVERED // most)


def _largest_weight(projection: Projection) -> float:
    largest = np.abs(projection.values.astype(np.int64)).max(initial=0)
    return float(np.max(projection.scale)) * float(largest)


def _scale(population: Population, step: Step, lead: Projection | None) -> np.ndarray:
    """The leading scale, (n_neurons,); without projections that of which threshold or bias is 1."""
    if lead is not None:
        return np.broadcast_to(np.asarray(lead.scale, np.float64), (population.n_neurons,))
    if population.neuron.fires:
        return step.threshold / step.gain
    return np.full_like(step.gain, abs(step.bias).max() or 1)


def _held(projection: Projection, scale: np.ndarray) -> Held:
    values = projection.values.astype(np.int64)
    least = min(projection.n_bits or 0, WEIGHT_BITS)
    bits = next(width for width in WIDTHS if width >= least)
    ratio = np.broadcast_to(np.asarray(projection.scale, np.float64), scale.shape) / scale
    largest = float(abs(values).max(initial=0)) * float(ratio.max())
    if largest == 0 or (ratio == 1).all():
        return Held(projection, ratio, bits, 0)
    up = int(np.ceil(np.log2(largest / (2 ** (bits - 1) - 1))))
    return Held(projection, ratio, bits, up)


def _sums(held: list[Held], n_neurons: int) -> np.ndarray:
    """The sums of positive and of negative weights into each neuron, (2, n_neurons), both from 0
    up, in the leading one's steps.
    """
    above, below = np.zeros(n_neurons), np.zeros(n_neurons)
    for projection, ratio, _, _ in held:
        for edges in projection.blocks():
            sizes = edges.weight.astype(np.float64)
            above += ratio * np.bincount(edges.target, np.maximum(sizes, 0), n_neurons)
            below += ratio * np.bincount(edges.target, np.maximum(-sizes, 0), n_neurons)
    return np.array([above, below])


def _shifts(
    population: Population, step: Step, scale: np.ndarray, held: list[Held], sums: np.ndarray
) -> tuple[int, int]:
    """The leading projection's k, and the largest at which no input makes potentials leave their
    range.
    """
    lost = np.where(step.a_mem > 0, step.a_mem, 1 / WITHOUT_LEAK)
    # what is above its threshold is reset, so that only inhibition gathers
    gathered = sums[1] if population.neuron.fires else sums.max(axis=0)
    current = min(_doublings(sums, ACCUMULATOR), _doublings(sums / step.a_syn, STATE))
    safe = min(current, _doublings(gathered / step.a_syn / lost, STATE))
    threshold = step.threshold / (step.gain * scale)
    # minus infinity where nothing fires
    fine = np.ceil(np.log2(VTH_STEP * VTH_LEAST) - np.log2(threshold.min()))
    taken = max((e.bits + max(e.up, 0) for e in held), default=-np.inf)
    widest = 2 * WEIGHT_BITS - 1 + EXPONENT_MOST - taken
    bias = abs(step.bias) / (step.a_syn * scale)
    needs = {"bias": (bias, BIAS_MANTISSA << BIAS_EXPONENT)}
    if population.neuron.fires:
        needs["threshold"] = threshold * (1 - ON_STEP), VTH_MOST * VTH_STEP
    for name, (values, limit) in needs.items():
        if _doublings(values, limit) < COARSEST:
            raise NetworkProblem(
                f"Population {population.name!r}: its {name} is {values.max():.3g} times what "
                f"the smallest weight adds in a step, but Loihi holds {limit} ({NENGO}), "
                f"and smaller weights would vanish. Quantize with fewer bits, or lower the {name}."
            )
    most = min(*(_doublings(*need) for need in needs.values()), widest, MOST_SHIFT)
    wished = max(safe, min(current, fine), FINEST)
    return int(min(wished, most)), int(min(max(safe, FINEST), most))


def _doublings(values: np.ndarray, limit: float) -> float:
    """How often all values can be doubled and keep to a limit."""
    largest = float(np.max(values, initial=0))
    return np.inf if largest == 0 else float(np.floor(np.log2(limit / largest)))


def _round(held: Held, shift: int) -> tuple[Projection, str]:
    """A projection with its weights in steps of its own, and a word about it where they changed."""
    projection, ratio, _, up = held
    steps = ratio * 2.0 ** (shift - max(shift + up, FINEST))
    if (steps == 1).all():
        return projection, ""
    check_shared(projection, steps)
    real = projection.weight.real(steps.astype(np.float32)).values
    whole = np.rint(real)
    change = float(abs(whole - real).max(initial=0) / abs(real).max(initial=1))
    note = (
        f"The weights of {projection.source!r} -> {projection.target!r} were rounded again, "
        "to a power of two of the other weights' steps and the chip's coarsest: "
        f"they change by up to {change:.2g} of the largest."
    )
    weight = projection.weight.with_values(whole.astype(np.int8))
    return replace(projection, weight=weight, scale=1.0), note if change else ""


def _neurons(population: Population, step: Step, scale: np.ndarray, unit: np.ndarray) -> Neurons:
    vth = np.full(unit.size, VTH_MOST)
    if population.neuron.fires:
        vth = _vth(step.threshold / unit, getattr(population.neuron, "strict_threshold", False))
    mantissa, exponent = as_mantissa(step.bias / (step.a_syn * scale))
    return loihi_neurons(
        np.clip(np.rint(DECAY * step.a_syn).astype(np.int64) - 1, 0, DECAY - 1),
        np.clip(np.rint(DECAY * step.a_mem).astype(np.int64), 0, DECAY - 1),
        vth,
        mantissa,
        exponent,
        unit=unit,
        u_start=-(mantissa << exponent),
        fires=population.neuron.fires,
    )


def _vth(threshold: np.ndarray, strict: bool) -> np.ndarray:
    """The threshold in steps of 64, as the chip compares it; (n_neurons,) int64."""
    steps = threshold / VTH_STEP
    nearest = np.rint(steps)
    steps = np.where(abs(steps - nearest) <= ON_STEP * steps, nearest, steps)
    return (np.floor(steps) if strict else np.ceil(steps) - 1).astype(np.int64)


def _notes(population: Population, step: Step, unit: np.ndarray) -> list[str]:
    name, notes = f"Population {population.name!r}", []
    for tau, a, least in (("tau_syn", step.a_syn, 1), ("tau_mem", step.a_mem, 0)):
        held = np.clip(np.rint(DECAY * a), least, DECAY - 1 + least)
        worst = int(abs(held / DECAY - a).argmax())
        if abs(held[worst] / DECAY - a[worst]) > TOLD * a[worst]:
            notes.append(
                f"{name}: dt / {tau} of {a[worst]:.3g} becomes {held[worst]:.0f} of "
                f"{DECAY} parts a step."
            )
    lowest = (step.threshold / unit).min()
    if population.neuron.fires and step.a_mem.any() and TOLD * lowest < VTH_STEP:
        coarse = lowest / VTH_STEP
        notes.append(
            f"{name}: a threshold takes only {coarse:.3g} of the chip's steps, "
            "and is rounded to one of them."
        )
    return notes


ARITHMETIC = Arithmetic(prepare, scales_per_neuron=True)

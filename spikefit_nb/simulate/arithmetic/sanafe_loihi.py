"""The arithmetic of SANA-FE's Loihi: potentials in float64, cut to 1/64 at the start of each step.

A step, where ``t`` drops what lies behind 1/64, toward zero; in the first one nothing decays::

    v = t(keep * v) + bias + weights of the spikes that arrive
    spike where v > threshold; then v = v_reset or v - threshold
"""

from dataclasses import replace
from typing import Any

import numpy as np

from spikefit_nb.errors import NetworkProblem
from spikefit_nb.kernels import sanafe_loihi as k
from spikefit_nb.network import (
    IF,
    LI,
    LIF,
    CubaLI,
    CubaLIF,
    Integrator,
    Population,
    Projection,
    Weight,
)
from spikefit_nb.simulate.integers import check_neurons, problem
from spikefit_nb.simulate.prepared import Arithmetic, Neurons, Prepared

CHIP = "SANA-FE's Loihi"
SOURCE = "SANA-FE 2.2.9, soma leaky_integrate_fire"
FIRING, SILENT = (IF, LIF, CubaLIF), (Integrator, LI, CubaLI)
CURE = "Substitute them, or keep arithmetic='float32'."
CURRENT_BITS = 31  # of a sum and the count of its synapses together, the sign left out
TOLD = 2.0**-16  # weights rounded by more than this part of the largest are named


def prepare(
    population: Population,
    incoming: tuple[Projection, ...],
    dt_s: float,
    *,
    is_last: bool,
) -> Prepared:
    """A population and what leads into it as SANA-FE's Loihi, for records priced as its own are."""
    # Source: SANA-FE 2.2.9, soma ``leaky_integrate_fire`` with the accumulating dendrite, found by
    # running it.
    neuron: Any = population.neuron
    _check(population)
    held, unit, notes = _hold(population, incoming)
    bits = sum(map(_most_synapses, incoming)).bit_length()
    if neuron.fires and not neuron.strict_threshold:
        notes += (f"{population.name!r} fires above its threshold on {CHIP}, not at it.",)
    nothing = np.zeros(population.n_neurons)
    u = nothing[: nothing.size * hasattr(neuron, "tau_syn_s")]
    neurons = Neurons(k.run_sanafe_loihi, _values(population, unit, dt_s, bits), nothing, w=u)
    packed = tuple(_packed(e, bits) for e in held)
    return Prepared(neurons, packed, (np.ones(1, np.int32),) * len(packed), notes, most_input=1)


def _check(population: Population) -> None:
    neuron: Any = population.neuron
    if neuron.fires or not isinstance(neuron, SILENT):
        check_neurons(population, CHIP, FIRING, CURE)
    if hasattr(neuron, "v_leak") and population.parameter("v_leak").any():
        raise problem(
            population,
            "leaks to another potential than zero",
            f"{CHIP} leaks to zero ({SOURCE})",
            CURE,
        )
    if hasattr(neuron, "tau_syn_s") and population.parameter("bias").any():
        raise problem(
            population,
            "filters its bias as it does its synapses",
            f"{CHIP} adds it to the potential ({SOURCE})",
            "Fold it into the threshold, or keep arithmetic='float32'.",
        )
    if getattr(neuron, "max_spikes_per_step", 1) != 1:
        raise problem(
            population,
            "may fire several times a step",
            f"{CHIP} fires once ({SOURCE})",
            "Set max_spikes_per_step=1, or keep arithmetic='float32'.",
        )


def _values(population: Population, unit: np.ndarray, dt_s: float, bits: int) -> k.Values:
    n, neuron = population.n_neurons, population.neuron

    def value(name: str, default: float) -> np.ndarray:
        if hasattr(neuron, name):
            return population.parameter(name).astype(np.float64)
        return np.full(n, default)

    a_mem, a_syn = dt_s / value("tau_mem_s", dt_s), dt_s / value("tau_syn_s", dt_s)
    keep_v = 1 - a_mem if hasattr(neuron, "tau_mem_s") else np.ones(n)
    gain = a_mem * a_syn * value("r", 1.0) * value("w_in", 1.0)
    return k.Values(
        keep_v,
        1 - a_syn,
        gain * unit,
        gain * value("bias", 0.0),
        threshold=np.nextafter(value("v_threshold", np.nan), np.inf),
        taken=value("v_threshold", np.nan),
        v_reset=value("v_reset", 0.0),
        unit=np.ones(n),
        bits=bits,
        subtracts=getattr(neuron, "reset", "") == "subtract",
    )


def _hold(
    population: Population, incoming: tuple[Projection, ...]
) -> tuple[tuple[Projection, ...], np.ndarray, tuple[str, ...]]:
    """Projections with whole weights, what one is worth for each neuron, and what was rounded."""
    n_synapses = sum(map(_most_synapses, incoming))
    room = 2 ** (CURRENT_BITS - n_synapses.bit_length()) - 2
    if room < 2**8:
        raise NetworkProblem(
            f"Neurons of population {population.name!r} have up to {n_synapses:,} synapses, "
            f"whose sums have no room in {CURRENT_BITS} bits beside their number. "
            "Split the populations that send to it, or keep arithmetic='float32'."
        )
    scales = [
        np.broadcast_to(1.0 if e.scale is None else np.asarray(e.scale, np.float64), e.shape[1])
        for e in incoming
    ]
    are_whole = all((e.values == np.rint(e.values)).all() for e in incoming)
    share_one = all(np.array_equal(scale, scales[0]) for scale in scales)
    if are_whole and share_one and sum(_largest_sum(e.weight) for e in incoming) <= room:
        unit = scales[0] if scales else np.ones(population.n_neurons)
        held = tuple(replace(e, weight=_whole(e.weight, 1), scale=1.0) for e in incoming)
        return held, unit, ()
    real = [e.real_weight() for e in incoming]
    unit = 2.0 ** np.ceil(np.log2(sum(map(_largest_sum, real)) / (room - n_synapses)))
    held = tuple(
        replace(e, weight=_whole(weight, unit), scale=1.0)
        for e, weight in zip(incoming, real, strict=True)
    )
    largest = max(float(np.abs(weight.values).max(initial=0.0)) for weight in real)
    note = f"Weights into {population.name!r} are rounded to multiples of {unit:g} on {CHIP}."
    notes = (note,) if unit > TOLD * largest else ()
    return held, np.full(population.n_neurons, unit), notes


def _packed(projection: Projection, bits: int) -> Projection:
    """Each weight with a one in the lowest bits, so that a sum of them counts its synapses."""
    return projection.with_values((projection.values << bits) + np.int32(1))


def _whole(weight: Weight, unit: float) -> Weight:
    """The weights in multiples of a unit."""
    return weight.with_values(np.rint(weight.values / unit).astype(np.int32))


def _most_synapses(projection: Projection) -> int:
    """The most connections into one neuron, those of weight zero too."""
    target = projection.weight.at_targets(np.arange(projection.shape[1]))
    return int(np.bincount(target).max(initial=0))


def _largest_sum(weight: Weight) -> float:
    """Bound what the weights into one neuron add up to, signs left out."""
    target = weight.at_targets(np.arange(weight.shape[1]))
    return float(np.bincount(target, np.abs(weight.values.astype(np.float64))).max(initial=0.0))


ARITHMETIC = Arithmetic(prepare, reads_zero_weights=True)

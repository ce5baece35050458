"""The arithmetic of Xylo: 8-bit weights, 16-bit states, decay by bit shift.

A step, in whole numbers; every sum is held in 16 bits::

    i += weights of the spikes that arrive;  i -= decay(i, dash_syn)
    v += -decay(v, dash_mem) + i + bias
    spikes = min(v // threshold, most) where v >= threshold;  v -= spikes * threshold

    decay(x, dash) = x >> dash, but 1 where that is 0 and x > 0

``most`` is 31 for neurons that send spikes on, and 1 for the last ones, which the chip keeps in
cells of their own.
"""

import numpy as np

from spikefit_nb.kernels import xylo as k
from spikefit_nb.network import CubaLIF, Population, Projection
from spikefit_nb.simulate.integers import (
    WORTH_SAYING,
    Room,
    check_neurons,
    check_strict,
    problem,
    put_on_one_scale,
    whole_thresholds,
)
from spikefit_nb.simulate.prepared import Arithmetic, Neurons, Prepared

ROOM = Room("Xylo", 2**7 - 1, 2**15 - 1, 8, "XyloSim 0.1.3, version 2")  # 8 + 8 bits fill 16
MOST_SPIKES, MOST_LAST, MOST_INPUT = 31, 1, 15
LARGEST_DASH = 15  # four bits


def prepare(
    population: Population,
    incoming: tuple[Projection, ...],
    dt_s: float,
    *,
    is_last: bool,
) -> Prepared:
    """A population and what leads into it as the vendor's simulator of Xylo computes them."""
    # Source: XyloSim 0.1.3 of SynSense, version 2, read and compared with spike by spike.
    _check(population, dt_s)
    dash_syn, dash_mem = (_dash(population, tau, dt_s) for tau in ("tau_syn_s", "tau_mem_s"))
    a_syn, a_mem = 2.0**-dash_syn, 2.0**-dash_mem
    r, w_in = population.parameter("r"), population.parameter("w_in")
    gain = a_mem * r * w_in * a_syn / (1 - a_syn)
    scaled = put_on_one_scale(population, incoming, gain, ROOM, one_threshold=False)
    threshold, notes = whole_thresholds(population, scaled.unit, ROOM)
    bias, more = _bias(population, a_mem, scaled.unit)
    values = k.Values(
        dash_syn.astype(np.int32),
        dash_mem.astype(np.int32),
        threshold,
        bias,
        scaled.unit.astype(np.float32),
        max_spikes=MOST_LAST if is_last else MOST_SPIKES,
    )
    nothing = np.zeros_like(threshold)
    return Prepared(
        Neurons(k.run_xylo, values, nothing, nothing, most_spikes=values.max_spikes),
        scaled.projections,
        scaled.factors,
        (*scaled.notes, *notes, *more, *_told_of_time(population, dt_s)),
        most_input=MOST_INPUT,
    )


def _check(population: Population, dt_s: float) -> None:
    check_neurons(
        population,
        "Xylo",
        (CubaLIF,),
        "Its synapses decay before they are used, so that a synapse that forgets within a step "
        f"reaches nothing: a LIF is nearest to CubaLIF(tau_syn_s={2 * dt_s:g}, ...), retrained.",
    )
    neuron = population.neuron
    if neuron.reset != "subtract":  # type: ignore[union-attr]
        raise problem(
            population,
            "resets to a value",
            f"Xylo subtracts its threshold ({ROOM.source})",
            "Train with reset='subtract'.",
        )
    check_strict(population, "Xylo", ROOM.source)
    if (_dash(population, "tau_syn_s", dt_s) < 1).any():
        shortest = population.parameter("tau_syn_s").min()
        raise problem(
            population,
            f"has a tau_syn of {shortest / dt_s:.3g} steps",
            "Xylo's currents decay before they are used, and what decays within a "
            f"step is gone ({ROOM.source})",
            "Let tau_syn be two steps or more, or make steps shorter.",
        )


def _dash(population: Population, name: str, dt_s: float) -> np.ndarray:
    return np.clip(np.rint(np.log2(population.parameter(name) / dt_s)), 0, LARGEST_DASH)


def _bias(
    population: Population, a_mem: np.ndarray, unit: np.ndarray
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Bias of the membrane in its unit, (n_neurons,) int32, and what that changes."""
    v_leak, r, w_in, bias = (population.parameter(name) for name in ("v_leak", "r", "w_in", "bias"))
    whole = np.rint(a_mem * (v_leak + r * w_in * bias) / unit)
    if np.abs(whole).max() > ROOM.threshold:
        raise problem(
            population,
            f"needs a bias of {whole[np.abs(whole).argmax()]:g}",
            f"Xylo's go to {ROOM.threshold} ({ROOM.source})",
            "Lower the bias, or raise weights and thresholds.",
        )
    note = (
        f"The bias of {population.name!r} acts on Xylo's membrane from the first step, "
        "not through the synapse."
    )
    return whole.astype(np.int32), (note,) if bias.any() else ()


def _told_of_time(population: Population, dt_s: float) -> list[str]:
    """Time constants that had to move to a power of two steps."""
    told = []
    for name in ("tau_syn_s", "tau_mem_s"):
        steps = population.parameter(name) / dt_s
        error = float(np.max(np.abs(2.0 ** _dash(population, name, dt_s) / steps - 1)))
        if error > WORTH_SAYING:
            told.append(
                f"{name.removesuffix('_s')} of {population.name!r} becomes a power of two of "
                f"steps on Xylo, up to {error:.0%} from the trained one."
            )
    return told


ARITHMETIC = Arithmetic(prepare, scales_per_neuron=True)

"""The arithmetic of Speck (DYNAP-CNN): 8-bit weights, 16-bit potentials, no leak.

A step, in whole numbers::

    v += weights of the spikes that arrive, held in 16 bits
    spikes = v // threshold where v >= threshold, at most as many as the network lets a neuron send
    v -= spikes * threshold, or v = 0;  v = max(v, -threshold)
"""

import numpy as np

from spikefit_nb.kernels import speck as k
from spikefit_nb.network import IF, Population, Projection
from spikefit_nb.simulate.integers import (
    OneScale,
    Room,
    check_neurons,
    check_strict,
    problem,
    put_on_one_scale,
    whole_thresholds,
)
from spikefit_nb.simulate.prepared import Arithmetic, Neurons, Prepared

SOURCE = "sinabs 3.1.3, backend/dynapcnn"
ROOM = Room("Speck", 2**7 - 1, 2**15 - 1, 0, SOURCE)


def prepare(
    population: Population,
    incoming: tuple[Projection, ...],
    dt_s: float,
    *,
    is_last: bool,
) -> Prepared:
    """A population and what leads into it in the integers that Speck's tool chain gives them."""
    # Source: sinabs 3.1.3, backend/dynapcnn/discretize.py (factors), nir.py (lower bound),
    # layers/functional/lif.py.
    _check(population)
    scaled = put_on_one_scale(
        population, incoming, population.parameter("r"), ROOM, one_threshold=True
    )
    threshold, notes = whole_thresholds(population, scaled.unit, ROOM)
    most = population.neuron.max_spikes_per_step  # type: ignore[union-attr]
    bound = most or int(ROOM.threshold // threshold.min())
    nothing = np.zeros_like(threshold)
    values = k.Values(
        threshold,
        -threshold,
        nothing,
        scaled.unit.astype(np.float32),
        to_zero=population.neuron.reset == "zero",  # type: ignore[union-attr]
        max_spikes=bound,
        may_rest=True,
    )
    if not values.to_zero:
        notes += _heavy(population, scaled, threshold)
    if any((e.values < 0).any() for e in incoming):
        notes += ("On Speck potentials stop falling at minus their threshold.",)
    neurons = Neurons(k.run_speck, values, nothing, most_spikes=bound)
    return Prepared(neurons, scaled.projections, scaled.factors, (*scaled.notes, *notes))


def _heavy(population: Population, scaled: OneScale, threshold: np.ndarray) -> tuple[str, ...]:
    """How many weights are above the threshold, of which a neuron that fires once for each event
    keeps a rest.
    """
    # Source: synsense/sinabs@13ad316 docs/speck/faqs/tips_for_training.md, Weight Clipping.
    pairs = list(zip(scaled.projections, scaled.factors, strict=True))
    n_above = sum(
        int(np.sum(e.values.astype(np.int64) * int(factor[0]) > threshold.max()))
        for e, factor in pairs
    )
    if not n_above:
        return ()
    n_all = sum(e.values.size for e, _ in pairs)
    return (
        f"{n_above:,} of {n_all:,} weights onto {population.name!r} are above its threshold: Speck "
        "fires once for each event that arrives and keeps the rest, so that the neuron goes on "
        "firing with the next ones. Train with weights below the threshold.",
    )


def _check(population: Population) -> None:
    check_neurons(
        population,
        "Speck",
        (IF,),
        "Train with IF neurons, or see what adapt.substitute_neuron makes of these.",
    )
    check_strict(population, "Speck", SOURCE)
    resets = population.neuron.reset == "zero"  # type: ignore[union-attr]
    if resets and population.parameter("v_reset").any():
        raise problem(
            population,
            "resets to another value than zero",
            f"Speck resets to zero or subtracts ({SOURCE})",
            "Shift potentials and thresholds so that v_reset is zero.",
        )
    if population.parameter("bias").any():
        raise problem(
            population,
            "has a bias",
            "Speck adds one only on a clock of its own, which no step of a network "
            f"knows ({SOURCE})",
            "Train without bias.",
        )


ARITHMETIC = Arithmetic(prepare, per_event=True)

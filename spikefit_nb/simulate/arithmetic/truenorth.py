"""The arithmetic of TrueNorth: 9-bit weights, four kinds a neuron; 20-bit potentials; a leak.

A tick, in whole numbers, sums held in 20 bits::

    v += weights of the spikes that arrive;  v += leak
    where v >= threshold: a spike, then v = value, or v -= threshold
    else where v < -floor: v = -floor
"""

import numpy as np

from spikefit_nb.kernels import truenorth as k
from spikefit_nb.network import IF, Population, Projection
from spikefit_nb.simulate.integers import (
    Room,
    check_neurons,
    check_strict,
    problem,
    put_on_one_scale,
    whole_thresholds,
)
from spikefit_nb.simulate.prepared import Arithmetic, Neurons, Prepared

SOURCE = "Cassidy 2013, IJCNN"
ROOM = Room("TrueNorth", 2**8 - 1, 2**18 - 1, 0, SOURCE)
KINDS = 4  # of axons, and so of weights into one neuron
LEAK_LEAST, LEAK_MOST = -(2**8), 2**8 - 1


def prepare(
    population: Population,
    incoming: tuple[Projection, ...],
    dt_s: float,
    *,
    is_last: bool,
) -> Prepared:
    """A population and what leads into it as TrueNorth's neurons in their deterministic modes."""
    # Source: Cassidy et al. 2013, "Cognitive computing building block: A versatile and efficient
    # digital neuron model for neurosynaptic cores", IJCNN: the equations; Merolla 2014, Science
    # 345:668, S1 and S3: 9 and 20 bits. That thresholds have 18 bits is recalled and not read
    # again.
    _check(population)
    scaled = put_on_one_scale(
        population, incoming, population.parameter("r"), ROOM, one_threshold=False
    )
    _check_kinds(population, scaled.projections)
    threshold, notes = whole_thresholds(population, scaled.unit, ROOM)
    leak = np.rint(population.parameter("r") * population.parameter("bias") / scaled.unit)
    value = np.rint(population.parameter("v_reset") / scaled.unit)
    _check_range(population, "a leak (its bias)", leak, LEAK_LEAST, LEAK_MOST)
    to_value = population.neuron.reset == "zero"  # type: ignore[union-attr]
    if to_value:
        _check_range(population, "a reset value", value, -ROOM.threshold, ROOM.threshold)
    values = k.Values(
        threshold,
        np.full_like(threshold, ROOM.threshold),
        leak.astype(np.int32),
        value.astype(np.int32),
        scaled.unit.astype(np.float32),
        reset=k.TO_VALUE if to_value else k.SUBTRACT,
        stays_at_floor=True,
        may_rest=not leak.any(),
    )
    neurons = Neurons(k.run_truenorth, values, np.zeros_like(threshold))
    return Prepared(neurons, scaled.projections, scaled.factors, (*scaled.notes, *notes))


def _check(population: Population) -> None:
    check_neurons(
        population,
        "TrueNorth",
        (IF,),
        "Its leak is a constant, not a fraction of the potential: train with IF neurons.",
    )
    check_strict(population, "TrueNorth", SOURCE)
    if population.neuron.max_spikes_per_step != 1:  # type: ignore[union-attr]
        raise problem(
            population,
            "may fire several times a step (max_spikes_per_step)",
            f"a neuron of TrueNorth fires once a tick ({SOURCE})",
            "Set max_spikes_per_step=1, and give the network more steps.",
        )


def _check_range(
    population: Population, what: str, values: np.ndarray, least: int, most: int
) -> None:
    """Refuse whole numbers that have no room."""
    worst = values[np.argmax(np.abs(values))]
    if not least <= worst <= most:
        raise problem(
            population,
            f"needs {what} of {worst:.0f}",
            f"TrueNorth's goes from {least} to {most} ({SOURCE})",
            "It is counted in what one unit of weight adds: "
            "fewer weight bits make that unit coarser.",
        )


def _check_kinds(population: Population, projections: tuple[Projection, ...]) -> None:
    """Refuse neurons whose weights have more distinct values than there are types of axons."""
    of_each = [np.unique(e.values) for e in projections]
    present = np.unique(np.concatenate([np.zeros(1, np.int64), *of_each]))
    has = np.zeros((population.n_neurons, present.size), np.bool_)
    for e in projections:
        for edges in e.blocks():
            has[edges.target, np.searchsorted(present, edges.weight)] = True
    has[:, present == 0] = False  # no synapse
    n_kinds = has.sum(axis=1)
    worst = int(np.argmax(n_kinds))
    if n_kinds[worst] > KINDS:
        raise problem(
            population,
            f"has neurons with up to {n_kinds[worst]} distinct weights (neuron {worst}; "
            f"{np.sum(n_kinds > KINDS)} of {population.n_neurons} have more than {KINDS})",
            f"a neuron of TrueNorth has {KINDS}, one for each type of axon ({SOURCE})",
            "Quantize to 2 bits, which leaves -1, 0 and 1, or train with four values a neuron.",
        )


ARITHMETIC = Arithmetic(prepare, scales_per_neuron=True)

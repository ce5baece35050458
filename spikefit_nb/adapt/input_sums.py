"""Weights of chips that add up all input of a neuron in one number of few bits: each weight counts
in steps of that number, however small it is beside the others.
"""

from dataclasses import replace

import numpy as np

from spikefit_nb.adapt.adapted import Adapted
from spikefit_nb.network import Network, Projection


def step_of_sum(largest_sum: float, sum_bits: int) -> float:
    """What one step of a signed number of so many bits is worth, a power of two, where the number
    is to stay above the largest sum.
    """
    # Source: SpiNNakerManchester/sPyNNaker spynnaker/pyNN/models/neuron/
    # abstract_population_vertex.py, get_ring_buffer_shifts and __get_weight_scale. There no step is
    # above 2**-15 of a nanoampere; here potentials have no unit and may all be scaled.
    power = int(np.ceil(np.log2(largest_sum)))
    power += 2.0**power <= largest_sum
    return 2.0 ** (power - (sum_bits - 1))


def largest_sums(incoming: list[Projection]) -> tuple[float, float]:
    """The most that weights above and below zero could add up to in a step, were each as large as
    the largest of its projection.
    """
    # Source: as above, _Stats.get_max_weight of delays that do not vary within a projection, with
    # one spike of each source in a step; excitation and inhibition have a buffer each.
    sums = np.zeros(2)
    for e in incoming:
        onto, largest = np.zeros((2, e.shape[1])), np.zeros(2)
        scale = np.broadcast_to(np.float64(1 if e.scale is None else e.scale), e.shape[1])
        for edges in e.blocks():
            weight = edges.weight * scale[edges.target]
            for sign, part in enumerate((weight > 0, weight < 0)):
                onto[sign] += np.bincount(edges.target[part], minlength=e.shape[1])
                largest[sign] = max(largest[sign], np.abs(weight[part]).max(initial=0.0))
        sums += onto.max(axis=1) * largest
    return float(sums[0]), float(sums[1])


def on_steps_of_sums(network: Network, given: Network, sum_bits: int) -> Adapted:
    """Round weights to steps of the sum of all input to their neurons; integers that were given
    stay.
    """
    sums = {
        p.name: largest_sums([e for e in network.projections if e.target == p.name])
        for p in network.neuron_populations
    }
    made, notes = list[Projection](), list[str]()
    for e, before in zip(network.projections, given.projections, strict=True):
        if before.scale is not None:
            made.append(e)
            continue
        stepped = _in_steps(e, sums[e.target], sum_bits)
        made.append(stepped)
        n_lost, step = _n_nonzero(e) - _n_nonzero(stepped), float(np.max(stepped.scale or 0))
        if n_lost:
            notes.append(
                f"{n_lost:,} of {e.n_synapses:,} weights {e.source} -> {e.target} are 0 on the "
                f"chip, below half a step of {step:.2g}: all weights onto {e.target!r} share one "
                "scale, which the largest sum of them sets."
            )
    change = f"weights in steps of a sum of {sum_bits} bits, one scale for all onto a population"
    return Adapted(change, network, network.replace(projections=made), tuple(notes))


def _in_steps(projection: Projection, sums: tuple[float, float], sum_bits: int) -> Projection:
    """The projection in whole steps of the sum for its sign; of both signs, of the larger."""
    real = projection.weight.real(projection.scale)
    signs = ((real.values > 0).any(), (real.values < 0).any())
    largest = max((s for s, is_used in zip(sums, signs, strict=True) if is_used), default=0.0)
    step = step_of_sum(largest, sum_bits) if largest else 1.0
    whole = np.rint(real.values.astype(np.float64) / step)
    weight = real.with_values(whole.astype(np.int16 if sum_bits <= 16 else np.int32))
    return replace(projection, weight=weight, scale=np.float32(step), weight_bits=sum_bits)


def _n_nonzero(projection: Projection) -> int:
    """Synapses of a weight other than zero."""
    return sum(int(np.count_nonzero(edges.weight)) for edges in projection.blocks())

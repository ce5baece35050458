"""Count what a split of neurons over cores needs: axons, synapses, memory. No capacity is judged here."""

from typing import NamedTuple

import numpy as np

from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.hardware.capacity import loihi_core_bits, loihi_stored_bits
from spikefit_nb.network import Projection


class Axons(NamedTuple):
    """One row an axon: the source neuron, the core it ends on, the synapses it has there; ordered by source."""

    source: np.ndarray  # (n_axons,) int64
    core: np.ndarray
    n_synapses: np.ndarray


def count_axons(projection: Projection, core_of: np.ndarray, copies: np.ndarray, *, by_weight: bool) -> Axons:
    """List the axons of a projection for a given split of its targets.

    Parameters
    ----------
    projection : Projection
    core_of : (n_target,) int, core of each target neuron
    copies : (n_target,) int, how many times each target neuron is laid out
    by_weight : bool, whether synapses of different weight need different axons (TrueNorth's axon types)

    Returns
    -------
    Axons

    Examples
    --------
    >>> p = Projection("in", "out", np.array([[1, -1, 1]]), scale=1.0)
    >>> count_axons(p, np.array([0, 0, 1]), np.ones(3, int), by_weight=True).n_synapses
    array([1, 1, 1])
    """
    n_cores = int(core_of.max()) + 1
    parts = []
    for edges in projection.blocks():
        level = np.unique(edges.weight, return_inverse=True)[1] if by_weight else np.zeros(edges.source.size, np.int64)
        n_levels = int(level.max(initial=0)) + 1
        key = (edges.source * n_cores + core_of[edges.target]) * n_levels + level
        axon, inverse = np.unique(key, return_inverse=True)
        n_synapses = np.bincount(inverse, weights=copies[edges.target], minlength=axon.size).astype(np.int64)
        parts.append((axon // n_levels // n_cores, axon // n_levels % n_cores, n_synapses))
    return Axons(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def n_weight_values(projection: Projection) -> int:
    """Different weights other than zero that a projection uses.

    Parameters
    ----------
    projection : Projection

    Returns
    -------
    int

    Examples
    --------
    >>> n_weight_values(Projection("in", "out", np.array([[0.5, -0.5, 0.0]])))
    2
    """
    values = np.unique(projection.values)
    return int(np.count_nonzero(values))


def needs_typed_axons(projection: Projection, profile: HardwareProfile) -> bool:
    """Whether synapses of different weight come in over different axons.

    More values than the chip has axon types cannot be typed at all: ``check_fit`` reports that, and the other
    needs are counted as if it were cured.

    Parameters
    ----------
    projection : Projection
    profile : HardwareProfile

    Returns
    -------
    bool
    """
    return profile.has("axon_types") and n_weight_values(projection) <= int(profile.value("axon_types"))


def memory_bits(axons: list[tuple[Projection, Axons]], n_neurons: np.ndarray, profile: HardwareProfile) -> np.ndarray:
    """Synapse memory of each core.

    Parameters
    ----------
    axons : list of (Projection, Axons) that end on these cores
    n_neurons : (n_cores,) int, neurons on each core, copies included
    profile : HardwareProfile

    Returns
    -------
    (n_cores,) int64, bits; on TrueNorth the crossbar rows in use
    """
    if profile.family == "truenorth":
        return n_neurons * int(profile.value("crossbar_row"))
    bits = np.zeros(n_neurons.size, np.int64)
    widths = profile.value("weight_bits")
    for projection, table in axons:
        stored = loihi_stored_bits(projection.weight_bits or max(widths), widths)
        order = np.argsort(table.core, kind="stable")
        ends = np.searchsorted(table.core[order], np.arange(n_neurons.size + 1))
        for core in range(n_neurons.size):
            rows = table.n_synapses[order[ends[core] : ends[core + 1]]]
            bits[core] += loihi_core_bits(rows, int(n_neurons[core]), stored)
    return bits

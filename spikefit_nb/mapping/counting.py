"""How many cores a network takes at the very least: counted, before anything is laid out."""

import numpy as np
import scipy.sparse as sp

from spikefit_nb.hardware import FAMILIES, HardwareProfile
from spikefit_nb.kernels.axons import count_pieces
from spikefit_nb.mapping.axons import stored_bits
from spikefit_nb.mapping.partition import most_neurons
from spikefit_nb.network import Network, Population, Projection

MOST_LISTED = 2_000_000  # synapses of a projection, by which its axons are counted


def least_cores(
    network: Network,
    profile: HardwareProfile,
    *,
    neurons_per_core=None,
    share_cores: bool = False,
    is_rounded: bool = True,
) -> int:
    """Count the cores that a network takes at the very least, without laying it out.

    Neurons, synapse memory, and axons into consecutive neurons each tell a number; the largest
    counts. ``map_network`` never uses fewer cores, and often uses more.

    Parameters
    ----------
    network : Network
    profile : HardwareProfile
    neurons_per_core, share_cores : as of ``map_network``
    is_rounded : bool; False: weights are still to be rounded to what the chip stores, so that only
        neurons count, and axons of sparse projections, which rounding leaves

    Returns
    -------
    int, 1 where a chip takes layers whole or has one core

    Raises
    ------
    DesignProblem
        ``neurons_per_core`` is below one.
    UnknownName
        ``neurons_per_core`` names what is no population with neurons.

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.network import IF, Input
    >>> network = Network([Population("in", (2,), Input()), Population("out", (2000,), IF(1.0))],
    ...                   [Projection("in", "out", np.ones((2, 2000)))])
    >>> least_cores(network, load_profile("loihi1"))
    2
    """
    most = most_neurons(network, profile, neurons_per_core)
    family = FAMILIES[profile.family]
    if family.one_core or family.whole_layers:
        return 1
    limit = profile.si("cores", np.inf)
    by_population = []
    for p in network.neuron_populations:
        incoming = [e for e in network.projections if e.target == p.name]
        least = max(1, int(np.ceil(p.n_neurons / most[p.name])))
        if is_rounded:
            least = max(least, _for_memory(incoming, profile))
        else:
            incoming = [e for e in incoming if e.kind == "sparse"]
        if least <= limit < np.inf:
            least = max(least, _for_axons(p, incoming, profile))
        by_population.append(least)
    if not share_cores:
        return sum(by_population)
    holds = profile.si("neurons_per_core", np.inf)
    return max(*by_population, int(np.ceil(network.n_neurons / holds)))


def _for_memory(incoming: list[Projection], profile: HardwareProfile) -> int:
    """Cores whose memory holds the synapses of matrices, each in its own bits alone."""
    if profile.has("crossbar_row") or not profile.has("synapse_memory_per_core"):
        return 1
    matrices = (e for e in incoming if e.kind != "convolution")  # whose kernels may be shared
    bits = sum(e.n_synapses * stored_bits(e, profile) for e in matrices)
    return int(np.ceil(bits / profile.si("synapse_memory_per_core")))


def _for_axons(population: Population, incoming: list[Projection], profile: HardwareProfile) -> int:
    """Pieces of consecutive neurons that take no more axons than a core has; 1 where cutting cures
    nothing.
    """
    axons = profile.si("axons_in_per_core", np.inf)
    if np.isinf(axons) or len(population.shape) == 3:  # which is cut by its shape too
        return 1
    fan_in = np.zeros(population.n_neurons, np.int64)
    for e in incoming:
        fan_in += e.in_degree()
    if fan_in.max(initial=0) > axons or not incoming:
        return 1
    sources = sp.vstack([_some_of(e) for e in incoming]).tocsc()
    seen = np.full(sources.shape[0], -1)
    return int(count_pieces(sources.indptr, sources.indices, int(axons), seen))


def _some_of(e: Projection) -> sp.csr_array:
    """Which source has a synapse on which target, of as many sources as have so many synapses:
    these bring no more axons than all do.
    """
    n_synapses = np.cumsum(e.out_degree())
    n_sources = max(1, int(np.searchsorted(n_synapses, MOST_LISTED, side="right")))
    if n_sources < n_synapses.size:
        e = e.take(sources=np.arange(n_sources))
    matrix = e.weight.tocsr()
    there = np.ones(matrix.indices.size, np.int8)
    return sp.csr_array((there, matrix.indices, matrix.indptr), shape=matrix.shape)

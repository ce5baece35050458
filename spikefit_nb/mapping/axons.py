"""What axons and neurons take on a core, in the chip's own measure. No capacity is judged here."""

import numpy as np
import scipy.sparse as sp

from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.hardware.capacity import loihi_core_bits, loihi_stored_bits
from spikefit_nb.network import Conv2d, Fanout, Projection


def real_values(projection: Projection) -> set[float]:
    """Different weights other than zero that a projection uses, in real units.

    Parameters
    ----------
    projection : Projection

    Returns
    -------
    set of float

    Examples
    --------
    >>> sorted(real_values(Projection("in", "out", np.array([[0.5, -0.5, 0.0]]))))
    [-0.5, 0.5]
    """
    weight = projection.real_weight()
    values = weight.weight if isinstance(weight, Conv2d) else weight.data if sp.issparse(weight) else weight
    return set(np.unique(values).tolist()) - {0.0}


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
    return profile.has("axon_types") and len(real_values(projection)) <= int(profile.value("axon_types"))


def memory_bits(axons: list[tuple[Projection, Fanout]], n_neurons: np.ndarray, profile: HardwareProfile) -> np.ndarray:
    """Synapse memory of each core.

    Parameters
    ----------
    axons : list of (Projection, Fanout) that end on these cores
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

"""What axons and neurons take on a core, in the chip's own measure. No capacity is judged here."""

from collections.abc import Sequence

import numpy as np

from spikefit_nb.hardware import FAMILIES, HardwareProfile, stored_width
from spikefit_nb.mapping.places import layer_words
from spikefit_nb.network import Fanout, Network, Projection

UNROUNDED_BITS = 32  # weights as trained, where nothing says how a chip stores them


def weight_kinds(projections: Sequence[Projection]) -> set[float]:
    """Different weights other than zero that projections into one population use.

    Integers of one scale, or of one scale for each neuron, count as they are stored: a chip folds
    the scale into the neuron's threshold. Else weights are compared in real units.

    Parameters
    ----------
    projections : sequence of Projection

    Returns
    -------
    set of float

    Examples
    --------
    >>> weights = np.array([[1, -1, 0]], np.int8)
    >>> sorted(weight_kinds([Projection("in", "out", weights, scale=np.array([0.5, 0.25, 1.0]))]))
    [-1.0, 1.0]
    """
    scales = [e.scale for e in projections]
    folded = all(each is not None and np.array_equal(each, scales[0]) for each in scales)
    values = (e.values if folded else e.real_weight().values for e in projections)
    distinct = (np.unique(each).astype(np.float64).tolist() for each in values)
    return set().union(*distinct) - {0.0}


def needs_typed_axons(projection: Projection, profile: HardwareProfile) -> bool:
    """Whether synapses of different weight come in over different axons."""
    return profile.has("axon_types") and len(weight_kinds([projection])) <= int(
        profile.value("axon_types")
    )


def stored_projection(projection: Projection, profile: HardwareProfile) -> Projection:
    """The connections a chip stores: those of weight zero too, where its format has a place for
    them.
    """
    if not profile.has("zero_weights") or projection.kind not in profile.value("zero_weights"):
        return projection
    if projection.values.all():
        return projection
    return projection.with_values(np.ones_like(projection.values))


def memory_bits(
    network: Network | None,
    axons: list[tuple[Projection, Fanout]],
    n_neurons: np.ndarray,
    profile: HardwareProfile,
) -> np.ndarray:
    """Synapse memory of each core, by the rule of the chip's family."""
    if profile.has("crossbar_row"):
        return n_neurons * int(profile.value("crossbar_row"))
    family = FAMILIES[profile.family]
    if family.whole_layers and network is not None:
        words = np.array([layer.kernel_words for layer in layer_words(network, profile)])
        return words * widest_weight(profile)
    bits = np.zeros(n_neurons.size, np.int64)
    for projection, table in axons:
        each = family.axon_bits(
            table.n_synapses,
            n_neurons[table.core],
            stored_bits(projection, profile),
            projection.delay_steps,
        )
        bits += np.bincount(table.core, each, minlength=n_neurons.size).astype(np.int64)
    return bits


def widest_weight(profile: HardwareProfile) -> int:
    """The most bits a stored weight can take; 32, as trained, where that is not published."""
    return max(profile.value("weight_bits")) if profile.has("weight_bits") else UNROUNDED_BITS


def stored_bits(projection: Projection, profile: HardwareProfile) -> int:
    """Tell the bits that a weight of a projection takes on a chip.

    Parameters
    ----------
    projection : Projection
    profile : HardwareProfile

    Returns
    -------
    int

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> weight = np.ones((1, 1), np.int8)
    >>> rounded = Projection("in", "out", weight, scale=0.5, weight_bits=6)
    >>> stored_bits(rounded, load_profile("loihi1")), stored_bits(rounded, load_profile("speck"))
    (6, 8)
    """
    if profile.has("bits_per_synapse"):
        return int(profile.value("bits_per_synapse"))
    needed = projection.weight_bits or widest_weight(profile)
    return (
        stored_width(needed, profile.value("weight_bits")) if profile.has("weight_bits") else needed
    )


def delay_slots(longest: np.ndarray | int) -> np.ndarray | int:
    """Delay slots of a neuron whose longest delay is so many steps: the power of two above it."""
    # Source: NxSDK, tutorial 19: a field of so many bits has 2**bits - 1 delays, here counted from
    # one step, and takes 2**bits slots of each neuron.
    return 2 ** np.frexp(longest)[1]  # of 7 the exponent is 3, of 8 it is 4

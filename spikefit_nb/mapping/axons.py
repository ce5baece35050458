"""What axons and neurons take on a core, in the chip's own measure. No capacity is judged here."""

from typing import NamedTuple

import numpy as np

from spikefit_nb.hardware import FAMILIES, HardwareProfile, stored_width
from spikefit_nb.mapping.places import layer_words
from spikefit_nb.mapping.stored_once import are_stored_once, bits_stored_once
from spikefit_nb.network import Fanout, Network, Projection


class StoredAxons(NamedTuple):
    """The axons of a projection, by its own sources, and the core of each of its targets."""

    projection: Projection
    table: Fanout
    core_of: np.ndarray  # (n_target,) int64


UNROUNDED_BITS = 32  # weights as trained, where nothing says how a chip stores them


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
    axons: list[StoredAxons],
    n_neurons: np.ndarray,
    profile: HardwareProfile,
) -> np.ndarray:
    """Synapse memory of each core, by the rule of the chip's family."""
    # Each axon has weights of its own. On a core too small for that, those that it can store once
    # for all axons are; and so they are where no format is known, since only the least is told.
    if profile.has("crossbar_row"):
        return n_neurons * int(profile.value("crossbar_row"))
    family = FAMILIES[profile.family]
    if family.whole_layers and network is not None:
        words = np.array([layer.kernel_words for layer in layer_words(network, profile)])
        return words * widest_weight(profile)
    alone = []
    for projection, table, _ in axons:
        width = stored_bits(projection, profile)
        each = family.axon_bits(
            table.n_synapses, n_neurons[table.core], width, projection.delay_steps
        )
        alone.append(np.bincount(table.core, each, minlength=n_neurons.size).astype(np.int64))
    bits = np.sum(alone, axis=0, initial=0) + np.zeros(n_neurons.size, np.int64)
    is_short = bits > profile.si("synapse_memory_per_core", np.inf)
    if family.row_bits is not None and not is_short.any():
        return bits
    saved = np.zeros(n_neurons.size, np.int64)
    for (projection, table, core_of), taken in zip(axons, alone, strict=True):
        if are_stored_once(projection, profile):
            width = stored_bits(projection, profile)
            once = bits_stored_once(projection, table, core_of, n_neurons, profile, width=width)
            saved += np.maximum(taken - once, 0)
    return bits - saved if family.row_bits is None else bits - saved * is_short


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
    needed = projection.n_bits or widest_weight(profile)
    return (
        stored_width(needed, profile.value("weight_bits")) if profile.has("weight_bits") else needed
    )


def delay_slots(longest: np.ndarray | int) -> np.ndarray | int:
    """Delay slots of a neuron whose longest delay is so many steps: the power of two above it."""
    # Source: NxSDK, tutorial 19: a field of so many bits has 2**bits - 1 delays, here counted from
    # one step, and takes 2**bits slots of each neuron.
    return 2 ** np.frexp(longest)[1]  # of 7 the exponent is 3, of 8 it is 4

"""Weights that a core stores once, for all axons that read them: kernels of a convolution."""

from dataclasses import replace

import numpy as np

from spikefit_nb.hardware import FAMILIES, HardwareProfile
from spikefit_nb.kernels.shared_rows import tell_rows
from spikefit_nb.network import Fanout, Network, Projection


def are_stored_once(projection: Projection, profile: HardwareProfile) -> bool:
    """Whether the chip can store such weights once for all axons that read them."""
    return profile.has("shared_weights") and projection.kind in profile.value("shared_weights")


def ways_to_store(network: Network, profile: HardwareProfile) -> tuple[HardwareProfile, ...]:
    """The chip as it stores weights, one way after another to be tried: for each axon alone, and
    where a core can, once for all that read them.
    """
    able = any(are_stored_once(e, profile) for e in network.projections)
    if not able or FAMILIES[profile.family].row_bits is None:  # which is stored once in any case
        return (profile,)
    alone = {name: of for name, of in profile.figures.items() if name != "shared_weights"}
    return replace(profile, figures=alone), profile


def bits_stored_once(
    projection: Projection,
    table: Fanout,
    core_of: np.ndarray,
    n_neurons: np.ndarray,
    profile: HardwareProfile,
    width: int,
) -> np.ndarray:
    """Synapse memory of each core for a projection, (n_cores,) int64: row by row where the family
    says what a row takes, else every weight alone, of ``width`` bits, at the very least.
    """
    family, n_cores = FAMILIES[profile.family], n_neurons.size
    if family.row_bits is None:
        return width * projection.weight.entries_on(core_of, n_cores)
    row, span = rows_of(projection, table, core_of, n_cores)
    first = np.unique(row, return_index=True)[1]
    widest = np.zeros(n_cores, np.int64)
    np.maximum.at(widest, table.core, span)
    core = table.core[first]
    bits = family.row_bits(table.n_synapses[first], widest[core], width, projection.delay_steps)
    return np.bincount(core, bits, n_cores).astype(np.int64)


def rows_of(
    projection: Projection, table: Fanout, core_of: np.ndarray, n_cores: int
) -> tuple[np.ndarray, np.ndarray]:
    """A number for the row of each axon, equal where a core can store it once, uint64; and how many
    neurons each row spans, int64.
    """
    # Axons read one row where it is the same weights of the same channel, at the same places from
    # the first neuron of each on: neurons lie on a core in the order in which they are counted.
    ptr = np.searchsorted(table.source, np.arange(projection.shape[0] + 1))
    pixels = int(np.prod(projection.weight.input_shape[1:]))
    channel = np.arange(projection.shape[0]) // pixels
    scratch = np.full(n_cores, -1), np.full(n_cores, -1), np.zeros(n_cores, np.uint64)
    told = np.zeros(table.core.size, np.uint64), np.zeros(table.core.size, np.int64)
    cores, fan = (core_of, _place_on_core(core_of)), (ptr, table.core)
    for edges in projection.blocks():
        bits = edges.weight.astype(np.float64).view(np.uint64)
        tell_rows((edges.source, edges.target, bits), cores, fan, channel, scratch, told)
    return told


def _place_on_core(core_of: np.ndarray) -> np.ndarray:
    """Which neuron of its core each is, (n,) int64."""
    order = np.argsort(core_of, kind="stable")
    sizes = np.bincount(core_of)
    place = np.empty(core_of.size, np.int64)
    place[order] = np.arange(core_of.size) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return place

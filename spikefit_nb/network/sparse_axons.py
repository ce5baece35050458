"""Axons of a sparse matrix, row by row: its synapses are never written out one by one."""

import numpy as np
import scipy.sparse as sp

from spikefit_nb.kernels.axons import count_axons, count_sources, list_axons

NOTHING = np.zeros(0, np.int64)


def levels_of(values: np.ndarray) -> tuple[np.ndarray, int]:
    """A number for each synapse, the same for equal weights, in their order; and how many."""
    kinds = np.unique(values)
    level = np.searchsorted(kinds, values)
    return level.astype(np.min_scalar_type(kinds.size)), kinds.size


def axons_of(
    matrix: sp.csr_array,
    core_of: np.ndarray,
    copies: np.ndarray | None,
    levels: tuple[np.ndarray, int] | None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Source, core and synapses of each axon, by source; of one for each level where these are
    given.
    """
    level, n_levels = levels or (NOTHING, 1)
    n_places = (int(core_of.max(initial=0)) + 1) * n_levels
    synapses = matrix.indptr, matrix.indices, level, core_of.astype(np.int64), n_levels
    n_axons = np.zeros(matrix.shape[0], np.int64)
    count_axons(*synapses, np.full(n_places, -1), n_axons)
    first = np.append(0, np.cumsum(n_axons))
    core, n_synapses = np.zeros(first[-1], np.int64), np.zeros(first[-1], np.int64)
    n_copies = NOTHING if copies is None else copies.astype(np.int64)
    list_axons(*synapses, n_copies, first, np.full(n_places, -1), core, n_synapses)
    return np.repeat(np.arange(n_axons.size), n_axons), core, n_synapses


def n_sources_into(matrix: sp.csr_array, start: int, stop: int) -> int:
    """How many sources have a synapse onto some of the targets ``start`` to ``stop``."""
    return int(count_sources(matrix.indptr, matrix.indices, start, stop))

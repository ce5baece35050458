"""How much of a core a piece of network takes: pure functions of counts, each with its source.

Hardware does not know networks: callers count neurons, axons and synapses, and ask.
"""

from collections.abc import Sequence

import numpy as np

LOIHI_BLOCK_SYNAPSES = 64
LOIHI_BLOCK_HEADER_BITS = 4 + 6  # index of the synapse format, number of synapses in the block
LOIHI_WORD_BITS = 64
LOIHI_SMALLEST_INDEX_BITS = 6


def loihi_axon_bits(n_synapses: np.ndarray, bits_per_synapse: int) -> np.ndarray:
    """Synapse memory of input axons on Loihi.

    ``sum over blocks of 64 synapses: ceil64(n * bits_per_synapse + 4 + 6)``.

    Parameters
    ----------
    n_synapses : (n_axons,) int, synapses of each axon on this core
    bits_per_synapse : int, weight bits plus index bits

    Returns
    -------
    (n_axons,) int64, bits

    Source: nengo/nengo-loihi@e564f66 nengo_loihi/block.py, SynapseConfig.bits_per_axon.

    Examples
    --------
    >>> loihi_axon_bits(np.array([1, 64, 65]), 8)  # 18 -> 64; 522 -> 576; 576 + 64
    array([ 64, 576, 640])
    """
    n_synapses = np.asarray(n_synapses, dtype=np.int64)
    full, rest = np.divmod(n_synapses, LOIHI_BLOCK_SYNAPSES)

    def words(n: np.ndarray | int) -> np.ndarray:
        return -(-(np.asarray(n) * bits_per_synapse + LOIHI_BLOCK_HEADER_BITS) // LOIHI_WORD_BITS)

    return LOIHI_WORD_BITS * (full * words(LOIHI_BLOCK_SYNAPSES) + np.where(rest > 0, words(rest), 0))


def loihi_core_bits(n_synapses: np.ndarray, n_neurons: int, weight_bits: int) -> int:
    """Synapse memory of one Loihi core: each axon in the cheaper of the sparse and the dense format.

    Parameters
    ----------
    n_synapses : (n_axons,) int, synapses of each axon on this core
    n_neurons : int, neurons on this core
    weight_bits : int, bits of a stored weight

    Returns
    -------
    int, bits

    Source: nengo/nengo-loihi@e564f66 nengo_loihi/block.py: the sparse format stores an index of at least 6 bits
    with each weight, the dense format (compression 3) none but every weight.

    Examples
    --------
    >>> loihi_core_bits(np.array([64, 1]), 64, 8)
    640
    """
    index_bits = max(LOIHI_SMALLEST_INDEX_BITS, int(np.ceil(np.log2(max(2, n_neurons)))))
    sparse = loihi_axon_bits(n_synapses, weight_bits + index_bits)
    dense = loihi_axon_bits(np.full(len(n_synapses), n_neurons), weight_bits)
    return int(np.minimum(sparse, dense).sum())


def loihi_stored_bits(weight_bits: int, available: Sequence[int]) -> int:
    """The narrowest stored width that holds a weight; the widest where none does.

    Parameters
    ----------
    weight_bits : int
    available : sequence of int, widths the chip can store

    Returns
    -------
    int, bits

    Examples
    --------
    >>> loihi_stored_bits(7, [1, 2, 3, 4, 5, 6, 8])
    8
    """
    return min((bits for bits in available if bits >= weight_bits), default=max(available))

"""What synapses, axons and delays take on a Loihi core."""

from collections.abc import Sequence

import numpy as np

# All from nengo/nengo-loihi@e564f66 nengo_loihi/block.py.
LOIHI_BLOCK_SYNAPSES = 64
LOIHI_BLOCK_HEADER_BITS = 4 + 6  # index of the synapse format, number of synapses in the block
LOIHI_WORD_BITS = 64
LOIHI_INDEX_BITS = (0, 6, 7, 8, 9, 10, 11, 12)  # widths an index can have; 0 where one neuron needs none


def loihi_axon_bits(n_synapses: np.ndarray, bits_per_synapse: int) -> np.ndarray:
    """Synapse memory of input axons on Loihi.

    ``sum over blocks of 64 synapses: ceil64(n * bits_per_synapse + 4 + 6)``.

    Parameters
    ----------
    n_synapses : (n_axons,) int, synapses of each axon on this core; axons that share one row of weights count it once
    bits_per_synapse : int, weight, delay, tag and index bits

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


def loihi_core_bits(
    n_synapses: np.ndarray, n_neurons: int, weight_bits: int, delay_bits: int = 0, tag_bits: int = 0
) -> int:
    """Synapse memory of one Loihi core: each axon in the cheaper of the sparse and the dense format.

    ``sparse: axon_bits(n_synapses, weight + delay + tag + index); dense: axon_bits(n_neurons, weight + delay + tag)``.

    Parameters
    ----------
    n_synapses : (n_axons,) int, synapses of each axon on this core
    n_neurons : int, neurons on this core
    weight_bits : int, bits of a stored weight
    delay_bits : int, bits of a stored delay; see ``loihi_delay_bits``
    tag_bits : int, bits a learning rule keeps with each synapse

    Returns
    -------
    int, bits

    Source: nengo/nengo-loihi@e564f66 nengo_loihi/block.py, SynapseConfig.bits_per_axon: the sparse format
    (compression 0) stores an index with each weight, the dense one (compression 3) none but every weight.

    Examples
    --------
    >>> loihi_core_bits(np.array([64, 1]), 64, 8)
    640
    """
    plain = weight_bits + delay_bits + tag_bits
    sparse = loihi_axon_bits(n_synapses, plain + loihi_index_bits(n_neurons))
    dense = loihi_axon_bits(np.full(len(n_synapses), n_neurons), plain)
    return int(np.minimum(sparse, dense).sum())


def loihi_index_bits(n_neurons: int) -> int:
    """Bits a sparse synapse spends on saying which of the core's neurons it ends on.

    ``the narrowest of 0, 6, 7, ... 12 that is at least ceil(log2(n_neurons))``; the widest where none is.

    Parameters
    ----------
    n_neurons : int, neurons an index has to tell apart

    Returns
    -------
    int, bits

    Source: nengo/nengo-loihi@e564f66 nengo_loihi/block.py, SynapseConfig.INDEX_BITS_MAP and Synapse.idx_bits.

    Examples
    --------
    >>> [loihi_index_bits(n) for n in (1, 2, 64, 65, 1024)]
    [0, 6, 6, 7, 10]
    """
    return loihi_stored_bits((max(n_neurons, 1) - 1).bit_length(), LOIHI_INDEX_BITS)


def loihi_stored_bits(weight_bits: int, available: Sequence[int]) -> int:
    """The narrowest stored width that holds a value; the widest where none does.

    ``min(width for width in available if width >= weight_bits)``.

    Parameters
    ----------
    weight_bits : int
    available : sequence of int, widths the chip can store

    Returns
    -------
    int, bits

    Source: nengo/nengo-loihi@e564f66 nengo_loihi/block.py, SynapseConfig.WEIGHT_BITS_MAP (a weight of 7 bits is
    stored in 8).

    Examples
    --------
    >>> loihi_stored_bits(7, [1, 2, 3, 4, 5, 6, 8])
    8
    """
    return min((bits for bits in available if bits >= weight_bits), default=max(available))


def loihi_delay_bits(maximum_delay: int) -> int:
    """Bits a synapse spends on its delay.

    ``floor(log2(maximum_delay)) + 1``, and 0 where nothing is delayed.

    Parameters
    ----------
    maximum_delay : int, the longest delay of this core's synapses in steps

    Returns
    -------
    int, bits; the chip's field has 6

    Source: Davies 2018 IEEE Micro 38(1) p. 92 (a 6-bit field, delays up to 62); field ``delay_bits`` of
    nengo/nengo-loihi@e564f66 nengo_loihi/block.py, SynapseConfig.

    Examples
    --------
    >>> loihi_delay_bits(0), loihi_delay_bits(1), loihi_delay_bits(62)
    (0, 1, 6)
    """
    return maximum_delay.bit_length()

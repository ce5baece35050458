"""What synapses, axons and delays take on a Loihi core."""

from collections.abc import Sequence

import numpy as np

# All from nengo/nengo-loihi@e564f66 nengo_loihi/block.py.
LOIHI_BLOCK_SYNAPSES = 64
LOIHI_BLOCK_HEADER_BITS = 4 + 6  # index of the synapse format, number of synapses in the block
LOIHI_WORD_BITS = 64
LOIHI_INDEX_BITS = (
    0,
    6,
    7,
    8,
    9,
    10,
    11,
    12,
)  # widths an index can have; 0 where one neuron needs none


def loihi_axon_bits(n_synapses: np.ndarray, bits_per_synapse: int) -> np.ndarray:
    """Synapse memory of input axons on Loihi."""
    # Source: nengo/nengo-loihi@e564f66 nengo_loihi/block.py, SynapseConfig.bits_per_axon.
    n_synapses = np.asarray(n_synapses, dtype=np.int64)
    full, rest = np.divmod(n_synapses, LOIHI_BLOCK_SYNAPSES)

    def words(n: np.ndarray | int) -> np.ndarray:
        return -(-(np.asarray(n) * bits_per_synapse + LOIHI_BLOCK_HEADER_BITS) // LOIHI_WORD_BITS)

    return LOIHI_WORD_BITS * (
        full * words(LOIHI_BLOCK_SYNAPSES) + np.where(rest > 0, words(rest), 0)
    )


def loihi_core_bits(
    n_synapses: np.ndarray, n_neurons: int, weight_bits: int, delay_bits: int = 0, tag_bits: int = 0
) -> int:
    """Synapse memory of one Loihi core: each axon in the cheaper of the sparse and the dense
    format.
    """
    # Source: nengo/nengo-loihi@e564f66 nengo_loihi/block.py, SynapseConfig.bits_per_axon: the
    # sparse format (compression 0) stores an index with each weight, the dense one (compression 3)
    # none but every weight.
    plain = weight_bits + delay_bits + tag_bits
    sparse = loihi_axon_bits(n_synapses, plain + loihi_index_bits(n_neurons))
    dense = loihi_axon_bits(np.full(len(n_synapses), n_neurons), plain)
    return int(np.minimum(sparse, dense).sum())


def loihi_index_bits(n_neurons: int) -> int:
    """Bits a sparse synapse spends on saying which of the core's neurons it ends on."""
    # Source: nengo/nengo-loihi@e564f66 nengo_loihi/block.py, SynapseConfig.INDEX_BITS_MAP and
    # Synapse.idx_bits.
    return loihi_stored_bits((max(n_neurons, 1) - 1).bit_length(), LOIHI_INDEX_BITS)


def loihi_stored_bits(weight_bits: int, available: Sequence[int]) -> int:
    """The narrowest stored width that holds a value; the widest where none does."""
    # Source: nengo/nengo-loihi@e564f66 nengo_loihi/block.py, SynapseConfig.WEIGHT_BITS_MAP (a
    # weight of 7 bits is stored in 8).
    return min((bits for bits in available if bits >= weight_bits), default=max(available))


def loihi_delay_bits(maximum_delay: int) -> int:
    """Bits a synapse spends on its delay."""
    # Source: Davies 2018 IEEE Micro 38(1) p. 92 (a 6-bit field, delays up to 62); field
    # ``delay_bits`` of nengo/nengo-loihi@e564f66 nengo_loihi/block.py, SynapseConfig.
    return maximum_delay.bit_length()

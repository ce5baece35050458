"""Loihi: synapse memory in words, each axon sparse or dense."""

import numpy as np

from spikefit_nb.hardware.family import Family, stored_width

# All from nengo/nengo-loihi@e564f66 nengo_loihi/block.py.
LOIHI_BLOCK_SYNAPSES = 64
LOIHI_BLOCK_HEADER_BITS = 4 + 6  # index of the synapse format, number of synapses in the block
LOIHI_WORD_BITS = 64
# widths an index can have; 0 where one neuron needs none
LOIHI_INDEX_BITS = (0, 6, 7, 8, 9, 10, 11, 12)


def loihi_axon_bits(n_synapses: np.ndarray, bits_per_synapse: np.ndarray | int) -> np.ndarray:
    """Synapse memory of input axons on Loihi."""
    # Source: nengo/nengo-loihi@e564f66 nengo_loihi/block.py, SynapseConfig.bits_per_axon.
    full, rest = np.divmod(n_synapses, LOIHI_BLOCK_SYNAPSES)

    def words(n: np.ndarray | int) -> np.ndarray | int:
        return -(-(n * bits_per_synapse + LOIHI_BLOCK_HEADER_BITS) // LOIHI_WORD_BITS)

    return LOIHI_WORD_BITS * (
        full * words(LOIHI_BLOCK_SYNAPSES) + np.where(rest > 0, words(rest), 0)
    )


def loihi_synapse_bits(
    n_synapses: np.ndarray, n_neurons: np.ndarray, weight_bits: int, delay_steps: int
) -> np.ndarray:
    """Synapse memory of axons, each in the cheaper of the sparse and the dense format."""
    # Source: nengo/nengo-loihi@e564f66 nengo_loihi/block.py, SynapseConfig.bits_per_axon: the
    # sparse format (compression 0) stores an index with each weight, the dense one (compression 3)
    # none but every weight. Davies 2018 IEEE Micro 38(1) p. 92: a delay has a field of 6 bits, up
    # to 62 on top of one step; one step takes no field.
    sparse = loihi_row_bits(n_synapses, n_neurons, weight_bits, delay_steps)
    return np.minimum(sparse, loihi_axon_bits(n_neurons, _plain_bits(weight_bits, delay_steps)))


def loihi_row_bits(
    n_synapses: np.ndarray, n_neurons: np.ndarray, weight_bits: int, delay_steps: int
) -> np.ndarray:
    """Synapse memory of rows of weights in the sparse format: each with the index of its neuron."""
    # Source: nengo/nengo-loihi@001283a nengo_loihi/block.py, Synapse.set_population_weights
    # (weights that axons share are sparse), bits and idx_bits (an index counts from the axon's
    # base).
    widths = np.array(LOIHI_INDEX_BITS)  # as ``loihi_index_bits``
    index_bits = widths[np.minimum(np.searchsorted(2**widths, n_neurons), widths.size - 1)]
    return loihi_axon_bits(n_synapses, _plain_bits(weight_bits, delay_steps) + index_bits)


def _plain_bits(weight_bits: int, delay_steps: int) -> int:
    """Bits of a weight and its delay."""
    return weight_bits + (delay_steps.bit_length() if delay_steps > 1 else 0)


def loihi_index_bits(n_neurons: int) -> int:
    """Bits a sparse synapse spends on saying which of the core's neurons it ends on."""
    # Source: nengo/nengo-loihi@e564f66 nengo_loihi/block.py, SynapseConfig.INDEX_BITS_MAP and
    # Synapse.idx_bits.
    return stored_width((max(n_neurons, 1) - 1).bit_length(), LOIHI_INDEX_BITS)


FAMILY = Family(
    axon_bits=loihi_synapse_bits,
    row_bits=loihi_row_bits,
    arithmetics=("loihi", "sanafe_loihi"),
)

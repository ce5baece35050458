"""SpiNNaker: rows of synapses in words, with a header each."""

import numpy as np

from spikefit_nb.hardware.family import Family

WORD_BITS = 32
HEADER_WORDS = 3  # sizes of the plastic, fixed and fixed-plastic part of a row


def row_bits(
    n_synapses: np.ndarray, n_neurons: np.ndarray, weight_bits: int, delay_steps: int
) -> np.ndarray:
    """Memory of synaptic rows, one row for each source neuron on each target core."""
    # Source: SpiNNakerManchester/sPyNNaker@02855b3 spynnaker/pyNN/models/neuron/synapse_io.py
    # (_N_HEADER_WORDS, get_max_row_info) and @0639447
    # unittests/model_tests/neuron/test_synapse_io.py (1 word a synapse, 256 words).
    return WORD_BITS * np.where(n_synapses > 0, n_synapses + HEADER_WORDS, 0)


FAMILY = Family(axon_bits=row_bits, is_live=True)

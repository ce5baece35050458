"""SpiNNaker: rows of synapses in words, with a header each, and cores that hold spikes back."""

from collections.abc import Iterator

import numpy as np

from spikefit_nb.hardware.chip import Chip
from spikefit_nb.hardware.family import Counts, Family, Need, counted

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


def spinnaker_needs(chip: Chip, counts: Counts) -> Iterator[Need]:
    """Cores with those of the delay extensions: one for as many neurons as a core holds, of each
    population some of whose spikes wait for longer than a core's own buffer can.
    """
    # Source: SpiNNakerManchester/sPyNNaker@0029f3b
    # spynnaker/pyNN/models/utility_models/delays/delay_extension_vertex.py: a delay extension has
    # as many atoms as its source population (n_atoms), and is split as that is
    # (SameAtomsAsVertexConstraint).
    if not all(map(chip.has, FAMILY.figures)):
        return
    most, plain = chip.value("neurons_per_core"), chip.value("plain_delay")
    delayed = {name: n for name, (n, steps) in counts.longest_delays.items() if steps > plain}
    if delayed:
        n_more = sum(-(-n // most) for n in delayed.values())
        what = f"cores, {n_more} of them to hold back spikes for more than {plain} steps"
        n_cores, where = len(counts.places) + n_more, ", ".join(delayed)
        yield counted(what, n_cores, where, "cores", chip)


FAMILY = Family(
    axon_bits=row_bits,
    needs=spinnaker_needs,
    figures=("plain_delay", "neurons_per_core", "cores"),
    is_live=True,
    leads_with=("board_power_w",),
)

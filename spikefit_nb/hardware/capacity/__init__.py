"""How much of a chip a piece of network takes: pure functions of counts, each with its source.

Hardware does not know networks: callers count neurons, axons and synapses, and ask. One module for each family.
"""

from spikefit_nb.hardware.capacity.akida import AkidaRules, akida_broken_rules
from spikefit_nb.hardware.capacity.bits import plain_bits, words
from spikefit_nb.hardware.capacity.brainscales2 import brainscales2_circuits, brainscales2_runs
from spikefit_nb.hardware.capacity.dynap_se2 import (
    dynap_se2_currents,
    dynap_se2_destinations,
    dynap_se2_levels,
    dynap_se2_tags,
)
from spikefit_nb.hardware.capacity.loihi import (
    loihi_axon_bits,
    loihi_axon_slots,
    loihi_core_bits,
    loihi_delay_bits,
    loihi_index_bits,
    loihi_stored_bits,
)
from spikefit_nb.hardware.capacity.odin import odin_addresses, odin_cycles, reckon_pairs
from spikefit_nb.hardware.capacity.speck import (
    SpeckNeeds,
    speck_assign,
    speck_kernel_words,
    speck_neuron_words,
    speck_readout_channels,
)
from spikefit_nb.hardware.capacity.spinnaker import spinnaker_load, spinnaker_row_bits, spinnaker_step_s
from spikefit_nb.hardware.capacity.truenorth import (
    truenorth_axons,
    truenorth_copies,
    truenorth_core_bits,
    truenorth_splitter_cores,
)
from spikefit_nb.hardware.capacity.xylo import XyloCycles, xylo_cycles, xylo_fan_out

__all__ = [
    "AkidaRules",
    "SpeckNeeds",
    "XyloCycles",
    "akida_broken_rules",
    "brainscales2_circuits",
    "brainscales2_runs",
    "dynap_se2_currents",
    "dynap_se2_destinations",
    "dynap_se2_levels",
    "dynap_se2_tags",
    "loihi_axon_bits",
    "loihi_axon_slots",
    "loihi_core_bits",
    "loihi_delay_bits",
    "loihi_index_bits",
    "loihi_stored_bits",
    "odin_addresses",
    "odin_cycles",
    "plain_bits",
    "reckon_pairs",
    "speck_assign",
    "speck_kernel_words",
    "speck_neuron_words",
    "speck_readout_channels",
    "spinnaker_load",
    "spinnaker_row_bits",
    "spinnaker_step_s",
    "truenorth_axons",
    "truenorth_copies",
    "truenorth_core_bits",
    "truenorth_splitter_cores",
    "words",
    "xylo_cycles",
    "xylo_fan_out",
]

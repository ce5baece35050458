"""How much of a chip a piece of network takes: pure functions of counts, each with its source.

Hardware does not know networks: callers count neurons, axons and synapses, and ask. One module for
each family.
"""

from spikefit_nb.hardware.capacity.akida import AkidaRules, akida_broken_rules
from spikefit_nb.hardware.capacity.bits import plain_bits
from spikefit_nb.hardware.capacity.brainscales2 import brainscales2_circuits
from spikefit_nb.hardware.capacity.dynap_se2 import (
    dynap_se2_currents,
    dynap_se2_destinations,
    dynap_se2_levels,
)
from spikefit_nb.hardware.capacity.loihi import (
    loihi_axon_bits,
    loihi_core_bits,
    loihi_delay_bits,
    loihi_index_bits,
    loihi_stored_bits,
)
from spikefit_nb.hardware.capacity.odin import odin_addresses, odin_cycles
from spikefit_nb.hardware.capacity.speck import (
    SpeckNeeds,
    speck_assign,
    speck_kernel_words,
    speck_neuron_words,
)
from spikefit_nb.hardware.capacity.spinnaker import spinnaker_row_bits
from spikefit_nb.hardware.capacity.truenorth import (
    truenorth_splitter_cores,
)
from spikefit_nb.hardware.capacity.xylo import XyloCycles, xylo_cycles

__all__ = [
    "AkidaRules",
    "SpeckNeeds",
    "XyloCycles",
    "akida_broken_rules",
    "brainscales2_circuits",
    "dynap_se2_currents",
    "dynap_se2_destinations",
    "dynap_se2_levels",
    "loihi_axon_bits",
    "loihi_core_bits",
    "loihi_delay_bits",
    "loihi_index_bits",
    "loihi_stored_bits",
    "odin_addresses",
    "odin_cycles",
    "plain_bits",
    "speck_assign",
    "speck_kernel_words",
    "speck_neuron_words",
    "spinnaker_row_bits",
    "truenorth_splitter_cores",
    "xylo_cycles",
]

"""Put the network on the chip."""

from spikefit_nb.mapping.axons import stored_bits, weight_kinds
from spikefit_nb.mapping.core_map import FORMATS, CoreMap, CoreNeeds, counts_cores
from spikefit_nb.mapping.counting import least_cores
from spikefit_nb.mapping.partition import PER_CORE, map_by_hand, map_network
from spikefit_nb.mapping.places import layer_on, layer_words

__all__ = [
    "FORMATS",
    "PER_CORE",
    "CoreMap",
    "CoreNeeds",
    "counts_cores",
    "layer_on",
    "layer_words",
    "least_cores",
    "map_by_hand",
    "map_network",
    "stored_bits",
    "weight_kinds",
]

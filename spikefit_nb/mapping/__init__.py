"""Put the network on the chip."""

from spikefit_nb.mapping.axons import Axons, count_axons, n_weight_values
from spikefit_nb.mapping.mapping import CoreNeeds, Mapping
from spikefit_nb.mapping.partition import map_network

__all__ = ["Axons", "CoreNeeds", "Mapping", "count_axons", "map_network", "n_weight_values"]

"""Put the network on the chip."""

from spikefit_nb.mapping.axons import real_values
from spikefit_nb.mapping.mapping import CoreNeeds, Mapping
from spikefit_nb.mapping.partition import map_network

__all__ = ["CoreNeeds", "Mapping", "map_network", "real_values"]

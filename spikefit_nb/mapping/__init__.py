"""Put the network on the chip."""

from spikefit_nb.mapping.axon_types import most_weights, weight_kinds
from spikefit_nb.mapping.axons import stored_bits
from spikefit_nb.mapping.core_map import (
    FORMATS,
    PER_CORE,
    CoreMap,
    CoreNeeds,
    can_be_cut,
    counts_cores,
)
from spikefit_nb.mapping.counting import least_cores
from spikefit_nb.mapping.grouping import (
    GROUPERS,
    Graph,
    Grouped,
    Grouper,
    Overlap,
    group_and_place,
    grouper_named,
)
from spikefit_nb.mapping.partition import map_by_hand, map_network, most_neurons
from spikefit_nb.mapping.places import layer_on, layer_words
from spikefit_nb.mapping.placing import (
    PLACERS,
    Annealed,
    Hilbert,
    Links,
    Placer,
    Rows,
    hops_of,
    place_cores,
    placer_named,
)
from spikefit_nb.mapping.regrouping import group_neurons
from spikefit_nb.mapping.room import Room
from spikefit_nb.mapping.routes import (
    ROUTINGS,
    Routes,
    route,
    router_entries,
    table_entries,
    tree_loads,
)
from spikefit_nb.mapping.shapes import (
    PARTITIONERS,
    Layers,
    Partitioner,
    Tiles,
    equal_work,
    partitioner_named,
)
from spikefit_nb.mapping.sites import TOPOLOGIES, Sites, sites_of
from spikefit_nb.mapping.streaming import Stream
from spikefit_nb.mapping.wiring import Wiring

__all__ = [
    "FORMATS",
    "GROUPERS",
    "PARTITIONERS",
    "PER_CORE",
    "PLACERS",
    "ROUTINGS",
    "TOPOLOGIES",
    "Annealed",
    "CoreMap",
    "CoreNeeds",
    "Graph",
    "Grouped",
    "Grouper",
    "Hilbert",
    "Layers",
    "Links",
    "Overlap",
    "Partitioner",
    "Placer",
    "Room",
    "Routes",
    "Rows",
    "Sites",
    "Stream",
    "Tiles",
    "Wiring",
    "can_be_cut",
    "counts_cores",
    "equal_work",
    "group_and_place",
    "group_neurons",
    "grouper_named",
    "hops_of",
    "layer_on",
    "layer_words",
    "least_cores",
    "map_by_hand",
    "map_network",
    "most_neurons",
    "most_weights",
    "partitioner_named",
    "place_cores",
    "placer_named",
    "route",
    "router_entries",
    "sites_of",
    "stored_bits",
    "table_entries",
    "tree_loads",
    "weight_kinds",
]

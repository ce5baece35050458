"""What is deployed."""

from spikefit_nb.network.layers import Layer, layer_of
from spikefit_nb.network.network import Network, Population
from spikefit_nb.network.neurons import IF, LIF, CubaLIF, Input, Neuron
from spikefit_nb.network.projections import Conv2d, Edges, Fanout, Projection

__all__ = [
    "IF", "LIF", "Conv2d", "CubaLIF", "Edges", "Fanout", "Input", "Layer", "Network", "Neuron", "Population",
    "Projection", "layer_of",
]  # fmt: skip

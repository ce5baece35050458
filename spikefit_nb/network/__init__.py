"""What is deployed."""

from spikefit_nb.network.layers import Layer, layer_of
from spikefit_nb.network.network import Network, Population
from spikefit_nb.network.neurons import IF, LI, LIF, CubaLI, CubaLIF, Input, Integrator, Neuron
from spikefit_nb.network.projections import Conv2d, Edges, Fanout, Projection

__all__ = [
    "IF", "LI", "LIF", "Conv2d", "CubaLI", "CubaLIF", "Edges", "Fanout", "Input", "Integrator", "Layer", "Network",
    "Neuron", "Population", "Projection", "layer_of",
]  # fmt: skip

"""What is deployed."""

from spikefit_nb.network.adaptive_neurons import ALIF, AdEx, Izhikevich
from spikefit_nb.network.layers import Layer, layer_of
from spikefit_nb.network.network import Network, Population
from spikefit_nb.network.neurons import IF, LI, LIF, CubaLI, CubaLIF, Input, Integrator, Neuron
from spikefit_nb.network.projections import Conv2d, Edges, Fanout, Projection

__all__ = [
    "ALIF",
    "IF",
    "LI",
    "LIF",
    "AdEx",
    "Conv2d",
    "CubaLI",
    "CubaLIF",
    "Edges",
    "Fanout",
    "Input",
    "Integrator",
    "Izhikevich",
    "Layer",
    "Network",
    "Neuron",
    "Population",
    "Projection",
    "layer_of",
]

"""What is deployed."""

from spikefit_nb.network.adaptive_neurons import ALIF, AdEx, Izhikevich
from spikefit_nb.network.conv2d import Conv2d
from spikefit_nb.network.dense_weight import DenseWeight
from spikefit_nb.network.layers import Layer
from spikefit_nb.network.linear import add_weights, as_stored, as_weight, compose, diagonal_of
from spikefit_nb.network.network import Network, Population
from spikefit_nb.network.neuron_values import Reset
from spikefit_nb.network.neurons import IF, LI, LIF, CubaLI, CubaLIF, Input, Integrator, Neuron
from spikefit_nb.network.projections import (
    SAME_DIGITS,
    ByWeight,
    Fanout,
    Projection,
    copies_of,
    layer_of,
)
from spikefit_nb.network.settings import (
    PerPopulation,
    setting_in_words,
    setting_of,
    settings_given,
    settings_of,
)
from spikefit_nb.network.sigma_delta import SigmaDelta
from spikefit_nb.network.sparse_weight import SparseWeight
from spikefit_nb.network.weight import Edges, Weight

__all__ = [
    "ALIF",
    "IF",
    "LI",
    "LIF",
    "SAME_DIGITS",
    "AdEx",
    "ByWeight",
    "Conv2d",
    "CubaLI",
    "CubaLIF",
    "DenseWeight",
    "Edges",
    "Fanout",
    "Input",
    "Integrator",
    "Izhikevich",
    "Layer",
    "Network",
    "Neuron",
    "PerPopulation",
    "Population",
    "Projection",
    "Reset",
    "SigmaDelta",
    "SparseWeight",
    "Weight",
    "add_weights",
    "as_stored",
    "as_weight",
    "compose",
    "copies_of",
    "diagonal_of",
    "layer_of",
    "setting_in_words",
    "setting_of",
    "settings_given",
    "settings_of",
]

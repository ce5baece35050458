"""Which of a chip's cores each core in use is, where cores are not all alike."""

import numpy as np

from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.hardware.capacity import SpeckNeeds, speck_assign, speck_kernel_words, speck_neuron_words
from spikefit_nb.network import Network, layer_of


def layer_words(network: Network) -> list[SpeckNeeds]:
    """What each population takes of a core on a chip that takes layers whole (Speck).

    Neuron words are counted as the vendor's tool does, with sides rounded up to powers of two.

    Parameters
    ----------
    network : Network

    Returns
    -------
    list of SpeckNeeds, in the order of ``network.neurons``

    Examples
    --------
    >>> from spikefit_nb.network import IF, Input, Population, Projection
    >>> network = Network([Population("in", (64,), Input()), Population("out", (10,), IF(1.0))],
    ...                   [Projection("in", "out", np.ones((64, 10)))])
    >>> layer_words(network)
    [SpeckNeeds(kernel_words=1024, neuron_words=10, biases=0)]
    """
    words = []
    for population in network.neurons:
        layers = [layer_of(e, network[e.source].shape) for e in network.projections if e.target == population.name]
        kernels = sum(speck_kernel_words(layer.n_in, layer.n_out, *layer.kernel) for layer in layers)
        n_maps, y, x = population.shape if len(population.shape) == 3 else (population.n_neurons, 1, 1)
        biases = n_maps if population.parameter("bias").any() else 0
        words.append(SpeckNeeds(kernels, speck_neuron_words(n_maps, y, x, rounded=True), biases))
    return words


def places_of(network: Network, profile: HardwareProfile, n_cores: int) -> np.ndarray:
    """Core of the chip for each core in use: in order, except where layers have to find a core large enough.

    Parameters
    ----------
    network : Network
    profile : HardwareProfile
    n_cores : int, cores in use

    Returns
    -------
    (n_cores,) int64; layers that no free core can take are numbered on from the chip's last core
    """
    if profile.family != "speck":
        return np.arange(n_cores)
    kernels, neurons = profile.value("kernel_memory_per_core"), profile.value("neuron_memory_per_core")
    biases = [profile.value("bias_memory_per_core")] * len(kernels)
    found, _ = speck_assign(layer_words(network), list(map(SpeckNeeds, kernels, neurons, biases)))
    beyond = iter(range(len(kernels), len(kernels) + n_cores))
    return np.array([next(beyond) if core is None else core for core in found], np.int64)

"""Which of a chip's cores each core in use is, where cores are not all alike."""

import numpy as np

from spikefit_nb.hardware import FAMILIES, HardwareProfile, LayerWords
from spikefit_nb.network import Layer, Network, Projection, layer_of


def layer_on(
    projection: Projection, source_shape: tuple[int, ...], profile: HardwareProfile
) -> Layer:
    """See a projection as a layer of a chip.

    Where the chip lacks the pooling found, a smaller one of its own followed by a larger kernel may
    do the same.

    Parameters
    ----------
    projection : Projection
    source_shape : shape of the source population, (channels, y, x) or (n,)
    profile : HardwareProfile

    Returns
    -------
    Layer

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> eight = Projection("pixels", "out", np.ones((64, 10)))  # pooling of 8 x 8 pixels would do
    >>> layer_on(eight, (1, 8, 8), load_profile("speck")).pool
    4
    """
    layer = layer_of(projection, source_shape)
    if not profile.has("poolings") or layer.pool in profile.value("poolings"):
        return layer
    other = layer_of(projection, source_shape, poolings=profile.value("poolings"))
    return (
        other
        if not profile.has("strides") or set(other.stride) <= set(profile.value("strides"))
        else layer
    )


def layer_words(network: Network, profile: HardwareProfile) -> list[LayerWords]:
    """Count what each population takes of a core on a chip that takes layers whole, such as Speck.

    Parameters
    ----------
    network : Network
    profile : HardwareProfile

    Returns
    -------
    list of LayerWords, in the order of ``network.neuron_populations``

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.network import IF, Input, Population
    >>> network = Network([Population("in", (64,), Input()), Population("out", (10,), IF(1.0))],
    ...                   [Projection("in", "out", np.ones((64, 10)))])
    >>> layer_words(network, load_profile("speck"))
    [LayerWords(kernel_words=1024, neuron_words=10, biases=0)]
    """
    words = []
    for population in network.neuron_populations:
        incoming = [e for e in network.projections if e.target == population.name]
        layers = [layer_on(e, network[e.source].shape, profile) for e in incoming]
        kernels = [(layer.n_in, layer.n_out, *layer.kernel) for layer in layers]
        shape = population.shape if len(population.shape) == 3 else (population.n_neurons, 1, 1)
        has_bias = bool(population.parameter("bias").any())
        words.append(FAMILIES[profile.family].layer_words(kernels, shape, has_bias))
    return words


def places_of(network: Network, profile: HardwareProfile, n_cores: int) -> np.ndarray:
    """Core of the chip for each core in use: in order, except where layers have to find a core
    large enough.
    """
    unequal = ("kernel_memory_per_core", "neuron_memory_per_core")
    assign = FAMILIES[profile.family].assign
    if assign is None or not all(profile.has(figure) for figure in unequal):
        return np.arange(n_cores)
    kernels, neurons = map(profile.value, unequal)
    words = layer_words(network, profile)
    most = (
        profile.value("bias_memory_per_core")
        if profile.has("bias_memory_per_core")
        else max(w.biases for w in words)
    )
    found = assign(words, list(map(LayerWords, kernels, neurons, [most] * len(kernels))))
    beyond = iter(range(len(kernels), len(kernels) + n_cores))
    return np.array([next(beyond) if core is None else core for core in found], np.int64)

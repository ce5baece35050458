"""Small random networks for tests, of every kind of projection and neuron."""

import numpy as np
import scipy.sparse as sp

from spikefit_nb.network import IF, LIF, Conv2d, CubaLIF, Input, Network, Population, Projection


def neuron(kind, random, **options):
    """A neuron model with plausible random parameters."""
    threshold = float(random.uniform(0.5, 1.5))
    if kind == "IF":
        return IF(threshold, r=1.0, **options)
    if kind == "LIF":
        return LIF(random.uniform(2e-3, 2e-2), threshold, r=random.uniform(1, 6), bias=0.05, **options)
    return CubaLIF(2e-3, random.uniform(2e-3, 2e-2), threshold, r=4.0, w_in=1.5, v_leak=0.01, **options)


def two_layers(seed, kind="IF", recurrent=False, sparse=False, delay=0, **options):
    """input 5 -> hidden 7 (-> hidden) -> output 3."""
    random = np.random.default_rng(seed)

    def weights(n, m):
        matrix = random.normal(0.3, 0.6, (n, m)) * (random.random((n, m)) < 0.7)
        return sp.csr_array(matrix) if sparse else matrix

    projections = [
        Projection("input", "hidden", weights(5, 7)),
        Projection("hidden", "output", weights(7, 3), delay_steps=delay),
    ]
    if recurrent:
        projections.append(Projection("hidden", "hidden", weights(7, 7), delay_steps=1 + delay))
    populations = [
        Population("input", (5,), Input()),
        Population("hidden", (7,), neuron(kind, random, **options)),
        Population("output", (3,), neuron(kind, random, **options)),
    ]
    return Network(populations, projections, dt_s=1e-3)


def convolutional(seed, *, stride=1, padding=1, dilation=1, groups=1, max_spikes=1):
    """input (2, 6, 5) -> convolution of 4 channels -> output 3."""
    random = np.random.default_rng(seed)
    kernel = random.normal(0.2, 0.5, (4, 2 // groups, 3, 2))
    conv = Conv2d(kernel, (2, 6, 5), stride, padding, dilation, groups)
    shape = conv.output_shape
    fires = IF(1.0, reset="subtract", max_spikes_per_step=max_spikes)
    return Network(
        [Population("input", (2, 6, 5), Input()), Population("map", shape, fires), Population("output", (3,), IF(1.0))],
        [Projection("input", "map", conv), Projection("map", "output", random.normal(0, 0.5, (np.prod(shape), 3)))],
    )


def spikes(network, seed, n_samples=3, n_steps=12, rate=0.3):
    """Random input spikes for a network."""
    return np.random.default_rng(seed).random((n_samples, n_steps, network.n_channels)) < rate

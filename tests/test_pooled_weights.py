"""Weights that pooling made copies of one another are pruned as one, so that they stay pooled."""

import numpy as np
import pytest
import scipy.sparse as sp

import spikefit_nb as sf
from spikefit_nb.adapt import limit_fan_in, prune, prune_neurons
from spikefit_nb.fit import check_fit
from spikefit_nb.network import Conv2d, copies_of, layer_of

SPECK = sf.load_profile("speck")
IF = sf.IF(1.0, reset="subtract")


def pooled_kernels(seed, n_out=4, channels=2, size=4, pool=2):
    """Kernels (n_out, channels, y, x) whose weights repeat over tiles of pool x pool pixels."""
    shape = n_out, channels, size // pool, size // pool
    small = np.random.default_rng(seed).normal(0.1, 0.3, shape)
    return np.kron(small, np.ones((pool, pool))).astype(np.float32)


def network_of(kind, seed=0):
    """Pixels, pooled, onto a layer whose weights are stored in one of three ways."""
    shape = (2, 4, 4)
    kernels = pooled_kernels(seed)
    matrix = kernels.reshape(4, -1).T
    if kind == "convolution":
        weight, target = Conv2d(kernels, shape, stride=(4, 4)), (4, 1, 1)
    else:
        weight, target = (sp.csr_array(matrix) if kind == "sparse" else matrix), (4,)
    layers = [sf.Population("in", shape, sf.Input()), sf.Population("out", target, IF)]
    return sf.Network(layers, [sf.Projection("in", "out", weight)])


KINDS = ("dense", "sparse", "convolution")


def kernels_of(network):
    weight = network.projections[0].weight
    return weight.toarray().T.reshape(4, 2, 4, 4)


def small_kernels_of(network):
    return kernels_of(network)[:, :, ::2, ::2]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fraction", [0.1, 0.3, 0.5, 0.8])
def test_pruning_a_pooled_layer_is_pruning_its_small_kernel(kind, fraction):
    network = network_of(kind)
    after = prune(network, fraction).network
    small = small_kernels_of(network).copy()
    weakest = np.argsort(np.abs(small), axis=None)[: round(fraction * small.size)]
    small.ravel()[weakest] = 0
    assert np.array_equal(kernels_of(after), np.kron(small, np.ones((2, 2))))
    assert layer_of(after.projections[0], (2, 4, 4)).pool >= 2


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("most", [1, 4, 6, 11, 31])
def test_the_strongest_synapses_of_a_pooled_layer_are_whole_tiles(kind, most):
    network = network_of(kind)
    after = limit_fan_in(network, most).network
    small = small_kernels_of(network).copy()
    for kernel in small:
        weakest = np.argsort(-np.abs(kernel), axis=None)[most // 4 :]
        kernel.ravel()[weakest] = 0
    assert np.array_equal(kernels_of(after), np.kron(small, np.ones((2, 2))))


def test_neurons_before_a_pooling_are_cut_by_channels():
    layers = [
        sf.Population("in", (3,), sf.Input()),
        sf.Population("maps", (2, 4, 4), IF),
        sf.Population("out", (4,), IF),
    ]
    first = np.random.default_rng(1).normal(size=(3, 32))
    pooled = pooled_kernels(2).reshape(4, -1).T
    network = sf.Network(
        layers, [sf.Projection("in", "maps", first), sf.Projection("maps", "out", pooled)]
    )
    after = prune_neurons(network, 0.5).network
    assert after["maps"].shape == (1, 4, 4)
    assert layer_of(after.projections[1], (1, 4, 4)).pool == 2


@pytest.mark.parametrize("kind", KINDS)
def test_copies_have_the_same_number_and_the_same_weight(kind):
    projection = network_of(kind).projections[0]
    copies = copies_of(projection, (2, 4, 4))
    assert np.unique(copies).size == 4 * 2 * 2 * 2
    assert (np.bincount(copies)[np.unique(copies)] == 4).all()
    for each in np.unique(copies):
        assert np.unique(projection.values[copies == each]).size == 1


def test_weights_that_nothing_pools_have_numbers_of_their_own():
    plain = sf.Projection("in", "out", np.random.default_rng(0).normal(size=(16, 3)))
    assert copies_of(plain, (1, 4, 4)).tolist() == list(range(48))


@pytest.mark.parametrize(
    "knobs",
    [
        *({"prune_fraction": f} for f in (0.05, 0.3, 0.6, 0.9)),
        {"prune_neurons": 0.3},
        {"max_fan_in": 100},
        {"weight_bits": 4, "prune_fraction": 0.5},
        {"weight_values": 8, "prune_fraction": 0.5},
        {"prune_fraction": {"10": 0.5}},
    ],
)
def test_a_network_that_fits_speck_by_its_pooling_fits_it_pruned(knobs, shared_data):
    path = shared_data / "nir" / "02_cnn" / "cnn_sinabs.nir"
    network = sf.read_nir(path, dt_s=1e-4, source="sinabs")
    assert check_fit(network, SPECK).fits
    assert check_fit(network, SPECK, design=sf.Design(**knobs)).fits

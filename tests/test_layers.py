"""Layers of convolutional chips: pooling that was composed into weights is found again, and none
that was not there.
"""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from spikefit_nb.hardware import load_profile
from spikefit_nb.mapping import layer_on
from spikefit_nb.network import Conv2d, Projection, compose, layer_of
from spikefit_nb.nir_file import read_nir
from tests.naive.linear_layers import convolve, pool

sizes = st.integers(1, 3)


def pooled(seed, side, n_maps, kernel, stride, padding, tiles):
    """Sum pooling and the convolution behind it, and both composed as a NIR file's reader does."""
    random = np.random.default_rng(seed)
    pixels = (2, side * tiles[0], (side + 1) * tiles[1])
    pooling = Conv2d(np.ones((2, 1, *tiles)), pixels, stride=tiles, groups=2)
    small = Conv2d(random.normal(size=(n_maps, 2, *kernel)), pooling.output_shape, stride, padding)
    return small, compose(pooling, small)


@settings(max_examples=60)
@given(
    seed=st.integers(0, 1000),
    side=st.integers(3, 5),
    n_maps=sizes,
    kernel=st.tuples(sizes, sizes),
    stride=sizes,
    padding=st.integers(0, 2),
    tile=st.sampled_from([2, 3, 4, 8]),
)
def test_pooling_composed_into_a_convolution_is_found_again(
    seed, side, n_maps, kernel, stride, padding, tile
):
    small, composed = pooled(seed, side, n_maps, kernel, stride, padding, (tile, tile))
    layer = layer_of(Projection("pixels", "maps", composed), composed.input_shape)
    assert layer == (2, n_maps, kernel, (stride, stride), (padding, padding), tile, 1)
    assert (layer.kernel, layer.stride, layer.padding) == (
        small.weight.shape[2:],
        small.stride,
        small.padding,
    )


def test_a_layer_found_computes_what_the_weights_compute():
    _, composed = pooled(5, 4, 3, (2, 3), 2, 1, (2, 2))
    layer = layer_of(Projection("pixels", "maps", composed), composed.input_shape)
    x = np.random.default_rng(0).random(composed.input_shape)
    tiled = composed.weight[:, :, :: layer.pool, :: layer.pool]
    found = convolve(pool(x, layer.pool), tiled, stride=layer.stride[0], padding=layer.padding[0])
    direct = convolve(x, composed.weight, stride=composed.stride[0], padding=composed.padding[0])
    assert np.allclose(found, direct) and found.shape == composed.output_shape


def test_pooling_of_unequal_sides_is_left_in_the_kernel():
    _, composed = pooled(1, 3, 2, (2, 2), 1, 0, (2, 4))
    layer = layer_of(Projection("pixels", "maps", composed), composed.input_shape)
    assert (layer.pool, layer.kernel, layer.stride) == (2, (2, 4), (1, 2))


@settings(max_examples=60)
@given(
    seed=st.integers(0, 1000),
    kernel=st.integers(1, 4),
    stride=st.sampled_from([1, 2, 4]),
    groups=st.sampled_from([1, 2]),
)
def test_random_kernels_are_no_pooling(seed, kernel, stride, groups):
    weight = np.random.default_rng(seed).normal(size=(4, 2 // groups, 2 * kernel, 2 * kernel))
    conv = Conv2d(weight, (2, 16, 16), stride, padding=2, groups=groups)
    layer = layer_of(Projection("pixels", "maps", conv), conv.input_shape)
    assert layer == (2, 4, (2 * kernel,) * 2, (stride,) * 2, (2, 2), 1, groups)


@settings(max_examples=40)
@given(
    seed=st.integers(0, 1000),
    tile=st.sampled_from([1, 2, 3, 4, 8]),
    y=sizes,
    x=sizes,
    sparse=st.booleans(),
    channels=sizes,
)
def test_a_dense_layer_after_pooling_is_a_kernel_over_the_pooled_map(
    seed, tile, y, x, sparse, channels
):
    small = np.random.default_rng(seed).normal(size=(channels, y, x, 5))
    large = small.repeat(tile, axis=1).repeat(tile, axis=2).reshape(-1, 5)
    projection = Projection("maps", "out", sp.csr_array(large) if sparse else large)
    assert layer_of(projection, (channels, y * tile, x * tile)) == (
        channels,
        5,
        (y, x),
        (1, 1),
        (0, 0),
        tile,
        1,
    )


def test_a_dense_layer_of_a_flat_population_has_a_kernel_of_one_pixel():
    assert layer_of(Projection("in", "out", np.ones((12, 5))), (12,)) == (
        12,
        5,
        (1, 1),
        (1, 1),
        (0, 0),
        1,
        1,
    )


@pytest.mark.parametrize("axis", [2, 3])
def test_weights_that_repeat_along_one_side_only_are_no_pooling(axis):
    shape = [2, 1, 4, 4]
    shape[axis] //= 2
    conv = Conv2d(
        np.random.default_rng(0).normal(size=shape).repeat(2, axis=axis), (1, 8, 8), stride=2
    )
    assert layer_of(Projection("pixels", "maps", conv), conv.input_shape)[2:6] == (
        (4, 4),
        (2, 2),
        (0, 0),
        1,
    )


def test_a_dilated_kernel_is_no_pooling():
    conv = Conv2d(np.ones((1, 1, 2, 2)), (1, 8, 8), stride=2, dilation=2)
    assert layer_of(Projection("pixels", "maps", conv), conv.input_shape).pool == 1


def test_a_pooling_the_chip_lacks_may_be_a_smaller_one_and_a_larger_kernel():
    speck = load_profile("speck")  # pools 1, 2 and 4
    even = Projection("pixels", "out", np.ones((64, 10)))
    assert layer_of(even, (1, 8, 8)).pool == 8
    assert layer_on(even, (1, 8, 8), speck)[2:6] == ((2, 2), (1, 1), (0, 0), 4)
    _, eight = pooled(3, 3, 2, (2, 2), 1, 0, (8, 8))
    layer = layer_on(Projection("pixels", "maps", eight), eight.input_shape, speck)
    assert (layer.pool, layer.kernel, layer.stride) == (4, (4, 4), (2, 2))


def test_a_pooling_that_no_stride_of_the_chip_can_stand_for_is_kept():
    _, three = pooled(3, 3, 2, (2, 2), 1, 0, (3, 3))
    assert (
        layer_on(Projection("pixels", "maps", three), three.input_shape, load_profile("speck")).pool
        == 3
    )


@pytest.mark.parametrize("chip", ["speck", "akida_akd1000", "loihi1"])
def test_the_layers_of_the_published_network_are_those_it_was_made_of(shared_data, chip):
    network = read_nir(
        shared_data / "nir" / "02_cnn" / "cnn_sinabs.nir", dt_s=1e-4, reset="subtract"
    )
    layers = [layer_on(e, network[e.source].shape, load_profile(chip)) for e in network.projections]
    assert [layer.kernel for layer in layers] == [(5, 5), (3, 3), (3, 3), (4, 4), (1, 1)]
    assert [layer.pool for layer in layers] == [1, 1, 2, 2, 1]
    assert [layer.stride for layer in layers] == [(2, 2), (1, 1), (1, 1), (1, 1), (1, 1)]
    assert [(layer.n_in, layer.n_out) for layer in layers] == [
        (2, 16),
        (16, 16),
        (16, 8),
        (8, 256),
        (256, 10),
    ]


@pytest.mark.parametrize(("stride", "padding", "dilation"), [(1, 0, 1), (2, 1, 1), (1, 2, 2)])
def test_maps_of_channels_pixel_by_pixel_go_into_a_convolution(stride, padding, dilation):
    generator = np.random.default_rng(0)
    mix = Conv2d(generator.normal(size=(3, 2, 1, 1)), (2, 6, 7))
    kernel = generator.normal(size=(4, 3, 3, 2))
    behind = Conv2d(kernel, (3, 6, 7), stride, padding, dilation)
    remix = Conv2d(generator.normal(size=(5, 4, 1, 1)), behind.output_shape)
    for first, second in ((mix, behind), (behind, remix)):
        both = compose(first, second)
        assert isinstance(both, Conv2d)
        assert np.allclose(both.toarray(), first.toarray() @ second.toarray())
    grouped = Conv2d(generator.normal(size=(6, 1, 2, 2)), (3, 6, 7), groups=3)
    assert np.allclose(compose(mix, grouped).toarray(), mix.toarray() @ grouped.toarray())
    regrouped = Conv2d(generator.normal(size=(3, 2, 1, 1)), grouped.output_shape, groups=3)
    both = compose(grouped, regrouped)
    assert isinstance(both, Conv2d)
    assert np.allclose(both.toarray(), grouped.toarray() @ regrouped.toarray())


def test_maps_of_other_groups_and_uneven_tiles_go_into_a_convolution_too():
    generator = np.random.default_rng(1)
    pairs = []
    mix = Conv2d(generator.normal(size=(4, 3, 1, 1)), (3, 6, 8))
    pairs.append((mix, Conv2d(generator.normal(size=(8, 1, 2, 3)), (4, 6, 8), 2, 1, groups=4)))
    apart = Conv2d(generator.normal(size=(2, 2, 1, 1)), (4, 6, 8), groups=2)
    pairs.append((apart, Conv2d(generator.normal(size=(5, 2, 3, 3)), (2, 6, 8), padding=1)))
    in_pairs = Conv2d(generator.normal(size=(4, 2, 3, 3)), (4, 6, 8), groups=2)
    pairs.append((in_pairs, Conv2d(generator.normal(size=(3, 4, 1, 1)), in_pairs.output_shape)))
    tiles = Conv2d(generator.normal(size=(4, 1, 2, 2)), (4, 6, 8), 2, groups=4)
    for kernel, groups in (((3, 4, 3, 3), 1), ((6, 2, 2, 3), 2)):
        behind = Conv2d(generator.normal(size=kernel), (4, 3, 4), (2, 1), 1, groups=groups)
        pairs.append((tiles, behind))
    for first, second in pairs:
        both = compose(first, second)
        assert isinstance(both, Conv2d)
        assert np.allclose(both.toarray(), first.toarray() @ second.toarray())

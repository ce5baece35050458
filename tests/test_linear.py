"""Weights as linear maps: composing, scaling and applying them is what the matrices do."""

from itertools import product

import numpy as np
import pytest
import scipy.sparse as sp

from spikefit_nb.errors import NetworkProblem
from spikefit_nb.network import (
    Conv2d,
    Projection,
    as_weight,
    compose,
    conv2d,
    diagonal_of,
    layer_of,
    linear,
)

IMAGE = (4, 8, 8)
GENERATOR = np.random.default_rng(0)


def kernel(*shape):
    return GENERATOR.normal(size=shape)


FIRST = {
    "grouped": Conv2d(kernel(4, 2, 3, 3), IMAGE, 1, 1, 1, 2),
    "strided and dilated": Conv2d(kernel(4, 4, 3, 2), IMAGE, (2, 1), (1, 0), (1, 2)),
    "plain": Conv2d(kernel(4, 4, 3, 3), IMAGE, 1, 1),
    "pooling": Conv2d(np.full((4, 1, 2, 2), 0.25), IMAGE, 2, groups=4),
    "pooling of each channel its own": Conv2d(
        np.repeat(kernel(4, 1, 1, 1), 4, 2).repeat(2, 3), IMAGE, (4, 2), groups=4
    ),
    "dense": kernel(256, 64),
    "sparse": sp.random_array((256, 64), density=0.1, rng=GENERATOR),
    "identity": sp.eye_array(256),
    "factors": sp.diags_array(kernel(256)),
}
FIRST = {name: as_weight(weight) for name, weight in FIRST.items()}


def image_of(weight):
    return (
        weight.output_shape
        if isinstance(weight, Conv2d)
        else (4, *[round((weight.shape[1] / 4) ** 0.5)] * 2)
    )


SECOND = {
    "grouped": lambda w: Conv2d(kernel(6, 2, 2, 2), image_of(w), 1, 1, 1, 2),
    "dilated": lambda w: Conv2d(kernel(3, 4, 1, 2), image_of(w), 1, 1, 2),
    "dense": lambda w: kernel(w.shape[1], 7),
    "sparse": lambda w: sp.random_array((w.shape[1], 30), density=0.1, rng=GENERATOR),
    "factor a channel": lambda w: sp.diags_array(np.repeat(kernel(4), w.shape[1] // 4)),
    "factor a neuron": lambda w: sp.diags_array(kernel(w.shape[1])),
}


@pytest.mark.parametrize(("first", "second"), list(product(FIRST, SECOND)))
def test_composing_is_the_product_of_the_matrices(first, second):
    one = FIRST[first]
    other = as_weight(SECOND[second](one))
    assert np.allclose(compose(one, other).toarray(), one.toarray() @ other.toarray())


@pytest.mark.parametrize("first", FIRST)
def test_applying_is_multiplying_by_the_matrix(first):
    values = GENERATOR.normal(size=(5, 256))
    assert np.allclose(FIRST[first].apply(values), values @ FIRST[first].toarray())


def test_applying_in_blocks_changes_nothing(monkeypatch):
    values = GENERATOR.normal(size=(7, 256))
    whole = FIRST["plain"].apply(values)
    monkeypatch.setattr(conv2d, "BLOCK_VALUES", 5000)
    assert np.allclose(FIRST["plain"].apply(values), whole)
    assert FIRST["plain"].apply(values[:0]).shape == (0, 256)


@pytest.mark.parametrize("first", FIRST)
def test_scaling_is_multiplying_columns_or_rows(first):
    weight = FIRST[first]
    matrix = weight.toarray()
    for columns, rows in (
        (kernel(weight.shape[1]), kernel(256)),
        (np.full(weight.shape[1], 3.0), np.full(256, 3.0)),
    ):
        assert np.allclose(weight.scaled(columns).toarray(), matrix * columns)
        assert np.allclose(weight.scaled_sources(rows).toarray(), matrix * rows[:, None])


def test_a_convolution_stays_one_where_it_can():
    plain, pool = FIRST["plain"], FIRST["pooling"]
    factors = as_weight(sp.diags_array(np.repeat([1.0, 2, 3, 4], 64)))
    assert isinstance(compose(factors, plain), Conv2d) and isinstance(
        compose(plain, factors), Conv2d
    )
    pooled = compose(pool, Conv2d(kernel(3, 4, 3, 3), pool.output_shape, 1, 1))
    assert isinstance(pooled, Conv2d) and (pooled.stride, pooled.padding) == ((2, 2), (2, 2))
    assert layer_of(Projection("a", "b", pooled), IMAGE).pool == 2


def test_pooling_is_found_again_behind_a_dense_layer():
    dense = compose(FIRST["pooling"], as_weight(kernel(64, 10)))
    assert layer_of(Projection("a", "b", dense), IMAGE).pool == 2


def test_only_a_full_diagonal_is_a_diagonal():
    assert (diagonal_of(as_weight(sp.diags_array([1.0, 2.0]))) == [1, 2]).all()
    swapped = sp.csr_array(np.eye(3)[[1, 0, 2]])
    for other in (swapped, np.eye(2), sp.eye_array(2, 3)):
        assert diagonal_of(as_weight(other)) is None


def test_what_would_not_fit_into_memory_is_refused(monkeypatch):
    with pytest.raises(NetworkProblem, match="256 values does not lead into one that takes 3"):
        compose(FIRST["plain"], as_weight(np.ones((3, 2))))
    monkeypatch.setattr(linear, "LARGEST", 1000)
    monkeypatch.setattr(conv2d, "LARGEST", 1000)
    with pytest.raises(NetworkProblem, match=r"matrix of up to 9,216 weights; 1,000 is the limit"):
        compose(FIRST["plain"], as_weight(np.ones((256, 1))))
    with pytest.raises(NetworkProblem, match="256 x 64 weights"):
        compose(as_weight(np.ones((256, 2))), as_weight(np.ones((2, 64))))

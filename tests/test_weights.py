"""The three kinds of weight keep one contract: each does what its matrix, written out, does."""

from itertools import product

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from spikefit_nb.errors import NetworkProblem
from spikefit_nb.network import (
    Conv2d,
    DenseWeight,
    Projection,
    SparseWeight,
    add_weights,
    as_weight,
    compose,
    layer_of,
)

KINDS = st.sampled_from(["dense", "sparse", "convolution"])


def whole_numbers(random, *shape):
    """Small integers, many of them zero."""
    return random.integers(-3, 4, shape) * random.integers(0, 2, shape)


@st.composite
def convolutions(draw):
    """Of any geometry, with integer weights."""
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    groups, per_group_in, per_group_out = (draw(st.integers(1, 2)) for _ in range(3))
    kernel = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    stride, dilation = (draw(st.tuples(st.integers(1, 2), st.integers(1, 2))) for _ in range(2))
    padding = draw(st.tuples(st.integers(0, 2), st.integers(0, 2)))
    side = [dilation[a] * (kernel[a] - 1) + 1 + draw(st.integers(0, 2)) for a in (0, 1)]
    weight = whole_numbers(random, groups * per_group_out, per_group_in, *kernel)
    return Conv2d(weight, (groups * per_group_in, *side), stride, padding, dilation, groups)


@st.composite
def weights(draw):
    """Of any kind, with integer weights."""
    if draw(KINDS) == "convolution":
        return draw(convolutions())
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    matrix = whole_numbers(random, draw(st.integers(1, 6)), draw(st.integers(1, 6)))
    return as_weight(matrix if draw(st.booleans()) else sp.csr_array(matrix))


def naive_matrix(weight):
    """The weight written out, entry by entry."""
    if not isinstance(weight, Conv2d):
        return np.asarray(weight.matrix.todense() if weight.kind == "sparse" else weight.matrix)
    n_out, per_group, n_ky, n_kx = weight.weight.shape
    (n_in, height, width), (_, out_y, out_x) = weight.input_shape, weight.output_shape
    matrix = np.zeros((n_in, height, width, n_out, out_y, out_x), weight.weight.dtype)
    places = product(range(n_out), range(per_group), range(n_ky), range(n_kx))
    for o, i, ky, kx in places:
        channel = o // (n_out // weight.groups) * per_group + i
        for ty, tx in product(range(out_y), range(out_x)):
            y = ty * weight.stride[0] + ky * weight.dilation[0] - weight.padding[0]
            x = tx * weight.stride[1] + kx * weight.dilation[1] - weight.padding[1]
            if 0 <= y < height and 0 <= x < width:
                matrix[channel, y, x, o, ty, tx] = weight.weight[o, i, ky, kx]
    return matrix.reshape(weight.shape)


@settings(max_examples=150)
@given(weights())
def test_written_out_it_is_the_naive_matrix(weight):
    expected = naive_matrix(weight)
    for matrix in (weight.toarray(), weight.tocsr().toarray(), weight.unrolled().toarray()):
        assert matrix.dtype == weight.values.dtype and (matrix == expected).all()
    assert weight.shape == expected.shape
    assert (np.prod(weight.input_shape), np.prod(weight.output_shape)) == weight.shape


@settings(max_examples=150)
@given(weights(), st.data())
def test_edges_are_the_entries_other_than_zero_in_order_of_their_sources(weight, data):
    start = data.draw(st.integers(0, weight.shape[0]))
    stop = data.draw(st.integers(start, weight.shape[0]))
    edges, expected = weight.edges(start, stop), naive_matrix(weight)
    found = np.zeros_like(expected)
    found[edges.source, edges.target] = edges.weight
    assert (found[start:stop] == expected[start:stop]).all()
    assert edges.weight.size == np.count_nonzero(expected[start:stop])
    assert (np.diff(edges.source) >= 0).all()
    assert edges.source.dtype == edges.target.dtype == np.int64


@settings(max_examples=150)
@given(weights())
def test_degrees_count_the_entries_other_than_zero(weight):
    present = naive_matrix(weight) != 0
    sent, received = weight.degrees()
    assert (sent == present.sum(axis=1)).all() and (received == present.sum(axis=0)).all()
    assert sent.dtype == received.dtype == np.int64
    assert (present.sum(axis=1) <= weight.most_per_source).all()


@settings(max_examples=150)
@given(weights(), st.data())
def test_taking_neurons_is_taking_rows_and_columns(weight, data):
    kept = []
    for n, shape in zip(weight.shape, (weight.input_shape, weight.output_shape), strict=True):
        n_taken = data.draw(st.sampled_from([n, shape[0]]))  # neurons, or units of them
        taken = data.draw(st.lists(st.booleans(), min_size=n_taken, max_size=n_taken))
        taken[0] = True
        kept.append(np.repeat(taken, n // n_taken))
    expected = naive_matrix(weight)[kept[0]][:, kept[1]]
    for sources, targets in (kept, [np.flatnonzero(mask) for mask in kept]):
        assert (weight.take(sources, targets).toarray() == expected).all()
    assert (weight.take(kept[0], None).toarray() == naive_matrix(weight)[kept[0]]).all()
    assert (weight.take(None, kept[1]).toarray() == naive_matrix(weight)[:, kept[1]]).all()
    assert weight.take(None, None).kind == weight.kind


def test_whole_channels_of_a_convolution_stay_one_and_other_neurons_are_written_out():
    weight = Conv2d(np.ones((4, 2, 1, 1)), (4, 2, 2), groups=2)
    first_of_each_group = np.repeat([True, False, True, False], 4)
    kept = weight.take(first_of_each_group, first_of_each_group)
    assert isinstance(kept, Conv2d) and (kept.groups, kept.weight.shape) == (2, (2, 1, 1, 1))
    joined = weight.take(None, np.arange(8))
    assert isinstance(joined, Conv2d) and (joined.groups, joined.weight.shape) == (1, (2, 4, 1, 1))
    assert isinstance(weight.take(np.arange(3), None), SparseWeight)


@settings(max_examples=100)
@given(weights())
def test_other_values_stand_where_the_stored_ones_stood(weight):
    twice = weight.with_values(2 * weight.values)
    assert type(twice) is type(weight) and twice.layout == weight.layout
    assert (twice.toarray() == 2 * naive_matrix(weight)).all()
    assert not twice.values.flags.writeable


@settings(max_examples=150)
@given(weights(), st.integers(0, 10**6))
def test_sending_values_through_is_multiplying_by_the_matrix(weight, seed):
    values = np.random.default_rng(seed).integers(-3, 4, (3, weight.shape[0]))
    assert (weight.apply(values) == values @ naive_matrix(weight)).all()


@settings(max_examples=150)
@given(weights(), st.integers(0, 10**6), st.booleans())
def test_scaling_multiplies_columns_or_rows(weight, seed, by_channel):
    random = np.random.default_rng(seed)
    factors = []
    for n, shape in zip(weight.shape, (weight.input_shape, weight.output_shape), strict=True):
        n_own = shape[0] if by_channel else n
        factors.append(np.repeat(random.integers(1, 4, n_own), n // n_own))
    matrix = naive_matrix(weight)
    assert (weight.scaled(factors[1]).toarray() == matrix * factors[1]).all()
    assert (weight.scaled_sources(factors[0]).toarray() == matrix * factors[0][:, None]).all()
    assert not by_channel or weight.scaled(factors[1]).kind == weight.kind


@settings(max_examples=100)
@given(weights(), st.integers(0, 10**6), st.booleans())
def test_real_weights_are_the_stored_ones_times_their_scale(weight, seed, each):
    random = np.random.default_rng(seed)
    n_units = weight.output_shape[0]
    of_units = random.integers(1, 9, n_units).astype(np.float32) / 8
    scale = np.repeat(of_units, weight.shape[1] // n_units) if each else of_units[0]
    real = weight.real(scale)
    assert type(real) is type(weight) and real.values.dtype == np.float32
    assert (real.toarray() == naive_matrix(weight) * scale).all()


@settings(max_examples=150)
@given(weights(), st.data())
def test_composing_and_adding_is_what_the_matrices_do(weight, data):
    random = np.random.default_rng(data.draw(st.integers(0, 10**6)))
    others = [
        as_weight(whole_numbers(random, weight.shape[1], 3)),
        as_weight(sp.csr_array(whole_numbers(random, weight.shape[1], 3))),
        as_weight(sp.diags_array(1.0 * random.integers(1, 4, weight.shape[1]))),
    ]
    if weight.kind == "convolution":
        kernel = whole_numbers(random, 2, weight.output_shape[0], 1, 1)
        others.append(Conv2d(kernel, weight.output_shape))
    for other in others:
        product_made = naive_matrix(weight) @ naive_matrix(other)
        assert (compose(weight, other).toarray() == product_made).all()
    for other in (as_weight(whole_numbers(random, *weight.shape)), weight):
        assert (
            add_weights(weight, other).toarray() == naive_matrix(weight) + naive_matrix(other)
        ).all()


@settings(max_examples=150)
@given(weights(), st.integers(0, 10**6))
def test_columns_hold_what_meets_in_a_neuron_or_channel(weight, seed):
    columns = weight.columns(weight.values)
    assert columns.shape == weight.column_shape
    assert (weight.from_columns(columns) == weight.values).all()
    sent = np.random.default_rng(seed).integers(-3, 4, (2, weight.shape[0]))
    seen = weight.row_inputs(sent, 10**6, 0)
    assert seen.shape[0] == columns.shape[0] and seen.shape[2] == columns.shape[1]
    made = np.sort((seen @ columns).ravel())  # of a convolution, at its places one after the other
    assert (made == np.sort((sent @ naive_matrix(weight)).ravel())).all()


@settings(max_examples=150)
@given(weights(), st.integers(0, 10**6))
def test_each_stored_weight_knows_its_source_and_target(weight, seed):
    n_source, n_target = weight.shape
    of_source, of_target = (
        np.random.default_rng(seed).permutation(n)
        for n in (weight.input_shape[0], weight.output_shape[0])
    )
    rows = weight.at_rows(weight.rows_of(np.repeat(of_source, n_source // of_source.size)))
    columns = weight.at_targets(np.repeat(of_target, n_target // of_target.size))
    assert rows.shape == columns.shape == weight.values.shape
    for k in np.flatnonzero(weight.values):
        alone = np.zeros_like(weight.values)
        alone[k] = 1
        source, target = np.nonzero(naive_matrix(weight.with_values(alone)))
        assert (of_source[source // (n_source // of_source.size)] == rows[k]).all()
        assert (of_target[target // (n_target // of_target.size)] == columns[k]).all()


@pytest.mark.parametrize("kind", [DenseWeight, SparseWeight])
def test_a_matrix_is_a_layer_over_its_whole_input(kind):
    matrix = np.repeat(np.arange(1.0, 7).reshape(3, 2), 4, axis=0)  # 3 maps of 2 x 2 pixels
    given_matrix = matrix if kind is DenseWeight else sp.csr_array(matrix)
    projection = Projection("in", "out", given_matrix)
    assert isinstance(as_weight(given_matrix), kind)
    assert layer_of(projection, (3, 2, 2)) == (3, 2, (1, 1), (1, 1), (0, 0), 2, 1)
    assert layer_of(projection, (12,)) == (12, 2, (1, 1), (1, 1), (0, 0), 1, 1)


def test_a_weight_keeps_its_own_copy_and_zeros_of_a_sparse_one_are_dropped():
    matrix = np.eye(2)
    weight = as_weight(matrix)
    matrix[0, 1] = 5
    assert weight.toarray().tolist() == [[1, 0], [0, 1]]
    with_zero = sp.csr_array(([1.0, 0.0], ([0, 1], [0, 1])), shape=(2, 2))
    assert as_weight(with_zero).values.tolist() == [1]
    assert as_weight(weight) is weight


def test_a_dense_weight_is_an_array_to_numpy():
    weight = as_weight(np.array([[1.0, -2.0]]))
    assert np.abs(weight).max() == 2 and np.asarray(weight, np.int64).tolist() == [[1, -2]]
    assert repr(weight) == "DenseWeight((1, 2), float64)"


def test_what_is_too_large_to_be_written_out_is_refused():
    weight = Conv2d(np.ones((2048, 1, 1, 1)), (1, 256, 256))
    with pytest.raises(NetworkProblem, match=r"134,217,728 weights; 67,108,864 is the limit"):
        weight.unrolled()

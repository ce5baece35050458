"""Fan-in: each neuron keeps its strongest synapses, no more than it may have, and gets none it did
not have.
"""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from spikefit_nb.adapt import limit_fan_in, prune, quantize
from spikefit_nb.errors import DesignProblem
from spikefit_nb.network import IF, Conv2d, Input, Network, Population, Projection
from tests.naive.fan_in import strongest
from tests.networks import convolutional, two_layers


def into_one(*weights):
    """Several inputs into one population."""
    populations = [Population(f"in{i}", (w.shape[0],), Input()) for i, w in enumerate(weights)]
    edges = [Projection(f"in{i}", "out", w) for i, w in enumerate(weights)]
    return Network([*populations, Population("out", (weights[0].shape[1],), IF(1.0))], edges)


def dense(projection):
    return projection.weight.toarray()


def real(projection):
    return projection.real_weight().toarray()


def total_fan_in(network, name):
    return sum(e.in_degree() for e in network.projections if e.target == name)


weight_matrices = st.tuples(st.integers(0, 10**6), st.booleans(), st.booleans(), st.integers(1, 12))


@settings(max_examples=80)
@given(weight_matrices)
def test_what_is_kept_over_two_projections_is_what_counting_by_hand_keeps(drawn):
    seed, first_sparse, second_sparse, most = drawn
    random = np.random.default_rng(seed)
    # Few magnitudes, so that ties are common.
    matrices = [
        random.integers(-3, 4, (n, 4)) * (random.random((n, 4)) < 0.8) * 0.5 for n in (5, 6)
    ]
    kinds = [
        sp.csr_array(m) if s else m
        for m, s in zip(matrices, (first_sparse, second_sparse), strict=True)
    ]
    limited = limit_fan_in(into_one(*kinds), most).network
    for neuron in range(4):
        kept = strongest([m[:, neuron] for m in matrices], most)
        for matrix, keep, e in zip(matrices, kept, limited.projections, strict=True):
            assert (dense(e)[:, neuron] == np.where(keep, matrix[:, neuron], 0)).all()


@settings(max_examples=30)
@given(
    seed=st.integers(0, 1000),
    most=st.integers(1, 20),
    sparse=st.booleans(),
    bits=st.sampled_from([None, 2, 4, 8]),
)
def test_no_synapse_is_added_or_changed_and_no_neuron_keeps_too_many(seed, most, sparse, bits):
    network = two_layers(seed, recurrent=True, sparse=sparse)
    network = network if bits is None else quantize(network, bits).network
    limited = limit_fan_in(network, most).network
    for before, after in zip(network.projections, limited.projections, strict=True):
        kept = dense(after) != 0
        assert (dense(after)[kept] == dense(before)[kept]).all()
        assert (after.kind, after.delay_steps, after.weight_bits) == (
            before.kind,
            before.delay_steps,
            before.weight_bits,
        )
    for name in ("hidden", "output"):
        fan_in = total_fan_in(network, name)
        assert (total_fan_in(limited, name) == np.minimum(fan_in, most)).all()


@pytest.mark.parametrize("most", [4, 5, 6])
def test_of_synapses_as_strong_the_first_stay_over_two_projections_into_one_neuron(most):
    limited = limit_fan_in(into_one(np.ones((5, 1)), np.ones((6, 1))), most).network
    kept = np.concatenate([dense(e)[:, 0] != 0 for e in limited.projections])
    assert np.flatnonzero(kept).tolist() == list(range(most))


def test_strength_is_measured_in_real_units_where_each_output_has_a_scale():
    weight = np.array([[3, 3], [2, 2]], np.int8)
    scales = [np.array([1.0, 0.1], np.float32), np.array([0.1, 1.0], np.float32)]
    network = into_one(np.ones((2, 2)), np.ones((2, 2)))
    edges = [
        replace(e, weight=weight, scale=s, weight_bits=4)
        for e, s in zip(network.projections, scales, strict=True)
    ]
    limited = limit_fan_in(network.replace(projections=edges), 2).network
    assert [real(e).astype(bool).tolist() for e in limited.projections] == [
        [[True, False], [True, False]],
        [[False, True], [False, True]],
    ]


def test_a_convolution_keeps_the_strongest_entries_of_each_feature_map():
    network = convolutional(3)
    before, after = (
        network.projections[0].weight.weight,
        limit_fan_in(network, 4).network.projections[0].weight.weight,
    )
    for kernel, left in zip(before, after, strict=True):
        (keep,) = strongest([kernel.ravel()], 4)
        assert (left.ravel() == np.where(keep, kernel.ravel(), 0)).all()
    assert limit_fan_in(network, 4).network.projections[0].in_degree().max() <= 4


def test_a_convolution_with_a_scale_for_each_output_keeps_entries_by_map():
    network = quantize(convolutional(3), 4).network
    e = network.projections[0]
    scale = np.repeat(np.float32([1.0, 0.1, 10.0, 3.0]), e.shape[1] // 4)
    scaled = network.replace(projections=[replace(e, scale=scale), *network.projections[1:]])
    kept = [limit_fan_in(n, 5).network.projections[0].weight.weight != 0 for n in (network, scaled)]
    assert (kept[0] == kept[1]).all()


def test_a_network_within_the_limit_is_the_same_network():
    network = two_layers(1, recurrent=True)
    fan_in = max(total_fan_in(network, name).max() for name in ("hidden", "output"))
    assert (
        limit_fan_in(network, int(fan_in)).network.fingerprint
        == network.fingerprint
        == limit_fan_in(network, None).network.fingerprint
    )
    assert limit_fan_in(network, int(fan_in) - 1).network.fingerprint != network.fingerprint


def test_a_fan_in_limit_never_removes_what_pruning_left_under_it():
    network = prune(two_layers(4), 0.5).network
    assert limit_fan_in(network, 7).network.n_synapses == network.n_synapses


def test_a_population_of_a_convolution_and_a_matrix_is_refused_by_name():
    conv = Conv2d(np.ones((1, 1, 2, 2)), (1, 3, 3))
    network = Network(
        [Population("in", (1, 3, 3), Input()), Population("map", (1, 2, 2), IF(1.0))],
        [Projection("in", "map", conv), Projection("in", "map", np.ones((9, 4)))],
    )
    with pytest.raises(
        DesignProblem, match="'map' has too many synapses from a convolution and other"
    ):
        limit_fan_in(network, 3)
    assert limit_fan_in(network, 13) is not None  # 4 + 9 synapses are within it


def test_less_than_one_synapse_is_refused():
    with pytest.raises(DesignProblem, match="max_fan_in is 0; it must be 1 or more"):
        limit_fan_in(two_layers(1), 0)
    for most in (2.5, np.nan, "3"):
        with pytest.raises(DesignProblem, match="it must be a whole number, 1 or more"):
            limit_fan_in(two_layers(1), most)


@pytest.mark.parametrize(
    ("dtype", "shape"),
    [
        (np.int8, "matrix"),
        (np.int8, "sparse"),
        (np.int8, "kernel"),
        (np.uint8, "matrix"),
        (np.uint8, "sparse"),
        (np.uint8, "kernel"),
        (bool, "kernel"),
    ],
)
def test_integers_are_as_strong_as_they_are_large(dtype, shape):
    # -128 is the strongest of all, though int8 has no 128; 200 is no less than 5
    weights = {np.int8: [-128, 1, 5, 7], np.uint8: [200, 1, 5, 7], bool: [True, False, True, True]}[
        dtype
    ]
    weight = np.array(weights, dtype)[:, None]
    kinds = {
        "matrix": weight,
        "sparse": sp.csr_array(weight.astype(dtype)),
        "kernel": Conv2d(weight.reshape(1, 1, 2, 2), (1, 2, 2)),
    }
    network = Network(
        [Population("in", (1, 2, 2), Input()), Population("out", (1,), IF(1.0))],
        [Projection("in", "out", kinds[shape], scale=None if dtype is bool else 0.1)],
    )
    (limited,) = limit_fan_in(network, 2).network.projections
    wanted = [True, False, True, False] if dtype is bool else [weights[0], 0, 0, 7]
    assert limited.kind == network.projections[0].kind and limited.values.dtype == dtype
    assert limited.weight.toarray().ravel().tolist() == wanted

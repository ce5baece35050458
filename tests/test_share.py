"""Sharing weights: the best levels there are, never more than asked for, errors made good by other
weights.
"""

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikefit_nb.adapt.activity import Activity
from spikefit_nb.adapt.design import Design
from spikefit_nb.adapt.layer_weights import as_matrix, compensated, potential_change
from spikefit_nb.adapt.scales import best_levels
from spikefit_nb.adapt.share import share_currents, share_weights
from spikefit_nb.datasets import SpikeDataset, load_dataset
from spikefit_nb.datasets.digits import N_STEPS, digit_images
from spikefit_nb.encode import RateBernoulli
from spikefit_nb.errors import DesignProblem, UnknownName
from spikefit_nb.fit import check_fit
from spikefit_nb.hardware import load_profile
from spikefit_nb.mapping import map_network
from spikefit_nb.network import IF, Input, Network, Population, Projection
from spikefit_nb.nir_file import load_network
from spikefit_nb.simulate import simulate
from tests.networks import convolutional, spikes, two_layers
from tests.tools.make_digits import training_indices


def squared(values, importance, levels, with_zero=False):
    levels = np.append(levels, 0.0) if with_zero else levels
    return np.sum(importance * np.min((values[:, None] - levels) ** 2, axis=1))


def least_of_all(values, importance, n_levels, with_zero):
    """Try every way to cut sorted values into runs, and every run for the one at zero."""
    order = np.argsort(values)
    x, w, n = values[order], importance[order], values.size
    n_runs, best = n_levels + with_zero, np.inf
    for cuts in combinations(range(n + n_runs - 1), n_runs - 1):  # runs may be empty
        ends = [0, *(cut - k for k, cut in enumerate(cuts)), n]
        runs = [slice(a, b) for a, b in pairwise(ends)]
        means = [np.average(x[r], weights=w[r]) if x[r].size else 0.0 for r in runs]
        around = [np.sum(w[r] * (x[r] - mean) ** 2) for r, mean in zip(runs, means, strict=True)]
        if not with_zero:
            best = min(best, sum(around))
            continue
        at_zero = [np.sum(w[r] * x[r] ** 2) for r in runs]
        best = min(best, *(sum(around) - around[k] + at_zero[k] for k in range(n_runs)))
    return best


@given(st.integers(0, 10**6), st.integers(1, 9), st.integers(1, 4), st.booleans())
def test_levels_have_the_least_error_of_all_ways_to_cut_values_into_runs(
    seed, n, n_levels, with_zero
):
    random = np.random.default_rng(seed)
    values, importance = random.normal(0.3, 1, n).round(1), random.uniform(0.1, 3, n)
    levels = best_levels(values, importance, n_levels, with_zero=with_zero)
    assert levels.size <= n_levels
    expected = least_of_all(values, importance, n_levels, with_zero)
    assert squared(values, importance, levels, with_zero) == pytest.approx(expected, abs=1e-9)


def test_values_in_bins_are_as_well_off_as_all_of_them():
    random = np.random.default_rng(0)
    values = random.normal(size=6000)
    means = np.sort(random.choice(values, 5))
    for _ in range(500):  # Lloyd's iterations from a start on the values themselves
        nearest = np.argmin(np.abs(values[:, None] - means), axis=1)
        means = np.array([values[nearest == k].mean() for k in range(5)])
    ours = squared(values, np.ones(6000), best_levels(values, np.ones(6000), 5))
    assert ours <= squared(values, np.ones(6000), means) * (1 + 1e-4)


@given(
    st.integers(0, 30),
    st.integers(1, 5),
    st.sampled_from(["network", "projection", "population", "neuron"]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_no_scope_has_more_values_than_asked_for_and_no_synapse_appears(
    seed, n, scope, sparse, measured, drop_small
):
    network = two_layers(seed, recurrent=True, sparse=sparse)
    activity = Activity(network, SpikeDataset(spikes(network, seed))) if measured else None
    after = share_weights(network, n, scope=scope, activity=activity, drop_small=drop_small).network
    found = {}
    for before, e in zip(network.projections, after.projections, strict=True):
        matrices = [w.toarray() for w in (before.weight, e.weight)]
        assert not np.any((matrices[0] == 0) & (matrices[1] != 0))
        part = {"network": 0, "projection": (e.source, e.target), "population": e.target}.get(scope)
        for value, target in zip(e.values, e.weight.at_targets(np.arange(e.shape[1])), strict=True):
            key = (e.target, target) if scope == "neuron" else part
            found.setdefault(key, set()).update({value} - {0.0})
    assert max(len(values) for values in found.values()) <= n


def test_the_channels_of_a_convolution_have_values_of_their_own():
    network = convolutional(4)
    activity = Activity(network, SpikeDataset(spikes(network, 4)))
    kernel = (
        share_weights(network, 2, scope="neuron", activity=activity)
        .network.projections[0]
        .weight.weight
    )
    assert [np.unique(each).size for each in kernel] == [2] * 4 and np.unique(kernel).size > 2


def test_as_many_values_as_weights_change_nothing_but_float32():
    network = two_layers(1)
    after = share_weights(network, 100, scope="network").network
    for before, e in zip(network.projections, after.projections, strict=True):
        assert (e.values == before.values.astype(np.float32)).all()


@pytest.mark.parametrize("measured", [False, True])
def test_no_fewer_values_than_weights_keep_opposite_and_silent_weights_too(measured):
    layers = [Population("in", (4,), Input()), Population("out", (1,), IF(1.0))]
    network = Network(layers, [Projection("in", "out", np.array([[-1.0], [1.0], [3.0], [0.0]]))])
    silent = Activity(network, SpikeDataset(np.zeros((1, 5, 4), bool))) if measured else None
    (shared,) = share_weights(network, 3, activity=silent).network.projections
    assert shared.values.tolist() == [-1, 1, 3, 0]


def test_a_network_whose_weights_are_all_gone_has_nothing_to_share():
    layers = [Population("in", (3,), Input()), Population("out", (2,), IF(1.0))]
    network = Network(layers, [Projection("in", "out", np.zeros((3, 2)))])
    activity = Activity(network, SpikeDataset(np.ones((1, 5, 3), bool)))
    assert not share_weights(network, 2, activity=activity).network.projections[0].values.any()


@pytest.mark.parametrize("scope", ["network", "projection", "population", "neuron", "core"])
def test_what_shares_is_said(scope):
    network = two_layers(1)
    given = map_network(network, load_profile("loihi1")) if scope == "core" else scope
    alike = "" if scope == "network" else f" a {scope}"
    assert share_weights(network, 3, scope=given).change.endswith(f"3 weights{alike}")
    assert share_currents(network, 2, scope=given).change.endswith(f"2 currents a {scope}")


def test_what_makes_no_sense_is_refused():
    network = two_layers(1)
    with pytest.raises(DesignProblem, match="n_values is 0"):
        share_weights(network, 0)
    for n_values in (2.5, float("nan"), True, "3"):
        with pytest.raises(DesignProblem, match=r"n_values is .* a whole number"):
            share_weights(network, n_values)
    with pytest.raises(UnknownName, match="populaton"):
        share_weights(network, 4, scope="populaton")
    integers = network.replace(
        projections=[
            Projection(e.source, e.target, np.rint(e.weight.toarray()).astype(np.int8), scale=1.0)
            for e in network.projections
        ]
    )
    with pytest.raises(DesignProblem, match="integers already"):
        share_weights(integers, 4)
    other = two_layers(1, recurrent=True)
    with pytest.raises(DesignProblem, match="other projections"):
        share_weights(network, 4, activity=Activity(other, SpikeDataset(spikes(other, 1))))


@pytest.mark.parametrize("seed", range(8))
def test_making_errors_good_never_changes_a_potential_more_than_plain_rounding(seed):
    random = np.random.default_rng(seed)
    traces = random.normal(size=(50, 6)) @ random.normal(size=(6, 12)) + 0.1 * random.normal(
        size=(50, 12)
    )
    weights = random.normal(size=(12, 9)) * (random.random((12, 9)) < 0.8)
    second = traces.T @ traces / 50
    plain = np.rint(2 * weights) / 2
    made = compensated(weights, second, lambda i, row: np.rint(2 * row) / 2)
    assert (np.rint(2 * made) == 2 * made).all() and not np.any(made[weights == 0])
    errors = [np.mean((traces @ (after - weights)) ** 2, axis=0) for after in (plain, made)]
    assert (errors[1] <= errors[0] + 1e-12).all() and errors[1].sum() < 0.7 * errors[0].sum()
    assert potential_change(weights, made, second) == pytest.approx(errors[1])


def test_each_source_in_turn_makes_good_what_it_can_as_the_inverse_itself_says():
    random = np.random.default_rng(5)
    traces = random.normal(size=(40, 80)) + random.normal(size=(40, 1))
    second, weights = traces.T @ traces / 40, random.normal(size=(80, 3))
    damped = second + 0.01 * np.diag(second).mean() * np.eye(80)
    left, made, rest = (
        weights.copy(),
        np.zeros_like(weights),
        list(np.argsort(-np.diag(second), kind="stable")),
    )
    while rest:  # the inverse of what is left, anew for each source
        inverse, i = np.linalg.inv(damped[np.ix_(rest, rest)]), rest[0]
        made[i] = np.rint(left[i])
        left[rest[1:]] -= np.outer(inverse[1:, 0] / inverse[0, 0], left[i] - made[i])
        rest = rest[1:]
    ours = compensated(weights, second, lambda i, row: np.rint(row))
    better = potential_change(weights, made, second) < potential_change(
        weights, np.rint(weights), second
    )
    assert better.any() and (ours[:, better] == made[:, better]).all()


def test_digits_with_four_weights_a_layer_lose_less_than_a_point_and_a_half():
    network, dataset = load_network("digits"), load_dataset("digits")
    images, labels = (part[training_indices()] for part in digit_images())
    calibration = SpikeDataset(RateBernoulli(N_STEPS).encode(images, seed=1), labels)
    shared = share_weights(network, 4, activity=Activity(network, calibration)).network
    assert all(np.unique(e.values[e.values != 0]).size <= 4 for e in shared.projections)
    assert simulate(shared, dataset).accuracy >= simulate(network, dataset).accuracy - 0.015


def test_four_shared_weights_fit_truenorth_and_beat_the_two_that_two_bits_leave():
    network, dataset, profile = (
        load_network("digits"),
        load_dataset("digits"),
        load_profile("truenorth"),
    )
    images, labels = (part[training_indices()] for part in digit_images())
    activity = Activity(
        network, SpikeDataset(RateBernoulli(N_STEPS).encode(images, seed=1), labels)
    )
    shared = check_fit(
        share_weights(network, 4, activity=activity, drop_small=True).network, profile
    )
    two_bits = check_fit(network, profile, Design(weight_bits=2))
    assert shared.fits and two_bits.fits
    accuracy = [
        simulate(fit.network, dataset, arithmetic="truenorth").accuracy
        for fit in (shared, two_bits)
    ]
    assert accuracy[0] > accuracy[1] + 0.05


def test_a_source_that_is_silent_on_the_calibration_set_still_counts():
    network = Network(
        [Population("in", (3,), Input()), Population("out", (1,), IF(1.0))],
        [Projection("in", "out", np.array([[0.5], [0.25], [-0.75]]))],
    )
    silent = Activity(network, SpikeDataset(np.zeros((1, 5, 3), bool)))
    after = share_weights(network, 3, activity=silent).network
    assert (as_matrix(after.projections) == as_matrix(network.projections)).all()

"""Pruning: what is removed matters least, the rest makes up for it, and what says nothing goes for
free.
"""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from spikefit_nb.adapt.activity import Activity, Moments
from spikefit_nb.adapt.idle import remove_idle
from spikefit_nb.adapt.layer_weights import (
    LayerWeights,
    as_matrix,
    cost_of_removal,
    damped,
    made_up_for,
    value_saliency,
)
from spikefit_nb.adapt.prune import prune
from spikefit_nb.adapt.prune_neurons import (
    keep_neurons,
    prune_neurons,
    unit_saliency,
    units_of,
)
from spikefit_nb.adapt.prune_to_free import prune_to_free
from spikefit_nb.adapt.quantize import quantize
from spikefit_nb.adapt.relay import relay_fan_in
from spikefit_nb.datasets import SpikeDataset, load_dataset
from spikefit_nb.errors import DesignProblem, NetworkProblem
from spikefit_nb.hardware import load_profile
from spikefit_nb.network import IF, LIF, Conv2d, CubaLIF, Input, Network, Population, Projection
from spikefit_nb.nir_file import load_network
from spikefit_nb.simulate import simulate
from tests.networks import convolutional, spikes, two_layers

seeds = st.integers(0, 10_000)
fractions = st.floats(0, 0.95)


def layer(seed, n=6, m=4, n_rows=40):
    """Traces that hang together, and weights of which some are missing."""
    random = np.random.default_rng(seed)
    traces = np.maximum(
        random.normal(size=(n_rows, 3)) @ random.normal(size=(3, n)) + random.normal(size=n), 0
    )
    weights = random.normal(size=(n, m)) * (random.random((n, m)) < 0.8)
    return traces.T @ traces / n_rows, weights


def moments_of(second, weights):
    projection = Projection("in", "out", weights.astype(np.float64))
    return Moments((projection,), second[None], np.diag(second)[None], np.zeros((1, len(second))))


def membrane_error(hessian, change):
    return float(np.trace(change.T @ hessian @ change))


def least_squares(hessian, weights, gone):
    """Each target on its own, solved outright: dW_S = -H_SS^-1 H_SR dW_R."""
    change = np.where(gone, -weights, 0.0)
    for j in range(weights.shape[1]):
        free = (weights[:, j] != 0) & ~gone[:, j]
        if free.any():
            change[free, j] = np.linalg.solve(
                hessian[np.ix_(free, free)], -hessian[free] @ change[:, j]
            )
    return change


def run(network, seed=0, **options):
    return Activity(network, SpikeDataset(spikes(network, seed, **options)))


def outputs(network, dataset):
    return simulate(network, dataset).output_spikes


@settings(max_examples=40)
@given(seed=seeds, share=st.floats(0.1, 0.9), n_targets=st.sampled_from([4, 200]))
def test_the_weights_that_stay_are_the_least_squares_solution(seed, share, n_targets):
    second, weights = layer(
        seed, n=9, m=n_targets
    )  # few targets are solved outright, many by conjugate gradients
    gone = (np.random.default_rng(seed).random(weights.shape) < share) & (weights != 0)
    hessian = damped(second)
    change = LayerWeights(moments_of(second, weights)).without(gone[None])[0]
    assert change == pytest.approx(
        least_squares(hessian, weights, gone), abs=1e-3 * max(1, np.abs(change).max())
    )


@given(seed=seeds)
def test_saliency_is_the_error_left_when_one_weight_goes_and_all_others_make_up_for_it(seed):
    second, weights = layer(seed)
    weights = np.where(weights == 0, 0.5, weights)
    hessian = damped(second)
    (found,) = value_saliency(moments_of(second, weights))
    for k in range(weights.size):
        gone = np.zeros(weights.size, bool)
        gone[k] = True
        left = membrane_error(hessian, least_squares(hessian, weights, gone.reshape(weights.shape)))
        assert found[k] == pytest.approx(left, rel=1e-3)


@given(seed=seeds)
def test_making_up_never_makes_the_membrane_error_larger(seed):
    second, weights = layer(seed, n=9, m=200)
    gone = np.random.default_rng(seed).random(weights.shape) < 0.5
    start = np.where(gone, -weights, 0.0)
    hessian = damped(second)
    for most in (1, 2, 40):
        change = made_up_for(hessian, start, (weights != 0) & ~gone, most=most)
        assert membrane_error(hessian, change) <= membrane_error(hessian, start) * (1 + 1e-9)
        assert (change[gone | (weights == 0)] == start[gone | (weights == 0)]).all()


def test_without_products_the_cost_is_the_mean_square():
    moments = Moments((), None, np.array([[4.0, 0.0]]), np.zeros((1, 2)))
    assert cost_of_removal(moments).tolist() == [
        [4.02, 0.02]
    ]  # a hundredth of the mean keeps silent ones in order


@settings(max_examples=25)
@given(
    seed=seeds,
    fraction=fractions,
    sparse=st.booleans(),
    recurrent=st.booleans(),
    aware=st.booleans(),
)
def test_pruning_removes_the_fraction_of_each_projection_and_adds_no_synapse(
    seed, fraction, sparse, recurrent, aware
):
    network = two_layers(seed, "LIF", recurrent, sparse)
    after = prune(network, fraction, activity=run(network, seed) if aware else None).network
    for before, then in zip(network.projections, after.projections, strict=True):
        assert then.n_synapses == before.n_synapses - round(fraction * before.n_synapses)
        was, now = (e.weight.toarray() for e in (before, then))
        assert (
            not (now[was == 0]).any()
            and then.kind == before.kind
            and then.values.dtype == before.values.dtype
        )


@pytest.mark.parametrize("groups", [1, 2])
def test_kernels_are_pruned_by_their_entries(groups):
    network = convolutional(3, groups=groups)
    after = prune(network, 0.5, activity=run(network)).network
    before, now = (e.projections[0].values for e in (network, after))
    assert np.count_nonzero(now) == before.size - round(0.5 * before.size)


@settings(max_examples=10)
@given(seed=seeds, aware=st.booleans())
def test_pruning_nothing_changes_no_bit(seed, aware):
    network = two_layers(seed, recurrent=True)
    assert prune(network, 0, activity=run(network, seed) if aware else None).network is network


def test_integers_are_removed_and_not_changed():
    network = quantize(two_layers(4), 6).network
    adapted = prune(network, 0.5, activity=run(network))
    for before, after in zip(network.projections, adapted.network.projections, strict=True):
        left = after.weight.toarray() != 0
        assert (
            after.values.dtype == before.values.dtype
            and (after.weight.toarray()[left] == before.weight.toarray()[left]).all()
        )
    assert "integers" in adapted.notes[0]


def test_of_equal_weights_those_of_a_silent_input_go_first():
    network = two_layers(1)
    given_spikes = spikes(network, 1)
    given_spikes[:, :, 2] = False
    network = network.replace(
        projections=[Projection("input", "hidden", np.ones((5, 7))), network.projections[1]]
    )
    adapted = prune(network, 0.2, activity=Activity(network, SpikeDataset(given_spikes)))
    assert (adapted.network.projections[0].weight.toarray() != 0).any(axis=1).tolist() == [
        True,
        True,
        False,
        True,
        True,
    ]


def with_activity():
    """Verbs that go by an activity."""
    loihi = load_profile("loihi1")
    return [
        partial(prune, fraction=0.5),
        partial(prune_neurons, fraction=0.5),
        remove_idle,
        partial(prune_neurons, fraction=0.5, make_up=False),
        partial(relay_fan_in, most=3),
        *(
            partial(prune_to_free, profile=loihi, fraction=0.5, free=free)
            for free in ("axons", "memory", "cores")
        ),
    ]


def other_networks():
    """Networks to which the activity of ``two_layers(1)`` says nothing."""
    network = two_layers(1)
    hidden, first = network["hidden"], network.projections[0]
    yield two_layers(1, recurrent=True)
    yield convolutional(1)
    yield keep_neurons(network, {"hidden": np.arange(hidden.n_neurons) > 0})
    leaky = replace(hidden, neuron=LIF(5e-3))
    yield network.replace(populations=[leaky if p is hidden else p for p in network.populations])
    yield network.replace(projections=[replace(first, delay_steps=2), *network.projections[1:]])


@pytest.mark.parametrize("verb", with_activity())
def test_an_activity_of_another_network_is_refused(verb):
    for other in other_networks():
        with pytest.raises(DesignProblem, match="Record it with this network"):
            verb(other, activity=run(two_layers(1)))


def test_an_activity_of_a_network_with_other_weights_is_taken():
    network, other = two_layers(1), two_layers(2)
    assert prune(other, 0.5, activity=run(network)).network.n_synapses < other.n_synapses
    with pytest.raises(DesignProblem, match="Record it with this network"):
        remove_idle(other, activity=run(network))


def test_a_membrane_that_diverges_in_steps_as_long_as_these_is_named():
    layers = [Population("in", (3,), Input()), Population("out", (2,), LIF(4e-4, 1.0))]
    network = Network(layers, [Projection("in", "out", np.ones((3, 2)))])
    with pytest.raises(NetworkProblem, match=r"tau_mem_s of 'out' is 0\.4 ms .* shorter dt_s"):
        prune(network, 0.5, activity=Activity(network, SpikeDataset(np.ones((1, 400, 3), bool))))


@pytest.mark.parametrize("fraction", [-0.1, 1.0, np.nan, np.inf, "0.5", None, True])
def test_fractions_out_of_range_are_refused(fraction):
    for verb in (prune, prune_neurons, partial(prune_to_free, profile=load_profile("loihi1"))):
        with pytest.raises(DesignProblem, match="must be a number, at least 0 and below 1"):
            verb(two_layers(1), fraction=fraction)


def into_two(weight, scale):
    return Network(
        [Population("in", (weight.shape[0],), Input()), Population("out", (2,), IF(1.0))],
        [Projection("in", "out", weight, scale=scale)],
    )


def pruned_by_magnitude():
    """Half of the weights pruned by magnitude: synapse by synapse, and of all that belong to an
    axon.
    """
    return [
        partial(prune, fraction=0.5),
        partial(prune_to_free, profile=load_profile("loihi1"), fraction=0.5),
    ]


@pytest.mark.parametrize("verb", pruned_by_magnitude())
@pytest.mark.parametrize("kind", [np.asarray, sp.csr_array])
def test_integers_are_pruned_by_their_real_magnitude(verb, kind):
    # int8 has no 128; the second weights are large integers, but small ones by the scale of their
    # neuron
    lowest = into_two(kind(np.array([[-128, -128], [5, 7]], np.int8)), 0.1)
    scaled = into_two(
        kind(np.array([[2, 90], [1, 100]], np.int8)), np.array([10.0, 0.001], np.float32)
    )
    network = verb(lowest).network
    assert real_matrix(network).tolist() == pytest.approx(np.array([[-12.8, -12.8], [0, 0]]))
    left = real_matrix(verb(scaled).network) != 0
    by_axon = verb.func is prune_to_free
    assert left.tolist() == (
        [[True, True], [False, False]] if by_axon else [[True, False], [True, False]]
    )


def real_matrix(network):
    return as_matrix(network.projections)[0]


@pytest.mark.parametrize("dtype", [np.int8, np.uint8])
def test_kernels_of_integers_are_pruned_by_their_real_magnitude(dtype):
    kernel = np.array([-128, 1, 5, 7] if dtype is np.int8 else [128, 1, 5, 7], dtype).reshape(
        1, 1, 2, 2
    )
    network = Network(
        [Population("in", (1, 2, 2), Input()), Population("out", (1,), IF(1.0))],
        [Projection("in", "out", Conv2d(kernel, (1, 2, 2)), scale=0.1)],
    )
    assert prune(network, 0.75).network.projections[0].values.tolist() == [
        int(kernel.ravel()[0]),
        0,
        0,
        0,
    ]


def test_saliency_keeps_digits_where_magnitude_loses_them():
    network, (calibration, held_out) = load_network("digits"), load_dataset("digits").split(0.4, 0)
    accuracy = {
        by: simulate(
            prune(network, 0.7, activity=by and Activity(network, calibration)).network, held_out
        ).accuracy
        for by in (None, "saliency")
    }
    assert accuracy["saliency"] > 0.9 > accuracy[None] + 0.1


def zeroed(network, name, gone):
    """The same network in which some neurons send nothing."""
    edges = []
    for e in network.projections:
        weight = e.weight
        if e.source == name and isinstance(weight, Conv2d):
            channels = gone.reshape(weight.input_shape)[:, 0, 0].reshape(weight.groups, -1)
            rows = np.repeat(channels, weight.weight.shape[0] // weight.groups, axis=0)
            weight = replace(weight, weight=np.where(rows[:, :, None, None], 0, weight.weight))
        elif e.source == name:
            weight = np.where(gone[:, None], 0, weight.toarray())
        edges.append(replace(e, weight=weight))
    return network.replace(projections=edges)


def three_maps(seed, groups):
    """Convolution to convolution, of 4 and 6 channels, to an output."""
    random = np.random.default_rng(seed)
    one = Conv2d(random.normal(0.3, 0.5, (4, 2, 3, 3)), (2, 6, 6), padding=1)
    two = Conv2d(
        random.normal(0.3, 0.5, (6, 4 // groups, 2, 2)), one.output_shape, stride=2, groups=groups
    )
    fires = IF(np.linspace(0.5, 1, 4)[:, None, None], reset="subtract")
    layers = [Population("input", (2, 6, 6), Input()), Population("a", one.output_shape, fires)]
    layers += [Population("b", two.output_shape, IF(1.0)), Population("output", (3,), IF(1.0))]
    last = random.normal(0.1, 0.5, (two.shape[1], 3))
    return Network(
        layers,
        [Projection("input", "a", one), Projection("a", "b", two), Projection("b", "output", last)],
    )


@pytest.mark.parametrize(
    "make",
    [
        lambda: two_layers(3, "CubaLIF", recurrent=True),
        lambda: two_layers(8, "IF", sparse=True),
        lambda: three_maps(3, 1),
        lambda: three_maps(3, 2),
    ],
)
def test_removing_neurons_is_the_same_as_silencing_them(make):
    network = make()
    dataset = SpikeDataset(spikes(network, 3, rate=0.5))
    names = [p.name for p in network.neuron_populations if p.name != network.output]
    adapted = prune_neurons(network, 0.5, activity=Activity(network, dataset), make_up=False)
    expected = network
    for name in names:
        unit = units_of(network, name)
        worth = unit_saliency(network, name, unit, Activity(network, dataset))
        gone = np.argsort(worth, kind="stable")[: min(round(0.5 * worth.size), worth.size - 1)]
        expected = zeroed(_dense(expected), name, np.isin(unit, gone))
        assert adapted.network[name].n_neurons == np.sum(~np.isin(unit, gone))
    assert outputs(expected, dataset).any()
    assert (outputs(adapted.network, dataset) == outputs(expected, dataset)).all()


def _dense(network):
    return network.replace(
        projections=[
            replace(e, weight=e.weight.toarray()) if e.kind == "sparse" else e
            for e in network.projections
        ]
    )


def test_the_saliency_of_a_neuron_is_the_change_of_potentials_when_it_is_silent():
    network = three_maps(1, 2)
    activity = run(network, rate=0.5)
    unit = units_of(network, "a")
    (moments,) = activity.moments_for(network, "b")
    worth = unit_saliency(network, "a", unit, activity)
    kernel = network.projections[1].weight.weight
    for channel in range(4):
        group, within = divmod(channel, 2)
        own = np.zeros((2, 2, 2), bool)
        own[within] = True
        weights = np.where(own, kernel[3 * group : 3 * group + 3], 0).reshape(3, -1).T
        expected = membrane_error(damped(moments.second[group]), weights) * np.prod(
            network["b"].shape[1:]
        )
        assert worth[channel] == pytest.approx(expected)


def test_a_neuron_is_worth_the_square_of_its_weights_over_that_of_the_thresholds_it_moves():
    random = np.random.default_rng(0)
    thresholds = {"b": np.array([1.0, 3.0]), "out": np.float64(0.25)}  # what counts is the mean
    weights = {"b": random.normal(size=(4, 2)), "out": random.normal(size=(4, 3))}
    layers = [Population("in", (2,), Input()), Population("a", (4,), IF(1.0))]
    layers += [Population(name, (w.shape[1],), IF(thresholds[name])) for name, w in weights.items()]
    edges = [Projection("in", "a", np.ones((2, 4))), Projection("b", "out", np.ones((2, 3)))]
    network = Network(layers, [*edges, *(Projection("a", name, w) for name, w in weights.items())])
    expected = [
        sum(w**2 / 4.0 for w in weights["b"][n]) + sum(w**2 / 0.0625 for w in weights["out"][n])
        for n in range(4)
    ]
    assert unit_saliency(network, "a", np.arange(4), None) == pytest.approx(expected)


def test_depthwise_channels_leave_with_their_group_or_the_groups_are_joined():
    conv = Conv2d(np.arange(1.0, 5.0).reshape(4, 1, 1, 1), (4, 2, 2), groups=4)
    layers = [Population("input", (4, 2, 2), Input()), Population("a", (4, 2, 2), IF(1.0))]
    network = Network(
        [*layers, Population("b", (4, 2, 2), IF(1.0))],
        [Projection("input", "a", conv), Projection("a", "b", conv)],
    )
    some = np.repeat([True, False, True, True], 4)
    both = keep_neurons(network, {"a": some, "b": some})
    assert both.projections[1].weight.groups == 3 and both.projections[1].values.tolist() == [
        1,
        3,
        4,
    ]
    one = keep_neurons(network, {"a": some})
    assert one.projections[1].weight.groups == 1 and one.projections[1].weight.weight.shape == (
        4,
        3,
        1,
        1,
    )


def test_neurons_that_stay_make_up_for_those_removed():
    network, (calibration, held_out) = load_network("digits"), load_dataset("digits").split(0.4, 0)
    activity = Activity(network, calibration)
    plain, made_up = (
        prune_neurons(network, 0.5, activity=activity, make_up=m).network for m in (False, True)
    )
    assert simulate(made_up, held_out).accuracy > simulate(plain, held_out).accuracy


def test_of_a_population_one_neuron_stays_whatever_the_fraction():
    assert prune_neurons(two_layers(1), 0.99).network["hidden"].n_neurons == 1


def test_that_groups_were_joined_is_said():
    conv = Conv2d(np.arange(1.0, 4.0).reshape(3, 1, 1, 1), (3, 2, 2), groups=3)
    layers = [Population("in", (3, 2, 2), Input()), Population("a", (3, 2, 2), IF(1.0))]
    network = Network(
        [*layers, Population("b", (3, 2, 2), IF(1.0))],
        [Projection("in", "a", conv), Projection("a", "b", conv)],
        output="b",
    )
    notes = prune_neurons(network, 0.3).notes
    assert sum(note.startswith("a -> b: its groups are joined") for note in notes) == 1


def test_inputs_and_the_output_are_never_pruned():
    network = two_layers(1)
    assert prune_neurons(network, 0.9).network["output"].n_neurons == 3
    for name in ("input", "output"):
        with pytest.raises(DesignProblem, match="Name hidden populations"):
            prune_neurons(network, 0.5, populations=[name])


def test_one_population_may_be_named_without_a_list_and_what_is_no_name_is_refused():
    network = two_layers(1)
    one, listed = (
        prune_neurons(network, 0.5, populations=names).network for names in ("hidden", ["hidden"])
    )
    assert one.fingerprint == listed.fingerprint and one["hidden"].n_neurons == 3
    with pytest.raises(DesignProblem, match="populations is 3; it must be names"):
        prune_neurons(network, 0.5, populations=3)


def test_a_population_seen_as_different_maps_is_left_whole_with_the_reason():
    conv = [Conv2d(np.ones((1, n, 1, 1)), (n, 4, 4 // n)) for n in (2, 4)]
    layers = [
        Population("in", (2,), Input()),
        Population("a", (16,), IF(1.0)),
        Population("b", (8,), IF(1.0)),
    ]
    layers += [Population("c", (4,), IF(1.0)), Population("out", (1,), IF(1.0))]
    edges = [
        Projection("in", "a", np.ones((2, 16))),
        Projection("a", "b", conv[0]),
        Projection("a", "c", conv[1]),
    ]
    edges += [Projection("b", "out", np.ones((8, 1))), Projection("c", "out", np.ones((4, 1)))]
    with pytest.raises(DesignProblem, match="as 2 and as 4 channels"):
        prune_neurons(Network(layers, edges), 0.5, populations=["a"])
    adapted = prune_neurons(Network(layers, edges), 0.5)
    assert adapted.network["a"].n_neurons == 16 and "Leave it out" in adapted.notes[0]


def test_parameters_and_scales_of_each_neuron_go_with_it():
    keep = np.array([True, False, True])
    hidden = CubaLIF(
        np.full(3, 2e-3), 1e-2, np.array([1.0, 2.0, 3.0]), bias=np.array([0.1, 0.2, 0.3])
    )
    layers = [
        Population("in", (2,), Input()),
        Population("a", (3,), hidden),
        Population("out", (1,), IF(1.0)),
    ]
    one = Projection("in", "a", np.ones((2, 3), int), scale=np.array([1.0, 2.0, 3.0], np.float32))
    after = keep_neurons(
        Network(layers, [one, Projection("a", "out", np.ones((3, 1)))]), {"a": keep}
    )
    assert after["a"].neuron.v_threshold.tolist() == [1, 3] and after["a"].neuron.bias.tolist() == [
        0.1,
        0.3,
    ]
    assert after.projections[0].scale.tolist() == [1, 3] and after["a"].neuron.tau_mem_s == 1e-2

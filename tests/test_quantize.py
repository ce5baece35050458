"""Rounding weights: exactly representable, the best scale there is, no scale the chip does not
have.
"""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from spikefit_nb.adapt.activity import Activity
from spikefit_nb.adapt.layer_weights import as_matrix, potential_change
from spikefit_nb.adapt.quantize import chip_scales, quantize
from spikefit_nb.adapt.scales import SCALES_TRIED, Weights, best_scales
from spikefit_nb.datasets import SpikeDataset, load_dataset
from spikefit_nb.errors import DesignProblem, UnknownName
from spikefit_nb.fit import check_fit
from spikefit_nb.hardware import load_profile
from spikefit_nb.network import IF, CubaLIF, Input, Network, Population, Projection
from spikefit_nb.nir_file import load_network
from spikefit_nb.simulate import ARITHMETICS, simulate
from tests.networks import convolutional, spikes, two_layers


def measured(network, seed=0):
    return Activity(network, SpikeDataset(spikes(network, seed, n_samples=6, n_steps=20)))


def naive_scale(weights, counts, bits):
    """The best of 64 scales, weight by weight."""
    limit, best = 2 ** (bits - 1) - 1, (np.inf, None)
    for k in range(SCALES_TRIED, 0, -1):
        scale = max(abs(w) for w in weights) / limit * k / SCALES_TRIED
        error = sum(
            c * (min(round(abs(w) / scale), limit) * scale - abs(w)) ** 2
            for w, c in zip(weights, counts, strict=True)
        )
        best = (
            min(best, (error * (1 - 1e-12), scale), key=lambda pair: pair[0])
            if error < best[0]
            else best
        )
    return best[1]


@given(st.integers(0, 10**6), st.integers(2, 6), st.booleans())
def test_each_unit_gets_the_scale_of_the_least_weighted_error(seed, bits, counted):
    random = np.random.default_rng(seed)
    unit = random.integers(0, 4, 30)
    values, counts = random.normal(size=30), random.uniform(0.1, 2, 30) if counted else np.ones(30)
    found = best_scales(
        Weights(np.abs(values), unit, counts if counted else None, 4), bits, "error"
    )
    for k in np.unique(unit):
        assert found[k] == pytest.approx(
            naive_scale(values[unit == k], counts[unit == k], bits), rel=1e-9
        )


@given(
    st.integers(0, 30),
    st.integers(1, 16),
    st.sampled_from(["projection", "population", "neuron"]),
    st.sampled_from(["error", "percentile", "largest"]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_weights_are_exactly_representable_and_no_synapse_appears(
    seed, bits, scope, clip, sparse, known, shifts
):
    network = two_layers(seed, recurrent=True, sparse=sparse)
    activity = measured(network, seed) if known else None
    shifts = shifts and scope != "projection"
    after = quantize(
        network, bits, scope=scope, clip=clip, activity=activity, power_of_two=shifts
    ).network
    limit = max(1, 2 ** (bits - 1) - 1)
    into = {}
    for before, e in zip(network.projections, after.projections, strict=True):
        matrices = [w.toarray() for w in (before.weight, e.weight)]
        assert e.values.dtype == (np.int8 if bits <= 8 else np.int16) and e.weight_bits == bits
        assert (
            np.abs(matrices[1].astype(int)).max() <= limit
            and np.asarray(e.scale).dtype == np.float32
        )
        assert not np.any((matrices[0] == 0) & (matrices[1] != 0))
        if bits == 1:
            assert ((matrices[0] == 0) == (matrices[1] == 0)).all()
        assert np.ndim(e.scale) == (scope == "neuron")
        into.setdefault(e.target, []).append(np.asarray(e.scale, np.float64))
    if scope != "projection":
        for scales in into.values():
            apart = [np.log2(each / scales[0]) for each in scales]
            assert all(np.ptp(each) == 0 and np.all(each == np.rint(each)) for each in apart)
            assert shifts or not np.any(apart)


def test_sixteen_bits_are_as_good_as_the_weights_themselves():
    network = two_layers(3, recurrent=True)
    assert quantize(network, 16, scope="neuron").error < 1e-4


def test_one_bit_keeps_the_sign_and_the_mean_size():
    network = Network(
        [Population("in", (4,), Input()), Population("out", (1,), IF(1.0))],
        [Projection("in", "out", np.array([[1.0], [-0.25], [0.0], [0.5]]))],
    )
    e = quantize(network, 1).network.projections[0]
    assert e.values.tolist() == [1, -1, 0, 1] and e.scale == pytest.approx(1.75 / 3)


@pytest.mark.parametrize("most", [1, 2, 3])
def test_a_population_has_no_more_scales_than_asked_for(most):
    for network in (two_layers(2, recurrent=True), convolutional(2)):
        after = quantize(network, 4, scope="neuron", n_scales=most).network
        assert all(np.unique(e.scale).size <= most for e in after.projections)


def test_all_neurons_of_a_channel_have_its_scale():
    network = convolutional(5)
    e = quantize(network, 4, scope="neuron", activity=measured(network)).network.projections[0]
    by_channel = e.scale.reshape(4, -1)
    assert (by_channel == by_channel[:, :1]).all() and np.unique(by_channel).size == 4


@pytest.mark.parametrize("recurrent", [False, True])
@pytest.mark.parametrize("bits", [2, 3, 4])
def test_making_errors_good_changes_no_potential_more_than_rounding_each_weight_alone(
    recurrent, bits
):
    network = two_layers(7, "CubaLIF", recurrent=recurrent)
    activity = measured(network)
    plain, made = (
        quantize(network, bits, scope="neuron", activity=activity, compensate=c).network
        for c in (False, True)
    )
    for population in network.neuron_populations:
        for before, moments in zip(
            activity.moments(population.name),
            activity.moments_for(made, population.name),
            strict=True,
        ):
            after = activity.moments_for(plain, population.name)[0].projections
            weights, second = as_matrix(before.projections)[0], before.second[0]
            errors = [
                potential_change(weights, as_matrix(each)[0], second)
                for each in (after, moments.projections)
            ]
            assert (errors[1] <= errors[0] + 1e-9).all()


@pytest.mark.parametrize(
    "network", [two_layers(8, "LIF", recurrent=True), convolutional(8)], ids=["matrix", "conv"]
)
def test_a_corrected_bias_keeps_the_mean_input_of_every_neuron(network):
    activity = measured(network)
    after = quantize(network, 3, activity=activity, correct_bias=True).network
    for population in network.neuron_populations:
        for here, there in zip(
            activity.moments(population.name),
            activity.moments_for(after, population.name),
            strict=True,
        ):
            means = [
                np.einsum("gn,gnm->gm", m.sent, as_matrix(m.projections)).ravel()
                for m in (here, there)
            ]
            places = population.n_neurons // means[0].size
            bias = [n[population.name].parameter("bias")[::places] for n in (network, after)]
            assert means[1] + bias[1] == pytest.approx(means[0] + bias[0])


def chip_network(chip, seed=0):
    """A recurrent network of the chip's own neurons, input weights far larger than recurrent
    ones.
    """
    random = np.random.default_rng(seed)
    neuron = {
        "loihi1": CubaLIF(2e-3, 8e-3, 1.0),
        "xylo_audio3": CubaLIF(2e-3, 8e-3, 1.0, reset="subtract"),
        "speck": IF(1.0, reset="subtract"),
        "truenorth": IF(1.0),
    }[chip]
    names = ["in", "hidden", "out"]
    populations = [
        Population(names[0], (12,), Input()),
        *(Population(n, (10,), neuron) for n in names[1:]),
    ]
    size = random.uniform(0.5, 2, 10)
    weights = [
        random.normal(size=(n, 10)) * size * s for n, s in ((12, 1.0), (10, 0.05), (10, 0.5))
    ]
    pairs = [("in", "hidden"), ("hidden", "hidden"), ("hidden", "out")]
    projections = [
        Projection(*pair, w, delay_steps=int(pair[0] == pair[1]))
        for pair, w in zip(pairs, weights, strict=True)
    ]
    return Network(populations, projections, dt_s=1e-3)


@pytest.mark.parametrize("chip", ["loihi1", "xylo_audio3", "speck", "truenorth"])
def test_no_weight_is_rounded_again_on_the_chip_whose_scales_were_asked_for(chip):
    network = chip_network(chip)
    profile = load_profile(chip)
    arithmetic = ARITHMETICS[profile.arithmetic]
    scales = chip_scales(profile)
    bits = 2 if chip == "truenorth" else 6
    after = quantize(network, bits, **scales._asdict(), activity=measured(network)).network
    for population in after.neuron_populations:
        incoming = tuple(e for e in after.projections if e.target == population.name)
        prepared = arithmetic.prepare(
            population, incoming, after.dt_s, is_last=population.name == "out"
        )
        assert not [note for note in prepared.notes if "again" in note]
    if chip != "speck":  # whose cores take layers without loops
        figures = {v.figure for v in check_fit(after, profile).violations}
        assert (
            not figures & {"weight_bits", "threshold_configurations", "axon_types"}
            or chip == "truenorth"
        )


def test_a_projection_without_a_synapse_takes_no_part_in_shifts():
    layers = [Population("in", (3,), Input()), Population("out", (2,), IF(1.0))]
    ways = [
        Projection("in", "out", np.arange(1.0, 7.0).reshape(3, 2)),
        Projection("in", "out", sp.csr_array((3, 2))),
    ]
    for network in (Network(layers, ways), Network(layers, ways[1:])):
        made = quantize(network, 4, scope="population", power_of_two=True).network
        assert [e.real_weight().shape for e in made.projections] == [(3, 2)] * len(made.projections)
        assert np.asarray(made.projections[-1].scale) > 0


@pytest.mark.parametrize("size", [1e-46, 1e-30, 1e30, 1e38])
@pytest.mark.parametrize("clip", ["error", "percentile", "largest"])
def test_scales_are_numbers_that_float32_holds(size, clip):
    layers = [Population("in", (3,), Input()), Population("out", (2,), IF(1.0))]
    network = Network(
        layers, [Projection("in", "out", size * np.arange(1.0, 7.0).reshape(3, 2) / 2)]
    )
    scale = np.asarray(quantize(network, 8, clip=clip, scope="neuron").network.projections[0].scale)
    assert scale.dtype == np.float32 and np.isfinite(scale).all() and (scale > 0).all()


@pytest.mark.parametrize(
    "given",
    [
        {"weight_bits": 4.5},
        {"weight_bits": "4"},
        {"weight_bits": True},
        {"weight_bits": 4, "n_scales": 1.5},
    ],
)
def test_bits_and_scales_are_whole_numbers(given):
    with pytest.raises(DesignProblem, match="a whole number"):
        quantize(two_layers(1), **given)


def test_what_makes_no_sense_is_refused():
    network = two_layers(1)
    for options, said in (
        ({"weight_bits": 17}, "weight_bits is 17"),
        ({"weight_bits": 0}, "weight_bits is 0"),
        ({"weight_bits": 4, "correct_bias": True}, "activity"),
        ({"weight_bits": 4, "power_of_two": True}, "power_of_two"),
        ({"weight_bits": 4, "n_scales": 0}, "n_scales is 0"),
    ):
        with pytest.raises(DesignProblem, match=said):
            quantize(network, **options)
    for options in ({"scope": "neurons"}, {"clip": "errors"}):
        with pytest.raises(UnknownName):
            quantize(network, 4, **options)
    with pytest.raises(DesignProblem, match="more bits already"):
        quantize(quantize(network, 6).network, 4)


@pytest.mark.parametrize(("largest", "fits"), [(2**15 - 1, True), (2**15, False)])
def test_integers_of_populations_left_out_may_take_sixteen_bits(largest, fits):
    network = two_layers(1)
    *others, last = network.projections
    values = np.zeros(last.shape, np.int32)
    values[0, 0] = largest
    given = network.replace(projections=[*others, replace(last, weight=values, scale=1.0)])
    bits = {network.neuron_populations[0].name: 4}
    if fits:
        after = quantize(given, bits).network.projections[-1]
        assert after.n_bits == 16 and after.values.max() == largest
    else:
        with pytest.raises(DesignProblem, match="more bits already"):
            quantize(given, bits)


def test_integers_of_fewer_bits_stay_and_are_said_to_be_in_the_way():
    network = two_layers(1, recurrent=True)
    some = network.replace(
        projections=[quantize(network, 3).network.projections[0], *network.projections[1:]]
    )
    adapted = quantize(some, 4, activity=measured(network))
    assert (
        adapted.network.projections[0] is some.projections[0]
        and "integers already" in adapted.notes[0]
    )


@pytest.mark.parametrize("name", ["braille", "braille_subtract"])
def test_braille_at_four_bits_gets_back_half_of_what_naive_rounding_loses(name, shared_data):
    network = load_network(name)
    calibration, held_back = load_dataset("braille").split(0.3, seed=0)
    activity, scales = Activity(network, calibration), chip_scales(load_profile("loihi1"))
    found = quantize(network, 4, **scales._asdict(), activity=activity, correct_bias=True).network
    accuracy = [
        simulate(n, held_back).accuracy
        for n in (network, quantize(network, 4, clip="largest").network, found)
    ]
    assert accuracy[2] > (accuracy[0] + accuracy[1]) / 2

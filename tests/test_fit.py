"""Every limit of every chip: met just within it, and named just over it with need, limit, place and
source.
"""

from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse as sp

import spikefit_nb as sf
from spikefit_nb.errors import DatasetProblem, UnknownName, WrongArgument
from spikefit_nb.fit import judged_figures
from spikefit_nb.hardware import EVERY_CHIP_HAS, FAMILIES, profile_names
from spikefit_nb.network import LI, Conv2d, CubaLIF
from tests.networks import convolutional, two_layers

KI = 1024
IF, LIF, Input, Population, Projection = sf.IF, sf.LIF, sf.Input, sf.Population, sf.Projection
OF_XYLO = CubaLIF(2e-3, 1e-2, reset="subtract")
BARE = sf.HardwareProfile("bare", "A chip without figures", "mesh", "tick")


def chain(*layers, weights=None, neuron=None, seed=0):
    """Layers of so many neurons, all to all; the first one is the input."""
    random, neuron = np.random.default_rng(seed), neuron or IF(1.0)
    names = ["in", *(f"h{i}" for i in range(1, len(layers) - 1)), "out"]
    populations = [
        Population(name, (n,) if isinstance(n, int) else n, neuron if i else Input())
        for i, (name, n) in enumerate(zip(names, layers, strict=True))
    ]
    sizes = [p.n_neurons for p in populations]
    weights = weights or [random.normal(size=pair) for pair in pairwise(sizes)]
    edges = [Projection(s, t, w) for (s, t), w in zip(pairwise(names), weights, strict=True)]
    return sf.Network(populations, edges)


def one_map(weight, shape, *, neuron=None, **geometry):
    """Pixels, then one convolution."""
    conv = Conv2d(weight, shape, **geometry)
    populations = [
        Population("pixels", shape, Input()),
        Population("maps", conv.output_shape, neuron or IF(1.0)),
    ]
    return sf.Network(populations, [Projection("pixels", "maps", conv)])


def violated(network, chip, design=None):
    """What is violated: (what, need, limit) of each."""
    profile = sf.load_profile(chip) if isinstance(chip, str) else chip
    return [(v.what, v.need, v.limit) for v in sf.check_fit(network, profile, design).violations]


def small():
    """Two inputs, a loop and a skip path, few enough synapses to count by hand."""
    populations = [
        Population("a", (2,), Input()),
        Population("b", (3,), Input()),
        Population("h", (4,), IF(1.0)),
        Population("o", (2,), IF(1.0)),
    ]
    edges = [
        Projection("a", "h", np.array([[1, -1, 0, 0], [0, 2.0, 0, 0]])),
        Projection("b", "h", np.array([[0, 0, 0, 0], [0, 0, 0.5, 0], [1, 1, 1, 0]])),
        Projection(
            "h",
            "h",
            np.array([[0, 1.0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0], [1, 0, 0, 0]]),
            delay_steps=3,
        ),
        Projection("h", "o", np.array([[1.0, 0], [0, 1], [1, 1], [0, 0]])),
        Projection("a", "o", np.array([[1.0, 0], [0, 0]])),
    ]
    return sf.Network(populations, edges)


COUNTED_BY_HAND = {  # figure: (how much of it `small` needs, in words)
    "input_channels": (5, "input channels"),
    "output_neurons": (2, "neurons that are read out"),
    "hidden_neurons": (4, "hidden neurons"),
    "input_targets": (4, "neurons that inputs reach"),  # h0, h1, h2 and o0
    "output_sources": (3, "neurons that reach the output"),  # h0, h1, h2
    "neurons_per_chip": (6, "neurons"),
    "synapses_per_chip": (15, "synapses"),
    "recurrent_synapses": (3, "synapses between hidden neurons"),
    "fan_in_per_neuron": (4, "synapses onto a neuron"),  # h1: a0, a1, b2, h0
    # into h: 1; -1, 2, 1, 1; 0.5, 1, 1; of each neuron's largest 1, -1/2 and 1/2
    "axon_types": (3, "different weight values"),
    "maximum_delay": (3, "delay in steps"),
    "cores": (2, "cores"),
    "axons_in_per_core": (7, "input axons on a core"),  # into h: a0, a1, b1, b2, h0, h1, h3
    "axons_out_per_core": (6, "output axons on a core"),  # h0, h1, h3 to h; h0, h1, h2 to o
    "fan_out_axons": (2, "axons fed by one neuron"),
    "synapses_per_core": (10, "synapses on a core"),
    "synapse_configurations": (3, "synapse formats on a core"),
    "feature_maps": (4, "feature maps of a layer"),
    "target_layers": (2, "layers a layer sends to"),
}
MAPPER_SPLITS = ("axons_in_per_core", "axons_out_per_core", "fan_out_axons")


@pytest.mark.parametrize("figure", COUNTED_BY_HAND)
def test_a_need_is_the_one_counted_by_hand_and_met_up_to_its_limit(figure):
    need, what = COUNTED_BY_HAND[figure]
    bare = BARE.replace(neurons_per_core=99) if figure == "cores" else BARE  # else nobody can count
    fit = sf.check_fit(small(), bare.replace(**{figure: need}))
    assert fit.fits and (figure, what, need) in [(n.figure, n.what, n.need) for n in fit.needs]
    if figure not in MAPPER_SPLITS:
        layers = sf.Design(partition="layers")  # grouped, they would share a core
        fit = sf.check_fit(small(), bare.replace(**{figure: need - 1}), layers)
        assert (what, need, need - 1, "the user") in [
            (v.what, v.need, v.limit, v.source) for v in fit.violations
        ]
        assert {v.figure for v in fit.violations} == {figure}


def test_a_loop_that_no_cut_brings_within_its_axons_is_named_with_what_is_left_over():
    # One neuron alone has 4 axons (h1), so 4 are met by cutting and 3 by nothing: then the layer
    # stays whole.
    assert sf.check_fit(small(), BARE.replace(axons_in_per_core=4)).fits
    assert violated(small(), BARE.replace(axons_in_per_core=3)) == [("input axons on a core", 7, 3)]


def test_integers_wider_than_the_chips_are_an_answer_and_not_an_error():
    network = sf.check_fit(small(), sf.load_profile("loihi1")).network
    assert {e.weight_bits for e in network.projections} == {8}
    over = {chip: violated(network, chip) for chip in ("dynap_se2", "odin")}
    assert ("bits of a weight", 8, 5) in over["dynap_se2"] and ("bits of a weight", 8, 4) in over[
        "odin"
    ]
    assert len(sf.compare_fit(network).reports) == len(profile_names())


def test_a_model_or_reset_the_chip_lacks_is_named_with_what_it_has():
    chip = BARE.replace(neuron_models=["LIF", "CubaLIF"], resets=["zero"])
    assert violated(small(), chip) == [("neuron model", "IF", "LIF, CubaLIF")] * 2
    for neuron, mode in (
        (LIF(1e-2, reset="subtract"), "subtract"),
        (LIF(1e-2, v_reset=0.1), "value"),
    ):
        assert violated(chain(2, 2, neuron=neuron), chip) == [("reset mode", mode, "zero")]
    assert violated(chain(2, 2, neuron=LIF(1e-2)), chip) == []


def test_the_output_may_have_a_limit_on_spikes_of_its_own():
    chip = BARE.replace(spikes_per_step=3, output_spikes_per_step=1)
    assert violated(chain(2, 2, 2, neuron=IF(1.0, max_spikes_per_step=1)), chip) == []
    spikes = [
        v.where
        for v in sf.check_fit(
            chain(2, 2, 2, neuron=IF(1.0, max_spikes_per_step=3)), chip
        ).violations
    ]
    assert spikes == ["out"]
    assert violated(chain(2, 2, neuron=IF(1.0, max_spikes_per_step=None)), chip)[0][1:] == (
        "any number",
        1,
    )


@pytest.mark.parametrize("kind", [LIF, lambda tau_s, **kw: CubaLIF(1e-3, tau_s, **kw)])
def test_a_leaky_neuron_that_fires_several_times_a_step_does_not_fit_where_one_fires_once(kind):
    chip = BARE.replace(spikes_per_step=1)
    assert violated(chain(2, 2, neuron=kind(1e-2, max_spikes_per_step=1)), chip) == []
    often = chain(2, 2, neuron=kind(1e-2, reset="subtract", max_spikes_per_step=None))
    assert violated(often, chip) == [("spikes of a neuron in a step", "any number", 1)]


def test_a_neuron_that_never_fires_keeps_any_limit_on_spikes():
    chip = BARE.replace(spikes_per_step=1)
    assert violated(chain(2, 2, neuron=LI(1e-2)), chip) == []


def test_a_neuron_without_reset_does_not_fit_a_chip_that_has_none_without():
    chip = BARE.replace(resets=["zero", "subtract"])
    over = violated(chain(2, 2, neuron=LIF(1e-2, reset="none")), chip)
    assert over == [("reset mode", "none", "zero, subtract")]


# Loihi: nengo-loihi, Davies 2018


def test_nengo_loihis_layer_that_exceeds_a_core_is_cut_over_three():
    # nengo-loihi's tests: 600 x 500 weights of 8 bits exceed a core's 16,384 words of 64 bits.
    def bits(
        n_neurons,
    ):  # of 600 axons: full blocks of 64 weights take 9 words, the rest what they take
        full, rest = divmod(n_neurons, 64)
        return 600 * 64 * (full * 9 + -(-(rest * 8 + 10) // 64))

    assert bits(500) == 2_688_000 > 2**20 < bits(250) and bits(167) == 921_600 < 2**20
    network = chain(600, 500, weights=[np.full((600, 500), 0.5)])
    fit = sf.check_fit(network, sf.load_profile("loihi1"))
    assert fit.fits and fit.mapping.needs.neurons.tolist() == [167, 167, 166]
    assert fit.mapping.needs.memory_bits[:2].tolist() == [921_600, 921_600]
    assert violated(network, sf.load_profile("loihi1").replace(cores=2)) == [("cores", 3, 2)]


@pytest.mark.parametrize("n_different, fits", [(32, True), (33, False)])
def test_a_core_of_loihi_holds_32_sets_of_decays(n_different, fits):
    tau = np.concatenate([np.linspace(1e-3, 1e-1, n_different), np.full(20, 1e-3)])
    over = violated(chain(3, tau.size, neuron=LIF(tau)), "loihi1")
    assert over == ([] if fits else [("different decays on a core", n_different, 32)])


def test_a_pair_of_decays_is_one_set():
    tau_syn, tau_mem = np.meshgrid(np.linspace(1e-3, 2e-3, 6), np.linspace(1e-2, 2e-2, 6))
    over = violated(chain(3, 36, neuron=CubaLIF(tau_syn.ravel(), tau_mem.ravel())), "loihi1")
    assert over == [("different decays on a core", 36, 32)]


@pytest.mark.parametrize("n_different, fits", [(16, True), (17, False)])
def test_a_core_of_loihi_holds_16_thresholds(n_different, fits):
    over = violated(chain(3, 40, neuron=IF(1.0 + np.arange(40) % n_different)), "loihi1")
    assert over == ([] if fits else [("different thresholds on a core", n_different, 16)])


def test_populations_that_share_a_core_share_their_sets_of_parameters():
    network = chain(*[2] * 20, neuron=LIF(1e-2))
    assert violated(network, "loihi1", sf.Design(share_cores=True)) == [
        ("synapse formats on a core", 19, 16)
    ]
    chip = sf.load_profile("loihi1").replace(synapse_configurations=19)
    fit = sf.check_fit(network, chip, sf.Design(share_cores=True))
    assert fit.mapping.n_cores == 1
    assert [
        n.need
        for n in fit.needs
        if n.figure in ("compartment_configurations", "threshold_configurations")
    ] == [
        1,
        1,
    ]


# TrueNorth: Merolla 2014


def test_a_core_of_truenorth_has_256_axons():
    for n, over in (
        (256, []),
        (257, [("synapses onto a neuron", 257, 256), ("input axons on a core", 257, 256)]),
    ):
        fit = sf.check_fit(chain(n, 4, weights=[np.ones((n, 4))]), sf.load_profile("truenorth"))
        assert fit.mapping.needs.axons_in.tolist() == [n]
        assert [(v.what, v.need, v.limit) for v in fit.violations] == over


def test_half_the_sources_take_two_axons_of_truenorth_and_cuts_spare_them():
    """All four pairs of signs: whatever types two neurons choose, two of four pairs differ."""
    signs = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    for n, axons_in in ((168, [252]), (172, [172] * 2)):
        weight = np.tile(signs, (n // 4, 1))
        fit = sf.check_fit(chain(n, 2, weights=[weight]), sf.load_profile("truenorth"))
        assert fit.fits and fit.mapping.needs.axons_in.tolist() == axons_in


def test_neurons_of_one_sign_each_share_the_axons_of_truenorth():
    """What excites one neuron and inhibits another needs one axon: each has a weight of its own."""
    weight = np.tile([1.0, -1.0], (256, 2))
    fit = sf.check_fit(chain(256, 4, weights=[weight]), sf.load_profile("truenorth"))
    assert fit.fits and fit.mapping.needs.axons_in.tolist() == [256]


@pytest.mark.parametrize("n_values, fits", [(4, True), (5, False)])
def test_a_core_of_truenorth_has_four_types_of_axons(n_values, fits):
    network = chain(
        n_values, 2, weights=[np.repeat(np.arange(1.0, n_values + 1)[:, None], 2, axis=1)]
    )
    assert violated(network, "truenorth") == ([] if fits else [("different weight values", 5, 4)])


def test_a_neuron_of_truenorth_that_feeds_two_axons_is_laid_out_twice():
    # of signs ++, +- and -+ one takes two axons: two neurons differ in it, or else in two of them
    signs = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0]])
    one, two = (chain(2, 3, 2, weights=[np.ones((2, 3)), w]) for w in (np.ones((3, 2)), signs))
    needs = [sf.check_fit(n, sf.load_profile("truenorth")) for n in (one, two)]
    assert [f.mapping.needs.neurons.tolist() for f in needs] == [[3, 2], [4, 2]] and all(
        f.fits for f in needs
    )


# Speck: sinabs docs/speck/overview.md


def documented(side):
    weight = np.random.default_rng(0).normal(size=(32, 16, 3, 3))
    return one_map(weight, (16, side, side), padding=1, neuron=IF(1.0, reset="subtract"))


def test_specks_documented_layer_fits_no_core_by_its_neurons_alone():
    # 16 channels to 32, 3 x 3, 64 x 64: 8 Ki kernel words fit, 128 Ki neuron words fit none.
    fit = sf.check_fit(documented(64), sf.load_profile("speck"))
    (violation,) = fit.violations
    assert (violation.what, violation.need, violation.limit) == (
        "words for a layer's neurons",
        128 * KI,
        64 * KI,
    )
    assert (violation.where, violation.figure) == (
        "maps",
        "neuron_memory_per_core",
    ) and "sinabs" in violation.source
    assert [n.need for n in fit.needs if n.figure == "kernel_memory_per_core"] == [8 * KI]
    assert fit.remedies == () and "more pooling or stride" in fit.hints[0]


def test_specks_documented_layer_fits_where_its_map_is_half_as_wide():
    fit = sf.check_fit(documented(32), sf.load_profile("speck"))
    assert fit.fits and fit.mapping.places.tolist() != [9]
    assert [n.need for n in fit.needs if n.figure == "neuron_memory_per_core"] == [32 * KI]


def speck(weight_shape, shape, **geometry):
    weight = np.random.default_rng(1).normal(size=weight_shape)
    return one_map(weight, shape, neuron=IF(1.0, reset="subtract"), **geometry)


SPECK_LAYERS = {  # what: (a layer just within, a layer just over, need, limit)
    "kernel size": (speck((1, 1, 16, 16), (1, 20, 20)), speck((1, 1, 17, 17), (1, 20, 20)), 17, 16),
    "stride": (
        speck((1, 1, 3, 3), (1, 20, 20), stride=8),
        speck((1, 1, 3, 3), (1, 20, 20), stride=(4, 3)),
        3,
        "1, 2, 4, 8",
    ),
    "padding": (
        speck((1, 1, 3, 3), (1, 9, 9), padding=7),
        speck((1, 1, 3, 3), (1, 9, 9), padding=8),
        8,
        7,
    ),
    "feature maps of a layer": (
        speck((1024, 1, 1, 1), (1, 1, 1)),
        speck((1025, 1, 1, 1), (1, 1, 1)),
        1025,
        1024,
    ),
    "input side": (
        speck((1, 1, 3, 3), (1, 128, 9), stride=2),
        speck((1, 1, 3, 3), (1, 129, 9), stride=4),
        129,
        128,
    ),
    "output side": (speck((1, 1, 2, 2), (1, 65, 65)), speck((1, 1, 2, 2), (1, 66, 66)), 65, 64),
}


@pytest.mark.parametrize("what", SPECK_LAYERS)
def test_a_layer_of_speck_is_met_up_to_its_limit_and_named_over_it(what):
    within, over, need, limit = SPECK_LAYERS[what]
    assert violated(within, "speck") == []
    assert violated(over, "speck")[0] == (what, need, limit)
    assert len(violated(over, "speck")) == 1 or what == "feature maps of a layer"


def test_a_sum_pooling_speck_has_is_met_and_one_that_it_lacks_is_named():
    random = np.random.default_rng(0)

    def pooled(tile):
        weight = random.normal(size=(2, 1, 2, 2)).repeat(tile, axis=2).repeat(tile, axis=3)
        return one_map(
            weight, (1, 4 * tile, 4 * tile), stride=tile, neuron=IF(1.0, reset="subtract")
        )

    assert [violated(pooled(tile), "speck") for tile in (1, 2, 4, 8)] == [
        []
    ] * 4  # 8: 4, then twice the kernel
    assert violated(pooled(3), "speck") == [("sum pooling", 3, "1, 2, 4")]


def test_a_dense_layer_of_speck_is_a_kernel_as_large_as_its_input():
    for side, over in ((16, []), (17, [("kernel size", 17, 16)])):
        network = chain((2, side, side), 5, neuron=IF(1.0, reset="subtract"))
        assert violated(network, "speck") == over


def test_a_layer_of_speck_sends_to_two_others_at_most():
    def fan(n):
        names = [f"o{i}" for i in range(n)]
        populations = [
            Population("in", (2,), Input()),
            *(Population(p, (2,), IF(1.0)) for p in ("h", *names, "end")),
        ]
        edges = [Projection("in", "h", np.eye(2)), *(Projection("h", p, np.eye(2)) for p in names)]
        return sf.Network(populations, [*edges, *(Projection(p, "end", np.eye(2)) for p in names)])

    assert violated(fan(2), "speck") == [] and violated(fan(3), "speck") == [
        ("layers a layer sends to", 3, 2)
    ]


def test_layers_of_speck_that_would_each_fit_may_not_fit_together():
    # Only cores 5 and 6 have room for 64 Ki weights: the third such layer is left over, and named
    # as the chip's.
    names = ("p0", "p1", "p2")
    populations = [
        Population("in", (1024, 1, 1), Input()),
        *(Population(p, (40, 1, 1), IF(1.0)) for p in names),
    ]
    weights = np.random.default_rng(0).normal(size=(3, 40, 1024, 1, 1))
    edges = [
        Projection("in", p, Conv2d(w, (1024, 1, 1))) for p, w in zip(names, weights, strict=True)
    ]
    edges += [Projection(p, "end", np.ones((40, 2))) for p in names]
    network = sf.Network([*populations, Population("end", (2,), IF(1.0))], edges)
    assert violated(network, "speck") == [("layers with a core of their own", 4, 3)]


def test_biases_of_speck_are_words_too():
    chip = sf.load_profile("speck").replace(bias_memory_per_core=4)
    for n, over in ((4, []), (5, [("words for a layer's biases", 5, 4)])):
        found = violated(chain(2, n, neuron=IF(1.0, bias=0.5)), chip)
        assert [v for v in found if v[0] != "bias"] == over  # which no step of Speck adds


# DYNAP-SE2, Xylo, BrainScaleS-2, ODIN, ReckOn, Akida


@pytest.mark.parametrize("n_inputs, fits", [(64, True), (65, False)])
def test_a_neuron_of_dynap_se2_has_64_synapses(n_inputs, fits):
    network = chain(n_inputs, 3, weights=[np.ones((n_inputs, 3))], neuron=LIF(1e-2))
    assert violated(network, "dynap_se2") == ([] if fits else [("synapses onto a neuron", 65, 64)])


def test_four_currents_of_dynap_se2_make_the_weights_of_a_core():
    for values, fits in (([1, 2, 4, 8, 15], True), ([1, 2, 4, 8, 16], False)):
        network = chain(
            5, 2, weights=[np.repeat(np.array(values, float)[:, None], 2, axis=1)], neuron=LIF(1e-2)
        )
        chip = sf.HardwareProfile("d", "D", "dynap_se2", "asynchronous").replace(
            weight_currents_per_core=4
        )
        over = violated(network, chip)
        assert over == (
            []
            if fits
            else [("weights that are sums of base currents", "5 magnitudes", "4 currents")]
        )


@pytest.mark.parametrize(
    "n_in, n_out, over",
    [
        (16, 8, []),
        (17, 8, [("input channels", 17, 16)]),
        (16, 9, [("neurons that are read out", 9, 8)]),
    ],
)
def test_xylo_audio_2_has_16_inputs_and_8_outputs(n_in, n_out, over):
    assert violated(chain(n_in, 20, n_out, neuron=OF_XYLO), "xylo_audio2") == over


def looped(n_hidden, loop):
    populations = [
        Population("in", (4,), Input()),
        Population("h", (n_hidden,), OF_XYLO),
        Population("out", (2,), OF_XYLO),
    ]
    first, last = np.zeros((4, n_hidden)), np.zeros((n_hidden, 2))
    first[:, 0] = last[0] = 1
    edges = [
        Projection("in", "h", first),
        Projection("h", "h", loop, delay_steps=1),
        Projection("h", "out", last),
    ]
    return sf.Network(populations, edges)


def test_a_hidden_neuron_of_xylo_audio_2_reaches_64_others():
    loop = np.zeros((80, 80))
    loop[3, :64] = 1
    assert violated(looped(80, loop), "xylo_audio2") == []
    loop[3, 64] = 1
    assert violated(looped(80, loop), "xylo_audio2") == [
        ("hidden neurons that one reaches", 65, 64)
    ]


def test_xylo_imu_has_room_for_64_times_496_recurrent_synapses():
    band = sp.diags_array(np.ones(64), offsets=range(64), shape=(496, 496)).toarray()
    band += sp.diags_array(
        np.ones(63), offsets=range(-496 + 1, -496 + 64), shape=(496, 496)
    ).toarray()
    band = (band > 0).astype(float)
    missing = 64 * 496 - int(band.sum())
    band[np.unravel_index(np.flatnonzero(band == 0)[:missing], band.shape)] = 1
    assert band.sum() == 31_744 and violated(looped(496, band), "xylo_imu") == []
    band[np.unravel_index(np.flatnonzero(band == 0)[0], band.shape)] = 1
    assert violated(looped(496, band), "xylo_imu") == [
        ("synapses between hidden neurons", 31_745, 31_744)
    ]
    audio = violated(
        looped(496, band * (np.arange(496) < 65)), "xylo_audio3"
    )  # 32 x 992 hold in all: the same total
    assert audio == []


def test_784_signed_inputs_merge_seven_circuits_of_brainscales_2():
    # ts_13-network_partitioning.rst: "784 neurons requires connecting 7 neuron circuits".
    signs = np.where(np.arange(784 * 80).reshape(784, 80) % 2, 1.0, -1.0)
    fits, over = (chain(784, n, weights=[signs[:, :n]], neuron=LIF(1e-2)) for n in (73, 74))
    assert violated(fits, "brainscales2") == [] and violated(over, "brainscales2") == [
        ("neuron circuits", 518, 512)
    ]
    (violation,) = sf.check_fit(over, sf.load_profile("brainscales2")).violations
    assert violation.where == "the whole network, up to 7 for one neuron"


def test_256_inputs_of_one_sign_take_one_circuit_of_brainscales_2_and_257_two():
    for n, circuits in ((256, 4), (257, 8)):
        fit = sf.check_fit(
            chain(n, 4, weights=[np.ones((n, 4))], neuron=LIF(1e-2)),
            sf.load_profile("brainscales2"),
        )
        assert [need.need for need in fit.needs if need.what == "neuron circuits"] == [circuits]


@pytest.mark.parametrize("n_inputs, over", [(128, []), (129, [258])])
def test_an_input_of_odin_with_weights_of_both_signs_takes_two_of_256_addresses(n_inputs, over):
    network = chain(n_inputs, 2, weights=[np.tile([1.0, -1.0], (n_inputs, 1))])
    assert [need for _, need, _ in violated(network, "odin")] == over


def test_neurons_of_odin_that_only_answer_keep_addresses_from_inputs_once_others_have_synapses():
    # ChFrenkel/ODIN doc/README.md: in closed loop a neuron's spike stimulates the row of its own
    # address.
    for n_inputs, over in ((128, []), (129, [257])):
        weights = [
            np.tile([1.0, -1.0] * 30, (n_inputs, 1))[:, :30]
            * np.sign(1 + np.arange(n_inputs))[:, None]
        ]
        weights[0] = np.abs(weights[0])
        one_sign = chain(n_inputs, 30, 98, weights=[weights[0], np.ones((30, 98))])
        assert [need for _, need, _ in violated(one_sign, "odin")] == over


def test_a_neuron_of_odin_with_weights_of_both_signs_is_repeated():
    # 50 inputs of one sign, 64 hidden of both signs (two addresses and two neurons each), 10
    # outputs.
    network = chain(50, 64, 10, weights=[np.ones((50, 64)), np.tile([1.0, -1.0] * 5, (64, 1))])
    needs = {n.what: n.need for n in sf.check_fit(network, sf.load_profile("odin")).needs}
    assert needs["neurons, with repeats of those of both signs"] == 64 + 10 + 64
    assert (
        needs["addresses of inputs and neurons, two where weights have both signs"]
        == 50 + 2 * 64 + 10
    )


@pytest.mark.parametrize(
    "thresholds, need",
    [
        (np.ones(256), 256),
        (1.0 + np.arange(256) % 2, 256),
        (1.0 + np.arange(128), 256),
        (1.0 + np.arange(129), 258),
    ],
)
def test_neurons_of_reckon_are_placed_so_that_pairs_share_their_threshold(thresholds, need):
    populations = [
        Population("in", (2,), Input()),
        Population("h", thresholds.shape, LIF(1e-2, thresholds)),
        Population("out", (2,), LI(1e-2)),
    ]
    n = thresholds.size
    network = sf.Network(
        populations,
        [Projection("in", "h", np.ones((2, n))), Projection("h", "out", np.ones((n, 2)))],
    )
    fit = sf.check_fit(network, sf.load_profile("reckon"))
    assert [n.need for n in fit.needs if n.figure == "neurons_per_parameter_set"] == [need]
    assert fit.fits is (need <= 256)


def akida(weight_shape, shape, **geometry):
    """An inner layer behind a first one that Akida takes as it is."""
    random, model = np.random.default_rng(2), IF(1.0)
    first = Conv2d(random.normal(size=(shape[0], 1, 3, 3)), (1, *shape[1:]), padding=1)
    conv = Conv2d(random.normal(size=weight_shape), shape, **geometry)
    populations = [
        Population("pixels", (1, *shape[1:]), Input()),
        Population("first", shape, model),
        Population("maps", conv.output_shape, model),
    ]
    return sf.Network(
        populations, [Projection("pixels", "first", first), Projection("first", "maps", conv)]
    )


AKIDA_AS_IF = {  # what is broken: a layer that breaks only that
    (): akida((3, 2, 3, 3), (2, 8, 8), padding=1, stride=2),
    ("kernel size of a convolution",): akida(
        (3, 2, 2, 2), (2, 8, 8), stride=1, padding=0
    ).replace(),
    ("kernel size at stride 2 of a convolution",): akida(
        (3, 2, 5, 5), (2, 8, 8), padding=2, stride=2
    ),
    ("padding of a convolution",): akida((3, 2, 3, 3), (2, 8, 8), padding=0),
}


@pytest.mark.parametrize("broken", AKIDA_AS_IF)
def test_layers_outside_the_list_of_akidas_maker_are_named(broken):
    chip = sf.load_profile("akida_akd1000").replace(neuron_models=["IF"], resets=["zero"])
    fit = sf.check_fit(AKIDA_AS_IF[broken], chip)
    assert set(broken) <= {v.what for v in fit.violations} <= {*broken, "padding of a convolution"}
    assert all("Akida 1.0 hardware constraints" in v.source for v in fit.violations)


def test_the_first_layer_of_akida_may_step_by_three_and_a_dense_layer_has_no_kernel():
    chip = sf.load_profile("akida_akd1000").replace(neuron_models=["IF"], resets=["zero"])
    first = one_map(np.random.default_rng(0).normal(size=(4, 1, 3, 3)), (1, 12, 12), stride=3)
    assert violated(first, chip) == []
    assert (
        violated(chain((2, 20, 20), 5), chip) == []
    )  # 20 x 20 pixels would be no kernel of Akida's
    many = one_map(np.random.default_rng(0).normal(size=(4, 2, 3, 3)), (2, 12, 12))
    assert violated(many, chip) == [("input channels of an input convolution", 2, "1 or 3")]


# What holds for every chip


EVERY_NETWORK = {
    "small": small(),
    "recurrent": two_layers(1, "CubaLIF", recurrent=True),
    "leaky": two_layers(2, "LIF", sparse=True, delay=70),
    "convolutional": convolutional(1),
    "of one neuron": chain(1, 1),
    "without weights": chain(3, 2, weights=[np.zeros((3, 2))]),
    "without synapses": sf.Network(
        [Population("in", (3,), Input()), Population("out", (2,), IF(1.0, bias=1.0))], []
    ),
    "of one sign": chain(3, 2, weights=[-np.ones((3, 2))]),
}


@pytest.mark.parametrize("name", EVERY_NETWORK)
def test_every_need_names_a_figure_that_the_chip_has_and_is_judged_by(name):
    for report in sf.compare_fit(EVERY_NETWORK[name]).reports:
        judged = judged_figures(report.profile)
        assert {need.figure for need in report.needs} <= set(judged) <= set(report.profile.figures)
        assert all(need.where and need.source for need in report.needs)


@pytest.mark.parametrize("chip", profile_names())
def test_a_chip_with_any_figure_unpublished_still_gives_an_answer(chip):
    profile = sf.load_profile(chip)
    for name in judged_figures(profile):
        figures = {other: figure for other, figure in profile.figures.items() if other != name}
        partial = sf.HardwareProfile("partial", "Partial", profile.family, profile.step, figures)
        report = sf.check_fit(small(), partial)
        assert name not in {need.figure for need in report.needs}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", EVERY_NETWORK)
def test_a_chip_without_figures_fits_everything_as_far_as_published(family, name):
    report = sf.check_fit(EVERY_NETWORK[name], sf.HardwareProfile("bare", "Bare", family, "tick"))
    n = len(EVERY_CHIP_HAS)  # then come the properties that the network uses
    assert report.fits and report.unknown[:n] == tuple(EVERY_CHIP_HAS)
    assert "as far as judged" in repr(report) and "not published" in repr(report)
    uses = {"recurrent": "recurrence", "leaky": "longest delay", "without synapses": "bias"}
    assert uses.get(name, report.unknown[0]) in report.unknown


def test_what_counts_as_known_is_judged_on_some_chip():
    judged = {
        figure for chip in profile_names() for figure in judged_figures(sf.load_profile(chip))
    }
    assert {figure for figures in EVERY_CHIP_HAS.values() for figure in figures} <= judged


# Comparison and words


@pytest.mark.parametrize(
    "design", [None, sf.Design(weight_bits=3, prune_fraction=0.4, share_cores=True)]
)
def test_a_comparison_is_the_check_of_each_chip(design):
    network = two_layers(1, "LIF", recurrent=True)
    comparison = sf.compare_fit(network, design=design)
    assert sorted(r.profile.name for r in comparison.reports) == sorted(profile_names())
    for report in comparison.reports:
        alone = sf.check_fit(network, report.profile, design)
        assert (alone.needs, repr(alone), alone.network.fingerprint) == (
            report.needs,
            repr(report),
            report.network.fingerprint,
        )


def test_chips_that_fit_come_first_and_those_with_all_figures_before_the_others():
    reports = sf.compare_fit(sf.load_network("digits")).reports
    order = [(not r.fits, bool(r.unknown)) for r in reports]
    assert order == sorted(order) and {(False, False), (False, True), (True, False)} <= set(order)
    unknown = {r.profile.name: r.unknown for r in reports}
    assert "number of cores" in unknown["seneca"] and "memory for synapses" in unknown["darwin3"]
    assert unknown["loihi1"] == () and unknown["spinnaker2"] == ("neurons a core holds",)


def test_a_comparison_says_under_which_design():
    network = sf.load_network("digits")
    assert "digits as trained fits" in sf.compare_fit(network)._repr_html_()
    ternary = sf.compare_fit(network, design=sf.Design(weight_bits=2))
    assert (
        "digits Design(weight_bits=2) fits" in ternary._repr_html_() and ternary["truenorth"].fits
    )
    assert repr(sf.compare_fit(network, [])) == "FitComparison(fits 0 of 0 chips)"


def test_a_chip_that_was_not_compared_is_named_with_the_nearest():
    comparison = sf.compare_fit(small(), [sf.load_profile("loihi1")])
    with pytest.raises(UnknownName, match=r"'loihi2'\. Did you mean 'loihi1'"):
        comparison["loihi2"]
    with pytest.raises(WrongArgument, match="each profile is a str"):
        sf.compare_fit(small(), ["loihi1"])


def test_names_of_users_are_escaped():
    populations = [
        Population("<i>", (2,), Input()),
        Population("<b>", (300,), IF(1.0, reset="subtract")),
    ]
    network = sf.Network(
        populations, [Projection("<i>", "<b>", np.ones((2, 300)))], name="<script>"
    )
    chip = sf.HardwareProfile(
        "x", "<script>", "loihi", "barrier", sf.load_profile("loihi1").figures
    ).replace(cores=1)
    for shown in (sf.check_fit(network, chip), sf.compare_fit(network, [chip])):
        html = shown._repr_html_()
        assert (
            "<script>" not in html
            and "<b>" not in html
            and "<i>" not in html
            and "&lt;script&gt;" in html
        )


def test_data_of_another_network_is_refused_at_once():
    with pytest.raises(DatasetProblem, match="3 channels, but the network's input has 5"):
        sf.check_fit(
            small(), sf.load_profile("loihi1"), dataset=sf.SpikeDataset(np.ones((1, 2, 3), bool))
        )


def test_the_only_core_of_a_chip_is_not_the_limit_that_is_nearest():
    fit = sf.check_fit(chain(4, 3), sf.load_profile("odin"))
    assert fit.fits and fit.tightest.figure != "cores"


def test_a_report_that_does_not_fit_lists_met_limits_under_their_own_title():
    html = sf.check_fit(
        chain(3, 2, neuron=IF(1.0, reset="subtract")), sf.load_profile("loihi1")
    )._repr_html_()
    assert html.count("Why not") == 1 and html.count("Limit on") == 1


def test_one_core_is_one_core():
    chip = BARE.replace(neurons_per_core=9, chip_memory=99999)
    assert " as far as judged: 1 core;" in repr(sf.check_fit(chain(3, 2), chip))


@pytest.mark.parametrize("chip", profile_names())
def test_each_core_in_use_has_a_place_of_its_own_on_the_chip(chip):
    for network in EVERY_NETWORK.values():
        mapping = sf.check_fit(network, sf.load_profile(chip)).mapping
        places = {tuple(place) for place in mapping.positions}
        assert len(places) == mapping.n_cores
        if mapping.chip_n_cores is None or mapping.n_cores <= mapping.chip_n_cores:
            assert all(0 <= x < mapping.grid[0] and 0 <= y < mapping.grid[1] for x, y in places)


def test_digits_can_be_deployed_and_drawn_on_every_chip_that_they_fit():
    network, dataset = sf.load_network("digits"), sf.load_dataset("digits").take(10)
    compared = sf.compare_fit(network)
    fitting = (*compared.fitting, *compared.fitting_as_far_as_judged)
    assert len(fitting) >= 5
    for report in fitting:
        assert sf.plot_cores(sf.deploy(network, report.profile, dataset)) is not None


@pytest.mark.parametrize(
    ("path", "reset", "chips"),
    [
        ("02_cnn/cnn_sinabs.nir", "subtract", {"speck", "spinnaker2"}),
        ("03_rnn/braille_noDelay_noBias_subtract.nir", "subtract", {"xylo_audio2", "spinnaker2"}),
        ("03_rnn/braille_noDelay_bias_zero.nir", "zero", {"loihi1", "loihi2", "spinnaker2"}),
    ],
)
def test_networks_of_the_nir_paper_fit_the_chips_they_were_run_on(shared_data, path, reset, chips):
    # Pedersen et al., Nat. Commun. 15, 8122 (2024): results of Speck, SpiNNaker2, Xylo and Loihi
    # (by Lava) beside them.
    network = sf.read_nir(shared_data / "nir" / path, dt_s=1e-4, reset=reset)
    compared = sf.compare_fit(network)
    of = {report.profile.name for report in compared.fitting_as_far_as_judged}
    assert chips <= of | {report.profile.name for report in compared.fitting}
    assert of & chips == {"spinnaker2"}  # of which nobody has said what a core holds

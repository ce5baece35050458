"""Remedies: each really fits, none is harsher than it has to be, and nothing is offered where
nothing helps.
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spikefit_nb as sf
from spikefit_nb.adapt import adapt, prune_to_free, retime, substitute_neuron
from spikefit_nb.fit.kinds_of_change import BITS_TRIED, PRUNING_TRIED
from spikefit_nb.fit.remedies import chips_of
from spikefit_nb.network import Conv2d, CubaLIF
from spikefit_nb.simulate import simulate
from tests.networks import spikes, two_layers, wide_map

IF, LIF, Input, Population, Projection = sf.IF, sf.LIF, sf.Input, sf.Population, sf.Projection
LOIHI, TRUENORTH, SPECK = (sf.load_profile(name) for name in ("loihi1", "truenorth", "speck"))
BARE = sf.HardwareProfile("bare", "A chip without figures", "mesh", "tick")


def layers(*sizes, neuron=None, seed=0):
    random, names = (
        np.random.default_rng(seed),
        ["in", *(f"h{i}" for i in range(1, len(sizes) - 1)), "out"],
    )
    populations = [
        Population(name, (n,), (neuron or IF(1.0)) if i else Input())
        for i, (name, n) in enumerate(zip(names, sizes, strict=True))
    ]
    edges = [
        Projection(names[i], names[i + 1], random.normal(size=(sizes[i], sizes[i + 1])))
        for i in range(len(sizes) - 1)
    ]
    return sf.Network(populations, edges)


def remedies(network, profile, design=None):
    return sf.check_fit(network, profile, design).remedies


def fits(remedy, design=None, profile=None):
    return sf.check_fit(remedy.network, profile or remedy.profile, design or remedy.design).fits


SMALLER = {  # what is small on a chip of its own
    "memory": LOIHI.replace(synapse_memory_per_core=64 * 5, cores=3),
    "cores": LOIHI.replace(cores=1, synapse_memory_per_core=64 * 12),
    "fan-in": LOIHI.replace(cores=2, axons_in_per_core=3),
    "fan-in of a neuron": sf.load_profile("tianjic").replace(fan_in_per_neuron=4, cores=1),
    "axon types": TRUENORTH.replace(axon_types=3, cores=1),
    "synapses": sf.load_profile("loihi2").replace(synapses_per_chip=30, cores=1),
    "circuits": sf.load_profile("brainscales2").replace(neurons_per_core=11, fan_in_per_circuit=4),
    "addresses": sf.load_profile("odin").replace(source_addresses=20),
    "currents": sf.load_profile("dynap_se2").replace(fan_in_per_neuron=5, cores=1),
    "shared memory": sf.load_profile("spinnaker2").replace(chip_memory=500),
    "fan-out": sf.load_profile("xylo_audio3").replace(
        mean_fan_out_recurrent=1, hidden_neurons=8, output_sources=5
    ),
    "thresholds and cores": LOIHI.replace(cores=2, synapse_memory_per_core=64 * 12),
}


@settings(max_examples=50)
@given(
    seed=st.integers(0, 10**6),
    kind=st.sampled_from(["IF", "LIF", "CubaLIF"]),
    recurrent=st.booleans(),
    sparse=st.booleans(),
    delay=st.sampled_from([0, 70]),
    reset=st.sampled_from(["zero", "subtract"]),
    chip=st.sampled_from(sorted(SMALLER)),
)
def test_what_is_offered_fits(seed, kind, recurrent, sparse, delay, reset, chip):
    network = two_layers(seed, kind, recurrent=recurrent, sparse=sparse, delay=delay, reset=reset)
    offered = remedies(network, SMALLER[chip])
    for remedy in offered:
        again = sf.check_fit(remedy.network, remedy.profile, remedy.design)
        assert again.fits and again.mapping.n_cores == remedy.mapping.n_cores
        assert again.network.n_synapses == remedy.n_synapses
    assert [r.cost for r in offered] == sorted(r.cost for r in offered)


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), recurrent=st.booleans(), chip=st.sampled_from(sorted(SMALLER)))
def test_no_setting_of_what_is_offered_could_be_a_step_milder(seed, recurrent, chip):
    for remedy in remedies(two_layers(seed, recurrent=recurrent), SMALLER[chip]):
        design = remedy.design
        milder = []
        if design.prune_fraction > PRUNING_TRIED[0]:
            milder.append(
                replace(
                    design,
                    prune_fraction=PRUNING_TRIED[PRUNING_TRIED.index(design.prune_fraction) - 1],
                )
            )
        if design.weight_bits is not None and design.weight_bits < BITS_TRIED[0]:
            bits = [b for b in BITS_TRIED if b > design.weight_bits]
            milder.append(replace(design, weight_bits=min(bits)))
        if design.share_cores:
            milder.append(replace(design, share_cores=False))
        assert not any(fits(remedy, other) for other in milder)
        if remedy.n_chips > 1:
            assert not fits(remedy, profile=chips_of(SMALLER[chip], remedy.n_chips - 1))


def test_pruning_in_steps_of_one_per_cent_stops_at_the_first_that_fits():
    random = np.random.default_rng(1)
    network = sf.Network(
        [Population("in", (40,), Input()), Population("out", (1,), IF(1.0))],
        [Projection("in", "out", random.uniform(0.5, 1, (40, 1)))],
    )
    (remedy, other) = sorted(
        remedies(network, BARE.replace(fan_in_per_neuron=30)), key=lambda r: len(r.changes[0])
    )
    assert (remedy.design, remedy.n_synapses) == (
        sf.Design(prune_fraction=0.24),
        30,
    )  # round(0.24 * 40) = 10
    assert (other.design, other.n_synapses) == (sf.Design(max_fan_in=30), 30)
    assert remedy.changes == ("24 % of the synapses pruned, the weakest",)
    assert other.changes == ("at most 30 synapses onto a neuron, the strongest",)


def test_a_layer_of_many_decays_is_spread_over_cores_and_no_further_than_it_must_be():
    (remedy,) = remedies(layers(3, 100, neuron=LIF(np.linspace(1e-3, 1e-1, 100))), LOIHI)
    # Each core has room for 32 different ones: halves and thirds have too many, quarters 25.
    assert remedy.design == sf.Design(neurons_per_core=32) and remedy.mapping.n_cores == 4
    assert remedy.changes == ("at most 32 neurons on a core",)


def test_neurons_spread_only_as_far_as_there_are_cores():
    neuron = LIF(np.linspace(1e-3, 1e-1, 100))
    small = LOIHI.replace(cores=3)
    (remedy,) = remedies(layers(3, 100, neuron=neuron), small)
    assert (
        remedy.changes == ("at most 32 neurons on a core", "2 chips")
        and remedy.mapping.n_cores == 4
    )
    single = sf.HardwareProfile(
        "one", "One", "akida", "barrier", small.figures
    )  # of a family that comes alone
    assert remedies(layers(3, 100, neuron=neuron), single) == ()


def test_layers_share_cores_before_a_second_chip_is_bought():
    fit = sf.check_fit(layers(4, 5, 6, 3), LOIHI.replace(cores=2))
    first, second = fit.remedies
    assert (
        first.changes == ("layers share cores",)
        and first.mapping.n_cores == 1
        and first.n_chips == 1
    )
    assert (
        second.changes == ("2 chips",)
        and second.profile.value("cores") == 4
        and second.mapping.n_cores == 3
    )
    assert (
        second.profile.figure("cores").kind == "assumed"
        and "2 chips, each" in second.profile.figure("cores").source
    )


def test_cores_are_filled_up_where_a_design_left_them_half_empty():
    fit = sf.check_fit(layers(4, 40), LOIHI.replace(cores=2), sf.Design(neurons_per_core=10))
    assert ("cores filled up",) in [r.changes for r in fit.remedies]


def on_speck(*sizes, neuron=None):
    return layers(*sizes, neuron=neuron or IF(1.0, reset="subtract", max_spikes_per_step=None))


@pytest.mark.parametrize(
    "network, figures",
    # a core of Speck has 65,536 words of weights at most and as many of neurons, and maps at most
    # 1,024 channels
    [
        (on_speck(512, 256, 10), {"kernel_memory_per_core"}),
        (wide_map(32, 64, n_out=2), {"neuron_memory_per_core"}),
        (wide_map(1100, 8, n_out=2), {"neuron_memory_per_core", "feature_maps"}),
    ],
)
def test_a_layer_too_large_for_a_core_that_takes_layers_whole_is_split_and_fires_the_same_spikes(
    network, figures
):
    fit = sf.check_fit(network, SPECK)
    assert {need.figure for need in fit.violations} == figures
    (remedy,) = fit.remedies
    assert remedy.design == sf.Design(split_layers=True)
    assert remedy.changes == ("layers too large for a core are split",)
    dataset = sf.SpikeDataset(spikes(network, 0, n_samples=2, n_steps=4))
    report = sf.deploy(remedy.network, remedy.profile, dataset, design=remedy.design)
    assert report.fits and report.n_cores == remedy.mapping.n_cores > len(
        network.neuron_populations
    )
    rounded = adapt(network, SPECK, sf.Design()).network
    assert remedy.n_synapses == rounded.n_synapses
    whole, parts = (
        simulate(n, dataset, arithmetic="speck") for n in (rounded, remedy.mapping.network)
    )
    assert whole.output_spikes.any() and (whole.output_spikes == parts.output_spikes).all()


def test_a_layer_is_split_only_where_that_makes_it_fit():
    assert remedies(on_speck(512, 256), SPECK) == ()  # an output answers as one
    assert remedies(on_speck(512, 256, 10), SPECK, sf.Design(split_layers=True)) == ()
    assert sf.check_fit(on_speck(512, 256, 10), SPECK, sf.Design(split_layers=True)).fits
    crowded = on_speck(8, 512, 512, 2)  # each layer would send to more parts than the chip lets it
    assert remedies(crowded, SPECK) == ()


@pytest.mark.parametrize("n_neurons, n_chips", [(2048, 1), (2049, 2), (4097, 3)])
def test_as_many_chips_as_it_takes_and_no_more(n_neurons, n_chips):
    weight = np.zeros((2, n_neurons))
    weight[0] = 1
    network = sf.Network(
        [Population("in", (2,), Input()), Population("out", (n_neurons,), IF(1.0))],
        [Projection("in", "out", weight)],
    )
    fit = sf.check_fit(network, LOIHI.replace(cores=2))
    assert [r.n_chips for r in fit.remedies] == ([] if n_chips == 1 else [n_chips])
    assert fit.fits is (n_chips == 1)


def test_figures_of_several_chips_add_up_and_those_of_a_core_do_not():
    two = chips_of(TRUENORTH, 2)
    for name, factor in (
        ("cores", 2),
        ("static_power", 2),
        ("neurons_per_core", 1),
        ("energy_synaptic_operation", 1),
    ):
        assert two.value(name) == pytest.approx(factor * TRUENORTH.value(name))
    assert two.figure("cores").kind == "derived" and chips_of(TRUENORTH, 1) is TRUENORTH


def test_three_changes_are_offered_where_three_are_needed_and_no_fourth():
    # Values need bits, cores need sharing, fan-in needs a limit; pruning and a second chip would do
    # as well, and more.
    offered = remedies(
        layers(8, 8, 3),
        BARE.replace(axon_types=2, cores=1, fan_in_per_neuron=6, neurons_per_core=99),
    )
    assert sf.Design(weight_bits=2, max_fan_in=6, share_cores=True) in [
        remedy.design for remedy in offered
    ]
    for remedy in offered:
        assert (
            set(remedy.design.changes()) == {"weight_bits", "max_fan_in", "share_cores"}
            and remedy.n_chips == 1
        )


@pytest.mark.parametrize(
    "chip",
    [
        "xylo_audio2",
        BARE.replace(input_channels=2),
        BARE.replace(neuron_models=["ReLU"]),
        BARE.replace(feature_maps=1),
        BARE.replace(resets=["value"]),
    ],
)
def test_nothing_is_offered_where_nothing_helps_and_a_hint_says_what_would(chip):
    profile = sf.load_profile(chip) if isinstance(chip, str) else chip
    fit = sf.check_fit(layers(20, 5, 3), profile)
    assert not fit.fits and fit.remedies == ()
    assert fit.hints or {v.figure for v in fit.violations} == {"feature_maps"}


def test_limits_far_too_small_and_mixed_projections_are_no_error():
    conv = Conv2d(np.random.default_rng(0).normal(size=(1, 1, 2, 2)), (1, 4, 4))
    mixed = sf.Network(
        [Population("in", (1, 4, 4), Input()), Population("map", (1, 3, 3), IF(1.0))],
        [
            Projection("in", "map", conv),
            Projection("in", "map", np.random.default_rng(1).normal(size=(16, 9))),
        ],
    )
    offered = remedies(mixed, BARE.replace(fan_in_per_neuron=5))
    assert [tuple(r.design.changes()) for r in offered] == [("prune_fraction",)]
    assert remedies(layers(9, 3), BARE.replace(fan_in_per_neuron=1))[0].n_synapses <= 3


# What the circuits of a chip demand


def test_a_reset_the_chip_has_takes_the_place_of_one_it_lacks():
    for neuron, chip, words, reset in (
        (IF(1.0, reset="subtract"), LOIHI, "reset to zero", "zero"),
        (IF(1.0, v_reset=0.2), LOIHI, "reset to zero", "zero"),
        (CubaLIF(2e-3, 1e-2), sf.load_profile("xylo_audio3"), "reset by subtraction", "subtract"),
    ):
        (remedy,) = remedies(layers(4, 5, 2, neuron=neuron), chip)
        assert remedy.changes == (words,) and repr(remedy) == f"Remedy({words})" and fits(remedy)
        assert all(
            p.neuron.reset == reset and not p.parameter("v_reset").any()
            for p in remedy.network.neuron_populations
        )
        assert remedy.design == sf.Design()


def test_spikes_a_step_are_cut_to_what_the_chip_sends():
    network = layers(4, 5, 2, neuron=IF(1.0, max_spikes_per_step=None))
    (remedy,) = remedies(network, BARE.replace(spikes_per_step=4, output_spikes_per_step=1))
    assert [p.neuron.max_spikes_per_step for p in remedy.network.neuron_populations] == [4, 1]
    assert remedy.changes == ("no more spikes a step than the chip allows",)


def test_delays_are_cut_to_the_longest_the_chip_has():
    (remedy,) = remedies(two_layers(1, recurrent=True, delay=80), LOIHI)
    assert sorted(e.delay_steps for e in remedy.network.projections) == [0, 63, 63]
    assert remedy.changes == ("delays of at most 63 steps",)


def test_integrate_and_fire_as_a_leaky_neuron_fires_nearly_the_same():
    network = two_layers(5, "IF")
    (remedy,) = remedies(network, BARE.replace(neuron_models=["LIF"]))
    assert remedy.changes == ("LIF for IF, with a time constant of 1,000 steps",)
    dataset = sf.SpikeDataset(spikes(network, 5, n_samples=40, rate=0.5))
    before, after = (simulate(n, dataset).spike_counts["hidden"] for n in (network, remedy.network))
    assert before.sum() > 100 and abs(int(after.sum()) - int(before.sum())) < 0.02 * before.sum()


def test_a_leaky_neuron_as_one_with_a_synapse_without_memory_fires_the_same():
    network = two_layers(5, "LIF", reset="subtract")
    (remedy,) = remedies(network, BARE.replace(neuron_models=["CubaLIF"]))
    assert remedy.changes == ("CubaLIF for LIF",) and isinstance(
        remedy.network["hidden"].neuron, CubaLIF
    )
    dataset = sf.SpikeDataset(spikes(network, 5, n_samples=40, rate=0.5))
    before, after = (simulate(n, dataset) for n in (network, remedy.network))
    assert before.spike_counts["hidden"].sum() > 50
    for name in ("hidden", "output"):
        assert (before.spike_counts[name] == after.spike_counts[name]).all()


def test_several_spikes_a_step_that_a_leaky_neuron_cannot_send_are_said_to_be_lost():
    (remedy,) = remedies(
        layers(4, 2, neuron=IF(1.0, max_spikes_per_step=None)), BARE.replace(neuron_models=["LIF"])
    )
    assert remedy.changes == ("LIF for IF, with a time constant of 1,000 steps, one spike a step",)


def test_what_circuits_demand_comes_with_what_limits_ask_for():
    network = layers(70, 5, 2, neuron=IF(1.0, reset="subtract"))
    for remedy in remedies(network, sf.load_profile("dynap_se2")):
        assert remedy.changes[:2] == (
            "LIF for IF, with a time constant of 1,000 steps",
            "reset to zero",
        )
        assert len(remedy.changes) == 3 and fits(remedy)


@pytest.mark.parametrize(
    ("kind", "models"),
    [("CubaLIF", ["LIF"]), ("ALIF", ["CubaLIF"]), ("LIF", ["IF"]), ("IF", ["LIF"])],
)
def test_with_recordings_to_calibrate_on_a_neuron_model_is_refitted_to_one_the_chip_has(
    kind, models
):
    network, (model,) = two_layers(5, kind), models
    dataset = sf.SpikeDataset(spikes(network, 5, n_samples=40, rate=0.5))
    fit = sf.check_fit(network, BARE.replace(neuron_models=models), calibration=dataset)
    (remedy,) = fit.remedies
    assert remedy.changes[0].startswith(f"{model} for {kind}")
    assert remedy.changes[0].endswith(", refitted to the calibration set")
    made = substitute_neuron(network, model, calibration=dataset)
    assert remedy.network.fingerprint == made.network.fingerprint
    counts = [simulate(n, dataset).spike_counts["hidden"].sum() for n in (network, remedy.network)]
    assert counts[0] > 100 and abs(counts[1] / counts[0] - 1) < 0.1
    blind = sf.check_fit(network, BARE.replace(neuron_models=models)).remedies
    assert len(blind) == (kind == "IF")  # the only one that is a limit


def test_what_no_model_of_the_chip_can_stand_for_has_no_remedy():
    network = two_layers(5, "Izhikevich")
    dataset = sf.SpikeDataset(spikes(network, 5))
    fit = sf.check_fit(network, BARE.replace(neuron_models=["LIF"]), calibration=dataset)
    assert not fit.fits and fit.remedies == ()


# Pruning that frees something


def freeing(fit, what):
    """The remedy that prunes to free something, and the one that prunes without regard to it."""
    found = [r for r in fit.remedies if f"those that free {what}" in str(r.changes)]
    plain = [r for r in fit.remedies if "pruned, the weakest" in str(r.changes) and r.n_chips == 1]
    assert len(found) == len(plain) == 1
    return found[0], plain[0]


@pytest.mark.parametrize(
    ("chip", "what"),
    [
        (LOIHI.replace(axons_in_per_core=50, cores=1), "axons"),
        (LOIHI.replace(cores=2, synapse_memory_per_core=30_000), "cores"),
    ],
)
def test_pruning_that_frees_what_is_short_takes_less_and_no_more_than_it_must(chip, what):
    network = sf.load_network("digits")
    fit = sf.check_fit(network, chip)
    freed, plain = freeing(fit, what)
    assert freed.n_synapses > plain.n_synapses
    assert fits(freed) and freed.design.prune_fraction == 0
    percent = int(next(c for c in freed.changes if "free" in c).split()[0])
    less = prune_to_free(network, chip, (percent - 1) / 100, free=what).network
    assert not sf.check_fit(less, chip, freed.design).fits


def test_pruning_that_frees_axons_uses_what_it_knows_of_the_network():
    network, dataset = sf.load_network("digits"), sf.load_dataset("digits").take(200)
    calibration, unseen = dataset.split(0.3, 0)
    chip = LOIHI.replace(axons_in_per_core=50, cores=1)
    fits_of = [
        sf.check_fit(network, chip, dataset=unseen, calibration=c) for c in (None, calibration)
    ]
    (blind, _), (seeing, plain) = (freeing(fit, "axons") for fit in fits_of)
    assert seeing.accuracy > blind.accuracy + 0.3 and seeing.accuracy > plain.accuracy + 0.3
    again = sf.deploy(seeing.network, chip, unseen, design=seeing.design, calibration=calibration)
    assert again.accuracy == seeing.accuracy


def test_a_design_that_prunes_already_is_pruned_further_and_not_otherwise():
    network = sf.load_network("digits")
    chip = LOIHI.replace(cores=2, synapse_memory_per_core=30_000)
    offered = remedies(network, chip, sf.Design(prune_fraction=0.3))
    assert offered and not any("those that free" in str(remedy.changes) for remedy in offered)


# Accuracy and words


def test_with_data_remedies_are_ranked_by_the_accuracy_that_was_simulated():
    network, dataset = sf.load_network("digits"), sf.load_dataset("digits").take(60)
    chip = LOIHI.replace(synapse_memory_per_core=20_000, cores=2)
    fit = sf.check_fit(network, chip, dataset=dataset)
    assert len(fit.remedies) > 2
    accuracies = [r.accuracy for r in fit.remedies]
    assert accuracies == sorted(accuracies, reverse=True)
    for remedy in fit.remedies:
        report = sf.deploy(remedy.network, remedy.profile, dataset, design=remedy.design)
        assert report.fits and report.accuracy == remedy.accuracy
        assert remedy.quantities[-1][:4] == ("accuracy", "Accuracy", remedy.accuracy, "%")
    assert (
        "Accuracy" in fit._repr_html_()
        and "Accuracy" not in sf.check_fit(network, chip)._repr_html_()
    )


def test_a_remedy_is_a_network_a_design_and_a_chip_that_can_be_deployed():
    network = layers(4, 5, 2, neuron=IF(1.0, reset="subtract"))
    (remedy,) = remedies(
        network, LOIHI.replace(cores=1, neurons_per_core=7), sf.Design(share_cores=True)
    )
    dataset = sf.SpikeDataset(spikes(network, 1))
    report = sf.deploy(remedy.network, remedy.profile, dataset, design=remedy.design)
    assert report.fits and report.n_cores == remedy.mapping.n_cores == 1
    assert retime(report.fit.network, LOIHI).extra_steps == 1


def test_remedies_are_counted_in_proper_english():
    fit = sf.check_fit(layers(4, 5, 3), LOIHI.replace(cores=1))
    tried = [f"{remedy.headline}: {remedy.mapping.cores_in_words}" for remedy in fit.remedies]
    assert tried == ["layers share cores: 1 of 1 core", "2 chips: 2 of 2 cores"]


def test_a_network_that_fits_needs_no_remedy():
    assert remedies(layers(4, 3), LOIHI) == ()

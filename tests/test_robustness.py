"""Faults: what each does to weights, neurons and events, by closed forms, and what is left."""

from functools import partial

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.datasets import load_images
from spikefit_nb.encode import RateBernoulli, RateRegular
from spikefit_nb.errors import (
    DatasetProblem,
    DesignProblem,
    DoesNotFit,
    NetworkProblem,
    WrongArgument,
)
from spikefit_nb.plots import plot_robustness, robustness_data
from spikefit_nb.robustness import Faults, encoding_spread, robust_accuracy, robustness
from spikefit_nb.robustness.faults import faulty_inputs, faulty_network


@pytest.fixture(scope="module")
def report():
    dataset = sf.load_dataset("digits").take(80)
    return sf.deploy(sf.load_network("digits"), sf.load_profile("loihi1"), dataset)


def faulty(report, seed=0, **faults):
    network, random = report.run.retimed.network, np.random.default_rng(seed)
    return faulty_network(network, report.mapping, Faults(**faults), random)


def test_mismatch_scales_every_synapse_by_a_factor_of_its_own(report):
    before, after = report.run.retimed.network, faulty(report, weight_mismatch=0.2)
    for e, f in zip(before.projections, after.projections, strict=True):
        real, made = e.real_weight().values, f.real_weight().values
        factor = made[real != 0] / real[real != 0]
        assert factor.mean() == pytest.approx(1.0, abs=4 * 0.2 / np.sqrt(factor.size))
        assert factor.std() == pytest.approx(0.2, rel=0.1) and not made[real == 0].any()


def test_flipped_bits_are_those_of_twos_complement():
    weights = np.array([[1, -1], [127, -128]], np.int8)
    layers = [sf.Population("in", (2,), sf.Input()), sf.Population("out", (2,), sf.IF(1.0))]
    link = sf.Projection("in", "out", weights, scale=1.0, weight_bits=8)
    network = sf.Network(layers, [link])
    every = faulty_network(network, None, Faults(bit_flips=1.0), np.random.default_rng(0))
    assert every.projections[0].weight.toarray().tolist() == [[-2, 0], [-128, 127]]  # ~w
    seen = np.array(
        [
            faulty_network(network, None, Faults(bit_flips=0.1), np.random.default_rng(k))
            .projections[0]
            .weight.toarray()
            for k in range(400)
        ]
    )
    flips = np.unpackbits((seen ^ weights).astype(np.int8).view(np.uint8))
    assert flips.mean() == pytest.approx(0.1, abs=0.01)
    with pytest.raises(NetworkProblem, match="weight_bits"):
        real = sf.Network(layers, [sf.Projection("in", "out", np.eye(2))])
        faulty_network(real, None, Faults(bit_flips=0.1), np.random.default_rng(0))


@pytest.mark.parametrize("kind", ["dense", "convolution", "loop"])
def test_dead_neurons_neither_hear_nor_fire(kind):
    neuron = sf.IF(1.0, bias=2.0)
    if kind == "convolution":
        from spikefit_nb.network import Conv2d

        weight = Conv2d(np.ones((2, 1, 3, 3), np.float32), (1, 6, 6))
        links = [sf.Projection("in", "a", weight)]
        shapes = {"in": (1, 6, 6), "a": (2, 4, 4)}
    else:
        links = [sf.Projection("in", "a", np.ones((36, 32)))]
        shapes = {"in": (36,), "a": (32,)}
        loop = sf.Projection("a", "a", np.ones((32, 32)), delay_steps=1)
        links += [loop] if kind == "loop" else []
    layers = [
        sf.Population("in", shapes["in"], sf.Input()),
        sf.Population("a", shapes["a"], neuron),
    ]
    network = sf.Network(layers, links)
    dataset = sf.SpikeDataset(np.ones((1, 4, 36), bool), [0])
    report = sf.deploy(network, sf.load_profile("seneca"), dataset)
    after = faulty(report, dead_neurons=0.3)
    fired = sf.simulate(after, dataset).spike_counts["a"][0] > 0
    rng = np.random.default_rng(0)
    rng.choice(np.unique(report.mapping.core_of[report.mapping.core_of >= 0]), 0, replace=False)
    assert np.array_equal(fired, ~(rng.random(32) < 0.3)) and not fired.all()


def test_a_dead_core_takes_its_neurons_with_it(report):
    case, design = report.case, sf.Design(partition="layers")  # a layer a core
    report = sf.deploy(case.network, case.profile, case.dataset, design=design)
    after = faulty(report, dead_cores=1)
    counts = sf.simulate(after, report.dataset).spike_counts
    assert not all(counts[p.name].any() for p in after.neuron_populations)
    with pytest.raises(DesignProblem, match="only 2 are in use"):
        faulty(report, dead_cores=3)


def test_events_are_dropped_and_shifted_as_often_and_as_far_as_said():
    spikes = np.zeros((20, 200, 10), np.uint8)
    spikes[:, 100] = 3
    dataset = sf.SpikeDataset(spikes, dt_s=1e-3)
    random = np.random.default_rng(0)
    dropped = faulty_inputs(dataset, Faults(dropped_events=0.25), random)
    assert dropped.spikes[:].sum() == pytest.approx(0.75 * 600, rel=0.1)
    late = np.asarray(faulty_inputs(dataset, Faults(jitter_s=5e-3), random).spikes[:])
    assert late.sum() == 600
    step = np.repeat(np.arange(200), late.sum(axis=(0, 2), dtype=int))
    assert step.mean() == pytest.approx(100, abs=1) and step.std() == pytest.approx(5, rel=0.15)
    ends = np.asarray(faulty_inputs(dataset, Faults(jitter_s=1e300), random).spikes[:])
    assert ends[:, 1:-1].sum() == 0 and ends[:, [0, -1]].sum() > 0
    with pytest.raises(DesignProblem, match="currents"):
        faulty_inputs(sf.SpikeDataset(np.full((1, 2, 2), 0.5)), Faults(dropped_events=0.1), random)


def test_the_same_seed_gives_the_same_numbers_and_no_fault_shows_in_no_draw(report):
    one, two = (robustness(report, dead_neurons=0.2, n_draws=4, seed=3) for _ in range(2))
    assert np.array_equal(one.accuracies, two.accuracies)
    assert not np.array_equal(
        one.accuracies, robustness(report, dead_neurons=0.2, n_draws=4, seed=4).accuracies
    )
    least = robustness(report, bit_flips=1e-12, n_draws=2)
    assert least.accuracies.tolist() == [report.accuracy] * 2
    assert one.low <= one.median <= one.accuracies.max()


def test_mismatch_is_run_in_float32_and_that_is_said(report):
    made = robustness(report, weight_mismatch=0.1, n_draws=2)
    assert "Run in float32" in made.notes[0]
    assert robustness(report, dropped_events=0.1, n_draws=2).notes == ()


@pytest.mark.parametrize("chip", ["brainscales2", "dynap_se2", "loihi1"])
def test_the_report_of_an_analog_chip_says_how_to_tell_what_mismatch_leaves(chip):
    layers = [sf.Population("in", (4,), sf.Input()), sf.Population("out", (4,), sf.LIF(0.02, 0.02))]
    network = sf.Network(layers, [sf.Projection("in", "out", np.eye(4))])
    dataset = sf.SpikeDataset(np.ones((4, 20, 4), bool), [0, 1, 2, 3])
    made = sf.deploy(network, sf.load_profile(chip), dataset)
    said = [n for n in made.warnings if "weight_mismatch=0.2" in n]
    assert bool(said) == (chip != "loihi1") and made.fits
    assert ("(0.2 is assumed)" in made._repr_html_()) == (chip != "loihi1")
    assert robustness(made, weight_mismatch=0.2, n_draws=2).accuracies.size == 2


@pytest.mark.parametrize(
    ("faults", "word"),
    [
        ({}, "Nothing goes wrong"),
        ({"bit_flips": 1.5}, "between 0 and 1"),
        ({"weight_mismatch": -0.1}, "0 or more"),
        ({"dead_cores": 0.5}, "whole number"),
        ({"dead_neurons": 0.1, "n_draws": 0}, "n_draws"),
    ],
)
def test_what_cannot_go_wrong_is_refused(report, faults, word):
    with pytest.raises(DesignProblem, match=word):
        robustness(report, **faults)


def test_one_number_of_a_report_is_what_one_draw_in_twenty_falls_below(report):
    objective = partial(robust_accuracy, weight_mismatch=0.3, n_draws=20, seed=5)
    drawn = robustness(report, weight_mismatch=0.3, n_draws=20, seed=5).accuracies
    assert objective(report) == np.percentile(drawn, 5) < report.accuracy
    few = sf.deploy(
        report.case.network, report.profile, report.dataset, design=sf.Design(n_steps=8)
    )
    assert objective(few) < objective(report)  # an objective tells designs apart


def test_an_encoder_that_draws_is_drawn_anew_as_its_seeds_say(report):
    images, encoder = load_images("digits", n_samples=80), RateBernoulli(64)
    found = encoding_spread(report, images.values, encoder, n_draws=3, seed=9)
    for k in range(3):
        random = np.random.default_rng((9, k))
        drawn = sf.SpikeDataset.encode(images.values, images.labels, encoder, seed=random)
        again = sf.deploy(report.case.network, report.profile, drawn)
        assert found.accuracies[k] == again.accuracy
        assert found.spikes[k] == drawn.spikes[:].sum() / 80
    expected = encoder.expected_spikes(images.values).mean()
    assert found.spikes.mean() == pytest.approx(expected, rel=0.02) and np.ptp(found.spikes) > 0
    assert found.notes == () and found.accuracy == report.accuracy
    same = encoding_spread(report, images.values, encoder, n_draws=3, seed=9)
    assert np.array_equal(same.spikes, found.spikes)


def test_the_spread_of_an_encoder_follows_the_steps_of_the_design_and_shows_as_dots(report):
    images, encoder = load_images("digits", n_samples=80), RateBernoulli(64)
    design = sf.Design(n_steps=6)
    few = sf.deploy(report.case.network, report.profile, report.case.dataset, design=design)
    found = encoding_spread(few, images.values, encoder, n_draws=20)
    assert found.accuracies.std() > 0 and found.low == np.percentile(found.accuracies, 5)
    shown = robustness_data(found)
    assert shown.without_words == "as deployed" and shown.percent.size == 20
    assert plot_robustness(found).title.text.endswith(
        "RateBernoulli(n_steps=64, peak=1.0) drawn anew"
    )


def test_an_encoder_that_draws_nothing_is_named_and_one_of_another_shape_refused(report):
    images = load_images("digits", n_samples=80)
    regular = sf.SpikeDataset.encode(images.values, images.labels, RateRegular(64), seed=0)
    made = sf.deploy(report.case.network, report.profile, regular)
    found = encoding_spread(made, images.values, RateRegular(64), n_draws=2)
    assert found.accuracies.tolist() == [made.accuracy] * 2
    assert "draws nothing" in found.notes[0]
    with pytest.raises(DatasetProblem, match="makes 32 steps of 64 channels"):
        encoding_spread(report, images.values, RateBernoulli(32))
    with pytest.raises(DatasetProblem, match="79 samples, and the report 80"):
        encoding_spread(report, images.values[:79], RateBernoulli(64))
    with pytest.raises(WrongArgument, match="encoder"):
        encoding_spread(report, images.values, "rate")


def test_without_labels_or_a_run_there_is_nothing_to_tell(report):
    network, profile, dataset = report.case.network, report.profile, report.dataset
    unlabelled = sf.deploy(network, profile, sf.SpikeDataset(dataset.spikes[:]))
    with pytest.raises(DatasetProblem, match="labels"):
        robustness(unlabelled, dead_neurons=0.1)
    missing = sf.deploy(network, sf.load_profile("truenorth"), dataset)
    with pytest.raises(DoesNotFit, match="nothing to run"):
        robustness(missing, dead_neurons=0.1)

"""Fit and deploy: answers with reasons, prices with units, and nothing guessed."""

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.adapt import prune, quantize, retime
from spikefit_nb.errors import DatasetProblem, DesignProblem, DoesNotFit
from spikefit_nb.simulate import RECORDS, simulate
from tests.networks import spikes, two_layers

LOIHI, TRUENORTH = sf.load_profile("loihi1"), sf.load_profile("truenorth")


@pytest.fixture(scope="module")
def digits():
    return sf.load_network("digits"), sf.load_dataset("digits")


def dense(n_in, n_out, **neuron):
    random = np.random.default_rng(0)
    return sf.Network(
        [sf.Population("in", (n_in,), sf.Input()), sf.Population("out", (n_out,), sf.IF(1.0, **neuron))],
        [sf.Projection("in", "out", random.normal(size=(n_in, n_out)))],
    )


def test_digits_fit_loihi_and_not_truenorth_and_ternary_weights_would(digits):
    assert sf.check_fit(digits[0], LOIHI).fits
    fit = sf.check_fit(digits[0], TRUENORTH)
    assert {v.what for v in fit.violations} == {"different weight values"} and all(v.limit == 4 for v in fit.violations)
    assert [r.design for r in fit.remedies] == [sf.Design(weight_bits=2)]
    assert sf.check_fit(digits[0], TRUENORTH, fit.remedies[0].design).fits


def test_a_remedy_is_priced_in_accuracy_where_there_is_data(digits):
    network, dataset = digits
    (remedy,) = sf.check_fit(network, TRUENORTH, dataset=dataset.take(100)).remedies
    assert remedy.accuracy == simulate(quantize(network, 2), dataset.take(100)).accuracy


def test_a_network_too_large_is_a_report_and_an_exception_only_when_asked():
    network = dense(10, 200)
    small = LOIHI.replace(cores=2, neurons_per_core=64)
    fit = sf.check_fit(network, small)
    (violation,) = fit.violations
    assert (violation.what, violation.need, violation.limit, violation.source) == ("cores", 4, 2, "the user")
    dataset = sf.SpikeDataset(np.ones((2, 3, 10), bool))
    report = sf.deploy(network, small, dataset)
    assert not report.fits and report.energy_j is None and "does not fit" in repr(report)
    with pytest.raises(DoesNotFit, match="cores: needs 4, limit 2"):
        sf.deploy(network, small, dataset, strict=True)


def test_a_core_over_its_memory_is_named_and_pruning_cures_it():
    network = dense(1200, 1)
    tight = LOIHI.replace(synapse_memory_per_core=64 * 1000)
    fit = sf.check_fit(network, tight)
    (violation,) = fit.violations
    n_axons = np.count_nonzero(quantize(network, 8).projections[0].weight)  # each takes one word of 64 bits
    assert (violation.need, violation.limit, violation.where) == (64 * n_axons, 64 * 1000, "out 0-0")
    assert sf.Design(prune_fraction=0.25) in [remedy.design for remedy in fit.remedies]


def test_a_reset_the_chip_lacks_is_named_with_what_to_try():
    fit = sf.check_fit(dense(3, 2, reset="subtract"), LOIHI)
    assert fit.violations[0].what == "reset mode" and "reset='zero'" in fit.hints[0]


def test_a_neuron_the_chip_lacks_is_named():
    network = two_layers(1, "CubaLIF")
    assert {v.what for v in sf.check_fit(network, TRUENORTH).violations} >= {"neuron model"}


def test_a_deployment_gives_the_figures_of_its_parts(digits):
    network, dataset = digits
    report = sf.deploy(network, LOIHI, dataset)
    assert report.fits and report.n_cores == 2
    assert report.accuracy == simulate(retime(quantize(network, 8), LOIHI)[0], dataset.extend(1)).accuracy
    assert report.energy_j == pytest.approx(sum(report.price.energy_parts_j.values()))
    assert report.price.static_energy_j == pytest.approx(104.4e-3 * report.latency_s)
    assert report.weakest_kind == "assumed" and report.n_macs == network.n_synapses


def test_spreading_over_cores_shortens_the_step_and_never_runs_the_network_again(digits):
    network, dataset = digits
    one = sf.deploy(network, LOIHI, dataset)
    held = RECORDS.n_records
    spread = sf.deploy(network, LOIHI, dataset, design=sf.Design(neurons_per_core=8))
    assert RECORDS.n_records == held
    assert spread.n_cores == 10 and spread.latency_s < one.latency_s / 3 and spread.accuracy == one.accuracy
    assert spread.price.counts["packets"] > one.price.counts["packets"]


def test_a_chip_that_delivers_a_step_later_gives_the_same_spikes_a_step_later():
    network = two_layers(7, "IF")
    dataset = sf.SpikeDataset(spikes(network, 7, rate=0.5))
    late, extra, notes = retime(network, LOIHI)
    before, after = simulate(network, dataset), simulate(late, dataset.extend(extra))
    assert extra == 1 and notes == ()
    assert (before.output_spikes == after.output_spikes[:, 1:]).all() and not after.output_spikes[:, 0].any()


def test_a_skip_path_whose_relative_timing_changes_is_named():
    populations = [sf.Population("in", (2,), sf.Input()), *(sf.Population(n, (2,), sf.IF(1.0)) for n in "abc")]
    pairs = (("in", "a"), ("a", "b"), ("b", "c"), ("a", "c"))
    network = sf.Network(populations, [sf.Projection(s, t, np.eye(2)) for s, t in pairs])
    _, extra, (note,) = retime(network, LOIHI)
    assert extra == 2 and "'c'" in note and "1 to 2 steps later" in note


def test_before_and_after_are_shown_with_the_change(digits):
    network, dataset = digits
    before, after = (sf.deploy(network, LOIHI, dataset, design=sf.Design(prune_fraction=f)) for f in (0.0, 0.5))
    rows = {label: change for label, _, _, change in before.compare(after).table()}
    assert rows["Energy per inference, events"] == f"{100 * (after.energy_j / before.energy_j - 1):+.0f} %"
    assert "Before" in before.compare(after)._repr_html_()


def test_a_silent_output_is_a_warning_in_the_report():
    network = dense(4, 2)
    dataset = sf.SpikeDataset(np.zeros((3, 5, 4), bool), [0, 1, 0])
    report = sf.deploy(network, LOIHI, dataset)
    assert any("'out' never fires" in warning for warning in report.warnings)
    assert "never fires" in report._repr_html_()


def test_data_of_another_network_is_refused_before_anything_is_mapped(digits):
    with pytest.raises(DatasetProblem, match="3 channels, but the network's input has 64"):
        sf.deploy(digits[0], LOIHI, sf.SpikeDataset(np.ones((2, 5, 3), bool)))


def test_names_of_users_are_escaped_in_html():
    network = dense(2, 2)
    evil = sf.SpikeDataset(np.ones((1, 2, 2), bool), [0], name="<script>alert(1)</script>")
    assert "<script>" not in sf.deploy(network, LOIHI, evil)._repr_html_() + evil._repr_html_()


def test_pruning_keeps_the_largest_weights_of_each_projection():
    network = two_layers(3)
    for before, after in zip(network.projections, prune(network, 0.4).projections, strict=True):
        kept = after.weight != 0
        assert (after.weight[kept] == before.weight[kept]).all()
        dropped = np.sort(np.abs(before.weight), axis=None)[: round(0.4 * before.weight.size)]
        assert np.abs(before.weight[kept]).min() >= dropped.max()


@pytest.mark.parametrize("bits", [2, 3, 4, 8, 12])
def test_rounding_errs_by_no_more_than_the_plain_scale_would(bits):
    for before, after in zip(two_layers(3).projections, quantize(two_layers(3), bits).projections, strict=True):
        limit = 2 ** (bits - 1) - 1
        plain = np.abs(before.weight).max() / limit
        error = np.sum((after.real_weight() - before.weight) ** 2)
        assert error <= np.sum((np.rint(before.weight / plain) * plain - before.weight) ** 2) + 1e-9
        assert np.abs(after.weight).max() <= limit


def test_knobs_out_of_range_are_refused_with_the_range():
    for knob, value in (("weight_bits", 1), ("prune_fraction", 1.0), ("threshold_scale", 0.0), ("neurons_per_core", 0)):
        with pytest.raises(DesignProblem, match=f"{knob} is {value}; it must be between"):
            sf.Design(**{knob: value})

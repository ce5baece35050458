"""Fit and deploy: answers with reasons, prices with units, and nothing guessed."""

from importlib import import_module

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.adapt import prune, quantize, retime
from spikefit_nb.errors import DatasetProblem, DesignProblem, DoesNotFit, WrongArgument
from spikefit_nb.simulate import simulate
from spikefit_nb.units import text
from tests.networks import spikes, two_layers

LOIHI, TRUENORTH = sf.load_profile("loihi1"), sf.load_profile("truenorth")


@pytest.fixture(scope="module")
def digits():
    return sf.load_network("digits"), sf.load_dataset("digits")


def dense(n_in, n_out, **neuron):
    random = np.random.default_rng(0)
    return sf.Network(
        [
            sf.Population("in", (n_in,), sf.Input()),
            sf.Population("out", (n_out,), sf.IF(1.0, **neuron)),
        ],
        [sf.Projection("in", "out", random.normal(size=(n_in, n_out)))],
    )


def test_digits_fit_loihi_and_not_truenorth_and_ternary_weights_would(digits):
    assert sf.check_fit(digits[0], LOIHI).fits
    fit = sf.check_fit(digits[0], TRUENORTH)
    assert {v.what for v in fit.violations} == {"different weight values"} and all(
        v.limit == 4 for v in fit.violations
    )
    assert [r.design for r in fit.remedies] == [sf.Design(weight_bits=2)]
    assert sf.check_fit(digits[0], TRUENORTH, fit.remedies[0].design).fits


def test_a_remedy_is_priced_in_accuracy_where_there_is_data(digits):
    network, dataset = digits
    (remedy,) = sf.check_fit(network, TRUENORTH, dataset=dataset.take(100)).remedies
    assert remedy.accuracy == simulate(quantize(network, 2).network, dataset.take(100)).accuracy


def test_a_network_too_large_is_a_report_and_an_exception_only_when_asked():
    network = dense(10, 200)
    small = LOIHI.replace(cores=2, neurons_per_core=64)
    fit = sf.check_fit(network, small)
    (violation,) = fit.violations
    assert (violation.what, violation.need, violation.limit, violation.source) == (
        "cores",
        4,
        2,
        "the user",
    )
    dataset = sf.SpikeDataset(np.ones((2, 3, 10), bool))
    report = sf.deploy(network, small, dataset)
    assert not report.fits and report.event_energy_j is None and "does not fit" in repr(report)
    with pytest.raises(DoesNotFit, match="cores: needs 4, limit 2"):
        sf.deploy(network, small, dataset, strict=True)


def test_a_core_over_its_memory_is_named_and_pruning_cures_it():
    network = dense(1200, 1)
    tight = LOIHI.replace(synapse_memory_per_core=64 * 1000)
    fit = sf.check_fit(network, tight)
    (violation,) = fit.violations
    n_axons = np.count_nonzero(
        quantize(network, 8).network.projections[0].weight.toarray()
    )  # each takes one word of 64 bits
    assert (violation.need, violation.limit, violation.where) == (
        64 * n_axons,
        64 * 1000,
        "out 0-0",
    )
    # 1,000 of 1,200 axons may stay: the mildest pruning in steps of 1 % is that of 17 %
    assert sf.Design(prune_fraction=0.17) in [remedy.design for remedy in fit.remedies]


def test_a_reset_the_chip_lacks_is_named_with_what_to_try():
    fit = sf.check_fit(dense(3, 2, reset="subtract"), LOIHI)
    assert fit.violations[0].what == "reset mode" and "reset='zero'" in fit.hints[0]


def test_a_neuron_the_chip_lacks_is_named():
    network = two_layers(1, "CubaLIF")
    assert {v.what for v in sf.check_fit(network, TRUENORTH).violations} >= {"neuron model"}


def test_a_deployment_gives_the_figures_of_its_parts(digits):
    network, dataset = digits
    report = sf.deploy(network, LOIHI, dataset, design=sf.Design(partition="layers"))
    assert report.fits and report.n_cores == 2
    assert (
        report.accuracy
        == simulate(retime(quantize(network, 8).network, LOIHI).network, dataset.extend(1)).accuracy
    )
    assert report.energy_j == pytest.approx(report.event_energy_j + 104.4e-3 * report.latency_s)
    assert report.price.static_energy_j == pytest.approx(104.4e-3 * report.latency_s)
    assert report.weakest_kind == "assumed" and report.n_macs == network.n_synapses


def test_spreading_over_cores_shortens_the_step_and_never_runs_the_network_again(
    digits, monkeypatch
):
    network, dataset = digits
    one = sf.deploy(network, LOIHI, dataset, design=sf.Design(partition="layers"))
    with monkeypatch.context() as patch:
        patch.setattr(
            import_module("spikefit_nb.simulate.cache"), "simulate", None
        )  # running it again would be an error
        spread = sf.deploy(network, LOIHI, dataset, design=sf.Design(neurons_per_core=8))
    assert (
        spread.n_cores == 10
        and spread.latency_s < one.latency_s / 3
        and spread.accuracy == one.accuracy
    )
    assert spread.price.counts["packets"] > one.price.counts["packets"]


def test_a_chip_that_delivers_a_step_later_gives_the_same_spikes_a_step_later():
    network = two_layers(7, "IF")
    dataset = sf.SpikeDataset(spikes(network, 7, rate=0.5))
    late = retime(network, LOIHI)
    before, after = simulate(network, dataset), simulate(late.network, dataset.extend(1))
    assert late.extra_steps == 1 and late.notes == ()
    assert (before.output_spikes == after.output_spikes[:, 1:]).all() and not after.output_spikes[
        :, 0
    ].any()


def test_a_skip_path_whose_relative_timing_changes_is_named():
    populations = [
        sf.Population("in", (2,), sf.Input()),
        *(sf.Population(n, (2,), sf.IF(1.0)) for n in "abc"),
    ]
    pairs = (("in", "a"), ("a", "b"), ("b", "c"), ("a", "c"))
    network = sf.Network(populations, [sf.Projection(s, t, np.eye(2)) for s, t in pairs])
    retimed = retime(network, LOIHI)
    assert retimed.extra_steps == 2
    assert retimed.notes == (
        "Spikes from 'a' to 'c' arrive 1 step earlier than what else reaches 'c', "
        "compared with the network as trained.",
    )


def test_a_loop_that_grows_longer_is_named_and_one_that_is_long_enough_is_not():
    populations = [
        sf.Population("in", (2,), sf.Input()),
        *(sf.Population(n, (2,), sf.IF(1.0)) for n in "ab"),
    ]
    edges = [sf.Projection("in", "a", np.eye(2)), sf.Projection("a", "b", np.eye(2))]
    longer = sf.Network(
        populations, [*edges, sf.Projection("b", "a", np.eye(2), delay_steps=1)], output="b"
    )
    assert [note[:38] for note in retime(longer, LOIHI).notes] == [
        "Spikes from 'b' to 'a' arrive 1 step l"
    ]
    itself = sf.Network(
        populations, [*edges, sf.Projection("a", "a", np.eye(2), delay_steps=1)], output="b"
    )
    assert retime(itself, LOIHI).notes == ()


def test_biases_that_act_before_late_spikes_arrive_are_named_and_run_so():
    populations = [
        sf.Population("in", (1,), sf.Input()),
        sf.Population("a", (1,), sf.IF(1.0)),
        sf.Population("b", (1,), sf.IF(4.0, bias=1.0)),
    ]
    edges = [sf.Projection(s, t, np.eye(1)) for s, t in (("in", "a"), ("a", "b"))]
    network = sf.Network(populations, edges)
    retimed = retime(network, LOIHI)
    [note] = retimed.notes
    assert note.startswith("Biases act from the first step on") and "(steps: 'b' 1)" in note
    silent = sf.SpikeDataset(np.zeros((1, 7, 1), bool))
    fired = simulate(retimed.network, silent).output_spikes.ravel()
    assert np.flatnonzero(fired).tolist() == [3]  # four steps of bias, the first of them step 0


def test_delay_behind_a_delayed_edge_is_not_forgotten():
    populations = [
        sf.Population("in", (1,), sf.Input()),
        *(sf.Population(n, (1,), sf.IF(1.0)) for n in "abc"),
    ]
    edges = [("in", "a", 0), ("a", "b", 0), ("b", "c", 2)]
    network = sf.Network(
        populations, [sf.Projection(s, t, np.eye(1), delay_steps=d) for s, t, d in edges]
    )
    retimed = retime(network, LOIHI)
    assert retimed.extra_steps == 1
    dataset = sf.SpikeDataset(np.ones((1, 6, 1), bool))
    late = simulate(retimed.network, dataset.extend(1))
    assert late.output_spikes.sum() == simulate(network, dataset).output_spikes.sum() == 4


def test_neurons_keep_their_numbers_when_the_network_is_retimed():
    populations = [
        sf.Population("in", (3,), sf.Input()),
        sf.Population("out", (2,), sf.IF(1.0)),
        sf.Population("hid", (4,), sf.IF(1.0)),
    ]
    random = np.random.default_rng(0)
    edges = [
        sf.Projection("in", "hid", random.normal(size=(3, 4))),
        sf.Projection("hid", "out", random.normal(size=(4, 2))),
    ]
    network = sf.Network(populations, edges)
    assert retime(network, LOIHI).network.starts == network.starts == {"in": 0, "hid": 3, "out": 7}


def test_before_and_after_are_shown_with_the_change(digits):
    network, dataset = digits
    before, after = (
        sf.deploy(network, LOIHI, dataset, design=sf.Design(prune_fraction=f)) for f in (0.0, 0.5)
    )
    rows = {label: change for label, _, _, change in before.compare(after).table()}
    change = f"{100 * (after.event_energy_j / before.event_energy_j - 1):+.0f} %"
    assert rows["Energy per inference, events"] == f"{change}, outside the uncertainty"
    assert "Before" in before.compare(after)._repr_html_()


def test_what_two_reports_share_is_said_once(digits):
    network, dataset = digits
    before, after = (
        sf.deploy(network, sf.load_profile(chip), dataset.take(10)) for chip in ("loihi1", "seneca")
    )
    said = before.compare(after)._repr_html_()
    assert "as trained: Intel Loihi, then SENECA (imec)" in said


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
    for before, after in zip(
        network.projections, prune(network, 0.4).network.projections, strict=True
    ):
        kept = after.values != 0
        assert (after.values[kept] == before.values[kept]).all()
        dropped = np.sort(np.abs(before.values))[: round(0.4 * before.values.size)]
        assert np.abs(before.values[kept]).min() >= dropped.max()


@pytest.mark.parametrize("bits", [2, 3, 4, 8, 12])
def test_rounding_errs_by_no_more_than_the_plain_scale_would(bits):
    for before, after in zip(
        two_layers(3).projections, quantize(two_layers(3), bits).network.projections, strict=True
    ):
        limit = 2 ** (bits - 1) - 1
        trained = before.values
        plain = np.abs(trained).max() / limit
        error = np.sum((after.real_weight().values - trained) ** 2)
        assert error <= np.sum((np.rint(trained / plain) * plain - trained) ** 2) + 1e-9
        assert np.abs(after.values).max() <= limit


def test_knobs_out_of_range_are_refused_with_the_range():
    for knob, value in (
        ("weight_bits", 0),
        ("prune_fraction", 1.0),
        ("threshold_scale", 0.0),
        ("neurons_per_core", 0),
    ):
        with pytest.raises(DesignProblem, match=f"{knob} is {value}; it must be between"):
            sf.Design(**{knob: value})


@pytest.mark.parametrize("design", [sf.Design(), sf.Design(weight_bits=2, prune_fraction=0.3)])
def test_sparse_weights_deploy_like_the_same_weights_dense(design):
    dense_one, sparse_one = (
        two_layers(5, recurrent=True, sparse=sparse) for sparse in (False, True)
    )
    dataset = sf.SpikeDataset(spikes(dense_one, 5, rate=0.6), [0, 1, 2])
    reports = [
        sf.deploy(network, LOIHI, dataset, design=design) for network in (dense_one, sparse_one)
    ]
    assert (
        repr(reports[0]) == repr(reports[1]) and reports[0].price.counts == reports[1].price.counts
    )


def test_an_adapted_network_can_be_deployed_again():
    network = two_layers(5)
    dataset = sf.SpikeDataset(spikes(network, 5, rate=0.6), [0, 1, 2])
    once = sf.deploy(network, LOIHI, dataset)
    assert sf.deploy(once.network, LOIHI, dataset).event_energy_j == once.event_energy_j


def test_pruning_counts_the_synapses_that_are_there():
    network = dense(10, 10)
    half_empty = network.replace(
        projections=[sf.Projection("in", "out", np.tril(network.projections[0].weight.toarray()))]
    )
    assert half_empty.n_synapses == 55 and prune(half_empty, 0.4).network.n_synapses == 33


def test_weight_values_of_a_population_are_counted_over_all_that_reaches_it():
    populations = [
        *(sf.Population(n, (2,), sf.Input()) for n in "xyz"),
        sf.Population("out", (2,), sf.IF(1.0)),
    ]
    edges = [
        sf.Projection(n, "out", k * np.array([[1.0, -1.0], [-1.0, 1.0]]))
        for k, n in enumerate("xyz", start=1)
    ]
    (violation,) = sf.check_fit(
        sf.Network(populations, edges), TRUENORTH, sf.Design(weight_bits=2)
    ).violations
    assert (violation.what, violation.need, violation.limit) == ("different weight values", 6, 4)


def test_a_loop_on_a_chip_where_a_neuron_feeds_one_axon_is_named():
    populations = [
        sf.Population("in", (2,), sf.Input()),
        sf.Population("a", (4,), sf.IF(1.0)),
        sf.Population("b", (2,), sf.IF(1.0)),
    ]
    edges = [
        sf.Projection("in", "a", np.ones((2, 4))),
        sf.Projection("a", "a", np.ones((4, 4)), delay_steps=1),
        sf.Projection("a", "b", np.ones((4, 2))),
    ]
    fit = sf.check_fit(sf.Network(populations, edges), TRUENORTH, sf.Design(weight_bits=2))
    assert [v.what for v in fit.violations] == ["axons fed by one neuron"] and fit.hints


@pytest.mark.parametrize(
    ("neuron", "what"),
    [
        (sf.IF(1.0, max_spikes_per_step=None), "spikes of a neuron in a step"),
        (sf.IF(1.0, v_reset=0.5), "reset mode"),
    ],
)
def test_what_the_circuits_of_loihi_do_not_do_is_named(neuron, what):
    network = sf.Network(
        [sf.Population("in", (2,), sf.Input()), sf.Population("out", (2,), neuron)],
        [sf.Projection("in", "out", np.eye(2))],
    )
    assert [v.what for v in sf.check_fit(network, LOIHI).violations] == [what]


def test_every_figure_a_number_rests_on_is_shown_with_its_source(digits):
    html = sf.deploy(*digits[:1], LOIHI, digits[1])._repr_html_()
    for name in ("static_power", "minimum_delay", "time_barrier", "energy_update_active"):
        assert (
            name.replace("_", " ") in html
            and LOIHI.figure(name).source[:30].replace("&", "&amp;") in html
        )
    assert "Not priced" in html


def test_counts_beyond_sixteen_bits_and_currents_are_priced_for_what_they_are():
    network = sf.Network(
        [
            sf.Population("in", (1,), sf.Input()),
            sf.Population("out", (1,), sf.IF(1e-5, max_spikes_per_step=None)),
            sf.Population("end", (1,), sf.IF(1.0)),
        ],
        [sf.Projection("in", "out", np.ones((1, 1))), sf.Projection("out", "end", np.ones((1, 1)))],
    )
    record = simulate(network, sf.SpikeDataset(np.ones((1, 1, 1), bool)), record="events")
    assert record.events.count.max() == record.spike_counts["out"].max() > 65535
    current = sf.deploy(dense(1, 1), LOIHI, sf.SpikeDataset(np.full((1, 1, 1), 300.5)))
    assert current.synaptic_operations == 1 and any(
        "Inputs are currents" in note for note in current.warnings
    )


def test_a_delay_does_not_make_a_network_recurrent():
    for delay, recurrent in ((0, False), (2, False), (0, True)):
        network = two_layers(1, recurrent=recurrent, delay=delay)
        assert network.is_recurrent is recurrent
        dataset = sf.SpikeDataset(spikes(network, 1))
        assert sf.deploy(network, LOIHI, dataset).n_macs == network.n_synapses * (
            12 if recurrent else 1
        )


def test_a_name_in_place_of_a_profile_says_how_to_load_it():
    network = two_layers(1)
    with pytest.raises(
        WrongArgument,
        match=r"profile is a str but must be a HardwareProfile: sf.load_profile\(name\)",
    ):
        sf.deploy(network, "loihi1", sf.SpikeDataset(spikes(network, 1)))
    with pytest.raises(WrongArgument, match="dataset is a ndarray but must be a SpikeDataset"):
        sf.deploy(network, LOIHI, spikes(network, 1))


def test_data_changed_by_the_user_afterwards_changes_nothing():
    network, array = two_layers(1), spikes(two_layers(1), 1, rate=0.6)
    dataset = sf.SpikeDataset(array)
    before = sf.deploy(network, LOIHI, dataset).event_energy_j
    array[:] = False
    assert (
        dataset.spikes.any()
        and sf.deploy(network, LOIHI, sf.SpikeDataset(array)).event_energy_j < before
    )


def test_a_comparison_with_what_does_not_fit_or_has_no_labels_says_so():
    network = two_layers(1)
    report = sf.deploy(network, LOIHI, sf.SpikeDataset(np.zeros((1, 3, 5), bool)))
    outside = sf.deploy(network, LOIHI.replace(cores=1), sf.SpikeDataset(np.zeros((1, 3, 5), bool)))
    compared = report.compare(outside)
    assert not any(change for *_, change in compared.table())  # a chip it does not fit is no gain
    assert "does not fit loihi1_changed: cores" in repr(compared) and "%" not in repr(compared)
    assert not any(q.value for q in compared.quantities if q.name == "change")
    rows = {label: (a, b) for label, a, b, _ in compared.table()}
    assert rows["Accuracy"] == ("no labels", "does not fit") and rows["Synaptic operations"] == (
        "0",
        "does not fit",
    )


def test_results_cannot_be_written_into():
    network = two_layers(1)
    report = sf.deploy(network, LOIHI, sf.SpikeDataset(spikes(network, 1)))
    record = simulate(network, sf.SpikeDataset(spikes(network, 1)), record="events")
    arrays = (
        report.mapping.core_of,
        report.mapping.needs.neurons,
        report.price.core_loads,
        record.events.neuron,
        record.spike_counts["hidden"],
        network.projections[0].values,
    )
    assert not any(array.flags.writeable for array in arrays)


def test_the_longest_way_is_found_however_populations_are_listed():
    populations = {n: sf.Population(n, (1,), sf.IF(1.0)) for n in ("out", "h1", "h2")}
    edges = [
        sf.Projection("in", "h1", np.eye(1)),
        sf.Projection("h1", "h2", np.eye(1)),
        sf.Projection("h2", "out", np.eye(1), delay_steps=1),
    ]
    for order in (("out", "h1", "h2"), ("h1", "h2", "out")):
        network = sf.Network(
            [sf.Population("in", (1,), sf.Input()), *(populations[n] for n in order)], edges
        )
        retimed = retime(network, LOIHI)
        assert (retimed.extra_steps, retimed.notes) == (1, ())


def test_a_loop_is_cut_so_that_its_own_axons_fit():
    ones = np.ones((20, 20))
    network = sf.Network(
        [
            sf.Population("in", (20,), sf.Input()),
            *(sf.Population(n, (20,), sf.IF(1.0)) for n in "ho"),
        ],
        [
            sf.Projection("in", "h", ones),
            sf.Projection("h", "o", ones),
            sf.Projection("h", "h", ones, delay_steps=1),
        ],
    )
    fit = sf.check_fit(network, LOIHI.replace(axons_out_per_core=24))
    assert fit.fits and fit.mapping.needs.axons_out.max() <= 24


def test_a_quantized_network_that_does_not_fit_shows_itself():
    adapted = sf.check_fit(dense(30, 20), LOIHI).network
    assert "different weight values" in sf.check_fit(adapted, TRUENORTH)._repr_html_()


@pytest.mark.parametrize("name", ["seneca", "loihi1", "xylo_audio3", "speck"])
def test_a_network_without_a_synapse_is_reported_on_as_on_every_other(name):
    populations = [sf.Population("in", (2,), sf.Input()), sf.Population("out", (2,), sf.IF(1.0))]
    network = sf.Network(populations, [sf.Projection("in", "out", np.zeros((2, 2)))])
    report = sf.deploy(
        network, sf.load_profile(name), sf.SpikeDataset(np.ones((2, 3, 2), bool), [0, 1])
    )
    assert report._repr_html_() and (not report.fits or report.synaptic_operations == 0)
    if name == "seneca":  # it publishes no limits, and prices nothing but synaptic operations
        assert report.figures == () and report.weakest_figure is report.weakest_kind is None
        assert "Weakest figure: none: this rests on no figure of the chip" in report.notes


def test_an_assumption_of_the_users_own_is_the_weakest_figure_named():
    dataset = sf.SpikeDataset(np.ones((1, 3, 5), bool))
    report = sf.deploy(two_layers(1), LOIHI.replace(synapse_memory_per_core=20000), dataset)
    assert report.weakest_figure == ("assumed", "synapse_memory_per_core")


def test_energy_held_by_a_figure_that_is_missing_is_not_priced():
    figures = {k: v for k, v in TRUENORTH.figures.items() if k != "static_power"}
    profile = sf.HardwareProfile("t", "T", "truenorth", "tick", figures, TRUENORTH.included)
    network = sf.Network(
        [sf.Population("in", (2,), sf.Input()), sf.Population("out", (2,), sf.IF(1.0))],
        [sf.Projection("in", "out", np.eye(2))],
    )
    dataset = sf.SpikeDataset(np.ones((1, 3, 2), bool))
    assert sf.deploy(network, TRUENORTH, dataset).event_energy_j > 0
    assert sf.deploy(network, profile, dataset).event_energy_j is None


def test_a_core_with_too_much_to_do_in_a_tick_is_said_to_be_late():
    network = sf.Network(
        [sf.Population("in", (100,), sf.Input()), sf.Population("out", (200,), sf.LIF(0.02))],
        [sf.Projection("in", "out", np.ones((100, 200)))],
    )
    always = sf.SpikeDataset(np.ones((1, 2, 100), bool))
    # 20,000 operations in every tick, of which a core manages 5,000: four ticks a step
    report = sf.deploy(network, sf.load_profile("spinnaker1"), always)
    assert report.fits and any("4.0 ticks" in warning for warning in report.warnings)
    rare = sf.SpikeDataset(np.eye(100, dtype=bool)[None, :2])
    assert not any(
        "ticks" in w for w in sf.deploy(network, sf.load_profile("spinnaker1"), rare).warnings
    )


def test_a_report_in_one_line_leaves_what_was_not_judged_to_its_fit(digits):
    report = sf.deploy(digits[0], sf.load_profile("seneca"), digits[1].take(20))
    assert repr(report).startswith("Report(predicted: fits seneca as far as judged, energy not")
    assert "not published: number of cores" in repr(report.fit)


def test_where_only_a_shortest_step_is_measured_the_latency_at_it_is_no_bound(digits):
    network, dataset = digits[0], digits[1].take(20)
    report = sf.deploy(network, sf.load_profile("loihi2"), dataset)
    n_steps = report.price.n_steps
    assert report.latency_s is None and report.price.latency_least_s == n_steps * 1163e-9
    at_shortest = f"{text(n_steps * 1163e-9, 's')} at the shortest step measured"
    assert f"latency not published, {at_shortest}" in repr(report)
    # Intel names steps below 200 ns for the whole chip, so what was measured on one board with two
    # neurons bounds nothing
    assert report.profile.checks["time_step_minimum"].value < 1163
    assert "at least" not in repr(report) and "at least" not in report._repr_html_()
    (least,) = (q for q in report.compared if q.name == "latency_least_s")
    assert (
        least.label == "Latency at the shortest step measured" and least.value == n_steps * 1163e-9
    )
    assert "shortest_step" in report.price.figures
    assert report.to_dict()["latency_s"]["value"] is None


@pytest.mark.parametrize("chip", ["loihi1", "seneca", LOIHI.replace(shortest_step=1e9)])
def test_a_shortest_step_says_nothing_where_a_latency_is_known_or_none_was_measured(digits, chip):
    profile = sf.load_profile(chip) if isinstance(chip, str) else chip
    report = sf.deploy(digits[0], profile, digits[1].take(20))
    assert report.price.latency_least_s is None and "shortest" not in repr(report)
    assert "shortest_step" not in report.price.figures
    assert not any(q.name == "latency_least_s" for q in report.quantities)

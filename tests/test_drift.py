"""Drift: which population fell silent or drifted, from which step, at what cost, by closed forms
and naive counts.
"""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spikefit_nb as sf
from spikefit_nb.adapt import Adapted, Design, cap_events, drift, drift_by_change, retime
from spikefit_nb.adapt.drift import Spikes, parting
from spikefit_nb.datasets import SpikeDataset, load_dataset
from spikefit_nb.deploy import deploy
from spikefit_nb.errors import NetworkProblem, WrongArgument
from spikefit_nb.hardware import load_profile
from spikefit_nb.network import IF, LI, LIF, Input, Network, Population, Projection
from spikefit_nb.nir_file import load_network
from spikefit_nb.simulate import simulate
from spikefit_nb.simulate.record import wilson_interval
from tests.naive.run_network import run
from tests.networks import all_models, spikes, two_layers
from tests.silent_networks import deep_chain, rounded_naively

DT_S = 2e-3


def counters(thresholds, *, n_steps=12, labels=None, reset="subtract"):
    """One IF of its own threshold for each input, all driven by one spike a step: it fires every
    threshold-th step.
    """
    n = len(thresholds)
    network = Network(
        [
            Population("in", (n,), Input()),
            Population("out", (n,), IF(np.array(thresholds, float), reset=reset)),
        ],
        [Projection("in", "out", np.eye(n))],
    )
    return network, SpikeDataset(np.ones((2, n_steps, n), bool), labels, dt_s=DT_S)


@settings(max_examples=10)
@given(seed=st.integers(0, 10**6), kind=st.sampled_from(["IF", "LIF", "CubaLIF", "ALIF"]))
def test_a_network_beside_itself_has_not_drifted(seed, kind):
    network = two_layers(seed, kind, recurrent=True)
    dataset = SpikeDataset(spikes(network, seed), [0, 1, 2])
    found = drift(network, network, dataset)
    assert (
        found.blamed is None
        and found.answers.n_changed == 0
        and found.answers.chance == 1
        and found.notes == ()
    )
    for p in found.populations:
        assert p.distance_hz == 0 and p.drift == 0 and p.agreement == 1 and p.first_step is None


def test_the_first_step_that_differs_is_exact():
    before, dataset = counters([3])  # fires in steps 2, 5, 8, 11
    after, _ = counters([4])  # fires in steps 3, 7, 11
    p = drift(before, after, dataset).populations[0]
    assert (p.first_step, p.earliest_step) == (2.0, 2)
    assert p.agreement == pytest.approx(
        1 / 6
    )  # step 11 is the one both have, of six that either has
    assert p.rates_hz == pytest.approx((4 / 12 / DT_S, 3 / 12 / DT_S))
    assert p.distance_hz == pytest.approx(1 / 12 / DT_S)


def test_samples_differ_from_steps_of_their_own():
    network, _ = counters([1])
    weaker = network.replace(projections=[Projection("in", "out", np.full((1, 1), 0.5))])
    given_spikes = np.zeros((4, 9, 1), bool)
    for sample, first in enumerate(
        (1, 4, 6)
    ):  # the last sample holds no spike, so it cannot differ
        given_spikes[sample, first] = True
    p = drift(network, weaker, SpikeDataset(given_spikes)).populations[0]
    assert (p.first_step, p.earliest_step) == (4.0, 1)


def test_the_share_of_dead_and_of_saturated_neurons_is_exact():
    before, dataset = counters([1, 1, 2, 3])
    after, _ = counters([1, 100, 2, 1])
    p = drift(before, after, dataset).populations[0]
    assert p.dead == (0, 0.25)
    assert (p.saturated_before, p.saturated_after) == (0.5, 0.5)


def test_a_neuron_that_may_fire_any_number_of_times_is_never_saturated():
    network = Network(
        [
            Population("in", (1,), Input()),
            Population("out", (1,), IF(1.0, reset="subtract", max_spikes_per_step=None)),
        ],
        [Projection("in", "out", np.full((1, 1), 7.0))],
    )
    p = drift(network, network, SpikeDataset(np.ones((1, 5, 1), bool))).populations[0]
    assert p.saturated_after == 0 and p.rates_hz[0] == pytest.approx(7 / 1e-3)


def test_the_distance_of_rates_is_that_of_sorted_ones():
    thresholds = np.random.default_rng(4).integers(1, 9, (2, 30))
    before, dataset = counters(thresholds[0], n_steps=40)
    after, _ = counters(thresholds[1], n_steps=40)
    rates = np.sort(40 // thresholds / 40 / DT_S, axis=1)
    p = drift(before, after, dataset).populations[0]
    assert p.distance_hz == pytest.approx(np.abs(rates[0] - rates[1]).mean())
    # the same neurons in another order fire at the same rates, and yet not at the same places
    shuffled = drift(before, counters(thresholds[0][::-1])[0], dataset).populations[0]
    assert shuffled.distance_hz == pytest.approx(0) and shuffled.agreement < 1


@settings(max_examples=10)
@given(seed=st.integers(0, 10**6))
def test_spikes_agree_as_counted_one_by_one(seed):
    before, after = two_layers(seed, "LIF"), two_layers(seed + 1, "LIF")
    dataset = SpikeDataset(spikes(before, seed, rate=0.6))
    both = [run(network, dataset.block(0, 3))[0] for network in (before, after)]
    for p in drift(before, after, dataset).populations:
        first, then = (np.asarray(fired[p.name]) for fired in both)
        either = np.maximum(first, then).sum()
        assert p.agreement == pytest.approx(np.minimum(first, then).sum() / either if either else 1)
        steps = [np.flatnonzero((first[s] != then[s]).any(axis=1)) for s in range(3)]
        earliest = [int(s[0]) for s in steps if s.size]
        assert p.earliest_step == min(earliest, default=None)


def test_counts_that_differ_at_the_same_place_part_there():
    before, after = (Spikes(np.array([1, 5]), np.array([2, n]), (1, 3, 2)) for n in (3, 1))
    found = parting(before, after)
    assert found.agreement == pytest.approx(3 / 5) and found.first.tolist() == [2]


def test_answers_are_paired_and_have_intervals():
    # four neurons, one for each class, of which the fastest answers: the second network prefers
    # class 1 throughout
    before, _ = counters([1, 2, 3, 4])
    labels = [0, 1, 1, 2, 0, 3]
    given_spikes = np.zeros((6, 12, 4), bool)
    given_spikes[np.arange(6), :, [0, 1, 1, 2, 0, 1]] = (
        True  # the last sample is driven as class 1 and answered wrong
    )
    dataset = SpikeDataset(given_spikes, labels)
    after = before.replace(
        projections=[Projection("in", "out", np.eye(4)[:, [1, 1, 1, 1]] * [[0, 1, 0, 0]])]
    )
    answers = drift(before, after, dataset).answers
    right = (
        simulate(before, dataset).predictions == labels,
        simulate(after, dataset).predictions == labels,
    )
    assert (answers.right_before, answers.right_after) == (right[0].sum(), right[1].sum())
    assert (answers.n_lost, answers.n_won) == (
        (right[0] & ~right[1]).sum(),
        (~right[0] & right[1]).sum(),
    )
    low, high = wilson_interval(answers.right_before, 6)
    rows = {q.label: q for q in drift(before, after, dataset).quantities}
    assert (rows["Accuracy before"].low, rows["Accuracy before"].high) == (low, high)
    assert rows["Accuracy before"].text == f"83.3 %, {100 * low:.1f} to {100 * high:.1f} %"


def test_the_chance_of_lost_answers_is_that_of_a_fair_coin():
    before, dataset = counters([1, 2], labels=[0, 0])
    after, _ = counters([2, 1])
    answers = drift(before, after, dataset).answers
    assert (answers.n_lost, answers.n_won, answers.chance) == (2, 0, pytest.approx(2 * 0.5**2))


def test_without_labels_the_answers_are_compared():
    before, dataset = counters([1, 2])
    after, _ = counters([2, 1])
    found = drift(before, after, dataset)
    assert found.answers.accuracy is None and found.answers.n_changed == 2
    assert repr(found).startswith("Drift(0.0 % of answers the same: 'out' ")
    assert not any("ccuracy" in q.label for q in found.quantities)


def test_a_network_with_the_delays_of_a_chip_is_compared_as_much_later():
    network, dataset = load_network("digits"), load_dataset("digits").take(60)
    retimed = retime(network, load_profile("loihi1"))
    assert retimed.extra_steps == 1
    found = drift(network, retimed, dataset)
    assert found.blamed is None and [p.agreement for p in found.populations] == [1, 1]
    assert [p.name for p in drift(retimed.network, network, dataset).populations] == [
        "hidden",
        "digit",
    ]
    assert drift(retimed.network, network, dataset).blamed is None


def test_an_output_that_never_fires_is_read_and_not_compared():
    network = all_models(3)
    dataset = SpikeDataset(spikes(network, 3, n_steps=30, rate=0.8), [0, 1, 2])
    found = drift(network, network, dataset)
    assert [p.name for p in found.populations] == [
        "IF",
        "LIF",
        "CubaLIF",
        "ALIF",
        "Izhikevich",
        "AdEx",
    ]
    assert found.answers.right_before == found.answers.right_after


def test_populations_that_only_one_network_has_are_named_and_other_sizes_compared_by_rate():
    network, dataset = load_network("digits"), load_dataset("digits").take(30)
    relay = Population("relay", (10,), IF(0.5))
    longer = Network(
        [*network.populations, relay],
        [*network.projections, Projection("digit", "relay", np.eye(10))],
    )
    assert drift(network, longer, dataset).notes == ("Only the network after has 'relay'",)
    assert drift(longer, network, dataset).notes == ("Only the network before has 'relay'",)
    first, second = network.projections
    half = Network(
        [network["input"], Population("hidden", (32,), IF()), network["digit"]],
        [
            Projection("input", "hidden", first.weight.toarray()[:, :32]),
            Projection("hidden", "digit", second.weight.toarray()[:32]),
        ],
    )
    found = drift(network, half, dataset)
    assert found.notes == ("Of 'hidden' rates alone are compared: the neurons are not the same",)
    assert found.populations[0].agreement is None and found.populations[0].after_hz.size == 32
    assert found.populations[0].distance_hz > 0 and found.populations[1].agreement < 1


def test_rounding_that_silences_a_deep_network_is_blamed_on_the_first_population_to_fall_silent():
    network, dataset = deep_chain()
    found = drift(network, rounded_naively(network, bits=3), dataset)
    assert found.answers.accuracy[0] > 0.9 > 0.5 > found.answers.accuracy[1]
    silent = [p.name for p in found.populations if p.fell_silent]
    assert silent == ["layer4", "out"] and found.blamed.name == "layer4"
    assert "'layer4' fell silent (" in repr(found) and found.finding.startswith(
        "accuracy 100.0 -> "
    )
    assert "first at step" in repr(found)


def test_the_change_that_silenced_a_network_is_blamed_whatever_came_after():
    network, dataset = deep_chain()
    milder, harsh = rounded_naively(network, bits=8), rounded_naively(network, bits=3)
    later = harsh.replace(assumptions=["looked at once more"])
    changes = [("trained", network), ("8 bits", milder), ("3 bits", harsh), ("looked at", later)]
    found = drift_by_change(changes, dataset)
    assert [made.change for made in found.changes] == [
        "8 bits",
        "3 bits",
        "looked at",
    ] and found.blamed.change == "3 bits"
    assert repr(found).startswith("DriftByChange(change 2 of 3 is to blame, 3 bits: accuracy ")
    assert found.changes[2].accuracy_lost == 0 and found.changes[2].agreement_lost == 0
    results = [
        Adapted("8 bits", network, milder),
        Adapted("3 bits", milder, harsh),
        Adapted("looked at", harsh, later),
    ]
    again = drift_by_change(results, dataset)
    assert (again.quantities, again.notes) == (found.quantities, found.notes)
    assert drift_by_change(results, SpikeDataset(dataset.spikes[:])).blamed.change == "3 bits"
    held = [*results, cap_events(later, {"out": 1}, calibration=dataset.take(20))]
    assert [made.change for made in drift_by_change(held, dataset).changes][:3] == [
        made.change for made in results
    ]


def test_where_nothing_fell_silent_the_change_that_cost_most_is_blamed():
    before, dataset = counters([1, 2], labels=[0, 0])
    slower, other = counters([2, 4])[0], counters([4, 2])[0]
    changes = [("trained", before), ("slower", slower), ("exchanged", other)]
    found = drift_by_change(changes, dataset)
    assert found.blamed.change == "exchanged" and found.blamed.accuracy_lost == 1
    unlabelled = drift_by_change(changes, SpikeDataset(dataset.spikes[:]))
    assert unlabelled.blamed.change == "slower" and unlabelled.blamed.accuracy_lost is None
    assert drift_by_change(changes[:1] * 2, dataset).blamed is None


@pytest.mark.parametrize("changes", [[], [("trained", None)], ["prune"]])
def test_what_are_no_changes_is_refused(changes):
    with pytest.raises(WrongArgument, match="pairs of a name and a network"):
        drift_by_change(changes, load_dataset("digits").take(2))


def test_the_numbers_of_a_chip_are_measured_too():
    network, dataset = load_network("digits"), load_dataset("digits").take(40)
    whole = network.replace(
        projections=[
            Projection(
                e.source, e.target, np.rint(e.weight.toarray() * 40).astype(np.int8), scale=0.025
            )
            for e in network.projections
        ]
    )
    found = drift(network, whole, dataset, arithmetic="loihi")
    assert "Neurons after count in integers, as loihi does" in found.notes
    with pytest.raises(NetworkProblem, match="arithmetic"):
        drift(network, network, dataset, arithmetic="loihi9")


def test_the_answer_comes_first_in_the_card():
    network, dataset = deep_chain()
    html = drift(network, rounded_naively(network, bits=3), dataset)._repr_html_()
    assert (
        html.index("fell silent") < html.index("Accuracy before")
        and "<script" not in html
        and " id=" not in html
    )
    html = drift_by_change(
        [("a", network), ("<b>", rounded_naively(network, bits=3))], dataset
    )._repr_html_()
    assert "1. &lt;b&gt;" in html and "<b>" not in html


def test_an_input_that_no_population_reads_by_its_potential_is_no_obstacle():
    network = Network(
        [Population("in", (2,), Input()), Population("out", (2,), LI(0.01))],
        [Projection("in", "out", np.eye(2))],
    )
    found = drift(network, network, SpikeDataset(np.ones((2, 3, 2), bool)))
    assert (
        found.populations == ()
        and repr(found) == "Drift(100.0 % of answers the same: every spike is the same)"
    )
    assert "100.0 % of answers" in found._repr_html_()


def one_outlier():
    """One weight so large that rounding by it leaves nothing of the others, which do the work."""
    weights = np.full((20, 4), 0.1, np.float32)
    weights[0, 0] = 50.0
    layers = [Population("in", (20,), Input()), Population("out", (4,), IF(1.0, reset="zero"))]
    spikes = np.random.default_rng(0).random((4, 50, 20)) < 0.5
    spikes[:, :, 0] = False
    dataset = SpikeDataset(spikes, [0, 1, 2, 3])
    return Network(layers, [Projection("in", "out", weights)]), dataset


@pytest.mark.parametrize("chip", ["loihi1", "loihi2", "speck", "odin", "spinnaker2"])
def test_a_report_blames_the_change_that_silenced_a_network(chip):
    network, dataset = one_outlier()
    report = deploy(network, load_profile(chip), dataset)
    assert report.warnings[0].startswith(
        "accuracy 25.0 -> 25.0 %: 'out' fell silent (0.0 % of its rate), first at step 0, after "
        "this change: weights rounded to "
    )
    assert "1 of 80 synapses left" in report.warnings[0]
    assert report.drift_by_change.blamed.change == report.changes[0].change
    assert report.drift.blamed.name == "out" and report.drift.blamed.fell_silent
    assert "thresholds" not in report.warnings[0] and "never fires" not in str(report.warnings)


@pytest.mark.parametrize("chip", ["loihi1", "loihi2", "speck", "odin", "spinnaker2"])
def test_the_cure_of_silence_is_a_line_that_cures(chip):
    network, dataset = one_outlier()
    report = deploy(network, load_profile(chip), dataset)
    line = re.match(r"It fires, tried on 4 recordings, with (.*?\)) \(", report.warnings[1])[1]
    names = {"profile": load_profile(chip), "network": network, "dataset": dataset}
    cured = eval(line, {"sf": sf, "calibration": dataset, **names})
    fired = simulate(network, dataset).spike_counts["out"].sum()
    assert cured.record.spike_counts["out"].sum() > fired / 20
    assert not any("fell silent" in said for said in cured.warnings)


def test_steps_that_end_before_a_delay_are_named_and_given_back():
    layers = [Population("in", (8,), Input()), Population("h", (6,), LIF(0.02, 0.1))]
    layers.append(Population("out", (6,), LIF(0.02, 0.05)))
    links = [Projection("in", "h", np.full((8, 6), 0.5))]
    links.append(Projection("h", "out", 2 * np.eye(6), delay_steps=10))
    spikes = np.random.default_rng(0).random((12, 30, 8)) < 0.3
    design = Design(n_steps=3)
    network, dataset = Network(layers, links), SpikeDataset(spikes)
    report = deploy(network, load_profile("loihi1"), dataset, design=design)
    assert "never fires" in report.warnings[0] and "delay" in report.warnings[0]
    assert report.warnings[-1].startswith("It fires, tried on 12 recordings, with sf.deploy(")
    assert "n_steps" not in report.warnings[-1]


def test_rounding_that_takes_most_weights_is_said_though_the_layer_still_fires():
    weights = np.full((8, 6), 0.5)
    weights[0, 0] = 300
    layers = [Population("in", (8,), Input()), Population("h", (6,), LIF(0.02, 0.1))]
    network = Network(layers, [Projection("in", "h", weights)])
    dataset = SpikeDataset(np.random.default_rng(0).random((12, 30, 8)) < 0.3)
    for chip in ("loihi1", "loihi2", "brainscales2", "tianjic"):
        report = deploy(network, load_profile(chip), dataset)
        assert any("47 of 48 weights from 'in' to 'h' are" in n for n in report.warnings), chip


def two_scales():
    """Two inputs onto the same neurons; on a common scale the weights of the first are nothing."""
    layers = [Population(name, (4,), Input()) for name in ("little", "much")]
    layers.append(Population("out", (4,), IF(1e-3)))
    weights = np.eye(4, dtype=np.float32)
    links = [Projection("little", "out", 1e-3 * weights), Projection("much", "out", 50 * weights)]
    spikes = np.zeros((2, 30, 8), bool)
    spikes[:, :, :4] = True
    return Network(layers, links), SpikeDataset(spikes, [0, 1])


def test_rounding_onto_a_common_scale_is_blamed_by_its_name():
    network, dataset = two_scales()
    report = deploy(network, load_profile("truenorth"), dataset)
    assert report.drift_by_change.blamed.change == "counted in integers, as truenorth does"
    assert "after this change: counted in integers, as truenorth does" in report.warnings[0]
    assert any("rounded again" in said for said in report.warnings)


def test_a_layer_that_hardly_fires_any_more_is_explained_too():
    weights = np.full((20, 60), 0.1, np.float32)
    weights[0, 0] = 50.0  # one neuron of sixty is left after rounding
    layers = [Population("in", (20,), Input()), Population("out", (60,), IF(1.0, reset="zero"))]
    spikes = np.random.default_rng(0).random((4, 50, 20)) < 0.5
    network = Network(layers, [Projection("in", "out", weights)])
    report = deploy(network, load_profile("loihi1"), SpikeDataset(spikes))
    assert report.record.spike_counts["out"].any()
    assert "'out' fell silent" in report.warnings[0] and "weights rounded" in report.warnings[0]
    assert report.warnings[1].startswith(("It fires, tried on 4", "Nothing tried on 4"))


def test_a_report_blames_the_change_after_which_answers_are_guesses():
    network, dataset = load_network("digits"), load_dataset("digits").take(100)
    design = Design(prune_fraction=0.97, weight_bits=2)
    report = deploy(network, load_profile("loihi1"), dataset, design=design)
    assert report.accuracy < 0.2
    assert "after this change: 97.0 % pruned by magnitude: " in report.warnings[0]
    assert deploy(network, load_profile("loihi1"), dataset).warnings == ()


def test_a_network_that_is_silent_as_trained_is_nobodys_fault():
    layers = [Population("in", (2,), Input()), Population("out", (2,), IF(1e6))]
    network = Network(layers, [Projection("in", "out", np.eye(2))])
    report = deploy(network, load_profile("loihi1"), SpikeDataset(np.ones((2, 5, 2), bool), [0, 1]))
    assert not report.record.spike_counts["out"].any()
    assert report.warnings[0].startswith("Population 'out' never fires")
    assert "after this change" not in str(report.warnings)
    assert report.warnings[-1].startswith("Nothing tried on 2 recordings makes it fire")


@pytest.mark.parametrize("decode", [None, "first_spike", "potential"])
@pytest.mark.parametrize("calibrated", [False, True])
def test_the_drift_of_a_report_is_told_of_the_run_that_it_reports(decode, calibrated):
    network, dataset = load_network("digits"), load_dataset("digits").take(120)
    calibration, profile = load_dataset("digits").take(60), load_profile("loihi1")
    report = deploy(
        network,
        profile,
        dataset,
        design=Design(weight_bits=3, prune_fraction=0.4),
        calibration=calibration if calibrated else None,
        decode=decode,
    )
    before = simulate(network, dataset, decode=decode or "count").accuracy
    assert report.drift.answers.accuracy == (before, report.accuracy)
    assert report.drift.arithmetic == "loihi"
    changes = report.drift_by_change.changes
    said = [*(made.change for made in report.changes), "delays of at least 1 step"]
    said.append("counted in integers, as loihi does")
    assert [made.change for made in changes] == said
    assert changes[-1].drift.quantities == report.drift.quantities
    assert sum(made.accuracy_lost for made in changes) == pytest.approx(before - report.accuracy)


def test_a_report_of_what_does_not_fit_or_was_not_changed_has_no_drift():
    network, dataset = load_network("digits"), load_dataset("digits").take(20)
    missing = deploy(network, load_profile("truenorth"), dataset)
    assert missing.drift is None and missing.drift_by_change is None and missing.warnings == ()
    plain = deploy(network, load_profile("seneca"), dataset)
    assert plain.drift_by_change is None and plain.drift.blamed is None

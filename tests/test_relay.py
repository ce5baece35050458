"""Relays: no neuron has too many synapses, none is lost, and what is sent stays within a threshold
of what arrived.
"""

from functools import reduce

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from spikefit_nb.adapt import Activity, limit_fan_in, relay
from spikefit_nb.adapt.relay import relay_fan_in, relayed
from spikefit_nb.datasets import SpikeDataset, load_dataset
from spikefit_nb.errors import DesignProblem, WrongArgument
from spikefit_nb.fit import check_fit
from spikefit_nb.hardware import load_profile
from spikefit_nb.network import IF, LIF, Input, Integrator, Network, Population, Projection
from spikefit_nb.nir_file import load_network
from spikefit_nb.simulate import simulate
from tests.networks import convolutional, spikes, two_layers


def fan_in(network, name):
    return sum(e.in_degree() for e in network.projections if e.target == name)


def matrix(projection):
    return projection.real_weight().toarray().astype(float)


def through(network, source, target):
    """All weights from a source to a target, relays counted as wires that keep or turn the sign."""
    total = 0
    for e in network.projections:
        if e.target != target:
            continue
        if e.source == source:
            total = total + matrix(e)
        elif e.source == f"{target}/relays":
            reaching = through(network, source, e.source)
            total = total + (reaching @ np.sign(matrix(e)) if np.ndim(reaching) else 0)
    return total


def active(network, seed=0):
    return Activity(network, SpikeDataset(spikes(network, seed)))


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    most=st.integers(2, 9),
    kind=st.sampled_from(["IF", "CubaLIF"]),
    recurrent=st.booleans(),
    sparse=st.booleans(),
    delay=st.integers(0, 2),
    reset=st.sampled_from(["subtract", "zero"]),
)
def test_no_neuron_has_too_many_synapses_and_no_weight_is_lost(
    seed, most, kind, recurrent, sparse, delay, reset
):
    network = two_layers(seed, kind, recurrent, sparse, delay)
    after = relay_fan_in(network, most, activity=active(network), reset=reset).network
    assert all(np.max(fan_in(after, p.name)) <= most for p in after.neuron_populations)
    for e in network.projections:
        assert np.array_equal(through(after, e.source, e.target), matrix(e))
    delays = {(e.source, e.target): e.delay_steps for e in network.projections}
    for e in after.projections:
        on_the_way = e.source.endswith("/relays")
        assert e.delay_steps == (0 if on_the_way else delays[e.source, e.target.split("/")[0]])


@settings(max_examples=10)
@given(seed=st.integers(0, 10**6), most=st.integers(2, 9), groups=st.sampled_from([1, 2]))
def test_a_convolution_is_written_out_where_it_has_too_many_synapses(seed, most, groups):
    network = convolutional(seed, groups=groups)
    after = relay_fan_in(network, most, activity=active(network)).network
    assert all(np.max(fan_in(after, p.name)) <= most for p in after.neuron_populations)
    for e in network.projections:
        assert np.array_equal(through(after, e.source, e.target), matrix(e))


def test_a_network_within_the_limit_stays_as_it_is():
    network = two_layers(0)
    adapted = relay_fan_in(network, 7, activity=active(network))
    assert adapted.network is network and adapted.notes == ()


def test_fewer_synapses_than_a_relay_needs_are_refused():
    network = two_layers(0)
    with pytest.raises(DesignProblem, match="most is 1; it must be 2 or more"):
        relay_fan_in(network, 1, activity=active(network))
    for most in (2.5, np.nan, "3", None):
        with pytest.raises(DesignProblem, match="it must be a whole number, 2 or more"):
            relay_fan_in(network, most, activity=active(network))
    with pytest.raises(WrongArgument, match="activity is a SpikeDataset but must be an Activity"):
        relay_fan_in(network, 2, activity=active(network).dataset)


def one_neuron(weights):
    """As many inputs as there are weights, all of which fire in every step of some recordings, onto
    one neuron.
    """
    n = len(weights)
    network = Network(
        [Population("in", (n,), Input()), Population("out", (1,), IF(1.0))],
        [Projection("in", "out", np.asarray(weights, float)[:, None])],
    )
    return network, Activity(network, SpikeDataset(np.ones((2, 5, n), bool)))


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    most=st.integers(2, 12),
    n=st.integers(3, 150),
    positive=st.integers(0, 150),
)
@example(
    seed=0, most=3, n=40, positive=20
)  # half of an odd number: one sign has a relay more than the other
@example(seed=0, most=7, n=100, positive=50)
def test_weights_of_both_signs_are_relayed_over_several_levels_without_too_many(
    seed, most, n, positive
):
    random = np.random.default_rng(seed)
    weights = random.uniform(0.5, 1, n) * np.where(np.arange(n) < positive, 1, -1)
    network, activity = one_neuron(weights)
    after = relay_fan_in(network, most, activity=activity).network
    assert all(np.max(fan_in(after, p.name)) <= most for p in after.neuron_populations)
    assert np.array_equal(through(after, "in", "out"), weights.astype(np.float32)[:, None])
    # and none is without work: every relay has a synapse onto it
    assert all(np.min(fan_in(after, p.name)) >= 1 for p in after.neuron_populations)


@settings(max_examples=40)
@given(seed=st.integers(0, 10**6), most=st.integers(3, 12), n=st.integers(13, 100))
def test_the_relays_of_a_neuron_bring_about_as_much(seed, most, n):
    # dealt in turns by strength, what two relays bring differs by less than the strongest weight
    network, activity = one_neuron(np.random.default_rng(seed).uniform(0.1, 1, n))
    after = relay_fan_in(network, most, activity=activity).network
    brought = through(after, "in", "out/relays").sum(axis=0)
    assert np.ptp(brought) <= through(after, "in", "out").max()


def test_a_network_with_relays_is_given_more_of_them():
    random = np.random.default_rng(0)
    network, activity = one_neuron(random.uniform(0.5, 1, 60))
    once = relay_fan_in(network, 20, activity=activity).network
    twice = relay_fan_in(once, 4, activity=Activity(once, activity.dataset)).network
    assert all(np.max(fan_in(twice, p.name)) <= 4 for p in twice.neuron_populations)
    assert {p.name for p in once.populations} < {p.name for p in twice.populations}


def test_the_synapses_that_matter_most_stay_direct():
    weights = np.arange(1.0, 11.0)[:, None]
    network = Network(
        [Population("in", (10,), Input()), Population("out", (1,), IF(20.0))],
        [Projection("in", "out", weights)],
    )
    every_one_fires = Activity(network, SpikeDataset(np.ones((2, 5, 10), bool)))
    direct = relay_fan_in(network, 5, activity=every_one_fires).network.projections[0].values
    # five relayed by one relay would leave five direct ones and the relay, six; so two relays take
    # seven
    assert direct.tolist() == [0, 0, 0, 0, 0, 0, 0, 8, 9, 10]


@settings(max_examples=80)
@given(
    sums=st.lists(st.floats(0, 4, width=16), min_size=1, max_size=30),
    threshold=st.sampled_from([0.5, 1.0, 4.0]),
    reset=st.sampled_from(["subtract", "zero"]),
)
def test_what_relays_send_is_what_counting_by_hand_sends(sums, threshold, reset):
    fired, worth = relayed(np.array(sums, np.float32)[None, :, None], np.array([threshold]), reset)
    v, spikes_by_hand, at_spikes = np.float32(0), [], []
    for arriving in sums:
        v += np.float32(arriving)
        spikes_by_hand.append(v >= threshold)
        if v >= threshold:
            at_spikes.append(float(v))
            v = v - np.float32(threshold) if reset == "subtract" else np.float32(0)
    assert fired.ravel().tolist() == spikes_by_hand
    assert worth[0] == pytest.approx(
        np.mean(at_spikes) if reset == "zero" and at_spikes else threshold
    )


@settings(max_examples=80)
@given(
    parts=st.lists(st.integers(0, 64), min_size=1, max_size=60),
    threshold=st.integers(64, 128),
)
def test_a_relay_is_behind_by_less_than_its_threshold_where_no_step_brings_more(parts, threshold):
    # first-order sigma-delta: 0 <= sum of what came - sum of what was sent < threshold, exactly, in
    # 64ths
    sums, each = np.array(parts, np.float32)[None, :, None] / 64, threshold / 64
    fired, worth = relayed(sums, np.array([each]))
    behind = np.cumsum(sums - fired * worth, axis=1)
    assert (behind >= 0).all() and (behind < each).all()


@settings(max_examples=15)
@given(seed=st.integers(0, 10**6), most=st.integers(5, 12))
def test_the_sum_in_a_neuron_is_off_by_less_than_the_thresholds_of_its_relays(seed, most):
    random = np.random.default_rng(seed)
    network = Network(
        [Population("in", (20,), Input()), Population("out", (1,), Integrator())],
        [Projection("in", "out", random.integers(-20, 20, (20, 1)) / 16)],
    )
    dataset = SpikeDataset(spikes(network, seed, n_steps=40))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(relay, "FACTORS", (1.0,))  # no step brings more than a threshold
        after = relay_fan_in(network, most, activity=Activity(network, dataset)).network
    relays = [p for p in after.neuron_populations if p.name == "out/relays"]
    behind = sum(p.parameter("v_threshold").sum() for p in relays)
    before, then = (simulate(n, dataset).output_potential for n in (network, after))
    assert np.abs(before - then).max() <= behind


def test_dynap_se2_takes_a_neuron_of_a_hundred_synapses_with_relays():
    random = np.random.default_rng(0)
    network = Network(
        [Population("in", (100,), Input()), Population("out", (3,), LIF(0.02))],
        [Projection("in", "out", random.normal(0, 1, (100, 3)))],
    )
    chip = load_profile("dynap_se2")
    after = relay_fan_in(
        network, chip.value("fan_in_per_neuron"), activity=active(network), reset="zero"
    ).network
    unmet = [{need.figure for need in check_fit(n, chip).violations} for n in (network, after)]
    assert "fan_in_per_neuron" in unmet[0] and "fan_in_per_neuron" not in unmet[1]


@pytest.mark.parametrize("most", [32, 16, 8])
def test_digits_keep_within_a_point_of_float_on_held_out_images_where_pruning_loses_more(most):
    network = load_network("digits")
    calibration, held_out = load_dataset("digits").split(0.3, 0)
    adapted = relay_fan_in(network, most, activity=Activity(network, calibration))
    trained, with_relays, pruned = (
        simulate(n, held_out).accuracy
        for n in (network, adapted.network, limit_fan_in(network, most).network)
    )
    assert with_relays >= trained - 0.01 > pruned


def test_notes_count_the_relays_of_each_level():
    network = load_network("digits")
    calibration = load_dataset("digits").take(60)
    adapted = relay_fan_in(network, 8, activity=Activity(network, calibration))
    named = [p for p in adapted.network.neuron_populations if p.name.endswith("/relays")]
    assert len(adapted.notes) == len(named) == 4
    for note in adapted.notes:
        name, _, rest = note.partition(": ")
        assert rest.startswith(f"{adapted.network[name].n_neurons:,} relays")
    n_relays = reduce(lambda total, p: total + p.n_neurons, named, 0)
    assert adapted.network.n_neurons == network.n_neurons + n_relays


@pytest.mark.parametrize("delay", [0, 2, 4, 7])
def test_spikes_arrive_later_by_the_delay_and_those_after_the_end_never(delay):
    network = two_layers(0, delay=delay)
    given = spikes(network, 3, n_samples=2, n_steps=4)
    activity = Activity(network, SpikeDataset(given))
    (wire,) = [e for e in network.projections if e.source == "hidden"]
    at_input = Projection("input", "hidden", network.projections[0].weight, delay_steps=delay)
    for sample in range(2):
        expected = np.zeros((4, 5))
        for step in range(4 - delay):
            expected[step + delay] = given[sample, step]
        assert np.array_equal(activity.sent(at_input, sample), expected)
    arrived = sum(activity.sent(wire, sample).sum() for sample in range(2))
    assert activity.sent(wire, 0).shape == (4, 7)
    assert arrived <= activity.record.spike_counts["hidden"].sum() and (arrived == 0 or delay < 4)

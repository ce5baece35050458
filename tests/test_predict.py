"""Predicted prices against closed forms, against bounds that follow from them, and beside replayed
ones.
"""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikefit_nb.adapt import retime
from spikefit_nb.datasets import SpikeDataset, load_dataset
from spikefit_nb.errors import DesignProblem, NetworkProblem, UnknownName, WrongArgument
from spikefit_nb.fetch import find_local
from spikefit_nb.hardware import load_profile
from spikefit_nb.kernels import expected as k
from spikefit_nb.mapping import FORMATS, map_by_hand, map_network
from spikefit_nb.network import IF, LI, CubaLIF, Input, Network, Population, Projection
from spikefit_nb.nir_file import load_network, read_nir
from spikefit_nb.replay import Counters, FiringRates, PredictionError, predict, replay
from spikefit_nb.replay.figures import format_times
from spikefit_nb.replay.predict import ExpectedCounters
from spikefit_nb.sanafe_file import read_sanafe_arch, read_sanafe_network
from spikefit_nb.simulate import simulate
from tests.networks import all_models, convolutional, spikes, two_layers
from tests.sanafe_mapping import evenly, tools_own

LOIHI, CALIBRATED = load_profile("loihi1"), load_profile("loihi1", coefficients="calibrated")
NOT_LINEAR = {"updates_active", "updates_inactive"}


def linear(price):
    return {name: n for name, n in price.counts.items() if name not in NOT_LINEAR}


def one_neuron(neuron, n_inputs=1, weight=1.0):
    populations = [Population("in", (n_inputs,), Input()), Population("out", (1,), neuron)]
    return Network(populations, [Projection("in", "out", np.full((n_inputs, 1), weight))])


def every_pattern(network, n_steps, p):
    """All inputs of one channel there can be, replayed, each as probable as it is: mean active
    updates, mean spikes.
    """
    patterns = (np.arange(2**n_steps)[:, None] >> np.arange(n_steps)) & 1
    record = simulate(network, SpikeDataset(patterns[:, :, None].astype(bool)), record="events")
    weight = np.prod(np.where(patterns == 1, p, 1 - p), axis=1)
    active = (
        Counters(record, map_network(network, LOIHI)).per_step("updates_active").sum(axis=(1, 2))
    )
    return weight @ active, weight @ record.spike_counts["out"][:, 0]


@pytest.mark.parametrize(
    "neuron", [LI(0.005), IF(100.0), CubaLIF(2e-3, 5e-3, 1.0), IF(0.3, reset="subtract")]
)
@pytest.mark.parametrize("p", [0.05, 0.4, 1.0])
def test_a_neuron_that_is_never_emptied_is_active_from_its_first_input_on(neuron, p):
    network = one_neuron(neuron, weight=math.pi)  # no sum of it is a multiple of a threshold
    expected, spiked = every_pattern(network, 8, p)
    rates = FiringRates.assumed(network, {"in": p, "out": spiked / 8}, n_steps=8)
    assert expected == pytest.approx(sum(1 - (1 - p) ** (t + 1) for t in range(8)))
    assert predict(rates, map_network(network, LOIHI)).counts["updates_active"] == pytest.approx(
        expected
    )


@pytest.mark.parametrize("threshold", [1.0, 2.0, 3.0])
@pytest.mark.parametrize("p", [0.1, 0.5, 1.0])
def test_a_neuron_that_its_spikes_empty_is_as_active_as_it_is_over_all_inputs_there_can_be(
    threshold, p
):
    # U, the expected steps that begin empty, obeys U - 1 + u = F + q U with F spikes and u the
    # probability to end empty: only u is not in the rates, and any value of it moves U by 1 / p and
    # active steps by q / p at most
    network, n_steps = one_neuron(IF(threshold)), 9
    active, spiked = every_pattern(network, n_steps, p)
    rates = FiringRates.assumed(network, {"in": p, "out": spiked / n_steps}, n_steps=n_steps)
    predicted = predict(rates, map_network(network, LOIHI)).counts["updates_active"]
    assert abs(predicted - active) <= (1 - p) / p + 1e-9
    if threshold == 1.0:  # every input is answered: active when something arrives
        assert predicted == pytest.approx(active) == pytest.approx(n_steps * p)


def test_independent_inputs_arrive_together_as_rarely_as_chance_has_it():
    network = one_neuron(IF(50.0), n_inputs=3)
    rates = FiringRates.assumed(network, {"in": [0.1, 0.2, 0.5], "out": 0.0}, n_steps=1)
    assert rates.active[0, 3] == pytest.approx(1 - 0.9 * 0.8 * 0.5)


def test_a_bias_or_a_resting_potential_keeps_neurons_active():
    network = all_models(3)
    record = simulate(network, SpikeDataset(spikes(network, 3, n_steps=40)), record="events")
    rates, start = FiringRates.of(record, network), network.starts
    active = {
        p.name: rates.active[:, start[p.name] :][:, : p.n_neurons].mean()
        for p in network.neuron_populations
    }
    true = np.unpackbits(record.events.updated, axis=2, bitorder="little").mean(axis=(0, 1))
    for name in ("Izhikevich", "AdEx", "LIF", "read"):
        assert (
            active[name]
            == true[start[name] - network.n_channels :][: network[name].n_neurons].mean()
            == 1.0
        )


@settings(max_examples=20)
@given(
    seed=st.integers(0, 10**6),
    neurons_per_core=st.integers(1, 7),
    recurrent=st.booleans(),
    sparse=st.booleans(),
)
def test_what_is_linear_in_rates_is_what_replay_counts(seed, neurons_per_core, recurrent, sparse):
    network = two_layers(seed, "LIF", recurrent, sparse)
    dataset = SpikeDataset(spikes(network, seed, n_steps=8, rate=0.5))
    mapping = map_network(network, CALIBRATED, neurons_per_core=neurons_per_core)
    record = simulate(network, dataset, record="events")
    predicted, replayed = predict(simulate(network, dataset), mapping), replay(record, mapping)
    assert linear(predicted) == linear(replayed)
    for ours, theirs in zip(predicted.links, replayed.links, strict=True):
        assert (ours == theirs).all()
    # biased neurons are always active, so that nothing is left to err in
    assert (
        predicted.counts == replayed.counts and predicted.energy_parts_j == replayed.energy_parts_j
    )
    assert predicted.figures == replayed.figures
    # no step is shorter than its cores' work, so that no mean of the busiest is below the busiest
    # mean
    *_, core_s = ExpectedCounters(FiringRates.of(record, network), mapping).busiest(
        CALIBRATED, "simple"
    )
    assert predicted.latency_s >= core_s.max() * dataset.n_steps


def test_convolutions_and_repeated_spikes_are_counted_as_in_replay():
    network = convolutional(5, max_spikes=None)
    dataset = SpikeDataset(spikes(network, 5, n_steps=4, rate=0.5))
    mapping = map_network(network, CALIBRATED, neurons_per_core=9)
    record = simulate(network, dataset, record="events")
    assert linear(predict(record, mapping)) == linear(replay(record, mapping))


def test_energy_errs_only_by_what_an_active_update_costs_more_than_an_idle_one():
    network = load_network("digits")
    record = simulate(network, load_dataset("digits"), record="events")
    mapping = map_network(network, LOIHI, neurons_per_core=16)
    predicted, replayed = predict(record, mapping), replay(record, mapping)
    more = predicted.counts["updates_active"] - replayed.counts["updates_active"]
    each_j = LOIHI.si("energy_update_active") - LOIHI.si("energy_update_inactive")
    assert predicted.energy_j - replayed.energy_j == pytest.approx(more * each_j, rel=1e-6)


def test_on_one_core_whose_neurons_are_always_busy_the_latency_is_that_of_replay():
    network = two_layers(1, "LIF", recurrent=True)
    record = simulate(network, SpikeDataset(spikes(network, 1, rate=0.6)), record="events")
    mapping = map_by_hand(
        network, LOIHI, {p.name: np.zeros(p.n_neurons, int) for p in network.neuron_populations}
    )
    predicted, replayed = predict(record, mapping), replay(record, mapping)
    assert predicted.latency_s == pytest.approx(replayed.latency_s, rel=1e-12)
    assert predicted.energy_j == pytest.approx(replayed.energy_j, rel=1e-12)
    assert PredictionError(predicted, replayed).errors["latency_s"] == pytest.approx(0.0, abs=1e-12)


def two_cores(n_inputs, shared):
    """Two neurons on two cores, read by inputs of their own, or both by all of them."""
    weight = np.zeros((2 * n_inputs, 2))
    weight[:n_inputs, 0] = weight[n_inputs:, 1] = 1.0
    if shared:
        weight[:n_inputs] = 1.0
        weight[n_inputs:] = 0.0
    populations = [
        Population("in", (2 * n_inputs,), Input()),
        Population("out", (2,), IF(1e6, bias=1.0)),
    ]
    network = Network(populations, [Projection("in", "out", weight)])
    return network, map_by_hand(network, LOIHI, {"out": np.array([0, 1])})


@pytest.mark.parametrize(("n_inputs", "p"), [(50, 0.3), (400, 0.5), (400, 0.05)])
def test_the_busier_of_two_cores_is_as_busy_as_two_binomials_have_it(n_inputs, p):
    network, mapping = two_cores(n_inputs, shared=False)
    price = predict(FiringRates.assumed(network, {"in": p, "out": 0.0}, n_steps=1), mapping)
    n = np.arange(n_inputs + 1)
    log = np.array(
        [math.lgamma(n_inputs + 1) - math.lgamma(j + 1) - math.lgamma(n_inputs - j + 1) for j in n]
    )
    binomial = np.exp(log + n * math.log(p) + (n_inputs - n) * math.log(1 - p))
    busier = binomial @ np.maximum(n[:, None], n) @ binomial
    # E max = mean + E|difference| / 2, whose sum of 2n terms lies no further from a normal one, in
    # Wasserstein's distance, than the sum of their third absolute moments over their variance:
    # Goldstein 2010, Ann. Probab. 38:1672
    variance, third = p * (1 - p), p * (1 - p) * (p**2 + (1 - p) ** 2)
    works = (price.latency_s - replay_barrier(mapping) - LOIHI.si("time_update_active")) / LOIHI.si(
        "time_synaptic_operation"
    )
    assert abs(works - busier) <= third / variance / 2
    assert works == pytest.approx(n_inputs * p + math.sqrt(n_inputs * variance / math.pi), rel=1e-9)


def greatest(means, variances, covariance=0.0):
    """Mean of the greatest of two normal variables. Source: Clark 1961, Operations Research
    9(2):145-162, eq. 2.
    """
    spread = math.sqrt(sum(variances) - 2 * covariance)
    apart = (means[0] - means[1]) / spread
    above = (1 + math.erf(apart / math.sqrt(2))) / 2
    density = math.exp(-(apart**2) / 2) / math.sqrt(2 * math.pi)
    return means[0] * above + means[1] * (1 - above) + spread * density


def operations_of_the_busiest(network, mapping, rate_by_sample):
    """Mean synaptic operations in a step of the core that predict takes to work longest."""
    counts = {"in": 10 * np.asarray(rate_by_sample), "out": np.zeros((len(rate_by_sample), 2))}
    price = predict(FiringRates(network, counts, 10), mapping)
    works_s = price.latency_s / 10 - replay_barrier(mapping) - LOIHI.si("time_update_active")
    return works_s / LOIHI.si("time_synaptic_operation")


@pytest.mark.parametrize("other", [0.5, 0.48, 0.4])
def test_a_core_with_less_work_on_average_is_sometimes_the_busiest(other):
    network, mapping = two_cores(400, shared=False)
    rates = np.repeat([[0.5, other]], 400, axis=1)
    variances = [400 * p * (1 - p) for p in (0.5, other)]
    expected = greatest([200, 400 * other], variances)
    assert operations_of_the_busiest(network, mapping, rates) == pytest.approx(expected, rel=1e-9)
    assert expected > 200


def test_a_core_that_is_busiest_in_some_samples_is_counted_though_it_is_not_on_average():
    # first the inputs of one core fire in every step, then those of the other in nine of ten
    network, mapping = two_cores(400, shared=False)
    rates = np.repeat([[1.0, 0.0], [0.0, 0.9]], 400, axis=1)
    within = 400 * 0.9 * 0.1 / 2  # variance in a step, mean of both samples
    expected = greatest([200, 180], [200**2, 180**2 + within], -200 * 180)
    assert operations_of_the_busiest(network, mapping, rates) == pytest.approx(expected, rel=1e-9)


def replay_barrier(mapping):
    """Seconds of a barrier: what a step without work or neurons to update would take."""
    network = mapping.network
    nothing = SpikeDataset(np.zeros((1, 1, network.n_channels), bool))
    price = replay(simulate(network, nothing, record="events"), mapping)
    return price.latency_s - LOIHI.si("time_update_active")


def test_cores_that_read_the_same_inputs_are_busy_together():
    network, mapping = two_cores(100, shared=True)
    price = predict(FiringRates.assumed(network, {"in": 0.3, "out": 0.0}, n_steps=1), mapping)
    work_s = 30 * LOIHI.si("time_synaptic_operation") + LOIHI.si("time_update_active")
    assert price.latency_s == pytest.approx(work_s + replay_barrier(mapping), rel=1e-9)


def test_the_largest_of_normal_loads_is_what_integrals_give():
    # of two and three independent standard normals: 1 / sqrt(pi), 3 / (2 sqrt(pi)), the variance of
    # the former 1 - 1/pi
    assert k.largest(np.zeros(2), np.eye(2)) == pytest.approx(
        (1 / math.sqrt(math.pi), 1 - 1 / math.pi), rel=1e-12
    )
    assert k.largest(np.zeros(3), np.eye(3))[0] == pytest.approx(1.5 / math.sqrt(math.pi), rel=0.01)
    assert k.largest(np.zeros(2), np.ones((2, 2))) == pytest.approx((0.0, 1.0))
    assert k.largest(np.array([3.0, 1.0]), np.zeros((2, 2))) == (3.0, 0.0)
    assert k.largest(np.zeros(2), np.array([[1.0, -1], [-1, 1]]))[0] == pytest.approx(
        math.sqrt(2 / math.pi)
    )  # |x|


@settings(max_examples=20)
@given(seed=st.integers(0, 10**6))
def test_means_and_covariances_of_loads_are_what_matrices_give(seed):
    random = np.random.default_rng(seed)
    n_neurons, n_loads = 6, 4
    n_each = random.integers(0, 5, n_neurons)
    ptr = np.concatenate([[0], np.cumsum(n_each)])
    load, seconds = (
        random.integers(0, n_loads, ptr[-1]),
        random.random(ptr[-1]),
    )  # some loads come up twice
    effects = k.Effects(ptr, load, seconds)
    matrix = np.zeros((n_neurons, n_loads))
    np.add.at(matrix, (np.repeat(np.arange(n_neurons), n_each), load), seconds)
    variance, fired = random.random(n_neurons), random.random((2, n_neurons))
    place, half, means = np.array([1, -1, 2, 0]), np.zeros((3, 3)), np.zeros((2, n_loads))
    k.add_covariances(variance, effects, place, np.empty(5, np.int64), half)
    k.add_means(fired, effects, means)
    covariance = matrix.T @ np.diag(variance) @ matrix
    assert half + half.T == pytest.approx(covariance[np.ix_([3, 0, 2], [3, 0, 2])])
    assert means == pytest.approx(fired @ matrix)


def test_silence_costs_idle_updates_and_barriers_and_nothing_else():
    network = two_layers(2)
    mapping = map_network(network, CALIBRATED, neurons_per_core=2)
    nothing = SpikeDataset(np.zeros((1, 12, 5), bool))
    silent = FiringRates.assumed(network, {"input": 0, "hidden": 0, "output": 0}, n_steps=12)
    predicted = predict(silent, mapping)
    replayed = replay(simulate(network, nothing, record="events"), mapping)
    assert predicted.counts == replayed.counts and predicted.counts["updates_active"] == 0
    assert predicted.latency_s == pytest.approx(replayed.latency_s, rel=1e-12)
    assert predicted.core_loads == pytest.approx(replayed.core_loads, rel=1e-12)


def test_neurons_that_all_fire_in_every_step_are_priced_exactly():
    network = Network(
        [
            Population("in", (3,), Input()),
            Population("mid", (6,), IF(1.0)),
            Population("out", (4,), IF(1.0)),
        ],
        [Projection("in", "mid", np.ones((3, 6))), Projection("mid", "out", np.ones((6, 4)))],
    )
    record = simulate(network, SpikeDataset(np.ones((1, 7, 3), bool)), record="events")
    for timing, profile in (
        ("simple", LOIHI),
        ("simple", CALIBRATED),
        ("tick", load_profile("truenorth")),
    ):
        mapping = map_network(network, profile, neurons_per_core=3)
        everything = FiringRates.assumed(network, {"in": 1, "mid": 1, "out": 1}, n_steps=7)
        predicted, replayed = predict(everything, mapping), replay(record, mapping, timing=timing)
        assert predicted.counts == pytest.approx(replayed.counts, rel=1e-12)
        assert predicted.latency_s == pytest.approx(replayed.latency_s, rel=1e-12)
        assert predicted.core_loads == pytest.approx(replayed.core_loads, rel=1e-12)
        assert predicted.step_s == pytest.approx(replayed.step_s, rel=1e-12)


@settings(max_examples=15)
@given(seed=st.integers(0, 10**6), factor=st.floats(0.01, 1.0))
def test_rates_of_a_share_cost_a_share(seed, factor):
    network, random = two_layers(seed, "IF", recurrent=True), np.random.default_rng(seed)
    mapping = map_network(network, CALIBRATED, neurons_per_core=2)
    rates = {p.name: random.random(p.n_neurons) for p in network.populations}
    whole = predict(FiringRates.assumed(network, rates, n_steps=10), mapping)
    share = {name: factor * each for name, each in rates.items()}
    part = predict(FiringRates.assumed(network, share, n_steps=10), mapping)
    assert linear(part) == pytest.approx(
        {name: factor * n for name, n in linear(whole).items()}, rel=1e-9
    )
    assert part.counts["updates_active"] <= whole.counts["updates_active"] + 1e-9
    total = sum(part.counts[name] for name in NOT_LINEAR)
    assert (
        total
        == pytest.approx(10 * network.n_neurons)
        == pytest.approx(sum(whole.counts[n] for n in NOT_LINEAR))
    )


@settings(max_examples=15)
@given(seed=st.integers(0, 10**6), moved=st.integers(0, 3), place=st.integers(0, 127))
def test_moving_a_core_changes_only_the_way(seed, moved, place):
    network, random = two_layers(seed, recurrent=True), np.random.default_rng(seed)
    rates = FiringRates.assumed(network, {"input": 0.3, "hidden": 0.2, "output": 0.1}, n_steps=10)
    before = random.choice(128, 4, replace=False)
    after = before.copy()
    after[moved] = place if place not in before else before[moved]
    on = {p.name: random.choice(4, p.n_neurons) for p in network.neuron_populations}
    prices = [
        predict(
            rates,
            map_by_hand(network, CALIBRATED, {name: places[core] for name, core in on.items()}),
        )
        for places in (before, after)
    ]
    ways = {"hops_x", "hops_y", "within_tile"}
    one, other = (
        {name: n for name, n in price.counts.items() if name not in ways} for price in prices
    )
    assert one == pytest.approx(other, rel=1e-12)


@pytest.mark.parametrize("name", ["truenorth", "odin", "xylo_audio3"])
def test_ticks_and_clock_cycles_are_those_of_replay(name):
    fires = {"reset": "subtract"}
    network, profile = two_layers(4), load_profile(name)
    if profile.family == "xylo":
        populations = [
            Population("in", (2,), Input()),
            Population("hidden", (8,), CubaLIF(2e-3, 1e-2, **fires)),
            Population("out", (2,), CubaLIF(2e-3, 1e-2, **fires)),
        ]
        projections = [
            Projection("in", "hidden", np.ones((2, 8))),
            Projection("hidden", "out", np.ones((8, 2))),
        ]
        network = Network(populations, projections)
    record = simulate(network, SpikeDataset(spikes(network, 4, rate=0.6)), record="events")
    mapping = map_network(network, profile)
    predicted, replayed = predict(record, mapping), replay(record, mapping)
    assert predicted.timing == replayed.timing
    assert predicted.latency_s == pytest.approx(replayed.latency_s, rel=1e-12)
    assert linear(predicted) == pytest.approx(linear(replayed), rel=1e-12)
    assert predicted.not_published == replayed.not_published
    if profile.family != "truenorth":
        assert predicted.energy_j == pytest.approx(replayed.energy_j, rel=1e-12)


def test_a_core_that_needs_more_than_a_tick_in_half_of_its_steps_is_late_in_half():
    network, _ = two_cores(400, shared=True)
    chip = load_profile("truenorth")
    chip = chip.replace(
        time_synaptic_operation=chip.si("tick") * 1e9 / 120
    )  # as many as arrive on average
    mapping = map_by_hand(network, chip, {"out": np.array([0, 1])})
    price = predict(FiringRates.assumed(network, {"in": 0.3, "out": 0.0}, n_steps=10), mapping)
    assert price.late_steps == pytest.approx(5.0, abs=0.01)
    assert price.latency_s == pytest.approx(10 * chip.si("tick"))


@pytest.mark.parametrize("deviations", [-2.0, -0.5, 0.0, 1.0, 2.5])
def test_steps_are_late_as_often_as_a_normal_load_is_longer_than_the_tick(deviations):
    # both cores read 400 inputs, of which 120 +- sqrt(400 x 0.3 x 0.7) fire: P(late) = (1 + erf(x /
    # sqrt2)) / 2
    network, _ = two_cores(400, shared=True)
    chip = load_profile("truenorth")
    arrive, deviation = 120.0, math.sqrt(400 * 0.3 * 0.7)
    chip = chip.replace(
        time_synaptic_operation=chip.si("tick") * 1e9 / (arrive - deviations * deviation)
    )
    mapping = map_by_hand(network, chip, {"out": np.array([0, 1])})
    price = predict(FiringRates.assumed(network, {"in": 0.3, "out": 0.0}, n_steps=10), mapping)
    late = (1 + math.erf(deviations / math.sqrt(2))) / 2
    assert price.late_steps == pytest.approx(10 * late, rel=1e-6)


@pytest.mark.parametrize(("n_operations", "late_steps"), [(399, 10), (401, 0)])
def test_a_load_that_never_varies_is_late_always_or_never(n_operations, late_steps):
    # all 400 inputs fire in every step, and a core can do so many operations in a tick
    network, _ = two_cores(400, shared=True)
    chip = load_profile("truenorth")
    chip = chip.replace(time_synaptic_operation=chip.si("tick") * 1e9 / n_operations)
    mapping = map_by_hand(network, chip, {"out": np.array([0, 1])})
    rates = FiringRates.assumed(network, {"in": 1.0, "out": 0.0}, n_steps=10)
    assert predict(rates, mapping).late_steps == late_steps
    untimed = replace(
        chip, figures={name: figure for name, figure in chip.figures.items() if name != "tick"}
    )
    price = predict(rates, replace(mapping, profile=untimed))
    assert price.late_steps == 0 and price.latency_s is None and price.not_published == ("tick",)


def test_only_a_chip_that_ticks_has_late_steps():
    network, _ = two_cores(400, shared=True)
    free = {"time_update_active": 0, "time_update_inactive": 0, "time_synaptic_operation": 1e6}
    mapping = map_by_hand(
        network, load_profile("truenorth").replace(**free), {"out": np.array([0, 1])}
    )
    rates = FiringRates.assumed(network, {"in": 1.0, "out": 0.0}, n_steps=10)
    assert predict(rates, mapping, timing="tick").late_steps == 10
    assert predict(rates, mapping, timing="simple").late_steps == 0


def test_without_a_barrier_a_step_takes_its_busiest_core_and_then_the_longest_way():
    # of 2 x 2 tiles, neuron 0 sends along x and y (50 + 70 ns) with 0.2, neuron 1 within its tile
    # (10 ns) with 0.5;
    # the core that updates most neurons has three, for 5 ns each whether active or not
    onward = np.zeros((2, 3))
    onward[0, 2] = onward[1, 1] = 1.0
    populations = [
        Population("in", (1,), Input()),
        Population("mid", (2,), IF(1.0)),
        Population("out", (3,), IF(1.0)),
    ]
    network = Network(
        populations, [Projection("in", "mid", np.ones((1, 2))), Projection("mid", "out", onward)]
    )
    chip = load_profile("dynap_se2").replace(
        time_synaptic_operation=0,
        time_update_active=5,
        time_update_inactive=5,
        time_within_tile=10,
        time_hop_x=50,
        time_hop_y=70,
    )
    mapping = map_by_hand(network, chip, {"mid": np.array([0, 1]), "out": np.array([1, 1, 3])})
    rates = FiringRates.assumed(network, {"in": 0.5, "mid": [0.2, 0.5], "out": 0.0}, n_steps=4)
    price = predict(rates, mapping)
    assert price.timing == "asynchronous"
    assert price.latency_s == pytest.approx(
        4 * (3 * 5e-9 + 0.2 * 120e-9 + 0.8 * 0.5 * 10e-9), rel=1e-9
    )


def test_the_longest_way_is_that_of_whoever_fires():
    # neuron 0 sends over one tile, neuron 1 within its own: at rates a and b, a * far + (1 - a) * b
    # * near
    onward = np.zeros((2, 3))
    onward[0, 2] = onward[1, 1] = 1.0
    populations = [
        Population("in", (1,), Input()),
        Population("mid", (2,), IF(1.0)),
        Population("out", (3,), IF(1.0)),
    ]
    network = Network(
        populations, [Projection("in", "mid", np.ones((1, 2))), Projection("mid", "out", onward)]
    )
    mapping = map_by_hand(network, LOIHI, {"mid": np.array([0, 1]), "out": np.array([1, 1, 4])})
    rates = FiringRates.assumed(network, {"in": 0.5, "mid": [0.2, 0.5], "out": 0.0}, n_steps=5)
    way_s = ExpectedCounters(rates, mapping).longest_way_s(LOIHI)
    assert way_s == pytest.approx(
        0.2 * LOIHI.si("time_hop_x") + 0.8 * 0.5 * LOIHI.si("time_within_tile")
    )


def test_what_cannot_be_predicted_is_refused_by_name():
    network = two_layers(2)
    mapping = map_network(network, CALIBRATED)
    rates = FiringRates.assumed(network, {"input": 0.1, "hidden": 0.1, "output": 0.1}, n_steps=3)
    with pytest.raises(DesignProblem, match=r"timing='simple', or price a record of events"):
        predict(rates, mapping, timing="contention")
    with pytest.raises(NetworkProblem, match="but 17 are mapped"):
        small = Network(
            [Population("in", (5,), Input()), Population("o", (12,), IF())],
            [Projection("in", "o", np.ones((5, 12)))],
        )
        predict(rates, map_network(small, CALIBRATED))
    with pytest.raises(UnknownName, match="Did you mean 'hidden'"):
        FiringRates.assumed(network, {"input": 0.1, "hiden": 0.1, "output": 0.1}, n_steps=3)
    with pytest.raises(
        NetworkProblem, match=r"'output' needs spike counts of \(n_samples, 3\), but has none"
    ):
        FiringRates.assumed(network, {"input": 0.1, "hidden": 0.1}, n_steps=3)
    with pytest.raises(NetworkProblem, match="below zero"):
        FiringRates.assumed(network, {"input": -0.1, "hidden": 0.1, "output": 0.1}, n_steps=3)
    for n_steps in (0, -1, 2.5, "3", None, True, math.nan):
        for make in (FiringRates, lambda *rates: FiringRates.assumed(*rates[:2], n_steps=rates[2])):
            with pytest.raises(NetworkProblem, match=r"n_steps is .* at least one step"):
                make(network, {"input": 0.1, "hidden": 0.1, "output": 0.1}, n_steps)
    for wrong in (np.nan, np.inf, "0.1", [[0.1, 0.2], [0.3]], None, 1j, [0.1, 0.2], [[0.1] * 5]):
        with pytest.raises(
            NetworkProblem, match=r"Population 'input' (has spike|needs one rate, or 5)"
        ):
            FiringRates.assumed(network, {"input": wrong, "hidden": 0.1, "output": 0.1}, n_steps=3)
    with pytest.raises(WrongArgument, match="rates is a float but must be a dict"):
        FiringRates.assumed(network, 0.1, n_steps=3)


def test_spike_counts_are_checked_where_they_are_given():
    network = one_neuron(IF(1.0), n_inputs=2)

    def rates(*counts, n_steps=4):
        return FiringRates(network, dict(zip(("in", "out"), counts, strict=True)), n_steps)

    assert repr(rates([[1, 2]], [[3]])) == repr(
        rates(np.array([[1, 2]]), np.array([[3]]))
    )  # lists are as good
    price = predict(rates([[1, 2]], [[3]]), map_network(network, LOIHI))
    assert price.counts["spikes"] == 3 and price.counts["synaptic_operations"] == 3
    none = np.zeros((0, 2)), np.zeros((0, 1))
    for counts in (none, ([[1, 2]], [[3], [3]]), ([[1, 2]], np.zeros((0, 1)))):
        with pytest.raises(
            NetworkProblem, match=r"samples of 'in', .* counts of the same samples, at least one"
        ):
            rates(*counts)
    for wrong in (
        3,
        [1, 2],
        [[1]],
        "many",
        [[1, 2], [3]],
        [[1, math.nan]],
        [[1, -1]],
        [["1", "2"]],
    ):
        with pytest.raises(
            NetworkProblem, match=r"Population 'in' (has spike|needs spike counts of)"
        ):
            rates(wrong, [[3]])
    with pytest.raises(UnknownName, match="'other'"):
        FiringRates(network, {"in": [[1, 2]], "out": [[3]], "other": [[4]]}, 4)
    with pytest.raises(WrongArgument, match="spike_counts is a list but must be a dict"):
        FiringRates(network, [[1, 2]], 4)


def screened(network, dataset, profile, neurons_per_core):
    network = retime(network, profile).network
    record = simulate(network, dataset, record="events")
    mapping = map_network(network, profile, neurons_per_core=neurons_per_core)
    return PredictionError(predict(record, mapping), replay(record, mapping))


@pytest.mark.parametrize("profile", [LOIHI, CALIBRATED], ids=["published", "calibrated"])
@pytest.mark.parametrize("name", ["digits", "braille", "nmnist"])
def test_energy_is_within_5_and_latency_within_10_percent_of_replay(shared_data, name, profile):
    if name == "nmnist":
        network = read_nir(find_local("cnn_sinabs.nir"), reset="subtract", max_spikes_per_step=None)
        found = screened(network, load_dataset("nmnist", n_samples=20), profile, None)
    else:
        found = screened(
            load_network(name), load_dataset(name), profile, 16 if name == "digits" else 8
        )
    assert abs(found.errors["energy_j"]) < 0.05 and abs(found.errors["latency_s"]) < 0.1


def test_where_neurons_fire_in_step_the_energy_holds_and_the_latency_is_a_lower_bound():
    network = read_sanafe_network(tools_own("dvs_challenge.npz"))
    mapping = evenly(network, read_sanafe_arch(tools_own("loihi.yaml")), [1, 4, 16, 16, 4, 1])
    record = simulate(
        network,
        SpikeDataset(np.zeros((1, 1000, 1), bool)),
        arithmetic="sanafe_loihi",
        record="events",
    )
    found = PredictionError(predict(record, mapping), replay(record, mapping))
    assert linear(found.predicted) == linear(found.replayed)
    assert abs(found.errors["energy_j"]) < 0.05
    # the mean of the busiest core is no less than that of any core: reading what arrives alone
    # takes the third layer so
    counters, chip = Counters(record, mapping), mapping.profile
    reads_s = counters.per_step("packets_in") * chip.si("time_packet_in")
    for name in counters.formats:
        each_s = format_times(chip)[FORMATS.index(name)]
        reads_s = reads_s + counters.per_step(f"synaptic_operations_{name}") * each_s
    assert reads_s.sum(axis=1).max() < found.predicted.latency_s < found.replayed.latency_s


def test_an_error_shows_each_quantity_beside_the_replayed_one():
    network = load_network("digits")
    record = simulate(network, load_dataset("digits").take(20), record="events")
    mapping = map_network(network, CALIBRATED, neurons_per_core=16)
    found = PredictionError(predict(record, mapping), replay(record, mapping))
    rows = {(q.of, q.label): q.value for q in found.quantities}
    assert rows["Spikes per inference", "error"] == "exact"
    energy = [rows["Energy per inference, events", w] for w in ("predicted", "replayed", "error")]
    predicted, replayed, error = energy
    assert error == pytest.approx((predicted - replayed) / replayed)
    html = found._repr_html_()
    assert "<th" in html and "exact" in html and "id=" not in html and "<script" not in html
    assert repr(found).startswith("PredictionError(energy +")

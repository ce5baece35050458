"""The adjoint against central differences of a network whose step is replaced by a smooth one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikefit_nb.datasets import SpikeDataset, load_dataset
from spikefit_nb.network import LI, Input, Network, Population, Projection
from spikefit_nb.nir_file import load_network
from spikefit_nb.simulate import Rows, States, run_states, simulate
from spikefit_nb.train import Recipe, goal_of, loop, slope_of
from spikefit_nb.train.gradient import Said, Surrogate, go_back, way_back
from tests.naive import smooth_run
from tests.networks import any_network, convolutional, neuron, spikes, two_layers

STEP = 1e-6


def rows_of(sent):
    """What a population sends, as rows of events that carry an amount."""
    n_samples, n_steps, _ = sent.shape
    per_row = np.count_nonzero(sent, axis=2).ravel()
    stop = np.cumsum(per_row)
    start = (stop - per_row).reshape(n_samples, n_steps)
    neuron = np.nonzero(sent)[2].astype(np.int32)
    return Rows(start, stop.reshape(n_samples, n_steps), neuron, sent[sent != 0])


def differences(network, inputs, surrogate, loss):
    """The loss's derivative by some weights of each projection and by all parameters."""

    def slope(key, size, at):
        moved = np.zeros(size)
        moved[at] = STEP
        up, down = (
            loss(*smooth_run.run(network, inputs, surrogate, {key: sign * moved}))
            for sign in (1, -1)
        )
        return (up - down) / (2 * STEP)

    random = np.random.default_rng(0)
    weights = []
    for k, e in enumerate(network.projections):
        present = np.flatnonzero(e.values)
        chosen = random.permutation(present)[:4]
        weights.append({at: slope(k, e.values.size, at) for at in chosen})
    parameters = {
        (p.name, name): slope((p.name, name), p.n_neurons, 0)
        for p in network.neuron_populations
        for name in ("threshold", "bias")
        if p.neuron.fires or name == "bias"
    }
    return weights, parameters


def assert_slope(network, seed, surrogate):
    """The adjoint's derivatives of a random linear loss are those of central differences."""
    random = np.random.default_rng(seed)
    inputs = random.random((2, 6, network.n_channels)) * (random.random((2, 6, 1)) < 0.8)
    output = network.output
    by_answer = random.normal(size=(2, network[output].n_neurons))
    by_potential = not network[output].neuron.fires or bool(random.integers(2))
    cost = {p.name: random.random(p.n_neurons) for p in network.neuron_populations[:1]}

    def loss(spikes, potential):
        answers = (potential if by_potential else spikes)[output].sum(axis=1)
        paid = sum((spikes[name].sum(axis=(0, 1)) * each).sum() for name, each in cost.items())
        return (by_answer * answers).sum() + paid

    spikes, potential = smooth_run.run(network, inputs, surrogate)
    rows = {name: rows_of(sent) for name, sent in spikes.items()}
    way = way_back(network, np.float64)
    said = Said(output, by_answer, by_potential, cost)
    told = go_back(way, States(spikes, potential, rows), said, surrogate)
    weights, parameters = differences(network, inputs, surrogate, loss)
    for found, wanted in zip(told.weights, weights, strict=True):
        for at, value in wanted.items():
            assert found.ravel()[at] == pytest.approx(value, rel=1e-4, abs=1e-7)
    for (name, of), value in parameters.items():
        found = told.parameters[name][("threshold", "bias").index(of), 0]
        assert found == pytest.approx(value, rel=1e-4, abs=1e-7)


KINDS = st.sampled_from(["fast_sigmoid", "arctangent"])
WIDTHS, HEIGHTS = st.sampled_from([0.2, 0.6]), st.sampled_from([0.5, 1.0])
surrogates = st.builds(Surrogate, KINDS, WIDTHS, HEIGHTS, st.just(True))


@settings(max_examples=25)
@given(
    seed=st.integers(0, 10**6),
    kind=st.sampled_from(["IF", "LIF", "CubaLIF", "ALIF"]),
    reset=st.sampled_from(["zero", "subtract"]),
    recurrent=st.booleans(),
    sparse=st.booleans(),
    delay=st.integers(0, 2),
    surrogate=surrogates,
)
def test_slopes_are_those_of_central_differences(
    seed, kind, reset, recurrent, sparse, delay, surrogate
):
    network = two_layers(seed, kind, recurrent, sparse, delay, reset=reset)
    assert_slope(network, seed, surrogate)


@settings(max_examples=8)
@given(
    seed=st.integers(0, 10**6), adapted=st.booleans(), recurrent=st.booleans(), surrogate=surrogates
)
def test_slopes_go_through_a_threshold_that_starts_high_and_is_subtracted(
    seed, adapted, recurrent, surrogate
):
    told = {"reset": "subtract", "adapted_reset": adapted, "a_initial": 0.8}
    assert_slope(two_layers(seed, "ALIF", recurrent, delay=1, **told), seed, surrogate)


@settings(max_examples=8)
@given(
    seed=st.integers(0, 10**6),
    stride=st.integers(1, 2),
    padding=st.integers(0, 1),
    dilation=st.integers(1, 2),
    groups=st.sampled_from([1, 2]),
    surrogate=surrogates,
)
def test_slopes_of_convolutions_are_those_of_central_differences(
    seed, stride, padding, dilation, groups, surrogate
):
    network = convolutional(seed, stride=stride, padding=padding, dilation=dilation, groups=groups)
    assert_slope(network, seed, surrogate)


@pytest.mark.parametrize("seed", range(3))
def test_loops_over_several_populations_and_outputs_that_never_fire_have_their_slopes(seed):
    random = np.random.default_rng(seed)
    populations = [
        Population("in", (3,), Input()),
        Population("a", (4,), neuron("CubaLIF", random)),
        Population("b", (4,), neuron("LIF", random, reset="subtract")),
        Population("out", (2,), LI(5e-3, r=2.0)),
    ]
    ends = [("in", "a", 0), ("a", "b", 1), ("b", "a", 2), ("b", "b", 1), ("b", "out", 0)]
    sizes = {p.name: p.n_neurons for p in populations}
    projections = [
        Projection(s, t, random.normal(0.3, 0.6, (sizes[s], sizes[t])), delay_steps=delay)
        for s, t, delay in ends
    ]
    assert_slope(Network(populations, projections, dt_s=1e-3), seed, Surrogate(through_reset=True))


@pytest.mark.parametrize("arithmetic", ["float32", "loihi", "xylo"])
def test_what_is_gone_back_over_is_the_run_of_the_simulator(arithmetic):
    """Also where a population's loop is run within its kernel, many steps at a time."""
    n_loops = 0
    for seed in range(12):
        network = any_network(seed, arithmetic)
        n_loops += sum(e.source == e.target for e in network.projections)
        dataset = SpikeDataset(spikes(network, seed, n_samples=3, n_steps=20))
        record = simulate(network, dataset, arithmetic=arithmetic)
        states = run_states(network, dataset, arithmetic)
        for name, sent in states.spikes.items():
            assert (sent.sum(axis=1) == record.spike_counts[name]).all()
        assert (states.spikes[network.output] == record.output_spikes).all()
    assert n_loops > 3


def test_slopes_of_many_small_blocks_of_samples_are_those_of_one(monkeypatch):
    network, dataset = load_network("digits"), load_dataset("digits").take(9)
    goal = goal_of(network, dataset, "count", 0.0)
    one = slope_of(network, dataset, "float32", Recipe(1), goal)
    monkeypatch.setattr(loop, "BLOCK_BYTES", 1)
    assert len(loop.blocks(network, dataset)) == 9
    many = slope_of(network, dataset, "float32", Recipe(1), goal)
    assert many.loss == pytest.approx(one.loss)
    for found, wanted in zip(many.told.weights, one.told.weights, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)

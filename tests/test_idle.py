"""Idle neurons: those that never vary and those nobody hears go, and every output spike stays as it
was.
"""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from spikefit_nb.adapt.activity import Activity
from spikefit_nb.adapt.idle import remove_idle
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.network import IF, LIF, Input, Network, Population, Projection
from spikefit_nb.simulate import simulate
from tests.networks import convolutional, spikes, two_layers

seeds = st.integers(0, 10**6)


def run(network, seed=0, **options):
    return Activity(network, SpikeDataset(spikes(network, seed, **options)))


def outputs(network, dataset):
    return simulate(network, dataset).output_spikes


def idle_network(model, delay=0):
    """In the hidden layer neurons 1 and 4 never fire, 2 always does, and nobody hears 5; integer
    weights.
    """
    random = np.random.default_rng(5)
    onward = random.integers(-2, 4, (7, 3)).astype(float)
    onward[5] = 0
    bias = np.array([0, 0, 8.0, 0, 0, 0, 0])
    threshold = np.array([1, 1e6, 1, 2, 1e6, 1, 2])
    hidden = IF(threshold, bias=bias) if model == "IF" else LIF(4e-3, threshold, r=4.0, bias=bias)
    weights = random.integers(-1, 4, (5, 7)).astype(float)
    weights[:, 2] = 0
    output = IF(2.0) if model == "IF" else LIF(4e-3, 2.0, r=4.0)
    layers = [
        Population("input", (5,), Input()),
        Population("hidden", (7,), hidden),
        Population("output", (3,), output),
    ]
    edges = [
        Projection("input", "hidden", weights),
        Projection("hidden", "output", onward, delay_steps=delay),
    ]
    return Network(layers, edges, dt_s=1e-3)


@pytest.mark.parametrize("model", ["IF", "LIF"])
def test_neurons_that_never_or_always_fire_go_and_the_output_fires_as_before(model):
    network = idle_network(model)
    calibration, other = (SpikeDataset(spikes(network, seed, rate=0.2)) for seed in (1, 2))
    adapted = remove_idle(network, activity=Activity(network, calibration))
    assert adapted.network["hidden"].n_neurons == 3
    for dataset in (calibration, other):
        assert outputs(network, dataset).any()
        assert (outputs(adapted.network, dataset) == outputs(network, dataset)).all()
    assert any("bias" in note for note in adapted.notes)


def test_over_a_delay_a_folded_neuron_makes_itself_felt_earlier_and_the_note_says_so():
    network = idle_network("IF", delay=2)
    adapted = remove_idle(network, activity=run(network, 1, rate=0.2))
    assert any("first 2 steps" in note for note in adapted.notes)


@settings(max_examples=20)
@given(seed=seeds, kind=st.sampled_from(["IF", "LIF", "CubaLIF", "ALIF"]), recurrent=st.booleans())
def test_dead_neurons_of_any_model_leave_every_output_spike_as_it_was(seed, kind, recurrent):
    network = two_layers(seed, kind, recurrent)
    high = np.where(np.arange(7) % 3 == 0, 1e6, 1.0)
    dead = replace(network["hidden"], neuron=replace(network["hidden"].neuron, v_threshold=high))
    network = network.replace(
        populations=[dead if p.name == "hidden" else p for p in network.populations]
    )
    dataset = SpikeDataset(spikes(network, seed, rate=0.6))
    record = simulate(network, dataset)
    adapted = remove_idle(network, activity=Activity(network, dataset))
    assert adapted.network["hidden"].n_neurons <= 4
    if not any("bias" in note for note in adapted.notes):
        assert (outputs(adapted.network, dataset) == record.output_spikes).all()


def test_of_maps_whole_channels_go_and_the_output_fires_as_before():
    network = convolutional(3)
    kernel = network.projections[0].weight.weight.copy()
    kernel[1] = -1.0
    edges = [
        replace(
            network.projections[0], weight=replace(network.projections[0].weight, weight=kernel)
        )
    ]
    network = network.replace(projections=[*edges, network.projections[1]])
    activity = run(network, rate=0.6)
    after = remove_idle(network, activity=activity).network
    assert after["map"].shape == (3, *network["map"].shape[1:])
    assert (outputs(after, activity.dataset) == outputs(network, activity.dataset)).all()


def test_a_silent_population_keeps_one_neuron_and_the_note_says_why():
    network = two_layers(1)
    silent = replace(network["hidden"], neuron=IF(1e6))
    network = network.replace(
        populations=[silent if p.name == "hidden" else p for p in network.populations]
    )
    adapted = remove_idle(network, activity=run(network))
    assert adapted.network["hidden"].n_neurons == 1
    assert any("a population cannot be empty" in note for note in adapted.notes)


def test_synapses_of_inputs_that_never_spike_go_while_the_inputs_stay():
    network = two_layers(1)
    given_spikes = spikes(network, 1, rate=0.6)
    given_spikes[:, :, 3] = False
    dataset = SpikeDataset(given_spikes)
    after = remove_idle(network, activity=Activity(network, dataset)).network
    assert after["input"].n_neurons == 5 and not after.projections[0].weight.toarray()[3].any()
    assert (outputs(after, dataset) == outputs(network, dataset)).all()


def test_only_neurons_that_send_the_same_number_of_spikes_in_every_step_are_always_on():
    # an input that always spikes: 2 in every step; 1 and 2 in turns; 3 in every step
    fires = IF(1.0, reset="subtract", max_spikes_per_step=None)
    layers = [
        Population("in", (1,), Input()),
        Population("a", (3,), fires),
        Population("out", (2,), fires),
    ]
    onto_out = np.array([[0.25, -0.5], [0.5, 0.25], [0.125, 0.5]])
    network = Network(
        layers,
        [Projection("in", "a", np.array([[2.0, 1.5, 3.0]])), Projection("a", "out", onto_out)],
    )
    dataset = SpikeDataset(np.ones((2, 8, 1), bool))
    counts = simulate(network, dataset).spike_counts["a"][0]
    assert counts.tolist() == [16, 12, 24]
    adapted = remove_idle(network, activity=Activity(network, dataset)).network
    assert adapted.projections[1].weight.toarray().tolist() == [[0.5, 0.25]]
    assert adapted["out"].parameter("bias").tolist() == [2 * 0.25 + 3 * 0.125, 2 * -0.5 + 3 * 0.5]
    assert (outputs(adapted, dataset) == outputs(network, dataset)).all()


@pytest.mark.parametrize("kind", [np.asarray, sp.csr_array])
def test_a_neuron_that_only_hears_itself_goes_and_one_that_others_hear_stays(kind):
    # of three neurons that fire, the first sends to itself alone, the second to itself and the
    # third, that one onward
    loop = np.array([[0.5, 0.0, 0.0], [0.0, 0.5, 0.25], [0.0, 0.0, 0.5]])
    layers = [
        Population("in", (1,), Input()),
        Population("a", (3,), IF(1.0)),
        Population("out", (1,), IF(1.0)),
    ]
    edges = [
        Projection("in", "a", np.full((1, 3), 0.7)),
        Projection("a", "a", kind(loop), delay_steps=1),
    ]
    network = Network([*layers], [*edges, Projection("a", "out", np.array([[0.0], [0.0], [0.8]]))])
    dataset = SpikeDataset(np.random.default_rng(0).random((3, 30, 1)) < 0.5)
    adapted = remove_idle(network, activity=Activity(network, dataset)).network
    left = adapted.projections[1].weight.toarray()
    assert np.asarray(left.todense() if sp.issparse(left) else left).tolist() == [
        [0.5, 0.25],
        [0.0, 0.5],
    ]
    assert outputs(network, dataset).any()
    assert (outputs(adapted, dataset) == outputs(network, dataset)).all()

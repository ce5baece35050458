"""A network run a few populations at a time: the spikes of the whole, one for one, and nothing run
twice.
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikefit_nb.adapt.thresholds import scale_threshold
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import DatasetProblem, NetworkProblem
from spikefit_nb.network import IF, LI, Input, Network, Population, Projection
from spikefit_nb.simulate import run_in_layers, simulate
from tests.networks import CHIP_MODELS, all_models, any_network, convolutional, spikes, two_layers


def check_same(runs, network, dataset, arithmetic):
    whole = simulate(network, dataset, arithmetic=arithmetic)
    for p in network.neuron_populations:
        np.testing.assert_array_equal(runs.counts(p.name), whole.spike_counts[p.name])
    assert runs.accuracy == whole.accuracy


@pytest.mark.parametrize("arithmetic", CHIP_MODELS)
@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), factor=st.sampled_from([0.3, 0.8, 1.5, 4.0]))
def test_any_network_gives_the_spikes_of_the_whole_whatever_population_is_changed_and_asked_first(
    arithmetic, seed, factor
):
    network = any_network(seed, arithmetic)
    most = 3 if arithmetic in ("float32", "xylo", "speck") else 1
    random = np.random.default_rng(seed)
    given_spikes = random.integers(0, most + 1, (18, 20, 7)).astype(np.uint8)
    labels = random.integers(0, network["p4"].n_neurons, 18)
    dataset = SpikeDataset(given_spikes, labels)
    runs = run_in_layers(network, dataset, arithmetic=arithmetic)
    check_same(runs, network, dataset, arithmetic)
    for name in random.permutation([p.name for p in network.neuron_populations])[:3]:
        changed = scale_threshold(runs.network[name].neuron, factor)
        runs = runs.with_neuron(name, changed)
        runs.counts(random.choice([p.name for p in network.neuron_populations]))
    check_same(runs, runs.network, dataset, arithmetic)


def test_every_model_convolutions_and_a_potential_for_an_answer_are_run_as_the_whole_runs_them():
    for network in (
        all_models(2),
        convolutional(3, max_spikes=None),
        two_layers(4, "ALIF", recurrent=True, delay=2),
    ):
        given_spikes = spikes(network, 1, n_samples=20, n_steps=30, rate=0.5)
        dataset = SpikeDataset(given_spikes, np.arange(20) % 3)
        check_same(run_in_layers(network, dataset), network, dataset, "float32")


def test_currents_and_spikes_that_meet_in_a_population_are_added_as_in_the_whole():
    random = np.random.default_rng(0)
    network = Network(
        [
            Population("in", (3,), Input()),
            Population("hidden", (4,), IF(0.9)),
            Population("out", (3,), LI(5e-3)),
        ],
        [
            Projection("in", "hidden", random.normal(0, 1, (3, 4))),
            Projection("in", "out", random.normal(0, 1, (3, 3))),
            Projection("hidden", "out", random.integers(-9, 9, (4, 3)).astype(np.int8), scale=0.13),
        ],
    )
    dataset = SpikeDataset(random.normal(0.3, 1, (20, 15, 3)).astype(np.float32), np.arange(20) % 3)
    check_same(run_in_layers(network, dataset), network, dataset, "float32")


def test_a_population_that_nothing_reaches_runs_on_its_bias():
    network = Network(
        [
            Population("in", (1,), Input()),
            Population("alone", (2,), IF(1.0, bias=0.3)),
            Population("out", (2,), IF()),
        ],
        [Projection("alone", "out", np.eye(2)), Projection("in", "out", np.ones((1, 2)))],
    )
    dataset = SpikeDataset(np.zeros((2, 10, 1), bool))
    runs = run_in_layers(network, dataset)
    assert runs.counts("alone").sum() > 0 and runs.accuracy is None
    check_same(runs, network, dataset, "float32")


def test_what_a_change_cannot_reach_is_not_run_again():
    network = two_layers(5, "IF")
    runs = run_in_layers(network, SpikeDataset(spikes(network, 0, rate=0.9)))
    hidden = runs.counts("hidden")
    out = runs.counts("output")
    other = runs.with_neuron("output", replace(network["output"].neuron, v_threshold=9.0))
    assert other.counts("hidden") is hidden and other.counts("output").sum() < out.sum()
    assert runs.counts("output") is out
    assert other.with_neuron("hidden", network["hidden"].neuron).parts == {}


def test_what_cannot_be_run_is_refused_at_once():
    network = two_layers(1)
    with pytest.raises(DatasetProblem, match="channels"):
        run_in_layers(network, SpikeDataset(np.ones((1, 2, 3), bool)))
    dataset = SpikeDataset(spikes(network, 0))
    with pytest.raises(NetworkProblem, match="arithmetic is 'float64'"):
        run_in_layers(network, dataset, arithmetic="float64")
    with pytest.raises(NetworkProblem, match="holds weights in floating point"):
        run_in_layers(network, dataset, arithmetic="speck")

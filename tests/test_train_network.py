"""Training from random weights: what is drawn, what is learned, what stays as it is."""

from dataclasses import replace

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.errors import DatasetProblem
from spikefit_nb.network import IF, LI, LIF, Input, Network, Population, Projection
from spikefit_nb.simulate import run_states
from spikefit_nb.train import scratch, train_network
from tests.networks import convolutional, two_layers

LEARNED, UNSEEN = sf.load_dataset("digits").split(0.7, seed=0)
NEURONS = {
    "IF": (IF(1.0), IF(1.0)),
    "LIF": (LIF(20e-3), LIF(20e-3)),
    "subtract": (IF(1.0, reset="subtract"), IF(1.0, reset="subtract")),
    "LI": (LIF(20e-3), LI(20e-3)),
}


def untrained(hidden=NEURONS["IF"][0], output=NEURONS["IF"][1]):
    populations = [
        Population("pixels", (64,), Input()),
        Population("hidden", (64,), hidden),
        Population("digit", (10,), output),
    ]
    projections = [
        Projection("pixels", "hidden", np.ones((64, 64))),
        Projection("hidden", "digit", np.ones((64, 10))),
    ]
    return Network(populations, projections, dt_s=1e-3)


@pytest.mark.parametrize("kind", NEURONS)
def test_digits_are_learned_from_random_weights(kind):
    made = train_network(untrained(*NEURONS[kind]), LEARNED)
    assert sf.simulate(made, UNSEEN).accuracy > 0.8  # of ten classes, from 252 images


def test_the_same_seed_gives_the_same_bytes_and_another_does_not():
    one, same, other = (
        train_network(untrained(), LEARNED, epochs=2, seed=seed) for seed in (1, 1, 2)
    )
    assert one.fingerprint == same.fingerprint != other.fingerprint


def test_synapses_that_are_not_there_stay_away():
    network = untrained()
    first, second = network.projections
    some = np.random.default_rng(0).random((64, 64)) < 0.3
    sparse = network.replace(projections=[first.with_values(some.ravel() * 1.0), second])
    made = train_network(sparse, LEARNED, epochs=2)
    np.testing.assert_array_equal(made.projections[0].values != 0, some.ravel())


@pytest.mark.parametrize(
    "network",
    [two_layers(0, "CubaLIF", recurrent=True), convolutional(1), two_layers(2, "ALIF")],
    ids=["recurrent", "convolution", "adapting"],
)
def test_neurons_fire_about_as_often_as_wanted_before_training(network):
    random = np.random.default_rng(0)
    inputs = sf.SpikeDataset(random.random((16, 40, network.n_channels)) < 0.3)
    made = scratch.drawn(network, inputs, random)
    states = run_states(made, inputs, "float32")
    for p in network.neuron_populations:
        if p.neuron.fires:
            rate = float(states.spikes[p.name].mean())
            assert scratch.RATE / 2 < rate < scratch.RATE * 2


def test_integers_that_a_network_had_are_drawn_as_real_weights():
    network = sf.adapt.quantize(untrained(), 4).network
    made = train_network(network, LEARNED, epochs=1)
    assert all(e.values.dtype == np.float32 and e.scale is None for e in made.projections)


def test_what_cannot_be_learned_from_is_refused():
    with pytest.raises(DatasetProblem, match="no labels"):
        train_network(untrained(), replace(LEARNED, labels=None))
    with pytest.raises(DatasetProblem, match="labels count from 0 to 9"):
        train_network(untrained(), replace(LEARNED, labels=LEARNED.labels + 1))
    with pytest.raises(DatasetProblem):
        train_network(two_layers(0), LEARNED)


def test_an_interrupt_keeps_what_was_learned(monkeypatch):
    every = scratch.loop.epochs

    def stopped(*given, **named):
        for k, epoch in enumerate(every(*given, **named)):
            if k == 2:
                raise KeyboardInterrupt
            yield epoch

    before = train_network(untrained(), LEARNED, epochs=0)
    monkeypatch.setattr(scratch.loop, "epochs", stopped)
    made = train_network(untrained(), LEARNED, epochs=9)
    assert made.fingerprint != before.fingerprint

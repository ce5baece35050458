"""Pruning during training: what goes is worth least there, and it is as much as asked."""

from dataclasses import replace

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.adapt import ChipScales, finetune
from spikefit_nb.adapt.held import Real
from spikefit_nb.adapt.prune_neurons import keep_neurons
from spikefit_nb.adapt.thin import ThinnedNetwork
from spikefit_nb.network import settings_of
from spikefit_nb.train import Told
from tests.networks import two_layers, wide_map

LOIHI = sf.load_profile("loihi1")
DIGITS = sf.load_network("digits")
CALIBRATION, UNSEEN = sf.load_dataset("digits").split(0.5, seed=0)
FEW = sf.Design(weight_bits=4, prune_neurons=0.5, prune_fraction=0.9)


def thinned(network, neurons, synapses):
    hidden = network["hidden"].n_neurons
    return ThinnedNetwork(
        network,
        dict.fromkeys(("hidden", "output"), Real()),
        ChipScales("neuron"),
        pools=False,
        units={"hidden": np.arange(hidden)},
        neurons={"hidden": neurons},
        synapses=settings_of(network, synapses, 0.0),
    )


def heard(network, seed=0):
    """What a batch might tell."""
    random = np.random.default_rng(seed)
    by_weight = tuple(random.normal(size=e.values.size) for e in network.projections)
    none = {p.name: np.zeros((2, p.n_neurons)) for p in network.neuron_populations}
    worth = {p.name: random.random(p.n_neurons) for p in network.neuron_populations}
    return Told(by_weight, none, worth)


def n_into(network, name):
    return sum(np.count_nonzero(e.values) for e in network.projections if e.target == name)


def test_three_of_seven_neurons_go_and_four_fifths_of_the_synapses_between_the_others():
    network = two_layers(3, "CubaLIF", recurrent=True)
    held = thinned(network, 0.4, 0.8)
    held.told(heard(network))
    made = held.without_gone(held.network())
    between = keep_neurons(network, held.kept)
    assert made["hidden"].n_neurons == 4
    for name in ("hidden", "output"):
        n_before = n_into(between, name)
        assert n_into(made, name) == n_before - round(0.8 * n_before)


def test_what_goes_is_worth_least():
    network = two_layers(4)
    held = thinned(network, 0.25, 0.5)
    told = heard(network)
    held.told(told)
    made = held.network()
    gone = np.argsort(told.worth["hidden"])[: round(0.25 * network["hidden"].n_neurons)]
    assert sorted(np.flatnonzero(~held.kept["hidden"])) == sorted(gone)
    for k, e in enumerate(network.projections):
        weight = e.values.reshape(e.shape)
        worth = np.abs(weight) * np.abs(told.weights[k].reshape(e.shape))
        alive = weight != 0
        alive[gone if e.source == "hidden" else slice(0), :] = False
        alive[:, gone if e.target == "hidden" else slice(0)] = False
        left = made.projections[k].values.reshape(e.shape) != 0
        assert left.sum() == alive.sum() - round(0.5 * alive.sum()) and not (left & ~alive).any()
        assert worth[left].min() > worth[alive & ~left].max()


def test_most_goes_early_and_a_synapse_may_come_back():
    network = two_layers(5)
    held = thinned(network, 0.0, 0.8)
    held.told(heard(network))
    left = [np.count_nonzero(held.network(slide).projections[0].values) for slide in (0, 0.5, 1)]
    n = n_into(network, "hidden")
    assert left == [n, n - round(0.875 * 0.8 * n), n - round(0.8 * n)]
    first = held.network().projections[0].values != 0
    for seed in range(1, 200):
        held.told(heard(network, seed))
    second = held.network().projections[0].values != 0
    assert (second & ~first).any() and second.sum() == first.sum()


def test_weights_that_a_chip_pools_go_together():
    network = wide_map(2, 8)
    names = [p.name for p in network.neuron_populations]
    held = ThinnedNetwork(
        network,
        dict.fromkeys(names, Real()),
        ChipScales("neuron"),
        pools=True,
        units={},
        neurons={},
        synapses=dict.fromkeys(names, 0.5),
    )
    held.told(heard(network))
    e = held.network().projections[1]
    kernels = e.weight.toarray().T.reshape(10, 2, 2, 4, 2, 4)
    assert (kernels == kernels[:, :, :, :1, :, :1]).all()
    n_before = np.count_nonzero(network.projections[1].weight.toarray())
    assert n_before / 2 <= np.count_nonzero(kernels) <= n_before / 2 + 16


def test_few_neurons_and_synapses_answer_far_better_than_if_pruned_before():
    after, before = (
        sf.deploy(
            DIGITS,
            LOIHI,
            UNSEEN,
            design=replace(FEW, finetune_epochs=40, max_fan_in=most),
            calibration=CALIBRATION,
        )
        for most in (None, 64)  # of 64 sources: it only keeps pruning before training
    )
    assert after.mapping.network["hidden"].n_neurons <= 32
    assert after.accuracy > before.accuracy + 0.1
    assert "50.0 % of neurons and 90.0 % of synapses pruned" in after.fit.adaptation.headline
    assert any("during training" in note for note in after.fit.adaptation.notes)


def test_a_most_of_synapses_a_neuron_is_seen_to_after_pruning():
    design = sf.Design(prune_fraction=0.3, max_fan_in=32)
    made = finetune(DIGITS, LOIHI, CALIBRATION, design=design, epochs=1)
    assert max(e.in_degree().max() for e in made.network.projections) <= 32
    assert (
        made.change.index("pruned") < made.change.index("at most 32") < made.change.index("learn")
    )


def test_a_population_that_is_not_hidden_is_refused():
    design = sf.Design(prune_neurons={"digit": 0.5})
    with pytest.raises(sf.errors.DesignProblem, match="its neurons stay"):
        finetune(DIGITS, LOIHI, CALIBRATION, design=design, epochs=1)

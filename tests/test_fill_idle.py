"""Idle neurons become copies of busy ones: about the same network, with room for coarse weights."""

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.adapt import Activity, Design, fill
from spikefit_nb.adapt.fill import fill_idle
from spikefit_nb.adapt.learn import learn_weights, may_thin
from tests.networks import convolutional, spikes, two_layers

LOIHI = sf.load_profile("loihi1")


def with_silent(seed, silent, *, recurrent=True):
    """A network of which some hidden neurons never fire, and recordings."""
    network = two_layers(seed, recurrent=recurrent)
    into = next(e for e in network.projections if e.target == "hidden" and e.source == "input")
    weight = np.abs(into.real_weight().toarray())
    weight[:, silent] = -1.0
    made = sf.Projection("input", "hidden", weight)
    network = network.replace(projections=[made if e is into else e for e in network.projections])
    sent = spikes(network, seed, n_samples=12, rate=0.6)
    return network, sf.SpikeDataset(sent, np.arange(12) % 3)


def filled(network, dataset, seed=0):
    return fill_idle(network, Activity(network, dataset), np.random.default_rng(seed))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("recurrent", [False, True])
def test_copies_that_are_exact_say_together_what_their_originals_said(seed, recurrent, monkeypatch):
    monkeypatch.setattr(fill, "APART", 0.0)
    network, dataset = with_silent(seed, [1, 4], recurrent=recurrent)
    before = Activity(network, dataset).record
    own = before.spike_counts["hidden"].sum(axis=0)
    out = [e for e in network.projections if e.source == "hidden"]
    heard = sum(np.abs(e.real_weight().toarray()).sum(axis=1) for e in out if e.target != "hidden")
    idle = np.flatnonzero((own == 0) | (heard == 0)) if not recurrent else np.flatnonzero(own == 0)
    made, (note,) = filled(network, dataset)
    assert note.startswith(f"hidden: {idle.size} idle neurons") and {1, 4} <= set(idle.tolist())
    after = Activity(made, dataset).record
    assert (after.output_spikes == before.output_spikes).all() and before.output_spikes.any()
    busy = np.delete(np.arange(7), idle)
    by_spikes = busy[np.argsort(-own[busy], kind="stable")]
    counts = after.spike_counts["hidden"].sum(axis=0)
    assert (counts[idle] == own[np.resize(by_spikes, idle.size)]).all()
    assert (counts[busy] == own[busy]).all()


def test_copies_differ_alike_for_one_seed_and_neurons_that_fire_stay_what_they_were():
    network, dataset = with_silent(1, [1, 4], recurrent=False)
    one, again, other = (filled(network, dataset, seed)[0] for seed in (0, 0, 1))
    assert one.fingerprint == again.fingerprint != other.fingerprint
    first, old = (n.projections[0].real_weight().toarray() for n in (one, network))
    fires = Activity(network, dataset).record.spike_counts["hidden"].any(axis=0)
    assert (first[:, fires] == old[:, fires]).all() and (first != old)[:, ~fires].all()


def test_where_no_neuron_is_idle_or_a_convolution_meets_them_nothing_is_filled():
    network, _ = with_silent(1, [], recurrent=False)
    out = sf.Projection("hidden", "output", np.ones((7, 3)))
    network = network.replace(projections=[network.projections[0], out])
    dataset = sf.SpikeDataset(np.ones((2, 30, 5), bool))
    assert Activity(network, dataset).record.spike_counts["hidden"].any(axis=0).all()
    assert filled(network, dataset) == (network, ())
    network = convolutional(0)
    assert {e.kind for e in network.projections} >= {"convolution"}
    shape = (2, 5, network.n_channels)
    assert filled(network, sf.SpikeDataset(np.zeros(shape, bool))) == (network, ())


@pytest.mark.parametrize(
    ("changes", "is_filled"),
    [
        ({"weight_bits": 4}, True),
        ({"weight_values": 16}, True),
        ({"weight_bits": {"hidden": 8, "output": 2}}, True),
        ({"weight_bits": 5}, False),
        ({"weight_bits": 3, "prune_neurons": 0.2}, False),
        ({"weight_bits": 3, "max_fan_in": 6}, False),
    ],
)
def test_training_fills_idle_neurons_for_coarse_weights_alone(changes, is_filled):
    network, dataset = with_silent(2, [1, 4])
    design, activity = Design(finetune_epochs=1, **changes), Activity(network, dataset)
    for operation_cost in (0.0, 0.1):
        made = learn_weights(
            network,
            LOIHI,
            design,
            activity,
            dataset=dataset,
            seed=0,
            operation_cost=operation_cost,
            thins=may_thin(design),
        )
        said = any("began training as copies" in note for note in made.notes)
        assert said == (is_filled and not operation_cost)

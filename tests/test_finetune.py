"""Training in the chip's own integers: what is held, what is learned, what is promised."""

from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.adapt import (
    ChipScales,
    finetune,
    learn,
    observe,
    prune_neurons,
    spike_contribution,
    spike_operations,
)
from spikefit_nb.adapt.adapt import adapt
from spikefit_nb.adapt.held import HeldNetwork, Levels, Real, Steps
from spikefit_nb.errors import DesignProblem
from spikefit_nb.network import Network, Population, Projection
from spikefit_nb.simulate import run_states
from spikefit_nb.train import Told, epochs
from tests.networks import two_layers, wide_map

LOIHI, SPECK = sf.load_profile("loihi1"), sf.load_profile("speck")
DIGITS = sf.load_network("digits")
CALIBRATION, UNSEEN = sf.load_dataset("digits").split(0.5, seed=0)
STEP = 1e-5


def tuned(seed=0, **knobs):
    return finetune(DIGITS, LOIHI, CALIBRATION, design=sf.Design(**knobs), epochs=3, seed=seed)


@pytest.mark.parametrize("grid", [Real(), Steps(3), Levels(8, 4), Levels(8, 2)])
@pytest.mark.parametrize("slide", [0.0, 0.4])
def test_the_derivatives_by_latents_are_those_of_central_differences(grid, slide):
    """Of a loss that is linear in the weights, as long as nothing jumps to another level."""
    network = two_layers(3, "CubaLIF", recurrent=True)
    held = HeldNetwork(
        network, dict.fromkeys(("hidden", "output"), grid), ChipScales("neuron"), pools=False
    )
    random = np.random.default_rng(0)
    by_weight = tuple(random.normal(size=e.values.size) for e in network.projections)
    none = {p.name: np.zeros((2, p.n_neurons)) for p in network.neuron_populations}
    told = held.told(Told(by_weight, none, {}), slide)

    def loss():
        made = held.network(slide)
        pairs = zip(made.projections, by_weight, strict=True)
        return sum(float(e.values.astype(np.float64) @ by) for e, by in pairs)

    for key in held.latents:
        if key[0] == "level" and slide:
            continue  # the integers that levels are stored as jump
        if key[0] == "weight" and slide and not isinstance(grid, Real):
            continue  # what is held passes slopes on as if it did not jump
        for at in range(min(3, held.latents[key].size)):
            held.latents[key][at] += STEP
            up = loss()
            held.latents[key][at] -= 2 * STEP
            down = loss()
            held.latents[key][at] += STEP
            assert told[key].ravel()[at] == pytest.approx(
                (up - down) / (2 * STEP), rel=2e-2, abs=2e-2
            )


def test_what_is_held_at_first_is_near_what_was_there():
    network = two_layers(5)
    held = HeldNetwork(
        network, dict.fromkeys(("hidden", "output"), Steps(8)), ChipScales("neuron"), pools=False
    )
    for before, after in zip(network.projections, held.network().projections, strict=True):
        size = np.abs(before.values).max()
        assert np.abs(after.real_weight().values - before.values).max() < 0.02 * size


def test_few_bits_and_few_values_are_what_is_stored():
    ternary = tuned(weight_bits=2).network
    assert all(set(np.unique(e.values)) <= {-1, 0, 1} for e in ternary.projections)
    shared = tuned(weight_values=3).network
    for e in shared.projections:
        assert np.unique(e.values[e.values != 0]).size <= 3


def test_a_layer_without_a_synapse_can_be_learned_beside_others():
    first, second = DIGITS.projections
    silent = DIGITS.replace(projections=[first.with_values(0 * first.values), second])
    design = sf.Design(weight_values=2)
    made = finetune(silent, LOIHI, CALIBRATION, design=design, epochs=1, operation_cost=0.1)
    assert made.network.n_synapses <= second.n_synapses


def test_a_neuron_that_only_its_bias_drives_can_be_learned_beside_others():
    first, second = DIGITS.projections
    values = first.values.reshape(first.shape).copy()
    values[:, 3] = 0
    hidden = DIGITS["hidden"].neuron
    driven = replace(hidden, bias=np.eye(DIGITS["hidden"].n_neurons)[3] * 0.3)
    populations = [
        replace(p, neuron=driven) if p.name == "hidden" else p for p in DIGITS.populations
    ]
    network = DIGITS.replace(
        populations=populations, projections=[first.with_values(values), second]
    )
    made = finetune(network, LOIHI, CALIBRATION, design=sf.Design(weight_bits=4), epochs=1)
    assert made.network["hidden"].parameter("bias")[3] > 0


def test_synapses_that_are_not_there_stay_away():
    pruned = tuned(prune_fraction=0.5, weight_bits=4).network
    n_before = DIGITS.n_synapses
    assert pruned.n_synapses <= n_before / 2 + 1


def test_a_chip_with_few_thresholds_gets_no_more_scales():
    few = HeldNetwork(
        DIGITS,
        dict.fromkeys(("hidden", "digit"), Steps(4)),
        ChipScales("neuron", n_scales=5),
        pools=False,
    )
    scales = np.unique(few.network().projections[0].scale)
    assert 1 < scales.size <= 5


def test_weights_that_a_chip_pools_stay_equal():
    network = wide_map(2, 8)
    random = np.random.default_rng(0)
    spikes = random.random((12, 6, 128)) < 0.2
    dataset = sf.SpikeDataset(spikes, random.integers(0, 10, 12), channel_shape=(2, 8, 8))
    made = finetune(network, SPECK, dataset, epochs=2).network
    kernels = made.projections[1].weight.toarray().T.reshape(10, 2, 2, 4, 2, 4)
    assert (kernels == kernels[:, :, :, :1, :, :1]).all()


def test_training_makes_good_what_two_weights_cost():
    knobs = {"weight_values": 2}
    before = sf.deploy(DIGITS, LOIHI, UNSEEN, design=sf.Design(**knobs), calibration=CALIBRATION)
    design = sf.Design(**knobs, finetune_epochs=20)
    after = sf.deploy(DIGITS, LOIHI, UNSEEN, design=design, calibration=CALIBRATION)
    assert after.accuracy > before.accuracy + 0.03
    assert "20 epochs" in after.fit.adaptation.headline


def test_what_is_trained_is_what_runs():
    made = tuned(weight_bits=3)
    report = sf.deploy(made.network, LOIHI, UNSEEN)
    design = sf.Design(weight_bits=3, finetune_epochs=3)
    assert sf.deploy(DIGITS, LOIHI, UNSEEN, design=design, calibration=CALIBRATION).accuracy == (
        report.accuracy
    )


def test_the_same_seed_gives_the_same_bytes_and_another_does_not():
    one, same, other = (tuned(seed, weight_bits=4).network for seed in (1, 1, 2))
    assert one.fingerprint == same.fingerprint != other.fingerprint


def test_on_the_validation_part_training_is_never_worse_than_adapting():
    wrong = replace(CALIBRATION, labels=(CALIBRATION.labels + 1) % 10)
    design = sf.Design(weight_bits=4)
    made = finetune(DIGITS, LOIHI, wrong, design=design, validation=UNSEEN, epochs=6)
    adapted = adapt(DIGITS, LOIHI, design, observe(DIGITS, wrong)).network
    assert made.network.fingerprint == adapted.fingerprint
    assert any("no better than adapting" in note for note in made.notes)


def test_an_interrupt_keeps_what_was_learned(monkeypatch):
    every = learn.epochs

    def stopped(*given, **named):
        for k, epoch in enumerate(every(*given, **named)):
            if k == 2:
                raise KeyboardInterrupt
            yield epoch

    monkeypatch.setattr(learn, "epochs", stopped)
    made = finetune(DIGITS, LOIHI, CALIBRATION, epochs=9)
    assert len(made.history) == 2 and any("2 of 9 epochs" in note for note in made.notes)


def test_an_interrupt_ends_both_ways_to_prune(monkeypatch):
    n_begun = []

    def stopped(*_, **__):
        n_begun.append(1)
        raise KeyboardInterrupt

    monkeypatch.setattr(learn, "epochs", stopped)
    made = finetune(DIGITS, LOIHI, CALIBRATION, design=sf.Design(prune_neurons=0.3), epochs=9)
    assert len(n_begun) == 1 and made.network.n_synapses < DIGITS.n_synapses


def test_a_fifth_of_the_calibration_set_chooses_and_is_not_learned_from(monkeypatch):
    most = sf.load_dataset("digits").split(0.8, seed=0)[0]
    learned, judged = [], []

    def learned_from(network, dataset, *rest, **more):
        learned.append(dataset)
        return epochs(network, dataset, *rest, **more)

    def judged_by(network, profile, dataset):
        judged.append(dataset)
        return 1 / len(judged)

    monkeypatch.setattr(learn, "epochs", learned_from)
    monkeypatch.setattr(import_module("spikefit_nb.adapt.adapt"), "share_right", judged_by)
    made = finetune(DIGITS, LOIHI, most, epochs=1)
    assert not made.history and any("not used" in note for note in made.notes)
    n = most.n_steps  # what is learned from is as much longer as the chip delivers late
    apart = [{row[:n].tobytes() for row in part[0].spikes[:]} for part in (learned, judged)]
    assert [part[0].n_samples for part in (learned, judged)] == [230, 58]
    assert not apart[0] & apart[1]
    assert apart[0] | apart[1] == {row.tobytes() for row in most.spikes[:]}


def test_what_training_is_compared_with_has_not_seen_what_judges_either(monkeypatch):
    most = sf.load_dataset("digits").split(0.8, seed=0)[0]
    design, rivals = sf.Design(weight_bits=3), []

    def judged_by(network, profile, dataset):
        rivals.append(network.fingerprint)
        return 1 / len(rivals)

    monkeypatch.setattr(import_module("spikefit_nb.adapt.adapt"), "share_right", judged_by)
    made = finetune(DIGITS, LOIHI, most, design=design, epochs=1)
    of_part, of_all = (
        adapt(DIGITS, LOIHI, design, observe(DIGITS, seen)).network.fingerprint
        for seen in (learn.held_back(most, 0)[0], most)
    )
    assert rivals[0] == of_part and of_part != of_all
    assert made.network.fingerprint == of_all


def test_recordings_too_few_to_hold_some_back_are_all_learned_from():
    assert all(part is CALIBRATION for part in learn.held_back(CALIBRATION, 0))


@pytest.mark.parametrize(
    ("knobs", "first"),
    [
        ({}, "learned"),
        ({"prune_fraction": 0.3}, "learned"),
        ({"prune_fraction": 0.3, "max_fan_in": 64}, "idle"),
    ],
)
def test_idle_neurons_are_learned_in_unless_the_design_prunes_before(knobs, first):
    design = sf.Design(weight_bits=4, **knobs)
    made = finetune(DIGITS, LOIHI, CALIBRATION, design=design, epochs=1, operation_cost=1e-9)
    last = {"idle": "learned", "learned": "idle"}[first]
    assert made.change.index(first) < made.change.index(last)


def test_operations_that_cost_are_spared():
    plain, spared = (
        finetune(DIGITS, LOIHI, CALIBRATION, epochs=8, operation_cost=cost).network
        for cost in (0.0, 3.0)
    )
    counts = [
        sf.simulate(made, UNSEEN, arithmetic="loihi").spike_counts["hidden"].mean()
        for made in (plain, spared)
    ]
    assert counts[1] < 0.9 * counts[0]


def test_training_needs_labels_and_a_calibration_set():
    design = sf.Design(finetune_epochs=2)
    with pytest.raises(DesignProblem, match="calibration set with labels"):
        sf.deploy(DIGITS, LOIHI, UNSEEN, design=design)
    unlabelled = replace(CALIBRATION, labels=None)
    with pytest.raises(DesignProblem, match="no labels"):
        sf.deploy(DIGITS, LOIHI, UNSEEN, design=design, calibration=unlabelled)
    with pytest.raises(DesignProblem, match="sums of few currents"):
        finetune(DIGITS, sf.load_profile("dynap_se2"), CALIBRATION, epochs=1)


def test_contribution_is_the_square_of_what_all_spikes_of_a_neuron_did():
    """Of an output neuron that nothing follows, by hand from the softmax of the counts."""
    dataset = CALIBRATION.take(8)
    counts = run_states(DIGITS, dataset, "float32").spikes["digit"].sum(axis=1, dtype=float)
    apart = counts.max(axis=1) - counts.mean(axis=1)
    gain = 8.0 / apart.mean()
    share = np.exp(gain * counts)
    share /= share.sum(axis=1, keepdims=True)
    by_spike = gain * (share - np.eye(10)[dataset.labels])
    worth = spike_contribution(DIGITS, dataset)["digit"]
    np.testing.assert_allclose(worth, ((by_spike * counts) ** 2).mean(axis=0), rtol=1e-4)


def test_a_spike_costs_as_many_operations_as_its_neuron_has_synapses():
    weights = np.array([[1.0, 0.0], [1.0, 1.0]])
    output = DIGITS["digit"]
    network = Network(
        [
            DIGITS["input"],
            Population("a", (2,), output.neuron.__class__(1.0)),
            Population("b", (2,), output.neuron.__class__(1.0)),
        ],
        [Projection("input", "a", np.ones((64, 2))), Projection("a", "b", weights)],
    )
    assert spike_operations(network)["a"].tolist() == [1.0, 2.0]


def test_neurons_are_pruned_by_a_saliency_that_is_given():
    worth = {"hidden": np.arange(64.0)[::-1]}
    kept = prune_neurons(DIGITS, 0.5, saliency=worth).network
    np.testing.assert_array_equal(
        kept.projections[0].weight.toarray(), DIGITS.projections[0].weight.toarray()[:, :32]
    )
    with pytest.raises(DesignProblem, match="64 neurons"):
        prune_neurons(DIGITS, 0.5, saliency={"hidden": np.ones(3)})

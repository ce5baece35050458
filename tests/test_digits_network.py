"""The network the package ships: as good as the ANN it comes from, and made again by one
command.
"""

import nir
import numpy as np
import pytest

from spikefit_nb.datasets import SpikeDataset, load_dataset
from spikefit_nb.datasets.digits import N_STEPS, digit_images, held_back
from spikefit_nb.encode import RateBernoulli
from spikefit_nb.nir_file import load_network
from spikefit_nb.simulate import simulate
from tests.tools import make_digits

POINTS = 0.015


@pytest.fixture(scope="module")
def network():
    return load_network("digits")


def test_it_is_64_64_10_resets_to_zero_and_says_where_it_comes_from(network):
    assert [p.shape for p in network.populations] == [(64,), (64,), (10,)]
    assert all(p.neuron.reset == "zero" for p in network.neuron_populations)
    assert all(not p.parameter("bias").any() for p in network.neuron_populations)
    assert any(
        "made from an ANN that gets 97.8% of the same 360 held-back images" in s
        for s in network.assumptions
    )


def test_its_spiking_accuracy_is_within_a_point_and_a_half_of_the_ann(network):
    record = simulate(network, load_dataset("digits"))
    assert record.n_samples == 360 and record.accuracy >= network.ann_accuracy - POINTS


@pytest.mark.parametrize("seed", range(5))
def test_that_holds_for_any_encoding_seed(network, seed):
    images, labels = (part[held_back()] for part in digit_images())
    record = simulate(
        network, SpikeDataset(RateBernoulli(N_STEPS).encode(images, seed=seed), labels)
    )
    assert record.accuracy >= network.ann_accuracy - POINTS


def test_the_stated_ann_accuracy_is_that_of_the_weights_on_the_held_back_images(network):
    weights = [e.weight.toarray() for e in network.projections]
    assert network.ann_accuracy == make_digits.ann_accuracy(weights) >= 0.97


def test_the_simulator_of_the_recipe_and_ours_agree_spike_for_spike(network):
    digits = load_dataset("digits", n_samples=50)
    thresholds = [p.parameter("v_threshold")[0] for p in network.neuron_populations]
    expected = make_digits.run_spiking(
        [e.weight.toarray() for e in network.projections], thresholds, digits.spikes
    )
    counts = simulate(network, digits).spike_counts
    assert (counts["hidden"] == expected[0]).all() and (counts["digit"] == expected[1]).all()


def test_the_command_gives_the_same_weights_to_the_last_bit(network):
    weights = make_digits.train()
    assert [w.tobytes() for w in weights] == [
        np.ascontiguousarray(e.weight.toarray()).tobytes() for e in network.projections
    ]
    assert make_digits.balance(weights) == [
        p.parameter("v_threshold")[0] for p in network.neuron_populations
    ]


def test_no_held_back_image_is_trained_on():
    assert np.intersect1d(make_digits.training_indices(), held_back()).size == 0
    assert len(make_digits.training_indices()) == 1437 and len(set(held_back())) == 360


def test_nir_itself_reads_the_shipped_file():
    graph = nir.read(make_digits.NETWORK_FILE)
    assert graph.metadata["reset"] in ("zero", b"zero") and graph.metadata["dt_s"] == 1e-3

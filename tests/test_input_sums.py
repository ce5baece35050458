"""SpiNNaker 1: all weights onto a population count in steps of the sum that they could reach."""

import math

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.adapt import adapt
from spikefit_nb.adapt.input_sums import largest_sums, step_of_sum
from spikefit_nb.network import Conv2d, CubaLIF

CHIP = sf.load_profile("spinnaker1")


def network(*weights):
    """One source population for each matrix, all onto one of neurons."""
    sources = [sf.Population(f"in{k}", (len(w),), sf.Input()) for k, w in enumerate(weights)]
    out = sf.Population("out", (weights[0].shape[1],), CubaLIF(0.005, 0.02, v_threshold=0.5))
    edges = [sf.Projection(f"in{k}", "out", w.astype("f4")) for k, w in enumerate(weights)]
    return sf.Network([*sources, out], edges)


def adapted(made, **design):
    return adapt(made, CHIP, sf.Design(**design))


def naive_step(weights):
    """The step of excitation alone, synapse by synapse, as the tool's rule is written."""
    total = 0.0
    for matrix in weights:
        most, largest = 0, 0.0
        for target in range(matrix.shape[1]):
            onto = [w for w in matrix[:, target] if w > 0]
            most, largest = max(most, len(onto)), max([largest, *onto])
        total += most * largest
    shift = math.ceil(math.log2(total))
    if 2**shift <= total:
        shift += 1
    return 1 / 2 ** (16 - (shift + 1))


def test_small_weights_beside_large_ones_are_0_and_that_is_said():
    # weights of sPyNNaker's pull request 745, where the small ones became 0 on the machine
    made = network(np.full((2000, 20), 2e-5), np.full((200, 20), 0.075))
    after = adapted(made)
    small, large = after.network.projections
    assert not small.values.any() and set(large.values) == {154}
    assert float(small.scale) == float(large.scale) == 2.0**-11
    assert any("40,000 of 40,000 weights in0 -> out are 0" in note for note in after.notes)
    alone = adapted(network(np.full((2000, 20), 2e-5)))
    assert alone.network.projections[0].values.all() and not alone.notes


@pytest.mark.parametrize("seed", range(8))
def test_the_step_is_the_tools_counted_synapse_by_synapse(seed):
    random = np.random.default_rng(seed)
    weights = [
        random.random((random.integers(1, 9), 5))
        * (random.random(5) < 0.7)
        * 10.0 ** random.normal()
        for _ in range(random.integers(1, 4))
    ]
    weights[0][0, 0] = 0.3
    made = adapted(network(*weights)).network
    step = naive_step([w.astype("f4").astype(float) for w in weights])
    for e, weight in zip(made.projections, weights, strict=True):
        if weight.any():
            assert float(e.scale) == step
            nearest = np.rint(weight.astype("f4").astype(float).ravel() / step)
            assert (e.values == nearest).all() and abs(nearest).max() < 2**15


def test_a_sum_that_is_a_power_of_two_needs_the_next():
    assert step_of_sum(0.999, 16) == 2.0**-15
    assert step_of_sum(1.0, 16) == 2.0**-14


def test_excitation_and_inhibition_have_a_sum_each():
    made = network(np.full((100, 2), 0.5), np.full((4, 2), -0.01))
    assert largest_sums(list(made.projections)) == (50.0, pytest.approx(0.04))
    strong, weak = adapted(made).network.projections
    assert float(strong.scale) == 2.0 ** (6 - 15) and float(weak.scale) == 2.0 ** (-4 - 15)
    both = network(np.array([[0.5], [-0.01]]))
    assert float(adapted(both).network.projections[0].scale) == 2.0 ** (0 - 15)


def test_a_kernel_counts_as_often_as_it_reaches_a_neuron():
    kernel = Conv2d(np.full((1, 2, 3, 3), 0.25, np.float32), (2, 6, 6), padding=1)
    edge = sf.Projection("in", "out", kernel)
    assert largest_sums([edge]) == (18 * 0.25, 0.0)


def test_fewer_bits_are_rounded_first_and_integers_of_the_users_own_stay():
    weights = np.random.default_rng(0).normal(size=(30, 4))
    two = adapted(network(weights), weight_bits=2).network.projections[0]
    assert len(set(two.values) - {0}) == 2  # -1 and 1, in the chip's steps
    own = sf.Projection("in0", "out", np.array([[3], [-7]], np.int8), scale=0.1, weight_bits=4)
    populations = network(np.zeros((2, 1))).populations
    kept = adapted(sf.Network(populations, [own])).network.projections[0]
    assert (kept.values == [3, -7]).all() and float(kept.scale) == pytest.approx(0.1)


def test_adapting_again_changes_nothing_and_other_chips_keep_scales_of_their_own():
    made = network(np.random.default_rng(1).normal(size=(20, 3)), np.full((5, 3), 0.01))
    once = adapted(made).network
    assert adapted(once).network.fingerprint == once.fingerprint
    other = adapt(made, sf.load_profile("loihi1"), sf.Design()).network
    assert len({float(np.max(e.scale)) for e in other.projections}) == 2


def test_a_report_says_which_weights_are_lost():
    made = network(np.full((2000, 20), 2e-5), np.full((200, 20), 0.075))
    spikes = np.random.default_rng(0).random((2, 20, 2200)) < 0.2
    report = sf.deploy(made, CHIP, sf.SpikeDataset(spikes, [0, 1]))
    assert any("share one scale" in said for said in report.warnings)

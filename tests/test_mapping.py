"""Neurons on cores: everything placed once, nothing over a limit unreported."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikefit_nb.adapt import Design, adapt
from spikefit_nb.errors import DesignProblem
from spikefit_nb.hardware import load_profile
from spikefit_nb.hardware.families.loihi import loihi_axon_bits, loihi_synapse_bits
from spikefit_nb.mapping import map_network
from spikefit_nb.network import IF, Input, Network, Population, Projection
from tests.networks import two_layers

LOIHI, TRUENORTH = load_profile("loihi1"), load_profile("truenorth")


def naive_axon_bits(n_synapses, bits_per_synapse):
    """nengo-loihi's rule, one block of 64 synapses at a time."""
    total = 0
    for first in range(0, n_synapses, 64):
        bits = min(64, n_synapses - first) * bits_per_synapse + 4 + 6
        while bits % 64:
            bits += 1
        total += bits
    return total


@given(st.integers(1, 700), st.integers(1, 20))
def test_loihi_axons_take_the_words_of_the_published_rule(n_synapses, bits):
    assert loihi_axon_bits(np.array([n_synapses]), bits)[0] == naive_axon_bits(n_synapses, bits)


def test_a_sparse_axon_takes_the_cheaper_format():
    assert (
        loihi_synapse_bits(np.array([2]), 64, 8, 1) == 64
    )  # 2 * (8 + 6) + 10 = 38 bits; dense: 64 * 8 + 10 -> 576
    assert loihi_synapse_bits(np.array([64]), 64, 8, 1) == 576


@settings(max_examples=30)
@given(seed=st.integers(0, 1000), neurons_per_core=st.integers(1, 9), recurrent=st.booleans())
def test_every_neuron_is_placed_once_and_every_synapse_counted_once(
    seed, neurons_per_core, recurrent
):
    network = two_layers(seed, recurrent=recurrent)
    mapping = map_network(network, LOIHI, neurons_per_core=neurons_per_core)
    placed = mapping.core_of[network.n_channels :]
    assert (mapping.core_of[: network.n_channels] == -1).all()
    assert set(placed) == set(range(mapping.n_cores))
    assert (
        np.bincount(placed) == mapping.needs.neurons
    ).all() and mapping.needs.neurons.max() <= neurons_per_core
    assert mapping.fan_synapses.sum() == network.n_synapses
    assert mapping.needs.axons_in.sum() == mapping.fan_core.size


def test_fanout_counts_the_synapses_on_each_core():
    projection = Projection("a", "b", np.array([[1.0, 0, 2, 3], [0, 0, 0, 0], [4, 5, 0, 6]]))
    rows = list(zip(*projection.fanout(np.array([0, 0, 1, 1])), strict=True))
    assert rows == [(0, 0, 1), (0, 1, 2), (2, 0, 2), (2, 1, 1)]
    typed = projection.fanout(np.array([0, 0, 1, 1]), np.array([1, 1, 1, 2]), by_weight=True)
    assert typed.n_synapses.tolist() == [1, 1, 2, 1, 1, 2]  # the last target is laid out twice


def test_a_population_too_large_for_a_core_is_cut_into_equal_pieces():
    network = Network(
        [Population("in", (10,), Input()), Population("out", (3000,), IF(1.0))],
        [Projection("in", "out", np.ones((10, 3000)))],
    )
    assert (map_network(network, LOIHI).needs.neurons == [1000, 1000, 1000]).all()


def test_memory_makes_more_pieces_where_neurons_alone_would_fit():
    network = Network(
        [Population("in", (400,), Input()), Population("out", (400,), IF(1.0))],
        [Projection("in", "out", np.ones((400, 400)))],
    )
    mapping = map_network(adapt(network, LOIHI, Design()).network, LOIHI)
    # one core: 400 axons of 6 full blocks (576 bits) and one of 16 (192 bits) = 1,459,200 bits; the
    # limit is 1,048,576
    assert 400 * (6 * 576 + 192) == 1_459_200
    assert mapping.n_cores == 2 and mapping.needs.memory_bits.max() <= 1_048_576


def test_ternary_weights_on_truenorth_take_two_axons_a_source_and_two_copies_a_sender():
    random = np.random.default_rng(0)
    network = Network(
        [
            Population("in", (6,), Input()),
            Population("a", (5,), IF(1.0)),
            Population("b", (4,), IF(1.0)),
        ],
        [
            Projection("in", "a", random.choice([-1.0, 1.0], (6, 5))),
            Projection("a", "b", random.choice([-1.0, 1.0], (5, 4))),
        ],
    )
    mapping = map_network(adapt(network, TRUENORTH, Design(weight_bits=2)).network, TRUENORTH)
    axons = sum(np.unique(row).size for row in network.projections[0].weight.toarray())
    copies = [np.unique(row).size for row in network.projections[1].weight.toarray()]
    assert mapping.needs.axons_in[0] == axons
    assert mapping.needs.neurons[0] == sum(copies)
    assert mapping.needs.axons_in[1] == sum(copies)


def test_cores_fill_tiles_and_tiles_fill_rows():
    network = two_layers(1)
    mapping = map_network(network, LOIHI, neurons_per_core=1)
    assert mapping.grid == (16, 8) and mapping.positions[:6].tolist() == [
        [0, 0],
        [1, 0],
        [0, 1],
        [1, 1],
        [2, 0],
        [3, 0],
    ]


def test_less_than_one_neuron_a_core_is_refused():
    with pytest.raises(DesignProblem, match="neurons_per_core is 0; it must be 1 or more"):
        map_network(two_layers(1), LOIHI, neurons_per_core=0)


def test_delays_of_more_than_a_step_take_bits_of_each_synapse_on_loihi():
    def bits(delay_steps):
        projection = Projection("in", "out", np.ones((10, 20)), delay_steps=delay_steps)
        network = Network(
            [Population("in", (10,), Input()), Population("out", (20,), IF(1.0))], [projection]
        )
        return map_network(network, LOIHI).needs.memory_bits.tolist()

    # 20 dense weights of 8 bits and 10 of header: 170 -> 192; with 3 bits of delay (4 to 7 steps):
    # 230 -> 256
    assert bits(0) == bits(1) == [10 * 192] and bits(5) == [10 * 256]


def test_a_row_of_spinnaker_is_a_word_a_synapse_and_three_of_header():
    network = Network(
        [Population("in", (10,), Input()), Population("out", (300,), IF(1.0))],
        [Projection("in", "out", np.ones((10, 300)))],
    )
    mapping = map_network(network, load_profile("spinnaker1"))
    assert mapping.needs.neurons.tolist() == [150, 150, 0]  # 255 neurons a core, and the inputs'
    assert mapping.needs.memory_bits.tolist() == [*[10 * 32 * (150 + 3)] * 2, 0]

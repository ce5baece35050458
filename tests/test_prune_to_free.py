"""Pruning that knows the chip: it ends where an axon, a word of memory or a core is freed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikefit_nb.adapt.activity import Activity
from spikefit_nb.adapt.prune import prune
from spikefit_nb.adapt.prune_to_free import prune_to_free, used
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import DesignProblem
from spikefit_nb.hardware import load_profile
from spikefit_nb.mapping import map_network
from spikefit_nb.network import IF, Input, Network, Population, Projection
from tests.networks import convolutional, spikes, two_layers

LOIHI = load_profile("loihi1")
SMALL = LOIHI.replace(neurons_per_core=3)
seeds = st.integers(0, 10_000)


def wide(seed, n_in=20, n_hidden=90, share=1.0):
    random = np.random.default_rng(seed)
    layers = [
        Population("in", (n_in,), Input()),
        Population("a", (n_hidden,), IF(1.0)),
        Population("out", (4,), IF(1.0)),
    ]
    weights = [
        random.normal(size=shape) * (random.random(shape) < share)
        for shape in ((n_in, n_hidden), (n_hidden, 4))
    ]
    return Network(layers, [Projection("in", "a", weights[0]), Projection("a", "out", weights[1])])


@settings(max_examples=25)
@given(
    seed=seeds,
    fraction=st.floats(0.05, 0.95),
    sparse=st.booleans(),
    aware=st.booleans(),
    free=st.sampled_from(["axons", "memory"]),
)
def test_it_needs_no_more_of_the_chip_than_plain_pruning_for_no_more_synapses(
    seed, fraction, sparse, aware, free
):
    network = two_layers(seed, "LIF", recurrent=True, sparse=sparse)
    activity = Activity(network, SpikeDataset(spikes(network, seed))) if aware else None
    plain = prune(network, fraction, activity=activity).network
    after = prune_to_free(network, SMALL, fraction, activity=activity, free=free).network
    freed = ("axons", "memory_bits")[free == "memory"]
    now, then = used(after, SMALL), used(plain, SMALL)
    assert (now.cores, getattr(now, freed)) <= (then.cores, getattr(then, freed))
    for before, then in zip(network.projections, after.projections, strict=True):
        assert before.n_synapses - then.n_synapses <= round(fraction * before.n_synapses)
        was, now = (e.weight.toarray() for e in (before, then))
        assert not now[was == 0].any()


def test_half_of_a_dense_layer_frees_half_of_its_axons_where_plain_pruning_frees_none():
    network = wide(1)
    before, plain, aware = (
        used(n, LOIHI)
        for n in (network, prune(network, 0.5).network, prune_to_free(network, LOIHI, 0.5).network)
    )
    assert plain.axons > 0.9 * before.axons
    assert aware.axons == 55  # 10 of 20 onto the hidden layer, 45 of 90 onto the output


def test_every_axon_is_left_whole_or_freed():
    network = wide(2)
    weight = (
        prune_to_free(network, LOIHI.replace(neurons_per_core=30), 0.4)
        .network.projections[0]
        .weight.toarray()
    )
    n_left = (weight != 0).reshape(20, 3, 30).sum(axis=2)
    assert set(np.unique(n_left)) == {0, 30} and np.sum(n_left == 0) == 24


def test_the_axons_freed_are_those_whose_synapses_are_worth_least():
    network = wide(3)
    weight = np.abs(network.projections[0].weight.toarray()).sum(axis=1)
    after = prune_to_free(network, LOIHI, 0.3).network.projections[0].weight.toarray()
    assert set(np.flatnonzero(~after.any(axis=1))) == set(np.argsort(weight)[:6])


def test_no_word_of_memory_is_freed_for_more_synapses_than_it_takes():
    network = wide(4)
    after = prune_to_free(network, LOIHI, 0.5, free="memory").network
    bits = used(after, LOIHI).memory_bits
    assert bits <= used(prune(network, 0.5).network, LOIHI).memory_bits
    weight = network.projections[0].weight.toarray()
    gone = np.argwhere((weight != 0) & (after.projections[0].weight.toarray() == 0))
    rows_pruned = np.unique(gone[:, 0])
    for row in rows_pruned:  # one synapse more on any pruned row takes another word
        again = after.projections[0].weight.toarray().copy()
        column = gone[gone[:, 0] == row][0, 1]
        again[row, column] = weight[row, column]
        more = after.replace(projections=[Projection("in", "a", again), after.projections[1]])
        assert used(more, LOIHI).memory_bits > bits


def test_neurons_go_to_the_boundary_of_a_core_and_no_further():
    network, chip = wide(5), LOIHI.replace(neurons_per_core=40)
    adapted = prune_to_free(network, chip, 0.3, free="cores")
    assert (
        map_network(network, chip).n_cores == 4 and map_network(adapted.network, chip).n_cores == 3
    )
    assert adapted.network["a"].n_neurons == 80  # 10 neurons kept a third core; 27 could have gone


def test_where_no_core_can_be_freed_no_neuron_goes_and_the_note_says_so():
    adapted = prune_to_free(wide(5), LOIHI.replace(neurons_per_core=40), 0.1, free="cores")
    assert adapted.network.n_neurons == wide(5).n_neurons
    assert any("none went" in note for note in adapted.notes)


def test_kernels_stay_and_the_note_says_what_to_do():
    network = convolutional(1)
    adapted = prune_to_free(network, LOIHI, 0.5)
    assert adapted.network.projections[0] is network.projections[0]
    assert any("prune channels instead" in note for note in adapted.notes)


def test_notes_say_what_was_freed_and_what_the_next_would_have_cost():
    notes = prune_to_free(wide(1), LOIHI, 0.5).notes
    assert (
        "axons 110 -> 55" in notes[0]
        and "the last axon freed cost" in notes[1]
        and "the next one" in notes[1]
    )


def test_nothing_asked_for_changes_nothing_and_what_cannot_be_freed_is_refused():
    network = wide(1)
    assert prune_to_free(network, LOIHI, 0).network is network
    with pytest.raises(DesignProblem, match='must be "axons", "memory" or "cores"'):
        prune_to_free(network, LOIHI, 0.5, free="energy")

"""Split layers: the same spikes, the same synapses, and room where there was none."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from spikefit_nb.adapt.split import split, split_large_layers
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import DesignProblem
from spikefit_nb.fit import check_fit
from spikefit_nb.hardware import load_profile
from spikefit_nb.network import IF, Conv2d, CubaLIF, Input, Network, Population, Projection
from spikefit_nb.simulate import simulate
from tests.networks import spikes, wide_map

EIGHTH = 0.125  # weights are whole numbers of it, so that sums are exact in any order


def layered(seed, *, kind="IF", sparse=False, delay=0, recurrent=False, integers=False):
    """input 5 -> hidden 7 (-> hidden) -> output 3, and input -> output, with own parameters for
    each neuron.
    """
    random = np.random.default_rng(seed)

    def projection(source, target, shape, delay_steps):
        weight = random.integers(-6, 10, shape) * (random.random(shape) < 0.7)
        weight = weight.astype(np.int8) if integers else weight * EIGHTH
        scale = np.full(shape[1], EIGHTH) if integers else None
        return Projection(
            source,
            target,
            sp.csr_array(weight) if sparse else weight,
            delay_steps=delay_steps,
            scale=scale,
        )

    thresholds = random.integers(4, 12, 7) * EIGHTH
    hidden = (
        IF(thresholds, reset="subtract") if kind == "IF" else CubaLIF(2e-3, 4e-3, thresholds, r=4.0)
    )
    edges = [
        projection("input", "hidden", (5, 7), delay),
        projection("hidden", "output", (7, 3), delay),
    ]
    edges += [projection("input", "output", (5, 3), 0)]
    edges += [projection("hidden", "hidden", (7, 7), 1 + delay)] if recurrent else []
    populations = [Population("input", (5,), Input()), Population("hidden", (7,), hidden)]
    return Network([*populations, Population("output", (3,), IF(1.0))], edges, output="output")


def mapped(seed, *, stride, padding, dilation, groups, then="convolution"):
    """input (4, 7, 6) -> map of 4 channels, with a bias each -> deep map or 3 outputs."""
    random = np.random.default_rng(seed)
    first = Conv2d(
        random.integers(-4, 8, (4, 4 // groups, 3, 2)) * EIGHTH,
        (4, 7, 6),
        stride,
        padding,
        dilation,
        groups,
    )
    shape = first.output_shape
    bias = np.array([0.0, EIGHTH, 2 * EIGHTH, -EIGHTH])[:, None, None]
    kernel = random.integers(-4, 8, (4, 4 // groups, 1, 1)) * EIGHTH
    second = Conv2d(kernel, shape, groups=groups)
    if then == "dense":
        second = random.integers(-4, 8, (first.shape[1], 3)) * EIGHTH
    out = second.output_shape if then == "convolution" else (3,)
    populations = [
        Population("input", (4, 7, 6), Input()),
        Population("map", shape, IF(1.0, bias=bias, reset="subtract", max_spikes_per_step=None)),
        Population("output", out, IF(1.0)),
    ]
    return Network(
        populations, [Projection("input", "map", first), Projection("map", "output", second)]
    )


def neuron_order(population, parts, by):
    """Where each neuron of the parts, one after another, was in the whole."""
    every = np.arange(population.n_neurons).reshape(population.shape)
    return np.concatenate(
        [part.ravel() for part in np.array_split(every, parts, axis=1 if by == "space" else 0)]
    )


def expect_same_spikes(network, adapted, name, n_parts, by="output", seed=0):
    dataset = SpikeDataset(spikes(network, seed, n_steps=15))
    before, after = (simulate(n, dataset, record="events") for n in (network, adapted.network))
    assert before.spike_counts[name].sum() > 0
    joined = np.concatenate([after.spike_counts[f"{name}/{k + 1}"] for k in range(n_parts)], axis=1)
    assert (joined == before.spike_counts[name][:, neuron_order(network[name], n_parts, by)]).all()
    assert (before.output_spikes == after.output_spikes).all()
    # every spike in its step: both are put in the order of the network before
    number = np.arange(network.n_channels + network.n_neurons)
    sizes = [adapted.network[f"{name}/{k + 1}"].n_neurons for k in range(n_parts)]
    order = np.split(neuron_order(network[name], n_parts, by), np.cumsum(sizes)[:-1])
    for p in adapted.network.populations:
        whole, _, k = p.name.partition("/")
        index = order[int(k) - 1] if k else np.arange(p.n_neurons)
        start = adapted.network.starts[p.name]
        number[start : start + p.n_neurons] = network.starts[whole] + index
    assert (before.events.ptr == after.events.ptr).all()
    for first, last in pairwise(before.events.ptr):
        assert sorted(before.events.neuron[first:last]) == sorted(
            number[after.events.neuron[first:last]]
        )


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    kind=st.sampled_from(["IF", "CubaLIF"]),
    sparse=st.booleans(),
    delay=st.integers(0, 3),
    recurrent=st.booleans(),
    integers=st.booleans(),
    n_parts=st.integers(2, 7),
)
def test_a_layer_of_matrices_fires_the_same_spikes_in_the_same_steps_in_parts(n_parts, **drawn):
    network = layered(**drawn)
    adapted = split(network, "hidden", n_parts)
    assert (
        adapted.network.n_synapses == network.n_synapses
        and adapted.network.n_neurons == network.n_neurons
    )
    if simulate(network, SpikeDataset(spikes(network, 0, n_steps=15))).spike_counts["hidden"].any():
        expect_same_spikes(network, adapted, "hidden", n_parts)


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 2)),
    padding=st.integers(0, 2),
    dilation=st.integers(1, 2),
    groups=st.sampled_from([1, 2, 4]),
    then=st.sampled_from(["convolution", "dense"]),
    n_parts=st.integers(2, 4),
    by=st.sampled_from(["output", "space"]),
)
def test_a_convolution_fires_the_same_spikes_in_the_same_steps_in_parts(n_parts, by, **drawn):
    network = mapped(**drawn)
    if by == "space" and network["map"].shape[1] < n_parts:
        with pytest.raises(DesignProblem, match="rows"):
            split(network, "map", n_parts, by=by)
        return
    adapted = split(network, "map", n_parts, by=by)
    assert (
        adapted.network.n_synapses == network.n_synapses
        and adapted.network.n_neurons == network.n_neurons
    )
    expect_same_spikes(network, adapted, "map", n_parts, by)


def test_only_the_population_that_is_split_has_its_parameters_cut():
    network = layered(0)
    own = replace(
        network["output"], neuron=IF(np.array([1.0, 2.0, 3.0]))
    )  # fewer than those of the hidden one
    network = network.replace(populations=[*network.populations[:2], own])
    adapted = split(network, "hidden", 2)
    assert adapted.network["output"] is own
    expect_same_spikes(network, adapted, "hidden", 2)


def reshaped(network, name, shape):
    """The network with the neurons of a population in another shape."""
    p = network[name]
    neuron = replace(p.neuron, bias=p.parameter("bias").reshape(shape))
    return network.replace(
        populations=[Population(name, shape, neuron) if q is p else q for q in network.populations]
    )


@pytest.mark.parametrize(
    ("shape", "by"),
    [((196,), "output"), ((4, 49), "output"), ((2, 14, 7), "output"), ((196,), "space")],
)
def test_a_population_of_another_shape_is_cut_as_convolutions_see_it(shape, by):
    network = mapped(0, stride=1, padding=1, dilation=1, groups=2)
    assert network["map"].shape == (4, 7, 7)
    same = reshaped(network, "map", shape)
    dataset = SpikeDataset(spikes(network, 0, n_steps=15))
    for n_parts in (2, 3, 4):
        cut, expected = (split(n, "map", n_parts, by=by).network for n in (same, network))
        assert [e.kind for e in cut.projections] == [e.kind for e in expected.projections]
        counts, wanted = (simulate(n, dataset).spike_counts for n in (cut, expected))
        assert wanted["map/1"].any() and all(
            (counts[name] == wanted[name]).all() for name in wanted
        )


def test_a_population_that_convolutions_see_as_different_channels_stays_whole_with_the_reason():
    one, two = (Conv2d(np.ones((n, n, 1, 1)), (n, 32768 // n, 4)) for n in (2, 4))
    network = Network(
        [
            Population("in", (131072,), Input()),
            Population("a", (131072,), IF(1.0)),
            Population("out", (131072,), IF()),
        ],
        [Projection("in", "a", one), Projection("a", "out", two)],
    )
    with pytest.raises(DesignProblem, match="Convolutions see 'a' as 2 and as 4 channels"):
        split(network, "a", 2)
    adapted = split_large_layers(network, load_profile("speck"))
    assert (
        adapted.network is network
        and "a is too large for every core and stays whole: Conv" in adapted.notes[0]
    )


def test_a_row_between_convolutions_is_cut_to_fit_by_channels():
    network = wide_map(32, 64, n_out=2)
    flat = reshaped(network, "map", (network["map"].n_neurons,))
    adapted = split_large_layers(flat, load_profile("speck"))
    assert [p.shape for p in adapted.network.neuron_populations] == [(65536,), (65536,), (2,)]


@pytest.mark.parametrize("n_parts", [2.5, np.nan, "2", None, True])
def test_a_number_of_parts_that_is_no_whole_number_is_refused(n_parts):
    with pytest.raises(DesignProblem, match="; it must be a whole number, 1 or more"):
        split(layered(0), "hidden", n_parts)


def test_by_output_a_convolution_stays_one_and_by_space_parts_read_only_their_rows():
    network = mapped(0, stride=1, padding=1, dilation=1, groups=1)
    by_output, by_space = (split(network, "map", 2, by=by).network for by in ("output", "space"))
    assert {e.kind for e in by_output.projections} == {"convolution"}
    assert {e.kind for e in by_space.projections} == {"sparse"}
    read = [
        np.flatnonzero(e.out_degree().reshape(4, 7, 6).any(axis=(0, 2)))
        for e in by_space.projections[:2]
    ]
    # 7 rows give 7 rows through a kernel of 3 with padding 1: rows 0-3 need input rows 0-4, rows
    # 4-6 need 3-6
    assert [list(rows) for rows in read] == [[0, 1, 2, 3, 4], [3, 4, 5, 6]]


def test_notes_say_what_parts_read_and_what_is_written_out():
    network = mapped(0, stride=1, padding=1, dilation=1, groups=1)
    notes = split(network, "map", 2, by="space").notes
    assert notes[0] == "of the 168 neurons of input, parts read 96 to 120; 168 were read before"
    assert any("written-out synapses" in note for note in notes)


@pytest.mark.parametrize(
    ("name", "n_parts", "by", "words"),
    [
        ("input", 2, "output", "is an input"),
        ("output", 2, "output", "is the output"),
        ("hidden", 8, "output", "7 neurons, so that 2 to 7 is possible"),
        ("hidden", 1, "output", "n_parts is 1"),
        ("hidden", 2, "space", "no rows of channels"),
        ("hidden", 2, "rows", 'it must be "output" or "space"'),
    ],
)
def test_what_cannot_be_cut_is_said(name, n_parts, by, words):
    with pytest.raises(DesignProblem, match=words):
        split(layered(0), name, n_parts, by=by)


def unmet(network, name="speck"):
    return {need.figure for need in check_fit(network, load_profile(name)).violations}


def test_a_layer_with_too_many_neurons_for_a_core_of_speck_fits_in_two_parts():
    # 32 channels of 64 x 64 are 131,072 words, the documentation's example of too large a layer; a
    # core has 65,536
    network = wide_map(32, 64, n_out=2)
    adapted = split_large_layers(network, load_profile("speck"))
    assert "neuron_memory_per_core" in unmet(network)
    assert [p.name for p in adapted.network.neuron_populations] == ["map/1", "map/2", "output"]
    assert unmet(adapted.network) == set()


def test_a_layer_with_too_many_weights_for_a_core_of_speck_fits_in_two_parts():
    # 512 x 256 weights are 131,072 words; the largest core has 65,536
    network = Network(
        [
            Population("in", (512,), Input()),
            Population("hidden", (256,), IF(1.0)),
            Population("out", (10,), IF(1.0)),
        ],
        [
            Projection("in", "hidden", np.ones((512, 256))),
            Projection("hidden", "out", np.ones((256, 10))),
        ],
    )
    adapted = split_large_layers(network, load_profile("speck"))
    assert "kernel_memory_per_core" in unmet(network) and unmet(adapted.network) == set()
    assert adapted.network.n_synapses == network.n_synapses


def test_an_output_too_large_for_speck_stays_whole_and_is_named():
    network = Network(
        [Population("in", (512,), Input()), Population("out", (256,), IF(1.0))],
        [Projection("in", "out", np.ones((512, 256)))],
    )
    adapted = split_large_layers(network, load_profile("speck"))
    assert adapted.network is network
    assert adapted.notes == ("out is too large for every core and stays whole: it answers as one",)


def test_more_parts_than_a_layer_may_send_to_are_reported():
    network = Network(
        [
            Population("in", (8,), Input()),
            Population("a", (512,), IF(1.0)),
            Population("b", (512,), IF(1.0)),
            Population("out", (2,), IF(1.0)),
        ],
        [
            Projection("in", "a", np.ones((8, 512))),
            Projection("a", "b", np.ones((512, 512))),
            Projection("b", "out", np.ones((512, 2))),
        ],
    )
    adapted = split_large_layers(network, load_profile("speck"))
    assert "a sends to 4 layers; the chip lets it send to 2" in adapted.notes
    assert "target_layers" in unmet(adapted.network)


def test_a_chip_that_cuts_layers_itself_needs_no_split():
    adapted = split_large_layers(layered(0), load_profile("loihi1"))
    assert adapted.network is adapted.before and "which mapping cuts" in adapted.notes[0]

"""Cuts of feature maps, and cores that are counted before anything is laid out."""

import itertools
from time import process_time

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import spikefit_nb as sf
from spikefit_nb.hardware import load_profile
from spikefit_nb.mapping import PER_CORE, least_cores, map_by_hand, map_network, most_weights
from spikefit_nb.mapping.counting import _for_axons
from spikefit_nb.mapping.cuts import boxes, n_boxes, ways_by_shape
from spikefit_nb.network import IF, LIF, Conv2d, Input, Network, Population, Projection
from tests.networks import convolutional, two_layers

LOIHI = load_profile("loihi1")


def map_of(shape, kernel, seed=0):
    """One convolution onto a map of neurons."""
    weight = np.random.default_rng(seed).integers(1, 8, (shape[0], shape[0], *kernel))
    conv = Conv2d(weight.astype(np.int8), shape)
    return Network(
        [Population("in", shape, Input()), Population("out", conv.output_shape, LIF(0.01))],
        [Projection("in", "out", conv, scale=1.0)],
    )


def random_network(n, fan_in, seed=0):
    """One population, every neuron of which listens to so many others."""
    random = np.random.default_rng(seed)
    weight = random.integers(1, 8, n * fan_in).astype(np.int8)
    ends = random.integers(0, n, n * fan_in), np.repeat(np.arange(n), fan_in)
    own = sp.csr_array((weight, ends), shape=(n, n))
    neurons = [Population("in", (1,), Input()), Population("out", (n,), IF(1.0))]
    inputs = Projection("in", "out", np.ones((1, n), np.int8), scale=1.0)
    return Network(neurons, [inputs, Projection("out", "out", own, scale=1.0, delay_steps=1)])


def test_a_low_wide_map_is_cut_by_columns_where_channels_do_not_fit():
    network = map_of((48, 5, 30), (3, 3))
    report = sf.check_fit(network, LOIHI)
    assert report.fits and report.mapping.n_cores <= 28
    needs = report.mapping.needs
    assert needs.axons_in.max() == 48 * 5 * 5  # all channels and rows of five columns
    assert "columns" in report.mapping.labels[0]


def test_a_map_is_never_cut_into_more_pieces_than_by_any_one_cut():
    network, chip = map_of((4, 6, 9), (3, 3)), LOIHI.replace(axons_in_per_core=60)
    found = map_network(network, chip)
    shape = network["out"].shape
    able = []
    for way in itertools.chain.from_iterable(ways_by_shape(shape)):
        cut = map_by_hand(network, chip, {"out": boxes(shape, way)})
        if cut.needs.axons_in.max() <= 60:
            able.append(cut.n_cores)
    assert found.n_cores <= min(able)
    assert found.needs.axons_in.max() <= 60


@given(
    st.tuples(*[st.integers(1, 9)] * 3),
    st.tuples(*[st.integers(1, 9)] * 3),
)
def test_boxes_hold_every_neuron_once_and_are_as_many_as_told(shape, parts):
    parts = tuple(min(k, size) for k, size in zip(parts, shape, strict=True))
    piece = boxes(shape, parts)
    assert piece.size == np.prod(shape)
    assert np.unique(piece).tolist() == list(range(n_boxes(shape, parts)))
    for k in range(n_boxes(shape, parts)):
        members = np.unravel_index(np.flatnonzero(piece == k), shape)
        sides = [np.unique(along) for along in members]
        assert members[0].size == np.prod([side.size for side in sides])
        assert all(side[-1] - side[0] + 1 == side.size for side in sides)


@settings(max_examples=25)
@given(seed=st.integers(0, 1000), axons=st.integers(18, 200), bits=st.integers(2_000, 60_000))
def test_all_limits_of_a_core_hold_at_once_and_every_synapse_lies_on_one(seed, axons, bits):
    network = convolutional(seed)
    chip = LOIHI.replace(
        axons_in_per_core=axons, synapse_memory_per_core=bits, neurons_per_core=40, cores=10_000
    )
    mapping, again = map_network(network, chip), map_network(network, chip)
    assert (mapping.core_of == again.core_of).all()
    placed = mapping.core_of[network.n_channels :]
    assert (np.bincount(placed) == mapping.needs.neurons).all()
    assert mapping.fan_synapses.sum() == network.n_synapses
    assert mapping.needs.axons_in.sum() == mapping.fan_core.size  # a packet each
    report = sf.check_fit(network, chip)
    over = {need.figure for need in report.violations} & set(PER_CORE.values())
    limits = {need: chip.si(figure) for need, figure in PER_CORE.items()}
    assert bool(over) == any(
        getattr(report.mapping.needs, need).max() > limit for need, limit in limits.items()
    )


def fewest_pieces(matrix, most):
    """Of consecutive columns with at most so many rows that are not empty, by trying all ends."""
    fewest = [0]
    for stop in range(1, matrix.shape[1] + 1):
        able = [start for start in range(stop) if matrix[:, start:stop].any(axis=1).sum() <= most]
        fewest.append(1 + min(fewest[start] for start in able))
    return fewest[-1]


@settings(max_examples=40)
@given(seed=st.integers(0, 1000), axons=st.integers(8, 15))
def test_pieces_of_neighbours_within_axons_are_as_few_as_by_trying_all_cuts(seed, axons):
    network = random_network(12, 3, seed)
    (p,) = network.neuron_populations
    incoming = list(network.projections)
    matrix = np.vstack([e.weight.toarray() != 0 for e in incoming])
    chip = LOIHI.replace(axons_in_per_core=axons)
    assert _for_axons(p, incoming, chip) == fewest_pieces(matrix, axons)


@settings(max_examples=40)
@given(
    seed=st.integers(0, 1000),
    axons=st.integers(6, 40),
    bits=st.integers(300, 9000),
    recurrent=st.booleans(),
    share=st.booleans(),
)
def test_no_mapping_takes_fewer_cores_than_are_counted(seed, axons, bits, recurrent, share):
    network = two_layers(seed, recurrent=recurrent)
    limits = {"axons_in_per_core": axons, "synapse_memory_per_core": bits, "cores": 3}
    chip = LOIHI.replace(neurons_per_core=9, **limits)
    mapping = map_network(network, chip, share_cores=share)
    if all(getattr(mapping.needs, need).max() <= chip.si(of) for need, of in PER_CORE.items()):
        assert least_cores(network, chip, share_cores=share) <= mapping.n_cores


@pytest.mark.parametrize(("n", "fan_in"), [(50_000, 100), (200_000, 20)])
def test_that_a_large_random_network_does_not_fit_is_counted_at_once(n, fan_in):
    network = random_network(n, fan_in)
    started = process_time()
    report = sf.check_fit(network, LOIHI)
    assert process_time() - started < 1.0
    (cores,) = report.violations
    assert report.laid_out is None and cores.need > cores.limit == 128
    assert "cores, at the very least" in repr(report)
    assert any(q.name == "need" and q.value == cores.need for q in report.quantities)
    assert "at the very least" in report._repr_html_()


def test_what_was_counted_is_laid_out_when_asked_for():
    report = sf.check_fit(random_network(51_000, 1), LOIHI.replace(cores=40))
    assert report.laid_out is None
    assert report.mapping.n_cores >= report.violations[0].need > 40


def test_a_large_network_that_may_fit_is_laid_out():
    report = sf.check_fit(random_network(51_000, 1), LOIHI.replace(neurons_per_core=9000))
    assert report.laid_out is report.mapping and report.fits


# Ten convolutions


def convolutions(n_maps, side, n_layers=10):
    """Layers of 3 x 3 kernels, each as large as the one before."""
    random, shape = np.random.default_rng(0), (2, side, side)
    populations, projections = [sf.Population("in", shape, sf.Input())], []
    for k in range(n_layers):
        kernels = random.integers(-7, 8, (n_maps, shape[0], 3, 3)).astype(np.int8)
        weight = Conv2d(kernels, shape, padding=1)
        shape = weight.output_shape
        populations.append(sf.Population(f"c{k}", shape, sf.IF(1.0)))
        projections.append(sf.Projection(populations[-2].name, f"c{k}", weight, scale=1.0))
    return sf.Network(populations, projections)


def test_what_refuses_half_a_million_neurons_in_ten_convolutions_is_told_before_any_layout():
    network = convolutions(8, 80)
    assert network.n_neurons == 512_000
    chips = [sf.load_profile(name) for name in ("truenorth", "brainscales2", "speck", "xylo_imu")]
    compared = sf.compare_fit(network, chips)
    assert all(report.laid_out is None and not report.fits for report in compared.reports)
    truenorth = compared["truenorth"]
    assert not truenorth.fits and truenorth.laid_out is None and truenorth.n_chips is None
    assert any("remedies tried, when asked for" in note for note in truenorth.notes)
    assert not any(q.label == "Cores" for q in truenorth.quantities)


def test_the_weights_of_a_neuron_are_counted_from_kernels_as_from_synapses():
    for padding, stride, side in ((0, 1, 3), (1, 1, 5), (1, 2, 6), (2, 1, 1)):
        random = np.random.default_rng(side)
        kernels = random.integers(-3, 4, (4, 2, 3, 3)).astype(np.int8)
        weight = Conv2d(kernels, (2, side, side), padding=padding, stride=stride)
        projection = sf.Projection("in", "out", weight, scale=0.5)
        spelled = sf.Projection("in", "out", weight.tocsr(), scale=0.5)
        assert most_weights([projection]) == most_weights([spelled])


@settings(max_examples=40)
@given(seed=st.integers(0, 10**6))
def test_axons_of_a_convolution_are_counted_as_its_synapses_listed_one_by_one_tell(seed):
    random = np.random.default_rng(seed)
    n_in, n_out, y, x = (int(n) for n in random.integers(1, 7, 4))
    kernels = random.integers(-1, 2, (n_out, n_in, *random.integers(1, 4, 2)))
    stride, dilation, padding = (
        tuple(int(n) for n in random.integers(low, low + 2, 2)) for low in (1, 1, 2)
    )
    how = {"stride": stride, "dilation": dilation, "padding": padding}
    weight = Conv2d(kernels.astype(np.int8), (n_in, y + 2, x + 2), **how)
    n = weight.shape[1]
    core_of = np.sort(random.integers(0, max(1, n // 5), n))
    core_of = np.unique(core_of, return_inverse=True)[1]
    counted = sf.Projection("in", "out", weight, scale=1.0).fanout(core_of)
    spelled = sf.Projection("in", "out", weight.tocsr(), scale=1.0).fanout(core_of)
    for one, other in zip(counted, spelled, strict=True):
        assert np.array_equal(one, other)


def test_a_layer_on_one_core_sends_as_many_axons_as_it_has_sources_with_synapses():
    for network in (convolutions(3, 6, 2), random_network(60, 3)):
        for e in network.projections:
            on_one = e.fanout(np.full(e.shape[1], 5))
            on_two = e.fanout(np.arange(e.shape[1]) % 2)
            assert np.array_equal(on_one.source, np.unique(on_two.source))
            assert (on_one.core == 5).all()
            sums = np.bincount(on_two.source, on_two.n_synapses, e.shape[0])
            assert np.array_equal(on_one.n_synapses, sums[on_one.source])

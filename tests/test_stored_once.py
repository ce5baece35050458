"""Kernels that a core stores once for all axons that read them."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spikefit_nb as sf
from spikefit_nb.errors import DesignProblem
from spikefit_nb.hardware import FAMILIES, load_profile
from spikefit_nb.mapping import map_by_hand, map_network
from spikefit_nb.mapping.stored_once import bits_stored_once, rows_of
from spikefit_nb.network import LIF, Conv2d, Input, Network, Population, Projection

LOIHI, LOIHI2 = load_profile("loihi1"), load_profile("loihi2")
GEOMETRIES = st.fixed_dictionaries(
    {
        "stride": st.integers(1, 2),
        "padding": st.integers(0, 1),
        "dilation": st.integers(1, 2),
        "groups": st.integers(1, 2),
    }
)


def projection_of(shape, n_out, kernel=(3, 3), *, seed=0, lowest=1, **geometry):
    """A convolution of whole weights between one input and one map."""
    random = np.random.default_rng(seed)
    per_group = shape[0] // geometry.get("groups", 1)
    weight = random.integers(lowest, 8, (n_out, per_group, *kernel)).astype(np.int8)
    return Projection("in", "out", Conv2d(weight, shape, **geometry), scale=1.0, weight_bits=8)


def network_of(projection):
    """That convolution with its neurons."""
    conv = projection.weight
    neurons = Population("out", conv.output_shape, LIF(0.01))
    return Network([Population("in", conv.input_shape, Input()), neurons], [projection])


@settings(max_examples=30, deadline=None)
@given(GEOMETRIES, st.integers(0, 1000), st.integers(1, 5))
def test_axons_share_a_row_where_their_weights_and_places_are_the_same(geometry, seed, n_cores):
    e = projection_of((2, 7, 6), 4, seed=seed, lowest=-1, **geometry)
    core_of = np.random.default_rng(seed).integers(0, n_cores, e.shape[1])
    table = e.fanout(core_of)
    row, span = rows_of(e, table, core_of, n_cores)
    matrix, naive = e.weight.toarray(), {}
    for k, (source, core) in enumerate(zip(table.source, table.core, strict=True)):
        own = np.flatnonzero(core_of == core)  # in the order in which they lie on the core
        read = np.flatnonzero(matrix[source, own])
        weights = tuple(matrix[source, own[read]].tolist())
        told = core, source // 42, tuple((read - read[0]).tolist()), weights
        assert naive.setdefault(told, row[k]) == row[k]
        assert span[k] == read[-1] - read[0] + 1
    assert len(set(naive.values())) == len(naive)


@settings(max_examples=20, deadline=None)
@given(GEOMETRIES, st.integers(0, 1000), st.integers(1, 5))
def test_entries_of_kernels_on_a_core_are_counted_as_one_by_one(geometry, seed, n_cores):
    conv = projection_of((2, 7, 6), 4, seed=seed, lowest=-1, **geometry).weight
    core_of = np.random.default_rng(seed).integers(0, n_cores, conv.shape[1])
    numbered = conv.with_values(np.arange(1, conv.values.size + 1)).toarray()
    naive = []
    for core in range(n_cores):
        entries = np.unique(numbered[:, core_of == core])
        naive.append(np.count_nonzero(conv.values[entries[entries > 0] - 1]))
    assert conv.entries_on(core_of, n_cores).tolist() == naive


@pytest.mark.parametrize(("stride", "kernel"), [(1, (3, 3)), (2, (3, 3)), (2, (2, 3)), (3, (5, 4))])
def test_a_whole_map_on_a_core_of_loihi_takes_the_rows_that_nengo_stores(stride, kernel):
    # nengo/nengo-loihi@00d89de nengo_loihi/conv.py, conv2d_loihi_weights: a row for each channel
    # and each set of kernel rows and kernel columns that some input pixel meets.
    e = projection_of((2, 11, 9), 3, kernel, stride=stride)
    met = []
    for n_in, n_out, size in zip((11, 9), e.weight.output_shape[1:], kernel, strict=True):
        last = (n_out - 1) * stride
        starts = [np.arange(at + 1 - size, at + 1) for at in range(n_in)]
        masks = {tuple((s >= 0) & (s <= last) & (s % stride == 0)) for s in starts}
        met.append([sum(mask) for mask in masks if any(mask)])
    sizes = [3 * y * x for y, x in product(*met) for _ in range(2)]
    core_of = np.zeros(e.shape[1], np.int64)
    table = e.fanout(core_of)
    row, _ = rows_of(e, table, core_of, 1)
    first = np.unique(row, return_index=True)[1]
    assert sorted(table.n_synapses[first].tolist()) == sorted(sizes)
    n = e.shape[1]
    index_bits = next(b for b in (6, 7, 8) if 2**b >= n)  # the last row spans all channels
    blocks = [-(-(size * (8 + index_bits) + 10) // 64) for size in sizes]  # none has over 64
    taken = bits_stored_once(e, table, core_of, np.array([n]), LOIHI, width=8)
    assert max(sizes) <= 64 and taken.tolist() == [64 * sum(blocks)]


# lava-nc/lava-dl@1878d6d tutorials/lava/lib/dl/netx/pilotnet_sdnn/benchmark.ipynb, printed by the
# compiler: channels into and out of each 3 x 3 convolution, words of 128 bits on each of its cores
PILOTNET = [(3, 24, 81), (24, 36, 864), (36, 48, 1620), (48, 64, 2592), (64, 64, 2880)]


@pytest.mark.parametrize(("n_in", "n_out", "n_words"), PILOTNET)
def test_on_loihi_2_the_compiler_takes_little_more_for_a_kernel_than_its_weights(
    n_in, n_out, n_words
):
    e = projection_of((n_in, 9, 9), n_out)
    needs = map_by_hand(network_of(e), LOIHI2, {"out": np.zeros(e.shape[1], int)}).needs
    assert needs.memory_bits.tolist() == [9 * n_in * n_out * 8]
    assert needs.memory_bits[0] <= 128 * n_words <= 2 * needs.memory_bits[0]


def test_a_kernel_is_on_loihi_2_once_on_each_core():
    network = network_of(projection_of((32, 20, 40), 48, stride=2))
    mapping = map_network(network, LOIHI2)
    assert mapping.n_cores == 2  # 8,208 neurons, of 8,192 a core
    assert mapping.memory_bits == 13_824 * 8  # each core has the kernels of 24 of 48 channels


def test_loihi_stores_kernels_once_where_it_has_too_few_cores_for_one_an_axon():
    network = network_of(projection_of((48, 5, 30), 48))
    alone, chip = map_network(network, LOIHI), LOIHI.replace(cores=10)
    assert alone.n_cores == 28
    once = sf.check_fit(network, chip)
    assert once.fits and once.mapping.n_cores <= 10
    assert once.mapping.fan_synapses.sum() == alone.fan_synapses.sum() == network.n_synapses
    budget = map_network(network, LOIHI, core_budget=10)
    assert (budget.core_of == once.mapping.core_of).all()
    never = LOIHI.replace(cores=10, shared_weights=["sparse"])
    assert not sf.check_fit(network, never).fits


def test_a_core_that_holds_the_weights_of_each_axon_keeps_them_apart():
    e = projection_of((2, 9, 9), 4, padding=1)
    mapping = map_network(network_of(e), LOIHI)
    width, family = 8, FAMILIES["loihi"]
    each = family.axon_bits(mapping.fan_synapses, mapping.needs.neurons[mapping.fan_core], width, 0)
    assert mapping.n_cores == 1 and mapping.memory_bits == each.sum()
    small = LOIHI.replace(synapse_memory_per_core=int(each.sum()) - 1)
    assert map_network(network_of(e), small).n_cores == 2  # which is what the chip has
    one = map_network(network_of(e), small, core_budget=1)
    assert one.n_cores == 1 and one.memory_bits < each.sum() / 4


def test_a_budget_below_one_core_is_refused():
    with pytest.raises(DesignProblem, match="core_budget is 0; it must be 1 or more"):
        map_network(network_of(projection_of((1, 4, 4), 1)), LOIHI, core_budget=0)

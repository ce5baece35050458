"""Fused projections: the same sums and spikes, fewer synapses; nothing touched where nothing lies
parallel.
"""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from spikefit_nb.adapt.fuse import fuse
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.hardware import load_profile
from spikefit_nb.mapping import map_network
from spikefit_nb.network import IF, Conv2d, CubaLIF, Input, Network, Population, Projection
from spikefit_nb.simulate import simulate
from tests.networks import spikes, two_layers

SHAPES = {"in": (2, 4, 3), "map": (2, 4, 3), "out": (4,)}
SIZES = {name: int(np.prod(shape)) for name, shape in SHAPES.items()}
WIRES = (("in", "map", 0), ("in", "map", 2), ("map", "out", 0), ("map", "map", 1), ("in", "out", 1))


def wired(seed, kind="IF"):
    """in -> map (-> map) -> out, one to four projections at each of WIRES, of all kinds, some
    without synapses.
    """
    random = np.random.default_rng(seed)
    made = []
    for source, target, delay in WIRES:
        for _ in range(random.integers(1, 5)):
            form = random.choice(
                ["dense", "sparse", "convolution"] if target == "map" else ["dense", "sparse"]
            )
            made.append(
                Projection(
                    source, target, **weights(random, form, SIZES[source], SIZES[target], delay)
                )
            )
    order = random.permutation(len(made))
    neuron = IF(5.0, reset="subtract") if kind == "IF" else CubaLIF(2e-3, 4e-3, 3.0, r=4.0)
    populations = [
        Population(name, shape, neuron if name != "in" else Input())
        for name, shape in SHAPES.items()
    ]
    return Network(populations, [made[i] for i in order], output="out")


def weights(random, form, n_source, n_target, delay):
    """Whole numbers, as floats or as integers on one of two scales."""
    shape = (2, 2, 3, 3) if form == "convolution" else (n_source, n_target)
    values = random.integers(-6, 8, shape) * (random.random(shape) < random.choice([0.0, 0.3, 0.9]))
    bits, scale = [(None, None), (4, 1.0), (4, 2.0), (8, 1.0)][random.integers(4)]
    values = values.astype(np.float32 if scale is None else np.int8)
    if form == "convolution":
        values = Conv2d(values, SHAPES["in"], padding=1)
    if form == "sparse":
        values = sp.csr_array(values)
    if bits == 8:
        scale = np.ones(n_target)  # the same as a scale of one
    return {"weight": values, "scale": scale, "weight_bits": bits, "delay_steps": delay}


def sums(network):
    """All weights between two populations that arrive together, written out."""
    total = defaultdict(float)
    for e in network.projections:
        matrix = e.real_weight().toarray()
        if matrix.any():
            total[e.source, e.target, e.delay_steps] = (
                total[e.source, e.target, e.delay_steps] + matrix
            )
    return {ends: matrix for ends, matrix in total.items() if matrix.any()}


def parallel(*projections):
    populations = [
        Population(name, shape, IF(1.0) if name != "in" else Input())
        for name, shape in SHAPES.items()
    ]
    rest = [Projection("map", "out", np.ones((SIZES["map"], SIZES["out"])))]
    return Network(populations, [*projections, *rest], output="out")


def between(weight, source="in", target="map", **options):
    return Projection(source, target, weight, **options)


def ones(**options):
    return between(np.ones((24, 24), np.int8), **{"scale": 0.5, "weight_bits": 8, **options})


KERNEL = Conv2d(np.ones((2, 2, 3, 3)), SHAPES["in"], padding=1)


@settings(max_examples=60)
@given(seed=st.integers(0, 10**6), kind=st.sampled_from(["IF", "CubaLIF"]))
def test_whole_numbers_fire_the_same_spikes_in_the_same_steps(seed, kind):
    network = wired(seed, kind)
    after = fuse(network).network
    dataset = SpikeDataset(spikes(network, seed))
    was, now = (simulate(n, dataset, record="events").events for n in (network, after))
    assert (was.ptr == now.ptr).all() and (was.count == now.count).all()
    names = [
        {n.starts[p.name] + i: (p.name, i) for p in n.populations for i in range(p.n_neurons)}
        for n in (network, after)
    ]
    for first, last in zip(was.ptr[:-1], was.ptr[1:], strict=True):
        assert {names[0][i] for i in was.neuron[first:last]} == {
            names[1][i] for i in now.neuron[first:last]
        }


@settings(max_examples=60)
@given(seed=st.integers(0, 10**6))
def test_what_arrives_stays_the_same_with_no_more_synapses_and_a_second_time_changes_nothing(seed):
    network = wired(seed)
    adapted = fuse(network)
    before, after = sums(network), sums(adapted.network)
    assert before.keys() == after.keys() and all(
        (before[ends] == after[ends]).all() for ends in before
    )
    assert adapted.network.n_synapses <= network.n_synapses
    assert all(e.n_synapses for e in adapted.network.projections)
    assert all(c.error in (None, 0.0) for c in adapted.weights)
    again = fuse(adapted.network)
    assert again.network is adapted.network and again.change == "nothing to fuse"


@settings(max_examples=30)
@given(
    seed=st.integers(0, 10**6),
    recurrent=st.booleans(),
    sparse=st.booleans(),
    delay=st.integers(0, 2),
)
def test_a_network_without_parallel_projections_stays_the_very_same(seed, recurrent, sparse, delay):
    network = two_layers(seed, recurrent=recurrent, sparse=sparse, delay=delay)
    adapted = fuse(network)
    assert adapted.network is network and adapted.notes == ()


def test_delays_keep_projections_apart():
    network = parallel(ones(), ones(delay_steps=1))
    assert fuse(network).network is network


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        (ones(), ones(scale=0.25), "their scales differ"),
        (ones(), ones(scale=np.linspace(0.5, 1, 24)), "their scales differ"),
        (ones(), ones(weight_bits=4), "their weights differ in bits"),
        (ones(), between(np.ones((24, 24))), "one has integers and the other has not"),
        (
            between(np.full((24, 24), 4, np.int8), scale=1.0, weight_bits=4),
            between(np.full((24, 24), 4, np.int8), scale=1.0, weight_bits=4),
            "outside -7 to 7",
        ),
        (
            between(np.full((24, 24), 100, np.int8), scale=1.0),
            between(np.full((24, 24), 28, np.int8), scale=1.0),
            "outside -127 to 127",
        ),
        (between(KERNEL), between(np.ones((24, 24))), "written out"),
        (
            between(KERNEL),
            between(Conv2d(np.ones((2, 2, 1, 1)), SHAPES["in"])),
            "differ in geometry",
        ),
        (
            between(KERNEL),
            between(Conv2d(np.ones((2, 1, 3, 3)), SHAPES["in"], padding=1, groups=2)),
            "geometry",
        ),
        (
            between(np.ones((24, 24)), weight_bits=4),
            between(np.ones((24, 24)), weight_bits=4),
            "more bits for a sum",
        ),
    ],
)
def test_what_cannot_be_added_stays_and_is_explained(first, second, why):
    network = parallel(first, second)
    adapted = fuse(network)
    assert adapted.network is network
    (note,) = adapted.notes
    assert note.startswith("in -> map: parallel projections stay apart, as ") and why in note


def test_integers_are_added_up_to_the_last_that_their_bits_hold():
    half = between(np.full((24, 24), 4, np.int8), scale=np.full(24, 0.5), weight_bits=4)
    rest = between(np.full((24, 24), 3, np.int8), scale=0.5, weight_bits=4)
    (e, _) = fuse(parallel(half, rest)).network.projections
    assert e.values.dtype == np.int8 and (e.weight.toarray() == 7).all() and e.weight_bits == 4


def test_a_third_projection_joins_what_it_fits_past_one_that_it_does_not():
    adapted = fuse(parallel(ones(), between(np.ones((24, 24))), ones()))
    assert [e.values[0] for e in adapted.network.projections] == [2, 1, 1]
    assert adapted.change == "2 parallel projections added into 1"


def test_booleans_count_when_they_are_added():
    network = parallel(between(np.ones((24, 24), bool)), between(np.ones((24, 24), bool)))
    assert (fuse(network).network.projections[0].weight.toarray() == 2).all()


@pytest.mark.parametrize("share, kind", [(0.25, "sparse"), (0.75, "dense")])
def test_a_dense_and_a_sparse_matrix_give_what_takes_less_room(share, kind):
    dense, diagonal = np.zeros((24, 24)), sp.csr_array(np.eye(24))
    dense[: int(24 * share)] = 1
    for pair in ((between(dense), between(diagonal)), (between(diagonal), between(dense))):
        (e, _) = fuse(parallel(*pair)).network.projections
        assert e.kind == kind and (e.weight.toarray() == dense + np.eye(24)).all()


def test_weights_that_cancel_are_no_synapses_and_what_is_left_without_any_is_said():
    adapted = fuse(parallel(ones(), replace(ones(), weight=np.full((24, 24), -1, np.int8))))
    assert [(e.source, e.target) for e in adapted.network.projections] == [("map", "out")]
    assert (
        adapted.change
        == "2 parallel projections added into 1, 1 projection without synapses dropped"
    )
    assert adapted.notes == (
        "map: receives nothing, as before, and works by its bias alone; "
        "a NIR file asks for a projection, even of zeros",
        "in: sends to no population, as before",
    )


def test_a_population_that_receives_nothing_goes_on_firing_by_its_bias():
    populations = [
        Population("in", (3,), Input()),
        Population("own", (2,), IF(1.0, bias=0.5)),
        Population("out", (2,), IF(1.0)),
    ]
    network = Network(
        populations, [between(np.zeros((3, 2)), "in", "own"), between(np.eye(2), "own", "out")]
    )
    after = fuse(network).network
    dataset = SpikeDataset(spikes(network, 0, n_samples=2, n_steps=6))
    was, now = (simulate(n, dataset).spike_counts["out"] for n in (network, after))
    assert len(after.projections) == 1 and (was == now).all() and (now == 3).all()
    assert map_network(after, load_profile("loihi1")).n_cores == 2


def test_floats_are_said_to_differ_in_the_last_bit_at_most():
    random = np.random.default_rng(0)
    pair = [random.normal(size=(24, 24)).astype(np.float32) for _ in range(2)]
    adapted = fuse(parallel(*map(between, pair)))
    exact = pair[0].astype(np.float64) + pair[1]
    assert adapted.notes == ("in -> map: the last bit of a sum of float weights may differ",)
    assert (
        np.abs(adapted.network.projections[0].weight.toarray() - exact)
        <= np.spacing(np.abs(exact).astype(np.float32))
    ).all()


def test_what_lies_parallel_before_is_compared_as_a_whole_and_pair_by_pair_where_it_stays():
    first, second = between(np.full((24, 24), 3.0)), between(np.full((24, 24), 1.0))
    network = parallel(first, second)
    fused = fuse(network)
    assert fused.error == 0.0
    assert [c.synapses_before for c in fused.weights] == [1152, 96] and fused.weights[
        0
    ].synapses_after == 576
    halved = replace(fused, network=parallel(first, between(np.full((24, 24), 0.5))))
    assert [c.error for c in halved.weights] == [0.0, 0.5, 0.0]

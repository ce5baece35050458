"""Every kernel that sends spikes, against a naive run; and that windows, blocks and rest change
nothing.
"""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.kernels.deliver import Dense, Packed, Sparse, Uniform
from spikefit_nb.network import IF, LIF, Conv2d, Input, Network, Population, Projection
from spikefit_nb.simulate import block, plan, simulate
from spikefit_nb.simulate.plan import make_plan
from tests.naive.run_network import run
from tests.networks import convolutional, spikes, two_layers


def random_weights(random, kind, dtype, shape, largest):
    """A weight of one kind and dtype, and the scale it needs; thresholds of 1 then lie off its
    lattice.
    """
    if kind == "convolution":
        return None
    matrix = random.integers(-largest // 2, largest, shape) * (random.random(shape) < 0.6)
    if kind == "uniform":  # all synapses of a source weigh the same
        matrix = (random.random(shape) < 0.6) * random.integers(1, largest, (shape[0], 1))
    matrix = matrix.astype(dtype)
    return matrix if kind == "dense" else sp.csr_array(matrix)


def layered(seed, kind, dtype, largest, per_output=False):
    """input 6 -> hidden 9 (-> hidden, one step later) -> output 4, integer weights."""
    random = np.random.default_rng(seed)
    sizes = {"input": 6, "hidden": 9, "output": 4}
    edges = (("input", "hidden", 0), ("hidden", "hidden", 1), ("hidden", "output", 2))
    projections = []
    for source, target, delay in edges:
        weight = random_weights(random, kind, dtype, (sizes[source], sizes[target]), largest)
        scale = (
            random.uniform(0.5, 1.5, sizes[target] if per_output else 1).astype(np.float32)
            / largest
        )
        scale = scale if per_output else float(scale[0])
        projections.append(Projection(source, target, weight, delay_steps=delay, scale=scale))
    fires = LIF(5e-3, 0.21, r=3.0)
    populations = [
        Population(name, (n,), Input() if name == "input" else fires) for name, n in sizes.items()
    ]
    return Network(populations, projections)


def layouts_of(network, dataset):
    return {
        type(route.weights)
        for stage in make_plan(network, dataset, "float32").stages
        for route in stage.routes
    }


def sums_of(network, dataset):
    return {
        route.sums
        for stage in make_plan(network, dataset, "float32").stages
        for route in stage.routes
    }


def assert_naive(network, dataset):
    record = simulate(network, dataset, record="events")
    fired, _ = run(network, dataset.spikes[:])
    assert fired[network.output].any()
    for name, counts in fired.items():
        assert (record.spike_counts[name] == counts.sum(axis=1)).all(), name
    assert (record.output_spikes == fired[network.output]).all()
    quiet = simulate(network, dataset)  # without events, idle steps may be skipped
    assert (quiet.output_spikes == record.output_spikes).all()


CASES = [
    ("dense", np.int8, 100, Dense, np.int16),
    ("dense", np.int16, 30_000, Dense, np.int32),
    ("sparse", np.int8, 100, Packed, np.int16),
    ("sparse", np.int16, 30_000, Sparse, np.int32),
    ("uniform", np.int8, 100, Uniform, np.int16),
]


@pytest.mark.parametrize(("kind", "dtype", "largest", "layout", "sums"), CASES)
@pytest.mark.parametrize("per_output", [False, True])
@pytest.mark.parametrize("counts", [False, True])
def test_integer_weights_of_every_kind_add_up_exactly(
    kind, dtype, largest, layout, sums, per_output, counts
):
    network = layered(3, kind, dtype, largest, per_output)
    x = np.random.default_rng(5).random((3, 20, 6)) < 0.3
    dataset = SpikeDataset(
        x.astype(np.uint8) * np.random.default_rng(6).integers(1, 4, x.shape, np.uint8)
        if counts
        else x
    )
    assert layouts_of(network, dataset) == {layout}
    if not counts:
        assert sums_of(network, dataset) == {sums}
    assert_naive(network, dataset)


@pytest.mark.parametrize("is_sparse", [False, True])
def test_spikes_that_come_together_carry_a_float32_weight_each(is_sparse):
    network = two_layers(8, "IF", True, is_sparse, reset="subtract", max_spikes_per_step=None)
    x = np.random.default_rng(5).integers(0, 8, (4, 30, 5), np.uint8)
    assert_naive(network, SpikeDataset(x))


@pytest.mark.parametrize("kind", ["dense", "sparse", "uniform"])
def test_currents_through_integer_weights_add_up_in_float32(kind):
    network = layered(4, kind, np.int8, 100)
    x = np.random.default_rng(5).random((3, 20, 6), np.float32) * (
        np.random.default_rng(7).random((3, 20, 6)) < 0.4
    )
    assert np.float32 in sums_of(network, SpikeDataset(x.astype(np.float32)))
    assert_naive(network, SpikeDataset(x.astype(np.float32)))


def test_sums_that_could_leave_32_bits_are_taken_in_float32():
    weight = np.full((300_000, 2), 32_767, np.int16)
    weight[:, 1] = -3
    network = Network(
        [Population("in", (300_000,), Input()), Population("out", (2,), IF(1e9))],
        [Projection("in", "out", weight, scale=1.0)],
    )
    dataset = SpikeDataset(np.ones((1, 1, 300_000), bool))
    assert sums_of(network, dataset) == {np.float32}
    v = simulate(network, dataset, decode="potential").output_potential.ravel()
    assert v == pytest.approx([300_000 * 32_767, -900_000], rel=1e-3)


def test_more_targets_than_16_bits_number_are_reached():
    n = 70_000
    index = np.array([[0, 65_535], [65_536, 69_999]])
    for data in ([5, 5, 7, 7], [5, 6, 7, 8]):  # one weight a source, and several
        matrix = sp.csr_array((np.array(data, np.int8), index.ravel(), [0, 2, 4]), shape=(2, n))
        network = Network(
            [Population("in", (2,), Input()), Population("out", (n,), IF(1.0))],
            [Projection("in", "out", matrix, scale=1.0)],
        )
        record = simulate(network, SpikeDataset(np.ones((1, 1, 2), bool)))
        assert np.flatnonzero(record.spike_counts["out"]).tolist() == index.ravel().tolist()


@settings(max_examples=25)
@given(
    seed=st.integers(0, 10**6),
    kernel=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    padding=st.tuples(st.integers(0, 2), st.integers(0, 2)),
    dilation=st.tuples(st.integers(1, 2), st.integers(1, 2)),
    groups=st.sampled_from([1, 2, 4]),
    is_whole=st.booleans(),
    most=st.sampled_from([1, 3, None]),
)
def test_convolutions_reach_what_their_definition_says(
    seed, kernel, stride, padding, dilation, groups, is_whole, most
):
    random = np.random.default_rng(seed)
    shape = (8, 4 // groups, *kernel)
    weight = (
        random.integers(-40, 90, shape).astype(np.int8)
        if is_whole
        else random.normal(0.2, 0.6, shape)
    )
    conv = Conv2d(weight, (4, 8, 7), stride, padding, dilation, groups)
    fires = IF(1.003, reset="subtract", max_spikes_per_step=most)
    back = random.normal(0, 0.5, (np.prod(conv.output_shape), 3))
    network = Network(
        [
            Population("input", (4, 8, 7), Input()),
            Population("map", conv.output_shape, fires),
            Population("output", (3,), IF(0.9)),
        ],
        [
            Projection("input", "map", conv, scale=0.013 if is_whole else None),
            Projection("map", "output", back),
        ],
    )
    dataset = SpikeDataset(random.random((2, 3, 224)) < 0.2)
    record = simulate(network, dataset)
    fired, _ = run(network, dataset.spikes[:])
    assert (record.spike_counts["map"] == fired["map"].sum(axis=1)).all()


@pytest.mark.parametrize("n_bytes", [1.0, 700.0, 1e9])
def test_how_many_steps_run_at_once_changes_nothing(monkeypatch, n_bytes):
    networks = [
        two_layers(1, "CubaLIF", delay=3),
        two_layers(2, "IF", True, delay=2, reset="subtract"),
        convolutional(3),
    ]
    for network in networks:
        dataset = SpikeDataset(spikes(network, 4, n_samples=5, n_steps=13, rate=0.6))
        whole = simulate(network, dataset, record="events")
        monkeypatch.setattr(block, "WINDOW_BYTES", n_bytes)
        monkeypatch.setattr(block, "BLOCK_BYTES", n_bytes)
        parts = simulate(network, dataset, record="events")
        for a, b in zip(whole.events, parts.events, strict=True):
            assert (a == b).all()
        monkeypatch.undo()


@pytest.mark.parametrize("case", range(5))
@pytest.mark.parametrize("delay", [1, 3])
def test_a_population_that_feeds_itself_may_run_many_steps_at_once(monkeypatch, case, delay):
    kinds = [
        ("dense", np.int8, 100),
        ("sparse", np.int8, 100),
        ("uniform", np.int8, 100),
        ("sparse", np.int16, 30_000),
    ]
    if case < len(kinds):
        network = layered(8, *kinds[case])
    else:
        network = two_layers(8, "IF", True, reset="subtract", max_spikes_per_step=None)
    longer = [
        replace(e, delay_steps=delay) if e.source == e.target else e for e in network.projections
    ]
    network = network.replace(projections=longer)
    dataset = SpikeDataset(spikes(network, 4, n_samples=4, n_steps=30, rate=0.4))
    monkeypatch.setattr(plan, "LOOP_FROM", 1)
    stages = make_plan(network, dataset, "float32")
    assert stages.longest_window is None and stages.stages[0].loop is not None
    assert_naive(network, dataset)


@settings(max_examples=40)
@given(
    seed=st.integers(0, 10**6),
    kind=st.sampled_from(["IF", "LIF"]),
    reset=st.sampled_from(["zero", "subtract"]),
    rate=st.sampled_from([0.01, 0.05, 0.3]),
    strict=st.booleans(),
)
def test_neurons_left_alone_without_input_wake_up_as_if_they_had_run(
    seed, kind, reset, rate, strict
):
    random = np.random.default_rng(seed)
    a, b = random.normal(0.6, 0.8, (5, 7)), random.normal(0.6, 0.8, (7, 3))
    options = {"reset": reset, "strict_threshold": strict}
    fires = (
        IF(0.51, **options)
        if kind == "IF"
        else LIF(random.uniform(2e-3, 2e-2, 7), 0.51, r=5.0, **options)
    )
    network = Network(
        [
            Population("input", (5,), Input()),
            Population("hidden", (7,), fires),
            Population("output", (3,), IF(0.4)),
        ],
        [
            Projection("input", "hidden", a),
            Projection("hidden", "output", b, delay_steps=int(random.integers(3))),
        ],
    )
    dataset = SpikeDataset(random.random((2, 60, 5)) < rate)
    record = simulate(network, dataset)
    fired, _ = run(network, dataset.spikes[:])
    for name, counts in fired.items():
        assert (record.spike_counts[name] == counts.sum(axis=1)).all()
    assert (record.output_spikes == fired["output"]).all()


def test_a_potential_far_above_its_threshold_goes_on_firing_without_input():
    network = Network(
        [Population("in", (1,), Input()), Population("out", (1,), IF(1.0, reset="subtract"))],
        [Projection("in", "out", np.full((1, 1), 3.5))],
    )
    x = np.zeros((1, 8, 1), bool)
    x[0, 1] = True
    assert simulate(network, SpikeDataset(x)).output_spikes.ravel().tolist() == [
        0,
        1,
        1,
        1,
        0,
        0,
        0,
        0,
    ]


def test_several_inputs_and_a_population_nothing_leads_to():
    random = np.random.default_rng(0)
    network = Network(
        [
            Population("a", (4,), Input()),
            Population("b", (3,), Input()),
            Population("alone", (2,), IF(1.0, bias=0.4)),
            Population("out", (3,), IF(0.7)),
        ],
        [
            Projection("a", "out", random.random((4, 3))),
            Projection("b", "out", random.random((3, 3)), delay_steps=1),
            Projection("alone", "out", random.random((2, 3))),
        ],
    )
    assert_naive(network, SpikeDataset(random.random((3, 15, 7)) < 0.3))
    counts = (random.random((3, 15, 7)) < 0.3) * random.integers(1, 5, (3, 15, 7))
    assert_naive(network, SpikeDataset(counts.astype(np.uint8)))


def test_a_constant_current_is_read_once_and_flows_in_every_step():
    network = Network(
        [Population("in", (3,), Input()), Population("out", (2,), IF(1.0, reset="subtract"))],
        [Projection("in", "out", np.array([[0.1, 0.2], [0.3, 0.1], [0.2, 0.4]]))],
    )
    current = np.array([[0.5, 0.0, 1.0], [1.0, 1.0, 0.25]], np.float32)
    still = SpikeDataset(np.broadcast_to(current[:, None], (2, 30, 3))).extend(4)
    plain = SpikeDataset(
        np.concatenate(
            [np.repeat(current[:, None], 30, axis=1), np.zeros((2, 4, 3), np.float32)], 1
        )
    )
    a, b = simulate(network, still, record="events"), simulate(network, plain, record="events")
    for x, y in zip(a.events, b.events, strict=True):
        assert (x == y).all()

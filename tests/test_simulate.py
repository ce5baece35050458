"""The simulator against a naive run of the same equations, and against closed forms."""

import math
from importlib import import_module

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import DatasetProblem, NetworkProblem
from spikefit_nb.network import IF, LIF, CubaLIF, Input, Network, Population, Projection
from spikefit_nb.simulate import simulate, wilson_interval
from tests.naive.run_network import run
from tests.networks import all_models, convolutional, spikes, two_layers


def assert_equal_to_naive(network, dataset):
    record = simulate(network, dataset, record="events")
    fired, updated = run(network, dataset.block(0, dataset.n_samples))
    assert sum(counts.sum() for counts in fired.values()) > 0
    for name, counts in fired.items():
        assert (record.spike_counts[name] == counts.sum(axis=1)).all(), name
    assert (record.output_spikes == fired[network.output]).all()
    raster = np.zeros(
        (dataset.n_samples * dataset.n_steps, network.n_channels + network.n_neurons), int
    )
    events = record.events
    for k in range(len(raster)):
        here = slice(events.ptr[k], events.ptr[k + 1])
        raster[k, events.neuron[here]] = events.count[here]
    flat = np.concatenate([fired[name].reshape(len(raster), -1) for name in network.starts], axis=1)
    assert (raster == flat).all()
    bits = np.unpackbits(events.updated, axis=2, bitorder="little")[:, :, : network.n_neurons]
    assert (
        bits == np.concatenate([updated[p.name] for p in network.neuron_populations], axis=2)
    ).all()


@settings(max_examples=40)
@given(
    seed=st.integers(0, 10**6),
    kind=st.sampled_from(["IF", "LIF", "CubaLIF"]),
    reset=st.sampled_from(["zero", "subtract", "none"]),
    most=st.sampled_from([1, 2, None]),
    recurrent=st.booleans(),
    sparse=st.booleans(),
    delay=st.integers(0, 3),
    strict=st.booleans(),
    delayed=st.sampled_from([False, True, "after"]),
)
def test_every_spike_is_where_the_naive_run_has_it(
    seed, kind, reset, most, recurrent, sparse, delay, strict, delayed
):
    network = two_layers(
        seed,
        kind,
        recurrent,
        sparse,
        delay,
        reset=reset,
        max_spikes_per_step=most,
        strict_threshold=strict,
        delayed_reset=delayed,
    )
    dataset = SpikeDataset(spikes(network, seed, n_steps=12, rate=0.6))
    record = simulate(network, dataset)
    fired, _ = run(network, dataset.block(0, 3))
    for name, counts in fired.items():
        assert (record.spike_counts[name] == counts.sum(axis=1)).all()
    assert (record.output_spikes == fired["output"]).all()


@settings(max_examples=30)
@given(
    seed=st.integers(0, 2**16),
    kind=st.sampled_from(["IF", "LIF", "CubaLIF"]),
    recurrent=st.booleans(),
    strict=st.booleans(),
)
def test_neurons_that_are_held_fire_as_the_naive_run_has_it(seed, kind, recurrent, strict):
    held = {"reset": "subtract", "delayed_reset": "held", "strict_threshold": strict}
    network = two_layers(seed, kind, recurrent, **held)
    strong = [e.with_values(3 * e.weight.values) for e in network.projections]
    network = network.replace(projections=strong)
    dataset = SpikeDataset(spikes(network, seed, n_steps=12, rate=0.6))
    fired, _ = run(network, dataset.block(0, 3))
    assert (simulate(network, dataset).output_spikes == fired["output"]).all()


@settings(max_examples=40)
@given(
    seed=st.integers(0, 10**6),
    kind=st.sampled_from(["ALIF", "Izhikevich", "AdEx"]),
    recurrent=st.booleans(),
    delay=st.integers(0, 2),
    options=st.fixed_dictionaries(
        {
            "reset": st.sampled_from(["zero", "subtract"]),
            "strict_threshold": st.booleans(),
            "delayed_reset": st.booleans(),
            "adapted_reset": st.booleans(),
            "a_initial": st.sampled_from([0.0, 0.7, 3.0]),
        }
    ),
)
def test_every_spike_of_a_neuron_with_memory_is_where_the_naive_run_has_it(
    seed, kind, recurrent, delay, options
):
    options["adapted_reset"] &= options["reset"] == "subtract"
    network = two_layers(seed, kind, recurrent, delay=delay, **(options if kind == "ALIF" else {}))
    dataset = SpikeDataset(spikes(network, seed, n_steps=25, rate=0.6))
    record = simulate(network, dataset)
    fired, _ = run(network, dataset.block(0, 3))
    for name, counts in fired.items():
        assert (record.spike_counts[name] == counts.sum(axis=1)).all()
    assert (record.output_spikes == fired["output"]).all()


def test_every_model_of_one_network_keeps_its_own_equation():
    network = all_models(7)
    assert_equal_to_naive(network, SpikeDataset(spikes(network, 7, n_steps=25, rate=0.6)))


@pytest.mark.parametrize("kind", ["IF", "LIF", "CubaLIF", "ALIF", "Izhikevich", "AdEx"])
@pytest.mark.parametrize("recurrent", [False, True])
def test_events_and_update_bits_match_the_naive_run(kind, recurrent):
    options = {} if kind in ("Izhikevich", "AdEx") else {"reset": "subtract"}
    network = two_layers(3, kind, recurrent, **options)
    assert_equal_to_naive(network, SpikeDataset(spikes(network, 3, n_steps=25, rate=0.6)))


@pytest.mark.parametrize(
    "shape",
    [
        {},
        {"stride": 2},
        {"padding": 0},
        {"dilation": 2, "padding": 2},
        {"groups": 2},
        {"max_spikes": None},
        {"max_spikes": 2},
        {"stride": (1, 2), "padding": (2, 0)},
    ],
)
def test_convolutions_deliver_what_their_definition_says(shape):
    network = convolutional(5, **shape)
    assert_equal_to_naive(network, SpikeDataset(spikes(network, 5, n_steps=6, rate=0.5)))


def test_a_grouped_strided_convolution_lists_the_synapses_of_its_definition():
    from tests.naive.run_network import synapses

    projection = convolutional(1, stride=2, groups=2).projections[0]
    listed = sorted(
        (s, t, np.float32(w)) for e in projection.blocks() for s, t, w in zip(*e, strict=True)
    )
    assert listed == sorted(synapses(projection)) and len(listed) == projection.n_synapses


def test_a_lif_neuron_fires_when_the_closed_form_says():
    # v after n steps of constant current: I * (1 - (1 - dt/tau)**n); the first spike is the first n
    # above threshold
    dt_s, tau_s, current, threshold = 1e-3, 20e-3, 1.5, 1.0
    first = math.ceil(math.log(1 - threshold / current) / math.log(1 - dt_s / tau_s))
    network = Network(
        [Population("in", (1,), Input()), Population("out", (1,), LIF(tau_s, threshold))],
        [Projection("in", "out", np.ones((1, 1)))],
        dt_s=dt_s,
    )
    record = simulate(network, SpikeDataset(np.full((1, 100, 1), current, np.float32)))
    times = np.flatnonzero(record.output_spikes[0, :, 0])
    assert times[0] == first - 1 and set(np.diff(times)) == {first}


def test_an_if_neuron_that_may_fire_often_in_a_step_keeps_every_input():
    network = Network(
        [
            Population("in", (1,), Input()),
            Population("out", (1,), IF(1.0, reset="subtract", max_spikes_per_step=None)),
        ],
        [Projection("in", "out", np.full((1, 1), 2.5))],
    )
    assert simulate(network, SpikeDataset(np.ones((1, 4, 1), bool))).spike_counts["out"] == 10


@pytest.mark.parametrize("make", [LIF, lambda tau_s, **kw: CubaLIF(1e-3, tau_s, **kw)])
def test_a_leaky_neuron_fires_once_for_each_threshold_it_passes_in_a_step(make):
    # one step of dt = tau: v is what arrives, five and a half thresholds
    fires = make(1e-3, reset="subtract", max_spikes_per_step=None)
    network = Network(
        [Population("in", (1,), Input()), Population("out", (1,), fires)],
        [Projection("in", "out", np.full((1, 1), 5.5))],
        dt_s=1e-3,
    )
    record = simulate(network, SpikeDataset(np.array([[[1], [0]]], bool)))
    assert record.output_spikes.ravel().tolist() == [5, 0]


def test_a_neuron_without_reset_fires_as_long_as_it_stands_above_its_threshold():
    # 3, then the half of it every step: above 1 for two steps, whether or not input comes
    fires = LIF(2e-3, r=2.0, reset="none")
    network = Network(
        [Population("in", (1,), Input()), Population("out", (1,), fires)],
        [Projection("in", "out", np.full((1, 1), 3.0))],
        dt_s=1e-3,
    )
    record = simulate(network, SpikeDataset(np.array([[[1], [0], [0], [0]]], bool)))
    assert record.output_spikes.ravel().tolist() == [1, 1, 0, 0]


def test_a_late_subtraction_takes_a_threshold_for_every_spike():
    # 8 steps of 2.5 are 20 thresholds; the reset comes one step late, so the last spikes may be
    # counted twice
    fires = IF(1.0, reset="subtract", max_spikes_per_step=None, delayed_reset=True)
    network = Network(
        [Population("in", (1,), Input()), Population("out", (1,), fires)],
        [Projection("in", "out", np.full((1, 1), 2.5))],
    )
    record = simulate(network, SpikeDataset(np.ones((1, 8, 1), bool)))
    # u = 2.5, then u + 2.5 - floor(u) with what fired before taken off: 2.5, 3, 2.5, ... and 2, 3,
    # 2, ... spikes
    assert record.output_spikes.ravel().tolist() == [2, 3, 2, 3, 2, 3, 2, 3]


def test_silence_of_the_input_is_not_blamed_on_thresholds():
    network = two_layers(1)
    warnings = simulate(network, SpikeDataset(np.zeros((2, 4, 5), bool))).warnings
    assert (
        "'hidden' never fires in 2 samples. Nothing arrives: 'input' is silent too" in warnings[0]
    )
    assert "'hidden' is silent too" in warnings[1]


def test_currents_and_counts_drive_a_network():
    network = two_layers(1, "LIF")
    counts = np.random.default_rng(0).integers(0, 4, (2, 9, 5)).astype(np.uint8)
    fired, _ = run(network, counts.astype(np.float32))
    assert (simulate(network, SpikeDataset(counts)).output_spikes == fired["output"]).all()
    currents = counts.astype(np.float32) / 3
    fired, _ = run(network, currents)
    assert (simulate(network, SpikeDataset(currents)).output_spikes == fired["output"]).all()


def test_samples_do_not_see_each_other():
    network = two_layers(2, "CubaLIF", recurrent=True)
    dataset = SpikeDataset(spikes(network, 2, n_samples=130, rate=0.5))
    together = simulate(network, dataset)
    for s in (0, 64, 129):
        alone = simulate(network, SpikeDataset(dataset.spikes[s : s + 1]))
        assert (alone.output_spikes[0] == together.output_spikes[s]).all()


def test_too_small_an_event_buffer_loses_nothing():
    network = Network(
        [Population("in", (1,), Input()), Population("out", (40,), IF(0.5))],
        [Projection("in", "out", np.ones((1, 40)))],
    )
    record = simulate(network, SpikeDataset(np.ones((3, 50, 1), bool)), record="events")
    assert record.events.neuron.size == 3 * 50 * 41 and record.events.ptr[-1] == 3 * 50 * 41


def test_synaptic_operations_are_spikes_times_the_synapses_they_reach():
    network = two_layers(4, "IF", recurrent=True)
    record = simulate(network, SpikeDataset(spikes(network, 4)))
    by_hand = np.zeros(3, int)
    for e in network.projections:
        by_hand += record.spike_counts[e.source] @ np.count_nonzero(e.weight.toarray(), axis=1)
    assert (record.synaptic_operations == by_hand).all()


def test_ties_go_to_the_lowest_index_and_potential_decides_where_asked():
    network = Network(
        [Population("in", (2,), Input()), Population("out", (3,), IF(10.0))],
        [Projection("in", "out", np.array([[1.0, 2.0, 2.0], [0.0, 0.0, 0.0]]))],
    )
    dataset = SpikeDataset(np.ones((1, 3, 2), bool), [1])
    assert simulate(network, dataset).predictions == 0
    assert simulate(network, dataset, decode="potential").predictions == 1


def test_a_silent_output_is_named_with_its_likely_cause():
    network = Network(
        [Population("in", (2,), Input()), Population("out", (2,), CubaLIF(1e-2, 1e-2))],
        [Projection("in", "out", np.eye(2))],
        dt_s=1e-5,
    )
    (warning,) = simulate(network, SpikeDataset(np.ones((1, 5, 2), bool), [0])).warnings
    assert "'out' never fires" in warning and "tau/dt" in warning and "10 µs" in warning


@pytest.mark.parametrize(
    ("weight", "neuron", "delay", "cause"),
    [
        (1.0, LIF(0.02), 40, "the shortest delay is 40 steps, and 30 are run"),
        (-1.0, LIF(0.02), 0, "Nothing excites it"),
        (0.0, LIF(0.02), 0, "Nothing excites it"),
        (1.0, LIF(0.02, bias=-5.0), 0, "Nothing excites it"),
        (1.0, LIF(0.02, 100.0), 0, "would bring a neuron to 1 of 100"),
        (1.0, LIF(0.02, r=0.0), 0, "would bring a neuron to 0 of 1"),
        (1.0, CubaLIF(0.01, 0.02, 5.0, w_in=2.0), 0, "would bring a neuron to 2 of 5"),
        (1.0, IF(100.0), 0, "thresholds are high"),
        (1.2, LIF(1.0), 0, "tau/dt"),
    ],
)
def test_silence_is_explained_by_what_arrives(weight, neuron, delay, cause):
    weights = weight * np.eye(2, dtype=np.float32)
    network = Network(
        [Population("in", (2,), Input()), Population("out", (2,), neuron)],
        [Projection("in", "out", weights, delay_steps=delay)],
    )
    (warning,) = simulate(network, SpikeDataset(np.ones((1, 30, 2), bool), [0])).warnings
    assert "'out' never fires" in warning and cause in warning


def test_a_step_longer_than_the_time_constant_is_named():
    network = Network(
        [Population("in", (2,), Input()), Population("out", (2,), LIF(1e-4))],
        [Projection("in", "out", np.eye(2))],
    )
    (warning,) = simulate(network, SpikeDataset(np.ones((1, 5, 2), bool), [0])).warnings
    assert "unstable" in warning and "100 µs" in warning


@pytest.mark.parametrize(
    ("spikes_in", "labels", "said"),
    [
        (np.ones((2, 4, 6), bool), [0, 1], "6 channels, but the network's input has 5"),
        (np.ones((2, 4, 5), bool), [0, 3], "A label is 3, but the output 'output' has 3 neurons"),
    ],
)
def test_data_of_another_network_is_refused(spikes_in, labels, said):
    with pytest.raises(DatasetProblem, match=said):
        simulate(two_layers(1), SpikeDataset(spikes_in, labels))


def test_unknown_choices_are_refused_by_name():
    network = two_layers(1)
    dataset = SpikeDataset(spikes(network, 1))
    with pytest.raises(NetworkProblem, match="arithmetic is 'int4'; it can be 'float32'"):
        simulate(network, dataset, arithmetic="int4")
    with pytest.raises(NetworkProblem, match="record is 'all'"):
        simulate(network, dataset, record="all")


def test_the_interval_is_wilsons():
    # Newcombe 1998, Statist. Med. 17:857-872, Table I, method 3 (score): 81 of 263, 15 of 148, 0 of
    # 20, 1 of 29
    for right, n, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        assert wilson_interval(right, n) == pytest.approx((low, high), abs=5e-5)


def test_the_first_spike_may_be_the_answer_and_ties_go_to_the_lowest_index():
    network = Network(
        [Population("in", (3,), Input()), Population("out", (3,), IF(1.0))],
        [Projection("in", "out", np.eye(3))],
    )
    x = np.zeros((3, 4, 3), bool)
    x[0, 2, 2] = x[0, 3, :2] = True  # neuron 2 first, though others fire as often later
    x[1, 1, 1:] = x[1, 2:, 0] = True  # 1 and 2 together, 0 more often
    dataset = SpikeDataset(x, [2, 1, 0])
    record = simulate(network, dataset, decode="first_spike")
    assert record.predictions.tolist() == [
        2,
        1,
        0,
    ]  # who never fires does not win; nobody fired in the last
    assert record.accuracy_by_step.tolist() == pytest.approx([1 / 3, 2 / 3, 1, 1])
    assert simulate(network, dataset).predictions.tolist() == [0, 0, 0]
    assert "read by first spike" in repr(record)


def test_one_thread_and_many_give_the_same_bytes(monkeypatch):
    network = two_layers(3, "CubaLIF", True)
    dataset = SpikeDataset(spikes(network, 3, n_samples=200, n_steps=20, rate=0.6))
    many = simulate(network, dataset, record="events")
    monkeypatch.setattr(import_module("spikefit_nb.simulate.run"), "n_threads", lambda: 1)
    one = simulate(network, dataset, record="events")
    for a, b in zip(
        (*many.events, many.output_spikes), (*one.events, one.output_spikes), strict=True
    ):
        assert a.tobytes() == b.tobytes()


def test_numbers_that_leave_a_chips_range_are_counted_by_population():
    # the second neuron falls by 8 x 127 a step; TrueNorth's scale here is two for one, its floor
    # -(2 ** 18 - 1)
    network = Network(
        [Population("in", (8,), Input()), Population("out", (2,), IF(3e4, reset="subtract"))],
        [Projection("in", "out", np.array([[100, -127]] * 8, np.int8), scale=1.0)],
    )
    record = simulate(network, SpikeDataset(np.ones((1, 500, 8), bool)), arithmetic="truenorth")
    first = math.ceil(2**18 / (2 * 8 * 127))
    assert record.overflows == {"out": 500 - first + 1}
    assert any(
        "'out' of 2 neurons left the range of its integers 371 times" in w for w in record.warnings
    )

"""Prices against a naive count of every synapse, and against hand-worked examples."""

from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import DesignProblem, NetworkProblem
from spikefit_nb.hardware import load_profile
from spikefit_nb.mapping import map_by_hand, map_network
from spikefit_nb.network import IF, Conv2d, CubaLIF, Input, Network, Population, Projection
from spikefit_nb.quantities import Quantity
from spikefit_nb.replay import (
    COUNTERS,
    ENERGY_FIGURES,
    Counters,
    FiringRates,
    Links,
    barrier_s,
    floorline,
    mesh_links,
    missing_figures,
    predict,
    replay,
    reprice,
    utilisation,
)
from spikefit_nb.simulate import simulate
from tests.naive.contention import step_seconds
from tests.naive.replay_run import reached
from tests.naive.replay_run import replay as naive_replay
from tests.naive.run_network import run
from tests.networks import convolutional, spikes, two_layers

LOIHI = load_profile("loihi1")
SECONDS = {
    name: LOIHI.si(f"time_{name}")
    for name in ("synaptic_operation", "update_active", "update_inactive")
}


def assert_equal_to_naive(network, dataset, neurons_per_core):
    mapping = map_network(network, LOIHI, neurons_per_core=neurons_per_core)
    price = replay(simulate(network, dataset, record="events"), mapping)
    n_tiles = len(np.unique(mapping.tiles, axis=0))
    counts, latency, packets = naive_replay(
        network, dataset, mapping, SECONDS, barrier_s(LOIHI, n_tiles)
    )
    for name in COUNTERS:
        assert price.counts[name] * dataset.n_samples == pytest.approx(
            sum(c[name] for c in counts), abs=1e-9
        ), name
    assert price.latency_s == pytest.approx(latency.mean(), rel=1e-12)
    links = zip(price.links.source, price.links.target, price.links.packets, strict=True)
    assert {(s, t): round(p * dataset.n_samples) for s, t, p in links} == {
        k: v for k, v in packets.items() if v
    }


@settings(max_examples=15)
@given(
    seed=st.integers(0, 10**6),
    neurons_per_core=st.integers(1, 7),
    recurrent=st.booleans(),
    sparse=st.booleans(),
)
def test_every_count_and_time_is_what_a_naive_count_finds(
    seed, neurons_per_core, recurrent, sparse
):
    network = two_layers(seed, "LIF", recurrent, sparse)
    assert_equal_to_naive(
        network, SpikeDataset(spikes(network, seed, n_steps=8, rate=0.5)), neurons_per_core
    )


def test_convolutions_and_repeated_spikes_are_priced_like_any_other():
    network = convolutional(5, max_spikes=None)
    assert_equal_to_naive(network, SpikeDataset(spikes(network, 5, n_steps=4, rate=0.5)), 9)


def test_energy_is_the_sum_of_counts_times_published_energies():
    network = two_layers(1, recurrent=True)
    mapping = map_network(network, LOIHI, neurons_per_core=1)
    price = replay(
        simulate(network, SpikeDataset(spikes(network, 1, rate=0.6)), record="events"), mapping
    )
    by_hand = sum(price.counts[c] * LOIHI.si(f) for c, f in ENERGY_FIGURES.items() if LOIHI.has(f))
    assert price.energy_j == pytest.approx(by_hand, rel=1e-12) and price.counts["hops_x"] > 0


def test_one_spike_over_three_tiles_costs_what_the_table_of_loihi_says():
    # neuron 0 on core 0 (tile 0), neuron 8 on core 8 (tile 2): two hops east; one synaptic
    # operation each, two updates
    populations = [Population("in", (1,), Input()), Population("out", (9,), IF(1.0))]
    weight = np.zeros((9, 9))
    weight[0, 8] = 1.0
    first = np.zeros((1, 9))
    first[0, 0] = 1.0
    network = Network(
        populations,
        [Projection("in", "out", first), Projection("out", "out", weight, delay_steps=1)],
    )
    spike = np.zeros((1, 2, 1), bool)
    spike[0, 0, 0] = True
    mapping = map_network(network, LOIHI.replace(packets_per_link=16), neurons_per_core=1)
    record = simulate(network, SpikeDataset(spike), record="events")
    price, waiting = replay(record, mapping), replay(record, mapping, timing="contention")
    assert (
        price.counts["hops_x"] == 2 and price.counts["hops_y"] == 0 and price.counts["packets"] == 1
    )
    assert price.energy_j == pytest.approx(2 * 23.6e-12 + 2 * 81e-12 + 16 * 52e-12 + 2 * 3e-12)
    # step 1: core 0 works 3.5 + 8.4 ns (core 8 less: 3.5 + 5.3); step 2: core 8 only updates its
    # neuron, since the synapse was served in the step the spike was sent; three tiles agree twice
    barrier = 113e-9 + (465e-9 - 113e-9) * 2 / 31
    assert price.latency_s == pytest.approx((3.5e-9 + 8.4e-9) + 8.4e-9 + 2 * barrier)
    # with packets looked at one by one: core 0 updates, 8.4 ns; the spike goes two hops; core 8
    # reads it, 3.5 ns
    assert waiting.latency_s == pytest.approx((8.4e-9 + 2 * 4.1e-9 + 3.5e-9) + 8.4e-9 + 2 * barrier)


@pytest.mark.parametrize(
    ("target", "counter", "energy_j", "time_s"),
    [
        (1, "within_tile", 1.7e-12, 2.1e-9),
        (32, "hops_y", 4.0e-12, 6.5e-9),
        (33, "hops_y", 4.0e-12, 6.5e-9),
    ],
)
def test_a_spike_within_a_tile_or_one_tile_north_costs_what_the_table_of_loihi_says(
    target, counter, energy_j, time_s
):
    # four cores a tile, eight tiles a row: core 1 shares the tile of core 0, cores 32 and 33 are on
    # the tile above it
    onward = np.zeros((40, 40))
    onward[0, target] = 1.0
    first = np.zeros((1, 40))
    first[0, 0] = 1.0
    network = Network(
        [Population("in", (1,), Input()), Population("out", (40,), IF(1.0))],
        [Projection("in", "out", first), Projection("out", "out", onward, delay_steps=1)],
    )
    mapping = map_network(network, LOIHI.replace(packets_per_link=16), neurons_per_core=1)
    spike = SpikeDataset(np.array([[[True], [False]]]))
    price = replay(simulate(network, spike, record="events"), mapping, timing="contention")
    assert price.counts[counter] == price.counts["packets"] == 1
    assert price.energy_j == pytest.approx(2 * 23.6e-12 + 2 * 81e-12 + 78 * 52e-12 + energy_j)
    barrier = 2 * barrier_s(LOIHI, 10)
    assert price.latency_s == pytest.approx((3.5e-9 + 8.4e-9) + 8.4e-9 + time_s + barrier)


def test_loads_are_shares_of_a_step_and_the_longest_run_sets_the_pace():
    network = two_layers(2)
    price = replay(
        simulate(network, SpikeDataset(spikes(network, 2)), record="events"),
        map_network(network, LOIHI),
    )
    assert (price.core_loads > 0).all() and (price.core_loads < 1).all()


def test_a_ticking_chip_takes_a_tick_a_step():
    network = two_layers(2)
    truenorth = load_profile("truenorth")
    price = replay(
        simulate(network, SpikeDataset(spikes(network, 2)), record="events"),
        map_network(network, truenorth),
    )
    assert price.latency_s == pytest.approx(12 * 1e-3)


def test_a_figure_nobody_published_gives_no_number():
    figures = {k: v for k, v in LOIHI.figures.items() if k != "energy_synaptic_operation"}
    profile = type(LOIHI)(LOIHI.name, LOIHI.title, LOIHI.family, LOIHI.step, figures)
    network = two_layers(2)
    price = replay(
        simulate(network, SpikeDataset(spikes(network, 2)), record="events"),
        map_network(network, profile),
    )
    assert price.energy_j is None and price.latency_s > 0
    assert price.not_published == ("energy_synaptic_operation",)
    assert Quantity("energy_j", "Energy per inference, events", None, "J") in price.quantities


def chain(sizes, names=("in", "hidden", "out")):
    """Populations of these sizes, each sending to the next."""
    populations = [
        Population(n, (size,), Input() if n == names[0] else IF(1.0))
        for n, size in zip(names, sizes, strict=True)
    ]
    return Network(
        populations,
        [
            Projection(a.name, b.name, np.ones((a.n_neurons, b.n_neurons)))
            for a, b in pairwise(populations)
        ],
    )


@pytest.mark.parametrize(
    "other",
    [
        chain((6, 700, 5)),
        chain((6, 3, 5)),
        chain((6, 5, 7)),
        chain((2, 7, 5)),
        chain((6, 7, 5), ("in", "mid", "out")),
    ],
)
def test_a_run_of_another_network_than_the_mapped_one_is_refused_whatever_prices_it(other):
    mapped = chain((6, 7, 5))
    mapping = map_network(mapped, LOIHI)
    dataset = SpikeDataset(np.ones((2, 40, other.n_channels), bool))
    record = simulate(other, dataset, record="events")
    rates = FiringRates.of(record, other)
    prices = (replay, floorline, Counters, lambda run, mapping: predict(rates, mapping))
    for price in prices:
        with pytest.raises(
            NetworkProblem, match=r"but 18 are mapped \(in 6, hidden 7, out 5\): give the r"
        ):
            price(record, mapping)


def test_a_price_of_a_run_on_other_cores_is_refused():
    network = chain((6, 7, 5))
    wide, narrow = (
        map_network(network, LOIHI, neurons_per_core=1),
        map_network(network, LOIHI, neurons_per_core=7),
    )
    record = simulate(network, SpikeDataset(np.ones((1, 4, 6), bool)), record="events")
    for mapping, price in ((wide, replay(record, narrow)), (narrow, replay(record, wide))):
        with pytest.raises(
            NetworkProblem,
            match=f"but the mapping uses {mapping.n_cores}: give the price of a run on",
        ):
            utilisation(mapping, price)
    with pytest.raises(NetworkProblem, match="on 12 cores, but the mapping uses 2"):
        mesh_links(narrow, Links(np.array([0]), np.array([11]), np.array([1.0])))


def test_a_record_of_counts_is_refused_by_name():
    network = two_layers(2)
    with pytest.raises(NetworkProblem, match=r"simulate\(..., record='events'\)"):
        replay(simulate(network, SpikeDataset(spikes(network, 2))), map_network(network, LOIHI))


def small_xylo_network():
    """2 inputs -> 8 hidden, recurrent -> 2 outputs: the size of the vendor's demonstration."""
    random = np.random.default_rng(0)
    fires = {"reset": "subtract"}
    populations = [
        Population("in", (2,), Input()),
        Population("hidden", (8,), CubaLIF(2e-3, 1e-2, **fires)),
        Population("out", (2,), CubaLIF(2e-3, 1e-2, **fires)),
    ]
    projections = [
        Projection("in", "hidden", random.uniform(1, 4, (2, 8))),
        Projection("hidden", "hidden", random.uniform(-2, 2, (8, 8)), delay_steps=1),
        Projection("hidden", "out", random.uniform(1, 4, (8, 2))),
    ]
    return Network(populations, projections)


def test_xylo_is_priced_by_the_vendors_cycles_and_its_measured_power():
    network, xylo = small_xylo_network(), load_profile("xylo_audio3")
    record = simulate(network, SpikeDataset(spikes(network, 3, rate=0.8)), record="events")
    price = replay(record, map_network(network, xylo))
    n_events = record.n_samples * record.n_steps
    p_in = record.spike_counts["in"].sum() / (2 * n_events)
    p = record.spike_counts["hidden"].sum() / (8 * n_events)
    # inputs, recurrence, outputs, hidden neurons with 3 cycles a spike, output neurons:
    # power_cycles_model.py
    cycles = 2 * (p_in * 8 * 3.5 + 1) + 7 * p * 64 + 8 * p * (1 + 8 * 2) + 8 * (22 + 3 * p) + 12 * 2
    assert p > 0 and price.counts["clock_cycles"] == pytest.approx(12 * cycles)
    assert price.latency_s == pytest.approx(12 * cycles / 50e6)
    assert price.energy_j == pytest.approx(price.latency_s * xylo.si("active_power"))
    assert price.static_energy_j is None and {"clock", "active_power", "cycles_spike"} <= set(
        price.figures
    )
    assert "static_power" not in price.figures
    assert missing_figures(load_profile("xylo_audio2"), "energy_j") == ("active_power",)


def test_odin_is_priced_by_its_three_published_terms():
    network, odin = two_layers(4), load_profile("odin")
    record = simulate(network, SpikeDataset(spikes(network, 4, rate=0.6)), record="events")
    price = replay(record, map_network(network, odin))
    sent = (
        record.spike_counts["input"].sum() + record.spike_counts["hidden"].sum()
    ) / record.n_samples
    cycles = sent * (1 + 2 * 256) + 12 * 512
    assert price.latency_s == pytest.approx(cycles / 75e6)
    assert price.energy_j == pytest.approx(sent * 256 * 8.43e-12 + cycles * 1.78e-12)
    assert price.static_energy_j == pytest.approx(27.3e-6 * price.latency_s)


def test_odin_predicts_both_published_operating_points():
    # Frenkel 2019, 0.55 V: 75 MHz with 37.5 MSOP/s, 477 uW; 1.3 MHz with 650 kSOP/s, 35 uW
    odin = load_profile("odin")
    for clock_hz, operations_per_s, power_w in ((75e6, 37.5e6, 477e-6), (1.3e6, 650e3, 35e-6)):
        events_w = clock_hz * odin.si("energy_clock_cycle") + operations_per_s * odin.si(
            "energy_synaptic_operation"
        )
        assert odin.si("static_power") + events_w == pytest.approx(power_w, rel=0.01)


def test_barriers_climb_the_published_staircase_or_lie_between_the_published_numbers_of_tiles():
    calibrated = load_profile("loihi1", coefficients="calibrated")
    assert [barrier_s(calibrated, n) for n in (1, 2, 3, 4, 28, 29, 32)] == pytest.approx(
        [0.6e-6, 1.0e-6, 1.0e-6, 1.4e-6, 1.4e-6, 1.8e-6, 1.8e-6]
    )
    assert barrier_s(LOIHI, 11) == pytest.approx(113e-9 + (465e-9 - 113e-9) * 10 / 31)


def test_the_calibrated_set_prices_messages_and_firing_too():
    network = two_layers(1, recurrent=True)
    calibrated = load_profile("loihi1", coefficients="calibrated")
    record = simulate(network, SpikeDataset(spikes(network, 1, rate=0.6)), record="events")
    price = replay(record, map_network(network, calibrated, neurons_per_core=1))
    c = price.counts
    by_hand = (
        c["synaptic_operations"] * 35.5
        + c["updates_active"] * (51.2 + 21.6)
        + c["updates_inactive"] * 51.2
        + c["spikes"] * 69.3
        + c["packets"] * 111
        + c["hops_x"] * 3.0
        + c["hops_y"] * 4.2
    )
    assert c["packets"] > 0 and price.energy_j == pytest.approx(by_hand * 1e-12)


CALIBRATED = load_profile("loihi1", coefficients="calibrated")
CONTENDED = (*SECONDS, "spike", "packet", "packet_in", "within_tile", "hop_x", "hop_y")


def recurrent(seed, n_neurons=9, fan_out=0.5):
    """One input, and neurons that all excite each other in the next step."""
    random = np.random.default_rng(seed)
    weight = random.uniform(0.2, 0.9, (n_neurons, n_neurons)) * (
        random.random((n_neurons, n_neurons)) < fan_out
    )
    populations = [
        Population("in", (2,), Input()),
        Population("out", (n_neurons,), IF(1.0, max_spikes_per_step=2)),
    ]
    first = Projection("in", "out", random.uniform(0.5, 2.5, (2, n_neurons)))
    return Network(populations, [first, Projection("out", "out", weight, delay_steps=1)])


def scattered(network, profile, seed):
    """A mapping of single neurons to cores anywhere on the chip, several of them on one core."""
    random = np.random.default_rng(seed)
    places = random.choice(int(profile.value("cores")), 6, replace=False)
    return map_by_hand(
        network,
        profile,
        {p.name: random.choice(places, p.n_neurons) for p in network.neuron_populations},
    )


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), room=st.sampled_from([1, 2, 16]), at_once=st.booleans())
def test_packets_wait_as_in_a_naive_run_that_sees_them_all(seed, room, at_once):
    network = recurrent(seed)
    stages = ["synapses", "neurons"] if at_once else ["neurons"]
    profile = CALIBRATED.replace(packets_per_link=room, stages_at_once=stages)
    mapping = scattered(network, profile, seed)
    dataset = SpikeDataset(spikes(network, seed, n_steps=5, rate=0.6))
    fired, updated = run(network, dataset.block(0, dataset.n_samples))
    seconds = {name: profile.si(f"time_{name}", 0.0) for name in CONTENDED}
    reach = reached(network, mapping)
    end_s = barrier_s(profile, len(np.unique(mapping.tiles, axis=0)))
    price = replay(simulate(network, dataset, record="events"), mapping, timing="contention")
    expected = np.zeros((dataset.n_samples, dataset.n_steps))
    for s, t in np.ndindex(expected.shape):
        of_step = [{name: rows[s, t] for name, rows in each.items()} for each in (fired, updated)]
        expected[s, t] = (
            step_seconds(network, mapping, *of_step, seconds, reach, room, at_once) + end_s
        )
    assert price.counts["packets"] > 0
    assert price.sample_s == pytest.approx(expected.sum(axis=1), rel=1e-9)
    assert price.step_s == pytest.approx(expected.mean(axis=0), rel=1e-9)


@settings(max_examples=15)
@given(seed=st.integers(0, 10**6))
def test_waiting_never_makes_a_step_shorter_and_every_packet_sent_is_received(seed):
    network = recurrent(seed)
    dataset = SpikeDataset(spikes(network, seed, n_steps=6, rate=0.6))
    record, mapping = (
        simulate(network, dataset, record="events"),
        scattered(network, CALIBRATED, seed),
    )
    simple, waiting = replay(record, mapping), replay(record, mapping, timing="contention")
    assert (waiting.step_s >= simple.step_s).all() and waiting.counts == simple.counts
    assert simple.energy_j == pytest.approx(sum(simple.energy_parts_j.values()), rel=1e-12)
    counters = Counters(record, mapping)
    sent, received = (counters.per_step(name).sum(axis=2) for name in ("packets", "packets_in"))
    outside = record.spike_counts["in"].sum(axis=0) @ np.diff(mapping.fan_ptr)[: network.n_channels]
    assert received.sum() == sent.sum() + outside and (received >= sent).all()
    assert sent.sum() == simple.counts["packets"] * dataset.n_samples


@settings(max_examples=15)
@given(seed=st.integers(0, 10**6), moved=st.integers(0, 5), place=st.integers(0, 127))
def test_moving_a_core_on_an_empty_mesh_changes_only_the_way(seed, moved, place):
    network = recurrent(seed)
    record = simulate(
        network, SpikeDataset(spikes(network, seed, n_steps=4, rate=0.6)), record="events"
    )
    random = np.random.default_rng(seed)
    before = random.choice(128, 6, replace=False)
    after = before.copy()
    after[moved] = place if place not in before else before[moved]
    on = random.choice(6, 9)
    prices = [
        replay(record, map_by_hand(network, CALIBRATED, {"out": places[on]}))
        for places in (before, after)
    ]
    ways = {"hops_x", "hops_y", "within_tile"}
    for quantity in ("counts", "energy_parts_j"):
        one, other = (
            {k: v for k, v in getattr(p, quantity).items() if k not in ways} for p in prices
        )
        assert one == other


def test_counters_keep_what_a_run_does_by_core_step_and_format_and_are_priced_again():
    kernel = Conv2d(np.ones((1, 1, 2, 2)), (1, 3, 3))
    populations = [
        Population("in", (1, 3, 3), Input()),
        Population("mid", (1, 2, 2), IF(1.0)),
        Population("out", (2,), IF(1.0)),
    ]
    matrix = sp.csr_array(np.array([[1.0, 0], [1, 1], [0, 0], [0, 1]]))
    network = Network(
        populations,
        [Projection("in", "mid", kernel), Projection("mid", "out", matrix, delay_steps=1)],
    )
    image = np.zeros((1, 2, 9), bool)
    image[0, 0, 4] = True  # the middle: all four neurons of "mid" see it and fire
    record = simulate(network, SpikeDataset(image), record="events")
    counters = Counters(record, map_network(network, CALIBRATED))
    assert counters.formats == ("sparse", "convolution")
    assert counters.per_step("synaptic_operations_convolution")[0].tolist() == [[4, 0], [0, 0]]
    assert counters.per_step("synaptic_operations_sparse")[0].tolist() == [[0, 4], [0, 0]]
    assert counters.per_step("packets")[0].tolist() == [[3, 0], [0, 0]]
    assert counters.per_step("packets_in")[0].tolist() == [[1, 3], [0, 0]]  # one from the input
    assert counters.per_step("updates_inactive")[0].tolist() == [[0, 2], [4, 0]]
    price = replay(record, counters.mapping)
    assert price.energy_parts_j["synaptic_operations_convolution"] == pytest.approx(4 * 24e-12)
    assert price.energy_parts_j["synaptic_operations_sparse"] == pytest.approx(4 * 33.6e-12)
    assert price.energy_parts_j["synaptic_operations"] == 0
    dearer = reprice(counters, CALIBRATED.replace(energy_spike=100, time_packet=50))
    assert dearer.energy_j - price.energy_j == pytest.approx(
        price.counts["spikes"] * (100 - 69.3) * 1e-12
    )
    assert dearer.latency_s - price.latency_s == pytest.approx(3 * (50 - 5.1) * 1e-9)
    with pytest.raises(NetworkProblem, match="counter is 'hops'"):
        counters.per_step("hops")


def test_two_stages_at_once_take_as_long_as_the_longer_one():
    network = two_layers(1, recurrent=True)
    dataset = SpikeDataset(spikes(network, 1, rate=0.6))
    record = simulate(network, dataset, record="events")
    counters = Counters(record, map_network(network, CALIBRATED, neurons_per_core=2))
    generation = (
        9.7e-9 * counters.per_step("updates_active")
        + 6e-9 * counters.per_step("updates_inactive")
        + 30e-9 * counters.per_step("spikes")
        + 5.1e-9 * counters.per_step("packets")
    )
    processing = 3.8e-9 * counters.per_step("synaptic_operations") + 16e-9 * counters.per_step(
        "packets_in"
    )
    barrier = barrier_s(CALIBRATED, 2)
    together = np.maximum(generation, processing).max(axis=2) + barrier
    assert replay(record, counters.mapping).sample_s == pytest.approx(
        together.sum(axis=1), rel=1e-12
    )
    alone = reprice(counters, CALIBRATED.replace(stages_at_once=["neurons"]))
    assert alone.sample_s == pytest.approx(
        ((generation + processing).max(axis=2) + barrier).sum(axis=1), rel=1e-12
    )


def test_links_of_the_mesh_carry_every_hop_and_packets_between_cores_add_up():
    network = recurrent(3)
    record = simulate(
        network, SpikeDataset(spikes(network, 3, n_steps=6, rate=0.6)), record="events"
    )
    mapping = scattered(network, CALIBRATED, 3)
    price = replay(record, mapping)
    links = mesh_links(mapping, price.links)
    for ways, counter in (((0, 1), "hops_x"), ((2, 3), "hops_y")):
        assert links.packets[np.isin(links.way, ways)].sum() == pytest.approx(price.counts[counter])
    assert price.links.packets.sum() == pytest.approx(price.counts["packets"])


def test_a_dense_format_that_stores_zeros_reads_them_too():
    weight = np.array([[1.0, 0, 0, 1]])
    network = Network(
        [Population("in", (1,), Input()), Population("out", (4,), IF(1.0))],
        [Projection("in", "out", weight)],
    )
    record = simulate(network, SpikeDataset(np.ones((1, 1, 1), bool)), record="events")
    stored = CALIBRATED.replace(zero_weights=["dense"])
    prices = [replay(record, map_network(network, chip)) for chip in (CALIBRATED, stored)]
    assert [price.counts["synaptic_operations"] for price in prices] == [2, 4]
    assert [map_network(network, chip).fan_synapses.sum() for chip in (CALIBRATED, stored)] == [
        2,
        4,
    ]


def test_steps_that_need_more_than_a_tick_are_counted():
    network = two_layers(2)
    chip = load_profile("truenorth").replace(
        tick=1e-7, time_synaptic_operation=10
    )  # a tenth of a nanosecond
    record = simulate(network, SpikeDataset(spikes(network, 2)), record="events")
    mapping = map_network(network, chip)
    busy = Counters(record, mapping).per_step("synaptic_operations").max(axis=2) > 0
    price = replay(record, mapping)
    assert price.timing == "tick" and price.late_steps == busy.sum(axis=1).mean() > 0
    late = Quantity("late_steps", "Steps that need more than a tick", price.late_steps)
    assert late in price.quantities


def test_a_timing_model_that_a_chip_does_not_have_or_cannot_fill_is_named():
    network = two_layers(2)
    record = simulate(network, SpikeDataset(spikes(network, 2)), record="events")
    with pytest.raises(
        DesignProblem, match="timing is 'tick'; for Intel Loihi it can be 'simple' or 'contention'"
    ):
        replay(record, map_network(network, LOIHI), timing="tick")
    price = replay(record, map_network(network, LOIHI), timing="contention")
    assert (
        price.latency_s is None
        and price.not_published == ("packets_per_link",)
        and price.energy_j > 0
    )

"""Prices against a naive count of every synapse, and against hand-worked examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import NetworkProblem
from spikefit_nb.hardware import load_profile
from spikefit_nb.mapping import map_network
from spikefit_nb.network import IF, CubaLIF, Input, Network, Population, Projection
from spikefit_nb.replay import missing_figures, replay
from spikefit_nb.replay.replay import COUNTERS, ENERGY_FIGURES, barrier_s
from spikefit_nb.simulate import simulate
from tests.naive.replay_run import replay as naive_replay
from tests.networks import convolutional, spikes, two_layers

LOIHI = load_profile("loihi1")
SECONDS = {
    name: LOIHI.si(f"time_{name}")
    for name in ("synaptic_operation", "update_active", "update_inactive", "within_tile", "hop_x", "hop_y")
}


def assert_equal_to_naive(network, dataset, neurons_per_core):
    mapping = map_network(network, LOIHI, neurons_per_core=neurons_per_core)
    price = replay(simulate(network, dataset, record="events"), mapping)
    n_tiles = len(np.unique(mapping.tiles, axis=0))
    counts, latency, packets = naive_replay(network, dataset, mapping, SECONDS, barrier_s(LOIHI, n_tiles))
    for name in COUNTERS:
        assert price.counts[name] * dataset.n_samples == pytest.approx(sum(c[name] for c in counts), abs=1e-9), name
    assert price.latency_s == pytest.approx(latency.mean(), rel=1e-12)
    links = zip(price.links.source, price.links.target, price.links.packets, strict=True)
    assert {(s, t): round(p * dataset.n_samples) for s, t, p in links} == {k: v for k, v in packets.items() if v}


@settings(max_examples=15)
@given(seed=st.integers(0, 10**6), neurons_per_core=st.integers(1, 7), recurrent=st.booleans(), sparse=st.booleans())
def test_every_count_and_time_is_what_a_naive_count_finds(seed, neurons_per_core, recurrent, sparse):
    network = two_layers(seed, "LIF", recurrent, sparse)
    assert_equal_to_naive(network, SpikeDataset(spikes(network, seed, n_steps=8, rate=0.5)), neurons_per_core)


def test_convolutions_and_repeated_spikes_are_priced_like_any_other():
    network = convolutional(5, max_spikes=None)
    assert_equal_to_naive(network, SpikeDataset(spikes(network, 5, n_steps=4, rate=0.5)), 9)


def test_energy_is_the_sum_of_counts_times_published_energies():
    network = two_layers(1, recurrent=True)
    mapping = map_network(network, LOIHI, neurons_per_core=1)
    price = replay(simulate(network, SpikeDataset(spikes(network, 1, rate=0.6)), record="events"), mapping)
    by_hand = sum(price.counts[c] * LOIHI.si(f) for c, f in ENERGY_FIGURES.items() if LOIHI.has(f))
    assert price.energy_j == pytest.approx(by_hand, rel=1e-12) and price.counts["hops_x"] > 0


def test_one_spike_over_three_tiles_costs_what_the_table_of_loihi_says():
    # neuron 0 on core 0 (tile 0), neuron 8 on core 8 (tile 2): two hops east; one synaptic operation each, two updates
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
    mapping = map_network(network, LOIHI, neurons_per_core=1)
    price = replay(simulate(network, SpikeDataset(spike), record="events"), mapping)
    assert price.counts["hops_x"] == 2 and price.counts["hops_y"] == 0 and price.counts["packets"] == 1
    assert price.energy_j == pytest.approx(2 * 23.6e-12 + 2 * 81e-12 + 16 * 52e-12 + 2 * 3e-12)
    # step 1: core 0 works 3.5 + 8.4 ns (core 8 less: 3.5 + 5.3), and a spike goes two hops; step 2: core 8 only updates
    # its neuron, since the synapse was served in the step the spike was sent; three tiles agree twice
    barrier = 113e-9 + (465e-9 - 113e-9) * 2 / 31
    assert price.latency_s == pytest.approx((3.5e-9 + 8.4e-9) + 8.4e-9 + 2 * 4.1e-9 + 2 * barrier)


@pytest.mark.parametrize(
    ("target", "counter", "energy_j", "time_s"),
    [(1, "within_tile", 1.7e-12, 2.1e-9), (32, "hops_y", 4.0e-12, 6.5e-9), (33, "hops_y", 4.0e-12, 6.5e-9)],
)  # fmt: skip
def test_a_spike_within_a_tile_or_one_tile_north_costs_what_the_table_of_loihi_says(target, counter, energy_j, time_s):
    # four cores a tile, eight tiles a row: core 1 shares the tile of core 0, cores 32 and 33 are on the tile above it
    onward = np.zeros((40, 40))
    onward[0, target] = 1.0
    first = np.zeros((1, 40))
    first[0, 0] = 1.0
    network = Network(
        [Population("in", (1,), Input()), Population("out", (40,), IF(1.0))],
        [Projection("in", "out", first), Projection("out", "out", onward, delay_steps=1)],
    )
    mapping = map_network(network, LOIHI, neurons_per_core=1)
    spike = SpikeDataset(np.array([[[True], [False]]]))
    price = replay(simulate(network, spike, record="events"), mapping)
    assert price.counts[counter] == price.counts["packets"] == 1
    assert price.energy_j == pytest.approx(2 * 23.6e-12 + 2 * 81e-12 + 78 * 52e-12 + energy_j)
    barrier = 2 * barrier_s(LOIHI, 10)
    assert price.latency_s == pytest.approx((3.5e-9 + 8.4e-9) + 8.4e-9 + time_s + barrier)


def test_loads_are_shares_of_a_step_and_the_longest_run_sets_the_pace():
    network = two_layers(2)
    price = replay(simulate(network, SpikeDataset(spikes(network, 2)), record="events"), map_network(network, LOIHI))
    assert (price.core_loads > 0).all() and (price.core_loads < 1).all()


def test_a_ticking_chip_takes_a_tick_a_step():
    network = two_layers(2)
    truenorth = load_profile("truenorth")
    price = replay(
        simulate(network, SpikeDataset(spikes(network, 2)), record="events"), map_network(network, truenorth)
    )
    assert price.latency_s == pytest.approx(12 * 1e-3)


def test_a_figure_nobody_published_gives_no_number():
    figures = {k: v for k, v in LOIHI.figures.items() if k != "energy_synaptic_operation"}
    profile = type(LOIHI)(LOIHI.name, LOIHI.title, LOIHI.family, LOIHI.step, figures)
    network = two_layers(2)
    price = replay(simulate(network, SpikeDataset(spikes(network, 2)), record="events"), map_network(network, profile))
    assert price.energy_j is None and price.latency_s > 0
    assert price.not_published == ("energy_synaptic_operation",)
    assert ("Energy per inference, events", None, "J") in price.rows()


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
    # inputs, recurrence, outputs, hidden neurons with 3 cycles a spike, output neurons: power_cycles_model.py
    cycles = 2 * (p_in * 8 * 3.5 + 1) + 7 * p * 64 + 8 * p * (1 + 8 * 2) + 8 * (22 + 3 * p) + 12 * 2
    assert p > 0 and price.counts["clock_cycles"] == pytest.approx(12 * cycles)
    assert price.latency_s == pytest.approx(12 * cycles / 50e6)
    assert price.energy_j == pytest.approx(price.latency_s * xylo.si("active_power"))
    assert price.static_energy_j is None and {"clock", "active_power", "cycles_spike"} <= set(price.figures)
    assert "static_power" not in price.figures
    assert missing_figures(load_profile("xylo_audio2"), "energy_j") == ("active_power",)


def test_odin_is_priced_by_its_three_published_terms():
    network, odin = two_layers(4), load_profile("odin")
    record = simulate(network, SpikeDataset(spikes(network, 4, rate=0.6)), record="events")
    price = replay(record, map_network(network, odin))
    sent = (record.spike_counts["input"].sum() + record.spike_counts["hidden"].sum()) / record.n_samples
    cycles = sent * (1 + 2 * 256) + 12 * 512
    assert price.latency_s == pytest.approx(cycles / 75e6)
    assert price.energy_j == pytest.approx(sent * 256 * 8.43e-12 + cycles * 1.78e-12)
    assert price.static_energy_j == pytest.approx(27.3e-6 * price.latency_s)


def test_odin_predicts_both_published_operating_points():
    # Frenkel 2019, 0.55 V: 75 MHz with 37.5 MSOP/s, 477 uW; 1.3 MHz with 650 kSOP/s, 35 uW
    odin = load_profile("odin")
    for clock_hz, operations_per_s, power_w in ((75e6, 37.5e6, 477e-6), (1.3e6, 650e3, 35e-6)):
        events_w = clock_hz * odin.si("energy_clock_cycle") + operations_per_s * odin.si("energy_synaptic_operation")
        assert odin.si("static_power") + events_w == pytest.approx(power_w, rel=0.01)


def test_barriers_are_read_between_the_published_numbers_of_tiles():
    calibrated = load_profile("loihi1", coefficients="calibrated")
    assert [barrier_s(calibrated, n) for n in (1, 2, 3, 4, 29, 32)] == pytest.approx(
        [0.6e-6, 1.0e-6, 1.2e-6, 1.4e-6, 1.8e-6, 1.8e-6]
    )


def test_the_calibrated_set_prices_messages_and_firing_too():
    network = two_layers(1, recurrent=True)
    calibrated = load_profile("loihi1", coefficients="calibrated")
    record = simulate(network, SpikeDataset(spikes(network, 1, rate=0.6)), record="events")
    price = replay(record, map_network(network, calibrated, neurons_per_core=1))
    c = price.counts
    by_hand = (
        c["synaptic_operations"] * 35.5 + c["updates_active"] * (51.2 + 21.6) + c["updates_inactive"] * 51.2
        + c["spikes"] * 69.3 + c["packets"] * 111 + c["hops_x"] * 3.0 + c["hops_y"] * 4.2
    )  # fmt: skip
    assert c["packets"] > 0 and price.energy_j == pytest.approx(by_hand * 1e-12)

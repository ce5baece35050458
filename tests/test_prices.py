"""Prices with nothing left out: chips in use, messages from inputs, rows that are fetched, several
events in a step; and figures of a user's own in the unit of their neighbours.
"""

import numpy as np
import pytest
import scipy.sparse as sp

import spikefit_nb as sf
from spikefit_nb.errors import ProfileProblem, WrongArgument
from spikefit_nb.hardware import Sourced
from spikefit_nb.mapping import map_network
from spikefit_nb.replay import (
    Counters,
    FiringRates,
    Links,
    Price,
    energy_by_core,
    predict,
    replay,
    uncertainty,
)
from spikefit_nb.replay.figures import rests_on
from spikefit_nb.replay.price import UNPRICED_LINKS, WAY_IN

CALIBRATED = sf.load_profile("loihi1", coefficients="calibrated")


def one_input_to(n_neurons, profile, n_steps=10):
    network = sf.Network(
        [sf.Population("in", (1,), sf.Input()), sf.Population("o", (n_neurons,), sf.IF(1e6))],
        [sf.Projection("in", "o", np.ones((1, n_neurons), np.int8), scale=1.0)],
    )
    dataset = sf.SpikeDataset(np.ones((1, n_steps, 1), bool))
    return sf.deploy(network, profile, dataset, design=sf.Design(partition="layers"))


@pytest.mark.parametrize(("n_neurons", "n_chips"), [(1000, 1), (150_000, 2), (450_000, 4)])
def test_static_power_is_that_of_the_chips_in_use(n_neurons, n_chips):
    four = sf.load_profile("loihi1").replace(cores=512, cores_per_chip=128, mesh_rows=16)
    report = one_input_to(n_neurons, four)
    assert report.price.n_chips == n_chips == len(set(report.mapping.chips.tolist()))
    static_w = report.price.static_energy_j / report.price.latency_s
    assert static_w == pytest.approx(n_chips * 0.1044)
    assert report.operation.static_power_w.value == pytest.approx(n_chips * 0.1044)
    assert report.operation.static_power_w.low == pytest.approx(n_chips * 29.6e-3)  # before boot
    budget = report.power_budget(inferences_per_s=10)
    assert budget.idle_power_w == pytest.approx(n_chips * 96.3e-3)  # after a run
    assert (f"of {n_chips} chips" in report.operation.static_state) == (n_chips > 1)


def inputs_to_ten(relay):
    populations, projections = [sf.Population("in", (100,), sf.Input())], []
    if relay:
        populations.append(sf.Population("r", (100,), sf.IF(1.0)))
        projections.append(sf.Projection("in", "r", np.eye(100)))
    populations.append(sf.Population("o", (10,), sf.LIF(0.01, v_threshold=1e6)))
    source = "r" if relay else "in"
    projections.append(sf.Projection(source, "o", np.ones((100, 10)), delay_steps=1))
    return sf.Network(populations, projections)


@pytest.mark.parametrize("relay", [False, True])
def test_a_spike_of_an_input_costs_the_core_it_reaches_what_a_neurons_spike_does(relay):
    network, dataset = inputs_to_ten(relay), sf.SpikeDataset(np.ones((1, 20, 100), bool))
    mapping = map_network(network, CALIBRATED, neurons_per_core=100)
    record = sf.simulate(network, dataset, record="events")
    counters, price = Counters(record, mapping), replay(record, mapping)
    core = mapping.core_of[-1]
    into_o = counters.per_step("packets_in")[0, :, core].sum()
    assert into_o == 2000  # either way
    assert price.counts["input_packets"] == 2000
    assert price.counts["packets_in"] == 2000 + 2000 * relay
    dearer = CALIBRATED.replace(energy_packet_in=7, energy_input_packet=5)
    own = map_network(network, dearer, neurons_per_core=100)
    paid = replay(record, own)
    assert price.left_out == ("input spikes on their way in",) and paid.left_out == ()
    extra = 7e-12 * price.counts["packets_in"] + 5e-12 * 2000
    assert paid.energy_j - price.energy_j == pytest.approx(extra)
    assert energy_by_core(own, paid).sum() == pytest.approx(paid.energy_j)
    reading = 16e-9 * 100 + 3.8e-9 * 1000  # a step's packets into o, and their synapses
    if not relay:
        assert price.step_s[0] == pytest.approx(reading + 0.6e-6)
    rates = predict(record, mapping)
    assert rates.counts["packets_in"] == price.counts["packets_in"]
    assert rates.counts["input_packets"] == 2000


def test_inputs_wait_in_line_like_packets_where_these_do():
    network, dataset = inputs_to_ten(False), sf.SpikeDataset(np.ones((1, 20, 100), bool))
    record = sf.simulate(network, dataset, record="events")
    waiting = replay(record, map_network(network, CALIBRATED), timing="contention")
    assert waiting.step_s[0] == pytest.approx(16e-9 * 100 + 3.8e-9 * 1000 + 0.6e-6)


def xylo(k):
    profile = sf.load_profile("xylo_audio3")
    neuron = sf.CubaLIF(0.02, 0.02, v_threshold=1e5, reset="subtract")
    network = sf.Network(
        [
            sf.Population("in", (2,), sf.Input()),
            sf.Population("h", (8,), neuron),
            sf.Population("o", (2,), neuron),
        ],
        [
            sf.Projection("in", "h", np.ones((2, 8), np.int8), scale=1.0),
            sf.Projection("h", "o", np.ones((8, 2), np.int8), scale=1.0),
        ],
        dt_s=1e-3,
    )
    return sf.deploy(network, profile, sf.SpikeDataset(np.full((1, 10, 2), k, np.uint8)))


def test_several_events_of_a_step_cost_xylo_as_one():
    # synsense/rockpool, power_cycles_model: "Multiple events per bin cost the same as a single one"
    # eleven steps: the output hears a step later, and in that there is no input
    prices = [xylo(k).price for k in (1, 15)]
    silent = xylo(0).price.counts["clock_cycles"] / 11
    of_events = [price.counts["clock_cycles"] - 11 * silent for price in prices]
    assert silent + of_events[0] / 10 == silent + of_events[1] / 10 == pytest.approx(258.0)
    assert prices[0].latency_s == prices[1].latency_s
    report = xylo(15)
    expected = predict(report.record, report.mapping)
    # rates know no step without input
    assert expected.counts["clock_cycles"] == pytest.approx(11 * 258, rel=1e-4)


def wired(matrix):
    """Neurons onto neurons, and an input that drives the first."""
    n_sources, n_targets = matrix.shape
    drive = sp.csr_array(np.eye(1, n_sources))
    return sf.Network(
        [
            sf.Population("in", (1,), sf.Input()),
            sf.Population("from", (n_sources,), sf.IF(1.0)),
            sf.Population("to", (n_targets,), sf.IF(1e6)),
        ],
        [sf.Projection("in", "from", drive), sf.Projection("from", "to", matrix)],
    )


def test_spinnaker_fetches_a_row_for_each_core_a_spike_reaches_but_not_one_to_one():
    spinnaker = sf.load_profile("spinnaker1")
    for matrix, n_rows in ((sp.csr_array(np.eye(300)), 0), (np.ones((300, 300)), 2 * 300)):
        network = wired(matrix)
        rates = FiringRates.assumed(network, {"in": 0, "from": 1.0, "to": 0}, n_steps=10)
        price = predict(rates, map_network(network, spinnaker))
        fetched = price.counts["packets_in"] - price.counts["packets_in_single"]
        assert fetched == 10 * n_rows
        parts = price.energy_parts_j
        assert parts["packets_in"] == pytest.approx(10 * n_rows * 524e-9)
        single = 3000 if n_rows == 0 else 0
        assert parts["packets_in_single"] == pytest.approx(single * 89e-9)


def test_a_figure_of_ones_own_takes_the_unit_of_its_neighbours_or_states_one():
    spinnaker = sf.load_profile("spinnaker1")
    assert spinnaker.figure("energy_spike").unit == "nJ"
    bare = sf.HardwareProfile(
        "mine", "Mine", "mesh", "tick", figures={"energy_hop_x": Sourced(1, "nJ", "measured", "p")}
    )
    assert bare.replace(energy_packet_in=80.9).figure("energy_packet_in").si == pytest.approx(
        80.9e-9
    )
    own = spinnaker.replace(energy_chip_hop="80.9 pJ").figure("energy_chip_hop")
    assert own.si == pytest.approx(80.9e-12) and own.kind == "assumed"
    assert sf.load_profile("loihi1").replace(energy_spike=7).figure("energy_spike").unit == "pJ"
    with pytest.raises(ProfileProblem, match=r"in which unit\? .* in W and mW on SpiNNaker 1"):
        spinnaker.replace(active_power=3)
    assert spinnaker.replace(active_power="3 mW").si("active_power") == pytest.approx(3e-3)
    for wrong in ("80.9", "nJ", "80.9 ns", "x nJ", "-1 nJ"):
        with pytest.raises(ProfileProblem, match="energy_spike"):
            spinnaker.replace(energy_spike=wrong)


def test_a_price_from_rates_has_ends_too_and_they_are_those_of_its_figures():
    network = inputs_to_ten(True)
    mapping = map_network(network, CALIBRATED, neurons_per_core=100)
    rates = FiringRates.assumed(network, {"in": 0.1, "r": 0.1, "o": 0.1}, n_steps=5)
    price = predict(rates, mapping)
    found = uncertainty(price, CALIBRATED)
    assert found.now.latency_s == price.latency_s and found.now.event_energy_j == price.energy_j
    assert found.latency_s.low < price.latency_s < found.latency_s.high
    assert found.event_energy_j.low < price.energy_j < found.event_energy_j.high
    assert any("micro-benchmarks on Loihi boards" in note for note in found.notes)
    record = sf.simulate(network, sf.SpikeDataset(np.ones((1, 3, 100), bool)), record="events")
    with pytest.raises(WrongArgument, match=r"uncertainty\(Counters\(record, mapping\), profile\)"):
        uncertainty(replay(record, mapping), CALIBRATED)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "energy not published, latency not published"),
        ({"energy_parts_j": {"spikes": 2e-9, "synapses": 1e-9}}, "3 nJ, latency not published"),
        ({"latency_s": 2e-3}, "energy not published, 2 ms"),
        (
            {"latency_least_s": 1e-3},
            "energy not published, latency not published, 1 ms at the shortest step measured",
        ),
        (
            {"energy_parts_j": {"spikes": 1e-9}, "left_out": (UNPRICED_LINKS,)},
            "1 nJ without links between chips, latency not published",
        ),
    ],
)
def test_a_price_says_what_is_known_and_what_nobody_has_published(given, said):
    assert price_of(**given).headline == said


def test_a_price_lists_the_shortest_latency_late_steps_and_chips_where_there_are_any():
    known = {q.name: q.value for q in price_of(latency_s=1e-3, static_energy_j=2e-6).quantities}
    assert known["latency_s"] == 1e-3 and known["static_energy_j"] == 2e-6
    assert known["energy_j"] is None
    assert {"latency_least_s", "late_steps"}.isdisjoint(known)
    least = price_of(latency_least_s=5e-3, timing="tick", late_steps=3.0, n_chips=2).quantities
    values = {q.name: (q.label, q.value) for q in least}
    assert values["latency_least_s"][1] == 5e-3 and values["late_steps"][1] == 3.0
    assert values["static_energy_j"][0].endswith("2 chips")
    one = {q.name: q.label for q in price_of(n_chips=1).quantities}
    assert one["static_energy_j"].endswith("whole chip")


def test_a_price_notes_what_several_chips_and_inputs_leave_out_apart():
    assert price_of().notes == () and price_of(left_out=(WAY_IN,)).notes == ()
    both = price_of(left_out=(WAY_IN, UNPRICED_LINKS))
    assert both.notes == (f"Several chips, left out: {UNPRICED_LINKS}",)
    assert both.of_inputs_left_out == (WAY_IN,)


def test_what_a_link_takes_at_once_counts_only_where_packets_are_sent():
    network = inputs_to_ten(relay=True)
    mapping = map_network(network, CALIBRATED)
    for spiking in (True, False):
        dataset = sf.SpikeDataset(np.full((1, 5, 100), spiking))
        record = sf.simulate(network, dataset, record="events")
        price = replay(record, mapping, timing="contention")
        assert (price.counts["packets"] > 0) == spiking
        assert ("packets_per_link" in price.figures) == spiking


def price_of(**given):
    """A price of ten steps of which nothing else is known."""
    links = Links(*[np.zeros(0)] * 3)
    unknown = {"energy_parts_j": None, "latency_s": None, "static_energy_j": None}
    rest = {"core_loads": np.zeros(1), "links": links, "n_steps": 10, "figures": ()}
    return Price({"spikes": 3.0}, not_published=(), **(unknown | rest | given))


@pytest.mark.parametrize(("hops_x", "hops_y"), [(0, 0), (0.5, 0), (0, 1), (2, 0.5)])
def test_a_price_rests_on_the_width_of_the_mesh_where_any_packet_crosses_a_tile(hops_x, hops_y):
    report = one_input_to(10, CALIBRATED)
    counts = report.price.counts | {"hops_x": hops_x, "hops_y": hops_y}
    crosses = hops_x > 0 or hops_y > 0
    assert ("mesh_columns" in rests_on(CALIBRATED, counts, "simple")) == crosses

"""Runs that SANA-FE recorded, priced here: the same counts, energies and latencies.

W2 is made anew from its seed. The tool's own network is looked for in an installed ``sanafe``, or
in its package folder named by ``SPIKEFIT_SANAFE``.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from spikefit_nb.balance import Auto, Bottleneck
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.hardware import load_profile
from spikefit_nb.mapping import map_by_hand, map_network
from spikefit_nb.replay import Counters, replay
from spikefit_nb.sanafe_file import core_places, read_sanafe_arch, read_sanafe_network
from spikefit_nb.simulate import simulate
from tests.benchmarks import workloads
from tests.sanafe_mapping import evenly, tools_own, w2_record

RECORDED = Path(__file__).parent / "recorded" / "sanafe"
STEPS = {
    "spikes": "fired",
    "updates_active": "updated",
    "packets": "packets",
    "synaptic_operations": "synaptic_operations",
}
SYNAPSE = ("synaptic_operations", "synaptic_operations_sparse", "synaptic_operations_convolution")
SOMA, WAY = (
    ("updates_active", "updates_inactive", "spikes"),
    ("packets", "packets_in", "hops_x", "hops_y"),
)


def recorded(name):
    return json.loads((RECORDED / f"{name}.json").read_text())


@pytest.fixture(scope="module")
def w2():
    """W2, and what fired in its first 100 steps."""
    return w2_record(workloads.read(workloads.w2(10_000, 100)))


def assert_same_counts_and_energy(run, record, mapping):
    """Every count of every step, and every part of the energy."""
    counters, price = Counters(record, mapping), replay(record, mapping)
    for ours, theirs in STEPS.items():
        assert counters.per_step(ours).sum(axis=2)[0].tolist() == run["steps"][theirs], theirs
        assert price.counts[ours] == run["totals"][theirs]
    assert price.counts["hops_x"] + price.counts["hops_y"] == run["totals"]["hops"]
    parts, energies = price.energy_parts_j, run["totals"]["energy_j"]
    for names, part in ((SYNAPSE, "synapse"), (SOMA, "soma"), (WAY, "network")):
        assert sum(parts.get(name, 0.0) for name in names) == pytest.approx(
            energies[part], rel=1e-9
        ), part
    assert price.energy_j == pytest.approx(energies["total"], rel=1e-9)
    assert price.step_s == pytest.approx(
        np.array(run["models"]["simple"]["step_latency_s"]), rel=1e-9
    )
    return price


def assert_waits_alike(run, record, mapping):
    """Waiting packets take as long as the tool's ``detailed``, within 5 %."""
    price, detailed = replay(record, mapping, timing="contention"), run["models"]["detailed"]
    assert price.latency_s == pytest.approx(detailed["latency_s"], rel=0.05)
    assert price.step_s == pytest.approx(np.array(detailed["step_latency_s"]), rel=0.15)


@pytest.mark.parametrize("n_cores", [10, 128])
def test_w2_costs_and_takes_what_the_tool_recorded(w2, n_cores):
    network, record = w2
    # the tool takes the first synapse unit of its file, that for dense matrices, whatever a network
    # looks like
    dense = {"energy_synaptic_operation_sparse": 35.5, "time_synaptic_operation_sparse": 3.8}
    chip = load_profile("loihi1", coefficients="calibrated").replace(**dense)
    mapping, run = evenly(network, chip, [n_cores]), recorded(f"w2_{n_cores}_cores")
    assert_same_counts_and_energy(run, record, mapping)
    assert_waits_alike(run, record, mapping)


@pytest.fixture(scope="module")
def dvs():
    """The tool's own network, its chip, and 1,000 steps of it."""
    network = read_sanafe_network(tools_own("dvs_challenge.npz"))
    dataset = SpikeDataset(np.zeros((1, 1000, 1), bool))
    record = simulate(network, dataset, arithmetic="sanafe_loihi", record="events")
    return network, read_sanafe_arch(tools_own("loihi.yaml")), record


def test_the_tools_own_network_computes_costs_and_takes_what_the_tool_recorded(dvs):
    network, chip, record = dvs
    mapping = evenly(network, chip, [1, 4, 16, 16, 4, 1])
    run = recorded("dvs")
    price = assert_same_counts_and_energy(run, record, mapping)
    assert price.counts["spikes"] == 365_277 and price.counts["synaptic_operations"] == 51_549_374
    assert price.counts["packets"] == 2_482_643
    assert price.energy_j == pytest.approx(3.440570683e-3, rel=1e-9)
    assert price.latency_s == pytest.approx(23.951e-3, rel=1e-4)
    assert_waits_alike(run, record, mapping)
    waiting, cycle = (
        replay(record, mapping, timing="contention"),
        np.array(run["models"]["cycle"]["step_latency_s"]),
    )
    detailed = np.array(run["models"]["detailed"]["step_latency_s"])[: cycle.size]
    assert abs(waiting.step_s[: cycle.size].sum() - cycle.sum()) <= abs(
        detailed.sum() - cycle.sum()
    )


def test_the_tool_says_the_same_of_a_mapping_by_what_is_waited_for_and_it_beats_the_tutorials(dvs):
    network, chip, record = dvs
    places, core_of = core_places(chip), np.load(RECORDED / "dvs_balanced.npz")
    cores = {p.name: places[core_of[p.name]] for p in network.neuron_populations}
    run, tutorial = recorded("dvs_balanced"), recorded("dvs")
    assert_same_counts_and_energy(run, record, map_by_hand(network, chip, cores))
    took_s, tutorial_s = (r["models"]["simple"]["latency_s"] for r in (run, tutorial))
    energy_j, tutorial_j = (r["totals"]["energy_j"]["total"] for r in (run, tutorial))
    assert took_s <= 12.6e-3  # of a search by 60 replays, which moved spatial tiles
    assert took_s < tutorial_s / 1.9 and energy_j < tutorial_j


def test_the_search_finds_such_a_mapping_of_the_tools_own_network(dvs):
    network, chip, record = dvs
    filled = map_network(network, chip)
    before = replay(record, filled)
    found = replay(record, Bottleneck().spread(record, filled))
    quick = replay(record, Auto().choose(record, filled))
    assert before.latency_s == pytest.approx(62.9e-3, rel=2e-3)
    assert found.latency_s <= 12.6e-3 and found.energy_j <= 1.01 * 1.04 * before.energy_j
    assert quick.latency_s <= 1.15 * 12.6e-3 and quick.energy_j <= 1.05 * before.energy_j

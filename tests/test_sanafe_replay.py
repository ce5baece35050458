"""Runs that SANA-FE recorded, priced here: the same counts, energies and latencies.

W2 is made anew from its seed. The tool's own network is looked for in an installed ``sanafe``, or
in its package folder named by ``SPIKEFIT_SANAFE``.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.hardware import load_profile
from spikefit_nb.replay import Counters, replay
from spikefit_nb.sanafe_file import read_sanafe_arch, read_sanafe_network
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


def test_the_tools_own_network_computes_costs_and_takes_what_the_tool_recorded():
    network = read_sanafe_network(tools_own("dvs_challenge.npz"))
    mapping = evenly(network, read_sanafe_arch(tools_own("loihi.yaml")), [1, 4, 16, 16, 4, 1])
    dataset = SpikeDataset(np.zeros((1, 1000, 1), bool))
    record = simulate(network, dataset, arithmetic="sanafe_loihi", record="events")
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

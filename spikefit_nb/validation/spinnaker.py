"""The workloads that were measured on two boards of SpiNNaker, as networks and rates."""

from functools import cache
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from spikefit_nb.hardware import HardwareProfile, load_profile
from spikefit_nb.mapping import map_network
from spikefit_nb.network import IF, Input, Network, Population, Projection
from spikefit_nb.replay import FiringRates, Interval, energy_interval, predict

STEP_S = 1e-3
SEED = 0  # of the random wiring
CORES_PER_CHIP, CHIPS = 17, 48


class Wired(NamedTuple):
    """Sources or neurons onto neurons: sizes, synapses of each source, spikes of all, steps."""

    n_sources: int
    n_targets: int
    fan_out: int
    n_spikes: float
    n_steps: int


WORKLOADS = {
    "silent": Wired(16_065, 0, 0, 0, 10_002),
    "silent_recorded": Wired(16_065, 0, 0, 0, 10_002),
    "all_spike": Wired(16_065, 0, 0, 160_682_130, 10_002),
    "all_spike_recorded": Wired(16_065, 0, 0, 160_682_130, 10_002),
    "sources_all_to_all": Wired(30, 12_000, 12_000, 134_824, 20_052),
    "sources_one_to_one": Wired(5_000, 5_000, 1, 1_148_690, 10_052),
    "sources_random": Wired(30, 12_000, 255, 599_800, 20_052),
    "one_to_one": Wired(7_905, 7_905, 1, 158_115_810, 20_002),
    "random": Wired(18, 15_810, 7_905, 360_036, 20_002),
    "one_to_all": Wired(1, 15_810, 15_810, 20_002, 20_002),
}


@cache
def network_of(name: str) -> Network:
    """The network of a workload; sources of spikes are neurons of their own."""
    n_sources, n_targets, fan_out, *_ = WORKLOADS[name]
    populations = [Population("in", (1,), Input()), Population("from", (n_sources,), IF(1.0))]
    projections = [Projection("in", "from", sp.csr_array(np.eye(1, n_sources)))]
    if n_targets:
        populations.append(Population("to", (n_targets,), IF(1.0)))
        projections.append(Projection("from", "to", _wiring(n_sources, n_targets, fan_out)))
    return Network(populations, projections)


def _wiring(n_sources: int, n_targets: int, fan_out: int) -> sp.csr_array | np.ndarray:
    if fan_out == n_targets:
        return np.ones((n_sources, n_targets), np.float32)
    if fan_out == 1:
        return sp.csr_array(sp.eye_array(n_sources, n_targets))
    random = np.random.default_rng(SEED)
    targets = [np.sort(random.permutation(n_targets)[:fan_out]) for _ in range(n_sources)]
    ends = np.repeat(np.arange(n_sources), fan_out), np.concatenate(targets)
    return sp.csr_array((np.ones(ends[0].size), ends), shape=(n_sources, n_targets))


def power_above_idle_w(name: str, profile: HardwareProfile) -> Interval:
    """Mean power of a workload above that of an idle board."""
    wired, network = WORKLOADS[name], network_of(name)
    rate = wired.n_spikes / (wired.n_sources * wired.n_steps)
    silent = {p.name: 0.0 for p in network.populations}
    rates = FiringRates.assumed(network, {**silent, "from": rate}, n_steps=wired.n_steps)
    price = predict(rates, map_network(network, profile))
    joules = energy_interval(price, profile) or ()
    return Interval(*(j / (wired.n_steps * STEP_S) for j in joules))


def board(coefficients: str) -> HardwareProfile:
    """A board of SpiNNaker with the chip's own coefficients, or those of a set."""
    chip = load_profile("spinnaker1", coefficients=coefficients or None)
    return chip.replace(
        cores=CORES_PER_CHIP * CHIPS, cores_per_chip=CORES_PER_CHIP, mesh_rows=CHIPS
    )

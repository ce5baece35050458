"""What each row is predicted by: its workload, priced as any design is."""

from collections.abc import Callable
from math import sqrt
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from spikefit_nb.datasets import load_dataset
from spikefit_nb.deploy import deploy
from spikefit_nb.hardware import HardwareProfile, load_profile, with_range
from spikefit_nb.mapping import map_network
from spikefit_nb.network import IF, Input, Network, Population, Projection
from spikefit_nb.nir_file import load_network
from spikefit_nb.replay import FiringRates, Interval, Operation, Price, energy_interval, predict
from spikefit_nb.validation import dvs, nmnist, spinnaker

CORES_OF_TRUENORTH, NEURONS_OF_A_CORE = 4096, 256
TICK_S = 1e-3
Z = 1.96  # standard deviations of a 95 % interval
# accuracies of simulators on the same file, on 140 recordings and 10,000: Pedersen 2024 (NIR),
# data of neuromorphs/NIR@7232ada paper/02_cnn and 03_rnn
SIMULATORS = {
    "nmnist": (0.9712, 0.9847),
    "braille_subtract": (0.714, 0.9357),
    "braille": (0.486, 0.95),
}
N_PUBLISHED = {"nmnist": 10_000, "braille_subtract": 140, "braille": 140}


def spinnaker_power(workload: str, coefficients: str) -> Interval:
    """Power of a board above idle."""
    return spinnaker.power_above_idle_w(workload, spinnaker.board(coefficients))


def crossbar(n_synapses: int) -> Network:
    """One core whose neurons lead back to it, each by so many synapses."""
    targets = [(np.arange(n_synapses) + k) % NEURONS_OF_A_CORE for k in range(NEURONS_OF_A_CORE)]
    ends = np.repeat(np.arange(NEURONS_OF_A_CORE), n_synapses), np.concatenate(targets)
    own = sp.csr_array((np.ones(ends[0].size), ends), shape=(NEURONS_OF_A_CORE,) * 2)
    drive = sp.csr_array(np.eye(1, NEURONS_OF_A_CORE))
    return Network(
        [Population("in", (1,), Input()), Population("core", (NEURONS_OF_A_CORE,), IF(1.0))],
        [Projection("in", "core", drive), Projection("core", "core", own, delay_steps=1)],
    )


def _one_core(
    chip: HardwareProfile, spikes_per_step: float, n_synapses: int, n_steps: int
) -> Price:
    network = crossbar(n_synapses)
    rates = {"in": 0.0, "core": spikes_per_step / NEURONS_OF_A_CORE}
    return predict(FiringRates.assumed(network, rates, n_steps=n_steps), map_network(network, chip))


def truenorth_power(hz: str, n_synapses: str) -> Interval:
    """Power of a whole chip whose neurons all fire at one rate: that of one core, as often."""
    chip, static = load_profile("truenorth"), figure("static_power", "truenorth")
    if float(hz) == 0:
        return static
    n_steps = 1000
    spikes = float(hz) * TICK_S * NEURONS_OF_A_CORE
    events = energy_interval(_one_core(chip, spikes, int(n_synapses), n_steps), chip) or ()
    parts = zip(static, events, strict=True)
    return Interval(*(w + CORES_OF_TRUENORTH * j / (n_steps * TICK_S) for w, j in parts))


def truenorth_core() -> Interval:
    """What one core of a chip that is on draws in one tick."""
    return Interval(*(w / CORES_OF_TRUENORTH * TICK_S for w in figure("static_power", "truenorth")))


def odin_power(mega_operations_per_s: str, mhz: str) -> Interval:
    """Power of a chip that does as many operations as its clock allows, in steps that are rare."""
    chip = load_profile("odin").replace(clock=float(mhz))
    per_step = 1000.0  # spikes, beside which a step's own cycles are few
    price = _one_core(chip, per_step, NEURONS_OF_A_CORE, 1)
    operation = Operation(price, chip, "single_stream", 1.0, 1)
    power_w: Interval = operation.power_w  # type: ignore[assignment]
    per_s = per_step * NEURONS_OF_A_CORE / price.latency_s  # type: ignore[operator]
    share = float(mega_operations_per_s) * 1e6 / per_s
    static = figure("static_power", "odin")
    return Interval(*(s + (w - s) * share for s, w in zip(static, power_w, strict=True)))


def odin_spike() -> Interval:
    """Energy of one spike onto all neurons."""
    chip = load_profile("odin")
    return energy_interval(_one_core(chip, 1.0, NEURONS_OF_A_CORE, 1), chip)  # type: ignore


def figure(name: str, chip: str) -> Interval:
    """A figure of a chip in its range."""
    profile = load_profile(chip)
    value = profile.si(name)
    low, high = with_range(name, profile.figure(name)).spread_si or (value, value)
    return Interval(low, value, high)


def braille_accuracy(network: str, chip: str) -> Interval:
    """Share of the letters read in a chip's integers."""
    dataset = load_dataset("braille")
    report = deploy(load_network(network), load_profile(chip), dataset)
    return around(float(report.accuracy or 0.0), dataset.n_samples, network)


def nmnist_accuracy(chip: str) -> Interval:
    """Share of the moving digits read in a chip's integers."""
    share, n_samples = nmnist.accuracy_on(chip)
    return around(share, n_samples, "nmnist")


def around(share: float, n_samples: int, task: str) -> Interval:
    """An accuracy with what sampling, of our recordings and the published ones, may change, and
    what simulators of the same file differ by.
    """
    low, high = SIMULATORS[task]
    sampled = Z * sqrt(share * (1 - share) * (1 / n_samples + 1 / N_PUBLISHED[task]))
    off = sampled + high - low
    return Interval(max(0.0, share - off), share, min(1.0, share + off))


class Workload(NamedTuple):
    """How a row is predicted."""

    predict: Callable[..., Interval]
    takes_chip: bool = False


WORKLOADS = {
    "spinnaker": Workload(spinnaker_power),
    "truenorth": Workload(truenorth_power),
    "truenorth_core": Workload(truenorth_core),
    "odin": Workload(odin_power),
    "odin_spike": Workload(odin_spike),
    "figure": Workload(figure, takes_chip=True),
    "braille": Workload(braille_accuracy),
    "nmnist": Workload(nmnist_accuracy),
    "sanafe": Workload(dvs.of_the_tool),
}

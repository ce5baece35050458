"""A family nobody has heard of: its own files are all it takes."""

import sys
from importlib import import_module

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.errors import ProfileProblem
from spikefit_nb.hardware import FAMILIES
from spikefit_nb.mapping import map_network
from spikefit_nb.simulate import ARITHMETICS

# One file in each of three folders, named after the family.
FILES = {
    "spikefit_nb.hardware.families": '''
"""Chips of one core, whose synapses have a header each."""

from spikefit_nb.hardware.family import Family, counted

HEADER_BITS = 3


def abacus_bits(n_synapses, n_neurons, weight_bits, delay_steps):
    """Bits of the synapses with their headers."""
    return n_synapses * (weight_bits + HEADER_BITS)


def abacus_needs(chip, counts):
    """Beads: one for each synapse of negative weight, on a wire of so many."""
    beads = int(counts.synapses_by_sign[:, 1].sum())
    yield counted("beads", beads, "the frame", "source_addresses", chip)


def abacus_cycles(chip, run):
    """A cycle for each synaptic operation, and one for each step."""
    return run.synaptic_operations + run.n_steps


FAMILY = Family(
    several_chips=False,
    one_core=True,
    axon_bits=abacus_bits,
    needs=abacus_needs,
    figures=("source_addresses",),
    cycles=abacus_cycles,
    arithmetics=("abacus",),
)
''',
    "spikefit_nb.kernels": '''
"""Neurons that add whole numbers and start from zero after a spike."""

from typing import NamedTuple

import numpy as np

from spikefit_nb.kernels.compiled import compiled
from spikefit_nb.kernels.registers import run_registers


class Values(NamedTuple):
    """A population's parameters, each (n_neurons,)."""

    threshold: np.ndarray  # int32
    bias: np.ndarray  # int32, zeros
    unit: np.ndarray  # float32, real potential of one
    may_rest: bool = False


@compiled(inline="always")
def advance(p, v, i, w, current, idle):
    """Add what arrives."""
    v += current
    return 0


@compiled(inline="always")
def reset(p, v, out, first, last, counts):
    """Count and reset the neurons that fired."""
    for e in range(first, last):
        v[out.neuron[e]] = 0
        counts[out.neuron[e]] += 1
    return 0, False


@compiled()
def run_abacus(p, state, current, arrived, first_step, out, seen):
    """Run the window that begins at ``first_step``; returns how many events there were."""
    return run_registers(advance, reset, p, state, current, arrived, first_step, out, seen)
''',
    "spikefit_nb.simulate.arithmetic": '''
"""The arithmetic of an abacus: weights and thresholds are whole numbers, as they come."""

import numpy as np

from spikefit_nb.kernels import abacus as k
from spikefit_nb.simulate.prepared import Arithmetic, Neurons, Prepared


def prepare(population, incoming, dt_s, *, is_last):
    """A population in whole numbers of the scale of its weights."""
    scale = float(np.max(incoming[0].scale))
    threshold = np.ceil(population.parameter("v_threshold") / scale).astype(np.int32)
    nothing, unit = np.zeros_like(threshold), np.full(threshold.size, scale, np.float32)
    neurons = Neurons(k.run_abacus, k.Values(threshold, nothing, unit), nothing)
    return Prepared(neurons, incoming, (np.ones(1, np.int32),) * len(incoming))


ARITHMETIC = Arithmetic(prepare, scales_per_neuron=True)
''',
}
PROFILE = """
name = "soroban"
title = "A soroban"
family = "abacus"
step = "cycles"
arithmetic = "abacus"

[figures]
cores = {value = 1, unit = "cores", kind = "assumed", source = "a made-up paper"}
weight_bits = {value = [5], unit = "bits", kind = "assumed", source = "a made-up paper"}
source_addresses = {value = 100, unit = "addresses", kind = "assumed", source = "a made-up paper"}
clock = {value = 1, unit = "MHz", kind = "assumed", source = "a made-up paper"}
energy_clock_cycle = {value = 2, unit = "pJ", kind = "assumed", source = "a made-up paper"}
energy_synaptic_operation = {value = 1, unit = "pJ", kind = "assumed", source = "a made-up paper"}
energy_update_active = {value = 0, unit = "pJ", kind = "assumed", source = "a made-up paper"}
energy_update_inactive = {value = 0, unit = "pJ", kind = "assumed", source = "a made-up paper"}
"""


@pytest.fixture
def abacus(tmp_path, monkeypatch):
    """A profile of a family whose files lie in folders beside those of the package."""
    path = tmp_path / "soroban.toml"
    path.write_text(PROFILE)
    with pytest.raises(ProfileProblem, match="family is 'abacus'"):
        sf.read_profile(path)
    for package, text in FILES.items():
        folder = tmp_path / package
        folder.mkdir()
        (folder / "abacus.py").write_text(text)
        module = import_module(package)
        monkeypatch.setattr(module, "__path__", [*module.__path__, str(folder)])
    yield sf.read_profile(path)
    for package in FILES:
        sys.modules.pop(f"{package}.abacus", None)
        vars(sys.modules[package]).pop("abacus", None)


@pytest.fixture
def network():
    """Two layers whose weights have both signs."""
    weights = np.random.default_rng(0).normal(size=(8, 20)), np.ones((20, 2))
    layers = [sf.Population("in", (8,), sf.Input()), *(sf.Population(*p) for p in LAYERS)]
    return sf.Network(
        layers, [sf.Projection("in", "a", weights[0]), sf.Projection("a", "b", weights[1])]
    )


LAYERS = ("a", (20,), sf.IF(1.0)), ("b", (2,), sf.IF(3.0))


def test_a_family_is_found_in_a_folder_of_its_own_and_gone_with_it(abacus):
    assert "abacus" in FAMILIES and "abacus" in ARITHMETICS
    assert abacus.family == abacus.arithmetic == "abacus"


def test_a_network_is_judged_by_the_rules_of_a_family_nobody_has_heard_of(abacus, network):
    fit = sf.check_fit(network, abacus)
    negative = int((fit.network.projections[0].values < 0).sum())
    assert fit.fits and ("beads", negative) in [(n.what, n.need) for n in fit.needs]
    few = sf.check_fit(network, abacus.replace(source_addresses=negative - 1))
    assert [v.what for v in few.violations] == ["beads"]


def test_a_network_is_laid_out_by_the_rules_of_a_family_nobody_has_heard_of(abacus, network):
    mapping = map_network(network, abacus)
    assert mapping.n_cores == 1
    assert mapping.needs.memory_bits.tolist() == [network.n_synapses * (5 + 3)]


def test_a_network_is_run_and_priced_by_a_family_nobody_has_heard_of(abacus, network):
    spikes = np.random.default_rng(1).random((4, 30, 8)) < 0.3
    report = sf.deploy(network, abacus, sf.SpikeDataset(spikes, [0, 1, 0, 1]))
    counts, record = report.price.counts, report.record
    assert record.arithmetic == "abacus" and record.spike_counts["b"].sum() > 0
    assert not [warning for warning in report.warnings if "float32" in warning]
    assert counts["clock_cycles"] == counts["synaptic_operations"] + 30
    assert report.latency_s == pytest.approx(counts["clock_cycles"] * 1e-6)
    assert report.event_energy_j == pytest.approx(
        2e-12 * counts["clock_cycles"] + 1e-12 * counts["synaptic_operations"]
    )

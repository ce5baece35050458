"""What check_fit says of a chip's circuits agrees with what its arithmetic computes."""

from dataclasses import replace

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.adapt import quantize
from spikefit_nb.errors import NetworkProblem
from spikefit_nb.network import LI, CubaLIF
from spikefit_nb.simulate import simulate

IF, LIF, Input, Population, Projection = sf.IF, sf.LIF, sf.Input, sf.Population, sf.Projection
XYLO = ("xylo_audio2", "xylo_audio3", "xylo_imu")
DATA = sf.SpikeDataset(np.random.default_rng(0).random((30, 20, 4)) < 0.4, np.arange(30) % 2)


def network(neuron, *, hidden=None, dt_s=1e-3, delay=0, weight=None):
    """Four inputs onto five neurons onto two."""
    random = np.random.default_rng(1)
    first = np.abs(random.normal(size=(4, 5))) if weight is None else weight
    return sf.Network(
        [
            Population("in", (4,), Input()),
            Population("hidden", (5,), hidden or neuron),
            Population("out", (2,), neuron),
        ],
        [
            Projection("in", "hidden", first),
            Projection("hidden", "out", np.abs(random.normal(size=(5, 2))), delay_steps=delay),
        ],
        dt_s=dt_s,
    )


def figures(report):
    return [v.figure for v in report.violations]


# Synapses of Xylo


@pytest.mark.parametrize("chip", XYLO)
@pytest.mark.parametrize("steps", [1.0, 1.3, 1.5, 2.0, 4.0])
def test_xylo_fits_a_synapse_if_and_only_if_its_arithmetic_takes_it(chip, steps):
    profile, own = sf.load_profile(chip), network(CubaLIF(steps * 1e-3, 0.02, reset="subtract"))
    report = sf.check_fit(own, profile)
    try:
        simulate(quantize(own, 8).network, DATA, arithmetic="xylo")
        runs = True
    except NetworkProblem:
        runs = False
    assert report.fits is runs is (steps > 2**0.5)
    assert set(figures(report)) == (set() if runs else {"shortest_synapse"})
    assert runs or "reaches nothing" in report.hints[0]


@pytest.mark.parametrize("calibration", [None, DATA])
@pytest.mark.parametrize(
    "neuron",
    [LIF(0.02, r=8.0, reset="subtract"), CubaLIF(1e-3, 0.02, r=8.0, reset="subtract")],
    ids=["LIF", "CubaLIF"],
)
def test_what_is_offered_for_a_synapse_without_memory_runs_on_xylo(neuron, calibration):
    chip = sf.load_profile("xylo_audio3")
    report = sf.check_fit(network(neuron), chip, dataset=DATA, calibration=calibration)
    assert not report.fits and report.unknown == ()
    (remedy,) = report.remedies
    assert "synapses of 2 steps" in remedy.headline and remedy.accuracy is not None
    hidden = remedy.network["hidden"]
    assert hidden.parameter("tau_syn_s") == pytest.approx(2e-3)
    assert hidden.parameter("tau_mem_s") == pytest.approx(0.019)  # the mean delay is kept
    run = simulate(quantize(remedy.network, 8).network, DATA, arithmetic="xylo")
    assert run.spike_counts["out"].sum() > 0 and sf.check_fit(remedy.network, chip).fits


# What chips lack


@pytest.mark.parametrize("reset", ["zero", "subtract"])
@pytest.mark.parametrize("bias", [0.0, 0.1, -0.1])
def test_speck_fits_a_bias_if_and_only_if_its_arithmetic_takes_it(bias, reset):
    own = network(IF(1.0, reset=reset, bias=bias))
    report = sf.check_fit(own, sf.load_profile("speck"))
    try:
        simulate(quantize(own, 8).network, DATA, arithmetic="speck")
        runs = True
    except NetworkProblem:
        runs = False
    assert report.fits is runs is (bias == 0)
    assert [v.what for v in report.violations] == ([] if runs else ["bias"] * 2)
    assert runs or ("clock" in report.violations[0].source and "without" in report.hints[0])


LACKS = {
    **{chip: (CubaLIF(2e-3, 0.02, reset="subtract"), None, ["delays"]) for chip in XYLO},
    "speck": (IF(1.0), None, ["delays", "bias"]),
    "odin": (IF(1.0), None, ["delays", "bias"]),
    "reckon": (LI(0.02), LIF(0.02), ["delays", "bias"]),
}


@pytest.mark.parametrize("chip", LACKS)
def test_a_chip_without_delays_or_biases_fits_no_network_that_has_them(chip):
    neuron, hidden, lacks = LACKS[chip]
    profile, random = sf.load_profile(chip), np.abs(np.random.default_rng(2).normal(size=(4, 5)))
    for delay, fits in ((0, True), (1, True), (2, False), (5, False)):
        report = sf.check_fit(network(neuron, hidden=hidden, delay=delay, weight=random), profile)
        assert report.fits is fits and not report.unknown, (delay, report)
        assert {v.what for v in report.violations} == (set() if fits else {"longest delay"})
    driven = replace(hidden or neuron, bias=0.1)
    report = sf.check_fit(network(neuron, hidden=driven), profile)
    assert report.fits is ("bias" not in lacks) and not report.unknown
    said = profile.figure("lacks")
    assert said.kind == "derived" and ("delay" in said.source or "XyloSim" in said.source)


# The output of ReckOn


@pytest.mark.parametrize(
    ("hidden", "out", "over"),
    [
        (LIF(0.02), LI(0.02), {}),
        (LIF(0.02), LIF(0.02), {"out": "output_models"}),
        (CubaLIF(0.002, 0.02), LI(0.02), {"hidden": "neuron_models"}),
        (IF(1.0), IF(1.0), {"hidden": "neuron_models", "out": "output_models"}),
    ],
)
def test_reckon_reads_leaky_integrators_and_computes_with_neurons_that_fire(hidden, out, over):
    report = sf.check_fit(network(out, hidden=hidden), sf.load_profile("reckon"))
    assert {v.where: v.figure for v in report.violations} == over
    assert "out" not in over or any("trained as that" in hint for hint in report.hints)

"""What check_fit says of a chip's circuits agrees with what its arithmetic computes."""

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.adapt import quantize
from spikefit_nb.errors import NetworkProblem
from spikefit_nb.network import CubaLIF
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

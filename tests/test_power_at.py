"""Power against the rate of input events: a line through silence and the recordings."""

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.errors import DesignProblem, DoesNotFit, NotPublished, WrongArgument
from spikefit_nb.replay import COIN_CELL

LOIHI = sf.load_profile("loihi1")


def digits(profile=LOIHI, n=30):
    return sf.deploy(sf.load_network("digits"), profile, sf.load_dataset("digits").take(n))


def layer(n_each, n_steps=50, profile=LOIHI):
    """One layer, at whose inputs so many events arrive in each recording, in steps of their own."""
    network = sf.Network(
        [sf.Population("in", (4,), sf.Input()), sf.Population("out", (6,), sf.IF(1e3))],
        [sf.Projection("in", "out", np.ones((4, 6)))],
    )
    spikes = np.zeros((3, n_steps, 4), bool)
    spikes[:, : 2 * n_each : 2, 1] = True
    return sf.deploy(network, profile, sf.SpikeDataset(spikes, [0, 1, 2], dt_s=1e-3))


def test_the_line_is_that_of_counts_times_figures():
    # an event reaches 6 synapses; the first one charges 6 neurons, which are then active in each of
    # the 50 steps and idle without it
    synapse_j, active_j, idle_j = (
        LOIHI.si(f"energy_{name}")
        for name in ("synaptic_operation", "update_active", "update_inactive")
    )
    charged_j = 6 * 50 * (active_j - idle_j)
    found = layer(10).power_at(200.0)
    silent_w = LOIHI.si("static_power") + 6 * idle_j / 1e-3
    assert found.idle_w.value == pytest.approx(silent_w, rel=1e-6)
    assert found.slope_j.value == pytest.approx(6 * synapse_j + charged_j / 10, rel=1e-4)
    assert found.known_hz == pytest.approx(10 / 50e-3, rel=1e-3)
    more = layer(20).power_at(200.0)
    assert more.slope_j.value == pytest.approx(6 * synapse_j + charged_j / 20, rel=1e-4)


def test_at_the_rate_of_the_recordings_it_is_the_power_of_the_report():
    report = digits()
    live = report.operations["real_time"]
    found = report.power_at([0.0, live.input_events_hz])
    assert found.known_hz == live.input_events_hz
    assert found.power_w(found.known_hz) == pytest.approx(live.power_w)
    assert found.power_w(0.0) == found.idle_w
    silence = sf.SpikeDataset(np.zeros((1, 64, 64), bool), [0], dt_s=report.dataset.dt_s)
    alone = sf.deploy(sf.load_network("digits"), LOIHI, silence, scenario="real_time")
    assert found.idle_w == pytest.approx(alone.operation.power_w)


def test_power_grows_by_the_slope_and_a_duty_cycle_thins_the_events():
    report = digits()
    whole, tenth = report.power_at([1e3, 3e3]), report.power_at([1e3], duty_cycle=0.1)
    assert whole.power_w(3e3).value - whole.power_w(1e3).value == pytest.approx(
        2e3 * whole.slope_j.value
    )
    assert tenth.power_w(1e3) == whole.power_w(100.0)
    for rate_hz in (0.0, 1e3, 3e3):
        low, value, high = whole.power_w(rate_hz)
        assert low <= value <= high


def test_a_battery_lasts_its_energy_over_the_power_or_is_not_rated_for_it():
    frugal = layer(10, profile=LOIHI.replace(static_power=1.0))  # in mW
    days = {q.key: q for q in frugal.power_at([0.0]).quantities}["At 0 Hz: battery_life_days"]
    power_w = frugal.power_at([0.0]).idle_w.value
    assert days.value == pytest.approx(COIN_CELL.energy_j / power_w / 86400)
    assert days.low <= days.value <= days.high
    too_much = {q.key: q.value for q in digits().power_at([0.0]).quantities}
    assert too_much["At 0 Hz: battery_life_days"] == "no: more than it is rated for"


def test_a_rate_beyond_the_recordings_is_said_to_be_extrapolated():
    report = digits()
    assert not any("extrapolated" in note for note in report.power_at([0.0]).notes)
    assert any("extrapolated: 1 GHz" in note for note in report.power_at([0.0, 1e9]).notes)


def test_what_cannot_be_told_is_refused_in_words():
    report = digits(n=5)
    for wrong in ([-1.0], [float("nan")], [], [True]):
        with pytest.raises(DesignProblem, match="rates_hz"):
            report.power_at(wrong)
    with pytest.raises(WrongArgument, match="rates_hz"):
        report.power_at(None)
    for duty_cycle in (0.0, 1.5):
        with pytest.raises(DesignProblem, match="duty_cycle"):
            report.power_at(1e3, duty_cycle=duty_cycle)
    with pytest.raises(DesignProblem, match="no input event"):
        layer(0).power_at(1e3)
    with pytest.raises(NotPublished, match="SENECA"):
        digits(sf.load_profile("seneca"), n=3).power_at(1e3)
    with pytest.raises(DoesNotFit):
        digits(LOIHI.replace(cores=1, neurons_per_core=20), n=3).power_at(1e3)

"""Delays on chips that serve them by other means: SpiNNaker's extension cores, Loihi's slots."""

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.mapping.axons import delay_slots
from spikefit_nb.network import CubaLIF

SPINNAKER = sf.load_profile("spinnaker1")


def pairs(n, *delays, neuron=None):
    """As many neurons as inputs, joined one to one once for each delay."""
    neuron = CubaLIF(0.005, 0.02) if neuron is None else neuron
    populations = [sf.Population("in", (n,), sf.Input()), sf.Population("out", (n,), neuron)]
    weight = np.eye(n, dtype=np.float32)
    return sf.Network(
        populations, [sf.Projection("in", "out", weight, delay_steps=d) for d in delays]
    )


def more_cores(report):
    """Cores beside those of neurons, and all there are, by what the report judged."""
    return [(n.what, n.need) for n in report.needs if n.figure == "cores" and n.what != "cores"]


@pytest.mark.parametrize(("delay", "n_more"), [(1, 0), (16, 0), (17, 1), (32, 1), (144, 1)])
def test_delays_beyond_sixteen_steps_take_an_extension_core_up_to_144(delay, n_more):
    report = sf.check_fit(pairs(2, 1, delay), SPINNAKER)
    assert report.fits and not report.unknown
    told = [(f"cores, {n_more} of them to hold back spikes for more than 16 steps", 2 + n_more)]
    assert more_cores(report) == (told if n_more else [])
    assert any("to hold back spikes" in note for note in report.notes) is bool(n_more)


def test_longer_delays_still_do_not_fit_and_the_remedy_shortens_them():
    report = sf.check_fit(pairs(2, 145), SPINNAKER)
    assert [v.what for v in report.violations] == ["delay in steps"]
    assert [str(r.changes) for r in report.remedies] == ["('delays of at most 144 steps',)"]


def test_each_source_is_held_back_by_as_many_cores_as_its_neurons_take():
    # 600 sources are 3 cores of 255; twelve cores hold neurons: 3000 / 255, three send inputs:
    # 600 / 500, and one
    network = sf.Network(
        [
            sf.Population("a", (600,), sf.Input()),
            sf.Population("b", (10,), sf.Input()),
            sf.Population("out", (3000,), CubaLIF(0.005, 0.02)),
        ],
        [
            sf.Projection("a", "out", np.full((600, 3000), 0.1, np.float32), delay_steps=40),
            sf.Projection("b", "out", np.full((10, 3000), 0.1, np.float32), delay_steps=9),
        ],
    )
    ((what, n_cores),) = more_cores(sf.check_fit(network, SPINNAKER))
    assert what.startswith("cores, 3 of them") and n_cores == 12 + 3 + 3


def test_extension_cores_count_against_those_of_the_chip():
    report = sf.check_fit(pairs(2500, 1, 100), SPINNAKER)  # 10 of neurons, 5 of inputs and 10 more
    assert not report.fits and {v.figure for v in report.violations} == {"cores"}
    assert any(remedy.n_chips == 2 for remedy in report.remedies)


LOIHI = sf.load_profile("loihi1")
# NxSDK, tutorial 19: 2**bits - 1 delays and 2**(13 - bits) compartments, 1024 at most
COMPARTMENTS = {1: 1024, 7: 1024, 8: 512, 15: 512, 16: 256, 31: 256, 32: 128, 63: 128}


@pytest.mark.parametrize("delay", COMPARTMENTS)
def test_longer_delays_leave_fewer_compartments_on_a_core_of_loihi(delay):
    most = COMPARTMENTS[delay]
    for n, n_cores in ((most, 1), (most + 1, 2)):
        report = sf.check_fit(pairs(n, delay, neuron=sf.IF(1.0)), LOIHI)
        assert report.fits and report.mapping.n_cores == n_cores
        (need,) = (n for n in report.needs if n.figure == "delay_slots_per_core")
        assert need.limit == 8192 and need.need <= 8192


def test_layers_share_no_core_of_loihi_where_the_longer_delay_would_not_leave_slots():
    # 100 neurons of 62 steps take 6400 slots, 900 of one step 1800; together 1000 of 64
    populations = [
        sf.Population("in", (100,), sf.Input()),
        sf.Population("slow", (100,), sf.IF(1.0)),
        sf.Population("fast", (900,), sf.IF(1.0)),
    ]
    weights = np.full((100, 100), 0.1, np.float32), np.full((100, 900), 0.1, np.float32)
    network = sf.Network(
        populations,
        [
            sf.Projection("in", "slow", weights[0], delay_steps=62),
            sf.Projection("slow", "fast", weights[1], delay_steps=1),
        ],
    )
    report = sf.check_fit(network, LOIHI, sf.Design(share_cores=True))
    assert report.fits and report.mapping.n_cores == 2
    assert sorted(report.mapping.slots_in_use) == [1800, 6400]


@pytest.mark.parametrize(("chip", "n_delays"), [("loihi1", 2**6 - 1), ("loihi2", 2**6)])
def test_the_longest_delay_is_as_many_steps_as_the_field_has_delays(chip, n_delays):
    # 0 to n_delays - 1 of the field, each on top of the step that a spike takes anyway
    profile = sf.load_profile(chip)
    least, most = (profile.value(name) for name in ("minimum_delay", "maximum_delay"))
    assert most - least + 1 == n_delays
    for delay, fits in ((most, True), (most + 1, False)):
        assert sf.check_fit(pairs(2, delay, neuron=sf.IF(1.0)), profile).fits is fits
    if profile.has("delay_slots_per_core"):
        assert delay_slots(most) == 2**6 and delay_slots(most + 1) == 2**7

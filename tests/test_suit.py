"""Networks whose neurons a chip has not: what stands in for them."""

import pytest

import spikefit_nb as sf
from spikefit_nb.adapt import adapt, suit
from spikefit_nb.adapt.suit import CHANGES as CIRCUITS
from spikefit_nb.fit.network_rules import network_needs
from tests.networks import two_layers

DIGITS = sf.load_network("digits")


@pytest.mark.parametrize("chip", ["tianjic", "xylo_audio3", "spinnaker1", "loihi1"])
def test_a_network_that_suits_a_chip_exceeds_no_limit_of_its_circuits(chip):
    profile = sf.load_profile(chip)
    network = two_layers(1, reset="subtract", max_spikes_per_step=None)
    made = suit(network, profile)
    over = {need.figure for need in network_needs(made.network, profile) if not need.met}
    assert not over & set(CIRCUITS) and made.network is not network
    assert suit(made.network, profile).network is made.network


def test_a_design_that_suits_a_chip_does_what_its_remedy_does():
    profile = sf.load_profile("tianjic")
    remedy = sf.check_fit(DIGITS, profile).remedies[0]
    made = adapt(DIGITS, profile, sf.Design(suit_chip=True)).network
    assert made.fingerprint == adapt(remedy.network, profile, remedy.design).network.fingerprint

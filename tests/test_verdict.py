"""Native, by a named construction, or not: what is known to have run on a chip is never "no"."""

import numpy as np
import pytest

import spikefit_nb as sf


def one_layer(neuron):
    layers = [sf.Population("in", (4,), sf.Input()), sf.Population("out", (4,), neuron)]
    return sf.Network(layers, [sf.Projection("in", "out", np.eye(4))])


def verdict(network, chip, **given):
    return sf.check_fit(network, sf.load_profile(chip), **given).verdict


def test_what_a_chip_has_circuits_for_is_native():
    assert verdict(one_layer(sf.IF(1.0)), "loihi1") == "native"
    assert verdict(one_layer(sf.IF(1.0)), "loihi2") == "native"


def test_a_reset_by_subtraction_is_a_program_on_loihi_2_and_a_change_on_loihi_1():
    network = one_layer(sf.IF(1.0, reset="subtract"))
    fit = sf.check_fit(network, sf.load_profile("loihi2"))
    assert fit.fits and fit.constructions == ("reset by subtraction in microcode",)
    assert repr(fit).startswith("FitReport(fits loihi2 by construction (reset by subtraction")
    assert fit.verdict == "by construction: reset by subtraction in microcode"
    assert any("priced by no figure here" in note for note in fit.notes)
    assert verdict(network, "loihi1") == "by construction: reset to zero"


def test_an_if_on_a_chip_of_lifs_is_one_that_hardly_leaks():
    assert "LIF for IF, with a time constant of" in verdict(one_layer(sf.IF(1.0)), "spinnaker1")


def test_the_cost_of_a_construction_stands_beside_it():
    digits = sf.load_network("digits")
    told = verdict(digits, "truenorth", dataset=sf.load_dataset("digits").take(100))
    assert told.startswith("by construction: ") and told.endswith("% right)")


def test_what_nothing_cures_is_said_so():
    neuron = sf.IF(1.0)
    large = sf.Network(
        [sf.Population("in", (4,), sf.Input()), sf.Population("out", (10**6,), neuron)],
        [sf.Projection("in", "out", np.ones((4, 10**6), np.int8), scale=1.0)],
    )
    assert verdict(large, "odin") == "no construction found"


# Pedersen 2024, Nat. Commun. 15:8122, Tables 2 and 3: networks and the chips they ran on
@pytest.mark.parametrize("chip", ["loihi2", "spinnaker2", "speck"])
def test_the_published_cnn_is_never_no(shared_data, chip):
    network = sf.read_nir(shared_data / "nir/02_cnn/cnn_sinabs.nir", source="sinabs")
    assert verdict(network, chip).startswith(("native", "by construction"))


@pytest.mark.parametrize("chip", ["xylo_audio2", "spinnaker2"])
def test_the_published_braille_network_is_never_no(shared_data, chip):
    assert verdict(sf.load_network("braille_subtract"), chip) == "native"

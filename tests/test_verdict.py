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


# Beside other chips


def row_of(compared, chip):
    title = sf.load_profile(chip).title
    return compared._repr_html_().split(title)[1].split("</tr>")[0]


def test_what_other_models_would_do_is_said_in_the_row_of_a_chip():
    compared = sf.compare_fit(one_layer(sf.IF(1.0)))
    row = row_of(compared, "spinnaker1")
    assert "not as it is" in row and "neuron model IF (built in: LIF, CubaLIF, Izhikevich)" in row
    assert "by construction: LIF for IF, with a time constant of 1,000 steps" in row
    row = row_of(sf.compare_fit(one_layer(sf.LIF(0.02))), "speck")  # whose neurons do not leak
    assert "neuron model LIF (built in: IF)" in row and "construction" not in row


@pytest.mark.parametrize("neuron", [sf.IF(1.0), sf.LIF(0.02), sf.CubaLIF(0.005, 0.02)], ids=repr)
@pytest.mark.parametrize("size", [4, 3000])  # too large for some, whose models alone do not help
def test_a_construction_in_a_row_is_one_that_check_fit_finds(neuron, size):
    layers = [sf.Population("in", (4,), sf.Input()), sf.Population("out", (size,), neuron)]
    network = sf.Network(layers, [sf.Projection("in", "out", np.ones((4, size)))])
    for report in sf.compare_fit(network).reports:
        tried = report.in_other_models
        alone = {v.figure for v in report.violations} == {"neuron_models"}
        changes = [
            r.changes for r in report.remedies if r.n_chips == 1 and r.design == report.design
        ]
        assert (tried != "") is (alone and bool(changes)), report
        assert not tried or changes == [tuple(tried.split("; "))]


def test_comparing_chips_tries_nothing(monkeypatch):
    def fail(*_):
        raise AssertionError("a change was tried")

    monkeypatch.setattr("spikefit_nb.fit.check.as_the_chip_demands", fail)
    assert sf.compare_fit(one_layer(sf.IF(1.0))).to_dict()["n_chips"]["value"] > 10

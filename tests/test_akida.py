"""Akida: the vendor's own numbers, and what its layers of ReLU neurons make of rates."""

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier

import spikefit_nb as sf
from spikefit_nb.network import Conv2d

# akida 2.19.3, DEVICE().mesh: len(nps), np_sram_size.input_bytes and weight_bytes of two processors
VENDORS = {
    "akida_akd1000": (78, 43008, 44800),
    "akida_akd1500": (32, 43008, 44800),
    "akida_akd2500": (48, 65536, 51200),
}


@pytest.mark.parametrize("chip", VENDORS)
def test_processors_and_their_memory_are_those_of_the_vendors_package(chip):
    n, of_inputs, of_weights = VENDORS[chip]
    profile = sf.load_profile(chip)
    assert profile.value("cores") == n
    assert profile.value("core_memory") == (of_inputs + of_weights) * 8 // 2
    assert all("akida 2.19.3" in profile.figure(f).source for f in ("cores", "core_memory"))


def trained():
    x = np.random.default_rng(0).random((200, 16))
    labels = x[:, :3].argmax(1)
    return MLPClassifier((12,), max_iter=300, tol=1e-2, random_state=0).fit(x, labels), x


def test_a_network_made_of_relu_layers_fits_as_far_as_it_is_judged_and_says_what_is_judged():
    report = sf.check_fit(sf.from_ann(*trained()), sf.load_profile("akida_akd1000"))
    assert report.fits and set(report.unknown) == {"neurons a core holds", "memory for synapses"}
    assert ("neuron model", "ReLU") in [(n.what, n.need) for n in report.needs]
    assert any("layers of ReLU neurons, not spikes" in note for note in report.notes)
    assert "cores" not in {need.what for need in report.needs}  # nobody says how layers are cut


def one_layer(neuron, n=4):
    return sf.Network(
        [sf.Population("in", (16,), sf.Input()), sf.Population("out", (n,), neuron)],
        [sf.Projection("in", "out", np.ones((16, n), np.float32))],
    )


@pytest.mark.parametrize("neuron", [sf.IF(1.0), sf.LIF(1e-3, reset="subtract")])
def test_neurons_that_are_no_relu_do_not_fit_and_the_hint_leads_somewhere(neuron):
    report = sf.check_fit(one_layer(neuron), sf.load_profile("akida_akd1500"))
    assert not report.fits and "neuron model" in {v.what for v in report.violations}
    assert any("sf.from_ann" in hint for hint in report.hints)


def test_a_layer_outside_the_vendors_list_is_named_though_its_neurons_are_relu():
    kernel = Conv2d(np.ones((4, 2, 3, 3), np.float32), (2, 8, 8))
    network = sf.Network(
        [
            sf.Population("in", (2, 8, 8), sf.Input()),
            sf.Population("out", kernel.output_shape, sf.IF(1.0, reset="subtract")),
        ],
        [sf.Projection("in", "out", kernel)],
    )
    report = sf.check_fit(network, sf.load_profile("akida_akd1000"))
    assert {v.what for v in report.violations} == {"input channels of an input convolution"}


def test_a_loop_does_not_fit_a_chip_of_layers_in_a_chain():
    network = one_layer(sf.IF(1.0, reset="subtract"))
    loop = sf.Projection("out", "out", np.eye(4, dtype=np.float32), delay_steps=1)
    looped = network.replace(projections=[*network.projections, loop])
    report = sf.check_fit(looped, sf.load_profile("akida_akd1000"))
    assert [v.what for v in report.violations] == ["recurrence"]


def test_on_a_chip_with_spiking_neurons_an_if_neuron_is_itself():
    report = sf.check_fit(one_layer(sf.IF(1.0, reset="subtract")), sf.load_profile("speck"))
    assert ("neuron model", "IF") in [(n.what, n.need) for n in report.needs]
    assert not any("ReLU" in note for note in report.notes)

"""Other tools run what was deployed here, and say the same; each in a Python of its own."""

from dataclasses import replace

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.errors import (
    DoesNotFit,
    FileProblem,
    NetworkProblem,
    NotInstalled,
    ProfileProblem,
    UnknownName,
)
from spikefit_nb.export import TOOLS, verify, write_program
from spikefit_nb.export.verification import agreement
from spikefit_nb.fetch import find_local
from spikefit_nb.network import IF, Input, Network, Population, Projection
from spikefit_nb.sanafe_file import read_sanafe_arch
from tests.environments import python_with
from tests.tools import environments

EIGHT_BITS = sf.Design(weight_bits=8)


def deployed(name="digits", chip="loihi1", n=10, *, design=EIGHT_BITS, **more):
    profile = sf.load_profile(chip, **more) if isinstance(chip, str) else chip
    dataset = sf.load_dataset(name.removesuffix("_subtract")).take(n)
    return sf.deploy(sf.load_network(name), profile, dataset, design=design)


def cnn(n, chip):
    """The convolutional network of the NIR paper on recordings of N-MNIST."""
    network = sf.read_nir(find_local("cnn_sinabs.nir"), reset="zero")
    dataset = sf.load_dataset("nmnist", n_samples=n)
    return sf.deploy(network, chip, dataset, design=EIGHT_BITS)


def assert_same(found, *, n_populations):
    assert found.is_same and found.first is None and len(found.populations) == n_populations
    fired = [p.n_there for p in found.populations]
    assert all(fired) and fired == [p.n_predicted for p in found.populations]
    assert found.n_same_answers == found.report.dataset.n_samples
    assert found.accuracy_there == found.report.accuracy
    assert "the same" in repr(found)


@pytest.mark.parametrize(
    ("name", "chip", "arithmetic"),
    [
        ("digits", "loihi1", "loihi"),  # in whole numbers, a step later in each layer
        ("braille", "loihi1", "loihi"),  # recurrent, with a bias that synapses filter
        ("braille", "spinnaker2", "float32"),  # layers in order within a step
    ],
)
def test_brian2_fires_every_spike_predicted_and_no_other(name, chip, arithmetic):
    report = deployed(name, chip)
    assert report.arithmetic == arithmetic
    found = verify(report, "brian2", python=python_with("brian2"))
    assert_same(found, n_populations=3)
    assert found.version == "Brian2 2.9.0" and found.energy_there_j is None


def test_brian2_runs_the_convolutional_network_on_recorded_events_the_same(shared_data):
    report = cnn(1, sf.load_profile("loihi1"))
    assert_same(verify(report, "brian2", python=python_with("brian2")), n_populations=6)


def test_brian2_runs_what_is_reset_by_subtraction_several_times_a_step_the_same():
    random = np.random.default_rng(3)
    many = IF(1.3, reset="subtract", max_spikes_per_step=None)
    network = Network(
        [
            Population("in", (6,), Input()),
            Population("hidden", (9,), many),
            Population("out", (4,), IF(2.0, reset="subtract", bias=0.1, strict_threshold=True)),
        ],
        [
            Projection("in", "hidden", random.integers(-4, 9, (6, 9)), scale=0.25),
            Projection("hidden", "out", random.integers(-5, 9, (9, 4)), scale=0.125),
        ],
    )
    counts = random.integers(0, 4, (5, 20, 6)).astype(np.uint8)
    report = sf.deploy(network, sf.load_profile("spinnaker2"), sf.SpikeDataset(counts))
    found = verify(report, "brian2", python=python_with("brian2"))
    assert found.is_same and found.populations[1].n_there > 5 * 20 * 9 / 2
    late = [replace(network.projections[0]), replace(network.projections[1], delay_steps=2)]
    report = sf.deploy(
        network.replace(projections=late), sf.load_profile("spinnaker2"), sf.SpikeDataset(counts)
    )
    with pytest.raises(NetworkProblem, match="delays spikes of 'hidden'"):
        verify(report, "brian2")


@pytest.fixture(scope="session")
def sanafes_loihi():
    """The Loihi that comes with SANA-FE."""
    python = python_with("sanafe")
    return read_sanafe_arch(next(python.parents[1].rglob("sanafe/examples/loihi.yaml")))


def assert_same_energy(found, rel=1e-9):
    assert found.energy_there_j == pytest.approx(found.energy_predicted_j, rel=rel)
    assert found.latency_there_s == pytest.approx(found.report.latency_s, rel=0.2)


@pytest.mark.parametrize(
    ("name", "arithmetic"),
    [
        ("digits", "sanafe_loihi"),
        ("braille_subtract", "sanafe_loihi"),  # recurrent, with currents
        ("braille", "float32"),  # its neurons filter their bias, which that arithmetic does not
    ],
)
def test_sanafe_fires_the_same_spikes_for_the_same_energy(sanafes_loihi, name, arithmetic):
    report = deployed(name, sanafes_loihi, 5)
    assert report.arithmetic == arithmetic
    found = verify(report, "sanafe", python=python_with("sanafe"))
    assert_same(found, n_populations=2)
    assert_same_energy(found)


def test_sanafe_says_the_same_of_the_chips_own_integers_and_calibrated_figures():
    report = deployed("digits", "loihi1", 5, coefficients="calibrated")
    found = verify(report, "sanafe", python=python_with("sanafe"))
    assert_same(found, n_populations=2)
    # where what arrives adds up to nothing, a neuron is updated there and not here
    assert_same_energy(found, rel=2e-5)


def test_what_sanafe_has_no_cost_for_is_told_with_its_amount():
    report = deployed(n=3, design=replace(EIGHT_BITS, neurons_per_core=64))  # a layer to a core
    found = verify(report, "sanafe", python=python_with("sanafe"))
    assert_same(found, n_populations=2)
    missing = report.price.counts["within_tile"] * report.profile.si("energy_within_tile")
    assert found.energy_predicted_j - found.energy_there_j == pytest.approx(missing, rel=0.1)
    assert any("no cost of packets within a tile" in note for note in found.notes)


def test_sanafe_is_not_asked_of_chips_it_cannot_describe():
    with pytest.raises(ProfileProblem, match="no mesh of cores that wait for one another"):
        write_program(deployed(chip="spinnaker2"), "sanafe", "nowhere")


@pytest.mark.parametrize("name", ["digits", "braille"])
def test_snntorch_fires_the_same_from_a_nir_file(name):
    found = verify(deployed(name, "spinnaker2", 40), "snntorch", python=python_with("snntorch"))
    assert_same(found, n_populations=2)


def test_snntorch_runs_the_convolutional_network_the_same(shared_data):
    report = cnn(1, sf.load_profile("spinnaker2"))
    assert_same(verify(report, "snntorch", python=python_with("snntorch")), n_populations=5)


def test_snntorch_gives_the_same_answers_as_loihi_a_step_earlier_in_each_layer():
    report = deployed("digits", "loihi1", 40)
    assert report.run.retimed.extra_steps == 1
    found = verify(report, "snntorch", python=python_with("snntorch"))
    assert_same(found, n_populations=2)


def test_what_snntorch_resets_otherwise_is_found_where_it_begins():
    # by subtraction at once, one that stays above its threshold fires next at twice that
    found = verify(
        deployed("braille_subtract", "spinnaker2", 5), "snntorch", python=python_with("snntorch")
    )
    assert not found.is_same and found.first.name == "lif1.lif"
    assert found.n_differing > 0 and found.first.where in repr(found)


def test_sinabs_accepts_the_digits_for_speck_and_fires_the_same():
    found = verify(deployed("digits", "speck", 20), "sinabs", python=python_with("sinabs"))
    assert found.fits_there and found.report.fits
    assert_same(found, n_populations=2)
    assert "accepts it" in repr(found) and any("cores 0, 1" in note for note in found.notes)


def test_sinabs_runs_the_convolutional_network_in_speck_s_integers_the_same(shared_data):
    network = sf.read_nir(find_local("cnn_sinabs.nir"), source="sinabs")
    dataset = sf.load_dataset("nmnist", n_samples=1)
    report = sf.deploy(network, sf.load_profile("speck"), dataset, design=EIGHT_BITS)
    found = verify(report, "sinabs", python=python_with("sinabs"))
    assert found.fits_there
    assert_same(found, n_populations=5)


def test_sinabs_refuses_what_does_not_fit_speck_and_says_why():
    random = np.random.default_rng(0)
    network = Network(
        [Population("in", (1, 64, 64), Input()), Population("out", (900,), IF(1.0))],
        [Projection("in", "out", random.integers(1, 9, (4096, 900)), scale=0.1)],
    )
    report = sf.deploy(network, sf.load_profile("speck"), sf.SpikeDataset(np.ones((1, 2, 4096))))
    found = verify(report, "sinabs", python=python_with("sinabs"))
    assert not report.fits and found.fits_there is False and found.is_same
    assert found.populations == () and "refuses it" in repr(found)


@pytest.mark.parametrize("chip", ["xylo_audio2", "xylo_audio3"])
def test_the_vendors_simulator_of_xylo_fires_the_same(chip):
    report = deployed("braille_subtract", chip, 40)
    found = verify(report, "xylosim", python=python_with("xylosim"))
    assert_same(found, n_populations=2)


def test_xylosim_is_not_asked_of_other_chips_or_other_networks():
    with pytest.raises(NetworkProblem, match="counts otherwise than Xylo"):
        write_program(deployed("braille", n=1), "xylosim", "nowhere")
    network = sf.load_network("digits")
    deeper = network.replace(
        populations=[*network.populations, Population("last", (10,), IF(1.0))],
        projections=[*network.projections, Projection("digit", "last", np.eye(10))],
    )
    report = sf.deploy(
        replace(deeper, output="last"),
        sf.load_profile("spinnaker2"),
        sf.load_dataset("digits").take(1),
    )
    with pytest.raises(NetworkProblem, match="XyloSim is given inputs, a hidden population"):
        write_program(report, "xylosim", "nowhere")


def test_a_differing_spike_is_found_with_its_place():
    here = np.array([[0, 3, 1, 1], [1, 0, 2, 2], [1, 4, 0, 1]])
    there = np.array([[1, 0, 2, 1], [1, 4, 0, 1], [0, 3, 1, 1], [1, 5, 2, 1]])
    found = agreement("hidden", here, there, (2, 6, 3))
    assert (found.n_predicted, found.n_there, found.n_differing) == (4, 4, 2)
    assert found.first == (1, 0, 2) and found.where == "recording 1, step 0, neuron 2 of hidden"
    assert agreement("hidden", here, here[::-1], (2, 6, 3)).first is None
    with pytest.raises(FileProblem, match="beyond"):
        agreement("hidden", here, there, (2, 5, 3))


def test_other_recordings_are_predicted_anew_on_the_same_cores():
    report, python = deployed(n=3), python_with("brian2")
    other = sf.load_dataset("digits").take(6)
    found = verify(report, "brian2", other, python=python)
    assert found.is_same and found.report.dataset.n_samples == 6
    assert found.report.mapping.core_of.tolist() == report.mapping.core_of.tolist()


def program(folder, text):
    """An interpreter that does as it likes."""
    file = folder / "python"
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return file


@pytest.mark.parametrize(
    ("text", "error", "told"),
    [
        ("exit 0", FileProblem, "ended without an answer"),
        ("echo it is broken >&2; exit 3", FileProblem, "failed: .*it is broken"),
        ("printf 0123456789 > answer.npz", FileProblem, "ended without an answer"),
        ("sleep 20", FileProblem, "took more than 0.5 s"),
        (
            "echo 'ModuleNotFoundError: No module named brian2' >&2; exit 1",
            NotInstalled,
            "uv venv brian2 && uv pip install --python brian2 brian2==2.9.0 'numpy<2.4'",
        ),
    ],
)
def test_a_tool_that_fails_says_why_and_what_to_install(tmp_path, text, error, told):
    with pytest.raises(error, match=told):
        verify(deployed(n=1), "brian2", python=program(tmp_path, text), timeout_s=0.5)


def test_an_answer_that_hides_an_object_is_not_opened(tmp_path):
    np.savez(tmp_path / "evil.npz", version=np.array([{"a": 1}], object))
    python = program(tmp_path, f"cp '{tmp_path}/evil.npz' answer.npz")
    with pytest.raises(FileProblem, match="ended without an answer that can be read"):
        verify(deployed(n=1), "brian2", python=python)


def test_what_is_not_there_is_named(tmp_path):
    report = deployed(n=1)
    with pytest.raises(UnknownName, match=r"There is no tool 'brain2'\. Did you mean 'brian2'"):
        verify(report, "brain2")
    with pytest.raises(FileProblem, match="There is no Python at"):
        verify(report, "brian2", python=tmp_path / "nowhere")
    unfit = sf.deploy(
        report.case.network, sf.load_profile("truenorth"), report.dataset, design=EIGHT_BITS
    )
    with pytest.raises(DoesNotFit, match="so there is no run that Brian2 could repeat"):
        verify(unfit, "brian2")
    write_program(report, "brian2", tmp_path / "program")
    with pytest.raises(FileProblem, match=r"exists already\. Say overwrite=True"):
        write_program(report, "brian2", tmp_path / "program")
    before = (tmp_path / "program" / "network.npz").read_bytes()
    write_program(report, "brian2", tmp_path / "program", overwrite=True)
    assert (tmp_path / "program" / "network.npz").read_bytes() == before


def test_each_tool_has_an_environment_with_the_packages_it_asks_for():
    for name, tool in TOOLS.items():
        asked = environments.ASKED[name]["packages"]
        assert {p for p in tool.packages if "=" in p or "<" in p} <= set(asked), name

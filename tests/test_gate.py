"""The gate for continuous integration: its exit codes, what it asks for, and what a chip has."""

import json
import subprocess
import sys

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.__main__ import main
from spikefit_nb.fit import support_matrix
from spikefit_nb.nir_file import write_nir


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A folder with digits.nir, recordings.npz and chip.toml."""
    folder = tmp_path_factory.mktemp("gate")
    dataset = sf.load_dataset("digits").take(60)
    write_nir(sf.load_network("digits"), folder / "digits.nir")
    np.savez(folder / "recordings.npz", spikes=dataset.spikes[:], labels=dataset.labels)
    sf.load_profile("loihi1").save(folder / "chip.toml")
    return folder


def run(files, *said, chip="loihi1"):
    return main(["check", str(files / "digits.nir"), "--chip", chip, *map(str, said)])


def test_it_passes_where_it_fits_and_keeps_what_is_asked(files, capsys):
    data = "--data", files / "recordings.npz"
    assert run(files, *data, "--at-least", "accuracy=0.9", "--at-most", "n_cores=128") == 0
    assert capsys.readouterr().out.startswith("passes on loihi1: accuracy 100.0 % (at least")
    assert run(files) == 0


def test_it_fails_where_a_limit_is_missed_or_the_network_does_not_fit(files, capsys):
    assert run(files, "--data", files / "recordings.npz", "--at-most", "event_energy_j=1e-9") == 1
    assert "(at most 1 nJ is asked for)" in capsys.readouterr().out
    assert run(files, chip="truenorth") == 1
    told = capsys.readouterr().out
    assert told.startswith("fails: does not fit truenorth: different weight values")
    assert "hidden -> digit: substituted: At most 4 values" in told


def test_what_is_not_known_of_a_chip_is_not_passed(files, capsys):
    data = "--data", files / "recordings.npz"
    assert run(files, *data, "--at-most", "event_energy_j=1", chip="seneca") == 1
    assert "not known" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (["--at-least", "accuracy=95", "--data", "digits"], "95 % is 0.95"),
        (["--at-least", "accuracy"], "say name=value"),
        (["--at-least", "acuracy=0.9", "--data", "digits"], "accuracy"),
        (["--at-least", "accuracy=0.9"], "--data"),
        (["--design", "bits=4"], "weight_bits"),
        (["--design", "weight_bits=99"], "between 1 and 16"),
        (["--data", "nowhere.npz"], "nowhere.npz"),
    ],
)
def test_what_cannot_be_is_told_with_the_cure(files, capsys, said, words):
    assert run(files, *said) == 2
    told = capsys.readouterr()
    assert words in told.err and not told.out


def test_a_chip_or_a_file_that_there_is_not_is_bad_input(files, capsys):
    assert run(files, chip="loihi9") == 2
    assert "Did you mean 'loihi" in capsys.readouterr().err
    assert main(["check", str(files / "no.nir"), "--chip", "loihi1"]) == 2
    assert main(["check", str(files / "chip.toml"), "--chip", "loihi1"]) == 2


def test_a_fault_of_ours_is_no_verdict(files, monkeypatch, capsys):
    def broken(*said):
        raise ZeroDivisionError

    monkeypatch.setattr("spikefit_nb.__main__.judge_on", broken)
    assert run(files) == 2
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_chips_come_from_files_too_and_answers_in_json(files, capsys):
    assert run(files, "--json", chip=str(files / "chip.toml")) == 0
    [answer] = json.loads(capsys.readouterr().out)
    assert answer["passes"] is True
    assert answer["hidden: support"]["value"] == "native"


def test_a_deployment_is_judged_as_it_left(files, tmp_path, capsys):
    parts = sf.load_network("digits"), sf.load_profile("loihi1"), sf.load_dataset("digits").take(9)
    folder = sf.deploy(*parts, design=sf.Design(weight_bits=4)).export(tmp_path / "out")
    assert main(["check", str(folder), "--chip", "loihi1"]) == 0


def test_the_exit_code_is_that_of_the_process(files):
    said = [sys.executable, "-m", "spikefit_nb", "check", str(files / "digits.nir"), "--chip"]
    assert subprocess.run([*said, "truenorth"], capture_output=True).returncode == 1


# What each chip has


def subtracting(neuron):
    layers = [sf.Population("in", (2,), sf.Input()), sf.Population("out", (2,), neuron)]
    return sf.Network(layers, [sf.Projection("in", "out", np.eye(2))])


def test_states_are_those_of_the_verdict():
    """Native where check_fit says so; what it changes is substituted; nothing else is supported."""
    for chip in map(sf.load_profile, sf.hardware.profile_names()):
        fit = sf.check_fit(sf.load_network("digits"), chip)
        states = {found.state for found in fit.supported.nodes.values()}
        assert (states == {"native"}) == fit.fits


def test_what_a_chip_lacks_is_told_of_the_population_that_needs_it():
    found = support_matrix(
        subtracting(sf.IF(1.0, reset="subtract")), map(sf.load_profile, ("loihi1", "odin"))
    )
    nodes = found["loihi1"].nodes
    assert nodes["out"].said == "substituted: reset to zero"
    assert nodes["in"].said == nodes["in -> out"].said == "native"
    izhikevich = support_matrix(subtracting(sf.network.Izhikevich()), [sf.load_profile("speck")])
    assert izhikevich["speck"].nodes["out"].state == "unsupported"


def test_the_cost_of_a_substitution_stands_beside_it():
    braille = sf.load_network("braille")
    dataset = sf.load_dataset("braille").take(50)
    [chip] = support_matrix(braille, [sf.load_profile("xylo_audio2")], dataset=dataset).chips
    before, after = chip.accuracies
    assert before == sf.simulate(braille, dataset).accuracy
    assert before > after == sf.simulate(chip_network(braille), dataset).accuracy


def chip_network(network):
    """The network with what Xylo's circuits demand, made by the step of adaptation."""
    return sf.adapt.suit(network, sf.load_profile("xylo_audio2")).network


def test_support_on_the_command_line(files, capsys):
    assert main(["support", str(files / "digits.nir"), "--chip", "loihi1", "--chip", "reckon"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("digits: native on loihi1; unsupported on reckon")
    assert "digit: unsupported: neuron model of the output" in told

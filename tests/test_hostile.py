"""What is put into nouns by mistake is refused where it is put in, with the cure."""

import datetime
import subprocess
import sys

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.errors import (
    DatasetProblem,
    NetworkProblem,
    TooLarge,
    UnknownName,
    WrongArgument,
)

EYE = np.eye(2)


def layers(**given):
    populations = [
        sf.Population("in", (2,), sf.Input()),
        sf.Population("out", (2,), sf.IF(1.0)),
    ]
    return sf.Network(populations, [sf.Projection("in", "out", EYE)], **given)


@pytest.mark.parametrize("bits", ["x", -3, 0, 2.5, np.inf, np.nan, True])
def test_bits_of_a_weight_are_a_whole_number(bits):
    with pytest.raises(NetworkProblem, match=r"weight_bits is .*None where"):
        sf.Projection("a", "b", EYE, weight_bits=bits)


@pytest.mark.parametrize("delay", ["x", -1, 0.5, np.nan, True, None])
def test_a_delay_is_a_whole_number_of_steps(delay):
    with pytest.raises(NetworkProblem, match=r"delay_steps is .*from 0 up"):
        sf.Projection("a", "b", EYE, delay_steps=delay)


@pytest.mark.parametrize(
    "make",
    [
        lambda: sf.Population(5, (2,), sf.IF(1.0)),
        lambda: sf.Projection(5, "b", EYE),
        lambda: sf.Projection("a", None, EYE),
        lambda: layers(name=5),
        lambda: sf.SpikeDataset(np.ones((1, 2, 2), bool), name=5),
        lambda: sf.SpikeDataset(np.ones((1, 2, 2), bool)).bin("5 ms"),
    ],
)
def test_names_are_words_and_times_are_numbers(make):
    with pytest.raises(WrongArgument, match="must be a"):
        make()


@pytest.mark.parametrize("shape", ["x", (2, "y"), (0,), (2.5,), (True,), (np.nan,), ()])
def test_a_shape_is_of_whole_numbers(shape):
    with pytest.raises(NetworkProblem, match="whole numbers from 1 up"):
        sf.Population("a", shape, sf.IF(1.0))


def test_an_input_cannot_answer():
    with pytest.raises(NetworkProblem, match="output is 'in', an input"):
        layers(output="in")
    with pytest.raises(NetworkProblem, match="no neurons"):
        sf.Network([sf.Population("in", (2,), sf.Input())], [])


NO_TIMES = "x", np.datetime64("2020-01-01"), datetime.timedelta(seconds=1), 1j, None, [[1], [2, 3]]


@pytest.mark.parametrize("tau", NO_TIMES)
def test_a_time_constant_is_a_number(tau):
    with pytest.raises(NetworkProblem, match="an array of numbers, is needed"):
        sf.LIF(tau, 1.0)


def test_a_word_is_not_true():
    with pytest.raises(NetworkProblem, match="must be True or False"):
        sf.IF(1.0, strict_threshold="False")


def test_words_are_not_split_into_letters():
    with pytest.raises(NetworkProblem, match="give a list"):
        layers(assumptions="as trained")
    with pytest.raises(DatasetProblem, match="list of names"):
        sf.SpikeDataset(np.ones((2, 2, 2), bool), [0, 1], classes="ab")


def test_masks_are_not_dropped():
    masked = np.ma.masked_array(EYE, mask=EYE > 0)
    with pytest.raises(NetworkProblem, match="has a mask"):
        sf.Projection("a", "b", masked)
    with pytest.raises(DatasetProblem, match="has a mask"):
        sf.SpikeDataset(masked[None])
    with pytest.raises(NetworkProblem, match="a number"):
        sf.LIF(np.ma.masked_array([1.0], mask=[True]), 1.0)


def test_a_limit_that_is_no_number_lets_nothing_run():
    dataset = sf.SpikeDataset(np.ones((1, 2, 2), bool))
    with pytest.raises(TooLarge):
        sf.simulate(layers(), dataset, memory_limit_bytes=float("nan"))


def test_steps_longer_than_a_recording_take_no_memory():
    dataset = sf.SpikeDataset(np.ones((1, 10, 2), bool), dt_s=1e-3)
    assert (dataset.bin(2.0**31).spikes[:] == 10).all()


def test_a_report_is_compared_with_a_report():
    report = sf.deploy(
        layers(), sf.load_profile("loihi1"), sf.SpikeDataset(np.ones((1, 2, 2), bool))
    )
    with pytest.raises(WrongArgument, match=r"after is None .*sf\.deploy"):
        report.compare(None)


@pytest.mark.parametrize("name", ["LOIHI1", "Loihi1", "LoIhI"])
def test_the_nearest_name_is_found_in_any_letters(name):
    with pytest.raises(UnknownName, match="Did you mean 'loihi"):
        sf.load_profile(name)


FULL_DISK = """
import resource, signal, sys
import spikefit_nb as sf
network = sf.load_network("digits")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))  # a file may be no larger
try:
    sf.nir_file.write_nir(network, sys.argv[1])
except sf.errors.FileProblem as error:
    print("refused:", error)
"""


def test_a_full_disk_is_an_error_and_leaves_no_file(tmp_path):
    """HDF5 itself would end the process."""
    path = tmp_path / "network.nir"
    ran = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(path)], capture_output=True, text=True, check=True
    )
    assert ran.stdout.startswith("refused:") and "another folder" in ran.stdout
    assert list(tmp_path.iterdir()) == []

"""Phases that take longer than a second say their name, and their sign is gone when they end."""

import threading
import time

import numpy as np
import pytest
import tqdm.auto

import spikefit_nb as sf
from spikefit_nb import progress
from spikefit_nb.progress import phase
from tests.networks import spikes, two_layers


@pytest.fixture
def said(monkeypatch, capsys):
    """What is written for the reader, with a second made short."""
    monkeypatch.setattr(progress, "PATIENCE_S", 0.05)
    monkeypatch.setattr(progress, "LOOK_EVERY_S", 0.02)
    monkeypatch.setattr(tqdm.auto, "tqdm", tqdm.std.tqdm)
    return lambda: capsys.readouterr().err


def test_a_long_phase_says_its_name_and_that_of_the_phase_inside(said):
    with phase("Adapting"):
        time.sleep(0.3)
        with phase("Quantizing"):
            time.sleep(0.3)
    text = said()
    assert text.index("Adapting: 00:00") < text.index("Quantizing: 00:00")
    assert text.endswith("\r") and not progress._phases


def test_a_short_phase_and_one_in_the_background_say_nothing(said):
    with phase("Mapping"):
        pass
    thread = threading.Thread(target=phase("Mapping")(lambda: time.sleep(0.2)))
    thread.start()
    thread.join()
    assert said() == ""


def test_a_sign_that_outlives_an_interrupted_phase_says_what_it_was_of(said):
    ended = threading.Event()
    threading.Timer(0.2, ended.set).start()
    progress._tell(ended, "Mapping")  # none is left
    assert said().startswith("\rMapping: ")


def test_an_error_inside_ends_the_sign(said):
    with pytest.raises(ValueError), phase("Mapping"):
        time.sleep(0.1)
        raise ValueError
    assert said().startswith("\rMapping: ") and not progress._phases


def test_what_deploys_a_network_tells_each_of_its_phases(monkeypatch):
    names = []
    monkeypatch.setattr(progress, "_phases", Heard(names))
    network = two_layers(7)
    dataset = sf.SpikeDataset(spikes(network, 7, n_samples=9), np.arange(9) % 3)
    design = sf.Design(weight_bits=4, prune_fraction=0.3)
    sf.deploy(network, sf.load_profile("loihi1"), dataset, design=design, calibration=dataset)
    wanted = ["Watching the calibration set", "Pruning", "Quantizing", "Mapping", "Pricing"]
    assert [name for name in dict.fromkeys(names) if name in wanted] == wanted


class Heard(list):
    """A list that keeps what was ever put into it."""

    def __init__(self, names):
        self.names = names

    def append(self, name):
        self.names.append(name)
        super().append(name)

"""A fingerprint tells whether a result still holds: of a profile, and of everything a run is about.

Studies keep fingerprints in files, so they must be the same in every process and on every machine.
"""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.case import Case
from spikefit_nb.datasets import ValueDataset
from spikefit_nb.encode import RateRegular

DIGITS, IMAGES = sf.load_network("digits"), sf.load_dataset("digits")
LOIHI = sf.load_profile("loihi1")
PRINTED = """
import numpy as np
import spikefit_nb as sf
from spikefit_nb.case import Case

populations = [sf.Population("in", (2,), sf.Input()), sf.Population("out", (2,), sf.IF(1.0))]
network = sf.Network(populations, [sf.Projection("in", "out", np.eye(2))])
chip = sf.HardwareProfile("mine", "A chip of mine", "mesh", "tick").replace(cores=64)
dataset = sf.SpikeDataset(np.eye(2, dtype=bool)[:, None, :], [0, 1])
design = sf.Design(weight_bits=4, prune_fraction=0.1, partition="layers")
case = Case(network, chip, dataset, design=design)
print(case.fingerprint)
"""
PINNED = "917598957b4a26e71eba57fa0878ac77148ace74754d0c105cfc73319105bde8"


def fingerprint(**changes):
    """Of the digits on Loihi with four bits, changed."""
    given = {"network": DIGITS, "profile": LOIHI, "dataset": IMAGES}
    return Case(**(given | {"design": sf.Design(weight_bits=4)} | changes)).fingerprint


@pytest.mark.parametrize("seed", ["0", "7"])
def test_it_is_the_same_in_every_process_and_stays_what_it_was(seed):
    environment = os.environ | {"PYTHONHASHSEED": seed}
    run = subprocess.run(
        [sys.executable, "-c", PRINTED], env=environment, check=True, text=True, capture_output=True
    )
    assert run.stdout.strip() == PINNED


def slower(dataset):
    """The same recordings in longer steps."""
    return replace(dataset, dt_s=2 * dataset.dt_s)


CHANGES = {
    "network": {"network": replace(DIGITS, dt_s=2e-3)},
    "profile": {"profile": LOIHI.replace(cores=64)},
    "recordings": {"dataset": IMAGES.take(100)},
    "none": {"dataset": None},
    "step": {"dataset": slower(IMAGES)},
    "calibration": {"calibration": IMAGES.take(20)},
    "decode": {"decode": "first_spike"},
    "scenario": {"scenario": "real_time"},
    "deadline": {"deadline_s": 1e-3},
    "bits": {"design": sf.Design(weight_bits=5)},
    "pruning": {"design": sf.Design(weight_bits=4, prune_fraction=0.1)},
}


def test_values_that_a_design_may_encode_change_it_and_spikes_without_them_keep_it():
    values = np.linspace(0, 1, 4 * 64).reshape(4, 8, 8)
    images = ValueDataset(values, [0, 1, 2, 3], encoder=RateRegular(8)).encoded()
    alone = replace(images, encoded_from=None)
    assert alone.fingerprint == images.fingerprint
    other = replace(images, encoded_from=replace(images.encoded_from, seed=1))
    told = [{"dataset": d} for d in (images, alone, other)]
    told += [{"dataset": alone, "calibration": d} for d in (images, alone)]
    assert len({fingerprint(**change) for change in told}) == 5


def test_whatever_decides_a_number_changes_it():
    told = [fingerprint(), *(fingerprint(**change) for change in CHANGES.values())]
    assert len(set(told)) == len(told)


def test_what_is_only_another_way_to_say_the_same_leaves_it():
    report = sf.deploy(DIGITS, LOIHI, IMAGES.take(9))
    settled = {"decode": report.record.decode, "scenario": report.operation.scenario}
    assert fingerprint(**settled) == fingerprint()
    assert fingerprint(design=sf.Design(weight_bits=np.int64(4))) == fingerprint()
    assert fingerprint(network=replace(DIGITS, name="mine")) == fingerprint()
    assert fingerprint(deadline_s=1) == fingerprint(deadline_s=1.0)


def test_a_profile_keeps_it_in_its_file(tmp_path):
    for name in ("loihi1", "truenorth", "xylo_audio3"):
        profile = sf.load_profile(name)
        read = sf.read_profile(profile.save(tmp_path / f"{name}.toml"))
        assert read.fingerprint == profile.fingerprint


def test_profiles_differ_in_any_figure_and_not_in_words():
    assert LOIHI.fingerprint != sf.load_profile("truenorth").fingerprint
    for name in ("cores", "energy_update_active"):
        figure = LOIHI.figures[name]
        larger = replace(figure, value=figure.value * 2, spread=None)
        guessed = replace(figure, kind="assumed", spread=None)
        told = {LOIHI.replace(**{name: other}).fingerprint for other in (larger, guessed)}
        assert len(told | {LOIHI.fingerprint}) == 3, name
    assert replace(LOIHI, title="another title").fingerprint == LOIHI.fingerprint
    worded = replace(LOIHI.figures["cores"], source="elsewhere")
    assert LOIHI.replace(cores=worded).fingerprint == LOIHI.fingerprint

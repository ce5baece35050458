"""Searches on disks that fill up and under clocks that jump: nothing that ended is lost."""

import errno
import io
import os
from datetime import datetime, timedelta
from random import Random

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.errors import SearchFailed
from spikefit_nb.search import journal, load_study
from tests.networks import spikes, two_layers

N_TRIALS = 10


def problem():
    network = two_layers(7)
    dataset = sf.SpikeDataset(spikes(network, 7, n_samples=20), np.arange(20) % 3)
    return network, sf.load_profile("loihi1"), dataset


def begun(place, **options):
    return sf.search(*problem(), n_trials=N_TRIALS, seed=2, storage=place, **options)


def read(place):
    network, profile, dataset = problem()
    return load_study(place, network=network, profile=profile, dataset=dataset)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A search that met no trouble."""
    study = begun(tmp_path_factory.mktemp("whole") / "it.study")
    study.wait()
    return study


class Disk:
    """Opens files as ``open`` does, on a disk with room for so many bytes."""

    def __init__(self, n_bytes):
        self.room = n_bytes

    def open(self, path, mode):
        disk = self

        class File(io.FileIO):
            def write(self, data):
                if disk.room <= 0:
                    raise OSError(errno.ENOSPC, "No space left on device")
                n_written = super().write(bytes(data)[: disk.room])
                disk.room -= n_written
                return n_written

        return io.BufferedRandom(File(path, mode.replace("b", "")))


@pytest.mark.parametrize("seed", range(4))
def test_a_disk_that_fills_up_costs_no_trial_that_ended_and_the_search_goes_on_as_if_nothing_was(
    whole, tmp_path, monkeypatch, seed
):
    draw = Random(seed)
    disk = Disk(draw.randrange(100, os.path.getsize(whole.storage)))
    monkeypatch.setattr(journal, "open", disk.open, raising=False)
    study = begun(tmp_path / "it.study")
    numbers, n_full = {t.number: t.numbers for t in whole.trials}, 0
    while study.state != "finished":
        try:
            study.wait()
            assert study.state == "finished"
        except SearchFailed as error:
            assert "No space left on device" in str(error) and "study.resume()" in str(error)
            n_full += 1
            disk.room += draw.randrange(100, 30_000)  # another moment
            assert all(t.numbers == numbers[t.number] for t in study.trials)
            study.resume()
    assert n_full and study.to_json() == whole.to_json() == read(study.storage).to_json()


def test_a_clock_that_jumps_changes_nothing(whole, tmp_path, monkeypatch):
    draw = Random(0)

    class Jumping(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + timedelta(days=draw.uniform(-400, 400))

    monkeypatch.setattr("optuna.storages.journal._storage.datetime", Jumping)
    study = begun(tmp_path / "it.study", max_seconds=3600)
    study.wait()
    assert study.state == "finished" and study.to_json() == whole.to_json()
    known = read(study.storage)
    known.resume(n_trials=N_TRIALS + 2)
    known.wait()
    assert known.state == "finished" and len(known.trials) == N_TRIALS + 2


def test_two_studies_of_one_file_in_one_kernel_make_no_trial_twice(tmp_path):
    first = sf.search(*problem(), n_trials=1, seed=2, storage=tmp_path / "it.study")
    first.wait()
    both = [read(first.storage) for _ in range(2)]
    for study in both:
        study.resume(n_trials=N_TRIALS)
    for study in both:
        study.wait()
    assert [t.number for t in read(first.storage).trials] == list(range(1, N_TRIALS + 1))

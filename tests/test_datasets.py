import hashlib
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from spikefit_nb.datasets import SpikeDataset, load_dataset
from spikefit_nb.datasets.braille import SHA256_OF_PART, first_of_equals, load_braille, read_part
from spikefit_nb.datasets.digits import digit_images, held_back
from spikefit_nb.errors import DatasetProblem, FileProblem, UnknownName


def test_digits_are_360_balanced_images_of_64_steps():
    digits = load_dataset("digits")
    assert digits.spikes.shape == (360, 64, 64) and digits.spikes.dtype == bool
    assert (np.bincount(digits.labels) == 36).all()
    assert digits.channel_shape == (8, 8) and digits.dt_s == 1e-3 and digits.classes == tuple("0123456789")
    assert "BSD-3-Clause" in digits.source


def test_digits_are_those_of_scikit_learn():
    bunch = pytest.importorskip("sklearn.datasets").load_digits()
    images, labels = digit_images()
    assert (images * 16 == bunch.data).all() and (labels == bunch.target).all()
    rates = load_dataset("digits").spikes.mean(axis=1)
    assert np.abs(rates - images[held_back()]).max() < 0.35


def test_digits_are_the_same_every_time():
    assert (load_dataset("digits").spikes == load_dataset("digits").spikes).all()


def test_digits_load_without_importing_scikit_learn():
    code = "import sys, spikefit_nb.datasets as d; d.load_dataset('digits'); sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_first_samples_hold_every_digit():
    assert np.unique(load_dataset("digits", n_samples=60).labels).size == 10


def test_more_samples_than_there_are_is_refused():
    for n_samples in (0, 361):
        with pytest.raises(DatasetProblem, match=f"n_samples is {n_samples}, but 'digits' has 360 samples"):
            load_dataset("digits", n_samples=n_samples)


def test_an_unknown_data_set_gets_the_nearest_names():
    with pytest.raises(UnknownName, match=r"There is no data set 'digit'. Did you mean 'digits'"):
        load_dataset("digit")


def test_braille_is_the_published_encoding(shared_data):
    braille = load_dataset("braille")
    assert braille.spikes.shape == (1158, 256, 12) and braille.dt_s == 5e-3
    assert braille.classes == ("space", "A", "E", "I", "O", "U", "Y")
    assert "10.5281/zenodo.7050094" in braille.source and "Apache-2.0" in braille.source


def test_an_upstream_file_reads_as_the_first_samples_of_the_union(shared_data):
    path = shared_data / "braille_upstream" / "ds_val_0.pt"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == SHA256_OF_PART[0]
    spikes, labels = first_of_equals(*read_part(path))
    braille = load_dataset("braille")
    assert (spikes == braille.spikes[: len(spikes)]).all() and (labels == braille.labels[: len(labels)]).all()


def write_part(path, spikes, labels):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", b"cos\nsystem\n(S'exit 1'\ntR.")
        archive.writestr("archive/data/0", spikes.astype("<f4").tobytes())
        archive.writestr("archive/data/1", labels.astype("<i8").tobytes())


def test_ten_upstream_files_join_in_order_and_equal_samples_count_once(tmp_path, monkeypatch):
    generator = np.random.default_rng(0)
    every = [generator.integers(0, 2, (280, 256, 12)) for _ in range(2)]
    labels = [generator.integers(0, 7, 280) for _ in range(2)]
    for k in range(10):
        write_part(tmp_path / f"ds_val_{k}.pt", every[k % 2], labels[k % 2])
    monkeypatch.setenv("SPIKEFIT_DATA", str(tmp_path))
    braille = load_braille()
    assert (braille.spikes == np.concatenate(every)).all() and (braille.labels == np.concatenate(labels)).all()


def test_a_file_that_is_no_braille_archive_is_named(tmp_path):
    path = tmp_path / "ds_val_0.pt"
    path.write_bytes(b"not a zip")
    with pytest.raises(FileProblem, match=r"ds_val_0.pt is not one of the Braille archives.*Remove it"):
        read_part(path)
    write_part(path, np.zeros((2, 3, 4)), np.zeros(2))
    with pytest.raises(FileProblem, match=r"entries archive/data/0 of \(280, 256, 12\) float32"):
        read_part(path)


def test_a_damaged_union_file_is_named(tmp_path, monkeypatch):
    (tmp_path / "braille7_union.npz").write_bytes(b"PK broken")
    monkeypatch.setenv("SPIKEFIT_DATA", str(tmp_path))
    with pytest.raises(FileProblem, match=r"braille7_union.npz is damaged"):
        load_braille()


def test_spikes_with_time_first_are_refused_with_the_cure():
    match = r"spikes is \(100, 360, 64\) but there are 360 labels: samples come first; try `spikes.swapaxes\(0, 1\)`"
    with pytest.raises(DatasetProblem, match=match):
        SpikeDataset(np.zeros((100, 360, 64), bool), np.zeros(360, int))


def test_an_empty_data_set_is_refused():
    with pytest.raises(DatasetProblem, match=r"The dataset is empty: spikes is \(0, 10, 3\)"):
        SpikeDataset(np.zeros((0, 10, 3), bool), np.zeros(0, int))


def test_inputs_that_are_not_numbers_are_refused():
    currents = np.zeros((2, 3, 4), np.float32)
    currents[0, 0, 0] = np.nan
    with pytest.raises(DatasetProblem, match="1 of 24 input values are NaN or infinite"):
        SpikeDataset(currents)

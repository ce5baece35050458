import hashlib
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from spikefit_nb.datasets import (
    REGISTRY,
    braille27,
    dataset_names,
    load_dataset,
    load_images,
    load_values,
)
from spikefit_nb.datasets.braille import first_of_equals, read_part
from spikefit_nb.datasets.digits import digit_images, held_back
from spikefit_nb.datasets.lazy import Repeated
from spikefit_nb.datasets.load import SHA256_OF_PART
from spikefit_nb.encode import Delta, Direct, Latency, RateBernoulli
from spikefit_nb.errors import DatasetProblem, FileProblem, UnknownName


def test_digits_are_360_balanced_images_of_64_steps():
    digits = load_dataset("digits")
    assert digits.spikes.shape == (360, 64, 64) and digits.spikes.dtype == bool
    assert (np.bincount(digits.labels) == 36).all()
    assert (
        digits.channel_shape == (8, 8)
        and digits.dt_s == 1e-3
        and digits.classes == tuple("0123456789")
    )
    assert "BSD-3-Clause" in digits.source


def test_digits_keep_the_spikes_their_network_was_trained_for():
    images = digit_images()[0][held_back()]
    drawn = np.random.default_rng(0).random((360, 64, 64)) < images[:, None]
    assert (load_dataset("digits").spikes == drawn).all()
    assert (load_dataset("digits", n_samples=60).spikes == drawn[:60]).all()


def test_images_are_encoded_as_asked():
    assert load_images("digits").values.shape == (360, 8, 8)
    sparse = load_dataset("digits", encoder=Latency(32), n_samples=20)
    assert (
        sparse.n_steps == 32
        and sparse.channel_shape == (8, 8)
        and "Latency(n_steps=32" in sparse.source
    )
    assert (
        sparse.spikes[:] == Latency(32).encode(load_images("digits", n_samples=20).values)
    ).all()
    other = load_dataset("digits", n_samples=20, seed=1)
    assert (other.spikes != load_dataset("digits", n_samples=20).spikes).any()
    with pytest.raises(
        DatasetProblem,
        match=r"'braille' is made of spikes; an encoder is for values: braille27, digits, mnist",
    ):
        load_dataset("braille", encoder=Latency(32))


def test_the_27_letters_are_the_published_readings_50_times_each():
    """Readings from 55 to 255, pressure lowering them, and the licence that has to be told."""
    letters = load_values("braille27")
    readings = np.load(braille27.FILE)
    assert letters.values.shape == (1350, 76, 12) and letters.dt_s == 25e-3
    assert np.array_equal(np.round(255 * (1 - letters.values)), readings["X"])
    assert letters.classes == tuple(readings["letters"]) and len(letters.classes) == 27
    assert (np.bincount(letters.labels) == 50).all() and "CC BY 4.0" in letters.source
    first = load_values("braille27", n_samples=54)
    assert (np.bincount(first.labels) == 2).all()
    with pytest.raises(UnknownName, match=r"There is no set of values 'braille'. Did you mean"):
        load_values("braille")


def test_the_27_letters_are_sent_by_their_changes_or_as_asked():
    letters = load_dataset("braille27", n_samples=27)
    assert letters.spikes.shape == (27, 76, 24) and letters.dt_s == 25e-3
    told = Delta(76, threshold=0.02).decode(letters.spikes[:])
    assert np.abs(told - load_values("braille27", n_samples=27).values).max() <= 0.02
    whole = load_dataset("braille27", n_samples=27, encoder=Latency(8))
    assert whole.spikes.shape == (27, 8, 76 * 12) and whole.dt_s == 1e-3


def test_digits_are_those_of_scikit_learn():
    bunch = pytest.importorskip("sklearn.datasets").load_digits()
    images, labels = digit_images()
    assert (images * 16 == bunch.data).all() and (labels == bunch.target).all()
    rates = load_dataset("digits").spikes.mean(axis=1)
    assert np.abs(rates - images[held_back()]).max() < 0.35


def test_digits_are_the_same_every_time():
    assert (load_dataset("digits").spikes == load_dataset("digits").spikes).all()


def test_digits_load_without_importing_scikit_learn():
    code = (
        "import sys, spikefit_nb.datasets as d; d.load_dataset('digits'); "
        "sys.exit('sklearn' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_first_samples_hold_every_digit():
    assert np.unique(load_dataset("digits", n_samples=60).labels).size == 10


def test_more_samples_than_there_are_is_refused():
    for n_samples in (0, 361):
        with pytest.raises(
            DatasetProblem, match=f"n_samples is {n_samples}, but 'digits' has 360 samples"
        ):
            load_dataset("digits", n_samples=n_samples)


def test_an_unknown_data_set_gets_the_nearest_names():
    with pytest.raises(
        UnknownName, match=r"There is no data set 'digit'. Did you mean 'digits'"
    ) as caught:
        load_dataset("digit")
    assert all(name in str(caught.value) for name in dataset_names())
    with pytest.raises(
        UnknownName, match=r"There is no set of images 'nmnist'. Did you mean 'mnist'"
    ):
        load_images("nmnist")


def test_every_data_set_says_where_it_is_from_and_by_which_licence():
    for name, entry in REGISTRY.items():
        assert entry.title and entry.licence and entry.citation, name
        for file in entry.files:
            kind, _, digest = file.checksum.rpartition(":")
            assert len(digest) == {"": 64, "md5": 32}[kind] and set(digest) <= set(
                "0123456789abcdef"
            )
            assert file.url.startswith("https://") and file.n_bytes > 1000


@pytest.mark.parametrize("name", [name for name in dataset_names() if REGISTRY[name].files])
def test_a_file_that_cannot_be_had_is_named_with_size_licence_and_cure(
    name, monkeypatch, tmp_path, capsys
):
    monkeypatch.setenv("SPIKEFIT_DATA", str(tmp_path))
    monkeypatch.setattr("pooch.os_cache", lambda _: tmp_path / "cache")
    monkeypatch.setattr("pooch.HTTPDownloader", refuse)
    file = REGISTRY[name].files[0]
    with pytest.raises(FileProblem) as caught:
        load_dataset(name)
    for words in (
        file.name,
        file.url,
        f"{file.n_bytes / 1e6:,.1f} MB",
        REGISTRY[name].licence,
        "set SPIKEFIT_DATA",
    ):
        assert words in str(caught.value)
    assert f"Downloading {file.name}" in capsys.readouterr().out


def refuse(**_):
    def downloader(*_):
        raise ConnectionError("no network")

    return downloader


def test_mnist_is_the_test_set_as_currents_of_one_steps_memory(shared_data):
    mnist = load_dataset("mnist")
    assert (
        mnist.spikes.shape == (10_000, 64, 784)
        and mnist.is_current
        and mnist.channel_shape == (28, 28)
    )
    assert isinstance(mnist.spikes, Repeated) and mnist.n_bytes < 32e6
    # The first test images are a 7, a 2 and a 1, as everybody knows.
    assert mnist.labels[:3].tolist() == [7, 2, 1] and np.bincount(mnist.labels).tolist()[:3] == [
        980,
        1135,
        1032,
    ]
    assert (
        mnist.block(5, 6).max() == np.float32(254 / 255)
        and (mnist.block(5, 6)[0] == mnist.spikes[5, 63]).all()
    )
    assert "CC BY-SA 3.0" in mnist.source and "Direct(n_steps=64" in mnist.source


def test_a_part_of_mnist_has_as_many_of_each_digit(shared_data):
    part = load_dataset("mnist", n_samples=100, encoder=RateBernoulli(8))
    assert (
        set(part.class_counts.values()) == {10} and part.spikes.dtype == bool and part.n_steps == 8
    )
    images = load_images("mnist", n_samples=100)
    assert (
        images.values.shape == (100, 28, 28)
        and images.values.dtype == np.float32
        and images.values.max() == 1
    )
    assert (
        load_dataset("mnist", n_samples=100, encoder=Direct(1)).block(0, None)[:, 0]
        == images.values.reshape(100, 784)
    ).all()
    for n_samples in (0, 10_001):
        with pytest.raises(
            DatasetProblem, match=f"n_samples is {n_samples}, but 'mnist' has 10000 samples"
        ):
            load_images("mnist", n_samples=n_samples)


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
    assert (spikes == braille.spikes[: len(spikes)]).all() and (
        labels == braille.labels[: len(labels)]
    ).all()


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
    braille = load_dataset("braille")
    assert (braille.spikes == np.concatenate(every)).all() and (
        braille.labels == np.concatenate(labels)
    ).all()


def test_a_file_that_is_no_braille_archive_is_named(tmp_path):
    path = tmp_path / "ds_val_0.pt"
    path.write_bytes(b"not a zip")
    with pytest.raises(
        FileProblem, match=r"ds_val_0.pt is not one of the Braille archives.*Remove it"
    ):
        read_part(path)
    write_part(path, np.zeros((2, 3, 4)), np.zeros(2))
    with pytest.raises(FileProblem, match=r"entries archive/data/0 of \(280, 256, 12\) float32"):
        read_part(path)


def test_a_damaged_union_file_is_named(tmp_path, monkeypatch):
    (tmp_path / "braille7_union.npz").write_bytes(b"PK broken")
    monkeypatch.setenv("SPIKEFIT_DATA", str(tmp_path))
    with pytest.raises(FileProblem, match=r"braille7_union.npz is damaged"):
        load_dataset("braille")

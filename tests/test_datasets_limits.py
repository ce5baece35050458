"""What a data set refuses, and what it must not mistake: counts for currents, microseconds for
seconds.
"""

from dataclasses import replace

import numpy as np
import pytest

from spikefit_nb.datasets import SpikeDataset, load_values, read_idx, read_nmnist
from spikefit_nb.encode import Direct
from spikefit_nb.errors import DatasetProblem, FileProblem

EVENT = [("t", int), ("x", int), ("y", int), ("p", int)]


class Camera(list):
    sensor_size = (4, 2, 2)


def recording(t, label=0):
    return Camera([(np.array([(t, 0, 0, 0)], dtype=EVENT), label)])


@pytest.mark.parametrize("dtype", [np.int64, np.uint16])
def test_integers_above_255_are_refused_and_as_floats_they_are_currents(dtype):
    counts = np.full((1, 4, 2), 300, dtype)
    with pytest.raises(
        DatasetProblem,
        match=r"largest count is 300; 255 are the most.*spikes\.astype\(np\.float32\)",
    ):
        SpikeDataset(counts)
    assert SpikeDataset(counts.astype(np.float32)).is_current
    assert SpikeDataset(np.array([[[1, -1]]], np.int8)).is_current


def test_currents_of_black_and_white_images_stay_currents_in_one_steps_memory():
    images = np.eye(4)
    dataset = SpikeDataset.encode(images, None, Direct(8), seed=0)
    assert dataset.is_current and dataset.n_bytes < 4 * images.size + 100
    assert (dataset.bin(2e-3).spikes[:] == images[:, None]).all()  # averaged, as grey ones are
    assert SpikeDataset.encode(images, None, Direct(1), seed=0).is_current


def test_a_large_label_takes_no_memory_of_its_own():
    dataset = SpikeDataset(np.ones((3, 1, 1), bool), [0, 2**31 - 1, 2], classes=("cat", "dog"))
    assert dataset.class_counts == {"cat": 1, "dog": 0, "2": 1, "2147483647": 1}
    assert dataset.n_classes == 4


@pytest.mark.parametrize("spikes", [np.ones((2, 5, 3), bool), np.zeros((2, 5, 3), bool)])
@pytest.mark.parametrize("n_steps", [-1, 1.5])
def test_steps_are_added_and_never_taken_away(spikes, n_steps):
    with pytest.raises(DatasetProblem, match=f"n_steps is {n_steps}; a whole number of at least 0"):
        SpikeDataset(spikes).extend(n_steps)


@pytest.mark.parametrize("shape", [(-2, -2), (2.0, 2.0), (3,), 5])
def test_an_arrangement_that_does_not_hold_the_channels_is_refused(shape):
    with pytest.raises(DatasetProblem, match="does not hold 4 channels"):
        SpikeDataset(np.ones((1, 2, 4), bool), channel_shape=shape)
    for good in (4, [2, 2]):
        assert isinstance(
            SpikeDataset(np.ones((1, 2, 4), bool), channel_shape=good).channel_shape, tuple
        )


def test_recordings_of_different_lengths_are_refused_with_the_cure():
    with pytest.raises(
        DatasetProblem, match=r"recordings differ in length.*SpikeDataset\.from_events"
    ):
        SpikeDataset([[[1, 0], [0, 1]], [[1, 1]]])


def test_times_in_another_unit_or_counted_from_elsewhere_are_noticed():
    with pytest.raises(
        DatasetProblem, match=r"time_s makes recordings of 123,456,001 steps.*another unit"
    ):
        SpikeDataset.from_events([0], [0], time_s=[123456.0])
    assert (
        SpikeDataset.from_events([0], [0], time_s=[123456.0], n_steps=123_456_001).n_steps
        == 123_456_001
    )
    with pytest.raises(
        DatasetProblem, match=r"t makes recordings of 1,000,000,000 steps.*start of the recording"
    ):
        SpikeDataset.from_tonic(recording(t=10**12 - 1))


def test_steps_beyond_what_events_can_number_are_refused():
    with pytest.raises(
        DatasetProblem, match=r"n_steps is 1099511627777; a whole number from 1 to 2147483647"
    ):
        SpikeDataset.from_events([0], [0], step=[2**40])


def test_events_of_no_spikes_and_currents_that_cancel_are_no_events():
    dataset = SpikeDataset.from_events(
        [0, 0, 0], [0, 1, 1], step=[0, 1, 1], count=[0.0, 0.5, -0.5], n_channels=99
    )
    assert len(dataset.spikes.step) == 0 and dataset.is_current
    assert len(SpikeDataset.from_events([0, 0], [0, 9], step=[0, 9], count=[0, 3]).spikes.step) == 1


@pytest.mark.parametrize("label", [1.7, (1, 2), None, float("nan")])
def test_a_label_that_is_no_whole_number_is_refused_and_not_rounded(label):
    with pytest.raises(
        DatasetProblem, match=r"label of recording 0 is .*; a whole number is needed"
    ):
        SpikeDataset.from_tonic(recording(0, label))


@pytest.mark.parametrize("n_steps", [0, -1, 1.5])
def test_a_number_of_steps_that_is_none_is_named_and_no_file_blamed(n_steps, tmp_path):
    for read in (
        lambda: SpikeDataset.from_tonic(recording(0), n_steps=n_steps),
        lambda: SpikeDataset.from_events([0], [0], step=[0], n_steps=n_steps),
        lambda: read_nmnist(tmp_path / "none.zip", n_steps=n_steps),
    ):
        with pytest.raises(
            DatasetProblem, match=f"n_steps is {n_steps}; a whole number of at least 1"
        ):
            read()


def test_a_number_of_samples_that_is_none_is_named():
    for read in (
        lambda: SpikeDataset.from_tonic(recording(0), n_samples=0.5),
        lambda: SpikeDataset(np.ones((3, 1, 1), bool)).take(1.5),
    ):
        with pytest.raises(DatasetProblem, match=r"n_samples is (0|1)\.5, but"):
            read()


def test_a_file_that_is_not_there_is_not_called_damaged(tmp_path):
    for read in (read_idx, read_nmnist):
        with pytest.raises(FileProblem, match=r"^There is no file .*none\. You are in"):
            read(tmp_path / "none")


def test_a_clock_of_32_bits_that_begins_anew_within_a_recording_is_refused():
    times = np.sort(np.random.default_rng(0).integers(0, 300_000, 300)) + 2**32 - 100_000
    events = np.zeros(300, EVENT)
    events["t"] = times % 2**32
    with pytest.raises(DatasetProblem, match="32 bits that began anew"):
        SpikeDataset.from_tonic(Camera([(events, 0)]))
    events["t"] = times  # counted on, it is a clock that began long before
    assert SpikeDataset.from_tonic(Camera([(events, 0)])).n_steps <= 300


@pytest.mark.parametrize("classes", ["cat", [0.5], np.full(3, np.nan), [b"cat"], [["cat"]]])
def test_names_of_classes_are_words_or_whole_numbers(classes):
    for noun in (SpikeDataset(np.ones((3, 1, 1), bool)), load_values("digits")):
        with pytest.raises(DatasetProblem, match=r"classes is .*give a list of names"):
            replace(noun, classes=classes)
        assert replace(noun, classes=range(2)).classes == ("0", "1")

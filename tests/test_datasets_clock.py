"""Clocks that did not begin with a recording, times in another unit, axes in another order."""

import zipfile

import numpy as np
import pytest

from spikefit_nb.datasets import SpikeDataset, read_nmnist, same_order
from spikefit_nb.errors import DatasetProblem
from spikefit_nb.network import LIF, Input, Network, Population, Projection
from spikefit_nb.simulate import simulate

FIELDS = [("t", "<i8"), ("x", "<i2"), ("y", "<i2"), ("p", "<i1")]
SIZE = (8, 6, 2)


class Stand(list):
    """What a data set of tonic looks like."""

    sensor_size = SIZE


def recording(seed=0, *, n_events=400, lasts_us=50_000, begins_us=0, dtype="<i8"):
    """Random events, the first and the last of them where the recording begins and ends."""
    generator = np.random.default_rng(seed)
    events = np.zeros(n_events, [("t", dtype), *FIELDS[1:]])
    times = np.sort(generator.integers(0, lasts_us, n_events))
    times[0], times[-1] = 0, lasts_us - 1
    events["t"] = times + begins_us
    for name, n in zip("xyp", SIZE, strict=True):
        events[name] = generator.integers(0, n, n_events)
    return events


def steps_with_spikes(dataset):
    return np.flatnonzero(dataset.spikes[:].any(axis=(0, 2))).tolist()


def same_spikes(one, other):
    return one.spikes.shape == other.spikes.shape and (one.spikes[:] == other.spikes[:]).all()


BEGINNINGS = [30_000_000, 1_000_000_000, 1_600_000_000_000_000, 200_000]


@pytest.mark.parametrize("dtype", ["<i8", "<u8", "<f8"])
@pytest.mark.parametrize("begins_us", BEGINNINGS)
def test_a_camera_that_ran_before_gives_the_spikes_of_one_that_did_not(begins_us, dtype):
    reference = SpikeDataset.from_tonic(Stand([(recording(), 0)]))
    late = SpikeDataset.from_tonic(Stand([(recording(begins_us=begins_us, dtype=dtype), 0)]))
    assert reference.n_steps == 50 and same_spikes(late, reference)
    assert "counts from its first event" in late.source
    assert "first event" not in reference.source


@pytest.mark.parametrize("begins_us", BEGINNINGS[:2])
def test_events_in_arrays_have_the_same_rule(begins_us):
    events = recording(begins_us=begins_us)
    channel = (events["p"] * 6 + events["y"]) * 8 + events["x"]
    sample = np.zeros(len(events), int)
    dataset = SpikeDataset.from_events(sample, channel, time_s=events["t"] * 1e-6, n_channels=96)
    assert same_spikes(dataset, SpikeDataset.from_tonic(Stand([(recording(), 0)])))
    assert "counts from its first event" in dataset.source


def test_slices_of_one_long_recording_each_count_from_their_own_first_event():
    slices = [(recording(k, begins_us=50_000 * k), 0) for k in range(4)]
    dataset = SpikeDataset.from_tonic(Stand(slices))
    expected = SpikeDataset.from_tonic(Stand([(recording(k), 0) for k in range(4)]))
    assert dataset.n_steps == 50 and same_spikes(dataset, expected)
    assert "clock of 3 of 4 recordings" in dataset.source


def test_a_late_first_spike_stays_late_where_recordings_last_as_long():
    """A latency code: when the first spike comes is what it says."""
    early, late = np.linspace(0, 0.040, 11), np.linspace(0.030, 0.050, 11)
    sample, time_s = np.repeat([0, 1], 11), np.concatenate([early, late])
    dataset = SpikeDataset.from_events(sample, np.zeros(22, int), time_s=time_s)
    first, second = (np.flatnonzero(s).tolist() for s in dataset.spikes[:, :, 0])
    assert (first[0], first[-1]) == (0, 40) and (second[0], second[-1]) == (30, 50)
    assert dataset.source == ""


def test_single_spikes_and_a_few_say_nothing_about_a_clock():
    time_s = np.arange(20) * 3e-3 + 5e-3
    single = SpikeDataset.from_events(np.arange(20), np.zeros(20, int), time_s=time_s)
    assert steps_with_spikes(single) == list(range(5, 65, 3))
    few = SpikeDataset.from_events([0, 0], [0, 0], time_s=[0.010, 0.012])
    assert steps_with_spikes(few) == [10, 12]


def test_a_few_events_after_a_second_of_silence_are_those_of_a_clock():
    few = SpikeDataset.from_events([0, 0], [0, 0], time_s=[1.6e9, 1.6e9 + 0.0505])
    assert steps_with_spikes(few) == [0, 50] and "first event" in few.source
    with pytest.raises(DatasetProblem, match=r"at most 2,147,483,648 steps of 1 ms.*start_s="):
        SpikeDataset.from_events([0], [0], time_s=[1.6e9])


def test_polarities_of_minus_one_are_told_what_to_do():
    events = recording()
    events["p"] = np.where(events["p"] == 0, -1, 1)
    with pytest.raises(DatasetProblem, match=r"p of recording 0 goes from -1 to 1.*Make them 0"):
        SpikeDataset.from_tonic(Stand([(events, 0)]))


def test_a_stated_number_of_steps_that_holds_events_is_believed():
    at, time_s = np.zeros(101, int), np.linspace(0.8, 0.9, 101)
    dataset = SpikeDataset.from_events(at, at, time_s=time_s, n_steps=1000)
    assert steps_with_spikes(dataset) == list(range(800, 901)) and dataset.source == ""
    assert SpikeDataset.from_events(at, at, time_s=time_s).n_steps == 101
    late = Stand([(recording(begins_us=30_000_000), 0)])
    assert SpikeDataset.from_tonic(late, n_steps=40).spikes[:, 0].any()


def test_when_recordings_begin_can_be_said():
    twice = Stand([(recording(k, begins_us=30_000_000 * (k + 1)), 0) for k in range(2)])
    dataset = SpikeDataset.from_tonic(twice, start_s=[29.99, 60.01])
    first, second = (np.flatnonzero(s.any(axis=1)) for s in dataset.spikes[:])
    assert first[[0, -1]].tolist() == [10, 59] and second[[0, -1]].tolist() == [0, 39]
    n_early = (twice[1][0]["t"] < 60_010_000).sum()
    assert f"{n_early} of 800 events come before start_s" in dataset.source
    at, time_s = np.zeros(101, int), np.linspace(3, 3.1, 101)
    as_it_is = SpikeDataset.from_events(at, at, time_s=time_s, start_s=0)
    assert steps_with_spikes(as_it_is) == list(range(3000, 3101))
    before = SpikeDataset.from_events([0, 0], [0, 0], time_s=[-0.05, 0.01], start_s=-0.06)
    assert steps_with_spikes(before) == [10, 70]


@pytest.mark.parametrize("start_s", ["now", [1.0, 2.0], np.nan])
def test_a_beginning_that_is_none_is_refused(start_s):
    with pytest.raises(DatasetProblem, match=r"start_s is .*one for each of 1 recordings"):
        SpikeDataset.from_tonic(Stand([(recording(), 0)]), start_s=start_s)
    with pytest.raises(DatasetProblem, match="steps count from 0"):
        SpikeDataset.from_events([0], [0], step=[3], start_s=1.0)


@pytest.mark.parametrize(("unit", "per_second"), [("s", 1.0), ("ms", 1e3), ("us", 1e6)])
@pytest.mark.parametrize("begins_s", [0, 30])
@pytest.mark.parametrize("n_steps", [None, 300])
def test_times_in_another_unit_are_refused_until_it_is_said(unit, per_second, begins_s, n_steps):
    events = recording(lasts_us=300_000, dtype="<f8")
    events["t"] = (events["t"] * 1e-6 + begins_s) * per_second
    stated = SpikeDataset.from_tonic(Stand([(events, 0)]), time_unit=unit, n_steps=n_steps)
    assert stated.n_steps == 300
    if unit == "us":
        assert same_spikes(SpikeDataset.from_tonic(Stand([(events, 0)]), n_steps=n_steps), stated)
    else:
        with pytest.raises(DatasetProblem, match=r"400 events.*time_unit='ms'.*time_unit='s'"):
            SpikeDataset.from_tonic(Stand([(events, 0)]), n_steps=n_steps)


def test_a_long_busy_recording_in_milliseconds_is_too_busy_for_microseconds():
    events = recording(n_events=20_000, lasts_us=6_000_000)
    events["t"] //= 1000
    with pytest.raises(DatasetProblem, match=r"t: no recording lasts over 6 ms.*kHz a channel"):
        SpikeDataset.from_tonic(Stand([(events, 0)]))
    assert SpikeDataset.from_tonic(Stand([(events, 0)]), time_unit="ms").n_steps == 6000


def test_many_times_of_one_recording_in_one_step_are_refused_of_arrays_too():
    time_s = np.linspace(0, 3e-4, 100)
    at = np.zeros(100, int)
    with pytest.raises(DatasetProblem, match=r"time_s: .*100 events.*give step="):
        SpikeDataset.from_events(at, at, time_s=time_s)


def test_a_unit_that_is_none_is_refused():
    with pytest.raises(DatasetProblem, match="time_unit is 'minutes'; it can be 's', 'ms'"):
        SpikeDataset.from_tonic(Stand([(recording(), 0)]), time_unit="minutes")


def test_polarities_can_share_a_channel():
    events = recording()
    merged = SpikeDataset.from_tonic(Stand([(events, 0)]), merge_polarities=True)
    apart = SpikeDataset.from_tonic(Stand([(events, 0)]))
    summed = apart.spikes[:].reshape(1, 50, 2, 48).sum(axis=2)
    assert merged.channel_shape == (1, 6, 8) and (merged.spikes[:] == summed).all()
    assert "share one channel" in merged.source and "share" not in apart.source
    single = Stand([(events, 0)])
    single.sensor_size = (8, 6, 1)
    assert same_spikes(SpikeDataset.from_tonic(single), merged)
    assert "share one channel" in SpikeDataset.from_tonic(single).source


def test_frames_are_taken_with_their_arrangement():
    frames = np.random.default_rng(0).integers(0, 3, (3, 49, 2, 6, 8))
    dataset = SpikeDataset(frames)
    assert dataset.channel_shape == (2, 6, 8) and dataset.n_steps == 49
    assert (dataset.spikes[:] == frames.reshape(3, 49, 96)).all()
    images = SpikeDataset(frames[:, :, 0], [0, 1, 2])
    assert images.channel_shape == (6, 8)
    assert SpikeDataset(frames, channel_shape=(2, 48)).channel_shape == (2, 48)


def test_frames_that_may_be_one_recording_or_many_are_asked_about():
    frames = np.ones((49, 2, 6, 8), bool)
    with pytest.raises(DatasetProblem, match=r"channel_shape=\(6, 8\), or give `spikes\[None\]`"):
        SpikeDataset(frames)
    assert SpikeDataset(frames, channel_shape=(6, 8)).n_samples == 49
    assert SpikeDataset(frames[None]).n_samples == 1
    with pytest.raises(DatasetProblem, match=r"channels are \(2, 6, 8\), but.*\(6, 8, 2\)"):
        SpikeDataset(frames[None], channel_shape=(6, 8, 2))


def test_frames_in_place_of_events_are_told_the_way_in():
    with pytest.raises(DatasetProblem, match=r"SpikeDataset\(np.stack"):
        SpikeDataset.from_tonic(Stand([(np.zeros((49, 2, 6, 8)), 0)]))


def network_of(shape):
    n = int(np.prod(shape))
    populations = [Population("in", shape, Input()), Population("out", 2, LIF(tau_mem_s=0.01))]
    return Network(populations, [Projection("in", "out", np.ones((n, 2)))], dt_s=1e-3)


@pytest.mark.parametrize("wanted", [(6, 8, 2), (2, 8, 6), (8, 6, 2)])
def test_channels_in_another_order_than_the_network_takes_are_refused_with_the_cure(wanted):
    frames = np.random.default_rng(0).random((2, 3, 2, 6, 8)) < 0.3
    dataset = SpikeDataset(frames)
    with pytest.raises(DatasetProblem, match="each neuron would see another pixel") as problem:
        simulate(network_of(wanted), dataset)
    cure = str(problem.value).split("pixel. ")[1].split(" has them")[0]
    turned = eval(cure, {"spikes": frames.reshape(2, 3, -1), "n": 2, "n_steps": 3})
    assert turned.shape[2:] == wanted
    order = [(2, 6, 8).index(n) + 2 for n in wanted]
    assert (turned == frames.transpose(0, 1, *order)).all()
    simulate(network_of(wanted), SpikeDataset(turned))


@pytest.mark.parametrize("wanted", [(2, 6, 8), (96,), (2, 48), (12, 8), (1, 2, 6, 8)])
def test_shapes_that_say_no_other_order_are_taken(wanted):
    dataset = SpikeDataset(np.ones((1, 3, 2, 6, 8), bool))
    assert simulate(network_of(wanted), dataset).n_samples == 1
    assert same_order(wanted, (2, 6, 8)) and same_order((2, 6, 8), wanted)


def test_two_polarities_for_a_network_of_one_are_told_how_to_merge():
    dataset = SpikeDataset(np.ones((1, 3, 2, 6, 8), bool))
    with pytest.raises(DatasetProblem, match=r"2 polarities a pixel.*merge_polarities=True"):
        simulate(network_of((1, 6, 8)), dataset)


def test_a_file_of_recordings_that_began_late_has_the_same_rule(tmp_path):
    def zipped(name, begins_us):
        path = tmp_path / name
        with zipfile.ZipFile(path, "w") as archive:
            moments = (begins_us + 1000 * k for k in range(20))
            content = b"".join(bytes([5, 7, *t.to_bytes(3, "big")]) for t in moments)
            archive.writestr("3/00001.bin", content)
        return read_nmnist(path)

    late = zipped("late.zip", 4_000_000)
    assert same_spikes(late, zipped("zero.zip", 0)) and "first event" in late.source

"""SpikeDataset: every way in gives the same noun, kept small, and what is cut from it is what it
was.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.datasets.lazy import Events, Repeated
from spikefit_nb.encode import Delta, Direct, Latency, PopulationCode, RateBernoulli
from spikefit_nb.errors import DatasetProblem, WrongArgument
from spikefit_nb.network import IF, Input, Network, Projection
from spikefit_nb.network import Population as Neurons
from spikefit_nb.simulate import simulate

SHAPES = st.tuples(st.integers(1, 5), st.integers(1, 9), st.integers(1, 7))


@st.composite
def datasets(draw):
    """A dense array of spikes, counts or currents, dense or sparse, and the data set made of it."""
    shape = draw(SHAPES)
    dtype = draw(st.sampled_from([bool, np.uint8, np.float32]))
    generator = np.random.default_rng(draw(st.integers(0, 1000)))
    dense = generator.integers(1, 20, shape) * (
        generator.random(shape) < draw(st.sampled_from([0.0, 0.05, 0.6]))
    )
    dense = (
        dense.astype(dtype)
        if dtype is not np.float32
        else (dense + 0.5 * (dense > 0)).astype(dtype)
    )
    return dense, SpikeDataset(dense, np.arange(shape[0]) % 2)


@given(datasets())
def test_what_is_kept_is_what_was_given(pair):
    dense, dataset = pair
    assert (np.asarray(dataset.spikes) == dense).all() and (dataset.spikes == dense).all()
    assert dataset.spikes.shape == dense.shape and dataset.spikes.size == dense.size
    assert isinstance(dataset.spikes, Events) == (np.count_nonzero(dense) < 0.1 * dense.size)
    assert (dataset.spikes[0] == dense[0]).all() and (
        dataset.spikes[-1, :, 0] == dense[-1, :, 0]
    ).all()
    assert (dataset.spikes[1:3, 0] == dense[1:3, 0]).all() and (
        dataset.spikes[..., 0] == dense[..., 0]
    ).all()
    assert (dataset.spikes[::2] == dense[::2]).all() and (
        dataset.spikes[[0, -1]] == dense[[0, -1]]
    ).all()
    assert dataset.block(1, 3).dtype == np.float32 and (dataset.block(1, 3) == dense[1:3]).all()
    assert (dataset.block(len(dense) - 1, None) == dense[-1:]).all() and dataset.block(3, 1).shape[
        0
    ] == 0
    assert dataset.spikes.any() == dense.any() and dataset.spikes.sum() == pytest.approx(
        dense.sum()
    )
    assert dataset.rate_hz == pytest.approx(dense.mean(dtype=np.float64) / 1e-3)
    assert np.allclose(np.mean(dataset.spikes, axis=1), dense.mean(axis=1))


@given(datasets(), st.integers(1, 12))
def test_coarser_steps_hold_the_same_spikes_at_the_same_time(pair, n_merged):
    dense, dataset = pair
    if dataset.is_current:
        expected = [
            dense[:, k : k + n_merged].sum(axis=1) / n_merged
            for k in range(0, dense.shape[1], n_merged)
        ]
    else:
        expected = [
            dense[:, k : k + n_merged].sum(axis=1, dtype=int)
            for k in range(0, dense.shape[1], n_merged)
        ]
    coarse = dataset.bin(n_merged * 1e-3)
    assert np.allclose(coarse.spikes[:], np.stack(expected, axis=1))
    assert coarse.dt_s == pytest.approx(n_merged * 1e-3) and coarse.n_steps == -(
        -dense.shape[1] // n_merged
    )
    assert coarse.is_current == dataset.is_current and (coarse.labels == dataset.labels).all()
    assert coarse.n_steps * coarse.dt_s >= dataset.n_steps * dataset.dt_s - 1e-12


@given(datasets(), st.integers(0, 4))
def test_steps_added_at_the_end_are_silent(pair, n_steps):
    dense, dataset = pair
    longer = dataset.extend(n_steps)
    assert (longer.spikes[:] == np.pad(dense, ((0, 0), (0, n_steps), (0, 0)))).all()


@given(datasets())
def test_events_and_arrays_of_the_same_spikes_are_the_same_data_set(pair):
    dense, dataset = pair
    sample, step, channel = np.nonzero(dense)
    order = np.random.default_rng(0).permutation(len(sample))
    shape = dict(zip(("n_samples", "n_steps", "n_channels"), dense.shape, strict=True))
    count = None if dense.dtype == bool else dense[sample, step, channel]
    again = SpikeDataset.from_events(
        sample[order],
        channel[order],
        step=step[order],
        count=None if count is None else count[order],
        labels=dataset.labels,
        **shape,
    )
    assert (again.spikes[:] == dense).all()
    if dataset.is_current or dense.dtype != np.float32:  # silence alone has no kind
        assert again.fingerprint == dataset.fingerprint


def test_currents_stay_currents_where_only_whole_numbers_are_left():
    currents = np.array([[[0.5], [1.5], [1.0]], [[2.0], [1.0], [1.0]]], np.float32)
    dataset = SpikeDataset(currents, [0, 1])
    for part in (
        dataset.bin(2e-3),
        dataset.split(0.5, seed=0)[0],
        dataset.split(0.5, seed=0)[1],
        dataset.extend(2),
    ):
        assert part.is_current


def test_a_fingerprint_tells_spikes_labels_and_shapes_apart():
    eye, other = np.eye(20, dtype=bool)[None], np.eye(20, dtype=bool)[None, ::-1]
    prints = {
        SpikeDataset(eye, [0]).fingerprint,
        SpikeDataset(eye, [1]).fingerprint,
        SpikeDataset(eye).fingerprint,
        SpikeDataset(other, [0]).fingerprint,
        SpikeDataset(eye.astype(np.uint8), [0]).fingerprint,
        SpikeDataset(eye, [0]).extend(1).fingerprint,
        SpikeDataset(Direct(5).encode([[0.3]])).fingerprint,
        SpikeDataset(Direct(6).encode([[0.3]])).fingerprint,
        SpikeDataset(Direct(5).encode([[0.4]])).fingerprint,
    }
    assert len(prints) == 9
    assert SpikeDataset(eye, [0]).fingerprint == SpikeDataset(eye.copy(), [0]).fingerprint


def test_what_was_given_can_change_without_the_data_set_changing():
    for dense in (
        np.ones((2, 3, 4), bool),
        np.ones((2, 3, 4), np.float32) / 3,
        np.zeros((2, 3, 4), np.uint8),
    ):
        dataset = SpikeDataset(dense)
        before = dataset.spikes[:].copy()
        dense[:] = 7
        assert (dataset.spikes[:] == before).all()
        with pytest.raises(ValueError, match="read-only"):
            (dataset.spikes if isinstance(dataset.spikes, np.ndarray) else dataset.spikes.step)[
                0
            ] = 0


def test_many_events_are_placed_piece_by_piece(monkeypatch):
    dense = np.random.default_rng(0).random((40, 30, 20)) < 0.05
    monkeypatch.setattr("spikefit_nb.datasets.lazy.BLOCK_EVENTS", 100)
    dataset = SpikeDataset(dense)
    assert (dataset.spikes[:] == dense).all() and (dataset.block(7, 33) == dense[7:33]).all()


def test_sparse_spikes_take_the_memory_of_their_events():
    sample = np.arange(1000).repeat(10)
    dataset = SpikeDataset.from_events(
        sample, sample % 7, step=sample % 300, n_samples=1000, n_steps=300, n_channels=2312
    )
    assert dataset.n_bytes < 100_000 and dataset.spikes.size == 1000 * 300 * 2312
    assert dataset.to_dict()["memory_bytes"]["value"] == dataset.n_bytes
    assert "Kept in memory as events" in dataset.notes
    assert dataset.take(10).n_bytes < 1000 and dataset.extend(50).n_bytes == dataset.n_bytes


def test_constant_currents_take_the_memory_of_one_step_also_when_cut_and_extended():
    x = np.random.default_rng(0).random((50, 30))
    dataset = SpikeDataset.encode(x, None, Direct(100), seed=0)
    for part in (
        dataset,
        dataset.take(20),
        dataset.extend(7),
        dataset.split(0.5, seed=0)[0],
        dataset.bin(5e-3),
    ):
        assert isinstance(part.spikes, Repeated) and part.n_bytes <= 50 * 30 * 4 + 16
    longer = dataset.extend(7)
    assert (longer.spikes[:, 99] == x.astype(np.float32)).all() and not longer.spikes[:, 100:].any()
    assert longer.bin(4e-3).spikes.shape == (50, 27, 30) and isinstance(
        longer.bin(4e-3).spikes, Repeated
    )
    uneven = longer.bin(3e-3).spikes[:]
    assert np.allclose(uneven[:, 33], x / 3, atol=1e-6) and np.allclose(uneven[:, 32], x, atol=1e-6)
    assert dataset.rate_hz * dataset.dt_s == pytest.approx(x.mean(), rel=1e-6)
    whole = SpikeDataset(np.broadcast_to(np.ones((3, 1, 4)), (3, 9, 4)))
    assert whole.spikes.dtype == np.uint8 and not whole.is_current  # whole numbers are counts


def test_a_simulation_cannot_tell_how_spikes_are_kept():
    dense = np.random.default_rng(0).random((70, 20, 5)) < 0.08
    network = Network(
        [Neurons("in", (5,), Input()), Neurons("out", (3,), IF(0.7))],
        [Projection("in", "out", np.random.default_rng(1).random((5, 3)))],
    )
    sparse = SpikeDataset(dense)
    padded = np.concatenate([dense, np.ones((70, 20, 5), bool)], axis=1)
    assert isinstance(sparse.spikes, Events) and isinstance(SpikeDataset(padded).spikes, np.ndarray)
    counts = simulate(network, sparse, record="events")
    first = simulate(network, SpikeDataset(padded), record="events").output_spikes[:, :20]
    assert (counts.output_spikes == first).all()


def test_spikes_at_times_fall_into_the_step_they_belong_to():
    times = np.array([0.0, 0.0029999, 0.003, 0.0049])
    dataset = SpikeDataset.from_events([0] * 4, [0, 0, 1, 1], time_s=times, dt_s=1e-3)
    assert dataset.spikes[0].T.astype(int).tolist() == [[1, 0, 1, 0, 0], [0, 0, 0, 1, 1]]
    # 0.3 / 0.1 is 2.9999999999999996, and 0.1 * 3 belongs to step 3
    exact = SpikeDataset.from_events(
        [0] * 300, np.zeros(300, int), time_s=np.arange(300) * 1e-3, dt_s=1e-3
    )
    assert (exact.spikes[:] == 1).all() and exact.spikes.dtype == bool


def test_spikes_that_meet_are_counted_and_more_than_255_are_refused():
    at = np.zeros(255, int)
    assert SpikeDataset.from_events(at, at, step=at, n_steps=3).spikes[0, 0, 0] == 255
    more = np.zeros(256, int)
    with pytest.raises(
        DatasetProblem, match="256 spikes meet in one step of one channel; 255 are the most"
    ):
        SpikeDataset.from_events(more, more, step=more)
    with pytest.raises(DatasetProblem, match="A step would hold 400 spikes; 255 are the most"):
        SpikeDataset(np.full((1, 2, 1), 200, np.uint8)).bin(2e-3)
    currents = SpikeDataset.from_events([0, 0], [1, 1], step=[2, 2], count=[0.25, -1.5])
    assert currents.is_current and currents.spikes[0, 2, 1] == -1.25


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"time_s": [0.0, 1.0]}, "Either `step`.*or `time_s`.*give one of them"),
        ({"step": None}, "give one of them"),
        (
            {"step": [0.5, 1.0]},
            r"step is \(2,\) float64; a line of whole numbers is needed. Times in seconds are "
            r"`time_s=`",
        ),
        (
            {"step": [0, 1, 2]},
            "Events must be as many in each array, but there are 2 in sample, 3 in step",
        ),
        ({"count": [1]}, "1 in count"),
        ({"count": [1, -1]}, "The smallest count is -1"),
        ({"count": [1, np.nan]}, "count holds NaN"),
        ({"count": ["a", "b"]}, "a line of numbers is needed"),
        ({"step": [0, -1]}, "step goes from -1 to 0"),
        (
            {"n_channels": 1},
            r"channel goes from 0 to 1; from 0 on below 1 \(n_channels\) is needed",
        ),
        ({"labels": [0]}, r"sample goes from 0 to 1; from 0 on below 1 \(n_samples\)"),
        ({"channel_shape": (1, 1)}, "channel goes from 0 to 1"),
        (
            {"step": None, "time_s": [0.0, -1.0]},
            "time_s goes from -1.0 to 0.0; finite numbers from 0 on",
        ),
        ({"step": None, "time_s": [0.0, np.nan]}, "finite numbers from 0 on"),
        ({"step": None, "time_s": [0.0, 1e12]}, "finite numbers from 0 on"),
        ({"dt_s": 0.0}, "dt_s is 0.0; it must be above zero"),
        ({"dt_s": np.nan}, "dt_s is nan"),
        ({"dt_s": "1 ms"}, "dt_s is '1 ms'"),
    ],
)
def test_events_that_do_not_belong_together_are_refused(change, words):
    events = {"sample": [0, 1], "channel": [0, 1], "step": [0, 1]} | change
    with pytest.raises(DatasetProblem, match=words):
        SpikeDataset.from_events(**events)


def test_no_events_at_all_are_silent_recordings_where_their_shape_is_said():
    dataset = SpikeDataset.from_events([], [], step=[], n_samples=2, n_steps=3, n_channels=4)
    assert dataset.spikes.shape == (2, 3, 4) and not dataset.spikes.any()
    with pytest.raises(
        DatasetProblem,
        match="There are no events, so n_samples, n_steps and n_channels must be given",
    ):
        SpikeDataset.from_events([], [], step=[])


@given(
    st.lists(st.integers(0, 3), min_size=2, max_size=60), st.floats(0.05, 0.95), st.integers(0, 5)
)
def test_a_split_is_even_in_every_class_and_loses_nobody(labels, fraction, seed):
    spikes = np.arange(len(labels), dtype=np.uint8)[:, None, None] + 1
    dataset = SpikeDataset(spikes, labels)
    n_first = round(fraction * len(labels))
    if not 0 < n_first < len(labels):
        with pytest.raises(DatasetProblem, match="both parts need at least one"):
            dataset.split(fraction, seed=seed)
        return
    first, rest = dataset.split(fraction, seed=seed)
    assert first.n_samples == n_first
    seen = np.concatenate([first.spikes[:, 0, 0], rest.spikes[:, 0, 0]])
    assert sorted(seen) == sorted(spikes[:, 0, 0])
    for part in (first, rest):
        assert (np.diff(part.spikes[:, 0, 0].astype(int)) > 0).all()
        assert (part.labels == np.array(labels)[part.spikes[:, 0, 0] - 1]).all()
    for label, n in dataset.class_counts.items():
        assert abs(first.class_counts.get(label, 0) - n * n_first / len(labels)) < 1 + 1e-9
    assert first.fingerprint == dataset.split(fraction, seed=seed)[0].fingerprint


def test_a_split_without_labels_and_one_that_leaves_nothing():
    first, rest = SpikeDataset(np.ones((10, 1, 1), bool)).split(0.3, seed=0)
    assert (first.n_samples, rest.n_samples) == (3, 7)
    for fraction in (0.0, 1.0, -1.0, np.nan):
        with pytest.raises(
            DatasetProblem, match=r"fraction is .* of 10 samples; both parts need at least one"
        ):
            SpikeDataset(np.ones((10, 1, 1), bool)).split(fraction, seed=0)


def test_a_step_that_is_no_multiple_is_refused_with_one_that_is():
    dataset = SpikeDataset(np.ones((1, 10, 1), bool), dt_s=1e-3)
    for dt_s in (1.5e-3, 0.5e-3, 0.0, -1e-3, np.nan, np.inf):
        with pytest.raises(
            DatasetProblem, match=r"steps of 1 ms make whole multiples, such as 0\.00"
        ):
            dataset.bin(dt_s)
    assert dataset.bin(1e-3) is dataset and dataset.bin(3e-3).spikes[0, :, 0].tolist() == [
        3,
        3,
        3,
        1,
    ]


def test_taking_more_than_there_are_is_refused():
    dataset = SpikeDataset(np.ones((3, 1, 1), bool), name="mine")
    for n_samples in (0, 4, -1):
        with pytest.raises(
            DatasetProblem, match=f"n_samples is {n_samples}, but 'mine' has 3 samples"
        ):
            dataset.take(n_samples)


def test_it_shows_shape_rate_and_class_balance():
    dataset = SpikeDataset(
        np.ones((3, 4, 2), bool), [0, 1, 1], dt_s=2e-3, name="<mine>", classes=("left", "right")
    )
    assert (
        repr(dataset)
        == "SpikeDataset(3 samples x 4 steps x 2 channels, 2 classes of 1 to 2, 500 Hz a channel)"
    )
    assert dataset.class_counts == {"left": 1, "right": 2}
    html = dataset._repr_html_()
    for words in (
        "&lt;mine&gt;: 3 recordings",
        "1 (left) to 2 (right)",
        "500 Hz",
        "2 ms",
        "as an array",
    ):
        assert words in html
    assert "<script" not in html and " id=" not in html
    currents = SpikeDataset(np.full((2, 3, 1), 0.25, np.float32))
    assert repr(currents) == "SpikeDataset(2 samples x 3 steps x 1 channels, mean current 0.25)"
    assert SpikeDataset(np.ones((2, 3, 1), bool), [0, 5]).class_counts == {"0": 1, "5": 1}


def test_values_become_a_data_set_by_an_encoder():
    images, labels = np.random.default_rng(0).random((6, 4, 5)), [0, 1, 2, 0, 1, 2]
    dataset = SpikeDataset.encode(images, labels, RateBernoulli(30), seed=3, source="mine")
    assert dataset.channel_shape == (4, 5) and dataset.source.startswith(
        "mine; encoded by RateBernoulli(n_steps=30"
    )
    assert (dataset.spikes == RateBernoulli(30).encode(images, seed=3)).all()
    code = PopulationCode(Latency(9))
    assert SpikeDataset.encode(images, labels, code, seed=0).channel_shape is None
    signals = SpikeDataset.encode(images, labels, Delta(4), seed=0, dt_s=0.01)
    assert signals.spikes.shape == (6, 4, 10) and signals.dt_s == 0.01
    with pytest.raises(WrongArgument, match="encoder is a str but must be an Encoder"):
        SpikeDataset.encode(images, labels, "rate", seed=0)
    with pytest.raises(DatasetProblem, match="an intensity is from 0 to 1"):
        SpikeDataset.encode(images * 255, labels, RateBernoulli(30), seed=0)
    with pytest.raises(DatasetProblem, match="there are 5 labels"):
        SpikeDataset.encode(images, labels[:5], RateBernoulli(30), seed=0)


def test_many_values_are_encoded_piece_by_piece_into_the_same_spikes(monkeypatch):
    values = np.random.default_rng(0).random((50, 20))
    whole = {
        e: np.asarray(e.encode(values, seed=5)) for e in (RateBernoulli(8), Latency(30), Direct(4))
    }
    monkeypatch.setattr("spikefit_nb.datasets.storage.BLOCK_VALUES", 1000)
    for encoder, spikes in whole.items():
        dataset = SpikeDataset.encode(values, None, encoder, seed=5)
        assert (dataset.spikes[:] == spikes).all() and dataset.spikes.dtype == spikes.dtype


class Stand(list):
    """What a data set of tonic looks like."""

    classes = ("no", "yes")

    def __init__(self, recordings, sensor_size):
        super().__init__(recordings)
        self.sensor_size = sensor_size


def camera(*events, fields=("t", "x", "y", "p")):
    return np.array(
        list(events), dtype=[(name, bool if name == "p" else np.int16) for name in fields]
    )


def test_a_data_set_of_tonic_is_accepted_as_it_is():
    recordings = Stand(
        [(camera((0, 3, 1, 1), (2500, 0, 0, 0)), 1), (camera((999, 2, 0, 1)), np.int64(0))],
        (4, 2, 2),
    )
    dataset = SpikeDataset.from_tonic(recordings)
    assert dataset.spikes.shape == (2, 3, 16) and dataset.channel_shape == (2, 2, 4)
    assert (
        dataset.classes == ("no", "yes")
        and dataset.labels.tolist() == [1, 0]
        and dataset.name == "Stand"
    )
    placed = dataset.spikes[:].reshape(2, 3, 2, 2, 4)
    assert (
        placed[0, 0, 1, 1, 3]
        and placed[0, 2, 0, 0, 0]
        and placed[1, 0, 1, 0, 2]
        and placed.sum() == 3
    )
    short = SpikeDataset.from_tonic(recordings, n_steps=2, dt_s=1e-3)
    assert short.n_steps == 2 and "1 of 3 events come after the last step" in short.source
    assert SpikeDataset.from_tonic(recordings, n_samples=1).n_samples == 1


def test_recordings_of_a_cochlea_have_no_y():
    fields = ("t", "x", "p")
    recordings = Stand(
        [
            (
                camera(
                    (
                        0,
                        699,
                        1,
                    ),
                    (10, 3, 1),
                    fields=fields,
                ),
                4,
            )
        ],
        (700, 1, 1),
    )
    dataset = SpikeDataset.from_tonic(recordings)
    assert (
        dataset.spikes.shape == (1, 1, 700)
        and dataset.spikes[0, 0, [3, 699]].all()
        and dataset.classes == ()
    )


@pytest.mark.parametrize(
    ("recordings", "words"),
    [
        ([1, 2], "A list is not a data set of tonic"),
        (Stand([], (4, 2, 2)), "n_samples is 0, but there are 0 recordings"),
        (
            Stand([(np.zeros((3, 2, 2, 4)), 0)], (4, 2, 2)),
            r"no field 't' \(it has no fields\).*without a transform",
        ),
        (
            Stand([(camera((0, 4, 0, 0)), 0)], (4, 2, 2)),
            "x of recording 0 goes from 4 to 4.*allows 0 to 3",
        ),
        (Stand([(camera((0, 0, -1, 0)), 0)], (4, 2, 2)), "y of recording 0 goes from -1 to -1"),
        (Stand([(camera((-5, 0, 0, 0)), 0)], (4, 2, 2)), "t of recording 0 goes from -5"),
        (
            Stand([(camera((0, 0, 0, 0)), "cat")], (4, 2, 2)),
            "label of recording 0 is 'cat'; a whole number",
        ),
        (Stand([(camera((0, 0, 0, 0)), -1)], (4, 2, 2)), "smallest label is -1"),
    ],
)
def test_what_is_no_recording_of_tonic_is_refused(recordings, words):
    with pytest.raises(DatasetProblem, match=words):
        SpikeDataset.from_tonic(recordings)


@given(arrays.arrays(np.float64, SHAPES, elements=st.floats(-1e6, 1e6, width=32)))
def test_whole_numbers_are_counts_and_others_currents(values):
    dataset = SpikeDataset(values)
    is_count = bool(((values >= 0) & (values <= 255) & (values == np.rint(values))).all())
    assert dataset.is_current == (not is_count)
    assert (dataset.spikes[:] == values.astype(np.float32)).all()


def test_spikes_with_time_first_are_refused_with_the_cure():
    match = (
        r"spikes is \(100, 360, 64\) but there are 360 labels: samples come first; try "
        r"`spikes.swapaxes\(0, 1\)`"
    )
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

"""Every encoder keeps one contract; each has its closed form besides."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikefit_nb.encode import (
    Burst,
    Delta,
    Direct,
    Encoder,
    Latency,
    Phase,
    PopulationCode,
    RateBernoulli,
    RateRegular,
)
from spikefit_nb.encode.rate import BLOCK_DRAWS
from spikefit_nb.errors import DatasetProblem, WrongArgument

# A new encoder is one line here: how one of so many steps is made, and whether it draws its spikes.
MAKERS = {
    "bernoulli": (RateBernoulli, True),
    "faint bernoulli": (lambda n_steps: RateBernoulli(n_steps, peak=0.25), True),
    "regular": (RateRegular, False),
    "faint regular": (lambda n_steps: RateRegular(n_steps, peak=0.25), False),
    "latency": (Latency, False),
    "log latency": (lambda n_steps: Latency(n_steps, law="log"), False),
    "phase": (Phase, False),
    "short phase": (lambda n_steps: Phase(n_steps, n_phases=3), False),
    "burst": (Burst, False),
    "delta": (lambda n_steps: Delta(n_steps, threshold=0.07), False),
    "population in rates": (
        lambda n_steps: PopulationCode(RateBernoulli(n_steps), n_fields=6),
        True,
    ),
    "population in latencies": (
        lambda n_steps: PopulationCode(Latency(n_steps), n_fields=6),
        False,
    ),
    "direct": (lambda n_steps: Direct(n_steps, gain=2.0, offset=-0.5), False),
}
CHANNELS_OF_VALUE = {"delta": 2, "population in rates": 6, "population in latencies": 6}


def values_for(name, n_samples, n_steps, n_channels, seed=0):
    """Values from 0 to 1 with both ends among them; signals for the encoder of signals."""
    shape = (n_samples, n_steps, n_channels) if name == "delta" else (n_samples, n_channels)
    values = np.random.default_rng(seed).random(shape)
    values.flat[:2] = (0.0, 1.0)[: values.size]
    return values


@pytest.mark.parametrize("name", MAKERS)
class TestEveryEncoder:
    """What a search may count on, whichever encoder it chose."""

    def test_it_is_an_encoder_that_can_be_compared_and_shown(self, name):
        make, _ = MAKERS[name]
        encoder = make(16)
        assert isinstance(encoder, Encoder) and encoder.n_steps == 16
        assert encoder == make(16) and hash(encoder) == hash(make(16)) and encoder != make(17)
        assert eval(repr(encoder)) == encoder

    @pytest.mark.parametrize("n_steps", [1, 2, 5, 32])
    def test_spikes_have_samples_steps_and_channels(self, name, n_steps):
        encoder = MAKERS[name][0](n_steps)
        spikes = encoder.encode(values_for(name, 4, n_steps, 3), seed=0)
        assert spikes.shape == (4, n_steps, 3 * CHANNELS_OF_VALUE.get(name, 1))
        assert spikes.dtype == {"delta": np.uint8, "direct": np.float32}.get(name, bool)

    def test_the_same_seed_gives_the_same_bytes(self, name):
        make, draws = MAKERS[name]
        values = values_for(name, 3, 20, 4)
        first, again, other = (make(20).encode(values, seed=seed) for seed in (5, 5, 6))
        assert first.tobytes() == again.tobytes()
        assert draws == (first.tobytes() != other.tobytes())

    def test_sample_by_sample_with_one_generator_is_the_same_as_all_at_once(self, name):
        encoder, values = MAKERS[name][0](12), values_for(name, 5, 12, 3)
        generator = np.random.default_rng(3)
        parts = [encoder.encode(values[k : k + 1], seed=generator) for k in range(5)]
        assert (np.concatenate(parts) == encoder.encode(values, seed=3)).all()

    @pytest.mark.parametrize("n_steps", [1, 2, 9, 40])
    def test_the_spikes_are_as_many_as_expected(self, name, n_steps):
        make, draws = MAKERS[name]
        encoder, values = make(n_steps), values_for(name, 6, n_steps, 5)
        expected = encoder.expected_spikes(values)
        assert expected.shape == (6,) and expected.dtype == np.float64

        def count(seed):
            spikes = encoder.encode(values, seed=seed)
            return (spikes if name != "direct" else spikes != 0).sum(axis=(1, 2), dtype=np.float64)

        if not draws:
            assert (count(0) == expected).all()
            return
        drawn = np.array([count(seed) for seed in range(200)])
        # Independent draws of probability p have a variance of at most their mean.
        assert (
            np.abs(drawn.mean(axis=0) - expected) <= 4 * np.sqrt(np.maximum(expected, 1) / 200)
        ).all()

    @pytest.mark.parametrize("n_steps", [1, 2, 3, 10, 64, 100])
    def test_what_is_decoded_is_no_further_off_than_the_bound(self, name, n_steps):
        make, draws = MAKERS[name]
        encoder, values = make(n_steps), values_for(name, 40, n_steps, 10)
        decoded = encoder.decode(encoder.encode(values, seed=1))
        assert decoded.shape == values.shape and decoded.dtype == np.float64
        error = np.abs(decoded - values)
        assert np.sqrt(np.mean(error**2)) <= encoder.error_bound * (1.1 if draws else 1 + 1e-9)
        if not draws:
            assert error.max() <= encoder.error_bound * (1 + 1e-9) + 1e-9
        assert encoder.reconstruction_error(values, seed=1) == pytest.approx(
            np.sqrt(np.mean(error**2))
        )

    @pytest.mark.parametrize("bad", [-0.01, 1.01, 255, np.nan, np.inf])
    def test_values_outside_0_to_1_are_refused_with_the_cure(self, name, bad):
        encoder, values = MAKERS[name][0](4), values_for(name, 2, 4, 3)
        values.flat[3] = bad
        for call in (
            lambda: encoder.encode(values, seed=0),
            lambda: encoder.expected_spikes(values),
        ):
            with pytest.raises(
                DatasetProblem, match=r"an intensity is from 0 to 1. Divide by the largest.*255"
            ):
                call()

    @pytest.mark.parametrize("bad", ["words", [[1, 2], [3]], [object()], None])
    def test_what_is_no_array_of_numbers_is_refused(self, name, bad):
        with pytest.raises(DatasetProblem):
            MAKERS[name][0](4).encode(bad, seed=0)

    def test_one_sample_alone_is_refused_with_the_cure(self, name):
        with pytest.raises(
            DatasetProblem, match=r"alone is `(values\[None\]|signal\[None, :, None\])`"
        ):
            MAKERS[name][0](4).encode(np.full(4, 0.5), seed=0)

    def test_no_samples_and_no_channels_are_nothing_at_no_cost(self, name):
        encoder = MAKERS[name][0](4)
        for n_samples, n_channels in ((0, 3), (2, 0)):
            values = np.zeros(
                (n_samples, 4, n_channels) if name == "delta" else (n_samples, n_channels)
            )
            spikes = encoder.encode(values, seed=0)
            assert spikes.shape == (n_samples, 4, n_channels * CHANNELS_OF_VALUE.get(name, 1))
            assert encoder.decode(spikes).shape == values.shape
            assert encoder.expected_spikes(values).tolist() == [0.0] * n_samples
            assert encoder.reconstruction_error(values, seed=0) == 0

    @pytest.mark.parametrize("n_steps", [0, -1, 2.5, True, "8"])
    def test_a_number_of_steps_that_is_none_is_refused(self, name, n_steps):
        with pytest.raises(DatasetProblem, match=r"n_steps is .*; a whole number of at least 1"):
            MAKERS[name][0](n_steps)

    def test_spikes_of_another_number_of_steps_are_refused(self, name):
        with pytest.raises(
            DatasetProblem, match=r"spikes is \(2, 5, 12\); \(n_samples, 4, n_channels\) is needed"
        ):
            MAKERS[name][0](4).decode(np.zeros((2, 5, 12), bool))

    def test_its_rows_say_what_it_costs_and_what_it_loses(self, name):
        encoder, values = MAKERS[name][0](8), values_for(name, 4, 8, 3)
        rows = {q.label: q.value for q in encoder.quantities(values)}
        assert rows["Encoder"] == repr(encoder) and rows["Steps"] == 8
        assert rows["Expected spikes per sample"] == encoder.expected_spikes(values).mean()
        assert rows["Reconstruction error, root mean square"] == encoder.reconstruction_error(
            values, seed=0
        )
        assert rows["At most"] == encoder.error_bound


@pytest.mark.parametrize(
    "name", [name for name in MAKERS if name != "delta"]
)  # signals have axes of their own
def test_images_are_flattened_into_channels(name):
    encoder, images = MAKERS[name][0](6), values_for(name, 2, 6, 12).reshape(2, 3, 4)
    assert (encoder.encode(images, seed=0) == encoder.encode(images.reshape(2, 12), seed=0)).all()
    assert encoder.reconstruction_error(images, seed=0) <= encoder.error_bound * 1.5


def test_drawn_spikes_are_those_the_digits_network_was_trained_with():
    x = np.random.default_rng(1).random((7, 11))
    assert (
        RateBernoulli(13).encode(x, seed=4)
        == (np.random.default_rng(4).random((7, 13, 11)) < x[:, None])
    ).all()
    many = np.full((3, 1000), 0.5)
    n_steps = BLOCK_DRAWS // 2000  # two samples fill a block
    drawn = RateBernoulli(n_steps).encode(many, seed=4)
    assert (drawn == (np.random.default_rng(4).random((3, n_steps, 1000)) < 0.5)).all()


def test_drawn_spikes_spread_as_binomials_do():
    x = np.linspace(0, 1, 11)[None].repeat(50, axis=0)
    counts = RateBernoulli(400).encode(x, seed=1).sum(axis=1).mean(axis=0)
    spread = np.sqrt(400 * x[0] * (1 - x[0]) / 50)
    assert (np.abs(counts - 400 * x[0]) <= 4 * spread).all()


def test_half_the_peak_is_half_the_spikes():
    x = np.random.default_rng(0).random((5, 6))
    for make in (RateBernoulli, RateRegular):
        ratio = make(2000, peak=0.5).expected_spikes(x) / make(2000).expected_spikes(x)
        assert ratio == pytest.approx(0.5, abs=1e-3)
        with pytest.raises(DatasetProblem, match=r"peak is 0; a number from 0.001 to 1"):
            make(10, peak=0)


def test_regular_spikes_are_those_of_a_neuron_that_resets_by_subtraction():
    x = np.arange(65) / 64  # sums of these are exact
    spikes = RateRegular(100).encode(x[None])[0]
    potential = np.full(65, 0.5)
    for step in range(100):
        potential += x
        fires = potential >= 1
        potential -= fires
        assert (spikes[step] == fires).all()


def test_regular_gaps_differ_by_at_most_one_step():
    gaps = np.diff(np.flatnonzero(RateRegular(500).encode([[0.3]])[0, :, 0]))
    assert set(gaps) <= {3, 4}


def test_a_larger_value_never_fires_later():
    x = np.linspace(0, 1, 200)[None]
    for encoder in (Latency(50), Latency(50, law="log")):
        spikes = encoder.encode(x)[0]
        first = np.where(spikes.any(axis=0), spikes.argmax(axis=0), 50)
        assert (np.diff(first) <= 0).all() and first[-1] == 0 and first[0] == 50
        assert spikes.sum(axis=0).max() == 1


def test_equal_ratios_take_equal_times_in_the_logarithmic_law():
    halves = 0.5 ** np.arange(6)
    steps = Latency(80, law="log", smallest=2.0**-8).encode(halves[None])[0].argmax(axis=0)
    assert (np.diff(steps) == 10).all()


def test_phases_are_the_bits_of_the_8_bit_image():
    image = np.arange(256, dtype=np.uint8)
    spikes = Phase(8).encode(image[None] / 255)[0]
    assert (spikes == np.unpackbits(image[:, None], axis=1).T).all()
    assert (np.rint(Phase(8).decode(spikes[None]) * 255) == image).all()
    assert (Phase(24).encode(image[None] / 255)[0] == np.tile(spikes, (3, 1))).all()


def test_bursts_are_those_of_the_equations():
    for n_steps, most in ((9, 3), (64, 5), (11, 11), (5, 9)):
        x = np.linspace(0, 1, 101)
        spikes = Burst(n_steps, max_spikes=most).encode(x[None])[0]
        n_max = min(most, n_steps)
        longest = (n_steps - 1) // (n_max - 1)
        for value, train in zip(x, spikes.T, strict=True):
            at = np.flatnonzero(train)
            assert len(at) == int(np.ceil(round(n_max * value, 9)))
            gap = int(np.ceil(round(longest - (longest - 1) * value, 9)))
            assert (np.diff(at) == gap).all() and (not len(at) or at[0] == 0)


def test_a_signal_that_only_rises_crosses_each_threshold_once():
    ramp = np.linspace(0, 0.95, 40)[None, :, None]
    spikes = Delta(40, threshold=0.1).encode(ramp)
    assert spikes[0, :, 0].sum() == 9 and spikes[0, :, 1].sum() == 0
    assert Delta(40, threshold=0.1).expected_spikes(ramp) == [9]
    falling = Delta(41, threshold=0.1).encode(np.concatenate([ramp, np.zeros((1, 1, 1))], axis=1))
    assert falling[0, :, 1].tolist() == [0] * 40 + [9]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.floats(1 / 255, 1))
def test_what_was_sent_is_never_more_than_a_threshold_behind(signal, threshold):
    encoder = Delta(len(signal), threshold=threshold)
    values = np.array(signal)[None, :, None]
    spikes = encoder.encode(values)
    assert (np.minimum(spikes[..., 0], spikes[..., 1]) == 0).all()  # up or down, never both
    assert np.abs(encoder.decode(spikes) - values).max() <= threshold * (1 + 1e-9)
    assert encoder.expected_spikes(values) == spikes.sum()


def test_a_signal_of_another_length_is_refused():
    with pytest.raises(
        DatasetProblem, match=r"values is \(2, 7, 1\); signals are \(n_samples, 8, n_channels\)"
    ):
        Delta(8).encode(np.zeros((2, 7, 1)))
    with pytest.raises(DatasetProblem, match=r"threshold is 0.001; a number from 0.00392 to 1"):
        Delta(8, threshold=0.001)


def test_fields_stand_where_bohte_put_them():
    population = PopulationCode(Latency(10), n_fields=6)
    # mu_i = (2 i - 3) / 2 / (m - 2) for i from 1, sigma = 1 / (1.5 (m - 2))
    centres = np.array([(2 * i - 3) / 2 / 4 for i in range(1, 7)])
    assert population.centres == pytest.approx(centres)
    x = 0.3
    assert population.activity([[x]])[0] == pytest.approx(
        np.exp(-((x - centres) ** 2) / 2 * 6.0**2)
    )
    assert population.expected_spikes([[x]]) == Latency(10).expected_spikes(
        population.activity([[x]])
    )


def test_exact_activities_give_back_exact_values():
    population = PopulationCode(Phase(30, n_phases=30), n_fields=5)
    values = np.linspace(0, 1, 101)[None]
    assert np.abs(population.decode(population.encode(values, seed=0)) - values).max() < 1e-8


def test_fields_that_say_nothing_are_read_without_a_warning():
    population = PopulationCode(RateBernoulli(1), n_fields=4)
    assert np.isfinite(population.decode(np.zeros((1, 1, 8), bool))).all()


def test_a_population_wants_an_encoder_and_at_least_three_fields():
    with pytest.raises(WrongArgument, match="code is a str but must be an Encoder"):
        PopulationCode("latency")
    with pytest.raises(DatasetProblem, match="n_fields is 2; a whole number from 3 to 256"):
        PopulationCode(Latency(4), n_fields=2)
    with pytest.raises(DatasetProblem, match="gamma is nan"):
        PopulationCode(Latency(4), gamma=np.nan)


def test_currents_are_the_values_and_take_the_memory_of_one_step():
    x = np.random.default_rng(0).random((10, 20))
    currents = Direct(1000, gain=4.0, offset=-1.0).encode(x)
    assert (currents[:, 500] == (4 * x - 1).astype(np.float32)).all()
    assert currents.strides[1] == 0 and not currents.flags.writeable
    assert Direct(3).expected_spikes([[0.0, 0.5]]) == [3]
    for gain, offset in ((0.0, 0.0), (np.nan, 0.0), (1.0, np.inf)):
        with pytest.raises(DatasetProblem, match="finite numbers are needed, the gain not zero"):
            Direct(3, gain=gain, offset=offset)


def test_the_codes_can_be_told_apart_by_price_and_precision():
    x = np.random.default_rng(0).random((20, 64))
    spikes = {
        e: e.expected_spikes(x).mean() for e in (RateRegular(16), Latency(16), Phase(16), Burst(16))
    }
    assert min(spikes, key=spikes.get) == Latency(16)
    assert Phase(16).reconstruction_error(x, seed=0) < RateRegular(16).reconstruction_error(
        x, seed=0
    )
    errors = [RateBernoulli(n).reconstruction_error(x, seed=0) for n in (16, 64, 256)]
    assert errors == sorted(errors, reverse=True)


def test_an_unknown_law_is_refused():
    with pytest.raises(DatasetProblem, match="law is 'cubic'; it can be 'linear' or 'log'"):
        Latency(8, law="cubic")
    with pytest.raises(DatasetProblem, match=r"smallest is 0.9; a number from 1e-06 to 0.5"):
        Latency(8, law="log", smallest=0.9)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([[0.5, np.nan]], "1 of 2 values are NaN or infinite"),
        ([[np.inf]], "1 of 1 values are NaN or infinite"),
        ([["0.5"]], "not an array of numbers"),
        (np.ones((1, 1), complex), "not an array of numbers"),
        (None, "not an array of numbers"),
        ([[0.5], [0.5, 1.0]], "not an array of numbers"),
    ],
)
def test_values_that_are_no_real_numbers_are_refused(values, said):
    with pytest.raises(DatasetProblem, match=said):
        Latency(4).encode(values)


@pytest.mark.parametrize("gain", ["1", None, 1e300, np.nan, 0])
def test_a_gain_that_makes_no_current_is_refused(gain):
    with pytest.raises(DatasetProblem, match="gain is "):
        Direct(4, gain)


def test_spikes_of_half_a_signal_or_of_half_a_population_are_refused():
    with pytest.raises(DatasetProblem, match="spikes has 3 channels; each signal takes two"):
        Delta(4).decode(np.ones((1, 4, 3)))
    with pytest.raises(DatasetProblem, match="spikes has 7 channels; each value takes 8"):
        PopulationCode(Latency(4)).decode(np.ones((1, 4, 7)))


def test_a_population_is_not_written_by_a_code_of_signals():
    with pytest.raises(WrongArgument, match="code is a Delta, which takes signals"):
        PopulationCode(Delta(4))

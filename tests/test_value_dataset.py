"""Data sets of values: which spikes they become is for the design to say."""

import pickle
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.case import Case
from spikefit_nb.datasets import ValueDataset, load_values
from spikefit_nb.encode import (
    ENCODERS,
    Delta,
    Latency,
    PopulationCode,
    RateBernoulli,
    RateRegular,
    encoder_named,
    name_of,
)
from spikefit_nb.errors import DatasetProblem, DesignProblem, UnknownName, WrongArgument
from spikefit_nb.search.space import default_space

LOIHI, DIGITS = sf.load_profile("loihi1"), sf.load_network("digits")


@pytest.fixture(scope="module")
def values():
    return load_values("digits")


@pytest.fixture(scope="module")
def few(values):
    return values.select(np.arange(30))


def n_spikes(report):
    """Input spikes of a recording."""
    recordings = report.case.recordings
    return float(recordings.spikes[:].sum()) / recordings.n_samples


def spikes_of(case):
    return case.recordings.spikes[:]


class TestEncoding:
    def test_by_itself_it_is_the_data_set_of_spikes(self, values):
        by_name = sf.load_dataset("digits")
        assert values.encoded().fingerprint == by_name.fingerprint
        assert values.encoded().channel_shape == by_name.channel_shape
        assert values.encoded().class_counts == by_name.class_counts

    @pytest.mark.parametrize(
        ("knobs", "encoder"),
        [
            ({}, RateBernoulli(64)),
            ({"n_steps": 20}, RateBernoulli(20)),
            ({"peak": 0.5}, RateBernoulli(64, peak=0.5)),
            ({"encoder": "rate_bernoulli"}, RateBernoulli(64)),
            ({"encoder": "rate_regular", "peak": 0.5, "n_steps": 90}, RateRegular(90, peak=0.5)),
            ({"encoder": "latency", "n_steps": 16}, Latency(16)),
        ],
    )
    def test_the_spikes_are_those_of_the_code_that_the_design_names(self, knobs, encoder, few):
        case = Case(DIGITS, LOIHI, few, design=sf.Design(**knobs))
        assert np.array_equal(spikes_of(case), encoder.encode(few.values, seed=0))

    def test_the_calibration_set_is_encoded_alike(self, few):
        design = sf.Design(encoder="latency", n_steps=12)
        case = Case(DIGITS, LOIHI, few, design=design, calibration=few)
        assert case.activity.dataset.fingerprint == case.recordings.fingerprint

    def test_the_same_design_has_the_same_recordings_not_only_equal_ones(self, few):
        design = sf.Design(encoder="rate_regular")
        one, other = (Case(DIGITS, LOIHI, few, design=design) for _ in range(2))
        assert one.recordings is other.recordings

    def test_a_part_of_the_recordings_can_be_encoded_otherwise_too(self, values):
        first, rest = values.encoded().split(0.25, seed=0)
        for part in (first, rest, values.encoded().take(7)):
            case = Case(DIGITS, LOIHI, part, design=sf.Design(encoder="latency"))
            expected = Latency(64).encode(part.encoded_from.values, seed=0)
            assert np.array_equal(spikes_of(case), expected)
            assert np.array_equal(case.recordings.labels, part.labels)

    def test_spikes_that_were_changed_are_no_longer_of_the_values(self, few):
        spikes = few.encoded()
        changed = (spikes.take_steps(8), spikes.extend(3), spikes.bin(2e-3))
        assert spikes.encoded_from is few
        assert all(each.encoded_from is None for each in changed)

    def test_a_code_that_a_data_set_of_spikes_cannot_have_is_refused(self):
        recordings = sf.load_dataset("digits", n_samples=9)
        for knobs in ({"encoder": "latency"}, {"peak": 0.5}):
            with pytest.raises(DesignProblem, match="ValueDataset"):
                Case(DIGITS, LOIHI, recordings, design=sf.Design(**knobs))

    def test_so_is_one_that_the_calibration_set_cannot_have(self, few):
        recordings = sf.load_dataset("digits", n_samples=9)
        with pytest.raises(DesignProblem, match="calibration is of spikes"):
            design = sf.Design(encoder="latency")
            Case(DIGITS, LOIHI, few, design=design, calibration=recordings)

    def test_more_steps_than_its_own_code_has_are_no_problem_for_values(self, few):
        case = Case(DIGITS, LOIHI, few, design=sf.Design(n_steps=100))
        assert case.recordings.n_steps == 100


class TestNoun:
    def test_its_numbers_cannot_change(self, few):
        with pytest.raises(ValueError, match="read-only"):
            few.values[0] = 1.0

    def test_it_pickles(self, few):
        again = pickle.loads(pickle.dumps(few))
        assert again.fingerprint == few.fingerprint
        assert again.encoded().fingerprint == few.encoded().fingerprint

    @pytest.mark.parametrize(
        ("changes", "problem", "said"),
        [
            ({"values": [[0.5, 2.0]]}, DatasetProblem, "from 0 to 1"),
            ({"values": [0.5, 1.0]}, DatasetProblem, "n_samples"),
            ({"labels": [0, 1, 2]}, DatasetProblem, "labels is"),
            ({"encoder": "latency"}, WrongArgument, "encoder"),
        ],
    )
    def test_what_is_no_such_data_set_is_refused(self, changes, problem, said):
        given = {"values": [[0.5, 1.0]], "labels": [0], "encoder": Latency(4)} | changes
        with pytest.raises(problem, match=said):
            ValueDataset(given["values"], given["labels"], encoder=given["encoder"])

    def test_cases_of_other_values_have_other_fingerprints(self, few):
        case = Case(DIGITS, LOIHI, few)
        seeded = replace(few, encoder=RateRegular(64))
        other = replace(few, encoder=RateRegular(64), seed=1)  # the same spikes, drawn otherwise
        assert Case(DIGITS, LOIHI, few).fingerprint == case.fingerprint
        assert Case(DIGITS, LOIHI, seeded).fingerprint != Case(DIGITS, LOIHI, other).fingerprint


class TestNames:
    @pytest.mark.parametrize("name", ENCODERS)
    def test_a_name_makes_its_kind(self, name):
        made = encoder_named(name, RateBernoulli(9))
        assert name_of(made) == name and made.n_steps == 9

    def test_a_kind_without_a_name_can_be_kept_and_changed(self):
        own = Delta(8, 0.1)
        assert name_of(own) is None and encoder_named(None, own) is own
        assert encoder_named(None, own, n_steps=5).n_steps == 5

    def test_a_population_code_sends_its_activities_by_the_code_named(self):
        own = PopulationCode(RateRegular(6), n_fields=4)
        made = encoder_named("rate_bernoulli", own, n_steps=9, peak=0.5)
        assert made == PopulationCode(RateBernoulli(9, peak=0.5), n_fields=4)
        assert encoder_named(None, own) is own

    def test_steps_of_a_code_that_has_its_own_are_refused(self):
        own = SimpleNamespace(n_steps=8)
        assert encoder_named(None, own, n_steps=8) is own
        with pytest.raises(DatasetProblem, match="of its own"):
            encoder_named(None, own, n_steps=9)

    def test_an_own_code_keeps_its_settings_where_it_is_named(self):
        own = RateRegular(8, peak=0.25)
        assert encoder_named("rate_regular", own) is own

    def test_a_peak_is_for_rate_codes(self):
        with pytest.raises(DatasetProblem, match="rate_bernoulli and rate_regular"):
            encoder_named("latency", RateBernoulli(8), peak=0.5)

    def test_unknown_names_are_answered_with_the_nearest(self):
        with pytest.raises(UnknownName, match="'latency'"):
            sf.Design(encoder="latencies")
        with pytest.raises(UnknownName, match="'latency'"):
            encoder_named("latencies", RateBernoulli(8))

    @pytest.mark.parametrize("peak", [0.0, 1.5, "0.5", True])
    def test_a_peak_out_of_range_is_refused(self, peak):
        with pytest.raises(DesignProblem, match="peak is"):
            sf.Design(peak=peak)


class TestSearch:
    def test_a_space_offers_codes_for_values_and_none_for_spikes(self, few):
        space = default_space(DIGITS, LOIHI, few)
        assert space.distributions["encoder"].choices[0] == "rate_bernoulli"
        assert "direct" not in space.distributions["encoder"].choices
        of_spikes = default_space(DIGITS, LOIHI, sf.load_dataset("digits", n_samples=9))
        assert not {"encoder", "peak"} & set(of_spikes.distributions)

    def test_a_peak_acts_with_rate_codes_only(self, few):
        space = default_space(DIGITS, LOIHI, few)
        for encoder, acts in (("rate_regular", True), ("latency", False)):
            form = space.canonical({"encoder": encoder, "peak": 0.5})
            assert ("peak" in form) == acts
            assert space.design(form) == sf.Design(encoder=encoder, peak=0.5 if acts else None)
        assert "rate_regular" in space.to_dict()["peak: condition"]["value"]

    def test_the_first_start_is_the_data_set_as_it_is(self, few):
        space = default_space(DIGITS, LOIHI, few)
        first, *others = space.starts(Case(DIGITS, LOIHI, few))
        assert space.design(first) == sf.Design()
        assert sf.Design(encoder="rate_regular") in [space.design(params) for params in others]

    def test_every_start_can_be_deployed(self, few):
        space, case = default_space(DIGITS, LOIHI, few), Case(DIGITS, LOIHI, few)
        for params in space.starts(case)[:12]:
            assert space.case(params, case).recordings.n_samples == 30


class TestDeploy:
    def test_digits_as_values_need_half_the_spikes_of_the_embedded_code_for_its_accuracy(
        self, values
    ):
        embedded = sf.deploy(DIGITS, LOIHI, sf.load_dataset("digits"))
        design = sf.Design(encoder="rate_regular", n_steps=32)
        report = sf.deploy(DIGITS, LOIHI, values, design=design)
        assert report.accuracy >= embedded.accuracy
        assert n_spikes(report) < 0.55 * n_spikes(embedded)
        assert report.event_energy_j < 0.6 * embedded.event_energy_j

    def test_its_line_repeats_it(self, few):
        report = sf.deploy(DIGITS, LOIHI, few, design=sf.Design(encoder="phase", n_steps=24))
        names = {"sf": sf, "network": DIGITS, "profile": LOIHI, "dataset": few}
        assert eval(report.code, names).to_dict() == report.to_dict()

    def test_values_and_their_spikes_give_the_same_report(self, few):
        one, other = (sf.deploy(DIGITS, LOIHI, each) for each in (few, few.encoded()))
        assert one.to_dict() == other.to_dict()

    def test_a_code_with_other_channels_can_be_the_data_sets_own(self):
        code = PopulationCode(RateRegular(6), n_fields=4)
        values = ValueDataset(np.full((3, 16), 0.5), [0, 1, 2], encoder=code)
        assert values.encoded().n_channels == 64
        assert sf.deploy(DIGITS, LOIHI, values).case.recordings.n_steps == 6

"""What decides a result goes with it: into remedies, uncertainty, trials, and the printed line."""

from importlib import import_module

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.adapt import adapt
from spikefit_nb.case import Case
from spikefit_nb.deploy import deploy_case
from spikefit_nb.errors import DatasetProblem, NetworkProblem, UnknownName, WrongArgument

LOIHI = sf.load_profile("loihi1")
WAYS_TO_READ = ("count", "first_spike", "potential")


@pytest.fixture(scope="module")
def digits():
    """The embedded network, recordings to tell accuracy of, and others as calibration set."""
    calibration, unseen = sf.load_dataset("digits").split(0.3, seed=0)
    return sf.load_network("digits"), unseen.take(120), calibration


def repeated(code, profile, digits):
    """The report that a printed line gives."""
    network, dataset, calibration = digits
    names = {"network": network, "profile": profile, "dataset": dataset}
    return eval(code, {"sf": sf, **names, "calibration": calibration})


@pytest.fixture
def no_runs(monkeypatch):
    """Refuse to run a network whose record should be remembered."""

    def forbid():
        monkeypatch.setattr(import_module("spikefit_nb.simulate.cache"), "simulate", None)

    return forbid


@pytest.mark.parametrize("decode", [None, *WAYS_TO_READ])
def test_the_line_of_a_trial_repeats_it_with_its_calibration_set_and_its_way_to_read(
    digits, decode
):
    network, dataset, calibration = digits
    study = sf.search(
        network,
        LOIHI,
        dataset,
        n_trials=3,
        seed=1,
        space={"weight_bits": (2, 4), "prune_fraction": (0.5, 0.8)},
        calibration=calibration,
        decode=decode,
        confirm=False,  # else the line is of the recordings that the study chooses by
        at_least={"accuracy": 0.0},
    )
    study.wait()
    trials = [trial for trial in study.trials if trial.state == "done"]
    assert len(trials) >= 2  # few recordings may rule one out
    for trial in trials:
        report = repeated(trial.code, LOIHI, digits)
        assert {name: getattr(report, name) for name in trial.values} == trial.values


def test_the_line_of_a_recommendation_repeats_it(digits):
    network, dataset, calibration = digits
    study = sf.search(network, LOIHI, dataset, n_trials=2, calibration=calibration, confirm=False)
    study.wait()
    best = study.recommend()
    assert "calibration=calibration" in best.trial.code
    assert repeated(best.trial.code, LOIHI, digits).accuracy == best.report.accuracy


def test_a_remedy_is_as_accurate_as_deploying_it_with_the_same_calibration_set(digits):
    network, dataset, calibration = digits
    truenorth = sf.load_profile("truenorth")
    fit = sf.check_fit(network, truenorth, dataset=dataset, calibration=calibration)
    (remedy,) = fit.remedies
    deployed = sf.deploy(
        remedy.network, remedy.profile, dataset, design=remedy.design, calibration=calibration
    )
    without = sf.check_fit(network, truenorth, dataset=dataset).remedies[0]
    assert remedy.accuracy == deployed.accuracy > without.accuracy


def test_what_a_misfit_needs_a_calibration_set_for_is_told_with_it():
    random = np.random.default_rng(0)
    network = sf.Network(
        [
            sf.Population("in", (40,), sf.Input()),
            sf.Population("out", (3,), sf.IF(1.0, reset="subtract")),
        ],
        [sf.Projection("in", "out", random.normal(size=(40, 3)))],
    )
    dataset = sf.SpikeDataset(random.random((6, 8, 40)) < 0.3, np.arange(6) % 3)
    report = sf.deploy(
        network,
        LOIHI,
        dataset,
        design=sf.Design(max_fan_in=16, relays=True),
        calibration=dataset,
    )
    assert {v.what for v in report.violations} == {"reset mode"}
    assert "Does not fit" in report._repr_html_() and "reset mode" in report._repr_html_()


@pytest.mark.parametrize("decode", WAYS_TO_READ)
def test_every_way_to_read_is_taken_by_deploy_and_by_search(digits, decode):
    network, dataset, _ = digits
    report = sf.deploy(network, LOIHI, dataset, decode=decode)
    assert f"decode={decode!r}" in report.code
    assert repeated(report.code, LOIHI, digits).accuracy == report.accuracy
    study = sf.search(network, LOIHI, dataset, n_trials=1, decode=decode, confirm=False)
    study.wait()
    assert study.reference.values["accuracy"] == report.accuracy


def test_a_way_to_read_that_there_is_not_is_refused_alike_by_deploy_and_by_search(digits):
    network, dataset, _ = digits
    for verb in (sf.deploy, sf.search):
        with pytest.raises(UnknownName, match=r"no way to decode 'first'.*Did you mean"):
            verb(network, LOIHI, dataset, decode="first")


@pytest.mark.parametrize("decode", [None, *WAYS_TO_READ])
@pytest.mark.parametrize("is_calibrated", [False, True])
def test_what_a_report_tells_later_runs_the_network_no_second_time(
    digits, decode, is_calibrated, no_runs
):
    network, dataset, calibration = digits
    report = sf.deploy(
        network,
        LOIHI,
        dataset,
        design=sf.Design(weight_bits=5),
        calibration=calibration if is_calibrated else None,
        decode=decode,
    )
    no_runs()
    assert report.uncertainty.event_energy_j.value == report.event_energy_j
    assert report.uncertainty.latency_s.value == report.latency_s
    assert report.floorline is not None and sf.sensitivity(report) is not None
    assert report.record.accuracy == report.accuracy


def test_a_record_that_was_forgotten_is_run_again_as_it_was(digits, monkeypatch):
    from spikefit_nb.simulate import RecordCache

    network, dataset, _ = digits
    monkeypatch.setattr("spikefit_nb.case.RECORDS", RecordCache())
    report = sf.deploy(network, LOIHI, dataset, decode="first_spike")
    first = report.record
    monkeypatch.setattr("spikefit_nb.case.RECORDS", RecordCache())
    again = report.record
    assert again is not first and again.decode == "first_spike"
    assert np.array_equal(again.predictions, first.predictions)


def test_a_misfit_that_was_given_recordings_says_what_each_remedy_leaves(digits):
    network, dataset, calibration = digits
    report = sf.deploy(network, sf.load_profile("truenorth"), dataset, calibration=calibration)
    (remedy,) = report.fit.remedies
    assert remedy.accuracy is not None and remedy.case.calibration is calibration


def test_what_no_case_can_be_made_of_is_refused_by_every_verb(digits):
    network, dataset, _ = digits
    narrow = sf.SpikeDataset(np.ones((1, 2, 3), bool))
    for verb in (sf.deploy, sf.search):
        with pytest.raises(WrongArgument, match="profile is a str"):
            verb(network, "loihi1", dataset)
        with pytest.raises(WrongArgument, match="dataset is None"):
            verb(network, LOIHI, None)
        with pytest.raises(DatasetProblem, match="3 channels"):
            verb(network, LOIHI, dataset, calibration=narrow)
    with pytest.raises(DatasetProblem, match="3 channels"):
        sf.check_fit(network, LOIHI, calibration=narrow)
    integrators = network.replace(
        populations=[
            *network.populations[:-1],
            sf.Population(network.output, (10,), import_module("spikefit_nb.network").LI(0.02)),
        ]
    )
    for verb in (sf.deploy, sf.search):
        with pytest.raises(NetworkProblem, match="nothing to count"):
            verb(integrators, LOIHI, dataset, decode="count")


def test_cases_that_differ_in_their_mapping_alone_share_a_network_and_its_record(digits, no_runs):
    network, dataset, calibration = digits
    knobs = {"weight_bits": 5, "prune_fraction": 0.37}
    cases = [
        Case(
            network,
            LOIHI,
            dataset,
            design=sf.Design(neurons_per_core=n, **knobs),
            calibration=calibration,
        )
        for n in (None, 30, 9)
    ]
    first, *others = (case.adapt() for case in cases)
    assert all(other is first for other in others)
    afresh = adapt(network, LOIHI, cases[2].design, cases[2].activity)
    assert afresh.network.fingerprint == first.network.fingerprint
    assert afresh.notes == first.notes
    assert Case(network, LOIHI, dataset, design=sf.Design(**knobs)).adapt() is not first
    told = [deploy_case(cases[0])]
    no_runs()
    told += map(deploy_case, cases[1:])
    assert len({report.n_cores for report in told}) == 3
    assert len({report.accuracy for report in told}) == 1

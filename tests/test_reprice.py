"""The designs of a study, priced once more with other figures of the chip."""

from importlib import import_module

import pytest

import spikefit_nb as sf
from spikefit_nb.errors import DesignProblem


@pytest.fixture(scope="module")
def study():
    parts = sf.load_network("digits"), sf.load_profile("loihi1"), sf.load_dataset("digits").take(40)
    found = sf.search(*parts, n_trials=6, seed=2, confirm=False)
    found.wait()
    return found


def repriced(study, **figures):
    again = study.reprice(study.profile.replace(**figures))
    again.wait()
    return again


def test_every_design_is_priced_as_deploy_prices_it_with_those_figures(study):
    again = repriced(study, energy_synaptic_operation=47.2)
    assert [t.design for t in again.trials] == [t.design for t in study.trials]
    for before, after in zip(study.trials, again.trials, strict=True):
        assert before.state == after.state
        if after.state == "done":
            case = after.case
            alone = sf.deploy(case.network, again.profile, case.dataset, design=case.design)
            assert after.values["event_energy_j"] == alone.event_energy_j
            assert after.values["event_energy_j"] > before.values["event_energy_j"]
            assert after.values["accuracy"] == before.values["accuracy"]
    assert again.storage != study.storage and len(study.trials) == 6


def test_nothing_is_simulated_again(study, monkeypatch):
    def simulated(*args):
        raise AssertionError("a network was simulated")

    monkeypatch.setattr(import_module("spikefit_nb.simulate.cache"), "_simulated", simulated)
    again = repriced(study, energy_update_active=162.0)
    assert [t.state for t in again.trials] == [t.state for t in study.trials]


def test_another_chip_is_refused(study):
    with pytest.raises(DesignProblem, match="same chip with other figures"):
        study.reprice(sf.load_profile("truenorth"))


def test_a_study_without_its_network_is_refused(study):
    with pytest.raises(DesignProblem, match="load_study"):
        sf.load_study(study.storage).reprice(sf.load_profile("loihi1"))

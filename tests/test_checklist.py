"""The checklist of a report: filled in where it is known, and never made up."""

import pytest

import spikefit_nb as sf
from spikefit_nb.errors import UnknownName

LOIHI = sf.load_profile("loihi1")
ASKED = ("scenario", "batch", "static_power", "excluded", "voltage", "process", "data")
ASKED += ("data_split", "seeds", "kinds", "interval", "accuracy_interval", "baseline", "version")


def report(profile=LOIHI, **choices):
    return sf.deploy(
        sf.load_network("digits"), profile, sf.load_dataset("digits").take(30), **choices
    )


def test_every_entry_is_filled_in_or_not_stated():
    checklist = report().checklist()
    assert tuple(checklist.entries) == ASKED and all(checklist.entries.values())
    assert checklist.missing == ("voltage", "data_split", "seeds")
    assert "11 of 14 entries stated" in repr(checklist)
    html = checklist._repr_html_()
    assert "<table" in html and html.count("not stated") >= 2
    assert checklist.entries["version"] == f"spikefit_nb {sf.__version__}"
    assert checklist.entries["process"] == "14 nm"


def test_what_only_a_user_knows_is_taken_from_him_and_nothing_else():
    checklist = report().checklist(voltage="0.75 V", seeds=0, data_split="a third, kept")
    assert checklist.missing == ()
    assert checklist.entries["seeds"] == "0" and checklist.entries["voltage"] == "0.75 V"
    with pytest.raises(UnknownName, match="scenario"):
        report().checklist(scenario="none")


def test_recordings_that_a_design_was_calibrated_on_are_told_apart():
    calibration = sf.load_dataset("digits").take(60)
    entries = report(calibration=calibration).checklist().entries
    assert entries["data_split"] == "calibrated, then told of: 60 of digits and 30 of digits"


def test_kinds_are_those_of_the_figures_that_the_report_rests_on():
    made = report()
    said = dict(part.split()[::-1] for part in made.checklist().entries["kinds"].split(", "))
    kinds = [LOIHI.figure(name).kind for name in set(made.figures)]
    assert {kind: int(n) for kind, n in said.items()} == {k: kinds.count(k) for k in kinds}


def test_the_scenario_and_the_interval_are_the_reports_own():
    for scenario, words in (("real_time", "live input"), ("offline", "back to back")):
        made = report(scenario=scenario)
        entries = made.checklist().entries
        assert words in entries["scenario"]
        energy = next(q for q in made.operation.quantities if q.name == "energy_j")
        assert entries["interval"].startswith(energy.text)


def test_without_static_power_times_or_labels_nothing_is_made_up():
    data = sf.load_dataset("digits").take(5)
    seneca = sf.deploy(
        sf.load_network("digits"),
        sf.load_profile("seneca"),
        sf.SpikeDataset(data.spikes[:], dt_s=1e-3),
    ).checklist()
    assert {"static_power", "interval", "accuracy_interval", "data"} <= set(seneca.missing)
    unfit = report(LOIHI.replace(cores=1, neurons_per_core=20)).checklist()
    assert {"scenario", "batch", "interval"} <= set(unfit.missing)

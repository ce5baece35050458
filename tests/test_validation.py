"""Published measurements beside what is predicted of them, and the table that says so."""

import csv
from math import sqrt

import numpy as np
import pytest

from spikefit_nb.fit_costs import Measurement, fit_costs
from spikefit_nb.hardware import load_profile
from spikefit_nb.replay import Interval
from spikefit_nb.validation import Validated, Validation, dvs, validate
from spikefit_nb.validation.__main__ import main
from spikefit_nb.validation.rows import STANDINGS, Row, rows
from spikefit_nb.validation.workloads import WORKLOADS
from tests.meta.source import REPOSITORY

PAGE = REPOSITORY / "notebooks" / "validation.md"
SOON = ("odin", "truenorth", "spinnaker1")  # chips whose rows need no recordings


@pytest.fixture(scope="module")
def soon():
    return validate(chips=SOON)


def row(value=2.0, standing="predicted", unit="W"):
    return Row("a run", "odin", "a board", "power", value, unit, standing, "", "p. 1", "")


# Rows


def test_the_rows_are_experiments_of_many_chips_each_with_a_source_and_a_standing():
    found = rows()
    assert len(found) >= 25 and len({r.chip for r in found}) >= 6
    assert sum(r.is_predictable for r in found) >= 20
    for r in found:
        assert r.source and r.standing in STANDINGS and r.value > 0
        assert (r.workload == "") is (r.standing == "not priced")
        assert not r.workload or r.workload.split(":")[0] in WORKLOADS
        assert load_profile(r.chip).name == r.chip
    assert len({(r.chip, r.system, r.name, r.quantity, r.value) for r in found}) == len(found)


def test_a_published_value_in_another_unit_is_the_same_in_si():
    assert row(35, unit="uW").si == pytest.approx(35e-6) and row(0.954, unit="share").si == 0.954


# Inside or not


def test_a_value_is_inside_its_interval_and_a_bound_holds_on_its_own_side():
    interval = Interval(1.0, 2.5, 4.0)
    cases = [(0.9, "outside"), (1.0, "inside"), (4.0, "inside"), (4.1, "outside")]
    for value, said in cases:
        found = Validated(row(value), interval)
        assert found.said == said and found.error == pytest.approx(2.5 / value - 1)
        assert found.half_width == 2.0 == sqrt(4.0)
    assert Validated(row(0.9, "at least"), interval).said == "does not hold"
    assert Validated(row(9.0, "at least"), interval).said == "holds"
    assert Validated(row(9.0, "at most"), interval).said == "does not hold"
    assert Validated(row(0.1, "at most"), interval).said == "holds"
    unpriced = Validated(row(standing="not priced"), None)
    assert unpriced.said == "not priced" and unpriced.error is unpriced.half_width is None


def test_the_share_inside_counts_predicted_rows_and_no_bound():
    inside = Validated(row(2.0), Interval(1, 2, 3))
    outside = Validated(row(9.0, "fitted"), Interval(1, 2, 3))
    bound = Validated(row(9.0, "at most"), Interval(1, 2, 3))
    found = Validation((inside, inside, outside, bound))
    assert found.share_inside == pytest.approx(2 / 3)
    assert found.unseen == (inside, inside) and found.bounds == (bound,)
    assert (
        repr(found) == "Validation(2 of 3 published measurements inside the interval stated, 67 %)"
    )


def test_what_needs_a_file_that_is_not_at_hand_says_so(monkeypatch, tmp_path):
    monkeypatch.setenv("SPIKEFIT_DATA", str(tmp_path))
    monkeypatch.setattr(dvs, "find_spec", lambda name: None)
    monkeypatch.setattr(dvs, "counters", dvs.counters.__wrapped__)  # which keeps its answer
    found = [v for v in validate(chips=("loihi1",)).validated if v.row.workload == "sanafe:energy"]
    assert found[0].predicted is None and found[0].said == "not run"
    assert "comes with SANA-FE" in found[0].missing and found[0].notes == (found[0].missing,)


# What is published


def test_boards_and_chips_lie_inside_the_interval_stated(soon):
    assert len(soon.predicted) == 27 and soon.share_inside == 1.0
    assert soon.half_width(measured=True) <= 1.5
    assert all(v.holds for v in soon.bounds)
    boards = [v.error for v in soon.predicted if v.row.chip == "spinnaker1"]
    assert max(map(abs, boards)) < 0.15 and np.median(np.abs(boards)) < 0.03


def test_the_table_in_the_repository_is_what_the_command_writes(soon, tmp_path, capsys):
    page = PAGE.read_text(encoding="utf-8")
    lines = [line for line in soon.to_markdown().splitlines() if line.startswith("| ")]
    assert len(lines) > 30 and all(line in page for line in lines)
    assert f"of {sum(r.is_predictable for r in rows())} published measurements" in page
    assert page.count("\n| ") == len(rows()) + page.count("\n| chip |")


def test_the_command_prints_the_page_or_writes_it(monkeypatch, tmp_path, capsys):
    only = validate(chips=("odin",))
    monkeypatch.setattr("spikefit_nb.validation.__main__.validate", lambda: only)
    main([])
    assert capsys.readouterr().out == only.to_markdown()
    main([str(tmp_path / "page.md")])
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == only.to_markdown()


# Eight workloads on one board, each predicted from the others

GROUPS = (  # names of the runs of each workload, recorded or not
    ("not spiking",),
    ("all spike",),
    ("30 sources to 12000, all",),
    ("5000 sources",),
    ("30 sources to 12000, 255",),
    ("one to one",),
    ("18 to",),
    ("one to 15810",),
)
ALONE = {"all spike": "energy_spike", "one to one": "energy_packet_in_single"}  # what one tells


def runs():
    with open(REPOSITORY / "notebooks" / "recordings" / "spinnaker.csv", newline="") as file:
        for run in csv.DictReader(file):
            name = run.pop("run")
            n = {key: float(value) for key, value in run.items()}
            amounts = {
                "energy_update_inactive": n["neurons"] * n["steps"],
                "energy_spike": n["spikes"],
                "energy_synaptic_operation": n["spikes"] * n["synapses_per_spike"],
                "energy_packet_in": n["spikes"] * n["rows_per_spike"],
                "energy_packet_in_single": n["spikes"] * n["single_synapses_per_spike"],
            }
            yield Measurement(amounts, n["power_above_idle_w"] * n["steps"] * 1e-3, "J", name)


def test_each_of_eight_workloads_on_a_board_is_predicted_from_the_others():
    measured = list(runs())
    figures = list(measured[0].amounts)
    other_board = load_profile("spinnaker1", coefficients="spinn5")  # of what the rest cannot tell
    errors = []
    for (name,) in GROUPS:
        left_out = [m for m in measured if m.source.startswith(name)]
        rest = [m for m in measured if m not in left_out]
        told = [f for f in figures if f != ALONE.get(name)]
        fitted = fit_costs(other_board, rest, figures=told, n_bootstrap=40)
        errors += [fitted.predict(m) / m.si - 1 for m in left_out]
    assert len(errors) == len(measured) == 10
    assert np.median(np.abs(errors)) <= 0.05 and max(map(abs, errors)) <= 0.15

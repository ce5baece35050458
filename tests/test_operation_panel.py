"""The panels *Operation* and *Compare* without a browser."""

import threading
from inspect import isfunction
from math import inf

import ipywidgets
import pytest
import traitlets

import spikefit_nb as sf
from spikefit_nb.errors import DesignProblem
from spikefit_nb.hardware import Sourced
from spikefit_nb.replay import COIN_CELL, Battery, own_battery
from spikefit_nb.units import text
from spikefit_nb.widgets import Workbench
from spikefit_nb.widgets.workbench import compare_panel
from spikefit_nb.widgets.workbench.operation_panel import verdict
from spikefit_nb.widgets.workbench.workbench import PANELS

CHIPS = ("loihi1", "seneca", "truenorth")


@pytest.fixture
def bench():
    workbench = Workbench()
    workbench.wait()
    yield workbench
    workbench.close()


@pytest.fixture
def operation(bench):
    panel = bench.panel("operation")
    panel.finder.wait()
    return panel


def settle(panel):
    panel.state.wait()
    panel.finder.wait()


def run_cell(code):
    found: dict = {}
    exec(code, found)
    return found


def quantities_at(told):
    return {q.name: q for q in told.quantities if q.of}


# Operation.


@pytest.mark.parametrize("by_hand", [False, True])
def test_input_by_hand_and_from_code_is_priced_alike(bench, operation, by_hand):
    if by_hand:
        operation.scenario.value = "real_time"
        operation.deadline.value = 20.0
    else:
        bench.scenario, bench.deadline_s = "real_time", 0.02
    settle(operation)
    expected = sf.deploy(
        bench.network, bench.profile, bench.dataset, scenario="real_time", deadline_s=0.02
    )
    assert bench.report.energy_j == expected.energy_j
    assert bench.report.late_share == expected.late_share == 0
    assert (operation.scenario.value, operation.deadline.value) == ("real_time", 20.0)
    assert "scenario='real_time', deadline_s=0.02" in bench.said["operation"]
    assert run_cell(bench.code)["report"].energy_j == expected.energy_j
    assert "Live input" in operation.verdict.value and "keeps up" in operation.verdict.value


def test_a_search_is_asked_for_the_same_input(bench):
    bench.scenario = "real_time"
    bench.search(objectives=("accuracy", "n_cores"), n_trials=1)
    bench.study.wait()
    assert bench.study.reference.report.operation.is_live
    assert "scenario='real_time'" in bench.said["search"]


def test_the_panel_of_searches_has_the_same_input_as_operation(bench, operation):
    search = bench.panel("search")
    search.scenario.value = "real_time"
    search.deadline.value = "20 ms"
    assert (bench.scenario, bench.deadline_s) == ("real_time", 0.02)
    assert (operation.scenario.value, operation.deadline.value) == ("real_time", 20.0)
    operation.scenario.value, operation.deadline.value = "single_stream", 0.0
    assert (search.scenario.value, search.deadline.value) == ("single_stream", "")
    search.deadline.value = "soon"
    assert "&#x27;soon&#x27; is no quantity" in search.problem.value and bench.deadline_s is None


def test_there_are_no_other_scenarios(bench):
    with pytest.raises(traitlets.TraitError):
        bench.scenario = "sometimes"


def test_late_answers_are_told_in_words(bench, operation):
    bench.deadline_s = 1e-6
    settle(operation)
    assert "100.0 % of the answers miss the deadline of 1 µs" in operation.verdict.value
    assert verdict(bench.report)[0].startswith("Stored input, one at a time: ")


def test_the_slider_of_events_moves_power_and_battery_life_along_the_line(bench, operation):
    operation.rate.value = 2e4
    told = quantities_at(bench.report.power_at(operation.rate.value))
    assert told["power_w"].text in operation.life.value
    assert told["battery_life_days"].value == "no: more than it is rated for"
    assert "a CR2032 cannot give it: more than it is rated for" in operation.life.value
    operation.battery.value = "own"
    operation.capacity.value, operation.volts.value = 5000.0, 3.7
    operation.duty.value = 0.5
    mine = own_battery(3.7, mah=5000)
    power = bench.report.power_at(operation.rate.value, duty_cycle=0.5, battery=mine)
    days = mine.energy_j / power.power_w(operation.rate.value).value / 86400
    life = quantities_at(power)["battery_life_days"]
    assert life.value == pytest.approx(days) and life.text in operation.life.value
    assert "not checked" in operation.life.value
    again = run_cell(f"{bench.code}\nsaid = {bench.said['operation']}")["said"]
    assert again.power_w(2e4) == pytest.approx(power.power_w(2e4))
    assert again.battery.energy_j == mine.energy_j
    operation.unit.value = "Wh"
    operation.capacity.value = 18.5
    assert "sf.replay.own_battery(3.7, wh=18.5)" in bench.said["operation"]


def test_where_power_is_not_published_that_is_said(bench, operation):
    bench.load_chip("seneca")
    settle(operation)
    assert "not published" in operation.picture.children[0].value
    assert operation.life.value == "" and "not published" in operation.verdict.value
    bench.load_chip("truenorth")
    settle(operation)
    assert "nothing is drawn" in operation.verdict.value


def test_a_battery_of_ones_own():
    assert own_battery(3.7, wh=1.85).energy_j == pytest.approx(1.85 * 3600)
    assert own_battery(3.0, mah=235).energy_j == COIN_CELL.energy_j
    assert own_battery(3.0, mah=1).too_much(100.0, 100.0) == ""
    one_mah, three_v = Sourced(1, "mAh", "assumed", "x"), Sourced(3, "V", "assumed", "x")
    rated = Battery("small", one_mah, three_v, pulse=Sourced(1, "mA", "assumed", "x"))
    assert "in pulses" in rated.too_much(1.0, 1.0)
    for wrong in ({}, {"mah": 1, "wh": 1}, {"mah": 0}, {"wh": inf}):
        with pytest.raises(DesignProblem, match=r"give|must be"):
            own_battery(3.0, **wrong)


# Compare.


@pytest.mark.parametrize("name", PANELS)
def test_no_panel_shadows_what_a_widget_needs(bench, name):
    made = bench.panel(name)
    own = {n for kind in _own_kinds(type(made)) for n, of in vars(kind).items() if isfunction(of)}
    needed = {n for n in dir(ipywidgets.VBox) if not n.startswith("__")}
    assert own & needed <= {"close", "_repr_mimebundle_"}
    assert repr(made)


def _own_kinds(kind):
    return [k for k in kind.__mro__ if k.__module__.startswith("spikefit_nb")]


@pytest.fixture
def compare(bench, monkeypatch):
    monkeypatch.setattr(compare_panel, "profile_names", lambda: CHIPS)
    return bench.panel("compare")


def test_chips_are_compared_in_the_background(bench, compare):
    compare.start.click()
    assert not compare.stop.disabled and compare.start.disabled
    compare.comparer.wait()
    assert [r.profile.name for r in compare.compared.reports] == list(CHIPS)
    expected = sf.deploy(bench.network, sf.load_profile("loihi1"), bench.dataset)
    assert compare.compared.reports[0].energy_j == expected.energy_j
    energy = text(expected.energy_j, "J")
    assert energy in compare.rows.value and "not published" in compare.rows.value
    on_truenorth = sf.check_fit(bench.network, sf.load_profile("truenorth")).network
    into_each = on_truenorth.projections[0].weight.toarray().T
    most = max(len(set(of[of != 0])) for of in into_each)
    assert f"different weight values {most}, limit 4" in compare.rows.value
    assert energy in compare.picture.children[0].value
    found = {"network": bench.network, "dataset": bench.dataset, "sf": sf}
    line = bench.said["compare"].replace("sf.hardware.profile_names()", repr(CHIPS))
    exec(line.replace("\nsf.plots", "\nmade = sf.plots"), found)
    assert found["made"].title.text in compare.picture.children[0].value
    compare.of.value = "accuracy"
    assert "highest accuracy" in compare.picture.children[0].value
    bench.scenario = "real_time"
    assert "as it was then" in compare.progress.value


def test_a_comparison_is_stopped_after_the_chip_that_runs(compare, monkeypatch):
    begun, go_on = threading.Event(), threading.Event()

    def slow(*_args, **_said):
        begun.set()
        go_on.wait(10)
        raise DesignProblem("not this one")

    monkeypatch.setattr(compare_panel, "deploy", slow)
    compare.compare()
    assert begun.wait(10) and "0 of 3 chips" in compare.progress.value
    compare.stop.click()
    go_on.set()
    compare.comparer.wait()
    assert compare.compared is None and not compare.start.disabled


def test_a_chip_that_cannot_be_tried_is_named(compare, monkeypatch):
    def refused(_network, chip, _dataset, **_said):
        raise DesignProblem(f"not on {chip.name}")

    monkeypatch.setattr(compare_panel, "deploy", refused)
    compare.compare()
    compare.comparer.wait()
    assert "Intel Loihi: not on loihi1" in compare.progress.value


def test_without_recordings_there_are_no_costs(bench, compare):
    bench.dataset = None
    assert compare.start.disabled and "sf.compare_fit(network)" in compare.progress.value


def test_what_a_person_does_while_a_thread_sets_controls_is_heard(operation):
    began, may_end = threading.Event(), threading.Event()

    def set_controls():
        with operation.silent():
            began.set()
            may_end.wait(5)

    def turn():
        operation.deadline.value = 20.0

    threads = [threading.Thread(target=act) for act in (set_controls, turn)]
    threads[0].start()
    began.wait(5)
    threads[1].start()
    threads[1].join(0.2)  # it waits for its turn
    may_end.set()
    for thread in threads:
        thread.join(5)
    assert operation.state.deadline_s == 0.02

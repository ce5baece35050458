"""The panel *Explore* without a browser: fronts, brushes, trials, and one trial in full."""

import dataclasses
import time
from html import escape
from types import SimpleNamespace

import numpy as np
import pytest
from bokeh.plotting import figure
from ipywidgets.widgets.widget import _instances

import spikefit_nb as sf
from spikefit_nb.errors import DesignProblem
from spikefit_nb.plots import front_data
from spikefit_nb.plots.front import step_line
from spikefit_nb.search import Trial
from spikefit_nb.widgets import Workbench
from spikefit_nb.widgets.workbench.explore_panel import VIEWS
from spikefit_nb.widgets.workbench.trial_pictures import NOT_RUN, NOTHING, PICTURES
from spikefit_nb.widgets.workbench.trial_rows import N_ROWS, cells_of, row_html

TRADED = ("accuracy", "event_energy_j", "latency_s")


@pytest.fixture(scope="module")
def study():
    network, profile = sf.load_network("digits"), sf.load_profile("loihi1")
    dataset = sf.load_dataset("digits").take(90)
    study = sf.search(
        network, profile, dataset, objectives=TRADED, n_trials=12, seed=1, sampler="sobol"
    )
    study.wait()
    return study


@pytest.fixture
def bench(study):
    case = study.reference.case
    workbench = Workbench(case.network, case.profile, case.dataset)
    workbench.wait()
    workbench.study = study
    workbench.wait()
    yield workbench
    workbench.close()


@pytest.fixture
def explore(bench):
    panel = bench.panel("explore")
    panel.drawer.wait()
    return panel


def settle(panel):
    panel.state.wait()
    panel.drawer.wait()
    panel.one.artist.wait()


def done(study):
    return [t for t in (study.reference, *study.trials) if t.state == "done"]


# The front.


@pytest.mark.parametrize(
    "names", [("n_cores", "accuracy"), ("latency_s", "event_energy_j", "accuracy")]
)
def test_a_front_of_any_quantities_is_what_no_other_design_beats(study, names):
    shown = front_data(study, objectives=names)
    assert (shown.x_axis.objective, shown.y_axis.objective) == names[:2]
    losses = {
        t.number: [-t.numbers[n] if n == "accuracy" else t.numbers[n] for n in names]
        for t in done(study)
    }

    def is_beaten(number):
        own = losses[number]
        return any(
            all(a <= b for a, b in zip(other, own, strict=True)) and other != own
            for other in losses.values()
        )

    for number, best in zip(shown.numbers, shown.is_front, strict=True):
        assert not (best and is_beaten(number))
    assert shown.is_front.any() or not is_beaten(0)
    assert bool(shown.size_key) == (len(names) == 3)


def test_steps_of_a_front_on_which_both_axes_are_to_be_large():
    x, y = step_line(np.array([1.0, 2.0, 3.0]), np.array([9.0, 5.0, 1.0]), y_up=True, x_up=True)
    assert x.tolist() == [3, 2, 2, 1, 1] and y.tolist() == [1, 1, 5, 5, 9]


def test_quantities_that_no_trial_has_are_refused(study):
    with pytest.raises(DesignProblem, match="quantities that the trials have: accuracy"):
        front_data(study, objectives=("beauty", "accuracy"))
    with pytest.raises(DesignProblem, match="give two or three"):
        front_data(study, objectives=("accuracy",))


def test_dropdowns_and_code_choose_the_same_axes(bench, explore):
    explore.along.value = "n_cores"
    settle(explore)
    assert bench.axes == ("n_cores", "accuracy", "latency_s")
    assert explore.front._drawn.shown.x_axis.objective == "n_cores"
    assert "sf.plot_front(study, (" in explore.line.value
    bench.axes = ("memory_bits", "event_energy_j")
    settle(explore)
    assert (explore.along.value, explore.up.value, explore.size.value) == (*bench.axes, "none")
    assert explore.front._drawn.shown.y_axis.objective == "event_energy_j"


def test_the_same_quantity_twice_is_told_in_words(bench, explore):
    explore.along.value = "accuracy"
    assert "choose two that differ" in explore.problem.value and bench.axes == ()


def test_the_mark_of_decide_follows_its_sliders(bench, explore):
    marks = set()
    for name in TRADED:
        bench.decide(weights={other: 5.0 * (other == name) for other in TRADED})
        settle(explore)
        [at] = zip(*(explore.front._drawn.decided.data[axis] for axis in "xy"), strict=True)
        chosen = bench.recommendation.trial.numbers
        x_axis, y_axis = (explore.front._drawn.shown.x_axis, explore.front._drawn.shown.y_axis)
        assert at == pytest.approx(
            (chosen["event_energy_j"] * x_axis.scale, chosen["accuracy"] * y_axis.scale)
        )
        marks.add(at)
    assert len(marks) > 1
    bench.panel("decide")
    bench.decide(at_least={"accuracy": 0.9})
    settle(explore)
    offered = bench.panel("decide").limits["accuracy"]
    assert offered.value == 0.9 and len(offered.options) > 3  # what was reached is still offered
    shade = explore.front._drawn.shades["up"]
    assert shade.visible and shade.top == pytest.approx(90)
    assert not explore.front._drawn.shades["along"].visible


# One trial.


def test_a_tap_and_code_choose_the_same_trial(bench, explore, study):
    assert NOTHING in explore.one.picture.children[0].value
    number = done(study)[1].number
    explore.front._tapped([number])
    settle(explore)
    assert bench.selected_trial.number == number
    ring = explore.front._drawn.front.sources["ring"].data
    assert len(ring["x"]) == 1 and f"Trial {number}: " in explore.one.words.value
    bench.selected_trial = study.reference
    settle(explore)
    assert "As trained: " in explore.one.words.value
    bench.selected_trial = None
    settle(explore)
    assert explore.front._drawn.front.sources["ring"].data["x"] == []


def test_every_picture_of_a_trial_is_drawn_and_its_line_draws_the_same(bench, explore, study):
    bench.look_at(done(study)[1])
    for name in PICTURES:
        explore.one.tabs.value = name
        settle(explore)
        shown = explore.one.picture.children[-1]
        layout = shown._model
        line = bench.said["explore"]
        found = {"sf": sf, "study": study}
        before, last = line.rsplit("\n", 1)
        exec(f"{before}\nagain = {last}", found)
        assert titles(found["again"]) == titles(layout)


def titles(layout):
    found = [layout] if isinstance(layout, figure) else layout.select({"type": figure})
    return sorted(fig.title.text for fig in found)


def test_a_design_that_does_not_fit_says_so_in_the_place_of_a_picture(bench, explore):
    case = dataclasses.replace(bench.study.reference.case, profile=sf.load_profile("truenorth"))
    bench.selected_trial = Trial(99, case, "infeasible", message="too many values")
    explore.one.tabs.value = "energy"
    settle(explore)
    assert NOT_RUN in explore.one.picture.children[0].value
    assert "does not fit: too many values" in explore.one.words.value


def test_a_page_of_the_front_brings_the_cores_of_every_design_along(
    bench, explore, study, tmp_path
):
    bench.axes = ("n_cores", "accuracy")
    settle(explore)
    known = set(_instances)
    page = explore.to_html(tmp_path / "explore.html").read_text()
    assert set(_instances) <= known
    assert all(
        f"Trial {trial.number}: {trial.report.n_cores} of 128" in page for trial in done(study)[1:]
    )
    assert "Cores in use" in page and escape(front_data(study, objectives=bench.axes).title) in page


# Brushing and rows.


def test_a_drag_and_dropdowns_brush_the_same(bench, explore, study):
    explore.tabs.value = "parallel"
    settle(explore)
    place = [axis.name for axis in explore.parallel.shown.axes].index("accuracy")
    explore.parallel._dragged([place - 0.1, place + 0.1, 0.5, 1.2])
    settle(explore)
    accuracies = [t.values["accuracy"] for t in done(study)]
    middle = (min(accuracies) + max(accuracies)) / 2
    assert bench.brushed == {"accuracy": pytest.approx((middle, max(accuracies)))}
    kept = explore.parallel.shown.is_kept
    assert kept.tolist() == [a >= middle for a in accuracies]
    by_drag = dict(bench.brushed)
    explore.clear.click()
    explore.axis.value = "accuracy"
    settle(explore)
    assert explore.parallel.shown.is_kept.all()
    explore.low.index = 5
    settle(explore)
    assert bench.brushed["accuracy"] == pytest.approx(by_drag["accuracy"])
    assert "sf.plots.plot_parallel(study, {" in bench.said["explore"]
    explore.tabs.value = "trials"
    settle(explore)
    assert len(explore.rows.listed) == kept.sum()


def test_rows_are_ordered_filtered_and_turned(explore, study):
    explore.tabs.value = "trials"
    settle(explore)
    rows = explore.rows
    tried = (study.reference, *study.trials)
    assert [t.number for t in rows.listed] == [t.number for t in tried]
    assert sum(row.layout.display != "none" for row in rows.rows) == min(N_ROWS, len(tried))
    rows.on.click()
    assert rows.rows[0].trial.number == N_ROWS and rows.on.disabled
    rows.order.value = "accuracy"
    best = max(t.values["accuracy"] for t in done(study))
    assert rows.rows[0].trial.values["accuracy"] == best
    rows.state.value = "done"
    assert len(rows.listed) == len(done(study))
    rows.rows[1].children[0].click()
    assert explore.state.selected_trial is rows.rows[1].trial


def test_a_row_tells_values_with_units_and_why_there_are_none():
    design = sf.Design(weight_bits=4)
    trial = SimpleNamespace(
        number=3, state="failed", values={}, design=design, message="out of <memory>"
    )
    cells = cells_of(trial, TRADED)
    assert cells == ("failed", "", "", "", "weight bits: 4 (out of <memory>)")
    assert "<memory>" not in row_html(cells)
    trial.state, trial.message = "done", ""
    trial.values = {"accuracy": 0.95, "event_energy_j": 2e-6, "latency_s": 1e-3}
    assert cells_of(trial, TRADED)[:4] == ("done", "95.0 %", "2 µJ", "1 ms")


def test_views_are_drawn_and_say_their_line(bench, explore, study):
    for name in reversed(VIEWS):
        explore.tabs.value = name
        settle(explore)
        found = {"sf": sf, "study": study}
        if name != "trials":  # which needs pandas
            exec(f"picture = {bench.said['explore']}", found)
            assert found["picture"].title.text
    assert bench.problems.get("explore", "") == ""


def test_before_a_search_there_are_words():
    workbench = Workbench()
    panel = workbench.panel("explore")
    settle(panel)
    assert "Search first" in panel.front.children[0].value
    workbench.close()


def test_a_thousand_trials_are_redrawn_in_a_fifth_of_a_second(bench, explore, study):
    rng = np.random.default_rng(0)
    known, many = done(study), [study.reference]
    for number in range(1, 1001):
        trial = known[number % len(known)]
        values = {
            "accuracy": rng.uniform(0.5, 0.97),
            "event_energy_j": 10 ** rng.uniform(-7, -5.5),
            "latency_s": 10 ** rng.uniform(-5, -3.5),
        }
        numbers = {**trial.numbers, **values}
        many.append(dataclasses.replace(trial, number=number, values=values, numbers=numbers))
    large = SimpleNamespace(
        objectives=TRADED,
        is_within_limits=lambda trial: True,
        reference=study.reference,
        trials=tuple(many[1:]),
    )
    took_s = []
    for decided in range(4):
        began = time.perf_counter()
        explore.front.draw(large, TRADED, chosen=3, decided=decided, limits={})
        took_s.append(time.perf_counter() - began)
    assert len(explore.front._drawn.front.sources["points"].data["x"]) > 900
    assert min(took_s[1:]) < 0.2

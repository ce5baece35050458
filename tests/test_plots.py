"""Pictures by value: what their numbers and words are, before anything is drawn."""

import numpy as np
import pytest
from bokeh.models import BoxAnnotation, Div, GlyphRenderer, Span, Title

import spikefit_nb as sf
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.plots import (
    WAITING,
    WORDS,
    accuracy_data,
    alternatives_data,
    confusion_data,
    cores_data,
    counted,
    front_data,
    plot_accuracy,
    plot_alternatives,
    plot_confusion,
    plot_cores,
    plot_front,
    plot_power,
    plot_robustness,
    plot_sample,
    plot_steps,
    power_data,
    robustness_data,
    steps_data,
    written,
)
from spikefit_nb.plots import sample_data as data_of_sample
from spikefit_nb.plots.core_key import key_html
from spikefit_nb.plots.front import (
    chosen_axes,
    finding,
    front_columns,
    front_limits,
    sizes,
    step_line,
)
from spikefit_nb.plots.theme import (
    ACCENT,
    OURS,
    axis_words,
    contrast,
    grown,
    ink_on,
    load_colour,
    log_ticks,
)
from spikefit_nb.robustness import Faults, Robustness
from spikefit_nb.search import OBJECTIVES, is_best
from spikefit_nb.search.objectives import BUILT_IN
from tests.browser.stand_ins import Study, record, report, trial, whole_study

ENERGY, ACCURACY = axis_words("event_energy_j", [1e-7]), axis_words("accuracy", [0.9])


def titles(layout):
    return [title.text for title in layout.select({"type": Title})]


def test_the_finding_counts_designs_and_names_the_one_that_is_ringed():
    done = trial(7, 0.955, 3.1e-7)
    assert finding(2, 9, done, "trial 7") == (
        "2 designs worth considering; best balance: 95.5 % correct, 310 nJ of events, 2 ms "
        "(trial 7)"
    )
    assert finding(1, 9, done, "as trained").startswith("1 design worth considering; values: ")
    assert finding(0) == "no design fits so far"
    assert finding(0, 3) == "no design within the limits so far"


def test_values_are_told_with_what_they_are_of():
    values = {"energy_j": 3.4e-5, "n_cores": 6, "synaptic_operations": 7e4, "some_thing": 2.0}
    assert counted(values) == ("34 µJ in all, 6 cores, 70,000 synaptic operations, 2 some thing")


def test_title_ring_and_recommendation_are_one_design():
    network, dataset = sf.load_network("digits"), sf.load_dataset("digits").take(40)
    study = sf.search(network, sf.load_profile("loihi1"), dataset, n_trials=8, sampler="sobol")
    study.wait()
    chosen = study.recommend().trial
    shown = front_data(study)
    assert shown.chosen == chosen.number
    assert f"best balance: {counted(chosen.values)} (" in shown.title
    ring = front_columns(shown)["ring"]
    assert ring["x"] == [pytest.approx(chosen.values["event_energy_j"] * shown.x_axis.scale)]


def test_the_third_objective_is_the_size_of_a_dot_and_the_key_says_so():
    study = whole_study(12)
    shown = front_data(study)
    by_number = {t.number: t.values["latency_s"] for t in study.trials if t.values}
    times = np.array([by_number[n] for n in shown.numbers])
    wanted = 7 + 12 * np.log(times / 1e-3) / np.log(3)
    assert shown.size == pytest.approx(wanted, abs=0.06)
    assert shown.size_key == "Size of a dot: time per inference, small 1 ms, large 3 ms"
    two, key = sizes(study.trials[:1], ("accuracy", "event_energy_j"))
    assert key == "" and two == pytest.approx([11])
    assert sizes(study.trials[:1], study.objectives)[1] == "Time per inference of all: 1 ms"


def test_axes_are_as_their_objectives_say(monkeypatch):
    for name, objective in OBJECTIVES.items():
        axis = axis_words(name, [0.5])
        assert (axis.is_log, axis.higher_is_better) == (objective.logarithmic, objective.maximize)
    up_and_log = OBJECTIVES["n_cores"]._replace(maximize=True, logarithmic=True)
    monkeypatch.setitem(OBJECTIVES, "n_cores", up_and_log)
    assert axis_words("n_cores", [2])[4:] == (True, True)
    assert chosen_axes(("event_energy_j", "n_cores")) == ("event_energy_j", "n_cores")


def test_contrasts_are_those_of_the_guidelines():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert contrast("#ffffff", "#111111", 0.0) == 1


DARK = "#111111"  # JupyterLab's dark page


@pytest.mark.parametrize("paper", ["#ffffff", DARK])
def test_the_ring_around_a_design_stands_out(paper):
    assert contrast(ACCENT, paper) >= 3  # WCAG 2.2, 1.4.11


def test_draws_with_faults_stand_side_by_side_or_above_one_another():
    found = Robustness(np.array([0.902, 0.8, 0.901, 0.97]), 0.95, Faults(dead_neurons=0.1))
    data = robustness_data(found)
    assert data.percent.tolist() == pytest.approx([80.0, 90.1, 90.2, 97.0])
    assert data.height.tolist() == [0, 0, 1, 0]
    assert data.without_percent == pytest.approx(95.0)
    assert data.title == "80.0 % at worst of 4 draws: neurons dead 10.0 %"
    assert data.low_percent == pytest.approx(80.0)
    many = Robustness(np.linspace(0.5, 1, 21), 1.0, Faults(dead_neurons=0.1))
    assert robustness_data(many).low_percent == pytest.approx(52.5)
    assert robustness_data(many).title.startswith("52.5 % in 19 of 20 draws")


@pytest.mark.parametrize(
    "figure",
    [
        lambda: plot_accuracy(record(), 0.97),
        lambda: plot_cores(report()),
        lambda: plot_front(whole_study(12)),
        lambda: plot_robustness(Robustness(np.array([0.9]), 0.95, Faults(dead_neurons=0.1))),
    ],
)
def test_marks_and_words_stand_out_from_a_dark_page(figure):
    n_seen = 0
    layout = figure()
    glyphs = [renderer.glyph for renderer in layout.select({"type": GlyphRenderer})]
    for part in (*glyphs, *layout.select({"type": Span})):
        for kind, least in (("line", 3), ("text", 4.5), ("fill", 3)):
            colour, alpha = (getattr(part, f"{kind}_{p}", None) for p in ("color", "alpha"))
            is_area = kind == "fill" and (alpha != 1 or getattr(part, "line_alpha", 0) == 0)
            if not str(colour).startswith("#") or is_area or not alpha:
                continue  # by column (below), in the page's ink, or a faint area behind the marks
            n_seen += 1
            assert contrast(colour, DARK, alpha) >= least, (part, kind)
    assert n_seen


def test_columns_of_colours_stand_out_from_a_dark_page():
    points = front_columns(front_data(whole_study(12)))["points"]
    assert all(contrast(colour, DARK) >= 3 for colour in points["colour"])
    for load in np.linspace(0, 1, 60):
        assert contrast(ink_on(load_colour(load)), load_colour(load)) >= 4.5


def test_before_the_first_trial_the_front_says_what_it_waits_for():
    assert front_data(Study()).title == WAITING


def test_a_front_holds_every_finished_trial_once_and_the_rest_on_the_rug():
    study = whole_study(30)
    data = front_data(study)
    assert len(data.numbers) + len(data.unfit_numbers) == 30
    assert data.reference == (pytest.approx(810), pytest.approx(97.2))
    assert data.chosen in {t.number for t in study.best_trials}
    columns = front_columns(data)
    assert len(columns["ring"]["x"]) == 1 and columns["unfit ring"]["x"] == []
    assert len(columns["unfit"]["x"]) == 5


def test_a_trial_that_does_not_fit_can_be_chosen_too():
    data = front_data(whole_study(30))
    columns = front_columns(data, int(data.unfit_numbers[1]))
    assert columns["ring"]["x"] == [] and columns["unfit ring"]["x"] == [columns["unfit"]["x"][1]]


def test_units_stay_once_chosen():
    study = Study()
    study.add(0)
    first = front_data(study)
    for number in range(1, 12):
        study.add(number)
    later = front_data(study, axes=(first.x_axis, first.y_axis))
    assert later.x_axis.label == first.x_axis.label == "Energy of events per inference (nJ)"


def test_axes_only_grow():
    study, limits = Study(), None
    for number in range(20):
        study.add(number)
        data = front_data(study, axes=(ENERGY, ACCURACY))
        wider = front_limits(data, limits)
        if limits is not None:
            assert all(
                new[0] <= old[0] and new[1] >= old[1]
                for new, old in zip(wider, limits, strict=True)
            )
        limits = wider
        assert all(limits[0][0] < x < limits[0][1] for x in data.x)
    assert grown(None, [], is_log=True) == (1.0, 10.0)


def test_designs_outside_the_limits_are_counted_and_do_not_stretch_the_picture():
    study = whole_study()
    inside = front_limits(front_data(study))
    study.is_within_limits = lambda trial: trial.values["accuracy"] >= 0.95
    data = front_data(study)
    n_outside = sum(t.state == "done" and t.values["accuracy"] < 0.95 for t in study.trials)
    assert (
        n_outside > 0
        and f"outside the limits: {n_outside}" in front_columns(data)["unfit label"]["label"]
    )
    assert front_limits(data)[1][0] > inside[1][0]
    columns = front_columns(data)
    shown = {*columns["points"]["number"], *columns["outside"]["number"]}
    assert shown == set(data.numbers) and columns["outside"]["number"]
    far = columns["outside"]["number"][0]  # on the foot of the figure it can be tapped, and ringed
    ring = front_columns(data, far)["unfit ring"]
    assert ring["x"] == columns["outside"]["x"][:1] and ring["y"] == [0.14]


def test_a_step_line_never_promises_what_no_design_reaches():
    rng = np.random.default_rng(5)
    x, y = rng.random(40), rng.random(40)
    best = is_best(np.column_stack([x, -y]))
    xs, ys = step_line(x[best], y[best], y_up=True)
    for at, promised in zip(xs, ys, strict=True):
        assert y[x <= at + 1e-12].max() >= promised - 1e-12


def test_ticks_of_a_log_axis_are_few_and_inside():
    for lo, hi in ((90, 1100), (1, 1e6), (480, 620), (0.01, 3)):
        ticks = log_ticks(lo, hi)
        assert 2 <= len(ticks) <= 8 and all(lo <= tick <= hi for tick in ticks)


def test_objectives_find_their_axes_and_their_words():
    assert chosen_axes(("latency_s", "n_cores")) == ("latency_s", "n_cores")
    assert chosen_axes(("n_cores", "accuracy")) == ("n_cores", "accuracy")
    assert axis_words("some_thing", [1.0]).label == "Some thing"
    assert written("memory_bits", 12345) == "12,345 bits"


def test_every_objective_has_its_words():
    assert set(WORDS) == BUILT_IN
    for name in BUILT_IN:
        assert axis_words(name, [0.5]).higher_is_better == OBJECTIVES[name].maximize


def test_a_sample_keeps_every_spike_and_its_image_the_means():
    spikes = np.random.default_rng(0).random((2, 20, 12)) < 0.3
    data = data_of_sample(
        SpikeDataset(spikes, [1, 0], channel_shape=(3, 4), classes=("left", "right")), 1
    )
    assert data.title == f"Sample 1, label left: {spikes[1].sum()} spikes in 20 steps"
    assert len(data.step) == spikes[1].sum()
    assert data.image == pytest.approx(spikes[1].mean(axis=0).reshape(3, 4))
    assert data_of_sample(SpikeDataset(spikes)).image is None


def test_accuracy_over_steps_ends_with_the_records_own_interval():
    data = accuracy_data(record(), 0.972)
    assert (data.low[-1], data.high[-1]) == (pytest.approx(94.0), pytest.approx(98.0))
    assert data.reference_percent == pytest.approx(97.2)
    assert np.all(data.low <= data.percent) and np.all(data.percent <= data.high)
    assert data.title == "96.4 % after 64 steps; within a point of that after 41"


def test_answers_by_label_say_which_class_is_taken_for_which():
    data = confusion_data(record())
    assert data.title == "74 of 80 right; most often 2 is read as 0"
    assert data.shares.sum(axis=1) == pytest.approx(1.0)
    assert data.shares[0].tolist() == [30 / 32, 2 / 32, 0.0]
    columns = plot_confusion(record()).renderers[0].data_source.data
    assert columns["written"][:3] == ["30", "2", ""] and columns["percent"][1] == 100 * 2 / 32


def steps():
    digits = (
        sf.load_network("digits"),
        sf.load_profile("loihi1"),
        sf.load_dataset("digits").take(40),
    )
    return sf.deploy(*digits).steps([8, 64])


def alternatives():
    digits = sf.load_network("digits"), sf.load_profile("loihi1"), sf.load_dataset("digits").take(5)
    return sf.deploy(*digits, design=sf.Design(n_steps=3)).alternatives()


def test_spikes_and_the_ann_are_drawn_as_lines_that_cross_at_the_break_even_rate():
    told = alternatives()
    layers, shown = told.layers, alternatives_data(told)
    assert told.against_ann.startswith(shown.title[:1].lower() + shown.title[1:])
    assert shown.spikes_per_step[0] == 0
    assert shown.spikes_per_step[-1] > max(layers.spikes_per_step, layers.break_even.value)
    costs_more = shown.spiking_j > shown.ann_j
    assert (costs_more == (shown.spikes_per_step > layers.break_even.value)).all()
    (box,) = (p for p in plot_alternatives(told).center if isinstance(p, BoxAnnotation))
    low, value, high = layers.break_even
    assert (box.left, box.right) == (100 * low, 100 * high) and low < value < high
    spikes, ann = (line.data_source.data["y"] for line in plot_alternatives(told).renderers)
    assert spikes / ann == pytest.approx(shown.spiking_j / shown.ann_j)


def power():
    chip = sf.load_profile("loihi1").replace(static_power=0.1)  # mW
    digits = sf.load_network("digits"), chip, sf.load_dataset("digits").take(5)
    return sf.deploy(*digits).power_at([0.0, 2e5])


def test_power_is_drawn_from_silence_to_the_highest_rate_with_both_ends():
    told = power()
    shown = power_data(told)
    assert shown.rate_hz[0] == 0 and shown.rate_hz[-1] == max(2e5, told.known_hz)
    ends = shown.low_w[0], shown.power_w[0], shown.high_w[0]
    assert ends == pytest.approx(told.idle_w)
    assert shown.power_w[-1] == pytest.approx(told.power_w(shown.rate_hz[-1]).value)
    drawn = plot_power(told).renderers[0].data_source.data["y"]
    scale = {"W": 1, "mW": 1e3, "µW": 1e6}[plot_power(told).yaxis[0].axis_label[7:-1]]
    assert drawn == pytest.approx(scale * shown.power_w)


def test_when_to_stop_is_drawn_from_the_accuracies_and_the_energies_that_are_told():
    told = steps()
    shown = steps_data(told)
    assert shown.percent == pytest.approx(100 * told.accuracy)
    assert shown.energy_j[-1] == told.operations[64].energy_j.value
    accuracy, energy = plot_steps(told).children
    assert accuracy.x_range is energy.x_range
    (scale,) = (s for unit, s in (("µJ", 1e6), ("nJ", 1e9)) if unit in energy.yaxis[0].axis_label)
    drawn = energy.renderers[0].data_source.data["y"]
    assert drawn[-1] == pytest.approx(scale * shown.energy_j[-1])
    lines = accuracy.renderers[0].data_source.data
    classes = np.unique(sf.load_dataset("digits").take(40).labels)
    assert lines["name"] == classes.tolist()
    assert lines["y"][0] == pytest.approx(100 * told.class_accuracy[classes[0]])


@pytest.mark.parametrize(
    "figure",
    [
        lambda: plot_accuracy(record(), 0.97),
        lambda: plot_alternatives(alternatives()),
        lambda: plot_confusion(record()),
        lambda: plot_cores(report()),
        lambda: plot_front(whole_study(12)),
        lambda: plot_steps(steps()),
        lambda: plot_power(power()),
        lambda: plot_sample(SpikeDataset(np.ones((1, 4, 4), bool), channel_shape=(2, 2))),
    ],
)
def test_every_figure_is_ours_has_a_finding_and_neither_logo_nor_paper_of_its_own(figure):
    layout = figure()
    assert OURS in layout.tags
    assert any(titles(layout))
    for part in layout.references():
        if part.__class__.__name__ == "figure":
            assert (
                part.toolbar.logo is None
                and part.background_fill_alpha == 0
                and part.border_fill_alpha == 0
            )
        if isinstance(part, Div):
            assert "--jp-ui-font-color1" in part.stylesheets[0]


@pytest.mark.parametrize(
    ("chip", "said"),
    [
        ("loihi1", "whole chip: 16 x 8 cores"),
        ("loihi2", "whole chip: 128 cores; where they lie is not published"),
        ("xylo_imu", "whole chip: 1 x 1 cores"),
    ],
)
def test_an_arrangement_of_cores_that_is_not_published_is_not_drawn_as_a_fact(chip, said):
    neuron = sf.CubaLIF(0.002, 0.02, reset="subtract" if chip == "xylo_imu" else "zero")
    network = sf.Network(
        [sf.Population("in", (3,), sf.Input()), sf.Population("out", (2,), neuron)],
        [sf.Projection("in", "out", np.ones((3, 2), np.float32))],
    )
    dataset = sf.SpikeDataset(np.ones((1, 4, 3), bool), [0])
    design = sf.Design(partition="layers")
    data = cores_data(sf.deploy(network, sf.load_profile(chip), dataset, design=design))
    assert said in key_html(data, "load") and " 1 of " in data.title


def test_cores_that_cannot_be_counted_are_no_count_in_the_title():
    network = sf.Network(
        [sf.Population("in", (3,), sf.Input()), sf.Population("out", (2,), sf.IF(1.0))],
        [sf.Projection("in", "out", np.ones((3, 2), np.float32))],
    )
    dataset = sf.SpikeDataset(np.ones((1, 4, 3), bool), [0])
    title = cores_data(sf.deploy(network, sf.load_profile("spinnaker2"), dataset)).title
    assert title.startswith("spinnaker2: cores not published, ") and "152" not in title

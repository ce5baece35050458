"""Pictures of a search, of energy, of traffic and across chips, by value."""

from types import SimpleNamespace

import numpy as np
import pytest
from bokeh.models import Title

import spikefit_nb as sf
from spikefit_nb.errors import DesignProblem, DoesNotFit, NotPublished, UnknownName
from spikefit_nb.plots import (
    chips_data,
    energy_data,
    history_data,
    importance_data,
    parallel_data,
    plot_chips,
    plot_energy,
    plot_history,
    plot_importance,
    plot_parallel,
    plot_traffic,
    traffic_data,
)
from spikefit_nb.plots.chips import UNKNOWN
from spikefit_nb.plots.energy import STATIC
from spikefit_nb.plots.parallel import AS_TRAINED, knob_axis, parallel_columns, value_axis
from spikefit_nb.search import Importance
from tests.browser.stand_ins import whole_study


@pytest.fixture(scope="module")
def digits():
    return sf.load_network("digits"), sf.load_dataset("digits").take(40)


@pytest.fixture(scope="module")
def report(digits):
    return sf.deploy(digits[0], sf.load_profile("loihi1").replace(neurons_per_core=20), digits[1])


def a_trial(number, accuracy, energy_j, state="done", **knobs):
    values = {"accuracy": accuracy, "event_energy_j": energy_j} if state == "done" else {}
    design = sf.Design(**knobs)
    return SimpleNamespace(number=number, state=state, values=values, design=design)


def a_study():
    """Four designs and a misfit; trial 3 is outside the limits."""
    reference = a_trial(0, 0.90, 8e-6)
    trials = (
        a_trial(1, 0.95, 4e-6, weight_bits={"hidden": 4}),
        a_trial(2, 0.0, 0.0, state="infeasible", weight_bits={"hidden": 2}),
        a_trial(3, 0.50, 1e-6, weight_bits={"hidden": 2}, share_cores=True),
        a_trial(4, 0.93, 2e-6, weight_bits={"hidden": 8}, share_cores=True),
    )
    return SimpleNamespace(
        objectives=("accuracy", "event_energy_j"),
        trials=trials,
        reference=reference,
        best_trials=(trials[3], trials[0]),
        is_within_limits=lambda trial: trial.values["accuracy"] >= 0.8,
    )


# Energy and traffic.


def test_the_parts_of_an_energy_are_all_of_it(report):
    shown = energy_data(report)
    assert sum(shown.whole_j.values()) == pytest.approx(report.energy_j)
    assert shown.whole_j[STATIC] == pytest.approx(report.energy_j - report.event_energy_j)
    assert shown.layers == ("hidden", "digit")
    for part, energy_j in shown.layer_j.items():
        assert energy_j.sum() == pytest.approx(shown.whole_j[part])
    synapses_j = report.price.energy_parts_j["synaptic_operations"]
    assert shown.whole_j["synapses"] == pytest.approx(synapses_j)
    assert f"{100 * shown.whole_j[STATIC] / report.energy_j:.1f} % is static" in shown.title


def test_bars_of_energy_end_where_their_sums_do(report):
    whole, layers = plot_energy(report).children
    ends = [max(r.data_source.data["right"]) for r in whole.renderers]
    assert max(ends) == pytest.approx(report.energy_j * 1e6)
    assert layers.xaxis[0].axis_label.endswith("(µJ)")


def test_where_there_is_no_energy_that_is_said(digits):
    with pytest.raises(NotPublished, match="not published"):
        energy_data(sf.deploy(digits[0], sf.load_profile("seneca"), digits[1]))
    with pytest.raises(DoesNotFit):
        energy_data(sf.deploy(digits[0], sf.load_profile("truenorth"), digits[1]))


def test_traffic_by_step_adds_up_to_that_of_an_inference(report):
    shown = traffic_data(report)
    assert shown.packets.sum() == pytest.approx(report.price.counts["packets"])
    for name, each in shown.spikes.items():
        fired = report.record.spike_counts[name].sum() / report.record.n_samples
        assert each.sum() == pytest.approx(fired)
    assert len(shown.step) == report.record.n_steps
    last = report.record.output_spikes[:, -1].sum() / report.record.n_samples
    assert shown.spikes["digit"][-1] == pytest.approx(last)
    assert (
        f"most in step {shown.packets.argmax() + 1}" in plot_traffic(report).children[0].title.text
    )


# A search.


def test_the_best_so_far_only_gets_better_and_keeps_the_limits():
    shown = history_data(a_study(), "event_energy_j")
    assert shown.numbers.tolist() == [0, 1, 3, 4]
    assert shown.best_numbers.tolist() == [0, 1, 4] and shown.best.tolist() == [8, 4, 2]
    assert shown.others == ((2, "infeasible"),)
    assert shown.title.endswith("best 2 µJ, since trial 4")
    assert history_data(a_study()).best.tolist() == pytest.approx([90, 95, 95])
    notes = [title.text for title in plot_history(a_study()).select(Title)]
    assert "Without a value: 1 did not fit" in notes
    with pytest.raises(UnknownName):
        history_data(a_study(), "latency_s")


def test_knobs_stand_in_order_of_what_they_decide():
    told = Importance(
        {"accuracy": {"a": 0.7, "b": 0.3}, "n_cores": {"b": 0.9, "a": 0.1}, "latency_s": {}}, 30
    )
    shown = importance_data(told)
    assert shown.knobs == ("b", "a") and shown.shares["accuracy"].tolist() == [0.3, 0.7]
    assert "the same in all: time per inference" in shown.note
    assert shown.title == "Accuracy: a 70.0 %; Cores in use: b 90.0 %"
    bars = plot_importance(told).renderers
    assert [sorted(r.data_source.data["right"]) for r in bars] == [[30, 70], [10, 90]]


def test_lines_pass_the_axes_where_their_values_are():
    shown = parallel_data(a_study())
    names = [axis.name for axis in shown.axes]
    assert names == ["weight_bits.hidden", "share_cores", "accuracy", "event_energy_j"]
    assert shown.numbers.tolist() == [0, 1, 3, 4]
    assert shown.y[:, 0].tolist() == pytest.approx([AS_TRAINED, 1 / 3, 0, 1])
    assert shown.y[:, 2].tolist() == pytest.approx([8 / 9, 1, 0, 0.43 / 0.45])
    assert shown.y[:, 3].tolist() == pytest.approx([1, 2 / 3, 0, 1 / 3])  # halves, equally far
    assert shown.is_best.tolist() == [False, True, False, True]


def test_a_brush_keeps_what_lies_between_its_ends():
    between = {"accuracy": (0.9, 1.0), "event_energy_j": (1e-6, 5e-6)}
    shown = parallel_data(a_study(), between)
    assert shown.numbers[shown.is_kept].tolist() == [1, 4]
    assert parallel_data(a_study(), {"share_cores": (True, True)}).is_kept.sum() == 2
    columns = parallel_columns(shown, between, 4)
    assert columns["lines"]["number"][-1] == 4 and len(columns["brushes"]["left"]) == 2
    faint = dict(zip(columns["lines"]["number"], columns["lines"]["alpha"], strict=True))
    assert faint[0] < 0.2 < faint[1]
    with pytest.raises(UnknownName):
        plot_parallel(a_study(), {"n_cores": (1, 2)})


@pytest.mark.parametrize(
    ("axis", "values"),
    [
        (value_axis("event_energy_j", [1e-6, 1e-3]), [1e-6, 2e-5, 1e-3]),
        (value_axis("accuracy", [0.5, 0.9]), [0.5, 0.6, 0.9]),
        (knob_axis("partition", ["tiles", "layers", None]), ["layers", "tiles"]),
        (knob_axis("weight_bits", [2, 8, None]), [2, 5, 8]),
    ],
)
def test_a_place_on_an_axis_is_read_back(axis, values):
    assert [axis.value(axis.place(v)) for v in values] == pytest.approx(values)


def test_an_empty_search_is_drawn():
    study = whole_study(0)
    study.trials, study.reference = (), None
    assert parallel_data(study).y.shape == (0, 3)
    plot_parallel(study)
    plot_history(study)


# Chips.


def test_what_is_not_published_is_never_a_number(digits):
    network, dataset = digits
    chips = [sf.load_profile(name) for name in ("truenorth", "seneca", "loihi1")]
    reports = [sf.deploy(network, chip, dataset) for chip in chips]
    shown = chips_data(reports)
    assert shown.chips[0] == "Intel Loihi" and shown.fits == (True, True, False)
    assert shown.words[1] == UNKNOWN and "values 61, limit 4" in shown.words[2]
    assert np.isnan(shown.values[1:]).all()
    assert shown.values[0] == pytest.approx(reports[2].energy_j * 1e6)
    dots = [r for r in plot_chips(reports).renderers if type(r.glyph).__name__ == "Scatter"]
    assert [list(r.data_source.data["chip"]) for r in dots] == [["Intel Loihi"]]
    assert chips_data(reports[:2]).title.endswith("published for none of them")
    assert "no labels" in chips_data([_unlabelled(network, dataset)], "accuracy").words
    with pytest.raises(UnknownName):
        chips_data(reports, "beauty")
    with pytest.raises(DesignProblem):
        chips_data([])


def _unlabelled(network, dataset):
    return sf.deploy(network, sf.load_profile("loihi1"), sf.SpikeDataset(dataset.spikes[:]))

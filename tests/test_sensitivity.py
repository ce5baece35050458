"""Sensitivity: which figure of a chip limits a network, held against replaying and judging by
hand.
"""

from importlib import import_module
from itertools import pairwise

import numpy as np
import pytest
from bokeh.core.validation import check_integrity
from bokeh.models import Legend, Title

import spikefit_nb as sf
from spikefit_nb.errors import DesignProblem, NotPublished, UnknownName, WrongArgument
from spikefit_nb.plots import plot_sensitivity, sensitivity_data
from spikefit_nb.plots.theme import OURS
from spikefit_nb.sensitivity import Cure, Sensitivity, sensitivity
from spikefit_nb.sensitivity.scaling import scaled, with_value
from spikefit_nb.units import text
from tests.networks import convolutional, spikes

LOIHI, ODIN, SPECK, TRUENORTH = (
    sf.load_profile(name) for name in ("loihi1", "odin", "speck", "truenorth")
)


def layers(*sizes, seed=0, reset="zero", name="chain"):
    """A dense chain of layers that spikes, with few weights at zero."""
    random = np.random.default_rng(seed)
    names = [f"layer{k}" for k in range(len(sizes))]
    populations = [sf.Population(names[0], (sizes[0],), sf.Input())]
    populations += [
        sf.Population(n, (m,), sf.IF(1.0, reset=reset)) for n, m in zip(names, sizes, strict=True)
    ][1:]
    weights = [random.normal(0.2, 0.4, pair) for pair in pairwise(sizes)]
    edges = [sf.Projection(a, b, w) for (a, b), w in zip(pairwise(names), weights, strict=True)]
    return sf.Network(populations, edges, name=name)


def data(network, seed=1):
    return sf.SpikeDataset(spikes(network, seed))


def deployed(network, profile, **design):
    design = sf.Design(**{"partition": "layers", **design})
    return sf.deploy(network, profile, data(network), design=design)


@pytest.fixture(scope="module")
def small():
    """A network on two cores of one tile, priced in full."""
    return sensitivity(deployed(layers(6, 30, 5), LOIHI))


@pytest.fixture(scope="module")
def spread():
    """A network that memory spreads over cores and tiles."""
    return sensitivity(
        deployed(layers(20, 60, 40, 10), LOIHI.replace(synapse_memory_per_core=9000))
    )


def effect(result, figure):
    return next(e for e in result.effects if e.figure == figure)


def test_static_power_twice_as_good_saves_exactly_half_the_static_energy(small):
    found, price = effect(small, "static_power"), small.report.price
    total = small.report.energy_j
    assert found.better.energy_j == pytest.approx(total - price.static_energy_j / 2, rel=1e-12)
    assert found.worse.energy_j == pytest.approx(total + price.static_energy_j, rel=1e-12)
    assert found.better.event_energy_j == found.worse.event_energy_j == small.report.event_energy_j


def test_energy_is_linear_in_the_energy_of_a_synaptic_operation():
    report = deployed(layers(6, 30, 5), LOIHI)
    found = effect(sensitivity(report, factor=4), "energy_synaptic_operation")
    part = report.price.counts["synaptic_operations"] * 23.6e-12
    assert found.better.event_energy_j == pytest.approx(report.event_energy_j - 3 / 4 * part)
    assert found.worse.event_energy_j == pytest.approx(report.event_energy_j + 3 * part)
    assert found.better.latency_s == found.worse.latency_s == report.latency_s


@pytest.mark.parametrize(
    "profile", [LOIHI, LOIHI.replace(synapse_memory_per_core=4000), ODIN], ids=str
)
def test_every_outcome_is_that_of_deploying_on_the_changed_chip(profile):
    network = layers(6, 30, 5)
    result = sensitivity(deployed(network, profile), factor=3)
    sides = [
        (e.figure, side) for e in result.effects for side in (e.better, e.worse) if side is not None
    ]
    assert len(sides) > 20
    for name, side in sides:
        changed = with_value(profile, name, side.figure.value)
        report = deployed(network, changed)
        expected = (
            report.fits,
            report.n_cores,
            report.event_energy_j,
            report.energy_j,
            report.latency_s,
        )
        assert side[1:] == expected, name


def test_the_network_is_not_run_again(monkeypatch):
    report = deployed(layers(6, 30, 5), LOIHI)
    monkeypatch.setattr(import_module("spikefit_nb.simulate.cache"), "simulate", None)
    assert sensitivity(report).ranked()


def test_half_the_memory_takes_the_cores_that_a_check_by_hand_says(spread):
    found, report = effect(spread, "synapse_memory_per_core"), spread.report
    by_hand = sf.check_fit(
        report.fit.original, report.profile.replace(synapse_memory_per_core=4500)
    )
    assert found.worse.n_cores == by_hand.mapping.n_cores > report.n_cores > found.better.n_cores
    assert "synapse_memory_per_core" in [e.figure for e in spread.ranked("n_cores")]


def test_where_a_run_told_what_each_core_gets_prices_change_nothing_of_that():
    network = layers(6, 30, 5)
    report = deployed(network, LOIHI, partition="auto")
    assert report.n_cores > 2
    effects = [e for e in sensitivity(report, factor=3).effects if e.figure in report.price.figures]
    assert len(effects) > 5
    for name, side in [(e.figure, side) for e in effects for side in (e.better, e.worse) if side]:
        changed = with_value(LOIHI, name, side.figure.value)
        there = sf.deploy(network, changed, data(network), mapping=report.mapping)
        told = there.n_cores, there.event_energy_j, there.energy_j, there.latency_s
        assert side[2:] == told, name


def test_a_figure_that_is_not_reached_has_no_effect_and_one_that_is_not_used_is_not_tried(small):
    assert {"cores", "neurons_per_core", "maximum_delay"} <= set(small.without_effect())
    tried = {e.figure for e in small.effects}
    assert not tried & {
        "energy_hop_x",
        "area",
        "mesh_columns",
        "weight_bits",
        "resets",
        "minimum_delay",
    }
    assert "no effect" in str(small.notes).lower() and "cores" not in [
        e.figure for e in small.ranked()
    ]


@pytest.mark.parametrize("quantity", ["energy_j", "event_energy_j", "latency_s", "n_cores"])
def test_figures_are_ranked_by_the_distance_from_least_to_most(spread, quantity):
    swings = []
    for e in spread.ranked(quantity):
        values = [getattr(spread.report, quantity)]
        values += [getattr(o, quantity) for o in (e.better, e.worse) if o is not None and o.fits]
        swings.append(max(values) - min(values))
    assert swings and swings == sorted(swings, reverse=True)
    assert set(spread.without_effect(quantity)) | {e.figure for e in spread.ranked(quantity)} == {
        e.figure for e in spread.effects
    }


def test_better_is_larger_for_limits_and_clocks_and_smaller_for_costs(small):
    for result in (small, sensitivity(deployed(layers(6, 30, 5), ODIN))):
        for e in result.effects:
            larger = e.figure in ("clock", "cores") or (
                "energy" not in e.figure
                and e.now.unit.rstrip("s")
                in (
                    "core",
                    "neuron",
                    "synapse",
                    "axon",
                    "addresse",
                    "spike",
                    "step",
                    "configuration",
                    "slot",
                )
            )
            larger |= e.figure == "synapse_memory_per_core"
            if e.better is not None:
                assert (np.max(e.better.figure.value) > np.max(e.now.value)) == larger, e.figure


def test_lists_are_scaled_number_by_number_and_marked_as_assumed(small):
    found = effect(small, "time_barrier")
    assert found.better.figure.value == (56.5, 232.5) and found.worse.figure.value == (226.0, 930.0)
    assert (
        found.now.kind == "simulated"
        and found.better.figure.kind == found.worse.figure.kind == "assumed"
    )


def test_half_of_one_cannot_be_and_is_said(small):
    found = effect(small, "spikes_per_step")
    assert found.worse is None and found.better.figure.value == 2
    assert "Not tried both ways, whole numbers too small: spikes per step." in small.notes
    assert (
        scaled(LOIHI, "cores", 0.3).value("cores") == 38
        and scaled(LOIHI, "spikes_per_step", 1.2) is None
    )


def test_a_core_more_of_speck_is_as_its_first():
    more = with_value(SPECK, "cores", 11)
    assert more.value("kernel_memory_per_core")[9:] == SPECK.value("kernel_memory_per_core")[:2]
    assert len(with_value(SPECK, "cores", 4).value("neuron_memory_per_core")) == 4


def test_a_chip_with_one_core_is_not_given_two():
    assert "cores" not in [e.figure for e in sensitivity(deployed(layers(6, 30, 5), ODIN)).effects]


def test_memories_of_speck_are_tried_although_no_report_names_them():
    result = sensitivity(deployed(convolutional(0), SPECK), factor=500)
    lost = [e.figure for e in result.effects if e.worse is not None and not e.worse.fits]
    assert "neuron_memory_per_core" in lost and effect(result, "cores").worse is None
    assert result.quantity == "n_cores" and repr(result).startswith("Sensitivity(cores in use of ")
    assert "it would not fit with 500x worse" in result.finding()


def test_what_stops_the_network_fitting_comes_after_what_moves_the_number():
    result = sensitivity(deployed(layers(6, 30, 5), LOIHI.replace(cores=2)))
    *_, last = result.ranked()
    assert last.figure == "cores" and not last.worse.fits and last.worse.event_energy_j is None
    assert result.change_words(last) == "same to does not fit"
    assert result.change(last.worse) is None


def test_more_memory_that_costs_more_is_pointed_out(spread):
    found = effect(spread, "synapse_memory_per_core")
    assert found.better.latency_s > spread.report.latency_s > found.worse.latency_s
    assert "synapse_memory_per_core" in spread.better_costs_more("latency_s")
    assert "fewer, fuller cores" in sensitivity_data(spread, "latency_s").note


def test_the_answer_comes_first_and_an_assumed_figure_is_to_be_measured(small):
    first = small.ranked()[0]
    saved = 1 - first.better.energy_j / small.report.energy_j
    assert repr(small) == (
        f"Sensitivity(total energy of chain on loihi1: {first.figure.replace('_', ' ')} "
        f"matters most, 2x better saves {100 * saved:.0f} %)"
    )
    assert small.advice() == "" and "measure it first" not in small._repr_html_()
    own = sensitivity(deployed(layers(6, 30, 5), LOIHI.replace(static_power=104.4)))
    assert own.advice() == "The widest bar rests on an assumed figure: measure it first."
    assert own.advice() in own._repr_html_() and own.advice() in sensitivity_data(own).note
    assert own.advice("latency_s") == ""


def test_a_table_says_each_figure_with_its_kind_and_escapes_names():
    network = layers(6, 30, 5, name="<b>")
    html = sensitivity(deployed(network, LOIHI))._repr_html_()
    for said in (
        "2x better",
        "2x worse",
        "Kind of the figure",
        "simulated",
        "No effect: ",
        "&lt;b&gt;",
        "Latency: ",
    ):
        assert said in html
    assert "<b>" not in html


def test_a_quantity_that_is_unknown_or_has_no_number_is_refused(small):
    with pytest.raises(UnknownName, match="latency_s"):
        small.ranked("latency")
    speck = sensitivity(deployed(convolutional(0), SPECK))
    with pytest.raises(NotPublished, match="Quantities that work: n_cores"):
        speck.ranked("event_energy_j")
    with pytest.raises(UnknownName):
        plot_sensitivity(small, "energy")


@pytest.mark.parametrize("factor", [1, 0.5, -2, float("nan"), float("inf"), 1025])
def test_a_factor_that_makes_nothing_better_is_refused(small, factor):
    with pytest.raises(DesignProblem, match="above 1"):
        sensitivity(small.report, factor=factor)


def test_arguments_of_another_kind_are_refused(small):
    with pytest.raises(WrongArgument, match="report"):
        sensitivity(small.report.fit)
    with pytest.raises(WrongArgument, match="factor"):
        sensitivity(small.report, factor="2")
    with pytest.raises(WrongArgument, match="sensitivity"):
        plot_sensitivity(small.report)


# A network that does not fit.


def fits_with(report, **figures):
    return sf.check_fit(report.fit.original, report.profile.replace(**figures), report.design).fits


def test_the_factor_that_makes_it_fit_is_the_smallest_and_every_limit_that_would_do_is_named():
    report = deployed(layers(6, 50, 5), LOIHI.replace(cores=3, neurons_per_core=8))
    result = sensitivity(report)
    assert [cure.figure for cure in result.cures] == [
        "cores",
        "neurons_per_core",
    ] and result.effects == ()
    for cure in result.cures:
        n = cure.after
        assert fits_with(report, **{cure.figure: n}) and not fits_with(
            report, **{cure.figure: n - 1}
        )
        assert cure.factor == n / cure.now.value
    assert result.cures[0].after == 8  # 50 neurons by 8 are 7 cores, and 1 for the last layer
    assert (
        repr(result)
        == f"Sensitivity(chain does not fit {report.profile.name}: cores 2.67x would do (8 cores))"
    )


def test_a_list_of_memories_grows_in_proportion_until_a_layer_fits():
    network = convolutional(0)
    report = deployed(network, SPECK.replace(neuron_memory_per_core=[10, 20, 5, 5, 5, 5, 5, 5, 5]))
    cure = next(c for c in sensitivity(report).cures if c.figure == "neuron_memory_per_core")
    n = cure.after[1]
    fewer = scaled(report.profile, "neuron_memory_per_core", (n - 1) / 20)
    assert cure.after[0] == round(n / 2) and cure.factor == n / 20
    assert fits_with(report, neuron_memory_per_core=cure.after)
    assert not sf.check_fit(network, fewer).fits
    together = sensitivity(report).together["neuron_memory_per_core"]
    need = max(n.need for n in report.violations)
    assert together == tuple(-(-words * need // 20) for words in (10, 20, 5, 5, 5, 5, 5, 5, 5))
    assert fits_with(report, neuron_memory_per_core=together)


def test_limits_that_are_enough_only_together_are_named_with_what_each_needs():
    report = deployed(layers(20, 60, 10), LOIHI.replace(cores=1, axons_in_per_core=10))
    result = sensitivity(report)
    assert {c.figure for c in result.cures} == {"cores", "axons_in_per_core"}
    assert all(c.factor is None and c.by_size and c.words == "not alone" for c in result.cures)
    assert fits_with(report, **result.together)
    assert not any(fits_with(report, **{c.figure: 1024 * c.now.value}) for c in result.cures)
    assert set(result.raised) == set(result.together) and "2 together are" in result.finding()
    assert result.raised["axons_in_per_core"].factor == result.together["axons_in_per_core"] / 10
    together = result.to_dict()["axons in per core: factor_together"]
    assert together["value"] == result.raised["axons_in_per_core"].factor
    assert "Enough together" in result._repr_html_()


def test_a_reset_is_no_matter_of_size_and_nothing_is_raised_for_it():
    result = sensitivity(
        deployed(layers(6, 50, 5, reset="subtract"), LOIHI.replace(neurons_per_core=8, cores=3))
    )
    by_name = {cure.figure: cure for cure in result.cures}
    assert (
        by_name["resets"].words == "not a matter of size" and by_name["cores"].words == "not alone"
    )
    assert result.together is None and result.raised == {} and result.ranked() == ()
    assert "no larger limit would help (resets)" in repr(result)
    assert "not a matter of size" in result._repr_html_()


def test_a_limit_of_circuits_is_cured_by_its_own_figure_only():
    result = sensitivity(deployed(layers(6, 50, 5), TRUENORTH))
    (cure,) = result.cures
    report = result.report
    assert cure.figure == "axon_types" and fits_with(report, axon_types=cure.after)
    assert not fits_with(report, axon_types=cure.after - 1)


# Pictures.


def titles(fig):
    return [title.text for title in fig.select({"type": Title})]


@pytest.mark.parametrize("quantity", ["energy_j", "latency_s", "n_cores"])
def test_bars_end_at_the_outcomes(spread, quantity):
    shown = sensitivity_data(spread, quantity)
    ranked = spread.ranked(quantity)[: len(shown.names)]
    scale = shown.base / getattr(spread.report, quantity)
    assert [name.removesuffix(" (assumed)") for name in shown.names] == [
        e.figure.replace("_", " ") for e in ranked
    ]
    for ends, outcomes in (
        (shown.better, [e.better for e in ranked]),
        (shown.worse, [e.worse for e in ranked]),
    ):
        for end, outcome in zip(ends, outcomes, strict=True):
            has_bar = outcome is not None and outcome.fits and spread.change(outcome, quantity)
            assert np.isfinite(end) == bool(has_bar)
            assert not has_bar or end == pytest.approx(getattr(outcome, quantity) * scale)
    assert (
        round(np.log10(scale)) % 3 == 0
        and shown.title == shown.title[:1].upper() + spread.finding(quantity)[1:]
    )


def test_at_most_ten_figures_are_drawn_and_none_too_narrow_to_be_seen(spread):
    shown = sensitivity_data(spread)
    ranked = spread.ranked()
    assert len(shown.names) <= 10 and len(ranked) > len(shown.names)
    assert f"{len(ranked) - len(shown.names)} more figure" in shown.note
    widest = spread.swing(ranked[0])
    assert all(spread.swing(e) >= 0.005 * widest for e in ranked[: len(shown.names)])
    assert "synapse memory per core (assumed)" in shown.names
    many = Sensitivity(
        spread.report, 2.0, tuple(ranked[0]._replace(figure=f"figure_{k}") for k in range(12))
    )
    assert (
        len(sensitivity_data(many).names) == 10
        and "2 more figures matter less." in sensitivity_data(many).note
    )


def test_a_figure_that_stops_it_fitting_says_so_in_the_place_of_its_bar():
    shown = sensitivity_data(sensitivity(deployed(layers(6, 30, 5), LOIHI.replace(cores=2))))
    assert shown.worse_words[-1] == "2x worse: does not fit" and np.isnan(shown.worse[-1])
    assert shown.worse_exact[-1] == "1 core: does not fit"


def test_the_tornado_is_sorted_downwards_in_two_colours_with_words_and_units(spread):
    fig = plot_sensitivity(spread)
    better, worse = fig.select_one({"name": "better"}), fig.select_one({"name": "worse"})
    assert better.glyph.fill_color != worse.glyph.fill_color and OURS in fig.tags
    assert fig.xaxis[0].axis_label.startswith("Energy per inference with static power (")
    assert fig.yaxis[0].major_label_overrides[0] == "static power"
    assert fig.title.text.startswith("Static power matters most, 2x better saves ")
    rows = better.data_source.data
    assert list(rows["y"]) == sorted(rows["y"], reverse=True) and any(
        said.startswith(f"Total energy of chain on {spread.report.profile.title}.")
        for said in titles(fig)
    )
    assert not fig.ygrid[0].visible  # no line through the words at the ends of the bars
    low, high = fig.x_range.start, fig.x_range.end
    ends = np.array([*rows["end"], *worse.data_source.data["end"]])
    assert low < np.nanmin(ends) and np.nanmax(ends) < high


def test_two_bars_on_one_side_of_the_base_lie_above_each_other():
    base = sensitivity(deployed(layers(6, 30, 5), LOIHI))
    found = effect(base, "static_power")
    both = Sensitivity(
        base.report, 2.0, (found._replace(better=found.worse._replace(energy_j=1.0)),)
    )
    fig = plot_sensitivity(both)
    y = [fig.select_one({"name": side}).data_source.data["y"][0] for side in ("better", "worse")]
    assert y[0] > y[1] and fig.select_one({"name": "better"}).data_source.data["height"][0] < 0.5


def test_what_does_not_fit_is_drawn_as_factors_on_a_log_axis():
    result = sensitivity(deployed(layers(20, 60, 10), LOIHI.replace(cores=1, axons_in_per_core=10)))
    shown = sensitivity_data(result)
    assert shown.is_log and shown.base == 1 and np.isnan(shown.better).all()
    assert shown.worse.tolist() == [result.raised[c.figure].factor for c in result.cures]
    fig = plot_sensitivity(result)
    (legend,) = fig.select({"type": Legend})
    assert [item.label.value for item in legend.items] == ["enough together"]
    assert fig.xaxis[0].axis_label == "Times as large as now" and fig.x_range.end > np.nanmax(
        shown.worse
    )
    alone = sensitivity_data(
        sensitivity(deployed(layers(6, 50, 5), LOIHI.replace(cores=3, neurons_per_core=8)))
    )
    assert alone.better.tolist() == [8 / 3, 25 / 8] and alone.better_words[0] == "2.67x: 8 cores"


def test_a_picture_of_nothing_says_so_and_no_picture_is_at_fault(small, spread):
    reports = [
        deployed(layers(6, 50, 5, reset="subtract"), LOIHI),
        deployed(convolutional(0), SPECK),
    ]
    figures = [plot_sensitivity(result) for result in (small, spread, *map(sensitivity, reports))]
    figures.append(plot_sensitivity(Sensitivity(small.report, 2.0, ())))
    assert (
        figures[-1].title.text == "No figure changes it alone" and not figures[-1].xaxis[0].visible
    )
    for fig in figures:
        assert not check_integrity(fig.references()).error
    assert any("Not published, so not ranked: total energy" in said for said in titles(figures[3]))


def test_a_cure_says_what_it_is():
    assert repr(Cure("cores", LOIHI.figure("cores"), None, None, True)) == "Cure(cores not alone)"


def test_a_share_is_told_in_two_figures_and_from_ten_per_cent_on_in_whole_ones():
    said = [text(share, "+%") for share in (0.4723, 0.0312, 1.0)]
    assert said == ["+47 %", "+3.1 %", "+100 %"]

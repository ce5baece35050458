"""Fitted costs against published power sweeps, an independent solver, and truths known
beforehand.
"""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import lsq_linear

from spikefit_nb.adapt import Design
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.deploy import deploy
from spikefit_nb.errors import NotPublished, ProfileProblem, UnknownName, WrongArgument
from spikefit_nb.fit_costs import Measurement, fit_costs
from spikefit_nb.hardware import Sourced, load_profile
from spikefit_nb.network import IF, Input, Network, Population, Projection
from tests.networks import spikes, two_layers

LOIHI, TRUENORTH = load_profile("loihi1"), load_profile("truenorth")
SYNAPSES = 1_048_576 * 128
AKOPYAN, FRENKEL = (
    "Akopyan 2015, TCAD 34(10):1537, Fig. 17",
    "Frenkel 2019, TBioCAS 13(1):145, sec. IV-A",
)
SWEEP = [
    Measurement(
        {"static_power": 1.0, "energy_synaptic_operation": SYNAPSES * rate_hz},
        power_mw,
        "mJ",
        AKOPYAN,
    )
    for rate_hz, power_mw in ((11.58, 68), (20.07, 71), (95.93, 94))
]
CYCLE, SOP, STATIC = "energy_clock_cycle", "energy_synaptic_operation", "static_power"
ODIN = [
    Measurement({STATIC: 1.0, CYCLE: 75e6, SOP: 37.5e6}, 477, "uJ", FRENKEL),
    Measurement({STATIC: 1.0, CYCLE: 1.3e6, SOP: 650e3}, 35, "uJ", FRENKEL),
]
NAMES = (
    "static_power",
    "energy_synaptic_operation",
    "energy_update_active",
    "energy_hop_x",
    "energy_clock_cycle",
)


def workloads(truth, n_measurements, seed, noise=0.0):
    """Measurements of random workloads in which every figure takes a part that can be seen."""
    random = np.random.default_rng(seed)
    parts = random.uniform(0.02, 1, (n_measurements, len(truth)))
    typical = np.where(np.array(truth) > 0, truth, 1e-9)
    amounts = parts / typical
    values = amounts @ np.array(truth) * (1 + noise * random.standard_normal(n_measurements))
    return [
        Measurement(dict(zip(NAMES, row, strict=False)), value, "J", f"workload {k}")
        for k, (row, value) in enumerate(zip(amounts.tolist(), values.tolist(), strict=True))
    ]


def values_of(fitted):
    return np.array([c.value for c in fitted.coefficients], float)


def one_layer(profile, n_samples=1):
    network = Network(
        [Population("in", (3,), Input()), Population("out", (4,), IF(1.0))],
        [Projection("in", "out", np.full((3, 4), 0.4))],
    )
    dataset = SpikeDataset(np.ones((n_samples, 5, 3), bool))
    return deploy(network, profile, dataset, design=Design(partition="layers"))


# Published numbers


def test_the_outer_points_of_truenorths_sweep_give_its_costs_and_predict_the_middle_one():
    fitted = fit_costs(TRUENORTH, [SWEEP[0], SWEEP[2]])
    assert fitted.profile.si(STATIC) == pytest.approx(64.43e-3, rel=1e-3)
    assert fitted.profile.si(SOP) == pytest.approx(2.297e-12, rel=1e-3)
    assert fitted.predict(SWEEP[1]) == pytest.approx(71e-3, rel=0.01)
    figure = fitted.profile.figure(SOP)
    assert (figure.kind, figure.unit, figure.source) == (
        "measured",
        "pJ",
        f"fitted to 2 measurements: {AKOPYAN}",
    )


def test_both_points_of_odin_follow_from_its_published_coefficients():
    published = [
        Measurement({STATIC: 1.0}, 27.3, "uJ", FRENKEL),
        Measurement({CYCLE: 1e6}, 1.78, "uJ", FRENKEL),
        Measurement({SOP: 1e6}, 8.43, "uJ", FRENKEL),
    ]
    fitted = fit_costs(LOIHI, published)
    assert fitted.predict(ODIN[0]) == pytest.approx(477e-6, rel=0.01)
    assert fitted.predict(ODIN[1]) == pytest.approx(35e-6, rel=0.01)


def test_two_points_of_odin_do_not_tell_cycles_from_operations_and_nothing_is_made_up():
    fitted = fit_costs(TRUENORTH, ODIN)
    static, cycle, operation = (fitted.coefficient(name) for name in (STATIC, CYCLE, SOP))
    assert static.identifiable and static.value == pytest.approx(27.3e-6, rel=0.01)
    assert not cycle.identifiable and cycle.confounded == (SOP,) and cycle.value is None
    assert not operation.identifiable and operation.confounded == (CYCLE,)
    assert f"vary the amount of {CYCLE} while that of {SOP} stays" in cycle.words
    assert not fitted.profile.has(CYCLE)
    assert fitted.profile.figure(SOP) is TRUENORTH.figure(SOP)
    assert "not identifiable: energy_clock_cycle, energy_synaptic_operation" in repr(fitted)


def test_with_its_published_power_and_cycles_the_points_of_odin_give_its_published_operation():
    known = TRUENORTH.replace(
        static_power=Sourced(27.3, "uW", "measured", FRENKEL),
        energy_clock_cycle=Sourced(1.78, "pJ", "measured", FRENKEL),
    )
    fitted = fit_costs(known, ODIN, figures=[SOP])
    assert fitted.profile.si(SOP) == pytest.approx(8.43e-12, rel=0.01)
    assert np.abs(fitted.errors).max() < 0.01
    assert fitted.profile.figure(STATIC).source == FRENKEL


# The fit


@settings(max_examples=40)
@given(
    exponents=st.lists(st.one_of(st.none(), st.floats(-14, -1)), min_size=1, max_size=5),
    extra=st.integers(0, 6),
    seed=st.integers(0, 10**6),
)
def test_figures_of_exact_measurements_are_recovered_zeros_included(exponents, extra, seed):
    truth = [0.0 if e is None else 10.0**e for e in exponents]
    if any(truth):
        fitted = fit_costs(LOIHI, workloads(truth, 2 * len(truth) + extra, seed), n_bootstrap=40)
        contributions = values_of(fitted) / np.where(np.array(truth) > 0, truth, 1e-9)
        assert contributions == pytest.approx((np.array(truth) > 0).astype(float), abs=1e-8)
        assert np.abs(fitted.errors).max() < 1e-9


@settings(max_examples=40)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 5), noise=st.floats(0.01, 0.6))
def test_the_fit_is_what_an_independent_bounded_solver_finds_and_never_negative(seed, n, noise):
    truth = [64e-3, 2e-12, 8e-11, 3e-12, 1e-12][:n]
    measured = [m for m in workloads_above_zero(truth, seed, noise)]
    found = values_of(fit_costs(LOIHI, measured, n_bootstrap=40))
    rows = np.array(
        [
            [m.amounts[name] * c / m.si for name, c in zip(NAMES, truth, strict=False)]
            for m in measured
        ]
    )
    independent = lsq_linear(rows, np.ones(len(measured)), (0, np.inf), method="bvls", tol=1e-14).x
    assert (found >= 0).all()
    assert found / truth == pytest.approx(independent, abs=1e-6)


def workloads_above_zero(truth, seed, noise):
    """As ``workloads`` with 12 rows, errors no larger than 90 %."""
    random = np.random.default_rng(seed)
    return [
        Measurement(
            m.amounts,
            m.value * (1 + np.clip(noise * random.standard_normal(), -0.9, 0.9)),
            "J",
            m.source,
        )
        for m in workloads(truth, 12, seed)
    ]


def test_errors_are_relative_so_that_a_small_measurement_counts_as_much_as_a_large_one():
    # One coefficient c, y1 = 1 with amount 1 and y2 = 1100 with amount 1000: c minimises (c - 1)^2
    # + (c / 1.1 - 1)^2.
    measured = [
        Measurement({SOP: 1.0}, 1.0, "pJ", "a"),
        Measurement({SOP: 1000.0}, 1100.0, "pJ", "b"),
    ]
    expected = (1 + 1 / 1.1) / (1 + 1 / 1.21)
    assert fit_costs(LOIHI, measured).profile.si(SOP) == pytest.approx(expected * 1e-12, rel=1e-9)


def test_the_order_of_measurements_and_the_prefix_of_their_units_do_not_matter():
    measured = workloads([64e-3, 2e-12, 8e-11], 9, seed=3, noise=0.1)
    expected = values_of(fit_costs(LOIHI, measured))
    assert values_of(fit_costs(LOIHI, measured[::-1])) == pytest.approx(expected, rel=1e-9)
    for unit, factor in (("mJ", 1e3), ("nJ", 1e9), ("pJ", 1e12)):
        scaled = [Measurement(m.amounts, m.value * factor, unit, m.source) for m in measured]
        assert values_of(fit_costs(LOIHI, scaled)) == pytest.approx(expected, rel=1e-9)


def test_a_figure_that_is_not_fitted_is_priced_at_the_profiles_own_value_and_taken_off():
    measured = Measurement({SOP: 1000.0, "energy_update_active": 100.0}, 50, "nJ", "my bench")
    fitted = fit_costs(LOIHI, [measured], figures=["energy_update_active"])
    by_hand = (50e-9 - 1000 * 23.6e-12) / 100  # Davies 2018, Table 2
    assert fitted.profile.si("energy_update_active") == pytest.approx(by_hand, rel=1e-12)
    assert fitted.predict(measured) == pytest.approx(50e-9, rel=1e-12)
    assert [c.figure for c in fitted.coefficients] == ["energy_update_active"]


def test_a_figure_contained_in_another_costs_nothing_of_its_own():
    # TrueNorth's energy of a synaptic operation contains its hops, says the profile.
    measured = Measurement({SOP: 1e6, "energy_hop_x": 1e9}, 3, "uJ", "my bench")
    assert fit_costs(TRUENORTH, [measured], figures=[SOP]).profile.si(SOP) == pytest.approx(
        3e-12, rel=1e-12
    )


def test_a_figure_at_the_bound_is_said_to_be_not_distinguishable_from_zero():
    # Each update more makes it cheaper: only a negative energy of an update would explain that.
    measured = [
        Measurement({SOP: 100.0, "energy_update_active": n}, value, "pJ", "my bench")
        for n, value in ((0.0, 1000.0), (10.0, 900.0), (20.0, 800.0))
    ]
    fitted = fit_costs(LOIHI, measured)
    update = fitted.coefficient("energy_update_active")
    assert (
        update.identifiable
        and update.value == 0
        and "not distinguishable from zero" in update.words
    )
    assert fitted.profile.value("energy_update_active") == 0
    assert "not distinguishable from zero" in fitted.profile.figure("energy_update_active").source
    assert "not distinguishable from zero" not in fitted.profile.figure(SOP).source
    assert "energy_update_active not distinguishable from zero" in repr(fitted)
    named = fitted.to_dict()["energy_update_active: fitted_j"]
    assert named["value"] == "not distinguishable from zero"


# What can be told


def test_figures_are_confounded_with_those_they_go_along_with_and_with_no_others():
    random = np.random.default_rng(5)
    measured = []
    for k in range(12):
        a, b, c = random.uniform(1, 9, 3)
        amounts = {
            STATIC: c,
            SOP: a,
            "energy_spike": 3 * a,
            "energy_hop_x": b,
            "energy_packet": 0.5 * b,
        }
        measured.append(Measurement(amounts, 1 + a + b + c, "J", f"workload {k}"))
    fitted = fit_costs(LOIHI, measured)
    assert {c.figure: c.confounded for c in fitted.coefficients} == {
        STATIC: (),
        SOP: ("energy_spike",),
        "energy_spike": (SOP,),
        "energy_hop_x": ("energy_packet",),
        "energy_packet": ("energy_hop_x",),
    }
    assert [c.identifiable for c in fitted.coefficients] == [True, False, False, False, False]


@settings(max_examples=30)
@given(seed=st.integers(0, 10**6), n=st.integers(2, 5), n_measurements=st.integers(1, 8))
def test_a_figure_is_identifiable_exactly_when_its_column_adds_to_the_rank(seed, n, n_measurements):
    random = np.random.default_rng(seed)
    amounts = random.integers(0, 3, (n_measurements, n)).astype(float)
    amounts[:, 0] += 1  # no measurement of nothing
    measured = [
        Measurement(dict(zip(NAMES, row, strict=False)), 1.0, "J", "a") for row in amounts.tolist()
    ]
    fitted = fit_costs(LOIHI, measured, figures=NAMES[:n], n_bootstrap=40)
    rank = np.linalg.matrix_rank(amounts)
    for j, coefficient in enumerate(fitted.coefficients):
        assert coefficient.identifiable == (
            np.linalg.matrix_rank(np.delete(amounts, j, axis=1)) < rank
        )


def test_a_figure_that_no_workload_uses_asks_for_one_that_does():
    fitted = fit_costs(
        LOIHI, [Measurement({SOP: 10.0}, 1, "nJ", "a")], figures=[SOP, "energy_hop_y"]
    )
    hop = fitted.coefficient("energy_hop_y")
    assert not hop.identifiable and hop.confounded == () and "no workload uses it" in hop.words
    assert fitted.profile.si("energy_hop_y") == LOIHI.si("energy_hop_y")


def test_the_condition_number_is_that_of_the_amounts_scaled_by_columns():
    rows = np.array([[m.amounts[STATIC] / m.si, m.amounts[SOP] / m.si] for m in SWEEP])
    cosine = rows[:, 0] @ rows[:, 1] / np.linalg.norm(rows[:, 0]) / np.linalg.norm(rows[:, 1])
    by_hand = np.sqrt((1 + cosine) / (1 - cosine))  # two columns of length one at that angle
    assert fit_costs(TRUENORTH, SWEEP).condition_number == pytest.approx(by_hand, rel=1e-9)


# Intervals


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    truth, n_covered = np.array([64e-3, 2e-12]), np.zeros(2)
    for seed in range(100):
        fitted = fit_costs(
            LOIHI, workloads(truth, 30, seed, noise=0.02), seed=seed, n_bootstrap=200
        )
        low, high = np.array([c.interval for c in fitted.coefficients]).T
        n_covered += (low <= truth) & (truth <= high)
    assert (n_covered >= 85).all() and (n_covered <= 98).all(), n_covered


def test_as_many_measurements_as_coefficients_tell_no_spread():
    fitted = fit_costs(TRUENORTH, [SWEEP[0], SWEEP[2]])
    assert [c.interval for c in fitted.coefficients] == [None, None]
    assert "no spread can be told: as many measurements as coefficients" in repr(fitted)


def test_a_figure_that_one_measurement_alone_decides_has_no_spread_though_others_have():
    rest = [
        Measurement({"energy_hop_x": 100.0}, value, "pJ", "my bench")
        for value in (290.0, 300.0, 320.0)
    ]
    fitted = fit_costs(LOIHI, [Measurement({SOP: 100.0}, 2, "nJ", "my bench"), *rest])
    operation, hop = fitted.coefficients
    assert operation.interval is None and operation.spread.startswith("no spread can be told")
    assert hop.interval is not None and hop.interval[0] < hop.value < hop.interval[1]


def test_draws_that_do_not_identify_a_figure_do_not_count_and_their_share_is_stated():
    # Three measurements of two figures: a draw of one measurement three times (3 of 27) tells
    # neither.
    fitted = fit_costs(TRUENORTH, SWEEP, n_bootstrap=5000)
    for coefficient in fitted.coefficients:
        assert coefficient.share == pytest.approx(24 / 27, abs=0.02)
        assert coefficient.interval[0] <= coefficient.value <= coefficient.interval[1]
        assert "of the 89 % of draws that identify it" in coefficient.spread


def test_too_few_draws_that_count_give_no_interval():
    # Only workload 0 tells the operation; with 40 draws, not all hold it.
    measured = [Measurement({SOP: 10.0, STATIC: 1.0}, 3, "J", "a")]
    measured += [Measurement({STATIC: 1.0}, value, "J", "a") for value in (1.0, 1.1, 0.9)]
    operation = fit_costs(LOIHI, measured, n_bootstrap=40).coefficient(SOP)
    assert operation.interval is None and "of 40 draws identify it" in operation.spread


def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_intervals():
    measured = workloads([64e-3, 2e-12], 8, seed=1, noise=0.1)
    first, again, other = (fit_costs(LOIHI, measured, seed=seed) for seed in (4, 4, 5))
    assert first.coefficients == again.coefficients and first._repr_html_() == again._repr_html_()
    assert first.predicted.tobytes() == again.predicted.tobytes()
    assert values_of(first).tobytes() == values_of(other).tobytes()
    assert [c.interval for c in first.coefficients] != [c.interval for c in other.coefficients]


def test_an_interval_is_the_spread_of_the_fitted_figure_and_without_one_there_is_none():
    fitted = fit_costs(TRUENORTH, SWEEP, n_bootstrap=5000)
    for coefficient in fitted.coefficients:
        figure = fitted.profile.figure(coefficient.figure)
        assert (
            figure.spread_si == pytest.approx(coefficient.interval)
            and figure.spread[0] <= figure.value
        )
    few = fit_costs(TRUENORTH, [SWEEP[0], SWEEP[2]]).profile
    assert few.figure(STATIC).spread is few.figure(SOP).spread is None


# What it shows


def test_the_answer_comes_first_and_names_the_worst_error():
    fitted = fit_costs(TRUENORTH, SWEEP)
    worst = f"worst error {100 * np.abs(fitted.errors).max():.2f} % of 3 measurements"
    assert repr(fitted).startswith(f"FittedCosts(truenorth, {worst}: static_power 64.")
    page = fitted._repr_html_()
    assert (
        page.index(worst)
        < page.index("Fitted")
        < page.index("95 % interval")
        < page.index("Identifiable")
    )
    assert "64.4 mW" in page and "94 mJ" in page and "Fig. 17" in page
    assert f"{100 * fitted.errors[1]:+.2f} %" in page
    worst = fitted.quantities[0]
    assert (worst.label, worst.unit) == ("Worst error", "%")
    assert worst.value == pytest.approx(np.abs(fitted.errors).max())


def test_each_source_is_written_once_and_cannot_run_anything():
    measured = [
        Measurement({SOP: 1.0}, 2, "pJ", source) for source in ("<script>", "bench", "<script>")
    ]
    fitted = fit_costs(LOIHI, measured)
    assert fitted.profile.figure(SOP).source == "fitted to 3 measurements: <script>; bench"
    assert "<script>" not in fitted._repr_html_()


def test_a_result_cannot_be_changed():
    fitted = fit_costs(TRUENORTH, SWEEP)
    with pytest.raises(FrozenInstanceError):
        fitted.profile = LOIHI
    with pytest.raises(ValueError, match="read-only"):
        fitted.predicted[0] = 1.0
    with pytest.raises(TypeError):
        SWEEP[0].amounts[SOP] = 1.0


def test_the_residuals_are_what_the_fitted_profile_predicts():
    fitted = fit_costs(TRUENORTH, SWEEP)
    assert fitted.predicted == pytest.approx([fitted.predict(m) for m in SWEEP], rel=1e-12)
    assert fitted.errors == pytest.approx(fitted.predicted / [68e-3, 71e-3, 94e-3] - 1, abs=1e-12)


# Measurements of deployed networks


def test_a_measurement_of_a_report_holds_its_counts_and_prices_back_to_its_energy():
    network = two_layers(1)
    dataset = SpikeDataset(spikes(network, 1, rate=0.6))
    report = deploy(network, LOIHI, dataset, design=Design(partition="layers"))
    measured = Measurement.of(report, 3, "nJ", "my bench")
    assert measured.amounts[SOP] == report.synaptic_operations
    assert measured.amounts["energy_within_tile"] == report.price.counts["within_tile"] > 0
    assert "energy_hop_x" not in measured.amounts and report.price.counts["hops_x"] == 0
    assert fit_costs(LOIHI, [SWEEP[0]]).profile.figure(SOP) is LOIHI.figure(
        SOP
    )  # one point tells nothing apart
    own = fit_costs(LOIHI, [Measurement({STATIC: 1.0}, 1, "mJ", "a")])
    assert own.predict(measured) == pytest.approx(report.event_energy_j, rel=1e-12)


def test_static_power_is_added_with_the_seconds_of_the_predicted_latency():
    report = one_layer(TRUENORTH)
    assert STATIC not in Measurement.of(report, 1, "mJ", "a").amounts
    measured = Measurement.of(report, 1, "mJ", "a", static=True)
    assert measured.amounts[STATIC] == report.latency_s > 0
    assert set(measured.amounts) == {SOP, STATIC}  # its updates and hops are contained in these two
    unclocked = TRUENORTH.__class__(
        "bare",
        "Bare",
        "truenorth",
        "tick",
        {n: f for n, f in TRUENORTH.figures.items() if n != "tick"},
    )
    with pytest.raises(NotPublished, match="latency of Bare"):
        Measurement.of(one_layer(unclocked), 1, "mJ", "a", static=True)


def test_a_tick_is_fitted_to_a_measured_time():
    report = one_layer(TRUENORTH)
    measured = Measurement.of(report, 6, "ms", "my bench")
    assert dict(measured.amounts) == {"tick": report.price.n_steps}
    fitted = fit_costs(TRUENORTH, [measured])
    assert fitted.profile.si("tick") == pytest.approx(6e-3 / report.price.n_steps, rel=1e-12)
    assert one_layer(fitted.profile).latency_s == pytest.approx(6e-3, rel=1e-12)


def test_the_time_of_one_core_adds_up_and_prices_back_to_the_latency():
    report = one_layer(LOIHI)
    measured = Measurement.of(report, 2 * report.latency_s, "s", "my bench")
    assert measured.amounts["time_barrier"] == report.price.n_steps
    operation = "time_synaptic_operation"
    fitted = fit_costs(LOIHI, [measured], figures=[operation])
    expected = LOIHI.si(operation) + report.latency_s / report.synaptic_operations
    assert fitted.profile.si(operation) == pytest.approx(expected, rel=1e-9)
    assert one_layer(fitted.profile).latency_s == pytest.approx(2 * report.latency_s, rel=1e-9)
    every = fit_costs(LOIHI, [measured])
    assert "time_barrier" not in [c.figure for c in every.coefficients] and every.predicted[
        0
    ] == pytest.approx(measured.si)


def test_the_time_of_several_cores_is_refused_in_words():
    network = two_layers(1)
    report = deploy(network, LOIHI, SpikeDataset(spikes(network, 1, rate=0.6)))
    with pytest.raises(ProfileProblem, match=r"not a sum of amounts: .* busiest core"):
        Measurement.of(report, 1, "us", "my bench")


def test_the_time_of_a_core_that_does_two_things_at_once_is_refused_in_words():
    report = one_layer(load_profile("loihi1", coefficients="calibrated"))
    with pytest.raises(ProfileProblem, match=r"not a sum of amounts: .*\(stages_at_once\)"):
        Measurement.of(report, 1, "us", "my bench")


def test_a_network_that_does_not_fit_was_not_counted():
    with pytest.raises(ProfileProblem, match="does not fit"):
        Measurement.of(one_layer(LOIHI.replace(neurons_per_core=2, cores=1)), 1, "nJ", "my bench")


# Refusals


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (({SOP: -1.0}, 1, "nJ", "a"), ProfileProblem, "energy_synaptic_operation is -1"),
        (({SOP: np.nan}, 1, "nJ", "a"), ProfileProblem, "must be finite"),
        (({SOP: np.inf}, 1, "nJ", "a"), ProfileProblem, "must be finite"),
        (({SOP: "9"}, 1, "nJ", "a"), WrongArgument, "must be a number"),
        (({SOP: True}, 1, "nJ", "a"), WrongArgument, "must be a number"),
        (({SOP: 0.0}, 1, "nJ", "a"), ProfileProblem, "all zero"),
        (({}, 1, "nJ", "a"), ProfileProblem, "all zero"),
        (([SOP], 1, "nJ", "a"), WrongArgument, "must be a dict"),
        (({SOP: 1.0}, 0, "nJ", "a"), ProfileProblem, "above 0"),
        (({SOP: 1.0}, -3, "nJ", "a"), ProfileProblem, "above 0"),
        (({SOP: 1.0}, np.nan, "nJ", "a"), ProfileProblem, "above 0"),
        (({SOP: 1.0}, None, "nJ", "a"), WrongArgument, "must be a number"),
        (({SOP: 1.0}, 1, "nJ", " "), ProfileProblem, "source is empty"),
        (({SOP: 1.0}, 1, "nJ", None), WrongArgument, "source"),
        (({SOP: 1.0}, 1, "mW", "a"), ProfileProblem, "one second"),
        (({SOP: 1.0}, 1, "cores", "a"), ProfileProblem, "must be J or s"),
        (({SOP: 1.0}, 1, "us", "a"), ProfileProblem, "cannot be a part of a time"),
        (({"tick": 1.0}, 1, "nJ", "a"), ProfileProblem, "cannot be a part of an energy"),
        (
            ({"energy_synaptic_operatoin": 1.0}, 1, "nJ", "a"),
            UnknownName,
            "'energy_synaptic_operation'",
        ),
        (({"cores": 1.0}, 1, "nJ", "a"), ProfileProblem, "not a cost"),
    ],
)
def test_a_measurement_that_cannot_be_is_refused(arguments, error, words):
    with pytest.raises(error, match=words):
        Measurement(*arguments)


TIME = Measurement({"time_synaptic_operation": 10.0}, 40, "ns", "a")


@pytest.mark.parametrize(
    ("measurements", "options", "error", "words"),
    [
        ([], {}, ProfileProblem, "measurements is empty"),
        (SWEEP[0], {}, WrongArgument, "measurements"),
        ([SWEEP[0], 3], {}, WrongArgument, r"measurements\[1\]"),
        ([*SWEEP, TIME], {}, ProfileProblem, "3 of the measurements are energies and 1 are times"),
        (SWEEP, {"figures": STATIC}, WrongArgument, r"figures=\('static_power',\)"),
        (SWEEP, {"figures": ["static_powr"]}, UnknownName, "'static_power'"),
        (SWEEP, {"figures": ["cores"]}, ProfileProblem, "cannot be fitted to an energy"),
        (SWEEP, {"figures": ["tick"]}, ProfileProblem, "cannot be fitted to an energy"),
        ([TIME], {"figures": ["time_barrier"]}, ProfileProblem, "cannot be fitted to a time"),
        (SWEEP, {"figures": ["energy_hop_x"]}, ProfileProblem, "nothing to fit"),
        (SWEEP, {"figures": []}, ProfileProblem, "nothing to fit"),
        (SWEEP, {"n_bootstrap": 39}, ProfileProblem, "40 draws"),
        (SWEEP, {"n_bootstrap": "many"}, WrongArgument, "n_bootstrap"),
        (SWEEP, {"seed": -1}, ProfileProblem, "0 or more"),
        (SWEEP, {"seed": None}, WrongArgument, "seed"),
    ],
)
def test_a_call_that_cannot_be_answered_is_refused(measurements, options, error, words):
    with pytest.raises(error, match=words):
        fit_costs(TRUENORTH, measurements, **options)


def test_a_name_in_place_of_a_profile_is_refused():
    with pytest.raises(WrongArgument, match="load_profile"):
        fit_costs("truenorth", SWEEP)


def test_what_is_not_fitted_and_not_published_is_named():
    measured = Measurement({SOP: 1.0, CYCLE: 5.0}, 1, "nJ", "a")
    with pytest.raises(NotPublished, match=r"energy_clock_cycle .* IBM TrueNorth"):
        fit_costs(TRUENORTH, [measured], figures=[SOP])
    with pytest.raises(NotPublished, match="energy_clock_cycle"):
        fit_costs(TRUENORTH, SWEEP).predict(measured)
    barrier = Measurement({"time_synaptic_operation": 1.0, "time_barrier": 5.0}, 1, "us", "a")
    with pytest.raises(NotPublished, match="time_barrier"):
        fit_costs(TRUENORTH, [barrier])


def test_nothing_left_to_fit_is_an_error_that_says_what_took_it():
    with pytest.raises(
        ProfileProblem, match=r"static_power 64\.4 mJ.* more than the 60 mJ measured"
    ):
        fit_costs(
            TRUENORTH, [Measurement({STATIC: 1.0, SOP: 1e9}, 60, "mJ", "my bench")], figures=[SOP]
        )


def test_a_figure_that_was_not_fitted_has_no_coefficient():
    with pytest.raises(UnknownName, match="'static_power'"):
        fit_costs(TRUENORTH, SWEEP).coefficient("static_powr")

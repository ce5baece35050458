"""How uncertain a price is: worked out by hand, held against pricing every corner, and against the
catalogue.
"""

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spikefit_nb as sf
from spikefit_nb.hardware import FIGURES, Sourced, load_profile, profile_names, with_range
from spikefit_nb.hardware.spread import STATED
from spikefit_nb.mapping import map_network
from spikefit_nb.network import IF, Input, Network, Population, Projection
from spikefit_nb.replay import Counters, event_amounts, reprice
from spikefit_nb.replay.ranges import at_ends, energy_interval, moving
from spikefit_nb.replay.uncertainty import uncertainty
from spikefit_nb.replay.uncertainty_result import QUANTITIES
from spikefit_nb.simulate import simulate
from spikefit_nb.units import span
from tests.networks import spikes, two_layers
from tests.test_replay import small_xylo_network

LOIHI, CALIBRATED = load_profile("loihi1"), load_profile("loihi1", coefficients="calibrated")


def counted(network, profile=LOIHI, seed=1, n_steps=8, rate=0.5, **mapped):
    record = simulate(
        network, sf.SpikeDataset(spikes(network, seed, n_steps=n_steps, rate=rate)), record="events"
    )
    return Counters(record, map_network(network, profile, **mapped))


def one_step():
    """One input spike, two synapses, two neurons that fire: 2 operations, 2 updates, 1 tile."""
    network = Network(
        [Population("in", (1,), Input()), Population("out", (2,), IF(1.0))],
        [Projection("in", "out", np.ones((1, 2)))],
    )
    record = simulate(network, sf.SpikeDataset(np.ones((1, 1, 1), bool)), record="events")
    return Counters(record, map_network(network, LOIHI))


def own(value, unit, spread=None):
    return Sourced(value, unit, "measured", "my bench", spread=spread)


def between(low, value, high):
    return pytest.approx((low, value, high), rel=1e-12)


def difference(before, after, quantity):
    return before.changes_to(after).get(quantity)


def test_both_ends_of_one_step_are_those_worked_out_by_hand():
    chip = LOIHI.replace(
        energy_synaptic_operation=own(20, "pJ", (15, 40)),
        energy_update_active=own(80, "pJ", (80, 100)),
        time_synaptic_operation=own(3, "ns", (2, 5)),
        time_update_active=own(8, "ns", (7, 8)),
        time_barrier=own([100, 500], "ns", ([90, 400], [300, 900])),
        static_power=own(100, "mW", (50, 200)),
    )
    found = uncertainty(one_step(), chip)
    assert found.event_energy_j == between(
        2 * 15e-12 + 2 * 80e-12, 2 * 20e-12 + 2 * 80e-12, 2 * 40e-12 + 2 * 100e-12
    )
    assert found.latency_s == between(
        2 * 2e-9 + 2 * 7e-9 + 90e-9, 122e-9, 2 * 5e-9 + 2 * 8e-9 + 300e-9
    )
    assert found.energy_j == between(
        190e-12 + 0.05 * 108e-9, 200e-12 + 0.1 * 122e-9, 280e-12 + 0.2 * 326e-9
    )
    assert set(found.published) == {c.figure for c in found.contributions} and not found.stated


def test_a_figure_without_a_spread_lies_in_the_range_of_its_kind_and_is_counted_apart():
    chip = LOIHI.replace(energy_synaptic_operation=own(20, "pJ", (15, 40)), energy_update_active=80)
    found = uncertainty(one_step(), chip)
    factor = STATED["assumed"]
    assert found.event_energy_j == between(
        30e-12 + 160e-12 / factor, 200e-12, 80e-12 + 160e-12 * factor
    )
    assert "energy_update_active" in found.stated and "energy_synaptic_operation" in found.published


def test_each_contribution_is_the_price_with_that_figure_alone_changed():
    counters = counted(two_layers(3, recurrent=True), neurons_per_core=4)
    found, now = uncertainty(counters, LOIHI), reprice(counters, LOIHI)
    assert len(found.contributions) > 7
    for c in found.contributions:
        for end, cost in zip(with_range(c.figure, c.now).spread, (c.cheap, c.dear), strict=True):
            price = reprice(counters, LOIHI.replace(**{c.figure: end}))
            assert cost.event_energy_j == pytest.approx(price.energy_j, rel=1e-12), c.figure
            assert cost.latency_s == pytest.approx(price.latency_s, rel=1e-12), c.figure
            assert cost.energy_j == pytest.approx(
                price.energy_j + price.static_energy_j, rel=1e-12
            ), c.figure
    assert set(moving(now, LOIHI)) >= {c.figure for c in found.contributions}


@pytest.mark.parametrize("chip", [LOIHI, CALIBRATED], ids=str)
def test_no_corner_of_all_figures_is_outside(chip):
    counters = counted(two_layers(5, recurrent=True), neurons_per_core=3)
    found = uncertainty(counters, chip)
    names = found.published + found.stated
    ranges = {name: with_range(name, chip.figure(name)).spread for name in names}
    random = np.random.default_rng(0)
    for _ in range(40):
        price = reprice(
            counters, chip.replace(**{name: r[random.integers(2)] for name, r in ranges.items()})
        )
        for quantity, value in (
            ("event_energy_j", price.energy_j),
            ("latency_s", price.latency_s),
            ("energy_j", price.energy_j + price.static_energy_j),
        ):
            low, _, high = found.interval(quantity)
            assert low * (1 - 1e-12) <= value <= high * (1 + 1e-12)


def changed(chip, spread):
    """The chip with every figure measured anew, a share of itself up and down."""
    figures = {}
    for name, figure in chip.figures.items():
        if with_range(name, figure).spread is not None:
            ends = (1 - spread, 1 + spread)
            value = figure.value
            ends = [[v * e for v in value] if isinstance(value, tuple) else value * e for e in ends]
            figures[name] = own(value, figure.unit, ends)
    return chip.replace(**figures)


@settings(max_examples=10)
@given(
    seed=st.integers(0, 10**6),
    small=st.floats(0, 0.4),
    more=st.floats(0, 0.5),
    per_core=st.integers(2, 7),
)
def test_an_interval_holds_its_value_and_widens_with_every_spread(seed, small, more, per_core):
    counters = counted(two_layers(seed, recurrent=True), neurons_per_core=per_core)
    tight, wide = (
        uncertainty(counters, changed(LOIHI, spread)) for spread in (small, small + more)
    )
    for quantity in QUANTITIES:
        (low, value, high), outer = tight.interval(quantity), wide.interval(quantity)
        assert outer.low <= low + 1e-12 * value and high <= outer.high + 1e-12 * value
        assert low <= value <= high
    if tight.event_energy_j.value:
        assert tight.event_energy_j == pytest.approx(
            [f * tight.event_energy_j.value for f in (1 - small, 1, 1 + small)]
        )
    assert tight.latency_s == pytest.approx(
        [f * tight.latency_s.value for f in (1 - small, 1, 1 + small)]
    )


def test_without_any_spread_both_ends_are_the_price():
    found = uncertainty(counted(two_layers(3)), changed(LOIHI, 0.0))
    for quantity in QUANTITIES:
        low, value, high = found.interval(quantity)
        assert low == value == high
    assert found.contributions == ()
    assert repr(found).count(", exact") == 2


def test_a_tick_is_exact_and_the_energy_of_truenorth_follows_its_power_sweep():
    truenorth = load_profile("truenorth")
    counters = counted(two_layers(2), truenorth)
    found, price = uncertainty(counters, truenorth), reprice(counters, truenorth)
    n = price.counts["synaptic_operations"]
    assert found.latency_s.low == found.latency_s.high == pytest.approx(8e-3)
    assert found.event_energy_j == between(n * 2.259e-12, n * 2.297e-12, n * 2.633e-12)
    assert found.energy_j[2] == pytest.approx(n * 2.633e-12 + 65.8e-3 * 8e-3)


def test_xylo_is_uncertain_in_its_power_and_in_a_clock_that_may_be_slower():
    network, xylo = small_xylo_network(), load_profile("xylo_audio3")
    counters = counted(network, xylo)
    price, found = reprice(counters, xylo), uncertainty(counters, xylo)
    factor, idle_j = STATED["derived"], xylo.si("static_power") * price.latency_s
    ends = np.array([price.energy_j / factor, price.energy_j, price.energy_j * factor])
    assert found.energy_j == between(*np.maximum(ends, idle_j))
    assert found.event_energy_j == between(*np.maximum(ends - idle_j, 0))
    assert found.latency_s.low == found.latency_s.high == price.latency_s
    slower = xylo.replace(clock=own(50, "MHz", (25, 50)), active_power=own(1, "mW", (0.5, 1)))
    found, cycles = uncertainty(counters, slower), price.counts["clock_cycles"]
    assert found.latency_s == between(cycles / 50e6, cycles / 50e6, cycles / 25e6)
    assert found.energy_j[1:] == (
        pytest.approx(1e-3 * cycles / 50e6),
        pytest.approx(1e-3 * cycles / 25e6),
    )


def test_odin_is_the_sum_of_its_published_terms_at_either_end():
    odin = load_profile("odin")
    chip = odin.replace(
        energy_synaptic_operation=own(8, "pJ", (7, 9)),
        energy_clock_cycle=own(2, "pJ", (1, 4)),
        static_power=own(30, "uW", (20, 40)),
    )
    counters = counted(two_layers(4), odin)
    price, found = reprice(counters, chip), uncertainty(counters, chip)
    n, cycles = (price.counts[name] for name in ("synaptic_operations", "clock_cycles"))
    assert found.event_energy_j == between(
        *(n * e + cycles * c for e, c in ((7e-12, 1e-12), (8e-12, 2e-12), (9e-12, 4e-12)))
    )
    assert found.latency_s.low == found.latency_s.high == price.latency_s
    assert found.energy_j[0] == pytest.approx(found.event_energy_j.low + 20e-6 * price.latency_s)


def test_what_is_not_published_has_no_interval_and_no_figure_counts_for_it():
    speck = load_profile("speck")
    network = Network(
        [Population("in", (2,), Input()), Population("out", (2,), IF(1.0, reset="subtract"))],
        [Projection("in", "out", np.eye(2))],
    )
    record = simulate(network, sf.SpikeDataset(np.ones((1, 2, 2), bool)), record="events")
    counters = Counters(record, map_network(network, speck))
    found = uncertainty(counters, speck)
    assert (
        found.event_energy_j is found.latency_s is found.energy_j is None
        and found.contributions == ()
    )
    assert repr(found) == "Uncertainty(energy not published; latency not published)"
    assert energy_interval(reprice(counters, speck), speck) is None
    assert (
        difference(found, found, "event_energy_j") is None
        and "not published" in found._repr_html_()
    )


@pytest.mark.parametrize(
    "name", ["loihi1", "calibrated", "truenorth", "odin", "spinnaker1", "xylo_audio3"]
)
def test_the_energy_alone_needs_no_counting_and_says_the_same(name):
    chip = CALIBRATED if name == "calibrated" else load_profile(name)
    network = small_xylo_network() if chip.family == "xylo" else two_layers(6)
    counters = counted(network, chip)
    found = uncertainty(counters, chip)
    # of Xylo the price is the power of the whole chip
    told = found.energy_j if chip.family == "xylo" else found.event_energy_j
    alone = energy_interval(reprice(counters, chip), chip)
    assert alone == between(*told) or (chip.family == "xylo" and alone[1:] == told[1:])


def test_a_figure_contained_in_another_has_no_share_of_its_own():
    found = uncertainty(
        counted(two_layers(1), load_profile("truenorth")), load_profile("truenorth")
    )
    assert {c.figure for c in found.contributions} == {"energy_synaptic_operation", "static_power"}


# Differences


def pair(seed=3, chip=LOIHI, per_core=(7, 3)):
    network = two_layers(seed, recurrent=True)
    return [uncertainty(counted(network, chip, neurons_per_core=n), chip) for n in per_core]


@pytest.mark.parametrize("chip", [LOIHI, CALIBRATED, load_profile("odin")], ids=str)
def test_a_design_differs_from_itself_by_exactly_nothing(chip):
    found = uncertainty(counted(two_layers(4), chip), chip)
    for quantity in QUANTITIES:
        assert difference(found, found, quantity) == (0, 0, 0)


@settings(max_examples=10)
@given(seeds=st.tuples(st.integers(0, 99), st.integers(0, 99)), spread=st.floats(0.01, 0.9))
def test_a_difference_is_never_wider_than_if_the_errors_had_nothing_in_common(seeds, spread):
    chip = changed(LOIHI, spread)
    one, other = (
        uncertainty(counted(two_layers(seed), chip, seed=seed, neurons_per_core=4), chip)
        for seed in seeds
    )
    for quantity in QUANTITIES:
        found, a, b = (
            difference(one, other, quantity),
            one.interval(quantity),
            other.interval(quantity),
        )
        assert b.low - a.high <= found.low <= found.value <= found.high <= b.high - a.low
        assert found.value == b.value - a.value
        back = difference(other, one, quantity)
        assert (-back.high, -back.low) == pytest.approx(
            (found.low, found.high), rel=1e-9, abs=1e-9 * a.value
        )


def test_the_energy_of_a_difference_is_what_the_best_and_worst_of_all_corners_give():
    network = two_layers(8, recurrent=True)
    both = [counted(network, neurons_per_core=n) for n in (7, 2)]
    found = difference(*(uncertainty(counters, LOIHI) for counters in both), "event_energy_j")
    amounts = [event_amounts(LOIHI, reprice(counters, LOIHI).counts) for counters in both]
    names = [
        name for name in amounts[0] if LOIHI.has(name) and amounts[1][name] != amounts[0][name]
    ]
    ranges = [with_range(name, LOIHI.figure(name)).spread for name in names]
    corners = [
        sum(
            (amounts[1][name] - amounts[0][name]) * pj * 1e-12
            for name, pj in zip(names, values, strict=True)
        )
        for values in product(*ranges)
    ]
    assert names and (found.low, found.high) == pytest.approx((min(corners), max(corners)))


def test_what_both_designs_pay_alike_leaves_no_doubt_which_is_cheaper():
    packed, spread_out = pair()
    a, b = packed.event_energy_j, spread_out.event_energy_j
    found = difference(packed, spread_out, "event_energy_j")
    assert b.low < a.high, "each alone, the two overlap"
    assert found.low > 0 and not found.holds_zero, (
        "only packets and hops differ, and they cost something"
    )


def test_two_chips_share_no_figure_so_the_ends_are_those_of_best_against_worst():
    network = two_layers(4)
    odin = load_profile("odin")
    one, other = uncertainty(counted(network), LOIHI), uncertainty(counted(network, odin), odin)
    for quantity in ("event_energy_j", "latency_s"):
        a, b = one.interval(quantity), other.interval(quantity)
        assert difference(one, other, quantity) == (
            b.low - a.high,
            b.value - a.value,
            b.high - a.low,
        )


def test_a_figure_changed_on_one_side_is_no_longer_shared():
    counters = counted(two_layers(4))
    figure = LOIHI.figure("energy_synaptic_operation")
    other = LOIHI.replace(
        energy_synaptic_operation=Sourced(figure.value, "pJ", "measured", "my bench", (20, 30))
    )
    found = difference(uncertainty(counters, LOIHI), uncertainty(counters, other), "event_energy_j")
    n = reprice(counters, LOIHI).counts["synaptic_operations"]
    low, high = (end * 1e-12 for end in figure.spread)
    assert found.value == 0 and found.holds_zero
    assert (found.low, found.high) == pytest.approx((n * (20e-12 - high), n * (30e-12 - low)))


# Reports

DATASET = sf.SpikeDataset(np.random.default_rng(2).random((4, 9, 5)) < 0.5, np.zeros(4, int))


def test_a_report_tells_its_uncertainty_and_shows_that_of_its_energy():
    report = sf.deploy(two_layers(3), LOIHI, DATASET)
    found = report.uncertainty
    assert (found.event_energy_j.value, found.latency_s.value) == (
        report.event_energy_j,
        report.latency_s,
    )
    assert found.energy_j.value == pytest.approx(report.energy_j) and report.uncertainty is found
    energy = {q.label: q for q in report.quantities}["Energy per inference, events"]
    assert (energy.low, energy.high) == (found.event_energy_j.low, found.event_energy_j.high)
    assert energy.text.endswith(
        f", {span(found.event_energy_j.low, found.event_energy_j.high, 'J')}"
    )
    assert (
        sf.deploy(two_layers(3), LOIHI.replace(cores=1, neurons_per_core=2), DATASET).uncertainty
        is None
    )


def changes(before, after):
    return {label: change for label, _, _, change in before.compare(after).table()}


def test_a_comparison_says_whether_figures_within_their_spreads_could_turn_it_round():
    network = two_layers(3)
    before, after = (
        sf.deploy(network, LOIHI, DATASET, design=sf.Design(prune_fraction=f)) for f in (0.0, 0.5)
    )
    said = changes(before, after)
    assert all(
        said[row].endswith(" %, outside the uncertainty")
        for row in ("Energy per inference, events", "Latency")
    )
    assert before.uncertainty.event_energy_j.low < after.uncertainty.event_energy_j.high, (
        "each alone, the two overlap"
    )
    assert "uncertainty" not in said["Accuracy"] + said["Synapse memory"]
    assert str(before.compare(after)).splitlines()[1].endswith(" %, outside the uncertainty)")


def test_two_guesses_that_differ_a_little_are_no_ranking():
    chips = [LOIHI.replace(energy_synaptic_operation=pj) for pj in (20, 22)]
    before, after = (sf.deploy(two_layers(3), chip, DATASET) for chip in chips)
    assert changes(before, after)["Energy per inference, events"].endswith(
        " %, inside the uncertainty"
    )
    assert before.compare(after).differences["event_energy_j"].holds_zero


def test_equal_designs_and_what_does_not_fit_say_nothing_of_uncertainty():
    report = sf.deploy(two_layers(3), LOIHI, DATASET)
    outside = sf.deploy(two_layers(3), LOIHI.replace(cores=1, neurons_per_core=2), DATASET)
    assert not outside.fits and report.compare(outside).differences == {}
    assert not any(
        "uncertainty" in change
        for other in (report, outside)
        for change in changes(report, other).values()
    )


# Words


def test_rows_and_card_name_the_figures_that_matter_first_and_say_what_rests_on_a_stated_range():
    found = uncertainty(one_step(), LOIHI)
    whole = {q.label: q for q in found.quantities if not q.of}
    assert list(whole)[:3] == ["Energy", "Energy with static power", "Latency"]
    assert all(q.low <= q.value <= q.high for q in list(whole.values())[:3])
    assert whole["Figures with a published spread"].value == 5
    assert whole["Figures that move something"].value == 6
    assert found.ranked("latency_s")[0].figure == "time_barrier"
    assert sum(found.share(c, "latency_s") for c in found.ranked("latency_s")) == pytest.approx(1)
    html = found._repr_html_()
    assert (
        "Stated by kind, not published: static power." in html and "no confidence interval" in html
    )
    assert html.index("energy synaptic operation") < html.index("energy update active")


def test_a_range_is_written_in_the_figures_own_unit():
    texts = {c.figure: c.range_text for c in uncertainty(one_step(), LOIHI).contributions}
    assert texts["time_barrier"] == "113 ... 465 to 750 ... 2,250 ns"
    assert (
        texts["energy_synaptic_operation"] == "21.1 to 39.8 pJ"
        and texts["static_power"] == "69.6 to 156.6 mW"
    )


# Ranges and the catalogue


@pytest.mark.parametrize("name", profile_names())
def test_a_range_holds_its_figure_and_counts_are_exact(name):
    for figure, sourced in load_profile(name).figures.items():
        ranged = with_range(figure, sourced)
        assert (ranged.value, ranged.kind) == (sourced.value, sourced.kind)
        if ranged.spread is None:
            assert not FIGURES[figure].base or figure in ("clock", "tick")
        else:
            ends = np.array([ranged.spread[0], sourced.value, ranged.spread[1]], float)
            assert (np.diff(ends, axis=0) >= 0).all()
            assert sourced.spread in (None, ranged.spread)


def test_stated_ranges_are_wider_the_less_a_kind_is_trusted_and_cover_the_catalogues_own_pairs():
    factors = [STATED[kind] for kind in ("measured", "derived", "simulated", "assumed")]
    assert all(a < b for a, b in pairwise(factors))
    spinnaker, checks = load_profile("spinnaker1"), load_profile("spinnaker1").checks
    pairs = [
        spinnaker.figure("energy_synaptic_operation").spread,
        load_profile("loihi2").figure("static_power").spread,
        load_profile("xylo_audio3").figure("static_power").spread,
        spinnaker.figure("board_power").spread,  # of 4 chips
    ]
    boards = [
        [checks[f"power_board_48_chips_idle{who}"].value for who in ("_bielefeld", "")],
    ]
    repeats = [high / spinnaker.value("energy_synaptic_operation") for _, high in pairs[:1]]
    repeats += [high / low for low, high in (*pairs[1:], *boards)]
    assert 1 < max(repeats) <= STATED["measured"]
    work = (
        "energy_synaptic_operation",
        "energy_update_active",
        "energy_update_inactive",
        "time_synaptic_operation",
        "time_synaptic_operation_sparse",
        "time_update_active",
        "time_update_inactive",
    )
    for figure in work:
        before = LOIHI.value(figure.removesuffix("_sparse"))
        assert (
            1 / STATED["simulated"] <= CALIBRATED.value(figure) / before <= STATED["simulated"]
        ), figure


def test_truenorths_spread_is_that_of_its_power_sweep_and_of_one_load_at_two_more_voltages():
    truenorth = load_profile("truenorth")
    rates, milliwatts = (
        np.array(truenorth.checks[f"power_sweep{of}"].value) for of in ("_rate", "")
    )
    per_s = rates * 1_048_576 * 128
    slopes = np.diff(milliwatts) / np.diff(per_s)  # mJ an event
    levels = milliwatts[:-1] - slopes * per_s[:-1]
    assert sorted(slopes * 1e9) == pytest.approx(
        truenorth.figure("energy_synaptic_operation").spread, abs=1e-3
    )
    load = 20 * 1_048_576 * 128 * truenorth.si("energy_synaptic_operation") * 1e3
    at_voltages = (truenorth.checks[f"power_at_20_hz_{mv}_mv"].value - load for mv in (750, 775))
    low, high = truenorth.figure("static_power").spread
    assert (low, high) == pytest.approx(tuple(at_voltages), abs=0.05)
    assert low < min(levels) < max(levels) < high


def test_the_calibrated_set_is_as_uncertain_as_its_authors_report():
    found = uncertainty(counted(two_layers(3, recurrent=True), CALIBRATED), CALIBRATED)
    energy, latency = found.event_energy_j, found.latency_s
    assert (energy.low, energy.high) == pytest.approx(
        (0.88 * energy.value, 1.12 * energy.value), rel=0.02
    )
    assert (latency.low, latency.high) == pytest.approx(
        (0.75 * latency.value, 1.25 * latency.value), rel=0.02
    )


def test_a_slow_clock_is_the_dear_end():
    chip = load_profile("odin").replace(clock=own(75, "MHz", (50, 80)))
    assert (
        at_ends(chip, "dear", ["clock"]).value("clock") == 50
        and at_ends(chip, "cheap", ["clock"]).value("clock") == 80
    )

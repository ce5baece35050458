"""Power, battery life, area, utilisation and several chips: closed forms of published figures, and
what must hold.
"""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import spikefit_nb as sf
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import DesignProblem, DoesNotFit, UnknownName
from spikefit_nb.fit.remedies import chips_of
from spikefit_nb.hardware import Sourced, load_profile, profile_names
from spikefit_nb.mapping import map_by_hand, map_network
from spikefit_nb.network import IF, Input, Network, Population, Projection
from spikefit_nb.quantities import Quantity
from spikefit_nb.replay import (
    COIN_CELL,
    ENERGY_FIGURES,
    IDLE_STATES,
    Battery,
    Counters,
    Links,
    Price,
    mesh_links,
    power_budget,
    replay,
)
from spikefit_nb.simulate import simulate
from tests.networks import spikes, two_layers
from tests.test_replay import recurrent, small_xylo_network

LOIHI, TRUENORTH, SPINNAKER, ODIN = map(load_profile, ("loihi1", "truenorth", "spinnaker1", "odin"))


def priced(events_j, latency_s, figures=()):
    """A price of one part."""
    return Price(
        {},
        {"spikes": events_j},
        latency_s,
        None,
        np.zeros(1),
        Links(*[np.zeros(0)] * 3),
        1,
        figures,
        (),
    )


def without(profile, *names):
    """The same chip with figures nobody has published."""
    figures = {name: figure for name, figure in profile.figures.items() if name not in names}
    return type(profile)(
        profile.name, profile.title, profile.family, profile.step, figures, profile.included
    )


# Power


def lasts(budget):
    """How long the battery lasts, and the unit of it."""
    found = {q.label: q for q in budget.quantities}["Lasts on a CR2032"]
    return found.value, found.unit


def test_a_loihi_that_answers_ten_times_a_second_draws_what_its_states_say():
    # 1 uJ of events and 104.4 mW in 1 ms, then 96.3 mW (idle after a run) for 99 ms
    budget = power_budget(priced(1e-6, 1e-3), LOIHI, inferences_per_s=10)
    assert budget.idle == "after_run" and budget.duty_cycle == pytest.approx(0.01)
    assert budget.energy_j == pytest.approx(1e-6 + 104.4e-3 * 1e-3 + 96.3e-3 * 0.099, rel=1e-12)
    assert budget.average_power_w == pytest.approx(10 * budget.energy_j, rel=1e-12)
    assert budget.active_power_w == pytest.approx(1e-3 + 104.4e-3)
    assert budget.idle_share == pytest.approx(96.3e-3 * 0.099 / budget.energy_j)
    for idle, idle_w in (("running", 104.4e-3), ("before_boot", 29.6e-3), ("off", 0.0)):
        other = power_budget(priced(1e-6, 1e-3), LOIHI, inferences_per_s=10, idle=idle)
        assert other.idle_power_w == pytest.approx(idle_w)
        assert other.average_power_w == pytest.approx(10 * (1e-6 + 104.4e-6 + idle_w * 0.099))


def test_odin_idles_with_its_clock_or_without_it():
    # 27.3 uW of leakage; its clock costs 1.78 uW a MHz, at 75 MHz 133.5 uW
    running, stopped = (
        power_budget(priced(1e-9, 1e-4), ODIN, inferences_per_s=100, idle=idle)
        for idle in (None, "clock_stopped")
    )
    assert running.idle == "running" and running.idle_power_w == pytest.approx(27.3e-6 + 133.5e-6)
    assert stopped.idle_power_w == pytest.approx(27.3e-6)
    assert {"static_power", "energy_clock_cycle", "clock"} <= set(running.figures)
    assert "energy_clock_cycle" not in stopped.figures


@pytest.mark.parametrize(
    "clock_hz, operations_per_s, power_w", [(75e6, 37.5e6, 477e-6), (1.3e6, 650e3, 35e-6)]
)
def test_odin_busy_all_the_time_draws_its_published_power(clock_hz, operations_per_s, power_w):
    # Frenkel 2019, 0.55 V: one second of work a second
    events_j = clock_hz * ODIN.si("energy_clock_cycle") + operations_per_s * ODIN.si(
        "energy_synaptic_operation"
    )
    budget = power_budget(priced(events_j, 1.0), ODIN, inferences_per_s=1)
    assert budget.duty_cycle == 1 and budget.average_power_w == pytest.approx(power_w, rel=0.01)
    assert budget.energy_parts_j["between inferences"] == 0


@pytest.mark.parametrize("rate_hz, power_w", [(11.58, 68e-3), (20.07, 71e-3), (95.93, 94e-3)])
def test_truenorth_in_real_time_draws_its_published_power(rate_hz, power_w):
    # Akopyan 2015, Fig. 17: 1,048,576 neurons of 128 synapses at 0.8 V
    events_j = 1048576 * 128 * rate_hz * TRUENORTH.si("energy_synaptic_operation")
    budget = power_budget(priced(events_j, 1.0), TRUENORTH, inferences_per_s=1)
    assert budget.average_power_w == pytest.approx(power_w, rel=0.006)


def test_a_ticking_chip_computes_for_as_many_ticks_as_there_are_steps():
    network = two_layers(2)
    record = simulate(network, SpikeDataset(spikes(network, 2)), record="events")
    budget = power_budget(
        replay(record, map_network(network, TRUENORTH)), TRUENORTH, inferences_per_s=10
    )
    assert budget.duty_cycle == pytest.approx(12 * 1e-3 * 10) and budget.idle == "running"


def test_xylo_draws_its_measured_power_while_it_computes_and_its_idle_power_in_between():
    network, xylo = small_xylo_network(), load_profile("xylo_audio3")
    record = simulate(network, SpikeDataset(spikes(network, 3, rate=0.8)), record="events")
    price = replay(record, map_network(network, xylo))
    budget = power_budget(price, xylo, inferences_per_s=100)
    busy = 100 * price.latency_s
    assert budget.average_power_w == pytest.approx(1057e-6 * busy + 590.9e-6 * (1 - busy))
    assert budget.active_power_w == pytest.approx(1057e-6)
    no_idle = power_budget(price, without(xylo, "static_power"), inferences_per_s=100)
    assert no_idle.average_power_w is None and no_idle.not_published == ("static_power",)
    assert no_idle.active_power_w == pytest.approx(1057e-6)  # its idle power is no part of that
    assert (
        power_budget(
            price, without(xylo, "static_power"), inferences_per_s=100, idle="off"
        ).average_power_w
        > 0
    )


def test_a_chip_that_draws_nothing_lasts_without_end():
    budget = power_budget(
        priced(0.0, 1e-3), LOIHI.replace(static_power=0), inferences_per_s=10, idle="off"
    )
    assert budget.average_power_w == 0 and budget.battery_life_s == np.inf
    assert lasts(budget) == ("without end", "days")
    assert "0 W, without end on a CR2032, switched off" in repr(budget)
    assert all(q.value is not None for q in budget.quantities)  # none reads "not published"
    unknown = power_budget(priced(0.0, None), LOIHI, inferences_per_s=10)
    assert unknown.battery_life_s is None and lasts(unknown) == (None, "days")


@pytest.mark.parametrize(
    "rate", [0, -1, np.nan, np.inf, 1e-320, 5e-324, "10", None, True, 1 + 0j, [10]]
)
def test_a_rate_that_is_none_or_leaves_no_finite_time_is_refused(rate):
    with pytest.raises(
        DesignProblem, match="it must be a number above 0, with a finite time between two"
    ):
        power_budget(priced(1e-6, 1e-3), LOIHI, inferences_per_s=rate)


def test_the_rarest_inference_costs_what_the_chip_draws_at_rest():
    budget = power_budget(priced(1e-6, 1e-3), LOIHI, inferences_per_s=1e-300)
    assert budget.average_power_w == pytest.approx(budget.idle_power_w)


PROFILES = st.sampled_from([LOIHI, TRUENORTH, SPINNAKER, ODIN])


@settings(max_examples=60)
@given(
    profile=PROFILES,
    events_j=st.floats(1e-12, 1e-2),
    latency_s=st.floats(1e-6, 10.0),
    busy=st.floats(1e-6, 1.0),
    idle=st.sampled_from(IDLE_STATES),
)
def test_energy_is_the_sum_of_its_parts_and_power_the_mean_of_both_states(
    profile, events_j, latency_s, busy, idle
):
    assume(idle in ("running", "off") or profile in (LOIHI, ODIN))
    assume(
        (profile is ODIN) == (idle == "clock_stopped")
        or idle in ("running", "off", "after_run", "before_boot")
    )
    assume(profile is not ODIN or idle not in ("after_run", "before_boot"))
    budget = power_budget(
        priced(events_j, latency_s), profile, inferences_per_s=busy / latency_s, idle=idle
    )
    assume(budget.keeps_up)  # not one rounding over
    assert budget.energy_j == pytest.approx(sum(budget.energy_parts_j.values()), rel=1e-12)
    mean_w = budget.active_power_w * budget.duty_cycle + budget.idle_power_w * (
        1 - budget.duty_cycle
    )
    assert budget.average_power_w == pytest.approx(mean_w, rel=1e-9)
    assert budget.average_power_w == pytest.approx(
        budget.energy_j * budget.inferences_per_s, rel=1e-12
    )


@given(profile=PROFILES, events_j=st.floats(1e-12, 1e-6), latency_s=st.floats(1e-6, 1.0))
def test_a_chip_that_is_hardly_asked_draws_its_idle_power(profile, events_j, latency_s):
    budget = power_budget(priced(events_j, latency_s), profile, inferences_per_s=1e-9)
    assert budget.average_power_w == pytest.approx(budget.idle_power_w, rel=1e-6)


def test_a_chip_that_cannot_keep_up_is_an_answer_with_the_rate_it_can_do():
    budget = power_budget(priced(1e-6, 0.25), LOIHI, inferences_per_s=10)
    assert not budget.keeps_up and budget.duty_cycle == 2.5
    assert repr(budget) == "PowerBudget(cannot keep up with 10 inferences/s: at most 4)"
    assert Quantity("keeps_up", "Keeps up", "no") in budget.quantities
    assert budget.to_dict()["most_inferences_per_s"]["value"] == 4
    assert budget.average_power_w is budget.energy_j is budget.battery_life_s is None


def test_what_is_not_published_is_named_and_no_power_is_told():
    price = priced(1e-6, 1e-3)
    for profile, idle, missing in (
        (without(LOIHI, "static_power"), None, "static_power"),
        (TRUENORTH, "before_boot", "static_power_before_boot"),
    ):
        budget = power_budget(price, profile, inferences_per_s=10, idle=idle)
        assert budget.average_power_w is None and budget.not_published == (missing,)
        assert repr(budget) == "PowerBudget(10 inferences/s: power not published)"
        assert f"Not published for this chip: {missing.replace('_', ' ')}" in budget.notes
        average = budget.to_dict()["average_power_w"]
        assert (average["value"], average["unit"]) == (None, "W")
    assert "not published" in budget._repr_html_()


def test_a_rate_or_a_state_that_cannot_be_is_refused_by_name():
    price = priced(1e-6, 1e-3)
    for rate in (0, -1, float("nan"), float("inf")):
        with pytest.raises(DesignProblem, match="inferences_per_s is"):
            power_budget(price, LOIHI, inferences_per_s=rate)
    with pytest.raises(UnknownName, match="Did you mean 'running'"):
        power_budget(price, LOIHI, inferences_per_s=1, idle="runing")
    with pytest.raises(DesignProblem, match="clock of Intel Loihi"):
        power_budget(price, LOIHI, inferences_per_s=1, idle="clock_stopped")


# Battery


def test_a_coin_cell_lasts_its_charge_times_its_voltage_over_the_power():
    assert COIN_CELL.energy_j == pytest.approx(0.235 * 3600 * 3.0)
    budget = power_budget(priced(1e-9, 1e-4), ODIN, inferences_per_s=100)
    assert budget.battery_life_s == pytest.approx(2538 / budget.average_power_w)
    # 160.8 uW for 99 % of the time and 27.3 + 10 uW for 1 %: 159.6 uW; 2538 J last 15.9 million
    # seconds
    assert budget.battery_life_s == pytest.approx(2538 / (0.99 * 160.8e-6 + 0.01 * 37.3e-6))
    assert lasts(budget) == (pytest.approx(budget.battery_life_s / 86400), "days")
    assert repr(budget).startswith(
        "PowerBudget(100 inferences/s: 160 µW, 184 days on a CR2032, idle as running"
    )
    for part in (COIN_CELL.capacity, COIN_CELL.voltage, COIN_CELL.continuous, COIN_CELL.pulse):
        assert part.source in budget._repr_html_()


@pytest.mark.parametrize(
    ("idle", "said"),
    [
        ("running", "34.8 mA on average, and a CR2032 is rated for 3 mA"),
        ("off", "35.1 mA while it computes, and a CR2032 is rated for 15 mA in pulses"),
    ],
)
def test_a_coin_cell_asked_for_more_than_it_is_rated_for_gives_no_happy_number(idle, said):
    budget = power_budget(priced(1e-6, 1e-3), LOIHI, inferences_per_s=10, idle=idle)
    assert (
        budget.battery_life_s is None
        and said in budget.too_much
        and "too much for a CR2032" in repr(budget)
    )
    assert budget.too_much in budget.notes
    assert lasts(budget) == ("no: more than it is rated for", "days")


def test_a_battery_of_ones_own_takes_the_place_of_the_coin_cell():
    cell = Battery(
        "18650",
        *(
            Sourced(v, unit, "assumed", "the user")
            for v, unit in ((3000, "mAh"), (3.6, "V"), (3, "A"), (6, "A"))
        ),
    )
    budget = power_budget(priced(1e-6, 1e-3), LOIHI, inferences_per_s=10, battery=cell)
    assert budget.battery_life_s == pytest.approx(3.0 * 3600 * 3.6 / budget.average_power_w)
    assert "4.67 days on a 18650" in repr(budget)  # 38.88 kJ at 96.4 mW


# A report


@pytest.fixture(scope="module")
def report():
    return sf.deploy(sf.load_network("digits"), LOIHI, sf.load_dataset("digits").take(20))


def test_a_report_tells_its_power_and_one_that_does_not_fit_does_not(report):
    budget = report.power_budget(inferences_per_s=10, idle="before_boot")
    assert budget.latency_s == report.latency_s and budget.idle == "before_boot"
    active_j = report.event_energy_j + report.price.static_energy_j
    assert budget.energy_j == pytest.approx(
        active_j + 29.6e-3 * (0.1 - report.latency_s), rel=1e-12
    )
    unfit = sf.deploy(report.network, LOIHI.replace(neurons_per_core=1, cores=2), report.dataset)
    assert unfit.utilisation is None
    with pytest.raises(DoesNotFit, match="does not fit"):
        unfit.power_budget(inferences_per_s=10)


def area_told(report):
    """What the area of a report is of, and the area."""
    (area,) = [q for q in report.quantities if q.label == "Area"]
    assert area.unit == "mm2"
    return area.of, area.value


def test_area_is_that_of_the_cores_where_published_and_of_the_chip_where_not(report):
    assert report.area_mm2 == pytest.approx(report.n_cores * 0.469)
    filled = sf.deploy(report.network, LOIHI, report.dataset, design=sf.Design(partition="layers"))
    assert filled.area_mm2 == pytest.approx(2 * 0.469)
    assert area_told(report) == ("Cores in use", report.area_mm2)
    whole = sf.deploy(report.network, without(LOIHI, "core_area"), report.dataset)
    assert whole.area_mm2 == 60 and area_told(whole) == ("The chip", 60.0)
    unknown = sf.deploy(report.network, without(LOIHI, "core_area", "area"), report.dataset)
    assert unknown.area_mm2 is None and area_told(unknown) == ("The chip", None)
    two = sf.deploy(
        report.network, chips_of(without(LOIHI, "core_area").replace(cores=1), 2), report.dataset
    )
    assert two.area_mm2 == 120 and area_told(two) == ("All chips", 120.0)
    assert "60 mm2 shared by 128 cores" in report._repr_html_()


def test_shares_in_use_are_those_the_fit_was_judged_by(report):
    compared = set()
    for name in profile_names():
        network = two_layers(3) if "xylo" not in name else small_xylo_network()
        deployed = sf.deploy(network, load_profile(name), SpikeDataset(spikes(network, 3)))
        if not deployed.fits:
            continue
        judged = {need.figure: need for need in deployed.fit.needs if need.share is not None}
        told = {use.figure: use for use in deployed.utilisation.uses if use.limit is not None}
        for figure in told.keys() & judged.keys():
            assert told[figure].share == pytest.approx(judged[figure].share), (name, figure)
            compared.add(figure)
    assert {
        "cores",
        "neurons_per_core",
        "synapse_memory_per_core",
        "axons_in_per_core",
        "chip_memory",
    } <= compared


def test_utilisation_says_what_has_no_published_limit(report):
    filled = sf.Design(partition="layers")
    report = sf.deploy(report.case.network, LOIHI, report.dataset, design=filled)
    used = report.utilisation
    assert used["Cores"].words == "2 of 128 cores, 1.6 %" and used["Cores"].share == 2 / 128
    assert used["Neurons"].limit == 128 * 1024 and used["Synapse memory"].used == report.memory_bits
    assert used["Busiest link of the mesh"].limit is None
    assert "limit not published" in used["Busiest link of the mesh"].words
    assert used.to_dict()["Busiest link of the mesh: limit"]["value"] is None
    assert (
        used.fullest.what == "Neurons on the fullest core" and "Utilisation" in report._repr_html_()
    )


def test_the_busiest_link_carries_the_packets_of_the_busiest_link():
    network = recurrent(1)
    record = simulate(
        network, SpikeDataset(spikes(network, 1, n_steps=4, rate=0.6)), record="events"
    )
    mapping = map_by_hand(network, LOIHI, {"out": np.arange(9) * 14})
    price = replay(record, mapping)
    most = sf.replay.utilisation(mapping, price)["Busiest link of the mesh"]
    assert (
        most.used * 4 == pytest.approx(mesh_links(mapping, price.links).packets.max())
        and most.used > 0
    )


# Several chips


def split(seed, profile, cores=(0, 1, 2, 3), n_steps=5):
    """A recurrent network with its neurons scattered over these cores, its record and mapping."""
    network = recurrent(seed)
    record = simulate(
        network, SpikeDataset(spikes(network, seed, n_steps=n_steps, rate=0.6)), record="events"
    )
    on = np.random.default_rng(seed).choice(cores, 9)
    return record, map_by_hand(network, profile, {"out": on})


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), n_chips=st.integers(2, 4))
def test_packets_between_chips_are_counted_as_one_counts_them_by_hand(seed, n_chips):
    chips = chips_of(LOIHI, n_chips)
    record, mapping = split(seed, chips, cores=[0, 60, 127, *range(128, 128 * n_chips, 61)])
    counters, price = Counters(record, mapping), replay(record, mapping)
    chip = mapping.places // 128
    between = hops = 0
    for source, target, packets in zip(*counters.links, strict=True):
        between += int(packets) * int(chip[source] != chip[target])
        hops += int(packets) * abs(int(chip[source]) - int(chip[target]))
    assert price.counts["between_chips"] * record.n_samples == between
    assert price.counts["chip_hops"] * record.n_samples == hops
    assert between <= hops <= (n_chips - 1) * between
    sent, received = (counters.per_step(name).sum(axis=2) for name in ("packets", "packets_in"))
    from_inputs = price.counts["input_packets"] * record.n_samples
    assert received.sum() == sent.sum() + from_inputs and between <= sent.sum()


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6))
def test_the_energy_of_several_chips_is_the_sum_of_its_parts_with_their_links_in_it(seed):
    two = chips_of(TRUENORTH, 2).replace(energy_hop_x=2, energy_hop_y=3)
    price = replay(*split(seed, two, cores=(4090, 4095, 4096, 8000)))
    by_hand = sum(
        n * two.si(ENERGY_FIGURES[c])
        for c, n in price.counts.items()
        if two.has(ENERGY_FIGURES.get(c, ""))
    )
    assert price.energy_j == pytest.approx(by_hand, rel=1e-12) and price.of_chips_left_out == ()
    assert price.energy_parts_j["chip_hops"] == pytest.approx(
        price.counts["chip_hops"] * 26e-12 * 34, rel=1e-12
    )
    assert price.energy_j == pytest.approx(sum(price.energy_parts_j.values()), rel=1e-12)
    assert "energy_chip_hop" in price.figures or not price.counts["chip_hops"]


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6))
def test_one_chip_costs_what_it_did_and_two_cost_their_links_more(seed):
    assert chips_of(TRUENORTH, 1) is TRUENORTH
    cores, larger = (4090, 4095, 4096, 8000), TRUENORTH.replace(cores=8192, mesh_rows=128)
    record, mapping = split(seed, larger, cores=cores)
    one, two = replay(record, mapping), replay(*split(seed, chips_of(TRUENORTH, 2), cores=cores))
    assert "chip_hops" not in one.counts and "chip_hops" not in one.energy_parts_j
    assert {c: n for c, n in two.counts.items() if c in one.counts} == one.counts
    added = two.energy_parts_j["chip_hops"]
    assert (
        two.energy_j == pytest.approx(one.energy_j + added, rel=1e-12)
        and two.latency_s == one.latency_s
    )


@settings(max_examples=15)
@given(seed=st.integers(0, 10**6), moved=st.integers(0, 5), place=st.integers(0, 255))
def test_moving_a_core_to_another_chip_changes_only_the_way(seed, moved, place):
    two = chips_of(LOIHI, 2)
    network, random = recurrent(seed), np.random.default_rng(seed)
    record = simulate(
        network, SpikeDataset(spikes(network, seed, n_steps=4, rate=0.6)), record="events"
    )
    before = random.choice(256, 6, replace=False)
    after = before.copy()
    after[moved] = place if place not in before else before[moved]
    on = random.choice(6, 9)
    prices = [
        replay(record, map_by_hand(network, two, {"out": places[on]})) for places in (before, after)
    ]
    ways = {"hops_x", "hops_y", "within_tile", "chip_hops", "between_chips"}
    one, other = ({k: v for k, v in price.counts.items() if k not in ways} for price in prices)
    assert one == other


def test_on_spinnaker_a_hop_is_a_link_between_chips_and_is_paid_once():
    # 1 nJ per packet of 40 bits from chip to chip; its mesh has one tile a chip
    three = chips_of(SPINNAKER, 3)
    network = Network(
        [Population("in", (1,), Input()), Population("out", (2,), IF(1.0))],
        [
            Projection("in", "out", np.array([[1.0, 0.0]])),
            Projection("out", "out", np.array([[0.0, 1.0], [0.0, 0.0]]), delay_steps=1),
        ],
    )
    record = simulate(network, SpikeDataset(np.array([[[True], [False]]])), record="events")
    price = replay(
        record, map_by_hand(network, three, {"out": np.array([3, 40])})
    )  # chips of 17 cores: 0 and 2
    assert (
        price.counts["between_chips"] == 1
        and price.counts["chip_hops"] == price.counts["hops_y"] == 2
    )
    assert (
        price.energy_parts_j["hops_y"] == pytest.approx(2e-9)
        and "chip_hops" not in price.energy_parts_j
    )
    assert price.of_chips_left_out == () and "energy_chip_hop" not in price.not_published


def test_links_between_chips_without_a_published_price_are_said_to_be_left_out():
    price = replay(*split(1, chips_of(LOIHI, 2), cores=(3, 200)))
    assert price.counts["chip_hops"] > 0 and price.energy_j > 0
    assert price.not_published == ("energy_chip_hop",)
    assert price.of_chips_left_out == (
        "energy of links between chips",
        "time of links between chips",
        "time until all chips agree that a step is over",
    )
    assert "without links between chips" in repr(price)
    assert price.notes == (f"Several chips, left out: {', '.join(price.of_chips_left_out)}",)
    assert any(
        "left out" in note
        for note in power_budget(price, chips_of(LOIHI, 2), inferences_per_s=10).notes
    )
    apart = replay(
        *split(1, chips_of(LOIHI, 2), cores=(3, 100))
    )  # on one of the two: nothing is left out
    assert (
        apart.counts["between_chips"] == 0 and apart.of_chips_left_out == apart.not_published == ()
    )
    assert "without" not in repr(apart)


def test_without_a_barrier_the_way_between_chips_takes_its_time():
    times = {
        f"time_{name}": 0
        for name in (
            "synaptic_operation",
            "update_active",
            "update_inactive",
            "within_tile",
            "hop_x",
            "hop_y",
        )
    }
    one = load_profile("dynap_se2").replace(**times, energy_chip_hop=5)
    fast, slow = (
        chips_of(one, 3).replace(time_chip_hop=0),
        chips_of(one, 3).replace(time_chip_hop=70),
    )
    network = Network(
        [Population("in", (1,), Input()), Population("out", (2,), IF(1.0))],
        [
            Projection("in", "out", np.array([[1.0, 0.0]])),
            Projection("out", "out", np.array([[0.0, 1.0], [0.0, 0.0]]), delay_steps=1),
        ],
    )
    record = simulate(network, SpikeDataset(np.array([[[True], [False]]])), record="events")
    prices = [
        replay(record, map_by_hand(network, p, {"out": np.array([0, 11])})) for p in (fast, slow)
    ]  # two away
    assert prices[1].latency_s - prices[0].latency_s == pytest.approx(2 * 70e-9)
    assert "time_chip_hop" in prices[1].figures and prices[1].of_chips_left_out == ()


def test_powers_and_spreads_of_several_chips_add_up():
    two = chips_of(LOIHI, 2)
    for name in (
        "static_power",
        "static_power_before_boot",
        "static_power_after_run",
        "area",
        "cores",
    ):
        assert two.value(name) == pytest.approx(2 * LOIHI.value(name))
    assert two.value("cores_per_chip") == 128 and chips_of(two, 2).value("cores_per_chip") == 128
    wide = LOIHI.replace(static_power=Sourced(232, "mW", "measured", "two runs", spread=(232, 282)))
    assert chips_of(wide, 3).figure("static_power").spread == (696, 846)

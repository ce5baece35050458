"""Stored and live input: time occupied, energy and power by closed forms, and early answers."""

import itertools

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import DatasetProblem, DesignProblem, UnknownName
from spikefit_nb.hardware import SCENARIOS, profile_names, settle_scenario
from spikefit_nb.network import IF, Input, Network, Population, Projection
from spikefit_nb.replay import Arrivals, Counters, Links, Operation, Pace, Price
from spikefit_nb.replay.clocks import clocks_in_words
from spikefit_nb.replay.pace import pace_of
from spikefit_nb.replay.timing import time_run
from spikefit_nb.units import text

LIVE = {"spinnaker1", "spinnaker2", "truenorth", "speck", "dynap_se2", "brainscales2"}
LIVE |= {"xylo_audio2", "xylo_audio3", "xylo_imu"}
LINKS = Links(*[np.zeros(0)] * 3)


def priced(step_s, energy_j=1e-6, **more):
    """A run of which only the times of its steps and one energy matter."""
    steps, events = np.asarray(step_s, float), {"spikes": energy_j}
    more |= {"step_s": steps, "slowest_step_s": steps.max()}
    return Price(
        {},
        events,
        float(steps.sum()),
        None,
        np.zeros(1),
        LINKS,
        len(steps),
        (),
        (),
        **more,
    )


def operation(price, scenario, *, dt_s=1e-3, n_steps=None, chip="loihi1"):
    profile = sf.load_profile(chip)
    return Operation(price, profile, scenario, dt_s, n_steps or price.n_steps)


def test_each_chip_has_the_scenario_it_is_built_for():
    for name in profile_names():
        wanted = "real_time" if name in LIVE else "single_stream"
        assert settle_scenario(sf.load_profile(name), None) == wanted, name


@pytest.mark.parametrize("step_s", [1e-5, 1e-3])
def test_a_chip_that_keeps_up_is_occupied_as_long_as_the_recording_and_one_step(step_s):
    live = operation(priced([step_s] * 40), "real_time")
    assert live.keeps_up and live.lag_s == pytest.approx(step_s)
    assert live.occupied_s == pytest.approx(40 * 1e-3 + step_s)


def test_a_chip_that_does_not_keep_up_lags_by_what_every_step_lacks():
    live = operation(priced([3e-3] * 40), "real_time")
    assert not live.keeps_up and "too slow" in repr(live)
    assert live.occupied_s == pytest.approx(1e-3 + 40 * 3e-3)
    assert live.lag_s == pytest.approx(1e-3 + 40 * 3e-3 - 40e-3)


def test_one_slow_step_is_made_up_for_by_the_slack_of_others():
    steps = np.full(40, 0.5e-3)
    steps[10] = 4e-3  # 3 ms too long, made up for by half a millisecond in each of six steps
    live = operation(priced(steps), "real_time")
    assert not live.keeps_up and live.lag_s == pytest.approx(0.5e-3)


def test_steps_that_let_spikes_through_wait_for_nothing():
    live = operation(priced([1e-5] * 43), "real_time", n_steps=40)
    assert live.occupied_s == pytest.approx(40e-3 + 4e-5)


def test_energy_is_events_and_static_power_over_the_time_occupied():
    price = priced([1e-5] * 40)
    for scenario, occupied_s in (("single_stream", 4e-4), ("real_time", 40e-3 + 1e-5)):
        made = operation(price, scenario)
        assert made.energy_j.value == pytest.approx(1e-6 + 104.4e-3 * occupied_s)
        assert made.power_w.value == pytest.approx(made.energy_j.value / occupied_s)
        assert made.inferences_per_s == pytest.approx(1 / occupied_s)


def test_static_power_lies_between_that_of_its_states():
    low, value, high = operation(priced([1e-5]), "offline").static_power_w
    assert value == pytest.approx(104.4e-3)
    assert low == pytest.approx(29.6e-3) and low < 30e-3 < value < high


def test_a_tick_of_another_length_than_the_steps_of_the_recordings_is_said():
    price = priced([1e-3] * 40, timing="tick")
    other = operation(price, "single_stream", dt_s=5e-3, chip="spinnaker1")
    assert other.speed == pytest.approx(5.0)
    assert "stored input runs at 5 times its speed" in " ".join(other.notes)
    same = operation(price, "single_stream", dt_s=1e-3, chip="spinnaker1")
    assert "times its speed" not in " ".join(same.notes)


def test_a_chip_whose_tick_is_not_published_has_no_speed():
    report = sf.deploy(
        sf.load_network("digits"), sf.load_profile("spinnaker2"), sf.load_dataset("digits").take(2)
    )
    live = report.operations["real_time"]
    assert live.speed is None and live.notes and live.energy_j is None


def test_without_published_times_or_power_nothing_is_made_up():
    unknown = Price({}, None, None, None, np.zeros(1), LINKS, 10, (), ("tick",))
    for scenario in SCENARIOS:
        made = operation(unknown, scenario, chip="seneca")
        assert made.energy_j is made.power_w is made.occupied_s is made.keeps_up is None
        assert "energy not published" in repr(made)


def test_what_is_no_scenario_or_no_time_is_refused():
    with pytest.raises(UnknownName, match="scenario"):
        operation(priced([1e-5]), "realtime")
    with pytest.raises(DesignProblem, match="dt_s"):
        operation(priced([1e-5]), "real_time", dt_s=0.0)
    with pytest.raises(UnknownName, match="scenario"):
        sf.deploy(*digits(), scenario="batch")


def digits():
    network, profile = sf.load_network("digits"), sf.load_profile("loihi1")
    return network, profile, sf.load_dataset("digits").take(60)


def test_a_report_tells_its_scenario_and_repeats_it_in_its_line():
    report = sf.deploy(*digits(), scenario="real_time")
    assert report.operation is report.operations["real_time"]
    assert "scenario='real_time'" in report.code
    assert sf.deploy(*digits()).operation.scenario == "single_stream"
    of = {q.of for q in report.quantities}
    assert {"Live input", "Stored input, one at a time"} <= of


def test_xylo_spends_above_idle_what_it_draws_more_than_idle():
    chip = sf.load_profile("xylo_audio3")
    layers = [sf.Population("in", (4,), sf.Input())]
    neuron = sf.CubaLIF(0.02, 0.02, v_threshold=2.0, reset="subtract")
    layers += [sf.Population("hidden", (6,), neuron), sf.Population("out", (2,), neuron)]
    links = [("in", "hidden", (4, 6)), ("hidden", "out", (6, 2))]
    network = sf.Network(layers, [sf.Projection(s, t, np.ones(n)) for s, t, n in links])
    report = sf.deploy(network, chip, sf.SpikeDataset(np.ones((2, 50, 4), bool), dt_s=5e-3))
    active_w, idle_w = chip.si("active_power"), chip.si("static_power")
    stored = report.operations["single_stream"]
    assert stored.event_energy_j.value == pytest.approx((active_w - idle_w) * report.latency_s)
    assert stored.energy_j.value == pytest.approx(active_w * report.latency_s)
    live = report.operation
    assert any("Mixes clocks" in note for note in report.notes)
    assert live.is_live and live.energy_j.value == pytest.approx(
        stored.event_energy_j.value + idle_w * live.occupied_s
    )


def test_braille_live_costs_thousands_of_times_what_it_costs_stored(shared_data):
    parts = sf.load_network("braille"), sf.load_profile("loihi1"), sf.load_dataset("braille")
    filled = sf.Design(partition="layers")
    report = sf.deploy(*parts[:2], parts[2].take(100), design=filled)
    stored, live = report.operations["single_stream"], report.operations["real_time"]
    events_j, static_w = report.price.energy_j, 104.4e-3
    assert stored.energy_j.value == pytest.approx(events_j + static_w * report.latency_s)
    assert live.energy_j.value == pytest.approx(events_j + static_w * (256 * 5e-3 + live.lag_s))
    assert live.lag_s < 1e-5 and 5_000 < live.energy_j.value / stored.energy_j.value < 7_000


@pytest.mark.parametrize("kind", ["dense", "events", "currents"])
def test_the_first_steps_of_recordings_are_those_of_the_array(kind):
    random = np.random.default_rng(0)
    spikes = random.random((5, 12, 6)) < (0.03 if kind == "events" else 0.5)
    if kind == "currents":
        spikes = np.broadcast_to(random.random((5, 1, 6), np.float32), (5, 12, 6))
    dataset = sf.SpikeDataset(spikes, [0, 1, 0, 1, 2])
    for n in (1, 7, 12):
        cut = dataset.take_steps(n)
        assert np.array_equal(cut.spikes[:], np.asarray(spikes)[:, :n])
        assert np.array_equal(cut.labels, dataset.labels) and cut.dt_s == dataset.dt_s
    assert dataset.take_steps(12) is dataset
    with pytest.raises(DatasetProblem, match="12 steps"):
        dataset.take_steps(13)


def test_a_design_of_fewer_steps_is_the_run_of_shorter_recordings():
    network, profile, dataset = digits()
    early = sf.deploy(network, profile, dataset, design=sf.Design(n_steps=20))
    alone = sf.deploy(network, profile, dataset.take_steps(20))
    assert early.accuracy == alone.accuracy and early.price.counts == alone.price.counts
    assert early.latency_s == alone.latency_s
    whole = sf.deploy(network, profile, dataset)
    assert early.latency_s < 0.4 * whole.latency_s
    assert early.operation.recording_s == pytest.approx(20 * dataset.dt_s)
    with pytest.raises(DesignProblem, match="64 steps"):
        sf.deploy(network, profile, dataset, design=sf.Design(n_steps=65))


@pytest.mark.parametrize("chip", ["truenorth", "spinnaker1"])
def test_a_tick_as_long_as_a_step_keeps_up_with_any_number_of_recordings(chip):
    neuron = sf.IF(1.0) if chip == "truenorth" else sf.LIF(0.02, 0.05)
    layers = [sf.Population("in", (8,), sf.Input()), sf.Population("out", (6,), neuron)]
    network = sf.Network(layers, [sf.Projection("in", "out", np.full((8, 6), 0.5))])
    spikes = np.random.default_rng(0).random((24, 20, 8)) < 0.3
    for n in (1, 10, 24):
        report = sf.deploy(network, sf.load_profile(chip), sf.SpikeDataset(spikes[:n]))
        assert report.operation.keeps_up, n
        assert "keeps up, 1 times slack" in repr(report.operation)


def test_one_recording_that_overloads_a_chip_is_not_averaged_away():
    random = np.random.default_rng(0)
    layers = [sf.Population("in", (200,), sf.Input())]
    layers.append(sf.Population("out", (100,), sf.LIF(0.02, 5.0)))
    weights = np.abs(random.normal(0, 0.5, (200, 100)))
    spikes = np.zeros((20, 20, 200), bool)
    spikes[0] = True
    network = sf.Network(layers, [sf.Projection("in", "out", weights)])
    loihi, whole = sf.load_profile("loihi1"), sf.SpikeDataset(spikes, dt_s=2e-5)
    how = {"scenario": "real_time", "design": sf.Design(partition="layers")}
    live = sf.deploy(network, loihi, whole, **how).operation
    alone = sf.deploy(network, loihi, whole.take(1), **how).operation
    assert not live.keeps_up and live.slowest_step_s == alone.slowest_step_s > 2e-5


@pytest.mark.parametrize("chip", ["spinnaker2", "reckon"])
def test_a_chip_whose_tick_is_not_published_shows_itself(chip):
    neuron = sf.LIF(0.02) if chip == "reckon" else sf.IF(1.0, reset="subtract")
    layers = [sf.Population("in", (4,), sf.Input()), sf.Population("h", (4,), neuron)]
    layers.append(sf.Population("out", (2,), neuron))
    links = [("in", "h", (4, 4)), ("h", "out", (4, 2))]
    network = sf.Network(layers, [sf.Projection(s, t, np.ones(n)) for s, t, n in links])
    report = sf.deploy(network, sf.load_profile(chip), sf.SpikeDataset(np.ones((2, 9, 4), bool)))
    for made in report.operations.values():
        assert made.speed is None and made.to_dict() and made._repr_html_()


def test_a_clock_that_costs_runs_on_while_a_chip_waits():
    odin = sf.load_profile("odin")
    price = priced([1e-5] * 40)
    live = Operation(price, odin, "real_time", 1e-3, 40)
    static_w, clock_w = odin.si("static_power"), odin.si("clock") * odin.si("energy_clock_cycle")
    waiting_s = live.occupied_s - price.latency_s
    by_hand = 1e-6 + static_w * live.occupied_s + clock_w * waiting_s
    assert live.energy_j.value == pytest.approx(by_hand)


def test_two_reports_are_compared_in_one_scenario():
    network, profile, dataset = digits()
    design = sf.Design(partition="layers")  # the same cores
    stored, live = (
        sf.deploy(network, profile, dataset, scenario=s, design=design)
        for s in ("single_stream", "real_time")
    )
    for one, other in ((stored, live), (live, stored)):
        changes = {name: change for name, _, _, change in one.compare(other).table()}
        (energy,) = (c for name, c in changes.items() if name.startswith("Energy with static"))
        assert energy.startswith("+0 %")
    truenorth = sf.deploy(
        network, sf.load_profile("truenorth"), dataset, design=sf.Design(weight_bits=2)
    )
    compared = stored.compare(truenorth)
    assert compared.after.operation.scenario == "single_stream"
    assert compared.after.energy_j == truenorth.operations["single_stream"].energy_j.value


def naive_lag_s(step_s, dt_s, n_steps):
    """One recording's answer after its end, step by step."""
    now_s = 0.0
    for k, own_s in enumerate(step_s):
        now_s = max(now_s, min(k + 1, n_steps) * dt_s) + own_s
    return now_s - n_steps * dt_s


def test_each_recording_lags_by_its_own_steps_and_misses_those_that_are_too_long():
    random = np.random.default_rng(0)
    step_s = random.exponential(0.7e-3, (30, 21))
    late = random.random((30, 21)) < 0.05
    pace = pace_of(step_s, late, Arrivals(1e-3, 20))
    assert pace.lag_s == pytest.approx([naive_lag_s(row, 1e-3, 20) for row in step_s])
    missed = [[s > 1e-3 or is_late for s, is_late in zip(*pair, strict=True)]
              for pair in zip(step_s, late, strict=True)]  # fmt: skip
    assert pace.n_missed.tolist() == [sum(row) for row in missed] and pace.n_missed.any()


def test_a_deadline_is_held_against_lags_live_and_against_latencies_stored():
    pace = Pace(Arrivals(1e-3, 40), np.array([1e-3, 2e-3, 4e-3, 8e-3]), np.array([0, 0, 4, 16]))
    sample_s = np.array([0.01, 0.02, 0.03, 0.04])
    price = priced([1e-4] * 40, sample_s=sample_s, pace=pace)
    profile = sf.load_profile("loihi1")
    live = Operation(price, profile, "real_time", 1e-3, 40, deadline_s=3e-3)
    assert live.late_share == 0.5 and live.worst_answer_s == 8e-3
    assert live.missed_steps_share == pytest.approx(20 / (4 * 40))
    assert "50.0 % of the answers miss the deadline of 3 ms: the slowest takes 8 ms" in live.notes
    stored = Operation(price, profile, "single_stream", 1e-3, 40, deadline_s=35e-3)
    assert stored.late_share == 0.25 and stored.missed_steps_share is None
    at_ease = Operation(price, profile, "real_time", 1e-3, 40, deadline_s=8e-3)
    assert at_ease.late_share == 0.0 and at_ease.lateness == ""
    for other in ((2e-3, 40), (1e-3, 39)):  # recordings that the pace was not told of
        assert Operation(price, profile, "real_time", *other).missed_steps_share is None


def test_a_pipeline_takes_the_next_recording_while_the_last_spikes_are_under_way():
    price = priced([1e-4] * 43)
    stored = operation(price, "offline", n_steps=40)
    assert stored.pipelined_per_s == pytest.approx(1 / 4e-3)
    assert stored.pipelined_per_s > stored.inferences_per_s
    assert operation(price, "real_time", n_steps=40).pipelined_per_s == pytest.approx(1 / 40e-3)
    slow = operation(priced([2e-3] * 40), "real_time")
    assert slow.pipelined_per_s == pytest.approx(1 / 80e-3)


def test_a_report_counts_input_events_and_the_operations_of_its_busiest_core():
    network, profile, dataset = digits()
    report = sf.deploy(network, profile, dataset, scenario="real_time", deadline_s=1e-6)
    events = dataset.spikes[:].sum() / dataset.n_samples
    live, stored = report.operation, report.operations["single_stream"]
    assert live.input_events_hz == pytest.approx(events / live.recording_s)
    assert stored.input_events_hz == pytest.approx(events / report.latency_s)
    per_core = Counters(report.record, report.mapping).per_step("synaptic_operations")
    busiest = per_core.sum(axis=1).mean(axis=0).max()
    assert live.busiest_operations_per_s == pytest.approx(busiest / live.recording_s)
    step_s = report.price.step_s
    assert live.missed_steps_share == 0.0 and step_s.max() < dataset.dt_s
    assert live.worst_answer_s >= step_s[-1] and live.late_share > 0
    assert "miss the deadline of 1 µs" in report.notes[0]
    assert report.finding.endswith(f", {live.late_share:.1%} late".replace("%", " %"))
    of_live = (live.late_share, live.lag_s, live.slowest_step_s)
    assert (report.late_share, report.lag_s, report.slowest_step_s) == of_live
    assert report.to_dict()["Live input: lag_s"]["value"] == live.lag_s
    assert "deadline_s=1e-06" in report.code
    assert {"Live input: input_events_hz", "Live input: missed_steps_share"} <= set(
        report.to_dict()
    )


def test_events_a_second_are_told_also_where_no_times_are_published():
    layers = [sf.Population("in", (4,), sf.Input())]
    layers.append(sf.Population("out", (3,), sf.IF(1.0, reset="subtract")))
    network = sf.Network(layers, [sf.Projection("in", "out", np.eye(4)[:, :3])])
    spikes = np.random.default_rng(0).random((5, 20, 4)) < 0.5
    dataset = sf.SpikeDataset(spikes, dt_s=2e-3)
    live = sf.deploy(network, sf.load_profile("speck"), dataset).operation
    assert live.is_live and live.occupied_s is None
    assert live.input_events_hz == pytest.approx(spikes.sum() / 5 / 40e-3)
    assert live.busiest_operations_per_s == pytest.approx(spikes[..., :3].sum() / 5 / 40e-3)
    report = sf.deploy(network, sf.load_profile("speck"), dataset)
    for told in (live, report):
        (said,) = [note for note in told.notes if "pile up" in note]
        assert text(live.busiest_operations_per_s, "SOP/s") in said and "not published" in said
        for remedy in ("decimate", "pool the input", "fewer channels"):
            assert remedy in said
    assert not any("decimate" in note for note in sf.deploy(*digits()).operation.notes)


def test_operations_a_second_are_no_frequency():
    assert text(2.47e8, "SOP/s") == "247 MSOP/s" and text(0.0, "SOP/s") == "0 SOP/s"
    (told,) = [
        q
        for q in operation(
            priced([1e-3] * 4, core_counts={"synaptic_operations": np.array([2.0, 8.0])}),
            "real_time",
        ).quantities
        if q.name == "busiest_operations_per_s"
    ]
    assert told.text == "2 kSOP/s"  # eight in 4 ms


@pytest.mark.parametrize(
    "chip, said",
    [
        ("xylo_audio3", ("idle power at 6.25 MHz", "active power at a clock not stated", "50 MHz")),
        ("xylo_imu", ("idle power at a clock not stated", "active power at a clock not stated")),
        ("xylo_audio2", ()),  # no power is published that a clock could be of
        ("odin", ()),
    ],
)
def test_a_chip_whose_powers_and_times_are_of_several_clocks_says_so(chip, said):
    notes = " ".join(operation(priced([1e-5] * 4), "real_time", chip=chip).notes)
    assert ("Mixes clocks" in notes) == bool(said)
    for each in said:
        assert each in notes


def test_figures_of_one_clock_are_not_said_to_mix():
    profile = sf.load_profile("xylo_audio3")
    one = profile.replace(clock=6.25, clock_of_active_power=6.25)
    assert clocks_in_words(profile) and not clocks_in_words(one)


def test_a_deadline_that_nobody_can_judge_is_told_so_first_and_one_that_is_kept_is_not():
    layers = [sf.Population("in", (4,), sf.Input())]
    layers.append(sf.Population("out", (3,), sf.IF(1.0, reset="subtract")))
    network = sf.Network(layers, [sf.Projection("in", "out", np.eye(4)[:, :3])])
    dataset = sf.SpikeDataset(np.ones((1, 20, 4), bool))
    unknown = sf.deploy(network, sf.load_profile("speck"), dataset, deadline_s=0.05)
    assert unknown.late_share is None and unknown.lag_s is None
    assert unknown.notes[0].startswith("Whether answers come within the deadline of 50 ms is not")
    assert "deadline" not in " ".join(sf.deploy(*digits()).notes)
    kept = sf.deploy(*digits(), deadline_s=1.0)
    assert kept.late_share == 0.0 and "late" not in kept.finding
    assert "deadline" not in " ".join(kept.notes)
    nowhere = sf.deploy(digits()[0], sf.load_profile("truenorth"), digits()[2], deadline_s=1.0)
    assert not nowhere.fits and nowhere.late_share is None and nowhere.slowest_step_s is None


def test_the_worst_lag_of_a_run_is_that_of_its_steps_as_replay_times_them():
    network, profile, dataset = digits()
    quick = sf.SpikeDataset(dataset.spikes[:], dataset.labels, dt_s=5e-6)  # steps take about 5 us
    design = sf.Design(partition="layers")  # by itself it takes cores that keep up
    report = sf.deploy(network, profile, quick, scenario="real_time", design=design)
    counters = Counters(report.record, report.mapping)
    step_s = time_run(counters, profile, "simple", counters.count).step_s
    lags = [naive_lag_s(row, 5e-6, quick.n_steps) for row in step_s]
    assert report.operation.worst_answer_s == pytest.approx(max(lags))
    assert 0 < report.operation.missed_steps_share < 1
    assert report.operation.missed_steps_share == pytest.approx(np.mean(step_s > 5e-6))


@pytest.mark.parametrize("deadline_s", [0.0, -1.0, float("inf"), float("nan")])
def test_what_is_no_deadline_is_refused(deadline_s):
    with pytest.raises(DesignProblem, match="deadline_s"):
        sf.deploy(*digits(), deadline_s=deadline_s)


def pipeline():
    """Three layers in a row of 1, 3 and 2 neurons, which all fire when a spike comes."""
    sizes = {"a": 1, "b": 3, "c": 2}
    names = ["in", *sizes]
    return Network(
        [
            Population("in", (1,), Input()),
            *(Population(p, (n,), IF(1.0)) for p, n in sizes.items()),
        ],
        [
            Projection(s, t, np.ones((sizes.get(s, 1), sizes[t])))
            for s, t in itertools.pairwise(names)
        ],
    )


def test_a_three_layer_pipeline_has_the_latency_and_the_throughput_worked_out_by_hand():
    network, dataset = pipeline(), SpikeDataset(np.ones((3, 5, 1), bool))
    profile = sf.load_profile("loihi1")
    design = sf.Design(partition="layers")
    stored = sf.deploy(network, profile, dataset, design=design, scenario="single_stream").operation
    operation_s, active_s, inactive_s = (
        profile.si(f"time_{of}")
        for of in ("synaptic_operation", "update_active", "update_inactive")
    )
    barrier_s = 113e-9  # of the one tile that three cores are on
    b, b_updates = 3 * operation_s + 3 * active_s, 3 * active_s
    c, c_updates = 6 * operation_s + 2 * active_s, 2 * active_s
    first_s = max(operation_s + active_s, 3 * operation_s + 3 * inactive_s)  # b hears in the next
    second_s = max(b, 6 * operation_s + 2 * inactive_s)
    last_s = max(b_updates, c) + max(c_updates, 3 * inactive_s)
    latency_s = first_s + second_s + 3 * max(b, c) + last_s + 7 * barrier_s
    assert stored.occupied_s == pytest.approx(latency_s, rel=1e-9)
    assert stored.pipelined_per_s == pytest.approx(1 / (5 * (max(b, c) + barrier_s)), rel=1e-9)
    assert 1 < stored.pipelined_per_s * stored.occupied_s < 7 / 5 + 0.1


def test_recordings_in_a_pipeline_take_as_long_as_one_run_of_all_of_them():
    """Layers that forget between steps: what one recording leaves behind changes no other."""
    network = pipeline()
    random = np.random.default_rng(3)
    spikes = random.random((4, 6, 1)) < 0.5
    profile, design = sf.load_profile("loihi1"), sf.Design(partition="layers")
    apart = sf.deploy(network, profile, SpikeDataset(spikes), design=design)
    rounds = np.concatenate([spikes.reshape(1, 24, 1)] * 2, axis=1)
    whole = sf.deploy(network, profile, SpikeDataset(rounds), design=design)
    second = whole.price.step_s[24:48].sum()  # the first round starts with nothing under way
    assert apart.price.pace.period_s.sum() == pytest.approx(second, rel=1e-9)

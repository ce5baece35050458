"""What a report leads with, family by family, and what of a chip draws power while it idles."""

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.deploy.leading import SAY
from spikefit_nb.hardware import FAMILIES, profile_names
from spikefit_nb.replay import Links, Operation, Price
from spikefit_nb.units import si

IF = sf.IF(2.0, reset="subtract")
TO_ZERO = sf.IF(2.0)
LIF = sf.LIF(0.02, v_threshold=1.0)
CUBA = sf.CubaLIF(0.02, 0.02, v_threshold=2.0, reset="subtract")
DATASET = sf.SpikeDataset(np.random.default_rng(0).random((4, 40, 8)) < 0.4, dt_s=1e-3)
RATE = f"{DATASET.spikes[:].sum() / 4 / 40e-3:,.0f} input events/s"


def report_of(chip, neuron=IF, **options):
    """Eight inputs, six neurons and two that answer, of weights +1 and -1."""
    random = np.random.default_rng(1)
    layers = [sf.Population("in", (8,), sf.Input())]
    layers += [sf.Population("hidden", (6,), neuron), sf.Population("out", (2,), neuron)]
    links = [("in", "hidden", (8, 6)), ("hidden", "out", (6, 2))]
    weights = [sf.Projection(s, t, random.choice([-1.0, 1.0], n)) for s, t, n in links]
    profile = sf.load_profile(chip) if isinstance(chip, str) else chip
    report = sf.deploy(sf.Network(layers, weights), profile, DATASET, **options)
    assert report.fits, report
    return report


def steady(chip, energy_j, n_steps, step_s=1e-3, **more):
    """A live run of which only energy and the time of a step matter."""
    steps = np.full(n_steps, step_s)
    told = {"step_s": steps, "slowest_step_s": step_s, "timing": "tick"} | more
    links = Links(*[np.zeros(0)] * 3)
    price = Price({}, {"updates": energy_j}, step_s * n_steps, None, np.zeros(1), links, n_steps,
                  (), (), **told)  # fmt: skip
    return Operation(price, chip, "real_time", 1e-3, n_steps)


def test_families_lead_with_what_can_be_said():
    for name in profile_names():
        leads = FAMILIES[sf.load_profile(name).family].leads_with
        assert leads and set(leads) <= set(SAY), name


def test_loihi_leads_with_dynamic_and_total_energy_and_names_the_static_state():
    for scenario, word in (("single_stream", "in all"), ("real_time", "live")):
        report = report_of("loihi1", TO_ZERO, scenario=scenario)
        dynamic_j, occupied_s = report.price.energy_j, report.operation.occupied_s
        total_j = dynamic_j + 104.4e-3 * occupied_s
        said = f"{si(dynamic_j, 'J')} of events, {si(total_j, 'J')} {word} with static power as"
        assert f"{said} running," in report.headline and f"{said} running," in report._repr_html_()


def test_a_chip_with_one_published_state_names_none():
    assert "with static power" not in report_of("odin", TO_ZERO).headline


def test_truenorth_leads_with_power_at_its_tick_and_dynamic_energy():
    report = report_of("truenorth")
    power_w = 64.43e-3 + report.price.energy_j / report.operation.occupied_s
    said = f"{si(power_w, 'W')} at its tick of 1 ms, {si(report.price.energy_j, 'J')} of events,"
    assert said in report.headline


def test_xylo_leads_with_power_at_a_rate_of_events():
    report = report_of("xylo_audio3", CUBA)
    live = report.operation
    power_w = 590.9e-6 + (1057e-6 - 590.9e-6) * report.latency_s / live.occupied_s
    assert f"{si(power_w, 'W')} at {RATE}," in report.headline


def test_power_that_nobody_has_published_is_still_told_with_the_rate():
    assert f"power not published (420 µW idle) at {RATE}," in report_of("speck").headline
    profile = sf.load_profile("dynap_se2").replace(neuron_models=["IF"], resets=["subtract"])
    assert f"power not published at {RATE}," in report_of(profile).headline


def test_a_power_without_its_static_part_says_so():
    figures = {name: 1.0 for name in ("energy_synaptic_operation", "energy_update_active")}
    profile = sf.load_profile("spinnaker2")
    assert "power not published," in report_of(profile, LIF).headline
    bare = sf.load_profile("seneca").replace(**figures)  # leads with energy: nothing of power
    assert "static" not in report_of(bare).headline


def test_spinnaker_leads_with_its_board_and_the_cores_in_use():
    report = report_of("spinnaker1", LIF)
    power_w = 2.67 + report.price.energy_j / report.operation.occupied_s
    assert f"fits spinnaker1: {report.n_cores} of 17 cores, {si(power_w, 'W')} of a board of 4" in (
        report.headline
    )
    assert {"Power: board_power_w", "Power: static_power_cores_w"} <= set(report.to_dict())


def test_a_board_of_neurons_that_do_not_spike_draws_what_was_measured():
    # SNABSuite, config_energy: 16,065 neurons on a SpiNN-3 board for 10,002 steps of 1 ms draw
    # 1.439 W above the 2.671 W of the idle board
    chip, n_steps = sf.load_profile("spinnaker1"), 10_002
    board = steady(chip, 16_065 * 89.6e-9 * n_steps, n_steps).board_power_w
    assert board.value == pytest.approx(2.671 + 1.439, rel=2e-3)
    assert board.low < board.value < board.high


@pytest.mark.parametrize("n_chips, n_boards", [(1, 1), (4, 1), (5, 2), (9, 3)])
def test_chips_that_one_board_does_not_hold_take_more(n_chips, n_boards):
    chip = sf.load_profile("spinnaker1").replace(cores=17 * n_chips, cores_per_chip=17)
    made = steady(chip, 0.0, 10)
    assert made.n_boards == n_boards
    assert made.board_power_w.value == pytest.approx(2.67 * n_boards)


def test_the_share_of_the_cores_in_use_is_a_row_of_its_own_and_so_are_x86_cores():
    report = report_of("loihi1", TO_ZERO, design=sf.Design(partition="layers"))
    rows = {q.name: q for q in report.quantities if q.of == "Power"}
    share = rows["static_power_cores_w"]
    assert report.n_cores == 2 and share.value == pytest.approx(2 / 128 * 104.4e-3)
    assert share.low == pytest.approx(2 / 128 * 29.6e-3) and share.low < share.value < share.high
    x86 = rows["x86_power_w"]
    assert (x86.low, x86.high) == (65.3e-3, 66.9e-3) and "in no sum" in x86.label
    assert "share of the cores in use" in report._repr_html_() and "x86" in report._repr_html_()
    alone = report.operation.energy_j.value - report.price.energy_j
    assert alone == pytest.approx(104.4e-3 * report.latency_s)  # neither row is added to it


def test_one_core_has_no_share_and_only_loihi_has_x86_cores():
    names = {q.name for q in report_of("odin", TO_ZERO).quantities if q.of == "Power"}
    assert names == {"static_power_w"}


def test_the_published_total_of_braille_on_loihi_lies_inside_the_interval(shared_data):
    # Mueller-Cleve 2022, Front. Neurosci. 16, 10.3389/fnins.2022.951164, abstract: a total of about
    # 30 mW for Braille on Loihi
    report = sf.deploy(
        sf.load_network("braille"),
        sf.load_profile("loihi1"),
        sf.load_dataset("braille").take(20),
        scenario="real_time",
    )
    power = report.operation.power_w
    assert power.low <= 30e-3 <= power.high
    assert power.low > 29.6e-3 and power.value > 100e-3  # before its first boot, and running

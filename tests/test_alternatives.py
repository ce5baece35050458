"""What people would use instead: the same layers as an ANN, and processors that run one."""

from dataclasses import replace

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.errors import DoesNotFit
from spikefit_nb.replay import PROCESSORS, SameLayers

LOIHI = sf.load_profile("loihi1")
MAX78000, CORTEX = PROCESSORS
# the table, in pJ: of 8-bit factors, of 32-bit terms, and of a bit in 32 KB, 8 KB and 1 MB
MULTIPLY, ADD, BIT, SMALL_BIT, LARGE_BIT = 0.2, 0.1, 20 / 64, 10 / 64, 100 / 64


def layer(n_in=40, n_out=30, n_steps=3, n_events=6, *, profile=LOIHI, scenario=None, **other):
    """One dense layer whose every recording has so many events, in the first step, and that never
    fires.
    """
    weight = np.linspace(0.5, 1.0, n_in * n_out).reshape(n_in, n_out)
    network = sf.Network(
        [sf.Population("in", (n_in,), sf.Input()), sf.Population("out", (n_out,), sf.IF(1e3))],
        [sf.Projection("in", "out", weight)],
    )
    spikes = np.zeros((2, n_steps, n_in), bool)
    spikes[:, 0, :n_events] = True
    dataset = sf.SpikeDataset(spikes, [0, 1], dt_s=1e-3)
    return sf.deploy(network, profile, dataset, scenario=scenario, **other)


def by_hand(report, bit_pj):
    """Energy of the ANN, of events and of updates, in pJ, and the spike rate."""
    n_in, n_out, n_events = 40, 30, 6
    n_steps, n_synapses = report.price.n_steps, n_in * n_out
    activation = int(np.ceil(np.log2(n_steps + 1)))
    multiply = MULTIPLY * 8 * activation / 64
    ann = n_synapses * (multiply + ADD + 8 * bit_pj) + 2 * (n_in + n_out) * activation * bit_pj
    address = 7  # bits, for 70 nodes
    events = n_events * n_out * (ADD + 8 * bit_pj) + n_events * 2 * address * bit_pj
    updates = n_out * n_steps * (2 * ADD + 2 * 32 * bit_pj)
    return ann, events, updates, n_events / n_in / n_steps


def test_the_break_even_rate_is_a_closed_form_of_counts_and_the_table():
    report = layer()
    layers = report.alternatives().layers
    found = []
    for bit_pj in (BIT, SMALL_BIT, LARGE_BIT):
        ann, events, updates, rate = by_hand(report, bit_pj)
        in_registers = 30 * report.price.n_steps * 2 * ADD
        found += [rate * (ann - each) / events for each in (updates, in_registers)]
    assert layers.spikes_per_step == pytest.approx(rate)
    assert layers.break_even == pytest.approx((min(found), found[0], max(found)))
    ann, events, updates, _ = by_hand(report, BIT)
    assert layers.ann_j.value == pytest.approx(1e-12 * ann)
    assert layers.spiking_j.value == pytest.approx(1e-12 * (events + updates))
    assert layers.break_even_steps.value == pytest.approx(
        report.price.n_steps * ann / (events + updates)
    )


def test_at_the_break_even_rate_spikes_cost_what_the_ann_costs_and_below_it_less():
    layers = layer().alternatives().layers
    at = layers.break_even.value
    assert 0 < at < 1
    assert layers.at_rate(at).value == pytest.approx(layers.ann_j.value)
    assert layers.at_rate(0.9 * at).value < layers.ann_j.value < layers.at_rate(1.1 * at).value


@pytest.mark.parametrize("n_events", [6, 40])
def test_the_headline_says_who_wins_and_by_which_rate(n_events):
    report = layer(n_events=n_events)
    layers = report.alternatives().layers
    wins = layers.spiking_j.value < layers.ann_j.value
    assert wins == (n_events == 6)
    limit, rate = 100 * layers.break_even.value, 100 * layers.spikes_per_step
    words = f"spikes {'beat' if wins else 'would beat'} the same ANN below {limit:.1f} % a step"
    assert report.alternatives().headline.startswith(f"{words} (here {rate:.1f} %); ")


def test_where_silence_costs_more_than_the_ann_spikes_win_at_no_rate():
    alternatives = layer(n_in=2, n_steps=2000, n_events=2).alternatives()
    assert alternatives.layers.break_even == (0.0, 0.0, 0.0)
    n_steps, headline = alternatives.layers.n_steps, alternatives.headline
    assert f"no spike rate is expected to beat the same ANN in {n_steps} steps; " in headline
    # potentials in registers leave something for spikes
    low, value, high = layer(n_steps=30).alternatives().layers.break_even
    assert low == value == 0 < high
    headline = layer(n_steps=30).alternatives().headline
    assert f" steps; with the kindest figures below {100 * high:.1f} % a step (here " in headline


def test_a_silent_recording_has_no_break_even_rate():
    alternatives = layer(n_events=0).alternatives()
    assert alternatives.layers.break_even is None
    assert "break_even" not in {q.name for q in alternatives.quantities}
    assert alternatives.headline.startswith("no spikes to compare with the same ANN")


def test_wider_weights_cost_both_the_same_way_but_for_the_multiplication():
    layers = SameLayers(1000, 0, 0, 10, 1, 1000.0, 1.0, 8.0, 4, 0)
    wider = replace(layers, weight_bits=16.0)
    more_pj = 1e12 * (wider.ann_j.value - layers.ann_j.value)
    same_pj = 1e12 * (wider.spiking_j.value - layers.spiking_j.value)
    assert same_pj == pytest.approx(1000 * 8 * BIT)
    assert more_pj - same_pj == pytest.approx(1000 * MULTIPLY * 8 * 4 / 64)


def test_a_recurrent_network_is_an_ann_of_as_many_passes_as_steps():
    report = sf.deploy(
        sf.load_network("digits"), LOIHI, sf.load_dataset("digits").take(4)
    ).alternatives()
    assert report.layers.n_passes == 1
    loop = sf.Network(
        [sf.Population("in", (4,), sf.Input()), sf.Population("out", (3,), sf.IF(1e3))],
        [
            sf.Projection("in", "out", np.ones((4, 3))),
            sf.Projection("out", "out", np.ones((3, 3)), delay_steps=1),
        ],
    )
    dataset = sf.SpikeDataset(np.ones((2, 20, 4), bool), [0, 1], dt_s=1e-3)
    found = sf.deploy(loop, LOIHI, dataset).alternatives()
    assert found.layers.n_passes == 20 and found.layers.n_macs == 20 * 21 == found.n_macs
    assert found.layers.activation_bits == 8  # as its weights
    assert found.layers.break_even_steps is None
    assert found.processors_j["MAX78000"].value == pytest.approx(20 * 21 * 8.8e-12)


def test_the_figures_of_processors_follow_from_what_was_measured():
    each_pj = [196e6 / (106 * 50e6 / 180), 90e6 / (117 * 50e6 * 1.4e-3)]
    assert MAX78000.multiply_accumulate.spread == pytest.approx(each_pj, rel=0.01)
    assert MAX78000.multiply_accumulate.value == pytest.approx(np.mean(each_pj), rel=0.01)
    assert MAX78000.awake.si == pytest.approx(22.2e-6 * 100 * 3.0)
    dense = sum(a * b for a, b in [(640, 128), *[(128, 128)] * 3, (128, 8)]) * 2
    keywords = 125 * (40 * 64 + 4 * (9 * 64 + 64 * 64)) + 64 * 12
    third, half, quarter = 32**2, 16**2, 8**2  # places of an image
    images = third * 9 * 16 * (3 + 16 + 16) + half * 32 * (9 * 16 + 9 * 32 + 16)
    images += quarter * 64 * (9 * 32 + 9 * 64 + 32) + 64 * 10
    assert (dense, keywords, images) == (264_192, 2_656_768, 12_501_632)
    each_nj = [528.881e3 / dense, 5481.633e3 / keywords, 17315.114e3 / images]
    assert CORTEX.multiply_accumulate.value == pytest.approx(each_nj[0], rel=0.01)
    assert CORTEX.multiply_accumulate.spread == pytest.approx(
        (min(each_nj), max(each_nj)), rel=0.01
    )


def test_stored_input_costs_a_processor_its_multiply_accumulates_and_live_input_waiting_too():
    stored, live = (layer(scenario=s).alternatives() for s in ("single_stream", "real_time"))
    for p in PROCESSORS:
        each_j = p.multiply_accumulate.si
        assert stored.processors_j[p.name].value == pytest.approx(1200 * each_j)
        waiting_j = p.awake.si * 3e-3
        assert live.processors_j[p.name].value == pytest.approx(1200 * each_j + waiting_j)
        low, value, high = live.processors_j[p.name]
        assert low == stored.processors_j[p.name].low < value < high


def test_where_a_processor_needs_less_the_report_says_so_in_one_sentence():
    report = layer(scenario="real_time")
    alternatives = report.alternatives()
    assert alternatives.cheaper == ("MAX78000", "STM32L4R5")
    said = [note for note in report.notes if "MAX78000" in note]
    assert said == [alternatives.verdict]
    assert said[0].startswith("MAX78000, a CNN accelerator, would need 20 µJ against ")
    assert said[0].endswith(
        "here for an ANN of the same layers (derived figures; awake all the time; turning events "
        "into frames left out)"
    )


def test_where_the_ends_of_the_figures_overlap_it_may_need_less():
    close = LOIHI.replace(static_power=7.5)  # in mW, beside 6.66 mW
    alternatives = layer(profile=close, scenario="real_time").alternatives()
    here, needed = alternatives.operation.energy_j, alternatives.processors_j["MAX78000"]
    assert here.low < needed.high < here.value
    assert alternatives.verdict.startswith("MAX78000, a CNN accelerator, may need 20 µJ against ")


def test_energy_without_static_power_is_said_to_be_so():
    figures = {k: f for k, f in LOIHI.figures.items() if not k.startswith("static_power")}
    found = layer(profile=replace(LOIHI, figures=figures)).alternatives()
    assert found.operation.static_power_w is None
    assert found.headline.endswith(" here without static power")


def test_where_none_needs_less_the_report_is_silent():
    frugal = LOIHI.replace(static_power=0.1)  # in mW
    report = layer(profile=frugal, scenario="real_time")
    alternatives = report.alternatives()
    assert alternatives.cheaper == () and alternatives.verdict == ""
    assert not any("MAX78000" in note for note in report.notes)
    assert "MAX78000 20 µJ against" in alternatives.headline


def test_what_is_not_published_of_the_chip_is_not_compared():
    alternatives = layer(profile=sf.load_profile("speck")).alternatives()
    assert alternatives.cheaper == () and alternatives.verdict == ""
    assert alternatives.headline.endswith("MAX78000 20 µJ, here not published")
    assert alternatives.layers.break_even is not None  # asks no figure of the chip


def test_a_processor_that_cannot_hold_the_weights_is_named_and_not_compared():
    n_in = 15_000
    alternatives = layer(n_in=n_in, n_steps=2, profile=sf.load_profile("loihi2")).alternatives()
    assert "MAX78000" not in alternatives.processors_j and "STM32L4R5" in alternatives.processors_j
    needed = f"the weights take {n_in * 30:,}"
    assert any("MAX78000 holds 442,000 bytes" in n and needed in n for n in alternatives.notes)
    assert MAX78000.weight_bytes(layer(design=sf.Design(weight_bits=3)).network) == 1200 / 2


def test_what_does_not_fit_has_nothing_to_compare():
    report = layer(profile=LOIHI.replace(cores=1, neurons_per_core=20))
    assert not report.fits
    with pytest.raises(DoesNotFit, match="nothing to compare"):
        report.alternatives()

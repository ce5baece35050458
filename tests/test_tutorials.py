"""The lessons: their exercises answer in three ways and break nothing, and their words say what the
package says (``hold_words``, called by conftest.py in a lesson's kernel after its last cell).
"""

import json
import re
from functools import cache

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.adapt import quantize
from spikefit_nb.datasets import load_values
from spikefit_nb.encode import Delta, RateRegular
from spikefit_nb.hardware import load_profile
from spikefit_nb.hardware.families.loihi import LOIHI_BLOCK_HEADER_BITS, LOIHI_WORD_BITS
from spikefit_nb.hardware.spread import STATED
from spikefit_nb.mapping import Room, Sites, Wiring, group_and_place
from spikefit_nb.units import si
from spikefit_nb.validation import validate
from spikefit_nb.validation.spinnaker import CHIPS
from tests.meta.source import REPOSITORY
from tests.meta.test_notebooks import text
from tutorials.checks import (
    ADAPTED_WELL,
    AT_LEAST,
    BARRIER_US,
    BY_HAND,
    CAMERA_S,
    CHANGES,
    CHIP_A,
    CHIP_B,
    CORES,
    EIGHT,
    ENOUGH,
    FIRED,
    HALVES,
    HOUR_S,
    IN_USE,
    LEAST,
    LEVELS,
    LONG_MESH,
    MILLION,
    MOST_J,
    NEAR_ENOUGH,
    NEW_DESIGN,
    OFF_BY,
    OTHERWISE,
    PER_CORE,
    READ_WELL,
    RIGHT,
    RUN_S,
    SHOWN,
    SLOW_STEP_S,
    SPENT,
    STATIC_MW,
    WEIGHTS,
    WELL,
    WORK_US,
    Answer,
    area,
    check_chip,
    check_choice,
    check_coarsest,
    check_contribution,
    check_even,
    check_even_power,
    check_evidence,
    check_front,
    check_gain,
    check_gap,
    check_gone,
    check_hidden,
    check_high_end,
    check_hops,
    check_least,
    check_letters,
    check_live,
    check_margin,
    check_memory,
    check_other_reset,
    check_packets,
    check_run,
    check_shortest,
    check_side_by_side,
    check_steps,
    check_sum,
    check_values,
    exercise,
    split_s,
)

REFERENCES = re.compile(r"\*\*References\.\*\* .*?(?=\*\*Checks\*\*)")
FOLDER = REPOSITORY / "tutorials"
IN_WORDS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 8: "eight", 9: "nine", 10: "ten"}
NUMBER = re.compile(
    r"\d[\d,.]*\d|\d|\b(?:two|three|four|five|six|seven|eight|nine|ten)\b", re.IGNORECASE
)


def cells(name):
    """The cells of a lesson."""
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))["cells"]


def hold_words(name, names):
    """Hold the words of a lesson against the package and the variables that its cells left."""
    prose = " ".join(
        " ".join(text(cell) for cell in cells(name) if cell["cell_type"] == "markdown").split()
    )
    said = SAID[name](names)
    missing = [words for words in said if words not in prose]
    assert missing == [], missing
    prose, n_references = REFERENCES.subn("", prose)
    assert n_references == 1, "whose ideas and figures these are is told before the checks"
    for words in sorted(said, key=len, reverse=True):
        prose = prose.replace(words, "")
    unheld = NUMBER.findall(prose)
    assert unheld == [], f"numbers in the words that nothing here holds: {unheld}"


def will_it_fit(names):
    """Every number in the words of lesson 1 as the package has it, and what they claim without a
    number.
    """
    loihi, truenorth, network, needs = (
        names["loihi"],
        names["truenorth"],
        names["network"],
        names["fit"].mapping.needs,
    )
    assert names["answer"].violations[0].need >= 24, "training left a neuron dozens of weights"
    assert names["remedy"].design == sf.Design(weight_bits=2)
    assert set(names["changed"].projections[0].values.tolist()) == {-1, 0, 1}
    assert names["small"].diff(loihi).changes[0].kind == "datasheet -> assumed"
    limits = [limit for report in sf.compare_fit(network).reports for limit in report.violations]
    kinds = [limit for limit in limits if limit.figure in ("neuron_models", "resets", "axon_types")]
    assert len(kinds) > 0.8 * len(limits), "size is in the way after all"
    on_small = sf.check_fit(network, names["small"])
    labels, nearest = on_small.mapping.labels, on_small.tightest
    assert nearest.figure == "synapse_memory_per_core" and nearest.source == "the user"
    assert sum(needs.neurons) < loihi.value("neurons_per_core"), "one core cannot hold both"
    assert sum(needs.memory_bits) < loihi.value("synapse_memory_per_core")
    types, bits = IN_WORDS[truenorth.value("axon_types")], max(truenorth.value("weight_bits"))
    adds, widest = first_weights_of_the_crossbar(), max(loihi.value("weight_bits"))
    return [
        "00_ten_minutes.ipynb",
        "in ten minutes",
        f"The last layer has {IN_WORDS[network[network.output].n_neurons]}",
        "02_what_does_a_spike_cost.ipynb",
        "**20 minutes**, two exercises",
        "Exercise 1",
        "Exercise 2",
        "exercise 2",
        *(f"## {n}." for n in range(1, 6)),
        f"{IN_WORDS[len(network.neuron_populations)]} layers of neurons",
        f"{loihi.value('cores')} cores for {loihi.value('neurons_per_core'):,} neurons each",
        f"{IN_WORDS[names['fit'].mapping.n_cores].capitalize()}: each layer got a core of its own, "
        "though one would hold both",
        f"an axon has one of {types} types",
        f"each of one of {types} types",
        f"are its {types} weights",
        f"With a {bits}-bit weight in every dot, the crossbar would be {IN_WORDS[bits]} "
        "times as large",
        f"adds {adds[0]} to the first neuron, {adds[2]} to the third, {adds[3]} to the last",
        f"{truenorth.value('cores'):,} cores for {truenorth.value('neurons_per_core')} "
        "neurons each",
        f"a neuron may have {types} weight values",
        f"Weights of {IN_WORDS[names['remedy'].design.weight_bits]} bits are −1, 0 or 1, times one "
        "scale; a 0 is no dot",
        f"words of {LOIHI_WORD_BITS} bits",
        f"a header of {LOIHI_BLOCK_HEADER_BITS} bits",
        f"The first core has {needs.axons_in[0]} axons, one from each pixel, and "
        f"{needs.neurons[0]} neurons",
        f"weights take {widest} bits",
        f"**4 bits** instead of {widest}",
        f"only {names['small'].value('synapse_memory_per_core'):,} bits for synapses",
        f"the first layer is cut into {IN_WORDS[sum('hidden' in label for label in labels)]} "
        "pieces",
        f"With {types} axon types",
        "outside the band (95 %)",
        f"reads {100 * ENOUGH:.0f} % of the images",
    ]


def first_weights_of_the_crossbar():
    """The weight that each neuron of the picture has for the type of its topmost axon."""
    drawn = (FOLDER / "images" / "crossbar.svg").read_text(encoding="utf-8").replace("−", "-")
    return [int(weight) for weight in re.findall(r">(-?\d)</text>", drawn)[::4]]


def what_does_a_spike_cost(names):
    """Every number in the words of lesson 2 as the package has it."""
    report, early, live, budget = (names[name] for name in ("report", "early", "live", "budget"))
    dataset, parts = names["dataset"], report.price.energy_parts_j
    cost, sure = names["cost"], report.uncertainty
    spikes = report.record.spike_counts["input"].sum() / dataset.n_samples
    behind = report.network.projections[0].out_degree().mean()
    assert round(spikes) * round(behind) == pytest.approx(76_000, rel=1e-3)
    updates = parts["updates_active"] + parts["updates_inactive"]
    assert updates > 0.99 * (report.event_energy_j - parts["synaptic_operations"])
    stored_saving = 1 - early.energy_j / report.energy_j
    live_saving = 1 - early.operations["real_time"].energy_j.value / live.energy_j.value
    assert round(100 * stored_saving) == round(100 * live_saving)
    share = round(100 * names["share"])
    later = report.record.accuracy_by_step[early.design.n_steps - 1 :]
    assert later.max() - later[0] < 0.02, "more steps help after all"
    of_anns, other = report.alternatives().processors_j.values()
    static_mw = 1e3 * names["speck"].profile.si("static_power")
    return [
        "01_will_it_fit.ipynb",
        "03_how_a_number_becomes_spikes.ipynb",
        "**25 minutes**, two exercises",
        "two energies",
        "Exercise 1",
        "Exercise 2",
        "Two designs",
        *(f"## {n}." for n in range(1, 9)),
        f"{dataset.n_steps} steps of {si(dataset.dt_s, 's')}",
        f"{si(report.event_energy_j, 'J')} of events, {si(report.energy_j, 'J')} in all",
        f"brings {spikes:,.0f} spikes, and a pixel has about {behind:.0f} synapses",
        f"{spikes:,.0f} times {behind:.0f} is about 76,000",
        f"{cost.text.split(' (')[0]}, from a simulation",
        f"{si(parts['synaptic_operations'], 'J').split()[0]} of {si(report.event_energy_j, 'J')}",
        f"{cost.spread[0]} to {cost.spread[1]} pJ",
        f"{1e6 * sure.event_energy_j.low:.2f} to {1e6 * sure.event_energy_j.high:.2f} µJ",
        f"{round(100 * sure.share(sure.contributions[0], 'event_energy_j'))} % of that width is "
        "this one figure",
        f"needs {si(report.latency_s, 's')} for one",
        f"{share} % are events; the other {100 - share} % is time",
        f'says "{si(report.event_energy_j, "J")} an image"',
        f"be there for all {dataset.n_steps}",
        f"{live.energy_j.value / report.energy_j:.0f} times, for the same spikes",
        f"a {dataset.dt_s / live.slowest_step_s:.0f}th of its millisecond",
        f"{si(live.energy_j.value, 'J')} give or take: {1e3 * live.energy_j.low:.2f} to "
        f"{1e3 * live.energy_j.high:.0f} mJ",
        f"**{si(SLOW_STEP_S, 's')} a step** instead of {si(dataset.dt_s, 's')}",
        f"of the {dataset.n_steps} steps is the answer",
        f"From about {early.design.n_steps} on",
        f"The {report.record.n_steps}th only lets the last spikes through",
        f"with {early.design.n_steps} steps",
        f"{IN_WORDS[report.record.n_right - early.record.n_right].capitalize()} images of "
        f"{dataset.n_samples} are lost, and {100 * stored_saving:.0f} % of the energy is saved",
        f"reads {100 * WELL:.0f} % of the images",
        f"{budget.inferences_per_s:.0f} images a second",
        f"computes {100 * budget.duty_cycle:.1f} % of the time and idles at "
        f"{si(budget.idle_power_w, 'W')}",
        f"would draw {si(names['off'].average_power_w, 'W')} on average, but still "
        f"{si(names['off'].active_power_w, 'W')} while it computes",
        f"idles at {static_mw:.2f} mW",
        f"need more than {si(report.energy_j, 'J')}?",
        f"Far less: {si(of_anns.value, 'J')} on one made for ANNs, {si(other.value, 'J')} on "
        "another",
    ]


def test_the_areas_of_stored_and_live_are_energies():
    """One scale for all: an area of the drawing is an energy of the report."""
    drawn = (FOLDER / "images" / "stored_live.svg").read_text(encoding="utf-8")
    sizes = re.findall(r'<rect id="(\w+)".* width="([\d.]+)" height="([\d.]+)"', drawn)
    area = {name: float(width) * float(height) for name, width, height in sizes}
    network, dataset = sf.load_network("digits"), sf.load_dataset("digits")
    filled = sf.Design(partition="layers")
    report = sf.deploy(network, sf.load_profile("loihi1"), dataset, design=filled)
    live, static_j = report.operations["real_time"], report.price.static_energy_j
    live_j = live.energy_j.value - report.event_energy_j
    assert area["events"] / area["live"] == pytest.approx(report.event_energy_j / live_j, rel=1e-2)
    assert area["stored"] / area["live"] == pytest.approx(static_j / live_j, rel=1e-2)
    events, static = si(report.event_energy_j, "J"), si(static_j, "J")
    for words in (
        f"events, {events}<",
        f"static power, {static} in {si(report.latency_s, 's')}<",
        f"static power, {si(live_j, 'J')} in {si(live.occupied_s, 's')}<",
        f"events, {events} again: spread over {si(live.recording_s, 's')} ",
    ):
        assert words in drawn


def how_a_search_finds_it(names):
    """Every number in the words of lesson 8 as the package has it; what its searches find is held
    by bounds alone, since a better search finds more.
    """
    reports, steps, best = names["reports"], names["steps"], names["best"]
    e, f = reports["E"], reports["F"]
    assert e.accuracy == reports["A"].accuracy and 4.5 < reports["A"].energy_j / e.energy_j < 5.5
    assert area(names["by_hand"]) == pytest.approx(names["area"](names["by_hand"]))
    assert area([(r.energy_j, r.accuracy) for r in (e, f)]) == area(names["by_hand"])
    tried, n_images = names["tried"], names["chosen_by"].n_samples
    assert names["n_useful"] < 16 and names["needed"] < 24 and names["by_model"] > 30
    asked = names["asked"]
    hold_the_model_to_its_drawing(names)
    return [
        "02_what_does_a_spike_cost.ipynb",
        "09_how_far_can_a_prediction_be_trusted.ipynb",
        "**25 minutes**, three exercises",
        "Exercise 1",
        "Exercise 2",
        "Exercise 3",
        *(f"## {n}." for n in range(1, 9)),
        f"{IN_WORDS[len(reports)].capitalize()} designs",
        f"{IN_WORDS[len(reports)]} designs, made by hand",
        "the area that the two beat",
        f"The corner, at {si(MOST_J, 'J')} and {100 * LEAST:.0f} %, is a limit",
        f"{area(names['by_hand']):.1f}, all from E and F",
        f"would read **{100 * NEW_DESIGN[1]:.0f} %** for **{si(NEW_DESIGN[0], 'J')}**",
        f"of {asked['n_trials']} designs drawn from them, how many still read {100 * LEAST:.0f} %",
        f"{IN_WORDS[len(tried)].capitalize()} settings were tried",
        f"{IN_WORDS[len(tried)].capitalize()} trials, the model's curve",
        "between the first two",
        f"{steps[best]}: few enough to be cheap, near enough to {sorted(tried)[1]}",
        f"what chance found in {asked['n_trials']}?",
        f"limit of {100 * asked['at_least']['accuracy']:.0f} %",
        f"Imagine {len(names['right'])} designs that all read exactly 95 %",
        f"Each is tried on {n_images}",
        f"{100 * names['right'].max() / n_images:.1f} %: nothing but luck",
        f"With accuracy of at least {100 * 0.95:.0f} %, which one?",
        f"matters {IN_WORDS[WEIGHTS['accuracy']]} times as much as energy, and must be at least "
        f"{100 * AT_LEAST['accuracy']:.0f} %",
    ]


def hold_the_model_to_its_drawing(names):
    """The curve of lesson 8 is the model's, its gain peaks where the next trial is made."""
    drawn = (FOLDER / "images" / "model.svg").read_text(encoding="utf-8")
    x, y = drawn_points(drawn, "expected").T
    assert np.corrcoef(y, names["expected"])[0, 1] < -0.999999, "downwards is less"
    assert np.corrcoef(x, names["steps"])[0, 1] > 0.999999
    gain = drawn_points(drawn, "gain")[1:-1, 1]
    assert np.argmin(gain) == names["best"]
    assert np.corrcoef(gain, names["gains"])[0, 1] < -0.9999


@cache
def by_hand():
    """The reports of the designs made by hand in lesson 8."""
    chosen_by, _ = sf.load_dataset("digits").split(0.5, 11)
    loihi = sf.load_profile("loihi1")
    designs = {
        "A": sf.Design(partition="layers"),
        "B": sf.Design(partition="layers", weight_bits=3),
        "C": sf.Design(partition="layers", prune_fraction=0.5),
        "D": sf.Design(partition="layers", n_steps=20),
        "E": sf.Design(neurons_per_core=8),
        "F": sf.Design(neurons_per_core=8, n_steps=13),
    }
    network = sf.load_network("digits")
    return {
        name: sf.deploy(network, loihi, chosen_by, design=design)
        for name, design in designs.items()
    }


def drawn_points(drawn, name):
    """The corners of a line or an area of a drawing, a row each."""
    corners = re.search(rf'<poly\w+ id="{name}" points="([^"]+)"', drawn)[1]
    return np.array([[float(c) for c in corner.split(",")] for corner in corners.split()])


def test_the_front_and_what_it_beats_are_drawn_to_scale():
    drawn = (FOLDER / "images" / "front.svg").read_text(encoding="utf-8")
    dots = re.findall(r'<circle id="(\w)" cx="([\d.]+)" cy="([\d.]+)"', drawn)
    at = {name: (float(x), float(y)) for name, x, y in dots}
    reports = by_hand()
    assert list(at) == list(reports)
    halvings = {name: np.log2(MOST_J / r.energy_j) for name, r in reports.items()}
    points = {name: 100 * (r.accuracy - LEAST) for name, r in reports.items()}
    beaten = drawn_points(drawn, "beaten")
    right, foot = beaten[:, 0].max(), beaten[:, 1].max()
    wide = (right - at["F"][0]) / halvings["F"]
    high = (foot - at["F"][1]) / points["F"]
    for name, (x, y) in at.items():
        assert (right - x) / wide == pytest.approx(halvings[name], abs=0.01)
        assert (foot - y) / high == pytest.approx(points[name], abs=0.02)
    x, y = beaten.T
    size = abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2  # the shoelace formula
    whole = area([(r.energy_j, r.accuracy) for r in reports.values()])
    assert size / (wide * high) == pytest.approx(whole, rel=0.01)


def where_should_each_neuron_sit(names):
    """Every number in the words of lesson 6 as the package has it."""
    hops, reports, mesh = names["hops"], names["reports"], names["mesh"]
    n, near, room = names["n"], names["near"], names["room"]
    crossed = {
        name: report.price.counts["hops_x"] + report.price.counts["hops_y"]
        for name, report in reports.items()
    }
    share = sum(names["anywhere"].mean(axis=0)) / near.size
    assert 0.03 < share < 0.07, "a few synapses lead anywhere"
    own, second, third = PER_CORE
    assert (own, IN_WORDS[second], third) == (1, "three", 1)
    packets = [names["packets_a_spike"](names[name]) for name in ("by_number", "by_overlap")]
    return [
        "07_what_does_the_chip_wait_for.ipynb",
        "01_will_it_fit.ipynb",
        "**15 minutes**, two exercises",
        "Exercise 1",
        "Exercise 2",
        *(f"## {number}." for number in range(1, 6)),
        f"A ring of {n:,} neurons, each with synapses on its {near.size} nearest",
        f"holds {room.neurons} neurons here, so there are {n // room.neurons} cores",
        f"{packets[0]:.1f}: nearly every target",
        f"{packets[1]:.1f}. The order of the ring",
        f"fires **{FIRED} times**",
        "three on the second core",
        f"a mesh of {mesh.columns} × {mesh.rows}",
        f"{hops['by number', 'rows']:.1f} and {hops['by number', 'hilbert']:.1f}",
        f"hops fall to {hops['by overlap', 'rows']:.1f}, and placed well to "
        f"{hops['by overlap', 'annealed']:.1f}",
        f"{names['both'].hops / n:.2f}. Some packets",
        f"if the mesh is {LONG_MESH[0]} × {LONG_MESH[1]}",
        f"within {100 * NEAR_ENOUGH:.0f} %",
        f"{100 * names['saved']:.2f} %, though hops fall from {crossed['rows']:.0f} to "
        f"{crossed['annealed']:.0f}",
    ]


def what_does_the_chip_wait_for(names):
    """Every number in the words of lesson 7 as the package has it."""
    filled, runs, eight = names["filled"], names["runs"], names["eight"]
    best, ticking = names["best"], names["ticking"]
    work_us = 1e6 * names["work_s"].sum(axis=0)
    shortest = min(runs.values(), key=lambda run: run.latency_s)
    longest, last = runs[64], runs[1]
    parts, by = filled.floorline.shares, filled.floorline.without_s
    assert filled.floorline.binding_core == 0 and filled.floorline.binds == "memory"
    assert runs[1].latency_s > runs[2].latency_s, "the last halving makes it longer"
    assert shortest.energy_j == pytest.approx(best.energy_j, rel=0.01)
    assert abs(shortest.event_energy_j / longest.event_energy_j - 1) < 0.005, "hardly changes"
    n_cores = [ticking[n].n_cores for n in (64, 8)]
    idle = 1 - max(
        sum(s for name, s in t.floorline.parts_s.items() if name != t.floorline.floor) / t.latency_s
        for t in ticking.values()
    )
    by_hand_s = {n: split_s(n) for n in range(1, EIGHT)}
    us = {name: f"{1e6 * t.latency_s:.1f}" for name, t in (("eight", eight), ("first", longest))}
    return [
        "02_what_does_a_spike_cost.ipynb",
        "08_how_a_search_finds_it.ipynb",
        "**20 minutes**, two exercises",
        "Exercise 1",
        "Exercise 2",
        *(f"## {number}." for number in range(1, 7)),
        "Three steps of two cores",
        "Bars of two cores in three steps",
        f"**{WORK_US[0][0]}, {WORK_US[0][1]} and {WORK_US[0][2]} µs** in three steps",
        f"**{WORK_US[1][0]}, {WORK_US[1][1]} and {WORK_US[1][2]} µs**",
        f"**{BARRIER_US} µs** each time",
        f"in as few cores as hold it: {IN_WORDS[filled.n_cores]}",
        "Three counts, three figures of the chip",
        f"a barrier of {names['loihi'].value('time_barrier')[0]:.0f} ns",
        f"works {work_us[1]:.0f} of {1e6 * names['by_hand_s']:.0f} µs",
        f"Of the {1e6 * filled.latency_s:.0f} µs of a mean image, {100 * parts['memory']:.0f} % is "
        "memory",
        f"{1e6 * by['compute']:.0f} µs, and {1e6 * by['memory']:.0f} µs: only",
        f"from {float(us['first']):.0f} to {1e6 * runs[32].latency_s:.0f} µs",
        f"from {100 * longest.floorline.shares['barrier']:.0f} % to "
        f"{100 * last.floorline.shares['barrier']:.0f} %",
        f"at {shortest.n_cores} cores, the run is shortest",
        f"{1e6 * longest.energy_j:.1f} µJ in all become {1e6 * shortest.energy_j:.1f}",
        f"**{IN_WORDS[EIGHT]} cores**, and each layer",
        f"with {IN_WORDS[EIGHT]} cores, is it faster",
        f'`neurons_per_core={{"hidden": 16, "digit": 10}}` gives it {IN_WORDS[64 // 16]}',
        f"{us['eight']} µs; pieces of as many neurons took {1e6 * min(by_hand_s.values()):.1f}",
        f"one tick of {si(names['truenorth'].si('tick'), 's')}",
        f"what do {IN_WORDS[n_cores[1] // n_cores[0]]} times as many cores bring",
        f"{si(ticking[8].latency_s, 's')}, and even the busiest core is idle for "
        f"{100 * idle:.0f} % of it",
    ]


def about(points, share, within=2):
    """A number in per cent as the words have it, where what is trained may differ a little from
    one machine to the next.
    """
    assert abs(100 * share - points) <= within
    return f"{points}"


def weight_gone(trained, rounded):
    """How much weight of each sign leads into the hidden neurons no more."""
    before, after = (of.projections[0].real_weight().toarray() for of in (trained, rounded))
    return {
        sign: np.maximum(sign * before, 0).sum() - np.maximum(sign * after, 0).sum()
        for sign in (1, -1)
    }


def what_happens_at_few_bits(names):
    """Every number in the words of lesson 4 as the package has it."""
    rounded, shared, adapted = names["rounded"], names["shared"], names["adapted"]
    tuned, made_good, trained = names["tuned"], names["made_good"], names["trained"]
    hidden, good = rounded[2].drift.populations[0], made_good.drift.populations[0]
    fires_before, fires_after = hidden.rates_hz
    right = {n: f"{100 * report.accuracy:.1f} %" for n, report in rounded.items()}
    lost = round((trained.accuracy - rounded[4].accuracy) * names["unseen"].n_samples)
    assert hidden.agreement < 0.1, "spikes at their place are not rare"
    vanished = weight_gone(names["network"], rounded[2].network)
    assert vanished[-1] > vanished[1], "more positive weight vanished"
    assert names["SEED"] == HALVES[1] and len(names["unseen"].labels) == 180
    assert good.rates_hz[1] == pytest.approx(good.rates_hz[0], rel=0.02), "as often as before"
    assert names["answers"].chance < 1 / 20 and adapted[4].accuracy >= ADAPTED_WELL
    assert abs(tuned[4].accuracy - adapted[4].accuracy) < 0.02, "training wins something after all"
    truenorth = sf.load_profile("truenorth")
    exact, by_two = sum(BY_HAND), max(BY_HAND)
    widest = max(names["loihi"].value("weight_bits"))
    return [
        "03_how_a_number_becomes_spikes.ipynb",
        "05_which_neurons_can_go.ipynb",
        "at 4 bits, 2 bits, four weights, and how",
        "**25 minutes**, three exercises",
        *(f"Exercise {number}" for number in (1, 2, 3)),
        *(f"## {number}." for number in range(1, 6)),
        f"## 3. {IN_WORDS[truenorth.value('axon_types')].capitalize()} weights",
        f"a neuron has {IN_WORDS[truenorth.value('axon_types')]} weights",
        "With 2 bits, the whole numbers are −1, 0 and 1",
        f"Here are {IN_WORDS[len(BY_HAND)]} weights of a neuron, and the nearest that 2 bits",
        "Four weights above, the three values of two bits below",
        f"on each of the {IN_WORDS[len(BY_HAND)]} added {exact:.1f} to the neuron; now it adds "
        f"{by_two:.1f}",
        f"With **3 bits**, the whole numbers go from **−{LEVELS} to {LEVELS}**",
        f"**{by_two}**, becomes {LEVELS}. **What does a spike on each of the four add",
        f"weights take at most {widest} bits",
        f"as trained, {100 * trained.accuracy:.1f} % are right; and with 8, 4 and 2 bits",
        f"4 bits cost {IN_WORDS[lost]} images; 2 bits leave {right[2]}",
        f"More, by {100 * (fires_after / fires_before - 1):.0f} % in the mean",
        "what do four values leave, and two?",
        f"{100 * shared[4].accuracy:.1f} %, and {100 * shared[2].accuracy:.1f} %. Two values",
        "all at once; 2 bits can be 0, too",
        "what do 2 bits leave now? Two values?",
        f"2 bits leave {100 * made_good.accuracy:.1f} %: the hidden neurons fire as often",
        f"Two values leave {100 * adapted[2].accuracy:.1f} %, better",
        f"still read {100 * ADAPTED_WELL:.0f} % of the unseen images",
        f"two values left {100 * adapted[2].accuracy:.1f} %; what after "
        f"{tuned[2].design.finetune_epochs} epochs?",
        f"About {about(94, tuned[2].accuracy)} %. All three ways",
        "With four values and more, training wins nothing",
        "With two it does",
        "Less than one time in twenty",
        f"better by {names['longer'].finetune_epochs} epochs more",
        "within two points. What came back with two values had been lost",
        "the network tuned to four values look better",
        "4 bits are nearly free",
    ]


def which_neurons_can_go(names):
    """Every number in the words of lesson 5 as the package has it."""
    whole, halved, adapted = names["whole"], names["halved"], names["adapted"]
    tuned, thin, fired = names["tuned"], names["thin"], names["fired"]
    alone, hard = names["alone"], names["hard"]
    assert 1 - hard.design.prune_fraction == pytest.approx(0.1), "nine of ten"
    assert "little by little during training" in hard.fit.adaptation.notes[-1]
    right = {name: f"{100 * report.accuracy:.1f} %" for name, report in halved.items()}
    left = {share: f"{100 * report.accuracy:.1f} %" for share, report in adapted.items()}
    assert names["SEED"] == HALVES[1] and abs(names["alike"]) < 0.3
    assert all(
        0.45 < report.event_energy_j / whole.event_energy_j < 0.55 for report in halved.values()
    )
    assert whole.price.energy_parts_j["synaptic_operations"] > 0.5 * whole.event_energy_j
    assert names["saved"] == pytest.approx(2 / 3, abs=0.02)
    assert whole.latency_s > thin.latency_s, "done sooner"
    assert 100 * (whole.accuracy - thin.accuracy) == pytest.approx(2, abs=0.5)
    assert adapted[0.25].accuracy == whole.accuracy
    lost = 100 * (whole.accuracy - adapted[0.5].accuracy)
    change = " by ".join(f"**{each}**," for each in CHANGES[:2]).replace("-", "−")
    return [
        "02_what_does_a_spike_cost.ipynb",
        "04_what_happens_at_few_bits.ipynb",
        "06_where_should_each_neuron_sit.ipynb",
        "What happens at 4 bits, 2 bits, four weights",
        "**20 minutes**, two exercises",
        "Exercise 1",
        "Exercise 2",
        *(f"## {n}." for n in range(1, 6)),
        f"how many of the {fired.size} hidden neurons never fire",
        f"Only {np.sum(fired == 0)} are silent",
        f"In {IN_WORDS[len(CHANGES)]} images, the spikes of a neuron change the loss by {change} "
        f"and by **{CHANGES[2]}**",
        f"Nearly all: {100 * names['better']:.0f} %",
        f"{100 * whole.accuracy:.1f} % are right as trained",
        f"By lot leaves {right['by lot']}, by spikes {right['fires least']}, by contribution "
        f"{right['worth least']}. All {IN_WORDS[len(halved)]} save about half",
        f"half of them {lost:.1f} points. With 70 % gone, {left[0.7]} are right",
        f"reads {100 * ADAPTED_WELL:.0f} % of the unseen images",
        "adapting alone still",
        f"70 % of neurons gone left {left[0.7]}; what after {tuned.design.finetune_epochs} epochs",
        f"{100 * tuned.accuracy:.1f} %, within what luck may do on {names['unseen'].n_samples}",
        "Two thirds of the energy of events are saved for about two points",
        "with **nine** synapses of ten gone",
        f"Trained, {100 * hard.accuracy:.1f} % instead of {100 * alone.accuracy:.1f} %",
        f"Less: {100 * names['saved_in_all']:.0f} %. With fewer spikes to handle",
    ]


def test_weights_are_drawn_above_what_two_bits_hold_and_rounded_as_the_package_does():
    drawn = (FOLDER / "images" / "rounding.svg").read_text(encoding="utf-8")
    levels = dict(re.findall(r'<rect id="level(-?\d)" x="([\d.]+)" .*?width="4"', drawn))
    middle = {int(k): float(x) + 2 for k, x in levels.items()}
    per_unit = (middle[1] - middle[0]) / max(BY_HAND)
    at = [float(x) for x in re.findall(r'<circle id="weight\d" cx="([\d.]+)"', drawn)]
    assert at == pytest.approx([middle[0] + per_unit * weight for weight in BY_HAND])
    ends = [float(x) for x in re.findall(r"L([\d.]+) 98", drawn)]
    assert ends == [middle[k] for k in by_package(2)]


def by_package(bits):
    """The whole numbers of the four weights, the largest kept."""
    weight = np.array(BY_HAND)[:, None]
    populations = [sf.Population("in", (4,), sf.Input()), sf.Population("out", (1,), sf.IF(1.0))]
    network = sf.Network(populations, [sf.Projection("in", "out", weight)], dt_s=1e-3)
    return quantize(network, bits, clip="largest").network.projections[0].values.tolist()


def test_bars_of_work_and_barriers_are_as_long_as_the_exercise_says():
    drawn = (FOLDER / "images" / "barrier.svg").read_text(encoding="utf-8")
    bars = re.findall(r'<rect id="(\w+)" x="([\d.]+)" .*?width="([\d.]+)"', drawn)
    begins = {name: float(x) for name, x, _ in bars}
    wide = {name: float(width) for name, _, width in bars}
    us = wide["barrier0"] / BARRIER_US
    for step, work in enumerate(zip(*WORK_US, strict=True)):
        assert [wide[f"core{core}step{step}"] / us for core in (0, 1)] == list(work)
        assert begins[f"barrier{step}"] - begins[f"core0step{step}"] == max(work) * us
        assert wide[f"barrier{step}"] == BARRIER_US * us


def how_far_can_a_prediction_be_trusted(names):
    """Every number in the words of lesson 9 as the package has it."""
    odin, truenorth, boards = names["odin"], names["truenorth"], names["boards"]
    fast, slow = (found.row.si for found in odin.predicted)
    assert 10 < fast / slow < 20
    rates = [found.row.workload.split(":")[1] for found in truenorth.predicted]
    high, low = (100 * found.error for found in truenorth.predicted[3:])
    mnist = next(found for found in truenorth.bounds if "92.7" in found.row.name)
    assert 15 < mnist.row.si / mnist.predicted.low < 25, "twenty times too low"
    assert len(boards.predicted) == 20
    rows = {found.row.name.removesuffix(", recorded") for found in boards.predicted} - {"the same"}
    assert len({found.row.workload.split(":")[1] for found in boards.predicted}) == 10 > len(rows)
    short = load_profile("spinnaker1"), load_profile("spinnaker1", coefficients="spinn5")
    dear, cheap = (chip.si("energy_packet_in") for chip in short)
    assert 1.4 < dear / cheap < 1.6, "half as much again"
    (n, pj), (m, packet) = SPENT
    assert short[0].value("board_chips") == 4 and CHIPS == 48
    return [
        "10_which_chip_for_which_job.ipynb",
        "02_what_does_a_spike_cost.ipynb",
        "what two boards of one chip differ by",
        "**20 minutes**, three exercises",
        "the chip ODIN, at two speeds",
        "Exercise 1",
        "Exercise 2",
        "Exercise 3",
        *(f"## {number}." for number in range(1, 6)),
        "Two boards of one chip",
        f"{STATED['measured']} for measured ones",
        "All three at their cheap ends",
        "the range of 95 % of all chances",
        "one voltmeter read all of them",
        "all three at their dear ends",
        f"2 pJ for each of {n} operations, between 1 and {pj} pJ",
        f"5 pJ for each of {m} packets, between 4 and {packet} pJ",
        f"the power of TrueNorth at {IN_WORDS[len(set(rates[:3]))]} rates",
        "how well are the three predicted",
        "a line goes through two points",
        f"the prediction is {high:.1f} % too high, or {-low:.1f} % too low",
        f"measured with {IN_WORDS[10]} workloads, on a board of four chips",
        "and on one of forty-eight",
        "on two boards, each predicted",
        f"MNIST at {mnist.row.value} µJ an image",
        f"A chip of {CORES} cores draws {STATIC_MW} mW",
        f"takes {IN_USE} of its cores for {1e3 * RUN_S:.0f} ms",
    ]


def ten_minutes(names):
    """Every number in the words of lesson 0 as the package has it."""
    first, better, verdict = names["first"], names["better"], names["verdict"]
    as_trained, dataset, solution = names["as_trained"], names["dataset"], names["solution_1"]
    assert (as_trained.n_right, dataset.n_samples) == (RIGHT, 140)
    assert str(OTHERWISE) in solution.words, "what another reset reads"
    assert {"loihi2", "xylo_audio2", "xylo_audio3", "xylo_imu"} == {
        report.profile.name for report in verdict.fitting
    }
    judged = int(re.search(r"as far as judged, (\d+) more", str(verdict))[1])
    events = first.event_energy_j / first.energy_j
    assert round(100 * events, 1) == 0.5 and better.design.prune_neurons == 0.25
    return [
        "01_will_it_fit.ipynb",
        "02_what_does_a_spike_cost.ipynb",
        "04_what_happens_at_few_bits.ipynb",
        "08_how_a_search_finds_it.ipynb",
        "10_which_chip_for_which_job.ipynb",
        "[lesson 2]",
        "[lesson 4]",
        "[lesson 8]",
        "in ten minutes?",
        "**10 minutes**, two exercises",
        "Exercise 1",
        "Exercise 2",
        *(f"## {number}." for number in range(1, 6)),
        "Two files.",
        "dt_s=5e-3",
        "three ways to say it",
        f"with {1e3 * names['network'].dt_s:g} ms and a reset by subtraction",
        f"{RIGHT}. Is that proof",
        f"Loihi 2 and the three Xylos; on {IN_WORDS[judged]} more",
        f"listens for {dataset.n_steps * dataset.dt_s:.2f} s a letter",
        f"{100 * first.accuracy:.1f} % are right in Xylo's integers",
        f"{100 * better.accuracy:.1f} %, in {100 * better.latency_s / first.latency_s:.0f} % of "
        "the time",
        "power_budget(inferences_per_s=0.5)",
    ]


def which_chip_for_which_job(names):
    """Every number in the words of lesson 10 as the package has it."""
    stored, budgets, live, known = (names[n] for n in ("stored", "budgets", "live", "known"))
    loihi, odin = stored["loihi1"], stored["odin"]
    assert 0.9 < loihi.energy_j / odin.energy_j < 1.1 and loihi.n_cores > odin.n_cores == 1
    assert odin.design.prune_fraction == pytest.approx(0.5, abs=0.06), "half of its synapses"
    ticks = {name: stored[name].profile.si("tick") for name in ("spinnaker1", "truenorth")}
    assert set(ticks.values()) == {1e-3}
    words = str(loihi.compare(odin))
    assert re.search(r"stored input.*inside the uncertainty", words)
    assert re.search(r"Latency.*outside the uncertainty", words)
    days = budgets["odin"].battery_life_s / 86_400
    slack = CAMERA_S / live["loihi1"].operation.slowest_step_s
    (a_j, a_w), (b_j, b_w) = CHIP_A, CHIP_B
    return [
        "00_ten_minutes.ipynb",
        "02_what_does_a_spike_cost.ipynb",
        "**20 minutes**, three exercises",
        *(f"Exercise {number}" for number in (1, 2, 3)),
        *(f"## {number}." for number in range(1, 6)),
        f"for how many of the {len(names['chips'])} chips in the catalogue",
        f"For {len(names['ways'])}. Now",
        f"{IN_WORDS[len(known)].capitalize()} have an energy",
        f"Of the {IN_WORDS[len(known)]}, what does",
        f"one in {1e6 * loihi.latency_s:.0f} µs on many cores, the other in "
        f"{1e3 * odin.latency_s:.1f} ms on one",
        "wait for their ticks of 1 ms",
        f"which of the {IN_WORDS[len(known)]} lasts a month",
        f"Only ODIN, for {days:.0f} days",
        "as [in ten minutes]",
        "Mean power of two chips",
        f"**{1e6 * a_j:.0f} µJ** for an answer and idles at **{1e3 * a_w:.0f} mW**",
        f"**{1e6 * b_j:.0f} µJ** and idles at **{1e3 * b_w:.1f} mW**",
        f"a step of {1e3 * CAMERA_S:.1f} ms instead of {1e3 * names['dataset'].dt_s:.0f} ms",
        f"Only Loihi, {slack:.0f} times over",
        "and two wait for their tick",
        f"done in {MILLION * loihi.latency_s:.0f} seconds, with {loihi.n_cores} of "
        f"{loihi.profile.value('cores')} cores",
        f"ODIN takes {MILLION * odin.latency_s / HOUR_S:.1f} hours",
        f"reads {100 * odin.accuracy:.1f} %; Loihi reads {100 * loihi.accuracy:.1f} %",
    ]


def test_power_against_answers_is_drawn_as_the_exercise_says():
    drawn = (FOLDER / "images" / "duty.svg").read_text(encoding="utf-8")
    foot = float(re.search(r'id="axes" d="M[\d.]+ [\d.]+V([\d.]+)', drawn)[1])
    (left_a, right_a), (left_b, right_b) = drawn_points(drawn, "a"), drawn_points(drawn, "b")
    (a_j, a_w), (b_j, b_w) = CHIP_A, CHIP_B
    per_w = (foot - left_a[1]) / a_w
    most = (foot - right_b[1]) / per_w / b_j - b_w / b_j
    assert most > (a_w - b_w) / (b_j - a_j), "they cross"
    assert (foot - left_b[1]) / per_w == pytest.approx(b_w, abs=1e-5)
    assert (foot - right_a[1]) / per_w == pytest.approx(a_w + most * a_j, rel=0.01)


def how_a_number_becomes_spikes(names):
    """Every number in the words of lesson 3 as the package has it."""
    _, longer, even, latency, delta = names["by_code"].values()
    letters, whole, runs, told = (names[name] for name in ("letters", "whole", "runs", "told"))
    n_steps, n_sensors = letters.values.shape[1:]
    shown = np.random.default_rng(names["SEED"]).integers(letters.n_samples)
    silent = (letters.encoded().spikes[:][shown].sum(axis=0) == 0).sum()
    assert silent > n_sensors, "most rows are silent"
    assert (names["known"].sum(), letters.n_samples) == (27 * SHOWN // 2, 27 * SHOWN)
    saved = {name: 1 - report.energy_j / whole.energy_j for name, report in runs.items()}
    readings, steps = np.round(255 * (1 - letters.values)), whole.steps()
    assert told["rate_regular"].accuracy >= told["rate_bernoulli"].accuracy
    assert runs["20 steps, evenly"].record.n_right >= runs["4 bits"].record.n_right
    stopped = whole.stop_when(1)
    return [
        "02_what_does_a_spike_cost.ipynb",
        "04_what_happens_at_few_bits.ipynb",
        "**25 minutes**, three exercises",
        "Send numbers as spikes in four ways",
        *(f"Exercise {number}" for number in (1, 2, 3)),
        *(f"## {number}." for number in range(1, 5)),
        "0.6 is neither",
        "with probability 0.6",
        "(`RateRegular`): 0.6 is added",
        "in 8 steps?",
        f"{RateRegular(8).decode(RateRegular(8).encode([[0.6]]))[0, 0]} is told: the nearest",
        f"never off by more than {OFF_BY}",
        f"By lot, {0.25 / OFF_BY**2:,.0f} steps are off by that much",
        f"Twelve touch sensors slide over {len(letters.classes)} Braille letters, and are read "
        f"{n_steps} times, every {1e3 * letters.dt_s:.0f} ms",
        f"{2 * n_sensors} rows, up and down of each sensor",
        f"knows {IN_WORDS[SHOWN // 2]} recordings of each letter",
        f"calls {IN_WORDS[SHOWN // 2]} others",
        "By lot, 8 steps confuse more than half",
        f"and 64 some still, for {longer[0]:,.0f} spikes",
        f"Evenly, {even[0]:.0f} tell nearly all; latency loses the same and sends {latency[0]:.0f}",
        f"Delta sends {delta[0]:.0f} and loses none",
        f"gets {100 * READ_WELL:.0f} % of the letters right",
        f"numbers go from {readings.min():.0f} to {readings.max():.0f} (untouched)",
        f"send each of the {n_steps * n_sensors} readings in steps of its own",
        f"reads {100 * told['latency'].accuracy:.1f} %, as if it guessed",
        f"From {steps.fewest} steps on, accuracy is within a point",
        "weights of 4 bits or 20 steps",
        f"**20 steps beat 4 bits**: {100 * saved['20 steps']:.0f} % saved against "
        f"{100 * saved['4 bits']:.0f} %",
        f"After {stopped.mean_steps:.0f} on average; but only "
        f"{100 * stopped.n_right / stopped.n_samples:.1f} % are right",
    ]


SAID = {
    "00_ten_minutes.ipynb": ten_minutes,
    "10_which_chip_for_which_job.ipynb": which_chip_for_which_job,
    "03_how_a_number_becomes_spikes.ipynb": how_a_number_becomes_spikes,
    "09_how_far_can_a_prediction_be_trusted.ipynb": how_far_can_a_prediction_be_trusted,
    "04_what_happens_at_few_bits.ipynb": what_happens_at_few_bits,
    "07_what_does_the_chip_wait_for.ipynb": what_does_the_chip_wait_for,
    "05_which_neurons_can_go.ipynb": which_neurons_can_go,
    "06_where_should_each_neuron_sit.ipynb": where_should_each_neuron_sit,
    "01_will_it_fit.ipynb": will_it_fit,
    "02_what_does_a_spike_cost.ipynb": what_does_a_spike_cost,
    "08_how_a_search_finds_it.ipynb": how_a_search_finds_it,
}


def a_chip(**figures):
    return sf.load_profile("truenorth").replace(**figures)


@pytest.mark.parametrize(
    "answers",
    [
        (check_memory, ...),
        (check_memory, None),
        (check_chip, ..., ...),
        (check_chip, a_chip(axon_types=6), ...),
        (check_live, ...),
        (check_steps, ..., ...),
        (check_steps, 16, ...),
        (check_front, ..., {}),
        (check_gain, ..., {}),
        (check_choice, ..., None),
        (check_packets, ...),
        (check_hops, ..., None, None),
        (check_run, ...),
        (check_sum, ...),
        (check_values, ...),
        (check_gap, ..., None),
        (check_contribution, ...),
        (check_gone, ...),
        (check_hidden, ...),
    ],
)
def test_what_is_not_answered_is_called_so(answers):
    check, *given = answers
    assert check(*given).state == "Not answered"


@pytest.mark.parametrize("bits", [20480, 20480.0, "20480", 64 * 5 * 64])
def test_the_memory_of_exercise_1_is_correct_however_it_is_written(bits):
    assert check_memory(bits).state == "Correct"


@pytest.mark.parametrize(
    ("bits", "hint"),
    [
        (18432, "Half?"),
        (320, "How many bits are they?"),
        (36864, "with 8 bits"),
        (17024, "round the words of an axon up"),
        (16384, "Where is the header?"),
        (1, "whole words"),
        ("a lot", "A number is wanted"),
        ([20480, 1], "A number is wanted"),
    ],
)
def test_another_memory_is_not_yet_correct_and_gets_a_hint(bits, hint):
    answer = check_memory(bits)
    assert answer.state == "Not yet" and hint in answer.words


@pytest.mark.parametrize(
    "design", [{}, {"prune_fraction": 0.3}, {"max_fan_in": 40}, {"threshold_scale": 1.1}]
)
def test_exercise_2_takes_every_design_that_fits_and_reads_well(design):
    assert check_chip(a_chip(axon_types=6), sf.Design(weight_bits=3, **design)).state == "Correct"


@pytest.mark.parametrize(
    ("chip", "design", "hint"),
    [
        (a_chip(), sf.Design(), "different weight values, 61 needed, 4 there"),
        (a_chip(axon_types=5), sf.Design(weight_bits=3), "6 needed, 5 there"),
        (a_chip(), sf.Design(weight_bits=2), "It fits, but reads"),
        (a_chip(axon_types=7), sf.Design(weight_bits=3), "fewer than 7 types: a weight of 0"),
        (a_chip(axon_types=6, cores=5000), sf.Design(weight_bits=3), "you also changed cores"),
        (sf.load_profile("loihi1"), sf.Design(), "you also changed family, step"),
        (6, sf.Design(weight_bits=3), "truenorth.replace(axon_types=...)"),
        (a_chip(axon_types=6), 3, "sf.Design(weight_bits=4)"),
    ],
)
def test_another_chip_or_design_is_not_yet_correct_and_gets_a_hint(chip, design, hint):
    answer = check_chip(chip, design)
    assert answer.state == "Not yet" and hint in answer.words


@pytest.mark.parametrize("joules", [0.0334, "33.4e-3", 104.4e-3 * 64 * 5e-3 + 2.21e-6])
def test_the_live_energy_of_lesson_2_is_correct_however_it_is_written(joules):
    """104.4 mW for 64 steps of 5 ms, and 2.21 µJ of events."""
    assert check_live(joules).state == "Correct"


@pytest.mark.parametrize(
    ("joules", "hint"),
    [
        (33.4, "Millijoules? Or are 5 ms taken as 5 s?"),
        (33_400, "Microjoules"),
        (6.68e-3, "That is with 1 ms a step"),
        (0.522e-3, "That is one step"),
        (34.4e-6, "That is stored input"),
        (1, "How many seconds"),
        ("a lot", "A number of joules"),
    ],
)
def test_another_live_energy_is_not_yet_correct_and_gets_a_hint(joules, hint):
    answer = check_live(joules)
    assert answer.state == "Not yet" and hint in answer.words


def test_the_fewest_steps_of_lesson_2_are_correct():
    """16 of 64 steps: a quarter of the time is spent."""
    assert check_steps(16, 0.75).state == check_steps(16, "0.75").state == "Correct"


@pytest.mark.parametrize(
    ("n_steps", "saving", "hint"),
    [
        (15, 0.75, "15 steps read 94.2 % of the images."),
        (20, 0.69, "fewer would do"),
        (16, 75, "from 0 to 1"),
        (16, 0.25, "that share is spent"),
        (16, 0.5, "compare the live energies"),
        (16, "a lot", "a saving is a number"),
        (0, 0.75, "n_steps"),
        (65, 0.75, "64"),
    ],
)
def test_other_steps_are_not_yet_correct_and_get_a_hint(n_steps, saving, hint):
    answer = check_steps(n_steps, saving)
    assert answer.state == "Not yet" and hint in answer.words


def test_the_sum_of_lesson_4_is_what_the_package_rounds_to():
    added = 0.3 * sum(by_package(3))
    assert check_sum(added).state == check_sum(f"{added:.2f}").state == "Correct"


@pytest.mark.parametrize(
    ("added", "hint"),
    [
        (4, "What is the scale?"),
        (1.4, "before rounding"),
        (0.9, "with 2 bits"),
        (1.8, "is negative"),
        (1.5, "Does the negative weight vanish?"),
        (7, "Divide each weight"),
        ("a lot", "A number is wanted"),
    ],
)
def test_another_sum_is_not_yet_correct_and_gets_a_hint(added, hint):
    answer = check_sum(added)
    assert answer.state == "Not yet" and hint in answer.words


@pytest.mark.parametrize(
    ("n_values", "hint"),
    [(2, "2 values read"), (4, "fewer would do"), (2.5, "whole number"), (0, "weight_values")],
)
def test_only_three_values_are_the_fewest_of_lesson_4(n_values, hint):
    answer = check_values(n_values)
    assert answer.state == "Not yet" and hint in answer.words
    assert check_values(3).state == check_values("3").state == "Correct"


def test_the_gap_of_lesson_4_is_in_points_and_needs_the_images_learned_from():
    calibration, unseen = sf.load_dataset("digits").split(HALVES[0], seed=HALVES[1])
    case = sf.load_network("digits"), sf.load_profile("loihi1")
    design = sf.Design(weight_values=4, finetune_epochs=30)
    tuned, learned = (
        sf.deploy(*case, images, design=design, calibration=calibration)
        for images in (unseen, calibration)
    )
    gap = learned.accuracy - tuned.accuracy
    assert gap > 0.002
    assert check_gap(100 * gap, tuned).state == check_gap(f"{100 * gap:.1f}", tuned).state
    assert check_gap(100 * gap, tuned).state == "Correct"
    assert "Points, please" in check_gap(gap, tuned).words
    assert "Which of the two" in check_gap(-100 * gap, tuned).words
    assert "How much more" in check_gap(100 * learned.accuracy, tuned).words
    assert "A number of points" in check_gap("a lot", tuned).words
    assert "calibration=calibration" in check_gap(50, tuned).words


@pytest.mark.parametrize("contribution", [5 / 3, "1.67", 1.667])
def test_the_contribution_of_lesson_5_is_correct_however_it_is_written(contribution):
    assert check_contribution(contribution).state == "Correct"


@pytest.mark.parametrize(
    ("contribution", "hint"),
    [
        (1 / 3, "Square each change, then"),
        (1 / 9, "Square each change first"),
        (5, "How many images"),
        (1, "not sizes"),
        (2.5, "counts, too"),
        (7, "Square the change of each image"),
        ("a lot", "A number is wanted"),
    ],
)
def test_another_contribution_is_not_yet_correct_and_gets_a_hint(contribution, hint):
    answer = check_contribution(contribution)
    assert answer.state == "Not yet" and hint in answer.words


@pytest.mark.parametrize(
    ("share", "hint"),
    [(0.5, "more may go"), (0.7, "92.2 % are right."), (0.55, "in tenths"), (6, "between")],
)
def test_only_six_tenths_of_neurons_may_go_in_lesson_5(share, hint):
    answer = check_gone(share)
    assert answer.state == "Not yet" and hint in answer.words
    assert check_gone(0.6).state == check_gone("0.6").state == "Correct"


@pytest.mark.parametrize("packets", [10, 10.0, "10"])
def test_the_packets_of_lesson_6_are_correct_however_they_are_written(packets):
    assert check_packets(packets).state == "Correct"


@pytest.mark.parametrize(
    ("packets", "hint"),
    [
        (2, "How often"),
        (15, "its own core"),
        (20, "for each target"),
        (25, "for each target"),
        (7, "How many other cores"),
        ("a lot", "A number"),
    ],
)
def test_other_packets_are_not_yet_correct_and_get_a_hint(packets, hint):
    answer = check_packets(packets)
    assert answer.state == "Not yet" and hint in answer.words


def test_the_hops_of_lesson_6_are_those_on_the_long_mesh():
    n = 128
    ring = (np.arange(n)[:, None] + np.array([-2, -1, 1, 2])) % n
    wiring, room = Wiring(np.arange(n + 1) * 4, ring.ravel(), np.full(n, 2.0)), Room(8, 99)
    long, square = (
        group_and_place(wiring, room, Sites(columns=c, rows=r)).hops for c, r in ((8, 2), (4, 4))
    )
    assert check_hops(long / (2 * n), wiring, room).state == "Correct"
    assert check_hops(f"{long / (2 * n) * 1.02}", wiring, room).state == "Correct"
    assert "all spikes" in check_hops(long, wiring, room).words
    assert "is the mesh" in check_hops(0.1 * square, wiring, room).words
    assert "A number" in check_hops("a lot", wiring, room).words


@pytest.mark.parametrize("said", [12, "12", 12.0])
def test_the_run_of_lesson_7_is_the_longer_of_each_step_and_the_barriers(said):
    assert check_run(said).state == "Correct"


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        (9, "And the barriers?"),
        (10, "One barrier for each step"),
        (8, "changes from step to step"),
        (11, "changes from step to step"),
        (14, "at the same time"),
        (17, "at the same time"),
        (5, "Add them up"),
        ("long", "A number is wanted"),
    ],
)
def test_another_run_is_not_yet_correct_and_gets_a_hint(said, hint):
    answer = check_run(said)
    assert answer.state == "Not yet" and hint in answer.words


@pytest.mark.parametrize(
    ("said", "hint"),
    [(4, "For which layer"), (8, "Both layers need"), (0, "Both layers"), (1.5, "whole number")],
)
def test_only_seven_cores_for_the_hidden_layer_are_correct(said, hint):
    answer = check_hidden(said)
    assert answer.state == "Not yet" and hint in answer.words
    assert check_hidden(7).state == check_hidden("7").state == "Correct"


@pytest.mark.parametrize("letters", ["ADEF", "a, d, e, f", ["F", "E", "D", "A"], {*"ADEF"}])
def test_the_front_of_exercise_1_of_lesson_8_is_correct_however_it_is_written(letters):
    assert check_front(letters, by_hand()).state == "Correct"


@pytest.mark.parametrize(
    ("letters", "hint"),
    [
        ("EF", "Which design dominates A?"),
        ("ABDEF", "Compare B with D"),
        ("ADEFG", "no design G"),
        (4, "iterable"),
    ],
)
def test_another_front_is_not_yet_correct_and_gets_a_hint(letters, hint):
    answer = check_front(letters, by_hand())
    assert answer.state == "Not yet" and hint in answer.words


def test_the_gain_of_lesson_8_is_correct_however_it_is_written():
    """G reaches from 91.1 to 95 %, and from 2 µJ to E's energy."""
    reports = by_hand()
    e, f = reports["E"], reports["F"]
    gain = 100 * (0.95 - f.accuracy) * np.log2(e.energy_j / 2e-6)
    assert check_gain(gain, reports).state == check_gain(f"{gain:.2f}", reports).state == "Correct"


@pytest.mark.parametrize(
    ("gain", "hint"),
    [(27.6, "with G"), (21.6, "alone"), (0.0716, "Points"), (1, "without"), ("a lot", "A number")],
)
def test_another_gain_is_not_yet_correct_and_gets_a_hint(gain, hint):
    answer = check_gain(gain, by_hand())
    assert answer.state == "Not yet" and hint in answer.words


def test_only_the_choice_asked_for_in_lesson_8_is_correct():
    chosen_by, kept_back = sf.load_dataset("digits").split(0.5, 11)
    asked = {"objectives": ("accuracy", "energy_j"), "confirm": kept_back, "sampler": "random"}
    network, loihi = sf.load_network("digits"), sf.load_profile("loihi1")
    study = sf.search(network, loihi, chosen_by, n_trials=12, seed=1, **asked)
    study.wait()
    wanted = study.recommend(weights=WEIGHTS, at_least=AT_LEAST)
    assert check_choice(wanted, study).state == "Correct"
    cheapest = study.recommend(order=("energy_j",))
    assert cheapest.trial.number != wanted.trial.number
    assert check_choice(cheapest, study).state == "Not yet"
    assert "study.recommend(" in check_choice(3, study).words
    none = study.recommend(at_most={"energy_j": 1e-12})
    assert check_choice(none, study).words == none.sentence


@pytest.mark.parametrize(
    ("check", "answers", "wrong"),
    [
        (check_high_end, (3800, 3800.0, np.int64(3800)), (2500, 1400, 3500, 2800, 1, "much")),
        (check_evidence, (2, 2.0), (7, 5, True, 2.5)),
        (check_least, (10, 10.0), (500, 1e-5, 0.01, 1000, 3, "little")),
    ],
)
def test_the_exercises_of_lesson_9_take_what_is_right_and_hint_at_what_is_not(
    check, answers, wrong
):
    assert all(check(answer).state == "Correct" for answer in answers)
    assert all(check(answer).state == "Not yet" for answer in wrong)
    assert check(...).state == "Not answered"


def test_the_runs_on_two_boards_are_drawn_where_they_lie():
    drawn = (FOLDER / "images" / "boards.svg").read_text(encoding="utf-8")
    at = [float(x) for x in re.findall(r'<circle id="run\d+" cx="([\d.]+)"', drawn)]
    errors = [found.error for found in validate(chips=("spinnaker1",)).predicted]
    slope, _ = np.polyfit(errors, at, 1)
    assert len(at) == 20 and np.ptp(np.array(at) - slope * np.array(errors)) < 0.1


@pytest.mark.parametrize(
    ("check", "right", "wrong"),
    [
        (
            check_other_reset,
            (135, "135"),
            {
                134: "by subtraction",
                16: "another time step",
                0.964: "A share",
                96.4: "Per cent",
                5: "Those are wrong",
                99: 'reset="zero"',
                "most": "A number is wanted",
            },
        ),
        (
            check_even_power,
            (100, "100", 99.99),
            {
                0.01: "Seconds between",
                99: "A's answers cost",
                10_000: "A alone",
                1e5: "a thousand times",
                50: "equal for A and B",
                "few": "A number is wanted",
            },
        ),
        (
            check_shortest,
            (153, 152.7),
            {
                1.53e-4: "Seconds, yes",
                0.153: "Milliseconds, yes",
                9771: "a whole image",
                100: "the camera's",
                1000: "time to spare",
                7: "slowest_step_s",
            },
        ),
        (
            check_side_by_side,
            (3, "3"),
            {
                2.714: "in parts",
                2: "Too few",
                0.368: "other way round",
                9771: "Seconds of work. How",
                4: "Fewer would do",
                1: "over seconds",
            },
        ),
        (
            check_even,
            (50, "50"),
            {
                100: "How far is the nearest",
                2500: "by lot",
                0.01: "That is the error",
                25: "off by up to 0.02.",
                60: "fewer would do",
                "many": "A number is wanted for steps",
            },
        ),
        (
            check_coarsest,
            (0.08, "0.08"),
            {
                0.02: "a coarser one would do",
                0.07: "93.7 % are right.",
                0.1: "79.3 % are right.",
                0.055: "Hundredths",
                8: "from 0 to 1",
                "coarse": "A number is wanted",
            },
        ),
        (
            check_margin,
            (2, 2.0),
            {
                1: "91.7 % are right",
                4: "a smaller margin",
                0: "1 or more",
                1.5: "whole number",
                "two": "A number is wanted",
            },
        ),
    ],
)
def test_an_exercise_takes_what_is_right_and_hints_at_what_is_not(check, right, wrong):
    assert all(check(answer).state == "Correct" for answer in right)
    for answer, hint in wrong.items():
        told = check(answer)
        assert told.state == "Not yet" and hint in told.words
    assert check(...).state == "Not answered"


def test_the_letters_that_a_cell_pays_for_are_correct_only_live_and_in_all():
    """A cell of 235 mAh at 3 V holds 2,538 J."""
    dataset = sf.load_dataset("digits", n_samples=8)
    case = sf.load_network("digits"), sf.load_profile("loihi1"), dataset
    live = sf.deploy(*case, scenario="real_time")
    cell_j, live_j = 2538, live.operations["real_time"].energy_j.value
    assert check_letters(cell_j / live_j, live).state == "Correct"
    for wrong, hint in (
        (cell_j / live.event_energy_j, "Of events alone"),
        (live_j / cell_j, "other way round"),
        (cell_j, "Those are joules"),
        (live_j, "one letter"),
        (7, "over better.energy_j"),
        ("many", "A number is wanted"),
    ):
        assert hint in check_letters(wrong, live).words
    assert check_letters(..., live).state == "Not answered"


def test_a_signal_and_what_is_told_of_it_are_drawn_as_delta_sends_them():
    drawn = (FOLDER / "images" / "delta.svg").read_text(encoding="utf-8")
    signal, told = drawn_points(drawn, "signal"), drawn_points(drawn, "told")
    values = load_values("braille27", n_samples=27 * SHOWN).values[101]
    pressure, spikes = values[:, 1], Delta(76, threshold=0.05).encode(values[None])[0]
    per_unit, foot = np.polyfit(pressure, signal[:, 1], 1)
    assert per_unit < 0, "upwards is more"
    decoded = Delta(76, threshold=0.05).decode(spikes[None])[0, :, 1]
    assert np.abs(signal[:, 1] - per_unit * pressure - foot).max() < 0.1
    assert np.abs(told[::2, 1] - per_unit * decoded - foot).max() < 0.1
    for name, counts in (("up", spikes[:, 1]), ("down", spikes[:, 13])):
        at = [float(x) for x in re.findall(rf'class="{name}" x="([\d.]+)"', drawn)]
        assert len(at) == counts.sum()
        step = np.round((np.array(at) - signal[0, 0]) / (signal[1, 0] - signal[0, 0]) - 0.1)
        assert set(step.astype(int)) == set(np.flatnonzero(counts))


def test_an_answer_that_breaks_the_check_breaks_nothing_else():
    @exercise
    def check_nothing(answer):
        raise ZeroDivisionError

    assert check_nothing(1) == Answer("Not yet", "ZeroDivisionError")


def test_what_a_student_wrote_is_shown_as_words():
    assert "&lt;b&gt;" in Answer("Not yet", "<b>")._repr_html_()

"""The lessons: their exercises answer in three ways and break nothing, and their words say what the
package says.
"""

import json
import re
import sys
import time

import pytest

import spikefit_nb as sf
from spikefit_nb.hardware.families.loihi import LOIHI_BLOCK_HEADER_BITS, LOIHI_WORD_BITS
from tests.meta.source import REPOSITORY
from tests.meta.test_notebooks import text
from tutorials.checks import ENOUGH, Answer, check_chip, check_memory, exercise

FOLDER = REPOSITORY / "tutorials"
SECONDS = 60
IN_WORDS = {2: "two", 3: "three", 4: "four", 9: "nine"}
NUMBER = re.compile(
    r"\d[\d,.]*\d|\d|\b(?:two|three|four|five|six|seven|eight|nine|ten)\b", re.IGNORECASE
)


def cells(name):
    """The cells of a lesson."""
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))["cells"]


def run(name, monkeypatch):
    """The variables a lesson leaves when all its cells have run, and the seconds they took."""
    monkeypatch.setattr(sys, "path", [str(FOLDER), *sys.path])
    names, start = {"__name__": "lesson"}, time.perf_counter()
    for cell in cells(name):
        if cell["cell_type"] == "code":
            exec(compile(text(cell), name, "exec"), names)
    return names, time.perf_counter() - start


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.ipynb")))
def test_a_lesson_runs_within_a_minute_and_says_only_what_the_package_says(name, monkeypatch):
    names, seconds = run(name, monkeypatch)
    assert seconds < SECONDS
    prose = " ".join(
        " ".join(text(cell) for cell in cells(name) if cell["cell_type"] == "markdown").split()
    )
    said = SAID[name](names)
    assert [words for words in said if words not in prose] == []
    for words in sorted(said, key=len, reverse=True):
        prose = prose.replace(words, "")
    assert NUMBER.findall(prose) == [], (
        "a number in the words that nothing here holds against the package"
    )


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
    assert names["answer"].violations[0].need >= 200, "training left hundreds of weight values"
    assert names["remedy"].design == sf.Design(weight_bits=2)
    assert set(names["changed"].projections[0].values.tolist()) == {-1, 0, 1}
    assert names["small"].diff(loihi).changes[0].kind == "datasheet -> assumed"
    limits = [limit for report in sf.compare_fit(network).reports for limit in report.violations]
    kinds = [limit for limit in limits if limit.figure in ("neuron_models", "resets", "axon_types")]
    assert len(kinds) > 0.8 * len(limits), "size is in the way after all"
    labels = sf.check_fit(network, names["small"]).mapping.labels
    types, bits = IN_WORDS[truenorth.value("axon_types")], max(truenorth.value("weight_bits"))
    adds, widest = first_weights_of_the_crossbar(), max(loihi.value("weight_bits"))
    return [
        "**20 minutes**, two exercises",
        "Exercise 1",
        "Exercise 2",
        "exercise 2",
        *(f"## {n}." for n in range(1, 6)),
        f"{IN_WORDS[len(network.neuron_populations)]} layers of neurons",
        f"{loihi.value('cores')} cores for {loihi.value('neurons_per_core'):,} neurons each",
        f"{IN_WORDS[names['fit'].mapping.n_cores].capitalize()}: each layer got a core of its own",
        f"an axon has one of {types} types",
        f"each of one of {types} types",
        f"are its {types} weights",
        f"With a {bits}-bit weight in every dot, the crossbar would be {IN_WORDS[bits]} "
        "times as large",
        f"adds {adds[0]} to the first neuron, {adds[2]} to the third, {adds[3]} to the last",
        f"{truenorth.value('cores'):,} cores for {truenorth.value('neurons_per_core')} "
        "neurons each",
        f"a layer may use {types} weight values",
        f"Weights of {IN_WORDS[names['remedy'].design.weight_bits]} bits are −1, 0 or 1",
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
        f"reads {100 * ENOUGH:.0f} % of the images",
    ]


def first_weights_of_the_crossbar():
    """The weight that each neuron of the picture has for the type of its topmost axon."""
    drawn = (FOLDER / "images" / "crossbar.svg").read_text(encoding="utf-8").replace("−", "-")
    return [int(weight) for weight in re.findall(r">(-?\d)</text>", drawn)[::4]]


SAID = {"01_will_it_fit.ipynb": will_it_fit}


def a_chip(**figures):
    return sf.load_profile("truenorth").replace(**figures)


@pytest.mark.parametrize(
    "answers",
    [
        (check_memory, ...),
        (check_memory, None),
        (check_chip, ..., ...),
        (check_chip, a_chip(axon_types=6), ...),
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
        (a_chip(), sf.Design(), "different weight values, 321 needed, 4 there"),
        (a_chip(axon_types=5), sf.Design(weight_bits=3), "6 needed, 5 there"),
        (a_chip(), sf.Design(weight_bits=2), "It fits, but reads"),
        (a_chip(axon_types=7), sf.Design(weight_bits=3), "fewer than 7 types"),
        (a_chip(axon_types=6, cores=5000), sf.Design(weight_bits=3), "you also changed cores"),
        (sf.load_profile("loihi1"), sf.Design(), "you also changed family, step"),
        (6, sf.Design(weight_bits=3), "truenorth.replace(axon_types=...)"),
        (a_chip(axon_types=6), 3, "sf.Design(weight_bits=4)"),
    ],
)
def test_another_chip_or_design_is_not_yet_correct_and_gets_a_hint(chip, design, hint):
    answer = check_chip(chip, design)
    assert answer.state == "Not yet" and hint in answer.words


def test_an_answer_that_breaks_the_check_breaks_nothing_else():
    @exercise
    def check_nothing(answer):
        raise ZeroDivisionError

    assert check_nothing(1) == Answer("Not yet", "ZeroDivisionError")


def test_what_a_student_wrote_is_shown_as_words():
    assert "&lt;b&gt;" in Answer("Not yet", "<b>")._repr_html_()

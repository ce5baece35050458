"""What checks the exercises: each answers "Correct", "Not yet" or "Not answered", and never stops
Run All.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from html import escape
from math import isclose

import spikefit_nb as sf
from spikefit_nb.deploy import Report
from spikefit_nb.errors import expect
from spikefit_nb.units import text

COLOURS = {"Correct": "#009E73", "Not yet": "#E69F00", "Not answered": "#808080"}
ENOUGH = 0.95  # of the images, in lesson 1
WELL = 0.96  # of the images, in lesson 2
SLOW_STEP_S = 5e-3  # of the sensor in lesson 2


@dataclass(frozen=True)
class Answer:
    """What an exercise says to an answer, and why."""

    state: str
    words: str

    def __repr__(self) -> str:
        return f"{self.state}: {self.words}"

    def _repr_html_(self) -> str:
        style = f"border-left:4px solid {COLOURS[self.state]};padding:2px 10px;max-width:62em"
        return f'<div style="{style}"><b>{self.state}.</b> {escape(self.words)}</div>'


def exercise(check: Callable[..., Answer]) -> Callable[..., Answer]:
    """Say "Not answered" while the dots stand, and "Not yet" to an answer that the check cannot
    work with.
    """

    @wraps(check)
    def checked(*answers: object) -> Answer:
        if any(answer is ... or answer is None for answer in answers):
            return Answer(
                "Not answered", "Put your answer in place of the dots, and run this cell again."
            )
        try:
            return check(*answers)
        except (
            Exception
        ) as error:  # whatever a student wrote, the lesson goes on, and says what was wrong
            return Answer("Not yet", f"{error}" or type(error).__name__)

    return checked


@exercise
def check_memory(bits: float) -> Answer:
    """Lesson 1: the memory of the hidden layer's core on Loihi, with weights of 4 bits."""
    network, loihi = sf.load_network("digits"), sf.load_profile("loihi1")
    at = {
        b: int(sf.check_fit(network, loihi, sf.Design(weight_bits=b)).mapping.needs.memory_bits[0])
        for b in (4, 8)
    }
    try:
        said = float(bits)
    except (TypeError, ValueError):
        return Answer("Not yet", f"A number is wanted, such as {at[8]}, not {bits!r}.")
    if said == at[4]:
        share = text(at[4] / at[8], "%")
        words = (
            f"The report says {at[4]:,} bits too: half the bits of a weight, "
            f"but {share} of the memory."
        )
        return Answer("Correct", words)
    if said == at[8] / 2:
        return Answer("Not yet", "Half? The header does not shrink, and a word is never shared.")
    if said == at[4] / 64:
        return Answer("Not yet", "That many words, yes. How many bits are they?")
    return Answer(
        "Not yet",
        "How many bits does one axon need? How many whole words hold them? How many axons?",
    )


@exercise
def check_chip(chip: sf.HardwareProfile, design: sf.Design) -> Answer:
    """Lesson 1: the fewest axon types with which the digits are still read well enough."""
    network, dataset, truenorth = (
        sf.load_network("digits"),
        sf.load_dataset("digits"),
        sf.load_profile("truenorth"),
    )
    expect(chip, sf.HardwareProfile, "my_chip", "truenorth.replace(axon_types=...)")
    others = [
        change.figure for change in chip.diff(truenorth).changes if change.figure != "axon_types"
    ]
    if others:
        return Answer(
            "Not yet", f"Only axon_types may change; you also changed {', '.join(others[:3])}."
        )
    report, n_types = (
        sf.deploy(network, chip, dataset, design=design),
        int(chip.value("axon_types")),
    )
    if not report.fits:
        worst = report.violations[0]
        return Answer(
            "Not yet", f"It does not fit: {worst.what}, {worst.need} needed, {worst.limit} there."
        )
    read = f"reads {text(report.accuracy, '%')} of the images"
    if report.accuracy < ENOUGH:
        return Answer("Not yet", f"It fits, but {read}.")
    fewer = sf.check_fit(network, truenorth.replace(axon_types=n_types - 1), dataset=dataset)
    if fewer.fits or any(remedy.accuracy >= ENOUGH for remedy in fewer.remedies):
        return Answer(
            "Not yet", f"It fits and {read}, but so would a chip with fewer than {n_types} types."
        )
    words = f"With {n_types} axon types it {read}. It takes {report.fit.mapping.cores_in_words}: "
    why = (
        "an input needs an axon for each of its weight values, and a core runs out "
        "of axons before neurons."
    )
    return Answer("Correct", words + why)


@exercise
def check_live(energy_j: float) -> Answer:
    """Lesson 2: what an image costs live, from a sensor that takes 5 ms a step."""
    report = deployed()
    live = report.operations["real_time"]
    asked = replace(live, dt_s=SLOW_STEP_S).energy_j.value
    try:
        said = float(energy_j)
    except (TypeError, ValueError):
        return Answer("Not yet", f"A number of joules is wanted, such as 0.1, not {energy_j!r}.")
    if isclose(said, asked, rel_tol=0.01):
        events = text(report.event_energy_j, "J")
        words = (
            f"{text(asked, 'J')}, five times as much; only {events} of it are events, as before."
        )
        return Answer("Correct", words)
    for wrong, hint in (
        (1e3 * asked, "Millijoules, yes. How many joules?"),
        (1e6 * asked, "Microjoules, yes. How many joules?"),
        (live.energy_j.value, f"That is with {text(live.dt_s, 's')} a step."),
        (asked / live.n_steps, "That is one step. How many are there?"),
        (report.energy_j, "That is stored input. How long is the chip on when it is live?"),
    ):
        if isclose(said, wrong, rel_tol=0.01):
            return Answer("Not yet", hint)
    return Answer("Not yet", "How many seconds is the chip on? What does it draw meanwhile?")


@exercise
def check_steps(n_steps: int, saving: float) -> Answer:
    """Lesson 2: the fewest steps that read enough of the images, and the live energy saved."""
    report = deployed(n_steps)
    read = f"{n_steps} steps read {text(report.accuracy, '%')} of the images"
    if report.accuracy < WELL:
        return Answer("Not yet", f"{read}.")
    if any(deployed(fewer).accuracy >= WELL for fewer in range(1, n_steps)):
        return Answer("Not yet", f"{read}, but fewer would do.")
    left = live_j(report) / live_j(deployed())
    try:
        said = float(saving)
    except (TypeError, ValueError):
        return Answer("Not yet", f"The steps are right; a saving is a number, not {saving!r}.")
    if isclose(said, 1 - left, abs_tol=0.01):
        words = f"{read}, and save {text(1 - left, '%')}. On images that did not choose them, "
        return Answer("Correct", words + "they may do a little worse.")
    if isclose(said, 100 * (1 - left), abs_tol=1):
        return Answer("Not yet", "The steps are right; write the saving from 0 to 1.")
    if isclose(said, left, abs_tol=0.01):
        return Answer("Not yet", "The steps are right; that share is spent. What is saved?")
    return Answer("Not yet", "The steps are right; compare the live energies of both reports.")


def deployed(n_steps: int | None = None) -> Report:
    """The digits on Loihi, read for so many steps."""
    case = sf.load_network("digits"), sf.load_profile("loihi1"), sf.load_dataset("digits")
    return sf.deploy(*case, design=sf.Design(n_steps=n_steps))


def live_j(report: Report) -> float:
    """Live energy of an image."""
    return report.operations["real_time"].energy_j.value

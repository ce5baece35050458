"""What checks the exercises: each answers "Correct", "Not yet" or "Not answered", and never stops
Run All.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import wraps
from html import escape
from math import ceil, inf, isclose, log2
from typing import TYPE_CHECKING

import numpy as np

import spikefit_nb as sf
from spikefit_nb.datasets import load_values
from spikefit_nb.deploy import Report
from spikefit_nb.encode import Delta
from spikefit_nb.errors import expect
from spikefit_nb.mapping import Room, Sites, Wiring, group_and_place
from spikefit_nb.units import text

if TYPE_CHECKING:  # a search loads for seconds, and only one lesson has one
    from spikefit_nb.search import Recommendation, Study

COLOURS = {"Correct": "#009E73", "Not yet": "#E69F00", "Not answered": "#808080"}
ENOUGH = 0.95  # of the images, in lesson 1
WELL = 0.96  # of the images, in lesson 2
SLOW_STEP_S = 5e-3  # of the sensor in lesson 2
RIGHT, OTHERWISE = 134, 135  # letters read with the reset that was trained, and the other
CHIP_A, CHIP_B = (1e-6, 10e-3), (100e-6, 0.1e-3)  # joules an answer, watts at rest, in lesson 10
MILLION, HOUR_S, CAMERA_S = 1_000_000, 3600, 1e-4  # of images, and a step, in lesson 10
OFF_BY, READ_WELL, SHOWN = 0.01, 0.95, 20  # error, letters, recordings of each, in lesson 3
BY_HAND, LEVELS = (0.9, 0.4, 0.3, -0.2), 3  # weights, and the largest whole number, in lesson 4
HALVES, ADAPTED_WELL = (
    (0.5, 0),
    0.95,
)  # split (share, seed), and of images, in lessons 4 and 5
CHANGES = 2, -1, 0  # of the loss in three images, in lesson 5
FIRED, PER_CORE = 5, (1, 3, 1)  # spikes, and targets on the own core and others, in lesson 6
LONG_MESH, NEAR_ENOUGH = (8, 2), 0.03  # tiles, and how far off an answer may be, in lesson 6
WORK_US, BARRIER_US = ((3, 1, 2), (2, 4, 2)), 1  # of two cores in three steps, in lesson 7
EIGHT = 8  # cores that lesson 7 allows
MOST_J, LEAST = 40e-6, 0.90  # the corner that areas reach to, in lesson 8
NEW_DESIGN = 2e-6, 0.95  # joules and accuracy of design G in lesson 8
SPENT = ((1000, 3), (100, 8))  # events, and the dear end of each in pJ, in lesson 9
STATIC_MW, IN_USE, CORES, RUN_S = 50, 20, 1000, 10e-3  # in lesson 9
SO_FAR = ("odin", "truenorth")  # chips that lesson 9 has looked at by exercise 2
WEIGHTS, AT_LEAST = {"accuracy": 3, "energy_j": 1}, {"accuracy": 0.94}  # in lesson 8


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


def number_of(answer: object, what: str, example: float) -> float:
    """The number that was answered; what is none is said so, with an example."""
    try:
        return float(answer)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise ValueError(f"A number is wanted for {what}, such as {example:g}.") from None


@exercise
def check_other_reset(n_letters: int) -> Answer:
    """Ten minutes: how many letters are right with a reset that was never trained."""
    said = number_of(n_letters, "letters", 70)
    if said == OTHERWISE:
        words = "one more than as it was trained: accuracy alone does not tell which is true."
        return Answer("Correct", f"{OTHERWISE}, {words}")
    for wrong, hint in (
        (RIGHT, "That is by subtraction. What does the other reset give?"),
        (16, 'That is with another time step. Only reset="zero" changes.'),
        (OTHERWISE / 140, "A share. How many letters?"),
        (100 * OTHERWISE / 140, "Per cent. How many letters?"),
        (140 - OTHERWISE, "Those are wrong. How many are right?"),
    ):
        if isclose(said, wrong, rel_tol=2e-3):
            return Answer("Not yet", hint)
    return Answer("Not yet", 'sf.read_nir(..., reset="zero"), then sf.simulate(...).n_right')


@exercise
def check_letters(n_letters: float, better: Report) -> Answer:
    """Ten minutes: for how many letters a coin cell lasts, live."""
    expect(better, Report, "better", "sf.deploy(...)")
    cell_j = better.power_budget(inferences_per_s=0.5).battery.energy_j
    said, wanted = number_of(n_letters, "letters", 1000), cell_j / better.energy_j
    if isclose(said, wanted, rel_tol=0.01):
        days = wanted * better.dataset.n_steps * better.dataset.dt_s / 86400
        return Answer("Correct", f"{wanted / 1e6:.1f} million, read for {days:.0f} days on end.")
    for wrong, hint in (
        (cell_j / better.event_energy_j, "Of events alone. What does a letter take in all?"),
        (better.energy_j / cell_j, "The other way round."),
        (cell_j, "Those are joules. How many does a letter take?"),
        (better.energy_j, "That is one letter. How many are in the cell?"),
        (wanted / 1e6, "Millions, yes. How many letters?"),
    ):
        if isclose(said, wrong, rel_tol=0.01):
            return Answer("Not yet", hint)
    return Answer("Not yet", "What the cell holds, over better.energy_j.")


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
    for wrong, hint in (
        (at[8] / 2, "Half? The header does not shrink, and a word is never shared."),
        (at[4] / 64, "That many words, yes. How many bits are they?"),
        (at[8], "That is with 8 bits."),
        (64 * (10 + 64 * 4), "A word is never shared: round the words of an axon up."),
        (64 * 4 * 64, "Those are the weights. Where is the header?"),
    ):
        if said == wrong:
            return Answer("Not yet", hint)
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
            "Not yet",
            f"It fits and {read}, but so would a chip with fewer than {n_types} types: "
            "a weight of 0 needs none.",
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
        (1e3 * asked, "Millijoules? Or are 5 ms taken as 5 s? Watts times seconds are joules."),
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


@exercise
def check_even(n_steps: int) -> Answer:
    """Lesson 3: how many even steps tell a number well enough."""
    wanted, said = 0.5 / OFF_BY, number_of(n_steps, "steps", 25)
    words = f"{said:g} steps are off by up to {0.5 / max(said, 1):.3g}"
    for wrong, hint in (
        (2 * wanted, "Two counts are that far apart. How far is the nearest at most?"),
        (0.25 / OFF_BY**2, "That is by lot. Evenly, far fewer do."),
        (OFF_BY, "That is the error. How many steps?"),
    ):
        if isclose(said, wrong, rel_tol=1e-6):
            return Answer("Not yet", hint)
    if isclose(said, wanted, rel_tol=1e-6):
        return Answer("Correct", f"{words}, half the distance of two counts.")
    return Answer("Not yet", f"{words}{', and fewer would do' if said > wanted else ''}.")


@exercise
def check_coarsest(threshold: float) -> Answer:
    """Lesson 3: the coarsest threshold at which changes still tell letters apart."""
    hundredths = 100 * number_of(threshold, "a threshold", 0.02)
    if hundredths >= 100:
        return Answer("Not yet", "Pressure goes from 0 to 1, and 0.02 is two hundredths of it.")
    if not isclose(hundredths, round(hundredths), abs_tol=1e-6) or hundredths < 1:
        return Answer("Not yet", f"Hundredths are wanted, such as 0.02, not {threshold!r}.")
    n_spikes, right = by_changes(round(hundredths) / 100)
    words = f"{n_spikes:.0f} spikes a letter, and {text(right, '%')} are right"
    if right < READ_WELL:
        return Answer("Not yet", f"{words}.")
    coarser = range(round(hundredths) + 1, 21)
    if any(by_changes(more / 100)[1] >= READ_WELL for more in coarser):
        return Answer("Not yet", f"{words}, but a coarser one would do.")
    return Answer("Correct", f"{words}. Where the levels happen to lie counts, too.")


def by_changes(threshold: float) -> tuple[float, float]:
    """Spikes of a letter that is sent by its changes, and the share read by the nearest mean."""
    letters = load_values("braille27", n_samples=27 * SHOWN)
    code, label = Delta(letters.values.shape[1], threshold=threshold), letters.labels
    spikes = code.encode(letters.values)
    told = code.decode(spikes).reshape(len(spikes), -1)
    known = np.arange(len(told)) % 2 == 0
    means = np.stack([told[known & (label == k)].mean(axis=0) for k in range(27)])
    nearest = [np.argmin(((means - one) ** 2).sum(axis=1)) for one in told[~known]]
    return float(spikes.sum() / len(spikes)), float(np.mean(nearest == label[~known]))


@exercise
def check_margin(margin: int) -> Answer:
    """Lesson 3: the smallest margin by which stopping early loses no answer."""
    said = number_of(margin, "a margin", 4)
    if said != round(said) or said < 1:
        return Answer("Not yet", f"A whole number of spikes is wanted, 1 or more, not {margin!r}.")
    whole = deployed()
    stop = whole.stop_when(said)
    words = f"{text(stop.n_right / stop.n_samples, '%')} are right"
    words = f"{words}, after {stop.mean_steps:.0f} steps on average"
    if stop.n_right < whole.record.n_right:
        return Answer("Not yet", f"{words}: fewer than after all.")
    if said > 1 and whole.stop_when(said - 1).n_right >= whole.record.n_right:
        return Answer("Not yet", f"{words}, but a smaller margin would do.")
    return Answer("Correct", f"{words}, for {stop.mean_steps / stop.n_steps:.0%} of the time.")


@exercise
def check_sum(added: float) -> Answer:
    """Lesson 4: what a spike on each of four weights adds once they are rounded to 3 bits."""
    scale = max(map(abs, BY_HAND)) / LEVELS
    whole = [round(weight / scale) for weight in BY_HAND]
    try:
        said = float(added)
    except (TypeError, ValueError):
        return Answer("Not yet", f"A number is wanted, such as 0.5, not {added!r}.")
    if isclose(said, scale * sum(whole), rel_tol=1e-6):
        words = "three of the four weights are off, and partly make good for one another."
        return Answer("Correct", f"{said:.1f} instead of {sum(BY_HAND):.1f}: {words}")
    for wrong, hint in (
        (sum(whole), "Those are whole numbers. What is the scale?"),
        (sum(BY_HAND), "That is before rounding."),
        (max(BY_HAND), "That is with 2 bits."),
        (scale * sum(map(abs, whole)), "One of the weights is negative."),
        (scale * sum(whole[:-1]), "Does the negative weight vanish? Divide it by the scale."),
    ):
        if isclose(said, wrong, rel_tol=1e-6):
            return Answer("Not yet", hint)
    return Answer(
        "Not yet", "0.9 is 3 times the scale. Divide each weight by the scale, and round."
    )


@exercise
def check_values(n_values: int) -> Answer:
    """Lesson 4: the fewest weight values with which adapting alone reads well."""
    if isinstance(n_values, bool) or int(n_values) != float(n_values):
        return Answer("Not yet", f"A whole number of values is wanted, not {n_values!r}.")
    right = adapted_to(int(n_values))
    words = f"{int(n_values)} values read {text(right, '%')} of the unseen images"
    if right < ADAPTED_WELL:
        return Answer("Not yet", f"{words}.")
    if any(adapted_to(fewer) >= ADAPTED_WELL for fewer in range(1, int(n_values))):
        return Answer("Not yet", f"{words}, but fewer would do.")
    return Answer("Correct", f"{words}, and none was trained for it.")


def adapted_to(n_values: int) -> float:
    """Accuracy on unseen digits with so many weight values, adapted to Loihi without training."""
    calibration, unseen = sf.load_dataset("digits").split(HALVES[0], seed=HALVES[1])
    case = sf.load_network("digits"), sf.load_profile("loihi1"), unseen
    design = sf.Design(weight_values=n_values)
    return sf.deploy(*case, design=design, calibration=calibration).accuracy or 0.0


@exercise
def check_gap(points: float, tuned: Report) -> Answer:
    """Lesson 4: how much better a tuned network looks on the images that it learned from."""
    case = tuned.case
    learned = sf.deploy(
        case.network,
        case.profile,
        case.calibration,
        design=case.design,
        calibration=case.calibration,
    )
    gap = learned.accuracy - tuned.accuracy
    try:
        said = float(points)
    except (TypeError, ValueError):
        return Answer("Not yet", f"A number of points is wanted, such as 0.5, not {points!r}.")
    if isclose(said, 100 * gap, abs_tol=0.06):
        words = "that is why accuracy is told on images that nothing was learned from."
        return Answer("Correct", f"{100 * gap:.1f} points; {words}")
    for wrong, hint in (
        (gap, "Points, please: from 95 % to 96 % is 1 point."),
        (-100 * gap, "Which of the two is higher?"),
        (100 * learned.accuracy, "That is the accuracy on those images. How much more is it?"),
        (learned.accuracy, "That is the accuracy on those images. How much more is it?"),
    ):
        if isclose(said, wrong, abs_tol=6e-4):
            return Answer("Not yet", hint)
    return Answer(
        "Not yet",
        "What does sf.deploy(network, loihi, calibration, design=tuned[4].design, "
        "calibration=calibration) read, and how much more is that than tuned[4]?",
    )


@exercise
def check_contribution(contribution: float) -> Answer:
    """Lesson 5: what a neuron contributes whose spikes change the loss so in three images."""
    asked = sum(change**2 for change in CHANGES) / len(CHANGES)
    try:
        said = float(contribution)
    except (TypeError, ValueError):
        return Answer("Not yet", f"A number is wanted, such as 0.5, not {contribution!r}.")
    if isclose(said, asked, rel_tol=0.01):
        words = "one change was for the better, one for the worse, and both count."
        return Answer("Correct", f"{asked:.2f}; {words}")
    for wrong, hint in (
        (sum(CHANGES) / len(CHANGES), "Square each change, then take the mean."),
        ((sum(CHANGES) / len(CHANGES)) ** 2, "Square each change first, then take the mean."),
        (asked * len(CHANGES), "That is the sum of the squares. How many images are there?"),
        (sum(map(abs, CHANGES)) / len(CHANGES), "Squares, not sizes."),
        (asked * len(CHANGES) / 2, "The image without a change counts, too."),
    ):
        if isclose(said, wrong, rel_tol=0.01):
            return Answer("Not yet", hint)
    return Answer("Not yet", "Square the change of each image, and take the mean.")


@exercise
def check_gone(share: float) -> Answer:
    """Lesson 5: the largest share of neurons that may go, adapting alone."""
    tenths = 10 * float(share)
    if not isclose(tenths, round(tenths), abs_tol=1e-6):
        return Answer("Not yet", f"A share in tenths is wanted, such as 0.1, not {share!r}.")
    right = adapted_without(round(tenths) / 10)
    words = f"with {text(round(tenths) / 10, '%')} of them gone, {text(right, '%')} are right"
    if right < ADAPTED_WELL:
        return Answer("Not yet", f"{words}.".capitalize())
    if any(adapted_without(more / 10) >= ADAPTED_WELL for more in range(round(tenths) + 1, 10)):
        return Answer("Not yet", f"{words}, but more may go.".capitalize())
    return Answer("Correct", f"{words}.".capitalize())


def adapted_without(share: float) -> float:
    """Accuracy on unseen digits without so many neurons, adapted to Loihi without training."""
    calibration, unseen = sf.load_dataset("digits").split(HALVES[0], seed=HALVES[1])
    case = sf.load_network("digits"), sf.load_profile("loihi1"), unseen
    design = sf.Design(prune_neurons=share)
    return sf.deploy(*case, design=design, calibration=calibration).accuracy or 0.0


@exercise
def check_packets(packets: float) -> Answer:
    """Lesson 6: the packets of a neuron that fires some times, with targets on three cores."""
    others = PER_CORE[1:]
    try:
        said = float(packets)
    except (TypeError, ValueError):
        return Answer("Not yet", f"A number is wanted, such as 7, not {packets!r}.")
    if said == FIRED * len(others):
        words = "how many targets a core has behind its packet costs no further packet."
        return Answer("Correct", f"{said:.0f} packets; {words}")
    for wrong, hint in (
        (len(others), "For one spike, yes. How often does it fire?"),
        (FIRED * len(PER_CORE), "Does its own core need a packet?"),
        (FIRED * sum(others), "That is one for each target. How many cores are they on?"),
        (FIRED * sum(PER_CORE), "That is one for each target. How many cores are they on?"),
    ):
        if said == wrong:
            return Answer("Not yet", hint)
    return Answer("Not yet", "How many other cores have a target? How often does it fire?")


@exercise
def check_hops(hops: float, wiring: Wiring, room: Room) -> Answer:
    """Lesson 6: hops a spike on a long mesh."""

    def hops_on(columns: int, rows: int) -> float:
        return group_and_place(wiring, room, Sites(columns=columns, rows=rows)).hops / spikes

    spikes = wiring.spikes.sum()
    found = hops_on(*LONG_MESH)
    try:
        said = float(hops)
    except (TypeError, ValueError):
        return Answer("Not yet", f"A number is wanted, such as 2.5, not {hops!r}.")
    if isclose(said, found, rel_tol=NEAR_ENOUGH):
        square = hops_on(4, 4)
        words = f"{said:.2f}, where the square needs {square:.2f}: on average, cores lie farther"
        return Answer("Correct", f"{words} apart on a long mesh.")
    if isclose(said, found * spikes, rel_tol=NEAR_ENOUGH):
        return Answer("Not yet", "That is of all spikes together. How many are they?")
    return Answer("Not yet", "mapping.Sites(columns=..., rows=...) is the mesh.")


@exercise
def check_run(run_us: float) -> Answer:
    """Lesson 7: how long two cores take for three steps, with a barrier after each."""
    steps = list(zip(*WORK_US, strict=True))
    longest, barriers = sum(map(max, steps)), BARRIER_US * len(steps)
    try:
        said = float(run_us)
    except (TypeError, ValueError):
        return Answer("Not yet", f"A number is wanted, such as 5, not {run_us!r}.")
    if said == longest + barriers:
        alone = max(map(sum, WORK_US))
        words = f"{said:.0f} µs, though no core works for more than {alone}: each waits for the"
        return Answer("Correct", f"{words} other.")
    every = sum(map(sum, WORK_US))
    for wrong, hint in (
        (longest, "And the barriers?"),
        (longest + BARRIER_US, "One barrier for each step."),
        (max(map(sum, WORK_US)) + barriers, "The busiest core changes from step to step."),
        (max(map(sum, WORK_US)), "The busiest core changes from step to step."),
        (every + barriers, "The cores work at the same time."),
        (every, "The cores work at the same time."),
    ):
        if said == wrong:
            return Answer("Not yet", hint)
    return Answer("Not yet", "How long does each step last, with its barrier? Add them up.")


@exercise
def check_hidden(n_cores: int) -> Answer:
    """Lesson 7: how many of a few cores the hidden layer should get."""
    if isinstance(n_cores, bool) or int(n_cores) != float(n_cores):
        return Answer("Not yet", f"A whole number of cores is wanted, not {n_cores!r}.")
    n_hidden = int(n_cores)
    if not 1 <= n_hidden < EIGHT:
        return Answer("Not yet", f"Both layers need a core, and there are {EIGHT}.")
    took_s = {n: split_s(n) for n in range(1, EIGHT)}
    words = f"With {n_hidden}, a run takes {text(took_s[n_hidden], 's')}"
    if n_hidden == min(took_s, key=lambda n: took_s[n]):
        return Answer(
            "Correct", f"{words}: one core is enough for a layer that is never waited for."
        )
    return Answer("Not yet", f"{words}. For which layer does a step wait?")


def split_s(n_hidden: int) -> float:
    """How long an image takes on so many cores for the hidden layer, and the others of eight."""
    network, loihi = sf.load_network("digits"), sf.load_profile("loihi1")
    of = {"hidden": n_hidden, "digit": EIGHT - n_hidden}
    each = {name: -(-network[name].n_neurons // n) for name, n in of.items()}
    design = sf.Design(partition="layers", neurons_per_core=each)
    latency_s = sf.deploy(network, loihi, sf.load_dataset("digits"), design=design).latency_s
    return latency_s or inf


@exercise
def check_front(letters: Iterable[str], reports: Mapping[str, Report]) -> Answer:
    """Lesson 8: the designs that none dominates in accuracy, energy and cores."""
    said = {letter for letter in "".join(letters).upper() if letter.isalpha()}
    unknown = sorted(said - set(reports))
    if unknown:
        return Answer("Not yet", f"There is no design {unknown[0]}; the letters are A to F.")
    front = {name for name, report in reports.items() if not dominating(report, reports)}
    if said == front:
        words = "A and D cost more than E, but take two cores. One more thing that counts, and "
        return Answer("Correct", words + "more designs are worth having.")
    for name in sorted(said - front):
        by = dominating(reports[name], reports)[0]
        return Answer("Not yet", f"Compare {name} with {by} in all of them.")
    missing = sorted(front - said)
    return Answer("Not yet", f"Which design dominates {missing[0]}? Look at its cores.")


def dominating(report: Report, reports: Mapping[str, Report]) -> list[str]:
    """Which designs are nowhere worse than one, and somewhere better, cores included."""

    def losses(one: Report) -> tuple[float, float, int]:
        return -one.accuracy, one.energy_j, one.n_cores

    mine = losses(report)
    return [
        name
        for name, other in reports.items()
        if losses(other) != mine and all(a <= b for a, b in zip(losses(other), mine, strict=True))
    ]


@exercise
def check_gain(gain: float, reports: Mapping[str, Report]) -> Answer:
    """Lesson 8: the area that design G would add to the six."""
    points = [(report.energy_j, report.accuracy) for report in reports.values()]
    before, after = area(points), area([*points, NEW_DESIGN])
    try:
        said = float(gain)
    except (TypeError, ValueError):
        return Answer("Not yet", f"A number is wanted, such as {before:.1f}, not {gain!r}.")
    if isclose(said, after - before, rel_tol=0.01):
        words = "that is what a search asks of every design before it tries one."
        return Answer("Correct", f"{said:.1f} more; {words}")
    for wrong, hint in (
        (after, "That is the area with G. How much of it is new?"),
        (area([NEW_DESIGN]), "That is the area of G alone. Some of it was beaten already."),
        ((after - before) / 100, "Points of accuracy, please: 95 % is 5 points above 90 %."),
    ):
        if isclose(said, wrong, rel_tol=0.01):
            return Answer("Not yet", hint)
    return Answer(
        "Not yet", "area([*by_hand, (joules, accuracy)]): what is it with G, and without?"
    )


def area(points: Iterable[tuple[float, float]]) -> float:
    """What designs beat, in halvings of energy times points of accuracy."""
    total, reached = 0.0, LEAST
    for energy_j, accuracy in sorted(points):
        if energy_j < MOST_J and accuracy > reached:
            total += log2(MOST_J / energy_j) * 100 * (accuracy - reached)
            reached = accuracy
    return total


@exercise
def check_choice(choice: "Recommendation", study: "Study") -> Answer:
    """Lesson 8: what the study recommends where accuracy matters three times as much as energy."""
    expect(
        choice, sf.search.Recommendation, "my_choice", "study.recommend(weights=..., at_least=...)"
    )
    wanted = study.recommend(weights=WEIGHTS, at_least=AT_LEAST).trial
    if choice.trial is None:
        return Answer("Not yet", choice.sentence)
    if choice.trial.number == wanted.number:
        return Answer("Correct", f"{wanted.name.capitalize()}, and not one trial was made for it.")
    if choice.trial.values["accuracy"] < AT_LEAST["accuracy"]:
        return Answer("Not yet", 'It reads too few: at_least={"accuracy": ...}.')
    return Answer("Not yet", 'Three to one: weights={"accuracy": ..., "energy_j": ...}.')


@exercise
def check_high_end(picojoules: float) -> Answer:
    """Lesson 9: the high end of an energy of two kinds of events."""
    wanted = sum(n * dear for n, dear in SPENT)
    try:
        said = float(picojoules)
    except (TypeError, ValueError):
        return Answer("Not yet", f"A number is wanted, such as 2500, not {picojoules!r}.")
    if said == wanted:
        words = "every figure at its dear end at once, though hardly all are wrong the same way."
        return Answer("Correct", f"{said:.0f} pJ: {words}")
    for wrong, hint in (
        (2500, "That is with the figures as they are. Which end of each is dear?"),
        (1400, "That is the low end."),
        (3500, "The packets have a dear end too."),
        (2800, "The operations have a dear end too."),
    ):
        if said == wrong:
            return Answer("Not yet", hint)
    return Answer("Not yet", "How many of each, at how much at most? Add the two.")


@exercise
def check_evidence(n_rows: int) -> Answer:
    """Lesson 9: how many rows of two chips no figure of theirs rests on."""
    found = sf.validation.validate(chips=SO_FAR)
    n_unseen, n_all = len(found.unseen), len(found.predicted)
    if isinstance(n_rows, bool) or int(n_rows) != float(n_rows):
        return Answer("Not yet", f"A whole number of rows is wanted, not {n_rows!r}.")
    if int(n_rows) == n_unseen:
        return Answer("Correct", f"{n_unseen} of {n_all}: the rest was there before the figures.")
    if int(n_rows) == n_all:
        return Answer("Not yet", "Those are all that are predicted. Which were used for a figure?")
    return Answer("Not yet", 'Count the rows whose standing is "predicted", of both chips.')


@exercise
def check_least(microjoules: float) -> Answer:
    """Lesson 9: the least energy of a run on a share of a chip's cores."""
    wanted = STATIC_MW * 1e3 * IN_USE / CORES * RUN_S
    try:
        said = float(microjoules)
    except (TypeError, ValueError):
        return Answer("Not yet", f"A number is wanted, such as 5, not {microjoules!r}.")
    if isclose(said, wanted, rel_tol=1e-6):
        whole = STATIC_MW * 1e3 * RUN_S
        words = f"with the whole chip it would be {whole:.0f}: say whose business the rest is."
        return Answer("Correct", f"{said:.0f} µJ at least; {words}")
    for wrong, hint in (
        (STATIC_MW * 1e3 * RUN_S, "That is the whole chip. What share of its cores is in use?"),
        (wanted * 1e-6, "Joules, yes. How many microjoules?"),
        (wanted * 1e-3, "Millijoules, yes. How many microjoules?"),
        (STATIC_MW * 1e3 * IN_USE / CORES, "That is for a second. How long does it run?"),
    ):
        if isclose(said, wrong, rel_tol=1e-6):
            return Answer("Not yet", hint)
    return Answer("Not yet", "Power times time, of the cores in use.")


@exercise
def check_even_power(answers_per_s: float) -> Answer:
    """Lesson 10: at how many answers a second two chips draw the same."""
    (a_j, a_w), (b_j, b_w) = CHIP_A, CHIP_B
    said, wanted = number_of(answers_per_s, "answers a second", 10), (a_w - b_w) / (b_j - a_j)
    if isclose(said, wanted, rel_tol=1e-3):
        power_w = text(a_w + wanted * a_j, "W")
        return Answer("Correct", f"{wanted:.0f}, where both draw {power_w}.")
    for wrong, hint in (
        (1 / wanted, "Seconds between answers, yes. How many answers a second?"),
        (a_w / b_j, "Nearly: chip B idles, too, and A's answers cost something."),
        ((a_w - b_w) / b_j, "Nearly: A's answers cost something, too."),
        (a_w / a_j, "That is A alone. How much more does A draw idle, and B for an answer?"),
        (b_j / a_j, "That compares answers alone. What do the chips draw idle?"),
        (wanted * 1e3, "Milliwatts and microjoules: a thousand times too many."),
    ):
        if isclose(said, wrong, rel_tol=1e-3):
            return Answer("Not yet", hint)
    return Answer("Not yet", "Idle power plus answers a second times energy: equal for A and B.")


@exercise
def check_shortest(step_us: float) -> Answer:
    """Lesson 10: the shortest step with which ODIN keeps up."""
    fit = sf.check_fit(
        sf.load_network("digits"), sf.load_profile("odin"), dataset=sf.load_dataset("digits")
    )
    case = fit.remedies[0].case
    report = sf.deploy(case.network, case.profile, case.dataset, design=case.design)
    wanted, said = 1e6 * report.operation.slowest_step_s, number_of(step_us, "a step", 500)
    if isclose(said, wanted, rel_tol=0.01):
        return Answer("Correct", f"{wanted:.0f} µs; the camera's {1e6 * CAMERA_S:.0f} are too few.")
    for wrong, hint in (
        (1e-6 * wanted, "Seconds, yes. How many microseconds?"),
        (1e-3 * wanted, "Milliseconds, yes. How many microseconds?"),
        (1e6 * report.latency_s, "That is a whole image. How long is its slowest step?"),
        (1e6 * CAMERA_S, "That is the camera's, and ODIN was too slow for it."),
        (1000, "With a millisecond it keeps up with time to spare."),
    ):
        if isclose(said, wrong, rel_tol=0.01):
            return Answer("Not yet", hint)
    return Answer("Not yet", 'live["odin"].operation.slowest_step_s, in µs')


@exercise
def check_side_by_side(n_chips: int) -> Answer:
    """Lesson 10: how many ODINs read a million images within an hour."""
    busy_s, said = 9771.2, number_of(n_chips, "chips", 5)
    wanted = ceil(busy_s / HOUR_S)
    if said == wanted:
        words = f"each is busy for {busy_s / wanted / 60:.0f} of 60 minutes."
        return Answer("Correct", f"{wanted}; {words}")
    for wrong, hint in (
        (busy_s / HOUR_S, "There is no chip in parts."),
        (wanted - 1, "Too few: it takes longer than an hour."),
        (HOUR_S / busy_s, "The other way round."),
        (busy_s, "Seconds of work. How many seconds are there?"),
    ):
        if isclose(said, wrong, rel_tol=0.02):
            return Answer("Not yet", hint)
    more = said > wanted
    return Answer(
        "Not yet", "Fewer would do." if more else "Seconds of work over seconds there are."
    )


def deployed(n_steps: int | None = None) -> Report:
    """The digits on the two cores of Loihi that hold them, read for so many steps."""
    case = sf.load_network("digits"), sf.load_profile("loihi1"), sf.load_dataset("digits")
    return sf.deploy(*case, design=sf.Design(partition="layers", n_steps=n_steps))


def live_j(report: Report) -> float:
    """Live energy of an image."""
    return report.operations["real_time"].energy_j.value

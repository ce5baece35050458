"""Homework: tasks whose numbers come from EXERCISE_SEED, and points for answers, as JSON."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from math import ceil, isclose, sqrt

import numpy as np

import spikefit_nb as sf
from spikefit_nb.adapt import Design
from spikefit_nb.datasets import load_values
from spikefit_nb.deploy import Report
from spikefit_nb.encode import Delta

WELL, RATE_HZ = 0.95, 20  # accuracy and answers a second of the project
CASE = "digits", "loihi1"


@dataclass(frozen=True)
class Task:
    """A question with its numbers, the right answer, and what typical wrong ones forget."""

    name: str
    words: str
    right: float | str
    wrong: tuple[tuple[float | str, str], ...]
    hint: str
    near: float = 0.01  # relative

    def check(self, answer: object) -> tuple[int, str]:
        """Points, and what is said to an answer."""
        if answer is ... or answer is None:
            return 0, "Not answered."
        if self._is(answer, self.right):
            return 1, "Correct."
        for value, hint in self.wrong:
            if self._is(answer, value):
                return 0, f"Not yet. {hint}"
        return 0, f"Not yet. {self.hint}"

    def _is(self, answer: object, value: float | str) -> bool:
        if isinstance(value, str):
            return sorted(str(answer).upper().replace(",", "").replace(" ", "")) == sorted(value)
        try:
            return isclose(float(answer), value, rel_tol=self.near)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            return False


@dataclass(frozen=True)
class Points:
    """What a week's homework brings: JSON for whoever collects it."""

    week: int
    seed: int
    tasks: tuple[dict[str, object], ...]

    @property
    def points(self) -> int:
        """All points."""
        return sum(int(str(task["points"])) for task in self.tasks)

    def to_json(self) -> str:
        """Week, seed, points, points there are, and each task."""
        told = {"week": self.week, "exercise_seed": self.seed, "points": self.points}
        return json.dumps(told | {"of": len(self.tasks), "tasks": self.tasks}, indent=1)

    def __repr__(self) -> str:
        return self.to_json()


def tasks(week: int, seed: int) -> tuple[Task, ...]:
    """The tasks of a week, with the numbers of a seed."""
    if week not in WEEKS:
        raise ValueError(f"week is {week!r}; weeks are 1 to {len(WEEKS)}.")
    return WEEKS[week](np.random.default_rng(seed))


def show(week: int, seed: int) -> None:
    """Print the tasks of a week."""
    for number, task in enumerate(tasks(week, seed), 1):
        print(f"{number}. {task.name}: {task.words}\n")


def grade(week: int, seed: int, answers: Mapping[str, object]) -> Points:
    """Points for answers by the names of tasks."""
    told = []
    for task in tasks(week, seed):
        points, words = task.check(answers.get(task.name, ...))
        told.append({"task": task.name, "points": points, "of": 1, "words": words})
    return Points(week, seed, tuple(told))


def fit(draw: np.random.Generator) -> tuple[Task, ...]:
    """Week 1: limits by hand, and a chip that does not exist."""
    axons, neurons, bits = (int(draw.choice(n)) for n in ((32, 48, 96), (40, 72, 100), (3, 5, 6)))
    loose = 10 + neurons * bits
    words = ceil(loose / 64)
    layer, room = int(draw.integers(2050, 9000)), int(draw.choice((256, 512)))
    cores, share = ceil(layer / room), layer / room
    small = int(draw.choice((9_000, 12_000, 20_000)))
    chip = sf.load_profile(CASE[1]).replace(synapse_memory_per_core=small)
    cut = sf.check_fit(sf.load_network(CASE[0]), chip).mapping.n_cores
    return (
        Task(
            "memory",
            f"{axons} axons of a core of Loihi each reach all its {neurons} neurons, with weights "
            f"of {bits} bits. An axon takes a header of 10 bits and its weights, in whole words of "
            "64 bits. How many bits does the core need?",
            axons * words * 64,
            (
                (axons * loose, "A word is never shared: round up."),
                (words * 64, "That is one axon."),
                (axons * words, "Those are words. How many bits?"),
            ),
            "Bits of an axon, whole words that hold them, times 64, times axons.",
            near=1e-9,
        ),
        Task(
            "cores",
            f"A layer of {layer:,} neurons, cores of {room}: how many cores?",
            cores,
            (
                (cores - 1, "Some neurons are left over."),
                (round(share, 2), "There is no core in parts."),
                (layer - (cores - 1) * room, "That is what the last one holds."),
            ),
            "Divide, and round up.",
            near=1e-9,
        ),
        Task(
            "small chip",
            f"Loihi with only {small:,} bits of synapse_memory_per_core: on how many cores does "
            "the network for digits lie? (replace, check_fit, mapping.n_cores)",
            cut,
            (
                (2, "That is Loihi as it is."),
                (cut - 1, "Does the second layer lie anywhere?"),
                (128, "Those are the cores that there are."),
            ),
            "sf.check_fit(network, loihi.replace(synapse_memory_per_core=...)).mapping.n_cores",
            near=1e-9,
        ),
    )


def spikes(draw: np.random.Generator) -> tuple[Task, ...]:
    """Week 2: codes, and when to stop."""
    off, threshold = float(draw.choice((0.004, 0.005, 0.02))), float(draw.choice((0.03, 0.04)))
    sample = int(draw.integers(60, 540))
    letter = load_values("braille27", n_samples=540).values[sample : sample + 1]
    sent, finer = (Delta(76, threshold=t).encode(letter).sum() for t in (threshold, 0.02))
    up = Delta(76, threshold=threshold).encode(letter)[:, :, :12].sum()
    margin = int(draw.choice((3, 5, 6)))
    stop = one_run().stop_when(margin)
    return (
        Task(
            "steps",
            f"Sent evenly, with how few steps is a number never off by more than {off}?",
            0.5 / off,
            (
                (1 / off, "Two counts are that far apart. And the nearest?"),
                (0.25 / off**2, "That is by lot."),
                (off, "That is the error."),
            ),
            "Half of the distance of two counts.",
        ),
        Task(
            "changes",
            f"How many spikes does Delta(76, threshold={threshold}) send for letter {sample} of "
            'load_values("braille27", n_samples=540)?',
            int(sent),
            (
                (int(finer), "That is with a threshold of 0.02."),
                (int(up), "Those are the spikes up. And down?"),
                (int(sent) / 76, "That is for a step."),
            ),
            "code.encode(letters.values[[number]]).sum()",
            near=1e-9,
        ),
        Task(
            "margin",
            f"The digits on Loihi, Design(partition='layers'): after how many steps on average "
            f"does an image stop with a margin of {margin} spikes?",
            stop.mean_steps,
            (
                (64, "Those are all steps of an image."),
                (65, "Those are all steps."),
                (one_run().stop_when(1).mean_steps, "That is with one spike."),
            ),
            "report.stop_when(margin).mean_steps",
        ),
    )


def cost(draw: np.random.Generator) -> tuple[Task, ...]:
    """Week 3: events, idle power, and a battery."""
    n, fan, pj = (int(draw.choice(x)) for x in ((400, 700), (60, 90), (12, 20, 24)))
    answer_uj, rate, idle_uw = (int(draw.choice(x)) for x in ((30, 50), (2, 4), (90, 160)))
    mean_uw = idle_uw + answer_uj * rate
    mah = int(draw.choice((100, 220)))
    days = mah * 3 * 3.6 / (mean_uw * 1e-6) / 86400
    return (
        Task(
            "events",
            f"{n} spikes of an image each reach {fan} synapses, at {pj} pJ. How many nJ?",
            n * fan * pj / 1e3,
            (
                (n * fan * pj, "Those are picojoules."),
                (n * pj / 1e3, "Each spike reaches many synapses."),
                (n * fan, "Those are operations."),
            ),
            "Spikes times synapses times cost.",
        ),
        Task(
            "mean power",
            f"A chip idles at {idle_uw} µW and takes {answer_uj} µJ more for an answer. Mean "
            f"power, in µW, at {rate} answers a second?",
            mean_uw,
            (
                (answer_uj * rate, "It idles, too."),
                (idle_uw, "And the answers?"),
                (idle_uw + answer_uj, "How many answers a second?"),
            ),
            "Idle power, and energy times rate.",
        ),
        Task(
            "days",
            f"How many days does a cell of {mah} mAh at 3 V give that mean power?",
            days,
            (
                (days * 24, "Those are hours."),
                (days / 3, "Milliampere-hours times volts."),
                (days * 86400, "Those are seconds."),
            ),
            "mAh times V is mWh; divide by power, and by hours of a day.",
        ),
    )


def bits(draw: np.random.Generator) -> tuple[Task, ...]:
    """Week 4: rounding, contributions, and what calibration brings back."""
    top, small = float(draw.choice((0.6, 1.2))), float(draw.choice((0.11, 0.12, 0.13)))
    weights = (top, 4.1 * small, -2.3 * small)
    scale = top / 3
    rounded = [round(w / scale) for w in weights]
    changes = [int(c) for c in draw.choice((-5, -2, 1, 3, 4, 6), 4, replace=False)]
    squares = sum(c * c for c in changes)
    n_bits = int(draw.choice((2, 3)))
    alone, adapted = few_bits(n_bits, False), few_bits(n_bits, True)
    listed = ", ".join(f"{w:.3f}" for w in weights)
    return (
        Task(
            "rounding",
            f"Weights {listed}, with 3 bits (whole numbers from -3 to 3; the largest becomes 3). "
            "What does a spike on each of them add in all?",
            scale * sum(rounded),
            (
                (sum(weights), "That is before rounding."),
                (sum(rounded), "Those are whole numbers. What is the scale?"),
                (scale * sum(map(abs, rounded)), "One is negative."),
            ),
            "Divide by the scale, round, add, and multiply.",
        ),
        Task(
            "contribution",
            f"In four images, a neuron's spikes change the loss by {changes}. Its contribution?",
            squares / 4,
            (
                ((sum(changes) / 4) ** 2, "Square first."),
                (sum(changes) / 4, "Square each, then take the mean."),
                (squares, "The mean, not the sum."),
            ),
            "The mean of the squares.",
        ),
        Task(
            "calibration",
            f"Digits on Loihi, split(0.5, seed=0): what share of the second half is right with "
            f"weight_bits={n_bits} and the first half as calibration? (from 0 to 1)",
            adapted,
            (
                (alone, "That is without a calibration set."),
                (100 * adapted, "From 0 to 1."),
                (1 - adapted, "That share is wrong."),
            ),
            "sf.deploy(network, loihi, unseen, design=..., calibration=calibration).accuracy",
            near=1e-3,
        ),
    )


def mapping(draw: np.random.Generator) -> tuple[Task, ...]:
    """Week 5: packets, barriers, and a front."""
    fired, targets = int(draw.integers(3, 9)), [int(t) for t in draw.choice((2, 3, 4), 3)]
    work = draw.permuted(np.array([[3, 1, 6], [2, 7, 4]]), axis=1)
    barriers, longest = 3, int(work.max(axis=0).sum())
    order = draw.permutation(5)
    letters = [f"{'ABCDE'[k]}: {DESIGNS[i][0]} %, {DESIGNS[i][1]} µJ" for k, i in enumerate(order)]
    front = "".join("ABCDE"[k] for k, i in enumerate(order) if i in (0, 1, 2))
    best = "".join("ABCDE"[k] for k, i in enumerate(order) if i == 0)
    cheapest = "".join("ABCDE"[k] for k, i in enumerate(order) if i == 2)
    return (
        Task(
            "packets",
            f"A neuron fires {fired} times. It has {targets[0]} targets on its own core, and "
            f"{targets[1]} and {targets[2]} on two others. How many packets are sent?",
            2 * fired,
            (
                (3 * fired, "Its own core needs none."),
                (2, "For one spike, yes."),
                (fired * sum(targets[1:]), "A packet is for a core, not for a target."),
            ),
            "Other cores with a target, times spikes.",
            near=1e-9,
        ),
        Task(
            "barriers",
            f"Two cores work {work[0].tolist()} and {work[1].tolist()} µs in three steps; a "
            "barrier of 1 µs ends each step. How long does it take?",
            longest + barriers,
            (
                (longest, "And the barriers?"),
                (int(work.sum()) + barriers, "The cores work at the same time."),
                (int(work.sum(axis=1).max()) + barriers, "The busiest changes from step to step."),
            ),
            "The longer of each step, and its barrier.",
            near=1e-9,
        ),
        Task(
            "front",
            f"{'; '.join(letters)}. Which designs does none dominate? (letters)",
            front,
            (
                (best, "The most accurate is not alone."),
                (cheapest, "The cheapest is not alone."),
                ("ABCDE", "Two of them are dominated."),
            ),
            "Nowhere worse than another, and somewhere better.",
        ),
    )


DESIGNS = ((97, 30), (95, 12), (91, 5), (94, 14), (90, 6))  # accuracy and energy; three are best


def trust(draw: np.random.Generator) -> tuple[Task, ...]:
    """Week 6: intervals, luck, and a published number."""
    n, dear = int(draw.choice((500, 800))), int(draw.choice((4, 6)))
    images, right = int(draw.choice((150, 200, 400))), float(draw.choice((0.9, 0.94)))
    spread = 100 * sqrt(right * (1 - right) / images)
    errors = published_errors()
    number = int(draw.choice([k for k, error in enumerate(errors) if abs(error) > 1]))
    error = errors[number]
    return (
        Task(
            "dear end",
            f"{n} operations at 2 pJ, at most {dear} pJ, and 100 packets at 5 pJ, at most 8 pJ. "
            "How many pJ at most?",
            n * dear + 800,
            (
                (n * 2 + 500, "Those are the figures as they are."),
                (n * dear + 500, "Packets have a dear end, too."),
                (n * 2 + 800, "Operations have a dear end, too."),
            ),
            "Each at its dear end, and add.",
        ),
        Task(
            "luck",
            f"A network that is right with a chance of {right} is tried on {images} images. What "
            "is the standard deviation of its accuracy, in points?",
            spread,
            (
                (spread / 100, "Points, please."),
                (spread**2 / 100, "That is the variance: take the root."),
                (100 * sqrt(right * (1 - right)), "That is for one image."),
            ),
            "100 * sqrt(p (1 - p) / n)",
        ),
        Task(
            "published",
            'rows = sf.validation.validate(chips=("spinnaker1",)).predicted: by how many per cent '
            f"is the prediction of rows[{number}] above what was published? (below: negative)",
            error,
            (
                (-error, "Above or below?"),
                (error / 100, "Per cent, please."),
                (100 + error, "That is the ratio."),
            ),
            "100 * (rows[k].predicted.value / rows[k].row.si - 1)",
            near=0.02,
        ),
    )


WEEKS: dict[int, Callable[[np.random.Generator], tuple[Task, ...]]] = {
    1: fit,
    2: spikes,
    3: cost,
    4: bits,
    5: mapping,
    6: trust,
}


@cache
def one_run() -> Report:
    """The digits on the two cores of Loihi that hold them."""
    case = sf.load_network(CASE[0]), sf.load_profile(CASE[1]), sf.load_dataset(CASE[0])
    return sf.deploy(*case, design=Design(partition="layers"))


@cache
def published_errors() -> tuple[float, ...]:
    """By how many per cent predictions for SpiNNaker lie above what was published."""
    rows = sf.validation.validate(chips=("spinnaker1",)).predicted
    return tuple(100 * (found.predicted.value / found.row.si - 1) for found in rows)


@cache
def few_bits(n_bits: int, with_calibration: bool) -> float:
    """What share of unseen digits is right with so many bits."""
    calibration, unseen = sf.load_dataset(CASE[0]).split(0.5, seed=0)
    given = {"calibration": calibration} if with_calibration else {}
    case = sf.load_network(CASE[0]), sf.load_profile(CASE[1]), unseen
    return sf.deploy(*case, design=Design(weight_bits=n_bits), **given).accuracy or 0.0


def project(network: sf.Network, design: Design, seed: int) -> Points:
    """Days on a coin cell, on ODIN at 20 answers a second, if 95 % of images held back are right.

    Other images are given to the design as its calibration set: nothing is learned from those
    that are held back.
    """
    calibration, held_back = sf.load_dataset(CASE[0]).split(0.5, seed=seed)
    profile = sf.load_profile("odin")
    report = sf.deploy(network, profile, held_back, design=design, calibration=calibration)
    days, words = 0.0, "It does not fit."
    if report.fits:
        words = f"{report.accuracy:.1%} of images held back are right"
    if report.fits and (report.accuracy or 0) >= WELL:
        budget = report.power_budget(inferences_per_s=RATE_HZ)
        days = 0.0 if budget.too_much else (budget.battery_life_s or 0.0) / 86400
        words = f"{words}; {budget}"
    return Points(0, seed, ({"task": "battery days", "points": round(days), "words": words},))

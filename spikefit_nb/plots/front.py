"""The Pareto front of a search: what a design costs against what it is worth."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from spikefit_nb.errors import expect
from spikefit_nb.plots.axes import WORDS, AxisWords, axis_words, chosen_axes, written
from spikefit_nb.plots.results import Study
from spikefit_nb.plots.theme import BLUE, GREY
from spikefit_nb.search.pareto import is_best

TRIAL = AxisWords("", "Trial", 1.0, "", False, False)
WAITING = "waiting for the first trial: compiling the simulator, about 10 s the first time"


class FrontData(NamedTuple):
    """Numbers and words of a Pareto plot; ``x`` and ``y`` are in the units the axes show."""

    title: str
    x_axis: AxisWords
    y_axis: AxisWords
    numbers: np.ndarray
    x: np.ndarray
    y: np.ndarray
    is_front: np.ndarray
    is_inside: np.ndarray  # within the limits of the search
    step_x: np.ndarray
    step_y: np.ndarray
    unfit_numbers: np.ndarray
    reference: tuple[float, float] | None
    reference_number: int | None
    chosen: int | None


def step_line(x: np.ndarray, y: np.ndarray, *, y_up: bool) -> tuple[np.ndarray, np.ndarray]:
    """Join points by steps: between two of them, the best one can have is the one already paid for."""
    order = np.lexsort((y if y_up else -y, x))
    return np.repeat(x[order], 2)[1:], np.repeat(y[order], 2)[:-1]


def knee(x: np.ndarray, y: np.ndarray, *, x_axis: AxisWords, y_axis: AxisWords) -> int | None:
    """Find the knee of a front: the point nearest to the best of both, each axis as long as the
    front.
    """
    if len(x) == 0:
        return None

    def loss(values: np.ndarray, axis: AxisWords) -> np.ndarray:
        values = np.log10(np.maximum(values, 1e-30)) if axis.is_log else values
        reach = np.ptp(values)
        return (values.max() - values if axis.higher_is_better else values - values.min()) / (
            reach or 1.0
        )

    return int(np.argmin(np.hypot(loss(x, x_axis), loss(y, y_axis))))


def finding(
    x_values: Sequence[float],
    y_values: Sequence[float],
    x_objective: str,
    y_objective: str,
    n_priced: int = 0,
) -> str:
    """Say in one sentence what the front offers."""
    n = len(x_values)
    if not n:
        return "no design within the limits so far" if n_priced else "no design fits so far"
    start = f"{n} design{'s' if n != 1 else ''} worth considering"
    if y_objective == "accuracy" and x_objective:
        bar = max(5 * math.ceil(20 * max(y_values) - 1), 0)
        least = min(x for x, y in zip(x_values, y_values, strict=True) if y > bar / 100 or bar == 0)
        verb = "uses" if x_objective.endswith("energy_j") else "takes"
        word = WORDS.get(x_objective, ("", "", "lowest"))[2]
        unit = {"n_cores": " cores", "synaptic_operations": " operations"}.get(x_objective, "")
        return f"{start}; the {word} above {bar} % {verb} {written(x_objective, least)}{unit}"
    up = y_objective == "accuracy"
    best = max(y_values) if up else min(y_values)
    name, _, word = WORDS.get(y_objective, (y_objective.replace("_", " "), "", "lowest"))
    return f"{start}; the {word}: {name.lower()} {written(y_objective, best)}"


def front_data(study: Study, *, axes: tuple[AxisWords, AxisWords] | None = None) -> FrontData:
    """Gather what a Pareto plot shows from a study, running or finished.

    Parameters
    ----------
    study : spikefit_nb.search.Study
    axes : (x, y) AxisWords of an earlier call, so that a unit never changes while a search runs

    Returns
    -------
    FrontData

    Raises
    ------
    WrongArgument
        The study is of another kind, such as a report.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> from spikefit_nb.search import search
    >>> study = search(load_network("digits"), load_profile("loihi1"), load_dataset("digits").take(30), n_trials=1)
    >>> study.wait()
    >>> front_data(study).x_axis.label
    'Energy per inference (µJ)'
    """
    expect(study, Study, "study", "sf.search(network, profile, dataset)")
    trials = study.trials
    x_name, y_name = chosen_axes(study.objectives)
    reference = study.reference
    reference_number = None if reference is None else reference.number
    done = [t for t in trials if t.state == "done" and t.number != reference_number]
    best_numbers = {t.number for t in study.best_trials}

    def value(trial, name: str) -> float:
        return float(trial.values[name]) if name else float(trial.number)

    measured = [
        *done,
        *([reference] if reference is not None and reference.state == "done" else []),
    ]
    # The network as trained decides the prefix, so that a picture has the same one while and after
    # a search runs.
    telling = [reference] if reference in measured else measured[:1]
    x_axis, y_axis = axes or tuple(
        axis_words(n, [value(t, n) for t in telling]) if n else TRIAL for n in (x_name, y_name)
    )
    x = np.array([value(t, x_name) * x_axis.scale for t in done])
    y = np.array([value(t, y_name) * y_axis.scale for t in done])
    numbers = np.array([t.number for t in done], dtype=np.int64)
    is_front = np.isin(numbers, list(best_numbers))
    is_inside = np.array([study.is_within_limits(t) for t in done], dtype=bool)
    at_reference = None
    if reference is not None and reference.state == "done":
        at_reference = (
            value(reference, x_name) * x_axis.scale,
            value(reference, y_name) * y_axis.scale,
        )
    best = [t for t in measured if t.number in best_numbers]
    line = np.array(
        [(value(t, x_name) * x_axis.scale, value(t, y_name) * y_axis.scale) for t in best]
    ).reshape(-1, 2)
    on_line = is_best(line * [-1 if axis.higher_is_better else 1 for axis in (x_axis, y_axis)])
    steps = step_line(*line[on_line].T, y_up=y_axis.higher_is_better)
    at_knee = knee(*line[on_line].T, x_axis=x_axis, y_axis=y_axis)
    title = finding(
        [value(t, x_name) for t in best],
        [value(t, y_name) for t in best],
        x_name,
        y_name,
        len(measured),
    )
    chosen = (
        None
        if at_knee is None
        else [t for t, on in zip(best, on_line, strict=True) if on][at_knee].number
    )
    return FrontData(
        title if trials or measured else WAITING,
        x_axis,
        y_axis,
        numbers,
        x,
        y,
        is_front,
        is_inside,
        *steps,
        np.array([t.number for t in trials if t.state == "infeasible"], dtype=np.int64),
        at_reference,
        reference_number,
        chosen,
    )


def front_columns(shown: FrontData, chosen: int | None = None) -> dict[str, dict[str, list]]:
    """Lay out the columns of every source of a front's figure, by the source's name."""
    chosen = shown.chosen if chosen is None else chosen
    n_unfit = len(shown.unfit_numbers)
    # Evenly along the foot of the figure: what does not fit has no cost to be placed by.
    rug = [round(0.25 + 0.74 * (i + 0.5) / max(n_unfit, 24), 4) for i in range(n_unfit)]
    order = np.argsort(shown.is_front, kind="stable")  # the front is painted last, on top
    n_outside = int(np.sum(~shown.is_inside))
    notes = [f"does not fit: {n_unfit}"] * (n_unfit > 0) + [f"outside the limits: {n_outside}"] * (
        n_outside > 0
    )
    points = {
        "x": shown.x[order].tolist(),
        "y": shown.y[order].tolist(),
        "number": shown.numbers[order].tolist(),
        "size": [13 if best else 8 for best in shown.is_front[order]],
        "colour": [BLUE if best else GREY for best in shown.is_front[order]],
        "alpha": [1.0 if best else 0.6 for best in shown.is_front[order]],
    }
    at = shown.reference
    everywhere = {
        n: (x, y)
        for n, x, y in zip(shown.numbers.tolist(), shown.x.tolist(), shown.y.tolist(), strict=True)
    }
    if at is not None:
        everywhere[shown.reference_number] = at
    ring = everywhere.get(chosen)
    return {
        "points": points,
        "front": {"x": shown.step_x.tolist(), "y": shown.step_y.tolist()},
        "unfit": {
            "x": rug,
            "y": [0.06] * n_unfit,
            "number": shown.unfit_numbers.tolist(),
        },
        "unfit label": {"x": [0.015] * len(notes), "y": [0.06, 0.14][: len(notes)], "label": notes},
        "reference": {
            "x": [at[0]] if at else [],
            "y": [at[1]] if at else [],
            "number": [shown.reference_number] if at else [],
            "label": ["as trained"] if at else [],
        },
        "ring": {"x": [ring[0]], "y": [ring[1]]} if ring else {"x": [], "y": []},
        "unfit ring": {
            "x": [
                x
                for x, number in zip(rug, shown.unfit_numbers.tolist(), strict=True)
                if number == chosen
            ],
            "y": [0.06 for number in shown.unfit_numbers.tolist() if number == chosen],
        },
    }

"""The Pareto front of a search: what a design costs against what it is worth."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from spikefit_nb.errors import expect
from spikefit_nb.plots.axes import WORDS, AxisWords, axis_words, chosen_axes, written
from spikefit_nb.plots.results import Study
from spikefit_nb.plots.theme import BLUE, GREY
from spikefit_nb.search.pareto import is_best

TRIAL = AxisWords("", "Trial", 1.0, "", False, higher_is_better=False)
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
    step_x: np.ndarray  # of the line that joins the front
    step_y: np.ndarray
    unfit_numbers: np.ndarray
    reference: tuple[float, float] | None  # the network as trained
    reference_number: int | None
    chosen: int | None  # the knee of the front


def step_line(x: np.ndarray, y: np.ndarray, *, y_up: bool) -> tuple[np.ndarray, np.ndarray]:
    """Join points by steps: between two of them, the best to have is the one already paid for."""
    order = np.lexsort((y if y_up else -y, x))
    return np.repeat(x[order], 2)[1:], np.repeat(y[order], 2)[:-1]


def knee(x: np.ndarray, y: np.ndarray, *, x_axis: AxisWords, y_axis: AxisWords) -> int | None:
    """Find the knee of a front: the point nearest to the best of both axes, each as long as it."""
    if len(x) == 0:
        return None

    def loss(values: np.ndarray, axis: AxisWords) -> np.ndarray:
        values = np.log10(np.maximum(values, 1e-30)) if axis.is_log else values
        distance = values.max() - values if axis.higher_is_better else values - values.min()
        return distance / (np.ptp(values) or 1.0)

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
    >>> dataset = load_dataset("digits").take(30)
    >>> study = search(load_network("digits"), load_profile("loihi1"), dataset, n_trials=1)
    >>> study.wait()
    >>> front_data(study).x_axis.label
    'Energy per inference (µJ)'
    """
    expect(study, Study, "study", "sf.search(network, profile, dataset)")
    trials, reference = study.trials, study.reference
    reference_number = None if reference is None else reference.number
    done = [t for t in trials if t.state == "done" and t.number != reference_number]
    as_trained = [reference] if reference is not None and reference.state == "done" else []
    measured = [*done, *as_trained]
    # The network as trained decides the prefix, which a running search then keeps.
    x_axis, y_axis = axes or _axes(study, as_trained or measured[:1])
    best_numbers = [t.number for t in study.best_trials]
    best = [t for t in measured if t.number in best_numbers]
    line = _places(best, x_axis, y_axis)
    on_line = is_best(line * [-1 if axis.higher_is_better else 1 for axis in (x_axis, y_axis)])
    step_x, step_y = step_line(*line[on_line].T, y_up=y_axis.higher_is_better)
    at_knee = knee(*line[on_line].T, x_axis=x_axis, y_axis=y_axis)
    points = _places(done, x_axis, y_axis)
    numbers = np.array([t.number for t in done], dtype=np.int64)
    return FrontData(
        _title(best, x_axis, y_axis, len(measured)) if trials or measured else WAITING,
        x_axis,
        y_axis,
        numbers,
        points[:, 0],
        y=points[:, 1],
        is_front=np.isin(numbers, best_numbers),
        is_inside=np.array([study.is_within_limits(t) for t in done], dtype=bool),
        step_x=step_x,
        step_y=step_y,
        unfit_numbers=np.array([t.number for t in trials if t.state == "infeasible"], np.int64),
        reference=tuple(_places(as_trained, x_axis, y_axis)[0].tolist()) if as_trained else None,
        reference_number=reference_number,
        chosen=None if at_knee is None else best[np.flatnonzero(on_line)[at_knee]].number,
    )


def _axes(study: Study, trials: Sequence[Any]) -> tuple[AxisWords, AxisWords]:
    """Words of both axes, in the prefix that suits some trials."""
    x, y = chosen_axes(study.objectives)
    return (
        axis_words(x, [t.values[x] for t in trials]) if x else TRIAL,
        axis_words(y, [t.values[y] for t in trials]),
    )


def _places(trials: Sequence[Any], x_axis: AxisWords, y_axis: AxisWords) -> np.ndarray:
    """Where trials stand, (n, 2) float64, in the units the axes show."""
    x = [_value(trial, x_axis) * x_axis.scale for trial in trials]
    y = [_value(trial, y_axis) * y_axis.scale for trial in trials]
    return np.array([x, y]).T


def _value(trial: Any, axis: AxisWords) -> float:
    return float(trial.values[axis.objective] if axis.objective else trial.number)


def _title(best: Sequence[Any], x_axis: AxisWords, y_axis: AxisWords, n_priced: int) -> str:
    x, y = [_value(t, x_axis) for t in best], [_value(t, y_axis) for t in best]
    return finding(x, y, x_axis.objective, y_axis.objective, n_priced)


def front_columns(shown: FrontData, chosen: int | None = None) -> dict[str, dict[str, list]]:
    """Lay out the columns of every source of a front's figure, by the source's name."""
    chosen = shown.chosen if chosen is None else chosen
    n_unfit = len(shown.unfit_numbers)
    # Evenly along the foot of the figure: what does not fit has no cost to be placed by.
    rug = [round(0.25 + 0.74 * (i + 0.5) / max(n_unfit, 24), 4) for i in range(n_unfit)]
    unfit = shown.unfit_numbers.tolist()
    notes = [f"does not fit: {n_unfit}"] if n_unfit else []
    n_outside = int(np.sum(~shown.is_inside))
    if n_outside:
        notes.append(f"outside the limits: {n_outside}")
    at, ring = shown.reference, _place_of(shown, chosen)
    ringed = [x for x, number in zip(rug, unfit, strict=True) if number == chosen]
    return {
        "points": _point_columns(shown),
        "front": {"x": shown.step_x.tolist(), "y": shown.step_y.tolist()},
        "unfit": {"x": rug, "y": [0.06] * n_unfit, "number": unfit},
        "unfit label": {"x": [0.015] * len(notes), "y": [0.06, 0.14][: len(notes)], "label": notes},
        "reference": {
            "x": [at[0]] if at else [],
            "y": [at[1]] if at else [],
            "number": [shown.reference_number] if at else [],
            "label": ["as trained"] if at else [],
        },
        "ring": {"x": [ring[0]], "y": [ring[1]]} if ring else {"x": [], "y": []},
        "unfit ring": {"x": ringed, "y": [0.06] * len(ringed)},
    }


def _point_columns(shown: FrontData) -> dict[str, list]:
    order = np.argsort(shown.is_front, kind="stable")  # the front is painted last, on top
    is_front = shown.is_front[order].tolist()
    return {
        "x": shown.x[order].tolist(),
        "y": shown.y[order].tolist(),
        "number": shown.numbers[order].tolist(),
        "size": [13 if best else 8 for best in is_front],
        "colour": [BLUE if best else GREY for best in is_front],
        "alpha": [1.0 if best else 0.6 for best in is_front],
    }


def _place_of(shown: FrontData, number: int | None) -> tuple[float, float] | None:
    if number is not None and number == shown.reference_number and shown.reference:
        return shown.reference
    at = np.flatnonzero(shown.numbers == number)
    return (float(shown.x[at[0]]), float(shown.y[at[0]])) if at.size else None

"""How a search went: each trial's value in the order they were tried, and the best so far."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from bokeh.models import ColumnDataSource, NumeralTickFormatter
from bokeh.plotting import figure

from spikefit_nb.errors import UnknownName, expect
from spikefit_nb.plots.theme import (
    BLUE,
    GREY,
    VERMILLION,
    AxisWords,
    axis_words,
    finished,
    hover,
    new_figure,
    words_of,
    written,
)


@runtime_checkable
class Study(Protocol):
    """What the picture reads of a search, running or ended."""

    objectives: tuple[str, ...]
    trials: Sequence[Any]  # those that have ended
    reference: Any  # the network as trained; None as long as it has not ended

    def is_within_limits(self, trial: Any) -> bool:
        """Whether a trial keeps the limits of the search."""


class HistoryData(NamedTuple):
    """Values in the units of the axis, in the order of the trials."""

    title: str
    axis: AxisWords
    numbers: np.ndarray
    values: np.ndarray
    is_inside: np.ndarray  # within the limits of the search
    best_numbers: np.ndarray  # of the line of the best so far
    best: np.ndarray
    others: tuple[tuple[int, str], ...]  # number and state of trials without a value


def history_data(study: Study, objective: str | None = None) -> HistoryData:
    """Gather how a search went in one objective.

    Parameters
    ----------
    study : spikefit_nb.search.Study
    objective : str or None, one of the study's; None: its first

    Returns
    -------
    HistoryData

    Raises
    ------
    WrongArgument
        The study is of another kind, such as a report.
    UnknownName
        The study has no such objective.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> from spikefit_nb.search import search
    >>> dataset = load_dataset("digits").take(30)
    >>> study = search(load_network("digits"), load_profile("loihi1"), dataset, n_trials=1)
    >>> study.wait()
    >>> history_data(study).numbers.tolist()
    [0, 1]
    """
    expect(study, Study, "study", "sf.search(network, profile, dataset)")
    expect(objective, str | None, "objective", repr(study.objectives[0]))
    name = study.objectives[0] if objective is None else objective
    if name not in study.objectives:
        raise UnknownName("objective of this study", name, study.objectives)
    tried = [t for t in (study.reference, *study.trials) if t is not None]
    tried = sorted({t.number: t for t in tried}.values(), key=lambda t: t.number)
    done = [t for t in tried if t.state == "done"]
    inside = np.array([study.is_within_limits(t) for t in done], bool)
    values = np.array([t.values[name] for t in done], float)
    axis = axis_words(name, values.tolist())
    numbers = np.array([t.number for t in done], np.int64)
    better = np.maximum if axis.higher_is_better else np.minimum
    best = better.accumulate(values[inside]) if inside.any() else values[:0]
    return HistoryData(
        _title(name, numbers[inside], values[inside], best),
        axis,
        numbers,
        values * axis.scale,
        inside,
        best_numbers=numbers[inside],
        best=best * axis.scale,
        others=tuple((t.number, t.state) for t in tried if t.state != "done"),
    )


def _title(name: str, numbers: np.ndarray, values: np.ndarray, best: np.ndarray) -> str:
    if not len(best):
        return "no design within the limits so far"
    first = int(numbers[np.flatnonzero(values == best[-1])[0]])
    since = f"trial {first}" if first else "the network as trained"
    return f"{words_of(name)[0]}: best {written(name, float(best[-1]))}, since {since}"


def plot_history(study: Study, objective: str | None = None) -> figure:
    """Draw each trial's value in the order they were tried, and the best so far.

    Parameters
    ----------
    study : spikefit_nb.search.Study
    objective : str or None, one of the study's; None: its first

    Returns
    -------
    bokeh.plotting.figure

    Raises
    ------
    WrongArgument
        The study is of another kind, such as a report.
    UnknownName
        The study has no such objective.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> from spikefit_nb.search import search
    >>> dataset = load_dataset("digits").take(30)
    >>> study = search(load_network("digits"), load_profile("loihi1"), dataset, n_trials=1)
    >>> study.wait()
    >>> plot_history(study, "event_energy_j").yaxis[0].axis_label
    'Energy of events per inference (µJ)'
    """
    shown = history_data(study, objective)
    last = max([0, *shown.numbers.tolist(), *(number for number, _ in shown.others)])
    fig = new_figure(
        title=shown.title,
        height=330,
        x_axis_label="Trial",
        y_axis_label=shown.axis.label,
        y_axis_type="log" if shown.axis.is_log and (shown.values > 0).all() else "linear",
        x_range=(-0.02 * max(last, 10), 1.02 * max(last, 10)),
    )
    if shown.axis.is_log:
        fig.yaxis.formatter = NumeralTickFormatter(format="0,0.[000]")
    key = []
    for name, mask, colour in (
        ("within the limits", shown.is_inside, GREY),
        ("outside", ~shown.is_inside, VERMILLION),
    ):
        source = ColumnDataSource({"x": shown.numbers[mask], "y": shown.values[mask]})
        dots = fig.scatter("x", "y", source=source, size=7, color=colour, alpha=0.7)
        value = (shown.axis.label, "@y{0,0.[000]}")
        fig.add_tools(hover([("Trial", "@x"), value], [dots]))
        key += [(name, [dots])] if mask.any() and not shown.is_inside.all() else []
    if len(shown.best):
        steps = fig.step(
            [*shown.best_numbers, last],
            [*shown.best, shown.best[-1]],
            mode="after",
            line_color=BLUE,
            line_width=3,
        )
        key.append(("best so far", [steps]))
    return finished(fig, key=key, note=_without(shown))


def _without(shown: HistoryData) -> str:
    """How many trials have no value, by what became of them."""
    words = {"infeasible": "did not fit", "dropped": "dropped early", "failed": "failed"}
    counted = {s: sum(state == s for _, state in shown.others) for s in words}
    said = [f"{n} {words[state]}" for state, n in counted.items() if n]
    return f"Without a value: {', '.join(said)}" if said else ""

"""Which knob decides what."""

from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from bokeh.models import ColumnDataSource
from bokeh.plotting import figure

from spikefit_nb.errors import expect
from spikefit_nb.plots.theme import (
    SERIES,
    figure_of_rows,
    finished,
    hover,
    words_of,
)
from spikefit_nb.units import text

MOST = 12  # knobs drawn


@runtime_checkable
class Importance(Protocol):
    """What the picture reads of an answer of ``study.importance``."""

    shares: dict[str, dict[str, float]]  # of each objective, by knob
    n_trials: int


class ImportanceData(NamedTuple):
    """Shares of each objective's variance, by knob; the knob that decides most comes first."""

    title: str
    note: str
    knobs: tuple[str, ...]
    shares: dict[str, np.ndarray]  # by objective, (n_knobs,) each


def importance_data(importance: Importance) -> ImportanceData:
    """Gather how much each knob decides of each objective.

    Parameters
    ----------
    importance : spikefit_nb.search.Importance

    Returns
    -------
    ImportanceData

    Raises
    ------
    WrongArgument
        The argument is of another kind, such as a study.

    Examples
    --------
    >>> from spikefit_nb.search import Importance
    >>> told = Importance({"accuracy": {"weight_bits": 0.9, "prune_fraction": 0.1}}, 40)
    >>> importance_data(told).knobs
    ('weight_bits', 'prune_fraction')
    """
    expect(importance, Importance, "importance", "study.importance()")
    decided = {name: of for name, of in importance.shares.items() if of}
    sums: dict[str, float] = {}
    for of in decided.values():
        for knob, share in of.items():
            sums[knob] = sums.get(knob, 0.0) + share
    knobs = sorted(sums, key=lambda knob: -sums[knob])
    left = len(knobs) - MOST
    same = [words_of(name)[0].lower() for name in importance.shares if name not in decided]
    notes = [f"From {importance.n_trials} priced trials"]
    notes += [f"{left} knobs that decide less are left out"] if left > 0 else []
    notes += [f"the same in all: {', '.join(same)}"] if same else []
    return ImportanceData(
        _title(decided) or "Nothing decides: all trials are alike",
        "; ".join(notes),
        tuple(knobs[:MOST]),
        {
            name: np.array([of.get(knob, 0.0) for knob in knobs[:MOST]])
            for name, of in decided.items()
        },
    )


def _title(decided: dict[str, dict[str, float]]) -> str:
    """Which knob decides most of each objective."""
    most = ((name, max(of, key=lambda knob: of[knob])) for name, of in decided.items())
    said = [f"{words_of(n)[0]}: {label(k)} {text(decided[n][k], '%')}" for n, k in most]
    return "; ".join(said)


def label(knob: str) -> str:
    """A knob for a reader, such as "weight bits, hidden"."""
    return knob.replace("_", " ").replace(".", ", ")


def plot_importance(importance: Importance) -> figure:
    """Draw how much each knob decides of each objective.

    Parameters
    ----------
    importance : spikefit_nb.search.Importance

    Returns
    -------
    bokeh.plotting.figure

    Raises
    ------
    WrongArgument
        The argument is of another kind, such as a study.

    Examples
    --------
    >>> from spikefit_nb.search import Importance
    >>> told = Importance({"accuracy": {"weight_bits": 0.9, "prune_fraction": 0.1}}, 40)
    >>> plot_importance(told).xaxis[0].axis_label
    'Share of the variance (%)'
    """
    shown = importance_data(importance)
    labels = [label(knob) for knob in shown.knobs]
    n = max(len(shown.shares), 1)
    fig = figure_of_rows(
        labels,
        title=shown.title,
        height=150 + max(18 * n, 30) * max(len(labels), 1),
        x_axis_label="Share of the variance (%)",
    )
    fig.x_range.update(start=0, end=100)
    thick, key = 0.76 / n, []
    for k, (name, shares) in enumerate(shown.shares.items()):
        y = -np.arange(len(labels)) + 0.38 - thick * (k + 0.5)
        source = ColumnDataSource({"y": y, "right": 100 * shares, "knob": labels})
        colour = SERIES[k % len(SERIES)]
        bars = fig.hbar(
            y="y", right="right", left=0, height=0.9 * thick, color=colour, source=source
        )
        told = [("", "@knob"), (words_of(name)[0], "@right{0.0} %")]
        fig.add_tools(hover(told, [bars]))
        key.append((words_of(name)[0], [bars]))
    return finished(fig, key=key, note=shown.note)

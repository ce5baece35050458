"""What is left of the accuracy with faults: one dot a draw."""

from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from bokeh.models import ColumnDataSource, Label, Span
from bokeh.plotting import figure

from spikefit_nb.errors import expect
from spikefit_nb.plots.theme import BLUE, GREY, VERMILLION, finished, hover, new_figure
from spikefit_nb.units import text

ROW = 0.5  # per cent: dots nearer than that stand above one another


@runtime_checkable
class Robustness(Protocol):
    """What the picture reads of a network run again and again, with faults or encoded anew."""

    accuracies: np.ndarray  # (n_draws,) shares
    accuracy: float  # of the report
    without: str  # what that one is: "without faults"
    words: str  # what was drawn
    low: float  # that 19 of 20 draws reach, or the lowest of few
    low_words: str


class RobustnessData(NamedTuple):
    """Accuracies with faults in per cent, each at a height where dots do not cover one another."""

    title: str
    low_words: str
    without_words: str
    percent: np.ndarray
    height: np.ndarray
    without_percent: float
    low_percent: float


def robustness_data(found: Robustness) -> RobustnessData:
    """Gather what the picture of robustness shows.

    Parameters
    ----------
    found : spikefit_nb.robustness.Robustness or EncodingSpread

    Returns
    -------
    RobustnessData

    Raises
    ------
    WrongArgument
        It is of another kind, such as a report.

    Examples
    --------
    >>> from spikefit_nb.robustness import Faults, Robustness
    >>> found = Robustness(np.array([0.9, 0.901, 0.8]), 0.95, Faults(weight_mismatch=0.2))
    >>> robustness_data(found).height.tolist()
    [0, 0, 1]
    """
    expect(found, Robustness, "found", "spikefit_nb.robustness.robustness(report, ...)")
    percent = np.sort(100 * np.asarray(found.accuracies, np.float64))
    column = np.floor(percent / ROW)
    first = np.searchsorted(column, column)  # dots of one column stand above one another
    height = np.arange(percent.size) - first
    title = f"{text(found.low, '%')} {found.low_words}: {found.words}"
    without, low = 100 * found.accuracy, 100 * found.low
    return RobustnessData(
        title,
        found.low_words,
        found.without,
        percent,
        height,
        without_percent=without,
        low_percent=low,
    )


def plot_robustness(found: Robustness) -> figure:
    """Draw accuracies of many draws, beside the report's own and the one that 19 of 20 reach.

    Parameters
    ----------
    found : spikefit_nb.robustness.Robustness or EncodingSpread

    Returns
    -------
    bokeh.plotting.figure

    Raises
    ------
    WrongArgument
        It is of another kind, such as a report.

    Examples
    --------
    >>> from spikefit_nb.robustness import Faults, Robustness
    >>> found = Robustness(np.array([0.9, 0.8]), 0.95, Faults(weight_mismatch=0.2))
    >>> plot_robustness(found).xaxis[0].axis_label
    'Accuracy (%)'
    """
    shown = robustness_data(found)
    least = min(shown.percent.min(), shown.low_percent)
    fig = new_figure(
        title=shown.title,
        height=260,
        x_axis_label="Accuracy (%)",
        x_range=(max(0.0, min(least - 5, 80)), 101),
        y_range=(-1, max(6, shown.height.max() + 3)),
    )
    fig.yaxis.visible = fig.ygrid.visible = False
    source = ColumnDataSource({"x": shown.percent, "y": shown.height})
    dots = fig.scatter("x", "y", source=source, size=9, color=BLUE)
    fig.add_tools(hover([("A draw", "@x{0.0} %")], [dots]))
    lines = (
        (shown.without_percent, GREY, f"{shown.without_words} ", 0),
        (shown.low_percent, VERMILLION, f"{shown.low_words} ", -16),
    )
    for percent, colour, words, below in lines:
        dashed = {"line_color": colour, "line_dash": "dashed", "line_width": 2}
        fig.add_layout(Span(location=percent, dimension="height", **dashed))
        placed = {"x": percent, "y": fig.y_range.end, "y_offset": below}
        fig.add_layout(Label(text=words, text_align="right", text_baseline="top", **placed))
    return finished(fig)

"""When to stop: accuracy of all and of each class, and energy below it, against the steps run."""

from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from bokeh.models import Column, ColumnDataSource
from bokeh.plotting import figure

from spikefit_nb.errors import DatasetProblem, expect
from spikefit_nb.plots.theme import (
    BLUE,
    GREY,
    VERMILLION,
    axis_words,
    finished,
    follow_page,
    hover,
    new_figure,
    ours,
)


@runtime_checkable
class BySteps(Protocol):
    """What the picture reads; accuracies are None without labels."""

    headline: str
    n_steps: tuple[int, ...]  # that are priced
    accuracy: np.ndarray | None  # after each step
    class_accuracy: np.ndarray | None  # (n_classes, n_steps)

    def spent_j(self, n_steps: int) -> Any:
        """A quantity of joules after so many steps, or None."""


class StepsData(NamedTuple):
    """Accuracy after each step, in per cent, and energy after some."""

    title: str
    step: np.ndarray
    percent: np.ndarray
    class_percent: np.ndarray  # (n_classes, n_steps)
    priced: np.ndarray  # numbers of steps
    energy_j: np.ndarray  # NaN where not published
    energy_label: str


def steps_data(steps: BySteps) -> StepsData:
    """Gather what the picture of when to stop shows.

    Parameters
    ----------
    steps : spikefit_nb.deploy.BySteps

    Returns
    -------
    StepsData

    Raises
    ------
    WrongArgument
        The argument is of another kind, such as a report.
    DatasetProblem
        The recordings had no labels.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.deploy import deploy
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> digits = load_network("digits"), load_profile("loihi1"), load_dataset("digits")
    >>> steps_data(deploy(*digits).steps([16, 32, 64])).priced.tolist()
    [16, 22, 32, 64]
    """
    expect(steps, BySteps, "steps", "report.steps()")
    if steps.accuracy is None or steps.class_accuracy is None:
        raise DatasetProblem("These recordings have no labels, so no answer is right or wrong.")
    spent = [steps.spent_j(n) for n in steps.n_steps]
    label = next((q.label for q in spent if q is not None), "Energy, not published")
    return StepsData(
        steps.headline,
        np.arange(1, len(steps.accuracy) + 1),
        100 * steps.accuracy,
        100 * steps.class_accuracy,
        np.array(steps.n_steps),
        energy_j=np.array([np.nan if q is None else q.value for q in spent]),
        energy_label=label,
    )


def plot_steps(steps: BySteps) -> Column:
    """Draw accuracy against the steps run, faintly of each class, and the energy below it.

    Parameters
    ----------
    steps : spikefit_nb.deploy.BySteps

    Returns
    -------
    bokeh.models.Column, of two figures that are zoomed together

    Raises
    ------
    WrongArgument
        The argument is of another kind, such as a report.
    DatasetProblem
        The recordings had no labels.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.deploy import deploy
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.nir_file import load_network
    >>> digits = load_network("digits"), load_profile("loihi1"), load_dataset("digits")
    >>> plot_steps(deploy(*digits).steps()).children[1].yaxis[0].axis_label
    'Energy in all (nJ)'
    """
    shown = steps_data(steps)
    above = _accuracy(shown)
    below = _energy(shown)
    below.x_range = above.x_range
    children = [finished(above, note="Faint: each class"), follow_page(below)]
    return ours(Column(children=children, sizing_mode="stretch_width", spacing=8))


def _accuracy(shown: StepsData) -> figure:
    fig = new_figure(
        title=shown.title,
        height=280,
        y_axis_label="Accuracy (%)",
        x_range=(0, float(shown.step[-1]) * 1.02),
        y_range=(0, 104),
    )
    fig.yaxis.ticker = [0, 20, 40, 60, 80, 100]
    classes = [k for k, percent in enumerate(shown.class_percent) if not np.isnan(percent).any()]
    faint = ColumnDataSource(
        {
            "x": [shown.step for _ in classes],
            "y": [shown.class_percent[k] for k in classes],
            "name": classes,
        }
    )
    each = fig.multi_line("x", "y", source=faint, line_color=GREY, line_alpha=0.45)
    fig.add_tools(hover([("Class", "@name")], [each]))
    source = ColumnDataSource({"x": shown.step, "y": shown.percent})
    line = fig.line("x", "y", source=source, line_color=BLUE, line_width=3)
    fig.add_tools(hover([("Steps", "@x"), ("Accuracy", "@y{0.0} %")], [line]))
    return fig


def _energy(shown: StepsData) -> figure:
    words = axis_words("energy_j", shown.energy_j[np.isfinite(shown.energy_j)].tolist())
    fig = new_figure(
        height=200,
        x_axis_label="Steps run",
        y_axis_label=f"{shown.energy_label} ({words.unit})",
    )
    fig.y_range.start = 0
    source = ColumnDataSource({"x": shown.priced, "y": shown.energy_j * words.scale})
    fig.line("x", "y", source=source, line_color=VERMILLION, line_width=2)
    dots = fig.scatter("x", "y", source=source, size=7, color=VERMILLION)
    energy = (shown.energy_label, f"@y{{0.00}} {words.unit}")
    fig.add_tools(hover([("Steps", "@x"), energy], [dots]))
    return fig

"""Accuracy as the steps go by: how long one has to look for a good answer."""

from numbers import Real
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from bokeh.models import Band, ColumnDataSource, Label, Span
from bokeh.plotting import figure

from spikefit_nb.errors import DatasetProblem, expect
from spikefit_nb.plots.theme import BLUE, VERMILLION, finished, hover, new_figure
from spikefit_nb.simulate import SpikeRecord as Simulated
from spikefit_nb.simulate import wilson_interval


@runtime_checkable
class SpikeRecord(Protocol):
    """What the picture of accuracy over steps reads of a run; None without labels."""

    accuracy_by_step: np.ndarray | None  # share of right answers after each step, (n_steps,)
    accuracy_interval: tuple[float, float] | None  # 95 % interval of the last one


class AccuracyData(NamedTuple):
    """Accuracy after each step, in per cent, with the 95 % interval of every value."""

    title: str
    step: np.ndarray
    percent: np.ndarray
    low: np.ndarray
    high: np.ndarray
    reference_percent: float | None
    reference_label: str


def accuracy_data(
    record: SpikeRecord, reference: float | None = None, reference_label: str = "ANN"
) -> AccuracyData:
    """Gather what the picture of accuracy over steps shows.

    The interval of the last step is the record's own; those before it keep its relation to the
    spread of a share, ``sqrt(p (1 - p))``.

    Parameters
    ----------
    record : spikefit_nb.simulate.SpikeRecord
    reference : float, 0 to 1, or None
    reference_label : str

    Returns
    -------
    AccuracyData

    Raises
    ------
    WrongArgument
        An argument is of another kind, such as a report.
    DatasetProblem
        The recordings had no labels.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.nir_file import load_network
    >>> from spikefit_nb.simulate import simulate
    >>> record = simulate(load_network("digits"), load_dataset("digits").take(30))
    >>> len(accuracy_data(record, 0.97).percent)
    64
    """
    expect(record, SpikeRecord, "record", "sf.simulate(network, dataset)")
    expect(reference, Real | None, "reference", "network.ann_accuracy")
    expect(reference_label, str, "reference_label", "'ANN'")
    if record.accuracy_by_step is None:
        raise DatasetProblem(
            "accuracy needs labels and this record has none: simulate with "
            "SpikeDataset(spikes, labels, ...)."
        )
    if isinstance(record, Simulated) and record.has_step_labels:
        return _of_steps(record, reference, reference_label)
    share = np.asarray(record.accuracy_by_step, dtype=np.float64)
    low, high = _band(share, record.accuracy_interval)
    last = float(share[-1])
    # The step from which on it stays there: an early lucky step does not count.
    below = np.flatnonzero(share < last - 0.01)
    first = int(below[-1]) + 2 if len(below) else 1
    return AccuracyData(
        f"{100 * last:.1f} % after {len(share)} steps; within a point of that after {first}",
        np.arange(1, len(share) + 1),
        100 * share,
        100 * low,
        100 * high,
        reference_percent=None if reference is None else 100.0 * float(reference),
        reference_label=reference_label,
    )


def _of_steps(record: Simulated, reference: float | None, reference_label: str) -> AccuracyData:
    """The accuracy of every step that has labels, each with Wilson's interval."""
    asked = np.greater_equal(record.labels, 0).sum(axis=0)
    steps = np.flatnonzero(asked)
    share = record.accuracy_by_step[steps]  # type: ignore[index]
    ends = [wilson_interval(p * n, n) for p, n in zip(share, asked[steps].tolist(), strict=True)]
    low, high = np.array(ends).T
    return AccuracyData(
        f"{100 * record.accuracy:.1f} % of {record.n_answers:,} labelled steps",  # type: ignore
        steps + 1,
        100 * share,
        100 * low,
        100 * high,
        reference_percent=None if reference is None else 100.0 * float(reference),
        reference_label=reference_label,
    )


def _band(share: np.ndarray, interval: tuple[float, float] | None) -> tuple[np.ndarray, np.ndarray]:
    if interval is None:
        return share, share
    spread = np.sqrt(np.maximum(share * (1 - share), 1e-12))
    down, up = share[-1] - interval[0], interval[1] - share[-1]
    relative = spread / spread[-1] if spread[-1] > 1e-5 else np.ones_like(share)
    return np.clip(share - down * relative, 0, 1), np.clip(share + up * relative, 0, 1)


def plot_accuracy(
    record: SpikeRecord, reference: float | None = None, reference_label: str = "ANN"
) -> figure:
    """Draw accuracy over the steps, with its 95 % interval and a reference line.

    Parameters
    ----------
    record : spikefit_nb.simulate.SpikeRecord
    reference : float, 0 to 1, or None
    reference_label : str, what the line is

    Returns
    -------
    bokeh.plotting.figure

    Raises
    ------
    WrongArgument
        An argument is of another kind, such as a report.
    DatasetProblem
        The recordings had no labels.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.nir_file import load_network
    >>> from spikefit_nb.simulate import simulate
    >>> record = simulate(load_network("digits"), load_dataset("digits").take(30))
    >>> plot_accuracy(record, 0.97).yaxis[0].axis_label
    'Accuracy (%)'
    """
    shown = accuracy_data(record, reference, reference_label)
    last_step = float(shown.step[-1])
    fig = new_figure(
        title=shown.title,
        height=340,
        x_axis_label="Steps seen",
        y_axis_label="Accuracy (%)",
        x_range=(0, last_step * 1.02),
        y_range=(0, 108),  # room above 100 % for the words on the reference line
    )
    fig.yaxis.ticker = [0, 20, 40, 60, 80, 100]
    source = ColumnDataSource(
        {"x": shown.step, "y": shown.percent, "low": shown.low, "high": shown.high}
    )
    filled = {"fill_color": BLUE, "fill_alpha": 0.25, "line_alpha": 0}
    fig.add_layout(Band(base="x", lower="low", upper="high", source=source, **filled))
    line = fig.line("x", "y", source=source, line_color=BLUE, line_width=3)
    interval = ("95 % interval", "@low{0.0} to @high{0.0} %")
    fig.add_tools(hover([("Step", "@x"), ("Accuracy", "@y{0.0} %"), interval], [line]))
    percent = shown.reference_percent
    if percent is not None:
        dashed = {"line_color": VERMILLION, "line_dash": "dashed", "line_width": 2}
        fig.add_layout(Span(location=percent, dimension="width", **dashed))
        fig.add_layout(
            Label(
                x=last_step,
                y=percent,
                y_offset=3,
                text=f"{shown.reference_label} {percent:.1f} %",
                text_align="right",
                text_baseline="bottom",
            )
        )
    return finished(fig)

"""Which classes are taken for which: answers by label."""

from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from bokeh.models import ColumnDataSource
from bokeh.plotting import figure

from spikefit_nb.errors import DatasetProblem, expect
from spikefit_nb.plots.theme import finished, hover, load_colour, new_figure

DARK = 0.55  # share from which on black is read better than white
EMPTY = "rgba(128, 128, 128, 0.1)"
SHOWN = 40  # classes of which each cell is written


@runtime_checkable
class SpikeRecord(Protocol):
    """What the picture reads of a run; None without labels."""

    confusion: np.ndarray | None  # (n_classes, n_classes) int64, a row a label


class ConfusionData(NamedTuple):
    """Answers by label, and their shares of each label."""

    title: str
    counts: np.ndarray  # (n_classes, n_classes) int64
    shares: np.ndarray  # of the label's recordings; 0 where there are none


def confusion_data(record: SpikeRecord) -> ConfusionData:
    """Gather what the picture of answers by label shows.

    Parameters
    ----------
    record : spikefit_nb.simulate.SpikeRecord

    Returns
    -------
    ConfusionData

    Raises
    ------
    WrongArgument
        The record is of another kind, such as a report.
    DatasetProblem
        The recordings had no labels.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.nir_file import load_network
    >>> from spikefit_nb.simulate import simulate
    >>> confusion_data(simulate(load_network("digits"), load_dataset("digits"))).title
    '350 of 360 right; most often 1 is read as 8'
    """
    expect(record, SpikeRecord, "record", "sf.simulate(network, dataset), or report.record")
    counts = record.confusion
    if counts is None:
        raise DatasetProblem("These recordings have no labels, so there is nothing to confuse.")
    n_each = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, n_each, out=np.zeros(counts.shape), where=n_each > 0)
    wrong = counts - np.diag(counts.diagonal())
    title = f"{counts.trace():,} of {counts.sum():,} right"
    if wrong.any():
        label, answer = np.unravel_index(wrong.argmax(), wrong.shape)
        title += f"; most often {label} is read as {answer}"
    return ConfusionData(title, counts, shares)


def plot_confusion(record: SpikeRecord) -> figure:
    """Draw answers by label: rows are labels, columns answers, colours shares of a label.

    Parameters
    ----------
    record : spikefit_nb.simulate.SpikeRecord

    Returns
    -------
    bokeh.plotting.figure

    Raises
    ------
    WrongArgument
        The record is of another kind, such as a report.
    DatasetProblem
        The recordings had no labels.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.nir_file import load_network
    >>> from spikefit_nb.simulate import simulate
    >>> record = simulate(load_network("digits"), load_dataset("digits").take(30))
    >>> plot_confusion(record).xaxis[0].axis_label
    'Answer'
    """
    shown = confusion_data(record)
    n = len(shown.counts)
    label, answer = np.divmod(np.arange(n * n), n)
    share, count = shown.shares.ravel(), shown.counts.ravel()
    source = ColumnDataSource(
        {
            "label": label,
            "answer": answer,
            "count": count,
            "percent": 100 * share,
            "colour": [load_colour(s) if s else EMPTY for s in share],
            "ink": ["#111" if s > DARK else "#fff" for s in share],
            "written": [f"{c:,}" if c and n <= SHOWN else "" for c in count],
        }
    )
    fig = new_figure(
        title=shown.title,
        height=420,
        x_axis_label="Answer",
        y_axis_label="Label",
        x_range=(-0.5, n - 0.5),
        y_range=(n - 0.5, -0.5),
    )
    cells = fig.rect(
        "answer", "label", 0.96, 0.96, source=source, fill_color="colour", line_color=None
    )
    fig.text(
        "answer",
        "label",
        text="written",
        source=source,
        text_align="center",
        text_baseline="middle",
        text_color="ink",
        text_font_size="11px",
    )
    lines = [("Label", "@label"), ("Answer", "@answer"), ("Recordings", "@count{0,0}")]
    fig.add_tools(hover([*lines, ("of the label's", "@percent{0.0} %")], [cells]))
    if n <= SHOWN:
        fig.xaxis.ticker = fig.yaxis.ticker = list(range(n))
    fig.grid.visible = False
    fig.max_width = 520
    return finished(fig)

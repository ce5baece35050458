"""One recording of a dataset: its mean as an image, and its spikes one by one."""

from numbers import Integral
from typing import NamedTuple

import numpy as np
from bokeh.models import LayoutDOM, Row
from bokeh.plotting import figure

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import DatasetProblem, expect
from spikefit_nb.plots.theme import BLUE, LOAD_COLOURS, NO_AXES, follow_page, new_figure, ours


class SampleData(NamedTuple):
    """Numbers and words of one recording."""

    title: str
    image: np.ndarray | None  # its first row on top; None where channels form no image
    step: np.ndarray
    channel: np.ndarray
    n_steps: int
    n_channels: int


def sample_data(dataset: SpikeDataset, index: int = 0) -> SampleData:
    """Gather what the picture of one recording shows.

    Parameters
    ----------
    dataset : spikefit_nb.datasets.SpikeDataset
    index : int, which recording

    Returns
    -------
    SampleData

    Raises
    ------
    WrongArgument
        An argument is of another kind, such as a record of spikes.
    DatasetProblem
        There is no such recording.

    Examples
    --------
    >>> import numpy as np
    >>> from spikefit_nb.datasets import SpikeDataset
    >>> sample_data(SpikeDataset(np.eye(4, dtype=bool)[None], [3])).title
    'Sample 0, label 3: 4 spikes in 4 steps'
    """
    expect(dataset, SpikeDataset, "dataset", "sf.SpikeDataset(spikes, labels, dt_s=1e-3)")
    expect(index, Integral, "index", "0")
    if not -dataset.n_samples <= index < dataset.n_samples:
        raise DatasetProblem(
            f"index is {index}, but {dataset.name!r} has {dataset.n_samples} samples; "
            "they count from 0."
        )
    first = index % dataset.n_samples
    spikes = dataset.block(first, first + 1)[0]
    step, channel = np.nonzero(spikes)
    label = ""
    if dataset.labels is not None and dataset.labels.ndim == 2:
        label = f", {len(np.unique(dataset.labels[first]))} labels over its steps"
    elif dataset.labels is not None:
        number = int(dataset.labels[first])
        label = f", label {dataset.classes[number] if number < len(dataset.classes) else number}"
    shape, image = dataset.channel_shape, None
    if shape is not None and len(shape) in (2, 3):
        image = spikes.mean(axis=0).reshape(-1, *shape[-2:]).sum(axis=0)
    is_current = dataset.spikes.dtype.kind == "f"
    n = len(step) if is_current else int(spikes.sum())
    words = "currents other than zero" if is_current else "spikes"
    return SampleData(
        f"Sample {index}{label}: {n:,} {words} in {dataset.n_steps} steps",
        image,
        step,
        channel,
        dataset.n_steps,
        n_channels=dataset.n_channels,
    )


def plot_sample(dataset: SpikeDataset, index: int = 0) -> LayoutDOM:
    """Draw one recording: all its spikes, and the mean of every channel where they form an image.

    Parameters
    ----------
    dataset : spikefit_nb.datasets.SpikeDataset
    index : int, which recording

    Returns
    -------
    bokeh.models.LayoutDOM

    Raises
    ------
    WrongArgument
        An argument is of another kind, such as a record of spikes.
    DatasetProblem
        There is no such recording.

    Examples
    --------
    >>> import numpy as np
    >>> from spikefit_nb.datasets import SpikeDataset
    >>> plot_sample(SpikeDataset(np.eye(4, dtype=bool)[None], [3])).title.text
    'Sample 0, label 3: 4 spikes in 4 steps'
    """
    shown = sample_data(dataset, index)
    raster = _raster(shown)
    if shown.image is None:
        return ours(raster)
    beside = [_image(shown.image, raster.height), raster]
    return ours(Row(children=beside, sizing_mode="stretch_width", spacing=16))


def _raster(shown: SampleData) -> figure:
    fig = new_figure(
        title=shown.title,
        height=320,
        x_axis_label="Step",
        y_axis_label="Channel",
        x_range=(-1, shown.n_steps),
        y_range=(-1, shown.n_channels),
    )
    fig.xgrid.visible = False
    fig.scatter(
        shown.step,
        shown.channel,
        marker="dash",
        angle=np.pi / 2,
        size=float(np.clip(260 / shown.n_channels, 1.5, 9)),
        line_color=BLUE,
        line_width=2,
    )
    return follow_page(fig)


def _image(image: np.ndarray, height: int) -> figure:
    rows, columns = image.shape
    fig = new_figure(
        title="Mean of each channel",
        height=height,
        width=int((height - 40) * min(columns / rows, 1.6)),
        sizing_mode="fixed",
        toolbar_location=None,
        x_range=(0, columns),
        y_range=(0, rows),
        **NO_AXES,
    )
    # An image's first row is its top; Bokeh paints from the bottom.
    fig.image([image[::-1]], x=0, y=0, dw=columns, dh=rows, palette=LOAD_COLOURS)
    return follow_page(fig)

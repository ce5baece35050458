"""Refuse spikes and labels that cannot be right, with the cure."""

import numpy as np
from numpy.typing import ArrayLike

from spikefit_nb.datasets.lazy import MAX_COUNT, LazySpikes
from spikefit_nb.datasets.storage import is_repeated
from spikefit_nb.errors import DatasetProblem


def as_array(spikes: ArrayLike) -> np.ndarray:
    """Spikes as an array."""
    try:
        return np.asarray(spikes)
    except ValueError:
        raise DatasetProblem(
            "spikes are not an array: their recordings differ in length. "
            "Fill the shorter ones up with silence, or list the spikes: SpikeDataset.from_events."
        ) from None


def check_shape(spikes: np.ndarray | LazySpikes) -> None:
    """Refuse spikes without three axes, or with nothing in them."""
    if spikes.ndim != 3:
        raise DatasetProblem(
            f"spikes is {spikes.shape}; three axes are needed: (n_samples, n_steps, n_channels). "
            "One recording alone is `spikes[None]`."
        )
    if 0 in spikes.shape:
        raise DatasetProblem(
            f"The dataset is empty: spikes is {spikes.shape} (n_samples, n_steps, n_channels)."
        )


def checked_channel_shape(channel_shape: object, n_channels: int) -> tuple[int, ...] | None:
    """Make an arrangement of channels a tuple, and refuse one that does not hold them."""
    if channel_shape is None:
        return None
    shape = np.atleast_1d(np.asarray(channel_shape))
    if shape.dtype.kind not in "iu" or shape.min(initial=1) < 1 or shape.prod() != n_channels:
        raise DatasetProblem(f"channel_shape {channel_shape} does not hold {n_channels} channels.")
    return tuple(int(n) for n in shape)


def check_step(dt_s: float) -> None:
    """Refuse a step that lasts no time, or infinitely long."""
    if not (isinstance(dt_s, int | float | np.number) and 0 < dt_s < np.inf):
        raise DatasetProblem(
            f"dt_s is {dt_s!r}; it must be above zero, in seconds: how long one step lasts."
        )


def checked_labels(given: ArrayLike | None, shape: tuple[int, ...]) -> np.ndarray | None:
    """Make labels int64, and refuse those that are not one whole number from 0 a sample."""
    if given is None:
        return None
    labels = np.asarray(given)
    if labels.ndim != 1 or labels.dtype.kind not in "iub":
        raise DatasetProblem(
            f"labels is {labels.shape} {labels.dtype}; one whole number a sample is needed."
        )
    if labels.size and labels.min() < 0:
        raise DatasetProblem(f"The smallest label is {labels.min()}; labels count from 0.")
    if labels.size and labels.max() >= 2**31:
        raise DatasetProblem(
            f"The largest label is {labels.max()}; labels count from 0 to the number of classes."
        )
    if len(labels) != shape[0]:
        hint = ""
        if len(labels) in shape:
            hint = f"samples come first; try `spikes.swapaxes(0, {shape.index(len(labels))})`"
        raise DatasetProblem(
            f"spikes is {shape} but there are {len(labels)} labels: "
            f"{hint or 'there must be one a sample'}."
        )
    return labels.astype(np.int64)


def checked_values(spikes: np.ndarray | LazySpikes) -> np.ndarray | LazySpikes:
    """Make spikes bool, uint8 counts or finite float32 currents."""
    if isinstance(spikes, LazySpikes) or spikes.dtype == bool or spikes.dtype == np.uint8:
        return spikes
    if is_repeated(spikes):  # one step is enough to look at; all of them could take gigabytes
        return np.broadcast_to(checked_values(spikes[:, :1]), spikes.shape)
    if spikes.dtype.kind not in "fiu":
        raise DatasetProblem(
            f"spikes has dtype {spikes.dtype}; bool, uint8 counts or float32 currents are needed."
        )
    if spikes.dtype.kind in "iu" and spikes.max() > MAX_COUNT:
        raise DatasetProblem(
            f"The largest count is {spikes.max()}; {MAX_COUNT} are the most a count holds. Are "
            "they currents? Then say `spikes.astype(np.float32)`; or use shorter steps."
        )
    with np.errstate(over="ignore"):  # what overflows is infinite, and counted below
        currents = spikes.astype(np.float32, copy=False)
    n_bad = int(np.sum(~np.isfinite(currents)))
    if n_bad:
        raise DatasetProblem(f"{n_bad} of {currents.size} input values are NaN or infinite.")
    in_range = currents.min() >= 0 and currents.max() <= MAX_COUNT
    are_counts = in_range and (currents == np.rint(currents)).all()
    return currents.astype(np.uint8) if are_counts else currents

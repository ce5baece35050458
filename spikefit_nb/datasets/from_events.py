"""Spikes that come one by one, in arrays."""

import numpy as np
from numpy.typing import ArrayLike

from spikefit_nb.datasets.check import check_step
from spikefit_nb.datasets.lazy import Events, gather
from spikefit_nb.encode import check_whole
from spikefit_nb.errors import DatasetProblem
from spikefit_nb.units import si

MOST_FOUND = 10_000_000  # steps that times alone may ask for
SIZES = ("n_samples", "n_steps", "n_channels")
ROUNDING = 1e-9  # of a step: 0.003 s is in step 3 of 1 ms, though in floats it lies just below


def events_of(
    sample: ArrayLike,
    channel: ArrayLike,
    *,
    step: ArrayLike | None,
    time_s: ArrayLike | None,
    count: ArrayLike | None,
    shape: tuple[int | None, int | None, int | None],
    dt_s: float,
) -> Events:
    """Check events given as arrays and put them in order."""
    check_step(dt_s)
    if (step is None) == (time_s is None):
        raise DatasetProblem(
            "Either `step` (whole numbers) or `time_s` (seconds) says when events are; "
            "give one of them."
        )
    whens = _whole("step", step) if time_s is None else steps_of("time_s", np.asarray(time_s), dt_s)
    samples, channels = _whole("sample", sample), _whole("channel", channel)
    columns = {"sample": samples, "step": whens, "channel": channels}
    value = None if count is None else _counts(np.asarray(count))
    lengths = {name: len(column) for name, column in columns.items()}
    if value is not None:
        lengths["count"] = len(value)
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{n} in {name}" for name, n in lengths.items())
        raise DatasetProblem(f"Events must be as many in each array, but there are {told}.")
    check_sizes(**dict(zip(SIZES, shape, strict=True)))
    sizes = tuple(
        _size(name, column, given)
        for (name, column), given in zip(columns.items(), shape, strict=True)
    )
    if 0 in sizes:
        raise DatasetProblem(
            "There are no events, so n_samples, n_steps and n_channels must be given."
        )
    check_sizes(**dict(zip(SIZES, sizes, strict=True)))
    if shape[1] is None and time_s is not None:
        check_duration("time_s", sizes[1], dt_s)
    return gather(samples, whens, channels, value, sizes)


def _size(name: str, places: np.ndarray, given: int | None) -> int:
    """How many samples, steps or channels there are: as given, or one more than the largest."""
    low, high = int(places.min(initial=0)), int(places.max(initial=-1))
    if low < 0 or (given is not None and high >= given):
        limit = "" if given is None else f" below {given} (n_{name}s)"
        raise DatasetProblem(f"{name} goes from {low} to {high}; from 0 on{limit} is needed.")
    return high + 1 if given is None else int(given)


def check_sizes(**sizes: int | None) -> None:
    """Refuse numbers of samples, steps or channels that are not whole; None is left to be found."""
    for name, size in sizes.items():
        if size is not None:
            check_whole(name, size)


def check_duration(name: str, n_steps: int, dt_s: float) -> None:
    """Refuse recordings so long that their times can hardly be in the unit they are taken for."""
    if n_steps > MOST_FOUND:
        raise DatasetProblem(
            f"{name} makes recordings of {n_steps:,} steps of {si(dt_s, 's')}, "
            f"{si(n_steps * dt_s, 's')} in all. Are the times in another unit, or do they not "
            f"count from the start of the recording? If this is meant, say n_steps={n_steps}."
        )


def steps_of(name: str, moments: np.ndarray, step_length: float) -> np.ndarray:
    """Step each moment falls into, ``floor(moment / step_length)``."""
    if moments.ndim != 1 or moments.dtype.kind not in "iuf":
        raise DatasetProblem(
            f"{name} is {moments.shape} {moments.dtype}; a line of numbers is needed."
        )
    if moments.size and not (moments.min() >= 0 and moments.max() / step_length < 2**31):
        raise DatasetProblem(
            f"{name} goes from {moments.min()} to {moments.max()}; "
            "finite numbers from 0 on are needed."
        )
    return np.floor(moments / step_length + ROUNDING).astype(np.int64)


def _whole(name: str, values: ArrayLike | None) -> np.ndarray:
    array = np.asarray(values)
    if array.size == 0 and array.ndim == 1:
        return array.astype(np.int64)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        hint = " Times in seconds are `time_s=`." if name == "step" else ""
        raise DatasetProblem(
            f"{name} is {array.shape} {array.dtype}; a line of whole numbers is needed.{hint}"
        )
    return array.astype(np.int64)


def _counts(count: np.ndarray) -> np.ndarray:
    if count.ndim != 1 or count.dtype.kind not in "iufb":
        raise DatasetProblem(f"count is {count.shape} {count.dtype}; a line of numbers is needed.")
    if count.dtype.kind == "f":
        if not np.isfinite(count).all():
            raise DatasetProblem("count holds NaN or infinite values.")
        return count.astype(np.float32)
    if count.size and count.min() < 0:
        raise DatasetProblem(
            f"The smallest count is {count.min()}; spikes are counted from 0. Currents are floats."
        )
    return count.astype(np.int64)

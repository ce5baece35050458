"""Spikes that come one by one, in arrays."""

import numpy as np
from numpy.typing import ArrayLike

from spikefit_nb.datasets.clock import Clock, check_duration, check_unit, steps_on
from spikefit_nb.datasets.lazy import Events, gather
from spikefit_nb.datasets.storage import check_step
from spikefit_nb.encode import check_whole
from spikefit_nb.errors import DatasetProblem


def events_of(
    sample: ArrayLike,
    channel: ArrayLike,
    *,
    step: ArrayLike | None,
    time_s: ArrayLike | None,
    start_s: ArrayLike | None,
    count: ArrayLike | None,
    sizes: dict[str, int | None],
    dt_s: float,
) -> tuple[Events, str]:
    """Check events given as arrays and put them in order; and a word on their clock."""
    check_step(dt_s)
    if (step is None) == (time_s is None):
        raise DatasetProblem(
            "Either `step` (whole numbers) or `time_s` (seconds) says when events are; "
            "give one of them."
        )
    if step is not None and start_s is not None:
        raise DatasetProblem(
            "start_s says when recordings begin on the clock of `time_s`; steps count from 0."
        )
    places = {"sample": _whole("sample", sample), "channel": _whole("channel", channel)}
    value = None if count is None else _counts(np.asarray(count))
    whens = np.asarray(time_s) if step is None else _whole("step", step)
    when = {"time_s" if step is None else "step": whens}
    _check_lengths({"sample": places["sample"], **when, "channel": places["channel"]}, value)
    check_sizes(**sizes)
    found = {f"n_{name}s": _size(name, at, sizes[f"n_{name}s"]) for name, at in places.items()}
    said = ""
    if step is None:
        clock = Clock("time_s", "s", dt_s, start_s, sizes["n_steps"])
        whens, said = _steps_of_times(clock, whens, places["sample"], found)
    found["n_steps"] = _size("step", whens, sizes["n_steps"])
    if 0 in found.values():
        raise DatasetProblem(
            "There are no events, so n_samples, n_steps and n_channels must be given."
        )
    check_sizes(**found)
    if sizes["n_steps"] is None and step is None:
        check_duration("time_s", found["n_steps"], dt_s)
    shape = (found["n_samples"], found["n_steps"], found["n_channels"])
    return gather(places["sample"], whens, places["channel"], value, shape), said


def _check_lengths(columns: dict[str, np.ndarray], value: np.ndarray | None) -> None:
    if value is not None:
        columns = {**columns, "count": value}
    if len({column.shape[:1] for column in columns.values()}) > 1:
        told = ", ".join(f"{column.size} in {name}" for name, column in columns.items())
        raise DatasetProblem(f"Events must be as many in each array, but there are {told}.")


def _steps_of_times(
    clock: Clock, moments: np.ndarray, sample: np.ndarray, sizes: dict[str, int]
) -> tuple[np.ndarray, str]:
    steps, said = steps_on(clock, moments, sample, sizes["n_samples"])
    cure = "time_s is in seconds. If this is meant, give step= in its place."
    check_unit(clock, moments, sample, n_channels=sizes["n_channels"], most_hz=np.inf, cure=cure)
    return steps, said


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

"""Spikes that come one by one: in arrays, or in recordings of the ``tonic`` package."""

from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from spikefit_nb.datasets.lazy import Events, gather
from spikefit_nb.datasets.storage import check_step
from spikefit_nb.encode import check_whole
from spikefit_nb.errors import DatasetProblem
from spikefit_nb.units import si

MOST_FOUND = 10_000_000  # steps that times alone may ask for
MICROSECOND_S = 1e-6
ROUNDING = 1e-9  # of a step: 0.003 s is in step 3 of 1 ms, though in floats it lies just below


class EventCamera(Protocol):
    """What a data set of ``tonic`` offers."""

    sensor_size: tuple[int, int, int]

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> tuple[np.ndarray, int]: ...


def events_of(
    sample: ArrayLike,
    channel: ArrayLike,
    *,
    step: ArrayLike | None,
    time_s: ArrayLike | None,
    count: ArrayLike | None,
    sizes: dict[str, int | None],
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
    places = {"sample": _whole("sample", sample), "step": whens}
    places["channel"] = _whole("channel", channel)
    value = None if count is None else _counts(np.asarray(count))
    columns = places if value is None else {**places, "count": value}
    if len({len(column) for column in columns.values()}) > 1:
        told = ", ".join(f"{len(column)} in {name}" for name, column in columns.items())
        raise DatasetProblem(f"Events must be as many in each array, but there are {told}.")
    check_sizes(**sizes)
    found = {f"n_{name}s": _size(name, at, sizes[f"n_{name}s"]) for name, at in places.items()}
    if 0 in found.values():
        raise DatasetProblem(
            "There are no events, so n_samples, n_steps and n_channels must be given."
        )
    check_sizes(**found)
    if sizes["n_steps"] is None and time_s is not None:
        check_duration("time_s", found["n_steps"], dt_s)
    return gather(**places, value=value, shape=tuple(found.values()))


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


def read_tonic(
    recordings: EventCamera, n_samples: int | None, n_steps: int | None, dt_s: float
) -> tuple[Events, np.ndarray, tuple[int, ...], tuple[str, ...], str]:
    """Events, labels, channel shape and classes, and a sentence on events that come too late."""
    check_step(dt_s)
    check_sizes(n_steps=n_steps)
    width, height, n_polarities = size = _sensor_size(recordings)
    n = len(recordings) if n_samples is None else n_samples
    if not isinstance(n, int | np.integer) or not 1 <= n <= len(recordings):
        raise DatasetProblem(f"n_samples is {n}, but there are {len(recordings)} recordings.")
    steps, channels, labels = [], [], []
    for k in range(n):
        events, label = recordings[k]
        steps.append(steps_of(f"t of recording {k}", _field(events, "t", k), dt_s / MICROSECOND_S))
        channels.append(_camera_channel(events, size, k))
        labels.append(_label(label, k))
    sample = np.repeat(np.arange(n), [len(s) for s in steps])
    step, channel = np.concatenate(steps), np.concatenate(channels)
    if n_steps is None:
        n_steps = int(step.max(initial=0)) + 1
        check_duration("t", n_steps, dt_s)
    early = step < n_steps
    n_late, n_events = np.sum(~early), len(early)
    shape = (n, n_steps, width * height * n_polarities)
    names = tuple(str(name) for name in getattr(recordings, "classes", ()))
    return (
        gather(sample[early], step[early], channel[early], None, shape),
        np.array(labels, np.int64),
        (n_polarities, height, width) if height > 1 else (n_polarities, width),
        names if len(names) > max(labels) else (),
        f"{n_late:,} of {n_events:,} events come after the last step" if n_late else "",
    )


def _sensor_size(recordings: EventCamera) -> tuple[int, int, int]:
    size = getattr(recordings, "sensor_size", None)
    is_size = isinstance(size, tuple | list) and len(size) == 3
    if size is None or not is_size or not hasattr(recordings, "__getitem__"):
        raise DatasetProblem(
            f"A {type(recordings).__name__} is not a data set of tonic: it needs a length, "
            "recordings[k] giving (events, label), and sensor_size (x, y, p)."
        )
    return int(size[0]), int(size[1]), int(size[2])


def _field(events: np.ndarray, name: str, k: int) -> np.ndarray:
    fields = getattr(getattr(events, "dtype", None), "names", None) or ()
    if name not in fields:
        raise DatasetProblem(
            f"Recording {k} has no field {name!r} (it has {', '.join(fields) or 'no fields'}); "
            "events with t, x, y and p are needed. Make the tonic data set without a transform."
        )
    return np.asarray(events[name])


def _camera_channel(events: np.ndarray, size: tuple[int, int, int], k: int) -> np.ndarray:
    at = np.zeros(len(events), np.int64)
    for name, n in (("p", size[2]), ("y", size[1]), ("x", size[0])):
        if name == "y" and n == 1 and "y" not in (events.dtype.names or ()):
            continue
        if name == "p" and n == 1:  # one polarity: some recordings number it 1
            continue
        place = _field(events, name, k).astype(np.int64)
        if place.size and not (place.min() >= 0 and place.max() < n):
            raise DatasetProblem(
                f"{name} of recording {k} goes from {place.min()} to {place.max()}, "
                f"but sensor_size {size} allows 0 to {n - 1}."
            )
        at = at * n + place
    return at


def _label(label: object, k: int) -> int:
    try:
        whole = int(label)  # type: ignore[call-overload]
        if isinstance(label, str) or whole == label:
            return whole
    except (TypeError, ValueError):
        pass
    raise DatasetProblem(
        f"The label of recording {k} is {label!r}; a whole number is needed: tonic's "
        "target_transform can make one."
    )

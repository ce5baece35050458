"""Spikes as others keep them: one by one in arrays, or recordings of the ``tonic`` package."""

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike

from spikefit_nb.datasets.check import check_step
from spikefit_nb.datasets.lazy import Events, gather
from spikefit_nb.encode.encoder import check_whole
from spikefit_nb.errors import DatasetProblem
from spikefit_nb.units import si

MICROSECOND_S = 1e-6
MOST_FOUND = 10_000_000  # steps that times alone may ask for
SIZES = ("n_samples", "n_steps", "n_channels")
ROUNDING = 1e-9  # of a step: 0.003 s is in the third step of 1 ms, whatever floats make of it


class EventCamera(Protocol):
    """What a data set of ``tonic`` offers."""

    sensor_size: tuple[int, int, int]

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> tuple[np.ndarray, int]: ...


class Recordings(NamedTuple):
    """What was read from a data set of ``tonic``; ``left_out`` is a sentence, or empty."""

    events: Events
    labels: np.ndarray
    channel_shape: tuple[int, ...]
    classes: tuple[str, ...]
    left_out: str


def events_of(
    sample: ArrayLike,
    channel: ArrayLike,
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
            "Either `step` (whole numbers) or `time_s` (seconds) says when events are; give one of "
            "them."
        )
    whens = _whole("step", step) if time_s is None else steps_of("time_s", np.asarray(time_s), dt_s)
    columns = {
        "sample": _whole("sample", sample),
        "step": whens,
        "channel": _whole("channel", channel),
    }
    value = None if count is None else _counts(np.asarray(count))
    lengths = {name: len(column) for name, column in columns.items()} | (
        {} if value is None else {"count": len(value)}
    )
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{n} in {name}" for name, n in lengths.items())
        raise DatasetProblem(f"Events must be as many in each array, but there are {told}.")
    check_sizes(**dict(zip(SIZES, shape, strict=True)))
    sizes = []
    for (name, column), given in zip(columns.items(), shape, strict=True):
        low, high = int(column.min(initial=0)), int(column.max(initial=-1))
        if low < 0 or (given is not None and high >= given):
            limit = "" if given is None else f" below {given} (n_{name}s)"
            raise DatasetProblem(f"{name} goes from {low} to {high}; from 0 on{limit} is needed.")
        sizes.append(high + 1 if given is None else int(given))
    if 0 in sizes:
        raise DatasetProblem(
            "There are no events, so n_samples, n_steps and n_channels must be given."
        )
    check_sizes(**dict(zip(SIZES, sizes, strict=True)))
    if shape[1] is None and time_s is not None:
        check_duration("time_s", sizes[1], dt_s)
    return gather(
        columns["sample"],
        columns["step"],
        columns["channel"],
        value,
        (sizes[0], sizes[1], sizes[2]),
    )


def check_sizes(**sizes: int | None) -> None:
    """Refuse a number of samples, steps or channels that is none; None is left to be found."""
    for name, size in sizes.items():
        if size is not None:
            check_whole(name, size)


def check_duration(name: str, n_steps: int, dt_s: float) -> None:
    """Refuse recordings so long that their times can hardly be in the unit they are taken for."""
    if n_steps > MOST_FOUND:
        raise DatasetProblem(
            f"{name} makes recordings of {n_steps:,} steps of {si(dt_s, 's')}, "
            f"{si(n_steps * dt_s, 's')} in all. Are "
            "the times in another unit, or do they not count from the start of the recording? If "
            "this is meant, say "
            f"n_steps={n_steps}."
        )


def steps_of(name: str, moments: np.ndarray, step_length: float) -> np.ndarray:
    """Step each moment falls into, ``floor(moment / step_length)``."""
    if moments.ndim != 1 or moments.dtype.kind not in "iuf":
        raise DatasetProblem(
            f"{name} is {moments.shape} {moments.dtype}; a line of numbers is needed."
        )
    if moments.size and not (moments.min() >= 0 and moments.max() / step_length < 2**31):
        raise DatasetProblem(
            f"{name} goes from {moments.min()} to {moments.max()}; finite numbers from 0 on are "
            "needed."
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
) -> Recordings:
    """Read recordings of ``tonic``, or of anything that looks like them."""
    check_step(dt_s)
    check_sizes(n_steps=n_steps)
    size = getattr(recordings, "sensor_size", None)
    if (
        not hasattr(recordings, "__getitem__")
        or not isinstance(size, tuple | list)
        or len(size) != 3
    ):
        raise DatasetProblem(
            f"A {type(recordings).__name__} is no data set of tonic: it needs a length, "
            "recordings[k] giving "
            "(events, label), and sensor_size (x, y, p)."
        )
    size = (int(size[0]), int(size[1]), int(size[2]))
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
    left_out = (
        f"{np.sum(~early):,} of {len(early):,} events come after the last step"
        if not early.all()
        else ""
    )
    width, height, n_polarities = size
    shape = (n_polarities, height, width)
    names = tuple(str(name) for name in getattr(recordings, "classes", ()))
    return Recordings(
        gather(
            sample[early],
            step[early],
            channel[early],
            None,
            (n, n_steps, width * height * n_polarities),
        ),
        np.array(labels, np.int64),
        shape if height > 1 else (n_polarities, width),
        names if len(names) > max(labels) else (),
        left_out,
    )


def _field(events: np.ndarray, name: str, k: int) -> np.ndarray:
    fields = getattr(getattr(events, "dtype", None), "names", None) or ()
    if name not in fields:
        raise DatasetProblem(
            f"Recording {k} has no field {name!r} (it has {', '.join(fields) or 'no fields'}); "
            "events with t, x, y and "
            "p are needed. Make the tonic data set without a transform."
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
                f"{name} of recording {k} goes from {place.min()} to {place.max()}, but "
                f"sensor_size {size} allows 0 to "
                f"{n - 1}."
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

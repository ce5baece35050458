"""Recordings of the ``tonic`` package, or of anything that looks like them."""

from typing import NamedTuple, Protocol

import numpy as np

from spikefit_nb.datasets.check import check_step
from spikefit_nb.datasets.from_events import check_duration, check_sizes, steps_of
from spikefit_nb.datasets.lazy import Events, gather
from spikefit_nb.errors import DatasetProblem

MICROSECOND_S = 1e-6


class EventCamera(Protocol):
    """What a data set of ``tonic`` offers."""

    sensor_size: tuple[int, int, int]

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> tuple[np.ndarray, int]: ...


class Recordings(NamedTuple):
    """What was read from a data set of ``tonic``."""

    events: Events
    labels: np.ndarray
    channel_shape: tuple[int, ...]
    classes: tuple[str, ...]
    left_out: str  # a sentence on the events after the last step, or empty


def read_tonic(
    recordings: EventCamera, n_samples: int | None, n_steps: int | None, dt_s: float
) -> Recordings:
    """Read recordings of ``tonic``, or of anything that looks like them."""
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
    return Recordings(
        gather(sample[early], step[early], channel[early], None, shape),
        np.array(labels, np.int64),
        (n_polarities, height, width) if height > 1 else (n_polarities, width),
        names if len(names) > max(labels) else (),
        f"{n_late:,} of {n_events:,} events come after the last step" if n_late else "",
    )


def _sensor_size(recordings: EventCamera) -> tuple[int, int, int]:
    size = getattr(recordings, "sensor_size", None)
    has_size = isinstance(size, tuple | list) and len(size) == 3
    if not has_size or not hasattr(recordings, "__getitem__"):
        raise DatasetProblem(
            f"A {type(recordings).__name__} is no data set of tonic: it needs a length, "
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

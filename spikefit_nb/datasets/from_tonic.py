"""Recordings of the ``tonic`` package, or of anything that looks like one."""

from typing import NamedTuple, Protocol

import numpy as np

from spikefit_nb.datasets.clock import Clock, check_duration, check_unit, steps_on
from spikefit_nb.datasets.from_events import check_sizes
from spikefit_nb.datasets.lazy import Events, gather
from spikefit_nb.datasets.storage import check_step
from spikefit_nb.errors import DatasetProblem

OTHER_UNIT = (
    "Are they in another? Say time_unit='ms' or time_unit='s'; if this is meant, time_unit='us'."
)


class EventCamera(Protocol):
    """What a data set of ``tonic`` offers."""

    sensor_size: tuple[int, int, int]

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> tuple[np.ndarray, int]: ...


class Told(NamedTuple):
    """What recordings say: spikes and right answers, their arrangement, and remarks."""

    spikes: Events
    labels: np.ndarray
    channel_shape: tuple[int, ...]
    classes: tuple[str, ...]
    remarks: list[str]


class Times(NamedTuple):
    """When the events of each recording are, in the unit of a clock."""

    sample: np.ndarray
    moments: np.ndarray
    n_samples: int
    is_stated: bool  # the unit was given, not assumed


def read_tonic(
    recordings: EventCamera, n_samples: int | None, clock: Clock, *, is_stated: bool, merge: bool
) -> Told:
    """Read recordings of events; ``is_stated``: the unit of their times was given."""
    check_step(clock.dt_s)
    check_sizes(n_steps=clock.n_steps)
    width, height, n_polarities = size = _sensor_size(recordings)
    n = len(recordings) if n_samples is None else n_samples
    if not isinstance(n, int | np.integer) or not 1 <= n <= len(recordings):
        raise DatasetProblem(f"n_samples is {n}, but there are {len(recordings)} recordings.")
    moments, channels, labels = [], [], []
    shares_pixels = merge and n_polarities > 1
    for k in range(n):
        events, label = recordings[k]
        moments.append(_field(events, "t", k).copy())  # a view would keep all fields
        channels.append(_camera_channel(events, size, k))
        labels.append(_label(label, k))
        shares_pixels |= n_polarities == 1 and _has_several(events, "p")
    sample = np.repeat(np.arange(n), [len(own) for own in moments])
    at = Times(sample, np.concatenate(moments), n, is_stated)
    spikes, remarks = _spikes(at, np.concatenate(channels), clock, size, merge=merge)
    if shares_pixels:
        remarks.append("all polarities of a pixel share one channel")
    n_layers = 1 if merge else n_polarities
    names = tuple(str(name) for name in getattr(recordings, "classes", ()))
    return Told(
        spikes,
        np.array(labels, np.int64),
        (n_layers, height, width) if height > 1 else (n_layers, width),
        names if len(names) > max(labels) else (),
        remarks,
    )


def _spikes(
    at: Times, channel: np.ndarray, clock: Clock, size: tuple[int, int, int], *, merge: bool
) -> tuple[Events, list[str]]:
    """Events in steps and channels, and what was done to get them."""
    n_pixels, n_polarities = size[0] * size[1], size[2]
    step, said = steps_on(clock, at.moments, at.sample, at.n_samples)
    if not at.is_stated:
        n_channels = n_pixels * n_polarities
        check_unit(clock, at.moments, at.sample, n_channels=n_channels, cure=OTHER_UNIT)
    n_steps = clock.n_steps
    if n_steps is None:
        n_steps = int(step.max(initial=0)) + 1
        check_duration("t", n_steps, clock.dt_s)
    if merge:
        channel, n_polarities = channel % n_pixels, 1
    n_early, n_late = np.sum(step < 0), np.sum(step >= n_steps)
    remarks = [
        said,
        f"{n_early:,} of {len(step):,} events come before start_s" if n_early else "",
        f"{n_late:,} of {len(step):,} events come after the last step" if n_late else "",
    ]
    kept = (step >= 0) & (step < n_steps)
    shape = (at.n_samples, n_steps, n_pixels * n_polarities)
    spikes = gather(at.sample[kept], step[kept], channel[kept], None, shape)
    return spikes, [remark for remark in remarks if remark]


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
        frames = (
            " Frames go in as an array: SpikeDataset(np.stack([f for f, _ in recordings]), labels, "
            "dt_s=...)."
        )
        raise DatasetProblem(
            f"Recording {k} has no field {name!r} (it has {', '.join(fields) or 'no fields'}); "
            "events with t, x, y and p are needed. Make the tonic data set without a transform."
            f"{frames if np.ndim(events) > 2 else ''}"
        )
    values = np.asarray(events[name])
    if values.dtype.kind == "f" and not (np.abs(values.astype(np.float64)) < 2.0**63).all():
        raise DatasetProblem(
            f"Recording {k}: {name!r} holds numbers that are NaN, infinite or too large."
        )
    return values


def _has_several(events: np.ndarray, name: str) -> bool:
    """Whether a field is there and takes more than one value."""
    has_field = name in (events.dtype.names or ()) and len(events) > 0
    return has_field and bool((events[name] != events[name][0]).any())


def _camera_channel(events: np.ndarray, size: tuple[int, int, int], k: int) -> np.ndarray:
    at = np.zeros(len(events), np.int64)
    for name, n in (("p", size[2]), ("y", size[1]), ("x", size[0])):
        if name == "y" and n == 1 and "y" not in (events.dtype.names or ()):
            continue
        if name == "p" and n == 1:  # one polarity: some recordings number it 1
            continue
        place = _field(events, name, k).astype(np.int64)
        if place.size and not (place.min() >= 0 and place.max() < n):
            hint = " Are they -1 and 1? Make them 0 and 1." if name == "p" else ""
            raise DatasetProblem(
                f"{name} of recording {k} goes from {place.min()} to {place.max()}, "
                f"but sensor_size {size} (x, y, p) allows 0 to {n - 1}.{hint}"
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

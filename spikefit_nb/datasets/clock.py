"""When events are: the unit of their times, and the moment at which each recording begins."""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from spikefit_nb.errors import DatasetProblem, is_one_of
from spikefit_nb.units import si

TimeUnit = Literal["s", "ms", "us", "ns"]

MOST_FOUND = 10_000_000  # steps that times alone may ask for
ROUNDING = 1e-9  # of a step: 0.003 s is in step 3 of 1 ms, though in floats it lies just below
SECONDS_OF = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
MOST_HZ = 1000  # events of a channel on average: no camera or cochlea comes near
FEW = 10  # events that say little of a clock or a unit: they may be meant as they are,
WRAP = 2**32  # at which a counter of 32 bits begins anew
LONG_S = 1.0  # unless so much silence comes before them


class Clock(NamedTuple):
    """What is known of the times of a data set."""

    name: str  # what they are called in messages
    unit: TimeUnit
    dt_s: float
    start_s: ArrayLike | None  # when recordings begin, for all or each; None: see ``begin``
    n_steps: int | None
    whose: str = ""  # what follows the name where one recording is meant, with its number as {}

    @property
    def step_length(self) -> float:
        """A step in the unit of the times."""
        return self.dt_s / SECONDS_OF[self.unit]

    def seconds(self, moment: float) -> str:
        """A moment or a duration as one reads it."""
        return si(float(moment) * SECONDS_OF[self.unit], "s")


class Spans(NamedTuple):
    """First and last moment of each recording, (n_samples,); of one without events, 0."""

    first: np.ndarray
    last: np.ndarray

    @property
    def longest(self) -> float:
        """How long the longest recording lasts."""
        return float((self.last - self.first).max(initial=0))


def check_time_unit(unit: object) -> None:
    """Refuse a unit of time that is not known; None is left to be assumed."""
    if unit is not None and not is_one_of(unit, SECONDS_OF):
        raise DatasetProblem(
            f"time_unit is {unit!r}; it can be {', '.join(map(repr, SECONDS_OF))}."
        )


def steps_on(
    clock: Clock, moments: np.ndarray, sample: np.ndarray, n_samples: int
) -> tuple[np.ndarray, str]:
    """Step of each event, below 0 before a given start, and a word on clocks begun elsewhere."""
    moments = _line_of_numbers(clock.name, moments)
    _check_no_wrap(clock, moments, sample)
    spans = _spans(moments, sample, n_samples)
    begin, said = _begin(clock, spans, n_events=len(moments))
    since = moments - begin[sample]
    is_stated = clock.start_s is not None
    if since.size and not (is_stated or since.min() >= 0):
        problem = _out_of_range(clock, moments, sample, int(since.argmin()))
        raise DatasetProblem(f"{problem}; or say start_s=, when recordings begin.")
    if since.size and not since.max() / clock.step_length < 2**31:
        problem = _out_of_range(clock, moments, sample, int(since.argmax()))
        raise DatasetProblem(
            f"{problem}, of at most {2**31:,} steps of {si(clock.dt_s, 's')}. Are the times in "
            "another unit, or do they not count from the start of the recording (start_s= says "
            "when it begins)?"
        )
    return np.floor(since / clock.step_length + ROUNDING).astype(np.int64), said


def _line_of_numbers(name: str, moments: np.ndarray) -> np.ndarray:
    if moments.ndim != 1 or moments.dtype.kind not in "iuf":
        raise DatasetProblem(
            f"{name} is {moments.shape} {moments.dtype}; a line of numbers is needed."
        )
    if not np.isfinite(moments).all():
        raise DatasetProblem(
            f"{name} holds NaN or infinite values; finite numbers from 0 on are needed."
        )
    # narrow integers would overflow, unsigned ones wrap, where one is taken from another
    return moments.astype(np.int64 if moments.dtype.kind in "iu" else np.float64)


def _check_no_wrap(clock: Clock, moments: np.ndarray, sample: np.ndarray) -> None:
    """Refuse times that fall back as a counter of 32 bits does when it is full."""
    back = np.diff(moments, prepend=moments[:1]) < -WRAP / 2
    back &= np.diff(sample, prepend=sample[:1]) == 0
    if moments.dtype.kind == "i" and back.any():
        at = int(back.argmax())
        raise DatasetProblem(
            f"{clock.name}{clock.whose.format(sample[at])} falls from {moments[at - 1]} to "
            f"{moments[at]}: a clock of 32 bits that began anew within the recording. Add 2**32 "
            "to the times from there on."
        )


def _out_of_range(clock: Clock, moments: np.ndarray, sample: np.ndarray, at: int) -> str:
    own = moments[sample == sample[at]] if clock.whose else moments
    return (
        f"{clock.name}{clock.whose.format(sample[at])} goes from {own.min()} to {own.max()}; "
        "finite numbers from 0 on are needed"
    )


def _spans(moments: np.ndarray, sample: np.ndarray, n_samples: int) -> Spans:
    low, high = moments.min(initial=0), moments.max(initial=0)
    first = np.full(n_samples, high, moments.dtype)
    last = np.full(n_samples, low, moments.dtype)
    np.minimum.at(first, sample, moments)
    np.maximum.at(last, sample, moments)
    is_silent = np.bincount(sample, minlength=n_samples) == 0
    return Spans(np.where(is_silent, 0, first), np.where(is_silent, 0, last))


def _begin(clock: Clock, spans: Spans, n_events: int) -> tuple[np.ndarray, str]:
    """When each recording begins: as stated, else at 0, or at its first event if that is late."""
    if clock.start_s is not None:
        return _stated(clock, len(spans.first)), ""
    longest = spans.longest
    # after more silence than any recording lasts, a clock did not start with the recording
    is_telling = (n_events > FEW) | (spans.first * SECONDS_OF[clock.unit] >= LONG_S)
    is_late = (spans.first > longest) & (longest > 0) & is_telling
    if clock.n_steps is not None:
        is_late &= spans.first >= clock.n_steps * clock.step_length
    if not is_late.any():
        return np.zeros_like(spans.first), ""
    earliest = clock.seconds(spans.first[is_late].min())
    said = (
        f"the clock of {is_late.sum():,} of {len(is_late):,} recordings did not begin with them "
        f"(the earliest event is at {earliest}, the longest lasts {clock.seconds(longest)}): "
        "each of these counts from its first event (start_s= says otherwise)"
    )
    return np.where(is_late, spans.first, 0), said


def _stated(clock: Clock, n_samples: int) -> np.ndarray:
    try:
        start_s = np.asarray(clock.start_s, np.float64)
    except (TypeError, ValueError):
        start_s = np.array(np.nan)
    if start_s.shape not in ((), (n_samples,)) or not np.isfinite(start_s).all():
        raise DatasetProblem(
            f"start_s is {str(clock.start_s)[:60]}; seconds are needed, one number or one for each "
            f"of {n_samples} recordings: when they begin on the clock of their times."
        )
    return np.broadcast_to(start_s / SECONDS_OF[clock.unit], (n_samples,))


def check_duration(name: str, n_steps: int, dt_s: float) -> None:
    """Refuse recordings so long that their times can hardly be in the unit they are taken for."""
    if n_steps > MOST_FOUND:
        raise DatasetProblem(
            f"{name} makes recordings of {n_steps:,} steps of {si(dt_s, 's')}, "
            f"{si(n_steps * dt_s, 's')} in all. Are the times in another unit, or do they not "
            "count from the start of the recording (start_s= says when it begins)? "
            f"If this is meant, say n_steps={n_steps}."
        )


def check_unit(
    clock: Clock,
    moments: np.ndarray,
    sample: np.ndarray,
    *,
    n_channels: int,
    cure: str,
    most_hz: float = MOST_HZ,
) -> None:
    """Refuse recordings so short or busy that their times are in another unit than assumed."""
    if not len(moments):
        return
    n_events = np.bincount(sample)
    spans = _spans(_line_of_numbers(clock.name, moments), sample, len(n_events))
    busiest = np.asarray(moments)[sample == n_events.argmax()]
    in_one_step = spans.longest < clock.step_length and len(np.unique(busiest)) > FEW
    lasting = (spans.last - spans.first + clock.step_length)[n_events > 0].sum()
    rate_hz = len(moments) / n_channels / (lasting * SECONDS_OF[clock.unit])
    if in_one_step or rate_hz > most_hz:
        raise DatasetProblem(
            f"{clock.name}: no recording lasts over {clock.seconds(spans.longest)}, "
            f"{spans.longest / clock.step_length:.2g} steps of {si(clock.dt_s, 's')}, though one "
            f"has {n_events.max():,} events ({si(rate_hz, 'Hz')} a channel), if times are in "
            f"{clock.unit}. {cure}"
        )

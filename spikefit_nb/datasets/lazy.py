"""Spikes kept small, as events or as one step for all, that become an array where one looks."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from spikefit_nb.errors import DatasetProblem
from spikefit_nb.frozen import Frozen

MAX_COUNT = 255
BLOCK_EVENTS = 1_000_000  # placed at a time: their places take 8 MB

Axis = int | tuple[int, ...] | None
Dtype = np.dtype | type | None


class LazySpikes(Frozen, NDArrayOperatorsMixin, ABC):
    """What stands in for an array (n_samples, n_steps, n_channels) that would be too large."""

    shape: tuple[int, int, int]
    dtype: np.dtype
    ndim = 3

    @abstractmethod
    def dense(self, start: int, stop: int, dtype: Dtype = None) -> np.ndarray:
        """Samples ``start`` to ``stop`` as an array (n, n_steps, n_channels)."""

    @abstractmethod
    def parts(self) -> list[np.ndarray]:
        """The arrays it is kept in."""

    @property
    def size(self) -> int:
        """Number of values it stands for."""
        return self.shape[0] * self.shape[1] * self.shape[2]

    @property
    def nbytes(self) -> int:
        """Bytes it takes."""
        return sum(part.nbytes for part in self.parts())

    def any(self) -> bool:
        """Whether a value is other than zero."""
        return any(self.dense(k, k + 1).any() for k in range(self.shape[0]))

    def sum(
        self, axis: Axis = None, dtype: Dtype = None, out: np.ndarray | None = None
    ) -> np.ndarray:
        """Sum of the values, as numpy does it."""
        return self[:].sum(axis, dtype, out)

    def mean(
        self, axis: Axis = None, dtype: Dtype = None, out: np.ndarray | None = None
    ) -> np.ndarray:
        """Mean of the values, as numpy does it."""
        return self[:].mean(axis, dtype, out)

    def astype(self, dtype: np.dtype | type) -> np.ndarray:
        """All samples as an array of another dtype."""
        return self.dense(0, self.shape[0], dtype)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> np.ndarray:
        first, rest = (key[0], key[1:]) if isinstance(key, tuple) and key else (key, ())
        if isinstance(first, slice) and first.step in (None, 1):
            start, stop, _ = first.indices(len(self))
            return self.dense(start, max(start, stop))[(slice(None), *rest)]
        if isinstance(first, int | np.integer):
            k = range(len(self))[first]
            return self.dense(k, k + 1)[(0, *rest)]
        return self.dense(0, len(self))[key]

    def __array__(self, dtype: np.dtype | None = None, copy: bool | None = None) -> np.ndarray:
        return self.dense(0, len(self), dtype)

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: object, **options: object
    ) -> object:
        arrays = (np.asarray(x) if isinstance(x, LazySpikes) else x for x in inputs)
        return getattr(ufunc, method)(*arrays, **options)

    def __repr__(self) -> str:
        shape = " x ".join(map(str, self.shape))
        return f"{type(self).__name__}({shape} {self.dtype}, {self.nbytes:,} bytes)"


class Events(LazySpikes):
    """Spikes as a list of what is not zero, sample by sample, in order of step and channel.

    It stands for an array, and becomes one where it is indexed or calculated with.

    Parameters
    ----------
    shape : (n_samples, n_steps, n_channels)
    ptr : (n_samples + 1,) int, where the events of each sample begin
    step, channel : (n_events,) int
    value : (n_events,) uint8 counts or float32 currents; None: one spike each

    Examples
    --------
    >>> spikes = Events((1, 2, 3), np.array([0, 2]), np.array([0, 1]), np.array([2, 0]))
    >>> spikes[0].astype(int)
    array([[0, 0, 1],
           [1, 0, 0]])
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        ptr: np.ndarray,
        step: np.ndarray,
        channel: np.ndarray,
        value: np.ndarray | None = None,
    ) -> None:
        self.shape, self.value = shape, value
        self.dtype = np.dtype(bool) if value is None else value.dtype
        self.ptr = ptr.astype(np.int64, copy=False)
        self.step: np.ndarray = step.astype(_index_dtype(shape[1]), copy=False)
        self.channel: np.ndarray = channel.astype(_index_dtype(shape[2]), copy=False)
        for part in self.parts():
            part.setflags(write=False)

    def parts(self) -> list[np.ndarray]:
        """The arrays it is kept in."""
        arrays = (self.ptr, self.step, self.channel, self.value)
        return [array for array in arrays if array is not None]

    def dense(self, start: int, stop: int, dtype: Dtype = None) -> np.ndarray:
        """Samples ``start`` to ``stop`` as an array (n, n_steps, n_channels)."""
        array = np.zeros((stop - start, *self.shape[1:]), dtype or self.dtype)
        n_events = int(self.ptr[stop] - self.ptr[start])
        size = max(1, (stop - start) * BLOCK_EVENTS // max(1, n_events))
        for first in range(start, stop, size):
            last = min(first + size, stop)
            within = slice(self.ptr[first], self.ptr[last])
            at = (self.sample_of_event(first, last) + first - start) * self.shape[1]
            at = (at + self.step[within]) * self.shape[2] + self.channel[within]
            array.reshape(-1)[at] = 1 if self.value is None else self.value[within]
        return array

    def sample_of_event(self, start: int, stop: int) -> np.ndarray:
        """Sample of each event of samples ``start`` to ``stop``, counted from ``start``."""
        n_events = np.diff(self.ptr[start : stop + 1])
        return np.repeat(np.arange(stop - start, dtype=np.int64), n_events)

    def select(self, samples: np.ndarray) -> "Events":
        """Samples by index, (n,) int, kept as events."""
        n_events = np.diff(self.ptr)[samples]
        ptr = np.concatenate([[0], np.cumsum(n_events)])
        at = np.arange(ptr[-1]) + np.repeat(self.ptr[samples] - ptr[:-1], n_events)
        value = None if self.value is None else self.value[at]
        return Events((len(samples), *self.shape[1:]), ptr, self.step[at], self.channel[at], value)

    def extend(self, n_steps: int) -> "Events":
        """The same with so many silent steps at the end."""
        shape = (self.shape[0], self.shape[1] + n_steps, self.shape[2])
        return Events(shape, self.ptr, self.step, self.channel, self.value)

    def take_steps(self, n_steps: int) -> "Events":
        """The same, cut after so many steps."""
        early = self.step < n_steps
        ptr = np.concatenate([[0], np.cumsum(early)])[self.ptr]
        value = None if self.value is None else self.value[early]
        shape = (self.shape[0], n_steps, self.shape[2])
        return Events(shape, ptr, self.step[early], self.channel[early], value)

    def total(self) -> float:
        """Sum of all values."""
        return float(len(self.step) if self.value is None else self.value.sum(dtype=np.float64))


class Repeated(LazySpikes):
    """Currents that are the same in every step, and then silence.

    It stands for an array, and becomes one where it is indexed or calculated with.

    Parameters
    ----------
    current : (n_samples, n_channels) float32
    n_on : int, steps that have it
    n_steps : int, all steps

    Examples
    --------
    >>> Repeated(np.ones((1, 2), np.float32), 1, n_steps=2)[0]
    array([[1., 1.],
           [0., 0.]], dtype=float32)
    """

    def __init__(self, current: np.ndarray, n_on: int, n_steps: int) -> None:
        self.current, self.n_on = current, n_on
        self.shape, self.dtype = (len(current), n_steps, current.shape[1]), current.dtype
        current.setflags(write=False)

    def parts(self) -> list[np.ndarray]:
        """The arrays it is kept in."""
        return [self.current, np.array([self.n_on, self.shape[1]])]

    def dense(self, start: int, stop: int, dtype: Dtype = None) -> np.ndarray:
        """Samples ``start`` to ``stop`` as an array (n, n_steps, n_channels)."""
        array = np.zeros((stop - start, *self.shape[1:]), dtype or self.dtype)
        array[:, : self.n_on] = self.current[start:stop, None]
        return array

    def select(self, samples: np.ndarray) -> "Repeated":
        """Samples by index, (n,) int, kept as one step."""
        return Repeated(self.current[samples], self.n_on, self.shape[1])

    def extend(self, n_steps: int) -> "Repeated":
        """The same with so many silent steps at the end."""
        return Repeated(self.current, self.n_on, self.shape[1] + n_steps)

    def take_steps(self, n_steps: int) -> "Repeated":
        """The same, cut after so many steps."""
        return Repeated(self.current, min(self.n_on, n_steps), n_steps)

    def total(self) -> float:
        """Sum of all values."""
        return float(self.current.sum(dtype=np.float64) * self.n_on)


def gather(
    sample: np.ndarray,
    step: np.ndarray,
    channel: np.ndarray,
    value: np.ndarray | None,
    shape: tuple[int, int, int],
) -> Events:
    """Put events in order and add up those of the same sample, step and channel."""
    if shape[0] * shape[1] * shape[2] >= 2**63:
        raise DatasetProblem(
            f"{shape[0]} samples x {shape[1]} steps x {shape[2]} channels are more than 2 ** 63."
        )
    key = (sample.astype(np.int64) * shape[1] + step) * shape[2] + channel
    if value is None:
        key.sort()
    else:
        order = np.argsort(key, kind="stable")
        key, value = key[order], value[order]
    starts = np.flatnonzero(np.diff(key, prepend=-1))
    if value is None:
        summed = np.diff(starts, append=len(key))
    else:
        summed = np.add.reduceat(value, starts) if len(key) else value
        is_event = summed != 0  # values may add up to nothing
        starts, summed = starts[is_event], summed[is_event]
    sample, place = np.divmod(key[starts], shape[1] * shape[2])
    ptr = np.concatenate([[0], np.cumsum(np.bincount(sample, minlength=shape[0]))])
    step, channel = np.divmod(place, shape[2])
    return Events(shape, ptr, step, channel, _settled(summed, value))


def _settled(summed: np.ndarray, value: np.ndarray | None) -> np.ndarray | None:
    if summed.dtype.kind == "f":
        return summed.astype(np.float32)
    most = int(summed.max(initial=0))
    if most > MAX_COUNT:
        raise DatasetProblem(
            f"{most} spikes meet in one step of one channel; "
            f"{MAX_COUNT} are the most a count holds. Use shorter steps."
        )
    return None if value is None and most <= 1 else summed.astype(np.uint8)


def join_events(events: Sequence[Events]) -> Events:
    """Put the samples of several into one; counts where one of them has counts."""
    ends = np.cumsum([0] + [e.ptr[-1] for e in events])
    ptr = np.concatenate([[0], *(e.ptr[1:] + end for e, end in zip(events, ends, strict=False))])
    has_values = any(e.value is not None for e in events)
    values = (np.ones(len(e.step), np.uint8) if e.value is None else e.value for e in events)
    value = np.concatenate(list(values)) if has_values else None
    step = np.concatenate([e.step for e in events])
    channel = np.concatenate([e.channel for e in events])
    return Events((sum(map(len, events)), *events[0].shape[1:]), ptr, step, channel, value)


def _index_dtype(n: int) -> type:
    return np.uint16 if n <= 2**16 else np.uint32

"""Recordings to run a network on: spikes, counts or currents, and the right answers."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, replace
from functools import cached_property
from hashlib import sha256
from numbers import Real
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from spikefit_nb.datasets import step_labels, storage
from spikefit_nb.datasets.clock import Clock, TimeUnit, check_time_unit
from spikefit_nb.datasets.from_events import events_of
from spikefit_nb.datasets.from_tonic import EventCamera, read_tonic
from spikefit_nb.datasets.lazy import Events, LazySpikes, Repeated
from spikefit_nb.encode import Encoder, Seed, check_whole
from spikefit_nb.errors import DatasetProblem, WrongArgument, expect, expect_seed
from spikefit_nb.quantities import Quantity, Result
from spikefit_nb.units import si, text

WHOLE = 1e-6  # how far from a whole number a ratio of two steps may be
KEPT = {Events: "as events", Repeated: "as one step for all"}  # in memory; else as an array


class Values(Protocol):
    """What spikes were made of: a ValueDataset."""

    encoder: Encoder
    fingerprint: str

    def select(self, samples: np.ndarray) -> "Values":
        """Some of the samples."""
        ...

    def encoded(self, encoder: Encoder | None = None) -> "SpikeDataset":
        """The spikes of these values."""
        ...


@dataclass(frozen=True, eq=False, repr=False)
class SpikeDataset(Result):
    """Samples to classify, as spikes over time.

    Where under a tenth of the values is not zero they are kept as events, and a slice of ``spikes``
    is made into an array when it is asked for: ``dataset.spikes[:10]``. Other ways in:
    ``from_events``, ``from_tonic`` and, for images and signals, ``encode``.

    Parameters
    ----------
    spikes : (n_samples, n_steps, n_channels) bool or uint8 counts, or float32 currents; whole
        numbers from 0 to 255 are counts, whatever their dtype; integers above are refused.
        Frames (n_samples, n_steps, polarity, y, x), as tonic's ToFrame makes them, are taken too
    labels : (n_samples,) int, or None when there are no right answers
        Or (n_samples, n_steps), the right answer of every step; -1 where none is asked for
    dt_s : float, physical seconds of one step; used for rates, deadlines and duty cycle
    name : str
    channel_shape : tuple of int, how the channels are arranged, such as (8, 8)
        None: as the axes of frames, else a line
    classes : sequence of str, names of the labels; empty: their numbers
    source : str, where it comes from, with licence
    encoded_from : ValueDataset or None, the values it was made of, which a design may encode
        otherwise

    Raises
    ------
    DatasetProblem
        The axes, the labels or the values cannot be right; the message says what to try.
    WrongArgument
        The name, ``classes`` or ``encoded_from`` is of another kind.

    Examples
    --------
    >>> SpikeDataset(np.zeros((4, 10, 3), bool), [0, 1, 2, 0], dt_s=1e-3)
    SpikeDataset(4 samples x 10 steps x 3 channels, 3 classes of 1 to 2, 0 Hz a channel)
    """

    spikes: storage.Spikes
    labels: np.ndarray | None = None
    _: KW_ONLY
    dt_s: float = 1e-3
    name: str = "dataset"
    channel_shape: tuple[int, ...] | None = None
    classes: tuple[str, ...] = ()
    source: str = ""
    encoded_from: "Values | None" = None

    def __post_init__(self) -> None:
        expect(self.name, str, "name", '"my recordings"')
        classes = storage.checked_classes(self.classes)
        if self.encoded_from is not None and not callable(getattr(self.encoded_from, "encoded", 0)):
            raise WrongArgument(
                f"encoded_from is {self.encoded_from!r:.60} but must be a ValueDataset or None: "
                "sf.datasets.load_values('digits')."
            )
        given = storage.as_spikes(self.spikes)
        labels = storage.checked_labels(self.labels, given.shape)
        storage.check_step(self.dt_s)
        given, channel_shape = storage.in_a_line(
            given, self.channel_shape, has_labels=labels is not None
        )
        values = storage.checked_values(given)
        # A copy, where the caller could still write: what was simulated must stay what it was.
        must_copy = (
            isinstance(values, np.ndarray)
            and values.flags.writeable
            and np.may_share_memory(values, np.asarray(self.spikes))
        )
        vars(self).update(
            spikes=storage.keep(values, may_share=not must_copy),
            labels=labels,
            channel_shape=channel_shape,
            classes=classes,
        )

    @classmethod
    def from_events(
        cls,
        sample: ArrayLike,
        channel: ArrayLike,
        *,
        step: ArrayLike | None = None,
        time_s: ArrayLike | None = None,
        start_s: ArrayLike | None = None,
        count: ArrayLike | None = None,
        labels: ArrayLike | None = None,
        n_samples: int | None = None,
        n_steps: int | None = None,
        n_channels: int | None = None,
        dt_s: float = 1e-3,
        name: str = "dataset",
        channel_shape: tuple[int, ...] | None = None,
        classes: Sequence[str] = (),
        source: str = "",
    ) -> "SpikeDataset":
        """Make a data set of spikes that come one by one.

        A spike at time t falls into step ``floor(t / dt_s)``; spikes that meet in a step are
        counted.

        Parameters
        ----------
        sample, channel : (n_events,) int
        step : (n_events,) int; or else
        time_s : (n_events,) float, seconds
        start_s : float or (n_samples,) float, when the samples begin on the clock of ``time_s``
            None: at 0; but samples whose first event comes after more silence than any of them
            lasts (and after ``n_steps``, if given) count from it, and ``source`` says so. Up to ten
            events in all are taken as they are, but for a second of silence.
        count : (n_events,) spikes of each event, or float currents; None: one each
        labels : (n_samples,) int
        n_samples, n_steps, n_channels : int
            None: what labels and channel_shape say, else one more than the largest.
        dt_s, name, channel_shape, classes, source : as for the class

        Returns
        -------
        SpikeDataset

        Raises
        ------
        DatasetProblem
            The arrays do not belong together, or an event lies outside.

        Examples
        --------
        >>> sample, channel, time_s = [0, 0, 1], [2, 2, 0], [0.0001, 0.0004, 0.0052]
        >>> SpikeDataset.from_events(sample, channel, time_s=time_s, labels=[1, 0])
        SpikeDataset(2 samples x 6 steps x 3 channels, 2 classes of 1, 83.3 Hz a channel)
        """
        if n_samples is None and labels is not None:
            n_samples = len(np.asarray(labels))
        if n_channels is None and channel_shape is not None:
            n_channels = int(np.prod(channel_shape))
        sizes = {"n_samples": n_samples, "n_steps": n_steps, "n_channels": n_channels}
        events, said = events_of(
            sample,
            channel,
            step=step,
            time_s=time_s,
            start_s=start_s,
            count=count,
            sizes=sizes,
            dt_s=dt_s,
        )
        return cls(
            events,
            labels,
            dt_s=dt_s,
            name=name,
            channel_shape=channel_shape,
            classes=classes,
            source="; ".join(part for part in (source, said) if part),
        )

    @classmethod
    def from_tonic(
        cls,
        recordings: EventCamera,
        *,
        n_samples: int | None = None,
        n_steps: int | None = None,
        dt_s: float = 1e-3,
        time_unit: TimeUnit | None = None,
        start_s: ArrayLike | None = None,
        merge_polarities: bool = False,
        name: str = "",
        source: str = "",
    ) -> "SpikeDataset":
        """Make a data set of one of the ``tonic`` package, or of anything that looks like one.

        That is: a length, ``recordings[k]`` giving (structured events with t in microseconds, x, p
        and, for cameras, y; label), and ``sensor_size`` (x, y, p). Channels are ordered
        (polarity, y, x).

        What was left out, merged or moved in time stands in ``source``.

        Parameters
        ----------
        recordings : tonic.Dataset, without a transform
        n_samples : int, only the first so many; None: all
        n_steps : int
            Later events are left out; None: up to the last event.
        dt_s : float, seconds of one step
        time_unit : "s", "ms", "us" or "ns", of t
            None: microseconds, and recordings too short or busy for that are refused.
        start_s : float or (n_samples,) float, when the recordings begin on the clock of t
            Earlier events are left out. None: as for ``from_events``.
        merge_polarities : bool, whether all polarities of a pixel share a channel
        name, source : str; empty: the name of the class

        Returns
        -------
        SpikeDataset

        Raises
        ------
        DatasetProblem
            It is not such a data set, an event lies outside the sensor, or times cannot be in
            microseconds.

        Examples
        --------
        >>> class Camera(list):
        ...     sensor_size = (4, 2, 2)
        >>> event = np.array([(1500, 3, 1, 0)], dtype=[(field, int) for field in "txyp"])
        >>> SpikeDataset.from_tonic(Camera([(event, 0), (event, 1)])).channel_shape
        (2, 2, 4)
        """
        check_time_unit(time_unit)
        clock = Clock("t", time_unit or "us", dt_s, start_s, n_steps, whose=" of recording {}")
        told = read_tonic(
            recordings, n_samples, clock, is_stated=time_unit is not None, merge=merge_polarities
        )
        title = name or type(recordings).__name__
        origin = source or f"{title}, through tonic"
        return cls(
            told.spikes,
            told.labels,
            dt_s=dt_s,
            name=title,
            channel_shape=told.channel_shape,
            classes=told.classes,
            source="; ".join([origin, *told.remarks]),
        )

    @classmethod
    def encode(
        cls,
        values: ArrayLike,
        labels: ArrayLike | None,
        encoder: Encoder,
        *,
        seed: Seed,
        dt_s: float = 1e-3,
        name: str = "dataset",
        channel_shape: tuple[int, ...] | None = None,
        classes: Sequence[str] = (),
        source: str = "",
    ) -> "SpikeDataset":
        """Make a data set of plain values, such as images, or of signals for ``encode.Delta``.

        Parameters
        ----------
        values : (n_samples, ...) float from 0 to 1
        labels : (n_samples,) int or None
        encoder : spikefit_nb.encode.Encoder
        seed : int or numpy Generator, for an encoder that draws
        dt_s, name, classes, source : as for the class
        channel_shape : tuple of int; None: the axes of an image, where there is one channel a value

        Returns
        -------
        SpikeDataset

        Raises
        ------
        DatasetProblem
            The values are not from 0 to 1, or not one sample a label.
        WrongArgument
            ``encoder`` is not an encoder.

        Examples
        --------
        >>> from spikefit_nb.encode import Latency
        >>> SpikeDataset.encode(np.ones((2, 4, 4)), [0, 1], Latency(8), seed=0)
        SpikeDataset(2 samples x 8 steps x 16 channels, 2 classes of 1, 125 Hz a channel)
        """
        values = np.asarray(values)
        spikes = storage.encode_values(values, encoder, seed)
        is_image = values.ndim > 2 and np.prod(values.shape[1:]) == spikes.shape[2]
        if channel_shape is None and is_image:
            channel_shape = values.shape[1:]
        return cls(
            spikes,
            labels,
            dt_s=dt_s,
            name=name,
            channel_shape=channel_shape,
            classes=classes,
            source=f"{source}; encoded by {encoder!r}" if source else f"encoded by {encoder!r}",
        )._of_kind(spikes)

    @property
    def n_samples(self) -> int:
        """Number of recordings."""
        return self.spikes.shape[0]

    @property
    def n_steps(self) -> int:
        """Time steps of each recording."""
        return self.spikes.shape[1]

    @property
    def n_channels(self) -> int:
        """Input channels."""
        return self.spikes.shape[2]

    @property
    def n_classes(self) -> int:
        """Different labels that occur, or that have a name."""
        return len(self.class_counts)

    @cached_property
    def class_counts(self) -> dict[str, int]:
        """Samples of each class by its name, or steps where these have labels; classes that have a
        name and no sample are included.
        """
        if self.labels is None:
            return {name: 0 for name in self.classes}
        # not by bincount: a label may be far above the number of classes
        found, n_of = np.unique(self.labels[self.labels >= 0], return_counts=True)
        occurring = dict(zip(found.tolist(), n_of.tolist(), strict=True))
        named = {name: occurring.pop(k, 0) for k, name in enumerate(self.classes)}
        return named | {str(label): n for label, n in occurring.items()}

    @property
    def has_step_labels(self) -> bool:
        """Whether every step has a right answer of its own."""
        return step_labels.is_by_step(self.labels)

    @property
    def is_current(self) -> bool:
        """Whether the values are currents rather than spikes or counts."""
        return self.spikes.dtype.kind == "f"

    @property
    def rate_hz(self) -> float:
        """Mean spikes per channel and second (mean current over dt for float inputs)."""
        return storage.total(self.spikes) / self.spikes.size / self.dt_s

    @property
    def largest_value(self) -> float:
        """The most spikes of a channel in a step; of currents the largest."""
        return storage.largest(self.spikes)

    @property
    def n_bytes(self) -> int:
        """Bytes the spikes take in memory."""
        return self.spikes.nbytes

    def block(self, start: int, stop: int | None) -> np.ndarray:
        """Samples ``start`` to ``stop``, (n, n_steps, n_channels) float32."""
        return self.spikes[start:stop].astype(np.float32)

    def take(self, n_samples: int) -> "SpikeDataset":
        """The first ``n_samples`` recordings.

        Parameters
        ----------
        n_samples : int

        Returns
        -------
        SpikeDataset

        Raises
        ------
        DatasetProblem
            There are not so many.
        """
        if not isinstance(n_samples, int | np.integer) or not 1 <= n_samples <= self.n_samples:
            raise DatasetProblem(
                f"n_samples is {n_samples}, but {self.name!r} has {self.n_samples} samples."
            )
        return self.select(np.arange(n_samples))

    def split(self, fraction: float, seed: Seed) -> tuple["SpikeDataset", "SpikeDataset"]:
        """Deal the recordings into two parts, each class in the same proportion; where steps have
        labels a recording is of no class.

        Parameters
        ----------
        fraction : float, 0 to 1, of the first part
        seed : int or numpy Generator

        Returns
        -------
        tuple of SpikeDataset, both in the order they had

        Raises
        ------
        DatasetProblem
            A part would be empty.

        Examples
        --------
        >>> first, rest = SpikeDataset(np.ones((8, 1, 1), bool), [0, 1] * 4).split(0.5, seed=0)
        >>> first.class_counts, rest.class_counts
        ({'0': 2, '1': 2}, {'0': 2, '1': 2})
        """
        n_first = round(fraction * self.n_samples) if 0 <= fraction <= 1 else 0
        if not 0 < n_first < self.n_samples:
            raise DatasetProblem(
                f"fraction is {fraction} of {self.n_samples} samples; both parts need at least one."
            )
        expect_seed(seed)
        order = np.random.default_rng(seed).permutation(self.n_samples)
        labels = self.labels
        if labels is None or labels.ndim == 2:
            labels = np.zeros(self.n_samples, np.int64)
        classes, n_of = np.unique(labels, return_counts=True)
        wanted = n_of * (n_first / self.n_samples)
        n_taken = np.floor(wanted).astype(np.int64)
        # What rounding down left over goes to the classes that lost most by it.
        most_lost = np.argsort(n_taken - wanted, kind="stable")[: n_first - n_taken.sum()]
        n_taken[most_lost] += 1
        chosen = np.zeros(self.n_samples, bool)
        for label, n in zip(classes, n_taken, strict=True):
            chosen[order[labels[order] == label][:n]] = True
        return self.select(np.flatnonzero(chosen)), self.select(np.flatnonzero(~chosen))

    def select(self, samples: np.ndarray) -> "SpikeDataset":
        """Some recordings, by their indices."""
        labels = None if self.labels is None else self.labels[samples]
        values = self.encoded_from and self.encoded_from.select(samples)
        return self._with(storage.select(self.spikes, samples), labels=labels, encoded_from=values)

    def _with(self, spikes: storage.Spikes, **changes: object) -> "SpikeDataset":
        changes = {"encoded_from": None, **changes}  # of which changed spikes are no longer made
        return replace(self, spikes=spikes, **changes)._of_kind(spikes)

    def _of_kind(self, spikes: storage.Spikes) -> "SpikeDataset":
        """Itself, just made of these spikes; currents stay currents, whole numbers too."""
        if spikes.dtype.kind == "f" and not self.is_current:
            currents = spikes[:].astype(np.float32, copy=False)
            object.__setattr__(self, "spikes", storage.keep(currents, may_share=True))
        return self

    def bin(self, dt_s: float) -> "SpikeDataset":
        """The same recordings in coarser steps: counts add up, currents are averaged.

        Parameters
        ----------
        dt_s : float, seconds of the new step, a whole multiple of the present one

        Returns
        -------
        SpikeDataset
            Of ``ceil(n_steps * old / new)`` steps; the last may be partly empty.

        Raises
        ------
        DatasetProblem
            The step is not a whole multiple, a count would exceed 255, or steps that have
            different labels would become one.

        Examples
        --------
        >>> SpikeDataset(np.ones((1, 10, 2), bool), dt_s=1e-3).bin(5e-3)
        SpikeDataset(1 samples x 2 steps x 2 channels, 1e+03 Hz a channel)
        """
        expect(dt_s, Real, "dt_s", "5e-3")
        ratio = dt_s / self.dt_s
        n_merged = round(ratio) if np.isfinite(ratio) else 0
        if n_merged < 1 or abs(ratio - n_merged) > WHOLE * n_merged:
            near = max(1, n_merged) * self.dt_s
            raise DatasetProblem(
                f"dt_s is {dt_s}; steps of {si(self.dt_s, 's')} make whole multiples, "
                f"such as {near:g}."
            )
        if n_merged == 1:
            return self
        labels = step_labels.merged(self.labels, n_merged)
        return self._with(storage.merge_steps(self.spikes, n_merged), dt_s=dt_s, labels=labels)

    def extend(self, n_steps: int) -> "SpikeDataset":
        """The same recordings with silent steps at the end, for spikes that are still on their way.

        Parameters
        ----------
        n_steps : int, steps to add; labels of steps are asked for so many steps later

        Returns
        -------
        SpikeDataset

        Raises
        ------
        DatasetProblem
            ``n_steps`` is not a whole number from 0 on.
        """
        check_whole("n_steps", n_steps, 0)
        if n_steps == 0:
            return self
        labels = step_labels.after(self.labels, n_steps)
        return self._with(storage.extend(self.spikes, n_steps), labels=labels)

    def take_steps(self, n_steps: int) -> "SpikeDataset":
        """The first steps of every recording, as where a chip stops early.

        Parameters
        ----------
        n_steps : int, steps to keep

        Returns
        -------
        SpikeDataset

        Raises
        ------
        DatasetProblem
            ``n_steps`` is not a whole number from 1 to those there are.

        Examples
        --------
        >>> SpikeDataset(np.ones((3, 10, 2), bool)).take_steps(4).n_steps
        4
        """
        check_whole("n_steps", n_steps, 1)
        if n_steps > self.n_steps:
            raise DatasetProblem(
                f"n_steps is {n_steps}; the recordings have {self.n_steps} steps to take from."
            )
        if n_steps == self.n_steps:
            return self
        labels = step_labels.first(self.labels, n_steps)
        return self._with(storage.take_steps(self.spikes, n_steps), labels=labels)

    def reset_every(self, n_steps: int, labels: ArrayLike | None = None) -> "SpikeDataset":
        """The recordings in pieces, samples of their own: state is reset every so many steps.

        Parameters
        ----------
        n_steps : int, steps of a piece; silence fills the last one
        labels : (n_samples, n_pieces) int, the right answer of each piece
            None: its recording's, or those of its steps, none in the silence that fills it.

        Returns
        -------
        SpikeDataset
            Of ``n_samples * ceil(steps / n_steps)`` samples, the pieces of a recording in order.

        Raises
        ------
        DatasetProblem
            ``n_steps`` is not a whole number from 1 on, or there is not one label a piece.

        Examples
        --------
        >>> pieces = SpikeDataset(np.ones((3, 10, 2), bool), [0, 1, 0]).reset_every(4)
        >>> pieces.spikes.shape, pieces.labels
        ((9, 4, 2), array([0, 0, 0, 1, 1, 1, 0, 0, 0]))
        """
        check_whole("n_steps", n_steps, 1)
        pieces = storage.cut(self.spikes, n_steps)
        n_pieces = pieces.shape[0] // self.n_samples
        if labels is None:
            each = step_labels.in_pieces(self.labels, n_steps, n_pieces)
            return self._with(pieces, labels=each)
        given = np.asarray(labels)
        if given.shape != (self.n_samples, n_pieces):
            raise DatasetProblem(
                f"labels is {given.shape}; one for each of {n_pieces} pieces of {n_steps} steps is "
                f"needed, {(self.n_samples, n_pieces)}."
            )
        return self._with(pieces, labels=given.ravel())

    @cached_property
    def fingerprint(self) -> str:
        """A hash of spikes and labels."""
        layout = (type(self.spikes).__name__, self.spikes.shape, str(self.spikes.dtype))
        digest = sha256(repr(layout).encode())
        for part in self.spikes.parts() if isinstance(self.spikes, LazySpikes) else [self.spikes]:
            digest.update(np.ascontiguousarray(part).data)
        digest.update(b"" if self.labels is None else self.labels.tobytes())
        digest.update(b"by step" if self.has_step_labels else b"")
        return digest.hexdigest()

    def _headline(self) -> str:
        size = f"{self.n_samples} samples x {self.n_steps} steps x {self.n_channels} channels"
        classes = ""
        if self.labels is not None:
            counts = self.class_counts.values()
            few, many = min(counts), max(counts)
            each = f"{few}" if few == many else f"{few} to {many}"
            each = f"{each} steps" if self.has_step_labels else each
            classes = f", {self.n_classes} classes of {each}"
        if self.is_current:
            return f"{size}{classes}, mean current {self.rate_hz * self.dt_s:.3g}"
        return f"{size}{classes}, {self.rate_hz:.3g} Hz a channel"

    def _quantities(self) -> tuple[Quantity, ...]:
        found = [
            Quantity("n_samples", "Samples", self.n_samples),
            Quantity("n_steps", "Steps", self.n_steps),
            Quantity("dt_s", "Step", self.dt_s, "s"),
            Quantity("n_channels", "Channels", self.n_channels),
            Quantity("memory_bytes", "In memory", self.n_bytes, "B"),
        ]
        if self.is_current:
            found.append(Quantity("mean_current", "Mean current", self.rate_hz * self.dt_s))
        else:
            per_sample = storage.total(self.spikes) / self.n_samples
            found += [
                Quantity("rate_hz", "Spikes per channel and second", self.rate_hz, "Hz"),
                Quantity("spikes_per_sample", "Spikes per sample", per_sample),
            ]
        counted = ("n_steps", "Steps") if self.has_step_labels else ("n_samples", "Samples")
        if self.labels is not None:
            found.append(Quantity("n_classes", "Classes", self.n_classes))
            found += [
                Quantity(*counted, count, of=f"class {name}")
                for name, count in self.class_counts.items()
            ]
        return tuple(found)

    def _notes(self) -> tuple[str, ...]:
        balance = "" if self.labels is None else _balance(self.class_counts)
        counted = "Steps" if self.has_step_labels else "Samples"
        return (
            *([f"{counted} per class: {balance}"] if balance else []),
            f"Kept in memory {KEPT.get(type(self.spikes), 'as an array')}",
            *([f"Source: {self.source}"] if self.source else []),
        )

    def _card(self) -> tuple[str, ...]:
        return (f"{self.name}: {self.n_samples:,} recordings",)


def _balance(counts: dict[str, int]) -> str:
    few, many = min(counts, key=counts.__getitem__), max(counts, key=counts.__getitem__)
    if counts[few] == counts[many]:
        return text(counts[few])
    return f"{text(counts[few])} ({few}) to {text(counts[many])} ({many})"

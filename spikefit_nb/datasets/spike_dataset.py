"""Recordings to run a network on: spikes, counts or currents, and the right answers."""

from dataclasses import KW_ONLY, dataclass, replace
from functools import cached_property
from hashlib import sha256

import numpy as np

from spikefit_nb.errors import DatasetProblem
from spikefit_nb.html import Row, card, rows_table


@dataclass(frozen=True, eq=False, repr=False)
class SpikeDataset:
    """Samples to classify, as spikes over time.

    Parameters
    ----------
    spikes : (n_samples, n_steps, n_channels) bool or uint8 counts, or float32 currents; whole numbers from 0 to 255
        are counts, whatever their dtype
    labels : (n_samples,) int, or None when there are no right answers
    dt_s : float, physical seconds of one step; used for rates, deadlines and duty cycle
    name : str
    channel_shape : tuple of int, how the channels are arranged, such as (8, 8); None: a line
    classes : sequence of str, names of the labels; empty: their numbers
    source : str, where it comes from, with licence

    Raises
    ------
    DatasetProblem
        The axes, the labels or the values cannot be right; the message says what to try.

    Examples
    --------
    >>> SpikeDataset(np.zeros((4, 10, 3), bool), [0, 1, 2, 0], dt_s=1e-3)
    SpikeDataset(4 samples x 10 steps x 3 channels, 3 classes, 0 Hz a channel)
    """

    spikes: np.ndarray
    labels: np.ndarray | None = None
    _: KW_ONLY
    dt_s: float = 1e-3
    name: str = "dataset"
    channel_shape: tuple[int, ...] | None = None
    classes: tuple[str, ...] = ()
    source: str = ""

    def __post_init__(self) -> None:
        spikes = np.asarray(self.spikes)
        labels = None if self.labels is None else np.asarray(self.labels)
        _check_shape(spikes, labels)
        if spikes.dtype != bool and spikes.dtype != np.uint8:
            currents = _as_currents(spikes)
            spikes = currents.astype(np.uint8) if _are_counts(currents) else currents
        if not (self.dt_s > 0 and np.isfinite(self.dt_s)):
            raise DatasetProblem(f"dt_s is {self.dt_s}; it must be above zero, in seconds: how long one step lasts.")
        # A copy, where the caller could still write: what was simulated must stay what it was.
        spikes = (
            spikes.copy()
            if spikes.flags.writeable and np.may_share_memory(spikes, np.asarray(self.spikes))
            else spikes.view()
        )
        labels = None if labels is None else labels.astype(np.int64)
        spikes.setflags(write=False)
        if self.channel_shape is not None and np.prod(self.channel_shape) != spikes.shape[2]:
            raise DatasetProblem(f"channel_shape {self.channel_shape} does not hold {spikes.shape[2]} channels.")
        object.__setattr__(self, "spikes", spikes)
        object.__setattr__(self, "labels", labels)
        object.__setattr__(self, "classes", tuple(self.classes))

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
        return max(len(self.classes), 0 if self.labels is None else np.unique(self.labels).size)

    @property
    def is_current(self) -> bool:
        """Whether the values are currents rather than spikes or counts."""
        return self.spikes.dtype.kind == "f"

    @property
    def rate_hz(self) -> float:
        """Mean spikes per channel and second (mean current over dt for float inputs)."""
        return float(self.spikes.mean(dtype=np.float64) / self.dt_s)

    def block(self, start: int, stop: int) -> np.ndarray:
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
        """
        labels = None if self.labels is None else self.labels[:n_samples]
        return replace(self, spikes=self.spikes[:n_samples], labels=labels)

    def extend(self, n_steps: int) -> "SpikeDataset":
        """The same recordings with silent steps at the end, for spikes that are still on their way.

        Parameters
        ----------
        n_steps : int, steps to add

        Returns
        -------
        SpikeDataset
        """
        if n_steps == 0:
            return self
        return replace(self, spikes=np.pad(self.spikes, ((0, 0), (0, n_steps), (0, 0))))

    @cached_property
    def fingerprint(self) -> str:
        """A hash of spikes and labels."""
        digest = sha256(repr((self.spikes.shape, str(self.spikes.dtype))).encode())
        digest.update(np.ascontiguousarray(self.spikes).tobytes())
        digest.update(b"" if self.labels is None else self.labels.tobytes())
        return digest.hexdigest()

    def rows(self) -> list[Row]:
        """(label, value, unit) of the whole data set."""
        rows: list[Row] = [
            ("Samples", self.n_samples, ""),
            ("Steps", self.n_steps, ""),
            ("Step", self.dt_s, "s"),
            ("Channels", self.n_channels, ""),
            ("Spikes per channel and second", self.rate_hz, "Hz"),
        ]
        if self.labels is not None:
            counts = np.unique(self.labels, return_counts=True)[1]
            rows += [("Classes", self.n_classes, ""), ("Samples per class", f"{counts.min()} to {counts.max()}", "")]
        return rows + ([("Source", self.source, "")] if self.source else [])

    def __repr__(self) -> str:
        size = f"{self.n_samples} samples x {self.n_steps} steps x {self.n_channels} channels"
        classes = f", {self.n_classes} classes" if self.labels is not None else ""
        return f"SpikeDataset({size}{classes}, {self.rate_hz:.3g} Hz a channel)"

    def _repr_html_(self) -> str:
        return card(f"{self.name}: {self.n_samples:,} recordings", rows_table(self.rows()))


def _check_shape(spikes: np.ndarray, labels: np.ndarray | None) -> None:
    if spikes.ndim != 3:
        raise DatasetProblem(
            f"spikes is {spikes.shape}; three axes are needed: (n_samples, n_steps, n_channels). "
            "One recording alone is `spikes[None]`."
        )
    if 0 in spikes.shape:
        raise DatasetProblem(f"The dataset is empty: spikes is {spikes.shape} (n_samples, n_steps, n_channels).")
    if labels is None:
        return
    if labels.ndim != 1 or labels.dtype.kind not in "iub":
        raise DatasetProblem(f"labels is {labels.shape} {labels.dtype}; one whole number a sample is needed.")
    if labels.size and labels.min() < 0:
        raise DatasetProblem(f"The smallest label is {labels.min()}; labels count from 0.")
    if len(labels) != spikes.shape[0]:
        hint = ""
        if len(labels) in spikes.shape:
            hint = f"samples come first; try `spikes.swapaxes(0, {spikes.shape.index(len(labels))})`"
        raise DatasetProblem(
            f"spikes is {spikes.shape} but there are {len(labels)} labels: {hint or 'there must be one a sample'}."
        )


def _are_counts(values: np.ndarray) -> bool:
    return bool(values.min() >= 0 and values.max() <= 255 and (values == np.rint(values)).all())


def _as_currents(spikes: np.ndarray) -> np.ndarray:
    if spikes.dtype.kind not in "fiu":
        raise DatasetProblem(f"spikes has dtype {spikes.dtype}; bool, uint8 counts or float32 currents are needed.")
    currents = spikes.astype(np.float32)
    n_bad = int(np.sum(~np.isfinite(currents)))
    if n_bad:
        raise DatasetProblem(f"{n_bad} of {currents.size} input values are NaN or infinite.")
    return currents

"""Codes that spread a value over channels: receptive fields, and movements up and down."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from spikefit_nb.encode.encoder import (
    Encoder,
    Seed,
    as_intensities,
    as_spikes,
    as_unit_range,
    check_whole,
    check_within,
)
from spikefit_nb.errors import DatasetProblem, WrongArgument, expect

ROUNDING = 1e-9  # so that 0.3 / 0.1 counts as 3
SILENT = 1e-12


@dataclass(frozen=True)
class Delta(Encoder):
    """Threshold crossings of signals: one channel counts those upward, another those downward.

    With the level r sent so far (0 before the first step): ``n = trunc((x[t] - r) / threshold)``,
    ``up = max(n, 0)``, ``down = max(-n, 0)``, ``r += n * threshold``. Expected spikes, exactly:
    ``sum(abs(n))``; a signal that only rises sends ``floor(x[-1] / threshold)``. Decoded as
    ``threshold * cumsum(up - down)``, off by at most ``threshold``. The first step carries the
    level the signal starts from.

    Parameters
    ----------
    n_steps : int, samples of each signal: one step is one of them
    threshold : float, 1/255 to 1; a fraction of the signal's range

    Raises
    ------
    DatasetProblem
        There are no steps, the threshold is not from 1/255 to 1, or signals are not (n_samples,
        n_steps, n_channels) from 0 to 1.

    References
    ----------
    Miskowicz, Send-on-delta concept: an event-based data reporting strategy, Sensors 6:49
    (2006), section 2; for vision sensors Lichtsteiner, Posch & Delbruck, IEEE J Solid-State
    Circuits 43:566 (2008).

    Examples
    --------
    >>> Delta(4, threshold=0.25).encode([[[0.0], [0.3], [0.9], [0.6]]])[0].T
    array([[0, 1, 2, 0],
           [0, 0, 0, 0]], dtype=uint8)
    """

    n_steps: int
    threshold: float = 0.1

    def __post_init__(self) -> None:
        check_whole("n_steps", self.n_steps)
        check_within("threshold", self.threshold, 1 / 255, 1.0)

    def encode(self, values: ArrayLike, *, seed: Seed | None = None) -> np.ndarray:
        """Send the crossings; nothing is drawn, so ``seed`` changes nothing.

        Parameters
        ----------
        values : (n_samples, n_steps, n_channels) float from 0 to 1, the signals
        seed : int or numpy Generator, not used

        Returns
        -------
        (n_samples, n_steps, 2 * n_channels) uint8 counts, all channels up and then all down
        """
        moved = self._moves(values)
        ways = [np.maximum(moved, 0), np.maximum(-moved, 0)]
        return np.concatenate(ways, axis=2).astype(np.uint8)

    def _moves(self, values: ArrayLike) -> np.ndarray:
        signals = as_unit_range(values)
        if signals.ndim != 3 or signals.shape[1] != self.n_steps:
            raise DatasetProblem(
                f"values is {signals.shape}; signals are (n_samples, {self.n_steps}, n_channels), "
                f"as this encoder has {self.n_steps} steps. "
                "One signal alone is `signal[None, :, None]`."
            )
        moved = np.zeros(signals.shape, np.int64)
        level = np.zeros((len(signals), signals.shape[2]))
        for step in range(self.n_steps):
            distance = signals[:, step] / self.threshold - level
            moved[:, step] = np.trunc(distance + np.copysign(ROUNDING, distance))
            level += moved[:, step]
        return moved

    def expected_spikes(self, values: ArrayLike) -> np.ndarray:
        """Thresholds crossed by all channels of each sample, (n_samples,) float64."""
        return np.abs(self._moves(values)).sum(axis=(1, 2)).astype(np.float64)

    def decode(self, spikes: ArrayLike) -> np.ndarray:
        """The signals as sent: (n_samples, n_steps, n_channels) float64."""
        array = as_spikes(spikes, self.n_steps).astype(np.int64)
        if array.shape[2] % 2:
            raise DatasetProblem(
                f"spikes has {array.shape[2]} channels; each signal takes two, up and down."
            )
        up, down = np.split(array, [array.shape[2] // 2], axis=2)
        return self.threshold * np.cumsum(up - down, axis=1)

    @property
    def error_bound(self) -> float:
        """One threshold."""
        return self.threshold


@dataclass(frozen=True)
class PopulationCode(Encoder):
    """Gaussian receptive fields: each value excites several channels, as another code writes it.

    With m fields at distance ``d = 1 / (m - 2)``, centres and activities are::

        mu[i] = (i - 1/2) * d                                     for i from 0 to m - 1
        a[i]  = exp(-(x - mu[i]) ** 2 / (2 * (d / gamma) ** 2))

    The activities are values of their own, written by ``code``: ``RateBernoulli`` or
    ``RateRegular`` for a rate, ``Latency`` for time to first spike. Expected spikes: those of
    ``code`` for the activities. Decoded from the two neighbours i and k that are most active,
    exactly but for what ``code`` loses::

        x = (mu[i] + mu[k]) / 2 + d / gamma ** 2 * ln(a[k] / a[i])

    Parameters
    ----------
    code : Encoder, of intensities
    n_fields : int, fields for each value, 3 to 256
    gamma : float, distance of two centres in widths, 0.5 to 3

    Raises
    ------
    DatasetProblem
        ``n_fields`` or ``gamma`` is outside its range, or values are not from 0 to 1.
    WrongArgument
        ``code`` is not an encoder, or one of signals.

    References
    ----------
    Bohte, Kok & La Poutre, Error-backpropagation in temporally encoded networks of spiking
    neurons, Neurocomputing 48:17 (2002), section 5 (its gamma is 1.5).

    Examples
    --------
    >>> from spikefit_nb.encode import Latency
    >>> PopulationCode(Latency(4), n_fields=4).encode([[0.5]], seed=0)[0].astype(int).T
    array([[0, 0, 0, 0],
           [0, 1, 0, 0],
           [0, 1, 0, 0],
           [0, 0, 0, 0]])
    """

    code: Encoder
    n_fields: int = 8
    gamma: float = 1.5
    n_steps: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        expect(self.code, Encoder, "code", "Latency(32) or RateBernoulli(64)")
        if isinstance(self.code, Delta):
            raise WrongArgument(
                "code is a Delta, which takes signals, not activities: take Latency(32) or a "
                "rate code."
            )
        check_whole("n_fields", self.n_fields, 3, 256)
        check_within("gamma", self.gamma, 0.5, 3.0)
        object.__setattr__(self, "n_steps", self.code.n_steps)

    @property
    def centres(self) -> np.ndarray:
        """The value each field prefers, (n_fields,) float64; the outermost lie outside 0 to 1."""
        return (np.arange(self.n_fields) - 0.5) * self._distance

    @property
    def _distance(self) -> float:
        return 1 / (self.n_fields - 2)

    def activity(self, values: ArrayLike) -> np.ndarray:
        """How much each field responds.

        Parameters
        ----------
        values : (n_samples, n_channels) float from 0 to 1; further axes are flattened into channels

        Returns
        -------
        (n_samples, n_channels * n_fields) float64, the fields of a channel side by side
        """
        x = as_intensities(values)
        widths = (x[:, :, None] - self.centres) * self.gamma / self._distance
        return np.exp(-(widths**2) / 2).reshape(len(x), x.shape[1] * self.n_fields)

    def encode(self, values: ArrayLike, *, seed: Seed) -> np.ndarray:
        """Write the activity of every field.

        Parameters
        ----------
        values : (n_samples, n_channels) float from 0 to 1; further axes are flattened into channels
        seed : int or numpy Generator; used by a code that draws

        Returns
        -------
        (n_samples, n_steps, n_channels * n_fields), of the dtype that ``code`` gives
        """
        return self.code.encode(self.activity(values), seed=seed)

    def expected_spikes(self, values: ArrayLike) -> np.ndarray:
        """What ``code`` expects of the activities, (n_samples,) float64."""
        return self.code.expected_spikes(self.activity(values))

    def decode(self, spikes: ArrayLike) -> np.ndarray:
        """From the two neighbouring fields most active: (n_samples, n_channels) float64."""
        told = self.code.decode(as_spikes(spikes, self.n_steps))
        if told.shape[1] % self.n_fields:
            raise DatasetProblem(
                f"spikes has {told.shape[1]} channels; "
                f"each value takes {self.n_fields}, one a field."
            )
        n_values = told.shape[1] // self.n_fields
        activity = np.maximum(told.reshape(len(told), n_values, self.n_fields), SILENT)
        first = activity.argmax(axis=2)
        ratio, below = self._log_ratio(activity, first)
        half = self._distance / 2
        x = self.centres[below] + half + self._distance / self.gamma**2 * ratio
        # the most active field lies within half a distance of the value, whatever others say
        return np.clip(np.clip(x, self.centres[first] - half, self.centres[first] + half), 0.0, 1.0)

    def _log_ratio(self, activity: np.ndarray, first: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Log ratio of the two neighbours most active, and which of the fields is the lower one."""
        left, right = np.maximum(first - 1, 0), np.minimum(first + 1, self.n_fields - 1)
        takes_right = (left == first) | (
            (right != first) & (_at(activity, right) >= _at(activity, left))
        )
        below = np.where(takes_right, first, left)
        return np.log(_at(activity, below + 1) / _at(activity, below)), below

    @property
    def error_bound(self) -> float:
        """What the bound of ``code`` does to the logarithm of the two activities; at most 1."""
        lost = self.code.error_bound
        first, second = np.exp(-(self.gamma**2) / 8), np.exp(-(self.gamma**2) / 2) - 2 * lost
        if lost >= min(first, second):
            return 1.0
        off = np.log1p(-lost / first) + np.log1p(-lost / second)
        return min(1.0, float(-self._distance / self.gamma**2 * off))


def _at(activity: np.ndarray, field: np.ndarray) -> np.ndarray:
    return np.take_along_axis(activity, field[:, :, None], 2)[:, :, 0]

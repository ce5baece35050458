"""Send on delta: a signal speaks only when it has moved."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from spikefit_nb.encode.encoder import (
    Encoder,
    Seed,
    as_spikes,
    as_unit_range,
    check_whole,
    check_within,
)
from spikefit_nb.errors import DatasetProblem

ROUNDING = 1e-9  # so that 0.3 / 0.1 counts as 3


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

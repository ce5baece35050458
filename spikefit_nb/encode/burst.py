"""Burst code: a short volley whose number and spacing say how large the value is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from spikefit_nb.encode.encoder import Encoder, Seed, as_intensities, as_spikes, check_whole

ROUNDING = 1e-9  # so that 0.6 * 5 counts as 3


@dataclass(frozen=True)
class Burst(Encoder):
    """One volley from the first step on: larger values send more spikes, closer together.

    Spikes: ``N = ceil(N_max * x)``. Gap between them: ``ceil(G_max - (G_max - 1) * x)`` steps, with
    ``G_max = floor((n_steps - 1) / (N_max - 1))``, so that every volley ends in time. Expected
    spikes, exactly: ``sum(N)``. Both N and gap bound x; it is decoded as the middle of what both
    allow, off by at most ``1 / (2 * N_max)``. No spike is 0.

    Parameters
    ----------
    n_steps : int
    max_spikes : int, spikes of a value of 1, N_max; never more than there are steps

    Raises
    ------
    DatasetProblem
        There are no steps, ``max_spikes`` is not 1 to 255, or values are not from 0 to 1.

    References
    ----------
    Guo, Fouda, Eltawil & Salama, Neural coding in spiking neural networks: a comparative
    study for robust neuromorphic systems, Front Neurosci 15:638474 (2021), equations of its burst
    coding; there the longest gap is the whole window, here one that the volley still fits into.

    Examples
    --------
    >>> Burst(9, max_spikes=3).encode([[0.2, 0.5, 1.0]])[0].astype(int).T
    array([[1, 0, 0, 0, 0, 0, 0, 0, 0],
           [1, 0, 0, 1, 0, 0, 0, 0, 0],
           [1, 1, 1, 0, 0, 0, 0, 0, 0]])
    """

    n_steps: int
    max_spikes: int = 5

    def __post_init__(self) -> None:
        check_whole("n_steps", self.n_steps)
        check_whole("max_spikes", self.max_spikes, 1, 255)

    @property
    def _most(self) -> int:
        return min(self.max_spikes, self.n_steps)

    @property
    def _longest_gap(self) -> int:
        return (self.n_steps - 1) // (self._most - 1) if self._most > 1 else 1

    def encode(self, values: ArrayLike, *, seed: Seed | None = None) -> np.ndarray:
        """Place the volleys; nothing is drawn, so ``seed`` changes nothing.

        Parameters
        ----------
        values : (n_samples, n_channels) float from 0 to 1; further axes are flattened into channels
        seed : int or numpy Generator, not used

        Returns
        -------
        (n_samples, n_steps, n_channels) bool
        """
        x = as_intensities(values)
        number = self._numbers(x)
        gap = np.ceil(self._longest_gap - (self._longest_gap - 1) * x - ROUNDING).astype(np.int64)
        spikes = np.zeros((len(x), self.n_steps, x.shape[1]), bool)
        for k in range(self._most):
            sample, channel = np.nonzero(number > k)
            spikes[sample, k * gap[sample, channel], channel] = True
        return spikes

    def _numbers(self, x: np.ndarray) -> np.ndarray:
        return np.ceil(self._most * x - ROUNDING).astype(np.int64)

    def expected_spikes(self, values: ArrayLike) -> np.ndarray:
        """``sum(ceil(N_max * x))`` of each sample, (n_samples,) float64."""
        return self._numbers(as_intensities(values)).sum(axis=1).astype(np.float64)

    def decode(self, spikes: ArrayLike) -> np.ndarray:
        """The middle of the values that number and gap allow: (n_samples, n_channels) float64."""
        array = as_spikes(spikes, self.n_steps) != 0
        number = array.sum(axis=1)
        low, high = (number - 1) / self._most, number / self._most
        last = self.n_steps - 1 - array[:, ::-1].argmax(axis=1)
        if self._longest_gap > 1:
            gap = (last - array.argmax(axis=1)) / np.maximum(number - 1, 1)
            # The gap is rounded up, so it stands for a range of values one step of the gap wide.
            least = (self._longest_gap - gap) / (self._longest_gap - 1)
            most = (self._longest_gap - gap + 1) / (self._longest_gap - 1)
            low = np.where(number > 1, np.maximum(low, least), low)
            high = np.where(number > 1, np.minimum(high, most), high)
        return np.where(number > 0, (low + high) / 2, 0.0)

    @property
    def error_bound(self) -> float:
        """Half the distance of two values that differ by one spike."""
        return 0.5 / self._most

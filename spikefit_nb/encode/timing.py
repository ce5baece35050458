"""Codes in which the time of a spike counts: time to first spike, phases and bursts."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from spikefit_nb.encode.encoder import (
    Encoder,
    Seed,
    as_intensities,
    as_spikes,
    check_whole,
    check_within,
)
from spikefit_nb.errors import DatasetProblem, is_one_of

ROUNDING = 1e-9  # so that 0.6 * 5 spikes count as 3


@dataclass(frozen=True)
class Latency(Encoder):
    """At most one spike a channel: the larger the value, the sooner; the smallest stay silent.

    Linear: ``t = n_steps - floor(x * n_steps + 1/2)``, decoded as ``1 - t / n_steps``, off by at
    most ``1 / (2 * n_steps)``. Logarithmic: ``t = floor(n_steps * ln(x) / ln(smallest) + 1/2)``,
    decoded as ``smallest ** (t / n_steps)``: equal ratios take equal times. Where t reaches
    ``n_steps`` there is no spike, which reads as 0. Expected spikes, exactly: the number of values
    that fire.

    Parameters
    ----------
    n_steps : int
    law : "linear" or "log"
    smallest : float, value that would fire just after the last step; used by "log" alone

    Raises
    ------
    DatasetProblem
        There are no steps, the law is another, ``smallest`` is not from 1e-6 to 0.5, or values are
        not from 0 to 1.

    References
    ----------
    Thorpe, Delorme & Van Rullen, Spike-based strategies for rapid processing, Neural
    Networks 14:715 (2001) (one spike a neuron, the strongest first); Hopfield, Nature 376:33 (1995)
    (the advance grows with the logarithm).

    Examples
    --------
    >>> Latency(4).encode([[1.0, 0.5, 0.0]])[0].astype(int).T
    array([[1, 0, 0, 0],
           [0, 0, 1, 0],
           [0, 0, 0, 0]])
    """

    n_steps: int
    law: Literal["linear", "log"] = "linear"
    smallest: float = 1 / 255

    def __post_init__(self) -> None:
        check_whole("n_steps", self.n_steps)
        if not is_one_of(self.law, ("linear", "log")):
            raise DatasetProblem(f"law is {self.law!r}; it can be 'linear' or 'log'.")
        check_within("smallest", self.smallest, 1e-6, 0.5)

    def encode(self, values: ArrayLike, *, seed: Seed | None = None) -> np.ndarray:
        """Place the spikes; nothing is drawn, so ``seed`` changes nothing.

        Parameters
        ----------
        values : (n_samples, n_channels) float from 0 to 1; further axes are flattened into channels
        seed : int or numpy Generator, not used

        Returns
        -------
        (n_samples, n_steps, n_channels) bool
        """
        steps = self._steps(as_intensities(values))
        spikes = np.zeros((len(steps), self.n_steps, steps.shape[1]), bool)
        sample, channel = np.nonzero(steps < self.n_steps)
        spikes[sample, steps[sample, channel], channel] = True
        return spikes

    def _steps(self, x: np.ndarray) -> np.ndarray:
        """Step of each spike, ``n_steps`` where there is none."""
        if self.law == "linear":
            return self.n_steps - np.floor(x * self.n_steps + 0.5).astype(np.int64)
        logarithm = np.log(np.maximum(x, self.smallest)) / np.log(self.smallest)
        return np.floor(self.n_steps * logarithm + 0.5).astype(np.int64)

    def expected_spikes(self, values: ArrayLike) -> np.ndarray:
        """How many values of each sample fire, (n_samples,) float64."""
        return (self._steps(as_intensities(values)) < self.n_steps).sum(axis=1).astype(np.float64)

    def decode(self, spikes: ArrayLike) -> np.ndarray:
        """The value each first spike stands for, 0 for silence: (n_samples, n_channels) float64."""
        array = as_spikes(spikes, self.n_steps) != 0
        elapsed = array.argmax(axis=1) / self.n_steps
        value = 1 - elapsed if self.law == "linear" else self.smallest**elapsed
        return np.where(array.any(axis=1), value, 0.0)

    @property
    def error_bound(self) -> float:
        """Linear: half a step; else the larger of half a step at the top and what stays silent."""
        if self.law == "linear":
            return 0.5 / self.n_steps
        half_step = self.smallest ** (0.5 / self.n_steps)
        return max(1 - half_step, half_step ** (2 * self.n_steps - 1))


@dataclass(frozen=True)
class Phase(Encoder):
    """A spike in phase k weighs ``2 ** -(1 + k)``: a value is a binary number, over and over.

    ``x = sum over k of spike[k] * 2 ** -(1 + k) / (1 - 2 ** -B)`` with B phases, so that 1 sets
    every bit and 8-bit images lose nothing with 8. ``spike[n, t, c]`` is bit ``t mod B`` of
    ``floor(x * (2 ** B - 1) + 1/2)``. Expected spikes, exactly: the bits that are set, once a
    period. With fewer steps than phases only the leading bits are sent, and B is ``n_steps``. Off
    by at most ``1 / (2 * (2 ** B - 1))``.

    The weights belong to the reader: a network that adds up spikes alike hears only how many bits
    are set. It must have been trained for this code.

    Parameters
    ----------
    n_steps : int
    n_phases : int, bits of a value, 1 to 32

    Raises
    ------
    DatasetProblem
        There are no steps, the phases are not 1 to 32, or values are not from 0 to 1.

    References
    ----------
    Kim, Kim, Huh, Lee & Choi, Deep neural networks with weighted spikes, Neurocomputing
    311:373 (2018), section 3.

    Examples
    --------
    >>> Phase(8, n_phases=4).encode([[9 / 15, 1.0]])[0].astype(int).T
    array([[1, 0, 0, 1, 1, 0, 0, 1],
           [1, 1, 1, 1, 1, 1, 1, 1]])
    """

    n_steps: int
    n_phases: int = 8

    def __post_init__(self) -> None:
        check_whole("n_steps", self.n_steps)
        check_whole("n_phases", self.n_phases, 1, 32)

    @property
    def n_bits(self) -> int:
        """Bits that are sent: the phases, or the steps where these are fewer."""
        return min(self.n_phases, self.n_steps)

    def encode(self, values: ArrayLike, *, seed: Seed | None = None) -> np.ndarray:
        """Write the bits; nothing is drawn, so ``seed`` changes nothing.

        Parameters
        ----------
        values : (n_samples, n_channels) float from 0 to 1; further axes are flattened into channels
        seed : int or numpy Generator, not used

        Returns
        -------
        (n_samples, n_steps, n_channels) bool
        """
        number = self._numbers(as_intensities(values))
        shifts = self.n_bits - 1 - np.arange(self.n_steps) % self.n_bits
        return (number[:, None] >> shifts[:, None] & 1).astype(bool)

    def _numbers(self, x: np.ndarray) -> np.ndarray:
        return np.floor(x * (2**self.n_bits - 1) + 0.5).astype(np.int64)

    def expected_spikes(self, values: ArrayLike) -> np.ndarray:
        """Bits set over all full periods and the leading bits of the last: (n_samples,) float64."""
        number = self._numbers(as_intensities(values))
        n_periods, n_left = divmod(self.n_steps, self.n_bits)
        leading = number >> self.n_bits - n_left
        ones = n_periods * np.bitwise_count(number).astype(np.int64) + np.bitwise_count(leading)
        return ones.sum(axis=1).astype(np.float64)

    def decode(self, spikes: ArrayLike) -> np.ndarray:
        """The number the first period writes: (n_samples, n_channels) float64."""
        first = as_spikes(spikes, self.n_steps)[:, : self.n_bits]
        weights = 2.0 ** np.arange(self.n_bits - 1, -1, -1)
        return np.einsum("nbc,b->nc", first, weights) / (2**self.n_bits - 1)

    @property
    def error_bound(self) -> float:
        """Half the last bit."""
        return 0.5 / (2**self.n_bits - 1)


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

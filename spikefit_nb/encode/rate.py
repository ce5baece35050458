"""Codes by strength: a value is how often a channel fires, or how much current flows."""

from dataclasses import dataclass

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
from spikefit_nb.errors import DatasetProblem, expect_seed

BLOCK_DRAWS = 4_000_000  # random numbers at a time: 32 MB
LEAST_PEAK = 1e-3
FLOAT32_HALF_STEP = 2.0**-24
LARGEST_CURRENT = 1e30  # so that none overflows float32


@dataclass(frozen=True)
class _Rate(Encoder):
    """Spikes counted stand for a value."""

    n_steps: int
    peak: float = 1.0

    def __post_init__(self) -> None:
        check_whole("n_steps", self.n_steps)
        check_within("peak", self.peak, LEAST_PEAK, 1.0)

    def decode(self, spikes: ArrayLike) -> np.ndarray:
        """Spikes counted: (n_samples, n_channels) float64."""
        return as_spikes(spikes, self.n_steps).sum(axis=1) / (self.n_steps * self.peak)


@dataclass(frozen=True)
class RateBernoulli(_Rate):
    """Spikes drawn step by step, each channel with its value as probability.

    ``P(spike[n, t, c]) = p = peak * x[n, c]``, every step on its own. Expected spikes:
    ``n_steps * peak * sum(x)``, with standard deviation ``sqrt(n_steps * p * (1 - p))`` a channel.
    Decoded as ``count / (n_steps * peak)``: right on average, with standard deviation
    ``sqrt(p * (1 - p) / n_steps) / peak``.

    Parameters
    ----------
    n_steps : int
    peak : float, probability of a spike in a step for a value of 1; lower it for fewer spikes

    Raises
    ------
    DatasetProblem
        There are no steps, ``peak`` is not from 0.001 to 1, or values are not from 0 to 1.

    References
    ----------
    Diehl et al., Fast-classifying, high-accuracy spiking deep networks through weight and
    threshold balancing, IJCNN 2015, section III (Poisson-distributed inputs, drawn per time step).

    Examples
    --------
    >>> RateBernoulli(1000).encode([[0.0, 0.5, 1.0]], seed=0).sum(axis=1)
    array([[   0,  509, 1000]])
    """

    def encode(self, values: ArrayLike, *, seed: Seed) -> np.ndarray:
        """Draw spikes.

        Parameters
        ----------
        values : (n_samples, n_channels) float from 0 to 1; further axes are flattened into channels
        seed : int or numpy Generator

        Returns
        -------
        (n_samples, n_steps, n_channels) bool
        """
        probability = self.peak * as_intensities(values)
        n_samples, n_channels = probability.shape
        expect_seed(seed)
        generator = np.random.default_rng(seed)
        spikes = np.empty((n_samples, self.n_steps, n_channels), bool)
        size = max(1, BLOCK_DRAWS // max(1, self.n_steps * n_channels))
        for start in range(0, n_samples, size):
            block = spikes[start : start + size]
            threshold = probability[start : start + size, None]
            np.less(generator.random(block.shape), threshold, out=block)
        return spikes

    def expected_spikes(self, values: ArrayLike) -> np.ndarray:
        """``n_steps * peak * sum(x)`` of each sample, (n_samples,) float64."""
        return self.n_steps * self.peak * as_intensities(values).sum(axis=1)

    @property
    def error_bound(self) -> float:
        """The largest standard deviation of a decoded value: that of ``p = min(1/2, peak)``."""
        p = min(0.5, self.peak)
        return float(np.sqrt(p * (1 - p) / self.n_steps) / self.peak)


@dataclass(frozen=True)
class RateRegular(_Rate):
    """Spikes at even distances, as a neuron that resets by subtraction answers a constant current.

    ``spike[n, t, c] = floor((t + 1) * p + 1/2) - floor(t * p + 1/2)`` with ``p = peak * x[n, c]``.
    Expected spikes, exactly: ``floor(n_steps * p + 1/2)`` a channel. Decoded as
    ``count / (n_steps * peak)``, off by at most ``1 / (2 * n_steps * peak)``: for the same number
    of steps far less than drawn spikes.

    Parameters
    ----------
    n_steps : int
    peak : float, spikes a step for a value of 1; lower it for fewer spikes

    Raises
    ------
    DatasetProblem
        There are no steps, ``peak`` is not from 0.001 to 1, or values are not from 0 to 1.

    References
    ----------
    Rueckauer et al., Conversion of continuous-valued deep networks to efficient
    event-driven networks for image classification, Front Neurosci 11:682 (2017), section 2.2 (reset
    by subtraction, constant input).

    Examples
    --------
    >>> RateRegular(8).encode([[0.25, 0.5]])[0].astype(int).T
    array([[0, 1, 0, 0, 0, 1, 0, 0],
           [1, 0, 1, 0, 1, 0, 1, 0]])
    """

    def encode(self, values: ArrayLike, *, seed: Seed | None = None) -> np.ndarray:
        """Place spikes; nothing is drawn, so ``seed`` changes nothing.

        Parameters
        ----------
        values : (n_samples, n_channels) float from 0 to 1; further axes are flattened into channels
        seed : int or numpy Generator, not used

        Returns
        -------
        (n_samples, n_steps, n_channels) bool
        """
        p = self.peak * as_intensities(values)
        spikes = np.empty((len(p), self.n_steps, p.shape[1]), bool)
        before = np.zeros(p.shape)
        for step in range(self.n_steps):
            after = np.floor((step + 1) * p + 0.5)
            np.greater(after, before, out=spikes[:, step])
            before = after
        return spikes

    def expected_spikes(self, values: ArrayLike) -> np.ndarray:
        """``sum(floor(n_steps * peak * x + 1/2))`` of each sample, (n_samples,) float64."""
        return np.floor(self.n_steps * (self.peak * as_intensities(values)) + 0.5).sum(axis=1)

    @property
    def error_bound(self) -> float:
        """Half the distance of two values that differ by one spike."""
        return 0.5 / (self.n_steps * self.peak)


@dataclass(frozen=True)
class Direct(Encoder):
    """A constant current: ``current[n, t, c] = gain * x[n, c] + offset`` in every step.

    No spikes are made, so nothing is lost but float32's rounding; the first layer does the
    encoding. The simulator and the prices count each current other than zero as one event, so the
    expected "spikes", exactly, are ``n_steps`` times the currents other than zero. Decoded as
    ``(mean over steps - offset) / gain``. A network trained on inputs with mean m and standard
    deviation s wants ``Direct(n, gain=1 / s, offset=-m / s)``.

    Parameters
    ----------
    n_steps : int
    gain, offset : float

    Raises
    ------
    DatasetProblem
        There are no steps, the gain is zero, a number is not from -1e30 to 1e30, or values are not
        from 0 to 1.

    References
    ----------
    Rueckauer et al., Front Neurosci 11:682 (2017), section 2.3.1 (analog input currents);
    Rathi & Roy, DIET-SNN, IEEE TNNLS 34:3174 (2023) (direct input encoding).

    Examples
    --------
    >>> Direct(3).encode([[0.0, 0.5]])[0]
    array([[0. , 0.5],
           [0. , 0.5],
           [0. , 0.5]], dtype=float32)
    """

    n_steps: int
    gain: float = 1.0
    offset: float = 0.0

    def __post_init__(self) -> None:
        check_whole("n_steps", self.n_steps)
        are_numbers = all(
            isinstance(n, int | float | np.number) and abs(n) <= LARGEST_CURRENT
            for n in (self.gain, self.offset)
        )
        if not are_numbers or self.gain == 0:
            raise DatasetProblem(
                f"gain is {self.gain!r} and offset {self.offset!r}; finite numbers are needed, "
                f"the gain not zero, both up to {LARGEST_CURRENT:g}, "
                "so that currents fit into single precision."
            )

    def encode(self, values: ArrayLike, *, seed: Seed | None = None) -> np.ndarray:
        """Repeat the currents; nothing is drawn, so ``seed`` changes nothing.

        Parameters
        ----------
        values : (n_samples, n_channels) float from 0 to 1; further axes are flattened into channels
        seed : int or numpy Generator, not used

        Returns
        -------
        (n_samples, n_steps, n_channels) float32, read-only: all steps share one step's memory
        """
        current = self._currents(values)
        return np.broadcast_to(current[:, None], (len(current), self.n_steps, current.shape[1]))

    def _currents(self, values: ArrayLike) -> np.ndarray:
        return (self.gain * as_intensities(values) + self.offset).astype(np.float32)

    def expected_spikes(self, values: ArrayLike) -> np.ndarray:
        """``n_steps`` times the currents other than zero, as priced: (n_samples,) float64."""
        return self.n_steps * np.count_nonzero(self._currents(values), axis=1).astype(np.float64)

    def decode(self, spikes: ArrayLike) -> np.ndarray:
        """The current, averaged over the steps: (n_samples, n_channels) float64."""
        mean = as_spikes(spikes, self.n_steps).mean(axis=1, dtype=np.float64)
        return (mean - self.offset) / self.gain

    @property
    def error_bound(self) -> float:
        """Half a step of float32 at the largest current, and as much again for the average."""
        return 2 * FLOAT32_HALF_STEP * (abs(self.gain) + abs(self.offset)) / abs(self.gain)

"""Time to first spike: when a channel fires says how large its value is."""

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
from spikefit_nb.errors import DatasetProblem


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
        if self.law not in ("linear", "log"):
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

"""Phase code: the digits of a binary fraction, one a step, most significant first."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from spikefit_nb.encode.encoder import Encoder, Seed, as_intensities, as_spikes, check_whole


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

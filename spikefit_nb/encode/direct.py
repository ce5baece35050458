"""Direct input: the value itself, as a current into the first layer, in every step."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from spikefit_nb.encode.encoder import Encoder, Seed, as_intensities, as_spikes, check_whole
from spikefit_nb.errors import DatasetProblem

FLOAT32_HALF_STEP = 2.0**-24
LARGEST = 1e30  # so that no current overflows float32


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
            isinstance(n, int | float | np.number) and abs(n) <= LARGEST
            for n in (self.gain, self.offset)
        )
        if not are_numbers or self.gain == 0:
            raise DatasetProblem(
                f"gain is {self.gain!r} and offset {self.offset!r}; finite numbers are needed, "
                f"the gain not zero, both up to {LARGEST:g}, "
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

"""What every encoder answers, and how values are checked before they are encoded."""

from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike

from spikefit_nb.errors import DatasetProblem
from spikefit_nb.quantities import Quantity

Seed = int | np.random.Generator
MOST = 2**31 - 1


@runtime_checkable
class Encoder(Protocol):
    """Turns values from 0 to 1 into spikes, says beforehand how many, and turns spikes into values.

    Values are (n_samples, n_channels), further axes being flattened into channels; for ``Delta``
    they are signals, (n_samples, n_steps, n_channels). Encoding sample by sample with one Generator
    gives the same spikes as encoding all at once.
    """

    n_steps: int

    def encode(self, values: ArrayLike, *, seed: Seed) -> np.ndarray:
        """Spikes of values: (n_samples, n_steps, n_channels) bool, uint8 or float32 currents."""

    def expected_spikes(self, values: ArrayLike) -> np.ndarray:
        """Spikes to expect of each sample, (n_samples,) float64; exact where nothing is drawn."""

    def decode(self, spikes: ArrayLike) -> np.ndarray:
        """Values as the spikes tell them, (n_samples, n_channels) float64; signals for Delta."""

    @property
    def error_bound(self) -> float:
        """What a decoded value is off at most; its root mean square where spikes are drawn."""

    def reconstruction_error(self, values: ArrayLike, *, seed: Seed) -> float:
        """Root mean square of ``decode(encode(values)) - values``; 0 where there are no values."""
        decoded = self.decode(self.encode(values, seed=seed))
        error = decoded - np.asarray(values, dtype=np.float64).reshape(decoded.shape)
        return float(np.sqrt(np.mean(error**2))) if error.size else 0.0

    def quantities(self, values: ArrayLike, *, seed: Seed = 0) -> tuple[Quantity, ...]:
        """What these values cost in spikes and lose in precision."""
        expected, error = self.expected_spikes(values), self.reconstruction_error(values, seed=seed)
        spikes = float(expected.mean()) if expected.size else 0.0
        lost = "Reconstruction error, root mean square"
        return (
            Quantity("encoder", "Encoder", repr(self)),
            Quantity("n_steps", "Steps", self.n_steps),
            Quantity("spikes_per_sample", "Expected spikes per sample", spikes),
            Quantity("reconstruction_error", lost, error),
            Quantity("error_bound", "At most", self.error_bound),
        )


def check_whole(name: str, value: Any, low: int = 1, high: int = MOST) -> None:
    """Refuse what is not a whole number, or outside its range.

    Parameters
    ----------
    name : str, of the setting
    value : object
    low, high : int, the least and the most it may be

    Raises
    ------
    DatasetProblem
        It is another kind of thing, too small or too large.

    Examples
    --------
    >>> check_whole("n_steps", 64)
    """
    is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not (is_whole and low <= value <= high):
        is_above = is_whole and value > high
        limits = f"from {low} to {high}" if high < MOST or is_above else f"of at least {low}"
        raise DatasetProblem(f"{name} is {value!r}; a whole number {limits} is needed.")


def check_within(name: str, value: object, low: float, high: float) -> None:
    """Refuse what is not a number, or outside its range."""
    if not isinstance(value, int | float | np.number) or not low <= value <= high:
        raise DatasetProblem(
            f"{name} is {value!r}; a number from {low:.3g} to {high:.3g} is needed."
        )


def as_intensities(values: ArrayLike) -> np.ndarray:
    """Check values from 0 to 1 and flatten them into channels."""
    array = as_unit_range(values)
    if array.ndim < 2:
        raise DatasetProblem(
            f"values is {array.shape}; (n_samples, n_channels) is needed. One sample alone is "
            "`values[None]`."
        )
    return array.reshape(len(array), int(np.prod(array.shape[1:])))


def as_unit_range(values: ArrayLike) -> np.ndarray:
    """Check that values are numbers from 0 to 1.

    Parameters
    ----------
    values : array of numbers, of any shape

    Returns
    -------
    array of that shape, float64

    Raises
    ------
    DatasetProblem
        They are no numbers, or not from 0 to 1.

    Examples
    --------
    >>> as_unit_range([[0, 1]])
    array([[0., 1.]])
    """
    try:
        given = np.asarray(values)
    except ValueError:  # rows of different lengths
        given = np.empty(0, dtype=object)
    if given.dtype.kind not in "fiub":
        raise DatasetProblem(
            "values are not an array of numbers; (n_samples, n_channels) from 0 to 1 is needed."
        )
    array = given.astype(np.float64, copy=False)
    if array.size and not (array.min() >= 0 and array.max() <= 1):
        n_bad = int(np.sum(~np.isfinite(array)))
        found = f"values go from {array.min():g} to {array.max():g}"
        found = f"{n_bad} of {array.size} values are NaN or infinite" if n_bad else found
        raise DatasetProblem(
            f"{found}; an intensity is from 0 to 1. Divide by the largest possible value, such as "
            "255 for 8-bit images; a signal: (signal - low) / (high - low)."
        )
    return array


def as_spikes(spikes: ArrayLike, n_steps: int) -> np.ndarray:
    """Check that spikes are what an encoder of so many steps gives."""
    array = np.asarray(spikes)
    if array.ndim != 3 or array.shape[1] != n_steps:
        raise DatasetProblem(
            f"spikes is {array.shape}; (n_samples, {n_steps}, n_channels) is needed, as this "
            f"encoder has {n_steps} steps."
        )
    return array

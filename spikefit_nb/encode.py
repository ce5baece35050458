"""From intensities to spikes."""

import numpy as np
from numpy.typing import ArrayLike

from spikefit_nb.errors import DatasetProblem


def rate(intensity: ArrayLike, n_steps: int, *, seed: int | np.random.Generator) -> np.ndarray:
    """Draw Bernoulli spikes whose rate is the intensity.

    ``P(spike[n, t, c]) = intensity[n, c]``, every step on its own. A channel of intensity p gives ``n_steps * p``
    spikes on average, with standard deviation ``sqrt(n_steps * p * (1 - p))``.

    Parameters
    ----------
    intensity : (n_samples, n_channels) float from 0 to 1; further axes are flattened into channels
    n_steps : int
    seed : int or numpy Generator

    Returns
    -------
    (n_samples, n_steps, n_channels) bool

    Raises
    ------
    DatasetProblem
        The intensity is outside 0 to 1, not a number, has no axis of channels, or there are no steps.

    Examples
    --------
    >>> rate([[0.0, 0.5, 1.0]], 1000, seed=0).sum(axis=1)
    array([[   0,  509, 1000]])
    """
    intensity = np.asarray(intensity, dtype=np.float64)
    if intensity.ndim < 2:
        raise DatasetProblem(
            f"intensity is {intensity.shape}; (n_samples, n_channels) is needed. One sample alone is `intensity[None]`."
        )
    if intensity.size and not (intensity.min() >= 0 and intensity.max() <= 1):
        raise DatasetProblem(
            f"intensity goes from {intensity.min():g} to {intensity.max():g}; a probability is from 0 to 1. "
            "Divide by the largest possible value, such as 255 for 8-bit images."
        )
    if n_steps < 1:
        raise DatasetProblem(f"n_steps is {n_steps}; at least one step is needed.")
    intensity = intensity.reshape(len(intensity), 1, -1)
    generator = np.random.default_rng(seed)
    return generator.random((len(intensity), n_steps, intensity.shape[2])) < intensity

"""Which designs no other design beats."""

import numpy as np


def is_best(losses: np.ndarray) -> np.ndarray:
    """Mark the rows that no other row beats: equal or smaller everywhere and smaller somewhere.

    Of equal rows, the first is marked.

    Parameters
    ----------
    losses : (n, n_objectives) float64, to be made small

    Returns
    -------
    (n,) bool

    Examples
    --------
    >>> is_best(np.array([[1.0, 3.0], [2.0, 2.0], [2.0, 3.0], [1.0, 3.0]]))
    array([ True,  True, False, False])
    """
    best = np.ones(len(losses), bool)
    for k, row in enumerate(losses):
        beaten = (losses <= row).all(axis=1) & (losses < row).any(axis=1)
        best[k] = not beaten.any() and not (losses[:k] == row).all(axis=1).any()
    return best


def normalized(losses: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Losses between 0 (best of ``reference``) and 1 (worst of it) in every objective."""
    low, high = reference.min(axis=0), reference.max(axis=0)
    return (losses - low) / np.where(high > low, high - low, 1.0)

"""Weights as sums of a few currents that many synapses share."""

from functools import cache
from itertools import combinations, permutations

import numpy as np

CLOSE = 1e-9  # of the largest magnitude: weights closer than this are the same


def current_sums(currents: np.ndarray) -> np.ndarray:
    """Add up currents in every way: bit ``i`` of mask ``m`` says whether current ``i`` is in sum
    ``m``.

    Parameters
    ----------
    currents : (n,) float

    Returns
    -------
    (2 ** n,) float, in the order of the masks

    References
    ----------
    synsense/rockpool@31796d3
    rockpool/devices/dynapse/quantization/autoencoder/weight_handler.py (restore_weight_matrix,
    int2bit_mask).

    Examples
    --------
    >>> current_sums(np.array([1.0, 2.0, 4.0, 8.0])).tolist()[:6]
    [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    """
    return np.asarray(currents) @ _masks(len(currents))


def base_currents(magnitudes: np.ndarray, n_currents: int = 4) -> tuple[float, ...] | None:
    """Find the fewest currents whose sums hit every magnitude.

    Parameters
    ----------
    magnitudes : float array, of which signs do not matter
    n_currents : int, the most there may be

    Returns
    -------
    tuple of float, or None where no such currents exist

    References
    ----------
    synsense/rockpool@031242a rockpool/devices/dynapse/config/weights.py, WeightParameters (a mask
    of four bits over Iw_0 to Iw_3). The vendor fits currents by gradient descent; this finds them,
    or that there are none.

    Examples
    --------
    >>> base_currents(np.arange(16))
    (1.0, 2.0, 4.0, 8.0)
    >>> base_currents(np.array([1, 2, 4, 8, 16])) is None  # sums of four currents cannot be these
    True
    """
    wanted = np.unique(np.abs(np.asarray(magnitudes, dtype=float)))
    wanted = wanted[wanted > CLOSE * wanted.max(initial=0.0)]
    wanted = wanted[np.diff(wanted, prepend=-np.inf) > CLOSE * wanted.max(initial=0.0)]
    if not wanted.size:
        return ()
    tried = (_search(wanted, n) for n in range(1, n_currents + 1) if wanted.size < 2**n)
    return next((found for found in tried if found is not None), None)


def _search(wanted: np.ndarray, n: int) -> tuple[float, ...] | None:
    """``n`` currents whose sums hit every magnitude of an ascending list, or None."""
    ends = (0, wanted.size - 1) if n > 1 else (0,)
    close = CLOSE * wanted[-1]
    for inner in combinations(range(1, wanted.size - 1), n - len(ends)):
        found = np.sort(_inverses(n) @ wanted[[*ends, *inner]], axis=1)
        found = found[found[:, 0] > close]
        levels = np.sort(found @ _masks(n), axis=1)
        hits = (np.abs(levels[:, :, None] - wanted) <= close).any(axis=1).all(axis=1)
        if hits.any():
            return tuple(float(current) for current in found[hits.argmax()])
    return None


def _masks(n: int) -> np.ndarray:
    """(n, 2 ** n) int64: bit i of each mask."""
    return (np.arange(2**n) >> np.arange(n)[:, None]) & 1


@cache
def _inverses(n: int) -> np.ndarray:
    """(m, n, n) float: inverses of all matrices of zeros and ones, up to the order of their
    columns.
    """
    rows = np.array(list(permutations(range(1, 2**n), n)))
    matrices = (rows[:, :, None] >> np.arange(n)) & 1
    columns = (matrices << np.arange(n)[:, None]).sum(axis=1)
    matrices = matrices[(np.diff(columns, axis=1) > 0).all(axis=1)]
    return np.linalg.inv(matrices[np.abs(np.linalg.det(matrices)) > 0.5])

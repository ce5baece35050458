"""Weights as sums of a few currents that a core has, as on DYNAP-SE2."""

from functools import partial

import numpy as np

from spikefit_nb.adapt.activity import Activity
from spikefit_nb.adapt.adapted import Adapted
from spikefit_nb.adapt.expect import expect_whole
from spikefit_nb.adapt.share import snapped
from spikefit_nb.errors import DesignProblem
from spikefit_nb.hardware import base_currents, current_sums
from spikefit_nb.mapping import CoreMap
from spikefit_nb.network import Network

BINS = 2048  # that magnitudes are gathered in first
ROUNDS = 30  # of taking the nearest sums and then the best currents for them
STARTS = (0.4, 0.55, 0.7, 0.85, 1.0)  # largest sum at first, of the largest magnitude
RATIOS = (2.0, 1.7, 1.4)  # of one current to the next at first
DECIDED = 4  # so many currents, or fewer: whether weights are sums of them already can be told
PRECISION = 12  # bits of a current, so that sums are exact


def share_currents(
    network: Network,
    n_currents: int = 4,
    *,
    scope: str | CoreMap = "population",
    activity: Activity | None = None,
    compensate: bool = True,
) -> Adapted:
    """Make each weight a sum of some of ``n_currents`` currents, with its own sign: 16 strengths of
    four currents.

    ``min sum(importance * (|w| - m(w) . c) ** 2)`` over currents ``c`` and masks ``m``, by turns:
    the nearest sum for each weight, then least squares for the currents, from fifteen starts. What
    is nearest to the sum of none is a synapse no more. With a calibration set errors count as in
    ``share_weights``, and are made good by other weights. Weights that are such sums already stay
    as they are (for up to four currents, where that can be decided).

    Parameters
    ----------
    network : Network, with weights in floating point
    n_currents : int, 1 to 6
    scope : what shares the currents: as of ``share_weights``, or a CoreMap of this network: each
        core
    activity : Activity, optional
    compensate : bool, whether errors are made good by other weights; only with an activity

    Returns
    -------
    Adapted

    Raises
    ------
    DesignProblem
        The number of currents is not a whole number or out of its range, or weights are integers
        already.

    References
    ----------
    synsense/rockpool@42cee1c rockpool/devices/dynapse: a synapse adds up any of four
    currents of its core.

    Examples
    --------
    >>> from spikefit_nb.network import IF, Input, Population, Projection
    >>> network = Network([Population("in", (4,), Input()), Population("out", (1,), IF(1.0))],
    ...                   [Projection("in", "out", np.array([[1.0], [-2.0], [3.0], [0.0]]))])
    >>> share_currents(network, 2).network.projections[0].values
    array([ 1., -2.,  3.,  0.], dtype=float32)
    """
    expect_whole(n_currents, "n_currents", 1)
    if n_currents > 6:
        raise DesignProblem(f"n_currents is {n_currents}; it must be between 1 and 6.")
    choose = partial(_levels, n_currents=n_currents)
    after, notes = snapped(network, choose, scope, activity, compensate, drop_small=True)
    where = "core" if isinstance(scope, CoreMap) else scope
    return Adapted(f"weights as sums of {n_currents} currents a {where}", network, after, notes)


def _levels(values: np.ndarray, importance: np.ndarray, n_currents: int) -> np.ndarray:
    """Sums of the best currents, with both signs; the weights where they are such sums already."""
    sizes = np.unique(np.abs(values))
    if (
        n_currents <= DECIDED
        and sizes.size < 2**n_currents
        and base_currents(sizes, n_currents) is not None
    ):
        return np.unique(values)
    sums = current_sums(best_currents(np.abs(values), importance, n_currents))
    return np.union1d(-sums, sums)


def best_currents(magnitudes: np.ndarray, importance: np.ndarray, n_currents: int) -> np.ndarray:
    """Currents whose sums are nearest to magnitudes, in squared error times importance."""
    largest = float(magnitudes.max(initial=0.0))
    if largest == 0:
        return np.zeros(n_currents)
    place = np.minimum((magnitudes / largest * BINS).astype(np.int64), BINS - 1)
    counted = np.bincount(place, importance, BINS)
    mean = np.divide(
        np.bincount(place, importance * magnitudes, BINS),
        counted,
        out=np.zeros(BINS),
        where=counted > 0,
    )
    mean, counted = mean[counted > 0], counted[counted > 0]
    unit = 2.0 ** (np.ceil(np.log2(largest)) - PRECISION)
    tried = []
    for start in STARTS:
        for ratio in RATIOS:
            first = ratio ** np.arange(n_currents)
            tried.append(_settled(mean, counted, first * (start * largest / first.sum()), unit))
    best = min(tried, key=lambda currents: _error(mean, counted, currents))
    return np.sort(best)


def _settled(
    mean: np.ndarray, counted: np.ndarray, currents: np.ndarray, unit: float
) -> np.ndarray:
    """Currents after turns of nearest sums and least squares, as long as the error falls."""
    masks = (np.arange(2**currents.size)[:, None] >> np.arange(currents.size)) & 1
    best, least = currents, np.inf
    for _ in range(ROUNDS):
        rounded = np.maximum(np.rint(currents / unit), 0) * unit
        if (error := _error(mean, counted, rounded)) >= least:
            break
        best, least = rounded, error
        chosen = masks[_nearest(mean, masks @ currents)].astype(np.float64)
        root = np.sqrt(counted)
        currents = np.maximum(
            np.linalg.lstsq(chosen * root[:, None], mean * root, rcond=None)[0], 0.0
        )
    return best


def _nearest(mean: np.ndarray, sums: np.ndarray) -> np.ndarray:
    order = np.argsort(sums, kind="stable")
    levels = sums[order]
    return order[np.searchsorted((levels[1:] + levels[:-1]) / 2, mean)]


def _error(mean: np.ndarray, counted: np.ndarray, currents: np.ndarray) -> float:
    sums = current_sums(currents)
    return float(np.sum(counted * (mean - sums[_nearest(mean, sums)]) ** 2))

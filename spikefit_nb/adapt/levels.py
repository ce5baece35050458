"""A few levels for many weights: clusters on a line, the best there are."""

import numpy as np

from spikefit_nb.kernels.clusters import split

BINS = 4096  # more different values than this are put into bins of equal width first


def best_levels(
    values: np.ndarray, importance: np.ndarray, n_levels: int, *, with_zero: bool = False
) -> np.ndarray:
    """At most so many levels with the least ``sum(importance * (value - nearest level) ** 2)``."""
    # Source: Wang & Song 2011, "Ckmeans.1d.dp", R Journal 3(2):29-33: k-means on a line by dynamic
    # programming; that beginnings of clusters only move one way is what makes it fast.
    points, place = np.unique(np.asarray(values, np.float64), return_inverse=True)
    if points.size <= n_levels:
        return points
    if points.size > BINS:
        width = (points[-1] - points[0]) / BINS
        place = np.minimum((np.asarray(values, np.float64) - points[0]) // width, BINS - 1).astype(
            np.int64
        )
    weight = np.bincount(place, importance)
    if not weight.any():
        weight = np.bincount(place).astype(np.float64)
    moment = np.bincount(place, importance * values if importance.any() else values)
    used = weight > 0
    weight, centre = weight[used], moment[used] / weight[used]
    # sums of squares keep their digits around 0
    middle = 0.0 if with_zero else np.average(centre, weights=weight)
    sums = np.zeros((3, centre.size + 1))
    for power in range(3):
        sums[power, 1:] = np.cumsum(weight * (centre - middle) ** power)
    bounds, zero = split(sums, min(n_levels, centre.size), with_zero)
    runs = [k for k in range(bounds.size - 1) if k != zero and bounds[k + 1] > bounds[k]]
    taken = np.array(
        [[sums[row, bounds[k + 1]] - sums[row, bounds[k]] for k in runs] for row in (0, 1)]
    )
    return np.unique(taken[1] / taken[0] + middle) if runs else np.zeros(0)


def nearest_level(values: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Index of the level nearest to each value; of two as near, the lower."""
    return np.searchsorted((levels[1:] + levels[:-1]) / 2, values)

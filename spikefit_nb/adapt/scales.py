"""Choose the few levels that weights take, and what one step of rounded weights is worth."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from spikefit_nb.kernels.clusters import split

MOST_VALUES = 4096  # more different values than this are put into bins of equal width first
SCALES_TRIED = 64
ON_GRID = 1e-4  # of a step: nearer to a whole number of steps is on it, since weights are float32
GRID_BITS = 8
UNITS_TRIED = 1024  # units with grids of their own; more take too long to look at one by one
LEAST, MOST = 1e-30, 1e30  # of a weight whose step is looked for: float32 has to hold the step
MOST_WHOLE = 2.0**30  # of a weight that is taken for a whole number
FEW = 64  # different weights that are looked at first: most real ones are on no grid
KEPT = 0.99  # share of the weights that "percentile" does not clip
MOST_SHIFT = 8  # of a sum on Xylo, XyloSim 0.1.3; what Loihi shifts by goes further
VALUES_AT_ONCE = 2**17
CLIPS = ("error", "percentile", "largest")


def best_levels(
    values: np.ndarray, importance: np.ndarray, n_levels: int, *, with_zero: bool = False
) -> np.ndarray:
    """At most so many levels with the least ``sum(importance * (value - nearest level) ** 2)``."""
    # Source: Wang & Song 2011, "Ckmeans.1d.dp", R Journal 3(2):29-33: k-means on a line by dynamic
    # programming; that beginnings of clusters only move one way is what makes it fast.
    points, place = np.unique(np.asarray(values, np.float64), return_inverse=True)
    if points.size <= n_levels:
        return points
    if points.size > MOST_VALUES:
        width = (points[-1] - points[0]) / MOST_VALUES
        place = np.minimum(
            (np.asarray(values, np.float64) - points[0]) // width, MOST_VALUES - 1
        ).astype(np.int64)
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


class Weights(NamedTuple):
    """Weights to be rounded, flat, and which share a scale."""

    sizes: np.ndarray  # (n,) float64, magnitudes
    unit: np.ndarray  # (n,) int64, equal where a scale is shared
    importance: np.ndarray | None  # (n,) float64, what a squared error counts; None: all the same
    n_units: int


def whole(ratio: np.ndarray, weight_bits: int) -> np.ndarray:
    """The nearest integer that so many bits store, of a weight over its scale."""
    if weight_bits == 1:
        return np.sign(ratio)
    limit = largest_integer(weight_bits)
    return np.clip(np.rint(ratio), -limit, limit)


def largest_integer(weight_bits: int) -> int:
    """The largest weight of so many bits: ``2**(bits - 1) - 1``, and 1 of one bit."""
    return max(1, 2 ** (weight_bits - 1) - 1)


def best_scales(weights: Weights, weight_bits: int, clip: str) -> np.ndarray:
    """A scale for each unit: the step of their grid, for weights that are on one already."""
    on_grid = _steps(weights, weight_bits) if clip != "percentile" else np.full(1, np.nan)
    if not np.isnan(on_grid).any():
        return on_grid
    scales = np.zeros(weights.n_units)
    for units, sizes, importance in _chunks(weights):
        scales[units] = _best(sizes, importance, weight_bits, clip)
    held = np.finfo(np.float32)
    scales = np.clip(scales, held.tiny, held.max / 2.0**MOST_SHIFT)
    return np.where(np.isnan(on_grid), scales, on_grid)


def _steps(weights: Weights, weight_bits: int) -> np.ndarray:
    """The step of the grid that the weights of each unit are on, all on the same where they can;
    NaN where they are on none.
    """
    shared = grid_of(weights.sizes, weight_bits)
    if shared is not None or weights.n_units > UNITS_TRIED:
        return np.full(weights.n_units, np.nan if shared is None else shared)
    steps = np.full(weights.n_units, np.nan)
    for units, sizes, _ in _chunks(weights):
        found = [grid_of(row, weight_bits) for row in sizes]
        steps[units] = [np.nan if step is None else step for step in found]
    return steps


def grid_of(sizes: np.ndarray, weight_bits: int) -> float | None:
    """The coarsest step of which all weights are whole numbers that so many bits store, and 8 bits
    too; of whole weights a power of two, as chips shift by; None where there is no such step.
    """
    different, most = np.unique(sizes[sizes > 0]), largest_integer(min(weight_bits, GRID_BITS))
    if not 1 <= different.size <= most:
        return None
    largest = different[-1]
    if largest < MOST_WHOLE and (different == np.rint(different)).all():
        common = int(np.gcd.reduce(different.astype(np.int64)))
        step = float(common & -common)
        if largest <= most * step:
            return step
    if different.size == 1 or not LEAST < largest < MOST:  # of one size: any step would do
        return None
    steps = largest / np.arange(1, most + 1)
    few = different[:: max(1, different.size // FEW)]
    for step in steps[_are_on(few, steps)]:
        if _are_on(different, step[None]).all():
            return float(step)
    return None


def _are_on(sizes: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Whether all weights are a whole number of each step, other than none."""
    ratio = sizes[:, None] / steps
    near = abs(ratio - np.rint(ratio)) <= ON_GRID
    return (near & (ratio > ON_GRID)).all(axis=0)


def best_shifts(
    weights: Weights, member: np.ndarray, n_members: int, weight_bits: int, clip: str
) -> np.ndarray:
    """By how many bits the weights of each projection had best be shifted against each other's,
    from 0 up.
    """
    cell = weights.unit * n_members + member
    n_cells = weights.n_units * n_members
    own = best_scales(weights._replace(unit=cell, n_units=n_cells), weight_bits, clip).reshape(
        -1, n_members
    )
    used = np.bincount(cell, weights.sizes > 0, n_cells).reshape(-1, n_members) > 0
    lead = int(np.bincount(member, minlength=1).argmax())
    shifts = np.zeros(n_members, np.int64)
    for k in range(n_members):
        both = used[:, k] & used[:, lead]
        if k == lead or not both.any():
            continue
        below = int(np.floor(np.median(np.log2(own[both, k] / own[both, lead]))))
        tried = [np.where(np.arange(n_members) == k, shift, shifts) for shift in (below, below + 1)]
        moved = [shifted(weights, shift[member]) for shift in tried]
        errors = [
            _errors(each, best_scales(each, weight_bits, clip), weight_bits).sum() for each in moved
        ]
        shifts = tried[int(np.argmin(errors))]
    return np.minimum(shifts - shifts.min(), MOST_SHIFT)


def shifted(weights: Weights, by: np.ndarray) -> Weights:
    """The weights in steps of ``2**by``, errors counted as they were."""
    if not by.any():
        return weights
    importance = 4.0**by if weights.importance is None else weights.importance * 4.0**by
    return weights._replace(sizes=weights.sizes / 2.0**by, importance=importance)


def few_scales(weights: Weights, scales: np.ndarray, weight_bits: int, most: int) -> np.ndarray:
    """At most so many different scales: the logarithms in clusters, and each unit takes the better
    of its neighbours.
    """
    if np.unique(scales).size <= most:
        return scales
    levels = np.exp(best_levels(np.log(scales), np.ones(scales.size), most))
    above = np.minimum(np.searchsorted(levels, scales), levels.size - 1)
    lower, upper = levels[np.maximum(above - 1, 0)], levels[above]
    error_of_lower, error_of_upper = (_errors(weights, s, weight_bits) for s in (lower, upper))
    return np.where(error_of_upper < error_of_lower, upper, lower)


def _errors(weights: Weights, scales: np.ndarray, weight_bits: int) -> np.ndarray:
    scale = scales[weights.unit]
    square = (whole(weights.sizes / scale, weight_bits) * scale - weights.sizes) ** 2
    square = square if weights.importance is None else weights.importance * square
    return np.bincount(weights.unit, square, weights.n_units)


def _chunks(weights: Weights) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray | None]]:
    """Units with equally many weights, some at a time, a row each."""
    counts = np.bincount(weights.unit, minlength=weights.n_units)
    first, order = np.cumsum(counts) - counts, np.argsort(weights.unit, kind="stable")
    for count in np.unique(counts):
        alike = np.flatnonzero(counts == count)
        at_once = max(1, VALUES_AT_ONCE // max(1, int(count)))
        for start in range(0, alike.size, at_once):
            units = alike[start : start + at_once]
            at = order[first[units, None] + np.arange(count)]
            yield (
                units,
                weights.sizes[at],
                None if weights.importance is None else weights.importance[at],
            )


def _best(
    sizes: np.ndarray, importance: np.ndarray | None, weight_bits: int, clip: str
) -> np.ndarray:
    """Scales of rows of magnitudes."""
    limit, largest = largest_integer(weight_bits), sizes.max(axis=1, initial=0.0)
    largest = np.where(largest > 0, largest, 1.0)
    if clip == "largest":
        return largest / limit
    if clip == "percentile":
        n_above = ((1 - KEPT) * (sizes > 0).sum(axis=1)).astype(np.int64)
        kept = (
            -np.take_along_axis(np.sort(-sizes, axis=1), n_above[:, None], axis=1)[:, 0]
            if sizes.size
            else largest
        )
        return np.where(kept > 0, kept, largest) / limit
    if weight_bits == 1:
        counted = (sizes > 0) * (1.0 if importance is None else importance)
        n = counted.sum(axis=1)
        return np.divide((counted * sizes).sum(axis=1), n, out=largest, where=n > 0)
    return _least_error(sizes, importance, largest / limit, weight_bits)


def _least_error(
    sizes: np.ndarray, importance: np.ndarray | None, full: np.ndarray, weight_bits: int
) -> np.ndarray:
    """Of scales up to the full one, the best of each row."""
    limit = largest_integer(weight_bits)
    best, scale = np.full(full.size, np.inf), full.copy()

    def summed(square: np.ndarray) -> np.ndarray:
        return np.sum(square if importance is None else importance * square, axis=1)

    for share in np.linspace(1, 1 / SCALES_TRIED, SCALES_TRIED):
        tried = (full * share)[:, None]
        if (summed(np.maximum(sizes - limit * tried, 0) ** 2) > best).all():
            break
        error = summed((whole(sizes / tried, weight_bits) * tried - sizes) ** 2)
        better = error < best
        best, scale = np.where(better, error, best), np.where(better, tried[:, 0], scale)
    return scale

"""How much of the space of losses a front beats, and how much more a new point may be expected to.

Losses are made small; only what lies below a reference point counts.
"""

# Source: Lacour, Klamroth and Fonseca 2017, Computers & Operations Research 79:347-360 (boxes from
# local upper bounds); Emmerich, Deutz and Klinkenberg 2011, IEEE CEC (the expected improvement).

from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

AT_ONCE = 2_000_000  # box times point: what is held in memory at once


class Boxes(NamedTuple):
    """Disjoint boxes that fill what no point of a front beats, as indices into levels."""

    levels: np.ndarray  # (n_objectives, n_points + 2): -inf, the losses in rising order, reference
    lower: np.ndarray  # (n_boxes, n_objectives)
    upper: np.ndarray

    def corners(self) -> tuple[np.ndarray, np.ndarray]:
        """The lower and upper corners of the boxes as losses."""
        objectives = np.arange(len(self.levels))
        return self.levels[objectives, self.lower], self.levels[objectives, self.upper]


def boxes_not_beaten(front: np.ndarray, reference: np.ndarray) -> Boxes:
    """Cut what lies below the reference and is beaten by no row of the front into boxes."""
    front = front[(front < reference).all(axis=1)]
    n, m = front.shape
    ranks = np.empty((n, m), int)
    order = np.argsort(front, axis=0, kind="stable")  # equal losses get ranks of their own
    np.put_along_axis(ranks, order, np.arange(1, n + 1)[:, None], axis=0)
    bounds, defined_by = np.full((1, m), n + 1), np.zeros((1, m, m), int)
    defined_by[0, np.arange(m), np.arange(m)] = n + 1
    for point in ranks:
        bounds, defined_by = _with_point(point, bounds, defined_by)
    lower = np.zeros_like(bounds)
    for j in range(1, m):
        lower[:, j] = defined_by[:, :j, j].max(axis=1)
    rising = np.sort(front, axis=0).T
    levels = np.hstack([np.full((m, 1), -np.inf), rising, np.asarray(reference, float)[:, None]])
    return Boxes(levels, lower, bounds)


def _with_point(point, bounds, defined_by):
    """Local upper bounds, and the points that define each, after one more point."""
    hit = (point < bounds).all(axis=1)
    kept, kept_by = [bounds[~hit]], [defined_by[~hit]]
    for j in range(len(point)):
        others = np.delete(defined_by[hit], j, axis=1)[:, :, j]
        split = point[j] > others.max(axis=1, initial=-1)
        corner, by = bounds[hit][split], defined_by[hit][split]
        corner[:, j], by[:, j] = point[j], point
        kept.append(corner)
        kept_by.append(by)
    return np.concatenate(kept), np.concatenate(kept_by)


def hypervolume(losses: np.ndarray, reference: np.ndarray) -> float:
    """The volume below the reference that the rows of losses beat."""
    losses = losses[(losses < reference).all(axis=1)]
    if not len(losses):
        return 0.0
    best = losses.min(axis=0)
    lower, upper = boxes_not_beaten(losses, reference).corners()
    not_beaten = np.prod(np.maximum(upper - np.maximum(lower, best), 0), axis=1).sum()
    return float(np.prod(reference - best) - not_beaten)


def expected_improvement(mean: np.ndarray, std: np.ndarray, boxes: Boxes) -> np.ndarray:
    """How much hypervolume points with independent normal losses, a row each, may be expected to
    add; with one objective, the expected improvement.
    """
    at_once = max(1, AT_ONCE // len(boxes.lower))
    return np.concatenate(
        [
            _expected_improvement(mean[k : k + at_once], std[k : k + at_once], boxes)
            for k in range(0, len(mean), at_once)
        ]
    )


def _expected_improvement(mean, std, boxes):
    gain = np.ones((len(boxes.lower), len(mean)))
    for j, levels in enumerate(boxes.levels):
        below = np.zeros((len(levels), len(mean)))  # expected max(level - loss, 0); none at -inf
        away = (levels[1:, None] - mean[:, j]) / std[:, j]
        below[1:] = std[:, j] * (away * ndtr(away) + normal_density(away))
        gain *= below[boxes.upper[:, j]] - below[boxes.lower[:, j]]
    return gain.sum(axis=0)


def normal_density(z: np.ndarray) -> np.ndarray:
    """The density of the standard normal distribution."""
    return np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)

"""The front that the models expect, bred from the best rows seen: it says where to look, and how
wide the front will be.
"""

# Source: Deb et al. 2002, IEEE Trans. Evol. Comput. 6(2):182-197 (NSGA-II: selection by who is
# beaten and how crowded it is), here on the models instead of the true losses.

from collections.abc import Callable

import numpy as np

from spikefit_nb.search.objectives import is_best

POPULATION, GENERATIONS = 100, 15
STEPS = (0.2, 0.1, 0.03)  # of a move, in turn
FROM_OTHER = 0.3  # of the knobs of a child, taken from its second parent


def expected_front(
    losses_at: Callable[[np.ndarray], np.ndarray],
    rows: np.ndarray,
    moved: Callable[[np.ndarray, float], np.ndarray],
    random: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Rows that no other beats, and their losses, bred from the given ones; losses that are
    infinite mark rows that cannot be.
    """
    losses = losses_at(rows)
    for generation in range(GENERATIONS):
        parents, others = rows[random.integers(len(rows), size=(2, POPULATION))]
        mixed = np.where(random.random(parents.shape) < FROM_OTHER, others, parents)
        children = moved(mixed, STEPS[generation % len(STEPS)])
        rows = np.vstack([rows, children])
        losses = np.vstack([losses, losses_at(children)])
        rows, first = np.unique(rows, axis=0, return_index=True)
        survivors = fittest(losses[first], POPULATION)
        rows, losses = rows[survivors], losses[first][survivors]
    best = (n_beating(losses) == 0) & np.isfinite(losses).all(axis=1)
    return rows[best], losses[best]


def fittest(losses: np.ndarray, n: int) -> np.ndarray:
    """Indices of n rows: those beaten by the fewest, and of the unbeaten the least crowded."""
    beating = n_beating(losses)
    unbeaten = np.flatnonzero(beating == 0)
    if len(unbeaten) <= n:
        return np.argsort(beating, kind="stable")[:n]
    return unbeaten[np.argsort(-spread(losses[unbeaten]), kind="stable")[:n]]


def n_beating(losses: np.ndarray) -> np.ndarray:
    """For each row, how many others are nowhere larger and somewhere smaller."""
    no_larger = (losses[:, None] <= losses[None]).all(axis=2)
    return (no_larger & ~no_larger.T).sum(axis=0)


def without_tails(front: np.ndarray, slight: np.ndarray) -> np.ndarray:
    """Rows of a front without those that gain slightly where another gains twice that or more."""
    no_larger = (front[:, None] <= front[None] + slight).all(axis=2)
    far_smaller = (front[:, None] < front[None] - 2 * slight).any(axis=2)
    return front[~(no_larger & far_smaller).any(axis=0)]


def telling(losses: np.ndarray, n: int) -> np.ndarray:
    """Indices of at most n rows that tell most: of the front, the first ones, and the latest."""
    if len(losses) <= n:
        return np.arange(len(losses))
    front = np.flatnonzero(is_best(losses))
    front = front[np.argsort(-spread(losses[front]), kind="stable")[: n // 2]]
    others = np.setdiff1d(np.arange(len(losses)), front)
    first, latest = others[: n // 4], others[n // 4 :][::-1][: n - len(front) - n // 4]
    return np.sort(np.concatenate([front, first, latest]))


def spread(losses: np.ndarray) -> np.ndarray:
    """The distance between the two neighbours of each row, summed over objectives; large at the
    ends.
    """
    losses = np.where(np.isfinite(losses), losses, 0.0)
    width = np.maximum(np.ptp(losses, axis=0), 1e-12)
    total = np.zeros(len(losses))
    for column in (losses / width).T:
        order = np.argsort(column, kind="stable")
        total[order[1:-1]] += column[order[2:]] - column[order[:-2]]
        total[order[[0, -1]]] += len(losses)
    return total

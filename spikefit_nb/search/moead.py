"""Many weighted problems at once, each learning from its neighbours."""

# Source: Zhang and Li 2007, IEEE Trans. Evol. Comput. 11(6):712-731 (MOEA/D with the Tchebycheff
# function); Das and Dennis 1998, SIAM J. Optim. 8(3):631-657 (evenly spread weights).

from itertools import combinations

import numpy as np

from spikefit_nb.search.history import History
from spikefit_nb.search.own_sampler import OwnSampler

N_PROBLEMS = 20  # at least
N_NEIGHBOURS = 6
FROM_NEIGHBOURS = 0.9  # chance that both parents solve neighbouring problems
BEYOND = 0.25  # how far a child may lie outside its parents, in their distance
STEP = 0.1  # of a mutation
CHILDREN = 16  # bred for one trial, of which the first that is new is tried
LEAST_WEIGHT = 1e-3


class MoeadSampler(OwnSampler):
    """MOEA/D: several objectives as problems with one weight each, and trial k works on problem k
    modulo their number.
    """

    def _proposed(self, study, history, number, random):
        weights = even_weights(len(study.directions), N_PROBLEMS)
        if number < len(weights) or len(history.losses) < 2:
            return self._anywhere(random, history.seen)
        near = neighbours(weights, N_NEIGHBOURS)
        holders = solved(history, weights, near)
        pool = np.unique(holders[near[number % len(weights)]])
        if random.random() > FROM_NEIGHBOURS or len(pool[pool >= 0]) < 2:
            pool = np.unique(holders)
        parents = history.rows[random.choice(pool[pool >= 0], size=(2, CHILDREN))]
        by = random.uniform(-BEYOND, 1 + BEYOND, parents[0].shape)
        children = self._cube.mixed(parents[0], parents[1], by)
        children = self._acting(self._cube.moved(children, STEP, random))
        return self._first_new(children, history.seen) or self._anywhere(random, history.seen)


def even_weights(n_objectives: int, at_least: int) -> np.ndarray:
    """Weights that sum to 1, evenly spread, at least that many; none is quite 0."""
    n_parts = 1
    while len(weights := _parts(n_objectives, n_parts)) < at_least and n_objectives > 1:
        n_parts += 1
    return np.maximum(weights / n_parts, LEAST_WEIGHT)


def _parts(n_objectives: int, n_parts: int) -> np.ndarray:
    """All ways to cut a number of parts into one share for each objective."""
    n_cuts = n_objectives - 1
    cuts = np.array(list(combinations(range(n_parts + n_cuts), n_cuts)), int)
    edges = np.pad(cuts, ((0, 0), (1, 0)), constant_values=-1)
    edges = np.pad(edges, ((0, 0), (0, 1)), constant_values=n_parts + n_cuts)
    return np.diff(edges, axis=1) - 1


def neighbours(weights: np.ndarray, n: int) -> np.ndarray:
    """Of each weight the nearest ones, itself first."""
    distance = ((weights[:, None] - weights[None]) ** 2).sum(axis=2)
    return np.argsort(distance, axis=1, kind="stable")[:, :n]


def solved(history: History, weights: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Which finished trial solves each problem best, after all trials in their order; -1: none."""
    holders = np.full(len(weights), -1)
    excess = np.nan_to_num(np.maximum(history.constraints, 0)).sum(axis=1)
    best = np.full(weights.shape[1], np.inf)
    for k, number in enumerate(history.numbers):
        best = np.minimum(best, history.losses[k])
        problems = near[number % len(weights)]
        held = holders[problems]
        worst = history.losses[[k, *holders[holders >= 0]]].max(axis=0)
        scaled = weights[problems] / np.where(worst > best, worst - best, 1.0)
        new, old = ((scaled * (history.losses[rows] - best)).max(axis=1) for rows in (k, held))
        is_better = (excess[k] < excess[held]) | ((excess[k] == excess[held]) & (new <= old))
        holders[problems[(held < 0) | is_better]] = k
    return holders

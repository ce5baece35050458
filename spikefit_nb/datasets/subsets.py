"""Choose samples so that no class is forgotten."""

import numpy as np

from spikefit_nb.encode import Seed
from spikefit_nb.errors import DatasetProblem


def balanced(labels: np.ndarray, n_samples: int) -> np.ndarray:
    """The first of each class, the second of each, and so on, until there are enough."""
    if not isinstance(n_samples, int | np.integer) or not 1 <= n_samples <= len(labels):
        raise DatasetProblem(f"n_samples is {n_samples}, but there are {len(labels)} samples.")
    turn = np.zeros(len(labels), np.int64)
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        turn[own] = np.arange(len(own))
    return np.sort(np.argsort(turn, kind="stable")[:n_samples])


def split_evenly(
    labels: np.ndarray | None, n_samples: int, fraction: float, seed: Seed
) -> np.ndarray:
    """Mark the samples of the first part, each class in the same proportion as near as may be."""
    n_first = round(fraction * n_samples) if 0 <= fraction <= 1 else 0
    if not 0 < n_first < n_samples:
        raise DatasetProblem(
            f"fraction is {fraction} of {n_samples} samples; both parts need at least one."
        )
    generator = np.random.default_rng(seed)
    labels = np.zeros(n_samples, np.int64) if labels is None else labels
    order = generator.permutation(n_samples)
    classes, n_of = np.unique(labels, return_counts=True)
    wanted = n_of * (n_first / n_samples)
    n_taken = np.floor(wanted).astype(np.int64)
    # What rounding down left over goes to the classes that lost most by it.
    most_lost = np.argsort(n_taken - wanted, kind="stable")[: n_first - n_taken.sum()]
    n_taken[most_lost] += 1
    chosen = np.zeros(n_samples, bool)
    for label, n in zip(classes, n_taken, strict=True):
        chosen[order[labels[order] == label][:n]] = True
    return chosen

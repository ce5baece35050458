"""Round weights one source after the other, the error of each made good by those that follow."""

from collections.abc import Callable

import numpy as np
from scipy.linalg import solve_triangular

from spikefit_nb.adapt.activity import DAMPING

ROWS_AT_ONCE = 64

Nearest = Callable[[int, np.ndarray], np.ndarray]


def compensated(weights: np.ndarray, second: np.ndarray, nearest: Nearest) -> np.ndarray:
    """Round so that the potential changes least: ``sum over targets of dW.T @ H @ dW``, ``H`` the
    second moments.
    """
    # Source: Frantar et al. 2023, "GPTQ", ICLR, and Hassibi & Stork 1992, NeurIPS 5, for one
    # weight.
    rounded = np.stack([np.where(row != 0, nearest(i, row), 0.0) for i, row in enumerate(weights)])
    order = np.argsort(-np.diag(second), kind="stable")
    upper = _root_of_inverse(second[np.ix_(order, order)])
    if upper is None:
        return rounded
    left, made = weights[order], np.empty_like(weights)
    for start in range(0, len(order), ROWS_AT_ONCE):
        stop = min(start + ROWS_AT_ONCE, len(order))
        errors = np.empty((stop - start, weights.shape[1]))
        for i in range(start, stop):
            source = order[i]
            made[source] = np.where(weights[source] != 0, nearest(int(source), left[i]), 0.0)
            errors[i - start] = (left[i] - made[source]) / upper[i, i]
            left[i + 1 : stop] -= upper[i, i + 1 : stop, None] * errors[i - start]
        left[stop:] -= upper[start:stop, stop:].T @ errors
    return np.where(change(weights, made, second) < change(weights, rounded, second), made, rounded)


def change(before: np.ndarray, after: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Mean square change of what reaches each target's potential: the diagonal of dW.T @ H @ dW."""
    off = after - before
    return np.einsum("ij,ij->j", off, second @ off)


def _root_of_inverse(second: np.ndarray) -> np.ndarray | None:
    """Upper triangular ``U`` with ``U.T @ U = inv(second + damping)``; None where no source does
    anything.
    """
    power = float(np.mean(np.diag(second))) if second.size else 0.0
    if power <= 0:
        return None
    damped = second + DAMPING * power * np.eye(len(second))
    root = np.linalg.cholesky(damped[::-1, ::-1])[::-1, ::-1]  # upper, root @ root.T = damped
    return solve_triangular(root, np.eye(len(second)), lower=False)

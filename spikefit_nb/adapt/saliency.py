"""What a weight is worth to the membrane potential it feeds, and what the others have to become
without it.
"""

import numpy as np

from spikefit_nb.adapt.activity import DAMPING, Moments

MOST_ITERATIONS = 40
ACCURACY = 1e-5  # relative to the first gradient
LARGE = 2**17  # weights of a layer from which single precision is good enough to make up for some
MOST_PATTERNS = 32  # of free weights over all targets that are solved outright


def damped(second: np.ndarray) -> np.ndarray:
    """The Hessian of a layer's squared error, ``H = E[x x^T] + 0.01 mean(E[x^2]) I``."""
    mean = float(np.trace(second)) / len(second)
    return second + (DAMPING * mean or 1.0) * np.eye(len(second))


def cost_of_removal(moments: Moments) -> np.ndarray:
    """What removing a weight of one costs in membrane error, once others have made up for it."""
    # Source: Hassibi & Stork 1992, NeurIPS 5 (optimal brain surgeon); layer by layer as in Frantar
    # & Alistarh 2022, NeurIPS 35.
    if moments.second is None:
        return moments.importance
    return np.array([1 / np.diag(np.linalg.inv(damped(second))) for second in moments.second])


def made_up_for(
    hessian: np.ndarray,
    change: np.ndarray,
    free: np.ndarray,
    *,
    most: int = MOST_ITERATIONS,
    accuracy: float = ACCURACY,
) -> np.ndarray:
    """Change the free weights so that the membrane error of the whole change is least."""
    # Source: Hestenes & Stiefel 1952, J. Res. NBS 49:409-436, preconditioned by the diagonal.
    patterns, pattern = np.unique(np.packbits(free, axis=0), axis=1, return_inverse=True)
    if patterns.shape[1] <= MOST_PATTERNS:
        return _solved(hessian, change, free, pattern.ravel())
    number = np.float32 if change.size > LARGE else np.float64
    hessian = hessian.astype(number)
    found: np.ndarray = change.astype(number)
    scale = 1 / np.diag(hessian)[:, None]
    residual = -(hessian @ found) * free
    step = scale * residual
    squared = np.einsum("ij,ij->j", residual, step)
    enough = accuracy**2 * squared
    for _ in range(min(most, len(hessian) + 1)):
        if (squared <= enough).all():
            break
        along = hessian @ step
        curved = np.einsum("ij,ij->j", step, along)
        length = np.divide(
            squared, curved, out=np.zeros_like(squared), where=(squared > enough) & (curved > 0)
        )
        found += length * step
        along *= length
        along *= free
        residual -= along
        np.multiply(scale, residual, out=along)
        now = np.einsum("ij,ij->j", residual, along)
        step *= np.divide(now, squared, out=np.zeros_like(now), where=squared > 0)
        step += along
        squared = np.where(length > 0, now, 0)
    return found.astype(np.float64)


def _solved(
    hessian: np.ndarray, change: np.ndarray, free: np.ndarray, pattern: np.ndarray
) -> np.ndarray:
    """The least squares of targets by their sets of free entries."""
    found = change.copy()
    for k in range(int(pattern.max(initial=-1)) + 1):
        targets = np.flatnonzero(pattern == k)
        own = free[:, targets[0]]
        if own.any():
            given = hessian[np.ix_(own, ~own)] @ change[np.ix_(~own, targets)]
            found[np.ix_(own, targets)] = np.linalg.solve(hessian[np.ix_(own, own)], -given)
    return found

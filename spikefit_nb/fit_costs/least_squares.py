"""Non-negative least squares on bare arrays: what is fitted, identifiable, and how far it spreads.

Rows are measurements, columns are figures. Columns are brought to length one first, since figures
differ by 1e12.
"""

import numpy as np
from scipy.optimize import nnls

TOLERANCE = 1e-6  # of a column's length: amounts this nearly in proportion are in proportion
ROUNDING = 1e-12  # of what was measured: a part this small is a rounding error of the solver


def _scaled(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Columns of length one, and their lengths."""
    lengths = np.linalg.norm(rows, axis=0)
    lengths[lengths == 0] = 1.0
    return rows / lengths, lengths


def solve(rows: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """(n,) figures, 0 or more, for which ``rows @ figures`` comes nearest to what is wanted."""
    scaled, lengths = _scaled(rows)
    parts, _ = nnls(scaled, wanted)
    return np.where(parts < ROUNDING, 0.0, parts) / lengths


def null_projector(rows: np.ndarray) -> np.ndarray:
    """(n, n) projector on the null space: not zero where two figures cannot be told apart."""
    _, singular, right = np.linalg.svd(np.linalg.qr(_scaled(rows)[0], mode="r"))
    null = right[np.sum(singular > TOLERANCE * singular[0]) :]
    return null.T @ null


def condition_number(rows: np.ndarray) -> float:
    """Of the column-scaled rows, directions that are not identified left out."""
    singular = np.linalg.svd(_scaled(rows)[0], compute_uv=False)
    singular = singular[singular > TOLERANCE * singular[0]]
    return float(singular[0] / singular[-1])


def has_spread(rows: np.ndarray) -> np.ndarray:
    """(n,) bool, whether some measurement that decides a figure is also checked by others."""
    scaled, _ = _scaled(rows)
    inverse = np.linalg.pinv(scaled, rcond=TOLERANCE)
    checked = np.einsum("ij,ji->i", scaled, inverse) < 1 - TOLERANCE
    decides = np.abs(inverse) > TOLERANCE * np.abs(inverse).max(axis=1, keepdims=True)
    return (decides & checked).any(axis=1)


def identifiable(projector: np.ndarray) -> np.ndarray:
    """(n,) bool, whether the null space is zero in a figure."""
    return np.diag(projector) < TOLERANCE**2


def resampled(rows: np.ndarray, wanted: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """(n_bootstrap, n) figures fitted to each draw; NaN where a draw does not identify one."""
    known = np.array([identifiable(null_projector(rows[draw])) for draw in draws])
    return np.where(known, [solve(rows[draw], wanted[draw]) for draw in draws], np.nan)

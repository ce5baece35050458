"""A Gaussian process through what was seen: what is expected elsewhere, and how surely."""

# Source: Rasmussen and Williams 2006, Gaussian Processes for Machine Learning, algorithm 2.1 and
# eq. 4.17 (the Matern kernel of smoothness 5/2); Hvarfner, Hellsten and Nardi 2024, ICML (length
# scales that grow with the root of the number of dimensions).

from functools import lru_cache

import numpy as np
from scipy.linalg import cho_solve, solve_triangular
from scipy.optimize import minimize
from scipy.spatial.distance import cdist
from skopt.learning import GaussianProcessRegressor
from skopt.learning.gaussian_process.kernels import Matern

REFIT_EVERY = 5  # points, after which the length scales are fitted again
MOST_FOR_SCALES = 150  # points: more tell the length scales no better
NUGGET = 1e-4  # variance of the noise, in variances of what was seen
SHORTEST, LONGEST = 0.05, 20.0  # length scales, in widths of a knob's range
TYPICAL = 0.5  # length scale beforehand, times the root of the number of columns
SPREAD = 0.5  # of its logarithm


class GaussianProcess:
    """A model of one quantity over the columns of a unit cube, through all points or some."""

    def __init__(self, x: np.ndarray, y: np.ndarray, some: np.ndarray | slice = slice(None)):
        self._scales = scales_of(x, y)
        x, y = x[some], y[some]
        self._mean, self._std = y.mean(), max(y.std(), 1e-12)
        self._x = x / self._scales
        covariance = _matern(self._x, self._x) + NUGGET * np.eye(len(x))
        self._root = np.linalg.cholesky(covariance)
        self._weights = cho_solve((self._root, True), (y - self._mean) / self._std)

    def predicted(self, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation at rows of columns."""
        covariance = _matern(self._x, at / self._scales)
        explained = (solve_triangular(self._root, covariance, lower=True) ** 2).sum(axis=0)
        std = np.sqrt(np.maximum(1 - explained, 1e-12))
        return self._mean + self._std * (self._weights @ covariance), self._std * std


def _matern(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    distance = np.sqrt(5) * cdist(a, b)
    return (1 + distance + distance**2 / 3) * np.exp(-distance)


def scales_of(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The likeliest length scales, fitted anew every few points, and to the first of them alone, so
    that a new process finds the same.
    """
    n = len(x) if len(x) < 2 * REFIT_EVERY else len(x) - len(x) % REFIT_EVERY
    n = min(n, MOST_FOR_SCALES)
    return _fitted_scales(x[:n].tobytes(), y[:n].tobytes(), x.shape[1])


@lru_cache(maxsize=64)
def _fitted_scales(x: bytes, y: bytes, n_columns: int) -> np.ndarray:
    kernel = _Kernel(np.ones(n_columns), [(SHORTEST, LONGEST)] * n_columns, nu=2.5)
    model = GaussianProcessRegressor(
        kernel=kernel, normalize_y=True, alpha=NUGGET, optimizer=_likeliest, random_state=0
    )
    model.fit(np.frombuffer(x).reshape(-1, n_columns), np.frombuffer(y))
    return np.broadcast_to(model.kernel_.length_scale, n_columns)


def _likeliest(objective, start: np.ndarray, bounds) -> tuple[np.ndarray, float]:
    """Logarithms of length scales that are likely both beforehand and from what was seen."""
    typical = np.log(TYPICAL) + np.log(len(start)) / 2

    def cost(theta):
        value, gradient = objective(theta)
        away = (theta - typical) / SPREAD
        return value + (away**2).sum() / 2, gradient + away / SPREAD

    beginning = np.full_like(start, typical)
    found = minimize(cost, beginning, jac=True, bounds=bounds, method="L-BFGS-B")
    return found.x, found.fun


class _Kernel(Matern):
    def _check_bounds_params(self) -> None:
        """No warning for a length scale at its bound: that is how a knob without effect looks."""

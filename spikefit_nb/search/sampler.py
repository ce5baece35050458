"""Where to look next: samplers behind one ask-and-tell Protocol."""

from typing import Protocol

import numpy as np
from skopt.learning import GaussianProcessRegressor
from skopt.learning.gaussian_process.kernels import Matern
from skopt.sampler import Sobol
from threadpoolctl import threadpool_limits

from spikefit_nb.search.pareto import is_best, normalized
from spikefit_nb.search.space import DesignSpace

POOL, NEIGHBOURS, DRAWS, REFIT_EVERY = 400, 100, 64, 5


class Sampler(Protocol):
    """Proposes points and learns from their losses."""

    def ask(self) -> list:
        """The next point to try."""
        ...

    def tell(self, point: list, losses: np.ndarray | None) -> None:
        """What came of a point: losses to be made small, or None when it does not fit."""
        ...


class SobolSampler:
    """Fills the space evenly, and learns nothing."""

    def __init__(self, space: DesignSpace, n_points: int, *, seed: int):
        power_of_two = 1 << max(0, n_points - 1).bit_length()
        points = Sobol().generate(space.space.dimensions, power_of_two, random_state=seed)
        self._points = iter(points)

    def ask(self) -> list:
        """The next point of the sequence."""
        return next(self._points)

    def tell(self, point: list, losses: np.ndarray | None) -> None:
        """Nothing is learnt."""


class GaussianProcessSampler:
    """Bayesian optimisation of several objectives."""

    # Source: Knowles 2006, IEEE Trans. Evol. Comput. 10(1):50-66 (ParEGO), with a model per
    # objective.

    def __init__(
        self, space: DesignSpace, n_initial: int, *, seed: int, limits: np.ndarray | None = None
    ):
        self._space, self._n_initial, self._limits = space, n_initial, limits
        self._initial = SobolSampler(space, n_initial, seed=seed)
        self._random = np.random.RandomState(seed)  # skopt's spaces draw from this older interface
        self._points: list[list] = []
        self._losses: list[np.ndarray | None] = []
        self._seen: set = set()
        self._models: list[GaussianProcessRegressor] = []
        self._fitted_at = 0

    def tell(self, point: list, losses: np.ndarray | None) -> None:
        """Learn what came of a point; None says that it does not fit."""
        self._points.append(list(point))
        self._losses.append(losses)
        self._seen.add(self._space.design(point))

    def ask(self) -> list:
        """The point that promises most; points already tried are not asked for again while others
        are left.
        """
        n_known = sum(losses is not None for losses in self._losses)
        if len(self._points) < self._n_initial or n_known < 2:
            return self._initial.ask() if len(self._points) < self._n_initial else self._fresh(1)[0]
        pool = self._fresh(POOL) + self._near_the_best()
        with threadpool_limits(1):
            promise = self._promise(pool)
        return pool[int(np.argmax(promise))]

    def _fresh(self, n: int) -> list[list]:
        drawn = self._space.space.rvs(n, random_state=self._random)
        return [p for p in drawn if self._space.design(p) not in self._seen] or drawn

    def _near_the_best(self) -> list[list]:
        known = [k for k, losses in enumerate(self._losses) if losses is not None]
        best = is_best(np.array([self._losses[k] for k in known]))
        centres = self._space.space.transform(
            [self._points[k] for k, good in zip(known, best, strict=True) if good]
        )
        picked = centres[self._random.randint(len(centres), size=NEIGHBOURS)]
        moved = np.clip(picked + 0.1 * self._random.standard_normal(picked.shape), 0, 1)
        points = self._space.space.inverse_transform(moved)
        return [p for p in points if self._space.design(p) not in self._seen]

    def _promise(self, pool: list[list]) -> np.ndarray:
        known = [k for k, losses in enumerate(self._losses) if losses is not None]
        y, limits = self._framed(np.array([self._losses[k] for k in known]))
        self._fit(self._space.space.transform([self._points[k] for k in known]), y)
        at = self._space.space.transform(pool)
        weights = self._random.dirichlet(np.ones(y.shape[1]))
        noise = self._random.standard_normal((DRAWS, y.shape[1]))
        drawn = np.zeros((DRAWS, len(pool), y.shape[1]))
        for j, model in enumerate(self._models):
            mean, std = model.predict(at, return_std=True)
            drawn[:, :, j] = mean + noise[:, j, None] * std
        score = _scalar(drawn, weights)
        reached = _scalar(y, weights)[(y <= limits).all(axis=1)].min(initial=2.0)
        gain = np.maximum(reached - score, 0) * (drawn <= limits).all(axis=2)
        # Where no gain is expected anywhere, the point that misses the limits least is the one to
        # try.
        miss = np.maximum(drawn - limits, 0).sum(axis=2)
        return gain.mean(axis=0) * self._chance_to_fit(at) - 1e-9 * (10 * miss + score).mean(axis=0)

    def _framed(self, losses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Losses and limits, normalised to the points within the limits where there are enough of
        them.
        """
        limits = np.full(losses.shape[1], np.inf) if self._limits is None else self._limits
        within = losses[(losses <= limits).all(axis=1)]
        frame = within if len(within) > 2 else losses
        return normalized(losses, frame), normalized(limits[None], frame)[0]

    def _fit(self, x: np.ndarray, y: np.ndarray) -> None:
        """Fit the length scales every few asks, and the points themselves every time."""
        refit = not self._models or len(x) - self._fitted_at >= REFIT_EVERY
        if refit:
            self._fitted_at = len(x)
        kernels = [model.kernel_ for model in self._models]
        self._models = [
            _gaussian_process(
                None if refit else kernels[j], x.shape[1], self._random.randint(2**31)
            ).fit(x, y[:, j])
            for j in range(y.shape[1])
        ]

    def _chance_to_fit(self, at: np.ndarray) -> np.ndarray:
        fits = np.array([losses is not None for losses in self._losses], float)
        if fits.all():
            return np.ones(len(at))
        model = _gaussian_process(None, at.shape[1], self._random.randint(2**31))
        return np.clip(
            model.fit(self._space.space.transform(self._points), fits).predict(at), 0.01, 1
        )


def _scalar(y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return (weights * y).max(axis=-1) + 0.05 * (weights * y).sum(axis=-1)


class _Kernel(Matern):
    def _check_bounds_params(self) -> None:
        """No warning for a length scale at its bound: that is how a knob without effect looks."""


def _gaussian_process(kernel, n_dims: int, seed: int) -> GaussianProcessRegressor:
    fixed = kernel is not None
    return GaussianProcessRegressor(
        kernel=kernel if fixed else _Kernel(np.ones(n_dims), [(0.05, 20.0)] * n_dims, nu=2.5),
        normalize_y=True,
        alpha=1e-4,
        n_restarts_optimizer=0,
        optimizer=None if fixed else "fmin_l_bfgs_b",
        random_state=seed,
    )

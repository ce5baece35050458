"""Where to look next: designs as points of a space, and samplers behind one ask-and-tell Protocol.

Scikit-optimize takes seconds to import: a study does it in its own thread.
"""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from skopt.learning import GaussianProcessRegressor
from skopt.learning.gaussian_process.kernels import Matern
from skopt.sampler import Sobol
from skopt.space import Categorical, Dimension, Integer, Real, Space
from threadpoolctl import threadpool_limits

from spikefit_nb.adapt import KNOBS, Design
from spikefit_nb.search.objectives import is_best, normalized
from spikefit_nb.search.ranges import Range, check_ranges

POOL, NEIGHBOURS, DRAWS, REFIT_EVERY = 400, 100, 64, 5
DECIMALS = 2  # of fractions and factors: finer steps would not be told apart
WIDE = 100  # times its least, from which on a knob is searched on a logarithmic scale


class DesignSpace:
    """Designs as points that a sampler can move in.

    Parameters
    ----------
    ranges : mapping of knob to (low, high), a list of choices or a fixed value

    Examples
    --------
    >>> DesignSpace({"weight_bits": (2, 8), "share_cores": True}).design([4])
    Design(weight_bits=4, share_cores=True)
    """

    def __init__(self, ranges: Mapping[str, Range]):
        check_ranges(ranges)
        self.fixed: dict[str, object] = {}
        dimensions = []
        for name, value in ranges.items():
            if isinstance(value, tuple) and isinstance(value[0], bool):
                value = list(value)  # yes or no is a choice, not a range
            if isinstance(value, tuple) and value[0] != value[1]:
                dimensions.append(_dimension(name, *value))
            elif isinstance(value, list) and len(set(value)) > 1:
                dimensions.append(
                    Categorical(list(dict.fromkeys(value)), name=name, transform="onehot")
                )
            else:
                self.fixed[name] = value[0] if isinstance(value, tuple | list) else value
        self.space = Space(dimensions)
        self.names = tuple(d.name for d in dimensions)

    def design(self, point: list) -> Design:
        """The design at a point."""
        knobs = dict(self.fixed)
        for name, value in zip(self.names, point, strict=True):
            knobs[name] = None if value is None else _as_knob(name, value)
        return Design(**knobs)


def _as_knob(name: str, value: Any) -> Any:
    """A value of the kind that a knob takes."""
    if isinstance(value, str):
        return value
    kind = type(KNOBS[name][0])
    return round(float(value), DECIMALS) if kind is float else kind(value)


def _dimension(name: str, low: float, high: float) -> Dimension:
    least, most, _ = KNOBS[name]
    prior = "log-uniform" if least and most / least >= WIDE else "uniform"
    kind = Real if isinstance(least, float) else Integer
    numbers = map(type(least), (low, high))
    return kind(*numbers, prior=prior, name=name, transform="normalize")


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
        if len(self._points) < self._n_initial:
            return self._initial.ask()
        fitting = [k for k, losses in enumerate(self._losses) if losses is not None]
        if len(fitting) < 2:
            return self._fresh(1)[0]
        x = self._space.space.transform([self._points[k] for k in fitting])
        losses = np.array([self._losses[k] for k in fitting])
        pool = self._fresh(POOL) + self._near(x[is_best(losses)])
        with threadpool_limits(1):
            promise = self._promise(pool, x, losses)
        return pool[int(np.argmax(promise))]

    def _fresh(self, n: int) -> list[list]:
        drawn = self._space.space.rvs(n, random_state=self._random)
        return [p for p in drawn if self._space.design(p) not in self._seen] or drawn

    def _near(self, centres: np.ndarray) -> list[list]:
        picked = centres[self._random.randint(len(centres), size=NEIGHBOURS)]
        moved = np.clip(picked + 0.1 * self._random.standard_normal(picked.shape), 0, 1)
        points = self._space.space.inverse_transform(moved)
        return [p for p in points if self._space.design(p) not in self._seen]

    def _promise(self, pool: list[list], x: np.ndarray, losses: np.ndarray) -> np.ndarray:
        y, limits = self._framed(losses)
        self._fit(x, y)
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

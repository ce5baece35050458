"""Bayesian optimisation of several objectives: a Gaussian process for each, and the point that is
expected to add most to the front.
"""

# Source: Knowles 2006, IEEE Trans. Evol. Comput. 10(1):50-66 (ParEGO); Emmerich, Deutz and
# Klinkenberg 2011, IEEE CEC (expected hypervolume improvement); Ginsbourger, Le Riche and Carraro
# 2010 (the Kriging believer: a trial that still runs counts as if it came out as expected).

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from optuna.distributions import BaseDistribution
from scipy.special import log_ndtr
from threadpoolctl import threadpool_limits

from spikefit_nb.search.expected_front import (
    expected_front,
    telling,
    without_tails,
)
from spikefit_nb.search.history import History, Params, losses_of
from spikefit_nb.search.hypervolume import boxes_not_beaten, expected_improvement
from spikefit_nb.search.objectives import is_best, normalized
from spikefit_nb.search.own_sampler import OwnSampler
from spikefit_nb.search.setting import Kept
from spikefit_nb.search.surrogate import GaussianProcess

N_INITIAL = 16
MOST_OBJECTIVES = 4  # for which there are few enough boxes
POOL, NEAR = 1000, 200  # rows everywhere, and near the most promising ones
POLISHED, MOVES, STEPS = 20, 25, (0.2, 0.1, 0.05, 0.02, 0.01)
DRAWS = 64
MOST_LEARNT_FROM = 150  # trials, so that a suggestion stays quick
MARGIN = 0.1  # of the front's width, by which a reference that nobody stated lies behind it
LEAST_CHANCE, LEAST_GAIN = 0.01, 1e-30
HOPE = 1.0  # standard deviations by which what is expected may turn out better
SLIGHT = 0.04  # of the width of what was seen: a gain not worth a large loss elsewhere
CAUTION = 2.0  # weight of the chance to keep the limits, beyond what the gain counts of it
LIKELY = 0.5  # chance from which on a point may be part of the front that is expected
Score = Callable[[np.ndarray, np.ndarray], np.ndarray]


class GaussianProcessSampler(OwnSampler):
    """Bayesian optimisation of several objectives."""

    def __init__(
        self,
        distributions: Mapping[str, BaseDistribution],
        *,
        seed: int,
        reference: Sequence[float | None] | None = None,
        limits: Sequence[float | None] | None = None,
        logarithmic: Sequence[bool] | None = None,
        starts: Sequence[Params] = (),
        n_initial: int | None = None,
        canonical: Callable[[Params], Params] | None = None,
        kept: Mapping[str, Kept] | None = None,
        is_admissible: Callable[[Params], bool] | None = None,
    ):
        super().__init__(
            distributions,
            seed=seed,
            logarithmic=logarithmic,
            canonical=canonical,
            kept=kept,
            is_admissible=is_admissible,
        )
        self._reference, self._limits = reference, limits
        self._initial = self._filled(starts, N_INITIAL if n_initial is None else n_initial)

    def _proposed(self, study, history, number, random):
        if number < len(self._initial):
            start = self._first_new(self._initial[number : number + 1], history.seen)
            if start is not None:
                return start
        if len(history.losses) < 2:
            return self._anywhere(random, history.seen)
        with threadpool_limits(1):
            return self._most_promising(study, history, random)

    def _most_promising(self, study, history: History, random) -> dict[str, object]:
        x = self._cube.columns(history.rows)
        some = telling(history.losses, MOST_LEARNT_FROM)
        models = [GaussianProcess(x, losses, some) for losses in history.losses.T]
        chance = _chance(history, self._cube)
        rows, losses = _believed(history, models, self._cube)
        front = rows[is_best(losses)]
        reference = self._stated_reference(study.directions)
        bred, expected = self._expected_front(models, chance, front, random)
        if len(reference) > MOST_OBJECTIVES:
            gain = _scalar_gain(losses, reference, random)
        else:
            gain = _hypervolume_gain(losses, _completed(reference, expected, losses))
        limits = self._as_losses(self._limits, study.directions)

        def score(some_rows):
            at = self._cube.columns(some_rows)
            mean, std = np.stack([model.predicted(at) for model in models], axis=-1)
            within = log_ndtr((limits - mean) / std).sum(axis=1, where=~np.isnan(limits))
            return gain(mean, std) + CAUTION * within + chance(at)

        best = self._searched(score, np.vstack([front, bred]), random)
        return self._first_new(best, history.seen) or self._anywhere(random, history.seen)

    def _expected_front(self, models, chance, front, random) -> tuple[np.ndarray, np.ndarray]:
        def losses_at(rows):
            at = self._cube.columns(rows)
            mean, std = np.stack([model.predicted(at) for model in models], axis=-1)
            losses = mean - HOPE * std
            losses[chance(at) < np.log(LIKELY)] = np.inf
            return losses

        def moved(rows, step):
            return self._moved(rows, step, random)

        some = np.vstack([front, self._drawn(random, POOL // 10)])
        return expected_front(losses_at, some, moved, random)

    def _searched(self, score, promising: np.ndarray, random) -> np.ndarray:
        """Rows everywhere and near the promising ones, the best of them polished; best first."""
        near = np.repeat(promising, -(-NEAR // len(promising)), axis=0)
        anywhere = self._drawn(random, POOL)
        rows = np.vstack([anywhere, promising, self._moved(near, STEPS[0], random)])
        scores = score(rows)
        for step in STEPS:
            centres = rows[np.argsort(-scores, kind="stable")[:POLISHED]]
            moved = self._moved(np.repeat(centres, MOVES, axis=0), step, random)
            rows, scores = np.vstack([rows, moved]), np.append(scores, score(moved))
        return rows[np.argsort(-scores, kind="stable")]

    def _moved(self, rows, step, random):
        return self._acting(self._cube.moved(rows, step, random))

    def _stated_reference(self, directions) -> np.ndarray:
        """Limits, and what else was stated, as losses; nan where nothing was."""
        limits = self._as_losses(self._limits, directions)
        stated = self._as_losses(self._reference, directions)
        return np.where(np.isnan(limits), stated, limits)

    def _as_losses(self, given, directions) -> np.ndarray:
        values = [np.nan if value is None else value for value in given or [None] * len(directions)]
        losses = losses_of([values], directions, self._logarithmic)[0]
        return np.where(np.isfinite(losses), losses, np.nan)


def _believed(history: History, models, cube) -> tuple[np.ndarray, np.ndarray]:
    """Rows and losses of the trials kept, and of those running as if they came out as expected;
    of all, where none is kept.
    """
    kept = history.kept if history.kept.any() else np.ones(len(history.rows), bool)
    expected = [model.predicted(cube.columns(history.running))[0] for model in models]
    rows = np.vstack([history.rows[kept], history.running])
    return rows, np.vstack([history.losses[kept], np.stack(expected, axis=1)])


def _completed(reference: np.ndarray, expected: np.ndarray, losses: np.ndarray) -> np.ndarray:
    """A reference in which what nobody stated lies a little behind the front that is expected."""
    front = without_tails(expected, SLIGHT * np.ptp(losses, axis=0))
    front = front[~(front > reference).any(axis=1)]
    if len(front) < 2:
        front = losses
    worst, best = front.max(axis=0), front.min(axis=0)
    behind = worst + MARGIN * np.where(worst > best, worst - best, 1.0)
    return np.where(np.isnan(reference), behind, reference)


def _hypervolume_gain(losses: np.ndarray, reference: np.ndarray) -> Score:
    """The logarithm of the expected gain in hypervolume, as a part of all there is to gain."""
    front = losses[is_best(losses)]
    boxes = boxes_not_beaten(front, reference)
    scale = np.prod(np.maximum(np.ptp(losses, axis=0), 1e-12))

    def gain(mean, std):
        part = expected_improvement(mean, std, boxes) / scale
        within = log_ndtr((reference - mean) / std).sum(axis=1)  # decides where nothing is gained
        return np.log(np.maximum(part, LEAST_GAIN)) + 1e-3 * within

    return gain


def _scalar_gain(losses: np.ndarray, reference: np.ndarray, random) -> Score:
    """The logarithm of the expected gain of a weighted maximum, with weights drawn at random."""
    limits = np.where(np.isnan(reference), np.inf, reference)
    within = losses[(losses <= limits).all(axis=1)]
    frame = within if len(within) > 2 else losses
    y, limits = normalized(losses, frame), normalized(limits[None], frame)[0]
    low, width = frame.min(axis=0), np.ptp(frame, axis=0)
    width = np.where(width > 0, width, 1.0)
    weights = random.dirichlet(np.ones(losses.shape[1]))
    noise = random.standard_normal((DRAWS, 1, losses.shape[1]))
    reached = _scalar(y, weights)[(y <= limits).all(axis=1)].min(initial=2.0)

    def gain(mean, std):
        drawn = (mean - low + noise * std) / width
        gains = np.maximum(reached - _scalar(drawn, weights), 0) * (drawn <= limits).all(axis=2)
        miss = np.maximum((mean - low) / width - limits, 0).sum(axis=1)
        score = _scalar((mean - low) / width, weights)
        return np.log(np.maximum(gains.mean(axis=0), 1e-9)) - 1e-3 * (10 * miss + score)

    return gain


def _scalar(y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return (weights * y).max(axis=-1) + 0.05 * (weights * y).sum(axis=-1)


def _chance(history: History, cube) -> Callable[[np.ndarray], np.ndarray]:
    """The logarithm of the chance that a point can be mapped and breaks no constraint."""
    x = cube.columns(history.rows)
    fits = None
    if len(history.misfits):
        order = np.argsort(np.append(history.numbers, history.misfit_numbers), kind="stable")
        all_x = np.vstack([x, cube.columns(history.misfits)])[order]
        is_fitting = np.repeat([1.0, 0.0], [len(x), len(history.misfits)])[order]
        some = np.unique(np.linspace(0, len(all_x) - 1, MOST_LEARNT_FROM).astype(int))
        fits = GaussianProcess(all_x, is_fitting, some)
    known = [~np.isnan(column) for column in history.constraints.T]
    constraints = [
        GaussianProcess(x[given], column[given], telling(history.losses[given], MOST_LEARNT_FROM))
        for given, column in zip(known, history.constraints.T, strict=True)
    ]

    def chance(at):
        total = np.zeros(len(at))
        if fits is not None:
            total += np.log(np.clip(fits.predicted(at)[0], LEAST_CHANCE, 1))
        for model in constraints:
            mean, std = model.predicted(at)
            total += log_ndtr(-mean / std)
        return total

    return chance

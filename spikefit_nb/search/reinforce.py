"""A policy that draws each knob for itself, made likelier to draw what has paid."""

# Source: Williams 1992, Machine Learning 8:229-256 (REINFORCE with a baseline); Zitzler et al.
# 2003, IEEE Trans. Evol. Comput. 7(2):117-132 (the additive epsilon indicator, here the reward).

import numpy as np

from spikefit_nb.search.history import History
from spikefit_nb.search.own_sampler import OwnSampler

MOST_LEVELS = 8  # into which a range of numbers is cut
RATE = 0.3  # of learning, in logits a standard deviation of the reward
KEPT = 0.9  # of the running mean and variance of rewards, at each trial
EVENLY = 0.1  # chance to draw a knob evenly, whatever has paid
DRAWN = 16  # for one trial, of which the first that is new is tried
NO_FIT = -1.0  # reward, in widths of what was seen


class ReinforceSampler(OwnSampler):
    """REINFORCE: the gradient of the expected reward by the logits of a factorised policy."""

    def _proposed(self, study, history, number, random):
        n_levels = np.minimum([knob.n_levels for knob in self._cube.knobs], MOST_LEVELS).astype(int)
        numbers = np.append(history.numbers, history.misfit_numbers)
        order = np.argsort(numbers, kind="stable")
        rows = np.vstack([history.rows, history.misfits])[order]
        all_rewards = np.append(rewards(history), np.full(len(history.misfits), NO_FIT))[order]
        levels = np.floor(self._cube.evenly(rows) * n_levels).clip(0, n_levels - 1).astype(int)
        chances = policy(levels, all_rewards, n_levels)
        drawn = [random.choice(len(row), size=DRAWN, p=row) for row in chances]
        uniform = (np.stack(drawn, axis=1) + random.random((DRAWN, len(n_levels)))) / n_levels
        rows = self._acting(self._cube.drawn(uniform))
        return self._first_new(rows, history.seen) or self._anywhere(random, history.seen)


def rewards(history: History) -> np.ndarray:
    """How far each trial moved the front of those before it; below 0 how far it lies behind."""
    found, kept = np.zeros(len(history.losses)), history.kept
    front = history.losses[:1]
    low = high = front.min(axis=0, initial=np.inf)
    for k, losses in enumerate(history.losses):
        low, high = np.minimum(low, losses), np.maximum(high, losses)
        width = np.where(high > low, high - low, 1.0)
        if k > 0:
            found[k] = ((front - losses) / width).max(axis=1).min()
        if not kept[k]:
            found[k] = min(found[k], NO_FIT)
        elif found[k] >= 0:
            front = np.vstack([front[~(front >= losses).all(axis=1)], losses])
    return found


def policy(levels: np.ndarray, rewarded: np.ndarray, n_levels: np.ndarray) -> np.ndarray:
    """The chance of each level of each knob, after trials of these levels and rewards."""
    exists = np.arange(n_levels.max()) < n_levels[:, None]
    logits = np.where(exists, 0.0, -np.inf)
    evenly = exists / n_levels[:, None]
    baseline, variance = 0.0, 1.0
    for row, reward in zip(levels, rewarded, strict=True):
        away = reward - baseline
        chosen = np.arange(len(logits[0])) == row[:, None]
        logits += RATE * away / max(variance, 1e-12) ** 0.5 * (chosen - _softmax(logits))
        baseline += (1 - KEPT) * away
        variance = KEPT * variance + (1 - KEPT) * away**2
    return (1 - EVENLY) * _softmax(logits) + EVENLY * evenly


def _softmax(logits: np.ndarray) -> np.ndarray:
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)

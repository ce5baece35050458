"""Whether each recording's steps are done in time, where they arrive as they last."""

from typing import NamedTuple

import numpy as np

ROUNDING = 1e-9  # relative: sums of ticks are not exact


class Arrivals(NamedTuple):
    """When steps of live input are there: step k at ``min(k + 1, n_steps) * dt_s``.

    Parameters
    ----------
    dt_s : float, seconds of a step of the recordings
    n_steps : int, of the recordings; further ones let spikes through and wait for nothing

    Examples
    --------
    >>> Arrivals(1e-3, 64).dt_s
    0.001
    """

    dt_s: float
    n_steps: int


class Pace(NamedTuple):
    """How each recording fares live: numbers of a sample, since those of its steps would be many.

    Parameters
    ----------
    arrivals : Arrivals
    lag_s : (n_samples,) float64, from the end of the recording to its answer
    n_missed : (n_samples,) int64, steps that take longer than one of the recording, or than a tick
    period_s : (n_samples,) float64 or None, from the begin of each stored recording to that of the
        next, where it begins as soon as the one before has been read in

    Examples
    --------
    >>> Pace(Arrivals(1e-3, 2), np.array([1e-5]), np.array([0])).n_missed.sum()
    np.int64(0)
    """

    arrivals: Arrivals
    lag_s: np.ndarray
    n_missed: np.ndarray
    period_s: np.ndarray | None = None


def lag_of(step_s: np.ndarray, arrivals: Arrivals) -> np.ndarray:
    """Let every sample's steps wait for their input: seconds from its end to each answer."""
    done_s = np.zeros(len(step_s))
    for k in range(step_s.shape[1]):
        there_s = min(k + 1, arrivals.n_steps) * arrivals.dt_s
        done_s = np.maximum(done_s, there_s) + step_s[:, k]
    return done_s - arrivals.n_steps * arrivals.dt_s


def pace_of(step_s: np.ndarray, late: np.ndarray, arrivals: Arrivals) -> Pace:
    """How every sample fares, of its times of steps (n_samples, n_steps)."""
    missed = (step_s > arrivals.dt_s * (1 + ROUNDING)) | late
    return Pace(arrivals, lag_of(step_s, arrivals), missed.sum(axis=1))

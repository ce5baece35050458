"""Recordings back to back: each begins while the last spikes of the one before are on their way."""

import numpy as np

from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.kernels import replay_run as k
from spikefit_nb.replay.counters import Counters
from spikefit_nb.replay.timing import Timed, step_ends, work_times

LIKE_ONE_RUN = ("contention", "cycles")  # timings that are told of a run alone


def periods_s(
    counters: Counters, profile: HardwareProfile, timing: str, timed: Timed, n_steps: int
) -> np.ndarray | None:
    """Seconds from each recording's begin to that of the next, (n_samples,), in a circle; None
    where steps of two runs are not timed together.
    """
    # A step does what it does in one recording and, further down, in the one before: by the counts
    # of both, its busiest core may be another than in a run alone.
    n_samples, n_all = timed.step_s.shape
    n_over = n_all - n_steps
    if timing in LIKE_ONE_RUN or n_over > n_steps:
        return None
    step_s = timed.step_s[:, :n_steps].copy()
    if timing == "tick" or n_over <= 0:
        return step_s.sum(axis=1)
    times, n_cores = work_times(counters, profile, timing), counters.mapping.n_cores
    scratch, each_s = np.empty((2, n_cores)), np.empty((n_over, n_cores))
    busiest_s = np.empty((n_samples, n_over))
    for sample in range(n_samples):
        cells = _of_both(counters, sample, n_over)
        k.time_rows(cells, 0, times, scratch, busiest_s[sample], each_s)
    ends_s = np.broadcast_to(step_ends(counters, profile, timing), timed.step_s.shape)
    last_s = np.roll(ends_s[:, n_steps:], 1, axis=0)  # of the recording before
    step_s[:, :n_over] = busiest_s + np.maximum(ends_s[:, :n_over], last_s)
    return step_s.sum(axis=1)


def _of_both(counters: Counters, sample: int, n_over: int) -> np.ndarray:
    """Counts of the first steps of a recording and of the last of the one before, together."""
    first = sample * counters.record.n_steps
    if sample:  # whose rows lie just before
        cells = counters.count((first - n_over, first + n_over))
        return cells[:n_over] + cells[n_over:]
    last = counters.count((counters.n_rows - n_over, counters.n_rows))
    return last + counters.count((0, n_over))

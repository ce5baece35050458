"""How fast the innermost loops are by themselves: no neurons, no search for events, nothing but
adding weights.
"""

import numpy as np
from numba import njit

from tests.benchmarks.contest import Contestant
from tests.benchmarks.peers.pacing import Job, timed

EIGHT = 8


@njit(cache=True)
def add_rows(weights, rows, total):
    """Add rows of a matrix, one at a time; the type of ``total`` says how wide the sums are."""
    for row in rows:
        for k in range(total.size):
            total[k] += weights[row, k]


@njit(cache=True)
def add_eight_rows(weights, rows, total):
    """The same, eight rows at a time, so that ``total`` is read and written once for eight; no rest
    is looked after.
    """
    for r in range(0, rows.size, EIGHT):
        a, b, c, d = (
            weights[rows[r]],
            weights[rows[r + 1]],
            weights[rows[r + 2]],
            weights[rows[r + 3]],
        )
        e, f, g, h = (
            weights[rows[r + 4]],
            weights[rows[r + 5]],
            weights[rows[r + 6]],
            weights[rows[r + 7]],
        )
        for k in range(total.size):
            ab, cd = np.int16(a[k]) + np.int16(b[k]), np.int16(c[k]) + np.int16(d[k])
            ef, gh = np.int16(e[k]) + np.int16(f[k]), np.int16(g[k]) + np.int16(h[k])
            total[k] += np.int16(ab + cd) + np.int16(ef + gh)


@njit(cache=True)
def scatter(targets, weights, sources, out_degree, total):
    """Add the weights of the synapses of neurons, each at its target."""
    for source in sources:
        for j in range(source * out_degree, (source + 1) * out_degree):
            total[targets[j]] += weights[j]


def row_bounds(weights: np.ndarray, rows: np.ndarray) -> list[Contestant]:
    """Sum the rows of an int8 matrix that stays in the cache, (n_rows, n_columns), in three
    ways.
    """
    rows = rows[: rows.size // EIGHT * EIGHT]
    n_times = np.bincount(rows, minlength=len(weights))
    exact = n_times @ weights.astype(np.int64)

    def bound(name: str, kernel, dtype: type) -> Contestant:
        def run() -> np.ndarray:
            total = np.zeros(weights.shape[1], dtype)
            kernel(weights, rows, total)
            return total

        expected = {
            "column": exact.astype(dtype).tolist()
        }  # wide sums wrap round in int16, here and there alike
        return _loop(name, run, expected, rows.size * weights.shape[1])

    return [
        bound("rows of int8, one at a time, into int16", add_rows, np.int16),
        bound("rows of int8, one at a time, into int32", add_rows, np.int32),
        bound("rows of int8, eight at a time, into int16", add_eight_rows, np.int16),
    ]


def scatter_bound(post: np.ndarray, weights: np.ndarray, fired: np.ndarray) -> list[Contestant]:
    """Add int8 weights at uint16 targets, three bytes a synapse, for the neurons that fired."""
    targets, values, out_degree = post.ravel().astype(np.uint16), weights.ravel(), post.shape[1]

    def run() -> np.ndarray:
        total = np.zeros(len(post), np.int32)
        scatter(targets, values, fired, out_degree, total)
        return total

    exact = np.bincount(
        post[fired].ravel(), weights=weights[fired].ravel(), minlength=len(post)
    ).astype(np.int64)
    return [
        _loop(
            "CSR of uint16 and int8, into int32",
            run,
            {"target": exact.tolist()},
            fired.size * out_degree,
        )
    ]


def _loop(name: str, run, expected: dict[str, list], n_events: int) -> Contestant:
    (over,) = expected
    job = Job("", run, lambda total: {over: total})
    return Contestant(name, lambda: timed(job), expected, n_events)

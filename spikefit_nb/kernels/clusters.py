"""Find the best clusters of numbers on a line exactly: a few levels for many weights."""

import numpy as np

from spikefit_nb.kernels.compiled import compiled


@compiled()
def split(sums, n_clusters, with_zero):
    """Cut ascending numbers into runs with the least squared distance to each run's mean."""
    n = sums.shape[1] - 1
    cost = np.zeros((n_clusters + 1, n + 1))  # with so many runs
    begin = np.zeros((n_clusters + 1, n + 1), np.int64)  # where the last one begins
    for j in range(n + 1):
        cost[1, j] = spread(sums, 0, j)
    for m in range(2, n_clusters + 1):
        fill(sums, cost[m - 1], cost[m], begin[m])
    bounds = np.zeros(n_clusters + with_zero + 1, np.int64)
    if not with_zero:
        walk_back(begin, n_clusters, n, bounds)
        return bounds, -1
    cost[0, 1:] = np.inf
    zero_cost = np.zeros((n_clusters + 1, n + 1))  # with one more, at zero
    zero_begin = np.zeros((n_clusters + 1, n + 1), np.int64)
    zero_last = np.zeros((n_clusters + 1, n + 1), np.bool_)
    for m in range(n_clusters + 1):
        if m > 0:
            fill(sums, zero_cost[m - 1], zero_cost[m], zero_begin[m])
        end_at_zero(sums, cost[m], zero_cost[m], zero_begin[m], zero_last[m], m == 0)
    m, j = n_clusters, n
    bounds[m + 1] = n
    while not zero_last[m, j]:
        j = zero_begin[m, j]
        bounds[m] = j
        m -= 1
    j = zero_begin[m, j]
    bounds[m] = j
    walk_back(begin, m, j, bounds)
    return bounds, m


@compiled(inline="always")
def spread(sums, i, j):
    """Squared distance of the numbers from i to j to their mean."""
    weight, first = sums[0, j] - sums[0, i], sums[1, j] - sums[1, i]
    return max(0.0, sums[2, j] - sums[2, i] - first * first / weight) if weight > 0 else 0.0


@compiled()
def fill(sums, before, cost, begin):
    """Fill one row: ``cost[j]`` is the least ``before[i] + spread(i, j)`` over ``i <= j``."""
    n = before.size - 1  # from the middle of gaps inward, as ``begin`` never falls
    stride = 1
    while 2 * stride <= n:
        stride *= 2
    while stride > 0:
        for j in range(stride, n + 1, 2 * stride):
            low, high = begin[j - stride], min(j, begin[j + stride]) if j + stride <= n else j
            least = np.inf
            for i in range(low, high + 1):
                tried = before[i] + spread(sums, i, j)
                if tried < least:
                    least, begin[j] = tried, i
            cost[j] = least
        stride //= 2


@compiled()
def end_at_zero(sums, without, cost, begin, last, is_first):
    """Lower the costs of a row where the last run had better lie at zero."""
    least, at = np.inf, 0
    for j in range(cost.size):
        if without[j] - sums[2, j] < least:
            least, at = without[j] - sums[2, j], j
        if is_first or least + sums[2, j] < cost[j]:
            cost[j], begin[j], last[j] = least + sums[2, j], at, True


@compiled()
def walk_back(begin, m, j, bounds):
    """Write where the runs 0 to m - 1 begin and end, the last one ending at j."""
    for k in range(m, 0, -1):
        bounds[k] = j
        j = begin[k, j]

"""The strongest synapses of a neuron, one neuron and one synapse at a time."""

import numpy as np


def strongest(columns, most):
    """Which of a neuron's weights stay: a list of arrays, one a projection, to a list of arrays of
    bool.

    Weights other than zero are taken from the largest magnitude down; of equals the earlier one
    comes first.
    """
    kept = [np.zeros(column.size, bool) for column in columns]
    for _ in range(most):
        best = None
        for e, column in enumerate(columns):
            for source, weight in enumerate(column):
                if weight == 0 or kept[e][source]:
                    continue
                if best is None or abs(weight) > abs(columns[best[0]][best[1]]):
                    best = (e, source)
        if best is None:
            break
        kept[best[0]][best[1]] = True
    return kept

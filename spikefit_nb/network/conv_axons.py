"""How many synapses of a convolution lead from each source to each core, without listing them.

Where cores take consecutive neurons, the synapses of a source onto the neurons before a boundary
are those onto whole maps, onto whole rows of the map cut through, and onto a piece of one row:

    below(c, y, x) = Y K(c) X' + Y_r k(c) X' + Y_s k(c) X_q'

``K`` counts the entries other than zero of the maps before, ``k`` those of the map cut through.
``Y`` and ``X`` say which entries lead from a pixel into the picture, ``Y_r`` into rows before the
cut one, ``Y_s`` into it and ``X_q`` into its pixels before the boundary.
"""

import numpy as np

MOST_CELLS = 50_000_000  # sources times cores that are counted at once


def consecutive(core_of: np.ndarray) -> np.ndarray | None:
    """The first neuron of each core, and the end, where each takes consecutive ones; else None."""
    if core_of.size == 0 or core_of[0] != 0 or not np.isin(np.diff(core_of), (0, 1)).all():
        return None
    return np.append(np.flatnonzero(np.diff(core_of, prepend=-1)), core_of.size)


def axons_to_cores(
    kernels: np.ndarray, reached: list[np.ndarray], sizes: tuple[int, ...], bounds: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sources, cores and synapses of each axon, by source; ``reached`` as (n_source, n_entries) of
    each axis, ``sizes`` y and x of an output map.
    """
    present = (kernels != 0).astype(np.float64)  # (n_out, n_in, y, x)
    before = np.concatenate([np.zeros_like(present[:1]), np.cumsum(present, axis=0)])
    into_y, into_x = ((axis >= 0).astype(np.float64) for axis in reached)
    counts, last = [], np.zeros(1)
    for bound in bounds[1:]:
        n_maps, rest = divmod(int(bound), sizes[0] * sizes[1])
        below = into_y @ before[n_maps] @ into_x.T
        if rest:
            row, pixel = divmod(rest, sizes[1])
            rows, here = (_masked(reached[0], 0, row), _masked(reached[0], row, row + 1))
            below += rows @ present[n_maps] @ into_x.T
            below += here @ present[n_maps] @ _masked(reached[1], 0, pixel).T
        counts.append((below - last).astype(np.int32).ravel())
        last = below
    onto = np.stack(counts, axis=1)
    source, core = np.nonzero(onto)
    return source, core, onto[source, core].astype(np.int64)


def _masked(reached: np.ndarray, start: int, stop: int) -> np.ndarray:
    """Whether an entry leads from each source pixel to a target pixel of a stretch."""
    return ((reached >= start) & (reached < stop)).astype(np.float64)

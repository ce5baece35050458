"""What layers take on the unequal cores of Speck, and which core each of them goes to."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import maximum_bipartite_matching


class SpeckNeeds(NamedTuple):
    """What one layer needs, or what one core has."""

    kernel_words: int  # words of 8 bits for weights
    neuron_words: int  # words of 16 bits for membrane states
    biases: int = 0  # words for biases


def speck_kernel_words(n_in: int, n_out: int, kernel_y: int, kernel_x: int) -> int:
    """Kernel memory of a layer; addresses are joined from bit fields, so sizes count as powers of
    two.
    """
    # Source: synsense/sinabs@13ad316 docs/speck/overview.md, Memory Constraints and Network Sizing;
    # @16164d9 sinabs/backend/dynapcnn/dynapcnn_layer.py (memory_summary, _convert_linear_to_conv).
    return n_in * _power_of_two(kernel_y * kernel_x) * _power_of_two(n_out)


def speck_neuron_words(n_out: int, y: int, x: int, rounded: bool = False) -> int:
    """Neuron memory of a layer, before any pooling."""
    # Source: synsense/sinabs@13ad316 docs/speck/overview.md; @16164d9
    # sinabs/backend/dynapcnn/dynapcnn_layer.py (memory_summary) and @43393c1
    # sinabs/validate_memory_speck.py for the rounded count.
    return n_out * (_power_of_two(y) * _power_of_two(x) if rounded else y * x)


def speck_assign(
    needs: Sequence[SpeckNeeds], limits: Sequence[SpeckNeeds]
) -> tuple[tuple[int | None, ...], list[tuple[int, str, int, int]]]:
    """A core of its own for each layer, for as many layers as possible."""
    # Source: one layer a core, any order: synsense/sinabs@039e0e3
    # sinabs/backend/dynapcnn/mapping.py.
    wants, has = _table(needs), _table(limits)
    fits: np.ndarray = np.all(wants[:, None] <= has[None], axis=2)
    matched = maximum_bipartite_matching(sp.csr_matrix(fits), perm_type="column")
    cores = tuple(int(core) if core >= 0 else None for core in matched)
    broken = [(int(i), *_shortage(wants[i], has)) for i in np.flatnonzero(~fits.any(axis=1))]
    return cores, broken


def _shortage(want: np.ndarray, has: np.ndarray) -> tuple[str, int, int]:
    """What keeps one layer off every core: (what, need, most that the cores with enough of the rest
    so far have).
    """
    for column, what in enumerate(SpeckNeeds._fields):
        most = int(has[:, column].max(initial=0))
        if want[column] > most:
            return what, int(want[column]), most
        has = has[has[:, column] >= want[column]]
    return "cores", 1, 0


def _table(needs: Sequence[SpeckNeeds]) -> np.ndarray:
    """(n, 3) int64."""
    return np.array(needs, np.int64).reshape(-1, len(SpeckNeeds._fields))


def _power_of_two(n: int) -> int:
    """The smallest power of two that is at least ``n``."""
    return 1 << (n - 1).bit_length()

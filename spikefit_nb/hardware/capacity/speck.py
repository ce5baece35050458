"""What layers take on the unequal cores of Speck, and which core each of them goes to."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import maximum_bipartite_matching


class SpeckNeeds(NamedTuple):
    """What one layer needs, or what one core has.

    Parameters
    ----------
    kernel_words : int, words of 8 bits for weights
    neuron_words : int, words of 16 bits for membrane states
    biases : int, words for biases
    """

    kernel_words: int
    neuron_words: int
    biases: int = 0


def speck_kernel_words(n_in: int, n_out: int, kernel_y: int, kernel_x: int) -> int:
    """Kernel memory of a layer; addresses are joined from bit fields, so sizes count as powers of two.

    ``n_in * 2 ** (ceil(log2(kernel_y * kernel_x)) + ceil(log2(n_out)))``.

    A linear layer is a convolution whose kernel is its whole input: give the channels, height and width of the
    input, (n, 1, 1) where it is flat.

    Parameters
    ----------
    n_in, n_out : int, channels
    kernel_y, kernel_x : int, size of the kernel

    Returns
    -------
    int, words of 8 bits

    Source: synsense/sinabs@13ad316 docs/speck/overview.md, Memory Constraints and Network Sizing; @16164d9
    sinabs/backend/dynapcnn/dynapcnn_layer.py (memory_summary, _convert_linear_to_conv).

    Examples
    --------
    >>> speck_kernel_words(16, 32, 3, 3)  # the documentation's layer: 8 Ki
    8192
    """
    return n_in * _power_of_two(kernel_y * kernel_x) * _power_of_two(n_out)


def speck_neuron_words(n_out: int, y: int, x: int, rounded: bool = False) -> int:
    """Neuron memory of a layer, before any pooling.

    ``n_out * y * x``, as documented; rounded, ``n_out * 2 ** (ceil(log2(y)) + ceil(log2(x)))``, as the vendor's tool
    counts when it assigns cores. The tool decides what is loaded, so the rounded count is the safe one.

    Parameters
    ----------
    n_out : int, channels
    y, x : int, size of a feature map; 1, 1 for a linear layer
    rounded : bool, whether to count as the tool does

    Returns
    -------
    int, words of 16 bits

    Source: synsense/sinabs@13ad316 docs/speck/overview.md; @16164d9 sinabs/backend/dynapcnn/dynapcnn_layer.py
    (memory_summary) and @43393c1 sinabs/validate_memory_speck.py for the rounded count.

    Examples
    --------
    >>> speck_neuron_words(32, 64, 64)  # the documentation's layer: 128 Ki, more than any core has
    131072
    >>> speck_neuron_words(8, 26, 26), speck_neuron_words(8, 26, 26, rounded=True)
    (5408, 8192)
    """
    return n_out * (_power_of_two(y) * _power_of_two(x) if rounded else y * x)


def speck_assign(
    needs: Sequence[SpeckNeeds], limits: Sequence[SpeckNeeds]
) -> tuple[tuple[int | None, ...], list[tuple[int, str, int, int]]]:
    """A core of its own for each layer, for as many layers as possible.

    A largest matching in the graph of (layer, core) pairs where no need is over the limit.

    Parameters
    ----------
    needs : sequence of SpeckNeeds, one for each layer
    limits : sequence of SpeckNeeds, one for each core

    Returns
    -------
    cores : tuple of int or None, the core of each layer; None where it is left over
    broken : list of (layer, what, need, limit) for the layers that no core can hold: the first of kernel words,
        neuron words and biases that is short, and the most of it that cores with enough of the earlier ones have.
        A layer left over that is not listed would fit a core, but others take all that it fits.

    Source: one layer a core, any order: synsense/sinabs@039e0e3 sinabs/backend/dynapcnn/mapping.py.

    Examples
    --------
    >>> cores = [SpeckNeeds(16384, 65536, 1024), SpeckNeeds(65536, 16384, 1024)]
    >>> speck_assign([SpeckNeeds(60000, 100), SpeckNeeds(100, 60000)], cores)
    ((1, 0), [])
    >>> speck_assign([SpeckNeeds(8192, 131072, 32)], cores)
    ((None,), [(0, 'neuron_words', 131072, 65536)])
    """
    wants, has = _table(needs), _table(limits)
    fits: np.ndarray = np.all(wants[:, None] <= has[None], axis=2)
    matched = maximum_bipartite_matching(sp.csr_matrix(fits), perm_type="column")
    cores = tuple(int(core) if core >= 0 else None for core in matched)
    broken = [(int(i), *_shortage(wants[i], has)) for i in np.flatnonzero(~fits.any(axis=1))]
    return cores, broken


def _shortage(want: np.ndarray, has: np.ndarray) -> tuple[str, int, int]:
    """What keeps one layer off every core: (what, need, most that the cores with enough of the rest so far have)."""
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

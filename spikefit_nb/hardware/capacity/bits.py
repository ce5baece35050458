"""The lower bound where nobody has published how a chip stores a synapse."""

import numpy as np


def plain_bits(n_synapses: np.ndarray | int, weight_bits: int) -> np.ndarray:
    """Bits that synapses take at the very least: their weights, without index, header or padding.

    ``n_synapses * weight_bits``.

    A lower bound: a network over it cannot fit, one under it may not fit either. It is all that can be said of
    Loihi 2, whose format is not public. Its compiler's log counts 12,000 words of synapse memory a core and spends
    1, 3, 13 to 15 and 24 to 26 of them on axons of 1, 10, 50 and 100 weights: about four weights a word.

    Parameters
    ----------
    n_synapses : int or array of int
    weight_bits : int, bits of a weight

    Returns
    -------
    int or array of int, bits

    Source: arithmetic; the log: lava-nc/lava-dl@12f0402 tutorials/lava/lib/dl/netx/pilotnet_snn/benchmark.ipynb and
    @1878d6d pilotnet_sdnn/benchmark.ipynb, outputs of the run cells.

    Examples
    --------
    >>> int(plain_bits(65536, 4)) // 8 // 1024  # ODIN's crossbar, in kB
    32
    """
    return np.asarray(n_synapses) * weight_bits

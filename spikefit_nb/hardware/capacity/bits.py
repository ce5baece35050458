"""The lower bound where nobody has published how a chip stores a synapse."""

import numpy as np


def plain_bits(n_synapses: np.ndarray | int, weight_bits: int) -> np.ndarray:
    """Bits that synapses take at the very least: their weights, without index, header or padding."""
    # Source: arithmetic; the log: lava-nc/lava-dl@12f0402
    # tutorials/lava/lib/dl/netx/pilotnet_snn/benchmark.ipynb and @1878d6d
    # pilotnet_sdnn/benchmark.ipynb, outputs of the run cells.
    return np.asarray(n_synapses) * weight_bits

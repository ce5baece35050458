"""What neurons take of BrainScaleS-2's 512 circuits."""

import numpy as np


def brainscales2_circuits(
    n_sources: np.ndarray, n_rows: int = 256, *, signed: bool = True
) -> np.ndarray:
    """Neuron circuits that one neuron of so many sources takes; they are merged to add up their
    fan-in.
    """
    # Source: electronicvisions/brainscales2-demos@3022257 ts_13-network_partitioning.rst, A
    # Partitioning Algorithm.
    rows = np.asarray(n_sources, dtype=np.int64) * (2 if signed else 1)
    return np.maximum(1, -(-rows // n_rows))

"""What neurons take of BrainScaleS-2's 512 circuits."""

import numpy as np


def brainscales2_circuits(n_sources: np.ndarray, n_rows: int = 256, *, signed: bool = True) -> np.ndarray:
    """Neuron circuits that one neuron of so many sources takes; they are merged to add up their fan-in.

    ``ceil(rows per source * n_sources / n_rows)``, at least 1: a source takes one row, or two where its weights have
    both signs somewhere, since the sign belongs to a row.

    Parameters
    ----------
    n_sources : (n_neurons,) int, sources of each neuron
    n_rows : int, synapse rows of a circuit
    signed : bool, whether each source takes an excitatory and an inhibitory row

    Returns
    -------
    (n_neurons,) int64, circuits

    Source: electronicvisions/brainscales2-demos@3022257 ts_13-network_partitioning.rst, A Partitioning Algorithm.

    Examples
    --------
    >>> brainscales2_circuits(np.array([0, 128, 129, 784]))
    array([1, 1, 2, 7])
    >>> brainscales2_circuits(np.array([256]), signed=False)
    array([1])
    """
    rows = np.asarray(n_sources, dtype=np.int64) * (2 if signed else 1)
    return np.maximum(1, -(-rows // n_rows))

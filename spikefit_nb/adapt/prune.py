"""Remove synapses."""

import numpy as np

from spikefit_nb.adapt.weights import with_values
from spikefit_nb.errors import DesignProblem
from spikefit_nb.network import Network, Projection


def prune(network: Network, fraction: float) -> Network:
    """Set the smallest weights of each projection to zero.

    In each projection ``round(fraction * n)`` of its n weights other than zero are removed, the smallest first; equal
    magnitudes go in storage order, so that the result is the same everywhere.

    Parameters
    ----------
    network : Network
    fraction : float, 0 to 0.99

    Returns
    -------
    Network

    Raises
    ------
    DesignProblem
        The fraction is outside its range.

    Examples
    --------
    >>> from spikefit_nb.network import IF, Input, Population
    >>> network = Network([Population("in", (4,), Input()), Population("out", (1,), IF(1.0))],
    ...                   [Projection("in", "out", np.array([[1.0], [-0.2], [0.1], [3.0]]))])
    >>> prune(network, 0.5).projections[0].weight.ravel()
    array([1., 0., 0., 3.])
    """
    if not 0 <= fraction < 1:
        raise DesignProblem(f"prune_fraction is {fraction}; it must be at least 0 and below 1.")
    if fraction == 0:
        return network

    def pruned(projection: Projection) -> Projection:
        values = projection.values.copy()
        present = np.flatnonzero(values)
        order = np.argsort(np.abs(values[present]), kind="stable")
        values[present[order[: round(fraction * present.size)]]] = 0
        return with_values(projection, values)

    return network.replace(projections=[pruned(e) for e in network.projections])

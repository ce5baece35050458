"""Refuse to price what does not belong together: a run of one network and the mapping of another."""

from collections.abc import Mapping as Lookup

from spikefit_nb.errors import NetworkProblem
from spikefit_nb.mapping import Mapping


def expect_same_network(sizes: Lookup[str, int], mapping: Mapping, what: str) -> None:
    """Refuse a run of other populations than those that are mapped, or of the same in another order.

    Parameters
    ----------
    sizes : dict of population name to number of neurons, in the order of their indices: inputs first
    mapping : Mapping
    what : str, what is of these populations, such as "The record is of"

    Raises
    ------
    NetworkProblem
        The populations, their sizes or their order are not those of the mapped network.

    Examples
    --------
    >>> import numpy as np
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.mapping import map_network
    >>> from spikefit_nb.network import IF, Input, Network, Population, Projection
    >>> network = Network([Population("in", (4,), Input()), Population("out", (8,), IF(1.0))],
    ...                   [Projection("in", "out", np.ones((4, 8)))])
    >>> mapping = map_network(network, load_profile("loihi1"))
    >>> expect_same_network({"in": 4, "out": 8}, mapping, "The record is of")
    >>> expect_same_network({"in": 4, "out": 2}, mapping, "The record is of")
    Traceback (most recent call last):
    spikefit_nb.errors.NetworkProblem: The record is of 6 inputs and neurons (in 4, out 2), but 12 are mapped (in 4, \
out 8): give the record of the network that was mapped (with the chip's delays, where it has any).
    """
    network = mapping.network
    mapped = {name: network[name].n_neurons for name in network.starts}
    if list(sizes.items()) != list(mapped.items()):
        raise NetworkProblem(
            f"{what} {_in_words(sizes, 'inputs and neurons')}, but {_in_words(mapped, 'are mapped')}: give "
            f"the {what.split()[1]} of the network that was mapped (with the chip's delays, where it has any)."
        )


def expect_cores(n_cores: int, mapping: Mapping) -> None:
    """Refuse what was priced on another number of cores than a mapping uses.

    Parameters
    ----------
    n_cores : int, of the price
    mapping : Mapping

    Raises
    ------
    NetworkProblem
        The mapping uses another number of cores.

    Examples
    --------
    >>> import numpy as np
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.mapping import map_network
    >>> from spikefit_nb.network import IF, Input, Network, Population, Projection
    >>> network = Network([Population("in", (4,), Input()), Population("out", (8,), IF(1.0))],
    ...                   [Projection("in", "out", np.ones((4, 8)))])
    >>> expect_cores(2, map_network(network, load_profile("loihi1"), neurons_per_core=4))
    """
    if n_cores != mapping.n_cores:
        raise NetworkProblem(
            f"The price is of a run on {n_cores} cores, but the mapping uses {mapping.n_cores}: "
            "give the price of a run on this mapping."
        )


def _in_words(sizes: Lookup[str, int], of: str) -> str:
    """Such as "12 are mapped (in 4, out 8)"."""
    return f"{sum(sizes.values())} {of} ({', '.join(f'{name} {size}' for name, size in sizes.items())})"

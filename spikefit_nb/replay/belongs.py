"""Refuse to price what does not belong together: a run of one network and the mapping of
another.
"""

from collections.abc import Mapping

from spikefit_nb.errors import NetworkProblem
from spikefit_nb.mapping import CoreMap


def expect_same_network(sizes: Mapping[str, int], mapping: CoreMap, what: str) -> None:
    """Refuse a run of other populations than those that are mapped, or of the same in another
    order.
    """
    network = mapping.network
    mapped = {name: network[name].n_neurons for name in network.starts}
    if list(sizes.items()) != list(mapped.items()):
        raise NetworkProblem(
            f"{what} {_in_words(sizes, 'inputs and neurons')}, but "
            f"{_in_words(mapped, 'are mapped')}: give "
            f"the {what.split()[1]} of the network that was mapped (with the chip's delays, where "
            "it has any)."
        )


def expect_cores(n_cores: int, mapping: CoreMap) -> None:
    """Refuse what was priced on another number of cores than a mapping uses."""
    if n_cores != mapping.n_cores:
        raise NetworkProblem(
            f"The price is of a run on {n_cores} cores, but the mapping uses {mapping.n_cores}: "
            "give the price of a run on this mapping."
        )


def _in_words(sizes: Mapping[str, int], of: str) -> str:
    """Such as "12 are mapped (in 4, out 8)"."""
    return (
        f"{sum(sizes.values())} {of} "
        f"({', '.join(f'{name} {size}' for name, size in sizes.items())})"
    )

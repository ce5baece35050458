"""TrueNorth: crossbars, and relays where a neuron has more targets than its one axon."""

from spikefit_nb.hardware.family import Family


def truenorth_splitter_cores(n_target_axons: int, n_sources: int, *, n_neurons: int) -> int:
    """Cores that only relay, for sources that are not copied on their own core."""
    # Source: Merolla 2014 Science 345:668, supplement S4; the count is arithmetic on it.
    if n_target_axons <= 1:
        return 0
    if n_target_axons > n_neurons:
        leaves = -(-n_target_axons // n_neurons)
        return n_sources * leaves + truenorth_splitter_cores(leaves, n_sources, n_neurons=n_neurons)
    return -(-n_sources // (n_neurons // n_target_axons))


FAMILY = Family(arithmetics=("truenorth",))

"""What relays take on TrueNorth, where a neuron has more targets than its one axon."""


def truenorth_splitter_cores(n_target_axons: int, n_sources: int, *, n_neurons: int) -> int:
    """Cores that only relay, for sources that are not copied on their own core.

    ``ceil(n_sources / (n_neurons // n_target_axons))``: a splitter core takes one axon per source and one relay
    neuron per target axon, and each passage through one costs a step of delay. A source with more targets than a
    core has neurons takes a tree of such cores.

    Parameters
    ----------
    n_target_axons : int, axons each source has to reach
    n_sources : int
    n_neurons : int, neurons (and axons) of a core

    Returns
    -------
    int, cores

    Source: Merolla 2014 Science 345:668, supplement S4; the count is arithmetic on it.

    Examples
    --------
    >>> truenorth_splitter_cores(4, 65, n_neurons=256)  # 64 sources a core
    2
    """
    if n_target_axons <= 1:
        return 0
    if n_target_axons > n_neurons:
        leaves = -(-n_target_axons // n_neurons)
        return n_sources * leaves + truenorth_splitter_cores(leaves, n_sources, n_neurons=n_neurons)
    return -(-n_sources // (n_neurons // n_target_axons))

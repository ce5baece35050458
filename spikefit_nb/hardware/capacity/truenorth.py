"""What neurons, axons and copies take on a TrueNorth core."""

TRUENORTH_ROW_BITS = 256 + 124 + 26 + 4  # crossbar, parameters and state, target axon, delay: Akopyan 2015 p. 1546


def truenorth_core_bits(n_neurons: int) -> int:
    """Memory of the rows that neurons take; a row is as long whether its synapses are used or not.

    ``410 * n_neurons``.

    Parameters
    ----------
    n_neurons : int, neurons on this core, copies included

    Returns
    -------
    int, bits

    Source: Akopyan 2015 TCAD 34(10) p. 1546 (256 rows of 410 bits). Merolla 2014 gives 104,448 bits a core, 512
    fewer; the papers disagree and neither says why.

    Examples
    --------
    >>> truenorth_core_bits(256)
    104960
    """
    return TRUENORTH_ROW_BITS * n_neurons


def truenorth_copies(n_target_axons: int) -> int:
    """How often a neuron is laid out so that each of its target axons is reached.

    ``max(1, n_target_axons)``: a neuron sends to one axon of one core, so each further axon needs a copy that
    listens to the same input axons with the same row, and stays equal because the core is deterministic.

    Copies stay on the neuron's own core: each takes a row of the 256, and no input axon. Where copies do not fit,
    a splitter core relays instead: see ``truenorth_splitter_cores``.

    Parameters
    ----------
    n_target_axons : int, (target core, axon type) pairs this neuron has to reach

    Returns
    -------
    int, neurons, the original included

    Source: Merolla 2014 Science 345:668, supplement S4 (one target axon a neuron; the core feeds one axon to any of
    its neurons).

    Examples
    --------
    >>> truenorth_copies(0), truenorth_copies(1), truenorth_copies(3)
    (1, 1, 3)
    """
    return max(1, n_target_axons)


def truenorth_axons(n_values: int, n_types: int) -> int | None:
    """Input axons that one source takes on a core where its synapses have several weights.

    ``n_values`` where the core has that many axon types, and None where it has not: all synapses of one axon share
    its type, and each neuron holds one weight per type.

    Parameters
    ----------
    n_values : int, different weights between this source and the core's neurons
    n_types : int, axon types of the chip

    Returns
    -------
    int or None, axons; None where no set of types can write the weights

    Source: Merolla 2014 Science 345:668, supplement S1 and S8.

    Examples
    --------
    >>> truenorth_axons(2, 4), truenorth_axons(5, 4)
    (2, None)
    """
    return n_values if n_values <= n_types else None


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

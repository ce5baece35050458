"""What ODIN's crossbar allows, and how long ODIN takes."""

import numpy as np

ODIN_SPIKE_CYCLES = 1 + 512  # a push to the scheduler; two cycles for each of 256 neurons
ODIN_TIME_REFERENCE_CYCLES = 512


def odin_addresses(n_positive: np.ndarray, n_negative: np.ndarray, n_others: int = 0) -> int:
    """Addresses of ODIN's crossbar that sources take: a source whose weights have both signs takes two.

    ``count(n_positive > 0 or n_negative > 0) + count(n_positive > 0 and n_negative > 0) + n_others``: the sign belongs
    to the address, and inputs and neurons share the 256 addresses.

    An input can simply be sent twice. A neuron of mixed sign takes a second neuron that repeats its spikes.

    Parameters
    ----------
    n_positive, n_negative : (n_sources,) int, synapses of each source with a positive and a negative weight
    n_others : int, neurons without synapses whose own spikes would stimulate the row of their address, so that no
        input may use it; 0 where no neuron has synapses, since the chip then runs open loop

    Returns
    -------
    int, addresses

    Source: ChFrenkel/ODIN@1781931 doc/README.md, sections 1.1 (crossbar), 2.2.1 (8-bit addresses) and 4
    (SPI_SYN_SIGN, SPI_OPEN_LOOP).

    Examples
    --------
    >>> odin_addresses(np.array([3, 0, 2, 0]), np.array([0, 5, 1, 0]))  # the third is mixed, the fourth unused
    4
    """
    positive, negative = np.asarray(n_positive) > 0, np.asarray(n_negative) > 0
    return int((positive | negative).sum() + (positive & negative).sum()) + n_others


def odin_cycles(
    n_spikes: float, n_steps: int, *, per_spike: float = ODIN_SPIKE_CYCLES, per_step: float = ODIN_TIME_REFERENCE_CYCLES
) -> float:
    """Clock cycles that ODIN takes for its input and output spikes and for the passing of time.

    ``n_spikes * (1 + 512) + n_steps * 512``: each spike visits all 256 neurons, whatever its synapses, and so does
    each time reference that makes them leak.

    Parameters
    ----------
    n_spikes : float, spikes that go through the scheduler: of inputs, and of neurons with synapses within the core
    n_steps : int, time references
    per_spike, per_step : float, clock cycles of one spike and of one time reference

    Returns
    -------
    float, clock cycles

    Source: ChFrenkel/ODIN@1781931 doc/README.md, section 2.2.1, table of event types.

    Examples
    --------
    >>> odin_cycles(1, 1)
    1025
    """
    return n_spikes * per_spike + n_steps * per_step

"""What synapses take in SpiNNaker's memory, and what updates and operations take of its tick."""

import numpy as np

SPINNAKER_WORD_BITS = 32
SPINNAKER_HEADER_WORDS = 3  # sizes of the plastic, fixed and fixed-plastic part of a row
SPINNAKER_ROW_SYNAPSES = 256  # the table of rows keeps a row's length in 8 bits


def spinnaker_row_bits(n_synapses: np.ndarray) -> np.ndarray:
    """Memory of synaptic rows, one row for each source neuron on each target core.

    ``32 * (n_synapses + 3)``, and 0 for an empty row: a word a synapse (16-bit weight, 4-bit delay, type, index)
    after three header words. A tool pads all rows of one projection to the longest: give the padded lengths.

    Parameters
    ----------
    n_synapses : (n_rows,) int, static synapses in each row; a row holds at most 256

    Returns
    -------
    (n_rows,) int64, bits

    Source: SpiNNakerManchester/sPyNNaker@02855b3 spynnaker/pyNN/models/neuron/synapse_io.py (_N_HEADER_WORDS,
    get_max_row_info) and @0639447 unittests/model_tests/neuron/test_synapse_io.py (1 word a synapse, 256 words).

    Examples
    --------
    >>> spinnaker_row_bits(np.array([0, 1, 256])) // 8  # in bytes
    array([   0,   16, 1036])
    """
    n_synapses = np.asarray(n_synapses, dtype=np.int64)
    return SPINNAKER_WORD_BITS * np.where(n_synapses > 0, n_synapses + SPINNAKER_HEADER_WORDS, 0)


def spinnaker_step_s(n_updates: int, n_operations: int, *, update_s: float, operation_s: float) -> float:
    """Time a core is busy in one tick, with all work done one after the other.

    ``n_updates * update_s + n_operations * operation_s``.

    Parameters
    ----------
    n_updates : int, neurons on this core
    n_operations : int, synapses of the spikes that arrive in the tick
    update_s : float, seconds of one neuron update
    operation_s : float, seconds of one synaptic operation

    Returns
    -------
    float, seconds

    Source: Rhodes 2018 Front. Neurosci. 12:816: neurons are updated on the clock, synapses on events. What a spike
    and a fetched row cost before their first synapse is not counted.

    Examples
    --------
    >>> round(spinnaker_step_s(100, 5000, update_s=1e-6, operation_s=1e-7), 6)
    0.0006
    """
    return n_updates * update_s + n_operations * operation_s


def spinnaker_load(step_s: np.ndarray, tick_s: float) -> np.ndarray:
    """Share of a tick that cores are busy; above 1 they fall behind real time.

    ``step_s / tick_s``.

    Parameters
    ----------
    step_s : (n_cores,) float, seconds of work in a tick
    tick_s : float, seconds between ticks

    Returns
    -------
    (n_cores,) float, dimensionless

    Source: SpiNNaker runs in real time, Rhodes 2018 Front. Neurosci. 12:816; its design target of 10,000 synaptic
    events a millisecond leaves 0.1 us for each.

    Examples
    --------
    >>> spinnaker_load(np.array([0.0006, 0.002]), 1e-3).tolist()
    [0.6, 2.0]
    """
    return np.asarray(step_s) / tick_s

"""What ODIN's crossbar allows, and how long ODIN takes."""

import numpy as np

ODIN_SPIKE_CYCLES = 1 + 512  # a push to the scheduler; two cycles for each of 256 neurons
ODIN_TIME_REFERENCE_CYCLES = 512


def odin_addresses(n_positive: np.ndarray, n_negative: np.ndarray, n_others: int = 0) -> int:
    """Addresses of ODIN's crossbar that sources take: a source whose weights have both signs takes
    two.
    """
    # Source: ChFrenkel/ODIN@1781931 doc/README.md, sections 1.1 (crossbar), 2.2.1 (8-bit addresses)
    # and 4 (SPI_SYN_SIGN, SPI_OPEN_LOOP).
    positive, negative = np.asarray(n_positive) > 0, np.asarray(n_negative) > 0
    return int((positive | negative).sum() + (positive & negative).sum()) + n_others


def odin_cycles(
    n_spikes: float,
    n_steps: int,
    *,
    per_spike: float = ODIN_SPIKE_CYCLES,
    per_step: float = ODIN_TIME_REFERENCE_CYCLES,
) -> float:
    """Clock cycles that ODIN takes for its input and output spikes and for the passing of time."""
    # Source: ChFrenkel/ODIN@1781931 doc/README.md, section 2.2.1, table of event types.
    return n_spikes * per_spike + n_steps * per_step

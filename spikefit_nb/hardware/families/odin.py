"""ODIN: one crossbar whose sources have one sign, and clock cycles by event."""

from collections.abc import Iterator

import numpy as np

from spikefit_nb.hardware.counts import Chip, Counts, RunCounts
from spikefit_nb.hardware.family import Family
from spikefit_nb.hardware.need import Need, counted

# each spike visits every neuron: ChFrenkel/ODIN@1781931 doc/README.md, section 2.2.1
ODIN_OPERATIONS_PER_SPIKE = 256
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


def odin_needs(chip: Chip, counts: Counts) -> Iterator[Need]:
    """Addresses of the crossbar, and neurons with those that repeat a neuron whose weights have
    both signs.
    """
    signs = counts.synapses_by_sign
    neurons = signs[counts.n_channels :]
    ends = int((neurons == 0).all(axis=1).sum())
    # without synapses between neurons the chip runs open loop
    others = ends if ends < counts.n_neurons else 0
    if chip.has("source_addresses"):
        yield counted(
            "addresses of inputs and neurons, two where weights have both signs",
            odin_addresses(signs[:, 0], signs[:, 1], others),
            "the whole network",
            "source_addresses",
            chip,
        )
    if chip.has("neurons_per_core"):
        repeated = int((neurons > 0).all(axis=1).sum())
        yield counted(
            "neurons, with repeats of those of both signs",
            counts.n_neurons + repeated,
            "the whole network",
            "neurons_per_core",
            chip,
        )


def _cycles(chip: Chip, run: RunCounts) -> float:
    per_synapse = ODIN_OPERATIONS_PER_SPIKE * chip.value("cycles_synapse")
    return odin_cycles(
        run.scheduled_spikes,
        run.n_steps,
        per_spike=chip.value("cycles_spike") + per_synapse,
        per_step=chip.value("cycles_step"),
    )


FAMILY = Family(
    several_chips=False,
    one_core=True,
    needs=odin_needs,
    figures=("source_addresses", "neurons_per_core"),
    operations_per_spike=ODIN_OPERATIONS_PER_SPIKE,
    cycles=_cycles,
)

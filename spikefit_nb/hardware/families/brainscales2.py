"""BrainScaleS-2: one core of neuron circuits, merged for a larger fan-in."""

from collections.abc import Iterator

import numpy as np

from spikefit_nb.hardware.chip import Chip
from spikefit_nb.hardware.family import Counts, Family, Need, counted


def brainscales2_needs(chip: Chip, counts: Counts) -> Iterator[Need]:
    """Circuits: a source takes a row for each sign of its weights; merged circuits have more."""
    # Source: electronicvisions/brainscales2-demos@3022257 ts_13-network_partitioning.rst, A
    # Partitioning Algorithm.
    if not chip.has("fan_in_per_circuit") or not chip.has("neurons_per_core"):
        return
    rows = np.concatenate(list(counts.rows_by_sign.values()))
    each = np.maximum(1, -(-rows // chip.value("fan_in_per_circuit")))
    where = f"the whole network, up to {each.max()} for one neuron"
    yield counted("neuron circuits", int(each.sum()), where, "neurons_per_core", chip)


FAMILY = Family(
    several_chips=False,
    one_core=True,
    needs=brainscales2_needs,
    figures=("fan_in_per_circuit", "neurons_per_core"),
    is_live=True,
    is_analog=True,
)

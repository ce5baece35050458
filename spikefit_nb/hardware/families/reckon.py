"""ReckOn: hidden neurons in groups that share one threshold and decay."""

from collections.abc import Iterator

import numpy as np

from spikefit_nb.hardware.chip import Chip
from spikefit_nb.hardware.family import Counts, Family, Need, counted


def reckon_needs(chip: Chip, counts: Counts) -> Iterator[Need]:
    """Hidden neurons in groups of one threshold and decay: a group with one neuron too few leaves
    one idle.
    """
    if not chip.has("neurons_per_parameter_set") or not chip.has("hidden_neurons"):
        return
    if counts.hidden_alike.size:
        size = chip.value("neurons_per_parameter_set")
        yield counted(
            "hidden neurons, with idle ones where a pair would differ",
            int(np.sum(-(-counts.hidden_alike // size) * size)),
            "the whole network",
            "neurons_per_parameter_set",
            chip,
            limit=chip.value("hidden_neurons"),
        )


FAMILY = Family(
    several_chips=False,
    one_core=True,
    needs=reckon_needs,
    figures=("neurons_per_parameter_set",),
)

"""ODIN: one crossbar whose sources have one sign, and clock cycles by event."""

from collections.abc import Iterator

from spikefit_nb.hardware.chip import Chip
from spikefit_nb.hardware.family import Counts, Family, Need, counted

# each spike visits every neuron: ChFrenkel/ODIN@1781931 doc/README.md, section 2.2.1
OPERATIONS_PER_SPIKE = 256


def odin_needs(chip: Chip, counts: Counts) -> Iterator[Need]:
    """Addresses of the crossbar and neurons: of weights of both signs a source takes two."""
    # Source: ChFrenkel/ODIN@1781931 doc/README.md, sections 1.1 (crossbar), 2.2.1 (8-bit addresses)
    # and 4 (SPI_SYN_SIGN, SPI_OPEN_LOOP).
    has_signs = counts.synapses_by_sign > 0
    of_neurons = has_signs[counts.n_channels :]
    ends = int((~of_neurons.any(axis=1)).sum())
    # without synapses between neurons the chip runs open loop
    others = ends if ends < counts.n_neurons else 0
    if chip.has("source_addresses"):
        yield counted(
            "addresses of inputs and neurons, two where weights have both signs",
            int(has_signs.sum()) + others,
            "the whole network",
            "source_addresses",
            chip,
        )
    if chip.has("neurons_per_core"):
        yield counted(
            "neurons, with repeats of those of both signs",
            counts.n_neurons + int(of_neurons.all(axis=1).sum()),
            "the whole network",
            "neurons_per_core",
            chip,
        )


FAMILY = Family(
    several_chips=False,
    one_core=True,
    needs=odin_needs,
    figures=("source_addresses", "neurons_per_core"),
    operations_per_spike=OPERATIONS_PER_SPIKE,
)

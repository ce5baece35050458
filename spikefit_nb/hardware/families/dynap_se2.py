"""DYNAP-SE2: synapses that add up some of their core's currents, and few destinations a neuron."""

from collections.abc import Iterator

from spikefit_nb.hardware.chip import Chip
from spikefit_nb.hardware.currents import base_currents
from spikefit_nb.hardware.family import Counts, Family, Need, counted

CORES = 4  # of one chip, however many chips a profile stands for


def dynap_se2_needs(chip: Chip, counts: Counts) -> Iterator[Need]:
    """Chips a neuron sends to, and currents whose sums are the weights on one core."""
    # Source: synsense/rockpool@062e1f4 rockpool/devices/dynapse/hardware/config/allocator.py,
    # SRAM_content and matrix_to_destination: a destination for each chip that a neuron reaches,
    # whichever of its cores, and one to be heard.
    if chip.has("destination_chips"):
        n_chips, where = counts.chips_reached(CORES)
        what = "chips a neuron sends to, and one to be heard"
        yield counted(what, n_chips + 1, where, "destination_chips", chip)
    if not chip.has("weight_currents_per_core"):
        return
    n_currents = chip.value("weight_currents_per_core")
    for label, magnitudes in counts.magnitudes:
        if base_currents(magnitudes, n_currents) is None:
            yield Need(
                "weights that are sums of base currents",
                f"{magnitudes.size} magnitudes",
                f"{n_currents} currents",
                label,
                "weight_currents_per_core",
                source=chip.figure("weight_currents_per_core").source,
                met=False,
            )
            return


FAMILY = Family(
    needs=dynap_se2_needs,
    figures=("destination_chips", "weight_currents_per_core"),
    is_live=True,
    is_analog=True,
    leads_with=("power_w",),
)

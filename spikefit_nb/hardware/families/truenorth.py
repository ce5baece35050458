"""TrueNorth: crossbars whose neurons count in integers of their own."""

from spikefit_nb.hardware.family import Family

FAMILY = Family(arithmetics=("truenorth",), is_live=True, leads_with=("power_w", "event_energy_j"))

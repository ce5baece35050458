"""The families of chips, one file each, which offers its ``FAMILY``."""

from spikefit_nb.hardware.family import Family
from spikefit_nb.listed import Listed

FAMILIES: Listed[Family] = Listed(__name__, "FAMILY")

"""The numbers a network is run in: one file each, which offers its ``ARITHMETIC``."""

from spikefit_nb.listed import Listed
from spikefit_nb.simulate.prepared import Arithmetic

ARITHMETICS: Listed[Arithmetic] = Listed(__name__, "ARITHMETIC")

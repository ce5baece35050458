"""Architectures and networks from files of the simulator SANA-FE: read, never executed."""

from spikefit_nb.sanafe_file.arch import core_places, read_sanafe_arch
from spikefit_nb.sanafe_file.network import read_sanafe_network

__all__ = ["core_places", "read_sanafe_arch", "read_sanafe_network"]

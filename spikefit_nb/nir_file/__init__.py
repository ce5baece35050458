"""Networks from NIR files and back: a user's own, and those that come by name."""

from spikefit_nb.nir_file.catalogue import load_network, network_names
from spikefit_nb.nir_file.read import read_nir
from spikefit_nb.nir_file.write import write_nir

__all__ = ["load_network", "network_names", "read_nir", "write_nir"]

"""Trained networks from lava-dl, in the integers that Loihi is given."""

from spikefit_nb.lava_file.read import read_lava_dl

__all__ = ["read_lava_dl"]

"""Chips of many like cores on a mesh, with no rules of their own."""

from spikefit_nb.hardware.family import Family

FAMILY = Family()

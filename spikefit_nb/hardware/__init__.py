"""Where it runs."""

from spikefit_nb.hardware.card import figure_quantity
from spikefit_nb.hardware.catalogue import load_profile, profile_names, read_profile
from spikefit_nb.hardware.diff import ProfileDiff
from spikefit_nb.hardware.figures import FIGURES
from spikefit_nb.hardware.profile import CoefficientSet, HardwareProfile
from spikefit_nb.hardware.sourced import KINDS, TRUST, Sourced, weakest

__all__ = [
    "FIGURES",
    "KINDS",
    "TRUST",
    "CoefficientSet",
    "HardwareProfile",
    "ProfileDiff",
    "Sourced",
    "figure_quantity",
    "load_profile",
    "profile_names",
    "read_profile",
    "weakest",
]

"""Where it runs."""

from spikefit_nb.hardware.card import ProfileDiff, figure_quantity
from spikefit_nb.hardware.catalogue import load_profile, profile_names, read_profile
from spikefit_nb.hardware.chip import CoefficientSet
from spikefit_nb.hardware.currents import base_currents, current_sums
from spikefit_nb.hardware.families import FAMILIES
from spikefit_nb.hardware.family import (
    Family,
    LayerCounts,
    LayerWords,
    Need,
    RunCounts,
    among,
    counted,
    stored_width,
)
from spikefit_nb.hardware.figures import EVERY_CHIP_HAS, FIGURES, PROPERTIES
from spikefit_nb.hardware.profile import HardwareProfile
from spikefit_nb.hardware.scenario import SCENARIOS, Scenario, settle_scenario
from spikefit_nb.hardware.sourced import KINDS, TRUST, Sourced, weakest
from spikefit_nb.hardware.spread import with_range

__all__ = [
    "EVERY_CHIP_HAS",
    "FAMILIES",
    "FIGURES",
    "KINDS",
    "PROPERTIES",
    "SCENARIOS",
    "TRUST",
    "CoefficientSet",
    "Family",
    "HardwareProfile",
    "LayerCounts",
    "LayerWords",
    "Need",
    "ProfileDiff",
    "RunCounts",
    "Scenario",
    "Sourced",
    "among",
    "base_currents",
    "counted",
    "current_sums",
    "figure_quantity",
    "load_profile",
    "profile_names",
    "read_profile",
    "settle_scenario",
    "stored_width",
    "weakest",
    "with_range",
]

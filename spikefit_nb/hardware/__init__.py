"""Where it runs."""

from spikefit_nb.hardware.profile import HardwareProfile, load_profile, profile_names, read_profile
from spikefit_nb.hardware.sourced import KINDS, TRUST, Sourced, weakest

__all__ = ["KINDS", "TRUST", "HardwareProfile", "Sourced", "load_profile", "profile_names", "read_profile", "weakest"]

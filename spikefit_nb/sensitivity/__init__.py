"""Which figure of a chip limits a network most, and which would make it fit."""

from spikefit_nb.sensitivity.result import QUANTITIES, Cure, Effect, Outcome, Sensitivity
from spikefit_nb.sensitivity.sensitivity import sensitivity

__all__ = ["QUANTITIES", "Cure", "Effect", "Outcome", "Sensitivity", "sensitivity"]

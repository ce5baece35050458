"""How much of an answer is left off the bench: analog mismatch, flipped bits, dead parts, noise."""

from spikefit_nb.robustness.faults import Faults
from spikefit_nb.robustness.robustness import Robustness, robustness

__all__ = ["Faults", "Robustness", "robustness"]

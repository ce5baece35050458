"""How much of an answer is left off the bench: analog mismatch, flipped bits, dead parts, noise."""

from spikefit_nb.robustness.encoding import EncodingSpread, encoding_spread
from spikefit_nb.robustness.faults import Faults
from spikefit_nb.robustness.robustness import Robustness, robust_accuracy, robustness

__all__ = [
    "EncodingSpread",
    "Faults",
    "Robustness",
    "encoding_spread",
    "robust_accuracy",
    "robustness",
]

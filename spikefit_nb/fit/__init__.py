"""Does it fit, why not, and which changes would cure it."""

from spikefit_nb.fit.check import FitReport, check_fit, judge
from spikefit_nb.fit.compare import FitComparison, compare_fit
from spikefit_nb.fit.judge import judged_figures
from spikefit_nb.fit.matrix import OnChip, SupportMatrix, support_matrix
from spikefit_nb.fit.network_rules import SAME_EVERYWHERE
from spikefit_nb.fit.remedies import Remedy
from spikefit_nb.fit.support import Support
from spikefit_nb.hardware import Need

__all__ = [
    "SAME_EVERYWHERE",
    "FitComparison",
    "FitReport",
    "Need",
    "OnChip",
    "Remedy",
    "Support",
    "SupportMatrix",
    "check_fit",
    "compare_fit",
    "judge",
    "judged_figures",
    "support_matrix",
]

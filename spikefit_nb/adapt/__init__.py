"""Change the network to suit the chip."""

from spikefit_nb.adapt.design import KNOBS, Design
from spikefit_nb.adapt.fan_in import limit_fan_in
from spikefit_nb.adapt.retime import Retimed, retime
from spikefit_nb.adapt.steps import adapt, prune, quantize, scale_thresholds
from spikefit_nb.adapt.thresholds import scale_threshold

__all__ = [
    "KNOBS", "Design", "Retimed", "adapt", "limit_fan_in", "prune", "quantize", "retime", "scale_threshold",
    "scale_thresholds",
]  # fmt: skip

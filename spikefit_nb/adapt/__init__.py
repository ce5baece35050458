"""Change the network to suit the chip."""

from spikefit_nb.adapt.design import KNOBS, Design
from spikefit_nb.adapt.fan_in import limit_fan_in
from spikefit_nb.adapt.models import LONG_STEPS, as_model
from spikefit_nb.adapt.retime import Retimed, retime
from spikefit_nb.adapt.steps import adapt, prune, quantize, scale_thresholds
from spikefit_nb.adapt.substitute import PopulationChange, Substitution, substitute_neuron
from spikefit_nb.adapt.thresholds import scale_threshold

__all__ = [
    "KNOBS", "LONG_STEPS", "Design", "PopulationChange", "Retimed", "Substitution", "adapt", "as_model",
    "limit_fan_in", "prune", "quantize", "retime", "scale_threshold", "scale_thresholds", "substitute_neuron",
]  # fmt: skip

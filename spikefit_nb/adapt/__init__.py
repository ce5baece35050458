"""Change the network to suit the chip."""

from spikefit_nb.adapt.activity import Activity, Moments, observe
from spikefit_nb.adapt.adapt import adapt
from spikefit_nb.adapt.adapted import Adaptation, Adapted
from spikefit_nb.adapt.cap import CapChange, Capped, cap_events
from spikefit_nb.adapt.contribution import spike_contribution, spike_operations
from spikefit_nb.adapt.design import KNOBS, PARTITIONS, SPREAD, Design
from spikefit_nb.adapt.drift import SILENT, Answers, Drift, PopulationDrift, drift
from spikefit_nb.adapt.drift_by_change import ChangeDrift, DriftByChange, drift_by_change
from spikefit_nb.adapt.finetune import finetune
from spikefit_nb.adapt.fuse import fuse
from spikefit_nb.adapt.idle import remove_idle
from spikefit_nb.adapt.prune import limit_fan_in, prune
from spikefit_nb.adapt.prune_neurons import prune_neurons
from spikefit_nb.adapt.prune_to_free import prune_to_free
from spikefit_nb.adapt.quantize import ChipScales, chip_scales, quantize
from spikefit_nb.adapt.relay import relay_fan_in
from spikefit_nb.adapt.retime import Retimed, retime
from spikefit_nb.adapt.retune import retune
from spikefit_nb.adapt.share import share_currents, share_weights
from spikefit_nb.adapt.split import split, split_large_layers
from spikefit_nb.adapt.substitute import (
    LONG_STEPS,
    PopulationChange,
    Substitution,
    as_model,
    substitute_neuron,
)
from spikefit_nb.adapt.suit import suit
from spikefit_nb.adapt.thresholds import scale_threshold, scale_thresholds

__all__ = [
    "KNOBS",
    "LONG_STEPS",
    "PARTITIONS",
    "SILENT",
    "SPREAD",
    "Activity",
    "Adaptation",
    "Adapted",
    "Answers",
    "CapChange",
    "Capped",
    "ChangeDrift",
    "ChipScales",
    "Design",
    "Drift",
    "DriftByChange",
    "Moments",
    "PopulationChange",
    "PopulationDrift",
    "Retimed",
    "Substitution",
    "adapt",
    "as_model",
    "cap_events",
    "chip_scales",
    "drift",
    "drift_by_change",
    "finetune",
    "fuse",
    "limit_fan_in",
    "observe",
    "prune",
    "prune_neurons",
    "prune_to_free",
    "quantize",
    "relay_fan_in",
    "remove_idle",
    "retime",
    "retune",
    "scale_threshold",
    "scale_thresholds",
    "share_currents",
    "share_weights",
    "spike_contribution",
    "spike_operations",
    "split",
    "split_large_layers",
    "substitute_neuron",
    "suit",
]

"""Each figure: a pure `*_data()` of numbers and words, and a Bokeh `plot_*()` of them."""

from spikefit_nb.plots.accuracy import AccuracyData, accuracy_data, plot_accuracy
from spikefit_nb.plots.alternatives import (
    AlternativesData,
    alternatives_data,
    plot_alternatives,
)
from spikefit_nb.plots.confusion import ConfusionData, confusion_data, plot_confusion
from spikefit_nb.plots.cores import CoresData, build_cores, cores_data, no_cores, plot_cores
from spikefit_nb.plots.drift import DriftData, drift_data, plot_drift
from spikefit_nb.plots.floorline import FloorlineData, floorline_data, plot_floorline
from spikefit_nb.plots.front import BY_TAP, WAITING, FrontData, build_front, front_data, plot_front
from spikefit_nb.plots.front_svg import front_svg
from spikefit_nb.plots.power import PowerData, plot_power, power_data
from spikefit_nb.plots.robustness import RobustnessData, plot_robustness, robustness_data
from spikefit_nb.plots.sample import SampleData, plot_sample, sample_data
from spikefit_nb.plots.sensitivity import SensitivityData, plot_sensitivity, sensitivity_data
from spikefit_nb.plots.steps import StepsData, plot_steps, steps_data
from spikefit_nb.plots.theme import BLUE, TEXT_STYLE, WORDS, counted, words_of, written

__all__ = [
    "BLUE",
    "BY_TAP",
    "TEXT_STYLE",
    "WAITING",
    "WORDS",
    "AccuracyData",
    "AlternativesData",
    "ConfusionData",
    "CoresData",
    "DriftData",
    "FloorlineData",
    "FrontData",
    "PowerData",
    "RobustnessData",
    "SampleData",
    "SensitivityData",
    "StepsData",
    "accuracy_data",
    "alternatives_data",
    "build_cores",
    "build_front",
    "confusion_data",
    "cores_data",
    "counted",
    "drift_data",
    "floorline_data",
    "front_data",
    "front_svg",
    "no_cores",
    "plot_accuracy",
    "plot_alternatives",
    "plot_confusion",
    "plot_cores",
    "plot_drift",
    "plot_floorline",
    "plot_front",
    "plot_power",
    "plot_robustness",
    "plot_sample",
    "plot_sensitivity",
    "plot_steps",
    "power_data",
    "robustness_data",
    "sample_data",
    "sensitivity_data",
    "steps_data",
    "words_of",
    "written",
]

"""Each figure: a pure `*_data()` of numbers and words, and a Bokeh `plot_*()` of them."""

from spikefit_nb.plots.accuracy import AccuracyData, accuracy_data, plot_accuracy
from spikefit_nb.plots.alternatives import (
    AlternativesData,
    alternatives_data,
    plot_alternatives,
)
from spikefit_nb.plots.bits import BitsData, bits_data, plot_bits
from spikefit_nb.plots.chips import ChipsData, chips_data, plot_chips
from spikefit_nb.plots.confusion import ConfusionData, confusion_data, plot_confusion
from spikefit_nb.plots.core_columns import cores_frame
from spikefit_nb.plots.core_map import build_cores, plot_cores
from spikefit_nb.plots.cores import CoresData, cores_data, no_cores
from spikefit_nb.plots.drift import DriftData, drift_data, plot_drift
from spikefit_nb.plots.energy import EnergyData, energy_data, plot_energy
from spikefit_nb.plots.floorline import FloorlineData, floorline_data, plot_floorline
from spikefit_nb.plots.front import BY_TAP, WAITING, FrontData, build_front, front_data, plot_front
from spikefit_nb.plots.front_svg import front_svg
from spikefit_nb.plots.history import HistoryData, history_data, plot_history
from spikefit_nb.plots.importance import ImportanceData, importance_data, plot_importance
from spikefit_nb.plots.inside import (
    PotentialData,
    RasterData,
    plot_potential,
    plot_raster,
    potential_data,
    raster_data,
)
from spikefit_nb.plots.mesh import MeshData, mesh_data, plot_mesh
from spikefit_nb.plots.parallel import ParallelData, build_parallel, parallel_data, plot_parallel
from spikefit_nb.plots.power import PowerData, plot_power, power_data
from spikefit_nb.plots.robustness import RobustnessData, plot_robustness, robustness_data
from spikefit_nb.plots.sample import SampleData, plot_sample, sample_data
from spikefit_nb.plots.sensitivity import SensitivityData, plot_sensitivity, sensitivity_data
from spikefit_nb.plots.steps import StepsData, plot_steps, steps_data
from spikefit_nb.plots.theme import BLUE, TEXT_STYLE, WORDS, counted, words_of, written
from spikefit_nb.plots.traffic import TrafficData, plot_traffic, traffic_data

__all__ = [
    "BLUE",
    "BY_TAP",
    "TEXT_STYLE",
    "WAITING",
    "WORDS",
    "AccuracyData",
    "AlternativesData",
    "BitsData",
    "ChipsData",
    "ConfusionData",
    "CoresData",
    "DriftData",
    "EnergyData",
    "FloorlineData",
    "FrontData",
    "HistoryData",
    "ImportanceData",
    "MeshData",
    "ParallelData",
    "PotentialData",
    "PowerData",
    "RasterData",
    "RobustnessData",
    "SampleData",
    "SensitivityData",
    "StepsData",
    "TrafficData",
    "accuracy_data",
    "alternatives_data",
    "bits_data",
    "build_cores",
    "build_front",
    "build_parallel",
    "chips_data",
    "confusion_data",
    "cores_data",
    "cores_frame",
    "counted",
    "drift_data",
    "energy_data",
    "floorline_data",
    "front_data",
    "front_svg",
    "history_data",
    "importance_data",
    "mesh_data",
    "no_cores",
    "parallel_data",
    "plot_accuracy",
    "plot_alternatives",
    "plot_bits",
    "plot_chips",
    "plot_confusion",
    "plot_cores",
    "plot_drift",
    "plot_energy",
    "plot_floorline",
    "plot_front",
    "plot_history",
    "plot_importance",
    "plot_mesh",
    "plot_parallel",
    "plot_potential",
    "plot_power",
    "plot_raster",
    "plot_robustness",
    "plot_sample",
    "plot_sensitivity",
    "plot_steps",
    "plot_traffic",
    "potential_data",
    "power_data",
    "raster_data",
    "robustness_data",
    "sample_data",
    "sensitivity_data",
    "steps_data",
    "traffic_data",
    "words_of",
    "written",
]

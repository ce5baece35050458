"""Price a run on a mapped chip."""

from spikefit_nb.mapping import Links
from spikefit_nb.replay.battery import COIN_CELL, Battery, own_battery
from spikefit_nb.replay.by_core import energy_by_core, loads_by_step
from spikefit_nb.replay.by_layer import energy_by_layer
from spikefit_nb.replay.counters import Counters
from spikefit_nb.replay.figures import (
    COUNTERS,
    ENERGY_FIGURES,
    NOT_TOLD_APART,
    TIME_FIGURES,
    WORK_FIGURES,
    barrier_s,
    event_amounts,
    format_times,
    missing_figures,
)
from spikefit_nb.replay.floorline import floorline
from spikefit_nb.replay.floorline_result import CEILINGS, COUNTED, Floorline
from spikefit_nb.replay.operation import Operation
from spikefit_nb.replay.pace import Arrivals, Pace
from spikefit_nb.replay.power import IDLE_STATES, PowerBudget, power_budget
from spikefit_nb.replay.predict import PredictionError, predict
from spikefit_nb.replay.price import Price
from spikefit_nb.replay.processors import PROCESSORS, Processor
from spikefit_nb.replay.ranges import energy_interval
from spikefit_nb.replay.rates import FiringRates
from spikefit_nb.replay.replay import replay, replay_by_core, reprice
from spikefit_nb.replay.same_layers import ADD, MULTIPLY, READ, SameLayers, layers_of
from spikefit_nb.replay.timing import works_at_once
from spikefit_nb.replay.uncertainty import uncertainty
from spikefit_nb.replay.uncertainty_result import Interval, Uncertainty
from spikefit_nb.replay.utilisation import (
    MeshLinks,
    Use,
    Utilisation,
    area_in_use,
    mesh_links,
    utilisation,
)

__all__ = [
    "ADD",
    "CEILINGS",
    "COIN_CELL",
    "COUNTED",
    "COUNTERS",
    "ENERGY_FIGURES",
    "IDLE_STATES",
    "MULTIPLY",
    "NOT_TOLD_APART",
    "PROCESSORS",
    "READ",
    "TIME_FIGURES",
    "WORK_FIGURES",
    "Arrivals",
    "Battery",
    "Counters",
    "FiringRates",
    "Floorline",
    "Interval",
    "Links",
    "MeshLinks",
    "Operation",
    "Pace",
    "PowerBudget",
    "PredictionError",
    "Price",
    "Processor",
    "SameLayers",
    "Uncertainty",
    "Use",
    "Utilisation",
    "area_in_use",
    "barrier_s",
    "energy_by_core",
    "energy_by_layer",
    "energy_interval",
    "event_amounts",
    "floorline",
    "format_times",
    "layers_of",
    "loads_by_step",
    "mesh_links",
    "missing_figures",
    "own_battery",
    "power_budget",
    "predict",
    "replay",
    "replay_by_core",
    "reprice",
    "uncertainty",
    "utilisation",
    "works_at_once",
]

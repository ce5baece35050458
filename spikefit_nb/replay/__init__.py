"""Price a run on a mapped chip."""

from spikefit_nb.replay.counters import Counters
from spikefit_nb.replay.figures import COUNTERS, ENERGY_FIGURES, TIME_FIGURES, barrier_s, event_amounts, missing_figures
from spikefit_nb.replay.floorline import floorline
from spikefit_nb.replay.floorline_result import Floorline
from spikefit_nb.replay.links import MeshLinks, mesh_links
from spikefit_nb.replay.price import Links, Price
from spikefit_nb.replay.replay import replay, reprice

__all__ = [
    "COUNTERS", "ENERGY_FIGURES", "TIME_FIGURES", "Counters", "Floorline", "Links", "MeshLinks", "Price", "barrier_s",
    "event_amounts", "floorline", "mesh_links", "missing_figures", "replay", "reprice",
]  # fmt: skip

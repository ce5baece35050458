"""Price a run on a mapped chip."""

from spikefit_nb.replay.price import Links, Price
from spikefit_nb.replay.replay import missing_figures, replay

__all__ = ["Links", "Price", "missing_figures", "replay"]

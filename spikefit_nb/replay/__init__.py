"""Price a run on a mapped chip."""

from spikefit_nb.replay.price import Links, Price
from spikefit_nb.replay.replay import replay

__all__ = ["Links", "Price", "replay"]

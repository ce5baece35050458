"""Run the network."""

from spikefit_nb.simulate.record import SpikeEvents, SpikeRecord, wilson_interval
from spikefit_nb.simulate.run import announce_compiling, simulate

__all__ = ["SpikeEvents", "SpikeRecord", "announce_compiling", "simulate", "wilson_interval"]

"""Run the network."""

from spikefit_nb.simulate.network_arrays import neuron_starts
from spikefit_nb.simulate.record import SpikeEvents, SpikeRecord, wilson_interval
from spikefit_nb.simulate.run import announce_compiling, simulate

__all__ = ["SpikeEvents", "SpikeRecord", "announce_compiling", "neuron_starts", "simulate", "wilson_interval"]

"""Run the network."""

from spikefit_nb.simulate.arithmetic import ARITHMETICS
from spikefit_nb.simulate.cache import RECORDS, RecordCache
from spikefit_nb.simulate.layered import run_in_layers
from spikefit_nb.simulate.record import SpikeEvents, SpikeRecord, wilson_interval
from spikefit_nb.simulate.run import potentials, simulate

__all__ = [
    "ARITHMETICS",
    "RECORDS",
    "RecordCache",
    "SpikeEvents",
    "SpikeRecord",
    "potentials",
    "run_in_layers",
    "simulate",
    "wilson_interval",
]

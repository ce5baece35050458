"""Run the network."""

from spikefit_nb.simulate.arithmetic import ARITHMETICS
from spikefit_nb.simulate.cache import RECORDS, RecordCache, RecordKey, record_key
from spikefit_nb.simulate.convolution import lay_out
from spikefit_nb.simulate.cut import cut_record
from spikefit_nb.simulate.inputs import check_choices, check_inputs, settle_decode
from spikefit_nb.simulate.layered import Layered, run_in_layers
from spikefit_nb.simulate.one_by_one import simulate_one_by_one
from spikefit_nb.simulate.record import (
    DECODES,
    Decode,
    SpikeEvents,
    SpikeRecord,
    accuracy_of,
    wilson_interval,
)
from spikefit_nb.simulate.rows import Rows
from spikefit_nb.simulate.run import potentials, simulate
from spikefit_nb.simulate.silence import never_fires
from spikefit_nb.simulate.states import States, neuron_values, run_states
from spikefit_nb.simulate.threads import at_most_threads, n_threads

__all__ = [
    "ARITHMETICS",
    "DECODES",
    "RECORDS",
    "Decode",
    "Layered",
    "RecordCache",
    "RecordKey",
    "Rows",
    "SpikeEvents",
    "SpikeRecord",
    "States",
    "accuracy_of",
    "at_most_threads",
    "check_choices",
    "check_inputs",
    "cut_record",
    "lay_out",
    "n_threads",
    "neuron_values",
    "never_fires",
    "potentials",
    "record_key",
    "run_in_layers",
    "run_states",
    "settle_decode",
    "simulate",
    "simulate_one_by_one",
    "wilson_interval",
]

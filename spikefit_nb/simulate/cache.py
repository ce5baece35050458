"""Remember what was simulated, so that another placement, clock or chip costs no second run."""

from collections import OrderedDict
from dataclasses import replace
from threading import Lock
from typing import NamedTuple

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import NetworkProblem
from spikefit_nb.network import Network
from spikefit_nb.simulate.arithmetic import ARITHMETICS
from spikefit_nb.simulate.inputs import check_choices, settle_decode
from spikefit_nb.simulate.record import Decode, SpikeRecord
from spikefit_nb.simulate.run import simulate

LIMIT_BYTES = 256e6


class RecordKey(NamedTuple):
    """What decides a record: network, data, duration, how it is read, and in which numbers."""

    network: str  # fingerprint
    dataset: str  # fingerprint
    extra_steps: int
    decode: Decode
    arithmetic: str


def record_key(
    network: Network,
    dataset: SpikeDataset,
    extra_steps: int = 0,
    decode: Decode | None = None,
    arithmetic: str = "float32",
) -> RecordKey:
    """Make the key of a record, from the content of network and data set.

    Parameters
    ----------
    network : Network
    dataset : SpikeDataset
    extra_steps : int, silent ones at the end
    decode : "count", "first_spike", "potential" or None
    arithmetic : one of ``simulate.ARITHMETICS``

    Returns
    -------
    RecordKey

    Raises
    ------
    NetworkProblem
        There is no such arithmetic or way to decode.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.nir_file import load_network
    >>> record_key(load_network("digits"), load_dataset("digits"))[2:]
    (0, 'count', 'float32')
    """
    check_choices(arithmetic=(arithmetic, tuple(ARITHMETICS)))
    decode = settle_decode(network, decode, dataset)
    return RecordKey(network.fingerprint, dataset.fingerprint, extra_steps, decode, arithmetic)


class RecordCache:
    """Records with events, by their keys; the least recently used go first when memory is full.

    Parameters
    ----------
    limit_bytes : float

    Examples
    --------
    >>> import numpy as np
    >>> from spikefit_nb.network import IF, Input, Population, Projection
    >>> network = Network(
    ...     [Population("in", (1,), Input()), Population("out", (1,), IF(1.0))],
    ...     [Projection("in", "out", np.ones((1, 1)))],
    ... )
    >>> cache, dataset = RecordCache(), SpikeDataset(np.ones((1, 3, 1), bool))
    >>> cache.simulate(network, dataset) is cache.simulate(network, dataset, decode="count")
    True
    """

    def __init__(self, limit_bytes: float = LIMIT_BYTES):
        self._records: OrderedDict[RecordKey, SpikeRecord] = OrderedDict()
        self._limit_bytes, self._n_bytes = limit_bytes, 0
        self._lock = Lock()

    def __contains__(self, key: RecordKey) -> bool:
        """Whether a record is remembered."""
        with self._lock:
            return key in self._records

    def simulate(
        self,
        network: Network,
        dataset: SpikeDataset,
        extra_steps: int = 0,
        decode: Decode | None = None,
        arithmetic: str = "float32",
    ) -> SpikeRecord:
        """The record of a network on a data set prolonged by silent steps, run only if it is new.

        A network that an arithmetic cannot express is run in float32; a warning of the record says
        so, and why.

        Parameters
        ----------
        network : Network
        dataset : SpikeDataset
        extra_steps : int
        decode : "count", "first_spike", "potential" or None
            None: by count, or by potential where the output never fires.
        arithmetic : one of ``simulate.ARITHMETICS``

        Returns
        -------
        SpikeRecord
        """
        key = record_key(network, dataset, extra_steps, decode, arithmetic)
        with self._lock:
            if key in self._records:
                self._records.move_to_end(key)
                return self._records[key]
        record = _simulated(network, dataset.extend(extra_steps), key)
        with self._lock:
            if key in self._records:  # another thread was quicker
                return self._records[key]
            self._records[key] = record
            self._n_bytes += _n_bytes(record)
            while len(self._records) > 1 and self._n_bytes > self._limit_bytes:
                _, oldest = self._records.popitem(last=False)
                self._n_bytes -= _n_bytes(oldest)
        return record

    def __reduce__(self) -> tuple:
        return RecordCache, (self._limit_bytes,)  # elsewhere it begins empty

    @property
    def n_bytes(self) -> int:
        """Memory that the records take."""
        return self._n_bytes


def _simulated(network: Network, dataset: SpikeDataset, key: RecordKey) -> SpikeRecord:
    """Run in the arithmetic of the key, or in float32 where that cannot express the network."""
    try:
        return simulate(
            network, dataset, arithmetic=key.arithmetic, record="events", decode=key.decode
        )
    except NetworkProblem as problem:
        if not ARITHMETICS[key.arithmetic].is_integer:
            raise
        record = simulate(network, dataset, record="events", decode=key.decode)
        warning = f"Run in float32, not as the chip counts: {problem}"
        return replace(record, warnings=(*record.warnings, warning))


def _n_bytes(record: SpikeRecord) -> int:
    arrays = (
        *record.spike_counts.values(),
        record.output_spikes,
        record.output_potential,
        *(record.events or ()),
    )
    return sum(array.nbytes for array in arrays if array is not None)


RECORDS = RecordCache()

"""Remember what was simulated, so that another placement, clock or chip costs no second run."""

from collections import OrderedDict
from threading import Lock

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.network import Network
from spikefit_nb.simulate.record import Decode, SpikeRecord
from spikefit_nb.simulate.run import simulate

LIMIT_BYTES = 256e6


class RecordCache:
    """Records by content of network and data; the least recently used go first when memory is full.

    Parameters
    ----------
    limit_bytes : float

    Examples
    --------
    >>> RecordCache().n_records
    0
    """

    def __init__(self, limit_bytes: float = LIMIT_BYTES):
        self._records: OrderedDict[tuple, SpikeRecord] = OrderedDict()
        self._limit_bytes = limit_bytes
        self._lock = Lock()

    @property
    def n_records(self) -> int:
        """Records held."""
        return len(self._records)

    def simulate(self, network: Network, dataset: SpikeDataset, extra_steps: int, decode: Decode) -> SpikeRecord:
        """The record with events of a network on a data set prolonged by silent steps, run only if it is new.

        Parameters
        ----------
        network : Network
        dataset : SpikeDataset
        extra_steps : int
        decode : "count" or "potential"

        Returns
        -------
        SpikeRecord
        """
        key = (network.fingerprint, dataset.fingerprint, extra_steps, decode)
        with self._lock:
            if key in self._records:
                self._records.move_to_end(key)
                return self._records[key]
        record = simulate(network, dataset.extend(extra_steps), record="events", decode=decode)
        with self._lock:
            self._records[key] = record
            while len(self._records) > 1 and sum(map(_n_bytes, self._records.values())) > self._limit_bytes:
                self._records.popitem(last=False)
        return record


def _n_bytes(record: SpikeRecord) -> int:
    arrays = (*record.spike_counts.values(), record.output_spikes, record.output_potential, *(record.events or ()))
    return sum(array.nbytes for array in arrays)


RECORDS = RecordCache()

"""Remember what was simulated, so that another placement, clock or chip costs no second run."""

from collections import OrderedDict
from dataclasses import replace
from threading import Lock

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import NetworkProblem
from spikefit_nb.network import Network
from spikefit_nb.simulate.record import Decode, SpikeRecord
from spikefit_nb.simulate.run import settle_decode, simulate

LIMIT_BYTES = 256e6


class RecordCache:
    """Records by content of network and data, and by arithmetic; the least recently used go first
    when memory is full.

    Parameters
    ----------
    limit_bytes : float

    Examples
    --------
    >>> import numpy as np
    >>> from spikefit_nb.network import IF, Input, Population, Projection
    >>> network = Network([Population("in", (1,), Input()), Population("out", (1,), IF(1.0))],
    ...                   [Projection("in", "out", np.ones((1, 1)))])
    >>> cache, dataset = RecordCache(), SpikeDataset(np.ones((1, 3, 1), bool))
    >>> cache.simulate(network, dataset, 0, "count") is cache.simulate(network, dataset, 0, "count")
    True
    """

    def __init__(self, limit_bytes: float = LIMIT_BYTES):
        self._records: OrderedDict[tuple, SpikeRecord] = OrderedDict()
        self._limit_bytes = limit_bytes
        self._lock = Lock()

    def simulate(
        self,
        network: Network,
        dataset: SpikeDataset,
        extra_steps: int,
        decode: Decode | None = None,
        arithmetic: str = "float32",
    ) -> SpikeRecord:
        """The record with events of a network on a data set prolonged by silent steps, run only if
        it is new.

        A network that an arithmetic cannot express is run in float32; a warning of the record says
        so, and why.

        Parameters
        ----------
        network : Network
        dataset : SpikeDataset
        extra_steps : int
        decode : "count", "first_spike" or "potential"; None: by count, or by potential where the
            output never fires
        arithmetic : one of ``simulate.ARITHMETICS``

        Returns
        -------
        SpikeRecord
        """
        decode = settle_decode(network, decode)
        key = (network.fingerprint, dataset.fingerprint, extra_steps, decode, arithmetic)
        with self._lock:
            if key in self._records:
                self._records.move_to_end(key)
                return self._records[key]
        longer = dataset.extend(extra_steps)
        try:
            record = simulate(
                network, longer, arithmetic=arithmetic, record="events", decode=decode
            )
        except NetworkProblem as problem:
            if arithmetic == "float32":
                raise
            record = simulate(network, longer, record="events", decode=decode)
            record = replace(
                record,
                warnings=(*record.warnings, f"Run in float32, not as the chip counts: {problem}"),
            )
        with self._lock:
            self._records[key] = record
            while (
                len(self._records) > 1
                and sum(map(_n_bytes, self._records.values())) > self._limit_bytes
            ):
                self._records.popitem(last=False)
        return record


def _n_bytes(record: SpikeRecord) -> int:
    arrays = (
        *record.spike_counts.values(),
        record.output_spikes,
        record.output_potential,
        *(record.events or ()),
    )
    return sum(array.nbytes for array in arrays if array is not None)


RECORDS = RecordCache()

"""W1 on a given number of processors: the program that ``threads.py`` starts, as in
``peers/pacing.py``.
"""

import os
from hashlib import sha256

import numpy as np

import spikefit_nb
from spikefit_nb.simulate import SpikeRecord, simulate
from tests.benchmarks import ours
from tests.benchmarks.peers.pacing import serve
from tests.benchmarks.w1 import layer_counts


def digest(record: SpikeRecord) -> str:
    """A hash of everything that was recorded."""
    found = sha256()
    for array in (*record.spike_counts.values(), record.output_spikes, record.output_potential):
        if array is not None:  # not every record keeps potentials
            found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()


def prepare(arrays: dict[str, np.ndarray], n_cpus: int) -> tuple:
    """Keep to so many processors, as many threads as the simulator then takes."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:n_cpus])
    network, dataset = ours.w1_network(arrays)

    def counts(record: SpikeRecord) -> dict[str, np.ndarray]:
        return {**layer_counts(record), "digest": [digest(record)]}

    return spikefit_nb.__version__, lambda: simulate(network, dataset), counts


if __name__ == "__main__":
    serve(prepare)

"""What is remembered of runs, against a list of the last used ones in plain Python."""

import numpy as np
import pytest

from spikefit_nb import SpikeDataset
from spikefit_nb.simulate import RecordCache, record_key
from tests.networks import spikes, two_layers

NETWORK = two_layers(0)
DATASETS = [SpikeDataset(spikes(NETWORK, seed)) for seed in range(4)]


def bytes_of(record):
    """Counts, output and events of a record, array by array."""
    outputs = (record.output_spikes, record.output_potential)
    arrays = [*record.spike_counts.values(), *outputs, *record.events]
    return sum(a.size * a.dtype.itemsize for a in arrays if a is not None)


def test_memory_is_that_of_all_arrays_of_all_records():
    cache = RecordCache()
    records = [cache.simulate(NETWORK, dataset) for dataset in DATASETS]
    assert cache.n_bytes == sum(map(bytes_of, records))
    cache.simulate(NETWORK, DATASETS[0])  # known
    assert cache.n_bytes == sum(map(bytes_of, records))


@pytest.mark.parametrize("limit", [0, "two", "one byte less than two", 1e9])
def test_the_longest_unused_go_first_and_the_last_one_always_stays(limit):
    sizes = [bytes_of(RecordCache().simulate(NETWORK, dataset)) for dataset in DATASETS]
    two = {"two": 0, "one byte less than two": 1}
    allowed = max(sizes[0] + sizes[1], sizes[0] + sizes[2]) - two[limit] if limit in two else limit
    cache, kept = RecordCache(allowed), []
    for at in (0, 1, 0, 2, 3, 3, 1, 0):
        kept = [k for k in kept if k != at] + [at]
        while len(kept) > 1 and sum(sizes[k] for k in kept) > allowed:
            kept.pop(0)
        cache.simulate(NETWORK, DATASETS[at])
        known = [k for k, d in enumerate(DATASETS) if record_key(NETWORK, d) in cache]
        assert known == sorted(kept)


def test_steps_without_input_are_run_beyond_the_recordings():
    longer = RecordCache().simulate(NETWORK, DATASETS[0], extra_steps=5)
    assert longer.n_steps == DATASETS[0].n_steps + 5
    silent = np.concatenate([DATASETS[0].spikes[:], np.zeros_like(DATASETS[0].spikes[:, :5])], 1)
    same = RecordCache().simulate(NETWORK, SpikeDataset(silent))
    assert (longer.output_spikes == same.output_spikes).all()

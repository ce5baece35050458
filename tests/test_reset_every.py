"""State that is reset within a recording, every so many steps."""

import numpy as np
import pytest

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import DatasetProblem
from spikefit_nb.network import LIF, Input, Network, Population, Projection
from spikefit_nb.simulate import simulate


def integers():
    """A network in the integers of Loihi, which plain Python repeats."""
    weight = np.random.default_rng(1).integers(-9, 14, (12, 5)).astype(np.int8)
    output = LIF(1e-3 / 0.125, 30.0, r=8.0, strict_threshold=True)
    populations = [Population("in", (12,), Input()), Population("o", (5,), output)]
    return Network(populations, [Projection("in", "o", weight, scale=2.0)]), weight


@pytest.mark.parametrize("rate", [0.02, 0.4])  # kept as events, and as an array
@pytest.mark.parametrize("every", [1, 7, 30, 50])
def test_state_begins_anew_every_so_many_steps(rate, every):
    network, weight = integers()
    spikes = np.random.default_rng(0).random((3, 30, 12)) < rate
    record = simulate(network, SpikeDataset(spikes).reset_every(every), arithmetic="loihi")
    ours = record.output_spikes.reshape(3, -1, 5)
    for s in range(3):
        for n in range(5):
            v = 0
            for t in range(30):
                v = 0 if t % every == 0 else v
                left = abs(v) * 3584 >> 12
                v = (left if v >= 0 else -left) + 128 * int(spikes[s, t] @ weight[:, n].astype(int))
                assert ours[s, t, n] == (v > 64 * 30)
                v = 0 if v > 64 * 30 else v
    assert not ours[:, 30:].any()


def test_counts_and_currents_are_cut_too_and_keep_what_they_are():
    counts = np.random.default_rng(0).integers(0, 9, (2, 10, 3)).astype(np.uint8)
    same = np.eye(3, dtype=np.float32)[None, :1].repeat(12, 1)  # kept as one step for all
    for values in (counts, counts + np.float32(0.5), same):
        dataset = SpikeDataset(values)
        cut, n = dataset.reset_every(5), values.shape[1]
        assert cut.spikes.shape[1:] == (5, 3) and cut.spikes.dtype == dataset.spikes.dtype
        whole = cut.spikes[:].reshape(len(values), -1, 3)
        assert (whole[:, :n] == values).all() and not whole[:, n:].any()


def test_each_piece_has_its_recordings_label_or_its_own():
    dataset = SpikeDataset(np.ones((2, 6, 1), bool), [1, 0])
    assert dataset.reset_every(2).labels.tolist() == [1, 1, 1, 0, 0, 0]
    assert dataset.reset_every(3, [[0, 1], [1, 1]]).labels.tolist() == [0, 1, 1, 1]
    with pytest.raises(DatasetProblem, match=r"labels is \(2,\); one for each of 2 pieces"):
        dataset.reset_every(3, [0, 1])
    with pytest.raises(DatasetProblem, match="n_steps"):
        dataset.reset_every(0)

"""Samples run in blocks: how many together is a matter of time and never of results."""

import numpy as np
import pytest

import spikefit_nb as sf
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.simulate import run
from spikefit_nb.simulate.block import block_samples
from spikefit_nb.simulate.plan import make_plan
from tests.networks import any_network
from tests.nouns import digest

DECODES = ("count", "first_spike", "potential")


def loop_of(n):
    """A population of ``n`` neurons that each spike of comes back in the next step."""
    random = np.random.default_rng(0)
    populations = [sf.Population("in", (4,), sf.Input()), sf.Population("out", (n,), sf.IF(1.0))]
    there = sf.Projection("in", "out", random.normal(0.4, 0.4, (4, n)))
    back = sf.Projection("out", "out", random.normal(0, 0.2, (n, n)), delay_steps=1)
    return sf.Network(populations, [there, back])


def recordings(n_samples, n_steps, n_channels=4):
    spikes = np.random.default_rng(1).random((n_samples, n_steps, n_channels)) < 0.3
    return SpikeDataset(spikes, np.arange(n_samples) % 2)


def n_together(network, dataset):
    return block_samples(make_plan(network, dataset, "float32"), dataset)


def test_small_loops_share_the_cost_of_a_step_among_many_samples(monkeypatch):
    for threads, expected in ((1, 300), (2, 150), (16, 64)):
        monkeypatch.setattr("spikefit_nb.simulate.block.n_threads", lambda n=threads: n)
        assert n_together(loop_of(5), recordings(300, 20)) == expected
    monkeypatch.setattr("spikefit_nb.simulate.block.n_threads", lambda: 1)
    assert n_together(loop_of(400), recordings(300, 20)) == 160  # more would leave the cache


def test_without_a_loop_blocks_are_as_large_as_the_cache_lets_them(monkeypatch):
    digits = sf.load_network("digits")
    assert n_together(digits, sf.load_dataset("digits")) == 64
    wide = sf.Network(
        [sf.Population("in", (4,), sf.Input()), sf.Population("out", (5000,), sf.IF(1.0))],
        [sf.Projection("in", "out", np.ones((4, 5000)))],
    )
    assert n_together(wide, recordings(300, 20)) == 16


@pytest.mark.parametrize("decode", DECODES)
@pytest.mark.parametrize("seed", range(4))
def test_any_division_gives_the_same_record(seed, decode, monkeypatch):
    network = any_network(seed, "float32") if seed else loop_of(5)
    dataset = recordings(40, 12, network.n_channels)
    told = []
    for size in (1, 7, 40):
        monkeypatch.setattr(run, "block_samples", lambda plan, dataset, n=size: n)
        told.append(digest(sf.simulate(network, dataset, record="events", decode=decode)))
    assert len(set(told)) == 1


@pytest.mark.parametrize("decode", DECODES)
def test_the_answer_is_that_after_the_last_step(decode):
    for network, dataset in (
        (loop_of(5), recordings(60, 12)),
        (sf.load_network("digits"), sf.load_dataset("digits").take(90)),
    ):
        record = sf.simulate(network, dataset, decode=decode)
        assert np.array_equal(record.predictions, record.predictions_by_step[:, -1])
        assert np.array_equal(record.predictions, record.scores_by_step[:, -1].argmax(axis=1))

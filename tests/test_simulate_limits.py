"""What a simulation takes, how far it is, how it ends early."""

import threading
import tracemalloc
from importlib import import_module
from typing import ClassVar

import numpy as np
import pytest
import scipy.sparse as sp

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import TooLarge
from spikefit_nb.network import IF, LIF, Conv2d, Input, Network, Population, Projection
from spikefit_nb.simulate import n_threads, progress, simulate
from spikefit_nb.simulate.block import Shown
from spikefit_nb.simulate.memory import free_bytes, predict_bytes
from spikefit_nb.simulate.plan import make_plan


def chain(populations, weights, **changes):
    names = [p.name for p in populations]
    edges = [
        Projection(a, b, w, **changes) for a, b, w in zip(names, names[1:], weights, strict=False)
    ]
    return Network(populations, edges)


def sparse_loop(random):
    n = 30_000
    index = random.integers(0, n, (n, 60)).ravel()
    weight = sp.csr_array(
        (random.integers(-90, 100, index.size).astype(np.int8), index, np.arange(n + 1) * 60),
        (n, n),
    )
    return Network(
        [Population("in", (100,), Input()), Population("n", (n,), LIF(0.02, 5.0, r=3.0, bias=0.1))],
        [
            Projection("in", "n", random.normal(0, 1, (100, n)).astype(np.float32)),
            Projection("n", "n", weight, scale=0.01, delay_steps=1),
        ],
        output="n",
    )


def layers(random):
    weights = [random.normal(0, 1, shape).astype(np.float32) for shape in ((784, 3000), (3000, 10))]
    lif = LIF(0.02, 1.0)
    return chain(
        [
            Population("in", (784,), Input()),
            Population("h", (3000,), lif),
            Population("o", (10,), lif),
        ],
        weights,
    )


def convolution(random):
    conv = Conv2d(random.normal(0, 0.3, (32, 2, 5, 5)).astype(np.float32), (2, 34, 34), padding=2)
    readout = random.normal(0, 1, (32 * 34 * 34, 10)).astype(np.float32)
    return chain(
        [
            Population("in", (2, 34, 34), Input()),
            Population("c", (32, 34, 34), IF(3.0)),
            Population("o", (10,), IF(1.0)),
        ],
        [conv, readout],
    )


@pytest.mark.parametrize(
    ("make", "n_samples", "decode"),
    [
        (sparse_loop, 1, None),
        (sparse_loop, 4, None),
        (layers, 800, None),
        (layers, 800, "potential"),
        (convolution, 80, None),
    ],
)
def test_memory_is_predicted_within_a_fifth(make, n_samples, decode):
    random = np.random.default_rng(0)
    network = make(random)
    dataset = SpikeDataset(random.random((n_samples, 20, network.n_channels)) < 0.05)
    simulate(network, dataset.take(1), decode=decode)  # compiles
    plan = make_plan(network, dataset, "float32")
    predicted = predict_bytes(
        plan, dataset, Shown(network.output, decode == "potential", False), n_threads()
    )
    del plan
    tracemalloc.start()
    simulate(network, dataset, decode=decode)
    measured = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 0.8 < predicted / measured < 1.25


def test_a_run_that_would_take_too_much_is_refused_before_it_begins():
    network = layers(np.random.default_rng(0))
    dataset = SpikeDataset(np.ones((500, 10, 784), bool))
    with pytest.raises(
        TooLarge,
        match=r"would take .* MB, more than 1 MB \(memory_limit_bytes\)\. Run fewer samples",
    ):
        simulate(network, dataset, memory_limit_bytes=1e6)
    assert simulate(network, dataset, memory_limit_bytes=1e9).n_samples == 500


def test_a_hub_that_allows_less_than_the_machine_has_is_heeded(monkeypatch):
    monkeypatch.setenv("MEM_LIMIT", "1000")  # less than this process takes already
    assert free_bytes() < 0
    with pytest.raises(TooLarge, match="three quarters of what is free"):
        simulate(layers(np.random.default_rng(0)), SpikeDataset(np.ones((2, 10, 784), bool)))


class Bar:
    """Stands in for tqdm."""

    seen: ClassVar[list["Bar"]] = []

    def __init__(self, total, **_):
        self.total, self.n, self.shown = total, 0, []
        Bar.seen.append(self)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False

    def update(self, n):
        self.n += n
        self.shown.append(self.n)


@pytest.fixture
def bars(monkeypatch):
    monkeypatch.setattr("tqdm.auto.tqdm", Bar)
    monkeypatch.setattr(progress, "LOOK_EVERY_S", 0.005)
    monkeypatch.setattr(Bar, "seen", [])
    return Bar.seen


def long_run():
    network = layers(np.random.default_rng(0))
    return network, SpikeDataset(np.random.default_rng(1).random((300, 40, 784)) < 0.2)


def test_what_is_soon_done_shows_nothing(bars):
    network, dataset = long_run()
    simulate(network, dataset.take(2))
    assert bars == []


def test_what_takes_long_shows_how_far_it_is(bars, monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE_S", 0.0)
    simulate(*long_run())
    (bar,) = bars
    assert bar.total == 300 * 40 and bar.shown == sorted(bar.shown)
    assert bar.shown[0] > 0 and bar.shown[-1] == bar.total  # or it would end in red


def test_a_run_of_a_thread_shows_nothing(bars, monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE_S", 0.0)
    thread = threading.Thread(target=simulate, args=long_run())
    thread.start()
    thread.join()
    assert bars == []


def test_an_interrupt_ends_the_run_within_its_window(monkeypatch):
    watches = []

    def interrupted(futures, watch, n_total):
        watches.append(watch)
        raise KeyboardInterrupt

    monkeypatch.setattr(import_module("spikefit_nb.simulate.run"), "show_progress", interrupted)
    with pytest.raises(KeyboardInterrupt):
        simulate(*long_run())
    assert watches[0].stopped.is_set() and sum(watches[0].done) < 300 * 40

"""What ``finetuned`` trains on: each job's network, and its recordings by fold."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from spikefit_nb.datasets import SpikeDataset, load_dataset
from spikefit_nb.fetch import find_local
from spikefit_nb.network import IF, LIF, CubaLIF, Input, Network, Population, Projection
from spikefit_nb.nir_file import load_network, read_nir
from spikefit_nb.train import train_network

LEARN, MNIST_PEAK, MNIST_STEPS = 0.6, 0.5, 16


class Fold(NamedTuple):
    """A network, what it may learn from, and what it is told on."""

    network: Network
    calibration: SpikeDataset
    unseen: SpikeDataset


def published(network: str, recordings: str) -> Callable[[int], Iterator[Fold]]:
    """A published network; each fold is another split of its recordings."""

    def folds(n_folds: int) -> Iterator[Fold]:
        dataset = load_dataset(recordings)
        for seed in range(n_folds):
            yield Fold(load_network(network), *dataset.split(LEARN, seed=seed))

    return folds


def layers(neurons: dict[str, tuple[int, object]], dt_s: float) -> Network:
    """A network of dense layers, whose weights are still to be learned."""
    populations = [Population(name, (n,), neuron) for name, (n, neuron) in neurons.items()]
    pairs = pairwise(populations)
    return Network(
        populations,
        [Projection(a.name, b.name, np.ones((a.n_neurons, b.n_neurons))) for a, b in pairs],
        dt_s=dt_s,
    )


def letters(n_folds: int) -> Iterator[Fold]:
    """All 27 letters, split by repetition; the network is trained on each fold's own part."""
    dataset = load_dataset("braille27")
    labels = np.asarray(dataset.labels)
    repetition = np.array([(labels[:k] == own).sum() for k, own in enumerate(labels)])
    for seed in range(n_folds):
        mixed = np.random.default_rng(seed).permutation(repetition.max() + 1)
        learns = np.isin(repetition, mixed[: round(LEARN * mixed.size)])
        learned = dataset.select(np.flatnonzero(learns))
        fast, slow = 4 * dataset.dt_s, 20 * dataset.dt_s
        sizes = {
            "sensors": (dataset.n_channels, Input()),
            "hidden": (128, CubaLIF(fast, slow)),
            "letter": (27, LIF(slow)),
        }
        network = train_network(layers(sizes, dataset.dt_s), learned, epochs=60, seed=seed)
        yield Fold(network, learned, dataset.select(np.flatnonzero(~learns)))


def nmnist(n_folds: int) -> Iterator[Fold]:
    """The published convolutional network; the first 600 recordings, and the 400 after them."""
    network = read_nir(find_local("cnn_sinabs.nir"), reset="zero", max_spikes_per_step=1)
    dataset = load_dataset("nmnist", n_samples=1000)
    for _ in range(min(n_folds, 1)):
        yield Fold(network, dataset.take(600), dataset.select(np.arange(600, 1000)))


def mnist(n_folds: int) -> Iterator[Fold]:
    """784-256-10 of neurons that integrate and fire, trained on 10,000 images by us."""
    with np.load(find_local("train10k.npz")) as stored:
        images, labels = stored["images"], stored["labels"].astype(int)
    random, n_test = np.random.default_rng(0), 2000
    rate = images.reshape(-1, 1, 784).astype(np.float32) / 255 * MNIST_PEAK
    spikes = random.random((images.shape[0], MNIST_STEPS, 784), np.float32) < rate
    dataset = SpikeDataset(spikes, labels, dt_s=1e-3)
    sizes = {"pixels": (784, Input()), "hidden": (256, IF(1.0)), "digit": (10, IF(1.0))}
    for seed in range(min(n_folds, 1)):
        learned, unseen = dataset.split(1 - n_test / dataset.n_samples, seed=seed)
        network = train_network(layers(sizes, 1e-3), learned, epochs=8, seed=seed)
        yield Fold(network, learned, unseen)


JOBS: dict[str, Callable[[int], Iterator[Fold]]] = {
    "braille": published("braille", "braille"),
    "braille_subtract": published("braille_subtract", "braille"),
    "digits": published("digits", "digits"),
    "letters": letters,
    "nmnist": nmnist,
    "mnist": mnist,
}

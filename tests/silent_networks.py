"""A deep network that naive rounding silences, made for the tests of drift and of re-tuning."""

import numpy as np

from spikefit_nb.adapt import quantize
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.network import LIF, Input, Network, Population, Projection

N_CLASSES, N_EACH, WIDTH = 4, 40, 48
THRESHOLD = {"layer1": 0.55, "layer2": 0.7, "layer3": 0.7, "layer4": 0.7, "out": 0.5}


def deep_chain(seed=1):
    """Five layers of leaky neurons that pass on which of four groups of channels is busiest, and
    recordings of it.

    Weights from the second layer on have a long tail (log-normal): the largest is ten and more
    times the median, so that a scale chosen by the largest leaves most weights at zero when bits
    are few.
    """
    random = np.random.default_rng(seed)
    group = np.arange(WIDTH) % N_CLASSES
    names = list(THRESHOLD)
    populations, projections = [Population("in", (WIDTH,), Input())], []
    for source, target in zip(["in", *names], names, strict=False):
        n = N_CLASSES if target == "out" else WIDTH
        size = (
            random.uniform(0.5, 1.5, (WIDTH, n))
            if target == "layer1"
            else random.lognormal(0, 0.8, (WIDTH, n))
        )
        own = group[:, None] == group[None, :n]
        weight = np.where(own, size, -0.25 * size) * N_CLASSES / WIDTH
        populations.append(
            Population(target, (n,), LIF(5e-3, THRESHOLD[target], r=5.0, reset="subtract"))
        )
        projections.append(Projection(source, target, weight / size.mean()))
    labels = np.repeat(np.arange(N_CLASSES), N_EACH)
    rate = np.where(group[None, :] == labels[:, None], 0.25, 0.12)
    given = random.random((labels.size, 60, WIDTH)) < rate[:, None]
    return Network(populations, projections), SpikeDataset(given, labels)


def rounded_naively(network, bits):
    """Integers of so many bits with one scale a projection, that of its largest weight."""
    return quantize(network, bits, clip="largest").network

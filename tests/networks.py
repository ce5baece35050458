"""Small random networks for tests, of every kind of projection and neuron."""

from itertools import pairwise

import numpy as np
import scipy.sparse as sp

from spikefit_nb.adapt import quantize
from spikefit_nb.network import (
    ALIF,
    IF,
    LI,
    LIF,
    AdEx,
    Conv2d,
    CubaLIF,
    Input,
    Izhikevich,
    Network,
    Population,
    Projection,
)

CHIP_MODELS = {
    "float32": ("IF", "LIF", "CubaLIF", "ALIF"),
    "loihi": ("IF", "LIF", "CubaLIF"),
    "sanafe_loihi": ("IF",),
    "xylo": ("CubaLIF",),
    "speck": ("IF",),
    "truenorth": ("IF",),
}


def neuron(kind, random, **options):
    """A neuron model with plausible random parameters."""
    threshold = float(random.uniform(0.5, 1.5))
    if kind == "IF":
        return IF(threshold, r=1.0, **options)
    if kind == "LIF":
        return LIF(
            random.uniform(2e-3, 2e-2), threshold, r=random.uniform(1, 6), bias=0.05, **options
        )
    if kind == "ALIF":
        return ALIF(
            random.uniform(2e-3, 2e-2),
            0.013,
            random.uniform(0.05, 0.4),
            threshold,
            r=5.0,
            **options,
        )
    if kind == "Izhikevich":
        return Izhikevich(
            d=random.uniform(2, 8), c=random.uniform(-65, -50), r=random.uniform(20, 60), bias=0.07
        )
    if kind == "AdEx":
        slope = float(random.choice([0.0, 2e-3]))  # currents in nA
        return AdEx(slope_factor=slope, r=random.uniform(0.1, 0.3), a=4.0, b=0.08, bias=0.05)
    return CubaLIF(
        2e-3, random.uniform(2e-3, 2e-2), threshold, r=4.0, w_in=1.5, v_leak=0.01, **options
    )


def two_layers(seed, kind="IF", recurrent=False, sparse=False, delay=0, **options):
    """input 5 -> hidden 7 (-> hidden) -> output 3."""
    random = np.random.default_rng(seed)

    def weights(n, m):
        matrix = random.normal(0.3, 0.6, (n, m)) * (random.random((n, m)) < 0.7)
        return sp.csr_array(matrix) if sparse else matrix

    projections = [
        Projection("input", "hidden", weights(5, 7)),
        Projection("hidden", "output", weights(7, 3), delay_steps=delay),
    ]
    if recurrent:
        projections.append(Projection("hidden", "hidden", weights(7, 7), delay_steps=1 + delay))
    populations = [
        Population("input", (5,), Input()),
        Population("hidden", (7,), neuron(kind, random, **options)),
        Population("output", (3,), neuron(kind, random, **options)),
    ]
    return Network(populations, projections, dt_s=1e-3)


def all_models(seed):
    """A chain of populations, one of each model that fires, and a leaky integrator that reads the
    last.
    """
    random = np.random.default_rng(seed)
    kinds = ("IF", "LIF", "CubaLIF", "ALIF", "Izhikevich", "AdEx")
    populations = [Population("input", (5,), Input())]
    populations += [Population(kind, (5,), neuron(kind, random)) for kind in kinds]
    populations.append(Population("read", (3,), LI(0.01, r=2.0, bias=0.1)))
    weights = [
        random.uniform(0.2, 0.8, (a.n_neurons, b.n_neurons)) for a, b in pairwise(populations)
    ]
    projections = [
        Projection(a.name, b.name, w)
        for (a, b), w in zip(pairwise(populations), weights, strict=True)
    ]
    return Network(populations, projections, dt_s=1e-3)


def convolutional(seed, *, stride=1, padding=1, dilation=1, groups=1, max_spikes=1):
    """input (2, 6, 5) -> convolution of 4 channels -> output 3."""
    random = np.random.default_rng(seed)
    kernel = random.normal(0.2, 0.5, (4, 2 // groups, 3, 2))
    conv = Conv2d(kernel, (2, 6, 5), stride, padding, dilation, groups)
    shape = conv.output_shape
    fires = IF(1.0, reset="subtract", max_spikes_per_step=max_spikes)
    return Network(
        [
            Population("input", (2, 6, 5), Input()),
            Population("map", shape, fires),
            Population("output", (3,), IF(1.0)),
        ],
        [
            Projection("input", "map", conv),
            Projection("map", "output", random.normal(0, 0.5, (np.prod(shape), 3))),
        ],
    )


def wide_map(n_channels, side, *, n_out=10):
    """input (2, side, side) -> map of channels, 3 x 3 -> pooled 4 x 4 into outputs, all as Speck
    takes it.
    """
    random = np.random.default_rng(0)
    first = Conv2d(random.normal(0, 1, (n_channels, 2, 3, 3)), (2, side, side), padding=1)
    small = (
        random.normal(0, 1, (n_out, n_channels, side // 4, side // 4))
        .repeat(4, axis=2)
        .repeat(4, axis=3)
    )
    fires = IF(1.0, reset="subtract", max_spikes_per_step=None)
    return Network(
        [
            Population("input", (2, side, side), Input()),
            Population("map", (n_channels, side, side), fires),
            Population("output", (n_out,), fires),
        ],
        [
            Projection("input", "map", first),
            Projection("map", "output", small.reshape(n_out, -1).T),
        ],
    )


def any_network(seed, arithmetic):
    """Two inputs and five populations; any may send to any, later or at once, so that loops come
    and go.
    """
    random = np.random.default_rng(seed)
    kind = random.choice(CHIP_MODELS[arithmetic])
    names = [f"p{k}" for k in range(5)]
    populations = [Population("a", (4,), Input()), Population("b", (3,), Input())]
    populations += [
        Population(n, (int(random.integers(2, 7)),), chip_neuron(kind, arithmetic, random))
        for n in names
    ]
    size = {p.name: p.n_neurons for p in populations}
    projections = []
    for target in names:
        for source in random.choice(
            ["a", "b", *names], random.integers(0 if target == "p4" else 1, 4), replace=False
        ):
            late = source in names and names.index(source) >= names.index(target)
            weight = random.normal(0.3, 0.6, (size[source], size[target]))
            projections.append(
                Projection(source, target, weight, delay_steps=int(random.integers(late, 4)))
            )
    network = Network(populations, projections, output="p4")
    if arithmetic == "float32":
        return network
    return quantize(network, 2 if arithmetic == "truenorth" else 6, clip="largest").network


def chip_neuron(kind, arithmetic, random):
    """A neuron model as the chip of an arithmetic takes it."""
    if arithmetic == "xylo":
        return CubaLIF(4e-3, 8e-3, float(random.uniform(0.2, 0.6)), r=2.0, reset="subtract")
    if arithmetic == "loihi" and kind == "CubaLIF":
        return CubaLIF(2e-3, 8e-3, float(random.uniform(0.2, 0.6)), r=4.0)
    if arithmetic in ("float32", "loihi"):
        return neuron(kind, random)
    most = None if arithmetic == "speck" else 1
    strict = arithmetic == "sanafe_loihi"
    reset = "zero" if strict else "subtract"
    return IF(
        float(random.uniform(0.5, 1.5)),
        reset=reset,
        max_spikes_per_step=most,
        strict_threshold=strict,
    )


def spikes(network, seed, n_samples=3, n_steps=12, rate=0.3):
    """Random input spikes for a network."""
    return np.random.default_rng(seed).random((n_samples, n_steps, network.n_channels)) < rate

"""Record what spyx's own layers fire, beside the graph its exporter writes of them.

Run it with a Python that has ``spyx`` 1.0.0, ``nir`` 1.0.8 and NumPy; this package need not be
there, and is not used::

    python tests/tools/record_spyx.py tests/recorded/spyx

The exporter counts tau in the dt it is given, 1 by default, and writes beta as r. A layer of spyx
fires by the potential it had before its input of this step. It flattens pictures channels last,
which NIR would do channels first, and the weights behind are written as they are. What the exporter
writes of a recurrent layer leads the input through the recurrent weights, which spyx does not do:
that is not recorded.
"""

import sys
from functools import partial
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
from flax import nnx
from recording import distance, events, first_clear, save, steps_of_two
from spyx import nn as spyx
from spyx.nir import to_nir

SAMPLES, STEPS = 2, 60


def linear(random: np.random.Generator, n_in: int, n_out: int, strength: float) -> Any:
    layer = nnx.Linear(n_in, n_out, rngs=nnx.Rngs(0))
    layer.kernel[...] = jnp.array(steps_of_two(random, (n_in, n_out), strength / np.sqrt(n_in)))
    layer.bias[...] = jnp.array(steps_of_two(random, (n_out,), 0.1))
    return layer


def neurons(random: np.random.Generator, kind: str, *shape: int) -> Any:
    """A threshold and decays of each neuron."""
    threshold = random.uniform(0.75, 1.5, shape).astype(np.float32)
    layer = getattr(spyx, kind)(shape, threshold=threshold, rngs=nnx.Rngs(0))
    if hasattr(layer, "beta"):
        layer.beta[...] = jnp.array(random.uniform(0.5, 0.95, shape).astype(np.float32))
    if hasattr(layer, "alpha"):
        layer.alpha[...] = jnp.array(random.uniform(0.3, 0.8, shape).astype(np.float32))
    return layer


def dense(random: np.random.Generator, *, kind: str, strength: float) -> Any:
    """12 inputs, 16 and 8 neurons."""
    return spyx.Sequential(
        linear(random, 12, 16, strength),
        neurons(random, kind, 16),
        linear(random, 16, 8, strength),
        neurons(random, kind, 8),
    )


def convolutional(random: np.random.Generator, *, kind: str) -> Any:
    """Two channels of 8 x 8, 4 maps, a sum over 2 x 2, 3 maps."""
    layers = []
    for n_in, n_out, padding in ((2, 4, "SAME"), (4, 3, "VALID")):
        layer = nnx.Conv(n_in, n_out, (3, 3), padding=padding, rngs=nnx.Rngs(0))
        layer.kernel[...] = jnp.array(steps_of_two(random, (3, 3, n_in, n_out), 0.25))
        layer.bias[...] = jnp.array(steps_of_two(random, (n_out,), 0.1))
        layers.append(layer)
    return spyx.Sequential(
        layers[0],
        neurons(random, kind, 8, 8, 4),
        spyx.SumPool((2, 2), (2, 2), "VALID", channel_axis=-1),
        layers[1],
        neurons(random, kind, 2, 2, 3),
    )


def flattened(random: np.random.Generator, *, kind: str) -> Any:
    """Two channels of 8 x 8, 4 maps of 3 x 3, and 6 neurons that read all of them."""
    layer = nnx.Conv(2, 4, (3, 3), strides=(2, 2), padding="VALID", rngs=nnx.Rngs(0))
    layer.kernel[...] = jnp.array(steps_of_two(random, (3, 3, 2, 4), 0.25))
    layer.bias[...] = jnp.array(steps_of_two(random, (4,), 0.1))
    last = linear(random, 36, 6, 1.2), neurons(random, kind, 6)
    return spyx.Sequential(layer, neurons(random, kind, 3, 3, 4), spyx.Flatten(), *last)


def run(build: Any, shape: tuple[int, ...], n_out: tuple[int, ...], seed: int) -> dict[str, Any]:
    """Export a network and step it as its Sequential does; spyx has channels last."""
    random = np.random.default_rng(seed)
    network = build(random)
    given = events(random, (SAMPLES, STEPS, *shape), 0.35)
    graph = to_nir(network, {"input": np.array(shape)}, {"output": np.array(n_out)})
    stateful = {f"layer_{k}": m for k, m in enumerate(network.layers) if hasattr(m, "spike")}
    states = {name: module.initial_state(SAMPLES) for name, module in stateful.items()}
    fired: dict[str, list[np.ndarray]] = {name: [] for name in states}
    margin = np.inf
    for step in range(STEPS):
        at = given[:, step].astype(np.float32)
        at = jnp.array(np.moveaxis(at, 1, -1) if len(shape) == 3 else at)
        for k, module in enumerate(network.layers):
            name = f"layer_{k}"
            if name not in states:
                at = module(at)
                continue
            v = np.asarray(states[name])[..., : module.hidden_shape[-1]]
            margin = min(margin, distance(v, module.threshold, 1)) if step else margin
            at, states[name] = module(at, states[name])
            image = np.moveaxis(np.asarray(at), -1, 1) if at.ndim == 4 else np.asarray(at)
            fired[name].append(image.astype(np.uint8))
    spikes = {name: np.stack(steps, 1) for name, steps in fired.items()}
    return {
        "graph": graph,
        "input": given,
        "spikes": spikes,
        "margin": margin,
        "settings": {"channels_last": True},
    }


def main() -> None:
    folder, flat, image = Path(sys.argv[1]), (12,), (2, 8, 8)
    for kind, strength in (("IF", 0.8), ("LIF", 1.2), ("CuBaLIF", 0.6)):
        net = partial(dense, kind=kind, strength=strength)
        save(folder, kind.lower(), first_clear(partial(run, net, flat, (8,))), "spyx", "nir", "jax")
    net = partial(convolutional, kind="LIF")
    made = first_clear(partial(run, net, image, (3, 2, 2)))
    save(folder, "lif_convolutional", made, "spyx", "nir", "jax")
    made = first_clear(partial(run, partial(flattened, kind="LIF"), image, (6,)))
    save(folder, "lif_flattened", made, "spyx", "nir", "jax")


if __name__ == "__main__":
    main()

"""Record on which cores of Speck sinabs puts layers, for a test without it.

Run it with a Python that has ``sinabs`` 3.1.3 and torch; this package need not be there, and is not
used. Nor is samna, which speaks to boards: an empty stand-in takes its place::

    python tests/tools/record_speck_cores.py tests/recorded/speck_cores/stacks.json

A hundred random stacks of convolutions, sum pooling and fully connected layers. Of each it keeps
what the layers are, the words that sinabs counts for them (``memory_summary``), the cores on which
they fit, and the core of each layer as its assigner answers (``map_layers_to_cores``), null where
it finds none.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import numpy as np
import torch

N_STACKS = 100
OF_BOARDS = ("samna", "samna.speck2e", "samna.speck2f", "samnagui")


def layers_of(random: np.random.Generator) -> dict[str, Any]:
    """An input and layers that may follow each other."""
    side = int(random.choice([16, 24, 32, 48, 64]))
    channels = int(random.integers(1, 3))
    stack: dict[str, Any] = {"input": [channels, side, side], "layers": []}
    has_bias = bool(random.random() < 0.3)
    for _ in range(int(random.integers(1, 8))):
        kernel = int(random.choice([1, 2, 3, 3, 3, 5]))
        stride, padding = int(random.choice([1, 1, 1, 2])), int(random.integers(0, 2))
        if side + 2 * padding < kernel or side < 4:
            break
        n_out = int(2 ** random.uniform(1, 6))
        side = (side + 2 * padding - kernel) // stride + 1
        pool = int(random.choice([1, 1, 2])) if side >= 4 else 1
        stack["layers"].append(
            {"kind": "conv", "n_out": n_out, "kernel": kernel, "stride": stride}
            | {"padding": padding, "pool": pool, "bias": has_bias}
        )
        side, channels = side // pool, n_out
    for _ in range(int(random.integers(0, 3))):
        stack["layers"].append({"kind": "linear", "n_out": int(2 ** random.uniform(3, 8))})
    return stack


def modules_of(stack: dict[str, Any]) -> torch.nn.Sequential:
    """The same as sinabs takes it."""
    from sinabs.layers import IAFSqueeze, SumPool2d

    (channels, side, _), modules, is_flat = stack["input"], [], False
    for layer in stack["layers"]:
        n_out = layer["n_out"]
        if layer["kind"] == "conv":
            geometry = {name: layer[name] for name in ("stride", "padding", "bias")}
            modules.append(torch.nn.Conv2d(channels, n_out, layer["kernel"], **geometry))
            modules.append(IAFSqueeze(batch_size=1))
            side = (side + 2 * layer["padding"] - layer["kernel"]) // layer["stride"] + 1
            if layer["pool"] > 1:
                modules.append(SumPool2d(layer["pool"]))
                side //= layer["pool"]
            channels = n_out
        else:
            if not is_flat:
                modules.append(torch.nn.Flatten())
                channels, is_flat = channels * side * side, True
            modules += [torch.nn.Linear(channels, n_out, bias=False), IAFSqueeze(batch_size=1)]
            channels = n_out
    return torch.nn.Sequential(*modules)


def answer(stack: dict[str, Any]) -> dict[str, Any]:
    """What sinabs says of a stack."""
    from sinabs.backend.dynapcnn import DynapcnnNetwork
    from sinabs.backend.dynapcnn.chips.dynapcnn import DynapcnnConfigBuilder
    from sinabs.backend.dynapcnn.mapping import find_chip_layers

    shape = tuple(stack["input"])
    network = DynapcnnNetwork(modules_of(stack), input_shape=shape, discretize=False)
    layers = dict(sorted(network.dynapcnn_layers.items()))
    limits = DynapcnnConfigBuilder.get_constraints()
    counts = (layer.memory_summary() for layer in layers.values())
    words = [[int(found[name]) for name in ("kernel", "neuron", "bias")] for found in counts]
    try:
        found = DynapcnnConfigBuilder.map_layers_to_cores(layers)
        cores = [int(found[index]) for index in layers]
    except ValueError:
        cores = None
    fits = [find_chip_layers(layer, limits) for layer in layers.values()]
    return {"words": words, "fits": fits, "cores": cores}


def main() -> None:
    """Write the answers."""
    for name in OF_BOARDS:
        for part in (name, f"{name}.configuration", f"{name}.event"):
            sys.modules[part] = MagicMock()
    random, stacks = np.random.default_rng(0), []
    while len(stacks) < N_STACKS:
        stack = layers_of(random)
        if stack["layers"]:
            stacks.append(stack | answer(stack))
    said = {
        "versions": {name: version(name) for name in ("sinabs", "torch")},
        "command": "python tests/tools/record_speck_cores.py " + " ".join(sys.argv[1:]),
        "stacks": stacks,
    }
    lines = ",\n".join(json.dumps(stack) for stack in said.pop("stacks"))
    head = json.dumps(said)[:-1]
    Path(sys.argv[1]).write_text(f'{head}, "stacks": [\n{lines}\n]}}\n')
    n_placed = sum(stack["cores"] is not None for stack in stacks)
    print(f"{n_placed} of {len(stacks)} stacks have a core for every layer")


if __name__ == "__main__":
    main()

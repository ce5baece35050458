"""A stack of layers in sinabs: ``python run_sinabs.py`` tells if it fits Speck, and what fires.

sinabs takes the layers as a network for DynapCNN, and its own assigner looks for a core for each.
No board is spoken to, so samna, which does that, is replaced by an empty stand-in.
"""

import sys
from importlib.metadata import version
from typing import Any
from unittest.mock import MagicMock

import numpy as np

AT_ONCE = 20  # samples
OF_BOARDS = ("samna", "samna.speck2e", "samna.speck2f", "samnagui")


def stack_of(network: dict[str, Any], given: dict[str, np.ndarray], n_samples: int) -> Any:
    """The layers as modules."""
    import sinabs.activation as sa
    import torch
    from sinabs.layers import IAFSqueeze, SumPool2d

    modules: list[Any] = []
    is_flat = False
    for layer in network["layers"]:
        weight = torch.tensor(given[f"{layer['key']}.weight"].astype(np.float32))
        if layer["pool"] > 1:
            modules.append(SumPool2d(layer["pool"]))
        if layer["kind"] == "conv":
            n_out, n_in = weight.shape[:2]
            geometry = {name: layer[name] for name in ("stride", "padding", "groups")}
            module: Any = torch.nn.Conv2d(
                n_in * layer["groups"],
                n_out,
                tuple(weight.shape[2:]),
                **geometry,
                bias=layer["bias"],
            )
        else:
            if not is_flat:
                modules.append(torch.nn.Flatten())
            is_flat, weight = True, weight.T.contiguous()
            module = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=layer["bias"])
        module.weight.data = weight
        threshold = layer.get("threshold", 1)
        neurons = IAFSqueeze(
            batch_size=n_samples,
            spike_threshold=torch.tensor(float(threshold)),
            min_v_mem=float(layer.get("lowest", -threshold)),
            spike_fn=sa.SingleSpike if layer.get("once") else sa.MultiSpike,
            reset_fn=sa.MembraneReset() if layer.get("reset") == "zero" else sa.MembraneSubtract(),
        )
        modules += [module, neurons]
    return torch.nn.Sequential(*modules)


def judge(network: dict[str, Any], given: dict[str, np.ndarray]) -> tuple[bool, str]:
    """Whether sinabs finds a core for each layer, and what it says."""
    from sinabs.backend.dynapcnn import DynapcnnNetwork
    from sinabs.backend.dynapcnn.chips.dynapcnn import DynapcnnConfigBuilder

    stack, shape = stack_of(network, given, 1), tuple(network["input"])
    try:
        on_chip = DynapcnnNetwork(stack, input_shape=shape, discretize=False)
        layers = dict(sorted(on_chip.dynapcnn_layers.items()))
        cores = DynapcnnConfigBuilder.map_layers_to_cores(layers)
    except Exception as error:  # its words are the answer
        return False, f"sinabs: {type(error).__name__}: {error}"
    return True, f"sinabs puts its layers on cores {', '.join(str(cores[k]) for k in layers)}"


def run(
    network: dict[str, Any], given: dict[str, np.ndarray], dense: np.ndarray
) -> dict[str, np.ndarray]:
    """What each layer fires, (n_samples, n_steps, n_neurons)."""
    import torch

    n_samples, n_steps = dense.shape[:2]
    at = torch.tensor(dense.reshape(n_samples * n_steps, *network["input"]))
    keys, fired = iter(layer["key"] for layer in network["layers"]), {}
    for module in stack_of(network, given, n_samples):
        at = module(at)
        if type(module).__name__ == "IAFSqueeze":
            fired[next(keys)] = at.reshape(n_samples, n_steps, -1).numpy().astype(np.int32)
    return fired


def main() -> None:
    """Judge the stack, and run all samples where it has thresholds."""
    for name in OF_BOARDS:
        for part in (name, f"{name}.configuration", f"{name}.event"):
            sys.modules[part] = MagicMock()
    import torch
    from job_files import dense_input, read_input, read_network, write_answer

    network, given = read_network()
    sizes, events = read_input()
    torch.set_num_threads(1)
    fits, said = judge(network, given)
    spikes: dict[str, list[np.ndarray]] = {}
    can_run = all("threshold" in layer for layer in network["layers"])
    with torch.no_grad():
        for first in range(0, sizes["n_samples"] if can_run else 0, AT_ONCE):
            samples = range(first, min(first + AT_ONCE, sizes["n_samples"]))
            for key, fired in run(network, given, dense_input(sizes, events, samples)).items():
                sample, step, neuron = np.nonzero(fired)
                rows = [sample + first, step, neuron, fired[sample, step, neuron]]
                spikes.setdefault(key, []).append(np.stack(rows, 1))
    rows_of = {key: np.concatenate(parts) for key, parts in spikes.items()}
    answer = {"fits": np.array(fits), "remarks": np.array(said)}
    write_answer(f"sinabs {version('sinabs')}", rows_of, **answer)


if __name__ == "__main__":
    main()

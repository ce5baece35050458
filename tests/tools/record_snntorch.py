"""Record what snnTorch's own layers fire, beside the graph its exporter writes of them.

Run it with a Python that has ``snntorch`` 1.0.0, ``nirtorch`` 2.6, ``nir`` 1.0.8 and NumPy (with
nir 1.0.4 that exporter fails: it states ``v_reset``); this package need not be there, and is not
used::

    python tests/tools/record_snntorch.py tests/recorded/snntorch

The exporter writes neither the reset nor its delay; its time step, 1e-4 s, is fixed in its source.
"""

import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import snntorch as snn
import torch
from recording import events, first_clear, first_exact, save, steps_of_two
from snntorch.export_nir import export_to_nir

SAMPLES, STEPS = 2, 60
RESETS = {  # the name of the recording: how snnTorch was told to reset
    "subtract": {"reset_mechanism": "subtract"},
    "zero": {"reset_mechanism": "zero"},
    "none": {"reset_mechanism": "none"},
    "subtract_at_once": {"reset_mechanism": "subtract", "reset_delay": False},
    "zero_at_once": {"reset_mechanism": "zero", "reset_delay": False},
}


def tensor(values: Any) -> torch.Tensor:
    return torch.tensor(np.asarray(values), dtype=torch.float32)


def linear(random: np.random.Generator, n_in: int, n_out: int, strength: float = 1.2) -> Any:
    layer = torch.nn.Linear(n_in, n_out)
    layer.weight.data = tensor(steps_of_two(random, (n_out, n_in), strength / np.sqrt(n_in)))
    layer.bias.data = tensor(steps_of_two(random, (n_out,), 0.1))
    return layer


def of_neurons(
    random: np.random.Generator, *shape: int, exact: bool = False
) -> dict[str, torch.Tensor]:
    """A decay and a threshold of each neuron; only if exact do potentials meet thresholds."""
    if exact:
        return {
            "beta": tensor(random.choice([0.5, 0.75, 0.875], shape)),
            "threshold": tensor(random.choice([0.5, 1.0, 2.0], shape)),
        }
    return {
        "beta": tensor(random.uniform(0.5, 0.95, shape)),
        "threshold": tensor((random.integers(48, 96, shape) + 0.5) / 64),
    }


def dense(
    reset: dict[str, Any],
    random: np.random.Generator,
    *,
    kind: str,
    strength: float = 1.2,
    exact: bool = False,
) -> torch.nn.Module:
    """12 inputs, 16 and 8 neurons; Leaky or Synaptic."""
    layers = []
    for n_in, n_out in ((12, 16), (16, 8)):
        given = of_neurons(random, n_out, exact=exact)
        if kind == "Synaptic":
            alpha = random.choice([0.25, 0.5], n_out) if exact else random.uniform(0.3, 0.8, n_out)
            given["alpha"] = tensor(alpha)
        layers += [linear(random, n_in, n_out, strength)]
        layers += [getattr(snn, kind)(**given, **reset, init_hidden=True)]
    return torch.nn.Sequential(*layers)


def recurrent(
    reset: dict[str, Any], random: np.random.Generator, *, kind: str, all_to_all: bool
) -> torch.nn.Module:
    """12 inputs, 16 neurons that feed one another (or each itself), 8 that read them."""
    given: dict[str, Any] = of_neurons(random, 16)
    if kind == "RSynaptic":
        given["alpha"] = tensor(random.uniform(0.3, 0.8, 16))
    if all_to_all:
        given["linear_features"] = 16
    else:
        given["V"] = tensor(random.integers(-64, 33, 16) / 64)
    layer = getattr(snn, kind)(**given, all_to_all=all_to_all, **reset, init_hidden=True)
    if all_to_all:
        layer.recurrent.weight.data = tensor(steps_of_two(random, (16, 16), 0.25) - 0.125)
        layer.recurrent.bias.data = tensor(steps_of_two(random, (16,), 0.1))
    last = snn.Leaky(**of_neurons(random, 8), **reset, init_hidden=True)
    return torch.nn.Sequential(linear(random, 12, 16), layer, linear(random, 16, 8), last)


def convolutional(reset: dict[str, Any], random: np.random.Generator) -> torch.nn.Module:
    """Two channels of 8 x 8, 4 maps, an average over 2 x 2, 4 maps, 6 neurons that read all."""
    first, second = torch.nn.Conv2d(2, 4, 3, padding=1), torch.nn.Conv2d(4, 4, 3, 2, 1, bias=False)
    first.weight.data = tensor(steps_of_two(random, (4, 2, 3, 3), 0.3))
    first.bias.data = tensor(steps_of_two(random, (4,), 0.1))
    second.weight.data = tensor(steps_of_two(random, (4, 4, 3, 3), 0.3))
    return torch.nn.Sequential(
        first,
        snn.Leaky(**of_neurons(random, 4, 8, 8), **reset, init_hidden=True),
        torch.nn.AvgPool2d(2),
        second,
        snn.Leaky(**of_neurons(random, 4, 2, 2), **reset, init_hidden=True),
        torch.nn.Flatten(),
        linear(random, 16, 6),
        snn.Leaky(**of_neurons(random, 6), **reset, init_hidden=True),
    )


def node_of(name: str, module: torch.nn.Module) -> str:
    """What the exporter calls the neurons of a layer."""
    return f"{name}.lif" if isinstance(module, snn.RLeaky | snn.RSynaptic) else name


def watch(module: Any, seen: list[float]) -> None:
    """Note how far the potentials are from the threshold whenever the layer compares them."""
    compare = module.spike_grad

    def noted(shift: torch.Tensor) -> torch.Tensor:
        seen.append(float((shift / module.threshold).abs().min()))
        return compare(shift)

    module.spike_grad = noted


def run(build: Any, shape: tuple[int, ...], reset: dict[str, Any], seed: int) -> dict[str, Any]:
    """Export a network and step it, layer by layer, as its own ``forward`` does."""
    random = np.random.default_rng(seed)
    torch.manual_seed(seed)
    network = build(reset, random).eval()
    given = events(random, (SAMPLES, STEPS, *shape), 0.35)
    graph = export_to_nir(network, torch.zeros(1, *shape), ignore_dims=[0])
    spiking = {n: m for n, m in network.named_children() if hasattr(m, "threshold")}
    fired: dict[str, list[np.ndarray]] = {node_of(*named): [] for named in spiking.items()}
    seen: list[float] = []
    n_again = 0
    for module in spiking.values():
        module.reset_mem()
        watch(module, seen)
    for step in range(STEPS):
        at = torch.tensor(given[:, step].astype(np.float32))
        for name, module in network.named_children():
            at = module(at)
            if name in spiking:
                fired[node_of(name, module)].append(at.numpy().astype(np.uint8))
                n_again += int(module.reset.sum())
    settings = {"reset": reset["reset_mechanism"], "delayed": reset.get("reset_delay", True)}
    if not settings["delayed"]:
        settings["still_above_after_reset"] = n_again
    spikes = {name: np.stack(steps, 1) for name, steps in fired.items()}
    return {
        "graph": graph, "input": given, "spikes": spikes, "margin": min(seen), "settings": settings
    }  # fmt: skip


def main() -> None:
    folder, flat, image = Path(sys.argv[1]), (12,), (2, 8, 8)
    wanted: dict[str, tuple[Any, tuple[int, ...], str]] = {}
    for reset in RESETS:
        for kind in ("Leaky", "Synaptic"):
            wanted[f"{kind.lower()}_{reset}"] = partial(dense, kind=kind), flat, reset
    for kind in ("Leaky", "Synaptic"):
        wanted[f"{kind.lower()}_exact"] = partial(dense, kind=kind, exact=True), flat, "subtract"
    for kind, strength in (("Leaky", 0.3), ("Synaptic", 0.15)):
        weak = partial(dense, kind=kind, strength=strength)
        wanted[f"{kind.lower()}_subtract_at_once_weak"] = weak, flat, "subtract_at_once"
    for kind in ("RLeaky", "RSynaptic"):
        for name, every in (("", True), ("_one_to_one", False)):
            net = partial(recurrent, kind=kind, all_to_all=every)
            wanted[f"{kind.lower()}{name}"] = net, flat, "subtract"
        net = partial(recurrent, kind=kind, all_to_all=True)
        wanted[f"{kind.lower()}_zero"] = net, flat, "zero"
    for reset in ("subtract", "zero"):
        wanted[f"convolutional_{reset}"] = convolutional, image, reset
    with torch.no_grad():
        for name, (build, shape, reset) in wanted.items():
            step = partial(run, build, shape, RESETS[reset])
            made = (first_exact if name.endswith("exact") else first_clear)(step)
            save(folder, name, made, "snntorch", "nirtorch", "nir", "torch")


if __name__ == "__main__":
    main()

"""A NIR file in snnTorch: ``python run_snntorch.py`` writes what its neurons fire.

Nodes of the file become layers of torch and neurons of snnTorch here, and are stepped in order;
what goes back arrives in the next step. The importer that comes with snnTorch 1.0.0 is not used: it
gives an IF a beta of 0.9, and leads the input of a recurrent layer through its recurrent weights.
"""

from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np

DT_S = 1e-4
AT_ONCE = 100  # samples


def neurons(node: Any, reset: str) -> Any:
    """Neurons of a node."""
    import snntorch as snn
    import torch

    def kept(tau: np.ndarray) -> Any:
        return torch.tensor((1 - DT_S / tau).astype(np.float32))

    threshold = torch.tensor(np.asarray(node.v_threshold, np.float32))
    more = {"threshold": threshold, "reset_mechanism": reset, "reset_delay": False}
    if type(node).__name__ == "CubaLIF":
        decays = {"alpha": kept(node.tau_syn), "beta": kept(node.tau_mem)}
        return snn.Synaptic(**decays, **more, init_hidden=True)
    return snn.Leaky(beta=kept(node.tau), **more, init_hidden=True)


def layer(node: Any) -> Callable[[Any], Any]:
    """What a node does to spikes on their way."""
    import torch

    kind = type(node).__name__
    if kind == "Flatten":
        return lambda x: x.flatten(1)
    weight = torch.tensor(np.asarray(node.weight, np.float32)) if kind != "Output" else None
    bias = getattr(node, "bias", None)
    bias = None if bias is None else torch.tensor(np.asarray(bias, np.float32))
    if kind in ("Linear", "Affine"):
        return lambda x: torch.nn.functional.linear(x, weight, bias)
    if kind == "Conv2d":
        pairs = {
            name: tuple(np.broadcast_to(getattr(node, name), 2).tolist())
            for name in ("stride", "padding", "dilation")
        }
        return lambda x: torch.nn.functional.conv2d(x, weight, bias, **pairs, groups=node.groups)
    raise SystemExit(f"NIR's {kind} is not run in snnTorch yet")


class Graph:
    """The nodes of a file: populations in the order of a step, and what lies between them."""

    def __init__(self, graph: Any, about: dict[str, Any]):
        self.sources: dict[str, list[str]] = {}
        for source, target in graph.edges:
            self.sources.setdefault(target, []).append(source)
        self.order = sorted(about["resets"], key=lambda name: int(name[1:]))
        self.neurons = {n: neurons(graph.nodes[n], about["resets"][n]) for n in self.order}
        self.shapes = {n: np.shape(graph.nodes[n].v_threshold) for n in self.order}
        between = set(graph.nodes) - set(self.order) - set(about["inputs"]) - {"output"}
        self.layers = {name: layer(graph.nodes[name]) for name in between}

    def run(self, given: dict[str, Any], n_samples: int, n_steps: int) -> dict[str, np.ndarray]:
        """Spikes of each population, (n_samples, n_steps, n_neurons)."""
        import torch

        for each in self.neurons.values():
            each.reset_mem()
        before = {n: torch.zeros(n_samples, *self.shapes[n]) for n in self.order}
        seen: dict[str, list] = {n: [] for n in self.order}
        for step in range(n_steps):
            now = {name: x[:, step] for name, x in given.items()}

            def value(name: str, now: dict = now, before: dict = before) -> Any:
                if name in self.layers:
                    return self.layers[name](sum(value(s, now, before) for s in self.sources[name]))
                return now.get(name, before.get(name))

            for name in self.order:
                now[name] = self.neurons[name](sum(map(value, self.sources[name])))
                seen[name].append(now[name].flatten(1).numpy().astype(bool))
            before = now
        return {name: np.stack(steps, 1) for name, steps in seen.items()}


def main() -> None:
    """Run all samples, a hundred at once."""
    import nir
    import torch
    from job_files import FOLDER, dense_input, read_input, read_network, write_answer

    about, _ = read_network()
    sizes, events = read_input()
    torch.set_num_threads(1)
    graph = Graph(nir.read(FOLDER / "network.nir"), about)
    spikes: dict[str, list] = {name: [] for name in graph.order}
    with torch.no_grad():
        for first in range(0, sizes["n_samples"], AT_ONCE):
            samples = range(first, min(first + AT_ONCE, sizes["n_samples"]))
            dense, at, given = dense_input(sizes, events, samples), 0, {}
            for name, shape in about["inputs"].items():
                n = int(np.prod(shape))
                part = dense[:, :, at : at + n].reshape(*dense.shape[:2], *shape)
                given[name], at = torch.tensor(part), at + n
            for name, fired in graph.run(given, len(samples), sizes["n_steps"]).items():
                sample, step, neuron = np.nonzero(fired)
                rows = np.stack([sample + first, step, neuron, np.ones_like(step)], 1)
                spikes[name].append(rows)
    rows_of = {name: np.concatenate(parts) for name, parts in spikes.items()}
    write_answer(f"snnTorch {version('snntorch')}", rows_of)


if __name__ == "__main__":
    main()

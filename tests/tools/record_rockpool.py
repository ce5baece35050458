"""Record what rockpool's own modules fire, beside the graph its exporter writes of them.

Run it with a Python that has ``rockpool`` 3.1.0, ``nir`` 1.0.8 and NumPy; this package need not be
there, and is not used::

    python tests/tools/record_rockpool.py tests/recorded/rockpool

The exporter writes r = exp(-dt / tau_mem) * tau_mem / dt, from which dt follows, and a w_in of 1
that a LIFTorch does not apply. It writes neither ``max_spikes_per_dt`` (the modules here have
rockpool's default: any number) nor a bias (0 here), and of a LIFTorch with ``has_rec`` it leaves
the recurrent weights out without a word: there is nothing recurrent to record, nor a convolution,
which rockpool has no module for.
"""

import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from recording import distance, events, first_clear, save, steps_of_two
from rockpool.nn.combinators import Sequential
from rockpool.nn.modules import ExpSynTorch, LIFNeuronTorch, LIFTorch, LinearTorch
from rockpool.nn.modules.torch.nir import to_nir

SAMPLES, STEPS = 2, 60
MODULES = {"LIFTorch": LIFTorch, "LIFNeuronTorch": LIFNeuronTorch}


def tensor(values: Any) -> torch.Tensor:
    return torch.tensor(np.asarray(values), dtype=torch.float32)


def linear(
    random: np.random.Generator, n_in: int, n_out: int, strength: float, *, bias: bool
) -> Any:
    weight = tensor(steps_of_two(random, (n_in, n_out), strength / np.sqrt(n_in)))
    if not bias:
        return LinearTorch((n_in, n_out), weight=weight)
    offset = tensor(steps_of_two(random, (n_out,), 0.1))
    return LinearTorch((n_in, n_out), weight=weight, bias=offset, has_bias=True)


def neurons(random: np.random.Generator, kind: str, n: int, dt_s: float) -> Any:
    """A threshold and time constants of each neuron."""
    given: dict[str, Any] = {
        "tau_mem": tensor(random.uniform(3, 20, n) * dt_s),
        "threshold": tensor(random.uniform(0.75, 1.5, n)),
        "dt": dt_s,
    }
    if kind == "LIFTorch":
        given["tau_syn"] = tensor(random.uniform(2, 10, (n, 1)) * dt_s)
    return MODULES[kind](n, **given)


def dense(
    random: np.random.Generator,
    *,
    kind: str,
    strength: float,
    dt_s: float = 1e-3,
    bias: bool = False,
) -> Any:
    """12 inputs, 16 and 8 neurons."""
    return Sequential(
        linear(random, 12, 16, strength, bias=bias),
        neurons(random, kind, 16, dt_s),
        linear(random, 16, 8, strength, bias=bias),
        neurons(random, kind, 8, dt_s),
    )


def with_readout(random: np.random.Generator, *, dt_s: float = 1e-3) -> Any:
    """12 inputs, 16 neurons that fire and 8 synapses that do not."""
    readout = ExpSynTorch(8, tau=tensor(random.uniform(2, 10, 8) * dt_s), dt=dt_s)
    readout.tau.requires_grad_(False)  # as the exporter leaves it nir cannot write it
    return Sequential(
        linear(random, 12, 16, 0.3, bias=False),
        neurons(random, "LIFTorch", 16, dt_s),
        linear(random, 16, 8, 0.3, bias=False),
        readout,
    )


def run(build: Any, n_steps: int | None, dt_s: float, seed: int) -> dict[str, Any]:
    """Export a network, and let every module answer all steps, as a Sequential does."""
    random = np.random.default_rng(seed)
    network = build(random, dt_s=dt_s)
    given = events(random, (SAMPLES, STEPS, 12), 0.35)
    sample = None if n_steps is None else torch.zeros(1, n_steps, 12)
    graph = to_nir(network, sample)
    seen: list[float] = []
    spikes, potentials = {}, {}
    at = tensor(given)
    for name, module in network.modules().items():
        if hasattr(module, "threshold"):
            module.reset_state()
            module.spike_generation_fn = partial(watched, seen, module.spike_generation_fn)
        at, _, _ = module(at)
        if hasattr(module, "threshold"):
            spikes[name] = at.detach().numpy().astype(int)
        elif isinstance(module, ExpSynTorch):
            potentials[name] = at.detach().numpy()
    return {
        "graph": graph,
        "input": given,
        "spikes": spikes,
        "potentials": potentials,
        "margin": min(seen),
        "settings": {"dt_s": dt_s},
    }


def watched(
    seen: list[float], fire: Any, v: torch.Tensor, threshold: torch.Tensor, *how: Any
) -> torch.Tensor:
    """A module's way to fire, which notes how close v comes to one spike more or less."""
    seen.append(distance(v.detach().numpy(), threshold.detach().numpy(), None))
    return fire(v, threshold, *how)


def main() -> None:
    folder = Path(sys.argv[1])
    current, plain = partial(dense, kind="LIFTorch"), partial(dense, kind="LIFNeuronTorch")
    wanted: dict[str, tuple[Any, int | None, float]] = {
        "lif": (partial(current, strength=0.3), None, 1e-3),
        "lif_steps": (partial(current, strength=0.3), 20, 1e-3),
        "lif_bias": (partial(current, strength=0.3, bias=True), None, 1e-3),
        "lif_10_ms": (partial(current, strength=0.3), None, 1e-2),
        "lif_often": (partial(current, strength=0.8), None, 1e-3),
        "lif_readout": (with_readout, None, 1e-3),
        "neuron": (partial(plain, strength=1.0), None, 1e-3),
        "neuron_often": (partial(plain, strength=4.0, bias=True), 20, 1e-3),
    }
    with torch.no_grad():
        for name, (build, n_steps, dt_s) in wanted.items():
            made = first_clear(partial(run, build, n_steps, dt_s))
            save(folder, name, made, "rockpool", "nirtorch", "nir", "torch")


if __name__ == "__main__":
    main()

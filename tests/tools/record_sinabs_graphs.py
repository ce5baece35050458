"""Record what sinabs's own layers fire, beside the graph its exporter writes of them.

Run it with a Python that has ``sinabs`` (3.1.3, which asks for nir 1.0.4 at most; and 2.0.3, which
pip chooses beside a newer nir) and NumPy; this package need not be there, and is not used::

    python tests/tools/record_sinabs_graphs.py tests/recorded/sinabs_graphs
    python tests/tools/record_sinabs_graphs.py tests/recorded/sinabs_2_graphs iaf_subtract_any \
    lif_subtract_any iaf_convolutional

The exporter writes neither the reset nor how often a neuron may fire in a step, and tau in steps.
Nor does it write ``norm_input`` and ``min_v_mem``: but for ``lif_whole`` the layers here have what
sinabs has by default, inputs times 1 - exp(-1 / tau) (whole in an ExpLeak) and no lower bound.
Recurrent layers it refuses, and the script ends with what it says to them; a ``tau_syn`` it leaves
out without a word: there is nothing to record of either.
"""

import sys
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import sinabs.activation as sa
import sinabs.layers as sl
import torch
from recording import distance, events, first_clear, first_exact, save, steps_of_two
from sinabs.nir import to_nir

SAMPLES, STEPS = 2, 50
RESETS = {"subtract": sa.MembraneSubtract(), "zero": sa.MembraneReset()}
MOST = {None: sa.MultiSpike, 1: sa.SingleSpike}


def tensor(values: Any) -> torch.Tensor:
    return torch.tensor(np.asarray(values), dtype=torch.float32)


def linear(random: np.random.Generator, n_in: int, n_out: int, strength: float) -> Any:
    layer = torch.nn.Linear(n_in, n_out)
    layer.weight.data = tensor(steps_of_two(random, (n_out, n_in), strength / np.sqrt(n_in)))
    layer.bias.data = tensor(steps_of_two(random, (n_out,), 0.1))
    return layer


def neurons(
    random: np.random.Generator,
    kind: str,
    *shape: int,
    reset: str = "subtract",
    most: int | None = None,
    norm_input: bool = True,
    exact: bool = False,
) -> Any:
    """A threshold (exact: a power of two, so that sums hit it) and a tau of each neuron."""
    threshold = random.uniform(0.75, 1.5, shape)
    if exact:
        threshold = 2.0 ** random.integers(-1, 2, shape)
    given: dict[str, Any] = {"spike_threshold": tensor(threshold)}
    if kind.startswith("LIF"):
        given["tau_mem"] = tensor(random.uniform(2, 20, shape))
        given["norm_input"] = norm_input
    if kind.endswith("Squeeze"):
        given["num_timesteps"] = STEPS
    return getattr(sl, kind)(**given, reset_fn=RESETS[reset], spike_fn=MOST[most])


def dense(random: np.random.Generator, *, kind: str, strength: float = 2.0, **given: Any) -> Any:
    """12 inputs, 16 and 8 neurons."""
    return torch.nn.Sequential(
        linear(random, 12, 16, strength),
        neurons(random, kind, 16, **given),
        linear(random, 16, 8, strength),
        neurons(random, kind, 8, **given),
    )


def with_readout(random: np.random.Generator, *, strength: float) -> Any:
    """12 inputs, 16 neurons that fire and 8 that do not."""
    return torch.nn.Sequential(
        linear(random, 12, 16, strength),
        neurons(random, "IAF", 16),
        linear(random, 16, 8, strength),
        sl.ExpLeak(tau_mem=tensor(random.uniform(2, 20, 8))),
    )


def convolutional(random: np.random.Generator, *, kind: str, strength: float) -> Any:
    """Two channels of 8 x 8, 4 maps, a sum over 2 x 2, 4 maps and 6 neurons that read them."""
    first, second = torch.nn.Conv2d(2, 4, 3, padding=1), torch.nn.Conv2d(4, 4, 3, 2, 1)
    for layer, n_in in ((first, 2), (second, 4)):
        layer.weight.data = tensor(steps_of_two(random, (4, n_in, 3, 3), 0.2 * strength))
        layer.bias.data = tensor(steps_of_two(random, (4,), 0.1))
    return torch.nn.Sequential(
        first,
        neurons(random, kind, 4, 8, 8),
        sl.SumPool2d(2),
        second,
        neurons(random, kind, 4, 2, 2),
        torch.nn.Flatten(),
        linear(random, 16, 6, 0.5 * strength),
        neurons(random, kind, 6),
    )


def run(build: Any, shape: tuple[int, ...], squeezed: bool, seed: int) -> dict[str, Any]:
    """Export a network, and let every layer answer all steps, as sinabs does."""
    random = np.random.default_rng(seed)
    network = build(random).eval()
    given = events(random, (SAMPLES, STEPS, *shape), 0.35)
    at = torch.tensor(given.astype(np.float32))
    sample = torch.zeros(STEPS, *shape) if squeezed else torch.zeros(1, STEPS, *shape)
    graph = to_nir(network, sample)
    if squeezed:  # sinabs leaves shapes of convolutions open, and nir does not write those
        with redirect_stdout(None):
            graph.infer_types()
    spikes, potentials, watched = {}, {}, []
    for module in network:
        if isinstance(module, sl.StatefulLayer):
            module.init_state_with_shape((SAMPLES, *module.v_mem.shape[1:]))
            watched += [Watched(module)] if module.spike_fn else []
    at = at.flatten(0, 1) if squeezed else at
    for name, module in network.named_children():
        at = module(at)
        if isinstance(module, sl.StatefulLayer):
            given_off = at.numpy().reshape(SAMPLES, STEPS, *module.v_mem.shape[1:])
            if module.spike_fn:
                spikes[name] = given_off.astype(int)
            else:
                potentials[name] = given_off
    return {
        "graph": graph,
        "input": given,
        "spikes": spikes,
        "potentials": potentials,
        "margin": min(each.clear for each in watched),
        "settings": {},
    }


class Watched:
    """A layer's way to fire, which notes how close potentials come to one spike more or less."""

    def __init__(self, layer: Any):
        self.fire, self.clear = layer.spike_fn, np.inf
        self.required_states = layer.spike_fn.required_states
        layer.spike_fn = self

    def apply(self, v: torch.Tensor, threshold: torch.Tensor, gradient: Any) -> torch.Tensor:
        most = 1 if self.fire is sa.SingleSpike else None
        self.clear = min(self.clear, distance(v.numpy(), threshold.numpy(), most))
        return self.fire.apply(v, threshold, gradient)


def main() -> None:
    folder, only = Path(sys.argv[1]), sys.argv[2:]
    flat, image = (12,), (2, 8, 8)
    wanted: dict[str, tuple[Any, tuple[int, ...], dict[str, Any]]] = {}
    for kind, strength in (("IAF", 2.0), ("LIF", 12.0)):
        for reset in RESETS:
            for most in MOST:
                name = f"{kind.lower()}_{reset}_{'any' if most is None else 'one'}"
                told = {"reset": reset, "most": most}
                wanted[name] = partial(dense, kind=kind, strength=strength, **told), flat, told
        net = partial(convolutional, kind=f"{kind}Squeeze", strength=strength / 2)
        wanted[f"{kind.lower()}_convolutional"] = net, image, {"reset": "subtract", "most": None}
    any_number = {"reset": "subtract", "most": None}
    whole = {**any_number, "norm_input": False}
    wanted["lif_whole"] = partial(dense, kind="LIF", strength=1.5, **whole), flat, whole
    wanted["iaf_readout"] = partial(with_readout, strength=2.0), flat, any_number
    exact = {"reset": "subtract", "most": None, "exact": True}
    wanted["iaf_exact"] = partial(dense, kind="IAF", exact=True), flat, exact
    with torch.no_grad():
        for name, (build, shape, told) in wanted.items():
            if name in only or not only:
                step = partial(run, build, shape, shape == image)
                made = (first_exact if told.get("exact") else first_clear)(step)
                made["settings"] |= told
                save(folder, name, made, "sinabs", "nirtorch", "nir", "torch")
        for layer in (
            sl.LIFRecurrent(tau_mem=10.0, rec_connect=torch.nn.Linear(3, 3)),
            sl.IAFRecurrent(rec_connect=torch.nn.Linear(3, 3)),
        ):
            try:
                to_nir(torch.nn.Sequential(torch.nn.Linear(3, 3), layer), torch.zeros(1, STEPS, 3))
            except NotImplementedError as error:
                print(f"{type(layer).__name__}: {error}")


if __name__ == "__main__":
    main()

"""Record what norse's own cells fire, beside the graph its exporter writes of them.

Run it with a Python that has ``norse`` 1.1.0, ``nir`` 1.0.4 (1.0.8 does not write the scalars of
cells with default parameters) and NumPy; this package need not be there, and is not used::

    python tests/tools/record_norse.py tests/recorded/norse

The exporter writes tau = dt / tau_mem_inv with the ``dt`` it is given, 1e-3 by default: thousandths
of the time constant in seconds, which norse's own importer takes for seconds. Only ``dt=1`` gives
seconds; the recordings hold both. A sample with a batch puts it into the shape of the input. Nor
does it write ``v_reset`` and the reset method: the cells here reset to 0, as they do by default.

It has no nodes for recurrent cells, Flatten and pooling, and leaves None in their place, and
nirtorch cannot trace a RecurrentSequential: there is nothing recurrent to record.
"""

import sys
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from norse.torch import SequentialState, functional
from norse.torch.functional.threshold import threshold
from norse.torch.module.iaf import IAFCell, IAFParameters
from norse.torch.module.leaky_integrator_box import LIBoxCell, LIBoxParameters
from norse.torch.module.lif import LIFCell, LIFParameters
from norse.torch.module.lif_box import LIFBoxCell, LIFBoxParameters
from norse.torch.utils.export_nir import to_nir
from recording import events, first_clear, first_exact, save, steps_of_two

SAMPLES, STEPS, DT_S = 2, 60, 1e-3


def tensor(values: Any) -> torch.Tensor:
    return torch.tensor(np.asarray(values), dtype=torch.float32)


def linear(random: np.random.Generator, n_in: int, n_out: int, strength: float) -> Any:
    layer = torch.nn.Linear(n_in, n_out)
    layer.weight.data = tensor(steps_of_two(random, (n_out, n_in), strength / np.sqrt(n_in)))
    layer.bias.data = tensor(steps_of_two(random, (n_out,), 0.1))
    return layer


def cell(
    random: np.random.Generator,
    kind: str,
    *shape: int,
    scalar: bool = False,
    leak: bool = False,
    exact: bool = False,
) -> Any:
    """A threshold, time constants and perhaps a rest of each neuron; scalar: the defaults."""
    zero = torch.zeros(shape)
    given = {"v_th": tensor(random.uniform(0.75, 1.5, shape)), "v_reset": zero}
    if exact:
        given["v_th"] = tensor(2.0 ** random.integers(-1, 2, shape))
    if kind == "IAF":
        return IAFCell() if scalar else IAFCell(IAFParameters(**given))
    given["tau_mem_inv"] = tensor(1 / random.uniform(3e-3, 2e-2, shape))
    given["v_leak"] = tensor(random.uniform(-0.3, 0.3, shape)) if leak else zero
    if kind == "LIFBox":
        return LIFBoxCell() if scalar else LIFBoxCell(LIFBoxParameters(**given), dt=DT_S)
    given["tau_syn_inv"] = tensor(1 / random.uniform(3e-3, 1e-2, shape))
    return LIFCell() if scalar else LIFCell(LIFParameters(**given), dt=DT_S)


def dense(random: np.random.Generator, *, kind: str, strength: float, **given: Any) -> Any:
    """12 inputs, 16 and 8 neurons."""
    return SequentialState(
        linear(random, 12, 16, strength),
        cell(random, kind, 16, **given),
        linear(random, 16, 8, 1.5 * strength),
        cell(random, kind, 8, **given),
    )


def with_readout(random: np.random.Generator) -> Any:
    """12 inputs, 16 neurons that fire and 8 that do not."""
    p = LIBoxParameters(tensor(1 / random.uniform(3e-3, 2e-2, 8)), torch.zeros(8))
    first, second = linear(random, 12, 16, 12.0), linear(random, 16, 8, 12.0)
    return SequentialState(first, cell(random, "LIFBox", 16), second, LIBoxCell(p, dt=DT_S))


def convolutional(random: np.random.Generator, *, kind: str, strength: float) -> Any:
    """Two channels of 8 x 8, 4 maps, 3 maps of 4 x 4: what the exporter has no nodes for is out."""
    first, second = torch.nn.Conv2d(2, 4, 3, padding=1), torch.nn.Conv2d(4, 3, 3, 2, 1)
    for layer in (first, second):
        shape = tuple(layer.weight.shape)
        layer.weight.data = tensor(steps_of_two(random, shape, 0.3 * strength))
        layer.bias.data = tensor(steps_of_two(random, shape[:1], 0.1))
    return SequentialState(
        first, cell(random, kind, 4, 8, 8), second, cell(random, kind, 3, 4, 4)
    )  # fmt: skip


def watched(seen: list[float], above: torch.Tensor, *how: Any) -> torch.Tensor:
    """norse's threshold, which notes how close potentials come to it; thresholds are about 1."""
    seen.append(float(above.abs().min()))
    return threshold(above, *how)


def run(
    build: Any, shape: tuple[int, ...], batch: bool, export_dt: float | None, seed: int
) -> dict[str, Any]:
    """Export a network and step it, cell by cell, as a SequentialState does."""
    random = np.random.default_rng(seed)
    network = build(random).eval()
    given = events(random, (SAMPLES, STEPS, *shape), 0.35)
    sample = torch.zeros(1, *shape) if batch else torch.zeros(*shape)
    graph = to_nir(network, sample, **({} if export_dt is None else {"dt": export_dt}))
    if len(shape) > 1:  # norse leaves shapes of convolutions open, and nir does not write those
        with redirect_stdout(None):
            graph.infer_types()
    given_off: dict[str, list[np.ndarray]] = {}
    states: dict[str, Any] = {}
    seen: list[float] = []
    for each in (functional.iaf, functional.lif, functional.lif_box):
        each.threshold = partial(watched, seen)
    for step in range(STEPS):
        at = tensor(given[:, step])
        for name, module in network.named_children():
            if not hasattr(module, "p"):
                at = module(at)
                continue
            at, states[name] = module(at, states.get(name))
            given_off.setdefault(name, []).append(at.detach().numpy())
    layers = {name: np.stack(steps, 1) for name, steps in given_off.items()}
    silent = {n for n, module in network.named_children() if isinstance(module, LIBoxCell)}
    settings = {"export_dt": export_dt or 1e-3, "dt_s": DT_S}
    return {
        "graph": graph,
        "input": given,
        "spikes": {n: layer.astype(int) for n, layer in layers.items() if n not in silent},
        "potentials": {n: layer for n, layer in layers.items() if n in silent},
        "margin": min(seen),
        "settings": settings,
    }


def main() -> None:
    folder = Path(sys.argv[1])
    flat, image = (12,), (2, 8, 8)
    box, with_leak = partial(dense, kind="LIFBox", strength=12.0), {"kind": "LIFBox", "leak": True}
    wanted: dict[str, tuple[Any, tuple[int, ...], bool, float | None]] = {
        "iaf": (partial(dense, kind="IAF", strength=1.2), flat, False, None),
        "iaf_exact": (partial(dense, kind="IAF", strength=1.2, exact=True), flat, False, None),
        "lifbox": (box, flat, False, None),
        "lifbox_batch": (box, flat, True, None),
        "lifbox_seconds": (box, flat, False, 1.0),
        "lifbox_leak": (partial(dense, strength=12.0, **with_leak), flat, False, None),
        "lifbox_defaults": (partial(box, scalar=True), flat, False, None),
        "lif": (partial(dense, kind="LIF", strength=3.0), flat, False, None),
        "lif_seconds": (partial(dense, kind="LIF", strength=3.0), flat, False, 1.0),
        "lifbox_readout": (with_readout, flat, False, None),
        "lifbox_convolutional": (
            partial(convolutional, kind="LIFBox", strength=6.0), image, False, None,
        ),
        "iaf_convolutional": (partial(convolutional, kind="IAF", strength=0.7), image, False, None),
    }  # fmt: skip
    with torch.no_grad():
        for name, (build, shape, batch, dt) in wanted.items():
            step = partial(run, build, shape, batch, dt)
            made = (first_exact if name.endswith("exact") else first_clear)(step)
            save(folder, name, made, "norse", "nirtorch", "nir", "torch")


if __name__ == "__main__":
    main()

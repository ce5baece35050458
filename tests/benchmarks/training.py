"""Time one epoch of training slopes beside JAX: ``uv run python -m tests.benchmarks.training
--peer jax=PYTHON``.

Both run float32 and take the derivatives of the same cross-entropy by all weights. Float sums
depend on the order of adding, and a potential that meets its threshold closely then makes a spike
more or less: slopes are compared by the angle between them before any time is told. Of batches,
what is timed is the slope; the step of the optimiser is the same handful of operations for both.
``braille`` and ``cnn`` need their files, ``mnist`` a ``train10k.npz``, in the folder in
``SPIKEFIT_DATA``.
"""

import json
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np

from spikefit_nb.datasets import SpikeDataset, load_dataset
from spikefit_nb.fetch import find_local
from spikefit_nb.kernels.neurons import A_MEM, A_SYN, BIAS, CURRENT, V_LEAK, V_THRESHOLD, W_IN, R
from spikefit_nb.network import IF, Conv2d, Input, Network, Population, Projection
from spikefit_nb.nir_file import load_network, read_nir
from spikefit_nb.simulate import neuron_values
from spikefit_nb.train import Goal, Recipe, goal_of, slope_of
from tests.benchmarks.contest import CountsDiffer, Peer, enter, options, pinned
from tests.benchmarks.nmnist import write_workload
from tests.benchmarks.peers.pacing import Job, Run, timed

COLUMNS = {
    "a_syn": A_SYN,
    "a_mem": A_MEM,
    "w_in": W_IN,
    "r": R,
    "v_leak": V_LEAK,
    "threshold": V_THRESHOLD,
    "bias": BIAS,
}
EVENTS = ("sample", "step", "channel", "count", "n_steps")
LEAST_COSINE = 0.999


class Workload(NamedTuple):
    """What is trained on what, a batch at a time."""

    network: Network
    dataset: SpikeDataset
    batch: int


def braille(n_samples: int) -> Workload:
    """The recurrent network of seven letters."""
    return Workload(load_network("braille"), load_dataset("braille").take(n_samples), 64)


def mnist(n_samples: int) -> Workload:
    """784-256-10 with random weights, pixels as rates, 16 steps."""
    path = find_local("train10k.npz")
    if path is None:
        raise SystemExit("train10k.npz is needed in the folder in SPIKEFIT_DATA.")
    with np.load(path) as stored:
        images, labels = stored["images"][:n_samples], stored["labels"][:n_samples]
    random = np.random.default_rng(0)
    rate = images.reshape(-1, 1, 784).astype(np.float32) / 510
    spikes = random.random((images.shape[0], 16, 784), np.float32) < rate
    populations = [
        Population("in", (784,), Input()),
        Population("hidden", (256,), IF(1.0)),
        Population("out", (10,), IF(1.0)),
    ]
    projections = [
        Projection(source, target, random.normal(0, 2 / np.sqrt(n), (n, m)).astype(np.float32))
        for source, target, n, m in (("in", "hidden", 784, 256), ("hidden", "out", 256, 10))
    ]
    network = Network(populations, projections, dt_s=1e-3)
    return Workload(network, SpikeDataset(spikes, labels.astype(int), dt_s=1e-3), 64)


def cnn(n_samples: int) -> Workload:
    """The published convolutional network on N-MNIST, as Loihi runs it."""
    network = read_nir(find_local("cnn_sinabs.nir"), reset="zero", max_spikes_per_step=1)
    return Workload(network, load_dataset("nmnist", n_samples=n_samples), 16)


WORKLOADS: dict[str, tuple[Callable[[int], Workload], int]] = {
    "braille": (braille, 695),
    "mnist": (mnist, 10_000),
    "cnn": (cnn, 64),
}


def epoch(load: Workload, goal: Goal) -> list[np.ndarray]:
    """The slopes by all weights, batch after batch, summed."""
    total = [np.zeros(e.values.size) for e in load.network.projections]
    for first in range(0, load.dataset.n_samples, load.batch):
        chosen = np.arange(first, min(first + load.batch, load.dataset.n_samples))
        part, here = load.dataset.select(chosen), goal._replace(wanted=goal.wanted[chosen])
        told = slope_of(load.network, part, "float32", Recipe(1), here).told
        total = [a + b for a, b in zip(total, told.weights, strict=True)]
    return total


def write(load: Workload, goal: Goal, path: Path) -> None:
    """What the peer reads: events, weights, neurons, and which leads where."""
    network, layers, arrays = load.network, [], {}
    for k, e in enumerate(network.projections):
        real = e.real_weight().values.astype(np.float32)
        shape = e.weight.weight.shape if isinstance(e.weight, Conv2d) else e.shape
        arrays[f"weight{k}"] = real.reshape(shape)
    for at, p in enumerate(network.neuron_populations):
        values = neuron_values(network, p)
        edges = [_edge(k, e, network) for k, e in enumerate(network.projections)]
        layers.append(
            {
                "name": p.name,
                "n": p.n_neurons,
                "model": "CubaLIF" if values.model == CURRENT else "IF",
                "columns": list(COLUMNS),
                "edges": [edge for edge in edges if edge["target"] == p.name],
            }
        )
        arrays |= {f"{at}.{name}": values.columns[row] for name, row in COLUMNS.items()}
    write_workload(load.dataset, path, path)
    with np.load(path) as stored:
        arrays |= {name: stored[name] for name in EVENTS} | {"n_channels": load.dataset.n_channels}
    wanted = goal.wanted.astype(np.float32)
    more = {"wanted": wanted, "gain": goal.gain, "batch": load.batch}
    np.savez(path, layers=json.dumps(layers), n_weights=len(network.projections), **arrays, **more)


def _edge(at: int, e: Projection, network: Network) -> dict:
    source = "input" if network[e.source].is_input else e.source
    edge = {"source": source, "target": e.target, "weight": at, "kind": "dense"}
    if isinstance(e.weight, Conv2d):
        conv = e.weight
        edge |= {"kind": "convolution", "input_shape": list(conv.input_shape)}
        edge |= {"stride": list(conv.stride), "padding": list(conv.padding)}
    return edge


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    """Of the angle between two slopes."""
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def compare(name: str, load: Workload, path: Path, given) -> str:
    """The table of one workload."""
    goal = goal_of(load.network, load.dataset, "count", 0.0)
    job = Job("", lambda: epoch(load, goal), lambda total: {"slopes": np.concatenate(total)})
    asked: dict[str, Callable[[], Run]] = {"spikefit_nb": lambda: timed(job)}
    mine = np.asarray(timed(job).counts["slopes"])
    lines = [f"{name}, an epoch of {load.dataset.n_samples} recordings, one thread"]
    with ExitStack() as stack:
        write(load, goal, path)
        peer = Peer("jax", "training_jax", load.dataset.n_samples, {}, 0)
        for rival in enter([peer], path, given, stack):
            slopes = np.asarray(rival.ask().counts["slopes"])
            agree = cosine(mine, slopes)
            apart = np.linalg.norm(mine - slopes) / np.linalg.norm(slopes)
            if agree < LEAST_COSINE:
                raise CountsDiffer(f"{name}: slopes differ, their cosine is {agree:.4f}.")
            lines.append(f"slopes: cosine {agree:.7f}, apart {apart:.2g} of their size")
            asked[f"jax {rival.version}"] = rival.ask
        runs = {who: [] for who in asked}
        for _ in range(given.repeats):
            for who, ask in asked.items():
                runs[who].append(ask())
    first = median(run.cpu_s for run in runs["spikefit_nb"])
    for who, own in runs.items():
        cpu_s, wall_s = median(r.cpu_s for r in own), median(r.wall_s for r in own)
        share = f"ours takes {first / cpu_s:.2f} of it"
        lines.append(f"{who:20}{wall_s:9.3f} wall s{cpu_s:9.3f} CPU s  {share}")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """Print a table for each workload."""
    parser = options(__doc__, 3, ["jax"])
    parser.add_argument("--only", nargs="+", choices=WORKLOADS, default=list(WORKLOADS))
    parser.add_argument("--samples", type=int, help="recordings, at most; by default all")
    given = parser.parse_args(arguments)
    with pinned(1), tempfile.TemporaryDirectory() as folder:
        for name in given.only:
            make, n_most = WORKLOADS[name]
            load = make(min(n_most, given.samples or n_most))
            print(compare(name, load, Path(folder) / f"{name}.npz", given), flush=True)


if __name__ == "__main__":
    main()

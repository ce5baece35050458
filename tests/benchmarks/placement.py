"""Spike-hops of partition and placement together, beside the best rows that are known.

``uv run python -m tests.benchmarks.placement mapping_workloads.py`` (also from the folder
``workloads`` beside that in SPIKEFIT_DATA). Packets are one for each spike and core it goes to;
synapse-hops count one for each synapse; ``tree`` are link crossings where routers copy packets,
``max link`` those of the busiest link. CPU seconds are those of partition and placement, kernels
compiled.
"""

import importlib.util
import os
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from spikefit_nb.mapping import (
    Annealed,
    Grouped,
    Room,
    Sites,
    Wiring,
    group_and_place,
    hops_of,
    tree_loads,
)

MESH = Sites(columns=16, rows=8)


class Known(NamedTuple):
    """The best row known of a workload: tools, hops, and CPU seconds where they were told."""

    tools: str
    hops: int
    seconds: float


BEST = {
    "a_mlp": Known("Mt-KaHyPar, annealed, refined", 43_805, 6.3),
    "b_conv": Known("spatial tiles, annealed, refined", 655_471, 18.0),
    "c_smallworld": Known("Mt-KaHyPar, annealed, refined", 3_835_721, 66.0),
}


class InOrder:
    """Cores filled in a given order; where layers are given, none holds two of them."""

    def __init__(self, order: np.ndarray, layer: np.ndarray) -> None:
        self.order, self.layer = order, layer

    def cores(self, wiring: Wiring, room: Room) -> np.ndarray:
        """The core of each neuron."""
        core_of, core, n, synapses, before = np.zeros(wiring.n_neurons, np.int64), -1, 0, 0, None
        for v in self.order.tolist():
            mine = int(wiring.fan_in[v])
            is_full = n + 1 > room.neurons or synapses + mine > room.synapses
            if is_full or self.layer[v] != before:
                core, n, synapses, before = core + 1, 0, 0, self.layer[v]
            core_of[v], n, synapses = core, n + 1, synapses + mine
        return core_of


def modular(n_neurons: int = 16_384, seed: int = 0) -> dict[str, Any]:
    """A harder recurrent network: modules of unequal sizes in modules, fan-outs with a heavy tail,
    a few neurons that fire most, and labels shuffled.
    """
    random = np.random.default_rng(seed)
    sizes = np.maximum(20, random.lognormal(np.log(160), 0.8, n_neurons // 100).astype(np.int64))
    module = np.repeat(np.arange(sizes.size), sizes)[:n_neurons]
    module = np.sort(np.append(module, random.integers(0, sizes.size, n_neurons - module.size)))
    first, size = np.searchsorted(module, np.arange(sizes.size)), np.bincount(module)
    size = np.maximum(1, np.append(size, np.zeros(sizes.size - size.size, np.int64)))
    fan_out = np.minimum(1000, random.pareto(1.8, n_neurons) * 60 + 20).astype(np.int64)
    source = np.repeat(np.arange(n_neurons), fan_out)
    kind, near = random.random(source.size), module[source]
    beside = np.minimum(sizes.size - 1, near // 8 * 8 + random.integers(0, 8, source.size))
    chosen = np.where(kind < 0.75, near, beside)
    target = first[chosen] + (random.random(source.size) * size[chosen]).astype(np.int64)
    anywhere = kind > 0.95
    target[anywhere] = random.integers(0, n_neurons, int(anywhere.sum()))
    label = random.permutation(n_neurons)
    ends = label[source], label[np.minimum(target, n_neurons - 1)]
    synapses = sp.csr_array((np.ones(source.size, np.int8), ends), shape=(n_neurons, n_neurons))
    spikes = random.poisson(random.lognormal(np.log(5) - 0.5, 1.0, n_neurons))
    layer = np.zeros(n_neurons, np.int64)
    room = {"ncap": 256, "scap": 32_768}
    return {"name": "d_modular", "A": synapses, "s": spikes, "layer": layer, "spatial": None} | room


def workloads_of(path: Path) -> list[dict[str, Any]]:
    """The three workloads of a file, as dicts of A (synapses), s (spikes), layer, ncap, scap."""
    spec = importlib.util.spec_from_file_location("mapping_workloads", path)
    if spec is None or spec.loader is None or not path.exists():
        raise SystemExit(f"{path} is needed: give the path of mapping_workloads.py.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return [module.wl_mlp(), module.wl_conv(), module.wl_sw()]


def rows_of(work: dict[str, Any]) -> list[tuple[str, Any, int]]:
    """Partitions to try, and rounds of moving neurons."""
    in_turn = np.arange(work["s"].size)
    rows = [("layer by layer, annealed", InOrder(in_turn, work["layer"]), 0)]
    if work["spatial"] is not None:
        tiles = InOrder(work["spatial"], work["layer"])
        rows += [("spatial tiles, annealed", tiles, 0), ("the same, refined", tiles, 1)]
    for name in ("overlap", "graph"):
        rows += [(f"{name}, annealed", name, 0), ("the same, refined", name, 2)]
    return rows


def report(work: dict[str, Any]) -> None:
    """Print one workload's rows."""
    graph = work["A"].tocsr()
    wiring = Wiring(
        graph.indptr.astype(np.int64),
        graph.indices.astype(np.int64),
        np.asarray(work["s"], np.float64),
    )
    room, best = Room(work["ncap"], work["scap"]), BEST.get(work["name"])
    print(f"\n{work['name']}: {wiring.n_neurons:,} neurons, {wiring.target.size:,} synapses")
    head = ("cores", "packets", "hops", "synapse-hops", "tree", "max link", "over best", "CPU s")
    print(f"{'':32}" + "".join(f"{name:>14}" for name in head))
    if best:
        told = f"{best.hops:>14,}{'':>42}{1:>14.1%}{best.seconds:>14.1f}"
        print(f"{best.tools:32}{'':>28}{told}")
    for name, partition, n_rounds in rows_of(work):
        start = time.process_time()
        found = group_and_place(
            wiring, room, MESH, partition=partition, placement=Annealed(), n_rounds=n_rounds
        )
        seconds = time.process_time() - start
        print(f"{name:32}{_figures(wiring, found, best)}{seconds:>14.2f}", flush=True)


def _figures(wiring: Wiring, found: Grouped, best: Known | None) -> str:
    packets = wiring.links(found.core_of).packets.sum()
    each = wiring.links(found.core_of, each_synapse=True)
    synapse_hops = hops_of(each, found.places, MESH)
    over = f"{found.hops / best.hops:.1%}" if best else ""
    n_cores = np.unique(found.core_of).size
    tree = tree_loads(wiring, found.core_of, found.places, MESH)
    counted = (packets, found.hops, synapse_hops, tree.sum(), tree.max())
    return f"{n_cores:>14}" + "".join(f"{n:>14,.0f}" for n in counted) + f"{over:>14}"


def main(arguments: list[str] | None = None) -> None:
    """Print all tables."""
    given = sys.argv[1:] if arguments is None else arguments
    beside = Path(os.environ.get("SPIKEFIT_DATA", ".")).parent / "workloads"
    path = Path(given[0]) if given else beside / "mapping_workloads.py"
    small = modular(1_000)  # compiles what is timed
    wiring = Wiring(small["A"].indptr, small["A"].indices, small["s"].astype(np.float64))
    group_and_place(wiring, Room(256, 32_768), MESH)
    for work in [*workloads_of(path), modular()]:
        report(work)


if __name__ == "__main__":
    main()

"""Print what it takes to put a large network on cores and cores on a mesh: ``uv run python -m
tests.benchmarks.big_mapping``; then ``... big_mapping 1000000 100 64``: neurons, synapses of each,
and tiles along a side of the mesh.

Neurons lie on a square and feed those near by, one synapse in twenty anywhere, numbered at random;
a core holds 256. Seconds are those of the processor, kernels compiled; memory is the most this
process has had so far.
"""

import sys
import time

import numpy as np
import scipy.sparse as sp

from spikefit_nb.mapping import Hilbert, Placer, Room, Rows, Sites, Wiring, group_and_place, hops_of
from tests.benchmarks.big_network import peak_bytes

NEAR, ANYWHERE = 4.0, 0.05  # how far neurons reach, as a normal deviate; share that goes elsewhere
ROOM, MANY_CORES = Room(256, 10**9), 1_000


def on_a_square(n_neurons: int, fan_out: int, seed: int = 0) -> Wiring:
    """The network, and how often each of its neurons fires."""
    random, side = np.random.default_rng(seed), int(np.sqrt(n_neurons))
    n = side * side
    label = random.permutation(n).astype(np.int32)
    targets = np.empty((n, fan_out), np.int32)
    for k in range(fan_out):
        y, x = np.divmod(np.arange(n), side)
        y = (y + np.rint(random.normal(0, NEAR, n)).astype(np.int64)) % side
        x = (x + np.rint(random.normal(0, NEAR, n)).astype(np.int64)) % side
        far = random.random(n) < ANYWHERE
        targets[label, k] = label[np.where(far, random.integers(0, n, n), y * side + x)]
    ptr = np.arange(0, n * fan_out + 1, fan_out)
    synapses = sp.csr_array((np.ones(n * fan_out, np.int8), targets.ravel(), ptr), shape=(n, n))
    synapses.sum_duplicates()
    return Wiring(synapses.indptr, synapses.indices, random.poisson(5, n).astype(np.float64))


def report(n_neurons: int, fan_out: int, side: int) -> None:
    """Print the seconds, the memory and the hops of each stage."""
    wiring, sites = on_a_square(n_neurons, fan_out), Sites(columns=side, rows=side)
    built = f"{wiring.n_neurons:,} neurons, {wiring.target.size:,} synapses"
    print(f"{built}; built in {peak_bytes() / 1e9:.1f} GB", flush=True)
    few = Hilbert(n_sweeps=5)
    ways: list[tuple[str, Placer | str, int]] = [("Hilbert(n_sweeps=5)", few, 0)]
    if sites.size <= MANY_CORES:  # each of which all others pull at, again and again
        ways += [(name, name, n) for name in ("hilbert", "annealed") for n in (0, 2)]
    for name, placement, n_rounds in ways:
        start, wall = time.process_time(), time.perf_counter()
        found = group_and_place(
            wiring, ROOM, sites, partition="stream", placement=placement, n_rounds=n_rounds
        )
        seconds, waited = time.process_time() - start, time.perf_counter() - wall
        n_cores = found.places.size
        print(
            f"stream, {name}, {n_rounds} rounds: {n_cores:,} cores, {found.hops:,.0f} hops, "
            f"{seconds:.1f} CPU s, {waited:.1f} s, {peak_bytes() / 1e9:.1f} GB",
            flush=True,
        )
    links = wiring.links(np.arange(wiring.n_neurons) // ROOM.neurons)
    filled = Rows().places(sites.size, sites, links)
    print(f"in the order of their numbers, row by row: {hops_of(links, filled, sites):,.0f} hops")


def main(arguments: list[str] | None = None) -> None:
    """Print one table, or the two that are asked of the package."""
    given = list(map(int, sys.argv[1:] if arguments is None else arguments))
    small = on_a_square(900, 5)  # compiles what is timed
    group_and_place(small, ROOM, Sites(columns=4, rows=4), partition="stream")
    Hilbert().places(4, Sites(columns=2, rows=2), small.links(np.arange(900) // 256))
    for n_neurons, fan_out, side in [given] if given else [(100_000, 100, 24)]:
        report(n_neurons, fan_out, side)


if __name__ == "__main__":
    main()

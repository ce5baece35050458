"""Measure what a million neurons with a hundred million synapses take: ``uv run python -m tests.benchmarks.memory``."""

import json
import subprocess
import sys
from argparse import ArgumentParser

from tests.benchmarks.contest import REPOSITORY

SYNAPSE_BYTES = 5  # an int8 weight and an int32 target
NEURON_BYTES = 4 * 16  # where its synapses begin; threshold, leak and the like; potential, currents, spikes


def predicted_bytes(n_neurons: int, n_synapses: int) -> int:
    """What the network and the state of its neurons take, held once.

    ``5 * n_synapses + 64 * n_neurons`` bytes; more than that is what a program keeps twice.
    """
    return SYNAPSE_BYTES * n_synapses + NEURON_BYTES * n_neurons


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--neurons", type=int, default=1_000_000)
    parser.add_argument("--out-degree", type=int, default=100)
    parser.add_argument("--steps", type=int, default=100)
    given = parser.parse_args(arguments)
    sizes = [str(n) for n in (given.neurons, given.out_degree, given.steps)]
    command = [sys.executable, "-m", "tests.benchmarks.big_network", *sizes]
    done = subprocess.run(command, cwd=REPOSITORY, check=True, stdout=subprocess.PIPE, text=True)
    found = json.loads(done.stdout.splitlines()[-1])
    n_synapses = given.neurons * given.out_degree
    n_events = found["n_spikes"] * given.out_degree
    predicted = found["empty_bytes"] + predicted_bytes(given.neurons, n_synapses)
    print(f"{given.neurons:,} neurons, {n_synapses:,} synapses, {given.steps} steps, {n_events:,} synaptic events")
    for label, n_bytes in (
        ("Python and its packages", found["empty_bytes"]),
        ("predicted: that, and the network held once", predicted),
        ("measured, with the network built", found["built_bytes"]),
        ("measured, with the network run", found["peak_bytes"]),
    ):
        print(f"  {label:44}{n_bytes / 1e6:12,.0f} MB{n_bytes / predicted:8.2f} x predicted")
    print(f"  {'simulated in':44}{found['wall_s']:12.2f} s, {found['cpu_s']:.2f} s CPU")


if __name__ == "__main__":
    main()

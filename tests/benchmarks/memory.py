"""Measure what a million neurons with a hundred million synapses take: ``uv run python -m
tests.benchmarks.memory``.
"""

import json
import subprocess
import sys
from argparse import ArgumentParser

from tests.benchmarks.contest import REPOSITORY


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
    predicted = found[
        "predicted_bytes"
    ]  # what the simulator says of itself, and what there was before
    print(
        f"{given.neurons:,} neurons, {n_synapses:,} synapses, {given.steps} steps, "
        f"{n_events:,} synaptic events"
    )
    for label, n_bytes in (
        ("Python and its packages", found["empty_bytes"]),
        ("network and inputs, at the most while built", found["built_bytes"]),
        ("network and inputs, when built", found["held_bytes"]),
        ("predicted for the run, with these", predicted),
        ("measured for the run, with these", found["peak_bytes"]),
    ):
        print(f"  {label:44}{n_bytes / 1e6:12,.0f} MB{n_bytes / predicted:8.2f} x predicted")
    print(f"  {'simulated in':44}{found['wall_s']:12.2f} s, {found['cpu_s']:.2f} s CPU")


if __name__ == "__main__":
    main()

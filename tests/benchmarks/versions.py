"""Time this checkout beside another one of this package: ``uv run python -m
tests.benchmarks.versions OTHER``, with the folder of the other, which has its own ``.venv``.

Both run each workload in turn, one process each; what is told is the ratio of CPU times. Results
are checked equal first.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import numpy as np

HERE = Path(__file__).parents[2]
RESAMPLES = 10_000


def replayed() -> Callable[[], object]:
    """Price a recorded run of the digits on 30 mappings."""
    from spikefit_nb.datasets import load_dataset
    from spikefit_nb.hardware import load_profile
    from spikefit_nb.mapping import map_network
    from spikefit_nb.nir_file import load_network
    from spikefit_nb.replay import replay
    from spikefit_nb.simulate import simulate

    network, profile = load_network("digits"), load_profile("loihi1")
    record = simulate(network, load_dataset("digits"), record="events")
    mappings = [map_network(network, profile, neurons_per_core=n) for n in range(2, 62, 2)]
    return lambda: [replay(record, mapping).event_energy_j for mapping in mappings]


def simulated(name: str) -> Callable[[], object]:
    """Run a network: "w1", "w2" or "nmnist"."""
    from spikefit_nb.datasets import load_dataset
    from spikefit_nb.fetch import find_local
    from spikefit_nb.nir_file import read_nir
    from spikefit_nb.simulate import simulate
    from tests.benchmarks import ours, workloads

    if name == "w1":
        network, dataset = ours.w1_network(workloads.read(workloads.w1()))
    elif name == "w2":
        network, dataset = ours.w2_network(workloads.read(workloads.w2()), 1000)
    else:
        network = read_nir(find_local("cnn_sinabs.nir"), reset="subtract", max_spikes_per_step=None)
        dataset = load_dataset("nmnist", n_samples=20)
    return lambda: simulate(network, dataset).synaptic_operations.tolist()


def work() -> None:
    """Answer each name that comes in with the CPU seconds it took and a hash of its result."""
    jobs: dict[str, Callable[[], object]] = {}
    for name in map(str.strip, sys.stdin):
        if name not in jobs:
            jobs[name] = replayed() if name == "replay" else simulated(name)
            jobs[name]()  # compiles
        began = time.process_time()
        result = jobs[name]()
        took = time.process_time() - began
        print(took, sha256(repr(result).encode()).hexdigest(), file=sys.stderr, flush=True)


class Worker:
    """A checkout at work in a process of its own, on one core."""

    def __init__(self, folder: Path):
        command = [folder / ".venv" / "bin" / "python", __file__, "--work"]
        environment = os.environ | {"PYTHONPATH": str(folder), "NUMBA_NUM_THREADS": "1"}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
        self.process = subprocess.Popen(command, cwd=folder, env=environment, text=True, **pipes)
        os.sched_setaffinity(self.process.pid, {min(os.sched_getaffinity(0))})

    def run(self, name: str) -> tuple[float, str]:
        """CPU seconds and the hash of the result."""
        print(name, file=self.process.stdin, flush=True)
        for line in self.process.stderr:
            words = line.split()
            if len(words) == 2 and len(words[1]) == 64:
                return float(words[0]), words[1]
        raise SystemExit(f"{self.process.args} ended.")


def interval(ratios: np.ndarray) -> tuple[float, float]:
    """The 95 % interval of the median ratio, by resampling."""
    drawn = np.random.default_rng(0).choice(ratios, (RESAMPLES, ratios.size))
    low, high = np.percentile(np.median(drawn, axis=1), (2.5, 97.5))
    return float(low), float(high)


def main() -> None:
    """Print a line a workload."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("other", type=Path)
    parser.add_argument("--pairs", type=int, default=21)
    parser.add_argument("--workloads", nargs="+", default=["w1", "w2", "nmnist", "replay"])
    given = parser.parse_args()
    here, other = Worker(HERE), Worker(given.other.resolve())
    for name in given.workloads:
        if here.run(name)[1] != other.run(name)[1]:
            raise SystemExit(f"{name}: the two checkouts give different results.")
        times = [(here.run(name)[0], other.run(name)[0]) for _ in range(given.pairs)]
        mine, theirs = np.array(times).T
        low, high = interval(mine / theirs)
        print(
            f"{name:8} {np.median(mine):.4f} s here, {np.median(theirs):.4f} s there: "
            f"x {np.median(mine / theirs):.3f}, {low:.3f} to {high:.3f} at 95 %"
        )


if __name__ == "__main__":
    work() if sys.argv[1:] == ["--work"] else main()

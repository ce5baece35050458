"""Run a large random network and say what memory it took: the program that ``memory.py`` starts."""

import json
import resource
import sys

import numpy as np
import psutil
import scipy.sparse as sp

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.network import Input, Network, Population, Projection
from spikefit_nb.simulate import n_threads, simulate
from spikefit_nb.simulate.block import Shown
from spikefit_nb.simulate.memory import predict_bytes
from spikefit_nb.simulate.plan import make_plan
from tests.benchmarks import ours, workloads
from tests.benchmarks.peers.pacing import Job, timed

N_OUTPUTS = 10


def peak_bytes() -> int:
    """The most memory this process has had so far; Linux counts it in kibibytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def recurrent(n_neurons: int, out_degree: int, rng: np.random.Generator) -> sp.csr_array:
    """Random targets, each from a stretch of its own so that none repeats, with the weights of W2
    on average.
    """
    stretch = n_neurons // out_degree
    targets = rng.integers(0, stretch, (n_neurons, out_degree), dtype=np.int32)
    targets += np.arange(out_degree, dtype=np.int32) * np.int32(stretch)
    n_excitatory = n_neurons * 4 // 5
    weights = np.empty((n_neurons, out_degree), np.int8)
    weights[:n_excitatory] = rng.integers(
        1, 2 * workloads.W2_EXCITATORY, (n_excitatory, out_degree), dtype=np.int8
    )
    inhibitory = (n_neurons - n_excitatory, out_degree)
    weights[n_excitatory:] = rng.integers(2 * workloads.W2_INHIBITORY, 0, inhibitory, dtype=np.int8)
    starts = np.arange(0, weights.size + 1, out_degree, dtype=np.int32)
    return sp.csr_array((weights.ravel(), targets.ravel(), starts), (n_neurons, n_neurons))


def build(n_neurons: int, out_degree: int) -> Network:
    """As W2, and ten neurons that answer, so that the record is small."""
    rng = np.random.default_rng(3)
    bias = rng.integers(7, 13, n_neurons).astype(np.float32)
    neurons = ours.leaky(workloads.W2_THRESHOLD, bias)
    head_start = rng.uniform(0, 90, (1, n_neurons)).astype(np.float32)
    to_output = sp.eye_array(n_neurons, N_OUTPUTS, dtype=np.int8, format="csr")
    return Network(
        [
            Population("start", (1,), Input()),
            Population("neurons", (n_neurons,), neurons),
            Population("output", (N_OUTPUTS,), ours.leaky(0.5)),
        ],
        [
            Projection("start", "neurons", head_start),
            Projection(
                "neurons",
                "neurons",
                recurrent(n_neurons, out_degree, rng),
                scale=1.0,
                delay_steps=1,
            ),
            Projection("neurons", "output", to_output, scale=1.0),
        ],
        dt_s=ours.DT_S,
    )


def main(n_neurons: int, out_degree: int, n_steps: int) -> None:
    """Print one line of JSON."""
    empty = peak_bytes()
    spikes = np.zeros((1, n_steps, 1), bool)
    spikes[0, 0, 0] = True
    network, dataset = build(n_neurons, out_degree), SpikeDataset(spikes, dt_s=ours.DT_S)
    built, held = peak_bytes(), psutil.Process().memory_info().rss
    plan = make_plan(network, dataset, "float32")
    more = predict_bytes(plan, dataset, Shown(network.output, False, False), n_threads())
    del plan
    job = Job(
        "",
        lambda: simulate(network, dataset),
        lambda record: {"neuron": record.spike_counts["neurons"].sum(1)},
    )
    run = timed(job)
    print(
        json.dumps(
            {
                "empty_bytes": empty,
                "built_bytes": built,
                "held_bytes": held,
                "predicted_bytes": held + more,
                "peak_bytes": peak_bytes(),
                "wall_s": run.wall_s,
                "cpu_s": run.cpu_s,
                "n_spikes": run.counts["neuron"][0],
            }
        )
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))

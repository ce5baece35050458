"""The workloads as networks and data sets of this package, and the package as a contestant."""

from collections.abc import Callable

import numpy as np
import scipy.sparse as sp

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.network import LIF, Input, Network, Population, Projection
from spikefit_nb.simulate import SpikeRecord, simulate
from tests.benchmarks.contest import Contestant, Counts
from tests.benchmarks.peers.pacing import Job, timed
from tests.benchmarks.workloads import BETA, W1_LAYERS, Arrays, w1_inputs

DT_S = 1e-3


def leaky(threshold: float, bias: np.ndarray | float = 0.0) -> LIF:
    """``v = beta * v + (bias + I)`` in this package's words: ``v += a * (r * (bias + I) - v)``, ``a
    = 1 - beta``.

    ``a`` is a float32 exactly; ``a * r`` is 1 but for its rounding, and so a potential differs from
    the workload's in its last bits. Thresholds are far enough from every potential: the counts,
    which are checked, come out the same.
    """
    a = 1 - float(BETA)
    return LIF(DT_S / a, v_threshold=float(threshold), r=1 / a, bias=bias, reset="zero")


def w1_network(arrays: Arrays) -> tuple[Network, SpikeDataset]:
    """W1."""
    names = ("input", *W1_LAYERS)
    populations = [Population("input", (int(arrays["xs"][2]),), Input())]
    projections = []
    for k, threshold in enumerate(arrays["thr"]):
        weight = arrays[f"W{k}"]
        populations.append(Population(names[k + 1], (weight.shape[1],), leaky(threshold)))
        projections.append(Projection(names[k], names[k + 1], weight, scale=1.0))
    spikes = np.ascontiguousarray(w1_inputs(arrays).transpose(1, 0, 2))
    return Network(populations, projections, dt_s=DT_S), SpikeDataset(spikes, dt_s=DT_S)


def w2_network(arrays: Arrays, n_steps: int) -> tuple[Network, SpikeDataset]:
    """W2, with one input neuron that fires in the first step only, to bring the potential to begin
    with.

    Potentials start at 0 here. After the first step that of the workload is ``beta * v0 + bias``;
    with a weight of ``beta * v0`` from that input it is ``0 + bias + beta * v0``, which is the
    same.
    """
    n_neurons, out_degree = arrays["post"].shape
    starts = np.arange(0, n_neurons * out_degree + 1, out_degree)
    recurrent = sp.csr_array(
        (arrays["w"].ravel(), arrays["post"].ravel(), starts), (n_neurons, n_neurons)
    )
    first = (float(BETA) * arrays["v0"]).astype(np.float32)[None, :]
    network = Network(
        [
            Population("start", (1,), Input()),
            Population("neurons", (n_neurons,), leaky(arrays["thr"], arrays["bias"])),
        ],
        [
            Projection("start", "neurons", first),
            Projection("neurons", "neurons", recurrent, scale=1.0, delay_steps=1),
        ],
        dt_s=DT_S,
        output="neurons",
    )
    spikes = np.zeros((1, n_steps, 1), bool)
    spikes[0, 0, 0] = True
    return network, SpikeDataset(spikes, dt_s=DT_S)


def contestants(
    network: Network,
    dataset: SpikeDataset,
    counts: Callable[[SpikeRecord], dict[str, np.ndarray]],
    expected: Counts,
    n_events: int,
) -> list[Contestant]:
    """This package, keeping counts of spikes and keeping every spike."""

    def contestant(record: str) -> Contestant:
        job = Job("", lambda: simulate(network, dataset, record=record), counts)
        return Contestant(f"spikefit_nb, {record}", lambda: timed(job), expected, n_events)

    return [contestant("counts"), contestant("events")]

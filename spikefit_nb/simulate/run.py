"""Simulate: a network and a data set in, a record of spikes out."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal

import numpy as np

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import DatasetProblem, NetworkProblem, expect
from spikefit_nb.kernels import run_network as k
from spikefit_nb.network import Network
from spikefit_nb.simulate.network_arrays import adaptation, network_arrays
from spikefit_nb.simulate.record import Decode, SpikeEvents, SpikeRecord
from spikefit_nb.simulate.silence import explain_silence

BLOCK_BYTES = 32e6  # inputs of one block of samples


def simulate(
    network: Network,
    dataset: SpikeDataset,
    *,
    arithmetic: Literal["float32"] = "float32",
    record: Literal["counts", "events"] = "counts",
    decode: Decode | None = None,
) -> SpikeRecord:
    """Run every sample through the network, event by event, and keep what fired.

    Layers are evaluated in order within a step, a projection of delay d delivers d steps later, state is reset
    before each sample. An input current other than zero counts as one event. The result does not depend on the
    number of threads.

    Parameters
    ----------
    network : Network
    dataset : SpikeDataset, as many channels as the network has inputs
    arithmetic : "float32", the reference
    record : "counts", or "events" to keep every spike, which ``replay`` needs
    decode : "count" (most output spikes) or "potential" (highest summed output potential, before reset); None: by
        count, or by potential where the output never fires

    Returns
    -------
    SpikeRecord

    Raises
    ------
    DatasetProblem
        The data set has another number of channels than the network has inputs, or labels that no output stands for.
    NetworkProblem
        The arithmetic, record or decode asked for does not exist, or spikes are to be counted where none can be.

    Examples
    --------
    >>> from spikefit_nb.network import IF, Input, Population, Projection
    >>> network = Network([Population("in", (1,), Input()), Population("out", (1,), IF(2.0, reset="subtract"))],
    ...                   [Projection("in", "out", np.ones((1, 1)))])
    >>> simulate(network, SpikeDataset(np.ones((1, 10, 1), bool))).spike_counts["out"]
    array([[5]])
    """
    check_inputs(network, dataset)
    _check_choices(
        arithmetic=(arithmetic, ("float32",)),
        record=(record, ("counts", "events")),
    )
    decode = settle_decode(network, decode)
    written = _run(network, dataset, network.output, record == "events")
    return _collect(network, dataset, written, decode, record == "events")


def potentials(network: Network, dataset: SpikeDataset, population: str) -> np.ndarray:
    """The potential of every neuron of one population in every step, before reset; take few samples, it is large.

    Parameters
    ----------
    network : Network
    dataset : SpikeDataset
    population : str, its name

    Returns
    -------
    (n_samples, n_steps, n_neurons) float32

    Raises
    ------
    NetworkProblem
        The population is an input, which has no potential.

    Examples
    --------
    >>> from spikefit_nb.network import LI, Input, Population, Projection
    >>> network = Network([Population("in", (1,), Input()), Population("out", (1,), LI(2e-3))],
    ...                   [Projection("in", "out", np.ones((1, 1)))])
    >>> potentials(network, SpikeDataset(np.ones((1, 3, 1), bool)), "out").ravel()
    array([0.5  , 0.75 , 0.875], dtype=float32)
    """
    check_inputs(network, dataset)
    if network[population].is_input:
        raise NetworkProblem(f"{population!r} is an input and has no potential; its spikes are in the data set.")
    return np.concatenate([w.output_potential for w in _run(network, dataset, population, False)])


def _run(network: Network, dataset: SpikeDataset, shown: str, keep: bool) -> list[k.Written]:
    """Run all samples in blocks; ``shown`` names the population whose spikes and potentials are kept step by step."""
    arrays, more = network_arrays(network), adaptation(network)
    announce_compiling(k.run_samples if more is None else k.integrate_adapting)
    output = np.array([network.starts[shown], network[shown].n_neurons], np.int64)
    n_ring = 1 + max((e.delay_steps for e in network.projections), default=0)
    size = max(1, min(64, int(BLOCK_BYTES // (4 * dataset.n_steps * dataset.n_channels))))
    blocks = [(start, min(start + size, dataset.n_samples)) for start in range(0, dataset.n_samples, size)]

    def run(block: tuple[int, int]) -> k.Written:
        return _run_block(arrays, more, dataset.block(*block), output, n_ring, keep, not dataset.is_current)

    with ThreadPoolExecutor(
        max_workers=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2
    ) as pool:
        return list(pool.map(run, blocks))


def check_inputs(network: Network, dataset: SpikeDataset) -> None:
    """Refuse a data set that does not belong to a network.

    Parameters
    ----------
    network : Network
    dataset : SpikeDataset

    Raises
    ------
    DatasetProblem
        The data set has another number of channels than the network has inputs, or labels that no output stands for.
    """
    expect(network, Network, "network", "sf.load_network(name) or sf.read_nir(path)")
    expect(dataset, SpikeDataset, "dataset", "sf.SpikeDataset(spikes, labels, dt_s=1e-3)")
    if dataset.n_channels != network.n_channels:
        raise DatasetProblem(
            f"The data set has {dataset.n_channels} channels, but the network's input has {network.n_channels} "
            f"({', '.join(f'{p.name!r}: {p.shape}' for p in network.inputs)}). "
            "Spikes are (n_samples, n_steps, n_channels); a 2-d sensor is flattened in (channel, y, x) order."
        )
    n_outputs = network[network.output].n_neurons
    if dataset.labels is not None and dataset.labels.max() >= n_outputs:
        raise DatasetProblem(
            f"A label is {dataset.labels.max()}, but the output {network.output!r} has {n_outputs} neurons: "
            f"labels count from 0 to {n_outputs - 1}."
        )


def settle_decode(network: Network, decode: Decode | None) -> Decode:
    """How the output answers: as asked, and by default by its spikes, or by its potential where it never fires.

    Parameters
    ----------
    network : Network
    decode : "count", "potential" or None

    Returns
    -------
    "count" or "potential"

    Raises
    ------
    NetworkProblem
        There is no such way, or spikes are to be counted of neurons that never fire.
    """
    _check_choices(decode=(decode or "count", ("count", "potential")))
    neuron = network[network.output].neuron
    if decode == "count" and not neuron.fires:
        raise NetworkProblem(
            f"decode is 'count', but the output {network.output!r} holds {type(neuron).__name__} neurons, which never "
            "fire: there is nothing to count. Say decode='potential', or leave decode out."
        )
    return decode or ("count" if neuron.fires else "potential")


def _check_choices(**choices: tuple[str, tuple[str, ...]]) -> None:
    for name, (value, known) in choices.items():
        if value not in known:
            raise NetworkProblem(f"{name} is {value!r}; it can be {' or '.join(map(repr, known))}.")


def announce_compiling(kernel: Any) -> None:
    """Say once that the simulator is being compiled, when numba's cache has nothing for it.

    Parameters
    ----------
    kernel : a compiled function that is there if the simulator was compiled: for models with a second variable, theirs
    """
    if kernel.signatures:
        return
    cache = Path(kernel.stats.cache_path)
    if not any(cache.glob(f"run_network.{kernel.__name__}-*.nbi")):
        print("Compiling the simulator: about 10 s, once on this machine.", flush=True)


def _run_block(
    arrays: k.NetworkArrays,
    more: k.Adaptation | None,
    inputs: np.ndarray,
    output: np.ndarray,
    n_ring: int,
    keep: bool,
    whole: bool,
) -> k.Written:
    n_samples, n_steps, n_channels = inputs.shape
    n_neurons = arrays.r.size
    capacity = int(np.count_nonzero(inputs)) + n_samples * n_steps * max(1, n_neurons // 8) if keep else 0
    while True:
        state = k.State(
            *(np.zeros(n_neurons, np.float32) for _ in range(2)),
            np.zeros(1 if more is None else n_neurons, np.float32),
            np.zeros((n_ring, n_neurons), np.float32),
            np.zeros(n_neurons, np.int32), np.zeros(n_neurons, np.int64), np.zeros(n_neurons, np.float32),
        )  # fmt: skip
        written = k.Written(
            np.zeros((n_samples, n_neurons), np.int64),
            np.zeros((n_samples, n_steps, output[1]), np.int32),
            np.zeros((n_samples, n_steps, output[1]), np.float32),
            np.zeros(n_samples * n_steps + 1, np.int64),
            np.zeros(capacity, np.int32),
            np.zeros(capacity, np.int32),
            np.zeros((n_samples, n_steps, (n_neurons - n_channels + 7) // 8), np.uint8),
        )
        n_events = k.run_samples(arrays, more, inputs, state, written, output, keep, whole)
        if n_events <= capacity:
            return written
        capacity = n_events


def _collect(
    network: Network, dataset: SpikeDataset, written: list[k.Written], decode: Decode, keep: bool
) -> SpikeRecord:
    counts = np.concatenate([w.counts for w in written])
    spike_counts = {n: counts[:, at : at + network[n].n_neurons] for n, at in network.starts.items()}
    operations = sum(
        (spike_counts[e.source] @ e.out_degree() for e in network.projections), np.zeros(len(counts), np.int64)
    )
    return SpikeRecord(
        spike_counts,
        np.concatenate([w.output_spikes for w in written]),
        np.concatenate([w.output_potential for w in written]),
        dataset.labels,
        decode,
        _join_events(written) if keep else None,
        operations,
        explain_silence(network, dataset, spike_counts),
    )


def _join_events(written: list[k.Written]) -> SpikeEvents:
    n_before = np.cumsum([0] + [w.event_ptr[-1] for w in written])
    ptr = [w.event_ptr[1:] + before for w, before in zip(written, n_before, strict=False)]
    return SpikeEvents(
        np.concatenate([np.zeros(1, np.int64), *ptr]),
        np.concatenate([w.event_neuron[: w.event_ptr[-1]] for w in written]),
        np.concatenate([w.event_count[: w.event_ptr[-1]] for w in written]),
        np.concatenate([w.updated for w in written]),
    )

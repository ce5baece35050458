"""Simulate: a network and a data set in, a record of spikes out."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from numbers import Real
from typing import Literal, TypeVar

import numpy as np

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.errors import NetworkProblem, expect
from spikefit_nb.kernels.compiled import is_compiled
from spikefit_nb.network import Network
from spikefit_nb.simulate.above import fires_above, what_changes_above
from spikefit_nb.simulate.arithmetic import ARITHMETICS
from spikefit_nb.simulate.block import Shown, Watch, Written, block_samples, run_block
from spikefit_nb.simulate.events import join_events
from spikefit_nb.simulate.inputs import check_choices, check_inputs, settle_decode
from spikefit_nb.simulate.memory import check_memory
from spikefit_nb.simulate.plan import Plan, make_plan
from spikefit_nb.simulate.progress import show_progress
from spikefit_nb.simulate.record import Decode, SpikeRecord
from spikefit_nb.simulate.rows import read_rows
from spikefit_nb.simulate.silence import explain_overflows, explain_silence
from spikefit_nb.simulate.threads import n_threads

Block = TypeVar("Block")
Left = TypeVar("Left")  # what running a block leaves behind
RECORDED = ("counts", "events")


def simulate(
    network: Network,
    dataset: SpikeDataset,
    *,
    arithmetic: str = "float32",
    record: Literal["counts", "events"] = "counts",
    decode: Decode | None = None,
    memory_limit_bytes: float | None = None,
) -> SpikeRecord:
    """Run every sample through the network, event by event, and keep what fired.

    Layers are evaluated in order within a step, a projection of delay d delivers d steps later,
    state is reset before each sample. What a projection brings in a step is added up alone, integer
    weights of whole spikes exactly, and multiplied by its scale. An input current other than zero
    counts as one event, and so does a message of a SigmaDelta, whatever it carries. The result does
    not depend on the number of threads. What takes longer than two seconds shows how far it is; an
    interrupt ends it.

    Parameters
    ----------
    network : Network
    dataset : SpikeDataset, as many channels as the network has inputs
    arithmetic : "float32" or one of ``simulate.ARITHMETICS``
        The reference, or the integers of a chip.
    record : "counts", or "events" to keep every spike, which ``replay`` needs
    decode : "count", "first_spike", "potential" or None
        Most output spikes, the earliest one, or the highest output potential before reset, summed
        over steps. None: by count, or by potential where the output never fires or is SigmaDelta.
    memory_limit_bytes : float; None: three quarters of what is free on this machine

    Returns
    -------
    SpikeRecord

    Raises
    ------
    WrongArgument
        An argument is of another kind, such as an array in place of a data set.
    TooLarge
        The run would take more memory than the limit.
    DatasetProblem
        The data set has another number of channels than the network has inputs, or labels that no
        output stands for.
    NetworkProblem
        The arithmetic, record or decode asked for does not exist, spikes are to be counted where
        none can be, or the arithmetic cannot express the network.

    Examples
    --------
    >>> from spikefit_nb.network import IF, Input, Population, Projection
    >>> output = Population("out", (1,), IF(2.0, reset="subtract"))
    >>> network = Network([Population("in", (1,), Input()), output],
    ...                   [Projection("in", "out", np.ones((1, 1)))])
    >>> simulate(network, SpikeDataset(np.ones((1, 10, 1), bool))).spike_counts["out"]
    array([[5]], dtype=int32)
    """
    check_inputs(network, dataset)
    check_choices(arithmetic=(arithmetic, tuple(ARITHMETICS)), record=(record, RECORDED))
    expect(memory_limit_bytes, Real | None, "memory_limit_bytes", "2e9")
    decode = settle_decode(network, decode, dataset)
    shown = Shown(network.output, decode == "potential", record == "events")
    coarse: frozenset[str] = frozenset()
    while True:
        plan = make_plan(network, dataset, arithmetic, coarse=coarse)
        check_memory(plan, dataset, shown, n_threads(), memory_limit_bytes)
        written = _run(dataset, plan, shown)
        left = {name for w in written for name, n in w.overflows.items() if n}
        if not left.intersection(plan.finer):
            break
        coarse |= left.intersection(plan.finer)
    made = _collect(network, dataset, written, decode, notes=plan.notes, arithmetic=arithmetic)
    if not plan.meets:
        return made
    strict = fires_above(network, plan.meets)
    above = simulate(strict, dataset, arithmetic=arithmetic, decode=decode)
    told = what_changes_above(plan.meets, network, made, above)
    return replace(made, warnings=(*made.warnings, told))


def potentials(network: Network, dataset: SpikeDataset, population: str) -> np.ndarray:
    """The potential of every neuron of one population in every step, before reset.

    It is large: take few samples.

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
        raise NetworkProblem(
            f"{population!r} is an input and has no potential; its spikes are in the data set."
        )
    plan, shown = make_plan(network, dataset, "float32"), Shown(population, True, False)
    check_memory(plan, dataset, shown, n_threads(), None)
    return np.concatenate([w.potential for w in _run(dataset, plan, shown)])


def _run(dataset: SpikeDataset, plan: Plan, shown: Shown) -> list[Written]:
    """Run all samples in blocks, several at once."""
    announce_compiling(plan)

    def run(block: tuple[int, int], watch: Watch) -> Written:
        return run_block(plan, read_rows(dataset, *block), dataset.n_steps, shown, watch)

    return run_at_once(run, blocks_of(plan, dataset), dataset.n_samples * dataset.n_steps)


def blocks_of(plan: Plan, dataset: SpikeDataset) -> list[tuple[int, int]]:
    """First sample of each block that is run at once, and the one after its last."""
    size, n_samples = block_samples(plan, dataset), dataset.n_samples
    return [(start, min(start + size, n_samples)) for start in range(0, n_samples, size)]


def run_at_once(
    run: Callable[[Block, Watch], Left], blocks: Sequence[Block], n_total: int
) -> list[Left]:
    """Run blocks in as many threads as there are processors, and show how far they are."""
    watch = Watch()
    with ThreadPoolExecutor(max_workers=n_threads()) as pool:
        futures = [pool.submit(run, block, watch) for block in blocks]
        try:
            show_progress(futures, watch, n_total)
            return [future.result() for future in futures]
        except BaseException:  # an interrupt too: what runs stops at its next window
            watch.stopped.set()
            pool.shutdown(cancel_futures=True)
            raise


def announce_compiling(plan: Plan) -> None:
    """Say once that the simulator is being compiled, where numba's cache lacks a plan's kernels."""
    for kernel in {stage.neurons.kernel for stage in plan.stages}:
        if not is_compiled(kernel):
            print("Compiling the simulator: about 10 s, once on this machine.", flush=True)
            return


def _collect(
    network: Network,
    dataset: SpikeDataset,
    written: list[Written],
    decode: Decode,
    *,
    notes: tuple[str, ...],
    arithmetic: str,
) -> SpikeRecord:
    overflows = {name: sum(w.overflows[name] for w in written) for name in written[0].overflows}
    overflows = {name: n for name, n in overflows.items() if n}
    spike_counts = {name: _join([w.counts[name] for w in written]) for name in network.starts}
    silence = explain_silence(network, dataset, spike_counts)
    return SpikeRecord(
        spike_counts,
        _join([w.spikes for w in written]),
        _join([w.potential for w in written]) if decode == "potential" else None,
        dataset.labels,
        decode,
        events=join_events(written, network.starts) if written[0].kept else None,
        synaptic_operations=_join([_operations(network, w) for w in written]),
        warnings=(*silence, *notes, *explain_overflows(network, overflows)),
        overflows=overflows,
        arithmetic=arithmetic,
    )


def _operations(network: Network, written: Written) -> np.ndarray:
    """Synaptic operations of each sample of a block: whole runs would take more memory."""
    operations = np.zeros(len(written.spikes), np.int64)
    for e in network.projections:
        operations += written.counts[e.source] @ e.out_degree()  # in int64
    return operations


def _join(parts: list[np.ndarray]) -> np.ndarray:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)

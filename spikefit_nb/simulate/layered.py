"""Run a network a few populations at a time, on the recorded spikes of what sends to them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.frozen import Frozen
from spikefit_nb.network import Network, Neuron
from spikefit_nb.simulate.arithmetic import ARITHMETICS
from spikefit_nb.simulate.block import Shown, Watch, Written, run_stages
from spikefit_nb.simulate.inputs import check_choices, check_inputs, settle_decode
from spikefit_nb.simulate.memory import check_memory
from spikefit_nb.simulate.plan import check_input, plan_of, prepare
from spikefit_nb.simulate.prepared import Prepared
from spikefit_nb.simulate.record import SpikeRecord
from spikefit_nb.simulate.rows import Rows, join_rows, read_rows, share_out
from spikefit_nb.simulate.run import announce_compiling, blocks_of, run_at_once
from spikefit_nb.simulate.threads import n_threads

Knot = frozenset[str]  # populations that can only be run together: each reaches the others


class Part(NamedTuple):
    """What running one knot left behind."""

    counts: dict[str, np.ndarray]  # (n_samples, n_neurons) int32, of each of its populations
    sent: list[dict[str, Rows]]  # block after block
    spikes: np.ndarray  # (n_samples, n_steps, n_outputs); no outputs where the output is elsewhere
    potential: np.ndarray  # the same


@dataclass(frozen=True, eq=False, repr=False)
class Layered(Frozen):
    """A network on a data set, of which only what is asked for is run, and nothing twice;
    ``run_in_layers`` makes it.

    Parameters
    ----------
    network : Network
    dataset : SpikeDataset
    arithmetic : one of ``simulate.ARITHMETICS``
    ready : mapping of every population that computes to what its kernel takes
    given : tuple of mapping of input population to its spikes, block after block
    parts : dict of populations that can only be run together to what running them left, as far as
        is known

    Examples
    --------
    >>> from spikefit_nb.network import IF, Input, Population, Projection
    >>> network = Network([Population("in", (1,), Input()), Population("out", (1,), IF(1.0))],
    ...                   [Projection("in", "out", np.ones((1, 1)))])
    >>> runs = run_in_layers(network, SpikeDataset(np.ones((1, 10, 1), bool)))
    >>> [int(r.counts("out").sum()) for r in (runs, runs.with_neuron("out", IF(2.0)))]
    [10, 5]
    """

    network: Network
    dataset: SpikeDataset
    arithmetic: str
    ready: Mapping[str, Prepared]
    given: tuple[Mapping[str, Rows], ...]
    parts: dict[Knot, Part] = field(default_factory=dict)

    def counts(self, population: str) -> np.ndarray:
        """Spikes of each neuron, (n_samples, n_neurons) int32, of a population that computes."""
        return self._part(population).counts[population]

    @cached_property
    def accuracy(self) -> float | None:
        """Share of right answers, as ``SpikeRecord.accuracy``; None without labels."""
        part, decode = self._part(self.network.output), settle_decode(self.network, None)
        potential = part.potential if decode == "potential" else None
        record = SpikeRecord(
            {},
            part.spikes,
            potential,
            self.dataset.labels,
            decode,
            events=None,
            synaptic_operations=np.zeros(self.dataset.n_samples, np.int64),
        )
        return record.accuracy

    def with_neuron(self, population: str, neuron: Neuron) -> "Layered":
        """The same with other neurons in one population; what they cannot change is taken over."""
        changed = replace(self.network[population], neuron=neuron)
        others = [changed if p.name == population else p for p in self.network.populations]
        network = self.network.replace(populations=others)
        prepared = prepare(network, changed, self.arithmetic)
        check_input(population, prepared, self.dataset, self.arithmetic)
        stale = {population} | self.network.reach[population]
        known = {knot: part for knot, part in self.parts.items() if not knot & stale}
        ready = {**self.ready, population: prepared}
        return replace(self, network=network, ready=ready, parts=known)

    def _part(self, population: str) -> Part:
        reach = self.network.reach
        knot = frozenset({population} | {n for n in reach[population] if population in reach[n]})
        if knot not in self.parts:
            self.parts[knot] = self._run(knot)
        return self.parts[knot]

    def _run(self, knot: Knot) -> Part:
        network, output = self.network, self.network.output
        before = {e.source for e in network.projections if e.target in knot} - knot
        everything = (*network.inputs, *network.neuron_populations)
        sources = tuple(p for p in everything if p.name in before)
        sources = sources or network.inputs[:1]  # it may run on a bias alone
        neurons = tuple(p for p in network.neuron_populations if p.name in knot)
        plan = plan_of(neurons, sources, self.ready, self.dataset)
        blocks = [
            [self._sent(p.name, p.is_input, k) for p in sources] for k in range(len(self.given))
        ]
        shown = Shown(output, settle_decode(network, None) == "potential", False, spikes=True)
        n_steps = self.dataset.n_steps

        def run(given: list[Rows], watch: Watch) -> Written:
            return run_stages(plan, given, n_steps, shown, watch)

        announce_compiling(plan)
        written = run_at_once(run, blocks, self.dataset.n_samples * n_steps)
        return Part(
            {name: np.concatenate([w.counts[name] for w in written]) for name in knot},
            [{name: join_rows(w.kept[name]) for name in knot} for w in written],
            np.concatenate([w.spikes for w in written]),
            np.concatenate([w.potential for w in written]),
        )

    def _sent(self, source: str, is_input: bool, block: int) -> Rows:
        return self.given[block][source] if is_input else self._part(source).sent[block][source]


def run_in_layers(
    network: Network, dataset: SpikeDataset, *, arithmetic: str = "float32"
) -> Layered:
    """Make a network and a data set ready to be run as far as is asked for.

    Parameters
    ----------
    network : Network
    dataset : SpikeDataset
    arithmetic : one of ``simulate.ARITHMETICS``

    Returns
    -------
    Layered

    Raises
    ------
    TooLarge
        A run would take more memory than is free.
    DatasetProblem
        The data set has another number of channels than the network has inputs, or labels that no
        output stands for.
    NetworkProblem
        The arithmetic does not exist, or cannot express the network.

    Examples
    --------
    >>> from spikefit_nb.datasets import load_dataset
    >>> from spikefit_nb.nir_file import load_network
    >>> run_in_layers(load_network("digits"), load_dataset("digits").take(50)).accuracy
    0.98
    """
    check_inputs(network, dataset)
    check_choices(arithmetic=(arithmetic, tuple(ARITHMETICS)))
    ready = {p.name: prepare(network, p, arithmetic) for p in network.neuron_populations}
    for name, prepared in ready.items():
        check_input(name, prepared, dataset, arithmetic)
    plan = plan_of(network.neuron_populations, network.inputs, ready, dataset)
    check_memory(plan, dataset, Shown(network.output, True, False), n_threads(), None)
    names, sizes = [p.name for p in network.inputs], [p.n_neurons for p in network.inputs]
    given = tuple(
        dict(zip(names, share_out(read_rows(dataset, *block), sizes), strict=True))
        for block in blocks_of(plan, dataset)
    )
    return Layered(network, dataset, arithmetic, ready, given)

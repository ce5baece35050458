"""Neurons and synapses of a whole network as one graph, and the packets it sends on given cores."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from spikefit_nb.errors import NetworkProblem
from spikefit_nb.frozen import Frozen, freeze_arrays
from spikefit_nb.kernels.axons import count_axons, list_axons
from spikefit_nb.kernels.grouping import Wires
from spikefit_nb.mapping.placing import Links
from spikefit_nb.network import Network

MOST_BYTES = 400_000_000  # of a table of neurons and cores
NO_LEVELS = np.zeros(0, np.int64)  # synapses of every weight come in over one axon


@dataclass(frozen=True, eq=False)
class Wiring(Frozen):
    """Which neuron has a synapse on which, and how often each fires.

    Parameters
    ----------
    ptr, target : CSR of neuron -> neurons, (n_neurons + 1,) and (n_synapses,) int
    spikes : (n_neurons,) float64, of a run, or per inference

    Raises
    ------
    NetworkProblem
        The arrays do not belong together.

    Examples
    --------
    >>> fork = Wiring(np.array([0, 2, 2, 2]), np.array([1, 2]), np.array([5.0, 0.0, 0.0]))
    >>> fork.links(np.array([0, 1, 1])).packets  # both targets on one core: one packet a spike
    array([5.])
    >>> fork.links(np.array([0, 1, 1]), each_synapse=True).packets
    array([10.])
    """

    ptr: np.ndarray
    target: np.ndarray
    spikes: np.ndarray

    def __post_init__(self) -> None:
        n = self.spikes.size
        is_graph = self.ptr.size == n + 1 and self.ptr[-1] == self.target.size
        if not is_graph or self.target.max(initial=-1) >= n:
            raise NetworkProblem(
                f"ptr ({self.ptr.size},), target ({self.target.size},) and spikes ({n},) are not "
                "the rows, columns and spikes of one square matrix of synapses."
            )
        freeze_arrays(self)

    @staticmethod
    def of(network: Network, spikes: np.ndarray) -> "Wiring":
        """The neurons of a network; inputs are left out, since they come from outside the chip.

        Parameters
        ----------
        network : Network
        spikes : (n_neurons,) float64, in the order of ``network.starts`` without the inputs

        Returns
        -------
        Wiring
        """
        n, n_inputs = network.n_neurons, network.n_channels
        inputs = {p.name for p in network.inputs}
        sources, targets = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for e in network.projections:
            if e.source not in inputs:
                table = e.fanout(np.arange(e.shape[1]))
                sources.append(table.source + network.starts[e.source] - n_inputs)
                targets.append(table.core + network.starts[e.target] - n_inputs)
        ends = np.concatenate(sources), np.concatenate(targets)
        matrix = sp.csr_array((np.ones(ends[0].size, np.int8), ends), shape=(n, n))
        return Wiring(matrix.indptr, matrix.indices, np.asarray(spikes, np.float64))

    @property
    def n_neurons(self) -> int:
        """Neurons in all."""
        return self.spikes.size

    @cached_property
    def fan_in(self) -> np.ndarray:
        """Synapses onto each neuron, (n_neurons,) int64."""
        return np.bincount(self.target, minlength=self.n_neurons)

    @cached_property
    def wires(self) -> Wires:
        """The same as the kernels read it, without synapses of a neuron onto itself."""
        n = self.n_neurons
        source = np.repeat(np.arange(n, dtype=np.int32), np.diff(self.ptr))
        other = source != self.target
        source, target = source[other], self.target[other].astype(np.int32)
        backward = sp.csr_array((np.ones(target.size, np.int8), (target, source)), shape=(n, n))
        return Wires(
            np.append(0, np.cumsum(np.bincount(source, minlength=n))),
            target,
            backward.indptr.astype(np.int64),
            backward.indices.astype(np.int32),
            self.spikes.astype(np.float64),
            n_synapses=self.fan_in.astype(np.int64),
        )

    def reach(self, core_of: np.ndarray, n_cores: int) -> np.ndarray:
        """Synapses of each neuron on each core.

        Parameters
        ----------
        core_of : (n_neurons,) int64
        n_cores : int

        Returns
        -------
        (n_neurons, n_cores) int32, synapses of a neuron onto itself left out
        """
        n, wires = self.n_neurons, self.wires
        source = np.repeat(np.arange(n), np.diff(wires.ptr))
        pair = source * n_cores + core_of[wires.target]
        return np.bincount(pair, minlength=n * n_cores).astype(np.int32).reshape(n, n_cores)

    def links(self, core_of: np.ndarray, *, each_synapse: bool = False) -> Links:
        """Packets between cores: one a spike and core it goes to, or one a synapse.

        Parameters
        ----------
        core_of : (n_neurons,) int64
        each_synapse : bool, whether a spike is sent once for each synapse

        Returns
        -------
        Links, none from a core to itself
        """
        n_cores = int(core_of.max()) + 1
        sender, receiver, n_synapses = self._axons(core_of, n_cores)
        between = core_of[sender] * n_cores + receiver
        spikes = self.spikes[sender] * (n_synapses if each_synapse else 1)
        packets = np.bincount(between, spikes, n_cores * n_cores)
        used = np.flatnonzero(packets)
        apart = used[used // n_cores != used % n_cores]
        return Links(apart // n_cores, apart % n_cores, packets[apart])

    def _axons(self, core_of: np.ndarray, n_cores: int) -> tuple[np.ndarray, ...]:
        """Neuron, core it has synapses on, and how many there."""
        synapses = self.ptr, self.target, NO_LEVELS, core_of, 1
        n_axons = np.zeros(self.n_neurons, np.int64)
        count_axons(*synapses, np.full(n_cores, -1), n_axons)
        first = np.append(0, np.cumsum(n_axons))
        core, n_synapses = np.zeros(first[-1], np.int64), np.zeros(first[-1], np.int64)
        list_axons(*synapses, NO_LEVELS, first, np.full(n_cores, -1), core, n_synapses)
        return np.repeat(np.arange(self.n_neurons), n_axons), core, n_synapses

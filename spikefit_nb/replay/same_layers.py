"""The same layers with spikes and as an ANN, on the same silicon: both from one table."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, log2
from typing import NamedTuple

from spikefit_nb.hardware import HardwareProfile, Sourced
from spikefit_nb.mapping import stored_bits
from spikefit_nb.network import Network
from spikefit_nb.replay.price import Price
from spikefit_nb.replay.uncertainty_result import Interval

TABLE = "Horowitz 2014, ISSCC, 10.1109/ISSCC.2014.6757323, Fig. 1.1.9 (45 nm, 0.9 V)"
TABLE_BITS = 8  # of each factor of the multiplication in the table
SUM_BITS = 32  # of sums and of potentials: the table's other width
WORD_BITS = 64  # that the table reads at once
MULTIPLY = Sourced(0.2, "pJ", "derived", f"{TABLE}: multiply, 8-bit integers")
ADD = Sourced(0.1, "pJ", "derived", f"{TABLE}: add, 32-bit integers")
READ = Sourced(
    20, "pJ", "derived", f"{TABLE}: 64 bits of a 32 KB cache; of 8 KB, of 1 MB", spread=(10, 100)
)


class Memory(NamedTuple):
    """Energy to read or write one bit of weights, activations and spikes, and of potentials."""

    bit_j: float
    potential_bit_j: float


WORDS_J = (READ.si, *READ.spread_si)
IN_MEMORY = tuple(Memory(word_j / WORD_BITS, word_j / WORD_BITS) for word_j in WORDS_J)
IN_REGISTERS = tuple(Memory(word_j / WORD_BITS, 0.0) for word_j in WORDS_J)


@dataclass(frozen=True)
class SameLayers:
    """What one inference of the same layers asks for, with spikes and as an ANN of the same bits.

    With ``bit`` the energy to read or write one bit of memory, the same in both,

    ``ann = macs * (multiply * weight_bits * activation_bits / 64 + add + weight_bits * bit)
    + passes * nodes * 2 * activation_bits * bit``

    ``spikes = operations * (add + weight_bits * bit) + events * 2 * address_bits * bit
    + neurons * steps * (2 * add + 2 * 32 * bit)``

    Each multiply-accumulate and each synaptic operation reads its weight, sums stay in registers;
    activations and the addresses of spikes are written and read once; a neuron's potential is read
    and written in each step, with a leak and a comparison that cost as much as an addition. Ends
    are those of the smallest and the largest memory of the table, and of potentials that stay in
    registers. Where neurons send changes, a synaptic operation also multiplies, and an event also
    moves the ``message_bits`` of the number it carries.

    Parameters
    ----------
    n_synapses, n_neurons : int
    n_nodes : int, neurons and inputs
    n_steps : int
    n_passes : int, of the ANN: 1, or one each step where it is recurrent or a step is a frame
    synaptic_operations : float
    n_events : float, spikes, those of the input included
    weight_bits : float, mean of a synapse
    activation_bits : int
    address_bits : int, of a spike
    message_bits : int, of the number that it carries; 0 where it carries none

    References
    ----------
    Yan et al. 2024, arXiv 2409.08290, abstract: the ANN that tells apart as much as ``n_steps`` of
    spikes has activations of ``ceil(log2(n_steps + 1))`` bits; moving weights and activations
    counts. The figures here are another table's, and what they count is ours.

    Examples
    --------
    >>> layers = SameLayers(10_000, 100, 200, 10, 1, 2e4, 300, 8, 4, 8)
    >>> round(layers.spikes_per_step, 3), round(layers.break_even.value, 3)
    (0.2, 0.027)
    """

    n_synapses: int
    n_neurons: int
    n_nodes: int
    n_steps: int
    n_passes: int
    synaptic_operations: float
    n_events: float
    weight_bits: float
    activation_bits: int
    address_bits: int
    message_bits: int = 0

    @property
    def n_macs(self) -> int:
        """Multiply-accumulates of the ANN, zero weights left out."""
        return self.n_synapses * self.n_passes

    @property
    def spikes_per_step(self) -> float:
        """Spikes a neuron and step, each neuron weighted by the synapses behind it."""
        possible = self.n_synapses * self.n_steps
        return self.synaptic_operations / possible if possible else 0.0

    @property
    def ann_j(self) -> Interval:
        """Energy of the ANN, from the smallest memory of the table to the largest."""
        return _between(self._ann_j)

    @property
    def spiking_j(self) -> Interval:
        """Energy with spikes, likewise."""
        return self.at_rate(self.spikes_per_step)

    @property
    def break_even(self) -> Interval | None:
        """The spike rate below which spikes cost less than the ANN, if all neurons fired less or
        more in proportion; 0 where even silence costs more, None where nothing fires.
        """
        return _between(self._break_even) if self.n_events else None

    @property
    def break_even_steps(self) -> Interval | None:
        """The steps up to which spikes at this rate cost less than the ANN; None where it is
        recurrent, and so has its own in each step.
        """
        return _between(self._break_even_steps) if self.n_passes == 1 else None

    def at_rate(self, spikes_per_step: float) -> Interval:
        """Energy with spikes at another rate, if all neurons fired less or more in proportion.

        Parameters
        ----------
        spikes_per_step : float

        Returns
        -------
        Interval
        """
        times = spikes_per_step / self.spikes_per_step if self.n_events else 0.0
        return _between(lambda memory: times * self._events_j(memory) + self._updates_j(memory))

    def _ann_j(self, memory: Memory) -> float:
        each_j = self._multiply_j(self.activation_bits) + ADD.si + self.weight_bits * memory.bit_j
        moved = self.n_passes * self.n_nodes * 2 * self.activation_bits
        return self.n_macs * each_j + moved * memory.bit_j

    def _multiply_j(self, bits: int) -> float:
        """Energy to multiply a weight by a number of so many bits."""
        return MULTIPLY.si * self.weight_bits * bits / TABLE_BITS**2

    def _events_j(self, memory: Memory) -> float:
        each_j = self._multiply_j(self.message_bits) + ADD.si + self.weight_bits * memory.bit_j
        moved = self.n_events * 2 * (self.address_bits + self.message_bits)
        return self.synaptic_operations * each_j + moved * memory.bit_j

    def _updates_j(self, memory: Memory) -> float:
        each_j = 2 * ADD.si + 2 * SUM_BITS * memory.potential_bit_j
        return self.n_neurons * self.n_steps * each_j

    def _break_even(self, memory: Memory) -> float:
        left_j = max(0.0, self._ann_j(memory) - self._updates_j(memory))
        return self.spikes_per_step * left_j / self._events_j(memory)

    def _break_even_steps(self, memory: Memory) -> float:
        spiking_j = self._events_j(memory) + self._updates_j(memory)
        return self.n_steps * self._ann_j(memory) / spiking_j


def layers_of(
    network: Network, profile: HardwareProfile, price: Price, *, n_passes: int
) -> SameLayers:
    """Count what the layers of a network that was run ask for.

    Parameters
    ----------
    network : Network, as run
    profile : HardwareProfile
    price : Price, of the run
    n_passes : int, of the ANN for an inference: 1, or one each step where it is recurrent or a step
        is a frame

    Returns
    -------
    SameLayers

    Examples
    --------
    >>> import numpy as np
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.network import IF, Input, Population, Projection
    >>> from spikefit_nb.mapping import Links
    >>> network = Network([Population("in", (2,), Input()), Population("out", (2,), IF(1.0))],
    ...                   [Projection("in", "out", np.eye(2))])
    >>> counts = {"synaptic_operations": 6.0, "spikes": 1.0, "input_events": 6.0}
    >>> price = Price(counts, None, None, None, np.zeros(1), Links(*[np.zeros(0)] * 3), 10, (), ())
    >>> layers = layers_of(network, load_profile("loihi1"), price, n_passes=1)
    >>> layers.n_macs, layers.spikes_per_step, layers.activation_bits
    (2, 0.3, 4)
    """
    n_nodes, counts = network.n_neurons + network.n_channels, price.counts
    bits = [e.n_synapses * (e.n_bits or stored_bits(e, profile)) for e in network.projections]
    weight_bits = sum(bits) / network.n_synapses if network.n_synapses else 0.0
    # each step of a recurrent ANN, or each frame, is a pass of its own, in numbers as wide as its
    # weights
    is_rate = n_passes == 1 and not network.sends_changes
    activation_bits = ceil(log2(price.n_steps + 1)) if is_rate else ceil(weight_bits)
    return SameLayers(
        network.n_synapses,
        network.n_neurons,
        n_nodes,
        price.n_steps,
        n_passes,
        synaptic_operations=counts["synaptic_operations"],
        n_events=counts["spikes"] + counts["input_events"],
        weight_bits=weight_bits,
        activation_bits=activation_bits,
        address_bits=max(1, ceil(log2(n_nodes))),
        message_bits=activation_bits if network.sends_changes else 0,
    )


def _between(of_memory: Callable[[Memory], float]) -> Interval:
    """A quantity with the table's middle memory, and between what all its memories give."""
    found = [of_memory(memory) for memory in (*IN_MEMORY, *IN_REGISTERS)]
    return Interval(min(found), found[0], max(found))

"""Cut a population into the fewest pieces that a core holds."""

from bisect import bisect_left
from collections.abc import Callable

import numpy as np

from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.mapping.axons import StoredAxons, memory_bits
from spikefit_nb.mapping.core_map import PER_CORE
from spikefit_nb.mapping.cuts import Parts, boxes, in_order, n_boxes, ways_by_shape
from spikefit_nb.mapping.shapes import Layers, Partitioner, equal_work
from spikefit_nb.network import ByWeight, Population, Projection


def cut_population(
    population: Population,
    sent: np.ndarray,
    copies: np.ndarray,
    typed: dict[Projection, ByWeight],
    profile: HardwareProfile,
    most: float,
    shape: Partitioner,
) -> np.ndarray:
    """Piece of each neuron, for the fewest pieces within the limits, or the fewest at all: in
    order, or where that takes fewer, a map by its shape.
    """
    room = _Room(population, sent, copies, typed, profile)
    n, limit = population.n_neurons, profile.si("neurons_per_core", np.inf)
    fewest = max(1, int(np.ceil(n / most)), int(np.ceil(copies.sum() / limit)))
    limited = (figure for need, figure in PER_CORE.items() if need != "neurons")
    if room.is_hopeless or not any(map(profile.has, limited)):
        return in_order(n, fewest)
    if not isinstance(shape, Layers):
        return _filled(shape, room, fewest, most)
    in_turn = _smallest(room.holds_in_order, fewest, n)
    piece = in_order(n, in_turn or fewest)
    n_pieces = n + 1 if in_turn is None else int(piece.max()) + 1
    is_map = len(population.shape) == 3 and n_pieces > fewest
    for ways in ways_by_shape(population.shape) if is_map else ():
        fewer = [way for way in ways if fewest <= n_boxes(population.shape, way) < n_pieces]

        def holds(way: Parts) -> bool:
            box = boxes(population.shape, way)
            return bool(np.bincount(box).max() <= most) and room.holds(box)

        if fewer and holds(fewer[-1]):
            way = fewer[bisect_left(fewer[:-1], True, key=holds)]
            piece, n_pieces = boxes(population.shape, way), n_boxes(population.shape, way)
    return piece


def _filled(shape: Partitioner, room: "_Room", fewest: int, most: float) -> np.ndarray:
    """The fewest pieces of as many neurons each, filled in the order of a partitioner."""
    population, work = room.population, np.ones(room.population.n_neurons)

    def pieces(n_pieces: int) -> np.ndarray:
        return equal_work(shape, population, n_pieces, work)

    def holds(n_pieces: int) -> bool:
        piece = pieces(n_pieces)
        return bool(np.bincount(piece).max() <= most) and room.holds(piece)

    return pieces(_smallest(holds, fewest, population.n_neurons) or fewest)


class _Room:
    """Whether the pieces of a population are within the limits of a core."""

    def __init__(
        self,
        population: Population,
        sent: np.ndarray,
        copies: np.ndarray,
        typed: dict[Projection, ByWeight],
        profile: HardwareProfile,
    ) -> None:
        self.population, self.sent, self.copies = population, sent, copies
        self.incoming = {e: told for e, told in typed.items() if e.target == population.name}
        self.profile = profile
        self.axons_in = profile.si("axons_in_per_core", np.inf)
        self.fan_in = np.zeros(population.n_neurons, np.int64)
        for e in self.incoming:
            self.fan_in += e.in_degree()

    @property
    def is_hopeless(self) -> bool:
        """Whether one neuron alone has too many axons: cutting cures nothing."""
        return bool(self.fan_in.max() > self.axons_in)

    def holds_in_order(self, n_pieces: int) -> bool:
        """Whether so many pieces of neurons in order are within all limits."""
        n = self.population.n_neurons
        size = -(-n // n_pieces)
        start = n // 2 // size * size  # the piece in the middle tells most misfits at once
        if self.axons_in < np.inf:
            into_one = (
                e.n_axons_into(start, start + size, by_weight=told)
                for e, told in self.incoming.items()
            )
            if sum(into_one) > self.axons_in:
                return False
        return self.holds(in_order(n, n_pieces))

    def holds(self, piece: np.ndarray) -> bool:
        """Whether these pieces are within all limits, (n_neurons,) int64."""
        profile = self.profile
        # Copies take neurons and no axons; no chip with copies counts the synapses of a row.
        tables = [(e, e.fanout(piece, by_weight=told)) for e, told in self.incoming.items()]
        neurons = np.bincount(piece, weights=self.copies).astype(np.int64)
        sending, axons = np.bincount(piece, weights=self.sent), np.zeros(neurons.size, np.int64)
        for e, table in tables:
            axons += np.bincount(table.core, minlength=neurons.size)
            if e.source == self.population.name:  # its own loop, unknown until it is cut
                sending += np.bincount(piece[table.source], minlength=neurons.size)
        is_small = neurons.max() <= profile.si("neurons_per_core", np.inf)
        if not is_small or axons.max() > self.axons_in:
            return False
        if sending.max() > profile.si("axons_out_per_core", np.inf):
            return False
        stored = [StoredAxons(e, table, piece) for e, table in tables]
        memory = memory_bits(None, stored, neurons, profile)
        return bool(memory.max() <= profile.si("synapse_memory_per_core", np.inf))


def _smallest(fits: Callable[[int], bool], low: int, high: int) -> int | None:
    """The smallest number that fits, by doubling and bisection; None where not even the largest
    does.
    """
    if low >= high or fits(low):
        return low
    enough = min(2 * low, high)
    while not fits(enough):
        if enough == high:
            return None
        low, enough = enough, min(2 * enough, high)
    while enough - low > 1:
        middle = (low + enough) // 2
        low, enough = (low, middle) if fits(middle) else (middle, enough)
    return enough

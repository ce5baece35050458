"""How a population is cut into pieces: in the order of its neurons, or a map by its shape."""

from collections.abc import Iterator

import numpy as np

from spikefit_nb.network import Population

Parts = tuple[int, int, int]  # of the channels, the rows and the columns


def in_order(n: int, n_pieces: int) -> np.ndarray:
    """Piece of each neuron: equal numbers in the order in which they are counted."""
    return np.arange(n) // -(-n // n_pieces)


def ways_by_shape(shape: tuple[int, ...]) -> Iterator[list[Parts]]:
    """Kinds of boxes that a map of channels, rows and columns can be cut into, each from few to
    many: by rows, by columns and in tiles, with all channels together or some of them.
    """
    channels, y, x = shape
    groups = 1
    while groups <= channels:
        yield [(groups, k, 1) for k in range(1, y + 1)]
        yield [(groups, 1, k) for k in range(1, x + 1)]
        sides = range(max(y, x), 0, -1)
        yield list(dict.fromkeys((groups, -(-y // side), -(-x // side)) for side in sides))
        groups *= 2


def n_boxes(shape: tuple[int, ...], parts: Parts) -> int:
    """How many boxes it makes to cut a map into so many parts along each axis."""
    n = 1
    for size, k in zip(shape, parts, strict=True):
        n *= -(-size // -(-size // k))
    return n


def boxes(shape: tuple[int, ...], parts: Parts) -> np.ndarray:
    """Box of each neuron of a map, (n_neurons,) int64: all as large, but for the last ones."""
    piece = np.zeros(shape, np.int64)
    for axis, (size, k) in enumerate(zip(shape, parts, strict=True)):
        along = np.arange(size) // -(-size // k)
        other = tuple(a for a in range(3) if a != axis)
        piece = piece * (along[-1] + 1) + np.expand_dims(along, other)
    return piece.ravel()


def said(population: Population, members: np.ndarray) -> str:
    """Which neurons of a population these are: "0-341", or "channels 0-15, rows 0-3, columns 2-7"
    of a map cut by its shape.
    """
    first, last = int(members[0]), int(members[-1])
    if last - first + 1 == members.size or len(population.shape) != 3:
        return f"{first}-{last}"
    places = np.unravel_index(members, population.shape)
    words = zip(("channels", "rows", "columns"), places, strict=True)
    return ", ".join(f"{name} {along.min()}-{along.max()}" for name, along in words)

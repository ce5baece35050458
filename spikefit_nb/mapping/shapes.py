"""How so many cores share a population's work: the order in which its neurons go onto them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from spikefit_nb.errors import UnknownName
from spikefit_nb.network import Population


class Partitioner(Protocol):
    """Says in which order the neurons of a population fill its cores, each with as much work as the
    others.

    Examples
    --------
    >>> from spikefit_nb.network import IF
    >>> class Backwards:
    ...     def order(self, population):
    ...         return np.arange(population.n_neurons)[::-1]
    >>> equal_work(Backwards(), Population("out", (4,), IF(1.0)), 2, np.ones(4))
    array([1, 1, 0, 0])
    """

    def order(self, population: Population) -> np.ndarray:
        """The neurons in the order in which they fill cores, (n_neurons,) int64."""
        ...


@dataclass(frozen=True)
class Layers:
    """Neurons as they are counted: of a map, channel by channel.

    Examples
    --------
    >>> from spikefit_nb.network import IF
    >>> Layers().order(Population("out", (3,), IF(1.0)))
    array([0, 1, 2])
    """

    def order(self, population: Population) -> np.ndarray:
        """The neurons in the order in which they fill cores, (n_neurons,) int64."""
        return np.arange(population.n_neurons)


@dataclass(frozen=True)
class Tiles:
    """Of a map, pixel by pixel along a Hilbert curve, all channels of a pixel together: cores hold
    about square tiles, and a spike reaches few of them.

    References
    ----------
    Hilbert 1891, Math. Ann. 38:459-460.

    Examples
    --------
    >>> from spikefit_nb.network import IF
    >>> Tiles().order(Population("out", (1, 2, 2), IF(1.0)))  # along y, then x, and back
    array([0, 2, 3, 1])
    """

    def order(self, population: Population) -> np.ndarray:
        """The neurons in the order in which they fill cores, (n_neurons,) int64."""
        if len(population.shape) != 3:
            return np.arange(population.n_neurons)
        channel, y, x = np.indices(population.shape).reshape(3, -1)
        return np.lexsort((channel, along_hilbert(y, x)))


PARTITIONERS: Mapping[str, Partitioner] = {"layers": Layers(), "tiles": Tiles()}


def partitioner_named(partition: Partitioner | str) -> Partitioner:
    """The partitioner of that name; one given as an object as it is.

    Parameters
    ----------
    partition : Partitioner or str

    Returns
    -------
    Partitioner

    Raises
    ------
    UnknownName
        There is none of that name.

    Examples
    --------
    >>> partitioner_named("tils")
    Traceback (most recent call last):
    spikefit_nb.errors.UnknownName: There is no partitioner 'tils'. Did you mean ...
    """
    if not isinstance(partition, str):
        return partition
    if partition not in PARTITIONERS:
        raise UnknownName("partitioner", partition, PARTITIONERS)
    return PARTITIONERS[partition]


def equal_work(
    partitioner: Partitioner, population: Population, n_pieces: int, work: np.ndarray
) -> np.ndarray:
    """Cut a population into pieces of about equal work.

    Parameters
    ----------
    partitioner : Partitioner
    population : Population
    n_pieces : int, at most so many: a neuron with more than its share leaves fewer
    work : (n_neurons,) float64, of each neuron, in any unit

    Returns
    -------
    (n_neurons,) int64, piece of each neuron

    Examples
    --------
    >>> from spikefit_nb.network import IF
    >>> equal_work(Layers(), Population("out", (4,), IF(1.0)), 2, np.array([3.0, 1, 1, 1]))
    array([0, 1, 1, 1])
    """
    order = partitioner.order(population)
    done = np.cumsum(work[order])
    middle = (done - work[order] / 2) / done[-1] if done[-1] > 0 else np.linspace(0, 1, done.size)
    piece = np.empty(order.size, np.int64)
    piece[order] = np.minimum((middle * n_pieces).astype(np.int64), n_pieces - 1)
    return np.unique(piece, return_inverse=True)[1].astype(np.int64)


def along_hilbert(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """How far along a Hilbert curve each pixel lies, (n,) int64."""
    y, x, distance = y.copy(), x.copy(), np.zeros(y.size, np.int64)
    side = 1 << max(0, int(max(y.max(), x.max())).bit_length() - 1)
    while side:
        right, up = (x & side) > 0, (y & side) > 0
        distance += side * side * ((3 * right) ^ up)
        turned, mirrored = ~up, ~up & right
        x[mirrored], y[mirrored] = 2 * side - 1 - x[mirrored], 2 * side - 1 - y[mirrored]
        x[turned], y[turned] = y[turned], x[turned].copy()
        x, y, side = x & (side - 1), y & (side - 1), side // 2
    return distance

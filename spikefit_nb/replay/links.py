"""What the links of the mesh carry."""

from typing import NamedTuple

import numpy as np

from spikefit_nb.errors import NetworkProblem
from spikefit_nb.mapping import CoreMap
from spikefit_nb.replay.price import Links

WAYS = ("east", "west", "north", "south")


class MeshLinks(NamedTuple):
    """Links that carry packets: equally long arrays of the tile a link leaves, its direction,
    packets per inference.
    """

    x: np.ndarray  # (n_links,) int64
    y: np.ndarray  # (n_links,) int64
    way: (
        np.ndarray
    )  # (n_links,) int64, index into ("east", "west", "north", "south"); y grows to the north
    packets: np.ndarray  # (n_links,) float64


def mesh_links(mapping: CoreMap, links: Links) -> MeshLinks:
    """Send packets along x first, then along y, and add up what each link of the mesh carries.

    Parameters
    ----------
    mapping : CoreMap
    links : Links, packets between its cores, such as ``price.links``

    Returns
    -------
    MeshLinks, by direction, then row, then column

    Raises
    ------
    NetworkProblem
        A packet is of a core that the mapping does not use.

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.mapping import map_by_hand
    >>> from spikefit_nb.network import IF, Input, Network, Population, Projection
    >>> network = Network([Population("in", (1,), Input()), Population("out", (2,), IF(1.0))],
    ...                   [Projection("in", "out", np.ones((1, 2)))])
    >>> cores = {"out": np.array([0, 37])}  # of tiles (0, 0) and (1, 1)
    >>> mapping = map_by_hand(network, load_profile("loihi1"), cores)
    >>> found = mesh_links(mapping, Links(np.array([0]), np.array([1]), np.array([5.0])))
    >>> [(int(x), int(y), WAYS[way], float(n)) for x, y, way, n in zip(*found)]
    [(0, 0, 'east', 5.0), (1, 0, 'north', 5.0)]
    """
    furthest = max(links.source.max(initial=-1), links.target.max(initial=-1))
    expect_cores(max(mapping.n_cores, int(furthest) + 1), mapping)
    tiles = mapping.tiles
    columns, rows = tiles.max(axis=0) + 1
    (x, y), (to_x, to_y) = tiles[links.source].T, tiles[links.target].T
    loads = np.zeros((4, rows, columns))
    for way, (start, end, row) in enumerate(
        ((x, to_x, y), (x, to_x, y), (y, to_y, to_x), (y, to_y, to_x))
    ):
        step = 1 if WAYS[way] in ("east", "north") else -1
        n_hops = np.maximum(0, (end - start) * step)
        pair = np.repeat(np.arange(n_hops.size), n_hops)
        at = start[pair] + step * (
            np.arange(pair.size) - np.repeat(np.cumsum(n_hops) - n_hops, n_hops)
        )
        place = (row[pair], at) if way < 2 else (at, row[pair])
        np.add.at(loads[way], place, links.packets[pair])
    used = np.nonzero(loads)
    return MeshLinks(used[2], used[1], used[0], loads[used])


def expect_cores(n_cores: int, mapping: CoreMap) -> None:
    """Refuse what was priced on another number of cores than a mapping uses."""
    if n_cores != mapping.n_cores:
        raise NetworkProblem(
            f"The price is of a run on {n_cores} cores, but the mapping uses {mapping.n_cores}: "
            "give the price of a run on this mapping."
        )

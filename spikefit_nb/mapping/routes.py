"""Which links packets take: dimension by dimension, or west first; and whether any can block itself
for ever.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from spikefit_nb.errors import DesignProblem, UnknownName
from spikefit_nb.frozen import Frozen, freeze_arrays
from spikefit_nb.mapping.core_map import CoreMap
from spikefit_nb.mapping.placing import Links
from spikefit_nb.mapping.sites import Sites
from spikefit_nb.mapping.wiring import Wiring

ROUTINGS = ("xy", "yx", "west_first")
WAYS = ("east", "west", "north", "south")  # of a link; y grows to the north
FROM_CORE, TO_CORE = 4, 5  # beside the four ways: where packets come into a router, and leave it


@dataclass(frozen=True, eq=False)
class Routes(Frozen):
    """The links that packets between cores cross, one after another.

    A link is counted as ``4 * tile + way``: the tile it leaves, and the index of its way in
    ("east", "west", "north", "south").

    Parameters
    ----------
    links : Links, packets between cores
    places : (n_cores,) int64
    pair : (n_hops,) int64, of which packets each hop is, in ascending order
    link : (n_hops,) int64, that it crosses, in the order of the way
    sites : Sites

    Examples
    --------
    >>> links = Links(np.array([0]), np.array([1]), np.array([5.0]))
    >>> square = Sites(columns=2, rows=2)
    >>> over_x, over_y = (route(links, np.array([0, 3]), square, name) for name in ("xy", "yx"))
    >>> over_x.in_words, over_y.in_words
    (['tile 0 east', 'tile 1 north'], ['tile 0 north', 'tile 2 east'])
    """

    links: Links
    places: np.ndarray
    pair: np.ndarray
    link: np.ndarray
    sites: Sites

    def __post_init__(self) -> None:
        freeze_arrays(self)

    @property
    def in_words(self) -> list[str]:
        """Each hop, such as "tile 0 east"."""
        return [link_in_words(link) for link in self.link.tolist()]

    @cached_property
    def loads(self) -> np.ndarray:
        """Packets over each link, (4 * n_tiles,) float64."""
        n_links = 4 * self.sites.columns * self.sites.rows
        return np.bincount(self.link, self.links.packets[self.pair], n_links)

    @property
    def busiest(self) -> float:
        """Packets over the link that carries most."""
        return float(self.loads.max(initial=0.0))

    @cached_property
    def dependencies(self) -> np.ndarray:
        """Channel dependencies: a packet holds the first link while it waits for the second,
        (n, 2) int64.
        """
        follows = self.pair[1:] == self.pair[:-1]
        return np.unique(np.stack([self.link[:-1][follows], self.link[1:][follows]], 1), axis=0)

    @cached_property
    def cycle(self) -> list[str]:
        """Links of which packets can wait for one another in a circle, so that none ever moves, in
        words; empty where there are none and the routes are free of deadlock.

        References
        ----------
        Dally and Seitz 1987, IEEE Trans. Comput. C-36:547-553.
        """
        return [link_in_words(link) for link in _cycle(self.dependencies)]


def link_in_words(link: int) -> str:
    """A link in words, such as "tile 0 east"."""
    return f"tile {link // 4} {WAYS[link % 4]}"


def route(links: Links, places: np.ndarray, sites: Sites, routing: str = "xy") -> Routes:
    """Send packets over the mesh or torus, each on a shortest way.

    "xy" goes along x first, "yx" along y first. "west_first" goes west first where the target lies
    west; of other packets, those of the busiest pairs of cores first choose the one of both ways
    whose busiest link carries less. On a mesh none of the three can block itself for ever; on a
    torus a chip needs further measures (virtual channels), and ``Routes.cycle`` tells so.

    Parameters
    ----------
    links : Links
    places : (n_cores,) int64
    sites : Sites, a mesh or a torus
    routing : str, one of ROUTINGS

    Returns
    -------
    Routes

    Raises
    ------
    DesignProblem
        Every tile has a link to every other: there is nothing to choose.
    UnknownName
        There is no such routing.

    References
    ----------
    The turns that are left out: Glass and Ni 1992, ISCA 19:278-287.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> links = Links(*random.integers(0, 16, (2, 99)), random.random(99))
    >>> sites = Sites(columns=4, rows=4)
    >>> by_name = {name: route(links, np.arange(16), sites, name) for name in ROUTINGS}
    >>> by_name["west_first"].busiest < by_name["xy"].busiest
    True
    >>> [routes.cycle for routes in by_name.values()]
    [[], [], []]
    """
    if routing not in ROUTINGS:
        raise UnknownName("routing", routing, ROUTINGS)
    if sites.topology == "direct":
        raise DesignProblem("Every tile has a link to every other: there is no way to choose.")
    x_first = np.full(links.source.size, routing != "yx")
    if routing == "west_first":
        x_first = _less_busy(links, places, sites)
    return Routes(links, places, *_walk(links, places, sites, x_first), sites=sites)


def tree_loads(
    wiring: Wiring, core_of: np.ndarray, places: np.ndarray, sites: Sites, routing: str = "xy"
) -> np.ndarray:
    """Packets over each link where a router copies them: over a link that several targets of a
    spike lie behind goes one.

    Parameters
    ----------
    wiring : Wiring
    core_of : (n_neurons,) int64
    places : (n_cores,) int64
    sites : Sites, a mesh or a torus
    routing : str, one of ROUTINGS

    Returns
    -------
    (4 * n_tiles,) float64, of each link as ``Routes`` counts them

    Examples
    --------
    >>> wiring = Wiring(np.array([0, 2, 2, 2]), np.array([1, 2]), np.array([5.0, 0.0, 0.0]))
    >>> row = Sites(columns=3, rows=1)
    >>> tree_loads(wiring, np.arange(3), np.arange(3), row).sum()  # 15 hops, if sent twice
    np.float64(10.0)
    """
    links, n_cores = wiring.links(core_of), places.size
    routes = route(links, places, sites, routing)
    first = np.searchsorted(routes.pair, np.arange(links.source.size + 1))
    pair_of = np.full(n_cores * n_cores, -1)
    pair_of[links.source * n_cores + links.target] = np.arange(links.source.size)
    neuron, core = np.nonzero(wiring.reach(core_of, n_cores))
    pair = pair_of[core_of[neuron] * n_cores + core]
    neuron, pair = neuron[pair >= 0], pair[pair >= 0]
    n_hops = first[pair + 1] - first[pair]
    at = np.repeat(first[pair], n_hops) + _ranks(n_hops)
    n_links = 4 * sites.columns * sites.rows
    crossed = np.unique(np.repeat(neuron, n_hops) * n_links + routes.link[at])
    return np.bincount(crossed % n_links, wiring.spikes[crossed // n_links], n_links)


def table_entries(routes: Routes) -> np.ndarray:
    """Count what a router that looks each packet up, as SpiNNaker's does, has to hold: one entry
    for each core whose packets end there, begin there, turn or part; a packet without an entry
    goes straight on.

    Parameters
    ----------
    routes : Routes

    Returns
    -------
    (n_tiles,) int64, beside which stands the figure ``router_entries`` of a profile

    References
    ----------
    Default routing: Furber et al. 2014, Proc. IEEE 102:652-665.

    Examples
    --------
    >>> links = Links(np.array([0]), np.array([1]), np.array([5.0]))
    >>> table_entries(route(links, np.array([0, 3]), Sites(columns=4, rows=1)))
    array([1, 0, 0, 1])
    """
    sites, links, link = routes.sites, routes.links, routes.link
    end = routes.places[links.target] // sites.cores_per_tile
    is_first, is_last = _ends(routes.pair)
    came = np.where(is_first, FROM_CORE, np.append(FROM_CORE, link % 4)[: link.size])
    last = np.full(end.size, FROM_CORE)  # the way by which packets come to their end
    last[routes.pair[is_last]] = link[is_last] % 4
    legs = np.concatenate(
        [
            np.stack([links.source[routes.pair], link // 4, came, link % 4], axis=1),
            np.stack([links.source, end, last, np.full(end.size, TO_CORE)], axis=1),
        ]
    )
    legs = np.unique(legs, axis=0)
    _, of, n_legs = np.unique(legs[:, :2], axis=0, return_inverse=True, return_counts=True)
    goes_on = (n_legs[of.ravel()] == 1) & (legs[:, 2] == legs[:, 3])
    needed = np.unique(legs[~goes_on][:, :2], axis=0)
    return np.bincount(needed[:, 1], minlength=sites.columns * sites.rows)


def router_entries(mapping: CoreMap) -> np.ndarray:
    """Count what the router of each tile has to hold for a mapping, packets going along x first.

    Parameters
    ----------
    mapping : CoreMap

    Returns
    -------
    (n_tiles,) int64, as of ``table_entries``; what comes from outside is not counted

    Examples
    --------
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.mapping import map_network
    >>> from spikefit_nb.network import IF, Input, Network, Population, Projection
    >>> network = Network([Population("in", (1,), Input()), Population("out", (2,), IF(1.0))],
    ...                   [Projection("in", "out", np.ones((1, 2))),
    ...                    Projection("out", "out", np.ones((2, 2)), delay_steps=1)])
    >>> router_entries(map_network(network, load_profile("loihi1"), neurons_per_core=1))[0]
    np.int64(2)
    """
    sender, n_cores = np.repeat(mapping.core_of, np.diff(mapping.fan_ptr)), mapping.n_cores
    own = sender >= 0  # inputs arrive from outside
    pairs = np.unique(sender[own] * n_cores + mapping.fan_core[own])
    links = Links(pairs // n_cores, pairs % n_cores, np.ones(pairs.size))
    columns, rows = mapping.mesh
    each = int(mapping.profile.si("cores_per_tile", 1))
    rows = max(rows, int(mapping.places.max()) // (columns * each) + 1)
    sites = Sites(columns=columns, rows=rows, cores_per_tile=each)
    return table_entries(route(links, mapping.places, sites))


def _ends(pair: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whether each hop is the first of its way, and the last."""
    change = np.diff(pair) != 0
    some = np.ones(min(pair.size, 1), bool)
    return np.concatenate([some, change]), np.concatenate([change, some])


def _ranks(n: np.ndarray) -> np.ndarray:
    """0, 1, ... below each number, one after another."""
    return np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)


def _steps(start: np.ndarray, end: np.ndarray, size: int, *, wraps: bool) -> np.ndarray:
    """Steps from start to end, negative to the west or south; over a torus the shorter way."""
    if not wraps:
        return end - start
    ahead = (end - start) % size
    return np.where(2 * ahead <= size, ahead, ahead - size)


def _ways(links: Links, places: np.ndarray, sites: Sites) -> tuple[np.ndarray, ...]:
    """Tile (x, y) where packets begin, and how many tiles east and north they go."""
    wraps = sites.topology == "torus"
    (x, y), (to_x, to_y) = (sites.tiles[places[end]].T for end in (links.source, links.target))
    east = _steps(x, to_x, sites.columns, wraps=wraps)
    return x, y, east, _steps(y, to_y, sites.rows, wraps=wraps)


def _walk(
    links: Links, places: np.ndarray, sites: Sites, x_first: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The pair of cores that each hop is of, and the link it crosses."""
    x, y, east, north = _ways(links, places, sites)
    n_hops = np.abs(east) + np.abs(north)
    pair, k = np.repeat(np.arange(n_hops.size), n_hops), _ranks(n_hops)
    first = np.where(x_first, np.abs(east), np.abs(north))[pair]  # hops of the first leg
    along_x = x_first[pair] == (k < first)
    here, other = np.where(k < first, k, k - first), np.where(k < first, 0, first)
    done_x, done_y = np.where(along_x, here, other), np.where(along_x, other, here)
    at_x = (x[pair] + np.sign(east)[pair] * done_x) % sites.columns
    at_y = (y[pair] + np.sign(north)[pair] * done_y) % sites.rows
    way = np.where(along_x, np.where(east[pair] > 0, 0, 1), np.where(north[pair] > 0, 2, 3))
    return pair, 4 * (at_y * sites.columns + at_x) + way


def _less_busy(links: Links, places: np.ndarray, sites: Sites) -> np.ndarray:
    """Whether each packet goes along x first: always to the west, else where that is less busy."""
    _, _, east, north = _ways(links, places, sites)
    x_first, n = np.ones(east.size, bool), np.abs(east) + np.abs(north)
    _, over_x = _walk(links, places, sites, x_first)
    _, over_y = _walk(links, places, sites, ~x_first)
    start = np.cumsum(n) - n
    can_choose = (east > 0) & (north != 0)
    fixed = np.repeat(~can_choose, n)
    packets = np.asarray(links.packets, np.float64)
    n_links = 4 * sites.columns * sites.rows
    loads = np.bincount(over_x[fixed], np.repeat(packets, n)[fixed], n_links)
    order = np.argsort(-packets, kind="stable")
    for k in order[can_choose[order]].tolist():
        both = [over[start[k] : start[k] + n[k]] for over in (over_x, over_y)]
        x_first[k] = loads[both[0]].max() <= loads[both[1]].max()
        loads[both[0 if x_first[k] else 1]] += packets[k]
    return x_first


def _cycle(edges: np.ndarray) -> list[int]:
    """Links of a circle of dependencies, in order; empty where there is none."""
    if not edges.size:
        return []
    n = int(edges.max()) + 1
    graph = sp.csr_array((np.ones(len(edges), np.int8), edges.T), shape=(n, n))
    _, part = connected_components(graph, connection="strong")
    within = edges[part[edges[:, 0]] == part[edges[:, 1]]]
    if not within.size:
        return []
    after = dict(within.tolist())  # of each link in a circle, one that follows and is in it too
    walked = [int(within[0, 0])]
    while after[walked[-1]] not in walked:
        walked.append(after[walked[-1]])
    return walked[walked.index(after[walked[-1]]) :]
